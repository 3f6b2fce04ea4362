"""Clause rules that a report can speak to. *Not checked* is never satisfied, and never a breach either.

What the granting state found on site stands as an alert; an unconfirmed reading, or another's word, is for review.
"""

from __future__ import annotations

import datetime as dt

from schemas import PostShipmentReport
from schemas.vocabulary import Band, ChangeKind, LogStatus, VendorAction
from streams.rules.findings import Finding, ReportQuestion, reads
from streams.rules.fitting import authorised
from streams.rules.from_incident import MISUSE
from streams.rules.history import LOSSES
from streams.rules.standing import clause_start, consent_on
from streams.rules.wording import day_words, days_long, listed, period_words

GRANTING_STATE = ("embassy", "inspectorate")
INTERESTED = ("exporter", "end_user", "vendor")
BAND = ("report.kind", "report.reporter_role", "report.method")
"""What says where a recorded mismatch stands by itself."""


def band_of(report: PostShipmentReport, confirmed: bool = True) -> Band:
    """Where a recorded mismatch stands by itself: found on site by the granting state, admitted, or only said."""
    if report.kind == "voluntary_disclosure" and report.reporter_role in INTERESTED:
        return "alert"
    on_site = report.reporter_role in GRANTING_STATE and report.method == "on_site"
    return "alert" if on_site and confirmed else "review"


@reads("report.clause_findings", "report.admits_clauses", "clause.id", *BAND)
def reported_not_satisfied(q: ReportQuestion) -> Finding | None:
    """The report itself says that the clause was not satisfied, or its author admits it."""
    if q.clause.id in q.report.admits_clauses:
        return Finding("appears_inconsistent", "its own author admits it", band_of(q.report))
    said = {f.result for f in q.report.clause_findings if f.clause == q.clause.id}
    if "not_satisfied" in said:
        return Finding("appears_inconsistent", "the report says that the clause was not satisfied", band_of(q.report))
    return None


@reads(
    "report.items.serials",
    "report.items.confirmed",
    "report.site_country",
    "report.destination",
    "report.holder",
    "report.performed",
    "delivery.items.serials",
    "delivery.delivered",
    "license.consents",
    "license.end_user",
    *BAND,
)
def seen_with_another_without_consent(q: ReportQuestion) -> Finding | None:
    """A serial delivered here was seen in another state, or with another holder, and no consent covered that time."""
    ground, report = q.ground, q.report
    seen_in = report.site_country or report.destination
    for item in report.items:
        ours = sorted(s for s in item.serials if ground.history.here_by(s, report.performed.last))
        elsewhere = seen_in != ground.destination
        other_holder = (
            report.holder is not None
            and authorised(report.holder, ground.license, ground.names, report.performed.last) is None
        )
        if not ours or not (elsewhere or other_holder):
            continue
        if consent_on(ground.license, "retransfer", seen_in, report.performed, report.holder):
            continue
        where = f"in {seen_in}" if elsewhere else f"with “{report.holder}”"
        reading = "" if item.confirmed else " (an unconfirmed reading)"
        return Finding(
            "appears_inconsistent",
            f"serial {listed(ours)}, delivered to {ground.destination}, was seen {where} "
            f"{period_words(report.performed)}{reading}, and no consent on file covers that time",
            band_of(report, item.confirmed),
        )
    return None


@reads(
    "report.items.missing_serials",
    "report.items.serials",
    "report.items.delivered",
    "report.items.presented",
    "report.performed",
    "delivery.items.serials",
    *BAND,
)
def pieces_missing_from_inventory(q: ReportQuestion) -> Finding | None:
    """Pieces that were delivered were looked for and not presented, and no later report has found them."""
    history, since = q.ground.history, q.report.performed.last
    missing = history.delivered(frozenset(s for i in q.report.items for s in i.missing_serials))
    later = history.seen_after(missing, since)
    if missing - later:
        return Finding(
            "appears_inconsistent",
            f"serial {listed(sorted(missing - later))} was looked for and not presented",
            band_of(q.report),
        )
    for item in q.report.items:
        if item.delivered is not None and item.presented is not None and item.presented < item.delivered:
            if history.complete > since:
                return None
            return Finding(
                "appears_inconsistent", f"{item.presented} of {item.delivered} pieces were presented", band_of(q.report)
            )
    return None


