"""What the door has let in: (fact, revision) → (digest of the body, receipt, place in the log), in one SQLite file.

The index is a reading of the log, never a second truth. It holds exactly what stands before `places` in each part, and
rows and places move in one transaction. So a kill at any point leaves it at an earlier, whole state: what was appended
but not yet entered is read again from the log before the next question (`catch_up`), and an absent file is made anew
the same way. Nothing acknowledged is forgotten, and nothing is taken in twice. What others write to the log by Kafka is
met in the same way.

A receipt is a digest of the fact's key, revision and body: the same body has the same receipt, whoever asks and after
any restart. Answers to requests with an `Idempotency-Key` are kept beside it for a week; losing them loses nothing,
since facts carry their own ids.

Of a fact that was erased nothing is entered but the stubs that its records are due: they go when the log has the stubs.
"""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import msgspec

from schemas import Erasure, Hold
from schemas.codec import AnyFact, body_hash, decode_fact, encode, fact_key, kind_of, log_key
from schemas.erasure import key_digest
from streams.errors import Stop, Wait
from streams.transport.ports import Outgoing, Part, Position, Reader, Record

_SCHEMA = """
CREATE TABLE IF NOT EXISTS told (
    log_key TEXT NOT NULL, hash TEXT NOT NULL, receipt TEXT NOT NULL, source TEXT NOT NULL, fact TEXT NOT NULL,
    revision INTEGER NOT NULL, kind TEXT NOT NULL, topic TEXT NOT NULL, part INTEGER NOT NULL, place INTEGER NOT NULL,
    at_ms INTEGER NOT NULL, PRIMARY KEY (log_key, hash)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS told_by_receipt ON told (receipt);
CREATE TABLE IF NOT EXISTS places (
    topic TEXT NOT NULL, part INTEGER NOT NULL, next INTEGER NOT NULL, PRIMARY KEY (topic, part)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS answers (
    who TEXT NOT NULL, request_key TEXT NOT NULL, digest TEXT NOT NULL, status INTEGER NOT NULL, body BLOB NOT NULL,
    at_ms INTEGER NOT NULL, PRIMARY KEY (who, request_key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS erasures (
    digest TEXT NOT NULL, erases INTEGER NOT NULL, revision INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (digest, erases, revision)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS holds (
    ref TEXT NOT NULL, revision INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (ref, revision)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS strange_keys (
    topic TEXT NOT NULL, part INTEGER NOT NULL, place INTEGER NOT NULL, record_key BLOB NOT NULL,
    PRIMARY KEY (topic, part, place)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS stubs_due (
    topic TEXT NOT NULL, part INTEGER NOT NULL, record_key BLOB NOT NULL, until_ms INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (topic, part, record_key)
) WITHOUT ROWID;
"""
_VERSION = 1
_AT_ONCE = 500
"""Records read from the log, and keys asked for, in one step."""
ANSWERS_KEPT_MS = 7 * 86_400_000
"""How long an answer is kept for a repeated `Idempotency-Key` [ms]."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A fact that the log has."""

    log_key: str
    """Key, revision and whether it takes back."""
    hash: str
    """Digest of the body."""
    receipt: str
    source: str
    fact: str
    """`kind:source:id`."""
    revision: int
    kind: str
    """Kind of the fact, of what it takes back for a retraction."""
    position: Position
    at_ms: int
    """Record time [ms since 1970, UTC]."""
    record_key: bytes = b""
    """Key of the record in the log, where a stranger has chosen another than `log_key`."""


class Stub(msgspec.Struct, frozen=True):
    """A record of what was erased, over which a stub is to be laid: a record without a value under its key."""

    topic: str
    partition: int
    key: bytes


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """What a request with an `Idempotency-Key` was answered."""

    digest: str
    """Of the request: its address and body."""
    status: int
    body: bytes


def receipt_of(fact: AnyFact) -> str:
    """The receipt of a fact [32 hexadecimal digits]."""
    return _receipt(log_key(fact).decode(), body_hash(fact))


