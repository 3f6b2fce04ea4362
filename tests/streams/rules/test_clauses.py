"""The table of rules: every kind of clause with every source has its rules, or a reason why nothing speaks there."""

from __future__ import annotations

import ast
import inspect
from functools import cache

import msgspec
import pytest

import shown
from schemas import Clause, Decision, Delivery, Incident, License, PostShipmentReport
from schemas.license import ClauseParameters
from streams.rules import account, days, findings, fitting, history, owed, requests, standing
from streams.rules.clauses import (
    FROM_DELIVERY,
    FROM_INCIDENT,
    FROM_REPORT,
    FROM_SILENCE,
    KINDS,
    ON_REQUEST,
    SOURCES,
    bounded,
    report_rules,
    rule_table,
    rules_of,
    shown_by,
    why_unheard,
)
from streams.rules.findings import READS, Finding
from streams.rules.policy import shipped_policy, weights_of

TABLE = list(rule_table(weights_of(shipped_policy())))
RULES = {rule.__name__: rule for kind in KINDS for source in SOURCES for rule in rules_of(kind, source)}
every_rule = pytest.mark.parametrize("name", sorted(RULES))


def test_every_kind_with_every_source_has_rules_or_a_reason_why_none_can_speak():
    cells = {(line.kind, line.source) for line in TABLE}
    assert cells == {(kind, source) for kind in KINDS for source in SOURCES}
    reasons = [line.claim for line in TABLE if not line.rule]
    assert all(reason.endswith(".") and len(reason) > 30 for reason in reasons)


def test_no_reason_is_left_where_a_rule_speaks():
    stale = [(k, s) for k, by_source in why_unheard().items() for s in by_source if rules_of(k, s)]
    assert stale == []


def test_every_kind_of_clause_is_heard_through_some_rule_of_its_own():
    general = {"reported_not_satisfied"}
    own = {k for k in KINDS if {r.__name__ for s in SOURCES for r in rules_of(k, s)} - general}
    assert own == set(KINDS)


def test_what_a_report_itself_says_is_heard_for_every_kind():
    assert all("reported_not_satisfied" in {r.__name__ for r in report_rules(kind)} for kind in KINDS)


@every_rule
def test_every_rule_is_a_claim(name):
    claim = (RULES[name].__doc__ or "").strip()
    assert claim.endswith(".")
    assert len(claim) > 20


def test_no_two_rules_claim_the_same():
    claims = [(rule.__doc__ or "").strip() for rule in RULES.values()]
    assert len(set(claims)) == len(claims)


def test_the_shipped_policy_says_what_is_usual_for_every_kind():
    usual = shipped_policy().clauses
    assert set(usual) == set(KINDS)
    assert all(u.words and u.origin for u in usual.values())


@pytest.mark.parametrize("table", [FROM_INCIDENT, FROM_REPORT, FROM_DELIVERY, FROM_SILENCE, ON_REQUEST])
def test_the_table_names_kinds_that_are_there(table):
    assert set(table) <= set(KINDS)


# --- a clause of judgment --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verdict", ["engaged", "appears_inconsistent", "consistent"])
def test_a_clause_of_judgment_is_only_ever_engaged(verdict):
    assert bounded(Finding(verdict, "x"), "C").verdict == "engaged"
    assert bounded(Finding(verdict, "x"), "B").verdict == verdict


def test_what_looks_answered_in_a_clause_of_judgment_is_context():
    assert bounded(Finding("consistent", "x"), "C").band == "context"
    assert bounded(Finding("appears_inconsistent", "x", "alert"), "C").band == "alert"


# --- what a rule reads -----------------------------------------------------------------------------------------------

FACTS = {
    "clause": (Clause, ClauseParameters),
    "license": (License,),
    "report": (PostShipmentReport,),
    "delivery": (Delivery,),
    "incident": (Incident,),
    "decision": (Decision,),
}
TOLD = {
    "purposes": "alleged_purpose", "offence_years": "offence_max_years", "classes": "victims", "persons": "victims",
    "victims": "victims", "expression": "expression_related", "legal": "legal_basis", "agencies": "operator_agency",
    "use_countries": "use_country", "simultaneous": "simultaneous", "taken": "data_taken", "misuse": "data_misuse",
    "operators": "operators", "grounds": "victims", "known_since": "published_at", "period": "occurred",
}  # fmt: skip
"""What an account comes to, and the field that it comes from."""


