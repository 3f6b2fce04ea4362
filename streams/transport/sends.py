"""Law 8 in the stream: an offset is committed only when every send that came before it has succeeded.

Faust itself does not promise that: it flushes its buffer before a commit, but gives up after 0.1 s without progress,
and a send that fails is only logged. So every send is entered in a `Ledger`, a commit waits until all that were under
way have succeeded, and one that fails ends the worker: no offset is committed after it, and the log is read again
from the last good place.

`GatheredSends` goes before a Faust producer class, `CommitAfterSends` before a Faust consumer class; both serve any
driver. Records that a table sends to its changelog are sends like any other. Faust makes a message, two futures and a
turn of a task for each record; here a record is put into a list, and a batch has one future.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, TypeAlias

from faust.transport.producer import ProducerBuffer
from faust.types import TP, RecordMetadata
from faust.types.tuples import FutureMessage

from streams.errors import Stop
from streams.transport.ports import Headers, Outgoing, Part

_LINGER = 0.01
"""Seconds for which posts are gathered: a batch costs the worker as much as ten records, the broker more."""
_MOST_GATHERED = 2_000
"""Posts after which nothing more is waited for [count]."""
LARGEST_BATCH = 262_144
"""Largest batch of one part, unless a single record is larger [bytes]."""
_MOST_UNDER_WAY = 20_000
"""Records under way after which who can wait does [count]."""

Told: TypeAlias = Callable[[RecordMetadata], object]
Failed: TypeAlias = Callable[[BaseException], object]
AnyPart: TypeAlias = "tuple[str, int | None]"
"""Topic and partition; `None`: wherever the key belongs."""
Sending: TypeAlias = "tuple[Outgoing, Told | None, Failed | None, _Gathered]"


class Ledger:
    """The sends that are under way, and the first thing that went wrong. Belongs to one event loop."""

    def __init__(self) -> None:
        self.failure: BaseException | None = None
        self._under_way: set[asyncio.Future[Any]] = set()
        self._watchers: list[Callable[[BaseException], None]] = []
        self._failed: asyncio.Event | None = None

    def enter(self, send: asyncio.Future[Any]) -> None:
        """Count `send` until it is done."""
        self._under_way.add(send)
        send.add_done_callback(self._settle)

    def fail(self, reason: BaseException) -> None:
        """Say that the worker must end for `reason`; only the first reason counts."""
        if self.failure is not None:
            return
        self.failure = reason
        if self._failed is not None:
            self._failed.set()
        for watcher in self._watchers:
            watcher(reason)

    def watch(self, watcher: Callable[[BaseException], None]) -> None:
        """Call `watcher` with the reason of the first failure."""
        self._watchers.append(watcher)

    async def settled(self) -> None:
        """Return when every send that was entered before this call has succeeded.

        Raises `Stop` as soon as anything has failed, whenever it was entered.
        """
        self._failed = self._failed or asyncio.Event()
        if self.failure is None and (before := set(self._under_way)):
            await _first_of(asyncio.wait(before), self._failed.wait())
        if self.failure is not None:
            raise Stop(f"Nothing is committed any more, because of a failure: {self.failure}") from self.failure

    def __len__(self) -> int:
        return len(self._under_way)

    def _settle(self, send: asyncio.Future[Any]) -> None:
        self._under_way.discard(send)
        if send.cancelled():
            self.fail(Stop("a send was cancelled before the log had it"))
        elif error := send.exception():
            self.fail(error)


async def _first_of(*waits: Coroutine[Any, Any, Any]) -> None:
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


class Room(ProducerBuffer):  # type: ignore[misc]
    """Stands where Faust's buffer is: sends go into a batch at once, so nothing waits here but those who may send."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.under_way = 0
        self._ebb = asyncio.Event()

    @property
    def size(self) -> int:
        """Nothing waits here to be sent."""
        return 0

    @property
    def full(self) -> bool:
        """Whether so much is under way that who can wait should."""
        return self.under_way > _MOST_UNDER_WAY

    def take(self) -> None:
        """One more is under way."""
        self.under_way += 1

    def give_back(self, count: int) -> None:
        """So many are done."""
        self.under_way -= count
        if not self.full:
            self._ebb.set()

    async def wait_until_ebb(self) -> None:
        """Return when there is room again."""
        while self.full:
            self._ebb.clear()
            await self._ebb.wait()


