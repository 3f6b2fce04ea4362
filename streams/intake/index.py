"""What the door has let in: (fact, revision) → (digest of the body, receipt, place in the log), in one SQLite file.

The index is a reading of the log, never a second truth. It holds exactly what stands before `places` in each part, and
rows and places move in one transaction. So a kill at any point leaves it at an earlier, whole state: what was appended
but not yet entered is read again from the log before the next question (`catch_up`), and an absent file is made anew
the same way. Nothing acknowledged is forgotten, and nothing is taken in twice. What others write to the log by Kafka is
met in the same way.

A receipt is a digest of the fact's key, revision and body: the same body has the same receipt, whoever asks and after
any restart. Answers to requests with an `Idempotency-Key` are kept beside it for a week; losing them loses nothing,
since facts carry their own ids.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from schemas.codec import AnyFact, body_hash, decode_fact, fact_key, kind_of, log_key
from streams.errors import Stop
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


def told(fact: AnyFact, position: Position, at_ms: int) -> Told:
    """The entry of a fact that stands at `position`."""
    key, digest = log_key(fact).decode(), body_hash(fact)
    return Told(
        log_key=key, hash=digest, receipt=_receipt(key, digest), source=fact.source, fact=fact_key(fact),
        revision=fact.revision, kind=kind_of(fact), position=position, at_ms=at_ms,
    )  # fmt: skip


class Index:
    """The index in the file at `path`, made if absent. Blocking, safe for threads; one process holds it."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._connection = _open(path)
        self._places: dict[Part, int] = {
            (topic, part): place for topic, part, place in self._connection.execute("SELECT * FROM places")
        }

    def place(self, topic: str, partition: int) -> int:
        """The offset up to which this part has been entered."""
        return self._places.get((topic, partition), 0)

    def enter(self, entries: Sequence[Told], places: Mapping[Part, int]) -> None:
        """Enter facts, and move the places on, in one transaction. The first entry of a body stays."""
        with self._writing() as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO told VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [_row(entry) for entry in entries],
            )
            connection.executemany(
                "INSERT INTO places VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET next = max(next, excluded.next)",
                [(*part, place) for part, place in places.items()],
            )
        for known, place in places.items():
            self._places[known] = max(place, self._places.get(known, 0))

    def enter_sent(self, entries: Sequence[Told]) -> None:
        """Enter what has just been sent; a part's place moves only where nothing of another writer lies between."""
        offsets: dict[Part, list[int]] = {}
        for entry in entries:
            part = (entry.position.topic, entry.position.partition)
            offsets.setdefault(part, []).append(entry.position.offset)
        self.enter(entries, {part: self._reached(part, sorted(found)) for part, found in offsets.items()})

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


def _entry(row: tuple[str, str, str, str, str, int, str, str, int, int, int]) -> Told:
    return Told(
        log_key=row[0], hash=row[1], receipt=row[2], source=row[3], fact=row[4], revision=row[5], kind=row[6],
        position=Position(row[7], row[8], row[9]), at_ms=row[10],
    )  # fmt: skip


async def catch_up(index: Index, reader: Reader, topics: Iterable[str]) -> int:
    """Enter what stands in the log behind the index's places; return how many records were read.

    What cannot be read as a fact is passed over: it is the matter of whoever reads the topic. Raises `Wait` when the
    log is away.
    """
    count = 0
    for topic in topics:
        for partition, end in (await reader.highwaters(topic)).items():
            while (start := index.place(topic, partition)) < end:
                records = await reader.read(topic, partition, start, _AT_ONCE)
                upto = records[-1].offset + 1 if records else end
                index.enter([entry for record in records if (entry := _of_record(record))], {(topic, partition): upto})
                count += len(records)
    return count


def _of_record(record: Record) -> Told | None:
    if record.value is None:
        return None
    try:
        fact = decode_fact(record.value)
    except msgspec.DecodeError:
        return None
    return told(fact, Position(record.topic, record.partition, record.offset), record.timestamp_ms)


def outgoing(fact: AnyFact, topic: str, partition: int, value: bytes, at_ms: int, by: str) -> Outgoing:
    """The record of a fact, with the name of the key that sent it beside the body, for the audit."""
    return Outgoing(topic, value, log_key(fact), partition, at_ms, (("by", by.encode()),))
