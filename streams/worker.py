"""One worker of the stream over a cluster: `place` and `watch` for its share of the partitions, and beside them, in
processes of their own, what assesses.

Any number may run, each under an instance number of its own. A worker that comes back under its number gets its share
back at once, without a rebalance; one that stays away longer than the session timeout loses it to the others. What it
knew is in the changelogs. It ends when a send fails, and when a signal says so; it commits only what is done.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from schemas.topics import TOPICS
from streams.agents.studying import Studying, beside
from streams.errors import Stop, Wait
from streams.health import LOOK_EVERY, STUCK_AFTER, Health, Movement, Seen, answer
from streams.topology import CHANGELOGS, FACT_TOPICS, GROUP, Stream, build, hear_strangers, together
from streams.transport.address import KafkaAddress
from streams.transport.app import Worker
from streams.transport.kafka import KafkaReader
from streams.transport.ports import Reader
from streams.transport.readback import recovered_to
from streams.transport.topics import Topics, wanted

READ = (*FACT_TOPICS, "dossiers")
"""What a worker reads and commits."""
_MUST = ("topic", "partitions", "cleanup.policy")
"""What a worker cannot work without; other differences are `pledgewatch topics`' to tell."""


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """How a worker runs."""

    address: KafkaAddress
    url: str
    """The address as it was given."""
    partitions: int
    home: Path
    instance: str | None = None
    """Name among the workers, for a member that keeps its share over a restart; `None`: a guest."""
    session_timeout: float = 30.0
    """Seconds after which a silent worker's share goes to the others."""
    ready_port: int | None = None
    """Port of 127.0.0.1 that answers `/readyz`."""
    stuck_after: float = STUCK_AFTER
    """Seconds without progress, with records waiting, after which it is not ready."""
    stop_within: float = 20.0


async def work(
    how: Work, said: Callable[[str], object] = lambda _: None, ending: Callable[[], object] = lambda: None
) -> None:
    """Run until a signal comes or the worker cannot go on; raises `Stop` with the reason.

    `said` is told when it is ready, `ending` is called when a signal has come.
    """
    await asyncio.to_thread(check_topics, how)
    stopping = asyncio.Event()

    def stop() -> None:
        if not stopping.is_set():
            stopping.set()
            ending()

    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop)
    async with beside(how.partitions) as study:
        await _work(how, study, stopping, said)


async def _work(how: Work, study: Studying, stopping: asyncio.Event, said: Callable[[str], object]) -> None:
    settings: dict[str, Any] = {"broker_session_timeout": how.session_timeout}
    if how.instance is not None:
        settings["consumer_group_instance_id"] = f"{GROUP}-{how.instance}"
    stream = build(how.url, partitions=how.partitions, home=how.home, study=study, **settings)
    rounds = Rounds()
    stream.alerts.on_recover(rounds.one_more)
    reader = KafkaReader(how.address.brokers, **how.address.for_kafka_python())
    progress = Progress(stream, reader, how.stuck_after)
    worker = Worker(stream.app)
    try:
        answering = await answer(how.ready_port, progress.seen.now)
        try:
            await together(worker.start(), stopping.wait())
            if not stopping.is_set():
                said("ready")
                await together(
                    worker.failed(),
                    stream.watch.end_bursts(),
                    hear_strangers_always(stream, reader, rounds),
                    progress.keep_looking(),
                    stopping.wait(),
                )
        finally:
            answering()
            await worker.stop(how.stop_within)
    finally:
        await reader.close()


def check_topics(how: Work) -> None:
    """Raise `Stop` where topics are missing or of another shape; a send to a missing topic would wait in silence."""
    asked = wanted(TOPICS.values(), partitions=how.partitions, replication=1, changelogs=CHANGELOGS)
    topics = Topics(how.address.brokers, **how.address.for_kafka_python())
    try:
        wrong = [each for each in topics.differences(asked) if each.setting in _MUST]
    finally:
        topics.close()
    if wrong:
        first = wrong[0]
        raise Stop(
            f"Topic {first.topic} of the log: {first.setting} is {first.found}, expected {first.expected}"
            f"{f' (and {len(wrong) - 1} more)' if len(wrong) > 1 else ''}; "
            "`pledgewatch topics --bootstrap … --create` makes what is missing"
        )


class Rounds:
    """Counts how often the tables were recovered: once at the start, and after every rebalance."""

    def __init__(self) -> None:
        self.count = 0
        self._next = asyncio.Event()

    async def one_more(self, *_: object) -> None:
        """They are recovered."""
        self.count += 1
        self._next.set()
        self._next = asyncio.Event()

    async def after(self, count: int) -> None:
        """Return when they were recovered more than `count` times."""
        while self.count <= count:
            await self._next.wait()


async def hear_strangers_always(stream: Stream, reader: Reader, rounds: Rounds) -> None:
    """Read back our parts of `alerts`, those that are ours after each rebalance."""
    while True:
        count = rounds.count
        if recovered_to(stream.app, stream.alerts):
            await together(hear_strangers(stream, reader), rounds.after(count))
        else:
            await rounds.after(count)


class Progress:
    """Whether this worker moves."""

    def __init__(self, stream: Stream, reader: Reader, stuck_after: float) -> None:
        self.seen = Seen()
        self._stream, self._reader = stream, reader
        self._movement = Movement(stuck_after)

    async def keep_looking(self) -> None:
        """Look again and again, for ever."""
        while True:
            self.seen.note(await self._look())
            await asyncio.sleep(LOOK_EVERY)

    async def _look(self) -> Health:
        app = self._stream.app
        parts = {(tp.topic, tp.partition) for tp in app.consumer.assignment() if tp.topic in READ}
        try:
            lag = await self._reader.lag(GROUP, READ)
        except Wait as error:
            return Health(ready=False, why=str(error), parts=len(parts))
        mine = {part: count for part, count in lag.items() if part in parts}
        return self._movement.judge(mine, recovering=bool(app.in_recovery or app.rebalancing))
