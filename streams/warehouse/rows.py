"""One record of a topic, as rows of the tables. Pure: bytes in, rows out, nothing raised.

A record that cannot be read keeps its place, size and digest, and a marker; its text is left out, because it never went
through the door and may hold what must not be stored. The log still has it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from schemas import Alert, AnyFact, Fact, Header, Notice, Parked, Period, Refused, Remark, Retraction
from schemas.codec import (
    TOPIC_OF,
    AnyRow,
    body_hash,
    decode_alert,
    decode_notice,
    decode_parked,
    decode_remark,
    decode_row,
    encode,
    fact_key,
    kind_of,
    log_key,
)
from schemas.vocabulary import BANDS
from streams.rules.placing import destinations_of
from streams.warehouse.ports import StoredRecord
from streams.warehouse.tables import TABLES

FACT_TOPICS = frozenset(TOPIC_OF.values())
WHOLE, GONE, UNREADABLE, ERASED = "whole", "gone", "unreadable", "erased"
"""States of a stored record: with its value; without one in the log; with one that cannot be read; of what was erased
on request: place and time only."""

Row: TypeAlias = tuple[object, ...]
ReadFact: TypeAlias = Callable[[bytes], AnyFact]

_FIRST_DAY, _LAST_DAY = dt.date(1900, 1, 1), dt.date(2299, 12, 31)  # the range of ClickHouse's Date32
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_LAST_MS = 2**42 - 1  # in May 2109: a later record time is a mistake, and would not fit into `rank`
_AT = re.compile(r" - at `([^`]*)`$")


def rows_of(record: StoredRecord, read: ReadFact) -> dict[str, Row]:
    """The rows that `record` leaves, by table; always one of `record_rows`.

    `read` reads the fact topics; it may raise `schemas.Refused`, whose paths and expectations are kept.
    """
    if record.value is None:
        return _gone(record)
    try:
        said = _read(record.topic, record.value, read)
        body = (encode(said) if isinstance(said, Fact) else record.value).decode()
        rows = {"record_rows": _whole(record, said, body)}
        if isinstance(said, Fact) and record.topic in FACT_TOPICS:
            rows["fact_rows"] = _fact(record, said, body)
        if isinstance(said, Alert):
            rows |= _alert(record, said, body)
    except Refused as error:
        return {"record_rows": _unreadable(record, _refusal(error))}
    except Exception as error:  # whatever a foreign record does to us, it keeps its place and the rest is stored
        return {"record_rows": _unreadable(record, _fault(error))}
    return rows


def without(record: StoredRecord, rows: Mapping[str, Row]) -> dict[str, Row]:
    """What is left of a record's rows where it is of something erased: its place, and of an alert when it was said."""
    subject = (record.key or b"").decode("utf-8", "replace") if record.topic == "alerts" else ""
    left = {"record_rows": _placed(record, state=ERASED, subject=subject, size=0, digest="")}
    return left | {table: row for table, row in rows.items() if table == "alert_log_rows"}


def columns_of(table: str) -> tuple[str, ...]:
    """The columns of `table`, in the order of its rows."""
    return tuple(TABLES[table])


def _read(topic: str, value: bytes, read: ReadFact) -> AnyRow | Alert | Remark | Notice | Parked:
    if topic in FACT_TOPICS:
        fact = read(value)
        if TOPIC_OF[kind_of(fact)] != topic:
            raise LookupError(topic)
        return fact
    return _READERS[topic](value)


_READERS: dict[str, Callable[[bytes], AnyRow | Alert | Remark | Notice | Parked]] = {
    "dossiers": decode_row,
    "alerts": decode_alert,
    "remarks": decode_remark,
    "notices": decode_notice,
    "parked": decode_parked,
}


