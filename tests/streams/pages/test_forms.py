from __future__ import annotations

import datetime as dt
import typing

import msgspec
import pytest

from schemas.alert import Evidence
from schemas.decision import Judged
from schemas.problems import Refused
from schemas.reading import read_fact
from schemas.vocabulary import DecisionKind
from streams.pages import forms

EVIDENCE = (Evidence(fact="incident:lab:1", revision=2, hash="ab"),)
SIGNING = forms.Signing(
    id="page.1",
    source="authority",
    alert="QM~xa:L1~c2",
    by_role="licensing-desk-3",
    at=dt.datetime(2026, 3, 14, 9, tzinfo=dt.UTC),
    today=dt.date(2026, 3, 14),
    evidence=EVIDENCE,
)
WHOLE = forms.Filled(
    reason="The logs are asked for.",
    close_reason="unfounded",
    assigned_to="licensing-desk-1",
    until="2026-04-01",
    party="Meridian Signals",
)
SECOND = msgspec.structs.replace(SIGNING, second_by_role="head-of-licensing")
KINDS = typing.get_args(DecisionKind)


def filled(**changes: object) -> forms.Filled:
    return msgspec.structs.replace(WHOLE, **changes)


def paths(filled: forms.Filled, signing: forms.Signing = SIGNING) -> set[str]:
    with pytest.raises(Refused) as refused:
        forms.read_decision(filled, signing)
    return {problem.path for problem in refused.value.problems}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_decision_can_be_made_and_passes_the_door(kind: str) -> None:
    decision = forms.read_decision(filled(kind=kind), SECOND)
    assert decision.kind == kind
    assert decision.judged == (Judged(fact="incident:lab:1", revision=2),)
    assert read_fact(decision) == decision


def test_every_kind_of_decision_is_offered_once() -> None:
    assert sorted(kind for _, kinds in forms.GROUPS for kind in kinds) == sorted(KINDS)
    assert set(forms.NEEDED) == set(KINDS)


@pytest.mark.parametrize("kind", ["suspend", "vendor_restrict", "revoke"])
def test_the_gravest_decisions_take_two_different_persons(kind: str) -> None:
    assert paths(filled(kind=kind)) == {"/second"}
    twice = msgspec.structs.replace(SIGNING, second_by_role="licensing-desk-3")
    assert paths(filled(kind=kind), twice) == {"/second"}
    assert forms.read_decision(filled(kind=kind), SECOND).second_by_role == "head-of-licensing"


def test_a_second_person_is_not_recorded_where_one_suffices() -> None:
    assert forms.read_decision(filled(kind="acknowledge"), SECOND).second_by_role is None


def test_closing_needs_a_reason_in_words_and_of_the_vocabulary() -> None:
    assert paths(filled(kind="close", close_reason="", reason=" ")) == {"/close_reason", "/reason"}
    assert paths(filled(kind="close", close_reason="because")) == {"/close_reason"}


def test_closing_without_evidence_is_refused() -> None:
    assert paths(filled(kind="close"), msgspec.structs.replace(SIGNING, evidence=())) == {"/cases"}


@pytest.mark.parametrize("until", ["2026-03-14", "2025-01-01", "soon", "9999-12-31", "2026-02-30"])
def test_an_answer_is_due_on_a_day_to_come(until: str) -> None:
    assert paths(filled(kind="ask_exporter", until=until)) == {"/until"}


def test_all_faults_are_told_at_once() -> None:
    assert paths(filled(kind="ask_end_user", until="", reason="")) == {"/until", "/reason"}


def test_a_fault_never_repeats_the_text() -> None:
    with pytest.raises(Refused) as refused:
        forms.read_decision(filled(kind="assign", assigned_to="ab", reason="x" * 4001), SIGNING)
    assert {problem.path for problem in refused.value.problems} == {"/assigned_to", "/reason"}
    assert "ab" not in [problem.found for problem in refused.value.problems]
    assert "xxxx" not in str(refused.value)


def test_no_choice_is_a_fault_of_the_choice() -> None:
    assert paths(forms.Filled()) == {"/kind"}
    assert paths(forms.Filled(kind="forgive")) == {"/kind"}


def test_faults_stand_by_their_field() -> None:
    with pytest.raises(Refused) as refused:
        forms.read_decision(filled(kind="revoke", reason=""), SIGNING)
    assert set(forms.by_field(refused.value.problems)) == {"reason", "second"}
