from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.alert import LedgerTerm
from streams.pages.ledger import WIDTH, draw

WEIGHTS = st.lists(st.integers(-8_000_000, 8_000_000), min_size=1, max_size=12)


def term(weight: int, kind: str = "support") -> LedgerTerm:
    return LedgerTerm(label="origin", kind=kind, weight=weight, sentence="because")


@given(WEIGHTS)
def test_every_bar_lies_within_one_scale(weights: list[int]) -> None:
    drawn = draw([term(weight) for weight in weights])
    for bar in (*drawn.bars, drawn.total):
        assert bar.x >= -0.01
        assert bar.x + bar.width <= WIDTH + 0.02


@given(WEIGHTS)
def test_bars_are_as_long_as_their_weights_are_large(weights: list[int]) -> None:
    drawn = draw([term(weight) for weight in weights])
    widest = max(drawn.bars, key=lambda bar: abs(bar.weight))
    for bar in drawn.bars:
        assert bar.width * abs(widest.weight) == pytest.approx(widest.width * abs(bar.weight), abs=0.02 * 8_000_000)


@given(WEIGHTS)
def test_the_last_running_sum_is_the_sum(weights: list[int]) -> None:
    drawn = draw([term(weight) for weight in weights], sum(weights))
    assert drawn.bars[-1].running == drawn.total.weight == sum(weights)


def test_what_speaks_for_lies_right_of_zero_and_what_speaks_against_left() -> None:
    drawn = draw([term(-3_900_000, "prior"), term(2_500_000), term(-900_000, "contradiction")])
    prior, support, against = drawn.bars
    assert (prior.side, support.side, against.side) == ("prior", "for", "against")
    assert support.x == drawn.zero
    assert against.x + against.width == pytest.approx(drawn.zero, abs=0.02)


def test_zero_is_among_the_grid_lines() -> None:
    drawn = draw([term(-3_900_000, "prior"), term(2_500_000)])
    assert (drawn.zero, 0) in drawn.ticks


def test_a_ledger_that_does_not_sum_says_so() -> None:
    assert draw([term(2_500_000)], 2_500_000).sums
    assert not draw([term(2_500_000)], 2_500_001).sums
