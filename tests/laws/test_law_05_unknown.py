"""Law 5: unknown stays unknown."""

from __future__ import annotations

import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import laws
from builders import SOURCES, a_delivery, a_license, a_report, alert_on, an_incident, assessed
from laws import HOUSE
from schemas import Incident, PostShipmentReport
from schemas.common import Claimed
from schemas.incident import ClaimedProduct, Operator
from schemas.report import ClauseFinding
from worlds import STATES, crowds, seeds, worlds

SMALL = settings(settings.get_profile("laws"), max_examples=30)


@SMALL
@given(worlds, st.sampled_from(STATES))
def test_country_alone_never_selects_a_license(world, state):
    bare = an_incident(
        "Z1", state, products=(), vendors=(), operator_agency=Claimed(name="Bureau of Inquiry"), technology="face_recognition",
    )  # fmt: skip
    for each in HOUSE.assess_facts([*world, bare]):
        assert all(m.m == 0 and m.share == 0 and m.band == "context" for m in each.matches if m.incident_id == "Z1")
        for case in (c for a in each.alerts for c in a.cases if "desk:Z1" in c.members):
            assert len(case.members) > 1


def _m(**claims) -> float:
    license = a_license()
    return assessed(license, a_delivery(license), an_incident(**claims)).matches[0].m


@SMALL
@given(st.integers(85, 100), st.integers(0, 100), st.integers(0, 100))
def test_a_claim_that_fits_taken_away_never_raises_the_fit(product, agency, operator):
    sure = {
        "products": (ClaimedProduct(name="Lantern", confidence=product),),
        "operator_agency": Claimed(name="Bureau of Inquiry", confidence=agency),
        "operators": (Operator(country="XA", confidence=operator),),
    }
    whole = _m(**sure)
    assert _m(**sure | {"products": ()}) <= whole
    assert _m(**sure | {"operator_agency": None}) <= whole


def test_an_unsure_word_on_the_right_product_is_no_worse_than_none():
    assert _m(products=(ClaimedProduct(name="Lantern", confidence=10),)) >= _m(products=())


@SMALL
@given(st.integers(0, 100), st.integers(0, 100))
def test_the_surer_a_claim_that_fits_the_better_it_fits(low, high):
    low, high = sorted((low, high))
    for claims in (
        lambda sure: {"products": (ClaimedProduct(name="Lantern", confidence=sure),)},
        lambda sure: {"operators": (Operator(country="XA", confidence=sure),)},
        lambda sure: {"operator_agency": Claimed(name="Bureau of Inquiry", confidence=sure)},
    ):
        assert _m(**claims(low)) <= _m(**claims(high))


def _standing(world, destination):
    """The accounts that count in a destination, as the core sees them."""
    held = HOUSE.partition()
    held.add_all(world)
    for counted in held.dossier(destination).incidents:
        incident = counted.fact
        if incident.tense == "actual" and incident.status not in ("retracted", "withdrawn_for_safety"):
            yield incident


def _unmatched_is_noted(world):
    for each in HOUSE.assess_facts(world):
        shared = {f"{m.incident_source}:{m.incident_id}" for m in each.matches if m.share > 0}
        noted = {n.subject for n in each.notes if n.kind == "unmatched_incident"}
        joined = {m for a in each.alerts for c in a.cases for m in c.members}
        for incident in _standing(world, each.destination):
            plain = not incident.duplicate_of and not incident.part_of and not incident.derived_from
            alone = plain and not any(incident.ref in (getattr(f, "incidents", ()) or ()) for f in world)
            credible = _shown(incident) >= "E2"
            if alone and credible and incident.ref not in shared | joined and not _tied(world, incident):
                assert incident.ref in noted, f"{incident.ref} in {each.destination} is nowhere"


def _shown(incident) -> str:
    """What its sources may claim to have shown, whatever it claims itself."""
    highest = {s.source: s.max_evidence for s in SOURCES}
    sources = [p.source for p in incident.publications] or [incident.source]
    return max(min(incident.evidence_level, highest.get(source, "E1")) for source in sources)


def _tied(world, incident) -> bool:
    others = [f for f in world if isinstance(f, Incident) and f.ref != incident.ref]
    named = {r for f in others for r in (f.duplicate_of, f.part_of, *f.derived_from)}
    origins = {p.origin for f in others for p in f.publications if p.origin}
    sketches = {p.sketch for f in others for p in f.publications if p.sketch}
    own = incident.publications
    return incident.ref in named or bool({p.origin for p in own} & origins) or bool({p.sketch for p in own} & sketches)


@SMALL
@given(worlds)
def test_a_credible_account_that_fits_no_license_is_noted(world):
    _unmatched_is_noted(world)


@settings(settings.get_profile("laws"), max_examples=4)
@given(crowds)
def test_in_a_large_world_a_credible_account_that_fits_no_license_is_noted(world):
    _unmatched_is_noted(world)


@pytest.mark.parametrize("operators", [("XA",), ()], ids=["somewhere", "nowhere"])
def test_a_credible_account_without_any_license_is_noted_where_it_belongs(operators):
    found = assessed(
        an_incident(operators=tuple(Operator(country=c) for c in operators)), destination="XA" if operators else "ZZ"
    )
    assert [n.kind for n in found.notes] == ["unmatched_incident"]


def test_a_credible_account_that_fits_is_somewhere_even_where_no_clause_speaks():
    found = assessed(a_license(), a_delivery(), an_incident(victims=()))
    assert found.alerts or found.notes


@SMALL
@given(worlds, seeds)
def test_not_checked_says_as_much_as_nothing(world, seed):
    dice = random.Random(seed)
    world = laws.settled(world)
    places = [n for n, f in enumerate(world) if isinstance(f, PostShipmentReport)]
    if not places:
        return
    n = dice.choice(places)
    words = tuple(
        ClauseFinding(clause=c.replace("_", "-"), result="not_checked") for c in ("other", "permitted_purpose")
    )
    unchecked, silent = (
        [*world[:n], msgspec.structs.replace(world[n], clause_findings=said), *world[n + 1 :]] for said in (words, ())
    )
    left, right = laws.alerts_of(HOUSE, unchecked), laws.alerts_of(HOUSE, silent)
    assert {i: (a.band, a.status, [(c.key, c.band, c.verdict) for c in a.cases]) for i, a in left.items()} == {
        i: (a.band, a.status, [(c.key, c.band, c.verdict) for c in a.cases]) for i, a in right.items()
    }


def test_not_checked_is_shown_as_not_checked():
    license = a_license()
    report = a_report(license, clause_findings=(ClauseFinding(clause="permitted-purpose", result="not_checked"),))
    alert = alert_on(assessed(license, a_delivery(license), an_incident(), report), "permitted-purpose")
    assert "not checked: permitted-purpose" in alert.reports[0].sentence


def test_no_recorded_delivery_is_an_open_alternative():
    case = alert_on(assessed(a_license(), an_incident()), "permitted-purpose").cases[0]
    assert case.band != "context"
    assert [a.state for a in case.alternatives if a.kind == "before_delivery"] == ["open"]
