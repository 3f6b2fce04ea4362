"""Builders and fakes for what is told: alerts of invented licenses, channels that fail on command, a clock by hand."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import msgspec
import pytest

from schemas import Period
from schemas.alert import (
    Alert,
    Alternative,
    Assertion,
    Candidate,
    Case,
    LedgerPublication,
    LedgerTerm,
    LicenseSummary,
    QuotedClause,
    Reply,
    VictimCount,
)
from schemas.codec import encode
from streams.agents.deliver import AlertRecord, CaughtUp, DayBegun, Deliverer, DeliverPorts
from streams.agents.telling.channels.ports import Undelivered
from streams.agents.telling.message import Message
from streams.agents.telling.routes import House, Mailbox, Pace, Route, Routes

DAY = dt.date(2030, 6, 1)
NOON = dt.datetime(2030, 6, 1, 12, tzinfo=dt.UTC)
CLAUSE_TEXT = "The End User shall not target journalists, nor any person because of an opinion held."


def clause(id_: str = "c4", **changes: object) -> QuotedClause:
    return QuotedClause(
        **{
            "id": id_, "kind": "prohibited_target_class", "text": CLAUSE_TEXT, "language": "en", "version": 2,
            "valid_from": dt.date(2026, 1, 1), "checkability": "B", "outlives_license": True, **changes,
        }
    )  # fmt: skip


def license_summary(ref: str = "exports.xa:L-17", **changes: object) -> LicenseSummary:
    return LicenseSummary(
        **{
            "ref": ref, "number": ref.partition(":")[2], "issuing_state": "XA", "exporter": "Halcyon Systems",
            "end_user": "Bureau of Inner Calm", "destinations": ("XM", "XN"), "products": ("Nightjar",),
            "granted_at": dt.date(2027, 3, 1), "valid_from": dt.date(2027, 3, 1), "status_then": "granted",
            "status_today": "lapsed", "pledge_signed_at": dt.date(2027, 2, 2), "pledge_by": "Ministry of Order",
            "responsible_officer": "licensing desk 3", **changes,
        }
    )  # fmt: skip


def case(member: str = "lab:i1", band: str = "alert", **changes: object) -> Case:
    return Case(
        **{
            "key": f"incident:{member}", "kind": "incident", "band": band, "band_reason": "P = 0.203, E3/A2, m 0.95",
            "verdict": "appears_inconsistent", "rule": "prohibited_target_class", "members": (member,),
            "sentence": "Targeting of journalists with Nightjar appears inconsistent with this clause.",
            "occurred": Period(start=dt.date(2029, 6, 1), precision="month"), "known_since": dt.date(2030, 5, 20),
            **changes,
        }
    )  # fmt: skip


def full_case(**changes: object) -> Case:
    """A case with every part that an officer reads, and every number that must stay in the house."""
    return case(
        **{
            "assertions": (
                Assertion(matter="product", claimed="Nightjar", confidence=83, fit=777_777, reason="licensed"),
                Assertion(matter="agency", claimed="not known", reason="nobody says"),
            ),
            "ledger": (
                LedgerTerm(label="prior", kind="prior", weight=-3_891_820, sentence="The prior of .02 in micro-nats."),
                LedgerTerm(
                    label="lab:r1", kind="support", weight=2_345_678, evidence_level="E3", attribution_level="A2",
                    sentence="Origin “lab:r1”: Prism Lab (A2), nats 2.345678.",
                    publications=(
                        LedgerPublication(
                            incident="lab:i1", source="prism", source_name="Prism Lab", kind="lab_report",
                            reliability="A", credibility=2, published_at=dt.date(2030, 5, 10), counted=True,
                        ),
                        LedgerPublication(
                            incident="lab:i1", source="courier", source_name="The Courier", kind="news",
                            reliability="B", credibility=3, published_at=dt.date(2030, 5, 12),
                        ),
                    ),
                ),
            ),
            "total": -1_546_142, "probability": 203_456, "m": 950_000,
            "how_sure": "well supported; an answer is needed",
            "victims": (
                VictimCount(klass="journalist", count=37, qualifier="at_least", country="XM"),
                VictimCount(klass="lawyer", count=2, qualifier="exact"),
            ),
            "alternatives": (
                Alternative(kind="lawful_warrant", state="open", reason="The end user says that warrants exist."),
                Alternative(kind="before_delivery", state="ruled_out", reason="It was delivered before."),
                Alternative(kind="fabrication", state="open", reason="P 0.203 and reliability A speak against it."),
            ),
            "replies": (
                Reply(
                    by="The end user", at=dt.date(2030, 5, 22), sentence="The end user says that a warrant covered it.",
                ),
            ),
            "unknown": ("Which agency operated it is not known.",),
            **changes,
        }
    )  # fmt: skip


def alert(
    destination: str = "XM", license_: str = "exports.xa:L-17", clause_id: str = "c4", band: str = "alert",
    version: str = "v1", **changes: object,
) -> Alert:  # fmt: skip
    return Alert(
        **{
            "id": f"{destination}~{license_}~{clause_id}", "version": version, "band": band, "destination": destination,
            "title": f"Reported use appears inconsistent with clause {clause_id} of license L-17.",
            "clause": clause(clause_id), "license": license_summary(license_),
            "cases": (case(f"lab:{clause_id}", band=band),),
            "first_known": dt.date(2030, 5, 20), "assessed_on": DAY, **changes,
        }
    )  # fmt: skip


def gone(alert_: Alert) -> Alert:
    """What is left of an alert once nothing is left of it."""
    return Alert(id=alert_.id, status="withdrawn", destination=alert_.destination)


def candidate(license_: str, state: str) -> Candidate:
    return Candidate(license=license_, issuing_state=state, m=950_000, share=333_333, reasons=("fits",))


def officers_routes(**changes: object) -> Routes:
    """One mailbox for everything, settled at once, no digests unless a test asks."""
    return Routes(
        **{
            "house": House(name="Licensing Office of XA", pages="https://pledges.example"),
            "pace": Pace(settle_seconds=0, settle_at_most_seconds=0, history_days=36_000, burst=10_000),
            "channels": {"officers": mailbox_channel()},
            "routes": (Route(channels=("officers",)),),
            **changes,
        }
    )


def mailbox_channel(name: str = "officers", **changes: object) -> Mailbox:
    return Mailbox(name=name, path=f"{name}.mbox", **changes)


class Clock:
    """Time that passes when a test says so, or when somebody sleeps."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> dt.datetime:
        return self.now

    def passes(self, seconds: float) -> None:
        self.now += dt.timedelta(seconds=seconds)


