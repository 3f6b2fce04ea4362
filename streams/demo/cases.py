"""Hard cases of the field (`domain.md` 5), each told by a function that bears its number; see `expected`."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from schemas import Clause, Decision, Delivery, Incident, Judgment, License, Period, PostShipmentReport, Retraction
from schemas.common import Claimed
from schemas.decision import Judged
from schemas.delivery import DeliveredItem
from schemas.incident import ClaimedProduct, Denial, Operator, Publication, Victims
from schemas.license import ClauseParameters, StatusChange
from schemas.report import ReportedItem
from schemas.vocabulary import VictimClass
from streams.demo.actors import MAKERS, OFFICER, PRODUCTS, agency
from streams.demo.granting import NO_TIMERS, Grant, course, delivered, delivery_of, granted, license_of
from streams.demo.telling import DESK, Known, at, between, day, known, on, published
from streams.demo.wording import SPANISH_ANNEX, form_of


def cases() -> Iterator[Known]:
    """All hard cases that the story does not tell; the world sorts them by the day on which each fact became known."""
    for tell in CASES:
        yield from tell()


def account(key: str, grant: Grant, occurred: Period, told: str) -> Incident:
    """A laboratory's account that fits `grant` in all: E3/A2, product, state and agency named; no victims yet."""
    maker = MAKERS[grant.maker]
    return Incident(
        id=key, source=DESK, occurred=occurred, technology=PRODUCTS[grant.product].technology, published_at=day(told),
        operators=(Operator(country=grant.country, confidence=90),),
        operator_agency=Claimed(name=agency(grant.end_user), confidence=85),
        products=(ClaimedProduct(name=PRODUCTS[grant.product].name, confidence=95),),
        vendors=(Claimed(name=maker.name, confidence=90),), evidence_level="E3", attribution_level="A2",
        publications=(published("lab-tessera", "lab_report", 2, f"tessera-{key.lower()}", told),),
        attack_result="successful", alleged_purpose="suppression_of_reporting", expression_related="yes",
    )  # fmt: skip


def press(key: str, grant: Grant, occurred: Period, told: str) -> Incident:
    """A newspaper's account: the state and the product named, nothing shown."""
    return msgspec.structs.replace(
        account(key, grant, occurred, told), operator_agency=None, vendors=(), evidence_level="E0",
        attribution_level="A1", publications=(published("quillon-gazette", "news", 3, f"quillon-{key.lower()}", told),),
        attack_result="unknown",
    )  # fmt: skip


def targeting(incident: Incident, klass: VictimClass, count: int, country: str | None = None) -> Incident:
    """The account with the class and count of those targeted."""
    where = country or (incident.operators[0].country if incident.operators else None)
    victims = (Victims(klass=klass, count=count, qualifier="exact", ground="opinion", country=where),)
    return msgspec.structs.replace(incident, victims=victims)


def amended(license: License, clause_id: str, text: str, parameters: ClauseParameters, since: str) -> License:
    """Revision 2 of a license: one clause in a second version from `since`."""
    kept: list[Clause] = []
    for clause in license.clauses:
        if clause.id == clause_id:
            eve = day(since) - (day("2025-01-02") - day("2025-01-01"))
            kept.append(msgspec.structs.replace(clause, valid_to=eve))
            clause = msgspec.structs.replace(
                clause, version=2, text=text, valid_from=day(since), parameters=parameters
            )  # fmt: skip
        kept.append(clause)
    history = (*license.status_history, StatusChange(status="amended", at=day(since)))
    return msgspec.structs.replace(license, revision=2, clauses=tuple(kept), status_history=history)


# --- names: 1, 2 ------------------------------------------------------------------------------------------------------

