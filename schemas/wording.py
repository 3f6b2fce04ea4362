"""How a fault is worded: what was found and what was expected, without ever repeating free text.

Numbers of up to nine digits, dates and near misses of our own vocabulary are quoted; any other text is described by its
length, because it may hold a person's name.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from functools import lru_cache

LONGEST_QUOTED = 60
_DATE = re.compile(r"[0-9]{1,4}[-/.][0-9]{1,2}([-/.][0-9]{1,4})?([T ][0-9:.]{1,16}([Zz]|[+-][0-9:]{2,6})?)?", re.ASCII)
_LARGEST_QUOTED = 10**9


def seen(value: object) -> str:
    """What was found, in words that no name can hide in."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, dict):
        return f"an object of {count(len(value), 'field')}"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    return "something that JSON does not know"


def _number(value: float) -> str:
    if value != value or value in (float("inf"), float("-inf")):
        return "NaN or Infinity"
    return f"{value:.9g}" if abs(value) < _LARGEST_QUOTED else "a number of ten digits or more"


def _text(text: str) -> str:
    if not text:
        return "empty text"
    if _DATE.fullmatch(text):
        return f"'{text}'"
    return f"text of {count(len(text), 'character')}" + ("" if text.strip() else ", all blank")


def count(number: int, noun: str) -> str:
    """`1 field`, `2 fields`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


@lru_cache(maxsize=1024)
def nearest(word: str, known: frozenset[str]) -> str | None:
    """The one known word that a misspelt word was meant to be, if one is near; long text is never compared."""
    if len(word) > LONGEST_QUOTED:
        return None
    plain = {_plain(each): each for each in sorted(known)}
    meant = _plain(word)
    near = difflib.get_close_matches(meant, plain, n=1, cutoff=0.75) or _swapped(meant, plain) or _cut(meant, plain)
    return plain[near[0]] if near else None


def _swapped(word: str, known: Iterable[str]) -> list[str]:
    """Short words with two letters in the wrong order, which the measure above takes for strangers."""
    return [each for each in known if len(word) > 2 and sorted(each) == sorted(word)]


def _cut(word: str, known: Iterable[str]) -> list[str]:
    """Words of which the beginning or the end was written, as `cadence` for `cadence_days`."""
    return [each for each in known if each.startswith(f"{word}_") or each.endswith(f"_{word}")]


def _plain(word: str) -> str:
    return re.sub(r"[\s_-]+", "_", word.strip().casefold())


def words(known: Iterable[object]) -> str:
    """`one of a, b, c`."""
    return "one of " + ", ".join(str(each) for each in known)


def pointer(path: str, part: str | int) -> str:
    """A JSON pointer [RFC 6901] one step further down."""
    return f"{path}/{part}" if isinstance(part, int) else f"{path}/{part.replace('~', '~0').replace('/', '~1')}"


def character(text: str, at: int) -> str:
    """One character of a text, by its place and, where it shows nothing, its kind."""
    sign = text[at]
    shown = (
        "a blank" if sign.isspace() else "a letter" if sign.isalpha() else f"'{sign}'" if sign.isprintable() else "one"
    )
    return f"{shown} at place {at + 1}"
