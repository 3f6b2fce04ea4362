"""Clause rules that an incident can speak to. Each function is a claim; it answers with its reason, or `None`.

A kind C clause (judgment) is only ever `engaged`: the officer judges. The score never decides here.
"""

from __future__ import annotations

import datetime as dt
import math

from schemas.vocabulary import DataMisuse, Purpose
from streams.rules.findings import Finding, IncidentQuestion, reads
from streams.rules.grounds import ground_words
from streams.rules.standing import consent_on
from streams.rules.wording import class_words, day_words, days_long, listed

_MODULES = {"microphone": "microphone", "camera": "camera", "location": "location"}
_OTHER_ENDS: frozenset[Purpose] = frozenset((
    "political_monitoring", "suppression_of_reporting", "suppression_of_protest", "suppression_of_minority",
    "personal_or_commercial",
))  # fmt: skip
"""Purposes that no end use of a licensed system names."""
MISUSE: dict[DataMisuse, str] = {
    "kept_beyond": "kept longer than agreed",
    "not_deleted": "not deleted when it had to be",
    "shared_onward": "passed on to others",
    "published": "published",
}
"""What was done with data taken, as the end of a sentence."""


@reads(
    "clause.purposes",
    "clause.threshold_years",
    "clause.classes",
    "incident.alleged_purpose",
    "incident.offence_max_years",
    "incident.victims",
    "incident.operator_agency",
)
def used_outside_permitted_purpose(q: IncidentQuestion) -> Finding | None:
    """The reported purpose is not one that the clause permits, or the persons targeted call it into question."""
    if q.agency == "other":
        return None
    permitted = set(q.clause.parameters.purposes)
    outside = q.told.purposes - permitted if permitted else frozenset()
    touched = q.told.classes & set(q.clause.parameters.classes)
    if outside:
        return Finding("engaged", f"the purpose reported is {listed(sorted(_spoken(p) for p in outside))}")
    years, threshold = q.told.offence_years, q.clause.parameters.threshold_years
    if years is not None and threshold is not None and years < threshold:
        return Finding("engaged", f"the offence alleged carries at most {years} years; serious are {threshold} or more")
    if touched and not q.told.purposes:
        return Finding("engaged", f"the persons targeted are reported as {class_words(touched)}; no purpose is known")
    if touched:
        said = listed(sorted(_spoken(p) for p in q.told.purposes))
        return Finding(
            "engaged", f"the persons targeted are reported as {class_words(touched)}; the purpose given is {said}"
        )
    if q.told.purposes:
        said = f"the purpose reported is {listed(sorted(_spoken(p) for p in q.told.purposes))}"
        if not permitted:
            return Finding("engaged", f"{said}; neither the clause nor the policy lists what is permitted")
        return Finding("consistent", said)
    return None


@reads(
    "clause.classes",
    "incident.expression_related",
    "incident.offence_max_years",
    "incident.victims",
    "incident.operator_agency",
)
def targeted_for_expression(q: IncidentQuestion) -> Finding | None:
    """The targeting is reported to be about opinion, criticism or reporting, and no other offence is alleged."""
    if q.agency == "other":
        return None
    speakers = q.told.classes & set(q.clause.parameters.classes)
    if q.told.expression:
        other = " although an offence is alleged too" if q.told.offence_years is not None else ""
        return Finding("engaged", f"the targeting is reported to be about expression{other}")
    if q.told.expression is None and speakers and q.told.offence_years is None:
        return Finding(
            "engaged", f"the persons targeted are reported as {class_words(speakers)} and no offence is alleged"
        )
    if q.told.expression is False:
        return Finding("consistent", "the targeting is reported not to be about expression")
    return None


@reads("clause.classes", "incident.victims", "incident.operator_agency")
def targeted_barred_class(q: IncidentQuestion) -> Finding | None:
    """Persons of a class that the clause bars were targeted."""
    barred = q.told.classes & set(q.clause.parameters.classes)
    if not barred or q.agency == "other":
        return None
    return Finding("appears_inconsistent", f"the persons targeted are reported as {class_words(barred)}, which it bars")


