"""One license, two legal systems, two explained results: the facts and what must differ, and why, are in `two_laws`."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from schemas.codec import decode_fact
from schemas.reading import read_ndjson
from streams.rules.compare import compare, registered
from streams.rules.packs import pack

HERE = Path(__file__).parent
EXPECTED = json.loads((HERE / "two_laws" / "differs.json").read_text(encoding="utf-8"))
FACTS = [
    decode_fact((HERE / "policy.json").read_bytes()),
    *read_ndjson((HERE / "two_laws" / "facts.ndjson").read_bytes().splitlines()),
]


def said(facts):
    left, right = (registered(pack(name), facts) for name in EXPECTED["policies"])
    return compare(facts, left, right)


@pytest.mark.parametrize("seed", [1, 2])
def test_what_two_laws_say_of_one_license_differs_as_it_must_in_any_order(seed):
    facts = list(FACTS)
    random.Random(seed).shuffle(facts)
    found = {
        d.alert: {
            "how": d.how,
            "bands": [side.band if side else None for side in (d.left, d.right)],
            "causes": {c.path: c.effect for c in d.causes},
        }
        for d in said(facts).differences
    }
    expected = {id: {k: v for k, v in each.items() if k != "why"} for id, each in EXPECTED["differences"].items()}
    assert found == expected


def test_each_result_quotes_its_clause_and_each_cause_its_source():
    comparison = said(FACTS)
    parts = {part.path: part for part in comparison.parts}
    for difference in comparison.differences:
        assert (difference.left or difference.right).clause_text
        for cause in difference.causes:
            part = parts[cause.path]
            assert "domain paper" in part.left.origin + part.right.origin
        for case in difference.cases:
            assert all(side.sentence.endswith(".") for side in (case.left, case.right) if side)
