"""An event, weighed against the licenses that it may be about: which fit, which share it, how much it weighs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from schemas import Judgment, PostShipmentReport
from schemas.alert import Evidence
from streams.rules.clusters import Cluster, Ties
from streams.rules.counted import Counted
from streams.rules.fitting import Fit
from streams.rules.policy import MILLION, Weights
from streams.rules.weighing import Ledger, Sources, weigh

Fits = Mapping[str, Mapping[str, Fit]]
"""By license, by account."""
ADMITTING = ("exporter", "end_user", "vendor")
"""Whose word on what happened is against their own interest."""


class Weighed(msgspec.Struct, frozen=True, kw_only=True):
    """A cluster, weighed against its candidate licenses in one destination."""

    cluster: Cluster
    fits: Fits
    """Of the licenses whose item and state fit, whatever the time and the agency."""
    shares: Mapping[str, int]
    """By candidate license [millionths]; those of rivals sum to a million."""
    rivals: Mapping[str, frozenset[str]]
    """By candidate license those that fit the same claim, itself among them."""
    ledger: Ledger
    item_ledger: Ledger
    """The same, not asking which agency: for the clause that names the end user."""
    admitted: frozenset[str]
    """Licenses for which it was admitted against interest."""

    @property
    def weighing(self) -> frozenset[str]:
        """The accounts that weigh anything: where there are some, what the others tell borrows no weight from them."""
        return frozenset(
            v.incident.ref for w in (self.ledger, self.item_ledger) for o in w.origins for v in o.voices if v.weight > 0
        )

    def best(self, license: str) -> Fit:
        """The best fit of any account with `license`."""
        return max(self.fits[license].values(), key=lambda f: (f.m, f.item, f.relevant, f.agency, f.context, f.reasons))


def weighed(
    cluster: Cluster,
    fits: Fits,
    reports: Sequence[PostShipmentReport],
    accepted: frozenset[str],
    sources: Sources,
    weights: Weights,
) -> Weighed:
    """The weighing of `cluster`. `reports`: those that looked into it or admit it; `accepted`: drafts taken on."""
    best = {ref: max(f.m for f in by.values()) for ref, by in fits.items()}
    agency_known = any(f.agency == "same" and f.m for by in fits.values() for f in by.values())
    candidates = {
        ref: m for ref, m in best.items()
        if m and not (agency_known and all(f.agency == "other" for f in fits[ref].values() if f.m))
    }  # fmt: skip
    examined = [r for r in reports if r.examined]
    members = {m.fact.ref for m in cluster.members}
    admitted = frozenset(r.license for r in reports if set(r.admits) & members and r.reporter_role in ADMITTING)

    def ledger(of: str) -> Ledger:
        m_of = {ref: max((getattr(fits[license][ref], of) for license in candidates), default=0) for ref in members}
        return weigh(cluster, m_of, examined, accepted, sources, weights)

    by_m = ledger("m")
    rivals = _rivals(candidates, fits)
    other = any(f.agency == "other" for by in fits.values() for f in by.values())
    return Weighed(
        cluster=cluster, fits=fits, ledger=by_m, rivals=rivals,
        shares={ref: share for group in sorted(set(rivals.values()), key=sorted) for ref, share in shares(
            {other: candidates[other] for other in group}).items()},
        item_ledger=ledger("item") if other and not agency_known else by_m, admitted=admitted,
    )  # fmt: skip


def _rivals(candidates: Iterable[str], fits: Fits) -> dict[str, frozenset[str]]:
    """For each candidate those that fit the same claim: two products on one device are two claims."""
    ties = Ties()
    for license in candidates:
        for account, found in fits[license].items():
            if found.m:
                ties.tie(f"license {license}", f"claim {account} {found.assertions[0].claimed}")
    groups: dict[str, set[str]] = defaultdict(set)
    for license in candidates:
        groups[ties.root(f"license {license}")].add(license)
    return {license: together for group in groups.values() for together in [frozenset(group)] for license in group}


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


def evidence_of(cluster: Cluster, judgments: Iterable[Counted], reports: Iterable[Counted]) -> tuple[Evidence, ...]:
    """What an event rests on: its accounts, the judgments on them, the reports that looked into it or admit it."""
    members = {m.fact.ref for m in cluster.members}
    about: list[tuple[str, int, str]] = [(m.key, m.fact.revision, m.hash.split("+")[0]) for m in cluster.members]
    about += [(c.key, c.fact.revision, c.hash) for c in judgments if isinstance(c.fact, Judgment)]
    for counted in reports:
        report = counted.fact
        if (
            isinstance(report, PostShipmentReport)
            and ({e.incident for e in report.examined} | set(report.admits)) & members
        ):
            about.append((counted.key, report.revision, counted.hash))
    return tuple(Evidence(fact=f, revision=r, hash=h) for f, r, h in sorted(set(about)))
