"""Calibration: from features to p(match), by logistic regression with one coefficient a feature.

What speaks for a match may never count against it, and the other way round: a coefficient of the wrong sign is set
to nothing and the rest is fitted again. So more agreement never lowers p, whatever the sample looked like.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Final

import msgspec

from streams.names.features import NAMES

FOR: Final = frozenset(
    {"covered", "named", "together", "acronym", "states_agree", "nameless_equal", "identical", "covered_across"}
)
AGAINST: Final = frozenset(
    {"opposed_names", "opposed_words", "extra_names", "extra_words", "digits_differ", "digits_missing", "states_differ",
     "worst_name", "no_name_agrees", "little_agrees"}
)  # fmt: skip
"""Features that can only speak for, only against; the others may go either way."""

_RIDGE: Final = 1.0  # pull of each coefficient towards nothing, as if one observation spoke against it
_ROUNDS: Final = 3  # which reading of a name counts depends on the coefficients: chosen anew so often
_STEPS: Final = 12


class Weights(msgspec.Struct, frozen=True):
    """A coefficient for each feature, and how they were fitted."""

    bias: float
    weights: dict[str, float]
    fitted: dict[str, str]

    @property
    def ordered(self) -> tuple[float, ...]:
        """The coefficients in the order of the features."""
        return tuple(self.weights.get(name, 0.0) for name in NAMES)


class Example(msgspec.Struct, frozen=True):
    """A labelled pair: the features of each way to read it, whether it is a match, how much it counts."""

    readings: tuple[tuple[float, ...], ...]
    match: bool
    counts: float = 1.0


@cache
def shipped() -> Weights:
    """The coefficients that ship with the code."""
    text = (resources.files("streams.names.seed") / "weights.json").read_bytes()
    return msgspec.json.decode(text, type=Weights)


def logistic(logit: float) -> float:
    """1 / (1 + e^-logit), without overflow."""
    return 1 / (1 + math.exp(-max(-40.0, min(40.0, logit))))


def logit(values: Sequence[float], ordered: Sequence[float], bias: float) -> float:
    """The weighted sum of the features."""
    return bias + sum(map(float.__mul__, ordered, values))


def fit(examples: Sequence[Example], fitted: dict[str, str] | None = None) -> Weights:
    """The coefficients that make the labels likeliest, under the ridge and the signs."""
    off: set[int] = set()
    beta = [-2.0, *(2.0 if name in ("covered", "named") else 0.0 for name in NAMES)]
    while True:
        for _ in range(_ROUNDS):
            rows = [(*_kept(_best(example, beta), off),) for example in examples]
            beta = _newton(rows, examples, beta)
        wrong = [
            (abs(beta[at + 1]), at)
            for at, name in enumerate(NAMES)
            if (name in FOR and beta[at + 1] < -1e-9) or (name in AGAINST and beta[at + 1] > 1e-9)
        ]
        if not wrong:
            break
        off.add(max(wrong)[1])
        beta = [0.0 if at - 1 in off else value for at, value in enumerate(beta)]
    weights = {name: round(beta[at + 1], 4) for at, name in enumerate(NAMES)}
    return Weights(round(beta[0], 4), weights, fitted or {})


def _best(example: Example, beta: Sequence[float]) -> tuple[float, ...]:
    if len(example.readings) == 1:
        return example.readings[0]
    return max(example.readings, key=lambda values: logit(values, beta[1:], beta[0]))


def _kept(values: tuple[float, ...], off: set[int]) -> list[float]:
    return [1.0, *(0.0 if at in off else value for at, value in enumerate(values))]


def _newton(rows: list[tuple[float, ...]], examples: Sequence[Example], beta: list[float]) -> list[float]:
    """Newton's method on the penalized likelihood, from where it stands."""
    size = len(beta)
    for _ in range(_STEPS):
        gradient = [0.0, *(_RIDGE * value for value in beta[1:])]
        curvature = [[_RIDGE if a == b and a else 1e-9 if a == b else 0.0 for b in range(size)] for a in range(size)]
        for row, example in zip(rows, examples, strict=True):
            p = logistic(sum(map(float.__mul__, beta, row)))
            error, spread = example.counts * (p - example.match), example.counts * p * (1 - p)
            held = [(at, value) for at, value in enumerate(row) if value]
            for a, value in held:
                gradient[a] += error * value
                line, weighed = curvature[a], spread * value
                for b, other in held:
                    line[b] += weighed * other
        step = _solve(curvature, gradient)
        beta = [value - change for value, change in zip(beta, step, strict=True)]
        if max(map(abs, step)) < 1e-5:
            break
    return beta


def _solve(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Gaussian elimination with pivoting, for the few unknowns there are."""
    size = len(right)
    rows = [[*line, value] for line, value in zip(matrix, right, strict=True)]
    for at in range(size):
        pivot = max(range(at, size), key=lambda row: abs(rows[row][at]))
        rows[at], rows[pivot] = rows[pivot], rows[at]
        for below in range(at + 1, size):
            factor = rows[below][at] / rows[at][at]
            if factor:
                rows[below] = [value - factor * upper for value, upper in zip(rows[below], rows[at], strict=True)]
    found = [0.0] * size
    for at in reversed(range(size)):
        known = sum(rows[at][column] * found[column] for column in range(at + 1, size))
        found[at] = (rows[at][size] - known) / rows[at][at]
    return found