class Channel:
    """Takes messages; fails as often as it was told to, before or after it took one."""

    def __init__(self) -> None:
        self.taken: list[Message] = []
        self.failures: list[Undelivered] = []
        self.takes_before_failing = False

    async def carry(self, message: Message, *, again: bool) -> None:
        if self.failures:
            failure = self.failures.pop(0)
            if not failure.certain and self.takes_before_failing:
                self.taken.append(message)
            raise failure
        self.taken.append(message)

    @property
    def said(self) -> list[str]:
        return [message.notice.transition for message in self.taken]

    @property
    def ids(self) -> list[str]:
        return [message.notice.id for message in self.taken]


class Outbox:
    """An outbox that survives a deliverer in the same test."""

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}

    async def put(self, channel: str, intent: bytes) -> None:
        self.held[channel] = intent

    async def clear(self, channel: str) -> None:
        self.held.pop(channel, None)

    async def load(self, channel: str) -> bytes | None:
        return self.held.get(channel)


class Household:
    """A deliverer with its world, that can be started again after a crash."""

    def __init__(self, routes: Routes | None = None) -> None:
        self.routes = routes or officers_routes()
        self.clock = Clock()
        self.channels = {name: Channel() for name in self.routes.channels}
        self.outbox = Outbox()
        self.notices: list[object] = []
        self.parked: list[str] = []
        self.moved: list[object] = []
        self.start()

    def start(self) -> None:
        async def tell(notice: object) -> None:
            self.notices.append(notice)

        async def park(record: AlertRecord, why: str) -> None:
            self.parked.append(why)

        async def move(position: object) -> None:
            self.moved.append(position)

        self.ports = DeliverPorts(
            carriers=self.channels, outbox=self.outbox, tell=tell, unreadable=park, moved=move, clock=self.clock
        )
        self.deliverer = Deliverer(self.routes, self.ports, self.notices)

    async def begins(self, *alerts: Alert, day: dt.date | None = DAY) -> None:
        """Replay these, catch up, and tell what is to be told."""
        await self.deliverer.recall()
        if day is not None:
            await self.deliverer.hear(DayBegun(day=day))
        for one in alerts:
            await self.deliverer.hear(record(one))
        await self.deliverer.hear(CaughtUp())
        await self.tells()

    async def hears(self, *alerts: Alert) -> None:
        """Hear these live and tell what is to be told."""
        for one in alerts:
            await self.deliverer.hear(record(one))
        await self.tells()

    async def tells(self) -> None:
        for name in self.channels:
            await self.deliverer.attend(name)

    @property
    def officers(self) -> Channel:
        return self.channels["officers"]


def record(alert_: Alert, position: object = None) -> AlertRecord:
    return AlertRecord(key=alert_.id.encode(), value=encode(alert_), position=position)


@pytest.fixture
def telling() -> SimpleNamespace:
    """All builders and fakes of this file under one name."""
    return SimpleNamespace(
        alert=alert, case=case, full_case=full_case, clause=clause, license=license_summary, gone=gone,
        candidate=candidate, routes=officers_routes, mailbox=mailbox_channel, House=Household, record=record, DAY=DAY,
        NOON=NOON, CLAUSE_TEXT=CLAUSE_TEXT, but=msgspec.structs.replace, Clock=Clock, Channel=Channel, Outbox=Outbox,
    )  # fmt: skip
