"""How something owed came: late, in part, or as a refusal. Three different findings; each ends the silence.

*Late* stands one step below what its silence had come to. *Partial* names what is missing. A refusal of an inspection
is a rule beside these (`streams.rules.from_report.inspection_refused`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from streams.rules.findings import Finding, ReportQuestion, reads
from streams.rules.owed import (
    CADENCE,
    INVENTORIES,
    ON_REQUEST,
    VERIFICATIONS,
    band_when_late,
    cadence_due,
    request_due,
)
from streams.rules.requests import Answered, refuses, sites_of
from streams.rules.wording import day_words, days_long, listed

SHOWN = 12
"""Missing things named one by one; of more, the number is said [count]."""


@reads("report.kind", "report.performed", "report.outcome", "clause.cadence_days", "clause.first_due_days",
       "clause.day_kind", "clause.calendar", "delivery.delivered")  # fmt: skip
def came_late(q: ReportQuestion) -> Finding | None:
    """A periodic report or an inventory came, and after the day on which it was due."""
    kinds, report = CADENCE.get(q.clause.kind, ()), q.report
    if report.kind not in kinds or refuses(report):
        return None
    window = q.ground.window
    if not window.recorded or report.performed.last < window.first:
        return None
    last = q.ground.history.last_came(kinds, report.performed.last)
    due = cadence_due(q.ground, q.clause, last if last is not None and last >= window.first else None)
    return _late(q, due, "it") if due is not None else None


@reads("report.kind", "report.performed", "clause.verification_days", "clause.day_kind", "delivery.delivered")
def verified_late(q: ReportQuestion) -> Finding | None:
    """A shipment was verified after the day by which it had to be."""
    days, report, history = q.clause.parameters.verification_days, q.report, q.ground.history
    if days is None or report.kind not in VERIFICATIONS or refuses(report):
        return None
    came = history.shipment_after(history.last_came(VERIFICATIONS, report.performed.last))
    if came is None or came[0] > report.performed.last:
        return None
    arrived = came[1]
    due = q.ground.reckoning(q.clause).due(max(arrived, q.ground.begins(q.clause)), days)
    return _late(q, due, f"the verification of the delivery of {day_words(arrived)}")


@reads("report.performed", "report.answers_request", "report.kind", "report.reporter_role", "decision.at",
       "decision.until", "clause.answer_days", "clause.day_kind", "clause.calendar")  # fmt: skip
def answer_came_late(q: ReportQuestion) -> Finding | None:
    """What the authority asked for came, and after the day set."""
    for answered in _asked(q):
        due = request_due(q.ground, q.clause, answered.request)
        if due is not None and not refuses(q.report):
            late = _late(q, due, f"what was asked for on {day_words(answered.request.asked)}")
            if late is not None:
                return late
    return None


@reads("report.cooperation", "report.outcome", "report.answers_request", "report.performed", "decision.at")
def answer_refused(q: ReportQuestion) -> Finding | None:
    """The authority asked, and was refused an answer; none has come since."""
    refused = [a for a in _asked(q) if a.refused]
    if not refused:
        return None
    asked = day_words(refused[0].request.asked)
    return Finding(
        "appears_inconsistent", f"an answer to what was asked on {asked} was refused", "review", refused=True,
        manner="refused",
    )  # fmt: skip


@reads("report.points", "report.sites", "report.site_code", "report.items.presented", "report.answers_request",
       "report.cooperation", "decision.points", "decision.sites", "decision.pieces")  # fmt: skip
def answer_covers_less(q: ReportQuestion) -> Finding | None:
    """What came covers less than the authority asked for, and no other answer covers the rest."""
    for answered in _asked(q):
        asked = answered.request
        missing = [
            *_named("question", set(asked.points) - answered.points),
            *_named("site", set(asked.sites) - answered.sites),
        ]
        if asked.pieces is not None and answered.pieces < asked.pieces:
            missing.append(f"{asked.pieces - answered.pieces} of {asked.pieces} pieces")
        if missing and not refuses(q.report):
            return _partial(f"of what was asked on {day_words(asked.asked)}, {listed(missing)} is missing")
    return None


@reads("report.cooperation", "report.kind", "report.method", "report.outcome", "report.performed")
def admitted_in_part(q: ReportQuestion) -> Finding | None:
    """An inspection took place, and the host let only a part of it happen; no later one was granted."""
    if q.report.cooperation != "partial" or q.ground.history.granted > q.report.performed.last:
        return None
    return _partial("the host cooperated only in part")


@reads("report.kind", "report.points", "report.sites", "report.site_code", "clause.points", "clause.sites")
def report_covers_less(q: ReportQuestion) -> Finding | None:
    """A periodic report came, and does not cover the sites or answer the points that the clause names."""
    if q.report.kind not in CADENCE["reporting_cadence"] or refuses(q.report):
        return None
    missing = [
        *_named("point", set(q.clause.parameters.points) - set(q.report.points)),
        *_named("site", set(q.clause.parameters.sites) - sites_of(q.report)),
    ]
    return _partial(f"it leaves out {listed(missing)}") if missing else None


@reads("report.kind", "report.items.serials", "report.items.missing_serials", "report.items.presented",
       "report.items.verified", "report.performed", "delivery.items.serials", "delivery.delivered")  # fmt: skip
def inventory_covers_less(q: ReportQuestion) -> Finding | None:
    """An inventory came, and speaks of fewer pieces than are here. Not verified is neither present nor missing."""
    report, history = q.report, q.ground.history
    if report.kind not in INVENTORIES or refuses(report):
        return None
    named = {s for item in report.items for s in (*item.serials, *item.missing_serials)}
    left_out = sorted(history.stood_here(report.performed.first) - named) if named else []
    unverified = sum(
        i.presented - i.verified for i in report.items if i.presented is not None and i.verified is not None
    )
    missing = [
        *_named("serial", left_out),
        *([f"{unverified} pieces presented and not verified"] if unverified else []),
    ]
    return _partial(f"it does not cover {listed(missing)}") if missing else None


def _asked(q: ReportQuestion) -> list[Answered]:
    """What was asked for under this kind of clause while the duty held, and is answered by this report first."""
    kinds, begins = ON_REQUEST.get(q.clause.kind, ()), q.ground.begins(q.clause)
    return [a for a in q.answers if a.request.kind in kinds and begins <= a.request.asked]


def _late(q: ReportQuestion, due: dt.date, what: str) -> Finding | None:
    """Late, if it came after the day for certain: by the first day on which it can have come."""
    days = (q.report.performed.first - due).days
    if days <= 0:
        return None
    remark = q.ground.reckoning(q.clause).remark(due)
    return Finding(
        "appears_inconsistent", f"{what} was due on {day_words(due)}{remark} and came {days_long(days)} late",
        band_when_late(q.ground, days), manner="late", matter="late",
    )  # fmt: skip


def _partial(said: str) -> Finding:
    return Finding("appears_inconsistent", said, "review", manner="partial", matter="partial")


def _named(what: str, missing: Iterable[str]) -> list[str]:
    """`question 2, 5 and 7`; of more than can be read, how many more."""
    names = sorted(missing)
    shown = [*names[:SHOWN], *([f"{len(names) - SHOWN} more"] if len(names) > SHOWN else [])]
    return [f"{what} {listed(shown)}"] if names else []
