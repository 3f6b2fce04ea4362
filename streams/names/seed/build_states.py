"""Builds `states.jsonl`: the forms of each state and territory, from rigour's territories and our own additions.

Run from the root of the repository: `python -m streams.names.seed.build_states ../shared/data`. Names, codes and the
relation "part of" are taken; descriptions are not. Each row names its source; licenses are in SOURCES.md.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent

RIGOUR = "opensanctions/rigour territories, MIT"

JOKES = frozenset({"Best Korea", "Poo", "Avon Calling"})

DISPUTED = {
    "tw": "claimed by China",
    "ps": "occupied; statehood not recognized by all",
    "xk": "independence not recognized by all; XK is a user-assigned code",
    "eh": "largely held by Morocco, claimed by the Sahrawi republic",
    "cy_trnc": "recognized by Türkiye only",
    "ge_ab": "held by Russia",
    "x_so": "held by Russia",
    "md_pmr": "self-declared",
    "so_som": "self-declared",
    "ua_cri": "occupied by Russia",
    "ua_dpr": "occupied by Russia",
    "ua_lpr": "occupied by Russia",
    "az_nk": "self-declared until 2023",
    "fk": "claimed by Argentina",
    "gi": "claimed by Spain",
}

# Former states keep the alpha-2 code that ISO 3166-3 withdrew; which state has it today is said beside it, never put
# in its place.
FORMER: dict[str, tuple[str, str, list[str]]] = {
    "zr": ("ZR", "until 1997; today the Democratic Republic of the Congo", ["CD"]),
    "dd": ("DD", "until 1990; today part of Germany", ["DE"]),
    "suhh": (
        "SU",
        "dissolved in 1991 into fifteen states",
        ["AM", "AZ", "BY", "EE", "GE", "KZ", "KG", "LV", "LT", "MD", "RU", "TJ", "TM", "UA", "UZ"],
    ),
    "yucs": ("YU", "dissolved from 1991 on into several states", ["BA", "HR", "ME", "MK", "RS", "SI", "XK"]),
    "csxx": ("CS", "dissolved in 2006 into Serbia and Montenegro", ["RS", "ME"]),
    "cshh": ("CS", "dissolved in 1993 into Czechia and Slovakia", ["CZ", "SK"]),
    "an": ("AN", "dissolved in 2010 into BQ, CW and SX", ["BQ", "CW", "SX"]),
}

MISP = "MISP galaxy target-information, CC0-1.0 OR BSD-2-Clause"

MISP_WRONG = frozenset(
    {
        "Latvija",
        "Republic of Latvia",
        "Latvijas Republika",
        "Lețmō Vabāmō",
        "Palestine pound",
        "جنيه فلسطيني",
        "פונט פלשתינאי א״י",
        "Papiamento",
        "The country of Bengal",
        "Virgin Islands",
        "Congo",
        "Vuodna),",
        "Juzur al-Qumur/Qamar",
        "Chosŏ",
    }
)
"""Synonyms of that set that name another state, a currency or a language, or that two states share."""

RESERVED = frozenset({"ac", "cp", "cq", "dg", "ic", "ta"})
"""Codes that ISO 3166 reserves but has not assigned."""

LEFT_OUT = frozenset({"ip", "zz", "pk_km"})
"""Cyberspace and "Global" are no places; Kashmir is divided, and which part is meant must be said."""

# rigour files these under another parent than international practice does.
PARENTS = {"az_nk": "az", "x_so": "ge"}


def row(territory: dict[str, Any], parents: dict[str, str | None]) -> dict[str, Any]:
    """One row of the seed: code, the state it belongs to, flags, forms by strength, source."""
    code = territory["code"]
    flags: list[str] = []
    note = ""
    state, today = code.upper(), list[str]()
    if code in FORMER:
        state, note, today = FORMER[code]
        flags.append("historical")
    elif len(code) > 2:
        top = code
        while parents.get(top) and len(parents[top] or "") != 2:
            top = parents[top] or ""
        parent = parents.get(top)
        state = (parent or top[:2]).upper()
        flags.append("sub-national")
        if top != code:  # a republic of the Soviet Union
            state = FORMER[parents[code] or ""][0]
            flags.append("historical")
        if state == "SUHH":
            state, flags = "SU", ["sub-national", "historical"]
    elif not territory["is_country"] and code not in {"ps", "eu", "un", "ip", "zz"}:
        flags.append("territory")
    if code in RESERVED:
        flags.append("reserved")
    if code in {"eu", "un"}:
        flags.append("supranational")
    if code in DISPUTED:
        flags.append("disputed")
        note = DISPUTED[code]
    weak = sorted({form for form in territory["names_weak"] if form not in JOKES})
    strong = sorted(
        {form for form in [territory["name"], territory["full_name"], *territory["names_strong"]] if form} - JOKES
    )
    return {
        "id": code.upper().replace("_", "-"),
        "state": state,
        "name": territory["name"],
        "alpha3": territory["alpha3"].upper() if territory["alpha3"] else None,
        "part_of": (territory["parent"] or "").upper().replace("_", "-") or None,
        "flags": flags,
        "note": note,
        "today": today,
        "strong": strong,
        "weak": [form for form in weak if form not in strong],
        "source": RIGOUR,
    }


def synonyms(shared: Path) -> list[dict[str, Any]]:
    """Further forms of states from MISP's target information: one row per state, without what two states share."""
    galaxy = json.loads((shared / "misp_galaxy" / "target-information.json").read_text("utf-8"))
    forms: dict[str, set[str]] = {}
    for value in galaxy["values"]:
        codes = [code for code in value["meta"].get("iso-code", []) if len(code) == 2]
        if codes:
            forms.setdefault(codes[0], set()).update([value["value"], *value["meta"].get("synonyms", [])])
    seen = Counter(form for names in forms.values() for form in names)
    return [
        {"id": code, "state": code, "name": None, "alpha3": None, "part_of": None, "flags": [], "note": "", "today": [],
         "strong": [], "weak": sorted(form for form in names - MISP_WRONG if seen[form] == 1), "source": MISP}
        for code, names in sorted(forms.items())
    ]  # fmt: skip


def main(shared: Path) -> None:
    """Writes states.jsonl beside this file."""
    text = (shared / "names_countries" / "territories.jsonl").read_text("utf-8")
    territories = [json.loads(line) for line in text.splitlines()]
    parents = {t["code"]: PARENTS.get(t["code"], t["parent"]) for t in territories}
    rows = [row(t, parents) for t in territories if t["code"] not in LEFT_OUT]
    rows.sort(key=lambda found: found["id"])
    rows += synonyms(shared)
    lines = [json.dumps(found, ensure_ascii=False, separators=(",", ":")) for found in rows]
    (HERE / "states.jsonl").write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
