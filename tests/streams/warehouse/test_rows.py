from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import Alert, Decision, Header, Incident, License, Period, Remark, Retraction, Tick
from schemas.alert import Case, LicenseSummary
from schemas.codec import TOPIC_OF, AnyFact, encode, fact_key, log_key
from schemas.license import Destination, LicensedItem
from schemas.reading import Door
from streams.warehouse.ports import StoredRecord
from streams.warehouse.rows import rows_of
from streams.warehouse.tables import TABLES

READ = Door().fact
TOPICS = [*TOPIC_OF.values(), "dossiers", "alerts", "remarks", "notices", "parked", "not-a-topic"]
DAY = dt.date(2025, 3, 9)


def incident(**said: Any) -> Incident:
    values: dict[str, Any] = {
        "id": "i1",
        "source": "lab",
        "occurred": Period(start=DAY),
        "technology": "intrusion_spyware",
    }
    return Incident(**(values | said))


def record(topic: str, value: msgspec.Struct | bytes | None, **said: Any) -> StoredRecord:
    raw = encode(value) if isinstance(value, msgspec.Struct) else value
    values: dict[str, Any] = {"partition": 1, "offset": 7, "timestamp_ms": 1_741_500_000_123, "key": b"k"}
    return StoredRecord(topic=topic, value=raw, **(values | said))


def row(table: str, stored: StoredRecord) -> dict[str, Any]:
    return dict(zip(TABLES[table], rows_of(stored, READ)[table], strict=True))


def rank(fact: AnyFact, at: int = 0) -> int:
    found: int = row("fact_rows", record(TOPIC_OF["incident"], fact, timestamp_ms=at))["rank"]
    return found


def test_a_fact_is_stored_with_its_place_and_what_it_names() -> None:
    fact = incident(revision=3)
    found = row("record_rows", record("incidents", fact))
    assert (found["topic"], found["partition"], found["offset"]) == ("incidents", 1, 7)
    assert (found["state"], found["fault"], found["kind"]) == ("whole", "", "incident")
    assert (found["subject"], found["source"], found["revision"]) == (fact_key(fact), "lab", 3)
    assert found["destinations"] == ["ZZ"]
    assert found["time"] == dt.datetime(2025, 3, 9, 6, 0, 0, 123_000, tzinfo=dt.UTC)
    assert found["value"] == encode(fact).decode()


def test_a_key_that_a_stranger_chose_is_not_kept() -> None:
    found = row("record_rows", record("incidents", incident(), key=b"Jane Doe"))
    assert found["key"] == log_key(incident()).decode()


def test_a_fact_keeps_the_time_it_was_first_had_not_that_of_the_record() -> None:
    early = dt.datetime(2024, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
    assert row("fact_rows", record("incidents", incident(recorded_at=early)))["recorded_at"] == early


def test_an_imprecise_time_is_stored_as_wide_as_it_is() -> None:
    fact = incident(occurred=Period(start=DAY, precision="month"))
    found = row("fact_rows", record("incidents", fact))
    assert (found["event_from"], found["event_to"]) == (dt.date(2025, 3, 1), dt.date(2025, 3, 31))


def test_a_license_without_an_end_has_no_last_day() -> None:
    granted = License(
        id="L1",
        source="auth",
        issuing_state="XA",
        exporter="E",
        end_user="U",
        destinations=(Destination(country="XB"),),
        items=(LicensedItem(item_ref="1", product="P"),),
        valid_from=DAY,
    )
    found = row("fact_rows", record("licenses", granted))
    assert (found["event_from"], found["event_to"]) == (DAY, None)


def test_a_higher_revision_counts_and_a_retraction_outranks_what_it_takes_back() -> None:
    taken = Retraction(id="i1", source="lab", of="incident", revision=2)
    ranks = [rank(incident()), rank(incident(revision=2)), rank(taken), rank(incident(revision=3))]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) == 4


def test_of_equal_bodies_the_earliest_counts_and_of_two_the_greatest_digest() -> None:
    assert rank(incident(), at=1_000) > rank(incident(), at=2_000)
    one, other = incident(vector="zero_click"), incident(vector="one_click_sms")
    digests = {row("fact_rows", record("incidents", fact))["digest"]: rank(fact, at=5) for fact in (one, other)}
    assert digests[max(digests)] > digests[min(digests)]


@given(st.integers(min_value=1, max_value=1_000_000), st.integers(min_value=-(2**62), max_value=2**62))
def test_the_rank_fits_whatever_the_record_time(revision: int, at: int) -> None:
    found = row("fact_rows", record("incidents", incident(revision=revision), timestamp_ms=at))
    assert 0 < found["rank"] < 2**128
    assert 1970 <= found["recorded_at"].year <= 2109


