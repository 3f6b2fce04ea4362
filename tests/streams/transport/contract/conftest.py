import json
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest

from streams.transport.embedded import EmbeddedProducer, EmbeddedReader
from streams.transport.kafka import KafkaProducer, KafkaReader
from streams.transport.log import Log
from streams.transport.ports import Producer, Reader

pytest.register_assert_rewrite("transport_contract")

PARTITIONS = 4
"""Of every topic: librdkafka's mock cluster knows no other number."""


class Carrier(NamedTuple):
    """One implementation of the ports, and a topic of its own for each test."""

    producer: Producer
    reader: Reader
    topic: str
    go_away: Callable[[], Awaitable[None]]


class MockCluster:
    """librdkafka's mock cluster, in a process of its own."""

    def __init__(self) -> None:
        code = Path(__file__).with_name("mock_cluster.py")
        self.process = subprocess.Popen(
            [sys.executable, str(code)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.brokers: list[str] = json.loads(self._line())

    def create(self, topic: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(topic + "\n")
        self.process.stdin.flush()
        assert json.loads(self._line()) == PARTITIONS

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()


@pytest.fixture(scope="session")
def mock_cluster() -> Iterator[MockCluster]:
    cluster = MockCluster()
    yield cluster
    cluster.stop()


async def embedded_carrier(home: Path) -> AsyncIterator[Carrier]:
    log = Log(home / "log.sqlite")
    log.create_topic("facts", PARTITIONS)

    async def go_away() -> None:
        log.close()

    yield Carrier(EmbeddedProducer(log), EmbeddedReader(log), "facts", go_away)
    log.close()


async def kafka_carrier(cluster: MockCluster) -> AsyncIterator[Carrier]:
    topic = f"facts-{uuid.uuid4().hex}"
    cluster.create(topic)
    # The mock's answer about versions is one that kafka-python cannot decode.
    settings = {"patience": 6.0, "api_version": (2, 3)}
    producer, reader = KafkaProducer(cluster.brokers, **settings), KafkaReader(cluster.brokers, **settings)

    async def go_away() -> None:
        cluster.stop()

    yield Carrier(producer, reader, topic, go_away)
    await reader.close()
    await producer.close()


@pytest.fixture(params=["embedded", "kafka"])
async def carrier(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Carrier]:
    if request.param == "embedded":
        made = embedded_carrier(tmp_path)
    else:
        made = kafka_carrier(request.getfixturevalue("mock_cluster"))
    async for each in made:
        yield each


@pytest.fixture(params=["embedded", "kafka"])
async def mortal_carrier(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Carrier]:
    """A carrier that a test may make go away."""
    cluster = None if request.param == "embedded" else MockCluster()
    async for each in embedded_carrier(tmp_path) if cluster is None else kafka_carrier(cluster):
        yield each
    if cluster is not None:
        cluster.stop()
