"""Generated worlds: any facts about a handful of licenses, states, events and sources, in any state of mess.

A world is a list of seeds; each seed makes one fact out of small pools of ids, by itself. So facts meet each other
(revisions, second bodies under one revision, duplicates, retractions of what is and of what is not there), and a failing
world shrinks to the few facts that it takes.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Iterable, Sequence

import msgspec
from hypothesis import strategies as st

from builders import (
    SOURCES,
    a_clause,
    a_delivery,
    a_judgment,
    a_license,
    a_name,
    a_policy,
    a_retraction,
    a_tick,
    an_incident,
    at,
)  # fmt: skip
from schemas import (
    AnyFact,
    Decision,
    Delivery,
    Incident,
    Judgment,
    License,
    Name,
    Period,
    Policy,
    PostShipmentReport,
    Retraction,
    Tick,
)
from schemas.codec import decode_fact, encode
from schemas.common import Claimed
from schemas.decision import Judged
from schemas.delivery import DeliveredItem
from schemas.incident import ClaimedProduct, Denial, Operator, Publication, Victims
from schemas.license import Clause, Consent, Destination, LicensedItem, Pending, StatusChange
from schemas.meaning import faults_of
from schemas.policy import Number
from schemas.report import ClauseFinding, ExaminedIncident, ReportedItem
from streams.rules.assess import Assessment, assess_facts
from streams.rules.naming import NamerOf, PlainNamer

# States whose dossiers lie in different partitions, whether there are three or eight.
STATES = ("XA", "XE", "XQ", "XF")
HOME = {"L1": "XA", "L2": "XA", "L3": "XE", "L4": "XQ", "L5": "XF"}
ISSUERS = {"L1": "QM", "L2": "QN", "L3": "QM", "L4": "QO", "L5": "QN"}
LICENSES = tuple(HOME)
PRODUCTS = ("Lantern", "Lantern", "Lantern", "Heron")
AGENCIES = ("Bureau of Inquiry", "Bureau of Inquiry", "Border Office")
SERIALS = tuple(f"SN-{n}" for n in range(1, 7))
ORIGINS = ("o1", "o2", "o3", "o4", None)
GRADED = tuple(s.source for s in SOURCES if s.kind in ("lab", "news", "court", "anonymous", "ngo"))
DAY = dt.timedelta(days=1)
FIRST = dt.date(2022, 6, 1)
SKETCHES = tuple(tuple(random.Random(n).randrange(2**32) for _ in range(16)) for n in range(3))
END_OF_WORLD = dt.date(2026, 6, 1)


class Dice(random.Random):
    """Chance, and how many ids there are of each kind: few in a small world, so that facts meet."""

    crowd = 1

    def id(self, letter: str, of: int) -> str:
        """One of the ids of a kind."""
        return f"{letter}{self.randrange(of * self.crowd)}"


def _some(dice: Dice, pool: Sequence, most: int = 2) -> tuple:
    return tuple(dict.fromkeys(dice.choice(pool) for _ in range(dice.randint(0, most))))


def _maybe(dice: Dice, value, share: float = 0.5):
    return value if dice.random() < share else None


def a_day(dice: Dice, first: dt.date = FIRST, days: int = 1300) -> dt.date:
    """Some day of the world's four years."""
    return first + dice.randrange(days) * DAY


def a_period(dice: Dice) -> Period:
    """Some time, more or less exactly known."""
    start = a_day(dice)
    end = _maybe(dice, start + dice.randrange(1, 90) * DAY)
    return Period(start=start, end=end, precision=dice.choice(("day", "day", "month", "quarter", "year", "unknown")))


def a_record(dice: Dice) -> dt.datetime:
    """When the log had it."""
    return at(a_day(dice, dt.date(2023, 1, 1), 1200), dice.randrange(24))


