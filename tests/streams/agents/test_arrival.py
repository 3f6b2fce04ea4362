"""What is set aside says where, whose and why, never what."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest

from schemas.codec import decode_fact
from schemas.problems import Problem, Refused
from streams.agents.arrival import Arrival, unreadable

SECRET = b'{"fact":"incident","id":"I1","source":"desk","occurred":{"start":"A Secret Name"}}'


def arrived(value=SECRET, key=b"incident:desk:I1@1"):
    return Arrival("incidents", 3, 17, 1_700_000_000_000, key, value)


def set_aside(value=SECRET, key=b"incident:desk:I1@1"):
    with pytest.raises((msgspec.DecodeError, ValueError)) as caught:
        decode_fact(value)
    return unreadable(arrived(value, key), "decode", caught.value)


def test_the_place_and_the_path_are_kept():
    parked = set_aside()
    assert (parked.topic, parked.partition, parked.offset, parked.stage) == ("incidents", 3, 17, "decode")
    assert [p.path for p in parked.problems] == ["/occurred/start"]


def test_the_text_is_not_kept_anywhere():
    parked = set_aside()
    assert b"Secret" not in msgspec.json.encode(parked)
    raw = set_aside(b"A Secret Name, not even JSON")
    assert b"Secret" not in msgspec.json.encode(raw)


def test_it_is_set_aside_at_the_time_of_its_record_so_that_a_repeat_is_equal():
    assert set_aside() == set_aside()
    assert set_aside().at == dt.datetime.fromtimestamp(1_700_000_000, dt.UTC)


def test_whose_it_is_follows_from_the_key_where_it_has_its_form():
    assert (set_aside().key, set_aside().source) == ("incident:desk:I1", "desk")


@pytest.mark.parametrize(
    "key", [b"", b"desk", b"a:b:c:d@1", b"incident:\x00:I1@1", b"x:" + b"y" * 200 + b":z", b"\xff\xfe"]
)
def test_a_key_of_another_form_is_nobodys_and_is_not_kept(key):
    parked = set_aside(key=key)
    assert (parked.key, parked.source) == ("", "")


def test_other_bytes_have_another_digest():
    assert set_aside().hash != set_aside(SECRET + b" ").hash


def test_a_refusal_keeps_every_one_of_its_problems():
    problems = (Problem(path="/a", found="x", expected="y"), Problem(path="/b", found="x", expected="z"))
    assert unreadable(arrived(), "check", Refused(problems)).problems == problems
