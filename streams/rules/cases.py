"""From events, reports, deliveries and silence to cases: one clause, one ground, one word, and its weight."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from schemas import Case, Clause, Delivery, Fact, License, Period, PostShipmentReport
from schemas.alert import Assertion, Candidate, Evidence, Waiting
from schemas.vocabulary import BANDS, AttributionLevel, Band, ClauseKind, EvidenceLevel, Tlp, Use
from streams.rules.account import Told, told
from streams.rules.alternatives import of_incident, of_record
from streams.rules.clauses import (
    FROM_DELIVERY,
    FROM_INCIDENT,
    FROM_SILENCE,
    ON_REQUEST,
    OUT_OF_TIME,
    answers,
    report_rules,
)
from streams.rules.counted import Counted
from streams.rules.findings import (
    DeliveryQuestion,
    Finding,
    Ground,
    IncidentQuestion,
    ReportQuestion,
    RequestQuestion,
    SilenceQuestion,
)
from streams.rules.fitting import Fit
from streams.rules.from_incident import fits_a_license_without_pledge
from streams.rules.grounds import ground_assertions
from streams.rules.ladders import kind_of, result_words
from streams.rules.policy import Weights, probability_of
from streams.rules.requests import Answered, Asked
from streams.rules.standing import END, Standing, UseWindow, clause_end, clause_start, clauses_in_force, overlap
from streams.rules.today import Today
from streams.rules.unsaid import stated
from streams.rules.weighed import Weighed
from streams.rules.weighing import Ledger
from streams.rules.wording import (
    ANSWERED,
    ASIDE,
    CAME,
    RECORDED,
    SILENT,
    class_words,
    evidence_words,
    listed,
    period_words,
    sure_words,
)

NO_PLEDGE = Clause(id="no-pledge", kind="other", text="")
"""Stands for the clause that a license without a pledge does not have."""


TLPS: tuple[Tlp, ...] = ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")
USES: tuple[Use, ...] = ("officer", "exporter", "end_user", "partners", "publication")
MOST_CANDIDATES = 12
"""Candidates shown; the shares of the others are what is missing to one [count]."""


class Handling(msgspec.Struct, frozen=True):
    """How far what rests on some facts may travel: no further than any of them."""

    tlp: Tlp = "CLEAR"
    uses: frozenset[Use] = frozenset(USES)
    embargo_until: dt.date = dt.date.min

    @classmethod
    def of(cls, fact: Fact) -> Handling:
        """As one fact says."""
        return cls(fact.tlp, frozenset(fact.may_use_for), fact.embargo_until or dt.date.min)

    @classmethod
    def of_all(cls, each: Iterable[Handling]) -> Handling:
        """The narrowest of all."""
        handlings = set(each) or {cls()}
        return cls(
            max((h.tlp for h in handlings), key=TLPS.index),
            frozenset.intersection(*(h.uses for h in handlings)),
            max(h.embargo_until for h in handlings),
        )


class Drafted(msgspec.Struct, frozen=True):
    """A case with the clause version that it is about, before decisions and mutual raising."""

    case: Case
    clause: Clause
    others: tuple[int, ...] = ()
    refused: bool = False
    raises: bool = False
    """Whether it is an incident that stands for something: raises silence, and is raised by it."""
    supported: bool = False
    """Whether anything that was said of the incident weighs."""
    at: dt.date | None = None
    """The day on which the license's standing is shown."""
    again: dt.date | None = None
    """The latest day on which a duty in silence fell due once more."""
    handling: Handling = Handling()
    """Of the facts that it rests on."""


