"""Comparison: which readings of two names are held against each other, and what each of them says."""

from __future__ import annotations

import msgspec

from streams.names.align import Alignment
from streams.names.features import measure
from streams.names.normal import Name, readings

_MOST = 4  # readings of one name that are looked at


class Reading(msgspec.Struct, frozen=True):
    """One way to read two names: both names, their alignment and the features."""

    left: Name
    right: Name
    alignment: Alignment
    values: tuple[float, ...]


def compare(left: str, right: str, countries: tuple[str | None, str | None] = (None, None)) -> list[Reading]:
    """All ways to read the two names against each other.

    Where both are written in the same two scripts there is one way only: both writings together, since each may deny
    what the other suggests.
    """
    both = _twice_written(left, right)
    if both:
        first, second = (_reading(one, two, countries) for one, two in both)
        together = tuple((a + b) / 2 for a, b in zip(first.values, second.values, strict=True))
        alignment = Alignment(
            first.alignment.parts + second.alignment.parts, first.alignment.left_over, first.alignment.right_over
        )
        return [Reading(first.left, first.right, alignment, together)]
    return [_reading(one, two, countries) for one, two in pairs(left, right)]


def _reading(one: Name, two: Name, countries: tuple[str | None, str | None]) -> Reading:
    alignment, values = measure(one, two, countries)
    return Reading(one, two, alignment, values)


def pairs(left: str, right: str) -> list[tuple[Name, Name]]:
    """Readings of both names to compare, the whole names first.

    An acronym in brackets belongs to some part of the name: it is held only against a name that is an acronym by
    itself.
    """
    mine, theirs = readings(left)[:_MOST], readings(right)[:_MOST]
    found = [(mine[0], theirs[0])]
    found += [(mine[0], other) for other in theirs[1:] if not _acronym(other) or _acronym(mine[0])]
    found += [(other, theirs[0]) for other in mine[1:] if not _acronym(other) or _acronym(theirs[0])]
    found += [(a, b) for a in mine[1:] for b in theirs[1:] if a.script == b.script and not (_acronym(a) or _acronym(b))]
    return found


def _twice_written(left: str, right: str) -> tuple[tuple[Name, Name], tuple[Name, Name]] | None:
    """Where both are written in the same two scripts: the pair of each."""
    mine, theirs = readings(left)[:_MOST], readings(right)[:_MOST]
    if mine[0].script != theirs[0].script:
        return None
    for one in mine[1:]:
        for two in theirs[1:]:
            if one.script == two.script != mine[0].script:
                return (mine[0], theirs[0]), (one, two)
    return None


def _acronym(name: Name) -> bool:
    """One word of capitals, as long as acronyms are."""
    bare = name.text.replace(".", "").replace(" ", "")
    return len(name.words) == 1 and len(bare) <= 8 and (bare.isupper() or len(bare) <= 4) and bare.isascii()
