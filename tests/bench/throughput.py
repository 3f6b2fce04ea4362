"""Facts per second through the core, the app, its skeleton and an empty agent, from one run on one machine.

    python tests/bench/throughput.py [--facts 2000] [--rounds 3] [--limit SECONDS] [--json]

    core      decode each fact, add it to one partition, and in the end assess every destination once
    app       the stream as it is built (place, watch, clock's ticks), on the embedded log, without HTTP and warehouse
    house     the app with everything beside it but HTTP: warehouse, deliverer
    skeleton  the app with empty functions: same topics, tables and log; a fact goes to one partition by its hash, the
              row is written and nothing else
    empty     a Faust agent that reads the same facts from the same log and does nothing
    assess    the pure core over 472 incidents and 2,217 licenses: seconds, with all matches

The facts of a round are sent to the running app in pieces of 1,000; a round ends when nothing is left to do. Rounds of
all kinds follow each other in turn, so that a busy machine slows all of them. Beside the facts per second of the clock
stand those of the processor, which depend less on what else runs.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from zlib import crc32

import msgspec

from schemas import AnyFact, Incident, License
from schemas.codec import TOPIC_OF, decode_fact, encode, log_key, topic_of
from schemas.topics import TOPICS
from streams.agents.naming import RegisterNamer
from streams.agents.store import GROUP as STORE_GROUP
from streams.agents.store import store_all
from streams.demo.load import load_world
from streams.house import deliver, open_house
from streams.rules.assess import Assessor, assess_facts
from streams.rules.dossier import Partition
from streams.settings import Settings
from streams.topology import DERIVED, FACT_TOPICS, GROUP, STORED, build, hear_strangers, together
from streams.transport.app import App, log_address, make_app, make_table, make_topic, running
from streams.transport.app import run as run_loop
from streams.transport.embedded import EmbeddedProducer, EmbeddedReader
from streams.transport.log import Log, acquire, release
from streams.transport.ports import Outgoing
from streams.warehouse.store import WarehouseStore

PARTITIONS = 8
PIECE = 1_000
INCIDENTS, LICENSES = 472, 2_217
"""As many as the public list of reports and the public list of licenses have."""


class Took(msgspec.Struct, frozen=True):
    """What one round took."""

    seconds: float
    """By the clock on the wall."""
    processor: float
    """Of the processor, all threads [s]."""


Round = Callable[[Sequence[Outgoing]], Took]


class Watch:
    """Stops the time of a round."""

    def __init__(self) -> None:
        self._begun, self._processor = time.perf_counter(), time.process_time()

    def took(self) -> Took:
        """Since it was made."""
        return Took(time.perf_counter() - self._begun, time.process_time() - self._processor)


# -- the core ---------------------------------------------------------------------------------------------------------


def core(records: Sequence[Outgoing]) -> Took:
    """The pure core."""
    watch = Watch()
    world = Partition()
    for record in records:
        assert record.value is not None
        world.add(decode_fact(record.value))
    assessor = Assessor(RegisterNamer)
    for destination in world.destinations():
        for alert in assessor.assess(world, destination, matching=False).alerts:
            encode(alert)
    return watch.took()


def assess(facts: Sequence[AnyFact]) -> Took:
    """What `pledgewatch assess` computes."""
    watch = Watch()
    for assessment in assess_facts(facts, namer_of=RegisterNamer):
        for record in (*assessment.alerts, *assessment.matches):
            msgspec.json.encode(record)
    return watch.took()


def licenses_and_incidents() -> list[AnyFact]:
    """As many as the public lists have: a load's own, and its licenses again under other numbers."""
    facts = list(load_world(8_000, seed=2))
    granted = list({f.ref: f for f in facts if isinstance(f, License)}.values())
    told = list({f.ref: f for f in facts if isinstance(f, Incident)}.values())
    again = (
        msgspec.structs.replace(granted[n % len(granted)], id=f"{granted[n % len(granted)].id}-{n}")
        for n in range(LICENSES)
    )
    return [facts[0], facts[-1], *again, *told[:INCIDENTS]]


