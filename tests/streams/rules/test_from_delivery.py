"""What a delivery record says of the validity of the license and of re-transfer."""

from __future__ import annotations

import msgspec
import pytest

from builders import a_clause, a_delivery, a_license, alert_on, assessed, day, period
from schemas.delivery import DeliveredItem
from schemas.license import Consent, Destination, LicensedItem, StatusChange

CLAUSES = (a_clause("validity"), a_clause("no_retransfer"))


def licensed(**changed):
    return a_license(clauses=CLAUSES, **changed)


def word(clause, license, *facts):
    """The case that deliveries raise on a clause in XA, or `None`."""
    alert = alert_on(assessed(license, *facts), clause, license.ref)
    return alert.cases[0] if alert else None


def pieces(count, *, serials=()):
    return (DeliveredItem(item_ref="i1", product="Lantern", quantity=count, serials=serials),)


def test_a_delivery_within_the_license_says_nothing():
    license = licensed()
    assert assessed(license, a_delivery(license)).alerts == ()


@pytest.mark.parametrize(
    ("delivered", "words"),
    [("2022-11-01", "before the license began"), ("2026-02-01", "after the license ended on 31 December 2025")],
)
def test_a_delivery_outside_validity_is_for_review(delivered, words):
    license = licensed()
    case = word("validity", license, a_delivery(license, delivered=period(delivered)))
    assert (case.band, case.verdict, case.rule) == ("review", "appears_inconsistent", "delivered_outside_validity")
    assert words in case.sentence


def test_a_delivery_that_may_have_come_in_time_says_nothing():
    license = licensed()
    assert word("validity", license, a_delivery(license, delivered=period("2025-12-01", precision="quarter"))) is None
    straddling = a_delivery(license, delivered=period("2025-12-20", "2026-01-20"))
    assert word("validity", license, straddling) is None


@pytest.mark.parametrize("kind", ["return", "disposal"])
def test_what_comes_back_after_the_end_is_no_delivery(kind):
    license = licensed()
    gone = a_delivery(license, "D2", kind=kind, delivered=period("2026-02-01"))
    assert word("validity", license, a_delivery(license), gone) is None


def test_an_upgrade_after_revocation_is_outside_validity():
    license = licensed(status_history=(StatusChange(status="revoked", at=day("2024-06-01")),))
    after = a_delivery(license, "D2", kind="upgrade", delivered=period("2024-06-01"), items=())
    assert "after the license ended on 31 May 2024" in word("validity", license, after).sentence
    eve = a_delivery(license, "D2", kind="upgrade", delivered=period("2024-05-31"), items=())
    assert word("validity", license, eve) is None


def test_a_delivery_while_suspended_is_outside_validity():
    history = (
        StatusChange(status="suspended", at=day("2023-02-01")),
        StatusChange(status="granted", at=day("2023-08-01")),
    )
    license = licensed(status_history=history)
    assert "while the license was suspended" in word("validity", license, a_delivery(license)).sentence
    later = a_delivery(license, delivered=period("2023-09-01"))
    assert word("validity", license, later) is None


def test_more_pieces_than_licensed_are_found_at_the_delivery_that_exceeds():
    license = licensed(items=(LicensedItem(item_ref="i1", product="Lantern", quantity=3),))
    first = a_delivery(license, "D1", items=pieces(2))
    second = a_delivery(license, "D2", items=pieces(2), delivered=period("2023-05-01"))
    case = word("validity", license, first, second)
    assert (case.members, case.rule) == (("exporter-a:D2",), "more_delivered_than_licensed")
    assert "4 pieces were delivered in all; the license covers 3" in case.sentence
    assert word("validity", license, first) is None


def test_pieces_count_by_serial_where_no_number_is_stated():
    license = licensed(items=(LicensedItem(item_ref="i1", product="Lantern", quantity=1),))
    assert "2 pieces were delivered" in word("validity", license, a_delivery(license)).sentence


def test_an_item_without_a_licensed_number_can_not_be_exceeded():
    license = licensed(items=(LicensedItem(item_ref="i1", product="Lantern"),))
    assert word("validity", license, a_delivery(license, items=pieces(10_000))) is None


def test_an_upgrade_brings_no_pieces():
    license = licensed(items=(LicensedItem(item_ref="i1", product="Lantern", quantity=2),))
    upgrade = a_delivery(license, "D2", kind="upgrade", delivered=period("2023-05-01"))
    assert word("validity", license, a_delivery(license), upgrade) is None


def test_a_delivery_to_another_state_without_consent_is_for_review():
    license = licensed()
    case = word("no-retransfer", license, a_delivery(license, delivered_to="XB"))
    assert (case.band, case.rule) == ("review", "delivered_elsewhere")
    assert "delivered to XB" in case.sentence