class PostedSends:
    """A Faust producer whose sends are posted: put into a batch at once, told when the log has them.

    Who posts knows topic and bytes; nothing of Faust's is made for each record. A producer says what `post` does.
    """

    ledger: Ledger
    room: Room

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ledger = Ledger()
        self.room = self.buffer = Room(loop=self.loop, beacon=self.beacon)  # type: ignore[attr-defined]
        self.buffer.app = self.app  # type: ignore[attr-defined]

    def post(self, outgoing: Outgoing, told: Told | None = None, failed: Failed | None = None) -> None:
        """Send a record soon; `told` is called when the log has it, `failed` when it never will."""
        raise NotImplementedError

    def sent(self, outgoing: Outgoing) -> asyncio.Future[RecordMetadata]:
        """Send a record soon; the future is done when the log has it."""
        answer: asyncio.Future[RecordMetadata] = asyncio.get_running_loop().create_future()
        self.post(outgoing, partial(_succeed, answer), partial(_fail, answer))
        return answer

    async def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        partition: int | None,
        timestamp: float | None,
        headers: Any,
        *,
        transactional_id: str | None = None,
    ) -> Awaitable[RecordMetadata]:
        """Send a record soon; the awaitable is done when the log has it."""
        return self.sent(outgoing(topic, key, value, partition, timestamp, headers))

    async def send_and_wait(self, *args: Any, **kwargs: Any) -> RecordMetadata:
        """Send a record and return when the log has it."""
        return await (await self.send(*args, **kwargs))

    def send_soon(self, fut: FutureMessage) -> None:
        """Send what Faust asks a table to tell of a key that is gone; `fut` is done when the log has it."""
        message = fut.message
        said = outgoing(
            message.channel.get_topic_name(),
            message.key,
            message.value,
            message.partition,
            message.timestamp,
            message.headers,
        )
        self.post(said, partial(_publish, fut), partial(_fail, fut))


class _Gathered:
    """What was posted within one linger; counted in the ledger until all of it is in the log."""

    __slots__ = ("done", "left", "sendings")

    def __init__(self, done: asyncio.Future[None]) -> None:
        self.sendings: list[Sending] = []
        self.done = done
        self.left = 0


