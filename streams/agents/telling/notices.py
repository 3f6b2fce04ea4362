"""From single steps to notices: what is told together, what goes as a digest, and under which id.

- One clause of one license in several destinations is one notice.
- Alerts of one group of candidates, and clauses that one event touches, are one notice for each issuing state.
- Openings out of history, and bursts, are one digest for each kind of step and issuing state.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set

import msgspec

from schemas import Notice
from schemas.alert import Alert
from schemas.vocabulary import Band, Transition
from streams.agents.telling.routes import AnyChannel, Routes
from streams.agents.telling.told import GROUND_FROM, Told, grounds_of, rank
from streams.agents.telling.transitions import transition

ORDER: tuple[Transition, ...] = ("withdrawn", "lowered", "closed", "opened", "reopened", "raised")
"""What is taken back is said first."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One transition of one alert for one channel."""

    alert: Alert
    told: Told | None
    transition: Transition
    bare: bool
    """The alert may not be described there: say only that what was told no longer stands."""

    @property
    def clause(self) -> str:
        """`license~clause`: what is told together over destinations."""
        return clause_of(self.alert.id)

    @property
    def band(self) -> Band:
        """The band that the channel is told of: the last told, where nothing is left to band."""
        gone = self.transition in ("withdrawn", "closed")
        return self.told.band if gone and self.told is not None else self.alert.band


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A notice about to be written: steps of one kind that are told together."""

    channel: str
    transition: Transition
    steps: tuple[Step, ...]
    bare: bool
    digest: bool = False

    @property
    def id(self) -> str:
        """Digest of channel, transition, alerts, versions and the notices before: a repeat bears the same id."""
        said = [
            self.channel, self.transition,
            [[step.alert.id, step.alert.version, step.told.notice if step.told else None] for step in self.steps],
        ]  # fmt: skip
        return hashlib.blake2b(msgspec.json.encode(said), digest_size=16).hexdigest()

    @property
    def band(self) -> Band:
        """The most pressing of its bands."""
        return max((step.band for step in self.steps), key=rank)

    def notice(self, *, at: dt.datetime, subject: str, words: Sequence[str] = ()) -> Notice:
        """The record of it; `words` is what each alert is called in it."""
        told_before = [step.told for step in self.steps if step.told is not None]
        newest = max(told_before, key=lambda told: (told.notice_record.at, told.notice), default=None)
        return Notice(
            id=self.id,
            channel=self.channel,
            alerts=tuple(step.alert.id for step in self.steps),
            versions=tuple(step.alert.version for step in self.steps),
            transition=self.transition,
            band=self.band,
            destinations=tuple(sorted({step.alert.destination for step in self.steps})),
            before=newest.notice if newest else None,
            at=at,
            subject=subject,
            digest=self.digest,
            bands=tuple(step.band for step in self.steps),
            befores=tuple(step.told.notice if step.told else None for step in self.steps),
            grounds=tuple(_grounds_said(step) for step in self.steps),
            words=tuple(words),
        )


def _grounds_said(step: Step) -> tuple[str, ...]:
    known = grounds_of(step.alert)
    if step.bare and step.told is not None:
        known &= step.told.grounds  # what could not be described was not told
    return tuple(sorted(known))


def clause_of(alert_id: str) -> str:
    """`license~clause` of an alert's id."""
    return alert_id.partition("~")[2]


def destination_of(alert_id: str) -> str:
    """The destination of an alert's id."""
    return alert_id.partition("~")[0]


def steps_for(
    channel: AnyChannel,
    told: Mapping[str, Told],
    newest: Mapping[str, Alert],
    routes: Routes,
    today: dt.date | None,
) -> list[Step]:
    """Every step that this channel has not been told of, in the order of alert ids.

    An alert that was told and of which no record is there is not withdrawn: unknown stays unknown.
    """
    steps = []
    for alert_id in sorted(newest):
        alert = newest[alert_id]
        hearing = routes.hearing(channel, alert, today)
        kind = transition(told.get(alert_id), alert, hearing)
        if kind is not None:
            bare = not hearing.describable and kind != "withdrawn"
            steps.append(Step(alert=alert, told=told.get(alert_id), transition=kind, bare=bare))
    return steps


