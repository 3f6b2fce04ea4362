"""The ports over Kafka, through kafka-python: for the intake and tools where the log is a cluster.

One `KafkaProducer` a process: idempotent, `acks=all`, lz4. All records of a call are under way together, and the call
returns when the last is acknowledged by every replica that counts. What is sent while two flights of records are under
way goes together in the next: kafka-python (3.0.12) asks without a pause whether it may go on while five requests wait
for their answers, and takes the processor from everything else in the process. kafka-python is synchronous: what can
block runs in threads of its own, one for each client, because its consumers belong to one thread.

Topics are made at deployment, never by sending to them.

A client that was not answered is thrown away and made anew: kafka-python's may stay lost for minutes after a broker
that it knew went away and came back (seen with 3.0.12: every question timed out, for a new client none did).
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from types import MappingProxyType
from typing import Any, TypeVar

import kafka
import msgspec
from kafka.errors import KafkaError, KafkaTimeoutError, MessageSizeTooLargeError
from kafka.structs import OffsetAndMetadata, TopicPartition

from streams.errors import Wait
from streams.transport.ports import Committed, Outgoing, Part, Position, Record, measure_lag

_Result = TypeVar("_Result")

_PATIENCE = 30.0
"""Seconds that a record, or a question, may take before the cluster counts as away."""
_TRIES = 4
"""How often a question is put within that time, each time by a new client."""
_PAUSE = 0.2
"""Seconds between two tries."""
_GATHERED_MS, _GATHERED = 200, 100_000
"""A follower is given what came within so many milliseconds, or so many bytes, at once: each answer of a broker costs
it, and the broker, more than the records in it."""
_DEAF_AFTER = 10.0
"""Seconds of silence after which a follower asks whether there is nothing, or whether it hears nothing."""
_PROMPT = {"reconnect_backoff_ms": 50, "reconnect_backoff_max_ms": 1000, "metadata_max_age_ms": 5000}
"""A broker that comes back is found within seconds: kafka-python's own pauses grow to thirty, and it asks only every
five minutes who leads what, unless it is told that it is wrong."""
_MOST_UNDER_WAY = 20_000
"""Records under way at once; a call that would pass it is asked to wait."""
_FLIGHTS = 2
"""Flights at once; each is one request to a broker, seldom two, of the five that may wait for their answers."""
_LATE = 0.5
"""Seconds after which others no longer wait for a flight: perhaps it goes to a broker that is away, and they do not."""
_LARGEST = 8_000_000
"""Largest record [bytes]; `topics.py` asks the topics for as much."""


class _Load(msgspec.Struct, frozen=True, eq=False):
    """The records of one call, and the answer that it waits for."""

    records: list[Outgoing]
    positions: asyncio.Future[list[Position]]


class KafkaProducer:
    """Sends to a Kafka cluster; one for the whole process."""

    def __init__(
        self,
        bootstrap: Sequence[str],
        *,
        most_under_way: int = _MOST_UNDER_WAY,
        patience: float = _PATIENCE,
        **settings: Any,
    ) -> None:
        self._most = most_under_way
        self._patience = patience
        self._under_way = 0
        self._waiting: list[_Load] = []
        self._flying: set[asyncio.Future[None]] = set()
        self._bootstrap = list(bootstrap)
        self._thread = ThreadPoolExecutor(1, "kafka-producer")
        self._settings = {
            "bootstrap_servers": self._bootstrap,
            "acks": "all",
            "enable_idempotence": True,
            "compression_type": "lz4",
            "linger_ms": 2,
            "batch_size": 262_144,
            "max_request_size": _LARGEST,
            "bootstrap_timeout_ms": int(patience * 1000),
            "max_block_ms": int(patience * 1000),
            "request_timeout_ms": int(patience * 500),
            "delivery_timeout_ms": int(patience * 1000),
            "allow_auto_create_topics": False,
            **_PROMPT,
            **settings,
        }
        self._client: Any = None

    async def send(self, records: Sequence[Outgoing]) -> list[Position]:
        """Send `records`; return their positions once every one is acknowledged. See `ports.Producer`."""
        if self._under_way + len(records) > self._most:
            raise Wait(
                f"{self._under_way} records are under way to the log, {len(records)} more would pass {self._most}",
                retry_after=1.0,
            )
        self._under_way += len(records)
        try:
            return await self._sent(records)
        finally:
            self._under_way -= len(records)

    async def close(self) -> None:
        """Send what is left, and close the connections."""
        while self._flying:
            await asyncio.wait(self._flying)
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown(wait=False)

    async def _sent(self, records: Sequence[Outgoing]) -> list[Position]:
        load = _Load(list(records), asyncio.get_running_loop().create_future())
        self._waiting.append(load)
        self._depart()
        with _away_is_wait(self._bootstrap):
            try:
                return await asyncio.wait_for(load.positions, self._patience + _PAUSE)
            finally:
                if load in self._waiting:
                    self._waiting.remove(load)

    def _depart(self) -> None:
        """Let all that waits go together, if not too many flights are under way."""
        if self._waiting and len(self._flying) < _FLIGHTS:
            loads, self._waiting = self._waiting, []
            flight = asyncio.ensure_future(self._fly(loads))
            self._flying.add(flight)
            late = asyncio.get_running_loop().call_later(_LATE, self._make_room, flight)
            flight.add_done_callback(self._make_room)
            flight.add_done_callback(lambda _: late.cancel())

    def _make_room(self, flight: asyncio.Future[None]) -> None:
        self._flying.discard(flight)
        self._depart()

    async def _fly(self, loads: Sequence[_Load]) -> None:
        """Send `loads`, and tell each what became of it."""
        loop = asyncio.get_running_loop()
        try:
            begun = await loop.run_in_executor(self._thread, self._start, [load.records for load in loads])
        except Exception as error:
            begun = [error for _ in loads]
        under_way = [future for futures in begun if not isinstance(futures, Exception) for future in futures]
        with suppress(TimeoutError):
            await _all_answered(under_way, self._patience)
        told = [_told(load, futures) for load, futures in zip(loads, begun, strict=True)]
        if any(error is not None and _may_be_lost(error) for error in told):
            await loop.run_in_executor(self._thread, self._renew)

    def _start(self, calls: Sequence[Sequence[Outgoing]]) -> list[list[Any] | Exception]:
        """kafka-python's futures of each call's records, or why the call cannot be sent."""
        if self._client is None:
            self._client = kafka.KafkaProducer(**self._settings)
        return [self._start_one(records) for records in calls]

    def _start_one(self, records: Sequence[Outgoing]) -> list[Any] | Exception:
        try:
            for record in records:
                self._check(record)
            return [
                self._client.send(
                    record.topic,
                    value=record.value,
                    key=record.key,
                    headers=list(record.headers),
                    partition=record.partition,
                    timestamp_ms=record.timestamp_ms,
                )
                for record in records
            ]
        except Exception as error:
            return error

    def _check(self, record: Outgoing) -> None:
        partitions = self._client.partitions_for(record.topic)
        if not partitions:
            raise ValueError(f"topic {record.topic!r} is not in the log at {', '.join(self._bootstrap)}")
        if record.partition is not None and record.partition not in partitions:
            raise ValueError(
                f"partition {record.partition} of topic {record.topic!r} is not in the log; "
                f"expected {len(partitions)} partitions, from 0"
            )

    def _renew(self) -> None:
        """Throw the client away; what it has under way fails, and whoever sent it is asked to wait."""
        client, self._client = self._client, None
        if client is not None:
            threading.Thread(target=_close_lost, args=(client,), daemon=True).start()

    def _close(self) -> None:
        if self._client is not None:
            self._client.close(self._patience)


class KafkaReader:
    """Reads a Kafka cluster, and keeps the places of groups outside Faust."""

    def __init__(self, bootstrap: Sequence[str], *, patience: float = _PATIENCE, **settings: Any) -> None:
        self._bootstrap = list(bootstrap)
        self._patience = patience
        self._settings = settings
        self._clients: dict[str | None, _Client] = {}

    async def read(self, topic: str, partition: int, start: int, limit: int) -> list[Record]:
        """At most `limit` records from offset `start` on, in order."""
        return await self._ask(None, _read, topic, partition, max(start, 0), limit, self._patience)

    async def follow(self, starts: Mapping[Part, int], limit: int = 500) -> AsyncIterator[list[Record]]:
        """What stands at and after `starts`, then what is appended, for ever."""
        gathered = {"fetch_max_wait_ms": _GATHERED_MS, "fetch_min_bytes": _GATHERED}
        client, places, heard = self._new_client(None, gathered), dict(starts), time.monotonic()
        try:
            while True:
                found = await self._call(client, _poll, places, limit)
                for records in found:
                    places[records[-1].topic, records[-1].partition] = records[-1].offset + 1
                    yield records
                if found:
                    heard = time.monotonic()
                elif time.monotonic() - heard > _DEAF_AFTER:
                    await self._call(client, _refuse_deafness)
                    heard = time.monotonic()
        finally:
            client.close()

    async def highwaters(self, topic: str) -> dict[int, int]:
        """The offset that the next record will get, by partition."""
        return await self._ask(None, _bounds, topic, "end_offsets")

    async def ends(self, topics: Collection[str]) -> dict[Part, int]:
        """The highwaters of several topics, in one request to each broker."""
        return await self._ask(None, _ends, topics)

    async def earliest(self, topic: str) -> dict[int, int]:
        """The offset of the first record that is still there, by partition."""
        return await self._ask(None, _bounds, topic, "beginning_offsets")

    async def offsets(self, group: str, topics: Sequence[str]) -> dict[Part, Committed]:
        """How far `group` has come in `topics`."""
        return await self._ask(group, _committed, topics)

    async def commit(self, group: str, offsets: Mapping[Part, Committed]) -> None:
        """Keep `offsets` for `group`; refused by the cluster while the group has members of its own."""
        await self._ask(group, _commit, offsets)

    async def lag(self, group: str, topics: Sequence[str]) -> dict[Part, int]:
        """Offsets of `topics` between `group` and the highwater."""
        return await measure_lag(self, group, topics)

    async def close(self) -> None:
        """Close the connections."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()

    async def _ask(self, group: str | None, question: Callable[..., _Result], *values: Any) -> _Result:
        if group not in self._clients:
            self._clients[group] = self._new_client(group)
        return await self._call(self._clients[group], question, *values)

    async def _call(self, client: _Client, question: Callable[..., _Result], *values: Any) -> _Result:
        with _away_is_wait(self._bootstrap):
            return await client.call(question, *values)

    def _new_client(self, group: str | None, settings: Mapping[str, Any] = MappingProxyType({})) -> _Client:
        return _Client(
            {
                "bootstrap_servers": self._bootstrap,
                "bootstrap_timeout_ms": int(self._patience * 1000 / _TRIES),
                "group_id": group,
                "enable_auto_commit": False,
                "auto_offset_reset": "earliest",
                "allow_auto_create_topics": False,
                "fetch_max_wait_ms": 100,
                "request_timeout_ms": int(self._patience * 1000 / _TRIES),
                **_PROMPT,
                **settings,
                **self._settings,
            },
            self._patience,
        )