OSTREVIA = Grant(
    id="N-2024-0150", issuing="XA", maker="halcyrne", product="sablefinch", end_user="qr-intelligence",
    granted=day("2024-09-30"), quantity=2, limit=20, prefix="SFR",
)  # fmt: skip
OLD_NAME = targeting(
    msgspec.structs.replace(
        account("INC-2025-0020", OSTREVIA, on("2025-02-01", "month"), "2025-09-08"),
        products=(), vendors=(Claimed(name="Brightmere Analytics", confidence=90),),
    ),
    "journalist", 2,
)  # fmt: skip
UNKNOWN_NAME = targeting(
    msgspec.structs.replace(
        press("INC-2025-0021", OSTREVIA, on("2025-04-01", "month"), "2025-06-17"),
        products=(), vendors=(Claimed(name="Gryfonet Labs", confidence=60),),
    ),
    "academic", 1,
)  # fmt: skip
WRONG_ALIAS = targeting(
    msgspec.structs.replace(
        account("INC-2025-0022", OSTREVIA, on("2025-05-01", "month"), "2025-10-02"),
        products=(ClaimedProduct(name="Duskmantle", confidence=90),), vendors=(), operator_agency=None,
    ),
    "lawyer", 3,
)  # fmt: skip


def case_1_vendor_renamed() -> Iterator[Known]:
    """An account uses the name that the maker bore until 2023; another a name that nobody has entered."""
    yield from course(OSTREVIA, day("2024-12-05"))
    yield from known("2025-09-10", OLD_NAME)
    yield from known("2025-06-19", UNKNOWN_NAME)


def case_2_alias_wrong() -> Iterator[Known]:
    """An account names a product that a public list wrongly ascribes to the licensed maker (see `actors`)."""
    yield from known("2025-10-06", WRONG_ALIAS)


# --- products and groups: 3, 5, 6 -------------------------------------------------------------------------------------

DORANGAL = Grant(
    id="T-2024-0210", issuing="XC", maker="kastwerk", product="entriegler", end_user="xd-police",
    granted=day("2024-10-14"), quantity=8, limit=8, prefix="EK",
)  # fmt: skip
ENABLER = targeting(
    msgspec.structs.replace(
        account("INC-2025-0065", DORANGAL, between("2025-03-10", "2025-05-20"), "2025-12-01"),
        technology="mobile_forensics", vector="physical_custody", domestic_tool=True,
        products=(
            ClaimedProduct(name="Entriegler K4", role="enabler", confidence=95),
            ClaimedProduct(name="Mothlight", role="primary", confidence=90),
        ),
    ),
    "human_rights_defender", 5,
)  # fmt: skip
DOMESTIC = targeting(
    msgspec.structs.replace(
        account("INC-2025-0066", DORANGAL, between("2025-08-01", "2025-08-30"), "2026-03-02"),
        technology="intrusion_spyware", domestic_tool=True, vendors=(),
        products=(ClaimedProduct(name="Mothlight", role="primary", confidence=90),),
    ),
    "journalist", 1,
)  # fmt: skip
CALDONNE = (
    Grant(
        id="N-2025-0061", issuing="XA", maker="halcyrne", product="sablefinch", end_user="xj-service",
        granted=day("2025-01-20"), quantity=1, limit=10, prefix="SFJ",
    ),
    Grant(
        id="T-2025-0033", issuing="XC", maker="orbeck", product="quillrest", end_user="xj-service",
        granted=day("2025-01-27"), quantity=1, limit=10, prefix="QRJ",
    ),
    Grant(
        id="V-2025-0012", issuing="XB", maker="halcyrne-vd", product="sablefinch", end_user="xj-service",
        granted=day("2026-01-05"), quantity=1, limit=10, prefix="SFK",
    ),
)  # fmt: skip
TWO_ON_ONE_DEVICE = tuple(
    msgspec.structs.replace(
        targeting(account(key, grant, between("2025-06-09", "2025-06-13"), "2026-02-23"), "journalist", 1),
        publications=(published("lab-tessera", "lab_report", 2, "tessera-double", "2026-02-23"),),
    )
    for key, grant in zip(("INC-2026-0011", "INC-2026-0012"), CALDONNE[:2], strict=True)
)  # fmt: skip
GROUP_ONLY = targeting(
    msgspec.structs.replace(
        press("INC-2026-0040", CALDONNE[2], between("2026-05-04", "2026-05-15"), "2026-06-08"),
        products=(), vendors=(Claimed(name="Halcyrne Systems Ltd", confidence=90),),
    ),
    "lawyer", 1,
)  # fmt: skip


