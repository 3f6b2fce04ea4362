"""Reads from a past standpoint: the same questions, answered from the facts that were stored by then."""

from __future__ import annotations

import msgspec
import pytest

from builders import (
    a_delivery,
    a_license,
    a_policy,
    a_retraction,
    a_tick,
    alert_on,
    an_incident,
    at,
    day,
)
from schemas import AnyFact
from schemas.codec import encode, topic_of
from schemas.notice import Notice
from schemas.parked import Parked
from streams.rules.assess import assess_facts
from streams.rules.known import NOW, Standpoint, assess_at, end_of
from streams.rules.naming import PlainNamer
from streams.warehouse.chdb import ChdbWarehouse
from streams.warehouse.past import Archive
from streams.warehouse.ports import StoredRecord, Warehouse
from streams.warehouse.reads import Reads
from streams.warehouse.store import WarehouseStore

LICENSE = a_license()
STRANGE = an_incident("I9", recorded_at=None, published_at=None)
"""It bears no record time, and tells of days in June 2024."""
FACTS: tuple[AnyFact, ...] = (
    LICENSE,
    a_delivery(LICENSE),
    an_incident(),
    an_incident(revision=2, recorded_at=at("2025-08-01")),
    a_retraction(an_incident(), revision=2, recorded_at=at("2025-12-01")),
    msgspec.structs.replace(a_policy(), recorded_at=at("2022-01-01")),
    a_tick("2025-06-01"),
    a_tick("2026-06-01"),
)
ALERT = "XA~authority:L1~permitted-purpose"


def stored(warehouse: Warehouse, *facts: AnyFact, logged: str = "2026-06-01") -> Reads:
    """The facts, each as one record of its topic."""
    store = WarehouseStore(warehouse)
    ms = int(at(logged).timestamp() * 1000)
    store.write(
        [
            StoredRecord(
                topic=topic_of(f), partition=0, offset=n, timestamp_ms=ms + n, key=b"k", value=encode(f)
            )
            for n, f in enumerate(facts)
        ]
    )  # fmt: skip
    return Reads(warehouse)


def known_at(text: str) -> Standpoint:
    return Standpoint(as_known_at=end_of(day(text)))


@pytest.mark.parametrize("on", ["2023-01-10", "2025-05-02", "2025-07-31", "2025-08-01", "2025-12-01", "2026-06-01"])
def test_alerts_as_known_at_a_day_are_those_of_the_log_cut_there(any_warehouse: Warehouse, on: str) -> None:
    past = Archive(stored(any_warehouse, *FACTS), PlainNamer).at(known_at(on))
    log = [f for f in FACTS if f.recorded_at is not None and f.recorded_at.date() <= day(on)]
    cut = {a.id: a for each in assess_facts(log) for a in each.alerts}
    assert {a.id: a for a in past.alerts()} == cut
    assert past.alert(ALERT) == cut.get(ALERT)


def test_what_was_true_then_comes_from_the_same_facts(chdb_warehouse: ChdbWarehouse) -> None:
    archive = Archive(stored(chdb_warehouse, *FACTS[:3], *FACTS[5:]), PlainNamer)
    assert archive.at(Standpoint(as_of=day("2024-06-02"))).alerts() == []
    past = archive.at(Standpoint(as_of=day("2024-06-03")))
    assert past.alert(ALERT) == alert_on(
        next(iter(assess_at([*FACTS[:3], *FACTS[5:]], Standpoint(as_of=day("2024-06-03"))))), "permitted-purpose"
    )
    assert past.today() == day("2024-06-03")


def test_alerts_are_chosen_by_what_an_officer_asks(chdb_warehouse: ChdbWarehouse) -> None:
    other = a_license("L2", "XB", issuing_state="QN")
    elsewhere = an_incident("I2", "XB")
    reads = stored(chdb_warehouse, *FACTS, other, a_delivery(other, "D2"), elsewhere)
    past = Archive(reads, PlainNamer).at(known_at("2025-08-01"))
    assert {a.destination for a in past.alerts()} == {"XA", "XB"}
    assert {a.destination for a in past.alerts(destination="XB")} == {"XB"}
    assert {a.destination for a in past.alerts(issuing_state="QN")} == {"XB"}
    assert past.alerts(band="context") == []
    assert past.alerts(status="closed") == []
    assert len(past.alerts(limit=1)) == 1
    assert past.alerts(destination="XQ") == []


