"""Clause rules that a delivery record can speak to: they are facts about dates, places, numbers and serials."""

from __future__ import annotations

from collections.abc import Iterable

from schemas import Delivery
from streams.rules.findings import DeliveryQuestion, Finding
from streams.rules.standing import END, START, clause_start, consent_on, license_end, status_on
from streams.rules.wording import day_words, listed, period_words

SENT = ("shipment", "activation", "upgrade", "maintenance")


def delivered_outside_validity(q: DeliveryQuestion) -> Finding | None:
    """Something was delivered before the license began, after it ended, or while it was suspended."""
    delivery, license = q.delivery, q.ground.license
    if delivery.kind not in SENT or delivery.license != license.ref:
        return None
    first, last = delivery.delivered.first, delivery.delivered.last
    took_place = f"a {delivery.kind} took place {period_words(delivery.delivered)}"
    covered = [d for d in license.destinations if d.country == delivery.destination]
    if covered and not any(first <= (d.valid_to or END) and last >= (d.valid_from or START) for d in covered):
        words = f"{took_place}, while the license did not cover {delivery.destination}"
        return Finding("appears_inconsistent", words, "review")
    start, end = min(license.valid_from, clause_start(q.clause, license)), license_end(license)
    if first > end:
        return Finding(
            "appears_inconsistent",
            f"{took_place}, after the license ended on {day_words(end)}",
            "review",
        )
    if last < start:
        return Finding(
            "appears_inconsistent",
            f"{took_place}, before the license began on {day_words(start)}",
            "review",
        )
    if status_on(license, first) == status_on(license, last) == "suspended":
        return Finding(
            "appears_inconsistent",
            f"{took_place}, while the license was suspended",
            "review",
        )
    return None


def more_delivered_than_licensed(q: DeliveryQuestion) -> Finding | None:
    """With this delivery more pieces were delivered than the license covers."""
    licensed = [i.quantity for i in q.ground.license.items]
    own = q.delivery.license == q.ground.license.ref
    if any(n is None for n in licensed) or q.delivery.kind != "shipment" or not own:
        return None
    total = sum(n for n in licensed if n is not None)
    before, now = pieces(q.earlier), pieces([q.delivery])
    if before + now <= total:
        return None
    return Finding(
        "appears_inconsistent", f"{before + now} pieces were delivered in all; the license covers {total}", "review"
    )


def delivered_elsewhere(q: DeliveryQuestion) -> Finding | None:
    """It went to another state than the one licensed, and no consent covered that."""
    d = q.delivery
    own = d.license == q.ground.license.ref and d.kind in SENT
    if d.delivered_to in (q.ground.destination, d.destination) or not own:
        return None
    if consent_on(q.ground.license, "retransfer", d.delivered_to, d.delivered, d.holder):
        return None
    return Finding(
        "appears_inconsistent",
        f"it was delivered to {d.delivered_to} {period_words(d.delivered)}; licensed: {d.destination}",
        "review",
    )


def delivered_again_elsewhere(q: DeliveryQuestion) -> Finding | None:
    """A serial delivered here was delivered again to another state, and no consent covered that."""
    d = q.delivery
    ours = sorted({s for i in d.items for s in i.serials} & q.ground.serials_by(d.delivered.last))
    own = d.license == q.ground.license.ref or d.kind not in SENT
    if own or not ours or d.delivered_to == q.ground.destination:
        return None
    if consent_on(q.ground.license, "retransfer", d.delivered_to, d.delivered, d.holder):
        return None
    return Finding(
        "appears_inconsistent",
        f"serial {listed(ours)}, delivered to {q.ground.destination}, was delivered again to {d.delivered_to} "
        f"{period_words(d.delivered)}, and no consent on file covers that time",
        "review",
    )


def pieces(deliveries: Iterable[Delivery]) -> int:
    """Pieces shipped: as stated, else as many as serials."""
    return sum(
        (i.quantity if i.quantity is not None else len(i.serials))
        for d in deliveries
        if d.kind == "shipment"
        for i in d.items
    )
