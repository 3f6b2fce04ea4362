"""Engines for the warehouse's tests. chDB allows one folder per process: each module opens its own and closes it."""

from __future__ import annotations

import importlib.util
import os
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from urllib.parse import urlsplit

import pytest

from streams.warehouse.chdb import ChdbWarehouse
from streams.warehouse.driver import DriverWarehouse
from streams.warehouse.migrations import migrate
from streams.warehouse.ports import Warehouse
from streams.warehouse.tables import TABLES

SERVER = os.environ.get("PLEDGEWATCH_TEST_CLICKHOUSE", "")


def _load_shim() -> ModuleType:
    path = Path(__file__).with_name("native_shim.py")
    spec = importlib.util.spec_from_file_location("native_shim", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["native_shim"] = module
    spec.loader.exec_module(module)
    return module


native_shim = _load_shim()


def empty(warehouse: Warehouse) -> None:
    for table in TABLES:
        warehouse.command(f"TRUNCATE TABLE {table}")


@pytest.fixture(scope="module")
def chdb_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChdbWarehouse]:
    """chDB on a folder of this module, with all migrations."""
    warehouse = ChdbWarehouse(tmp_path_factory.mktemp("warehouse") / "chdb")
    migrate(warehouse)
    yield warehouse
    warehouse.close()


@pytest.fixture
def chdb_warehouse(chdb_folder: ChdbWarehouse) -> ChdbWarehouse:
    """The same, with nothing in it."""
    empty(chdb_folder)
    return chdb_folder


@pytest.fixture(scope="module")
def shim(chdb_folder: ChdbWarehouse) -> Iterator[object]:
    """ClickHouse's wire protocol in front of this module's folder."""
    peer = native_shim.NativeShim(str(chdb_folder.path))
    yield peer
    peer.close()


@pytest.fixture
def shim_warehouse(shim: object, chdb_warehouse: ChdbWarehouse) -> Iterator[DriverWarehouse]:
    """clickhouse-driver on a real socket, with a current engine behind it."""
    warehouse = DriverWarehouse(shim.url)  # type: ignore[attr-defined]
    yield warehouse
    warehouse.close()


@pytest.fixture(scope="module")
def server_folder() -> Iterator[DriverWarehouse]:
    """A database of this module on the server that PLEDGEWATCH_TEST_CLICKHOUSE names."""
    if not SERVER:
        pytest.skip("PLEDGEWATCH_TEST_CLICKHOUSE names no server (clickhouse://user:password@host:9000)")
    database = f"pledgewatch_test_{uuid.uuid4().hex[:12]}"
    warehouse = DriverWarehouse(urlsplit(SERVER)._replace(path=f"/{database}").geturl())
    migrate(warehouse)
    yield warehouse
    warehouse.command(f"DROP DATABASE {database}")
    warehouse.close()


@pytest.fixture
def server_warehouse(server_folder: DriverWarehouse) -> DriverWarehouse:
    """The same, with nothing in it."""
    empty(server_folder)
    return server_folder


@pytest.fixture(params=["chdb_warehouse", "shim_warehouse", "server_warehouse"])
def any_warehouse(request: pytest.FixtureRequest) -> Warehouse:
    """Each implementation of the port in turn."""
    warehouse: Warehouse = request.getfixturevalue(request.param)
    return warehouse
