"""A small world for the pages, written by hand, and the fakes that stand for warehouse, log and keys."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import msgspec
import pytest
from litestar import Litestar
from litestar.datastructures import Cookie
from litestar.testing import TestClient

from schemas import alert as say
from schemas.alert import Alert, Remark
from schemas.codec import AnyFact, fact_key
from schemas.common import Period
from schemas.erasure import Hold
from schemas.incident import Incident, Publication, Victims
from schemas.license import Clause, Destination, License, LicensedItem
from schemas.notice import Notice
from schemas.parked import Parked
from schemas.problems import Problem
from schemas.report import PostShipmentReport
from schemas.retraction import Retraction
from streams.access import Access
from streams.pages.ports import PagePorts, Tour, TourStep
from streams.pages.routes import page_routes
from streams.rules.known import Standpoint
from streams.rules.survey import Survey
from streams.warehouse.ports import Answer

D = dt.date
TODAY = D(2026, 3, 14)
NOW = dt.datetime(2026, 3, 14, 9, 30, tzinfo=dt.UTC)
VERSIONS = say.Versions(policy="2025-11", names="seed-3", code="0.1.0")
GROUP = "QM-lantern-2025-02"
PRIOR = -3_891_820
CLAUSE_TEXT = (
    "The End User shall use the System solely for the investigation and prevention of terrorist acts "
    "and serious crimes. "
    "An act of expressing an opinion or criticism shall not, in and of itself, constitute a serious crime."
)


def at(year: int, month: int, day: int, hour: int = 8) -> dt.datetime:
    return dt.datetime(year, month, day, hour, tzinfo=dt.UTC)


def license_of(ref: str, state: str, exporter: str, number: str, **changes: object) -> say.LicenseSummary:
    summary = say.LicenseSummary(
        ref=ref,
        number=number,
        issuing_state=state,
        exporter=exporter,
        end_user="National Bureau of Inquiry",
        destinations=("QM",),
        products=("Lantern 4 interception suite",),
        granted_at=D(2023, 4, 20),
        valid_from=D(2023, 5, 1),
        valid_to=D(2026, 4, 30),
        status_then="granted",
        status_today="granted",
        pledge_signed_at=D(2023, 4, 2),
        pledge_by="Ministry of the Interior, State Secretary",
        responsible_officer="licensing-desk-3",
        deliveries=(
            say.DeliveryNote(delivered=Period(start=D(2023, 9, 4)), delivered_to="QM", kind="shipment", pieces=3),
            say.DeliveryNote(
                delivered=Period(start=D(2023, 10, 1), precision="month"),
                delivered_to="QM",
                kind="activation",
                pieces=3,
            ),
        ),
        pending=("a renewal expected by 30 April 2026", "support until 31 December 2026"),
    )
    return msgspec.structs.replace(summary, **changes)


def clause(kind: str = "permitted_purpose", **changes: object) -> say.QuotedClause:
    quoted = say.QuotedClause(
        id="c2",
        kind="permitted_purpose",
        text=CLAUSE_TEXT,
        language="en",
        version=2,
        valid_from=D(2024, 1, 1),
        valid_to=None,
        checkability="C",
        outlives_license=True,
        other_versions=(1,),
    )
    return msgspec.structs.replace(quoted, kind=kind, **changes)


CANDIDATES = (
    say.Candidate(
        license="xa-register:LIC-2023-0117",
        issuing_state="XA",
        m=920_000,
        share=380_000,
        reasons=(
            "the product named is licensed",
            "the end user is one of three agencies of the state",
            "all of the period lies after delivery",
        ),
    ),
    say.Candidate(
        license="xb-register:B/23/88",
        issuing_state="XB",
        m=800_000,
        share=330_000,
        reasons=("Brightwater Optics sold the same product",),
    ),
    say.Candidate(
        license="xc-register:2022-9",
        issuing_state="XC",
        m=700_000,
        share=290_000,
        reasons=("Kestrel Systems sold it",),
    ),
)


def incident_case() -> say.Case:
    ledger = (
        say.LedgerTerm(
            label="Prior",
            kind="prior",
            weight=PRIOR,
            sentence="before any evidence: 2 in 100 accounts of this kind were borne out (uncalibrated)",
        ),
        say.LedgerTerm(
            label="Northlight Lab report",
            kind="support",
            weight=2_504_000,
            evidence_level="E3",
            attribution_level="A2",
            sentence=(
                "one laboratory examined three devices and found the product of this license, with "
                "strong circumstantial signs of the operator"
            ),
            publications=(
                say.LedgerPublication(
                    incident="northlight:2025-02",
                    source="northlight",
                    source_name="Northlight Lab",
                    kind="lab_report",
                    reliability="B",
                    credibility=2,
                    published_at=D(2026, 1, 22),
                    counted=True,
                    address_hash="9f31c0aa77e41b02",
                ),
                *(
                    say.LedgerPublication(
                        incident=f"press:{n}",
                        source="daily-courier",
                        source_name="Daily Courier",
                        kind="news",
                        reliability="C",
                        credibility=3,
                        published_at=D(2026, 1, 23),
                        address_hash=f"{n:02d}aa77e41b029f31",
                    )
                    for n in range(9)
                ),
            ),
        ),
        say.LedgerTerm(
            label="Regional Press Union",
            kind="support",
            weight=612_000,
            evidence_level="E1",
            attribution_level="A1",
            sentence="an organization tells of the same days from its own members, without forensic findings",
            publications=(
                say.LedgerPublication(
                    incident="rpu:77",
                    source="rpu",
                    source_name="Regional Press Union",
                    kind="ngo_report",
                    reliability="C",
                    credibility=2,
                    published_at=D(2025, 4, 2),
                    counted=True,
                ),
            ),
        ),
        say.LedgerTerm(
            label="Oversight committee",
            kind="contradiction",
            weight=-905_000,
            sentence="the committee read the system's logs of two of the three weeks and found no target of this class",
            publications=(
                say.LedgerPublication(
                    incident="qm-oversight:5",
                    source="qm-oversight",
                    source_name="Parliamentary oversight committee",
                    kind="oversight_body",
                    reliability="B",
                    credibility=3,
                    published_at=D(2026, 2, 11),
                    counted=True,
                ),
            ),
        ),
    )
    total = sum(term.weight for term in ledger)
    return say.Case(
        key="incident:northlight:2025-02",
        kind="incident",
        band="alert",
        band_reason="one origin at E3/A2 or better that fits by at least 80 %",
        verdict="engaged",
        rule="purpose_outside_the_pledge",
        sentence=(
            "An account of at least 3 journalists whose phones were intercepted in February 2025 appears "
            "inconsistent with clause c2 of license XA/2023/0117, which permits use against terrorism "
            "and serious crime only"
        ),
        occurred=Period(start=D(2025, 2, 3), end=D(2025, 2, 21)),
        known_since=D(2026, 1, 22),
        members=("northlight:2025-02", "rpu:77"),
        evidence_level="E3",
        attribution_level="A2",
        assertions=(
            say.Assertion(
                matter="attack",
                claimed="phones of three persons intercepted",
                confidence=95,
                reason="forensic finding of one laboratory",
            ),
            say.Assertion(
                matter="product", claimed="Lantern", confidence=85, fit=1_000_000, reason="named and licensed"
            ),
            say.Assertion(
                matter="operator_state",
                claimed="QM",
                confidence=75,
                fit=1_000_000,
                reason="the destination of the license",
            ),
            say.Assertion(
                matter="agency", claimed="not known", fit=920_000, reason="three agencies hold licenses; none is named"
            ),
            say.Assertion(
                matter="time",
                claimed="3 to 21 February 2025",
                confidence=90,
                fit=1_000_000,
                reason="16 months after activation, license in force",
            ),
            say.Assertion(
                matter="purpose",
                claimed="suppression of reporting",
                confidence=60,
                reason="not among the permitted purposes; the laboratory infers it from the choice of targets",
            ),
        ),
        candidates=CANDIDATES,
        group=GROUP,
        m=920_000,
        ledger=ledger,
        total=total,
        probability=157_600,
        how_sure="fairly sure that it happened with a system of this kind; which of three licenses it was is open",
        victims=(
            say.VictimCount(klass="journalist", count=3, qualifier="at_least", country="QM"),
            say.VictimCount(klass="protester", count=40, qualifier="at_least"),
        ),
        alternatives=(
            say.Alternative(
                kind="before_delivery", state="ruled_out", reason="the first delivery is on record for 4 September 2023"
            ),
            say.Alternative(
                kind="lawful_warrant",
                state="open",
                reason="a warrant is claimed; the offence alleged carries at most 3 years, below the 6 of the pledge",
            ),
            say.Alternative(
                kind="other_agency",
                state="open",
                reason="the account names no agency; two others hold the same product",
            ),
            say.Alternative(
                kind="transferred_or_stolen", state="open", reason="the last inventory verified 2 of 3 pieces"
            ),
        ),
        replies=(
            say.Reply(
                by="The end user",
                at=D(2026, 2, 2),
                sentence=(
                    "the Bureau states that every measure was covered by a court's warrant and denies "
                    "any measure against the press"
                ),
                weight=0,
            ),
            say.Reply(
                by="Oversight body",
                at=D(2026, 2, 11),
                sentence=(
                    "the parliamentary committee read the logs of two of the three weeks and found no "
                    "journalist among the targets"
                ),
                weight=-905_000,
            ),
        ),
        unknown=(
            "which agency operated the system",
            "what offence, if any, was alleged",
            "what the logs of the third week hold",
        ),
        actionable=True,
        evidence=(
            say.Evidence(fact="incident:northlight:2025-02", revision=2, hash="9f31c0aa77e41b029f31c0aa77e41b02"),
            say.Evidence(fact="incident:rpu:77", revision=1, hash="0b11c0aa77e41b029f31c0aa77e41bff"),
            say.Evidence(fact="license:xa-register:LIC-2023-0117", revision=3, hash="77e4c0aa77e41b029f31c0aa77e41b55"),
        ),
    )


def silence_case() -> say.Case:
    return say.Case(
        key="silence:c9:2025-10-01",
        kind="silence",
        band="review",
        band_reason="more than 60 days overdue",
        verdict="appears_inconsistent",
        rule="report_overdue",
        sentence=(
            "The inventory due on 1 October 2025 has not come, which appears inconsistent with clause c9 "
            "of license XA/2023/0117"
        ),
        due=D(2025, 10, 1),
        known_since=D(2025, 10, 2),
        how_sure="certain that nothing came; why is open",
        alternatives=(
            say.Alternative(
                kind="report_in_transit", state="open", reason="a report may be on its way or filed elsewhere"
            ),
        ),
        unknown=("whether the inventory was made",),
        evidence=(
            say.Evidence(fact="license:xa-register:LIC-2023-0117", revision=3, hash="77e4c0aa77e41b029f31c0aa77e41b55"),
        ),
    )


OPTIONS = (
    say.Option(
        kind="ask_exporter",
        sentence=(
            "ask for logs and telemetry of 3 to 21 February 2025; the license obliges the exporter to "
            "answer within 10 days"
        ),
    ),
    say.Option(
        kind="ask_end_user",
        sentence="ask which warrant covered the measures, and for what offence; the pledge gives 30 days",
    ),
    say.Option(kind="hold_pending", sentence="hold the renewal expected by 30 April 2026 until the answer is in"),
    say.Option(
        kind="suspend",
        sentence="suspend in whole or part; no notice is needed under the terms of the license",
        two_persons=True,
    ),
)


def group_alert() -> Alert:
    """An incident with three candidates, replies, a contradiction, beside a silence on the same license."""
    return Alert(
        id="QM~xa-register:LIC-2023-0117~c2",
        version="5d1e9c22a0b7f3d4",
        band="alert",
        destination="QM",
        title=(
            "An account of intercepted journalists appears inconsistent with the permitted purpose of "
            "license XA/2023/0117"
        ),
        clause=clause(),
        license=license_of("xa-register:LIC-2023-0117", "XA", "Meridian Signals", "XA/2023/0117"),
        cases=(incident_case(),),
        options=OPTIONS,
        decisions=(
            say.DecisionNote(
                ref="authority:d1",
                kind="ask_exporter",
                by_role="licensing-desk-3",
                at=at(2026, 2, 4),
                reason="Logs asked for.",
                until=D(2026, 2, 18),
            ),
        ),
        reports=(
            say.RelatedReport(
                ref="xa-embassy:2025-11",
                kind="post_shipment",
                performed=Period(start=D(2025, 11, 5)),
                outcome="favourable_with_findings",
                sentence="The last check on site counted 2 of 3 pieces; use and logs were not checked",
            ),
        ),
        status="acknowledged",
        assigned_to="licensing-desk-3",
        waiting_for="licensing-desk-3 waits for the exporter's answer, due on 18 February 2026",
        first_known=D(2026, 1, 22),
        assessed_on=D(2026, 2, 11),
        versions=VERSIONS,
        may_use_for=("officer", "partners"),
    )


def both_alert() -> Alert:
    """An urgent alert whose license also has a report overdue: two cases."""
    alert = group_alert()
    return msgspec.structs.replace(
        alert,
        id="QM~xa-register:LIC-2023-0117~c9",
        band="urgent",
        status="open",
        assigned_to=None,
        waiting_for=None,
        title="Two things appear inconsistent with the inventory clause of license XA/2023/0117",
        decisions=(),
        clause=clause(
            "item_inventory",
            id="c9",
            text="Der Endverwender übermittelt jährlich ein vollständiges Verzeichnis.",
            language="de",
            version=1,
            valid_from=D(2023, 5, 1),
            checkability="A",
            other_versions=(),
        ),
        cases=(
            silence_case(),
            msgspec.structs.replace(
                incident_case(), band="urgent", verdict="appears_inconsistent", candidates=CANDIDATES[:1], group=None
            ),
        ),
    )


def silence_alert() -> Alert:
    return Alert(
        id="QN~xa-register:LIC-2022-0031~r1",
        version="aa00bb11",
        band="review",
        destination="QN",
        title="An overdue inventory appears inconsistent with the reporting duty of license XA/2022/0031",
        clause=clause(
            "reporting_cadence",
            id="r1",
            text="The End User shall submit an inventory every twelve months.",
            version=1,
            valid_from=None,
            checkability="A",
            other_versions=(),
        ),
        license=license_of(
            "xa-register:LIC-2022-0031",
            "XA",
            "Meridian Signals",
            "XA/2022/0031",
            deliveries=(),
            pending=(),
            destinations=("QN",),
            pledge_by=None,
            pledge_signed_at=None,
        ),
        cases=(silence_case(),),
        first_known=D(2025, 10, 2),
        assessed_on=D(2025, 12, 1),
        versions=VERSIONS,
        options=(say.Option(kind="order_check", sentence="bring the next check forward"),),
    )


def closed_alert() -> Alert:
    judged = msgspec.structs.replace(incident_case(), open=False, band="watch", candidates=CANDIDATES[:1], group=None)
    return Alert(
        id="QP~xa-register:LIC-2021-0007~c1",
        version="cc22",
        status="closed",
        band="watch",
        destination="QP",
        title="An account of a lawyer's phone appears inconsistent with the permitted purpose of license XA/2021/0007",
        clause=clause(),
        license=license_of("xa-register:LIC-2021-0007", "XA", "Meridian Signals", "XA/2021/0007"),
        cases=(judged,),
        first_known=D(2025, 5, 1),
        assessed_on=D(2025, 6, 1),
        versions=VERSIONS,
        decisions=(
            say.DecisionNote(
                ref="authority:d7",
                kind="close",
                by_role="licensing-desk-1",
                at=at(2025, 6, 1),
                reason="The warrant was produced.",
                close_reason="explained_lawful",
            ),
        ),
    )


def other_state_alert() -> Alert:
    """The second candidate of the group, under a license of another issuing state."""
    case = msgspec.structs.replace(incident_case(), band="review", m=800_000)
    return msgspec.structs.replace(
        group_alert(),
        id="QM~xb-register:B/23/88~p4",
        band="review",
        status="open",
        decisions=(),
        assigned_to=None,
        waiting_for=None,
        title=(
            "An account of intercepted journalists appears inconsistent with the permitted purpose of license B/23/88"
        ),
        license=license_of("xb-register:B/23/88", "XB", "Brightwater Optics", "B/23/88"),
        cases=(case,),
        reports=(),
    )


def context_alert() -> Alert:
    case = msgspec.structs.replace(
        incident_case(),
        key="incident:tips:1",
        band="context",
        candidates=(),
        group=None,
        ledger=(),
        total=None,
        probability=None,
        replies=(),
        victims=(
            say.VictimCount(klass="lawyer", count=2, qualifier="approx"),
            say.VictimCount(klass="protester", count=40, qualifier="at_least"),
        ),
        how_sure="it lies before the first delivery",
    )
    return msgspec.structs.replace(
        group_alert(),
        id="QN~xa-register:LIC-2022-0031~c1",
        destination="QN",
        band="context",
        status="open",
        cases=(case,),
        decisions=(),
        reports=(),
        options=(),
        waiting_for=None,
        assigned_to=None,
        title="An account from before the first delivery stands beside license XA/2022/0031",
        license=license_of("xa-register:LIC-2022-0031", "XA", "Meridian Signals", "XA/2022/0031", destinations=("QN",)),
    )


WITHDRAWN = Alert(id="QP~xa-register:LIC-2020-0002~c1", status="withdrawn", destination="QP", assessed_on=D(2026, 3, 2))


def withdrawn_before() -> Alert:
    return msgspec.structs.replace(
        closed_alert(),
        id=WITHDRAWN.id,
        status="open",
        decisions=(),
        title="A retracted account appeared inconsistent with license XA/2020/0002",
        assessed_on=D(2026, 2, 20),
        cases=(msgspec.structs.replace(incident_case(), candidates=CANDIDATES[:1], group=None),),
        band="alert",
    )


class WorldCounts(msgspec.Struct, frozen=True, kw_only=True):
    facts: Mapping[str, int]
    freshness: Mapping[str, dt.datetime]
    parked: int = 0


INCIDENT = Incident(
    id="2025-02",
    source="northlight",
    revision=2,
    occurred=Period(start=D(2025, 2, 3), end=D(2025, 2, 21)),
    technology="mobile_interception_imsi",
    victims=(Victims(klass="journalist", count=3),),
    evidence_level="E3",
    publications=(Publication(source="northlight", kind="lab_report", credibility=2),),
    recorded_at=at(2026, 1, 22),
)
LICENSE = License(
    id="B/23/88",
    source="xb-register",
    issuing_state="XB",
    exporter="Brightwater Optics",
    end_user="Bureau",
    destinations=(Destination(country="QM"),),
    items=(LicensedItem(item_ref="i1", product="Lantern"),),
    valid_from=D(2023, 5, 1),
    clauses=(Clause(id="p4", kind="permitted_purpose", text="Only so."),),
)
REPORT = PostShipmentReport(
    id="r9",
    source="xb-embassy",
    license="xb-register:B/23/88",
    destination="QM",
    kind="post_shipment",
    performed=Period(start=D(2025, 1, 2)),
)


class World:
    """What the warehouse would answer; `alerts` may be emptied or changed by a test."""

    def __init__(self) -> None:
        alerts = [
            silence_alert(),
            group_alert(),
            both_alert(),
            closed_alert(),
            other_state_alert(),
            context_alert(),
            WITHDRAWN,
        ]
        self.newest = {alert.id: alert for alert in alerts}
        opened = msgspec.structs.replace(
            group_alert(),
            band="watch",
            version="01",
            assessed_on=D(2025, 4, 2),
            decisions=(),
            status="open",
            cases=(msgspec.structs.replace(incident_case(), band="watch", evidence=incident_case().evidence[1:]),),
        )
        raised = msgspec.structs.replace(
            opened, band="alert", version="02", assessed_on=D(2026, 1, 22), cases=(incident_case(),)
        )
        self.past = {
            group_alert().id: [(at(2025, 4, 2), opened), (at(2026, 1, 22), raised), (at(2026, 2, 11), group_alert())],
            WITHDRAWN.id: [(at(2026, 2, 20), withdrawn_before()), (at(2026, 3, 2), WITHDRAWN)],
        }
        self.stored: list[AnyFact] = [
            INCIDENT,
            msgspec.structs.replace(INCIDENT, revision=1, evidence_level="E1"),
            LICENSE,
            REPORT,
            Retraction(id="gone", source="northlight", of="incident", revision=1, recorded_at=at(2026, 3, 2)),
        ]
        self.heard = {"northlight": at(2026, 1, 22), "xa-register": at(2026, 3, 12), "xa-embassy": at(2025, 11, 6)}
        self.held: list[Hold] = []
        self.erased: set[str] = set()
        self.set_aside = [
            Parked(
                topic="incidents",
                partition=3,
                offset=118,
                stage="check",
                key="incident:daily-courier:9",
                source="daily-courier",
                hash="ab12",
                at=at(2026, 3, 1),
                problems=(Problem(path="/victims/0/count", found="-1", expected="a whole number of at least 0"),),
            ),
            Parked(
                topic="reports",
                partition=0,
                offset=7,
                stage="decode",
                at=at(2026, 3, 2),
                problems=(Problem(path="", found="bytes that are no UTF-8", expected="JSON in UTF-8"),),
            ),
        ]
        self.day: dt.date | None = TODAY
        self.notified = True
        self.then: dict[Standpoint, World] = {}
        """Worlds of past standpoints, as a test puts them there."""

    def at(self, standpoint: Standpoint) -> World:
        """The world of a past standpoint: by default the alerts that had been told by the day."""
        if standpoint not in self.then:
            past = World()
            day = standpoint.day or TODAY
            told = {id: [a for on, a in self.history(id) if on.date() <= day] for id in self.newest}
            past.newest = {
                id: records[-1] for id, records in told.items() if records and records[-1].status != "withdrawn"
            }
            past.stored = [f for f in self.stored if standpoint.knows(f)]
            past.day = day
            self.then[standpoint] = past
        return self.then[standpoint]

    def alerts(
        self,
        *,
        status: str | None = None,
        band: str | None = None,
        destination: str | None = None,
        issuing_state: str | None = None,
        limit: int = 500,
    ) -> list[Alert]:
        found = [a for a in self.newest.values() if a.status == status or (status is None and a.status != "withdrawn")]
        found = [a for a in found if band in (None, a.band) and destination in (None, a.destination)]
        return [a for a in found if issuing_state is None or (a.license and a.license.issuing_state == issuing_state)][
            :limit
        ]

    def alert(self, id: str) -> Alert | None:
        return self.newest.get(id)

    def history(self, id: str) -> list[tuple[dt.datetime, Alert]]:
        return self.past.get(id) or [(at(2026, 1, 1), a) for a in [self.newest.get(id)] if a]

    def fact(self, key: str) -> list[AnyFact]:
        return sorted((f for f in self.stored if fact_key(f) == key), key=lambda f: -f.revision)

    def facts(self) -> list[AnyFact]:
        return self.stored

    def remarks(self, destination: str | None = None) -> list[Remark]:
        notes = (
            Remark(
                destination="QM",
                kind="unmatched_incident",
                subject="northlight:2024-11",
                sentence="An account at E3 names a product that no license of this state covers",
                needed="a license of another state, or that the item is under control",
            ),
            Remark(
                destination="QM",
                kind="flood",
                subject="March 2026",
                sentence="500 unproven accounts came within 3 days from sources that nobody graded; they raise nothing",
                needed="an analyst's look at the sources",
            ),
        )
        return list(notes) if destination in (None, "QM") else []

    def notices(self, alert_id: str | None = None) -> list[Notice]:
        told = Notice(
            id="n1",
            channel="desk mailbox",
            alerts=(group_alert().id,),
            versions=("02",),
            transition="raised",
            band="alert",
            destinations=("QM",),
            at=at(2026, 1, 22, 9),
            subject="An alert was raised",
        )
        return [told] if self.notified and alert_id in (None, group_alert().id) else []

    def parked(self, source: str | None = None, limit: int = 100) -> list[Parked]:
        return [record for record in self.set_aside if source in (None, record.source)][:limit]

    def holds(self) -> list[Hold]:
        return self.held

    def is_erased(self, key: str) -> bool:
        return key in self.erased

    def today(self) -> dt.date | None:
        return self.day

    def counts(self) -> WorldCounts:
        return WorldCounts(
            facts={"incident": 512, "license": 6, "report": 14, "tick": 730} if self.heard else {}, freshness=self.heard
        )


class Log:
    """Takes decisions; refuses or waits when told to."""

    def __init__(self) -> None:
        self.taken: list[AnyFact] = []
        self.fault: Exception | None = None

    async def submit(self, facts: Sequence[AnyFact]) -> object:
        if self.fault:
            raise self.fault
        self.taken.extend(facts)
        return None


KEYS = {
    "pw_desk": Access(name="licensing-desk-3", scopes=frozenset({"officer"}), states=frozenset({"XA"})),
    "pw_second": Access(name="head-of-licensing", scopes=frozenset({"officer"})),
    "pw_all": Access(name="demo-desk", scopes=frozenset({"officer", "staff"})),
    "pw_staff": Access(name="monitoring", scopes=frozenset({"staff"})),
    "pw_feed": Access(name="daily-courier desk", source="daily-courier", scopes=frozenset({"feed"})),
}
TOUR = Tour(
    (
        TourStep(
            "A state signs",
            "A ministry pledges, and three serials are delivered.",
            "/facts/license:xb-register:B/23/88",
            D(2023, 5, 1),
        ),
        TourStep(
            "Ten articles, one origin",
            "Ten articles draw on one account. The alert stays at watch.",
            "/alerts/QM~xa-register:LIC-2023-0117~c2?as_known_at=2025-04-02",
            D(2025, 4, 2),
        ),
        TourStep(
            "The laboratory reports",
            "Eleven months late, the clause is quoted as it stood then.",
            "/alerts/QM~xa-register:LIC-2023-0117~c2#why",
            D(2026, 1, 22),
        ),
    )
)
NAMES = {"QM": "Marisol", "QN": "Norrland Isles", "QP": "Palatine", "XA": "Arden", "XB": "Belmark", "XC": "Corvia"}


def page_ports(world: World, log: Log, key: str | None = "pw_desk", **changes: object) -> PagePorts:
    """Ports over the small world, for the bearer of `key`; `None`: nobody is known."""
    ports = PagePorts(
        reads=world,
        rulings=world,
        past=world.at,
        ask=lambda _: Answer((), []),
        survey=lambda at: Survey(world.stored, at),
        submit=log.submit,
        clock=lambda: NOW,
        authority="Export Control Office of Arden",
        tour=TOUR,
        access_of=lambda _: KEYS.get(key or ""),
        check_key=lambda _, token: KEYS.get(token),
        session=lambda _, token: Cookie(key="pledgewatch-session", value="s") if token in KEYS else None,
        country_name=NAMES.get,
    )
    return msgspec.structs.replace(ports, **changes)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def visit(world: World, log: Log):
    """`visit("pw_desk")` is a browser of the bearer of that key."""
    opened = []

    def browser(key: str | None = "pw_desk", **changes: object) -> TestClient[Litestar]:
        client = TestClient(
            Litestar(list(page_routes(page_ports(world, log, key, **changes)))), base_url="http://127.0.0.1:8460"
        )
        opened.append(client)
        return client.__enter__()

    yield browser
    for client in opened:
        client.__exit__(None, None, None)
