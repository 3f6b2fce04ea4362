"""The two agents on plain tables and lists: no Faust, a log of lists, and a worker that can die between any two steps."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterable, MutableMapping, Sequence
from typing import Any

from laws import HOUSE, Core, recorded_again
from schemas import AnyFact, Parked
from schemas.codec import decode_alert, decode_remark, encode, log_key, topic_of
from streams.agents.arrival import Arrival
from streams.agents.studying import Here
from streams.agents.watch import Watch, WatchPorts
from streams.rules.placing import Copy


class Died(BaseException):
    """The worker was killed."""


class Idle(BaseException):
    """One look at the bursts is done."""


class Fate:
    """After how many writes the worker dies."""

    def __init__(self) -> None:
        self.left: int | None = None

    def step(self) -> None:
        """One write more; dies when it was the last."""
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                self.left = None
                raise Died


class DurableTable(MutableMapping[bytes, bytes]):
    """A table whose every write is either there or not when the worker dies; keeps all records, like a log."""

    def __init__(self, fate: Fate) -> None:
        self._fate, self._rows = fate, dict[bytes, bytes]()
        self.records: list[tuple[bytes, bytes]] = []

    def __setitem__(self, key: bytes, value: bytes) -> None:
        self._fate.step()
        self._rows[key] = value
        self.records.append((key, value))
        self._fate.step()

    def __getitem__(self, key: bytes) -> bytes:
        return self._rows[key]

    def __delitem__(self, key: bytes) -> None:
        self._fate.step()
        del self._rows[key]
        self.records = [(known, value) for known, value in self.records if known != key]
        self._fate.step()

    def __iter__(self) -> Any:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


class LittleHouse:
    """A log of facts, `place`, a log of dossiers in parts, and `watch` with its tables."""

    def __init__(
        self,
        facts: Iterable[AnyFact | bytes],
        partitions: int,
        seed: int,
        core: Core = HOUSE,
        watch: type[Watch] = Watch,
    ):
        self.dice = random.Random(seed)
        self.partitions, self.core = partitions, core
        self.fate = Fate()
        self.facts = [_arrival(n, f) for n, f in enumerate(facts)]
        self.dossiers: list[list[Copy]] = [[] for _ in range(partitions)]
        self.taken = [0] * partitions
        self.placed = 0
        self.parked: list[Parked] = []
        self.rows, self.alerts, self.remarks = (DurableTable(self.fate) for _ in range(3))
        self.now = 0.0
        self._kind = watch
        self.watch = self._new_watch()

    def _new_watch(self) -> Watch:
        ports = WatchPorts(
            rows=self.rows, alerts=self.alerts, remarks=self.remarks, stub=self._send, park=self._park,
            partitions=self.partitions, seconds=lambda: self.now, sleep=self._one_look,
        )  # fmt: skip
        return self._kind(ports, Here(self.core.study(self.core.assessor(), self.partitions)))

    async def _send(self, copy: Copy) -> None:
        self.fate.step()
        self.dossiers[copy.partition].append(copy)

    async def _park(self, parked: Parked) -> None:
        self.fate.step()
        self.parked.append(parked)

    async def _one_look(self, _: float) -> None:
        self.looked += 1
        if self.looked > 1:
            raise Idle

    async def place_some(self, most: int) -> None:
        """`place` takes in some facts; the offset moves only past what was sent whole."""
        batch = self.facts[self.placed : self.placed + most]
        done = 0

        async def arrivals() -> AsyncIterator[Arrival]:
            nonlocal done
            for n, arrival in enumerate(batch):
                done = n
                yield arrival
            done = len(batch)

        try:
            await self.core.place_facts(arrivals(), self.partitions, self._send, self._park)
        finally:
            self.placed += done

    async def watch_some(self, partition: int, most: int) -> None:
        """`watch` takes in some rows of a part; the offset moves after each."""
        for copy in self.dossiers[partition][self.taken[partition] :][:most]:
            arrival = Arrival("dossiers", partition, self.taken[partition], 0, copy.key, copy.value)
            await self.watch.hear(arrival)
            self.taken[partition] += 1

    async def look(self) -> None:
        """One look at the bursts, when nothing has come for a while."""
        self.now += 10.0
        self.looked = 0
        try:
            await self.watch.end_bursts()
        except Idle:
            pass

    async def restart(self) -> None:
        """A new worker on what was written; it may be given again what it had already taken."""
        self.placed = max(0, self.placed - self.dice.randrange(3))
        self.taken = [max(0, t - self.dice.randrange(4)) for t in self.taken]
        self.watch = self._new_watch()
        await self.watch.recovered(list(self.rows.items()), [*self.alerts.keys(), *self.remarks.keys()])

    async def live(self, deaths: int, look_often: float = 0.3) -> None:
        """Facts come, rows are taken in any order of the parts, the worker dies now and then; then all is drained."""
        while True:
            try:
                if deaths and self.fate.left is None and self.dice.random() < 0.3:
                    deaths -= 1
                    self.fate.left = self.dice.randrange(40)
                if self._idle() and not deaths:
                    await self.look()
                    if self._idle():
                        return
                elif self._idle():
                    deaths -= 1
                    await self.restart()
                elif self.dice.random() < look_often:
                    await self.look()
                else:
                    await self.place_some(self.dice.randrange(6))
                    await self.watch_some(self.dice.randrange(self.partitions), self.dice.randrange(12))
            except Died:
                await self._again()

    async def _again(self) -> None:
        try:
            await self.restart()
        except Died:
            await self._again()

    def _idle(self) -> bool:
        return self.placed >= len(self.facts) and all(
            t >= len(d) for t, d in zip(self.taken, self.dossiers, strict=True)
        )

    def said(self) -> dict[str, bytes]:
        """The newest record of each alert and remark; what was withdrawn or has nothing to say is left out."""
        alerts = {k: v for k, v in self.alerts.items() if decode_alert(v).status != "withdrawn"}
        remarks = {k: v for k, v in self.remarks.items() if not decode_remark(v).gone}
        return {f"alert {k.decode()}": v for k, v in alerts.items()} | {
            f"remark {k.decode()}": v for k, v in remarks.items()
        }


def _arrival(offset: int, fact: AnyFact | bytes) -> Arrival:
    if isinstance(fact, bytes):
        return Arrival("incidents", 0, offset, 0, b"incident:desk:broken@1", fact)
    return Arrival(topic_of(fact), 0, offset, 0, log_key(fact), encode(fact))


def run(house: LittleHouse, deaths: int = 0, look_often: float = 0.3) -> LittleHouse:
    """Lets the house live until there is nothing left to do."""
    asyncio.run(house.live(deaths, look_often))
    return house


def shuffled(facts: Sequence[AnyFact], seed: int, again: float = 0.0) -> list[AnyFact]:
    """The facts in another order, some of them twice."""
    dice = random.Random(seed)
    out = [
        *facts,
        *(f if isinstance(f, bytes) else recorded_again(f, dice.randrange(9)) for f in facts if dice.random() < again),
    ]
    dice.shuffle(out)
    return out


def the_agents_end_where_the_core_ends(
    core: Core, world: Sequence[AnyFact], partitions: int, seed: int, deaths: int, watch: type[Watch] = Watch
) -> None:
    """Placed, watched, killed and recovered: the newest records are what the core says of the set."""
    from laws import bytes_of, same

    lived = run(LittleHouse(shuffled(world, seed, 0.3), partitions, seed, core, watch), deaths)
    same(bytes_of(HOUSE.assess_facts(world), matches=False), lived.said(), f"{partitions} partitions, {deaths} deaths")
