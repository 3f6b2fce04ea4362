"""Builders of valid facts: a test states only what it is about."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import msgspec

from schemas import (
    AnyFact,
    Clause,
    Decision,
    Delivery,
    Erasure,
    Hold,
    Incident,
    Judgment,
    License,
    Name,
    Period,
    Pledge,
    Policy,
    PostShipmentReport,
    Retraction,
    Tick,
)
from schemas.alert import Alert
from schemas.common import Claimed
from schemas.decision import Judged
from schemas.delivery import DeliveredItem
from schemas.erasure import ERASURES, erasure_id, key_digest
from schemas.incident import ClaimedProduct, Operator, Publication, Victims
from schemas.license import ClauseParameters, Destination, LicensedItem
from schemas.policy import RegisteredSource
from streams.rules.assess import Assessment, assess_facts
from streams.rules.policy import shipped_policy

UTC = dt.UTC
TODAY = dt.date(2026, 6, 1)

SOURCES = (
    RegisteredSource(source="lab-a", name="Lab A", kind="lab", reliability="A", max_evidence="E4", max_attribution="A3"),
    RegisteredSource(source="lab-b", name="Lab B", kind="lab", reliability="B", max_evidence="E3", max_attribution="A2"),
    RegisteredSource(source="paper-a", name="Paper A", kind="news", reliability="B", max_evidence="E1", max_attribution="A1"),
    RegisteredSource(source="paper-b", name="Paper B", kind="news", reliability="B", max_evidence="E1", max_attribution="A1"),
    RegisteredSource(source="paper-d", name="Paper D", kind="news", reliability="D", max_evidence="E1", max_attribution="A1"),
    RegisteredSource(source="court", name="A court", kind="court", reliability="A", max_evidence="E5", max_attribution="A4"),
    RegisteredSource(source="tips", name="Tip line", kind="anonymous", reliability="F", max_evidence="E0", max_attribution="A0"),
    RegisteredSource(source="embassy-qm", name="Embassy of QM", kind="embassy", reliability="B"),
    RegisteredSource(source="exporter-a", name="Exporter A", kind="exporter", reliability="C"),
    RegisteredSource(source="expert", name="Independent expert", kind="ngo", reliability="B", max_evidence="E3", max_attribution="A2"),
)  # fmt: skip


def at(day: dt.date | str, hour: int = 12) -> dt.datetime:
    """A moment of a day, UTC."""
    day = dt.date.fromisoformat(day) if isinstance(day, str) else day
    return dt.datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def day(text: str) -> dt.date:
    """A day from its ISO text."""
    return dt.date.fromisoformat(text)


def period(start: str, end: str | None = None, precision: str = "day") -> Period:
    """A period from ISO texts."""
    return Period(start=day(start), end=day(end) if end else None, precision=precision)  # type: ignore[arg-type]


def a_policy(*, sources: Sequence[RegisteredSource] = SOURCES, **changed: object) -> Policy:
    """The shipped policy with a source register."""
    return msgspec.structs.replace(
        shipped_policy(), id="test", source="authority", version="test-1", sources=tuple(sources), **changed
    )


def a_clause(kind: str, id: str | None = None, **changed: object) -> Clause:
    """A clause of a kind; parameters may be given by name."""
    known = set(ClauseParameters.__struct_fields__)
    parameters = {k: v for k, v in changed.items() if k in known}
    rest = {k: v for k, v in changed.items() if k not in known}
    text = rest.pop("text", f"The words of the {kind} clause.")
    return Clause(
        id=id or kind.replace("_", "-"), kind=kind, text=text, parameters=ClauseParameters(**parameters), **rest
    )  # type: ignore[arg-type]


CLAUSES = (
    a_clause("permitted_purpose", purposes=("terrorism", "serious_crime"), threshold_years=6),
    a_clause("prohibited_target_class", classes=("journalist", "politician_opposition")),
    a_clause("legal_authorisation"),
)


def a_license(id: str = "L1", destination: str = "XA", *, product: str = "Lantern", **changed: object) -> License:
    """A license of Lantern to the Bureau of XA, delivered or not."""
    fields: dict[str, object] = {
        "id": id,
        "source": "authority",
        "recorded_at": at("2023-01-10"),
        "issuing_state": "QM",
        "exporter": "Brightwater Systems",
        "end_user": "Bureau of Inquiry",
        "destinations": (Destination(country=destination),),
        "items": (LicensedItem(item_ref="i1", product=product, technology="intrusion_spyware", quantity=10),),
        "valid_from": day("2023-01-01"),
        "valid_to": day("2025-12-31"),
        "pledge": Pledge(signatory_role="Ministry of the Interior", signed_at=day("2022-12-01")),
        "clauses": CLAUSES,
    }
    return License(**fields | changed)  # type: ignore[arg-type]


def a_delivery(license: License | None = None, id: str = "D1", **changed: object) -> Delivery:
    """A delivery of two serials to the license's destination in March 2023."""
    license = license or a_license()
    country = license.destinations[0].country
    fields: dict[str, object] = {
        "id": id,
        "source": "exporter-a",
        "recorded_at": at("2023-03-05"),
        "license": license.ref,
        "destination": country,
        "delivered_to": country,
        "delivered": period("2023-03-01"),
        "items": (DeliveredItem(item_ref="i1", product="Lantern", serials=("SN-1", "SN-2")),),
    }
    return Delivery(**fields | changed)  # type: ignore[arg-type]


