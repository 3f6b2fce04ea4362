"""Topic `alerts`: what appears inconsistent with a pledge, on what evidence, how sure, and what else could explain it.

Derived: can be thrown away and computed again. The newest record of an id counts; one with status `withdrawn` says that
nothing is left of the alert. Weights are whole micro-nats, so that the ledger sums exactly.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from msgspec import Meta

from schemas.common import Country, Period, Struct
from schemas.vocabulary import (
    AlertStatus,
    AttributionLevel,
    Band,
    Checkability,
    ClauseKind,
    CloseReason,
    CountQualifier,
    Credibility,
    DecisionKind,
    EvidenceLevel,
    LicenseStatus,
    Party,
    PublicationKind,
    Reliability,
    Technology,
    Tlp,
    Use,
    Verdict,
    VictimClass,
)

Words = Annotated[str, Meta(description="A sentence in plain words [text].")]
Micro = Annotated[int, Meta(description="Weight [micro-nats].")]
Millionths = Annotated[int, Meta(ge=0, le=1_000_000, description="Share or probability [millionths]; officers only.")]
Name = Annotated[str, Meta(description="Name or reference, as in the fact [name or id].")]
Day = Annotated[dt.date, Meta(description="[ISO 8601 date].")]
MaybeDay = Annotated[dt.date | None, Meta(description="[ISO 8601 date]; absent: none on record.")]

Matter = Literal[
    "attack", "product", "vendor", "operator_state", "agency", "time", "territory", "purpose", "victims", "ground",
]  # fmt: skip
TermKind = Literal["prior", "support", "contradiction", "cap"]
NoteKind = Literal["unmatched_incident", "unknown_license", "no_pledge", "flood", "conflict", "unresolved_name"]
CaseKind = Literal["incident", "report", "silence"]
AlternativeKind = Literal[
    "lawful_warrant", "other_agency", "foreign_operator", "other_product", "misidentified", "before_delivery",
    "transferred_or_stolen", "attempt_only", "victim_class_wrong", "derivative_or_retracted", "fabrication",
    "report_in_transit", "carrier_delay", "force_majeure", "other_reckoning", "told_elsewhere", "no_power_to_admit",
]  # fmt: skip


class Evidence(Struct, frozen=True, kw_only=True):
    """A fact that the alert rests on; enough to find and to recompute it."""

    fact: Annotated[str, Meta(description="`kind:source:id` [key].")]
    revision: Annotated[int, Meta(description="[count].")]
    hash: Annotated[str, Meta(description="Digest of the body [hexadecimal].")]


class QuotedClause(Struct, frozen=True, kw_only=True):
    """The clause in its own words, in the version in force when the thing happened."""

    id: Name
    kind: Annotated[ClauseKind, Meta(description="[vocabulary].")]
    text: Annotated[str, Meta(description="Verbatim [text].")]
    language: Annotated[str, Meta(description="[BCP 47].")]
    version: Annotated[int, Meta(description="[count].")]
    valid_from: MaybeDay = None
    valid_to: MaybeDay = None
    checkability: Annotated[Checkability, Meta(description="[A, B, C].")]
    outlives_license: Annotated[bool, Meta(description="[yes or no].")]
    other_versions: Annotated[
        tuple[int, ...], Meta(description="Versions in force in another part of the period [count].")
    ] = ()
    implied_by: Annotated[
        str, Meta(description="Where the law says it, by the policy; empty: it stands in the pledge [text].")
    ] = ""
    supplied: Annotated[
        tuple[Words, ...], Meta(description="What the clause does not say itself and the policy does, with the source.")
    ] = ()


class DeliveryNote(Struct, frozen=True, kw_only=True):
    """One delivery, for the license's summary."""

    delivered: Annotated[Period, Meta(description="When.")]
    delivered_to: Country
    kind: Name
    pieces: Annotated[int, Meta(description="[count].")]


