"""From cases to alerts: closing and reopening, raising each other, what can be stopped, how far it may travel."""

from __future__ import annotations

import msgspec
import pytest

from builders import (
    a_clause,
    a_decision,
    a_delivery,
    a_judgment,
    a_license,
    a_paper,
    a_policy,
    a_publication,
    a_report,
    a_retraction,
    alert_on,
    an_incident,
    assessed,
    at,
    day,
    period,
)  # fmt: skip
from schemas.codec import encode
from schemas.incident import ClaimedProduct
from schemas.license import Pending
from schemas.report import ExaminedIncident

LICENSE = a_license()
WORLD = (LICENSE, a_delivery(LICENSE), an_incident())
PURPOSE = "permitted-purpose"


def the_alert(*facts, clause=PURPOSE, **how):
    alert = alert_on(assessed(*facts, **how), clause)
    assert alert is not None
    return alert


CLOSE = a_decision(the_alert(*WORLD))


# --- decisions -------------------------------------------------------------------------------------------------------


def test_a_decision_that_judged_all_evidence_closes_the_alert():
    alert = the_alert(*WORLD, CLOSE)
    assert (alert.status, alert.band) == ("closed", "context")
    assert [c.open for c in alert.cases] == [False]
    assert [d.close_reason for d in alert.decisions] == ["unfounded"]
    assert alert.first_known is None


def test_a_decision_on_one_clause_closes_no_other():
    assert the_alert(*WORLD, CLOSE, clause="prohibited-target-class").status == "open"


def test_a_new_revision_of_what_was_judged_opens_it_again():
    more = an_incident(revision=2, status="corroborated")
    alert = the_alert(*WORLD, more, CLOSE)
    assert (alert.status, alert.band) == ("open", "alert")
    assert alert.decisions, "the decision stays on the page"


def test_another_account_of_the_same_event_opens_it_again():
    second = a_paper("I2", "paper-a", "o2", duplicate_of="desk:I1")
    assert the_alert(*WORLD, second, CLOSE).status == "open"


def test_another_event_opens_it_again_and_the_judged_case_stays_closed():
    other = an_incident("I2", occurred=period("2024-09-01"), publications=(a_publication(origin="o2"),))
    alert = the_alert(*WORLD, other, CLOSE)
    assert {c.key: c.open for c in alert.cases} == {"incident:desk:I1": False, "incident:desk:I2": True}
    assert (alert.status, alert.band, alert.cases[0].key) == ("open", "alert", "incident:desk:I2")


def test_a_report_that_looked_into_the_incident_opens_it_again():
    looked = a_report(LICENSE, examined=(ExaminedIncident(incident="desk:I1", bearing="supports", verified=("use",)),))
    assert the_alert(*WORLD, looked, CLOSE).status == "open"


def test_a_decision_that_is_taken_back_closes_nothing():
    assert the_alert(*WORLD, CLOSE, a_retraction(CLOSE)).status == "open"
    assert the_alert(*WORLD, msgspec.structs.replace(CLOSE, tense="exercise")).status == "open"


def test_two_decisions_may_judge_the_evidence_together():
    second = a_paper("I2", "paper-a", "o2", duplicate_of="desk:I1")
    both = the_alert(*WORLD, second)
    halves = [
        msgspec.structs.replace(a_decision(both, id=f"C{n}"), judged=(judged,))
        for n, judged in enumerate(a_decision(both).judged)
    ]
    assert len(halves) == 2
    assert the_alert(*WORLD, second, halves[0]).status == "open"
    assert the_alert(*WORLD, second, *halves).status == "closed"


def test_a_decision_that_does_not_close_leaves_it_open_and_acknowledges_it():
    for kind in ("acknowledge", "watch", "order_check"):
        alert = the_alert(*WORLD, a_decision(the_alert(*WORLD), kind))
        assert (alert.status, alert.band) == ("acknowledged", "alert")


def test_an_acknowledgment_of_older_evidence_is_none_of_newer():
    taken = a_decision(the_alert(*WORLD), "acknowledge")
    assert the_alert(*WORLD, an_incident(revision=2, status="contested"), taken).status == "open"


def test_taking_it_on_is_no_news():
    alone, taken = the_alert(*WORLD), the_alert(*WORLD, a_decision(the_alert(*WORLD), "acknowledge"))
    assert alone.version == taken.version
    assert the_alert(*WORLD, CLOSE).version != alone.version