def _receipt(key: str, digest: str) -> str:
    return hashlib.blake2b(f"{key}\n{digest}".encode(), digest_size=16, person=b"receipt").hexdigest()


def told(fact: AnyFact, position: Position, at_ms: int, record_key: bytes | None = None) -> Told:
    """The entry of a fact that stands at `position`, under `record_key` where a stranger chose another key."""
    key, digest = log_key(fact).decode(), body_hash(fact)
    return Told(
        log_key=key, hash=digest, receipt=_receipt(key, digest), source=fact.source, fact=fact_key(fact),
        revision=fact.revision, kind=kind_of(fact), position=position, at_ms=at_ms,
        record_key=b"" if record_key in (None, key.encode()) else record_key,
    )  # fmt: skip


class Index:
    """The index in the file at `path`, made if absent. Blocking, safe for threads; one process holds it."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._lock = threading.Lock()
        self._connection = _open(path)
        self._places: dict[Part, int] = {
            (topic, part): place for topic, part, place in self._connection.execute("SELECT * FROM places")
        }
        self._ahead: dict[Part, frozenset[int]] = {}
        """Entered beyond the place of a part: what several send at once is not entered in the order of the log."""
        gone = self._connection.execute("SELECT digest FROM erasures WHERE erases")
        self._erased: set[str] = {digest for (digest,) in gone}

    def place(self, topic: str, partition: int) -> int:
        """The offset up to which this part has been entered."""
        return self._places.get((topic, partition), 0)

    def enter(self, entries: Sequence[Told], places: Mapping[Part, int], spoken: Sequence[AnyFact] = ()) -> None:
        """Enter facts, and move the places on, in one transaction. The first entry of a body stays.

        `spoken` are the erasures and holds among the facts.
        """
        gone = [entry for entry in entries if self.is_erased(entry.fact)]
        with self._writing() as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO told VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [_row(entry) for entry in entries if entry not in gone],
            )
            connection.executemany(
                "INSERT OR IGNORE INTO stubs_due (topic, part, record_key) VALUES (?, ?, ?)",
                [_due(entry) for entry in gone],
            )
            connection.executemany(
                "INSERT OR IGNORE INTO strange_keys VALUES (?, ?, ?, ?)",
                [(*_part(e), e.position.offset, e.record_key) for e in entries if e.record_key and e not in gone],
            )
            for fact in spoken:
                self._hear(connection, fact)
            connection.executemany(
                "INSERT INTO places VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET next = max(next, excluded.next)",
                [(*part, place) for part, place in places.items()],
            )
        self._erased |= {fact.digest for fact in spoken if isinstance(fact, Erasure) and fact.erases}
        for known, place in places.items():
            self._places[known] = max(place, self._places.get(known, 0))

    def enter_sent(self, entries: Sequence[Told], spoken: Sequence[AnyFact] = ()) -> None:
        """Enter what has just been sent; a part's place moves only where nothing of another writer lies between."""
        offsets: dict[Part, list[int]] = {}
        for entry in entries:
            part = (entry.position.topic, entry.position.partition)
            offsets.setdefault(part, []).append(entry.position.offset)
        reached = {
            part: self._reached(part, sorted({*found, *self._ahead.get(part, ())})) for part, found in offsets.items()
        }
        self.enter(entries, reached, spoken)
        with self._lock:
            for part, found in offsets.items():
                place = self.place(*part)
                self._ahead[part] = frozenset(o for o in {*self._ahead.get(part, ()), *found} if o >= place)

    # -- erasure --------------------------------------------------------------------------------------------------

    def is_erased(self, fact: str) -> bool:
        """Whether the fact `kind:source:id` was erased."""
        return bool(self._erased) and key_digest(fact) in self._erased

    def erasure(self, digest: str) -> Erasure | None:
        """The newest word on the erasure of what has this digest; one that erases outdoes all others."""
        with self._lock:
            row = self._connection.execute(
                "SELECT body FROM erasures WHERE digest = ? ORDER BY erases DESC, revision DESC LIMIT 1", (digest,)
            ).fetchone()
        return None if row is None else _decoded(row[0], Erasure)

    def erasures(self) -> list[Erasure]:
        """The newest word on each erasure, the newest request first."""
        with self._lock:
            digests = [row[0] for row in self._connection.execute("SELECT DISTINCT digest FROM erasures")]
        found = [erasure for digest in digests if (erasure := self.erasure(digest)) is not None]
        return sorted(found, key=lambda erasure: erasure.asked_at, reverse=True)

    def holds(self) -> list[Hold]:
        """The newest word on each litigation hold, set or lifted."""
        with self._lock:
            rows = self._connection.execute("SELECT body FROM holds ORDER BY ref, revision").fetchall()
        newest = {hold.ref: hold for (body,) in rows if (hold := _decoded(body, Hold)) is not None}
        return list(newest.values())

    def of_fact(self, fact: str) -> list[Told]:
        """Every record of the fact `kind:source:id` that the log has, stubs apart."""
        kind, source, _ = fact.split(":", 2)
        return self._entries("kind = ? AND source = ? AND fact = ?", [kind, source, fact])

    def stubs(self) -> list[Stub]:
        """The records over which stubs are due."""
        with self._lock:
            rows = self._connection.execute("SELECT topic, part, record_key FROM stubs_due").fetchall()
        return [Stub(topic, part, bytes(key)) for topic, part, key in rows]

    def beyond_rulings(self, words: bytes) -> int:
        """How often some bytes stand in the index's file, or its journal, other than in holds and erasures."""
        with self._lock:
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            said = self._connection.execute("SELECT body FROM holds UNION ALL SELECT body FROM erasures").fetchall()
            files = [self._path, self._path.with_name(self._path.name + "-wal")]
            found = sum(file.read_bytes().count(words) for file in files if file.exists())
        return found - sum(bytes(body).count(words) for (body,) in said)

    def stubs_laid(self, stubs: Iterable[Stub], now_ms: int, again_for_ms: int) -> None:
        """The log has these stubs. They are laid again for so long; then nothing of what lay under them is left here.

        Not even in the file's journal.
        """
        with self._writing() as connection:
            for stub in stubs:
                which = (stub.topic, stub.partition, stub.key)
                connection.execute(
                    "UPDATE stubs_due SET until_ms = ? "
                    "WHERE topic = ? AND part = ? AND record_key = ? AND until_ms = 0",
                    (now_ms + again_for_ms, *which),
                )
            connection.execute("DELETE FROM stubs_due WHERE until_ms > 0 AND until_ms <= ?", (now_ms,))
        with self._lock:
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _hear(self, connection: sqlite3.Connection, fact: AnyFact) -> None:
        if isinstance(fact, Hold):
            connection.execute("INSERT OR IGNORE INTO holds VALUES (?, ?, ?)", (fact.ref, fact.revision, encode(fact)))
        if isinstance(fact, Erasure):
            row = (fact.digest, fact.erases, fact.revision, encode(fact))
            connection.execute("INSERT OR IGNORE INTO erasures VALUES (?, ?, ?, ?)", row)
        if isinstance(fact, Erasure) and fact.erases:
            self._forget(connection, fact)

    def _forget(self, connection: sqlite3.Connection, erasure: Erasure) -> None:
        """Nothing is left of the fact but the stubs that its records are due."""
        asked = (erasure.of, erasure.of_source)
        known = connection.execute("SELECT DISTINCT fact FROM told WHERE kind = ? AND source = ?", asked).fetchall()
        for (fact,) in known:
            if key_digest(fact) == erasure.digest:
                connection.execute(
                    "INSERT OR IGNORE INTO stubs_due (topic, part, record_key) "
                    "SELECT topic, part, CAST(log_key AS BLOB) FROM told WHERE fact = ?",
                    (fact,),
                )
                connection.execute(
                    "INSERT OR IGNORE INTO stubs_due (topic, part, record_key) "
                    "SELECT topic, part, record_key FROM strange_keys "
                    "JOIN told USING (topic, part, place) WHERE fact = ?",
                    (fact,),
                )
                connection.execute("DELETE FROM told WHERE fact = ?", (fact,))
                connection.execute("DELETE FROM strange_keys WHERE record_key IN (SELECT record_key FROM stubs_due)")
                connection.execute("DELETE FROM answers WHERE instr(body, CAST(? AS BLOB)) > 0", (fact,))
                if erasure.of == "hold":
                    connection.execute("DELETE FROM holds WHERE ref = ?", (fact.partition(":")[2],))

    def _reached(self, part: Part, offsets: Iterable[int]) -> int:
        place = self.place(*part)
        for offset in offsets:
            place = offset + 1 if offset == place else place
        return place

    def by_keys(self, keys: Sequence[str]) -> dict[str, list[Told]]:
        """What is known under each of these log keys: more than one entry where bodies differ."""
        found: dict[str, list[Told]] = {}
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            marks = ",".join("?" * len(some))
            for entry in self._entries(f"log_key IN ({marks})", some):  # only question marks are put in
                found.setdefault(entry.log_key, []).append(entry)
        return found

    def by_receipt(self, receipt: str) -> Told | None:
        """The fact that has this receipt, or `None`."""
        return next(iter(self._entries("receipt = ?", [receipt])), None)

    def answered(self, who: str, request_key: str) -> Answered | None:
        """What `who` was answered to a request with this `Idempotency-Key`, or `None`."""
        with self._lock:
            row = self._connection.execute(
                "SELECT digest, status, body FROM answers WHERE who = ? AND request_key = ?", (who, request_key)
            ).fetchone()
        return None if row is None else Answered(digest=row[0], status=row[1], body=row[2])

    def keep_answer(self, who: str, request_key: str, answered: Answered, now_ms: int) -> None:
        """Keep an answer, and let go of those that are too old."""
        with self._writing() as connection:
            connection.execute("DELETE FROM answers WHERE at_ms < ?", (now_ms - ANSWERS_KEPT_MS,))
            connection.execute(
                "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?)",
                (who, request_key, answered.digest, answered.status, answered.body, now_ms),
            )

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    def _entries(self, where: str, values: Sequence[str]) -> list[Told]:
        with self._lock:
            rows = self._connection.execute(f"SELECT * FROM told WHERE {where}", values).fetchall()  # noqa: S608
        return [_entry(row) for row in rows]

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")


