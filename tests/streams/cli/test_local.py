"""Commands that need neither broker nor server: the same facts in any order give the same bytes."""

from __future__ import annotations

import datetime as dt
import json
import random

import msgspec
import pytest
from click.testing import CliRunner

from builders import a_delivery, a_license, a_policy, a_tick, an_incident
from schemas.codec import decode_alert, decode_fact, encode
from schemas.topics import TOPICS
from streams.cli import program
from streams.errors import Stop
from streams.rules.clauses import rule_table
from streams.rules.policy import shipped_policy, weights_of

LICENSE = a_license(product="Nightjar Suite")
FITTING = msgspec.structs.replace(an_incident(), products=(type(an_incident().products[0])(name="Nightjar Suite"),))
WORLD = (LICENSE, a_delivery(LICENSE), FITTING, a_tick(), a_policy())
OUT = ("alerts.ndjson", "matches.ndjson", "remarks.ndjson")


@pytest.fixture
def cli(tmp_path):
    """Runs a command; exceptions are the caller's."""

    def run(*words, **more):
        return CliRunner().invoke(program, [str(w) for w in words], **more)

    run.folder = tmp_path
    return run


def written(folder, *facts, name="facts.ndjson"):
    file = folder / name
    file.write_bytes(b"".join(encode(f) + b"\n" for f in facts))
    return file


def results(folder):
    return {name: (folder / name).read_bytes() for name in OUT}


def alerts(folder):
    return {a.id: a for line in (folder / OUT[0]).read_bytes().splitlines() if (a := decode_alert(line))}


# --- assess ----------------------------------------------------------------------------------------------------------


def test_assess_says_what_came_out_and_writes_it(cli):
    done = cli("assess", written(cli.folder, *WORLD), "--out", cli.folder / "out")
    assert done.exit_code == 0
    assert done.stdout.startswith("5 facts: 2 alerts, 1 matches in ")
    found = alerts(cli.folder / "out")
    assert {a.band for a in found.values()} == {"alert"}
    assert "XA~authority:L1~permitted-purpose" in found


def test_any_order_and_any_cut_of_the_files_gives_the_same_bytes(cli):
    facts = [*WORLD, WORLD[2], an_incident("I2", "XB")]
    cli("assess", written(cli.folder, *facts), "--out", cli.folder / "one")
    random.Random(7).shuffle(facts)
    two = [written(cli.folder, *facts[:3], name="a.ndjson"), written(cli.folder, *facts[3:], name="b.ndjson")]
    cli("assess", *two, "--out", cli.folder / "two")
    assert results(cli.folder / "one") == results(cli.folder / "two")
    assert results(cli.folder / "one")["alerts.ndjson"]


def test_standard_input_is_a_file_too(cli):
    raw = written(cli.folder, *WORLD).read_bytes()
    done = cli("assess", "-", "--out", cli.folder / "out", input=raw)
    assert done.exit_code == 0
    assert alerts(cli.folder / "out")


def test_a_refused_line_is_named_without_its_text_and_the_rest_is_assessed(cli):
    file = written(cli.folder, *WORLD)
    broken = b'{"fact":"incident","id":"I7","source":"desk","mood":"A Secret Name"}\n'
    file.write_bytes(file.read_bytes() + broken)
    done = cli("assess", file, "--out", cli.folder / "out")
    assert done.exit_code == 1
    assert f"{file}:6: " in done.stderr
    assert "refused" in done.stderr.splitlines()[-1]
    assert "Secret" not in done.output
    assert len(alerts(cli.folder / "out")) == 2


def test_the_summary_can_be_read_by_a_program(cli):
    done = cli("assess", written(cli.folder, *WORLD), "--out", cli.folder / "out", "--json")
    assert json.loads(done.stdout) == {"facts": 5, "refused": 0, "alerts": 2, "matches": 1}


def test_today_is_what_is_said_else_the_greatest_tick(cli):
    license = a_license(support_until=dt.date(2026, 6, 15))
    file = written(cli.folder, license, a_delivery(license), an_incident(), a_tick("2026-06-01"), a_policy())

    def bands(*more):
        cli("assess", file, "--out", cli.folder / "out", *more)
        return {a.band for a in alerts(cli.folder / "out").values()}

    assert bands() == {"urgent"}
    assert bands("--today", "2026-06-16") == {"alert"}


def test_what_was_true_then_and_what_was_known_then_are_two_questions(cli):
    file = written(cli.folder, *WORLD)  # happened in June 2024, told in May 2025

    def said(*more):
        assert cli("assess", file, "--out", cli.folder / "out", *more).exit_code == 0
        return results(cli.folder / "out")

    plain = said()
    assert said("--as-of", "2026-06-01", "--as-known-at", "2026-06-01T00:00:00Z") == plain
    assert said("--as-of", "2024-06-30")["alerts.ndjson"]
    assert not said("--as-of", "2024-05-31")["alerts.ndjson"]
    assert not said("--as-known-at", "2024-06-30")["alerts.ndjson"]
    assert not said("--as-of", "2024-06-30", "--as-known-at", "2025-05-01")["alerts.ndjson"]


