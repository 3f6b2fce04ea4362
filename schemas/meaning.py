"""What must hold between the fields of a fact: each check is a small function whose docstring is its claim.

`CHECKS` is the table of them by the type they speak of; it is applied to a fact and to everything within it. A fault is
what cannot be true or cannot be used, never what is merely unusual: sources err, and what they say is kept.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from functools import cache
from itertools import pairwise
from typing import Any, Protocol, TypeAlias, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from schemas.common import Fact, Period
from schemas.decision import Decision, Judged
from schemas.delivery import DeliveredItem, Delivery
from schemas.erasure import Erasure, Hold, erasure_id
from schemas.framework import Commitment, Participant
from schemas.incident import Incident, Victims
from schemas.judgment import Judgment
from schemas.license import Clause, ClauseParameters, Consent, Destination, License
from schemas.name import Name
from schemas.policy import DestinationClass, Number, Policy, Weekend, WorkingCalendar
from schemas.problems import Problem
from schemas.report import PostShipmentReport, ReportedItem
from schemas.retraction import Retraction
from schemas.shapes import KNOWN_WORDS
from schemas.tick import Tick
from schemas.vocabulary import DecisionKind, ErasableKind, FactKind, JudgmentKind, Verified, Weekday
from schemas.wording import pointer

UNATTRIBUTED = "ZZ"
"""The place of incidents without a suspected operator; no state that can be named."""
TWO_PERSONS: frozenset[DecisionKind] = frozenset({"suspend", "vendor_restrict", "revoke"})
"""Decisions that take a second person (`domain.md` 4: due process)."""

Check: TypeAlias = Callable[[Any], Iterator[Problem]]


def faults_of(fact: msgspec.Struct) -> list[Problem]:
    """Everything about a fact that contradicts itself, with paths from the fact."""
    return [
        problem
        for path, part in _parts(fact, "")
        for check in _checks(type(part))
        for problem in _at(path, check(part))
    ]


def faults_from_outside(fact: Fact) -> list[Problem]:
    """What a feeder may not send, whatever it says: days are told by our clock alone, so that replay hears the same."""
    if isinstance(fact, Tick):
        return [
            Problem(path="/fact", found="'tick'", expected="a fact; ticks are made only by the clock of this house")
        ]
    return []


def _at(path: str, problems: Iterable[Problem]) -> Iterator[Problem]:
    for problem in problems:
        yield msgspec.structs.replace(problem, path=path + problem.path) if path else problem


def _parts(part: msgspec.Struct, path: str) -> Iterator[tuple[str, msgspec.Struct]]:
    yield path, part
    for name in _holding(type(part)):
        held = getattr(part, name)
        if isinstance(held, msgspec.Struct):
            yield from _parts(held, f"{path}/{name}")
        elif isinstance(held, tuple):
            for at, each in enumerate(held):
                yield from _parts(each, f"{path}/{name}/{at}")
        elif isinstance(held, dict):
            for key, each in held.items():
                yield from _parts(each, pointer(f"{path}/{name}", key))


@cache
def _holding(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    """The fields of a type that hold further structs of which something is claimed."""
    info = msgspec.inspect.type_info(kind)
    assert isinstance(info, msgspec.inspect.StructType)  # a struct's account is a struct's
    return tuple(field.name for field in info.fields if _holds_structs(field.type))


def _holds_structs(info: msgspec.inspect.Type) -> bool:
    match info:
        case msgspec.inspect.StructType(cls=kind):
            return bool(_checks(kind) or _holding(kind))
        case msgspec.inspect.Metadata(type=inner) | msgspec.inspect.VarTupleType(item_type=inner):
            return _holds_structs(inner)
        case msgspec.inspect.DictType(value_type=inner):
            return _holds_structs(inner)
        case msgspec.inspect.UnionType(types=types):
            return any(_holds_structs(each) for each in types)
    return False


@cache
def _checks(kind: type[msgspec.Struct]) -> tuple[Check, ...]:
    return tuple(check for each in kind.__mro__ if each in CHECKS for check in CHECKS[each])


def _wrong(path: str, found: str, expected: str) -> Iterator[Problem]:
    yield Problem(path=path, found=found, expected=expected)


def _twice(path: str, what: str, keys: Iterable[Hashable]) -> Iterator[Problem]:
    times = Counter(keys)
    for number in [number for number in times.values() if number > 1]:
        yield from _wrong(path, f"the same {what} {number} times", f"each {what} once")


# --- time ------------------------------------------------------------------------------------------------------------


class _Valid(Protocol):
    valid_from: dt.date | None
    valid_to: dt.date | None


def validity_ends_after_it_begins(part: _Valid) -> Iterator[Problem]:
    """What is valid begins before it ends."""
    if part.valid_from and part.valid_to and part.valid_to < part.valid_from:
        yield from _wrong("/valid_to", f"'{part.valid_to}'", f"a day not before valid_from, '{part.valid_from}'")


def period_ends_after_it_starts(period: Period) -> Iterator[Problem]:
    """The last possible day is not before the first."""
    if period.end and period.end < period.start:
        yield from _wrong("/end", f"'{period.end}'", f"a day not before start, '{period.start}'")


def incident_is_known_after_it_happened(incident: Incident) -> Iterator[Problem]:
    """Nothing is published before the first day on which it can have happened."""
    first = incident.occurred.first
    days = {"/published_at": incident.published_at}
    days |= {f"/publications/{at}/published_at": each.published_at for at, each in enumerate(incident.publications)}
    for path, day in days.items():
        if day and day < first:
            yield from _wrong(path, f"'{day}'", f"a day not before it happened, '{first}'")


def report_is_known_after_it_was_made(report: PostShipmentReport) -> Iterator[Problem]:
    """A report becomes known when it is made, or later; what is due is due after it was asked for."""
    first = report.performed.first
    if report.published_at and report.published_at < first:
        yield from _wrong("/published_at", f"'{report.published_at}'", f"a day not before it was made, '{first}'")
    if report.requested_at and report.due_at and report.due_at < report.requested_at:
        yield from _wrong("/due_at", f"'{report.due_at}'", f"a day not before requested_at, '{report.requested_at}'")


def use_begins_after_delivery(delivery: Delivery) -> Iterator[Problem]:
    """What was activated before it was delivered was delivered by the activation: say so in `delivered`."""
    if delivery.activated and delivery.activated.last < delivery.delivered.first:
        found = f"a period that ends on '{delivery.activated.last}'"
        yield from _wrong("/activated", found, f"one not before delivered, '{delivery.delivered.first}'")


def answer_is_due_after_the_decision(decision: Decision) -> Iterator[Problem]:
    """An answer or review is due after it was asked for."""
    if decision.until and decision.until < decision.at.date():
        yield from _wrong("/until", f"'{decision.until}'", f"a day not before the decision, '{decision.at.date()}'")


def grant_precedes_the_end(license: License) -> Iterator[Problem]:
    """A license is not granted after its last day."""
    if license.granted_at and license.valid_to and license.granted_at > license.valid_to:
        yield from _wrong("/granted_at", f"'{license.granted_at}'", f"a day not after valid_to, '{license.valid_to}'")


# --- places ----------------------------------------------------------------------------------------------------------


def states_are_named(fact: License | Delivery | PostShipmentReport | Incident) -> Iterator[Problem]:
    """ZZ is the place of incidents without a known operator: it is never written, it follows from leaving it out."""
    for path, state in _states(fact):
        if state == UNATTRIBUTED:
            yield from _wrong(path, f"'{state}'", "a state; what is not known is left out")


def _states(fact: License | Delivery | PostShipmentReport | Incident) -> Iterator[tuple[str, str | None]]:
    if isinstance(fact, License):
        yield "/issuing_state", fact.issuing_state
        yield from ((f"/destinations/{at}/country", each.country) for at, each in enumerate(fact.destinations))
    elif isinstance(fact, Delivery):
        yield from (("/destination", fact.destination), ("/delivered_to", fact.delivered_to))
    elif isinstance(fact, PostShipmentReport):
        yield from (("/destination", fact.destination), ("/site_country", fact.site_country))
        yield from ((f"/covers/{at}", each) for at, each in enumerate(fact.covers))
    else:
        yield from ((f"/operators/{at}/country", each.country) for at, each in enumerate(fact.operators))


def destinations_do_not_overlap(license: License) -> Iterator[Problem]:
    """A state is a destination once at a time; it may end and begin again."""
    spans: dict[str, list[tuple[dt.date, dt.date]]] = {}
    for at, each in enumerate(license.destinations):
        span = (each.valid_from or dt.date.min, each.valid_to or dt.date.max)
        if any(span[0] <= end and start <= span[1] for start, end in spans.setdefault(each.country, [])):
            found = f"'{each.country}' a second time in an overlapping time"
            yield from _wrong(f"/destinations/{at}/country", found, "each state once at a time")
        spans[each.country].append(span)


def clauses_apply_where_the_license_does(license: License) -> Iterator[Problem]:
    """A clause is limited to destinations that the license has."""
    known = {each.country for each in license.destinations}
    for at, clause in enumerate(license.clauses):
        for place, state in enumerate(clause.destinations):
            if state not in known:
                expected = f"a destination of the license: {', '.join(sorted(known))}"
                yield from _wrong(f"/clauses/{at}/destinations/{place}", f"'{state}'", expected)


def operators_are_named_once(incident: Incident) -> Iterator[Problem]:
    """A suspected state is named once, with one confidence."""
    yield from _twice("/operators", "state", (each.country for each in incident.operators))


def zone_is_one_that_is_known(parameters: ClauseParameters) -> Iterator[Problem]:
    """The place whose midnight ends a day is in the time zone database."""
    if parameters.zone is not None and not _is_zone(parameters.zone):
        yield from _wrong("/zone", "a zone that is not in the database", "an IANA time zone, as Europe/Lisbon")


def working_days_have_their_calendar(parameters: ClauseParameters) -> Iterator[Problem]:
    """Working days are those of a calendar that is named."""
    if parameters.day_kind == "working" and parameters.calendar is None:
        yield from _wrong("/calendar", "nothing", "the calendar of the policy that says which days are working days")


def each_step_is_taken_once(parameters: ClauseParameters) -> Iterator[Problem]:
    """A consequence stands once among the steps that a pledge foresees."""
    yield from _twice("/steps", "step", parameters.steps)


def somebody_works(weekend: Weekend) -> Iterator[Problem]:
    """A weekend leaves a day on which offices are open, and names each day of rest once."""
    if len(set(weekend.days)) == len(get_args(Weekday)):
        yield from _wrong("/days", "all seven days", "at least one day on which offices are open")
    yield from _twice("/days", "day", weekend.days)


def holidays_are_told_once(calendar: WorkingCalendar) -> Iterator[Problem]:
    """A public holiday is on file once, and none lies beyond the day to which they are on file."""
    yield from _twice("/holidays", "day", (each.day for each in calendar.holidays))
    last = max((each.day for each in calendar.holidays), default=None)
    if last and (calendar.holidays_to is None or calendar.holidays_to < last):
        found = f"'{calendar.holidays_to}'" if calendar.holidays_to else "nothing"
        yield from _wrong("/holidays_to", found, f"a day not before the last holiday, '{last}'")


def calendars_are_told_apart(policy: Policy) -> Iterator[Problem]:
    """Each calendar has its own id."""
    yield from _twice("/calendars", "id", (each.id for each in policy.calendars))


@cache
def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


# --- ids and counts --------------------------------------------------------------------------------------------------


def clause_versions_are_told_apart(license: License) -> Iterator[Problem]:
    """Two texts under one clause id are two versions of it."""
    yield from _twice("/clauses", "clause id and version", ((each.id, each.version) for each in license.clauses))


def items_are_told_apart(license: License) -> Iterator[Problem]:
    """Each licensed item has its own reference."""
    yield from _twice("/items", "item_ref", (each.item_ref for each in license.items))


def serials_are_counted_once(delivery: Delivery) -> Iterator[Problem]:
    """A serial is delivered once in one delivery."""
    yield from _twice("/items", "serial", (serial for each in delivery.items for serial in each.serials))


def pieces_cover_their_serials(item: DeliveredItem) -> Iterator[Problem]:
    """There are not more serials than pieces."""
    if item.quantity is not None and item.quantity < len(item.serials):
        yield from _wrong("/quantity", str(item.quantity), f"at least the {len(item.serials)} that have serials")


def serial_is_seen_or_missing(item: ReportedItem) -> Iterator[Problem]:
    """A serial is not both seen and missing."""
    both = len(set(item.serials) & set(item.missing_serials))
    if both:
        yield from _wrong("/missing_serials", f"{both} that are in serials too", "serials that were not presented")


def no_more_verified_than_presented(item: ReportedItem) -> Iterator[Problem]:
    """What was verified was presented."""
    if item.verified is not None and item.presented is not None and item.verified > item.presented:
        yield from _wrong("/verified", str(item.verified), f"at most the {item.presented} presented")


def clause_is_found_one_way(report: PostShipmentReport) -> Iterator[Problem]:
    """A report finds one thing about a clause, and one about an incident."""
    yield from _twice("/clause_findings", "clause", (each.clause for each in report.clause_findings))
    yield from _twice("/examined", "incident", (each.incident for each in report.examined))


def somebody_was_targeted(victims: Victims) -> Iterator[Problem]:
    """A class that is named counts at least one person."""
    if victims.count == 0:
        yield from _wrong("/count", "0", "at least 1; a class that was not targeted is left out")


def victims_are_counted_once(incident: Incident) -> Iterator[Problem]:
    """One class, ground and state is one count, so that nobody is counted twice."""
    keys = ((each.klass, each.ground, each.country) for each in incident.victims)
    yield from _twice("/victims", "class, ground and state", keys)


def account_is_not_its_own(incident: Incident) -> Iterator[Problem]:
    """An account is not a duplicate, part or source of itself."""
    named = {"/duplicate_of": incident.duplicate_of, "/part_of": incident.part_of}
    named |= {f"/derived_from/{at}": each for at, each in enumerate(incident.derived_from)}
    for path, ref in named.items():
        if ref == incident.ref:
            yield from _wrong(path, "the incident itself", "another incident")


# --- decisions and judgments -----------------------------------------------------------------------------------------


def closing_has_its_reason(decision: Decision) -> Iterator[Problem]:
    """What is closed says why, and only that does."""
    if decision.kind == "close" and decision.close_reason is None:
        yield from _wrong("/close_reason", "nothing", "the reason of the closing")
    if decision.kind != "close" and decision.close_reason is not None:
        yield from _wrong(
            "/close_reason", f"'{decision.close_reason}' with '{decision.kind}'", "nothing, or kind 'close'"
        )


def assignment_names_who(decision: Decision) -> Iterator[Problem]:
    """What is assigned is assigned to somebody; what is listed is an organization."""
    if decision.kind == "assign" and decision.assigned_to is None:
        yield from _wrong("/assigned_to", "nothing", "the role that takes it on")
    if decision.kind == "list_party" and decision.party is None:
        yield from _wrong("/party", "nothing", "the organization listed")


def two_persons_sign(decision: Decision) -> Iterator[Problem]:
    """Suspending, restricting and revoking take two persons, who are not one."""
    second = decision.second_by_role
    if second is None and decision.kind in TWO_PERSONS:
        yield from _wrong("/second_by_role", "nothing", f"a second person: '{decision.kind}' takes two")
    if second is not None and second.strip().casefold() == decision.by_role.strip().casefold():
        yield from _wrong("/second_by_role", "the same as by_role", "another person")


def evidence_is_judged_once(decision: Decision) -> Iterator[Problem]:
    """A decision judges one revision of a fact."""
    yield from _twice("/judged", "fact", (each.fact for each in decision.judged))


def evidence_is_a_fact(judged: Judged) -> Iterator[Problem]:
    """What is judged is of a kind that there is."""
    kind = judged.fact.split(":", maxsplit=1)[0]
    if kind not in get_args(FactKind):
        yield from _wrong(
            "/fact", "another kind of fact", f"kind:source:id, kind one of {', '.join(get_args(FactKind))}"
        )


_SPEAKS_OF: dict[JudgmentKind, tuple[str, ...]] = {
    "same_event": ("incidents",),
    "different_event": ("incidents",),
    "regrade_source": ("judged_source",),
    "quarantine": ("judged_source",),
    "release": ("judged_source",),
    "attribute": ("incidents",),
    "accept_draft": ("incidents",),
    "revert": ("reverts",),
}


def judgment_names_its_matter(judgment: Judgment) -> Iterator[Problem]:
    """A judgment names what its kind speaks of."""
    for field in _SPEAKS_OF[judgment.kind]:
        if not getattr(judgment, field):
            yield from _wrong(f"/{field}", "nothing", f"what a judgment '{judgment.kind}' is about")


def events_are_compared(judgment: Judgment) -> Iterator[Problem]:
    """The same or a different event: of two incidents at least, each named once."""
    named = len(set(judgment.incidents))
    if judgment.kind in ("same_event", "different_event") and judgment.incidents and named < 2:
        yield from _wrong("/incidents", "one incident", "two or more")
    yield from _twice("/incidents", "incident", judgment.incidents)


def regrading_has_a_grade(judgment: Judgment) -> Iterator[Problem]:
    """A source is regraded to a grade, or to a highest level."""
    if judgment.kind == "regrade_source" and not (
        judgment.reliability or judgment.max_evidence or judgment.max_attribution
    ):
        yield from _wrong("/reliability", "nothing", "a new reliability, max_evidence or max_attribution")


def attribution_names_whom(judgment: Judgment) -> Iterator[Problem]:
    """An attribution is to a state, an agency or a product."""
    if judgment.kind == "attribute" and not (judgment.operator or judgment.agency or judgment.product):
        yield from _wrong("/operator", "nothing", "an operator, agency or product")
    if judgment.operator == UNATTRIBUTED:
        yield from _wrong("/operator", f"'{UNATTRIBUTED}'", "a state; what is not known is left out")


def revert_is_of_another(judgment: Judgment) -> Iterator[Problem]:
    """A judgment does not take itself back."""
    if judgment.reverts == judgment.ref:
        yield from _wrong("/reverts", "the judgment itself", "another judgment")


# --- names, policy, retraction, reports, use --------------------------------------------------------------------------


def name_row_is_whole(name: Name) -> Iterator[Problem]:
    """An alias has a name; any other relation leads to another entity."""
    if name.relation == "alias" and name.name is None:
        yield from _wrong("/name", "nothing", "the name that is an alias")
    if name.relation != "alias" and name.target is None:
        yield from _wrong("/target", "nothing", f"the entity that it is '{name.relation}'")
    if name.target == name.entity:
        yield from _wrong("/target", "the entity itself", "another entity")


def vendor_action_is_told(report: PostShipmentReport) -> Iterator[Problem]:
    """A report of a vendor's action says which."""
    if report.kind == "vendor_action" and report.vendor_action is None:
        yield from _wrong("/vendor_action", "nothing", "what the vendor did")


