"""What is due and has not come: reports, inventories, inspections, answers. Time is the greatest tick."""

from __future__ import annotations

import pytest

from builders import a_clause, a_decision, a_delivery, a_license, a_report, alert_on, assessed, at, day, period
from schemas import Alert, Decision
from schemas.license import StatusChange

CADENCE = a_clause("reporting_cadence", cadence_days=180, first_due_days=90)
ANSWERS = a_clause("cooperate_with_inquiry", answer_days=30)
ACCESS = a_clause("inspection_access", answer_days=30)


def silence(today, *facts, clause=CADENCE, license=None, delivered=True):
    """The silent case on `clause` in XA on the day `today`, or `None`."""
    license = license or a_license(clauses=(clause,))
    deliveries = (a_delivery(license),) if delivered else ()
    alert = alert_on(assessed(license, *deliveries, *facts, today=day(today)), clause.id)
    return next((c for c in alert.cases if c.kind == "silence"), None) if alert else None


def test_before_the_day_nothing_is_overdue_and_after_it_something_is():
    assert silence("2023-05-30") is None
    case = silence("2023-05-31")
    assert (case.band, case.due, case.rule) == ("watch", day("2023-05-30"), "report_overdue")
    assert "none has come since the first delivery on 1 March 2023" in case.sentence


@pytest.mark.parametrize(
    ("today", "band"), [("2023-07-28", "watch"), ("2023-07-29", "review"), ("2023-09-27", "alert")]
)
def test_silence_presses_more_the_longer_it_lasts(today, band):
    assert silence(today).band == band


def test_without_a_recorded_delivery_no_duty_has_begun():
    assert silence("2026-06-01", delivered=False) is None


def test_a_report_in_time_starts_the_next_cadence():
    came = a_report(a_license(), performed=period("2023-05-01"))
    assert silence("2023-10-28", came) is None
    case = silence("2023-10-29", came)
    assert case.due == day("2023-10-28")
    assert "the last came on 1 May 2023" in case.sentence
    assert "report:embassy-qm:R1" in {e.fact for e in case.evidence}


def test_a_duty_to_report_once_is_met_by_one_report():
    once = a_clause("reporting_cadence", first_due_days=90)
    came = a_report(a_license(), performed=period("2023-05-01"))
    assert silence("2026-06-01", came, clause=once) is None
    assert silence("2026-06-01", clause=once) is not None


def test_a_clause_without_days_is_never_overdue():
    assert silence("2026-06-01", clause=a_clause("reporting_cadence")) is None


@pytest.mark.parametrize(
    "report",
    [
        {"outcome": "access_refused"},
        {"kind": "sighting"},
        {"performed": period("2023-02-01")},
        {"tense": "test"},
    ],
    ids=["refused", "a sighting", "before the delivery", "a test"],
)
def test_what_is_no_report_leaves_the_silence(report):
    assert silence("2024-06-01", a_report(a_license(), **report)).due == day("2023-05-30")


def test_a_report_on_another_destination_leaves_the_silence_here():
    elsewhere = a_report(a_license(destination="XB"))
    assert silence("2024-06-01", elsewhere).due == day("2023-05-30")


def test_a_report_that_covers_this_destination_breaks_the_silence():
    both = a_report(a_license(destination="XB"), covers=("XA", "XB"), performed=period("2024-05-20"))
    assert silence("2024-06-01", both) is None


def test_an_inventory_is_asked_for_by_itself():
    clause = a_clause("item_inventory", cadence_days=365, first_due_days=30)
    written = a_report(a_license(), kind="periodic_self_report", performed=period("2023-03-20"))
    assert silence("2023-06-01", written, clause=clause).rule == "inventory_overdue"
    counted = a_report(a_license(), kind="inventory_initial", performed=period("2023-03-20"))
    assert silence("2023-06-01", counted, clause=clause) is None


def test_a_duty_that_ends_before_the_day_is_never_due():
    ended = a_clause("reporting_cadence", first_due_days=90, valid_to=day("2023-05-01"))
    assert silence("2024-06-01", clause=ended) is None


def test_a_duty_that_does_not_outlive_the_license_ends_with_it():
    bound = a_clause("reporting_cadence", first_due_days=90, outlives_license=False)
    revoked = a_license(clauses=(bound,), status_history=(StatusChange(status="revoked", at=day("2023-05-01")),))
    assert silence("2024-06-01", clause=bound, license=revoked) is None
    free = a_clause("reporting_cadence", first_due_days=90, outlives_license=True)
    revoked = a_license(clauses=(free,), status_history=(StatusChange(status="revoked", at=day("2023-05-01")),))
    assert silence("2024-06-01", clause=free, license=revoked) is not None


