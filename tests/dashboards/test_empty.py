"""On a warehouse without a record every query answers, and the board says that nothing was heard."""

from __future__ import annotations

import datetime as dt

import pytest

from board_pages import page, words
from dashboards.boards import BOARDS
from dashboards.expanded import Release, Window, expand
from dashboards.model import Board
from streams.pages.boards import slug
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


@pytest.mark.parametrize("board", BOARDS, ids=slug)
def test_every_panel_of_a_page_says_that_nothing_was_heard(bare_boards_warehouse: ChdbWarehouse, board: Board) -> None:
    said = words(page(bare_boards_warehouse, f"/board/{slug(board)}"))
    for text in {panel.no_value for panel in board.panels}:
        stands = sum((panel.no_value == text) + panel.question.count(text) for panel in board.panels)
        assert said.count(text) == stands, text
