"""From cases to alerts: closed by decisions, raised by each other, and all that an alert has to say of itself."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import msgspec

from schemas import Alert, Case, Decision, Delivery, PostShipmentReport
from schemas.alert import (
    DecisionNote,
    DeliveryNote,
    LicenseSummary,
    Option,
    QuotedClause,
    RelatedReport,
    Versions,
    Waiting,
)
from schemas.vocabulary import BANDS, AlertStatus, Band, DecisionKind
from streams.rules.cases import USES, Drafted, Handling, duty_words, raised, stoppable
from streams.rules.counted import Counted
from streams.rules.findings import Ground
from streams.rules.policy import Weights
from streams.rules.requests import ASKED, Asked, Request, request_of
from streams.rules.standing import clause_start, granted_at, outlives, status_at, status_on
from streams.rules.today import FIRST
from streams.rules.unsaid import implied_by, supplied_to
from streams.rules.wording import waiting_words

CODE_VERSION = "0.1.0"


class OnFile(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A license in a destination with all that is on file of it: what its alerts are drawn up from."""

    counted: Counted
    ground: Ground
    decisions: Mapping[str, Sequence[Decision]]
    """By alert, the earliest first."""
    asked: Asked
    drafted: Sequence[Drafted]
    weights: Weights
    versions: Versions
    since: dt.date
    """The day since which the drafts say the same."""
    basis: tuple[str, ...]

    @cached_property
    def stamped(self) -> Versions:
        """The versions, with the day since which the same facts give the same alerts."""
        asking_about_days = self.summary, self.options
        assert asking_about_days
        since = max(self.since, self.ground.today.since)
        return msgspec.structs.replace(self.versions, since=since) if since > FIRST else self.versions

    @cached_property
    def related(self) -> tuple[RelatedReport, ...]:
        """The latest reports on the license."""
        return tuple(_related(r) for r in self.ground.reports[-12:])

    @cached_property
    def handling(self) -> Handling:
        """How far the license itself may travel."""
        return Handling.of(self.counted.fact)

    @cached_property
    def options(self) -> dict[Band, tuple[Option, ...]]:
        """What an officer can do about an alert on it, by the alert's band."""
        options = tuple(_options(self.weights, _ladder(self)))
        return {band: tuple(o for least, o in options if n >= least) for n, band in enumerate(BANDS)}

    @cached_property
    def summary(self) -> LicenseSummary:
        """The license as it stands today."""
        return _summary(self)

    @cached_property
    def summaries(self) -> dict[dt.date | None, LicenseSummary]:
        """The same, by the day on which it stood so."""
        return {None: self.summary}

    @cached_property
    def delivered(self) -> tuple[DeliveryNote, ...]:
        """What came under the license."""
        return tuple(_delivered(d) for d in self.ground.deliveries)

    def alert(self, clause: str) -> str:
        """The id of the alert on a clause of it."""
        return f"{self.ground.destination}~{self.ground.license.ref}~{clause}"


class Claim(msgspec.Struct, frozen=True):
    """What decides all of an alert that is not set in from the file of its license."""

    license: str
    """Digest of the license."""
    drafted: tuple[Drafted, ...]
    """The strongest open case first."""
    decisions: tuple[Decision, ...]
    """On this alert; the earliest first."""
    open: tuple[Request, ...]
    """What the authority asked for and nobody has answered."""


class Drawn(msgspec.Struct, frozen=True):
    """An alert, and the claim that it was drawn up from."""

    claim: Claim
    alert: Alert


def alerts_of(file: OnFile, before: Mapping[str, Drawn]) -> Iterator[Drawn]:
    """The alerts on one license: one for each clause with a case.

    `before`: those drawn up before, by id; of one with the same claim only what is on file is set in anew.
    """
    by_clause: dict[str, list[Drafted]] = defaultdict(list)
    for each in file.drafted:
        by_clause[each.clause.id].append(_closed(file, each))
    by_clause = _raise_each_other(by_clause)
    for clause_id in sorted(by_clause):
        key = file.alert(clause_id)
        decisions = tuple(file.decisions.get(key, ()))
        asked = tuple(file.asked.open) if decisions else ()
        claim = Claim(file.counted.hash, _ordered(by_clause[clause_id]), decisions, asked)
        known = before.get(key)
        alert = known.alert if known and known.claim == claim else _claimed(file, key, claim)
        yield Drawn(claim, _completed(file, alert, claim.drafted[0].at))


