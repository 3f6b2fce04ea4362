"""Agent `store`: every record of every topic, in order; an outage costs time; places move after writing."""

from __future__ import annotations

import asyncio

import pytest

from streams.agents.store import AT_ONCE, FEW, GROUP, LONGEST, begin, store_all
from streams.errors import Stop, Wait
from streams.transport.ports import Committed, Record

TOPICS = ("incidents", "alerts")


class Log:
    """A reader over plain lists, that notes what happened in which order."""

    def __init__(self, story):
        self.parts = {(t, p): [] for t in TOPICS for p in (0, 1)}
        self.first = dict.fromkeys(self.parts, 0)
        self.committed = {}
        self.story = story
        self.then = []
        self.away = 0

    def append(self, topic, partition, *values):
        part = self.parts[topic, partition]
        for value in values:
            part.append(Record(topic, partition, len(part), 1000, b"key", value))

    async def follow(self, starts, limit=500):
        """What stands, what comes then, and the end."""
        places = dict(starts)
        while True:
            for part, start in places.items():
                while records := [r for r in self.parts[part] if r.offset >= start][:limit]:
                    start = places[part] = records[-1].offset + 1
                    yield records
            if self.away:
                self.away -= 1
                raise Wait("the log is away", retry_after=5)
            if not self.then:
                return
            await asyncio.sleep(0.01)
            self.then.pop(0)()

    async def earliest(self, topic):
        return {p: first for (t, p), first in self.first.items() if t == topic}

    async def offsets(self, group, topics):
        assert group == GROUP
        return {part: place for part, place in self.committed.items() if part[0] in topics}

    async def commit(self, group, offsets):
        assert group == GROUP
        self.story.append(("commit", {part: c.offset for part, c in offsets.items()}))
        self.committed |= offsets


class Warehouse:
    """A store over a plain list; away as often as it was told, or broken."""

    def __init__(self, story, away=0, broken=None):
        self.story, self.away, self.broken = story, away, broken
        self.held = []

    def write(self, records):
        if self.broken:
            raise self.broken
        if self.away:
            self.away -= 1
            self.story.append(("away",))
            raise Wait("the warehouse is away", retry_after=3)
        self.story.append(("write", len(records)))
        self.held += records


class House:
    """A log, a warehouse and a clock that does not wait."""

    def __init__(self, **warehouse):
        self.story = []
        self.log = Log(self.story)
        self.warehouse = Warehouse(self.story, **warehouse)

    async def sleep(self, seconds):
        self.story.append(("sleep", seconds))
        await asyncio.sleep(0.1 if seconds == LONGEST else 0)

    async def lives(self):
        await asyncio.wait_for(store_all(self.log, self.warehouse, TOPICS, sleep=self.sleep), 20)

    @property
    def written(self):
        return [step[1] for step in self.story if step[0] == "write"]

    @property
    def values(self):
        return [r.value for r in self.warehouse.held]


async def test_everything_of_every_topic_is_stored_with_its_place():
    house = House()
    house.log.append("incidents", 0, b"a", b"b")
    house.log.append("alerts", 1, b"c", None)
    await house.lives()
    assert {(r.topic, r.partition, r.offset, r.value) for r in house.warehouse.held} == {
        ("incidents", 0, 0, b"a"), ("incidents", 0, 1, b"b"), ("alerts", 1, 0, b"c"), ("alerts", 1, 1, None),
    }  # fmt: skip


async def test_a_place_moves_only_after_the_warehouse_has_the_batch():
    house = House(away=2)
    house.log.append("incidents", 0, b"a")
    await house.lives()
    assert house.story[:6] == [
        ("away",), ("sleep", 3), ("away",), ("sleep", 3), ("write", 1), ("commit", {("incidents", 0): 1}),
    ]  # fmt: skip
    assert house.values == [b"a"]


async def test_a_warehouse_that_cannot_go_on_moves_no_place():
    house = House(broken=Stop("the disk is full"))
    house.log.append("incidents", 0, b"a")
    with pytest.raises(Stop, match="the disk is full"):
        await store_all(house.log, house.warehouse, TOPICS, sleep=house.sleep)
    assert house.log.committed == {}


async def test_a_restart_goes_on_after_what_was_committed():
    house = House()
    house.log.append("incidents", 0, b"a", b"b", b"c")
    house.log.committed = {("incidents", 0): Committed(2)}
    await house.lives()
    assert house.values == [b"c"]


async def test_what_compaction_dropped_is_not_waited_for():
    house = House()
    house.log.append("incidents", 0, b"a", b"b", b"c")
    house.log.first["incidents", 0] = 1
    assert (await begin(house.log, TOPICS))["incidents", 0] == 1
    await house.lives()
    assert house.values == [b"b", b"c"]


async def test_what_comes_later_is_stored_too():
    house = House()
    house.log.append("incidents", 0, b"a")
    house.log.then = [
        lambda: house.log.append("incidents", 0, b"b"),
        lambda: None,
        lambda: house.log.append("alerts", 0, b"c"),
    ]
    await house.lives()
    assert house.values == [b"a", b"b", b"c"]
    assert house.log.committed == {("incidents", 0): Committed(2), ("alerts", 0): Committed(1)}


async def test_a_log_that_is_away_costs_only_time_and_nothing_is_stored_twice():
    house = House()
    house.log.away = 1
    house.log.append("incidents", 0, b"a")
    await house.lives()
    assert ("sleep", 5) in house.story
    assert house.values == [b"a"]


async def test_lone_records_are_written_at_once():
    house = House()
    house.log.then = [lambda: house.log.append("incidents", 0, b"again")] * 3
    await house.lives()
    assert house.written == [1, 1, 1]
    assert ("sleep", LONGEST) not in house.story


async def test_while_many_come_they_are_written_together():
    house = House()
    house.log.append("incidents", 0, *[b"early"] * (FEW + 1))
    house.log.then = [lambda: house.log.append("incidents", 1, *[b"late"] * 3)] * 5
    await house.lives()
    assert house.written == [FEW + 1, 15]


async def test_a_batch_has_a_bound_and_loses_nothing():
    house = House()
    many = [b"%d" % n for n in range(AT_ONCE + 10)]
    house.log.append("incidents", 0, *many)
    house.log.append("incidents", 1, b"last")
    await house.lives()
    assert sorted(house.values) == sorted([*many, b"last"])
    assert max(house.written) <= AT_ONCE
