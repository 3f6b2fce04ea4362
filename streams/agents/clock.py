"""Agent `clock`: the only maker of ticks. A tick says that a day has begun; what is overdue follows from it."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable

from schemas import Tick
from schemas.codec import encode, log_key
from streams.errors import Wait
from streams.transport.ports import Outgoing, Producer

SOURCE = "clock"


def tick_of(now: dt.datetime) -> Tick:
    """The tick of the day of `now` [UTC]; the same for every moment of a day."""
    day = now.astimezone(dt.UTC).date()
    begun = dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC)
    return Tick(id=day.isoformat(), source=SOURCE, day=day, recorded_at=begun)


async def keep_time(
    producer: Producer,
    clock: Callable[[], dt.datetime],
    every: float,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> None:
    """Send a tick when a day has begun; look every `every` seconds, for ever."""
    told: dt.date | None = None
    while True:
        tick = tick_of(clock())
        if told is None or tick.day > told:
            try:
                await producer.send([Outgoing(topic="ticks", value=encode(tick), key=log_key(tick))])
                told = tick.day
            except Wait as error:
                await sleep(error.retry_after)
                continue
        await sleep(every)
