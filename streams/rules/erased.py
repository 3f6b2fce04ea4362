"""Which facts were erased: known by digests of their keys alone."""

from __future__ import annotations

from schemas import Erasure
from schemas.erasure import ERASABLE, key_digest
from streams.rules.placing import fact_of_row


class ErasedKeys:
    """The digests of the keys of what was erased. The key itself is not known any more."""

    __slots__ = ("_digests",)

    def __init__(self) -> None:
        self._digests: set[str] = set()

    def add(self, erasure: Erasure) -> bool:
        """Take in an erasure; whether it erases something that was not erased before."""
        if not erasure.erases or erasure.digest in self._digests:
            return False
        self._digests.add(erasure.digest)
        return True

    def has(self, key: str) -> bool:
        """Whether the fact `kind:source:id` was erased: no body of it counts or is kept."""
        return bool(self._digests) and key_digest(key) in self._digests

    def has_row(self, key: bytes) -> bool:
        """Whether the row of this key is one of a fact that was erased."""
        return bool(self._digests) and self.has(fact_of_row(key))

    def has_ref(self, ref: str) -> bool:
        """Whether what `source:id`, or `kind:source:id`, refers to was erased."""
        return bool(self._digests) and any(self.has(key) for key in (ref, *(f"{k}:{ref}" for k in ERASABLE)))