def test_a_standpoint_that_is_none_is_named_with_what_was_expected(cli):
    file = written(cli.folder, *WORLD)
    done = cli("assess", file, "--out", cli.folder / "out", "--as-of", "last summer")
    assert done.exit_code == 2
    assert "--as-of: expected a day as in 2025-03-09" in done.stderr
    done = cli("assess", file, "--out", cli.folder / "out", "--as-known-at", "2025-03-09T10:00:00")
    assert "--as-known-at: expected a day as in 2025-03-09, or an instant with its zone" in done.stderr
    done = cli("assess", file, "--out", cli.folder / "out", "--today", "2026-01-01", "--as-of", "2026-01-01")
    assert done.exit_code == 2
    assert "--today" in done.stderr


def test_a_policy_that_is_given_counts_instead_of_those_among_the_facts(cli):
    file = written(cli.folder, *WORLD)
    quarantined = tuple(msgspec.structs.replace(s, quarantined=True) for s in a_policy().sources)
    policy = cli.folder / "policy.json"
    policy.write_bytes(encode(msgspec.structs.replace(a_policy(sources=quarantined), version="strict-1")))
    done = cli("assess", file, "--out", cli.folder / "out", "--policy", policy)
    assert done.exit_code == 0
    found = alerts(cli.folder / "out").values()
    assert {(a.band, a.versions.policy) for a in found} == {("watch", "strict-1")}


def test_a_file_that_is_not_there_stops_in_words(cli):
    done = cli("assess", cli.folder / "nothing.ndjson", "--out", cli.folder / "out")
    assert isinstance(done.exception, Stop)
    assert "nothing.ndjson cannot be read" in str(done.exception)


def test_results_are_there_whole_or_not_at_all(cli):
    cli("assess", written(cli.folder, *WORLD), "--out", cli.folder / "out")
    assert sorted(p.name for p in (cli.folder / "out").iterdir()) == sorted(OUT)


def test_each_pair_of_incident_and_license_is_matched_with_its_reasons(cli):
    other = an_incident("I2", products=())
    cli("assess", written(cli.folder, *WORLD, other), "--out", cli.folder / "out")
    matches = [json.loads(line) for line in (cli.folder / "out" / OUT[1]).read_bytes().splitlines()]
    assert {m["incident_id"]: m["m"] for m in matches} == {"I1": 1.0, "I2": 0.25}
    assert all(m["reasons"] for m in matches)


# --- tables and the demo ---------------------------------------------------------------------------------------------


def test_the_table_of_rules_is_printed_with_every_claim(cli):
    table = list(rule_table(weights_of(shipped_policy())))
    printed = [line for line in cli("rules").output.splitlines() if not line.startswith(" ")]
    assert len(printed) == len(table) > 100
    assert all(row.claim and row.claim in line for row, line in zip(table, printed, strict=True))


def test_each_line_of_the_table_says_what_the_rule_reads_and_which_tests_show_it(cli):
    lines = [json.loads(line) for line in cli("rules", "--json").output.splitlines()]
    assert {"kind", "checkability", "source", "rule", "claim", "inputs", "tests"} == set(lines[0])
    assert all(line["inputs"] and line["tests"] for line in lines if line["rule"])
    assert all(line["claim"] for line in lines if not line["rule"])


def test_the_table_of_one_kind_is_printed_and_an_unknown_kind_is_told(cli):
    lines = [json.loads(line) for line in cli("rules", "--json", "--kind", "disposal").output.splitlines()]
    assert {line["kind"] for line in lines} == {"disposal"}
    wrong = cli("rules", "--kind", "disposals")
    assert wrong.exit_code == 2
    assert "'disposals' is no kind of clause" in wrong.output


def test_the_topics_are_printed_with_writers_and_readers(cli):
    printed = cli("topics").output
    assert all(name in printed for name in TOPICS)
    assert all(t.meaning in printed for t in TOPICS.values())
    assert len(cli("topics", "--json").output.splitlines()) == len(TOPICS)


def test_the_demo_world_is_written_as_facts(cli):
    done = cli("demo", "--out", cli.folder / "demo.ndjson")
    lines = (cli.folder / "demo.ndjson").read_bytes().splitlines()
    assert done.stdout.startswith(f"{len(lines)} facts in ")
    assert len(lines) > 100
    assert {decode_fact(line).tense for line in lines[:50]} == {"actual"}


def test_an_unknown_command_is_off(cli):
    assert cli("alert-me").exit_code == 2
    assert cli("assess").exit_code == 2