class _Client:
    """A kafka-python consumer and the one thread that may touch it."""

    def __init__(self, settings: dict[str, Any], patience: float) -> None:
        self._settings = settings
        self._patience = patience
        self._thread = ThreadPoolExecutor(1, "kafka-reader")
        self._consumer: Any = None

    async def call(self, question: Callable[..., _Result], *values: Any) -> _Result:
        """The answer to `question`, asked of the consumer in its thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._in_thread, question, *values)

    def close(self) -> None:
        """Close the connection, after what is under way."""
        self._thread.submit(self._close)
        self._thread.shutdown(wait=False)

    def _in_thread(self, question: Callable[..., _Result], *values: Any) -> _Result:
        end = time.monotonic() + self._patience
        while True:
            try:
                if self._consumer is None:
                    self._consumer = kafka.KafkaConsumer(**self._settings)
                return question(self._consumer, *values)
            except (KafkaError, TimeoutError) as error:
                self._close()
                if not _may_be_lost(error) or time.monotonic() + _PAUSE > end:
                    raise
            time.sleep(_PAUSE)

    def _close(self) -> None:
        """Close the consumer in a thread of its own: one that is lost would wait for answers."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            threading.Thread(target=consumer.close, kwargs={"autocommit": False}, daemon=True).start()


