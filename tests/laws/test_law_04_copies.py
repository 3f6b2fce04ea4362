"""Law 4: copies do not corroborate, and volume raises nothing."""

from __future__ import annotations

import random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

import laws
from builders import (
    a_delivery,
    a_judgment,
    a_license,
    a_paper,
    a_publication,
    alert_on,
    an_incident,
    assessed,
    at,
    period,
)  # fmt: skip
from laws import HOUSE
from schemas import Incident
from schemas.incident import Operator, Victims
from schemas.vocabulary import BANDS
from worlds import STATES, crowds, seeds, worlds

SMALL = settings(settings.get_profile("laws"), max_examples=30)


def _counting(world):
    """An account of the world that rests on publications, and its place; `None` where there is none."""
    return [(n, f) for n, f in enumerate(world) if isinstance(f, Incident) and f.publications]


@SMALL
@given(worlds, seeds, st.sampled_from(("same origin", "undeclared", "near copy")))
def test_one_more_copy_in_an_account_never_raises_it(world, seed, how):
    dice = random.Random(seed)
    world = laws.settled(world)
    found = _counting(world)
    if not found:
        return
    place, incident = dice.choice(found)
    original = dice.choice(incident.publications)
    copy = {
        "same origin": original,
        "undeclared": msgspec.structs.replace(original, origin=None),
        "near copy": msgspec.structs.replace(original, origin="o-new", sketch=original.sketch),
    }[how]
    if how == "near copy" and not original.sketch:
        return
    more = [*world[:place], laws.with_publication(incident, copy), *world[place + 1 :]]
    before, after = laws.totals(HOUSE, world), laws.totals(HOUSE, more)
    for key in before.keys() & after.keys():
        assert after[key] <= before[key], f"{how}: {key}"


@SMALL
@given(worlds, seeds, st.sampled_from(("derived", "duplicate", "same origin")), st.integers(1, 10))
def test_accounts_that_draw_on_another_never_raise_it(world, seed, how, many):
    dice = random.Random(seed)
    world = laws.settled(world)
    found = [(n, f) for n, f in _counting(world) if how != "same origin" or all(p.origin for p in f.publications)]
    if not found:
        return
    _, incident = dice.choice(found)
    says = {
        "derived": {"derived_from": (incident.ref,)},
        "duplicate": {"duplicate_of": incident.ref},
        "same origin": {},
    }[how]
    loose = [
        msgspec.structs.replace(p, origin=p.origin if how == "same origin" else None) for p in incident.publications
    ]
    copies = [msgspec.structs.replace(incident, id=f"Z{n}", publications=tuple(loose), **says) for n in range(many)]
    before, after = laws.totals(HOUSE, world), laws.totals(HOUSE, [*world, *copies])
    for key in before.keys() & after.keys():
        assert after[key] <= before[key], f"{how}: {key}"


def _alone(world):
    for alert in laws.alerts_of(HOUSE, world).values():
        for case in alert.cases:
            if case.kind == "incident" and BANDS.index(case.band) > BANDS.index("watch"):
                yield alert, case


def _rests_on_enough(case, world) -> bool:
    speaking = [t for t in case.ledger if t.kind == "support" and t.evidence_level and t.weight > 0]
    graded = (f for f in world if isinstance(f, Incident) and f.ref in case.members)
    forensic = any(f.evidence_level >= "E3" and f.attribution_level >= "A2" for f in graded)
    raised = "on the same license raises it one step" in case.band_reason or "admitted" in case.band_reason
    return len(speaking) > 1 or forensic or raised


@SMALL
@given(worlds)
def test_no_single_origin_below_a_forensic_one_is_more_than_watch(world):
    for alert, case in _alone(world):
        assert _rests_on_enough(case, world), f"{alert.id} {case.key} is {case.band}: {case.band_reason}"


@settings(settings.get_profile("laws"), max_examples=4)
@given(crowds)
def test_in_a_large_world_no_single_origin_below_a_forensic_one_is_more_than_watch(world):
    for alert, case in _alone(world):
        assert _rests_on_enough(case, world), f"{alert.id} {case.key} is {case.band}: {case.band_reason}"


