"""The policies put to the test: each decided matter judged with what the log had when the officer decided, no more.

Facts are let in by the moment they became known, once; at each decision the dossier of its destination is assessed as
it then stood, without the decisions that are to be foretold. A policy without a source register takes the one in force
at that moment. What came later (retractions, regrading, further reports) is not there.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from schemas import Alert, AnyFact, Case, Decision, Incident, Name, Policy, PostShipmentReport, Retraction, Tick
from schemas.codec import body_hash, fact_key
from schemas.common import EARLIEST
from schemas.vocabulary import BANDS, Band
from streams.backtest.matters import Matter, matters, undecided
from streams.backtest.scores import (
    Calibration,
    Disagreement,
    Score,
    calibration,
    disagreement,
    score,
)
from streams.rules.assess import Assessor
from streams.rules.dossier import Partition, facts_of
from streams.rules.naming import Namer, NamerOf, PlainNamer
from streams.rules.packs import with_register
from streams.rules.policy import policy_in_force
from streams.rules.today import today_of, told_on

MILLION = 1_000_000
SILENT = "no rule spoke"
"""Stands for the rule where a policy makes no case of a matter."""
SHOWN_BANDS: tuple[Band, ...] = ("watch", "review", "alert", "urgent")


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """One matter, as a policy would have judged it at the time."""

    alert: str
    at: dt.datetime
    said: str
    """What the officer said."""
    upheld: bool
    happened: bool
    band: Band | None
    """Of the most pressing case on this evidence; `None`: the policy makes none of it."""
    rule: str
    probability: float | None
    """P(H), times this license's share of the candidates [0..1]; `None`: not weighed."""
    sources: tuple[str, ...]
    """Whose accounts and reports were judged."""


class Group(msgspec.Struct, frozen=True):
    """The score of matters that have something in common."""

    name: str
    score: Score


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """One policy, put to the test."""

    policy: str
    version: str
    """As alerts show it; of the policies in force each that counted."""
    overall: Score
    by_band: tuple[Group, ...]
    """The same, by the band from which a matter counts as raised."""
    by_rule: tuple[Group, ...]
    by_source: tuple[Group, ...]
    calibration: Calibration
    open_undecided: int
    """Alerts at or above the band, open on the last day and without a decision that decides [count]."""
    judged: tuple[Judged, ...]


class Paired(msgspec.Struct, frozen=True, kw_only=True):
    """Two of the policies against each other."""

    first: str
    second: str
    disagreement: Disagreement