def test_a_passing_day_is_no_news():
    today, later = (the_alert(*WORLD, today=day(d)) for d in ("2026-06-01", "2026-06-02"))
    assert today.version == later.version


def test_the_last_one_it_was_given_to_has_it():
    first = a_decision(the_alert(*WORLD), "assign", "C1", assigned_to="desk 2")
    then = a_decision(the_alert(*WORLD), "assign", "C2", assigned_to="desk 3", at=at("2025-07-02"))
    assert the_alert(*WORLD, then, first).assigned_to == "desk 3"
    assert the_alert(*WORLD).assigned_to is None


def test_who_waits_for_whom_is_said_until_an_answer_came():
    asked = a_decision(the_alert(*WORLD), "ask_exporter", until=day("2026-09-01"))
    assert the_alert(*WORLD, asked).waiting_for == (
        "The authority waits for the exporter: an answer, since 1 July 2025, due on 1 September 2026."
    )
    answer = a_report(
        LICENSE, kind="exporter_report", reporter_role="exporter", performed=period("2025-08-01"),
        answers_request="authority:C1",
    )  # fmt: skip
    assert the_alert(*WORLD, asked, answer).waiting_for is None


def test_a_report_of_somebody_else_is_not_what_the_authority_waits_for():
    asked = a_decision(the_alert(*WORLD), "ask_exporter", until=day("2026-09-01"))
    other = a_report(LICENSE, kind="periodic_self_report", reporter_role="end_user", performed=period("2025-08-01"))
    assert the_alert(*WORLD, asked, other).waiting_for is not None


def test_a_judgment_of_an_exercise_opens_nothing():
    exercise = a_judgment("same_event", ["desk:I1", "desk:I9"], tense="exercise")
    assert the_alert(*WORLD, CLOSE, exercise).status == "closed"


def test_a_duty_that_comes_round_again_is_due_again_though_its_first_silence_was_closed():
    yearly = a_license(clauses=(a_clause("reporting_cadence", first_due_days=90, cadence_days=365),))
    world = (yearly, a_delivery(yearly))
    first = the_alert(*world, clause="reporting-cadence", today=day("2023-06-10"))
    closed = a_decision(first, at=at("2023-06-11"))
    assert the_alert(*world, closed, clause="reporting-cadence", today=day("2023-07-01")).status == "closed"
    assert the_alert(*world, closed, clause="reporting-cadence", today=day("2024-06-10")).status == "open"


# --- raising each other ----------------------------------------------------------------------------------------------

CADENCE = a_clause("reporting_cadence", first_due_days=90)
BOTH = a_license(clauses=(*LICENSE.clauses, CADENCE))
TWO_PAPERS = an_incident(
    publications=(a_publication("paper-a", 3, "o1"), a_publication("paper-b", 3, "o2")),
    evidence_level="E1", attribution_level="A1",
)  # fmt: skip
DUE = "2023-06-10"


def bands(*facts, today):
    """Bands by clause."""
    return {a.clause.id: a.band for a in assessed(BOTH, a_delivery(BOTH), *facts, today=day(today)).alerts}


def test_an_incident_and_a_silence_on_one_license_raise_each_other_one_step():
    alone = bands(today=DUE)
    assert alone == {"reporting-cadence": "watch"}
    together = bands(TWO_PAPERS, today=DUE)
    assert together == {"permitted-purpose": "alert", "prohibited-target-class": "alert", "reporting-cadence": "review"}
    case = the_alert(BOTH, a_delivery(BOTH), TWO_PAPERS, today=day(DUE)).cases[0]
    assert case.band_reason.endswith("a silence or refusal open on the same license raises it one step")
    assert case.how_sure == "some support; not enough to be sure"


def test_nothing_is_raised_past_alert():
    assert set(bands(an_incident(), today="2025-01-01").values()) == {"alert"}


def test_a_weak_account_that_weighs_raises_and_one_that_weighs_nothing_does_not():
    assert bands(a_paper(), today=DUE)["reporting-cadence"] == "review"
    tip = a_paper("T1", "tips", None, 6, evidence_level="E0", attribution_level="A0")
    assert bands(tip, today=DUE)["reporting-cadence"] == "watch"


def test_context_raises_nothing():
    before = an_incident(occurred=period("2023-01-15"))
    assert bands(before, today=DUE)["reporting-cadence"] == "watch"


