"""The thirty-one hard cases of the field, and ours after them: what must come out, through the core and the agents.

Each folder holds the facts (NDJSON, a tick among them), what must come out, and why. The policy with its register of
sources is shared. `expected.json`: alerts by id, all of them beside those that are context alone; remarks as
[destination, kind, subject], all of them; `earlier`: the same without some of the facts; `needed`: what an event that
fits nothing needs, in words; `foreknown`: what was known before a license was granted.
"""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest

from schemas import Alert, AnyFact, Name, Remark
from schemas.codec import decode_alert, decode_fact, decode_remark, encode, log_key, topic_of
from schemas.reading import LineRefused, read_ndjson
from streams.agents.arrival import Arrival
from streams.agents.naming import RegisterNamer
from streams.agents.place import place_facts
from streams.agents.studying import Here
from streams.agents.watch import Watch, WatchPorts
from streams.rules.assess import Assessor, assess_facts
from streams.rules.foreknown import foreknown
from streams.rules.needed import Covered, needed_to_match
from streams.rules.placing import Copy
from streams.rules.study import Study
from streams.rules.survey import Survey

HERE = Path(__file__).parent
FOLDERS = sorted(p for p in HERE.iterdir() if (p / "expected.json").exists())
POLICY = decode_fact((HERE / "policy.json").read_bytes())
PARTITIONS = 4
_KNOWN: dict[bytes, RegisterNamer] = {}
every_case = pytest.mark.parametrize("folder", FOLDERS, ids=lambda p: p.name)
Said = tuple[dict[str, Alert], list[Remark]]


def facts_in(folder: Path) -> list[AnyFact]:
    """The facts of a case, read as the door reads them, and the policy."""
    read = list(read_ndjson((folder / "facts.ndjson").read_bytes().splitlines()))
    refused = [r for r in read if isinstance(r, LineRefused)]
    assert not refused, refused
    return [POLICY, *read]


def expected_in(folder: Path) -> dict:
    return json.loads((folder / "expected.json").read_text(encoding="utf-8"))


def register(names: Iterable[Name]) -> RegisterNamer:
    """The register over the shipped seed and `names`; one is made for each set of rows, which takes a moment."""
    rows = sorted(names, key=lambda n: n.ref)
    key = b"\n".join(encode(row) for row in rows)
    if key not in _KNOWN:
        _KNOWN[key] = RegisterNamer(rows)
    return _KNOWN[key]


def through_the_core(facts: list[AnyFact]) -> Said:
    found = list(assess_facts(facts, namer_of=register))
    return {a.id: a for each in found for a in each.alerts}, [note for each in found for note in each.notes]


