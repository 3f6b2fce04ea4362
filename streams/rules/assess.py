"""The assessment of destinations: from the facts that count to alerts, remarks and matches.

A pure function of the set of facts, the policy in force, the register of names and the greatest tick. Assessing again
what has not changed gives the same bytes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator

import msgspec

from schemas import Alert, AnyFact, Match, Name, Policy, Remark
from streams.rules.counted import Counted
from streams.rules.docket import Docket
from streams.rules.dossier import Partition, facts_of
from streams.rules.naming import Namer, NamerOf, PlainNamer
from streams.rules.policy import Weights, policy_in_force, weights_of
from streams.rules.today import today_of

MOST_NAMERS = 4
"""Registers remembered: before and after a change [count]."""


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """What holds in one destination."""

    destination: str
    alerts: tuple[Alert, ...]
    notes: tuple[Remark, ...]
    matches: tuple[Match, ...]


class Assessor:
    """Opens dockets under the policy in force and the register of names."""

    def __init__(self, namer_of: NamerOf = PlainNamer, policy: Policy | None = None) -> None:
        self._namer_of = namer_of
        self._policy = policy
        self._namers: dict[tuple[str, ...], Namer] = {}
        self._latest: tuple[tuple[Counted, ...], Namer] | None = None

    def docket(self, held: Partition, destination: str, today: dt.date | None = None) -> Docket:
        """A docket of one destination, nothing drawn up yet."""
        return Docket(held, destination, self.weights(held, today), self.namer(held), today)

    def keeps(self, docket: Docket, held: Partition) -> bool:
        """Whether a docket stands under today's policy and register; if not, it has to be opened anew."""
        return docket.still_holds(self.weights(held), self.namer(held))

    def assess(
        self, held: Partition, destination: str, today: dt.date | None = None, *, matching: bool = True
    ) -> Assessment:
        """All that holds in one destination. `matching` off: leaves the matches out, which only `assess` prints."""
        docket = self.docket(held, destination, today)
        settled = docket.settle()
        return Assessment(
            destination=destination,
            alerts=tuple(sorted(settled.alerts, key=lambda a: a.id)),
            notes=settled.notes,
            matches=tuple(sorted(docket.matches(), key=_pair)) if matching else (),
        )

    def weights(self, held: Partition, today: dt.date | None = None) -> Weights:
        """The policy in force, compiled."""
        policy = self._policy or policy_in_force(facts_of(held.policies(), Policy), today or held.today)
        return weights_of(policy)

    def namer(self, held: Partition) -> Namer:
        """The register of names over the live name facts; the last few are kept."""
        counted = held.names()
        if self._latest and self._latest[0] is counted:
            return self._latest[1]
        key = tuple(c.hash for c in counted)
        if key not in self._namers:
            if len(self._namers) >= MOST_NAMERS:
                del self._namers[next(iter(self._namers))]
            self._namers[key] = self._namer_of(list(facts_of(counted, Name)))
        self._latest = counted, self._namers[key]
        return self._namers[key]


def _pair(match: Match) -> tuple[str, str, str, str]:
    return match.incident_source, match.incident_id, match.license_source, match.license_id


def assess_facts(
    facts: Iterable[AnyFact],
    *,
    policy: Policy | None = None,
    today: dt.date | None = None,
    namer_of: NamerOf = PlainNamer,
    begun: Callable[[int], object] = lambda destinations: None,
) -> Iterator[Assessment]:
    """The assessments of all destinations that `facts` name, in order of destination; `begun` hears how many.

    `today` defaults to the greatest tick, else to the latest record time, else to the latest day told of;
    never the wall clock.
    """
    known = tuple(facts)
    world = Partition()
    world.add_all(known)
    day = today or today_of(known)
    assessor = Assessor(namer_of, policy)
    begun(len(world.destinations()))
    for destination in world.destinations():
        yield assessor.assess(world, destination, day)
