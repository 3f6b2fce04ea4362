"""Plain words for the pages: vocabularies, dates with their precision, ages, weights, how sure. Pure.

Nothing here claims more than the record it words: a finding *appears* inconsistent, an unknown stays unknown.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence

from schemas.alert import VictimCount
from schemas.common import Period
from schemas.vocabulary import BANDS, AttributionLevel, Band, EvidenceLevel, Technology
from streams.rules.known import Standpoint, end_of
from streams.rules.wording import attribution_words, evidence_words

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
QUARTERS = ("first", "second", "third", "fourth")
MINUS = "\u2212"
THIN = "\u202f"

LABELS: Mapping[str, Mapping[object, str]] = {
    "Tense": {"actual": "real", "test": "test, raises no alert", "exercise": "exercise, raises no alert"},
    "Tlp": {
        "CLEAR": "may be published",
        "GREEN": "for the community of authorities",
        "AMBER": "for this authority and those who need to know",
        "AMBER+STRICT": "for this authority only",
        "RED": "for the named readers only",
    },
    "Use": {
        "officer": "licensing officers", "exporter": "the exporter", "end_user": "the end user",
        "partners": "partner authorities", "publication": "the public",
    },
    "Precision": {
        "day": "to the day", "month": "to the month", "quarter": "to the quarter", "year": "to the year",
        "unknown": "precision not known",
    },
    "Reliability": {
        "A": "completely reliable", "B": "usually reliable", "C": "fairly reliable", "D": "not usually reliable",
        "E": "unreliable", "F": "reliability cannot be judged",
    },
    "Credibility": {
        1: "confirmed", 2: "probably true", 3: "possibly true", 4: "doubtful", 5: "improbable",
        6: "truth cannot be judged",
    },
    "EvidenceLevel": {
        "E0": "a bare claim", "E1": "a leak or list", "E2": "a platform's notice or a captured attempt",
        "E3": "one laboratory's forensic finding, or examined documents",
        "E4": "a forensic finding checked by peers", "E5": "a court's finding or an admission",
    },
    "AttributionLevel": {
        "A0": "operator not attributed", "A1": "operator inferred from interest",
        "A2": "strong circumstantial signs of the operator", "A3": "operator named with high confidence",
        "A4": "operator found by a court or admitted",
    },
    "Technology": {
        "intrusion_spyware": "intrusion spyware", "mobile_forensics": "phone forensics",
        "ip_interception": "interception of internet traffic", "mobile_interception_imsi": "mobile interception",
        "face_recognition": "face recognition", "video_surveillance": "video surveillance",
        "lawful_intercept_mediation": "lawful-interception mediation", "location_tracking": "location tracking",
        "email_interception": "e-mail interception", "social_media_monitoring": "social-media monitoring",
        "predictive_policing": "predictive policing", "network_injection_dpi": "network injection",
        "other": "other technology",
    },
    "ClauseKind": {
        "permitted_purpose": "permitted purpose", "expression_carve_out": "opinion and criticism are not crimes",
        "prohibited_target_class": "persons who may not be targeted", "protected_ground": "protected grounds",
        "legal_authorisation": "legal authorization before use", "authorised_end_user": "authorized end user",
        "no_third_party_operation": "no operation by third parties", "territory_of_use": "territory of use",
        "no_retransfer": "no re-transfer without consent", "no_change_of_end_use": "no change of end use",
        "capacity_limit": "limit of capacity", "item_inventory": "inventory of items",
        "configuration_limit": "limit of configuration", "audit_log_retention": "audit log kept",
        "reporting_cadence": "regular reports", "inspection_access": "access for inspection",
        "physical_security": "physical security", "data_handling": "handling of data",
        "notify_loss_or_breach": "notice of loss or breach", "cooperate_with_inquiry": "cooperation with inquiries",
        "disposal": "disposal", "validity": "validity of the license", "amendment_or_waiver": "amendment or waiver",
        "sanction_ladder": "steps on breach", "other": "other duty",
    },
    "Checkability": {
        "A": "decided by dates, counts and identifiers",
        "B": "decided by rule; an officer confirms",
        "C": "a matter of judgment: the program only assembles, the officer judges",
    },
    "VictimClass": {
        "journalist": "journalists", "media_staff": "media staff", "politician_opposition": "opposition politicians",
        "politician_government": "politicians of the government", "lawyer": "lawyers",
        "judge_prosecutor": "judges or prosecutors", "human_rights_defender": "human rights defenders",
        "academic": "academics", "clergy": "clergy", "dissident_exile": "dissidents in exile",
        "protester": "protesters", "diplomat_or_foreign_official": "diplomats or foreign officials",
        "family_member": "family members", "minor": "minors", "ethnic_group": "members of an ethnic group",
        "religious_group": "members of a religious group", "migrant_refugee": "migrants or refugees",
        "business": "persons in business", "other": "persons of another class", "unknown": "persons of unknown class",
    },
    "Ground": {
        "opinion": "opinion", "political_affiliation": "political affiliation", "ethnicity": "ethnicity",
        "race": "race", "religion": "religion", "nationality": "nationality", "country_of_origin": "country of origin",
        "language": "language", "gender": "gender", "orientation": "orientation", "age": "age",
        "personal_status": "personal status", "other": "another ground", "unknown": "ground not known",
    },
    "CountQualifier": {"exact": "", "at_least": "at least", "approx": "about"},
    "Purpose": {
        "terrorism": "against terrorism", "serious_crime": "against serious crime",
        "other_crime": "against other crime",
        "national_security": "national security", "political_monitoring": "political monitoring",
        "suppression_of_reporting": "suppression of reporting", "suppression_of_protest": "suppression of protest",
        "suppression_of_minority": "suppression of a minority", "personal_or_commercial": "personal or commercial ends",
        "unknown": "purpose not known",
    },
    "YesNo": {"yes": "yes", "no": "no", "unknown": "not known"},
    "LegalBasis": {
        "none": "no legal basis", "warrant": "a warrant is claimed", "contested": "legal basis contested",
        "unknown": "legal basis not known",
    },
    "Harm": {
        "surveillance_only": "surveillance only", "censorship": "censorship", "silencing": "silencing",
        "detention": "detention", "prosecution": "prosecution", "violence": "violence",
        "publication_of_private_material": "publication of private material",
    },
    "AttackResult": {
        "successful": "successful", "attempted": "attempted", "selected_only": "selected only",
        "unknown": "result not known",
    },
    "Vector": {
        "zero_click": "without any click", "one_click_sms": "link in a text message",
        "one_click_msg": "link in a messenger", "network_injection": "injected into the network",
        "physical_custody": "device held", "malicious_app": "malicious app", "cctv_match": "match on camera footage",
        "lawful_intercept": "through the interception interface", "unknown": "way in not known",
    },
    "DataTaken": {
        "location": "location", "mail": "mail", "messages": "messages", "calls": "calls", "contacts": "contacts",
        "files": "files", "microphone": "microphone", "camera": "camera", "biometrics": "biometrics",
        "browsing": "browsing", "metadata": "metadata",
    },
    "ProductRole": {
        "primary": "did it", "enabler": "made it possible", "component": "was a part of it",
        "co_located": "was found beside it",
    },
    "IncidentStatus": {
        "reported": "reported", "corroborated": "corroborated", "contested": "contested", "retracted": "retracted",
        "refuted": "refuted", "withdrawn_for_safety": "withdrawn for safety",
    },
    "ConsentBasis": {
        "public_source": "from a public source", "victim_consent": "with the consent of those concerned",
        "partner_shared": "shared by a partner",
    },
    "PublicationKind": {
        "lab_report": "laboratory report", "ngo_report": "report of an organization", "news": "news report",
        "court": "court record", "oversight_body": "oversight body", "platform_notice": "platform's notice",
        "vendor_statement": "vendor's statement", "government_statement": "government statement",
        "anonymous": "anonymous account",
    },
    "DenialKind": {
        "bare_denial": "denies it", "warrant_claimed": "says that there was a warrant",
        "not_our_system": "says that it was not this system", "examined_and_disputed": "examined it and disputes it",
        "methodology_disputed": "disputes the method",
    },
    "DenialBy": {
        "end_user": "the end user", "operator_state": "the state named as operator", "vendor": "the vendor",
        "exporter": "the exporter", "oversight_body": "an oversight body",
        "independent_expert": "an independent expert",
    },
    "LicenseStatus": {
        "applied": "applied for", "granted": "in force", "amended": "in force, amended", "suspended": "suspended",
        "revoked": "revoked", "lapsed": "lapsed", "transferred": "transferred",
    },
    "Binding": {"yes": "binding in law", "no": "not binding", "political": "politically binding"},
    "DestinationGrade": {
        "partner": "a partner", "eligible": "eligible", "case_by_case": "case by case", "restricted": "restricted",
        "embargoed": "under embargo",
    },
    "CommitmentKind": {
        "review": "weigh human rights when licensing", "consult": "consult industry, research and civil society",
        "share_information": "share information", "share_practice": "share practice",
        "encourage_diligence": "encourage due diligence", "help_others": "help others", "notify": "notify",
        "other": "another commitment",
    },
    "ConsentKind": {
        "retransfer": "re-transfer", "change_of_use": "change of use", "disposal": "disposal",
        "amendment": "amendment",
    },
    "PendingKind": {
        "application": "an application", "renewal": "a renewal", "delivery": "a delivery", "update": "an update",
        "support": "support",
    },
    "DeliveryKind": {
        "shipment": "shipment", "activation": "activation", "upgrade": "upgrade", "maintenance": "maintenance",
        "return": "return", "disposal": "disposal",
    },
    "ReportKind": {
        "delivery_verification": "delivery verification", "pre_license": "check before the license",
        "post_license_pre_shipment": "check before shipment", "post_shipment": "check after shipment",
        "periodic_self_report": "regular report of the end user", "inventory_initial": "first inventory",
        "inventory_annual": "annual inventory", "compliance_visit": "compliance visit",
        "exporter_report": "exporter's report", "loss_theft_notice": "notice of loss or theft",
        "disposal_notice": "notice of disposal", "voluntary_disclosure": "voluntary disclosure",
        "vendor_action": "vendor's action", "end_user_reply": "end user's reply", "sighting": "sighting of serials",
    },
    "ReportTrigger": {
        "license_condition": "condition of the license", "red_flag": "red flag", "random": "random choice",
        "incident_alert": "an alert", "watchlist": "watch list", "scheduled": "schedule",
    },
    "ReporterRole": {
        "exporter": "the exporter", "end_user": "the end user", "embassy": "an embassy",
        "inspectorate": "an inspectorate", "auditor": "an auditor", "vendor": "the vendor", "other": "another office",
    },
    "Cooperation": {
        "full": "full cooperation", "partial": "partial cooperation", "delayed": "delayed cooperation",
        "refused": "cooperation refused", "unknown": "cooperation not recorded",
    },
    "Method": {
        "on_site": "on site", "video": "by video", "documentary": "from documents", "remote_telemetry": "by telemetry",
        "third_party": "by a third party",
    },
    "Outcome": {
        "favourable": "favorable", "favourable_with_findings": "favorable, with findings",
        "unfavourable": "unfavorable", "inconclusive": "inconclusive", "unable_to_verify": "could not be verified",
        "access_refused": "access refused", "no_action": "no action",
    },
    "ReasonCode": {
        "derogatory_information": "derogatory information", "unlicensed_party": "party without license",
        "cannot_confirm_order_or_receipt": "order or receipt not confirmed",
        "inconsistent_with_application": "not as applied for", "unresponsive_party": "party does not answer",
        "information_discrepancy": "information differs", "unauthorised_reexport": "re-export without consent",
        "diversion_potential": "diversion possible", "diversion_actual": "diversion found",
        "end_use_mismatch": "other use than licensed", "end_user_mismatch": "other user than licensed",
        "inventory_shortfall": "pieces missing", "serial_mismatch": "serials differ",
        "location_mismatch": "other place than licensed", "capacity_exceeded": "capacity exceeded",
        "configuration_mismatch": "other configuration than licensed", "log_gap": "gap in the log",
        "log_tamper": "log altered", "security_deficiency": "deficient security",
        "host_government_blocked": "blocked by the host government", "end_user_refused": "refused by the end user",
        "lost_stolen_destroyed": "lost, stolen or destroyed", "disposal_unproven": "disposal not proven",
        "force_majeure": "force majeure", "other": "other reason",
    },
    "LogStatus": {
        "complete": "log complete", "gaps": "log with gaps", "missing": "log missing", "tampered": "log altered",
        "refused": "log refused", "not_checked": "log not checked",
    },
    "CheckResult": {
        "satisfied": "satisfied", "not_satisfied": "not satisfied", "not_checked": "not checked",
        "not_applicable": "does not apply",
    },
    "Bearing": {"supports": "speaks for it", "contradicts": "speaks against it", "inconclusive": "decides nothing"},
    "Verified": {
        "custody": "custody", "use": "use", "logs": "logs", "configuration": "configuration", "targets": "targets",
    },
    "DataMisuse": {
        "kept_beyond": "data kept too long", "not_deleted": "data not deleted", "shared_onward": "data passed on",
        "published": "data published",
    },
    "ChangeKind": {
        "end_user": "end user changed", "operator": "operator changed", "site": "site changed",
        "configuration": "configuration changed", "capacity": "capacity changed", "end_use": "end use changed",
    },
    "Party": {
        "authority": "the authority", "exporter": "the exporter", "end_user": "the end user", "vendor": "the vendor",
        "host": "the host of the inspection",
    },
    "DayKind": {"calendar": "days", "working": "working days"},
    "Weekday": {
        "monday": "Monday", "tuesday": "Tuesday", "wednesday": "Wednesday", "thursday": "Thursday",
        "friday": "Friday", "saturday": "Saturday", "sunday": "Sunday",
    },
    "VendorAction": {
        "restricted": "restricted", "disconnected": "disconnected", "contract_ended": "contract ended",
        "under_review": "under review",
    },
    "DecisionKind": {
        "acknowledge": "Acknowledge", "assign": "Assign", "close": "Close with a reason", "watch": "Keep on watch",
        "ask_exporter": "Ask the exporter", "ask_end_user": "Ask the end user", "order_check": "Order a check",
        "hold_pending": "Hold what is pending", "modify_conditions": "Change the conditions",
        "suspend": "Suspend the license", "vendor_restrict": "Have the vendor restrict the system",
        "revoke": "Revoke the license", "refer": "Refer for enforcement", "notify_partners": "Notify partners",
        "list_party": "List the party",
    },
    "CloseReason": {
        "not_our_license": "Not about our license", "unfounded": "Unfounded",
        "explained_lawful": "Explained: lawful use", "remedied": "Remedied",
        "duplicate": "Already dealt with elsewhere",
        "acted_upon": "Acted upon", "other": "Other, as reasoned",
    },
    "JudgmentKind": {
        "same_event": "accounts of one event", "different_event": "accounts of different events",
        "regrade_source": "source graded anew", "attribute": "attribution", "accept_draft": "draft accepted",
        "quarantine": "source quarantined", "release": "source released", "revert": "judgment taken back",
    },
    "SourceKind": {
        "lab": "laboratory", "ngo": "organization", "news": "news medium", "court": "court",
        "oversight_body": "oversight body", "platform": "platform", "vendor": "vendor", "government": "government",
        "embassy": "embassy", "exporter": "exporter", "inspectorate": "inspectorate", "anonymous": "anonymous",
        "authority": "authority", "other": "other source",
    },
    "EntityKind": {
        "state": "state", "agency": "agency", "unit": "unit", "vendor": "vendor",
        "corporate_group": "group of companies",
        "product": "product", "technology": "technology",
    },
    "NameRelation": {
        "alias": "also called", "renamed_to": "renamed to", "owned_by": "owned by", "markets": "markets",
        "acquired_by": "acquired by", "part_of": "part of",
    },
    "NameJudgment": {"same": "the same", "different": "not the same", "unsure": "not sure"},
    "RetractionReason": {
        "source_withdrew": "its source withdrew it", "error": "it was an error", "safety": "for somebody's safety",
        "duplicate": "it was a duplicate", "other": "another reason",
    },
    "Band": {"context": "Context", "watch": "Watch", "review": "Review", "alert": "Alert", "urgent": "Urgent"},
    "Verdict": {
        "engaged": "clause engaged: the officer judges", "appears_inconsistent": "appears inconsistent with the clause",
        "consistent": "consistent with the clause", "not_checked": "not checked",
    },
    "AlertStatus": {
        "open": "open", "acknowledged": "acknowledged", "closed": "closed", "withdrawn": "withdrawn",
    },
    "Transition": {
        "opened": "opened", "raised": "raised", "lowered": "lowered", "withdrawn": "withdrawn", "reopened": "reopened",
        "closed": "closed",
    },
    "FactKind": {
        "license": "license", "delivery": "delivery", "report": "report", "incident": "incident",
        "decision": "decision", "judgment": "judgment", "name": "name", "policy": "policy", "tick": "day",
        "retraction": "retraction", "erasure": "erasure", "hold": "litigation hold",
    },
    "HoldState": {"set": "set", "lifted": "lifted"},
    "ErasableKind": {
        "license": "license", "delivery": "delivery", "report": "report", "incident": "incident",
        "decision": "decision", "judgment": "judgment", "name": "name", "policy": "policy", "hold": "litigation hold",
    },
    "CaseKind": {"incident": "Reported incident", "report": "Finding of a report", "silence": "Silence"},
    "AlternativeKind": {
        "lawful_warrant": "Lawful use under a warrant", "other_agency": "Another agency of the same state",
        "foreign_operator": "An operator of another state", "other_product": "Another product or a tool of their own",
        "misidentified": "The product is misidentified", "before_delivery": "It happened before delivery",
        "transferred_or_stolen": "The item was passed on, leaked or stolen", "attempt_only": "Only an attempt",
        "victim_class_wrong": "The class of persons is wrong",
        "derivative_or_retracted": "The account is derived or was retracted",
        "fabrication": "The account is fabricated",
        "report_in_transit": "The report is on its way",
        "carrier_delay": "The post or a carrier was slow or on strike",
        "force_majeure": "Circumstances beyond their power", "other_reckoning": "The days are counted otherwise there",
        "told_elsewhere": "The rest was told elsewhere",
        "no_power_to_admit": "Whoever refused had no power to admit",
    },
    "Matter": {
        "attack": "Attack", "product": "Product", "vendor": "Vendor", "operator_state": "Operator state",
        "agency": "Agency", "time": "Time", "territory": "Territory", "purpose": "Purpose",
        "victims": "Persons targeted", "ground": "Ground",
    },
    "AlternativeState": {"open": "open", "ruled_out": "ruled out"},
    "TermKind": {"prior": "before any evidence", "support": "for", "contradiction": "against", "cap": "common limit"},
    "NoteKind": {
        "unmatched_incident": "Credible account without a license", "unknown_license": "License not known here",
        "no_pledge": "No pledge on file", "flood": "Flood of unproven accounts", "conflict": "Two bodies of one fact",
        "unresolved_name": "Name not resolved",
    },
    "Stage": {
        "decode": "could not be read", "check": "failed a check", "place": "could not be placed",
        "assess": "could not be assessed", "store": "could not be stored",
    },
}  # fmt: skip
"""Label of each word, by the name of its vocabulary (or, for a literal inside `schemas.alert`, a name given here)."""

BAND_MEANING: Mapping[Band, str] = {
    "context": "kept as background; not about this pledge",
    "watch": "kept in view; too little to act on",
    "review": "worth an officer's reading",
    "alert": "an officer should decide",
    "urgent": "an officer should decide now: something can still be stopped",
}
LANGUAGES: Mapping[str, str] = {
    "ar": "Arabic", "de": "German", "el": "Greek", "en": "English", "es": "Spanish", "fr": "French", "he": "Hebrew",
    "it": "Italian", "ja": "Japanese", "nl": "Dutch", "pl": "Polish", "pt": "Portuguese", "ru": "Russian",
    "sr": "Serbian", "sv": "Swedish", "tr": "Turkish", "uk": "Ukrainian", "zh": "Chinese",
}  # fmt: skip
RIGHT_TO_LEFT = frozenset({"ar", "dv", "fa", "he", "ps", "ur", "yi"})


def say(vocabulary: str, word: object) -> str:
    """The plain label of a vocabulary's word; a word of a newer release is shown as it is, without underscores."""
    label = LABELS.get(vocabulary, {}).get(word)
    return str(word).replace("_", " ") if label is None else label


