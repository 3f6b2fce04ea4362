"""Facts for load and chaos: as many as asked, the same every time, disordered, and every one readable at the door."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest

from schemas import Delivery, Incident, License, Policy, PostShipmentReport, Retraction, Tick
from schemas.codec import AnyFact, body_hash, encode, fact_key
from schemas.reading import read_fact
from streams.demo.actors import SOURCES
from streams.demo.load import load_world

COUNT = 3000


@pytest.fixture(scope="module", name="loaded")
def loaded_world() -> list[AnyFact]:
    return list(load_world(COUNT, seed=7))


def identity(fact: AnyFact) -> tuple[str, int, bool]:
    return fact_key(fact), fact.revision, isinstance(fact, Retraction)


def test_as_many_facts_come_as_were_asked_for(loaded: list[AnyFact]) -> None:
    assert len(loaded) == COUNT
    assert len(list(load_world(3))) == 3


def test_fewer_than_three_facts_are_refused() -> None:
    with pytest.raises(ValueError, match="count is 2, expected at least 3"):
        list(load_world(2))


def test_equal_seeds_give_equal_bytes_and_others_do_not(loaded: list[AnyFact]) -> None:
    again = [encode(fact) for fact in load_world(COUNT, seed=7)]
    assert again == [encode(fact) for fact in loaded]
    assert again != [encode(fact) for fact in load_world(COUNT, seed=8)]


def test_every_loaded_fact_passes_the_door(loaded: list[AnyFact]) -> None:
    for fact in loaded:
        assert read_fact(encode(fact)) == fact


def test_no_two_bodies_share_a_revision(loaded: list[AnyFact]) -> None:
    bodies: dict[tuple[str, int, bool], str] = {}
    for fact in loaded:
        assert bodies.setdefault(identity(fact), body_hash(fact)) == body_hash(fact), fact.ref


def test_policy_comes_first_and_the_last_day_last(loaded: list[AnyFact]) -> None:
    assert isinstance(loaded[0], Policy)
    last = loaded[-1]
    assert isinstance(last, Tick)
    assert last.day == dt.date(2026, 8, 31)
    ticked = [fact.day for fact in loaded if isinstance(fact, Tick)]
    assert ticked == sorted(set(ticked))


def test_record_times_rise(loaded: list[AnyFact]) -> None:
    moments = [fact.recorded_at for fact in loaded if fact.recorded_at]
    assert len(moments) == COUNT
    assert moments == sorted(set(moments))


def test_some_facts_come_before_what_they_speak_of(loaded: list[AnyFact]) -> None:
    known: set[str] = set()
    early = 0
    for fact in loaded:
        if isinstance(fact, License):
            known.add(fact.ref)
        if isinstance(fact, Delivery | PostShipmentReport):
            early += fact.license not in known
    assert early > COUNT // 200


def test_some_retractions_overtake_what_they_take_back(loaded: list[AnyFact]) -> None:
    first = {fact_key(fact): position for position, fact in reversed(list(enumerate(loaded)))}
    told = [fact for fact in loaded if not isinstance(fact, Retraction)]
    bodies = {fact_key(fact) for fact in told}
    taken = [fact for fact in loaded if isinstance(fact, Retraction)]
    assert taken
    assert {fact_key(fact) for fact in taken} <= bodies
    assert any(isinstance(loaded[first[fact_key(fact)]], Retraction) for fact in taken)


def test_there_are_repeats_revisions_and_moves(loaded: list[AnyFact]) -> None:
    told = Counter(identity(fact) for fact in loaded)
    assert sum(count - 1 for count in told.values()) > COUNT // 50
    states: dict[str, set[str]] = {}
    for fact in loaded:
        if isinstance(fact, Incident):
            states.setdefault(fact.ref, set()).update(operator.country for operator in fact.operators)
    assert any(len(places) > 1 for places in states.values())
    assert any(fact.revision > 1 for fact in loaded if isinstance(fact, License))


def test_a_few_destinations_bear_most_of_it(loaded: list[AnyFact]) -> None:
    places = Counter(fact.operators[0].country for fact in loaded if isinstance(fact, Incident))
    ranked = [count for _, count in places.most_common()]
    assert len(ranked) > 20
    assert ranked[0] > 3 * ranked[-1]
    assert len({fact.operators[0].country for fact in load_world(400, places=2) if isinstance(fact, Incident)}) == 2


def test_every_source_is_registered(loaded: list[AnyFact]) -> None:
    assert {fact.source for fact in loaded} <= {source.source for source in SOURCES}
