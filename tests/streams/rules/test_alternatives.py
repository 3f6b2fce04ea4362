"""What else could explain it: each alternative is ruled out by what was shown, or open."""

from __future__ import annotations

import pytest

from builders import (
    a_delivery,
    a_license,
    a_paper,
    a_publication,
    a_report,
    alert_on,
    an_incident,
    assessed,
    period,
)  # fmt: skip
from schemas.report import ReportedItem

LICENSE = a_license()


def alternatives(*facts, license=LICENSE):
    """State of each alternative of the first case on the purpose clause."""
    alert = alert_on(assessed(license, *facts), "permitted-purpose")
    return {a.kind: a.state for a in alert.cases[0].alternatives}


def told(*facts, **incident):
    return alternatives(a_delivery(LICENSE), an_incident(**incident), *facts)


def open_ones(states):
    return {kind for kind, state in states.items() if state == "open"}


def test_every_incident_has_all_of_the_standard_alternatives():
    assert set(told()) == {
        "lawful_warrant", "other_agency", "foreign_operator", "other_product", "misidentified", "before_delivery",
        "transferred_or_stolen", "attempt_only", "victim_class_wrong", "derivative_or_retracted", "fabrication",
    }  # fmt: skip


def test_one_lab_report_leaves_open_what_it_does_not_show():
    states = told()
    assert open_ones(states) >= {
        "lawful_warrant", "foreign_operator", "other_product", "misidentified", "transferred_or_stolen",
        "victim_class_wrong", "derivative_or_retracted", "fabrication",
    }  # fmt: skip
    assert not open_ones(states) & {"other_agency", "before_delivery", "attempt_only"}


@pytest.mark.parametrize(("basis", "state"), [("none", "ruled_out"), ("warrant", "open"), ("contested", "open")])
def test_a_warrant_is_ruled_out_only_by_word_that_there_was_none(basis, state):
    assert told(legal_basis=basis)["lawful_warrant"] == state


def test_another_agency_is_open_while_none_is_named():
    assert told(operator_agency=None)["other_agency"] == "open"
    assert told()["other_agency"] == "ruled_out"


def test_examination_by_peers_rules_out_a_foreign_operator_and_a_mistake():
    states = told(evidence_level="E4", attribution_level="A3")
    assert (states["foreign_operator"], states["misidentified"]) == ("ruled_out", "ruled_out")
    assert states["victim_class_wrong"] == "open"


def test_a_court_rules_out_that_the_class_is_wrong():
    states = told(evidence_level="E5", attribution_level="A4", publications=(a_publication("court"),))
    assert states["victim_class_wrong"] == "ruled_out"


def test_what_a_source_may_not_claim_rules_nothing_out():
    states = told(evidence_level="E5", attribution_level="A4", publications=(a_publication("paper-a"),))
    assert {"victim_class_wrong", "misidentified", "other_product", "foreign_operator", "fabrication"} <= open_ones(
        states
    )


def test_without_a_recorded_delivery_it_may_have_been_before():
    assert alternatives(an_incident())["before_delivery"] == "open"
    assert told()["before_delivery"] == "ruled_out"
    assert told(occurred=period("2023-01-01", precision="year"))["before_delivery"] == "open"


def test_pieces_seen_afterwards_with_the_end_user_were_not_stolen():
    def seen(*serials, on="2025-01-01", **more):
        return a_report(LICENSE, performed=period(on), items=(ReportedItem(serials=serials),), **more)

    assert told(seen("SN-1", "SN-2"))["transferred_or_stolen"] == "ruled_out"
    assert told(seen("SN-1"))["transferred_or_stolen"] == "open"
    assert told(seen("SN-1", "SN-2", on="2024-06-10"))["transferred_or_stolen"] == "open"
    assert told(seen("SN-1", "SN-2", site_country="XB"))["transferred_or_stolen"] == "open"
    assert told(seen("SN-1", "SN-2", holder="Border Office"))["transferred_or_stolen"] == "open"


@pytest.mark.parametrize(("result", "state"), [("successful", "ruled_out"), ("attempted", "open"), ("unknown", "open")])
def test_it_may_have_been_an_attempt_until_success_is_told(result, state):
    assert told(attack_result=result)["attempt_only"] == state


def test_a_second_origin_rules_out_that_it_rests_on_one():
    second = (a_publication(), a_publication("paper-b", 3, "o2"))
    assert told(publications=second)["derivative_or_retracted"] == "ruled_out"
    copies = (a_publication(), a_publication("paper-b", 3))
    assert told(publications=copies)["derivative_or_retracted"] == "open"


def test_one_paper_alone_may_have_been_made_up():
    states = alternatives(a_delivery(LICENSE), a_paper())
    assert states["fabrication"] == "open"


def test_a_silence_may_be_a_report_under_way():
    from builders import a_clause

    license = a_license(clauses=(a_clause("reporting_cadence", first_due_days=90),))
    (alert,) = assessed(license, a_delivery(license)).alerts
    assert ("report_in_transit", "open") in {(a.kind, a.state) for a in alert.cases[0].alternatives}
