"""The closed vocabularies of the field. Each name is one type; the words are those of the sources named.

Sources: `domain.md` 1.8, 2.2, 2.3, 3.3, 3.5, 4 of the project's design papers; Admiralty (NATO) grading;
TLP 2.0 (FIRST).
"""

from __future__ import annotations

from typing import Literal, get_args

Tense = Literal["actual", "test", "exercise"]
Tlp = Literal["CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"]
Use = Literal["officer", "exporter", "end_user", "partners", "publication"]
Precision = Literal["day", "month", "quarter", "year", "unknown"]

Reliability = Literal["A", "B", "C", "D", "E", "F"]
"""Admiralty axis 1, the source: A completely, B usually, C fairly, D not usually reliable, E unreliable,
F cannot be judged."""
Credibility = Literal[1, 2, 3, 4, 5, 6]
"""Admiralty axis 2, the information: 1 confirmed, 2 probably true, 3 possibly, 4 doubtful, 5 improbable,
6 cannot be judged."""
EvidenceLevel = Literal["E0", "E1", "E2", "E3", "E4", "E5"]
"""Attack evidence: E5 court or admission, E4 forensic with peer validation, E3 forensic by one lab,
E2 platform notice or captured attempt, E1 leak, E0 bare claim."""
AttributionLevel = Literal["A0", "A1", "A2", "A3", "A4"]
"""Attribution: A4 court or admission, A3 high confidence, A2 strong circumstantial, A1 inferred from interest,
A0 none."""

Technology = Literal[
    "intrusion_spyware", "mobile_forensics", "ip_interception", "mobile_interception_imsi", "face_recognition",
    "video_surveillance", "lawful_intercept_mediation", "location_tracking", "email_interception",
    "social_media_monitoring", "predictive_policing", "network_injection_dpi", "other",
]  # fmt: skip

ClauseKind = Literal[
    "permitted_purpose", "expression_carve_out", "prohibited_target_class", "protected_ground", "legal_authorisation",
    "authorised_end_user", "no_third_party_operation", "territory_of_use", "no_retransfer", "no_change_of_end_use",
    "capacity_limit", "item_inventory", "configuration_limit", "audit_log_retention", "reporting_cadence",
    "inspection_access", "physical_security", "data_handling", "notify_loss_or_breach", "cooperate_with_inquiry",
    "disposal", "validity", "amendment_or_waiver", "sanction_ladder", "other",
]  # fmt: skip
Checkability = Literal["A", "B", "C"]
"""A deterministic, B rule and vocabulary with an officer to confirm, C judgment: the machine only assembles."""

VictimClass = Literal[
    "journalist", "media_staff", "politician_opposition", "politician_government", "lawyer", "judge_prosecutor",
    "human_rights_defender", "academic", "clergy", "dissident_exile", "protester", "diplomat_or_foreign_official",
    "family_member", "minor", "ethnic_group", "religious_group", "migrant_refugee", "business", "other", "unknown",
]  # fmt: skip
Ground = Literal[
    "opinion", "political_affiliation", "ethnicity", "race", "religion", "nationality", "country_of_origin", "language",
    "gender", "orientation", "age", "personal_status", "other", "unknown",
]  # fmt: skip
"""Because of what somebody was targeted: the eleven grounds of Israel's certificate of 2021, and language."""
CountQualifier = Literal["exact", "at_least", "approx"]
Purpose = Literal[
    "terrorism", "serious_crime", "other_crime", "national_security", "political_monitoring",
    "suppression_of_reporting", "suppression_of_protest", "suppression_of_minority", "personal_or_commercial",
    "unknown",
]  # fmt: skip
YesNo = Literal["yes", "no", "unknown"]
LegalBasis = Literal["none", "warrant", "contested", "unknown"]
Harm = Literal[
    "surveillance_only", "censorship", "silencing", "detention", "prosecution", "violence",
    "publication_of_private_material",
]  # fmt: skip
AttackResult = Literal["successful", "attempted", "selected_only", "unknown"]
Vector = Literal[
    "zero_click", "one_click_sms", "one_click_msg", "network_injection", "physical_custody", "malicious_app",
    "cctv_match", "lawful_intercept", "unknown",
]  # fmt: skip
DataTaken = Literal[
    "location", "mail", "messages", "calls", "contacts", "files", "microphone", "camera", "biometrics", "browsing",
    "metadata",
]  # fmt: skip
ProductRole = Literal["primary", "enabler", "component", "co_located"]
IncidentStatus = Literal["reported", "corroborated", "contested", "retracted", "refuted", "withdrawn_for_safety"]
ConsentBasis = Literal["public_source", "victim_consent", "partner_shared"]
PublicationKind = Literal[
    "lab_report", "ngo_report", "news", "court", "oversight_body", "platform_notice", "vendor_statement",
    "government_statement", "anonymous",
]  # fmt: skip
DenialKind = Literal[
    "bare_denial", "warrant_claimed", "not_our_system", "examined_and_disputed", "methodology_disputed"
]
DenialBy = Literal["end_user", "operator_state", "vendor", "exporter", "oversight_body", "independent_expert"]

