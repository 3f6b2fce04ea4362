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


class Ground:
    """A license in a destination, with what a rule needs to know of it."""

    def __init__(
        self,
        *,
        license: License,
        destination: str,
        deliveries: tuple[Delivery, ...],
        reports: tuple[PostShipmentReport, ...],
        names: Namer,
        today: Today,
        disposed: dt.date,
    ) -> None:
        self.license = license
        self.destination = destination
        self.deliveries = deliveries
        """Under this license, to this destination; the earliest first."""
        self.names = names
        self.today = today
        self.disposed = disposed
        """The day from which all pieces are proven gone."""
        self.heard = False
        """Whether a rule asked for the reports: what it answered may change with the next."""
        self._reports = reports
        self._custody: list[dt.date | None] = []

    @property
    def reports(self) -> tuple[PostShipmentReport, ...]:
        """On this license here; the earliest first."""
        self.heard = True
        return self._reports

    def asked(self, today: Today) -> Ground:
        """The same ground for one more question, of which is noted what it asks."""
        copy = Ground(
            license=self.license, destination=self.destination, deliveries=self.deliveries, reports=self._reports,
            names=self.names, today=today, disposed=self.disposed,
        )  # fmt: skip
        copy._custody = self._custody
        return copy

    @property
    def serials(self) -> frozenset[str]:
        """Serials delivered here under this license, returned and destroyed ones included."""
        return self.serials_by(dt.date.max)

    def serials_by(self, day: dt.date) -> frozenset[str]:
        """Serials that may have been delivered here by `day`."""
        came = (d for d in self.deliveries if d.kind not in ("return", "disposal") and d.delivered.first <= day)
        return frozenset(s for d in came for i in d.items for s in i.serials)

    @property
    def custody(self) -> dt.date | None:
        """The day since which not every delivered piece has been seen with the end user; none: never was."""
        if not self._custody:
            self._custody.append(self._last_custody())
        return self._custody[0]

    def _last_custody(self) -> dt.date | None:
        seen: dict[str, dt.date] = {}
        for report in self._reports:
            if report.site_country in (None, self.destination) and not report.holder:
                day = report.performed.first
                seen |= {s: max(day, seen.get(s, day)) for i in report.items for s in i.serials}
        serials = self.serials
        return min(seen[s] for s in serials) if serials and serials <= seen.keys() else None


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