def somebody_may_use_it(fact: Fact) -> Iterator[Problem]:
    """A fact may be used by somebody, and what is RED stays with those who were told."""
    if not fact.may_use_for:
        yield from _wrong("/may_use_for", "a list of 0", "at least 'officer'")
    if fact.tlp == "RED" and {"partners", "publication"} & set(fact.may_use_for):
        yield from _wrong("/may_use_for", "partners or publication under TLP RED", "a wider TLP, or fewer uses")


def retraction_is_of_what_was_sent(retraction: Retraction) -> Iterator[Problem]:
    """Days and erasures cannot be taken back; retractions and holds are outdone by a higher revision."""
    if retraction.of in ("tick", "retraction", "erasure", "hold"):
        yield from _wrong("/of", f"'{retraction.of}'", "a kind of fact that a source can take back")


def erasure_is_signed_by_two(erasure: Erasure) -> Iterator[Problem]:
    """The second person is not the first, and comes after."""
    if (erasure.confirmed_by is None) != (erasure.confirmed_at is None):
        yield from _wrong("/confirmed_by", "one of confirmed_by and confirmed_at", "both, or neither")
    if erasure.confirmed_by is not None and erasure.confirmed_by == erasure.asked_by:
        yield from _wrong("/confirmed_by", "the one who asked", "a second person")
    if erasure.confirmed_at is not None and erasure.confirmed_at < erasure.asked_at:
        yield from _wrong("/confirmed_at", "a time before asked_at", "asked_at or later")