def requests_of(decisions: Mapping[str, Sequence[Decision]]) -> tuple[Request, ...]:
    """What the authority asked for under any alert on a license here."""
    return tuple(
        request for _, taken in sorted(decisions.items()) for d in taken if (request := request_of(d)) is not None
    )


def _closed(file: OnFile, drafted: Drafted) -> Drafted:
    """Closed, if decisions have judged all of its evidence in the revisions that count, since it last fell due."""
    decisions = file.decisions.get(file.alert(drafted.clause.id), ())
    if not decisions:
        return drafted
    judged = {
        (j.fact, j.revision)
        for d in decisions
        if d.kind == "close" and (drafted.again is None or d.at.date() >= drafted.again)
        for j in d.judged
    }
    if {(e.fact, e.revision) for e in drafted.case.evidence} <= judged:
        return msgspec.structs.replace(drafted, case=msgspec.structs.replace(drafted.case, open=False))
    return drafted


def _ordered(drafted: Sequence[Drafted]) -> tuple[Drafted, ...]:
    return tuple(sorted(drafted, key=lambda d: (not d.case.open, -BANDS.index(d.case.band), d.case.key)))


def _claimed(file: OnFile, key: str, claim: Claim) -> Alert:
    """What an alert says by its claim; what is on file of the license is still to be set in."""
    top, decisions = claim.drafted[0], claim.decisions
    cases = tuple(d.case for d in claim.drafted)
    is_open = any(c.open for c in cases)
    assigned = [d for d in decisions if d.kind in ("assign", "acknowledge") and (d.assigned_to or d.by_role)]
    status: AlertStatus = ("acknowledged" if _acknowledged(decisions, cases) else "open") if is_open else "closed"
    band: Band = top.case.band if is_open else "context"
    quoted = _quoted(top, file.weights)
    handling = Handling.of_all((file.handling, *(d.handling for d in claim.drafted)))
    waiting = _waiting(decisions, cases, claim.open)
    return Alert(
        id=key,
        version=_claim_digest(quoted, band, status, cases),
        status=status,
        band=band,
        destination=file.ground.destination,
        title=_title(top, file.ground, file.weights),
        clause=quoted,
        cases=cases,
        decisions=tuple(_note(d) for d in decisions),
        assigned_to=(assigned[-1].assigned_to or assigned[-1].by_role) if assigned else None,
        waiting_for=_waiting_words(waiting),
        waiting=waiting,
        tlp=handling.tlp,
        may_use_for=tuple(u for u in USES if u in handling.uses),
        embargo_until=handling.embargo_until if handling.embargo_until > dt.date.min else None,
        first_known=min((c.known_since for c in cases if c.known_since and c.open), default=None),
    )


def _completed(file: OnFile, alert: Alert, at: dt.date | None) -> Alert:
    """An alert with what is on file of its license; `at`: the day of the event."""
    return msgspec.structs.replace(
        alert,
        license=_summary_on(file, at),
        reports=file.related,
        options=file.options[alert.band],
        versions=file.stamped,
        basis=file.basis,
    )


def _raise_each_other(by_clause: Mapping[str, Sequence[Drafted]]) -> dict[str, list[Drafted]]:
    """An incident and a silence or refusal that are open on one license raise each other one step, never past alert."""
    everything = [d for ds in by_clause.values() for d in ds if d.case.open]
    incident = any(d.raises for d in everything)
    silent = any(d.refused for d in everything)
    if not (incident and silent):
        return {k: list(v) for k, v in by_clause.items()}
    return {key: [_raised(d) for d in ds] for key, ds in by_clause.items()}


def _raised(drafted: Drafted) -> Drafted:
    case = drafted.case
    if not case.open or not (drafted.raises or drafted.refused) or raised(case.band) == case.band:
        return drafted
    other = "a silence or refusal" if drafted.raises else "an incident"
    why = f"{case.band_reason}; {other} open on the same license raises it one step"
    band = raised(case.band)
    lifted = msgspec.structs.replace(case, band=band, band_reason=why)
    return msgspec.structs.replace(drafted, case=lifted)


