"""What the laws say, as checks of a *core*: so that a core broken on purpose can be held against the same checks.

A check raises `AssertionError` where the law does not hold. `Core` is what is checked: the functions of the house, or
a copy of them with one thing broken.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Iterable, Sequence

import msgspec

from builders import a_clause, a_delivery, a_license, a_policy, a_tick, an_incident
from schemas import AnyFact, Incident, Period, Tick
from schemas.alert import Alert, Case
from schemas.codec import decode_alert, decode_row, encode
from schemas.incident import Publication
from streams.agents import place as place_agent
from streams.rules import assess, dossier, placing, study
from streams.rules.assess import Assessment


class Core(msgspec.Struct, frozen=True, kw_only=True):
    """The functions that the laws are about."""

    assess_facts: Callable[..., Iterable[Assessment]] = assess.assess_facts
    place: Callable = placing.place
    partition_of: Callable[[str, int], int] = placing.partition_of
    partition: Callable = dossier.Partition
    assessor: Callable = assess.Assessor
    study: Callable = study.Study
    place_facts: Callable = place_agent.place_facts

    def told(self, facts: Iterable[AnyFact]) -> dict[str, bytes]:
        """All that is said of a world, as bytes; what has nothing to say is left out."""
        return bytes_of(self.assess_facts(facts))


HOUSE = Core()


def bytes_of(assessments: Iterable[Assessment], *, matches: bool = True) -> dict[str, bytes]:
    """Alerts by id, remarks by key, matches by what they hold together."""
    said: dict[str, bytes] = {}
    for each in assessments:
        said |= {f"alert {a.id}": encode(a) for a in each.alerts}
        said |= {f"remark {r.key}": encode(r) for r in each.notes}
        if matches:
            said |= {f"match {m.incident_id}@{m.license_id}@{m.destination}": encode(m) for m in each.matches}
    return said


def alerts_of(core: Core, facts: Iterable[AnyFact]) -> dict[str, Alert]:
    """The alerts of a world by id."""
    return {a.id: a for each in core.assess_facts(facts) for a in each.alerts}


def same(left: dict[str, bytes], right: dict[str, bytes], why: str = "") -> None:
    """The same is said, byte for byte; names the first difference."""
    for key in sorted(left.keys() | right.keys()):
        assert left.get(key) == right.get(key), f"{why}: {key}: {_short(left.get(key))} != {_short(right.get(key))}"


def _short(value: bytes | None) -> str:
    return "nothing" if value is None else value.decode()


# --- law 1 -----------------------------------------------------------------------------------------------------------


def order_and_duplicates_change_nothing(core: Core, world: Sequence[AnyFact], seed: int) -> None:
    """Any order, with any of the facts given again and recorded later, says the same."""
    dice = random.Random(seed)
    again = [*world, *(recorded_again(f, dice.randrange(400)) for f in dice.sample(list(world), len(world) // 2))]
    dice.shuffle(again)
    same(core.told(world), core.told(again), "order")
    same(core.told(world), core.told(sorted(world, key=lambda f: not hasattr(f, "of"))), "retractions first")


def recorded_again(fact: AnyFact, days: int) -> AnyFact:
    """The same fact as it comes a second time, `days` later."""
    if fact.recorded_at is None:
        return fact
    return msgspec.structs.replace(fact, recorded_at=fact.recorded_at + dt.timedelta(days=days))


def partitions_change_nothing(core: Core, world: Sequence[AnyFact], partitions: int, seed: int) -> None:
    """Placed over any number of partitions, each read in any order, rebuilt at any time, the set says the same."""
    dice = random.Random(seed)
    rows: list[list[bytes]] = [[] for _ in range(partitions)]
    for fact in world:
        for copy in core.place(fact, partitions):
            rows[copy.partition] += [copy.value] * dice.choice((1, 1, 2))
    for order in ("shuffled", "headers first", "headers last"):
        said: dict[str, bytes] = {}
        for number, values in enumerate(rows):
            dice.shuffle(values)
            values = sorted(values, key=_is_header(order)) if order != "shuffled" else values
            held = core.partition()
            held.add_all(decode_row(v) for v in values)
            assessor = core.assessor()
            mine = [d for d in held.destinations() if core.partition_of(d, partitions) == number]
            said |= bytes_of(assessor.assess(held, d) for d in mine)
        same(core.told(world), said, f"{partitions} partitions, {order}")


def _is_header(order: str) -> Callable[[bytes], bool]:
    return lambda value: (b'"fact":"header"' in value) == (order == "headers last")


def looking_on_the_way_changes_nothing(
    core: Core, world: Sequence[AnyFact], seed: int, look_often: float = 0.4
) -> None:
    """Dockets that are kept up as facts come end where fresh ones end, matches included."""
    dice = random.Random(seed)
    order = list(world)
    dice.shuffle(order)
    kept = KeptUp(core)
    for fact in order:
        kept.take(fact)
        if dice.random() < look_often:
            kept.look()
    kept.look()
    same(core.told(world), kept.told(), "kept up")


class KeptUp:
    """A partition whose dockets are kept up: what they say is what they said, and what they say otherwise since."""

    def __init__(self, core: Core) -> None:
        self.held, self.assessor = core.partition(), core.assessor()
        self.dockets: dict = {}
        self.said: dict[str, dict[str, bytes]] = {}
        self.changed: dict[str, frozenset[str]] = {}
        self.touched = 0
        """Facts behind what was looked at again at the last look [count]."""

    def take(self, fact: AnyFact) -> None:
        """Take in a fact."""
        for destination, keys in self.held.add(fact).items():
            self.changed[destination] = self.changed.get(destination, frozenset()) | keys

    def look(self) -> None:
        """Settle what was touched."""
        self.touched = 0
        changed, self.changed = self.changed, {}
        for destination, keys in changed.items():
            docket = self.dockets.get(destination)
            if docket is None or not self.assessor.keeps(docket, self.held):
                docket = self.dockets[destination] = self.assessor.docket(self.held, destination)
                self.said[destination] = {}
            docket.touch(keys)
            settled = docket.settle()
            self.touched += settled.touched
            said = self.said[destination]
            for gone in (*(f"alert {a}" for a in settled.gone), *(f"remark {key}" for key in settled.unsaid)):
                said.pop(gone, None)
            said |= {f"alert {a.id}": encode(a) for a in settled.alerts} | {
                f"remark {r.key}": encode(r) for r in settled.notes
            }

    def told(self) -> dict[str, bytes]:
        """All that is said, matches included."""
        told = {key: value for said in self.said.values() for key, value in said.items()}
        for docket in self.dockets.values():
            told |= {f"match {m.incident_id}@{m.license_id}@{m.destination}": encode(m) for m in docket.matches()}
        return told


# --- law 2 -----------------------------------------------------------------------------------------------------------


def retraction_restores(core: Core, world: Sequence[AnyFact], fact: AnyFact, retraction: AnyFact, seed: int) -> None:
    """A fact and its retraction, anywhere in the log, say what is said where neither had come."""
    dice = random.Random(seed)
    without = [f for f in world if key_of(f) != key_of(fact)]
    with_both = [*without, fact, retraction]
    dice.shuffle(with_both)
    same(core.told(without), core.told(with_both), f"after the retraction of {key_of(fact)}")


def settled(world: Sequence[AnyFact]) -> list[AnyFact]:
    """The world with one body of each fact: a changed body changes its digest, and with it which of two counts."""
    return list({key_of(f): f for f in world if not hasattr(f, "of")}.values())


def key_of(fact: AnyFact) -> tuple[str, str, str]:
    """What a fact is the fact of."""
    return getattr(fact, "of", fact.__struct_config__.tag), fact.source, fact.id


# --- law 3 -----------------------------------------------------------------------------------------------------------


def lateness_changes_nothing(core: Core, world: Sequence[AnyFact], years: int) -> None:
    """All that came, come years later, says the same: nothing rests on when it was recorded."""
    late = [
        msgspec.structs.replace(f, recorded_at=f.recorded_at + dt.timedelta(days=365 * years)) if f.recorded_at else f
        for f in world
    ]
    same(core.told(world), core.told(late), f"{years} years late")


def the_clause_is_quoted_as_it_stood(core: Core, world: Sequence[AnyFact]) -> None:
    """Whatever an incident or report is held against was in force on some day on which it may have happened."""
    licenses = licenses_of(core, world)
    for alert in alerts_of(core, world).values():
        top = alert.cases[0]
        if (
            top.kind == "silence"
            or alert.clause.id == "no-pledge"
            or alert.clause.kind in ("validity", "no_retransfer")
            or not top.occurred
        ):
            continue
        license = licenses[alert.destination, alert.license.ref]
        start = alert.clause.valid_from or min(license.valid_from, license.granted_at or license.valid_from)
        assert start <= top.occurred.last, f"{alert.id} quotes words that began on {start}, after {top.occurred.last}"
        if alert.clause.valid_to is not None:
            assert top.occurred.first <= alert.clause.valid_to, f"{alert.id} quotes words that had ended"


def licenses_of(core: Core, world: Sequence[AnyFact]) -> dict:
    """The licenses that count, by destination and reference."""
    held = core.partition()
    held.add_all(world)
    return {(d, c.fact.ref): c.fact for d in held.destinations() for c in held.dossier(d).licenses}


# --- laws 4 and 9 ----------------------------------------------------------------------------------------------------


def totals(core: Core, world: Sequence[AnyFact]) -> dict[tuple[str, str], int]:
    """L by alert and case, where there is a ledger."""
    return {(a.id, c.key): c.total for a in alerts_of(core, world).values() for c in a.cases if c.total is not None}


def with_publication(incident: Incident, publication: Publication) -> Incident:
    """The account with one more publication."""
    return msgspec.structs.replace(incident, publications=(*incident.publications, publication))


def nothing_rises(before: dict[str, Alert], after: dict[str, Alert], why: str) -> None:
    """No alert stands in a higher band than before; one that was not there counts as context."""
    from schemas.vocabulary import BANDS

    for id, alert in after.items():
        was = before[id].band if id in before else "context"
        assert BANDS.index(alert.band) <= BANDS.index(was), f"{why}: {id} rose from {was} to {alert.band}"


def explains_itself(alert: Alert) -> None:
    """Everything that law 9 asks is there."""
    if alert.status == "withdrawn":
        return
    assert alert.clause is not None
    assert alert.clause.version >= 1
    assert alert.license is not None
    assert alert.title
    assert alert.cases
    assert alert.versions is not None
    assert alert.versions.policy
    assert alert.versions.names
    assert alert.versions.code
    assert alert.options or alert.status == "closed" or alert.band == "context"
    _worded(alert.title)
    for case in alert.cases:
        _case_explained(case)


def _worded(text: str) -> None:
    assert "violat" not in text.casefold(), text
    assert "breach" not in text.casefold(), text


def _case_explained(case: Case) -> None:
    _worded(case.sentence)
    _worded(case.band_reason)
    says = {
        "appears_inconsistent": ("appears inconsistent with", "touch"),
        "engaged": ("touch",),
        "consistent": ("answered", "touch"),
    }
    assert any(word in case.sentence for word in says[case.verdict]), case.sentence
    assert case.evidence, f"{case.key} rests on nothing"
    assert case.alternatives, f"{case.key} offers no other explanation"
    assert all(a.reason and a.state in ("open", "ruled_out") for a in case.alternatives)
    assert case.how_sure
    assert case.band_reason
    if case.kind != "incident":
        return
    assert case.unknown is not None
    if case.key.startswith("unproven:"):
        assert case.total is None
        return
    assert sum(t.weight for t in case.ledger) == case.total, f"{case.key}: the terms do not sum to the score"
    assert case.ledger[0].kind == "prior"
    assert all(t.sentence for t in case.ledger)
    assert all(a.reason for a in case.assertions)
    shown = sum(c.share for c in case.candidates)
    assert shown <= 1_000_000
    if case.candidates and len(case.candidates) < 12:
        assert shown == 1_000_000, f"{case.key}: the shares shown sum to {shown}"


def quotes_verbatim(core: Core, world: Sequence[AnyFact]) -> None:
    """The clause is quoted letter by letter, from a version that the license has."""
    licenses = licenses_of(core, world)
    for alert in alerts_of(core, world).values():
        if alert.clause.id == "no-pledge":
            continue
        clauses = licenses[alert.destination, alert.license.ref].clauses
        texts = {(c.id, c.version): c.text for c in clauses}
        assert texts[alert.clause.id, alert.clause.version] == alert.clause.text


# --- law 6 -----------------------------------------------------------------------------------------------------------


def silent_bands(core: Core, world: Sequence[AnyFact], day: dt.date) -> dict[tuple[str, str], str]:
    """Bands of silence by alert and case when `day` is the greatest tick."""
    ticked = [*(f for f in world if not isinstance(f, Tick)), Tick(id=day.isoformat(), source="clock", day=day)]
    return {
        (a.id, c.key): c.band
        for a in alerts_of(core, ticked).values()
        for c in a.cases
        if c.kind == "silence" and c.open
    }


def silence_climbs(core: Core, overdue: int, cadence: int) -> None:
    """A report is watched when due, for review from 60 days on, an alert from 120 days on [the shipped policy]."""
    license = a_license(clauses=(a_clause("reporting_cadence", cadence_days=cadence, first_due_days=cadence),))
    due = dt.date(2023, 3, 1) + dt.timedelta(days=cadence)
    world = [license, a_delivery(license), a_policy(), a_tick(due + dt.timedelta(days=overdue))]
    bands = [a.band for a in alerts_of(core, world).values()]
    band = [] if overdue <= 0 else ["watch"] if overdue < 60 else ["review"] if overdue < 120 else ["alert"]
    assert bands == band, f"{overdue} days overdue"


def an_amendment_divides_time(core: Core, first: dt.date, last: dt.date, turn: dt.date) -> None:
    """What happened is held against the words in force on its first day; words of its other days are named beside."""
    words = (
        a_clause("other", text="first words", valid_to=turn - dt.timedelta(days=1)),
        a_clause("other", text="later words", version=2, valid_from=turn),
    )
    license = a_license(clauses=words)
    happened = an_incident(occurred=Period(start=first, end=last), published_at=dt.date(2026, 1, 1))
    quoted = alerts_of(core, [license, a_delivery(license), happened, a_policy()])["XA~authority:L1~other"].clause
    assert quoted.version == (1 if first < turn else 2)
    assert quoted.text == ("first words" if first < turn else "later words")
    assert quoted.other_versions == ((2,) if first < turn <= last else ())


def decoded(said: dict[str, bytes]) -> list[Alert]:
    """The alerts among what is said."""
    return [decode_alert(v) for k, v in said.items() if k.startswith("alert ")]
