"""The Faust driver over Kafka: aiokafka's, with our drain loop and our commit rule.

`app.transport = Transport(app.conf.broker_consumer, app)`; topics are made at deployment.
"""

from __future__ import annotations

from typing import ClassVar

from faust.transport.drivers import aiokafka

from streams.transport.drain import DrainLoop
from streams.transport.sends import CommitAfterSends, CountedSends


class Consumer(DrainLoop, CommitAfterSends, aiokafka.Consumer):  # type: ignore[misc]
    """Reads a Kafka cluster for a Faust app."""


class Producer(CountedSends, aiokafka.Producer):  # type: ignore[misc]
    """Writes a Faust app's records to a Kafka cluster, each entered in the ledger."""


class Transport(aiokafka.Transport):  # type: ignore[misc]
    """A Kafka cluster as Faust sees it."""

    Consumer: ClassVar[type[Consumer]] = Consumer
    Producer: ClassVar[type[Producer]] = Producer
