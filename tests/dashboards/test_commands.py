from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from recorded_grafana import RecordedGrafana

from dashboards.boards import BOARDS
from dashboards.commands import boards
from dashboards.source import UID
from streams.errors import Stop


@pytest.fixture
def secrets(tmp_path: Path) -> list[str]:
    (tmp_path / "token").write_text("glsa_0123456789\n", encoding="utf-8")
    (tmp_path / "password").write_text("hush\n", encoding="utf-8")
    return ["--token-file", str(tmp_path / "token")]


def run(*words: str) -> Result:
    return CliRunner().invoke(boards, list(words))


def test_a_first_push_names_what_it_made_and_a_second_says_that_there_is_nothing_to_do(
    peer: RecordedGrafana, peer_address: str, secrets: list[str], tmp_path: Path
) -> None:
    words = ["push", "--url", peer_address, *secrets, "--password-file", str(tmp_path / "password")]
    first = run(*words)
    assert first.exit_code == 0
    assert first.output.splitlines() == [
        "folder pledgewatch: made",
        "data source pledgewatch-clickhouse: made",
        *(f"board {board.uid}: made" for board in BOARDS),
        "data source pledgewatch-clickhouse: Data source is working",
    ]
    wrote = len(peer.wrote)
    second = run(*words)
    assert second.output == "Nothing to do: folder, data source and 3 boards are as the code says.\n"
    assert (second.exit_code, len(peer.wrote)) == (0, wrote)
    assert "hush" not in first.output + second.output


def test_a_data_source_that_is_down_is_told_when_all_is_written(
    peer: RecordedGrafana, peer_address: str, secrets: list[str]
) -> None:
    peer.source_health = "ds-health-down"
    pushed = run("push", "--url", peer_address, *secrets)
    assert pushed.exit_code == 1
    assert "All is written, but the data source does not work" in pushed.output
    assert len(peer.boards) == 3


def test_a_diff_shows_what_a_push_would_write_and_writes_nothing(
    peer: RecordedGrafana, peer_address: str, secrets: list[str]
) -> None:
    before = run("diff", "--url", peer_address, *secrets)
    assert before.exit_code == 1
    assert before.output.splitlines()[0] == "folder pledgewatch: new"
    assert peer.wrote == []
    run("push", "--url", peer_address, *secrets)
    same = run("diff", "--url", peer_address, *secrets)
    assert (same.exit_code, same.output) == (0, "No difference.\n")
    moved = run(
        "diff", "--url", peer_address, *secrets, "--pages", "https://pledgewatch.example", "--clickhouse", "ch:9440"
    )
    assert moved.exit_code == 1
    assert "    /jsonData/port: 9000 there, 9440 here" in moved.output.splitlines()
    assert moved.output.count("'https://pledgewatch.example' here") == 9


def test_pulled_boards_lie_where_one_asked(
    peer: RecordedGrafana, peer_address: str, secrets: list[str], tmp_path: Path
) -> None:
    run("push", "--url", peer_address, *secrets)
    peer.boards["pledgewatch-triage"]["dashboard"]["title"] = "Mine"
    del peer.boards["pledgewatch-pipeline"]
    pulled = run("pull", "--url", peer_address, *secrets, "--to", str(tmp_path / "there"))
    assert [line.rsplit(": ", 1)[1] for line in pulled.output.splitlines()] == [
        "as the code says",
        "1 differences",
        "not in Grafana",
    ]
    assert json.loads((tmp_path / "there" / "pledgewatch-triage.json").read_text(encoding="utf-8"))["title"] == "Mine"


def test_a_pull_never_writes_over_the_code(peer_address: str, secrets: list[str]) -> None:
    from dashboards.boards import FOLDER

    refused = run("pull", "--url", peer_address, *secrets, "--to", str(FOLDER))
    assert isinstance(refused.exception, Stop)


def test_boards_that_are_not_what_the_code_says_are_named(tmp_path: Path) -> None:
    assert run("build", "--to", str(tmp_path)).exit_code == 0
    assert run("build", "--to", str(tmp_path), "--check").exit_code == 0
    (tmp_path / "pledgewatch-triage.json").write_text("{}", encoding="utf-8")
    stale = run("build", "--to", str(tmp_path), "--check")
    assert (stale.exit_code, stale.output.split(" ")[0]) == (1, "pledgewatch-triage.json")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--clickhouse", "nowhere"], "expected host:port"),
        (["--clickhouse", "nowhere:0"], "expected host:port"),
        (["--pages", "javascript:alert(1)"], "begins with http"),
        (["--password-file", "nothing"], "missing or empty"),
        (["--new-password"], "without --password-file"),
    ],
)
def test_words_that_are_off_stop_before_anything_is_asked(
    peer: RecordedGrafana, peer_address: str, secrets: list[str], words: list[str], said: str
) -> None:
    refused = run("push", "--url", peer_address, *secrets, *words)
    assert isinstance(refused.exception, Stop)
    assert said in str(refused.exception)
    assert peer.asked == []
    assert UID not in refused.output
