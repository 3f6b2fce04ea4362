"""The drain loop and the commit rule over aiokafka, against librdkafka's mock cluster."""

import asyncio
import uuid
from pathlib import Path
from typing import Any

import pytest

from streams.transport.app import events_of, make_app, make_table, make_topic, running
from streams.transport.cluster import Transport
from streams.transport.kafka import KafkaProducer, KafkaReader
from streams.transport.ports import Outgoing


@pytest.mark.slow
async def test_the_same_app_runs_over_kafka(mock_cluster: Any, tmp_path: Path) -> None:
    name = f"watch-{uuid.uuid4().hex[:8]}"
    topics = {kind: f"{kind}-{name}" for kind in ("facts", "notices", "alerts")}
    for topic in (*topics.values(), f"{name}-rows-changelog"):
        mock_cluster.create(topic)
    app = make_app(name, f"kafka://{','.join(mock_cluster.brokers)}", 4, tmp_path, broker_session_timeout=6.0)
    assert isinstance(app.transport, Transport)
    rows = make_table(app, "rows")
    alerts = make_table(app, "alerts", changelog=make_topic(app, topics["alerts"], compacted=True))
    notices = make_topic(app, topics["notices"])
    seen: asyncio.Queue[bytes] = asyncio.Queue()

    async def watch(stream: Any) -> None:
        async for event in events_of(stream):
            rows[event.key] = event.value
            alerts[event.key] = event.value
            await notices.send(key=event.key, value=event.value, partition=(event.message.partition + 1) % 4)
            seen.put_nowait(event.value)

    app.agent(make_topic(app, topics["facts"]), name="watch")(watch)
    settings: dict[str, Any] = {"patience": 10.0, "api_version": (2, 3)}
    producer, reader = KafkaProducer(mock_cluster.brokers, **settings), KafkaReader(mock_cluster.brokers, **settings)
    await producer.send([Outgoing(topics["facts"], b"%d" % n, b"k%d" % n, n % 4) for n in range(400)])
    async with running(app):
        for _ in range(400):
            await asyncio.wait_for(seen.get(), 30)
        async with asyncio.timeout(30):
            while any((await reader.lag(name, [topics["facts"]])).values()):  # noqa: ASYNC110  (a broker tells nobody)
                await asyncio.sleep(0.1)
        for topic in (topics["notices"], topics["alerts"]):
            assert await reader.highwaters(topic) == dict.fromkeys(range(4), 100)
    await producer.close()
    await reader.close()
