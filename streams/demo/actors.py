"""Who acts in the invented world: states, agencies, vendors, products, sources. None of them exists.

States bear ISO 3166-1 user-assigned codes. Names were made up for this file; a likeness to a real state, agency, maker,
product or publisher is unintended.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from typing import NamedTuple

from schemas import Name
from schemas.framework import Commitment, Framework, Participant
from schemas.policy import DestinationClass, RegisteredSource
from schemas.vocabulary import DestinationGrade, EntityKind, NameRelation, Technology
from streams.demo.telling import FIRST_DAY, Known, day

STATES = {
    "XA": "Norvane", "XB": "Valdrenne", "XC": "Tannmark",
    "QM": "Karsovia", "QN": "Tamirand", "QO": "Sankorra", "QP": "Belogara", "QQ": "Ustreya", "QR": "Ostrevia",
    "QS": "Lumerra", "QT": "Arvessa", "QV": "Zefirat", "QW": "Sundavik", "QX": "Ishkara", "QY": "Velhosa",
    "QZ": "Brisenne", "XD": "Dorangal", "XE": "Serralta Nueva", "XF": "Orlesque", "XG": "Palvirra", "XH": "Kethmar",
    "XJ": "Caldonne", "XL": "Thessmar", "XM": "Hallmora", "XO": "Marenga", "XP": "Ruvenia", "XQ": "Nemorra",
    "XR": "Aldermarch", "XS": "Quessara", "XT": "Hjelvik", "XV": "Tolvane", "XW": "Ferrandina Sur",
}  # fmt: skip
"""Code and name of each invented state; XA, XB and XC issue licenses."""

AUTHORITY = {"XA": "xa-licensing", "XB": "xb-licensing", "XC": "xc-licensing"}
"""The licensing authority's source, by issuing state."""
EMBASSY = {"XA": "xa-embassies", "XB": "xb-embassies", "XC": "xc-embassies"}
INSPECTORATE = {"XA": "xa-inspectorate", "XB": "xb-inspectorate", "XC": "xc-inspectorate"}
OFFICE = {
    "XA": "Office for Strategic Trade, Norvane",
    "XB": "Service du contrôle des exportations sensibles, Valdrenne",
    "XC": "Amt für Ausfuhrbewilligungen, Tannmark",
}
OFFICER = {
    "XA": "Licensing desk 3, Office for Strategic Trade",
    "XB": "Bureau des biens de surveillance",
    "XC": "Referat Überwachungstechnik",
}


class Maker(NamedTuple):
    """A vendor: its key in the register, name, seat, and the source under which it reports."""

    key: str
    name: str
    seat: str
    source: str


MAKERS = {
    m.key: m
    for m in (
        Maker("halcyrne", "Halcyrne Systems Ltd", "XA", "exporter-halcyrne"),
        Maker("halcyrne-vd", "Halcyrne Valdrenne SAS", "XB", "exporter-halcyrne-vd"),
        Maker("orbeck", "Orbeck Handels GmbH", "XC", "exporter-orbeck"),
        Maker("perivane", "Perivane Optique SA", "XB", "exporter-perivane"),
        Maker("colibrelle", "Ateliers Colibrelle SA", "XB", "exporter-colibrelle"),
        Maker("tollbrueck", "Tollbrück Netztechnik AG", "XC", "exporter-tollbrueck"),
        Maker("kastwerk", "Kastwerk Forensik GmbH", "XC", "exporter-kastwerk"),
        Maker("nimbrace", "Nimbrace Location Ltd", "XA", "exporter-nimbrace"),
        Maker("sondreval", "Sondreval Conseil SARL", "XB", "exporter-sondreval"),
        Maker("wexmoor", "Wexmoor Signals Ltd", "XA", "exporter-wexmoor"),
    )
}


class Product(NamedTuple):
    """A product: name, kind of technology, control codes, modules."""

    name: str
    technology: Technology
    codes: tuple[str, ...]
    modules: tuple[str, ...] = ()


