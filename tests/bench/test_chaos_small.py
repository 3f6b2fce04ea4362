"""The small sister of `make chaos`: the script itself, with few facts and three kills."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

CHAOS = Path(__file__).with_name("chaos.py")


@pytest.mark.slow
def test_kill_9_loses_nothing_acknowledged_and_changes_no_alert() -> None:
    asked = [sys.executable, str(CHAOS), "--facts", "300", "--kills", "3", "--seed", "3", "--core-only", "--json"]
    child = subprocess.run([*asked, "--limit", "240"], capture_output=True, text=True, timeout=300)
    assert child.returncode == 0, child.stdout + child.stderr
    found = json.loads(child.stdout)
    assert found["kills"] == 3
    assert found["acknowledged"] > 100
    assert found["alerts"] > 20
    assert found["lost"] == found["doubled"] == found["differ_from_core"] == found["unstored"] == 0
