from __future__ import annotations

import datetime as dt
import random
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas import Alert, Incident, Period, Retraction, Tick
from schemas.codec import TOPIC_OF, AnyFact, encode, kind_of, log_key
from streams.errors import Wait
from streams.warehouse.chdb import ChdbWarehouse
from streams.warehouse.ports import Answer, StoredRecord, Warehouse
from streams.warehouse.store import WarehouseStore
from streams.warehouse.tables import TABLES

DAY = dt.date(2025, 3, 9)


def incident(number: int, revision: int = 1, vector: str = "unknown") -> Incident:
    return Incident(
        id=f"i{number}",
        source="lab",
        revision=revision,
        occurred=Period(start=DAY),
        technology="intrusion_spyware",
        vector=vector,  # type: ignore[arg-type]
    )


def retraction(number: int, revision: int = 1) -> Retraction:
    return Retraction(id=f"i{number}", source="lab", of="incident", revision=revision)


def log_of(facts: Sequence[AnyFact], partition: int = 0) -> list[StoredRecord]:
    return [
        StoredRecord(
            topic=TOPIC_OF[kind_of(fact)],
            partition=partition,
            offset=offset,
            timestamp_ms=1_741_500_000_000 + offset,
            key=log_key(fact),
            value=encode(fact),
        )
        for offset, fact in enumerate(facts)
    ]


def alert_log(words: Sequence[Alert]) -> list[StoredRecord]:
    return [
        StoredRecord(topic="alerts", partition=0, offset=n, timestamp_ms=n, key=word.id.encode(), value=encode(word))
        for n, word in enumerate(words)
    ]


def seen(warehouse: Warehouse) -> tuple[object, ...]:
    """Everything a reader can see of records, facts and alerts."""
    asked = (
        "SELECT topic, partition, offset, subject, state FROM records ORDER BY ALL",
        "SELECT kind, source, id, revision, recorded_at FROM facts ORDER BY ALL",
        "SELECT kind, source, id, taken_back, digest, body FROM fact_rows FINAL ORDER BY ALL",
        "SELECT * FROM alerts ORDER BY id",
        "SELECT * FROM alert_history ORDER BY id, offset",
        "SELECT * FROM freshness ORDER BY source",
        "SELECT * FROM positions ORDER BY topic, partition",
    )
    return tuple(tuple(map(tuple, warehouse.query(sql).rows)) for sql in asked)


def empty(warehouse: Warehouse) -> None:
    for table in TABLES:
        warehouse.command(f"TRUNCATE TABLE {table}")


FACTS: list[AnyFact] = [
    *(incident(n) for n in range(12)),
    incident(3, revision=2),
    retraction(4),
    incident(5, revision=2, vector="zero_click"),
    incident(5, revision=2, vector="one_click_sms"),
    retraction(5, revision=1),
    incident(4),
]


class Broken:
    """A warehouse that takes `taken` inserts, then is away once."""

    def __init__(self, inner: Warehouse, taken: int) -> None:
        self.inner, self.left, self.away = inner, taken, False

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]], *, token: str) -> None:
        if self.left == 0 and not self.away:
            self.away = True
            raise Wait("away, on purpose")
        self.left -= 1
        self.inner.insert(table, columns, rows, token=token)

    def query(self, sql: str, parameters: Mapping[str, object] | None = None) -> Answer:
        return self.inner.query(sql, parameters)

    def command(self, sql: str) -> None:
        self.inner.command(sql)

    def close(self) -> None:
        self.inner.close()


def test_each_record_counts_once_however_often_it_is_sent(any_warehouse: Warehouse) -> None:
    records = log_of(FACTS)
    WarehouseStore(any_warehouse).write(records)
    once = seen(any_warehouse)
    for cut in (1, 5, len(records)):
        for start in range(0, len(records), cut):
            WarehouseStore(any_warehouse).write(records[start : start + cut])
    assert seen(any_warehouse) == once
    (row,) = any_warehouse.query("SELECT count() FROM records").rows
    assert row[0] == len(FACTS)


def test_a_whole_batch_sent_again_leaves_no_second_row_even_before_merges(any_warehouse: Warehouse) -> None:
    records = log_of(FACTS)
    for _ in range(3):
        WarehouseStore(any_warehouse).write(records)
    (row,) = any_warehouse.query("SELECT count() FROM record_rows").rows
    assert row[0] == len(FACTS)


@pytest.mark.slow
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False), st.integers(min_value=2, max_value=7))
def test_neither_order_nor_cuts_nor_repeats_change_what_is_seen(
    chdb_warehouse: ChdbWarehouse, chance: random.Random, cut: int
) -> None:
    words = [Alert(id=f"XA~auth:L{n % 3}~c1", destination="XA", version=f"{n:08x}") for n in range(7)]
    records = log_of(FACTS[-8:]) + alert_log(words)
    empty(chdb_warehouse)
    WarehouseStore(chdb_warehouse).write(records)
    expected = seen(chdb_warehouse)
    empty(chdb_warehouse)
    mixed = records + chance.sample(records, 4)
    chance.shuffle(mixed)
    for start in range(0, len(mixed), cut):
        WarehouseStore(chdb_warehouse).write(mixed[start : start + cut])
    assert seen(chdb_warehouse) == expected