def _open(path: Path) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=10)
        path.chmod(0o600)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA secure_delete = ON")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, _VERSION):
            raise Stop(
                f"The intake's index {path} is of version {version}, expected {_VERSION}: delete it, it is made anew"
            )
        connection.executescript(_SCHEMA)
        connection.execute(f"PRAGMA user_version = {_VERSION}")
    except sqlite3.DatabaseError as error:
        raise Stop(
            f"The intake's index {path} cannot be used ({error}): delete it, it is made anew from the log"
        ) from error
    return connection


def _row(entry: Told) -> tuple[object, ...]:
    return (
        entry.log_key, entry.hash, entry.receipt, entry.source, entry.fact, entry.revision, entry.kind,
        entry.position.topic, entry.position.partition, entry.position.offset, entry.at_ms,
    )  # fmt: skip


def _part(entry: Told) -> tuple[object, ...]:
    return (entry.position.topic, entry.position.partition)


def _due(entry: Told) -> tuple[object, ...]:
    return (*_part(entry), entry.record_key or entry.log_key.encode())


Spoken = TypeVar("Spoken", Erasure, Hold)


def _decoded(body: bytes, kind: type[Spoken]) -> Spoken | None:
    fact = decode_fact(body)
    return fact if isinstance(fact, kind) else None


