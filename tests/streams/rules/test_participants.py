"""Frameworks among licensing states: dated, with their sources, binding or not, and marked where nobody verified."""

from __future__ import annotations

from builders import a_policy, day
from schemas.framework import Commitment, Framework, Participant
from streams.rules.participants import between, frameworks, on_day, promises_of, shipped, tellings

TODAY = day("2026-06-01")
COMPACT = Framework(
    key="example-compact", name="Example compact", adopted=day("2023-01-01"), source="Example.",
    commitments=(
        Commitment(kind="share_information", words="Share.", source="Example."),
        Commitment(kind="notify", words="Tell.", binding="yes", source="Example.", valid_from=day("2024-01-01")),
    ),
    participants=(
        Participant(country="XA", source="Example."),
        Participant(country="XB", source="Example.", valid_to=day("2024-06-30")),
        Participant(country="XC", source="Example.", valid_from=day("2025-01-01"), unverified=True),
    ),
)  # fmt: skip
KNOWN = (COMPACT,)


def test_every_line_that_ships_says_where_it_was_read():
    for framework in shipped():
        lines = (framework, *framework.commitments, *framework.participants)
        assert all(line.source.strip() for line in lines), framework.key


def test_the_code_of_conduct_has_the_states_and_commitments_of_its_publication():
    (code,) = [f for f in shipped() if f.key == "code-of-conduct-2023"]
    assert len(code.participants) == 25
    assert len(code.commitments) == 6
    assert {c.binding for c in code.commitments} == {"political"}, "it binds nobody in law"


def test_what_stands_there_from_memory_is_marked():
    (eu,) = [f for f in shipped() if f.key == "eu-2021-821"]
    assert all(p.unverified for p in eu.participants)


def test_before_its_adoption_a_framework_is_not_there():
    assert [t.key for t in on_day(shipped(), day("2023-03-29"))].count("code-of-conduct-2023") == 0
    assert on_day(KNOWN, day("2022-12-31")) == ()


def test_who_left_and_who_came_later_are_not_there_on_the_day():
    assert [p.country for p in on_day(KNOWN, day("2024-06-30"))[0].participants] == ["XA", "XB"]
    assert [p.country for p in on_day(KNOWN, TODAY)[0].participants] == ["XA", "XC"]


def test_what_binds_in_law_comes_first_and_bears_the_doubt_of_its_lines():
    first, second = promises_of("XA", KNOWN, TODAY)
    assert (first.binding, second.binding) == ("yes", "political")
    assert first.partners == ("XC",)
    assert first.unverified, "one of the participants is unverified"


def test_a_state_that_takes_no_part_has_promised_nothing():
    assert promises_of("XZ", KNOWN, TODAY) == ()


def test_only_promises_to_tell_are_grounds_to_tell():
    assert {p.kind for p in tellings("FR", frameworks(), TODAY)} == {"notify", "share_information"}


def test_two_states_share_what_both_take_part_in_on_the_day():
    assert between("XA", "XB", KNOWN, day("2024-01-01")) == ("Example compact",)
    assert between("XA", "XB", KNOWN, TODAY) == ()


def test_a_policy_adds_frameworks_or_puts_another_in_the_place_of_one():
    own = Framework(key="pall-mall-2025", name="Ours", source="Example.")
    policy = a_policy(frameworks=(COMPACT, own))
    held = {f.key: f.name for f in frameworks(policy)}
    assert held["example-compact"] == "Example compact"
    assert held["pall-mall-2025"] == "Ours"
    assert len(held) == len(shipped()) + 1
