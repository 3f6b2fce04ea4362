"""What a reported incident says of each kind of clause: the rule speaks, answers, or stays silent."""

from __future__ import annotations

import pytest

from builders import a_clause, a_delivery, a_license, a_report, alert_on, an_incident, assessed, day, period
from schemas.common import Claimed
from schemas.incident import Operator, Victims
from schemas.license import Consent
from shown import shows
from streams.rules.account import told
from streams.rules.clauses import FROM_INCIDENT
from streams.rules.findings import Ground, IncidentQuestion
from streams.rules.naming import PlainNamer
from streams.rules.packs import pack
from streams.rules.policy import shipped_policy, weights_of
from streams.rules.standing import END, Standing
from streams.rules.today import Today
from streams.rules.unsaid import completed

SPOKEN: set[str] = set()
"""Rules that had a word in the test that runs."""


def word_on(clause, agency="same", policy=shipped_policy(), **incident):  # noqa: B008
    """The first word of the rules on `clause` under `policy` about an incident in XA, or `None`."""
    license = completed(a_license(clauses=(clause,)), "XA", weights_of(policy))
    ground = Ground(license=license, destination="XA", deliveries=(), reports=(), names=PlainNamer(), today=Today(END))
    question = IncidentQuestion(
        ground=ground, standing=Standing(license.clauses[0]), told=told([an_incident(**incident)]), agency=agency
    )
    for rule in FROM_INCIDENT[clause.kind]:
        finding = rule(question)
        if finding is not None:
            SPOKEN.add(rule.__name__)
            return finding
    return None


@pytest.fixture(autouse=True)
def what_a_test_shows_has_spoken(request):
    SPOKEN.clear()
    yield
    assert set(getattr(request.function, "shows", ())) <= SPOKEN


def a_person(klass="business", **more):
    return (Victims(klass=klass, **more),)


PURPOSE = a_clause("permitted_purpose", purposes=("terrorism", "serious_crime"), threshold_years=6)


@shows("used_outside_permitted_purpose")
def test_a_purpose_that_is_not_permitted_engages_the_purpose_clause():
    word = word_on(PURPOSE, alleged_purpose="suppression_of_reporting", victims=a_person())
    assert word.verdict == "engaged"
    assert "suppression of reporting" in word.reason


def test_a_permitted_purpose_against_others_than_press_and_politics_is_consistent():
    word = word_on(PURPOSE, alleged_purpose="terrorism", victims=a_person())
    assert word.verdict == "consistent"


def test_a_permitted_purpose_against_journalists_still_engages_and_names_the_purpose_given():
    word = word_on(PURPOSE, alleged_purpose="terrorism", victims=a_person("journalist"))
    assert word.verdict == "engaged"
    assert "journalist" in word.reason
    assert "terrorism" in word.reason


def test_journalists_without_any_known_purpose_engage_the_purpose_clause():
    word = word_on(PURPOSE, victims=a_person("journalist"))
    assert word.verdict == "engaged"
    assert "no purpose is known" in word.reason


@shows("used_outside_permitted_purpose")
@pytest.mark.parametrize(("years", "verdict"), [(5, "engaged"), (6, "consistent"), (10, "consistent")])
def test_an_offence_below_the_threshold_of_years_engages_the_purpose_clause(years, verdict):
    word = word_on(PURPOSE, alleged_purpose="serious_crime", offence_max_years=years, victims=a_person())
    assert word.verdict == verdict


def test_neither_purpose_nor_class_leaves_the_purpose_clause_silent():
    assert word_on(PURPOSE, victims=a_person()) is None


def test_a_purpose_clause_without_a_list_permits_terrorism_and_serious_crime():
    clause = a_clause("permitted_purpose")
    assert word_on(clause, alleged_purpose="serious_crime", victims=a_person()).verdict == "consistent"
    assert word_on(clause, alleged_purpose="other_crime", victims=a_person()).verdict == "engaged"


def test_where_neither_clause_nor_policy_lists_a_purpose_a_person_has_to_judge_it():
    clause = a_clause("permitted_purpose")
    word = word_on(clause, policy=pack("eu-2021-821"), alleged_purpose="serious_crime", victims=a_person())
    assert word.verdict == "engaged"
    assert "neither the clause nor the policy lists what is permitted" in word.reason


CARVE_OUT = a_clause("expression_carve_out")


@shows("targeted_for_expression")
def test_targeting_about_expression_engages_the_carve_out():
    assert word_on(CARVE_OUT, expression_related="yes").verdict == "engaged"


