"""The embedded log's file: who may open it, what is in it, and its faults in words.

Tables: `topics` (name, partition count, compacted or not), `parts` (one row per topic and partition), `records`,
`offsets` (how far each group has come) and `meta` (what is fixed once for the whole log).

A record's row id is its part's number times 2^40 plus its offset, so one integer key orders every part by itself and
a range of offsets is a range of the table. 2^40 offsets are a million records a second for twelve days; at the rate
this log is built for (some 10^4 a second) it is three years of uninterrupted load, per partition.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from streams.errors import Stop

APPLICATION_ID = 0x504C4457  # "PLDW", in the file's header
SCHEMA = 1
OFFSET_BITS = 40

Synchronous: TypeAlias = Literal["normal", "full"]

_TABLES = """
CREATE TABLE topics (name TEXT PRIMARY KEY, partitions INTEGER NOT NULL, compacted INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE parts (
    id INTEGER PRIMARY KEY,
    topic TEXT NOT NULL REFERENCES topics (name),
    partition INTEGER NOT NULL,
    compacted_to INTEGER NOT NULL DEFAULT 0,
    kept INTEGER NOT NULL DEFAULT 0,
    UNIQUE (topic, partition)
);
CREATE TABLE records (id INTEGER PRIMARY KEY, timestamp_ms INTEGER NOT NULL, key BLOB, headers BLOB, value BLOB);
CREATE TABLE offsets (
    group_name TEXT NOT NULL, topic TEXT NOT NULL, partition INTEGER NOT NULL,
    next INTEGER NOT NULL, metadata TEXT NOT NULL,
    PRIMARY KEY (group_name, topic, partition)
) WITHOUT ROWID;
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


@contextmanager
def in_words(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into a `Stop` that names the file and says what to mend."""
    try:
        yield
    except sqlite3.IntegrityError:
        raise
    except sqlite3.DatabaseError as error:
        raise Stop(_explain(path, error)) from error


def _explain(path: Path, error: sqlite3.DatabaseError) -> str:
    text = str(error)
    if "full" in text:
        return (
            f"The log {path} cannot grow: the disk is full. Make room and start again; what was acknowledged is safe."
        )
    if "malformed" in text or "not a database" in text:
        return f"The log {path} is damaged ({text}). Move it away and restore a copy, or start a new log."
    if "readonly" in text or "unable to open" in text:
        return f"The log {path} cannot be written ({text}). Check who owns the file and its folder."
    return f"The log {path} failed: {text}."


def hold(path: Path) -> int:
    """Take the lock of the log at `path`, for this process alone; the descriptor holds it until it is closed.

    Raises `Stop` that names the process that holds it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise Stop(f"The log {path} cannot be opened: {error.strerror}.") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
        os.close(descriptor)
        raise Stop(
            f"The log {path} is in use by process {holder}; one process holds it. "
            "Stop that one, or speak to it over HTTP."
        ) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
    return descriptor


def connect(path: Path, synchronous: Synchronous) -> sqlite3.Connection:
    """A writing connection to the log at `path`, made if absent; the caller holds its lock.

    Raises `Stop` for a file that is damaged, is no log, or was written by a newer version.
    """
    if synchronous not in get_args(Synchronous):
        raise Stop(f"`synchronous` of the log is {synchronous!r}, expected 'normal' or 'full'")
    with in_words(path):
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
        try:
            connection.execute("PRAGMA page_size = 8192")
            _settle_schema(connection, path)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {synchronous}")
            connection.execute("PRAGMA secure_delete = ON")  # an erased body is overwritten, not only unlinked
            connection.execute("PRAGMA wal_autocheckpoint = 2000")
        except BaseException:
            connection.close()
            raise
    return connection


def reading(path: Path) -> sqlite3.Connection:
    """A connection that can only read; for use by one thread at a time."""
    with in_words(path):
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=64)
        connection.execute("PRAGMA query_only = ON")
        return connection


def _settle_schema(connection: sqlite3.Connection, path: Path) -> None:
    owner = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    objects = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if (owner, version, objects) == (0, 0, 0):
        connection.executescript(
            f"BEGIN; PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {SCHEMA}; {_TABLES} COMMIT;"
        )
    elif owner != APPLICATION_ID:
        raise Stop(f"{path} is a SQLite file, but not a log of this program: application id {owner:#x}.")
    elif version > SCHEMA:
        raise Stop(f"The log {path} was written by a newer version: schema {version}, this program knows {SCHEMA}.")
    elif version < SCHEMA:
        raise Stop(f"The log {path} has schema {version}, expected {SCHEMA}.")
