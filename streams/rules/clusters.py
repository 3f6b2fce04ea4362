"""Which accounts tell of the same event: clusters as the closure of judgments and of what the accounts say themselves.

Judgments speak about incident ids, present or not; in a dossier a cluster has the members that count there. A newer
judgment on the same pair overrides an older one; a reverted judgment says nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

import msgspec

from schemas import Incident, Judgment
from streams.rules.dossier import Counted
from streams.rules.standing import overlap

BAND = 4
"""Sketch positions compared together when near copies are looked for; any pair above the threshold shares a band."""


class Cluster(msgspec.Struct, frozen=True):
    """Accounts of one event that count in a dossier, ordered by reference."""

    members: tuple[Counted, ...]

    @property
    def key(self) -> str:
        """The first member's reference: stable under any order."""
        return self.members[0].fact.ref

    def incidents(self) -> Iterator[Incident]:
        """The accounts themselves."""
        for member in self.members:
            assert isinstance(member.fact, Incident)
            yield member.fact


class Ties:
    """A partition of keys into classes (union-find); the smallest key names the class."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def root(self, key: str) -> str:
        """The name of the class of `key`."""
        path = []
        while (parent := self._parent.get(key, key)) != key:
            path.append(key)
            key = parent
        for passed in path:
            self._parent[passed] = key
        return key

    def tie(self, left: str, right: str) -> None:
        """Put two keys into one class."""
        low, high = sorted((self.root(left), self.root(right)))
        self._parent[high] = low


def effective(judgments: Iterable[Judgment]) -> tuple[Judgment, ...]:
    """The judgments that hold: not reverted by a later one, ordered by time and reference."""
    ordered = sorted(judgments, key=lambda j: (j.at, j.ref))
    holding: dict[str, Judgment] = {}
    reverted: set[str] = set()
    for judgment in reversed(ordered):
        if judgment.ref in reverted:
            continue
        if judgment.kind == "revert":
            if judgment.reverts:
                reverted.add(judgment.reverts)
        else:
            holding[judgment.ref] = judgment
    return tuple(j for j in ordered if j.ref in holding)


def pairs_judged(judgments: Iterable[Judgment]) -> dict[tuple[str, str], bool]:
    """For each pair of incidents that was judged: whether they are the same event; the newest word counts."""
    judged: dict[tuple[str, str], bool] = {}
    for judgment in judgments:
        if judgment.kind in ("same_event", "different_event"):
            for pair in combinations(sorted(set(judgment.incidents)), 2):
                judged[pair] = judgment.kind == "same_event"
    return judged


def clusters(incidents: Sequence[Counted], judgments: Iterable[Judgment], near_copy: float) -> tuple[Cluster, ...]:
    """The clusters of `incidents`, ordered by key. `near_copy`: similarity [0..1] from which texts are one."""
    judged = pairs_judged(judgments)
    ties = Ties()
    for (left, right), same in judged.items():
        if same:
            ties.tie(left, right)
    for left, right in _own_ties(incidents, near_copy):
        if judged.get((min(left, right), max(left, right)), True):
            ties.tie(left, right)
    grouped: dict[str, list[Counted]] = defaultdict(list)
    for counted in sorted(incidents, key=lambda c: c.fact.ref):
        grouped[ties.root(counted.fact.ref)].append(counted)
    return tuple(sorted((Cluster(tuple(members)) for members in grouped.values()), key=lambda c: c.key))


def _own_ties(incidents: Sequence[Counted], near_copy: float) -> Iterator[tuple[str, str]]:
    """What the accounts say themselves, and copies of one origin about one time and technology."""
    by_origin: dict[tuple[str, str], list[Incident]] = defaultdict(list)
    for counted in incidents:
        incident = counted.fact
        assert isinstance(incident, Incident)
        for other in (incident.duplicate_of, incident.part_of, *incident.derived_from):
            if other:
                yield incident.ref, other
        for origin in _origins(incident):
            by_origin[(origin, incident.technology)].append(incident)
    for same in by_origin.values():
        yield from _together(same, near_copy)


def _origins(incident: Incident) -> set[str]:
    """The declared origins, and bands of text sketches that a near copy would share."""
    origins = {f"origin:{p.origin}" for p in incident.publications if p.origin}
    for publication in incident.publications:
        sketch = publication.sketch
        origins |= {f"sketch:{i}:{sketch[i : i + BAND]}" for i in range(0, len(sketch) - BAND + 1, BAND)}
    return origins


def _together(incidents: Sequence[Incident], near_copy: float) -> Iterator[tuple[str, str]]:
    ordered = sorted({i.ref: i for i in incidents}.values(), key=lambda i: (i.occurred.first, i.ref))
    for position, incident in enumerate(ordered):
        for other in ordered[position + 1 :]:
            if other.occurred.first > incident.occurred.last:
                break
            if overlap(incident.occurred, other.occurred.first, other.occurred.last) != "none" and (
                shares_origin(incident, other) or near(incident, other, near_copy)
            ):
                yield incident.ref, other.ref


def shares_origin(left: Incident, right: Incident) -> bool:
    """Whether two accounts declare an origin in common."""
    return bool({p.origin for p in left.publications if p.origin} & {p.origin for p in right.publications if p.origin})


def near(left: Incident, right: Incident, threshold: float) -> bool:
    """Whether a text of one is a near copy of a text of the other."""
    return any(
        similarity(a.sketch, b.sketch) >= threshold for a in left.publications for b in right.publications if a.sketch
    )


def similarity(left: Sequence[int], right: Sequence[int]) -> float:
    """Share of equal minima of two MinHash sketches [0..1]: an estimate of the texts' Jaccard similarity."""
    if not left or len(left) != len(right):
        return 0.0
    return sum(a == b for a, b in zip(left, right, strict=True)) / len(left)
