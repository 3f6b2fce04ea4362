"""What the rules ask of the register of names. The register itself is a neighbor (`streams.names`) and is passed in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Protocol

import msgspec

from schemas import Name
from schemas.vocabulary import EntityKind

Spoken = frozenset[tuple[str, EntityKind]]
"""Names, each as what it is taken for."""


class Likeness(msgspec.Struct, frozen=True):
    """How two names stand to each other, on a day."""

    relation: str
    """`same`, `renamed`, `part` (below the right one), `group` (above or beside it), `product_of`."""
    reason: str
    """A sentence with the names as written."""


class Namer(Protocol):
    """Says who is meant. Equal sets of name facts give equal answers, in whatever order they came."""

    @property
    def version(self) -> str:
        """Digest or version of the whole register."""

    def version_for(self, spoken: Spoken) -> str:
        """Version of what the register says of these names, as alerts show it: a change elsewhere is no change here."""

    def concerned(self, before: Namer, spoken: Spoken) -> bool:
        """Whether anything that `before` said of these names may be said otherwise now."""

    def compare(
        self, left: str, left_kind: EntityKind, right: str, right_kind: EntityKind, on: dt.date
    ) -> Likeness | None:
        """How `left` stands to `right` on the day `on`; `None`: not at all, as far as is known."""

    def known(self, name: str, kind: EntityKind, on: dt.date) -> bool:
        """Whether the register knows the name; an unknown one may still be an alias that nobody has entered."""


class NamerOf(Protocol):
    """Builds a namer from the live name facts."""

    def __call__(self, names: Iterable[Name]) -> Namer:
        """A namer over the shipped seed and `names`."""


class PlainNamer:
    """Compares names letter by letter, apart from case and spaces: what is left when no register is at hand."""

    version = "plain"

    def __init__(self, names: Iterable[Name] = ()) -> None:
        del names

    def version_for(self, spoken: Spoken) -> str:
        """Always the same."""
        del spoken
        return self.version

    def concerned(self, before: Namer, spoken: Spoken) -> bool:
        """Never: nothing is looked up."""
        del before, spoken
        return False

    def compare(
        self, left: str, left_kind: EntityKind, right: str, right_kind: EntityKind, on: dt.date
    ) -> Likeness | None:
        """The same letters are the same name."""
        del on
        if left_kind == right_kind and _plain(left) == _plain(right):
            return Likeness("same", f"“{left}” is the name on the license")
        return None

    def known(self, name: str, kind: EntityKind, on: dt.date) -> bool:
        """Every name counts as known: nothing can be looked up."""
        del name, kind, on
        return True


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())
