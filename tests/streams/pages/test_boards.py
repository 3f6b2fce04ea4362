"""Boards as pages: what an address asks for, what a key may see of it, and how a value is shown."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import pytest

from dashboards.boards import BOARDS
from dashboards.looks import PALETTE
from dashboards.model import Column, Link
from streams.access import Access
from streams.pages import boards
from streams.pages.boards import SPANS, TONES, address, drawn, kept_back, links, look, question, shown_as, window

NOW = dt.datetime(2025, 4, 8, 12, tzinfo=dt.UTC)
STAFF = Access(name="staff", scopes=frozenset({"staff"}))
OFFICER = Access(name="desk", scopes=frozenset({"officer"}))
BOUND = Access(name="desk", scopes=frozenset({"officer"}), states=frozenset({"QM"}))
OFFERED = {"destination": ("XA", "XB"), "issuing_state": ("QM", "QN"), "source": ("lab",)}
OVERVIEW, TRIAGE, PIPELINE = BOARDS
PANELS = [(board, panel) for board in BOARDS for panel in board.panels]


def looking(access: Access = STAFF, board: Any = OVERVIEW, **asked: str) -> boards.Looking:
    return look(board, {name: (value,) for name, value in asked.items()}, OFFERED, access, NOW)


def panel_of(title: str) -> Any:
    return next(panel for _, panel in PANELS if panel.title == title)


# -- what is asked ----------------------------------------------------------------------------------------------------


def test_without_words_a_board_shows_its_own_window_and_everything():
    assert (looking().span, looking().chosen) == ("8h", {})
    assert looking(window="90d").span == "90d"
    assert looking(window="for ever").span == "8h"


def test_every_board_begins_with_a_window_that_can_be_chosen_and_every_panel_knows_its_time():
    for board, panel in PANELS:
        assert board.time_from.removeprefix("now-") in SPANS
        over = window(panel, looking(board=board))
        assert over.end == NOW
        assert (over.end - over.start).total_seconds() / over.interval <= 366


@pytest.mark.parametrize("value", ["XZ", "x' OR 1=1 --", "XA\\", ""])
def test_only_what_is_offered_reaches_a_question(value):
    assert "destination" not in looking(destination=value).chosen
    assert looking(destination="XA").chosen == {"destination": ("XA",)}


def test_a_key_that_is_bound_to_states_sees_no_other_whatever_it_asks():
    for asked in ({}, {"issuing_state": "QN"}, {"issuing_state": "QM"}):
        seen = looking(BOUND, **asked)
        assert seen.chosen["issuing_state"] == ("QM",)
    assert look(OVERVIEW, {}, {"issuing_state": ()}, BOUND, NOW).chosen["issuing_state"] == ("QM",)


@pytest.mark.parametrize(("board", "panel"), PANELS, ids=lambda part: getattr(part, "title", ""))
def test_what_tells_of_alerts_is_kept_to_the_states_of_a_bound_key_or_not_shown(board, panel):
    asked = question(panel, looking(BOUND, board))
    tells = any(view in panel.sql for view in ("alerts", "alert_transitions", "alert_history", "decisions"))
    if tells and asked:
        assert "issuing_state IN ('QM')" in asked
    assert bool(asked) or tells
    assert "$" not in asked
    assert question(panel, looking(STAFF, board))


def test_what_is_not_shown_says_why():
    assert "bound to issuing states" in kept_back(panel_of("Closed, and why")).nothing
    assert question(panel_of("Closed, and why"), looking(BOUND, TRIAGE)) == ""


# -- what is shown ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("unit", "value", "words"), [
    ("short", 12_345, "12,345"), ("short", 0.256, "0.256"), ("d", 38, "38 d"), ("s", 0.25, "0.25 s"), ("s", 90, "90 s"),
    ("s", 600, "10 min"), ("s", 14_400, "4 h"), ("s", 5_702_400, "66 d"), ("ops", 0.5, "0.5/s"), ("none", "word", "word"),
    ("short", None, "–"), ("none", "", "–"), ("dateTimeAsIso", NOW, "2025-04-08 12:00"),
])  # fmt: skip
def test_a_value_is_shown_with_its_unit(unit, value, words):
    assert shown_as(Column(name="c", title="C", unit=unit), value) == words


@pytest.mark.parametrize(("value", "text", "tone"), [
    (0, "0 d", ""), (13, "13 d", ""), (14, "◆ 14 d", "alert"), (38, "▲ 38 d", "urgent"),
])  # fmt: skip
def test_a_number_that_presses_has_a_shape_before_it_has_a_color(value, text, tone):
    shown = drawn(panel_of("Oldest unanswered"), looking(), ("days",), [(value,)])
    assert (shown.figure.text, shown.figure.tone) == (text, tone)
    assert shown.turns == "◆ from 14 d, ▲ from 30 d"


@pytest.mark.parametrize(("board", "panel"), PANELS, ids=lambda part: getattr(part, "title", ""))
def test_an_empty_answer_is_said_in_words(board, panel):
    assert drawn(panel, looking(board=board), (), []).nothing == panel.no_value


def test_every_color_of_the_boards_has_its_name_in_the_stylesheet():
    assert set(TONES) == PALETTE


def test_a_row_leads_to_its_page_for_whoever_may_open_it():
    panel = panel_of("What changed in this window")
    columns = tuple(column.name for column in panel.columns)
    row = (NOW, "raised", "urgent", "XA", "permitted purpose", "/alerts/XA~auth%3AL1~c1")
    for access, href in ((OFFICER, "/alerts/XA~auth%3AL1~c1"), (STAFF, "")):
        (cells,) = drawn(panel, looking(access), columns, [row]).rows
        assert cells[1] == boards.Cell("↑ raised", href=href, whole=True)
        assert (cells[2].text, cells[2].tone) == ("▲ Urgent", "urgent")
        assert len(cells) == len(columns) - 1, "what only a link needs is not shown"


def test_a_destination_is_called_by_its_name():
    panel = panel_of("Where")
    named = msgspec.structs.replace(looking(), country={"XA": "Arden"}.get)
    rows = [("XA", 1, 0, 0, 0), ("XQ", 1, 0, 0, 0), ("ZZ", 1, 0, 0, 0)]
    shown = drawn(panel, named, tuple(c.name for c in panel.columns), rows)
    assert [row[0].text for row in shown.rows] == ["Arden (XA)", "XQ", "ZZ"]


def test_a_link_to_another_board_stays_among_the_pages_and_keeps_the_window():
    column = panel_of("Where, in numbers").columns[0]
    there = address(column.link, column, {"destination": "X&A"}, looking(window="7d"))
    assert there == "/board/triage?destination=X%26A&window=7d"
    assert dict(links(OVERVIEW, looking(OFFICER, destination="XA"))) == {
        "Triage": "/board/triage?destination=XA", "Pipeline": "/board/pipeline?destination=XA", "Pages": "/alerts",
    }  # fmt: skip
    assert "Pages" not in dict(links(OVERVIEW, looking()))


def test_no_link_leads_elsewhere():
    made = [panel.columns for _, panel in PANELS]
    found = [(column.link, column) for columns in made for column in columns if column.link]
    assert found
    for link, column in found:
        row = {"page": "/alerts/x", column.name: "https://elsewhere.example"}
        assert address(link, column, row, looking(OFFICER)).startswith("/")
    elsewhere = Link(title="x", url="${pages}${__data.fields.page}")
    assert address(elsewhere, found[0][1], {"page": "/alerts/x"}, looking(OFFICER)) == "/alerts/x"


# -- charts -----------------------------------------------------------------------------------------------------------


def test_bars_are_on_one_scale_and_their_parts_add_up():
    panel = panel_of("Where")
    rows = [("XA", 1, 0, 3, 0), ("XB", 0, 2, 0, 0)]
    shown = drawn(panel, looking(), tuple(c.name for c in panel.columns), rows)
    assert [round(sum(bar.width for bar in bars)) for bars in shown.stacks] == [boards.WIDTH, boards.WIDTH // 2]
    assert [bar.tone for bar in shown.stacks[0]] == ["urgent", "review"]
    assert [[cell.text for cell in row] for row in shown.rows] == [
        ["XA", "1", "0", "3", "0"],
        ["XB", "0", "2", "0", "0"],
    ]


def test_a_chart_over_time_has_its_numbers_beside_it():
    panel = panel_of("Opened and settled, 28 days")
    rows = [(NOW - dt.timedelta(days=14), 2, 0), (NOW - dt.timedelta(days=7), 1, 1)]
    mark = boards.Mark(NOW - dt.timedelta(days=14), "Policy 2", "")
    shown = drawn(panel, looking(), ("time", "opened", "settled"), rows, [mark])
    assert [(bar.x, bar.height, bar.tone) for bar in shown.chart.bars] == [
        (320.0, 160.0, "alert"), (480.0, 80.0, "alert"), (489.14, 80.0, "review"),
    ]  # fmt: skip
    assert (shown.chart.top, shown.chart.marks) == ("2", (320.0,))
    assert [cell.text for cell in shown.rows[0]] == ["2025-03-25 12:00", "2", "0"]
    assert [title for title, _, _ in shown.chart.legend] == ["+ opened", "● settled"]


def test_a_line_is_broken_where_nothing_was_counted_and_a_lone_point_is_seen():
    panel = panel_of("Fact to alert")
    minutes = [0, 1, 200]
    rows = [(NOW - dt.timedelta(hours=6) + dt.timedelta(minutes=m), 1.0, None, 2.0) for m in minutes]
    lines = drawn(panel, looking(board=PIPELINE), ("time", "half", "most", "nearly_all"), rows).chart.lines
    half, most, _ = lines
    assert half.path.count("M") == 2
    assert half.path.count("L") == 1
    assert half.path.count("h.01") == 2
    assert most.path == ""
    assert len({line.dash for line in lines}) == 3, "not told apart by color alone"


def test_a_panel_without_a_number_is_drawn_all_the_same():
    panel = msgspec.structs.replace(panel_of("Where"))
    assert drawn(panel, looking(), tuple(c.name for c in panel.columns), [("XA", 0, 0, 0, 0)]).stacks == ((),)
