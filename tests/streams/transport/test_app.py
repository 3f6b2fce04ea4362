import asyncio
import logging
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from streams.errors import Stop
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
from streams.transport.logfile import Synchronous
from streams.transport.ports import Committed, Outgoing
from streams.transport.readback import strangers

KILLED_WORKER = Path(__file__).parent / "killed_worker.py"


class House:
    """An app with one agent over two topics, a rows table and a table remembered by a topic of our own."""

    def __init__(self, log: Log, handle: Callable[["House", Any], Any] | None = None) -> None:
        home = log.path.parent
        self.app: App = make_app("watch", log_address(log.path), 4, home, broker_commit_interval=0.05)
        self.alerts_topic = make_topic(self.app, "alerts", compacted=True)
        self.rows: RawTable = make_table(self.app, "rows")
        self.alerts: RawTable = make_table(self.app, "alerts", changelog=self.alerts_topic, read_back=True)
        self.notices = make_topic(self.app, "notices")
        self.seen: asyncio.Queue[bytes] = asyncio.Queue()
        self.handle = handle or keep_row
        self.app.agent(make_topic(self.app, "facts", "ticks"), name="watch")(self.watch)

    async def watch(self, stream: Any) -> None:
        async for event in events_of(stream):
            result = self.handle(self, event)
            if result is not None:
                await result
            self.seen.put_nowait(event.value)

    async def sees(self, count: int) -> list[bytes]:
        return [await asyncio.wait_for(self.seen.get(), 30) for _ in range(count)]


def keep_row(house: House, event: Any) -> None:
    house.rows[event.key] = event.value
    house.alerts[b"alert-" + event.key] = event.value.upper()


def facts(*bodies: str, topic: str = "facts", partition: int | None = None) -> list[Outgoing]:
    return [Outgoing(topic, body.encode(), body.encode(), partition) for body in bodies]


async def failure_of(worker: Worker) -> str:
    with pytest.raises(Stop) as caught:
        await asyncio.wait_for(worker.failed(), 20)
    return str(caught.value)


@pytest.fixture
async def house_log(tmp_path: Path) -> AsyncIterator[Log]:
    log = acquire(tmp_path / "log.sqlite")
    yield log
    release(log)
    Log(tmp_path / "log.sqlite").close()  # would raise if a worker had kept it


def next_offsets(log: Log) -> int:
    return sum(place.offset for place in log.offsets("watch").values())


async def committed(log: Log, offset: int) -> None:
    """Wait until the group has come to `offset`, over all parts."""
    async with asyncio.timeout(20):
        while next_offsets(log) < offset:  # noqa: ASYNC110  (a commit may join one that had begun before)
            await asyncio.sleep(0.01)


async def test_one_agent_reads_several_topics_and_keeps_two_tables(house_log: Log) -> None:
    house = House(house_log)
    async with running(house.app):
        house_log.append(facts("a", "b") + facts("c", topic="ticks"))
        assert sorted(await house.sees(3)) == [b"a", b"b", b"c"]
        assert dict(house.rows.items()) == {b"a": b"a", b"b": b"b", b"c": b"c"}
    assert next_offsets(house_log) == 3
    said = [r for p in range(4) for r in house_log.read("alerts", p, 0, 10)]
    assert sorted((r.key, r.value) for r in said) == [(b"alert-a", b"A"), (b"alert-b", b"B"), (b"alert-c", b"C")]


async def test_a_table_record_goes_to_the_partition_of_its_event(house_log: Log) -> None:
    house = House(house_log)
    async with running(house.app):
        house_log.append(facts("a", partition=3) + facts("b", partition=0))
        await house.sees(2)
    assert house_log.highwaters("alerts") == {0: 1, 1: 0, 2: 0, 3: 1}
    assert house_log.highwaters("watch-rows-changelog") == {0: 1, 1: 0, 2: 0, 3: 1}


