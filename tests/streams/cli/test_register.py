"""The register from files: a table for people, lines for programs, from any standpoint."""

from __future__ import annotations

import json

import msgspec
import pytest
from click.testing import CliRunner

from builders import a_delivery, a_license, a_name, a_policy, a_tick, at
from schemas.codec import encode
from streams.cli import program

LICENSE = a_license()
CHANGED = msgspec.structs.replace(LICENSE, revision=2, end_user="Bureau of Records", recorded_at=at("2025-02-01"))
FACTS = (LICENSE, CHANGED, a_delivery(LICENSE), a_name("wren", "Wren Works", "vendor"), a_policy(), a_tick())


@pytest.fixture
def register(tmp_path):
    """Asks for a shelf of a small world."""
    file = tmp_path / "facts.ndjson"
    file.write_bytes(b"".join(encode(f) + b"\n" for f in FACTS))

    def run(*words):
        return CliRunner().invoke(program, ["register", *words, "--facts", str(file)])

    return run


def test_the_table_has_a_head_and_both_times_of_each_version(register):
    head, line = register("licenses").stdout.splitlines()
    assert head.split()[-4:] == ["valid_from", "valid_to", "known_from", "known_until"]
    assert line.split()[0] == "authority:L1"
    assert "Bureau of Records" in line
    assert line.endswith("2023-01-01  2025-12-31  2025-02-01 12:00  -")


def test_as_known_at_a_day_the_version_of_then_stands_with_its_end(register):
    (entry,) = [
        json.loads(line)
        for line in register("licenses", "--as-known-at", "2025-01-31", "--json").stdout.split("\n")
        if line
    ]
    assert (entry["revision"], entry["end_user"]) == (1, "Bureau of Inquiry")
    assert (entry["known_from"], entry["known_until"]) == ("2023-01-10T12:00:00Z", "2025-02-01T12:00:00Z")


@pytest.mark.parametrize(("shelf", "count"), [("licenses", 1), ("clauses", 3), ("deliveries", 1), ("names", 1)])
def test_every_shelf_is_there_and_empty_before_anything_was(register, shelf, count):
    assert len(register(shelf, "--json").stdout.splitlines()) == count
    early = register(shelf, "--as-of", "2020-01-01")
    assert early.exit_code == 0
    assert (early.stdout == "") is (shelf != "names"), "a name that is not dated has always been one"


def test_a_destination_chooses_and_names_have_none(register):
    assert register("deliveries", "--destination", "XQ").stdout == ""
    done = register("names", "--destination", "XA")
    assert done.exit_code == 2
    assert "names have no destination" in done.stderr
