"""The register of names, as the rules ask it: two names compared on a day, with a sentence."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable

from schemas import Name
from schemas.codec import body_hash
from schemas.vocabulary import EntityKind
from streams.names.matcher import score
from streams.names.register import Change, Register, Relation, Resolution, seed_rows
from streams.rules.naming import Likeness, Namer, Spoken

SURE = 0.5
"""A resolution below this share says nothing. Uncalibrated."""
SPELLED_ALIKE = 0.85
"""Names of which one is unknown count as one from this p(match). Uncalibrated."""
_ALIKE = {"corporate_group": "vendor", "unit": "agency", "technology": "product"}
_ORDER = ("same", "renamed", "product_of", "part", "group")


class RegisterNamer:
    """Compares names through the register: the shipped seed and the live name facts."""

    def __init__(self, names: Iterable[Name] = ()) -> None:
        rows = sorted(names, key=lambda n: (n.ref, n.revision))
        self._register = Register.of([*seed_rows(), *rows])
        self._resolved: dict[tuple[str, EntityKind, dt.date], tuple[Resolution, ...]] = {}
        self._compared: dict[tuple[str, EntityKind, str, EntityKind, dt.date], Likeness | None] = {}
        self._rows = rows
        self._version = f"seed+{_digest(body_hash(n) for n in rows)}" if rows else "seed"

    @property
    def version(self) -> str:
        """The seed, and a digest of the live rows beside it."""
        return self._version

    def version_for(self, spoken: Spoken) -> str:
        """The seed, and a digest of the live rows about whom these names may mean, or whom those are tied to."""
        if not self._rows:
            return "seed"
        meant = {r.entity for text, kind in spoken for r in self._register.resolve(text, kind=kind)}
        about = {other for entity in meant for other in self._register.neighbors(entity)} | meant
        rows = [body_hash(n) for n in self._rows if n.entity in about or n.target in about]
        return f"seed+{_digest(rows)}" if rows else "seed"

    def concerned(self, before: Namer, spoken: Spoken) -> bool:
        """Whether a name may mean another entity than before, or one whose relations changed."""
        if not isinstance(before, RegisterNamer):
            return True
        change = Change(before._register, self._register)
        return any(change.concerns(text, kind=kind) for text, kind in sorted(spoken))

    def compare(
        self, left: str, left_kind: EntityKind, right: str, right_kind: EntityKind, on: dt.date
    ) -> Likeness | None:
        """How `left` stands to `right` on the day `on`."""
        asked = (left, left_kind, right, right_kind, on)
        if asked not in self._compared:
            self._compared[asked] = self._compare(*asked)
        return self._compared[asked]

    def known(self, name: str, kind: EntityKind, on: dt.date) -> bool:
        """Whether the register knows the name."""
        return bool(self._resolve(name, kind, on))

    def _resolve(self, name: str, kind: EntityKind, on: dt.date) -> tuple[Resolution, ...]:
        asked = (name, kind, on)
        if asked not in self._resolved:
            found = self._register.resolve(name, kind=kind, as_of=on)
            least = (SPELLED_ALIKE if r.via == "spelling" else SURE for r in found)
            self._resolved[asked] = tuple(r for r, floor in zip(found, least, strict=True) if r.score >= floor)[:3]
        return self._resolved[asked]

    def _compare(
        self, left: str, left_kind: EntityKind, right: str, right_kind: EntityKind, on: dt.date
    ) -> Likeness | None:
        alike = _ALIKE.get(left_kind, left_kind) == _ALIKE.get(right_kind, right_kind)
        if alike and " ".join(left.casefold().split()) == " ".join(right.casefold().split()):
            return Likeness("same", f"“{left}” is the name on the license")
        lefts, rights = self._resolve(left, left_kind, on), self._resolve(right, right_kind, on)
        if lefts and rights:
            return self._related(left, lefts, right, rights, on)
        if not alike:
            return None
        spelled = score(left, right, kind=left_kind)
        if spelled.score < SPELLED_ALIKE:
            return None
        return Likeness("same", f"“{left}” is spelled like “{right}” ({'; '.join(spelled.reasons)})")

    def _related(
        self, left: str, lefts: Iterable[Resolution], right: str, rights: Iterable[Resolution], on: dt.date
    ) -> Likeness | None:
        found = [
            (self._word(a, b, relation, on), relation.reason)
            for a in lefts
            for b in rights
            if (relation := self._register.related(a.entity, b.entity, on)) is not None
        ]
        if not found:
            return None
        word, reason = min(found, key=lambda each: (_ORDER.index(each[0]), each[1]))
        return Likeness(word, f"“{left}” and “{right}”: {reason}")

    def _word(self, left: Resolution, right: Resolution, relation: Relation, on: dt.date) -> str:
        """The relation from the left to the right: below it is `part`, above it or beside it is `group`."""
        if relation.kind != "parent":
            return relation.kind
        return "part" if self._register.is_part(left.entity, right.entity, on) else "group"


def _digest(hashes: Iterable[str]) -> str:
    return hashlib.blake2b("".join(hashes).encode(), digest_size=6).hexdigest()
