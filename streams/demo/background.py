"""What goes on beside the story: licenses that are kept or nearly kept, small news, officers at work.

Where something is drawn, it is drawn from one seeded generator, so that the world is always the same.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from random import Random
from typing import NamedTuple

import msgspec

from schemas import Decision, Delivery, Incident, Judgment, Period, PostShipmentReport
from schemas.common import Claimed
from schemas.decision import Judged
from schemas.incident import ClaimedProduct, Denial, Operator, Publication, Victims
from schemas.report import ClauseFinding, ReportedItem
from schemas.vocabulary import Tlp, VictimClass
from streams.demo.actors import EMBASSY, INSPECTORATE, MAKERS, OFFICER, PRODUCTS, agency
from streams.demo.granting import Grant, course
from streams.demo.telling import DESK, LAST_DAY, Known, at, day, days, known, published

SEED = 20240701


class Row(NamedTuple):
    """One license of the background; the letter of its number tells the issuing state."""

    number: str
    maker: str
    product: str
    end_user: str
    granted: str
    quantity: int
    limit: int


ROWS = (
    Row("N-2024-0203", "nimbrace", "waytrace", "xo-police", "2024-07-15", 2, 80),
    Row("V-2024-0119", "sondreval", "veillard", "xo-police", "2024-09-02", 1, 500),
    Row("T-2024-0231", "kastwerk", "entriegler", "xo-police", "2024-10-28", 10, 10),
    Row("N-2025-0081", "halcyrne", "sablefinch", "xo-service", "2025-01-06", 2, 20),
    Row("V-2025-0077", "perivane", "gallery", "xo-police", "2025-06-16", 40, 800),
    Row("T-2024-0240", "tollbrueck", "handover", "xr-police", "2024-08-05", 2, 400),
    Row("N-2024-0211", "wexmoor", "gatewing", "xr-border", "2024-11-18", 3, 60),
    Row("V-2025-0021", "colibrelle", "colibrelle", "xr-border", "2025-02-24", 5, 90),
    Row("T-2025-0041", "kastwerk", "entriegler", "xr-police", "2025-05-12", 6, 6),
    Row("V-2024-0123", "perivane", "concourse", "xs-guard", "2024-09-16", 16, 300),
    Row("N-2025-0085", "halcyrne", "sablefinch", "xs-guard", "2025-02-17", 2, 30),
    Row("T-2025-0047", "tollbrueck", "weissdorn", "xs-police", "2025-03-24", 4, 150),
    Row("V-2025-0082", "halcyrne-vd", "sablefinch", "xs-police", "2025-07-07", 1, 15),
    Row("N-2025-0090", "nimbrace", "waytrace", "xs-police", "2025-09-22", 2, 60),
    Row("T-2024-0249", "kastwerk", "entriegler", "xt-police", "2024-07-29", 4, 4),
    Row("V-2024-0130", "colibrelle", "colibrelle", "xt-police", "2024-12-16", 2, 40),
    Row("N-2025-0094", "wexmoor", "gatewing", "xt-customs", "2025-04-07", 2, 30),
    Row("V-2024-0134", "sondreval", "veillard", "xv-ministry", "2024-08-19", 2, 900),
    Row("T-2024-0255", "orbeck", "quillrest", "xv-ministry", "2024-10-21", 1, 12),
    Row("N-2025-0098", "halcyrne", "sablefinch", "xv-ministry", "2025-03-03", 2, 25),
    Row("T-2025-0052", "tollbrueck", "weissdorn", "xv-police", "2025-08-11", 6, 220),
    Row("V-2025-0091", "perivane", "concourse", "xv-police", "2025-10-06", 20, 350),
    Row("N-2024-0219", "nimbrace", "waytrace", "xw-police", "2024-09-09", 2, 70),
    Row("V-2024-0139", "perivane", "concourse", "xw-metro", "2024-11-11", 30, 600),
    Row("T-2025-0058", "kastwerk", "entriegler", "xw-police", "2025-02-10", 5, 5),
    Row("N-2025-0103", "halcyrne", "sablefinch", "xw-police", "2025-05-26", 1, 10),
    Row("V-2025-0097", "colibrelle", "colibrelle", "xw-metro", "2025-11-17", 3, 50),
    Row("T-2024-0261", "tollbrueck", "handover", "qz-customs", "2024-08-12", 2, 300),
    Row("V-2025-0030", "colibrelle", "colibrelle", "qz-customs", "2025-03-17", 2, 30),
    Row("N-2024-0226", "wexmoor", "gatewing", "xm-police", "2024-10-14", 2, 40),
    Row("T-2025-0063", "kastwerk", "entriegler", "xm-police", "2025-06-02", 4, 4),
    Row("V-2024-0144", "sondreval", "veillard", "xm-police", "2024-12-09", 1, 200),
)  # fmt: skip
ISSUING = {"N": "XA", "V": "XB", "T": "XC"}

OVERDUE = {"T-2024-0240": 46, "V-2024-0130": 130, "N-2025-0094": 75}
"""Licenses whose last reports are missing: how many days before today the silence begins, roughly."""


def grant_of(row: Row) -> Grant:
    """The license that a row stands for."""
    return Grant(
        id=row.number, issuing=ISSUING[row.number[0]], maker=row.maker, product=row.product, end_user=row.end_user,
        granted=day(row.granted), quantity=row.quantity, limit=row.limit, prefix=row.number.replace("-", ""),
    )  # fmt: skip


GRANTS = {row.number: grant_of(row) for row in ROWS}
LIVELY = ("XO", "XR", "XS", "XT", "XV", "XW")
"""Destinations of which small news is told."""


def background() -> Iterator[Known]:
    """All that goes on beside the story."""
    for number, grant in enumerate(GRANTS.values()):
        arrived = arrival(grant, number)
        yield from course(grant, arrived, parts=3, until=_last_report(grant))
        yield from _maintained(grant, arrived + days(340))
    yield from findings_of_inspectors()
    yield from small_news(Random(SEED))  # noqa: S311  (a story, not a secret)
    yield from strong_accounts()
    yield from the_desk_at_work()


def arrival(grant: Grant, number: int) -> dt.date:
    """Seven to twelve weeks after the grant."""
    return grant.granted + days(50 + 5 * (number % 8))


def _maintained(grant: Grant, when: dt.date) -> Iterator[Known]:
    """The maker's yearly visit: a delivery of work, without pieces."""
    if when < LAST_DAY - days(10):
        visit = Delivery(
            id=f"{grant.id}-M1", source=MAKERS[grant.maker].source, license=grant.ref, destination=grant.country,
            delivered_to=grant.country, delivered=Period(start=when), kind="maintenance",
        )  # fmt: skip
        yield Known(when + days(6), visit)


