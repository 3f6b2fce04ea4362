"""The register as it stood: licenses, clauses, deliveries and names, each version with both of its times.

*Valid time* (`valid_from`, `valid_to`) is when it held in the world; both days are within. *Record time* (`known_from`,
`known_until`) is when the log had this version, and when a newer revision or a retraction took its place. What stood
when is decided as in `streams.rules.known`. Tests and exercises are left out.

    licenses     each license that was there, with what it was and whom it covered on the day
    clauses      the versions in force on the day; whether the pieces are gone, which ends a duty, is not asked
    deliveries   what had arrived, come into use or come back by the day
    names        the rows of the log that held on the day; the seed that ships with the code is not among them
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, TypeAlias, get_args

import msgspec
from msgspec import Meta

from schemas import AnyFact, Delivery, License, Name, Policy, Retraction
from schemas.codec import body_hash, fact_key
from schemas.common import Country, Period
from schemas.vocabulary import ClauseKind, DeliveryKind, EntityKind, LicenseStatus, NameJudgment, NameRelation
from streams.rules.counted import Counted
from streams.rules.dossier import Versions
from streams.rules.known import Standpoint, happened, license_on, unerased
from streams.rules.policy import Weights, policy_in_force, weights_of
from streams.rules.standing import END, clause_end, clause_start, overlap, status_on
from streams.rules.today import today_of
from streams.rules.told import Told

Shelf = Literal["licenses", "clauses", "deliveries", "names"]
SHELVES: tuple[Shelf, ...] = get_args(Shelf)

Day = Annotated[dt.date | None, Meta(description="[ISO 8601 date]; absent: always, or no end.")]
Instant = Annotated[dt.datetime | None, Meta(description="[UTC]; absent: not recorded, or it still counts.")]
Text = Annotated[str, Meta(description="As in the fact [name, id or text].")]
Texts = Annotated[tuple[str, ...], Meta(description="As in the fact [names or codes].")]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What every entry bears: the fact behind it, and its two times."""

    ref: Annotated[str, Meta(description="The fact [source:id].")]
    revision: Annotated[int, Meta(description="The revision that counted [count].")]
    valid_from: Day = None
    valid_to: Day = None
    known_from: Instant = None
    known_until: Instant = None


class LicenseEntry(Entry, frozen=True, kw_only=True):
    """A license, as it stood."""

    issuing_state: Country
    number: Annotated[str | None, Meta(description="As printed [name].")]
    status: Annotated[LicenseStatus, Meta(description="On the day [vocabulary].")]
    exporter: Text
    end_user: Text
    destinations: Texts
    products: Texts


class ClauseEntry(Entry, frozen=True, kw_only=True):
    """A version of a clause in force; `ref` is its license."""

    issuing_state: Country
    clause: Text
    version: Annotated[int, Meta(description="Version of the text [count].")]
    kind: Annotated[ClauseKind, Meta(description="[vocabulary].")]
    destinations: Texts
    waived: Annotated[bool, Meta(description="[yes or no].")]
    text: Text


class DeliveryEntry(Entry, frozen=True, kw_only=True):
    """A delivery; `valid_from` and `valid_to` are the first and last day on which it can have happened."""

    issuing_state: Annotated[str | None, Meta(description="Of its license; absent: that is not known [ISO 3166-1].")]
    license: Text
    kind: Annotated[DeliveryKind, Meta(description="[vocabulary].")]
    destination: Country
    delivered_to: Country
    pieces: Annotated[int, Meta(description="[count].")]


class NameEntry(Entry, frozen=True, kw_only=True):
    """A row of the register of names."""

    entity: Text
    kind: Annotated[EntityKind, Meta(description="[vocabulary].")]
    relation: Annotated[NameRelation, Meta(description="[vocabulary].")]
    said: Annotated[str, Meta(description="The name, or the other entity [name or id].")]
    judgment: Annotated[NameJudgment, Meta(description="[vocabulary].")]


AnyEntry: TypeAlias = LicenseEntry | ClauseEntry | DeliveryEntry | NameEntry
ENTRIES: Mapping[Shelf, type[Entry]] = {
    "licenses": LicenseEntry,
    "clauses": ClauseEntry,
    "deliveries": DeliveryEntry,
    "names": NameEntry,
}


def entries(
    shelf: Shelf,
    known: Iterable[AnyFact],
    at: Standpoint,
    *,
    destination: str | None = None,
    everything: Iterable[AnyFact] = (),
) -> list[AnyEntry]:
    """What stood on a shelf, of a destination or all, in order of reference.

    `known`: the facts known from the standpoint; `everything`: all there are, to say until when a version counted.
    """
    facts = [fact for fact in unerased(known) if fact.tense == "actual"]
    stood = _Shelves(facts, at, [fact for fact in everything if fact.tense == "actual"])
    found: Iterable[Any] = {
        "licenses": stood.licenses, "clauses": stood.clauses, "deliveries": stood.deliveries, "names": stood.names,
    }[shelf]()  # fmt: skip
    return [entry for entry in found if destination is None or destination in _places(entry)]


