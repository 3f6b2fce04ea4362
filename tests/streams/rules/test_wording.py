"""Sentences of the rules: dates with their precision, lists as a person writes them."""

from __future__ import annotations

import pytest

from builders import day, period
from streams.rules.wording import class_words, day_words, listed, period_words, sure_words


@pytest.mark.parametrize(
    ("when", "words"),
    [
        (period("2025-03-09"), "on 9 March 2025"),
        (period("2025-03-03", "2025-03-09"), "between 3 and 9 March 2025"),
        (period("2025-02-27", "2025-03-02"), "between 27 February 2025 and 2 March 2025"),
        (period("2025-03-09", precision="month"), "in March 2025"),
        (period("2025-03-09", "2025-04-02", "month"), "between 1 March 2025 and 30 April 2025"),
        (period("2025-05-09", precision="quarter"), "in the second quarter of 2025"),
        (period("2025-05-09", "2025-08-01", "quarter"), "between 1 April 2025 and 30 September 2025"),
        (period("2025-05-09", precision="year"), "in 2025"),
        (period("2024-05-09", "2025-05-09", "year"), "between 1 January 2024 and 31 December 2025"),
        (
            period("2020-01-01", "2024-12-31", "unknown"),
            "at an unknown time between 1 January 2020 and 31 December 2024",
        ),
    ],
)
def test_a_time_is_told_as_exactly_as_it_is_known(when, words):
    assert period_words(when) == words


def test_a_day_is_told_in_words():
    assert day_words(day("2025-12-01")) == "1 December 2025"


@pytest.mark.parametrize(
    ("words", "sentence"), [((), ""), (("a",), "a"), (("a", "b"), "a and b"), (("a", "b", "c"), "a, b and c")]
)
def test_a_list_is_written_as_a_person_writes_it(words, sentence):
    assert listed(words) == sentence


def test_classes_of_persons_are_told_once_and_in_order():
    assert class_words(["media_staff", "journalist", "media_staff"]) == "journalist, media staff"


def test_how_sure_follows_the_evidence_and_is_told_without_a_number():
    said = [
        sure_words(10_000), sure_words(50_000, origins=1), sure_words(150_000, origins=2),
        sure_words(80_000, examined=True, origins=1), sure_words(500_000, examined=True, origins=3),
        sure_words(0, admitted=True),
    ]  # fmt: skip
    assert len(set(said)) == 6
    assert not any(c.isdigit() for words in said for c in words)
