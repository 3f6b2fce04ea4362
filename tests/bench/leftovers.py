"""What an installation has left behind: its facts, its alerts, what officers were told, and what the warehouse counts."""

from __future__ import annotations

import mailbox
import multiprocessing
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import msgspec

from schemas import Alert, Notice, Tick
from schemas.codec import AnyFact, body_hash, decode_alert, decode_fact, decode_notice, encode, log_key
from streams.agents.telling.notices import steps_for
from streams.agents.telling.routes import House, routes_at
from streams.agents.telling.told import last_told
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
    newest: dict[str, Alert]
    """Alert id to the newest record in the log, withdrawn ones too."""
    notices: list[Notice]
    """Every record of `notices`; a repeat bears the same id."""
    mails: list[str]
    """Notice id of every mail in the mailbox, as often as it is there."""

    def told(self) -> Counter[Told]:
        """How often the log has each fact."""
        return Counter(told(fact) for fact in self.facts)


class Stored(msgspec.Struct):
    """What the warehouse says."""

    places: set[tuple[str, int, int]]
    """Topic, partition and offset of each record."""
    twice: int
    """Records that count more than once [count]."""
    alerts: dict[str, bytes]
    facts: dict[str, int]


def told(fact: AnyFact) -> Told:
    """What makes two records the same fact."""
    return log_key(fact), body_hash(fact)


def look(home: Path) -> Left:
    """Read log and warehouse of the installation in `home`, which has stopped."""
    log = Log(home / "log.sqlite")
    try:
        records = {topic: _records(log, topic) for topic in STORED}
    finally:
        log.close()
    # The engine is global to a process and not fork-safe: it gets a process of its own.
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        stored = pool.apply(look_into_warehouse, (str(home / "warehouse"),))
    return gathered(records, stored, home)


Records = dict[str, list[tuple[tuple[str, int, int], bytes | None, bytes | None]]]
"""Topic to place, key and value of each of its records, part by part in order."""


def gathered(records: Records, stored: Stored, home: Path) -> Left:
    """What is left, of the log's records, the warehouse's word and the mailbox in `home`."""
    newest = {key.decode(): decode_alert(value) for _, key, value in records["alerts"] if key and value}
    places = {place for topic in STORED for place, _, _ in records[topic]}
    return Left(
        facts=[decode_fact(value) for topic in FACT_TOPICS for _, _, value in records[topic] if value],
        alerts={id_: encode(alert) for id_, alert in newest.items() if alert.status != "withdrawn"},
        parked=len(records["parked"]), unstored=len(places - stored.places), stored_twice=stored.twice,
        stored_alerts=stored.alerts, stored_facts=stored.facts, newest=newest,
        notices=[decode_notice(value) for _, _, value in records["notices"] if value],
        mails=_mails(home / "mailbox" / "officers.mbox"),
    )  # fmt: skip


def told_under_two_ids(notices: Iterable[Notice]) -> int:
    """How often a channel was told of one alert, after the same word, under more than one id."""
    after = Counter(
        (notice.channel, alert, before)
        for notice in {notice.id: notice for notice in notices}.values()
        for alert, before in zip(notice.alerts, notice.befores, strict=True)
    )
    return sum(1 for count in after.values() if count > 1)


def untold(left: Left, home: Path) -> int:
    """Steps that the channels of the installation in `home` have not been told [count]."""
    routes = routes_at(home, House(name="", pages=""))
    today = max((fact.day for fact in left.facts if isinstance(fact, Tick)), default=None)
    told_last = last_told(left.notices)
    return sum(
        len(steps_for(channel, told_last.get(name, {}), left.newest, routes, today))
        for name, channel in routes.channels.items()
    )


def _mails(file: Path) -> list[str]:
    if not file.exists():
        return []
    box = mailbox.mbox(file, create=False)
    try:
        return [str(mail["Message-ID"]).strip("<>").split("@")[0] for mail in box]
    finally:
        box.close()


def _records(log: Log, topic: str) -> list[tuple[tuple[str, int, int], bytes | None, bytes | None]]:
    found = []
    for partition, end in log.highwaters(topic).items():
        for record in log.read(topic, partition, 0, end):
            found.append(((topic, partition, record.offset), record.key, record.value))
    return found


def look_into_warehouse(address: str) -> Stored:
    """What the warehouse at `address` holds."""
    from streams.warehouse.open import open_warehouse
    from streams.warehouse.reads import Reads

    warehouse = open_warehouse(address if "://" in address else Path(address))
    try:
        rows = warehouse.query("SELECT topic, partition, offset FROM record_rows FINAL").rows
        reads = Reads(warehouse)
        return Stored(
            places={(str(topic), int(str(part)), int(str(at))) for topic, part, at in rows},
            twice=len(rows) - len(set(rows)),
            alerts={alert.id: encode(alert) for alert in reads.alerts(limit=1_000_000)},
            facts=reads.counts().facts,
        )
    finally:
        warehouse.close()
