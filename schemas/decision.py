"""Topic `decisions`: what an officer decided about an alert, and on which evidence."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from msgspec import Meta

from schemas.common import AlertId, Count, Fact, Id, Instant, Label, Prose, RoleAddress, Struct
from schemas.vocabulary import CloseReason, DecisionKind


class Judged(Struct, frozen=True, kw_only=True):
    """A piece of evidence that the decision rests on."""

    fact: Annotated[
        str,
        Meta(
            pattern=r"^[a-z]+:[a-z0-9][a-z0-9.-]{0,59}:[A-Za-z0-9][A-Za-z0-9._/#@+-]{0,119}$",
            description="`kind:source:id`.",
            extra={"exact": True},
        ),
    ]
    revision: Annotated[int, Meta(ge=1, le=1_000_000, description="Revision judged [count].")] = 1


class Decision(Fact, tag="decision", frozen=True, kw_only=True):
    """An officer's decision: closes the evidence that it lists; other evidence opens the alert again.

    Needs six fields: `id`, `source`, `alert`, `kind`, `by_role`, `at`.
    """

    alert: AlertId
    kind: Annotated[DecisionKind, Meta(description="What was decided [vocabulary].")]
    by_role: RoleAddress
    at: Instant
    reason: Prose = ""
    close_reason: Annotated[CloseReason | None, Meta(description="Why it is closed [vocabulary].")] = None
    judged: Annotated[tuple[Judged, ...], Meta(description="Evidence judged.")] = ()
    assigned_to: Annotated[RoleAddress | None, Meta(description="Who takes it on.")] = None
    until: Annotated[dt.date | None, Meta(description="Answer or review due on this day [ISO 8601].")] = None
    points: Annotated[tuple[Id, ...], Meta(description="Questions asked, as numbered in the letter.")] = ()
    sites: Annotated[tuple[Id, ...], Meta(description="Sites to be seen, as the authority codes them.")] = ()
    pieces: Annotated[Count | None, Meta(description="Pieces to be presented [count].")] = None
    second_by_role: Annotated[RoleAddress | None, Meta(description="The second person, where two are needed.")] = None
    party: Annotated[Label | None, Meta(description="The organization asked or listed.")] = None
