"""Agent `watch`: keeps the dossiers of its partitions and assesses what changed.

What it remembers are rows: one a fact, written before the dossier in memory is touched by it, and one an alert, whose
changelog is the topic `alerts` itself. The dossiers are rebuilt from the rows. A row only marks what it changed; a
`recheck` record has it assessed: one comes at the end of each burst, after a recovery, and when a stranger wrote an
alert. Assessed is what the rows of a burst touched; after a recovery and a stranger's record, everything.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, MutableMapping

import msgspec

from schemas import Alert, Erasure, Header, Name, Recheck, Remark, Retraction
from schemas.codec import encode
from streams.agents.arrival import Arrival, Park, unreadable
from streams.rules.assess import Assessor
from streams.rules.docket import Docket, Settled
from streams.rules.dossier import Partition, Touched
from streams.rules.placing import Copy, partition_of
from streams.rules.told import Row, Told, read_row

QUIET = 0.03
"""A burst ends when nothing came for so long and nothing waits [seconds]."""
BURST_LASTS, LONGEST_BURST = 0.5, 4.0
"""Else when it lasted for the first; for a worker that does not keep up, `SHARE` times as long as the last assessments
of all parts took, but never longer than the second [seconds]: what changed many times is then assessed once."""
SHARE = 8
"""Of so many parts of the time of a worker that does not keep up, assessing takes about one [count]."""
FEW = 2_000
"""A worker keeps up as long as no more facts and rows wait for it: a second or two [count]."""
BURST = "burst"
"""Reason of a recheck that names all that it asks for, even if that is nothing but a look at changed names."""
Table = MutableMapping[bytes, bytes]


class WatchPorts(msgspec.Struct, frozen=True, kw_only=True):
    """What `watch` is wired to."""

    rows: Table
    """Partition and row key → row."""
    alerts: Table
    """Alert id → the newest record; its changelog is the topic `alerts`."""
    remarks: Table
    """`destination|kind|subject` → the newest record; its changelog is the topic `remarks`."""
    ask: Callable[[Copy], Awaitable[object]]
    """Sends a record to a partition of `dossiers`."""
    park: Park
    partitions: int
    seconds: Callable[[], float] = time.monotonic
    """Tells how long a burst has lasted; changes when something is assessed, never what comes out."""
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    waiting: Callable[[], int] = lambda: 0
    """Facts and rows that this worker has not yet taken in [count]."""


class Keeper:
    """The dossiers of one partition, what was last said of them, and what has to be looked at again."""

    def __init__(self) -> None:
        self.dossiers = Partition()
        self.dockets: dict[str, Docket] = {}
        """Destinations that were assessed, kept up since."""
        self.said: dict[str, set[bytes]] = defaultdict(set)
        """By destination the keys of the alerts and remarks that stand."""
        self.renamed = False
        """Whether a row of the register of names has come since the last assessment."""
        self.changed: dict[str, frozenset[str]] = {}
        """By destination what touched it since."""
        self.since = 0.0
        """When the present burst began."""
        self.latest = 0.0
        """When its latest row came."""
        self.took = 0.0
        """What the last assessment took [seconds]."""
        self.asked = False
        """Whether the end of the burst has been told."""


class Watch:
    """Everything that one worker watches."""

    def __init__(self, ports: WatchPorts, assessor: Assessor) -> None:
        self._ports = ports
        self._assessor = assessor
        self._keepers: dict[int, Keeper] = defaultdict(Keeper)

    async def run(self, arrivals: AsyncIterator[Arrival]) -> None:
        """Take in rows, and assess what changed at the end of each burst."""
        async for arrival in arrivals:
            await self.hear(arrival)

    async def hear(self, arrival: Arrival) -> None:
        """Take in one row."""
        if not arrival.value:
            return  # a stub over what was erased
        keeper = self._keepers[arrival.partition]
        try:
            row = read_row(arrival.value)
        except (msgspec.DecodeError, ValueError) as error:
            await self._ports.park(unreadable(arrival, "decode", error))
            return
        if isinstance(row, Recheck):
            await self._look(keeper, row, arrival.partition)
        elif keeper.dossiers.is_erased_row(arrival.key):
            await self._ports.ask(Copy(arrival.partition, arrival.key, b""))
        else:
            self._take_in(keeper, arrival, row)
            await self._lay_stubs(keeper, arrival.partition, row)

    def _take_in(self, keeper: Keeper, arrival: Arrival, row: Row) -> None:
        key = b"%d|" % arrival.partition + arrival.key
        if key in self._ports.rows:
            return
        self._ports.rows[key] = arrival.value
        keeper.renamed |= _renames(row)
        touched = keeper.dossiers.add(row)
        self._mark(keeper, {d: touched[d] for d in self._owned(touched, arrival.partition)})

    async def _lay_stubs(self, keeper: Keeper, partition: int, row: Row) -> None:
        """Take every row of an erased fact out of the table, and lay a stub over each of them in `dossiers`."""
        if not (isinstance(row, Told) and isinstance(row.fact, Erasure) and row.fact.erases):
            return
        prefix = b"%d|" % partition
        rows = [key for key in self._ports.rows if key.startswith(prefix)]
        for key in rows:
            bare = key.removeprefix(prefix)
            if keeper.dossiers.is_erased_row(bare):
                await self._ports.ask(Copy(partition, bare, b""))
                del self._ports.rows[key]

    def _owned(self, destinations: Iterable[str], partition: int) -> list[str]:
        """Those whose dossier is kept here: a broadcast row names others too, of which this partition knows little."""
        return [d for d in destinations if partition_of(d, self._ports.partitions) == partition]

    def _mark(self, keeper: Keeper, touched: Touched) -> None:
        keeper.latest = self._ports.seconds()
        if not keeper.changed:
            keeper.since = keeper.latest
        for destination, keys in touched.items():
            keeper.changed[destination] = keeper.changed.get(destination, frozenset()) | keys

    async def end_bursts(self) -> None:
        """Ask for an assessment where a burst has ended, for ever."""
        while True:
            await self._ports.sleep(QUIET / 2)
            now, waiting = self._ports.seconds(), self._ports.waiting()
            behind = waiting > FEW
            took = sum(k.took for k in self._keepers.values())
            lasts = min(max(BURST_LASTS, SHARE * took), LONGEST_BURST) if behind else BURST_LASTS
            for partition, keeper in list(self._keepers.items()):
                if keeper.asked or not (keeper.changed or keeper.renamed):
                    continue
                quiet = now - keeper.latest > QUIET and not waiting
                if quiet or now - keeper.since > lasts:
                    keeper.asked = True
                    await self.recheck(partition, BURST, *sorted(keeper.changed))

    @property
    def idle(self) -> bool:
        """Whether all that was taken in has been assessed."""
        return not any(k.changed or k.renamed or k.asked for k in self._keepers.values())

    async def _look(self, keeper: Keeper, asked: Recheck, partition: int) -> None:
        """Assess what changed since; what is asked for by name for another reason than a burst, from the beginning."""
        begun = self._ports.seconds()
        if asked.reason != BURST:
            afresh = self._owned(asked.destinations or keeper.dossiers.destinations(), partition)
            keeper.dockets = {d: docket for d, docket in keeper.dockets.items() if d not in afresh}
            self._mark(keeper, dict.fromkeys(afresh, frozenset()))
        if keeper.renamed:
            await asyncio.to_thread(self._close_renamed, keeper)
        changed, keeper.changed, keeper.renamed, keeper.asked = keeper.changed, {}, False, False
        for destination in sorted(changed):
            await self._assess(keeper, destination, changed[destination])
        keeper.took = self._ports.seconds() - begun

    def _close_renamed(self, keeper: Keeper) -> None:
        """Close the dockets that hold a name which may mean somebody else now."""
        for destination, docket in list(keeper.dockets.items()):
            if not self._assessor.keeps(docket, keeper.dossiers):
                del keeper.dockets[destination]
                self._mark(keeper, {destination: frozenset()})

    async def _assess(self, keeper: Keeper, destination: str, touched: frozenset[str]) -> None:
        docket = keeper.dockets.get(destination)
        opened = docket is None or not self._assessor.keeps(docket, keeper.dossiers)
        if docket is None or opened:
            docket = keeper.dockets[destination] = self._assessor.docket(keeper.dossiers, destination)
        docket.touch(touched)
        settled = await asyncio.to_thread(docket.settle)
        self._say(keeper.said[destination], destination, settled, opened=opened)
        self._forget_remarks(keeper, settled)

    def _say(self, said: set[bytes], destination: str, settled: Settled, *, opened: bool) -> None:
        """Write what differs from what was last said; what is gone is withdrawn. A new docket says everything."""
        alerts = {a.id.encode(): encode(a) for a in settled.alerts}
        remarks = {r.key.encode(): encode(r) for r in settled.notes}
        gone = {key.encode() for key in settled.gone | settled.unsaid}
        if opened:
            gone |= said - alerts.keys() - remarks.keys()
        for key in sorted(gone):
            if _is_remark(key):
                remarks[key] = encode(no_longer(key.decode()))
            else:
                alerts[key] = encode(withdrawn(key.decode(), destination))
        for table, values in ((self._ports.alerts, alerts), (self._ports.remarks, remarks)):
            for key in sorted(values):
                if table.get(key) != values[key]:
                    table[key] = values[key]
        said.update(alerts, remarks)
        said -= gone

    def _forget_remarks(self, keeper: Keeper, settled: Settled) -> None:
        """Of a remark on what was erased not even its key stays: it names the fact."""
        for key in settled.unsaid:
            if keeper.dossiers.is_erased_ref(key.split("|", 2)[2]) and key.encode() in self._ports.remarks:
                del self._ports.remarks[key.encode()]

    async def recovered(self, rows: Iterable[tuple[bytes, bytes]], said: Iterable[bytes]) -> None:
        """Rebuild the dossiers from the rows that were remembered, and ask for their assessment.

        `said`: keys of the alerts and remarks that were remembered.
        """
        self._keepers.clear()
        for key, value in rows:
            partition = int(key.split(b"|", 1)[0])
            self._keepers[partition].dossiers.add(read_row(value))
        for key in said:
            destination = _destination(key)
            self._keepers[partition_of(destination, self._ports.partitions)].said[destination].add(key)
        for partition in sorted(self._keepers):
            await self.recheck(partition, "recovery")

    async def contradicted(self, key: bytes, partition: int) -> None:
        """A stranger wrote an alert or remark of ours: that is what we remember until we have looked again."""
        destination = _destination(key)
        keeper = self._keepers[partition]
        keeper.said[destination].add(key)
        keeper.dockets.pop(destination, None)
        self._mark(keeper, {destination: frozenset()})
        await self.recheck(partition, "stranger", destination)

    async def recheck(self, partition: int, reason: str, *destinations: str) -> None:
        """Ask for the assessment of the dossiers of a partition."""
        asked = Recheck(reason=reason, destinations=destinations)
        await self._ports.ask(Copy(partition, f"recheck|{reason}".encode(), encode(asked)))


def withdrawn(alert_id: str, destination: str) -> Alert:
    """The record that says that nothing is left of an alert."""
    return Alert(id=alert_id, destination=destination, status="withdrawn")


def no_longer(key: str) -> Remark:
    """The record that says that a remark no longer holds."""
    destination, kind, subject = key.split("|", 2)
    return msgspec.convert({"destination": destination, "kind": kind, "subject": subject, "gone": True}, Remark)


def _renames(row: Row) -> bool:
    """Whether a row is one of the register of names, or silences or erases one."""
    said = row.fact if isinstance(row, Told) else row
    return isinstance(said, Name) or (isinstance(said, Retraction | Header | Erasure) and said.of == "name")


def _is_remark(key: bytes) -> bool:
    """Alerts are keyed `destination~license~clause`, remarks `destination|kind|subject`."""
    return key[2:3] == b"|"


def _destination(key: bytes) -> str:
    return key[:2].decode()
