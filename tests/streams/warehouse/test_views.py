"""The views that boards read, on a world that one can count by hand: a correction, a duplicate, a retraction in it."""

from __future__ import annotations

import datetime as dt
import re
from importlib.resources import files
from typing import Any

import msgspec
import pytest

from schemas import (
    Alert,
    Decision,
    Delivery,
    Incident,
    Judgment,
    License,
    Name,
    Notice,
    Parked,
    Period,
    PostShipmentReport,
    Problem,
    Remark,
    Retraction,
    Tick,
)
from schemas.alert import LicenseSummary
from schemas.codec import TOPIC_OF, Fact, encode, kind_of
from schemas.license import Destination, LicensedItem
from streams.warehouse.ports import StoredRecord, Warehouse
from streams.warehouse.store import WarehouseStore

DAY = dt.date(2025, 3, 9)
START = dt.datetime(2025, 3, 9, 12, tzinfo=dt.UTC)
README = files("infra.clickhouse").joinpath("README.md").read_text(encoding="utf-8")


def at(minutes: float) -> dt.datetime:
    return START + dt.timedelta(minutes=minutes)


def put(warehouse: Warehouse, *said: tuple[str, Any, dt.datetime]) -> None:
    """Records of one partition per topic, at the offsets 0, 1, 2, …"""
    places: dict[str, int] = {}
    records = []
    for topic, value, time in said:
        places[topic] = places.get(topic, -1) + 1
        raw = value if isinstance(value, bytes) else encode(value)
        stamp = int(time.timestamp() * 1000)
        records.append(
            StoredRecord(topic=topic, partition=0, offset=places[topic], timestamp_ms=stamp, key=b"k", value=raw)
        )
    WarehouseStore(warehouse).write(records)


def facts(*said: Fact) -> list[tuple[str, Any, dt.datetime]]:
    return [(TOPIC_OF[kind_of(fact)], fact, at(number)) for number, fact in enumerate(said)]


def rows(warehouse: Warehouse, sql: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in warehouse.query(sql).rows]


def license_(id: str = "L1", **said: Any) -> License:
    return License(
        id=id,
        source="auth",
        issuing_state="QM",
        exporter="Exporter One",
        end_user="Agency One",
        destinations=(Destination(country="XA"), Destination(country="XB")),
        items=(LicensedItem(item_ref="1", product="P"),),
        valid_from=dt.date(2024, 1, 1),
        **said,
    )


def incident(id: str = "i1", **said: Any) -> Incident:
    return Incident(id=id, source="lab", occurred=Period(start=DAY), technology="intrusion_spyware", **said)


def alert(band: Any = "alert", status: Any = "open", id: str = "XA~auth:L1~c1", **said: Any) -> Alert:
    summary = LicenseSummary(
        ref="auth:L1",
        issuing_state="QM",
        exporter="E",
        end_user="U",
        destinations=("XA",),
        products=("P",),
        granted_at=DAY,
        valid_from=DAY,
        status_then="granted",
        status_today="granted",
    )
    return Alert(id=id, destination=id[:2], band=band, status=status, license=summary, first_known=DAY, **said)


def test_each_license_stands_once_in_its_newest_revision(any_warehouse: Warehouse) -> None:
    put(any_warehouse, *facts(license_(), license_(revision=2, number="2025/7"), license_(), license_("L2")))
    put(any_warehouse, *facts(license_(), license_(revision=2, number="2025/7")))
    found = rows(
        any_warehouse, "SELECT ref, revision, number, issuing_state, destinations, valid_to, pledged FROM licenses"
    )
    assert sorted(found) == [
        ("auth:L1", 2, "2025/7", "QM", ["XA", "XB"], None, 0),
        ("auth:L2", 1, "", "QM", ["XA", "XB"], None, 0),
    ]


def test_an_incident_that_was_retracted_is_among_the_retracted_only(any_warehouse: Warehouse) -> None:
    taken = Retraction(id="i1", source="lab", of="incident", why="safety")
    put(any_warehouse, *facts(taken, incident(), incident("i2", evidence_level="E3")))
    assert rows(any_warehouse, "SELECT id, evidence_level, attribution_level, status, destinations FROM incidents") == [
        ("i2", "E3", "A0", "reported", ["ZZ"])
    ]
    assert rows(any_warehouse, "SELECT kind, id, why FROM retracted") == [("incident", "i1", "safety")]
    assert rows(any_warehouse, "SELECT kind, fact FROM facts") == [("incident", "incident:lab:i2")]


