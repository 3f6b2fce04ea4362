"""How well an account fits a license, one assertion at a time; what is not known stays unknown."""

from __future__ import annotations

import msgspec
import pytest

from builders import a_clause, a_delivery, a_license, a_name, a_policy, an_incident, day, period
from schemas.common import Claimed
from schemas.incident import ClaimedProduct, Operator
from schemas.license import LicensedItem
from streams.agents.naming import RegisterNamer
from streams.rules.fitting import authorised, fit
from streams.rules.naming import PlainNamer
from streams.rules.policy import weights_of
from streams.rules.standing import use_window

WEIGHTS = weights_of(a_policy())
REGISTER = (
    a_name("p/lantern", "Lantern", id="n1"),
    a_name("p/lantern", "Lanterne Mark Two", id="n2"),
    a_name("p/heron", "Grey Heron", id="n3"),
    a_name("v/bright", "Brightwater Systems", "vendor", id="n4"),
    a_name("v/bright", "Clearbrook Holdings", "vendor", id="n5"),
    a_name("v/sister", "Tallgrass Signals", "vendor", id="n6"),
    a_name("g/group", "Meadow Group", "corporate_group", id="n7"),
    a_name("v/bright", None, "vendor", id="n8", relation="owned_by", target="g/group", valid_from=day("2022-01-01")),
    a_name("v/sister", None, "vendor", id="n9", relation="owned_by", target="g/group", valid_from=day("2022-01-01")),
    a_name("v/bright", None, "vendor", id="n10", relation="markets", target="p/reed"),
    a_name("p/reed", "Reedmace", id="n11"),
    a_name("v/other", "Northgate Instruments", "vendor", id="n12"),
)
NAMES = RegisterNamer(REGISTER)


def fitted(incident, license=None, deliveries=None, names=NAMES, destination="XA"):
    license = license or a_license()
    deliveries = (a_delivery(license),) if deliveries is None else deliveries
    return fit(incident, license, destination, use_window(license, deliveries, destination), names, WEIGHTS)


def of(fitting, matter):
    """What is said of one matter."""
    return next(a for a in fitting.assertions if a.matter == matter)


def test_product_state_agency_and_time_fit_in_full():
    found = fitted(an_incident())
    assert (found.m, found.item, found.agency, found.product, found.context) == (1_000_000, 1_000_000, "same", True, "")
    assert len(found.reasons) == 4


# --- product and vendor ----------------------------------------------------------------------------------------------


def named(*products, vendors=(), **changed):
    return an_incident(
        products=tuple(ClaimedProduct(name=p) for p in products),
        vendors=tuple(Claimed(name=v) for v in vendors),
        **changed,
    )


def test_an_alias_of_the_product_is_the_product():
    assert of(fitted(named("Lanterne Mark Two")), "product").fit == 1_000_000


def test_another_known_product_does_not_fit_whoever_the_vendor_is():
    found = fitted(named("Grey Heron", vendors=("Brightwater Systems",)))
    assert found.m == 0
    assert "the license covers “Lantern”" in found.reasons[0]
    assert not found.relevant


def test_a_name_that_nobody_knows_falls_back_to_the_vendor_named_beside_it():
    found = fitted(named("Zzyqx", vendors=("Brightwater Systems",)))
    assert of(found, "vendor").fit == WEIGHTS.fit["group_member"]
    assert "the product named is not known" in found.reasons[0]


def test_a_name_that_nobody_knows_alone_fits_nothing_and_says_so():
    found = fitted(named("Zzyqx"))
    assert found.m == 0
    assert "is not in the register of names" in found.reasons[0]


def test_the_vendor_alone_fits_less_than_the_product():
    found = fitted(named(vendors=("Brightwater Systems",)))
    assert of(found, "vendor").fit == WEIGHTS.fit["product_of_vendor"]
    assert not found.product


def test_another_name_of_the_vendor_is_the_vendor():
    assert of(fitted(named(vendors=("Clearbrook Holdings",))), "vendor").fit == WEIGHTS.fit["product_of_vendor"]


def test_a_sister_company_fits_as_a_member_of_the_group_while_the_group_lasted():
    assert of(fitted(named(vendors=("Tallgrass Signals",))), "vendor").fit == WEIGHTS.fit["group_member"]
    before = fitted(named(vendors=("Tallgrass Signals",), occurred=period("2021-06-01")))
    assert of(before, "vendor").fit == 0


