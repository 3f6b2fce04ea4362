"""THE page: every topic, table and agent of the stream, drawn here and built below, and nowhere else.

    feeders, officers ─▶ intake ─▶ licenses deliveries reports incidents decisions judgments names policies
                                   clock ─────────────────────────────────────────────────────────▶ ticks
                                                          │  one record per fact
                                                          ▼
                                                 ┌────── place ──────┐   copies to where the fact belongs; stateless
                                                 ▼                   ▼
                                              parked              dossiers        partition = hash(destination)
                                                                     ▼
                                   rows ◀────────────────────────  watch  ◀──▶ study: the dossiers, kept and assessed,
                               (table: one a fact)                   │              here or in processes beside it
                                         alerts, remarks ◀───────────┘            tables whose changelogs are the topics
                                            │
                      ┌─────────────────────┴──────────┐
                      ▼                                ▼
            deliver ─▶ notices                store: every topic ─▶ warehouse ─▶ pages, API, boards

One Faust app carries `place` and `watch`. What has to follow a topic without a table (deliver, store) reads through the
`Reader` port. Offsets move only after every send before them has succeeded, those of `dossiers` only when what they
changed has been assessed.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
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
from streams.agents.studying import Here, Studying
from streams.agents.watch import Watch, WatchPorts, destination_of
from streams.rules.assess import Assessor
from streams.rules.placing import Copy, partition_of
from streams.rules.study import Study
from streams.transport.app import App, RawTable, done, events_of, make_app, make_table, make_topic
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


def build(log_url: str, *, partitions: int, home: Path, study: Studying | None = None, **settings: Any) -> Stream:
    """The app on the log at `log_url`, with its topics, tables and agents.

    `study`: where dossiers are kept and assessed, if not in this process. `settings` are Faust's.
    """
    app = make_app(GROUP, log_url, partitions, home, **settings)
    topics = {name: _topic(app, name) for name in (*FACT_TOPICS, *DERIVED)}
    facts = make_topic(app, *FACT_TOPICS, compacted=True)

    def partition_of_row(key: bytes) -> int:
        return int(key[: key.index(b"|")])

    def partition_of_said(key: bytes) -> int:
        return partition_of(destination_of(key), partitions)

    rows = make_table(app, "rows", partition_of=partition_of_row)
    alerts = make_table(app, "alerts", changelog=topics["alerts"], read_back=True, partition_of=partition_of_said)
    remarks = make_table(app, "remarks", changelog=topics["remarks"], read_back=True, partition_of=partition_of_said)

    async def send_copy(copy: Copy) -> None:
        await topics["dossiers"].post(key=copy.key, value=copy.value or None, partition=copy.partition)

    async def park(parked: Parked) -> None:
        await topics["parked"].send(key=(parked.key or parked.hash).encode(), value=encode(parked))

    kept = Kept(app)
    watch = Watch(
        WatchPorts(
            rows=rows, alerts=alerts, remarks=remarks, stub=send_copy, park=park, partitions=partitions,
            waiting=kept.waiting, taken=kept.taken,
        ),
        study or Here(Study(Assessor(RegisterNamer), partitions)),
    )  # fmt: skip

    async def place(stream: Any) -> None:
        await place_facts(kept.arrivals(stream, done), partitions, send_copy, park)

    async def keep_watch(stream: Any) -> None:
        await watch.run(kept.arrivals(stream, kept.keep))

    async def recover(*_: Any) -> None:
        await watch.recovered(list(rows.items()), [*alerts.keys(), *remarks.keys()])

    app.agent(facts, name="place")(place)
    app.agent(topics["dossiers"], name="watch")(keep_watch)
    alerts.on_recover(recover)
    return Stream(app, watch, alerts, remarks)


class Kept:
    """What has been read and is not done: rows that nobody has looked at yet, and how far each part was taken in."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._read: dict[Any, int] = {}
        self._rows: dict[int, list[Any]] = defaultdict(list)

    async def arrivals(self, stream: Any, handled: Callable[[Any], object]) -> AsyncIterator[Arrival]:
        """A stream's records as our own; `handled` is given each message when the next one is asked for."""
        async for event in events_of(stream, handled):
            message = event.message
            yield Arrival(
                topic=message.topic,
                partition=message.partition,
                offset=message.offset,
                timestamp_ms=int((message.timestamp or 0) * 1000),
                key=message.key or b"",
                value=message.value or b"",
            )
            self._read[message.tp] = message.offset + 1

    def waiting(self) -> int:
        """Records in the log that no agent has taken in [count]."""
        highwater = self._app.consumer.highwater
        return sum(max(0, (highwater(tp) or 0) - offset) for tp, offset in list(self._read.items()))

    def keep(self, message: Any) -> None:
        """A row was taken in: it is done when it has been assessed."""
        self._rows[message.partition].append(message)

    def taken(self, partition: int) -> Callable[[], None]:
        """What was taken in of a partition so far; call it when that has been assessed."""
        messages = self._rows.pop(partition, [])

        def assessed() -> None:
            for message in messages:
                done(message)

        return assessed


def _topic(app: App, name: str) -> Any:
    return make_topic(app, name, compacted=TOPICS[name].cleanup == "compact")


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
