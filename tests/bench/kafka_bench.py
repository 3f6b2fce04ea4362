"""Facts per second over a real broker: stock Faust, a skeleton of our stream on it and on our transport, and the app.

    python tests/bench/kafka_bench.py [--facts 3000] [--warm 1000] [--rounds 3] [--seconds 30] [--limit SECONDS] [--json]

    stock empty     a stock Faust agent that reads the facts and does nothing
    stock skeleton  the skeleton of our stream (`skeleton.py`: same hops, tables, sends and bytes as the app, empty
                    functions) on Faust as it ships: its drain loop, producer, buffers and commits, on asyncio's loop
    skeleton        the same skeleton on our transport
    app             the stream as a worker runs it
    whole           what intake, broker, worker and feeders bear together on this machine, from POST to assessed
    latency         from the begin of a POST at the intake until the alert that it makes is read from topic `alerts`,
                    at half of what the whole bore in this run (both: `kafka_latency.py`)

One broker on this machine, topics made anew for each round, each round a process of its own. The facts are sent to
the running process by another one; a round ends when every fact and every copy has been handled and the log has all
that was sent. The first facts (--warm) are not measured: a worker that has just begun builds its register of names.
What the app sends for these facts is taken from a run of it that comes first and is not counted. Rounds of all kinds follow each other in turn, so that a busy machine slows all of them. Beside the facts per second of the
clock stand those of the processor's time in that process; the broker's is not in it. Changed in stock Faust: keys and
values are raw bytes, no web server, no leader topic, topics are not declared by it.

Needs Java 17 and Maven; ends with 3 and says so where they are missing.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import faust
import kafka
import msgspec
from kafka.errors import KafkaError
from kafka_latency import Latency, measure_capacity, measure_latency
from skeleton import Mark, Ports, Script, at_rest, expected_ends, own_ports, script_of, stock_ports, wire

from infra.kafka.broker import Cluster, free_ports, missing
from schemas.codec import encode, log_key, topic_of
from schemas.topics import TOPICS
from streams.agents.studying import Beside, beside
from streams.demo.load import load_world
from streams.topology import GROUP, build, together
from streams.transport.address import read_address
from streams.transport.app import run as run_loop
from streams.transport.app import running
from streams.transport.kafka import KafkaProducer, KafkaReader
from streams.transport.ports import Outgoing, Record
from streams.transport.topics import Topics, wanted
from streams.worker import Rounds, hear_strangers_always

PARTITIONS = 8
PIECE = 1_000
ROOT = Path(__file__).parents[2]
LIBS = ROOT / "var" / "kafka" / "libs"
"""Jars are fetched once for all."""
KINDS = ("stock empty", "stock skeleton", "skeleton", "app")
RATIOS = (("skeleton", "stock skeleton", 1.5), ("app", "skeleton", 0.6), ("stock skeleton", "stock empty", None))
"""The first in parts of the second, and the least that it is to be."""
SLOWEST = 1_000.0
"""What the slowest alert of a hundred is to stay under [ms]."""
WITHIN = 300.0
"""Seconds after which a round has failed."""


class Took(msgspec.Struct, frozen=True):
    """What one round took."""

    seconds: float
    """By the clock on the wall."""
    processor: float
    """Of the processor: all threads of the process that read and sent, and of the one that assesses beside it [s]."""


# -- one round, in a process of its own -------------------------------------------------------------------------------


async def stock(url: str, script: Script, kind: str, name: str, home: Path) -> None:
    """A round of stock Faust. It is not stopped: the process ends."""
    ports = stock_ports(
        faust.App, id=name, broker=url.replace("kafka://", "aiokafka://"), topic_partitions=PARTITIONS,
        topic_replication_factor=1, topic_disable_leader=True, topic_allow_declare=False, key_serializer="raw",
        value_serializer="raw", store="memory://", datadir=str(home), web_enabled=False, autodiscover=False,
    )  # fmt: skip
    done = _doing_nothing(ports) if kind == "stock empty" else _all_written(ports, script, url)
    ports.app.finalize()
    await ports.app.start()
    while ports.app.rebalancing or ports.app.in_recovery or not ports.app.consumer.assignment():  # noqa: ASYNC110
        await asyncio.sleep(0.1)
    await asyncio.sleep(2)
    await _measured(done, script)
    os._exit(0)


async def ours(url: str, script: Script, name: str, home: Path) -> None:
    """A round of the skeleton on our transport."""
    ports = own_ports(url, PARTITIONS, home, name=name)
    done = _all_written(ports, script, url)
    async with running(ports.app) as worker:
        await together(worker.failed(), _measured(done, script))


async def app(url: str, script: Script, home: Path) -> None:
    """A round of the app, with what a worker runs beside it."""
    async with beside(PARTITIONS) as study:
        await _app(url, script, home, study)


async def _app(url: str, script: Script, home: Path, study: Beside) -> None:
    stream = build(url, partitions=PARTITIONS, home=home, study=study)
    rounds = Rounds()
    stream.alerts.on_recover(rounds.one_more)
    reader = KafkaReader(read_address(url).brokers)

    async def done(mark: Mark) -> bool:
        return len(stream.app.tables["rows"]) == mark.rows and stream.watch.idle and at_rest(stream.app)

    async with running(stream.app) as worker:
        hearing = hear_strangers_always(stream, reader, rounds)
        measuring = _measured(done, script, lambda: study.processor)
        await together(worker.failed(), stream.watch.end_bursts(), hearing, measuring)
    await reader.close()


def _doing_nothing(ports: Ports) -> Callable[[], Any]:
    ports.app.tables.clear()
    seen = 0

    async def nothing(stream: Any) -> None:
        nonlocal seen
        async for _ in stream.events():
            seen += 1

    async def done(mark: Mark) -> bool:
        return seen == mark.facts

    ports.app.agent(ports.facts, name="nothing")(nothing)
    return done


def _all_written(ports: Ports, script: Script, url: str) -> Callable[[], Any]:
    """Whether the skeleton has handled all, and the broker has every record that it sends."""
    progress = wire(ports, script)
    ends = expected_ends(script, f"{ports.app.conf.id}-rows-changelog")
    reader = KafkaReader(read_address(url).brokers)

    async def done(mark: Mark) -> bool:
        if not progress.at(mark) or mark is script.warm:
            return progress.at(mark)
        found = {topic: sum((await reader.highwaters(topic)).values()) for topic in ends}
        return all(found[topic] >= end for topic, end in ends.items())

    return done


async def _measured(done: Callable[[Mark], Any], script: Script, elsewhere: Callable[[], float] = lambda: 0.0) -> None:
    """Say when the process is ready, when it is warm, and what the rest took; `elsewhere`: of the processor, beside this process."""
    print("ready", flush=True)
    while not await done(script.warm):  # noqa: ASYNC110  (many things have to come to rest)
        await asyncio.sleep(0.01)
    begun = time.process_time() + elsewhere()
    print("warm", flush=True)
    while not await done(script.whole):  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    print(f"done {time.process_time() + elsewhere() - begun}", flush=True)


def child(words: Sequence[str]) -> int:
    """Run one round."""
    kind, url, name, file, home = words
    script = msgspec.msgpack.decode(Path(file).read_bytes(), type=Script)
    if kind.startswith("stock"):
        asyncio.run(stock(url, script, kind, name, Path(home)))
    elif kind == "skeleton":
        run_loop(ours(url, script, name, Path(home)))
    else:
        run_loop(app(url, script, Path(home)))
    return 0


# -- rounds in turn ---------------------------------------------------------------------------------------------------


class Bench:
    """One broker, the facts, and what the app sends for them."""

    def __init__(self, cluster: Cluster, home: Path, count: int, warm: int) -> None:
        self.url = f"kafka://{cluster.bootstrap[0]}"
        self.bootstrap = cluster.bootstrap
        self.records = [
            Outgoing(topic=topic_of(fact), key=log_key(fact), value=encode(fact))
            for fact in load_world(count + warm, seed=1)
        ]
        self.warm = warm
        self.script = script_of(self.records, warm, PARTITIONS)
        self._home = home
        self._number = 0
        self._admin = kafka.KafkaAdminClient(bootstrap_servers=cluster.bootstrap)

    def learn(self) -> None:
        """Run the app once, and take from the log what it sent."""
        self.round("app")
        self.script = script_of(self.records, self.warm, PARTITIONS, run_loop(self._said()))

    async def _said(self) -> dict[str, list[Record]]:
        reader = KafkaReader(self.bootstrap)
        try:
            found: dict[str, list[Record]] = {}
            for topic in ("alerts", "remarks"):
                ends = await reader.highwaters(topic)
                found[topic] = [r for p, end in ends.items() for r in await reader.read(topic, p, 0, end)]
            return found
        finally:
            await reader.close()

    def round(self, kind: str) -> Took:
        """One round in a process of its own."""
        self._number += 1
        name = GROUP if kind == "app" else f"bench-{self._number}"
        self.renew([f"{name}-rows-changelog"])
        home = self._home / f"round-{self._number}"
        home.mkdir()
        file = home / "script"
        file.write_bytes(msgspec.msgpack.encode(self.script))
        with (home / "log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, __file__, "--child", kind, self.url, name, str(file), str(home)],
                stdout=subprocess.PIPE, stderr=log, text=True, cwd=ROOT,
            )  # fmt: skip
        try:
            _await_word(process, "ready", home)
            run_loop(self._feed(self.records[: self.warm]))
            _await_word(process, "warm", home)
            begun = time.perf_counter()
            run_loop(self._feed(self.records[self.warm :]))
            processor = float(_await_word(process, "done", home))
            took = Took(time.perf_counter() - begun, processor)
            process.wait(60)
            return took
        finally:
            process.kill()
            process.wait()

    def capacity(self, seconds: float) -> float:
        """What the whole bears [facts/s]."""
        self.renew([f"{GROUP}-rows-changelog"])
        return run_loop(measure_capacity(self.bootstrap, self._home / "capacity", PARTITIONS, seconds))

    def latency(self, rate: float, seconds: float) -> Latency:
        """How long alerts take while facts flow at this rate [1/s]."""
        self.renew([f"{GROUP}-rows-changelog"])
        return run_loop(measure_latency(self.bootstrap, self._home / "latency", PARTITIONS, rate, seconds))

    def renew(self, changelogs: Sequence[str]) -> None:
        """Make all topics anew."""
        there = [name for name in self._admin.list_topics() if not name.startswith("__")]
        if there:
            self._admin.delete_topics(there)
        asked = wanted(TOPICS.values(), partitions=PARTITIONS, replication=1, changelogs=changelogs)
        topics = Topics(self.bootstrap)
        end = time.monotonic() + 60
        try:
            while set(self._admin.list_topics()) & set(there) and time.monotonic() < end:
                time.sleep(0.1)
            topics.create(asked)
        finally:
            topics.close()
        try:
            self._admin.delete_groups([GROUP])
        except KafkaError:
            pass  # there is none yet

    async def _feed(self, records: Sequence[Outgoing]) -> None:
        producer = KafkaProducer(self.bootstrap)
        for start in range(0, len(records), PIECE):
            await producer.send(records[start : start + PIECE])
        await producer.close()


def _await_word(process: subprocess.Popen[str], word: str, home: Path) -> str:
    """What a round says after `word`."""
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line.startswith(word):
        raise SystemExit(f"a round failed: {line}{(home / 'log').read_text(errors='replace')[-3000:]}")
    return line.removeprefix(word).strip()


class Line(msgspec.Struct, kw_only=True):
    """One kind over all rounds [facts/s]."""

    kind: str
    least: float
    median: float
    most: float
    processor: float
    """The median by the processor's time."""


