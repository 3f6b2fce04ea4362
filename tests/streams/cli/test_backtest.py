"""The back-test on the command line: over a file, the stored log and the demo, as words, numbers and a picture."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from schemas.codec import encode
from streams.cli import program
from streams.demo.load import load_world
from streams.demo.world import world
from streams.errors import Stop


@pytest.fixture(scope="module", name="demo_file")
def a_file_of_the_demo(tmp_path_factory):
    file = tmp_path_factory.mktemp("demo") / "world.ndjson"
    file.write_bytes(b"".join(encode(f) + b"\n" for f in world()))
    return file


def run(*words, **more):
    return CliRunner().invoke(program, [str(w) for w in words], **more)


def test_the_demo_can_be_tested_and_says_how_little_it_shows(demo_file):
    done = run("backtest", demo_file)
    assert done.exit_code == 0, done.stderr
    assert "3 matters decided on 2 licenses: 1 upheld, 2 not" in done.stdout
    assert "3 decided matters are few" in done.stdout
    assert "recall is over that, not over what happened" in done.stdout


def test_two_policies_are_tested_side_by_side_and_drawn(demo_file, tmp_path):
    picture = tmp_path / "reliability.svg"
    done = run("backtest", demo_file, "--policy", "start", "--policy", "israel-2021", "--diagram", picture, "--json")
    said = json.loads(done.stdout)
    assert [t["policy"] for t in said["trials"]] == ["start", "israel-2021"]
    assert len(said["paired"]) == 1
    assert said["trials"][0]["overall"]["precision"].keys() == {"value", "low", "high", "hits", "of"}
    assert 'data-policy="israel-2021"' in picture.read_text(encoding="utf-8")


def test_the_same_facts_give_the_same_bytes(demo_file):
    assert run("backtest", demo_file, "--json").stdout == run("backtest", demo_file, "--json").stdout


def test_the_load_has_decisions_enough_to_learn_from(tmp_path):
    file = tmp_path / "load.ndjson"
    file.write_bytes(b"".join(encode(f) + b"\n" for f in load_world(2500)))
    said = json.loads(run("backtest", file, "--policy", "start", "--band", "watch", "--json").stdout)
    assert said["matters"] >= 20
    assert 0 < said["upheld"] < said["matters"]
    assert said["trials"][0]["overall"]["recall"]["value"] > 0.5


def test_it_asks_where_the_facts_are(demo_file):
    for words in ((), (demo_file, "--home")):
        done = run("backtest", *words)
        assert done.exit_code == 2
        assert "Say where the facts are" in done.stderr


@pytest.mark.parametrize("where", ["--home", "--warehouse"])
def test_where_nothing_is_stored_it_says_so(where, tmp_path):
    done = run("backtest", where, env={"PLEDGEWATCH_HOME": str(tmp_path / "none")})
    assert isinstance(done.exception, Stop)
    assert "There is no" in str(done.exception)


def test_a_line_that_is_refused_is_told_and_the_rest_is_judged(demo_file, tmp_path):
    file = tmp_path / "broken.ndjson"
    file.write_bytes(demo_file.read_bytes() + b'{"fact":"incident"}\n')
    done = run("backtest", file)
    assert done.exit_code == 1
    assert "refused: 1 lines" in done.stderr
    assert "3 matters decided" in done.stdout