def test_a_closed_silence_raises_nothing():
    world = (BOTH, a_delivery(BOTH), TWO_PAPERS)
    silent = the_alert(*world, clause="reporting-cadence", today=day(DUE))
    closed = a_decision(silent)
    assert bands(TWO_PAPERS, closed, today=DUE)["permitted-purpose"] == "review"


def test_a_silence_on_another_license_raises_nothing():
    other = a_license("L2", clauses=(CADENCE,))
    result = assessed(
        LICENSE, a_delivery(LICENSE), TWO_PAPERS, other, a_delivery(other, "D2", items=()), today=day(DUE)
    )
    assert alert_on(result, PURPOSE).band == "review"


def test_a_refusal_raises_as_silence_does():
    license = a_license(clauses=(*LICENSE.clauses, a_clause("inspection_access")))
    refused = a_report(license, outcome="access_refused", reporter_role="auditor")
    alerts = {a.clause.id: a.band for a in assessed(license, a_delivery(license), TWO_PAPERS, refused).alerts}
    assert alerts == {"inspection-access": "alert", "permitted-purpose": "alert", "prohibited-target-class": "alert"}


def test_a_report_that_is_no_refusal_raises_nothing():
    license = a_license(clauses=(*LICENSE.clauses, a_clause("capacity_limit", limit=5)))
    seen = a_report(license, capacity_observed=9)
    alerts = {a.clause.id: a.band for a in assessed(license, a_delivery(license), TWO_PAPERS, seen).alerts}
    assert alerts == {"capacity-limit": "review", "permitted-purpose": "review", "prohibited-target-class": "review"}


# --- what can be stopped ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "pending"),
    [
        ({"support_until": day("2026-06-01")}, ("support",)),
        (
            {"pending": (Pending(kind="renewal"), Pending(kind="delivery", until=day("2026-07-01")))},
            ("delivery", "renewal"),
        ),
    ],
)
def test_an_alert_with_something_to_stop_is_urgent_and_names_it(changed, pending):
    license = a_license(**changed)
    alert = the_alert(license, a_delivery(license), an_incident())
    assert alert.band == "urgent"
    assert alert.license.pending == pending
    assert alert.cases[0].actionable


@pytest.mark.parametrize(
    "changed", [{"support_until": day("2026-05-31")}, {"pending": (Pending(kind="delivery", until=day("2026-05-31")),)}]
)
def test_what_has_passed_cannot_be_stopped(changed):
    license = a_license(**changed)
    assert the_alert(license, a_delivery(license), an_incident()).band == "alert"


def test_use_that_goes_on_is_urgent():
    assert the_alert(LICENSE, a_delivery(LICENSE), an_incident(ongoing=True)).band == "urgent"


def test_what_is_no_alert_is_not_urgent_either():
    license = a_license(support_until=day("2027-01-01"))
    assert the_alert(license, a_delivery(license), a_paper(ongoing=True)).band == "watch"


def test_hard_steps_are_offered_for_an_alert_alone_and_need_two_persons():
    offered = {o.kind: o.two_persons for o in the_alert(*WORLD).options}
    assert offered["suspend"]
    assert offered["revoke"]
    assert not offered["close"]
    weak = {o.kind for o in the_alert(LICENSE, a_delivery(LICENSE), a_paper()).options}
    assert "ask_exporter" in weak
    assert not weak & {"suspend", "revoke", "refer", "ask_end_user"}


# --- accounts that weigh nothing -------------------------------------------------------------------------------------


def a_tip(n, published="2025-05-01"):
    return a_paper(
        f"T{n}", "tips", None, 6, evidence_level="E0", attribution_level="A0", published_at=day(published),
        occurred=period("2024-06-01", precision="month"), technology="intrusion_spyware",
    )  # fmt: skip


def test_accounts_that_weigh_nothing_become_one_case_a_month():
    tips = [a_tip(n) for n in range(5)] + [a_tip(9, "2025-06-01")]
    alert = the_alert(LICENSE, a_delivery(LICENSE), *tips)
    assert {c.key: len(c.members) for c in alert.cases} == {"unproven:2025-05": 5, "incident:desk:T9": 1}
    folded = next(c for c in alert.cases if len(c.members) == 5)
    assert (folded.band, folded.total) == ("watch", None)
    assert folded.sentence.startswith("5 accounts that became known in 2025-05 touch this clause")
    assert len(folded.evidence) == 5


