"""The sink of all topics: records in, rows safe in the warehouse.

    store = WarehouseStore(warehouse)        # after `migrate(warehouse)`
    store.write(records)                     # blocking: call it in a thread

Repeats change nothing, however the batches are cut: a batch that comes again whole is dropped by its token, and rows of
the same place in the log replace each other. One warehouse belongs to one log.

An erasure among the records is carried out before `write` returns, and what comes of the fact later is kept by its
place only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from schemas.codec import decode_fact, decode_notice, encode, fact_key
from schemas.erasure import Erased, cleaned, erased_by, says_nothing
from schemas.reading import Door
from streams.warehouse.erasing import QUOTING, ErasedOnes, erase, erased_in
from streams.warehouse.ports import StoredRecord, Waiting, Warehouse
from streams.warehouse.rows import ReadFact, Row, columns_of, rows_of, without
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
        self._erased: ErasedOnes | None = None

    def write(self, records: Sequence[StoredRecord]) -> None:
        """Store a batch of records; return when it is safe; repeats change nothing.

        Records of several topics and partitions may be mixed; a few thousand at once cost little more than one. Raises
        `Wait` while the engine is away: then call again with the same records. Raises `Stop` when it cannot be used.
        What cannot be read is stored with a marker.
        """
        for start in range(0, len(records), AT_ONCE):
            self._write(records[start : start + AT_ONCE])

    def note_lag(self, found: Sequence[Waiting]) -> None:
        """Note how many records wait for each reader; raises `Wait` while the engine is away: then it is not noted."""
        rows: list[Row] = [(one.time, one.reader, one.waiting, list(one.topics)) for one in found]
        token = f"lag_rows:{' '.join(f'{one.reader}@{one.time.isoformat()}' for one in found)}"
        self._warehouse.insert("lag_rows", columns_of("lag_rows"), rows, token=token)

    def _write(self, records: Sequence[StoredRecord]) -> None:
        rows: dict[str, list[Row]] = {}
        erasing = [erased for record in records if (erased := _erased_by(record)) is not None]
        known = self._known_erased(erasing)
        for record in records:
            record = _cleaned(record, known) if known and record.topic == "notices" else record
            made = rows_of(record, self._read)
            for table, row in (without(record, made) if known and _is_of(record, known) else made).items():
                rows.setdefault(table, []).append(row)
        ranges = _ranges(records)
        for table in TABLES:
            if table in rows:
                self._warehouse.insert(table, columns_of(table), rows[table], token=_token(table, ranges, rows[table]))
        for erased in erasing:
            erase(self._warehouse, erased)

    def _known_erased(self, more: Sequence[Erased]) -> ErasedOnes:
        if self._erased is None:
            self._erased = ErasedOnes(erased_in(self._warehouse))
        for erased in more:
            self._erased.add(erased)
        return self._erased


def _erased_by(record: StoredRecord) -> Erased | None:
    if record.topic != "erasures" or record.value is None:
        return None
    try:
        return erased_by(decode_fact(record.value))
    except msgspec.DecodeError:
        return None


def _cleaned(record: StoredRecord, erased: ErasedOnes) -> StoredRecord:
    """A notice that told of something erased, without its words."""
    try:
        notice = decode_notice(record.value or b"")
    except msgspec.DecodeError:
        return record
    if not erased.told_in(notice.id) and not any(erased.quoted_in(g) for each in notice.grounds for g in each):
        return record
    return msgspec.structs.replace(record, value=encode(cleaned(notice, erased.quoted_in)))


def _is_of(record: StoredRecord, erased: ErasedOnes) -> bool:
    """Whether a record is a body of something erased, or a derived record that quotes it."""
    if record.topic == "notices" or (record.value is None and record.topic != "remarks"):
        return False
    value = record.value or b""
    if record.topic in QUOTING:
        text = ((record.key or b"") + b" " + value).decode("utf-8", "replace")
        return not says_nothing(text) and erased.quoted_in(text)
    try:
        fact = decode_fact(value)
    except msgspec.DecodeError:
        return False
    return erased.holds(fact_key(fact))


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