PRODUCTS = {
    "sablefinch": Product("Sablefinch", "intrusion_spyware", ("4A005", "4D004"), ("messages", "location", "calls")),
    "concourse": Product("Perivane Concourse", "face_recognition", ("CATCHALL_ART5",), ("watchlist match", "archive")),
    "gallery": Product("Perivane Galerie", "video_surveillance", ("CATCHALL_ART5",), ("recording",)),
    "colibrelle": Product("Colibrelle M6", "mobile_interception_imsi", ("5A001.f.1",), ("identifiers",)),
    "weissdorn": Product("Weissdorn IP", "ip_interception", ("5A001.j",), ("metadata", "content")),
    "handover": Product("Tollbrück Übergabe", "lawful_intercept_mediation", ("5D001.e",), ("handover",)),
    "entriegler": Product("Entriegler K4", "mobile_forensics", ("5A004.b",), ("extraction",)),
    "waytrace": Product("Waytrace", "location_tracking", ("NATIONAL:XA:SL-14",), ("live", "history")),
    "veillard": Product("Veillard", "social_media_monitoring", ("NATIONAL:XB:N-203",), ("search",)),
    "gatewing": Product("Gatewing DPI", "network_injection_dpi", ("5A001.j",), ("filter",)),
    "quillrest": Product("Quillrest", "intrusion_spyware", ("4D004",), ("messages", "files")),
}

MARKETS = {
    "halcyrne": ("sablefinch",), "halcyrne-vd": ("sablefinch",), "orbeck": ("sablefinch", "quillrest"),
    "perivane": ("concourse", "gallery"), "colibrelle": ("colibrelle",), "tollbrueck": ("weissdorn", "handover"),
    "kastwerk": ("entriegler",), "nimbrace": ("waytrace",), "sondreval": ("veillard",), "wexmoor": ("gatewing",),
}  # fmt: skip
"""Which maker or dealer markets which products."""

AGENCIES = {
    "qm-dsp": ("QM", "Karsovian Directorate of State Protection", ("DSP Karsovia", "Direkcija za zaštitu Karsovije")),
    "qm-police": ("QM", "Federal Police of Karsovia", ()),
    "qn-security": ("QN", "Tamirand Security Service", ("TSS Tamirand",)),
    "qn-gendarmerie": ("QN", "Gendarmerie of Tamirand", ("Gendarmerie tamirande",)),
    "qn-finance": ("QN", "Tamirand Financial Crime Office", ()),
    "qo-police": ("QO", "Sankorra National Police", ("Policía Nacional de Sankorra",)),
    "qp-interior": ("QP", "Belogara Interior Troops Signals Unit", ()),
    "qp-police": ("QP", "Belogara Criminal Police", ()),
    "qq-telecom": ("QQ", "Ustreya Communications Authority", ()),
    "qr-gendarmerie": ("QR", "Gendarmerie of Ostrevia", ("Gendarmerie d'Ostrevia",)),
    "qr-intelligence": ("QR", "Ostrevia State Information Service", ()),
    "qs-metro": ("QS", "Lumerra Metropolitan Police", ("Policía Metropolitana de Lumerra",)),
    "qt-service": ("QT", "Arvessa Internal Security Department", ()),
    "qt-police": ("QT", "Arvessa Border Police", ()),
    "qv-bureau": ("QV", "Zefirat Investigations Bureau", ()),
    "qw-police": ("QW", "Sundavik Police", ()),
    "qx-command": ("QX", "Ishkara Counter-Crime Command", ()),
    "qx-old": ("QX", "Ishkara Special Operations Office", ()),
    "qy-police": ("QY", "Polícia Judiciária de Velhosa", ("Velhosa Judicial Police",)),
    "qz-customs": ("QZ", "Douanes de Brisenne", ("Brisenne Customs",)),
    "xd-police": ("XD", "Dorangal Criminal Police", ()),
    "xe-fiscalia": ("XE", "Fiscalía Especial de Serralta Nueva", ("Serralta Nueva Special Prosecutor",)),
    "xf-guard": ("XF", "Orlesque Republican Guard", ("Garde républicaine d'Orlesque",)),
    "xg-service": ("XG", "Palvirra Foreign Information Service", ()),
    "xh-police": ("XH", "Kethmar State Police", ()),
    "xh-customs": ("XH", "Kethmar Customs Service", ()),
    "xj-service": ("XJ", "Caldonne Central Intelligence Office", ()),
    "xl-police": ("XL", "Thessmar Gendarmerie", ()),
    "xm-police": ("XM", "Hallmora Police Service", ()),
    "xp-police": ("XP", "Ruvenia Interior Police", ()),
    "xp-service": ("XP", "Ruvenia Security Council Secretariat", ()),
    "xq-police": ("XQ", "Nemorra National Guard", ()),
    "xo-police": ("XO", "Marenga Federal Police", ("Polícia Federal de Marenga",)),
    "xo-service": ("XO", "Marenga Strategic Information Agency", ()),
    "xr-police": ("XR", "Aldermarch Constabulary", ()),
    "xr-border": ("XR", "Aldermarch Border Guard", ()),
    "xs-guard": ("XS", "Quessara Presidential Guard", ("Guardia Presidencial de Quessara",)),
    "xs-police": ("XS", "Quessara Investigative Police", ()),
    "xt-police": ("XT", "Hjelvik Police", ()),
    "xt-customs": ("XT", "Hjelvik Customs Board", ()),
    "xv-ministry": ("XV", "Tolvane Ministry of the Interior, Technical Directorate", ()),
    "xv-police": ("XV", "Tolvane Gendarmerie", ()),
    "xw-police": ("XW", "Policía Federal de Ferrandina Sur", ()),
    "xw-metro": ("XW", "Ferrandina Sur Transit Police", ()),
}
"""Agencies by key: state, name, further names."""


