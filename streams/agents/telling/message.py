"""A message as it leaves the house: the same bytes under the same id, however often it must be carried."""

from __future__ import annotations

import msgspec

from schemas import Notice
from schemas.notice import NoticeBody


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
    bare: bool = False
    """It describes no alert; it only says that there is news."""


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """A message that is about to leave, written down first: after a crash the same is sent under the same id."""

    message: Message


def write_intent(intent: Intent) -> bytes:
    """The bytes of an intent."""
    return msgspec.json.encode(intent)


def read_intent(raw: bytes) -> Intent:
    """An intent from our own bytes; raises `msgspec.DecodeError`."""
    return msgspec.json.decode(raw, type=Intent)


def body_of(message: Message) -> NoticeBody:
    """What is kept of a message in its notice, so that the very same can be sent again.

    It is kept and not written anew from the alert, because words, templates and the alert itself change, while what
    somebody was told must stay what it was.
    """
    return NoticeBody(
        message_id=message.message_id,
        in_reply_to=message.in_reply_to,
        references=message.references,
        to=message.to,
        dated=message.notice.at,
        text=message.text,
        html=message.html,
        payload=message.payload,
        bare=message.bare,
    )


def message_again(notice: Notice, body: NoticeBody) -> Message:
    """The message of a notice as it left: the same bytes under the same id."""
    return Message(
        notice=msgspec.structs.replace(notice, at=body.dated, body=None, again=()),
        to=body.to,
        message_id=body.message_id,
        in_reply_to=body.in_reply_to,
        references=body.references,
        text=body.text,
        html=body.html,
        payload=body.payload,
        bare=body.bare,
    )