def _last_report(grant: Grant) -> dt.date:
    return LAST_DAY - days(grant.cadence_days + OVERDUE[grant.id]) if grant.id in OVERDUE else LAST_DAY


# --- inspectors -------------------------------------------------------------------------------------------------------


def findings_of_inspectors() -> Iterator[Known]:
    """Visits with a result: a shortfall, too much use, a kind word, nothing verified, a theft, a maker's step."""
    yield from known("2026-03-02", _shortfall(GRANTS["V-2024-0139"]))
    yield from known("2026-02-09", _too_much(GRANTS["V-2024-0134"]))
    yield from known("2025-11-10", _visit(GRANTS["N-2024-0203"], "2025-11-04", "favourable"))
    yield from known("2026-05-18", _visit(GRANTS["N-2024-0211"], "2026-05-12", "favourable_with_findings"))
    yield from known("2026-01-19", _visit(GRANTS["T-2024-0249"], "2026-01-13", "favourable"))
    yield from known("2026-06-22", _visit(GRANTS["V-2025-0091"], "2026-06-16", "unable_to_verify"))
    yield from known("2026-04-07", _visit(GRANTS["T-2025-0047"], "2026-03-31", "inconclusive"))
    yield from known("2026-06-29", _stolen(GRANTS["T-2025-0058"]))
    yield from known("2026-03-30", _restricted(GRANTS["N-2025-0098"]))


