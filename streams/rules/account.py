"""What the accounts of one event say together. Counts are replaced by the higher, never added."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from schemas import Incident, Period
from schemas.alert import VictimCount
from schemas.vocabulary import (
    AttackResult,
    DataMisuse,
    DataTaken,
    Ground,
    LegalBasis,
    Precision,
    Purpose,
    Technology,
    Vector,
    VictimClass,
)


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """An event, as all its accounts tell it together."""

    period: Period
    technology: Technology
    known_since: dt.date | None
    victims: tuple[VictimCount, ...]
    grounds: frozenset[Ground]
    asserting: Mapping[Ground, int]
    """How many accounts assert each ground [count]."""
    accounts: int
    """How many accounts tell of it [count]."""
    purposes: frozenset[Purpose]
    offence_years: int | None
    expression: bool | None
    legal: frozenset[LegalBasis]
    results: frozenset[AttackResult]
    vectors: frozenset[Vector]
    taken: frozenset[DataTaken]
    misuse: frozenset[DataMisuse]
    use_countries: frozenset[str]
    operators: tuple[str, ...]
    agencies: tuple[str, ...]
    simultaneous: int | None
    ongoing: bool
    contested: bool

    @property
    def classes(self) -> frozenset[VictimClass]:
        """Classes of persons targeted, as far as they are told."""
        return frozenset(v.klass for v in self.victims if v.klass != "unknown")

    @property
    def persons(self) -> int:
        """Persons told of: the sum over classes."""
        return sum(v.count for v in self.victims)


def told(incidents: Iterable[Incident]) -> Told:
    """The accounts as one; they must be at least one. The order does not matter."""
    accounts = sorted(incidents, key=lambda i: i.ref)
    expressions = {i.expression_related for i in accounts}
    known = [day for i in accounts if (day := known_since(i)) is not None]
    years = [i.offence_max_years for i in accounts if i.offence_max_years is not None]
    at_once = [i.simultaneous for i in accounts if i.simultaneous is not None]
    return Told(
        period=_hull([i.occurred for i in accounts]),
        technology=accounts[0].technology,
        known_since=min(known, default=None),
        victims=_victims(_whole(accounts)),
        grounds=frozenset(g for i in accounts for g in _grounds(i)),
        asserting=dict(sorted(Counter(g for i in accounts for g in _grounds(i)).items())),
        accounts=len(accounts),
        purposes=frozenset(i.alleged_purpose for i in accounts if i.alleged_purpose != "unknown"),
        offence_years=min(years, default=None),
        expression=True if "yes" in expressions else False if "no" in expressions else None,
        legal=frozenset(i.legal_basis for i in accounts if i.legal_basis != "unknown"),
        results=frozenset(i.attack_result for i in accounts if i.attack_result != "unknown"),
        vectors=frozenset(i.vector for i in accounts if i.vector != "unknown"),
        taken=frozenset(t for i in accounts for t in i.data_taken),
        misuse=frozenset(m for i in accounts for m in i.data_misuse),
        use_countries=frozenset(i.use_country for i in accounts if i.use_country),
        operators=tuple(sorted({o.country for i in accounts for o in i.operators})),
        agencies=tuple(sorted({i.operator_agency.name for i in accounts if i.operator_agency})),
        simultaneous=max(at_once, default=None),
        ongoing=any(i.ongoing for i in accounts),
        contested=any(i.status in ("contested", "refuted") for i in accounts),
    )


def _grounds(incident: Incident) -> frozenset[Ground]:
    """Each ground once, however many groups of persons it is told of."""
    return frozenset(v.ground for v in incident.victims if v.ground != "unknown")


def known_since(incident: Incident) -> dt.date | None:
    """The day it became known: as published, else as recorded."""
    days = [p.published_at for p in incident.publications if p.published_at]
    if incident.published_at:
        days.append(incident.published_at)
    if not days and incident.recorded_at:
        return incident.recorded_at.astimezone(dt.UTC).date()
    return min(days, default=None)


def _hull(periods: Sequence[Period]) -> Period:
    if len({(p.start, p.end, p.precision) for p in periods}) == 1:
        return periods[0]
    first, last = min(p.first for p in periods), max(p.last for p in periods)
    precision: Precision = "unknown" if any(p.precision == "unknown" for p in periods) else "day"
    return Period(start=first, end=last, precision=precision)


def _whole(incidents: Sequence[Incident]) -> list[Incident]:
    """The accounts whose victims are counted: one that is part of another, which tells of as many, adds nothing."""
    told_of = {i.ref: sum(v.count for v in i.victims) for i in incidents}
    return [i for i in incidents if i.part_of is None or told_of.get(i.part_of, 0) < told_of[i.ref]]


def _victims(incidents: Iterable[Incident]) -> tuple[VictimCount, ...]:
    """By class and country the highest count told; a count that others exceed was not exact."""
    highest: dict[tuple[VictimClass, str | None], VictimCount] = {}
    for incident in incidents:
        of_account: dict[tuple[VictimClass, str | None], VictimCount] = {}
        for v in incident.victims:
            before = of_account.get((v.klass, v.country))
            of_account[(v.klass, v.country)] = VictimCount(
                klass=v.klass,
                count=v.count + (before.count if before else 0),
                qualifier=v.qualifier if before is None or before.qualifier == v.qualifier else "approx",
                country=v.country,
            )
        for key, count in of_account.items():
            before = highest.get(key)
            if before is None or (count.count, count.qualifier) > (before.count, before.qualifier):
                highest[key] = count
    return tuple(highest[k] for k in sorted(highest, key=lambda k: (k[0], k[1] or "")))
