"""How the days of a duty are counted, and from which tick on a day is over where it counts.

A tick D says that the day D has begun in UTC, and no more. A day on which something is due ends at the midnight of its
place. It is over with the first tick that does not begin before that midnight: in UTC and east of it, with the tick of
the next day; west of it, where the day ends later, with the tick of the day after. Where the place is not known to the
time zone database, the day ends as late as it ends anywhere.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import lru_cache
from typing import get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from schemas.license import ClauseParameters
from schemas.policy import Weekend, WorkingCalendar
from schemas.vocabulary import Weekday
from streams.rules.today import LAST, Today
from streams.rules.wording import day_words

ONE = dt.timedelta(days=1)
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
"""Monday first, as `date.weekday` counts."""
MOST_REST = 31
"""Days of rest in a row; where a calendar knows only rest, every further day counts, so that the count ends [days]."""
UNKNOWN = WorkingCalendar(
    id="unknown",
    weekends=(Weekend(days=("friday", "saturday", "sunday"), origin="all days of rest known, so that none is missed"),),
)
"""Stands for a calendar that the policy does not have: what it makes due is due late rather than early."""


class Calendar:
    """Working days of one place: weekends as they were then, and public holidays."""

    __slots__ = ("_after", "_free", "_weekends", "known_to")

    def __init__(self, stated: WorkingCalendar) -> None:
        self._weekends = [
            (w.valid_from or dt.date.min, w.valid_to or LAST, {WEEKDAYS.index(d) for d in w.days})
            for w in stated.weekends
        ]
        self._free = {holiday.day for holiday in stated.holidays}
        self._after: dict[tuple[dt.date, int], dt.date] = {}
        self.known_to = stated.holidays_to

    def works(self, day: dt.date) -> bool:
        """Whether offices are open."""
        at_rest = any(first <= day <= last and day.weekday() in rest for first, last, rest in self._weekends)
        return not at_rest and day not in self._free

    def after(self, start: dt.date, days: int) -> dt.date:
        """The last of `days` working days after `start` [working days]."""
        key = (start, days)
        if key not in self._after:
            self._after[key] = self._counted(start, days)
        return self._after[key]

    def _counted(self, start: dt.date, days: int) -> dt.date:
        day, rested = start, 0
        while days > 0:
            day += ONE
            rested = 0 if self.works(day) else rested + 1
            days -= not 0 < rested <= MOST_REST
        return day


class Reckoning(msgspec.Struct, frozen=True):
    """How one clause counts its days."""

    zone: str | None = None
    calendar: Calendar | None = None
    """Absent: every day counts."""
    missing: str | None = None
    """The calendar that the clause names and the policy does not have."""

    def due(self, start: dt.date, days: int) -> dt.date:
        """The last day of `days` that begin after `start`."""
        if self.calendar is None:
            return start + dt.timedelta(days=days)
        return self.calendar.after(start, days)

    def over(self, day: dt.date, today: Today) -> bool:
        """Whether `day` is over where it counts."""
        return day < LAST and today.reached(over_from(day, self.zone))

    def latest(self, due: dt.date, cadence: int, today: Today) -> dt.date:
        """The latest day, from `due` on, on which the same fell due once more."""
        if not cadence:
            return due
        if self.calendar is None:
            return due + dt.timedelta(days=today.rounds(due, cadence) * cadence)
        following = self.calendar.after(due, cadence)
        while today.reached(following):
            due, following = following, self.calendar.after(following, cadence)
        return due

    def remark(self, due: dt.date) -> str:
        """What an officer has to know of the counting; empty where it is plain."""
        if self.missing:
            return f" (in working days; the calendar “{self.missing}” is not on file, so Friday to Sunday are left out)"
        if self.calendar is None:
            return ""
        if self.calendar.known_to is None or due > self.calendar.known_to:
            known = day_words(self.calendar.known_to) if self.calendar.known_to else "any year"
            return f" (in working days; public holidays are on file to {known})"
        return " (in working days)"


def reckoning(parameters: ClauseParameters, calendars: Mapping[str, Calendar]) -> Reckoning:
    """How a clause with these parameters counts."""
    if parameters.day_kind == "calendar":
        return Reckoning(parameters.zone)
    named = parameters.calendar or "none named"
    if named in calendars:
        return Reckoning(parameters.zone, calendars[named])
    return Reckoning(parameters.zone, _unknown(), named)


def calendars_of(stated: tuple[WorkingCalendar, ...]) -> dict[str, Calendar]:
    """The calendars of a policy by id."""
    return {each.id: Calendar(each) for each in stated}


@lru_cache(maxsize=1)
def _unknown() -> Calendar:
    return Calendar(UNKNOWN)


@lru_cache(maxsize=65_536)
def over_from(day: dt.date, zone: str | None) -> dt.date:
    """The first tick by which `day` is over in `zone` (absent: UTC)."""
    if zone is None:
        return day + ONE
    place = _place(zone)
    if place is None:
        return day + 2 * ONE
    midnight = dt.datetime.combine(day + ONE, dt.time(), place).astimezone(dt.UTC)
    return midnight.date() if midnight.time() == dt.time() else midnight.date() + ONE


@lru_cache(maxsize=512)
def _place(zone: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
