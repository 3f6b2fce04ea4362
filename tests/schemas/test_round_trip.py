"""Properties of codec and door over generated facts, mutated examples and arbitrary bytes."""

import copy
import datetime as dt
import json

import jsonschema
import msgspec
import msgspec.inspect as inspect
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.codec import FACT_TYPES, AnyFact, body_hash, decode_fact, decode_row, encode
from schemas.common import EARLIEST, LATEST
from schemas.examples import valid
from schemas.export import VERSIONS, committed, file_name
from schemas.problems import Refused
from schemas.reading import read_fact, read_many, read_ndjson

DERIVED_TAGS = {"alert", "remark", "notice", "parked", "header", "recheck"}
LETTERS = st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"])
BOUNDED = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def values(info):
    """What a type may hold, from msgspec's account of it."""
    match info:
        case inspect.Metadata():
            return values(info.type)
        case inspect.UnionType():
            return st.one_of([values(each) for each in info.types])
        case inspect.NoneType():
            return st.none()
        case inspect.StrType(pattern=None):
            return st.text(LETTERS, min_size=info.min_length or 0, max_size=min(info.max_length or 20, 20))
        case inspect.StrType(pattern=r"\S"):
            return st.text(LETTERS, min_size=1, max_size=20).filter(str.strip)
        case inspect.StrType():
            return st.from_regex(info.pattern, fullmatch=True).filter(str.isascii)
        case inspect.IntType():
            return st.integers(info.ge, info.le)
        case inspect.BoolType():
            return st.booleans()
        case inspect.LiteralType():
            return st.sampled_from(info.values)
        case inspect.DateType():
            return st.dates(EARLIEST, LATEST)
        case inspect.DateTimeType():
            return st.datetimes(dt.datetime(1951, 1, 1), dt.datetime(2199, 1, 1), timezones=st.just(dt.UTC))  # noqa: DTZ001
        case inspect.VarTupleType():
            return st.lists(values(info.item_type), min_size=info.min_length or 0, max_size=3).map(tuple)
        case inspect.DictType():
            return st.dictionaries(values(info.key_type), values(info.value_type), max_size=2)
        case inspect.StructType():
            return structs(info.cls)
    raise TypeError(info)


def structs(kind):
    fields = inspect.type_info(kind).fields
    needed = {field.name: values(field.type) for field in fields if field.required}
    optional = {field.name: values(field.type) for field in fields if not field.required}
    return st.fixed_dictionaries(needed, optional=optional).map(lambda held: kind(**held))


ANY_FACT = st.one_of([structs(kind) for kind in FACT_TYPES])
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["license", "incident", "XA"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=20,
)


def places(part, path=()):
    yield path
    steps = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for step, inner in steps:
        yield from places(inner, (*path, step))


@st.composite
def mutated(draw):
    """An example in which something was replaced, dropped or added."""
    fact = copy.deepcopy(draw(st.sampled_from(valid())).fact)
    for _ in range(draw(st.integers(1, 3))):
        *way, last = draw(st.sampled_from([place for place in places(fact) if place]))
        holder = fact
        for step in way:
            holder = holder[step]
        change = draw(st.sampled_from(["replace", "replace", "drop", "add"]))
        if change == "drop":
            del holder[last]
        elif change == "add" and isinstance(holder, dict):
            holder[draw(st.sampled_from(["note", "name", "valid_to", "count", "x"]) | st.text(max_size=8))] = draw(JSON)
        else:
            holder[last] = draw(
                JSON | st.sampled_from([0, -1, 1.0, "", "XA", "2024-01-01", "9999-01-01", [], {}, True])
            )
    return fact


def refusal(read, *arguments):
    """What was read, or None and the faults; nothing but `Refused` is caught."""
    try:
        return read(*arguments), []
    except Refused as refused:
        return None, refused.problems


def read_or_none(source):
    fact, problems = refusal(read_fact, source)
    assert (fact is None) == bool(problems)
    assert all(problem.path == "" or problem.path.startswith("/") for problem in problems)
    leaks = [problem for problem in problems if problem.found == "a value that its type does not admit"]
    assert leaks == [], "the shapes let through what msgspec does not"
    return fact


@pytest.mark.parametrize("kind", FACT_TYPES, ids=lambda kind: kind.__name__)
def test_fact_comes_back_from_its_bytes(kind):
    @BOUNDED
    @given(structs(kind))
    def comes_back(fact):
        assert decode_fact(encode(fact)) == fact
        assert decode_row(encode(fact)) == fact
        assert encode(decode_fact(encode(fact))) == encode(fact)

    comes_back()


@BOUNDED
@given(ANY_FACT, st.datetimes(timezones=st.just(dt.UTC)))
def test_digest_of_a_body_does_not_know_when_it_was_recorded(fact, moment):
    assert body_hash(msgspec.structs.replace(fact, recorded_at=moment)) == body_hash(fact)


@BOUNDED
@given(ANY_FACT, st.integers(1, 1_000_000))
def test_digest_of_a_body_knows_everything_else(fact, revision):
    other = msgspec.structs.replace(fact, revision=revision)
    assert (body_hash(other) == body_hash(fact)) == (fact.revision == revision)


@BOUNDED
@given(ANY_FACT)
def test_equal_facts_have_equal_bytes_whatever_the_order_of_their_fields(fact):
    built = msgspec.to_builtins(fact)
    turned = dict(reversed(built.items()))
    assert encode(msgspec.convert(turned, AnyFact)) == encode(fact)


@BOUNDED
@given(ANY_FACT)
def test_door_returns_what_it_was_given_or_refuses(fact):
    read = read_or_none(encode(fact))
    assert read is None or encode(read) == encode(fact)


@BOUNDED
@given(st.binary(max_size=200) | JSON.map(lambda tree: json.dumps(tree).encode()))
def test_arbitrary_bytes_are_refused_and_nothing_else_is_raised(source):
    read_or_none(source)
    list(read_ndjson(source.split(b"\n")))
    for kind in ("application/json", "application/x-ndjson"):
        many, problems = refusal(read_many, source, kind)
        assert (many is None) == bool(problems)


@BOUNDED
@given(JSON)
def test_arbitrary_json_is_refused_and_nothing_else_is_raised(tree):
    read_or_none(tree)


@settings(BOUNDED, max_examples=150)
@given(mutated())
def test_door_takes_nothing_that_the_exported_schema_does_not(fact):
    read = read_or_none(fact)
    if read is not None:
        kind = str(read.__struct_config__.tag)
        jsonschema.validate(fact, committed()[file_name(kind, VERSIONS[kind])])


@settings(BOUNDED, max_examples=150)
@given(mutated())
def test_refusal_of_a_mutated_example_repeats_no_long_text(fact):
    secret = "Ovari Quill"
    fact = json.loads(json.dumps(fact).replace('"2024-01-01"', f'"{secret}"').replace('"XB"', f'"{secret}"'))
    _, problems = refusal(read_fact, fact)
    assert secret not in str(problems)
