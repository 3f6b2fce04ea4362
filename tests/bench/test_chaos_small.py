"""The small sister of `make chaos`: the script itself in its embedded form, its plan, and its judgment."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CHAOS = HERE / "chaos.py"
PARTS = ["store", "intake", "deliver", "worker 1", "worker 2", "broker 1", "broker 2", "broker 3", "leader"]


@pytest.fixture
def chaos_plan(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(HERE))
    import chaos_plan

    return chaos_plan


@pytest.mark.slow
def test_kill_9_loses_nothing_acknowledged_and_changes_no_alert() -> None:
    asked = [
        *(sys.executable, str(CHAOS), "--form", "embedded", "--facts", "300", "--faults", "3", "--seed", "3"),
        *("--core-only", "--json", "--limit", "270"),
    ]
    child = subprocess.run(asked, capture_output=True, text=True, timeout=300)
    assert child.returncode == 0, child.stdout + child.stderr
    found = json.loads(child.stdout)
    assert found["killed"] == 3
    assert found["acknowledged"] > 100
    assert found["alerts"] > 20
    assert found["notices"] > 0
    assert found["lost"] == found["doubled"] == found["differ_from_core"] == found["unstored"] == found["untold"] == 0


def test_the_same_seed_plans_the_same_faults_and_another_seed_others(chaos_plan) -> None:
    first = chaos_plan.plan(7, 30, PARTS, stopped_for=10)
    assert first == chaos_plan.plan(7, 30, PARTS, stopped_for=10)
    assert first != chaos_plan.plan(8, 30, PARTS, stopped_for=10)


def test_thirty_faults_hit_every_part_by_kill_and_by_stop(chaos_plan) -> None:
    for seed in range(20):
        faults = chaos_plan.plan(seed, 30, PARTS, stopped_for=10)
        assert {fault.part for fault in faults} == set(PARTS)
        assert {fault.how for fault in faults} == {"kill -9", "SIGSTOP"}
        assert all(fault.away > 10 for fault in faults if fault.how == "SIGSTOP")
        assert [fault.upto for fault in faults] == sorted(fault.upto for fault in faults)
        assert faults[-1].moment in ("after the load", "while it starts")


def test_what_is_one_process_is_killed_and_never_stopped(chaos_plan) -> None:
    faults = chaos_plan.plan(1, 30, ["the process"])
    assert {fault.how for fault in faults} == {"kill -9"}


def test_a_count_that_is_not_0_fails_the_run_and_is_marked(chaos_plan) -> None:
    import chaos_judging
    import msgspec

    names = msgspec.structs.fields(chaos_judging.Verdict)
    good = chaos_judging.Verdict(**{field.name: "kafka" if field.type is str else 0 for field in names})
    assert not any(good.must_be_zero().values())
    for name in good.must_be_zero():
        bad = msgspec.structs.replace(good, **{name: 1})
        assert any(bad.must_be_zero().values())
        (line,) = [line for line in chaos_judging.table([], bad).splitlines() if line.endswith("   must be 0")]
        assert line.startswith(name.replace("_", " "))
