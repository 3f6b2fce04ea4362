"""The parts of the house as processes of their own, over a cluster and one warehouse for all.

    intake     the door, the API, the pages, and the clock        any number; each keeps its own index of the log
    store      every topic into the warehouse                     one
    deliver    tells officers, from one folder                    one; a second one on the same folder is refused

Workers are in `worker.py`. Each says on `/readyz` whether it does its work (`health.py`). Each ends when a signal says
so or when it cannot go on, with the reason; what was acknowledged is in the log, and the next start goes on from there.
"""

from __future__ import annotations

import asyncio
import fcntl
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import msgspec
import uvicorn
from litestar import Litestar

from schemas.codec import decode_fact
from streams import house
from streams.access import Keys
from streams.agents.clock import keep_time
from streams.agents.deliver import Deliverer
from streams.agents.lag import keep_lag
from streams.agents.naming import RegisterNamer
from streams.agents.store import GROUP as STORE_GROUP
from streams.agents.store import store_all
from streams.agents.telling.routes import Pace
from streams.errors import Stop, Wait
from streams.health import LOOK_EVERY, Health, Movement, Seen, answer
from streams.intake.door import Door, owned_by_register
from streams.intake.index import Index
from streams.pages.ports import PagePorts
from streams.settings import Settings
from streams.topology import STORED, together
from streams.transport.address import KafkaAddress
from streams.transport.kafka import KafkaProducer, KafkaReader
from streams.transport.topics import LAG_DAYS, SEGMENT_DAYS
from streams.warehouse.migrations import migrate
from streams.warehouse.open import open_warehouse
from streams.warehouse.past import Archive
from streams.warehouse.ports import Warehouse
from streams.warehouse.reads import Reads
from streams.warehouse.store import WarehouseStore


class Ends(msgspec.Struct, frozen=True, kw_only=True):
    """Both ends of the log, and what else `house.deliver` reads of a house."""

    settings: Settings
    producer: KafkaProducer
    reader: KafkaReader
    clock: house.Clock
    address: str
    """Where the pages are; mails point there."""
    pace: Pace | None = None
    desks: list[Deliverer] = msgspec.field(default_factory=list)


class Process(msgspec.Struct, frozen=True, kw_only=True):
    """What a process tells whoever runs it."""

    said: Callable[[str], object]
    """Told when it is ready."""
    ending: Callable[[], object] = lambda: None
    """Called when a signal has come."""
    ready_port: int | None = None
    """Port of 127.0.0.1 that answers `/readyz`; the intake answers on the port of its pages."""


@asynccontextmanager
async def both_ends(
    log: KafkaAddress, settings: Settings, *, address: str = "", clock: house.Clock = house.wall_clock
) -> AsyncIterator[Ends]:
    """The log of the cluster at `log`, closed in the end."""
    settings.home.mkdir(parents=True, exist_ok=True)
    producer = KafkaProducer(log.brokers, **log.for_kafka_python())
    reader = KafkaReader(log.brokers, **log.for_kafka_python())
    where = address or f"http://{settings.host}:{settings.port}"
    try:
        yield Ends(settings=settings, producer=producer, reader=reader, clock=clock, address=where)
    finally:
        await reader.close()
        await producer.close()


@asynccontextmanager
async def one_warehouse(address: str) -> AsyncIterator[Warehouse]:
    """The warehouse at `address`, migrated, closed in the end."""
    warehouse = await asyncio.to_thread(open_warehouse, address)
    try:
        await asyncio.to_thread(migrate, warehouse)
        yield warehouse
    finally:
        warehouse.close()


async def until_told(*parts: Awaitable[object], ending: Callable[[], object] = lambda: None) -> None:
    """Run `parts` until a signal comes or one of them cannot go on."""
    stopping = asyncio.Event()

    def stop() -> None:
        if not stopping.is_set():
            stopping.set()
            ending()

    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop)
    await together(*parts, stopping.wait())


