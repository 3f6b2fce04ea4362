"""Plain words for people who know nothing of the system. No probability, weight, prior or grade leaves the house."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Literal
from urllib.parse import quote

from schemas.alert import Alert, AlternativeKind, Assertion, LedgerTerm, Reply, VictimCount
from schemas.vocabulary import Band, ClauseKind, PublicationKind, Technology, Tlp, Transition, VictimClass
from streams.names.states import state_names
from streams.rules.wording import attribution_words, day_words, evidence_words, listed

SMALL_GROUP = 5
"""Fewer persons than this are not counted in what leaves the house (`domain.md` 3.4)."""
ON_THE_PAGE = "(This point is explained on the page of the alert.)"

BAND: dict[Band, str] = {
    "context": "For information",
    "watch": "Under observation",
    "review": "Worth a review",
    "alert": "Needs an answer",
    "urgent": "Urgent: something can still be stopped",
}
MARK: dict[Band, str] = {"context": "○", "watch": "◔", "review": "◑", "alert": "●", "urgent": "▲"}
NEWS: dict[Transition, str] = {
    "opened": "New",
    "raised": "More serious",
    "lowered": "Less serious",
    "withdrawn": "Withdrawn",
    "reopened": "Open again",
    "closed": "Closed",
}
TLP: dict[Tlp, str] = {
    "CLEAR": "may be passed on freely",
    "GREEN": "may be passed on within the community of licensing authorities",
    "AMBER": "only for your authority and those it must involve",
    "AMBER+STRICT": "only for your authority",
    "RED": "only for the persons it is addressed to",
}
DUTY: dict[ClauseKind, str] = {
    "permitted_purpose": "to use it for the permitted purposes only",
    "expression_carve_out": "not to treat opinion or criticism as a crime",
    "prohibited_target_class": "not to turn it on protected groups of people",
    "protected_ground": "not to use it against people for who they are or what they think",
    "legal_authorisation": "to use it only with the legal approvals required",
    "authorised_end_user": "that only the named agency uses it",
    "no_third_party_operation": "that nobody else operates it",
    "territory_of_use": "to use it only in the agreed territory",
    "no_retransfer": "not to pass it on without consent",
    "no_change_of_end_use": "not to change what it is used for",
    "capacity_limit": "to stay within the agreed capacity",
    "item_inventory": "to keep and show an inventory of what was delivered",
    "configuration_limit": "to keep to the agreed configuration",
    "audit_log_retention": "to keep logs that can be checked",
    "reporting_cadence": "to report at the agreed times",
    "inspection_access": "to let inspectors in",
    "physical_security": "to keep it physically secure",
    "data_handling": "to handle the data as agreed",
    "notify_loss_or_breach": "to tell of loss or breach in time",
    "cooperate_with_inquiry": "to help with inquiries",
    "disposal": "to dispose of it only with consent and proof",
    "validity": "to keep within the license's term and quantity",
    "amendment_or_waiver": "to keep to the license as amended",
    "sanction_ladder": "on what follows a breach",
    "other": "on another duty",
}
PUBLISHED: dict[PublicationKind, str] = {
    "lab_report": "a laboratory's report",
    "ngo_report": "a report by a non-governmental organization",
    "news": "a news report",
    "court": "a court record",
    "oversight_body": "a finding of an oversight body",
    "platform_notice": "a notice by an online platform",
    "vendor_statement": "a statement by the vendor",
    "government_statement": "a statement by a government",
    "anonymous": "an anonymous account",
}
ALTERNATIVE: dict[AlternativeKind, str] = {
    "lawful_warrant": "A lawful warrant for a serious offense covered it.",
    "other_agency": "Another agency of the same state did it.",
    "foreign_operator": "Somebody outside that state did it.",
    "other_product": "Another vendor's product, or a tool of the state's own, was used.",
    "misidentified": "The product was identified wrongly.",
    "before_delivery": "It happened before the delivery under this license.",
    "transferred_or_stolen": "The equipment had been passed on, leaked or stolen.",
    "attempt_only": "It was an attempt that did not succeed.",
    "victim_class_wrong": "Those concerned do not belong to the group that the reports name.",
    "derivative_or_retracted": "The reports copy one another, or have been taken back.",
    "fabrication": "The account is made up to do harm.",
    "report_in_transit": "The report that is missing is on its way.",
    "carrier_delay": "The post or a carrier was slow, or on strike.",
    "force_majeure": "Unrest, a disaster or an order made it impossible.",
    "other_reckoning": "The days are counted in another way there.",
    "told_elsewhere": "What is missing was told elsewhere.",
    "no_power_to_admit": "Whoever refused did not have the power to admit.",
}
PEOPLE: dict[VictimClass, str] = {
    "journalist": "journalists", "media_staff": "media staff", "politician_opposition": "opposition politicians",
    "politician_government": "politicians of the government", "lawyer": "lawyers",
    "judge_prosecutor": "judges or prosecutors", "human_rights_defender": "human rights defenders",
    "academic": "academics", "clergy": "clergy", "dissident_exile": "dissidents in exile", "protester": "protesters",
    "diplomat_or_foreign_official": "diplomats or foreign officials", "family_member": "family members",
    "minor": "minors", "ethnic_group": "members of an ethnic group", "religious_group": "members of a religious group",
    "migrant_refugee": "migrants or refugees", "business": "persons in business", "other": "other persons",
    "unknown": "persons of unknown class",
}  # fmt: skip
MATTER: dict[str, str] = {
    "attack": "Result of the attack", "product": "Product", "vendor": "Vendor",
    "operator_state": "State that operated it",
    "agency": "Agency that operated it", "time": "Time", "territory": "Place", "purpose": "Purpose",
    "victims": "Who was affected", "ground": "Ground asserted",
}  # fmt: skip

_GRADES = r"(?<!clause )\b([EA][0-5]|[A-F][1-6])\b"
_SCORES = (
    r"(?i:\breliability [A-F]\b|\bcredibility [1-6]\b|\bgrade|\bP\s*(\(H\))?\s*[=<>≥≤:]?\s*[01]?[.,]\d"
    r"|\b[rmcL]\s*(\(H\))?\s*[=<>≥≤]|\b0?[.,]\d{1,6}\b|\bprior (of|probability|is|odds)\b|\bthe prior\b|\bnats?\b"
    r"|\bprobabilit|\blikelihood|\blogit|\bodds\b|\bper mille\b|\bmillionths?\b|\d\s?%|‰"
    r"|\bshares? of (P\b|\d|a half|a third|the group))"
)
_NUMBERS_OF_THE_HOUSE = re.compile(f"{_GRADES}|{_SCORES}")


def leaves_the_house(sentence: str, names: Iterable[str] = ()) -> bool:
    """Whether a sentence holds no grade, weight, share or probability, apart from these `names`."""
    for name in sorted(filter(None, names), key=len, reverse=True):
        sentence = sentence.replace(name, "…")
    return _NUMBERS_OF_THE_HOUSE.search(sentence) is None


def outward(sentence: str, names: Iterable[str] = ()) -> str:
    """The sentence as it may leave the house: clean, and replaced by a pointer to the page where it holds numbers."""
    said = clean(sentence)
    return said if leaves_the_house(said, names) else ON_THE_PAGE


def names_in(alert: Alert) -> tuple[str, ...]:
    """Names that may look like a grade: of clause, license, products, incidents."""
    own = () if alert.license is None else (alert.license.ref, alert.license.number or "", *alert.license.products)
    parts = () if alert.clause is None else (f"clause {alert.clause.id}",)
    return (*own, *parts, *(member for case in alert.cases for member in case.members))


def clean(text: str) -> str:
    """One line without control or direction-turning characters: fit for a heading as for a sentence."""
    kept = "".join(
        " " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c) not in ("Cc", "Cf")
    )
    return " ".join(kept.split())


def country(code: str) -> str:
    """A state's name with its code; invented states keep their code, `ZZ` is a state that is not known."""
    if code == "ZZ":
        return "a state that is not known"
    name = state_names().get(code)
    return f"{name} ({code})" if name and name != code else code


