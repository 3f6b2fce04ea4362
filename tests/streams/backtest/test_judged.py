"""Policies held against decisions: with what the log had then, by band, rule and source."""

from __future__ import annotations

import datetime as dt
import random

import msgspec
import pytest

from builders import (
    a_clause,
    a_decision,
    a_delivery,
    a_judgment,
    a_license,
    a_policy,
    a_publication,
    a_retraction,
    a_tick,
    an_incident,
    at,
)
from schemas import Alert
from schemas.decision import Judged as Evidence
from streams.backtest.judged import SILENT, Candidate, backtest
from streams.rules.packs import pack
from streams.rules.policy import probability_of, weights_of

BARRED = "prohibited-target-class"
POLICY = msgspec.structs.replace(a_policy(), recorded_at=at("2023-01-01"))
NOW = [Candidate("in force")]


def decided(license: str, incident: str, kind="close", reason=None, when="2025-06-01", id=None, clause=BARRED):
    alert = Alert(id=f"XA~authority:{license}~{clause}", destination="XA")
    return a_decision(
        alert, kind, id=id or f"D-{license}", at=at(when), recorded_at=at(when, 13), close_reason=reason,
        judged=(Evidence(fact=f"incident:desk:{incident}"),),
        second_by_role="Head of export licensing" if kind == "suspend" else None,
    )  # fmt: skip


def a_case(license: str, incident: str, *, shown: bool):
    """A license of its own product, and an account of it: examined by a lab, or told by one paper."""
    product = f"Product {license}"
    granted = a_license(license, product=product)
    named = type(an_incident().products[0])(name=product)
    account = an_incident(
        incident,
        products=(named,),
        evidence_level="E3" if shown else "E1",
        attribution_level="A2" if shown else "A1",
        publications=(a_publication("lab-a" if shown else "paper-a", 2, f"origin-{incident}"),),
    )
    return [granted, a_delivery(granted, f"D{license}", items=()), account]


FOUR = [
    *a_case("L1", "I1", shown=True), *a_case("L2", "I2", shown=True),
    *a_case("L3", "I3", shown=False), *a_case("L4", "I4", shown=False),
]  # fmt: skip
WORDS = [
    decided("L1", "I1", "suspend"), decided("L2", "I2", reason="unfounded"),
    decided("L3", "I3", reason="acted_upon"), decided("L4", "I4", reason="unfounded"),
]  # fmt: skip
WORLD = [POLICY, *FOUR, *WORDS, a_tick("2025-05-05"), a_tick("2026-06-01")]


def one(said):
    (trial,) = said.trials
    return trial


def test_four_matters_reckoned_by_hand():
    """Two were examined and raised, of which one was upheld; of two told by a paper alone one was upheld."""
    trial = one(backtest(WORLD, NOW))
    s = trial.overall
    assert (s.true_positive, s.false_positive, s.false_negative, s.true_negative) == (1, 1, 1, 1)
    assert (s.precision.value, s.recall.value, s.f1) == (0.5, 0.5, 0.5)
    assert {j.alert[13:15]: j.band for j in trial.judged} == {
        "L1": "alert",
        "L2": "alert",
        "L3": "watch",
        "L4": "watch",
    }


