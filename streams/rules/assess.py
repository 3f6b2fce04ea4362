"""The assessment of a destination: from the facts that count to alerts, remarks and matches.

A pure function of the set of facts, the policy in force, the register of names and the greatest tick. Assessing again
what has not changed gives the same bytes.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from schemas import (
    Alert,
    AnyFact,
    Incident,
    Judgment,
    License,
    Match,
    Name,
    Policy,
    PostShipmentReport,
    Remarks,
)
from schemas.alert import Evidence
from streams.rules.alerts import alerts_of
from streams.rules.cases import Drafted, Weighed, banded, incident_cases
from streams.rules.clusters import Cluster, Ties, clusters
from streams.rules.dossier import Counted, Dossier, Partition, facts_of
from streams.rules.fitting import Fit, fit
from streams.rules.naming import Namer, NamerOf, PlainNamer
from streams.rules.placing import UNATTRIBUTED
from streams.rules.policy import MILLION, Weights, policy_in_force, weights_of
from streams.rules.prepared import Prepared, real
from streams.rules.remarks import remarks_of
from streams.rules.standing import UseWindow
from streams.rules.today import today_of
from streams.rules.weighing import Ledger, weigh

MOST_NAMERS = 4
"""Registers remembered: before and after a change [count]."""
MOST_FITS = 500_000
"""Comparisons remembered at most, some 500 MB of sentences [count]."""


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """What holds in one destination."""

    destination: str
    alerts: tuple[Alert, ...]
    remarks: Remarks
    matches: tuple[Match, ...]


class Assessor:
    """Assesses dossiers; keeps what it has compared, which changes nothing but the time it takes."""

    def __init__(self, namer_of: NamerOf = PlainNamer, policy: Policy | None = None) -> None:
        self._namer_of = namer_of
        self._policy = policy
        self._namers: dict[tuple[str, ...], Namer] = {}
        self._fits: dict[tuple[str, str, str, UseWindow, str, str], Fit] = {}

    def assess(self, dossier: Dossier, *, matching: bool = True) -> Assessment:
        """The assessment of one destination. `matching` off: leaves the matches out, which only `assess` prints."""
        return _result(Prepared(dossier, self.weights(dossier), self.namer(dossier.names), self.fit), matching)

    def weights(self, dossier: Dossier) -> Weights:
        """The policy in force, compiled."""
        policy = self._policy or policy_in_force(facts_of(dossier.policies, Policy), dossier.today)
        return weights_of(policy)

    def namer(self, names: Iterable[Counted]) -> Namer:
        """The register of names over the live name facts; the last few are kept."""
        counted = tuple(names)
        key = tuple(c.hash for c in counted)
        if key not in self._namers:
            if len(self._namers) >= MOST_NAMERS:
                del self._namers[next(iter(self._namers))]
            self._namers[key] = self._namer_of(list(facts_of(counted, Name)))
        return self._namers[key]

    def fit(
        self, incident: Counted, license: Counted, destination: str, window: UseWindow, names: Namer, weights: Weights
    ) -> Fit:
        """How an incident fits a license; compared once."""
        key = (incident.hash, license.hash, destination, window, names.version, weights.digest)
        found = self._fits.get(key)
        if found is None:
            if len(self._fits) > MOST_FITS:
                self._fits.clear()
            assert isinstance(incident.fact, Incident)
            assert isinstance(license.fact, License)
            found = fit(incident.fact, license.fact, destination, window, names, weights)
            self._fits[key] = found
        return found


def _weighed(p: Prepared, cluster: Cluster) -> Weighed:
    fits = {c.fact.ref: {m.fact.ref: p.fit(m, c) for m in cluster.members} for c in p.licenses}
    best = {ref: max(f.m for f in by.values()) for ref, by in fits.items()}
    agency_known = any(f.agency == "same" and f.m for by in fits.values() for f in by.values())
    candidates = {
        ref: m for ref, m in best.items()
        if m and not (agency_known and all(f.agency == "other" for f in fits[ref].values() if f.m))
    }  # fmt: skip
    reports = [r for r in facts_of(p.reports, PostShipmentReport) if r.examined]
    members = {m.fact.ref for m in cluster.members}
    admitted = frozenset(
        r.license for r in facts_of(p.reports, PostShipmentReport)
        if set(r.admits) & members and r.reporter_role in ("exporter", "end_user", "vendor")
    )  # fmt: skip

    def ledger(of: str) -> Ledger:
        m_of = {ref: max((getattr(fits[license][ref], of) for license in candidates), default=0) for ref in members}
        return weigh(cluster, m_of, reports, p.accepted, p.sources, p.weights)

    by_m = ledger("m")
    rivals = _rivals(candidates, fits)
    other = any(f.agency == "other" for by in fits.values() for f in by.values())
    return Weighed(
        cluster=cluster, fits=fits, ledger=by_m, rivals=rivals,
        shares={ref: share for group in sorted(set(rivals.values()), key=sorted) for ref, share in shares(
            {other: candidates[other] for other in group}).items()},
        item_ledger=ledger("item") if other and not agency_known else by_m, admitted=admitted,
    )  # fmt: skip


def _rivals(candidates: Iterable[str], fits: Mapping[str, Mapping[str, Fit]]) -> dict[str, frozenset[str]]:
    """For each candidate those that fit the same claim: two products on one device are two claims."""
    ties = Ties()
    for license in candidates:
        for account, found in fits[license].items():
            if found.m:
                ties.tie(f"license {license}", f"claim {account} {found.assertions[0].claimed}")
    groups: dict[str, set[str]] = defaultdict(set)
    for license in candidates:
        groups[ties.root(f"license {license}")].add(license)
    return {license: frozenset(group) for group in groups.values() for license in group}


def _evidence(p: Prepared, cluster: Cluster) -> tuple[Evidence, ...]:
    members = {m.fact.ref for m in cluster.members}
    about: list[tuple[str, int, str]] = [(m.key, m.fact.revision, m.hash.split("+")[0]) for m in cluster.members]
    for counted in real(p.dossier.judgments):
        if isinstance(counted.fact, Judgment) and set(counted.fact.incidents) & members:
            about.append((counted.key, counted.fact.revision, counted.hash))
    for counted in p.reports:
        report = counted.fact
        if (
            isinstance(report, PostShipmentReport)
            and ({e.incident for e in report.examined} | set(report.admits)) & members
        ):
            about.append((counted.key, report.revision, counted.hash))
    return tuple(Evidence(fact=f, revision=r, hash=h) for f, r, h in sorted(set(about)))


# -- the whole ----------------------------------------------------------------------------------------------------


def _result(p: Prepared, matching: bool) -> Assessment:
    """Alerts, remarks and matches."""
    drafted: dict[str, list[Drafted]] = defaultdict(list)
    matches: list[Match] = []
    unmatched: list[Cluster] = []
    unspoken: list[Cluster] = []
    if p.destination != UNATTRIBUTED:
        groups = clusters(p.incidents, p.judgments, p.weights.near_copy)
    else:
        groups = tuple(Cluster((c,)) for c in p.incidents)
    for cluster in groups:
        weighed = _weighed(p, cluster)
        summary = {ref: (p.grounds[ref].license.issuing_state, weighed.best(ref).m) for ref in weighed.shares}
        evidence = _evidence(p, cluster)
        for ref, ground in p.grounds.items():
            drafted[ref] += incident_cases(ground, p.windows[ref], weighed, summary, evidence, p.weights)
        shown = any(d.case.key == f"incident:{cluster.key}" for ref in p.grounds for d in drafted[ref])
        if not shown and not any(i.vendor_is_victim for i in cluster.incidents()):
            (unspoken if weighed.shares else unmatched).append(cluster)
        if matching:
            matches += _matches(p, weighed)
    alerts = [a for c in p.licenses for a in alerts_of(p, c, drafted[c.fact.ref])]
    return Assessment(
        destination=p.destination,
        alerts=tuple(sorted(alerts, key=lambda a: a.id)),
        remarks=Remarks(destination=p.destination, notes=tuple(remarks_of(p, unmatched, unspoken))),
        matches=tuple(
            sorted(matches, key=lambda m: (m.incident_source, m.incident_id, m.license_source, m.license_id))
        ),
    )


def _matches(p: Prepared, weighed: Weighed) -> Iterator[Match]:
    band, why = banded(weighed.ledger, False, p.weights)
    for counted in p.licenses:
        license = counted.fact
        share = weighed.shares.get(license.ref, 0)
        for member in weighed.cluster.members:
            fitted = weighed.fits[license.ref][member.fact.ref]
            holds = share > 0 and fitted.m > 0
            admitted = holds and license.ref in weighed.admitted
            reasons = (*fitted.reasons, *((fitted.context,) if fitted.context else ()))
            yield Match(
                incident_id=member.fact.id,
                incident_source=member.fact.source,
                license_id=license.id,
                license_source=license.source,
                destination=p.destination,
                band=("alert" if admitted else band) if holds else "context",
                m=fitted.m / MILLION,
                share=share / MILLION if holds else 0.0,
                reasons=(*reasons, why) if holds else reasons,
            )


# -- alerts -------------------------------------------------------------------------------------------------------


def shares(candidates: Mapping[str, int]) -> dict[str, int]:
    """Shares of the group by fit [millionths]; they sum to a million, the rest goes to the first by reference."""
    total = sum(candidates.values())
    if not total:
        return {}
    shared = {ref: m * MILLION // total for ref, m in candidates.items()}
    for ref in sorted(candidates, key=lambda r: (-(candidates[r] * MILLION % total), r))[
        : MILLION - sum(shared.values())
    ]:
        shared[ref] += 1
    return shared


def assess_facts(
    facts: Iterable[AnyFact],
    *,
    policy: Policy | None = None,
    today: dt.date | None = None,
    namer_of: NamerOf = PlainNamer,
    begun: Callable[[int], object] = lambda destinations: None,
) -> Iterator[Assessment]:
    """The assessments of all destinations that `facts` name, in order of destination; `begun` hears how many.

    `today` defaults to the greatest tick, else to the latest record time, else to the latest day told of;
    never the wall clock.
    """
    known = tuple(facts)
    world = Partition()
    world.add_all(known)
    day = today or today_of(known)
    assessor = Assessor(namer_of, policy)
    begun(len(world.destinations()))
    for destination in world.destinations():
        yield assessor.assess(world.dossier(destination, day))
