"""Topic `reports`: post-shipment reports, inspections, inventories, disclosures, replies and sightings of serials."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from msgspec import Meta

from schemas.common import Count, Country, Fact, Hash, Id, Label, Period, Prose, Ref, Serial, Struct
from schemas.vocabulary import (
    Bearing,
    ChangeKind,
    CheckResult,
    Cooperation,
    DataMisuse,
    LogStatus,
    Method,
    Outcome,
    ReasonCode,
    ReporterRole,
    ReportKind,
    ReportTrigger,
    VendorAction,
    Verified,
)


class ReportedItem(Struct, frozen=True, kw_only=True):
    """Pieces that a report speaks of. *Not verified* is neither present nor missing."""

    item_ref: Id | None = None
    product: Label | None = None
    serials: Annotated[tuple[Serial, ...], Meta(description="Serials seen.")] = ()
    missing_serials: Annotated[tuple[Serial, ...], Meta(description="Serials looked for and not presented.")] = ()
    delivered: Annotated[Count | None, Meta(description="Pieces delivered, as the reporter has it [count].")] = None
    presented: Annotated[Count | None, Meta(description="Pieces presented [count].")] = None
    verified: Annotated[Count | None, Meta(description="Pieces verified [count].")] = None
    modules: Annotated[tuple[Label, ...], Meta(description="Modules found active [names].")] = ()
    confirmed: Annotated[bool, Meta(description="Whether the serials were read by an officer on site [yes or no].")] = (
        True
    )


class ClauseFinding(Struct, frozen=True, kw_only=True):
    """What the report says of one clause."""

    clause: Annotated[Id, Meta(description="The clause's id within the license.")]
    result: Annotated[CheckResult, Meta(description="Not checked is never satisfied [vocabulary].")]


class ExaminedIncident(Struct, frozen=True, kw_only=True):
    """What the report says of one incident that it examined."""

    incident: Ref
    bearing: Annotated[Bearing, Meta(description="For or against what is reported [vocabulary].")]
    verified: Annotated[tuple[Verified, ...], Meta(description="What was really looked at [vocabulary].")] = ()


class PostShipmentReport(Fact, tag="report", frozen=True, kw_only=True):
    """What somebody saw, checked, admitted or answered about a license after shipment.

    Needs six fields: `id`, `source`, `license`, `destination`, `kind`, `performed`.
    """

    license: Ref
    destination: Annotated[Country, Meta(description="The destination as licensed.")]
    kind: Annotated[ReportKind, Meta(description="What kind of report [vocabulary].")]
    performed: Annotated[Period, Meta(description="When it was done, or the reply given.")]
    covers: Annotated[tuple[Country, ...], Meta(description="Destinations covered; empty: the one named.")] = ()
    site_country: Annotated[Country | None, Meta(description="Where the thing was seen, if not the destination.")] = (
        None
    )
    site_code: Annotated[Id | None, Meta(description="Site, as the authority codes it; no street address.")] = None
    sites: Annotated[tuple[Id, ...], Meta(description="Further sites seen, as the authority codes them.")] = ()
    points: Annotated[tuple[Id, ...], Meta(description="Points or questions answered, as they were numbered.")] = ()
    reporter_role: Annotated[ReporterRole, Meta(description="Who reports [vocabulary].")] = "other"
    trigger: Annotated[ReportTrigger | None, Meta(description="Why now [vocabulary].")] = None
    method: Annotated[Method | None, Meta(description="How it was checked [vocabulary].")] = None
    outcome: Annotated[Outcome | None, Meta(description="The reporter's result [vocabulary].")] = None
    cooperation: Annotated[Cooperation, Meta(description="How the host cooperated [vocabulary].")] = "unknown"
    requested_at: Annotated[dt.date | None, Meta(description="Day it was asked for [ISO 8601].")] = None
    due_at: Annotated[dt.date | None, Meta(description="Day it was due [ISO 8601].")] = None
    noticed: Annotated[
        Period | None, Meta(description="When a loss or breach was noticed by those who now tell of it.")
    ] = None
    published_at: Annotated[dt.date | None, Meta(description="Day it became known [ISO 8601].")] = None
    end_user: Annotated[Label | None, Meta(description="The agency found using it.")] = None
    unit: Label | None = None
    holder: Annotated[Label | None, Meta(description="Who holds the pieces, if not the end user.")] = None
    items: Annotated[tuple[ReportedItem, ...], Meta(description="Pieces spoken of.")] = ()
    capacity_observed: Annotated[Count | None, Meta(description="Simultaneous use found [count].")] = None
    log_status: Annotated[LogStatus, Meta(description="State of the audit log [vocabulary].")] = "not_checked"
    log_covered: Annotated[Period | None, Meta(description="Time that the log covers.")] = None
    log_root_hash: Annotated[Hash | None, Meta(description="Root of the log's hash chain at the end of it.")] = None
    log_start_hash: Annotated[
        Hash | None, Meta(description="Root of the chain with which the log begins: the end of what was seen before.")
    ] = None
    log_country: Annotated[Country | None, Meta(description="Where the log is kept.")] = None
    data_kept_days: Annotated[Count | None, Meta(description="Age of the oldest data found [days].")] = None
    data_recipients: Annotated[
        tuple[Label, ...], Meta(description="Offices that data taken were passed to [names].")
    ] = ()
    data_misuse: Annotated[
        tuple[DataMisuse, ...], Meta(description="What was found done with data taken [vocabulary].")
    ] = ()
    changes: Annotated[
        tuple[ChangeKind, ...], Meta(description="What was found changed since the license [vocabulary].")
    ] = ()
    end_use_observed: Annotated[Label | None, Meta(description="What it is used for, in the words of the license.")] = (
        None
    )
    open_deficiencies: Annotated[Count, Meta(description="Security deficiencies still open [count].")] = 0
    reason_codes: Annotated[tuple[ReasonCode, ...], Meta(description="Why this outcome [vocabulary].")] = ()
    clause_findings: Annotated[tuple[ClauseFinding, ...], Meta(description="By clause.")] = ()
    examined: Annotated[tuple[ExaminedIncident, ...], Meta(description="Incidents that it looked into.")] = ()
    admits: Annotated[
        tuple[Ref, ...], Meta(description="Incidents that an exporter or end user admits against its own interest.")
    ] = ()
    admits_clauses: Annotated[tuple[Id, ...], Meta(description="Clauses whose breach is admitted.")] = ()
    vendor_action: Annotated[VendorAction | None, Meta(description="What the vendor did [vocabulary].")] = None
    answers_request: Annotated[Ref | None, Meta(description="The decision that asked for it.")] = None
    proof_hash: Annotated[Hash | None, Meta(description="Digest of a proof, as of destruction.")] = None
    note: Prose = ""
