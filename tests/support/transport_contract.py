"""What every log promises. `carrier` gives one implementation after the other, `mortal_carrier` one that goes away."""

import asyncio
from typing import Any

import pytest

from streams.errors import Wait
from streams.transport.partitioning import partition_of
from streams.transport.ports import Committed, Outgoing, Record


def bodies(records: list[Record]) -> list[bytes | None]:
    return [record.value for record in records]


async def test_what_was_sent_can_be_read_as_it_was(carrier: Any) -> None:
    sent = Outgoing(carrier.topic, b"\x00body\xff", b"key", 2, 1_600_000_000_123, (("party", b"embassy"),))
    (position,) = await carrier.producer.send([sent])
    assert (position.topic, position.partition, position.offset) == (carrier.topic, 2, 0)
    (found,) = await carrier.reader.read(carrier.topic, 2, 0, 10)
    assert (found.value, found.key, found.timestamp_ms) == (b"\x00body\xff", b"key", 1_600_000_000_123)
    assert (found.headers, found.offset) == ((("party", b"embassy"),), 0)


async def test_positions_come_in_the_order_of_the_records(carrier: Any) -> None:
    sent = [Outgoing(carrier.topic, b"%d" % n, b"k", n % 4) for n in range(1500)]
    positions = await carrier.producer.send(sent)
    assert [p.partition for p in positions] == [n % 4 for n in range(1500)]
    assert [p.offset for p in positions] == [n // 4 for n in range(1500)]
    assert bodies(await carrier.reader.read(carrier.topic, 1, 373, 10)) == [b"1493", b"1497"]


async def test_a_key_decides_the_partition(carrier: Any) -> None:
    keys = [b"destination-%d" % n for n in range(40)]
    positions = await carrier.producer.send([Outgoing(carrier.topic, b"x", key) for key in keys])
    assert [p.partition for p in positions] == [partition_of(key, 4) for key in keys]


async def test_a_tombstone_is_a_record(carrier: Any) -> None:
    await carrier.producer.send([Outgoing(carrier.topic, None, b"k", 0)])
    (found,) = await carrier.reader.read(carrier.topic, 0, 0, 10)
    assert (found.key, found.value) == (b"k", None)


async def test_nothing_to_send_is_sent_at_once(carrier: Any) -> None:
    assert await carrier.producer.send([]) == []


async def test_many_callers_at_once_are_each_told_where_their_own_records_stand(carrier: Any) -> None:
    calls = [carrier.producer.send([Outgoing(carrier.topic, b"%d" % n, b"k", 0)] * 3) for n in range(20)]
    told = await asyncio.gather(*calls)
    stand = bodies(await carrier.reader.read(carrier.topic, 0, 0, 100))
    assert [[stand[p.offset] for p in positions] for positions in told] == [[b"%d" % n] * 3 for n in range(20)]
    assert len(stand) == 60


async def test_a_call_that_is_refused_is_refused_alone(carrier: Any) -> None:
    calls = [carrier.producer.send([Outgoing(carrier.topic, b"x", b"k", 9 if n == 7 else 0)]) for n in range(20)]
    told = await asyncio.gather(*calls, return_exceptions=True)
    assert [n for n, answer in enumerate(told) if isinstance(answer, ValueError)] == [7]
    assert await carrier.reader.ends([carrier.topic]) == {(carrier.topic, p): 19 if p == 0 else 0 for p in range(4)}


async def test_a_record_for_a_partition_that_is_not_there_is_refused_in_words(carrier: Any) -> None:
    with pytest.raises(ValueError, match=r"partition 9 of topic .* is not in the log; expected 4 partitions, from 0"):
        await carrier.producer.send([Outgoing(carrier.topic, b"x", b"k", 9)])
    assert await carrier.reader.highwaters(carrier.topic) == {0: 0, 1: 0, 2: 0, 3: 0}


async def test_reading_past_the_end_gives_nothing(carrier: Any) -> None:
    await carrier.producer.send([Outgoing(carrier.topic, b"x", b"k", 0)])
    assert await carrier.reader.read(carrier.topic, 0, 1, 10) == []
    assert await carrier.reader.read(carrier.topic, 1, 0, 10) == []


async def test_a_limit_is_kept(carrier: Any) -> None:
    await carrier.producer.send([Outgoing(carrier.topic, b"%d" % n, b"k", 0) for n in range(10)])
    assert bodies(await carrier.reader.read(carrier.topic, 0, 4, 3)) == [b"4", b"5", b"6"]


async def test_a_follower_sees_what_stands_and_what_comes(carrier: Any) -> None:
    await carrier.producer.send([Outgoing(carrier.topic, b"%d" % n, b"k", 0) for n in range(5)])
    following = carrier.reader.follow({(carrier.topic, 0): 3, (carrier.topic, 1): 0})
    seen = bodies(await asyncio.wait_for(anext(following), 10))
    while len(seen) < 2:
        seen += bodies(await asyncio.wait_for(anext(following), 10))
    assert seen == [b"3", b"4"]
    coming = asyncio.ensure_future(anext(following))
    await asyncio.sleep(0.05)
    await carrier.producer.send([Outgoing(carrier.topic, b"new", b"k", 1)])
    assert [(r.partition, r.value) for r in await asyncio.wait_for(coming, 10)] == [(1, b"new")]
    await following.aclose()


async def test_places_of_a_group_are_kept_with_their_notes(carrier: Any) -> None:
    group, topic = f"store-{carrier.topic}", carrier.topic
    assert await carrier.reader.offsets(group, [topic]) == {}
    await carrier.reader.commit(group, {(topic, 0): Committed(3, "pending:end=9"), (topic, 2): Committed(1)})
    await carrier.reader.commit(group, {(topic, 0): Committed(9)})
    assert await carrier.reader.offsets(group, [topic]) == {(topic, 0): Committed(9), (topic, 2): Committed(1)}


async def test_lag_counts_from_the_place_or_from_the_earliest(carrier: Any) -> None:
    group, topic = f"store-{carrier.topic}", carrier.topic
    await carrier.producer.send([Outgoing(topic, b"x", b"k", n % 2) for n in range(10)])
    await carrier.reader.commit(group, {(topic, 0): Committed(4)})
    assert await carrier.reader.lag(group, [topic]) == {(topic, 0): 1, (topic, 1): 5, (topic, 2): 0, (topic, 3): 0}
    assert await carrier.reader.earliest(topic) == {0: 0, 1: 0, 2: 0, 3: 0}


@pytest.mark.slow
async def test_a_log_that_is_away_says_wait(mortal_carrier: Any) -> None:
    carrier = mortal_carrier
    await carrier.producer.send([Outgoing(carrier.topic, b"x", b"k", 0)])
    await carrier.go_away()
    with pytest.raises(Wait) as refused:
        await carrier.producer.send([Outgoing(carrier.topic, b"y", b"k", 0)])
    assert refused.value.retry_after > 0
