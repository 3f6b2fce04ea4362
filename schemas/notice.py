"""Topic `notices`: what a channel was told. A repeat after a crash bears the same id.

The newest record of an id says all that is known of it: the words that were sent, and whether they were sent again.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import msgspec
from msgspec import Meta

from schemas.common import Country, Struct
from schemas.vocabulary import Band, Transition


class NoticeBody(Struct, frozen=True, kw_only=True):
    """The message as it left, so that the very same can be sent again: nothing above the channel's TLP is in it."""

    message_id: Annotated[str, Meta(description="Message-ID of the mail, with angle brackets [text].")]
    in_reply_to: Annotated[str | None, Meta(description="Message-ID of the mail before [text].")] = None
    references: Annotated[tuple[str, ...], Meta(description="Threads that the mail belongs to [Message-ID].")] = ()
    to: Annotated[tuple[str, ...], Meta(description="Roles for whom it is, where the channel names none [role].")] = ()
    dated: Annotated[dt.datetime, Meta(description="Date of the mail [UTC].")]
    text: Annotated[str, Meta(description="The letter as text [text].")]
    html: Annotated[str, Meta(description="The letter as HTML [HTML].")]
    payload: Annotated[str, Meta(description="The letter for a machine, as a webhook posts it [JSON].")]
    bare: Annotated[bool, Meta(description="It describes no alert, it only says that there is news [yes or no].")] = (
        False
    )


class SentAgain(Struct, frozen=True, kw_only=True):
    """A notice that an officer asked to be sent again, and what became of it."""

    asked_at: Annotated[dt.datetime, Meta(description="When it was asked for [UTC].")]
    asked_by: Annotated[str, Meta(description="Office whose key asked; never a person [name].")]
    sent_at: Annotated[dt.datetime | None, Meta(description="When the channel had it again [UTC].")] = None
    refused: Annotated[str, Meta(description="Why it was not sent; empty where it was, or is yet to be [words].")] = ""

    @property
    def pending(self) -> bool:
        """Whether nothing has become of it yet."""
        return self.sent_at is None and not self.refused


class Notice(Struct, tag_field="fact", tag="notice", frozen=True, kw_only=True):
    """One transition of one alert (or of one group told together), as told to one channel."""

    id: Annotated[
        str, Meta(description="Digest of channel, alerts, transition, version and the notice before [hexadecimal].")
    ]
    channel: Annotated[str, Meta(description="Name of the channel [name].")]
    alerts: Annotated[tuple[str, ...], Meta(description="Ids of the alerts told [alert id].")]
    versions: Annotated[tuple[str, ...], Meta(description="Their versions, in the same order [hexadecimal].")]
    transition: Annotated[Transition, Meta(description="[vocabulary].")]
    band: Annotated[Band, Meta(description="As told [vocabulary].")]
    destinations: Annotated[tuple[Country, ...], Meta(description="Destinations told of.")]
    before: Annotated[str | None, Meta(description="The notice that this channel got before [hexadecimal].")] = None
    at: Annotated[dt.datetime, Meta(description="When it was sent [UTC].")]
    subject: Annotated[str, Meta(description="Headline, in words [text].")]
    digest: Annotated[bool, Meta(description="Told as part of a digest of history [yes or no].")] = False
    bands: Annotated[
        tuple[Band, ...], Meta(description="Band told of each alert, in the same order [vocabulary].")
    ] = ()
    befores: Annotated[
        tuple[str | None, ...],
        Meta(description="What this channel was told before of each alert, in the same order [hexadecimal]."),
    ] = ()
    grounds: Annotated[
        tuple[tuple[str, ...], ...], Meta(description="Grounds told of each alert, in the same order [`source:id`].")
    ] = ()
    words: Annotated[tuple[str, ...], Meta(description="What each alert was called, in the same order [words].")] = ()
    body: Annotated[
        NoticeBody | None, Meta(description="What was sent, word for word; absent where it is not kept [message].")
    ] = None
    again: Annotated[
        tuple[SentAgain, ...], Meta(description="When it was sent again on an officer's word, oldest first [times].")
    ] = ()

    def asked_again(self, at: dt.datetime, by: str) -> Notice:
        """With a request of `by` to send it again; where one waits already, as it is."""
        if any(each.pending for each in self.again):
            return self
        return msgspec.structs.replace(self, again=(*self.again, SentAgain(asked_at=at, asked_by=by)))
