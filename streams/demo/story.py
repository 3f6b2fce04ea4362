"""The story that a visitor follows: ten chapters, told by the day on which each fact became known."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from schemas import Decision, Delivery, Incident, License, PostShipmentReport, Retraction
from schemas.common import Claimed
from schemas.decision import Judged
from schemas.delivery import DeliveredItem
from schemas.incident import ClaimedProduct, Denial, Operator, Publication, Victims
from schemas.license import Clause, ClauseParameters, Consent, Pending, StatusChange
from schemas.report import ClauseFinding, ExaminedIncident, ReportedItem
from streams.demo.actors import OFFICER
from streams.demo.granting import Grant, course, delivered, granted, kept_promises, license_of
from streams.demo.telling import DESK, Known, at, between, day, known, on, published, same_event
from streams.demo.wording import SOFTENED_ARTICLE_3

KARSOVIA = Grant(
    id="N-2024-0117", issuing="XA", maker="halcyrne", product="sablefinch", end_user="qm-dsp",
    granted=day("2024-08-12"), quantity=4, limit=40, prefix="SF4",
)  # fmt: skip
TAMIRAND = (
    Grant(
        id="N-2024-0131", issuing="XA", maker="halcyrne", product="sablefinch", end_user="qn-security",
        granted=day("2024-08-26"), quantity=2, limit=25, prefix="SFA",
    ),
    Grant(
        id="V-2024-0058", issuing="XB", maker="halcyrne-vd", product="sablefinch", end_user="qn-gendarmerie",
        granted=day("2024-09-09"), quantity=2, limit=20, prefix="SFB",
    ),
    Grant(
        id="T-2024-0204", issuing="XC", maker="orbeck", product="sablefinch", end_user="qn-finance",
        granted=day("2024-09-16"), quantity=1, limit=10, prefix="SFC",
    ),
)  # fmt: skip
"""Three issuing states, three exporters of one brand, three agencies of one state."""
SANKORRA = Grant(
    id="V-2024-0072", issuing="XB", maker="colibrelle", product="colibrelle", end_user="qo-police",
    granted=day("2024-09-23"), quantity=6, limit=120, prefix="CB", countries=("QO", "QR"),
)  # fmt: skip
USTREYA = Grant(
    id="T-2024-0188", issuing="XC", maker="tollbrueck", product="weissdorn", end_user="qq-telecom",
    granted=day("2024-10-07"), quantity=6, limit=200, prefix="WD",
)  # fmt: skip
LUMERRA = Grant(
    id="V-2025-0019", issuing="XB", maker="perivane", product="concourse", end_user="qs-metro",
    granted=day("2025-02-03"), quantity=24, limit=400, prefix="PC", end_use="stadium access and border control",
)  # fmt: skip
ARVESSA = Grant(
    id="N-2025-0044", issuing="XA", maker="nimbrace", product="waytrace", end_user="qt-service",
    granted=day("2025-03-17"), quantity=2, limit=60, prefix="WT",
)  # fmt: skip
ZEFIRAT = Grant(
    id="N-2025-0009", issuing="XA", maker="halcyrne", product="sablefinch", end_user="qv-bureau",
    granted=day("2025-01-13"), quantity=2, limit=15, prefix="SFZ",
)  # fmt: skip

TEN_ARTICLES = "statement-of-12-march"
"""The one origin of the ten articles."""


def story() -> Iterator[Known]:
    """All chapters; the world sorts them by the day on which each fact became known."""
    yield from a_government_signs()
    yield from ten_articles_from_one_origin()
    yield from a_lab_report_eleven_months_late()
    yield from a_denial_and_a_warrant()
    yield from three_licenses_fit()
    yield from a_serial_seen_elsewhere()
    yield from an_inspection_refused()
    yield from cameras_at_a_protest()
    yield from five_hundred_tips()
    yield from the_source_retracts()


def a_government_signs() -> Iterator[Known]:
    """Karsovia pledges and receives four consoles; a year later Article 3 is amended."""
    yield from course(KARSOVIA, day("2024-10-03"), parts=2)
    yield from known("2024-10-24", _activation(KARSOVIA, "2024-10-21"))
    yield from known("2024-11-19", _verified_delivery(KARSOVIA, "2024-11-12"))
    yield from known("2025-09-22", softened(license_of(KARSOVIA)))


def softened(license: License) -> License:
    """The amendment: Article 3 in a second version from 1 October 2025; the first stays on file with its validity."""
    clauses: list[Clause] = []
    for clause in license.clauses:
        if clause.id != "art-3":
            clauses.append(clause)
            continue
        clauses.append(msgspec.structs.replace(clause, valid_to=day("2025-09-30")))
        second = msgspec.structs.replace(
            clause, version=2, text=SOFTENED_ARTICLE_3, valid_from=day("2025-10-01"), parameters=ClauseParameters(),
        )  # fmt: skip
        clauses.append(second)
    history = (
        *license.status_history,
        StatusChange(status="amended", at=day("2025-10-01"), why="Article 3 reworded at the request of the end user."),
    )
    return msgspec.structs.replace(license, revision=2, clauses=tuple(clauses), status_history=history)


def _activation(grant: Grant, when: str) -> Delivery:
    return Delivery(
        id=f"{grant.id}-A1", source="exporter-halcyrne", license=grant.ref, destination=grant.country,
        delivered_to=grant.country, delivered=on(when), kind="activation",
        items=(
            DeliveredItem(
                item_ref="item-1", product="Sablefinch", modules=("messages", "location", "calls"),
                quantity=grant.quantity,
            ),
        ),
    )  # fmt: skip


def _verified_delivery(grant: Grant, when: str) -> PostShipmentReport:
    return PostShipmentReport(
        id=f"{grant.id}-V1", source="xa-embassies", license=grant.ref, destination=grant.country,
        kind="delivery_verification", performed=on(when), reporter_role="embassy", trigger="license_condition",
        method="on_site", outcome="favourable", cooperation="full",
        items=(
            ReportedItem(
                item_ref="item-1", product="Sablefinch", serials=grant.serials, delivered=grant.quantity,
                presented=grant.quantity, verified=grant.quantity,
            ),
        ),
        clause_findings=(
            ClauseFinding(clause="art-9", result="satisfied"), ClauseFinding(clause="art-3", result="not_checked"),
            ClauseFinding(clause="art-1", result="not_checked"),
        ),
        note="All four consoles were seen in their rack. Use was not part of the visit.",
    )  # fmt: skip


def ten_articles_from_one_origin() -> Iterator[Known]:
    """One statement, ten articles in five languages, told to the desk by three feeders: copies do not corroborate."""
    first = (
        ("quillon-gazette", "2025-05-13"), ("fanal-de-brume", "2025-05-14"), ("abendbote-tannau", "2025-05-14"),
        ("veleta-sur", "2025-05-15"), ("harbor-dispatch", "2025-05-15"),
    )  # fmt: skip
    second = (("courrier-lys", "2025-05-16"), ("wochenschau-nord", "2025-05-16"), ("kiosk-karsovia", "2025-05-17"))
    third = (("faro-lumerra", "2025-05-20"), ("ruvenia-wire", "2025-05-22"))
    yield from known("2025-05-16", _articles("INC-2025-0041", DESK, first))
    yield from known("2025-05-19", _articles("EMB-2025-17", "xa-embassies", second))
    yield from known("2025-05-26", _articles("LR-2025-08", "ngo-lamplight", third))
    joined = same_event(
        "J-2025-0011", "2025-05-27", "All ten articles render the same statement.",
        f"{DESK}:INC-2025-0041", "xa-embassies:EMB-2025-17", "ngo-lamplight:LR-2025-08",
    )  # fmt: skip
    yield from known("2025-05-27", joined)


def _articles(key: str, source: str, papers: tuple[tuple[str, str], ...]) -> Incident:
    return Incident(
        id=key, source=source, occurred=on("2025-03-01", "month"), technology="intrusion_spyware", tlp="GREEN",
        published_at=day(papers[0][1]), operators=(Operator(country="QM", confidence=70),),
        products=(ClaimedProduct(name="Sablefinch", confidence=60),),
        vendors=(Claimed(name="Halcyrne", confidence=60),),
        evidence_level="E0", attribution_level="A1",
        publications=tuple(published(paper, "news", 3, TEN_ARTICLES, when) for paper, when in papers),
        victims=(Victims(klass="journalist", count=3, qualifier="at_least", ground="opinion", country="QM"),),
        alleged_purpose="suppression_of_reporting", expression_related="yes",
    )  # fmt: skip


LAB_REPORT = Incident(
    id="INC-2026-0007", source=DESK, occurred=between("2025-03-04", "2025-03-19"), technology="intrusion_spyware",
    tlp="AMBER", may_use_for=("officer", "partners"), published_at=day("2026-02-10"), status="reported",
    operators=(Operator(country="QM", confidence=85),),
    operator_agency=Claimed(name="Karsovian Directorate of State Protection", confidence=75),
    operator_label="GRAY-HERON", products=(ClaimedProduct(name="Sablefinch", confidence=95),),
    vendors=(Claimed(name="Halcyrne Systems Ltd", confidence=95),), evidence_level="E3", attribution_level="A2",
    publications=(published("lab-corvid", "lab_report", 2, "corvid-report-2026-02", "2026-02-10"),),
    attack_result="successful", vector="zero_click", data_taken=("messages", "microphone", "location"),
    victims=(
        Victims(klass="journalist", count=4, qualifier="exact", ground="opinion", country="QM"),
        Victims(klass="media_staff", count=1, qualifier="exact", country="QM"),
    ),
    alleged_purpose="suppression_of_reporting", expression_related="yes", harms=("surveillance_only",),
)  # fmt: skip
"""One A2 report with product, state and agency, told eleven months after the event."""


def a_lab_report_eleven_months_late() -> Iterator[Known]:
    """The laboratory publishes in February 2026 what happened in March 2025, under Article 3 as it then stood."""
    yield from known("2026-02-11", LAB_REPORT)
    joined = same_event(
        "J-2026-0003", "2026-02-12", "The laboratory examined the devices that the statement spoke of.",
        f"{DESK}:INC-2025-0041", LAB_REPORT.ref,
    )  # fmt: skip
    yield from known("2026-02-12", joined)
    alert = KARSOVIA.alert("art-3")
    acknowledged = Decision(
        id="D-2026-0031", source="xa-licensing", alert=alert, kind="acknowledge", by_role=OFFICER["XA"],
        at=at("2026-02-13"), reason="Taken on; the file of the grant has been asked for.",
        judged=_karsovian_evidence(lab_revision=1),
    )  # fmt: skip
    asked = Decision(
        id="D-2026-0034", source="xa-licensing", alert=alert, kind="ask_exporter", by_role=OFFICER["XA"],
        at=at("2026-02-20"), reason="Which modules were active in March 2025, and are the logs kept?",
        until=day("2026-03-02"), party="Halcyrne Systems Ltd",
    )  # fmt: skip
    answer = PostShipmentReport(
        id="HAL-2026-02", source="exporter-halcyrne", license=KARSOVIA.ref, destination="QM", kind="exporter_report",
        performed=on("2026-03-02"), reporter_role="exporter", trigger="incident_alert", method="documentary",
        outcome="inconclusive", cooperation="partial", log_status="not_checked", answers_request=asked.ref,
        note="All three modules were active. The logs are held by the end user and were not seen.",
    )  # fmt: skip
    yield from known("2026-02-13", acknowledged)
    yield from known("2026-02-20", asked)
    yield from known("2026-03-03", answer)


def a_denial_and_a_warrant() -> Iterator[Known]:
    """The maker denies; the government shows a warrant: Article 4 is answered, Article 3 stays open."""
    answered = msgspec.structs.replace(
        LAB_REPORT, revision=2, status="contested", legal_basis="warrant",
        denials=(
            Denial(by="vendor", kind="bare_denial", at=day("2026-02-12"), source="exporter-halcyrne"),
            Denial(by="end_user", kind="warrant_claimed", at=day("2026-03-12"), source="gov-karsovia"),
        ),
    )  # fmt: skip
    reply = PostShipmentReport(
        id="REPLY-2026-04", source="xa-embassies", license=KARSOVIA.ref, destination="QM", kind="end_user_reply",
        performed=on("2026-03-16"), reporter_role="end_user", trigger="incident_alert", method="documentary",
        outcome="inconclusive", cooperation="partial",
        clause_findings=(
            ClauseFinding(clause="art-4", result="satisfied"), ClauseFinding(clause="art-3", result="not_checked"),
        ),
        examined=(ExaminedIncident(incident=LAB_REPORT.ref, bearing="inconclusive"),),
        note="A judge's approval of 28 February 2025 was presented for reading. It does not say whom it concerns.",
    )  # fmt: skip
    taken_on = Decision(
        id="D-2026-0047", source="xa-licensing", alert=KARSOVIA.alert("art-3"), kind="acknowledge",
        by_role=OFFICER["XA"], at=at("2026-03-20"), reason="The reply was read. The question of Article 3 stays open.",
        judged=(*_karsovian_evidence(lab_revision=2), Judged(fact=f"report:{reply.ref}")),
    )  # fmt: skip
    yield from known("2026-03-13", answered)
    yield from known("2026-03-18", reply)
    yield from known("2026-03-20", taken_on)


def _karsovian_evidence(lab_revision: int) -> tuple[Judged, ...]:
    """What the officer had read: the three accounts of the statement, the laboratory's, and who joined them."""
    read = (
        f"incident:{DESK}:INC-2025-0041", "incident:xa-embassies:EMB-2025-17", "incident:ngo-lamplight:LR-2025-08",
        f"judgment:{DESK}:J-2025-0011", f"judgment:{DESK}:J-2026-0003",
    )  # fmt: skip
    return (*(Judged(fact=fact) for fact in read), Judged(fact=f"incident:{LAB_REPORT.ref}", revision=lab_revision))


