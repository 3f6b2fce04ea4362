"""Evaluation: how well names are matched and states resolved, on labelled pairs, by five folds.

The coefficients for a fold are fitted on the other folds only; folds are cut by the left name, so that no name is in
both. Grades and scripts are told apart. Cross-script negatives are not in the files: names of other pairs are
mismatched for them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import msgspec

from streams.names.calibration import Example, Weights, fit
from streams.names.compare import compare
from streams.names.matcher import judged
from streams.names.states import resolve_state

FOLDS: Final = 5
HEADLINE: Final = ("firm", "contained", "country-decides")
"""Grades of the headline: what two names by themselves can show. The opaque, the groups', the doubtful are apart."""

UNFIT: Final = ("opaque-alias", "group-level", "upstream-medium")
"""Grades that names by themselves cannot show, or that are doubtful: measured, never fitted on."""

Scorer = Callable[[str, str, tuple[str | None, str | None], str | None], float]


class Pair(msgspec.Struct, frozen=True):
    """A labelled pair of names, as in `names_eval/entity_pairs`."""

    id: str
    left: str
    right: str
    label: int
    left_country: str | None = None
    right_country: str | None = None
    grade: str = "firm"
    kind: str | None = None
    slice: str = "same-script"
    source: str = ""

    @property
    def seats(self) -> tuple[str | None, str | None]:
        """Where each is seated."""
        return (_upper(self.left_country), _upper(self.right_country))


def _upper(code: str | None) -> str | None:
    return code.upper() if code else None


class Measure(msgspec.Struct, frozen=True):
    """Pairs, F1, precision and recall at p ≥ .5, and accuracy."""

    pairs: int
    f1: float
    precision: float
    recall: float
    accuracy: float


class Report(msgspec.Struct, frozen=True):
    """What was measured: by slice and grade, calibration by tenths (mean p, share of matches, pairs)."""

    measures: dict[str, Measure]
    calibration: list[tuple[float, float, int]]
    predictions: dict[str, float]


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big")


def fold_of(pair: Pair) -> int:
    """The fold of a pair: decided by its left name alone."""
    return _hash(pair.left) % FOLDS


def mismatched(pairs: Sequence[Pair]) -> list[Pair]:
    """Two made-up negatives for each cross-script pair: its left name with right names of other pairs of its source."""
    made: list[Pair] = []
    for pair in pairs:
        if pair.slice != "cross-script":
            continue
        others = sorted(
            (other for other in pairs if other.slice == "cross-script" and other.source == pair.source),
            key=lambda other: _hash(pair.id + other.id),
        )
        kept = [other for other in others if other.left != pair.left and other.right != pair.right][:2]
        made += [
            Pair(
                f"{pair.id}!{other.id}", pair.left, other.right, 0, pair.left_country, other.right_country,
                "mismatched", pair.kind, "cross-script", pair.source,
            )
            for other in kept
        ]  # fmt: skip
    return made


def strangers(pairs: Sequence[Pair]) -> list[Pair]:
    """One easy negative for each pair: its left name with any right name of its source."""
    made: list[Pair] = []
    for pair in pairs:
        others = [other for other in pairs if other.source == pair.source and other.left != pair.left]
        if others:
            other = others[_hash(pair.id) % len(others)]
            made.append(
                Pair(
                    f"{pair.id}?{other.id}",
                    pair.left,
                    other.right,
                    0,
                    pair.left_country,
                    other.right_country,
                    "stranger",
                )
            )
    return made


def example(pair: Pair, counts: float = 1.0) -> Example:
    """The features of a pair, for the fit."""
    ways = compare(pair.left, pair.right, pair.seats)
    return Example(tuple(way.values for way in ways), bool(pair.label), counts)


def training(pairs: Sequence[Pair], more: Sequence[Pair] = ()) -> list[tuple[Pair, Example]]:
    """What is fitted on: the pairs whose grade allows it, made-up negatives, and further pairs that count half."""
    weighed = [(pair, 1.0) for pair in pairs if pair.grade not in UNFIT]
    weighed += [(pair, 0.5) for pair in mismatched(pairs)]
    weighed += [(pair, 0.3) for pair in strangers(pairs)]
    weighed += [(pair, 0.4) for pair in more]
    return [(pair, example(pair, counts)) for pair, counts in weighed]


