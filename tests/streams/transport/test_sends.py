import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from faust.transport import base
from faust.types import TP, RecordMetadata

from streams.errors import Stop
from streams.transport import driver
from streams.transport.app import (
    App,
    RawTable,
    Worker,
    events_of,
    log_address,
    make_app,
    make_table,
    make_topic,
    running,
)
from streams.transport.embedded import EmbeddedReader
from streams.transport.log import Log, acquire, release
from streams.transport.ports import Committed, Outgoing, Position
from streams.transport.readback import strangers
from streams.transport.sends import GatheredSends, Ledger


class Broker(base.Producer):  # type: ignore[misc]
    """A producer with a broker's manners: a send is answered later, when the test says so, or refused."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.held: list[tuple[Outgoing, asyncio.Future[RecordMetadata]]] = []
        self.batches: list[int] = []
        self.refuses_to_start = False
        self.takes = asyncio.Event()
        self.takes.set()

    async def on_start(self) -> None:
        self.kept = self.transport.open()
        await super().on_start()

    async def on_shutdown(self) -> None:
        self.transport.close()

    async def write(self, part: Any, records: Sequence[Outgoing]) -> int:
        return (await self.write_by_key(records))[0].offset

    async def write_by_key(self, records: Sequence[Outgoing]) -> Sequence[RecordMetadata]:
        if self.refuses_to_start:
            raise OSError("no broker to be seen")
        await self.takes.wait()
        answers = [asyncio.get_running_loop().create_future() for _ in records]
        self.batches.append(len(records))
        self.held += zip(records, answers, strict=True)
        return [await answer for answer in answers]

    def put_down(self) -> list[Position]:
        return self.kept.append([outgoing for outgoing, _ in self.held])

    def answer(self, written: list[Position] | None = None) -> None:
        for position, (_, answer) in zip(written or self.put_down(), self.held, strict=True):
            tp = TP(position.topic, position.partition)
            answer.set_result(RecordMetadata(tp.topic, tp.partition, tp, position.offset, None, 1))
        self.held.clear()

    def refuse(self) -> None:
        self.held.pop(0)[1].set_exception(OSError("the broker is gone"))

    async def create_topic(self, topic: str, partitions: int, replication: int, **kwargs: Any) -> None:
        self.kept.create_topic(topic, partitions, compacted=kwargs.get("compacting"))


class GatheredBroker(GatheredSends, Broker):
    write, write_by_key = Broker.write, Broker.write_by_key


class BrokerTransport(driver.Transport):
    Producer = GatheredBroker


class Stage:
    """An app whose agent handles facts while its sends hang."""

    def __init__(self, log: Log, home: Path, transport: type[driver.Transport]) -> None:
        self.log = log
        self.app: App = make_app("watch", log_address(log.path), 1, home, broker_commit_interval=3600)
        self.app.transport = transport(self.app.conf.broker_consumer, self.app)
        self.alerts = make_topic(self.app, "alerts")
        self.rows: RawTable = make_table(self.app, "rows", read_back=True)
        self.handled: asyncio.Queue[bytes] = asyncio.Queue()
        self.app.agent(make_topic(self.app, "facts"), name="watch")(self.watch)

    async def watch(self, stream: Any) -> None:
        async for event in events_of(stream):
            if event.value == b"row":
                self.rows[event.key] = event.value
            elif event.value == b"alert":
                await self.alerts.send(key=event.key, value=event.value)
            else:
                await self.app.send(event.value.decode(), key=event.key, value=b"copy")
            self.handled.put_nowait(event.value)

    async def handles(self, *bodies: str) -> None:
        self.log.append([Outgoing("facts", body.encode(), b"k", 0) for body in bodies])
        for _ in bodies:
            await asyncio.wait_for(self.handled.get(), 10)

    async def broker_has(self, count: int) -> None:
        """Wait until the broker holds `count` sends, each without an answer."""
        async with asyncio.timeout(10):
            while len(self.app.producer.held) < count:  # noqa: ASYNC110  (the fake has nothing to wait for)
                await asyncio.sleep(0.005)

    @property
    def committed(self) -> dict[Any, Committed]:
        return self.log.offsets("watch")


async def failure_of(worker: Worker) -> str:
    with pytest.raises(Stop) as caught:
        await asyncio.wait_for(worker.failed(), 20)
    return str(caught.value)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    log = acquire(tmp_path / "log.sqlite")
    yield Stage(log, tmp_path, BrokerTransport)
    release(log)


@pytest.mark.parametrize("body", ["alert", "row"])
async def test_an_offset_waits_for_the_sends_before_it(stage: Stage, body: str) -> None:
    async with running(stage.app):
        await stage.handles(body, body, body)
        await stage.broker_has(3)
        committing = asyncio.create_task(stage.app.consumer.commit())
        await asyncio.sleep(0.3)
        assert not committing.done()
        assert stage.committed == {}
        stage.app.producer.answer()
        assert await asyncio.wait_for(committing, 10)
        assert stage.committed == {("facts", 0): Committed(3)}
        assert stage.log.count("alerts" if body == "alert" else "watch-rows-changelog") == 3


@pytest.mark.parametrize("body", ["alert", "row"])
async def test_a_failed_send_stops_the_worker_and_nothing_is_committed(stage: Stage, body: str) -> None:
    async with running(stage.app) as worker:
        await stage.handles(body, body)
        await stage.broker_has(2)
        stage.app.producer.refuse()
        stage.app.producer.answer()
        assert "the broker is gone" in await failure_of(worker)
    assert stage.committed == {}


async def test_a_failed_send_breaks_off_a_commit_that_waits(stage: Stage) -> None:
    async with running(stage.app) as worker:
        await stage.handles("alert", "alert")
        await stage.broker_has(2)
        committing = asyncio.create_task(stage.app.consumer.commit())
        await asyncio.sleep(0.05)
        stage.app.producer.refuse()
        assert not await asyncio.wait_for(committing, 10)
        assert "the broker is gone" in await failure_of(worker)
    assert stage.committed == {}


async def test_a_changelog_record_that_cannot_be_sent_stops_the_worker(stage: Stage) -> None:
    async with running(stage.app) as worker:
        stage.app.producer.refuses_to_start = True
        await stage.handles("row")
        assert "no broker to be seen" in await failure_of(worker)
    assert stage.committed == {}


async def test_a_changelog_record_that_faust_still_holds_keeps_the_offset_back(stage: Stage) -> None:
    async with running(stage.app):
        stage.app.producer.takes.clear()
        await stage.handles("row", "row")
        committing = asyncio.create_task(stage.app.consumer.commit())
        await asyncio.sleep(0.3)
        assert not committing.done()
        stage.app.producer.takes.set()
        await stage.broker_has(2)
        stage.app.producer.answer()
        assert await asyncio.wait_for(committing, 10)
        assert stage.committed == {("facts", 0): Committed(2)}


async def test_a_record_read_back_before_its_answer_is_not_a_strangers(stage: Stage) -> None:
    async with running(stage.app):
        found = strangers(stage.app, stage.rows, EmbeddedReader(stage.log))
        first = asyncio.ensure_future(anext(found))
        await stage.handles("row")
        await stage.broker_has(1)
        written = stage.app.producer.put_down()
        await asyncio.sleep(0.1)
        assert not first.done()
        stage.app.producer.answer(written)
        stage.log.append([Outgoing("watch-rows-changelog", b"late", b"k", 0)])
        assert (await asyncio.wait_for(first, 10)).value == b"late"
        await found.aclose()


async def test_a_later_send_does_not_hold_an_earlier_offset_back(stage: Stage) -> None:
    async with running(stage.app):
        await stage.handles("alert")
        await stage.broker_has(1)
        committing = asyncio.create_task(stage.app.consumer.commit())
        await asyncio.sleep(0.05)
        await stage.handles("alert")
        stage.app.producer.answer()
        assert await asyncio.wait_for(committing, 10)
        assert stage.committed == {("facts", 0): Committed(1)}
        await stage.broker_has(1)
        stage.app.producer.answer()


async def test_sends_of_one_moment_go_in_one_batch_and_in_their_order(stage: Stage) -> None:
    async with running(stage.app):
        stage.log.append([Outgoing("facts", b"row", b"k%d" % n, 0) for n in range(50)])
        await stage.broker_has(50)
        assert len(stage.app.producer.batches) < 10
        assert [record.key for record, _ in stage.app.producer.held] == [b"k%d" % n for n in range(50)]
        stage.app.producer.answer()


async def test_of_one_part_one_batch_is_under_way(stage: Stage) -> None:
    async with running(stage.app):
        await stage.handles("row")
        await stage.broker_has(1)
        await stage.handles("row", "alert")
        await stage.broker_has(2)
        await asyncio.sleep(0.1)
        assert [record.topic for record, _ in stage.app.producer.held] == ["watch-rows-changelog", "alerts"]
        stage.app.producer.answer()
        await stage.broker_has(1)
        stage.app.producer.answer()


async def test_who_sends_waits_while_too_much_is_under_way(stage: Stage) -> None:
    async with running(stage.app):
        stage.app.producer.room.under_way = 30_000
        sending = asyncio.create_task(stage.alerts.send(key=b"k", value=b"v"))
        await asyncio.sleep(0.05)
        assert not sending.done()
        stage.app.producer.room.give_back(30_000)
        await asyncio.wait_for(sending, 10)
        await stage.broker_has(1)
        stage.app.producer.answer()


async def test_the_embedded_producer_stops_the_worker_when_the_disk_is_full(tmp_path: Path) -> None:
    log = acquire(tmp_path / "log.sqlite")
    stage = Stage(log, tmp_path, driver.Transport)
    async with running(stage.app) as worker:
        await stage.handles("row")
        await stage.app.consumer.commit()
        log.append([Outgoing("facts", b"row", b"k" * 60_000, 0)] * 2)
        log._writer.execute("PRAGMA max_page_count = 1")
        assert "disk is full" in await failure_of(worker)
    assert stage.committed == {("facts", 0): Committed(1)}
    release(log)


async def test_a_send_to_a_topic_that_is_not_there_stops_the_worker(tmp_path: Path) -> None:
    log = acquire(tmp_path / "log.sqlite")
    stage = Stage(log, tmp_path, driver.Transport)
    async with running(stage.app) as worker:
        await stage.handles("nowhere")
        assert "topic 'nowhere' is not in the log" in await failure_of(worker)
    assert stage.committed == {}
    release(log)


async def test_a_ledger_without_sends_is_settled() -> None:
    await Ledger().settled()


async def test_a_ledger_keeps_its_first_failure() -> None:
    ledger, heard = Ledger(), []
    ledger.watch(heard.append)
    first, second = OSError("first"), OSError("second")
    ledger.fail(first)
    ledger.fail(second)
    assert heard == [first]
    with pytest.raises(Stop, match="first"):
        await ledger.settled()


async def test_a_cancelled_send_has_failed() -> None:
    ledger = Ledger()
    send = asyncio.get_running_loop().create_future()
    ledger.enter(send)
    send.cancel()
    with pytest.raises(Stop, match="cancelled before the log had it"):
        await ledger.settled()
