"""What a report says of each kind of clause; what heals it later; what an unconfirmed reading is worth."""

from __future__ import annotations

import pytest

from builders import a_clause, a_delivery, a_license, a_name, a_report, alert_on, assessed, day, period
from schemas.delivery import DeliveredItem
from schemas.license import Consent
from schemas.report import ClauseFinding, ReportedItem
from streams.agents.naming import RegisterNamer
from streams.rules.assess import assess_facts

ON_SITE = {"reporter_role": "embassy", "method": "on_site"}
SEEN = (ReportedItem(serials=("SN-1",)),)


def word(kind, *facts, clause=None, license=None):
    """The open case of reports on a clause of `kind` in XA, or `None`."""
    license = license or a_license(clauses=(clause or a_clause(kind),))
    alert = alert_on(assessed(license, a_delivery(license), *facts), kind.replace("_", "-"))
    return alert.cases[0] if alert else None


def report(id="R1", **changed):
    return a_report(a_license(), id, **changed)


# --- what a report says itself ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("result", ["satisfied", "not_checked", "not_applicable"])
def test_a_clause_that_was_satisfied_or_not_checked_raises_nothing(result):
    findings = (ClauseFinding(clause="data-handling", result=result),)
    assert word("data_handling", report(clause_findings=findings, **ON_SITE)) is None


def test_a_clause_found_not_satisfied_on_site_by_the_granting_state_is_an_alert():
    findings = (ClauseFinding(clause="data-handling", result="not_satisfied"),)
    case = word("data_handling", report(clause_findings=findings, **ON_SITE))
    assert (case.band, case.rule) == ("alert", "reported_not_satisfied")


@pytest.mark.parametrize(
    "by", [{"reporter_role": "auditor", "method": "on_site"}, {"reporter_role": "embassy", "method": "documentary"}]
)
def test_another_reporter_or_another_method_is_for_review(by):
    findings = (ClauseFinding(clause="data-handling", result="not_satisfied"),)
    assert word("data_handling", report(clause_findings=findings, **by)).band == "review"


def test_a_finding_on_another_clause_says_nothing_of_this_one():
    findings = (ClauseFinding(clause="physical-security", result="not_satisfied"),)
    assert word("data_handling", report(clause_findings=findings, **ON_SITE)) is None


def test_an_admission_of_a_clause_by_the_exporter_is_an_alert():
    admission = report(kind="voluntary_disclosure", reporter_role="exporter", admits_clauses=("data-handling",))
    case = word("data_handling", admission)
    assert case.band == "alert"
    assert "its own author admits it" in case.sentence


@pytest.mark.parametrize("kind", ["permitted_purpose", "expression_carve_out", "protected_ground", "sanction_ladder"])
def test_what_a_report_says_of_a_clause_of_judgment_is_put_before_the_officer(kind):
    findings = (ClauseFinding(clause=kind.replace("_", "-"), result="not_satisfied"),)
    case = word(kind, report(clause_findings=findings, **ON_SITE))
    assert (case.verdict, case.rule) == ("engaged", "reported_not_satisfied")
    assert "an officer has to judge it" in case.sentence


# --- re-transfer -----------------------------------------------------------------------------------------------------


def test_a_serial_seen_in_another_state_without_consent_is_an_alert_when_read_on_site():
    case = word("no_retransfer", report(kind="sighting", site_country="XB", items=SEEN, **ON_SITE))
    assert (case.band, case.rule) == ("alert", "seen_with_another_without_consent")
    assert "in XB" in case.sentence


def test_an_unconfirmed_reading_is_for_review_and_says_so():
    unsure = (ReportedItem(serials=("SN-1",), confirmed=False),)
    case = word("no_retransfer", report(kind="sighting", site_country="XB", items=unsure, **ON_SITE))
    assert case.band == "review"
    assert "(an unconfirmed reading)" in case.sentence


def test_a_serial_seen_at_home_with_the_end_user_says_nothing():
    assert word("no_retransfer", report(items=SEEN, **ON_SITE)) is None
    assert word("no_retransfer", report(items=SEEN, holder="Bureau of Inquiry", **ON_SITE)) is None


