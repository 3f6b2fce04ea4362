"""Builds `names.ndjson`: the seed of the register, as `Name` facts, from MISP's galaxy and our own rows.

Run from the root of the repository: `python -m streams.names.seed.build_names ../shared/data`. Names, ids and
relations only: descriptions are never read. Every row names its source; licenses are in SOURCES.md.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from anyascii import anyascii

from schemas.name import Name
from streams.names.scripts import plain, script
from streams.names.states import resolve_state

HERE = Path(__file__).parent

VENDORS = "misp-galaxy-vendors"
AGENCIES = "misp-galaxy-agencies"
EDITORS = "pledgewatch-editors"

RELATIONS = {"part-of": "part_of", "is-acquired-by": "acquired_by", "acquires": "acquires", "renamed-to": "renamed_to"}
"""MISP's relation → ours. Alliances and loose links say nothing about who is who and are left out."""

ISO_15924 = {
    "Latin": "Latn", "Cyrillic": "Cyrl", "Arabic": "Arab", "Hebrew": "Hebr", "Han": "Hani", "Kana": "Jpan",
    "Hangul": "Hang", "Thai": "Thai", "Greek": "Grek", "Devanagari": "Deva", "Georgian": "Geor", "Armenian": "Armn",
    "Ethiopic": "Ethi", "Bengali": "Beng", "Sinhala": "Sinh", "Tamil": "Taml", "Khmer": "Khmr", "Lao": "Laoo",
    "Myanmar": "Mymr", "Mongolian": "Mong", "Thaana": "Thaa", "Telugu": "Telu", "Gujarati": "Gujr", "Gurmukhi": "Guru",
    "Kannada": "Knda", "Malayalam": "Mlym",
}  # fmt: skip


def _id(text: str) -> str:
    """The text as part of an id; of another script than Latin with a digest, since romanization is not unique."""
    digest = "" if plain(text).isascii() else "-" + hashlib.sha256(text.encode()).hexdigest()[:6]
    return _romanized(text) + digest


def _romanized(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", anyascii(plain(text)).lower()).strip("-")[:60] or "x"


def _row(source: str, entity: str, kind: str, relation: str, **more: Any) -> Name:
    about = more.get("name") or more.get("target") or ""
    identity = f"{entity}/{relation}/{_id(str(about))}"[:120]
    if more.get("name"):
        more["script"] = ISO_15924.get(script(str(more["name"])))
    more = {key: value for key, value in more.items() if value is not None}
    return msgspec.convert(
        {"fact": "name", "id": identity, "source": source, "entity": entity, "kind": kind, "relation": relation,
         "tlp": "CLEAR", "may_use_for": ["officer", "exporter", "end_user", "partners", "publication"], **more},
        Name,
    )  # fmt: skip


def vendors(shared: Path) -> Iterator[Name]:
    """Vendors, their synonyms, products and relations, from MISP's surveillance-vendor cluster."""
    text = (shared / "misp_galaxy" / "surveillance-vendor.min.jsonl").read_text("utf-8")
    values = [json.loads(line) for line in text.splitlines()]
    ids = {value["name"].casefold(): f"vendor/{_id(value['name'])}" for value in values}
    for value in values:
        entity = ids[value["name"].casefold()]
        yield _row(VENDORS, entity, "vendor", "alias", name=value["name"], document_ref=value["uuid"])
        for part in value["name"].split(" / ")[0:] if " / " in value["name"] else []:
            yield _row(VENDORS, entity, "vendor", "alias", name=part, confidence=80)
        for synonym in value["synonyms"]:
            if ids.get(synonym.casefold(), entity) == entity:
                yield _row(VENDORS, entity, "vendor", "alias", name=synonym, confidence=80)
        for product in value["products"]:
            made = f"product/{_id(product)}"
            yield _row(VENDORS, made, "product", "alias", name=product, confidence=90)
            yield _row(VENDORS, entity, "vendor", "markets", target=made, confidence=80)
        for tie in value["related"]:
            yield from _related(entity, tie, ids)


def _related(entity: str, tie: dict[str, str], ids: dict[str, str]) -> Iterator[Name]:
    relation, other = RELATIONS.get(tie["type"]), ids.get(tie["to"].casefold())
    if relation is None or other is None:
        return
    if relation == "acquires":
        yield _row(VENDORS, other, "vendor", "acquired_by", target=entity, confidence=70)
    else:
        yield _row(VENDORS, entity, "vendor", relation, target=other, confidence=70)


_NOTE = re.compile(r"\s*\[\d+\]|\s*\(page does not exist\)", re.I)
_ASIDE = re.compile(r"\s*\(([^()]*)\)")


def agencies(shared: Path) -> Iterator[Name]:
    """Intelligence agencies with their seat and their names, from MISP's cluster (drawn from Wikipedia's list)."""
    galaxy = json.loads((shared / "misp_galaxy" / "intelligence-agencies.json").read_text("utf-8"))
    seen: set[str] = set()
    for value in galaxy["values"]:
        meta = value["meta"]
        state = resolve_state(meta.get("country") or meta.get("country_name") or "")
        seat = state.code if state and len(state.code) == 2 else None
        name = _NOTE.sub("", value["value"]).strip()
        entity = f"agency/{(seat or 'xx').lower()}/{_id(_ASIDE.sub('', name))}"
        if entity in seen:
            entity = f"{entity}-{value['uuid'][:4]}"
        seen.add(entity)
        yield _row(AGENCIES, entity, "agency", "alias", name=name[:200], country=seat, document_ref=value["uuid"])
        others = {_NOTE.sub("", other).strip() for other in meta.get("synonyms", [])}
        others |= set(_asides(name))
        for other in sorted(others - {name, ""}):
            yield _row(AGENCIES, entity, "agency", "alias", name=other[:200], country=seat, confidence=80)


def _asides(name: str) -> Iterator[str]:
    """The name without its brackets, and an acronym that stands in them; a bracketed state is no name."""
    inside = _ASIDE.findall(name)
    if inside:
        yield _ASIDE.sub("", name).strip()
    for text in inside:
        if text.isupper() and 3 <= len(text) <= 8 and resolve_state(text) is None:
            yield text


def editors() -> Iterator[Name]:
    """Our own rows: corrections, relations with dates, names in other scripts; each line names where it was read."""
    for line in (HERE / "names_extra.tsv").read_text("utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        kind, entity, relation, said, since, until, confidence, judgment, read = line.split("\t")
        more: dict[str, Any] = {"name": said} if relation == "alias" else {"target": said}
        yield _row(
            EDITORS, entity, kind, relation, **more,
            valid_from=_day(since), valid_to=_day(until), confidence=int(confidence), judgment=judgment or "same",
            judged_by="Pledgewatch editors", document_ref=_id(read),
        )  # fmt: skip


def _day(text: str) -> str | None:
    return dt.date.fromisoformat(text).isoformat() if text else None


def main(shared: Path) -> None:
    """Writes names.ndjson beside this file, one fact a line, sorted."""
    facts = {(row.source, row.id): row for row in (*vendors(shared), *agencies(shared), *editors())}
    lines = [msgspec.json.encode(facts[key]) for key in sorted(facts)]
    (HERE / "names.ndjson").write_bytes(b"\n".join(lines) + b"\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
