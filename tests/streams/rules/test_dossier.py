"""Which of the rows count: newest revision above every retraction, one body of two, and sightings by serial."""

from __future__ import annotations

from itertools import permutations

from builders import (
    a_delivery,
    a_judgment,
    a_license,
    a_name,
    a_policy,
    a_publication,
    a_report,
    a_retraction,
    a_tick,
    an_incident,
    at,
    day,
)  # fmt: skip
from schemas import Incident, Recheck
from schemas.common import EARLIEST
from schemas.delivery import DeliveredItem
from schemas.incident import Operator
from schemas.report import ReportedItem
from streams.rules.dossier import Partition, facts_of
from streams.rules.placing import header_of


def counting(*rows, destination="XA"):
    """Ids, revisions and standing of the incidents that count."""
    held = Partition()
    held.add_all(rows)
    return [(i.id, i.revision, i.status) for i in facts_of(held.dossier(destination).incidents, Incident)]


def in_any_order(*rows, destination="XA"):
    """The same, checked to be the same in every order."""
    first = counting(*rows, destination=destination)
    for order in permutations(rows):
        assert counting(*order, destination=destination) == first, order
    return first


def test_the_newest_revision_counts_in_any_order():
    revisions = (
        an_incident(),
        an_incident(revision=3, status="contested"),
        an_incident(revision=2, status="corroborated"),
    )
    assert in_any_order(*revisions) == [("I1", 3, "contested")]


def test_a_retraction_takes_back_all_revisions_up_to_its_own():
    first, second = an_incident(), an_incident(revision=2, status="contested")
    assert in_any_order(first, second, a_retraction(second)) == []
    assert in_any_order(first, second, a_retraction(first)) == [("I1", 2, "contested")]


def test_a_higher_revision_after_a_retraction_is_a_new_word():
    third = an_incident(revision=3, status="corroborated")
    assert in_any_order(an_incident(), a_retraction(an_incident(), revision=2), third) == [("I1", 3, "corroborated")]


def test_a_retraction_that_comes_first_still_takes_back():
    assert counting(a_retraction(an_incident()), an_incident()) == []


def test_a_retraction_of_another_fact_takes_nothing_back():
    assert in_any_order(
        an_incident(), a_retraction(an_incident("I2")), a_retraction(a_report(id="I1"), source="desk")
    ) == [("I1", 1, "reported")]


def test_a_header_of_a_newer_revision_silences_the_older_one():
    moved = an_incident(destination="XB", revision=2)
    assert in_any_order(an_incident(), header_of(moved)) == []


def test_a_header_of_an_older_revision_silences_nothing():
    assert in_any_order(an_incident(revision=2), header_of(an_incident(destination="XB"))) == [("I1", 2, "reported")]


def test_an_incident_that_moves_counts_only_where_its_newest_revision_names():
    moved = an_incident(destination="XB", revision=2)
    assert in_any_order(an_incident(), moved) == []
    assert in_any_order(an_incident(), moved, destination="XB") == [("I1", 2, "reported")]


def test_of_two_bodies_under_one_revision_the_greatest_digest_counts_and_the_conflict_is_seen():
    one, two = an_incident(status="reported"), an_incident(status="contested")
    (found,) = in_any_order(one, two)
    held = Partition()
    held.add_all((one, two))
    dossier = held.dossier("XA")
    (counted,) = dossier.incidents
    assert counted.conflicting
    assert [c.key for c in dossier.conflicts()] == ["incident:desk:I1"]
    assert found[2] == counted.fact.status
    other = Partition()
    other.add(one)
    (alone,) = other.dossier("XA").incidents
    assert not alone.conflicting
    assert counted.hash == max(counted.hash, alone.hash)


def test_of_two_bodies_that_name_different_states_each_counts_where_it_names():
    here, there = an_incident(), an_incident(operators=(Operator(country="XB"),))
    assert in_any_order(here, there) == [("I1", 1, "reported")]
    held = Partition()
    held.add_all((here, there))
    assert not list(held.dossier("XA").conflicts())


def test_a_higher_revision_settles_a_conflict():
    held = Partition()
    held.add_all((an_incident(), an_incident(status="contested"), an_incident(revision=2)))
    assert not list(held.dossier("XA").conflicts())


def test_of_equal_bodies_the_earliest_record_time_counts():
    early, late = an_incident(recorded_at=at("2025-05-02")), an_incident(recorded_at=at("2025-06-02"))
    for order in ((early, late), (late, early)):
        held = Partition()
        held.add_all(order)
        (counted,) = held.dossier("XA").incidents
        assert counted.fact.recorded_at == at("2025-05-02")
        assert not counted.conflicting


