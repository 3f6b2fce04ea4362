"""What a pledge leaves unsaid: implied clauses hold, what is usual fills gaps, what is unverified does neither."""

from __future__ import annotations

import msgspec
import pytest

from builders import (
    a_clause,
    a_delivery,
    a_license,
    a_policy,
    alert_on,
    an_incident,
    assessed,
    day,
)
from schemas.incident import Victims
from schemas.legal import Footing, ImpliedClause, UsualParameters
from schemas.license import ClauseParameters, LicensedItem
from streams.rules.packs import pack, with_register
from streams.rules.policy import weights_of
from streams.rules.unsaid import completed, implied_by, stated, supplied_to

ISRAEL = with_register(pack("israel-2021"), [a_policy()])


def with_clause(kind="expression_carve_out", **changed):
    """The test policy with something more said of one kind of clause."""
    policy = a_policy()
    usual = msgspec.structs.replace(policy.clauses[kind], **changed)
    return msgspec.structs.replace(policy, clauses=policy.clauses | {kind: usual})


def implied(**changed):
    fields = {"text": "Opinion is no crime.", "origin": "a law, domain paper"}
    return ImpliedClause(**fields | changed)


def kinds(license, policy, destination="XA"):
    return {c.kind: c for c in completed(license, destination, weights_of(policy)).clauses}


def test_a_clause_that_the_law_implies_holds_where_the_pledge_is_silent():
    found = kinds(a_license(), with_clause(implied=implied()))["expression_carve_out"]
    assert (found.id, found.text) == ("implied.expression-carve-out", "Opinion is no crime.")
    assert implied_by(found) == "a law, domain paper; the words render it"


def test_a_pledge_that_speaks_of_it_is_taken_at_its_word():
    license = a_license(clauses=(a_clause("expression_carve_out", text="Our own words."),))
    found = completed(license, "XA", weights_of(with_clause(implied=implied()))).clauses
    assert [c.text for c in found] == ["Our own words."]
    assert implied_by(found[0]) == ""


def test_a_clause_waived_is_spoken_of_and_not_implied_again():
    license = a_license(clauses=(a_clause("expression_carve_out", waived=True),))
    assert len(completed(license, "XA", weights_of(with_clause(implied=implied()))).clauses) == 1


def test_a_pledge_that_speaks_for_another_destination_only_is_silent_here():
    license = a_license(clauses=(a_clause("expression_carve_out", destinations=("XB",)),))
    ids = [c.id for c in completed(license, "XA", weights_of(with_clause(implied=implied()))).clauses]
    assert ids == ["expression-carve-out", "implied.expression-carve-out"]


def test_a_law_of_a_later_day_implies_nothing_for_a_license_granted_before():
    policy = with_clause(implied=implied(granted_from=day("2021-12-06")))
    assert "expression_carve_out" in kinds(a_license(granted_at=day("2021-12-06")), policy)
    assert "expression_carve_out" not in kinds(a_license(granted_at=day("2021-12-05")), policy)


def test_a_law_on_one_technology_implies_nothing_for_another_or_an_unknown_one():
    policy = with_clause(implied=implied(technologies=("intrusion_spyware",)))
    camera = LicensedItem(item_ref="i1", product="Lantern", technology="video_surveillance")
    unknown = LicensedItem(item_ref="i1", product="Lantern")
    assert "expression_carve_out" in kinds(a_license(), policy)
    assert "expression_carve_out" not in kinds(a_license(items=(camera,)), policy)
    assert "expression_carve_out" not in kinds(a_license(items=(unknown,)), policy)


def test_what_nobody_has_verified_is_neither_implied_nor_usual():
    usual = UsualParameters(parameters=ClauseParameters(classes=("minor",)), origin="memory", unverified=True)
    policy = with_clause(implied=implied(unverified=True), usual={"classes": usual})
    assert "expression_carve_out" not in kinds(a_license(), policy)
    own = a_license(clauses=(a_clause("expression_carve_out"),))
    assert kinds(own, policy)["expression_carve_out"].parameters == ClauseParameters()


