"""A worker that a test kills: every fact becomes a row, a running list in a table of our own topic, and an alert.

Run as `python killed_worker.py HOME FACTS`; it appends FACTS facts one small batch at a time, says after each batch how
many are acknowledged, and ends when all that are in the log are processed.
"""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from streams.transport.app import App, events_of, log_address, make_app, make_table, make_topic, run, running
from streams.transport.embedded import EmbeddedProducer, EmbeddedReader
from streams.transport.log import Log, acquire, release, waker
from streams.transport.ports import Outgoing

PARTITIONS = 3
KEYS = 500


def build(home: Path) -> App:
    app = make_app("watch", log_address(home / "log.sqlite"), PARTITIONS, home, broker_commit_interval=0.05)
    rows = make_table(app, "rows")
    lists = make_table(app, "lists", changelog=make_topic(app, "alerts", compacted=True))
    notices = make_topic(app, "notices")
    read = make_topic(app, "facts", "ticks")

    async def watch(stream: Any) -> None:
        async for event in events_of(stream):
            here = event.message.partition
            key = b"%d|%s" % (here, event.key)
            rows[key + b"|" + event.value] = event.value
            known = set((lists.get(key) or b"").split())
            lists[key] = b" ".join(sorted(known | {event.value}))
            await notices.send(key=event.value, value=event.key, partition=(here + 1) % PARTITIONS)

    app.agent(read, name="watch")(watch)
    return app


def facts_in(log: Log) -> int:
    return log.count("facts") + log.count("ticks") if log.topic("ticks") else 0


async def feed(log: Log, wanted: int) -> None:
    producer = EmbeddedProducer(log)
    sent = facts_in(log)
    while sent < wanted:
        batch = range(sent, min(wanted, sent + 10))
        topics = ("facts", "ticks")
        await producer.send([Outgoing(topics[n % 2], b"%d" % n, b"k%d" % (n % KEYS)) for n in batch])
        sent += len(batch)
        os.write(1, b"%d\n" % sent)
        await asyncio.sleep(0.001)


async def processed(log: Log) -> None:
    reader, moved = EmbeddedReader(log), asyncio.Event()
    forget = log.subscribe(waker(moved))
    while any((await reader.lag("watch", ["facts", "ticks"])).values()):
        await moved.wait()
        moved.clear()
    forget()


async def main() -> None:
    home, wanted = Path(sys.argv[1]), int(sys.argv[2])
    log = acquire(home / "log.sqlite")
    app = build(home)
    async with running(app) as worker:
        working = asyncio.create_task(feed(log, wanted))
        failing = asyncio.create_task(worker.failed())
        await asyncio.wait([working, failing], return_when=asyncio.FIRST_COMPLETED)
        if failing.done():
            await failing
        failing.cancel()
        await processed(log)
    release(log)


if __name__ == "__main__":
    run(main())