def banded(ledger: Ledger, admitted: bool, weights: Weights) -> tuple[Band, str]:
    """The band of weighed evidence, and why. No origin below E3/A2 lifts anything above `watch` alone."""
    probability = probability_of(ledger.total)
    speaking = [o for o in ledger.origins if o.best.weight > 0]
    if admitted:
        return "alert", "it was admitted against the speaker's own interest"
    for voice in (v for o in speaking for v in o.voices if v.forensic):
        if voice.m >= weights.alert_fit:
            return (
                "alert",
                "one origin examined it and named the operator on strong grounds "
                f"({voice.evidence}/{voice.attribution}), and it fits closely",
            )
    forensic = any(v.forensic for o in speaking for v in o.voices)
    if len(speaking) < 2 and not forensic:
        return (
            "watch",
            "it rests on a single origin without an examination" if speaking else "nothing that was said weighs",
        )
    reliable = any(v.reliability <= "B" and v.weight > 0 for o in speaking for v in o.voices)
    if probability >= weights.alert and reliable:
        return "alert", "several independent origins, one of them usually reliable, bear it out"
    if probability >= weights.review:
        return "review", "what is known bears it out to a degree that needs a person's look"
    return "watch", "what is known bears it out only weakly"


def raised(band: Band) -> Band:
    """One step up, never past `alert`."""
    return BANDS[min(BANDS.index(band) + 1, BANDS.index("alert"))] if band in ("watch", "review") else band


def incident_cases(
    ground: Ground,
    window: UseWindow,
    weighed: Weighed,
    summary: Mapping[str, tuple[str, int]],
    evidence: Sequence[Evidence],
    weights: Weights,
) -> Iterator[Drafted]:
    """The cases of one event against one license: one for each clause in force then that a rule has a word on."""
    license = ground.license
    best = weighed.best(license.ref)
    fitting = [i for i in weighed.cluster.incidents() if weighed.fits[license.ref][i.ref].relevant]
    fitting = [i for i in fitting if i.ref in weighed.weighing] or fitting
    if not fitting or not (license.ref in weighed.shares or best.context):
        return
    account = told(fitting)
    standings = clauses_in_force(ground.terms, account.period, ground.disposed)
    if not stated(license):
        standings = (Standing(NO_PLEDGE), *standings)
    for standing in standings:
        question = IncidentQuestion(ground=ground, standing=standing, told=account, agency=best.agency)
        rules = (
            (fits_a_license_without_pledge,)
            if standing.clause is NO_PLEDGE
            else FROM_INCIDENT.get(standing.clause.kind, ())
        )
        for rule, finding in answers(rules, question):
            yield _incident_case(standing, rule, finding, ground, window, weighed, account, summary, evidence, weights)


def _incident_case(
    standing: Standing,
    rule: str,
    finding: Finding,
    ground: Ground,
    window: UseWindow,
    weighed: Weighed,
    account: Told,
    summary: Mapping[str, tuple[str, int]],
    evidence: Sequence[Evidence],
    weights: Weights,
) -> Drafted:
    license = ground.license
    best = weighed.best(license.ref)
    by_item = standing.clause.kind == "authorised_end_user" and best.agency == "other"
    ledger = weighed.item_ledger if by_item else weighed.ledger
    band, why = banded(ledger, license.ref in weighed.admitted, weights)
    actionable = account.ongoing or bool(stoppable(license, ground.today))
    if best.context:
        band, why = "context", best.context
    elif finding.verdict == "consistent" or finding.band == "context":
        band, why = "context", "on its face this clause is answered"
    elif band == "alert" and actionable:
        band, why = "urgent", f"{why}; something can still be stopped"
    top = _strongest(ledger)
    candidates = _candidates(license, weighed, summary)
    case = Case(
        key=f"incident:{weighed.cluster.key}",
        kind="incident",
        band=band,
        band_reason=why,
        verdict=finding.verdict,
        rule=rule,
        sentence=incident_sentence(finding, standing.clause, license, account, weights),
        occurred=account.period,
        known_since=account.known_since,
        members=tuple(m.fact.ref for m in weighed.cluster.members),
        technology=account.technology,
        evidence_level=top[0],
        attribution_level=top[1],
        assertions=(*_assertions(account, weighed, ledger), *best.assertions),
        candidates=candidates,
        group=_group(ground, weighed) if len(candidates) > 1 else None,
        m=best.m,
        ledger=ledger.terms,
        total=ledger.total,
        probability=probability_of(ledger.total),
        how_sure=_how_sure(finding, best, ledger, license.ref in weighed.admitted),
        victims=account.victims,
        alternatives=of_incident(account, best, ledger, window, ground),
        replies=ledger.replies,
        unknown=_unknown(account, best, window),
        actionable=actionable,
        evidence=tuple(evidence),
    )
    stands = band not in ("context",) and ledger.supported
    return Drafted(
        case, standing.clause, standing.others, raises=stands, supported=ledger.supported, at=account.period.last
    )


