"""The pages over all destinations, and what stands beside an alert: readable, within what a key may see."""

from __future__ import annotations

import csv
import html
import io
import re

import msgspec
import pytest

from builders import a_delivery, a_license, a_policy, a_publication, a_tick, an_incident, assessed, day, period
from schemas.framework import Commitment, Framework, Participant
from schemas.incident import ClaimedProduct, Operator
from streams.pages.surveys import beside
from streams.rules.known import NOW
from streams.rules.survey import Survey

PUBLIC = {"tlp": "CLEAR", "may_use_for": ("officer", "publication")}
OURS, THEIRS = a_license(issuing_state="XA"), a_license("L2", "XB", issuing_state="XB")
EVENTS = [an_incident(f"I{n}", publications=(a_publication(origin=f"o{n}"),), **PUBLIC) for n in range(6)]
FACTS = [a_policy(), a_tick(), OURS, a_delivery(OURS), THEIRS, *EVENTS]
SURVEY = {"survey": lambda at: Survey(FACTS, at)}


def text_of(answer) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


@pytest.mark.parametrize(("key", "path"), [("pw_staff", "/next"), ("pw_feed", "/next"), ("pw_feed", "/aggregate")])
def test_who_may_not_is_told_so(visit, key, path) -> None:
    assert visit(key, **SURVEY).get(path).status_code == 403


def test_an_officer_sees_what_to_check_next_of_their_own_licenses(visit) -> None:
    text = text_of(visit("pw_desk", **SURVEY).get("/next"))
    assert "License authority:L1" in text
    assert "authority:L2" not in text
    assert "Nobody checked it since 1 March 2023" in text
    assert "no number of it is calibrated" in text
    assert "Reported in the state: 6 events naming this end user" in text


def test_one_destination_is_chosen_by_the_address(visit) -> None:
    text = text_of(visit("pw_all", **SURVEY).get("/next?destination=xb"))
    assert "License authority:L2" in text
    assert "License authority:L1" not in text
    assert "None whose use was never checked" in text_of(visit("pw_all", **SURVEY).get("/next?destination=XZ"))


def test_staff_read_the_table_for_the_public_whatever_they_ask_for(visit) -> None:
    secret = [
        msgspec.structs.replace(e, id=f"S{n}", may_use_for=("officer",), publications=(a_publication(origin=f"s{n}"),))
        for n, e in enumerate(EVENTS)
    ]
    survey = {"survey": lambda at: Survey([*FACTS, *secret], at)}
    rows = list(
        csv.DictReader(io.StringIO(visit("pw_staff", **survey).get("/aggregate?audience=officer&format=csv").text))
    )
    assert [r["events"] for r in rows] == ["6", "6", "6"]
    rows = list(
        csv.DictReader(io.StringIO(visit("pw_all", **survey).get("/aggregate?audience=officer&format=csv").text))
    )
    assert rows[0]["events"] == "12"


def test_the_table_says_what_is_withheld_and_from_memory(visit) -> None:
    survey = {"survey": lambda at: Survey([*FACTS[:5], *EVENTS[:2]], at)}
    text = text_of(visit("pw_staff", **survey).get("/aggregate"))
    assert "withheld" in text
    assert "Entries from memory, not held against the lists: 4D004" in text
    assert "Nothing that these readers may see" in text_of(
        visit("pw_staff", **SURVEY).get("/aggregate?since=2030-01-01")
    )


# --- beside an alert -------------------------------------------------------------------------------------------------

COMPACT = Framework(
    key="compact", name="Example compact", source="Example.",
    commitments=(Commitment(kind="notify", words="tell the others", binding="yes", source="Example."),),
    participants=tuple(Participant(country=c, source="Example.") for c in ("QM", "QN")),
)  # fmt: skip
LATE = a_license("L3", granted_at=day("2025-09-01"), valid_from=day("2025-09-01"), valid_to=day("2028-01-01"))
RIVAL = msgspec.structs.replace(LATE, id="L4", issuing_state="QN")


def alert_of(*licenses):
    came = [a_delivery(each, f"D{each.id}", delivered=period("2025-10-01")) for each in licenses]
    later = {"occurred": period("2026-01-05"), "published_at": day("2026-03-01"), "operator_agency": None}
    events = (an_incident(), an_incident("I2", publications=(a_publication(origin="o2"),), **later))
    policy = a_policy(frameworks=(COMPACT,))
    facts = [policy, a_tick(), *licenses, *came, *events]
    return facts, assessed(*facts).alerts[0]


class Ports:
    def __init__(self, facts):
        self.survey = lambda at: Survey(facts, at)


def test_what_was_known_before_the_grant_stands_beside_the_alert_on_the_next_license() -> None:
    facts, alert = alert_of(LATE)
    found = beside(Ports(facts), alert, NOW)
    assert [f.incidents for f in found["foreknown"]] == [("desk:I1",)]
    assert found["foreknown_more"] == 0


def test_the_officer_reads_what_their_state_promised_and_shares_with_the_state_of_a_rival_license() -> None:
    facts, alert = alert_of(LATE, RIVAL)
    found = beside(Ports(facts), alert, NOW)
    ((framework, promises),) = [p for p in found["promises"] if p[0] == "Example compact"]
    assert (framework, promises[0].partners) == ("Example compact", ("QN",))
    assert found["common"] == {"QN": ("Example compact",)}


def test_beside_an_alert_without_a_license_nothing_stands() -> None:
    facts, alert = alert_of(LATE)
    bare = msgspec.structs.replace(alert, license=None)
    assert beside(Ports(facts), bare, NOW)["promises"] == ()


def test_the_page_of_a_license_says_what_was_known_before_it(visit) -> None:
    known = an_incident(operators=(Operator(country="QM"),), products=(ClaimedProduct(name="Lantern"),))
    license = a_license(
        "B/23/88",
        "QM",
        source="xb-register",
        issuing_state="XB",
        granted_at=day("2025-09-01"),
        valid_from=day("2025-09-01"),
        valid_to=None,
    )
    world = [a_policy(), a_tick(), license, known]
    answer = visit("pw_second", survey=lambda at: Survey(world, at)).get("/facts/license:xb-register:B/23/88")
    assert "Known before the grant or the first delivery to Marisol (QM)" in text_of(answer)
    assert "the same product" in text_of(answer)


def test_the_alerts_page_shows_both(visit) -> None:
    text = text_of(visit("pw_desk").get("/alerts/QM~xa-register:LIC-2023-0117~c2"))
    assert "No framework on file binds Arden (XA) to tell partners" in text
