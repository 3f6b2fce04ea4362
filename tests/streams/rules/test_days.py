"""How days are counted, and from which tick on a day is over where it counts."""

from __future__ import annotations

import datetime as dt

import pytest

from builders import day
from schemas.license import ClauseParameters
from schemas.policy import Holiday, Weekend, WorkingCalendar
from streams.rules.days import Calendar, calendars_of, over_from, reckoning
from streams.rules.today import Today

SATURDAY_SUNDAY = (Weekend(days=("saturday", "sunday"), origin="invented"),)
FRIDAY_SATURDAY = (Weekend(days=("friday", "saturday"), origin="invented"),)
MOVED = (
    Weekend(days=("thursday", "friday"), valid_to=day("2024-06-30"), origin="invented"),
    Weekend(days=("friday", "saturday"), valid_from=day("2024-07-01"), origin="invented"),
)
MIDSUMMER = Holiday(day=day("2024-06-24"), words="Midsummer", origin="invented")


def a_calendar(weekends=SATURDAY_SUNDAY, *holidays, id="xa", known_to=None):
    return WorkingCalendar(id=id, place="XA", weekends=weekends, holidays=holidays, holidays_to=known_to)


# --- when a day is over ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "first"),
    [
        (None, "2024-06-11"),
        ("UTC", "2024-06-11"),
        ("Asia/Tokyo", "2024-06-11"),  # ends on the 10th at 15:00 UTC
        ("Pacific/Kiritimati", "2024-06-11"),  # ends on the 10th at 10:00 UTC
        ("America/Lima", "2024-06-12"),  # ends on the 11th at 05:00 UTC
        ("Pacific/Pago_Pago", "2024-06-12"),  # ends on the 11th at 11:00 UTC
        ("Atlantic/Azores", "2024-06-11"),  # summer time: at UTC
        ("No/Such_Place", "2024-06-12"),  # as late as anywhere
    ],
)
def test_a_day_is_over_with_the_first_tick_that_begins_when_it_has_ended_there(zone, first):
    assert over_from(day("2024-06-10"), zone) == day(first)


def test_summer_time_decides_where_the_clock_stands_near_greenwich():
    assert over_from(day("2024-01-10"), "Atlantic/Azores") == day("2024-01-12")
    assert over_from(day("2024-06-10"), "Atlantic/Azores") == day("2024-06-11")


def test_no_day_is_over_before_it_has_ended_anywhere():
    for zone in ("Asia/Tokyo", "America/Lima", "Europe/Paris", None):
        ended = dt.datetime.combine(over_from(day("2024-06-10"), zone), dt.time(), dt.UTC)
        assert ended >= dt.datetime(2024, 6, 10, 10, tzinfo=dt.UTC)


def test_west_of_greenwich_a_day_is_over_one_tick_later():
    lima = reckoning(ClauseParameters(zone="America/Lima"), {})
    tokyo = reckoning(ClauseParameters(zone="Asia/Tokyo"), {})
    assert tokyo.over(day("2024-06-10"), Today(day("2024-06-11")))
    assert not lima.over(day("2024-06-10"), Today(day("2024-06-11")))
    assert lima.over(day("2024-06-10"), Today(day("2024-06-12")))


def test_the_last_of_all_days_is_never_over():
    assert not reckoning(ClauseParameters(), {}).over(dt.date.max, Today(day("2026-01-01")))


def test_what_was_asked_is_noted_so_that_a_tick_touches_only_what_falls_due():
    today = Today(day("2024-06-11"))
    assert not reckoning(ClauseParameters(zone="America/Lima"), {}).over(day("2024-06-10"), today)
    assert today.until == day("2024-06-12")


# --- working days ----------------------------------------------------------------------------------------------------


def working(calendar, **more):
    parameters = ClauseParameters(day_kind="working", calendar=calendar.id, **more)
    return reckoning(parameters, calendars_of((calendar,)))


@pytest.mark.parametrize(
    ("weekends", "due"),
    # From Wednesday 5 June 2024, five working days on.
    [(SATURDAY_SUNDAY, "2024-06-12"), (FRIDAY_SATURDAY, "2024-06-12"), (MOVED, "2024-06-12")],
)
def test_days_of_rest_do_not_count(weekends, due):
    assert working(a_calendar(weekends)).due(day("2024-06-05"), 5) == day(due)


def test_the_weekend_is_that_of_its_time():
    calendar = Calendar(a_calendar(MOVED))
    assert [calendar.works(day(d)) for d in ("2024-06-27", "2024-06-28", "2024-06-29")] == [False, False, True]
    assert [calendar.works(day(d)) for d in ("2024-07-04", "2024-07-05", "2024-07-06")] == [True, False, False]


def test_where_friday_and_saturday_are_free_friday_is_not_counted_and_sunday_is():
    # From Thursday 6 June 2024, one working day on.
    assert working(a_calendar(SATURDAY_SUNDAY)).due(day("2024-06-06"), 1) == day("2024-06-07")
    assert working(a_calendar(FRIDAY_SATURDAY)).due(day("2024-06-06"), 1) == day("2024-06-09")


def test_a_public_holiday_is_left_out():
    # From Friday 21 June 2024, one working day on; Monday is Midsummer.
    assert working(a_calendar(SATURDAY_SUNDAY)).due(day("2024-06-21"), 1) == day("2024-06-24")
    assert working(a_calendar(SATURDAY_SUNDAY, MIDSUMMER)).due(day("2024-06-21"), 1) == day("2024-06-25")


def test_calendar_days_count_every_day():
    assert reckoning(ClauseParameters(), {}).due(day("2024-06-21"), 1) == day("2024-06-22")


def test_a_calendar_that_is_not_on_file_makes_due_late_rather_than_early_and_says_so():
    unknown = reckoning(ClauseParameters(day_kind="working", calendar="xq"), {})
    # Friday to Sunday are left out: from Thursday 6 June 2024, one working day on.
    assert unknown.due(day("2024-06-06"), 1) == day("2024-06-10")
    assert "“xq” is not on file" in unknown.remark(day("2024-06-10"))


def test_how_far_holidays_are_on_file_is_said_where_it_matters():
    known = working(a_calendar(SATURDAY_SUNDAY, MIDSUMMER, known_to=day("2024-12-31")))
    assert known.remark(day("2024-12-31")) == " (in working days)"
    assert "on file to 31 December 2024" in known.remark(day("2025-01-01"))
    assert reckoning(ClauseParameters(), {}).remark(day("2025-01-01")) == ""


@pytest.mark.parametrize(("today", "latest"), [("2024-06-16", "2024-06-10"), ("2024-06-17", "2024-06-17")])
def test_a_duty_that_comes_round_falls_due_again_by_the_same_count(today, latest):
    every_week = working(a_calendar(SATURDAY_SUNDAY))
    assert every_week.latest(day("2024-06-10"), 5, Today(day(today))) == day(latest)
    assert reckoning(ClauseParameters(), {}).latest(day("2024-06-10"), 7, Today(day(today))) == day(latest)


def test_a_duty_that_is_met_once_does_not_come_round():
    assert reckoning(ClauseParameters(), {}).latest(day("2024-06-10"), 0, Today(day("2026-01-01"))) == day("2024-06-10")