def case_3_only_the_group_fits() -> Iterator[Known]:
    """A paper names the parent; the license was given to a sister in another state."""
    yield from course(CALDONNE[2], day("2026-03-10"))
    yield from known("2026-06-10", GROUP_ONLY)


def case_5_several_vendors_one_agency() -> Iterator[Known]:
    """A licensed unlocker opens phones for a domestic implant; later the implant alone."""
    yield from course(DORANGAL, day("2024-12-10"), parts=2)
    yield from known("2025-12-03", ENABLER)
    yield from known("2026-03-05", DOMESTIC)


def case_6_two_products_on_one_device() -> Iterator[Known]:
    """One report, one device, two products of two licenses: the desk holds them for two events."""
    for grant, arrived in zip(CALDONNE[:2], ("2025-03-18", "2025-03-25"), strict=True):
        yield from course(grant, day(arrived))
    yield from known("2026-02-25", *TWO_ON_ONE_DEVICE)
    apart = Judgment(
        id="J-2026-0005", source=DESK, kind="different_event", by_role="Analyst, open sources desk",
        at=at("2026-02-25", 15), why="Two implants by two operators, one after the other.",
        incidents=tuple(incident.ref for incident in TWO_ON_ONE_DEVICE),
    )  # fmt: skip
    yield from known("2026-02-25", apart)


# --- place and time: 7, 9, 10, 11, 12 ---------------------------------------------------------------------------------

PALVIRRA = Grant(
    id="N-2025-0070", issuing="XA", maker="nimbrace", product="waytrace", end_user="xg-service",
    granted=day("2025-02-10"), quantity=2, limit=50, prefix="WTG",
)  # fmt: skip
VELHOSA = Grant(
    id="N-2024-0090", issuing="XA", maker="nimbrace", product="waytrace", end_user="qy-police",
    granted=day("2024-07-22"), quantity=2, limit=50, prefix="WTY",
)  # fmt: skip
CROSS_BORDER = targeting(
    account("INC-2026-0015", PALVIRRA, between("2025-07-07", "2025-09-19"), "2026-03-09"), "dissident_exile", 9, "QY"
)  # fmt: skip
ISHKARA = Grant(
    id="N-2024-0160", issuing="XA", maker="halcyrne", product="sablefinch", end_user="qx-command",
    granted=day("2024-10-21"), quantity=3, limit=25, prefix="SFX",
)  # fmt: skip
WIDER_ARTICLE_3 = (
    "The Items shall not be directed against journalists, against persons who work for a news organization, or against "
    "lawyers acting for them."
)
SOME_TIME_IN_2025 = targeting(
    account("INC-2026-0018", ISHKARA, on("2025-01-01", "year"), "2026-04-13"), "journalist", 2
)  # fmt: skip
THIRTY_SEVEN = msgspec.structs.replace(
    targeting(
        account("INC-2026-0025", ISHKARA, between("2026-01-12", "2026-02-20"), "2026-07-06"), "journalist", 37
    ),
    simultaneous=37,
)  # fmt: skip
WHOLE = targeting(
    msgspec.structs.replace(
        account("INC-2025-0080", ISHKARA, between("2025-04-07", "2025-05-30"), "2025-08-18"),
        evidence_level="E2", attribution_level="A1", attack_result="attempted", operator_agency=None,
        publications=(published("platform-lumo", "platform_notice", 2, "lumo-2025-08", "2025-08-18"),),
    ),
    "unknown", 90,
)  # fmt: skip
PART = msgspec.structs.replace(
    targeting(
        msgspec.structs.replace(
            account("INC-2025-0085", ISHKARA, between("2025-04-21", "2025-05-02"), "2025-09-22"),
            evidence_level="E2", attribution_level="A1", attack_result="attempted", operator_agency=None,
            publications=(published("ngo-carrefour", "ngo_report", 3, "carrefour-2025-09", "2025-09-22"),),
        ),
        "journalist", 6,
    ),
    part_of=WHOLE.ref,
)  # fmt: skip
LAPSED = Grant(
    id="N-2021-0033", issuing="XA", maker="halcyrne", product="sablefinch", end_user="xh-police",
    granted=day("2021-03-01"), quantity=2, limit=15, prefix="SFH", leave_out=NO_TIMERS,
)  # fmt: skip
AFTER_EXPIRY = targeting(
    account("INC-2025-0095", LAPSED, between("2025-01-13", "2025-02-07"), "2025-12-15"), "media_staff", 4
)  # fmt: skip
LATE_SHIPMENT = Grant(
    id="V-2023-0040", issuing="XB", maker="colibrelle", product="colibrelle", end_user="xh-customs",
    granted=day("2023-11-06"), years=1, quantity=4, limit=60, prefix="CBH", leave_out=NO_TIMERS,
)  # fmt: skip
RUVENIA = Grant(
    id="V-2025-0050", issuing="XB", maker="sondreval", product="veillard", end_user="xp-service",
    granted=day("2025-04-28"), quantity=1, limit=300, prefix="VE",
)  # fmt: skip
BEFORE_DELIVERY = targeting(
    account("INC-2025-0099", RUVENIA, between("2025-02-03", "2025-02-21"), "2026-01-12"), "protester", 30
)  # fmt: skip
JUDGED_LAWFUL = targeting(
    msgspec.structs.replace(
        account("INC-2025-0110", RUVENIA, between("2025-09-08", "2025-09-12"), "2026-01-26"),
        legal_basis="warrant", alleged_purpose="serious_crime", expression_related="no", offence_max_years=12,
    ),
    "lawyer", 1,
)  # fmt: skip
DESTROYED = Grant(
    id="T-2022-0019", issuing="XC", maker="tollbrueck", product="weissdorn", end_user="xp-police",
    granted=day("2022-02-07"), quantity=2, limit=100, prefix="WDP", leave_out=NO_TIMERS,
)  # fmt: skip
AFTER_DISPOSAL = targeting(
    account("INC-2026-0030", DESTROYED, between("2025-08-11", "2025-08-29"), "2026-05-18"), "clergy", 2
)  # fmt: skip


