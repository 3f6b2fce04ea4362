"""Erasure in the warehouse: what was said of a fact goes from every table; that something was said, and when, stays.

    fact_rows                    the row of the fact goes
    record_rows, topics of facts its records keep their place and time alone, under the state `erased`
    record_rows, derived topics  alerts and remarks that quote it keep their place alone; records set aside, too;
                                 notices keep what channel was told when, of which alerts
    alert_rows                   a newest alert that quotes it goes; the next assessment writes it anew
    alert_log_rows               stays: status, band and time of every word, without a word of it

All of it is found again from what is still there, so that a crash half way is mended by doing it again. ClickHouse
writes the parts anew and takes the old ones off the disk some minutes later (`old_parts_lifetime`, 8 minutes).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import cast

import msgspec

from schemas import Notice
from schemas.codec import TOPIC_OF, decode_fact, decode_notice, encode
from schemas.erasure import Erased, cleaned, erased_by, key_digest, refs_in, says_nothing
from schemas.vocabulary import FactKind
from streams.errors import Stop
from streams.warehouse.ports import Warehouse
from streams.warehouse.rows import ERASED

QUOTING = ("alerts", "remarks", "parked")
"""Derived topics that may quote a fact; notices are found by their ids."""
_PLAIN = re.compile(r"[A-Za-z0-9._/#@+:-]{1,200}", re.ASCII)
_AT_ONCE = 500
"""Places in one statement."""

Place = tuple[str, int, int]
"""Topic, partition and offset."""


class ErasedOnes:
    """What was erased, for those who ask of many texts; from the stored erasures and from those that come."""

    def __init__(self, erased: Iterable[Erased] = ()) -> None:
        self._by_kind: dict[str, set[str]] = {}
        self._told: set[str] = set()
        for each in erased:
            self.add(each)

    def __bool__(self) -> bool:
        return bool(self._by_kind)

    def add(self, erased: Erased) -> None:
        """One more."""
        self._by_kind.setdefault(erased.kind, set()).add(erased.digest)
        self._told |= erased.told

    def holds(self, key: str) -> bool:
        """Whether the fact `kind:source:id` was erased."""
        return key_digest(key) in self._by_kind.get(key.partition(":")[0], ())

    def quoted_in(self, text: str) -> bool:
        """Whether a text refers to one of them."""
        return any(self._refers(ref) for ref in refs_in(text)) if self._by_kind else False

    def told_in(self, notice: str) -> bool:
        """Whether a notice told of one of them."""
        return notice in self._told

    def _refers(self, ref: str) -> bool:
        return any(key_digest(f"{kind}:{ref}") in digests for kind, digests in self._by_kind.items())


def erased_in(warehouse: Warehouse) -> list[Erased]:
    """Everything whose erasure is stored."""
    rows = warehouse.query("SELECT DISTINCT value FROM record_rows WHERE topic = 'erasures' AND state = 'whole'").rows
    found = (erased_by(decode_fact(str(value).encode())) for (value,) in rows)
    return [each for each in found if each is not None]


def erase(warehouse: Warehouse, erased: Erased) -> None:
    """Erase one fact, whose digest is known, from every table; again is harmless. Raises `Wait` and `Stop`."""
    keys = _keys(warehouse, erased)
    for key in keys:
        _clean_quotes(warehouse, key, erased)
    for key in keys:  # last: as long as these are there, a crash is mended by doing it again
        kind, source, id = key.split(":", 2)
        subject, topic = _quoted(key), TOPIC_OF[cast("FactKind", kind)]
        where = f"kind = {_quoted(kind)} AND source = {_quoted(source)} AND id = {_quoted(id)}"
        _mutate(warehouse, f"ALTER TABLE fact_rows DELETE WHERE {where}")
        _blank(warehouse, f"topic = '{topic}' AND subject = {subject}")


def _keys(warehouse: Warehouse, erased: Erased) -> list[str]:
    """The fact's key, found by its digest among the stored ones; none where nothing of it is stored."""
    sql = (
        "SELECT DISTINCT subject FROM record_rows WHERE topic = %(topic)s AND lower(hex(SHA256(subject))) = %(digest)s "
        "UNION DISTINCT SELECT concat(kind, ':', source, ':', id) AS subject FROM fact_rows "
        "WHERE kind = %(kind)s AND lower(hex(SHA256(concat(kind, ':', source, ':', id)))) = %(digest)s"
    )
    topic = TOPIC_OF[cast("FactKind", erased.kind)]
    rows = warehouse.query(sql, {"topic": topic, "kind": erased.kind, "digest": erased.digest}).rows
    return sorted({str(row[0]) for row in rows})


