"""Topic `licenses`: what was granted, on which pledge, under which clauses."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from msgspec import Meta

from schemas.common import (
    Count,
    Country,
    Days,
    Fact,
    Id,
    Instant,
    Label,
    Language,
    Prose,
    RoleAddress,
    Struct,
    Zone,
)
from schemas.vocabulary import (
    Binding,
    ChangeKind,
    Checkability,
    ClauseKind,
    ConsentKind,
    DayKind,
    DecisionKind,
    Ground,
    LicenseStatus,
    Party,
    PendingKind,
    Purpose,
    Technology,
    VictimClass,
)

From = Annotated[dt.date | None, Meta(description="First day of validity [ISO 8601]; absent: from the start.")]
To = Annotated[dt.date | None, Meta(description="Last day of validity [ISO 8601]; absent: no end.")]


class Destination(Struct, frozen=True, kw_only=True):
    """A state that the license covers, with its validity: one that ends keeps its past."""

    country: Country
    valid_from: From = None
    valid_to: To = None


class LicensedItem(Struct, frozen=True, kw_only=True):
    """What was licensed."""

    item_ref: Id
    product: Label
    technology: Annotated[Technology | None, Meta(description="Kind of technology [vocabulary].")] = None
    control_codes: Annotated[
        tuple[
            Annotated[
                str,
                Meta(
                    max_length=40, pattern=r"^[A-Za-z0-9_.:-]+$", description="[control code].", extra={"exact": True}
                ),
            ],
            ...,
        ],
        Meta(description="Control-list entries; `CATCHALL_ART5`, `EAR99` and `NATIONAL:<cc>:<code>` are allowed."),
    ] = ()
    modules: Annotated[tuple[Label, ...], Meta(description="Modules that may be active [names].")] = ()
    quantity: Annotated[Count | None, Meta(description="Pieces licensed [count].")] = None
    capacity: Annotated[Count | None, Meta(description="Simultaneous targets, channels or cameras [count].")] = None


class StatusChange(Struct, frozen=True, kw_only=True):
    """A step in the life of the license."""

    status: Annotated[LicenseStatus, Meta(description="What it became [vocabulary].")]
    at: Annotated[dt.date, Meta(description="From this day [ISO 8601].")]
    why: Prose = ""


class Consent(Struct, frozen=True, kw_only=True):
    """The authority's consent: to a re-transfer, a change of use, a disposal, or an amendment beside the clauses."""

    kind: Annotated[ConsentKind, Meta(description="To what [vocabulary].")]
    valid_from: Annotated[dt.date, Meta(description="From this day [ISO 8601].")]
    valid_to: To = None
    destination: Annotated[Country | None, Meta(description="To which state a re-transfer goes.")] = None
    to: Annotated[Label | None, Meta(description="To which holder.")] = None


class Pending(Struct, frozen=True, kw_only=True):
    """Something that can still be stopped."""

    kind: Annotated[PendingKind, Meta(description="What is under way [vocabulary].")]
    until: Annotated[dt.date | None, Meta(description="Expected by this day [ISO 8601].")] = None


class Pledge(Struct, frozen=True, kw_only=True):
    """The end-use pledge that the license was granted against."""

    signatory_role: RoleAddress
    signed_at: Annotated[dt.date, Meta(description="Day of signature [ISO 8601].")]
    binding: Annotated[Binding, Meta(description="Whether it binds in law [vocabulary].")] = "yes"
    document_ref: Annotated[Id | None, Meta(description="Opaque reference into the authority's store.")] = None


