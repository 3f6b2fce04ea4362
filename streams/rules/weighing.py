"""Weighing: what the accounts of one event say for and against H, by independent origin.

H is narrow: what is reported happened, with this license's item, by its end user. Copies do not corroborate: inside an
origin the best counts, between origins they add, and an origin that is not declared joins the strongest. All terms are
whole micro-nats; their sum, prior included, is L(H), always computed anew from what counts now.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from schemas import Incident, Judgment, PostShipmentReport
from schemas.alert import LedgerPublication, LedgerTerm, Reply
from schemas.incident import Denial, Publication
from schemas.policy import RegisteredSource
from schemas.vocabulary import AttributionLevel, EvidenceLevel, Reliability, Verified
from streams.rules.clusters import Cluster, Ties, similarity
from streams.rules.policy import MILLION, Weights, tempered
from streams.rules.wording import attribution_words, day_words, evidence_words, listed

INTERESTED = ("end_user", "operator_state", "vendor", "exporter")
"""Parties whose denial weighs nothing by itself; it stands beside the claim in full."""
UNDECLARED = "undeclared"


class Sources:
    """The source register as it holds today: the policy's entries, then judgments on them, newest last."""

    def __init__(self, weights: Weights, judgments: Iterable[Judgment]) -> None:
        self._registered = weights.sources
        self._judged: dict[str, RegisteredSource] = {}
        for judgment in judgments:
            if judgment.judged_source:
                self._judged[judgment.judged_source] = _judged(self.get(judgment.judged_source), judgment)

    def get(self, source: str) -> RegisteredSource:
        """The entry of `source`; one that nobody has graded cannot be judged (F) and can claim little."""
        return (
            self._judged.get(source)
            or self._registered.get(source)
            or RegisteredSource(
                source=source, name=source, kind="other", reliability="F", max_evidence="E1", max_attribution="A1"
            )
        )


def _judged(entry: RegisteredSource, judgment: Judgment) -> RegisteredSource:
    if judgment.kind == "quarantine":
        return msgspec.structs.replace(entry, quarantined=True)
    if judgment.kind == "release":
        return msgspec.structs.replace(entry, quarantined=False)
    if judgment.kind != "regrade_source":
        return entry
    return msgspec.structs.replace(
        entry,
        reliability=judgment.reliability or entry.reliability,
        max_evidence=judgment.max_evidence or entry.max_evidence,
        max_attribution=judgment.max_attribution or entry.max_attribution,
    )


class Voice(msgspec.Struct, frozen=True):
    """One publication of one account, as it is weighed."""

    key: str
    incident: Incident
    publication: Publication
    source: RegisteredSource
    reliability: Reliability
    evidence: EvidenceLevel
    attribution: AttributionLevel
    cap: int
    weight: int
    """Support [micro-nats], already thinned by the fit and clipped."""
    m: int

    @property
    def forensic(self) -> bool:
        """Whether it is at E3/A2 or better, from a source that counts."""
        return self.evidence >= "E3" and self.attribution >= "A2" and self.weight > 0


class Origin(msgspec.Struct, frozen=True):
    """An independent origin: its publications, of which the best counts."""

    name: str
    voices: tuple[Voice, ...]

    @property
    def best(self) -> Voice:
        """The publication that counts."""
        return max(self.voices, key=lambda v: (v.weight, v.evidence, v.attribution, v.key))

    @property
    def doubtful(self) -> int:
        """What voices of reliability D add to what the others of this origin say [micro-nats]."""
        others = max((v.weight for v in self.voices if v.reliability != "D"), default=0)
        return self.best.weight - others if self.best.reliability == "D" else 0


class Ledger(msgspec.Struct, frozen=True):
    """The weighing of one cluster against one group of licenses."""

    terms: tuple[LedgerTerm, ...]
    origins: tuple[Origin, ...]
    replies: tuple[Reply, ...]
    total: int

    @property
    def supported(self) -> bool:
        """Whether any origin weighs anything."""
        return any(o.best.weight > 0 for o in self.origins)


