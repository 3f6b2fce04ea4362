"""How a license, its clauses and its items stood when something happened.

*License valid then* and *pledge in force then* are two questions: duties outlive a license until the items are gone.
Everything is judged on closed intervals of days, as wide as the precision of what is known.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Literal

import msgspec

from schemas import Clause, Delivery, License, Period
from schemas.delivery import DeliveredItem
from schemas.vocabulary import LicenseStatus
from streams.rules.policy import Weights
from streams.rules.today import Today

Overlap = Literal["certain", "possible", "none"]
END = dt.date.max
ARRIVING = ("shipment", "activation", "upgrade")
"""Kinds of delivery after which items can be used."""
START = dt.date.min


class Standing(msgspec.Struct, frozen=True):
    """A clause as it stood over a period: the version to quote, and others in force in another part of it."""

    clause: Clause
    others: tuple[int, ...] = ()


class Term(msgspec.Struct, frozen=True):
    """A version of a clause, and the first and the last day of the duty."""

    clause: Clause
    first: dt.date
    last: dt.date


class UseWindow(msgspec.Struct, frozen=True):
    """From when until when the items of a license could be used in a destination."""

    first: dt.date
    last: dt.date
    recorded: bool
    """Whether a delivery is on record; if not, the window begins with the license, and that stays an open question."""


def overlap(period: Period, first: dt.date, last: dt.date) -> Overlap:
    """Whether `period` lies within [first, last] for certain, possibly, or not at all."""
    if period.last < first or period.first > last:
        return "none"
    return "certain" if first <= period.first and period.last <= last else "possible"


def status_on(license: License, day: dt.date) -> LicenseStatus:
    """What the license was on `day`; a later word of the same day counts."""
    return status_at(license, Today(day))


def status_at(license: License, today: Today) -> LicenseStatus:
    """What the license is today."""
    steps = [s for s in license.status_history if today.reached(s.at)]
    status: LicenseStatus = (
        max(enumerate(steps), key=lambda pair: (pair[1].at, pair[0]))[1].status if steps else "granted"
    )
    if status in ("granted", "amended") and license.valid_to is not None and today.past(license.valid_to):
        return "lapsed"
    if not steps and not today.reached(granted_at(license)):
        return "applied"
    return status


def granted_at(license: License) -> dt.date:
    """The day of the grant."""
    return license.granted_at or license.valid_from


def license_end(license: License) -> dt.date:
    """The last day of the license itself: by its date, or the day before it lapsed or was revoked."""
    ended = [s.at - dt.timedelta(days=1) for s in license.status_history if s.status in ("revoked", "lapsed")]
    return min([license.valid_to or END, *ended])


def outlives(clause: Clause, weights: Weights) -> bool:
    """Whether the duty outlives the license: as the clause says, else as is usual for its kind."""
    if clause.outlives_license is not None:
        return clause.outlives_license
    usual = weights.clauses.get(clause.kind)
    return usual.outlives_license if usual else True


def terms_of(license: License, destination: str, weights: Weights) -> tuple[Term, ...]:
    """The versions of clauses that bind in `destination`, without those waived; by id, first day and version."""
    terms = (
        Term(clause, clause_start(clause, license), clause_end(clause, license, weights))
        for clause in license.clauses
        if (not clause.destinations or destination in clause.destinations) and not clause.waived
    )
    return tuple(sorted(terms, key=lambda t: (t.clause.id, t.first, t.clause.version)))


def clauses_in_force(terms: Iterable[Term], period: Period, disposed: dt.date = END) -> tuple[Standing, ...]:
    """The clauses in force at some time of `period`, one per id, ordered by id; `terms` as `terms_of` gives them.

    The version of the first day that any version was in force is quoted; other versions are named beside it.
    """
    first, last = period.first, period.last
    versions: dict[str, list[Clause]] = {}
    for term in terms:
        if term.first <= last and first <= term.last and first <= disposed:
            versions.setdefault(term.clause.id, []).append(term.clause)
    return tuple(Standing(each[0], tuple(c.version for c in each[1:])) for each in versions.values())


def clause_start(clause: Clause, license: License) -> dt.date:
    """First day of the duty."""
    return clause.valid_from or min(license.valid_from, granted_at(license))


def clause_end(clause: Clause, license: License, weights: Weights) -> dt.date:
    """Last day of the duty: its own end, or the license's where it does not outlive it."""
    own = clause.valid_to or END
    return own if outlives(clause, weights) else min(own, license_end(license))


def use_window(license: License, deliveries: Iterable[Delivery], destination: str) -> UseWindow:
    """When the items could be used in `destination`: from the first arrival to a proven disposal of all."""
    here = [d for d in deliveries if d.destination == destination or d.delivered_to == destination]
    arrivals = [day for d in here if (day := arrival(d)) is not None]
    gone = disposal_day(here)
    if arrivals:
        return UseWindow(min(arrivals), gone, True)
    covered = [d.valid_from or START for d in license.destinations if d.country == destination]
    return UseWindow(max(min(granted_at(license), license.valid_from), min(covered, default=START)), gone, False)


def arrival(delivery: Delivery) -> dt.date | None:
    """The first day on which what was delivered could be used; none for what left."""
    return (delivery.activated or delivery.delivered).first if delivery.kind in ARRIVING else None


def disposal_day(deliveries: Iterable[Delivery]) -> dt.date:
    """The day from which all delivered pieces are proven returned or destroyed; `END` while some are not.

    Pieces are counted by serial, those without one by quantity. A shipment that says neither proves nothing, and a
    piece that came again after its return is here.
    """
    came: dict[str, dt.date] = {}
    left: dict[str, dt.date] = {}
    loose, last = 0, START
    for delivery in deliveries:
        leaving = delivery.kind in ("return", "disposal")
        for item in delivery.items or (DeliveredItem(),):
            into = left if leaving else came
            into |= {s: max(delivery.delivered.last, into.get(s, START)) for s in item.serials}
            if item.serials or not (leaving or delivery.kind == "shipment"):
                continue
            if item.quantity is None and not leaving:
                return END
            loose += (item.quantity or 0) * (-1 if leaving else 1)
        last = max(last, delivery.delivered.last) if leaving else last
    gone = all(s in left and left[s] >= day for s, day in came.items())
    return last if gone and loose <= 0 and last > START else END


def consent_on(license: License, kind: str, destination: str, period: Period, holder: str | None = None) -> bool:
    """Whether a consent of this kind covered the whole of `period`, for this destination and holder."""
    return any(
        c.kind == kind
        and (c.destination is None or c.destination == destination)
        and (c.to is None or holder is None or c.to.casefold() == holder.casefold())
        and overlap(period, c.valid_from, c.valid_to or END) == "certain"
        for c in license.consents
    )
