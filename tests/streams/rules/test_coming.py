"""How something owed came: late, in part, or as a refusal. Three findings; each ends the silence."""

from __future__ import annotations

import pytest

from builders import (
    a_clause,
    a_decision,
    a_delivery,
    a_license,
    a_policy,
    a_report,
    alert_on,
    assessed,
    at,
    day,
    period,
)
from schemas import Alert
from schemas.delivery import DeliveredItem
from schemas.report import ReportedItem
from streams.rules.coming import SHOWN

CADENCE = a_clause("reporting_cadence", cadence_days=180, first_due_days=90)
INVENTORY = a_clause("item_inventory", cadence_days=365, first_due_days=30)
ANSWERS = a_clause("cooperate_with_inquiry", answer_days=30)
ACCESS = a_clause("inspection_access", answer_days=30)


def cases(clause, *facts, today="2023-12-01"):
    """The cases on `clause` in XA by rule; everything was delivered on 1 March 2023."""
    license = a_license(clauses=(clause,))
    alert = alert_on(assessed(license, a_delivery(license), *facts, today=day(today)), clause.id)
    return {c.rule: c for c in alert.cases} if alert else {}


def came(on, id="R1", **changed):
    performed = on if not isinstance(on, str) else period(on)
    return a_report(a_license(), id, **{"performed": performed} | changed)


def asked(clause, kind, id="A1", on="2023-06-01", until=None, **more):
    alert = Alert(id=f"XA~authority:L1~{clause.id}", destination="XA")
    return a_decision(alert, kind, id, at=at(on), until=day(until) if until else None, **more)


# --- late ------------------------------------------------------------------------------------------------------------


def test_a_report_on_its_day_is_not_late_and_one_of_the_next_day_is():
    assert "came_late" not in cases(CADENCE, came("2023-05-30"), today="2023-06-01")
    late = cases(CADENCE, came("2023-05-31"), today="2023-06-01")["came_late"]
    assert "it was due on 30 May 2023 and came 1 day late" in late.sentence


def test_a_report_that_may_have_come_in_time_is_not_late():
    assert "came_late" not in cases(CADENCE, came(period("2023-05-30", "2023-07-01")), today="2023-07-02")
    assert "came_late" not in cases(CADENCE, came(period("2023-05-01", precision="month")), today="2023-07-02")


@pytest.mark.parametrize(
    ("on", "band"),
    # Due on 30 May 2023; 59, 60, 119 and 120 days late.
    [("2023-07-28", "context"), ("2023-07-29", "watch"), ("2023-09-26", "watch"), ("2023-09-27", "review")],
)
def test_what_came_late_stands_one_step_below_what_its_silence_had_come_to(on, band):
    assert cases(CADENCE, came(on), today="2023-10-01")["came_late"].band == band


def test_what_came_late_ends_the_silence():
    assert "report_overdue" in cases(CADENCE, today="2023-07-28")
    assert set(cases(CADENCE, came("2023-07-28"), today="2023-07-28")) == {"came_late"}


def test_each_report_is_held_against_the_one_before_it():
    first, second = came("2023-05-01"), came("2023-11-10", "R2")
    found = cases(CADENCE, first, second)["came_late"]
    assert found.members == ("embassy-qm:R2",)
    assert "was due on 28 October 2023 and came 13 days late" in found.sentence


def test_a_late_inventory_is_told_by_the_inventory_before_it():
    written = came("2023-03-20")
    counted = came("2023-04-20", "R2", kind="inventory_initial")
    late = cases(INVENTORY, written, counted)["came_late"]
    assert "was due on 31 March 2023 and came 20 days late" in late.sentence


def test_a_refusal_is_not_a_late_report():
    assert set(cases(CADENCE, came("2023-07-01", outcome="access_refused"))) == {"report_overdue"}


def test_what_was_reported_before_the_delivery_is_neither_late_nor_a_report():
    assert set(cases(CADENCE, came("2023-02-01"))) == {"report_overdue"}


def test_the_alternatives_of_a_late_report_are_the_post_force_and_another_count():
    late = cases(CADENCE, came("2023-08-01"))["came_late"]
    assert {a.kind for a in late.alternatives} == {"carrier_delay", "force_majeure", "other_reckoning"}
    assert late.waiting is None


def test_force_majeure_that_the_report_gives_itself_is_told_as_such():
    late = cases(CADENCE, came("2023-08-01", reason_codes=("force_majeure",)))["came_late"]
    (reason,) = [a.reason for a in late.alternatives if a.kind == "force_majeure"]
    assert reason == "the report gives it as the reason"