def _fact(dice: Dice, fields: dict) -> dict:
    return fields | {
        "revision": dice.choice((1, 1, 1, 1, 2, 3)),
        "recorded_at": a_record(dice),
        "tense": dice.choice(("actual",) * 12 + ("test", "exercise")),
        "tlp": dice.choice(("CLEAR", "GREEN", "AMBER", "AMBER", "RED")),
        "may_use_for": dice.choice((("officer",), ("officer", "partners"))),
        "embargo_until": _maybe(dice, a_day(dice), 0.05),
    }


CLAUSE_KINDS = (
    "permitted_purpose", "expression_carve_out", "prohibited_target_class", "protected_ground", "legal_authorisation",
    "authorised_end_user", "no_third_party_operation", "territory_of_use", "no_retransfer", "capacity_limit",
    "item_inventory", "configuration_limit", "reporting_cadence", "inspection_access", "cooperate_with_inquiry",
    "validity", "audit_log_retention", "physical_security", "no_change_of_end_use", "other",
)  # fmt: skip
PARAMETERS = {
    "permitted_purpose": {"purposes": ("terrorism", "serious_crime"), "threshold_years": 6},
    "prohibited_target_class": {"classes": ("journalist", "politician_opposition")},
    "capacity_limit": {"limit": 5},
    "item_inventory": {"cadence_days": 365, "first_due_days": 90},
    "configuration_limit": {"modules_off": ("microphone",)},
    "reporting_cadence": {"cadence_days": 180, "first_due_days": 180},
    "inspection_access": {"answer_days": 30},
    "cooperate_with_inquiry": {"answer_days": 30},
    "physical_security": {"deficiency_days": 30},
    "no_change_of_end_use": {"end_uses": ("counter-terrorism",)},
}


def clause_versions(dice: Dice, kind: str) -> tuple[Clause, ...]:
    """A clause, sometimes amended: the versions follow each other without a gap."""
    given = PARAMETERS.get(kind, {})
    first = a_clause(kind, text=f"The first words of the {kind} clause.", **given)
    if dice.random() < 0.6:
        return (first,)
    turn = a_day(dice, dt.date(2023, 6, 1), 700)
    return (
        a_clause(kind, text=f"The first words of the {kind} clause.", valid_to=turn - DAY, **given),
        a_clause(kind, text=f"The later words of the {kind} clause.", version=2, valid_from=turn, **given),
    )


def some_license(dice: Dice) -> License:
    """A license of the world, in some revision."""
    id = dice.choice(LICENSES)
    kinds = dice.sample(CLAUSE_KINDS, dice.randint(3, 9))
    extra = _maybe(dice, dice.choice(STATES), 0.25)
    places = tuple(dict.fromkeys([HOME[id], *([extra] if extra else [])]))
    fields = {
        "issuing_state": ISSUERS[id],
        "end_user": dice.choice(AGENCIES),
        "destinations": tuple(Destination(country=c) for c in places),
        "items": (LicensedItem(
            item_ref="i1", product=dice.choice(PRODUCTS), technology="intrusion_spyware",
            quantity=_maybe(dice, dice.randint(2, 8)),
        ),),
        "valid_from": dt.date(2022, 12, 1) + dice.randrange(120) * DAY,
        "valid_to": _maybe(dice, a_day(dice, dt.date(2024, 1, 1), 800), 0.7),
        "clauses": tuple(v for k in kinds for v in clause_versions(dice, k)) if dice.random() < 0.93 else (),
        "status_history": (StatusChange(status=dice.choice(("suspended", "revoked")), at=a_day(dice)),)
        if dice.random() < 0.15 else (),
        "consents": (Consent(kind="retransfer", valid_from=a_day(dice), destination=dice.choice(STATES)),)
        if dice.random() < 0.2 else (),
        "pending": (Pending(kind="delivery", until=a_day(dice, dt.date(2026, 1, 1), 300)),)
        if dice.random() < 0.15 else (),
    }  # fmt: skip
    if dice.random() < 0.05:
        fields["pledge"] = None
    return a_license(id, **_fact(dice, fields))


