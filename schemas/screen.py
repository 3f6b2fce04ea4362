"""Law 7 at the door: text that may hold who a victim or a source is goes no further.

A screen, not a proof: it knows addresses, numbers, handles, devices, places and the forms in which persons are named
in several languages (`screens/*.toml`, each with what it must refuse and what it must let pass); it cannot know that a
bare word is somebody's name. For those there is a list of denied words, kept as salted digests. A refusal says which
kind was found, never the text. Offices, agencies, vendors, clauses, articles and dates pass.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import tomllib
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import msgspec

from schemas.problems import Problem

CLASSES_ONLY = "classes and counts, never who; what identifies belongs in the authority's own restricted store"

# Offices and other words that follow a form of address without being a name.
_NOT_NAMES = frozenset({
    "the", "all", "any", "no", "if", "and", "or", "in", "on", "of", "for", "this", "that", "each", "it", "where",
    "when",
    "minister", "president", "prime", "chairman", "chairwoman", "chairperson", "chair", "chief", "director", "general",
    "commissioner", "secretary", "speaker", "ambassador", "judge", "justice", "officer", "adviser", "advisor",
    "manager",
    "counsel", "engineer", "analyst", "attorney", "prosecutor", "inspector", "governor", "mayor", "rector", "professor",
    "doctor", "deputy", "under", "vice", "head",
    "le", "la", "les", "un", "une", "ministre", "président", "présidente", "premier", "première", "directeur",
    "directrice", "juge", "procureur", "ambassadeur",
    "ministerin", "präsident", "präsidentin", "bundeskanzler", "bundeskanzlerin", "kanzler", "kanzlerin", "direktor",
    "direktorin", "staatssekretär", "staatssekretärin", "botschafter", "botschafterin", "richter", "richterin",
    "vorsitzender", "vorsitzende",
    "ministro", "ministra", "presidente", "presidenta", "directora", "juez", "jueza", "embajador", "embajadora",
    "fiscal", "direttore", "direttrice", "giudice", "ambasciatore", "bakan", "başkan", "cumhurbaşkanı",
    "министр", "президент", "директор", "посол", "судья", "прокурор", "председатель", "міністр", "суддя", "голова",
    "prezes", "dyrektor", "ambasador", "sędzia",
    "υπουργός", "υπουργέ", "πρόεδρος", "πρόεδρε", "διευθυντής", "πρέσβης", "δικαστής",
})  # fmt: skip
_OFFICES = (
    "ال", "رئيس", "وزير", "مدير", "نائب", "قاضي", "سفير", "أمين", "وزیر", "رئیس", "مدیر", "سفیر", "قاضی", "نماینده",
    "השר", "שר", "ראש", "נשיא", "הנשיא", "שופט", "השופט", "שגריר", "היועץ", "מנהל",
    "मंत्री", "राष्ट्रपति", "प्रधानमंत्री", "न्यायाधीश", "निदेशक", "लंका",
)  # fmt: skip
_ORGANIZED = frozenset({
    "protection", "union", "association", "federation", "act", "law", "committee", "rights", "unit", "code", "ministry",
    "network", "syndicate", "council", "society", "safety", "freedom", "front", "press", "media", "without", "club",
    "house", "group", "board", "office", "center", "centre", "court", "commission",
})  # fmt: skip
_NOT_NAMES = frozenset(each.casefold() for each in _NOT_NAMES)  # also folds the Greek final sigma
_COMPANY = re.compile(
    r"(?:\s+[A-Z]\w*){0,2}\s+(?:& |Ltd|Limited|LLC|Inc|Corp|Group|GmbH|AG|KG|SE|S\.|SA|SAS|SARL|BV|NV|AB|Oy|ApS|PLC)\b"
)
_HIDDEN = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_UPPER = "[A-ZÀ-ÖØ-ÞĀ-Ž]"
_PARTS = {
    "{upper}": _UPPER,
    "{letter}": r"[^\W\d_]",
    "{name}": rf"(?P<who> {_UPPER} (?: [a-zß-öø-ÿā-ž] | (?<=[a-z])[A-Z] | ['’-]\w )+ )",
}


class Pattern(NamedTuple):
    """One way in which something that may identify somebody is written."""

    kind: str
    """What it is, as the refusal says."""
    written: re.Pattern[str]
    look: Callable[[re.Match[str]], bool]
    """A further look, where harmless things are written the same way."""
    needs: frozenset[str]
    """Characters of which the text must have one for the pattern to be tried; empty: it is always tried."""
    beyond_ascii: bool
    """Whether it is tried only on text that is not all ASCII."""
    refused: tuple[str, ...]
    """Examples that it must find."""
    passed: tuple[str, ...]
    """Near misses that the whole screen must let pass."""


def _always(_: re.Match[str]) -> bool:
    return True


def _checks_out(match: re.Match[str]) -> bool:
    """The digits carry the check digit of cards and devices [ISO/IEC 7812-1], and are no row of years."""
    if all("1900" <= each <= "2199" for each in re.findall(r"\d{4}", match[0])):
        return False
    digits = re.sub(r"\D", "", match[0])
    doubled = [int(digit) * (1 + at % 2) for at, digit in enumerate(reversed(digits))]
    return sum(each - 9 if each > 9 else each for each in doubled) % 10 == 0


def _is_no_round_amount(match: re.Match[str]) -> bool:
    return not match[0].endswith("000000")


def _before(match: re.Match[str]) -> str:
    return match.string[max(0, match.start() - 16) : match.start()].casefold()


def _is_address(match: re.Match[str]) -> bool:
    """Four numbers below 256 are an address; four small ones, or a version, may be the number of a paragraph."""
    largest = max(int(each) for each in match[0].split("."))
    numbered = re.search(
        r"(version|release|\bv|section|clause|article|art|para|paragraph|§|no|nr|annex)\W*$", _before(match)
    )
    named = re.search(r"\bip\W*(address\W*)?$", _before(match))
    return largest < 256 and (bool(named) or (not numbered and largest > 30))


def _follows_no_reference(match: re.Match[str]) -> bool:
    return not re.search(r"(no|nr|n°|№|art|§|ref|case|license|licence|file|docket|az|dossier)\W*$", _before(match))


def _is_person(match: re.Match[str]) -> bool:
    """What follows a form of address is a name, not an office and not the name of a company."""
    return match["who"].casefold() not in _NOT_NAMES and not _COMPANY.match(match.string, match.end())


def _is_whole_name(match: re.Match[str]) -> bool:
    """Two capitalized words behind a class of persons are a name and not an organization."""
    return not {match["who"].casefold(), match["then"].casefold()} & (_ORGANIZED | _NOT_NAMES)


def _is_no_office(match: re.Match[str]) -> bool:
    """A word behind a form of address in a script without capitals is a name and not an office."""
    return not match["who"].startswith(_OFFICES)


_LOOKS: dict[str, Callable[[re.Match[str]], bool]] = {
    "": _always,
    "checks_out": _checks_out,
    "is_no_round_amount": _is_no_round_amount,
    "is_address": _is_address,
    "follows_no_reference": _follows_no_reference,
    "is_person": _is_person,
    "is_whole_name": _is_whole_name,
    "is_no_office": _is_no_office,
}


class _Written(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry of `screens/*.toml`."""

    kind: str
    written: str
    refused: tuple[str, ...]
    passed: tuple[str, ...]
    ignore_case: bool = False
    needs: str = ""
    beyond_ascii: bool = False
    look: str = ""


