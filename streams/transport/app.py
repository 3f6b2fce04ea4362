"""A Faust app with every known trap settled, and a way to run it inside an event loop that is not its own.

    app = make_app("pledgewatch", log_address(path), partitions=8, home=home)
    rows = make_table(app, "rows")
    alerts = make_table(app, "alerts", changelog=make_topic(app, "alerts", compacted=True))

    async with running(app) as worker:      # agents run, tables are recovered
        await worker.failed()               # never returns; raises `Stop` when the worker cannot go on

What is settled: keys and values are bytes everywhere, decoded by us (a value that Faust cannot decode would be thrown
into the agent and its offset committed); no web server (Faust's serves tables on all addresses); no leader topic; one
actor an agent; reading starts at the earliest record; tables of our own that keep bytes after a recovery; an error in
an agent or in `on_recover` ends the worker instead of losing the event; a commit waits for the sends before it.
Nothing here takes signals, changes logging or exits the process.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import faust
from faust.app.base import BootStrategy
from faust.sensors.monitor import Monitor
from faust.tables.table import Table
from faust.types import RecordMetadata
from mode import Service

from streams.errors import Stop
from streams.transport.address import is_kafka, read_address
from streams.transport.cycles import look_seldom_for_cycles
from streams.transport.ports import Outgoing
from streams.transport.recovery import PromptTables
from streams.transport.sends import LARGEST_BATCH, outgoing

_Result = TypeVar("_Result")

_BUFFER = 8192
"""Messages that an agent may have waiting [count]; about 2 kB each with a body of 1 kB."""
_IN_A_ROW = 32
"""Events that an agent takes before others get their turn."""

_LARGEST = 8_000_000
"""Largest record on a cluster [bytes]; `topics.py` asks the topics for as much."""
_DELIVERED_WITHIN = 120.0
"""Seconds that a send is repeated while a cluster is away; then the worker ends."""


class QuietMonitor(Monitor):  # type: ignore[misc]
    """Faust's monitor without what it does for every event; our own metrics count at the edges."""

    def on_message_in(self, *args: Any) -> None:
        """Count nothing."""

    on_message_out = on_stream_event_out = on_topic_buffer_full = on_message_in
    on_table_get = on_table_set = on_table_del = on_message_in
    on_send_initiated = on_send_completed = on_send_error = on_message_in

    def on_stream_event_in(self, *args: Any) -> None:
        """Count nothing."""


class RawSchema(faust.Schema):  # type: ignore[misc]
    """Bytes in, the same bytes out, without the codecs that Faust would ask for every message."""

    def compile(self, app: Any, **_: Any) -> Any:
        """What makes an event of a message."""

        async def decode(message: Any, *, propagate: bool = False) -> faust.Event:
            return faust.Event(app, message.key, message.value, message.headers, message)

        return decode

    def dumps_key(self, app: Any, key: Any, *, serializer: Any = None, headers: Any) -> tuple[bytes | None, Any]:
        """The key as it is."""
        return _bytes("key", key), headers

    def dumps_value(self, app: Any, value: Any, *, serializer: Any = None, headers: Any) -> tuple[bytes | None, Any]:
        """The value as it is."""
        return _bytes("value", value), headers


def _bytes(part: str, found: Any) -> bytes | None:
    if found is None or isinstance(found, bytes):
        return found
    raise TypeError(f"the {part} of a record is {type(found).__name__}, expected bytes")


class RawTopic(faust.Topic):  # type: ignore[misc]
    """A topic of bytes. A send is a post: what Faust would make for each record is not made."""

    async def post(self, *, key: bytes, value: bytes | None, partition: int) -> None:
        """Send a record soon; a commit waits until the log has it. Waits while very much is under way."""
        producer = self.app.producer
        if producer.room.full:
            await producer.room.wait_until_ebb()
        producer.post(Outgoing(self.get_topic_name(), value, key, partition))

    async def send(
        self,
        *,
        key: bytes | None = None,
        value: bytes | None = None,
        partition: int | None = None,
        timestamp: float | None = None,
        headers: Any = None,
        **_: Any,
    ) -> Awaitable[RecordMetadata]:
        """As `post`; the awaitable is done when the log has it."""
        producer = self.app.producer
        if not producer.started:
            await self.app.maybe_start_producer()
        if producer.room.full:
            await producer.room.wait_until_ebb()
        said = outgoing(
            self.get_topic_name(), _bytes("key", key), _bytes("value", value), partition, timestamp, headers
        )
        answer: Awaitable[RecordMetadata] = producer.sent(said)
        return answer


