"""A table of events for those who draft law: additive, without persons, and no small number can be worked back."""

from __future__ import annotations

import csv
import io
import itertools
import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import (
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
from schemas.incident import Operator
from schemas.license import LicensedItem
from schemas.policy import DestinationClass
from streams.rules.aggregate import ALL, Cell, aggregate, as_csv, may_show, shown
from streams.rules.survey import Survey

PUBLIC = {"tlp": "CLEAR", "may_use_for": ("officer", "publication", "partners")}
LICENSED = a_license(
    items=(LicensedItem(item_ref="i1", product="Lantern", technology="intrusion_spyware", control_codes=("4D004",)),),
    **PUBLIC,
)


def table(*facts, audience="publication", policy=None, **asked):
    return aggregate(Survey([policy or a_policy(), a_tick(), *facts]), audience, **asked)


def events(count=6, start=0, **changed):
    """As many events, which have nothing to do with each other."""
    return [
        an_incident(f"I{n}", publications=(a_publication(origin=f"o{n}"),), **PUBLIC | changed)
        for n in range(start, start + count)
    ]


def details(found):
    return [r for r in found.rows if r.harm != ALL]


def test_each_event_stands_in_one_row_with_the_totals_above_it():
    found = table(LICENSED, *events(6, harms=("detention", "surveillance_only")))
    year, technology, row = found.rows
    assert (year.technology, year.events) == (ALL, 6)
    assert (technology.technology, technology.harm, technology.events) == ("intrusion_spyware", ALL, 6)
    assert (row.harm, row.codes, row.codes_from, row.events) == ("detention", ("4D004",), "licenses", 6)


def test_accounts_of_one_event_are_counted_once():
    copies = [an_incident(f"C{n}", duplicate_of="desk:I0", publications=(), **PUBLIC) for n in range(9)]
    assert table(*events(6), *copies).rows[0].events == 6


def test_tips_and_what_was_taken_back_are_not_counted():
    tips = [a_paper(f"T{n}", "tips", None, 6, evidence_level="E0", **PUBLIC) for n in range(50)]
    assert table(*tips).rows == ()
    seven = events(7)
    assert table(*seven, a_retraction(seven[0])).rows[0].events == 6


def test_a_vendor_as_target_and_a_draft_are_not_counted():
    assert table(*events(6), *events(3, 6, vendor_is_victim=True), *events(3, 9, draft=True)).rows[0].events == 6


# --- who may read ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "publication", "partners", "officer"),
    [
        ({}, True, True, True),
        ({"tlp": "GREEN"}, False, True, True),
        ({"tlp": "AMBER"}, False, False, True),
        ({"may_use_for": ("officer", "partners")}, False, True, True),
        ({"may_use_for": ("officer",)}, False, False, True),
        ({"embargo_until": day("2026-06-02")}, False, False, True),
        ({"embargo_until": day("2026-06-01")}, True, True, True),
    ],
)
def test_an_account_counts_only_for_those_who_may_read_it(changed, publication, partners, officer):
    facts = events(6, **changed)
    assert may_show(facts[0], "publication", day("2026-06-01")) is publication
    for audience, may in (("publication", publication), ("partners", partners), ("officer", officer)):
        assert bool(table(*facts, audience=audience).rows) is may


def test_what_may_not_be_read_lends_an_event_nothing():
    secret = [
        an_incident(f"S{n}", duplicate_of=f"desk:I{n}", publications=(), harms=("violence",)) for n in range(6)
    ]  # fmt: skip
    (row,) = details(table(*events(6), *secret))
    assert row.harm == "not_told"


def test_a_license_that_may_not_be_shown_gives_no_codes_away():
    secret = msgspec.structs.replace(LICENSED, may_use_for=("officer",))
    (row,) = details(table(secret, *events(6)))
    assert (row.codes, row.codes_from) == (("4A005", "4D004"), "table")
    (row,) = details(table(secret, *events(6), audience="officer"))
    assert (row.codes, row.codes_from) == (("4D004",), "licenses")


def test_no_class_count_or_country_of_persons_is_in_it():
    text = as_csv(table(LICENSED, *events(6)))
    assert "journalist" not in text
    assert "XA" not in text
    assert "desk" not in text


# --- where an event stands -------------------------------------------------------------------------------------------

CLASSES = a_policy(destination_classes=(
    DestinationClass(country="XA", grade="eligible", valid_to=day("2023-12-31")),
    DestinationClass(country="XA", grade="restricted", valid_from=day("2024-01-01")),
    DestinationClass(country="XB", grade="partner"),
))  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"occurred": period("2023-06-01")}, "eligible"),
        ({"occurred": period("2024-06-01")}, "restricted"),
        ({"occurred": period("2023-12-01", "2024-02-01")}, "eligible"),
        ({"operators": (Operator(country="XA"), Operator(country="XB"))}, "several"),
        ({"operators": (Operator(country="XC"),)}, "not_classed"),
        ({"operators": ()}, "not_known"),
    ],
)
def test_a_state_stands_in_the_class_of_its_time(changed, word):
    (row,) = details(table(*events(6, **changed), policy=CLASSES))
    assert row.destination_class == word