@reads("clause.grounds", "incident.victims.ground", "incident.victims.klass", "incident.operator_agency")
def targeted_on_protected_ground(q: IncidentQuestion) -> Finding | None:
    """An account that weighs asserts a protected ground, or tells of a protected group or of its suppression."""
    words = ground_words(q.told, q.clause.parameters.grounds)
    return Finding("engaged", words) if words and q.agency != "other" else None


@reads("incident.legal_basis", "incident.operator_agency")
def without_legal_authorisation(q: IncidentQuestion) -> Finding | None:
    """No legal approval is reported, or the one claimed is contested. A warrant answers this clause, and only this."""
    if q.agency == "other" or not q.told.legal:
        return None
    if q.told.legal == {"warrant"}:
        return Finding("consistent", "a warrant is reported; on its face it answers this clause, not the others")
    if "none" in q.told.legal and "warrant" not in q.told.legal:
        return Finding("appears_inconsistent", "it is reported that there was no legal approval")
    return Finding("engaged", "a legal approval is claimed and contested")


@reads("incident.operator_agency", "license.end_user")
def operated_by_another_agency(q: IncidentQuestion) -> Finding | None:
    """The agency named is none that the license allows."""
    if q.agency == "other":
        named = listed(f"“{a}”" for a in q.told.agencies)
        return Finding(
            "appears_inconsistent",
            f"{named} is named as the operator; the license allows “{q.ground.license.end_user}”",
        )
    if q.agency == "same":
        return Finding("consistent", "the agency named is one that the license allows")
    return None


@reads("clause.countries", "clause.excluded_countries", "incident.use_country", "incident.victims.country")
def outside_permitted_territory(q: IncidentQuestion) -> Finding | None:
    """The system stood, or persons were targeted, where the clause does not allow it."""
    allowed = set(q.clause.parameters.countries) or {q.ground.destination}
    excluded = set(q.clause.parameters.excluded_countries)
    victims_in = {v.country for v in q.told.victims if v.country}
    placed = q.told.use_countries - allowed
    if placed:
        return Finding(
            "appears_inconsistent",
            f"the system is reported to have stood in {listed(sorted(placed))}; allowed: {listed(sorted(allowed))}",
        )
    if victims_in & excluded:
        return Finding(
            "appears_inconsistent",
            f"persons were targeted in {listed(sorted(victims_in & excluded))}, which it excludes",
        )
    abroad = victims_in - allowed
    if abroad and q.clause.parameters.countries:
        return Finding(
            "appears_inconsistent",
            f"persons were targeted in {listed(sorted(abroad))}; allowed: {listed(sorted(allowed))}",
        )
    if abroad:
        return Finding("engaged", f"persons were targeted in {listed(sorted(abroad))}, outside {q.ground.destination}")
    return None


@reads("clause.limit", "incident.simultaneous", "incident.victims.count", "incident.operator_agency")
def more_targets_than_licensed(q: IncidentQuestion) -> Finding | None:
    """More simultaneous targets are reported than the clause allows; a total proves nothing about one time."""
    limit = q.clause.parameters.limit
    if limit is None or q.agency == "other":
        return None
    if q.told.simultaneous is not None and q.told.simultaneous > limit:
        return Finding(
            "appears_inconsistent", f"{q.told.simultaneous} targets at one time are reported; the limit is {limit}"
        )
    if q.told.persons > limit:
        return Finding(
            "engaged", f"{q.told.persons} persons are reported over the period; the limit at one time is {limit}"
        )
    return None


@reads("clause.modules_off", "incident.data_taken", "incident.operator_agency")
def module_used_that_must_be_off(q: IncidentQuestion) -> Finding | None:
    """Data of a kind was taken that only a module takes which the clause wants off."""
    off = {m.casefold() for m in q.clause.parameters.modules_off}
    used = sorted(word for taken, word in _MODULES.items() if taken in q.told.taken and word in off)
    if not used or q.agency == "other":
        return None
    return Finding("appears_inconsistent", f"the module for {listed(used)} is reported in use; the clause wants it off")


