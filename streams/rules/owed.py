"""What is owed under a clause and by when: by its cadence, by its dates, or because the authority asked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from schemas import Clause
from schemas.vocabulary import Band, ClauseKind, DecisionKind, ReportKind
from streams.rules.findings import Ground
from streams.rules.requests import Request

REPORTING: tuple[ReportKind, ...] = (
    "delivery_verification", "periodic_self_report", "inventory_initial", "inventory_annual", "compliance_visit",
    "post_shipment", "exporter_report",
)  # fmt: skip
INVENTORIES: tuple[ReportKind, ...] = ("inventory_initial", "inventory_annual")
VERIFICATIONS: tuple[ReportKind, ...] = ("delivery_verification",)
CADENCE: dict[ClauseKind, tuple[ReportKind, ...]] = {"reporting_cadence": REPORTING, "item_inventory": INVENTORIES}
"""Which reports come round under which kind of clause."""
ON_REQUEST: dict[ClauseKind, tuple[DecisionKind, ...]] = {
    "inspection_access": ("order_check",),
    "cooperate_with_inquiry": ("ask_exporter", "ask_end_user"),
    "sanction_ladder": ("vendor_restrict",),
}
"""What the authority can ask for under which kind of clause."""


def came_before(ground: Ground, days: Sequence[dt.date], at: int) -> dt.date | None:
    """The day before position `at` of sorted `days`, if it lies within the time of use."""
    return days[at - 1] if at and days[at - 1] >= ground.window.first else None


def cadence_due(ground: Ground, clause: Clause, before: dt.date | None) -> dt.date | None:
    """The day on which the next report is due after the one of `before` (absent: the first)."""
    parameters, first = clause.parameters, ground.begins(clause)
    if before is not None:
        if parameters.cadence_days is None:
            return None
        return ground.reckoning(clause).due(max(before, first), parameters.cadence_days)
    days = parameters.first_due_days or parameters.cadence_days
    if days is None and parameters.first_due_days is None:
        return None
    return ground.reckoning(clause).due(max(ground.window.first, first), days or 0)


def request_due(ground: Ground, clause: Clause, request: Request) -> dt.date | None:
    """The day by which a request has to be met: as set in it, else as the clause says; `None`: no day is set."""
    if request.kind not in ON_REQUEST.get(clause.kind, ()) or ground.begins(clause) > request.asked:
        return None
    days = clause.parameters.answer_days
    return request.until or (ground.reckoning(clause).due(request.asked, days) if days is not None else None)


def band_when_late(ground: Ground, days: int) -> Band:
    """Where what came `days` late stands: one step below what its silence had come to."""
    if days >= ground.weights.silence_alert:
        return "review"
    return "watch" if days >= ground.weights.silence_review else "context"
