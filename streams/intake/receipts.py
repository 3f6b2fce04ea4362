"""Receipts: how far a fact has come, and who may ask."""

from __future__ import annotations

import asyncio
import datetime as dt

from schemas import Alert, License, Parked
from streams.access import Access
from streams.intake.answers import Receipt
from streams.intake.index import Told
from streams.intake.ports import IntakePorts
from streams.intake.views import alert_for, license_of

_PARKED_LOOKED_AT = 1_000
_ALERTS_LOOKED_AT = 5_000


def may_see(told: Told, access: Access) -> bool:
    """A key that is bound to a source sees that source's receipts; others exist for it as little as unknown ones."""
    return access.source in (None, told.source) or access.may("officer")


async def receipt_for(ports: IntakePorts, told: Told, access: Access) -> Receipt:
    """How far a fact has come, as `access` may know it. Raises `Wait` while the log or the warehouse is away."""
    parked = await asyncio.to_thread(_parked_of, ports, told)
    touched = await asyncio.to_thread(_touched, ports, told, access) if access.may("officer") else None
    return Receipt(
        receipt=told.receipt, fact=told.fact, revision=told.revision, accepted_at=_instant(told),
        status="parked" if parked else await ports.stage(told.position), touched=touched,
        errors=tuple(problem for record in parked for problem in record.problems),
    )  # fmt: skip


def seen(ports: IntakePorts, access: Access, alert: Alert) -> Alert | None:
    """An alert as `access` may see it, or `None`."""
    return alert_for(access, alert, _issuing_state(ports, alert), ports.clock().date())


def _parked_of(ports: IntakePorts, told: Told) -> list[Parked]:
    """Records set aside that are this fact: read at its place in the log, or failed further on under its key."""
    place = (told.position.topic, told.position.partition, told.position.offset)
    return [
        record
        for record in ports.reads.parked(source=told.source, limit=_PARKED_LOOKED_AT)
        if (record.topic, record.partition, record.offset) == place
        or (record.key == told.fact and record.stage in ("assess", "store") and record.at >= _instant(told))
    ]


def _touched(ports: IntakePorts, told: Told, access: Access) -> tuple[str, ...]:
    """The alerts that rest on the fact, in any revision."""
    alerts = ports.reads.alerts(limit=_ALERTS_LOOKED_AT)
    resting = [
        alert for alert in alerts if any(each.fact == told.fact for case in alert.cases for each in case.evidence)
    ]
    return tuple(sorted(alert.id for alert in resting if seen(ports, access, alert) is not None))


def _issuing_state(ports: IntakePorts, alert: Alert) -> str | None:
    """Of the license; a withdrawn alert no longer says it, the register still does."""
    if alert.license is not None:
        return alert.license.issuing_state
    revisions = ports.reads.fact(f"license:{license_of(alert.id)}")
    return next((fact.issuing_state for fact in revisions if isinstance(fact, License)), None)


def _instant(told: Told) -> dt.datetime:
    return dt.datetime.fromtimestamp(told.at_ms / 1000, dt.UTC)