def test_late_is_counted_in_the_working_days_of_the_place():
    calendar = {"day_kind": "working", "calendar": "xa-demo"}
    clause = a_clause("reporting_cadence", first_due_days=10, **calendar)
    # Ten working days from Wednesday 1 March 2023: Wednesday 15 March; calendar days would end on the 11th.
    assert "came_late" not in cases(clause, came("2023-03-15"))
    late = cases(clause, came("2023-03-16"))["came_late"]
    assert "was due on 15 March 2023 (in working days" in late.sentence


def test_a_shipment_verified_after_its_day_is_late_and_on_its_day_is_not():
    clause = a_clause("reporting_cadence", verification_days=20)
    verified = {"kind": "delivery_verification"}
    assert cases(clause, came("2023-03-21", **verified)) == {}
    late = cases(clause, came("2023-03-22", **verified))["verified_late"]
    assert "the verification of the delivery of 1 March 2023 was due on 21 March 2023" in late.sentence


def test_each_shipment_has_its_own_verification():
    clause = a_clause("reporting_cadence", verification_days=20)
    second = a_delivery(
        a_license(), "D2", delivered=period("2023-06-01"), items=(DeliveredItem(item_ref="i1", serials=("SN-3",)),)
    )
    first = came("2023-03-21", kind="delivery_verification")
    assert "arrival_unverified" in cases(clause, second, first, today="2023-06-22")
    assert "arrival_unverified" not in cases(clause, second, first, today="2023-06-21")
    late = came("2023-06-25", "R2", kind="delivery_verification")
    assert set(cases(clause, second, first, late, today="2023-06-26")) == {"verified_late"}


def test_an_answer_on_its_day_is_not_late_and_one_of_the_next_day_is():
    request = asked(ANSWERS, "ask_exporter")
    answer = {"kind": "exporter_report", "reporter_role": "exporter"}
    assert cases(ANSWERS, request, came("2023-07-01", **answer)) == {}
    late = cases(ANSWERS, request, came("2023-07-02", **answer))
    assert set(late) == {"answer_came_late"}
    assert "what was asked for on 1 June 2023 was due on 1 July 2023 and came 1 day late" in (
        late["answer_came_late"].sentence
    )


def test_only_the_first_answer_can_be_late():
    request = asked(ANSWERS, "ask_exporter")
    answer = {"kind": "exporter_report", "reporter_role": "exporter"}
    assert cases(ANSWERS, request, came("2023-06-20", **answer), came("2023-09-20", "R2", **answer)) == {}


def test_an_inspection_that_took_place_after_its_day_is_late():
    order = asked(ACCESS, "order_check", until="2023-06-15")
    visit = {"kind": "post_shipment", "outcome": "favourable"}
    assert cases(ACCESS, order, came("2023-06-15", **visit)) == {}
    assert set(cases(ACCESS, order, came("2023-06-16", **visit))) == {"answer_came_late"}


# --- in part ---------------------------------------------------------------------------------------------------------


def test_a_report_that_leaves_out_a_site_or_a_point_names_what_is_missing():
    clause = a_clause("reporting_cadence", first_due_days=90, sites=("north", "south"), points=("1", "2", "3"))
    whole = came("2023-05-01", sites=("south",), site_code="north", points=("1", "2", "3", "4"))
    assert cases(clause, whole) == {}
    part = came("2023-05-01", site_code="north", points=("2",))
    case = cases(clause, part)["report_covers_less"]
    assert "it leaves out point 1 and 3 and site south" in case.sentence
    assert case.band == "review"
    assert {a.kind for a in case.alternatives} == {"told_elsewhere", "force_majeure"}


def test_a_report_in_part_and_late_is_both():
    clause = a_clause("reporting_cadence", first_due_days=90, points=("1", "2"))
    assert set(cases(clause, came("2023-09-01", points=("1",)))) == {"report_covers_less", "came_late"}


def test_an_inventory_that_leaves_out_a_serial_is_partial_and_not_a_shortfall():
    part = came("2023-03-20", kind="inventory_initial", items=(ReportedItem(serials=("SN-1",)),))
    found = cases(INVENTORY, part)
    assert set(found) == {"inventory_covers_less"}
    assert "it does not cover serial SN-2" in found["inventory_covers_less"].sentence
    whole = came("2023-03-20", kind="inventory_initial", items=(ReportedItem(serials=("SN-1", "SN-2")),))
    assert cases(INVENTORY, whole) == {}


def test_a_serial_that_was_looked_for_and_not_presented_is_missing_and_not_left_out():
    items = (ReportedItem(serials=("SN-1",), missing_serials=("SN-2",)),)
    found = cases(INVENTORY, came("2023-03-20", kind="inventory_initial", items=items))
    assert set(found) == {"pieces_missing_from_inventory"}