def test_what_was_left_out_of_a_fact_shows_as_its_default(any_warehouse: Warehouse) -> None:
    performed = Period(start=DAY)
    delivery = Delivery(
        id="d", source="exp", license="auth:L1", destination="XA", delivered_to="XA", delivered=performed
    )
    report = PostShipmentReport(
        id="r", source="emb", license="auth:L1", destination="XA", kind="post_shipment", performed=performed
    )
    name = Name(id="n", source="auth", entity="vendor-1", kind="vendor", name="Vendor One")
    judged = Judgment(id="j", source="auth", kind="quarantine", by_role="desk", at=at(1), judged_source="tips")
    decided = Decision(id="e", source="auth", alert="XA~auth:L1~c1", kind="order_check", by_role="desk", at=at(2))
    put(any_warehouse, *facts(delivery, report, name, judged, decided))
    assert rows(any_warehouse, "SELECT kind, delivered_to, delivered_from FROM deliveries") == [("shipment", "XA", DAY)]
    assert rows(any_warehouse, "SELECT kind, outcome, cooperation, reporter_role, due_at FROM reports") == [
        ("post_shipment", "", "unknown", "other", None)
    ]
    assert rows(any_warehouse, "SELECT kind, relation, name FROM names") == [("vendor", "alias", "Vendor One")]
    assert rows(any_warehouse, "SELECT kind, judged_source, at FROM judgments") == [("quarantine", "tips", at(1))]
    assert rows(any_warehouse, "SELECT kind, destination, by_role, at FROM decisions") == [
        ("order_check", "XA", "desk", at(2))
    ]


def test_an_alert_stands_once_with_its_age_against_the_last_tick(any_warehouse: Warehouse) -> None:
    put(
        any_warehouse,
        ("ticks", Tick(id="t", source="clock", day=DAY + dt.timedelta(days=30)), at(0)),
        ("alerts", alert("watch"), at(0)),
        ("alerts", alert("alert", id="XB~auth:L1~c1"), at(1)),
        ("alerts", alert("urgent", assigned_to="desk 3"), at(2 * 24 * 60)),
        ("alerts", alert(status="withdrawn", id="XB~auth:L1~c1"), at(3)),
    )
    found = rows(
        any_warehouse,
        "SELECT id, band, status, destination, issuing_state, assigned_to, opened_at, changed_at, age_days, known_days "
        "FROM alerts",
    )
    assert found == [
        ("XA~auth:L1~c1", "urgent", "open", "XA", "QM", "desk 3", at(0), at(2 * 24 * 60), 30, 30),
    ]  # fmt: skip


def test_an_alert_that_was_opened_again_is_as_old_as_its_second_life(any_warehouse: Warehouse) -> None:
    put(
        any_warehouse,
        ("ticks", Tick(id="t", source="clock", day=DAY + dt.timedelta(days=30)), at(0)),
        ("alerts", alert(), at(0)),
        ("alerts", alert(status="withdrawn"), at(60)),
        ("alerts", alert(), at(10 * 24 * 60)),
    )
    assert rows(any_warehouse, "SELECT opened_at, age_days FROM alerts") == [(at(10 * 24 * 60), 20)]


def test_transitions_are_told_in_the_words_of_notices(any_warehouse: Warehouse) -> None:
    life = [
        alert("watch"),
        alert("watch"),
        alert("alert"),
        alert("alert", "acknowledged"),
        alert("review", "acknowledged"),
        alert("review", "closed"),
        alert("review", "closed"),
        alert("alert"),
        alert("alert", "withdrawn"),
        alert("alert", "withdrawn"),
        alert("watch"),
    ]
    other = alert("watch", "withdrawn", id="XB~auth:L1~c1")
    said = [("alerts", word, at(number)) for number, word in enumerate([*life, other])]
    put(any_warehouse, *said)
    put(any_warehouse, *said)
    found = rows(any_warehouse, "SELECT time, transition FROM alert_transitions ORDER BY offset")
    words = {0: "opened", 2: "raised", 4: "lowered", 5: "closed", 7: "reopened", 8: "withdrawn", 10: "reopened"}
    assert found == [(at(number), transition) for number, transition in words.items()]


LATER = DAY + dt.timedelta(days=30)


@pytest.mark.parametrize(("life", "shared"), [
    ([{}], [1]),
    ([{"tlp": "RED"}], [0]),
    ([{"tlp": "AMBER+STRICT"}], [0]),
    ([{"embargo_until": LATER}], [1]),
    ([{"embargo_until": LATER + dt.timedelta(days=1)}], [0]),
    ([{}, {"band": "urgent", "tlp": "RED"}], [0, 0]),
    ([{"tlp": "RED"}, {"band": "urgent"}], [0, 1]),
    ([{}, {"band": "urgent", "embargo_until": LATER + dt.timedelta(days=1)}], [0, 0]),
    ([{"tlp": "RED"}, {"status": "withdrawn"}], [0, 0]),
    ([{}, {"status": "withdrawn", "tlp": "RED"}], [1, 1]),
])  # fmt: skip
def test_a_word_of_an_alert_goes_as_far_as_it_did_then_and_may_now(
    any_warehouse: Warehouse, life: list[dict[str, Any]], shared: list[int]
) -> None:
    words = [alert(**word) for word in life]
    today = ("ticks", Tick(id="t", source="clock", day=LATER), at(0))
    put(any_warehouse, today, *(("alerts", word, at(n)) for n, word in enumerate(words)))
    for view in ("alert_history", "alert_transitions"):
        found = rows(any_warehouse, f"SELECT shared, clause_kind = '' OR shared FROM {view} ORDER BY offset")
        assert found == [(each, 1) for each in shared], view


