from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.errors import Stop
from streams.warehouse.chdb import ChdbWarehouse
from streams.warehouse.migrations import Migration, migrate, plan, read_migrations, render

HEAD = "-- What: a test.\n-- Read by: nobody.\n-- Undo: DROP TABLE x;\n"


@pytest.fixture
def bare_warehouse(tmp_path: Path) -> Iterator[ChdbWarehouse]:
    """A folder to which no migration was applied."""
    warehouse = ChdbWarehouse(tmp_path / "bare")
    yield warehouse
    warehouse.close()


def written(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_all_migrations_are_applied_once_and_remembered(bare_warehouse: ChdbWarehouse) -> None:
    heard: list[str] = []
    applied = migrate(bare_warehouse, told=heard.append)
    assert applied == read_migrations()
    assert heard == [migration.name for migration in applied]
    assert migrate(bare_warehouse, told=heard.append) == ()
    assert len(heard) == len(applied)


def test_a_plan_changes_nothing_and_shows_every_statement(bare_warehouse: ChdbWarehouse) -> None:
    pending = plan(bare_warehouse)
    shown = render(pending)
    assert all(statement in shown for migration in pending for statement in migration.statements)
    tables = bare_warehouse.query("SELECT name FROM system.tables WHERE database = currentDatabase()").rows
    assert [name for (name,) in tables] == ["migrations"]
    assert render(()) == "The warehouse is up to date.\n"


def test_an_upgrade_applies_only_what_is_new(bare_warehouse: ChdbWarehouse) -> None:
    every = read_migrations()
    for known in range(1, len(every) + 1):
        assert migrate(bare_warehouse, every[:known]) == every[known - 1 : known]


def test_an_applied_file_that_was_edited_is_refused(bare_warehouse: ChdbWarehouse) -> None:
    every = read_migrations()
    migrate(bare_warehouse, every)
    edited = Migration(1, every[0].name, every[0].text + "-- one more remark\n")
    with pytest.raises(
        Stop, match=f"{edited.name} was changed after it was applied: its checksum is {edited.checksum[:12]}"
    ):
        plan(bare_warehouse, (edited, *every[1:]))


def test_a_warehouse_made_by_a_newer_version_is_left_alone(bare_warehouse: ChdbWarehouse) -> None:
    every = read_migrations()
    migrate(bare_warehouse, every)
    with pytest.raises(Stop, match=f"{every[-1].name}, which this program does not know"):
        migrate(bare_warehouse, every[:-1])


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("1_short.sql", HEAD, "1_short.sql is not named NNN_name.sql"),
        ("002_gap.sql", HEAD, "has number 2, expected 1"),
        ("001_mute.sql", "CREATE TABLE x (a UInt8) ENGINE = Memory;\n", "where '-- What:' was expected"),
        ("001_no_undo.sql", "-- What: x.\n-- Read by: y.\nSELECT 1;\n", "'SELECT 1;' where '-- Undo:' was expected"),
        ("001_kafka.sql", HEAD + "CREATE TABLE x (a UInt8) ENGINE = Kafka('a');\n", "has 'ENGINE = Kafka'"),
        ("001_values.sql", HEAD + "insert into x values (1);\n", "has an INSERT with VALUES"),
        ("001_url.sql", HEAD + "create table x (a UInt8) engine=URL('a');\n", "reaches outside"),
    ],
)
def test_a_file_that_breaks_the_rules_stops_the_start(tmp_path: Path, name: str, text: str, said: str) -> None:
    with pytest.raises(Stop, match=said):
        read_migrations(written(tmp_path / "sql", name, text))


def test_statements_end_with_a_semicolon_at_the_end_of_a_line(tmp_path: Path) -> None:
    text = HEAD + "-- a remark; with a semicolon\nSELECT ';' AS a,\n  2;\n\nSELECT 3; \nSELECT 4;"
    (migration,) = read_migrations(written(tmp_path / "sql", "001_a.sql", text))
    assert migration.statements == ("SELECT ';' AS a,\n  2", "SELECT 3", "SELECT 4")
