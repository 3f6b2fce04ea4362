"""Sentences of the rules: dates with their precision, levels and sureness in words, never a probability."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from schemas import Period
from schemas.alert import Waiting
from schemas.vocabulary import AttributionLevel, EvidenceLevel, Party, Technology, VictimClass
from streams.rules.ladders import ladder_of

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_ATTRIBUTION: dict[AttributionLevel, str] = {
    "A4": "by a court or an admission",
    "A3": "with high confidence of a lab",
    "A2": "on strong circumstantial evidence",
    "A1": "inferred from interest only",
    "A0": "without stated grounds",
}
_EVIDENCE: dict[EvidenceLevel, str] = {
    "E5": "found by a court or oversight body, or admitted",
    "E4": "examined and confirmed by independent peers",
    "E3": "examined by one independent investigator",
    "E2": "a platform's notice, a captured attempt or leaked system records",
    "E1": "a leak, a contract or a list only",
    "E0": "a claim without evidence shown",
}
RECORDED = "a matter of record; a reading or an entry may still be mistaken"
SILENT = "a matter of record: nothing has come"
CAME = "a matter of record: what came, and when"
ANSWERED = "on its face this clause is answered; an officer may see it otherwise"
ASIDE = "kept for context: what ties it to this pledge is missing"


def day_words(day: dt.date) -> str:
    """`9 March 2025`."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


PARTIES: dict[Party, str] = {
    "authority": "the authority",
    "exporter": "the exporter",
    "end_user": "the end user",
    "vendor": "the vendor",
    "host": "the host of the inspection",
}
"""Who waits and for whom, in words."""


def waiting_words(waiting: Waiting) -> str:
    """`The authority waits for the exporter: an answer, since 1 June 2026, due on 1 September 2026.`"""
    until = f", due on {day_words(waiting.until)}" if waiting.until else ""
    said = f"{PARTIES[waiting.waits]} waits for {PARTIES[waiting.on]}: {waiting.what}"
    return f"{said[:1].upper()}{said[1:]}, since {day_words(waiting.since)}{until}."


def days_long(days: int) -> str:
    """`1 day`, `12 days`."""
    return "1 day" if days == 1 else f"{days} days"


def period_words(period: Period) -> str:
    """`on 9 March 2025`, `between 3 and 9 March 2025`, `in March 2025`, `in 2024`: a date with its precision."""
    first, last = period.first, period.last
    if period.precision == "unknown":
        return f"at an unknown time between {day_words(first)} and {day_words(last)}"
    if first == last:
        return f"on {day_words(first)}"
    if period.precision == "year" and first.year == last.year:
        return f"in {first.year}"
    if period.precision == "quarter" and (last - first).days < 95:
        return f"in the {('first', 'second', 'third', 'fourth')[(first.month - 1) // 3]} quarter of {first.year}"
    if period.precision == "month" and (first.year, first.month) == (last.year, last.month):
        return f"in {_MONTHS[first.month - 1]} {first.year}"
    if (first.year, first.month) == (last.year, last.month):
        return f"between {first.day} and {day_words(last)}"
    return f"between {day_words(first)} and {day_words(last)}"


def attribution_words(level: AttributionLevel, technology: Technology | None = None) -> str:
    """How the operator was attributed, in the words of the technology's own ladder where it is known."""
    return ladder_of(technology).attribution[level] if technology else _ATTRIBUTION[level]


def evidence_words(level: EvidenceLevel, technology: Technology | None = None) -> str:
    """How the act was shown, in the words of the technology's own ladder where it is known."""
    return ladder_of(technology).evidence[level] if technology else _EVIDENCE[level]


def sure_words(probability: int, *, admitted: bool = False, examined: bool = False, origins: int = 0) -> str:
    """How sure, in words that may leave the house; `probability` in millionths chooses among them and stays here."""
    if admitted:
        return "admitted by those concerned"
    if probability >= 400_000:
        return "well supported by what independent origins say"
    if examined:
        return "examined by an independent investigator, and not yet confirmed by others"
    if probability >= 100_000:
        return "some support; not enough to be sure"
    return "weakly supported; it may well not have happened like this" if origins else "nothing that was said weighs"


def class_words(classes: Iterable[VictimClass]) -> str:
    """`journalist, lawyer`: classes of persons, in words."""
    return ", ".join(sorted({c.replace("_", " ") for c in classes}))


def listed(words: Iterable[str], last: str = "and") -> str:
    """`a, b and c`."""
    ordered = list(words)
    return ordered[0] if len(ordered) == 1 else f"{', '.join(ordered[:-1])} {last} {ordered[-1]}" if ordered else ""
