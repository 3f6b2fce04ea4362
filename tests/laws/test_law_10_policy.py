"""Law 10: policy is data. Every number is used, comes with its source, and its version is shown."""

from __future__ import annotations

import datetime as dt
import random

import msgspec
import pytest

import laws
from builders import (
    a_clause,
    a_delivery,
    a_judgment,
    a_license,
    a_paper,
    a_policy,
    a_publication,
    a_report,
    alert_on,
    an_incident,
    assessed,
    period,
)  # fmt: skip
from schemas import Policy
from schemas.common import Claimed
from schemas.incident import ClaimedProduct, Denial, Operator
from schemas.policy import Number
from schemas.report import ExaminedIncident
from streams.rules.assess import assess_facts
from streams.rules.naming import Likeness, PlainNamer
from streams.rules.policy import shipped_policy
from worlds import END_OF_WORLD, a_tick, world_of

SKETCH = tuple(range(16))
NEAR = (*range(13), 901, 902, 903)
NOT_OF_THE_CORE = {"banding.small_group"}
"""Used by the boards, which hide small groups; no rule reads it."""
OPEN = {"fitting.operator_unknown"}
"""Read, but nothing can come of it: an account without an operator belongs to ZZ, where nothing is licensed."""


class SisterNamer(PlainNamer):
    """Knows that Sister Works and Brightwater Systems are of one group, and not every name."""

    def compare(self, left, left_kind, right, right_kind, on):
        if {left, right} == {"Sister Works", "Brightwater Systems"} and left_kind == right_kind == "vendor":
            return Likeness("group", "“Sister Works” and “Brightwater Systems” are of one group")
        return super().compare(left, left_kind, right, right_kind, on)


def _numbers(policy: Policy, group: str):
    for name in type(getattr(policy, group)).__struct_fields__:
        held = getattr(getattr(policy, group), name)
        if isinstance(held, dict):
            yield from (f"{group}.{name}.{key}" for key in held)
        else:
            yield f"{group}.{name}"


NUMBERS = [n for group in ("weighing", "fitting", "banding") for n in _numbers(shipped_policy(), group)]


def _changed(policy: Policy, path: str, step: int) -> Policy:
    """The policy with one number moved."""
    group, name, *key = path.split(".")
    held = getattr(getattr(policy, group), name)

    def moved(number: Number) -> Number:
        return msgspec.structs.replace(number, value=number.value + step)

    new = held | {key[0]: moved(held[key[0]])} if key else moved(held)
    return msgspec.structs.replace(policy, **{group: msgspec.structs.replace(getattr(policy, group), **{name: new})})


def _world_that_uses_all():
    """Events far from each other in time, each of which leans on some of the numbers."""
    license = a_license(
        clauses=(*a_license().clauses, a_clause("reporting_cadence", cadence_days=100, first_due_days=100))
    )
    second = a_license("L2", clauses=(a_clause("reporting_cadence", cadence_days=100, first_due_days=1130),))
    undelivered = a_license("L3", product="Heron", exporter="Heronry")
    world = [license, a_delivery(license), second, a_delivery(second, "D2", items=()), undelivered]
    months = iter(period(f"{year}-{month:02}-10") for year in (2023, 2024, 2025, 2026) for month in range(1, 13))
    for _ in range(4):
        next(months)
    n = 0

    def event(**said):
        nonlocal n
        n += 1
        world.append(an_incident(f"E{n:02}", occurred=next(months), published_at=dt.date(2026, 5, 1), **said))

    for grade in "ABCDEF":
        event(publications=(a_publication("court", 3, f"r{grade}", reliability=grade),), evidence_level="E1")
    for grade in (1, 2, 3, 4, 5, 6):
        event(publications=(a_publication("expert", grade, f"c{grade}"),), evidence_level="E2")
    event(publications=(a_publication("lab-a", 1, "cap"),), evidence_level="E1")
    event(publications=(a_publication("lab-a", 1, "for"),), evidence_level="E3")
    event(publications=(a_publication("lab-a", 1, "rev"),), evidence_level="E4", attribution_level="A3")
    event(publications=(a_publication("court", 1, "fnd"),), evidence_level="E5", attribution_level="A4")
    event(publications=tuple(a_publication("paper-d", 1, f"d{i}") for i in range(4)), evidence_level="E1")
    event(
        publications=(a_publication("paper-a", 2, "k1", sketch=SKETCH), a_publication("paper-b", 2, "k2", sketch=NEAR)),
        evidence_level="E1",
    )
    for what in ("custody", "configuration", "logs", "use", "targets"):
        event(
            denials=(
                Denial(
                    by="independent_expert",
                    kind="examined_and_disputed",
                    examined=(what,),
                    source="expert",
                    credibility=2,
                ),
            )
        )
    event(products=(), vendors=(Claimed(name="Brightwater Systems"),))
    event(products=(), vendors=(Claimed(name="Sister Works"),))
    event(products=())
    event(operator_agency=None)
    event(operator_agency=Claimed(name="Border Office"))
    world.append(an_incident("S1", occurred=period("2023-02-20", "2023-03-05"), published_at=dt.date(2026, 5, 1)))
    world.append(
        an_incident(
            "S2",
            products=(ClaimedProduct(name="Heron"),),
            occurred=period("2022-01-01", "2025-01-01"),
            operator_agency=None,
        )
    )
    world += [a_paper(f"W{i}", "paper-a", f"w{i}", 3, occurred=period("2026-02-03")) for i in range(2)]
    world.append(a_judgment("same_event", ["desk:W0", "desk:W1"]))
    world += [a_paper(f"V{i}", "court", f"v{i}", 2, occurred=period("2026-03-03")) for i in range(3)]
    world.append(a_judgment("same_event", ["desk:V0", "desk:V1", "desk:V2"], id="J2"))
    world.append(
        a_report(license, examined=(ExaminedIncident(incident="desk:V0", bearing="contradicts", verified=("use",)),))
    )
    world += [
        a_paper(
            f"F{i:03}",
            "tips",
            None,
            6,
            occurred=period("2025-11-11"),
            published_at=dt.date(2025, 12, 1),
            evidence_level="E0",
        )
        for i in range(60)
    ]
    world.append(an_incident("N1", operators=(), occurred=period("2024-01-01")))
    world.append(an_incident("N2", operators=(Operator(country="XA", confidence=60),), occurred=period("2026-04-01")))
    return world