class Backtest(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it."""

    band: Band
    """From which a matter counts as raised."""
    facts: int
    undated: int
    """Facts without a record time, taken as known on the day that they tell of [count]."""
    decisions: int
    undecided: dict[str, int]
    """Decisions that decide nothing, by what they say [count]."""
    unknown_then: int
    """Matters left out: the log did not have their evidence when they were decided [count]."""
    matters: int
    upheld: int
    licenses: int
    """Licenses that the matters are about [count]."""
    trials: tuple[Trial, ...]
    paired: tuple[Paired, ...]


class Candidate(msgspec.Struct, frozen=True):
    """A policy to test; without a document: whichever was in force at the time."""

    name: str
    policy: Policy | None = None


def backtest(
    facts: Iterable[AnyFact],
    candidates: Sequence[Candidate],
    *,
    band: Band = "alert",
    namer_of: NamerOf = PlainNamer,
    begun: Callable[[int], object] = lambda steps: None,
    told: Callable[[int], object] = lambda steps: None,
) -> Backtest:
    """Test `candidates` on `facts`. `begun` hears how many judgments it takes, `told` of each that is made."""
    known = sorted(facts, key=_moment)
    end = Partition()
    end.add_all(known)
    decisions = sorted(_decisions(end), key=lambda d: d.ref)
    decided = matters(decisions)
    begun(len(candidates) * (len(decided) + len(end.destinations())))
    bench = _Bench(candidates, namer_of, told)
    then = [(matter, bench.judge(matter, partition, had)) for matter, partition, had in _in_time(known, decided)]
    kept = [(matter, judged) for matter, judged in then if judged is not None]
    trials = tuple(
        _tried(each, [judged[n] for _, judged in kept], band, bench.left_open(n, end, known, decided, band))
        for n, each in enumerate(candidates)
    )
    return Backtest(
        band=band,
        facts=len(known),
        undated=sum(f.recorded_at is None and not isinstance(f, Tick) for f in known),
        decisions=sum(d.tense == "actual" for d in decisions),
        undecided=undecided(decisions),
        unknown_then=len(then) - len(kept),
        matters=len(kept),
        upheld=sum(m.upheld for m, _ in kept),
        licenses=len({m.license for m, _ in kept}),
        trials=trials,
        paired=tuple(_paired(trials[0], other, band) for other in trials[1:]),
    )


def _moment(fact: AnyFact) -> dt.datetime:
    """When the log had it; without a record time, the beginning of the day that it tells of."""
    if fact.recorded_at is not None:
        return fact.recorded_at.astimezone(dt.UTC)
    day = fact.day if isinstance(fact, Tick) else told_on(fact)
    return dt.datetime.combine(day, dt.time.min, tzinfo=dt.UTC)


def _decisions(end: Partition) -> Iterator[Decision]:
    """The decisions that hold in the end: one that was taken back decides nothing."""
    for destination in end.destinations():
        yield from facts_of(end.dossier(destination).decisions, Decision)


def _in_time(known: Sequence[AnyFact], decided: Iterable[Matter]) -> Iterator[tuple[Matter, Partition, frozenset[str]]]:
    """Each matter with the log of its time, and which of its evidence the log had. Use it before the next: it grows."""
    partition, had, position = Partition(), set[str](), 0
    for matter in decided:
        while position < len(known) and _moment(known[position]) <= matter.at:
            partition.add(known[position])
            if not isinstance(known[position], Retraction):
                had.add(fact_key(known[position]))
            position += 1
        yield matter, partition, (matter.judged | {f"license:{matter.license}"}) & had


class _Bench:
    """Assesses under each candidate; registers of names and comparisons are kept."""

    def __init__(self, candidates: Sequence[Candidate], namer_of: NamerOf, told: Callable[[int], object]) -> None:
        self._candidates = candidates
        self._told = told
        self._namers: dict[tuple[str, ...], Namer] = {}
        self._make = namer_of
        self._assessors: dict[tuple[int, str], Assessor] = {}

    def _namer_of(self, names: Iterable[Name]) -> Namer:
        rows = list(names)
        key = tuple(body_hash(row) for row in rows)
        if key not in self._namers:
            self._namers[key] = self._make(rows)
        return self._namers[key]

    def judge(self, matter: Matter, partition: Partition, had: frozenset[str]) -> tuple[Judged, ...] | None:
        """The matter under each candidate; `None`: the log did not have its evidence then."""
        if not matter.judged | {f"license:{matter.license}"} <= had:
            self._told(len(self._candidates))
            return None
        today = partition.today if partition.today > EARLIEST else matter.at.date()
        undecided = partition.without(f"decision:{ref}" for ref in matter.decisions)
        return tuple(self._judged(n, matter, undecided, today) for n in range(len(self._candidates)))

    def _judged(self, number: int, matter: Matter, held: Partition, today: dt.date) -> Judged:
        assessor = self.assessor(number, held, today)
        alerts = assessor.assess(held, matter.destination, today, matching=False).alerts
        self._told(1)
        alert = next((a for a in alerts if a.id == matter.alert), None)
        case = _case(alert, matter)
        return Judged(
            alert=matter.alert, at=matter.at, said=matter.said, upheld=matter.upheld, happened=matter.happened,
            band=case.band if case else None, rule=case.rule if case else SILENT,
            probability=_probability(case, matter.license), sources=_sources(matter, alert, held),
        )  # fmt: skip

    def assessor(self, number: int, held: Partition, today: dt.date) -> Assessor:
        """The assessor of a candidate, with the source register in force then where its policy has none."""
        policy, key = self._candidates[number].policy, ""
        if policy is not None:
            register = policy_in_force(facts_of(held.policies(), Policy), today)
            policy, key = with_register(policy, [register]), body_hash(register)
        if (number, key) not in self._assessors:
            self._assessors[number, key] = Assessor(self._namer_of, policy)
        return self._assessors[number, key]

    def left_open(
        self, number: int, end: Partition, known: Sequence[AnyFact], decided: Iterable[Matter], band: Band
    ) -> int:
        """Alerts that stand open on the last day, on which nothing was decided."""
        today, spoken, count = today_of(known), {m.alert for m in decided}, 0
        for destination in end.destinations():
            assessor = self.assessor(number, end, today)
            alerts = assessor.assess(end, destination, today, matching=False).alerts
            count += sum(raised(a.band, band) and a.status != "closed" and a.id not in spoken for a in alerts)
            self._told(1)
        return count


def _case(alert: Alert | None, matter: Matter) -> Case | None:
    """The most pressing case that rests on evidence of the matter."""
    cases = [
        c for c in (alert.cases if alert else ())
        if not matter.judged or matter.judged & {e.fact for e in c.evidence}
    ]  # fmt: skip
    return max(cases, key=lambda c: (BANDS.index(c.band), c.probability or 0, c.key), default=None)


def _probability(case: Case | None, license: str) -> float | None:
    if case is None or case.probability is None:
        return None
    share = next((c.share for c in case.candidates if c.license == license), MILLION)
    return round(case.probability * share / MILLION / MILLION, 6)


def _sources(matter: Matter, alert: Alert | None, held: Partition) -> tuple[str, ...]:
    """Who published or reported what was judged; where nothing is listed, what the alert rests on."""
    keys = matter.judged or {e.fact for c in (alert.cases if alert else ()) for e in c.evidence}
    found: set[str] = set()
    for key in sorted(keys):
        counted = held.counting(key, matter.destination)
        if counted and isinstance(counted.fact, Incident | PostShipmentReport):
            fact = counted.fact
            published = {p.source for p in fact.publications} if isinstance(fact, Incident) else set()
            found |= published or {fact.source}
    return tuple(sorted(found))


def raised(found: Band | None, band: Band) -> bool:
    """Whether a matter in the band `found` counts as raised from `band` on."""
    return found is not None and BANDS.index(found) >= BANDS.index(band)


def _tried(candidate: Candidate, judged: Sequence[Judged], band: Band, left_open: int) -> Trial:
    rules, sources = defaultdict[str, list[Judged]](list), defaultdict[str, list[Judged]](list)
    for each in judged:
        rules[each.rule].append(each)
        for source in each.sources:
            sources[source].append(each)
    return Trial(
        policy=candidate.name,
        version=candidate.policy.version if candidate.policy else "as in force",
        overall=_scored(judged, band),
        by_band=tuple(Group(b, _scored(judged, b)) for b in SHOWN_BANDS),
        by_rule=tuple(Group(name, _scored(rules[name], band)) for name in sorted(rules)),
        by_source=tuple(Group(name, _scored(sources[name], band)) for name in sorted(sources)),
        calibration=calibration((j.probability, j.happened) for j in judged if j.probability is not None),
        open_undecided=left_open,
        judged=tuple(judged),
    )


def _scored(judged: Iterable[Judged], band: Band) -> Score:
    return score((raised(j.band, band), j.upheld) for j in judged)


def _paired(first: Trial, second: Trial, band: Band) -> Paired:
    right = [[raised(j.band, band) == j.upheld for j in each.judged] for each in (first, second)]
    return Paired(first=first.policy, second=second.policy, disagreement=disagreement(*right))