class Result(msgspec.Struct, kw_only=True):
    """All that was measured in one run."""

    facts: int
    rounds: int
    sends: dict[str, float]
    """What a fact costs the log."""
    lines: list[Line]
    whole: float | None = None
    """What intake, broker, worker and feeders bear together [facts/s]."""
    latency: Latency | None = None
    """At half of that."""

    def ratios(self) -> list[tuple[str, float, float, float | None]]:
        """Name, by the clock, by the processor, the least that it is to be."""
        by = {line.kind: line for line in self.lines}
        return [
            (f"{a} / {b}", by[a].median / by[b].median, by[a].processor / by[b].processor, least)
            for a, b, least in RATIOS
        ]


def measure(
    bench: Bench, count: int, rounds: int, seconds: float, told: Callable[[str], object], until: float
) -> Result:
    """Every kind `rounds` times, in turn; stops after a whole turn when the time is over. Then the latency."""
    bench.learn()
    sends = bench.script.measures()
    told("what the app sends for a fact: " + ", ".join(f"{value:,.2f} {name}" for name, value in sends.items()))
    took: dict[str, list[Took]] = {kind: [] for kind in KINDS}
    done = 0
    for number in range(1, rounds + 1):
        for kind in KINDS:
            took[kind].append(bench.round(kind))
            told(f"round {number}: {kind} {count / took[kind][-1].seconds:,.0f}/s")
        done = number
        if time.monotonic() > until:
            break
    result = Result(facts=count, rounds=done, sends=sends, lines=[_line(kind, count, took[kind]) for kind in KINDS])
    if seconds > 0:
        result.whole = bench.capacity(seconds)
        told(f"the whole bears {result.whole:,.0f}/s")
        result.latency = bench.latency(result.whole / 2, seconds)
    return result


