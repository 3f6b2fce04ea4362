"""What the pages need from the rest of the house, and what a guided tour is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

import msgspec
from litestar.datastructures import Cookie

from schemas.alert import Alert, Remark
from schemas.codec import AnyFact
from schemas.erasure import Hold
from schemas.notice import Notice
from schemas.parked import Parked
from schemas.reading import read_fact
from schemas.vocabulary import AlertStatus, Band
from streams.access import Access, Connection, access_of, keys_of
from streams.names.states import state_names
from streams.rules.known import Standpoint
from streams.rules.survey import Survey


class Counts(Protocol):
    """What is on record, in numbers."""

    @property
    def facts(self) -> Mapping[str, int]:
        """Facts by kind [count]."""

    @property
    def freshness(self) -> Mapping[str, dt.datetime]:
        """When each source was last heard [UTC]."""

    @property
    def parked(self) -> int:
        """Records set aside [count]."""


class Reads(Protocol):
    """What the pages ask of the warehouse. Blocking, so called in a thread; raises `errors.Wait` while it is away."""

    def alerts(
        self,
        *,
        status: AlertStatus | None = None,
        band: Band | None = None,
        destination: str | None = None,
        issuing_state: str | None = None,
        limit: int = 500,
    ) -> list[Alert]:
        """Newest record per alert; withdrawn ones only when asked for."""

    def alert(self, id: str) -> Alert | None:
        """Newest record of one alert."""

    def history(self, id: str) -> list[tuple[dt.datetime, Alert]]:
        """Every record of one alert, with the time the log had it."""

    def fact(self, key: str) -> list[AnyFact]:
        """Every revision of `kind:source:id`, newest first."""

    def facts(self) -> Sequence[AnyFact]:
        """Every body and retraction of every fact."""

    def remarks(self, destination: str | None = None) -> list[Remark]:
        """What dossiers say beside their alerts."""

    def notices(self, alert_id: str | None = None) -> list[Notice]:
        """What channels were told."""

    def parked(self, source: str | None = None, limit: int = 100) -> list[Parked]:
        """What was set aside."""

    def today(self) -> dt.date | None:
        """The greatest tick."""

    def counts(self) -> Counts:
        """What is on record, in numbers."""


class Rulings(Protocol):
    """What is held for a court, and what was erased; as it is now, from whatever standpoint. Blocking."""

    def holds(self) -> list[Hold]:
        """The litigation holds that stand."""

    def is_erased(self, key: str) -> bool:
        """Whether the fact `kind:source:id` was erased on request."""


class TourStep(msgspec.Struct, frozen=True):
    """One stop of the guided tour."""

    title: str
    text: str
    href: str
    """Page to look at, within this site: begins with `/`."""
    date: dt.date | None = None
    """Day of the world that the step tells of."""


class Tour(msgspec.Struct, frozen=True):
    """A guided tour of the demo world."""

    steps: tuple[TourStep, ...]


def _session(connection: Connection, token: str) -> Cookie | None:
    return keys_of(connection).session_cookie(token, secure=connection.scope.get("scheme") == "https")


def _check(connection: Connection, token: str) -> Access | None:
    return keys_of(connection).check(token)


def _country_name(code: str) -> str | None:
    return state_names().get(code)


class Answered(Protocol):
    """What the warehouse answers to a question of a board."""

    @property
    def columns(self) -> Sequence[str]:
        """Names; none where there are no rows."""

    @property
    def rows(self) -> Sequence[Sequence[object]]:
        """Values, in the order of the columns."""


class PagePorts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the pages touch."""

    reads: Reads
    past: Callable[[Standpoint], Reads]
    """The same reads from a past standpoint."""
    survey: Callable[[Standpoint], Survey]
    """All that counts from a standpoint, over every destination. Blocking."""
    ask: Callable[[str], Answered]
    """The answer to a question of a board, in SQL that is ours. Blocking; raises `errors.Wait`."""
    rulings: Rulings
    submit: Callable[[Sequence[AnyFact]], Awaitable[object]]
    """Takes facts into the log; raises `schemas.Refused` or `streams.errors.Wait`."""
    clock: Callable[[], dt.datetime]
    authority: str
    tour: Tour | None = None
    access_of: Callable[[Connection], Access | None] = access_of
    session: Callable[[Connection, str], Cookie | None] = _session
    """The session's cookie for the bearer of a key, or `None` for a key that is not known."""
    check_key: Callable[[Connection, str], Access | None] = _check
    """What the bearer of a key may do: the second person of a decision signs with a key of their own."""
    door: Callable[[AnyFact], AnyFact] = read_fact
    """Checks a fact as the door of the house does, its text for what could name a person; raises `schemas.Refused`."""
    country_name: Callable[[str], str | None] = _country_name
    """Name of a state by its code, where there is one; a demo adds those that it invents."""
    source: str = "authority"
    """Source of decisions made on the pages, for keys that are not bound to one."""
    demo_key: str = ""
    """Key offered on the entrance page of the demo; empty outside it."""

    def back(self, at: Standpoint) -> PagePorts:
        """The same ports, with the reads from a standpoint. Blocking."""
        return self if at.now else msgspec.structs.replace(self, reads=self.past(at))

    def __deepcopy__(self, memo: object) -> PagePorts:
        """Itself: Litestar copies what handlers hold, and ports are open doors, not data."""
        return self
