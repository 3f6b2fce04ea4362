"""Real brokers for `make test-kafka`; without its option, or without Java or Maven, these tests say why they are skipped."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from infra.kafka.broker import Cluster, free_ports, lacking
from streams.transport.kafka import KafkaProducer, KafkaReader
from streams.transport.topics import Topics, Wanted

pytest.register_assert_rewrite("transport_contract")

LIBS = Path(__file__).parents[2] / "var" / "kafka" / "libs"
"""Jars are fetched once for all."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--run-kafka", action="store_true", help="start Apache Kafka for the tests in tests/kafka")


def reason_to_skip(config: pytest.Config) -> str | None:
    if not config.getoption("--run-kafka", default=False):
        return "needs Apache Kafka: `make test-kafka` starts it"
    return lacking(LIBS)


@pytest.fixture(scope="session")
def three_brokers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    if reason := reason_to_skip(request.config):
        pytest.skip(reason)
    home = tmp_path_factory.mktemp("kafka3")
    with Cluster.at(home, nodes=3, port=free_ports(3), heap_mib=384, libs=LIBS) as cluster:
        yield cluster


@pytest.fixture
def one_broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cluster]:
    if reason := reason_to_skip(request.config):
        pytest.skip(reason)
    with Cluster.at(tmp_path / "kafka1", nodes=1, port=free_ports(1), heap_mib=256, libs=LIBS) as cluster:
        yield cluster


class Carrier(NamedTuple):
    """As the transport's contract suite takes it."""

    producer: KafkaProducer
    reader: KafkaReader
    topic: str
    go_away: Callable[[], Awaitable[None]]


async def carrier_over(cluster: Cluster, copies: int, **settings: float) -> AsyncIterator[Carrier]:
    wanted = Wanted(name=f"facts-{uuid.uuid4().hex}", partitions=4, replication=copies, settings={})
    topics = Topics(cluster.bootstrap)
    assert topics.create([wanted]) == [wanted.name]
    topics.close()
    producer, reader = KafkaProducer(cluster.bootstrap, **settings), KafkaReader(cluster.bootstrap, **settings)

    async def go_away() -> None:
        await asyncio.to_thread(cluster.nodes[0].kill)

    yield Carrier(producer, reader, wanted.name, go_away)
    await reader.close()
    await producer.close()


@pytest.fixture
async def carrier(three_brokers: Cluster) -> AsyncIterator[Carrier]:
    async for each in carrier_over(three_brokers, 3):
        yield each


@pytest.fixture
async def mortal_carrier(one_broker: Cluster) -> AsyncIterator[Carrier]:
    async for each in carrier_over(one_broker, 1, patience=6.0):
        yield each
