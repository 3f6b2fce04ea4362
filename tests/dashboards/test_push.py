from __future__ import annotations

import copy
from typing import Any

import pytest
from recorded_grafana import RecordedGrafana

from dashboards.boards import BOARDS
from dashboards.compiled import compile_board
from dashboards.grafana import Grafana
from dashboards.push import Wanted, compare, differences, pull, push
from dashboards.source import FOLDER_UID, UID, Warehouse, data_source
from streams.errors import Stop

WANTED = Wanted(
    source=data_source(Warehouse()), boards=tuple(compile_board(board) for board in BOARDS), password="a secret"
)


@pytest.fixture
def fresh(peer_address: str) -> Grafana:
    return Grafana(peer_address, "glsa_token", timeout=5.0)


@pytest.fixture
def filled(fresh: Grafana, peer: RecordedGrafana) -> Grafana:
    push(fresh, WANTED, differences(fresh, WANTED))
    peer.wrote.clear()
    return fresh


def changed(**said: Any) -> Wanted:
    import msgspec

    return msgspec.structs.replace(WANTED, **said)


def again(grafana: Grafana, wanted: Wanted = WANTED) -> list[str]:
    changes = differences(grafana, wanted)
    push(grafana, wanted, changes)
    return [change.title for change in changes]


def test_an_empty_grafana_gets_folder_then_source_then_boards(fresh: Grafana, peer: RecordedGrafana) -> None:
    assert again(fresh) == [
        "folder pledgewatch: new",
        "data source pledgewatch-clickhouse: new",
        *(f"board {board.uid}: new" for board in BOARDS),
    ]
    assert [path for _, path, _ in peer.wrote] == ["/api/folders", "/api/datasources", *["/api/dashboards/db"] * 3]
    assert peer.wrote[1][2]["secureJsonData"] == {"password": "a secret"}
    assert {board["meta"]["folderUid"] for board in peer.boards.values()} == {FOLDER_UID}
    assert peer.sources[UID]["jsonData"]["username"] == "pledgewatch_boards"


def test_a_second_push_sends_no_write(filled: Grafana, peer: RecordedGrafana) -> None:
    assert again(filled) == []
    assert peer.wrote == []


def test_what_grafana_fills_in_is_no_difference(filled: Grafana, peer: RecordedGrafana) -> None:
    for board in peer.boards.values():
        board["dashboard"] |= {"id": 77, "version": 12}
        board["meta"] |= {"version": 12, "updatedBy": "someone", "canEdit": False}
    peer.sources[UID] |= {"id": 9, "orgId": 3, "version": 8, "typeLogoUrl": "x", "isDefault": True, "url": ""}
    peer.folders[FOLDER_UID] |= {"id": 3, "version": 4, "hasAcl": True}
    assert differences(filled, WANTED) == ()


def test_a_panel_changed_by_hand_is_found_and_put_right_at_its_version(filled: Grafana, peer: RecordedGrafana) -> None:
    there = peer.boards["pledgewatch-triage"]["dashboard"]
    there["panels"][0]["title"] = "Mine"
    there["version"] = 4
    (change,) = differences(filled, WANTED)
    assert change.lines == ("/panels/0/title: 'Mine' there, 'Live' here",)
    assert again(filled) == ["board pledgewatch-triage: differs"]
    ((_, _, body),) = peer.wrote
    assert (body["overwrite"], body["dashboard"]["version"], body["folderUid"]) == (False, 4, FOLDER_UID)
    assert again(filled) == []


def test_a_change_made_between_looking_and_writing_is_not_lost(filled: Grafana, peer: RecordedGrafana) -> None:
    there = peer.boards["pledgewatch-triage"]["dashboard"]
    there["panels"][0]["title"] = "Mine"
    changes = differences(filled, WANTED)
    there["version"] += 1
    with pytest.raises(Stop, match="412"):
        push(filled, WANTED, changes)
    assert there["panels"][0]["title"] == "Mine"


