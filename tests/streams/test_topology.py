"""What somebody else writes into the topics that remember our tables is contradicted at once, though no fact comes."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from builders import a_license, a_policy, a_report
from schemas.codec import encode, log_key, topic_of
from streams.agents.watch import no_longer
from streams.rules.placing import partition_of
from streams.topology import Stream, build, hear_strangers
from streams.transport.app import log_address, running
from streams.transport.embedded import EmbeddedReader
from streams.transport.log import Log, acquire, release
from streams.transport.ports import Outgoing
from streams.transport.readback import recovered_to

FACTS = (a_policy(), a_report(a_license()))
"""A report on a license that is not on file is remarked on."""


async def newest(reader: EmbeddedReader, topic: str) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    for partition, end in (await reader.highwaters(topic)).items():
        for record in await reader.read(topic, partition, 0, end):
            if record.key is not None and record.value is not None:
                found[record.key] = record.value
    return found


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await true():  # noqa: ASYNC110  (a log tells nobody)
            await asyncio.sleep(0.05)


@pytest.fixture
def kept_log(tmp_path: Path):
    log = acquire(tmp_path / "log.sqlite")
    yield log
    release(log)


def a_stream(log: Log, home: Path) -> Stream:
    return build(log_address(log.path), partitions=2, home=home)


@pytest.mark.parametrize("known", [True, False], ids=["of a destination we spoke of", "of one we never spoke of"])
async def test_remarks_that_a_stranger_wrote_are_contradicted(kept_log: Log, tmp_path: Path, known: bool) -> None:
    stream, reader = a_stream(kept_log, tmp_path), EmbeddedReader(kept_log)
    async with running(stream.app):
        tasks = [asyncio.ensure_future(each) for each in (stream.watch.end_bursts(), hear_strangers(stream, reader))]
        assert recovered_to(stream.app, stream.remarks)
        kept_log.append([Outgoing(topic_of(fact), encode(fact), log_key(fact)) for fact in FACTS])

        async def spoken() -> bool:
            return bool(await newest(reader, "remarks")) and stream.watch.idle

        await until(spoken)
        key, said = next(iter((await newest(reader, "remarks")).items()))
        assert key.startswith(b"XA|")
        place = key if known else b"QQ|flood|2025-03"
        expected = said if known else encode(no_longer(place.decode()))
        late = b'{"fact":"remark","late":1}'
        kept_log.append([Outgoing("remarks", late, place, partition_of(place[:2].decode(), 2))])

        async def contradicted() -> bool:
            return (await newest(reader, "remarks"))[place] == expected

        await until(contradicted)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert await newest(reader, "parked") == {}
