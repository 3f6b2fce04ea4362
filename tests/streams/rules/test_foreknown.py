"""What was known before a grant or a delivery: shown to the officer of the next license, never held against the last."""

from __future__ import annotations

from builders import (
    a_delivery,
    a_judgment,
    a_license,
    a_paper,
    a_policy,
    a_publication,
    a_retraction,
    a_tick,
    an_incident,
    day,
    period,
)  # fmt: skip
from schemas.common import Claimed
from schemas.incident import ClaimedProduct, Operator
from streams.rules.foreknown import foreknown
from streams.rules.survey import Survey

NEXT = a_license("L2", granted_at=day("2025-09-01"), valid_from=day("2025-09-01"), valid_to=day("2028-08-31"))


def known(*facts, license=NEXT):
    survey = Survey([a_policy(), a_tick(), license, *facts])
    (found,) = [f for f in foreknown(survey) if f.license == license.ref and f.destination == "XA"]
    return found.known


def test_what_was_published_before_the_grant_is_shown_to_the_next_license():
    (found,) = known(an_incident())
    assert (found.stage, found.incidents, found.known_since) == ("before_grant", ("desk:I1",), day("2025-05-01"))
    assert found.concerns == ("end_user", "product", "technology")
    assert "before the grant" in found.sentence
    assert "the same end user" in found.sentence


def test_what_became_known_after_the_grant_is_not():
    late = an_incident(published_at=day("2025-09-01"), publications=(a_publication(published_at=day("2025-09-01")),))
    assert known(late) == ()


def test_between_grant_and_delivery_it_is_told_as_such():
    came = a_delivery(NEXT, delivered=period("2026-03-01"))
    (found,) = known(came, an_incident(published_at=day("2025-12-01")))
    assert found.stage == "before_delivery"
    assert "after the grant and before the first delivery" in found.sentence


def test_without_a_recorded_delivery_nothing_counts_as_before_it():
    assert known(an_incident(published_at=day("2025-12-01"))) == ()


def test_another_product_in_the_state_is_shown_after_the_same_end_user():
    other = an_incident(
        "I2", operator_agency=None, products=(ClaimedProduct(name="Heron"),), technology="face_recognition"
    )
    found = known(an_incident(), other)
    assert [f.concerns[0] for f in found] == ["end_user", "destination"]


def test_a_maker_named_elsewhere_concerns_the_license_and_a_stranger_elsewhere_does_not():
    there = {"operators": (Operator(country="XB"),), "operator_agency": None, "products": ()}
    maker = an_incident("I2", vendors=(Claimed(name="Brightwater Systems"),), **there)
    (found,) = known(maker, an_incident("I3", vendors=(Claimed(name="Northgate"),), **there))
    assert found.concerns == ("maker",)


def test_an_agency_of_the_same_name_in_another_state_is_another():
    there = an_incident(operators=(Operator(country="XB"),), products=(ClaimedProduct(name="Heron"),))
    assert known(there) == ()


def test_copies_are_one_event_and_tips_are_none():
    copy = an_incident("I2", duplicate_of="desk:I1")
    tip = a_paper("T1", "tips", None, 6, evidence_level="E0")
    (found,) = known(an_incident(), copy, tip)
    assert found.incidents == ("desk:I1", "desk:I2")


def test_only_the_accounts_of_that_time_count():
    follow_up = an_incident("I2", duplicate_of="desk:I1", published_at=day("2026-01-01"), evidence_level="E5")
    (found,) = known(an_incident(), follow_up)
    assert (found.incidents, found.evidence_level) == (("desk:I1",), "E3")


def test_what_was_taken_back_was_not_known():
    assert known(an_incident(), a_retraction(an_incident())) == ()
    assert known(an_incident(status="refuted")) == ()


def test_an_agency_that_an_analyst_attributed_counts():
    bare = an_incident(operator_agency=None, products=())
    judged = a_judgment("attribute", ["desk:I1"], agency="Bureau of Inquiry")
    (found,) = known(bare, judged)
    assert "end_user" in found.concerns


def test_no_person_is_in_what_is_shown():
    import msgspec

    assert "journalist" not in msgspec.json.encode(known(an_incident())).decode()
