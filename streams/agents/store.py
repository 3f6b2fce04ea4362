"""Agent `store`: every record of every topic into the warehouse, each counted once.

Its place is kept per topic and partition, and moves only after the warehouse has the batch; a batch that comes again
changes nothing there. A lone record is written at once; while many come, they are gathered, because an insert of
thousands costs the warehouse little more than one of ten.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from streams.errors import Wait
from streams.transport.ports import Committed, Part, Reader, Record
from streams.warehouse.ports import Store, StoredRecord

log = logging.getLogger(__name__)

GROUP = "store"
AT_ONCE = 5_000
"""Records in one batch at most."""
LONGEST = 1.0
"""Seconds for which records are gathered at most after a batch, while they keep coming [s]."""
FEW = 20
"""After a batch of no more records than this the next is not waited for [count]."""


async def store_all(
    reader: Reader,
    store: Store,
    topics: Sequence[str],
    *,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> None:
    """Follow `topics` for ever and store what comes; a log or a warehouse that is away costs only time."""
    while True:
        try:
            async for batch in _batches(reader.follow(await begin(reader, topics)), sleep):
                await _write(store, batch, sleep)
                after = {(r.topic, r.partition): Committed(r.offset + 1) for r in batch}
                await reader.commit(GROUP, after)
        except Wait as error:
            log.warning("the log is away: %s", error)
            await sleep(error.retry_after)
        else:
            return


async def begin(reader: Reader, topics: Sequence[str]) -> dict[Part, int]:
    """Where to go on, by topic and partition: after what was committed, else at the earliest record."""
    known = await reader.offsets(GROUP, topics)
    starts = {(topic, p): at for topic in topics for p, at in (await reader.earliest(topic)).items()}
    return starts | {part: committed.offset for part, committed in known.items()}


async def _batches(
    following: AsyncIterator[list[Record]], sleep: Callable[[float], Awaitable[object]]
) -> AsyncIterator[list[Record]]:
    """What comes, in batches: the first thing at once; after a large batch, what comes within a second together."""
    shelf = _Shelf(following)
    try:
        while await shelf.filled():
            batch = shelf.take()
            yield batch
            if len(batch) > FEW and not shelf.full:
                await _first_of(sleep(LONGEST), shelf.enough())
    finally:
        await shelf.close()


class _Shelf:
    """Gathers what a follower gives, so much that it is one batch, beside whoever writes the one before."""

    def __init__(self, following: AsyncIterator[list[Record]]) -> None:
        self._records: list[Record] = []
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._gathering = asyncio.ensure_future(self._gather(following))

    @property
    def full(self) -> bool:
        """Whether it holds a whole batch."""
        return len(self._records) >= AT_ONCE

    async def filled(self) -> bool:
        """Wait until something is there; False when nothing will come any more, and what ended it is raised."""
        while not self._records:
            if self._gathering.done():
                self._gathering.result()
                return False
            self._changed.clear()
            await self._changed.wait()
        return True

    async def enough(self) -> None:
        """Wait until a whole batch is there, or nothing will come any more."""
        while not self.full and not self._gathering.done():
            self._changed.clear()
            await self._changed.wait()

    def take(self) -> list[Record]:
        """What is there, at most one batch; never empty after `filled`."""
        batch, self._records = self._records[:AT_ONCE], self._records[AT_ONCE:]
        self._room.set()
        return batch

    async def close(self) -> None:
        """Gather nothing more."""
        self._gathering.cancel()
        await asyncio.wait([self._gathering])

    async def _gather(self, following: AsyncIterator[list[Record]]) -> None:
        try:
            async for records in following:
                self._records += records
                self._changed.set()
                if self.full:
                    self._room.clear()
                    await self._room.wait()
        finally:
            self._changed.set()


async def _first_of(*waits: Awaitable[object]) -> None:
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


async def _write(store: Store, records: Sequence[Record], sleep: Callable[[float], Awaitable[object]]) -> None:
    """Write a batch; an outage of the warehouse costs only time."""
    batch = [
        StoredRecord(
            topic=r.topic, partition=r.partition, offset=r.offset, timestamp_ms=r.timestamp_ms, key=r.key, value=r.value
        )
        for r in records
    ]
    while True:
        try:
            await asyncio.to_thread(store.write, batch)
        except Wait as error:
            log.warning("the warehouse is away: %s", error)
            await sleep(error.retry_after)
        else:
            return