def test_the_brier_score_is_that_of_the_probabilities_said():
    """Lab A, grade A2: ln(.95/.05) by .85, within 3; paper B2: ln(.85/.15) by .85, within 1.5; prior .02."""
    weights = weights_of(POLICY)
    lab = min(weights.reliability["A"] * 850_000 // 1_000_000, weights.cap_forensic)
    paper = min(weights.reliability["B"] * 850_000 // 1_000_000, weights.cap_low)
    p, q = (probability_of(weights.prior + w) / 1_000_000 for w in (lab, paper))
    expected = ((p - 1) ** 2 + p**2 + (q - 1) ** 2 + q**2) / 4
    found = one(backtest(WORLD, NOW)).calibration
    assert found.brier == pytest.approx(expected, abs=2e-6)
    assert found.brier_of_base_rate == 0.25
    assert found.matters == 4


def test_scores_come_by_band_rule_and_source():
    trial = one(backtest(WORLD, NOW))
    bands = {g.name: (g.score.precision.value, g.score.recall.value) for g in trial.by_band}
    assert bands == {"watch": (0.5, 1.0), "review": (0.5, 0.5), "alert": (0.5, 0.5), "urgent": (None, 0.0)}
    assert [(g.name, g.score.matters) for g in trial.by_rule] == [("targeted_barred_class", 4)]
    assert {g.name: g.score.recall.value for g in trial.by_source} == {"lab-a": 1.0, "paper-a": 0.0}


def test_from_a_lower_band_on_more_is_raised():
    said = backtest(WORLD, NOW, band="watch")
    assert one(said).overall.recall.value == 1.0
    assert one(said).overall.precision.value == 0.5


def test_a_policy_with_which_officers_always_agree_gets_one():
    agreed = [decided("L1", "I1", "suspend"), decided("L2", "I2", "revoke", id="D2"), *WORDS[3:]]
    trial = one(backtest([POLICY, *FOUR, *agreed, a_tick("2026-06-01")], NOW))
    assert (trial.overall.precision.value, trial.overall.recall.value, trial.overall.f1) == (1.0, 1.0, 1.0)


def test_what_was_taken_back_after_the_decision_counts_in_the_judgment():
    gone = a_retraction(FOUR[2], recorded_at=at("2025-12-01"))
    assert one(backtest([*WORLD, gone], NOW)).judged == one(backtest(WORLD, NOW)).judged


def test_what_was_taken_back_before_the_decision_does_not():
    gone = a_retraction(FOUR[2], recorded_at=at("2025-05-20"))
    first = one(backtest([*WORLD, gone], NOW)).judged[0]
    assert (first.alert, first.band, first.rule) == (f"XA~authority:L1~{BARRED}", None, SILENT)


def test_what_came_to_light_after_the_decision_does_not_count():
    later = an_incident("I9", products=FOUR[8].products, recorded_at=at("2025-06-02"))
    joined = a_judgment("same_event", ["desk:I3", "desk:I9"], recorded_at=at("2025-06-02"))
    found = {j.alert: j for j in one(backtest([*WORLD, later, joined], NOW)).judged}
    assert found[f"XA~authority:L3~{BARRED}"].band == "watch"
    earlier = [msgspec.structs.replace(f, recorded_at=at("2025-05-30")) for f in (later, joined)]
    found = {j.alert: j for j in one(backtest([*WORLD, *earlier], NOW)).judged}
    assert found[f"XA~authority:L3~{BARRED}"].band == "alert"


def test_the_register_of_sources_is_that_of_the_time_of_the_decision():
    later = msgspec.structs.replace(POLICY, id="later", version="later", recorded_at=at("2025-07-01"), sources=())
    later = msgspec.structs.replace(later, in_force_from=dt.date(2024, 1, 1))
    trial = one(backtest([*WORLD, later], [Candidate("us", pack("us"))]))
    assert [j.band for j in trial.judged].count("alert") == 2


def test_what_the_log_learned_too_late_is_left_out_and_counted():
    back_filled = [msgspec.structs.replace(f, recorded_at=at("2026-01-01")) if f is FOUR[2] else f for f in WORLD]
    said = backtest(back_filled, NOW)
    assert (said.matters, said.unknown_then) == (3, 1)


def test_a_decision_that_was_taken_back_decides_nothing():
    said = backtest([*WORLD, a_retraction(WORDS[0])], NOW)
    assert (said.matters, said.upheld, said.decisions) == (3, 1, 3)


def test_the_decision_to_be_foretold_is_no_evidence_even_where_the_log_had_it():
    """An account told of by a paper stands higher while a report is overdue; once closed it would not."""
    license = a_license("L7", product="Product L7", clauses=(*a_license().clauses, a_clause("reporting_cadence",
                        cadence_days=100, first_due_days=100)))  # fmt: skip
    world = [
        POLICY,
        license,
        a_delivery(license, "DL7", items=()),
        a_case("L7", "I7", shown=False)[2],
        a_tick("2025-05-05"),
    ]
    said = decided("L7", "I7", reason="unfounded")
    early = msgspec.structs.replace(said, recorded_at=at("2025-05-30"))
    (judged,) = one(backtest([*world, early], NOW)).judged
    assert judged.band == "review"
    assert one(backtest([*world, said], NOW)).judged == (judged,)


def test_what_was_explained_as_lawful_did_happen_and_was_not_upheld():
    lawful = [decided("L1", "I1", reason="explained_lawful"), *WORDS[1:]]
    tested = one(backtest([POLICY, *FOUR, *lawful, a_tick("2026-06-01")], NOW))
    first = tested.judged[0]
    assert (first.upheld, first.happened) == (False, True)
    only = one(backtest([POLICY, *FOUR[:3], lawful[0], a_tick("2026-06-01")], NOW))
    assert only.calibration.brier == pytest.approx((first.probability - 1) ** 2, abs=1e-6)
    assert only.overall.false_positive == 1


def test_of_several_candidates_each_gets_its_share_of_the_probability():
    sister = a_license("L5", product="Product L1")
    world = [*WORLD, sister, a_delivery(sister, "DL5", items=())]
    unknown = [msgspec.structs.replace(f, operator_agency=None) if f is FOUR[2] else f for f in world]
    alone = one(backtest([f for f in unknown if f is not sister], NOW)).judged[0]
    shared = one(backtest(unknown, NOW)).judged[0]
    assert shared.probability == pytest.approx(alone.probability / 2, abs=1e-6)


def test_undecided_alerts_and_decisions_are_counted():
    asked = decided("L1", "I1", "ask_exporter", id="D-ask")
    said = backtest([*WORLD, asked, *a_case("L6", "I6", shown=True)], NOW)
    assert said.undecided == {"ask_exporter": 1}
    before = one(backtest(WORLD, NOW)).open_undecided
    assert one(said).open_undecided == before + 2  # the purpose, and the class of persons


def test_the_same_facts_in_any_order_give_the_same_bytes():
    candidates = [Candidate("in force"), Candidate("israel-2021", pack("israel-2021")), Candidate("us", pack("us"))]
    first = msgspec.json.encode(backtest(WORLD, candidates))
    shuffled = [*WORLD, WORLD[3]]
    random.Random(5).shuffle(shuffled)
    again = backtest(shuffled, candidates)
    assert msgspec.json.encode(msgspec.structs.replace(again, facts=len(WORLD))) == first


def test_two_policies_are_compared_on_where_they_differ():
    strict = msgspec.structs.replace(
        POLICY, sources=tuple(msgspec.structs.replace(s, quarantined=s.source == "lab-a") for s in POLICY.sources)
    )
    said = backtest(WORLD, [Candidate("open", POLICY), Candidate("strict", strict)])
    (pair,) = said.paired
    assert (pair.disagreement.only_first_right, pair.disagreement.only_second_right) == (1, 1)
    assert pair.disagreement.chance == 1.0


def test_each_judgment_is_told_of_as_it_is_made():
    steps, told = [], []
    backtest(WORLD, NOW, begun=steps.append, told=told.append)
    assert steps == [sum(told)]