def _clean_quotes(warehouse: Warehouse, key: str, erased: Erased) -> None:
    ref = key.partition(":")[2]
    sql = (
        "SELECT topic, partition, offset, concat(key, ' ', value) FROM record_rows "
        "WHERE topic IN ('alerts', 'remarks', 'parked') AND state IN ('whole', 'gone') "
        "AND (position(value, %(ref)s) > 0 OR position(key, %(ref)s) > 0)"
    )
    _clean_notices(warehouse, {n.id for n in told_of(warehouse, key)} | erased.told, erased)
    rows = warehouse.query(sql, {"ref": ref}).rows
    quoting = [(str(t), cast("int", p), cast("int", o)) for t, p, o, value in rows if _tells(erased, str(value))]
    for start in range(0, len(quoting), _AT_ONCE):
        some = quoting[start : start + _AT_ONCE]
        _blank(warehouse, f"topic = 'alerts' AND {_at(some)}", subject=False)
        _blank(warehouse, f"topic != 'alerts' AND {_at(some)}")
    alerts = warehouse.query(
        "SELECT id, offset, body FROM alert_rows WHERE position(body, %(ref)s) > 0", {"ref": ref}
    ).rows
    for id, offset, body in alerts:
        if _tells(erased, str(body)):
            where = f"id = {_literal(str(id))} AND offset = {cast('int', offset)}"
            _mutate(warehouse, f"ALTER TABLE alert_rows DELETE WHERE {where}")


def _tells(erased: Erased, value: str) -> bool:
    return not says_nothing(value) and erased.quoted_in(value)


def _clean_notices(warehouse: Warehouse, ids: Iterable[str], erased: Erased) -> None:
    """Notices keep what channel was told when; first of all, as they are found by the alerts that are still there."""
    sql = (
        "SELECT topic, partition, offset, value FROM record_rows "
        "WHERE topic = 'notices' AND state = 'whole' AND subject = %(id)s"
    )
    for topic, part, offset, value in (row for id in sorted(ids) for row in warehouse.query(sql, {"id": id}).rows):
        place = (str(topic), cast("int", part), cast("int", offset))
        clean = encode(cleaned(decode_notice(str(value).encode()), erased.quoted_in)).decode()
        _mutate(warehouse, f"ALTER TABLE record_rows UPDATE value = {_literal(clean)} WHERE {_at([place])}")


def told_of(warehouse: Warehouse, key: str) -> list[Notice]:
    """The notices that told of the fact `kind:source:id`, oldest first: of a version of an alert that rested on it."""
    erased, ref = Erased(key.partition(":")[0], key_digest(key)), key.partition(":")[2]
    sql = (
        "SELECT subject, JSONExtractString(value, 'version'), value FROM record_rows "
        "WHERE topic = 'alerts' AND state = 'whole' AND position(value, %(ref)s) > 0"
    )
    versions = {
        (str(id), str(version))
        for id, version, value in warehouse.query(sql, {"ref": ref}).rows
        if erased.quoted_in(str(value))
    }
    notices = _notices(warehouse)
    return [
        n for n in notices if versions.intersection(zip(n.alerts, n.versions, strict=False)) or _grounded(n, erased)
    ]


