"""International frameworks: what their participants promise each other, whether it binds, and since when.

Ships as data (`streams/rules/policies/participants.toml`); a policy may add more. What nobody has verified says so.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from msgspec import Meta

from schemas.common import Country, Label, Prose, Struct
from schemas.vocabulary import Binding, CommitmentKind

FrameworkKey = Annotated[
    str,
    Meta(pattern=r"^[a-z][a-z0-9-]{0,59}$", description="Key of the framework [name].", extra={"exact": True}),
]
Since = Annotated[dt.date | None, Meta(description="First day [ISO 8601]; absent: not known.")]
Until = Annotated[dt.date | None, Meta(description="Last day [ISO 8601]; absent: still.")]
Source = Annotated[Prose, Meta(description="Where this was read, in words.")]
Unverified = Annotated[bool, Meta(description="Whether nobody has held it against the source [yes or no].")]


class Commitment(Struct, frozen=True, kw_only=True):
    """One thing that participants promise."""

    kind: Annotated[CommitmentKind, Meta(description="What is promised [vocabulary].")]
    words: Annotated[Prose, Meta(description="The promise, in words.")]
    binding: Annotated[Binding, Meta(description="Whether it binds in law [vocabulary].")] = "political"
    valid_from: Since = None
    valid_to: Until = None
    source: Source
    unverified: Unverified = False


class Participant(Struct, frozen=True, kw_only=True):
    """A state that takes part, and since when."""

    country: Country
    valid_from: Since = None
    valid_to: Until = None
    source: Source
    unverified: Unverified = False


class Framework(Struct, frozen=True, kw_only=True):
    """A framework: its name, what is promised in it, and who takes part."""

    key: FrameworkKey
    name: Label
    adopted: Annotated[dt.date | None, Meta(description="Day of its adoption [ISO 8601]; absent: not known.")] = None
    words: Annotated[Prose, Meta(description="What it is, in a sentence or two.")] = ""
    source: Source
    commitments: Annotated[tuple[Commitment, ...], Meta(description="What is promised.")] = ()
    participants: Annotated[tuple[Participant, ...], Meta(description="Who takes part; empty: not on file.")] = ()
