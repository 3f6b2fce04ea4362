"""Mentions: which known names a sentence holds, without taking ordinary words for vendors.

"Predator", "hacking team" and "circles" are words before they are names. A name made of everyday words counts only with
context: written as a name, and beside a word that says what it is, or a vendor or product that it belongs to. A mention
says that the name is there, not that what the sentence says of it is true.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Final

import msgspec

from streams.names.normal import keyed, parse
from streams.names.register import Register, Resolution, seed

_LONGEST: Final = 8  # words of a name
_WORD: Final = re.compile(r"[^\W_]+(?:[-'’&.][^\W_]+)*")

# What stands right after or before a name and says that it is one.
_AFTER: Final = re.compile(
    r"^\W{0,3}(?:’s|'s)?\s*(?:mobile |mercenary |commercial |android |ios )?"
    r"(?:spyware|malware|stalkerware|implants?|trojan|exploits?|infections?|zero[- ]click|"
    r"ltd|limited|llc|gmbh|s\.?r\.?l|inc|plc|s\.?a\b|holdings)\b",
    re.I,
)
_BEFORE: Final = re.compile(
    r"(?:spyware|malware|stalkerware|implants?|trojan|mercenary spyware|surveillance|intrusion|hacking)"
    r"(?:[- ](?:vendor|maker|firm|company|supplier|seller|developer|group|product|tool|system|provider|manufacturer))?"
    r"(?:,? (?:called|named|dubbed|known as|codenamed))?\W{0,3}$|"
    r"(?:vendor|exporter|licensee|spyware maker)\s*,?\W{0,2}$|"
    r"(?:infected|targeted|hacked|compromised|attacked|spied on|surveilled) (?:with|by|using|through)\s+(?:the )?\W?$|"
    r"(?:customers?|clients?|subsidiary|affiliate|products?|makers?|developers?) of\s+\W?$",
    re.I,
)
_PLAIN_AFTER: Final = re.compile(r"^\W{0,3}(?:spyware|malware|stalkerware|implants?|trojan)\b", re.I)


_SMALL: Final = frozenset(
    {"of", "and", "for", "the", "in", "to", "de", "la", "del", "du", "des", "di", "da", "do", "dos", "et", "und", "der"}
)


class Mention(msgspec.Struct, frozen=True):
    """A known name in a sentence: where (code points), as written, whom it may mean (best first), and why it counts."""

    start: int
    end: int
    text: str
    resolutions: tuple[Resolution, ...]
    reason: str


class _Found(msgspec.Struct, frozen=True):
    start: int
    end: int
    text: str
    held: tuple[Resolution, ...]


@cache
def ordinary_words() -> frozenset[str]:
    """Words of everyday English that names are made of; shared."""
    text = (resources.files("streams.names.seed") / "ordinary.txt").read_text("utf-8")
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())


def is_ordinary(name: str) -> bool:
    """Whether a name could be everyday words: all of its words are, or it is very short, or it only describes."""
    words = [word.lower() for word in _WORD.findall(name)]
    known = ordinary_words()
    if len(words) == 1 and name.isupper() and len(name) >= 3:
        return words[0] in known  # an acronym
    if not words or (len(words) == 1 and len(words[0]) <= 4 and not any(map(str.isdigit, name))):
        return True
    return all(word in known or word.removesuffix("s") in known for word in words) or not parse(name).distinctive


def mentions(sentence: str, register: Register | None = None) -> tuple[Mention, ...]:
    """The known names in the sentence, from left to right, none inside another; states are not among them."""
    found = _candidates(sentence, register or seed())
    sure = [one for one in found if not is_ordinary(one.text) and _written_as_name(one.text)]
    told: list[Mention] = []
    for one in found:
        reason = "the name is no everyday word" if one in sure else _context(sentence, one, sure, register or seed())
        if reason:
            told.append(Mention(one.start, one.end, one.text, one.held, reason))
    return tuple(told)


def _candidates(sentence: str, register: Register) -> list[_Found]:
    """Names of the register, the longest first where they overlap."""
    words = list(_WORD.finditer(sentence))
    found: list[_Found] = []
    at = 0
    while at < len(words):
        for size in range(min(_LONGEST, len(words) - at), 0, -1):
            start, end = words[at].start(), words[at + size - 1].end()
            held = _held(sentence[start:end], register)
            if not held and size == 1 and (bare := re.sub(r"[’']s$", "", sentence[start:end])) != sentence[start:end]:
                held, end = _held(bare, register), start + len(bare)
            if held:
                found.append(_Found(start, end, sentence[start:end], held))
                at += size
                break
        else:
            at += 1
    return found


def _held(text: str, register: Register) -> tuple[Resolution, ...]:
    if len(keyed(text)) < 3:
        return ()
    return register.named(text)


def _written_as_name(text: str) -> bool:
    """Whether it is written as names are: a capital or digit somewhere, or in a script that has no capitals."""
    return text.lower() != text or text.upper() == text


def _capitals(text: str) -> bool:
    """Whether each word, but for "of" and the like, begins as a name's does."""
    return all(
        word[0].isupper() or word[0].isdigit() or not word[0].isascii() or word in _SMALL
        for word in _WORD.findall(text)
    )


def _context(sentence: str, one: _Found, sure: list[_Found], register: Register) -> str:
    """Why everyday words are a name here; empty if nothing says so."""
    before, after = sentence[: one.start], sentence[one.end :]
    if not _capitals(one.text):
        return "the next word says that it is a product" if _PLAIN_AFTER.search(after) else ""
    if _AFTER.search(after):
        return f"what follows says that “{one.text}” is a name"
    if _BEFORE.search(before):
        return f"what stands before says that “{one.text}” is a name"
    for other in sure:
        for mine in one.held:
            for theirs in other.held:
                tie = register.related(mine.entity, theirs.entity)
                if tie:
                    return f"it stands beside “{other.text}”: {tie.reason}"
    if one.start and not _starts(before) and _describes_agency(one):
        return "written as the name of an agency"
    return ""


def _starts(before: str) -> bool:
    return not before.strip() or before.rstrip()[-1:] in ".!?:"


def _describes_agency(one: _Found) -> bool:
    """Several capitalized words that are an agency's name; a single everyday word is none."""
    return len(_WORD.findall(one.text)) >= 3 and any(held.kind in ("agency", "unit") for held in one.held)
