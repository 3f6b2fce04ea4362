"""The embedded log: topics, partitions and groups in one SQLite file.

What `append` has returned is committed: it survives `kill -9` of the process (`synchronous="normal"`), and a power cut
too with `synchronous="full"`. A batch is one transaction: all of it is there, or none. Safe for threads. One process
holds a log at a time; inside it everybody shares one `Log` (`acquire`), and readers are woken by an event.

It does not replicate, has one writer, and deletes only when it is told to (`compact`, `drop_before`).
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import msgspec

from streams.errors import Stop, Wait
from streams.transport.logfile import OFFSET_BITS, Synchronous, connect, hold, in_words, reading
from streams.transport.partitioning import partition_of
from streams.transport.ports import Committed, Outgoing, Part, Position, Record

_INSERT = "INSERT INTO records (id, timestamp_ms, key, headers, value) VALUES (?, ?, ?, ?, ?)"
_RANGE = "SELECT id, timestamp_ms, key, headers, value FROM records WHERE id >= ? AND id < ? ORDER BY id LIMIT ?"
_SUPERSEDED = """
SELECT id FROM (
    SELECT id, max(id) OVER (PARTITION BY key) AS newest FROM records WHERE id >= ? AND id < ? AND key IS NOT NULL
) WHERE id < newest
"""
_OLDER = "SELECT id FROM records WHERE id >= ? AND id < ? AND timestamp_ms < ?"
_DELETED_AT_ONCE = 200
"""Rows in one step of compaction: the longest time an append waits for it is some milliseconds."""
_WORTH_COMPACTING = 10_000
"""New records in a part before compaction looks at it, if they are also half as many as were kept."""

_AnyPart = TypeVar("_AnyPart", bound=Part)

_encode_headers = msgspec.msgpack.Encoder().encode
_decode_headers = msgspec.msgpack.Decoder(tuple[tuple[str, bytes], ...]).decode


class Topic(msgspec.Struct, frozen=True):
    """A topic as the log keeps it."""

    name: str
    partitions: int
    compacted: bool


class _Lane:
    """One part: its range of row ids and the offset that comes next."""

    __slots__ = ("base", "next", "partition", "topic")

    def __init__(self, part: int, topic: str, partition: int) -> None:
        self.base = part << OFFSET_BITS
        self.topic = topic
        self.partition = partition
        self.next = 0

    @property
    def end(self) -> int:
        return self.base + (1 << OFFSET_BITS)


class Log:
    """A durable log in the SQLite file at `path`, made if absent.

    `synchronous` is SQLite's: `normal` or `full`. `clock` gives the record time [ms since 1970-01-01 UTC] of records
    that bring none. Raises `Stop` when another process holds the file, or when it is damaged, foreign or too new.
    """

    def __init__(
        self,
        path: Path,
        *,
        synchronous: Synchronous = "normal",
        clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self.path = path
        self.synchronous = synchronous
        self._clock = clock
        self._writing = threading.RLock()
        self._lock_file = hold(path)
        self._readers: list[sqlite3.Connection] = []
        self._own = threading.local()
        self._listeners: dict[object, Callable[[], None]] = {}
        self._turns = 0
        self._open = True
        try:
            self._writer = connect(path, synchronous)
        except BaseException:
            os.close(self._lock_file)
            raise
        self._topics: dict[str, Topic] = {}
        self._lanes: dict[Part, _Lane] = {}
        self._load()

    # -- topics ---------------------------------------------------------------------------------------------------

    def create_topic(self, name: str, partitions: int, *, compacted: bool | None = None) -> Topic:
        """Make topic `name`, or find it as it is; `compacted` may change later, the partition count never.

        Raises `Stop` when it exists with another count: keys would no longer be where they were.
        """
        if partitions < 1:
            raise Stop(f"Topic {name} is asked for with {partitions} partitions, expected at least 1")
        with self._change():
            known = self._topics.get(name)
            if known is None:
                self._add_topic(Topic(name, partitions, bool(compacted)))
            elif known.partitions != partitions:
                raise Stop(
                    f"Topic {name} of the log {self.path} has {known.partitions} partitions, {partitions} were asked "
                    "for. The number is fixed once a log exists: start with the old number, or with a new log."
                )
            elif compacted is not None and compacted != known.compacted:
                self._writer.execute("UPDATE topics SET compacted = ? WHERE name = ?", (compacted, name))
                self._topics[name] = Topic(name, partitions, compacted)
        return self._topics[name]

    def topics(self) -> list[Topic]:
        """Every topic, by name."""
        return [self._topics[name] for name in sorted(self._topics)]

    def topic(self, name: str) -> Topic | None:
        """The topic called `name`, or `None`."""
        return self._topics.get(name)

    def keep(self, name: str, value: str) -> None:
        """Fix `name` at `value` for as long as the log lives; raises `Stop` when it is fixed at another."""
        with self._change():
            self._writer.execute("INSERT OR IGNORE INTO meta (name, value) VALUES (?, ?)", (name, value))
            kept = self._writer.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()[0]
        if kept != value:
            raise Stop(
                f"The log {self.path} was made with {name} = {kept}, {value} was asked for. "
                "It is fixed once a log exists: start with the old value, or with a new log."
            )

    def kept(self, name: str) -> str | None:
        """What `name` was fixed at, or `None`."""
        row = self._read_one("SELECT value FROM meta WHERE name = ?", (name,))
        return None if row is None else str(row[0])

    # -- records --------------------------------------------------------------------------------------------------

    def append(self, records: Sequence[Outgoing]) -> list[Position]:
        """Append `records` in one transaction; return their positions once it is committed.

        Raises `ValueError` for a record that cannot be taken (then none is), `Stop` when the file fails.
        """
        now = self._clock()
        with self._writing:
            self._must_be_open()
            rows, positions, next_offsets = self._lay_out(records, now)
            with in_words(self.path):
                self._insert(rows)
            for lane, offset in next_offsets.items():
                lane.next = offset
        self._wake()
        return positions

    def read(self, topic: str, partition: int, start: int, limit: int) -> list[Record]:
        """At most `limit` records from offset `start` on, in order."""
        lane = self._lane(topic, partition)
        start = max(start, 0)
        if start >= lane.next:
            return []
        with in_words(self.path):
            rows = self._reader().execute(_RANGE, (lane.base + start, lane.base + lane.next, limit)).fetchall()
        base = lane.base
        return [
            Record(topic, partition, id_ - base, at, key, value, _decode_headers(headers) if headers else ())
            for id_, at, key, headers, value in rows
        ]

    async def follow(self, starts: Mapping[Part, int], limit: int = 500) -> AsyncIterator[list[Record]]:
        """What stands at and after `starts`, then what is appended, for ever, in lists of one part each.

        Raises `Wait` when the log is closed meanwhile.
        """
        places = dict(starts)
        woken = asyncio.Event()
        forget = self.subscribe(waker(woken))
        try:
            while True:
                woken.clear()
                for part in self.ahead(places):
                    if records := self.read(*part, places[part], limit):
                        places[part] = records[-1].offset + 1
                        woken.set()
                        yield records
                self._must_be_open()
                await woken.wait()
        finally:
            forget()

    def ahead(self, places: Mapping[_AnyPart, int]) -> list[_AnyPart]:
        """The parts that have something at or after the offset that `places` gives for them."""
        lanes = self._lanes
        return [part for part, place in places.items() if lanes[part].next > place]

    def highwater(self, topic: str, partition: int) -> int:
        """The offset that the next record of this part will get."""
        return self._lane(topic, partition).next

    def highwaters(self, topic: str) -> dict[int, int]:
        """The offset that the next record will get, by partition."""
        return {lane.partition: lane.next for lane in self._lanes_of(topic)}

    def earliest(self, topic: str) -> dict[int, int]:
        """The offset of the first record that is still there (the highwater when none is), by partition."""
        found = {}
        for lane in self._lanes_of(topic):
            row = self._read_one("SELECT min(id) FROM records WHERE id >= ? AND id < ?", (lane.base, lane.end))
            first = None if row is None else row[0]
            found[lane.partition] = lane.next if first is None else first - lane.base
        return found

    def count(self, topic: str) -> int:
        """How many records of `topic` are there, over all partitions."""
        total = 0
        for lane in self._lanes_of(topic):
            row = self._read_one("SELECT count(*) FROM records WHERE id >= ? AND id < ?", (lane.base, lane.end))
            total += row[0] if row else 0
        return total

    # -- groups ---------------------------------------------------------------------------------------------------

    def commit(self, group: str, offsets: Mapping[Part, Committed]) -> None:
        """Keep `offsets` for `group`, in one transaction."""
        rows = [(group, *part, place.offset, place.metadata) for part, place in offsets.items()]
        with self._change():
            self._writer.executemany(
                "INSERT INTO offsets (group_name, topic, partition, next, metadata) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT DO UPDATE SET next = excluded.next, metadata = excluded.metadata",
                rows,
            )
        self._wake()

    def offsets(self, group: str) -> dict[Part, Committed]:
        """How far `group` has come, in every part where it ever committed."""
        rows = self._read_all(
            "SELECT topic, partition, next, metadata FROM offsets WHERE group_name = ? ORDER BY topic, partition",
            (group,),
        )
        return {(topic, partition): Committed(offset, metadata) for topic, partition, offset, metadata in rows}

    def groups(self) -> list[str]:
        """Every group that ever committed, by name."""
        return [row[0] for row in self._read_all("SELECT DISTINCT group_name FROM offsets ORDER BY 1", ())]

    # -- compaction -----------------------------------------------------------------------------------------------

    def compact(self, topic: str | None = None, *, only_if_due: bool = False) -> int:
        """Delete the records of compacted topics whose key has a newer one; return how many.

        The newest record of every key stays, a tombstone too; offsets do not change. The scan only reads, and the
        rows go in small steps, so appends wait some milliseconds at most. `only_if_due` passes over parts with little
        new in them.
        """
        wanted = [known for known in self.topics() if known.compacted and topic in (None, known.name)]
        lanes = [lane for known in wanted for lane in self._lanes_of(known.name)]
        return sum(self._compact(lane) for lane in lanes if not only_if_due or self._due(lane))

    def _due(self, lane: _Lane) -> bool:
        row = self._read_one("SELECT compacted_to, kept FROM parts WHERE id = ?", (lane.base >> OFFSET_BITS,))
        compacted_to, kept = row or (0, 0)
        return lane.next - compacted_to >= max(_WORTH_COMPACTING, kept // 2)

    def _compact(self, lane: _Lane) -> int:
        upto = lane.next
        superseded = self._read_all(_SUPERSEDED, (lane.base, lane.base + upto))
        self._delete(superseded)
        row = self._read_one("SELECT count(*) FROM records WHERE id >= ? AND id < ?", (lane.base, lane.end))
        with self._change():
            self._writer.execute(
                "UPDATE parts SET compacted_to = ?, kept = ? WHERE id = ?",
                (upto, row[0] if row else 0, lane.base >> OFFSET_BITS),
            )
        return len(superseded)

    def drop_before(self, topic: str, timestamp_ms: int) -> int:
        """Delete the records of `topic` whose record time [ms] is before `timestamp_ms`; return how many.

        The newest record of every part stays, so that offsets go on from it.
        """
        old = [
            row
            for lane in self._lanes_of(topic)
            for row in self._read_all(_OLDER, (lane.base, lane.base + lane.next - 1, timestamp_ms))
        ]
        self._delete(old)
        return len(old)

    # -- erasure --------------------------------------------------------------------------------------------------

    def overwrite(self, topic: str, stub_of: Callable[[Record], bytes | None]) -> int:
        """Overwrite in place what `stub_of` gives a stub's key for: no value, no headers, the stub's key; how many.

        The record keeps its place, so nobody's offset is lost. Doing it again changes nothing.
        """
        return sum(self._overwrite(lane, stub_of) for lane in self._lanes_of(topic))

    def _overwrite(self, lane: _Lane, stub_of: Callable[[Record], bytes | None]) -> int:
        start = count = 0
        while records := self.read(lane.topic, lane.partition, start, _DELETED_AT_ONCE):
            stubs = [(stub, lane.base + r.offset) for r in records if (stub := stub_of(r)) not in (None, r.key)]
            if stubs:
                with self._change():
                    self._writer.executemany(
                        "UPDATE records SET key = ?, headers = NULL, value = NULL WHERE id = ?", stubs
                    )
            start, count = records[-1].offset + 1, count + len(stubs)
        return count

    def scrub(self, words: Sequence[bytes], patience: float = 10.0) -> bool:
        """Leave nothing of what was deleted or overwritten in the file or its journal; whether that was done.

        Deleted rows are zeroed as they go; where one of `words` is still found, the file is written anew. Readers that
        are in the middle of something are waited for [s].
        """
        ends = time.monotonic() + patience
        while not (folded := self._fold()) and time.monotonic() < ends:
            time.sleep(0.02)
        if folded and any(self.in_file(word) for word in words):
            with self._writing, in_words(self.path):
                self._must_be_open()
                self._writer.execute("VACUUM")
            folded = self._fold()
        return folded

    def _fold(self) -> bool:
        """Fold the journal into the file and empty it; whether no reader was in the way."""
        with self._writing, in_words(self.path):
            self._must_be_open()
            busy, _, _ = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    def in_file(self, word: bytes) -> int:
        """How often these bytes stand in the file, also where no record is; the journal is folded in before."""
        self._fold()
        with self.path.open("rb") as file:
            return count_in(file, word)

    def _delete(self, rows: list[tuple[int]]) -> None:
        for start in range(0, len(rows), _DELETED_AT_ONCE):
            with self._change():
                self._writer.executemany("DELETE FROM records WHERE id = ?", rows[start : start + _DELETED_AT_ONCE])

    # -- life -----------------------------------------------------------------------------------------------------

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` after every append and commit, in the thread that made it; returns what ends that."""
        token = object()
        self._listeners = {**self._listeners, token: listener}

        def forget() -> None:
            self._listeners = {known: other for known, other in self._listeners.items() if known is not token}

        return forget

    def verify(self) -> None:
        """Read the whole file and raise `Stop` if any page or index of it is damaged."""
        with in_words(self.path):
            faults = self._reader().execute("PRAGMA integrity_check(3)").fetchall()
        if faults != [("ok",)]:
            found = "; ".join(row[0] for row in faults)
            raise Stop(f"The log {self.path} is damaged ({found}). Move it away and restore a copy.")

    def close(self) -> None:
        """Fold the journal into the file and let go of the lock; anything asked afterwards raises `Wait`."""
        with self._writing:
            if not self._open:
                return
            self._open = False
            for connection in self._readers:
                connection.close()
            try:
                self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            except sqlite3.DatabaseError:
                pass  # the journal stays and is read at the next start; nothing is lost
            finally:
                self._writer.close()
                os.close(self._lock_file)
        self._wake()

    # -- inside ---------------------------------------------------------------------------------------------------

    def _load(self) -> None:
        with in_words(self.path):
            for name, partitions, compacted in self._writer.execute("SELECT name, partitions, compacted FROM topics"):
                self._topics[name] = Topic(name, partitions, bool(compacted))
            for part, topic, partition in self._writer.execute("SELECT id, topic, partition FROM parts"):
                lane = self._lanes[topic, partition] = _Lane(part, topic, partition)
                lane.next = self._next_offset(lane)

    def _next_offset(self, lane: _Lane) -> int:
        # Compaction never takes the last record of a part (it is the newest of its key), so the greatest id tells.
        row = self._writer.execute("SELECT max(id) FROM records WHERE id >= ? AND id < ?", (lane.base, lane.end))
        last = row.fetchone()[0]
        return 0 if last is None else int(last) - lane.base + 1

    def _add_topic(self, topic: Topic) -> None:
        self._writer.execute(
            "INSERT INTO topics (name, partitions, compacted) VALUES (?, ?, ?)",
            (topic.name, topic.partitions, topic.compacted),
        )
        for partition in range(topic.partitions):
            added = self._writer.execute(
                "INSERT INTO parts (topic, partition) VALUES (?, ?)", (topic.name, partition)
            ).lastrowid
            self._lanes[topic.name, partition] = _Lane(int(added or 0), topic.name, partition)
        self._topics[topic.name] = topic

    def _lay_out(
        self, records: Sequence[Outgoing], now: int
    ) -> tuple[list[tuple[Any, ...]], list[Position], dict[_Lane, int]]:
        rows: list[tuple[Any, ...]] = []
        positions: list[Position] = []
        next_offsets: dict[_Lane, int] = {}
        for record in records:
            lane = self._lane_for(record)
            offset = next_offsets.get(lane, lane.next)
            next_offsets[lane] = offset + 1
            at = now if record.timestamp_ms is None else record.timestamp_ms
            headers = _encode_headers(record.headers) if record.headers else None
            rows.append((lane.base + offset, at, record.key, headers, record.value))
            positions.append(Position(record.topic, lane.partition, offset))
        return rows, positions, next_offsets

    def _lane_for(self, record: Outgoing) -> _Lane:
        topic = self._topics.get(record.topic)
        if topic is None:
            raise ValueError(f"topic {record.topic!r} is not in the log; expected one of {', '.join(self._topics)}")
        if record.key is None and topic.compacted:
            raise ValueError(f"a record for the compacted topic {topic.name} has no key")
        partition = record.partition
        if partition is None:
            partition = self._choose(record.key, topic.partitions)
        return self._lane(topic.name, partition)

    def _choose(self, key: bytes | None, partitions: int) -> int:
        if key is not None:
            return partition_of(key, partitions)
        self._turns += 1
        return self._turns % partitions

    def _insert(self, rows: list[tuple[Any, ...]]) -> None:
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            self._writer.executemany(_INSERT, rows)
            self._writer.execute("COMMIT")
        except BaseException:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        if self._writer.in_transaction:
            self._writer.execute("ROLLBACK")

    @contextmanager
    def _change(self) -> Iterator[None]:
        """One transaction on the writing connection."""
        with self._writing, in_words(self.path):
            self._must_be_open()
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._writer.execute("COMMIT")
            except BaseException:
                self._roll_back()
                raise

    def _reader(self) -> sqlite3.Connection:
        self._must_be_open()
        connection: sqlite3.Connection | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = reading(self.path)
            with self._writing:
                self._readers.append(connection)
        return connection

    def _read_all(self, query: str, values: tuple[Any, ...]) -> list[Any]:
        with in_words(self.path):
            return self._reader().execute(query, values).fetchall()

    def _read_one(self, query: str, values: tuple[Any, ...]) -> Any:
        with in_words(self.path):
            return self._reader().execute(query, values).fetchone()

    def _lane(self, topic: str, partition: int) -> _Lane:
        lane = self._lanes.get((topic, partition))
        if lane is None:
            known = self._topics.get(topic)
            there = f"{known.partitions} partitions, from 0" if known else f"one of {', '.join(self._topics)}"
            raise ValueError(f"partition {partition} of topic {topic!r} is not in the log; expected {there}")
        return lane

    def _lanes_of(self, topic: str) -> list[_Lane]:
        known = self._topics.get(topic)
        return [] if known is None else [self._lanes[topic, partition] for partition in range(known.partitions)]

    def _must_be_open(self) -> None:
        if not self._open:
            raise Wait(f"The log {self.path} is closed")

    def _wake(self) -> None:
        for listener in self._listeners.values():
            listener()