# -- on the log -------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def new_log() -> AsyncIterator[tuple[Log, Path]]:
    """An empty log with every topic."""
    with tempfile.TemporaryDirectory(prefix="pledgewatch-bench-") as folder:
        home = Path(folder)
        log = acquire(home / "log.sqlite")
        try:
            for topic in TOPICS.values():
                log.create_topic(topic.name, PARTITIONS, compacted=topic.cleanup == "compact")
            yield log, home
        finally:
            release(log)


async def fed(
    log: Log, records: Sequence[Outgoing], places: Mapping[str, Sequence[str]], busy: Callable[[], bool]
) -> Took:
    """Send `records` and wait until the groups of `places` have read their topics and nothing is `busy`."""
    watch, producer = Watch(), EmbeddedProducer(log)
    for start in range(0, len(records), PIECE):
        await producer.send(records[start : start + PIECE])
    while busy() or any(_behind(log, group, topics) for group, topics in places.items()):  # noqa: ASYNC110  (two files)
        await asyncio.sleep(0.02)
    return watch.took()


def _behind(log: Log, group: str, topics: Sequence[str]) -> bool:
    places = {part: place.offset for part, place in log.offsets(group).items()}
    return any(
        end > places.get((topic, partition), 0) for topic in topics for partition, end in log.highwaters(topic).items()
    )


async def app(records: Sequence[Outgoing]) -> Took:
    """The stream itself."""
    async with new_log() as (log, home):
        stream = build(log_address(home / "log.sqlite"), partitions=PARTITIONS, home=home)
        async with running(stream.app) as worker:
            changed = stream.watch._keepers
            found = fed(
                log, records, {GROUP: [*FACT_TOPICS, "dossiers"]}, lambda: any(k.changed for k in changed.values())
            )
            return await _beside(
                found, worker.failed(), stream.watch.end_bursts(), hear_strangers(stream, EmbeddedReader(log))
            )


async def house(records: Sequence[Outgoing]) -> Took:
    """Everything but HTTP."""
    with tempfile.TemporaryDirectory(prefix="pledgewatch-bench-") as folder:
        async with open_house(Settings(home=Path(folder), partitions=PARTITIONS, tick_every=0)) as opened:
            stream, log = opened.stream, opened.log
            async with running(stream.app) as worker:
                changed = stream.watch._keepers
                places = {GROUP: [*FACT_TOPICS, "dossiers"], STORE_GROUP: STORED}
                found = fed(log, records, places, lambda: any(k.changed for k in changed.values()))
                return await _beside(
                    found,
                    worker.failed(),
                    stream.watch.end_bursts(),
                    hear_strangers(stream, opened.reader),
                    store_all(opened.reader, WarehouseStore(opened.warehouse), STORED),
                    deliver(opened),
                )


async def skeleton(records: Sequence[Outgoing]) -> Took:
    """The same topics, tables and sends, and nothing in between."""
    async with new_log() as (log, home):
        made = _skeleton(log_address(home / "log.sqlite"), home)
        async with running(made) as worker:
            return await _beside(fed(log, records, {GROUP: [*FACT_TOPICS, "dossiers"]}, lambda: False), worker.failed())


def _skeleton(address: str, home: Path) -> App:
    made = make_app(GROUP, address, PARTITIONS, home)
    topics = {
        name: make_topic(made, name, compacted=TOPICS[name].cleanup == "compact")
        for name in (*TOPIC_OF.values(), *DERIVED)
    }
    rows = make_table(made, "rows")
    make_table(made, "alerts", changelog=topics["alerts"], read_back=True)
    make_table(made, "remarks", changelog=topics["remarks"])

    async def place(stream: Any) -> None:
        async for event in stream.events():
            key, value = event.message.key, event.message.value
            await topics["dossiers"].send(key=key, value=value, partition=crc32(key) % PARTITIONS)

    async def watch(stream: Any) -> None:
        async for event in stream.events():
            rows[b"%d|" % event.message.partition + event.message.key] = event.message.value

    made.agent(make_topic(made, *FACT_TOPICS, compacted=True), name="place")(place)
    made.agent(topics["dossiers"], name="watch")(watch)
    return made