@reads("report.outcome", "report.cooperation", "report.reporter_role", "report.method", "report.performed")
def inspection_refused(q: ReportQuestion) -> Finding | None:
    """An inspection was refused, and no later one was granted."""
    report = q.report
    if report.outcome != "access_refused" and report.cooperation != "refused":
        return None
    if q.ground.history.granted > report.performed.last:
        return None
    band: Band = "alert" if report.reporter_role in GRANTING_STATE else "review"
    return Finding(
        "appears_inconsistent", f"access was refused {period_words(report.performed)}", band, refused=True,
        manner="refused",
    )  # fmt: skip


@reads("report.cooperation", "report.outcome", "report.method", "report.performed")
def inspection_delayed(q: ReportQuestion) -> Finding | None:
    """An inspection was put off by the host, and no later one was granted."""
    report = q.report
    if report.cooperation != "delayed" or q.ground.history.granted > report.performed.last:
        return None
    return Finding(
        "appears_inconsistent", f"access was delayed {period_words(report.performed)}", "review", refused=True,
        manner="refused",
    )  # fmt: skip


@reads("report.capacity_observed", "clause.limit", *BAND)
def more_in_use_than_licensed(q: ReportQuestion) -> Finding | None:
    """More simultaneous use was found than the clause allows."""
    limit, seen = q.clause.parameters.limit, q.report.capacity_observed
    if limit is None or seen is None or seen <= limit:
        return None
    return Finding(
        "appears_inconsistent", f"{seen} at one time were found in use; the limit is {limit}", band_of(q.report)
    )


@reads("report.end_user", "report.performed", "license.end_user", *BAND)
def found_with_another_agency(q: ReportQuestion) -> Finding | None:
    """The agency found using it is none that the license allows."""
    found = q.report.end_user
    if found is None or authorised(found, q.ground.license, q.ground.names, q.report.performed.last) is not None:
        return None
    return Finding(
        "appears_inconsistent",
        f"“{found}” was found using it; the license allows “{q.ground.license.end_user}”",
        band_of(q.report),
    )


@reads("report.site_country", "report.license", "report.performed", "clause.countries", "license.consents", *BAND)
def found_outside_territory(q: ReportQuestion) -> Finding | None:
    """Pieces of this license were found where the clause does not allow their use."""
    seen = q.report.site_country
    allowed = {q.ground.destination, *q.clause.parameters.countries}
    if seen is None or seen in allowed or q.report.license != q.ground.license.ref:
        return None
    if consent_on(q.ground.license, "retransfer", seen, q.report.performed):
        return None
    return Finding(
        "appears_inconsistent", f"pieces were found in {seen}; allowed: {listed(sorted(allowed))}", band_of(q.report)
    )


@reads("report.end_use_observed", "report.performed", "clause.end_uses", "license.consents", *BAND)
def used_for_another_end(q: ReportQuestion) -> Finding | None:
    """The end use observed is none that was licensed."""
    seen = q.report.end_use_observed
    licensed = {e.casefold() for e in q.clause.parameters.end_uses}
    if seen is None or not licensed or seen.casefold() in licensed:
        return None
    if consent_on(q.ground.license, "change_of_use", q.ground.destination, q.report.performed):
        return None
    return Finding("appears_inconsistent", f"the end use observed is “{seen}”", band_of(q.report))