def test_a_serial_seen_at_home_with_another_holder_is_found():
    case = word("no_retransfer", report(items=SEEN, holder="Border Office", **ON_SITE))
    assert "with “Border Office”" in case.sentence


def test_a_serial_that_was_never_delivered_here_says_nothing_here():
    strange = (ReportedItem(serials=("SN-77",)),)
    assert word("no_retransfer", report(kind="sighting", site_country="XB", items=strange, **ON_SITE)) is None


def test_a_sighting_under_another_license_is_found_where_the_serial_was_delivered():
    sighting = a_report(a_license("L2", "XB"), "R1", kind="sighting", items=SEEN, **ON_SITE)
    case = word("no_retransfer", a_license("L2", "XB"), sighting)
    assert "was seen in XB" in case.sentence


def test_a_sighting_under_another_license_speaks_to_the_transfer_alone():
    findings = (ClauseFinding(clause="data-handling", result="not_satisfied"),)
    sighting = a_report(a_license("L2", "XB"), "R1", kind="sighting", items=SEEN, clause_findings=findings, **ON_SITE)
    assert word("data_handling", a_license("L2", "XB"), sighting) is None


@pytest.mark.parametrize(
    ("consent", "covered"),
    [
        ({"destination": "XB"}, True),
        ({"destination": "XC"}, False),
        ({"destination": "XB", "valid_to": day("2023-08-31")}, False),
        ({"destination": "XB", "valid_from": day("2023-09-02")}, False),
        ({"kind": "change_of_use", "destination": "XB"}, False),
        ({"destination": None}, True),
        ({"destination": "XB", "to": "Border Office"}, True),
        ({"destination": "XB", "to": "River Patrol"}, False),
    ],
)
def test_a_consent_answers_only_what_and_when_it_covers(consent, covered):
    given = Consent(**({"kind": "retransfer", "valid_from": day("2023-06-01")} | consent))
    license = a_license(clauses=(a_clause("no_retransfer"),), consents=(given,))
    sighting = report(kind="sighting", site_country="XB", holder="Border Office", items=SEEN, **ON_SITE)
    assert (word("no_retransfer", sighting, license=license) is None) is covered


def test_a_serial_seen_elsewhere_before_it_was_delivered_here_was_not_passed_on():
    sighting = report(kind="sighting", site_country="XB", items=SEEN, performed=period("2022-05-01"), **ON_SITE)
    license = a_license(clauses=(a_clause("no_retransfer", valid_from=day("2020-01-01")),))
    assert word("no_retransfer", sighting, license=license) is None


# --- inventory -------------------------------------------------------------------------------------------------------

MISSING = (ReportedItem(serials=("SN-1",), missing_serials=("SN-2",)),)


def test_a_piece_looked_for_and_not_presented_is_found():
    case = word("item_inventory", report(kind="inventory_annual", items=MISSING, **ON_SITE))
    assert (case.band, case.rule) == ("alert", "pieces_missing_from_inventory")
    assert "serial SN-2" in case.sentence


def test_a_missing_piece_that_a_later_report_saw_is_missing_no_more():
    found = report("R2", performed=period("2024-01-10"), items=(ReportedItem(serials=("SN-2",)),))
    assert word("item_inventory", report(kind="inventory_annual", items=MISSING, **ON_SITE), found) is None


def test_a_missing_piece_that_an_earlier_report_saw_is_still_missing():
    seen = report("R0", performed=period("2023-05-10"), items=(ReportedItem(serials=("SN-2",)),))
    assert word("item_inventory", report(kind="inventory_annual", items=MISSING, **ON_SITE), seen) is not None


def test_a_missing_serial_of_another_delivery_is_not_ours():
    items = (ReportedItem(serials=("SN-1", "SN-2"), missing_serials=("SN-77",)),)
    assert word("item_inventory", report(kind="inventory_annual", items=items, **ON_SITE)) is None


