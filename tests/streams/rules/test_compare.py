"""Two policies on the same facts: what differs, and which part of the two makes it so, found by trial."""

from __future__ import annotations

import msgspec
import pytest

from builders import a_clause, a_delivery, a_license, a_policy, a_tick, an_incident, day
from schemas import Policy
from schemas.common import Fact
from schemas.policy import ClauseDefaults, Weekend, WorkingCalendar
from streams.rules.compare import NOTHING, compare, differing, in_force, put, registered
from streams.rules.known import Standpoint
from streams.rules.packs import pack, pack_names

BARE = a_license(clauses=(a_clause("permitted_purpose"), a_clause("item_inventory")))
PETTY = an_incident(alleged_purpose="serious_crime", offence_max_years=3, expression_related="yes", victims=())
WORLD = [BARE, a_delivery(BARE), PETTY, a_tick(), a_policy()]
ISRAEL, US = (registered(pack(name), WORLD) for name in ("israel-2021", "us"))


def moved(policy, path, value):
    """The policy with one number set."""
    group, name = path.split(".")
    number = msgspec.structs.replace(getattr(getattr(policy, group), name), value=value)
    return msgspec.structs.replace(policy, **{group: msgspec.structs.replace(getattr(policy, group), **{name: number})})


def by_alert(said):
    return {d.alert.rpartition("~")[2]: d for d in said.differences}


def causes(difference):
    return {(c.path, c.effect) for c in difference.causes}


def test_a_policy_does_not_differ_from_itself():
    said = compare(WORLD, ISRAEL, ISRAEL)
    assert (said.parts, said.differences) == ((), ())
    assert said.same


def test_an_alert_that_only_one_law_knows_is_put_down_to_the_clause_that_it_implies():
    found = by_alert(compare(WORLD, ISRAEL, US))["implied.expression-carve-out"]
    assert (found.how, found.right) == ("only_left", None)
    assert found.left.implied
    assert causes(found) == {("clauses.expression_carve_out.implied", "alone")}


def test_the_same_clause_is_judged_by_what_each_law_holds_for_usual():
    found = by_alert(compare(WORLD, ISRAEL, US))["permitted-purpose"]
    assert found.how == "differs"
    (case,) = found.cases
    assert "at most 3 years; serious are 6 or more" in case.left.sentence
    assert "neither the clause nor the policy lists" in case.right.sentence
    threshold, purposes = (f"clauses.permitted_purpose.usual.{name}" for name in ("threshold", "purposes"))
    assert causes(found) == {(threshold, "alone"), (purposes, "together")}


def test_an_inventory_is_overdue_only_under_the_law_that_says_how_often():
    found = by_alert(compare(WORLD, ISRAEL, US))["item-inventory"]
    assert (found.how, found.left) == ("only_right", None)
    assert causes(found) == {("clauses.item_inventory.usual.inventories", "alone")}


def test_a_number_that_moves_a_band_is_named_with_the_ledger_that_it_moves():
    less = moved(a_policy(), "weighing.prior", 5)
    weak = an_incident(evidence_level="E1", attribution_level="A1")
    world = [a_license(), a_delivery(), weak, a_tick(), a_policy()]
    found = by_alert(compare(world, a_policy(), less))["permitted-purpose"]
    assert causes(found) == {("weighing.prior", "alone")}
    ((term,), (case,)) = found.cases[0].terms, found.cases
    assert term.label == "prior"
    assert term.left > term.right
    assert case.left.total - case.right.total == term.left - term.right


def test_an_alert_at_context_is_as_good_as_none():
    early = an_incident(occurred=msgspec.structs.replace(an_incident().occurred, start=day("2023-01-05"), end=None))
    assert compare([BARE, a_delivery(BARE), early, a_tick("2023-02-01"), a_policy()], ISRAEL, US).differences == ()


def test_what_differs_is_seen_from_the_standpoint_asked_for():
    at = Standpoint(as_of=day("2023-02-01"))
    assert compare(WORLD, ISRAEL, US, at=at).differences == ()
    assert compare(WORLD, ISRAEL, US, at=at).today == day("2023-02-01")


def test_the_order_of_the_facts_changes_nothing():
    assert compare(WORLD[::-1], ISRAEL, US) == compare(WORLD, ISRAEL, US)


def test_the_other_way_round_it_is_the_mirror_image():
    one, other = compare(WORLD, ISRAEL, US), compare(WORLD, US, ISRAEL)
    assert [d.alert for d in one.differences] == [d.alert for d in other.differences]
    assert [d.left for d in one.differences] == [d.right for d in other.differences]
    assert [d.causes for d in one.differences] == [d.causes for d in other.differences]


def test_only_what_bears_on_judgment_is_a_part_in_which_policies_differ():
    paths = {part.path for part in differing(pack("start"), pack("israel-2021"))}
    assert "clauses.permitted_purpose.usual.threshold" in paths
    assert not any(part.startswith(("legal_system", "deadlines", "footing")) for part in paths)
    assert "clauses.no_retransfer.implied" not in paths, "it is unverified"
    american = {part.path for part in differing(pack("start"), pack("us"))}
    assert "clauses.permitted_purpose.usual.classes_of_eo_14093" not in american, "it is unverified"


def test_nothing_that_may_bear_on_judgment_is_left_out_of_a_comparison():
    """A new field of the policy is compared, or it is named here as one that no alert is made of."""
    changed = {"weighing", "fitting", "banding", "clauses", "sources", "calendars"}
    shown = {"legal_system", "deadlines", "footing", "exposure", "destination_classes", "frameworks"}
    about = {"version", "in_force_from", *Fact.__struct_fields__}
    assert {*Policy.__struct_fields__} == changed | shown | about
    paths = {part.path.rpartition(".")[2] for part in differing(_bare(pack("start")), pack("start"))}
    usual = {*ClauseDefaults.__struct_fields__} - {"origin", "unverified", "usual", "implied"}
    assert usual <= paths


def _bare(policy):
    """The policy with every default of one kind of clause turned."""
    turned = ClauseDefaults(
        checkability="B", outlives_license=False, words="otherwise", origin="a law", owed_by="exporter"
    )
    return msgspec.structs.replace(policy, clauses=policy.clauses | {"permitted_purpose": turned})


def test_a_calendar_can_be_put_over_like_any_part():
    closed = WorkingCalendar(id="XA", weekends=(Weekend(days=("friday",), origin="a decree"),))
    other = msgspec.structs.replace(a_policy(), calendars=(*a_policy().calendars, closed))
    assert [part.path for part in differing(a_policy(), other)] == ["calendars.XA"]
    assert put(a_policy(), other, "calendars.XA") == other
    assert put(other, a_policy(), "calendars.XA") == a_policy()


@pytest.mark.parametrize("name", [n for n in pack_names() if n != "start"])
def test_putting_every_part_over_leads_to_the_other_policy(name):
    start = policy = pack("start")
    for part in differing(start, pack(name)):
        policy = put(policy, pack(name), part.path)
    assert list(differing(policy, pack(name))) == []
    assert all(p.left.words != p.right.words for p in differing(start, pack(name)))
    assert {p.left.words for p in differing(start, pack("us"))} >= {NOTHING}


def test_the_policy_in_force_among_the_facts_lends_its_register():
    assert in_force(WORLD).version == "test-1"
    assert registered(pack("us"), WORLD).sources == a_policy().sources
    assert registered(pack("us"), WORLD[:-1]).sources == ()


def test_each_assessment_is_told_of():
    steps, told = [], []
    compare(WORLD, ISRAEL, US, begun=steps.append, told=told.append)
    assert sum(steps) == sum(told)
