from collections import Counter

import jsonschema
import msgspec
import pytest

from schemas.codec import FACT_TYPES, topic_of
from schemas.examples import examples, facts, invalid, valid
from schemas.export import VERSIONS, committed, file_name
from schemas.problems import Refused
from schemas.reading import read_fact

KINDS = [str(kind.__struct_config__.tag) for kind in FACT_TYPES]
INVENTED = {
    *(f"X{letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    *(f"Q{letter}" for letter in "MNOPQRSTUVWXYZ"),
    "AA",
    "ZZ",
}


def name(example):
    return f"{example.topic}/{example.case}"


def states_in(part):
    if isinstance(part, dict):
        for key, value in part.items():
            if key in ("country", "destination", "issuing_state", "delivered_to", "operator", "use_country"):
                yield value
            yield from states_in(value)
    elif isinstance(part, list):
        for each in part:
            yield from states_in(each)


@pytest.mark.parametrize("example", valid(), ids=name)
def test_valid_example_is_taken(example):
    fact = read_fact(example.raw)
    assert topic_of(fact) == example.topic


@pytest.mark.parametrize("example", invalid(), ids=name)
def test_invalid_example_is_refused_for_exactly_what_it_says(example):
    with pytest.raises(Refused) as refused:
        read_fact(example.raw)
    problems = refused.value.problems
    assert sorted(problem.path for problem in problems) == sorted(each.path for each in example.refused)
    for each in example.refused:
        assert any(problem.path == each.path and each.expected in problem.expected for problem in problems), problems


@pytest.mark.parametrize("example", valid(), ids=name)
def test_valid_example_is_valid_by_the_exported_schema(example):
    schema = committed()[file_name(example.kind, VERSIONS[example.kind])]
    jsonschema.validate(example.fact, schema)


def test_each_kind_of_fact_has_three_valid_and_four_invalid_examples():
    taken, refused = Counter(each.kind for each in valid()), Counter(each.kind for each in invalid())
    assert {kind: taken[kind] for kind in KINDS if taken[kind] < 3} == {}
    assert {kind: refused[kind] for kind in KINDS if refused[kind] < 4} == {}


def test_minimal_example_of_each_kind_has_what_is_required_and_no_more():
    smallest = {kind: min((each.fact for each in valid() if each.kind == kind), key=len) for kind in KINDS}
    for kind, fact in smallest.items():
        required = committed()[file_name(kind, VERSIONS[kind])]["required"]
        needed_by_meaning = {"name": {"name"}, "judgment": {"judged_source"}}.get(kind, set())
        assert set(fact) == {*required, *needed_by_meaning}, kind
        assert len(fact) <= 10, kind


def test_examples_speak_of_invented_states_only():
    found = {state for example in valid() for state in states_in(example.fact) if isinstance(state, str)}
    assert found <= INVENTED


def test_valid_examples_are_facts_that_other_tests_can_use():
    assert len(facts()) == len(valid()) >= 30


def test_every_example_is_named_for_its_own_case():
    cases = Counter((example.topic, example.case, bool(example.refused)) for example in examples())
    assert [case for case, times in cases.items() if times > 1] == []


def test_refusals_of_examples_never_repeat_free_text():
    for example in invalid():
        with pytest.raises(Refused) as refused:
            read_fact(example.raw)
        told = msgspec.json.encode(refused.value.problems).decode() + str(refused.value)
        assert not any(secret in told for secret in ("Tandelo", "Ovari", "Belmira", "someone@", "1234567", "Sorry"))