def erasure_has_a_reason_and_is_real(erasure: Erasure) -> Iterator[Problem]:
    """Somebody has said why; nothing is erased for a test."""
    if not erasure.why.strip():
        yield from _wrong("/why", "nothing", "why it is erased, in words that repeat nothing of it")
    if erasure.tense != "actual":
        yield from _wrong("/tense", f"'{erasure.tense}'", "'actual': a test erases nothing")
    if erasure.id != erasure_id(erasure.digest):
        yield from _wrong("/id", "another id", "e- and the first 32 digits of the digest")


def hold_has_a_reason_and_is_of_a_fact(hold: Hold) -> Iterator[Problem]:
    """Somebody has said why; days and erasures need no hold."""
    if not hold.why.strip():
        yield from _wrong("/why", "nothing", "which matter it is kept for")
    kind = hold.on.partition(":")[0] if "~" not in hold.on else "alert"
    if kind not in (*get_args(ErasableKind), "alert"):
        yield from _wrong("/on", "a kind that cannot be erased", "an alert's id, or kind:source:id of a fact")


def grades_are_complete(policy: Policy) -> Iterator[Problem]:
    """Each grade of both Admiralty axes has its number."""
    for path, given, all_of in (
        ("/weighing/reliability", policy.weighing.reliability, "ABCDEF"),
        ("/weighing/credibility", policy.weighing.credibility, "123456"),
    ):
        if set(given) != set(all_of):
            found = (
                f"{len(set(given) & set(all_of))} of {len(all_of)} grades, {len(set(given) - set(all_of))} other keys"
            )
            yield from _wrong(path, found, f"exactly {', '.join(all_of)}")
    strangers = len(set(policy.weighing.verified) - set(get_args(Verified)))
    if strangers:
        yield from _wrong("/weighing/verified", f"{strangers} other keys", f"only {', '.join(get_args(Verified))}")


