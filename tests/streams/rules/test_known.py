"""What was true on a day and what was known on a day, by worked examples; the two properties over the hard cases."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec
import pytest

from builders import (
    TODAY,
    a_clause,
    a_decision,
    a_delivery,
    a_judgment,
    a_license,
    a_policy,
    a_publication,
    a_report,
    a_retraction,
    a_tick,
    alert_on,
    an_incident,
    at,
    day,
    period,
)
from schemas import Erasure, Name
from schemas.codec import body_hash, decode_fact, fact_key
from schemas.common import Claimed
from schemas.erasure import key_digest
from schemas.license import Consent, Destination, StatusChange
from schemas.reading import read_ndjson
from streams.agents.naming import RegisterNamer
from streams.rules.assess import assess_facts
from streams.rules.known import NOW, Standpoint, assess_at, end_of, known, license_on, read_standpoint
from streams.rules.naming import Likeness, PlainNamer

SCENARIOS = Path(__file__).parents[2] / "scenarios"
HARD_CASES = sorted(folder.parent.name for folder in SCENARIOS.glob("*/facts.ndjson"))
LICENSE = a_license()
WORLD = (LICENSE, a_delivery(LICENSE), an_incident(), a_policy(), a_tick())


def as_of(text: str) -> Standpoint:
    return Standpoint(as_of=day(text))


def known_at(text: str) -> Standpoint:
    return read_standpoint(None, text)


def seen(facts, standpoint, **more):
    """What is assessed in XA from a standpoint."""
    return next(a for a in assess_at(facts, standpoint, **more) if a.destination == "XA")


def band(facts, standpoint, clause="permitted-purpose", **more):
    alert = alert_on(seen(facts, standpoint, **more), clause)
    return alert and alert.band


def bytes_of(assessments):
    return [msgspec.json.encode(a) for a in assessments]


# --- record time: what we knew then ----------------------------------------------------------------------------------


def test_before_an_account_came_there_was_no_alert_and_from_that_moment_there_is_one():
    assert band(WORLD, known_at("2025-05-01")) is None
    assert band(WORLD, known_at("2025-05-02")) == "alert"
    assert band(WORLD, known_at("2025-05-02T11:59:59Z")) is None
    assert band(WORLD, known_at("2025-05-02T12:00:00Z")) == "alert", "what came at that very moment is known"
    assert band(WORLD, known_at("2025-05-02T13:59:00+02:00")) is None, "an instant is one, wherever it is told"


def test_a_retraction_takes_nothing_back_before_it_came():
    world = (*WORLD, a_retraction(an_incident(), recorded_at=at("2025-12-01")))
    assert band(world, NOW) is None
    assert band(world, known_at("2025-11-30")) == "alert"
    assert band(world, known_at("2025-12-01")) is None


def test_an_older_revision_counts_until_the_newer_one_came():
    elsewhere = an_incident(destination="XB", revision=2, recorded_at=at("2025-08-01"))
    world = (*WORLD, elsewhere)
    assert band(world, NOW) is None
    assert band(world, known_at("2025-07-31")) == "alert"


def test_a_policy_counts_from_when_it_was_recorded_though_it_says_that_it_was_in_force_before():
    first = a_policy()
    since = day("2025-01-01")
    second = msgspec.structs.replace(
        first, id="second", version="test-2", in_force_from=since, recorded_at=at("2026-02-01")
    )
    world = (*WORLD, second)

    def version(standpoint):
        return alert_on(seen(world, standpoint), "permitted-purpose").versions.policy

    assert version(NOW) == "test-2"
    assert version(known_at("2026-01-31")) == "test-1"
    assert version(Standpoint(as_of=since)) == "test-2", "as known now it was in force on that day"
    assert version(as_of("2024-12-31")) == "test-1"


def test_today_is_the_greatest_tick_that_had_come():
    world = (*WORLD, a_tick("2025-06-01"), a_tick("2025-05-20"))
    reporting = a_license(clauses=(a_clause("reporting_cadence", first_due_days=90, cadence_days=365),))
    world = (reporting, *world[1:])
    then = seen(world, known_at("2025-05-31"))
    assert alert_on(then, "reporting-cadence").cases[0].due == day("2023-05-30")
    assert seen(world, known_at("2023-03-06")).alerts == (), "nothing was due when nothing had ticked"


def test_what_bears_no_record_time_is_known_from_the_latest_day_that_it_tells():
    bare = [msgspec.structs.replace(fact, recorded_at=None) for fact in WORLD]
    assert band(bare, known_at("2025-04-30")) is None
    assert band(bare, known_at("2025-05-01")) == "alert", "the account was published on the first of May"
    assert list(known(WORLD, known_at("1990-01-01"))) == [a_policy()], "a policy without one was always known"
    tick = msgspec.structs.replace(a_tick("2025-05-01"), recorded_at=None)
    assert list(known([tick], known_at("2025-04-30"))) == []
    assert list(known([tick], known_at("2025-05-01"))) == [tick]


def test_what_was_erased_since_is_gone_from_every_standpoint():
    account = an_incident()
    erasure = Erasure(
        id="e1", source="erasures", of="incident", of_source="desk", digest=key_digest(fact_key(account)),
        why="asked for", asked_by="desk", asked_at=at("2026-01-01"), recorded_at=at("2026-01-02"),
        confirmed_by="head", confirmed_at=at("2026-01-02"), bodies=(body_hash(account),),
    )  # fmt: skip
    assert band((*WORLD, erasure), NOW) is None
    assert band((*WORLD, erasure), known_at("2025-06-01")) is None
    assert band((*WORLD, erasure), as_of("2024-07-01")) is None
    asked = msgspec.structs.replace(erasure, confirmed_by=None, confirmed_at=None)
    assert band((*WORLD, asked), known_at("2025-06-01")) == "alert", "one person erases nothing"


# --- valid time: what was true then ----------------------------------------------------------------------------------


def test_an_account_counts_from_the_day_of_the_event_however_late_it_was_told():
    assert band(WORLD, as_of("2024-06-02")) is None
    assert band(WORLD, as_of("2024-06-03")) == "alert", "told in 2025, and true in 2024"


def test_an_event_that_straddles_the_day_counts_whole():
    assert alert_on(seen(WORLD, as_of("2024-06-10")), "permitted-purpose").cases[0].occurred == an_incident().occurred
    vague = an_incident(occurred=period("2024-06-03", precision="year"))
    assert band((*WORLD[:2], vague, *WORLD[3:]), as_of("2024-01-01")) == "alert", "it may have begun on New Year's Day"


def test_the_newest_revision_is_chosen_before_the_day_is_looked_at():
    moved = an_incident(revision=2, occurred=period("2025-01-05"), recorded_at=at("2025-08-01"))
    world = (*WORLD, moved)
    assert band(world, as_of("2024-07-01")) is None, "we know now that it happened in 2025"
    both = Standpoint(as_of=day("2024-07-01"), as_known_at=end_of(day("2025-07-31")))
    assert band(world, both) == "alert", "as we knew in July 2025, it had happened in June 2024"


def test_a_delivery_of_later_has_not_come():
    late = a_delivery(LICENSE, delivered=period("2024-07-01"))
    world = (LICENSE, late, an_incident(occurred=period("2024-06-03")), a_policy(), a_tick())
    assert band(world, NOW) == "context", "before the delivery"
    open_question = alert_on(seen(world, as_of("2024-06-20")), "permitted-purpose")
    assert open_question.band == "alert"
    assert not open_question.license.deliveries


def test_silence_is_heard_on_the_day_though_the_report_came_later():
    clause = a_clause("reporting_cadence", first_due_days=90, cadence_days=365)
    license = a_license(clauses=(clause,))
    world = (license, a_delivery(license), a_report(license, performed=period("2023-09-01")), a_policy(), a_tick())
    early = alert_on(seen(world, as_of("2023-08-31")), "reporting-cadence")
    assert early.cases[0].due == day("2023-05-30")
    assert early.reports == ()
    then = alert_on(seen(world, as_of("2023-09-01")), "reporting-cadence")
    assert [(c.kind, c.rule) for c in then.cases] == [("report", "came_late")]


def test_a_decision_of_later_has_closed_nothing():
    alert = alert_on(seen(WORLD, NOW), "permitted-purpose")
    world = (*WORLD, a_decision(alert, at=at("2025-07-01")))
    assert alert_on(seen(world, NOW), "permitted-purpose").status == "closed"
    assert alert_on(seen(world, as_of("2025-06-30")), "permitted-purpose").status == "open"
    assert alert_on(seen(world, as_of("2025-07-01")), "permitted-purpose").status == "closed"


def test_what_analysts_hold_of_an_event_is_knowledge_and_counts_whenever_they_said_it():
    other = an_incident("I2", publications=(a_publication("lab-b", origin="origin-2"),))
    joined = a_judgment("same_event", (an_incident().ref, other.ref))
    world = (*WORLD, other, joined)
    alert = alert_on(seen(world, as_of("2024-07-01")), "permitted-purpose")
    assert [len(case.members) for case in alert.cases] == [2]


def test_a_license_is_there_from_its_application_or_its_grant():
    assert seen(WORLD, as_of("2022-12-31")).alerts == ()
    assert license_on(LICENSE, day("2022-12-31")) is None
    assert license_on(LICENSE, day("2023-01-01")) is LICENSE
    applied = a_license(status_history=(StatusChange(status="applied", at=day("2022-10-01")),))
    assert license_on(applied, day("2022-10-01")).status_history == applied.status_history
    assert license_on(applied, day("2022-10-01")).pledge is None, "signed in December"


def test_steps_consents_destinations_and_versions_that_begin_later_are_not_there_and_what_ends_keeps_its_end():
    license = a_license(
        destinations=(
            Destination(country="XA", valid_to=day("2024-12-31")),
            Destination(country="XB", valid_from=day("2024-06-01")),
        ),
        status_history=(
            StatusChange(status="granted", at=day("2023-01-01")),
            StatusChange(status="revoked", at=day("2024-09-01")),
        ),
        consents=(Consent(kind="retransfer", valid_from=day("2024-06-01"), destination="XB"),),
        clauses=(
            a_clause("territory_of_use", valid_to=day("2024-05-31")),
            a_clause("territory_of_use", version=2, valid_from=day("2024-06-01")),
        ),
    )
    stood = license_on(license, day("2024-05-31"))
    assert [d.country for d in stood.destinations] == ["XA"]
    assert stood.destinations[0].valid_to == day("2024-12-31")
    assert [s.status for s in stood.status_history] == ["granted"]
    assert stood.consents == ()
    assert [(c.version, c.valid_to) for c in stood.clauses] == [(1, day("2024-05-31"))]
    assert license_on(license, day("2024-09-01")) is license


def test_a_license_that_lost_something_is_named_by_the_digest_of_the_fact_in_the_log():
    clause = a_clause("reporting_cadence", first_due_days=90)
    revoked = a_license(clauses=(clause,), status_history=(StatusChange(status="revoked", at=day("2025-01-01")),))
    alert = alert_on(
        seen((revoked, a_delivery(revoked), a_policy(), a_tick()), as_of("2024-01-01")), "reporting-cadence"
    )
    assert alert.license.status_today == "granted"
    assert body_hash(revoked) in {piece.hash for case in alert.cases for piece in case.evidence}


def test_names_are_never_compared_on_a_later_day_than_the_one_asked_for():
    asked = []

    class Listening(PlainNamer):
        def compare(self, left, left_kind, right, right_kind, on):
            asked.append(on)
            return Likeness("same", "so they say")

    year = an_incident(occurred=period("2024-06-03", precision="year"))
    list(assess_at((*WORLD[:2], year, *WORLD[3:]), as_of("2024-06-03"), namer_of=Listening))
    assert asked
    assert max(asked) == day("2024-06-03")


def test_a_maker_that_was_bought_later_is_not_yet_the_buyer_s():
    bought = Name(
        id="r1", source="register", entity="old-maker", kind="vendor", relation="acquired_by", target="new-maker",
        valid_from=day("2024-08-01"),
    )  # fmt: skip
    names = [
        Name(id=f"n-{e}", source="register", entity=e, kind="vendor", name=n)
        for e, n in (("old-maker", "Harrowgate Devices"), ("new-maker", "Silverfen Holdings"))
    ]
    license = a_license(exporter="Harrowgate Devices", product="Unlisted Thing")
    account = an_incident(
        products=(), vendors=(Claimed(name="Silverfen Holdings"),), occurred=period("2024-06-03", precision="year")
    )
    world = (license, a_delivery(license), account, *names, bought, a_policy(), a_tick())
    now = alert_on(seen(world, NOW, namer_of=RegisterNamer), "permitted-purpose")
    then = alert_on(seen(world, as_of("2024-06-03"), namer_of=RegisterNamer), "permitted-purpose")
    assert now.cases[0].m > 0
    assert then is None


# --- both together, and neither --------------------------------------------------------------------------------------


def test_both_together_cut_the_facts_and_then_the_day():
    world = (*WORLD, a_report(LICENSE, performed=period("2024-06-05"), recorded_at=at("2025-06-01")))

    def reports(**asked):
        alert = alert_on(seen(world, Standpoint(**asked)), "permitted-purpose")
        return len(alert.reports)

    assert reports() == 1
    assert reports(as_of=day("2024-06-05")) == 1
    assert reports(as_of=day("2024-06-04")) == 0
    assert reports(as_of=day("2024-06-05"), as_known_at=at("2025-05-31")) == 0
    assert reports(as_of=day("2024-06-05"), as_known_at=at("2025-06-01")) == 1


@pytest.mark.parametrize("folder", HARD_CASES)
def test_every_hard_case_passes_untouched_when_the_day_is_the_last(folder):
    facts = hard_case(folder)
    plain = bytes_of(assess_facts(facts))
    last = max(fact.recorded_at for fact in facts if fact.recorded_at)
    today = max(fact.day for fact in facts if fact.__struct_config__.tag == "tick")
    assert bytes_of(assess_at(facts, Standpoint(as_known_at=last))) == plain
    assert bytes_of(assess_at(facts, Standpoint(as_of=today))) == plain
    assert bytes_of(assess_at(facts, Standpoint(as_of=today, as_known_at=last))) == plain
    assert bytes_of(assess_at(facts, NOW)) == plain


@pytest.mark.parametrize("folder", HARD_CASES)
def test_as_known_at_each_day_of_a_hard_case_equals_the_log_cut_there(folder):
    facts = hard_case(folder)
    undated = [fact for fact in facts if fact.recorded_at is None]
    for on in sorted({fact.recorded_at.date() for fact in facts if fact.recorded_at}):
        log = undated + [fact for fact in facts if fact.recorded_at and fact.recorded_at.date() <= on]
        assert bytes_of(assess_at(facts, known_at(on.isoformat()))) == bytes_of(assess_facts(log))


def test_from_a_later_day_on_nothing_is_left_out():
    assert bytes_of(assess_at(WORLD, Standpoint(as_of=TODAY, as_known_at=end_of(TODAY)))) == bytes_of(
        assess_facts(WORLD)
    )


def hard_case(folder):
    policy = decode_fact((SCENARIOS / "policy.json").read_bytes())
    return [policy, *read_ndjson((SCENARIOS / folder / "facts.ndjson").read_bytes().splitlines())]


# --- as it is written in an address ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "query"),
    [
        (("2025-03-09", None), {"as_of": "2025-03-09"}),
        ((None, "2025-03-09"), {"as_known_at": "2025-03-09"}),
        ((None, "2025-03-09T12:00:00+01:00"), {"as_known_at": "2025-03-09T11:00:00Z"}),
        (("2024-01-01", "2025-03-09"), {"as_of": "2024-01-01", "as_known_at": "2025-03-09"}),
        ((None, None), {}),
    ],
)
def test_a_standpoint_is_written_as_it_is_read(words, query):
    standpoint = read_standpoint(*words)
    assert standpoint.query() == query
    assert read_standpoint(query.get("as_of"), query.get("as_known_at")) == standpoint
    assert standpoint.now is (not query)


@pytest.mark.parametrize(
    "words",
    [("yesterday", None), ("20250309", None), ("2025-W10-7", None), ("0001-01-01", None), ("2025-02-30", None),
     (None, "2025-03-09T12:00:00"), (None, "noon"), ("2025-03-09T12:00:00Z", None), (None, "9999-12-31T00:00:00-09:00")],
)  # fmt: skip
def test_what_is_neither_day_nor_instant_is_refused_with_what_was_expected(words):
    with pytest.raises(ValueError, match=r"as_(of|known_at): expected a day as in 2025-03-09"):
        read_standpoint(*words)


def test_the_day_shown_is_the_earlier_of_both():
    assert Standpoint(as_of=day("2024-01-01"), as_known_at=at("2025-01-01")).day == day("2024-01-01")
    assert Standpoint(as_known_at=at("2025-01-01")).day == dt.date(2025, 1, 1)
    assert NOW.day is None