def case_7_cross_border() -> Iterator[Known]:
    """Palvirra follows exiles in Velhosa, whose police holds the same product under a license of its own."""
    yield from course(PALVIRRA, day("2025-04-15"))
    yield from course(VELHOSA, day("2024-09-17"))
    yield from known("2026-03-11", CROSS_BORDER)


def case_9_imprecise_date() -> Iterator[Known]:
    """All that is known is the year, and Article 3 changed in its middle."""
    yield from course(ISHKARA, day("2024-12-19"))
    wider = ClauseParameters(classes=(*form_of("XA").barred, "lawyer"))
    yield from known("2025-06-23", amended(license_of(ISHKARA), "art-3", WIDER_ARTICLE_3, wider, "2025-07-01"))
    yield from known("2026-04-15", SOME_TIME_IN_2025)


def case_10_license_lapsed() -> Iterator[Known]:
    """One license ended in 2024 and its pledge did not; another ended and a shipment still came."""
    yield granted(LAPSED)
    yield from delivered(LAPSED, day("2021-05-11"))
    yield from known("2025-12-17", AFTER_EXPIRY)
    yield granted(LATE_SHIPMENT)
    first, second = LATE_SHIPMENT.serials[:2], LATE_SHIPMENT.serials[2:]
    yield from known("2024-07-08", delivery_of(LATE_SHIPMENT, day("2024-02-13"), 1, first))
    yield from known("2025-02-24", delivery_of(LATE_SHIPMENT, day("2025-02-18"), 2, second))


