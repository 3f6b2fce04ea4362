"""What is due and has not come: reports, inventories, inspections, answers. Time is the greatest tick."""

from __future__ import annotations

import pytest

from builders import a_clause, a_decision, a_delivery, a_license, a_report, alert_on, assessed, at, day, period
from schemas import Alert, Decision
from schemas.delivery import DeliveredItem
from schemas.license import Consent, StatusChange
from schemas.report import ClauseFinding, ReportedItem

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


def test_each_request_that_nobody_answered_is_a_silence_of_its_own():
    license = a_license(clauses=(ANSWERS,))
    requests = (asked(ANSWERS, "ask_exporter", "A1"), asked(ANSWERS, "ask_end_user", "A2"))
    alert = alert_on(assessed(license, a_delivery(license), *requests, today=day("2024-06-01")), ANSWERS.id)
    assert sorted(c.key for c in alert.cases) == [
        "silence:cooperate-with-inquiry:2024-03-02:authority:A1",
        "silence:cooperate-with-inquiry:2024-03-02:authority:A2",
    ]


# --- who waits for whom ----------------------------------------------------------------------------------------------


def waits(*facts, clause, today="2024-06-01"):
    """Who waits for whom, on the alert on `clause`: (for whom, for what, since, until)."""
    license = a_license(clauses=(clause,))
    alert = alert_on(assessed(license, a_delivery(license), *facts, today=day(today)), clause.id)
    assert all(w.waits == "authority" for w in alert.waiting)
    return [(w.on, w.what, w.since, w.until) for w in alert.waiting], alert


def test_a_report_that_is_due_is_awaited_since_the_last_one_from_whose_duty_it_is():
    found, alert = waits(a_report(a_license(), performed=period("2023-05-01")), clause=CADENCE)
    assert found == [("end_user", "a report", day("2023-05-01"), day("2023-10-28"))]
    assert alert.waiting_for == (
        "The authority waits for the end user: a report, since 1 May 2023, due on 28 October 2023."
    )


def test_a_clause_says_itself_whose_duty_it_is():
    exporter = a_clause("reporting_cadence", first_due_days=90, owed_by="exporter")
    found, _ = waits(clause=exporter)
    assert found == [("exporter", "a report", day("2023-03-01"), day("2023-05-30"))]


def test_what_was_asked_is_awaited_from_whom_it_was_asked_once():
    requests = (asked(ANSWERS, "ask_end_user", "A2", on="2024-02-05"), asked(ANSWERS, "ask_exporter", "A1"))
    found, alert = waits(*requests, clause=ANSWERS)
    assert found == [
        ("exporter", "an answer", day("2024-02-01"), day("2024-03-02")),
        ("end_user", "an answer", day("2024-02-05"), day("2024-03-06")),
    ]
    assert alert.waiting_for.endswith("And 1 more.")


def test_nobody_waits_for_what_came_late():
    license = a_license(clauses=(CADENCE,))
    late = a_report(license, performed=period("2023-12-01"))
    alert = alert_on(assessed(license, a_delivery(license), late, today=day("2024-01-01")), CADENCE.id)
    assert alert.waiting == ()
    assert alert.waiting_for is None


# --- working days and the midnight of the place ----------------------------------------------------------------------


@pytest.mark.parametrize(("today", "overdue"), [("2024-02-15", False), ("2024-02-16", True)])
def test_an_answer_in_ten_working_days_is_due_when_ten_of_them_are_over(today, overdue):
    # Asked on Thursday 1 February 2024; Saturday and Sunday are free: the tenth is Thursday the 15th.
    clause = a_clause("cooperate_with_inquiry", answer_days=10, day_kind="working", calendar="xa-demo")
    case = silence(today, asked(clause, "ask_exporter"), clause=clause)
    assert (case is not None) == overdue
    assert not overdue or "due on 15 February 2024 (in working days)" in case.sentence


def test_where_the_week_ends_on_friday_other_days_are_counted():
    clause = a_clause("cooperate_with_inquiry", answer_days=1, day_kind="working", calendar="xm-demo")
    # Asked on Thursday 4 July 2024: Friday and Saturday are free since that week.
    assert silence("2024-08-01", asked(clause, "ask_exporter", on="2024-07-04"), clause=clause).due == day("2024-07-07")
    # Before, Thursday and Friday were: asked on Wednesday 26 June.
    assert silence("2024-08-01", asked(clause, "ask_exporter", on="2024-06-26"), clause=clause).due == day("2024-06-29")


