"""Agent `watch`: keeps the dossiers of its partitions and assesses what changed.

What it remembers are rows: one a fact, written before the dossier in memory is touched by it, and one an alert, whose
changelog is the topic `alerts` itself. The dossiers are rebuilt from the rows. A row only marks what it changed; a
`recheck` record has it assessed: one comes at the end of each burst, after a recovery, and when a stranger wrote an
alert. So under load a destination is assessed once a burst, not once a row.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, MutableMapping

import msgspec

from schemas import Alert, Erasure, Header, Name, Recheck, Remarks, Retraction
from schemas.codec import AnyRow, decode_alert, decode_row, encode
from streams.agents.arrival import Arrival, Park, unreadable
from streams.rules.assess import Assessment, Assessor
from streams.rules.dossier import Partition
from streams.rules.naming import Namer
from streams.rules.placing import Copy, fact_of_row, partition_of
from streams.rules.prepared import spoken_in

QUIET, LONGEST_BURST = 0.03, 4.0
"""A burst ends when nothing came for the first and nothing waits, or when it lasted for the second [seconds]."""
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
    """Destination → the newest record; its changelog is the topic `remarks`."""
    ask: Callable[[Copy], Awaitable[object]]
    """Sends a record to a partition of `dossiers`."""
    park: Park
    partitions: int
    seconds: Callable[[], float] = time.monotonic
    """Tells how long a burst has lasted; changes when something is assessed, never what comes out."""
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    behind: Callable[[], bool] = lambda: False
    """Whether facts or rows are waiting that this worker has not yet taken in."""


class Keeper:
    """The dossiers of one partition, what was last said of them, and what has to be looked at again."""

    def __init__(self) -> None:
        self.dossiers = Partition()
        self.said: dict[str, set[bytes]] = defaultdict(set)
        self.namer: Namer | None = None
        """The register of names at the last assessment."""
        self.renamed = False
        """Whether a row of the register has come since."""
        self.changed: set[str] = set()
        self.since = 0.0
        """When the present burst began."""
        self.latest = 0.0
        """When its latest row came."""
        self.asked = False
        """Whether its end has been told."""


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
            row = decode_row(arrival.value)
        except (msgspec.DecodeError, ValueError) as error:
            await self._ports.park(unreadable(arrival, "decode", error))
            return
        if not isinstance(row, Recheck):
            if keeper.dossiers.is_erased(fact_of_row(arrival.key)):
                await self._ports.ask(Copy(arrival.partition, arrival.key, b""))
            else:
                self._take_in(keeper, arrival, row)
                await self._lay_stubs(keeper, arrival.partition, row)
            return
        asked = frozenset(row.destinations) if row.reason == BURST else keeper.dossiers.add(row)
        changed = keeper.changed | self._owned(asked, arrival.partition)
        changed |= await asyncio.to_thread(self._holding_a_changed_name, keeper, arrival.partition)
        keeper.changed, keeper.asked = set(), False
        await self._assess(keeper, changed)

    def _holding_a_changed_name(self, keeper: Keeper, partition: int) -> set[str]:
        """The destinations in whose dossiers a name stands that may mean somebody else now."""
        before, keeper.namer = keeper.namer, self._assessor.namer(keeper.dossiers.names())
        renamed, keeper.renamed = keeper.renamed, False
        if before is None or not renamed:
            return set()
        owned = self._owned(keeper.dossiers.destinations(), partition)
        return {d for d in owned if keeper.namer.concerned(before, spoken_in(keeper.dossiers.dossier(d)))}

    def _take_in(self, keeper: Keeper, arrival: Arrival, row: AnyRow) -> None:
        key = b"%d|" % arrival.partition + arrival.key
        if key in self._ports.rows:
            return
        self._ports.rows[key] = arrival.value
        keeper.renamed |= isinstance(row, Name) or (isinstance(row, Retraction | Header | Erasure) and row.of == "name")
        self._mark(keeper, self._owned(keeper.dossiers.add(row), arrival.partition))

    async def _lay_stubs(self, keeper: Keeper, partition: int, row: AnyRow) -> None:
        """Take every row of an erased fact out of the table, and lay a stub over each of them in `dossiers`."""
        if not isinstance(row, Erasure) or not row.erases:
            return
        prefix = b"%d|" % partition
        rows = [key for key in self._ports.rows if key.startswith(prefix)]
        for key in rows:
            bare = key.removeprefix(prefix)
            if keeper.dossiers.is_erased(fact_of_row(bare)):
                await self._ports.ask(Copy(partition, bare, b""))
                del self._ports.rows[key]

    def _owned(self, destinations: Iterable[str], partition: int) -> set[str]:
        """Those whose dossier is kept here: a broadcast row names others too, of which this partition knows little."""
        return {d for d in destinations if partition_of(d, self._ports.partitions) == partition}

    def _mark(self, keeper: Keeper, touched: Iterable[str]) -> None:
        keeper.latest = self._ports.seconds()
        if not keeper.changed:
            keeper.since = keeper.latest
        keeper.changed.update(touched)

    async def end_bursts(self) -> None:
        """Ask for an assessment where a burst has ended, for ever."""
        while True:
            await self._ports.sleep(QUIET / 2)
            now, behind = self._ports.seconds(), self._ports.behind()
            for partition, keeper in list(self._keepers.items()):
                quiet = now - keeper.latest > QUIET and not behind
                over = quiet or now - keeper.since > LONGEST_BURST
                if (keeper.changed or keeper.renamed) and not keeper.asked and over:
                    keeper.asked = True
                    await self.recheck(partition, BURST, *sorted(keeper.changed))

    @property
    def idle(self) -> bool:
        """Whether all that was taken in has been assessed."""
        return not any(k.changed or k.renamed or k.asked for k in self._keepers.values())

    async def _assess(self, keeper: Keeper, changed: Iterable[str]) -> None:
        for destination in sorted(changed):
            dossier = keeper.dossiers.dossier(destination)
            assessment = await asyncio.to_thread(self._assessor.assess, dossier, matching=False)
            for key, value in self._news(keeper, assessment):
                self._ports.alerts[key] = value
            said = encode(assessment.remarks)
            key = destination.encode()
            if self._ports.remarks.get(key, _nothing_said(destination)) != said:
                self._ports.remarks[key] = said

    def _news(self, keeper: Keeper, assessment: Assessment) -> Iterator[tuple[bytes, bytes]]:
        """Records of alerts that differ from what was last said; what is gone is withdrawn."""
        now = {a.id.encode(): encode(a) for a in assessment.alerts}
        said = keeper.said[assessment.destination]
        for key in sorted(said - now.keys()):
            gone = encode(withdrawn(key.decode(), assessment.destination))
            if self._ports.alerts.get(key) != gone:
                yield key, gone
        for key, value in now.items():
            if self._ports.alerts.get(key) != value:
                yield key, value
        said.update(now)

    async def recovered(self, rows: Iterable[tuple[bytes, bytes]], alerts: Iterable[bytes]) -> None:
        """Rebuild the dossiers from the rows that were remembered, and ask for their assessment."""
        self._keepers.clear()
        for key, value in rows:
            partition = int(key.split(b"|", 1)[0])
            self._keepers[partition].dossiers.add(decode_row(value))
        for alert_id in alerts:
            destination = alert_id.decode().split("~", 1)[0]
            self._keepers[partition_of(destination, self._ports.partitions)].said[destination].add(alert_id)
        for partition in sorted(self._keepers):
            await self.recheck(partition, "recovery")

    async def contradicted(self, key: bytes, partition: int) -> None:
        """A stranger wrote an alert of ours: what it says is what we remember until we have looked again."""
        destination = key.decode().split("~", 1)[0]
        keeper = self._keepers[partition]
        keeper.said[destination].add(key)
        keeper.changed.add(destination)
        await self.recheck(partition, "stranger", destination)

    async def recheck(self, partition: int, reason: str, *destinations: str) -> None:
        """Ask for the assessment of the dossiers of a partition."""
        asked = Recheck(reason=reason, destinations=destinations)
        await self._ports.ask(Copy(partition, f"recheck|{reason}".encode(), encode(asked)))


def withdrawn(alert_id: str, destination: str) -> Alert:
    """The record that says that nothing is left of an alert."""
    return Alert(id=alert_id, destination=destination, status="withdrawn")


def _nothing_said(destination: str) -> bytes:
    return encode(Remarks(destination=destination))


def is_withdrawn(value: bytes) -> bool:
    """Whether a record of `alerts` says that the alert is gone."""
    return decode_alert(value).status == "withdrawn"
