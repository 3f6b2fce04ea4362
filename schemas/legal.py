"""What a legal system says of exported surveillance technology, as a part of a policy: with its source, or its silence.

A policy is data, so is the law in it. What nobody has held against the source is marked unverified: it is shown, and
nothing is judged by it. What the sources read do not say is said too, so that no duty is read out of a gap.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from msgspec import Meta

from schemas.common import Count, Country, Label, Language, Prose, Struct
from schemas.license import ClauseParameters
from schemas.vocabulary import Binding, Technology

Topic = Literal[
    "scope", "permitted_purpose", "victim_classes", "implied_clauses", "reporting", "deadlines", "who_decides",
    "catch_all", "human_rights", "consequences", "sharing",
]  # fmt: skip
"""What every legal system is asked about; on each it says something, or its silence is on record."""
Counted = Literal["days", "working_days"]

Origin = Annotated[Prose, Meta(description="Where this was read, in words.")]
Unverified = Annotated[
    bool, Meta(description="Nobody has held it against the source: shown, and nothing is judged by it [yes or no].")
]


class UsualParameters(Struct, frozen=True, kw_only=True):
    """Numbers and lists that hold for a clause which does not state its own."""

    parameters: Annotated[ClauseParameters, Meta(description="What is usual; a clause's own word comes first.")]
    origin: Origin
    unverified: Unverified = False


class ImpliedClause(Struct, frozen=True, kw_only=True):
    """A duty that holds although the pledge on file does not speak of its kind."""

    text: Annotated[Prose, Meta(description="Its words, as far as the source gives them.")]
    language: Language = "en"
    verbatim: Annotated[
        bool, Meta(description="Whether these are the source's own words; else they render it [yes or no].")
    ] = False
    granted_from: Annotated[
        dt.date | None, Meta(description="Licenses granted from this day on [ISO 8601]; absent: all.")
    ] = None
    technologies: Annotated[
        tuple[Technology, ...], Meta(description="Only for licenses of these; empty: for all [vocabulary].")
    ] = ()
    origin: Origin
    unverified: Unverified = False


class Deadline(Struct, frozen=True, kw_only=True):
    """How long something may take, and who waits for whom. Shown to people; a clause's own days are parameters."""

    days: Annotated[Count, Meta(description="How long [days, as counted].")]
    counted: Annotated[Counted, Meta(description="Which days count [vocabulary].")] = "days"
    words: Annotated[Prose, Meta(description="Who waits for whom, for what.")]
    origin: Origin
    unverified: Unverified = False


class Footing(Struct, frozen=True, kw_only=True):
    """On which footing a decision stands: who may take it, and what follows."""

    decider: Annotated[Label, Meta(description="Office that decides [role].")]
    words: Annotated[Prose, Meta(description="What the law allows or asks, and what follows.")]
    origin: Origin
    unverified: Unverified = False


class Provision(Struct, frozen=True, kw_only=True):
    """One thing that the legal system says on a topic; or that the sources read say nothing on it."""

    topic: Annotated[Topic, Meta(description="What it is about [vocabulary].")]
    words: Annotated[Prose, Meta(description="What is said; of a silence, what is missing.")]
    silent: Annotated[bool, Meta(description="The sources read say nothing on this [yes or no].")] = False
    origin: Origin
    unverified: Unverified = False


class LegalSystem(Struct, frozen=True, kw_only=True):
    """The law that a policy stands for."""

    name: Annotated[Label, Meta(description="What it is called.")]
    states: Annotated[tuple[Country, ...], Meta(description="Whose law it is; empty: of none in particular.")] = ()
    binding: Annotated[Binding, Meta(description="Whether it binds in law [vocabulary].")]
    since: Annotated[dt.date | None, Meta(description="In force or published since [ISO 8601]; absent: not known.")] = (
        None
    )
    provisions: Annotated[tuple[Provision, ...], Meta(description="By topic: what it says, and its silence.")]