def test_a_fact_shows_the_revisions_that_were_known(chdb_warehouse: ChdbWarehouse) -> None:
    archive = Archive(stored(chdb_warehouse, *FACTS), PlainNamer)
    revisions = [f.revision for f in archive.at(known_at("2025-07-31")).fact("incident:desk:I1")]
    assert revisions == [1]
    assert len(archive.at(known_at("2025-12-01")).fact("incident:desk:I1")) == 3
    assert archive.at(known_at("2025-12-01")).fact("incident:desk:none") == []


def test_a_fact_without_a_record_time_is_known_from_when_the_log_had_it(chdb_warehouse: ChdbWarehouse) -> None:
    archive = Archive(stored(chdb_warehouse, *FACTS[:2], STRANGE, *FACTS[5:], logged="2026-01-01"), PlainNamer)
    assert archive.at(known_at("2025-12-31")).alert(ALERT) is None
    assert archive.at(known_at("2026-01-01")).alert(ALERT) is not None


def test_the_front_page_counts_what_was_known(chdb_warehouse: ChdbWarehouse) -> None:
    past = Archive(stored(chdb_warehouse, *FACTS), PlainNamer).at(known_at("2025-08-01"))
    counts = past.counts()
    assert counts.facts == {"delivery": 1, "incident": 1, "license": 1, "policy": 1, "tick": 1}
    assert counts.freshness["desk"] == at("2025-08-01")
    assert counts.last_record == at("2025-08-01")
    assert counts.open_alerts == 2
    assert counts.today == day("2025-06-01")
    gone = Archive(stored(chdb_warehouse, *FACTS), PlainNamer).at(known_at("2025-12-01")).counts()
    assert "incident" not in gone.facts


def test_what_was_told_and_set_aside_later_is_not_shown(chdb_warehouse: ChdbWarehouse) -> None:
    reads = stored(chdb_warehouse, *FACTS)
    store = WarehouseStore(chdb_warehouse)
    notices = [
        Notice(
            id=f"{n}" * 16,
            at=when,
            channel="mail",
            transition="opened",
            band="alert",
            alerts=(ALERT,),
            versions=("ab" * 8,),
            destinations=("XA",),
            subject="A headline",
        )
        for n, when in enumerate((at("2025-05-02"), at("2025-09-01")))
    ]
    parked = [
        Parked(at=when, topic="incidents", partition=0, offset=n, stage="decode", problems=())
        for n, when in enumerate((at("2025-05-02"), at("2025-09-01")))
    ]
    for topic, words in (("notices", notices), ("parked", parked)):
        store.write(
            [
                StoredRecord(topic=topic, partition=0, offset=n, timestamp_ms=n + 1, key=b"k", value=encode(word))
                for n, word in enumerate(words)
            ]
        )
    archive = Archive(reads, PlainNamer)
    late = [known_at("2025-09-01"), Standpoint(as_of=day("2026-06-01"))]
    early = [known_at("2025-08-31"), Standpoint(as_of=day("2025-08-31"))]
    assert [len(archive.at(p).notices(ALERT)) for p in (*early, *late)] == [1, 1, 1, 2]
    assert [len(archive.at(p).parked()) for p in (*early, *late)] == [1, 1, 1, 2]


def test_a_standpoint_is_kept_ready_until_another_fact_is_stored(chdb_warehouse: ChdbWarehouse) -> None:
    archive = Archive(stored(chdb_warehouse, *FACTS[:2], *FACTS[5:]), PlainNamer)
    first = archive.at(NOW)
    assert archive.at(NOW) is first
    assert first.alert(ALERT) is None
    stored(chdb_warehouse, *FACTS)
    assert archive.at(NOW).alert(ALERT) is None, "the account was taken back"
    assert archive.at(known_at("2025-08-01")).alert(ALERT) is not None