@pytest.mark.parametrize(("zone", "first"), [("Asia/Tokyo", "2023-05-31"), ("America/Lima", "2023-06-01")])
def test_silence_is_heard_with_the_first_tick_after_midnight_where_the_day_ends(zone, first):
    clause = a_clause("reporting_cadence", first_due_days=90, zone=zone)
    before = (day(first) - (day("2023-05-31") - day("2023-05-30"))).isoformat()
    assert silence(before, clause=clause) is None
    assert silence(first, clause=clause).due == day("2023-05-30")


# --- other duties that have a day ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("today", "found"), [("2023-03-21", False), ("2023-03-22", True)])
def test_a_shipment_has_to_be_verified_on_arrival(today, found):
    clause = a_clause("reporting_cadence", verification_days=20)
    case = silence(today, clause=clause)
    assert (case is not None) == found
    assert not found or case.rule == "arrival_unverified"


def test_a_log_has_to_be_presented_as_often_as_the_clause_says():
    clause = a_clause("audit_log_retention", first_due_days=30)
    assert silence("2023-03-31", clause=clause) is None
    assert silence("2023-04-01", clause=clause).rule == "log_overdue"
    shown = a_report(a_license(), performed=period("2023-03-20"), log_status="complete")
    assert silence("2023-04-01", shown, clause=clause) is None
    withheld = a_report(a_license(), performed=period("2023-03-20"), log_status="refused")
    assert silence("2023-04-01", withheld, clause=clause) is not None


@pytest.mark.parametrize(
    "kind",
    ["legal_authorisation", "physical_security", "configuration_limit", "capacity_limit", "data_handling", "other"],
)
def test_what_has_to_be_shown_at_intervals_and_was_not_checked_is_not_shown(kind):
    clause = a_clause(kind, first_due_days=30)
    assert silence("2023-03-31", clause=clause) is None
    case = silence("2023-04-01", clause=clause)
    assert case.rule == "not_shown_in_time"
    assert case.verdict == ("engaged" if kind == "other" else "appears_inconsistent")
    for result, still in (("satisfied", False), ("not_checked", True)):
        word = (ClauseFinding(clause=clause.id, result=result),)
        told = a_report(a_license(), performed=period("2023-03-20"), clause_findings=word)
        assert (silence("2023-04-01", told, clause=clause) is not None) == still


NOTICE = a_clause("notify_loss_or_breach", notice_hours=72)


def test_a_loss_that_others_found_and_nobody_told_is_a_silence():
    missing = (ReportedItem(missing_serials=("SN-2",)),)
    found = a_report(a_license(), performed=period("2024-01-10"), reporter_role="embassy", items=missing)
    assert silence("2024-01-13", found, clause=NOTICE) is None
    case = silence("2024-01-14", found, clause=NOTICE)
    assert case.rule == "loss_found_and_not_notified"
    assert "serial SN-2 was found missing on 10 January 2024" in case.sentence
    told = a_report(a_license(), "R2", kind="loss_theft_notice", performed=period("2024-01-05"), items=missing)
    assert silence("2024-02-01", found, told, clause=NOTICE) is None
    other = a_report(
        a_license(), "R2", kind="loss_theft_notice", performed=period("2024-01-05"),
        items=(ReportedItem(missing_serials=("SN-1",)),),
    )  # fmt: skip
    assert silence("2024-02-01", found, other, clause=NOTICE) is not None
    seen = a_report(a_license(), "R3", performed=period("2024-01-12"), items=(ReportedItem(serials=("SN-2",)),))
    assert silence("2024-02-01", found, seen, clause=NOTICE) is None


DISPOSAL = a_clause("disposal", disposal_days=60, proof_days=30)
CONSENT = Consent(kind="disposal", valid_from=day("2023-01-01"))


def disposed(on, *serials):
    return a_delivery(
        a_license(), "D2", kind="disposal", delivered=period(on), items=(DeliveredItem(item_ref="i1", serials=serials),)
    )