def case_11_before_delivery() -> Iterator[Known]:
    """An account of February; the kit came in June. A second account, of September, was judged lawful and closed."""
    yield from course(RUVENIA, day("2025-06-10"))
    yield from known("2026-01-14", BEFORE_DELIVERY)
    yield from known("2026-01-28", JUDGED_LAWFUL)
    for key, clause in (("V-D-2026-009", "art-2"), ("V-D-2026-010", "art-1")):
        closed = Decision(
            id=key, source="xb-licensing", alert=RUVENIA.alert(clause), kind="close", by_role=OFFICER["XB"],
            at=at("2026-02-16"), close_reason="explained_lawful",
            judged=(Judged(fact=f"incident:{JUDGED_LAWFUL.ref}"),),
            reason="L'autorisation du juge a été lue ; l'infraction poursuivie est sans lien avec son métier.",
        )  # fmt: skip
        yield from known("2026-02-16", closed)


def case_12_disposed() -> Iterator[Known]:
    """The kit was destroyed in January 2025, with proof by serial; an account speaks of August."""
    yield granted(DESTROYED)
    yield from delivered(DESTROYED, day("2022-04-12"))
    gone = Delivery(
        id="T-2022-0019-X1", source="exporter-tollbrueck", license=DESTROYED.ref, destination="XP", delivered_to="XP",
        delivered=on("2025-01-14"), kind="disposal",
        items=(DeliveredItem(item_ref="item-1", product="Weissdorn IP", serials=DESTROYED.serials),),
    )  # fmt: skip
    seen = PostShipmentReport(
        id="T-2022-0019-X2", source="xc-inspectorate", license=DESTROYED.ref, destination="XP", kind="disposal_notice",
        performed=on("2025-01-14"), reporter_role="inspectorate", method="on_site", outcome="favourable",
        cooperation="full", items=(ReportedItem(item_ref="item-1", product="Weissdorn IP", serials=DESTROYED.serials),),
        proof_hash="5b1f0c77a90d4e2293aa", note="Zerstörung unter Aufsicht, beide Geräte.",
    )  # fmt: skip
    yield from known("2025-01-20", gone, seen)
    yield from known("2026-05-20", AFTER_DISPOSAL)


# --- voices: 14, 16, 18, 19, 20, 21 -----------------------------------------------------------------------------------

SERRALTA = Grant(
    id="V-2024-0101", issuing="XB", maker="halcyrne-vd", product="sablefinch", end_user="xe-fiscalia",
    granted=day("2024-11-04"), quantity=2, limit=30, prefix="SFE",
)  # fmt: skip
CONTESTED = msgspec.structs.replace(
    targeting(
        account("INC-2025-0070", SERRALTA, between("2025-02-24", "2025-03-21"), "2025-11-10"), "journalist", 3
    ),
    status="contested",
    denials=(
        Denial(
            by="oversight_body", kind="examined_and_disputed", at=day("2026-01-30"), examined=("logs", "targets"),
            source="oversight-serralta", credibility=2,
        ),
    ),
)  # fmt: skip
ORLESQUE = Grant(
    id="N-2024-0170", issuing="XA", maker="halcyrne", product="sablefinch", end_user="xf-guard",
    granted=day("2024-11-11"), quantity=3, limit=45, prefix="SFO",
)  # fmt: skip
METHOD_DISPUTED = msgspec.structs.replace(
    targeting(
        account("INC-2025-0075", ORLESQUE, between("2025-03-03", "2025-03-28"), "2025-09-15"), "journalist", 5
    ),
    evidence_level="E4", attribution_level="A3",
    publications=(
        published("lab-tessera", "lab_report", 2, "tessera-orlesque", "2025-09-15"),
        published("lab-corvid", "lab_report", 2, "corvid-review-orlesque", "2025-09-15"),
    ),
    denials=(
        Denial(
            by="independent_expert", kind="methodology_disputed", at=day("2025-11-24"), source="inst-method",
            credibility=3,
        ),
    ),
)  # fmt: skip


def _follow_up(revision: int, count: int, told: str) -> Incident:
    first = account("INC-2025-0120", ORLESQUE, between("2025-06-16", "2025-08-08"), "2025-12-08")
    counted = Victims(klass="journalist", count=count, qualifier="at_least", ground="opinion", country="XF")
    return msgspec.structs.replace(first, revision=revision, victims=(counted,), published_at=day(told))


