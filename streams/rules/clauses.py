"""The table: which rules can speak to which kind of clause, from which kind of evidence. It can be printed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from schemas.vocabulary import ClauseKind
from streams.rules import from_delivery as delivery
from streams.rules import from_incident as incident
from streams.rules import from_report as report
from streams.rules import from_silence as silence
from streams.rules.findings import DeliveryQuestion, Finding, IncidentQuestion, ReportQuestion, SilenceQuestion

FROM_INCIDENT: dict[ClauseKind, tuple[Callable[[IncidentQuestion], Finding | None], ...]] = {
    "permitted_purpose": (incident.used_outside_permitted_purpose,),
    "expression_carve_out": (incident.targeted_for_expression,),
    "prohibited_target_class": (incident.targeted_barred_class,),
    "protected_ground": (incident.targeted_on_protected_ground,),
    "legal_authorisation": (incident.without_legal_authorisation,),
    "authorised_end_user": (incident.operated_by_another_agency,),
    "no_third_party_operation": (incident.operated_by_third_party,),
    "territory_of_use": (incident.outside_permitted_territory,),
    "capacity_limit": (incident.more_targets_than_licensed,),
    "configuration_limit": (incident.module_used_that_must_be_off,),
    "other": (incident.touches_a_duty_in_free_words,),
}
FROM_REPORT: dict[ClauseKind, tuple[Callable[[ReportQuestion], Finding | None], ...]] = {
    "no_retransfer": (report.seen_with_another_without_consent, report.reported_not_satisfied),
    "item_inventory": (report.pieces_missing_from_inventory, report.reported_not_satisfied),
    "inspection_access": (report.access_refused_or_delayed, report.reported_not_satisfied),
    "capacity_limit": (report.more_in_use_than_licensed, report.reported_not_satisfied),
    "authorised_end_user": (report.found_with_another_agency, report.reported_not_satisfied),
    "territory_of_use": (report.found_outside_territory, report.reported_not_satisfied),
    "no_change_of_end_use": (report.used_for_another_end, report.reported_not_satisfied),
    "configuration_limit": (report.module_found_on, report.reported_not_satisfied),
    "audit_log_retention": (report.log_broken_or_refused, report.reported_not_satisfied),
    "physical_security": (report.deficiency_left_open, report.reported_not_satisfied),
}
"""Every other kind of clause is heard through `reported_not_satisfied` alone."""
FROM_DELIVERY: dict[ClauseKind, tuple[Callable[[DeliveryQuestion], Finding | None], ...]] = {
    "validity": (delivery.delivered_outside_validity, delivery.more_delivered_than_licensed),
    "no_retransfer": (delivery.delivered_elsewhere, delivery.delivered_again_elsewhere),
}
FROM_SILENCE: dict[ClauseKind, tuple[Callable[[SilenceQuestion], Finding | None], ...]] = {
    "reporting_cadence": (silence.report_overdue,),
    "item_inventory": (silence.inventory_overdue,),
    "inspection_access": (silence.inspection_unanswered,),
    "cooperate_with_inquiry": (silence.inquiry_unanswered,),
}
UNJUDGED: tuple[ClauseKind, ...] = ("amendment_or_waiver", "sanction_ladder")
"""Kinds that no rule judges: they choose versions, or feed the officer's options."""


def report_rules(kind: ClauseKind) -> tuple[Callable[[ReportQuestion], Finding | None], ...]:
    """The rules that a report can speak through for this kind of clause."""
    return () if kind in UNJUDGED else FROM_REPORT.get(kind, (report.reported_not_satisfied,))


def rule_table() -> Iterator[tuple[str, str, str, str]]:
    """(kind of clause, evidence, rule, claim) for every rule."""
    for source, table in (
        ("incident", FROM_INCIDENT), ("report", FROM_REPORT), ("delivery", FROM_DELIVERY), ("silence", FROM_SILENCE),
    ):  # fmt: skip
        for kind, rules in table.items():
            for rule in rules:
                yield kind, source, rule.__name__, (rule.__doc__ or "").strip()