def agency(key: str) -> str:
    """The agency's name."""
    return AGENCIES[key][1]


def _names(row: tuple[str, EntityKind, NameRelation], **said: object) -> Name:
    key, kind, relation = row
    marker = str(said.get("name") or said.get("target"))
    digest = hashlib.blake2b(marker.encode(), digest_size=4).hexdigest()
    return Name(
        id=f"{key}.{relation}.{digest}", source="xa-names", entity=key, kind=kind, relation=relation,
        judged_by="Names desk, Office for Strategic Trade", tlp="GREEN", **said,  # type: ignore[arg-type]
    )  # fmt: skip


def names() -> Iterator[Known]:
    """The register of names as it stood on the first day, and what was learned later."""
    for row in _first_names():
        yield Known(FIRST_DAY, row)
    yield from _later_names()


def _first_names() -> Iterator[Name]:
    for code, name in STATES.items():
        yield _names((f"state-{code.lower()}", "state", "alias"), name=name, country=code)
    for key, (country, name, others) in AGENCIES.items():
        for written in (name, *others):
            yield _names((f"agency-{key}", "agency", "alias"), name=written, country=country)
    for maker in MAKERS.values():
        yield _names((f"vendor-{maker.key}", "vendor", "alias"), name=maker.name, country=maker.seat)
    for product in PRODUCTS.values():
        yield _names((_product_key(product.name), "product", "alias"), name=product.name)
    for key, products in MARKETS.items():
        for product_key in products:
            target = _product_key(PRODUCTS[product_key].name)
            yield _names((f"vendor-{key}", "vendor", "markets"), target=target)
    yield from _groups()


def _groups() -> Iterator[Name]:
    """The Halcyrne group: two exporters of record beside the brand, and the maker's earlier name."""
    yield _names(("group-halcyrne", "corporate_group", "alias"), name="Halcyrne Group", country="XA")
    for member in ("vendor-halcyrne", "vendor-halcyrne-vd", "vendor-orbeck"):
        yield _names((member, "vendor", "part_of"), target="group-halcyrne")
    yield _names(("vendor-halcyrne", "vendor", "alias"), name="Halcyrne", country="XA")
    yield _names(
        ("vendor-brightmere", "vendor", "alias"), name="Brightmere Analytics Ltd", country="XA",
        valid_to=day("2023-05-31"),
    )  # fmt: skip
    yield _names(("vendor-brightmere", "vendor", "alias"), name="Brightmere Analytics", country="XA")
    yield _names(
        ("vendor-brightmere", "vendor", "renamed_to"), target="vendor-halcyrne", valid_from=day("2023-06-01"),
    )  # fmt: skip
    yield _names(("agency-qx-old", "agency", "renamed_to"), target="agency-qx-command", valid_from=day("2025-01-01"))