def _line(kind: str, count: int, took: Sequence[Took]) -> Line:
    rates = sorted(count / t.seconds for t in took)
    processor = statistics.median(count / t.processor for t in took)
    return Line(kind=kind, least=rates[0], median=statistics.median(rates), most=rates[-1], processor=processor)


def table(result: Result) -> str:
    """One line a kind, one line a ratio, and the latency."""
    head = f"{'facts per second':32} {'min':>8} {'median':>8} {'max':>8} {'by processor':>14}"
    rows = [
        f"{one.kind:32} {one.least:8,.0f} {one.median:8,.0f} {one.most:8,.0f} {one.processor:14,.0f}"
        for one in result.lines
    ]
    shares = [
        f"{name:32} {'':8} {clock:8.2f} {'':8} {cpu:14.2f}"
        + (f"   at least {least}: {'yes' if clock >= least else 'NO'}" if least else "")
        for name, clock, cpu, least in result.ratios()
    ]
    said = [f"{name:32} {'':8} {value:8,.1f}" for name, value in result.sends.items()]
    if result.whole is not None:
        rows.append(f"{'whole: POST to assessed':32} {'':8} {result.whole:8,.0f}")
    return "\n".join([head, *rows, *shares, *said, *(_latency_lines(result.latency) if result.latency else ())])


