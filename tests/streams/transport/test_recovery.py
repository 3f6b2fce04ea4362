"""Nothing that is delivered while tables are being recovered is forgotten."""

import asyncio
from typing import Any, ClassVar

from streams.transport import driver
from streams.transport.app import App, log_address, make_app, make_table, make_topic, running
from streams.transport.log import Log, acquire, release
from streams.transport.ports import Outgoing


class SlowSeek(driver.Consumer):
    """Its cluster takes its time to say how far the group has come, as one does whose leaders have just changed."""

    async def perform_seek(self) -> None:
        await asyncio.sleep(0.3)
        await super().perform_seek()
        await asyncio.sleep(0.3)


class SlowTransport(driver.Transport):
    Consumer: ClassVar[type[driver.Consumer]] = SlowSeek


def a_watch(log: Log, transport: type[driver.Transport]) -> tuple[App, list[bytes]]:
    app = make_app("watch", log_address(log.path), 1, log.path.parent, broker_commit_interval=0.05)
    app.transport = transport(app.conf.broker_consumer, app)
    rows = make_table(app, "rows")
    seen: list[bytes] = []

    async def watch(stream: Any) -> None:
        async for event in stream.events():
            rows[event.key] = event.value
            seen.append(event.value)

    app.agent(make_topic(app, "facts"), name="watch")(watch)
    return app, seen


async def handles_all(log: Log, transport: type[driver.Transport], *facts: bytes) -> list[bytes]:
    log.append([Outgoing("facts", fact, fact) for fact in facts])
    app, seen = a_watch(log, transport)
    (end,) = log.highwaters("facts").values()
    async with running(app), asyncio.timeout(20):
        while (place := log.offsets("watch").get(("facts", 0))) is None or place.offset < end:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return seen


async def test_every_fact_is_handled_however_long_the_seek_after_a_recovery_takes(tmp_path) -> None:
    log = acquire(tmp_path / "log.sqlite")
    log.create_topic("facts", 1)
    facts = [b"%d" % n for n in range(50)]
    try:
        assert await handles_all(log, driver.Transport, *facts[:5]) == facts[:5]
        assert await handles_all(log, SlowTransport, *facts[5:]) == facts[5:]
    finally:
        release(log)