class LicenseSummary(Struct, frozen=True, kw_only=True):
    """The license, as far as the alert needs it."""

    ref: Name
    number: Annotated[str | None, Meta(description="As printed [name].")] = None
    issuing_state: Country
    exporter: Name
    end_user: Name
    destinations: Annotated[tuple[Country, ...], Meta(description="All destinations.")]
    products: Annotated[tuple[Name, ...], Meta(description="Licensed products.")]
    granted_at: Day
    valid_from: Day
    valid_to: MaybeDay = None
    status_then: Annotated[LicenseStatus, Meta(description="When the thing happened [vocabulary].")]
    status_today: Annotated[LicenseStatus, Meta(description="On the day of assessment [vocabulary].")]
    pledge_signed_at: MaybeDay = None
    pledge_by: Annotated[str | None, Meta(description="Office that signed; absent: no pledge on file [role].")] = None
    responsible_officer: Annotated[str | None, Meta(description="Role address [role].")] = None
    deliveries: Annotated[tuple[DeliveryNote, ...], Meta(description="On record.")] = ()
    pending: Annotated[tuple[Name, ...], Meta(description="What can still be stopped.")] = ()


class Assertion(Struct, frozen=True, kw_only=True):
    """What is claimed on one matter, how sure the sources are, and why it fits or not."""

    matter: Annotated[Matter, Meta(description="What it is about [vocabulary].")]
    claimed: Annotated[str, Meta(description="What is claimed; `not known` where nothing is [text].")]
    confidence: Annotated[int | None, Meta(description="[0..100]; absent: not stated.")] = None
    fit: Annotated[
        Millionths | None, Meta(description="Fit with the license [millionths]; absent: not part of the fit.")
    ] = None
    reason: Words


class Candidate(Struct, frozen=True, kw_only=True):
    """A license that fits, with its share of the group. Other issuing states' candidates are told apart."""

    license: Name
    issuing_state: Country
    m: Millionths
    share: Millionths
    reasons: tuple[Words, ...]


class LedgerPublication(Struct, frozen=True, kw_only=True):
    """A publication inside an origin group, with the grades that were weighed."""

    incident: Name
    source: Name
    source_name: Annotated[str | None, Meta(description="As in the register [name].")] = None
    kind: Annotated[PublicationKind, Meta(description="[vocabulary].")]
    reliability: Annotated[Reliability, Meta(description="As weighed [A..F].")]
    credibility: Annotated[Credibility, Meta(description="[1..6].")]
    published_at: MaybeDay = None
    evidence_level: Annotated[
        EvidenceLevel | None,
        Meta(description="What it shows of the attack, as far as its source may claim it [E0..E5]."),
    ] = None
    attribution_level: Annotated[
        AttributionLevel | None, Meta(description="How it names the operator, as far as its source may [A0..A4].")
    ] = None
    counted: Annotated[bool, Meta(description="Whether it is the one of its group that counts [yes or no].")] = False
    address_hash: Annotated[str | None, Meta(description="[hexadecimal].")] = None


class LedgerTerm(Struct, frozen=True, kw_only=True):
    """One bar of the ledger: the prior, an origin group, or a common cap."""

    label: Name
    kind: Annotated[TermKind, Meta(description="What the bar is [vocabulary].")]
    weight: Micro
    evidence_level: Annotated[EvidenceLevel | None, Meta(description="As weighed [E0..E5].")] = None
    attribution_level: Annotated[AttributionLevel | None, Meta(description="As weighed [A0..A4].")] = None
    sentence: Words
    publications: Annotated[tuple[LedgerPublication, ...], Meta(description="What is in the group.")] = ()


class Alternative(Struct, frozen=True, kw_only=True):
    """Another explanation, and whether it is still open."""

    kind: Annotated[AlternativeKind, Meta(description="[vocabulary].")]
    state: Annotated[Literal["open", "ruled_out"], Meta(description="Whether it still stands [vocabulary].")]
    reason: Words


class Reply(Struct, frozen=True, kw_only=True):
    """A denial, dispute or reply: stands as large as the claims."""

    by: Name
    at: MaybeDay = None
    sentence: Words
    weight: Annotated[Micro, Meta(description="What it weighs in the ledger [micro-nats].")] = 0