def _grounded(notice: Notice, erased: Erased) -> bool:
    return any(erased.quoted_in(ground) for each in notice.grounds for ground in each)


def _notices(warehouse: Warehouse) -> list[Notice]:
    sql = (
        "SELECT value FROM record_rows WHERE topic = 'notices' AND state = 'whole' "
        "ORDER BY offset DESC LIMIT 1 BY subject"
    )
    found = [decode_notice(str(value).encode()) for (value,) in warehouse.query(sql).rows]
    return sorted(found, key=lambda notice: (notice.at, notice.id))


class Left(msgspec.Struct, frozen=True, kw_only=True):
    """Something that should be gone and is not, or a reference to it."""

    store: str
    """Which store: log, warehouse, index, mailbox, file."""
    place: str
    """Where in it; never the text itself."""
    what: str
    """id, body or words."""
    reference: bool = False
    """Only another fact's reference to the id: a fact of its own, which is not erased with it."""


def left_in(
    warehouse: Warehouse,
    needles: Iterable[str],
    found_in: Callable[[str], Iterable[str]],
    refers: Callable[[str, str], bool],
) -> list[Left]:
    """Where something still stands in the tables.

    `needles` are texts to look for, `found_in` says what a text that holds one really has of it (id, body, words),
    `refers` whether a value of a topic is another fact that only refers to it.
    """
    left: dict[tuple[str, str], Left] = {}
    for needle in needles:
        for table, sql in _LOOKED_AT.items():
            for place, topic, text in warehouse.query(sql, {"text": needle}).rows:
                for what in found_in(str(text)):
                    of = TOPIC_OF.get(cast("FactKind", topic), str(topic))
                    reference = what == "id" and refers(of, str(text).partition("\n")[2])
                    left[f"{table} {place}", what] = Left(
                        store="warehouse", place=f"{table} {place}", what=what, reference=reference
                    )
    return list(left.values())


_LOOKED_AT = {
    "record_rows": (
        "SELECT concat(topic, '/', toString(partition), '/', toString(offset)), toString(topic), "
        "concat(subject, ' ', key, '\n', value) AS text FROM record_rows "
        "WHERE topic != 'erasures' AND position(text, %(text)s) > 0"
    ),
    "fact_rows": (
        "SELECT concat(kind, ':', source, ':', id), toString(kind), "
        "concat(kind, ':', source, ':', id, '\n', body) AS text FROM fact_rows "
        "WHERE kind != 'erasure' AND position(text, %(text)s) > 0"
    ),
    "alert_rows": (
        "SELECT DISTINCT id, 'alerts', concat(id, '\n', body) AS text FROM alert_rows "
        "WHERE position(text, %(text)s) > 0"
    ),
}
"""By table: place, topic (or kind of fact), a first line and the body, of every row that holds a text; erasures apart:
they hold digests."""


def _blank(warehouse: Warehouse, where: str, *, subject: bool = True) -> None:
    """Leave of records their place, time and topic."""
    gone = "value = '', key = '', digest = '', size = 0, destinations = [], fault = ''"
    gone += ", subject = '', source = '', revision = 0, kind = ''" if subject else ""
    _mutate(warehouse, f"ALTER TABLE record_rows UPDATE state = '{ERASED}', {gone} WHERE {where}")


def _at(places: Sequence[Place]) -> str:
    return "(topic, partition, offset) IN (" + ", ".join(f"('{t}', {p}, {o})" for t, p, o in places) + ")"


def _mutate(warehouse: Warehouse, sql: str) -> None:
    warehouse.command(f"{sql} SETTINGS mutations_sync = 2")


def _quoted(text: str) -> str:
    """A key's part as a literal; what could end one is no part of a key, and stops us."""
    if not _PLAIN.fullmatch(text):
        raise Stop("A key in the warehouse holds signs that no key has; it is not put into a statement")
    return f"'{text}'"


def _literal(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
