"""What the rest of the house may ask of a warehouse. Two engines stand behind it: chDB and a ClickHouse server."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec


class StoredRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One record of a topic, as it is stored: every topic, every record, once."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    """When the log had it [ms since 1970, UTC]."""
    key: bytes | None
    value: bytes | None


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """How many records of the log wait for one of its readers."""

    time: dt.datetime
    """When it was looked at [UTC]."""
    reader: str
    """The group that keeps its place in the log."""
    waiting: int
    """Records [count]."""
    topics: tuple[str, ...]
    """Topics in which something waits."""


class Answer(msgspec.Struct, frozen=True):
    """The answer to a query: column names and rows, in the Python types of clickhouse-driver."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[object, ...]]


class Warehouse(Protocol):
    """An engine. Blocking and thread-safe: callers on an event loop run it in a thread.

    Raises `streams.errors.Wait` while the engine is away, `streams.errors.Stop` when it cannot be used at all.
    """

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]], *, token: str) -> None:
        """Write one batch; return when it is safe. The same `token` again changes nothing."""

    def query(self, sql: str, parameters: Mapping[str, object] | None = None) -> Answer:
        """Rows for `sql`, in which `%(name)s` stands for a parameter. SQL is ours, never a user's."""

    def command(self, sql: str) -> None:
        """Run a statement that returns nothing (migrations)."""

    def close(self) -> None:
        """Let go of the engine."""


class Store(Protocol):
    """The sink of all topics: one function."""

    def write(self, records: Sequence[StoredRecord]) -> None:
        """Store a batch of records, those of a part in order; return when it is safe; repeats change nothing."""
