"""The register: a set of rows decides, as of a date; errors are judged, not deleted."""

from __future__ import annotations

import datetime as dt
import random
import time
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas import Name
from streams.names.register import Change, Register, seed, seed_rows


def row(entity: str, relation: str = "alias", **more: Any) -> Name:
    kind = more.pop("kind", "vendor")
    about = more.get("name") or more.get("target")
    identity = more.pop("id", f"{entity}/{relation}/{str(about).replace(' ', '-').lower()}")
    return Name(
        id=identity, source=more.pop("source", "register-a"), entity=entity, kind=kind, relation=relation, **more
    )


OLD, NEW = row("v/kestrel", name="Kestrel Labs"), row("v/merlin", name="Merlin Labs")
RENAMED = row("v/kestrel", "renamed_to", target="v/merlin", valid_from=dt.date(2019, 4, 1))
GROUP = row("g/falconry", kind="corporate_group", name="Falconry Holdings")
BOUGHT = row("v/merlin", "acquired_by", target="g/falconry", valid_from=dt.date(2021, 1, 1))
SISTER = row("v/osprey", name="Osprey Signals")
PART = row("v/osprey", "part_of", target="g/falconry", valid_from=dt.date(2018, 1, 1), valid_to=dt.date(2022, 6, 30))
PRODUCT = row("p/talon", kind="product", name="Talon")
MARKETS = row("v/kestrel", "markets", target="p/talon", valid_from=dt.date(2014, 1, 1))
WORLD = [OLD, NEW, RENAMED, GROUP, BOUGHT, SISTER, PART, PRODUCT, MARKETS]


def test_a_known_name_resolves_whatever_its_case_and_legal_form() -> None:
    (found,) = Register.of(WORLD).resolve("KESTREL LABS, Ltd.")
    assert (found.entity, found.via, found.score) == ("v/kestrel", "name", 1.0)
    assert "register-a" in found.reason


def test_an_unknown_name_that_is_near_resolves_as_spelling() -> None:
    (found,) = Register.of(WORLD).resolve("Kestral Labs")
    assert (found.entity, found.via) == ("v/kestrel", "spelling")
    assert Register.of(WORLD).unknown("Kestral Labs")


def test_several_names_as_near_share_one_certainty() -> None:
    register = Register.of([*WORLD, row("v/kestrel-2", name="Kestrol Labs")])
    found = register.resolve("Kestral Labs")
    assert {one.entity for one in found} == {"v/kestrel", "v/kestrel-2"}
    assert sum(one.score for one in found) <= 1.001
    assert "as near" in found[0].reason


def test_a_stranger_resolves_to_nobody() -> None:
    assert Register.of(WORLD).resolve("Plover Networks") == ()


def test_a_kind_keeps_out_other_kinds() -> None:
    register = Register.of([*WORLD, row("v/talon", name="Talon")])
    assert [found.entity for found in register.resolve("Talon", kind="product")] == ["p/talon"]
    assert [found.entity for found in register.resolve("Talon", kind="vendor")] == ["v/talon"]
    assert len(register.resolve("Talon")) == 2
    assert register.resolve("Talon")[0].score < 1


def test_a_renamed_vendor_is_one_vendor_at_all_times() -> None:
    register = Register.of(WORLD)
    for day in (dt.date(2015, 1, 1), dt.date(2024, 1, 1), None):
        found = register.related("v/merlin", "v/kestrel", day)
        assert found is not None
        assert found.kind == "renamed"
        assert "2019-04-01" in found.reason


def test_an_owner_is_an_owner_only_while_it_owned() -> None:
    register = Register.of(WORLD)
    assert register.related("v/merlin", "g/falconry", dt.date(2020, 1, 1)) is None
    found = register.related("v/merlin", "g/falconry", dt.date(2021, 6, 1))
    assert found is not None
    assert found.kind == "parent"


def test_sisters_are_a_group_only_while_both_belong_to_it() -> None:
    register = Register.of(WORLD)
    found = register.related("v/osprey", "v/kestrel", dt.date(2021, 6, 1))
    assert found is not None
    assert found.kind == "group"
    assert register.related("v/osprey", "v/kestrel", dt.date(2022, 7, 1)) is None
    assert register.related("v/osprey", "v/kestrel", dt.date(2020, 1, 1)) is None


def test_a_product_belongs_to_its_vendor_under_a_later_name_too() -> None:
    register = Register.of(WORLD)
    found = register.related("p/talon", "v/merlin", dt.date(2020, 1, 1))
    assert found is not None
    assert found.kind == "product_of"
    assert register.related("p/talon", "v/merlin", dt.date(2013, 1, 1)) is None
    assert register.related("p/talon", "v/osprey", dt.date(2020, 1, 1)) is None


