"""Recipes: public lists of reports and of indicators, turned into drafts of incidents for `assess` and `submit`.

Each recipe keeps `fetch` (reads what somebody has put on this machine; no network is asked) and `parse`
(bytes to drafts, pure) apart, and says of its source its licence, rhythm and known errors. A draft is `draft=True`
until an analyst accepts it. No title and no address is kept: titles name people, and addresses are slugs of titles; a
digest stands for each address. Nothing says who was targeted, because the sources say it only in their titles.

*When it happened* is not in these sources, only when it was published. A draft's period ends on the day of publication
and begins `LONGEST_DELAY` before it, with precision `unknown`: the longest time from first activity to disclosure in
an open list of cases (889 days, n=41; domain, 0.3). It is a bound for drafts, not an estimate.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from schemas import Incident, Problem, Refused
from schemas.codec import encode
from schemas.reading import read_fact
from schemas.vocabulary import PublicationKind
from streams.errors import Stop

LONGEST_DELAY = dt.timedelta(days=889)


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a source."""

    name: str
    licence: str
    rhythm: str
    known_errors: tuple[str, ...]


REPORTS = Origin(
    name="targetedthreats: dated public reports of attacks on civil society, with indicators",
    licence="CC BY-SA 4.0: what is made of it is shared alike, with attribution",
    rhythm="a snapshot of November 2021; no longer kept up",
    known_errors=(
        "`country` mixes the suspected operator state and the state of the targets: it is used for neither, and only "
        "handed to the analyst as a hint",
        "reports on Morocco bear the code MO, which is Macao: corrected to MA where the title says Morocco",
        "a year in the list that differs from the year in the address: the day of publication is left out",
        "`family` holds vendors, products, groups and kinds of attack under one heading",
    ),
)
STIX = Origin(
    name="STIX 2.1 bundles of indicators, as research groups publish them",
    licence="that of the publisher: see beside the bundle (CC BY or MIT for those in common use)",
    rhythm="revised often and without notice; never final",
    known_errors=(
        "`created` and `valid_from` tell when the bundle was made, not when anything happened: not used",
        "relationships whose ends are not in the bundle: passed over",
        "a bundle holds indicators, not incidents: one draft stands for each malware or tool that is indicated",
        "addresses of attackers can look like names of people: no indicator is kept",
    ),
)

_VENDORS = frozenset({"NSO", "Hacking Team", "FinFisher", "Cyberbit"})
"""Families of the list that are a vendor's name; a vendor's products are not told apart by it."""
_NO_PRODUCT = frozenset({"", "Misc", "Phishing", "Dark Basin", "RAT"})
"""Families that say how, or who, but not with which product."""
_INJECTION = frozenset({"Badtraffic"})
_HOUSES: Mapping[str, PublicationKind] = {
    **dict.fromkeys(
        (
            "Citizen Lab", "Amnesty International", "Volexity", "F-Secure", "Palo Alto Networks", "Rapid7", "FireEye",
            "Usenix", "Malware.lu", "Arbor Networks", "Vectra Networks", "PwC", "Qianxin",
        ),
        "lab_report",
    ),
    **dict.fromkeys(("EFF", "Frontline Defenders", "Bahrain Watch", "eQualitie", "Syrian Freedom"), "ngo_report"),
    **dict.fromkeys(("The Intercept", "Motherboard"), "news"),
}  # fmt: skip
"""Publishers in the list that are houses. Whoever is not here may be a person and is not named."""
_DRAWN_ON = 50
"""Confidence of what a machine joined and nobody confirmed [0..100]."""


class Drafted(msgspec.Struct, frozen=True, kw_only=True):
    """A draft, and what the analyst should know that the fact cannot say."""

    incident: Incident
    hints: tuple[str, ...] = ()


class Skipped(msgspec.Struct, frozen=True, kw_only=True):
    """A row or object of which nothing was made."""

    where: str
    problems: tuple[Problem, ...]


class Drafts(msgspec.Struct, frozen=True, kw_only=True):
    """What a recipe made of a source."""

    origin: Origin
    drafted: tuple[Drafted, ...]
    skipped: tuple[Skipped, ...]

    def ndjson(self) -> Iterator[bytes]:
        """One fact a line."""
        for each in self.drafted:
            yield encode(each.incident) + b"\n"


# -- reports as CSV -------------------------------------------------------------------------------------------------


