"""Agent `watch`: takes in the rows of its partitions, has what changed assessed, and says what is new.

What it remembers are rows: one a fact, written before the dossier is touched by it, and one an alert, whose changelog
is the topic `alerts` itself. The dossiers are rebuilt from the rows. A row only marks its partition; what is marked is
looked at when a burst of rows has ended, after a recovery, and when a stranger wrote an alert. Assessed is what the
rows of a burst touched; after a recovery and a stranger's record, everything. A row is done when that has been said.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, MutableMapping, Sequence
from typing import cast

import msgspec

from schemas import Alert, Erasure, Recheck, Remark
from schemas.codec import decode_row, encode
from streams.agents.arrival import Arrival, Park, unreadable
from streams.agents.studying import Studying
from streams.rules.erased import ErasedKeys
from streams.rules.placing import Copy, partition_of
from streams.rules.study import Saying

QUIET = 0.03
"""A burst ends when nothing came for so long, nothing waits, and the last look was as long ago as a burst may last
[seconds]: a report that comes alone is assessed at once, those that trickle in are together."""
BURST_LASTS, LONGEST_BURST = 0.3, 4.0
"""Else when it lasted for the first; where assessing takes long, `SHARE` times as long as the last look took; for a
worker that does not keep up, and at most, for the second [seconds]: what changed many times is then assessed once."""
SHARE = 1
"""Of so many parts of the time, assessing takes about one at most [count]."""
FEW = 2_000
"""A worker keeps up as long as no more facts and rows wait for it: a second or two [count]."""
_ERASURE = b"erasure|"
"""How the key of an erasure's row begins."""
Table = MutableMapping[bytes, bytes]


class WatchPorts(msgspec.Struct, frozen=True, kw_only=True):
    """What `watch` is wired to."""

    rows: Table
    """Partition and row key → row."""
    alerts: Table
    """Alert id → the newest record; its changelog is the topic `alerts`."""
    remarks: Table
    """`destination|kind|subject` → the newest record; its changelog is the topic `remarks`."""
    stub: Callable[[Copy], Awaitable[object]]
    """Sends a record without a value to a partition of `dossiers`."""
    park: Park
    partitions: int
    seconds: Callable[[], float] = time.monotonic
    """Tells how long a burst has lasted; changes when something is assessed, never what comes out."""
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    waiting: Callable[[], int] = lambda: 0
    """Facts and rows that this worker has not yet taken in [count]."""
    taken: Callable[[int], Callable[[], object]] = lambda partition: lambda: None
    """Notes what was taken in of a partition so far; what it gives is called when all of that has been assessed."""


class Part:
    """One partition: what was last said of it, and whether something has come since it was looked at."""

    def __init__(self) -> None:
        self.said: dict[str, set[bytes]] = defaultdict(set)
        """By destination the keys of the alerts and remarks that stand."""
        self.erased = ErasedKeys()
        self.changed = False
        """Whether something has come since the last look began."""
        self.looking = False
        """Whether a look has begun and not ended."""


class Burst:
    """Rows that are assessed together, of all partitions: where their looks fall together, less is assessed twice."""

    def __init__(self) -> None:
        self._since: float | None = None
        """When the present burst began."""
        self._latest = 0.0
        """When its latest row came."""
        self._looked = -LONGEST_BURST
        """When the last look ended."""
        self._took = 0.0
        """What it took [seconds]."""

    def goes_on(self, now: float) -> None:
        """Something has come."""
        self._latest = now
        self._since = now if self._since is None else self._since

    def looks(self) -> None:
        """A look at all of it begins: what comes now is another burst."""
        self._since = None

    def looked(self, begun: float, now: float) -> None:
        """A look has ended."""
        self._looked, self._took = now, now - begun

    def ended(self, now: float, waiting: int) -> bool:
        """Whether it is time to look; `waiting`: facts and rows not yet taken in."""
        if self._since is None:
            return False
        lasts = LONGEST_BURST if waiting > FEW else min(max(BURST_LASTS, SHARE * self._took), LONGEST_BURST)
        quiet = now - self._latest > QUIET and not waiting
        return now - self._since > lasts or (quiet and now - self._looked > lasts)


