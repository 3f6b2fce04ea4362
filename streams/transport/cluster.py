"""The Faust driver over Kafka: aiokafka's, with our drain loop and our commit rule.

`make_app` puts it into an app whose log is `kafka://…`. Its producer is idempotent: a batch that is repeated because
an answer was lost is in the log once, and order within a part stays. Topics are made at deployment (`topics.py`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, ClassVar

from faust.exceptions import ConsumerNotStarted
from faust.transport.drivers import aiokafka
from faust.types import TP, RecordMetadata

from streams.transport.drain import DrainLoop
from streams.transport.ports import Outgoing, Part
from streams.transport.sends import CommitAfterSends, GatheredSends, size_of

_LONGEST_POLL, _GATHERED = 0.03, 100_000
"""A broker answers when so much time has passed [s], or so much has come [bytes]. An answer costs the worker more than
a record, so what trickles in is gathered; but aiokafka has one question open to a broker, which names the parts that
had nothing left to deliver when it was asked, and records of the others wait for its answer. (Faust sets 1.5 s and one
byte: a single record could wait that long, and each that comes costs an answer.)"""


class ConsumerThread(aiokafka.AIOKafkaConsumerThread):  # type: ignore[misc]
    """Faust's reading thread, with shorter questions."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = int(1000 * _LONGEST_POLL)
        consumer._fetch_min_bytes = _GATHERED
        return consumer


class Consumer(DrainLoop, CommitAfterSends, aiokafka.Consumer):  # type: ignore[misc]
    """Reads a Kafka cluster for a Faust app."""

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    def highwater(self, tp: TP) -> int:
        """The offset that the next record will get, as the last answer had it; 0 for a part that is not read here."""
        try:
            return super().highwater(tp) or 0
        except (AssertionError, ConsumerNotStarted):  # aiokafka's word for a part that went to another worker
            return 0

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Nothing: `health.py` judges progress. Faust takes a changelog, which no stream reads, for one that hangs."""


class Producer(GatheredSends, aiokafka.Producer):  # type: ignore[misc]
    """Writes a Faust app's records to a Kafka cluster, in batches that we fill."""

    def _settings_extra(self) -> Mapping[str, Any]:
        return {"acks": "all", "enable_idempotence": True}

    async def write(self, part: Part, records: Sequence[Outgoing]) -> int:
        """Send one batch; return when every replica that counts has it."""
        client = self._ensure_producer()
        self._check_sizes(records)
        first = await (await client.send_batch(_filled(client, records), part[0], partition=part[1]))
        return int(first.offset)

    async def write_by_key(self, records: Sequence[Outgoing]) -> Sequence[RecordMetadata]:
        """Send records one by one, each where its key belongs: what is set aside, and little else."""
        client = self._ensure_producer()
        self._check_sizes(records)
        return [await (await _by_key(client, record)) for record in records]

    def _check_sizes(self, records: Sequence[Outgoing]) -> None:
        for record in records:
            if size_of(record) > self.max_request_size:
                raise ValueError(
                    f"a record for {record.topic} has {size_of(record)} bytes, the log takes {self.max_request_size}"
                )

    async def on_stop(self) -> None:
        """Write what is left."""
        await self.flush()
        await super().on_stop()


def _filled(client: Any, records: Sequence[Outgoing]) -> Any:
    """A batch of `records`, closed, so that it does not linger."""
    batch = client.create_batch()
    append = batch.append
    for record in records:
        headers = list(record.headers)
        if append(key=record.key, value=record.value, timestamp=record.timestamp_ms, headers=headers) is None:
            raise ValueError(f"{len(records)} records for {record.topic} do not fit into a batch")
    batch.close()
    return batch


async def _by_key(client: Any, record: Outgoing) -> Awaitable[RecordMetadata]:
    answer: Awaitable[RecordMetadata] = await client.send(
        record.topic,
        key=record.key,
        value=record.value,
        timestamp_ms=record.timestamp_ms,
        headers=list(record.headers),
    )
    return answer


class Transport(aiokafka.Transport):  # type: ignore[misc]
    """A Kafka cluster as Faust sees it."""

    Consumer: ClassVar[type[Consumer]] = Consumer
    Producer: ClassVar[type[Producer]] = Producer
