"""Law 1, the agents: `place` and `watch` on plain tables end where the core ends, wherever they die."""

from __future__ import annotations

import pytest
from hypothesis import Phase, given, settings

from agents import LittleHouse, run, the_agents_end_where_the_core_ends
from builders import a_clause, a_delivery, a_license, a_policy, a_report, a_tick, an_incident, period
from laws import HOUSE, bytes_of, same
from schemas.incident import Operator
from schemas.license import Destination
from worlds import crowds, seeds, worlds

# Many facts under one seed: what fails is told by its first difference, not by its repr.
pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")
PHASES = (Phase.explicit, Phase.generate)
SMALL = settings(settings.get_profile("laws"), max_examples=20, phases=PHASES)
LARGE = settings(settings.get_profile("laws"), max_examples=2, phases=PHASES)

PARTS = pytest.mark.parametrize("partitions", [1, 3, 8])


@PARTS
def test_agents_without_trouble_end_where_the_core_ends(partitions):
    @SMALL
    @given(worlds, seeds)
    def law(world, seed):
        the_agents_end_where_the_core_ends(HOUSE, world, partitions, seed, deaths=0)

    law()


@PARTS
def test_agents_killed_between_any_two_steps_end_where_the_core_ends(partitions):
    @SMALL
    @given(worlds, seeds)
    def law(world, seed):
        the_agents_end_where_the_core_ends(HOUSE, world, partitions, seed, deaths=1 + seed % 6)

    law()


@pytest.mark.parametrize("partitions", [1, 8])
def test_agents_in_a_large_world_end_where_the_core_ends(partitions):
    @LARGE
    @given(crowds, seeds)
    def law(world, seed):
        the_agents_end_where_the_core_ends(HOUSE, world, partitions, seed, deaths=4)

    law()


def test_a_partition_says_nothing_of_a_destination_that_it_does_not_own():
    both = an_incident(operators=(Operator(country="XA"), Operator(country="XB")))
    world = [a_policy(), a_tick(), a_license("L1", "XA"), both]
    said = run(LittleHouse(world, 8, seed=1)).said()
    same(bytes_of(HOUSE.assess_facts(world), matches=False), said)


def test_no_silence_is_heard_where_the_reports_are_not_kept():
    places = (Destination(country="XA"), Destination(country="XB"))
    cadence = a_clause("reporting_cadence", cadence_days=180, first_due_days=180)
    license = a_license("L1", "XA", destinations=places, clauses=(cadence,))
    told_in_time = [a_report(license, f"R{n}", performed=period(d)) for n, d in enumerate(("2023-08-01", "2024-01-20"))]
    world = [a_policy(), a_tick("2024-06-01"), license, a_delivery(license), *told_in_time]
    said = run(LittleHouse(world, 8, seed=1)).said()
    same(bytes_of(HOUSE.assess_facts(world), matches=False), said)
    assert not said
