"""The demo world through three workers over three brokers, with kills in between, against the pure core."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import msgspec
import pytest

from cluster import WorkerProcess, differing, everything, newest, outgoing, pledgewatch, settled, standing
from infra.kafka.broker import Cluster
from schemas.codec import decode_alert, encode
from streams.agents.naming import RegisterNamer
from streams.demo.world import world
from streams.rules.assess import assess_facts
from streams.transport.kafka import KafkaProducer, KafkaReader
from streams.transport.ports import Outgoing

BATCH = 50
SESSION, ASLEEP = 8.0, 12.0
"""After how long a silent worker is given up, and for how long one sleeps [seconds]."""


@pytest.fixture(scope="module")
def expected() -> Mapping[bytes, bytes]:
    found = assess_facts(world(), namer_of=RegisterNamer)
    return {alert.id.encode(): encode(alert) for assessment in found for alert in assessment.alerts}


@pytest.fixture
def workers(three_brokers: Cluster, tmp_path: Path) -> Iterator[list[WorkerProcess]]:
    made = [WorkerProcess(number, three_brokers.bootstrap, tmp_path, SESSION) for number in (1, 2, 3)]
    yield made
    for worker in made:
        worker.clear_away()


@pytest.fixture
async def clients(three_brokers: Cluster) -> AsyncIterator[tuple[KafkaProducer, KafkaReader]]:
    producer, reader = KafkaProducer(three_brokers.bootstrap), KafkaReader(three_brokers.bootstrap)
    yield producer, reader
    await producer.close()
    await reader.close()


async def test_the_demo_world_through_three_workers_ends_in_the_alerts_of_the_core(
    three_brokers: Cluster,
    workers: list[WorkerProcess],
    expected: Mapping[bytes, bytes],
    clients: tuple[KafkaProducer, KafkaReader],
    tmp_path: Path,
) -> None:
    producer, reader = clients
    made = pledgewatch("topics", "--bootstrap", ",".join(three_brokers.bootstrap), "--create", home=tmp_path)
    assert made.returncode == 0, made.stdout + made.stderr
    for worker in workers:
        worker.start()
    for worker in workers:
        await asyncio.to_thread(worker.await_ready)
    batches = [world()[start : start + BATCH] for start in range(0, len(world()), BATCH)]
    for number, batch in enumerate(batches):
        await producer.send([outgoing(fact) for fact in batch])
        if number in (5, 12, 20):  # as a power cut would, while facts flow
            killed = workers[number % 3]
            killed.end(signal.SIGKILL)
            killed.start()
        if number == 9:  # a broker, leader of a third of the partitions
            three_brokers.nodes[1].kill()
        if number == 15:
            three_brokers.nodes[1].launch()
        if number == 16:  # as a release would
            stopped = workers[0]
            await asyncio.to_thread(stopped.await_ready)
            assert await asyncio.to_thread(stopped.end, signal.SIGTERM) == 0, stopped.last_words()
            stopped.start()
        if number == 22:  # longer than its session: others take its share while it believes to have it
            workers[1].signal(signal.SIGSTOP)
            asleep_since = time.monotonic()
        await asyncio.sleep(0.3)
    await asyncio.sleep(max(0.0, asleep_since + ASLEEP - time.monotonic()))
    workers[1].signal(signal.SIGCONT)
    await settled(reader, within=240)
    assert differing(standing(await newest(reader, "alerts")), expected) == []
    assert await newest(reader, "parked") == {}

    # A worker that was thought dead writes late, what it writes differs, and no fact comes after it.
    key = min(expected)
    (record,) = [record for record in await everything(reader, "alerts") if record.key == key][-1:]
    late = msgspec.structs.replace(decode_alert(expected[key]), title="Written late")
    await producer.send([Outgoing("alerts", encode(late), key, record.partition)])
    await settled(reader, within=60)
    assert differing(standing(await newest(reader, "alerts")), expected) == []

    shares = [(await asyncio.to_thread(worker.await_ready))["parts"] for worker in workers]
    assert all(shares), shares
    for worker in workers:
        assert await asyncio.to_thread(worker.end, signal.SIGTERM) == 0, worker.last_words()
