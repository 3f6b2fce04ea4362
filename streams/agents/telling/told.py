"""What each channel was last told, remembered as its own notices in the topic `notices`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Literal

import msgspec

from schemas import Notice
from schemas.alert import Alert, Case
from schemas.vocabulary import BANDS, Band, Transition

Standing = Literal["open", "closed", "withdrawn"]

GROUND_FROM: Band = "review"
"""Cases from this band up are grounds: one that is taken back, or joins, is news at an unchanged band too."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel was last told of one alert."""

    alert: str
    version: str
    band: Band
    standing: Standing
    notice: str
    grounds: frozenset[str]
    words: str
    """What the alert was called; empty where it was not described."""
    notice_record: Notice


def rank(band: Band) -> int:
    """How pressing a band is, from 0."""
    return BANDS.index(band)


def standing_of(alert: Alert) -> Standing:
    """Open (acknowledged or not), closed by a decision, or withdrawn."""
    return alert.status if alert.status in ("closed", "withdrawn") else "open"


def standing_after(transition: Transition) -> Standing:
    """How an alert stands for a channel that was told this."""
    return transition if transition in ("closed", "withdrawn") else "open"


def grounds_of(alert: Alert) -> frozenset[str]:
    """What the alert rests on, as far as it is worth a mail: members of its cases from `GROUND_FROM` up."""
    return frozenset(
        member for case in alert.cases if rank(case.band) >= rank(GROUND_FROM) for member in members_of(case)
    )


def members_of(case: Case) -> tuple[str, ...]:
    """Incidents or reports of a case; for silence, which has none, the duty and its due day."""
    return case.members or (case.key,)


def told_by(notice: Notice) -> list[Told]:
    """What a notice says of each of its alerts; its words are not remembered."""
    record = msgspec.structs.replace(notice, body=None)
    return [
        Told(
            alert=alert,
            version=notice.versions[place],
            band=notice.bands[place] if notice.bands else notice.band,
            standing=standing_after(notice.transition),
            notice=notice.id,
            grounds=frozenset(notice.grounds[place] if notice.grounds else ()),
            words=notice.words[place] if notice.words else "",
            notice_record=record,
        )
        for place, alert in enumerate(notice.alerts)
    ]


def last_told(notices: Iterable[Notice]) -> dict[str, dict[str, Told]]:
    """By channel and alert, what was told last. The set of notices decides, not their order.

    Each notice names the one before it, alert by alert: the last is the one that no other names.
    """
    by_alert: defaultdict[tuple[str, str], dict[str, Told]] = defaultdict(dict)
    superseded: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for notice in notices:
        for place, told in enumerate(told_by(notice)):
            key = (notice.channel, told.alert)
            by_alert[key][notice.id] = told
            before = notice.befores[place] if notice.befores else notice.before
            if before is not None:
                superseded[key].add(before)
    last: defaultdict[str, dict[str, Told]] = defaultdict(dict)
    for (channel, alert), tellings in by_alert.items():
        heads = [told for id_, told in tellings.items() if id_ not in superseded[channel, alert]]
        last[channel][alert] = max(heads or tellings.values(), key=lambda told: (told.notice_record.at, told.notice))
    return dict(last)