def weigh(
    cluster: Cluster,
    fits: Mapping[str, int],
    reports: Sequence[PostShipmentReport],
    accepted: frozenset[str],
    sources: Sources,
    weights: Weights,
) -> Ledger:
    """The ledger of `cluster`. `fits`: m by account [millionths]; `accepted`: drafts that an analyst took on."""
    voices = [
        voice
        for incident in cluster.incidents()
        for voice in _voices(incident, fits.get(incident.ref, 0), accepted, sources, weights)
    ]
    groups = origins(voices, weights.near_copy)
    support = [_support_term(o) for o in groups]
    against, replies = _contradictions(cluster, reports, sources, weights)
    terms = [_prior_term(weights), *support, *_doubtful_cap(groups, weights), *against]
    return Ledger(tuple(terms), groups, replies, sum(t.weight for t in terms))


def _voices(incident: Incident, m: int, accepted: frozenset[str], sources: Sources, weights: Weights) -> list[Voice]:
    """The publications of an account; an account without any speaks for its feeder alone, at grade 6."""
    publications = incident.publications or (Publication(source=incident.source, kind="anonymous"),)
    spoken = not incident.draft or incident.ref in accepted
    return [
        _voice(f"{incident.ref}#{n:03d}", incident, p, m if spoken else 0, sources, weights)
        for n, p in enumerate(publications)
    ]


