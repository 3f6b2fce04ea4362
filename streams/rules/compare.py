"""Two policies on the same facts: which alerts differ, in what, and which numbers and clauses of the two make it so.

What makes a difference is found by trial, not guessed: each part in which the policies differ is put from one into the
other, by itself, and the destinations in question are assessed again. A part counts `alone` if that turns what one
policy says of an alert into what the other says; it counts `together` if it changes something of it. A part that
changes nothing of an alert is not named there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal

import msgspec

from schemas import Alert, AnyFact, Case, Name, Policy, Retraction
from schemas.alert import CaseKind
from schemas.legal import ImpliedClause, UsualParameters
from schemas.vocabulary import AlertStatus, Band, ClauseKind, Verdict
from streams.rules.assess import Assessor
from streams.rules.dossier import Partition, facts_of
from streams.rules.known import NOW, PartitionOn, Standpoint, known, namer_on
from streams.rules.naming import NamerOf, PlainNamer
from streams.rules.packs import with_register
from streams.rules.policy import policy_in_force
from streams.rules.today import today_of
from streams.rules.unsaid import NONE, parameter_words
from streams.rules.wording import day_words

Effect = Literal["alone", "together"]
How = Literal["only_left", "only_right", "differs"]
NOTHING = "says nothing"
KEYED = {"sources": "source", "calendars": "id"}
"""Parts of a policy that are lists, and the field by which their entries are told apart."""


class Stated(msgspec.Struct, frozen=True):
    """What one policy states in one part, in words, and where it has it from."""

    words: str
    origin: str = ""


class Part(msgspec.Struct, frozen=True):
    """One part in which the policies differ."""

    path: str
    """As in the document: `clauses.permitted_purpose.implied`, `weighing.prior`, `sources.lab-a`."""
    left: Stated
    right: Stated


class Cause(msgspec.Struct, frozen=True):
    """A part that bears on an alert's difference."""

    path: str
    effect: Effect


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """What one policy says of an alert."""

    band: Band
    status: AlertStatus
    clause_text: str
    implied: bool
    """Whether the law says the clause, not the pledge."""
    checkability: str
    outlives_license: bool


class CaseSide(msgspec.Struct, frozen=True, kw_only=True):
    """What one policy says of a case."""

    band: Band
    verdict: Verdict
    rule: str
    open: bool
    total: int | None
    """Sum of the ledger [micro-nats]."""
    probability: int | None
    """[millionths]; for officers only."""
    sentence: str
    why: str


class TermDifference(msgspec.Struct, frozen=True):
    """A bar of the ledger that differs [micro-nats]; absent on a side: `None`."""

    label: str
    left: int | None
    right: int | None


class CaseDifference(msgspec.Struct, frozen=True, kw_only=True):
    """A case on which the policies differ."""

    key: str
    kind: CaseKind
    left: CaseSide | None
    right: CaseSide | None
    terms: tuple[TermDifference, ...]


class AlertDifference(msgspec.Struct, frozen=True, kw_only=True):
    """An alert on which the policies differ, and why."""

    alert: str
    how: How
    clause: str
    clause_kind: ClauseKind | None
    left: Side | None
    right: Side | None
    cases: tuple[CaseDifference, ...]
    causes: tuple[Cause, ...]
    """Empty: no part moves it by itself, only several together."""


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two policies."""

    name: str
    version: str
    legal_system: str
    alerts: int
    """Alerts above context [count]."""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Two policies on the same facts."""

    left: Compared
    right: Compared
    today: dt.date
    same: int
    """Alerts on which both say the same [count]."""
    parts: tuple[Part, ...]
    differences: tuple[AlertDifference, ...]


def compare(
    facts: Iterable[AnyFact],
    left: Policy,
    right: Policy,
    *,
    at: Standpoint = NOW,
    today: dt.date | None = None,
    namer_of: NamerOf = PlainNamer,
    begun: Callable[[int], object] = lambda steps: None,
    told: Callable[[int], object] = lambda steps: None,
) -> Comparison:
    """Both policies on `facts`. `begun` hears twice how many assessments follow, `told` of each that is done."""
    ground = _Ground(tuple(known(facts, at)), at, today, namer_of)
    parts = tuple(differing(left, right))
    begun(2 * len(ground.destinations))
    said = [ground.alerts(policy, ground.destinations, told) for policy in (left, right)]
    changed = sorted(id for id in said[0].keys() | said[1].keys() if _shown(said[0].get(id)) != _shown(said[1].get(id)))
    destinations = sorted({id.partition("~")[0] for id in changed})
    begun(2 * len(destinations) * len(parts))
    moved = _trials(ground, left, right, parts, destinations, told)
    return Comparison(
        left=_compared(left, said[0]),
        right=_compared(right, said[1]),
        today=ground.today,
        same=len(said[0].keys() | said[1].keys()) - len(changed),
        parts=parts,
        differences=tuple(_difference(id, said[0].get(id), said[1].get(id), moved) for id in changed),
    )