def _candidates(license: License, weighed: Weighed, summary: Mapping[str, tuple[str, int]]) -> tuple[Candidate, ...]:
    """The licenses that fit, ranked; this one always among them. Of another state's license only that it fits."""
    rivals = weighed.rivals.get(license.ref, frozenset())
    ranked = sorted(((r, weighed.shares[r]) for r in rivals), key=lambda p: (-p[1], p[0]))
    shown = [p for n, p in enumerate(ranked) if n < MOST_CANDIDATES or p[0] == license.ref]
    return tuple(
        Candidate(
            license=ref if summary[ref][0] == license.issuing_state else _covered(ref, summary[ref][0]),
            issuing_state=summary[ref][0],
            m=summary[ref][1],
            share=share,
            reasons=weighed.best(ref).reasons if ref == license.ref else (),
        )
        for ref, share in shown
    )


def _group(ground: Ground, weighed: Weighed) -> str:
    """Key of the group: the event, and which claim about it where there are several."""
    rivals = weighed.rivals[ground.license.ref]
    several = len(set(weighed.rivals.values())) > 1
    claim = f"~{hashlib.blake2b(','.join(sorted(rivals)).encode(), digest_size=4).hexdigest()}" if several else ""
    return f"{ground.destination}~{weighed.cluster.key}{claim}"


def _covered(license: str, state: str) -> str:
    """Another state's license, told apart from its neighbors and no more: its reference would lead to its exporter."""
    return f"{state}:{hashlib.blake2b(license.encode(), digest_size=4).hexdigest()}"


def _how_sure(finding: Finding, best: Fit, ledger: Ledger, admitted: bool) -> str:
    """How sure, by what stands behind it; how pressing it is, is the band's word."""
    if best.context:
        return ASIDE
    if finding.verdict == "consistent" or finding.band == "context":
        return ANSWERED
    voices = [v for o in ledger.origins for v in o.voices if v.weight > 0]
    return sure_words(
        probability_of(ledger.total), admitted=admitted, examined=any(v.forensic for v in voices), origins=len(voices)
    )


def _strongest(ledger: Ledger) -> tuple[EvidenceLevel | None, AttributionLevel | None]:
    voices = [v for o in ledger.origins for v in o.voices]
    if not voices:
        return None, None
    return max(v.evidence for v in voices), max(v.attribution for v in voices)


def incident_sentence(finding: Finding, clause: Clause, license: License, account: Told, weights: Weights) -> str:
    """The finding in neutral words."""
    what = f"What is reported to have happened {period_words(account.period)}"
    duty = duty_words(clause, weights)
    if finding.verdict == "appears_inconsistent":
        return f"{what} appears inconsistent with the duty to {duty}: {finding.reason}."
    if finding.verdict == "consistent":
        return f"{what} is, as far as this clause goes, answered: {finding.reason}."
    return f"{what} touches the duty to {duty}, and an officer has to judge it: {finding.reason}."


def duty_words(clause: Clause, weights: Weights) -> str:
    """What the duty is called, for an officer."""
    if clause.id == NO_PLEDGE.id:
        return "have a pledge on file"
    usual = weights.clauses.get(clause.kind)
    return usual.words if usual else clause.kind.replace("_", " ")