WORLD = _world_that_uses_all()


def _said(policy: Policy, day: dt.date) -> dict[str, bytes]:
    return laws.bytes_of(assess_facts([*WORLD, policy, a_tick(day)], namer_of=SisterNamer))


DAYS = [dt.date(2023, 3, 1) + dt.timedelta(days=100 + late) for late in (60, 120)] + [END_OF_WORLD]
BEFORE = {day: _said(a_policy(), day) for day in DAYS}


@pytest.mark.parametrize("path", NUMBERS)
def test_moving_a_number_of_the_policy_moves_something(path):
    moved = any(
        _said(_changed(a_policy(), path, step), day) != BEFORE[day]
        for step in (1, -1, 100, -100, -1000)
        for day in DAYS
    )
    assert moved == (path not in NOT_OF_THE_CORE | OPEN), f"{path} changes nothing"


@pytest.mark.parametrize("path", NUMBERS)
def test_every_number_says_where_it_comes_from(path):
    group, name, *key = path.split(".")
    held = getattr(getattr(shipped_policy(), group), name)
    number = held[key[0]] if key else held
    assert number.origin
    assert number.unit
    assert number.calibrated or "calibrated" in number.origin or "domain paper" in number.origin, number.origin


def test_every_alert_shows_the_versions_that_made_it():
    for alert in laws.alerts_of(laws.HOUSE, world_of(random.Random(3).sample(range(2**31), 20))).values():
        assert alert.versions.policy
        assert alert.versions.names
        assert alert.versions.code


def test_the_policy_in_force_today_is_shown_and_counts():
    later = msgspec.structs.replace(a_policy(), id="later", version="later-1", in_force_from=dt.date(2026, 1, 1))
    world = (a_license(), a_delivery(), an_incident(), a_policy(), later)
    before = alert_on(assessed(*world, today=dt.date(2025, 12, 31)), "permitted-purpose")
    after = alert_on(assessed(*world, today=dt.date(2026, 1, 1)), "permitted-purpose")
    assert (before.versions.policy, after.versions.policy) == ("test-1", "later-1")


def test_a_new_version_of_the_policy_that_changes_nothing_is_no_news():
    renamed = msgspec.structs.replace(a_policy(), version="test-2")
    world = (a_license(), a_delivery(), an_incident())
    one, other = (alert_on(assessed(*world, p), "permitted-purpose") for p in (a_policy(), renamed))
    assert one.version == other.version
    assert one.versions != other.versions


def test_a_policy_corrected_under_its_own_version_counts_at_once():
    corrected = msgspec.structs.replace(_changed(a_policy(), "fitting.technology_only", 300), revision=2)
    held, assessor = laws.HOUSE.partition(), laws.HOUSE.assessor()
    world = [a_policy(), a_tick(END_OF_WORLD), a_license(), a_delivery(), an_incident(products=())]
    held.add_all(world)
    assessor.assess(held, "XA")
    held.add(corrected)
    laws.same(laws.HOUSE.told([*world, corrected]), laws.bytes_of([assessor.assess(held, "XA")]))
