"""Law 10 for legal systems: what a pack states is used, comes with its source, and nothing unverified judges."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest

import laws
from builders import a_clause, a_decision, a_delivery, a_license, a_policy, a_report, a_tick, an_incident, at, period
from schemas import Alert
from schemas.incident import Victims
from schemas.policy import Number
from schemas.report import ClauseFinding, ReportedItem
from streams.rules.assess import assess_facts
from streams.rules.compare import differing, put
from streams.rules.packs import pack, pack_names, with_register

START = with_register(pack("start"), [a_policy()])
LAWS = [name for name in pack_names() if name != "start"]
PARTS = [(name, part.path) for name in LAWS for part in differing(pack("start"), pack(name))]
UNJUDGED = {"clauses.sanction_ladder.implied"}
"""Feeds the officer's options; no rule judges it."""


def _world():
    """A pledge of bare clauses, another that is silent on most, and all that the clauses of any pack speak to."""
    bare = a_license(
        "L1",
        clauses=tuple(
            a_clause(k)
            for k in (
                "permitted_purpose",
                "expression_carve_out",
                "item_inventory",
                "inspection_access",
                "protected_ground",
            )
        ),
    )
    silent = a_license("L2", clauses=(a_clause("validity"),), product="Heron")
    heron = type(an_incident().products[0])(name="Heron")
    persons = (Victims(klass="journalist", ground="opinion"),)
    told = {"products": (heron,), "victims": persons, "legal_basis": "none", "expression_related": "yes"}
    asked = a_decision(
        Alert(id="XA~authority:L1~inspection-access", destination="XA"), "order_check", id="Q1", at=at("2025-06-01")
    )
    said = [
        ClauseFinding(clause=f"implied.{kind}", result="not_satisfied")
        for kind in ("no-change-of-end-use", "inspection-access", "physical-security", "no-retransfer")
    ]
    return [
        bare, a_delivery(bare), silent, a_delivery(silent, "D2", items=()), asked,
        an_incident("I1", alleged_purpose="other_crime", victims=()),
        an_incident("I2", alleged_purpose="serious_crime", offence_max_years=3, victims=(), occurred=period("2024-09-01")),
        an_incident("I3", **told),
        an_incident("I5", victims=(Victims(klass="business", ground="language"),), occurred=period("2025-03-01")),
        an_incident(
            "I4", products=(heron,), occurred=period("2025-02-01"),
            victims=(Victims(klass="business", ground="gender"),),
        ),
        a_report(silent, "R1", clause_findings=tuple(said), items=(ReportedItem(serials=("SN-9",)),)),
        a_tick("2026-06-01"),
    ]  # fmt: skip


WORLD = _world()


def _said(policy):
    """What is found, without the words on where a parameter comes from: those alone would always differ."""
    alerts = [a for each in assess_facts([*WORLD, policy]) for a in each.alerts]
    plain = [
        msgspec.structs.replace(a, version="", clause=msgspec.structs.replace(a.clause, supplied=())) for a in alerts
    ]
    return {a.id: msgspec.json.encode(msgspec.structs.replace(a, versions=None)) for a in plain}


@pytest.mark.parametrize(("name", "path"), PARTS)
def test_every_part_of_a_pack_that_may_judge_moves_something(name, path):
    changed = put(START, pack(name), path)
    assert (_said(changed) != _said(START)) == (path not in UNJUDGED), f"{path} changes nothing"


@pytest.mark.parametrize("name", pack_names())
def test_no_number_is_without_its_source_and_none_that_weighs_is_unverified(name):
    policy = pack(name)
    for group in ("weighing", "fitting", "banding"):
        for held in msgspec.structs.asdict(getattr(policy, group)).values():
            for number in held.values() if isinstance(held, dict) else (held,):
                assert isinstance(number, Number)
                assert number.origin
                assert not number.unverified


@pytest.mark.parametrize("name", pack_names())
def test_what_is_unverified_in_a_pack_judges_nothing(name):
    """Taken out of the document, it leaves every alert as it was."""
    policy = with_register(pack(name), [a_policy()])
    clauses = {
        kind: msgspec.structs.replace(
            held,
            implied=None if held.implied and held.implied.unverified else held.implied,
            usual={n: u for n, u in held.usual.items() if not u.unverified},
        )
        for kind, held in policy.clauses.items()
    }
    footing = {kind: f for kind, f in policy.footing.items() if not f.unverified}
    laws.same(_said(policy), _said(msgspec.structs.replace(policy, clauses=clauses, footing=footing)))


@pytest.mark.parametrize("name", LAWS)
def test_every_alert_under_a_pack_says_what_the_pledge_did_not(name):
    """Law 9: an implied clause names the law; a filled parameter names its source; nothing is said to be violated."""
    policy = with_register(pack(name), [a_policy()])
    in_pledge = {clause.id for fact in WORLD if hasattr(fact, "clauses") for clause in fact.clauses}
    for assessment in assess_facts([*WORLD, policy]):
        for alert in assessment.alerts:
            assert bool(alert.clause.implied_by) == (alert.clause.id not in in_pledge)
            assert all("domain paper" in words for words in alert.clause.supplied)
            assert "domain paper" in alert.clause.implied_by or alert.clause.id in in_pledge
            assert "violat" not in msgspec.json.encode(alert).decode()


@pytest.mark.parametrize("name", LAWS)
def test_a_license_granted_before_the_law_is_not_held_to_it(name):
    """Law 3: what the law says of later grants was no duty of an earlier one."""
    old = [
        msgspec.structs.replace(f, granted_at=dt.date(2019, 5, 1)) if hasattr(f, "clauses") else f for f in WORLD
    ]  # fmt: skip
    policy = with_register(pack(name), [a_policy()])
    dated = {
        f"implied.{k.replace('_', '-')}" for k, c in policy.clauses.items() if c.implied and c.implied.granted_from
    }
    found = {a.clause.id for each in assess_facts([*old, policy]) for a in each.alerts}
    assert not dated & found
