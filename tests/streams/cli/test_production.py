"""Commands of an installation over a cluster and a server that end by themselves."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.kafka.broker import free_ports
from streams.health import Health, answer
from streams.warehouse.driver import DriverWarehouse
from streams.warehouse.migrations import plan

PROGRAM = [sys.executable, "-c", "from streams.cli import main; main()"]
SHIM = Path(__file__).parents[1] / "warehouse" / "native_shim.py"


def pledgewatch(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PLEDGEWATCH_HOME": str(home)}
    return subprocess.run([*PROGRAM, *words], env=environ, capture_output=True, text=True, timeout=60)


@pytest.fixture
def server(tmp_path):
    """The address of an engine behind ClickHouse's wire protocol."""
    spec = importlib.util.spec_from_file_location("native_shim", SHIM)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    peer = module.NativeShim(str(tmp_path / "chdb"))
    yield peer.url
    peer.close()


def test_the_tables_of_a_server_are_made_once(tmp_path, server):
    address = tmp_path / "warehouse_address"
    address.write_text(server + "\n")
    planned = pledgewatch(tmp_path, "migrate", "--plan", "--warehouse-file", str(address))
    assert planned.returncode == 0, planned.stderr
    assert "CREATE TABLE IF NOT EXISTS record_rows" in planned.stdout
    first = pledgewatch(tmp_path, "migrate", "--warehouse-file", str(address))
    assert first.stdout.endswith("migrations applied\n"), first.stderr
    assert pledgewatch(tmp_path, "migrate", "--warehouse-file", str(address)).stdout == "nothing to do\n"
    warehouse = DriverWarehouse(server)
    assert plan(warehouse) == ()
    warehouse.close()
    assert not (tmp_path / "warehouse").exists()


async def test_whether_a_process_is_ready_is_said_in_words_and_in_the_exit_code(tmp_path):
    port, health = free_ports(1), Health(ready=False, why="no progress for 61 s")
    close = await answer(port, lambda: health)

    async def asked():
        done = await asyncio.to_thread(pledgewatch, tmp_path, "ready", "--port", str(port))
        return done.returncode, done.stdout + done.stderr

    assert await asked() == (1, "not ready: no progress for 61 s\n")
    health = Health(ready=True, why="nothing waits")
    assert await asked() == (0, "ready: nothing waits\n")
    close()
    code, words = await asked()
    assert code == 4
    assert f"Nothing on port {port} of 127.0.0.1 says whether it is ready" in words