class Watch:
    """Everything that one worker watches."""

    def __init__(self, ports: WatchPorts, study: Studying) -> None:
        self._ports = ports
        self._study = study
        self._parts: dict[int, Part] = defaultdict(Part)
        self._burst = Burst()
        self._round = 0
        """How often this worker was given its partitions."""

    async def run(self, arrivals: AsyncIterator[Arrival]) -> None:
        """Take in rows."""
        async for arrival in arrivals:
            await self.hear(arrival)

    async def hear(self, arrival: Arrival) -> None:
        """Take in one row."""
        this_round = self._round
        await self._hear(arrival, self._parts[arrival.partition])
        if self._round == this_round:
            self._mark(arrival.partition)

    def _mark(self, partition: int) -> None:
        """Something has come to a partition."""
        self._parts[partition].changed = True
        self._burst.goes_on(self._ports.seconds())

    async def _hear(self, arrival: Arrival, part: Part) -> None:
        if not arrival.value:
            return  # a stub over what was erased
        try:
            row = decode_row(arrival.value)
        except (msgspec.DecodeError, ValueError) as error:
            await self._ports.park(unreadable(arrival, "decode", error))
            return
        if isinstance(row, Recheck):
            await self._study.forget(arrival.partition, row.destinations)
        elif part.erased.has_row(arrival.key):
            await self._ports.stub(Copy(arrival.partition, arrival.key, b""))
        else:
            await self._take_in(arrival)
            if isinstance(row, Erasure) and row.erases:
                part.erased.add(row)
                await self._lay_stubs(part, arrival.partition)

    async def _take_in(self, arrival: Arrival) -> None:
        key = b"%d|" % arrival.partition + arrival.key
        if key not in self._ports.rows:
            self._ports.rows[key] = arrival.value
            await self._study.take_in(arrival.partition, arrival.value)

    async def _lay_stubs(self, part: Part, partition: int) -> None:
        """Take every row of an erased fact out of the table, and lay a stub over each of them in `dossiers`."""
        prefix = b"%d|" % partition
        rows = [key for key in self._ports.rows if key.startswith(prefix)]
        for key in rows:
            bare = key.removeprefix(prefix)
            if part.erased.has_row(bare):
                await self._ports.stub(Copy(partition, bare, b""))
                del self._ports.rows[key]

    async def end_bursts(self) -> None:
        """Look at what has changed whenever a burst has ended, for ever."""
        while True:
            await self._ports.sleep(QUIET / 2)
            if self._burst.ended(self._ports.seconds(), self._ports.waiting()):
                await self.look([partition for partition, part in sorted(self._parts.items()) if part.changed])

    @property
    def idle(self) -> bool:
        """Whether all that was taken in has been assessed."""
        return not any(part.changed or part.looking for part in self._parts.values())

    async def look(self, partitions: Sequence[int]) -> None:
        """Assess what has come to these partitions, and say what is new."""
        this_round, parts, begun = self._round, self._parts, self._ports.seconds()
        done = {partition: self._ports.taken(partition) for partition in partitions}
        for partition in partitions:
            parts[partition].changed, parts[partition].looking = False, True
        if not any(part.changed for part in parts.values()):
            self._burst.looks()
        next_one = iter(partitions)
        async for sayings in self._study.look(partitions):
            partition = next(next_one)
            if self._round != this_round:
                continue  # the partitions were given out anew meanwhile, and all of ours is to be looked at again
            part = parts[partition]
            for saying in sayings:
                self._say(part, saying)
            done[partition]()
            part.looking = False
        self._burst.looked(begun, self._ports.seconds())

    def _say(self, part: Part, saying: Saying) -> None:
        """Write what differs from what was last said; what is gone is withdrawn."""
        said = part.said[saying.destination]
        alerts, remarks, gone = dict(saying.alerts), dict(saying.remarks), saying.gone
        if saying.whole:
            gone |= said - alerts.keys() - remarks.keys()
        for key in sorted(gone):
            if _is_remark(key):
                remarks[key] = encode(no_longer(key.decode()))
            else:
                alerts[key] = encode(withdrawn(key.decode(), saying.destination))
        for table, values in ((self._ports.alerts, alerts), (self._ports.remarks, remarks)):
            for key in sorted(values):
                if table.get(key) != values[key]:
                    table[key] = values[key]
        said.update(alerts, remarks)
        said -= gone
        self._forget_remarks(part, gone)

    def _forget_remarks(self, part: Part, gone: Iterable[bytes]) -> None:
        """Of a remark on what was erased not even its key stays: it names the fact."""
        for key in gone:
            if _is_remark(key) and part.erased.has_ref(key.decode().split("|", 2)[2]) and key in self._ports.remarks:
                del self._ports.remarks[key]

    async def recovered(self, rows: Iterable[tuple[bytes, bytes]], said: Iterable[bytes]) -> None:
        """Rebuild the dossiers from the rows that were remembered, all of them to be assessed.

        `said`: keys of the alerts and remarks that were remembered.
        """
        self._round += 1
        self._parts = defaultdict(Part)
        await self._study.clear()
        for key, value in rows:
            number, _, bare = key.partition(b"|")
            if bare.startswith(_ERASURE):
                self._parts[int(number)].erased.add(cast(Erasure, decode_row(value)))
            self._mark(int(number))
            await self._study.take_in(int(number), value)
        for key in said:
            destination = destination_of(key)
            partition = partition_of(destination, self._ports.partitions)
            self._parts[partition].said[destination].add(key)
            self._mark(partition)

    async def contradicted(self, key: bytes, partition: int) -> None:
        """A stranger wrote an alert or remark of ours: that is what we remember until we have looked again."""
        destination = destination_of(key)
        self._parts[partition].said[destination].add(key)
        await self._study.forget(partition, (destination,))
        self._mark(partition)


def withdrawn(alert_id: str, destination: str) -> Alert:
    """The record that says that nothing is left of an alert."""
    return Alert(id=alert_id, destination=destination, status="withdrawn")


def no_longer(key: str) -> Remark:
    """The record that says that a remark no longer holds."""
    destination, kind, subject = key.split("|", 2)
    return msgspec.convert({"destination": destination, "kind": kind, "subject": subject, "gone": True}, Remark)


def _is_remark(key: bytes) -> bool:
    """Alerts are keyed `destination~license~clause`, remarks `destination|kind|subject`."""
    return key[2:3] == b"|"


def destination_of(key: bytes) -> str:
    """The destination that the key of an alert or a remark begins with."""
    return key[:2].decode()
