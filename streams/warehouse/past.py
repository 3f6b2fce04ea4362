"""Reads from a past standpoint: the stored facts through the pure core, never a second history.

    archive = Archive(reads, RegisterNamer)
    archive.at(Standpoint(as_known_at=…)).alerts(destination="XA")     # the same questions as `Reads`

What was known and what was true is defined in `streams.rules.known`; a fact without a record time counts from when the
log had it. Blocking and thread-safe; raises what `Reads` does. A standpoint that was asked for lately is kept ready
until another fact is stored.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter, OrderedDict, defaultdict

from schemas import Alert, AnyFact, Notice, Parked, Remark
from schemas.codec import fact_key, kind_of
from schemas.vocabulary import BANDS, AlertStatus, Band
from streams.rules.assess import Assessment
from streams.rules.dossier import Versions
from streams.rules.known import Standpoint, World, end_of
from streams.rules.naming import NamerOf
from streams.rules.recompute import Recomputed, recompute
from streams.rules.told import Told
from streams.warehouse.reads import AlertCount, Counts, Reads, newest_first
from streams.warehouse.surveys import Surveys

MOST_WORLDS = 3
"""Standpoints kept ready; each holds every fact known there in memory [count]."""
MOST_PARKED = 10_000
"""Records set aside that are looked through [count]."""


class Archive:
    """Makes and keeps the reads from past standpoints."""

    def __init__(self, reads: Reads, namer_of: NamerOf) -> None:
        self.reads = reads
        """The reads of today."""
        self.surveys = Surveys(reads, namer_of)
        """All that counts, over every destination."""
        self._namer_of = namer_of
        self._kept: OrderedDict[tuple[object, ...], PastReads] = OrderedDict()
        self._lock = threading.Lock()

    def at(self, standpoint: Standpoint) -> PastReads:
        """The reads from a standpoint."""
        with self._lock:
            key = (standpoint.as_of, standpoint.as_known_at, self.reads.facts_end())
            if key not in self._kept:
                facts = self.reads.facts(standpoint.as_known_at)
                self._kept[key] = PastReads(self.reads, World(facts, standpoint, namer_of=self._namer_of))
            self._kept.move_to_end(key)
            while len(self._kept) > MOST_WORLDS:
                self._kept.popitem(last=False)
            return self._kept[key]

    def recomputed(self, stored: Alert) -> Recomputed:
        """An alert of the log, computed again from the stored facts that it names, and held against itself."""
        return recompute(stored, self.reads.facts(), namer_of=self._namer_of)


class PastReads:
    """The questions of `Reads`, answered from a standpoint."""

    def __init__(self, reads: Reads, world: World) -> None:
        self._reads, self._world = reads, world
        self._lock = threading.Lock()

    @property
    def at(self) -> Standpoint:
        """From where one looks."""
        return self._world.at

    def alerts(
        self,
        *,
        status: AlertStatus | None = None,
        band: Band | None = None,
        destination: str | None = None,
        issuing_state: str | None = None,
        limit: int = 500,
    ) -> list[Alert]:
        """The alerts that held, the most pressing and last known first. None is withdrawn: those did not hold."""
        found = [
            alert
            for assessment in self._assessed(destination)
            for alert in assessment.alerts
            if status in (None, alert.status)
            and band in (None, alert.band)
            and issuing_state in (None, alert.license.issuing_state if alert.license else None)
        ]
        return sorted(found, key=_urgency)[:limit]

    def alert(self, id: str) -> Alert | None:
        """One alert as it stood, or `None`."""
        found = self._assessed(id.split("~", 1)[0])
        return next((alert for assessment in found for alert in assessment.alerts if alert.id == id), None)

    def history(self, id: str) -> list[tuple[dt.datetime, Alert]]:
        """Every record of one alert, also later ones: which of them to show is for whoever knows their days."""
        return self._reads.history(id)

    def fact(self, key: str) -> list[AnyFact]:
        """Every revision of a fact that was known, the newest first."""
        return newest_first(fact for fact in self._world.facts if fact_key(fact) == key)

    def facts(self) -> tuple[AnyFact, ...]:
        """Every body and retraction that was known."""
        return self._world.facts

    def remarks(self, destination: str | None = None) -> list[Remark]:
        """What the dossiers said beside their alerts."""
        return [note for each in self._assessed(destination) for note in each.notes]

    def notices(self, alert_id: str | None = None) -> list[Notice]:
        """What channels had been told by the day, the newest first."""
        return [notice for notice in self._reads.notices(alert_id) if notice.at <= self._until]

    def parked(self, source: str | None = None, limit: int = 100) -> list[Parked]:
        """What had been set aside by the day, the newest first."""
        return [each for each in self._reads.parked(source, MOST_PARKED) if each.at <= self._until][:limit]

    def today(self) -> dt.date:
        """The day that it was."""
        return self._world.today

    def counts(self) -> Counts:
        """The front page in numbers, as it was."""
        stood = Counter(
            (alert.destination, alert.band, alert.status) for each in self._assessed(None) for alert in each.alerts
        )
        heard = self._heard()
        return Counts(
            facts=_live(self._world.facts),
            alerts=tuple(AlertCount(*key, count) for key, count in sorted(stood.items(), key=_pressing)),
            freshness=heard,
            last_record=max(heard.values(), default=None),
            parked=len(self.parked(limit=MOST_PARKED)),
            unreadable=self._reads.counts().unreadable,
            today=self.today(),
        )

    @property
    def _until(self) -> dt.datetime:
        """The last moment that is shown of what was told and set aside."""
        known_at, as_of = self.at.as_known_at, self.at.as_of
        return min(t for t in (known_at, end_of(as_of) if as_of else None, end_of(self.today())) if t)

    def _assessed(self, destination: str | None) -> list[Assessment]:
        named = self._world.destinations()
        asked = named if destination is None else (destination,) if destination in named else ()
        with self._lock:
            return [self._world.assessment(each) for each in asked]

    def _heard(self) -> dict[str, dt.datetime]:
        """When each source was last heard, the latest first."""
        last: dict[str, dt.datetime] = {}
        for fact in self._world.facts:
            if fact.recorded_at is not None and fact.recorded_at >= last.get(fact.source, fact.recorded_at):
                last[fact.source] = fact.recorded_at
        return dict(sorted(last.items(), key=lambda pair: (-pair[1].timestamp(), pair[0])))


def _urgency(alert: Alert) -> tuple[int, int, str]:
    known = alert.first_known.toordinal() if alert.first_known else 0
    return -BANDS.index(alert.band), -known, alert.id


def _pressing(counted: tuple[tuple[str, Band, AlertStatus], int]) -> tuple[int, str, str]:
    (destination, band, status), _ = counted
    return -BANDS.index(band), destination, status


def _live(facts: tuple[AnyFact, ...]) -> dict[str, int]:
    """Facts by kind of which a revision is left [count]."""
    versions: dict[str, Versions] = defaultdict(Versions)
    kinds: dict[str, str] = {}
    for fact in facts:
        versions[fact_key(fact)].add(Told(fact))
        kinds[fact_key(fact)] = kind_of(fact)
    return dict(sorted(Counter(kinds[key] for key, each in versions.items() if each.newest() is not None).items()))
