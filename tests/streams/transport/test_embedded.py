import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.errors import Wait
from streams.transport.embedded import EmbeddedProducer, keep_compact
from streams.transport.log import Log
from streams.transport.ports import Outgoing


@pytest.fixture
def small_log(tmp_path: Path) -> Iterator[Log]:
    log = Log(tmp_path / "log.sqlite")
    log.create_topic("alerts", 1, compacted=True)
    yield log
    log.close()


async def test_a_full_disk_asks_the_feeder_to_wait(small_log: Log) -> None:
    small_log._writer.execute("PRAGMA max_page_count = 1")
    with pytest.raises(Wait, match="disk is full") as refused:
        await EmbeddedProducer(small_log).send([Outgoing("alerts", b"x" * 50_000, b"k")])
    assert refused.value.retry_after == 30.0
    assert small_log.count("alerts") == 0


async def test_others_get_their_turn_during_a_long_send(small_log: Log) -> None:
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    positions = await EmbeddedProducer(small_log).send([Outgoing("alerts", b"x", b"%d" % n) for n in range(2000)])
    counting.cancel()
    assert len(positions) == 2000
    assert turns >= 4


async def test_a_log_is_kept_compact_where_it_is_worth_it(small_log: Log) -> None:
    gone: asyncio.Queue[int] = asyncio.Queue()
    keeping = asyncio.create_task(keep_compact(small_log, 0.01, gone.put_nowait))
    assert await asyncio.wait_for(gone.get(), 2) == 0
    await EmbeddedProducer(small_log).send([Outgoing("alerts", b"x", b"k") for _ in range(12_000)])
    found = 0
    while not found:
        found = await asyncio.wait_for(gone.get(), 5)
    keeping.cancel()
    assert small_log.compact() + found == 11_999
    assert small_log.count("alerts") == 1


async def test_records_that_are_too_old_go(small_log: Log) -> None:
    day = 24 * 60 * 60 * 1000
    small_log.create_topic("parked", 1)
    small_log.append([Outgoing("parked", b"x", b"k", 0, n * day) for n in range(100)])
    gone: asyncio.Queue[int] = asyncio.Queue()
    keeping = asyncio.create_task(
        keep_compact(small_log, 0.01, gone.put_nowait, keep_days={"parked": 90}, clock=lambda: 100 * day)
    )
    assert await asyncio.wait_for(gone.get(), 2) == 10
    keeping.cancel()
    assert small_log.earliest("parked") == {0: 10}
