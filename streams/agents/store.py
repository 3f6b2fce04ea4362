"""Agent `store`: every record of every topic into the warehouse, each counted once.

Its place is kept per topic and partition, and moves only after the warehouse has the batch; a batch that comes again
changes nothing there.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

from streams.errors import Wait
from streams.transport.ports import Committed, Part, Reader, Record
from streams.warehouse.ports import Store, StoredRecord

log = logging.getLogger(__name__)

GROUP = "store"
AT_ONCE = 5_000
"""Records in one batch at most."""
REST = 0.3
"""Seconds after a batch before the next: a lone record goes at once, a stream of them in fewer, larger inserts."""
PAUSE = 0.1
"""Seconds for which records are gathered, so that a lone one is seen soon and many are written together."""


async def store_all(
    reader: Reader,
    store: Store,
    topics: Sequence[str],
    *,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    pause: float = PAUSE,
) -> None:
    """Follow `topics` for ever and store what comes."""
    places = await begin(reader, topics)
    while True:
        taken = await gather(reader, await behind(reader, topics, places))
        if not taken:
            await sleep(pause)
            continue
        await _write(store, taken, sleep)
        after = {(r.topic, r.partition): r.offset + 1 for r in taken}
        places |= after
        await reader.commit(GROUP, {part: Committed(offset) for part, offset in after.items()})
        await sleep(REST)


async def begin(reader: Reader, topics: Sequence[str]) -> dict[Part, int]:
    """Where to go on, by topic and partition: after what was committed, else at the earliest record."""
    known = await reader.offsets(GROUP, topics)
    starts = {(topic, p): at for topic in topics for p, at in (await reader.earliest(topic)).items()}
    return starts | {part: committed.offset for part, committed in known.items()}


async def behind(reader: Reader, topics: Sequence[str], places: Mapping[Part, int]) -> dict[Part, int]:
    """The places in whose parts something new stands."""
    ends = {(topic, p): end for topic in topics for p, end in (await reader.highwaters(topic)).items()}
    return {part: places.get(part, 0) for part, end in ends.items() if places.get(part, 0) < end}


async def gather(reader: Reader, starts: Mapping[Part, int]) -> list[Record]:
    """What is new, at most `AT_ONCE` records."""
    taken: list[Record] = []
    for (topic, partition), start in sorted(starts.items()):
        if len(taken) >= AT_ONCE:
            break
        taken += await reader.read(topic, partition, start, AT_ONCE - len(taken))
    return taken


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
