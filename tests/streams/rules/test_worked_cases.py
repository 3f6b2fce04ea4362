"""The worked cases of the design paper, section 3, must come out so."""

from __future__ import annotations

import pytest

from builders import (
    a_delivery,
    a_judgment,
    a_license,
    a_paper,
    a_publication,
    a_report,
    alert_on,
    an_incident,
    assessed,
    period,
)  # fmt: skip
from schemas.report import ExaminedIncident


def the_case(*facts, clause="permitted-purpose", license="authority:L1"):
    alert = alert_on(assessed(*facts), clause, license)
    assert alert is not None
    assert len(alert.cases) == 1
    return alert.cases[0]


def test_one_lab_report_with_product_state_and_agency_is_an_alert_by_grade():
    license = a_license()
    case = the_case(license, a_delivery(license), an_incident())
    assert case.band == "alert"
    assert case.probability == pytest.approx(200_000, abs=1_000)
    assert case.m == 1_000_000


def test_three_fitting_licenses_without_agency_form_one_group_with_a_third_each():
    licenses = [a_license(f"L{n}", issuing_state=s) for n, s in ((1, "QM"), (2, "QN"), (3, "QO"))]
    deliveries = [a_delivery(x, f"D-{x.id}", items=()) for x in licenses]
    result = assessed(*licenses, *deliveries, an_incident(operator_agency=None))
    cases = [alert_on(result, "permitted-purpose", x.ref).cases[0] for x in licenses]
    assert [c.band for c in cases] == ["alert"] * 3
    assert len({c.group for c in cases}) == 1
    assert cases[0].group is not None
    assert sorted(c.share for c in cases[0].candidates) == [333_333, 333_333, 333_334]


def test_two_independent_papers_are_for_review():
    license = a_license()
    two = an_incident(
        publications=(a_publication("paper-a", 3, "o1"), a_publication("paper-b", 3, "o2")),
        evidence_level="E1", attribution_level="A1",
    )  # fmt: skip
    case = the_case(license, a_delivery(license), two)
    assert case.band == "review"
    assert case.probability == pytest.approx(140_000, abs=1_000)


def test_two_papers_joined_by_a_judgment_are_for_review_too():
    license = a_license()
    papers = (a_paper("I1", "paper-a", "o1"), a_paper("I2", "paper-b", "o2"))
    case = the_case(license, a_delivery(license), *papers, a_judgment("same_event", ["desk:I1", "desk:I2"]))
    assert (case.band, len(case.members)) == ("review", 2)


@pytest.mark.parametrize("origin", ["o1", None], ids=["ten copies of one article", "ten undeclared rewrites"])
def test_ten_copies_stay_at_watch(origin):
    license = a_license()
    ten = an_incident(
        publications=tuple(a_publication("paper-a", 3, origin) for _ in range(10)),
        evidence_level="E1", attribution_level="A1",
    )  # fmt: skip
    case = the_case(license, a_delivery(license), ten)
    assert case.band == "watch"
    assert case.probability == pytest.approx(55_000, abs=500)


def test_fifty_anonymous_tips_stay_at_watch():
    license = a_license()
    tips = [a_paper(f"T{n}", "tips", None, 6, evidence_level="E0", attribution_level="A0") for n in range(50)]
    case = the_case(license, a_delivery(license), *tips)
    assert case.band == "watch"
    assert len(case.members) == 50


def test_a_favourable_check_that_only_counted_boxes_changes_nothing():
    license = a_license()
    world = (license, a_delivery(license), an_incident())
    boxes = a_report(
        license, kind="post_shipment", outcome="favourable", reporter_role="embassy", performed=period("2025-06-01"),
        examined=(ExaminedIncident(incident="desk:I1", bearing="contradicts", verified=("custody",)),),
    )  # fmt: skip
    before, after = the_case(*world), the_case(*world, boxes)
    assert (after.total, after.band) == (before.total, "alert")
    assert after.replies, "the check stands beside the claim"


def test_a_check_of_use_and_logs_weighs_against_it():
    license = a_license()
    world = (license, a_delivery(license), an_incident())
    looked = a_report(
        license, kind="post_shipment", reporter_role="embassy", performed=period("2025-06-01"),
        examined=(ExaminedIncident(incident="desk:I1", bearing="contradicts", verified=("use", "logs")),),
    )  # fmt: skip
    assert the_case(*world, looked).total < the_case(*world).total


def test_an_exporters_own_admission_is_an_alert():
    license = a_license()
    admission = a_report(
        license, kind="voluntary_disclosure", reporter_role="exporter", source="exporter-a",
        performed=period("2025-06-01"), admits=("desk:I1",),
    )  # fmt: skip
    case = the_case(license, a_delivery(license), a_paper(), admission)
    assert case.band == "alert"
