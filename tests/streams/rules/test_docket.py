"""A docket looks again at what a fact touches, at nothing else, and says what a fresh one says."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

import laws
from builders import (
    a_clause,
    a_decision,
    a_delivery,
    a_judgment,
    a_license,
    a_policy,
    a_publication,
    a_report,
    a_retraction,
    a_tick,
    an_incident,
    day,
)
from laws import HOUSE, KeptUp
from schemas import Policy
from schemas.codec import body_hash, encode, kind_of
from streams.rules.docket import BASIS
from streams.rules.policy import shipped_policy
from worlds import worlds

CADENCE = a_clause("reporting_cadence", cadence_days=180, first_due_days=180)


def quiet(number, **changed):
    """A license of another maker and product, of which nothing is told."""
    return a_license(f"Q{number}", product=f"Sedge {number}", exporter=f"Sedge Works {number}", **changed)


def kept(*facts):
    house = KeptUp(HOUSE)
    for fact in facts:
        house.take(fact)
    house.look()
    return house


def after(house, *facts):
    """The alerts that were drawn up again when these facts came."""
    before = {d: dict(said) for d, said in house.said.items()}
    for fact in facts:
        house.take(fact)
    house.look()
    said = {k: v for of in house.said.values() for k, v in of.items()}
    was = {k: v for of in before.values() for k, v in of.items()}
    return sorted(k for k in said.keys() | was.keys() if said.get(k) != was.get(k))


LICENSE = a_license()
GROUND = (a_policy(), a_tick(), LICENSE, a_delivery(LICENSE))
CROWD = tuple(fact for n in range(40) for fact in (quiet(n), a_delivery(quiet(n), f"D-Q{n}", items=())))


def test_a_fact_touches_its_own_license_and_not_the_crowd():
    house = kept(*GROUND, *CROWD)
    assert [k for k in after(house, an_incident()) if k.startswith("alert ")] == [
        "alert XA~authority:L1~permitted-purpose",
        "alert XA~authority:L1~prohibited-target-class",
    ]
    assert 0 < house.touched < 6


def test_what_one_more_fact_touches_does_not_grow_with_the_crowd():
    touched = []
    for crowd in (CROWD[:4], CROWD):
        house = kept(*GROUND, *crowd, an_incident())
        after(house, an_incident("I2", publications=(a_publication("paper-b"),)))
        touched.append(house.touched)
    assert touched[0] == touched[1]


def test_a_tick_on_which_nothing_falls_due_touches_nothing():
    house = kept(*GROUND, *CROWD, an_incident())
    assert after(house, a_tick("2026-01-02")) == []
    assert house.touched == 0


def test_a_tick_touches_the_license_whose_duty_falls_due_and_no_other():
    here = a_license("L2", clauses=(CADENCE,))
    rest = [quiet(n, clauses=(CADENCE,)) for n in range(5)]
    late = [a_delivery(r, f"D-{r.id}", items=(), delivered=a_delivery(r).delivered) for r in rest]
    told = [a_report(r, f"R-{r.id}", performed=LATER) for r in rest]
    house = kept(a_policy(), a_tick("2023-08-01"), here, a_delivery(here, "D2"), *rest, *late, *told)
    changed = after(house, a_tick("2023-10-01"))
    assert changed
    assert all("authority:L2~" in k for k in changed)


LATER = a_report().performed.__class__(start=day("2023-09-25"))


def test_a_report_on_one_license_leaves_what_was_drawn_up_on_another():
    other = a_license("L2")
    house = kept(*GROUND, other, a_delivery(other, "D2", items=()), an_incident())
    changed = after(house, a_report(LICENSE, outcome="access_refused"))
    assert changed
    assert all("authority:L1~" in k for k in changed)


def test_a_license_that_shares_an_event_touches_its_rivals():
    house = kept(*GROUND, an_incident())
    changed = after(house, a_license("L2"), a_delivery(a_license("L2"), "D2", items=()))
    assert {k.split("~")[1] for k in changed} == {"authority:L1", "authority:L2"}


def test_a_judgment_touches_the_events_that_it_joins():
    two = an_incident("I2", publications=(a_publication("paper-b"),))
    house = kept(*GROUND, *CROWD, an_incident(), two)
    joined = a_judgment("same_event", ["desk:I1", "desk:I2"])
    assert all("authority:L1~" in k for k in after(house, joined))
    assert after(house, a_retraction(joined))
    assert house.told() == HOUSE.told([*GROUND, *CROWD, an_incident(), two])


def test_a_decision_touches_the_alerts_of_its_license_alone():
    world = (*GROUND, *CROWD, an_incident())
    alert = laws.alerts_of(HOUSE, world)["XA~authority:L1~permitted-purpose"]
    changed = after(kept(*world), a_decision(alert))
    assert f"alert {alert.id}" in changed
    assert all("authority:L1~" in k for k in changed)


@given(world=worlds, seed=st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_looked_at_after_every_fact_it_says_what_a_fresh_one_says(world, seed):
    laws.looking_on_the_way_changes_nothing(HOUSE, world, seed, look_often=1.0)


@given(world=worlds, seed=st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_an_alert_names_the_facts_that_suffice_to_compute_it_again(world, seed):
    """From the facts and the policy that an alert names, on the day since which it holds, comes the same alert."""
    bodies = {body_hash(f)[:BASIS]: f for f in world}
    names = [f for f in world if kind_of(f) == "name"]
    policies = [f for f in world if isinstance(f, Policy)] or [shipped_policy()]
    dice = random.Random(seed)
    alerts = list(laws.alerts_of(HOUSE, world).values())
    for alert in dice.sample(alerts, min(3, len(alerts))):
        named = [*names, *(bodies[h] for h in alert.basis)]
        today = alert.versions.since or day("2023-01-01")
        again = [
            encode(a)
            for policy in policies  # corrected under one version, there are two of it
            if policy.version == alert.versions.policy
            for each in HOUSE.assess_facts(named, policy=policy, today=today)
            for a in each.alerts
            if a.id == alert.id
        ]
        assert encode(alert) in again, alert.id
