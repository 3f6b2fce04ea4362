"""The dossiers of one partition: rows as they came, and the facts that count, chosen on reading.

Rows are immutable. Which of them counts is decided each time from the whole set, so order, duplicates and restarts
cannot matter: of a fact the newest revision above every retraction counts; of two bodies of that revision the one with
the greatest digest among those that count here (the conflict is shown); of equal bodies the earliest record time. An
erasure outranks every body of its fact: none of them is kept, whichever comes first.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Set
from copy import copy
from typing import Self, TypeVar

import msgspec

from schemas import (
    AnyFact,
    Delivery,
    Erasure,
    Header,
    Hold,
    Judgment,
    Name,
    Policy,
    Recheck,
    Retraction,
    Tick,
)
from schemas.codec import kind_of
from schemas.common import EARLIEST
from schemas.erasure import key_digest
from streams.rules.counted import Counted
from streams.rules.erased import ErasedKeys
from streams.rules.judged import Judgments
from streams.rules.placing import serials_of
from streams.rules.told import Row, Told

F = TypeVar("F", bound=AnyFact)
EVERYWHERE = (Judgment, Name, Policy)
NOTHING: frozenset[str] = frozenset()
Touched = dict[str, frozenset[str]]
"""By destination the keys of the facts to look at again; none: only what concerns all."""


class Versions:
    """All that is known of one fact: its bodies by revision, the headers, and up to where it was taken back."""

    __slots__ = ("bodies", "destinations", "headers", "serials", "withdrawn")

    def __init__(self) -> None:
        self.bodies: dict[int, dict[str, Told]] = {}
        self.headers: set[int] = set()
        self.withdrawn = 0
        self.destinations: frozenset[str] = frozenset()
        self.serials: frozenset[str] = frozenset()

    def add(self, told: Told) -> None:
        """Take in one body, or a retraction."""
        fact = told.fact
        if isinstance(fact, Retraction):
            self.withdrawn = max(self.withdrawn, fact.revision)
            return
        bodies = self.bodies.setdefault(fact.revision, {})
        before = bodies.get(told.hash)
        if before is None or _recorded(fact) < _recorded(before.fact):
            bodies[told.hash] = told
        self.destinations |= told.destinations
        self.serials |= told.serials

    def all(self) -> Iterator[Told]:
        """Every body, of every revision."""
        return (told for bodies in self.bodies.values() for told in bodies.values())

    def newest(self) -> int | None:
        """The newest revision that was not taken back, whether its body is here or not."""
        newest = max((*self.bodies, *self.headers), default=0)
        return newest if newest > self.withdrawn else None

    def counting(self, key: str, destination: str | None, serials: Set[str] = frozenset()) -> Counted | None:
        """The body of fact `key` that counts for `destination` (`None`: for all), where `serials` were delivered."""
        newest = self.newest()
        if newest is None:
            return None
        here = {
            digest: told
            for digest, told in self.bodies.get(newest, {}).items()
            if destination is None or destination in told.destinations or not serials.isdisjoint(told.serials)
        }
        if not here:
            return None
        digest = max(here)
        return Counted(here[digest].fact, digest, key, len(here) > 1)


def _recorded(fact: AnyFact) -> dt.datetime:
    return fact.recorded_at or dt.datetime.max.replace(tzinfo=dt.UTC)


class Dossier(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that counts about one destination, in an order that depends on nothing but the facts."""

    destination: str
    today: dt.date
    licenses: tuple[Counted, ...]
    deliveries: tuple[Counted, ...]
    reports: tuple[Counted, ...]
    incidents: tuple[Counted, ...]
    decisions: tuple[Counted, ...]
    judgments: tuple[Counted, ...]
    policies: tuple[Counted, ...]
    names: tuple[Counted, ...]

    def conflicts(self) -> Iterator[Counted]:
        """Facts of which two bodies came under one revision."""
        for group in (self.licenses, self.deliveries, self.reports, self.incidents, self.decisions, self.judgments):
            yield from (c for c in group if c.conflicting)