def test_a_stranger_among_vendors_does_not_fit():
    found = fitted(named(vendors=("Northgate Instruments",)))
    assert found.m == 0
    assert "the license is “Brightwater Systems”'s" in found.reasons[0]


def test_the_maker_counts_as_much_as_the_exporter():
    license = a_license(exporter="Northgate Instruments", manufacturer="Brightwater Systems")
    assert (
        of(fitted(named(vendors=("Brightwater Systems",)), license), "vendor").fit == WEIGHTS.fit["product_of_vendor"]
    )


def test_a_vendor_of_another_kind_of_technology_does_not_fit():
    found = fitted(named(vendors=("Brightwater Systems",), technology="face_recognition"))
    assert found.m == 0
    assert "does not cover face recognition" in found.reasons[0]


def test_a_product_of_the_vendor_fits_a_license_whose_item_has_no_known_name():
    license = a_license(product="Intrusion suite, release four")
    assert of(fitted(named("Reedmace"), license), "vendor").fit == WEIGHTS.fit["product_of_vendor"]


def test_the_kind_of_technology_alone_fits_a_little():
    found = fitted(named())
    assert of(found, "vendor").fit == WEIGHTS.fit["technology_only"]
    assert fitted(named(technology="face_recognition")).m == 0


def test_country_alone_selects_no_license():
    license = a_license(items=(LicensedItem(item_ref="i1", product="Lantern"),))
    assert fitted(named(), license).m == 0


def test_several_products_count_by_the_best():
    assert fitted(named("Grey Heron", "Lantern")).m == 1_000_000


def sure(confidence):
    product = (ClaimedProduct(name="Lantern", confidence=confidence),)
    return of(fitted(an_incident(products=product)), "product").fit


def test_a_claim_fits_by_its_confidence_from_what_holds_unsaid_and_from_85_in_full():
    assert sure(0) == WEIGHTS.fit["technology_only"]
    assert sure(0) < sure(50) < sure(84) < sure(85) == sure(100) == 1_000_000


def test_a_tool_of_the_operators_own_make_fits_no_license():
    own = named("Lantern", domestic_tool=True)
    assert fitted(own).m == 0
    assert "own make" in fitted(own).reasons[0]


def test_an_enabler_beside_a_tool_of_the_operators_own_make_fits():
    enabled = an_incident(
        products=(ClaimedProduct(name="Homebrew"), ClaimedProduct(name="Lantern", role="enabler")), domestic_tool=True
    )
    assert fitted(enabled).m == 1_000_000


def test_a_vendor_that_was_the_target_makes_it_context():
    found = fitted(an_incident(vendor_is_victim=True))
    assert (found.m, found.item) == (0, 0)
    assert found.context == "the vendor itself was the target"
    assert found.relevant


# --- state -----------------------------------------------------------------------------------------------------------


def test_another_state_does_not_fit_and_nothing_is_context():
    found = fitted(an_incident(destination="XB"))
    assert found.m == 0
    assert found.context == ""
    assert not found.relevant


def test_no_state_named_does_not_fit():
    found = fitted(an_incident(destination=None))
    assert found.m == 0
    assert "no operator state is named" in found.reasons


def test_where_the_victims_were_does_not_name_the_operator():
    from schemas.incident import Victims

    found = fitted(an_incident(destination=None, victims=(Victims(klass="journalist", country="XA"),)))
    assert found.m == 0


def test_an_unsure_state_thins_the_claim():
    unsure = an_incident(operators=(Operator(country="XB"), Operator(country="XA", confidence=17)))
    assert of(fitted(unsure), "operator_state").fit == 200_000


# --- agency ----------------------------------------------------------------------------------------------------------


def test_an_unknown_agency_stays_unknown_and_fits_nearly():
    found = fitted(an_incident(operator_agency=None))
    assert (found.agency, found.m) == ("unknown", WEIGHTS.fit["agency_unknown"])


def test_another_agency_fits_little_but_its_item_fits():
    found = fitted(an_incident(operator_agency=Claimed(name="Border Office")))
    assert (found.agency, found.m) == ("other", WEIGHTS.fit["agency_other"])
    assert found.item == WEIGHTS.fit["agency_unknown"]