def page_of(pages: str, alert_id: str) -> str:
    """Where an alert is explained and answered."""
    return f"{pages.rstrip('/')}/alerts/{quote(alert_id, safe='~:@+')}"


def capital(words: str) -> str:
    """The words with a capital at their start."""
    return words[:1].upper() + words[1:]


def sentence(words: str) -> str:
    """The words as a sentence: a capital at the start, a full stop at the end."""
    return capital(words) if words.endswith((".", "?", "!", ")")) or not words else f"{capital(words)}."


def people_words(victims: Iterable[VictimCount]) -> list[str]:
    """Who was affected: class and number, small numbers hidden."""
    words = []
    for group in victims:
        where = f" in {country(group.country)}" if group.country else ""
        if group.count < SMALL_GROUP:
            count = f"fewer than {SMALL_GROUP}"
        else:
            count = {"exact": "", "at_least": "at least ", "approx": "about "}[group.qualifier] + str(group.count)
        words.append(f"{PEOPLE[group.klass]}{where}: {count}")
    return words


def evidence_sentence(term: LedgerTerm, technology: Technology | None = None) -> str | None:
    """An origin of the evidence in words: what it is, what it shows, and that copies do not count again."""
    if term.kind not in ("support", "contradiction") or not term.publications:
        return None
    ordered = sorted(term.publications, key=lambda p: (not p.counted, str(p.published_at or ""), p.source))
    best = ordered[0]
    said = capital(PUBLISHED[best.kind])
    if best.source_name:
        said += f" ({clean(best.source_name)})"
    if best.published_at:
        said += f", published on {day_words(best.published_at)}"
    if term.evidence_level:
        said += f": {evidence_words(term.evidence_level, technology)}"
    if term.attribution_level:
        said += f"; the operator was named {attribution_words(term.attribution_level, technology)}"
    return f"{said}.{_copies(len(ordered) - 1)}"