LicenseStatus = Literal["applied", "granted", "amended", "suspended", "revoked", "lapsed", "transferred"]
Binding = Literal["yes", "no", "political"]
DestinationGrade = Literal["partner", "eligible", "case_by_case", "restricted", "embargoed"]
"""How an authority classes a state that its exports go to; from the most to the least open."""
CommitmentKind = Literal[
    "review", "consult", "share_information", "share_practice", "encourage_diligence", "help_others", "notify", "other",
]  # fmt: skip
"""What states promise each other: the commitments of the Code of Conduct of 2023; `notify` is a duty to tell."""
ConsentKind = Literal["retransfer", "change_of_use", "disposal", "amendment"]
PendingKind = Literal["application", "renewal", "delivery", "update", "support"]
DeliveryKind = Literal["shipment", "activation", "upgrade", "maintenance", "return", "disposal"]

ReportKind = Literal[
    "delivery_verification", "pre_license", "post_license_pre_shipment", "post_shipment", "periodic_self_report",
    "inventory_initial", "inventory_annual", "compliance_visit", "exporter_report", "loss_theft_notice",
    "disposal_notice", "voluntary_disclosure", "vendor_action", "end_user_reply", "sighting",
]  # fmt: skip
ReportTrigger = Literal["license_condition", "red_flag", "random", "incident_alert", "watchlist", "scheduled"]
ReporterRole = Literal["exporter", "end_user", "embassy", "inspectorate", "auditor", "vendor", "other"]
Cooperation = Literal["full", "partial", "delayed", "refused", "unknown"]
Method = Literal["on_site", "video", "documentary", "remote_telemetry", "third_party"]
Outcome = Literal[
    "favourable", "favourable_with_findings", "unfavourable", "inconclusive", "unable_to_verify", "access_refused",
    "no_action",
]  # fmt: skip
ReasonCode = Literal[
    "derogatory_information", "unlicensed_party", "cannot_confirm_order_or_receipt", "inconsistent_with_application",
    "unresponsive_party", "information_discrepancy", "unauthorised_reexport", "diversion_potential", "diversion_actual",
    "end_use_mismatch", "end_user_mismatch", "inventory_shortfall", "serial_mismatch", "location_mismatch",
    "capacity_exceeded", "configuration_mismatch", "log_gap", "log_tamper", "security_deficiency",
    "host_government_blocked", "end_user_refused", "lost_stolen_destroyed", "disposal_unproven", "force_majeure",
    "other",
]  # fmt: skip
LogStatus = Literal["complete", "gaps", "missing", "tampered", "refused", "not_checked"]
CheckResult = Literal["satisfied", "not_satisfied", "not_checked", "not_applicable"]
Bearing = Literal["supports", "contradicts", "inconclusive"]
Verified = Literal["custody", "use", "logs", "configuration", "targets"]
DataMisuse = Literal["kept_beyond", "not_deleted", "shared_onward", "published"]
"""What may be done with data taken that a duty of data handling forbids."""
ChangeKind = Literal["end_user", "operator", "site", "configuration", "capacity", "end_use"]
"""What of a licensed system may change and need an amendment or a waiver."""
Party = Literal["authority", "exporter", "end_user", "vendor", "host"]
"""Who waits, and for whom; `host`: who has to admit an inspection."""
DayKind = Literal["calendar", "working"]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
VendorAction = Literal["restricted", "disconnected", "contract_ended", "under_review"]

DecisionKind = Literal[
    "acknowledge", "assign", "close", "watch", "ask_exporter", "ask_end_user", "order_check", "hold_pending",
    "modify_conditions", "suspend", "vendor_restrict", "revoke", "refer", "notify_partners", "list_party",
]  # fmt: skip
CloseReason = Literal[
    "not_our_license", "unfounded", "explained_lawful", "remedied", "duplicate", "acted_upon", "other",
]  # fmt: skip
JudgmentKind = Literal[
    "same_event", "different_event", "regrade_source", "attribute", "accept_draft", "quarantine", "release", "revert",
]  # fmt: skip
SourceKind = Literal[
    "lab", "ngo", "news", "court", "oversight_body", "platform", "vendor", "government", "embassy", "exporter",
    "inspectorate", "anonymous", "authority", "other",
]  # fmt: skip
EntityKind = Literal["state", "agency", "unit", "vendor", "corporate_group", "product", "technology"]
NameRelation = Literal["alias", "renamed_to", "owned_by", "markets", "acquired_by", "part_of"]
NameJudgment = Literal["same", "different", "unsure"]
RetractionReason = Literal["source_withdrew", "error", "safety", "duplicate", "other"]

Band = Literal["context", "watch", "review", "alert", "urgent"]
Verdict = Literal["engaged", "appears_inconsistent", "consistent", "not_checked"]
AlertStatus = Literal["open", "acknowledged", "closed", "withdrawn"]
Transition = Literal["opened", "raised", "lowered", "withdrawn", "reopened", "closed"]
FactKind = Literal[
    "license", "delivery", "report", "incident", "decision", "judgment", "name", "policy", "tick", "retraction",
    "erasure", "hold",
]  # fmt: skip
ErasableKind = Literal["license", "delivery", "report", "incident", "decision", "judgment", "name", "policy", "hold"]
"""A day and an erasure hold nothing to erase; a retraction goes with what it takes back."""
HoldState = Literal["set", "lifted"]

BANDS: tuple[Band, ...] = get_args(Band)
"""From the least to the most pressing."""
