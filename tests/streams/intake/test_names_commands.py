"""`pledgewatch names`: resolve, score, queue, judge, bench, on files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
from click.testing import CliRunner, Result

from schemas import Name
from streams.intake.names_commands import names


def said(*words: str | Path, stdin: str | None = None) -> Result:
    return CliRunner().invoke(names, [str(word) for word in words], input=stdin)


def incident(number: int, **more: Any) -> str:
    fact: dict[str, Any] = {
        "fact": "incident",
        "id": f"i-{number}",
        "source": "lab",
        "technology": "intrusion_spyware",
        "occurred": {"start": "2024-03-01", "end": "2024-03-09"},
        "operators": [{"country": "XA"}],
    }
    return json.dumps(fact | more)


def test_a_known_name_is_resolved_with_its_reason() -> None:
    told = said("resolve", "Hacking Team", "--as-of", "2015-03-01")
    assert told.exit_code == 0
    assert "vendor/hacking-team" in told.output
    assert "misp-galaxy-vendors" in told.output


def test_a_state_is_resolved_and_flagged() -> None:
    told = said("resolve", "Marokko", "--kind", "state", "--json")
    assert msgspec.json.decode(told.output)["entity"] == "MA"


def test_nobody_known_is_exit_code_one() -> None:
    told = said("resolve", "Zzyzx Quorblat")
    assert told.exit_code == 1
    assert "nobody known" in told.output


def test_pairs_are_scored_with_reasons(tmp_path: Path) -> None:
    pairs, scores = tmp_path / "pairs.jsonl", tmp_path / "scores.jsonl"
    pairs.write_text(
        json.dumps({"id": "a", "left": "Negev Optics Ltd", "right": "NEGEV OPTICS"})
        + "\n"
        + json.dumps({"id": "b", "left": "Niger", "right": "Nigeria", "kind": "state"})
        + "\n"
        + json.dumps({"id": "c", "left": "Police", "right": "Police", "left_country": "ke", "right_country": "lk"})
        + "\n"
    )
    assert said("score", pairs, "--out", scores).exit_code == 0
    found = [json.loads(line) for line in scores.read_text().splitlines()]
    assert [row["id"] for row in found] == ["a", "b", "c"]
    assert found[0]["score"] > 0.5 > found[2]["score"]
    assert found[1]["score"] == 0.0
    assert all(row["reasons"] for row in found)


def test_a_pair_without_a_side_is_refused_with_its_line() -> None:
    told = said("score", "-", stdin='{"id": "a", "left": "x", "right": "y"}\n{"id": "b", "left": "x"}\n')
    assert told.exit_code == 1
    assert "line 2: right is None: expected text" in told.output


def test_a_judgment_is_a_fact_that_the_next_answer_knows(tmp_path: Path) -> None:
    facts = tmp_path / "names.ndjson"
    by = ("--by", "Licensing office", "--source", "office", "--facts", facts)
    assert said("judge", "Kestrel Labs", "same", "vendor/kestrel", "--kind", "vendor", *by).exit_code == 0
    assert "vendor/kestrel" in said("resolve", "Kestrel Labs", "--facts", facts).output
    assert said("judge", "Kestrel Labs", "different", "vendor/kestrel", "--kind", "vendor", *by).exit_code == 0
    assert said("resolve", "Kestrel Labs", "--facts", facts).exit_code == 1
    rows = [msgspec.json.decode(line, type=Name) for line in facts.read_bytes().splitlines()]
    assert [row.revision for row in rows] == [1, 2]


def test_a_judgment_by_nobody_in_particular_is_refused() -> None:
    told = said("judge", "Kestrel", "same", "vendor/kestrel", "--kind", "vendor", "--by", "", "--source", "office")
    assert told.exit_code == 1
    assert "judged_by" in told.output


def test_unknown_names_of_incidents_wait_in_the_queue_the_most_frequent_first(tmp_path: Path) -> None:
    facts = tmp_path / "facts.ndjson"
    facts.write_text(
        "\n".join(
            [
                incident(1, vendors=[{"name": "Plover Networks"}], products=[{"name": "Talon"}]),
                incident(2, vendors=[{"name": "Plover Networks"}]),
                incident(3, vendors=[{"name": "Cytrox"}]),
            ]
        )
        + "\n"
    )
    told = said("queue", facts, "--json")
    assert told.exit_code == 0, told.output
    waiting = [json.loads(line) for line in told.output.splitlines()]
    assert [(row["name"], row["kind"]) for row in waiting] == [("Plover Networks", "vendor"), ("Talon", "product")]
    assert waiting[0]["facts"] == ["lab:i-1", "lab:i-2"]


def test_a_refused_line_stops_with_its_place(tmp_path: Path) -> None:
    facts = tmp_path / "facts.ndjson"
    facts.write_text('{"fact": "name"}\n')
    told = said("queue", facts)
    assert told.exit_code == 1
    assert "line 1" in told.output


def test_the_bench_prints_the_ratio_to_the_best_brute_force() -> None:
    told = said("bench", "--size", "150", "--queries", "20")
    assert told.exit_code == 0, told.output
    assert "times the names per second of rapidfuzz" in told.output
    assert "recall@20" in told.output


def test_a_name_is_known_from_when_it_was_recorded(tmp_path: Path) -> None:
    facts = tmp_path / "names.ndjson"
    row = {"fact": "name", "id": "n1", "source": "xa-names", "entity": "vendor/quorblat", "kind": "vendor"}
    facts.write_text(json.dumps(row | {"name": "Zzyzx Quorblat", "recorded_at": "2025-02-01T12:00:00Z"}) + "\n")
    asked = ("resolve", "Zzyzx Quorblat", "--facts", facts)
    assert said(*asked).exit_code == 0
    assert said(*asked, "--as-known-at", "2025-02-01").exit_code == 0
    assert said(*asked, "--as-known-at", "2025-01-31").exit_code == 1
    wrong = said(*asked, "--as-known-at", "lately")
    assert wrong.exit_code == 2
    assert "--as-known-at: expected a day" in wrong.output


def test_the_queue_of_then_holds_what_was_told_and_had_happened(tmp_path: Path) -> None:
    facts = tmp_path / "facts.ndjson"
    more = {"vendors": [{"name": "Zzyzx Quorblat"}], "recorded_at": "2025-02-01T12:00:00Z"}
    facts.write_text(incident(1, **more) + "\n")
    assert said("queue", facts, "--json").output.count("Zzyzx") == 1
    assert said("queue", facts, "--json", "--as-known-at", "2025-01-31").output == ""
    assert said("queue", facts, "--json", "--as-of", "2024-02-29").output == ""
    assert said("queue", facts, "--json", "--as-of", "2024-03-01").output.count("Zzyzx") == 1