def _fault(error: Exception) -> str:
    """The reason in words that quote a path but never a value."""
    if isinstance(error, msgspec.ValidationError):
        found = _AT.search(str(error))
        return f"does not fit its schema at {found.group(1) if found else '$'}"
    if isinstance(error, msgspec.DecodeError | UnicodeDecodeError):
        return "is not JSON"
    if isinstance(error, RecursionError):
        return "is nested too deeply"
    if isinstance(error, LookupError):
        return "does not belong to this topic"
    return f"cannot be stored: {type(error).__name__}"


def _refusal(error: Refused) -> str:
    told = [f"{problem.path or '(whole)'}: expected {problem.expected}"[:200] for problem in error.problems[:5]]
    return "; ".join(told)


def _row(table: str, values: Mapping[str, object]) -> Row:
    return tuple(values[column] for column in TABLES[table])


def _placed(record: StoredRecord, **said: object) -> Row:
    value = record.value or b""
    time = _time(record)
    common = {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "time": time,
        "fault": "",
        "kind": "",
        "subject": "",
        "source": "",
        "revision": 0,
        "destinations": [],
        "recorded_at": time,
        "size": len(value),
        "digest": hashlib.blake2b(value, digest_size=16).hexdigest(),
        "key": "",
        "value": "",
    }
    return _row("record_rows", common | said)


def _unreadable(record: StoredRecord, fault: str) -> Row:
    return _placed(record, state=UNREADABLE, fault=fault)


def _gone(record: StoredRecord) -> dict[str, Row]:
    """A record without a value: on `alerts` it says that nothing is left of the alert."""
    key = _text(record.key) if record.topic not in FACT_TOPICS else ""
    rows = {"record_rows": _placed(record, state=GONE, subject=key, key=key)}
    if record.topic == "alerts" and key.count("~") == 2:
        rows |= _alert(record, Alert(id=key, status="withdrawn", destination=key[:2]), "")
    return rows


def _whole(record: StoredRecord, said: AnyRow | Alert | Remark | Notice | Parked, body: str) -> Row:
    return _placed(
        record,
        state=WHOLE,
        kind=str(said.__struct_config__.tag),
        subject=_subject(said),
        source=getattr(said, "source", "") or "",
        revision=getattr(said, "revision", 0),
        destinations=list(_destinations(said)),
        recorded_at=_recorded(record, said),
        key=_key(record, said),
        value=body,
    )


def _key(record: StoredRecord, said: object) -> str:
    """The key that the record should have: strangers may write to the topics of facts, and choose what they like."""
    if isinstance(said, Fact) and record.topic in FACT_TOPICS:
        return log_key(said).decode()
    return _text(record.key)


def _subject(said: AnyRow | Alert | Remark | Notice | Parked) -> str:
    if isinstance(said, Fact):
        return fact_key(said)
    if isinstance(said, Header):
        return f"{said.of}:{said.source}:{said.id}"
    if isinstance(said, Alert | Notice):
        return said.id
    if isinstance(said, Remark):
        return said.key
    if isinstance(said, Parked):
        return f"{said.topic}/{said.partition}/{said.offset}"
    return ""


def _destinations(said: Any) -> Sequence[str]:
    if isinstance(said, Fact):
        return sorted(destinations_of(said))  # type: ignore[arg-type]
    if isinstance(said, Alert | Remark):
        return (said.destination,)
    return tuple(getattr(said, "destinations", ()))


def _fact(record: StoredRecord, fact: AnyFact, body: str) -> Row:
    recorded, digest = _recorded(record, fact), body_hash(fact)
    first, last = _event(fact)
    return _row(
        "fact_rows",
        {
            "kind": kind_of(fact),
            "source": fact.source,
            "id": fact.id,
            "rank": _rank(fact, digest, recorded),
            "revision": fact.revision,
            "taken_back": int(isinstance(fact, Retraction)),
            "digest": digest,
            "recorded_at": recorded,
            "tense": fact.tense,
            "tlp": fact.tlp,
            "may_use_for": list(fact.may_use_for),
            "embargo_until": _day(fact.embargo_until),
            "destinations": sorted(destinations_of(fact)),
            "event_from": first,
            "event_to": last,
            "partition": record.partition,
            "offset": record.offset,
            "body": body,
        },
    )


