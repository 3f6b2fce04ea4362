"""The core, held against what must come of the invented world."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import cache

import msgspec
import pytest

from schemas import Alert, Delivery, Incident, License, PostShipmentReport, Retraction
from schemas.codec import AnyFact, body_hash, encode, fact_key
from streams.agents.naming import RegisterNamer
from streams.demo.expected import EXPECTED, Expectation, faults
from streams.demo.story import RETRACTED, ZEFIRAT
from streams.demo.tour import TOUR
from streams.demo.world import world
from streams.rules.assess import Assessment, assess_facts


@cache
def assessed(as_of: dt.date | None = None) -> tuple[Assessment, ...]:
    known = [fact for fact in world() if fact.recorded_at and (as_of is None or fact.recorded_at.date() <= as_of)]
    return tuple(assess_facts(known, namer_of=RegisterNamer))


def alerts_of(assessments: tuple[Assessment, ...]) -> list[Alert]:
    return [alert for assessment in assessments for alert in assessment.alerts]


def named(expectation: Expectation) -> str:
    about = expectation.alert or f"{expectation.destination} {expectation.remark or expectation.incident or ''}"
    return f"case {expectation.case}: {about} {expectation.as_of or ''}".strip()


@pytest.mark.parametrize("expectation", EXPECTED, ids=named)
def test_what_must_come_of_the_world_comes(expectation: Expectation) -> None:
    assessments = assessed(expectation.as_of)
    found = faults(
        expectation, alerts_of(assessments), [note for assessment in assessments for note in assessment.notes]
    )
    assert found == [], expectation.why


def test_at_least_fifteen_hard_cases_are_told() -> None:
    assert len({expectation.case for expectation in EXPECTED} - {0}) >= 15


def test_every_expectation_says_why_and_names_what_exists() -> None:
    licenses = {fact.ref for fact in world() if isinstance(fact, License)}
    told = {fact.ref for fact in world() if isinstance(fact, Incident | PostShipmentReport)}
    for expectation in EXPECTED:
        assert len(expectation.why) > 20
        assert expectation.alert or expectation.destination
        if expectation.alert:
            assert expectation.alert.split("~")[1] in licenses
        assert expectation.incident is None or expectation.incident in told, expectation.incident


BROKEN: dict[str, Callable[[Expectation], bool]] = {
    "an alert is expected and there is none": lambda each: bool(each.bands) and each.remark is None,
    "a note is expected and there is none": lambda each: each.remark is not None,
}


@pytest.mark.parametrize("how", BROKEN)
def test_the_check_of_an_expectation_can_fail(how: str) -> None:
    concerned = [each for each in EXPECTED if BROKEN[how](each)]
    assert concerned
    assert all(faults(each, [], []) for each in concerned)


def test_every_alert_of_the_tour_is_there_when_the_visitor_comes() -> None:
    now = {alert.id for alert in alerts_of(assessed())}
    shown = [step.path.removeprefix("/alerts/").partition("?")[0] for step in TOUR if step.path.startswith("/alerts/")]
    assert len(shown) > 7
    assert [alert for alert in shown if alert not in now] == [ZEFIRAT.alert("art-3")]
    assert ZEFIRAT.alert("art-3") in {alert.id for alert in alerts_of(assessed(dt.date(2025, 12, 29)))}


def without(gone: Callable[[AnyFact], bool]) -> tuple[Assessment, ...]:
    return tuple(assess_facts([fact for fact in world() if not gone(fact)], namer_of=RegisterNamer))


EXONERATING: dict[str, tuple[str, str | None, Callable[[AnyFact], bool]]] = {
    "a consent": (
        "QO", "xb-inspectorate:SIGHT-2025-05", lambda f: isinstance(f, License) and bool(f.consents),
    ),
    "a retraction": ("QV", None, lambda f: isinstance(f, Retraction) and f.id == RETRACTED.id),
    "a retraction for safety": (
        "XQ", "ngo-lamplight:LR-2025-22", lambda f: isinstance(f, Retraction) and f.why == "safety",
    ),
    "a proven disposal": (
        "XP", "xa-desk:INC-2026-0030", lambda f: isinstance(f, Delivery) and f.kind == "disposal",
    ),
    "reports that came": ("QZ", None, lambda f: isinstance(f, PostShipmentReport) and f.destination == "QZ"),
    "an inventory that came": ("XM", None, lambda f: "inventory" in getattr(f, "kind", "")),
}  # fmt: skip
"""What keeps a destination, or one account, quiet; without it the expectation must fail."""


@pytest.mark.parametrize("what", EXONERATING)
def test_without_what_keeps_it_quiet_it_is_not_quiet(what: str) -> None:
    destination, incident, gone = EXONERATING[what]
    quiet = [e for e in EXPECTED if (e.destination, e.incident) == (destination, incident) and not e.bands]
    alerts = alerts_of(without(gone))
    assert quiet
    assert all(faults(each, alerts, []) for each in quiet if not each.remark)


def test_an_exercise_would_be_an_alert_if_it_were_real() -> None:
    real = [msgspec.structs.replace(fact, tense="actual") for fact in world()]
    alerts = alerts_of(tuple(assess_facts(real, namer_of=RegisterNamer)))
    quiet = next(each for each in EXPECTED if each.destination == "QW")
    assert faults(quiet, alerts, [])


def test_an_alert_where_silence_is_expected_is_a_fault() -> None:
    loud = alerts_of(assessed(dt.date(2025, 12, 29)))
    quiet = Expectation(case=15, destination="QV", bands=(), why="the retraction has come")
    assert any(alert.id == ZEFIRAT.alert("art-3") for alert in loud)
    assert faults(quiet, loud, [])


def test_repeats_change_no_alert() -> None:
    told: set[tuple[str, int, str]] = set()
    once: list[AnyFact] = []
    for fact in world():
        key = (fact_key(fact), fact.revision, "" if isinstance(fact, Retraction) else body_hash(fact))
        if key not in told:
            once.append(fact)
        if not isinstance(fact, Retraction):
            told.add(key)
    assert len(once) < len(world())
    alone = alerts_of(tuple(assess_facts(once, namer_of=RegisterNamer)))
    assert [encode(alert) for alert in alone] == [encode(alert) for alert in alerts_of(assessed())]


def test_a_retracted_account_leaves_the_world_in_which_it_never_came() -> None:
    never = [fact for fact in world() if (fact.source, fact.id) != (RETRACTED.source, RETRACTED.id)]
    assert len(world()) - len(never) == 2
    assert [encode(alert) for alert in alerts_of(tuple(assess_facts(never, namer_of=RegisterNamer)))] == [
        encode(alert) for alert in alerts_of(assessed())
    ]


def test_a_group_of_licenses_names_no_exporter_to_another_state() -> None:
    licenses = {fact.ref: fact for fact in world() if isinstance(fact, License)}
    told = 0
    for alert in alerts_of(assessed()):
        own = licenses[alert.id.split("~")[1]]
        for candidate in (candidate for case in alert.cases for candidate in case.candidates):
            if candidate.issuing_state != own.issuing_state:
                told += 1
                assert (candidate.reasons, candidate.license in licenses) == ((), False), alert.id
    assert told


def test_no_alert_of_the_world_is_beyond_reading() -> None:
    assert max(len(alert.cases) for alert in alerts_of(assessed())) <= 40