def waker(event: asyncio.Event) -> Callable[[], None]:
    """A listener that sets `event`, from whatever thread; made in the loop that waits for it."""
    loop = asyncio.get_running_loop()
    home = threading.get_ident()

    def wake() -> None:
        if threading.get_ident() == home:
            event.set()
        elif not event.is_set() and not loop.is_closed():
            loop.call_soon_threadsafe(event.set)

    return wake


def count_in(file: BinaryIO, word: bytes, piece: int = 1 << 20) -> int:
    """How often `word` stands in a file, read piece by piece."""
    count, before = 0, b""
    while read := file.read(piece):
        held = before + read
        count += held.count(word)
        before = held[len(held) - len(word) + 1 :]
    return count


_shared: dict[Path, tuple[Log, int]] = {}
_sharing = threading.Lock()


def acquire(path: Path, *, synchronous: Synchronous = "normal") -> Log:
    """The one `Log` of this process at `path`; every `acquire` needs its `release`.

    `synchronous` counts for the first, who opens it.
    """
    place = path.resolve()
    with _sharing:
        log, holders = _shared.get(place, (None, 0))
        if log is None:
            log = Log(place, synchronous=synchronous)
        _shared[place] = (log, holders + 1)
        return log


def release(log: Log) -> None:
    """Give back what `acquire` gave; the last one closes the log."""
    with _sharing:
        known, holders = _shared.get(log.path, (None, 0))
        if known is not log:
            return
        if holders > 1:
            _shared[log.path] = (log, holders - 1)
            return
        del _shared[log.path]
    log.close()