def three_licenses_fit() -> Iterator[Known]:
    """Eight journalists in Tamirand, the product certain, the agency unknown: one group, a third each."""
    for grant, arrived in zip(TAMIRAND, ("2024-11-05", "2024-11-19", "2024-12-03"), strict=True):
        yield from course(grant, day(arrived))
    report = Incident(
        id="INC-2025-0102", source=DESK, occurred=between("2025-06-02", "2025-07-18"), technology="intrusion_spyware",
        published_at=day("2026-01-20"), operators=(Operator(country="QN", confidence=80),),
        products=(ClaimedProduct(name="Sablefinch", confidence=95),), evidence_level="E3", attribution_level="A2",
        publications=(published("lab-tessera", "lab_report", 2, "tessera-2026-01", "2026-01-20"),),
        attack_result="successful", vector="one_click_msg", data_taken=("messages", "files"),
        victims=(Victims(klass="journalist", count=8, qualifier="exact", ground="opinion", country="QN"),),
        alleged_purpose="political_monitoring", expression_related="yes",
    )  # fmt: skip
    yield from known("2026-01-22", report)


def a_serial_seen_elsewhere() -> Iterator[Known]:
    """Six catchers for Sankorra; one is read in Belogara, its twin in Ostrevia, where consent was given."""
    license = license_of(SANKORRA)
    consent = Consent(
        kind="retransfer", valid_from=day("2025-05-05"), destination="QR", to="Gendarmerie of Ostrevia",
    )  # fmt: skip
    yield Known(SANKORRA.granted, license)
    yield from delivered(SANKORRA, day("2024-11-26"), parts=2)
    yield from kept_promises(SANKORRA, day("2024-11-26"))
    yield from known("2025-05-05", msgspec.structs.replace(license, revision=2, consents=(consent,)))
    yield from known("2025-11-24", _sighting("SIGHT-2025-03", "QP", "CB-0003", "2025-11-20"))
    yield from known("2025-12-04", _sighting("SIGHT-2025-05", "QR", "CB-0004", "2025-12-02"))


