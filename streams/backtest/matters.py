"""What officers have decided, as yes and no, and what of it is neither.

A *matter* is what one or more decisions on one alert say of the same evidence; decisions that judge no evidence in
common are about different matters. Two questions are put to it:

- *upheld*: did the officer act on the concern? Yes: `suspend`, `vendor_restrict`, `revoke`, `modify_conditions`,
  `refer`, `list_party`, or `close` as `acted_upon` or `remedied`. No: `close` as `unfounded`, `not_our_license` or
  `explained_lawful`.
- *happened*: did what was reported happen, with this license's item (H, which is what the weighing speaks of)? As
  above, but what was explained as lawful did happen.

Everything else decides nothing and is counted apart: `acknowledge`, `assign`, `watch`, what is asked or ordered;
`hold_pending`, a precaution until it is known; `notify_partners`, which is owed or offered either way; `close` as
`duplicate`, as `other`, or without a reason. Where several decisions are about one matter, the last word is the
officer's; it counts from when it was first said.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from schemas import Decision
from schemas.vocabulary import CloseReason, DecisionKind

ACTING: frozenset[DecisionKind] = frozenset((
    "suspend", "vendor_restrict", "revoke", "modify_conditions", "refer", "list_party",
))  # fmt: skip
"""Decisions that act on a concern."""
UPHOLDING: frozenset[CloseReason] = frozenset(("acted_upon", "remedied"))
DISMISSING: frozenset[CloseReason] = frozenset(("unfounded", "not_our_license", "explained_lawful"))
NOT_SO: frozenset[CloseReason] = frozenset(("unfounded", "not_our_license"))
"""Reasons that say that it did not happen, or not with this license's item."""


class Matter(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided on one alert about the same evidence."""

    alert: str
    judged: frozenset[str]
    """Evidence (`kind:source:id`); empty: all that the alert rested on."""
    upheld: bool
    happened: bool
    at: dt.datetime
    """When the officer's last word was first said; what came later is not known to the judgment [UTC]."""
    said: str
    """The last word: `suspend`, `close: unfounded`."""
    decisions: tuple[str, ...]
    """All decisions of the matter, `source:id`; they are no evidence."""

    @property
    def destination(self) -> str:
        """Of the alert."""
        return self.alert.partition("~")[0]

    @property
    def license(self) -> str:
        """Of the alert."""
        return self.alert.split("~")[1]


def upheld(decision: Decision) -> bool | None:
    """Whether the officer acted on the concern; `None`: that is not decided."""
    if decision.kind in ACTING:
        return True
    if decision.kind != "close":
        return None
    return True if decision.close_reason in UPHOLDING else False if decision.close_reason in DISMISSING else None


def happened(decision: Decision) -> bool:
    """Whether a decision that decides something holds that it happened, with this license's item."""
    return decision.kind in ACTING or decision.close_reason not in NOT_SO


def matters(decisions: Iterable[Decision]) -> tuple[Matter, ...]:
    """The matters that are decided, ordered by time and alert."""
    by_alert: dict[str, list[Decision]] = defaultdict(list)
    for decision in decisions:
        if decision.tense == "actual" and upheld(decision) is not None:
            by_alert[decision.alert].append(decision)
    found = [_matter(group) for alert in sorted(by_alert) for group in _groups(by_alert[alert])]
    return tuple(sorted(found, key=lambda m: (m.at, m.alert, m.decisions)))


def undecided(decisions: Iterable[Decision]) -> dict[str, int]:
    """How many decisions decide nothing, by what they say."""
    nothing = Counter(_said(d) for d in decisions if d.tense == "actual" and upheld(d) is None)
    return dict(sorted(nothing.items()))


def _groups(decisions: Sequence[Decision]) -> list[list[Decision]]:
    """Decisions of one alert, put together where they judge the same evidence; one that lists none judges all."""
    groups: list[list[Decision]] = []
    for decision in sorted(decisions, key=lambda d: (d.at, d.ref)):
        about = _about(decision)
        same = [g for g in groups if not about or any(not _about(d) or about & _about(d) for d in g)]
        joined = sorted((d for g in same for d in g), key=lambda d: (d.at, d.ref))
        groups = [g for g in groups if g not in same]
        groups.append([*joined, decision])
    return groups


def _about(decision: Decision) -> frozenset[str]:
    return frozenset(j.fact for j in decision.judged)


def _matter(group: Sequence[Decision]) -> Matter:
    last = group[-1]
    first = last
    for decision in reversed(group):
        if (upheld(decision), happened(decision)) != (upheld(last), happened(last)):
            break
        first = decision
    whole = any(not _about(d) for d in group)
    return Matter(
        alert=last.alert,
        judged=frozenset() if whole else frozenset(f for d in group for f in _about(d)),
        upheld=bool(upheld(last)),
        happened=happened(last),
        at=first.at.astimezone(dt.UTC),
        said=_said(last),
        decisions=tuple(sorted(d.ref for d in group)),
    )


def _said(decision: Decision) -> str:
    return decision.kind if decision.kind != "close" else f"close: {decision.close_reason or 'without a reason'}"