class RawTable(Table):  # type: ignore[misc]
    """A table of bytes to bytes, before a recovery and after it."""

    def __init__(
        self,
        *args: Any,
        read_back: bool = False,
        partition_of: Callable[[bytes], int] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **{"schema": RawSchema(), **kwargs})
        self.key_serializer = self.value_serializer = "raw"
        self.own_writes: set[tuple[str, int, int]] = set()
        self._read_back = read_back
        self._partition_of = partition_of
        self._its_changelog: str | None = None

    def on_key_set(self, key: bytes, value: bytes) -> None:
        """Send the row to the changelog, and note its part: Faust's store knows only what it recovered."""
        partition = self.partition_for_key(key)
        said = Outgoing(self._changelog_name(), _bytes("value", value), _bytes("key", key), partition)
        self.app.producer.post(said, self._note_sent if self._read_back else None)
        self.data._key_partition[key] = partition

    def partition_for_key(self, key: bytes) -> int | None:
        """The part that remembers a key: what the key tells, else the part of the event that is being handled."""
        if self._partition_of is not None:
            return self._partition_of(key)
        part: int | None = super().partition_for_key(key)
        return part

    def _changelog_name(self) -> str:
        if self._its_changelog is None:
            self._its_changelog = self.changelog_topic.get_topic_name()
        return self._its_changelog

    def _on_changelog_sent(self, fut: Any) -> None:
        self._note_sent(fut.result())

    def _note_sent(self, sent: RecordMetadata) -> None:
        if self._read_back:
            self.own_writes.add((sent.topic, sent.partition, sent.offset))

    def doubt(self, key: bytes, partition: int) -> None:
        """Remember of `key` only that it is there: what its newest record says is not known any more."""
        self.data[key] = b""
        self.data._key_partition[key] = partition

    async def call_recover_callbacks(self) -> None:
        """Call what was given to `on_recover`; an error ends the worker before it handles anything."""
        try:
            # What was still under way while the changelog was read stands behind it in the log, and may have been
            # overwritten here by something older: to be read back like a stranger's.
            await self.app.producer.ledger.settled()
            self.own_writes.clear()
            await super().call_recover_callbacks()
        except Exception as error:
            self.app.producer.ledger.fail(error)
            await self.wait_until_stopped()  # Faust would go on, and report the worker ready