async def test_a_send_goes_to_the_partition_that_it_names(house_log: Log) -> None:
    def tell(house: House, event: Any) -> Any:
        return house.notices.send(key=event.key, value=event.value, partition=int(event.value))

    house = House(house_log, tell)
    async with running(house.app):
        house_log.append(facts("0", "1", "2", "3", "3", partition=0))
        await house.sees(5)
    assert house_log.highwaters("notices") == {0: 1, 1: 1, 2: 1, 3: 2}


async def test_a_restart_resumes_and_tables_hold_the_same_bytes(house_log: Log) -> None:
    first = House(house_log)
    async with running(first.app):
        house_log.append(facts("a", "b", "c"))
        await first.sees(3)
    house_log.append(facts("d"))
    second = House(house_log)
    async with running(second.app):
        assert await second.sees(1) == [b"d"]
        assert second.rows[b"a"] == b"a"
        assert dict(second.alerts.items()) == {b"alert-" + k: k.upper() for k in (b"a", b"b", b"c", b"d")}
        assert second.seen.empty()


async def test_tables_come_back_exact_after_compaction(house_log: Log) -> None:
    first = House(house_log)
    async with running(first.app):
        for n in range(5):
            house_log.append([Outgoing("facts", b"%d" % n, key) for key in (b"a", b"b", b"c")])
        await first.sees(15)
    assert house_log.compact() > 0
    second = House(house_log)
    async with running(second.app):
        assert dict(second.rows.items()) == {b"a": b"4", b"b": b"4", b"c": b"4"}


async def test_offsets_move_over_the_holes_that_compaction_left(house_log: Log) -> None:
    house_log.create_topic("facts", 4, compacted=True)
    house_log.append([Outgoing("facts", b"%d" % n, b"k%d" % (n in (3, 7)), 0) for n in range(10)])
    house_log.append(facts("last", partition=0))
    house_log.compact()
    assert house_log.count("facts") == 3
    house = House(house_log)
    async with running(house.app):
        assert await house.sees(3) == [b"7", b"9", b"last"]
    assert house_log.offsets("watch")["facts", 0] == Committed(11)


async def test_an_error_in_an_agent_ends_the_worker_and_the_event_comes_again(house_log: Log) -> None:
    def stumble(house: House, event: Any) -> None:
        if event.value == b"b":
            raise LookupError("no such dossier")

    house = House(house_log, stumble)
    async with running(house.app) as worker:
        house_log.append(facts("a", partition=0))
        await house.sees(1)
        await committed(house_log, 1)
        house_log.append(facts("b", "c", partition=0))
        assert "LookupError: no such dossier" in await failure_of(worker)
        assert not await house.app.consumer.commit()
    assert next_offsets(house_log) == 1
    again = House(house_log)
    async with running(again.app):
        assert await again.sees(2) == [b"b", b"c"]


async def test_an_event_in_work_when_the_worker_stops_comes_again(house_log: Log) -> None:
    begun = asyncio.Event()

    async def never_done(house: House, event: Any) -> None:
        if event.value == b"b":
            begun.set()
            await asyncio.sleep(3600)

    house = House(house_log, never_done)
    async with running(house.app):
        house_log.append(facts("a", "b", "c", partition=0))
        await asyncio.wait_for(begun.wait(), 20)
    assert house_log.offsets("watch") == {("facts", 0): Committed(1)}
    again = House(house_log)
    async with running(again.app):
        assert await again.sees(2) == [b"b", b"c"]


async def test_an_error_in_on_recover_ends_the_worker(house_log: Log) -> None:
    house = House(house_log)

    async def rebuild() -> None:
        raise LookupError("the index cannot be built")

    house.rows.on_recover(rebuild)
    house_log.create_topic("facts", 4)
    house_log.append(facts("a"))
    with pytest.raises(Stop, match="the index cannot be built"):
        async with running(house.app):
            pass
    assert house.seen.empty()


async def test_a_table_written_outside_an_event_is_refused(house_log: Log) -> None:
    house = House(house_log)
    async with running(house.app):
        with pytest.raises(TypeError, match="outside of stream iteration"):
            house.rows[b"k"] = b"v"


