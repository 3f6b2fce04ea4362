"""Topic `parked`: what could not be read or applied after it was accepted: path and reason, never the text."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from msgspec import Meta

from schemas.common import Struct
from schemas.problems import Problem


class Parked(Struct, tag_field="fact", tag="parked", frozen=True, kw_only=True):
    """One record set aside. Its feeder mends it and sends it again under the same id."""

    topic: Annotated[str, Meta(description="Where it was read [name of the topic].")]
    partition: Annotated[int, Meta(description="[count].")]
    offset: Annotated[int, Meta(description="[count].")]
    stage: Annotated[
        Literal["decode", "check", "place", "assess", "store"], Meta(description="Where it failed [vocabulary].")
    ]
    problems: Annotated[tuple[Problem, ...], Meta(description="Every fault found.")]
    key: Annotated[str, Meta(description="`kind:source:id` where it could be read, else empty [key].")] = ""
    source: Annotated[str, Meta(description="Whose it is, where it could be read [source key].")] = ""
    hash: Annotated[str, Meta(description="Digest of the bytes [hexadecimal].")] = ""
    at: Annotated[dt.datetime, Meta(description="When it was set aside [UTC].")]
