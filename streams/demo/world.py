"""The invented world: two years of facts in the order in which they became known, always the same.

`world()` is what `pledgewatch demo` writes and `run --demo` loads. Nothing in it is random without a seed; its "today"
is its last tick.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import cache

import msgspec

from schemas import Policy, Tick
from schemas.codec import AnyFact
from streams.demo.actors import CLASSES, COMPACT, SOURCES, names
from streams.demo.background import background
from streams.demo.cases import cases
from streams.demo.story import story
from streams.demo.telling import FIRST_DAY, LAST_DAY, Known, day, ticks
from streams.rules.policy import shipped_policy

SETTLE_AFTER: tuple[dt.date, ...] = (
    day("2025-06-02"),  # ten articles, at watch
    day("2025-12-01"),  # the alert that is withdrawn later; the serial seen elsewhere
    day("2026-02-16"),  # the laboratory
    day("2026-03-16"),  # denial and warrant
    day("2026-04-13"),  # silence at its first step
    day("2026-06-08"),  # the last Monday before the retraction
    LAST_DAY,
)
"""Ticks after which a loader should let the app settle: what was said then, and changed later, is history to show."""


def demo_policy() -> Policy:
    """The shipped policy with the invented authority's source register."""
    return msgspec.structs.replace(
        shipped_policy(), id="demo-policy", source="xa-licensing", version="start-demo", in_force_from=FIRST_DAY,
        sources=SOURCES, destination_classes=CLASSES, frameworks=(COMPACT,),
    )  # fmt: skip


@cache
def world() -> list[AnyFact]:
    """Every fact of the world with its record time [UTC], ascending; the policy first."""
    told = [Known(FIRST_DAY, demo_policy()), *ticks(), *names(), *story(), *cases(), *background()]
    # Within one day the order of telling stays, but the day's tick comes first: a day begins before anything is told.
    told.sort(key=lambda known: (known.day, not isinstance(known.fact, Policy), not isinstance(known.fact, Tick)))
    return list(_stamped(told))


def _stamped(told: list[Known]) -> Iterator[AnyFact]:
    """Record times: six in the morning of the day, then one second a fact."""
    second = 0
    for number, (known_on, fact) in enumerate(told):
        second = second + 1 if number and told[number - 1].day == known_on else 0
        moment = dt.datetime.combine(known_on, dt.time(6), tzinfo=dt.UTC) + dt.timedelta(seconds=second)
        yield msgspec.structs.replace(fact, recorded_at=moment)
