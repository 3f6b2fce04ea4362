"""Clause rules that silence can speak to: what is due and has not come. Time is the greatest tick, never the clock.

Silence is `watch` when due, `review` and `alert` after the days that the policy states. A missing record of a delivery
keeps a duty from starting; a duty ends with the license, or outlives it until the pieces are proven gone. What came
late, in part, or as a refusal is no silence: those are rules of their own (`streams.rules.coming`).
"""

from __future__ import annotations

import datetime as dt
import math
from bisect import bisect_right
from collections.abc import Sequence

import msgspec

from streams.rules.findings import Finding, RequestQuestion, SilenceQuestion, reads
from streams.rules.owed import INVENTORIES, REPORTING, VERIFICATIONS, cadence_due, came_before, request_due
from streams.rules.requests import ASKED
from streams.rules.standing import END, clause_end, license_end
from streams.rules.wording import day_words, listed

_CADENCE = ("clause.cadence_days", "clause.first_due_days", "clause.day_kind", "clause.calendar", "clause.zone")


@reads(*_CADENCE, "delivery.delivered", "report.kind", "report.performed", "report.outcome")
def report_overdue(q: SilenceQuestion) -> Finding | None:
    """A periodic report is due and has not come."""
    return _overdue(q, q.ground.history.came(REPORTING), "a report")


@reads("clause.verification_days", "clause.day_kind", "delivery.kind", "delivery.delivered", "report.kind")
def arrival_unverified(q: SilenceQuestion) -> Finding | None:
    """A shipment had to be verified on arrival, and no verification has come since."""
    days, history = q.clause.parameters.verification_days, q.ground.history
    verified = history.came(VERIFICATIONS)
    came = history.shipment_after(verified[-1] if verified else None)
    if days is None or came is None:
        return None
    arrived = came[1]
    due = q.ground.reckoning(q.clause).due(max(arrived, q.first), days)
    return _silent(q, due, "a verification of the delivery", f"it came on {day_words(arrived)}", arrived, "arrival")


@reads(*_CADENCE, "delivery.delivered", "report.kind", "report.performed", "report.outcome")
def inventory_overdue(q: SilenceQuestion) -> Finding | None:
    """An inventory is due and has not come."""
    return _overdue(q, q.ground.history.came(INVENTORIES), "an inventory")


@reads(*_CADENCE, "delivery.delivered", "report.log_status", "report.performed")
def log_overdue(q: SilenceQuestion) -> Finding | None:
    """The audit log is to be presented and was not."""
    return _overdue(q, q.ground.history.extracts, "the audit log")


@reads(*_CADENCE, "delivery.delivered", "report.clause_findings", "report.performed")
def not_shown_in_time(q: SilenceQuestion) -> Finding | None:
    """The clause says how often it has to be shown to be kept, and no report has a word on it."""
    return _overdue(q, q.ground.history.spoken(q.clause.id), "a word on this clause")


@reads("clause.notice_hours", "report.items.missing_serials", "report.kind", "report.reporter_role", "report.performed")
def loss_found_and_not_notified(q: SilenceQuestion) -> Finding | None:
    """Others found pieces missing, and those who had to tell of it have not."""
    hours, lost = q.clause.parameters.notice_hours, q.ground.history.untold
    if hours is None or lost is None:
        return None
    due = lost[0] + dt.timedelta(days=math.ceil(hours / 24))
    found = f"serial {lost[1]} was found missing on {day_words(lost[0])}"
    return _silent(q, due, "a notice of the loss", found, lost[0])


@reads("clause.disposal_days", "license.valid_to", "license.status_history", "delivery.kind", "delivery.items")
def disposal_overdue(q: SilenceQuestion) -> Finding | None:
    """The license has ended, all pieces had to be gone, and they are not proven gone."""
    days, ended = q.clause.parameters.disposal_days, license_end(q.ground.license)
    if days is None or ended == END or not q.ground.window.recorded or q.ground.disposed != END:
        return None
    due = q.ground.reckoning(q.clause).due(ended, days)
    return _silent(q, due, "the disposal of all pieces", f"the license ended on {day_words(ended)}", ended)


@reads("clause.proof_days", "delivery.kind", "delivery.delivered", "report.kind", "report.proof_hash")
def proof_of_disposal_overdue(q: SilenceQuestion) -> Finding | None:
    """A disposal is on record, and the proof of it has not come."""
    days, history = q.clause.parameters.proof_days, q.ground.history
    at = bisect_right(history.disposals, history.proofs[-1]) if history.proofs else 0
    if days is None or at >= len(history.disposals):
        return None
    gone = history.disposals[at]
    due = q.ground.reckoning(q.clause).due(gone, days)
    last = clause_end(q.clause, q.ground.license, q.ground.weights)
    return _silent(q, due, "proof of the disposal", f"it is recorded on {day_words(gone)}", gone, "proof", last)


