"""Agent `place`: reads a fact and sends its copies to where it belongs. It remembers nothing.

The offset of a fact moves only after the log has all of its copies: whoever commits waits for the sends before it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec

from schemas.codec import decode_fact
from streams.agents.arrival import Arrival, Park, unreadable
from streams.rules.placing import Copy, place

SendCopy = Callable[[Copy], Awaitable[object]]
"""Hands a copy to the log; that it arrived is awaited before the offset moves."""


async def place_facts(arrivals: AsyncIterator[Arrival], partitions: int, send: SendCopy, park: Park) -> None:
    """Place every fact of `arrivals`; what cannot be read is parked with its reason."""
    async for arrival in arrivals:
        if not arrival.value:
            continue  # a stub over what was erased
        try:
            copies = place(decode_fact(arrival.value), partitions)
        except (msgspec.DecodeError, ValueError) as error:
            await park(unreadable(arrival, "decode", error))
            continue
        for copy in copies:
            await send(copy)
