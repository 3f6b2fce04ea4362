"""A protected ground is an assertion of its own: who makes it, and what stands beside it."""

from __future__ import annotations

import pytest

from builders import an_incident
from schemas.incident import Victims
from streams.rules.account import told
from streams.rules.grounds import ground_assertions, ground_words


def account(id="I1", klass="journalist", ground="unknown", **changed):
    return an_incident(id, victims=(Victims(klass=klass, count=9, ground=ground),), **changed)


def test_nothing_is_said_where_no_ground_no_group_and_no_such_purpose_is_told():
    assert ground_words(told([account()]), ()) == ""
    assert ground_assertions(told([account()])) == ()


def test_it_is_told_how_many_accounts_assert_the_ground():
    event = told([account(ground="ethnicity"), account("I2"), account("I3", ground="ethnicity")])
    assert "ethnicity is asserted as the ground by 2 of 3 accounts" in ground_words(event, ())


def test_one_account_asserts_a_ground_once_however_many_groups_it_tells_of():
    groups = (Victims(klass="clergy", count=1, ground="religion"), Victims(klass="minor", count=1, ground="religion"))
    assert told([an_incident(victims=groups)]).asserting == {"religion": 1}


def test_a_group_alone_says_that_nobody_asserts_why():
    words = ground_words(told([account(klass="ethnic_group")]), ("ethnicity",))
    assert "reported as ethnic group" in words
    assert "asserted by nobody" in words


@pytest.mark.parametrize(
    ("klass", "ground", "said"),
    [
        ("ethnic_group", "ethnicity", True), ("ethnic_group", "race", True), ("ethnic_group", "religion", False),
        ("religious_group", "religion", True), ("religious_group", "age", False),
        ("migrant_refugee", "country_of_origin", True), ("journalist", "opinion", False),
    ],
)  # fmt: skip
def test_a_group_speaks_to_the_grounds_that_it_is_about(klass, ground, said):
    assert bool(ground_words(told([account(klass=klass)]), (ground,))) is said


def test_suppression_of_a_minority_without_a_ground_says_that_the_ground_is_not_known():
    words = ground_words(told([account(alleged_purpose="suppression_of_minority")]), ("age",))
    assert words == ("the purpose reported is the suppression of a minority; on which ground is asserted by nobody")


def test_an_offence_beside_the_ground_leaves_merely_because_to_the_officer():
    words = ground_words(told([account(ground="religion", offence_max_years=8)]), ())
    assert "an offence is alleged too" in words


def test_the_assertion_says_that_what_shows_the_act_does_not_show_the_ground():
    (assertion,) = ground_assertions(told([account(ground="religion")]))
    assert (assertion.matter, assertion.claimed, assertion.fit) == ("ground", "religion", None)
    assert "does not show the ground" in assertion.reason