def test_an_agency_named_without_any_confidence_is_as_good_as_unknown():
    found = fitted(an_incident(operator_agency=Claimed(name="Border Office", confidence=0)))
    assert of(found, "agency").fit == WEIGHTS.fit["agency_unknown"]


AGENCIES = (
    a_name("ag/bureau", "Bureau of Inquiry", "agency", id="n1"),
    a_name("ag/records", "Directorate of Records", "agency", id="n2"),
    a_name(
        "ag/bureau", None, "agency", id="n3", relation="renamed_to", target="ag/records", valid_from=day("2024-01-01")
    ),
    a_name("un/night", "Night Desk", "unit", id="n4"),
    a_name("un/night", None, "unit", id="n5", relation="part_of", target="ag/bureau", valid_from=day("2024-01-01")),
    a_name("ag/border", "Border Office", "agency", id="n6"),
    a_name("ag/home", "Ministry of Quiet", "agency", id="n7"),
    a_name("ag/border", None, "agency", id="n8", relation="part_of", target="ag/home"),
)


@pytest.mark.parametrize(
    ("agency", "allowed"),
    [
        ("bureau of  INQUIRY", True),
        ("Directorate of Records", True),
        ("Night Desk", True),
        ("Border Office", False),
        ("Ministry of Quiet", False),
        ("Harbor Patrol", False),
    ],
)
def test_the_end_user_its_successor_and_its_units_are_allowed(agency, allowed):
    found = authorised(agency, a_license(), RegisterNamer(AGENCIES), day("2024-06-01"))
    assert (found is not None) is allowed


def test_a_unit_was_no_unit_before_it_belonged():
    assert authorised("Night Desk", a_license(), RegisterNamer(AGENCIES), day("2023-06-01")) is None


def test_who_the_clause_or_the_license_lists_is_allowed_too():
    listed = a_license(clauses=(a_clause("authorised_end_user", end_users=("Border Office",)),))
    assert authorised("Border Office", listed, PlainNamer(), day("2024-06-01")) is not None
    unit = a_license(unit="Night Desk")
    assert authorised("Night Desk", a_license(), PlainNamer(), day("2024-06-01")) is None
    assert authorised("Night Desk", unit, RegisterNamer(()), day("2024-06-01")) is not None


@pytest.mark.parametrize("agency", ["Border Office", "Ministry of Quiet"])
def test_a_sister_agency_or_the_ministry_above_is_another_agency(agency):
    family = (*AGENCIES, a_name("ag/bureau", None, "agency", id="n9", relation="part_of", target="ag/home"))
    assert authorised(agency, a_license(), RegisterNamer(family), day("2024-06-01")) is None


# --- time ------------------------------------------------------------------------------------------------------------


def test_before_the_first_recorded_delivery_it_is_context():
    found = fitted(an_incident(occurred=period("2023-02-28")))
    assert found.m == 0
    assert found.context == "it happened on 28 February 2023, before the first recorded delivery on 1 March 2023"


def test_before_the_license_it_is_context_where_no_delivery_is_on_record():
    found = fitted(an_incident(occurred=period("2022-06-01", precision="month")), deliveries=())
    assert found.m == 0
    assert "it happened in June 2022, before the" in found.context
    assert "1 January 2023" in found.context


def test_no_recorded_delivery_is_not_before_delivery():
    found = fitted(an_incident(), deliveries=())
    assert found.m == WEIGHTS.fit["delivery_unrecorded"]
    assert found.context == ""
    assert "leaves the start of use open" in of(found, "time").reason


def test_a_time_of_which_only_a_part_fits_is_possible():
    found = fitted(an_incident(occurred=period("2023-01-01", precision="year")))
    assert found.m == WEIGHTS.fit["time_possible"]
    assert "only a part of it fits" in of(found, "time").reason


def test_after_all_pieces_are_proven_gone_it_is_context():
    license = a_license()
    gone = a_delivery(license, "D2", kind="disposal", delivered=period("2024-01-15"))
    found = fitted(an_incident(), license, (a_delivery(license), gone))
    assert found.m == 0
    assert "after all pieces were proven gone on 15 January 2024" in found.context


def test_what_is_context_of_another_matter_has_no_context_here():
    other = msgspec.structs.replace(
        an_incident(occurred=period("2020-01-01")), products=(ClaimedProduct(name="Grey Heron"),)
    )
    assert fitted(other).context == ""