def drafts_for(
    channel: AnyChannel,
    steps: Iterable[Step],
    routes: Routes,
    today: dt.date | None,
    replayed: Set[str] = frozenset(),
) -> list[Draft]:
    """The notices that tell these steps; `replayed` are alerts that were last heard of while the log was replayed."""
    history: list[tuple[Step, ...]] = []
    fresh: list[tuple[Step, ...]] = []
    for bundle in together(steps):
        old = all(_is_history(step, routes.pace.history_days, today, replayed) for step in bundle)
        (history if old else fresh).append(bundle)
    if len(fresh) > routes.pace.burst:
        history, fresh = history + fresh, []
    drafts = [_draft(channel.name, bundle) for bundle in fresh] + _digests(channel.name, history)
    return sorted(drafts, key=lambda d: (ORDER.index(d.transition), -rank(d.band), d.steps[0].alert.id))


def _draft(channel: str, bundle: tuple[Step, ...], *, digest: bool = False) -> Draft:
    return Draft(channel=channel, transition=bundle[0].transition, steps=bundle, bare=bundle[0].bare, digest=digest)


def _digests(channel: str, bundles: list[tuple[Step, ...]]) -> list[Draft]:
    """One digest for each kind of step and issuing state; what would stand alone in one is told as usual."""
    kinds: defaultdict[tuple[Transition, bool, str], list[tuple[Step, ...]]] = defaultdict(list)
    for bundle in bundles:
        kinds[bundle[0].transition, bundle[0].bare, issuing_state(bundle[0].alert)].append(bundle)
    return [
        _draft(channel, alike[0])
        if len(alike) == 1
        else _draft(channel, tuple(sorted((s for b in alike for s in b), key=lambda s: s.alert.id)), digest=True)
        for alike in kinds.values()
    ]


def _is_history(step: Step, days: int, today: dt.date | None, replayed: Set[str]) -> bool:
    if step.transition != "opened":
        return False
    known = _newest_known(step.alert)
    return step.alert.id in replayed or (
        known is not None and today is not None and known < today - dt.timedelta(days=days)
    )


def _newest_known(alert: Alert) -> dt.date | None:
    """When the newest of what is open in it became known: fresh evidence beside an old account is no history."""
    days = [
        case.known_since
        for case in alert.cases
        if case.open and case.known_since and rank(case.band) >= rank(GROUND_FROM)
    ]
    return max(days, default=alert.first_known)


def issuing_state(alert: Alert) -> str:
    """The state that granted the license; empty when nothing is left of the alert."""
    return alert.license.issuing_state if alert.license else ""


def together(steps: Iterable[Step]) -> list[tuple[Step, ...]]:
    """Steps of one kind that are told as one notice, each set in the order of alert ids.

    What belongs together: one clause of one license; one group of candidates or one event under one issuing state;
    withdrawals of what one notice told.
    """
    parent: dict[str, str] = {}

    def root(node: str) -> str:
        while parent.setdefault(node, node) != node:
            node = parent[node]
        return node

    steps = list(steps)
    for step in steps:
        for tie in _ties(step):
            parent[root(tie)] = root(f"alert {step.alert.id}")
    bundles: defaultdict[tuple[str, Transition, bool], list[Step]] = defaultdict(list)
    for step in steps:
        bundles[root(f"alert {step.alert.id}"), step.transition, step.bare].append(step)
    return [tuple(sorted(bundle, key=lambda step: step.alert.id)) for bundle in bundles.values()]


def _ties(step: Step) -> list[str]:
    state = issuing_state(step.alert)
    ties = [f"clause {step.clause}"]
    for case in step.alert.cases:
        if case.open and case.group is not None:
            ties.append(f"group {state} {case.group}")
        if case.open and case.kind == "incident" and rank(case.band) >= rank(GROUND_FROM):
            ties.append(f"event {state} {case.key}")
    if step.transition == "withdrawn" and step.told is not None and not step.told.notice_record.digest:
        ties.append(f"notice {step.told.notice}")
    return ties
