"""Clause rules that silence can speak to: what is due and has not come. Time is the greatest tick, never the clock.

Silence is `watch` when due, `review` and `alert` after the days that the policy states. A missing record of a delivery
keeps a duty from starting; a duty ends with the license, or outlives it until the pieces are proven gone.
"""

from __future__ import annotations

import datetime as dt

from schemas import PostShipmentReport
from schemas.vocabulary import ReportKind
from streams.rules.findings import Finding, Request, SilenceQuestion
from streams.rules.standing import use_window
from streams.rules.wording import day_words

REPORTING: tuple[ReportKind, ...] = (
    "delivery_verification", "periodic_self_report", "inventory_initial", "inventory_annual", "compliance_visit",
    "post_shipment", "exporter_report",
)  # fmt: skip
INVENTORIES: tuple[ReportKind, ...] = ("inventory_initial", "inventory_annual")
ASKING = {"ask_exporter": "the exporter", "ask_end_user": "the end user", "order_check": "the host of the inspection"}


def report_overdue(q: SilenceQuestion) -> Finding | None:
    """A periodic report is due and has not come."""
    return _overdue(q, REPORTING, "a report")


def inventory_overdue(q: SilenceQuestion) -> Finding | None:
    """An inventory is due and has not come."""
    return _overdue(q, INVENTORIES, "an inventory")


def _overdue(q: SilenceQuestion, kinds: tuple[ReportKind, ...], what: str) -> Finding | None:
    parameters = q.clause.parameters
    if parameters.cadence_days is None and parameters.first_due_days is None:
        return None
    window = use_window(q.ground.license, q.ground.deliveries, q.ground.destination)
    if not window.recorded:
        return None
    came = [
        r.performed.last
        for r in q.ground.reports
        if r.kind in kinds and r.outcome not in ("access_refused", "no_action")
    ]
    last = max((day for day in came if day >= window.first), default=None)
    if last is not None and parameters.cadence_days is None:
        return None
    start = max(window.first, q.first)
    if last is None:
        due = start + dt.timedelta(days=parameters.first_due_days or parameters.cadence_days or 0)
        since = f"none has come since the first delivery on {day_words(window.first)}"
    else:
        due = max(last, q.first) + dt.timedelta(days=parameters.cadence_days or 0)
        since = f"the last came on {day_words(last)}"
    if not q.ground.today.past(due) or due > q.last:
        return None
    rounds = q.ground.today.rounds(due, parameters.cadence_days or 0)
    again = due + dt.timedelta(days=rounds * (parameters.cadence_days or 0))
    words = f"{what} was due on {day_words(due)}; {since}"
    return Finding("appears_inconsistent", words, refused=True, due=due, again=min(again, q.last), since=due)


def inspection_unanswered(q: SilenceQuestion) -> Finding | None:
    """An inspection that the authority asked for has not taken place by the day set."""
    return _unanswered(q, ("order_check",))


def inquiry_unanswered(q: SilenceQuestion) -> Finding | None:
    """An answer that the authority asked the exporter or the end user for has not come by the day set."""
    return _unanswered(q, ("ask_exporter", "ask_end_user"))


def _unanswered(q: SilenceQuestion, kinds: tuple[str, ...]) -> Finding | None:
    for request in sorted(q.requests):
        answer_days = q.clause.parameters.answer_days
        usual = request.asked + dt.timedelta(days=answer_days) if answer_days is not None else None
        due = request.until or usual
        if request.kind not in kinds or due is None or due > q.last or q.first > request.asked:
            continue
        if not q.ground.today.past(due):
            continue
        if any(answers(r, request) and r.performed.last >= request.asked for r in q.ground.reports):
            continue
        words = (
            f"{ASKING[request.kind]} was asked on {day_words(request.asked)}; "
            f"the answer was due on {day_words(due)} and has not come"
        )
        return Finding("appears_inconsistent", words, refused=True, due=due, since=due)
    return None


def answers(report: PostShipmentReport, request: Request) -> bool:
    """Whether a report is an answer to this request: it names it, or names none and comes from whom it was put to."""
    if report.answers_request is not None:
        return report.answers_request == request.ref
    if request.kind == "order_check":
        return _visit(report.kind)
    by = {"ask_exporter": "exporter", "ask_end_user": "end_user"}[request.kind]
    return report.reporter_role == by and report.kind in ("end_user_reply", "exporter_report", "voluntary_disclosure")


def _visit(kind: ReportKind) -> bool:
    return kind in (
        "compliance_visit",
        "post_shipment",
        "delivery_verification",
        "inventory_annual",
        "inventory_initial",
    )