def _may_be_lost(error: Exception) -> bool:
    """Whether another client may be answered; what the cluster refuses, it refuses anybody."""
    return isinstance(error, TimeoutError) or bool(getattr(error, "retriable", False))


class _away_is_wait:  # noqa: N801  (reads as what it does)
    """Turn what Kafka says when it cannot serve into a `Wait`."""

    def __init__(self, bootstrap: Sequence[str]) -> None:
        self._bootstrap = bootstrap

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if isinstance(error, MessageSizeTooLargeError):
            raise ValueError(f"a record is larger than the log takes: {error}") from error
        if isinstance(error, (KafkaError, TimeoutError)):
            raise Wait(f"The log at {', '.join(self._bootstrap)} is away: {type(error).__name__}") from error


def _close_lost(client: Any) -> None:
    """Close a producer for whose records nobody answers; kafka-python's `close` gives up before it ends the sending."""
    client._sender.force_close()
    with suppress(KafkaError):
        client.close(0)
    client._closed = True


def _told(load: _Load, futures: Sequence[Any] | Exception) -> Exception | None:
    """Tell whoever sent `load` where its records stand, or why it is not known; return the reason."""
    answer: list[Position] | Exception
    try:
        if isinstance(futures, Exception):
            raise futures
        answers = [future.get(0) for future in futures]
        answer = [Position(found.topic, found.partition, found.offset) for found in answers]
    except Exception as error:
        answer = error
    if not load.positions.done():
        if isinstance(answer, Exception):
            load.positions.set_exception(answer)
        else:
            load.positions.set_result(answer)
    return answer if isinstance(answer, Exception) else None