FOLLOW_UPS = (_follow_up(1, 5, "2025-12-08"), _follow_up(2, 12, "2026-02-02"), _follow_up(3, 22, "2026-04-06"))
OTHER_COUNT = msgspec.structs.replace(
    FOLLOW_UPS[0],
    id="LR-2026-04", source="ngo-lamplight", derived_from=(FOLLOW_UPS[0].ref,), published_at=day("2026-04-20"),
    publications=(published("ngo-lamplight", "ngo_report", 3, "tessera-inc-2025-0120", "2026-04-20"),),
    victims=(Victims(klass="journalist", count=30, qualifier="approx", ground="opinion", country="XF"),),
    evidence_level="E1", attribution_level="A1",
)  # fmt: skip


def case_14_official_body_contradicts() -> Iterator[Known]:
    """The oversight body of Serralta Nueva examined logs and targets, and disputes the laboratory."""
    license = license_of(SERRALTA)
    annex = Clause(
        id=SPANISH_ANNEX.id, kind=SPANISH_ANNEX.kind, text=SPANISH_ANNEX.text, language="es",
        valid_from=SERRALTA.valid_from,
        parameters=ClauseParameters(classes=("journalist", "lawyer", "human_rights_defender")),
    )  # fmt: skip
    for first, fact in course(SERRALTA, day("2025-01-14")):
        if isinstance(fact, License):
            fact = msgspec.structs.replace(license, clauses=(*license.clauses, annex))
        yield Known(first, fact)
    undisputed = msgspec.structs.replace(CONTESTED, status="reported", denials=())
    yield from known("2025-11-12", undisputed)
    yield from known("2026-02-02", msgspec.structs.replace(CONTESTED, revision=2))


def case_16_method_disputed() -> Iterator[Known]:
    """Two laboratories agree; an institute criticizes how devices were chosen, and examined none."""
    yield from course(ORLESQUE, day("2025-01-08"))
    yield from known("2025-09-17", msgspec.structs.replace(METHOD_DISPUTED, denials=()))
    yield from known("2025-11-26", msgspec.structs.replace(METHOD_DISPUTED, revision=2))


def case_18_follow_ups() -> Iterator[Known]:
    """Five, then twelve, then twenty-two: revisions of one account, whose counts replace each other."""
    for told, revision in zip(("2025-12-10", "2026-02-04", "2026-04-08"), FOLLOW_UPS, strict=True):
        yield from known(told, revision)


def case_19_one_report_many_victims() -> Iterator[Known]:
    """Thirty-seven at one time, where twenty-five are allowed."""
    yield from known("2026-07-08", THIRTY_SEVEN)


def case_20_partial_overlap() -> Iterator[Known]:
    """A platform warned ninety; a network tells of six of them. The smaller account is known first."""
    yield from known("2025-09-24", PART)
    yield from known("2025-09-29", WHOLE)


def case_21_counts_conflict() -> Iterator[Known]:
    """A network speaks of about thirty where the laboratory has at least twenty-two."""
    yield from known("2026-04-22", OTHER_COUNT)


# --- what is not enough: 23, 24, 25, 26, 30 ---------------------------------------------------------------------------