async def through_the_agents(facts: list[AnyFact]) -> Said:
    """`place` and `watch` over a log of lists in four parts, each part heard by itself, and looked at twice."""
    parts: list[list[Copy]] = [[] for _ in range(PARTITIONS)]
    tables: tuple[dict[bytes, bytes], ...] = ({}, {}, {})

    async def arrivals() -> AsyncIterator[Arrival]:
        for offset, fact in enumerate(facts):
            yield Arrival(topic_of(fact), 0, offset, 0, log_key(fact), encode(fact))

    async def send(copy: Copy) -> None:
        parts[copy.partition].append(copy)

    async def park(parked: object) -> None:
        raise AssertionError(f"set aside: {parked}")

    await place_facts(arrivals(), PARTITIONS, send, park)
    rows, alerts, remarks = tables
    watch = Watch(
        WatchPorts(rows=rows, alerts=alerts, remarks=remarks, stub=send, park=park, partitions=PARTITIONS),
        Here(Study(Assessor(register), PARTITIONS)),
    )
    for partition, copies in enumerate(parts):
        for half in (copies[: len(copies) // 2], copies[len(copies) // 2 :]):
            for copy in half:
                await watch.hear(Arrival("dossiers", partition, 0, 0, copy.key, copy.value))
            await watch.look([partition])
    said = {a.id: a for v in alerts.values() if (a := decode_alert(v)).status != "withdrawn"}
    return said, [r for v in remarks.values() if not (r := decode_remark(v)).gone]


# --- what is compared ------------------------------------------------------------------------------------------------


def faults(expected: dict, said: Said) -> list[str]:
    """Everything in which what was said differs from what must come out."""
    alerts, remarks = said
    wanted = expected["alerts"]
    found = {id: a for id, a in alerts.items() if id in wanted or a.band != "context"}
    problems = [f"{id} is missing" for id in sorted(wanted.keys() - found.keys())]
    problems += [f"{id} stands at {found[id].band}" for id in sorted(found.keys() - wanted.keys())]
    for id in sorted(wanted.keys() & found.keys()):
        problems += [f"{id}: {p}" for p in differences(wanted[id], found[id])]
    if "remarks" in expected:
        notes = sorted([n.destination, n.kind, n.subject] for n in remarks)
        if notes != sorted(expected["remarks"]):
            problems.append(f"remarks are {notes}")
    return problems


def shown(alert: Alert) -> dict[str, object]:
    """What an expectation may speak of."""
    top = alert.cases[0]
    support = [t for t in top.ledger if t.kind == "support" and not t.label.startswith("report:")]
    return {
        "band": alert.band,
        "bands": {c.key: c.band for c in alert.cases},
        "cases": len(alert.cases),
        "verdict": top.verdict,
        "members": list(top.members),
        "member_count": len(top.members),
        "m": top.m,
        "candidates": len(top.candidates),
        "origins": len(support),
        "victims": sum(v.count for v in top.victims),
        "qualifier": top.victims[0].qualifier if top.victims else None,
        "replies": len(top.replies),
        "replies_weigh": sum(abs(r.weight) for r in top.replies),
        "against": any(t.kind == "contradiction" and t.weight < 0 for t in top.ledger),
        "level": top.evidence_level,
        "version": alert.clause.version,
        "other_versions": list(alert.clause.other_versions),
        "status_then": alert.license.status_then,
        "status_today": alert.license.status_today,
        "status": alert.status,
    }


def differences(wanted: dict, alert: Alert) -> list[str]:
    found = shown(alert)
    special = {"reason", "open"}
    problems = [f"{k} is {found[k]!r}, expected {v!r}" for k, v in wanted.items() if k not in special and found[k] != v]
    top = alert.cases[0]
    if "reason" in wanted and not any(wanted["reason"] in a.reason for a in top.assertions):
        problems.append(f"no assertion says “{wanted['reason']}”")
    still = {a.kind for a in top.alternatives if a.state == "open"}
    problems += [f"{kind} is not an open alternative" for kind in wanted.get("open", ()) if kind not in still]
    if alert.status != "open" and "status" not in wanted:
        problems.append(f"it is {alert.status}")
    return problems


def without(facts: list[AnyFact], left_out: list[str]) -> list[AnyFact]:
    kept = [f for f in facts if f.ref not in left_out and f.__struct_config__.tag not in left_out]
    assert len(kept) < len(facts), "what is left out is there"
    return kept


# --- the tests -------------------------------------------------------------------------------------------------------


@every_case
@pytest.mark.parametrize("seed", [1, 2])
def test_the_core_says_what_must_come_out_in_any_order(folder, seed):
    facts = facts_in(folder)
    random.Random(seed).shuffle(facts)
    assert faults(expected_in(folder), through_the_core(facts)) == []


@every_case
async def test_the_agents_say_what_must_come_out(folder):
    facts = facts_in(folder)
    random.Random(len(facts)).shuffle(facts)
    assert faults(expected_in(folder), await through_the_agents(facts)) == []


@pytest.mark.parametrize("folder", [f for f in FOLDERS if "earlier" in expected_in(f)], ids=lambda p: p.name)
def test_before_the_last_word_something_else_held(folder):
    earlier = expected_in(folder)["earlier"]
    facts = without(facts_in(folder), earlier["without"])
    assert faults({"alerts": earlier["alerts"]}, through_the_core(facts)) == []


@pytest.mark.parametrize("folder", [f for f in FOLDERS if "needed" in expected_in(f)], ids=lambda p: p.name)
def test_an_event_that_fits_nothing_says_what_it_needs(folder):
    survey = Survey(facts_in(folder), namer_of=register)
    wanted = expected_in(folder)["needed"]
    for destination, events in survey.events_in.items():
        here = [each for each in survey.licensed if each.destination == destination]
        covered = Covered(destination, (each.license for each in here), {e.license.ref: e.window for e in here})
        for event in events:
            said = needed_to_match(event.incidents(), covered, survey.names)
            assert set(wanted.pop(event.key)) <= set(said)
    assert wanted == {}


@pytest.mark.parametrize("folder", [f for f in FOLDERS if "foreknown" in expected_in(f)], ids=lambda p: p.name)
def test_what_was_known_before_the_grant_is_told_to_the_next_license(folder):
    found = foreknown(Survey(facts_in(folder), namer_of=register))
    told = {f"{f.destination}~{f.license}": [[k.stage, k.concerns[0], *k.incidents] for k in f.known] for f in found}
    assert told == expected_in(folder)["foreknown"]


def test_every_hard_case_has_its_folder_and_says_why():
    told = {f.name: expected_in(f) for f in FOLDERS}
    numbers = sorted(e["case"] for e in told.values())
    assert numbers == sorted(set(numbers))
    assert set(range(1, 32)) <= set(numbers), "the field's own thirty-one; ours come after them"
    assert all(name.startswith(f"{e['case']:02d}_") and len(e["why"]) > 30 for name, e in told.items())