def stoppable(license: License, today: Today) -> tuple[str, ...]:
    """What can still be stopped: support, a pending delivery, renewal or update."""
    pending = [p.kind for p in license.pending if p.until is None or not today.past(p.until)]
    support = ["support"] if license.support_until is not None and not today.past(license.support_until) else []
    return tuple(sorted({*pending, *support}))


def _assertions(account: Told, weighed: Weighed, ledger: Ledger) -> tuple[Assertion, ...]:
    evidence, _ = _strongest(ledger)
    result = listed(sorted(result_words(account.technology, r) for r in account.results)) or "not known"
    counts = kind_of(account.technology).counts
    shown = evidence_words(evidence, account.technology) if evidence else "nothing shown"
    purposes = ", ".join(sorted(p.replace("_", " ") for p in account.purposes)) or "not known"
    persons = class_words(account.classes) or "not known"
    return (
        Assertion(matter="attack", claimed=result, reason=f"the attack was {shown}"),
        Assertion(matter="victims", claimed=persons, reason=f"{counts}; class and count only, nobody is named"),
        *ground_assertions(account),
        Assertion(matter="purpose", claimed=purposes, reason="as reported; the machine does not judge a purpose"),
    )


def _unknown(account: Told, best: Fit, window: UseWindow) -> tuple[str, ...]:
    gaps = [
        (best.agency == "unknown", "which agency operated it"),
        (not best.product, "whether a licensed product itself was used"),
        (not account.purposes, "for what purpose"),
        (not account.legal, "whether there was a legal approval"),
        (not account.classes, "which class of persons was targeted"),
        (not account.results, "whether the attack succeeded"),
        (not window.recorded, "when the items were delivered: no delivery is on record"),
    ]
    return tuple(words for missing, words in gaps if missing)


def fold_unproven(drafted: Sequence[Drafted]) -> Iterator[Drafted]:
    """Accounts that weigh nothing become one case a month and clause: volume must not cost an officer's day."""
    folded: dict[tuple[str, int, Band, str], list[Drafted]] = defaultdict(list)
    for each in drafted:
        if each.case.kind != "incident" or each.supported:
            yield each
            continue
        day = each.case.known_since or (each.case.occurred.last if each.case.occurred else dt.date.min)
        folded[(each.clause.id, each.clause.version, each.case.band, day.strftime("%Y-%m"))].append(each)
    for (_, _, _, month), group in sorted(folded.items()):
        yield group[0] if len(group) == 1 else _folded(month, sorted(group, key=lambda d: d.case.key))


def _folded(month: str, group: Sequence[Drafted]) -> Drafted:
    first = group[0].case
    periods = [d.case.occurred for d in group if d.case.occurred]
    case = Case(
        key=f"unproven:{month}" if first.band == "watch" else f"unproven:{month}:{first.band}",
        kind="incident",
        band=first.band,
        band_reason=first.band_reason
        if first.band == "context"
        else "nothing that was said weighs, however often it is said",
        verdict=first.verdict,
        rule=first.rule,
        sentence=f"{len(group)} accounts that became known in {month} touch this clause; none of them weighs anything.",
        occurred=Period(start=min(p.first for p in periods), end=max(p.last for p in periods)) if periods else None,
        known_since=min((d.case.known_since for d in group if d.case.known_since), default=None),
        members=tuple(m for d in group for m in d.case.members),
        evidence_level=max((d.case.evidence_level or "E0") for d in group),
        attribution_level=max((d.case.attribution_level or "A0") for d in group),
        how_sure=first.how_sure,
        alternatives=first.alternatives,
        unknown=("whether any of it happened",),
        evidence=tuple(sorted({e for d in group for e in d.case.evidence}, key=lambda e: (e.fact, e.revision))),
    )
    handling = Handling.of_all(d.handling for d in group)
    return Drafted(case, group[0].clause, group[0].others, at=group[0].at, handling=handling)