class _Topics(Service):  # type: ignore[misc]
    """Makes every topic of `make_topic` before anything is sent; Faust makes only those that are read."""

    def __init__(self, app: App, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._app = app

    async def on_start(self) -> None:
        """Make them."""
        for topic in self._app.made_topics:
            await topic.maybe_declare()


class _Boot(BootStrategy):  # type: ignore[misc]
    """Faust's order of starting, with the topics right after the producer."""

    def kafka_producer(self) -> list[Any]:
        """The producer, and what makes the topics."""
        return [*super().kafka_producer(), _Topics(self.app, beacon=self.app.beacon)]


class App(faust.App):  # type: ignore[misc]
    """A Faust app that makes all of its topics when it starts."""

    BootStrategy = _Boot

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.made_topics: list[faust.TopicT] = []
        super().__init__(*args, **kwargs)


def log_address(path: Path, *, synchronous: str = "normal") -> str:
    """The address of the embedded log at `path`, as `make_app` takes it."""
    return f"embedded://{path.resolve()}?synchronous={synchronous}"


def make_app(name: str, log_url: str, partitions: int, home: Path, **settings: Any) -> App:
    """A Faust app called `name` (also the name of its group) on the log at `log_url` (`address.py`).

    `partitions` is the count of every topic, `home` a folder for Faust's own files. `settings` are Faust's and override
    ours. The embedded log's topics are made when it starts; a cluster's are made at deployment (`topics.py`).
    """
    app = App(
        name,
        **{
            "broker": log_url,
            "topic_partitions": partitions,
            "topic_replication_factor": 1,
            "topic_disable_leader": True,
            "key_serializer": "raw",
            "value_serializer": "raw",
            "store": "memory://",
            "datadir": str(home / "faust"),
            "web_enabled": False,
            "web_host": "127.0.0.1",
            "autodiscover": False,
            "consumer_auto_offset_reset": "earliest",
            "broker_commit_interval": 0.2,
            "stream_buffer_maxsize": _BUFFER,
            "stream_recovery_delay": 0.0,
            "stream_wait_empty": False,
            "processing_guarantee": "at_least_once",
            "table_standby_replicas": 0,
            "Monitor": QuietMonitor,
            "Table": RawTable,
            "Topic": RawTopic,
            "TableManager": PromptTables,
            **(_over_kafka(log_url) if is_kafka(log_url) else {}),
            **settings,
        },
    )
    if is_kafka(log_url):
        from streams.transport.cluster import Transport

        app.transport = Transport(app.conf.broker_consumer, app)
    return app


def _over_kafka(log_url: str) -> dict[str, Any]:
    """Faust's settings for a cluster; the rest is in `cluster.py`."""
    address = read_address(log_url)
    return {
        "broker": address.faust_brokers,
        **address.for_faust(),
        "topic_allow_declare": False,
        "producer_acks": -1,
        "producer_compression_type": "lz4",
        "producer_linger": 0.0,  # `sends.py` gathers
        "producer_max_batch_size": LARGEST_BATCH,
        "producer_max_request_size": _LARGEST,
        "producer_request_timeout": _DELIVERED_WITHIN,
        "broker_session_timeout": 30.0,
        "broker_heartbeat_interval": 3.0,
        "broker_commit_interval": 0.5,
    }


def make_topic(app: App, *names: str, compacted: bool = False, partitions: int | None = None) -> faust.TopicT:
    """A topic of bytes (or several read as one), made in the log when the app starts."""
    topic = app.topic(
        *names,
        schema=RawSchema(),
        partitions=partitions or app.conf.topic_partitions,
        compacting=compacted or None,
        allow_empty=True,
        internal=True,
    )
    app.made_topics.append(topic)
    return topic


def make_table(
    app: App,
    name: str,
    *,
    changelog: faust.TopicT | None = None,
    read_back: bool = False,
    partition_of: Callable[[bytes], int] | None = None,
    **options: Any,
) -> RawTable:
    """A table of bytes to bytes, written by assigning whole values.

    `changelog` is a topic of our own that remembers it. `partition_of` tells the partition of a key; without it, the
    table is written only while an agent handles an event, and its record goes to the event's partition. `read_back` is
    for a table whose changelog is followed (`readback.py`); `options` are Faust's.
    """
    table: RawTable = app.Table(
        name, partitions=app.conf.topic_partitions, changelog_topic=changelog, read_back=read_back,
        partition_of=partition_of, **options,
    )  # fmt: skip
    return table


def done(message: Any) -> None:
    """A message is done: a commit may pass it."""
    if not message.decref():
        message.acked = True


async def events_of(stream: Any, handled: Callable[[Any], object] = done) -> AsyncIterator[faust.Event]:
    """The events of an agent's stream; `handled` is given each message when the next one is asked for.

    A `handled` of another kind keeps messages, and has each `done` later.

    Faust's own loop takes a turn of the event loop and a dozen calls for each event, and counts an event as done even
    where the agent raised; here the others get their turn after some events, and what was not done stays undone.
    """
    app, channel, queue = stream.app, stream.channel, stream.channel.queue
    active, errors = app.flow_control.is_active, queue._errors
    started = await stream.maybe_start()
    in_a_row = 0
    try:
        while not stream.should_stop:
            in_a_row += 1
            if in_a_row % _IN_A_ROW == 0:
                await asyncio.sleep(0)
            event = await queue.get() if errors or queue.empty() else queue.get_nowait()
            message = event.message
            if not active() or message.generation_id != app.consumer_generation_id:
                continue  # of a part that may belong to somebody else by now
            stream._set_current_event(event)
            yield event
            handled(message)
    except StopAsyncIteration:
        return  # Faust throws it into the queue of a stream that it stops
    finally:
        stream._set_current_event(None)
        channel.on_stop_iteration()
        if started:
            await stream.stop()
            stream.service_reset()


class Worker:
    """A Faust app that runs in this event loop."""

    def __init__(self, app: App) -> None:
        self.app = app
        self._failure: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()
        self._watching: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Return when agents run and tables are recovered; raises `Stop` when that fails."""
        self.app.finalize()
        self.app.producer.ledger.watch(self._note)
        self._watching = asyncio.create_task(self._watch_crash())
        starting = asyncio.create_task(self.app.start())
        await asyncio.wait([starting, self._failure], return_when=asyncio.FIRST_COMPLETED)
        if self._failure.done():
            starting.cancel()
            self._raise()
        await starting

    async def failed(self) -> NoReturn:
        """Wait until the worker cannot go on, and raise `Stop` with the reason."""
        await asyncio.wait([self._failure])
        self._raise()

    async def stop(self, within: float = 20.0) -> None:
        """Commit what is done and end; after `within` seconds without waiting any longer."""
        if self._watching is not None:
            self._watching.cancel()
        try:
            await asyncio.wait_for(self.app.stop(), within)
        except TimeoutError:
            raise Stop(
                f"The worker did not end within {within:.0f} s; what it had not committed is read again"
            ) from None

    def _note(self, reason: BaseException) -> None:
        if not self._failure.done():
            self._failure.set_result(reason)

    async def _watch_crash(self) -> None:
        await self.app._crashed.wait()
        self._note(self.app.crash_reason or Stop("unknown"))

    def _raise(self) -> NoReturn:
        reason = self._failure.result()
        if isinstance(reason, Stop):
            raise reason
        raise Stop(f"The worker cannot go on: {type(reason).__name__}: {reason}") from reason


@asynccontextmanager
async def running(app: App, *, stop_within: float = 20.0) -> AsyncIterator[Worker]:
    """Run `app` in this event loop, from recovered tables to the last commit.

    Raises `Stop` when it cannot start; inside, `worker.failed()` raises it when it cannot go on.
    """
    worker = Worker(app)
    try:
        await worker.start()
        yield worker
    finally:
        await worker.stop(stop_within)


def run(main: Coroutine[Any, Any, _Result]) -> _Result:
    """Run `main` in a new event loop, uvloop's where it is installed."""
    look_seldom_for_cycles()
    try:
        import uvloop
    except ImportError:
        return asyncio.run(main)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)
