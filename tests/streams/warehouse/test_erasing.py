"""An erasure leaves of a fact its place and time, in every table, on every engine; references of others stay."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pytest

from builders import a_delivery, a_judgment, a_license, a_policy, a_tick, an_erasure, an_incident, assessed
from schemas import AnyFact, Notice, Parked, Remark
from schemas.codec import TOPIC_OF, encode, kind_of, log_key
from schemas.erasure import ERASED_SUBJECT, ToldOf
from schemas.notice import NoticeBody
from schemas.problems import Problem
from streams.intake.searching import Sought, tables_left
from streams.warehouse.erasing import Left, erase, erased_in
from streams.warehouse.ports import StoredRecord, Warehouse
from streams.warehouse.reads import Reads
from streams.warehouse.store import WarehouseStore

AT = dt.datetime(2026, 1, 2, 7, tzinfo=dt.UTC)
LICENSE = a_license()
GROUND = (a_policy(), LICENSE, a_delivery(LICENSE), a_tick())
GONE, KEPT = an_incident("I1"), an_incident("I10")
JUDGED = a_judgment("same_event", ("desk:I1", "desk:I10"))
KEY = "incident:desk:I1"
ERASURE = an_erasure(GONE)


def stored(topic: str, key: str, value: bytes, offset: int = 0) -> StoredRecord:
    return StoredRecord(topic=topic, partition=0, offset=offset, timestamp_ms=offset, key=key.encode(), value=value)


def records_of(facts: Sequence[AnyFact]) -> list[StoredRecord]:
    return [stored(TOPIC_OF[kind_of(f)], log_key(f).decode(), encode(f), n) for n, f in enumerate(facts)]


def alerts_of(*facts: AnyFact) -> list[StoredRecord]:
    said = assessed(*GROUND, *facts)
    remark = Remark(destination="XA", kind="unmatched_incident", subject="desk:I1", sentence="It fits no license.")
    return [stored("alerts", a.id, encode(a), n) for n, a in enumerate(said.alerts)] + [
        stored("remarks", remark.key, encode(remark))
    ]


def a_notice(id: str, alert: str, version: str, grounds: tuple[str, ...]) -> Notice:
    return Notice(
        id=id, channel="officers", alerts=(alert,), versions=(version,), transition="opened", band="alert",
        destinations=("XA",), at=AT, subject="Opened: something", grounds=(grounds,), words=("lab report of I1",) if id == "aaaaaaaa" else (),
        body=NoticeBody(text="lab report of I1", html="", payload="", message_id="<1@x>", dated=AT) if id == "aaaaaaaa" else None,
    )  # fmt: skip


def world() -> list[StoredRecord]:
    """A fact, what was said of it, what was told of it, what was parked of it, and a judgment that refers to it."""
    alerts = alerts_of(GONE)
    first = assessed(*GROUND, GONE).alerts[0]
    of_it = a_notice("aaaaaaaa", first.id, first.version, ())
    of_other = a_notice("bbbbbbbb", first.id, "00000000", ("desk:I10",))
    parked = Parked(
        topic="incidents", partition=0, offset=9, stage="check", at=AT, key=KEY, source="desk", hash="00112233",
        problems=(Problem(path="/x", found="y", expected="z"),),
    )  # fmt: skip
    return [
        *records_of([GONE, KEPT, JUDGED]), *alerts,
        stored("notices", of_it.id, encode(of_it), 0), stored("notices", of_other.id, encode(of_other), 1),
        stored("parked", KEY, encode(parked)),
    ]  # fmt: skip


def left(warehouse: Warehouse) -> list[Left]:
    sought = Sought(key=KEY, digest=ERASURE.digest, words=("lab report of I1",))
    return [each for each in tables_left(Reads(warehouse), sought) if not each.reference]


@pytest.fixture
def filled(any_warehouse: Warehouse) -> Warehouse:
    WarehouseStore(any_warehouse).write(world())
    return any_warehouse


def test_nothing_of_it_is_left_in_any_table_and_others_stay(filled: Warehouse) -> None:
    places = {each.place.split()[0] for each in left(filled)}
    assert places == {"record_rows", "fact_rows", "alert_rows"}, "the search finds it before"
    reads = Reads(filled)
    assert not reads.is_erased(KEY)
    assert [n.id for n in reads.told_of(KEY)] == ["aaaaaaaa"]

    WarehouseStore(filled).write(records_of([ERASURE]))
    assert left(filled) == []
    assert reads.is_erased(KEY)
    assert reads.fact(KEY) == []
    assert reads.fact("incident:desk:I10") == [KEPT]
    assert reads.fact("judgment:analysts:J1") == [JUDGED]
    assert reads.parked() == []
    of_it, of_other = sorted(reads.notices(), key=lambda n: n.id)
    assert (of_it.subject, of_it.words, of_it.body, of_it.channel) == (ERASED_SUBJECT, (), None, "officers")
    assert of_other.subject == "Opened: something"
    assert of_other.grounds == (("desk:I10",),)
    kept = filled.query("SELECT count(), countIf(state = 'erased') FROM record_rows FINAL").rows[0]
    assert tuple(kept) == (len(world()) + 1, len(alerts_of(GONE)) + 2)


def test_when_something_was_said_stays_known(filled: Warehouse) -> None:
    before = filled.query("SELECT id, offset, time, status, band FROM alert_history ORDER BY ALL").rows
    assert before
    WarehouseStore(filled).write(records_of([ERASURE]))
    assert list(filled.query("SELECT id, offset, time, status, band FROM alert_history ORDER BY ALL").rows) == before


def test_what_comes_after_its_erasure_is_kept_by_its_place_only(any_warehouse: Warehouse) -> None:
    store = WarehouseStore(any_warehouse)
    told = (ToldOf(notice="aaaaaaaa", channel="officers", at=AT),)
    store.write(records_of([an_erasure(GONE, told=told)]))
    store.write(world())
    assert left(any_warehouse) == []
    assert Reads(any_warehouse).fact("incident:desk:I10") == [KEPT]
    WarehouseStore(any_warehouse).write(world())
    assert left(any_warehouse) == [], "a writer that was started anew knows it, too"


def test_erasing_again_completes_what_a_crash_left_and_changes_nothing_more(filled: Warehouse) -> None:
    filled.command("ALTER TABLE fact_rows DELETE WHERE id = 'I1' SETTINGS mutations_sync = 2")
    WarehouseStore(filled).write(records_of([ERASURE]))
    assert left(filled) == []
    before = list(filled.query("SELECT * FROM record_rows FINAL ORDER BY ALL").rows)
    (erased,) = erased_in(filled)
    erase(filled, erased)
    assert list(filled.query("SELECT * FROM record_rows FINAL ORDER BY ALL").rows) == before


def test_only_asking_erases_nothing(filled: Warehouse) -> None:
    before = left(filled)
    WarehouseStore(filled).write(records_of([an_erasure(GONE, confirmed=False)]))
    assert left(filled) == before
    assert not Reads(filled).is_erased(KEY)