def test_a_board_that_was_moved_is_moved_back(filled: Grafana, peer: RecordedGrafana) -> None:
    peer.boards["pledgewatch-overview"]["meta"]["folderUid"] = ""
    (change,) = differences(filled, WANTED)
    assert change.lines == ("folder: General there, pledgewatch here",)
    again(filled)
    assert peer.boards["pledgewatch-overview"]["meta"]["folderUid"] == FOLDER_UID


def test_a_folder_that_was_renamed_gets_its_title_back(filled: Grafana, peer: RecordedGrafana) -> None:
    peer.folders[FOLDER_UID]["title"] = "Ours"
    assert again(filled) == ["folder pledgewatch: differs"]
    assert peer.folders[FOLDER_UID]["title"] == "Pledgewatch"


def test_a_data_source_with_other_rights_is_put_right_and_keeps_what_is_the_administrators(
    filled: Grafana, peer: RecordedGrafana
) -> None:
    peer.sources[UID] |= {"isDefault": True}
    peer.sources[UID]["jsonData"]["username"] = "default"
    (change,) = differences(filled, WANTED)
    assert change.lines == ("/jsonData/username: 'default' there, 'pledgewatch_boards' here",)
    again(filled, changed(password=None))
    assert peer.sources[UID]["isDefault"] is True
    assert peer.sources[UID]["secureJsonFields"] == {"password": True}
    assert "secureJsonData" not in peer.wrote[0][2]
    assert again(filled) == []


def test_a_password_is_written_where_there_is_none_or_when_asked(filled: Grafana, peer: RecordedGrafana) -> None:
    peer.sources[UID]["secureJsonFields"] = {}
    assert again(filled) == ["data source pledgewatch-clickhouse: differs"]
    assert peer.wrote[-1][2]["secureJsonData"] == {"password": "a secret"}
    assert again(filled) == []
    assert again(filled, changed(new_password=True)) == ["data source pledgewatch-clickhouse: differs"]


def test_what_comes_from_a_file_stops_the_push_before_its_first_write(filled: Grafana, peer: RecordedGrafana) -> None:
    peer.folders[FOLDER_UID]["title"] = "Ours"
    there = peer.boards["pledgewatch-triage"]
    there["meta"]["provisionedExternalId"] = "pledgewatch-triage.json"
    assert len(differences(filled, WANTED)) == 1
    there["dashboard"]["refresh"] = "1h"
    with pytest.raises(
        Stop, match=r"board pledgewatch-triage comes from a provisioning file and differs: /refresh: '1h'"
    ):
        again(filled)
    assert peer.wrote == []


def test_a_provisioned_data_source_that_is_as_wanted_is_left_alone(filled: Grafana, peer: RecordedGrafana) -> None:
    peer.sources[UID]["readOnly"] = True
    assert again(filled) == []


def test_boards_are_fetched_as_they_are_without_grafanas_own_numbers(filled: Grafana, peer: RecordedGrafana) -> None:
    peer.boards["pledgewatch-triage"]["dashboard"] |= {"id": 8, "version": 9, "title": "Mine"}
    del peer.boards["pledgewatch-pipeline"]
    found = pull(filled, [board.uid for board in BOARDS])
    assert found["pledgewatch-overview"] == WANTED.boards[0]
    assert found["pledgewatch-triage"] == WANTED.boards[1] | {"title": "Mine"}
    assert found["pledgewatch-pipeline"] is None
    assert peer.wrote == []


@pytest.mark.parametrize(
    ("there", "here", "said"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 1.0}, []),
        ({"a": 1}, {"a": True}, ["/a: 1 there, True here"]),
        ({"a": [1, 2]}, {"a": [1]}, ["/a: a list of 2 there, a list of 1 here"]),
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}, ["/a/1/b: 2 there, 3 here"]),
        ({}, {"a": None}, ["/a: nothing there, None here"]),
        ({"z": "x" * 90}, {}, ["/z: '" + "x" * 58 + "… there, nothing here"]),
    ],
)
def test_a_difference_names_its_place(there: Any, here: Any, said: list[str]) -> None:
    assert list(compare(copy.deepcopy(there), here)) == said
