"""What the intake asks of the rest of the house. One frozen struct; each port can be a plain fake."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Literal, Protocol, TypeAlias

import msgspec

from schemas import Alert, AnyFact, Notice, Parked
from schemas.vocabulary import AlertStatus, Band
from streams.intake.door import Door
from streams.intake.erasing import ErasureReads
from streams.intake.limits import Limits
from streams.intake.metrics import Metrics
from streams.intake.searching import SearchEverywhere
from streams.rules.known import Standpoint
from streams.rules.recompute import Recomputed
from streams.rules.survey import Survey
from streams.transport.ports import Position

Stage: TypeAlias = Literal["accepted", "applied"]


class Past(Protocol):
    """What the API shows of today and of a past standpoint alike. Blocking; asked in a thread."""

    def alerts(
        self,
        *,
        status: AlertStatus | None = None,
        band: Band | None = None,
        destination: str | None = None,
        issuing_state: str | None = None,
        limit: int = 500,
    ) -> list[Alert]:
        """The newest record of each alert; withdrawn ones only when asked for."""
        ...

    def alert(self, alert_id: str, /) -> Alert | None:
        """The newest record of one alert, or `None`."""
        ...

    def facts(self) -> Sequence[AnyFact]:
        """Every body and retraction of every fact."""
        ...

    def parked(self, source: str | None = None, limit: int = 100) -> list[Parked]:
        """What was set aside, the newest first."""
        ...


class Told(Protocol):
    """The part of `streams.warehouse.reads.Reads` that knows what channels were told. Blocking; asked in a thread."""

    def notices(
        self, alert_id: str | None = None, *, channel: str | None = None, day: dt.date | None = None
    ) -> list[Notice]:
        """What channels were told, the newest first."""
        ...

    def notice(self, id: str, /) -> Notice | None:
        """One notice with its words, or `None`."""
        ...


class Reads(Past, Protocol):
    """The part of `streams.warehouse.reads.Reads` that the API shows. Blocking; asked in a thread."""

    def fact(self, key: str, /) -> Sequence[AnyFact]:
        """Every stored revision of a fact, the newest first."""
        ...

    def history(self, alert_id: str, /) -> Sequence[tuple[dt.datetime, Alert]]:
        """Every record of one alert with its record time, the oldest first."""
        ...


class IntakePorts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the intake's routes are wired to."""

    door: Door
    reads: Reads
    past: Callable[[Standpoint], Past]
    """The same reads from a past standpoint."""
    recomputed: Callable[[Alert], Recomputed]
    """An alert of the log, computed again from the facts that it names. Blocking."""
    survey: Callable[[Standpoint], Survey]
    """All that counts from a standpoint, over every destination. Blocking."""
    told: Told
    tell: Callable[[Notice], Awaitable[object]]
    """Write a notice to `notices`; durable on return; raises `Wait`."""
    told_of: ErasureReads
    search: SearchEverywhere
    """Looks in every store for what was erased."""
    limits: Limits
    clock: Callable[[], dt.datetime]
    """Now [UTC]; in the demo, the world's last tick."""
    stage: Callable[[Position], Awaitable[Stage]]
    """Whether what stands at a position has been assessed (`streams.intake.progress.Progress`)."""
    ready: Callable[[], Awaitable[Mapping[str, bool]]]
    """Which parts are up: the log, the warehouse, the watch."""
    lag: Callable[[], Awaitable[Mapping[str, int]]]
    """Records between each group and the end of the log, by the group's name."""
    max_body: int = 8_000_000
    """Largest request body [bytes]."""
    max_records: int = 20_000
    """Most records in one request [count]."""
    title: str = "Pledgewatch"
    metrics: Metrics = msgspec.field(default_factory=Metrics)

    def __deepcopy__(self, memo: object) -> IntakePorts:
        """Itself: Litestar copies what handlers hold, and ports are open doors, not data."""
        return self
