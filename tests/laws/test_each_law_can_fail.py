"""The laws hold nothing that they could not catch: the house is broken on purpose, one thing at a time, and a law fails.

Each row names what is broken, the law that must notice, and the text that is changed. A row whose text is gone fails
too: whoever changes that line says here how to break the new one.
"""

from __future__ import annotations

import datetime as dt
import random

import msgspec
import pytest

import laws
import thresholds
from agents import LittleHouse, run, the_agents_end_where_the_core_ends
from builders import (
    a_clause,
    a_delivery,
    a_judgment,
    a_license,
    a_policy,
    a_publication,
    a_retraction,
    a_tick,
    an_erasure,
    an_incident,
)
from laws import HOUSE, Core
from mutants import Broken, break_house
from schemas import Tick
from schemas.codec import fact_key
from schemas.vocabulary import BANDS
from streams.agents.watch import Watch
from streams.demo.load import load_world
from streams.rules.placing import fact_of_row
from streams.rules.policy import Weights
from worlds import GROUND, fact_of, world_of

TRIES = 12
TURN = dt.date(2024, 6, 10)
LOW = {"evidence_level": "E1", "attribution_level": "A1"}


def _worlds(size: int = 24):
    for seed in range(TRIES):
        yield seed, world_of(random.Random(seed).sample(range(2**31), size))


def any_order(house: Broken) -> None:
    for seed, world in _worlds():
        laws.order_and_duplicates_change_nothing(house.core, world, seed)


def any_partitions(house: Broken) -> None:
    for seed, world in _worlds():
        for partitions in (3, 8):
            laws.partitions_change_nothing(house.core, world, partitions, seed)


def on_the_way(house: Broken) -> None:
    for seed, world in _worlds():
        laws.looking_on_the_way_changes_nothing(house.core, world, seed)


def one_place(house: Broken) -> None:
    """Many records of few licenses, each beside the others."""
    for seed in range(3):
        laws.looking_on_the_way_changes_nothing(house.core, list(load_world(160, seed, places=1)), seed, 0.8)


def agents(house: Broken) -> None:
    for seed, world in _worlds(14):
        for partitions in (1, 8):
            the_agents_end_where_the_core_ends(house.core, world, partitions, seed, seed % 4, house.watch)


def told_once(house: Broken) -> None:
    for seed, world in _worlds(14):
        lived = run(LittleHouse(world, 1, seed, house.core, house.watch), look_often=0.7)
        newest: dict[bytes, bytes] = {}
        for key, value in lived.alerts.records:
            assert newest.get(key) != value, key
            newest[key] = value


def nothing_lost(house: Broken) -> None:
    for seed in range(TRIES):
        lived = LittleHouse([*GROUND, *(fact_of(seed * 50 + n) for n in range(20))], 8, seed, house.core, house.watch)
        facts = list(lived.facts)
        run(lived, deaths=2)
        placed = {(b"%d|" % c.partition) + c.key for d in lived.dossiers for c in d}
        assert placed <= set(lived.rows)
        assert lived.placed == len(facts)


def retraction(house: Broken) -> None:
    for seed, world in _worlds(16):
        for at in range(3):
            facts = [f for f in world if not isinstance(f, Tick) and not hasattr(f, "of")]
            fact = facts[(seed * 7 + at * 5) % len(facts)]
            laws.retraction_restores(house.core, world, fact, a_retraction(fact), seed)
            earlier = a_retraction(fact, revision=1)
            once = [*world, a_retraction(fact, revision=9)]
            laws.same(house.core.told([*once, earlier]), house.core.told([earlier, *once]), "an older retraction")


def erasure(house: Broken) -> None:
    """What was erased is as if it had never come, in any order, and no table keeps a row of it."""
    for seed, world in _worlds():
        for at in (0, 5):
            fact = [f for f in world if not isinstance(f, Tick) and not hasattr(f, "of")][at]
            without = [f for f in world if laws.key_of(f) != laws.key_of(fact)]
            for erased in ([*world, an_erasure(fact)], [an_erasure(fact), *world]):
                laws.same(house.core.told(without), house.core.told(erased), "erased")
                lived = run(LittleHouse(erased, 3, seed, house.core, house.watch))
                laws.same(laws.bytes_of(HOUSE.assess_facts(without), matches=False), lived.said(), "erased, agents")
                gone = fact_key(fact)
                assert not [k for k in lived.rows if fact_of_row(k.partition(b"|")[2]) == gone]
                newest = {(n, c.key): c.value for n, part in enumerate(lived.dossiers) for c in part}
                assert not [k for k, v in newest.items() if v and fact_of_row(k[1]) == gone]
                assert not lived.parked