def test_an_implied_clause_never_takes_the_id_of_one_in_the_pledge():
    license = a_license(clauses=(a_clause("other", id="implied.expression-carve-out"),))
    found = kinds(license, with_clause(implied=implied()))["expression_carve_out"]
    assert found.id == "implied.expression-carve-out+"


def test_what_is_usual_fills_what_the_clause_does_not_say_and_says_so():
    license = a_license(clauses=(a_clause("permitted_purpose", threshold_years=4),))
    found = kinds(license, ISRAEL)["permitted_purpose"]
    assert found.parameters.threshold_years == 4
    assert found.parameters.purposes == ("terrorism", "serious_crime")
    assert any("purposes: terrorism and serious crime" in words and "S4" in words for words in supplied_to(found))
    assert not any("threshold" in words for words in supplied_to(found))


def test_of_two_usual_statements_on_one_parameter_the_later_name_counts():
    def years(n):
        return UsualParameters(parameters=ClauseParameters(threshold_years=n), origin="a law")

    license = a_license(clauses=(a_clause("permitted_purpose"),))
    found = kinds(license, with_clause("permitted_purpose", usual={"a": years(3), "b": years(8)}))
    assert found["permitted_purpose"].parameters.threshold_years == 8


def test_a_policy_that_adds_nothing_leaves_the_license_itself():
    bare = with_clause("permitted_purpose", usual={})
    license = a_license()
    assert completed(license, "XA", weights_of(bare)) is license


# -- in alerts ---------------------------------------------------------------------------------------------------------

SPOKE = an_incident(expression_related="yes", victims=(Victims(klass="journalist", ground="opinion"),))


def test_an_alert_says_that_the_law_implies_the_clause_and_quotes_it():
    alert = alert_on(assessed(a_license(), a_delivery(), SPOKE, ISRAEL), "implied.expression-carve-out")
    assert alert.band == "alert"
    assert "expressing an opinion or criticism" in alert.clause.text
    assert "S2" in alert.clause.implied_by


def test_an_alert_on_a_clause_of_the_pledge_says_what_the_policy_supplied():
    license = a_license(clauses=(a_clause("permitted_purpose"),))
    alert = alert_on(assessed(license, a_delivery(license), an_incident(), ISRAEL), "permitted-purpose")
    assert alert.clause.implied_by == ""
    assert any(words.startswith("threshold years: 6") for words in alert.clause.supplied)


def test_that_no_pledge_is_on_file_is_found_beside_what_the_law_implies():
    license = a_license(pledge=None, clauses=())
    found = assessed(license, a_delivery(license), SPOKE, ISRAEL)
    assert alert_on(found, "no-pledge") is not None
    assert alert_on(found, "implied.expression-carve-out") is not None


def test_an_event_before_the_grant_finds_no_implied_duty():
    early = an_incident(
        occurred=msgspec.structs.replace(SPOKE.occurred, start=day("2022-06-03"), end=day("2022-06-20"))
    )
    found = assessed(a_license(), a_delivery(), early, ISRAEL)
    assert alert_on(found, "implied.expression-carve-out") is None


@pytest.mark.parametrize(("unverified", "shown"), [(False, True), (True, False)])
def test_an_option_says_who_decides_and_on_what_footing_if_that_is_verified(unverified, shown):
    footing = Footing(decider="The ministry", words="May suspend.", origin="a law", unverified=unverified)
    policy = msgspec.structs.replace(a_policy(), footing={"suspend": footing})
    alert = alert_on(assessed(a_license(), a_delivery(), an_incident(), policy), "permitted-purpose")
    said = next(o.footing for o in alert.options if o.kind == "suspend")
    assert said == ("The ministry: May suspend. (a law)" if shown else "")


def test_a_license_whose_every_clause_is_implied_states_none():
    assert stated(a_license())
    assert not stated(completed(a_license(clauses=()), "XA", weights_of(ISRAEL)))
