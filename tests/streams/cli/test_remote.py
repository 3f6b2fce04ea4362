"""Commands that speak to the running process: when nothing runs they say so, and how they end is a number."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest
from click.testing import CliRunner

from builders import an_incident
from schemas.codec import encode
from streams.cli import main, program
from streams.cli.remote import code_of
from streams.errors import Stop


@pytest.fixture
def nobody(tmp_path):
    """An environment in which nothing listens at the address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (tmp_path / "facts.ndjson").write_bytes(encode(an_incident()) + b"\n")
    home = tmp_path / "home"
    home.mkdir()
    for name in ("officer", "feeder"):
        (home / f"{name}.key").write_text("some-token\n")
    return {"PLEDGEWATCH_HOME": str(home), "PLEDGEWATCH_PORT": str(port), "PLEDGEWATCH_KEY": None}


def facts_file(env):
    return os.path.join(os.path.dirname(env["PLEDGEWATCH_HOME"]), "facts.ndjson")


@pytest.mark.parametrize("words", [
    ["alerts"], ["alert", "XA~authority:L1~art-3"], ["parked"], ["submit", "FILE"],
    ["notices", "list"], ["notices", "show", "n1"], ["notices", "resend", "n1"],
])  # fmt: skip
def test_when_nothing_runs_every_command_says_so_and_where(nobody, words):
    words = [facts_file(nobody) if w == "FILE" else w for w in words]
    done = CliRunner().invoke(program, words, env=nobody)
    assert isinstance(done.exception, Stop)
    assert f"http://127.0.0.1:{nobody['PLEDGEWATCH_PORT']}" in str(done.exception)
    assert "some-token" not in str(done.exception)


def test_without_a_key_it_says_how_one_is_made(nobody):
    os.remove(os.path.join(nobody["PLEDGEWATCH_HOME"], "officer.key"))
    done = CliRunner().invoke(program, ["alerts"], env=nobody)
    assert isinstance(done.exception, Stop)
    assert "pledgewatch keys add" in str(done.exception)


def test_the_key_may_be_given_in_the_environment(nobody):
    done = CliRunner().invoke(program, ["alerts"], env=nobody | {"PLEDGEWATCH_KEY": "another-token"})
    assert isinstance(done.exception, Stop)
    assert f"http://127.0.0.1:{nobody['PLEDGEWATCH_PORT']}" in str(done.exception)


def test_a_misspelt_setting_stops_every_command(nobody):
    done = CliRunner().invoke(program, ["alerts"], env=nobody | {"PLEDGEWATCH_PROT": "1"})
    assert "PLEDGEWATCH_PROT is not a setting" in str(done.exception)


def test_a_file_that_is_not_there_is_named(nobody):
    done = CliRunner().invoke(program, ["submit", "nothing.ndjson"], env=nobody)
    assert isinstance(done.exception, Stop)
    assert "nothing.ndjson" in str(done.exception)


def test_the_program_ends_with_the_number_of_what_to_do_and_one_line(nobody):
    environ = {k: v for k, v in os.environ.items() if not k.startswith("PLEDGEWATCH_")}
    environ |= {k: v for k, v in nobody.items() if v is not None}
    code = "from streams.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "alerts"], env=environ, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 3
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("pledgewatch: ")
    assert "Traceback" not in line


def test_main_is_the_program():
    assert callable(main)
    assert {"run", "submit", "alerts", "alert", "parked", "assess", "replay", "rules", "keys"} <= set(program.commands)


@pytest.mark.parametrize(("said", "code"), [("XM", "XM"), ("xm", "XM"), ("Switzerland", "CH"), (None, None)])
def test_a_destination_is_given_by_its_code_or_its_name(said, code):
    assert code_of(said) == code


def test_a_name_that_no_state_bears_is_said_and_what_was_expected(nobody):
    done = CliRunner().invoke(program, ["alerts", "--destination", "Karsovia"], env=nobody)
    assert isinstance(done.exception, Stop)
    assert str(done.exception).startswith("--destination is 'Karsovia': no state or territory is known by this name")