def _license_ref(dice: Dice) -> tuple[str, str]:
    id = dice.choice(LICENSES)
    return f"authority:{id}", HOME[id]


def some_delivery(dice: Dice) -> Delivery:
    """A delivery, with or without serials, sometimes to the wrong place."""
    ref, home = _license_ref(dice)
    items = DeliveredItem(
        item_ref="i1", product="Lantern", serials=_some(dice, SERIALS, 3), quantity=_maybe(dice, 3, 0.3)
    )
    kind = dice.choice(("shipment",) * 6 + ("activation", "return", "disposal"))
    fields = {
        "license": ref, "destination": home if dice.random() < 0.85 else dice.choice(STATES),
        "delivered_to": home if dice.random() < 0.85 else dice.choice(STATES),
        "delivered": Period(start=a_day(dice, dt.date(2023, 1, 1), 500)), "kind": kind, "items": (items,),
        "holder": _maybe(dice, "Border Office", 0.1),
    }  # fmt: skip
    return Delivery(id=dice.id("D", 6), source="exporter-a", **_fact(dice, fields))


def some_report(dice: Dice) -> PostShipmentReport:
    """A report, an inspection, a sighting, a refusal, an admission or a reply."""
    ref, home = _license_ref(dice)
    site = _maybe(dice, dice.choice(STATES), 0.3)
    clause = dice.choice(CLAUSE_KINDS).replace("_", "-")
    item = ReportedItem(
        serials=_some(dice, SERIALS), missing_serials=_some(dice, SERIALS, 1), confirmed=dice.random() < 0.8,
        modules=_some(dice, ("microphone", "camera"), 1), delivered=_maybe(dice, 4, 0.2), presented=_maybe(dice, 3, 0.3),
    )  # fmt: skip
    fields = {
        "source": dice.choice(("embassy-qm", "exporter-a", "expert")),
        "license": ref, "destination": home, "kind": dice.choice((
            "periodic_self_report", "post_shipment", "sighting", "inventory_annual", "compliance_visit",
            "voluntary_disclosure", "end_user_reply",
        )),
        "performed": Period(start=a_day(dice, dt.date(2023, 6, 1), 1000)), "site_country": site,
        "reporter_role": dice.choice(("embassy", "exporter", "end_user", "inspectorate", "auditor")),
        "method": _maybe(dice, dice.choice(("on_site", "documentary"))),
        "outcome": _maybe(dice, dice.choice(("favourable", "unfavourable", "access_refused", "inconclusive"))),
        "cooperation": dice.choice(("full", "unknown", "unknown", "delayed", "refused")),
        "holder": _maybe(dice, dice.choice(AGENCIES), 0.2), "items": (item,) if dice.random() < 0.6 else (),
        "capacity_observed": _maybe(dice, dice.randrange(10), 0.2),
        "clause_findings": (ClauseFinding(
            clause=clause, result=dice.choice(("satisfied", "not_satisfied", "not_checked")),
        ),) if dice.random() < 0.5 else (),
        "examined": (ExaminedIncident(
            incident=f"desk:{dice.id('I', 8)}", bearing=dice.choice(("supports", "contradicts", "inconclusive")),
            verified=_some(dice, ("custody", "use", "logs")),
        ),) if dice.random() < 0.3 else (),
        "admits": (f"desk:{dice.id('I', 8)}",) if dice.random() < 0.06 else (),
        "log_status": dice.choice(("not_checked", "not_checked", "complete", "gaps", "refused")),
    }  # fmt: skip
    return PostShipmentReport(id=dice.id("R", 8), **_fact(dice, fields))


def some_publication(dice: Dice) -> Publication:
    """A publication, of a declared origin or not."""
    return Publication(
        source=dice.choice(GRADED), kind=dice.choice(("lab_report", "news")), credibility=dice.choice((1, 2, 3, 4, 5, 6)),
        reliability=_maybe(dice, dice.choice("BCD"), 0.1), origin=dice.choice(ORIGINS),
        published_at=_maybe(dice, a_day(dice)), sketch=dice.choice(SKETCHES) if dice.random() < 0.2 else (),
    )  # fmt: skip


