"""The step from what a channel was last told of an alert to what holds now."""

from __future__ import annotations

import msgspec

from schemas.alert import Alert
from schemas.vocabulary import Band, Transition
from streams.agents.telling.told import GROUND_FROM, Told, grounds_of, members_of, rank, standing_of


class Hearing(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel may hear of an alert today."""

    describable: bool
    """Whether route, TLP, use and embargo let the alert be described there."""
    floor: Band
    """Band from which the channel wants to hear; what falls below is told once, as lowered."""


def transition(told: Told | None, alert: Alert, hearing: Hearing) -> Transition | None:
    """What is news for a channel, or `None`.

    Relative to what it was last told, not to the alert's last record. Upwards only where the alert may be described
    there; downwards (lowered, closed, withdrawn) to everybody who was told, whatever the route says now.
    """
    if told is None:
        return "opened" if _worth_opening(alert, hearing) else None
    standing = standing_of(alert)
    if standing == "withdrawn":
        return "withdrawn" if told.standing != "withdrawn" else None
    if told.standing != "open":
        return "reopened" if _worth_opening(alert, hearing) else None
    if standing == "closed":
        return "closed"
    return _shift(told, alert, hearing)


def _worth_opening(alert: Alert, hearing: Hearing) -> bool:
    return standing_of(alert) == "open" and hearing.describable and rank(alert.band) >= rank(hearing.floor)


def _shift(told: Told, alert: Alert, hearing: Hearing) -> Transition | None:
    if not told.version and _worth_opening(alert, hearing):
        return "opened"  # all that arrived was a repeat without content
    if told.version == alert.version:
        return None  # the claim's hash decides: neither age nor acknowledgement is news
    lowest = rank(hearing.floor) - 1
    change = max(rank(alert.band), lowest) - max(rank(told.band), lowest)
    if change < 0 or (change == 0 and grounds_taken_back(told, alert)):
        return "lowered"
    if hearing.describable and (change > 0 or (rank(alert.band) > lowest and further_grounds(told, alert))):
        return "raised"
    return None


def grounds_taken_back(told: Told, alert: Alert) -> frozenset[str]:
    """What was told as a ground and is in no case of the alert any more; a merged cluster keeps its members."""
    return told.grounds - {member for case in alert.cases for member in members_of(case)}


def further_grounds(told: Told, alert: Alert) -> frozenset[str]:
    """Grounds of open cases of which nothing was told yet."""
    return frozenset(
        member
        for case in alert.cases
        if case.open and rank(case.band) >= rank(GROUND_FROM) and not told.grounds & set(members_of(case))
        for member in members_of(case)
    ) & grounds_of(alert)