def _clause_of(grant: Grant, number_xa: str, number_xb: str, number_xc: str) -> str:
    return {"XA": number_xa, "XB": number_xb, "XC": number_xc}[grant.issuing]


def _shortfall(grant: Grant) -> PostShipmentReport:
    """Three of thirty cameras were looked for and not presented."""
    present, missing = grant.serials[:-3], grant.serials[-3:]
    return PostShipmentReport(
        id=f"{grant.id}-C1", source=INSPECTORATE[grant.issuing], license=grant.ref, destination=grant.country,
        kind="post_shipment", performed=Period(start=day("2026-02-24")), reporter_role="inspectorate",
        trigger="random", method="on_site", outcome="unfavourable", cooperation="partial",
        items=(
            ReportedItem(
                item_ref="item-1", product=PRODUCTS[grant.product].name, serials=present, missing_serials=missing,
                delivered=grant.quantity, presented=len(present), verified=len(present),
            ),
        ),
        reason_codes=("inventory_shortfall",), clause_findings=(ClauseFinding(clause="art-9", result="not_satisfied"),),
        note="Trois appareils n'ont pas été présentés ; leur lieu est inconnu.",
    )  # fmt: skip


def _too_much(grant: Grant) -> PostShipmentReport:
    """Thirteen hundred channels at one time, where nine hundred are allowed."""
    return PostShipmentReport(
        id=f"{grant.id}-C1", source=INSPECTORATE[grant.issuing], license=grant.ref, destination=grant.country,
        kind="compliance_visit", performed=Period(start=day("2026-02-03")), reporter_role="inspectorate",
        trigger="scheduled", method="on_site", outcome="unfavourable", cooperation="full", capacity_observed=1300,
        log_status="gaps", reason_codes=("capacity_exceeded", "log_gap"),
        clause_findings=(ClauseFinding(clause="art-8", result="not_satisfied"),),
    )  # fmt: skip


def _visit(grant: Grant, when: str, outcome: str) -> PostShipmentReport:
    """A visit by the embassy; what was seen says nothing of use."""
    seen = {"favourable": 1.0, "favourable_with_findings": 1.0, "unable_to_verify": 0.0, "inconclusive": 0.5}[outcome]
    verified = int(grant.quantity * seen)
    return PostShipmentReport(
        id=f"{grant.id}-S1", source=EMBASSY[grant.issuing], license=grant.ref, destination=grant.country,
        kind="post_shipment", performed=Period(start=day(when)), reporter_role="embassy", trigger="random",
        method="on_site" if verified else "video", outcome=outcome,  # type: ignore[arg-type]
        cooperation="full" if seen == 1.0 else "delayed",
        items=(
            ReportedItem(
                item_ref="item-1", product=PRODUCTS[grant.product].name, serials=grant.serials[:verified],
                delivered=grant.quantity, presented=verified, verified=verified,
            ),
        ),
        reason_codes=("unresponsive_party",) if outcome == "unable_to_verify" else (),
    )  # fmt: skip


def _stolen(grant: Grant) -> PostShipmentReport:
    return PostShipmentReport(
        id=f"{grant.id}-L1", source=EMBASSY[grant.issuing], license=grant.ref, destination=grant.country,
        kind="loss_theft_notice", performed=Period(start=day("2026-06-25")), reporter_role="end_user",
        method="documentary", cooperation="full", reason_codes=("lost_stolen_destroyed",),
        items=(ReportedItem(item_ref="item-1", product="Entriegler K4", missing_serials=grant.serials[-1:]),),
        note="Ein Gerät wurde aus einem Dienstwagen entwendet und binnen eines Tages gemeldet.",
    )  # fmt: skip


