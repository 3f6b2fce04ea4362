"""Features: what two names say for and against meaning one entity, each a number with a sentence.

The scorer is a table of these; a coefficient for each is shipped in `seed/weights.json`.
"""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz.distance import Indel

from streams.names.align import Alignment, Part, align
from streams.names.normal import Name, Word

NAMES = (
    "covered",
    "named",
    "named_across",
    "opposed_names",
    "opposed_across",
    "opposed_words",
    "extra_names",
    "extra_words",
    "together",
    "digits_differ",
    "digits_missing",
    "acronym",
    "states_differ",
    "states_agree",
    "across",
    "nameless",
    "nameless_equal",
    "identical",
    "worst_name",
    "no_name_agrees",
    "covered_across",
    "little_agrees",
)
"""The features in the order of their coefficients."""

_NOTHING = 0.55  # likeness of sound at which two words have nothing to do with each other
_BY_MEANING = ("same", "same meaning", "near in meaning", "misspelt")
_LITTLE = 0.34  # share of the weight of all words below which hardly anything agrees
_CAP = 2.0  # weight of words beyond which more of them says nothing new


def _mass(words: Sequence[Word], named: bool | None = None) -> float:
    return sum(word.weight for word in words if named is None or (word.cls in ("name", "number")) is named)


def _weight(part: Part) -> float:
    return _mass(part.left) + _mass(part.right)


def is_acronym(left: Name, right: Name) -> bool:
    """Whether one name is the initials of the other."""
    return _abbreviates(left, right) or _abbreviates(right, left)


def _abbreviates(short: Name, long: Name) -> bool:
    letters = "".join(word.surface for word in short.words).lower()
    return (
        len(short.words) == 1
        and 2 <= len(letters) <= 8
        and len(long.words) >= 2
        and any(letters == initials for initials in long.initials)
    )


def _sure(part: Part) -> float:
    """How much a likeness of sound is worth: nothing at the threshold of nearness, all at equality."""
    return part.likeness if part.how in _BY_MEANING else max(0.0, (part.likeness - _NOTHING) / (1 - _NOTHING))


def _covered(alignment: Alignment, total: float) -> float:
    return sum(_sure(part) * _weight(part) for part in alignment.parts) / total if total else 0.0


def _named(alignment: Alignment) -> float:
    """How much of the distinctive words of both sides agrees."""
    held = [(_sure(part), _mass(part.left, named=True) + _mass(part.right, named=True)) for part in alignment.parts]
    total = sum(weight for _, weight in held)
    total += _mass(alignment.left_over, named=True) + _mass(alignment.right_over, named=True)
    return sum(sure * weight for sure, weight in held) / total if total else 0.0


def measure(
    left: Name, right: Name, countries: tuple[str | None, str | None] = (None, None)
) -> tuple[Alignment, tuple[float, ...]]:
    """The alignment of two readings and the value of each feature of `NAMES`."""
    found = align(left, right)
    total = _mass(left.words) + _mass(right.words)
    covered = _covered(found, total)
    mine, theirs = _mass(found.left_over, named=True), _mass(found.right_over, named=True)
    my_words, their_words = _mass(found.left_over, named=False), _mass(found.right_over, named=False)
    across = left.script != right.script
    nameless = not left.distinctive or not right.distinctive
    seats = _seats(left, countries[0]), _seats(right, countries[1])
    named = [part for part in found.parts if any(word.cls in ("name", "number") for word in part.left)]
    worst = min((_sure(part) for part in named), default=1.0)
    agrees = _named(found)
    values = {
        "covered": covered,
        "named": agrees,
        "named_across": agrees * across,
        "opposed_names": min(mine, theirs, _CAP),
        "opposed_across": min(mine, theirs, _CAP) * across,
        "opposed_words": min(my_words, their_words, _CAP),
        "extra_names": min(abs(mine - theirs), _CAP),
        "extra_words": min(abs(my_words - their_words), _CAP),
        "together": max(0.0, (Indel.normalized_similarity(left.joined, right.joined) - 0.75) * 4),
        "digits_differ": float(bool(left.numbers and right.numbers and left.numbers != right.numbers)),
        "digits_missing": float(bool(left.numbers) != bool(right.numbers)),
        "acronym": float(is_acronym(left, right)),
        "states_differ": float(bool(seats[0] and seats[1] and not seats[0] & seats[1])),
        "states_agree": float(bool(seats[0] & seats[1])),
        "across": float(across),
        "nameless": float(nameless),
        "nameless_equal": float(nameless and covered > 0.95),
        "identical": float(left.joined == right.joined),
        "worst_name": 1 - worst,
        "no_name_agrees": float(not nameless and not named),
        "covered_across": covered * across,
        "little_agrees": float(covered < _LITTLE),
    }
    return found, tuple(values[name] for name in NAMES)


def _seats(name: Name, country: str | None) -> frozenset[str]:
    """Where the entity is: as told, else as its name says."""
    return frozenset({country.upper()}) if country else name.states