def some_incident(dice: Dice) -> Incident:
    """An account of an event; nearly everything about it may be missing."""
    operators = tuple(
        Operator(country=c, confidence=dice.choice((100, 85, 50))) for c in _some(dice, STATES[:2] * 3 + STATES[2:])
    )
    fields = {
        "occurred": a_period(dice), "published_at": _maybe(dice, a_day(dice, dt.date(2023, 6, 1), 1000), 0.8),
        "technology": dice.choice(("intrusion_spyware",) * 5 + ("face_recognition",)),
        "products": tuple(ClaimedProduct(name=p, confidence=dice.choice((100, 85, 40))) for p in _some(dice, PRODUCTS)),
        "vendors": tuple(Claimed(name=v) for v in _some(dice, ("Brightwater Systems", "Other Works"), 1)),
        "operators": operators,
        "operator_agency": _maybe(dice, Claimed(name=dice.choice(AGENCIES), confidence=dice.choice((100, 50)))),
        "evidence_level": dice.choice(("E0", "E1", "E2", "E3", "E3", "E4", "E5")),
        "attribution_level": dice.choice(("A0", "A1", "A2", "A2", "A3", "A4")),
        "attack_result": dice.choice(("successful", "attempted", "unknown")),
        "publications": tuple(some_publication(dice) for _ in range(dice.randrange(4))),
        "victims": tuple(
            Victims(klass=k, count=dice.randint(1, 9), country=_maybe(dice, dice.choice(STATES)))
            for k in _some(dice, ("journalist", "lawyer", "politician_opposition", "unknown", "ethnic_group"))
        ),
        "alleged_purpose": dice.choice(("unknown", "unknown", "terrorism", "suppression_of_reporting")),
        "expression_related": dice.choice(("unknown", "yes", "no")),
        "legal_basis": dice.choice(("unknown", "warrant", "none", "contested")),
        "status": dice.choice(("reported",) * 8 + ("contested", "refuted", "retracted")),
        "draft": dice.random() < 0.05, "ongoing": dice.random() < 0.1, "vendor_is_victim": dice.random() < 0.03,
        "duplicate_of": f"desk:{dice.id('I', 8)}" if dice.random() < 0.12 else None,
        "part_of": f"desk:{dice.id('I', 8)}" if dice.random() < 0.06 else None,
        "derived_from": (f"desk:{dice.id('I', 8)}",) if dice.random() < 0.12 else (),
        "use_country": _maybe(dice, dice.choice(STATES), 0.2), "simultaneous": _maybe(dice, dice.randrange(12), 0.2),
        "data_taken": _some(dice, ("microphone", "location", "messages")),
        "denials": (Denial(
            by=dice.choice(("end_user", "vendor", "independent_expert", "oversight_body")),
            kind=dice.choice(("bare_denial", "warrant_claimed", "examined_and_disputed")),
            examined=_some(dice, ("use", "logs", "custody")), source=_maybe(dice, "expert"),
            credibility=dice.choice((2, 3, 6)),
        ),) if dice.random() < 0.25 else (),
    }  # fmt: skip
    return an_incident(dice.id("I", 8), **_fact(dice, fields))


