"""Which accounts tell of the same event: clusters as the closure of judgments and of what the accounts say themselves.

Judgments speak about incident ids, present or not; in a dossier a cluster has the members that count there. A newer
judgment on the same pair overrides an older one; a reverted judgment says nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from schemas import Incident
from streams.rules.counted import Counted
from streams.rules.judged import Judgments
from streams.rules.standing import overlap
from streams.rules.told import named_by

BAND = 4
"""Sketch positions compared together when near copies are looked for; any pair above the threshold shares a band."""
MOST_MONTHS = 24
"""Events that may have lasted longer are compared with all of their origin [months]."""
WHOLE, LONG = "whole", "long"


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


class Clustering:
    """The accounts that count in a dossier and the events of which they tell, kept up as accounts come and go."""

    def __init__(self, judgments: Judgments, near_copy: float, *, apart: bool = False) -> None:
        """`near_copy`: similarity [0..1] from which texts are one; `apart`: every account tells of its own event."""
        self._judgments = judgments
        self._near_copy = near_copy
        self._apart = apart
        self._counted: dict[str, Counted] = {}
        self._referring: dict[str, set[str]] = defaultdict(set)
        self._alike: dict[tuple[str, str, str], set[str]] = defaultdict(set)
        self._tied: dict[str, frozenset[str]] = {}
        """By account, present or not: all that are tied to it, itself among them."""
        self._loose: set[str] = set()

    def change(self, ref: str, counted: Counted | None) -> None:
        """Have `counted` as the account `ref`, or none. Also to be called when a judgment on it changed."""
        before = self._counted.pop(ref, None)
        if before:
            self._index(before, set.discard)
        if counted:
            self._counted[ref] = counted
            self._index(counted, set.add)
        self._loose.add(ref)

    def _index(self, counted: Counted, how: Callable[[set[str], str], None]) -> None:
        incident = _incident(counted)
        for other in named_by(incident):
            how(self._referring[other], incident.ref)
        for alike in _alike(incident):
            how(self._alike[alike], incident.ref)

    def counted(self, ref: str) -> Counted | None:
        """The account, if it counts."""
        return self._counted.get(ref)

    def members(self, ref: str) -> frozenset[str]:
        """What was tied to an account when last settled, present or not."""
        return self._tied.get(ref, frozenset())

    def settle(self) -> tuple[set[str], list[Cluster]]:
        """The keys of clusters that are no more or may have changed, and those that took their place."""
        gone: set[str] = set()
        made: list[Cluster] = []
        rest, done = list(self._loose), set[str]()
        self._loose.clear()
        while rest:
            start = rest.pop()
            if start in done:
                continue
            tied = self._reached(start)
            done |= tied
            for ref in tied:
                before = self._tied.pop(ref, frozenset())
                rest += before - done
                gone |= {ref} if before else set()
            present = sorted(ref for ref in tied if ref in self._counted)
            if present:
                self._tied.update(dict.fromkeys(tied, tied))
                made.append(Cluster(tuple(self._counted[ref] for ref in present)))
        return gone, sorted(made, key=lambda c: c.key)

    def _reached(self, start: str) -> frozenset[str]:
        reached, rest = {start}, [start]
        while rest:
            new = set(self._neighbors(rest.pop())) - reached
            reached |= new
            rest += new
        return frozenset(reached)

    def _neighbors(self, ref: str) -> Iterator[str]:
        """The accounts tied to this one by a judgment, else by what either says itself."""
        if self._apart:
            return
        judged = self._judgments.pairs(ref)
        yield from (other for other, same in judged.items() if same)
        own: set[str] = set(self._referring.get(ref, ()))
        if ref in self._counted:
            own |= {*named_by(_incident(self._counted[ref])), *self._copies(_incident(self._counted[ref]))}
        yield from (other for other in own if judged.get(other, True))

    def _copies(self, incident: Incident) -> Iterator[str]:
        """Those of one origin about one time and technology."""
        near_in_time = {other for place in _places(incident) for other in self._alike.get(place, ())}
        for ref in near_in_time - {incident.ref}:
            other = _incident(self._counted[ref])
            if overlap(incident.occurred, other.occurred.first, other.occurred.last) != "none" and (
                shares_origin(incident, other) or near(incident, other, self._near_copy)
            ):
                yield ref


def clusters(incidents: Iterable[Counted], judgments: Judgments, near_copy: float) -> tuple[Cluster, ...]:
    """The clusters of these accounts, ordered by key."""
    clustering = Clustering(judgments, near_copy)
    for counted in incidents:
        clustering.change(counted.fact.ref, counted)
    return tuple(clustering.settle()[1])


def _incident(counted: Counted) -> Incident:
    assert isinstance(counted.fact, Incident)
    return counted.fact


def _alike(incident: Incident) -> Iterator[tuple[str, str, str]]:
    """Where others look for it: under each origin and band of a sketch by month, and in the whole."""
    months = _months(incident)
    for origin in _origins(incident):
        yield origin, incident.technology, WHOLE
        for month in months or (LONG,):
            yield origin, incident.technology, month


def _places(incident: Incident) -> Iterator[tuple[str, str, str]]:
    """Where it looks for others: in its months and among those that last long, or everywhere if it lasts long."""
    months = _months(incident)
    for origin in _origins(incident):
        for month in (*months, LONG) if months else (WHOLE,):
            yield origin, incident.technology, month


def _months(incident: Incident) -> tuple[str, ...]:
    """The months of the event; none if it may have lasted for more than two years."""
    first, last = incident.occurred.first, incident.occurred.last
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    if not 0 < count <= MOST_MONTHS:
        return ()
    start = first.year * 12 + first.month - 1
    return tuple(f"{month // 12}-{month % 12 + 1}" for month in range(start, start + count))


def _origins(incident: Incident) -> set[str]:
    """The declared origins, and bands of text sketches that a near copy would share."""
    origins = {f"origin:{p.origin}" for p in incident.publications if p.origin}
    for publication in incident.publications:
        sketch = publication.sketch
        origins |= {f"sketch:{i}:{sketch[i : i + BAND]}" for i in range(0, len(sketch) - BAND + 1, BAND)}
    return origins


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