async def test_another_partition_count_stops_the_start_in_words(house_log: Log) -> None:
    house_log.create_topic("facts", 8)
    house = House(house_log)
    with pytest.raises(Stop, match=r"Topic facts .* has 8 partitions, 4 were asked for"):
        async with running(house.app):
            pass


async def test_the_worker_takes_no_signal_no_logging_and_no_port(house_log: Log) -> None:
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    root = list(logging.getLogger().handlers)
    house = House(house_log)
    async with running(house.app):
        assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == handlers
        assert logging.getLogger().handlers == root
        assert not house.app.conf.web_enabled


async def test_bodies_stay_out_of_the_debug_log(house_log: Log, caplog: pytest.LogCaptureFixture) -> None:
    def tell(house: House, event: Any) -> Any:
        house.rows[event.key] = event.value
        return house.notices.send(key=event.key, value=event.value)

    caplog.set_level(logging.DEBUG)
    house = House(house_log, tell)
    async with running(house.app):
        house_log.append(facts("a-body-nobody-may-see"))
        await house.sees(1)
    assert "a-body-nobody-may-see" not in caplog.text


async def test_an_agent_gets_nothing_of_a_topic_that_remembers_a_table(house_log: Log) -> None:
    """Why the read-back is not an agent: Faust pauses a changelog's partitions after recovery."""
    house = House(house_log)
    back: list[bytes] = []

    async def read_back(stream: Any) -> None:
        async for event in events_of(stream):
            back.append(event.value)

    house.app.agent(make_topic(house.app, "alerts"), name="back")(read_back)
    async with running(house.app):
        house_log.append(facts("a", "b"))
        await house.sees(2)
        house_log.append([Outgoing("alerts", b"stranger", b"alert-a", 0)])
        await asyncio.sleep(0.5)
    assert back == []


async def test_a_worker_reads_back_what_others_wrote_and_not_its_own(house_log: Log) -> None:
    earlier = House(house_log)
    async with running(earlier.app):
        house_log.append(facts("a", "b"))
        await earlier.sees(2)
    house = House(house_log)
    async with running(house.app):
        found = strangers(house.app, house.alerts, EmbeddedReader(house_log))
        for stranger in (b"first", b"second"):
            house_log.append(facts("c", "d", partition=2))
            await house.sees(2)
            await house.app.producer.flush()
            house_log.append([Outgoing("alerts", stranger, b"alert-a", 2)])
            record = await asyncio.wait_for(anext(found), 10)
            assert (record.key, record.value, record.partition) == (b"alert-a", stranger, 2)
        assert not house.alerts.own_writes
        await found.aclose()


async def test_what_a_stranger_overwrote_is_said_again_though_it_is_the_same(house_log: Log) -> None:
    def say_what_is_new(house: House, event: Any) -> None:
        if house.alerts.get(b"alert") != b"said":
            house.alerts[b"alert"] = b"said"

    house = House(house_log, say_what_is_new)
    async with running(house.app):
        found = strangers(house.app, house.alerts, EmbeddedReader(house_log))
        house_log.append(facts("a", "b", partition=0))
        await house.sees(2)
        await house.app.producer.flush()
        house_log.append([Outgoing("alerts", b"late", b"alert", 0)])
        await asyncio.wait_for(anext(found), 10)
        house_log.append(facts("c", "d", partition=0))
        await house.sees(2)
        await house.app.producer.flush()
        await found.aclose()
    assert [r.value for r in house_log.read("alerts", 0, 0, 10)] == [b"said", b"late", b"said"]


async def test_much_more_than_a_buffer_arrives_in_order_and_once(house_log: Log) -> None:
    got: dict[int, list[int]] = {}

    def note(house: House, event: Any) -> None:
        got.setdefault(event.message.partition, []).append(event.message.offset)

    house = House(house_log, note)
    house.app.conf.stream_buffer_maxsize = 64
    house_log.create_topic("facts", 4)
    house_log.append([Outgoing("facts", b"x", b"%d" % n) for n in range(5000)])
    async with running(house.app):
        await house.sees(5000)
    assert {p: offsets == list(range(len(offsets))) for p, offsets in got.items()} == dict.fromkeys(range(4), True)
    assert next_offsets(house_log) == 5000


