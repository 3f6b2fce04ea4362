"""The ports over the embedded log, for everything in its process that is not Faust."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence

from streams.errors import Stop, Wait
from streams.transport.log import Log
from streams.transport.ports import Committed, Outgoing, Part, Position, Record, measure_lag

_DAY = 24 * 60 * 60 * 1000
_PIECE = 500
"""Records in one transaction: some 10 ms, after which the event loop serves others."""


class EmbeddedProducer:
    """Sends to the log of this process. Each piece of 500 records is one transaction."""

    def __init__(self, log: Log) -> None:
        self._log = log

    async def send(self, records: Sequence[Outgoing]) -> list[Position]:
        """Send `records`; return their positions once every one is committed. See `ports.Producer`."""
        positions: list[Position] = []
        for start in range(0, len(records), _PIECE):
            positions += await self._append(records[start : start + _PIECE])
        return positions

    async def close(self) -> None:
        """The log is whoever opened it's to close."""

    async def _append(self, piece: Sequence[Outgoing]) -> list[Position]:
        try:
            if self._log.synchronous == "full":  # the disk is waited for in a thread
                return await asyncio.to_thread(self._log.append, piece)
            positions = self._log.append(piece)
        except Stop as error:
            raise Wait(f"Nothing can be taken at the moment: {error}", retry_after=30.0) from error
        await asyncio.sleep(0)
        return positions


class EmbeddedReader:
    """Reads the log of this process, and keeps the places of groups outside Faust."""

    def __init__(self, log: Log) -> None:
        self._log = log

    async def read(self, topic: str, partition: int, start: int, limit: int) -> list[Record]:
        """At most `limit` records from offset `start` on, in order."""
        return self._log.read(topic, partition, start, limit)

    def follow(self, starts: Mapping[Part, int], limit: int = 500) -> AsyncIterator[list[Record]]:
        """What stands at and after `starts`, then what is appended, for ever."""
        return self._log.follow(starts, limit)

    async def highwaters(self, topic: str) -> dict[int, int]:
        """The offset that the next record will get, by partition."""
        return self._log.highwaters(topic)

    async def ends(self, topics: Collection[str]) -> dict[Part, int]:
        """The highwaters of several topics."""
        return {(topic, part): end for topic in topics for part, end in self._log.highwaters(topic).items()}

    async def earliest(self, topic: str) -> dict[int, int]:
        """The offset of the first record that is still there, by partition."""
        return self._log.earliest(topic)

    async def offsets(self, group: str, topics: Sequence[str]) -> dict[Part, Committed]:
        """How far `group` has come in `topics`."""
        return {part: place for part, place in self._log.offsets(group).items() if part[0] in topics}

    async def commit(self, group: str, offsets: Mapping[Part, Committed]) -> None:
        """Keep `offsets` for `group`, durably."""
        self._log.commit(group, offsets)

    async def lag(self, group: str, topics: Sequence[str]) -> dict[Part, int]:
        """Offsets of `topics` between `group` and the highwater."""
        return await measure_lag(self, group, topics)

    def in_file(self, word: bytes) -> int:
        """How often `word` stands in the log's file and journal, in records or where none is; blocking."""
        return self._log.in_file(word)

    async def close(self) -> None:
        """The log is whoever opened it's to close."""


async def keep_compact(
    log: Log,
    every: float = 60.0,
    done: Callable[[int], None] = lambda _: None,
    *,
    keep_days: Mapping[str, int] | None = None,
    clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
) -> None:
    """Every `every` seconds compact `log` where it is worth it, and drop what is too old; runs until it is cancelled.

    `keep_days` says of topics how old their records may get [days], by `clock` [ms since 1970-01-01 UTC]. `done` is
    told how many records went.
    """
    while True:
        await asyncio.sleep(every)
        gone = await asyncio.to_thread(log.compact, only_if_due=True)
        for topic, days in (keep_days or {}).items():
            gone += await asyncio.to_thread(log.drop_before, topic, clock() - days * _DAY)
        done(gone)