def _restricted(grant: Grant) -> PostShipmentReport:
    return PostShipmentReport(
        id="HAL-2026-09", source="exporter-halcyrne", license=grant.ref, destination=grant.country,
        kind="vendor_action", performed=Period(start=day("2026-03-26")), reporter_role="vendor",
        trigger="incident_alert", method="remote_telemetry", vendor_action="restricted", cooperation="full",
        note="One of two consoles was taken out of service while the question is open.",
    )  # fmt: skip


# --- small news -------------------------------------------------------------------------------------------------------

PAPERS = (
    ("quillon-gazette", "en"), ("fanal-de-brume", "fr"), ("abendbote-tannau", "de"), ("veleta-sur", "es"),
    ("harbor-dispatch", "en"), ("courrier-lys", "fr"), ("wochenschau-nord", "de"), ("tribuna-velhosa", "pt"),
    ("ruvenia-wire", "en"), ("lookout-blog", "en"),
)  # fmt: skip
CLASSES: tuple[VictimClass, ...] = (
    "journalist", "journalist", "journalist", "human_rights_defender", "lawyer", "media_staff", "politician_opposition",
    "academic", "protester",
)  # fmt: skip
"""Roughly in the shares seen in the open (`domain.md` 3.5)."""
MARKS: tuple[Tlp, ...] = ("CLEAR", "GREEN", "GREEN", "AMBER", "AMBER", "AMBER+STRICT")


def small_news(draw: Random) -> Iterator[Known]:
    """Eighty small accounts: most from one paper, some of no known operator, some that two papers tell on their own."""
    for number in range(1, 81):
        told = day("2024-09-10") + days(8 * number + draw.randrange(6))
        occurred = told - days(draw.choice((20, 60, 120, 200, 340, 400)))
        yield Known(told + days(draw.randrange(1, 5)), _news(draw, number, occurred, told))


def _news(draw: Random, number: int, occurred: dt.date, told: dt.date) -> Incident:
    target = draw.choice(LIVELY)
    grant = draw.choice([g for g in GRANTS.values() if g.country == target])
    product = PRODUCTS[grant.product]
    paper, language = draw.choice(PAPERS)
    names_product, names_operator = draw.random() < 0.6, draw.random() >= 0.3
    first = Publication(
        source=paper, kind="news", credibility=draw.choice((3, 3, 3, 4, 6)), origin=f"report-{number}",
        published_at=told, language=language,
    )  # fmt: skip
    second = Publication(
        source="veleta-sur" if paper != "veleta-sur" else "quillon-gazette", kind="news", credibility=3,
        origin=f"second-report-{number}" if number % 4 == 0 else None, published_at=told, language="es",
    )  # fmt: skip
    incident = Incident(
        id=f"INC-{told.year}-{500 + number:04d}", source=DESK,
        occurred=Period(start=occurred, precision=draw.choice(("day", "month", "month", "quarter"))),
        technology=product.technology, tlp=draw.choice(MARKS), published_at=told,
        operators=(Operator(country=target, confidence=draw.choice((50, 70, 85))),) if names_operator else (),
        products=(ClaimedProduct(name=product.name, confidence=draw.choice((50, 70, 90))),) if names_product else (),
        vendors=(Claimed(name=MAKERS[grant.maker].name, confidence=60),) if draw.random() < 0.4 else (),
        evidence_level=draw.choice(("E0", "E0", "E1", "E2")), attribution_level="A1" if names_operator else "A0",
        publications=(first, second) if number % 3 == 0 else (first,),
        attack_result=draw.choice(("successful", "successful", "attempted", "unknown")),
        victims=(
            Victims(
                klass=draw.choice(CLASSES), count=draw.choice((1, 1, 1, 2, 3, 6, 9, 22)),
                qualifier=draw.choice(("exact", "at_least")), country=target,
            ),
        ),
        alleged_purpose=draw.choice(("unknown", "political_monitoring", "suppression_of_reporting", "serious_crime")),
        expression_related=draw.choice(("yes", "unknown", "no")),
    )  # fmt: skip
    marked = _marked(incident, number, told)
    return _published(marked) if marked.tlp == "CLEAR" else marked


