"""Plain words, and the guard against numbers of the score."""

from __future__ import annotations

from typing import get_args

import pytest

from schemas.alert import AlternativeKind, Matter
from schemas.vocabulary import BANDS, ClauseKind, PublicationKind, Tlp, Transition, VictimClass
from streams.agents.telling import wording


@pytest.mark.parametrize(
    "sentence",
    [
        "P = 0.41 with one origin at E3/A2.", "Source Prism Lab (A2) says so.", "A prior of .02 was used.",
        "The weight is 2.3 nats.", "The probability is one in five.", "One of three, 33 % each.", "m = 1, r .95",
        "A source of reliability A.", "It is graded low.",
        "A likelihood ratio of three.", "Its share of the group fell.",
    ],
)  # fmt: skip
def test_numbers_of_the_score_stay_in_the_house(sentence):
    assert wording.outward(sentence) == wording.ON_THE_PAGE


@pytest.mark.parametrize(
    "sentence",
    [
        "It was passed on without prior consent.", "Reported use appears inconsistent with clause C4.",
        "37 boxes of 40 were seen on 3 March 2025.", "The report is probably in transit.",
        "The end user says that a warrant covered it.",
    ],
)  # fmt: skip
def test_plain_sentences_leave_the_house(sentence):
    assert wording.outward(sentence) == sentence


def test_a_name_that_looks_like_a_grade_is_a_name():
    assert wording.leaves_the_house("Use of Falcon E4 appears inconsistent.", names=["Falcon E4"])
    assert not wording.leaves_the_house("Use of Falcon E4, shown at E4.", names=["Falcon E4"])


@pytest.mark.parametrize(
    ("table", "vocabulary"),
    [
        (wording.DUTY, ClauseKind), (wording.PUBLISHED, PublicationKind), (wording.ALTERNATIVE, AlternativeKind),
        (wording.MATTER, Matter),
        (wording.PEOPLE, VictimClass), (wording.TLP, Tlp), (wording.NEWS, Transition),
    ],
)  # fmt: skip
def test_every_word_of_the_vocabulary_has_plain_words(table, vocabulary):
    assert set(table) == set(get_args(vocabulary))


def test_every_band_has_words_and_a_shape_of_its_own():
    assert set(wording.BAND) == set(wording.MARK) == set(BANDS)
    assert len(set(wording.MARK.values())) == len(BANDS)


def test_an_unknown_state_is_called_unknown():
    assert wording.country("ZZ") == "a state that is not known"
    assert wording.country("XA") == "XA"
    assert wording.country("CH") == "Switzerland (CH)"


def test_a_link_survives_odd_ids():
    assert wording.page_of("https://p.example/", "XM~a:b/c#d~e") == "https://p.example/alerts/XM~a:b%2Fc%23d~e"
