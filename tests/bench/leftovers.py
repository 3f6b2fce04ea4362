"""What a stopped installation has left behind: its facts, its alerts, and what the warehouse counts."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from pathlib import Path

import msgspec

from schemas.codec import AnyFact, body_hash, decode_alert, decode_fact, encode, log_key
from streams.topology import FACT_TOPICS, STORED
from streams.transport.log import Log

Told = tuple[bytes, str]
"""A fact as the door tells them apart: key of its record, digest of its body."""


class Left(msgspec.Struct, kw_only=True):
    """What was found."""

    facts: list[AnyFact]
    """Every fact record of the log, in its order."""
    alerts: dict[str, bytes]
    """Alert id to the newest record in the log, withdrawn ones left out."""
    parked: int
    """Records set aside [count]."""
    unstored: int
    """Records of the log that the warehouse does not have [count]."""
    stored_twice: int
    """Records that the warehouse counts more than once [count]."""
    stored_alerts: dict[str, bytes]
    """As `alerts`, as pages see them."""
    stored_facts: dict[str, int]
    """Facts that count, by kind, as pages see them."""

    def told(self) -> Counter[Told]:
        """How often the log has each fact."""
        return Counter(told(fact) for fact in self.facts)


class _Stored(msgspec.Struct):
    """What the warehouse says."""

    places: set[tuple[str, int, int]]
    twice: int
    alerts: dict[str, bytes]
    facts: dict[str, int]


def told(fact: AnyFact) -> Told:
    """What makes two records the same fact."""
    return log_key(fact), body_hash(fact)


def look(home: Path) -> Left:
    """Read log and warehouse of the installation in `home`, which has stopped."""
    log = Log(home / "log.sqlite")
    try:
        facts = [decode_fact(value) for topic in FACT_TOPICS for _, _, value in _records(log, topic) if value]
        newest = {key: value for _, key, value in _records(log, "alerts") if key is not None}
        places = {place for topic in STORED for place, _, _ in _records(log, topic)}
        parked = log.count("parked")
    finally:
        log.close()
    # The engine is global to a process and not fork-safe: it gets a process of its own.
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        stored = pool.apply(_look_into_warehouse, (home,))
    alerts = {key.decode(): value for key, value in newest.items() if value and _stands(value)}
    return Left(
        facts=facts, alerts=alerts, parked=parked, unstored=len(places - stored.places), stored_twice=stored.twice,
        stored_alerts=stored.alerts, stored_facts=stored.facts,
    )  # fmt: skip


def _records(log: Log, topic: str) -> list[tuple[tuple[str, int, int], bytes | None, bytes | None]]:
    found = []
    for partition, end in log.highwaters(topic).items():
        for record in log.read(topic, partition, 0, end):
            found.append(((topic, partition, record.offset), record.key, record.value))
    return found


def _stands(value: bytes) -> bool:
    return decode_alert(value).status != "withdrawn"


def _look_into_warehouse(home: Path) -> _Stored:
    from streams.warehouse.open import open_warehouse
    from streams.warehouse.reads import Reads

    warehouse = open_warehouse(home / "warehouse")
    try:
        rows = warehouse.query("SELECT topic, partition, offset FROM record_rows FINAL").rows
        reads = Reads(warehouse)
        return _Stored(
            places={(str(topic), int(str(part)), int(str(at))) for topic, part, at in rows},
            twice=len(rows) - len(set(rows)),
            alerts={alert.id: encode(alert) for alert in reads.alerts(limit=1_000_000)},
            facts=reads.counts().facts,
        )
    finally:
        warehouse.close()
