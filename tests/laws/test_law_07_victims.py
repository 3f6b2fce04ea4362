"""Law 7: nobody can be named. Refused text reaches no topic, no table, no alert and no dead letter."""

from __future__ import annotations

import json
import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents import LittleHouse, run
from builders import an_incident
from laws import HOUSE, bytes_of
from schemas import Refused
from schemas.codec import FACT_TYPES, encode
from schemas.reading import read_fact
from worlds import fact_of, seeds, worlds

SMALL = settings(settings.get_profile("laws"), max_examples=40)
CANARY = "Zebedee Quillfeather"
LEAKS = (CANARY, "zebedee.quillfeather@example.org", "+41 79 555 01 99", "@zquillfeather")
FREE = {"Label", "Prose", "RoleAddress"}


def _objects(tree, path=()):
    """Every JSON object within a fact."""
    if isinstance(tree, dict):
        yield tree
        for key, value in tree.items():
            yield from _objects(value, (*path, key))
    elif isinstance(tree, list):
        for each in tree:
            yield from _objects(each, path)


def _with_a_name(seed: int, field: str) -> bytes:
    """A fact that carries a name in a field that no fact has, at some depth."""
    dice = random.Random(seed)
    tree = json.loads(encode(fact_of(seed)))
    dice.choice(list(_objects(tree)))[field] = CANARY
    return json.dumps(tree).encode()


@SMALL
@given(seeds, st.sampled_from(("victim", "name_of_victim", "who", "phone", "source_name")))
def test_a_name_in_a_field_that_is_not_there_is_refused_and_not_repeated(seed, field):
    with pytest.raises(Refused) as refused:
        read_fact(_with_a_name(seed, field))
    assert CANARY not in str(refused.value)
    assert all(CANARY not in msgspec.json.encode(p).decode() for p in refused.value.problems)


@pytest.mark.parametrize("leak", LEAKS[1:])
@pytest.mark.parametrize("field", ["note", "site_code"])
def test_an_address_in_free_text_is_refused_and_not_repeated(field, leak):
    report = json.loads(encode(fact_of(_seed_of("report"))))
    with pytest.raises(Refused) as refused:
        read_fact(json.dumps(report | {field: f"seen with {leak}"}).encode())
    assert leak not in str(refused.value)


def _seed_of(kind: str) -> int:
    return next(n for n in range(1000) if fact_of(n).__struct_config__.tag == kind)


@settings(settings.get_profile("laws"), max_examples=20)
@given(worlds, seeds, st.integers(0, 40))
def test_what_slipped_into_the_log_reaches_nothing_behind_it(world, seed, cut):
    named = _with_a_name(seed, "victim_name")
    torn = named[: max(1, len(named) - cut)]
    wrong = json.dumps(json.loads(encode(an_incident())) | {"victims": CANARY, "technology": CANARY}).encode()
    house = run(LittleHouse([*world, named, torn, wrong, CANARY.encode()], 1, seed))
    kept = [c.key + c.value for d in house.dossiers for c in d] + [encode(p) for p in house.parked]
    kept += [k + v for table in (house.rows, house.alerts, house.remarks) for k, v in table.records]
    assert not [k for k in kept if CANARY.encode() in k]
    assert len(house.parked) >= 2


@SMALL
@given(worlds)
def test_what_is_said_holds_no_word_that_only_a_label_of_a_person_could_bring(world):
    said = b"".join(bytes_of(HOUSE.assess_facts(world)).values())
    assert b"victim_name" not in said
    assert CANARY.encode() not in said


def _texts(info, path):
    """Every text that a type can hold, with its constraints."""
    if isinstance(info, msgspec.inspect.Metadata):
        yield from _texts(info.type, path)
    elif isinstance(info, msgspec.inspect.StructType):
        for field in info.fields:
            yield from _texts(field.type, f"{path}.{field.name}")
    elif isinstance(info, msgspec.inspect.VarTupleType):
        yield from _texts(info.item_type, path)
    elif isinstance(info, msgspec.inspect.DictType):
        yield from _texts(info.value_type, path)
    elif isinstance(info, msgspec.inspect.UnionType):
        for each in info.types:
            yield from _texts(each, path)
    elif isinstance(info, msgspec.inspect.StrType):
        yield path, info


ORGANIZATIONS = {"operator_agency.name", "products.name", "vendors.name"}


def test_an_incident_has_no_text_but_names_of_products_vendors_and_agencies():
    incident = next(t for t in FACT_TYPES if t.__name__ == "Incident")
    info = msgspec.inspect.type_info(incident)
    free = {path.removeprefix(".") for path, text in _texts(info, "") if text.pattern in (None, r"\S")}
    assert free == ORGANIZATIONS
