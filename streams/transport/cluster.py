"""The Faust driver over Kafka: aiokafka's, with our drain loop and our commit rule.

`make_app` puts it into an app whose log is `kafka://…`. Its producer is idempotent: a batch that is repeated because
an answer was lost is in the log once, and order within a part stays. Topics are made at deployment (`topics.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from faust.exceptions import ConsumerNotStarted
from faust.transport.drivers import aiokafka
from faust.types import TP

from streams.transport.drain import DrainLoop
from streams.transport.sends import CommitAfterSends, CountedSends


class Consumer(DrainLoop, CommitAfterSends, aiokafka.Consumer):  # type: ignore[misc]
    """Reads a Kafka cluster for a Faust app."""

    def highwater(self, tp: TP) -> int:
        """The offset that the next record will get, as the last answer had it; 0 for a part that is not read here."""
        try:
            return super().highwater(tp) or 0
        except (AssertionError, ConsumerNotStarted):  # aiokafka's word for a part that went to another worker
            return 0


class Producer(CountedSends, aiokafka.Producer):  # type: ignore[misc]
    """Writes a Faust app's records to a Kafka cluster, each entered in the ledger."""

    def _settings_extra(self) -> Mapping[str, Any]:
        return {"acks": "all", "enable_idempotence": True}


class Transport(aiokafka.Transport):  # type: ignore[misc]
    """A Kafka cluster as Faust sees it."""

    Consumer: ClassVar[type[Consumer]] = Consumer
    Producer: ClassVar[type[Producer]] = Producer
