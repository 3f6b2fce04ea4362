from __future__ import annotations

import datetime as dt
import typing

import pytest
from hypothesis import given
from hypothesis import strategies as st

import schemas.alert
import schemas.parked
import schemas.vocabulary as vocabulary
from schemas.alert import VictimCount
from schemas.common import Period
from schemas.vocabulary import BANDS
from streams.pages import words

D = dt.date
LITERALS = {
    name: typing.get_args(kind) for name, kind in vars(vocabulary).items() if typing.get_origin(kind) is typing.Literal
}


def literal_of(kind: object) -> tuple[object, ...]:
    while typing.get_origin(kind) is typing.Annotated:
        kind = typing.get_args(kind)[0]
    return typing.get_args(kind)


INSIDE = {
    "CaseKind": literal_of(schemas.alert.CaseKind),
    "AlternativeKind": literal_of(schemas.alert.AlternativeKind),
    "Matter": literal_of(typing.get_type_hints(schemas.alert.Assertion)["matter"]),
    "AlternativeState": literal_of(typing.get_type_hints(schemas.alert.Alternative)["state"]),
    "TermKind": literal_of(typing.get_type_hints(schemas.alert.LedgerTerm)["kind"]),
    "NoteKind": literal_of(typing.get_type_hints(schemas.alert.Remark)["kind"]),
    "Stage": literal_of(typing.get_type_hints(schemas.parked.Parked)["stage"]),
}


@pytest.mark.parametrize("name", sorted(LITERALS | INSIDE))
def test_every_word_of_every_vocabulary_has_a_plain_label(name: str) -> None:
    known = (LITERALS | INSIDE)[name]
    assert known
    assert set(words.LABELS.get(name, {})) == set(known)


def test_no_label_is_left_for_a_vocabulary_that_is_gone() -> None:
    assert set(words.LABELS) == set(LITERALS | INSIDE)


def test_no_label_shows_how_a_word_is_stored_or_claims_a_violation() -> None:
    for labels in words.LABELS.values():
        for label in labels.values():
            assert "_" not in label
            assert "violat" not in label.lower()


def test_a_word_of_a_newer_release_is_shown_without_underscores() -> None:
    assert words.say("Harm", "loss_of_work") == "loss of work"


def test_every_band_says_what_it_asks_for() -> None:
    assert set(words.BAND_MEANING) == set(BANDS)


@pytest.mark.parametrize(
    ("when", "said"),
    [
        (Period(start=D(2025, 3, 3)), "on 3 March 2025"),
        (Period(start=D(2025, 3, 3), end=D(2025, 3, 9)), "between 3 and 9 March 2025"),
        (Period(start=D(2025, 2, 28), end=D(2025, 3, 9)), "between 28 February and 9 March 2025"),
        (Period(start=D(2024, 12, 30), end=D(2025, 1, 2)), "between 30 December 2024 and 2 January 2025"),
        (Period(start=D(2025, 3, 1), precision="month"), "in March 2025"),
        (Period(start=D(2025, 3, 1), end=D(2025, 5, 9), precision="month"), "between March and May 2025"),
        (Period(start=D(2024, 11, 1), end=D(2025, 2, 1), precision="month"), "between November 2024 and February 2025"),
        (Period(start=D(2025, 5, 1), precision="quarter"), "in the second quarter of 2025"),
        (
            Period(start=D(2024, 5, 1), end=D(2025, 5, 1), precision="quarter"),
            "between the second quarter of 2024 and the second quarter of 2025",
        ),
        (Period(start=D(2024, 6, 1), precision="year"), "in 2024"),
        (Period(start=D(2017, 1, 1), end=D(2020, 1, 1), precision="year"), "between 2017 and 2020"),
        (Period(start=D(2025, 3, 3), precision="unknown"), "at a time not known exactly (given as 3 March 2025)"),
    ],
)
def test_a_date_is_told_with_its_precision(when: Period, said: str) -> None:
    assert words.period(when) == said


@given(
    st.dates(D(1950, 1, 1), D(2199, 12, 1)), st.integers(0, 4000), st.sampled_from(["day", "month", "quarter", "year"])
)
def test_a_period_always_names_the_year_it_ends_in(start: dt.date, days: int, precision: str) -> None:
    when = Period(start=start, end=min(start + dt.timedelta(days=days), D(2199, 12, 31)), precision=precision)
    assert str(when.last.year) in words.period(when)


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (1, "1 day"),
        (27, "27 days"),
        (28, "4 weeks"),
        (90, "3 months"),
        (347, "11 months"),
        (731, "2 years"),
        (823, "2 years 3 months"),
    ],
)
def test_a_length_of_time_is_told_as_people_say_it(days: int, said: str) -> None:
    assert words.span(days) == said


def test_an_age_looks_back_and_ahead() -> None:
    today = D(2026, 3, 14)
    assert words.age(today, today) == "today"
    assert words.age(D(2026, 3, 2), today) == "12 days ago"
    assert words.age(D(2026, 3, 17), today) == "in 3 days"
    assert words.age(None, today) == ""


def test_a_late_publication_says_how_late() -> None:
    assert words.lateness(Period(start=D(2025, 2, 3)), D(2026, 1, 15)) == "11 months after it happened"
    assert words.lateness(Period(start=D(2025, 2, 3)), D(2025, 2, 20)) == ""


def test_what_is_overdue_counts_days() -> None:
    assert words.overdue(D(2025, 10, 1), D(2026, 3, 14)) == "due on 1 October 2025, 164 days overdue"
    assert words.overdue(D(2026, 10, 1), D(2026, 3, 14)) == "due on 1 October 2026"


def test_persons_are_a_class_and_a_count() -> None:
    victims = VictimCount(klass="journalist", count=3, qualifier="at_least", country="QM")
    assert words.persons(victims) == "at least 3 journalists in QM"
    assert words.persons(VictimCount(klass="minor", count=7, qualifier="exact")) == "7 minors"


def test_weights_bear_their_sign() -> None:
    assert words.nats(1_350_000) == "+1.35"
    assert words.nats(-3_891_820) == "\u22123.89"


@given(st.integers(1, 999_999))
def test_a_share_is_never_rounded_to_certainty(millionths: int) -> None:
    assert not words.percent(millionths).startswith(("0", "100"))


@pytest.mark.parametrize(
    ("millionths", "said"),
    [
        (20_000, "about 1 in 50"),
        (200_000, "about 1 in 5"),
        (500_000, "about 5 in 10"),
        (952_000, "more than 9 in 10"),
        (999_000, "more than 99 in 100"),
        (3_333, "about 1 in 300"),
    ],
)
def test_a_probability_is_told_as_a_frequency(millionths: int, said: str) -> None:
    assert words.odds(millionths) == said


def test_the_prior_of_the_policy_comes_back_from_its_log_odds() -> None:
    assert words.probability(-3_891_820) == 20_000


@given(st.text(min_size=1).filter(lambda text: text.strip()))
def test_a_sentence_ends(text: str) -> None:
    assert words.sentence(text)[-1] in ".!?…"