def _published(incident: Incident) -> Incident:
    return msgspec.structs.replace(incident, may_use_for=("officer", "partners", "publication"))


def _marked(incident: Incident, number: int, told: dt.date) -> Incident:
    """What is special about a few: an embargo, a draft, a test, a maker as the victim, a denial."""
    if number % 19 == 0:
        return msgspec.structs.replace(incident, embargo_until=told + days(60), tlp="RED")
    if number % 17 == 0:
        return msgspec.structs.replace(incident, draft=True)
    if number % 23 == 0:
        return msgspec.structs.replace(incident, tense="test")
    if number % 29 == 0:
        return msgspec.structs.replace(incident, vendor_is_victim=True, victims=())
    if number % 7 == 0:
        denial = Denial(by="end_user", kind="not_our_system", at=told + days(1))
        return msgspec.structs.replace(incident, denials=(denial,))
    return incident


# --- strong accounts and officers -----------------------------------------------------------------------------------


class Strong(NamedTuple):
    """A laboratory's or network's account of the background."""

    key: str
    license: str
    first: str
    last: str
    told: str
    klass: VictimClass
    persons: int


STRONG = (
    Strong("INC-2025-0301", "N-2025-0085", "2025-06-02", "2025-06-27", "2026-05-11", "journalist", 7),
    Strong("INC-2025-0302", "V-2024-0123", "2025-04-28", "2025-05-02", "2025-12-08", "protester", 130),
    Strong("INC-2026-0303", "N-2025-0098", "2025-08-04", "2025-09-12", "2026-03-17", "media_staff", 3),
    Strong("INC-2026-0304", "T-2024-0231", "2025-03-10", "2025-03-14", "2026-02-02", "lawyer", 2),
    Strong("INC-2026-0305", "N-2025-0103", "2026-01-05", "2026-02-13", "2026-08-03", "journalist", 5),
    Strong("INC-2026-0306", "T-2025-0052", "2026-02-02", "2026-02-27", "2026-08-17", "politician_opposition", 11),
)


def strong_accounts() -> Iterator[Known]:
    """Six accounts that raise alerts, and what officers did about them."""
    for row in STRONG:
        yield Known(day(row.told) + days(2), _strong(row))
    yield from _officers()


def _strong(row: Strong) -> Incident:
    grant = GRANTS[row.license]
    product = PRODUCTS[grant.product]
    lab = "lab-corvid" if row.persons % 2 else "lab-tessera"
    fresh = row.key == "INC-2026-0306"  # told two weeks ago, and not yet for others
    return Incident(
        id=row.key, source=DESK, occurred=Period(start=day(row.first), end=day(row.last)),
        tlp="AMBER+STRICT" if fresh else "AMBER", embargo_until=day("2026-10-01") if fresh else None,
        ongoing=row.key == "INC-2026-0305",
        technology=product.technology, published_at=day(row.told), may_use_for=("officer", "exporter", "partners"),
        operators=(Operator(country=grant.country, confidence=90),),
        operator_agency=Claimed(name=agency(grant.end_user), confidence=85),
        products=(ClaimedProduct(name=product.name, confidence=95),), evidence_level="E3", attribution_level="A2",
        publications=(published(lab, "lab_report", 2, f"report-{row.key.lower()}", row.told),),
        attack_result="successful",
        victims=(
            Victims(klass=row.klass, count=row.persons, qualifier="exact", ground="opinion", country=grant.country),
        ),
        alleged_purpose="political_monitoring", expression_related="yes",
    )  # fmt: skip