# --- sightings -------------------------------------------------------------------------------------------------------


def seen(*serials, id="R1", **changed):
    return a_report(a_license("L2", "XB"), id, items=(ReportedItem(serials=serials),), **changed)


def test_a_sighting_elsewhere_counts_where_its_serial_was_delivered():
    held = Partition()
    held.add_all((seen("SN-1"), a_delivery()))
    assert [c.fact.id for c in held.dossier("XA").reports] == ["R1"]
    assert [c.fact.id for c in held.dossier("XB").reports] == ["R1"]
    assert held.dossier("XC").reports == ()


def test_a_sighting_of_a_strange_serial_counts_only_where_it_names():
    held = Partition()
    held.add_all((seen("SN-77"), a_delivery()))
    assert held.dossier("XA").reports == ()


def test_a_revision_that_drops_the_serial_counts_here_no_more():
    held = Partition()
    held.add_all((seen("SN-1"), seen("SN-77", revision=2), a_delivery()))
    assert held.dossier("XA").reports == ()


def test_a_sighting_touches_the_state_where_its_serial_was_delivered():
    held = Partition()
    held.add(a_delivery())
    assert held.add(seen("SN-1")).keys() == {"XA", "XB"}
    assert held.add(seen("SN-77", id="R2")).keys() == {"XB"}


def test_a_delivery_touches_only_where_it_went():
    held = Partition()
    held.add(seen("SN-1"))
    assert held.add(a_delivery()).keys() == {"XA"}
    again = a_delivery(a_license("L2", "XB"), "D2", items=(DeliveredItem(serials=("SN-1",)),))
    assert held.add(again).keys() == {"XA", "XB"}


# --- what is touched -------------------------------------------------------------------------------------------------


def test_a_policy_touches_every_destination_that_is_known():
    held = Partition()
    held.add_all((an_incident(), an_incident("I2", "XB")))
    for fact in (a_policy(), a_retraction(a_policy())):
        assert held.add(fact) == {"XA": frozenset(), "XB": frozenset()}


def test_a_judgment_touches_the_accounts_that_it_ties_and_those_tied_to_them():
    held = Partition()
    copy = an_incident("I4", "XB", duplicate_of="desk:I2")
    held.add_all((an_incident(), an_incident("I2", "XB"), an_incident("I3", "XC"), copy))
    judgment = a_judgment("same_event", ["desk:I1", "desk:I2"])
    for fact in (judgment, a_retraction(judgment)):
        touched = held.add(fact)
        assert touched["XB"] == {"incident:desk:I2", "incident:desk:I4"}
        assert touched.keys() - {"XA"} == {"XB"}


def test_a_judgment_on_a_source_touches_whatever_the_source_tells():
    held = Partition()
    held.add_all((an_incident(), an_incident("I2", "XB", publications=(a_publication("paper-z"),))))
    assert held.add(a_judgment("quarantine", (), judged_source="paper-z")) == {"XB": {"incident:desk:I2"}}


def test_a_name_touches_nobody_by_itself_whoever_holds_it_is_found_by_comparing():
    held = Partition()
    held.add_all((an_incident(), an_incident("I2", "XB")))
    name = a_name("p/x", "Lantern", id="n1")
    assert held.add(name).keys() == set()
    assert [c.fact for c in held.names()] == [name]
    assert held.add(a_retraction(name)).keys() == set()
    assert held.names() == ()


def test_a_retraction_touches_where_any_revision_named():
    held = Partition()
    held.add_all((an_incident(), an_incident(destination="XB", revision=2)))
    assert held.add(a_retraction(an_incident(revision=2))).keys() == {"XA", "XB"}


def test_a_tick_touches_all_and_an_old_one_nothing():
    held = Partition()
    assert held.today == EARLIEST
    held.add(an_incident())
    assert held.add(a_tick("2026-01-02")).keys() == {"XA"}
    assert held.add(a_tick("2026-01-01")).keys() == set()
    assert held.today == day("2026-01-02")


def test_a_recheck_touches_what_it_names_or_all():
    held = Partition()
    held.add_all((an_incident(), an_incident("I2", "XB")))
    assert held.add(Recheck(reason="stranger", destinations=("XB",))).keys() == {"XB"}
    assert held.add(Recheck(reason="recovery")).keys() == {"XA", "XB"}


def test_a_retracted_judgment_counts_no_more():
    held = Partition()
    judgment = a_judgment("same_event", ["desk:I1", "desk:I2"])
    held.add_all((an_incident(), judgment))
    assert [c.fact.id for c in held.dossier("XA").judgments] == ["J1"]
    held.add(a_retraction(judgment))
    assert held.dossier("XA").judgments == ()
