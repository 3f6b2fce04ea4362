"""Topic `names`: who is meant by a name, since when, and on whose word. Never a person."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from msgspec import Meta

from schemas.common import Confidence, Country, Fact, Id, Label, Language, RoleAddress
from schemas.vocabulary import EntityKind, NameJudgment, NameRelation


class Name(Fact, tag="name", frozen=True, kw_only=True):
    """One row of the register of names.

    With relation `alias`, `name` is a name of `entity`. With another relation, `entity` stands in that relation to
    `target` (`entity` renamed_to `target`; owned_by; markets a product; acquired_by; part_of).
    Needs five fields: `id`, `source`, `entity`, `kind`, `relation`; then `name` or `target`.
    """

    entity: Annotated[Id, Meta(description="Key of the entity in the register.")]
    kind: Annotated[EntityKind, Meta(description="What the entity is [vocabulary].")]
    relation: Annotated[NameRelation, Meta(description="What the row says [vocabulary].")] = "alias"
    name: Annotated[Label | None, Meta(description="The name, as written.")] = None
    target: Annotated[Id | None, Meta(description="The other entity.")] = None
    language: Language | None = None
    script: (
        Annotated[str, Meta(pattern=r"^[A-Z][a-z]{3}$", description="Script [ISO 15924].", extra={"exact": True})]
        | None
    ) = None
    country: Annotated[Country | None, Meta(description="Seat of the entity.")] = None
    valid_from: Annotated[dt.date | None, Meta(description="First day [ISO 8601]; absent: always.")] = None
    valid_to: Annotated[dt.date | None, Meta(description="Last day [ISO 8601]; absent: still.")] = None
    confidence: Confidence = 100
    judgment: Annotated[NameJudgment, Meta(description="What the reviewer holds of the row [vocabulary].")] = "same"
    judged_by: Annotated[RoleAddress | None, Meta(description="Who reviewed it.")] = None
