"""Protected grounds: that somebody was targeted *because of* what they are or think, and how that is known.

Evidence that persons were targeted says nothing of why. The ground is an assertion of its own: who makes it, how many
of the accounts, and whether it is only that the persons belong to a group. Israel's certificate of 2021 bars harm
"merely due to" eleven grounds (`domain.md` 1.1); a ground beside an offence is for a person to judge.
"""

from __future__ import annotations

from collections.abc import Collection

from schemas.alert import Assertion
from schemas.vocabulary import Ground, VictimClass
from streams.rules.account import Told
from streams.rules.wording import listed

OF_GROUP: dict[VictimClass, frozenset[Ground]] = {
    "ethnic_group": frozenset(("ethnicity", "race", "nationality", "country_of_origin", "language")),
    "religious_group": frozenset(("religion",)),
    "migrant_refugee": frozenset(("nationality", "country_of_origin")),
}
"""Grounds that targeting a group as such would be about."""
ALWAYS: frozenset[VictimClass] = frozenset(("ethnic_group", "religious_group"))
"""Groups whose targeting calls a ground into question where a clause lists none."""


def asserted(told: Told, protected: Collection[Ground]) -> tuple[Ground, ...]:
    """The protected grounds that some account asserts; where the clause lists none, every ground is."""
    return tuple(sorted(g for g in told.grounds if not protected or g in protected))


def groups(told: Told, protected: Collection[Ground]) -> tuple[VictimClass, ...]:
    """Groups told of as targeted that a protected ground is about."""
    if not protected:
        return tuple(sorted(told.classes & ALWAYS))
    return tuple(sorted(c for c in told.classes & OF_GROUP.keys() if OF_GROUP[c] & set(protected)))


def ground_words(told: Told, protected: Collection[Ground]) -> str:
    """What is asserted of a protected ground, by how many, and what stands beside it; empty: nothing."""
    said = [_asserted(told, ground) for ground in asserted(told, protected)]
    found = groups(told, protected)
    if not said and found:
        said.append(
            f"the persons targeted are reported as {listed(_spoken(g) for g in found)}; "
            "that it was because of this is asserted by nobody"
        )
    minority = "suppression_of_minority" in told.purposes
    if minority:
        known = "" if said else "; on which ground is asserted by nobody"
        said.append(f"the purpose reported is the suppression of a minority{known}")
    if said and told.offence_years is not None:
        said.append("an offence is alleged too, so whether it was merely because of the ground is to be judged")
    return "; ".join(said)


def ground_assertions(told: Told) -> tuple[Assertion, ...]:
    """The ground as an assertion of its own, where anything is told of it."""
    if not told.grounds and not told.classes & ALWAYS and "suppression_of_minority" not in told.purposes:
        return ()
    claimed = ", ".join(_spoken(g) for g in sorted(told.grounds)) or "not known"
    words = f"{ground_words(told, ())}; what shows the act does not show the ground"
    return (Assertion(matter="ground", claimed=claimed, reason=words),)


def _asserted(told: Told, ground: Ground) -> str:
    by = told.asserting.get(ground, 0)
    whose = "the one account" if told.accounts == 1 else f"{by} of {told.accounts} accounts"
    return f"{_spoken(ground)} is asserted as the ground by {whose}"


def _spoken(word: str) -> str:
    return word.replace("_", " ")
