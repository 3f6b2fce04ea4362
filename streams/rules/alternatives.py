"""What else could explain it: the standard alternatives, each ruled out with a reason, or open."""

from __future__ import annotations

from schemas import Fact, PostShipmentReport
from schemas.alert import Alternative, AlternativeKind
from schemas.vocabulary import ClauseKind
from streams.rules.account import Told
from streams.rules.findings import Ground, Manner
from streams.rules.fitting import Fit
from streams.rules.ladders import kind_of, result_words, strange_ways
from streams.rules.standing import UseWindow, overlap
from streams.rules.weighing import Ledger
from streams.rules.wording import evidence_words, listed


def of_incident(account: Told, fit: Fit, ledger: Ledger, window: UseWindow, ground: Ground) -> tuple[Alternative, ...]:
    """The alternatives to a reported incident, in the order in which an officer asks."""
    speaking = [o.best for o in ledger.origins if o.best.weight > 0]
    voices = [v for o in ledger.origins for v in o.voices if v.weight > 0]
    evidence = max((v.evidence for v in voices), default="E0")
    attribution = max((v.attribution for v in voices), default="A0")
    return (
        _warrant(account),
        _mark(
            "other_agency",
            fit.agency == "same",
            "the agency named is one that the license allows",
            "no agency of this license is named for certain",
        ),
        _mark(
            "foreign_operator",
            attribution >= "A3",
            "the operator is attributed with high confidence",
            "the operator's state is not attributed with high confidence",
        ),
        _mark(
            "other_product",
            fit.product and evidence >= "E4",
            f"the licensed product was named, and what was shown is {evidence_words('E4', account.technology)}",
            "no independent peer has confirmed that it was this product",
        ),
        _mark(
            "misidentified",
            evidence >= "E4" and not strange_ways(account.technology, account.vectors),
            "independent peers confirmed the finding",
            _misread(account),
        ),
        _mark(
            "before_delivery",
            window.recorded and overlap(account.period, window.first, window.last) == "certain",
            "the items were delivered before it",
            "no recorded delivery lies clearly before it",
        ),
        _custody(account, ground),
        _mark(
            "attempt_only",
            "successful" in account.results,
            f"it is reported that {result_words(account.technology, 'successful')}",
            f"it is not reported for certain that {result_words(account.technology, 'successful')}",
        ),
        _mark(
            "victim_class_wrong",
            evidence >= "E5" and bool(account.classes),
            "a court or oversight body found it",
            "the class of persons is as reported",
        ),
        _mark(
            "derivative_or_retracted",
            len(speaking) > 1,
            "more than one independent origin reports it",
            "it rests on one origin",
        ),
        _mark(
            "fabrication",
            len(speaking) > 1 or evidence >= "E4",
            "independent origins agree, or peers confirmed the finding",
            "it rests on one origin, examined or not",
        ),
    )


def _misread(account: Told) -> str:
    """Why the technology may have been taken for another."""
    strange = strange_ways(account.technology, account.vectors)
    if strange:
        ways = listed(way.replace("_", " ") for way in strange)
        return f"the way in that is told ({ways}) is none of {kind_of(account.technology).words}"
    return "no independent peer has confirmed the finding"


def of_record(manner: Manner | None, fact: Fact | None, kind: ClauseKind) -> tuple[Alternative, ...]:
    """The alternatives to a recorded mismatch, or to something owed that came late, in part, refused, or not at all."""
    reasons = fact.reason_codes if isinstance(fact, PostShipmentReport) else ()
    force = "the report gives it as the reason" if "force_majeure" in reasons else _FORCE.get(manner or "silent", "")
    kinds: dict[Manner | None, tuple[AlternativeKind, ...]] = {
        "silent": ("report_in_transit", "carrier_delay", "force_majeure", "other_reckoning"),
        "late": ("carrier_delay", "force_majeure", "other_reckoning"),
        "partial": ("told_elsewhere", "force_majeure"),
        "refused": ("no_power_to_admit", "force_majeure"),
        None: ("transferred_or_stolen", "misidentified") if kind in _OF_PIECES else ("misidentified",),
    }
    return tuple(
        Alternative(kind=other, state="open", reason=force if other == "force_majeure" else _REASONS[other])
        for other in kinds[manner]
    )


_OF_PIECES: tuple[ClauseKind, ...] = (
    "authorised_end_user", "no_third_party_operation", "territory_of_use", "no_retransfer", "item_inventory",
    "physical_security", "notify_loss_or_breach", "disposal", "validity",
)  # fmt: skip
"""Duties about the pieces themselves: these may have been lost or stolen."""
_REASONS: dict[AlternativeKind, str] = {
    "report_in_transit": "it may have been sent and not yet entered",
    "carrier_delay": "the post or a carrier may have been on strike or slow",
    "other_reckoning": "the day may be counted otherwise there: other working days, another public holiday",
    "told_elsewhere": "what is missing may stand in another document, or have been told before",
    "no_power_to_admit": "whoever refused may not have had the power to admit, and nobody who had it was asked",
    "transferred_or_stolen": "loss or theft may not yet have been told",
    "misidentified": "a reading, a count or an entry may be mistaken",
}
_FORCE: dict[str, str] = {
    "silent": "unrest, a disaster or an order may have made it impossible to send",
    "late": "unrest, a disaster or an order may have held it up",
    "partial": "unrest, a disaster or an order may have kept the rest out of reach",
    "refused": "unrest, a disaster or an order may have made access impossible",
}


def _mark(kind: AlternativeKind, ruled_out: bool, why_out: str, why_open: str) -> Alternative:
    return Alternative(kind=kind, state="ruled_out" if ruled_out else "open", reason=why_out if ruled_out else why_open)


def _warrant(account: Told) -> Alternative:
    if "warrant" in account.legal:
        return Alternative(kind="lawful_warrant", state="open", reason="a warrant is reported; it may cover the use")
    if account.legal == {"none"}:
        return Alternative(kind="lawful_warrant", state="ruled_out", reason="it is reported that there was no approval")
    return Alternative(kind="lawful_warrant", state="open", reason="nothing is known of a legal approval")


def _custody(account: Told, ground: Ground) -> Alternative:
    """Ruled out only if every delivered piece was seen with the end user after the event."""
    complete = ground.history.in_custody_after(account.period.last)
    return _mark(
        "transferred_or_stolen", complete, "every delivered piece was seen with the end user afterwards",
        "not every delivered piece was seen with the end user afterwards",
    )  # fmt: skip
