"""States: any written form of a state or territory, in any script, to its ISO 3166-1 code, with the reason in words.

Nothing is guessed between look-alikes: a form that is not known is corrected only when exactly one state is near and
no other is close. What is not itself a state today says so in `flags`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib import resources
from typing import Any, NamedTuple

import msgspec
from rapidfuzz.distance import Indel

from streams.names.scripts import plain, script, squashed


class State(msgspec.Struct, frozen=True):
    """A state or territory that a text names, and why it is taken for it.

    `code`: ISO 3166-1 alpha-2; the withdrawn code where several states came after; user-assigned codes stand for
    themselves. `flags`: any of historical, adjectival, iso-mistake, alpha-3, territory, sub-national, disputed,
    ambiguous, reserved, supranational, user-assigned, unattributed, spelling. `place`: the part of the state named, as
    "GB-SCT", or the code. `today`: for a former state, the codes of those that came after.
    """

    code: str
    reason: str
    flags: tuple[str, ...] = ()
    place: str = ""
    name: str = ""
    today: tuple[str, ...] = ()


class _Place(NamedTuple):
    """What one known form stands for."""

    code: str
    place: str
    name: str
    flags: tuple[str, ...]
    note: str
    strength: int  # 3 written by the editors, 2 official or common, 1 seen in use
    today: tuple[str, ...] = ()


# Two-letter codes that are in common use and are not ISO 3166-1 alpha-2: what is meant.
CODE_MISTAKES = {
    "UK": ("GB", "UK is reserved; the United Kingdom is GB"),
    "EL": ("GR", "EL is the European Union's code; Greece is GR"),
    "TP": ("TL", "TP was East Timor until 2002; Timor-Leste is TL"),
    "BU": ("MM", "BU was Burma until 1989; Myanmar is MM"),
    "YD": ("YE", "YD was Democratic Yemen until 1990; Yemen is YE"),
    "HV": ("BF", "HV was Upper Volta until 1984; Burkina Faso is BF"),
    "DY": ("BJ", "DY was Dahomey until 1977; Benin is BJ"),
    "RH": ("ZW", "RH was Southern Rhodesia until 1980; Zimbabwe is ZW"),
    "FX": ("FR", "FX was metropolitan France until 1997; France is FR"),
}

# Valid codes that writers take for another state, by the state's English name or another list's code.
CODE_TRAPS = {
    "MO": "MO is Macao; Morocco is MA",
    "CH": "CH is Switzerland; China is CN, Chile CL",
    "AU": "AU is Australia; Austria is AT",
    "AS": "AS is American Samoa; Australia is AU",
    "NI": "NI is Nicaragua; Niger is NE, Nigeria NG",
    "SA": "SA is Saudi Arabia; South Africa is ZA",
    "GE": "GE is Georgia; Germany is DE",
    "SL": "SL is Sierra Leone; Slovenia is SI, Sri Lanka LK",
    "SR": "SR is Suriname; Serbia is RS",
    "GU": "GU is Guam; Guatemala is GT, Guinea GN",
    "CG": "CG is the Republic of the Congo; the Democratic Republic is CD",
    "KP": "KP is North Korea; South Korea is KR",
}

USER_ASSIGNED = frozenset(
    {"AA", "ZZ"}
    | {f"X{letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
    | {f"Q{letter}" for letter in "MNOPQRSTUVWXYZ"}
)
"""ISO 3166-1 user-assigned codes: AA, QM to QZ, XA to XZ, ZZ. Demo states live here; ZZ is nobody's."""

# Words that decide which of two states is meant; they are never taken off to find another one.
_DECIDING = frozenset(
    {"congo", "korea", "china", "ireland", "guinea", "yemen", "germany", "vietnam", "macedonia", "dominica"}
)


@cache
def _styles(where: str) -> tuple[str, ...]:
    """What may stand before or after a state's name, as "Republic of"."""
    rows = (line.split("\t") for line in _read("styles.tsv").splitlines() if not line.startswith("#"))
    return tuple(style for place, style in rows if place == where)


