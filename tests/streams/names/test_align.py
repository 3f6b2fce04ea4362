"""Alignment: words that answer to each other, and what is left over."""

from __future__ import annotations

import pytest

from streams.names.align import align
from streams.names.normal import parse


def answered(left: str, right: str) -> set[tuple[str, str]]:
    found = align(parse(left), parse(right))
    return {
        (" ".join(word.surface for word in part.left), " ".join(word.surface for word in part.right))
        for part in found.parts
    }


def left_over(left: str, right: str) -> tuple[list[str], list[str]]:
    found = align(parse(left), parse(right))
    return [word.surface for word in found.left_over], [word.surface for word in found.right_over]


def test_words_answer_wherever_they_stand() -> None:
    assert answered("Negev Optics", "Optics of Negev") == {("negev", "negev"), ("optics", "optics")}


def test_words_that_sound_unlike_do_not_answer() -> None:
    assert answered("Negev", "Dorado") == set()
    assert left_over("Negev", "Dorado") == (["negev"], ["dorado"])


def test_words_of_one_meaning_answer_across_languages() -> None:
    assert ("service", "служба") in answered("Security Service", "Служба безопасности")


def test_what_is_written_together_answers_to_what_is_not() -> None:
    assert answered("Van Derbilt Sepah", "Vanderbilt Sepah") & {("derbilt", "vanderbilt"), ("sepah", "sepah")}
    assert left_over("Sepa Nirou", "Sepanirou") == ([], [])


def test_chinese_words_of_one_sound_and_other_characters_stay_two() -> None:
    assert left_over("富强", "富墙")[0] == ["富强"]


@pytest.mark.parametrize(("left", "right"), [("Plant 12", "Plant 14"), ("Ryonhap-2", "Ryonhap-3")])
def test_other_digits_are_other_words(left: str, right: str) -> None:
    assert left_over(left, right) != ([], [])
