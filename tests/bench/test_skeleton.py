"""The skeleton sends what the app sends: as many records, to the same partitions, the same bytes."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


def _load(name: str) -> ModuleType:
    """Tests are no packages, so what stands beside them is loaded by its file, once, under its name."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


skeleton = _load("skeleton")
throughput = _load("throughput")
FACTS, WARM = 150, 50


@pytest.mark.slow
async def test_the_log_of_a_skeleton_holds_what_the_log_of_the_app_holds() -> None:
    records = [
        throughput.Outgoing(topic=throughput.topic_of(f), key=throughput.log_key(f), value=throughput.encode(f))
        for f in throughput.load_world(FACTS + WARM, seed=1)
    ]
    copies_only = skeleton.script_of(records, WARM, throughput.PARTITIONS)
    async with throughput.new_log() as (log, home):
        await throughput.app_on(log, home, throughput.Load(records, copies_only))
        said = {topic: throughput.everything(log, topic) for topic in ("alerts", "remarks", "dossiers")}
        rows = log.count("pledgewatch-rows-changelog")
    script = skeleton.script_of(records, WARM, throughput.PARTITIONS, said)
    assert script.whole.rows == rows
    async with throughput.new_log() as (log, home):
        await throughput.skeleton_on(log, home, throughput.Load(records, script))
        for topic, count in skeleton.expected_ends(script, "pledgewatch-rows-changelog").items():
            assert log.count(topic) == count, topic
        for topic in ("alerts", "remarks"):
            found = sorted((r.partition, r.key, r.value) for r in throughput.everything(log, topic))
            assert found == sorted((r.partition, r.key, r.value) for r in said[topic])
        copied = sorted((r.partition, r.key, r.value) for r in throughput.everything(log, "dossiers"))
        assert copied == sorted((r.partition, r.key, r.value) for r in said["dossiers"])


def test_what_is_said_is_spread_evenly_and_wholly() -> None:
    said = [("table", n) for n in range(10)]
    shares = list(skeleton._spread(4, said))
    assert [one for share in shares for one in share] == said
    assert [len(share) for share in shares] == [2, 3, 2, 3]