@pytest.mark.parametrize(("today", "found"), [("2026-03-01", False), ("2026-03-02", True)])
def test_all_pieces_have_to_be_gone_some_days_after_the_license(today, found):
    # The license ended on 31 December 2025; 60 days later is 1 March 2026.
    license = a_license(clauses=(DISPOSAL,), consents=(CONSENT,))
    case = silence(today, clause=DISPOSAL, license=license)
    assert (case is not None) == found
    assert not found or case.rule == "disposal_overdue"
    assert silence("2026-06-01", disposed("2026-02-01", "SN-1"), clause=DISPOSAL, license=license) is not None


def test_a_disposal_has_to_be_proven():
    license = a_license(clauses=(DISPOSAL,), consents=(CONSENT,))
    gone = disposed("2024-01-10", "SN-1", "SN-2")
    assert silence("2024-02-09", gone, clause=DISPOSAL, license=license) is None
    case = silence("2024-02-10", gone, clause=DISPOSAL, license=license)
    assert case.rule == "proof_of_disposal_overdue"
    proof = a_report(a_license(), kind="disposal_notice", performed=period("2024-01-20"), proof_hash="aaaaaaaa")
    assert silence("2024-06-01", gone, proof, clause=DISPOSAL, license=license) is None


def test_when_all_is_gone_the_deletion_of_the_data_has_to_be_proven():
    clause = a_clause("data_handling", proof_days=30)
    gone = disposed("2024-01-10", "SN-1", "SN-2")
    assert silence("2024-06-01", clause=clause) is None, "the system is still there"
    assert silence("2024-02-09", gone, clause=clause) is None
    assert silence("2024-02-10", gone, clause=clause).rule == "deletion_unproven"
    shown = (ClauseFinding(clause=clause.id, result="satisfied"),)
    told = a_report(a_license(), performed=period("2024-01-20"), clause_findings=shown)
    assert silence("2024-06-01", gone, told, clause=clause) is None


def test_pieces_that_went_under_a_consent_have_to_come_back_when_it_ends():
    clause = a_clause("no_retransfer", return_days=10)
    lent = Consent(kind="retransfer", destination="XB", valid_from=day("2023-06-01"), valid_to=day("2023-12-31"))
    license = a_license(clauses=(clause,), consents=(lent,))
    away = a_delivery(
        license, "D2", delivered_to="XB", kind="maintenance", delivered=period("2023-07-01"),
        items=(DeliveredItem(item_ref="i1", serials=("SN-1",)),),
    )  # fmt: skip
    assert silence("2024-01-10", away, clause=clause, license=license) is None
    case = silence("2024-01-11", away, clause=clause, license=license)
    assert case.rule == "not_back_after_consent"
    assert "consent to have serial SN-1 in XB ended on 31 December 2023" in case.sentence
    back = a_delivery(
        license, "D3", kind="return", delivered=period("2024-01-05"),
        items=(DeliveredItem(item_ref="i1", serials=("SN-1",)),),
    )  # fmt: skip
    assert silence("2024-06-01", away, back, clause=clause, license=license) is None


def test_a_step_that_was_ordered_has_to_be_confirmed():
    ladder = a_clause("sanction_ladder", steps=("suspend", "vendor_restrict", "revoke"))
    order = asked(ladder, "vendor_restrict", until="2024-02-10")
    assert silence("2024-02-10", order, clause=ladder) is None
    case = silence("2024-02-11", order, clause=ladder)
    assert (case.rule, case.verdict) == ("step_not_confirmed", "engaged")
    assert case.waiting.on == "vendor"
    for did, still in (("under_review", True), ("restricted", False)):
        told = a_report(a_license(), kind="vendor_action", vendor_action=did, performed=period("2024-02-05"))
        assert (silence("2024-03-01", order, told, clause=ladder) is not None) == still


def test_every_alert_on_the_license_shows_the_next_step_that_the_pledge_foresees():
    ladder = a_clause("sanction_ladder", steps=("ask_end_user", "suspend", "revoke"))
    license = a_license(clauses=(CADENCE, ladder))
    world = (license, a_delivery(license), asked(CADENCE, "ask_end_user"))
    alert = alert_on(assessed(*world, today=day("2024-06-01")), CADENCE.id)
    foreseen = {o.kind: o.foreseen for o in alert.options if o.foreseen}
    assert foreseen == {
        "ask_end_user": "step 1 of 3 that the pledge foresees (clause sanction-ladder): taken",
        "suspend": "step 2 of 3 that the pledge foresees (clause sanction-ladder): next",
        "revoke": "step 3 of 3 that the pledge foresees (clause sanction-ladder): later",
    }