def test_fewer_pieces_presented_than_delivered_are_found_until_all_are_presented():
    short = report(kind="inventory_annual", items=(ReportedItem(delivered=10, presented=9),))
    assert "9 of 10 pieces" in word("item_inventory", short).sentence
    whole = report("R2", performed=period("2024-03-01"), items=(ReportedItem(delivered=10, presented=10),))
    assert word("item_inventory", short, whole) is None


def test_pieces_that_were_not_counted_are_not_missing():
    assert word("item_inventory", report(kind="inventory_annual", items=(ReportedItem(delivered=10),))) is None


# --- access ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", [{"outcome": "access_refused"}, {"cooperation": "refused"}])
def test_access_refused_to_the_granting_state_is_an_alert(said):
    case = word("inspection_access", report(kind="post_shipment", reporter_role="inspectorate", **said))
    assert (case.band, case.rule) == ("alert", "inspection_refused")
    assert "access was refused" in case.sentence


def test_access_refused_to_an_auditor_is_for_review():
    refused = report(kind="post_shipment", reporter_role="auditor", outcome="access_refused")
    assert word("inspection_access", refused).band == "review"


def test_access_delayed_is_for_review_even_to_the_granting_state():
    case = word("inspection_access", report(kind="post_shipment", cooperation="delayed", **ON_SITE))
    assert (case.band, case.rule) == ("review", "inspection_delayed")
    assert "access was delayed" in case.sentence


@pytest.mark.parametrize("cooperation", ["full", "unknown"])
def test_other_cooperation_is_no_refusal(cooperation):
    assert word("inspection_access", report(kind="post_shipment", cooperation=cooperation, **ON_SITE)) is None


def test_a_later_visit_that_was_granted_heals_a_refusal():
    refused = report(kind="post_shipment", outcome="access_refused", **ON_SITE)
    visited = report("R2", kind="compliance_visit", outcome="favourable", performed=period("2024-01-01"))
    assert word("inspection_access", refused, visited) is None


@pytest.mark.parametrize(
    "later",
    [
        {"kind": "compliance_visit", "outcome": "access_refused"},
        {"kind": "compliance_visit", "outcome": None},
        {"kind": "periodic_self_report", "outcome": "favourable", "method": "documentary"},
        {"kind": "compliance_visit", "outcome": "favourable", "cooperation": "refused"},
    ],
)
def test_a_later_report_that_is_no_granted_visit_heals_nothing(later):
    refused = report(kind="post_shipment", outcome="access_refused", **ON_SITE)
    after = report("R2", performed=period("2024-01-01"), **later)
    assert word("inspection_access", refused, after) is not None


def test_an_earlier_visit_heals_no_later_refusal():
    visited = report("R0", kind="compliance_visit", outcome="favourable", performed=period("2023-05-01"))
    refused = report(kind="post_shipment", outcome="access_refused", **ON_SITE)
    assert word("inspection_access", visited, refused) is not None


# --- capacity, agency, territory, end use, modules, logs, security ---------------------------------------------------


@pytest.mark.parametrize(("seen", "found"), [(5, False), (6, True), (None, False)])
def test_more_in_use_than_licensed_is_found(seen, found):
    case = word("capacity_limit", report(capacity_observed=seen, **ON_SITE), clause=a_clause("capacity_limit", limit=5))
    assert (case is not None) is found
    assert not found or case.rule == "more_in_use_than_licensed"


def test_capacity_without_a_limit_in_the_clause_is_never_exceeded():
    assert word("capacity_limit", report(capacity_observed=10_000, **ON_SITE)) is None


def test_another_agency_found_using_it_is_found():
    case = word("authorised_end_user", report(end_user="Border Office", **ON_SITE))
    assert (case.band, case.rule) == ("alert", "found_with_another_agency")
    assert "the license allows “Bureau of Inquiry”" in case.sentence


def test_an_agency_that_the_clause_lists_is_allowed():
    clause = a_clause("authorised_end_user", end_users=("Border Office",))
    assert word("authorised_end_user", report(end_user="Border Office", **ON_SITE), clause=clause) is None


