"""What evidence, results and ways in mean for each kind of technology, as shipped data with its sources.

A lab's examination of a phone and a reporter's examination of a tender are both E3, and neither is the other: each kind
of technology has its own ladder of words. The levels weigh the same; only what they say of the act differs.
"""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib.resources import files

import msgspec

from schemas.vocabulary import AttackResult, AttributionLevel, EvidenceLevel, Technology, Vector

SHIPPED = "technologies.toml"


class Ladder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Words for the levels of evidence of the act and of attribution to an operator."""

    words: str
    """What kind of examination it rests on."""
    origin: str
    evidence: dict[EvidenceLevel, str]
    attribution: dict[AttributionLevel, str]
    unverified: bool = False
    """Whether it is a proposal that nobody has held against a source."""


class ControlCode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A control-list entry that covers a kind of technology."""

    code: str
    covers: str
    origin: str
    unverified: bool = False


class Kind(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kind of technology."""

    words: str
    ladder: str
    counts: str
    """Whom a number of persons counts."""
    vectors: tuple[Vector, ...]
    """Ways in that this technology has; the unknown one aside."""
    results: dict[AttackResult, str]
    codes: tuple[ControlCode, ...] = ()


class Technologies(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The shipped table."""

    ladders: dict[str, Ladder]
    technologies: dict[Technology, Kind]


@lru_cache(maxsize=1)
def shipped() -> Technologies:
    """The table as it ships."""
    raw = (files("streams.rules") / "policies" / SHIPPED).read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(raw), Technologies)


def kind_of(technology: Technology) -> Kind:
    """What is held of a kind of technology."""
    return shipped().technologies[technology]


def ladder_of(technology: Technology) -> Ladder:
    """Its ladder of evidence."""
    return shipped().ladders[kind_of(technology).ladder]


def result_words(technology: Technology, result: AttackResult) -> str:
    """What a result means there: an infection, a match, a position; `not known` where nothing is said."""
    return kind_of(technology).results.get(result, "not known")


def strange_ways(technology: Technology, vectors: frozenset[Vector]) -> tuple[Vector, ...]:
    """Ways in that are told of and that this technology does not have: a sign that it was taken for another."""
    return tuple(sorted(vectors - {"unknown"} - set(kind_of(technology).vectors)))
