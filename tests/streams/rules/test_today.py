"""Today notes from when until when an answer holds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from builders import day
from streams.rules.today import FIRST, LAST, Today


def test_today_that_was_not_asked_holds_for_ever():
    today = Today(day("2025-03-01"))
    assert (today.since, today.until) == (FIRST, LAST)


def test_a_day_that_has_come_and_one_that_has_not_bound_the_answer():
    today = Today(day("2025-03-01"))
    assert today.reached(day("2025-03-01"))
    assert not today.reached(day("2025-04-01"))
    assert today.past(day("2025-02-27"))
    assert (today.since, today.until) == (day("2025-03-01"), day("2025-04-01"))


def test_the_last_of_all_days_is_never_over():
    assert not Today(LAST).past(LAST)


@given(
    now=st.dates(day("2025-01-01"), day("2025-12-31")),
    other=st.dates(day("2025-01-01"), day("2026-12-31")),
    days=st.integers(0, 200),
)
def test_answers_change_exactly_where_today_says(now, other, days):
    start = day("2025-01-01")

    def asked(today):
        return today.past(day("2025-06-01")), today.rounds(start, days)

    first = Today(now)
    answers = asked(first)
    assert (asked(Today(other)) == answers) == (first.since <= other < first.until)
