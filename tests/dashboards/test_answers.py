"""Every panel, filter and mark answers on a world that one can count by hand; a forgotten FINAL would show."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import unquote

import pytest

from dashboards.boards import BOARDS
from dashboards.expanded import Release, Window, expand
from dashboards.model import Panel
from streams.pages.render import alert_path
from streams.warehouse.chdb import ChdbWarehouse

NOON = dt.datetime(2025, 4, 8, 12, tzinfo=dt.UTC)
WINDOWS = {
    "pledgewatch-overview": Window(NOON - dt.timedelta(hours=8), NOON, 3600),
    "pledgewatch-triage": Window(NOON - dt.timedelta(days=30), NOON, 86_400),
    "pledgewatch-pipeline": Window(NOON - dt.timedelta(hours=8), NOON, 3600),
}
MONTH = Window(NOON - dt.timedelta(days=28), NOON, 86_400)
PANELS = [pytest.param(board, panel, id=f"{board.uid}-{panel.id}") for board in BOARDS for panel in board.panels]
CHOICES: tuple[dict[str, tuple[str, ...]], ...] = (
    {},
    {"destination": ("XA",), "issuing_state": ("QM",), "source": ("lab",)},
    {"destination": ("XA", "XB"), "issuing_state": ("QM", "QN"), "source": ("lab", "auth")},
    {"destination": ("X'A",), "issuing_state": ("QM",), "source": ("it's",)},
)
HIDDEN = "left to officers"


def at(day: int, hour: int = 0, minute: int = 0) -> dt.datetime:
    return dt.datetime(2025, 4, day, hour, minute, tzinfo=dt.UTC)


def day(number: int) -> dt.datetime:
    return dt.datetime(2025, 4, number)  # noqa: DTZ001  (the engine's DateTime without a zone)


def hour(number: int) -> dt.datetime:
    return dt.datetime(2025, 4, 8, number)  # noqa: DTZ001


PURPOSE = "permitted purpose"
A1, A2, B1, B2, C1, D1 = (
    f"/alerts/{destination}~auth%3A{clause}"
    for destination, clause in (
        ("XA", "L1~c1"), ("XA", "L1~c2"), ("XB", "L2~c1"), ("XB", "L2~c2"), ("XC", "L4~c1"), ("XD", "L5~c1"),
    )
)  # fmt: skip
FLOW = [(day(1), 1, 0), (day(2), 2, 0), (day(3), 0, 0), (day(5), 1, 0), (day(6), 1, 0), (day(7), 1, 0), (day(8), 1, 2)]
GOLDEN: dict[str, dict[str, list[tuple[Any, ...]]]] = {
    "pledgewatch-overview": {
        "Urgent, unanswered": [(1,)],
        "Unanswered": [(2,)],
        "New in this window": [(1,)],
        "Overdue": [(1,)],
        "Oldest unanswered": [(38,)],
        "Last heard": [(4 * 3600,)],
        "What changed in this window": [
            (at(8, 9), "raised", "urgent", "XA", PURPOSE, A1),
            (at(8, 8), "closed", "alert", "XB", PURPOSE, B1),
            (at(8, 7), "withdrawn", "alert", "XB", PURPOSE, B2),
            (at(8, 6), "opened", "review", "XC", PURPOSE, C1),
        ],
        "Where": [("XA", 1, 0, 1, 0), ("XB", 0, 1, 0, 0), ("XC", 0, 0, 1, 0), ("XD", 0, 0, 1, 0)],
        "Where, in numbers": [
            ("XA", 1, 0, 1, 0, 1, 1, 30),
            ("XB", 0, 1, 0, 0, 1, 0, 38),
            ("XC", 0, 0, 1, 0, 0, 0, 0),
            ("XD", 0, 0, 1, 0, 0, 0, 34),
        ],
        "Opened and settled, 28 days": FLOW,
        "Accounts of incidents in this window": [("XA", "5"), ("XB", "fewer than 5")],
        "What stands beside the alerts": [("XA", "unmatched incident", 1, "/destinations/XA")],
    },
    "pledgewatch-triage": {
        "Live": [(5,)],
        "Nobody's": [(3,)],
        "Stuck": [(3,)],
        "Can still be stopped": [(1,)],
        "First answer, half of them": [(6,)],
        "First answer, nine in ten": [(10,)],
        "What next": [
            ("urgent", "yes", "XA", "Use of P in XA", PURPOSE, "open", "nobody", 30, "2025-04-05", "", A1),
            ("alert", "no", "XB", HIDDEN, HIDDEN, "open", "nobody", 38, None, HIDDEN, "/alerts"),
            ("review", "no", "XD", "Use of P in XD", PURPOSE, "acknowledged", "desk 4", 34, None, "Desk 4", D1),
            ("review", "no", "XA", "Use of P in XA", PURPOSE, "acknowledged", "desk 3", 10, None, "", A2),
            ("review", "no", "XC", "Use of P in XC", PURPOSE, "open", "nobody", 0, None, "", C1),
        ],
        "Stuck, listed": [
            (38, "alert", "XB", HIDDEN, "open", "nobody", "/alerts"),
            (30, "urgent", "XA", "Use of P in XA", "open", "nobody", A1),
            (24, "review", "XD", "Use of P in XD", "acknowledged", "desk 4", D1),
        ],
        "Whose": [("nobody", 3, 2, 1, 38), ("desk 3", 1, 0, 0, 10), ("desk 4", 1, 0, 0, 34)],
        "How old": [("7 days or less", 0, 0, 1, 0), ("8 to 30 days", 1, 0, 1, 0), ("31 to 90 days", 0, 1, 1, 0)],
        "In and out": FLOW,
        "Closed, and why": [("unfounded", 1)],
    },
    "pledgewatch-pipeline": {
        "Newest record": [(3 * 3600,)],
        "Not yet stored": [(0,)],
        "Unreadable": [(1,)],
        "Parked": [(3,)],
        "Fact to alert, 19 in 20": [(13_920.0,)],
        "Silent sources": [(1,)],
        "Records a second": [
            (hour(4), 2 / 3600, 0.0, 0.0, 0.0),
            (hour(5), 10 / 3600, 1 / 3600, 0.0, 2 / 3600),
            (hour(6), 0.0, 1 / 3600, 0.0, 2 / 3600),
            (hour(7), 0.0, 1 / 3600, 0.0, 0.0),
            (hour(8), 1 / 3600, 1 / 3600, 0.0, 0.0),
            (hour(9), 0.0, 1 / 3600, 0.0, 0.0),
        ],
        "Fact to alert": [
            (hour(6), 3120.0, 3120.0, 3120.0),
            (hour(7), 6660.0, 6660.0, 6660.0),
            (hour(8), 0.0, 0.0, 0.0),
            (hour(9), 13_920.0, 13_920.0, 13_920.0),
        ],
        "Parked, by reason": [
            ("check: /occurred", "lab", 2, at(8, 6)),
            ("check: (whole)", "not readable", 1, at(8, 6)),
        ],
        "Freshness by source": [
            ("paper", "silent", dt.datetime(2025, 2, 1, tzinfo=dt.UTC), (27 + 31 + 7 + 1) * 86_400 + 43_200, 1),
            ("clock", "lately", at(8), 12 * 3600, 1),
            ("lab", "lately", at(8, 5, 9), 24_660, 7),
            ("auth", "lately", at(8, 8), 4 * 3600, 6),
        ],
        "What the warehouse holds": [
            ("alerts", 1, 13, 0, at(8, 9)),
            ("decisions", 1, 6, 0, at(8, 8)),
            ("incidents", 1, 11, 0, at(8, 5, 9)),
            ("licenses", 1, 1, 0, dt.datetime(2025, 2, 1, tzinfo=dt.UTC)),
            ("parked", 1, 5, 0, at(8, 6)),
            ("policies", 1, 1, 0, at(8, 4)),
            ("remarks", 1, 1, 0, at(8, 5)),
            ("reports", 1, 1, 0, at(8, 4)),
            ("ticks", 1, 1, 0, at(8)),
        ],
        "Waiting, by reader": [(hour(8), 120, 5), (hour(9), 0, 0)],
    },
}


def window_of(board: Any, panel: Panel) -> Window:
    return MONTH if panel.time_from == "28d" else WINDOWS[board.uid]


def answer(warehouse: ChdbWarehouse, sql: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in warehouse.query(sql).rows]


def test_the_world_holds_rows_that_only_a_final_read_counts_once(counted_warehouse: ChdbWarehouse) -> None:
    for table, key in (("alert_rows", "id"), ("fact_rows", "(kind, source, id)"), ("record_rows", "(topic, offset)")):
        ((rows, kept),) = answer(counted_warehouse, f"SELECT count(), uniqExact({key}) FROM {table}")
        assert isinstance(rows, int)
        assert isinstance(kept, int)
        assert rows > kept, table


def test_every_panel_has_an_answer_counted_by_hand() -> None:
    for board in BOARDS:
        assert [panel.title for panel in board.panels] == list(GOLDEN[board.uid])


@pytest.mark.parametrize("release", ["3.3.0", "4.20.0"])
@pytest.mark.parametrize(("board", "panel"), PANELS)
def test_a_panel_shows_what_one_counts_by_hand(
    counted_warehouse: ChdbWarehouse, board: Any, panel: Panel, release: Release
) -> None:
    found = answer(counted_warehouse, expand(panel.sql, window_of(board, panel), release=release))
    assert found == GOLDEN[board.uid][panel.title]


@pytest.mark.parametrize(("board", "panel"), PANELS)
def test_a_panel_has_the_columns_that_its_kind_draws(
    counted_warehouse: ChdbWarehouse, board: Any, panel: Panel
) -> None:
    sql = expand(panel.sql, window_of(board, panel))
    types = {str(name): str(kind) for name, kind, *_ in counted_warehouse.query(f"DESCRIBE TABLE ({sql})").rows}
    assert list(types) == [column.name for column in panel.columns]
    for column in panel.columns:
        kind = types[column.name]
        if column.unit == "dateTimeAsIso":
            assert "DateTime" in kind, column.name
        elif column.unit != "none":
            assert "Int" in kind or "Float" in kind, (column.name, kind)
        else:
            assert "String" in kind, (column.name, kind)
    if panel.kind == "stat":
        assert len(panel.columns) == 1
        assert len(answer(counted_warehouse, sql)) == 1
    if panel.kind == "timeseries":
        assert panel.columns[0].name == "time"
        assert all(column.unit not in ("none", "dateTimeAsIso") for column in panel.columns[1:])
        times = [row[0] for row in answer(counted_warehouse, sql)]
        assert times == sorted(times, key=str)
    if panel.kind == "barchart":
        assert "String" in types[panel.columns[0].name]


@pytest.mark.parametrize(
    ("chosen", "span"),
    [(chosen, dt.timedelta(days=days)) for chosen, days in zip(CHOICES, (400, 30, 1, 30), strict=True)],
)
def test_every_panel_answers_under_every_filter_and_window(
    counted_warehouse: ChdbWarehouse, chosen: dict[str, tuple[str, ...]], span: dt.timedelta
) -> None:
    for board in BOARDS:
        for panel in board.panels:
            found = counted_warehouse.query(expand(panel.sql, Window(NOON - span, NOON, 60), chosen))
            assert found.columns == tuple(column.name for column in panel.columns), panel.title


def test_a_filter_leaves_out_what_was_not_chosen(counted_warehouse: ChdbWarehouse) -> None:
    for board in BOARDS[:2]:
        for panel in board.panels:
            names = [column.name for column in panel.columns]
            if "destination" not in names:
                continue
            place, window = names.index("destination"), window_of(board, panel)
            one = answer(counted_warehouse, expand(panel.sql, window, {"destination": ("XB",)}))
            every = answer(counted_warehouse, expand(panel.sql, window))
            assert one == [row for row in every if row[place] == "XB"], panel.title
    live = next(panel for panel in BOARDS[1].panels if panel.title == "Live")
    window = WINDOWS["pledgewatch-triage"]
    assert answer(counted_warehouse, expand(live.sql, window, {"issuing_state": ("QN",)})) == [(1,)]


def test_filters_offer_what_there_is(counted_warehouse: ChdbWarehouse) -> None:
    offered = {
        variable.name: [row[0] for row in answer(counted_warehouse, variable.sql)]
        for board in BOARDS
        for variable in board.variables
    }
    assert offered == {
        "destination": ["XA", "XB", "XC", "XD"],
        "issuing_state": ["QM", "QN"],
        "source": ["auth", "clock", "lab", "paper"],
    }


def test_marks_tell_of_policies_and_retractions_in_the_window(counted_warehouse: ChdbWarehouse) -> None:
    overview = BOARDS[0]
    marks = {
        mark.name: answer(counted_warehouse, expand(mark.sql, WINDOWS[overview.uid])) for mark in overview.annotations
    }
    assert [row[1:2] + row[3:] for row in marks["New policy"]] == [("Policy 2025-1", "policy")]
    assert marks["Taken back"] == [(at(8, 5, 8), "Taken back: incident", "lab", "retraction")]
    for board in BOARDS:
        for mark in board.annotations:
            columns = counted_warehouse.query(expand(mark.sql, MONTH)).columns
            assert columns == ("time", "title", "text", "tags")


def test_a_row_leads_to_the_address_of_its_alert(counted_warehouse: ChdbWarehouse) -> None:
    ids = [str(row[0]) for row in answer(counted_warehouse, "SELECT id FROM alerts WHERE tlp != 'RED'")]
    triage = BOARDS[1]
    pages: set[object] = set()
    for panel in triage.panels:
        if any(column.name == "page" for column in panel.columns):
            pages |= {row[-1] for row in answer(counted_warehouse, expand(panel.sql, WINDOWS[triage.uid]))}
    assert len(pages) == 5
    assert {unquote(str(page)) for page in pages} <= {unquote(alert_path(id)) for id in ids} | {"/alerts"}


def test_what_is_for_officers_only_is_counted_and_not_shown(counted_warehouse: ChdbWarehouse) -> None:
    for board in BOARDS:
        for panel in board.panels:
            shown = repr(answer(counted_warehouse, expand(panel.sql, window_of(board, panel))))
            assert "Hush" not in shown, panel.title
            assert "L3" not in shown, panel.title