def test_a_duty_ends_when_all_pieces_are_proven_gone():
    gone = a_delivery(a_license(), "D2", kind="disposal", delivered=period("2023-05-01"))
    assert silence("2024-06-01", gone) is None


def test_a_waived_duty_is_not_due():
    assert silence("2024-06-01", clause=a_clause("reporting_cadence", first_due_days=90, waived=True)) is None


def test_an_amended_cadence_counts_from_its_own_version():
    first = a_clause("reporting_cadence", first_due_days=90, cadence_days=180, valid_to=day("2023-12-31"))
    second = a_clause("reporting_cadence", cadence_days=30, version=2, valid_from=day("2024-01-01"))
    license = a_license(clauses=(first, second))
    came = a_report(a_license(), performed=period("2023-12-20"))
    case = silence("2024-06-01", came, clause=first, license=license)
    assert case.due == day("2024-01-19")


# --- what the authority asked for ------------------------------------------------------------------------------------


def asked(clause, kind, id="A1", on="2024-02-01", until=None):
    """A request of the authority under the alert on `clause`."""
    alert = Alert(id=f"XA~authority:L1~{clause.id}", destination="XA")
    return a_decision(alert, kind, id, at=at(on), until=day(until) if until else None)


def test_an_inquiry_that_was_not_answered_in_time_is_found():
    request = asked(ANSWERS, "ask_exporter")
    assert silence("2024-03-02", request, clause=ANSWERS) is None
    case = silence("2024-03-03", request, clause=ANSWERS)
    assert case.rule == "inquiry_unanswered"
    assert "the exporter was asked on 1 February 2024; the answer was due on 2 March 2024" in case.sentence


def test_the_day_set_in_the_request_counts_before_that_of_the_clause():
    request = asked(ANSWERS, "ask_end_user", until="2024-02-10")
    assert silence("2024-02-11", request, clause=ANSWERS).due == day("2024-02-10")


def test_an_answer_breaks_the_silence_and_one_from_before_does_not():
    request = asked(ANSWERS, "ask_exporter")
    answer = {"kind": "exporter_report", "reporter_role": "exporter"}
    assert (
        silence("2024-06-01", request, a_report(a_license(), performed=period("2024-02-20"), **answer), clause=ANSWERS)
        is None
    )
    assert silence(
        "2024-06-01", request, a_report(a_license(), performed=period("2024-01-20"), **answer), clause=ANSWERS
    )


def test_an_answer_of_somebody_else_is_no_answer():
    request = asked(ANSWERS, "ask_end_user")
    other = a_report(a_license(), performed=period("2024-02-20"), kind="exporter_report", reporter_role="exporter")
    assert silence("2024-06-01", request, other, clause=ANSWERS) is not None


def test_an_inspection_that_was_ordered_and_did_not_happen_is_found():
    order = asked(ACCESS, "order_check")
    case = silence("2024-06-01", order, clause=ACCESS)
    assert case.rule == "inspection_unanswered"
    visit = a_report(a_license(), kind="post_shipment", performed=period("2024-02-20"), outcome="favourable")
    assert silence("2024-06-01", order, visit, clause=ACCESS) is None


def test_a_request_under_another_clause_of_the_license_is_heard_too():
    request = asked(CADENCE, "ask_exporter")
    assert silence("2024-06-01", request, clause=ANSWERS) is not None


def test_a_request_under_another_license_is_not_ours():
    alert = Alert(id="XA~authority:L2~cooperate-with-inquiry", destination="XA")
    request = a_decision(alert, "ask_exporter", at=at("2024-02-01"))
    assert isinstance(request, Decision)
    assert silence("2024-06-01", request, clause=ANSWERS) is None


def test_a_request_before_the_duty_began_is_not_due():
    later = a_clause("cooperate_with_inquiry", answer_days=30, valid_from=day("2024-03-01"))
    assert silence("2024-06-01", asked(later, "ask_exporter"), clause=later) is None


def test_an_answer_to_one_request_is_no_answer_to_another():
    requests = (asked(ANSWERS, "ask_exporter", "A1"), asked(ANSWERS, "ask_end_user", "A2"))
    answer = a_report(
        a_license(), performed=period("2024-02-20"), kind="exporter_report", reporter_role="exporter",
        answers_request="authority:A1",
    )  # fmt: skip
    case = silence("2024-06-01", *requests, answer, clause=ANSWERS)
    assert case is not None
    assert "the end user was asked" in case.sentence