def band_rank(band: Band) -> int:
    """0 for the least pressing band."""
    return BANDS.index(band)


def language(code: str) -> str:
    """English name of a language [BCP 47], or its code."""
    return LANGUAGES.get(code.partition("-")[0], code)


def direction(code: str) -> str:
    """`rtl` for languages written from right to left, else `ltr`."""
    return "rtl" if code.partition("-")[0] in RIGHT_TO_LEFT else "ltr"


def day(date: dt.date | None) -> str:
    """`3 March 2025`; `not on record` where there is none."""
    return f"{date.day} {MONTHS[date.month - 1]} {date.year}" if date else "not on record"


def moment(at: dt.datetime) -> str:
    """`3 March 2025, 14:05 UTC`."""
    at = at.astimezone(dt.UTC)
    return f"{day(at.date())}, {at:%H:%M} UTC"


def standpoint(at: Standpoint) -> str:
    """From where a page looks: `What was true on 3 March 2025, as known today.`"""
    known = ""
    if at.as_known_at and at.known_on:
        known = day(at.known_on) if at.as_known_at == end_of(at.known_on) else moment(at.as_known_at)
    if at.as_of:
        return f"What was true on {day(at.as_of)}, as known {f'on {known}' if known else 'today'}."
    return f"What was known on {known}." if known else "How things stand today."


