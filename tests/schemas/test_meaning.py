import datetime as dt

import msgspec
import pytest

from schemas.codec import AnyFact
from schemas.common import Period
from schemas.decision import Decision
from schemas.examples import facts, invalid
from schemas.incident import Incident, Operator, Publication, Victims
from schemas.license import Clause, Destination, License, LicensedItem
from schemas.meaning import CHECKS, TWO_PERSONS, faults_from_outside, faults_of
from schemas.retraction import Retraction
from schemas.tick import Tick

DAY = dt.date(2024, 5, 1)
NOON = dt.datetime(2024, 5, 1, 12, tzinfo=dt.UTC)


def license_with(**changed):
    needed = {
        "id": "1",
        "source": "xa",
        "issuing_state": "XA",
        "exporter": "Veltrane Systems",
        "end_user": "Directorate of State Protection",
        "destinations": (Destination(country="XB"),),
        "items": (LicensedItem(item_ref="1", product="Nightjar"),),
        "valid_from": DAY,
    }
    return License(**{**needed, **changed})


def incident_with(**changed):
    needed = {"id": "1", "source": "lab-a", "occurred": Period(start=DAY), "technology": "intrusion_spyware"}
    return Incident(**{**needed, **changed})


def decision_with(**changed):
    needed = {"id": "1", "source": "xa", "alert": "XB~xa:1~a", "kind": "acknowledge", "by_role": "Desk 4", "at": NOON}
    return Decision(**{**needed, **changed})


def paths(fact):
    return [problem.path for problem in faults_of(fact)]


def test_every_check_says_its_claim():
    for checks in CHECKS.values():
        assert all(check.__doc__ for check in checks)


def test_every_kind_of_fact_passes_when_nothing_is_wrong():
    assert [fact.id for fact in facts() if faults_of(fact)] == []


def parts_of(part):
    yield part
    for field in part.__struct_fields__:
        held = getattr(part, field)
        for each in held if isinstance(held, tuple) else held.values() if isinstance(held, dict) else (held,):
            if isinstance(each, msgspec.Struct):
                yield from parts_of(each)


def checks_that_find_something(fact):
    for part in parts_of(fact):
        for kind in type(part).__mro__:
            yield from (check for check in CHECKS.get(kind, ()) if list(check(part)))


def test_every_check_is_seen_to_fail_in_an_example():
    seen = set()
    for example in invalid():
        try:
            fact = msgspec.convert(example.fact, AnyFact)
        except msgspec.ValidationError:
            continue
        seen |= set(checks_that_find_something(fact))
    assert [check.__name__ for checks in CHECKS.values() for check in checks if check not in seen] == []


def test_license_that_lasts_one_day_is_valid():
    assert paths(license_with(valid_to=DAY)) == []
    assert paths(license_with(valid_to=DAY - dt.timedelta(days=1))) == ["/valid_to"]


def test_validity_of_each_part_ends_after_it_begins():
    before = DAY - dt.timedelta(days=1)
    clause = Clause(id="a", kind="other", text="A.", valid_from=DAY, valid_to=before)
    destination = Destination(country="XB", valid_from=DAY, valid_to=before)
    assert paths(license_with(clauses=(clause,), destinations=(destination,))) == [
        "/destinations/0/valid_to",
        "/clauses/0/valid_to",
    ]


def test_amended_clause_is_another_version():
    first, second = (Clause(id="a", kind="other", text="A.", version=version) for version in (1, 2))
    assert paths(license_with(clauses=(first, second))) == []
    assert paths(license_with(clauses=(first, first))) == ["/clauses"]


def test_destination_may_end_and_begin_again_but_not_overlap():
    early = Destination(country="XB", valid_to=DAY)
    late = Destination(country="XB", valid_from=DAY + dt.timedelta(days=1))
    assert paths(license_with(destinations=(early, late))) == []
    assert paths(license_with(destinations=(early, Destination(country="XB", valid_from=DAY)))) == [
        "/destinations/1/country"
    ]


def test_license_granted_after_its_end_is_refused():
    assert paths(license_with(valid_to=DAY, granted_at=DAY + dt.timedelta(days=1))) == ["/granted_at"]


def test_unattributed_is_never_written():
    assert paths(license_with(destinations=(Destination(country="ZZ"),))) == ["/destinations/0/country"]
    assert paths(incident_with(operators=(Operator(country="ZZ"),))) == ["/operators/0/country"]


def test_publication_within_the_precision_of_the_event_passes():
    month = Period(start=dt.date(2024, 5, 20), precision="month")
    early = (Publication(source="daily-one", kind="news", published_at=dt.date(2024, 5, 2)),)
    assert paths(incident_with(occurred=month, publications=early)) == []
    assert paths(incident_with(occurred=Period(start=dt.date(2024, 5, 20)), publications=early)) == [
        "/publications/0/published_at"
    ]


def test_one_class_on_two_grounds_is_two_counts():
    one, other = Victims(klass="journalist", ground="opinion"), Victims(klass="journalist", ground="religion")
    assert paths(incident_with(victims=(one, other))) == []
    assert paths(incident_with(victims=(one, one))) == ["/victims"]


@pytest.mark.parametrize("kind", sorted(TWO_PERSONS))
def test_grave_decision_takes_two_persons(kind):
    assert paths(decision_with(kind=kind)) == ["/second_by_role"]
    assert paths(decision_with(kind=kind, second_by_role="desk 4 ")) == ["/second_by_role"]
    assert paths(decision_with(kind=kind, second_by_role="Head of control")) == []


def test_reason_of_closing_stands_with_closing_only():
    assert paths(decision_with(close_reason="remedied")) == ["/close_reason"]
    assert paths(decision_with(kind="close", close_reason="remedied")) == []


def test_red_fact_is_not_for_partners():
    assert paths(incident_with(tlp="RED", may_use_for=("officer", "partners"))) == ["/may_use_for"]
    assert paths(incident_with(tlp="RED", may_use_for=("officer", "exporter"))) == []


def test_policy_may_be_taken_back_and_a_day_may_not():
    assert paths(Retraction(id="1", source="xa", of="policy")) == []
    assert paths(Retraction(id="1", source="clock", of="tick")) == ["/of"]


def test_day_from_outside_is_refused_and_other_facts_are_not():
    assert [problem.path for problem in faults_from_outside(Tick(id="1", source="clock", day=DAY))] == ["/fact"]
    assert faults_from_outside(incident_with()) == []
