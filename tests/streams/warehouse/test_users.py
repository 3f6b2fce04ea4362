"""Users and grants for a real server. chDB has no users: that the statements mean what they say is checked as text."""

from __future__ import annotations

import re
from importlib.resources import files

from streams.warehouse.chdb import ChdbWarehouse

TEXT = files("infra.clickhouse").joinpath("users.sql").read_text(encoding="utf-8")
CODE = "\n".join(line for line in TEXT.splitlines() if not line.startswith("--"))
STATEMENTS = [part.strip() for part in re.split(r";\s*\n|;\s*$", CODE) if part.strip()]
NEVER_ON_A_BOARD = {"body", "value", "key", "probability", "total", "m", "share", "prior", "reliability", "credibility"}


def views_of(warehouse: ChdbWarehouse) -> set[str]:
    asked = "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine = 'View'"
    return {str(name) for (name,) in warehouse.query(asked).rows}


def test_every_statement_is_one_that_a_current_engine_reads(chdb_warehouse: ChdbWarehouse) -> None:
    assert len(STATEMENTS) > 25
    for statement in STATEMENTS:
        chdb_warehouse.query(f"EXPLAIN AST {statement}")


def test_boards_may_read_every_view_and_nothing_else(chdb_warehouse: ChdbWarehouse) -> None:
    granted = re.findall(r"^GRANT (.+) TO pledgewatch_reads", CODE, re.MULTILINE)
    assert {grant.removeprefix("SELECT ON pledgewatch.") for grant in granted} == views_of(chdb_warehouse)
    assert all(grant.startswith("SELECT ON pledgewatch.") for grant in granted)


def test_no_view_shows_a_body_or_how_sure_we_are(chdb_warehouse: ChdbWarehouse) -> None:
    for view in views_of(chdb_warehouse):
        shown = {str(row[0]) for row in chdb_warehouse.query(f"DESCRIBE TABLE {view}").rows}
        assert not shown & NEVER_ON_A_BOARD, view


def test_views_run_with_the_rights_of_their_maker(chdb_warehouse: ChdbWarehouse) -> None:
    asked = "SELECT name, create_table_query FROM system.tables WHERE database = currentDatabase() AND engine = 'View'"
    for name, made in chdb_warehouse.query(asked).rows:
        assert "SQL SECURITY DEFINER" in str(made), name


def test_no_grant_reaches_outside_the_database() -> None:
    assert not re.search(r"\b(FILE|URL|S3|REMOTE|MYSQL|SOURCES|ALL|SYSTEM|READ ON|WRITE ON)\b.* ON ", CODE)
    assert not re.search(r"\bON \*\.\*", CODE)


def test_no_password_is_written_down() -> None:
    assert re.findall(r"IDENTIFIED WITH (\S+) BY '([^']*)'", CODE) == [
        ("sha256_hash", "${WRITER_SHA256}"),
        ("sha256_hash", "${BOARDS_SHA256}"),
    ]