def period(when: Period | None) -> str:
    """When, with its precision: `on 3 March 2025`, `between 3 and 9 March 2025`, `in 2024`."""
    if when is None:
        return "at a time not on record"
    first, last = when.first, when.last
    if when.precision == "unknown":
        given = day(first) if first == last else _between(first, last)
        return f"at a time not known exactly (given as {given})"
    if when.precision == "day":
        return f"on {day(first)}" if first == last else _between(first, last)
    start, end = _coarse(first, when), _coarse(last, when)
    return f"in {start}" if start == end else f"between {_shorter(start, end)} and {end}"


def _coarse(date: dt.date, when: Period) -> str:
    if when.precision == "year":
        return str(date.year)
    if when.precision == "quarter":
        return f"the {QUARTERS[(date.month - 1) // 3]} quarter of {date.year}"
    return f"{MONTHS[date.month - 1]} {date.year}"


def _shorter(start: str, end: str) -> str:
    """`March` of `March 2025` when the end bears the same year."""
    head, _, year = start.rpartition(" ")
    return head if head in MONTHS and end.endswith(year) else start


def _between(first: dt.date, last: dt.date) -> str:
    if first.year != last.year:
        return f"between {day(first)} and {day(last)}"
    if first.month != last.month:
        return f"between {first.day} {MONTHS[first.month - 1]} and {day(last)}"
    return f"between {first.day} and {day(last)}"


