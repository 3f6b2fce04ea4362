from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from dashboards.boards import BOARDS, FOLDER, write_all
from dashboards.compiled import as_json, compile_board
from dashboards.lint import RULES, urls
from dashboards.looks import BANDS, SMALL_GROUP
from dashboards.model import Board
from schemas.vocabulary import BANDS as EVERY_BAND
from streams.agents.telling import wording
from streams.intake import views
from streams.rules.policy import shipped_policy

Json = dict[str, Any]
COMPILED = {board.uid: compile_board(board) for board in BOARDS}
PAGES_OF_THE_PROGRAM = ("/alerts", "/destinations", "/parked")


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.uid)
def test_what_is_committed_is_what_the_model_says(board: Board) -> None:
    committed = (FOLDER / f"{board.uid}.json").read_text(encoding="utf-8")
    assert committed == as_json(board), "write it anew: pledgewatch boards build"


def test_no_file_is_left_of_a_board_that_is_gone() -> None:
    assert {file.name for file in FOLDER.glob("*.json")} == {f"{board.uid}.json" for board in BOARDS}


def test_boards_are_written_where_one_asks(tmp_path: Any) -> None:
    written = write_all(tmp_path / "boards")
    assert [json.loads(file.read_text(encoding="utf-8"))["uid"] for file in written] == list(COMPILED)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("uid", COMPILED)
def test_a_board_keeps_every_rule(uid: str, rule: Callable[[Json], Any]) -> None:
    assert list(rule(COMPILED[uid])) == []


def first_panel(board: Json) -> Json:
    panel: Json = board["panels"][0]
    return panel


def panel_of(board: Json, kind: str) -> Json:
    return next(panel for panel in board["panels"] if panel["type"] == kind)


