"""Candidates: the right name is among the few, in any script, and the cost grows more slowly than the register."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.names.bench import BRUTE, best_brute, brute, indexed, invented, queries, run
from streams.names.candidates import Index


def test_a_careless_name_finds_the_name_that_is_meant() -> None:
    names = invented(2_000)
    assert indexed(Index.of(names), queries(names, 300)).recall >= 0.97


def test_a_name_in_another_script_finds_its_latin_form() -> None:
    index = Index.of([*invented(500), "Protei Telecom", "Almadar Trading", "General Intelligence Directorate"])
    for text, place in (("Протей", 500), ("المدار للتجارة", 501), ("Главное управление разведки", 502)):
        assert place in {at for at, _ in index.search(text)}, text


def test_a_latin_name_finds_its_form_in_another_script_by_meaning() -> None:
    index = Index.of([*invented(500), "三菱重工航空发动机株式会社", "وزارة الداخلية"])
    for text, place in (("Mitsubishi Heavy Industries Aero Engines", 500), ("Ministry of Interior", 501)):
        assert place in {at for at, _ in index.search(text)}, text


def test_initials_find_the_name_and_the_name_its_initials() -> None:
    index = Index.of([*invented(500), "National Engineering Service Consultancy", "NESC"])
    assert {500, 501} <= {at for at, _ in index.search("NESC")}
    assert {500, 501} <= {at for at, _ in index.search("National Engineering Service Consultancy")}


def test_recall_is_no_lower_than_that_of_brute_force() -> None:
    names = invented(3_000)
    asked = queries(names, 150)
    best = max(brute(names, asked, way, BRUTE[way]).recall for way in ("ratio", "token_sort_ratio", "token_set_ratio"))
    assert indexed(Index.of(names), asked).recall >= best


def test_the_bench_names_the_brute_force_with_the_best_recall() -> None:
    measured = run((200,), brute_queries=5, our_queries=20)
    assert len(measured) == len(BRUTE) + 2
    best = best_brute(measured, 200)
    assert best.recall == max(one.recall for one in measured if one.way.startswith("rapidfuzz"))


@given(st.lists(st.text(max_size=30), max_size=20), st.text(max_size=30))
def test_no_text_breaks_the_search(names: list[str], text: str) -> None:
    found = Index.of(names).search(text, 5)
    assert len(found) <= 5
    assert all(0 <= at < len(names) for at, _ in found)


def test_an_empty_register_proposes_nobody() -> None:
    assert Index.of([]).search("anybody") == []
