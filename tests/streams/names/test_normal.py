"""Normal forms: digits stay, legal forms are set aside, words of all scripts meet in one concept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.names.normal import keyed, parse, readings, sound
from streams.names.scripts import plain, runs, script


def concepts(text: str) -> set[str]:
    return {word.concept for word in parse(text).words if word.concept}


def test_digits_tell_names_apart() -> None:
    assert keyed("Unit 8200") != keyed("Unit 9900")
    assert parse("第三十五研究所").numbers == {"35"}
    assert parse("35th Institute").numbers == {"35"}


def test_legal_forms_are_set_aside_but_kept_for_comparison() -> None:
    assert keyed("Negev Optics Ltd.") == keyed("Negev Optics GmbH") == keyed("NEGEV OPTICS")
    assert parse("Negev Optics Ltd.").legal == ("llc",)
    assert parse("ОАО Негев").legal == ("jsc",)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Служба безопасности", {"service", "security"}),
        ("جهاز الأمن الوطني", {"service", "security", "national"}),
        ("国家安全部", {"national", "security", "ministry"}),
        ("국가정보원", {"national", "intelligence"}),
        ("שירות הביטחון", {"service", "security"}),
        ("สำนักข่าวกรองแห่งชาติ", {"agency", "intelligence"}),
        ("राष्ट्रीय सुरक्षा परिषद", {"national", "security", "committee"}),
        ("የብሔራዊ ደህንነት አገልግሎት", {"security", "service"}),
        ("Servicio de Inteligencia", {"service", "intelligence"}),
    ],
)
def test_words_of_every_script_meet_in_one_concept(text: str, meant: set[str]) -> None:
    assert meant - {"agency", "service"} <= concepts(text) | {"agency", "service"}
    assert len(meant & concepts(text)) >= 2


def test_spelling_habits_of_romanization_are_heard_alike() -> None:
    assert sound("pooya") == sound("pouya")
    assert sound("khimmed") != sound("nimmed")


def test_a_name_in_brackets_in_another_script_is_read_as_a_second_name() -> None:
    found = {reading.script for reading in readings("Dongfang Optics (东方光学)")}
    assert found == {"Latin", "Han"}


def test_scripts_are_told_apart() -> None:
    assert script("Ministry") == "Latin"
    assert script("وزارة") == "Arabic"
    assert [name for name, _ in runs("L3 哈里斯")] == ["Latin", "Han"]


def test_vowel_signs_of_indic_scripts_are_no_accents() -> None:
    assert plain("मोरक्को") == "मोरक्को"
    assert plain("Café") == "cafe"


@given(st.text(max_size=80))
def test_no_text_breaks_the_reading(text: str) -> None:
    for reading in readings(text):
        assert all(word.weight >= 0 for word in reading.words)
    assert keyed(text) == keyed(text)