def test_a_consent_that_covers_the_time_answers_a_delivery_elsewhere():
    consent = Consent(kind="retransfer", destination="XB", valid_from=day("2023-01-01"), valid_to=day("2023-12-31"))
    license = licensed(consents=(consent,))
    assert word("no-retransfer", license, a_delivery(license, delivered_to="XB")) is None
    late = a_delivery(license, delivered_to="XB", delivered=period("2023-12-01", "2024-02-01"))
    assert word("no-retransfer", license, late) is not None
    elsewhere = a_delivery(license, delivered_to="XC")
    assert word("no-retransfer", license, elsewhere) is not None


def test_a_serial_delivered_again_to_another_state_under_another_license_is_found_at_home():
    license = licensed()
    other = a_license("L2", "XB", clauses=CLAUSES)
    again = a_delivery(other, "D2", delivered=period("2024-05-01"))
    case = word("no-retransfer", license, other, a_delivery(license), again)
    assert case.rule == "delivered_again_elsewhere"
    assert "serial SN-1 and SN-2" in case.sentence
    assert case.members == ("exporter-a:D2",)


def test_other_serials_under_another_license_are_no_matter_of_this_one():
    license = licensed()
    other = a_license("L2", "XB", clauses=CLAUSES)
    again = a_delivery(other, "D2", delivered=period("2024-05-01"), items=pieces(1, serials=("SN-9",)))
    assert word("no-retransfer", license, other, a_delivery(license), again) is None


def test_an_exercise_delivers_nothing():
    license = licensed()
    assert word("no-retransfer", license, a_delivery(license, delivered_to="XB", tense="exercise")) is None


def test_a_clause_that_holds_in_another_destination_is_not_asked_here():
    elsewhere = msgspec.structs.replace(CLAUSES[1], destinations=("XC",))
    license = a_license(clauses=(elsewhere,))
    assert word("no-retransfer", license, a_delivery(license, delivered_to="XB")) is None


# --- where the code is wrong -----------------------------------------------------------------------------------------


def test_a_return_to_the_granting_state_is_no_transfer():
    license = licensed()
    back = a_delivery(license, "D2", kind="return", delivered_to="QM", delivered=period("2024-05-01"))
    assert word("no-retransfer", license, a_delivery(license), back) is None


def test_a_delivery_of_another_license_is_not_held_against_this_ones_validity():
    license = licensed(valid_to=day("2023-12-31"))
    other = a_license("L2", "XB", clauses=CLAUSES)
    again = a_delivery(other, "D2", delivered=period("2024-05-01"))
    assert word("validity", license, other, a_delivery(license), again) is None


def test_a_serial_that_was_elsewhere_before_it_came_here_was_not_passed_on_from_here():
    license = licensed()
    other = a_license("L2", "XB", clauses=CLAUSES, valid_from=day("2020-01-01"))
    before = a_delivery(other, "D0", delivered=period("2020-05-01"))
    assert word("no-retransfer", license, other, before, a_delivery(license)) is None


def test_a_delivery_after_the_license_lapsed_is_outside_validity():
    license = licensed(valid_to=None, status_history=(StatusChange(status="lapsed", at=day("2024-01-01")),))
    assert word("validity", license, a_delivery(license, delivered=period("2024-06-01"))) is not None


@pytest.mark.parametrize(
    "bounds", [{"valid_to": day("2024-01-01")}, {"valid_from": day("2025-01-01")}], ids=["ended", "not begun"]
)
def test_a_delivery_to_a_destination_that_had_ended_or_not_begun_is_outside_validity(bounds):
    license = licensed(destinations=(Destination(country="XA", **bounds),))
    assert word("validity", license, a_delivery(license, delivered=period("2024-06-01"))) is not None


# --- what a delivery record says of the other duties -----------------------------------------------------------------


def rules_on(clause, *facts, **licensed):
    """The rules that have a word on a clause in XA, by name."""
    license = a_license(clauses=(clause,), **licensed)
    alert = alert_on(assessed(license, *facts), clause.id, license.ref)
    return {c.rule: c for c in alert.cases} if alert else {}


def came(id="D1", **changed):
    return a_delivery(a_license(), id, **changed)


@pytest.mark.parametrize("kind", ["authorised_end_user", "no_third_party_operation"])
@pytest.mark.parametrize(
    ("holder", "found"),
    [("Bureau of Inquiry", False), ("Port Forwarding", False), ("Contractor Ltd", True), (None, False)],
)
def test_somebody_who_is_neither_end_user_nor_consignee_received_it(kind, holder, found):
    rules = rules_on(a_clause(kind), came(holder=holder), consignee="Port Forwarding")
    assert ("received_by_another" in rules) == found