REGISTER = (
    a_name("ag/bureau", "Bureau of Inquiry", "agency", id="n1"),
    a_name("ag/records", "Directorate of Records", "agency", id="n2"),
    a_name(
        "ag/bureau", None, "agency", id="n3", relation="renamed_to", target="ag/records", valid_from=day("2024-01-01")
    ),
)


@pytest.mark.parametrize(
    ("agency", "found"), [("Directorate of Records", []), ("Border Office", ["authorised-end-user"])]
)
def test_a_successor_in_the_register_is_the_same_agency_and_a_stranger_is_not(agency, found):
    license = a_license(clauses=(a_clause("authorised_end_user"),))
    seen = report(end_user=agency, performed=period("2024-06-01"), **ON_SITE)
    world = [license, a_delivery(license), seen, *REGISTER]
    (here,) = assess_facts(world, namer_of=RegisterNamer, today=day("2026-01-01"))
    assert [a.clause.id for a in here.alerts] == found


def test_pieces_found_outside_the_territory_are_found():
    case = word("territory_of_use", report(site_country="XB", **ON_SITE))
    assert case.rule == "found_outside_territory"
    assert "pieces were found in XB; allowed: XA" in case.sentence


def test_pieces_found_where_the_clause_allows_are_fine():
    clause = a_clause("territory_of_use", countries=("XB",))
    assert word("territory_of_use", report(site_country="XB", **ON_SITE), clause=clause) is None
    assert word("territory_of_use", report(site_country="XA", **ON_SITE)) is None


def test_a_consent_to_retransfer_answers_the_territory_too():
    consent = Consent(kind="retransfer", destination="XB", valid_from=day("2023-01-01"))
    license = a_license(clauses=(a_clause("territory_of_use"),), consents=(consent,))
    assert word("territory_of_use", report(site_country="XB", **ON_SITE), license=license) is None


END_USE = a_clause("no_change_of_end_use", end_uses=("Counter-terrorism",))


@pytest.mark.parametrize(("seen", "found"), [("counter-terrorism", False), ("tax collection", True), (None, False)])
def test_an_end_use_that_was_not_licensed_is_found(seen, found):
    case = word("no_change_of_end_use", report(end_use_observed=seen, **ON_SITE), clause=END_USE)
    assert (case is not None) is found


def test_a_consent_to_the_change_of_use_answers_it():
    consent = Consent(kind="change_of_use", valid_from=day("2023-01-01"))
    license = a_license(clauses=(END_USE,), consents=(consent,))
    assert word("no_change_of_end_use", report(end_use_observed="tax collection", **ON_SITE), license=license) is None


@pytest.mark.parametrize(("module", "found"), [("Microphone", True), ("camera", False)])
def test_a_module_found_active_that_must_be_off_is_found(module, found):
    clause = a_clause("configuration_limit", modules_off=("microphone",))
    case = word("configuration_limit", report(items=(ReportedItem(modules=(module,)),), **ON_SITE), clause=clause)
    assert (case is not None) is found
    assert not found or case.rule == "module_found_on"


@pytest.mark.parametrize(
    ("status", "words"),
    [("gaps", "has gaps"), ("missing", "is missing"), ("tampered", "signs of tampering"), ("refused", "was withheld")],
)
def test_a_log_that_is_not_whole_is_found(status, words):
    assert words in word("audit_log_retention", report(log_status=status, **ON_SITE)).sentence


@pytest.mark.parametrize("status", ["complete", "not_checked"])
def test_a_log_that_was_whole_or_not_looked_at_says_nothing(status):
    assert word("audit_log_retention", report(log_status=status, **ON_SITE)) is None


SECURITY = a_clause("physical_security", deficiency_days=30)


def test_a_deficiency_is_found_only_after_the_days_to_mend_it():
    left = report(open_deficiencies=2, **ON_SITE)
    license = a_license(clauses=(SECURITY,))
    world = (license, a_delivery(license), left)
    assert assessed(*world, today=day("2023-10-01")).alerts == ()
    (alert,) = assessed(*world, today=day("2023-10-02")).alerts
    assert (alert.band, alert.cases[0].rule) == ("review", "deficiency_left_open")
    assert "2 security deficiencies were to be mended by 1 October 2023" in alert.cases[0].sentence


