"""Both sides of each line that a clause rule draws: on the one the rule is silent, on the other it speaks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from builders import (
    a_clause,
    a_decision,
    a_delivery,
    a_license,
    a_policy,
    a_report,
    a_tick,
    an_incident,
    at,
    day,
    period,
)
from laws import Core, alerts_of
from schemas import Alert, AnyFact, Clause
from schemas.delivery import DeliveredItem
from schemas.license import Consent
from schemas.report import ReportedItem

CONSENTS = (Consent(kind="disposal", valid_from=day("2023-01-01")),)


class Line(NamedTuple):
    """A line: the rule, the clause, and a world on either side of it."""

    rule: str
    clause: Clause
    silent: Sequence[AnyFact]
    speaks: Sequence[AnyFact]
    until: str = "2026-06-01"
    """The day until which it is silent, where the day makes the difference; then `speaks` is a day later."""
    then: str = "2026-06-01"


def report(on: str, id: str = "R1", **said: object) -> AnyFact:
    return a_report(a_license(), id, **{"performed": period(on)} | said)


def asked(clause: Clause, kind: str, on: str, **said: object) -> AnyFact:
    alert = Alert(id=f"XA~authority:L1~{clause.id}", destination="XA")
    return a_decision(alert, kind, "A1", at=at(on), **said)


def gone(on: str, *serials: str) -> AnyFact:
    items = (DeliveredItem(item_ref="i1", serials=serials),)
    return a_delivery(a_license(), "D2", kind="disposal", delivered=period(on), items=items)


def upgrade(**item: object) -> AnyFact:
    return a_delivery(a_license(), "D2", kind="upgrade", items=(DeliveredItem(item_ref="i1", **item),))


CADENCE = a_clause("reporting_cadence", cadence_days=180, first_due_days=90)
WEST = a_clause("reporting_cadence", first_due_days=90, zone="America/Lima")
WORKING = a_clause("cooperate_with_inquiry", answer_days=10, day_kind="working", calendar="xa-demo")
MIDSUMMER = a_clause("cooperate_with_inquiry", answer_days=1, day_kind="working", calendar="xa-demo")
ANSWERS = a_clause("cooperate_with_inquiry", answer_days=30)
ACCESS = a_clause("inspection_access", answer_days=30)
DATA = a_clause("data_handling", retention_days=90)
NOTICE = a_clause("notify_loss_or_breach", notice_hours=72)
LOG = a_clause("audit_log_retention", retention_days=90)
DISPOSAL = a_clause("disposal", disposal_days=60)
CAPACITY = a_clause("capacity_limit", limit=40)
REPLY = {"kind": "end_user_reply", "reporter_role": "end_user"}
ASKED_IN_PART = asked(ANSWERS, "ask_end_user", "2023-06-01", points=("a", "b"))
FOUR_PIECES = asked(ACCESS, "order_check", "2023-06-01", pieces=4)


def visit(presented: int) -> AnyFact:
    return report(
        "2023-06-10", kind="post_shipment", outcome="inconclusive", items=(ReportedItem(presented=presented),)
    )


LINES = (
    Line("report_overdue", CADENCE, (), (), "2023-05-30", "2023-05-31"),
    Line("report_overdue", WEST, (), (), "2023-05-31", "2023-06-01"),
    Line("inquiry_unanswered", WORKING, *[(asked(WORKING, "ask_exporter", "2024-02-01"),)] * 2, "2024-02-15", "2024-02-16"),
    Line("inquiry_unanswered", MIDSUMMER, *[(asked(MIDSUMMER, "ask_exporter", "2026-06-23"),)] * 2, "2026-06-25", "2026-06-26"),
    Line("came_late", CADENCE, (report("2023-05-30"),), (report("2023-05-31"),), "2023-06-02", "2023-06-02"),
    Line(
        "answer_came_late", ANSWERS, (asked(ANSWERS, "ask_end_user", "2023-06-01"), report("2023-07-01", **REPLY)),
        (asked(ANSWERS, "ask_end_user", "2023-06-01"), report("2023-07-02", **REPLY)),
    ),
    Line(
        "inquiry_unanswered", ANSWERS, (asked(ANSWERS, "ask_end_user", "2023-06-01"), report("2023-06-01", **REPLY)),
        (asked(ANSWERS, "ask_end_user", "2023-06-01"), report("2023-05-31", **REPLY)),
    ),
    Line(
        "answer_covers_less", ANSWERS, (ASKED_IN_PART, report("2023-06-10", points=("a", "b"), **REPLY)),
        (ASKED_IN_PART, report("2023-06-10", points=("a",), **REPLY)),
    ),
    Line("answer_covers_less", ACCESS, (FOUR_PIECES, visit(4)), (FOUR_PIECES, visit(3))),
    Line("data_kept_beyond", DATA, (report("2023-09-01", data_kept_days=90),), (report("2023-09-01", data_kept_days=91),)),
    Line(
        "notice_came_late", NOTICE,
        (report("2023-09-05", kind="loss_theft_notice", noticed=period("2023-09-01")),),
        (report("2023-09-06", kind="loss_theft_notice", noticed=period("2023-09-01")),),
    ),
    Line(
        "log_covers_too_little", LOG,
        (report("2023-09-01", log_status="complete", log_covered=period("2023-06-03", "2023-09-01")),),
        (report("2023-09-01", log_status="complete", log_covered=period("2023-06-04", "2023-09-01")),),
    ),
    Line("more_capacity_than_allowed", CAPACITY, (upgrade(capacity=40),), (upgrade(capacity=41),)),
    Line("fewer_disposed_than_came", DISPOSAL, (gone("2026-01-15", "SN-1", "SN-2"),), (gone("2026-01-15", "SN-1"),)),
    Line(
        "more_received_than_licensed", a_clause("validity"),
        (report("2023-09-01", items=(ReportedItem(delivered=10),)),),
        (report("2023-09-01", items=(ReportedItem(delivered=11),)),),
    ),
    Line(
        "seen_after_its_disposal", DISPOSAL,
        (gone("2023-06-01", "SN-1"), report("2023-06-01", items=(ReportedItem(serials=("SN-1",)),))),
        (gone("2023-06-01", "SN-1"), report("2023-06-02", items=(ReportedItem(serials=("SN-1",)),))),
    ),
    Line("disposal_overdue", DISPOSAL, (), (), "2026-03-01", "2026-03-02"),
    Line("known_and_not_notified", NOTICE, (an_incident(),), (an_incident(),), "2025-05-04", "2025-05-05"),
)  # fmt: skip
LATE = (("2023-07-28", "context"), ("2023-07-29", "watch"), ("2023-09-26", "watch"), ("2023-09-27", "review"))
"""A first report due on 30 May 2023, when it came, and where it stands: one step below what silence had come to."""


def each_line_is_held(core: Core) -> None:
    """Every rule is silent on the one side of its line and speaks on the other."""
    for line in LINES:
        assert line.rule not in said(core, line.clause, line.silent, line.until), f"{line.rule} speaks too soon"
        assert line.rule in said(core, line.clause, line.speaks, line.then), f"{line.rule} is silent"
    for on, band in LATE:
        assert said(core, CADENCE, (report(on),), "2023-12-01")["came_late"] == ("appears_inconsistent", band), on


def judgment_is_the_officers(core: Core) -> None:
    """A clause of judgment is only ever engaged, whatever its rule found and wherever it stands."""
    lawful = an_incident(alleged_purpose="terrorism", victims=())
    purpose = a_clause("permitted_purpose", purposes=("terrorism",))
    assert said(core, purpose, (lawful,), "2026-06-01") == {"used_outside_permitted_purpose": ("engaged", "context")}
    strict = a_clause("reporting_cadence", first_due_days=90, checkability="C")
    assert said(core, strict, (), "2023-05-31") == {"report_overdue": ("engaged", "watch")}


def said(core: Core, clause: Clause, facts: Sequence[AnyFact], today: str) -> dict[str, tuple[str, str]]:
    """By rule that has a word on the clause: what, and where it stands."""
    license = a_license(clauses=(clause,), consents=CONSENTS)
    world = [license, a_delivery(license), a_policy(), a_tick(dt.date.fromisoformat(today)), *facts]
    alert = alerts_of(core, world).get(f"XA~authority:L1~{clause.id}")
    return {c.rule: (c.verdict, c.band) for c in alert.cases} if alert else {}