def _places(entry: AnyEntry) -> Sequence[str]:
    if isinstance(entry, LicenseEntry | ClauseEntry):
        return entry.destinations
    return (entry.destination, entry.delivered_to) if isinstance(entry, DeliveryEntry) else ()


class _Shelves:
    def __init__(self, facts: Sequence[AnyFact], at: Standpoint, everything: Sequence[AnyFact]) -> None:
        self.day = at.as_of or today_of(facts)
        self._versions: dict[str, Versions] = defaultdict(Versions)
        for fact in facts:
            self._versions[fact_key(fact)].add(Told(fact))
        self._later: dict[str, list[AnyFact]] = defaultdict(list)
        for fact in everything or facts:
            self._later[fact_key(fact)].append(fact)
        policies = [c.fact for c in self._counting("policy") if isinstance(c.fact, Policy)]
        self._weights: Weights = weights_of(policy_in_force(policies, self.day))
        self._licenses = {c.fact.ref: c for c in self._counting("license")}

    def _counting(self, kind: str) -> Iterator[Counted]:
        for key in sorted(self._versions):
            if key.startswith(f"{kind}:") and (counted := self._versions[key].counting(key, None)) is not None:
                yield counted

    def _stood(self) -> Iterator[tuple[Counted, License]]:
        for counted in self._licenses.values():
            assert isinstance(counted.fact, License)
            if (license := license_on(counted.fact, self.day)) is not None:
                yield counted, license

    def licenses(self) -> Iterator[LicenseEntry]:
        """The licenses that were there."""
        for counted, license in self._stood():
            yield LicenseEntry(
                **self._times(counted, license.valid_from, license.valid_to),
                issuing_state=license.issuing_state, number=license.number, status=status_on(license, self.day),
                exporter=license.exporter, end_user=license.end_user, destinations=self._covered(license),
                products=tuple(sorted({item.product for item in license.items})),
            )  # fmt: skip

    def _covered(self, license: License) -> tuple[str, ...]:
        """The destinations on the day."""
        return tuple(sorted({d.country for d in license.destinations if self.day <= (d.valid_to or END)}))

    def clauses(self) -> Iterator[ClauseEntry]:
        """The versions of clauses in force."""
        today = Period(start=self.day)
        for counted, license in self._stood():
            for clause in sorted(license.clauses, key=lambda c: (c.id, c.version)):
                first, last = clause_start(clause, license), clause_end(clause, license, self._weights)
                if overlap(today, first, last) == "none":
                    continue
                yield ClauseEntry(
                    **self._times(counted, first, None if last == END else last),
                    issuing_state=license.issuing_state, clause=clause.id, version=clause.version, kind=clause.kind,
                    destinations=clause.destinations or self._covered(license), waived=clause.waived, text=clause.text,
                )  # fmt: skip

    def deliveries(self) -> Iterator[DeliveryEntry]:
        """What had been delivered."""
        for counted in self._counting("delivery"):
            delivery = counted.fact
            if not isinstance(delivery, Delivery) or not happened(delivery, self.day):
                continue
            of = self._licenses.get(delivery.license)
            yield DeliveryEntry(
                **self._times(counted, delivery.delivered.first, delivery.delivered.last),
                issuing_state=of.fact.issuing_state if of and isinstance(of.fact, License) else None,
                license=delivery.license, kind=delivery.kind, destination=delivery.destination,
                delivered_to=delivery.delivered_to,
                pieces=sum(i.quantity if i.quantity is not None else len(i.serials) for i in delivery.items),
            )  # fmt: skip

    def names(self) -> Iterator[NameEntry]:
        """The rows of the register of names that held."""
        for counted in self._counting("name"):
            name = counted.fact
            if isinstance(name, Name) and (name.valid_from or dt.date.min) <= self.day <= (name.valid_to or END):
                yield NameEntry(
                    **self._times(counted, name.valid_from, name.valid_to),
                    entity=name.entity, kind=name.kind, relation=name.relation, said=name.name or name.target or "",
                    judgment=name.judgment,
                )  # fmt: skip

    def _times(self, counted: Counted, first: dt.date | None, last: dt.date | None) -> dict[str, Any]:
        fact = counted.fact
        return {
            "ref": fact.ref, "revision": fact.revision, "valid_from": first, "valid_to": last,
            "known_from": fact.recorded_at, "known_until": self._superseded(counted),
        }  # fmt: skip

    def _superseded(self, counted: Counted) -> dt.datetime | None:
        """When something took its place: a higher revision, a retraction, or a rival with a greater digest."""
        fact = counted.fact
        after = [
            other.recorded_at
            for other in self._later[counted.key]
            if other.recorded_at is not None and _outranks(other, fact.revision, counted.hash)
        ]
        return min(after, default=None)


def _outranks(other: AnyFact, revision: int, digest: str) -> bool:
    if isinstance(other, Retraction):
        return other.revision >= revision
    return other.revision > revision or (other.revision == revision and body_hash(other) > digest)