class VictimCount(Struct, frozen=True, kw_only=True):
    """Class and count only."""

    klass: Annotated[VictimClass, Meta(description="[vocabulary].")]
    count: Annotated[int, Meta(description="Persons [count].")]
    qualifier: Annotated[CountQualifier, Meta(description="[vocabulary].")]
    country: Annotated[str | None, Meta(description="[ISO 3166-1 alpha-2].")] = None


class Waiting(Struct, frozen=True, kw_only=True):
    """Who waits for whom, for what, since when and until when."""

    waits: Annotated[Party, Meta(description="Who waits [vocabulary].")]
    on: Annotated[Party, Meta(description="For whom [vocabulary].")]
    what: Annotated[str, Meta(description="For what, as `an answer` [text].")]
    since: Annotated[dt.date, Meta(description="Since this day [ISO 8601 date].")]
    until: MaybeDay = None


class Case(Struct, frozen=True, kw_only=True):
    """One ground of the alert: an incident cluster, a report, or a silence."""

    key: Annotated[
        str, Meta(description="Stable key: the kind and the first member or the duty and its due day [key].")
    ]
    kind: Annotated[CaseKind, Meta(description="What it rests on [vocabulary].")]
    band: Annotated[Band, Meta(description="[vocabulary].")]
    band_reason: Words
    verdict: Annotated[Verdict, Meta(description="What the clause's rule says [vocabulary].")]
    rule: Annotated[str, Meta(description="Name of the rule that spoke [name].")]
    sentence: Annotated[Words, Meta(description="The finding: says `appears inconsistent with`, never more.")]
    open: Annotated[bool, Meta(description="Whether evidence is left that no decision has judged [yes or no].")] = True
    occurred: Annotated[Period | None, Meta(description="When the thing happened.")] = None
    known_since: MaybeDay = None
    due: MaybeDay = None
    members: Annotated[tuple[Name, ...], Meta(description="Incidents or reports, as `source:id` [source:id].")] = ()
    technology: Annotated[
        Technology | None, Meta(description="Kind told of; the levels mean what they mean there [vocabulary].")
    ] = None
    evidence_level: Annotated[EvidenceLevel | None, Meta(description="Highest of the attack [E0..E5].")] = None
    attribution_level: Annotated[AttributionLevel | None, Meta(description="Highest of the operator [A0..A4].")] = None
    assertions: tuple[Assertion, ...] = ()
    candidates: Annotated[tuple[Candidate, ...], Meta(description="Ranked; this license among them.")] = ()
    group: Annotated[str | None, Meta(description="Key shared by alerts of one group of candidates [key].")] = None
    m: Annotated[Millionths | None, Meta(description="Fit of this license [millionths].")] = None
    ledger: tuple[LedgerTerm, ...] = ()
    total: Annotated[Micro | None, Meta(description="Sum of the ledger: L(H) [micro-nats].")] = None
    probability: Annotated[Millionths | None, Meta(description="P(H) of the group [millionths]; officers only.")] = None
    how_sure: Annotated[str, Meta(description="In words that may leave the house [text].")] = ""
    victims: tuple[VictimCount, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    replies: tuple[Reply, ...] = ()
    unknown: Annotated[tuple[Words, ...], Meta(description="What is not known.")] = ()
    actionable: Annotated[bool, Meta(description="Something can still be stopped [yes or no].")] = False
    waiting: Annotated[Waiting | None, Meta(description="Who waits, where something is owed.")] = None
    evidence: tuple[Evidence, ...] = ()


class DecisionNote(Struct, frozen=True, kw_only=True):
    """A decision on this alert."""

    ref: Name
    kind: Annotated[DecisionKind, Meta(description="[vocabulary].")]
    by_role: Name
    second_by_role: Annotated[str | None, Meta(description="The second person, where two signed [role].")] = None
    at: Annotated[dt.datetime, Meta(description="[UTC].")]
    reason: Annotated[str, Meta(description="In the officer's words [text].")] = ""
    close_reason: Annotated[CloseReason | None, Meta(description="[vocabulary].")] = None
    assigned_to: Annotated[str | None, Meta(description="Role [role].")] = None
    until: MaybeDay = None


class RelatedReport(Struct, frozen=True, kw_only=True):
    """A report on the same license, for context."""

    ref: Name
    kind: Name
    performed: Annotated[Period, Meta(description="When.")]
    outcome: Annotated[str | None, Meta(description="[vocabulary].")] = None
    sentence: Words


class Option(Struct, frozen=True, kw_only=True):
    """What the officer can do, and on which footing."""

    kind: Annotated[DecisionKind, Meta(description="[vocabulary].")]
    sentence: Words
    two_persons: Annotated[bool, Meta(description="Whether a second person must sign [yes or no].")] = False
    footing: Annotated[
        str, Meta(description="Who decides, on which footing, by the policy; empty: it says nothing [text].")
    ] = ""
    foreseen: Annotated[str, Meta(description="Where the pledge itself foresees it, as which step [text].")] = ""


class Versions(Struct, frozen=True, kw_only=True):
    """What made this alert."""

    policy: Name
    names: Name
    code: Name
    since: Annotated[
        dt.date | None,
        Meta(description="First day from which the same facts give the same alert [ISO 8601 date]; absent: any day."),
    ] = None


class Alert(Struct, tag_field="fact", tag="alert", frozen=True, kw_only=True):
    """What appears inconsistent with one clause of one license in one destination."""

    id: Annotated[str, Meta(description="`destination~license~clause` [alert id].")]
    version: Annotated[str, Meta(description="Digest of the claim; empty when withdrawn [hexadecimal].")] = ""
    status: Annotated[AlertStatus, Meta(description="[vocabulary].")] = "open"
    band: Annotated[Band, Meta(description="Of the highest open case [vocabulary].")] = "context"
    destination: Country
    title: Annotated[Words, Meta(description="One neutral sentence.")] = ""
    clause: QuotedClause | None = None
    license: LicenseSummary | None = None
    cases: tuple[Case, ...] = ()
    decisions: tuple[DecisionNote, ...] = ()
    reports: tuple[RelatedReport, ...] = ()
    options: tuple[Option, ...] = ()
    assigned_to: Annotated[str | None, Meta(description="Role [role].")] = None
    waiting_for: Annotated[str | None, Meta(description="Who waits for whom, until when [text].")] = None
    waiting: Annotated[tuple[Waiting, ...], Meta(description="The same, each by itself; the longest due first.")] = ()
    tlp: Annotated[Tlp, Meta(description="Strictest of its evidence [TLP 2.0].")] = "AMBER"
    may_use_for: Annotated[tuple[Use, ...], Meta(description="What all of its evidence allows [vocabulary].")] = (
        "officer",
    )
    embargo_until: MaybeDay = None
    first_known: MaybeDay = None
    assessed_on: MaybeDay = None
    versions: Versions | None = None
    basis: Annotated[
        tuple[str, ...],
        Meta(description="Digests of the bodies of all facts that it was computed from [hexadecimal, 16 digits]."),
    ] = ()


class Match(Struct, frozen=True, kw_only=True):
    """One incident and one license that share a destination: how well they fit and why, also where they do not."""

    incident_id: Name
    incident_source: Name
    license_id: Name
    license_source: Name
    destination: Country
    band: Annotated[Band, Meta(description="Highest band that this pair gives rise to [vocabulary].")]
    m: Annotated[float, Meta(ge=0, le=1, description="Fit [0..1].")]
    share: Annotated[float, Meta(ge=0, le=1, description="Share of the group of candidates [0..1].")]
    reasons: tuple[Words, ...]


class Remark(Struct, tag_field="fact", tag="remark", frozen=True, kw_only=True):
    """Topic `remarks`: one thing that a dossier says beside its alerts; the newest record of a key counts.

    Keyed by `destination|kind|subject`.
    """

    destination: Country
    kind: Annotated[NoteKind, Meta(description="What is noted [vocabulary].")]
    subject: Name
    sentence: Annotated[str, Meta(description="In plain words; empty when it is gone [text].")] = ""
    needed: Annotated[str, Meta(description="What would mend it [text].")] = ""
    gone: Annotated[bool, Meta(description="Whether it no longer holds [yes or no].")] = False

    @property
    def key(self) -> str:
        """`destination|kind|subject`."""
        return f"{self.destination}|{self.kind}|{self.subject}"
