"""A message as it leaves the house: the same bytes under the same id, however often it must be carried."""

from __future__ import annotations

import msgspec

from schemas import Notice


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One notice in words, for a mail program and for a machine."""

    notice: Notice
    to: tuple[str, ...] = ()
    """For the `To` line where the channel has none of its own."""
    message_id: str
    """Derived from the notice's id; with angle brackets."""
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    """The threads of the clauses told of, then the notice before."""
    text: str
    html: str
    payload: str
    """JSON, for webhooks."""


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """A message that is about to leave, written down first: after a crash the same is sent under the same id."""

    message: Message


def write_intent(intent: Intent) -> bytes:
    """The bytes of an intent."""
    return msgspec.json.encode(intent)


def read_intent(raw: bytes) -> Intent:
    """An intent from our own bytes; raises `msgspec.DecodeError`."""
    return msgspec.json.decode(raw, type=Intent)