BELOGARA = Grant(
    id="T-2023-0070", issuing="XC", maker="tollbrueck", product="handover", end_user="qp-police",
    granted=day("2023-09-11"), quantity=2, limit=600, prefix="UE", leave_out=NO_TIMERS,
)  # fmt: skip
AGGREGATE = msgspec.structs.replace(
    account("INC-2026-0021", BELOGARA, between("2024-01-01", "2025-12-31", "year"), "2026-05-26"),
    evidence_level="E5", attribution_level="A4", legal_basis="warrant", alleged_purpose="serious_crime",
    expression_related="no", offence_max_years=10, vector="lawful_intercept",
    publications=(published("oversight-belogara", "oversight_body", 2, "audit-2025", "2026-05-26"),),
    victims=(Victims(klass="unknown", count=578, qualifier="exact", country="QP"),),
)  # fmt: skip
NO_LICENSE = targeting(
    msgspec.structs.replace(
        account("INC-2026-0027", BELOGARA, between("2025-10-06", "2025-10-24"), "2026-07-13"),
        technology="face_recognition", vector="cctv_match", products=(), vendors=(), operator_agency=None,
    ),
    "protester", 80,
)  # fmt: skip
THESSMAR = Grant(
    id="N-2024-0190", issuing="XA", maker="halcyrne", product="sablefinch", end_user="xl-police",
    granted=day("2024-12-02"), quantity=2, limit=20, prefix="SFL",
)  # fmt: skip
ATTEMPTS = targeting(
    msgspec.structs.replace(
        account("INC-2025-0130", THESSMAR, between("2025-03-24", "2025-06-20"), "2025-10-20"),
        evidence_level="E2", attribution_level="A1", attack_result="attempted", operator_agency=None,
        publications=(published("platform-lumo", "platform_notice", 2, "lumo-2025-10", "2025-10-20"),),
    ),
    "journalist", 50,
)  # fmt: skip
SELECTED = targeting(
    msgspec.structs.replace(
        account("INC-2025-0133", THESSMAR, between("2025-04-01", "2025-09-30", "month"), "2026-01-19"),
        evidence_level="E1", attribution_level="A1", attack_result="selected_only", operator_agency=None,
        publications=(published("fanal-de-brume", "news", 3, "leaked-list", "2026-01-19"),),
    ),
    "journalist", 110,
)  # fmt: skip
SINGLE_SOURCE = targeting(
    msgspec.structs.replace(
        press("INC-2026-0035", THESSMAR, between("2025-11-03", "2025-11-21"), "2026-06-01"),
        publications=(published("abendbote-tannau", "news", 2, "abendbote-own", "2026-06-01"),),
    ),
    "journalist", 1,
)  # fmt: skip


def case_23_aggregate_of_lawful_use() -> Iterator[Known]:
    """An audit chamber counts measures under warrant; the number is large and says nothing of a violation."""
    yield granted(BELOGARA)
    yield from delivered(BELOGARA, day("2023-11-14"))
    yield from known("2026-05-28", AGGREGATE)


def case_24_attempts_only() -> Iterator[Known]:
    """A platform warned fifty; no device was found infected."""
    yield from course(THESSMAR, day("2025-02-11"))
    yield from known("2025-10-22", ATTEMPTS)


def case_25_selected_only() -> Iterator[Known]:
    """A leaked list of numbers selected."""
    yield from known("2026-01-21", SELECTED)


def case_26_single_source() -> Iterator[Known]:
    """One newspaper, alone."""
    yield from known("2026-06-03", SINGLE_SOURCE)


def case_30_no_license() -> Iterator[Known]:
    """A credible account of face recognition in Belogara, for which nobody granted a license; one with no operator."""
    yield from known("2026-07-15", NO_LICENSE)
    nobody = msgspec.structs.replace(NO_LICENSE, id="INC-2026-0028", operators=(), attribution_level="A0")
    yield from known("2026-07-16", nobody)


HJELVIK = Grant(
    id="N-2025-0112", issuing="XA", maker="nimbrace", product="waytrace", end_user="xt-police",
    granted=day("2025-06-30"), quantity=1, limit=30, prefix="WTT",
)  # fmt: skip
LETTERS = 60


def letter(number: int) -> Incident:
    """One anonymous letter: names the agency, the product and journalists; shows nothing."""
    told = msgspec.structs.replace(
        account(f"LETTER-{number:03d}", HJELVIK, on("2026-02-01", "month"), "2026-03-23"),
        source="tips-letter", evidence_level="E0", attribution_level="A0", vendors=(), attack_result="unknown",
        publications=(Publication(source="tips-letter", kind="anonymous", published_at=day("2026-03-23")),),
    )  # fmt: skip
    return targeting(told, "journalist", 1)


