"""A retraction: goes to the topic of what it takes back."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from schemas.common import Fact
from schemas.vocabulary import FactKind, RetractionReason


class Retraction(Fact, tag="retraction", frozen=True, kw_only=True):
    """Takes back the fact (`of`, `source`, `id`) in every revision up to its own `revision`.

    Needs three fields: `of`, `id`, `source`. A higher revision, sent later, is a new word on the matter and counts.
    """

    of: Annotated[FactKind, Meta(description="Kind of the fact taken back [vocabulary].")]
    why: Annotated[RetractionReason, Meta(description="Reason [vocabulary].")] = "source_withdrew"
