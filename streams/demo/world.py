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
from streams.demo.actors import SOURCES, names
from streams.demo.background import background
from streams.demo.cases import cases
from streams.demo.story import story
from streams.demo.telling import FIRST_DAY, LAST_DAY, Known, days, ticks
from streams.rules.policy import shipped_policy

SETTLE_AFTER: tuple[dt.date, ...] = (*(FIRST_DAY + days(7 * week) for week in range(4, 113, 4)), LAST_DAY)
"""Ticks after which a loader should let the app settle, so that alerts that were later withdrawn have a history."""


def demo_policy() -> Policy:
    """The shipped policy with the invented authority's source register."""
    return msgspec.structs.replace(
        shipped_policy(), id="demo-policy", source="xa-licensing", version="start-demo", in_force_from=FIRST_DAY,
        sources=SOURCES,
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
    for number, (day, fact) in enumerate(told):
        second = second + 1 if number and told[number - 1].day == day else 0
        moment = dt.datetime.combine(day, dt.time(6), tzinfo=dt.UTC) + dt.timedelta(seconds=second)
        yield msgspec.structs.replace(fact, recorded_at=moment)