def _is_style(words: str) -> bool:
    return words in ("republic", "rep") or any(
        words in (style, style.removesuffix(" of")) for style in _styles("before")
    )


def _read(name: str) -> str:
    return (resources.files("streams.names.seed") / name).read_text("utf-8")


def _seeded() -> dict[str, _Place]:
    """Squashed form → place, the stronger form first, then whole states before their parts."""
    known: dict[str, _Place] = {}
    for line in _read("states.jsonl").splitlines():
        row = json.loads(line)
        for strength, forms in ((2, row["strong"]), (1, row["weak"])):
            place = _placed(row, strength)
            for form in forms:
                key = squashed(form)
                if key and (key not in known or _rank(place) > _rank(known[key])):
                    known[key] = place
    return known


def _placed(row: dict[str, Any], strength: int) -> _Place:
    name = row["name"] or _codes()[row["id"]].name
    return _Place(row["state"], row["id"], name, tuple(row["flags"]), row["note"], strength, tuple(row["today"]))


def _rank(place: _Place) -> tuple[bool, int, str]:
    return ("sub-national" not in place.flags, place.strength, place.place)


def _edited(known: dict[str, _Place]) -> dict[str, _Place]:
    """The known forms with those of the editors laid over."""
    former = {place.code: place for place in known.values() if place.today and len(place.place) in (2, 4)}
    for line in _read("states_extra.tsv").splitlines():
        if line.startswith("#") or not line.strip():
            continue
        form, code, flags, note, _ = line.split("\t")
        held = known.get(squashed(form))
        where = held.place if held and held.code == code else code
        split = tuple(flag for flag in flags.split(",") if flag)
        today = former[code].today if code in former else ()
        name = former[code].name if code in former else state_names()[code]
        known[squashed(form)] = _Place(code, where, name, split, note, 3, today)
    return known


@cache
def _forms() -> dict[str, _Place]:
    return _edited(_seeded())


@cache
def _codes() -> dict[str, _Place]:
    """ISO alpha-2 and alpha-3 codes → place."""
    codes: dict[str, _Place] = {}
    for line in _read("states.jsonl").splitlines():
        row = json.loads(line)
        if row["name"] is None:
            continue
        place = _placed(row, 2)
        if len(row["id"]) == 2:
            codes[row["id"]] = place
        if row["alpha3"]:
            codes.setdefault(row["alpha3"], place._replace(flags=(*place.flags, "alpha-3")))
    return codes


@cache
def _spellings() -> dict[int, list[tuple[str, _Place]]]:
    """Latin forms of whole states by length, for the correction of slips."""
    by_length: dict[int, list[tuple[str, _Place]]] = {}
    for key, place in _forms().items():
        if key.isascii() and len(key) >= 5 and "sub-national" not in place.flags:
            by_length.setdefault(len(key), []).append((key, place))
    return by_length


def state_names() -> dict[str, str]:
    """ISO code → common English name, of every state and territory; shared, not to be changed."""
    return _state_names()


@cache
def _state_names() -> dict[str, str]:
    return {place.place: place.name for place in _codes().values() if len(place.place) == 2}


@cache
def common_forms() -> dict[str, str]:
    """Squashed official, common or adjectival form → code, without the loose ones; to read names that hold a place."""
    return {
        key: place.code
        for key, place in _forms().items()
        if place.strength >= 2 and "sub-national" not in place.flags and len(key) >= (4 if key.isascii() else 2)
    }


def is_form(text: str) -> bool:
    """Whether the whole text is a known form of a state or a part of one, of more than three letters, as it stands."""
    key = squashed(text)
    return len(key) > 3 and key in _forms()