def _pattern(entry: _Written) -> Pattern:
    written = entry.written
    for name, part in _PARTS.items():
        written = written.replace(name, part)
    flags = re.VERBOSE | (re.IGNORECASE if entry.ignore_case else re.NOFLAG)
    return Pattern(
        entry.kind,
        re.compile(written, flags),
        _LOOKS[entry.look],
        frozenset(entry.needs),
        entry.beyond_ascii,
        entry.refused,
        entry.passed,
    )


def read_patterns() -> tuple[Pattern, ...]:
    """Every pattern of `screens/*.toml`; raises where an entry is misspelt."""
    files = sorted(resources.files("schemas").joinpath("screens").iterdir(), key=lambda each: each.name)
    tables = [tomllib.loads(each.read_text(encoding="utf-8")) for each in files if each.name.endswith(".toml")]
    entries = [msgspec.convert(entry, _Written) for table in tables for entry in table["pattern"]]
    return tuple(_pattern(entry) for entry in entries)


PATTERNS: tuple[Pattern, ...] = read_patterns()
"""Everything that is refused in free text."""
_ODD_ID = re.compile("[@+]|imei|imsi|msisdn|iccid", re.IGNORECASE)
"""What every one of these has; few ids do."""
MAX_REMEMBERED = 4096
_clean: set[str] = set()
_IN_ROLE = tuple(each for each in PATTERNS if each.kind != "an e-mail address")
_IN_ID = tuple(
    Pattern(kind, re.compile(written, re.IGNORECASE), _always, frozenset(needs), False, (), ())
    for kind, needs, written in (
        ("an e-mail address", "@", r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}"),
        ("a telephone number", "+", r"\+[1-9][\d.-]{7,17}(?!\d)"),
        ("a handle", "@", r"(?<![\w.])@[a-z_]\w{2,}"),
        ("a device or subscriber number", "iI", r"(?:imei|imsi|msisdn|iccid)[._/#:-]?\d{8,}"),
    )
)