def event_time(house: Broken) -> None:
    for days in (-20, -3, 0, 2):
        first = TURN + dt.timedelta(days=days)
        laws.an_amendment_divides_time(house.core, first, first + dt.timedelta(days=8), TURN)
    for _, world in _worlds():
        laws.the_clause_is_quoted_as_it_stood(house.core, world)


def _total(core: Core, *publications, **said) -> int:
    world = [a_license(), a_delivery(), a_policy(), a_tick(), an_incident(publications=publications, **LOW | said)]
    (total,) = {t for (_, _), t in laws.totals(core, world).items()}
    return total


def copies(house: Broken) -> None:
    core, sketch = house.core, tuple(range(16))
    one = a_publication("paper-a", 2, "o1", sketch=sketch)
    alone = _total(core, one)
    assert _total(core, one, one, one) == alone
    bare = a_publication("paper-a", 2, "o1")
    assert _total(core, bare, bare, a_publication("paper-b", 2, "o1")) == alone
    assert _total(core, one, a_publication("paper-b", 2, None)) == alone
    assert _total(core, one, a_publication("paper-b", 2, "o2", sketch=sketch)) == alone
    world = [a_license(), a_delivery(), a_policy(), a_tick(), an_incident("I1", publications=(one,), **LOW)]
    draws = an_incident("I2", publications=(a_publication("paper-b", 2, "o2"),), derived_from=("desk:I1",), **LOW)
    assert set(laws.totals(core, world).values()) == set(laws.totals(core, [*world, draws]).values())


def caps(house: Broken) -> None:
    prior = Weights(a_policy()).prior
    assert _total(house.core, a_publication("lab-a", 1, "o1")) - prior <= 1_500_000
    doubtful = [a_publication("paper-d", 1, f"d{n}") for n in range(5)]
    assert _total(house.core, *doubtful) - prior == 300_000
    assert _total(house.core, *doubtful[:1]) - prior < 300_000


def bands(house: Broken) -> None:
    """The worked cases of the design, and what no single origin may do."""

    start = a_policy()

    def band(*publications, **said) -> str:
        world = [a_license(), a_delivery(), start, a_tick(), an_incident(publications=publications, **said)]
        return laws.alerts_of(house.core, world)["XA~authority:L1~permitted-purpose"].band

    assert band(a_publication("lab-b", 2, "o1")) == "alert"
    assert band(a_publication("lab-b", 2, "o1"), products=()) != "alert"
    assert band(a_publication("lab-a", 1, "o1"), **LOW) == "watch"
    likely = msgspec.structs.replace(start.weighing.prior, value=100)
    start = msgspec.structs.replace(start, weighing=msgspec.structs.replace(start.weighing, prior=likely))
    assert band(a_publication("lab-a", 1, "o1"), **LOW) == "watch"
    start = a_policy()
    assert band(a_publication("paper-a", 3, "o1"), a_publication("paper-b", 3, "o2"), **LOW) == "review"
    for _, world in _worlds():
        tips = [an_incident(f"T{n}", publications=(a_publication("tips", 1, f"t{n}"),), ongoing=True) for n in range(9)]
        before = laws.alerts_of(house.core, world)
        for id, alert in laws.alerts_of(house.core, [*world, *tips]).items():
            was = before[id].band if id in before else "watch"
            assert BANDS.index(alert.band) <= BANDS.index(max(was, "watch", key=BANDS.index)), id


def unknown(house: Broken) -> None:
    for _, world in _worlds():
        bare = an_incident("Z1", products=(), vendors=(), technology="face_recognition")
        for each in house.core.assess_facts([*world, bare]):
            assert all(m.m == 0 for m in each.matches if m.incident_id == "Z1")
            credible = [i for i in each.matches if i.incident_id == "Z1"]
            assert not credible or any(n.subject == "desk:Z1" for n in each.notes)


