"""The invented world is sound: readable at the door, in order, the same every time, and of nobody real."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise

import msgspec
import pytest

from schemas import (
    Decision,
    Delivery,
    Incident,
    Judgment,
    License,
    Name,
    Policy,
    PostShipmentReport,
    Retraction,
    Tick,
)
from schemas.codec import AnyFact, body_hash, decode_fact, encode, fact_key
from schemas.reading import read_fact
from streams.demo.actors import SOURCES, STATES
from streams.demo.tour import TOUR
from streams.demo.world import SETTLE_AFTER, demo_policy, world

INVENTED = {f"Q{letter}" for letter in "MNOPQRSTUVWXYZ"} | {f"X{letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


@pytest.fixture(scope="module", name="told")
def told_world() -> list[AnyFact]:
    return world()


def of(kind: type, told: Iterable[AnyFact]) -> list:  # type: ignore[type-arg]
    return [fact for fact in told if isinstance(fact, kind)]


def incident_refs(fact: AnyFact) -> Iterator[str]:
    """Every incident that a fact refers to."""
    if isinstance(fact, Judgment):
        yield from fact.incidents
    if isinstance(fact, PostShipmentReport):
        yield from (examined.incident for examined in fact.examined)
        yield from fact.admits
    if isinstance(fact, Incident):
        yield from (ref for ref in (fact.duplicate_of, fact.part_of, *fact.derived_from) if ref)


def serials_of(fact: Delivery | PostShipmentReport) -> set[str]:
    return {serial for item in fact.items for serial in item.serials}


def text_of(fact: AnyFact) -> str:
    return encode(fact).decode()


def test_every_fact_passes_the_door(told: list[AnyFact]) -> None:
    for fact in told:
        assert read_fact(encode(fact)) == fact


def test_the_world_is_told_in_the_order_in_which_it_became_known(told: list[AnyFact]) -> None:
    moments = [fact.recorded_at for fact in told if fact.recorded_at]
    assert len(moments) == len(told)
    assert {moment.tzinfo for moment in moments} == {dt.UTC}
    assert moments == sorted(set(moments))


def test_the_world_is_the_same_every_time(told: list[AnyFact]) -> None:
    world.cache_clear()
    assert [encode(fact) for fact in world()] == [encode(fact) for fact in told]


def test_the_policy_comes_first_and_its_register_holds_every_source(told: list[AnyFact]) -> None:
    assert isinstance(told[0], Policy)
    registered = [source.source for source in SOURCES]
    assert len(registered) == len(set(registered))
    assert demo_policy().sources == SOURCES
    named = {fact.source for fact in told}
    for fact in of(Incident, told):
        named |= {publication.source for publication in fact.publications}
        named |= {denial.source for denial in fact.denials if denial.source}
    named |= {fact.judged_source for fact in of(Judgment, told) if fact.judged_source}
    assert named <= set(registered)


def test_every_reference_finds_what_it_names(told: list[AnyFact]) -> None:
    licenses = {fact.ref: fact for fact in of(License, told)}
    incidents = {fact.ref for fact in of(Incident, told)}
    decisions = {fact.ref for fact in of(Decision, told)}
    judgments = {fact.ref for fact in of(Judgment, told)}
    known = {fact_key(fact) for fact in told if not isinstance(fact, Retraction)}
    for fact in told:
        assert set(incident_refs(fact)) <= incidents, fact.ref
        if isinstance(fact, Delivery | PostShipmentReport):
            assert fact.license in licenses, fact.ref
        if isinstance(fact, PostShipmentReport):
            clauses = {clause.id for clause in licenses[fact.license].clauses}
            assert {finding.clause for finding in fact.clause_findings} <= clauses, fact.ref
            assert fact.answers_request is None or fact.answers_request in decisions, fact.ref
        if isinstance(fact, Decision):
            destination, license_ref, clause = fact.alert.split("~")
            assert clause in {clause.id for clause in licenses[license_ref].clauses}, fact.ref
            assert destination in {place.country for place in licenses[license_ref].destinations}, fact.ref
            assert {judged.fact for judged in fact.judged} <= known, fact.ref
        if isinstance(fact, Judgment) and fact.reverts:
            assert fact.reverts in judgments
        if isinstance(fact, Retraction):
            assert fact_key(fact) in known


def test_every_serial_that_is_seen_was_delivered(told: list[AnyFact]) -> None:
    delivered: dict[str, set[str]] = {}
    for fact in of(Delivery, told):
        delivered.setdefault(fact.license, set()).update(serials_of(fact))
    for fact in of(PostShipmentReport, told):
        assert serials_of(fact) <= delivered.get(fact.license, set()), fact.ref


def test_serials_belong_to_one_license(told: list[AnyFact]) -> None:
    owner: dict[str, str] = {}
    for fact in of(Delivery, told):
        for serial in serials_of(fact):
            assert owner.setdefault(serial, fact.license) == fact.license, serial


def test_a_delivery_is_never_known_before_it_happened(told: list[AnyFact]) -> None:
    for fact in told:
        assert fact.recorded_at is not None
        known_on = fact.recorded_at.date()
        if isinstance(fact, Delivery):
            assert fact.delivered.first <= known_on, fact.ref
        if isinstance(fact, PostShipmentReport):
            assert fact.performed.first <= known_on, fact.ref
        if isinstance(fact, Incident):
            assert fact.occurred.first <= known_on, fact.ref
            assert fact.published_at is None or fact.published_at <= known_on, fact.ref
        if isinstance(fact, Decision):
            assert fact.at.date() <= known_on, fact.ref


def countries_in(value: object) -> Iterator[str]:
    """Every value of a field that holds a state."""
    for field in msgspec.structs.fields(value):  # type: ignore[arg-type]
        inner = getattr(value, field.name)
        for part in inner if isinstance(inner, tuple) else (inner,):
            if isinstance(part, msgspec.Struct):
                yield from countries_in(part)
            elif isinstance(part, str) and len(part) == 2 and part.isupper() and not part[1].isdigit():
                yield part


def test_every_state_is_invented(told: list[AnyFact]) -> None:
    used = {code for fact in told for code in countries_in(fact)}
    assert {"QM", "XA"} <= used
    assert used <= INVENTED
    assert used <= set(STATES)
    assert not {"XK", "XI", "XX", "XZ"} & used  # in use elsewhere


def test_revisions_of_a_fact_rise_and_repeats_say_the_same(told: list[AnyFact]) -> None:
    bodies: dict[tuple[str, int], str] = {}
    for fact in told:
        if not isinstance(fact, Retraction):
            assert bodies.setdefault((fact_key(fact), fact.revision), body_hash(fact)) == body_hash(fact), fact.ref


def test_the_clock_ticks_weekly_to_the_last_day(told: list[AnyFact]) -> None:
    ticked = [fact.day for fact in of(Tick, told)]
    assert ticked[0] == dt.date(2024, 7, 1)
    assert ticked[-1] == dt.date(2026, 8, 31)
    assert {later - earlier for earlier, later in pairwise(ticked)} == {dt.timedelta(days=7)}


def test_a_loader_settles_on_ticks_and_before_the_retraction(told: list[AnyFact]) -> None:
    assert set(SETTLE_AFTER) <= {fact.day for fact in of(Tick, told)}
    assert list(SETTLE_AFTER) == sorted(set(SETTLE_AFTER))
    known = {fact.ref: fact.recorded_at.date() for fact in of(Incident, told)}
    taken = {fact.ref: fact.recorded_at.date() for fact in of(Retraction, told) if fact.why == "source_withdrew"}
    assert taken
    for ref, day in taken.items():
        assert any(known[ref] < settled <= day for settled in SETTLE_AFTER)


def test_names_have_ids_of_their_own(told: list[AnyFact]) -> None:
    counted = Counter((fact.ref, fact.revision) for fact in of(Name, told))
    assert [ref for ref, count in counted.items() if count > 1] == []


def test_the_tour_shows_pages_of_licenses_that_exist(told: list[AnyFact]) -> None:
    licenses = {fact.ref for fact in of(License, told)}
    days = {fact.recorded_at.date() for fact in told if fact.recorded_at}
    for step in TOUR:
        assert 8 <= len(step.text.split()) <= 60, step.title
        assert step.date in days or step.date <= max(days)
        if step.path.startswith("/alerts/"):
            assert step.path.split("~")[1] in licenses


def test_a_world_survives_its_own_bytes(told: list[AnyFact]) -> None:
    assert [decode_fact(encode(fact)) for fact in told] == told


def test_nothing_in_the_world_looks_like_an_address(told: list[AnyFact]) -> None:
    for fact in told:
        assert "http" not in text_of(fact)
        assert "@" not in text_of(fact)
