"""Who has promised whom what: frameworks among licensing states, dated, as an officer reads them about a partner.

Ships as data; a policy in force may add frameworks or put others under the same key. That a state takes part says
nothing of whether it keeps its promise, and a promise that binds politically is not law.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Annotated

import msgspec
from msgspec import Meta

from schemas import Policy
from schemas.framework import Commitment, Framework, Participant
from schemas.vocabulary import Binding, CommitmentKind

TELLING: tuple[CommitmentKind, ...] = ("notify", "share_information")
"""Promises under which a partner is told."""


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """A commitment that holds between states on a day."""

    framework: Annotated[str, Meta(description="Name of the framework [name].")]
    kind: Annotated[CommitmentKind, Meta(description="[vocabulary].")]
    words: Annotated[str, Meta(description="What is promised [text].")]
    binding: Annotated[Binding, Meta(description="Whether it binds in law [vocabulary].")]
    partners: Annotated[tuple[str, ...], Meta(description="Other states that take part [ISO 3166-1 alpha-2].")]
    unverified: Annotated[bool, Meta(description="Whether anything of it is unverified [yes or no].")]
    source: Annotated[str, Meta(description="Where it was read [text].")]


class Taking(msgspec.Struct, frozen=True, kw_only=True):
    """A framework as it stood on a day."""

    framework: Annotated[str, Meta(description="Name [name].")]
    key: Annotated[str, Meta(description="[name].")]
    words: Annotated[str, Meta(description="What it is [text].")]
    adopted: Annotated[dt.date | None, Meta(description="[ISO 8601 date]; absent: not known.")] = None
    commitments: Annotated[tuple[Commitment, ...], Meta(description="In force on the day.")] = ()
    participants: Annotated[tuple[Participant, ...], Meta(description="On the day; empty: not on file.")] = ()


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    frameworks: tuple[Framework, ...]


@lru_cache(maxsize=1)
def shipped() -> tuple[Framework, ...]:
    """The frameworks that ship."""
    raw = (files("streams.rules") / "policies" / "participants.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(raw), _File).frameworks


def frameworks(policy: Policy | None = None) -> tuple[Framework, ...]:
    """Those that ship and those of a policy, which come instead where they bear the same key; ordered by key."""
    held = {f.key: f for f in shipped()} | {f.key: f for f in (policy.frameworks if policy else ())}
    return tuple(held[key] for key in sorted(held))


def on_day(known: Iterable[Framework], day: dt.date) -> tuple[Taking, ...]:
    """The frameworks as they stood on a day; one that was adopted later is left out."""
    return tuple(
        Taking(
            framework=f.name,
            key=f.key,
            words=f.words,
            adopted=f.adopted,
            commitments=tuple(c for c in f.commitments if _holds(c, day)),
            participants=tuple(p for p in f.participants if _holds(p, day)),
        )
        for f in known
        if f.adopted is None or f.adopted <= day
    )


def promises_of(state: str, known: Iterable[Framework], day: dt.date) -> tuple[Promise, ...]:
    """What a state has promised others on a day; what binds in law first."""
    found = []
    for framework in on_day(known, day):
        own = next((p for p in framework.participants if p.country == state), None)
        if own is None:
            continue
        others = tuple(sorted(p.country for p in framework.participants if p.country != state))
        doubt = own.unverified or any(p.unverified for p in framework.participants)
        found += [
            Promise(
                framework=framework.framework, kind=c.kind, words=c.words, binding=c.binding, partners=others,
                unverified=doubt or c.unverified, source=c.source,
            )
            for c in framework.commitments
        ]  # fmt: skip
    order: Mapping[Binding, int] = {"yes": 0, "political": 1, "no": 2}
    return tuple(sorted(found, key=lambda p: (order[p.binding], p.framework, p.kind, p.words)))


def tellings(state: str, known: Iterable[Framework], day: dt.date) -> tuple[Promise, ...]:
    """Under which promises the state tells its partners."""
    return tuple(p for p in promises_of(state, known, day) if p.kind in TELLING)


def between(one: str, other: str, known: Iterable[Framework], day: dt.date) -> tuple[str, ...]:
    """The frameworks that both take part in on a day, by name."""
    return tuple(t.framework for t in on_day(known, day) if {one, other} <= {p.country for p in t.participants})


def _holds(part: Commitment | Participant, day: dt.date) -> bool:
    return (part.valid_from or dt.date.min) <= day <= (part.valid_to or dt.date.max)
