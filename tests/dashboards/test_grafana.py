from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from recorded_grafana import RecordedGrafana, serving

from dashboards.grafana import Grafana, read_token
from streams.errors import Stop, Wait

TOKEN = "glsa_" + "x" * 40
BOARD = {"uid": "b", "title": "B", "panels": []}


def grafana_at(address: str, timeout: float = 5.0) -> Grafana:
    return Grafana(address, TOKEN, timeout=timeout)


def test_what_is_not_there_is_none(peer_address: str) -> None:
    grafana = grafana_at(peer_address)
    assert grafana.folder("x") is grafana.data_source("x") is grafana.board("x") is None
    assert grafana.version() == "9.4.0-pre"


def test_the_token_goes_along_with_every_request(peer: RecordedGrafana, peer_address: str) -> None:
    grafana_at(peer_address).folder("x")
    assert peer.tokens == {f"Bearer {TOKEN}"}


def test_grafana_may_live_below_a_path(peer: RecordedGrafana) -> None:
    with serving(peer, "/grafana") as address:
        assert grafana_at(address + "/").board("x") is None
    assert peer.asked == [("GET", "/api/dashboards/uid/x")]


def test_a_board_is_saved_at_the_version_that_was_read(peer: RecordedGrafana, peer_address: str) -> None:
    grafana = grafana_at(peer_address)
    grafana.make_folder("f", "F")
    grafana.save_board(BOARD | {"id": 99}, "f", 0, "first")
    assert peer.wrote[-1][2]["dashboard"]["id"] is None
    grafana.save_board(BOARD, "f", 1, "second")
    with pytest.raises(Stop, match=r"refused board b \(412: .*changed by someone else\)\. .*boards diff"):
        grafana.save_board(BOARD, "f", 1, "late")
    with pytest.raises(Stop, match=r"refused board c \(412: .*same name.*\)\. Something else bears this name"):
        grafana.save_board(BOARD | {"uid": "c"}, "f", 0, "twin")
    with pytest.raises(Stop, match=r"refused board d \(400: Folder not found\)"):
        grafana.save_board(BOARD | {"uid": "d", "title": "D"}, "nowhere", 0, "lost")


def test_a_board_that_comes_back_under_another_uid_is_told(peer: RecordedGrafana, peer_address: str) -> None:
    peer.broken["POST", "/api/dashboards/db"] = "dash-same-title-other-uid-overwrite"
    with pytest.raises(Stop, match="saved board b under the uid eum-check"):
        grafana_at(peer_address).save_board(BOARD, "f", 0, "")


@pytest.mark.parametrize(
    ("broken", "error", "said"),
    [
        ("no-auth", Stop, r"\(401: Unauthorized\)\. The token is unknown or has expired"),
        ("wrong-token", Stop, r"\(401: invalid API key\)"),
        ("viewer-ds-create", Stop, r"\(403: .*Permissions needed: datasources:create\)\. .*Admin for the data source"),
        ("ds-update-file-provisioned", Stop, r"\(403: .*read-only data source\)\. It comes from a provisioning file"),
        ("ds-create-same", Stop, r"\(409: .*same name already exists\)\. Something else bears this name"),
        ("ds-version-2", Stop, r"\(409: .*updated by someone else.*\)\. Someone changed it meanwhile"),
        ("folder-create-same", Stop, r"\(412: .*changed by someone else\)"),
        ((502, "<html><h1>Bad Gateway</h1></html>"), Wait, "answered 502"),
        ((503, {"message": "starting"}), Wait, r"is not ready \(503: starting\)"),
        (
            (200, "<!doctype html><title>Sign in</title>"),
            Stop,
            r"a page of HTML \(status 200\).* proxy or a sign-in page",
        ),
        ((403, "<html>no message for you</html>"), Stop, r"a page of HTML \(status 403\)|without a word"),
        ((404, "<html>nothing</html>"), Stop, r"a page of HTML \(status 404\)"),
        ((404, "null"), Stop, "without a word"),
        ((200, "[]"), Stop, "2 characters that are not what Grafana says"),
        ((302, ""), Stop, "leads elsewhere"),
    ],
)
def test_every_failure_says_what_to_mend(
    peer: RecordedGrafana, peer_address: str, broken: Any, error: type[Exception], said: str
) -> None:
    peer.broken["GET", "/api/folders/f"] = broken
    with pytest.raises(error, match=said) as raised:
        grafana_at(peer_address).folder("f")
    assert TOKEN not in str(raised.value)
    assert peer_address in str(raised.value)
    assert ("GET", "/login") not in peer.asked


def test_an_answer_without_a_body_is_no_failure(peer: RecordedGrafana, peer_address: str) -> None:
    peer.broken["POST", "/api/folders"] = (204, "")
    grafana_at(peer_address).make_folder("f", "F")


def test_a_grafana_that_does_not_answer_in_time_is_waited_for(peer: RecordedGrafana, peer_address: str) -> None:
    peer.broken["GET", "/api/folders/f"] = 0.6
    with pytest.raises(Wait, match="did not answer in time, asked for folder f"):
        grafana_at(peer_address, timeout=0.2).folder("f")


def test_a_read_is_tried_again_while_a_proxy_says_502(peer: RecordedGrafana, peer_address: str) -> None:
    peer.broken["GET", "/api/folders/f"] = (502, "<html/>")
    with pytest.raises(Wait):
        grafana_at(peer_address).folder("f")
    assert peer.asked == [("GET", "/api/folders/f")] * 3


def test_a_write_is_never_tried_again(peer: RecordedGrafana, peer_address: str) -> None:
    peer.broken["POST", "/api/folders"] = (502, "<html/>")
    with pytest.raises(Wait):
        grafana_at(peer_address).make_folder("f", "F")
    assert peer.asked == [("POST", "/api/folders")]


def test_a_grafana_that_is_not_there_is_waited_for() -> None:
    with serving(RecordedGrafana()) as address:
        pass
    with pytest.raises(Wait, match="cannot be reached: ConnectionError"):
        grafana_at(address).version()


@pytest.mark.parametrize(
    "address",
    ["grafana:3000", "ftp://grafana", "http://", "http://u:secret@grafana", "http://g:99999", "http://g/?a=1"],
)
def test_an_address_that_is_none_is_refused_without_its_password(address: str) -> None:
    with pytest.raises(Stop, match="Grafana's address is") as raised:
        grafana_at(address)
    assert "secret" not in str(raised.value)


def test_a_token_file_holds_one_word(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n", encoding="utf-8")
    assert read_token(file) == TOKEN


@pytest.mark.parametrize("text", ["", "two words that are long", "short", "glsa_ümläut_token"])
def test_a_token_file_with_something_else_is_refused_and_not_quoted(tmp_path: Path, text: str) -> None:
    file = tmp_path / "token"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(Stop, match="expected one word") as raised:
        read_token(file)
    assert not text or text not in str(raised.value)


def test_a_token_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Stop, match=r"nothing\.token cannot be read: No such file"):
        read_token(tmp_path / "nothing.token")