@reads("clause.proof_days", "delivery.kind", "delivery.items", "report.clause_findings", "report.proof_hash")
def deletion_unproven(q: SilenceQuestion) -> Finding | None:
    """All pieces are gone, and nobody has shown that the data taken with them were deleted."""
    days, gone = q.clause.parameters.proof_days, q.ground.disposed
    history = q.ground.history
    spoken = history.spoken(q.clause.id)
    if days is None or gone == END or history.proven_since(gone) or (spoken and spoken[-1] >= gone):
        return None
    due = q.ground.reckoning(q.clause).due(gone, days)
    last = clause_end(q.clause, q.ground.license, q.ground.weights)
    return _silent(
        q, due, "proof that the data were deleted", f"the last piece went on {day_words(gone)}", gone, "", last
    )


@reads("clause.return_days", "license.consents", "delivery.kind", "delivery.delivered_to", "delivery.items.serials")
def not_back_after_consent(q: SilenceQuestion) -> Finding | None:
    """A consent to a transfer has ended, and the pieces that went under it have not come back."""
    days = q.clause.parameters.return_days
    if days is None:
        return None
    came_back = {s for d in q.ground.deliveries if d.kind in ("return", "disposal") for i in d.items for s in i.serials}
    ended = [c for c in q.ground.license.consents if c.kind == "retransfer" and c.destination and c.valid_to]
    for consent in sorted(ended, key=lambda c: (c.valid_to or END, c.destination or "")):
        assert consent.valid_to is not None
        away = sorted(
            s for d in q.ground.deliveries
            if d.delivered_to == consent.destination != q.ground.destination
            and consent.valid_from <= d.delivered.first <= consent.valid_to
            for i in d.items for s in i.serials if s not in came_back
        )  # fmt: skip
        if away:
            until = day_words(consent.valid_to)
            said = f"consent to have serial {listed(away)} in {consent.destination} ended on {until}"
            due = q.ground.reckoning(q.clause).due(consent.valid_to, days)
            return _silent(q, due, "the return of the pieces", said, consent.valid_to)
    return None


@reads("decision.kind", "decision.at", "decision.until", "clause.answer_days", "report.kind", "report.answers_request")
def inspection_unanswered(q: RequestQuestion) -> Finding | None:
    """An inspection that the authority asked for has not taken place by the day set."""
    return _unanswered(q)


@reads(
    "decision.kind", "decision.at", "decision.until", "clause.answer_days", "report.kind", "report.reporter_role",
    "report.answers_request",
)  # fmt: skip
def inquiry_unanswered(q: RequestQuestion) -> Finding | None:
    """An answer that the authority asked the exporter or the end user for has not come by the day set."""
    return _unanswered(q)


@reads("decision.kind", "decision.at", "decision.until", "report.kind", "report.vendor_action")
def step_not_confirmed(q: RequestQuestion) -> Finding | None:
    """A step that the pledge foresees was ordered, and nobody has confirmed that it was taken."""
    return _unanswered(q)


def _overdue(q: SilenceQuestion, days: Sequence[dt.date], what: str) -> Finding | None:
    window = q.ground.window
    if not window.recorded:
        return None
    last = came_before(q.ground, days, len(days))
    due = cadence_due(q.ground, q.clause, last)
    if due is None:
        return None
    if last is None:
        since, awaited = f"none has come since the first delivery on {day_words(window.first)}", window.first
    else:
        since, awaited = f"the last came on {day_words(last)}", last
    finding = _silent(q, due, what, since, awaited)
    if finding is None:
        return None
    cadence = q.clause.parameters.cadence_days or 0
    again = q.ground.reckoning(q.clause).latest(due, cadence, q.ground.today)
    return msgspec.structs.replace(finding, again=min(again, q.last))


def _silent(
    q: SilenceQuestion, due: dt.date, what: str, since: str, awaited: dt.date, matter: str = "",
    last: dt.date | None = None,
) -> Finding | None:  # fmt: skip
    """That `what` was due and has not come; nothing before the day is over, or where the duty ended before it."""
    counted = q.ground.reckoning(q.clause)
    if due > (q.last if last is None else last) or not counted.over(due, q.ground.today):
        return None
    return Finding(
        "appears_inconsistent", f"{what} was due on {day_words(due)}{counted.remark(due)}; {since}", refused=True,
        due=due, since=awaited, manner="silent", matter=matter, what=what,
    )  # fmt: skip


def _unanswered(q: RequestQuestion) -> Finding | None:
    due = request_due(q.ground, q.clause, q.request)
    counted = q.ground.reckoning(q.clause)
    if due is None or due > q.last or not counted.over(due, q.ground.today):
        return None
    party, what, whom = ASKED[q.request.kind]
    return Finding(
        "appears_inconsistent",
        f"{whom} was asked on {day_words(q.request.asked)}; "
        f"the answer was due on {day_words(due)}{counted.remark(due)} and has not come",
        refused=True, due=due, since=q.request.asked, manner="silent", matter=q.request.ref, what=what, party=party,
    )  # fmt: skip
