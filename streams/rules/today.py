"""Today: the greatest tick, which notes which days it was asked about.

So what was worked out with it says from which day until before which day it holds, and a tick touches only what falls
due on it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from schemas import AnyFact, Decision, Delivery, Incident, Judgment, License, PostShipmentReport, Tick
from schemas.common import EARLIEST
from streams.rules.account import known_since

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


def today_of(facts: Iterable[AnyFact]) -> dt.date:
    """Today by the facts alone: the greatest tick, else the latest record time, else the latest day told of."""
    ticked = recorded = told = EARLIEST
    for fact in facts:
        if isinstance(fact, Tick):
            ticked = max(ticked, fact.day)
        told = max(told, told_on(fact))
        if fact.recorded_at is not None:
            recorded = max(recorded, fact.recorded_at.astimezone(dt.UTC).date())
    return next((day for day in (ticked, recorded) if day > EARLIEST), told)


def told_on(fact: AnyFact) -> dt.date:
    """The latest day that a fact tells of: when it was known, where nobody has recorded when it came."""
    if isinstance(fact, Incident):
        return known_since(fact) or fact.occurred.last
    if isinstance(fact, PostShipmentReport):
        return fact.published_at or fact.performed.last
    if isinstance(fact, Delivery):
        return fact.delivered.last
    if isinstance(fact, License):
        return fact.granted_at or fact.valid_from
    return fact.at.date() if isinstance(fact, Decision | Judgment) else EARLIEST
