from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import time
from contextlib import closing
from pathlib import Path
from runpy import run_path

import pytest

from streams.errors import Stop
from streams.warehouse.chdb import ChdbWarehouse
from streams.warehouse.migrations import migrate
from streams.warehouse.reads import Reads
from streams.warehouse.store import WarehouseStore

WRITER = Path(__file__).with_name("writer_process.py")
WRITTEN = run_path(str(WRITER))
BATCH = 20


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *arguments], capture_output=True, text=True, timeout=60
    )


def test_a_folder_held_by_another_process_is_refused_in_words(tmp_path: Path) -> None:
    holder = ChdbWarehouse(tmp_path / "held")
    code = """
        import sys
        from pathlib import Path
        from streams.errors import Stop
        from streams.warehouse.chdb import ChdbWarehouse
        try:
            ChdbWarehouse(Path(sys.argv[1]))
        except Stop as stop:
            print(stop)
    """
    refused = run(code, str(tmp_path / "held"))
    assert "is held by another process (pid " in refused.stdout
    assert "One process holds it at a time" in refused.stdout
    holder.close()
    assert run(code, str(tmp_path / "held")).stdout == ""


def test_the_engine_is_not_started_before_it_is_asked(tmp_path: Path) -> None:
    code = """
        import sys
        from pathlib import Path
        from streams.warehouse.chdb import ChdbWarehouse
        from streams.warehouse.reads import Reads
        from streams.warehouse.store import WarehouseStore
        warehouse = ChdbWarehouse(Path(sys.argv[1]))
        Reads(warehouse), WarehouseStore(warehouse)
        print("before", any(name == "chdb" or name.startswith("clickhouse_driver") for name in sys.modules))
        warehouse.query("SELECT 1")
        print("after", "chdb" in sys.modules)
        warehouse.close()
    """
    assert run(code, str(tmp_path / "lazy")).stdout.split() == ["before", "False", "after", "True"]


def test_a_closed_warehouse_says_so_and_its_folder_opens_again(tmp_path: Path) -> None:
    warehouse = ChdbWarehouse(tmp_path / "again")
    window = "SETTINGS non_replicated_deduplication_window = 10"
    warehouse.command(f"CREATE TABLE kept (a UInt8) ENGINE = MergeTree ORDER BY a {window}")
    warehouse.insert("kept", ("a",), [(1,)], token="once")
    warehouse.close()
    warehouse.close()
    with pytest.raises(Stop, match="The warehouse is closed"):
        warehouse.query("SELECT 1")
    with closing(ChdbWarehouse(tmp_path / "again")) as warehouse:
        warehouse.insert("kept", ("a",), [(1,)], token="once")
        assert warehouse.query("SELECT a FROM kept").rows == [(1,)]


def test_a_second_folder_in_one_process_is_refused_in_words(tmp_path: Path) -> None:
    with closing(ChdbWarehouse(tmp_path / "second")) as second:
        with closing(ChdbWarehouse(tmp_path / "first")) as first:
            first.query("SELECT 1")
            with pytest.raises(Stop, match="Is another folder open in this process"):
                second.query("SELECT 1")
        assert second.query("SELECT 1").rows == [(1,)]


def test_a_path_that_the_engine_would_misread_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Stop, match="must not hold any of"):
        ChdbWarehouse(tmp_path / "what?")


def test_a_folder_with_blanks_and_foreign_letters_works(tmp_path: Path) -> None:
    with closing(ChdbWarehouse(tmp_path / "eine Ablage für 第一")) as warehouse:
        assert warehouse.query("SELECT 1 AS one").rows == [(1,)]


def test_a_query_beyond_the_memory_limit_is_refused_and_the_next_one_answered(tmp_path: Path) -> None:
    code = """
        import sys
        from pathlib import Path
        from streams.errors import Wait
        from streams.warehouse.chdb import ChdbWarehouse
        warehouse = ChdbWarehouse(Path(sys.argv[1]), memory=700_000_000)
        try:
            warehouse.query("SELECT length(groupArray(repeat('x', 1000))) FROM numbers(3000000)")
        except Wait as wait:
            print("wait", "code 241" in str(wait))
        print(warehouse.query("SELECT 1").rows)
        warehouse.close()
    """
    assert run(code, str(tmp_path / "small")).stdout.split() == ["wait", "True", "[(1,)]"]


@pytest.mark.slow
def test_kill_9_loses_nothing_acknowledged_and_what_is_sent_again_counts_once(tmp_path: Path) -> None:
    folder = tmp_path / "killed"
    with closing(ChdbWarehouse(folder)) as warehouse:
        migrate(warehouse)
    acknowledged, start = -1, 0
    for turn in range(4):
        writer = subprocess.Popen(
            [sys.executable, str(WRITER), str(folder), str(start), str(BATCH)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        assert writer.stdout.readline().strip() == "open"
        time.sleep(0.25 + 0.13 * turn)
        writer.send_signal(signal.SIGKILL)
        lines = writer.stdout.read().split()
        writer.wait()
        acknowledged = max([acknowledged, *map(int, lines)])
        start = max(0, acknowledged + 1 - BATCH - 7)  # repeats what was acknowledged, in other cuts
    assert acknowledged > BATCH
    with closing(ChdbWarehouse(folder)) as warehouse:
        (row,) = warehouse.query("SELECT count(), uniqExact(offset), max(offset) FROM records").rows
        total, distinct, last = (int(str(number)) for number in row)
        assert total == distinct == last + 1 >= acknowledged + 1
        for table in ("alert_log_rows", "alert_rows"):  # what was under way may be in one table and not in the other
            (row,) = warehouse.query(f"SELECT max(offset) FROM {table}").rows
            assert acknowledged <= int(str(row[0])) <= last
        WarehouseStore(warehouse).write([WRITTEN["record"](offset) for offset in range(start, last + 3)])
        assert everything(warehouse) == [(last + 3, last + 3)] * 2
        newest = {alert.id: alert for alert in Reads(warehouse).alerts()}
        assert newest == {word.id: word for word in map(WRITTEN["alert"], range(last - 7, last + 3))}


def everything(warehouse: ChdbWarehouse) -> list[tuple[object, ...]]:
    """Rows and different places of all records, and of all words of alerts."""
    asked = ("SELECT count(), uniqExact(offset) FROM records", "SELECT count(), uniqExact(offset) FROM alert_history")
    return [tuple(warehouse.query(sql).rows[0]) for sql in asked]
