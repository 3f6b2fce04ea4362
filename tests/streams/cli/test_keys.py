"""Keys: the token is shown once, never kept."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from streams.access import Keys
from streams.cli import program
from streams.errors import Stop


@pytest.fixture
def keys_cli(tmp_path):
    """Runs `keys` on an empty home."""

    def run(*words):
        return CliRunner().invoke(program, ["keys", *words], env={"PLEDGEWATCH_HOME": str(tmp_path)})

    run.file = tmp_path / "keys.json"
    tmp_path.joinpath("x").mkdir()
    return run


def test_a_key_that_was_made_opens_what_it_may(keys_cli):
    done = keys_cli("add", "embassy", "--scope", "feed", "--source", "embassy-qm", "--license", "authority:L1")
    token = done.output.strip()
    access = Keys(keys_cli.file).check(token)
    assert access is not None
    assert (access.name, access.source, access.scopes) == ("embassy", "embassy-qm", frozenset({"feed"}))
    assert token not in keys_cli.file.read_text()


def test_keys_are_listed_without_their_tokens(keys_cli):
    token = keys_cli("add", "desk", "--scope", "officer", "--scope", "staff", "--state", "QM").output.strip()
    listed = keys_cli("list").output
    assert "desk" in listed
    assert "officer,staff" in listed
    assert token not in listed


def test_a_key_that_was_taken_away_opens_nothing(keys_cli):
    token = keys_cli("add", "desk", "--scope", "officer").output.strip()
    assert keys_cli("remove", "desk").output == "desk is gone\n"
    assert Keys(keys_cli.file).check(token) is None
    assert keys_cli("list").output == ""


def test_a_key_that_is_not_there_cannot_be_taken_away(keys_cli):
    done = keys_cli("remove", "nobody")
    assert isinstance(done.exception, Stop)
    assert "There is no key named 'nobody'" in str(done.exception)


def test_a_key_without_a_scope_is_refused(keys_cli):
    assert keys_cli("add", "desk").exit_code == 2
    assert keys_cli("add", "desk", "--scope", "emperor").exit_code == 2
