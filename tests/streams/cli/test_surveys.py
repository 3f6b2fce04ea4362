"""Commands over all destinations: from files they say the same whatever the order, and keep to the audience."""

from __future__ import annotations

import csv
import io
import json
import random

import pytest
from click.testing import CliRunner

from builders import a_clause, a_delivery, a_license, a_policy, a_publication, a_tick, an_incident, day
from schemas.codec import encode
from schemas.framework import Framework, Participant
from streams.cli import program

PUBLIC = {"tlp": "CLEAR", "may_use_for": ("officer", "publication")}
LICENSE = a_license(clauses=(a_clause("reporting_cadence", cadence_days=180),))
NEXT = a_license("L2", "XB")
WORLD = [
    a_policy(), a_tick(), LICENSE, a_delivery(LICENSE), NEXT,
    a_license("L3", granted_at=day("2025-09-01"), valid_from=day("2025-09-01"), valid_to=day("2028-01-01")),
    *(an_incident(f"I{n}", publications=(a_publication(origin=f"o{n}"),), **PUBLIC) for n in range(6)),
]  # fmt: skip


@pytest.fixture(name="surveyed")
def surveyed_fixture(tmp_path):
    def run(command, *words, facts=WORLD):
        file = tmp_path / "facts.ndjson"
        file.write_bytes(b"".join(encode(f) + b"\n" for f in facts))
        given = ("--facts", str(file)) if command != "participants" else ()
        answer = CliRunner().invoke(program, [command, *given, *words])
        assert answer.exit_code == 0, answer.output
        return answer.stdout

    return run


def test_next_ranks_with_the_reason_and_what_the_assessment_says_is_overdue(surveyed):
    lines = surveyed("next", "--limit", "1").splitlines()
    assert any("reporting cadence: due on" in line for line in lines)
    assert "Points are not calibrated" in lines[0]
    assert "Left out: 0 whose use was checked" in lines[-1]


def test_next_is_narrowed_to_a_state(surveyed):
    found = json.loads(surveyed("next", "--state", "XB", "--json"))
    assert [e["key"] for e in found["licenses"]] == ["XB~authority:L2"]


def test_the_order_of_the_lines_changes_nothing(surveyed):
    mixed = list(WORLD)
    random.Random(2).shuffle(mixed)
    for command, *words in (("next", "--json"), ("aggregate", "--csv"), ("foreknown", "--json")):
        assert surveyed(command, *words, facts=mixed) == surveyed(command, *words)


def test_as_it_was_known_then_nothing_had_been_told(surveyed):
    assert surveyed("aggregate", "--csv", "--as-known-at", "2025-01-01").splitlines() == [
        "year,technology,harm,destination_class,codes,codes_from,events"
    ]


def test_as_of_a_day_what_happened_later_is_left_out(surveyed):
    assert "2024" not in surveyed("aggregate", "--csv", "--as-of", "2024-01-31")


def test_the_table_is_for_the_public_unless_another_audience_is_asked_for(surveyed):
    rows = list(csv.DictReader(io.StringIO(surveyed("aggregate", "--csv"))))
    assert [r["events"] for r in rows] == ["6", "6", "6"]
    assert "Nothing that this audience may read" in surveyed("aggregate", "--audience", "partners")
    assert "Not verified: 4D004" in surveyed("aggregate")


def test_years_are_whole_whatever_day_is_asked_for(surveyed):
    assert surveyed("aggregate", "--csv", "--since", "2024-12-31", "--until", "2024-12-31") == surveyed(
        "aggregate", "--csv"
    )


def test_what_was_known_before_a_grant_names_the_license_and_the_accounts(surveyed):
    text = surveyed("foreknown")
    assert "authority:L3 in XA, Bureau of Inquiry, granted 2025-09-01" in text
    assert "authority:L1" not in text
    assert "before the grant" in text
    assert "Nothing on record was known" in surveyed("foreknown", "authority:L1")


def test_participants_as_of_a_day_with_sources_and_what_is_unverified(surveyed):
    text = surveyed("participants", "--on", "2024-01-01")
    assert "Code of Conduct" in text
    assert "take part, UNVERIFIED: AT BE" in text
    assert "binds: political" in text
    assert "Code of Conduct" not in surveyed("participants", "--on", "2022-01-01")
    assert "Code of Conduct" not in surveyed("participants", "--on", "2024-01-01", "--state", "PL")


def test_a_policy_brings_frameworks_of_its_own(surveyed, tmp_path):
    own = Framework(
        key="own", name="Own compact", source="Example.", participants=(Participant(country="XA", source="Example."),)
    )
    file = tmp_path / "policy.json"
    file.write_bytes(encode(a_policy(frameworks=(own,))))
    assert "Own compact" in surveyed("participants", "--state", "XA", "--policy", str(file))