class DenyList:
    """Words and names that may not come in, kept as salted digests, so that the list itself names nobody.

    The file: the salt [hexadecimal] in the first line, then a digest a line, each of one to three words.
    """

    def __init__(self, salt: bytes, digests: Iterable[str]) -> None:
        self._salt, self._digests = salt, frozenset(digests)

    @classmethod
    def of(cls, entries: Iterable[str], salt: bytes | None = None) -> DenyList:
        """A list of the words given, with a salt of its own."""
        salt = secrets.token_bytes(16) if salt is None else salt
        return cls(salt, (_digest(" ".join(_words(entry)), salt) for entry in entries))

    @classmethod
    def read(cls, path: Path | str) -> DenyList:
        """The list in a file; raises `OSError`, or `ValueError` naming the line that is not hexadecimal."""
        lines = Path(path).read_text(encoding="ascii", errors="replace").split()
        for number, line in enumerate(lines, start=1):
            if not re.fullmatch(r"(?:[0-9a-f]{2}){8,64}", line):
                raise ValueError(f"{path}, line {number}: {len(line)} characters, expected a hexadecimal digest")
        if not lines:
            raise ValueError(f"{path}: empty, expected a salt in the first line")
        return cls(bytes.fromhex(lines[0]), lines[1:])

    def write(self, path: Path | str) -> None:
        """Writes the list to a file."""
        Path(path).write_text("\n".join([self._salt.hex(), *sorted(self._digests)]) + "\n", encoding="ascii")

    def denies(self, text: str) -> bool:
        """Whether any one, two or three words of the text, in a row, are on the list."""
        words = _words(_plain(text))
        runs = (words[at : at + length] for length in (1, 2, 3) for at in range(len(words) - length + 1))
        return any(_digest(" ".join(run), self._salt) in self._digests for run in runs)


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", _plain(text).casefold())


def _digest(words: str, salt: bytes) -> str:
    return hashlib.blake2b(words.encode(), key=salt, digest_size=16).hexdigest()


def _plain(text: str) -> str:
    """The text without the disguises of other digits, other forms of @ and characters that do not show."""
    if text.isascii():
        return text
    shown = _HIDDEN.sub("", unicodedata.normalize("NFKC", text))
    return re.sub(r"[^\D0-9]", lambda digit: str(unicodedata.decimal(digit[0])), shown)


def _found(text: str, patterns: Iterable[Pattern]) -> Iterator[str]:
    given, beyond_ascii = set(text), not text.isascii()
    for pattern in patterns:
        if pattern.beyond_ascii and not beyond_ascii:
            continue
        if pattern.needs and pattern.needs.isdisjoint(given):
            continue
        if any(pattern.look(match) for match in pattern.written.finditer(text)):
            yield pattern.kind


def _problems(text: str, patterns: tuple[Pattern, ...], deny: DenyList | None) -> list[Problem]:
    kinds = dict.fromkeys(_found(_plain(text), patterns))
    if deny is not None and deny.denies(text):
        kinds["a word that is denied here"] = None
    return [Problem(path="", found=f"text that holds {kind}", expected=CLASSES_ONLY) for kind in kinds]


def in_text(text: str, deny: DenyList | None = None) -> list[Problem]:
    """What free text holds that must not be there; paths are left to the caller."""
    if text in _clean and deny is None:
        return []
    problems = _problems(text, PATTERNS, deny)
    if not problems and deny is None:
        _remember(text)
    return problems


def _remember(text: str) -> None:
    """Names and clauses come again and again; only text that passed is kept, and not for long."""
    if len(_clean) >= MAX_REMEMBERED:
        _clean.clear()
    _clean.add(text)


def in_id(text: str, deny: DenyList | None = None) -> list[Problem]:
    """What an id holds that must not be there: ids are exact, but never made of somebody's address or number."""
    return _problems(text, _IN_ID, deny) if deny is not None or _ODD_ID.search(text) else []


def in_role(text: str, deny: DenyList | None = None) -> list[Problem]:
    """What a role holds that must not be there; the address of an office may be an e-mail address."""
    return _problems(text, _IN_ROLE, deny)