def a_publication(
    source: str = "lab-a", credibility: int = 2, origin: str | None = "origin-1", **changed: object
) -> Publication:
    """A publication; by default a lab's report with a declared origin."""
    kind = {"lab": "lab_report", "paper": "news", "tips": "anonymous", "court": "court"}.get(
        source.split("-", maxsplit=1)[0], "news"
    )
    return Publication(source=source, kind=kind, credibility=credibility, origin=origin, **changed)  # type: ignore[arg-type]


def an_incident(id: str = "I1", destination: str | None = "XA", **changed: object) -> Incident:
    """A lab's account: journalists in XA, product and state named on strong grounds, in June 2024."""
    fields: dict[str, object] = {
        "id": id,
        "source": "desk",
        "recorded_at": at("2025-05-02"),
        "occurred": period("2024-06-03", "2024-06-20"),
        "published_at": day("2025-05-01"),
        "technology": "intrusion_spyware",
        "products": (ClaimedProduct(name="Lantern"),),
        "operators": (Operator(country=destination),) if destination else (),
        "operator_agency": Claimed(name="Bureau of Inquiry"),
        "evidence_level": "E3",
        "attribution_level": "A2",
        "attack_result": "successful",
        "publications": (a_publication(),),
        "victims": (Victims(klass="journalist", count=3),),
    }
    return Incident(**fields | changed)  # type: ignore[arg-type]


def a_paper(
    id: str = "I1", source: str = "paper-a", origin: str | None = "origin-1", credibility: int = 3, **changed: object
) -> Incident:
    """A newspaper's account, graded B3 by default."""
    publications = (a_publication(source, credibility, origin),)
    defaults: dict[str, object] = {"publications": publications, "evidence_level": "E1", "attribution_level": "A1"}
    return an_incident(id, **defaults | changed)


def a_report(
    license: License | None = None, id: str = "R1", kind: str = "periodic_self_report", **changed: object
) -> PostShipmentReport:
    """A report on the license's destination, performed on 1 September 2023."""
    license = license or a_license()
    fields: dict[str, object] = {
        "id": id,
        "source": "embassy-qm",
        "recorded_at": at("2023-09-05"),
        "license": license.ref,
        "destination": license.destinations[0].country,
        "kind": kind,
        "performed": period("2023-09-01"),
    }
    return PostShipmentReport(**fields | changed)  # type: ignore[arg-type]


def a_judgment(kind: str = "same_event", incidents: Sequence[str] = (), id: str = "J1", **changed: object) -> Judgment:
    """An analyst's judgment."""
    fields: dict[str, object] = {
        "id": id, "source": "analysts", "recorded_at": at("2025-06-01"), "kind": kind, "by_role": "analyst",
        "at": at("2025-06-01"), "incidents": tuple(incidents),
    }  # fmt: skip
    return Judgment(**fields | changed)  # type: ignore[arg-type]