def caps_rise_with_the_evidence(policy: Policy) -> Iterator[Problem]:
    """Better evidence has no lower cap."""
    caps = ("cap_low", "cap_forensic", "cap_reviewed", "cap_found")
    yield from _rising("/weighing", policy.weighing, caps)


def bands_rise(policy: Policy) -> Iterator[Problem]:
    """An alert begins above a review, by probability and by silence."""
    yield from _rising("/banding", policy.banding, ("review", "alert"))
    yield from _rising("/banding", policy.banding, ("silence_review", "silence_alert"))


def _rising(path: str, part: object, names: tuple[str, ...]) -> Iterator[Problem]:
    for lower, higher in pairwise(names):
        least, value = getattr(part, lower).value, getattr(part, higher).value
        if value < least:
            yield from _wrong(f"{path}/{higher}/value", str(value), f"at least {lower}, {least}")


def numbers_are_in_their_unit(policy: Policy) -> Iterator[Problem]:
    """Each number is in the unit that its field names, and a share lies between none and all."""
    for path, number in _numbers(policy):
        unit = unit_of(path)
        if number.unit != unit:
            yield from _wrong(f"{path}/unit", "another unit", f"'{unit}'")
        most = 1000 if unit == "per_mille" else 10**9
        if not 0 <= number.value <= most:
            yield from _wrong(f"{path}/value", str(number.value), f"0 to {most}")
    prior = policy.weighing.prior.value
    if prior in (0, 1000):
        yield from _wrong("/weighing/prior/value", str(prior), "1 to 999: nothing is certain beforehand")