def report_cases(
    counted: Counted, answered: tuple[Answered, ...], ground: Ground, weights: Weights
) -> Iterator[Drafted]:
    """What a report or sighting says of each clause in force when it was made; `answered`: what it answers first."""
    report = counted.fact
    assert isinstance(report, PostShipmentReport)
    rules_for = _rules_for(report, ground)
    for standing in clauses_in_force(ground.terms, report.performed):
        question = ReportQuestion(ground=ground, clause=standing.clause, report=report, answers=answered)
        for rule, finding in answers(rules_for(standing.clause.kind), question):
            yield _recorded(counted, report.performed, report.published_at, standing, rule, finding, ground, weights)


def delivery_cases(deliveries: Sequence[Counted], ground: Ground, weights: Weights) -> Iterator[Drafted]:
    """What the records of delivery say of each clause, each beside those before it."""
    earlier: list[Delivery] = []
    for counted in deliveries:
        delivery = counted.fact
        assert isinstance(delivery, Delivery)
        for clause in _every_clause(ground, delivery.delivered):
            held = DeliveryQuestion(ground=ground, clause=clause, delivery=delivery, earlier=tuple(earlier))
            for rule, finding in answers(FROM_DELIVERY.get(clause.kind, ()), held):
                yield _recorded(counted, delivery.delivered, None, Standing(clause), rule, finding, ground, weights)
        if delivery.license == ground.license.ref:
            earlier.append(delivery)


def _rules_for(
    report: PostShipmentReport, ground: Ground
) -> Callable[[ClauseKind], tuple[Callable[[ReportQuestion], Finding | None], ...]]:
    """A report on this license here speaks to every clause; one that only saw a serial of it, to the transfer alone."""
    if report.license == ground.license.ref and ground.destination in (report.destination, *report.covers):
        return report_rules
    return lambda kind: report_rules(kind)[:1] if kind == "no_retransfer" else ()


def _every_clause(ground: Ground, period: Period) -> Iterator[Clause]:
    """The clauses a delivery is held against: of each id the version of that time, else the nearest one."""
    versions: dict[str, list[Clause]] = defaultdict(list)
    for clause in ground.license.clauses:
        if (
            clause.kind in FROM_DELIVERY
            and not clause.waived
            and (not clause.destinations or ground.destination in clause.destinations)
        ):
            versions[clause.id].append(clause)
    for key in sorted(versions):
        then = [
            c for c in versions[key] if overlap(period, clause_start(c, ground.license), c.valid_to or END) != "none"
        ]
        if then or versions[key][0].kind in OUT_OF_TIME:
            yield min(then or versions[key], key=lambda c: (clause_start(c, ground.license), c.version))


def _recorded(
    counted: Counted,
    when: Period,
    known: dt.date | None,
    standing: Standing,
    rule: str,
    finding: Finding,
    ground: Ground,
    weights: Weights,
) -> Drafted:
    fact = counted.fact
    recorded = fact.recorded_at.astimezone(dt.UTC).date() if fact.recorded_at else None
    band: Band = finding.band or "review"
    actionable = band == "alert" and bool(stoppable(ground.license, ground.today))
    why = {
        "alert": "the granting state found or met it itself, or its author admits it",
        "context": "it is set beside the rest, for an officer to see",
    }.get(band, "a record says so; a person should confirm it")
    if finding.manner == "late":
        why = "it came, after its day: one step below what the silence had come to"
    if actionable:
        band, why = "urgent", f"{why}; something can still be stopped"
    case = Case(
        key=f"report:{fact.ref}{f':{finding.matter}' if finding.matter else ''}",
        kind="report",
        band=band,
        band_reason=why,
        verdict=finding.verdict,
        rule=rule,
        sentence=record_sentence(f"What was recorded {period_words(when)}", finding, standing.clause, weights),
        occurred=when,
        known_since=known or recorded or when.last,
        members=(fact.ref,),
        how_sure=CAME if finding.manner in ("late", "partial") else RECORDED,
        alternatives=of_record(finding.manner, fact, standing.clause.kind),
        actionable=actionable,
        evidence=(Evidence(fact=counted.key, revision=fact.revision, hash=counted.hash),),
    )
    return Drafted(case, standing.clause, standing.others, refused=finding.refused, at=when.last)