class GatheredSends(PostedSends):
    """Gathers posts for some milliseconds and writes them part by part, many records at once.

    Of one part one batch is under way at a time, so order of posting is order in the log; the parts do not wait for
    each other. A batch that fails ends the worker, and nothing is written after it.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._gathered: _Gathered | None = None
        self._queues: defaultdict[AnyPart, deque[Sending]] = defaultdict(deque)
        self._writing: dict[AnyPart, asyncio.Task[None]] = {}

    async def write(self, part: Part, records: Sequence[Outgoing]) -> int:
        """Write `records` of one part; return the offset of the first when the log has all of them."""
        raise NotImplementedError

    async def write_by_key(self, records: Sequence[Outgoing]) -> Sequence[RecordMetadata]:
        """Write `records` of one topic, each where its key belongs; return when the log has all of them."""
        raise NotImplementedError

    def post(self, outgoing: Outgoing, told: Told | None = None, failed: Failed | None = None) -> None:
        """Send a record soon; see `PostedSends`."""
        gathered = self._gathered
        if gathered is None:
            loop = asyncio.get_running_loop()
            gathered = self._gathered = _Gathered(loop.create_future())
            self.ledger.enter(gathered.done)
            loop.call_later(_LINGER, self._part_out, gathered)
        gathered.sendings.append((outgoing, told, failed, gathered))
        gathered.left += 1
        self.room.take()
        if gathered.left >= _MOST_GATHERED:
            self._part_out(gathered)

    async def flush(self) -> None:
        """Return when everything that was posted before is in the log, or as soon as something has failed."""
        if self._gathered is not None:
            self._part_out(self._gathered)
        with suppress(Stop):
            await self.ledger.settled()

    def _part_out(self, gathered: _Gathered) -> None:
        """Give what was gathered to its parts, and start writing where nothing is under way."""
        if self._gathered is not gathered:
            return
        self._gathered = None
        for sending in gathered.sendings:
            part = (sending[0].topic, sending[0].partition)
            self._queues[part].append(sending)
            if part not in self._writing:
                self._writing[part] = asyncio.ensure_future(self._write_out(part))

    async def _write_out(self, part: AnyPart) -> None:
        """Write batch after batch of one part, until nothing waits."""
        queue = self._queues[part]
        try:
            while queue:
                batch = _some_of(queue)
                try:
                    if self.ledger.failure is not None:
                        raise Stop(f"Nothing is sent any more, because of a failure: {self.ledger.failure}")
                    await self._write_one(part, batch)
                except Exception as error:
                    self.ledger.fail(error)
                    _tell_failure(batch, error)
                self.room.give_back(len(batch))
        finally:
            del self._writing[part]

    async def _write_one(self, part: AnyPart, batch: Sequence[Sending]) -> None:
        topic, partition = part
        records = [sending[0] for sending in batch]
        if partition is None:
            for sending, metadata in zip(batch, await self.write_by_key(records), strict=True):
                _tell(sending, metadata)
            return
        first, tp = await self.write((topic, partition), records), TP(topic, partition)
        for n, sending in enumerate(batch):
            _tell(sending, RecordMetadata(topic, partition, tp, first + n, None, 1) if sending[1] else None)


def _some_of(queue: deque[Sending]) -> list[Sending]:
    """The first records of a queue, at least one, as many as one batch holds."""
    batch: list[Sending] = []
    left = LARGEST_BATCH
    while (queue and (left := left - size_of(queue[0][0])) >= 0) or not batch:
        batch.append(queue.popleft())
    return batch


def size_of(record: Outgoing) -> int:
    """What a record takes in a batch at most [bytes], before compression."""
    headers = sum(len(name) + len(value) + 10 for name, value in record.headers)
    return len(record.key or b"") + len(record.value or b"") + headers + 40


def _tell(sending: Sending, metadata: RecordMetadata | None) -> None:
    _, told, _, gathered = sending
    if told is not None and metadata is not None:
        told(metadata)
    gathered.left -= 1
    if not gathered.left:
        gathered.done.set_result(None)


def _tell_failure(batch: Sequence[Sending], error: Exception) -> None:
    for _, _, failed, gathered in batch:
        if failed is not None:
            failed(error)
        if not gathered.done.done():
            gathered.done.set_exception(error)


def _succeed(answer: asyncio.Future[RecordMetadata], metadata: RecordMetadata) -> None:
    if not answer.done():
        answer.set_result(metadata)


def _publish(fut: FutureMessage, metadata: RecordMetadata) -> None:
    if not fut.done():
        fut.set_result(metadata)
        if fut.message.callback:
            fut.message.callback(fut)


def _fail(answer: asyncio.Future[Any], error: BaseException) -> None:
    if not answer.done():
        answer.set_exception(error)
        answer.exception()  # the ledger has it; nobody else needs to ask


def outgoing(
    topic: str, key: bytes | None, value: bytes | None, partition: int | None, timestamp: float | None, headers: Any
) -> Outgoing:
    """A record as Faust gives it (`timestamp` [s], headers as pairs or mapping), as the log takes it."""
    at = None if timestamp is None else round(timestamp * 1000)
    return Outgoing(topic, value, key, partition, at, _plain_headers(headers) if headers else ())


def _plain_headers(headers: Any) -> Headers:
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    return tuple((name, value.encode() if isinstance(value, str) else bytes(value)) for name, value in pairs)


class CommitAfterSends:
    """A Faust consumer whose commits wait for the sends that came before them, and that ends when one failed.

    Its app's producer has a `ledger` (`CountedSends`, or its own).
    """

    app: Any

    async def on_start(self) -> None:
        """Start, and from now on crash the app when the ledger fails."""
        await super().on_start()  # type: ignore[misc]
        self._ledger.watch(self._end)

    def _end(self, reason: BaseException) -> None:
        self._ending = asyncio.ensure_future(self.app.crash(reason))

    @property
    def _ledger(self) -> Ledger:
        ledger: Ledger = self.app.producer.ledger
        return ledger

    async def on_task_error(self, exc: BaseException) -> None:
        """Fail instead of committing: an agent that raised has not done what its event asked for."""
        self._ledger.fail(exc)

    async def _commit_offsets(self, offsets: Mapping[TP, int], start_new_transaction: bool = True) -> bool:
        """As Faust's, without its flush, which would wait for later sends, and without its drawn table of offsets."""
        try:
            await self._ledger.settled()
        except Stop:
            return False
        assignment = self.assignment()  # type: ignore[attr-defined]
        kept = {tp: offset for tp, offset in offsets.items() if tp in assignment}
        if not kept or not await self._commit(kept):  # type: ignore[attr-defined]
            return False
        self.app.tables.on_commit(kept)
        self._committed_offset.update(kept)  # type: ignore[attr-defined]
        self.app.monitor.on_tp_commit(kept)
        return True
