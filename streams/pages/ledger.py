"""The ledger of evidence as bars on one scale: geometry only, so that the picture can be tested as numbers. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from schemas.alert import LedgerTerm
from streams.pages.words import probability

WIDTH, HEIGHT = 240, 16
"""Size of one bar's box [user units]."""
Side = Literal["prior", "for", "against", "sum", "none"]


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """One row: the bar from zero, its weight, and where the sum stands after it."""

    side: Side
    x: float
    width: float
    weight: int
    """[micro-nats]."""
    running: int
    """Sum up to and with this row [micro-nats]."""
    chance: int
    """P at the running sum [millionths]."""


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """The bars of all terms and of their sum, on one scale."""

    zero: float
    """Where zero lies [user units]."""
    ticks: tuple[tuple[float, int], ...]
    """Grid lines: position [user units] and weight [nats]."""
    bars: tuple[Bar, ...]
    total: Bar
    sums: bool
    """Whether the terms sum to what the alert says; if not, the page says so."""


def draw(terms: Sequence[LedgerTerm], total: int | None = None) -> Ledger:
    """The ledger of `terms`, which are one at least; `total` [micro-nats] is what the alert says that they sum to."""
    summed = sum(term.weight for term in terms)
    low, high = _range([*(term.weight for term in terms), summed])
    scale = WIDTH / (high - low)
    zero = -low * scale
    bars, running = [], 0
    for term in terms:
        running += term.weight
        bars.append(_bar(_side(term), term.weight, running, zero, scale))
    return Ledger(
        zero=round(zero, 2),
        ticks=tuple((round(zero + nat * 1_000_000 * scale, 2), nat) for nat in _whole_nats(low, high)),
        bars=tuple(bars),
        total=_bar("sum", summed, summed, zero, scale),
        sums=total is None or total == summed,
    )


def _range(weights: Sequence[int]) -> tuple[int, int]:
    """Lowest and highest whole nat [micro-nats] that the weights reach; at least one nat to each side of zero."""
    nat = 1_000_000
    return min(-nat, (min(weights) // nat) * nat), max(nat, -((-max(weights)) // nat) * nat)


def _whole_nats(low: int, high: int) -> range:
    step = max(1, (high - low) // 8_000_000)
    first = -((-low) // 1_000_000 // step) * step
    return range(first, high // 1_000_000 + 1, step)


def _side(term: LedgerTerm) -> Side:
    if term.kind == "prior":
        return "prior"
    if term.weight == 0:
        return "none"
    return "for" if term.weight > 0 else "against"


def _bar(side: Side, weight: int, running: int, zero: float, scale: float) -> Bar:
    length = abs(weight) * scale
    return Bar(
        side=side, x=round(zero if weight >= 0 else zero - length, 2), width=round(length, 2),
        weight=weight, running=running, chance=probability(running),
    )  # fmt: skip
