"""One codec for all that travels: JSON, fields in their declared order, defaults left out.

Inside the house unknown fields are tolerated, so that an older worker can read a newer record; at the door they are
refused (`schemas.reading`). Equal facts have equal bytes.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TypeAlias, TypeVar

import msgspec

from schemas.alert import Alert, Remark
from schemas.common import Fact
from schemas.decision import Decision
from schemas.delivery import Delivery
from schemas.erasure import Erasure, Hold
from schemas.incident import Incident
from schemas.judgment import Judgment
from schemas.license import License
from schemas.name import Name
from schemas.notice import Notice
from schemas.parked import Parked
from schemas.policy import Policy
from schemas.report import PostShipmentReport
from schemas.retraction import Retraction
from schemas.row import Header, Recheck
from schemas.tick import Tick
from schemas.vocabulary import FactKind

AnyFact: TypeAlias = (
    License | Delivery | PostShipmentReport | Incident | Decision | Judgment | Name | Policy | Tick | Retraction
    | Erasure | Hold
)  # fmt: skip
AnyRow: TypeAlias = AnyFact | Header | Recheck
FACT_TYPES: tuple[type[Fact], ...] = (
    License, Delivery, PostShipmentReport, Incident, Decision, Judgment, Name, Policy, Tick, Retraction, Erasure, Hold,
)  # fmt: skip
TOPIC_OF: dict[FactKind, str] = {
    "license": "licenses",
    "delivery": "deliveries",
    "report": "reports",
    "incident": "incidents",
    "decision": "decisions",
    "judgment": "judgments",
    "name": "names",
    "policy": "policies",
    "tick": "ticks",
    "erasure": "erasures",
    "hold": "holds",
}
"""Topic by kind of fact; a retraction goes to the topic of what it takes back."""

T = TypeVar("T")

_encoder = msgspec.json.Encoder()


@lru_cache(maxsize=32)
def _decoder(kind: object) -> msgspec.json.Decoder[object]:
    return msgspec.json.Decoder(kind)


def encode(record: msgspec.Struct) -> bytes:
    """The bytes of a record; equal records have equal bytes."""
    return _encoder.encode(record)


def decode_fact(raw: bytes) -> AnyFact:
    """A fact from our own bytes; raises `msgspec.DecodeError` (or its `ValidationError`)."""
    return _decoder(AnyFact).decode(raw)  # type: ignore[return-value]


def decode_row(raw: bytes) -> AnyRow:
    """A fact, header or recheck from our own bytes; raises `msgspec.DecodeError`."""
    return _decoder(AnyRow).decode(raw)  # type: ignore[return-value]


def decode_alert(raw: bytes) -> Alert:
    """An alert from our own bytes; raises `msgspec.DecodeError`."""
    return _decoder(Alert).decode(raw)  # type: ignore[return-value]


def decode_remark(raw: bytes) -> Remark:
    """A remark from our own bytes; raises `msgspec.DecodeError`."""
    return _decoder(Remark).decode(raw)  # type: ignore[return-value]


def decode_notice(raw: bytes) -> Notice:
    """A notice from our own bytes; raises `msgspec.DecodeError`."""
    return _decoder(Notice).decode(raw)  # type: ignore[return-value]


def decode_parked(raw: bytes) -> Parked:
    """A parked record from our own bytes; raises `msgspec.DecodeError`."""
    return _decoder(Parked).decode(raw)  # type: ignore[return-value]


def kind_of(fact: Fact) -> FactKind:
    """The kind of a fact: of what it takes back, for a retraction."""
    if isinstance(fact, Retraction):
        return fact.of
    return fact.__struct_config__.tag  # type: ignore[return-value]


def topic_of(fact: Fact) -> str:
    """The topic that holds a fact."""
    return TOPIC_OF[kind_of(fact)]


def fact_key(fact: Fact) -> str:
    """`kind:source:id`, the identity of a fact whatever its revision."""
    return f"{kind_of(fact)}:{fact.source}:{fact.id}"


def log_key(fact: Fact) -> bytes:
    """Key of the record in the topic of its kind: one a revision, so that compaction keeps every revision."""
    taken = "!" if isinstance(fact, Retraction) else ""
    return f"{fact_key(fact)}@{fact.revision}{taken}".encode()


def body_hash(fact: Fact) -> str:
    """Digest of what a fact says [32 hexadecimal digits]; its record time is not part of it."""
    if fact.recorded_at is not None:
        fact = msgspec.structs.replace(fact, recorded_at=None)
    return hashlib.blake2b(_encoder.encode(fact), digest_size=16).hexdigest()
