"""From the POST of an incident to the alert that it makes, over a real broker, while other facts flow.

Intake and worker are processes of their own, as in production. First a world is loaded (facts and the last day's tick).
`measure_capacity` says how many facts a second the whole bears: feeders post one batch after another, and the time ends
when all of it has been assessed. (Intake, broker, worker, what assesses beside it and the feeders share this machine, so
it is less than a worker alone bears.) `measure_latency` lets facts flow through the intake at a given rate, in a batch
every 50 ms, and five times a second an incident of its own is posted whose operator, agency, product and vendor fit one
license of the world. Measured is the time from the begin of that POST until a reader of topic `alerts` holds the first
record that names the incident. No day passes meanwhile: a tick comes once a day. The facts are news: the door gives
them their record time. (An archive keeps its own times, and a broker begins a new segment for each day of them: its
acknowledgments take tens of milliseconds.) Store and deliver do not run: an alert does not wait for them.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import importlib.util
import re
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import aiokafka
import httpx
import msgspec

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from cluster import Process, outgoing, pledgewatch, settled
from infra.kafka.broker import free_ports
from schemas import AnyFact, Incident, License, Period, Retraction, Tick
from schemas.codec import encode
from schemas.common import Claimed
from schemas.incident import ClaimedProduct, Operator, Publication, Victims
from streams.demo.load import load_world
from streams.transport.kafka import KafkaProducer, KafkaReader

SHIM = Path(__file__).parents[1] / "streams" / "warehouse" / "native_shim.py"
BEFORE = 1_500
"""Facts of the world before the measuring begins [count]."""
TICKS = 120
"""A load has at most so many ticks, which do not flow [count]."""
EVERY = 0.05
"""Between two batches of the flow [s]."""
ASKED_EVERY = 0.2
"""Between two incidents whose alerts are awaited [s]."""
WARM = 3.0
"""Flow before the first incident is measured [s]."""
FEEDERS, BATCH = 4, 25
"""Who post at once while it is measured what the whole bears, and the facts of a POST [count]."""
MOST_POSTED = 1_000
"""Facts per second that they have to post at most."""
SEED = 3
PATIENCE = 20.0
"""After the last incident, until an alert counts as missing [s]."""
USED_AFTER = dt.timedelta(days=200)
"""The use that an incident tells of, after the license's first day."""
NAMED = re.compile(rb"ASKED-\d{6}")


class Latency(msgspec.Struct, kw_only=True):
    """How long alerts took [ms]."""

    rate: float
    """Facts per second that were sent meanwhile."""
    measured: int
    """Incidents."""
    unanswered: int
    """Incidents that no alert named."""
    p50: float
    p95: float
    p99: float
    most: float
    answered: float
    """Half of the POSTs were answered within this: facts in the log, on every replica that counts."""
    answered_late: float
    """All but one in a hundred were."""


async def measure_capacity(bootstrap: Sequence[str], home: Path, partitions: int, seconds: float) -> float:
    """Facts per second from POST to assessed, posted for so many `seconds`. The topics are there, empty."""
    async with _running(bootstrap, home, partitions, int(seconds * MOST_POSTED)) as (parts, facts):
        async with _client(parts) as client:
            lines = iter(facts)
            begun = time.monotonic()
            counts = await asyncio.gather(*(_post_all(client, lines, begun + seconds) for _ in range(FEEDERS)))
        reader = KafkaReader(bootstrap)
        try:
            return sum(counts) / (await settled(reader, within=180) - begun)
        finally:
            await reader.close()


async def measure_latency(
    bootstrap: Sequence[str], home: Path, partitions: int, rate: float, seconds: float
) -> Latency:
    """Let facts flow at `rate` [1/s] for `seconds`, and measure. The topics are there, empty."""
    async with _running(bootstrap, home, partitions, int(rate * (seconds + WARM))) as (parts, facts):
        asked = _Asked(bootstrap, _askable(_world(BEFORE + len(facts))))
        return await asked.measure(parts, facts, rate, seconds)