def _later_names() -> Iterator[Known]:
    """An imported list says that Halcyrne markets Duskmantle; the names desk later finds that it does not (case 2)."""
    listed = _names(("product-duskmantle", "product", "alias"), name="Duskmantle")
    wrong = Name(
        id="public-list.duskmantle", source="names-public-list", entity="vendor-halcyrne", kind="vendor",
        relation="markets", target="product-duskmantle", confidence=60, judgment="unsure", tlp="CLEAR",
    )  # fmt: skip
    yield Known(day("2024-09-02"), listed)
    yield Known(day("2024-09-02"), wrong)
    judged = Name(
        id=wrong.id, source=wrong.source, revision=2, entity=wrong.entity, kind="vendor", relation="markets",
        target=wrong.target, confidence=95, judgment="different", judged_by="Names desk, Office for Strategic Trade",
        tlp="CLEAR",
    )  # fmt: skip
    yield Known(day("2025-02-17"), judged)


def _product_key(name: str) -> str:
    plain = name.lower().replace("ü", "ue")
    return "product-" + "-".join(plain.split())


def _authorities() -> Iterator[RegisteredSource]:
    for state, key in AUTHORITY.items():
        yield RegisteredSource(
            source=key, name=OFFICE[state], kind="authority", reliability="A", max_evidence="E5", max_attribution="A4",
        )  # fmt: skip
        yield RegisteredSource(
            source=EMBASSY[state], name=f"Embassies of {STATES[state]}", kind="embassy", reliability="B",
            max_evidence="E3", max_attribution="A2",
        )  # fmt: skip
        yield RegisteredSource(
            source=INSPECTORATE[state], name=f"Inspectorate of exported goods, {STATES[state]}", kind="inspectorate",
            reliability="A", max_evidence="E5", max_attribution="A4",
        )  # fmt: skip


NEWS = {
    "quillon-gazette": ("Quillon Gazette", "B"), "fanal-de-brume": ("Le Fanal de Brume", "B"),
    "abendbote-tannau": ("Abendbote Tannau", "B"), "veleta-sur": ("La Veleta del Sur", "B"),
    "harbor-dispatch": ("Drummel Harbor Dispatch", "C"), "courrier-lys": ("Courrier des Lysières", "C"),
    "wochenschau-nord": ("Nordtannmarker Wochenschau", "C"), "kiosk-karsovia": ("Kiosk Karsovia", "C"),
    "faro-lumerra": ("El Faro de Lumerra", "C"), "tribuna-velhosa": ("Tribuna Velhosense", "C"),
    "ruvenia-wire": ("Ruvenia Wire", "C"), "ostrevia-matin": ("Ostrevia Matin", "C"),
    "pulse-qt": ("Arvessa Pulse", "D"), "lookout-blog": ("The Lookout Notebook", "D"),
}  # fmt: skip
"""Newspapers and one notebook: key, name, reliability."""

REGISTERED: tuple[tuple[str, str, str, str, str, str], ...] = (
    ("xa-desk", "Open sources desk, Norvane", "authority", "A", "E5", "A4"),
    ("xa-names", "Names desk, Norvane", "authority", "A", "E0", "A0"),
    ("clock", "The authority's clock", "authority", "A", "E0", "A0"),
    ("names-public-list", "A public list of vendors", "other", "D", "E0", "A0"),
    ("lab-corvid", "Corvid Lantern Device Lab", "lab", "A", "E4", "A3"),
    ("lab-tessera", "Tessera Forensic Laboratory", "lab", "A", "E4", "A3"),
    ("ngo-lamplight", "Lamplight Rights Network", "ngo", "B", "E3", "A2"),
    ("ngo-plaza", "Plaza Abierta", "ngo", "B", "E3", "A2"),
    ("ngo-carrefour", "Carrefour des Libertés", "ngo", "C", "E2", "A1"),
    ("platform-lumo", "Lumo Mobile threat notices", "platform", "A", "E2", "A0"),
    ("court-serralta", "Tribunal Superior de Serralta Nueva", "court", "A", "E5", "A4"),
    ("oversight-serralta", "Comisión de Control, Serralta Nueva", "oversight_body", "B", "E5", "A4"),
    ("oversight-belogara", "Audit Chamber of Belogara", "oversight_body", "A", "E5", "A4"),
    ("gov-karsovia", "Government of Karsovia", "government", "E", "E1", "A0"),
    ("gov-lumerra", "Government of Lumerra", "government", "D", "E1", "A0"),
    ("inst-method", "Institute for Method Review", "other", "B", "E2", "A1"),
    ("tips-web", "Anonymous web form", "anonymous", "F", "E0", "A0"),
    ("tips-letter", "Anonymous letters", "anonymous", "F", "E0", "A0"),
    ("demo-embassy", "A visitor's key, as an embassy", "embassy", "B", "E3", "A2"),
)