def test_a_folded_case_does_not_swallow_an_account_that_weighs():
    alert = the_alert(LICENSE, a_delivery(LICENSE), an_incident(), *(a_tip(n) for n in range(5)))
    assert [c.key for c in alert.cases] == ["incident:desk:I1", "unproven:2025-05"]
    assert alert.band == "alert"


# --- groups of candidates --------------------------------------------------------------------------------------------


def test_a_license_of_another_state_is_told_apart_and_no_more():
    ours, theirs = a_license("L1"), a_license("L2", issuing_state="QN", exporter="Northgate Instruments")
    world = (ours, theirs, a_delivery(ours), a_delivery(theirs, "D2", items=()), an_incident(operator_agency=None))
    alert = the_alert(*world)
    own, other = sorted(alert.cases[0].candidates, key=lambda c: c.issuing_state)
    assert (own.license, own.issuing_state) == ("authority:L1", "QM")
    assert own.reasons
    assert other.license.startswith("QN:")
    assert other.reasons == ()
    written = encode(alert)
    assert b"L2" not in written
    assert b"Northgate" not in written


def test_a_license_of_the_same_state_is_named():
    two = (a_license("L1"), a_license("L2"))
    world = (*two, a_delivery(two[0]), a_delivery(two[1], "D2", items=()), an_incident(operator_agency=None))
    assert {c.license for c in the_alert(*world).cases[0].candidates} == {"authority:L1", "authority:L2"}


def test_where_the_agency_is_known_a_license_of_another_agency_is_no_candidate():
    other = a_license("L2", end_user="Border Office")
    result = assessed(LICENSE, other, a_delivery(LICENSE), a_delivery(other, "D2", items=()), an_incident())
    case = alert_on(result, PURPOSE).cases[0]
    assert (case.group, len(case.candidates)) == (None, 1)
    assert alert_on(result, PURPOSE, "authority:L2") is None


def test_a_hundred_candidates_are_not_all_shown_but_this_one_is():
    many = [a_license(f"L{n:02d}") for n in range(20)]
    world = [*many, *(a_delivery(x, f"D-{x.id}", items=()) for x in many), an_incident(operator_agency=None)]
    last = alert_on(assessed(*world), PURPOSE, "authority:L19")
    assert len(last.cases[0].candidates) == 13
    assert "authority:L19" in {c.license for c in last.cases[0].candidates}


ONE = an_incident("I1", operator_agency=None)
OTHER = an_incident("I2", operator_agency=None, products=(ClaimedProduct(name="Grey Heron"),))
TWO = an_incident("I1", operator_agency=None, products=(*ONE.products, *OTHER.products))


@pytest.mark.parametrize("accounts", [(ONE, OTHER), (TWO,)], ids=["two accounts of one lab", "one account"])
def test_two_products_on_one_device_are_two_claims_though_one_lab_tells_of_both(accounts):
    heron = a_license("L2", product="Grey Heron")
    world = assessed(LICENSE, heron, a_delivery(LICENSE), a_delivery(heron, "D2", items=()), *accounts)
    for license in ("authority:L1", "authority:L2"):
        case = alert_on(world, PURPOSE, license).cases[0]
        assert (case.group, [c.share for c in case.candidates]) == (None, [1_000_000])


# --- how far it may travel -------------------------------------------------------------------------------------------


def test_an_alert_travels_as_far_as_the_strictest_of_its_evidence():
    red = an_incident(tlp="RED")
    assert the_alert(LICENSE, a_delivery(LICENSE), red).tlp == "RED"
    clear = a_license(tlp="CLEAR")
    assert the_alert(clear, a_delivery(clear), an_incident(tlp="GREEN")).tlp == "GREEN"
    strict = a_license(tlp="AMBER+STRICT")
    assert the_alert(strict, a_delivery(strict), an_incident(tlp="AMBER")).tlp == "AMBER+STRICT"


def test_an_alert_may_be_used_for_what_all_of_its_evidence_allows():
    license = a_license(may_use_for=("officer", "partners", "exporter"))
    incident = an_incident(may_use_for=("exporter", "officer"))
    assert the_alert(license, a_delivery(license), incident).may_use_for == ("officer", "exporter")


def test_an_embargo_lasts_as_long_as_the_longest_of_its_evidence():
    license = a_license(embargo_until=day("2026-07-01"))
    incident = an_incident(embargo_until=day("2026-09-01"))
    assert the_alert(license, a_delivery(license), incident).embargo_until == day("2026-09-01")
    assert the_alert(*WORLD).embargo_until is None


