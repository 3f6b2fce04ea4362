"""What officers decided, as yes and no: which decisions decide, and which are about one matter."""

from __future__ import annotations

import msgspec
import pytest

from builders import a_decision, at
from schemas import Alert
from schemas.decision import Judged
from streams.backtest.matters import happened, matters, undecided, upheld

ALERT = "XA~authority:L1~prohibited-target-class"


def decided(kind, reason=None, when="2025-06-01", about=("incident:desk:I1",), id="D1", **more):
    return a_decision(
        Alert(id=ALERT, destination="XA"),
        kind,
        id=id,
        at=at(when),
        close_reason=reason,
        judged=tuple(Judged(fact=f) for f in about),
        **more,
    )


@pytest.mark.parametrize("kind", ["suspend", "vendor_restrict", "revoke", "modify_conditions", "refer", "list_party"])
def test_a_decision_that_acts_upholds_the_concern(kind):
    assert upheld(decided(kind)) is True
    assert happened(decided(kind))


@pytest.mark.parametrize(
    ("reason", "acted", "so"),
    [
        ("acted_upon", True, True),
        ("remedied", True, True),
        ("explained_lawful", False, True),
        ("unfounded", False, False),
        ("not_our_license", False, False),
    ],
)
def test_a_closing_decides_by_its_reason_and_what_was_lawful_did_happen(reason, acted, so):
    assert upheld(decided("close", reason)) is acted
    assert happened(decided("close", reason)) is so


@pytest.mark.parametrize("reason", ["duplicate", "other", None])
def test_a_closing_without_a_word_on_the_matter_decides_nothing(reason):
    assert upheld(decided("close", reason)) is None
    assert matters([decided("close", reason)]) == ()


@pytest.mark.parametrize(
    "kind", ["acknowledge", "assign", "watch", "ask_exporter", "ask_end_user", "order_check", "hold_pending",
             "notify_partners"],
)  # fmt: skip
def test_what_is_asked_held_or_told_decides_nothing_and_is_counted(kind):
    assert upheld(decided(kind)) is None
    assert undecided([decided(kind), decided(kind, id="D2")]) == {kind: 2}


def test_the_last_word_on_the_same_evidence_counts_from_when_it_was_first_said():
    found = matters([
        decided("close", "unfounded", "2025-01-01", id="D1"),
        decided("suspend", None, "2025-03-01", id="D2"),
        decided("close", "acted_upon", "2025-05-01", id="D3"),
    ])  # fmt: skip
    (matter,) = found
    assert matter.upheld
    assert matter.at == at("2025-03-01")
    assert matter.said == "close: acted_upon"
    assert len(matter.decisions) == 3


def test_decisions_on_other_evidence_are_other_matters():
    found = matters([
        decided("close", "unfounded", "2025-01-01", id="D1"),
        decided("revoke", None, "2025-03-01", ("incident:desk:I2",), id="D2"),
    ])  # fmt: skip
    assert [(m.upheld, m.judged) for m in found] == [
        (False, frozenset({"incident:desk:I1"})), (True, frozenset({"incident:desk:I2"})),
    ]  # fmt: skip


def test_a_decision_that_lists_no_evidence_is_about_all_that_the_alert_rested_on():
    (matter,) = matters([decided("close", "unfounded"), decided("revoke", None, "2025-08-01", (), id="D2")])
    assert matter.upheld
    assert matter.judged == frozenset()


def test_the_order_in_which_decisions_come_changes_nothing():
    said = [
        decided("close", "unfounded", "2025-01-01", ("incident:desk:I1",), id="D1"),
        decided("close", "unfounded", "2025-02-01", ("incident:desk:I2",), id="D2"),
        decided("suspend", None, "2025-03-01", ("incident:desk:I1", "incident:desk:I2"), id="D3"),
    ]
    assert matters(said) == matters(reversed(said))
    assert len(matters(said)) == 1


def test_an_exercise_decides_nothing():
    assert matters([msgspec.structs.replace(decided("suspend"), tense="exercise")]) == ()