def _sources() -> Iterator[RegisteredSource]:
    yield from _authorities()
    for source, name, kind, reliability, evidence, attribution in REGISTERED:
        yield RegisteredSource(
            source=source, name=name, kind=kind, reliability=reliability,  # type: ignore[arg-type]
            max_evidence=evidence, max_attribution=attribution,  # type: ignore[arg-type]
            quarantined=source == "tips-web",
        )  # fmt: skip
    for maker in MAKERS.values():
        yield RegisteredSource(
            source=maker.source, name=maker.name, kind="exporter", reliability="C", max_evidence="E5",
            max_attribution="A4",
        )  # fmt: skip
    for source, (name, reliability) in NEWS.items():
        yield RegisteredSource(
            source=source, name=name, kind="news", reliability=reliability,  # type: ignore[arg-type]
            max_evidence="E2", max_attribution="A1",
        )  # fmt: skip


SOURCES: tuple[RegisteredSource, ...] = tuple(_sources())
"""The source register of the invented authority."""


_CLASSED: tuple[tuple[str, DestinationGrade, dt.date | None, dt.date | None], ...] = (
    ("QS", "partner", None, None), ("QW", "partner", None, None), ("QZ", "partner", None, None),
    ("XR", "partner", None, None), ("XW", "partner", None, None), ("QN", "eligible", None, None),
    ("QO", "eligible", None, None), ("QY", "eligible", None, None), ("XE", "eligible", None, None),
    ("XO", "eligible", None, None), ("QM", "case_by_case", None, None), ("QR", "case_by_case", None, None),
    ("XD", "case_by_case", None, None), ("XH", "case_by_case", None, None), ("XM", "case_by_case", None, None),
    ("XT", "eligible", None, day("2025-05-31")), ("XT", "case_by_case", day("2025-06-01"), None),
    ("QP", "restricted", None, None), ("QX", "restricted", None, None), ("XJ", "restricted", None, None),
    ("XS", "case_by_case", None, day("2025-09-30")), ("XS", "restricted", day("2025-10-01"), None),
    ("XP", "embargoed", day("2026-02-01"), None),
)  # fmt: skip
CLASSES = tuple(
    DestinationClass(
        country=country, grade=grade, valid_from=first, valid_to=last, origin="list of the invented office"
    )
    for country, grade, first, last in _CLASSED
)
"""How the invented office classes states, and since when."""

COMPACT = Framework(
    key="tannmark-compact", name="Tannmark Compact on watched exports", adopted=day("2023-05-01"),
    words="An invented framework of three invented states.", source="invented for the demo",
    commitments=(
        Commitment(
            kind="share_information", words="share what is known of misuse", valid_from=day("2023-05-01"),
            source="invented for the demo",
        ),
        Commitment(
            kind="notify", words="tell the others of a license that is suspended or revoked", binding="yes",
            valid_from=day("2024-01-01"), source="invented for the demo",
        ),
    ),
    participants=tuple(
        Participant(country=country, valid_from=since, source="invented for the demo")
        for country, since in (("XA", day("2023-05-01")), ("XB", day("2023-05-01")), ("XC", day("2024-03-01")))
    ),
)  # fmt: skip
"""What the three issuing states have promised each other."""