async def _all_answered(futures: Sequence[Any], patience: float) -> None:
    """Return when every one of kafka-python's `futures` has its answer, good or bad."""
    if not futures:
        return
    loop = asyncio.get_running_loop()
    answered = asyncio.Event()
    left = len(futures)
    counting = threading.Lock()

    def one_more(_: Any) -> None:
        nonlocal left
        with counting:
            left -= 1
            last = left == 0
        if last:
            loop.call_soon_threadsafe(answered.set)

    for future in futures:
        future.add_both(one_more)
    await asyncio.wait_for(answered.wait(), patience + _PAUSE)


def _read(consumer: Any, topic: str, partition: int, start: int, limit: int, patience: float) -> list[Record]:
    part = TopicPartition(topic, partition)
    end = consumer.end_offsets([part])[part]
    if start >= end:
        return []
    consumer.assign([part])
    consumer.seek(part, start)
    records: list[Record] = []
    deadline = time.monotonic() + patience
    while len(records) < limit and consumer.position(part) < end:
        for found in consumer.poll(timeout_ms=500, max_records=limit - len(records)).values():
            records += map(_record, found)
        if time.monotonic() > deadline:
            raise TimeoutError
    return records


def _poll(consumer: Any, places: Mapping[Part, int], limit: int) -> list[list[Record]]:
    """What stands at `places`, where a new consumer begins, and what one that has begun has not given yet."""
    parts = {TopicPartition(*part): offset for part, offset in places.items()}
    if consumer.assignment() != parts.keys():
        consumer.assign(list(parts))
        for part, offset in parts.items():
            consumer.seek(part, offset)
    return [list(map(_record, found)) for found in consumer.poll(timeout_ms=200, max_records=limit).values() if found]


def _refuse_deafness(consumer: Any) -> None:
    """Raise where records stand after the places of a consumer that has given none for a while."""
    ends = consumer.end_offsets(list(consumer.assignment()))
    if any(consumer.position(part) < end for part, end in ends.items()):
        raise KafkaTimeoutError


def _bounds(consumer: Any, topic: str, which: str) -> dict[int, int]:
    parts = [TopicPartition(topic, partition) for partition in sorted(consumer.partitions_for_topic(topic) or ())]
    return {part.partition: offset for part, offset in getattr(consumer, which)(parts).items()}


def _ends(consumer: Any, topics: Collection[str]) -> dict[Part, int]:
    parts = [TopicPartition(t, p) for t in topics for p in sorted(consumer.partitions_for_topic(t) or ())]
    found = consumer.end_offsets(parts) if parts else {}
    return {(part.topic, part.partition): found[part] for part in parts}


def _committed(consumer: Any, topics: Sequence[str]) -> dict[Part, Committed]:
    parts = [TopicPartition(t, p) for t in topics for p in sorted(consumer.partitions_for_topic(t) or ())]
    # `committed` would ask for each part by itself, some hundred requests for one look at the lag.
    places = consumer._coordinator.fetch_committed_offsets(parts) if parts else {}
    return {
        (part.topic, part.partition): Committed(places[part].offset, places[part].metadata or "")
        for part in parts
        if part in places
    }


def _commit(consumer: Any, offsets: Mapping[Part, Committed]) -> None:
    consumer.commit({TopicPartition(*part): OffsetAndMetadata(c.offset, c.metadata, -1) for part, c in offsets.items()})


def _record(found: Any) -> Record:
    headers = tuple((name, bytes(value)) for name, value in found.headers or ())
    return Record(found.topic, found.partition, found.offset, found.timestamp, found.key, found.value, headers)