@pytest.mark.parametrize(("verified", "partial"), [(10, False), (9, True)])
def test_pieces_presented_and_not_verified_are_not_covered(verified, partial):
    items = (ReportedItem(delivered=10, presented=10, verified=verified),)
    found = cases(INVENTORY, came("2023-03-20", kind="inventory_initial", items=items))
    assert ("inventory_covers_less" in found) == partial


def test_a_serial_that_was_disposed_of_need_not_be_counted():
    gone = a_delivery(
        a_license(), "D2", kind="disposal", delivered=period("2023-03-10"),
        items=(DeliveredItem(item_ref="i1", serials=("SN-2",)),),
    )  # fmt: skip
    part = came("2023-03-20", kind="inventory_initial", items=(ReportedItem(serials=("SN-1",)),))
    assert "inventory_covers_less" not in cases(INVENTORY, gone, part)


def test_of_many_missing_serials_some_are_named_and_the_rest_are_counted():
    serials = tuple(f"SN-{n:03}" for n in range(SHOWN + 4))
    more = a_delivery(a_license(), "D2", items=(DeliveredItem(item_ref="i1", serials=serials),))
    part = came("2023-03-20", kind="inventory_initial", items=(ReportedItem(serials=("SN-1", "SN-2")),))
    sentence = cases(INVENTORY, more, part)["inventory_covers_less"].sentence
    assert "SN-011 and 4 more" in sentence
    assert "SN-012" not in sentence


def test_an_answer_that_leaves_out_a_question_is_partial_until_the_rest_came():
    request = asked(ANSWERS, "ask_end_user", points=("a", "b", "c"))
    reply = {"kind": "end_user_reply", "reporter_role": "end_user", "answers_request": "authority:A1"}
    first = came("2023-06-10", points=("a",), **reply)
    case = cases(ANSWERS, request, first)["answer_covers_less"]
    assert "of what was asked on 1 June 2023, question b and c is missing" in case.sentence
    assert cases(ANSWERS, request, first, came("2023-06-20", "R2", points=("b", "c"), **reply)) == {}


@pytest.mark.parametrize(("seen", "partial"), [(3, True), (4, False)])
def test_an_inspection_that_saw_fewer_pieces_than_asked_is_partial(seen, partial):
    order = asked(ACCESS, "order_check", pieces=4)
    visit = came("2023-06-10", kind="post_shipment", outcome="inconclusive", items=(ReportedItem(presented=seen),))
    found = cases(ACCESS, order, visit)
    assert ("answer_covers_less" in found) == partial
    assert not partial or "1 of 4 pieces is missing" in found["answer_covers_less"].sentence


def test_an_inspection_that_saw_one_of_two_sites_is_partial():
    order = asked(ACCESS, "order_check", sites=("north", "south"))
    visit = came("2023-06-10", kind="post_shipment", outcome="favourable", site_code="north")
    assert "site south is missing" in cases(ACCESS, order, visit)["answer_covers_less"].sentence


def test_a_host_that_cooperates_in_part_admits_in_part_until_a_later_visit_is_granted():
    visit = came("2023-06-10", kind="post_shipment", method="on_site", outcome="inconclusive", cooperation="partial")
    assert set(cases(ACCESS, visit)) == {"admitted_in_part"}
    again = came("2023-07-10", "R2", kind="compliance_visit", outcome="favourable", cooperation="full")
    assert cases(ACCESS, visit, again) == {}


# --- refused ---------------------------------------------------------------------------------------------------------


def test_an_answer_that_was_refused_is_neither_late_nor_silent_until_one_came():
    request = asked(ANSWERS, "ask_end_user")
    reply = {"kind": "end_user_reply", "reporter_role": "end_user"}
    refusal = came("2023-08-01", cooperation="refused", **reply)
    found = cases(ANSWERS, request, refusal)
    assert set(found) == {"answer_refused"}
    assert {a.kind for a in found["answer_refused"].alternatives} == {"no_power_to_admit", "force_majeure"}
    assert cases(ANSWERS, request, refusal, came("2023-08-20", "R2", **reply)) == {}


def test_an_inspection_that_was_refused_is_no_longer_awaited():
    order = asked(ACCESS, "order_check")
    assert set(cases(ACCESS, order)) == {"inspection_unanswered"}
    refused = came("2023-06-10", kind="post_shipment", outcome="access_refused")
    assert set(cases(ACCESS, order, refused)) == {"inspection_refused"}


def test_late_partial_and_refused_stand_below_or_beside_each_other():
    policy = a_policy()
    assert policy.banding.silence_review.value == 60
    refused = cases(ACCESS, came("2023-06-10", kind="post_shipment", outcome="access_refused", reporter_role="embassy"))
    assert refused["inspection_refused"].band == "alert"
