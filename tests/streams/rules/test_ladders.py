"""Each kind of technology has its own words for evidence, results and ways in; all of them with a source."""

from __future__ import annotations

from typing import get_args

import pytest

from builders import a_clause, a_delivery, a_license, alert_on, an_incident, assessed
from schemas.license import LicensedItem
from schemas.vocabulary import AttackResult, AttributionLevel, EvidenceLevel, Technology
from streams.rules.ladders import kind_of, ladder_of, result_words, shipped, strange_ways
from streams.rules.wording import attribution_words, evidence_words

KINDS = get_args(Technology)
DEVICE_WORDS = ("forensic", "device", "platform", "lab")


@pytest.mark.parametrize("technology", KINDS)
def test_every_kind_has_words_for_every_level_and_every_result(technology):
    ladder = ladder_of(technology)
    assert tuple(sorted(ladder.evidence)) == get_args(EvidenceLevel)
    assert tuple(sorted(ladder.attribution)) == get_args(AttributionLevel)
    assert set(kind_of(technology).results) == set(get_args(AttackResult)) - {"unknown"}


def test_no_kind_is_missing_and_no_ladder_is_left_over():
    assert set(shipped().technologies) == set(KINDS)
    assert {k.ladder for k in shipped().technologies.values()} == set(shipped().ladders)


def test_every_ladder_and_every_code_says_where_it_comes_from():
    codes = [code for kind in shipped().technologies.values() for code in kind.codes]
    assert all(each.origin for each in (*shipped().ladders.values(), *codes))
    assert any(code.unverified for code in codes), "what stands there from memory is marked"


@pytest.mark.parametrize("technology", ["face_recognition", "video_surveillance"])
def test_a_camera_is_not_examined_like_a_device(technology):
    words = " ".join(ladder_of(technology).evidence.values()).lower()
    assert not [w for w in DEVICE_WORDS if w in words.split()]
    assert "procurement" in evidence_words("E3", technology)
    assert evidence_words("E1", technology) == "marketing, a contract or a tender only"


def test_a_network_is_measured_from_inside():
    assert "from inside the network" in evidence_words("E3", "network_injection_dpi")


def test_where_the_kind_is_not_at_hand_the_common_words_hold():
    assert evidence_words("E3") == "examined by one independent investigator"
    assert attribution_words("A2") == "on strong circumstantial evidence"


def test_a_result_means_what_it_can_mean_there():
    assert result_words("location_tracking", "successful") == "a position was given"
    assert result_words("face_recognition", "unknown") == "not known"


def test_a_way_in_that_the_technology_does_not_have_is_strange():
    assert strange_ways("face_recognition", frozenset(("zero_click", "cctv_match", "unknown"))) == ("zero_click",)
    assert strange_ways("intrusion_spyware", frozenset(("zero_click",))) == ()


# --- as the officer reads it -----------------------------------------------------------------------------------------

CAMERAS = a_license(
    items=(LicensedItem(item_ref="i1", product="Lantern", technology="face_recognition"),),
    clauses=(a_clause("prohibited_target_class", classes=("protester",)),),
)


def seen(**changed):
    from schemas.incident import Victims

    event = an_incident(technology="face_recognition", victims=(Victims(klass="protester", count=20),), **changed)
    return alert_on(assessed(CAMERAS, a_delivery(CAMERAS), event), "prohibited-target-class").cases[0]


def of(case, matter):
    return next(a for a in case.assertions if a.matter == matter)


def test_the_alert_on_cameras_speaks_of_documents_and_deployment():
    case = seen()
    assert "procurement, deployment or system documents" in of(case, "attack").reason
    assert of(case, "attack").claimed == "a match led to the person"
    assert "everybody in view is compared" in of(case, "victims").reason
    assert any("procurement" in term.sentence for term in case.ledger)
    assert "by documents that name who runs the system" in of(case, "operator_state").reason


def test_a_strange_way_in_keeps_a_mistaken_technology_open_whatever_was_shown():
    found = {a.kind: a for a in seen(vector="zero_click", evidence_level="E4", attribution_level="A3").alternatives}
    assert found["misidentified"].state == "open"
    assert "zero click" in found["misidentified"].reason


def test_the_case_says_which_kind_its_levels_speak_of():
    assert seen().technology == "face_recognition"
