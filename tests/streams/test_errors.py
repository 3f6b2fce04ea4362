"""Errors are named for what the caller must do."""

from __future__ import annotations

import pytest

from schemas.problems import Problem, Refused
from streams.errors import PledgewatchError, Stop, Wait


def test_whoever_must_wait_is_told_how_long():
    assert Wait("the log is away").retry_after == 5.0
    assert Wait("the log is away", retry_after=7).retry_after == 7
    assert str(Wait("the log is away")) == "the log is away"


def test_to_stop_and_to_wait_are_different_things():
    assert not issubclass(Stop, Wait)
    assert not issubclass(Wait, Stop)
    for kind in (Stop, Wait):
        with pytest.raises(PledgewatchError):
            raise kind("words")


def test_a_refusal_is_no_failure_of_the_house():
    assert not issubclass(Refused, PledgewatchError)
    refused = Refused((Problem(path="/a", found="x", expected="y"),))
    assert [p.path for p in refused.problems] == ["/a"]
