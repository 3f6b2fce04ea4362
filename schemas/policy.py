"""Topic `policies`: every number that the weighing uses, with its source. Numbers are whole, in the unit named."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from msgspec import Meta

from schemas.common import Country, Fact, Id, Label, Prose, SourceId, Struct
from schemas.framework import Framework
from schemas.legal import Deadline, Footing, ImpliedClause, LegalSystem, Unverified, UsualParameters
from schemas.vocabulary import (
    AttributionLevel,
    Checkability,
    ClauseKind,
    DecisionKind,
    DestinationGrade,
    EvidenceLevel,
    Party,
    Reliability,
    SourceKind,
    Technology,
    Weekday,
)

PartName = Annotated[
    str,
    Meta(pattern=r"^[a-z][a-z0-9_]{0,59}$", description="Name of a part of the policy [name].", extra={"exact": True}),
]


class Number(Struct, frozen=True, kw_only=True):
    """One number of the policy. Shares and probabilities are per mille, weights milli-nats, times days."""

    value: Annotated[int, Meta(ge=-1_000_000_000, le=1_000_000_000, description="The number [unit as named].")]
    unit: Annotated[
        str,
        Meta(
            max_length=40,
            description="Unit of the number [per_mille, milli_nats, days, count, years].",
            extra={"exact": True},
        ),
    ]
    origin: Annotated[Prose, Meta(description="Where the number comes from, in words.")]
    calibrated: Annotated[bool, Meta(description="Whether it was fitted to officers' decisions [yes or no].")] = False
    unverified: Unverified = False


class Weighing(Struct, frozen=True, kw_only=True):
    """How evidence is weighed (design, section 3)."""

    prior: Annotated[Number, Meta(description="Prior of H [per mille].")]
    reliability: Annotated[dict[str, Number], Meta(description="By grade A..F: P(source is right) [per mille].")]
    credibility: Annotated[
        dict[str, Number], Meta(description="By grade 1..6: share of the source's weight [per mille].")
    ]
    cap_low: Annotated[Number, Meta(description="Cap of an origin below E3/A2 [milli-nats].")]
    cap_forensic: Annotated[Number, Meta(description="Cap of an origin at E3/A2 [milli-nats].")]
    cap_reviewed: Annotated[Number, Meta(description="Cap and weight of an origin at E4/A3 [milli-nats].")]
    cap_found: Annotated[Number, Meta(description="Cap and weight of an origin at E5/A4 [milli-nats].")]
    cap_doubtful: Annotated[Number, Meta(description="Cap of all origins of reliability D together [milli-nats].")]
    verified: Annotated[
        dict[str, Number],
        Meta(description="By what a contradiction really looked at: share of its weight [per mille]."),
    ] = {}  # noqa: RUF012  (msgspec gives each policy its own)
    near_copy: Annotated[Number, Meta(description="Sketch similarity from which two texts are one origin [per mille].")]


class Fitting(Struct, frozen=True, kw_only=True):
    """How well an incident fits a license; m is the product of the shares."""

    product: Annotated[Number, Meta(description="Product named and licensed [per mille].")]
    product_of_vendor: Annotated[Number, Meta(description="Product unknown, vendor fits [per mille].")]
    group_member: Annotated[Number, Meta(description="Only the corporate group fits [per mille].")]
    technology_only: Annotated[Number, Meta(description="Only the kind of technology fits [per mille].")]
    operator_state: Annotated[Number, Meta(description="Operator state is the destination [per mille].")]
    operator_unknown: Annotated[Number, Meta(description="No operator state claimed [per mille].")]
    agency_same: Annotated[Number, Meta(description="Agency is the end user [per mille].")]
    agency_unknown: Annotated[Number, Meta(description="No agency claimed [per mille].")]
    agency_other: Annotated[Number, Meta(description="Another agency of the same state [per mille].")]
    time_certain: Annotated[Number, Meta(description="All of the period within the time of use [per mille].")]
    time_possible: Annotated[Number, Meta(description="Part of the period within the time of use [per mille].")]
    delivery_unrecorded: Annotated[
        Number, Meta(description="No delivery on record: open, not before delivery [per mille].")
    ]


class Banding(Struct, frozen=True, kw_only=True):
    """Where the bands begin."""

    review: Annotated[Number, Meta(description="P from which a case is for review [per mille].")]
    alert: Annotated[Number, Meta(description="P from which a case is an alert [per mille].")]
    alert_fit: Annotated[
        Number, Meta(description="m that one forensic origin needs to raise an alert alone [per mille].")
    ]
    silence_review: Annotated[Number, Meta(description="Overdue for review [days].")]
    silence_alert: Annotated[Number, Meta(description="Overdue for an alert [days].")]
    small_group: Annotated[Number, Meta(description="Groups below this size are hidden on shared boards [count].")]
    flood: Annotated[
        Number,
        Meta(description="Unproven accounts of one destination in a month that call for an integrity note [count]."),
    ]


class ClauseDefaults(Struct, frozen=True, kw_only=True):
    """What is usual for a kind of clause."""

    checkability: Annotated[Checkability, Meta(description="[A, B, C].")]
    outlives_license: Annotated[bool, Meta(description="Whether the duty outlives the license [yes or no].")]
    words: Annotated[Prose, Meta(description="What it is called, for an officer.")]
    origin: Annotated[Prose, Meta(description="Where this comes from.")]
    unverified: Unverified = False
    usual: Annotated[
        dict[PartName, UsualParameters],
        Meta(description="By name: what holds where a clause states none of its own; of two for one, the later name."),
    ] = {}  # noqa: RUF012
    implied: Annotated[
        ImpliedClause | None, Meta(description="The clause that holds where a pledge has none of this kind.")
    ] = None
    owed_by: Annotated[Party, Meta(description="Whose duty it is, where the clause does not say [vocabulary].")] = (
        "end_user"
    )


class DestinationClass(Struct, frozen=True, kw_only=True):
    """How the authority classed a state, and when: dated, so that an old event keeps the class of its time."""

    country: Country
    grade: Annotated[DestinationGrade, Meta(description="The class [vocabulary].")]
    valid_from: Annotated[dt.date | None, Meta(description="First day [ISO 8601]; absent: always.")] = None
    valid_to: Annotated[dt.date | None, Meta(description="Last day [ISO 8601]; absent: still.")] = None
    origin: Annotated[Prose, Meta(description="On whose word, in words.")] = ""


class Exposure(Struct, frozen=True, kw_only=True):
    """What makes a license worth checking next: points, which add up; they say nothing of what happened."""

    technology: Annotated[
        dict[Technology, Number], Meta(description="What was delivered, by kind; `other` stands for the rest [points].")
    ]
    doubling: Annotated[Number, Meta(description="For each doubling of the pieces still there [points].")]
    most_doublings: Annotated[Number, Meta(description="Doublings counted at most [count].")]
    undelivered: Annotated[
        Number, Meta(description="Share of both where no delivery is on record: it may have come [per mille].")
    ]
    reported_end_user: Annotated[Number, Meta(description="An event that names this end user [points].")]
    reported_product: Annotated[Number, Meta(description="An event with this product in the state [points].")]
    reported_technology: Annotated[Number, Meta(description="An event with this kind in the state [points].")]
    reported_destination: Annotated[Number, Meta(description="Any other event in the state [points].")]
    most_reported: Annotated[Number, Meta(description="Events counted at most, the nearest first [count].")]
    unchecked: Annotated[Number, Meta(description="For each full quarter of a year without a check of use [points].")]
    most_quarters: Annotated[Number, Meta(description="Quarters counted at most [count].")]
    boxes_only: Annotated[
        Number, Meta(description="Share of that where a visit counted pieces and nothing else [per mille].")
    ]
    overdue: Annotated[Number, Meta(description="A report or inventory that is overdue, each [points].")]
    refused: Annotated[Number, Meta(description="A visit was refused or could verify nothing [points].")]
    destination_class: Annotated[dict[DestinationGrade, Number], Meta(description="By class of the state [points].")]
    pending: Annotated[Number, Meta(description="Something that can still be stopped, each kind [points].")]


class Weekend(Struct, frozen=True, kw_only=True):
    """The days of the week on which offices are closed, while it holds: weekends have been moved by decree."""

    days: Annotated[tuple[Weekday, ...], Meta(description="Days of rest [vocabulary].")]
    valid_from: Annotated[dt.date | None, Meta(description="First day [ISO 8601]; absent: always.")] = None
    valid_to: Annotated[dt.date | None, Meta(description="Last day [ISO 8601]; absent: no end.")] = None
    origin: Annotated[Prose, Meta(description="Where this comes from.")]


class Holiday(Struct, frozen=True, kw_only=True):
    """One public holiday, on its day: movable ones have a day for each year."""

    day: Annotated[dt.date, Meta(description="The day [ISO 8601].")]
    words: Annotated[Label, Meta(description="What it is called [words].")]
    origin: Annotated[Prose, Meta(description="Where this comes from.")]


class WorkingCalendar(Struct, frozen=True, kw_only=True):
    """Which days are working days somewhere."""

    id: Annotated[Id, Meta(description="By which clauses name it.")]
    place: Annotated[Country | None, Meta(description="The state whose calendar it is.")] = None
    weekends: Annotated[tuple[Weekend, ...], Meta(min_length=1, description="Weekends, each while it holds.")]
    holidays: Annotated[tuple[Holiday, ...], Meta(description="Public holidays.")] = ()
    holidays_to: Annotated[
        dt.date | None, Meta(description="Holidays are on file to this day [ISO 8601]; absent: none are.")
    ] = None


class RegisteredSource(Struct, frozen=True, kw_only=True):
    """What the authority holds of a source; a claim can lower these, never raise them."""

    source: SourceId
    name: Label
    kind: Annotated[SourceKind, Meta(description="What it is [vocabulary].")]
    reliability: Annotated[Reliability, Meta(description="Admiralty axis 1 [A..F].")] = "F"
    max_evidence: Annotated[EvidenceLevel, Meta(description="Highest level it can claim [E0..E5].")] = "E2"
    max_attribution: Annotated[AttributionLevel, Meta(description="Highest level it can claim [A0..A4].")] = "A1"
    quarantined: Annotated[bool, Meta(description="Kept but not weighed until released [yes or no].")] = False


class Policy(Fact, tag="policy", frozen=True, kw_only=True):
    """A versioned policy: priors, grades, caps, bands, deadlines, what is usual for clauses, the source register."""

    version: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9._-]{1,60}$", description="Version, as shown in alerts [name].", extra={"exact": True}
        ),
    ]
    in_force_from: Annotated[dt.date, Meta(description="First day [ISO 8601]; the latest in force today counts.")]
    weighing: Weighing
    fitting: Fitting
    banding: Banding
    clauses: Annotated[dict[ClauseKind, ClauseDefaults], Meta(description="By kind of clause.")]
    sources: Annotated[tuple[RegisteredSource, ...], Meta(description="The source register.")] = ()
    legal_system: Annotated[
        LegalSystem | None, Meta(description="The law that it stands for; absent: of none in particular.")
    ] = None
    deadlines: Annotated[dict[PartName, Deadline], Meta(description="By name: how long what may take.")] = {}  # noqa: RUF012
    footing: Annotated[
        dict[DecisionKind, Footing], Meta(description="By decision: who takes it, on what footing.")
    ] = {}  # noqa: RUF012
    calendars: Annotated[tuple[WorkingCalendar, ...], Meta(description="Working days, by place.")] = ()
    exposure: Annotated[
        Exposure | None, Meta(description="What to check next; absent: the numbers of the shipped policy.")
    ] = None
    destination_classes: Annotated[tuple[DestinationClass, ...], Meta(description="Classes of states, dated.")] = ()
    frameworks: Annotated[
        tuple[Framework, ...], Meta(description="Frameworks beside those that ship, or under their keys instead.")
    ] = ()
