"""How many records wait for each reader of the log: looked at again and again, and noted for the boards.

What it says is how the program runs, not what is known: it is no fact,
and nothing is decided by it.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

from streams.errors import Wait
from streams.transport.ports import Part, Reader, measure_lag
from streams.warehouse.ports import Waiting

log = logging.getLogger(__name__)

EVERY = 10.0
"""Seconds between two looks."""


async def keep_lag(
    reader: Reader,
    note: Callable[[Sequence[Waiting]], None],
    groups: Mapping[str, Sequence[str]],
    clock: Callable[[], dt.datetime],
    *,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> None:
    """Note the lag of `groups` (name to topics), for ever; a log or a warehouse that is away is not noted."""
    while True:
        try:
            found = [await look(reader, group, topics, clock()) for group, topics in groups.items()]
            await asyncio.to_thread(note, found)
        except Wait as error:
            log.warning("how much waits is not known: %s", error)
        await sleep(EVERY)


async def look(reader: Reader, group: str, topics: Sequence[str], now: dt.datetime) -> Waiting:
    """How many records wait for `group`, and in which topics."""
    lag: Mapping[Part, int] = await measure_lag(reader, group, topics)
    behind = sorted({topic for (topic, _), count in lag.items() if count})
    return Waiting(time=now, reader=group, waiting=sum(lag.values()), topics=tuple(behind))