@reads("incident.operators")
def operated_by_third_party(q: IncidentQuestion) -> Finding | None:
    """Another state is suspected of operating it as well."""
    others = [o for o in q.told.operators if o != q.ground.destination]
    if not others:
        return None
    return Finding("engaged", f"{listed(others)} is suspected of operating it too")


@reads("incident.occurred", "incident.use_country", "license.consents")
def stood_where_it_was_not_delivered(q: IncidentQuestion) -> Finding | None:
    """The system is reported to have stood in another state, and no consent to a transfer covers that time."""
    elsewhere = sorted(
        state for state in q.told.use_countries - {q.ground.destination}
        if not consent_on(q.ground.license, "retransfer", state, q.told.period)
    )  # fmt: skip
    if not elsewhere:
        return None
    where = listed(elsewhere)
    return Finding("engaged", f"it is reported to have stood in {where}, and no consent to a transfer covers that time")


@reads(
    "incident.occurred", "clause.end_uses", "incident.alleged_purpose", "incident.operator_agency", "license.consents"
)
def used_for_no_licensed_end(q: IncidentQuestion) -> Finding | None:
    """The purpose reported is one that no licensed end use names, and no consent to another use covers that time."""
    ends, other = q.clause.parameters.end_uses, q.told.purposes & _OTHER_ENDS
    if not ends or not other or q.agency == "other":
        return None
    if consent_on(q.ground.license, "change_of_use", q.ground.destination, q.told.period):
        return None
    licensed = listed(f"“{end}”" for end in ends)
    return Finding(
        "engaged", f"the purpose reported is {listed(sorted(_spoken(p) for p in other))}; licensed: {licensed}"
    )


@reads("incident.data_misuse", "incident.operator_agency")
def data_reported_misused(q: IncidentQuestion) -> Finding | None:
    """Data taken are reported to have been kept beyond the time agreed, passed on or published."""
    if q.agency == "other" or not q.told.misuse:
        return None
    return Finding(
        "appears_inconsistent",
        f"data taken are reported to have been {listed(MISUSE[m] for m in sorted(q.told.misuse))}",
    )


@reads("clause.notice_hours", "incident.published_at", "incident.occurred", "report.kind", "report.performed")
def known_and_not_notified(q: IncidentQuestion) -> Finding | None:
    """What happened has been known for longer than a breach may go untold, and those concerned have told of nothing."""
    hours, known = q.clause.parameters.notice_hours, q.told.known_since
    if hours is None or known is None or q.agency == "other":
        return None
    due = known + dt.timedelta(days=math.ceil(hours / 24))
    notices = q.ground.history.notices
    told = next((day for day in notices if day >= q.told.period.first), None)
    if told is not None and told <= due:
        return Finding("consistent", f"those concerned told of a loss or breach on {day_words(told)}")
    if told is not None:
        days = (told - due).days
        return Finding(
            "appears_inconsistent",
            f"it was known on {day_words(known)}, a breach had to be told by {day_words(due)}, "
            f"and was {days_long(days)} later",
        )
    if not q.ground.reckoning(q.clause).over(due, q.ground.today):
        return None
    return Finding(
        "appears_inconsistent",
        f"it has been known since {day_words(known)}, a breach had to be told by {day_words(due)}, "
        "and no notice is on file",
    )


@reads("license.clauses")
def fits_a_license_without_pledge(q: IncidentQuestion) -> Finding | None:
    """There is no pledge on file that could be held against it: a finding of its own."""
    return Finding("engaged", "no pledge is on file for this license")


@reads("clause.kind")
def touches_a_duty_in_free_words(q: IncidentQuestion) -> Finding | None:
    """A duty in free words is put before a person, never judged by rule."""
    return Finding("engaged", "the duty is in free words; a person must read it")


def _spoken(word: str) -> str:
    return word.replace("_", " ")
