"""What needs no cluster; what both logs promise is in `contract/`."""

import asyncio

import pytest

from streams.errors import Wait
from streams.transport.kafka import KafkaProducer, KafkaReader
from streams.transport.ports import Outgoing

NOBODY = ["127.0.0.1:1"]


async def test_a_call_that_is_too_much_is_asked_to_wait() -> None:
    producer = KafkaProducer(NOBODY, most_under_way=5)
    with pytest.raises(Wait, match="0 records are under way to the log, 6 more would pass 5"):
        await producer.send([Outgoing("facts", b"x")] * 6)


async def test_what_is_under_way_counts_until_it_is_answered() -> None:
    producer = KafkaProducer(NOBODY, most_under_way=5, patience=0.5)
    first = asyncio.create_task(producer.send([Outgoing("facts", b"x")] * 4))
    await asyncio.sleep(0)
    with pytest.raises(Wait, match="4 records are under way"):
        await producer.send([Outgoing("facts", b"x")] * 2)
    with pytest.raises(Wait, match="is away"):
        await first
    with pytest.raises(Wait, match="is away"):
        await producer.send([Outgoing("facts", b"x")] * 5)


async def test_a_reader_without_a_cluster_says_wait() -> None:
    reader = KafkaReader(NOBODY, patience=0.5)
    with pytest.raises(Wait, match=r"The log at 127\.0\.0\.1:1 is away"):
        await reader.highwaters("facts")
    await reader.close()
