"""A litigation hold stands on the page of what it keeps; a fact that was erased says so to whoever knows its id."""

from __future__ import annotations

import html
import re

import pytest

from builders import a_hold
from streams.pages.render import alert_path

GROUP = "QM~xa-register:LIC-2023-0117~c2"
FACT = "license:xb-register:B/23/88"


def text_of(answer) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def test_a_hold_on_an_alert_is_shown_there_and_nowhere_else(visit, world) -> None:
    world.held = [a_hold(GROUP)]
    shown = text_of(visit("pw_all").get(alert_path(GROUP)))
    assert (
        "Under a litigation hold (authority:H1), set by legal desk on 5 January 2026: proceedings before a court."
        in shown
    )
    assert "Nothing of it can be erased until the hold is lifted." in shown
    others = [id for id in world.newest if id != GROUP]
    for other in others:
        assert "litigation hold" not in text_of(visit("pw_all").get(alert_path(other)))


def test_a_hold_on_what_an_alert_rests_on_is_shown_on_both_pages(visit, world) -> None:
    evidence = next(e.fact for alert in world.newest.values() for c in alert.cases for e in c.evidence)
    resting = next(a.id for a in world.newest.values() if any(e.fact == evidence for c in a.cases for e in c.evidence))
    world.held = [a_hold(evidence), a_hold(FACT, id="H2")]
    assert evidence in text_of(visit("pw_all").get(alert_path(resting)))
    assert "(authority:H2)" in text_of(visit("pw_all").get(f"/facts/{FACT}"))
    assert "(authority:H1)" not in text_of(visit("pw_all").get(f"/facts/{FACT}"))


@pytest.mark.parametrize("erased", [True, False])
def test_a_fact_that_was_erased_says_so_and_one_that_never_was_does_not(visit, world, erased: bool) -> None:
    world.erased = {"incident:desk:I1"} if erased else set()
    answer = visit("pw_all").get("/facts/incident:desk:I1")
    assert answer.status_code == 404
    assert ("Erased on request" in text_of(answer)) is erased
