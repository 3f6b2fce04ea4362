"""The sink of all topics: records in, rows safe in the warehouse.

    store = WarehouseStore(warehouse)        # after `migrate(warehouse)`
    store.write(records)                     # blocking: call it in a thread

Repeats change nothing, however the batches are cut: a batch that comes again whole is dropped by its token, and rows of
the same place in the log replace each other. One warehouse belongs to one log.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from schemas.reading import Door
from streams.warehouse.ports import StoredRecord, Warehouse
from streams.warehouse.rows import ReadFact, Row, columns_of, rows_of
from streams.warehouse.tables import TABLES

AT_ONCE = 5_000
"""Rows in one insert: far below the million that the engine writes as one, and some 100 MB of alerts at most."""


class WarehouseStore:
    """A `Store` over any `Warehouse`.

    `read` reads the records of fact topics. The default is the strict door, because anyone with a Kafka client may
    write to them: what the door refuses is kept by its place only, so that no text gets in that was never screened.
    Where every record came through our own door (the embedded log), `schemas.codec.decode_fact` is five times as fast.
    """

    def __init__(self, warehouse: Warehouse, *, read: ReadFact | None = None) -> None:
        self._warehouse = warehouse
        self._read = read or Door().fact

    def write(self, records: Sequence[StoredRecord]) -> None:
        """Store a batch of records; return when it is safe; repeats change nothing.

        Records of several topics and partitions may be mixed; a few thousand at once cost little more than one. Raises
        `Wait` while the engine is away: then call again with the same records. Raises `Stop` when it cannot be used.
        What cannot be read is stored with a marker.
        """
        for start in range(0, len(records), AT_ONCE):
            self._write(records[start : start + AT_ONCE])

    def _write(self, records: Sequence[StoredRecord]) -> None:
        rows: dict[str, list[Row]] = {}
        for record in records:
            for table, row in rows_of(record, self._read).items():
                rows.setdefault(table, []).append(row)
        ranges = _ranges(records)
        for table in TABLES:
            if table in rows:
                self._warehouse.insert(table, columns_of(table), rows[table], token=_token(table, ranges, rows[table]))


def _ranges(records: Sequence[StoredRecord]) -> str:
    """The ranges of the log that a batch covers: `incidents:3:120-140`, several with a blank between."""
    offsets: dict[tuple[str, int], list[int]] = {}
    for record in records:
        offsets.setdefault((record.topic, record.partition), []).append(record.offset)
    return " ".join(f"{topic}:{part}:{min(these)}-{max(these)}" for (topic, part), these in sorted(offsets.items()))


def _token(table: str, ranges: str, rows: Sequence[Row]) -> str:
    """Names the ranges, and what is written of them: a newer program that reads more of them is not dropped."""
    digest = hashlib.blake2b(repr((ranges, rows)).encode("utf-8", "backslashreplace"), digest_size=16).hexdigest()
    return f"{table}:{ranges[:80]}:{digest}"
