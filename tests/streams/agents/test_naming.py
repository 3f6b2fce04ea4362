"""The register as the rules ask it: a relation with a sentence, on a day; the set of rows decides."""

from __future__ import annotations

import pytest

from builders import a_name, day
from streams.agents.naming import RegisterNamer

ROWS = (
    a_name("p/lantern", "Lantern", id="n1"),
    a_name("p/lantern", "Lanterne Mark Two", id="n2"),
    a_name("p/heron", "Grey Heron", id="n3"),
    a_name("v/bright", "Brightwater Systems", "vendor", id="n4"),
    a_name("v/clear", "Clearbrook Holdings", "vendor", id="n5"),
    a_name("v/bright", None, "vendor", id="n6", relation="renamed_to", target="v/clear", valid_from=day("2024-01-01")),
    a_name("g/meadow", "Meadow Group", "corporate_group", id="n7"),
    a_name("v/clear", None, "vendor", id="n8", relation="acquired_by", target="g/meadow", valid_from=day("2024-06-01")),
    a_name("v/bright", None, "vendor", id="n9", relation="markets", target="p/lantern"),
)
NAMES = RegisterNamer(ROWS)
LATE, EARLY = day("2025-01-01"), day("2023-01-01")


def relation(left, left_kind, right, right_kind, on=LATE, names=NAMES):
    found = names.compare(left, left_kind, right, right_kind, on)
    return found.relation if found else None


@pytest.mark.parametrize(
    ("left", "left_kind", "right", "right_kind", "expected"),
    [
        ("lantern", "product", "LANTERN", "product", "same"),
        ("Lanterne Mark Two", "product", "Lantern", "product", "same"),
        ("Grey Heron", "product", "Lantern", "product", None),
        ("Clearbrook Holdings", "vendor", "Brightwater Systems", "vendor", "renamed"),
        ("Meadow Group", "corporate_group", "Clearbrook Holdings", "vendor", "group"),
        ("Lantern", "product", "Brightwater Systems", "vendor", "product_of"),
        ("Grey Heron", "product", "Brightwater Systems", "vendor", None),
        ("Qwvyx", "vendor", "Brightwater Systems", "vendor", None),
    ],
)
def test_two_names_stand_as_the_register_says(left, left_kind, right, right_kind, expected):
    assert relation(left, left_kind, right, right_kind) == expected


def test_ownership_counts_only_while_it_lasted():
    assert relation("Meadow Group", "vendor", "Clearbrook Holdings", "vendor", EARLY) is None


def test_the_reason_is_a_sentence_with_the_names_as_written():
    found = NAMES.compare("clearbrook holdings", "vendor", "Brightwater Systems", "vendor", LATE)
    assert found.reason.startswith("“clearbrook holdings” and “Brightwater Systems”: ")
    assert "was renamed to" in found.reason


def test_the_same_letters_are_one_name_without_any_register():
    assert relation("Zzyqx", "product", " zzyqx ", "product", names=RegisterNamer()) == "same"


def test_the_same_letters_of_two_kinds_are_not_one_thing():
    assert relation("Zzyqx", "product", "Zzyqx", "vendor", names=RegisterNamer()) is None


def test_a_slip_in_a_name_that_nobody_knows_is_seen_as_spelling():
    found = RegisterNamer().compare("Quillwort Surveilance", "vendor", "Quillwort Surveillance", "vendor", LATE)
    assert found is not None
    assert found.relation == "same"
    assert "spelled like" in found.reason


def test_who_is_known_follows_from_the_rows():
    assert NAMES.known("Lanterne Mark Two", "product", LATE)
    assert not RegisterNamer().known("Lanterne Mark Two", "product", LATE)
    assert not NAMES.known("Lanterne Mark Two", "vendor", LATE)


def test_a_row_that_was_judged_wrong_makes_nobody_known():
    wrong = a_name("p/lantern", "Qwvyx", id="n20", judgment="different", judged_by="register desk")
    assert RegisterNamer((a_name("p/lantern", "Qwvyx", id="n20"),)).known("Qwvyx", "product", LATE)
    assert not RegisterNamer((wrong,)).known("Qwvyx", "product", LATE)


def test_the_version_tells_the_seed_from_what_was_added_in_whatever_order():
    assert RegisterNamer().version == "seed"
    assert RegisterNamer(ROWS).version == RegisterNamer(reversed(ROWS)).version != RegisterNamer(ROWS[:-1]).version
