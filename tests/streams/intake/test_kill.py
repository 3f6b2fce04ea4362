"""`kill -9` while facts come in by the door: what was acknowledged is in the log, and nothing is there twice."""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schemas.codec import decode_fact
from streams.transport.log import Log

_FEEDER = """
import asyncio, datetime as dt, json, sys
from pathlib import Path
from schemas.codec import TOPIC_OF
from streams.access import Access
from streams.intake.door import Asked, Door
from streams.intake.index import Index
from streams.transport.embedded import EmbeddedProducer, EmbeddedReader
from streams.transport.log import Log

home, facts = Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text())
log = Log(home / "log.sqlite")
for topic in TOPIC_OF.values():
    log.create_topic(topic, 2)
index = Index(home / "intake.sqlite")
clock = lambda: dt.datetime.now(dt.UTC)
door = Door(EmbeddedProducer(log), EmbeddedReader(log), index, partitions=2, clock=clock)
office = Access(name="office", scopes=frozenset({"officer"}))

async def feed():
    print("ready", flush=True)
    for start in range(0, len(facts), 40):
        some = facts[start : start + 40]
        results = await door.take(json.dumps(some).encode(), office, Asked())
        for fact, result in zip(some, results, strict=True):
            assert result.receipt, result
            print(fact["id"], result.receipt, flush=False)
        sys.stdout.flush()
    print("done", flush=True)

asyncio.run(feed())
"""


def feed(home: Path, facts: Path, kill_after: float | None) -> list[str]:
    """What the feeder printed until it was done or killed."""
    child = subprocess.Popen([sys.executable, "-c", _FEEDER, str(home), str(facts)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child.pid, signal.SIGKILL)
    lines = child.stdout.read().splitlines()
    child.wait(60)
    return lines


@pytest.mark.slow
def test_kill_of_the_door_loses_nothing_acknowledged_and_doubles_nothing(
    tmp_path: Path, an_incident: Callable[..., dict[str, Any]]
) -> None:
    chance = random.Random(7)
    facts = tmp_path / "facts.json"
    facts.write_text(json.dumps([an_incident(id=f"c{n}") for n in range(2_000)]))
    acknowledged: dict[str, str] = {}
    killed = 0
    for _ in range(6):
        lines = feed(tmp_path, facts, chance.uniform(0.02, 0.5))
        killed += "done" not in lines
        for fact, receipt in (line.split() for line in lines if line.count(" ") == 1):
            assert acknowledged.setdefault(fact, receipt) == receipt
    assert killed >= 3
    last = feed(tmp_path, facts, None)
    assert last[-1] == "done"
    assert dict(line.split() for line in last[:-1]).items() >= acknowledged.items()
    assert asyncio.run(times_in_log(tmp_path)) == Counter(f"c{n}" for n in range(2_000))


async def times_in_log(home: Path) -> Counter[str]:
    log = Log(home / "log.sqlite")
    records = [record for part in range(2) for record in log.read("incidents", part, 0, 10_000)]
    log.close()
    return Counter(decode_fact(record.value).id for record in records if record.value is not None)
