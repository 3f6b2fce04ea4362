"""A real process with a mailbox file, killed with -9 at any moment and started again."""

from __future__ import annotations

import mailbox
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from schemas.codec import decode_notice, encode

ROOT = Path(__file__).parents[3]
PROCESS = """
import asyncio, datetime as dt, sys
from pathlib import Path
from streams.agents.deliver import AlertRecord, CaughtUp, DayBegun, Deliverer, DeliverPorts
from streams.agents.telling.channels.files import FolderOutbox
from streams.agents.telling.channels.opening import open_channels
from streams.agents.telling.routes import Pace, default_routes
from schemas.codec import decode_notice, encode
import msgspec

home = Path(sys.argv[1])
clock = lambda: dt.datetime.now(dt.UTC)
pace = Pace(settle_seconds=0, settle_at_most_seconds=0, history_days=36000, burst=10000)
routes = msgspec.structs.replace(default_routes(home / "mailbox"), pace=pace)
notices, done = home / "notices.ndjson", home / "done"

async def tell(notice):
    await asyncio.sleep(0.01)  # room to die in, between sending and marking
    with notices.open("ab") as file:
        file.write(encode(notice) + b"\\n")

async def nothing(*_): pass

async def heard():
    records = (home / "alerts.ndjson").read_bytes().splitlines()
    before = int(done.read_text() or 0) if done.exists() else 0
    yield DayBegun(day=dt.date(2030, 6, 1))
    for place, value in enumerate(records):
        if place == before:
            yield CaughtUp()
            print("live", flush=True)
        yield AlertRecord(key=None, value=value)
        if place >= before:
            done.write_text(str(place))
            await asyncio.sleep(0.02)

told = [decode_notice(line) for line in notices.read_bytes().splitlines()] if notices.exists() else []
ports = DeliverPorts(carriers=open_channels(routes, clock), outbox=FolderOutbox(home / "outbox"), tell=tell,
                     unreadable=nothing, moved=nothing, clock=clock)
asyncio.run(Deliverer(routes, ports, told).run(heard()))
print("all told", flush=True)
"""


@pytest.mark.slow
def test_kill_9_at_any_moment_leaves_each_mail_once_under_one_id(telling, tmp_path):
    chance = random.Random(8)
    story = [story_of(telling, chance, n) for n in range(160)]
    (tmp_path / "alerts.ndjson").write_bytes(b"\n".join(encode(alert) for alert in story))
    for _ in range(8):
        run(tmp_path, chance.uniform(0.02, 0.2))
    assert run(tmp_path, None) == "all told"
    mails = Counter(mail["Message-ID"] for mail in mailbox.mbox(tmp_path / "mailbox" / "officers.mbox"))
    notices = [decode_notice(line) for line in (tmp_path / "notices.ndjson").read_bytes().splitlines()]
    assert set(mails.values()) == {1}
    assert {f"<{notice.id}@pledgewatch.invalid>" for notice in notices} == set(mails)
    assert len({(a, b) for n in notices for a, b in zip(n.alerts, n.befores, strict=True)}) == sum(
        len(notice.alerts) for notice in {n.id: n for n in notices}.values()
    )


def story_of(telling, chance, number):
    alert = telling.alert(
        clause_id=f"c{chance.randrange(4)}", band=chance.choice(["watch", "review", "alert"]), version=f"v{number}"
    )
    return telling.gone(alert) if chance.random() < 0.25 else alert


def run(home, seconds):
    """One process; killed that long after it has begun to tell, or left to end. Its last word."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROCESS, str(home)], cwd=ROOT, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    with process:
        word = process.stdout.readline().strip()
        if seconds is not None:
            time.sleep(seconds)
            os.kill(process.pid, signal.SIGKILL)
            return word
        rest = process.stdout.read().split("\n")
        return [line for line in [word, *rest] if line][-1]
