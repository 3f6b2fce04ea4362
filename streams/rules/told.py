"""One body of a fact, with what is asked of it again and again: worked out once, whoever asks."""

from __future__ import annotations

from weakref import WeakValueDictionary

from schemas import AnyFact, Header, Incident, PostShipmentReport, Recheck
from schemas.codec import body_hash, decode_row, fact_key
from streams.rules.placing import destinations_of, serials_of


class Told:
    """A fact as it came, its key, its digest, and what it is found by."""

    __slots__ = ("__weakref__", "destinations", "fact", "hash", "key", "named", "serials", "sources")

    def __init__(self, fact: AnyFact) -> None:
        self.fact = fact
        self.key = fact_key(fact)
        """`kind:source:id`."""
        self.hash = body_hash(fact)
        self.destinations = destinations_of(fact)
        self.serials = serials_of(fact)
        self.sources = sources_of(fact)
        self.named = named_by(fact)


Row = Told | Header | Recheck
_READ: WeakValueDictionary[bytes, Told] = WeakValueDictionary()


def read_row(raw: bytes) -> Row:
    """A row from our own bytes; raises `msgspec.DecodeError`.

    A fact that goes to every partition is read once, as long as one of them holds it, and shared by them.
    """
    told = _READ.get(raw)
    if told is None:
        row = decode_row(raw)
        if isinstance(row, Header | Recheck):
            return row
        told = _READ[raw] = Told(row)
    return told


def named_by(fact: AnyFact) -> frozenset[str]:
    """The accounts that this one says it repeats, is a part of, or is drawn from."""
    if not isinstance(fact, Incident):
        return frozenset()
    return frozenset(other for other in (fact.duplicate_of, fact.part_of, *fact.derived_from) if other)


def sources_of(fact: AnyFact) -> frozenset[str]:
    """The sources whose grade weighs in what a fact says."""
    if isinstance(fact, Incident):
        told = {p.source for p in fact.publications} or {fact.source}
        return frozenset(told | {d.source for d in fact.denials if d.source})
    return frozenset((fact.source,)) if isinstance(fact, PostShipmentReport) else frozenset()
