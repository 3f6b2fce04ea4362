"""Law 8 over real brokers: a send that fails stops the worker, and nothing is committed after it."""

import asyncio
import signal
from pathlib import Path

import pytest

from cluster import WorkerProcess, newest, outgoing, pledgewatch
from infra.kafka.broker import Cluster
from streams.demo.world import world
from streams.topology import FACT_TOPICS, GROUP
from streams.transport.kafka import KafkaProducer, KafkaReader

STOPPED = 3
"""Exit code of a program that cannot go on."""


def topics_on(broker: Cluster, home: Path) -> None:
    made = pledgewatch("topics", "--bootstrap", broker.bootstrap[0], "--create", "--replication", "1", home=home)
    assert made.returncode == 0, made.stdout + made.stderr


async def test_a_record_that_the_log_refuses_stops_the_worker_and_the_fact_comes_again(
    one_broker: Cluster, tmp_path: Path
) -> None:
    import kafka

    topics_on(one_broker, tmp_path)
    admin = kafka.KafkaAdminClient(bootstrap_servers=one_broker.bootstrap[0])
    topic = kafka.admin.ConfigResourceType.TOPIC
    resized = {
        limit: kafka.admin.ConfigResource(topic, "dossiers", {"max.message.bytes": limit})
        for limit in ("150", "8000000")
    }
    producer, reader = KafkaProducer(one_broker.bootstrap), KafkaReader(one_broker.bootstrap)
    worker = WorkerProcess(1, one_broker.bootstrap, tmp_path)
    try:
        admin.alter_configs([resized["150"]])
        facts = world()[:20]
        await producer.send([outgoing(fact) for fact in facts])
        worker.start()
        assert worker.process is not None
        code = await asyncio.to_thread(worker.process.wait, 90)
        assert code == STOPPED, worker.last_words()
        assert "MessageSizeTooLarge" in worker.last_words()
        assert await newest(reader, "dossiers") == {}
        lag = sum((await reader.lag(GROUP, FACT_TOPICS)).values())
        assert lag == len(facts)

        admin.alter_configs([resized["8000000"]])
        worker.process = None
        worker.start()
        async with asyncio.timeout(90):
            while any((await reader.lag(GROUP, FACT_TOPICS)).values()):  # noqa: ASYNC110  (a broker tells nobody)
                await asyncio.sleep(0.5)
        assert await newest(reader, "dossiers")
        assert await asyncio.to_thread(worker.end, signal.SIGTERM) == 0, worker.last_words()
    finally:
        worker.clear_away()
        await producer.close()
        await reader.close()
        admin.close()


@pytest.mark.parametrize("later", [0.0, 0.5, 1.5])
async def test_a_worker_that_is_told_to_stop_while_it_starts_stops_in_order(
    one_broker: Cluster, tmp_path: Path, later: float
) -> None:
    topics_on(one_broker, tmp_path)
    worker = WorkerProcess(1, one_broker.bootstrap, tmp_path)
    worker.start()
    try:
        assert worker.process is not None
        async with asyncio.timeout(60):
            while not heeds_sigterm(worker.process.pid):  # noqa: ASYNC110  (a process tells nobody)
                await asyncio.sleep(0.01)
        await asyncio.sleep(later)
        assert await asyncio.to_thread(worker.end, signal.SIGTERM) == 0, worker.last_words()
    finally:
        worker.clear_away()


def heeds_sigterm(pid: int) -> bool:
    """Whether the process has a handler for it, as the kernel says."""
    (caught,) = [line.split()[1] for line in Path(f"/proc/{pid}/status").read_text().splitlines() if "SigCgt" in line]
    return bool(int(caught, 16) >> (signal.SIGTERM - 1) & 1)
