"""Scores by hand, their bounds, and what a policy that is always with the officer gets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.backtest.scores import calibration, disagreement, score, share

YES, NO = True, False
TABLE = [(YES, YES), (YES, YES), (YES, YES), (YES, NO), (NO, YES), (NO, YES), (NO, NO), (NO, NO), (NO, NO), (NO, NO)]
"""Ten matters: 3 raised and upheld, 1 raised in vain, 2 missed, 4 rightly left alone."""


def test_precision_recall_and_f1_of_ten_matters_are_as_reckoned_by_hand():
    found = score(TABLE)
    assert (found.true_positive, found.false_positive, found.false_negative, found.true_negative) == (3, 1, 2, 4)
    assert found.precision.value == 0.75
    assert found.recall.value == 0.6
    assert found.f1 == pytest.approx(2 * 0.75 * 0.6 / (0.75 + 0.6), abs=1e-6)
    assert found.matters == 10


def test_the_interval_is_that_of_wilson():
    """3 of 4, by hand: middle (0.75 + 3.8415/8)/(1 + 3.8415/4), half 1.96 sqrt(.75*.25/4 + 3.8415/64)/(1 + 3.8415/4)."""
    found = share(3, 4)
    assert (found.value, found.low, found.high) == (0.75, 0.300642, 0.954413)


def test_nothing_raised_has_no_precision_and_could_be_anything():
    found = score([(NO, YES)])
    assert (found.precision.value, found.precision.low, found.precision.high) == (None, 0.0, 1.0)
    assert score([]).f1 is None


def test_all_of_few_still_leaves_room_below():
    found = share(3, 3)
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low == 0.438503


def test_the_brier_score_of_four_matters_is_as_reckoned_by_hand():
    """(.9-1)² + (.6-0)² + (.2-0)² + (.3-1)² = .01 + .36 + .04 + .49 = .90, over 4; base rate one half."""
    found = calibration([(0.9, YES), (0.6, NO), (0.2, NO), (0.3, YES)])
    assert found.brier == 0.225
    assert found.brier_of_base_rate == 0.25


def test_bins_hold_what_was_said_and_how_often_it_was_so():
    found = calibration([(0.05, NO), (0.15, YES), (0.15, NO), (1.0, YES)], bins=10)
    counts = [(b.mean, b.happened.hits, b.happened.of) for b in found.bins]
    assert counts[0] == (0.05, 0, 1)
    assert counts[1] == (0.15, 1, 2)
    assert counts[9] == (1.0, 1, 1)
    assert all(c == (None, 0, 0) for c in counts[2:9])


def test_nothing_weighed_has_no_brier_score():
    assert calibration([]).brier is None
    assert calibration([]).brier_of_base_rate is None


def test_five_matters_against_none_are_divided_so_by_one_coin_in_sixteen():
    found = disagreement([YES] * 6, [NO] * 5 + [YES])
    assert (found.only_first_right, found.only_second_right, found.chance) == (5, 0, 0.0625)


def test_policies_that_agree_may_well_be_alike():
    assert disagreement([YES, NO], [YES, NO]).chance == 1.0


PAIRS = st.lists(st.tuples(st.booleans(), st.booleans()), max_size=60)


@given(PAIRS)
def test_every_score_lies_between_none_and_all_and_within_its_interval(pairs):
    found = score(pairs)
    for each in (found.precision, found.recall):
        assert 0 <= each.low <= each.high <= 1
        assert each.value is None or each.low <= each.value <= each.high
    assert found.f1 is None or 0 <= found.f1 <= 1
    assert found.matters == len(pairs)


@given(st.lists(st.booleans(), max_size=60))
def test_a_policy_that_is_always_with_the_officer_gets_one(upheld):
    found = score((each, each) for each in upheld)
    assert found.f1 in ((1.0,) if any(upheld) else (None,))
    assert {found.precision.value, found.recall.value} == ({1.0} if any(upheld) else {None})
    said = calibration((float(each), each) for each in upheld)
    assert said.brier in ((0.0,) if upheld else (None,))


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=60), st.randoms())
def test_calibration_is_bounded_counts_each_matter_once_and_asks_for_no_order(said, chance):
    found = calibration(said)
    assert found.brier is None or 0 <= found.brier <= 1
    assert sum(b.happened.of for b in found.bins) == len(said)
    assert all(b.mean is None or b.low - 1e-6 <= b.mean <= b.high + 1e-6 for b in found.bins)
    chance.shuffle(said)
    assert calibration(said) == found


@given(st.integers(1, 400), st.data())
def test_more_matters_of_the_same_share_say_it_more_exactly(of, data):
    hits = data.draw(st.integers(0, of))
    few, many = share(hits, of), share(hits * 4, of * 4)
    assert many.high - many.low <= few.high - few.low + 1e-9
