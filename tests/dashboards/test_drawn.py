"""Every panel as a page, through the real engine: what stands there on a world counted by hand."""

from __future__ import annotations

import re

import pytest

from board_pages import AT_QN, OFFICER, STAFF, page, words
from dashboards.boards import BOARDS
from streams.access import Access
from streams.pages.boards import slug
from streams.warehouse.chdb import ChdbWarehouse


@pytest.mark.parametrize("board", BOARDS, ids=slug)
def test_every_panel_has_its_place_and_its_question(counted_warehouse: ChdbWarehouse, board) -> None:
    html = page(counted_warehouse, f"/board/{slug(board)}")
    said = words(html)
    for panel in board.panels:
        assert f">{panel.title}<" in html.replace("&#39;", "'"), panel.title
        assert re.sub(r"\s+", " ", panel.question) in said, panel.title
    assert not re.search(r"\$\{|\$__|<script|https?://|\bNone\b|style=", html)


def test_the_overview_shows_what_one_counts_by_hand(counted_warehouse: ChdbWarehouse) -> None:
    said = words(page(counted_warehouse, "/board"))
    assert "Urgent, unanswered ◆ 1" in said
    assert "Oldest unanswered ▲ 38 d" in said
    assert "Last heard 4 h" in said
    assert "2025-04-08 09:00 ↑ raised ▲ Urgent XA permitted purpose" in said
    assert "XA 5 XB fewer than 5" in said
    assert "Policy 2025-1" in said


def test_what_is_for_officers_only_is_on_no_board(counted_warehouse: ChdbWarehouse) -> None:
    for board in BOARDS:
        for access in (STAFF, OFFICER):
            html = page(counted_warehouse, f"/board/{slug(board)}?window=365d", access)
            assert "Hush" not in html
            assert "L3" not in html
            assert not re.search(r"\bP (about|after)\b|\bnats\b|probability of|\bE[0-5]/A[0-4]\b", words(html))


def test_a_key_that_is_bound_to_a_state_sees_its_own_and_learns_of_no_other(counted_warehouse: ChdbWarehouse) -> None:
    html = page(counted_warehouse, "/board/triage?issuing_state=QM", AT_QN)
    said = words(html)
    assert "Live 1 " in said
    assert "desk 3" not in said
    assert "Use of P in XA" not in said
    assert 'value="QM"' not in html
    assert "bound to issuing states" in said


def test_filters_and_windows_choose(counted_warehouse: ChdbWarehouse) -> None:
    every, one = page(counted_warehouse, "/board/triage"), page(counted_warehouse, "/board/triage?destination=XB")
    assert "Use of P in XA" in every
    assert "Use of P in XA" not in one
    assert '<option value="XB" selected>' in one
    assert "the last 90d" in words(page(counted_warehouse, "/board?window=90d"))


def test_rows_lead_officers_to_pages_and_staff_nowhere_they_may_not_go(counted_warehouse: ChdbWarehouse) -> None:
    def there(access: Access) -> set[str]:
        return set(re.findall(r'href="(/alerts/[^"]+|/destinations/[^"]+)"', page(counted_warehouse, "/board", access)))

    assert len(there(OFFICER)) > 3
    assert there(STAFF) == set()