@reads("report.items.modules", "clause.modules_off", *BAND)
def module_found_on(q: ReportQuestion) -> Finding | None:
    """A module was found active that the clause wants off."""
    off = {m.casefold() for m in q.clause.parameters.modules_off}
    found = sorted({m for i in q.report.items for m in i.modules if m.casefold() in off})
    if not found:
        return None
    return Finding(
        "appears_inconsistent", f"module {listed(f'“{m}”' for m in found)} was found active", band_of(q.report)
    )


_LOG: dict[LogStatus, str] = {
    "gaps": "has gaps",
    "missing": "is missing",
    "tampered": "shows signs of tampering",
}


@reads("report.log_status", *BAND)
def log_withheld(q: ReportQuestion) -> Finding | None:
    """The audit log was asked for and withheld."""
    if q.report.log_status != "refused":
        return None
    return Finding(
        "appears_inconsistent", "the audit log was withheld", band_of(q.report), refused=True, manner="refused"
    )


@reads("report.log_status", *BAND)
def log_broken(q: ReportQuestion) -> Finding | None:
    """The audit log had gaps, was missing, or showed signs of tampering."""
    said = _LOG.get(q.report.log_status)
    return Finding("appears_inconsistent", f"the audit log {said}", band_of(q.report)) if said else None


@reads("report.log_start_hash", "report.log_root_hash", "report.performed", *BAND)
def log_chain_broken(q: ReportQuestion) -> Finding | None:
    """The log does not begin where the log seen before it ended: what lies between was changed or left out."""
    begins, history = q.report.log_start_hash, q.ground.history
    before = history.log_before(q.report.performed.last, q.report.ref)
    if begins is None or before is None or begins == before[1]:
        return None
    return Finding(
        "appears_inconsistent",
        f"the log does not continue the one seen on {day_words(before[0])}: its chain begins with another root",
        band_of(q.report), matter="chain",
    )  # fmt: skip


@reads(
    "report.log_covered", "report.log_status", "report.performed", "clause.retention_days", "delivery.delivered", *BAND
)
def log_covers_too_little(q: ReportQuestion) -> Finding | None:
    """The log does not reach back as far as it has to be kept, or ends before the day on which it was seen."""
    covered, days = q.report.log_covered, q.clause.parameters.retention_days
    if covered is None or days is None:
        return None
    first, last = q.report.performed.first, q.report.performed.last
    began = max(q.ground.first_use, clause_start(q.clause, q.ground.license))
    wanted = max(last - dt.timedelta(days=days), began)
    lacking = [(wanted, covered.first), (covered.last, first)]
    gaps = [f"{day_words(a)} to {day_words(b)} ({days_long((b - a).days)})" for a, b in lacking if a < b]
    if not gaps:
        return None
    return Finding(
        "appears_inconsistent", f"the log does not cover {listed(gaps)}", band_of(q.report), manner="partial",
        matter="coverage",
    )  # fmt: skip


@reads("report.log_country", "clause.log_countries", *BAND)
def log_kept_elsewhere(q: ReportQuestion) -> Finding | None:
    """The log is kept in a state that the clause does not allow."""
    kept, allowed = q.report.log_country, q.clause.parameters.log_countries
    if kept is None or not allowed or kept in allowed:
        return None
    return Finding(
        "appears_inconsistent", f"the log is kept in {kept}; allowed: {listed(sorted(allowed))}", band_of(q.report),
        matter="place",
    )  # fmt: skip


@reads("report.open_deficiencies", "report.performed", "report.method", "report.outcome", "clause.deficiency_days")
def deficiency_left_open(q: ReportQuestion) -> Finding | None:
    """Security deficiencies stayed open longer than the clause allows."""
    days = q.clause.parameters.deficiency_days
    if q.report.open_deficiencies == 0:
        return None
    if q.ground.history.mended > q.report.performed.last:
        return None
    counted = q.ground.reckoning(q.clause)
    due = counted.due(q.report.performed.last, days or 0)
    if not counted.over(due, q.ground.today):
        return None
    return Finding(
        "appears_inconsistent",
        f"{q.report.open_deficiencies} security deficiencies were to be mended by {day_words(due)}"
        f"{counted.remark(due)}",
        "review",
        due=due,
    )