def _sighting(key: str, country: str, serial: str, when: str) -> PostShipmentReport:
    return PostShipmentReport(
        id=key, source="xb-inspectorate", license=SANKORRA.ref, destination="QO", kind="sighting", performed=on(when),
        site_country=country, site_code=f"{country}-fair-ground", reporter_role="inspectorate", trigger="watchlist",
        method="on_site", cooperation="unknown",
        holder="Gendarmerie of Ostrevia" if country == "QR" else "Belogara Interior Troops Signals Unit",
        items=(ReportedItem(item_ref="item-1", product="Colibrelle M6", serials=(serial,)),),
        reason_codes=() if country == "QR" else ("unauthorised_reexport", "location_mismatch"),
        note="The type plate was read by an inspector.",
    )  # fmt: skip


def an_inspection_refused() -> Iterator[Known]:
    """Ustreya refuses a visit, then lets the annual inventory and the half-yearly report fall silent."""
    arrived = day("2024-12-17")
    yield granted(USTREYA)
    yield from delivered(USTREYA, arrived, parts=3)
    yield from kept_promises(USTREYA, arrived, until=day("2025-12-31"))
    ordered = Decision(
        id="A-2025-0077", source="xc-licensing", alert=USTREYA.alert("nr-10"), kind="order_check",
        by_role=OFFICER["XC"], at=at("2025-10-06"), reason="Jährliche Prüfung vor Ort, vorgezogen.",
        until=day("2025-11-05"),
    )  # fmt: skip
    refused = PostShipmentReport(
        id="PR-2025-19", source="xc-inspectorate", license=USTREYA.ref, destination="QQ", kind="compliance_visit",
        performed=on("2025-11-12"), reporter_role="inspectorate", trigger="scheduled", method="on_site",
        outcome="access_refused", cooperation="refused", requested_at=day("2025-10-06"), due_at=day("2025-11-05"),
        answers_request=ordered.ref, reason_codes=("host_government_blocked",),
        clause_findings=(ClauseFinding(clause="nr-10", result="not_satisfied"),),
        note="Die Prüfer wurden am Eingang abgewiesen; ein neuer Termin wurde nicht genannt.",
    )  # fmt: skip
    yield from known("2025-10-06", ordered)
    yield from known("2025-11-14", refused)


