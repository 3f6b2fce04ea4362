"""The table of rules: every kind of clause has its rules, and each is a claim."""

from __future__ import annotations

from typing import get_args

from schemas.vocabulary import ClauseKind
from streams.rules.clauses import (
    FROM_DELIVERY,
    FROM_INCIDENT,
    FROM_REPORT,
    FROM_SILENCE,
    UNJUDGED,
    report_rules,
    rule_table,
)
from streams.rules.policy import shipped_policy

KINDS = set(get_args(ClauseKind))


def test_every_kind_of_clause_can_be_spoken_to_unless_no_rule_judges_it():
    heard = {k for k in KINDS if report_rules(k)} | FROM_INCIDENT.keys() | FROM_DELIVERY.keys() | FROM_SILENCE.keys()
    assert heard == KINDS - set(UNJUDGED)


def test_what_a_report_itself_says_of_a_clause_is_heard_last():
    for kind in KINDS - set(UNJUDGED):
        assert report_rules(kind)[-1].__name__ == "reported_not_satisfied"
    assert all(report_rules(kind) == () for kind in UNJUDGED)


def test_every_rule_is_a_claim_of_its_own():
    table = list(rule_table())
    assert {source for _, source, _, _ in table} == {"incident", "report", "delivery", "silence"}
    claims = {rule: claim for _, _, rule, claim in table}
    assert all(claim.endswith(".") and len(claim) > 20 for claim in claims.values())
    assert len(set(claims.values())) == len(claims)


def test_the_shipped_policy_says_what_is_usual_for_every_kind():
    usual = shipped_policy().clauses
    assert set(usual) == KINDS
    assert all(u.words and u.origin for u in usual.values())


def test_the_table_names_rules_that_are_there():
    assert all(kind in KINDS for table in (FROM_INCIDENT, FROM_REPORT, FROM_DELIVERY, FROM_SILENCE) for kind in table)