def test_targeting_about_expression_engages_although_an_offence_is_alleged_too():
    word = word_on(CARVE_OUT, expression_related="yes", offence_max_years=10)
    assert word.verdict == "engaged"
    assert "although an offence is alleged too" in word.reason


def test_targeting_that_is_not_about_expression_answers_the_carve_out():
    assert word_on(CARVE_OUT, expression_related="no").verdict == "consistent"


@shows("targeted_for_expression")
def test_speakers_without_an_alleged_offence_engage_the_carve_out():
    word = word_on(CARVE_OUT, victims=a_person("dissident_exile"))
    assert word.verdict == "engaged"
    assert "dissident exile" in word.reason


def test_speakers_with_an_alleged_offence_leave_the_carve_out_silent():
    assert word_on(CARVE_OUT, victims=a_person("journalist"), offence_max_years=10) is None


BARRED = a_clause("prohibited_target_class", classes=("journalist",))


@shows("targeted_barred_class")
def test_a_barred_class_appears_inconsistent():
    word = word_on(BARRED, victims=(*a_person("journalist"), *a_person("business")))
    assert word.verdict == "appears_inconsistent"
    assert "journalist" in word.reason
    assert "business" not in word.reason


@pytest.mark.parametrize("klass", ["lawyer", "unknown"])
def test_a_class_that_is_not_barred_or_not_known_says_nothing(klass):
    assert word_on(BARRED, victims=a_person(klass)) is None


GROUNDS = a_clause("protected_ground", grounds=("religion",))


@shows("targeted_on_protected_ground")
def test_a_protected_ground_that_is_asserted_engages():
    assert word_on(GROUNDS, victims=a_person(ground="religion")).verdict == "engaged"


def test_a_ground_that_the_clause_does_not_list_says_nothing():
    assert word_on(GROUNDS, victims=a_person(ground="language")) is None


def test_a_clause_without_a_list_of_grounds_protects_every_ground():
    word = word_on(a_clause("protected_ground"), victims=a_person(ground="language"))
    assert word.verdict == "engaged"
    assert "language" in word.reason


@shows("targeted_on_protected_ground")
def test_a_group_as_target_engages_a_clause_on_the_ground_of_that_group():
    found = word_on(GROUNDS, victims=a_person("religious_group"))
    assert found.verdict == "engaged"
    assert "asserted by nobody" in found.reason


def test_a_group_of_another_ground_says_nothing_to_a_clause_on_religion():
    assert word_on(GROUNDS, victims=a_person("ethnic_group")) is None


LEGAL = a_clause("legal_authorisation")


@shows("without_legal_authorisation")
@pytest.mark.parametrize(
    ("basis", "verdict"), [("none", "appears_inconsistent"), ("warrant", "consistent"), ("contested", "engaged")]
)
def test_the_legal_basis_decides_the_word_on_legal_approval(basis, verdict):
    assert word_on(LEGAL, legal_basis=basis).verdict == verdict


def test_an_unknown_legal_basis_is_no_missing_approval():
    assert word_on(LEGAL) is None


def test_accounts_that_disagree_about_a_warrant_engage():
    question = told([an_incident(legal_basis="none"), an_incident("I2", legal_basis="warrant")])
    assert question.legal == {"none", "warrant"}
    license = a_license(clauses=(LEGAL,))
    accounts = (an_incident(legal_basis="none"), an_incident("I2", legal_basis="warrant", duplicate_of="desk:I1"))
    alert = alert_on(assessed(license, a_delivery(license), *accounts), LEGAL.id)
    assert alert.cases[0].verdict == "engaged"


def test_a_warrant_answers_its_own_clause_and_only_this():
    license = a_license()
    world = assessed(license, a_delivery(license), an_incident(legal_basis="warrant"))
    verdicts = {a.clause.id: (a.cases[0].verdict, a.band) for a in world.alerts}
    assert verdicts == {
        "legal-authorisation": ("consistent", "context"),
        "permitted-purpose": ("engaged", "alert"),
        "prohibited-target-class": ("appears_inconsistent", "alert"),
    }


END_USER = a_clause("authorised_end_user")


@shows("operated_by_another_agency")
@pytest.mark.parametrize(("agency", "verdict"), [("other", "appears_inconsistent"), ("same", "consistent")])
def test_the_agency_named_decides_the_word_on_the_end_user(agency, verdict):
    assert word_on(END_USER, agency).verdict == verdict


