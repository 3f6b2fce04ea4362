"""What analysts hold, by what it is about; kept up as judgments come and are taken back.

A judgment holds unless a later one that itself holds reverts it. A newer judgment on the same pair overrides an older.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

import msgspec

from schemas import Incident, Judgment
from schemas.common import Claimed
from schemas.incident import ClaimedProduct, Operator
from streams.rules.counted import Counted


class Judgments:
    """The judgments that count, ready to be asked about an account or a source."""

    def __init__(self) -> None:
        self._counted: dict[str, Counted] = {}
        self._reverting: dict[str, set[str]] = defaultdict(set)
        self._about: dict[str, set[str]] = defaultdict(set)
        self._on_source: dict[str, set[str]] = defaultdict(set)

    def change(self, ref: str, counted: Counted | None) -> tuple[frozenset[str], frozenset[str]]:
        """Have `counted` as judgment `ref`, or none; the accounts and the sources about which it may matter."""
        before = self._counted.pop(ref, None)
        for old in _judgment(before):
            self._index(old, set.discard)
        for new in _judgment(counted):
            self._counted[ref] = counted  # type: ignore[assignment]  # it has a judgment, so it is there
            self._index(new, set.add)
        concerned = [*_judgment(before), *_judgment(counted)]
        incidents: set[str] = set()
        sources: set[str] = set()
        seen: set[str] = set()
        while concerned:
            judgment = concerned.pop()
            incidents.update(judgment.incidents)
            sources.update([judgment.judged_source] if judgment.judged_source else ())
            target = judgment.reverts
            if target and target not in seen:
                seen.add(target)
                concerned += _judgment(self._counted.get(target))
        return frozenset(incidents), frozenset(sources)

    def _index(self, judgment: Judgment, how: Callable[[set[str], str], None]) -> None:
        for incident in judgment.incidents:
            how(self._about[incident], judgment.ref)
        if judgment.judged_source:
            how(self._on_source[judgment.judged_source], judgment.ref)
        if judgment.kind == "revert" and judgment.reverts:
            how(self._reverting[judgment.reverts], judgment.ref)

    def _holds(self, judgment: Judgment) -> bool:
        reverting = (self._of(r) for r in self._reverting.get(judgment.ref, ()))
        return not any((r.at, r.ref) > (judgment.at, judgment.ref) and self._holds(r) for r in reverting)

    def _of(self, ref: str) -> Judgment:
        fact = self._counted[ref].fact
        assert isinstance(fact, Judgment)
        return fact

    def _holding(self, refs: Iterable[str]) -> list[Judgment]:
        found = (self._of(r) for r in refs)
        return sorted((j for j in found if j.kind != "revert" and self._holds(j)), key=lambda j: (j.at, j.ref))

    def fact(self, ref: str) -> Judgment | None:
        """The judgment itself, if it counts."""
        return self._of(ref) if ref in self._counted else None

    def about(self, incident: str) -> list[Judgment]:
        """The judgments that hold on an account, the newest last."""
        return self._holding(self._about.get(incident, ()))

    def on_source(self, source: str) -> list[Judgment]:
        """The judgments that hold on a source, the newest last."""
        return self._holding(self._on_source.get(source, ()))

    def attributed(self, counted: Counted) -> Counted:
        """The account with what analysts attributed to it: a product, an agency, the state of an operator."""
        incident = counted.fact
        assert isinstance(incident, Incident)
        for judgment in self.about(incident.ref):
            if judgment.kind == "attribute":
                incident = _with(incident, judgment)
        if incident is counted.fact:
            return counted
        digest = hashlib.blake2b(msgspec.json.encode(incident), digest_size=8).hexdigest()
        return Counted(incident, f"{counted.hash}+{digest}", counted.key, counted.conflicting)

    def all(self) -> list[Judgment]:
        """Every judgment that holds, the newest last."""
        return self._holding(self._counted)

    def pairs(self, incident: str) -> dict[str, bool]:
        """The accounts that were compared with this one: whether they tell of the same event, by the newest word."""
        judged: dict[str, bool] = {}
        for judgment in self.about(incident):
            if judgment.kind in ("same_event", "different_event"):
                judged |= {other: judgment.kind == "same_event" for other in judgment.incidents if other != incident}
        return judged

    def mentioning(self, incidents: Iterable[str]) -> Iterator[Counted]:
        """Every judgment on any of these accounts, whether it holds or not, ordered by reference."""
        refs = {ref for incident in incidents for ref in self._about.get(incident, ())}
        return (self._counted[ref] for ref in sorted(refs))

    def behind(self, incidents: Iterable[str], sources: Iterable[str]) -> Iterator[Counted]:
        """Every judgment that may matter to these accounts and sources, and what reverts it."""
        refs = {ref for incident in incidents for ref in self._about.get(incident, ())}
        refs |= {ref for source in sources for ref in self._on_source.get(source, ())}
        rest = list(refs)
        while rest:
            new = self._reverting.get(rest.pop(), set()) - refs
            refs |= new
            rest += new
        return (self._counted[ref] for ref in sorted(refs))


def _with(incident: Incident, judgment: Judgment) -> Incident:
    sure = judgment.confidence
    if judgment.product:
        added = ClaimedProduct(name=judgment.product, confidence=sure)
        incident = msgspec.structs.replace(incident, products=(*incident.products, added))
    if judgment.agency:
        agency = Claimed(name=judgment.agency, confidence=sure)
        incident = msgspec.structs.replace(incident, operator_agency=agency)
    if judgment.operator and judgment.operator not in {o.country for o in incident.operators}:
        named = (*incident.operators, Operator(country=judgment.operator, confidence=sure))
        incident = msgspec.structs.replace(incident, operators=named)
    return incident


def _judgment(counted: Counted | None) -> list[Judgment]:
    """The judgment itself; tests and exercises say nothing."""
    fact = counted.fact if counted else None
    return [fact] if isinstance(fact, Judgment) and fact.tense == "actual" else []