def _quoted(top: Drafted, weights: Weights) -> QuotedClause:
    clause = top.clause
    usual = weights.clauses.get(clause.kind)
    return QuotedClause(
        id=clause.id, kind=clause.kind, text=clause.text, language=clause.language, version=clause.version,
        valid_from=clause.valid_from, valid_to=clause.valid_to,
        checkability=clause.checkability or (usual.checkability if usual else "C"),
        outlives_license=outlives(clause, weights), other_versions=top.others,
        implied_by=implied_by(clause), supplied=supplied_to(clause),
    )  # fmt: skip


def _claim_digest(clause: QuotedClause, band: Band, status: str, cases: Sequence[Case]) -> str:
    """Digest of the claim: clause, cases, evidence, bands; no versions of policy or code, no ages."""
    claim = [
        (c.key, c.band, c.verdict, c.rule, c.open, c.members, c.evidence, c.group, c.candidates, c.total, c.replies)
        for c in cases
    ]
    said = "open" if status == "acknowledged" else status
    return hashlib.blake2b(msgspec.json.encode((clause, band, said, claim)), digest_size=12).hexdigest()


def _acknowledged(decisions: Sequence[Decision], cases: Sequence[Case]) -> bool:
    """Whether somebody took it on, having seen all that is open now."""
    seen = {(j.fact, j.revision) for d in decisions for j in d.judged}
    now = {(e.fact, e.revision) for c in cases if c.open for e in c.evidence}
    return any(d.kind != "close" for d in decisions) and now <= seen


def _title(top: Drafted, ground: Ground, weights: Weights) -> str:
    license = ground.license
    named = license.number or license.ref
    duty = duty_words(top.clause, weights)
    where = ground.destination
    if top.case.verdict == "consistent":
        return f"{where}, license {named}: the duty to {duty} is, on its face, answered"
    word = "appears inconsistent with" if top.case.verdict == "appears_inconsistent" else "touches"
    what = (
        "Silence"
        if top.case.kind == "silence"
        else "What is recorded"
        if top.case.kind == "report"
        else "What is reported"
    )
    return f"{what} in {where} {word} the duty to {duty} (license {named})"


def _summary_on(file: OnFile, at: dt.date | None) -> LicenseSummary:
    """The license, with what it was on the day of the event."""
    if at not in file.summaries:
        assert at is not None
        then = status_on(file.ground.license, at)
        file.summaries[at] = msgspec.structs.replace(file.summary, status_then=then)
    return file.summaries[at]


def _summary(file: OnFile) -> LicenseSummary:
    ground, license = file.ground, file.ground.license
    today = status_at(license, ground.today)
    return LicenseSummary(
        ref=license.ref,
        number=license.number,
        issuing_state=license.issuing_state,
        exporter=license.exporter,
        end_user=license.end_user,
        destinations=tuple(sorted({d.country for d in license.destinations})),
        products=tuple(sorted({i.product for i in license.items})),
        granted_at=granted_at(license),
        valid_from=license.valid_from,
        valid_to=license.valid_to,
        status_then=today,
        status_today=today,
        pledge_signed_at=license.pledge.signed_at if license.pledge else None,
        pledge_by=license.pledge.signatory_role if license.pledge else None,
        responsible_officer=license.responsible_officer,
        deliveries=file.delivered,
        pending=stoppable(license, ground.today),
    )


def _delivered(d: Delivery) -> DeliveryNote:
    return DeliveryNote(
        delivered=d.delivered,
        delivered_to=d.delivered_to,
        kind=d.kind,
        pieces=sum(i.quantity if i.quantity is not None else len(i.serials) for i in d.items),
    )


def _note(d: Decision) -> DecisionNote:
    return DecisionNote(
        ref=d.ref,
        kind=d.kind,
        by_role=d.by_role,
        second_by_role=d.second_by_role,
        at=d.at,
        reason=d.reason,
        close_reason=d.close_reason,
        assigned_to=d.assigned_to,
        until=d.until,
    )


