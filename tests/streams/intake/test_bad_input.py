"""Whatever is sent: an answer that says what is wrong and where, nothing stored that was not accepted, no crash."""

import json
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from litestar import Litestar
from litestar.testing import TestClient

from schemas.reading import read_fact
from streams.access import Access
from streams.intake.limits import Allowance, Limits

Client = TestClient[Litestar]
Build = Callable[..., dict[str, Any]]

_PLENTY = Allowance(per_second=1e6, burst=1e9)
_EXAMPLES = sorted(Path(str(files("schemas"))).glob("examples/*/*.json"))
_OURS = ("ticks", "erasures")
"""What only the house itself says: the clock, and two officers together through an address of their own."""
_GOOD = [path for path in _EXAMPLES if not path.name.endswith(".invalid.json") and path.parent.name not in _OURS]
_BAD = [path for path in _EXAMPLES if path.name.endswith(".invalid.json")]
_ANSWERS = {202, 207, 403, 409, 413, 415, 422}


@pytest.fixture(name="anybody")
def anybody_fixture(intake: Any) -> Iterator[Callable[[bytes], Any]]:
    """Sends a body to /facts with a key that may send everything."""
    intake.limits = Limits(intake.clock.seconds, feeder=_PLENTY, office=_PLENTY)
    token = intake.keys.add("all", ["feed", "officer", "admin"])
    with TestClient(intake.app(max_body=300_000), raise_server_exceptions=True) as client:

        def send(body: bytes, content_type: str = "application/json", address: str = "/api/v1/facts") -> Any:
            headers = {"Authorization": f"Bearer {token}", "Content-Type": content_type}
            return client.post(address, content=body, headers=headers)

        yield send