@lru_cache(maxsize=16384)
def resolve_state(text: str) -> State | None:
    """The state that the text names, or None if none is known or several are as near.

    `text`: a name in any script, or an ISO 3166-1 code. Raises nothing.
    """
    code = text.strip().upper()
    if code.isascii() and 2 <= len(code) <= 3 and code.isalpha():
        found = _by_code(code)
        if found:
            return found
    key = squashed(text)
    if not key:
        return None
    place = _forms().get(key)
    return _said(text, place) if place else _bare(text) or _corrected(text, key)


def _by_code(code: str) -> State | None:
    if code in CODE_MISTAKES:
        meant, why = CODE_MISTAKES[code]
        return State(meant, why, ("iso-mistake",), meant, state_names().get(meant, meant))
    place = _codes().get(code)
    if place:
        flags, reason = place.flags, f"{code} is the ISO 3166-1 code of {place.name}"
        if code in CODE_TRAPS:
            flags, reason = (*flags, "iso-mistake"), f"taken as written, but often mistaken: {CODE_TRAPS[code]}"
        if code == "XK":
            reason = "XK is a user-assigned code, in common use for Kosovo"
        return State(place.code, reason, flags, place.place, place.name, place.today)
    if code in USER_ASSIGNED:
        flag = "unattributed" if code == "ZZ" else "user-assigned"
        return State(code, f"{code} is a user-assigned code and stands for itself", (flag,), code, code)
    return None


def _said(text: str, place: _Place) -> State:
    reason = f"“{text.strip()}” is a known form of {place.name}"
    if "adjectival" in place.flags:
        reason = f"“{text.strip()}” is the adjective of {place.name}"
    if "sub-national" in place.flags:
        whole = state_names().get(place.code, place.code)
        reason = f"“{text.strip()}” is a part of {whole} ({place.code}), not a state of its own"
    elif "territory" in place.flags:
        reason += ", a territory with its own code"
    reason = f"{reason}; {place.note}" if place.note else reason
    return State(place.code, reason, place.flags, place.place, place.name, place.today)


def _bare(text: str) -> State | None:
    """The form without "Republic of" and the like, or turned round at its comma or bracket, if that is known."""
    for rest in _barer(text):
        if rest in _DECIDING:
            continue
        place = _forms().get(rest.replace(" ", ""))
        if place and "ambiguous" not in place.flags and "sub-national" not in place.flags:
            return _said(text, place)
    return None


def _barer(text: str) -> Iterator[str]:
    """Shorter or reordered forms of the text that may be known, the most complete first."""
    opened = text.replace("(", ",").replace("（", ",").replace(")", "").replace("）", "")
    if "," in opened:
        head, tail = opened.split(",", 1)
        yield plain(f"{tail} {head}")
        if _is_style(plain(tail)):
            yield plain(head)
    words = plain(text)
    for before in _styles("before"):
        if words.startswith(before + " "):
            yield words[len(before) + 1 :]
    for after in _styles("after"):
        if words.endswith(after) and words != after:
            yield words[: -len(after)].strip()


def _corrected(text: str, key: str) -> State | None:
    """A slip of the pen: exactly one state within one letter (two from twelve letters on), no other within one more."""
    if script(text) != "Latin" or not key.isascii() or len(key) < 6:
        return None
    allowed = 2 if len(key) < 12 else 4  # indel distance: a changed letter costs two
    near: dict[str, tuple[int, _Place]] = {}
    for length in range(len(key) - allowed, len(key) + allowed + 1):
        for form, place in _spellings().get(length, ()):
            distance = Indel.distance(key, form, score_cutoff=allowed + 2)
            reach = allowed + 2 if place.strength >= 2 else allowed  # a loose form is no rival from further off
            if distance <= reach and distance < near.get(place.code, (99, place))[0]:
                near[place.code] = (distance, place)
    if len(near) != 1:
        return None
    distance, place = next(iter(near.values()))
    if distance > allowed:
        return None
    said = _said(text, place)
    reason = f"“{text.strip()}” is one slip away from a form of {place.name}, and near no other state"
    return State(said.code, reason, (*said.flags, "spelling"), said.place, said.name, said.today)