def cameras_at_a_protest() -> Iterator[Known]:
    """Face recognition bought for stadiums and borders looks at a march; a second delivery is under way."""
    license = license_of(LUMERRA)
    pending = Pending(kind="delivery", until=day("2026-11-30"))
    yield Known(LUMERRA.granted, msgspec.structs.replace(license, pending=(pending,)))
    yield from delivered(LUMERRA, day("2025-04-08"), parts=4)
    yield from kept_promises(LUMERRA, day("2025-04-08"))
    march = Incident(
        id="PA-2025-63", source="ngo-plaza", occurred=on("2025-10-11"), technology="face_recognition",
        published_at=day("2026-04-21"), operators=(Operator(country="QS", confidence=95),),
        operator_agency=Claimed(name="Policía Metropolitana de Lumerra", confidence=90),
        products=(ClaimedProduct(name="Perivane Concourse", confidence=90),), evidence_level="E3",
        attribution_level="A2",
        publications=(
            published("ngo-plaza", "ngo_report", 2, "plaza-acta-63", "2026-04-21"),
            published("faro-lumerra", "news", 3, "plaza-acta-63", "2026-04-22"),
        ),
        attack_result="successful", vector="cctv_match", data_taken=("biometrics", "location"),
        victims=(
            Victims(klass="protester", count=240, qualifier="approx", ground="opinion", country="QS"),
            Victims(klass="journalist", count=3, qualifier="exact", country="QS"),
            Victims(klass="minor", count=2, qualifier="exact", country="QS"),
        ),
        alleged_purpose="suppression_of_protest", expression_related="yes", harms=("detention",), use_country="QS",
        simultaneous=180,
        denials=(Denial(by="operator_state", kind="bare_denial", at=day("2026-04-23"), source="gov-lumerra"),),
    )  # fmt: skip
    yield from known("2026-04-24", march)


