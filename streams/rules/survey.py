"""All that is known at once, for questions that no single dossier answers: what to check next, what was known before.

Built from the set of facts alone; each fact is looked at once, and the events are put together once for all states. An
event is a cluster of accounts; in a state it has the members that name it. Copies are not events (design, law 4).
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

import msgspec

from schemas import AnyFact, Delivery, Incident, License, Name, Policy, PostShipmentReport
from schemas.policy import DestinationClass
from streams.rules.clusters import Cluster, clusters
from streams.rules.counted import Counted
from streams.rules.dossier import Partition, facts_of
from streams.rules.known import NOW, PartitionOn, Standpoint, known, namer_on
from streams.rules.naming import Namer, NamerOf, PlainNamer
from streams.rules.needed import Covered, needed_to_match
from streams.rules.placing import UNATTRIBUTED
from streams.rules.policy import Weights, policy_in_force, weights_of
from streams.rules.remarks import credible
from streams.rules.standing import UseWindow, disposal_day, use_window
from streams.rules.today import today_of
from streams.rules.weighing import Sources

GONE = ("retracted", "withdrawn_for_safety", "refuted")
"""Standings of an account that is no ground for asking anything."""


class Licensed(msgspec.Struct, frozen=True, kw_only=True):
    """A license in one of its destinations, with what came of it there."""

    license: License
    destination: str
    deliveries: tuple[Delivery, ...]
    """Under this license to this destination, by time."""
    reports: tuple[PostShipmentReport, ...]
    """That cover this destination, by time."""
    window: UseWindow

    @property
    def key(self) -> str:
        """`destination~license`, as an alert's id begins."""
        return f"{self.destination}~{self.license.ref}"

    @property
    def gone(self) -> bool:
        """Whether all pieces are proven returned or destroyed."""
        return disposal_day(self.deliveries) < dt.date.max


class Survey:
    """The facts that count, everywhere."""

    def __init__(
        self,
        facts: Iterable[AnyFact],
        at: Standpoint = NOW,
        *,
        namer_of: NamerOf = PlainNamer,
        policy: Policy | None = None,
    ) -> None:
        everything = tuple(known(facts, at))
        self.today = at.as_of or today_of(everything)
        world = PartitionOn(at.as_of) if at.as_of else Partition()
        world.add_all(everything)
        self.dossiers = {d: world.dossier(d, self.today) for d in world.destinations()}
        shared = world.dossier(UNATTRIBUTED, self.today)
        chosen = policy or policy_in_force(facts_of(shared.policies, Policy), self.today)
        self.weights: Weights = weights_of(chosen)
        of = namer_on(namer_of, at.as_of) if at.as_of else namer_of
        self.names: Namer = of(list(facts_of(shared.names, Name)))
        self._judged = world.judgments
        self.judgments = tuple(self._judged.all())
        self.sources = Sources(self.weights, self.judgments)
        self._covered: dict[str, Covered] = {}

    @cached_property
    def licensed(self) -> tuple[Licensed, ...]:
        """Every license in every destination that it names, ordered by both."""
        return tuple(each for d in sorted(self.dossiers) for each in self._licensed_in(d))

    def _licensed_in(self, destination: str) -> Iterator[Licensed]:
        dossier = self.dossiers[destination]
        came: dict[str, list[Delivery]] = defaultdict(list)
        told: dict[str, list[PostShipmentReport]] = defaultdict(list)
        for delivery in facts_of(dossier.deliveries, Delivery):
            if delivery.tense == "actual" and delivery.destination == destination:
                came[delivery.license].append(delivery)
        for report in facts_of(dossier.reports, PostShipmentReport):
            if report.tense == "actual" and destination in (report.destination, *report.covers):
                told[report.license].append(report)
        for license in sorted(facts_of(dossier.licenses, License), key=lambda each: each.ref):
            if license.tense == "actual" and any(d.country == destination for d in license.destinations):
                deliveries = sorted(came[license.ref], key=lambda d: (d.delivered.first, d.ref))
                yield Licensed(
                    license=license,
                    destination=destination,
                    deliveries=tuple(deliveries),
                    reports=tuple(sorted(told[license.ref], key=lambda r: (r.performed.last, r.ref))),
                    window=use_window(license, deliveries, destination),
                )

    @cached_property
    def events(self) -> tuple[Cluster, ...]:
        """The events told of by accounts that stand and are real; a machine's draft counts once it was accepted."""
        accepted = {i for j in self.judgments if j.kind == "accept_draft" for i in j.incidents}
        found = {c.key: c for d in self.dossiers.values() for c in d.incidents if _stands(c.fact, accepted)}
        whole = [self._judged.attributed(found[key]) for key in sorted(found)]
        return clusters(whole, self._judged, self.weights.near_copy)

    @cached_property
    def events_in(self) -> Mapping[str, tuple[Cluster, ...]]:
        """The events by state suspected of operating; each with the members that name the state."""
        named: dict[str, list[Cluster]] = defaultdict(list)
        for event in self.events:
            by_state: dict[str, list[Counted]] = defaultdict(list)
            for member in event.members:
                assert isinstance(member.fact, Incident)
                for state in {o.country for o in member.fact.operators}:
                    by_state[state].append(member)
            for state in sorted(by_state):
                named[state].append(Cluster(tuple(by_state[state])))
        return {state: tuple(each) for state, each in named.items()}

    def needed(self, destination: str, account: str) -> tuple[str, ...]:
        """What would tie the event of an account (`source:id`) to a license in a destination; empty: not known here."""
        found = (e for e in self.events_in.get(destination, ()) if any(m.fact.ref == account for m in e.members))
        event = next(found, None)
        if event is None:
            return ()
        if destination not in self._covered:
            licensed = [each for each in self.licensed if each.destination == destination]
            windows = {each.license.ref: each.window for each in licensed}
            self._covered[destination] = Covered(destination, [each.license for each in licensed], windows)
        return needed_to_match(event.incidents(), self._covered[destination], self.names)

    def credible(self, event: Cluster) -> bool:
        """Whether a source that is not known as doubtful holds it at least possible, or may claim that it was shown."""
        return any(credible(incident, self.sources) for incident in event.incidents())

    @cached_property
    def _classes(self) -> Mapping[str, tuple[DestinationClass, ...]]:
        classes: dict[str, list[DestinationClass]] = defaultdict(list)
        for each in self.weights.policy.destination_classes:
            classes[each.country].append(each)
        return {country: tuple(found) for country, found in classes.items()}

    def class_on(self, country: str, day: dt.date) -> DestinationClass | None:
        """How the authority classed a state on a day; `None`: it did not."""
        for each in self._classes.get(country, ()):
            if (each.valid_from or dt.date.min) <= day <= (each.valid_to or dt.date.max):
                return each
        return None


def _stands(fact: AnyFact, accepted: set[str]) -> bool:
    return (
        isinstance(fact, Incident)
        and fact.tense == "actual"
        and fact.status not in GONE
        and (not fact.draft or fact.ref in accepted)
    )
