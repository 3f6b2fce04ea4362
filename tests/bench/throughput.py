"""Facts per second through the core, the app, its skeleton and an empty agent, from one run on one machine.

    python tests/bench/throughput.py [--facts 2000] [--warm 500] [--rounds 3] [--limit SECONDS] [--json]

    core      decode each fact, add it to one partition, and in the end assess every destination once
    app       the stream as it is built (place, watch, clock's ticks), on the embedded log, without HTTP and warehouse
    house     the app with everything beside it but HTTP: warehouse, deliverer
    skeleton  the app with empty functions: same hops, tables, sends and bytes (`skeleton.py` says how they are taken
              from a run of the app, which comes first and is not counted)
    empty     a Faust agent that reads the same facts from the same log and does nothing
    assess    the pure core over 472 incidents and 2,217 licenses: seconds, with all matches

The facts of a round are sent to the running app in pieces of 1,000; a round ends when nothing is left to do and the
log has all that was sent. Rounds of
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
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from skeleton import Mark, Script, at_rest, own_ports, script_of, wire

from schemas import AnyFact, Incident, License
from schemas.codec import decode_fact, encode, log_key, topic_of
from schemas.topics import TOPICS
from streams.agents.naming import RegisterNamer
from streams.agents.store import GROUP as STORE_GROUP
from streams.agents.store import store_all
from streams.demo.load import load_world
from streams.house import deliver, open_house
from streams.rules.assess import Assessor, assess_facts
from streams.rules.dossier import Partition
from streams.settings import Settings
from streams.topology import FACT_TOPICS, GROUP, STORED, Stream, build, hear_strangers, together
from streams.transport.app import events_of, log_address, make_app, make_topic, running
from streams.transport.app import run as run_loop
from streams.transport.embedded import EmbeddedProducer, EmbeddedReader
from streams.transport.log import Log, acquire, release
from streams.transport.ports import Outgoing, Record
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


class Load(msgspec.Struct, frozen=True):
    """The facts of all rounds."""

    records: Sequence[Outgoing]
    script: Script
    """What the app sends for them."""


Round = Callable[[Load], Took]


class Watch:
    """Stops the time of a round."""

    def __init__(self) -> None:
        self._begun, self._processor = time.perf_counter(), time.process_time()

    def took(self) -> Took:
        """Since it was made."""
        return Took(time.perf_counter() - self._begun, time.process_time() - self._processor)


# -- the core ---------------------------------------------------------------------------------------------------------


def core(load: Load) -> Took:
    """The pure core; the first facts are there before it is measured."""
    world, warm = Partition(), load.script.warm.facts
    for record in load.records[:warm]:
        assert record.value is not None
        world.add(decode_fact(record.value))
    watch = Watch()
    for record in load.records[warm:]:
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


async def fed(log: Log, load: Load, done: Callable[[Mark], bool]) -> Took:
    """Send the facts of a load and wait until all is `done`; the first facts are not measured."""
    warm = load.script.warm
    await _sent(log, load.records[: warm.facts], lambda: done(warm))
    watch = Watch()
    await _sent(log, load.records[warm.facts :], lambda: done(load.script.whole))
    return watch.took()


async def _sent(log: Log, records: Sequence[Outgoing], done: Callable[[], bool]) -> None:
    producer = EmbeddedProducer(log)
    for start in range(0, len(records), PIECE):
        await producer.send(records[start : start + PIECE])
    while not done():  # noqa: ASYNC110  (many things have to come to rest)
        await asyncio.sleep(0.01)


def stored(log: Log) -> bool:
    """Whether the warehouse has everything."""
    places = log.offsets(STORE_GROUP)
    return all(
        end == (places[topic, partition].offset if (topic, partition) in places else 0)
        for topic in STORED
        for partition, end in log.highwaters(topic).items()
    )


def watched(stream: Stream, mark: Mark) -> bool:
    """Whether the app has taken in every copy, said all that it has to say, and the log has it."""
    return len(stream.app.tables["rows"]) == mark.rows and stream.watch.idle and at_rest(stream.app)


async def app(load: Load) -> Took:
    """The stream itself."""
    async with new_log() as (log, home):
        return await app_on(log, home, load)


async def what_it_says(load: Load) -> dict[str, list[Record]]:
    """What the app writes into its topics for the facts of a load."""
    async with new_log() as (log, home):
        await app_on(log, home, load)
        return {topic: everything(log, topic) for topic in ("alerts", "remarks", "dossiers")}


def everything(log: Log, topic: str) -> list[Record]:
    """Every record of a topic, partition by partition, each in order."""
    return [r for p, end in log.highwaters(topic).items() for r in log.read(topic, p, 0, end)]


async def app_on(log: Log, home: Path, load: Load) -> Took:
    stream = build(log_address(home / "log.sqlite"), partitions=PARTITIONS, home=home)
    async with running(stream.app) as worker:
        found = fed(log, load, lambda mark: watched(stream, mark))
        hearing = hear_strangers(stream, EmbeddedReader(log))
        return await _beside(found, worker.failed(), stream.watch.end_bursts(), hearing)


async def house(load: Load) -> Took:
    """Everything but HTTP."""
    with tempfile.TemporaryDirectory(prefix="pledgewatch-bench-") as folder:
        async with open_house(Settings(home=Path(folder), partitions=PARTITIONS, tick_every=0)) as opened:
            stream, log = opened.stream, opened.log
            async with running(stream.app) as worker:
                found = fed(log, load, lambda mark: watched(stream, mark) and stored(log))
                return await _beside(
                    found,
                    worker.failed(),
                    stream.watch.end_bursts(),
                    hear_strangers(stream, opened.reader),
                    store_all(opened.reader, WarehouseStore(opened.warehouse, read=decode_fact), STORED),
                    deliver(opened),
                )


async def skeleton(load: Load) -> Took:
    """The same topics, tables and sends, and nothing in between."""
    async with new_log() as (log, home):
        return await skeleton_on(log, home, load)


async def skeleton_on(log: Log, home: Path, load: Load) -> Took:
    """The skeleton on a log."""
    ports = own_ports(log_address(home / "log.sqlite"), PARTITIONS, home)
    progress = wire(ports, load.script)
    async with running(ports.app) as worker:
        found = fed(log, load, lambda mark: progress.at(mark) and at_rest(ports.app))
        return await _beside(found, worker.failed())


async def empty(load: Load) -> Took:
    """An agent that does nothing."""
    async with new_log() as (log, home):
        made = make_app(GROUP, log_address(home / "log.sqlite"), PARTITIONS, home)
        seen = 0

        async def nothing(stream: Any) -> None:
            nonlocal seen
            async for _ in events_of(stream):
                seen += 1

        made.agent(make_topic(made, *FACT_TOPICS, compacted=True), name="nothing")(nothing)
        async with running(made) as worker:
            return await _beside(fed(log, load, lambda mark: seen == mark.facts), worker.failed())


async def _beside(found: Any, *parts: Any) -> Took:
    task: asyncio.Future[Took] = asyncio.ensure_future(found)
    await together(task, *parts)
    return task.result()


# -- rounds -----------------------------------------------------------------------------------------------------------

KINDS: dict[str, Round] = {
    "core": core,
    "app": lambda load: run_loop(app(load)),
    "house": lambda load: run_loop(house(load)),
    "skeleton": lambda load: run_loop(skeleton(load)),
    "empty": lambda load: run_loop(empty(load)),
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


def load_of(count: int, warm: int) -> Load:
    """`count` facts and `warm` before them, and what the app sends for them, as a run of it shows."""
    facts = load_world(count + warm, seed=1)
    records = [Outgoing(topic=topic_of(fact), key=log_key(fact), value=encode(fact)) for fact in facts]
    said = run_loop(what_it_says(Load(records, script_of(records, warm, PARTITIONS))))
    return Load(records, script_of(records, warm, PARTITIONS, said))


def measure(count: int, warm: int, rounds: int, told: Callable[[str], object], until: float) -> list[Line]:
    """Every kind `rounds` times, in turn; stops after a whole turn when the time is over."""
    load = load_of(count, warm)
    told("what the app sends for a fact: " + ", ".join(f"{v:,.2f} {k}" for k, v in load.script.measures().items()))
    lists = licenses_and_incidents()
    took: dict[str, list[Took]] = {kind: [] for kind in (*KINDS, "assess")}
    for number in range(1, rounds + 1):
        for kind, once in KINDS.items():
            took[kind].append(once(load))
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
    parser.add_argument("--warm", type=int, default=500, help="Facts before, not measured.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=float, default=900, help="Seconds after which no new round begins.")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    until = time.monotonic() + asked.limit
    lines = measure(
        asked.facts, asked.warm, asked.rounds, lambda words: print(words, file=sys.stderr, flush=True), until
    )
    print(
        msgspec.json.encode({"facts": asked.facts, "lines": lines, "ratios": ratios(lines)}).decode()
        if asked.json
        else table(lines)
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