def _entry(row: tuple[str, str, str, str, str, int, str, str, int, int, int]) -> Told:
    return Told(
        log_key=row[0], hash=row[1], receipt=row[2], source=row[3], fact=row[4], revision=row[5], kind=row[6],
        position=Position(row[7], row[8], row[9]), at_ms=row[10],
    )  # fmt: skip


SOON = 0.25
"""How long a question waits for what is being entered before it reads itself [seconds]."""
Soon = Callable[[Part, int], Awaitable[None]]
FIRST = ("erasures", "holds")
"""Topics that are read before others: what was erased is not entered."""


async def catch_up(index: Index, reader: Reader, topics: Iterable[str], soon: Soon | None = None) -> int:
    """Enter what stands in the log behind the index's places; return how many records were read.

    What cannot be read as a fact is passed over: it is the matter of whoever reads the topic. `soon` waits a moment for
    whoever else may be entering a part up to an offset. Raises `Wait` when the log is away.
    """
    count = 0
    ends = await reader.ends(sorted(topics, key=lambda topic: topic not in FIRST))
    lacking = [(part, end) for part, end in ends.items() if index.place(*part) < end]
    for part, end in lacking:
        if soon is not None:
            await soon(part, end)
        while (start := index.place(*part)) < end:
            records = await reader.read(*part, start, _AT_ONCE)
            upto = records[-1].offset + 1 if records else end
            _enter(index, records, part, upto)
            count += len(records)
    return count