BREAKS: dict[str, Callable[[Json], object]] = {
    "template_datasource": lambda b: b["templating"]["list"][0].update(label="Source"),
    "panel_datasource": lambda b: first_panel(b).update(datasource={"type": "x", "uid": "fixed"}),
    "panel_title_description": lambda b: first_panel(b).update(description="A number."),
    "panel_units": lambda b: first_panel(b)["fieldConfig"]["defaults"].update(unit="parsec"),
    "panel_no_targets": lambda b: first_panel(b)["targets"].append(first_panel(b)["targets"][0]),
    "uneditable_dashboard": lambda b: b.update(editable=True),
    "classic_and_unnumbered": lambda b: b.update(id=7),
    "layout": lambda b: first_panel(b)["gridPos"].update(w=5),
    "safe_macros": lambda b: first_panel(b)["targets"][0].update(rawSql="SELECT $__columns(a) FROM alerts"),
    "quoted_variables": lambda b: first_panel(b)["targets"][0].update(rawSql="SELECT 1 WHERE a = ${destination}"),
    "okabe_ito": lambda b: b["annotations"]["list"][0].update(iconColor="#FF0000"),
    "word_and_shape": lambda b: panel_of(b, "stat")["fieldConfig"]["defaults"].update(
        mappings=[{"type": "value", "options": {"urgent": {"text": "Urgent", "color": "#D55E00"}}}]
    ),
    "no_value": lambda b: panel_of(b, "table")["fieldConfig"]["defaults"].pop("noValue"),
    "small_groups": lambda b: first_panel(b)["targets"][0].update(rawSql="SELECT count() FROM incidents"),
    "fields_of_links": lambda b: panel_of(b, "table").update(links=[{"url": "/d/x?a=${__data.fields.nothing}"}]),
    "calm": lambda b: b.update(refresh="5s"),
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_board_that_breaks_a_rule_is_told(rule: Callable[[Json], Any]) -> None:
    board = copy.deepcopy(COMPILED["pledgewatch-overview"])
    BREAKS[rule.__name__](board)
    assert list(rule(board)) != []


@pytest.mark.parametrize(
    "sql", ["SELECT now()", "SELECT $__timeFilter(coalesce(a, b))", "SELECT $__timeGroup(a)", "SELECT today ( )"]
)
def test_queries_that_break_a_release_or_ask_the_wall_clock_are_told(sql: str) -> None:
    rule = next(rule for rule in RULES if rule.__name__ == "safe_macros")
    board = copy.deepcopy(COMPILED["pledgewatch-overview"])
    first_panel(board)["targets"][0]["rawSql"] = sql
    assert list(rule(board)) != []


def test_every_link_leads_to_a_board_that_is_there_with_filters_that_it_has_or_to_a_page() -> None:
    filters = {uid: {v["name"] for v in board["templating"]["list"]} for uid, board in COMPILED.items()}
    for board in COMPILED.values():
        for url in urls(board):
            if url.startswith("${pages}"):
                assert url == "${pages}${__data.fields.page}" or url.removeprefix("${pages}") in PAGES_OF_THE_PROGRAM
                continue
            target, _, query = url.removeprefix("/d/").partition("?")
            assert target in COMPILED, url
            assert set(re.findall(r"var-(\w+)=", query)) <= filters[target], url


def test_from_each_board_one_gets_to_the_others_in_the_same_window() -> None:
    for uid, board in COMPILED.items():
        to_boards = [link for link in board["links"] if link["url"].startswith("/d/")]
        assert {link["url"] for link in to_boards} == {f"/d/{other}" for other in COMPILED if other != uid}
        assert all(link["keepTime"] and link["includeVars"] for link in to_boards)


def test_the_queue_leads_from_each_row_to_the_alerts_page() -> None:
    queue = next(panel for panel in COMPILED["pledgewatch-triage"]["panels"] if panel["title"] == "What next")
    links = [p["value"] for o in queue["fieldConfig"]["overrides"] for p in o["properties"] if p["id"] == "links"]
    assert {link["url"] for (link,) in links} == {"${pages}${__data.fields.page}"}


def test_the_address_of_the_pages_cannot_be_changed_by_a_link_that_someone_sends() -> None:
    board = compile_board(BOARDS[0], pages="https://pledgewatch.example/")
    (pages,) = [v for v in board["templating"]["list"] if v["name"] == "pages"]
    assert (pages["type"], pages["hide"], pages["skipUrlSync"]) == ("constant", 2, True)
    assert pages["query"] == pages["current"]["value"] == "https://pledgewatch.example"


def test_every_band_has_its_word_and_shape_and_no_two_share_one() -> None:
    assert tuple(band.value for band in reversed(BANDS)) == EVERY_BAND
    assert len({band.text[0] for band in BANDS}) == len({band.color for band in BANDS}) == len(BANDS)


def test_small_groups_are_as_small_as_on_the_pages_and_in_the_policy() -> None:
    assert {SMALL_GROUP, wording.SMALL_GROUP, views.SMALL_GROUP} == {shipped_policy().banding.small_group.value}


def test_a_bar_chart_finds_its_axis_by_the_name_that_is_shown() -> None:
    for board in COMPILED.values():
        for panel in board["panels"]:
            if panel["type"] != "barchart":
                continue
            axis, *_ = panel["fieldConfig"]["overrides"]
            assert axis["matcher"]["options"] == panel["options"]["xField"]
            assert "displayName" not in {p["id"] for p in axis["properties"]}


def test_an_empty_cell_does_not_bear_the_words_of_an_empty_panel() -> None:
    for board in COMPILED.values():
        for panel in board["panels"]:
            for override in panel["fieldConfig"]["overrides"]:
                said = {p["id"]: p["value"] for p in override["properties"]}
                assert panel["type"] != "table" or said.get("noValue") == "–" or said.get("custom.hidden")


def test_a_link_is_not_filled_with_the_words_that_stand_for_a_value() -> None:
    for board in COMPILED.values():
        for panel in board["panels"]:
            mapped = {
                override["matcher"]["options"]
                for override in panel["fieldConfig"]["overrides"]
                for each in override["properties"]
                if each["id"] in ("mappings", "displayName")
            }
            for url in urls(panel):
                assert not set(re.findall(r"__data\.fields\.(\w+)", url)) & mapped, url


def test_the_same_board_gives_the_same_bytes() -> None:
    assert [as_json(board) for board in BOARDS] == [as_json(board) for board in BOARDS]
