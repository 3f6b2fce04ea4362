"""What the rest of the program asks of a log, whatever carries it.

    Producer   send records, come back when all of them are durable
    Reader     read a range, follow what is new, ask how far the log and its groups are

`embedded.py` and `kafka.py` are the two implementations; one contract suite runs over both. Nothing here knows Faust.
A *part* is a pair (topic, partition). Offsets count from 0 and may have holes where a topic was compacted.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Protocol, TypeAlias

import msgspec

Headers: TypeAlias = tuple[tuple[str, bytes], ...]
"""Names and values beside a record's body; empty when there are none."""

Part: TypeAlias = tuple[str, int]
"""Topic and partition. Faust's `TP` is one, too."""


class Outgoing(msgspec.Struct, frozen=True, gc=False):
    """A record on its way to the log."""

    topic: str
    """Name of a topic that exists."""
    value: bytes | None
    """The body; `None` marks the key as gone."""
    key: bytes | None = None
    """What compaction keeps the newest of; a compacted topic takes no record without one."""
    partition: int | None = None
    """Where it goes; `None`: by the key's murmur2 hash, and without a key by turns."""
    timestamp_ms: int | None = None
    """Record time [ms since 1970-01-01 UTC]; `None`: now."""
    headers: Headers = ()


class Position(msgspec.Struct, frozen=True, gc=False):
    """Where a record came to stand."""

    topic: str
    partition: int
    offset: int


class Record(msgspec.Struct, frozen=True, gc=False):
    """A record as the log holds it."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    """Record time [ms since 1970-01-01 UTC]."""
    key: bytes | None
    value: bytes | None
    headers: Headers = ()


class Committed(msgspec.Struct, frozen=True, gc=False):
    """How far a group has come in one part."""

    offset: int
    """The next offset that the group will read."""
    metadata: str = ""
    """A note kept with the offset, for a sink that must know which range it was writing."""


class Producer(Protocol):
    """Sends records from outside the stream: the HTTP intake, importers, the clock."""

    async def send(self, records: Sequence[Outgoing]) -> list[Position]:
        """Send `records`; return their positions, in their order, once every one of them is durable.

        Raises `Wait` when the log is away or too busy: some of the records may then be in the log, none is promised,
        and the whole call may be repeated. Raises `ValueError` for a record that no log could take (a topic or
        partition that is not there, no key for a compacted topic).
        """
        ...

    async def close(self) -> None:
        """Let go of the log after what is under way has ended."""
        ...


class Reader(Protocol):
    """Reads any range of the log, and keeps the places of groups that read outside Faust."""

    async def read(self, topic: str, partition: int, start: int, limit: int) -> list[Record]:
        """At most `limit` records from offset `start` on, in order; `[]` when nothing is there yet."""
        ...

    def follow(self, starts: Mapping[Part, int], limit: int = 500) -> AsyncIterator[list[Record]]:
        """What stands at and after `starts`, then what is appended, for ever.

        Each list is non-empty, from one part, in order, and at most `limit` long. The parts take turns.
        """
        ...

    async def highwaters(self, topic: str) -> dict[int, int]:
        """The offset that the next record will get, by partition."""
        ...

    async def ends(self, topics: Collection[str]) -> dict[Part, int]:
        """The highwaters of several topics, asked in one question."""
        ...

    async def earliest(self, topic: str) -> dict[int, int]:
        """The offset of the first record that is still there (the highwater when none is), by partition."""
        ...

    async def offsets(self, group: str, topics: Sequence[str]) -> dict[Part, Committed]:
        """How far `group` has come in `topics`; parts where it never committed are absent."""
        ...

    async def commit(self, group: str, offsets: Mapping[Part, Committed]) -> None:
        """Keep `offsets` for `group`, durably."""
        ...

    async def lag(self, group: str, topics: Sequence[str]) -> dict[Part, int]:
        """Offsets of `topics` between `group` and the highwater; from the earliest where it never committed."""
        ...

    async def close(self) -> None:
        """Let go of the log."""
        ...


async def measure_lag(reader: Reader, group: str, topics: Sequence[str]) -> dict[Part, int]:
    """Offsets between the place of `group` (or the earliest record) and the highwater, by part.

    Where records are is asked only of topics in which something waits.
    """
    committed = await reader.offsets(group, topics)
    lag: dict[Part, int] = {}
    for topic in topics:
        highwaters = await reader.highwaters(topic)
        places = {p: committed[topic, p].offset if (topic, p) in committed else 0 for p in highwaters}
        waiting = any(places[p] < end for p, end in highwaters.items())
        earliest = await reader.earliest(topic) if waiting else {}
        for partition, end in highwaters.items():
            lag[topic, partition] = max(0, end - max(places[partition], earliest.get(partition, 0)))
    return lag