def fetch_reports(folder: Path) -> tuple[bytes, bytes]:
    """The two files of the list from a folder; raises `Stop` where one is not there."""
    return _read(folder / "reports.csv"), _read(folder / "targetedthreats.csv")


def parse_reports(reports: bytes, indicators: bytes) -> Drafts:
    """Drafts of the reports; an indicator that names a report by its address gives it a family."""
    families = _families(indicators)
    made = [_report(number, row, families) for number, row in enumerate(_rows(reports), start=1)]
    return _gathered(REPORTS, made)


def draft_reports(folder: Path) -> Drafts:
    """Drafts of the list in a folder."""
    return parse_reports(*fetch_reports(folder))


def _rows(text: bytes) -> list[Mapping[str, str]]:
    lines = [line for line in text.decode("utf-8-sig").splitlines() if line.strip()]
    return list(csv.DictReader(io.StringIO("\n".join(lines)), skipinitialspace=True))


def _families(indicators: bytes) -> dict[str, set[str]]:
    families: dict[str, set[str]] = {}
    for row in _rows(indicators):
        families.setdefault(_plain(row.get("reference") or ""), set()).add((row.get("family") or "").strip())
    return families


def _plain(address: str) -> str:
    """An address, so that two spellings of it meet."""
    return re.sub(r"^https?://(www\.)?", "", address.strip()).rstrip("/")


def _report(number: int, row: Mapping[str, str], families: Mapping[str, set[str]]) -> Drafted | Skipped:
    where, link = f"row {number}", (row.get("link") or "").strip()
    try:
        day = dt.date(int(row["year"]), int(row["month"]), int(row["day"]))
    except (KeyError, TypeError, ValueError):
        return _skipped(where, "/year", "no day of publication", "year, month and day")
    if not link:
        return _skipped(where, "/link", "nothing", "the address of the report")
    doubtful = _year_in(link) not in (None, day.year)
    found = families.get(_plain(link), set())
    tree = _incident(
        f"report-{_letters(_plain(link))}", "targetedthreats", day, published=None if doubtful else day,
        technology=_technology(found),
    ) | _named(found)  # fmt: skip
    author = (row.get("author") or "").strip()
    tree["publications"] = [_publication(author, None if doubtful else day, link)]
    return _drafted(where, tree, tuple(_hints(row, doubtful)))


def _technology(families: set[str]) -> str:
    if families & _INJECTION:
        return "network_injection_dpi"
    return "intrusion_spyware" if families - _NO_PRODUCT - _INJECTION else "other"


def _named(families: set[str]) -> dict[str, Any]:
    """What the families of a report name, as far as they name something that is sold."""
    vendors = sorted(families & _VENDORS)
    products = sorted(families - _VENDORS - _NO_PRODUCT - _INJECTION)
    named = {"vendors": vendors, "products": products}
    return {
        field: [{"name": name, "confidence": _DRAWN_ON} for name in names] for field, names in named.items() if names
    }


def _publication(author: str, day: dt.date | None, link: str) -> dict[str, Any]:
    """The first of several authors stands for all: they published one report together."""
    first = author.split(",", maxsplit=1)[0].strip()
    house = re.sub(r"[^a-z0-9]+", "-", first.casefold()) if first in _HOUSES else "independent-researchers"
    publication = {"source": house, "kind": _HOUSES.get(first, "lab_report"), "address_hash": _digest(_plain(link))}
    return publication | ({"published_at": str(day)} if day else {})


def _year_in(link: str) -> int | None:
    found = re.search(r"/((?:19|20)\d\d)/\d{1,2}/", link)
    return int(found[1]) if found else None


def _hints(row: Mapping[str, str], doubtful: bool) -> Iterator[str]:
    codes = [code.strip() for code in (row.get("country") or "").split(",") if code.strip()]
    if "MO" in codes and "Morocc" in (row.get("title") or ""):
        codes = ["MA" if code == "MO" else code for code in codes]
        yield "the list says MO, which is Macao; the title says Morocco, so MA is meant"
    if codes:
        yield f"the list names {', '.join(codes)}: operator or targets, it does not say which; used for neither"
    if doubtful:
        yield "the year in the list and the year in the address differ: the day of publication is left out"


# -- STIX 2.1 -------------------------------------------------------------------------------------------------------


