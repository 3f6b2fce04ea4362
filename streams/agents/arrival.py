"""What an agent reads: a record and where it stands; and how one that cannot be used is set aside."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Literal

import msgspec

from schemas import Parked
from schemas.problems import Problem, Refused

Stage = Literal["decode", "check", "place", "assess", "store"]
Park = Callable[[Parked], Awaitable[object]]


class Arrival(msgspec.Struct, frozen=True, gc=False):
    """A record that an agent has been given."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes
    value: bytes


def unreadable(arrival: Arrival, stage: Stage, error: Exception) -> Parked:
    """The record set aside: place, digest and reason, never its text; at the record's time, so a repeat is equal."""
    return Parked(
        topic=arrival.topic,
        partition=arrival.partition,
        offset=arrival.offset,
        stage=stage,
        problems=tuple(error.problems) if isinstance(error, Refused) else (_problem(error),),
        key=_identity(arrival.key),
        source=_source(arrival.key),
        hash=hashlib.blake2b(arrival.value, digest_size=16).hexdigest(),
        at=datetime.fromtimestamp(arrival.timestamp_ms / 1000, UTC),
    )


def _problem(error: Exception) -> Problem:
    """The type of the fault and its path; the message of a decoder may quote the text, so only its path is taken."""
    said = str(error)
    path = said.rpartition(" - at `")[2].removesuffix("`") if " - at `" in said else ""
    pointer = path.removeprefix("$").replace("[", "/").replace("]", "").replace(".", "/")
    return Problem(
        path=pointer, found=f"something else ({type(error).__name__})", expected="a record of this topic's types"
    )


def _identity(key: bytes) -> str:
    """`kind:source:id` from a record's key, where it has that form."""
    text = key.decode("utf-8", "replace")
    parts = text.partition("@")[0].split(":")
    return ":".join(parts) if len(parts) == 3 and all(p.isprintable() and len(p) <= 120 for p in parts) else ""


def _source(key: bytes) -> str:
    identity = _identity(key)
    return identity.split(":")[1] if identity else ""