def _tips(many, seed, **said):
    dice = random.Random(seed)
    return [
        a_paper(
            f"T{n}", "tips", dice.choice((None, f"tip-{n}")), dice.randint(1, 6),
            **{"evidence_level": "E4", "attribution_level": "A3", "operators": (Operator(country=dice.choice(STATES)),), "occurred": period(dice.choice(("2024-02-01", "2024-06-10")))}
            | said,
        )
        for n in range(many)
    ]  # fmt: skip


@SMALL
@given(worlds, seeds, st.integers(1, 60))
def test_any_number_of_tips_raises_nothing_anywhere(world, seed, many):
    world = [f for f in world if getattr(f, "judged_source", None) != "tips"]
    before, after = laws.alerts_of(HOUSE, world), laws.alerts_of(HOUSE, [*world, *_tips(many, seed)])
    was = {id: a.band for id, a in before.items()}
    for id, alert in after.items():
        least = "watch" if id not in was else max(was[id], "watch", key=BANDS.index)
        assert BANDS.index(alert.band) <= BANDS.index(least), f"{id} rose to {alert.band}"


ATTACHED = (a_license(), a_delivery(), an_incident(victims=(Victims(klass="business", count=1),)))


def test_a_tip_tied_to_a_lab_report_does_not_make_it_urgent():
    tip = _tips(1, 1, operators=(Operator(country="XA"),), duplicate_of="desk:I1", ongoing=True)
    assert alert_on(assessed(*ATTACHED, *tip), "other") is None
    lab = (a_license(), a_delivery(), an_incident())
    assert alert_on(assessed(*lab), "permitted-purpose").band == "alert"
    assert alert_on(assessed(*lab, *tip), "permitted-purpose").band == "alert"


def test_a_tip_tied_to_a_lab_report_adds_no_alert_of_its_own():
    tip = _tips(1, 1, operators=(Operator(country="XA"),), duplicate_of="desk:I1")
    assert alert_on(assessed(*ATTACHED), "prohibited-target-class") is None
    found = alert_on(assessed(*ATTACHED, *tip), "prohibited-target-class")
    assert found is None or found.band in ("context", "watch")


def test_a_tip_tied_to_a_lab_report_does_not_settle_the_agency():
    licenses = (a_license("L1"), a_license("L2", end_user="Border Office"))
    world = (*licenses, an_incident(operator_agency=None, operators=(Operator(country="XA"),)))
    tip = _tips(1, 1, operators=(Operator(country="XA"),), duplicate_of="desk:I1")
    before = alert_on(assessed(*world), "permitted-purpose", "authority:L2")
    after = alert_on(assessed(*world, *tip), "permitted-purpose", "authority:L2")
    assert before is not None
    assert before.band == "alert"
    assert after is not None
    assert after.band == "alert"


def test_a_newspaper_that_repeats_a_lab_does_not_lower_it():
    lab = a_publication("lab-b", 4, "o1")
    paper = a_publication("paper-a", 2, "o1")
    alone = alert_on(assessed(a_license(), a_delivery(), an_incident(publications=(lab,))), "permitted-purpose")
    both = alert_on(assessed(a_license(), a_delivery(), an_incident(publications=(lab, paper))), "permitted-purpose")
    assert alone.band == "alert"
    assert both.band == "alert"


def _flood(**claimed):
    return _tips(500, 3, operators=(Operator(country="XA"),), recorded_at=at("2024-07-01"), **claimed)


def test_five_hundred_tips_are_one_note_and_few_cases():
    found = assessed(a_license(), a_delivery(), *_flood(evidence_level="E0", attribution_level="A0"))
    assert max((a.band for a in found.alerts), key=BANDS.index) == "watch"
    assert sum(len(a.cases) for a in found.alerts) < 20
    assert [n.kind for n in found.notes].count("flood") >= 1


def test_a_flood_that_claims_forensic_evidence_is_a_flood():
    found = assessed(a_license(), a_delivery(), *_flood(evidence_level="E4", attribution_level="A3"))
    assert [n.kind for n in found.notes].count("flood") >= 1


def test_a_judgment_that_joins_copies_changes_no_sum():
    papers = [a_paper(f"I{n}", "paper-a", None) for n in range(1, 4)]
    world = (a_license(), a_delivery())
    one = alert_on(assessed(*world, papers[0]), "permitted-purpose").cases[0].total
    joined = a_judgment("same_event", [p.ref for p in papers])
    assert alert_on(assessed(*world, *papers, joined), "permitted-purpose").cases[0].total == one