def test_an_unknown_agency_is_no_other_agency():
    assert word_on(END_USER, "unknown") is None


@pytest.mark.parametrize(
    "clause",
    [
        PURPOSE, CARVE_OUT, BARRED, GROUNDS, LEGAL,
        a_clause("capacity_limit", limit=1), a_clause("configuration_limit", modules_off=("microphone",)),
    ],
    ids=lambda c: c.kind,
)  # fmt: skip
def test_what_another_agency_did_speaks_of_the_end_user_alone(clause):
    full = {
        "alleged_purpose": "suppression_of_reporting", "expression_related": "yes", "legal_basis": "none",
        "victims": a_person("journalist", count=9, ground="religion"), "simultaneous": 9, "data_taken": ("microphone",),
    }  # fmt: skip
    assert word_on(clause, "same", **full) is not None
    assert word_on(clause, "other", **full) is None


TERRITORY = a_clause("territory_of_use")


@shows("outside_permitted_territory")
def test_a_system_that_stood_abroad_appears_inconsistent():
    word = word_on(TERRITORY, use_country="XB")
    assert word.verdict == "appears_inconsistent"
    assert "XB" in word.reason


def test_a_system_that_stood_at_home_with_targets_at_home_says_nothing():
    assert word_on(TERRITORY, use_country="XA", victims=a_person(country="XA")) is None


def test_targets_abroad_engage_a_clause_that_names_no_states():
    assert word_on(TERRITORY, victims=a_person(country="XB")).verdict == "engaged"


def test_targets_outside_the_states_named_appear_inconsistent():
    clause = a_clause("territory_of_use", countries=("XA", "XC"))
    assert word_on(clause, victims=a_person(country="XC")) is None
    assert word_on(clause, victims=a_person(country="XB")).verdict == "appears_inconsistent"


@shows("outside_permitted_territory")
def test_targets_in_an_excluded_state_appear_inconsistent():
    clause = a_clause("territory_of_use", excluded_countries=("XB",))
    assert word_on(clause, victims=a_person(country="XB")).verdict == "appears_inconsistent"


def test_where_victims_were_is_never_inferred_from_the_operator():
    assert word_on(TERRITORY, victims=a_person()) is None


CAPACITY = a_clause("capacity_limit", limit=5)


@shows("more_targets_than_licensed")
def test_more_targets_at_one_time_than_licensed_appear_inconsistent():
    word = word_on(CAPACITY, simultaneous=6)
    assert word.verdict == "appears_inconsistent"
    assert "limit is 5" in word.reason


def test_as_many_targets_as_licensed_say_nothing():
    assert word_on(CAPACITY, simultaneous=5) is None


def test_a_total_above_the_limit_only_engages_for_it_proves_no_one_time():
    assert word_on(CAPACITY, victims=a_person("journalist", count=37)).verdict == "engaged"


def test_a_capacity_clause_without_a_number_says_nothing():
    assert word_on(a_clause("capacity_limit"), simultaneous=1000) is None


CONFIGURATION = a_clause("configuration_limit", modules_off=("Microphone",))


@shows("module_used_that_must_be_off")
def test_data_that_only_a_barred_module_takes_appears_inconsistent():
    assert word_on(CONFIGURATION, data_taken=("microphone", "mail")).verdict == "appears_inconsistent"


def test_data_that_an_allowed_module_takes_says_nothing():
    assert word_on(CONFIGURATION, data_taken=("camera", "mail")) is None


THIRD = a_clause("no_third_party_operation")


@shows("operated_by_third_party")
def test_another_state_suspected_beside_the_destination_engages():
    word = word_on(THIRD, operators=(Operator(country="XA"), Operator(country="XB")))
    assert word.verdict == "engaged"
    assert "XB" in word.reason


def test_the_destination_alone_is_no_third_party():
    assert word_on(THIRD) is None


@shows("touches_a_duty_in_free_words")
def test_a_duty_in_free_words_is_put_before_a_person():
    assert word_on(a_clause("other")).verdict == "engaged"


def test_a_license_without_clauses_has_a_finding_of_its_own():
    license = a_license(clauses=(), pledge=None)
    alert = alert_on(assessed(license, a_delivery(license), an_incident()), "no-pledge")
    assert alert.cases[0].verdict == "engaged"
    assert "have a pledge on file" in alert.title