@pytest.mark.parametrize("synchronous", ["normal", "full"])
async def test_the_order_of_sending_is_the_order_in_the_log(tmp_path: Path, synchronous: Synchronous) -> None:
    async def tell(house: House, event: Any) -> None:
        for n in range(3000):
            await house.notices.send(key=b"k", value=b"%d" % n, partition=0)
            if n % 700 == 0:
                await asyncio.sleep(0.004)

    log = acquire(tmp_path / "log.sqlite", synchronous=synchronous)
    house = House(log, tell)
    async with running(house.app):
        log.append(facts("a"))
        await house.sees(1)
    assert [int(r.value or b"") for r in log.read("notices", 0, 0, 5000)] == list(range(3000))
    release(log)


async def test_nothing_is_written_after_a_send_that_failed(house_log: Log) -> None:
    async def tell(house: House, event: Any) -> None:
        await house.app.send("nowhere", key=b"k", value=b"x")
        await asyncio.sleep(0.05)
        await house.notices.send(key=b"k", value=b"later")

    house = House(house_log, tell)
    async with running(house.app) as worker:
        house_log.append(facts("a"))
        assert "topic 'nowhere' is not in the log" in await failure_of(worker)
        await asyncio.sleep(0.1)
    assert house_log.count("notices") == 0


async def test_waiting_for_the_disk_gives_the_same_result(tmp_path: Path) -> None:
    log = acquire(tmp_path / "log.sqlite", synchronous="full")
    house = House(log)
    async with running(house.app):
        log.append(facts(*[str(n) for n in range(200)]))
        await house.sees(200)
    assert next_offsets(log) == 200
    assert log.count("alerts") == 200
    release(log)


def worker_process(home: Path, wanted: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, str(KILLED_WORKER), str(home), str(wanted)], stdout=subprocess.PIPE)


@pytest.mark.slow
def test_kill_nine_at_any_moment_loses_nothing_and_tables_stay_exact(tmp_path: Path) -> None:
    wanted, acknowledged, killed = 12_000, 0, 0
    moments = random.Random(7)
    for _ in range(6):
        process = worker_process(tmp_path, wanted)
        assert process.stdout is not None
        try:
            process.wait(timeout=moments.uniform(0.9, 2.0))
        except subprocess.TimeoutExpired:
            process.kill()
        said = process.stdout.read().split(b"\n")[:-1]
        process.stdout.close()
        killed += process.wait() != 0
        acknowledged = max(acknowledged, *map(int, said), 0)
        log = Log(tmp_path / "log.sqlite")
        assert sum(log.count(topic) for topic in ("facts", "ticks") if log.topic(topic)) >= acknowledged
        log.verify()
        log.close()
    assert killed >= 4
    last = worker_process(tmp_path, wanted)
    assert last.wait(timeout=120) == 0
    assert last.stdout is not None
    last.stdout.close()
    _is_exact(tmp_path, wanted)


def _is_exact(home: Path, wanted: int) -> None:
    log = Log(home / "log.sqlite")
    newest: dict[bytes | None, bytes | None] = {}
    notices: dict[bytes | None, set[int]] = {}
    for partition in range(3):
        newest |= {r.key: r.value for r in log.read("alerts", partition, 0, 10**6)}
        for record in log.read("notices", partition, 0, 10**6):
            notices.setdefault(record.key, set()).add(partition)
    rows = {r.key for p in range(3) for r in log.read("watch-rows-changelog", p, 0, 10**6)}
    log.close()
    kept = sorted(int(n) for value in newest.values() for n in (value or b"").split())
    assert kept == list(range(wanted))
    assert len(newest) == 500
    assert len(rows) == wanted
    assert set(notices) == {b"%d" % n for n in range(wanted)}
    assert all(len(places) == 1 for places in notices.values())