class _Ground:
    """The facts, from one standpoint, ready to be assessed under one policy after the other."""

    def __init__(self, facts: tuple[AnyFact, ...], at: Standpoint, today: dt.date | None, namer_of: NamerOf) -> None:
        self._partition = PartitionOn(at.as_of) if at.as_of else Partition()
        self._partition.add_all(facts)
        self.today = at.as_of or today or today_of(facts)
        self.destinations = self._partition.destinations()
        names = list(facts_of(self._partition.names(), Name))
        namer = (namer_on(namer_of, at.as_of) if at.as_of else namer_of)(names)
        self._namer_of: NamerOf = lambda _: namer

    def alerts(
        self, policy: Policy, destinations: Iterable[str], told: Callable[[int], object] = lambda steps: None
    ) -> dict[str, Alert]:
        assessor = Assessor(self._namer_of, policy)
        found: dict[str, Alert] = {}
        for destination in destinations:
            found |= {a.id: a for a in assessor.assess(self._partition, destination, self.today, matching=False).alerts}
            told(1)
        return found


def in_force(facts: Iterable[AnyFact], at: Standpoint = NOW, today: dt.date | None = None) -> Policy:
    """The policy in force among `facts`, as seen from a standpoint."""
    there = tuple(known(facts, at))
    partition = Partition()
    partition.add_all(f for f in there if isinstance(f, Policy) or (isinstance(f, Retraction) and f.of == "policy"))
    held = facts_of(partition.policies(), Policy)
    return policy_in_force(held, at.as_of or today or today_of(there))


def registered(policy: Policy, facts: Iterable[AnyFact], at: Standpoint = NOW, today: dt.date | None = None) -> Policy:
    """The policy with the source register of the one in force among `facts`, and what else is the authority's own."""
    return with_register(policy, [in_force(facts, at, today)])


# -- what the policies state ------------------------------------------------------------------------------------------


def differing(left: Policy, right: Policy) -> Iterator[Part]:
    """The parts that bear on judgments and in which the policies differ; what is unverified bears on nothing."""
    ours, theirs = _parts(left), _parts(right)
    for path in sorted(ours.keys() | theirs.keys()):
        one, other = ours.get(path), theirs.get(path)
        if (one and one[0]) != (other and other[0]):
            yield Part(path, one[1] if one else Stated(NOTHING), other[1] if other else Stated(NOTHING))


def _parts(policy: Policy) -> dict[str, tuple[object, Stated]]:
    """By path: what is compared, and what it is in words."""
    parts: dict[str, tuple[object, Stated]] = {}
    for group in ("weighing", "fitting", "banding"):
        for name, held in msgspec.structs.asdict(getattr(policy, group)).items():
            numbers = held if isinstance(held, dict) else {"": held}
            for key, number in numbers.items():
                path = f"{group}.{name}.{key}".rstrip(".")
                words = f"{number.value} {number.unit.replace('_', ' ')}"
                parts[path] = (number.value, Stated(words, number.origin))
    for kind, usual in policy.clauses.items():
        of = f"clauses.{kind}"
        parts[f"{of}.checkability"] = (usual.checkability, Stated(usual.checkability, usual.origin))
        parts[f"{of}.words"] = (usual.words, Stated(usual.words, usual.origin))
        outlives = "outlives the license" if usual.outlives_license else "ends with the license"
        parts[f"{of}.outlives_license"] = (usual.outlives_license, Stated(outlives, usual.origin))
        owed = f"owed by the {usual.owed_by.replace('_', ' ')}, where the clause does not say"
        parts[f"{of}.owed_by"] = (usual.owed_by, Stated(owed, usual.origin))
        for name, each in usual.usual.items():
            if not each.unverified:
                parts[f"{of}.usual.{name}"] = (each.parameters, _usual_words(each))
        if usual.implied and not usual.implied.unverified:
            said = usual.implied
            parts[f"{of}.implied"] = ((said.text, said.granted_from, said.technologies), _implied_words(said))
    for source in policy.sources:
        words = f"{source.reliability}, at most {source.max_evidence}/{source.max_attribution}"
        words += ", in quarantine" if source.quarantined else ""
        parts[f"sources.{source.source}"] = (source, Stated(words, "the source register"))
    for calendar in policy.calendars:
        days = f"{len(calendar.holidays)} holidays, to {calendar.holidays_to or 'no day'}"
        parts[f"calendars.{calendar.id}"] = (calendar, Stated(days, "the calendar itself"))
    return parts


def _usual_words(usual: UsualParameters) -> Stated:
    said = [
        parameter_words(field, value)
        for field in usual.parameters.__struct_fields__
        if (value := getattr(usual.parameters, field)) != getattr(NONE, field)
    ]
    return Stated("where a clause states none: " + "; ".join(said), usual.origin)


def _implied_words(said: ImpliedClause) -> Stated:
    since = f" for licenses granted from {day_words(said.granted_from)}" if said.granted_from else ""
    return Stated(f"holds{since} although the pledge is silent: {said.text}", said.origin)