def test_a_name_outside_its_dates_is_found_with_less_certainty() -> None:
    dated = row("v/heron", name="Heron Signals", valid_from=dt.date(2020, 1, 1))
    register = Register.of([dated])
    early, late = (register.resolve("Heron Signals", as_of=dt.date(year, 1, 1))[0] for year in (2018, 2021))
    assert early.score < late.score
    assert "2020-01-01" in early.reason


def test_an_error_is_judged_and_the_judgment_can_be_reversed() -> None:
    wrong = row("v/osprey", "markets", target="p/talon", source="import")
    judged = row(
        "v/osprey", "markets", target="p/talon", source="office", judgment="different", judged_by="Licensing office"
    )
    reversed_ = row(
        "v/osprey", "markets", target="p/talon", source="office", judgment="same", judged_by="Licensing office"
    )
    day = dt.date(2023, 1, 1)
    assert Register.of([*WORLD, wrong]).related("p/talon", "v/osprey", day) is not None
    assert Register.of([*WORLD, wrong, judged]).related("p/talon", "v/osprey", day) is None
    assert Register.of([*WORLD, wrong, reversed_]).related("p/talon", "v/osprey", day) is not None


def test_reviewers_that_differ_leave_a_name_unsure() -> None:
    rows = [
        row("v/heron", name="Heron", source=source, judgment=judgment, judged_by=f"Office {source}")
        for source, judgment in (("a", "same"), ("b", "different"))
    ]
    (found,) = Register.of(rows).resolve("Heron")
    assert found.score == 0.5
    assert "not sure" in found.reason


def test_exercises_are_no_register() -> None:
    assert Register.of([row("v/heron", name="Heron", tense="exercise")]).resolve("Heron") == ()


@given(st.randoms(use_true_random=False), st.integers(0, 8))
def test_the_set_of_rows_decides_not_their_order_or_repetition(chance: random.Random, repeated: int) -> None:
    shuffled = [*WORLD, *chance.sample(WORLD, repeated)]
    chance.shuffle(shuffled)
    one, other = Register.of(WORLD), Register.of(shuffled)
    assert (one.names, one.ties) == (other.names, other.ties)
    for text in ("Kestrel Labs", "Merlin", "Talon", "Kestral Labs"):
        assert one.resolve(text) == other.resolve(text)
    for a in ("v/kestrel", "v/merlin", "v/osprey", "p/talon", "g/falconry"):
        for b in ("v/kestrel", "v/merlin", "v/osprey", "p/talon", "g/falconry"):
            assert one.related(a, b) == other.related(a, b)


def test_a_changed_name_concerns_only_what_holds_it() -> None:
    before = Register.of(WORLD)
    after = Register.of(
        [*WORLD, row("v/plover", name="Plover Networks"), row("v/plover", "part_of", target="g/falconry")]
    )
    change = Change(before, after)
    assert change.concerns("Plover Networks")
    assert change.concerns("Kestrel Labs")  # has become a sister
    assert not change.concerns("Heron Signals")
    assert not Change(before, Register.of(WORLD)).concerns("Kestrel Labs")


def test_the_seed_keeps_a_known_error_and_does_not_believe_it() -> None:
    rows = [r for r in seed_rows() if r.target == "product/devilstongue" and r.entity == "vendor/cytrox"]
    assert {r.judgment for r in rows} == {"same", "different"}
    assert seed().related("product/devilstongue", "vendor/cytrox") is None
    found = seed().related("product/devilstongue", "vendor/candiru")
    assert found is not None
    assert found.kind == "product_of"


def test_each_row_of_the_seed_names_its_source_and_no_person() -> None:
    assert {r.source for r in seed_rows()} == {"misp-galaxy-vendors", "misp-galaxy-agencies", "pledgewatch-editors"}
    assert all(r.document_ref for r in seed_rows() if r.source == "pledgewatch-editors")
    assert len({r.ref for r in seed_rows()}) == len(seed_rows())


def test_a_comparison_of_resolved_entities_costs_microseconds() -> None:
    register = Register.of(WORLD)
    day = dt.date(2021, 6, 1)
    register.related("v/osprey", "v/kestrel", day)
    began = time.process_time()
    for _ in range(10_000):
        register.related("v/osprey", "v/kestrel", day)
    assert (time.process_time() - began) / 10_000 < 20e-6


def test_names_of_one_group_are_told_as_a_group_not_as_one() -> None:
    found = Register.of(WORLD).score("Osprey Signals", "Merlin Labs", as_of=dt.date(2021, 6, 1))
    assert 0.5 <= found.score <= 0.7
    assert "not one entity" in found.reasons[0]
