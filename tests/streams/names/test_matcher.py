"""The matcher: p(match) from the names alone, with parts and reasons."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.names.calibration import AGAINST, FOR, shipped
from streams.names.features import NAMES
from streams.names.matcher import score


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Negev Optics Ltd.", "NEGEV OPTICS LIMITED"),
        ("Negev Optics Ltd.", "Optics, Negev"),
        ("Al-Madar Trading", "Almadar Trading LLC"),
        ("Rohde & Schwarz", "Rohde und Schwarz GmbH & Co. KG"),
        ("Federal Security Service", "Федеральная служба безопасности"),
        ("Protei", "Протей"),
        ("Special Technology Center", "Специальный технологический центр"),
        ("Hikvision", "海康威视"),
        ("Presidency of State Security", "رئاسة أمن الدولة"),
        ("Ministry of Interior of Egypt", "وزارة الداخلية المصرية"),
        ("National Intelligence Service", "국가정보원"),
    ],
)
def test_one_entity_written_twice_is_a_match(left: str, right: str) -> None:
    assert score(left, right).score >= 0.5


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Unit 8200", "Unit 9900"),
        ("Negev Optics Plant 12", "Negev Optics Plant 14"),
        ("State Security Service of Azerbaijan", "State Security Service of Georgia"),
        ("Ministry of Interior", "Ministry of Defence"),
        ("Negev Cyber Ltd.", "Arava Cyber Ltd."),
        ("10th Research Institute", "54th Research Institute"),
        ("Negev Optics", "Министерство обороны"),
        ("Korea Pugang Trading (朝鮮富強貿易会社)", "Korea Puhung Trading (朝鮮富興貿易会社)"),
    ],
)
def test_two_entities_that_look_alike_are_no_match(left: str, right: str) -> None:
    assert score(left, right).score < 0.5


def test_the_seat_decides_between_agencies_of_one_name() -> None:
    same = score("Foreign Intelligence Service", "Foreign Intelligence Service", countries=("RO", "Romania"))
    other = score("Foreign Intelligence Service", "Foreign Intelligence Service", countries=("RO", "RU"))
    assert same.score > 0.9
    assert other.score < 0.5
    assert any("different states" in reason for reason in other.reasons)


def test_a_legal_form_is_told_and_not_scored() -> None:
    ltd, gmbh = score("Negev Optics Ltd.", "Negev Optics"), score("Negev Optics GmbH", "Negev Optics Ltd.")
    assert abs(ltd.score - gmbh.score) < 0.05
    assert any("not scored" in reason for reason in ltd.reasons)


def test_aligned_parts_come_with_their_likeness() -> None:
    found = score("Negev Optics", "Negew Optics")
    assert ("negev", "negew") in {(left, right) for left, right, _ in found.parts}
    assert found.reasons


def test_states_are_compared_as_states() -> None:
    assert score("Morocco", "المغرب", kind="state").score == 1.0
    assert score("Niger", "Nigeria", kind="state").score == 0.0
    assert score("Scotland", "England", kind="state").score < 0.5
    assert score("Republic of Mali", "Republic of Malta").score == 0.0


def test_a_text_without_words_matches_nothing() -> None:
    assert score("", "Negev Optics").score == 0.0
    assert score("...", "...").score == 0.0


@given(st.text(max_size=40), st.text(max_size=40))
def test_p_is_a_probability_whatever_the_texts(left: str, right: str) -> None:
    found = score(left, right)
    assert 0.0 <= found.score <= 1.0
    assert found == score(left, right)


@given(
    st.sampled_from(["Negev Optics Ltd", "Main Directorate 12", "Протей", "海康威视", "جهاز الأمن"]),
    st.text(max_size=30),
)
def test_it_matters_not_which_name_stands_left(one: str, other: str) -> None:
    assert score(one, other).score == pytest.approx(score(other, one).score, abs=0.05)


def test_what_speaks_for_a_match_never_counts_against_it() -> None:
    weights = shipped().weights
    assert set(weights) == set(NAMES)
    assert all(weights[name] >= 0 for name in FOR)
    assert all(weights[name] <= 0 for name in AGAINST)
    assert shipped().fitted