def _voice(key: str, incident: Incident, publication: Publication, m: int, sources: Sources, weights: Weights) -> Voice:
    entry = sources.get(publication.source)
    reliability = max(entry.reliability, publication.reliability or "A")
    evidence = min(incident.evidence_level, entry.max_evidence)
    attribution = min(incident.attribution_level, entry.max_attribution)
    cap = origin_cap(evidence, attribution, weights)
    trust = weights.reliability[reliability]
    if entry.quarantined or trust <= 0 or incident.status == "refuted":
        full = 0
    elif cap in (weights.cap_reviewed, weights.cap_found):
        full = cap
    else:
        full = min(trust * weights.credibility[publication.credibility] // MILLION, cap)
    return Voice(
        key, incident, publication, entry, reliability, evidence, attribution, cap, tempered(full, m) if m else 0, m
    )  # fmt: skip


def origin_cap(evidence: EvidenceLevel, attribution: AttributionLevel, weights: Weights) -> int:
    """How far one origin may move L [micro-nats], by both ladders."""
    if evidence >= "E5" and attribution >= "A4":
        return weights.cap_found
    if evidence >= "E4" and attribution >= "A3":
        return weights.cap_reviewed
    if evidence >= "E3" and attribution >= "A2":
        return weights.cap_forensic
    return weights.cap_low


def origins(voices: Sequence[Voice], near_copy: float) -> tuple[Origin, ...]:
    """The independent origins among `voices`, ordered by name.

    One origin: the same declared origin, accounts derived from each other, and near copies of a text. Voices whose
    origin is not declared join the strongest.
    """
    ties = Ties()
    for voice in voices:
        ties.tie(voice.key, voice.key)
    _tie_declared(voices, ties)
    _tie_derived(voices, ties)
    _tie_copies(voices, ties, near_copy)
    groups: dict[str, list[Voice]] = defaultdict(list)
    for voice in sorted(voices, key=lambda v: v.key):
        groups[ties.root(voice.key)].append(voice)
    declared = [_named(g) for g in groups.values() if any(v.publication.origin for v in g)]
    loose = [v for g in groups.values() if not any(v.publication.origin for v in g) for v in g]
    if not loose:
        return tuple(sorted(declared, key=lambda o: o.name))
    if not declared:
        return (Origin(UNDECLARED, tuple(loose)),)
    strongest = max(declared, key=lambda o: (o.best.weight, o.name))
    rest = [o for o in declared if o is not strongest]
    joined = Origin(strongest.name, (*strongest.voices, *loose))
    return tuple(sorted([*rest, joined], key=lambda o: o.name))


def _named(voices: Sequence[Voice]) -> Origin:
    return Origin(min(v.publication.origin for v in voices if v.publication.origin), tuple(voices))


def _tie_declared(voices: Sequence[Voice], ties: Ties) -> None:
    first: dict[str, str] = {}
    for voice in voices:
        if voice.publication.origin:
            ties.tie(first.setdefault(voice.publication.origin, voice.key), voice.key)


def _tie_derived(voices: Sequence[Voice], ties: Ties) -> None:
    by_account: dict[str, list[Voice]] = defaultdict(list)
    for voice in voices:
        by_account[voice.incident.ref].append(voice)
    for own in by_account.values():
        for other in own[0].incident.derived_from:
            for voice in (*own, *by_account.get(other, ())):
                ties.tie(own[0].key, voice.key)


def _tie_copies(voices: Sequence[Voice], ties: Ties, near_copy: float) -> None:
    sketched = [v for v in voices if v.publication.sketch]
    for n, voice in enumerate(sketched):
        for other in sketched[n + 1 :]:
            if similarity(voice.publication.sketch, other.publication.sketch) >= near_copy:
                ties.tie(voice.key, other.key)


def _prior_term(weights: Weights) -> LedgerTerm:
    return LedgerTerm(
        label="prior", kind="prior", weight=weights.prior,
        sentence="How likely such a report is to be right about this license before anything is weighed "
        f"(policy {weights.version}, not calibrated).",
    )  # fmt: skip


def _support_term(origin: Origin) -> LedgerTerm:
    best = origin.best
    copies = len(origin.voices) - 1
    named = f"Origin “{origin.name}”" if origin.name != UNDECLARED else "An origin that nobody declares"
    said = f"{named}: {best.source.name} ({best.reliability}{best.publication.credibility}), "
    kind = best.incident.technology
    said += f"{evidence_words(best.evidence, kind)}, operator named {attribution_words(best.attribution, kind)}"
    if copies:
        said += f"; {copies} further publication{'s add' if copies > 1 else ' adds'} nothing: it is the same origin"
    if best.source.quarantined:
        said += "; the source is in quarantine and not weighed"
    return LedgerTerm(
        label=origin.name,
        kind="support",
        weight=best.weight,
        evidence_level=best.evidence,
        attribution_level=best.attribution,
        sentence=said + ".",
        publications=tuple(_publication(v, v is best) for v in origin.voices),
    )


def _publication(voice: Voice, counted: bool) -> LedgerPublication:
    return LedgerPublication(
        incident=voice.incident.ref,
        source=voice.publication.source,
        source_name=voice.source.name,
        kind=voice.publication.kind,
        reliability=voice.reliability,
        credibility=voice.publication.credibility,
        published_at=voice.publication.published_at or voice.incident.published_at,
        evidence_level=voice.evidence,
        attribution_level=voice.attribution,
        counted=counted,
        address_hash=voice.publication.address_hash,
    )


def _doubtful_cap(groups: Sequence[Origin], weights: Weights) -> list[LedgerTerm]:
    """All origins of reliability D together move L by no more than their common cap."""
    together = sum(o.doubtful for o in groups)
    over = together - weights.cap_doubtful
    if over <= 0:
        return []
    sentence = "All origins of reliability D together count for no more than their common cap."
    return [LedgerTerm(label="cap-D", kind="cap", weight=-over, sentence=sentence)]


def _contradictions(
    cluster: Cluster, reports: Sequence[PostShipmentReport], sources: Sources, weights: Weights
) -> tuple[list[LedgerTerm], tuple[Reply, ...]]:
    """What speaks against it. Every denial is a reply; only what was examined weighs, by what was looked at."""
    terms: list[LedgerTerm] = []
    replies: list[Reply] = []
    for incident in cluster.incidents():
        for number, denial in enumerate(incident.denials):
            weight = _denial_weight(denial, sources, weights)
            replies.append(_reply(denial, weight))
            if weight:
                terms.append(_against(f"denial:{incident.ref}#{number}", weight, replies[-1].sentence))
    members = {i.ref for i in cluster.incidents()}
    for report in sorted(reports, key=lambda r: r.ref):
        for examined in report.examined:
            if examined.incident in members and examined.bearing != "inconclusive":
                term, reply = _examination(
                    report, examined.bearing == "contradicts", examined.verified, sources, weights
                )
                replies.append(reply)
                terms += [term] if term.weight else []
    return sorted(terms, key=lambda t: t.label), tuple(
        sorted(replies, key=lambda r: (str(r.at or ""), r.by, r.sentence))
    )


def _denial_weight(denial: Denial, sources: Sources, weights: Weights) -> int:
    """What a denial takes away [micro-nats, not positive]."""
    if denial.by in INTERESTED or denial.kind in ("bare_denial", "warrant_claimed") or not denial.examined:
        return 0
    entry = sources.get(denial.source) if denial.source else None
    if entry is None or entry.quarantined:
        return 0
    return -_examined_weight(entry.reliability, weights.credibility[denial.credibility], denial.examined, weights)


def _examined_weight(reliability: Reliability, credible: int, verified: Sequence[Verified], weights: Weights) -> int:
    """Trust by what was looked at: a check of custody says nothing about use."""
    looked = min(MILLION, sum(weights.verified.get(what, 0) for what in set(verified)))
    full = max(0, weights.reliability[reliability]) * credible // MILLION
    return min(full * looked // MILLION, weights.cap_low)


def _examination(
    report: PostShipmentReport, against: bool, verified: Sequence[Verified], sources: Sources, weights: Weights
) -> tuple[LedgerTerm, Reply]:
    """A report that looked into the incident: weighs by its source and by what it verified."""
    entry = sources.get(report.source)
    weight = 0
    if report.reporter_role not in ("end_user", "exporter", "vendor") and not entry.quarantined:
        weight = _examined_weight(entry.reliability, weights.credibility[2], verified, weights)
    looked = listed(sorted(v.replace("_", " ") for v in set(verified))) or "nothing that bears on use"
    finds = "found nothing that bears it out" if against else "bears it out"
    sentence = f"{entry.name} looked into it (verified: {looked}) and {finds}."
    if not weight:
        sentence += " This does not change the weight: " + (
            "the reporter is an interested party." if report.reporter_role in ("end_user", "exporter", "vendor")
            else "it says nothing about use."
        )  # fmt: skip
    reply = Reply(by=entry.name, at=report.performed.last, sentence=sentence, weight=-weight if against else weight)
    term = LedgerTerm(
        label=f"report:{report.ref}",
        kind="contradiction" if against else "support",
        weight=reply.weight,
        sentence=sentence,
    )
    return term, reply


def _against(label: str, weight: int, sentence: str) -> LedgerTerm:
    return LedgerTerm(label=label, kind="contradiction", weight=weight, sentence=sentence)


_SAID = {
    "bare_denial": "denies it",
    "warrant_claimed": "says that a warrant covered it",
    "not_our_system": "says that it was not its system",
    "examined_and_disputed": "examined it and disputes it",
    "methodology_disputed": "disputes the method",
}


def _reply(denial: Denial, weight: int) -> Reply:
    by = f"The {denial.by.replace('_', ' ')}"
    when = f" on {day_words(denial.at)}" if denial.at else ""
    looked = listed(sorted(denial.examined)) if denial.examined else ""
    sentence = f"{by} {_SAID[denial.kind]}{when}{f', having looked at {looked}' if looked else ''}."
    if not weight:
        sentence += " It stands beside the claim; by itself it does not change the weight."
    return Reply(by=by, at=denial.at, sentence=sentence, weight=weight)