@reads("report.kind", "report.reason_codes", "report.performed")
def loss_reported(q: ReportQuestion) -> Finding | None:
    """Pieces were lost or stolen; whether they had been protected as agreed, an officer judges."""
    if q.report.kind != "loss_theft_notice" and "lost_stolen_destroyed" not in q.report.reason_codes:
        return None
    return Finding("engaged", f"a loss or theft is reported {period_words(q.report.performed)}", "review")


@reads("report.kind", "report.noticed", "report.performed", "clause.notice_hours")
def notice_came_late(q: ReportQuestion) -> Finding | None:
    """A loss or breach was told later than agreed after it was noticed: by the hours that have passed for certain."""
    hours, noticed = q.clause.parameters.notice_hours, q.report.noticed
    if hours is None or noticed is None or q.report.kind not in LOSSES:
        return None
    passed = (q.report.performed.first - noticed.last - dt.timedelta(days=1)).days * 24
    if passed <= hours:
        return None
    return Finding(
        "appears_inconsistent",
        f"it was noticed {period_words(noticed)} and told {period_words(q.report.performed)}, at least {passed} hours "
        f"later; {hours} are allowed",
        "review", manner="late", matter="late",
    )  # fmt: skip


@reads("report.data_kept_days", "clause.retention_days", *BAND)
def data_kept_beyond(q: ReportQuestion) -> Finding | None:
    """Data were found that are older than the clause allows."""
    kept, allowed = q.report.data_kept_days, q.clause.parameters.retention_days
    if kept is None or allowed is None or kept <= allowed:
        return None
    return Finding(
        "appears_inconsistent", f"data {days_long(kept)} old were found; {days_long(allowed)} are allowed",
        band_of(q.report), matter="kept",
    )  # fmt: skip


@reads("report.data_recipients", "report.performed", "clause.recipients", "license.end_user", *BAND)
def data_passed_on(q: ReportQuestion) -> Finding | None:
    """Data were passed to an office that may not have them."""
    ground, on = q.ground, q.report.performed.last
    allowed = {name.casefold() for name in q.clause.parameters.recipients}
    others = [
        name for name in q.report.data_recipients
        if name.casefold() not in allowed and authorised(name, ground.license, ground.names, on) is None
    ]  # fmt: skip
    if not others:
        return None
    return Finding(
        "appears_inconsistent", f"data were passed to {listed(f'“{name}”' for name in others)}", band_of(q.report),
        matter="passed on",
    )  # fmt: skip


@reads("report.data_misuse", *BAND)
def data_found_misused(q: ReportQuestion) -> Finding | None:
    """Data taken were found kept beyond the time agreed, passed on or published."""
    if not q.report.data_misuse:
        return None
    done = listed(MISUSE[m] for m in sorted(set(q.report.data_misuse)))
    return Finding("appears_inconsistent", f"data taken were found {done}", band_of(q.report))


@reads("report.end_use_observed", "license.clauses")
def end_use_to_be_judged(q: ReportQuestion) -> Finding | None:
    """An end use was observed that no clause of the license names; whether it is permitted, an officer judges."""
    seen = q.report.end_use_observed
    named = {end.casefold() for clause in q.ground.license.clauses for end in clause.parameters.end_uses}
    if seen is None or seen.casefold() in named:
        return None
    return Finding("engaged", f"the end use observed is “{seen}”, which no clause names", "context")


@reads("report.holder", "report.end_user", "report.performed", "license.end_user", "report.license", *BAND)
def operated_or_held_by_another(q: ReportQuestion) -> Finding | None:
    """Somebody who is no end user of the license was found to hold or operate it."""
    ground, on = q.ground, q.report.performed.last
    found = [name for name in (q.report.holder, q.report.end_user) if name is not None]
    others = [name for name in found if authorised(name, ground.license, ground.names, on) is None]
    if not others:
        return None
    return Finding(
        "appears_inconsistent", f"{listed(f'“{name}”' for name in dict.fromkeys(others))} was found to hold or run it",
        band_of(q.report),
    )  # fmt: skip