def test_merging_in_the_background_changes_nothing_that_is_seen(chdb_warehouse: ChdbWarehouse) -> None:
    records = log_of(FACTS)
    for record in [*records, *reversed(records)]:
        WarehouseStore(chdb_warehouse).write([record])
    before = seen(chdb_warehouse)
    for table in TABLES:
        chdb_warehouse.command(f"OPTIMIZE TABLE {table} FINAL")
    assert seen(chdb_warehouse) == before


@pytest.mark.parametrize("taken", [0, 1, 2])
def test_a_batch_that_broke_off_is_whole_after_it_was_sent_again(chdb_warehouse: ChdbWarehouse, taken: int) -> None:
    records = alert_log([Alert(id="XA~auth:L1~c1", destination="XA", version="00000001")])
    store = WarehouseStore(Broken(chdb_warehouse, taken))
    with pytest.raises(Wait):
        store.write(records)
    store.write(records)
    store.write(records)
    for table in ("record_rows", "alert_rows", "alert_log_rows"):
        assert chdb_warehouse.query(f"SELECT count() FROM {table}").rows == [(1,)]


def test_a_fact_is_seen_in_its_newest_live_revision(any_warehouse: Warehouse) -> None:
    for record in log_of(FACTS):
        WarehouseStore(any_warehouse).write([record])
    facts = {str(name): revision for name, revision in any_warehouse.query("SELECT id, revision FROM facts").rows}
    assert facts == {f"i{n}": 2 if n in (3, 5) else 1 for n in range(12) if n != 4}
    assert [name for (name,) in any_warehouse.query("SELECT id FROM retracted").rows] == ["i4"]


def test_a_revision_after_a_retraction_is_a_new_word_on_the_matter(chdb_warehouse: ChdbWarehouse) -> None:
    WarehouseStore(chdb_warehouse).write(log_of([retraction(1), incident(1), incident(1, revision=2)]))
    assert chdb_warehouse.query("SELECT id, revision FROM facts").rows == [("i1", 2)]
    assert chdb_warehouse.query("SELECT id FROM retracted").rows == []


def test_the_last_record_of_an_alert_counts_whatever_its_time(any_warehouse: Warehouse) -> None:
    old = StoredRecord(topic="alerts", partition=0, offset=1, timestamp_ms=9_000, key=b"k", value=word("watch"))
    new = StoredRecord(topic="alerts", partition=0, offset=2, timestamp_ms=1_000, key=b"k", value=word("urgent"))
    WarehouseStore(any_warehouse).write([new])
    WarehouseStore(any_warehouse).write([old])
    assert [tuple(row) for row in any_warehouse.query("SELECT band FROM alerts").rows] == [("urgent",)]


def word(band: str) -> bytes:
    return encode(Alert(id="XA~auth:L1~c1", destination="XA", band=band))  # type: ignore[arg-type]


def test_a_better_program_reads_again_what_an_older_one_could_not(chdb_warehouse: ChdbWarehouse) -> None:
    def blind(raw: bytes) -> AnyFact:
        raise ValueError(raw)

    records = log_of([incident(1), Tick(id="t1", source="clock", day=DAY)])
    WarehouseStore(chdb_warehouse, read=blind).write(records)
    assert chdb_warehouse.query("SELECT DISTINCT state FROM records").rows == [("unreadable",)]
    WarehouseStore(chdb_warehouse).write(records)
    assert chdb_warehouse.query("SELECT DISTINCT state FROM records").rows == [("whole",)]
    assert chdb_warehouse.query("SELECT count() FROM facts").rows == [(2,)]


def test_a_log_that_was_started_anew_is_not_taken_for_a_repeat(chdb_warehouse: ChdbWarehouse) -> None:
    WarehouseStore(chdb_warehouse).write(log_of([incident(1)]))
    WarehouseStore(chdb_warehouse).write(log_of([incident(2)]))
    assert chdb_warehouse.query("SELECT id FROM facts ORDER BY id").rows == [("i1",), ("i2",)]


def test_text_that_no_door_has_screened_does_not_get_in(chdb_warehouse: ChdbWarehouse) -> None:
    smuggled = encode(incident(1))[:-1] + b',"victim":"Jane Doe"}'
    written = StoredRecord(topic="incidents", partition=0, offset=0, timestamp_ms=0, key=b"Jane", value=smuggled)
    WarehouseStore(chdb_warehouse).write([written])
    ((state, fault, value, key),) = chdb_warehouse.query("SELECT state, fault, value, key FROM record_rows").rows
    assert (state, value, key) == ("unreadable", "", "")
    assert "Jane" not in str(fault)
    assert chdb_warehouse.query("SELECT count() FROM fact_rows").rows == [(0,)]
