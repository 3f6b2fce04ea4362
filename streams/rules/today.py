"""Today: the greatest tick, which notes which days it was asked about.

So what was worked out with it says from which day until before which day it holds, and a tick touches only what falls
due on it.
"""

from __future__ import annotations

import datetime as dt

FIRST, LAST = dt.date.min, dt.date.max


class Today:
    """The day of the assessment. Rules ask whether a day has come or gone; they never read the day itself."""

    __slots__ = ("_day", "since", "until")

    def __init__(self, day: dt.date) -> None:
        self._day = day
        self.since = FIRST
        """The latest day asked about that has come: what was worked out holds from here."""
        self.until = LAST
        """The first day asked about that has not come: what was worked out holds to the day before."""

    def reached(self, day: dt.date) -> bool:
        """Whether `day` has come."""
        if day <= self._day:
            self.since = max(self.since, day)
            return True
        self.until = min(self.until, day)
        return False

    def past(self, day: dt.date) -> bool:
        """Whether `day` is over."""
        return day < LAST and self.reached(day + dt.timedelta(days=1))

    def rounds(self, start: dt.date, days: int) -> int:
        """How often `days` have passed since `start`, which has come [count]."""
        if not days:
            return 0
        count = (self._day - start).days // days
        self.reached(start + dt.timedelta(days=count * days))
        self.reached(start + dt.timedelta(days=(count + 1) * days))
        return count
