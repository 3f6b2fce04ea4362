"""Opens the warehouse that an address names.

warehouse = open_warehouse(settings.warehouse_path)                     # chDB in this process, on a folder
warehouse = open_warehouse("clickhouse://writer:…@host:9000/pledgewatch")   # a ClickHouse server
migrate(warehouse)
store, reads = WarehouseStore(warehouse), Reads(warehouse)
"""

from __future__ import annotations

from pathlib import Path

from streams.errors import Stop
from streams.warehouse.chdb import ChdbWarehouse
from streams.warehouse.driver import DriverWarehouse
from streams.warehouse.ports import Warehouse


def open_warehouse(address: str | Path) -> Warehouse:
    """The warehouse at `address`: a folder, or `clickhouse://…` (`clickhouses://…` with TLS).

    Raises `Stop` for another kind of address, a folder that another process holds, or a server that refuses us.
    """
    text = str(address)
    scheme, found, _ = text.partition("://")
    if not found:
        return ChdbWarehouse(Path(text))
    if scheme in ("clickhouse", "clickhouses"):
        return DriverWarehouse(text)
    raise Stop(f"The warehouse's address begins with {scheme}://, expected a folder, clickhouse:// or clickhouses://")
