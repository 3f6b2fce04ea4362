"""What a clause rule answers, and what it is asked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import msgspec

from schemas import Clause, Delivery, License, Period, PostShipmentReport
from schemas.vocabulary import Band, Verdict
from streams.rules.account import Told
from streams.rules.naming import Namer
from streams.rules.standing import Standing
from streams.rules.today import Today


class Finding(msgspec.Struct, frozen=True):
    """What a rule says: its word on the clause, and the reason as the end of a sentence."""

    verdict: Verdict
    reason: str
    band: Band | None = None
    """For findings that are not weighed (reports, deliveries, silence): where they stand by themselves."""
    refused: bool = False
    """Whether it is a refusal or a silence, which raises an incident of the same license and is raised by it."""
    due: dt.date | None = None
    again: dt.date | None = None
    """The latest day on which the same duty fell due once more: a decision before it does not cover that."""
    since: dt.date | None = None


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """A license in a destination, with what a rule needs to know of it."""

    license: License
    destination: str
    deliveries: tuple[Delivery, ...]
    reports: tuple[PostShipmentReport, ...]
    names: Namer
    today: Today
    disposed: dt.date

    @property
    def serials(self) -> frozenset[str]:
        """Serials delivered here under this license, returned and destroyed ones included."""
        return self.serials_by(dt.date.max)

    def serials_by(self, day: dt.date) -> frozenset[str]:
        """Serials that may have been delivered here by `day`."""
        came = (d for d in self.deliveries if d.kind not in ("return", "disposal") and d.delivered.first <= day)
        return frozenset(s for d in came for i in d.items for s in i.serials)


class IncidentQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """Does this event speak to this clause?"""

    ground: Ground
    standing: Standing
    told: Told
    agency: str
    """`same`, `other`, `unknown`: whether the agency named is one that the license allows."""

    @property
    def clause(self) -> Clause:
        """The clause as it stood."""
        return self.standing.clause


class ReportQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """Does this report speak to this clause?"""

    ground: Ground
    clause: Clause
    report: PostShipmentReport


class DeliveryQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """Does this delivery record speak to this clause?"""

    ground: Ground
    clause: Clause
    delivery: Delivery
    earlier: Sequence[Delivery]


class Request(msgspec.Struct, frozen=True, order=True):
    """Something that the authority asked for."""

    asked: dt.date
    kind: str
    """Kind of the decision: ask_exporter, ask_end_user, order_check."""
    ref: str
    """The decision."""
    until: dt.date | None
    """The day by which an answer was asked for."""


class SilenceQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """Is something due under this clause that has not come?"""

    ground: Ground
    clause: Clause
    first: dt.date
    last: dt.date
    """The days on which the duty is in force."""
    requests: tuple[Request, ...] = ()


def moment(day: dt.date) -> Period:
    """A day as a period."""
    return Period(start=day)