def validity(first: dt.date | None, last: dt.date | None) -> str:
    """From when to when something holds: `from 1 May 2023, without end`."""
    if first is None:
        return f"until {day(last)}" if last else "from the start, without end"
    return f"from {day(first)} to {day(last)}" if last else f"from {day(first)}, without end"


def span(days: int) -> str:
    """A length of time as people say it: `12 days`, `7 weeks`, `11 months`, `2 years 3 months`."""
    if days < 28:
        return _count(days, "day")
    if days < 84:
        return _count(days // 7, "week")
    months = round(days / 30.4375)
    if months < 24:
        return _count(months, "month")
    years, rest = divmod(months, 12)
    return _count(years, "year") + (f" {_count(rest, 'month')}" if rest else "")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def count(number: int, one: str, many: str | None = None) -> str:
    """`1 alert`, `3 alerts`; numbers above 9,999 with separators."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def age(since: dt.date | None, today: dt.date | None) -> str:
    """How long ago: `today`, `12 days ago`; `in 3 days` for what lies ahead; empty where either is not known."""
    if since is None or today is None:
        return ""
    days = (today - since).days
    if days == 0:
        return "today"
    return f"{span(days)} ago" if days > 0 else f"in {span(-days)}"


def lateness(occurred: Period | None, known: dt.date | None) -> str:
    """How long after the event it became known; empty under a month or where either is missing."""
    if occurred is None or known is None or (known - occurred.last).days < 31:
        return ""
    return f"{span((known - occurred.last).days)} after it happened"


def overdue(due: dt.date | None, today: dt.date | None) -> str:
    """`due on 3 March 2025, 40 days overdue`; weeks would blur a deadline, so days are counted."""
    if due is None:
        return "no day due on record"
    late = (today - due).days if today else 0
    return f"due on {day(due)}" + (f", {_count(late, 'day')} overdue" if late > 0 else "")


def persons(victims: VictimCount, country: Callable[[str], str] = str) -> str:
    """Class and count only: `at least 3 journalists in Marisol (QM)`."""
    qualifier = say("CountQualifier", victims.qualifier)
    where = f" in {country(victims.country)}" if victims.country else ""
    return f"{qualifier} {victims.count:,} {say('VictimClass', victims.klass)}{where}".strip()


def evidence(level: EvidenceLevel, technology: Technology | None = None) -> str:
    """What a level of evidence of the act means for this kind of technology."""
    return evidence_words(level, technology) if technology else say("EvidenceLevel", level)


def attribution(level: AttributionLevel, technology: Technology | None = None) -> str:
    """How the operator was named, in the words of this kind of technology."""
    named = f"operator named {attribution_words(level, technology)}"
    return named if technology else say("AttributionLevel", level)


def nats(micro: int) -> str:
    """A weight in nats with its sign, from micro-nats: `+1.35`, with a true minus."""
    return f"{micro / 1_000_000:+.2f}".replace("-", MINUS)


def percent(millionths: int) -> str:
    """A share: `33 %`; below one percent `under 1 %`, never rounded up to certainty."""
    share = millionths / 10_000
    if 0 < share < 1:
        return f"under 1{THIN}%"
    if 99.5 <= share < 100:
        return f"over 99{THIN}%"
    return f"{round(share)}{THIN}%"


def odds(millionths: int) -> str:
    """A probability as a rough frequency: `about 1 in 5`; `about 3 in 4` above a half."""
    p = millionths / 1_000_000
    if p <= 0:
        return "none"
    if p < 0.01:
        return f"about 1 in {round(1 / p, 1 - len(str(int(1 / p)))):,.0f}"
    if p <= 0.4:
        return f"about 1 in {round(1 / p)}"
    if p > 0.99:
        return "more than 99 in 100"
    tenths = round(p * 10)
    return f"about {tenths} in 10" if tenths < 10 else "more than 9 in 10"


def probability(micro: int) -> int:
    """P of a log-odds sum [micro-nats → millionths], for the running column of a ledger."""
    return round(1_000_000 / (1 + math.exp(-max(-40.0, min(40.0, micro / 1_000_000)))))


def list_of(words: Sequence[str], joiner: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {joiner} {words[-1]}"


def sentence(text: str) -> str:
    """The text with a capital at its start and a full stop at its end."""
    text = ended(text)
    return text[:1].upper() + text[1:]


def short_title(title: str) -> str:
    """An alert's title without the license in brackets at its end, for a list that names the license above."""
    head, _, tail = title.rpartition(" (license ")
    return head if head and tail.endswith(")") else title


def ended(text: str) -> str:
    """The text with a full stop at its end, its beginning as it is."""
    text = text.strip()
    return text if not text or text[-1] in ".!?…" else f"{text}."
