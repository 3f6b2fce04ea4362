"""Real brokers for `make test-kafka`; without its option, or without Java or Maven, these tests say why they are skipped."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.kafka.broker import Cluster, free_ports, missing

LIBS = Path(__file__).parents[2] / "var" / "kafka" / "libs"
"""Jars are fetched once for all."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--run-kafka", action="store_true", help="start Apache Kafka for the tests in tests/kafka")


def reason_to_skip(config: pytest.Config) -> str | None:
    if not config.getoption("--run-kafka", default=False):
        return "needs Apache Kafka: `make test-kafka` starts it"
    return missing()


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
