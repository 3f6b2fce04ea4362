"""A fact that counts: chosen among its versions."""

from __future__ import annotations

import msgspec

from schemas import AnyFact


class Counted(msgspec.Struct, frozen=True):
    """A fact that counts, with the digest of its body."""

    fact: AnyFact
    hash: str
    key: str
    """`kind:source:id`."""
    conflicting: bool = False