def _numbers(policy: Policy) -> Iterator[tuple[str, Number]]:
    parts = ("weighing", "fitting", "banding", *(("exposure",) if policy.exposure else ()))
    for part in parts:
        for field, held in msgspec.structs.asdict(getattr(policy, part)).items():
            if isinstance(held, Number):
                yield f"/{part}/{field}", held
            else:
                yield from ((pointer(f"/{part}/{field}", key), held[key]) for key in held if key in KNOWN_WORDS)


@cache
def unit_of(path: str) -> str:
    """The unit that the description of a policy's number names, by its path: per_mille, milli_nats, days or count."""
    part, field = path.split("/")[1:3]
    held = next(each.type for each in msgspec.structs.fields(Policy) if each.name == part)
    described = next(each.type for each in msgspec.structs.fields(_part_in(held)) if each.name == field)
    text = next(str(meta.description) for meta in get_args(described)[1:])
    return text.rpartition("[")[2].rstrip("].").replace(" ", "_").replace("-", "_")


def _part_in(annotated: object) -> type[msgspec.Struct]:
    """The struct in an annotated or optional type."""
    if isinstance(annotated, type) and issubclass(annotated, msgspec.Struct):
        return annotated
    return _part_in(get_args(annotated)[0])


def destinations_are_classed_once(policy: Policy) -> Iterator[Problem]:
    """On any day a state is of one class."""
    spans: dict[str, list[tuple[dt.date, dt.date]]] = defaultdict(list)
    for number, each in enumerate(policy.destination_classes):
        first, last = each.valid_from or dt.date.min, each.valid_to or dt.date.max
        if any(first <= end and begin <= last for begin, end in spans[each.country]):
            path = f"/destination_classes/{number}"
            yield from _wrong(path, "a day on which the state has a class already", "one class on any day")
        spans[each.country].append((first, last))


