"""Policies on the command line: listed, shown, made whole, and two of them held against each other."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from builders import SOURCES, a_clause, a_delivery, a_license, a_policy, a_tick, an_incident
from schemas.codec import decode_fact, encode
from streams.cli import program
from streams.errors import Stop
from streams.rules.packs import pack, pack_names

BARE = a_license(product="Nightjar Suite", clauses=(a_clause("permitted_purpose"), a_clause("item_inventory")))
PETTY = an_incident(
    products=(type(an_incident().products[0])(name="Nightjar Suite"),), alleged_purpose="serious_crime",
    offence_max_years=3, victims=(),
)  # fmt: skip
WORLD = (BARE, a_delivery(BARE), PETTY, a_tick(), a_policy())


@pytest.fixture(name="run")
def run_in(tmp_path):
    """Runs a command; exceptions are the caller's."""
    file = tmp_path / "facts.ndjson"
    file.write_bytes(b"".join(encode(f) + b"\n" for f in WORLD))

    def run(*words):
        return CliRunner().invoke(program, [str(w) for w in words])

    run.facts, run.folder = file, tmp_path
    return run


def test_the_list_names_every_policy_its_law_and_what_is_unverified(run):
    done = run("policies")
    assert done.exit_code == 0
    for name in pack_names():
        assert f"\n{name} " in f"\n{done.stdout}"
    lines = [json.loads(line) for line in run("policies", "--json").stdout.splitlines()]
    assert [line["name"] for line in lines] == list(pack_names())
    israel = next(line for line in lines if line["name"] == "israel-2021")
    assert israel["unverified"] == 8
    assert "no_retransfer" not in israel["implied"], "it is unverified"
    assert "catch_all" in israel["silent_on"]


def test_a_policy_is_shown_with_its_sources_its_silence_and_its_marks(run):
    text = run("policies", "show", "israel-2021").stdout
    assert "(certificate of 6 December 2021 as reported (domain paper 1.1, S2))" in text
    assert "Says nothing: No deadline in days is told of." in text
    marked = [line for line in text.splitlines() if "[UNVERIFIED: nothing is judged by it]" in line]
    assert len(marked) == 8


@pytest.mark.parametrize("name", pack_names())
def test_every_policy_can_be_shown_and_read_back_whole(run, name):
    assert run("policies", "show", name).exit_code == 0
    shown = run("policies", "show", name, "--json").stdout
    assert decode_fact(shown.encode()) == pack(name)
    assert decode_fact(run("policies", "resolve", name).stdout.encode()) == pack(name)


def test_a_file_of_nothing_but_a_register_is_a_policy(run):
    own = {
        "base": "us", "id": "house", "source": "authority", "version": "house-1",
        "sources": [json.loads(encode_source) for encode_source in map(_bytes, SOURCES)],
    }  # fmt: skip
    file = run.folder / "house.json"
    file.write_text(json.dumps(own))
    whole = decode_fact(run("policies", "resolve", file).stdout.encode())
    assert (whole.version, whole.sources, whole.clauses) == ("house-1", SOURCES, pack("us").clauses)


def _bytes(source):
    import msgspec

    return msgspec.json.encode(source)


def test_a_name_that_is_neither_file_nor_policy_stops_in_words(run):
    done = run("policies", "show", "atlantis")
    assert isinstance(done.exception, Stop)
    assert "'atlantis' is neither a file nor a shipped policy: start, code-of-conduct" in str(done.exception)


# -- assess ------------------------------------------------------------------------------------------------------------


def test_assess_takes_a_shipped_policy_by_name_and_the_register_among_the_facts(run):
    done = run("assess", run.facts, "--policy", "israel-2021", "--out", run.folder / "out")
    assert done.exit_code == 0
    found = {a["id"]: a for a in map(json.loads, (run.folder / "out" / "alerts.ndjson").read_bytes().splitlines())}
    purpose = found["XA~authority:L1~permitted-purpose"]
    assert purpose["versions"]["policy"] == "israel-2021.1"
    assert purpose["band"] == "alert", "the laboratory is in the register"


def test_a_comparison_says_which_alerts_differ_and_why(run):
    done = run("assess", run.facts, "--policy", "israel-2021", "--compare", "us")
    assert done.exit_code == 0
    text = done.stdout
    assert "XA~authority:L1~permitted-purpose: alert under both, on other grounds" in text
    assert "serious are 6 or more" in text
    assert "Because of clauses.permitted_purpose.usual.threshold, by itself:" in text
    assert "XA~authority:L1~item-inventory: alert under us only" in text
    assert "first due days: 90" in text


def test_a_comparison_can_be_read_by_a_program(run):
    done = run("assess", run.facts, "--policy", "israel-2021", "--compare", "us", "--json")
    said = json.loads(done.stdout)
    found = {d["alert"]: d for d in said["differences"]}
    assert found["XA~authority:L1~item-inventory"]["how"] == "only_right"
    assert found["XA~authority:L1~item-inventory"]["causes"] == [
        {"path": "clauses.item_inventory.usual.inventories", "effect": "alone"}
    ]


def test_without_a_policy_the_one_in_force_is_compared(run):
    said = json.loads(run("assess", run.facts, "--compare", "us", "--json").stdout)
    assert (said["left"]["version"], said["right"]["version"]) == ("test-1", "us.1")


def test_a_comparison_writes_results_too_where_it_is_told_to(run):
    done = run("assess", run.facts, "--policy", "us", "--compare", "israel-2021", "--out", run.folder / "out")
    assert done.exit_code == 0
    assert b'"us.1"' in (run.folder / "out" / "alerts.ndjson").read_bytes()


def test_neither_a_folder_nor_a_comparison_is_nothing_to_do(run):
    done = run("assess", run.facts)
    assert done.exit_code == 2
    assert "Missing option '--out', or '--compare'" in done.stderr