TIP_DAYS = ("2026-05-04", "2026-05-05", "2026-05-06")
TIPS = 500


def five_hundred_tips() -> Iterator[Known]:
    """A web form fills with five hundred accusations of one state in three days: an integrity note, no more."""
    yield from course(ARVESSA, day("2025-05-20"))
    for number in range(1, TIPS + 1):
        told = TIP_DAYS[number * len(TIP_DAYS) // (TIPS + 1)]
        yield from known(told, tip(number, told))


def tip(number: int, told: str) -> Incident:
    """One anonymous tip: names the state and the product, shows nothing."""
    return Incident(
        id=f"TIP-{number:04d}", source="tips-web", occurred=on("2026-04-01", "month"),
        technology="location_tracking", published_at=day(told), operators=(Operator(country="QT", confidence=90),),
        products=(ClaimedProduct(name="Waytrace", confidence=90),),
        publications=(Publication(source="tips-web", kind="anonymous", published_at=day(told)),),
        victims=(Victims(klass="unknown", count=1 + number % 3),),
    )  # fmt: skip


RETRACTED = Incident(
    id="LR-2025-31", source="ngo-lamplight", occurred=between("2025-06-23", "2025-07-04"),
    technology="intrusion_spyware", published_at=day("2025-11-18"), operators=(Operator(country="QV", confidence=80),),
    operator_agency=Claimed(name="Zefirat Investigations Bureau", confidence=70),
    products=(ClaimedProduct(name="Sablefinch", confidence=80),), evidence_level="E3", attribution_level="A2",
    publications=(published("ngo-lamplight", "ngo_report", 2, "lamplight-31", "2025-11-18"),),
    attack_result="successful", vector="one_click_sms", data_taken=("messages",),
    victims=(Victims(klass="journalist", count=6, qualifier="exact", country="QV"),),
    alleged_purpose="suppression_of_reporting", expression_related="yes",
)  # fmt: skip


def the_source_retracts() -> Iterator[Known]:
    """A network's report raises an alert in Zefirat; seven months later it finds that two samples were mixed up."""
    yield from course(ZEFIRAT, day("2025-03-11"))
    yield from known("2025-11-19", RETRACTED)
    alert = ZEFIRAT.alert("art-3")
    acknowledged = Decision(
        id="D-2025-0204", source="xa-licensing", alert=alert, kind="acknowledge", by_role=OFFICER["XA"],
        at=at("2025-11-20"), reason="Taken on.", judged=(Judged(fact=f"incident:{RETRACTED.ref}"),),
    )  # fmt: skip
    told = Decision(
        id="D-2025-0211", source="xa-licensing", alert=alert, kind="notify_partners", by_role=OFFICER["XA"],
        at=at("2025-12-01"), reason="The other two issuing states were told of an open question.",
    )  # fmt: skip
    yield from known("2025-11-20", acknowledged)
    yield from known("2025-12-01", told)
    taken_back = Retraction(id=RETRACTED.id, source=RETRACTED.source, of="incident", why="source_withdrew")
    yield from known("2026-06-15", taken_back)
