"""Clause rules that a delivery record can speak to: they are facts about dates, places, numbers and serials."""

from __future__ import annotations

from collections.abc import Iterable

from schemas import Delivery
from streams.rules.findings import DeliveryQuestion, Finding, reads
from streams.rules.fitting import authorised
from streams.rules.standing import END, START, clause_start, consent_on, license_end, status_on
from streams.rules.wording import day_words, listed, period_words

SENT = ("shipment", "activation", "upgrade", "maintenance")


@reads(
    "delivery.kind",
    "delivery.delivered",
    "delivery.destination",
    "delivery.license",
    "license.valid_from",
    "license.valid_to",
    "license.status_history",
    "license.destinations",
)
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


@reads(
    "delivery.kind", "delivery.items.quantity", "delivery.items.serials", "delivery.license", "license.items.quantity"
)
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


@reads(
    "delivery.delivered_to",
    "delivery.destination",
    "delivery.delivered",
    "delivery.kind",
    "delivery.holder",
    "delivery.license",
    "license.consents",
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


@reads(
    "delivery.items.serials",
    "delivery.delivered_to",
    "delivery.delivered",
    "delivery.kind",
    "delivery.holder",
    "delivery.license",
    "license.consents",
)
def delivered_again_elsewhere(q: DeliveryQuestion) -> Finding | None:
    """A serial delivered here was delivered again to another state, and no consent covered that."""
    d = q.delivery
    history = q.ground.history
    ours = sorted({s for i in d.items for s in i.serials if history.here_by(s, d.delivered.last)})
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


@reads(
    "delivery.delivered_to",
    "delivery.license",
    "license.consents",
    "delivery.holder",
    "delivery.kind",
    "delivery.delivered",
    "license.end_user",
    "license.consignee",
    "license.broker",
)
def received_by_another(q: DeliveryQuestion) -> Finding | None:
    """Somebody received it who is no end user, consignee or broker of the license, and no consent covered that."""
    d, license = q.delivery, q.ground.license
    if d.holder is None or d.kind not in SENT or d.license != license.ref:
        return None
    known = {name.casefold() for name in (license.consignee, license.broker) if name}
    if d.holder.casefold() in known or authorised(d.holder, license, q.ground.names, d.delivered.last) is not None:
        return None
    if consent_on(license, "retransfer", d.delivered_to, d.delivered, d.holder):
        return None
    return Finding(
        "appears_inconsistent", f"“{d.holder}” received it; the license allows “{license.end_user}”", "review"
    )


@reads(
    "delivery.delivered",
    "delivery.holder",
    "delivery.delivered_to",
    "delivery.kind",
    "delivery.license",
    "clause.countries",
    "license.consents",
)
def delivered_outside_territory(q: DeliveryQuestion) -> Finding | None:
    """It was delivered or activated where the clause does not allow its use."""
    d, allowed = q.delivery, {q.ground.destination, *q.clause.parameters.countries}
    if d.kind not in SENT or d.license != q.ground.license.ref or d.delivered_to in allowed:
        return None
    if consent_on(q.ground.license, "retransfer", d.delivered_to, d.delivered, d.holder):
        return None
    return Finding(
        "appears_inconsistent",
        f"a {d.kind} took place in {d.delivered_to}; allowed: {listed(sorted(allowed))}",
        "review",
    )


@reads("delivery.items.capacity", "delivery.kind", "delivery.license", "clause.limit")
def more_capacity_than_allowed(q: DeliveryQuestion) -> Finding | None:
    """What was delivered enables more simultaneous use than the clause allows."""
    limit = q.clause.parameters.limit
    enabled = max((i.capacity for i in q.delivery.items if i.capacity is not None), default=None)
    if limit is None or enabled is None or enabled <= limit or q.delivery.license != q.ground.license.ref:
        return None
    return Finding("appears_inconsistent", f"it enables {enabled} at one time; the limit is {limit}", "review")


@reads("delivery.items.modules", "delivery.kind", "delivery.license", "clause.modules_off")
def delivered_with_module_on(q: DeliveryQuestion) -> Finding | None:
    """A module was delivered active that the clause wants off."""
    off = {m.casefold() for m in q.clause.parameters.modules_off}
    found = sorted({m for i in q.delivery.items for m in i.modules if m.casefold() in off})
    if not found or q.delivery.kind not in SENT or q.delivery.license != q.ground.license.ref:
        return None
    return Finding("appears_inconsistent", f"module {listed(f'“{m}”' for m in found)} was delivered active", "review")


@reads("delivery.items.serials", "delivery.kind", "delivery.license", "delivery.delivered")
def gone_without_having_come(q: DeliveryQuestion) -> Finding | None:
    """A piece is recorded as returned or disposed of whose arrival is not on record: the inventory does not add up."""
    d = q.delivery
    if d.kind in SENT or d.license != q.ground.license.ref or not q.ground.history.arrived:
        return None
    gone = {s for i in d.items for s in i.serials}
    never = sorted(s for s in gone if not q.ground.history.here_by(s, d.delivered.last))
    if not never:
        return None
    return Finding(
        "appears_inconsistent",
        f"serial {listed(never)} is recorded as gone, and its arrival is not on record",
        "review",
    )


@reads("delivery.kind", "delivery.delivered", "delivery.license", "license.consents")
def disposed_without_consent(q: DeliveryQuestion) -> Finding | None:
    """Pieces were disposed of, and no consent to it was on record."""
    d = q.delivery
    if d.kind != "disposal" or d.license != q.ground.license.ref:
        return None
    if consent_on(q.ground.license, "disposal", q.ground.destination, d.delivered):
        return None
    return Finding(
        "appears_inconsistent", f"pieces were disposed of {period_words(d.delivered)}, and no consent is on record",
        "review",
    )  # fmt: skip


@reads(
    "delivery.license",
    "delivery.kind",
    "delivery.delivered",
    "delivery.items.quantity",
    "delivery.items.serials",
    "license.valid_to",
)
def fewer_disposed_than_came(q: DeliveryQuestion) -> Finding | None:
    """After the license ended pieces were disposed of, and fewer than had come: the rest has to be accounted for."""
    d = q.delivery
    if d.kind != "disposal" or d.license != q.ground.license.ref or d.delivered.first <= license_end(q.ground.license):
        return None
    came, gone = q.ground.history.pieces_by(d.delivered.last)
    if gone >= came:
        return None
    return Finding(
        "appears_inconsistent", f"with it {gone} of {came} pieces are gone; {came - gone} are not accounted for",
        "review", manner="partial", matter="partial",
    )  # fmt: skip


@reads("delivery.license", "delivery.kind", "delivery.items.modules", "delivery.delivered", "license.items.modules",
       "license.consents", "clause.needs_consent")  # fmt: skip
def upgraded_without_amendment(q: DeliveryQuestion) -> Finding | None:
    """An upgrade brought modules that were not licensed, and no amendment on record covers that."""
    d, license = q.delivery, q.ground.license
    licensed = {m.casefold() for i in license.items for m in i.modules}
    needed = q.clause.parameters.needs_consent
    if d.kind not in ("upgrade", "activation") or d.license != license.ref or not licensed:
        return None
    added = sorted({m for i in d.items for m in i.modules if m.casefold() not in licensed})
    if not added or (needed and "configuration" not in needed):
        return None
    if consent_on(license, "amendment", q.ground.destination, d.delivered):
        return None
    return Finding(
        "appears_inconsistent",
        f"the {d.kind} brought module {listed(f'“{m}”' for m in added)}, which is not licensed",
        "review",
    )
