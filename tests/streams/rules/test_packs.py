"""Policies that ship and policies laid over them: whole documents, each statement with its source."""

from __future__ import annotations

import json
from typing import get_args

import msgspec
import pytest

from builders import SOURCES, a_policy
from schemas.legal import Topic
from schemas.policy import Weekend, WorkingCalendar
from schemas.problems import Refused
from schemas.reading import read_fact
from streams.rules.packs import AUTHORITYS_OWN, START, overlaid, own_words, pack, pack_names, resolved, with_register
from streams.rules.policy import shipped_policy

LAWS = [name for name in pack_names() if name != START]
every_pack = pytest.mark.parametrize("name", pack_names())
every_law = pytest.mark.parametrize("name", LAWS)


def test_five_legal_systems_ship_beside_the_start_policy():
    assert pack_names() == (START, "code-of-conduct", "eu-2021-821", "israel-2021", "japan", "us")
    assert shipped_policy() is pack(START)
    assert len({pack(name).version for name in pack_names()}) == len(pack_names())


@every_pack
def test_every_pack_is_a_whole_policy_that_passes_the_door(name):
    assert read_fact(msgspec.json.encode(pack(name)), expect="policy") == pack(name)
    assert set(pack(name).clauses) == set(pack(START).clauses)


@every_law
def test_every_pack_says_its_legal_system_and_speaks_or_is_silent_on_every_topic(name):
    law = pack(name).legal_system
    assert law.name
    assert {said.topic for said in law.provisions} == set(get_args(Topic))


@every_law
def test_a_pack_states_only_what_differs_from_its_base(name):
    stated = own_words(name)
    base = json.loads(msgspec.json.encode(pack(stated["base"])))
    for group in ("weighing", "fitting", "banding", "clauses", "deadlines", "footing"):
        for part, said in stated.get(group, {}).items():
            there = base.get(group, {}).get(part)
            assert overlaid(there, said) != there, f"{group}.{part} says nothing new"


def _statements(held, path=""):
    """Everything that says where it comes from, by its path."""
    if isinstance(held, dict):
        if "origin" in held:
            yield path, held
        for key, value in held.items():
            yield from _statements(value, f"{path}/{key}")
    elif isinstance(held, list):
        for at, value in enumerate(held):
            yield from _statements(value, f"{path}/{at}")


@every_law
def test_every_statement_of_a_pack_names_where_it_was_read(name):
    said = dict(_statements(own_words(name)))
    assert len(said) > 10
    assert not [path for path, each in said.items() if "domain paper" not in each["origin"]]


@every_law
def test_what_comes_from_memory_or_at_second_hand_is_marked_unverified(name):
    doubtful = ("from memory", "seen only in a secondary account")
    for path, each in _statements(own_words(name)):
        if any(words in each["origin"] for words in doubtful):
            assert each.get("unverified"), path


def test_the_israeli_certificate_names_six_years_eleven_grounds_and_its_day():
    clauses = pack("israel-2021").clauses
    usual = clauses["permitted_purpose"].usual
    assert usual["threshold"].parameters.threshold_years == 6
    assert len(clauses["protected_ground"].usual["grounds"].parameters.grounds) == 11
    implied = [c.implied for c in clauses.values() if c.implied and not c.implied.unverified]
    assert {str(each.granted_from) for each in implied} == {"2021-12-06"}


def test_japan_stands_on_the_code_of_conduct_that_it_subscribed_to():
    assert own_words("japan")["base"] == "code-of-conduct"
    assert pack("japan").footing == pack("code-of-conduct").footing


def test_where_a_law_lists_no_purposes_the_pack_lists_none():
    assert "purposes" in pack(START).clauses["permitted_purpose"].usual
    for name in ("eu-2021-821", "us", "code-of-conduct", "japan"):
        assert "purposes" not in pack(name).clauses["permitted_purpose"].usual


# -- laid over ---------------------------------------------------------------------------------------------------------


def test_a_merge_adds_replaces_and_takes_out_and_leaves_the_base_alone():
    base = {"a": {"x": 1, "y": 2}, "b": [1, 2], "c": 3}
    assert overlaid(base, {"a": {"y": None, "z": 4}, "b": [5]}) == {"a": {"x": 1, "z": 4}, "b": [5], "c": 3}
    assert base == {"a": {"x": 1, "y": 2}, "b": [1, 2], "c": 3}


def test_a_policy_of_nothing_but_a_register_takes_all_numbers_from_its_base():
    register = [json.loads(msgspec.json.encode(source)) for source in SOURCES]
    own = {"base": "us", "id": "house", "source": "authority", "version": "house-1", "sources": register}
    policy = resolved(json.dumps(own).encode())
    assert policy.sources == SOURCES
    assert msgspec.structs.replace(policy, sources=(), id="us", source="pledgewatch", version="us.1") == pack("us")


def test_a_policy_without_a_base_is_read_as_it_stands():
    assert resolved(msgspec.json.encode(a_policy())) == a_policy()


def test_one_number_can_be_laid_over_by_itself():
    own = {"base": START, "version": "tuned-1", "weighing": {"prior": {"value": 30, "origin": "fitted, calibrated"}}}
    policy = resolved(json.dumps(own).encode())
    assert (policy.weighing.prior.value, policy.weighing.prior.unit) == (30, "per_mille")
    assert policy.weighing.cap_low == pack(START).weighing.cap_low


@pytest.mark.parametrize(
    ("own", "path"),
    [
        ({"base": "atlantis"}, "/base"),
        ({"base": START, "banding": {"review": {"value": 900}}}, "/banding/alert/value"),
        ({"base": START, "mood": "good"}, ""),
        ({"base": START, "fitting": {"product": None}}, "/fitting/product"),
    ],
)
def test_what_comes_of_a_merge_is_refused_like_any_policy(own, path):
    with pytest.raises(Refused) as refused:
        resolved(json.dumps(own).encode())
    assert path in {problem.path for problem in refused.value.problems}


def test_neither_json_nor_a_retraction_is_a_policy():
    with pytest.raises(Refused):
        resolved(b"prior: 20")
    with pytest.raises(Refused):
        resolved(b'{"fact":"retraction","of":"policy","id":"start","source":"pledgewatch"}')


def test_calendars_and_classes_of_states_are_the_authoritys_own_too():
    closed = WorkingCalendar(id="XA", weekends=(Weekend(days=("friday",), origin="a decree"),))
    other = msgspec.structs.replace(a_policy(), calendars=(closed,))
    assert with_register(pack("us"), [other]).calendars == (closed,)
    assert all(not own_words(name).get(field) for name in LAWS for field in AUTHORITYS_OWN)


def test_a_policy_without_a_register_takes_the_first_there_is_and_keeps_its_own():
    assert with_register(pack("us"), [pack(START), a_policy()]).sources == SOURCES
    assert with_register(a_policy(sources=SOURCES[:1]), [a_policy()]).sources == SOURCES[:1]