def field_of(kinds, name):
    for kind in kinds:
        for field in msgspec.structs.fields(kind):
            if field.name == name:
                return field
    return None


@every_rule
def test_every_rule_says_what_it_reads_by_fields_that_are_there(name):
    assert READS.get(name), f"{name} declares nothing"
    for path in READS[name]:
        fact, *fields = path.split(".")
        held = FACTS[fact]
        for part in fields:
            field = field_of(held, part)
            assert field is not None, f"{name} reads {path}: there is no {part}"
            held = tuple(structs_in(msgspec.inspect.type_info(field.type)))


def structs_in(info):
    if isinstance(info, msgspec.inspect.StructType):
        yield info.cls
    for inner in (getattr(info, "type", None), getattr(info, "item_type", None)):
        if isinstance(inner, msgspec.inspect.Type):
            yield from structs_in(inner)
    for inner in getattr(info, "types", ()):
        yield from structs_in(inner)


QUESTION = {
    "q.report": "report", "q.clause.parameters": "clause", "q.delivery": "delivery", "q.told": "told",
    "q.ground.license": "license",
}  # fmt: skip


def read_in(rule, names=QUESTION):
    """The fields that a rule, and what it hands its question on to, take from it, as ("report", "kind")."""
    tree, names = ast.parse(inspect.getsource(rule)), dict(names)
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target, value in pairs(node):
                if isinstance(target, ast.Name):
                    names |= known_as(ast.unparse(value), target.id, names)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) in names:
            yield names[ast.unparse(node.value)], node.attr
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield from read_by(rule.__globals__.get(node.func.id), node.args, names)


def known_as(said, name, names):
    """What is known of `said`, known of `name`: itself and what lies within."""
    return {name + known[len(said) :]: fact for known, fact in names.items() if f"{known}.".startswith(f"{said}.")}


def read_by(helper, arguments, names):
    """What a function of the rules takes from what it is given."""
    if not inspect.isfunction(helper) or not helper.__module__.startswith(
        ("streams.rules.from_", "streams.rules.coming")
    ):
        return
    given = {}
    for parameter, argument in zip(inspect.signature(helper).parameters, arguments, strict=False):
        given |= known_as(ast.unparse(argument), parameter, names)
    if given:
        yield from read_in(helper, given)


def pairs(node):
    for target in node.targets:
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            yield from zip(target.elts, node.value.elts, strict=True)
        else:
            yield target, node.value


@every_rule
def test_every_field_in_the_code_of_a_rule_is_declared(name):
    declared = {".".join(path.split(".")[:2]) for path in READS[name]}
    for fact, attribute in read_in(RULES[name]):
        if fact == "told":
            assert f"incident.{TOLD[attribute]}" in declared, f"{name} reads told.{attribute}"
        elif attribute not in ("ref", "parameters", "source"):
            assert f"{fact}.{attribute}" in declared, f"{name} reads {fact}.{attribute}"


LOOKED_UP = (account, days, findings, fitting, history, owed, requests, standing)
"""Where rules look up what was read before them."""


def attributes(source):
    return {node.attr for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute)}


@cache
def looked_up():
    return frozenset().union(*(attributes(inspect.getsource(module)) for module in LOOKED_UP))


@every_rule
def test_nothing_is_declared_that_no_code_reads(name):
    rule = RULES[name]
    read = attributes(inspect.getsource(inspect.getmodule(rule))) | looked_up()
    assert [path for path in READS[name] if path.rsplit(".", 1)[1] not in read] == []


def test_the_check_of_what_is_read_can_fail():
    assert ("report", "end_use_observed") in set(read_in(RULES["used_for_another_end"]))
    assert ("delivery", "holder") in set(read_in(RULES["received_by_another"]))
    assert ("report", "method") in set(read_in(RULES["log_kept_elsewhere"])), "through what says where it stands"


# --- which tests show it ---------------------------------------------------------------------------------------------


@every_rule
def test_every_rule_is_shown_by_a_test(name):
    assert shown.tests_by_rule(RULES).get(name), f"no test of tests/streams/rules names {name}"


def test_the_table_names_the_tests_that_show_each_rule():
    """`python tests/support/shown.py` writes the list again."""
    assert shown_by() == shown.tests_by_rule(RULES)
