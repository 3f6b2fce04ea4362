"""Scores of yes-and-no judgments and of probabilities against what was decided. Pure arithmetic, with intervals.

A share comes with its Wilson interval at 95 %: for few decisions the usual interval is too narrow and leaves [0, 1].
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import msgspec

Z95 = 1.959963984540054
"""Quantile of the normal distribution for an interval of 95 %."""
DIGITS = 6
"""Decimals kept, so that output is the same everywhere [count]."""


class Share(msgspec.Struct, frozen=True):
    """A share of a number of matters, with its interval; of none there is no share."""

    value: float | None
    low: float
    high: float
    hits: int
    of: int


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """Judgments against decisions. Positive: the policy asks for action; upheld: the officer acted."""

    true_positive: int
    false_positive: int
    false_negative: int
    true_negative: int
    precision: Share
    """Of what the policy raised, the share that officers upheld."""
    recall: Share
    """Of what officers upheld, the share that the policy raised."""
    f1: float | None
    """Harmonic mean of both; no share of anything, so it has no interval."""

    @property
    def matters(self) -> int:
        """How many were judged [count]."""
        return self.true_positive + self.false_positive + self.false_negative + self.true_negative


class Bin(msgspec.Struct, frozen=True, kw_only=True):
    """Judgments whose probability lies in [low, high), the last with its end."""

    low: float
    high: float
    mean: float | None
    """Mean probability that was said."""
    happened: Share
    """How often it was so."""


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """How well probabilities fit what was found."""

    matters: int
    brier: float | None
    """Mean squared distance of probability and outcome: 0 is perfect, .25 what always saying one half gives."""
    brier_of_base_rate: float | None
    """The same for always saying the share of all that was so: what a policy has to beat."""
    bins: tuple[Bin, ...]


class Disagreement(msgspec.Struct, frozen=True, kw_only=True):
    """Matters on which two policies judge differently."""

    only_first_right: int
    only_second_right: int
    chance: float
    """How often a fair coin would divide them at least as unevenly (exact sign test, two-sided)."""


def share(hits: int, of: int) -> Share:
    """`hits` of `of`, with the Wilson interval; of none anything is possible."""
    if not of:
        return Share(None, 0.0, 1.0, hits, of)
    p, z2 = hits / of, Z95**2
    middle = (p + z2 / (2 * of)) / (1 + z2 / of)
    half = Z95 * math.sqrt(p * (1 - p) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    low = 0.0 if hits == 0 else max(0.0, middle - half)
    high = 1.0 if hits == of else min(1.0, middle + half)
    return Share(_rounded(p), _rounded(low), _rounded(high), hits, of)


def score(judged: Iterable[tuple[bool, bool]]) -> Score:
    """From pairs (raised by the policy, upheld by the officer)."""
    pairs = list(judged)
    tp, fp = pairs.count((True, True)), pairs.count((True, False))
    fn, tn = pairs.count((False, True)), pairs.count((False, False))
    return Score(
        true_positive=tp, false_positive=fp, false_negative=fn, true_negative=tn,
        precision=share(tp, tp + fp), recall=share(tp, tp + fn),
        f1=_rounded(2 * tp / (2 * tp + fp + fn)) if tp + fp + fn else None,
    )  # fmt: skip


def calibration(said: Iterable[tuple[float, bool]], bins: int = 10) -> Calibration:
    """From pairs (probability [0..1], whether it was so), in `bins` bins of equal width."""
    pairs = sorted(said)
    n = len(pairs)
    base = sum(so for _, so in pairs) / n if n else 0.0
    return Calibration(
        matters=n,
        brier=_rounded(math.fsum((p - so) ** 2 for p, so in pairs) / n) if n else None,
        brier_of_base_rate=_rounded(base * (1 - base)) if n else None,
        bins=tuple(_bin(pairs, number, bins) for number in range(bins)),
    )


def _bin(pairs: Sequence[tuple[float, bool]], number: int, bins: int) -> Bin:
    inside = [(p, so) for p, so in pairs if min(int(p * bins), bins - 1) == number]
    return Bin(
        low=_rounded(number / bins),
        high=_rounded((number + 1) / bins),
        mean=_rounded(math.fsum(p for p, _ in inside) / len(inside)) if inside else None,
        happened=share(sum(so for _, so in inside), len(inside)),
    )


def disagreement(first: Sequence[bool], second: Sequence[bool]) -> Disagreement:
    """Of two policies, by matter: whether each was right."""
    pairs = list(zip(first, second, strict=True))
    one, other = pairs.count((True, False)), pairs.count((False, True))
    n, fewer = one + other, min(one, other)
    tail = sum(math.comb(n, k) for k in range(fewer + 1)) / 2**n
    return Disagreement(only_first_right=one, only_second_right=other, chance=_rounded(min(1.0, 2 * tail)))


def _rounded(value: float) -> float:
    return round(value, DIGITS)
