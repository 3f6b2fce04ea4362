"""Topic `incidents`: publicly or confidentially reported targeting. No field can hold who the victim or the source is.

One fact is one account of an event, with all publications that it rests on; accounts of the same event are joined by
`duplicate_of`, `part_of` or a judgment, never by the feeder's guess.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from msgspec import Meta

from schemas.common import (
    Claimed,
    Confidence,
    Count,
    Country,
    Fact,
    Hash,
    Id,
    Label,
    Language,
    Period,
    Ref,
    SourceId,
    Struct,
)
from schemas.vocabulary import (
    AttackResult,
    AttributionLevel,
    ConsentBasis,
    CountQualifier,
    Credibility,
    DataMisuse,
    DataTaken,
    DenialBy,
    DenialKind,
    EvidenceLevel,
    Ground,
    Harm,
    IncidentStatus,
    LegalBasis,
    ProductRole,
    PublicationKind,
    Purpose,
    Reliability,
    Technology,
    Vector,
    Verified,
    VictimClass,
    YesNo,
)


class Publication(Struct, frozen=True, kw_only=True):
    """One publication that the account rests on. Copies of one origin do not corroborate each other."""

    source: Annotated[SourceId, Meta(description="Publisher, as in the source register.")]
    kind: Annotated[PublicationKind, Meta(description="What it is [vocabulary].")]
    credibility: Annotated[Credibility, Meta(description="Admiralty axis 2 [1..6].")] = 6
    reliability: Annotated[
        Reliability | None, Meta(description="Admiralty axis 1; lowers the register's grade, never raises it [A..F].")
    ] = None
    origin: Annotated[Id | None, Meta(description="Ultimate origin; absent: undeclared, so not independent.")] = None
    published_at: Annotated[dt.date | None, Meta(description="Day of publication [ISO 8601].")] = None
    language: Language | None = None
    address_hash: Annotated[Hash | None, Meta(description="Digest of its address.")] = None
    sketch: Annotated[
        tuple[Annotated[int, Meta(ge=0, le=2**32 - 1, description="One minimum [32-bit hash].")], ...],
        Meta(max_length=64, description="MinHash sketch of the text, to find near copies; the text is not kept."),
    ] = ()


class ClaimedProduct(Struct, frozen=True, kw_only=True):
    """A product that was used, and in which role."""

    name: Label
    role: Annotated[ProductRole, Meta(description="Part played [vocabulary].")] = "primary"
    confidence: Confidence = 100


class Operator(Struct, frozen=True, kw_only=True):
    """A state suspected of operating it."""

    country: Country
    confidence: Confidence = 100


class Victims(Struct, frozen=True, kw_only=True):
    """How many of which class: never who."""

    klass: Annotated[VictimClass, Meta(description="Class of persons [vocabulary].")]
    count: Annotated[Count, Meta(description="Persons [count].")] = 1
    qualifier: Annotated[CountQualifier, Meta(description="What the count means [vocabulary].")] = "at_least"
    ground: Annotated[Ground, Meta(description="Ground asserted [vocabulary].")] = "unknown"
    country: Annotated[Country | None, Meta(description="Where they were, by state.")] = None


class Denial(Struct, frozen=True, kw_only=True):
    """Somebody denies, explains or disputes it: stands beside the claim, whatever it weighs."""

    by: Annotated[DenialBy, Meta(description="Who [vocabulary].")]
    kind: Annotated[DenialKind, Meta(description="How [vocabulary].")]
    at: Annotated[dt.date | None, Meta(description="When [ISO 8601].")] = None
    examined: Annotated[tuple[Verified, ...], Meta(description="What they examined; empty: nothing [vocabulary].")] = ()
    source: Annotated[SourceId | None, Meta(description="Who carried it, as in the source register.")] = None
    credibility: Annotated[Credibility, Meta(description="Admiralty axis 2 of the dispute [1..6].")] = 6


class Incident(Fact, tag="incident", frozen=True, kw_only=True):
    """An account of an event in which people were targeted with surveillance technology.

    Needs four fields: `id`, `source`, `occurred`, `technology`. What is not known is left out.
    """

    occurred: Annotated[Period, Meta(description="When it happened, not when it was told.")]
    technology: Annotated[Technology, Meta(description="Kind of technology [vocabulary].")]
    published_at: Annotated[dt.date | None, Meta(description="Day it became known [ISO 8601].")] = None
    status: Annotated[IncidentStatus, Meta(description="Standing of the account [vocabulary].")] = "reported"
    draft: Annotated[bool, Meta(description="Made by a machine, not yet accepted by an analyst [yes or no].")] = False
    duplicate_of: Annotated[Ref | None, Meta(description="The account of the same event.")] = None
    part_of: Annotated[Ref | None, Meta(description="The account whose event contains this one.")] = None
    derived_from: Annotated[tuple[Ref, ...], Meta(description="Accounts that it draws on.")] = ()
    operators: Annotated[tuple[Operator, ...], Meta(description="Suspected operator states; empty: not known.")] = ()
    operator_agency: Annotated[Claimed | None, Meta(description="Suspected agency.")] = None
    operator_label: Annotated[Id | None, Meta(description="A lab's name for the operator.")] = None
    products: Annotated[tuple[ClaimedProduct, ...], Meta(description="Products used.")] = ()
    vendors: Annotated[tuple[Claimed, ...], Meta(description="Vendors, as named at the time.")] = ()
    evidence_level: Annotated[EvidenceLevel, Meta(description="Ladder of the attack [E0..E5].")] = "E0"
    attribution_level: Annotated[AttributionLevel, Meta(description="Ladder of the operator [A0..A4].")] = "A0"
    publications: Annotated[tuple[Publication, ...], Meta(description="What it rests on.")] = ()
    attack_result: Annotated[AttackResult, Meta(description="What came of it [vocabulary].")] = "unknown"
    vector: Annotated[Vector, Meta(description="How it came in [vocabulary].")] = "unknown"
    data_taken: Annotated[tuple[DataTaken, ...], Meta(description="What was taken [vocabulary].")] = ()
    data_misuse: Annotated[
        tuple[DataMisuse, ...], Meta(description="What is said to have been done with it [vocabulary].")
    ] = ()
    victims: Annotated[tuple[Victims, ...], Meta(description="Classes and counts.")] = ()
    alleged_purpose: Annotated[Purpose, Meta(description="Purpose, as reported [vocabulary].")] = "unknown"
    offence_max_years: (
        Annotated[int, Meta(ge=0, le=100, description="Highest penalty of the offence alleged there [years].")] | None
    ) = None
    expression_related: Annotated[
        YesNo, Meta(description="Whether about opinion, criticism or reporting [vocabulary].")
    ] = "unknown"
    legal_basis: Annotated[LegalBasis, Meta(description="Legal basis claimed [vocabulary].")] = "unknown"
    harms: Annotated[tuple[Harm, ...], Meta(description="What followed [vocabulary].")] = ()
    denials: Annotated[tuple[Denial, ...], Meta(description="Denials and disputes.")] = ()
    use_country: Annotated[Country | None, Meta(description="Where the system stood, if known.")] = None
    simultaneous: Annotated[Count | None, Meta(description="Targets at one time, if reported [count].")] = None
    ongoing: Annotated[bool, Meta(description="Whether the use was going on when told [yes or no].")] = False
    vendor_is_victim: Annotated[bool, Meta(description="The vendor itself was the target [yes or no].")] = False
    domestic_tool: Annotated[bool, Meta(description="Primary tool is of the operator's own make [yes or no].")] = False
    consent_basis: Annotated[ConsentBasis, Meta(description="Why it may be held [vocabulary].")] = "public_source"