@asynccontextmanager
async def _running(
    bootstrap: Sequence[str], home: Path, partitions: int, count: int
) -> AsyncIterator[tuple[_Parts, list[bytes]]]:
    """Intake and worker that know a world, and `count` facts that they do not know, as lines for the intake."""
    producer, reader = KafkaProducer(bootstrap), KafkaReader(bootstrap)
    parts = _Parts(bootstrap, home, partitions)
    flowing = _world(BEFORE + count)
    last_day = [f for f in load_world(BEFORE, seed=SEED) if isinstance(f, Tick)][-1]
    try:
        await producer.send([outgoing(fact) for fact in [*flowing[:BEFORE], last_day]])
        await asyncio.to_thread(parts.start)
        await settled(reader, within=180)
        yield parts, [encode(msgspec.structs.replace(fact, recorded_at=None)) for fact in flowing[BEFORE:]]
    finally:
        parts.end()
        await producer.close()
        await reader.close()


def _world(count: int) -> list[AnyFact]:
    """So many facts at least, without the days that pass between them."""
    return [fact for fact in load_world(count + TICKS, seed=SEED) if not isinstance(fact, Tick)]


class _Parts:
    """An intake and a worker."""

    def __init__(self, bootstrap: Sequence[str], home: Path, partitions: int) -> None:
        home.mkdir(parents=True)
        spec = importlib.util.spec_from_file_location("native_shim", SHIM)
        assert spec is not None
        assert spec.loader is not None
        shim: Any = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(shim)
        self._warehouse = shim.NativeShim(str(home / "chdb"))
        address = home / "warehouse.address"
        address.write_text(f"{self._warehouse.url}\n")
        port = str(free_ports(1))
        words = ["intake", "--broker", f"kafka://{bootstrap[0]}", "--warehouse-file", str(address)]
        count = str(partitions)
        self._intake = Process("intake", words, home / "intake", port=port, tick_every="0", partitions=count)
        words = ["worker", "--broker", f"kafka://{bootstrap[0]}", "--instance", "1"]
        self._worker = Process("worker 1", words, home / "worker", partitions=count)
        made = pledgewatch(
            "keys", "add", "desk", "--scope", "admin", "--scope", "officer", "--license", "*", home=home / "intake"
        )
        self.token = made.stdout.strip()
        self.address = f"http://127.0.0.1:{port}"

    def start(self) -> None:
        """Return when both are ready."""
        self._worker.start()
        self._intake.start()
        self._intake.await_word()
        self._worker.await_word()

    def end(self) -> None:
        """End both."""
        self._intake.clear_away()
        self._worker.clear_away()
        self._warehouse.close()


def _askable(facts: Sequence[AnyFact]) -> list[Incident]:
    """An incident for each license that the world before the measuring holds and nothing changes later."""
    changed = {f.id for f in facts if isinstance(f, Retraction) or (isinstance(f, License) and f.revision > 1)}
    granted = {f.id: f for f in facts[:BEFORE] if isinstance(f, License) and f.id not in changed}
    return [_incident(license) for license in granted.values()]


def _incident(license: License) -> Incident:
    """What a laboratory would say of a use against a journalist, with this license's item, by its end user."""
    when, item = license.valid_from + USED_AFTER, license.items[0]
    return Incident(
        id="", source="xa-desk", occurred=Period(start=when, precision="month"),
        technology=item.technology or "other", published_at=when, operators=(Operator(country=license.destinations[0].country, confidence=85),),
        operator_agency=Claimed(name=license.end_user), products=(ClaimedProduct(name=item.product),),
        evidence_level="E3", attribution_level="A2", victims=(Victims(klass="journalist", count=2),),
        publications=(Publication(source="lab-corvid", kind="lab_report", credibility=2, origin="report"),),
    )  # fmt: skip