def fetch_stix(file: Path) -> bytes:
    """A bundle from a file; raises `Stop` where it is not there."""
    return _read(file)


def published_in_name(file: Path) -> dt.date | None:
    """The day of publication, where the file's name begins with it: `2021-07-18_…`."""
    found = re.match(r"(\d{4})-(\d\d)[-_](\d\d)", file.name)
    try:
        return dt.date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None


def parse_stix(bundle: bytes, *, publisher: str, published: dt.date) -> Drafts:
    """A draft for each malware or tool of a bundle that something in it indicates.

    `publisher`: its key in the source register; `published`: the day of publication, which the bundle does not tell.
    Raises `Stop` for what is no STIX 2.1 bundle.
    """
    objects = _objects(bundle)
    known = {each["id"]: each for each in objects if each.get("type") in ("malware", "tool") and "id" in each}
    indicated = {
        str(each.get("target_ref"))
        for each in objects
        if each.get("type") == "relationship" and each.get("relationship_type") == "indicates"
    }
    made = [_tool(known[key], publisher, published) for key in sorted(set(known) & indicated)]
    return _gathered(STIX, made)


def draft_stix(file: Path, *, publisher: str, published: dt.date | None = None) -> Drafts:
    """Drafts of a bundle in a file; raises `Stop` where the day of publication is neither given nor in its name."""
    day = published or published_in_name(file)
    if day is None:
        raise Stop(f"{file.name} does not begin with the day of publication (YYYY-MM-DD_); say it, no bundle tells it")
    return parse_stix(fetch_stix(file), publisher=publisher, published=day)


def _objects(bundle: bytes) -> list[dict[str, Any]]:
    try:
        found = msgspec.json.decode(bundle)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Stop("This is not JSON; expected a STIX 2.1 bundle") from error
    objects = found.get("objects") if isinstance(found, dict) and found.get("type") == "bundle" else None
    if not isinstance(objects, list):
        raise Stop("This is JSON, but no bundle; expected an object with `type` bundle and `objects`")
    return [each for each in objects if isinstance(each, dict)]


def _tool(each: Mapping[str, Any], publisher: str, published: dt.date) -> Drafted | Skipped:
    key = str(each["id"])
    tree = _incident(f"stix-{_letters(key)}", publisher, published, published=published, technology="intrusion_spyware")
    tree["products"] = [{"name": each.get("name"), "confidence": _DRAWN_ON}]
    tree["publications"] = [
        {"source": publisher, "kind": "lab_report", "published_at": str(published), "address_hash": _digest(key)}
    ]
    hint = "the product is the name in the bundle; whether it is a product, a family or a campaign it does not say"
    return _drafted(f"{each.get('type')} {_letters(key)}", tree, (hint,))


# -- both -----------------------------------------------------------------------------------------------------------


def _incident(id: str, source: str, last: dt.date, *, published: dt.date | None, technology: str) -> dict[str, Any]:
    period = {"start": str(last - LONGEST_DELAY), "end": str(last), "precision": "unknown"}
    tree = {
        "fact": "incident", "id": id, "source": source, "occurred": period, "technology": technology, "draft": True,
        "tlp": "CLEAR",
    }  # fmt: skip
    return tree | ({"published_at": str(published)} if published else {})


def _drafted(where: str, tree: dict[str, Any], hints: tuple[str, ...]) -> Drafted | Skipped:
    try:
        fact = read_fact(tree, expect="incident")
    except Refused as refused:
        return Skipped(where=where, problems=tuple(refused.problems))
    assert isinstance(fact, Incident)
    return Drafted(incident=fact, hints=hints)


def _gathered(origin: Origin, made: Iterable[Drafted | Skipped]) -> Drafts:
    every = list(made)
    return Drafts(
        origin=origin,
        drafted=tuple(each for each in every if isinstance(each, Drafted)),
        skipped=tuple(each for each in every if isinstance(each, Skipped)),
    )


def _skipped(where: str, path: str, found: str, expected: str) -> Skipped:
    return Skipped(where=where, problems=(Problem(path=path, found=found, expected=expected),))


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Stop(f"{file} cannot be read: {error.strerror or error}") from error


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _letters(text: str) -> str:
    """A digest in letters, so that it cannot be taken for a number that belongs to somebody."""
    return "".join("abcdefghijklmnop"[int(digit, 16)] for digit in _digest(text)[:16])