def _related(report: PostShipmentReport) -> RelatedReport:
    unchecked = sorted(f.clause for f in report.clause_findings if f.result == "not_checked")
    said = (report.outcome or "no outcome stated").replace("_", " ")
    left = f"; not checked: {', '.join(unchecked)}" if unchecked else ""
    return RelatedReport(
        ref=report.ref, kind=report.kind, performed=report.performed, outcome=report.outcome, sentence=f"{said}{left}"
    )


_OPTIONS: tuple[tuple[DecisionKind, str, bool, Band], ...] = (
    ("close", "Close it with a reason, if it is unfounded, not our license, explained or remedied.", False, "context"),
    ("watch", "Keep it on watch and look again on a day you set.", False, "context"),
    (
        "ask_exporter",
        "Ask the exporter for logs, telemetry, the contract and the customer's statement.",
        False,
        "watch",
    ),
    ("ask_end_user", "Ask the end user or its government: the right of reply.", False, "review"),
    ("order_check", "Order a post-shipment check, or bring one forward.", False, "watch"),
    (
        "hold_pending",
        "Hold pending applications, renewals, updates and support for the same end user.",
        False,
        "review",
    ),
    ("modify_conditions", "Modify the conditions of the license.", False, "alert"),
    ("suspend", "Suspend the license in whole or part, on the footing of your law.", True, "alert"),
    (
        "vendor_restrict",
        "Have the vendor restrict or disconnect the system, where the pledge foresees it.",
        True,
        "alert",
    ),
    ("revoke", "Revoke or annul the license, on the footing of your law.", True, "alert"),
    ("refer", "Refer it for enforcement or prosecution.", False, "alert"),
    ("notify_partners", "Tell partner states and bodies, where you must or may.", False, "alert"),
    ("list_party", "List the party.", False, "alert"),
)


def _options(weights: Weights, ladder: Mapping[DecisionKind, str]) -> Iterator[tuple[int, Option]]:
    """What the officer can do, each with the place of the least band for it; the program never does any of it."""
    for kind, sentence, two, least in _OPTIONS:
        footing, foreseen = weights.footing.get(kind, ""), ladder.get(kind, "")
        option = Option(kind=kind, sentence=sentence, two_persons=two, footing=footing, foreseen=foreseen)
        yield BANDS.index(least), option


def _ladder(file: OnFile) -> dict[DecisionKind, str]:
    """The consequences that the pledge foresees, each with its place, and which is next after those taken."""
    ground = file.ground
    taken = {d.kind for ds in file.decisions.values() for d in ds}
    ladder: dict[DecisionKind, str] = {}
    for clause in sorted(ground.license.clauses, key=lambda c: (clause_start(c, ground.license), c.version)):
        steps = clause.parameters.steps
        if clause.kind != "sanction_ladder" or not ground.today.reached(clause_start(clause, ground.license)):
            continue
        upto = max((n for n, step in enumerate(steps, start=1) if step in taken), default=0)
        for number, step in enumerate(steps, start=1):
            word = "taken" if number <= upto else "next" if number == upto + 1 else "later"
            ladder[step] = f"step {number} of {len(steps)} that the pledge foresees (clause {clause.id}): {word}"
    return ladder


def _waiting(
    decisions: Sequence[Decision], cases: Sequence[Case], still_open: Sequence[Request]
) -> tuple[Waiting, ...]:
    """Who waits for whom: by what was asked under this alert and is open, and by what is due; the longest due first."""
    still = {request.ref for request in still_open}
    requests = [r for d in decisions if (r := request_of(d)) is not None and r.ref in still]
    waiting = {
        Waiting(waits="authority", on=ASKED[r.kind][0], what=ASKED[r.kind][1], since=r.asked, until=r.until)
        for r in requests
    }
    due = {w for c in cases if (w := c.waiting) is not None and c.open}
    known = {(w.on, w.what, w.since) for w in due}
    waiting = due | {w for w in waiting if (w.on, w.what, w.since) not in known}
    return tuple(sorted(waiting, key=lambda w: (w.until or dt.date.max, w.since, w.on, w.what)))


def _waiting_words(waiting: Sequence[Waiting]) -> str | None:
    """The first in a sentence, and how many more there are."""
    if not waiting:
        return None
    more = f" And {len(waiting) - 1} more." if len(waiting) > 1 else ""
    return waiting_words(waiting[0]) + more
