"""An alert computed again from files: the facts and the alert as it was stored, without any server."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from builders import a_delivery, a_license, a_policy, a_report, a_tick, an_incident
from schemas.codec import decode_alert, encode
from schemas.common import Claimed
from schemas.incident import ClaimedProduct
from streams.cli import program

LICENSE = a_license(product="Nightjar Suite")
INCIDENT = an_incident(
    products=(ClaimedProduct(name="Nightjar Suite"),), operator_agency=Claimed(name=LICENSE.end_user)
)
WORLD = (LICENSE, a_delivery(LICENSE), INCIDENT, a_report(LICENSE), a_policy(), a_tick())
ALERT = "XA~authority:L1~permitted-purpose"


@pytest.fixture
def again(tmp_path):
    """Assesses a world, then computes an alert of it again from other facts."""

    def file(name, facts):
        path = tmp_path / name
        path.write_bytes(b"".join(encode(fact) + b"\n" for fact in facts))
        return str(path)

    def run(facts, *words, alert=ALERT):
        CliRunner().invoke(program, ["assess", file("then.ndjson", WORLD), "--out", str(tmp_path / "out")])
        stored = ["--stored", str(tmp_path / "out" / "alerts.ndjson")]
        return CliRunner().invoke(
            program, ["alert", alert, "--recompute", "--facts", file("now.ndjson", facts), *stored, *words]
        )

    run.stored = lambda: [decode_alert(r) for r in (tmp_path / "out" / "alerts.ndjson").read_bytes().splitlines()]
    return run


def test_from_the_same_facts_it_is_the_same_byte_for_byte(again):
    done = again(WORLD[::-1])
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("The same, byte for byte, from the ")


def test_from_other_facts_it_says_what_is_missing_and_what_differs(again):
    done = again([fact for fact in WORLD if fact != INCIDENT])
    assert done.exit_code == 1
    assert "incident:desk:I1, revision 1" in done.stdout
    assert "is not found among the facts at hand" in done.stdout
    assert "Computed again, there is no such alert." in done.stdout


def test_a_program_reads_it_as_json(again):
    told = json.loads(again(WORLD, "--json").stdout)
    assert (told["alert"], told["same"], told["differences"]) == (ALERT, True, [])
    assert told["facts"] == told["found"] == 4
    version = next(a.version for a in again.stored() if a.id == ALERT)
    assert told["version"] == version
    assert again(WORLD, "--version", version).exit_code == 0
    assert again(WORLD, "--version", "00").exit_code == 1


def test_an_alert_that_is_not_in_the_file_is_told(again):
    done = again(WORLD, alert="XA~authority:L1~nothing")
    assert done.exit_code == 1
    assert "There is no record of XA~authority:L1~nothing" in done.stderr


@pytest.mark.parametrize(
    "words",
    [["--recompute", "--as-of", "2026-01-01"], ["--recompute", "--facts", "-"], ["--version", "ab"], ["--stored", "-"]],
)
def test_words_that_do_not_go_together_are_off(words):
    assert CliRunner().invoke(program, ["alert", ALERT, *words]).exit_code == 2