def _rank(fact: AnyFact, digest: str, recorded: dt.datetime) -> int:
    """Where a body stands among those of its id; the greatest counts, whatever came first.

    From the highest bits down: revision, whether it takes that revision back, 64 bits of the digest, and how early it
    was recorded (42 bits of milliseconds, the other way round).
    """
    early = _LAST_MS - int((recorded - _EPOCH) / dt.timedelta(milliseconds=1))
    revision = fact.revision << 1 | isinstance(fact, Retraction)
    return (revision << 64 | int(digest[:16], 16)) << 42 | early


def _event(fact: AnyFact) -> tuple[dt.date | None, dt.date | None]:
    """First and last possible day of what the fact tells."""
    period = getattr(fact, "occurred", None) or getattr(fact, "performed", None) or getattr(fact, "delivered", None)
    if isinstance(period, Period):
        return _day(period.first), _day(period.last)
    day = getattr(fact, "day", None) or getattr(fact, "in_force_from", None) or getattr(fact, "valid_from", None)
    if day is not None:
        return _day(day), _day(getattr(fact, "valid_to", day))
    at = getattr(fact, "at", None)
    return (_day(at.date()), _day(at.date())) if isinstance(at, dt.datetime) else (None, None)


def _alert(record: StoredRecord, alert: Alert, body: str) -> dict[str, Row]:
    open_cases = [case for case in alert.cases if case.open]
    _, license_ref, clause_id = [*alert.id.split("~", 2), "", ""][:3]
    values = {
        "id": alert.id,
        "partition": record.partition,
        "offset": record.offset,
        "time": _time(record),
        "status": alert.status,
        "band": alert.band,
        "band_rank": BANDS.index(alert.band),
        "destination": alert.destination,
        "issuing_state": alert.license.issuing_state if alert.license else "",
        "license": alert.license.ref if alert.license else license_ref,
        "clause": alert.clause.id if alert.clause else clause_id,
        "clause_kind": alert.clause.kind if alert.clause else "",
        "title": alert.title,
        "version": alert.version,
        "assigned_to": alert.assigned_to or "",
        "waiting_for": alert.waiting_for or "",
        "tlp": alert.tlp,
        "may_use_for": list(alert.may_use_for),
        "embargo_until": _day(alert.embargo_until),
        "cases": len(alert.cases),
        "open_cases": len(open_cases),
        "incident_cases": sum(case.kind == "incident" for case in open_cases),
        "report_cases": sum(case.kind == "report" for case in open_cases),
        "silence_cases": sum(case.kind == "silence" for case in open_cases),
        "actionable": int(any(case.actionable for case in open_cases)),
        "due": _day(min((case.due for case in open_cases if case.due), default=None)),
        "decisions": len(alert.decisions),
        "first_known": _day(alert.first_known),
        "assessed_on": _day(alert.assessed_on),
        "policy_version": alert.versions.policy if alert.versions else "",
        "code_version": alert.versions.code if alert.versions else "",
        "body": body,
    }
    return {"alert_rows": _row("alert_rows", values), "alert_log_rows": _row("alert_log_rows", values)}


def _time(record: StoredRecord) -> dt.datetime:
    return _EPOCH + dt.timedelta(milliseconds=min(max(record.timestamp_ms, 0), _LAST_MS))


def _recorded(record: StoredRecord, said: object) -> dt.datetime:
    """When the fact was first had, else the record time."""
    at = getattr(said, "recorded_at", None) or _time(record)
    return at if _EPOCH <= at <= _EPOCH + dt.timedelta(milliseconds=_LAST_MS) else _time(record)


def _day(day: dt.date | None) -> dt.date | None:
    return day if day is not None and _FIRST_DAY <= day <= _LAST_DAY else None


def _text(key: bytes | None) -> str:
    return (key or b"").decode("utf-8", "backslashreplace")