def silence(house: Broken) -> None:
    for overdue in (0, 1, 59, 60, 61, 119, 120, 121):
        laws.silence_climbs(house.core, overdue, 180)


def explains(house: Broken) -> None:
    for _, world in _worlds():
        for alert in laws.alerts_of(house.core, world).values():
            laws.explains_itself(alert)
        laws.quotes_verbatim(house.core, world)
    group = [a_policy(), a_tick(), an_incident(operator_agency=None), *(a_license(f"L{n}") for n in range(7))]
    for alert in laws.alerts_of(house.core, group).values():
        laws.explains_itself(alert)


def ticks(house: Broken) -> None:
    """Today is the greatest tick, in whatever order they come."""
    license = a_license(clauses=(a_clause("reporting_cadence", cadence_days=180, first_due_days=180),))
    world = [license, a_delivery(license), a_policy(), a_tick("2023-10-01"), a_tick("2023-04-01")]
    kept = laws.KeptUp(house.core)
    for fact in world:
        kept.take(fact)
    kept.look()
    laws.same(house.core.told(world), kept.told(), "an older tick came later")


def reverts(house: Broken) -> None:
    """A judgment and its revert join nothing."""
    apart = [an_incident(f"I{n}", publications=(a_publication("paper-a", 2, f"o{n}"),), **LOW) for n in (1, 2)]
    world = [a_license(), a_delivery(), a_policy(), a_tick(), *apart]
    joined = a_judgment("same_event", [i.ref for i in apart], id="J1")
    undone = a_judgment("revert", id="J2", reverts="analysts:J1", at=dt.datetime(2025, 7, 1, tzinfo=dt.UTC))
    assert laws.totals(house.core, world) == laws.totals(house.core, [*world, joined, undone])


def lines(house: Broken) -> None:
    """Each rule on what is owed and recorded draws its line where the clause says."""
    thresholds.each_line_is_held(house.core)


def judgment(house: Broken) -> None:
    thresholds.judgment_is_the_officers(house.core)


LAWS = {
    check.__name__: check
    for check in (
        any_order, any_partitions, on_the_way, one_place, agents, told_once, nothing_lost, retraction, erasure, event_time, copies, caps,
        bands, unknown, silence, explains, ticks, reverts, lines, judgment,
    )
}  # fmt: skip

