"""What a clause rule answers, what it is asked, and what it says of itself: the fields that it reads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from copy import copy
from functools import cached_property
from typing import Literal, TypeVar, cast

import msgspec

from schemas import Clause, Delivery, License, Period, PostShipmentReport
from schemas.vocabulary import Band, Checkability, Party, Verdict
from streams.rules.account import Told
from streams.rules.days import Reckoning, reckoning
from streams.rules.history import Heard, History
from streams.rules.naming import Namer
from streams.rules.policy import Weights, shipped_policy, weights_of
from streams.rules.requests import Answered, Request
from streams.rules.standing import Standing, Term, UseWindow, clause_start, terms_of
from streams.rules.today import Today

Manner = Literal["silent", "late", "partial", "refused"]
"""How something owed failed to come: not at all, after its day, less than was asked, or against a refusal."""
R = TypeVar("R", bound=Callable[..., object])
READS: dict[str, tuple[str, ...]] = {}
"""By rule the fields that it reads, as declared beside it; a test holds them against its code."""


def reads(*fields: str) -> Callable[[R], R]:
    """Declare what a rule reads: `report.items.serials`, `clause.limit`; what it looks up over time as `history.…`."""

    def declared(rule: R) -> R:
        READS[rule.__name__] = tuple(dict.fromkeys(fields))
        return rule

    return declared


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
    """The day since which it is awaited."""
    manner: Manner | None = None
    """How something owed failed to come; absent: it is not about something owed."""
    matter: str = ""
    """What of the duty it is about, where one record can fail in several ways, or several things are owed."""
    what: str = ""
    """What is awaited, as `a report`."""
    party: Party | None = None
    """For whom the authority waits, where it is not who owes the duty."""


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
        weights: Weights | None = None,
    ) -> None:
        """Without `weights`: those of the policy that ships."""
        self.license = license
        self.destination = destination
        self.deliveries = deliveries
        """Under this license, to this destination; the earliest first."""
        self.names = names
        self.today = today
        self.weights = weights or weights_of(shipped_policy())
        self.heard: Heard | None = None
        """What was asked of the history: an answer may change with the next record."""
        self._reports = reports
        self._known = Known(self)
        self._window: UseWindow | None = None

    @property
    def reports(self) -> tuple[PostShipmentReport, ...]:
        """On this license here; the earliest first."""
        return self._reports

    def asked(self, today: Today) -> Ground:
        """The same ground for one more question, of which is noted what it asks."""
        question = copy(self)
        question.today, question.heard, question._window = today, Heard(self._known.history), None
        return question

    @property
    def history(self) -> History:
        """What the records here come to over time."""
        return cast(History, self.heard) if self.heard else self._known.history

    @property
    def window(self) -> UseWindow:
        """From when until when the items could be used here."""
        if self._window is None:
            self._window = self.history.window
        return self._window

    @property
    def disposed(self) -> dt.date:
        """The day from which all pieces are proven gone."""
        return self.window.last

    @property
    def terms(self) -> tuple[Term, ...]:
        """The clauses that bind here, each with its days."""
        return self._known.terms

    @property
    def first_use(self) -> dt.date:
        """The first day on which the items could be used here."""
        return self.window.first

    def reckoning(self, clause: Clause) -> Reckoning:
        """How the clause counts its days."""
        return reckoning(clause.parameters, self.weights.calendars)

    def begins(self, clause: Clause) -> dt.date:
        """The first day of the duty, in whichever version."""
        return self._known.begins[clause.id]

    def owed_by(self, clause: Clause) -> Party:
        """Whose duty it is: as the clause says, else as is usual for its kind."""
        usual = self.weights.clauses.get(clause.kind)
        return clause.parameters.owed_by or (usual.owed_by if usual else "end_user")

    def checkability(self, clause: Clause) -> Checkability:
        """How far a machine can judge the clause: as it says, else as is usual for its kind."""
        usual = self.weights.clauses.get(clause.kind)
        return clause.checkability or (usual.checkability if usual else "C")


class Known:
    """What the records of a ground come to, worked out once for all questions."""

    def __init__(self, ground: Ground) -> None:
        self._license, self._destination, self._weights = ground.license, ground.destination, ground.weights
        self._deliveries, self._reports = ground.deliveries, ground._reports

    @cached_property
    def history(self) -> History:
        """Over time."""
        return History(self._license, self._destination, self._deliveries, self._reports)

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        """The clauses, each with its days."""
        return terms_of(self._license, self._destination, self._weights)

    @cached_property
    def begins(self) -> dict[str, dt.date]:
        """By id of a clause, the first day of the duty in whichever version."""
        begins: dict[str, dt.date] = {}
        for clause in self._license.clauses:
            begins[clause.id] = min(clause_start(clause, self._license), begins.get(clause.id, dt.date.max))
        return begins


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
    answers: tuple[Answered, ...] = ()
    """What the authority had asked for that this report is the first to answer."""


class DeliveryQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """Does this delivery record speak to this clause?"""

    ground: Ground
    clause: Clause
    delivery: Delivery
    earlier: Sequence[Delivery]


class SilenceQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """Is something due under this clause that has not come?"""

    ground: Ground
    clause: Clause
    first: dt.date
    last: dt.date
    """The days on which the duty is in force."""


class RequestQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """Is this request, which nobody has answered, overdue under this clause?"""

    ground: Ground
    clause: Clause
    first: dt.date
    last: dt.date
    """The days on which the duty is in force."""
    request: Request


def moment(day: dt.date) -> Period:
    """A day as a period."""
    return Period(start=day)