def _barred(grant: Grant) -> str:
    return grant.alert(_clause_of(grant, "art-3", "art-2", "nr-2"))


def _officers() -> Iterator[Known]:
    guard, cameras = GRANTS["N-2025-0085"], GRANTS["V-2024-0123"]
    ministry, unlocker = GRANTS["N-2025-0098"], GRANTS["T-2024-0231"]
    taken_on = Decision(
        id="D-2026-0102", source=guard.source, alert=_barred(guard), kind="acknowledge", by_role=OFFICER["XA"],
        at=at("2026-05-14"), judged=(Judged(fact=f"incident:{DESK}:INC-2025-0301"),),
        reason="Taken on; the end user will be asked first.",
    )  # fmt: skip
    yield from known("2026-05-14", taken_on)
    yield from _decided("D-2026-0103", guard, "2026-05-20", "ask_end_user")
    yield from _decided("V-D-2026-004", cameras, "2025-12-15", "assign")
    yield from _decided("D-2026-0077", ministry, "2026-03-20", "ask_exporter")
    yield from _decided("D-2026-0089", ministry, "2026-04-13", "hold_pending")
    closing = Decision(
        id="T-D-2026-011", source=unlocker.source, alert=_barred(unlocker), kind="close", by_role=OFFICER["XC"],
        at=at("2026-04-27"), close_reason="remedied", judged=(Judged(fact=f"incident:{DESK}:INC-2026-0304"),),
        reason="Die Dienststelle hat die Einsatzregeln geändert und zwei Protokolle vorgelegt.",
    )  # fmt: skip
    yield from known("2026-04-27", closing)


def _decided(key: str, grant: Grant, when: str, kind: str) -> Iterator[Known]:
    decision = Decision(
        id=key, source=grant.source, alert=_barred(grant), kind=kind,  # type: ignore[arg-type]
        by_role=OFFICER[grant.issuing], at=at(when),
        until=day(when) + days(30) if kind.startswith("ask") else None,
        assigned_to="Bureau des caméras et de la reconnaissance" if kind == "assign" else None,
        party=MAKERS[grant.maker].name if kind == "ask_exporter" else None,
    )  # fmt: skip
    yield from known(when, decision)


def the_desk_at_work() -> Iterator[Known]:
    """Analysts regrade a source, take on a draft, join two accounts and take that back."""
    yield from known(
        "2025-08-04",
        Judgment(
            id="J-2025-0030", source=DESK, kind="regrade_source", by_role="Source desk", at=at("2025-08-04"),
            judged_source="lookout-blog", reliability="E", why="Three of four claims could not be found again.",
        ),
    )  # fmt: skip
    yield from known(
        "2025-03-03",
        Judgment(
            id="J-2025-0004", source=DESK, kind="accept_draft", by_role="Analyst, open sources desk",
            at=at("2025-03-03"), incidents=(_news_ref(17),),
        ),
    )  # fmt: skip
    joined = Judgment(
        id="J-2025-0050", source=DESK, kind="same_event", by_role="Analyst, open sources desk", at=at("2025-11-03"),
        incidents=(_news_ref(40), _news_ref(41)),
    )  # fmt: skip
    yield from known("2025-11-03", joined)
    yield from known(
        "2025-11-10",
        Judgment(
            id="J-2025-0051", source=DESK, kind="revert", by_role="Senior analyst", at=at("2025-11-10"),
            reverts=joined.ref, why="The two papers speak of different weeks.",
        ),
    )  # fmt: skip


def _news_ref(number: int) -> str:
    """Reference of the account with this number."""
    accounts = [known.fact for known in small_news(Random(SEED))]  # noqa: S311  (as above)
    return accounts[number - 1].ref
