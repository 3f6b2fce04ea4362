"""What every fact carries, and the small types that facts are made of.

A fact's identity is (kind, source, the source's own id); it is never changed, only superseded by a higher `revision`
or withdrawn by a `Retraction`. References to other facts are written `source:id`.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import msgspec
from msgspec import Meta

from schemas.vocabulary import Precision, Tense, Tlp, Use

EARLIEST, LATEST = dt.date(1950, 1, 1), dt.date(2199, 12, 31)
"""Dates outside are taken for mistakes and refused."""

Id = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._/#@+-]{0,119}$",
        description="The source's own id, or that of a part; letters, digits and ._/#@+-; "
        "never derived from a person's name or number [id].",
        extra={"exact": True},
    ),
]
SourceId = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9][a-z0-9.-]{0,59}$",
        description="Key of a source in the authority's register; lower case, digits, dot and dash [source key].",
        extra={"exact": True},
    ),
]
Ref = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9][a-z0-9.-]{0,59}:[A-Za-z0-9][A-Za-z0-9._/#@+-]{0,119}$",
        description="Reference to a fact [source:id].",
        extra={"exact": True},
    ),
]
AlertId = Annotated[
    str,
    Meta(
        pattern=r"^[A-Z]{2}~[a-z0-9.:A-Z_/#@+-]{3,200}~[A-Za-z0-9._/#@+-]{1,120}$",
        description="An alert's id [destination~license~clause].",
        extra={"exact": True},
    ),
]
Country = Annotated[
    str,
    Meta(
        pattern=r"^[A-Z]{2}$",
        description="State or territory [ISO 3166-1 alpha-2; user-assigned codes stand for invented states]; "
        "names are resolved at the door.",
        extra={"country": True, "exact": True},
    ),
]
Hash = Annotated[
    str,
    Meta(pattern=r"^[0-9a-f]{8,128}$", description="Digest [hexadecimal].", extra={"exact": True}),
]
Serial = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._/#:+-]{1,99}$",
        description="Serial number, license key or a hash of it; as printed, without spaces [serial or digest].",
        extra={"exact": True},
    ),
]
Language = Annotated[
    str,
    Meta(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", description="Language [BCP 47].", extra={"exact": True}),
]
Label = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        pattern=r"\S",
        description="Name of an organization, product or office; never of a person [name].",
    ),
]
RoleAddress = Annotated[
    str,
    Meta(
        min_length=3, max_length=200, description="Office or role, as a name or role address; never a person [role].",
        extra={"exact": True},
    ),
]  # fmt: skip
Prose = Annotated[
    str,
    Meta(
        max_length=4000,
        description="Text for officers; screened at the door for addresses, numbers and handles; "
        "names no victim, no source [text].",
    ),
]
Instant = Annotated[dt.datetime, Meta(tz=True, description="Point in time [UTC, RFC 3339].")]
Confidence = Annotated[
    int, Meta(ge=0, le=100, description="How sure of this one assertion [0..100, STIX confidence scale].")
]
Zone = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z][A-Za-z0-9_+/-]{0,59}$",
        description="Place whose midnight ends the day [IANA time zone].",
        extra={"exact": True},
    ),
]
Count = Annotated[int, Meta(ge=0, le=1_000_000_000, description="Number of pieces or persons [count].")]
Days = Annotated[int, Meta(ge=0, le=36_525, description="Length of time [days].")]


class Struct(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of all that is said: frozen, keyword-only, absent where default."""


class Period(Struct, frozen=True, kw_only=True):
    """When something happened: an interval with its precision.

    `start` and `end` are the first and last possible day; a coarser `precision` widens both to the whole month,
    quarter or year. `unknown` says nothing about the bounds beyond the days given.
    """

    start: Annotated[dt.date, Meta(description="First possible day [ISO 8601 date].")]
    end: Annotated[dt.date | None, Meta(description="Last possible day [ISO 8601 date]; absent: the same day.")] = None
    precision: Annotated[Precision, Meta(description="How exactly the days are known [vocabulary].")] = "day"

    @property
    def first(self) -> dt.date:
        """The first day that the precision allows."""
        return self.start if self.precision == "day" else _floor(self.start, self.precision)

    @property
    def last(self) -> dt.date:
        """The last day that the precision allows."""
        last = self.end or self.start
        return last if self.precision == "day" else _ceil(last, self.precision)


def _floor(day: dt.date, precision: Precision) -> dt.date:
    if precision == "year":
        return day.replace(month=1, day=1)
    if precision == "quarter":
        return day.replace(month=3 * ((day.month - 1) // 3) + 1, day=1)
    return day.replace(day=1) if precision == "month" else day


def _ceil(day: dt.date, precision: Precision) -> dt.date:
    if precision == "year":
        return day.replace(month=12, day=31)
    if precision in ("month", "quarter"):
        month = day.month if precision == "month" else 3 * ((day.month - 1) // 3) + 3
        following = dt.date(day.year + month // 12, month % 12 + 1, 1)
        return following - dt.timedelta(days=1)
    return day


class Claimed(Struct, frozen=True, kw_only=True):
    """A name that a source gives to something, with how sure it is of it."""

    name: Label
    confidence: Confidence = 100


class Fact(Struct, tag_field="fact", frozen=True, kw_only=True):
    """What every fact carries. Minimal: `fact`, `id`, `source`, and what its kind needs."""

    id: Id
    source: SourceId
    revision: Annotated[int, Meta(ge=1, le=1_000_000, description="Revision of this fact, from 1 [count].")] = 1
    recorded_at: Annotated[
        Instant | None,
        Meta(description="When the log first had it [UTC]; set at the door, not part of what the fact says."),
    ] = None
    tense: Annotated[
        Tense, Meta(description="Whether this is real; tests and exercises raise no alert [vocabulary].")
    ] = "actual"
    tlp: Annotated[Tlp, Meta(description="How far it may travel [TLP 2.0].")] = "AMBER"
    may_use_for: Annotated[tuple[Use, ...], Meta(description="Whom it may be shown to [vocabulary].")] = ("officer",)
    embargo_until: Annotated[
        dt.date | None, Meta(description="Not shown beyond officers before this day [ISO 8601].")
    ] = None
    document_ref: Annotated[
        Id | None, Meta(description="Opaque reference into the authority's own restricted store; never an address.")
    ] = None

    @property
    def ref(self) -> str:
        """`source:id`."""
        return f"{self.source}:{self.id}"