def test_another_agency_stands_against_the_clause_on_the_end_user_by_the_item():
    license = a_license(clauses=(PURPOSE, END_USER))
    other = an_incident(operator_agency=Claimed(name="Border Office"))
    alerts = assessed(license, a_delivery(license), other).alerts
    assert [a.clause.id for a in alerts] == ["authorised-end-user"]
    assert alerts[0].band == "alert"
    assert alerts[0].cases[0].m < 400_000
    assert "Border Office" in alerts[0].cases[0].sentence


# --- what an account says of transfer, end use, data and notice ------------------------------------------------------

RETRANSFER = a_clause("no_retransfer")


@shows("stood_where_it_was_not_delivered")
def test_a_system_that_stood_in_another_state_touches_the_duty_not_to_transfer():
    word = word_on(RETRANSFER, use_country="XB")
    assert word.verdict == "engaged"
    assert "stood in XB" in word.reason
    assert word_on(RETRANSFER, use_country="XA") is None


@pytest.mark.parametrize(("until", "found"), [("2024-06-20", False), ("2024-06-19", True)])
def test_a_consent_answers_it_only_if_it_covers_all_of_the_time(until, found):
    consent = Consent(kind="retransfer", destination="XB", valid_from=day("2024-06-01"), valid_to=day(until))
    license = a_license(clauses=(RETRANSFER,), consents=(consent,))
    account = an_incident(use_country="XB")
    alert = alert_on(assessed(license, a_delivery(license), account), RETRANSFER.id)
    assert ((alert.cases[0].rule if alert else "") == "stood_where_it_was_not_delivered") == found


END_USE = a_clause("no_change_of_end_use", end_uses=("criminal investigation",))


@shows("used_for_no_licensed_end")
def test_a_purpose_that_no_end_use_names_touches_the_duty_not_to_change_it():
    word = word_on(END_USE, alleged_purpose="political_monitoring")
    assert word.verdict == "engaged"
    assert "political monitoring; licensed: “criminal investigation”" in word.reason
    assert word_on(END_USE, alleged_purpose="serious_crime") is None
    assert word_on(END_USE, agency="other", alleged_purpose="political_monitoring") is None
    assert word_on(a_clause("no_change_of_end_use"), alleged_purpose="political_monitoring") is None


DATA = a_clause("data_handling", retention_days=90)


@shows("data_reported_misused")
def test_data_reported_to_have_been_passed_on_appears_inconsistent():
    word = word_on(DATA, data_misuse=("shared_onward", "kept_beyond"))
    assert word.verdict == "appears_inconsistent"
    assert "kept longer than agreed and passed on to others" in word.reason
    assert word_on(DATA) is None
    assert word_on(DATA, agency="other", data_misuse=("published",)) is None


NOTICE = a_clause("notify_loss_or_breach", notice_hours=72)


def word_on_notice(today, *reports):
    """The word on the duty to notify; the account became known on 1 May 2025, so a notice is due by 4 May."""
    license = a_license(clauses=(NOTICE,))
    alert = alert_on(assessed(license, a_delivery(license), an_incident(), *reports, today=day(today)), NOTICE.id)
    return alert.cases[0] if alert else None


def a_notice(on, **changed):
    said = {"kind": "loss_theft_notice", "reporter_role": "end_user", "performed": period(on)}
    return a_report(a_license(), **said | changed)


def test_a_breach_that_has_been_known_beyond_the_hours_allowed_and_that_nobody_told_is_found():
    assert word_on_notice("2025-05-04") is None
    case = word_on_notice("2025-05-05")
    assert (case.rule, case.verdict) == ("known_and_not_notified", "appears_inconsistent")
    assert "had to be told by 4 May 2025, and no notice is on file" in case.sentence


def test_a_notice_in_time_answers_it_and_a_late_one_is_told_as_late():
    assert word_on_notice("2025-06-01", a_notice("2025-05-04")).verdict == "consistent"
    late = word_on_notice("2025-06-01", a_notice("2025-05-05"))
    assert late.verdict == "appears_inconsistent"
    assert "and was 1 day later" in late.sentence


def test_a_notice_from_before_it_happened_is_of_something_else():
    assert "no notice is on file" in word_on_notice("2025-06-01", a_notice("2024-06-02")).sentence
    assert word_on_notice("2025-06-01", a_notice("2024-06-03")).verdict == "consistent"


def test_without_hours_in_the_clause_no_notice_is_overdue():
    assert word_on(a_clause("notify_loss_or_breach")) is None
