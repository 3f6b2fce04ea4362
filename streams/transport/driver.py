"""The Faust driver of the embedded log: `broker="embedded:///var/lib/pledgewatch/log.sqlite"`.

Registered as the entry point `embedded` of `faust.transports`. Table recovery, commit bookkeeping, assignment and
agents are Faust's own; what Faust would ask of a broker is answered here from the one `Log` of this process. The
drain loop and the commit rule are ours (`drain.py`, `sends.py`).

One member to a group, no transactions, no rebalance but the one at the start (and when a topic is added).
`?synchronous=full` in the address makes every commit wait for the disk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, TypeAlias, cast

from faust.transport import base
from faust.types import TP, ConsumerMessage, RecordMetadata
from yarl import URL

from streams.errors import Stop
from streams.transport.drain import DrainLoop
from streams.transport.log import Log, acquire, release, waker
from streams.transport.logfile import Synchronous
from streams.transport.partitioning import partition_of
from streams.transport.ports import Committed, Outgoing, Position, Record
from streams.transport.sends import CommitAfterSends, Failed, PostedSends, Told

_FETCH = 1024
"""Records read at once, over all parts."""
_LARGEST_BATCH = 512
"""Sends after which a batch is written without waiting for more."""
_LINGER = 0.01
"""Seconds that a batch waits for more: a commit costs as much as three records, whoever reads is woken for each."""

_Batch: TypeAlias = "list[tuple[Outgoing, Told | None, Failed | None]]"


class Consumer(DrainLoop, CommitAfterSends, base.Consumer):  # type: ignore[misc]
    """Reads the embedded log for a Faust app, as the only member of its group."""

    transport: Transport

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._places: dict[TP, int] = {}
        self._topics: frozenset[str] = frozenset()
        self._generation = 0
        self._first = 0
        self._release: Callable[[], None] = lambda: None

    async def on_start(self) -> None:
        """Open the log and listen to it."""
        self._log = self.transport.open()
        forget = self._log.subscribe(waker(self._woken))
        self._release = partial(_let_go, self.transport, forget)
        await super().on_start()

    async def on_shutdown(self) -> None:
        """Let go of the log."""
        self._release()

    # -- assignment -------------------------------------------------------------------------------------------------

    async def subscribe(self, topics: Iterable[str]) -> None:
        """Read `topics` from now on; those that do not exist are made with the app's partition count."""
        wanted = frozenset(topics)
        for topic in sorted(wanted):
            if self._log.topic(topic) is None:
                await self.create_topic(topic, self.app.conf.topic_partitions, 1)
        if wanted != self._topics or not self._generation:
            self._topics = wanted
            # Not here: what an assignment sets off waits until `subscribe` has returned.
            self.add_future(self._assign_all(sorted(wanted)))

    async def _assign_all(self, topics: list[str]) -> None:
        self.app.on_rebalance_start()
        await self.on_partitions_revoked(self.assignment())
        self._places.clear()
        self._generation += 1
        self.app.consumer_generation_id = self._generation
        assignor = self.app.assignor
        plan = assignor.assign(_Cluster(self._log), {"this": assignor.metadata(topics)})["this"]
        assignor.on_assignment(plan)
        assigned = {TP(topic, partition) for topic, partitions in plan.assignment for partition in partitions}
        self._places.update((tp, 0) for tp in sorted(assigned))
        await self.on_partitions_assigned(assigned, self._generation)

    def assignment(self) -> set[TP]:
        """Every part that is read."""
        return set(self._places)

    # -- reading ----------------------------------------------------------------------------------------------------

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> dict[TP, list[Record]]:  # noqa: ASYNC109  (Faust's name)
        if not self.flow_active:
            return {}
        active: Collection[TP] = self._places.keys() if active_partitions is None else active_partitions
        if records := self._read(active):
            return records
        await self._wake_within(timeout)
        return {}

    async def _wake_within(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._woken.wait(), seconds)
        except TimeoutError:
            pass

    def _read(self, active: Collection[TP]) -> dict[TP, list[Record]]:
        places = self._places
        ready = [tp for tp in self._log.ahead(places) if tp in active]
        share = max(1, _FETCH // len(ready)) if ready else 0
        found = {}
        for tp in ready:
            if records := self._log.read(tp.topic, tp.partition, places[tp], share):
                places[tp] = records[-1].offset + 1
                found[tp] = records
        return found

    def _to_message(self, tp: TP, record: Record) -> ConsumerMessage:
        key, value = record.key, record.value
        return ConsumerMessage(
            tp.topic,
            tp.partition,
            record.offset,
            record.timestamp_ms / 1000.0,
            1,
            list(record.headers),
            key,
            value,
            None,
            0 if key is None else len(key),
            0 if value is None else len(value),
            tp,
            generation_id=self.app.consumer_generation_id,
        )

    def _new_topicpartition(self, topic: str, partition: int) -> TP:
        return TP(topic, partition)

    # -- places -----------------------------------------------------------------------------------------------------

    async def _seek(self, partition: TP, offset: int) -> None:
        self._places[partition] = offset
        self._woken.set()

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        """Read these parts from these offsets on."""
        for tp, offset in partitions.items():
            self._places[tp] = max(offset, 0)
            if offset > 0:
                self._read_offset[tp] = offset
            else:
                self._read_offset.pop(tp, None)
        self._woken.set()

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Go to the committed offset of every part but the changelogs; to the first record where there is none."""
        committed = self._log.offsets(self.app.conf.id)
        places = {}
        for tp in self._places:
            if not self._is_changelog_tp(tp):
                place = committed.get(tp)
                places[tp] = self._start_of(tp) if place is None else place.offset
        self._places.update(places)
        self._woken.set()
        return places

    def _start_of(self, tp: TP) -> int:
        if self.app.conf.consumer_auto_offset_reset == "latest":
            return self._log.highwater(*tp)
        return 0

    async def position(self, tp: TP) -> int | None:
        """The next offset that is read."""
        return self._places.get(tp)

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        self._log.commit(self.app.conf.id, {tp: Committed(offset) for tp, offset in offsets.items()})
        return True

    def highwater(self, tp: TP) -> int:
        """The offset that the next record will get."""
        return self._log.highwater(*tp)

    async def highwaters(self, *partitions: TP) -> Mapping[TP, int]:
        """The offsets that the next records will get."""
        return {tp: self._log.highwater(*tp) for tp in partitions}

    async def earliest_offsets(self, *partitions: TP) -> Mapping[TP, int]:
        """The offsets of the first records that are there."""
        earliest = {topic: self._log.earliest(topic) for topic in {tp.topic for tp in partitions}}
        return {tp: earliest[tp.topic][tp.partition] for tp in partitions}

    # -- topics -----------------------------------------------------------------------------------------------------

    def topic_partitions(self, topic: str) -> int | None:
        """How many partitions `topic` has, if it is there."""
        known = self._log.topic(topic)
        return None if known is None else known.partitions

    def key_partition(self, topic: str, key: bytes | None, partition: int | None = None) -> int | None:
        """The partition of a record; `None` when neither key nor partition is given."""
        if partition is not None or key is None:
            return partition
        return partition_of(key, self.topic_partitions(topic) or self.app.conf.topic_partitions)

    async def create_topic(self, topic: str, partitions: int, replication: int, **kwargs: Any) -> None:
        """Make `topic` if it is not there; raises `Stop` when it has another partition count."""
        self._log.create_topic(topic, partitions, compacted=kwargs.get("compacting"))

    def close(self) -> None:
        """Nothing is open but the log, which `on_shutdown` gives back."""


class _Cluster:
    """As much of a cluster's metadata as Faust's assignor asks for."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def partitions_for_topic(self, topic: str) -> set[int]:
        known = self._log.topic(topic)
        return set() if known is None else set(range(known.partitions))


def _let_go(transport: Transport, forget: Callable[[], None]) -> None:
    forget()
    transport.close()


class Producer(PostedSends, base.Producer):  # type: ignore[misc]
    """Writes a Faust app's records to the embedded log, many to a transaction.

    What is sent within some milliseconds goes into one batch; it is written then, or when it is large, or when a commit
    asks for it. Order of sending is order in the log. A batch that fails ends the worker, through `ledger`.
    """

    transport: Transport

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._batch: _Batch = []
        self._written: asyncio.Future[None] | None = None
        self._in_flight: asyncio.Future[None] | None = None
        self._writing: asyncio.Task[None] | None = None
        self._log: Log | None = None

    async def on_start(self) -> None:
        """Open the log."""
        self._log = self.transport.open()
        await super().on_start()

    async def on_stop(self) -> None:
        """Write what is left."""
        await self.flush()

    async def on_shutdown(self) -> None:
        """Let go of the log."""
        if self._log is not None:
            self._log = None
            self.transport.close()

    # -- sending ----------------------------------------------------------------------------------------------------

    async def flush(self) -> None:
        """Return when everything that was sent before is committed, or has failed."""
        last = self._written or self._in_flight
        self._start_writing()
        if last is not None:
            await asyncio.wait([last])

    def post(self, outgoing: Outgoing, told: Told | None = None, failed: Failed | None = None) -> None:
        """Put a record into the batch; see `PostedSends`."""
        self._batch.append((outgoing, told, failed))
        if self._written is None:
            loop = asyncio.get_running_loop()
            self._written = loop.create_future()
            self.ledger.enter(self._written)
            self._alarm = loop.call_later(_LINGER, self._start_writing)
        elif len(self._batch) >= _LARGEST_BATCH:
            self._start_writing()

    def _start_writing(self) -> None:
        if not self._batch:
            return
        if self._opened().synchronous == "normal":
            batch, written = self._take()
            _tell(batch, written, self._append(batch))
        elif self._writing is None or self._writing.done():
            self._writing = asyncio.ensure_future(self._write_in_thread())

    async def _write_in_thread(self) -> None:
        """Write batch after batch, each waiting for the disk while the next one fills."""
        try:
            while self._batch:
                batch, self._in_flight = self._take()
                _tell(batch, self._in_flight, await asyncio.to_thread(self._append, batch))
        finally:
            self._in_flight = None

    def _append(self, batch: _Batch) -> list[Position] | Exception:
        if self.ledger.failure is not None:  # what comes after a failed send would be there without it
            return Stop(f"Nothing is written any more, because of a failure: {self.ledger.failure}")
        try:
            return self._opened().append([outgoing for outgoing, _, _ in batch])
        except Exception as error:
            return error

    def _take(self) -> tuple[_Batch, asyncio.Future[None]]:
        self._alarm.cancel()
        batch, self._batch = self._batch, []
        written, self._written = self._written, None
        return batch, cast("asyncio.Future[None]", written)

    def _opened(self) -> Log:
        if self._log is None:
            raise Stop("The worker's producer is not started, so it has no log to write to")
        return self._log

    # -- topics -----------------------------------------------------------------------------------------------------

    async def create_topic(self, topic: str, partitions: int, replication: int, **kwargs: Any) -> None:
        """Make `topic` if it is not there; raises `Stop` when it has another partition count."""
        self._opened().create_topic(topic, partitions, compacted=kwargs.get("compacting"))

    def key_partition(self, topic: str, key: bytes) -> TP:
        """The part that records with `key` go to."""
        known = self._opened().topic(topic)
        return TP(topic, partition_of(key, known.partitions if known else self.app.conf.topic_partitions))

    def supports_headers(self) -> bool:
        """Records have headers."""
        return True


def _tell(
    batch: _Batch,
    written: asyncio.Future[None],
    outcome: list[Position] | Exception,
) -> None:
    """Tell everybody who waits for a record of `batch` what became of it."""
    if isinstance(outcome, Exception):
        written.set_exception(outcome)
        for _, _, failed in batch:
            if failed is not None:
                failed(outcome)
        return
    written.set_result(None)
    for (outgoing, told, _), position in zip(batch, outcome, strict=True):
        if told is not None:
            tp = TP(position.topic, position.partition)
            at = None if outgoing.timestamp_ms is None else outgoing.timestamp_ms / 1000.0
            told(RecordMetadata(tp.topic, tp.partition, tp, position.offset, at, 1))


class Transport(base.Transport):  # type: ignore[misc]
    """The embedded log as Faust sees it."""

    Consumer: ClassVar[type[Consumer]] = Consumer
    Producer: ClassVar[type[Producer]] = Producer
    driver_version = "pledgewatch embedded log"

    def __init__(self, url: list[URL], app: Any, loop: asyncio.AbstractEventLoop | None = None) -> None:
        super().__init__(url, app, loop)
        self.path = Path(url[0].path)
        self._held: list[Log] = []

    def open(self) -> Log:
        """The log of this process at the address's path; give it back with `close`."""
        log = acquire(self.path, synchronous=self._synchronous())
        self._held.append(log)
        return log

    def close(self) -> None:
        """Give back what one `open` gave."""
        if self._held:
            release(self._held.pop())

    def _synchronous(self) -> Synchronous:
        return cast(Synchronous, self.url[0].query.get("synchronous", "normal"))
