"""The table: which rules can speak to which kind of clause, from which source, and why nothing speaks elsewhere.

It can be printed (`pledgewatch rules`). A clause of kind C (judgment) is only ever `engaged`, whatever a rule says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib.resources import files
from typing import Literal, Protocol, get_args

import msgspec

from schemas import Clause
from schemas.vocabulary import Checkability, ClauseKind
from streams.rules import coming
from streams.rules import from_delivery as delivery
from streams.rules import from_incident as incident
from streams.rules import from_report as report
from streams.rules import from_silence as silence
from streams.rules.findings import (
    READS,
    DeliveryQuestion,
    Finding,
    Ground,
    IncidentQuestion,
    ReportQuestion,
    RequestQuestion,
    SilenceQuestion,
)
from streams.rules.policy import Weights

Source = Literal["incident", "report", "delivery", "silence"]
SOURCES: tuple[Source, ...] = get_args(Source)
KINDS: tuple[ClauseKind, ...] = get_args(ClauseKind)

FROM_INCIDENT: dict[ClauseKind, tuple[Callable[[IncidentQuestion], Finding | None], ...]] = {
    "permitted_purpose": (incident.used_outside_permitted_purpose,),
    "expression_carve_out": (incident.targeted_for_expression,),
    "prohibited_target_class": (incident.targeted_barred_class,),
    "protected_ground": (incident.targeted_on_protected_ground,),
    "legal_authorisation": (incident.without_legal_authorisation,),
    "authorised_end_user": (incident.operated_by_another_agency,),
    "no_third_party_operation": (incident.operated_by_third_party,),
    "territory_of_use": (incident.outside_permitted_territory,),
    "no_retransfer": (incident.stood_where_it_was_not_delivered,),
    "no_change_of_end_use": (incident.used_for_no_licensed_end,),
    "capacity_limit": (incident.more_targets_than_licensed,),
    "configuration_limit": (incident.module_used_that_must_be_off,),
    "data_handling": (incident.data_reported_misused,),
    "notify_loss_or_breach": (incident.known_and_not_notified,),
    "other": (incident.touches_a_duty_in_free_words,),
}
_SAID = report.reported_not_satisfied
FROM_REPORT: dict[ClauseKind, tuple[Callable[[ReportQuestion], Finding | None], ...]] = {
    "permitted_purpose": (_SAID, report.end_use_to_be_judged),
    "no_third_party_operation": (report.operated_or_held_by_another, _SAID),
    "no_retransfer": (report.seen_with_another_without_consent, _SAID),
    "item_inventory": (
        report.pieces_missing_from_inventory, _SAID, coming.came_late, coming.inventory_covers_less,
    ),
    "reporting_cadence": (_SAID, coming.came_late, coming.verified_late, coming.report_covers_less),
    "inspection_access": (
        report.inspection_refused, report.inspection_delayed, _SAID, coming.answer_came_late, coming.admitted_in_part,
        coming.answer_covers_less,
    ),
    "capacity_limit": (report.more_in_use_than_licensed, _SAID),
    "authorised_end_user": (report.found_with_another_agency, _SAID),
    "territory_of_use": (report.found_outside_territory, _SAID),
    "no_change_of_end_use": (report.used_for_another_end, _SAID),
    "configuration_limit": (report.module_found_on, _SAID),
    "audit_log_retention": (
        report.log_withheld, report.log_broken, _SAID, report.log_chain_broken, report.log_covers_too_little,
        report.log_kept_elsewhere,
    ),
    "physical_security": (report.deficiency_left_open, _SAID, report.loss_reported),
    "data_handling": (report.data_found_misused, _SAID, report.data_kept_beyond, report.data_passed_on),
    "notify_loss_or_breach": (_SAID, report.notice_came_late),
    "cooperate_with_inquiry": (
        coming.answer_refused, _SAID, coming.answer_came_late, coming.answer_covers_less,
    ),
    "disposal": (report.seen_after_its_disposal, report.disposed_without_proof, _SAID),
    "validity": (report.more_received_than_licensed, _SAID),
    "amendment_or_waiver": (report.changed_without_amendment, _SAID),
    "sanction_ladder": (_SAID, report.step_of_the_ladder_taken),
}  # fmt: skip
"""Every other kind of clause is heard through `reported_not_satisfied` alone."""
FROM_DELIVERY: dict[ClauseKind, tuple[Callable[[DeliveryQuestion], Finding | None], ...]] = {
    "authorised_end_user": (delivery.received_by_another,),
    "no_third_party_operation": (delivery.received_by_another,),
    "territory_of_use": (delivery.delivered_outside_territory,),
    "no_retransfer": (delivery.delivered_elsewhere, delivery.delivered_again_elsewhere),
    "capacity_limit": (delivery.more_capacity_than_allowed,),
    "item_inventory": (delivery.gone_without_having_come,),
    "configuration_limit": (delivery.delivered_with_module_on,),
    "disposal": (delivery.disposed_without_consent, delivery.fewer_disposed_than_came),
    "validity": (delivery.delivered_outside_validity, delivery.more_delivered_than_licensed),
    "amendment_or_waiver": (delivery.upgraded_without_amendment,),
}
OUT_OF_TIME: tuple[ClauseKind, ...] = ("validity", "no_retransfer")
"""Kinds that a delivery is held against although the clause was not in force: when it may be made is their matter."""
FROM_SILENCE: dict[ClauseKind, tuple[Callable[[SilenceQuestion], Finding | None], ...]] = {
    "legal_authorisation": (silence.not_shown_in_time,),
    "no_retransfer": (silence.not_back_after_consent,),
    "capacity_limit": (silence.not_shown_in_time,),
    "item_inventory": (silence.inventory_overdue,),
    "configuration_limit": (silence.not_shown_in_time,),
    "audit_log_retention": (silence.log_overdue,),
    "reporting_cadence": (silence.report_overdue, silence.arrival_unverified),
    "physical_security": (silence.not_shown_in_time,),
    "data_handling": (silence.deletion_unproven, silence.not_shown_in_time),
    "notify_loss_or_breach": (silence.loss_found_and_not_notified,),
    "disposal": (silence.disposal_overdue, silence.proof_of_disposal_overdue),
    "other": (silence.not_shown_in_time,),
}
ON_REQUEST: dict[ClauseKind, tuple[Callable[[RequestQuestion], Finding | None], ...]] = {
    "inspection_access": (silence.inspection_unanswered,),
    "cooperate_with_inquiry": (silence.inquiry_unanswered,),
    "sanction_ladder": (silence.step_not_confirmed,),
}
"""Silence after something that the authority asked for; each request is a question of its own."""


class Rule(msgspec.Struct, frozen=True):
    """One line of the table."""

    kind: ClauseKind
    checkability: Checkability
    source: Source
    rule: str
    """Empty where nothing can speak."""
    claim: str
    """What the rule claims; where nothing can speak, why."""
    inputs: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()


class Asks(Protocol):
    """A question to a rule: on a clause, on the ground of a license."""

    @property
    def ground(self) -> Ground:
        """The license here."""

    @property
    def clause(self) -> Clause:
        """The clause asked about."""


def answers(rules: Iterable[Callable[..., Finding | None]], question: Asks) -> Iterator[tuple[str, Finding]]:
    """Of each matter the first word that a rule has on the question, within what a machine may judge."""
    heard: set[str] = set()
    for rule in rules:
        finding = rule(question)
        if finding is not None and finding.matter not in heard:
            heard.add(finding.matter)
            yield rule.__name__, bounded(finding, question.ground.checkability(question.clause))


def bounded(finding: Finding, checkability: Checkability) -> Finding:
    """A clause of judgment is only ever engaged; what looks answered is shown as context, for an officer to say so."""
    if checkability != "C" or finding.verdict == "engaged":
        return finding
    band = "context" if finding.verdict == "consistent" else finding.band
    return msgspec.structs.replace(finding, verdict="engaged", band=band)


def report_rules(kind: ClauseKind) -> tuple[Callable[[ReportQuestion], Finding | None], ...]:
    """The rules that a report can speak through for this kind of clause."""
    return FROM_REPORT.get(kind, (_SAID,))


def rules_of(kind: ClauseKind, source: Source) -> tuple[Callable[..., Finding | None], ...]:
    """The rules through which `source` can speak to a kind of clause."""
    if source == "report":
        return report_rules(kind)
    if source == "silence":
        return (*FROM_SILENCE.get(kind, ()), *ON_REQUEST.get(kind, ()))
    return FROM_INCIDENT.get(kind, ()) if source == "incident" else FROM_DELIVERY.get(kind, ())


def rule_table(weights: Weights) -> Iterator[Rule]:
    """Every kind of clause with every source: the rules, or why nothing can speak from there."""
    shown = shown_by()
    for kind in KINDS:
        checkability = weights.clauses[kind].checkability if kind in weights.clauses else "C"
        for source in SOURCES:
            rules = rules_of(kind, source)
            for rule in rules:
                name = rule.__name__
                claim = (rule.__doc__ or "").strip()
                yield Rule(kind, checkability, source, name, claim, READS.get(name, ()), shown.get(name, ()))
            if not rules:
                yield Rule(kind, checkability, source, "", why_unheard()[kind][source])


@cache
def why_unheard() -> dict[ClauseKind, dict[Source, str]]:
    """By kind of clause and source: why nothing can speak from there."""
    raw = (files("streams.rules") / "tables" / "unheard.json").read_bytes()
    return msgspec.json.decode(raw, type=dict[ClauseKind, dict[Source, str]])


@cache
def shown_by() -> dict[str, tuple[str, ...]]:
    """By rule the tests that show it, as `file::test`; a test holds this list against the tests themselves."""
    raw = (files("streams.rules") / "tables" / "shown_by.json").read_bytes()
    return msgspec.json.decode(raw, type=dict[str, tuple[str, ...]])
