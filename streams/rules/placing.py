"""Where a fact goes: each fact says itself which destinations it concerns, and `place` remembers nothing.

A fact is *placed* (whole to the destinations that it names) or *broadcast* (whole to every partition) because its
destination cannot be known or may have changed: sightings, judgments, names, policies, ticks, retractions, erasures. A
revision above 1 also leaves a header everywhere else: enough to silence an older one, whichever comes first. A
litigation hold concerns no dossier.
"""

from __future__ import annotations

from zlib import crc32

import msgspec

from schemas import (
    AnyFact,
    Decision,
    Delivery,
    Erasure,
    Header,
    Hold,
    Incident,
    Judgment,
    License,
    Name,
    Policy,
    PostShipmentReport,
    Retraction,
    Tick,
)
from schemas.codec import body_hash, encode, kind_of

UNATTRIBUTED = "ZZ"
"""Where an incident without a suspected operator is kept, shown and matched as context only."""


class Copy(msgspec.Struct, frozen=True):
    """One copy of a fact on its way to `dossiers`."""

    partition: int
    key: bytes
    value: bytes


def place(fact: AnyFact, partitions: int) -> tuple[Copy, ...]:
    """The copies of `fact` for a log of `partitions` partitions; the same fact always gives the same copies."""
    if isinstance(fact, Hold):
        return ()
    key, value = row_key(fact), encode(fact)
    if is_broadcast(fact):
        return tuple(Copy(p, key, value) for p in range(partitions))
    named = sorted({partition_of(d, partitions) for d in destinations_of(fact)})
    whole = tuple(Copy(p, key, value) for p in named)
    if fact.revision == 1:
        return whole
    header = encode(header_of(fact))
    return whole + tuple(Copy(p, key + b"|header", header) for p in range(partitions) if p not in named)


def partition_of(destination: str, partitions: int) -> int:
    """The partition that holds the dossier of `destination`."""
    return crc32(destination.encode()) % partitions


def row_key(fact: AnyFact) -> bytes:
    """`kind|source|id|revision|body hash|record time`: rows are immutable; choices between them are made on reading."""
    taken = "!" if isinstance(fact, Retraction) else ""
    at = fact.recorded_at.isoformat() if fact.recorded_at else ""
    return f"{kind_of(fact)}{taken}|{fact.source}|{fact.id}|{fact.revision}|{body_hash(fact)}|{at}".encode()


def fact_of_row(key: bytes) -> str:
    """`kind:source:id` of the fact whose row, or header, has this key; empty for a row of no fact."""
    kind, *rest = key.decode("utf-8", "replace").split("|")
    return f"{kind.removesuffix('!')}:{rest[0]}:{rest[1]}" if len(rest) >= 2 else ""


def header_of(fact: AnyFact) -> Header:
    """That this revision exists and whom it concerns."""
    return Header(
        of=kind_of(fact),
        source=fact.source,
        id=fact.id,
        revision=fact.revision,
        destinations=tuple(sorted(destinations_of(fact))),
    )


def is_broadcast(fact: AnyFact) -> bool:
    """Whether every partition needs the whole fact."""
    if isinstance(fact, Judgment | Name | Policy | Tick | Retraction | Erasure):
        return True
    return bool(serials_of(fact))


def destinations_of(fact: AnyFact) -> frozenset[str]:
    """The destinations that a fact names; none for what concerns all."""
    if isinstance(fact, License):
        consents = {c.destination for c in fact.consents if c.destination}
        return frozenset(d.country for d in fact.destinations) | consents
    if isinstance(fact, Delivery):
        return frozenset((fact.destination, fact.delivered_to))
    if isinstance(fact, PostShipmentReport):
        return frozenset((fact.destination, *fact.covers, *((fact.site_country,) if fact.site_country else ())))
    if isinstance(fact, Incident):
        return frozenset(o.country for o in fact.operators) or frozenset((UNATTRIBUTED,))
    if isinstance(fact, Decision):
        return frozenset((fact.alert.split("~", 1)[0],))
    return frozenset()


def serials_of(fact: AnyFact) -> frozenset[str]:
    """The serials that a delivery or a report carries."""
    if isinstance(fact, Delivery):
        return frozenset(s for item in fact.items for s in item.serials)
    if isinstance(fact, PostShipmentReport):
        return frozenset(s for item in fact.items for s in item.serials)
    return frozenset()
