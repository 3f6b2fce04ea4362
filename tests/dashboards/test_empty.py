"""On a warehouse without a record every query answers, and the board says that nothing was heard."""

from __future__ import annotations

import datetime as dt

import pytest

from dashboards.boards import BOARDS
from dashboards.expanded import Release, Window, expand
from streams.warehouse.chdb import ChdbWarehouse

NOON = dt.datetime(2025, 4, 8, 12, tzinfo=dt.UTC)
WINDOW = Window(NOON - dt.timedelta(hours=8), NOON, 3600)


@pytest.mark.parametrize("release", ["3.3.0", "4.20.0"])
def test_a_number_is_unknown_and_a_list_is_empty(bare_boards_warehouse: ChdbWarehouse, release: Release) -> None:
    for board in BOARDS:
        for panel in board.panels:
            found = bare_boards_warehouse.query(expand(panel.sql, WINDOW, release=release))
            assert found.columns == tuple(column.name for column in panel.columns), panel.title
            assert list(found.rows) == ([(None,)] if panel.kind == "stat" else []), panel.title


def test_filters_and_marks_offer_nothing(bare_boards_warehouse: ChdbWarehouse) -> None:
    for board in BOARDS:
        for sql in (*(v.sql for v in board.variables), *(mark.sql for mark in board.annotations)):
            assert list(bare_boards_warehouse.query(expand(sql, WINDOW)).rows) == [], sql
