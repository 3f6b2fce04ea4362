"""Topic `ticks`: the passing of days, made only by our clock, so that replay hears the same silence."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from msgspec import Meta

from schemas.common import Fact


class Tick(Fact, tag="tick", frozen=True, kw_only=True):
    """A day has begun. `today` is the greatest tick, never the wall clock. Needs `id`, `source`, `day`."""

    day: Annotated[dt.date, Meta(description="The day that has begun [ISO 8601, UTC].")]