def test_a_report_behind_the_alert_bounds_it_too():
    looked = a_report(LICENSE, tlp="RED", examined=(ExaminedIncident(incident="desk:I1", bearing="supports"),))
    assert the_alert(*WORLD, looked).tlp == "RED"


def test_a_judgment_behind_the_alert_bounds_it_too():
    assert the_alert(*WORLD, a_judgment("same_event", ["desk:I1", "desk:I9"], tlp="RED")).tlp == "RED"


# --- what it says of itself ------------------------------------------------------------------------------------------


def test_an_alert_names_license_clause_and_versions():
    alert = the_alert(*WORLD)
    assert alert.id == "XA~authority:L1~permitted-purpose"
    assert alert.title == (
        "What is reported in XA touches the duty to use only for the permitted purposes (license authority:L1)"
    )
    assert alert.clause.text == "The words of the permitted_purpose clause."
    assert (alert.versions.policy, alert.versions.names) == ("test-1", "plain")
    assert alert.license.status_then == "granted"
    assert alert.license.status_today == "lapsed"
    assert [d.pieces for d in alert.license.deliveries] == [2]
    assert alert.first_known == day("2025-05-01")


def test_the_policy_that_came_into_force_last_counts():
    def policy(id, version, since):
        return msgspec.structs.replace(a_policy(), id=id, version=version, in_force_from=day(since))

    new, future = policy("next", "test-2", "2026-05-01"), policy("later", "test-3", "2026-07-01")
    assert the_alert(*WORLD, future, new, a_policy()).versions.policy == "test-2"


def test_an_exercise_raises_nothing():
    assert assessed(LICENSE, a_delivery(LICENSE), an_incident(tense="exercise")).alerts == ()
    drill = a_license(tense="test")
    assert assessed(drill, a_delivery(drill), an_incident()).alerts == ()


@pytest.mark.parametrize("status", ["retracted", "withdrawn_for_safety"])
def test_an_account_that_was_taken_back_raises_nothing(status):
    assert assessed(LICENSE, a_delivery(LICENSE), an_incident(status=status)).alerts == ()


def test_a_refuted_account_stands_and_weighs_nothing():
    case = the_alert(LICENSE, a_delivery(LICENSE), an_incident(status="refuted")).cases[0]
    assert case.band == "watch"
    assert case.total < 0


def test_what_an_analyst_attributes_counts_where_the_account_names_nothing():
    nameless = an_incident(products=(), operator_agency=None)
    world = (LICENSE, a_delivery(LICENSE), nameless)
    assert the_alert(*world).cases[0].m < 300_000
    attributed = a_judgment("attribute", ["desk:I1"], product="Lantern", agency="Bureau of Inquiry")
    assert the_alert(*world, attributed).cases[0].m == 1_000_000


@pytest.mark.xfail(strict=True, reason="the operator state of an `attribute` judgment is read by nothing")
def test_an_operator_that_an_analyst_attributes_brings_the_account_to_its_state():
    nowhere = an_incident(destination=None)
    attributed = a_judgment("attribute", ["desk:I1"], operator="XA")
    assert alert_on(assessed(LICENSE, a_delivery(LICENSE), nowhere, attributed), PURPOSE) is not None


def test_a_draft_weighs_nothing_until_an_analyst_takes_it_on():
    draft = an_incident(draft=True)
    assert the_alert(LICENSE, a_delivery(LICENSE), draft).band == "watch"
    taken = a_judgment("accept_draft", ["desk:I1"])
    assert the_alert(LICENSE, a_delivery(LICENSE), draft, taken).band == "alert"


@pytest.mark.parametrize(
    ("occurred", "others"), [(period("2024-05-01", "2024-07-01"), (2,)), (period("2024-07-01"), ())]
)
def test_the_words_in_force_then_are_quoted_and_others_of_the_time_named(occurred, others):
    first = a_clause("prohibited_target_class", classes=("journalist",), valid_to=day("2024-05-31"), text="First.")
    then = a_clause(
        "prohibited_target_class", classes=("journalist",), version=2, valid_from=day("2024-06-01"), text="Then."
    )
    license = a_license(clauses=(then, first))
    alert = the_alert(license, a_delivery(license), an_incident(occurred=occurred), clause=first.id)
    assert alert.clause.other_versions == others
    assert alert.clause.text == ("First." if others else "Then.")