def test_without_a_day_an_embargo_holds(any_warehouse: Warehouse) -> None:
    put(any_warehouse, ("alerts", alert(embargo_until=DAY), at(0)))
    for view in ("alerts", "alert_history", "alert_transitions"):
        assert rows(any_warehouse, f"SELECT shared FROM {view}") == [(0,)], view


def test_the_words_of_an_alert_that_may_not_be_shared_are_in_no_view(any_warehouse: Warehouse) -> None:
    secret = alert(title="Of a secret matter", waiting_for="the secret answer", tlp="RED")
    put(any_warehouse, ("ticks", Tick(id="t", source="clock", day=LATER), at(0)), ("alerts", secret, at(0)))
    assert rows(any_warehouse, "SELECT shared, title, waiting_for, clause_kind FROM alerts") == [(0, "", "", "")]
    views = rows(any_warehouse, "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine = 'View'")
    for (view,) in views:
        assert "secret" not in repr(rows(any_warehouse, f"SELECT * FROM {view}")), view


def test_remarks_notices_and_parked_records_stand_once(any_warehouse: Warehouse) -> None:
    note = Remark(destination="XA", kind="flood", subject="XA", sentence="Tips.", needed="Nothing.")
    told = Notice(
        id="aa",
        channel="desk",
        alerts=("XA~auth:L1~c1",),
        versions=("0",),
        transition="opened",
        band="alert",
        destinations=("XA",),
        at=at(3),
        subject="New",
    )
    aside = Parked(
        topic="incidents",
        partition=2,
        offset=9,
        stage="check",
        source="lab",
        problems=(Problem(path="/occurred", found="nothing", expected="a period"),),
        at=at(4),
    )
    put(
        any_warehouse,
        ("remarks", msgspec.structs.replace(note, sentence="", gone=True), at(0)),
        ("remarks", note, at(1)),
        ("remarks", msgspec.structs.replace(note, destination="XB"), at(1)),
        ("remarks", msgspec.structs.replace(note, destination="XB", gone=True), at(2)),
        *[("notices", told, at(3))] * 2,
        *[("parked", aside, at(4))] * 2,
    )
    assert rows(any_warehouse, "SELECT destination, kind, sentence, needed FROM remarks") == [
        ("XA", "flood", "Tips.", "Nothing.")
    ]
    assert rows(any_warehouse, "SELECT id, at, channel, transition, band, alerts, digest FROM notices") == [
        ("aa", at(3), "desk", "opened", "alert", ["XA~auth:L1~c1"], 0)
    ]
    assert rows(any_warehouse, "SELECT at, topic, partition, offset, source, reason, problems FROM parked") == [
        (at(4), "incidents", 2, 9, "lab", "check: /occurred", 1)
    ]


def test_a_source_that_says_nothing_new_is_still_heard(any_warehouse: Warehouse) -> None:
    put(any_warehouse, ("incidents", incident(), at(0)), ("incidents", incident(), at(9)), ("incidents", b"?", at(11)))
    assert rows(any_warehouse, "SELECT source, last_heard, subjects FROM freshness") == [("lab", at(9), 1)]
    assert rows(any_warehouse, "SELECT topic, partition, last_offset, last_time, stored FROM positions") == [
        ("incidents", 0, 2, at(11), 3)
    ]
    assert rows(any_warehouse, "SELECT offset, state FROM records ORDER BY offset") == [
        (0, "whole"),
        (1, "whole"),
        (2, "unreadable"),
    ]


def test_every_view_answers_on_an_empty_warehouse_and_is_described(any_warehouse: Warehouse) -> None:
    asked = "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine = 'View' ORDER BY name"
    views = [str(name) for (name,) in any_warehouse.query(asked).rows]
    assert sorted(re.findall(r"^\| `(\w+)` \|", README, re.MULTILINE)) == views
    for view in views:
        answer = any_warehouse.query(f"SELECT * FROM {view}")
        assert answer.columns, view
        assert list(answer.rows) == ([(None,)] if view == "today" else []), view


@pytest.mark.parametrize("condition", ["band_rank >= 2", "destination IN ('XA')", "age_days > 7", "actionable = 1"])
def test_boards_can_filter_alerts_by_typed_columns(any_warehouse: Warehouse, condition: str) -> None:
    put(any_warehouse, ("alerts", alert("context", id="XC~auth:L1~c1"), at(0)))
    assert rows(any_warehouse, f"SELECT id FROM alerts WHERE {condition}") == []