class ClauseParameters(Struct, frozen=True, kw_only=True):
    """The numbers and lists of a clause; which ones apply follows from its kind."""

    purposes: Annotated[tuple[Purpose, ...], Meta(description="Permitted purposes [vocabulary].")] = ()
    threshold_years: (
        Annotated[int, Meta(ge=0, le=100, description="Maximum penalty from which a crime is serious [years].")] | None
    ) = None
    classes: Annotated[
        tuple[VictimClass, ...],
        Meta(description="Barred target classes; of a purpose or expression: who calls it into question [vocabulary]."),
    ] = ()
    grounds: Annotated[tuple[Ground, ...], Meta(description="Protected grounds [vocabulary].")] = ()
    end_users: Annotated[tuple[Label, ...], Meta(description="Further authorised end users [names].")] = ()
    countries: Annotated[tuple[Country, ...], Meta(description="Where use is allowed; empty: the destination.")] = ()
    excluded_countries: Annotated[tuple[Country, ...], Meta(description="Where no target may be.")] = ()
    limit: Annotated[Count | None, Meta(description="Highest simultaneous number [count].")] = None
    modules_off: Annotated[tuple[Label, ...], Meta(description="Modules that must be off [names].")] = ()
    cadence_days: Annotated[Days | None, Meta(description="A report is due this often [days].")] = None
    first_due_days: Annotated[Days | None, Meta(description="The first is due this long after delivery [days].")] = None
    answer_days: Annotated[Days | None, Meta(description="A request is to be met within [days].")] = None
    notice_hours: (
        Annotated[int, Meta(ge=0, le=876_600, description="Loss or breach is to be told within [hours].")] | None
    ) = None
    retention_days: Annotated[Days | None, Meta(description="Logs or data are kept this long [days].")] = None
    deficiency_days: Annotated[Days | None, Meta(description="A deficiency is to be mended within [days].")] = None
    end_uses: Annotated[tuple[Label, ...], Meta(description="Licensed end uses [words].")] = ()
    verification_days: Annotated[
        Days | None, Meta(description="Each shipment is to be verified on arrival within [days].")
    ] = None
    disposal_days: Annotated[
        Days | None, Meta(description="After the license all pieces are to be gone within [days].")
    ] = None
    return_days: Annotated[
        Days | None, Meta(description="After a consent to a transfer pieces are to be back within [days].")
    ] = None
    proof_days: Annotated[Days | None, Meta(description="Destruction or deletion is to be proven within [days].")] = (
        None
    )
    log_countries: Annotated[tuple[Country, ...], Meta(description="Where logs may be kept; empty: anywhere.")] = ()
    recipients: Annotated[
        tuple[Label, ...], Meta(description="Who may receive data taken; empty: the end user alone [names].")
    ] = ()
    needs_consent: Annotated[
        tuple[ChangeKind, ...], Meta(description="Changes that need an amendment first; empty: all [vocabulary].")
    ] = ()
    steps: Annotated[
        tuple[DecisionKind, ...], Meta(description="Consequences that the pledge foresees, in order [vocabulary].")
    ] = ()
    sites: Annotated[tuple[Id, ...], Meta(description="Sites that each report has to cover, as coded.")] = ()
    points: Annotated[
        tuple[Id, ...], Meta(description="Points that each report has to answer, as numbered in the pledge.")
    ] = ()
    owed_by: Annotated[
        Party | None, Meta(description="Whose duty it is; absent: as usual for its kind [vocabulary].")
    ] = None
    day_kind: Annotated[DayKind, Meta(description="What the days above are [vocabulary].")] = "calendar"
    calendar: Annotated[
        Id | None, Meta(description="Calendar of the policy that says which days are working days.")
    ] = None
    zone: Annotated[
        Zone | None, Meta(description="Place whose midnight ends a day that something is due; absent: UTC.")
    ] = None


class Clause(Struct, frozen=True, kw_only=True):
    """One duty of the pledge, in its own words, in one version.

    An amendment is a further `Clause` with the same `id`, a higher `version` and its own validity, so that an alert can
    quote what was in force when the thing happened.
    """

    id: Id
    kind: Annotated[ClauseKind, Meta(description="What kind of duty [vocabulary].")]
    text: Prose
    language: Language = "en"
    version: Annotated[int, Meta(ge=1, le=10_000, description="Version of the text, from 1 [count].")] = 1
    valid_from: From = None
    valid_to: To = None
    destinations: Annotated[tuple[Country, ...], Meta(description="Where it applies; empty: in all destinations.")] = ()
    checkability: Annotated[Checkability | None, Meta(description="Absent: as usual for its kind [A, B, C].")] = None
    outlives_license: Annotated[bool | None, Meta(description="Absent: as usual for its kind [yes or no].")] = None
    waived: Annotated[bool, Meta(description="Whether the duty is waived in this version [yes or no].")] = False
    parameters: ClauseParameters = ClauseParameters()


class License(Fact, tag="license", frozen=True, kw_only=True):
    """An export license of surveillance technology.

    Needs eight fields: `id`, `source`, `issuing_state`, `exporter`, `end_user`, `destinations`, `items`, `valid_from`.
    """

    issuing_state: Country
    exporter: Label
    end_user: Annotated[Label, Meta(description="The agency that signed for the use.")]
    destinations: Annotated[tuple[Destination, ...], Meta(min_length=1, description="States covered.")]
    items: Annotated[tuple[LicensedItem, ...], Meta(min_length=1, description="What was licensed.")]
    valid_from: Annotated[dt.date, Meta(description="First day of the license [ISO 8601].")]
    valid_to: Annotated[dt.date | None, Meta(description="Last day of the license [ISO 8601]; absent: no end.")] = None
    number: Annotated[Label | None, Meta(description="The number printed on it.")] = None
    authority: Annotated[Label | None, Meta(description="Who granted it.")] = None
    responsible_officer: RoleAddress | None = None
    legal_basis: Label | None = None
    manufacturer: Label | None = None
    broker: Label | None = None
    consignee: Label | None = None
    unit: Annotated[Label | None, Meta(description="The end user's unit.")] = None
    granted_at: Annotated[dt.date | None, Meta(description="Day of the grant [ISO 8601]; absent: `valid_from`.")] = None
    status_history: Annotated[tuple[StatusChange, ...], Meta(description="Its life.")] = ()
    consents: Annotated[tuple[Consent, ...], Meta(description="Consents given.")] = ()
    support_until: Annotated[dt.date | None, Meta(description="Support is given until this day [ISO 8601].")] = None
    pending: Annotated[tuple[Pending, ...], Meta(description="What can still be stopped.")] = ()
    pledge: Annotated[Pledge | None, Meta(description="The pledge; absent: no pledge on file.")] = None
    clauses: Annotated[tuple[Clause, ...], Meta(description="The duties, each version by itself.")] = ()
    registered_at: Annotated[Instant | None, Meta(description="When the authority entered it [UTC].")] = None
