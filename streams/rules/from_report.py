"""Clause rules that a report can speak to. *Not checked* is never satisfied, and never a breach either.

What the granting state found on site stands as an alert; an unconfirmed reading, or another's word, is for review.
"""

from __future__ import annotations

import datetime as dt

from schemas import PostShipmentReport
from schemas.vocabulary import Band
from streams.rules.findings import Finding, ReportQuestion
from streams.rules.fitting import authorised
from streams.rules.standing import consent_on
from streams.rules.wording import day_words, listed, period_words

GRANTING_STATE = ("embassy", "inspectorate")
INTERESTED = ("exporter", "end_user", "vendor")


def band_of(report: PostShipmentReport, confirmed: bool = True) -> Band:
    """Where a recorded mismatch stands by itself: found on site by the granting state, admitted, or only said."""
    if report.kind == "voluntary_disclosure" and report.reporter_role in INTERESTED:
        return "alert"
    on_site = report.reporter_role in GRANTING_STATE and report.method == "on_site"
    return "alert" if on_site and confirmed else "review"


def reported_not_satisfied(q: ReportQuestion) -> Finding | None:
    """The report itself says that the clause was not satisfied, or its author admits it."""
    if q.clause.id in q.report.admits_clauses:
        return Finding("appears_inconsistent", "its own author admits it", band_of(q.report))
    said = {f.result for f in q.report.clause_findings if f.clause == q.clause.id}
    if "not_satisfied" in said:
        return Finding("appears_inconsistent", "the report says that the clause was not satisfied", band_of(q.report))
    return None


def seen_with_another_without_consent(q: ReportQuestion) -> Finding | None:
    """A serial delivered here was seen in another state, or with another holder, and no consent covered that time."""
    ground, report = q.ground, q.report
    seen_in = report.site_country or report.destination
    for item in report.items:
        ours = sorted(set(item.serials) & ground.serials_by(report.performed.last))
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


def pieces_missing_from_inventory(q: ReportQuestion) -> Finding | None:
    """Pieces that were delivered were looked for and not presented, and no later report has found them."""
    missing = {s for i in q.report.items for s in i.missing_serials} & (q.ground.serials or _all_missing(q.report))
    later = {
        s for r in q.ground.reports if r.performed.first > q.report.performed.last for i in r.items for s in i.serials
    }
    if missing - later:
        return Finding(
            "appears_inconsistent",
            f"serial {listed(sorted(missing - later))} was looked for and not presented",
            band_of(q.report),
        )
    for item in q.report.items:
        if item.delivered is not None and item.presented is not None and item.presented < item.delivered:
            if _later_complete(q):
                return None
            return Finding(
                "appears_inconsistent", f"{item.presented} of {item.delivered} pieces were presented", band_of(q.report)
            )
    return None


def _all_missing(report: PostShipmentReport) -> frozenset[str]:
    return frozenset(s for i in report.items for s in i.missing_serials)


def _later_complete(q: ReportQuestion) -> bool:
    return any(
        r.performed.first > q.report.performed.last
        and any(i.presented is not None and i.delivered is not None and i.presented >= i.delivered for i in r.items)
        for r in q.ground.reports
    )


def access_refused_or_delayed(q: ReportQuestion) -> Finding | None:
    """An inspection was refused or obstructed, and no later one was granted."""
    report = q.report
    refused = report.outcome == "access_refused" or report.cooperation == "refused"
    if not refused and report.cooperation != "delayed":
        return None
    if any(_granted(r) and r.performed.first > report.performed.last for r in q.ground.reports):
        return None
    band: Band = "alert" if refused and report.reporter_role in GRANTING_STATE else "review"
    said = "refused" if refused else "delayed"
    return Finding("appears_inconsistent", f"access was {said} {period_words(report.performed)}", band, refused=True)


def _granted(report: PostShipmentReport) -> bool:
    visited = report.method == "on_site" or report.kind == "compliance_visit"
    return visited and report.outcome not in (None, "access_refused", "no_action") and report.cooperation != "refused"


def more_in_use_than_licensed(q: ReportQuestion) -> Finding | None:
    """More simultaneous use was found than the clause allows."""
    limit, seen = q.clause.parameters.limit, q.report.capacity_observed
    if limit is None or seen is None or seen <= limit:
        return None
    return Finding(
        "appears_inconsistent", f"{seen} at one time were found in use; the limit is {limit}", band_of(q.report)
    )


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


def used_for_another_end(q: ReportQuestion) -> Finding | None:
    """The end use observed is none that was licensed."""
    seen = q.report.end_use_observed
    licensed = {e.casefold() for e in q.clause.parameters.end_uses}
    if seen is None or not licensed or seen.casefold() in licensed:
        return None
    if consent_on(q.ground.license, "change_of_use", q.ground.destination, q.report.performed):
        return None
    return Finding("appears_inconsistent", f"the end use observed is “{seen}”", band_of(q.report))


def module_found_on(q: ReportQuestion) -> Finding | None:
    """A module was found active that the clause wants off."""
    off = {m.casefold() for m in q.clause.parameters.modules_off}
    found = sorted({m for i in q.report.items for m in i.modules if m.casefold() in off})
    if not found:
        return None
    return Finding(
        "appears_inconsistent", f"module {listed(f'“{m}”' for m in found)} was found active", band_of(q.report)
    )


def log_broken_or_refused(q: ReportQuestion) -> Finding | None:
    """The audit log had gaps, was missing, tampered with, or withheld."""
    status = q.report.log_status
    if status in ("complete", "not_checked"):
        return None
    said = {
        "gaps": "has gaps",
        "missing": "is missing",
        "tampered": "shows signs of tampering",
        "refused": "was withheld",
    }
    return Finding(
        "appears_inconsistent", f"the audit log {said[status]}", band_of(q.report), refused=status == "refused"
    )


def deficiency_left_open(q: ReportQuestion) -> Finding | None:
    """Security deficiencies stayed open longer than the clause allows."""
    days = q.clause.parameters.deficiency_days
    if q.report.open_deficiencies == 0:
        return None
    if any(
        r.performed.first > q.report.performed.last and r.open_deficiencies == 0 and _granted(r)
        for r in q.ground.reports
    ):
        return None
    due = q.report.performed.last + dt.timedelta(days=days or 0)
    if not q.ground.today.past(due):
        return None
    return Finding(
        "appears_inconsistent",
        f"{q.report.open_deficiencies} security deficiencies were to be mended by {day_words(due)}",
        "review",
        due=due,
    )
