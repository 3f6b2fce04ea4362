"""Topic `judgments`: what an analyst holds of accounts and sources. Reversible by a `revert`."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from schemas.common import Confidence, Country, Fact, Instant, Label, Prose, Ref, RoleAddress, SourceId
from schemas.vocabulary import AttributionLevel, EvidenceLevel, JudgmentKind, Reliability


class Judgment(Fact, tag="judgment", frozen=True, kw_only=True):
    """An analyst's judgment.

    Needs five fields: `id`, `source`, `kind`, `by_role`, `at`; then what its kind speaks of. `same_event` and
    `different_event` name two or more incidents; `regrade_source`, `quarantine` and `release` a source; `attribute` and
    `accept_draft` incidents; `revert` another judgment. The newest judgment (by `at`, then id) on one matter counts.
    """

    kind: Annotated[JudgmentKind, Meta(description="What is judged [vocabulary].")]
    by_role: RoleAddress
    at: Instant
    why: Prose = ""
    incidents: Annotated[tuple[Ref, ...], Meta(description="Incidents judged.")] = ()
    judged_source: Annotated[SourceId | None, Meta(description="Source judged.")] = None
    reliability: Annotated[Reliability | None, Meta(description="New grade [A..F].")] = None
    max_evidence: Annotated[EvidenceLevel | None, Meta(description="Highest level it can claim [E0..E5].")] = None
    max_attribution: Annotated[AttributionLevel | None, Meta(description="Highest level it can claim [A0..A4].")] = None
    operator: Annotated[Country | None, Meta(description="Operator state attributed.")] = None
    agency: Annotated[Label | None, Meta(description="Agency attributed.")] = None
    product: Annotated[Label | None, Meta(description="Product attributed.")] = None
    confidence: Confidence = 100
    reverts: Annotated[Ref | None, Meta(description="The judgment taken back.")] = None
