"""The floors on labelled pairs, by five folds; and that the evaluation itself can fail."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from streams.names.evaluation import Pair, fold_of, folds, measure, mismatched, report

DATA = Path(__file__).parents[4] / "shared" / "data" / "names_eval" / "entity_pairs.dev.jsonl"


@pytest.fixture(scope="module")
def labelled_pairs() -> list[Pair]:
    if not DATA.exists():
        pytest.skip("the labelled pairs are not beside this checkout (../shared/data/names_eval)")
    return [msgspec.convert(json.loads(line), Pair) for line in DATA.read_text("utf-8").splitlines()]


def test_names_of_both_kinds_are_matched_above_the_floors(labelled_pairs: list[Pair]) -> None:
    found = report(labelled_pairs, folds(labelled_pairs)).measures
    assert found["same-script headline"].f1 >= 0.80
    assert found["cross-script"].f1 >= 0.60
    assert found["cross-script with mismatched pairs"].f1 >= 0.60


def test_no_name_is_in_two_folds(labelled_pairs: list[Pair]) -> None:
    held: dict[str, int] = {}
    for pair in (*labelled_pairs, *mismatched(labelled_pairs)):
        assert held.setdefault(pair.left, fold_of(pair)) == fold_of(pair)


def test_a_matcher_that_always_says_yes_has_the_precision_of_chance() -> None:
    pairs = [Pair(str(at), "a", "b", at % 2) for at in range(10)]
    found = measure(pairs, {pair.id: 1.0 for pair in pairs})
    assert (found.precision, found.recall) == (0.5, 1.0)


def test_a_matcher_that_always_says_no_has_no_f1() -> None:
    pairs = [Pair(str(at), "a", "b", 1) for at in range(4)]
    assert measure(pairs, {pair.id: 0.0 for pair in pairs}).f1 == 0.0
