"""What every warehouse keeps: one suite over chDB, clickhouse-driver in front of it, and a server if one is named."""

from __future__ import annotations

import datetime as dt
import threading

import pytest

from streams.errors import Stop
from streams.warehouse.ports import Warehouse

WORD = ("id", "partition", "offset", "time", "status", "band", "assessed_on", "assigned_to")
NOON = dt.datetime(2025, 3, 9, 12, 30, 15, 250_000, tzinfo=dt.UTC)


def word(id: str, offset: int, **said: object) -> tuple[object, ...]:
    values: dict[str, object] = {
        "id": id,
        "partition": 3,
        "offset": offset,
        "time": NOON,
        "status": "open",
        "band": "watch",
        "assessed_on": dt.date(2025, 3, 10),
        "assigned_to": "",
    }
    return tuple((values | said)[column] for column in WORD)


def count(warehouse: Warehouse, table: str = "alert_log_rows") -> object:
    return warehouse.query(f"SELECT count() FROM {table}").rows[0][0]


def test_what_was_written_is_read_back_in_the_same_types(any_warehouse: Warehouse) -> None:
    rows = [word("XA~s:1~c", 7), word("XB~s:2~c", 8, assessed_on=None, assigned_to="Büro für Ausfuhr 第一")]
    any_warehouse.insert("alert_log_rows", WORD, rows, token="a")
    answer = any_warehouse.query(f"SELECT {', '.join(WORD)} FROM alert_log_rows ORDER BY id")
    assert answer.columns == WORD
    assert [tuple(row) for row in answer.rows] == rows
    assert answer.rows[0][3].tzinfo is not None  # type: ignore[attr-defined]


def test_lists_big_numbers_and_texts_of_any_kind_survive(any_warehouse: Warehouse) -> None:
    text = "line\nquote' back\\slash \x00 tab\t \U0001f9ed"
    columns = ("kind", "source", "id", "rank", "destinations", "embargo_until", "body")
    row = ("incident", "s", "1", (1 << 127) + 5, ["XA", "QM"], dt.date(2199, 12, 31), text)
    any_warehouse.insert("fact_rows", columns, [row], token="b")
    (found,) = any_warehouse.query(f"SELECT {', '.join(columns)} FROM fact_rows").rows
    assert tuple(found) == row


def test_the_same_token_again_changes_nothing(any_warehouse: Warehouse) -> None:
    for _ in range(3):
        any_warehouse.insert("alert_log_rows", WORD, [word("a", 1), word("b", 2)], token="topic:0:1-2")
    assert count(any_warehouse) == 2


def test_equal_rows_under_another_token_are_written(any_warehouse: Warehouse) -> None:
    any_warehouse.insert("alert_log_rows", WORD, [word("a", 1)], token="first")
    any_warehouse.insert("alert_log_rows", WORD, [word("a", 1)], token="second")
    assert count(any_warehouse) == 2
    assert len(any_warehouse.query("SELECT * FROM alert_history").rows) == 1


def test_nothing_to_write_is_no_error(any_warehouse: Warehouse) -> None:
    any_warehouse.insert("alert_log_rows", WORD, [], token="empty")
    assert count(any_warehouse) == 0


def test_columns_are_named_even_where_no_row_is(any_warehouse: Warehouse) -> None:
    answer = any_warehouse.query("SELECT id, band AS words FROM alert_log_rows WHERE id = %(id)s", {"id": "none"})
    assert answer.columns == ("id", "words")
    assert list(answer.rows) == []


@pytest.mark.parametrize(
    "hostile", ["' OR 1 = 1 --", "\\' OR 1 = 1 --", "%(id)s", "100%", "x'; DROP TABLE fact_rows; --"]
)
def test_a_parameter_is_only_ever_a_value(any_warehouse: Warehouse, hostile: str) -> None:
    any_warehouse.insert("alert_log_rows", WORD, [word("a", 1), word(hostile, 2)], token=f"h{hostile}")
    answer = any_warehouse.query("SELECT id FROM alert_log_rows WHERE id = %(id)s", {"id": hostile})
    assert [tuple(row) for row in answer.rows] == [(hostile,)]
    assert count(any_warehouse, "fact_rows") == 0


def test_a_missing_table_says_what_to_do(any_warehouse: Warehouse) -> None:
    with pytest.raises(Stop, match="run the migrations"):
        any_warehouse.query("SELECT * FROM not_there")


def test_a_value_of_the_wrong_type_is_refused_without_quoting_it(any_warehouse: Warehouse) -> None:
    with pytest.raises(Stop, match="writing to alert_log_rows") as refusal:
        any_warehouse.insert("alert_log_rows", WORD, [word("a", 1, band=None)], token="c")
    with pytest.raises(Stop) as second:
        any_warehouse.insert("alert_log_rows", WORD, [word("a", 1, status=["a person's name"])], token="d")
    assert "person" not in str(refusal.value) + str(second.value)
    assert second.value.__cause__ is None
    any_warehouse.insert("alert_log_rows", WORD, [word("a", 1)], token="e")
    assert count(any_warehouse) == 1


def test_many_threads_read_and_write_at_once(any_warehouse: Warehouse) -> None:
    faults: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(5):
                offset = number * 100 + turn
                any_warehouse.insert("alert_log_rows", WORD, [word(f"t{number}", offset)], token=f"t{offset}")
                (row,) = any_warehouse.query(
                    "SELECT count() FROM alert_log_rows WHERE id = %(id)s", {"id": f"t{number}"}
                ).rows
                assert row[0] == turn + 1
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert count(any_warehouse) == 30
