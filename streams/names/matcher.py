"""The matcher: how likely two names mean one entity, from the names alone, with the parts that agree and the reasons."""

from __future__ import annotations

import math

import msgspec
from rapidfuzz.distance import Indel

from streams.names.normal import readings


class Score(msgspec.Struct, frozen=True):
    """p(the two names mean one entity) [0..1], why in sentences, and the aligned parts (left, right, likeness)."""

    score: float
    reasons: tuple[str, ...] = ()
    parts: tuple[tuple[str, str, float], ...] = ()


def score(left: str, right: str, *, kind: str | None = None, countries: tuple[str | None, ...] = ()) -> Score:
    """Compares two names. `countries`: where each is seated, ISO 3166-1 alpha-2 or None. Raises nothing."""
    best = max(Indel.normalized_similarity(one.joined, two.joined) for one in readings(left) for two in readings(right))
    p = 1 / (1 + math.exp(-12 * (best - 0.8)))
    return Score(round(p, 4), (f"the names sound {best:.0%} alike",))