def a_decision(alert: Alert, kind: str = "close", id: str = "C1", **changed: object) -> Decision:
    """A decision that judges all evidence of the alert's open cases."""
    judged = {(e.fact, e.revision) for c in alert.cases if c.open for e in c.evidence}
    fields: dict[str, object] = {
        "id": id, "source": "authority", "recorded_at": at("2025-07-01"), "alert": alert.id, "kind": kind,
        "by_role": "licensing officer", "at": at("2025-07-01"), "close_reason": "unfounded" if kind == "close" else None,
        "judged": tuple(Judged(fact=f, revision=r) for f, r in sorted(judged)),
    }  # fmt: skip
    return Decision(**fields | changed)  # type: ignore[arg-type]


def a_tick(today: dt.date | str = TODAY) -> Tick:
    """The day has begun."""
    today = day(today) if isinstance(today, str) else today
    return Tick(id=today.isoformat(), source="clock", day=today, recorded_at=at(today, 0))


def a_retraction(fact: AnyFact, **changed: object) -> Retraction:
    """Takes back a fact in every revision so far."""
    fields: dict[str, object] = {
        "of": fact.__struct_config__.tag, "id": fact.id, "source": fact.source, "revision": fact.revision,
        "recorded_at": at("2025-12-01"),
    }  # fmt: skip
    return Retraction(**fields | changed)  # type: ignore[arg-type]


def an_erasure(fact: AnyFact, *, confirmed: bool = True, **changed: object) -> Erasure:
    """The erasure of a fact, asked for and, unless told otherwise, confirmed."""
    kind = fact.__struct_config__.tag
    digest = key_digest(f"{kind}:{fact.source}:{fact.id}")
    fields: dict[str, object] = {
        "id": erasure_id(digest), "source": ERASURES, "of": kind, "of_source": fact.source, "digest": digest,
        "recorded_at": at("2026-01-10"), "why": "asked for by the person concerned",
        "asked_by": "data protection desk", "asked_at": at("2026-01-09"),
    }  # fmt: skip
    if confirmed:
        fields |= {"revision": 2, "confirmed_by": "head of licensing", "confirmed_at": at("2026-01-10")}
    return Erasure(**fields | changed)  # type: ignore[arg-type]


def a_hold(on: str, id: str = "H1", **changed: object) -> Hold:
    """A litigation hold on a fact (`kind:source:id`) or an alert."""
    fields: dict[str, object] = {
        "id": id, "source": "authority", "on": on, "by_role": "legal desk", "at": at("2026-01-05"),
        "recorded_at": at("2026-01-05"), "why": "proceedings before a court",
    }  # fmt: skip
    return Hold(**fields | changed)  # type: ignore[arg-type]


def a_name(entity: str, name: str, kind: str = "product", id: str | None = None, **changed: object) -> Name:
    """A row of the register of names."""
    return Name(
        id=id or f"{entity}-{abs(hash(name)) % 10**8}",
        source="register",
        entity=entity,
        name=name,
        kind=kind,
        **changed,
    )  # type: ignore[arg-type]


def assessed(*facts: AnyFact, destination: str = "XA", today: dt.date | None = None) -> Assessment:
    """The assessment of one destination in a world of `facts`; a policy and a tick are added where none is given."""
    world = list(facts)
    if not any(isinstance(f, Policy) for f in world):
        world.append(a_policy())
    if today or not any(isinstance(f, Tick) for f in world):
        world.append(a_tick(today or TODAY))
    found = {a.destination: a for a in assess_facts(world)}
    return found[destination]


def alert_on(assessment: Assessment, clause: str, license: str = "authority:L1") -> Alert | None:
    """The alert on one clause of one license, if there is one."""
    key = f"{assessment.destination}~{license}~{clause}"
    return next((a for a in assessment.alerts if a.id == key), None)
