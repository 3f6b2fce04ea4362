"""Topic `dossiers`: copies of facts, placed where they belong; headers that silence; requests to look again."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from schemas.common import Country, Struct
from schemas.vocabulary import FactKind


class Header(Struct, tag_field="fact", tag="header", frozen=True, kw_only=True):
    """That a revision exists and whom it concerns: enough to silence an older one; never replaces a whole row."""

    of: Annotated[FactKind, Meta(description="Kind of the fact [vocabulary].")]
    source: Annotated[str, Meta(description="Source of the fact [source key].")]
    id: Annotated[str, Meta(description="The source's own id [id].")]
    revision: Annotated[int, Meta(description="[count].")]
    destinations: Annotated[tuple[Country, ...], Meta(description="Destinations that this revision names.")] = ()


class Recheck(Struct, tag_field="fact", tag="recheck", frozen=True, kw_only=True):
    """Asks for the assessment of the partition's dossiers from the beginning; no part of ours sends it."""

    reason: Annotated[str, Meta(description="Why [word].")]
    destinations: Annotated[tuple[Country, ...], Meta(description="Which; empty: all of the partition.")] = ()