BREAKS = [
    # what is broken, the law that notices, where, the text, what becomes of it
    ("alert of silence", "silence", "rules/cases.py", "ground.today.reached(due + dt.timedelta(days=weights.silence_alert))", "ground.today.past(due + dt.timedelta(days=weights.silence_alert))"),
    ("review of silence", "silence", "rules/cases.py", "ground.today.reached(due + dt.timedelta(days=weights.silence_review))", "ground.today.past(due + dt.timedelta(days=weights.silence_review))"),
    ("single origin", "bands", "rules/cases.py", "if len(speaking) < 2 and not forensic:", "if not speaking:"),
    ("threshold of review", "bands", "rules/cases.py", "if probability >= weights.review:", "if probability >= weights.alert:"),
    ("fit for an alert by grade", "bands", "rules/cases.py", "voice.m >= weights.alert_fit", "voice.m >= 0"),
    ("declared origins", "copies", "rules/weighing.py", "    _tie_declared(voices, ties)\n", ""),
    ("undeclared origins", "copies", "rules/weighing.py", "sorted([*rest, joined], ", "sorted([*declared, Origin(UNDECLARED, tuple(loose))], "),
    ("near copies", "copies", "rules/weighing.py", "    _tie_copies(voices, ties, near_copy)\n", ""),
    ("derived accounts", "copies", "rules/weighing.py", "    _tie_derived(voices, ties)\n", ""),
    ("cap of an origin", "caps", "rules/weighing.py", "publication.credibility] // MILLION, cap)", "publication.credibility] // MILLION, 10**9)"),
    ("cap of the doubtful", "caps", "rules/weighing.py", "if over <= 0:", "if over:"),
    ("sum of the ledger", "explains", "rules/weighing.py", "sum(t.weight for t in terms)", "sum(t.weight for t in support)"),
    ("shares of a group", "explains", "rules/weighed.py", "shared[ref] += 1", "shared[ref] += 0"),
    ("the clause as of then", "event_time", "rules/standing.py", "Standing(each[0], tuple(c.version for c in each[1:]))", "Standing(each[-1], tuple(c.version for c in each[:-1]))"),
    ("what a kept draft had asked", "one_place", "rules/docket.py", "known.get(c.key) == c.same and (d := before.of_reports.get(c.key)) and d[1].heard.unchanged(history)", "known.get(c.key) == c.same and (d := before.of_reports.get(c.key))"),
    ("deliveries that came since", "one_place", "rules/docket.py", "if delivered and before.of_deliveries and", "if before.of_deliveries and"),
    ("the clause in force", "event_time", "rules/standing.py", "if term.first <= last and first <= term.last and first <= disposed:", "if True:"),
    ("order of retractions", "retraction", "rules/dossier.py", "self.withdrawn = max(self.withdrawn, fact.revision)", "self.withdrawn = fact.revision"),
    ("reach of a retraction", "retraction", "rules/dossier.py", "newest > self.withdrawn", "newest >= self.withdrawn"),
    ("erasure before its fact", "erasure", "rules/erased.py", "return bool(self._digests) and key_digest(key) in self._digests", "return False"),
    ("erasure after its fact", "erasure", "rules/dossier.py", "return {} if key is None else self._forget(key)", "return {}"),
    ("erasures everywhere", "erasure", "rules/placing.py", "Judgment | Name | Policy | Tick | Retraction | Erasure)", "Judgment | Name | Policy | Tick | Retraction)"),
    ("stubs over rows", "erasure", "agents/watch.py", "await self._lay_stubs(part, arrival.partition)", "pass"),
    ("stubs over what comes later", "erasure", "agents/watch.py", "elif part.erased.has_row(arrival.key):", "elif False:"),
    ("stubs are passed over", "erasure", "agents/watch.py", "if not arrival.value:", "if False:"),
    ("headers", "any_partitions", "rules/dossier.py", "versions.headers.add(header.revision)", "versions.headers.discard(header.revision)"),
    ("headers sent", "any_partitions", "rules/placing.py", "return whole + tuple(", "return whole or tuple("),
    ("sightings everywhere", "any_partitions", "rules/placing.py", "return bool(serials_of(fact))", "return False"),
    ("retractions everywhere", "any_partitions", "rules/placing.py", "Judgment | Name | Policy | Tick | Retraction | Erasure)", "Judgment | Name | Policy | Tick | Erasure)"),
    ("equal bodies", "any_order", "rules/dossier.py", "before is None or _recorded(fact) < _recorded(before.fact)", "True"),
    ("two bodies", "any_order", "rules/dossier.py", "digest = max(here)", "digest = next(iter(here))"),
    ("the greatest tick", "ticks", "rules/dossier.py", "if tick.day <= self._today:", "if tick.day == self._today:"),
    ("what counts everywhere", "on_the_way", "rules/dossier.py", "        self._chosen.clear()\n        if kind == \"judgment\":\n            ref", "        if kind == \"judgment\":\n            ref"),
    ("whom a sighting concerns", "on_the_way", "rules/dossier.py", "versions.destinations.union(*(self._versions[key].destinations for key in delivered))", "versions.destinations"),
    ("reverts", "reverts", "rules/judged.py", "and self._holds(j)), key", "), key"),
    ("country alone", "unknown", "rules/fitting.py", "if any(i.technology == incident.technology for i in license.items) else 0", "if license.items else 0"),
    ("the unmatched", "unknown", "rules/docket.py", "notes += note(self.destination, cluster, event.graded)", "pass"),
    ("key of a row", "nothing_lost", "agents/watch.py", 'key = b"%d|" % arrival.partition + arrival.key', 'key = b"0|" + arrival.key'),
    ("marks of a burst", "agents", "rules/study.py", "self.changed[destination] = self.changed.get(destination, NOTHING) | keys", "self.changed = {destination: keys}"),
    ("a part that changed", "agents", "agents/watch.py", "self._mark(arrival.partition)", "pass"),
    ("whose destination it is", "agents", "rules/study.py", "if partition_of(d, self._partitions) == partition]", "if d]"),
    ("what is gone", "agents", "agents/watch.py", "for key in sorted(gone):", "for key in ():"),
    ("recovery", "agents", "agents/watch.py", "await self._study.take_in(int(number), value)", "pass"),
    ("what was said", "told_once", "agents/watch.py", "if table.get(key) != values[key]:", "if key:"),
    ("every copy", "agents", "agents/place.py", "for copy in copies:", "for copy in copies[:1]:"),
    ("a day that ends in the west", "lines", "rules/days.py", "return midnight.date() if midnight.time() == dt.time() else midnight.date() + ONE", "return midnight.date()"),
    ("a day that is over", "lines", "rules/days.py", "today.reached(over_from(day, self.zone))", "today.reached(day)"),
    ("days of rest", "lines", "rules/days.py", "days -= not 0 < rested <= MOST_REST", "days -= 1"),
    ("public holidays", "lines", "rules/days.py", "return not at_rest and day not in self._free", "return not at_rest"),
    ("the first late day", "lines", "rules/coming.py", "    if days <= 0:\n", "    if days <= 1:\n"),
    ("the last day in time", "lines", "rules/coming.py", "    if days <= 0:\n", "    if days < 0:\n"),
    ("late for review", "lines", "rules/owed.py", "if days >= ground.weights.silence_alert:", "if days > ground.weights.silence_alert:"),
    ("late for watch", "lines", "rules/owed.py", "if days >= ground.weights.silence_review else", "if days > ground.weights.silence_review else"),
    ("an answer from before", "lines", "rules/requests.py", "at = bisect_left(days, request.asked)", "at = 0"),
    ("questions left out", "lines", "rules/coming.py", "set(asked.points) - answered.points", "set()"),
    ("pieces left out", "lines", "rules/coming.py", "answered.pieces < asked.pieces", "answered.pieces < asked.pieces - 1"),
    ("all pieces shown", "lines", "rules/coming.py", "answered.pieces < asked.pieces", "answered.pieces <= asked.pieces"),
    ("age of data", "lines", "rules/from_report.py", "kept <= allowed:", "kept < allowed:"),
    ("hours of notice", "lines", "rules/from_report.py", "if passed <= hours:", "if passed < hours:"),
    ("reach of a log", "lines", "rules/from_report.py", "for a, b in lacking if a < b]", "for a, b in lacking if a <= b]"),
    ("capacity delivered", "lines", "rules/from_delivery.py", "enabled <= limit", "enabled < limit"),
    ("pieces disposed of", "lines", "rules/from_delivery.py", "if gone >= came:", "if gone > came:"),
    ("pieces received", "lines", "rules/from_report.py", "received <= total:", "received < total:"),
    ("seen after disposal", "lines", "rules/history.py", "(gone := self.destroyed.get(s, day)) < day", "(gone := self.destroyed.get(s, dt.date.max)) <= day"),
    ("due and not over", "lines", "rules/from_silence.py", "due > (q.last if last is None else last) or not counted.over(due, q.ground.today)", "due > (q.last if last is None else last) or not q.ground.today.reached(due)"),
    ("a breach that is known", "lines", "rules/from_incident.py", "if not q.ground.reckoning(q.clause).over(due, q.ground.today):", "if not q.ground.today.reached(due):"),
    ("a clause of judgment", "judgment", "rules/clauses.py", 'if checkability != "C" or finding.verdict == "engaged":', 'if checkability:'),
    ("what looks answered", "judgment", "rules/clauses.py", 'band = "context" if finding.verdict == "consistent" else finding.band', "band = finding.band"),
]  # fmt: skip


def test_whole_the_house_keeps_every_law():
    """The checks that follow fail for what was broken, not for what always fails."""
    whole = Broken(HOUSE, Watch, laws)
    for check in LAWS.values():
        check(whole)


@pytest.mark.parametrize(("what", "law", "file", "old", "new"), BREAKS, ids=[b[0] for b in BREAKS])
def test_breaking_one_thing_breaks_a_law(tmp_path, what, law, file, old, new):
    house = break_house(tmp_path, f"broken_{BREAKS.index((what, law, file, old, new))}", file, old, new)
    with pytest.raises((AssertionError, ValueError, KeyError, StopIteration)):
        LAWS[law](house)