def some_judgment(dice: Dice) -> Judgment:
    """A judgment or the revert of one."""
    kind = dice.choice(
        ("same_event", "same_event", "different_event", "revert", "attribute", "accept_draft", "quarantine", "release",
         "regrade_source")
    )  # fmt: skip
    incidents = tuple(f"desk:I{n}" for n in dice.sample(range(8 * dice.crowd), dice.randint(2, 3)))
    fields = {
        "incidents": incidents if kind in ("same_event", "different_event", "attribute", "accept_draft") else (),
        "judged_source": dice.choice(GRADED) if kind in ("quarantine", "release", "regrade_source") else None,
        "reliability": dice.choice("ABCDEF") if kind == "regrade_source" else None,
        "product": "Lantern" if kind == "attribute" else None,
        "agency": dice.choice(AGENCIES) if kind == "attribute" and dice.random() < 0.5 else None,
        "reverts": f"analysts:{dice.id('J', 5)}" if kind == "revert" else None,
        "at": at(a_day(dice, dt.date(2024, 1, 1), 600), dice.randrange(24)),
    }
    made = _fact(dice, fields)
    return a_judgment(kind, made.pop("incidents"), id=dice.id("J", 5), **made)


def some_decision(dice: Dice) -> Decision:
    """A decision on an alert of the world, which may be there or not, judging some evidence."""
    ref, home = _license_ref(dice)
    clause = dice.choice(
        ("permitted-purpose", "prohibited-target-class", "other", "no-retransfer", "inspection-access")
    )
    of = 8 * dice.crowd
    evidence = [f"incident:desk:I{n}" for n in range(of)] + [f"judgment:analysts:J{n}" for n in range(of)]
    evidence += [f"report:embassy-qm:R{n}" for n in range(of)]
    seen = evidence if dice.random() < 0.6 else sorted(dice.sample(evidence, len(evidence) // 2))
    judged = tuple(Judged(fact=f, revision=dice.choice((1, 1, 1, 2))) for f in seen)
    kind = dice.choice(("close", "close", "acknowledge", "assign", "order_check", "ask_exporter", "ask_end_user"))
    fields = {
        "alert": f"{home}~{ref}~{clause}", "kind": kind, "by_role": "licensing officer",
        "at": at(a_day(dice, dt.date(2024, 6, 1), 500)), "judged": judged,
        "close_reason": "unfounded" if kind == "close" else None,
        "assigned_to": "desk 2" if kind == "assign" else None,
        "until": a_day(dice, dt.date(2025, 1, 1), 400) if kind in ("order_check", "ask_exporter") else None,
    }  # fmt: skip
    made = _fact(dice, fields)
    return Decision(id=dice.id("C", 6), source="authority", **made)


def some_name(dice: Dice) -> Name:
    """A row of the register of names."""
    spelled = dice.choice(("Lantern", "Lantern Pro", "Heron", "Grey Heron"))
    id = dice.id("N", 4)
    return a_name(
        f"product-{dice.choice('ab')}", spelled, id=id, revision=dice.choice((1, 1, 2)), recorded_at=a_record(dice)
    )


def some_policy(dice: Dice) -> Policy:
    """A policy of the world, sometimes corrected under the same version."""
    start = a_policy()
    changed = {
        "fitting": _with(start.fitting, "technology_only", dice.choice((250, 300, 500))),
        "banding": _with(start.banding, "alert_fit", dice.choice((800, 950))),
    }
    return msgspec.structs.replace(
        start, id=f"P{dice.randrange(2)}", version=dice.choice(("v1", "v2")), revision=dice.choice((1, 1, 2)),
        in_force_from=dice.choice((dt.date(2020, 1, 1), dt.date(2025, 1, 1))), recorded_at=a_record(dice), **changed,
    )  # fmt: skip


def _with(numbers, name: str, value: int):
    before: Number = getattr(numbers, name)
    return msgspec.structs.replace(numbers, **{name: msgspec.structs.replace(before, value=value)})


def some_tick(dice: Dice) -> Tick:
    """A day."""
    return a_tick(a_day(dice, dt.date(2025, 6, 1), 300))


_RETRACTABLE: tuple[Callable[[Dice], AnyFact], ...] = (
    some_incident, some_incident, some_incident, some_report, some_delivery, some_license, some_judgment, some_decision,
)  # fmt: skip


def some_retraction(dice: Dice) -> Retraction:
    """A retraction of something that may be there, may come, or may never have been."""
    taken = dice.choice(_RETRACTABLE)(dice)
    upto = 1 if isinstance(taken, License) else dice.choice((1, 1, 2, 3))
    return a_retraction(taken, revision=upto, recorded_at=a_record(dice))


_KINDS: tuple[tuple[Callable[[Dice], AnyFact], int], ...] = (
    (some_license, 6), (some_delivery, 6), (some_report, 9), (some_incident, 14), (some_judgment, 5),
    (some_decision, 4), (some_name, 1), (some_policy, 1), (some_tick, 1), (some_retraction, 2),
)  # fmt: skip
_MADE = [make for make, share in _KINDS for _ in range(share)]


def fact_of(seed: int, crowd: int = 1) -> AnyFact:
    """The fact that a seed makes: one that the door lets in, as it comes out of the log."""
    dice = Dice(seed)
    dice.crowd = crowd
    make = dice.choice(_MADE)
    made = (make(dice) for _ in range(50))
    return decode_fact(encode(next(fact for fact in made if not faults_of(fact))))


def plain_licenses() -> list[AnyFact]:
    """A license and a delivery in each of the states, so that there is something to be held against."""
    quiet = ("permitted_purpose", "prohibited_target_class", "legal_authorisation", "no_retransfer", "other",
             "authorised_end_user", "validity", "inspection_access")  # fmt: skip
    made: list[AnyFact] = []
    for n, id in enumerate(LICENSES):
        kinds = (*quiet, "reporting_cadence", "item_inventory") if id in ("L2", "L5") else quiet
        clauses = tuple(a_clause(k, **PARAMETERS.get(k, {})) for k in kinds)
        license = a_license(id, HOME[id], issuing_state=ISSUERS[id], clauses=clauses)
        items = (DeliveredItem(item_ref="i1", product="Lantern", serials=(SERIALS[n],)),)
        made += [license, a_delivery(license, f"D{n}", items=items)]
    return made


GROUND: tuple[AnyFact, ...] = tuple(
    decode_fact(encode(f)) for f in (a_policy(), a_tick(END_OF_WORLD), *plain_licenses())
)
"""What every world holds."""


def world_of(seeds: Iterable[int], crowd: int = 1) -> list[AnyFact]:
    """The world of these seeds."""
    return [*GROUND, *(fact_of(seed, crowd) for seed in seeds)]


seeds = st.integers(0, 2**31)
worlds = st.lists(seeds, min_size=1, max_size=24).map(world_of)
"""Small worlds: the ground and up to two dozen facts."""
crowds = seeds.map(lambda seed: world_of(random.Random(seed).sample(range(2**31), 220), crowd=8))
"""Large worlds: more than two hundred facts."""


def assessments_of(
    facts: Iterable[AnyFact], namer_of: NamerOf = PlainNamer, today: dt.date | None = None
) -> dict[str, Assessment]:
    """The assessment of each destination of a world."""
    return {a.destination: a for a in assess_facts(facts, namer_of=namer_of, today=today)}


def said_of(assessments: Iterable[Assessment]) -> dict[str, bytes]:
    """Everything that is said, as bytes: alerts by id, remarks by key."""
    said: dict[str, bytes] = {}
    for each in assessments:
        said |= {f"alert {a.id}": encode(a) for a in each.alerts}
        said |= {f"remark {r.key}": encode(r) for r in each.notes}
        said |= {f"match {m.incident_id} {m.license_id} {m.destination}": encode(m) for m in each.matches}
    return said


def told(facts: Iterable[AnyFact], namer_of: NamerOf = PlainNamer) -> dict[str, bytes]:
    """Everything that is said of a world."""
    return said_of(assess_facts(facts, namer_of=namer_of))


def alerts_in(said: dict[str, bytes]) -> dict[str, bytes]:
    """The alerts only."""
    return {key: value for key, value in said.items() if key.startswith("alert ")}