def record_sentence(what: str, finding: Finding, clause: Clause, weights: Weights) -> str:
    """A finding from a record or a silence in neutral words."""
    duty = duty_words(clause, weights)
    if finding.verdict == "engaged":
        return f"{what} touches the duty to {duty}, and an officer has to judge it: {finding.reason}."
    return f"{what} appears inconsistent with the duty to {duty}: {finding.reason}."


def silence_cases(
    ground: Ground,
    license: Counted,
    reports: Sequence[Counted],
    asked: Asked,
    weights: Weights,
) -> Iterator[Drafted]:
    """What is due and has not come, by the clauses in force today (or up to their end); `reports` the latest last."""
    versions: dict[str, Clause] = {}
    for clause in sorted(ground.license.clauses, key=lambda c: (clause_start(c, ground.license), c.version)):
        applies = not clause.destinations or ground.destination in clause.destinations
        if (
            (clause.kind in FROM_SILENCE or clause.kind in ON_REQUEST)
            and applies
            and not clause.waived
            and ground.today.reached(clause_start(clause, ground.license))
        ):
            versions[clause.id] = clause
    for clause_id in sorted(versions):
        clause = versions[clause_id]
        first, last = ground.begins(clause), min(clause_end(clause, ground.license, weights), ground.disposed)
        question = SilenceQuestion(ground=ground, clause=clause, first=first, last=last)
        for rule, finding in answers(FROM_SILENCE.get(clause.kind, ()), question):
            yield _silent(finding, rule, clause, ground, license, reports, weights)
        for request in asked.open if clause.kind in ON_REQUEST else ():
            of = RequestQuestion(ground=ground, clause=clause, first=first, last=last, request=request)
            for rule, finding in answers(ON_REQUEST[clause.kind], of):
                yield _silent(finding, rule, clause, ground, license, reports, weights)


def _silent(
    finding: Finding,
    rule: str,
    clause: Clause,
    ground: Ground,
    license: Counted,
    reports: Sequence[Counted],
    weights: Weights,
) -> Drafted:
    assert finding.due is not None, f"{rule} tells of a silence without the day on which something was due"
    due = finding.due
    band: Band = "watch"
    if ground.today.reached(due + dt.timedelta(days=weights.silence_alert)):
        band = "alert"
    elif ground.today.reached(due + dt.timedelta(days=weights.silence_review)):
        band = "review"
    after = {"alert": weights.silence_alert, "review": weights.silence_review, "watch": 0}[band]
    support = [license, *reports[-1:]]
    case = Case(
        key=f"silence:{clause.id}:{due.isoformat()}{f':{finding.matter}' if finding.matter else ''}",
        kind="silence",
        band=band,
        band_reason=f"it is overdue by more than {after} days" if after else "it is overdue",
        verdict=finding.verdict,
        rule=rule,
        sentence=record_sentence("Silence", finding, clause, weights),
        due=due,
        known_since=due,
        how_sure=SILENT,
        alternatives=of_record("silent", None, clause.kind),
        unknown=("why nothing has come",),
        waiting=Waiting(
            waits="authority",
            on=finding.party or ground.owed_by(clause),
            what=finding.what,
            since=finding.since or due,
            until=due,
        ),
        evidence=tuple(Evidence(fact=c.key, revision=c.fact.revision, hash=c.hash) for c in support),
    )
    return Drafted(case, clause, refused=True, again=finding.again)