def put(policy: Policy, other: Policy, path: str) -> Policy:
    """The policy with one part (see `Part.path`) as `other` has it."""
    document, theirs = msgspec.to_builtins(policy), msgspec.to_builtins(other)
    group, _, name = path.partition(".")
    if group in KEYED:
        rest = [each for each in document.get(group, ()) if each[KEYED[group]] != name]
        document[group] = rest + [each for each in theirs.get(group, ()) if each[KEYED[group]] == name]
    else:
        _put(document, theirs, path.split("."))
    return msgspec.convert(document, Policy)


def _put(document: dict[str, Any], theirs: Mapping[str, Any], path: list[str]) -> None:
    name, *rest = path
    if rest and (name in document or name in theirs):
        _put(document.setdefault(name, {}), theirs.get(name, {}), rest)
    elif name in theirs:
        document[name] = theirs[name]
    else:
        document.pop(name, None)


# -- what differs, and why --------------------------------------------------------------------------------------------

Shown = tuple[Side, dict[str, tuple[CaseSide, dict[str, int]]]]


def _shown(alert: Alert | None) -> Shown | None:
    """What is compared of an alert; one that is context alone is as good as none."""
    if alert is None or (alert.band == "context" and alert.status != "closed"):
        return None
    clause = alert.clause
    assert clause is not None
    side = Side(
        band=alert.band, status=alert.status, clause_text=clause.text, implied=bool(clause.implied_by),
        checkability=clause.checkability, outlives_license=clause.outlives_license,
    )  # fmt: skip
    return side, {c.key: (_case_side(c), {t.label: t.weight for t in c.ledger}) for c in alert.cases}


def _case_side(case: Case) -> CaseSide:
    return CaseSide(
        band=case.band, verdict=case.verdict, rule=case.rule, open=case.open, total=case.total,
        probability=case.probability, sentence=case.sentence, why=case.band_reason,
    )  # fmt: skip


Moved = dict[str, tuple[dict[str, Shown | None], dict[str, Shown | None]]]


def _trials(
    ground: _Ground,
    left: Policy,
    right: Policy,
    parts: Iterable[Part],
    destinations: list[str],
    told: Callable[[int], object],
) -> Moved:
    """By part: what is said of each alert with that part of right put into left, and of left into right."""
    return {
        part.path: (
            _all_shown(ground.alerts(put(left, right, part.path), destinations, told)),
            _all_shown(ground.alerts(put(right, left, part.path), destinations, told)),
        )
        for part in parts
    }


def _all_shown(alerts: Mapping[str, Alert]) -> dict[str, Shown | None]:
    return {id: _shown(alert) for id, alert in alerts.items()}


def _causes(id: str, left: Shown | None, right: Shown | None, moved: Moved) -> Iterator[Cause]:
    for path, (into_left, into_right) in moved.items():
        one, other = into_left.get(id), into_right.get(id)
        if one == right or other == left:
            yield Cause(path, "alone")
        elif one != left or other != right:
            yield Cause(path, "together")


def _difference(id: str, left: Alert | None, right: Alert | None, moved: Moved) -> AlertDifference:
    ours, theirs = _shown(left), _shown(right)
    speaking = left if ours else right
    assert speaking is not None
    assert speaking.clause is not None
    causes = sorted(_causes(id, ours, theirs, moved), key=lambda c: (c.effect, c.path))
    return AlertDifference(
        alert=id,
        how="differs" if ours and theirs else "only_left" if ours else "only_right",
        clause=speaking.clause.id,
        clause_kind=speaking.clause.kind,
        left=ours[0] if ours else None,
        right=theirs[0] if theirs else None,
        cases=tuple(_case_differences(left if ours else None, right if theirs else None)),
        causes=tuple(causes),
    )


def _case_differences(left: Alert | None, right: Alert | None) -> Iterator[CaseDifference]:
    ours, theirs = ({c.key: c for c in alert.cases} if alert else {} for alert in (left, right))
    for key in sorted(ours.keys() | theirs.keys()):
        one, other = ours.get(key), theirs.get(key)
        sides = [_case_side(c) if c else None for c in (one, other)]
        terms = tuple(_term_differences(one, other)) if one and other else ()
        if sides[0] != sides[1] or terms:
            kind = (one or other).kind  # type: ignore[union-attr]
            yield CaseDifference(key=key, kind=kind, left=sides[0], right=sides[1], terms=terms)


def _term_differences(left: Case, right: Case) -> Iterator[TermDifference]:
    ours, theirs = ({t.label: t.weight for t in case.ledger} for case in (left, right))
    for label in sorted(ours.keys() | theirs.keys()):
        if ours.get(label) != theirs.get(label):
            yield TermDifference(label, ours.get(label), theirs.get(label))


def _compared(policy: Policy, alerts: Mapping[str, Alert]) -> Compared:
    return Compared(
        name=policy.id,
        version=policy.version,
        legal_system=policy.legal_system.name if policy.legal_system else "of no legal system",
        alerts=sum(a.band != "context" for a in alerts.values()),
    )