def case_27_letters() -> Iterator[Known]:
    """Sixty anonymous letters that name all that a clause asks for; their source is graded F, not in quarantine."""
    yield from course(HJELVIK, day("2025-08-26"))
    yield from known("2026-03-23", *(letter(number) for number in range(1, LETTERS + 1)))


# --- handling: 28, 29, 31 ---------------------------------------------------------------------------------------------

NEMORRA = Grant(
    id="N-2024-0195", issuing="XA", maker="wexmoor", product="gatewing", end_user="xq-police",
    granted=day("2024-12-09"), quantity=4, limit=80, prefix="GW",
)  # fmt: skip
NO_PLEDGE = Grant(
    id="V-2024-0111", issuing="XB", maker="perivane", product="gallery", end_user="xq-police",
    granted=day("2024-11-25"), quantity=12, limit=200, prefix="PGQ",
)  # fmt: skip
TAKEN_DOWN = targeting(
    msgspec.structs.replace(
        account("LR-2025-22", NEMORRA, between("2025-04-14", "2025-05-16"), "2025-09-01"),
        source="ngo-lamplight",
        publications=(published("ngo-lamplight", "ngo_report", 2, "lamplight-22", "2025-09-01"),),
    ),
    "journalist", 2,
)  # fmt: skip
SUNDAVIK = Grant(
    id="T-2025-0021", issuing="XC", maker="kastwerk", product="entriegler", end_user="qw-police",
    granted=day("2025-01-06"), quantity=3, limit=3, prefix="EKW",
)  # fmt: skip
EXERCISE = msgspec.structs.replace(
    targeting(account("EX-2025-01", SUNDAVIK, on("2025-10-14"), "2025-10-15"), "journalist", 12),
    tense="exercise", evidence_level="E5", attribution_level="A4",
)  # fmt: skip


def case_28_repeats() -> Iterator[Known]:
    """The register of Norvane is imported again after a year, and an exporter sends a delivery twice."""
    for grant in (OSTREVIA, PALVIRRA, THESSMAR):
        yield from known("2025-07-14", license_of(grant))
    yield from known("2025-07-15", next(iter(delivered(OSTREVIA, day("2024-12-05")))).fact)


def case_29_removed_for_safety() -> Iterator[Known]:
    """A network asks for the removal of its account, for the safety of those it spoke of."""
    yield from known("2025-09-03", TAKEN_DOWN)
    removed = Retraction(id=TAKEN_DOWN.id, source=TAKEN_DOWN.source, of="incident", why="safety", tlp="RED")
    yield from known("2025-10-07", removed)


def case_31_nobody_reports() -> Iterator[Known]:
    """Nemorra received four gateways and has not been heard of since; another license has no pledge at all."""
    yield granted(NEMORRA)
    yield from delivered(NEMORRA, day("2025-02-20"))
    without = msgspec.structs.replace(license_of(NO_PLEDGE), pledge=None, clauses=())
    yield Known(NO_PLEDGE.granted, without)
    yield from delivered(NO_PLEDGE, day("2025-01-21"), parts=2)


def an_exercise() -> Iterator[Known]:
    """The desk practices with an account that would be urgent if it were real."""
    yield from course(SUNDAVIK, day("2025-03-04"))
    yield from known("2025-10-15", EXERCISE)


CASES = (
    case_1_vendor_renamed, case_2_alias_wrong, case_3_only_the_group_fits, case_5_several_vendors_one_agency,
    case_6_two_products_on_one_device, case_7_cross_border, case_9_imprecise_date, case_10_license_lapsed,
    case_11_before_delivery, case_12_disposed, case_14_official_body_contradicts, case_16_method_disputed,
    case_18_follow_ups, case_19_one_report_many_victims, case_20_partial_overlap, case_21_counts_conflict,
    case_23_aggregate_of_lawful_use, case_24_attempts_only, case_25_selected_only, case_26_single_source,
    case_27_letters, case_28_repeats, case_29_removed_for_safety, case_30_no_license, case_31_nobody_reports,
    an_exercise,
)  # fmt: skip
"""Told here; cases 4, 8, 13, 15, 17, 22 and 27 are told by the story, 27 also here."""