def test_an_unverified_entry_of_the_table_is_named():
    assert table(*events(6, technology="mobile_forensics", products=())).unverified_codes == ("5A004.b",)


def test_a_kind_without_an_entry_has_none():
    (row,) = details(table(*events(6, technology="predictive_policing", products=())))
    assert (row.codes, row.codes_from) == ((), "neither")


def test_whole_years_are_given_whatever_is_asked_for():
    facts = [*events(6, occurred=period("2024-02-01")), *events(6, 6, occurred=period("2024-12-01"))]
    whole = table(*facts).rows
    for since, until in (("2024-01-01", "2024-12-31"), ("2024-06-01", "2024-06-30"), ("2024-12-31", "2024-12-31")):
        assert table(*facts, since=day(since), until=day(until)).rows == whole
    assert table(*facts, since=day("2025-01-01")).rows == ()


def test_the_order_of_the_facts_changes_nothing():
    facts = [LICENSED, *events(9), *events(9, 9, technology="face_recognition"), a_policy(), a_tick()]
    mixed = list(facts)
    random.Random(1).shuffle(mixed)
    assert aggregate(Survey(mixed)) == aggregate(Survey(facts))


def test_the_file_says_withheld_and_never_nothing():
    rows = list(csv.DictReader(io.StringIO(as_csv(table(*events(2))))))
    assert [r["events"] for r in rows] == ["withheld"] * 3


# --- what may be shown -----------------------------------------------------------------------------------------------


def cell(technology, number):
    return Cell(2024, technology, f"h{number}", "c", (), "neither")


def numbers(counts, smallest=5):
    found = shown({cell(t, n): count for (t, n), count in counts.items()}, smallest)
    return {(r.technology, r.harm): r.events for r in found}


def test_a_small_row_takes_the_next_smallest_with_it():
    found = numbers({("face_recognition", 1): 2, ("face_recognition", 2): 6, ("face_recognition", 3): 20})
    assert found[("face_recognition", "h1")] is None
    assert found[("face_recognition", "h2")] is None
    assert found[("face_recognition", "h3")] == 20
    assert found[("face_recognition", ALL)] == 28


def test_two_small_rows_whose_sum_would_tell_take_a_third():
    found = numbers({("face_recognition", 1): 1, ("face_recognition", 2): 1, ("face_recognition", 3): 9})
    assert [v for (t, h), v in found.items() if h != ALL] == [None, None, None]


def test_a_technology_that_must_hide_its_total_hides_behind_another():
    found = numbers({("face_recognition", 1): 2, ("video_surveillance", 1): 30, ("mobile_forensics", 1): 8})
    assert found[("face_recognition", ALL)] is None
    assert found[("mobile_forensics", ALL)] is None
    assert found[("mobile_forensics", "h1")] is None
    assert found[("video_surveillance", ALL)] == 30
    assert found[(ALL, ALL)] == 40


def test_where_nothing_is_left_to_hide_behind_the_year_is_withheld():
    assert set(numbers({("face_recognition", 1): 3, ("mobile_forensics", 1): 2}).values()) == {None}


def feasible(counts, found, smallest, most=9):
    """Every assignment of whole numbers to the withheld rows that agrees with all that is shown."""
    rows = sorted(counts)
    choices = [range(1, most + 1) if found[r[0], f"h{r[1]}"] is None else (counts[r],) for r in rows]
    for guess in itertools.product(*choices):
        totals = {}
        for (technology, _), value in zip(rows, guess, strict=True):
            totals[technology] = totals.get(technology, 0) + value
        seen = all(found[t, ALL] in (None, total) for t, total in totals.items())
        if seen and found[ALL, ALL] in (None, sum(guess)):
            yield dict(zip(rows, guess, strict=True))


@settings(max_examples=150, deadline=None)
@given(
    counts=st.dictionaries(
        st.tuples(st.sampled_from(("face_recognition", "mobile_forensics", "video_surveillance")), st.integers(1, 2)),
        st.integers(1, 7), min_size=1, max_size=5,
    )
)  # fmt: skip
def test_who_adds_up_what_is_shown_cannot_tell_that_a_withheld_number_is_small(counts):
    smallest = 3
    found = numbers(counts, smallest)
    assert all(v is None or v >= smallest for v in found.values()), "no small number is shown"
    greatest: dict = {}
    for guess in feasible(counts, found, smallest):
        for row, value in guess.items():
            greatest[row] = max(greatest.get(row, 0), value)
    for row in counts:
        if found[row[0], f"h{row[1]}"] is None:
            assert greatest[row] >= smallest, (counts, found)


@settings(max_examples=60, deadline=None)
@given(
    counts=st.dictionaries(st.tuples(st.just("face_recognition"), st.integers(1, 6)), st.integers(5, 40), min_size=1)
)
def test_where_nothing_is_small_nothing_is_withheld_and_all_adds_up(counts):
    found = numbers(counts)
    assert None not in found.values()
    assert found[ALL, ALL] == found["face_recognition", ALL] == sum(counts.values())