def test_a_later_visit_without_deficiencies_heals_it():
    left = report(open_deficiencies=2, **ON_SITE)
    mended = report("R2", kind="compliance_visit", outcome="favourable", performed=period("2023-12-01"))
    assert word("physical_security", left, mended, clause=SECURITY) is None
    papers = report("R2", kind="periodic_self_report", outcome="favourable", performed=period("2023-12-01"))
    assert word("physical_security", left, papers, clause=SECURITY) is not None


# --- which reports speak ---------------------------------------------------------------------------------------------


def test_an_exercise_finds_nothing():
    assert word("inspection_access", report(outcome="access_refused", tense="exercise", **ON_SITE)) is None


def test_a_report_that_covers_two_destinations_speaks_in_both():
    clause = a_clause("inspection_access")
    both = report(outcome="access_refused", covers=("XA", "XB"), **ON_SITE)
    places = tuple(type(a_license().destinations[0])(country=c) for c in ("XA", "XB"))
    license = a_license(clauses=(clause,), destinations=places)
    for destination in ("XA", "XB"):
        assert alert_on(assessed(license, both, destination=destination), clause.id) is not None


def test_a_finding_is_held_against_the_words_in_force_when_it_was_made():
    first = a_clause("capacity_limit", limit=5, valid_to=day("2023-12-31"))
    second = a_clause("capacity_limit", limit=50, version=2, valid_from=day("2024-01-01"))
    license = a_license(clauses=(first, second))
    early = report(capacity_observed=20, **ON_SITE)
    late = report("R2", capacity_observed=20, performed=period("2024-06-01"), **ON_SITE)
    case = word("capacity_limit", early, license=license)
    assert case.members == ("embassy-qm:R1",)
    assert word("capacity_limit", late, license=license) is None


def test_something_that_can_still_be_stopped_makes_a_recorded_mismatch_urgent():
    license = a_license(clauses=(a_clause("inspection_access"),), support_until=day("2027-01-01"))
    refused = report(outcome="access_refused", **ON_SITE)
    case = word("inspection_access", refused, license=license)
    assert (case.band, case.actionable) == ("urgent", True)


def test_serials_of_a_return_are_not_delivered_here():
    license = a_license(clauses=(a_clause("no_retransfer"),))
    back = a_delivery(license, "D2", kind="return", items=(DeliveredItem(serials=("SN-5",)),))
    sighting = report(kind="sighting", site_country="XB", items=(ReportedItem(serials=("SN-5",)),), **ON_SITE)
    assert word("no_retransfer", back, sighting, license=license) is None


# --- the log ---------------------------------------------------------------------------------------------------------

LOG = a_clause("audit_log_retention", retention_days=90, log_countries=("XA", "QM"))
CHAIN = {"log_status": "complete", "log_root_hash": "aaaaaaaa"}


def rules_on(clause, *facts, license=None, today="2026-06-01"):
    """The rules that have a word on a clause in XA; two pieces came on 1 March 2023."""
    license = license or a_license(clauses=(clause,))
    alert = alert_on(assessed(license, a_delivery(license), *facts, today=day(today)), clause.id)
    return {c.rule: c for c in alert.cases} if alert else {}


def test_a_log_that_is_missing_is_broken_and_one_that_was_refused_is_withheld():
    assert set(rules_on(LOG, report(log_status="missing"))) == {"log_broken"}
    assert set(rules_on(LOG, report(log_status="refused"))) == {"log_withheld"}
    assert rules_on(LOG, report(log_status="complete")) == {}


def test_a_log_that_does_not_continue_the_last_one_has_a_broken_chain():
    first = report(**CHAIN)
    follows = report("R2", performed=period("2023-12-01"), log_status="complete", log_start_hash="aaaaaaaa")
    assert rules_on(LOG, first, follows) == {}
    differs = report("R2", performed=period("2023-12-01"), log_status="complete", log_start_hash="bbbbbbbb")
    case = rules_on(LOG, first, differs)["log_chain_broken"]
    assert "does not continue the one seen on 1 September 2023" in case.sentence
    assert rules_on(LOG, differs) == {}, "nothing was seen before it"


