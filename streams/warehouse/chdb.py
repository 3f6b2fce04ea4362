"""The ClickHouse engine in this process: chDB on one folder.

    warehouse = ChdbWarehouse(Path("var/warehouse"))      # takes the folder's lock; the engine starts on first use
    migrate(warehouse)
    ...
    warehouse.close()

One process holds a folder, and a process holds one folder at a time: the engine is global to it. Not fork-safe: open
it after workers are started, start them by spawn. What `insert` has returned survives `kill -9`. SQL that comes here
must be ours: the engine reads local files and opens addresses when it is asked to.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from streams.errors import PledgewatchError, Stop
from streams.warehouse.faults import in_words
from streams.warehouse.pool import Pool
from streams.warehouse.ports import Answer

if TYPE_CHECKING:
    from chdb.state.sqlitelike import Connection

DATABASE = "pledgewatch"
MEMORY = 2_000_000_000
"""Most memory that the engine may take [bytes]: twice what a bulk load of 1 M rows was measured to need."""
LARGEST_INSERT = 1_000_000
"""Rows in one insert; a larger one was seen left in part by kill -9."""


class ChdbWarehouse:
    """A `Warehouse` in the folder `path`, made if absent. Raises `Stop` when another process holds it."""

    def __init__(self, path: Path, *, memory: int = MEMORY) -> None:
        if set("?&#%") & set(str(path)):
            raise Stop(f"The warehouse's folder is {path}: its path must not hold any of ? & # %")
        self.path = path.absolute()
        self._lock_file = _hold(self.path)
        self._address = f"{self.path}?max_server_memory_usage={memory}"
        self._pool: Pool[Connection] = Pool(self._connect, lambda handle: handle.close())
        self._types: dict[str, dict[str, str]] = {}
        self._starting = threading.Lock()
        self._anchor: Connection | None = None

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]], *, token: str) -> None:
        """Write one batch of at most a million rows; return when it is on disk; the same `token` changes nothing."""
        if not rows:
            return
        if len(rows) > LARGEST_INSERT:
            raise Stop(f"An insert into {table} has {len(rows)} rows, expected at most {LARGEST_INSERT}")
        from streams.warehouse.native import bind, encode_rows

        types = self._types_of(table)
        settings = bind("async_insert=0, insert_deduplication_token=%(token)s", {"token": token})
        sql = f"INSERT INTO {table} ({', '.join(columns)}) SETTINGS {settings}"
        with self._lend(f"writing to {table}", with_text=False) as handle:
            block = encode_rows([(name, types[name]) for name in columns], rows)
            inserter = handle.send_insert(sql, "Native")
            inserter.append(block)
            inserter.finish()

    def query(self, sql: str, parameters: Mapping[str, object] | None = None) -> Answer:
        """Rows for `sql`, in which `%(name)s` stands for a parameter."""
        from streams.warehouse.native import bind, decode_rows

        bound = bind(sql, parameters)
        with self._lend("reading") as handle:
            raw = handle.query(bound, "Native").bytes()
            if raw:
                return decode_rows(raw)
            # The format leaves the header out where there is no row.
            described = decode_rows(handle.query(f"DESCRIBE TABLE ({bound})", "Native").bytes())
        return Answer(tuple(str(row[0]) for row in described.rows), [])

    def command(self, sql: str) -> None:
        """Run a statement that returns nothing."""
        with self._lend("running a statement") as handle:
            handle.query(sql, "Native")
        self._types.clear()

    def close(self) -> None:
        """Let go of the engine and of the folder; a second call does nothing."""
        self._pool.close()
        with self._starting:
            if self._anchor is not None:
                self._anchor.close()
                self._anchor = None
            if self._lock_file >= 0:
                os.close(self._lock_file)
                self._lock_file = -1

    @contextmanager
    def _lend(self, doing: str, *, with_text: bool = True) -> Iterator[Connection]:
        try:
            with self._pool.lend() as handle:
                yield handle
        except PledgewatchError:
            raise
        except Exception as error:
            raise in_words(error, doing=doing, with_text=with_text) from (error if with_text else None)

    def _connect(self) -> Connection:
        with self._starting:
            if self._anchor is None:
                self._anchor = self._start()
        handle = _open(self._address)
        handle.query(f"USE {DATABASE}")
        return handle

    def _start(self) -> Connection:
        """The first handle. It stays open, because the engine stops with its last one."""
        try:
            anchor = _open(self._address)
        except RuntimeError as error:
            raise Stop(
                f"The warehouse in {self.path} cannot be opened: {str(error)[:300]} "
                "Is another folder open in this process, or was the folder made by a newer version?"
            ) from error
        anchor.query(f"CREATE DATABASE IF NOT EXISTS {DATABASE}")
        return anchor

    def _types_of(self, table: str) -> dict[str, str]:
        if table not in self._types:
            described = self.query(f"DESCRIBE TABLE {table}").rows
            self._types[table] = {str(row[0]): str(row[1]) for row in described}
        return self._types[table]


def _open(address: str) -> Connection:
    from chdb.state.sqlitelike import Connection  # a second, so not before the engine is needed

    return Connection(address)


def _hold(path: Path) -> int:
    """Take the lock of the folder at `path` for this process; the descriptor holds it until it is closed."""
    lock = path.with_name(path.name + ".lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise Stop(f"The warehouse {path} cannot be locked: {error.strerror}. Check who owns its folder.") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "unknown"
        os.close(descriptor)
        raise Stop(
            f"The warehouse {path} is held by another process (pid {holder}). One process holds it at a time: "
            "ask that one over HTTP, or stop it first."
        ) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode("ascii"), 0)
    return descriptor