def test_a_consent_to_the_holder_answers_who_received_it():
    consent = Consent(kind="retransfer", to="Contractor Ltd", valid_from=day("2023-01-01"))
    assert rules_on(a_clause("authorised_end_user"), came(holder="Contractor Ltd"), consents=(consent,)) == {}


@pytest.mark.parametrize(("place", "found"), [("XA", False), ("XC", False), ("XB", True)])
def test_a_delivery_outside_the_states_of_the_clause_is_found(place, found):
    rules = rules_on(a_clause("territory_of_use", countries=("XC",)), came(delivered_to=place))
    assert ("delivered_outside_territory" in rules) == found


@pytest.mark.parametrize(("enabled", "found"), [(40, False), (41, True), (None, False)])
def test_a_delivery_that_enables_more_than_the_limit_is_found(enabled, found):
    upgrade = came("D2", kind="upgrade", items=(DeliveredItem(item_ref="i1", capacity=enabled),))
    assert ("more_capacity_than_allowed" in rules_on(a_clause("capacity_limit", limit=40), came(), upgrade)) == found


@pytest.mark.parametrize(("module", "found"), [("Microphone", True), ("messages", False)])
def test_a_module_delivered_active_that_must_be_off_is_found(module, found):
    clause = a_clause("configuration_limit", modules_off=("microphone",))
    upgrade = came("D2", kind="upgrade", items=(DeliveredItem(item_ref="i1", modules=(module,)),))
    assert ("delivered_with_module_on" in rules_on(clause, came(), upgrade)) == found


@pytest.mark.parametrize(("serial", "found"), [("SN-2", False), ("SN-9", True)])
def test_a_piece_that_is_gone_without_having_come_does_not_add_up(serial, found):
    back = came("D2", kind="return", delivered=period("2024-01-01"), items=(DeliveredItem(serials=(serial,)),))
    assert ("gone_without_having_come" in rules_on(a_clause("item_inventory"), came(), back)) == found


CONSENT = Consent(kind="disposal", valid_from=day("2024-01-01"), valid_to=day("2027-12-31"))
DISPOSAL = a_clause("disposal")


def disposed(on, *serials):
    return came("D2", kind="disposal", delivered=period(on), items=(DeliveredItem(item_ref="i1", serials=serials),))


@pytest.mark.parametrize(("on", "found"), [("2023-12-31", True), ("2024-01-01", False)])
def test_a_disposal_without_consent_is_found(on, found):
    rules = rules_on(DISPOSAL, came(), disposed(on, "SN-1", "SN-2"), consents=(CONSENT,))
    assert ("disposed_without_consent" in rules) == found


@pytest.mark.parametrize(
    ("on", "serials", "found"),
    # Two pieces came, and the license ended on 31 December 2025.
    [
        ("2026-01-15", ("SN-1",), True),
        ("2026-01-15", ("SN-1", "SN-2"), False),
        ("2025-12-31", ("SN-1",), False),
        ("2026-01-01", ("SN-1",), True),
    ],
)
def test_fewer_pieces_disposed_of_than_came_leave_the_rest_to_be_accounted_for(on, serials, found):
    rules = rules_on(DISPOSAL, came(), disposed(on, *serials), consents=(CONSENT,))
    assert set(rules) == ({"fewer_disposed_than_came"} if found else set())
    assert not found or "1 of 2 pieces are gone; 1 are not accounted for" in rules["fewer_disposed_than_came"].sentence


LICENSED = (LicensedItem(item_ref="i1", product="Lantern", modules=("messages",)),)


@pytest.mark.parametrize(("module", "found"), [("Messages", False), ("zero-click", True)])
def test_an_upgrade_with_a_module_that_is_not_licensed_needs_an_amendment(module, found):
    upgrade = came("D2", kind="upgrade", items=(DeliveredItem(item_ref="i1", modules=(module,)),))
    clause = a_clause("amendment_or_waiver")
    assert ("upgraded_without_amendment" in rules_on(clause, came(), upgrade, items=LICENSED)) == found
    amended = Consent(kind="amendment", valid_from=day("2023-01-01"))
    assert rules_on(clause, came(), upgrade, items=LICENSED, consents=(amended,)) == {}
    assert rules_on(a_clause("amendment_or_waiver", needs_consent=("site",)), upgrade, items=LICENSED) == {}


def test_a_duty_that_was_not_in_force_then_is_not_held_against_a_delivery():
    later = a_clause("territory_of_use", countries=("XA",), valid_from=day("2023-04-01"))
    assert rules_on(later, came(delivered_to="XB")) == {}
    assert "delivered_outside_territory" in rules_on(later, came(delivered_to="XB", delivered=period("2023-04-01")))