def frameworks_are_told_apart(policy: Policy) -> Iterator[Problem]:
    """A framework has one entry."""
    yield from _twice("/frameworks", "key", (each.key for each in policy.frameworks))


def sources_are_registered_once(policy: Policy) -> Iterator[Problem]:
    """A source has one entry in the register."""
    yield from _twice("/sources", "source", (each.source for each in policy.sources))


CHECKS: dict[type[msgspec.Struct], tuple[Check, ...]] = {
    Fact: (somebody_may_use_it,),
    Period: (period_ends_after_it_starts,),
    License: (
        validity_ends_after_it_begins,
        grant_precedes_the_end,
        states_are_named,
        destinations_do_not_overlap,
        clauses_apply_where_the_license_does,
        clause_versions_are_told_apart,
        items_are_told_apart,
    ),
    Destination: (validity_ends_after_it_begins,),
    Consent: (validity_ends_after_it_begins,),
    Clause: (validity_ends_after_it_begins,),
    ClauseParameters: (zone_is_one_that_is_known, working_days_have_their_calendar, each_step_is_taken_once),
    Delivery: (states_are_named, use_begins_after_delivery, serials_are_counted_once),
    DeliveredItem: (pieces_cover_their_serials,),
    PostShipmentReport: (
        states_are_named,
        report_is_known_after_it_was_made,
        clause_is_found_one_way,
        vendor_action_is_told,
    ),
    ReportedItem: (serial_is_seen_or_missing, no_more_verified_than_presented),
    Incident: (
        states_are_named,
        incident_is_known_after_it_happened,
        operators_are_named_once,
        victims_are_counted_once,
        account_is_not_its_own,
    ),
    Victims: (somebody_was_targeted,),
    Decision: (
        closing_has_its_reason,
        assignment_names_who,
        two_persons_sign,
        answer_is_due_after_the_decision,
        evidence_is_judged_once,
    ),
    Judged: (evidence_is_a_fact,),
    Judgment: (
        judgment_names_its_matter,
        events_are_compared,
        regrading_has_a_grade,
        attribution_names_whom,
        revert_is_of_another,
    ),
    Name: (name_row_is_whole, validity_ends_after_it_begins),
    Policy: (
        grades_are_complete,
        caps_rise_with_the_evidence,
        bands_rise,
        numbers_are_in_their_unit,
        sources_are_registered_once,
        destinations_are_classed_once,
        frameworks_are_told_apart,
        calendars_are_told_apart,
    ),
    Weekend: (validity_ends_after_it_begins, somebody_works),
    WorkingCalendar: (holidays_are_told_once,),
    DestinationClass: (validity_ends_after_it_begins,),
    Participant: (validity_ends_after_it_begins,),
    Commitment: (validity_ends_after_it_begins,),
    Retraction: (retraction_is_of_what_was_sent,),
    Erasure: (erasure_is_signed_by_two, erasure_has_a_reason_and_is_real),
    Hold: (hold_has_a_reason_and_is_of_a_fact,),
}
"""The checks by the type they speak of."""