class _Asked:
    """Incidents that are posted, and when an alert named each."""

    def __init__(self, bootstrap: Sequence[str], incidents: Sequence[Incident]) -> None:
        self._bootstrap = list(bootstrap)
        self._incidents = cycle(incidents)
        self._posted: dict[bytes, float] = {}
        self._named: dict[bytes, float] = {}
        self._answered: list[float] = []
        self._count = self._sent = 0

    async def measure(self, parts: _Parts, facts: Sequence[bytes], rate: float, seconds: float) -> Latency:
        """Let `facts` flow, ask, and wait for the answers."""
        async with _client(parts) as client:
            listening = asyncio.ensure_future(self._listen())
            await asyncio.sleep(2)
            begun = time.monotonic()
            flow = asyncio.ensure_future(self._flow(client, facts, rate))
            await asyncio.sleep(WARM)
            await _every(ASKED_EVERY, seconds, lambda: self._ask(client))
            flow.cancel()
            reached = self._sent / (time.monotonic() - begun)
            end = time.monotonic() + PATIENCE
            while self._unanswered and time.monotonic() < end:  # noqa: ASYNC110  (another task counts)
                await asyncio.sleep(0.1)
            listening.cancel()
            for task in (flow, listening):
                if task.done() and not task.cancelled():
                    task.result()
        return self._latency(reached)

    @property
    def _unanswered(self) -> int:
        return len(self._posted.keys() - self._named.keys())

    async def _flow(self, client: httpx.AsyncClient, facts: Sequence[bytes], rate: float) -> None:
        lines = iter(facts)
        owed = 0.0

        async def batch() -> None:
            nonlocal owed
            owed += rate * EVERY
            body = list(islice(lines, int(owed)))
            owed -= int(owed)
            if body:
                await _post(client, body)
                self._sent += len(body)

        await _every(EVERY, 1e9, batch)

    async def _ask(self, client: httpx.AsyncClient) -> None:
        self._count += 1
        number = f"ASKED-{self._count:06d}"
        incident = msgspec.structs.replace(next(self._incidents), id=number)
        self._posted[number.encode()] = time.perf_counter()
        _accepted(await client.post("/api/v1/incidents", content=encode(incident), headers=_JSON))
        self._answered.append(1000 * (time.perf_counter() - self._posted[number.encode()]))

    async def _listen(self) -> None:
        consumer = aiokafka.AIOKafkaConsumer(
            "alerts", bootstrap_servers=self._bootstrap, auto_offset_reset="latest", enable_auto_commit=False
        )
        await consumer.start()
        try:
            async for record in consumer:
                now = time.perf_counter()
                for number in set(NAMED.findall(record.value or b"")):
                    self._named.setdefault(number, now)
        finally:
            await consumer.stop()

    def _latency(self, rate: float) -> Latency:
        took = sorted(1000 * (self._named[n] - at) for n, at in self._posted.items() if n in self._named)
        cuts, answers = _hundredths(took), _hundredths(self._answered)
        return Latency(
            rate=rate, measured=len(took), unanswered=self._unanswered,
            p50=cuts[49], p95=cuts[94], p99=cuts[98], most=took[-1],
            answered=answers[49], answered_late=answers[98],
        )  # fmt: skip


def _hundredths(values: Sequence[float]) -> list[float]:
    return statistics.quantiles(values, n=100, method="inclusive")


_NDJSON = {"Content-Type": "application/x-ndjson"}
_JSON = {"Content-Type": "application/json"}


def _client(parts: _Parts) -> httpx.AsyncClient:
    """The connections of feeders to the intake."""
    return httpx.AsyncClient(
        base_url=parts.address, headers={"Authorization": f"Bearer {parts.token}"}, timeout=60, trust_env=False,
        limits=httpx.Limits(max_connections=20),
    )  # fmt: skip


async def _post(client: httpx.AsyncClient, body: Sequence[bytes]) -> None:
    _accepted(await client.post("/api/v1/facts", content=b"\n".join(body), headers=_NDJSON))


async def _post_all(client: httpx.AsyncClient, lines: Iterator[bytes], until: float) -> int:
    """Post one batch after the other until then [s]; how many facts."""
    sent = 0
    while time.monotonic() < until and (body := list(islice(lines, BATCH))):
        await _post(client, body)
        sent += len(body)
    return sent


def _accepted(answer: httpx.Response) -> None:
    if answer.status_code not in (200, 202):
        raise SystemExit(f"the intake answered {answer.status_code}: {answer.text[:500]}")


async def _every(pause: float, seconds: float, once: Callable[[], Awaitable[object]]) -> None:
    """Do it every `pause` seconds, by the clock, whether or not the last is done; for so many `seconds`."""
    begun, number = time.monotonic(), 0
    under_way: set[asyncio.Future[object]] = set()
    try:
        while time.monotonic() - begun < seconds:
            for task in [task for task in under_way if task.done()]:
                task.result()
                under_way.discard(task)
            under_way.add(asyncio.ensure_future(once()))
            number += 1
            await asyncio.sleep(max(0.0, begun + number * pause - time.monotonic()))
        await asyncio.gather(*under_way)
    finally:
        for task in under_way:
            task.cancel()
