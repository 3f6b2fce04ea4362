"""An erasure outranks every body of its fact: laws 1 and 2 hold for it, in any order, and no table keeps a row of it."""

from __future__ import annotations

import json
import random

from hypothesis import given, settings
from hypothesis import strategies as st

import laws
from agents import LittleHouse, run, shuffled
from builders import a_retraction, an_erasure
from laws import HOUSE
from schemas import Erasure, Tick
from schemas.codec import encode, fact_key
from streams.rules.placing import fact_of_row, place, row_key
from worlds import crowds, seeds, worlds

LAW = settings(settings.get_profile("laws"), max_examples=30)


def _erased(world, at):
    """A fact of the world, the world without it in any revision, and its erasure."""
    facts = [f for f in world if not isinstance(f, Tick) and not hasattr(f, "of")]
    fact = facts[at % len(facts)]
    return fact, [f for f in world if laws.key_of(f) != laws.key_of(fact)], an_erasure(fact)


@LAW
@given(worlds, st.integers(0, 100), seeds)
def test_what_was_erased_is_as_if_it_had_never_come_in_any_order(world, at, seed):
    fact, without, erasure = _erased(world, at)
    both = shuffled([*world, a_retraction(fact), erasure], seed, again=0.3)
    laws.same(HOUSE.told(without), HOUSE.told(both), f"after the erasure of {fact_key(fact)}")


@settings(settings.get_profile("laws"), max_examples=2)
@given(crowds, st.integers(0, 100), seeds)
def test_what_was_erased_from_a_large_world_is_as_if_it_had_never_come(world, at, seed):
    _, without, erasure = _erased(world, at)
    laws.same(HOUSE.told(without), HOUSE.told(shuffled([*world, erasure], seed)))


@LAW
@given(worlds, st.integers(0, 100), seeds)
def test_a_higher_revision_after_an_erasure_is_no_new_word(world, at, seed):
    import msgspec

    fact, without, erasure = _erased(world, at)
    later = msgspec.structs.replace(fact, revision=10)
    laws.same(HOUSE.told(without), HOUSE.told(shuffled([*without, fact, erasure, later], seed)))


@LAW
@given(worlds, st.integers(0, 100), st.sampled_from((1, 3, 8)), seeds)
def test_an_erasure_reaches_every_partition(world, at, partitions, seed):
    _, _, erasure = _erased(world, at)
    laws.partitions_change_nothing(HOUSE, [*world, erasure], partitions, seed)


@LAW
@given(worlds, st.integers(0, 100), seeds)
def test_looking_on_the_way_of_an_erasure_changes_nothing(world, at, seed):
    _, _, erasure = _erased(world, at)
    dice = random.Random(seed)
    world = list(world)
    world.insert(dice.randrange(len(world) + 1), erasure)
    kept = laws.KeptUp(HOUSE)
    for fact in world:
        kept.take(fact)
        kept.look()
    laws.same(HOUSE.told(world), kept.told(), "kept up")


@LAW
@given(worlds, st.integers(0, 100), seeds)
def test_only_asking_erases_nothing(world, at, seed):
    fact, _, _ = _erased(world, at)
    asked = an_erasure(fact, confirmed=False)
    laws.same(HOUSE.told(world), HOUSE.told(shuffled([*world, asked], seed)))


@settings(settings.get_profile("laws"), max_examples=12)
@given(worlds, st.integers(0, 100), st.sampled_from((1, 3)), seeds, st.integers(0, 3))
def test_the_agents_end_without_it_whenever_they_die_and_keep_no_row_of_it(world, at, partitions, seed, deaths):
    fact, without, erasure = _erased(world, at)
    house = run(LittleHouse(shuffled([*world, erasure], seed, 0.3), partitions, seed), deaths)
    laws.same(laws.bytes_of(HOUSE.assess_facts(without), matches=False), house.said(), f"{deaths} deaths")
    assert not [k for k in house.rows if fact_of_row(k.partition(b"|")[2]) == fact_key(fact)]
    for partition in house.dossiers:
        newest = {copy.key: copy.value for copy in partition}
        left = [k for k, v in newest.items() if v and fact_of_row(k) == fact_key(fact)]
        assert not left, "every row of it in the log of dossiers has a stub over it"
    assert not house.parked or all(fact_key(fact) != p.key for p in house.parked)


@settings(settings.get_profile("laws"), max_examples=30)
@given(worlds, st.integers(0, 100))
def test_an_erasure_does_not_hold_the_id_that_it_erases(world, at):
    fact, _, erasure = _erased(world, at)
    written = json.loads(encode(erasure))
    assert fact.id not in {v for v in written.values() if isinstance(v, str)}
    assert {c.partition for c in place(erasure, 8)} == set(range(8))
    assert fact_of_row(row_key(fact)) == fact_key(fact)
    assert isinstance(erasure, Erasure)