@pytest.mark.parametrize(
    ("start", "end", "gap"),
    # Seen on 1 September 2023, so it has to reach back to 3 June.
    [
        ("2023-06-03", "2023-09-01", None),
        ("2023-06-04", "2023-09-01", "3 June 2023 to 4 June 2023 (1 day)"),
        ("2023-06-03", "2023-08-30", "30 August 2023 to 1 September 2023 (2 days)"),
    ],
)
def test_a_log_that_does_not_reach_back_or_ends_early_covers_too_little(start, end, gap):
    found = rules_on(LOG, report(log_status="complete", log_covered=period(start, end)))
    assert set(found) == ({"log_covers_too_little"} if gap else set())
    assert gap is None or gap in found["log_covers_too_little"].sentence


def test_a_log_need_not_reach_back_before_the_first_use():
    young = report(
        log_status="complete", performed=period("2023-03-20"), log_covered=period("2023-03-01", "2023-03-20")
    )
    assert rules_on(LOG, young) == {}


def test_a_log_kept_in_a_state_that_the_clause_does_not_allow_is_found():
    assert set(rules_on(LOG, report(log_country="XB"))) == {"log_kept_elsewhere"}
    assert rules_on(LOG, report(log_country="QM")) == {}
    assert rules_on(a_clause("audit_log_retention"), report(log_country="XB")) == {}


def test_a_log_can_fail_in_several_ways_at_once():
    bad = report(log_status="gaps", log_country="XB", log_covered=period("2023-08-01", "2023-09-01"))
    found = rules_on(LOG, bad)
    assert set(found) == {"log_broken", "log_kept_elsewhere", "log_covers_too_little"}
    assert [a.kind for a in found["log_broken"].alternatives] == ["misidentified"], "no piece can be lost here"


# --- data, loss and notice -------------------------------------------------------------------------------------------

DATA = a_clause("data_handling", retention_days=90, recipients=("Bureau of Inquiry", "Public Prosecutor"))
NOTICE = a_clause("notify_loss_or_breach", notice_hours=72)


@pytest.mark.parametrize(("age", "found"), [(90, False), (91, True)])
def test_data_older_than_the_clause_allows_are_found(age, found):
    assert ("data_kept_beyond" in rules_on(DATA, report(data_kept_days=age))) == found
    assert rules_on(a_clause("data_handling"), report(data_kept_days=age)) == {}


@pytest.mark.parametrize(("to", "found"), [("Public Prosecutor", False), ("bureau of inquiry", False), ("Guard", True)])
def test_data_passed_to_an_office_that_may_not_have_them_is_found(to, found):
    assert ("data_passed_on" in rules_on(DATA, report(data_recipients=(to,)))) == found


def test_data_found_published_are_found():
    case = rules_on(DATA, report(data_misuse=("published",), **ON_SITE))["data_found_misused"]
    assert case.band == "alert"
    assert "data taken were found published" in case.sentence
    assert rules_on(DATA, report(**ON_SITE)) == {}


@pytest.mark.parametrize(
    ("told", "late"),
    # Noticed at some time of 1 September: by the 5th, 72 hours have passed for certain, and no more than that.
    [("2023-09-04", False), ("2023-09-05", False), ("2023-09-06", True)],
)
def test_a_loss_told_later_than_the_hours_that_have_passed_for_certain_is_late(told, late):
    notice = report(kind="loss_theft_notice", noticed=period("2023-09-01"), performed=period(told))
    found = rules_on(NOTICE, notice)
    assert ("notice_came_late" in found) == late
    assert not late or "at least 96 hours later; 72 are allowed" in found["notice_came_late"].sentence


def test_a_loss_that_is_told_touches_the_protection_of_the_pieces():
    guarded = a_clause("physical_security")
    case = rules_on(guarded, report(kind="loss_theft_notice"))["loss_reported"]
    assert (case.verdict, case.band) == ("engaged", "review")
    assert rules_on(guarded, report()) == {}


