"""A fact that counts: chosen among its versions."""

from __future__ import annotations

import datetime as dt

import msgspec

from schemas import AnyFact


class Counted(msgspec.Struct, frozen=True):
    """A fact that counts, with the digest of its body."""

    fact: AnyFact
    hash: str
    key: str
    """`kind:source:id`."""
    conflicting: bool = False

    @property
    def same(self) -> tuple[str, dt.datetime | None]:
        """Digest of the body, and when it was first recorded: equal for what says the same in every respect."""
        return self.hash, self.fact.recorded_at
