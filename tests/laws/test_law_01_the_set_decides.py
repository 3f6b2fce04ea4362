"""Law 1, the core: where the state ends depends on the set of facts alone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import laws
from laws import HOUSE
from streams.agents.naming import RegisterNamer
from worlds import crowds, seeds, told, worlds

SMALL = settings(settings.get_profile("laws"), max_examples=40)
LARGE = settings(settings.get_profile("laws"), max_examples=2)


@SMALL
@given(worlds, seeds)
def test_any_order_and_any_duplicates_end_in_the_same_words(world, seed):
    laws.order_and_duplicates_change_nothing(HOUSE, world, seed)


@SMALL
@given(worlds, st.sampled_from((1, 3, 8)), seeds)
def test_any_number_of_partitions_ends_in_the_same_words(world, partitions, seed):
    laws.partitions_change_nothing(HOUSE, world, partitions, seed)


@SMALL
@given(worlds, seeds)
def test_looking_at_what_was_touched_on_the_way_ends_in_the_same_words(world, seed):
    laws.looking_on_the_way_changes_nothing(HOUSE, world, seed)


@LARGE
@given(crowds, seeds)
def test_a_large_world_in_any_order_over_any_partitions_ends_in_the_same_words(world, seed):
    assert len(world) >= 200
    laws.order_and_duplicates_change_nothing(HOUSE, world, seed)
    laws.looking_on_the_way_changes_nothing(HOUSE, world, seed)
    for partitions in (1, 3, 8):
        laws.partitions_change_nothing(HOUSE, world, partitions, seed)


@settings(settings.get_profile("laws"), max_examples=4)
@given(worlds, st.randoms())
def test_the_register_of_names_hears_no_order(world, dice):
    shuffled = list(world)
    dice.shuffle(shuffled)
    laws.same(told(world, RegisterNamer), told(shuffled, RegisterNamer))


def test_worlds_are_worth_looking_at():
    """Guards the generator: the worlds hold open, closed and withdrawn matters, and every kind of case."""
    import random

    from worlds import world_of

    dice = random.Random(7)
    seen = [a for _ in range(60) for a in laws.alerts_of(HOUSE, world_of(dice.sample(range(2**31), 20))).values()]
    cases = [c for a in seen for c in a.cases]
    assert {c.kind for c in cases} == {"incident", "report", "silence"}
    assert {c.band for c in cases} == {"context", "watch", "review", "alert", "urgent"}
    assert {c.verdict for c in cases} >= {"engaged", "appears_inconsistent", "consistent"}
    assert {a.status for a in seen} == {"open", "acknowledged", "closed"}
    assert any(len(c.members) > 1 for c in cases)
    assert any(len(c.candidates) > 1 for c in cases)
    assert any(c.replies for c in cases)


@pytest.mark.parametrize("partitions", [1, 3, 8])
def test_every_fact_reaches_whom_it_names(partitions):
    import random

    from streams.rules.placing import destinations_of, partition_of, place
    from worlds import world_of

    for fact in world_of(random.Random(1).sample(range(2**31), 200)):
        reached = {c.partition for c in place(fact, partitions)}
        assert {partition_of(d, partitions) for d in destinations_of(fact)} <= reached
