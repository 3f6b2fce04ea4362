"""THE page: every topic, table and agent of the stream, drawn here and built below, and nowhere else.

    feeders, officers ─▶ intake ─▶ licenses deliveries reports incidents decisions judgments names policies
                                   clock ─────────────────────────────────────────────────────────▶ ticks
                                                          │  one record per fact
                                                          ▼
                                                 ┌────── place ──────┐   copies to where the fact belongs; stateless
                                                 ▼                   ▼
                                              parked              dossiers        partition = hash(destination)
                                                                     ▼
                                   rows ◀────────────────────────  watch  ◀─ recheck (recovery, a stranger's record)
                               (table: one a fact)                   │
                                         alerts, remarks ◀───────────┘            tables whose changelogs are the topics
                                            │
                      ┌─────────────────────┴──────────┐
                      ▼                                ▼
            deliver ─▶ notices                store: every topic ─▶ warehouse ─▶ pages, API, boards

One Faust app carries `place` and `watch`. What has to follow a topic without a table (deliver, store) reads through the
`Reader` port. Offsets move only after every send before them has succeeded.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from schemas import Parked
from schemas.codec import TOPIC_OF, encode
from schemas.topics import TOPICS
from streams.agents.arrival import Arrival
from streams.agents.naming import RegisterNamer
from streams.agents.place import place_facts
from streams.agents.watch import Watch, WatchPorts
from streams.rules.assess import Assessor
from streams.rules.naming import NamerOf
from streams.rules.placing import Copy
from streams.transport.app import App, RawTable, events_of, make_app, make_table, make_topic
from streams.transport.ports import Reader
from streams.transport.readback import strangers

FACT_TOPICS = tuple(TOPIC_OF.values())
DERIVED = ("dossiers", "alerts", "remarks", "notices", "parked")
STORED = (*FACT_TOPICS, "alerts", "remarks", "notices", "parked")
"""What the warehouse holds. `dossiers` are copies of facts that it holds already."""
GROUP = "pledgewatch"
CHANGELOGS = (f"{GROUP}-rows-changelog",)
"""What tables remember in topics that have no file of their own."""


class Stream(msgspec.Struct, frozen=True):
    """The built topology."""

    app: App
    watch: Watch
    alerts: RawTable
    remarks: RawTable


def build(log_url: str, *, partitions: int, home: Path, namer_of: NamerOf = RegisterNamer, **settings: Any) -> Stream:
    """The app on the log at `log_url`, with its topics, tables and agents."""
    app = make_app(GROUP, log_url, partitions, home, **settings)
    topics = {name: _topic(app, name) for name in (*FACT_TOPICS, *DERIVED)}
    facts = make_topic(app, *FACT_TOPICS, compacted=True)
    rows = make_table(app, "rows")
    alerts = make_table(app, "alerts", changelog=topics["alerts"], read_back=True)
    remarks = make_table(app, "remarks", changelog=topics["remarks"], read_back=True)

    async def send_copy(copy: Copy) -> None:
        await topics["dossiers"].post(key=copy.key, value=copy.value or None, partition=copy.partition)

    async def park(parked: Parked) -> None:
        await topics["parked"].send(key=(parked.key or parked.hash).encode(), value=encode(parked))

    taken: dict[Any, int] = {}

    def waiting() -> int:
        return sum(max(0, (app.consumer.highwater(tp) or 0) - offset) for tp, offset in list(taken.items()))

    watch = Watch(
        WatchPorts(
            rows=rows, alerts=alerts, remarks=remarks, ask=send_copy, park=park, partitions=partitions, waiting=waiting
        ),
        Assessor(namer_of),
    )

    async def place(stream: Any) -> None:
        await place_facts(_arrivals(stream, taken), partitions, send_copy, park)

    async def keep_watch(stream: Any) -> None:
        await watch.run(_arrivals(stream, taken))

    async def recover(*_: Any) -> None:
        await watch.recovered(list(rows.items()), [*alerts.keys(), *remarks.keys()])

    app.agent(facts, name="place")(place)
    app.agent(topics["dossiers"], name="watch")(keep_watch)
    alerts.on_recover(recover)
    return Stream(app, watch, alerts, remarks)


def _topic(app: App, name: str) -> Any:
    return make_topic(app, name, compacted=TOPICS[name].cleanup == "compact")


async def _arrivals(stream: Any, taken: dict[Any, int]) -> AsyncIterator[Arrival]:
    """The stream's records as our own; `taken` notes how far each part was taken in."""
    async for event in events_of(stream):
        message = event.message
        yield Arrival(
            topic=message.topic,
            partition=message.partition,
            offset=message.offset,
            timestamp_ms=int((message.timestamp or 0) * 1000),
            key=message.key or b"",
            value=message.value or b"",
        )
        taken[message.tp] = message.offset + 1


async def hear_strangers(stream: Stream, reader: Reader) -> None:
    """Have looked at again what somebody else wrote into our partitions of `alerts` and `remarks`."""

    async def contradict(table: RawTable) -> None:
        async for record in strangers(stream.app, table, reader):
            if record.key is not None:
                await stream.watch.contradicted(record.key, record.partition)

    await together(contradict(stream.alerts), contradict(stream.remarks))


async def together(*parts: Awaitable[object]) -> None:
    """Run parts side by side; when one ends or fails, end all, and raise what it raised."""
    tasks = [asyncio.ensure_future(p) for p in parts]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        with suppress(BaseException):
            await asyncio.gather(*tasks, return_exceptions=True)
