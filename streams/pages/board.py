"""The board of the monitoring staff: counts and freshness, no probability, small groups of persons hidden. Pure."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import get_args

import msgspec

from schemas.alert import Alert
from schemas.parked import Parked
from schemas.vocabulary import Band, VictimClass
from streams.pages import words

SMALL_GROUP = 5
"""Groups of persons below this size are hidden on shared boards [count]; the policy's `small_group` at its start."""
NEW_DAYS = 30
"""An alert is new for this long after it became known [days]; a display choice."""
RECENT, LATE = 7, 30
"""A source is heard lately within the first, silent for long after the second [days]; display choices."""


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a chart and of its table."""

    key: str
    label: str
    number: int
    text: str
    """The number as shown; small groups in words."""


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """When a source was last heard."""

    source: str
    at: dt.datetime
    days: int
    """Days ago, by the clock of the log [days]."""
    state: str
    """In words: this week, this month, longer ago."""


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """All that the board shows."""

    bands: tuple[Count, ...]
    destinations: tuple[tuple[str, tuple[Count, ...]], ...]
    new: int
    unanswered: int
    """Alerts and urgent ones that nobody has acknowledged [count]."""
    overdue: int
    """Open silences past their day [count]."""
    persons: tuple[Count, ...]
    heard: tuple[Heard, ...]
    facts: tuple[Count, ...]
    parked: tuple[Count, ...]
    parked_total: int


def build(
    alerts: Sequence[Alert],
    parked: Sequence[Parked],
    facts: Mapping[str, int],
    freshness: Mapping[str, dt.datetime],
    parked_total: int,
    today: dt.date | None,
) -> Board:
    """The board on the day `today`, from the newest record of each alert."""
    live = [alert for alert in alerts if alert.status in ("open", "acknowledged")]
    return Board(
        bands=_bands(live),
        destinations=tuple((d, _bands([a for a in live if a.destination == d])) for d in _destinations(live)),
        new=sum(1 for alert in live if today and alert.first_known and (today - alert.first_known).days <= NEW_DAYS),
        unanswered=sum(1 for alert in live if alert.status == "open" and alert.band in ("alert", "urgent")),
        overdue=_overdue(live, today),
        persons=persons(live),
        heard=heard(freshness, today),
        facts=tuple(
            Count(key=kind, label=words.say("FactKind", kind), number=number, text=f"{number:,}")
            for kind, number in sorted(facts.items(), key=lambda pair: (-pair[1], pair[0]))
        ),
        parked=parked_by_reason(parked),
        parked_total=parked_total,
    )


def _destinations(alerts: Sequence[Alert]) -> list[str]:
    return sorted({alert.destination for alert in alerts})


def _bands(alerts: Sequence[Alert]) -> tuple[Count, ...]:
    found = Counter(alert.band for alert in alerts)
    return tuple(
        Count(key=band, label=words.say("Band", band), number=found[band], text=f"{found[band]:,}")
        for band in reversed(get_args(Band))
    )


def _overdue(alerts: Sequence[Alert], today: dt.date | None) -> int:
    cases = [case for alert in alerts for case in alert.cases if case.kind == "silence" and case.open]
    return sum(1 for case in cases if case.due and today and case.due < today)


def persons(alerts: Sequence[Alert]) -> tuple[Count, ...]:
    """Persons by class over open incidents at review or above, each once however many alerts it is in.

    Unproven accounts do not count, so that a flood of them moves nothing here. Small groups are hidden, and no sum is
    given and no order among the hidden, from which a number could be worked back.
    """
    seen: dict[str, Counter[VictimClass]] = {}
    for alert in alerts:
        for case in alert.cases:
            if case.kind == "incident" and case.open and words.band_rank(case.band) >= words.band_rank("review"):
                seen[case.key] = Counter()
                for group in case.victims:
                    seen[case.key][group.klass] += group.count
    total: Counter[VictimClass] = sum(seen.values(), Counter())
    shown = sorted(total, key=lambda klass: (-_hidden_below(total[klass]), words.say("VictimClass", klass)))
    return tuple(
        Count(
            key=klass,
            label=words.say("VictimClass", klass),
            number=_hidden_below(total[klass]),
            text=f"at least {total[klass]:,}" if total[klass] >= SMALL_GROUP else f"fewer than {SMALL_GROUP}",
        )
        for klass in shown
    )


def _hidden_below(number: int) -> int:
    """The number, or 0 for a group too small to be shown."""
    return number if number >= SMALL_GROUP else 0


def heard(freshness: Mapping[str, dt.datetime], today: dt.date | None) -> tuple[Heard, ...]:
    """Sources by how long they have been silent, the longest first."""
    rows = []
    for source, at in freshness.items():
        days = max(0, (today - at.date()).days) if today else 0
        state = "this week" if days <= RECENT else "this month" if days <= LATE else "longer ago"
        rows.append(Heard(source=source, at=at, days=days, state=state))
    return tuple(sorted(rows, key=lambda row: (row.at, row.source)))


def parked_by_reason(parked: Sequence[Parked]) -> tuple[Count, ...]:
    """Records set aside, by the stage at which they failed."""
    found = Counter(record.stage for record in parked)
    return tuple(
        Count(key=stage, label=words.say("Stage", stage), number=number, text=f"{number:,}")
        for stage, number in sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
    )
