"""Law 2: taking a fact back leads to the alerts of a world in which it had never come."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

import laws
from agents import LittleHouse, run
from builders import a_retraction
from laws import HOUSE
from schemas import Tick
from worlds import crowds, seeds, worlds


def _taken_back(world, at):
    """Some fact of the world that can be taken back, and what takes back every revision of it."""
    facts = [f for f in world if not isinstance(f, Tick) and not hasattr(f, "of")]
    fact = facts[at % len(facts)]
    return fact, a_retraction(fact, revision=9)


@settings(settings.get_profile("laws"), max_examples=40)
@given(worlds, st.integers(0, 100), seeds)
def test_a_fact_taken_back_is_as_if_it_had_never_come(world, at, seed):
    fact, retraction = _taken_back(world, at)
    laws.retraction_restores(HOUSE, world, fact, retraction, seed)


@settings(settings.get_profile("laws"), max_examples=4)
@given(crowds, st.integers(0, 100), seeds)
def test_a_fact_taken_back_from_a_large_world_is_as_if_it_had_never_come(world, at, seed):
    fact, retraction = _taken_back(world, at)
    laws.retraction_restores(HOUSE, world, fact, retraction, seed)


@settings(settings.get_profile("laws"), max_examples=15)
@given(worlds, st.integers(0, 100), seeds)
def test_what_was_said_of_a_fact_taken_back_is_withdrawn(world, at, seed):
    fact, retraction = _taken_back(world, at)
    without = [f for f in world if laws.key_of(f) != laws.key_of(fact)]
    told = run(LittleHouse([*without, fact, retraction], 1, seed), look_often=0.8).said()
    laws.same(laws.bytes_of(HOUSE.assess_facts(without), matches=False), told)


@settings(settings.get_profile("laws"), max_examples=15)
@given(worlds, st.integers(0, 100))
def test_a_higher_revision_after_a_retraction_is_a_new_word(world, at):
    import msgspec

    fact, _ = _taken_back(world, at)
    others = [f for f in world if laws.key_of(f) != laws.key_of(fact)]
    again = msgspec.structs.replace(fact, revision=10)
    laws.same(HOUSE.told([*others, again]), HOUSE.told([*others, fact, a_retraction(fact, revision=9), again]))