def spoken(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("path", _GOOD, ids=spoken)
def test_good_example_is_let_in(anybody: Any, path: Path) -> None:
    answer = anybody(path.read_bytes(), address=f"/api/v1/{path.parent.name}")
    assert answer.status_code == 202, answer.text


@pytest.mark.parametrize("path", _BAD, ids=spoken)
def test_bad_example_is_refused_with_path_value_and_expectation(anybody: Any, intake: Any, path: Path) -> None:
    answer = anybody(path.read_bytes())
    assert answer.status_code in (403, 422)
    assert all(error["found"] and error["expected"] and "path" in error for error in answer.json()["errors"])
    assert answer.json()["errors"]
    assert intake.everything() == []


def wrong(an_incident: Build, a_license: Build) -> dict[str, tuple[bytes, str]]:
    """Bodies, and the path at which each is wrong."""

    def text(fact: object) -> bytes:
        return json.dumps(fact).encode()

    deep: Any = []
    for _ in range(200):
        deep = [deep]
    good = text(an_incident())
    return {
        "a list for a word": (text(an_incident(technology=["other"])), "/technology"),
        "a word for an object": (text(an_incident(occurred="2025")), "/occurred"),
        "a number for a yes": (text(an_incident(draft=1)), "/draft"),
        "a field that is not known": (text(an_incident(victim_name="x")), "/victim_name"),
        "a field nearly known, deeper": (text(an_incident(occurred={"starts": "2025-01-01"})), "/occurred/starts"),
        "a field that is not known, deeper": (text(an_incident(occurred={"start": "2025-01-01", "x": 1})), "/occurred"),
        "the same field twice": (good[:-1] + b', "id": "other"}', "/id"),
        "bytes that are no UTF-8": (good.replace(b"case-1", b"case-\xff"), ""),
        "UTF-16": (json.dumps(an_incident()).encode("utf-16"), ""),
        "half a character": (good.replace(b"case-1", b"case-\\ud800"), "/id"),
        "a null byte": (good.replace(b"case-1", b"case-\\u0000"), "/id"),
        "NaN": (good[:-1] + b', "revision": NaN}', ""),
        "Infinity": (good[:-1] + b', "revision": -Infinity}', ""),
        "a number beyond all": (good[:-1] + b', "revision": 1e999}', "/revision"),
        "a number without end": (good[:-1] + b', "revision": ' + b"9" * 6_000 + b"}", ""),
        "a nested bomb of lists": (b"[" * 100_000 + b"]" * 100_000, ""),
        "a nested bomb of objects": (b'{"a":' * 40_000 + b"1" + b"}" * 40_000, ""),
        "a bomb inside a field": (text(an_incident(harms=deep)), "/harms/0"),
        "the year 0": (text(an_incident(occurred={"start": "0000-01-01"})), "/occurred/start"),
        "the year 1": (text(an_incident(occurred={"start": "0001-01-01"})), "/occurred/start"),
        "the year 9999": (text(an_incident(occurred={"start": "9999-12-31"})), "/occurred/start"),
        "a day that is not": (text(an_incident(occurred={"start": "2025-02-30"})), "/occurred/start"),
        "a license that ends before it begins": (text(a_license(valid_to="2023-01-01")), "/valid_to"),
        "nothing": (b"", ""),
        "null": (b"null", ""),
        "a number": (b"7", ""),
        "an empty object": (b"{}", "/fact"),
        "two objects": (good + good, ""),
        "half an object": (good[:-5], ""),
    }  # fmt: skip


def test_each_kind_of_bad_input_is_told_where_it_is_wrong(
    anybody: Any, intake: Any, an_incident: Build, a_license: Build
) -> None:
    for name, (body, path) in wrong(an_incident, a_license).items():
        answer = anybody(body)
        assert answer.status_code == 422, (name, answer.text)
        errors = answer.json()["errors"]
        assert path in [error["path"] for error in errors], (name, errors)
        assert all(error["found"] and error["expected"] for error in errors), name
    assert intake.everything() == []


def test_bad_input_among_many_leaves_the_good_ones_in(
    anybody: Any, intake: Any, an_incident: Build, a_license: Build
) -> None:
    lines = [
        body for body, _ in wrong(an_incident, a_license).values() if body and b"\n" not in body and len(body) < 9_000
    ]
    mixed = b"\n".join(
        [json.dumps(an_incident(id="first")).encode(), *lines, json.dumps(an_incident(id="last")).encode()]
    )
    answer = anybody(mixed, "application/x-ndjson")
    assert answer.status_code == 207
    assert answer.json()["accepted"] == 2
    assert answer.json()["failed"] == len(lines)
    assert sorted(fact.id for fact in intake.everything()) == ["first", "last"]


def test_body_beyond_the_limit_is_not_read(anybody: Any, intake: Any, an_incident: Build) -> None:
    huge = json.dumps(an_incident(harms=["silencing"] * 50_000)).encode()
    assert anybody(huge).status_code == 413
    assert intake.everything() == []


def test_many_faults_are_counted_and_the_answer_stays_small(anybody: Any, an_incident: Build) -> None:
    answer = anybody(json.dumps(an_incident(victims=[{"klass": "x", "count": -1}] * 2_000)).encode())
    assert answer.status_code == 422
    assert len(answer.json()["errors"]) <= 201


# -- anything at all ------------------------------------------------------------------------------------------------

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.dates().map(str),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
_GOOD_FACTS = [json.loads(path.read_bytes()) for path in _GOOD]


@st.composite
def spoilt(draw: st.DrawFn) -> object:
    """A good fact in which one place, at any depth, was taken out or replaced."""
    fact = json.loads(json.dumps(draw(st.sampled_from(_GOOD_FACTS))))
    here: Any = fact
    while True:
        keys = list(here) if isinstance(here, dict) else list(range(len(here)))
        if not keys:
            return fact
        key = draw(st.sampled_from(keys))
        if isinstance(here[key], dict | list) and draw(st.booleans()):
            here = here[key]
            continue
        if draw(st.booleans()):
            here[key] = draw(_JSON)
        else:
            del here[key]
        return fact


def kept_promise(answer: Any, before: int, intake: Any) -> None:
    assert answer.status_code in _ANSWERS, answer.text
    told = answer.json()
    results = told.get("results", [told])
    accepted = sum(result.get("outcome") == "accepted" for result in results)
    assert len(intake.everything()) == before + accepted
    if answer.status_code not in (202, 207):
        assert accepted == 0
        assert all(error["found"] and error["expected"] for error in told.get("errors", ()))


_OFTEN = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@_OFTEN
@given(
    body=st.binary(max_size=300), content_type=st.sampled_from(["application/json", "application/x-ndjson", "text/x"])
)
@example(body=b"\n\n", content_type="application/x-ndjson")
@example(body=b"[[]]", content_type="application/json")
def test_any_bytes_are_answered(anybody: Any, intake: Any, body: bytes, content_type: str) -> None:
    before = len(intake.everything())
    kept_promise(anybody(body, content_type), before, intake)


@_OFTEN
@given(tree=_JSON | spoilt() | st.lists(spoilt(), max_size=3))
def test_any_json_is_answered(anybody: Any, intake: Any, tree: object) -> None:
    before = len(intake.everything())
    kept_promise(anybody(json.dumps(tree).encode()), before, intake)


@_OFTEN
@given(tree=spoilt())
def test_what_is_let_in_can_be_read_again_as_it_is(anybody: Any, intake: Any, tree: object) -> None:
    anybody(json.dumps(tree).encode())
    for fact in intake.everything():
        assert read_fact(fact) == fact


def test_key_that_may_not_send_is_told_nothing_of_the_body(intake: Any, an_incident: Build) -> None:
    token = intake.keys.add("board", ["staff"])
    with TestClient(intake.app()) as client:
        for body in (b"{", json.dumps(an_incident()).encode()):
            answer = client.post("/api/v1/facts", content=body, headers={"Authorization": f"Bearer {token}"})
            assert (answer.status_code, answer.json().get("errors")) == (403, None)


def test_access_of_an_unused_scope_sends_nothing(intake: Any, an_incident: Build, as_json: Any) -> None:
    import asyncio

    nobody = Access(name="n", scopes=frozenset())
    (result,) = asyncio.run(intake.door.take(as_json(an_incident()), nobody))
    assert result.outcome == "forbidden"
