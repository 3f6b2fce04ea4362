"""Small words that the world is told with: days, periods, publications, facts and the day they became known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import NamedTuple

from schemas import Judgment, Period, Tick
from schemas.codec import AnyFact
from schemas.incident import Publication
from schemas.vocabulary import Credibility, Precision, PublicationKind

FIRST_DAY = dt.date(2024, 7, 1)
"""The world begins: a Monday, on which the registers of old licenses are imported."""
LAST_DAY = dt.date(2026, 8, 31)
"""The world's "today": a Monday, 113 weeks later."""
DESK = "xa-desk"
"""The analysts who curate accounts from publications; a source of their own."""


class Known(NamedTuple):
    """A fact, and the day on which the log first has it."""

    day: dt.date
    fact: AnyFact


def day(text: str) -> dt.date:
    """A date from `2025-03-04`."""
    return dt.date.fromisoformat(text)


def on(text: str, precision: Precision = "day") -> Period:
    """A period of one day, month, quarter or year."""
    return Period(start=day(text), precision=precision)


def between(first: str, last: str, precision: Precision = "day") -> Period:
    """A period between two days."""
    return Period(start=day(first), end=day(last), precision=precision)


def at(text: str, hour: int = 10) -> dt.datetime:
    """An hour of a day [UTC]."""
    return dt.datetime.combine(day(text), dt.time(hour), tzinfo=dt.UTC)


def days(count: int) -> dt.timedelta:
    """A length of time."""
    return dt.timedelta(days=count)


def known(text: str, *facts: AnyFact) -> Iterable[Known]:
    """Facts that became known on one day."""
    return tuple(Known(day(text), fact) for fact in facts)


def published(
    source: str, kind: PublicationKind, credibility: Credibility, origin: str | None, when: str
) -> Publication:
    """A publication with its declared origin (none: undeclared, so not independent)."""
    return Publication(
        source=source, kind=kind, credibility=credibility, origin=origin, published_at=day(when),
    )  # fmt: skip


def same_event(key: str, when: str, why: str, *incidents: str) -> Judgment:
    """The analysts hold several accounts for one event."""
    return Judgment(
        id=key, source=DESK, kind="same_event", by_role="Analyst, open sources desk", at=at(when), why=why,
        incidents=incidents,
    )  # fmt: skip


def ticks() -> Iterable[Known]:
    """One tick a week, always on a Monday, the last on the world's last day."""
    count = (LAST_DAY - FIRST_DAY).days // 7 + 1
    mondays = (FIRST_DAY + days(7 * week) for week in range(count))
    return tuple(Known(monday, Tick(id=monday.isoformat(), source="clock", day=monday)) for monday in mondays)