def _copies(count: int) -> str:
    if count == 0:
        return ""
    if count == 1:
        return " One further publication rests on the same origin and does not count again."
    return f" {count} further publications rest on the same origin and do not count again."


def reply_sentence(reply: Reply) -> str:
    """A denial or reply, with its day if the sentence does not say it."""
    said = outward(reply.sentence)
    if said == ON_THE_PAGE:
        return f"{capital(clean(reply.by))} has answered. {said}"
    when = day_words(reply.at) if reply.at else None
    return f"{said} ({when})" if when and when not in said else said


def assertion_sentence(assertion: Assertion) -> str:
    """What is claimed on a matter and how sure the sources are, in words."""
    claimed = outward(assertion.claimed) or "not known"
    return f"{MATTER[assertion.matter]}: {claimed}{_confidence(assertion)}"


def _confidence(assertion: Assertion) -> str:
    """STIX confidence in the words of its scale (STIX 2.1, appendix A: none, low, medium, high)."""
    if assertion.confidence is None or assertion.claimed == "not known":
        return ""
    low, medium, high = 1, 30, 70
    if assertion.confidence >= high:
        return " (the sources are confident)"
    if assertion.confidence >= medium:
        return " (the sources are fairly confident)"
    return " (the sources are not confident)" if assertion.confidence >= low else " (the sources do not say how sure)"


BANDS_SAID: dict[Band, str] = {
    "context": "kept for context",
    "watch": "watched, and not enough to act on",
    "review": "worth an officer's look",
    "alert": "needs an answer",
    "urgent": "needs an answer while something can still be stopped",
}
"""What a band says where nothing better can be told."""


def how_sure(band: Band, said: str = "") -> str:
    """How sure, in words that may leave the house."""
    own = outward(said) if said else ""
    words = own if own and own != ON_THE_PAGE else BANDS_SAID[band]
    return capital(words.rstrip(".")) + "."


def short_subject(alert: Alert, destinations: Sequence[str], use: Literal["officer", "partners", "exporter"]) -> str:
    """What an alert is about, in a few words."""
    if alert.clause is None or alert.license is None:
        return "a pledge"
    license_words = "" if use == "partners" else f", license {clean(alert.license.number or alert.license.ref)}"
    return f"pledge {DUTY[alert.clause.kind]}, {listing(map(country, destinations))}{license_words}"


def listing(words: Iterable[str]) -> str:
    """`a, b and c`."""
    return listed(list(words))
