from __future__ import annotations

import pytest

from streams.warehouse.chdb import ChdbWarehouse
from streams.warehouse.migrations import migrate, plan, read_migrations
from streams.warehouse.ports import Warehouse
from streams.warehouse.tables import TABLES


def test_a_crash_before_the_note_costs_nothing(any_warehouse: Warehouse) -> None:
    for migration in read_migrations():
        for statement in migration.statements:
            any_warehouse.command(statement)
    any_warehouse.command("TRUNCATE TABLE migrations")
    assert migrate(any_warehouse) == read_migrations()
    assert plan(any_warehouse) == ()


@pytest.mark.parametrize("table", sorted(TABLES))
def test_real_columns_are_the_declared_ones(any_warehouse: Warehouse, table: str) -> None:
    described = any_warehouse.query(f"DESCRIBE TABLE {table}").rows
    assert {str(row[0]): str(row[1]) for row in described} == TABLES[table]
    assert [str(row[0]) for row in described] == list(TABLES[table])


def test_every_table_that_is_written_remembers_its_batches(chdb_warehouse: ChdbWarehouse) -> None:
    asked = (
        "SELECT name, engine_full FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'"
    )
    engines = {str(name): str(engine) for name, engine in chdb_warehouse.query(asked).rows}
    assert set(engines) == {*TABLES, "migrations"}
    assert all("non_replicated_deduplication_window" in engine for engine in engines.values())


def test_only_what_can_never_change_is_in_a_sorting_key(chdb_warehouse: ChdbWarehouse) -> None:
    asked = "SELECT name, sorting_key, partition_key FROM system.tables WHERE database = currentDatabase()"
    found = {str(name): (sorting, partition) for name, sorting, partition in chdb_warehouse.query(asked).rows}
    keys = {name: key for name, key in found.items() if name.endswith("_rows")}
    assert keys == {
        "record_rows": ("topic, partition, offset", ""),
        "fact_rows": ("kind, source, id", ""),
        "alert_rows": ("id", ""),
        "alert_log_rows": ("id, partition, offset", ""),
        "lag_rows": ("time, reader", ""),
    }