async def store(log: KafkaAddress, settings: Settings, warehouse: str, process: Process) -> None:
    """Keep the warehouse: every topic, each record once."""
    async with both_ends(log, settings) as ends, one_warehouse(warehouse) as kept:
        movement, seen = Movement(), Seen()

        async def keep_looking() -> None:
            while True:
                try:
                    seen.note(movement.judge(await ends.reader.lag(STORE_GROUP, STORED)))
                except Wait as error:
                    seen.note(Health(ready=False, why=str(error)))
                await asyncio.sleep(LOOK_EVERY)

        answering = await answer(process.ready_port, seen.now)
        try:
            process.said("ready")
            sink = WarehouseStore(kept, read=decode_fact)
            writing = store_all(ends.reader, sink, STORED)
            noting = keep_lag(ends.reader, sink.note_lag, house.READERS, ends.clock)
            await until_told(writing, noting, keep_looking(), ending=process.ending)
        finally:
            answering()


async def deliver(log: KafkaAddress, settings: Settings, pages: str, process: Process) -> None:
    """Tell officers what is news to them; raises `Stop` where another process does so from the same folder."""
    async with both_ends(log, settings, address=pages) as ends:
        with _alone(settings.home / "deliver.lock"):
            answering = await answer(process.ready_port, lambda: at_the_desks(ends.desks))
            try:
                process.said("ready")
                await until_told(house.deliver(ends), ending=process.ending)
            finally:
                answering()


def at_the_desks(desks: Sequence[Deliverer]) -> Health:
    """The health of a deliverer: it has read what was told before, and each of its channels takes what is brought."""
    if not any(desk.caught_up for desk in desks):
        return Health(ready=False, why="it reads what was told before")
    channels = [status for desk in desks for status in desk.status()]
    down = [f"{status.channel}: {status.error}" for status in channels if not status.up]
    waiting = sum(status.waiting for status in channels)
    return Health(ready=not down, why="; ".join(down) or ("telling" if waiting else "all is told"), lag=waiting)


async def intake(log: KafkaAddress, settings: Settings, warehouse: str, process: Process) -> None:
    """The door, the API and the pages, and the clock that tells the days."""
    async with both_ends(log, settings) as ends, one_warehouse(warehouse) as kept:
        index = Index(settings.home / "intake.sqlite")
        try:
            reads = Reads(kept)
            owns = owned_by_register(reads.fact)
            partitions = await _partitions(ends.reader)
            door = Door(
                ends.producer, ends.reader, index, partitions=partitions, clock=ends.clock, owns=owns,
                stubs_again_days=LAG_DAYS + SEGMENT_DAYS + 1,
            )  # fmt: skip
            await door.start()
            server = house.Server(uvicorn.Config(
                _http(ends, door, reads), host=settings.host, port=settings.port, log_level="warning", lifespan="off",
                server_header=False, access_log=False, timeout_graceful_shutdown=3,
            ))  # fmt: skip
            parts = [
                house.serve(server, lambda: process.said(f"ready at {ends.address}")),
                door.keep_stubs(),
                door.follow(),
            ]
            if settings.tick_every > 0:
                parts.append(keep_time(ends.producer, ends.clock, settings.tick_every))
            await until_told(*parts, ending=process.ending)
        finally:
            index.close()


async def _partitions(reader: KafkaReader) -> int:
    """How many partitions the topics of the cluster have."""
    found = len(await reader.highwaters("dossiers"))
    if not found:
        raise Stop("The topic dossiers is not in the log; `pledgewatch topics --bootstrap … --create` makes it")
    return found


def _http(ends: Ends, door: Door, reads: Reads) -> Litestar:
    settings = ends.settings
    archive = Archive(reads, RegisterNamer)
    ports = house.intake_ports(settings, door, archive, (ends.producer, ends.reader), ends.clock)
    pages = PagePorts(
        reads=reads, rulings=reads, past=archive.at, survey=archive.surveys.at, ask=reads.ask, submit=door.submit,
        clock=ends.clock, authority=settings.authority, country_name=house.state_name,
    )  # fmt: skip
    return house.http_app(settings, ports, pages, Keys(settings.home / "keys.json"))


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    with file.open("ab") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Stop(f"Another process delivers from {file.parent}; officers would be told twice") from None
        yield
