"""Facts by the thousand for load and chaos: reproducible, out of order, with repeats, revisions and retractions.

Not the demo's story, though its actors are the same. A few destinations bear most of it (Zipf), a fact may come before
the license it speaks of, a retraction before what it takes back. Every fact passes the door; no two bodies share a
revision.
"""

from __future__ import annotations

import datetime as dt
import heapq
from collections import defaultdict
from collections.abc import Callable, Iterator
from random import Random

import msgspec

from schemas import Decision, Delivery, Incident, Judgment, License, Period, PostShipmentReport, Retraction, Tick
from schemas.codec import AnyFact, kind_of
from schemas.common import Claimed
from schemas.decision import Judged
from schemas.incident import ClaimedProduct, Denial, Operator, Publication, Victims
from schemas.license import StatusChange
from schemas.report import ReportedItem
from schemas.vocabulary import AttributionLevel, CloseReason, DecisionKind, EvidenceLevel, VictimClass
from streams.demo.actors import (
    AGENCIES,
    EMBASSY,
    INSPECTORATE,
    MAKERS,
    MARKETS,
    NEWS,
    OFFICER,
    PRODUCTS,
    STATES,
    agency,
)
from streams.demo.granting import Grant, delivery_of, inventory, license_of, self_report
from streams.demo.telling import FIRST_DAY, LAST_DAY, days
from streams.demo.wording import form_of
from streams.demo.world import demo_policy

PLACES = tuple(code for code in STATES if code not in ("XA", "XB", "XC"))
LABS = ("lab-corvid", "lab-tessera", "ngo-lamplight", "ngo-plaza")
LADDERS: tuple[tuple[EvidenceLevel, AttributionLevel], ...] = (
    ("E0", "A0"), ("E0", "A1"), ("E1", "A1"), ("E2", "A1"), ("E3", "A2"), ("E4", "A3"),
)  # fmt: skip
CLASSES: tuple[VictimClass, ...] = (
    "journalist", "human_rights_defender", "lawyer", "media_staff", "politician_opposition", "protester", "unknown",
)  # fmt: skip
MIX = {
    "license": 2, "delivery": 18, "report": 40, "incident": 12, "revision": 8, "judgment": 4, "decision": 4,
    "retraction": 3, "repeat": 5, "tip": 4,
}  # fmt: skip
"""How often each kind of thing is told, out of their sum: registers and checks are many, accounts of abuse are few."""
BORNE_OUT: dict[EvidenceLevel, float] = {"E0": 0.1, "E1": 0.2, "E2": 0.4, "E3": 0.7, "E4": 0.9, "E5": 1.0}
"""How often officers find an account borne out, by what it shows [share]: made up, so that there is what to find."""
ACTED: tuple[tuple[DecisionKind, CloseReason | None], ...] = (
    ("close", "acted_upon"), ("close", "remedied"), ("suspend", None), ("modify_conditions", None),
)  # fmt: skip
DISMISSED: tuple[CloseReason, ...] = ("unfounded", "unfounded", "not_our_license", "explained_lawful")
LATE_SHARE, LATEST = 0.2, 400
"""Share of facts that come late, and by how many facts at most."""


def load_world(count: int, seed: int = 1, *, places: int = len(PLACES), zipf: float = 0.6) -> Iterator[AnyFact]:
    """Exactly `count` facts (at least 3): policy first, weekly ticks between, the last day's tick last.

    `places`: destinations [count]; `zipf`: how unequal they are [exponent]. Equal arguments give equal bytes.
    """
    if count < 3:
        raise ValueError(f"count is {count}, expected at least 3")
    telling = _Telling(Random(seed), PLACES[: max(1, places)], zipf)  # noqa: S311  (load, not a secret)
    moment = dt.datetime.combine(FIRST_DAY, dt.time(6), tzinfo=dt.UTC)
    step = (LAST_DAY - FIRST_DAY) / count
    for number, fact in enumerate(_disordered(telling, count)):
        yield msgspec.structs.replace(fact, recorded_at=moment + number * step)