@reads("report.kind", "report.proof_hash", "report.reason_codes", "report.performed")
def disposed_without_proof(q: ReportQuestion) -> Finding | None:
    """A disposal is told, and no proof of it came with it or after it."""
    report = q.report
    unproven = "disposal_unproven" in report.reason_codes
    if not unproven and (report.kind != "disposal_notice" or report.proof_hash is not None):
        return None
    if q.ground.history.proven_since(report.performed.first):
        return None
    return Finding("appears_inconsistent", "a disposal is told without proof of it", "review")


@reads(
    "report.items.serials",
    "report.items.confirmed",
    "report.performed",
    "delivery.kind",
    "delivery.items.serials",
    *BAND,
)
def seen_after_its_disposal(q: ReportQuestion) -> Finding | None:
    """A piece was seen after the record of its disposal."""
    for item in q.report.items:
        gone = q.ground.history.destroyed_before(frozenset(item.serials), q.report.performed.first)
        if gone:
            day = day_words(gone[0][1])
            return Finding(
                "appears_inconsistent",
                f"serial {listed([serial for serial, _ in gone])}, disposed of by the record of {day}, was seen "
                f"{period_words(q.report.performed)}",
                band_of(q.report, item.confirmed),
            )
    return None


@reads("report.items.delivered", "license.items.quantity", *BAND)
def more_received_than_licensed(q: ReportQuestion) -> Finding | None:
    """More pieces were received, by the report, than the license covers."""
    licensed = [i.quantity for i in q.ground.license.items]
    received = sum(i.delivered or 0 for i in q.report.items)
    total = sum(n for n in licensed if n is not None)
    if any(n is None for n in licensed) or received <= total:
        return None
    return Finding(
        "appears_inconsistent", f"{received} pieces were received; the license covers {total}", band_of(q.report)
    )


CHANGES: dict[ChangeKind, str] = {
    "end_user": "the end user",
    "operator": "who operates it",
    "site": "the site",
    "configuration": "the configuration",
    "capacity": "the capacity",
    "end_use": "the end use",
}
"""What of a licensed system may change, in words."""


@reads("report.changes", "report.performed", "clause.needs_consent", "license.consents", "license.clauses", *BAND)
def changed_without_amendment(q: ReportQuestion) -> Finding | None:
    """Something was found changed that needs an amendment, and neither a consent nor an amendment covers that time."""
    needed = q.clause.parameters.needs_consent
    changed = [c for c in q.report.changes if not needed or c in needed]
    uncovered = [c for c in changed if not _agreed(q, c)]
    if not uncovered:
        return None
    return Finding(
        "appears_inconsistent", f"{listed(CHANGES[c] for c in uncovered)} was found changed, and no consent covers it",
        band_of(q.report),
    )  # fmt: skip


def _agreed(q: ReportQuestion, change: ChangeKind) -> bool:
    ground = q.ground
    kinds = ["amendment", *({"end_use": ["change_of_use"], "end_user": ["retransfer"]}.get(change, []))]
    return any(consent_on(ground.license, kind, ground.destination, q.report.performed) for kind in kinds)


_STEPS: dict[VendorAction, str] = {
    "restricted": "the vendor has restricted the system",
    "disconnected": "the vendor has disconnected the system",
    "contract_ended": "the vendor has ended the contract",
    "under_review": "the vendor is looking into it",
}


@reads("report.vendor_action", "report.performed")
def step_of_the_ladder_taken(q: ReportQuestion) -> Finding | None:
    """The vendor has taken a step that the pledge may foresee: set beside the ladder, for an officer."""
    if q.report.vendor_action is None:
        return None
    said = _STEPS[q.report.vendor_action]
    return Finding("engaged", f"{said} {period_words(q.report.performed)}", "context")
