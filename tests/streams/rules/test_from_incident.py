"""What a reported incident says of each kind of clause: the rule speaks, answers, or stays silent."""

from __future__ import annotations

import pytest

from builders import a_clause, a_delivery, a_license, alert_on, an_incident, assessed
from schemas.common import Claimed
from schemas.incident import Operator, Victims
from streams.rules.account import told
from streams.rules.clauses import FROM_INCIDENT
from streams.rules.findings import Ground, IncidentQuestion
from streams.rules.naming import PlainNamer
from streams.rules.packs import pack
from streams.rules.policy import shipped_policy, weights_of
from streams.rules.standing import END, Standing
from streams.rules.today import Today
from streams.rules.unsaid import completed


def word_on(clause, agency="same", policy=shipped_policy(), **incident):  # noqa: B008
    """The first word of the rules on `clause` under `policy` about an incident in XA, or `None`."""
    license = completed(a_license(clauses=(clause,)), "XA", weights_of(policy))
    ground = Ground(
        license=license, destination="XA", deliveries=(), reports=(), names=PlainNamer(), today=Today(END), disposed=END
    )
    question = IncidentQuestion(
        ground=ground, standing=Standing(license.clauses[0]), told=told([an_incident(**incident)]), agency=agency
    )
    found = (rule(question) for rule in FROM_INCIDENT[clause.kind])
    return next((f for f in found if f is not None), None)


def a_person(klass="business", **more):
    return (Victims(klass=klass, **more),)


PURPOSE = a_clause("permitted_purpose", purposes=("terrorism", "serious_crime"), threshold_years=6)


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


def test_targeting_about_expression_engages_the_carve_out():
    assert word_on(CARVE_OUT, expression_related="yes").verdict == "engaged"


def test_targeting_about_expression_engages_although_an_offence_is_alleged_too():
    word = word_on(CARVE_OUT, expression_related="yes", offence_max_years=10)
    assert word.verdict == "engaged"
    assert "although an offence is alleged too" in word.reason


def test_targeting_that_is_not_about_expression_answers_the_carve_out():
    assert word_on(CARVE_OUT, expression_related="no").verdict == "consistent"


def test_speakers_without_an_alleged_offence_engage_the_carve_out():
    word = word_on(CARVE_OUT, victims=a_person("dissident_exile"))
    assert word.verdict == "engaged"
    assert "dissident exile" in word.reason


def test_speakers_with_an_alleged_offence_leave_the_carve_out_silent():
    assert word_on(CARVE_OUT, victims=a_person("journalist"), offence_max_years=10) is None


BARRED = a_clause("prohibited_target_class", classes=("journalist",))


def test_a_barred_class_appears_inconsistent():
    word = word_on(BARRED, victims=(*a_person("journalist"), *a_person("business")))
    assert word.verdict == "appears_inconsistent"
    assert "journalist" in word.reason
    assert "business" not in word.reason


@pytest.mark.parametrize("klass", ["lawyer", "unknown"])
def test_a_class_that_is_not_barred_or_not_known_says_nothing(klass):
    assert word_on(BARRED, victims=a_person(klass)) is None


GROUNDS = a_clause("protected_ground", grounds=("religion",))


def test_a_protected_ground_that_is_asserted_engages():
    assert word_on(GROUNDS, victims=a_person(ground="religion")).verdict == "engaged"


def test_a_ground_that_the_clause_does_not_list_says_nothing():
    assert word_on(GROUNDS, victims=a_person(ground="language")) is None


def test_a_clause_without_a_list_of_grounds_protects_every_ground():
    word = word_on(a_clause("protected_ground"), victims=a_person(ground="language"))
    assert word.verdict == "engaged"
    assert "language" in word.reason


def test_a_group_as_target_engages_a_clause_on_the_ground_of_that_group():
    found = word_on(GROUNDS, victims=a_person("religious_group"))
    assert found.verdict == "engaged"
    assert "asserted by nobody" in found.reason


def test_a_group_of_another_ground_says_nothing_to_a_clause_on_religion():
    assert word_on(GROUNDS, victims=a_person("ethnic_group")) is None


LEGAL = a_clause("legal_authorisation")


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


def test_targets_in_an_excluded_state_appear_inconsistent():
    clause = a_clause("territory_of_use", excluded_countries=("XB",))
    assert word_on(clause, victims=a_person(country="XB")).verdict == "appears_inconsistent"


def test_where_victims_were_is_never_inferred_from_the_operator():
    assert word_on(TERRITORY, victims=a_person()) is None


CAPACITY = a_clause("capacity_limit", limit=5)


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


def test_data_that_only_a_barred_module_takes_appears_inconsistent():
    assert word_on(CONFIGURATION, data_taken=("microphone", "mail")).verdict == "appears_inconsistent"


def test_data_that_an_allowed_module_takes_says_nothing():
    assert word_on(CONFIGURATION, data_taken=("camera", "mail")) is None


THIRD = a_clause("no_third_party_operation")


def test_another_state_suspected_beside_the_destination_engages():
    word = word_on(THIRD, operators=(Operator(country="XA"), Operator(country="XB")))
    assert word.verdict == "engaged"
    assert "XB" in word.reason


def test_the_destination_alone_is_no_third_party():
    assert word_on(THIRD) is None


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