# --- disposal, validity, amendment, sanctions ------------------------------------------------------------------------

DISPOSAL = a_clause("disposal")


def gone(serials=("SN-1", "SN-2"), on="2023-06-01", id="D9"):
    return a_delivery(
        a_license(), id, kind="disposal", delivered=period(on), items=(DeliveredItem(item_ref="i1", serials=serials),)
    )


def test_a_disposal_told_without_proof_is_found_until_the_proof_came():
    told = report(kind="disposal_notice")
    assert set(rules_on(DISPOSAL, told)) == {"disposed_without_proof"}
    proof = report("R2", kind="disposal_notice", performed=period("2023-10-01"), proof_hash="cccccccc")
    assert rules_on(DISPOSAL, told, proof) == {}
    assert rules_on(DISPOSAL, report(kind="disposal_notice", proof_hash="cccccccc")) == {}


@pytest.mark.parametrize(("seen", "found"), [("2023-06-01", False), ("2023-06-02", True)])
def test_a_piece_seen_after_its_disposal_is_found(seen, found):
    sighting = report(items=SEEN, performed=period(seen), **ON_SITE)
    consent = Consent(kind="disposal", valid_from=day("2023-01-01"))
    license = a_license(clauses=(DISPOSAL,), consents=(consent,))
    rules = rules_on(DISPOSAL, gone(), sighting, license=license)
    assert ("seen_after_its_disposal" in rules) == found
    assert not found or rules["seen_after_its_disposal"].band == "alert"


@pytest.mark.parametrize(("received", "found"), [(10, False), (11, True)])
def test_more_pieces_received_than_licensed_are_found(received, found):
    items = (ReportedItem(delivered=received),)
    assert ("more_received_than_licensed" in rules_on(a_clause("validity"), report(items=items))) == found


def test_a_change_that_needs_an_amendment_is_found_until_one_covers_it():
    clause = a_clause("amendment_or_waiver", needs_consent=("site", "end_user"))
    case = rules_on(clause, report(changes=("site",)))["changed_without_amendment"]
    assert "the site was found changed" in case.sentence
    assert rules_on(clause, report(changes=("capacity",))) == {}, "that change needs none"
    amended = Consent(kind="amendment", valid_from=day("2023-09-01"))
    license = a_license(clauses=(clause,), consents=(amended,))
    assert rules_on(clause, report(changes=("site",)), license=license) == {}
    early = report(changes=("site",), performed=period("2023-08-31"))
    assert set(rules_on(clause, early, license=license)) == {"changed_without_amendment"}


def test_a_step_of_the_vendor_is_set_beside_the_ladder_as_context():
    ladder = a_clause("sanction_ladder", steps=("suspend", "vendor_restrict", "revoke"))
    case = rules_on(ladder, report(kind="vendor_action", vendor_action="restricted"))["step_of_the_ladder_taken"]
    assert (case.verdict, case.band) == ("engaged", "context")
    assert rules_on(ladder, report()) == {}


def test_an_end_use_that_no_clause_names_is_put_before_the_officer_beside_the_purpose():
    purpose = a_clause("permitted_purpose")
    case = rules_on(purpose, report(end_use_observed="border control"))["end_use_to_be_judged"]
    assert (case.verdict, case.band) == ("engaged", "context")
    assert "“border control”, which no clause names" in case.sentence
    named = a_license(clauses=(purpose, a_clause("no_change_of_end_use", end_uses=("Border Control",))))
    assert rules_on(purpose, report(end_use_observed="border control"), license=named) == {}
    assert rules_on(purpose, report()) == {}


@pytest.mark.parametrize(("holder", "found"), [("Bureau of Inquiry", False), ("Contractor Ltd", True), (None, False)])
def test_somebody_else_found_to_hold_or_run_it_is_a_third_party(holder, found):
    rules = rules_on(a_clause("no_third_party_operation"), report(holder=holder))
    assert ("operated_or_held_by_another" in rules) == found
