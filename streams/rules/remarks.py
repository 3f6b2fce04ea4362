"""What a dossier shows beside its alerts: what fits nothing, what is missing, and what may be an attempt to mislead."""

from __future__ import annotations

from collections.abc import Iterator

from schemas import Incident, PostShipmentReport, Remark
from schemas.alert import NoteKind
from schemas.vocabulary import EvidenceLevel
from streams.rules.account import known_since
from streams.rules.clusters import Cluster
from streams.rules.naming import Namer
from streams.rules.placing import UNATTRIBUTED
from streams.rules.weighing import Sources

CONFLICT = (
    "Two different bodies came under one revision; the one with the greater digest counts until a higher revision "
    "settles it."
)
MENDING = "a higher revision from its source"
MATCHING = "a license or delivery on file, an alias for the name, or another state's register"
"""What an incident that fits nothing needs to be matched."""
SPEAKING = "who was targeted, for what purpose, by which agency; or a clause that speaks to it"
"""What an incident that fits a license needs to touch a clause of it."""


def fits_nothing(destination: str, cluster: Cluster, sources: Sources) -> Iterator[Remark]:
    """A credible incident that fits no license: kept, shown, with what would be needed to match it."""
    if any(credible(i, sources) for i in cluster.incidents()):
        nowhere = destination == UNATTRIBUTED
        where = "no suspected operator state" if nowhere else destination
        said = f"{_told(cluster)} ({where}) fits no license on file."
        needed = "a suspected operator state" if nowhere else MATCHING
        yield _note(destination, "unmatched_incident", cluster.key, said, needed)


def touches_no_clause(destination: str, cluster: Cluster, sources: Sources) -> Iterator[Remark]:
    """A credible incident that fits a license on which no clause has a word about what is told."""
    if any(credible(i, sources) for i in cluster.incidents()):
        said = f"{_told(cluster)} fits a license, and no clause on file speaks to what is told of it."
        yield _note(destination, "unmatched_incident", cluster.key, said, SPEAKING)


def _told(cluster: Cluster) -> str:
    named = sorted(
        {product.name for i in cluster.incidents() for product in i.products}
        | {vendor.name for i in cluster.incidents() for vendor in i.vendors}
    )
    what = f"naming {', '.join(f'“{n}”' for n in named)}" if named else "naming no product or vendor"
    technology = next(cluster.incidents()).technology.replace("_", " ")
    return f"A credible account of {technology}, {what},"


def credible(incident: Incident, sources: Sources) -> bool:
    """Whether an account is worth a look by itself: a source not known as doubtful holds it at least possible, or may
    claim that something was shown."""
    return shown(incident, sources) >= "E2" or any(
        _trusted(said.source, sources) and said.credibility <= 3 for said in incident.publications
    )


def _trusted(source: str, sources: Sources) -> bool:
    entry = sources.get(source)
    return entry.reliability <= "C" and not entry.quarantined


def shown(incident: Incident, sources: Sources) -> EvidenceLevel:
    """What an account can show: the level that it claims, as far as one of its sources may claim it."""
    told = [said.source for said in incident.publications] or [incident.source]
    return max(min(incident.evidence_level, sources.get(source).max_evidence) for source in told)


def unresolved(destination: str, incident: Incident, licensed: bool, names: Namer) -> Iterator[Remark]:
    """Names of products and vendors that the register does not know: a missing alias must not become a miss.

    `licensed`: whether a product of the same spelling is licensed here.
    """
    on = incident.occurred.last
    unknown = {v.name for v in incident.vendors if not names.known(v.name, "vendor", on)}
    if not licensed:
        unknown |= {p.name for p in incident.products if not names.known(p.name, "product", on)}
    for name in sorted(unknown):
        yield _note(
            destination, "unresolved_name", name,
            f"“{name}”, named in incident {incident.ref}, is not in the register of names.",
            "a judgment on whose name it is",
        )  # fmt: skip


def license_unknown(destination: str, report: PostShipmentReport) -> Remark:
    """A report names a license that is not on file for this destination as licensed."""
    return _note(
        destination, "unknown_license", f"report:{report.ref}",
        "A report names a license that is not on file for this destination as licensed.",
        "the license, or a corrected reference in a higher revision of the report",
    )  # fmt: skip


def pledge_missing(destination: str, key: str) -> Remark:
    """A license without a pledge."""
    return _note(destination, "no_pledge", key, "No pledge is on file for this license.", "the signed pledge")


def conflicting(destination: str, key: str) -> Remark:
    """Two bodies under one revision."""
    return _note(destination, "conflict", key, CONFLICT, MENDING)


def unproven_since(incident: Incident, sources: Sources) -> str | None:
    """The month in which an account became known that nobody trusted tells and that shows nothing."""
    if shown(incident, sources) > "E1" or any(_trusted(said.source, sources) for said in incident.publications):
        return None
    return (known_since(incident) or incident.occurred.last).strftime("%Y-%m")


def flood(destination: str, month: str, count: int) -> Remark:
    """Many unproven accounts in one month: an integrity note, never a higher band."""
    return _note(
        destination, "flood", month,
        f"{count} unproven accounts became known in {month}. They raise nothing; "
        "such a number may be an attempt to mislead.",
        "a look at where they come from",
    )  # fmt: skip


def _note(destination: str, kind: NoteKind, subject: str, sentence: str, needed: str) -> Remark:
    return Remark(destination=destination, kind=kind, subject=subject, sentence=sentence, needed=needed)
