from __future__ import annotations

import socket
from typing import Any

import pytest

from streams.errors import Stop, Wait
from streams.warehouse.chdb import ChdbWarehouse
from streams.warehouse.driver import DriverWarehouse

COLUMNS = ("id", "partition", "offset")


def count(warehouse: DriverWarehouse) -> object:
    return warehouse.query("SELECT count() FROM alert_log_rows").rows[0][0]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def test_a_lost_connection_is_made_anew(shim: Any, shim_warehouse: DriverWarehouse) -> None:
    assert count(shim_warehouse) == 0
    shim.cut()
    assert count(shim_warehouse) == 0


def test_an_insert_whose_answer_was_lost_counts_once_when_sent_again(
    shim: Any, shim_warehouse: DriverWarehouse
) -> None:
    shim.break_after_insert = 2
    for _ in range(2):
        with pytest.raises(Wait, match="is away while writing to alert_log_rows"):
            shim_warehouse.insert("alert_log_rows", COLUMNS, [("a", 0, 1), ("b", 0, 2)], token="alerts:0:1-2")
    shim_warehouse.insert("alert_log_rows", COLUMNS, [("a", 0, 1), ("b", 0, 2)], token="alerts:0:1-2")
    assert count(shim_warehouse) == 2


def test_a_server_that_is_not_there_is_waited_for(chdb_warehouse: ChdbWarehouse) -> None:
    warehouse = DriverWarehouse(f"clickhouse://writer:secret@127.0.0.1:{free_port()}/pledgewatch")
    with pytest.raises(Wait, match="is away while reading") as away:
        warehouse.query("SELECT 1")
    assert "secret" not in str(away.value)
    warehouse.close()


def test_an_absent_database_is_made(shim: Any, chdb_warehouse: ChdbWarehouse) -> None:
    warehouse = DriverWarehouse(shim.url.replace("/pledgewatch", "/made_for_a_test"))
    assert warehouse.query("SELECT currentDatabase()").rows == [("made_for_a_test",)]
    warehouse.command("DROP DATABASE made_for_a_test")
    warehouse.close()


def test_inserts_are_acknowledged_only_when_written(shim: Any, shim_warehouse: DriverWarehouse) -> None:
    shim.settings.clear()
    shim_warehouse.insert("alert_log_rows", COLUMNS, [("a", 0, 1)], token="alerts:0:1-1")
    assert shim.settings == [{"async_insert": "0", "insert_deduplication_token": "alerts:0:1-1"}]


def test_a_closed_warehouse_says_so(shim: Any, chdb_warehouse: ChdbWarehouse) -> None:
    warehouse = DriverWarehouse(shim.url)
    assert warehouse.query("SELECT 1").rows == [(1,)]
    warehouse.close()
    warehouse.close()
    with pytest.raises(Stop, match="The warehouse is closed"):
        warehouse.query("SELECT 1")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://host:8123/x", "has the scheme 'http'"),
        ("clickhouse://", "expected clickhouse://"),
        ("clickhouse://host/x;DROP", "The warehouse's database is 'x;DROP'"),
        ("clickhouse://host:port/x", "has the port 'port'"),
    ],
)
def test_an_address_that_cannot_be_one_stops_the_start(address: str, said: str) -> None:
    with pytest.raises(Stop, match=said):
        DriverWarehouse(address)