async def empty(records: Sequence[Outgoing]) -> Took:
    """An agent that does nothing."""
    async with new_log() as (log, home):
        made = make_app(GROUP, log_address(home / "log.sqlite"), PARTITIONS, home)

        async def nothing(stream: Any) -> None:
            async for _ in stream.events():
                pass

        made.agent(make_topic(made, *FACT_TOPICS, compacted=True), name="nothing")(nothing)
        async with running(made) as worker:
            return await _beside(fed(log, records, {GROUP: FACT_TOPICS}, lambda: False), worker.failed())


async def _beside(found: Any, *parts: Any) -> Took:
    task: asyncio.Future[Took] = asyncio.ensure_future(found)
    await together(task, *parts)
    return task.result()


# -- rounds -----------------------------------------------------------------------------------------------------------

KINDS: dict[str, Round] = {
    "core": core,
    "app": lambda records: run_loop(app(records)),
    "house": lambda records: run_loop(house(records)),
    "skeleton": lambda records: run_loop(skeleton(records)),
    "empty": lambda records: run_loop(empty(records)),
}


class Line(msgspec.Struct, kw_only=True):
    """One kind over all rounds."""

    kind: str
    unit: str
    least: float
    median: float
    most: float
    processor: float
    """The median by the processor's time."""


def measure(count: int, rounds: int, told: Callable[[str], object], until: float) -> list[Line]:
    """Every kind `rounds` times, in turn; stops after a whole turn when the time is over."""
    records = [
        Outgoing(topic=topic_of(fact), key=log_key(fact), value=encode(fact)) for fact in load_world(count, seed=1)
    ]
    lists = licenses_and_incidents()
    took: dict[str, list[Took]] = {kind: [] for kind in (*KINDS, "assess")}
    for number in range(1, rounds + 1):
        for kind, once in KINDS.items():
            took[kind].append(once(records))
            told(f"round {number}: {kind} {count / took[kind][-1].seconds:,.0f}/s")
        took["assess"].append(assess(lists))
        told(f"round {number}: assess {took['assess'][-1].seconds:.2f} s")
        if time.monotonic() > until:
            break
    rates = [_line(kind, "facts/s", took[kind], lambda t: count / t) for kind in KINDS]
    return [*rates, _line("assess", "s", took["assess"], lambda t: t)]


def _line(kind: str, unit: str, took: Sequence[Took], value: Callable[[float], float]) -> Line:
    found = sorted(value(t.seconds) for t in took)
    processor = statistics.median(value(t.processor) for t in took)
    return Line(
        kind=kind, unit=unit, least=found[0], median=statistics.median(found), most=found[-1], processor=processor
    )  # fmt: skip


RATIOS = (("app", "core"), ("app", "skeleton"), ("app", "empty"), ("skeleton", "empty"), ("house", "app"))


def ratios(lines: Sequence[Line]) -> dict[str, tuple[float, float]]:
    """By the clock and by the processor: how fast the first is, in parts of the second."""
    by = {line.kind: line for line in lines}
    return {f"{a} / {b}": (by[a].median / by[b].median, by[a].processor / by[b].processor) for a, b in RATIOS}


def table(lines: Sequence[Line]) -> str:
    """One line a kind, one line a ratio."""
    head = f"{'':20} {'min':>10} {'median':>10} {'max':>10} {'by processor':>14}"
    rows = [
        f"{f'{one.kind} [{one.unit}]':20} {one.least:10,.2f} {one.median:10,.2f} {one.most:10,.2f}"
        f" {one.processor:14,.2f}"
        for one in lines
    ]
    shares = [f"{name:20} {'':10} {clock:10.3f} {'':10} {cpu:14.3f}" for name, (clock, cpu) in ratios(lines).items()]
    return "\n".join([head, *rows, *shares])


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--facts", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=float, default=900, help="Seconds after which no new round begins.")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    until = time.monotonic() + asked.limit
    lines = measure(asked.facts, asked.rounds, lambda words: print(words, file=sys.stderr, flush=True), until)
    print(
        msgspec.json.encode({"facts": asked.facts, "lines": lines, "ratios": ratios(lines)}).decode()
        if asked.json
        else table(lines)
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