class Partition:
    """The rows of one partition and an index over them; rebuilt from the rows at any time."""

    def __init__(self) -> None:
        self._versions: dict[str, Versions] = defaultdict(Versions)
        self._named: dict[str, set[str]] = defaultdict(set)
        self._everywhere: dict[type, set[str]] = {kind: set() for kind in EVERYWHERE}
        self._sightings: dict[str, set[str]] = defaultdict(set)
        self._delivered: dict[str, set[str]] = defaultdict(set)
        """By serial, the deliveries among its sightings."""
        self._referring: dict[str, set[str]] = defaultdict(set)
        self._speaking: dict[str, set[str]] = defaultdict(set)
        self._erased = ErasedKeys()
        self._left_out: frozenset[str] = frozenset()
        self._today = EARLIEST
        self._chosen: dict[type, tuple[Counted, ...]] = {}
        self.judgments = Judgments()
        """What analysts hold, whatever destination it concerns."""

    @property
    def today(self) -> dt.date:
        """The greatest tick, never the wall clock; before the first tick no duty can be overdue."""
        return self._today

    def destinations(self) -> tuple[str, ...]:
        """Every destination that some row names, sorted."""
        return tuple(sorted(self._named))

    def add(self, row: AnyFact | Row) -> Touched:
        """Take in one row; the destinations whose assessment may have changed, and by which facts.

        A row of the register of names touches those whose dossiers hold the name: `names()` says what to compare.
        """
        if isinstance(row, Recheck):
            return dict.fromkeys(row.destinations or self._named, NOTHING)
        if isinstance(row, Header):
            return self._add_header(row)
        told = row if isinstance(row, Told) else Told(row)
        if isinstance(told.fact, Hold):
            return {}
        if isinstance(told.fact, Erasure):
            return self._add_erasure(told.fact)
        if isinstance(told.fact, Tick):
            return self._add_tick(told.fact)
        return self._add_fact(told)

    def add_all(self, rows: Iterable[AnyFact | Row]) -> None:
        """Take in many rows."""
        for row in rows:
            self.add(row)

    def _add_erasure(self, erasure: Erasure) -> Touched:
        if not self._erased.add(erasure):
            return {}
        key = next((known for known in self._versions if key_digest(known) == erasure.digest), None)
        return {} if key is None else self._forget(key)

    def _forget(self, key: str) -> Touched:
        """Keep nothing of the fact, as if it had never come."""
        kind = of_kind(key)
        touched = dict.fromkeys(self._concerned(self._versions[key]), frozenset((key,)))
        versions = self._versions.pop(key)
        indexes: tuple[tuple[dict[str, set[str]], Set[str], str], ...] = (
            (self._named, versions.destinations, key),
            (self._sightings, versions.serials, key),
            (self._delivered, versions.serials if kind == "delivery" else NOTHING, key),
            (self._speaking, {s for told in versions.all() for s in told.sources}, key),
            (self._referring, {r for told in versions.all() for r in told.named}, of_ref(key)),
        )
        for index, names, held in indexes:
            for name in names:
                index[name].discard(held)
                if not index[name]:
                    del index[name]
        for known in self._everywhere.values():
            known.discard(key)
        self._chosen.clear()
        if kind == "judgment":
            return self._judged(*self.judgments.change(of_ref(key), None))
        return dict.fromkeys(self._named, NOTHING) if kind == "policy" else touched

    def _add_header(self, header: Header) -> Touched:
        key = f"{header.of}:{header.source}:{header.id}"
        if self._erased.has(key):
            return {}
        versions = self._versions[key]
        versions.headers.add(header.revision)
        return dict.fromkeys(self._concerned(versions), frozenset((key,)))

    def _add_tick(self, tick: Tick) -> Touched:
        if tick.day <= self._today:
            return {}
        self._today = tick.day
        return dict.fromkeys(self._named, NOTHING)

    def _add_fact(self, told: Told) -> Touched:
        key = told.key
        if self._erased.has(key):
            return {}
        versions = self._versions[key]
        versions.add(told)
        kind = of_kind(key)
        if kind in ("judgment", "name", "policy"):
            return self._add_everywhere(told.fact, kind, key)
        for destination in told.destinations:
            self._named[destination].add(key)
        for serial in told.serials:
            self._sightings[serial].add(key)
            if kind == "delivery":
                self._delivered[serial].add(key)
        for other in told.named:
            self._referring[other].add(told.fact.ref)
        for source in told.sources:
            self._speaking[source].add(key)
        return dict.fromkeys(self._concerned(versions), frozenset((key,)))

    def _add_everywhere(self, fact: AnyFact, kind: str, key: str) -> Touched:
        if not isinstance(fact, Retraction):
            self._everywhere[type(fact)].add(key)
        self._chosen.clear()
        if kind == "judgment":
            ref = of_ref(key)
            return self._judged(*self.judgments.change(ref, self._versions[key].counting(key, None)))
        return dict.fromkeys(self._named, NOTHING) if kind == "policy" else {}

    def _judged(self, incidents: Iterable[str], sources: Iterable[str]) -> Touched:
        """Where the accounts are known that are tied to these, and where these sources speak."""
        touched: dict[str, set[str]] = defaultdict(set)
        keys = {f"incident:{ref}" for ref in self._tied(incidents)}
        for key in keys | {key for source in sources for key in self._speaking.get(source, ())}:
            known = self._versions.get(key)
            for destination in known.destinations if known else ():
                touched[destination].add(key)
        return {destination: frozenset(keys) for destination, keys in touched.items()}

    def _tied(self, incidents: Iterable[str]) -> set[str]:
        """The accounts that judgments and references may tie to these, wherever they are."""
        tied, rest = set(incidents), list(incidents)
        while rest:
            ref = rest.pop()
            new = (set(self.judgments.pairs(ref)) | self._referring.get(ref, set()) | self._refers(ref)) - tied
            tied |= new
            rest += new
        return tied

    def _refers(self, ref: str) -> set[str]:
        known = self._versions.get(f"incident:{ref}")
        return {other for told in known.all() for other in told.named} if known else set()

    def _concerned(self, versions: Versions) -> frozenset[str]:
        """Where any revision of the fact is named, and where a serial of it was delivered."""
        delivered = {key for serial in versions.serials for key in self._delivered.get(serial, ())}
        return versions.destinations.union(*(self._versions[key].destinations for key in delivered))

    def names(self) -> tuple[Counted, ...]:
        """The rows of the register of names that count."""
        return self._all(Name)

    def policies(self) -> tuple[Counted, ...]:
        """The policies that count."""
        return self._all(Policy)

    def keys(self, destination: str) -> frozenset[str]:
        """The facts of which some revision names the destination."""
        return frozenset(self._named.get(destination, ()))

    def sightings(self, serial: str) -> frozenset[str]:
        """The deliveries and reports of which some revision carries the serial."""
        return frozenset(self._sightings.get(serial, ()))

    def without(self, keys: Iterable[str]) -> Self:
        """The same partition, as if these facts were not in it. It shares what it holds: add nothing to it."""
        rest = copy(self)
        rest._left_out = self._left_out | frozenset(keys)
        return rest

    def counting(self, key: str, destination: str, serials: Set[str] = frozenset()) -> Counted | None:
        """The fact as it counts in a destination to which these serials were delivered."""
        known = self._versions.get(key) if key not in self._left_out else None
        return known.counting(key, destination, serials) if known else None

    def dossier(self, destination: str, today: dt.date | None = None) -> Dossier:
        """The facts that count in the dossier of `destination`."""
        keys = self._named.get(destination, set())
        deliveries = self._counted(destination, (k for k in keys if k.startswith("delivery:")))
        own = frozenset(
            s for c in deliveries if isinstance(c.fact, Delivery) and c.fact.destination == destination
            for s in serials_of(c.fact)
        )  # fmt: skip
        seen = {key for serial in own for key in self._sightings.get(serial, ())}
        grouped: dict[str, list[Counted]] = defaultdict(list)
        for counted in self._counted(destination, keys | seen, own):
            grouped[kind_of(counted.fact)].append(counted)
        return Dossier(
            destination=destination,
            today=today or self._today,
            licenses=tuple(grouped["license"]),
            deliveries=tuple(grouped["delivery"]),
            reports=tuple(grouped["report"]),
            incidents=tuple(grouped["incident"]),
            decisions=tuple(grouped["decision"]),
            judgments=self._all(Judgment),
            policies=self._all(Policy),
            names=self._all(Name),
        )

    def _counted(
        self, destination: str, keys: Iterable[str], serials: frozenset[str] = frozenset()
    ) -> Iterator[Counted]:
        for key in sorted(keys):
            counted = self.counting(key, destination, serials)
            if counted is not None:
                yield counted

    def _all(self, kind: type) -> tuple[Counted, ...]:
        """What counts everywhere of one kind; chosen anew only after something of these kinds came."""
        if kind not in self._chosen:
            counted = (self._versions[key].counting(key, None) for key in sorted(self._everywhere[kind]))
            self._chosen[kind] = tuple(c for c in counted if c is not None)
        return self._chosen[kind]


def of_kind(key: str) -> str:
    """The kind of the fact that has this key."""
    return key.partition(":")[0]


def of_ref(key: str) -> str:
    """`source:id` of the fact that has this key."""
    return key.partition(":")[2]


def facts_of(counted: Iterable[Counted], kind: type[F]) -> Iterator[F]:
    """The facts themselves, of one type."""
    for each in counted:
        if isinstance(each.fact, kind):
            yield each.fact
