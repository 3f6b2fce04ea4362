"""What pages and the API ask of the warehouse.

    reads = Reads(warehouse)          # any `Warehouse`, after `migrate(warehouse)`
    reads.alerts(destination="XA")    # blocking: call it in a thread

Every method is blocking and thread-safe, raises `Wait` while the engine is away and `Stop` when it cannot be used.
What callers pass is bound, never written into SQL. Nothing here decides who may see what: that is the caller's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import cast

import msgspec

from schemas import Alert, AnyFact, Hold, Notice, Parked, Remark, Retraction
from schemas.codec import TOPIC_OF, body_hash, decode_alert, decode_fact, decode_notice, decode_parked, decode_remark
from schemas.vocabulary import AlertStatus, Band, FactKind
from streams.warehouse.erasing import ErasedOnes, Left, erased_in, left_in, told_of
from streams.warehouse.ports import Answer, Warehouse
from streams.warehouse.rows import FACT_TOPICS, UNREADABLE

_NEVER = dt.datetime.max.replace(tzinfo=dt.UTC)


_NEWEST_ALERTS = "SELECT id, body FROM alert_rows FINAL"


class AlertCount(msgspec.Struct, frozen=True, array_like=True):
    """How many alerts of a destination stand in a band and a status."""

    destination: str
    band: Band
    status: AlertStatus
    count: int


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """The front page in numbers."""

    facts: dict[str, int]
    """Live facts by kind [count]."""
    alerts: tuple[AlertCount, ...]
    """Alerts that are not withdrawn, most pressing band first."""
    freshness: dict[str, dt.datetime]
    """When each source was last heard, also with what was not new; the latest first [UTC]."""
    last_record: dt.datetime | None
    """Record time of the newest record of all; `None`: nothing is stored [UTC]."""
    parked: int
    """Records set aside [count]."""
    unreadable: int
    """Records that the warehouse keeps by their place only, because they could not be read [count]."""
    today: dt.date | None
    """The greatest tick."""

    @property
    def open_alerts(self) -> int:
        """Alerts that are open or acknowledged."""
        return sum(entry.count for entry in self.alerts if entry.status in ("open", "acknowledged"))


class Reads:
    """Questions to a warehouse; see the module."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def alerts(
        self,
        *,
        status: AlertStatus | None = None,
        band: Band | None = None,
        destination: str | None = None,
        issuing_state: str | None = None,
        limit: int = 500,
    ) -> list[Alert]:
        """The newest record of each alert, most pressing and last changed first; withdrawn ones only when asked."""
        wanted = {"status": status, "band": band, "destination": destination, "issuing_state": issuing_state}
        given: dict[str, object] = {name: value for name, value in wanted.items() if value is not None}
        conditions = [f"{name} = %({name})s" for name in given] + ([] if status else ["status != 'withdrawn'"])
        sql = (
            f"{_NEWEST_ALERTS} WHERE {' AND '.join(conditions)} ORDER BY band_rank DESC, time DESC, id LIMIT %(limit)s"
        )
        return [_alert(alert_id, body) for alert_id, body in self._texts(sql, given | {"limit": int(limit)})]

    def alert(self, id: str) -> Alert | None:
        """The newest record of one alert, also when it is withdrawn; `None` when there is none."""
        sql = "SELECT id, body FROM alert_rows WHERE id = %(id)s ORDER BY offset DESC LIMIT 1"
        return next((_alert(*row) for row in self._texts(sql, {"id": id})), None)

    def history(self, id: str) -> list[tuple[dt.datetime, Alert]]:
        """Every record of one alert with its record time [UTC], oldest first."""
        return [(time, _alert(id, body)) for time, body in self._subject("alerts", id)]

    def fact(self, key: str) -> list[AnyFact]:
        """Every body and retraction of the fact `kind:source:id`, newest revision first.

        A body that came twice stands once, as first recorded; of two under one revision the one that counts is first.
        """
        topic = TOPIC_OF.get(cast("FactKind", key.split(":", 1)[0]))
        if topic is None:
            return []
        return newest_first(decode_fact(body.encode()) for _, body in self._subject(topic, key))

    def facts(self, known_at: dt.datetime | None = None) -> list[AnyFact]:
        """Every body and retraction of every fact, in no order; with `known_at` those recorded by then.

        Where a fact bears no record time, the time at which the log had it counts.
        """
        sql = (
            "SELECT value FROM record_rows WHERE topic IN %(topics)s AND state = 'whole' "
            "AND (%(all)s OR toUnixTimestamp64Milli(recorded_at) <= %(at)s) "
            "ORDER BY topic, partition, offset LIMIT 1 BY topic, partition, offset"
        )
        at_ms = int(known_at.timestamp() * 1000) if known_at else 0
        asked = {"topics": tuple(FACT_TOPICS), "all": int(known_at is None), "at": at_ms}
        return [decode_fact(body.encode()) for (body,) in self._texts(sql, asked)]

    def facts_end(self) -> tuple[tuple[object, ...], ...]:
        """How far the stored facts go, by topic and partition: the same answer, the same facts."""
        sql = (
            "SELECT topic, partition, max(offset) FROM record_rows WHERE topic IN %(topics)s "
            "GROUP BY topic, partition ORDER BY topic, partition"
        )
        return tuple(tuple(row) for row in self._warehouse.query(sql, {"topics": tuple(FACT_TOPICS)}).rows)

    def remarks(self, destination: str | None = None) -> list[Remark]:
        """What dossiers (or one) say beside their alerts, in the order of destination, kind and subject."""
        sql = (
            "SELECT argMax(value, offset) AS newest FROM record_rows "
            "WHERE topic = 'remarks' AND state = 'whole' AND (%(all)s OR startsWith(subject, %(beginning)s)) "
            "GROUP BY subject ORDER BY subject"
        )
        bodies = self._texts(sql, {"all": int(destination is None), "beginning": f"{destination}|"})
        return [remark for (body,) in bodies if not (remark := decode_remark(body.encode())).gone]

    def notices(
        self, alert_id: str | None = None, *, channel: str | None = None, day: dt.date | None = None
    ) -> list[Notice]:
        """What channels were told (of one alert, on one channel, on one day [UTC]), newest first.

        Of an id, the newest record: it says whether the notice was sent again.
        """
        given: dict[str, object] = {"alert": alert_id, "channel": channel, "day": day.isoformat() if day else None}
        conditions = {
            "alert": "has(JSONExtract(value, 'alerts', 'Array(String)'), %(alert)s)",
            "channel": "JSONExtractString(value, 'channel') = %(channel)s",
            "day": "substring(JSONExtractString(value, 'at'), 1, 10) = %(day)s",
        }
        asked = [condition for name, condition in conditions.items() if given[name] is not None]
        notices = self._notices(asked, {name: value for name, value in given.items() if value is not None})
        return sorted(notices, key=lambda notice: (notice.at, notice.id), reverse=True)

    def notice(self, id: str) -> Notice | None:
        """One notice with its words, or `None`."""
        return next(iter(self._notices(["subject = %(id)s"], {"id": id})), None)

    def _notices(self, conditions: Sequence[str], values: dict[str, object]) -> list[Notice]:
        where = " AND ".join(("topic = 'notices'", "state = 'whole'", *conditions))
        sql = f"SELECT value FROM record_rows WHERE {where} ORDER BY offset DESC LIMIT 1 BY subject"  # noqa: S608  (conditions are ours)
        return [decode_notice(body.encode()) for (body,) in self._texts(sql, values)]

    def parked(self, source: str | None = None, limit: int = 100) -> list[Parked]:
        """Records set aside (of one source), newest first; the last word on each place in the log."""
        sql = (
            "SELECT value FROM ("
            "SELECT value, time, partition, offset FROM record_rows WHERE topic = 'parked' AND state = 'whole' "
            "AND (%(all)s OR source = %(source)s) ORDER BY time DESC, offset DESC LIMIT 1 BY subject"
            ") ORDER BY time DESC, partition, offset DESC LIMIT %(limit)s"
        )
        values = {"all": int(source is None), "source": source or "", "limit": int(limit)}
        return [decode_parked(body.encode()) for (body,) in self._texts(sql, values)]

    def ask(self, sql: str) -> Answer:
        """The answer to a question of a board (`dashboards`), which is ours and reads views."""
        return self._warehouse.query(sql)

    def today(self) -> dt.date | None:
        """The greatest tick; `None` before the first."""
        return cast("dt.date | None", self._warehouse.query("SELECT today FROM today").rows[0][0])

    def counts(self) -> Counts:
        """The front page in numbers."""
        ask = self._warehouse.query
        facts = ask("SELECT kind, count() FROM fact_rows FINAL WHERE taken_back = 0 GROUP BY kind ORDER BY kind").rows
        alerts = ask(
            "SELECT destination, band, status, count() FROM alert_rows FINAL WHERE status != 'withdrawn' "
            "GROUP BY destination, band, band_rank, status ORDER BY band_rank DESC, destination, status"
        ).rows
        fresh = ask("SELECT source, last_heard FROM freshness ORDER BY last_heard DESC, source").rows
        last, parked = ask("SELECT maxOrNull(time), uniqExactIf(subject, topic = 'parked') FROM record_rows").rows[0]
        unreadable = ask("SELECT count() FROM record_rows FINAL WHERE state = %(state)s", {"state": UNREADABLE}).rows
        return Counts(
            facts={str(kind): cast("int", count) for kind, count in facts},
            alerts=tuple(msgspec.convert(row, AlertCount) for row in alerts),
            freshness=dict(cast("Sequence[tuple[str, dt.datetime]]", fresh)),
            last_record=cast("dt.datetime | None", last),
            parked=cast("int", parked),
            unreadable=cast("int", unreadable[0][0]),
            today=self.today(),
        )

    def is_erased(self, key: str) -> bool:
        """Whether the fact `kind:source:id` was erased on request."""
        return ErasedOnes(erased_in(self._warehouse)).holds(key)

    def holds(self) -> list[Hold]:
        """The litigation holds that stand, the newest first."""
        rows = self._warehouse.query("SELECT body FROM fact_rows FINAL WHERE kind = 'hold' AND taken_back = 0").rows
        found = [fact for (body,) in rows if isinstance(fact := decode_fact(str(body).encode()), Hold)]
        return sorted((h for h in found if h.state == "set"), key=lambda hold: (hold.at, hold.ref), reverse=True)

    def left(
        self, needles: Iterable[str], found_in: Callable[[str], Iterable[str]], refers: Callable[[str, str], bool]
    ) -> list[Left]:
        """Where something that should be gone still stands (`streams.warehouse.erasing.left_in`)."""
        return left_in(self._warehouse, needles, found_in, refers)

    def told_of(self, key: str) -> list[Notice]:
        """The notices that told of the fact `kind:source:id`, oldest first."""
        return told_of(self._warehouse, key)

    def _subject(self, topic: str, subject: str) -> Iterator[tuple[dt.datetime, str]]:
        """Time and value of the records of `topic` about `subject`, in the order of the log, each place once.

        Without FINAL on purpose: the index on `subject` then picks the few granules that are read.
        """
        sql = (
            "SELECT time, value FROM record_rows "
            "WHERE topic = %(topic)s AND subject = %(subject)s AND state IN ('whole', 'gone') "
            "ORDER BY partition, offset LIMIT 1 BY topic, partition, offset"
        )
        rows = self._warehouse.query(sql, {"topic": topic, "subject": subject}).rows
        return (cast("tuple[dt.datetime, str]", row) for row in rows)

    def _texts(self, sql: str, values: dict[str, object]) -> Iterator[tuple[str, ...]]:
        return (cast("tuple[str, ...]", row) for row in self._warehouse.query(sql, values).rows)


def _alert(alert_id: str, body: str) -> Alert:
    """The alert in `body`; without one (a record without a value) nothing is left of it."""
    if not body:
        return Alert(id=alert_id, status="withdrawn", destination=alert_id[:2])
    return _decoded(body)


@lru_cache(maxsize=600)
def _decoded(body: str) -> Alert:
    """Alerts never change and pages show the same ones again: decoding them is most of what a page costs."""
    return decode_alert(body.encode())


def newest_first(facts: Iterable[AnyFact]) -> list[AnyFact]:
    """Bodies and retractions of one fact, each once, as first recorded; newest revision first."""
    once = {_standing(fact): fact for fact in sorted(facts, key=_recorded, reverse=True)}
    return [once[standing] for standing in sorted(once, reverse=True)]


def _standing(fact: AnyFact) -> tuple[int, bool, str]:
    return fact.revision, isinstance(fact, Retraction), body_hash(fact)


def _recorded(fact: AnyFact) -> dt.datetime:
    return fact.recorded_at or _NEVER
