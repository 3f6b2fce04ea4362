"""What a dossier shows beside its alerts: what fits nothing, what is missing, and what may be an attempt to mislead."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from schemas import DestinationNote, Incident, License, PostShipmentReport
from schemas.alert import NoteKind
from schemas.vocabulary import EvidenceLevel
from streams.rules.account import known_since
from streams.rules.clusters import Cluster
from streams.rules.dossier import Counted, facts_of
from streams.rules.placing import UNATTRIBUTED
from streams.rules.prepared import Prepared

CONFLICT = (
    "Two different bodies came under one revision; the one with the greater digest counts until a higher revision "
    "settles it."
)
MENDING = "a higher revision from its source"
MATCHING = "a license or delivery on file, an alias for the name, or another state's register"
"""What an incident that fits nothing needs to be matched."""
SPEAKING = "who was targeted, for what purpose, by which agency; or a clause that speaks to it"
"""What an incident that fits a license needs to touch a clause of it."""


def remarks_of(p: Prepared, unmatched: Sequence[Cluster], unspoken: Sequence[Cluster] = ()) -> list[DestinationNote]:
    """The notes of one destination, ordered by kind and subject."""
    notes = [
        *_unmatched(p, unmatched),
        *_unspoken(p, unspoken),
        *_unresolved(p),
        *_unknown_licenses(p),
        *_without_pledge(p),
        *_floods(p),
    ]
    notes += [_remark(p.destination, "conflict", c.key, CONFLICT, MENDING) for c in p.dossier.conflicts()]
    return sorted(notes, key=lambda n: (n.kind, n.subject))


def _unmatched(p: Prepared, unmatched: Sequence[Cluster]) -> Iterator[DestinationNote]:
    """Credible incidents that fit no license: kept, shown, with what would be needed to match them."""
    nowhere = p.destination == UNATTRIBUTED
    for cluster in unmatched:
        if _credible(p, cluster):
            where = "no suspected operator state" if nowhere else p.destination
            said = f"{_told(cluster)} ({where}) fits no license on file."
            needed = "a suspected operator state" if nowhere else MATCHING
            yield _remark(p.destination, "unmatched_incident", cluster.key, said, needed)


def _unspoken(p: Prepared, unspoken: Sequence[Cluster]) -> Iterator[DestinationNote]:
    """Credible incidents that fit a license on which no clause has a word about what is told."""
    for cluster in unspoken:
        if _credible(p, cluster):
            said = f"{_told(cluster)} fits a license, and no clause on file speaks to what is told of it."
            yield _remark(p.destination, "unmatched_incident", cluster.key, said, SPEAKING)


def _told(cluster: Cluster) -> str:
    named = sorted(
        {product.name for i in cluster.incidents() for product in i.products}
        | {vendor.name for i in cluster.incidents() for vendor in i.vendors}
    )
    what = f"naming {', '.join(f'“{n}”' for n in named)}" if named else "naming no product or vendor"
    technology = next(cluster.incidents()).technology.replace("_", " ")
    return f"A credible account of {technology}, {what},"


def _credible(p: Prepared, cluster: Cluster) -> bool:
    """Whether a source not known as doubtful holds it at least possible, or may claim that something was shown."""
    return any(
        shown(p, i) >= "E2" or any(_trusted(p, said.source) and said.credibility <= 3 for said in i.publications)
        for i in cluster.incidents()
    )


def _trusted(p: Prepared, source: str) -> bool:
    return p.sources.get(source).reliability <= "C"


def shown(p: Prepared, incident: Incident) -> EvidenceLevel:
    """What an account can show: the level that it claims, as far as one of its sources may claim it."""
    sources = [said.source for said in incident.publications] or [incident.source]
    return max(min(incident.evidence_level, p.sources.get(source).max_evidence) for source in sources)


def _unresolved(p: Prepared) -> Iterator[DestinationNote]:
    """Names of products and vendors that the register does not know: a missing alias must not become a miss."""
    unknown: dict[str, str] = {}
    for counted in p.incidents:
        incident = counted.fact
        assert isinstance(incident, Incident)
        on = incident.occurred.last
        for product in incident.products:
            if not p.names.known(product.name, "product", on) and not _fits_any(p, counted):
                unknown[product.name] = incident.ref
        for vendor in incident.vendors:
            if not p.names.known(vendor.name, "vendor", on):
                unknown[vendor.name] = incident.ref
    for name, ref in sorted(unknown.items()):
        yield _remark(
            p.destination, "unresolved_name", name,
            f"“{name}”, named in incident {ref}, is not in the register of names.",
            "a judgment on whose name it is",
        )  # fmt: skip


def _fits_any(p: Prepared, incident: Counted) -> bool:
    """Whether a licensed product of the same spelling is what is named."""
    return any(p.fit(incident, c).product for c in p.licenses)


def _unknown_licenses(p: Prepared) -> Iterator[DestinationNote]:
    known = {c.fact.ref for c in p.dossier.licenses}
    for report in facts_of(p.reports, PostShipmentReport):
        if report.license not in known and report.destination == p.destination:
            yield _remark(
                p.destination, "unknown_license", f"report:{report.ref}",
                "A report names a license that is not on file for this destination as licensed.",
                "the license, or a corrected reference in a higher revision of the report",
            )  # fmt: skip


def _without_pledge(p: Prepared) -> Iterator[DestinationNote]:
    for counted in p.licenses:
        if isinstance(counted.fact, License) and counted.fact.pledge is None:
            yield _remark(
                p.destination,
                "no_pledge",
                counted.key,
                "No pledge is on file for this license.",
                "the signed pledge",
            )


def _floods(p: Prepared) -> Iterator[DestinationNote]:
    """Many unproven accounts in one month: an integrity note, never a higher band."""
    months: dict[str, int] = defaultdict(int)
    for counted in p.incidents:
        incident = counted.fact
        assert isinstance(incident, Incident)
        trusted = any(_trusted(p, said.source) for said in incident.publications)
        if shown(p, incident) <= "E1" and not trusted:
            day = known_since(incident) or incident.occurred.last
            months[day.strftime("%Y-%m")] += 1
    for month, count in sorted(months.items()):
        if count >= p.weights.flood:
            yield _remark(
                p.destination, "flood", month,
                f"{count} unproven accounts became known in {month}. They raise nothing; "
                "such a number may be an attempt to mislead.",
                "a look at where they come from",
            )  # fmt: skip


def _remark(destination: str, kind: NoteKind, subject: str, sentence: str, needed: str) -> DestinationNote:
    return DestinationNote(destination=destination, kind=kind, subject=subject, sentence=sentence, needed=needed)
