"""The matcher: how likely two names mean one entity, from the names alone, with the parts that agree and the reasons.

It knows nothing of who owns or was renamed to whom: that is the register's (`Register.score`). p is calibrated on
pairs of which about half match; where matches are rarer, so is the truth behind each p.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

import msgspec

from streams.names.align import Part
from streams.names.calibration import Weights, logistic, logit, shipped
from streams.names.compare import Reading, compare
from streams.names.features import NAMES
from streams.names.normal import Word, parse
from streams.names.states import is_form, resolve_state, state_names


class Score(msgspec.Struct, frozen=True):
    """p(the two names mean one entity) [0..1], why in sentences, and the aligned parts (left, right, likeness)."""

    score: float
    reasons: tuple[str, ...] = ()
    parts: tuple[tuple[str, str, float], ...] = ()


def score(left: str, right: str, *, kind: str | None = None, countries: Sequence[str | None] = ()) -> Score:
    """Compares two names in any script.

    `countries`: where each is seated, as ISO 3166-1 alpha-2 or any form of a state, or None. `kind` "state", or
    none and two forms of states, compares states: look-alikes are never merged. Raises nothing; text without letters
    matches nothing.
    """
    if kind == "state" or (kind is None and is_form(left) and is_form(right)):
        return _states(left, right)
    seats = _seats(countries)
    return _scored(left, right, seats)


def _seats(countries: Sequence[str | None]) -> tuple[str | None, str | None]:
    found = [resolve_state(country) if country else None for country in (*countries, None, None)[:2]]
    return (found[0].code if found[0] else None, found[1].code if found[1] else None)


def _states(left: str, right: str) -> Score:
    one, two = resolve_state(left), resolve_state(right)
    if one is None or two is None:
        return Score(
            0.0, tuple(f"“{text}” is no known state" for text, at in ((left, one), (right, two)) if at is None)
        )
    same = one.code == two.code and one.place == two.place
    if one.code == two.code and not same:
        return Score(0.3, (f"both belong to {state_names().get(one.code, one.code)}, but are different places",))
    return Score(1.0 if same else 0.0, (one.reason, two.reason))


@lru_cache(maxsize=16384)
def _scored(left: str, right: str, seats: tuple[str | None, str | None]) -> Score:
    if not parse(left).words or not parse(right).words:
        return Score(0.0, ("one of the texts holds no word",))
    weights = shipped()
    best, p = judged(compare(left, right, seats), weights)
    return Score(round(p, 4), tuple(_reasons(best, seats)), tuple(_told(best.alignment.parts)))


def judged(ways: Iterable[Reading], weights: Weights) -> tuple[Reading, float]:
    """The way to read the names that speaks most for a match, and its p."""
    ordered = weights.ordered
    best, most = max(((way, logit(way.values, ordered, weights.bias)) for way in ways), key=lambda weighed: weighed[1])
    return best, logistic(most)


def _told(parts: Iterable[Part]) -> Iterable[tuple[str, str, float]]:
    for part in parts:
        yield _surface(part.left), _surface(part.right), round(part.likeness, 3)


def _surface(words: Iterable[Word]) -> str:
    return " ".join(word.surface for word in words)


def _reasons(way: Reading, seats: tuple[str | None, str | None]) -> Iterable[str]:
    values = dict(zip(NAMES, way.values, strict=True))
    named = [part for part in way.alignment.parts if any(word.cls in ("name", "number", "brand") for word in part.left)]
    for part in named:
        yield f"“{_surface(part.left)}” and “{_surface(part.right)}”: {part.how}"
    described = [part for part in way.alignment.parts if part not in named]
    if described:
        pairs = ", ".join(f"{_surface(part.left)} = {_surface(part.right)}" for part in described)
        yield f"words of description agree: {pairs}"
    for side, words in (("left", way.alignment.left_over), ("right", way.alignment.right_over)):
        if words:
            yield f"only on the {side}: {_surface(words)}"
    yield from _facts(values, way, seats)


def _facts(values: dict[str, float], way: Reading, seats: tuple[str | None, str | None]) -> Iterable[str]:
    if values["acronym"]:
        yield "one is the initials of the other"
    if values["digits_differ"]:
        yield f"numbers differ: {', '.join(sorted(way.left.numbers))} and {', '.join(sorted(way.right.numbers))}"
    if values["states_differ"]:
        one, two = seats[0] or "/".join(sorted(way.left.states)), seats[1] or "/".join(sorted(way.right.states))
        yield f"seated in different states: {one} and {two}"
    if values["states_agree"]:
        yield "seated in the same state"
    if values["nameless"]:
        yield "at least one of the names only describes"
    if way.left.legal != way.right.legal and (way.left.legal or way.right.legal):
        yield f"legal forms, not scored: {'/'.join(way.left.legal) or 'none'} and {'/'.join(way.right.legal) or 'none'}"