def _disordered(telling: _Telling, count: int) -> Iterator[AnyFact]:
    """What is told, some of it held back: the heap holds (position due, tie, fact)."""
    yield demo_policy()
    held: list[tuple[int, int, AnyFact]] = []
    draw = telling.draw
    week = 0
    for position in range(1, count - 1):
        due_week = position * 113 // count
        if due_week > week:
            week = due_week
            yield _tick(week)
            continue
        while not held or held[0][0] > position:
            fact = telling.next(position / count)
            late = draw.randrange(1, LATEST) if draw.random() < LATE_SHARE else 0
            heapq.heappush(held, (position + late, len(telling.told), fact))
        yield heapq.heappop(held)[2]
    yield _tick(113)


def _tick(week: int) -> Tick:
    day = FIRST_DAY + days(7 * week)
    return Tick(id=day.isoformat(), source="clock", day=day)


class _Telling:
    """What has been told so far, so that later facts can refer to it."""

    def __init__(self, draw: Random, places: tuple[str, ...], zipf: float) -> None:
        self.draw = draw
        self.places = places
        self.weights = [1 / (rank + 1) ** zipf for rank in range(len(places))]
        self.told: list[AnyFact] = []
        self.grants: dict[str, list[Grant]] = defaultdict(list)
        self.incidents: dict[str, list[Incident]] = defaultdict(list)
        self.about: dict[str, tuple[Grant, bool]] = {}
        """By account: the license that it was made up about, and whether officers will find it borne out."""
        self.serial = 0
        self.today = FIRST_DAY
        self.tellers: dict[str, Callable[[str], AnyFact | None]] = {
            "license": self._license, "delivery": self._delivery, "report": self._report, "incident": self._incident,
            "revision": self._revision, "judgment": self._judgment, "decision": self._decision,
            "retraction": self._retraction, "repeat": self._repeat, "tip": self._tip,
        }  # fmt: skip

    def next(self, progress: float) -> AnyFact:
        """One more fact; `progress` [0..1] says how far the two years have come."""
        self.today = FIRST_DAY + days(int(progress * (LAST_DAY - FIRST_DAY).days))
        place = self.draw.choices(self.places, self.weights)[0]
        if not self.grants[place]:
            return self._keep(self._license(place))
        while True:
            kind = self.draw.choices(tuple(MIX), tuple(MIX.values()))[0]
            fact = self.tellers[kind](place)
            if fact is not None:
                return self._keep(fact)

    def _keep(self, fact: AnyFact) -> AnyFact:
        self.told.append(fact)
        return fact

    def _number(self) -> int:
        self.serial += 1
        return self.serial

    def _license(self, place: str) -> License:
        users = [key for key, (country, _, _) in AGENCIES.items() if country == place]
        maker = MAKERS[self.draw.choice(tuple(MARKETS))]
        number = self._number()
        grant = Grant(
            id=f"L-{number:06d}", issuing=maker.seat, maker=maker.key, product=self.draw.choice(MARKETS[maker.key]),
            end_user=self.draw.choice(users), granted=self.today - days(self.draw.randrange(30, 700)),
            quantity=self.draw.randrange(1, 9), limit=self.draw.choice((5, 20, 60, 200)), prefix=f"P{number}",
        )  # fmt: skip
        self.grants[place].append(grant)
        return license_of(grant)

    def _delivery(self, place: str) -> Delivery:
        grant = self.draw.choice(self.grants[place])
        part = self.draw.randrange(grant.quantity)
        arrived = min(grant.valid_from + days(self.draw.randrange(20, 120)), self.today)
        return delivery_of(grant, arrived, self._number(), grant.serials[part:])

    def _report(self, place: str) -> PostShipmentReport:
        grant = self.draw.choice(self.grants[place])
        number, when = self._number(), self.today - days(self.draw.randrange(0, 40))
        if self.draw.random() < 0.45:
            return self_report(grant, when, number)
        if self.draw.random() < 0.7:
            return msgspec.structs.replace(inventory(grant, when, 1), id=f"{grant.id}-I{number}")
        return self._visit(grant, when, number)

    def _visit(self, grant: Grant, when: dt.date, number: int) -> PostShipmentReport:
        """A visit with a result, or a serial read in another state."""
        refused, elsewhere = self.draw.random() < 0.2, self.draw.random() < 0.3
        serial = self.draw.choice(grant.serials)
        return PostShipmentReport(
            id=f"{grant.id}-C{number}", source=INSPECTORATE[grant.issuing], license=grant.ref,
            destination=grant.country, kind="sighting" if elsewhere else "compliance_visit",
            performed=Period(start=when), site_country=self.draw.choice(self.places) if elsewhere else None,
            reporter_role="inspectorate", method="on_site",
            outcome=None if elsewhere else "access_refused" if refused else "favourable_with_findings",
            cooperation="refused" if refused else "full",
            items=(ReportedItem(item_ref="item-1", serials=(serial,)),),
            capacity_observed=None if refused or elsewhere else grant.limit + self.draw.randrange(-5, 3),
        )  # fmt: skip

    def _incident(self, place: str) -> Incident:
        grant = self.draw.choice(self.grants[place])
        number = self._number()
        evidence, attribution = self.draw.choices(LADDERS, (30, 25, 15, 15, 12, 3))[0]
        start = self.today - days(self.draw.randrange(5, 900))
        incident = Incident(
            id=f"ACC-{number:06d}", source=self.draw.choice(("xa-desk", "ngo-lamplight", EMBASSY[grant.issuing])),
            occurred=Period(start=start, precision=self.draw.choice(("day", "month", "quarter", "year"))),
            technology=PRODUCTS[grant.product].technology, published_at=self.today,
            operators=(Operator(country=place, confidence=self.draw.choice((60, 85))),),
            operator_agency=Claimed(name=agency(grant.end_user)) if self.draw.random() < 0.4 else None,
            products=(ClaimedProduct(name=PRODUCTS[grant.product].name),) if self.draw.random() < 0.8 else (),
            vendors=(Claimed(name=MAKERS[grant.maker].name),) if self.draw.random() < 0.5 else (),
            evidence_level=evidence, attribution_level=attribution, publications=self._publications(evidence),
            victims=(Victims(klass=self.draw.choice(CLASSES), count=self.draw.randrange(1, 40)),),
            alleged_purpose=self.draw.choice(("unknown", "political_monitoring", "serious_crime")),
        )  # fmt: skip
        self.incidents[place].append(incident)
        self.about[incident.ref] = grant, self.draw.random() < BORNE_OUT[evidence]
        return incident

    def _publications(self, evidence: EvidenceLevel) -> tuple[Publication, ...]:
        kept = LABS if evidence >= "E3" else tuple(NEWS)
        origin = f"origin-{self.draw.randrange(1 + self.serial)}" if self.draw.random() < 0.7 else None
        return tuple(
            Publication(
                source=self.draw.choice(kept), kind="lab_report" if evidence >= "E3" else "news",
                credibility=self.draw.choice((2, 3, 3, 4, 6)), origin=origin, published_at=self.today,
            )
            for _ in range(self.draw.randrange(1, 4))
        )  # fmt: skip

    def _tip(self, place: str) -> Incident:
        grant = self.draw.choice(self.grants[place])
        return Incident(
            id=f"TIP-{self._number():06d}", source="tips-letter",
            occurred=Period(start=self.today - days(30), precision="month"),
            technology=PRODUCTS[grant.product].technology, published_at=self.today,
            operators=(Operator(country=place),), products=(ClaimedProduct(name=PRODUCTS[grant.product].name),),
            publications=(Publication(source="tips-letter", kind="anonymous"),),
            victims=(Victims(klass="journalist"),),
        )  # fmt: skip

    def _revision(self, place: str) -> AnyFact | None:
        """A higher revision: a license that changed its state, an account with a denial, or one that moved."""
        if self.draw.random() < 0.25 or not self.incidents[place]:
            grant = self.draw.choice(self.grants[place])
            change = StatusChange(status=self.draw.choice(("suspended", "amended", "revoked")), at=self.today)
            license = license_of(grant)
            history = (*license.status_history, change)
            return msgspec.structs.replace(license, revision=1 + self._number(), status_history=history)
        place_in_list = self.draw.randrange(len(self.incidents[place]))
        before = self.incidents[place][place_in_list]
        denial = Denial(by="operator_state", kind="bare_denial", at=self.today)
        after = msgspec.structs.replace(before, revision=1 + self._number(), denials=(*before.denials[:3], denial))
        if self.draw.random() < 0.2:
            after = msgspec.structs.replace(after, operators=(Operator(country=self.draw.choice(self.places)),))
        self.incidents[place][place_in_list] = after
        return after

    def _judgment(self, place: str) -> Judgment | None:
        if len(self.incidents[place]) < 2:
            return None
        later = self.draw.randrange(1, len(self.incidents[place]))
        pair = self.incidents[place][later - 1 : later + 1]  # neighbors: events stay small, as they are
        number, moment = self._number(), dt.datetime.combine(self.today, dt.time(9), tzinfo=dt.UTC)
        if self.draw.random() < 0.1:
            return Judgment(
                id=f"J-{number:06d}", source="xa-desk", kind="regrade_source", by_role="Source desk", at=moment,
                judged_source=self.draw.choice(tuple(NEWS)), reliability=self.draw.choice(("B", "C", "D")),
            )  # fmt: skip
        return Judgment(
            id=f"J-{number:06d}", source="xa-desk",
            kind=self.draw.choice(("same_event", "same_event", "different_event")),
            by_role="Analyst, open sources desk", at=moment, incidents=tuple(incident.ref for incident in pair),
        )  # fmt: skip

    def _decision(self, place: str) -> Decision | None:
        open_to = [incident for incident in self.incidents[place] if self._may_be_alerted(incident)]
        if not open_to:
            return None
        incident = self.draw.choice(open_to)
        grant, borne_out = self.about[incident.ref]
        clause = {"XA": "art-3", "XB": "art-2", "XC": "nr-2"}[grant.issuing]
        kind, reason = self._verdict(borne_out)
        return Decision(
            id=f"D-{self._number():06d}", source=grant.source, alert=grant.alert(clause), kind=kind,
            by_role=OFFICER[grant.issuing],
            second_by_role="Head of export licensing" if kind == "suspend" else None,
            at=dt.datetime.combine(self.today, dt.time(11), tzinfo=dt.UTC), close_reason=reason,
            judged=(Judged(fact=f"incident:{incident.ref}", revision=incident.revision),),
        )  # fmt: skip

    def _may_be_alerted(self, incident: Incident) -> bool:
        """Whether an alert can stand on it: what no officer was ever shown, none decides."""
        grant, _ = self.about[incident.ref]
        barred = set(form_of(grant.issuing).barred) & {v.klass for v in incident.victims}
        return bool(barred) and incident.occurred.first > grant.valid_from

    def _verdict(self, borne_out: bool) -> tuple[DecisionKind, CloseReason | None]:
        """Two in three decide; what decides follows what the account is, whoever looks."""
        if self.draw.random() < 1 / 3:
            return "acknowledge", None
        return self.draw.choice(ACTED) if borne_out else ("close", self.draw.choice(DISMISSED))

    def _retraction(self, place: str) -> Retraction | None:
        """Takes back an account, or a report, in the revision that was told last."""
        if self.draw.random() < 0.6 and self.incidents[place]:
            gone = self.incidents[place].pop(self.draw.randrange(len(self.incidents[place])))
            return Retraction(id=gone.id, source=gone.source, revision=gone.revision, of="incident")
        recent = self.told[-500:]
        reports = [fact for fact in recent if isinstance(fact, PostShipmentReport)]
        if not reports:
            return None
        report = self.draw.choice(reports)
        return Retraction(id=report.id, source=report.source, revision=report.revision, of=kind_of(report), why="error")

    def _repeat(self, place: str) -> AnyFact:
        """The same again: a register imported twice, a message sent twice."""
        del place
        return self.draw.choice(self.told[-2000:])
