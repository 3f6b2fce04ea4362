"""Law 8, the agents: nothing acknowledged is lost, nothing is said twice. (Of the channels: `test_deliver_law.py`.)"""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents import Died, LittleHouse, run, shuffled
from laws import HOUSE
from schemas import Recheck
from schemas.codec import encode
from streams.agents.arrival import Arrival
from worlds import GROUND, seeds, worlds

SMALL = settings(settings.get_profile("laws"), max_examples=25)


@SMALL
@given(worlds, seeds, st.sampled_from((1, 3, 8)), st.integers(0, 60))
def test_an_offset_moves_only_past_a_fact_whose_copies_all_arrived(world, seed, partitions, left):
    house = LittleHouse(shuffled(world, seed), partitions, seed)
    house.fate.left = left
    try:
        asyncio.run(house.place_some(len(world)))
    except Died:
        pass
    arrived = {(n, c.key) for n, d in enumerate(house.dossiers) for c in d}
    for arrival, fact in zip(house.facts[: house.placed], shuffled(world, seed), strict=False):
        for copy in HOUSE.place(fact, partitions):
            assert (copy.partition, copy.key) in arrived, arrival.key


@SMALL
@given(worlds, seeds, st.integers(1, 6))
def test_after_any_deaths_every_fact_is_a_row(world, seed, deaths):
    house = run(LittleHouse(shuffled(world, seed), 3, seed), deaths)
    expected = {(b"%d|" % c.partition) + c.key for f in world for c in HOUSE.place(f, 3)}
    assert expected <= set(house.rows)


@SMALL
@given(worlds, seeds, st.integers(0, 4))
def test_no_alert_is_written_again_unchanged(world, seed, deaths):
    house = run(LittleHouse(shuffled(world, seed, 0.5), 1, seed), deaths, look_often=0.7)
    for table in (house.alerts, house.remarks):
        newest: dict[bytes, bytes] = {}
        for key, value in table.records:
            assert newest.get(key) != value, key
            newest[key] = value


@SMALL
@given(worlds, seeds)
def test_looking_again_at_what_has_not_changed_says_nothing(world, seed):
    house = run(LittleHouse(world, 1, seed))
    before = [len(t.records) for t in (house.rows, house.alerts, house.remarks)]

    async def again():
        await house.restart()
        await house.watch.hear(Arrival("dossiers", 0, 0, 0, b"recheck|policy", encode(Recheck(reason="policy"))))
        await house.live(0)

    asyncio.run(again())
    assert [len(t.records) for t in (house.rows, house.alerts, house.remarks)] == before


@SMALL
@given(worlds, seeds, st.integers(1, 4))
def test_what_cannot_be_read_is_parked_whatever_happens_and_stops_nothing(world, seed, deaths):
    broken = [b"{", b'{"fact":"incident"}', b'{"fact":"no such thing"}', b"\xff\xfe"]
    mixed = shuffled([*world, *broken], seed)
    house = run(LittleHouse(mixed, 1, seed), deaths)
    assert {p.hash for p in house.parked} == {p.hash for p in run(LittleHouse(broken, 1, 0)).parked}
    assert len({encode(p) for p in house.parked}) == len(broken), "a repeat is equal"
    assert all(p.problems for p in house.parked)


@SMALL
@given(worlds, seeds)
def test_what_a_stranger_wrote_is_contradicted(world, seed):
    house = run(LittleHouse(world, 1, seed))
    truth = house.said()
    if not len(house.alerts):
        return
    key = sorted(house.alerts)[seed % len(house.alerts)]
    house.alerts[key] = (
        house.alerts[key].replace(b'"status":"closed"', b'"status":"open"').replace(b'"title":"', b'"title":"stale ')
    )

    async def hear():
        await house.watch.contradicted(key, 0)
        await house.live(0)

    asyncio.run(hear())
    assert house.said() == truth


def test_a_send_that_fails_stops_place():
    house = LittleHouse(GROUND, 1, 1)
    house.fate.left = 0
    with pytest.raises(Died):
        asyncio.run(house.place_some(5))
    assert house.placed == 0