def folds(pairs: Sequence[Pair], more: Sequence[Pair] = ()) -> dict[str, float]:
    """p of each pair and each mismatched one, from coefficients fitted without its fold."""
    prepared = training(pairs, more)
    held = {pair.left for pair in pairs}
    predicted: dict[str, float] = {}
    for fold in range(FOLDS):
        seen = [
            ex for pair, ex in prepared if fold_of(pair) != fold or (pair.left not in held and pair.right not in held)
        ]
        weights = fit(seen)
        for pair in (*pairs, *mismatched(pairs)):
            if fold_of(pair) == fold:
                predicted[pair.id] = predict(pair, weights)
    return predicted


def predict(pair: Pair, weights: Weights) -> float:
    """p of one pair under the coefficients."""
    return judged(compare(pair.left, pair.right, pair.seats), weights)[1]


def measure(pairs: Iterable[Pair], predicted: dict[str, float]) -> Measure:
    """F1 and its parts at p ≥ .5."""
    told = [(bool(pair.label), predicted[pair.id] >= 0.5) for pair in pairs]
    hits = sum(true and said for true, said in told)
    said, true = sum(said for _, said in told), sum(true for true, _ in told)
    precision, recall = (hits / said if said else 0.0), (hits / true if true else 0.0)
    f1 = 2 * precision * recall / (precision + recall) if hits else 0.0
    right = sum(true == said for true, said in told)
    return Measure(len(told), f1, precision, recall, right / len(told) if told else 0.0)


def report(pairs: Sequence[Pair], predicted: dict[str, float]) -> Report:
    """All measures: headline and all of the same script, cross-script without and with mismatched pairs, each grade."""
    same = [pair for pair in pairs if pair.slice == "same-script"]
    cross = [pair for pair in pairs if pair.slice == "cross-script"]
    groups: dict[str, Sequence[Pair]] = {
        "same-script headline": [pair for pair in same if pair.grade in HEADLINE],
        "same-script all grades": same,
        "cross-script": cross,
        "cross-script with mismatched pairs": [*cross, *mismatched(pairs)],
    }
    for grade in sorted({pair.grade for pair in pairs}):
        groups[f"grade {grade}"] = [pair for pair in pairs if pair.grade == grade]
    for source in sorted({pair.source for pair in pairs}):
        groups[f"source {source}"] = [pair for pair in same if pair.source == source and pair.grade in HEADLINE]
    measures = {name: measure(group, predicted) for name, group in groups.items() if group}
    fair = [pair for pair in pairs if pair.grade not in UNFIT]
    return Report(measures, _calibration(fair, predicted), predicted)


def _calibration(pairs: Sequence[Pair], predicted: dict[str, float]) -> list[tuple[float, float, int]]:
    tenths: dict[int, list[tuple[float, int]]] = {}
    for pair in pairs:
        p = predicted[pair.id]
        tenths.setdefault(min(9, int(p * 10)), []).append((p, pair.label))
    return [
        (sum(p for p, _ in held) / len(held), sum(label for _, label in held) / len(held), len(held))
        for _, held in sorted(tenths.items())
    ]


def countries(forms: Iterable[dict[str, Any]], confusables: Iterable[dict[str, Any]]) -> tuple[float, int, list[str]]:
    """Share of country forms resolved as labelled; how many confusable pairs are merged; the forms that were missed."""
    total, missed = 0, []
    for form in forms:
        total += 1
        found = resolve_state(form["surface"])
        if found is None or found.code != form["iso2"]:
            missed.append(f"{form['surface']} ({form['iso2']}): {found.code if found else 'unknown'}")
    merged = 0
    for pair in confusables:
        one, two = resolve_state(pair["left"]), resolve_state(pair["right"])
        merged += one is None or two is None or one.code == two.code
    return (1 - len(missed) / total if total else 0.0), merged, missed


def lines(found: Report) -> list[str]:
    """The report in words and columns."""
    text = [f"{'':38s} {'pairs':>6s} {'F1':>6s} {'prec.':>6s} {'recall':>6s} {'right':>6s}"]
    for name, one in found.measures.items():
        text.append(
            f"{name:38s} {one.pairs:6d} {one.f1:6.3f} {one.precision:6.3f} {one.recall:6.3f} {one.accuracy:6.3f}"
        )
    text.append("calibration, by tenths: mean p → share of matches (pairs)")
    text.append("  ".join(f"{mean:.2f}→{share:.2f} ({count})" for mean, share, count in found.calibration))
    return text
