from __future__ import annotations

from pathlib import Path

import pytest

from streams.errors import Stop
from streams.warehouse.chdb import ChdbWarehouse
from streams.warehouse.driver import DriverWarehouse
from streams.warehouse.open import open_warehouse


def test_a_folder_is_opened_with_the_engine_in_the_process(tmp_path: Path) -> None:
    warehouse = open_warehouse(tmp_path / "warehouse")
    assert isinstance(warehouse, ChdbWarehouse)
    assert warehouse.query("SELECT 1").rows == [(1,)]
    warehouse.close()


@pytest.mark.parametrize("scheme", ["clickhouse", "clickhouses"])
def test_a_server_is_opened_through_the_driver(scheme: str) -> None:
    warehouse = open_warehouse(f"{scheme}://writer:secret@host.example:9000/pledgewatch")
    assert isinstance(warehouse, DriverWarehouse)
    assert warehouse.server == "host.example:9000"
    warehouse.close()


def test_another_kind_of_address_is_refused_without_its_password() -> None:
    with pytest.raises(Stop, match="begins with postgres://, expected a folder") as refusal:
        open_warehouse("postgres://user:secret@host/x")
    assert "secret" not in str(refusal.value)