def _latency_lines(found: Latency) -> list[str]:
    verdict = "yes" if found.p99 < SLOWEST and not found.unanswered else "NO"
    return [
        f"{'POST to alert [ms]':32} {'p50':>8} {'p95':>8} {'p99':>8} {'max':>14}",
        f"{f'at {found.rate:,.0f} facts/s (half)':32} {found.p50:8,.0f} {found.p95:8,.0f} {found.p99:8,.0f} "
        f"{found.most:14,.0f}   p99 under {SLOWEST:,.0f}: {verdict}",
        f"{'POST to its answer':32} {found.answered:8,.0f} {'':8} {found.answered_late:8,.0f}",
        f"{'incidents measured':32} {found.measured:8} {'unanswered':>17} {found.unanswered:8}",
    ]


def main() -> int:
    """Measure and print."""
    if sys.argv[1:2] == ["--child"]:
        return child(sys.argv[2:])
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--facts", type=int, default=3_000)
    parser.add_argument("--warm", type=int, default=1_000, help="Facts before, not measured.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=30, help="How long the latency is measured; 0: not at all.")
    parser.add_argument("--limit", type=float, default=900, help="Seconds after which no new round begins.")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if reason := missing():
        print(f"bench-kafka: {reason}", file=sys.stderr)
        return 3
    until = time.monotonic() + asked.limit
    with tempfile.TemporaryDirectory(prefix="pledgewatch-bench-") as folder:
        home = Path(folder)
        with Cluster.at(home / "kafka", nodes=1, port=free_ports(1), heap_mib=512, libs=LIBS) as cluster:
            bench = Bench(cluster, home, asked.facts, asked.warm)
            result = measure(
                bench, asked.facts, asked.rounds, asked.seconds,
                lambda words: print(words, file=sys.stderr, flush=True), until,
            )  # fmt: skip
    print(msgspec.json.encode(result).decode() if asked.json else table(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
