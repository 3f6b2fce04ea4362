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
    assert case.members == ("exporter-a:D2",)
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