class Abreast:
    """Keeps an index abreast of the log. Those who ask while it reads share the next reading."""

    def __init__(self, index: Index, reader: Reader) -> None:
        self._index, self._reader = index, reader
        self._reading = asyncio.Lock()
        self._wanted: set[str] = set()
        self._next: asyncio.Task[int] | None = None
        self._following, self._until = False, 0.0

    async def follow(self, topics: Iterable[str]) -> None:
        """Enter what comes into these topics as it comes, for ever: then a question seldom has to read."""
        known = sorted(topics)
        while True:
            with suppress(Wait):
                await self._follow({part: self._index.place(*part) for part in await self._reader.ends(known)})
            await asyncio.sleep(SOON)

    async def _follow(self, places: Mapping[Part, int]) -> None:
        try:
            async for records in self._reader.follow(places):
                self._following = True
                part = (records[0].topic, records[0].partition)
                place = self._index.place(*part)
                if new := [record for record in records if record.offset >= place]:
                    await asyncio.to_thread(_enter, self._index, new, part, new[-1].offset + 1)
        finally:
            self._following = False

    async def _soon(self, part: Part, end: int) -> None:
        """Wait a moment for the one that follows; who still lacks something reads it."""

        def entered() -> bool:
            return self._index.place(*part) >= end or not self._following or time.monotonic() > self._until

        while not entered():  # noqa: ASYNC110  (it follows in a thread, and tells nobody)
            await asyncio.sleep(0.002)

    async def __call__(self, topics: Iterable[str]) -> int:
        """Enter all that stands in these topics by now; return how many records were read."""
        self._wanted.update(topics)
        if self._next is None:
            self._next = asyncio.create_task(self._read())
        return await asyncio.shield(self._next)

    async def _read(self) -> int:
        async with self._reading:
            wanted, self._wanted, self._next = self._wanted, set(), None
            self._until = time.monotonic() + SOON
            return await catch_up(self._index, self._reader, wanted, self._soon)


def _enter(index: Index, records: Sequence[Record], part: Part, upto: int) -> None:
    read = [(record, fact) for record in records if (fact := _fact_of(record)) is not None]
    spoken = [fact for _, fact in read if isinstance(fact, Erasure | Hold)]
    entries = [told(f, Position(r.topic, r.partition, r.offset), r.timestamp_ms, r.key) for r, f in read]
    index.enter(entries, {part: upto}, spoken)


def _fact_of(record: Record) -> AnyFact | None:
    if record.value is None:
        return None
    try:
        return decode_fact(record.value)
    except msgspec.DecodeError:
        return None


def outgoing(fact: AnyFact, topic: str, partition: int, value: bytes, at_ms: int, by: str) -> Outgoing:
    """The record of a fact, with the name of the key that sent it beside the body, for the audit."""
    return Outgoing(topic, value, log_key(fact), partition, at_ms, (("by", by.encode()),))