def test_an_alert_gives_its_newest_state_and_one_word_of_its_history() -> None:
    case = Case(
        key="incident:lab:i1",
        kind="incident",
        band="alert",
        band_reason="one lab",
        verdict="appears_inconsistent",
        rule="permitted_purpose",
        sentence="appears inconsistent with the clause",
        actionable=True,
        due=DAY,
    )
    alert = Alert(
        id="XA~auth:L1~c1",
        destination="XA",
        band="alert",
        cases=(case, msgspec.structs.replace(case, key="silence:1", kind="silence", open=False)),
        license=LicenseSummary(
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
        ),
    )
    found = row("alert_rows", record("alerts", alert))
    assert (found["band_rank"], found["issuing_state"], found["license"], found["clause"]) == (3, "QM", "auth:L1", "c1")
    assert (found["cases"], found["open_cases"], found["incident_cases"], found["silence_cases"]) == (2, 1, 1, 0)
    assert (found["actionable"], found["due"]) == (1, DAY)
    assert row("alert_log_rows", record("alerts", alert))["band"] == "alert"


def test_an_alert_record_without_a_value_says_that_it_is_gone() -> None:
    found = row("alert_rows", record("alerts", None, key=b"XA~auth:L1~c1"))
    assert (found["id"], found["status"], found["body"]) == ("XA~auth:L1~c1", "withdrawn", "")
    assert (found["destination"], found["license"], found["clause"]) == ("XA", "auth:L1", "c1")


@pytest.mark.parametrize(
    ("topic", "value", "fault"),
    [
        ("incidents", b'{"fact":"incident","id":"i1","source":"lab","Jane Doe":1}', "/technology: expected"),
        ("incidents", b"Jane Doe", "(whole): expected"),
        ("incidents", b"\xff\xfe\x00", "(whole): expected JSON in UTF-8"),
        ("incidents", b"[" * 100_000, "(whole): expected a fact, which is at most six deep"),
        ("incidents", encode(Tick(id="t", source="clock", day=DAY)), "does not belong to this topic"),
        ("alerts", b'{"fact":"alert","id":"a","destination":"XA","band":"Jane Doe"}', "its schema at $.band"),
        ("alerts", b'{"fact":"alert","title":"\xff Jane Doe"}', "is not JSON"),
        ("alerts", b"[" * 100_000, "does not fit its schema at $"),
        ("dossiers", encode(Remark(destination="XA", kind="flood", subject="x")), "does not fit its schema at $.fact"),
        ("not-a-topic", b"{}", "does not belong to this topic"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_keeps_its_place_and_reason_but_no_text(topic: str, value: bytes, fault: str) -> None:
    rows = rows_of(record(topic, value), READ)
    assert set(rows) == {"record_rows"}
    found = row("record_rows", record(topic, value))
    assert (found["state"], found["value"], found["key"], found["subject"]) == ("unreadable", "", "", "")
    assert fault in found["fault"]
    assert (found["size"], len(found["digest"])) == (len(value), 32)
    assert "Jane" not in repr(rows)


@given(st.sampled_from(TOPICS), st.none() | st.binary(max_size=200), st.none() | st.binary(max_size=50), st.integers())
def test_no_record_whatever_raises(topic: str, value: bytes | None, key: bytes | None, at: int) -> None:
    stored = record(topic, value, key=key, timestamp_ms=at)
    for table, found in rows_of(stored, READ).items():
        assert len(found) == len(TABLES[table])


def test_a_header_is_stored_under_the_fact_that_it_stands_for() -> None:
    found = row("record_rows", record("dossiers", Header(of="incident", source="lab", id="i1", revision=2)))
    assert (found["kind"], found["subject"], found["revision"]) == ("header", "incident:lab:i1", 2)


def test_a_placed_copy_is_kept_as_a_record_but_is_not_a_second_fact() -> None:
    copy = record("dossiers", incident(), key=b"incident|lab|i1|1|00|")
    assert set(rows_of(copy, READ)) == {"record_rows"}
    found = row("record_rows", copy)
    assert (found["key"], found["subject"], found["kind"]) == ("incident|lab|i1|1|00|", "incident:lab:i1", "incident")


def test_a_decision_stands_with_the_destination_of_its_alert() -> None:
    at = dt.datetime(2025, 3, 9, 10, tzinfo=dt.UTC)
    made = Decision(id="d1", source="auth", alert="XA~auth:L1~c1", kind="acknowledge", by_role="desk 3", at=at)
    found = row("fact_rows", record("decisions", made))
    assert (found["destinations"], found["event_from"]) == (["XA"], DAY)
