"""Topic `notices`: what a channel was told. A repeat after a crash bears the same id."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from msgspec import Meta

from schemas.common import Country, Struct
from schemas.vocabulary import Band, Transition


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
