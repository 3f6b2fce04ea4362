"""One process with everything: the log, the stream, the warehouse, the deliverer, the clock and the HTTP server.

It holds the log and the warehouse; every other command speaks HTTP to it. When one part cannot go on, all end, with the
reason: what was acknowledged is in the log, and the next start goes on from there.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Protocol

import msgspec
import uvicorn
from litestar import Litestar
from litestar.config.allowed_hosts import AllowedHostsConfig
from litestar.datastructures import State
from litestar.exceptions import HTTPException

from schemas import AnyFact, Notice, Tick
from schemas.codec import decode_fact, decode_notice, encode, log_key, topic_of
from schemas.erasure import ERASED_SUBJECT, Erased, cleaned, erased_by, told_of_it
from schemas.topics import TOPICS
from streams.access import Keys
from streams.agents.clock import keep_time
from streams.agents.deliver import (
    AlertRecord,
    AskedAgain,
    CaughtUp,
    DayBegun,
    Deliverer,
    DeliverPorts,
    Forgotten,
    Heard,
)
from streams.agents.lag import keep_lag
from streams.agents.naming import RegisterNamer
from streams.agents.store import GROUP as STORE_GROUP
from streams.agents.store import store_all
from streams.agents.telling.channels.files import FolderOutbox, erase_mails
from streams.agents.telling.channels.opening import open_channels
from streams.agents.telling.routes import House as Sender
from streams.agents.telling.routes import Mailbox, Pace, routes_at
from streams.errors import Stop
from streams.intake.answers import problem_of
from streams.intake.door import Door, owned_by_register, state_code
from streams.intake.index import Index
from streams.intake.limits import Limits
from streams.intake.ports import IntakePorts
from streams.intake.progress import Progress
from streams.intake.routes import intake_routes
from streams.intake.searching import Search, tables_left
from streams.names.states import state_names
from streams.pages.frame import http_error
from streams.pages.ports import PagePorts, Tour
from streams.pages.routes import page_routes
from streams.settings import Settings
from streams.topology import CHANGELOGS, FACT_TOPICS, GROUP, STORED, Stream, build, hear_strangers, together
from streams.transport.app import log_address, running
from streams.transport.embedded import EmbeddedProducer, EmbeddedReader, keep_compact
from streams.transport.log import Log, acquire, release
from streams.transport.ports import Outgoing, Part, Producer, Reader
from streams.transport.sweep import sweep
from streams.warehouse.migrations import migrate
from streams.warehouse.open import open_warehouse
from streams.warehouse.past import Archive
from streams.warehouse.ports import Warehouse
from streams.warehouse.reads import Reads
from streams.warehouse.store import WarehouseStore

Clock = Callable[[], dt.datetime]
READERS = {GROUP: (*FACT_TOPICS, "dossiers"), STORE_GROUP: STORED}
"""Who keeps a place in the log, and of which topics."""


class House(msgspec.Struct, frozen=True, kw_only=True):
    """The open parts of one installation."""

    settings: Settings
    clock: Clock
    log: Log
    producer: EmbeddedProducer
    reader: EmbeddedReader
    warehouse: Warehouse
    reads: Reads
    stream: Stream
    door: Door
    keys: Keys
    http: Litestar
    pace: Pace | None = None
    """How long the deliverer waits before it speaks; absent: as the routes say."""
    desks: list[Deliverer] = msgspec.field(default_factory=list)
    """The deliverer, once it works."""

    @property
    def address(self) -> str:
        """Where the pages are."""
        return f"http://{self.settings.host}:{self.settings.port}"


def wall_clock() -> dt.datetime:
    """Now [UTC]."""
    return dt.datetime.now(dt.UTC)


def state_name(code: str) -> str | None:
    """The name of a state by its code, as the register of states has it."""
    return state_names().get(code)


@asynccontextmanager
async def open_house(
    settings: Settings,
    *,
    clock: Clock = wall_clock,
    tour: Tour | None = None,
    demo_key: str = "",
    pace: Pace | None = None,
    country_name: Callable[[str], str | None] = state_name,
    resolve_country: Callable[[str], str | None] = state_code,
) -> AsyncIterator[House]:
    """Open the log, the warehouse and the door. Raises `Stop` where another process holds them."""
    settings.home.mkdir(parents=True, exist_ok=True)
    log = acquire(settings.log_path, synchronous=settings.synchronous)  # type: ignore[arg-type]
    with contextlib.ExitStack() as stack:
        stack.callback(release, log)
        partitions = settings.partitions_of(log.kept("partitions"))
        log.keep("partitions", str(partitions))
        for topic in TOPICS.values():
            log.create_topic(topic.name, partitions, compacted=topic.cleanup == "compact")
        warehouse = await asyncio.to_thread(open_warehouse, settings.warehouse_path)
        stack.callback(warehouse.close)
        await asyncio.to_thread(migrate, warehouse)
        reads = Reads(warehouse)
        producer, reader = EmbeddedProducer(log), EmbeddedReader(log)
        index = Index(settings.home / "intake.sqlite")
        stack.callback(index.close)
        door = Door(
            producer,
            reader,
            index,
            partitions=partitions,
            clock=clock,
            owns=owned_by_register(reads.fact),
            resolve_country=resolve_country,
        )
        await door.start()
        address = log_address(settings.log_path, synchronous=settings.synchronous)
        stream = build(address, partitions=partitions, home=settings.home)
        keys = Keys(settings.home / "keys.json")
        archive = Archive(reads, RegisterNamer)
        pages = PagePorts(
            reads=reads,
            rulings=reads,
            past=archive.at,
            survey=archive.surveys.at,
            ask=reads.ask,
            submit=door.submit,
            clock=clock,
            authority=settings.authority,
            tour=tour,
            demo_key=demo_key,
            country_name=country_name,
        )
        http = http_app(settings, intake_ports(settings, door, archive, (producer, reader), clock), pages, keys)
        yield House(
            settings=settings, clock=clock, log=log, producer=producer, reader=reader, warehouse=warehouse, reads=reads,
            stream=stream, door=door, keys=keys, http=http, pace=pace,
        )  # fmt: skip


def http_app(settings: Settings, intake: IntakePorts, pages: PagePorts, keys: Keys) -> Litestar:
    """The door, the API and the pages as one app, over any log and any warehouse."""
    return Litestar(
        route_handlers=[*intake_routes(intake), *page_routes(pages)],
        state=State({"keys": keys}),
        openapi_config=None,
        logging_config=None,
        allowed_hosts=AllowedHostsConfig(allowed_hosts=_own_names(settings)),
        exception_handlers={HTTPException: _no_such_address(pages)},
        request_max_body_size=settings.max_body,
    )


def _own_names(settings: Settings) -> list[str]:
    """The names under which we may be asked: another one may be a page elsewhere that points its name at us."""
    here = {settings.host, "127.0.0.1", "localhost", "[::1]"}
    return sorted(here | {f"{host}:{settings.port}" for host in here} | set(settings.other_names))


def _no_such_address(pages: PagePorts) -> Callable[[Any, HTTPException], Any]:
    """What an address that no route knows answers: a problem to a program, a page to a person."""

    def answer(request: Any, error: HTTPException) -> Any:
        return problem_of(request, error) if request.url.path.startswith("/api/") else http_error(pages, request, error)

    return answer


def intake_ports(
    settings: Settings, door: Door, archive: Archive, log: tuple[Producer, Reader], clock: Clock
) -> IntakePorts:
    """What the intake is wired to, over both ends of any log."""
    reads, (producer, reader) = archive.reads, log

    async def lag() -> Mapping[str, int]:
        stored = await reader.lag(STORE_GROUP, STORED)
        watched = await reader.lag(GROUP, [*FACT_TOPICS, "dossiers"])
        return {STORE_GROUP: sum(stored.values()), GROUP: sum(watched.values())}

    async def ready() -> Mapping[str, bool]:
        return {"log": True, "warehouse": await asyncio.to_thread(lambda: reads.counts() is not None)}

    async def tell(notice: Notice) -> None:
        await producer.send([_as_record(notice)])

    return IntakePorts(
        door=door,
        reads=reads,
        past=archive.at,
        recomputed=archive.recomputed,
        survey=archive.surveys.at,
        told=reads,
        told_of=reads,
        search=Search(
            reader,
            door.index,
            [*STORED, "dossiers", *CHANGELOGS],
            lambda sought: tables_left(reads, sought),
            reader.in_file if isinstance(reader, EmbeddedReader) else None,
        ),
        tell=tell,
        limits=Limits(time.monotonic),
        clock=clock,
        stage=Progress(reader, place=GROUP, watch=GROUP),
        ready=ready,
        lag=lag,
        max_body=settings.max_body,
    )


async def live(house: House, *, keep_clock: bool, ready: Callable[[], object] = lambda: None) -> None:
    """Run until a signal comes or a part cannot go on; then end in order."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stopping.set)
    server = Server(uvicorn.Config(
        house.http, host=house.settings.host, port=house.settings.port, log_level="warning", lifespan="off",
        server_header=False, access_log=False, timeout_graceful_shutdown=3,
    ))  # fmt: skip
    async with running(house.stream.app) as worker:
        parts = [
            worker.failed(),
            store_all(house.reader, WarehouseStore(house.warehouse, read=decode_fact), STORED),
            deliver(house),
            house.stream.watch.end_bursts(),
            hear_strangers(house.stream, house.reader),
            keep_erased(house),
            keep_lag(house.reader, WarehouseStore(house.warehouse).note_lag, READERS, wall_clock),
            keep_compact(house.log, keep_days={t.name: t.retention_days for t in TOPICS.values() if t.retention_days}),
            serve(server, ready),
            stopping.wait(),
        ]
        if keep_clock and house.settings.tick_every > 0:
            parts.append(keep_time(house.producer, house.clock, house.settings.tick_every))
        await together(*parts)


class Server(uvicorn.Server):
    """uvicorn inside a process that takes its signals itself."""

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        """Take none."""
        yield


async def serve(server: Server, ready: Callable[[], object]) -> None:
    """Serve HTTP; raises `Stop` where the address is taken."""

    async def tell() -> None:
        while not server.started:  # noqa: ASYNC110  (uvicorn tells it in no other way)
            await asyncio.sleep(0.01)
        ready()

    telling = asyncio.create_task(tell())
    try:
        await server.serve()
    except SystemExit as error:
        config = server.config
        raise Stop(f"The address {config.host}:{config.port} is taken; set PLEDGEWATCH_PORT to a free port") from error
    finally:
        telling.cancel()


# -- erasing ----------------------------------------------------------------------------------------------------------

_TOLD_WITHIN = 60.0
"""Seconds in which the deliverer is expected to have taken its words back; the sweep is done all the same."""


async def keep_erased(house: House) -> None:
    """Sweep the log of every fact that is erased, for ever: at once, and when all who read the log have come past it.

    It keeps no place: each start sweeps for all of them again, which mends what a crash has left.
    """
    starts = {("erasures", p): at for p, at in (await house.reader.earliest("erasures")).items()}
    async for records in house.reader.follow(starts):
        facts = [decode_fact(record.value) for record in records if record.value is not None]
        erased = [each for fact in facts if (each := erased_by(fact)) is not None]
        if erased:
            await asyncio.to_thread(sweep, house.log, erased, CHANGELOGS)
            await settled(house)
            with suppress(TimeoutError):
                async with asyncio.timeout(_TOLD_WITHIN if house.desks else 0):
                    while await _words_left(house.reader, erased):  # noqa: ASYNC110  (it tells in no other way)
                        await asyncio.sleep(0.2)
            await asyncio.to_thread(sweep, house.log, erased, CHANGELOGS)


async def _words_left(reader: Reader, erased: Sequence[Erased]) -> bool:
    """Whether the newest record of some notice still has words that told of what was erased."""
    newest = {n.id: n for raw in await everything(reader, "notices") for n in (decode_notice(raw),)}
    told = (n for n in newest.values() if any(told_of_it(n, each) for each in erased))
    return any(notice.subject != ERASED_SUBJECT for notice in told)


# -- telling officers -------------------------------------------------------------------------------------------------


class Teller(Protocol):
    """What telling needs of a house, or of the ends of a log."""

    @property
    def settings(self) -> Settings:
        """Whose home folder holds `routes.toml` and the outbox."""

    @property
    def producer(self) -> Producer:
        """Writes `notices`."""

    @property
    def reader(self) -> Reader:
        """Reads `alerts`, `ticks` and `notices`."""

    @property
    def clock(self) -> Clock:
        """Now [UTC]."""

    @property
    def address(self) -> str:
        """Where the pages are."""

    @property
    def pace(self) -> Pace | None:
        """How long to wait before speaking; absent: as the routes say."""

    @property
    def desks(self) -> list[Deliverer]:
        """The deliverer is put here once it works."""


async def deliver(house: Teller) -> None:
    """Tell officers what is news to them, through the channels of `routes.toml`, or a mailbox where there is none."""
    settings = house.settings
    routes = routes_at(settings.home, Sender(name=settings.authority, pages=house.address))

    async def tell(notice: Notice) -> None:
        await house.producer.send([_as_record(notice)])

    async def unreadable(record: AlertRecord, reason: str) -> None:
        raise Stop(f"A record of our own topic `alerts` cannot be read: {reason}")

    async def moved(position: object) -> None:
        del position

    mailboxes = [channel for channel in routes.channels.values() if isinstance(channel, Mailbox)]

    async def unsay(notice: Notice) -> None:
        for mailbox in mailboxes:
            await asyncio.to_thread(erase_mails, mailbox, [notice.id])

    if house.pace is not None:
        routes = msgspec.structs.replace(routes, pace=house.pace)

    ports = DeliverPorts(
        carriers=open_channels(routes, house.clock), outbox=FolderOutbox(settings.home / "outbox"), tell=tell,
        unreadable=unreadable, moved=moved, clock=wall_clock, unsay=unsay,
    )  # fmt: skip
    said_from = {("notices", p): end for p, end in (await house.reader.highwaters("notices")).items()}
    notices = [decode_notice(r) for r in await everything(house.reader, "notices")]
    deliverer = Deliverer(routes, ports, notices)
    house.desks.append(deliverer)

    async def forget(erased: Erased) -> Forgotten:
        return await forget_told(house, erased, mailboxes)

    await deliverer.run(heard(house.reader, said_from, forget))


async def forget_told(house: Teller, erased: Erased, mailboxes: Sequence[Mailbox]) -> Forgotten:
    """Take the words of what was told of an erased fact out of `notices` and our own mailboxes; again is harmless."""
    newest = {
        n.id: n for raw in await everything(house.reader, "notices") if told_of_it(n := decode_notice(raw), erased)
    }
    clean = tuple(cleaned(notice, erased.quoted_in) for notice in newest.values())
    changed = [notice for notice in clean if notice != newest[notice.id]]
    if changed:
        await house.producer.send([_as_record(notice) for notice in changed])
    for mailbox in mailboxes:
        await asyncio.to_thread(erase_mails, mailbox, erased.told | newest.keys())
    return Forgotten(erased=erased, notices=clean)


def _as_record(notice: Notice) -> Outgoing:
    return Outgoing(topic="notices", key=notice.id.encode(), value=encode(notice))


async def everything(reader: Reader, topic: str) -> list[bytes]:
    """Every value of a topic."""
    values: list[bytes] = []
    earliest = await reader.earliest(topic)
    for partition, end in (await reader.highwaters(topic)).items():
        start = earliest[partition]
        while start < end and (records := await reader.read(topic, partition, start, 1000)):
            values += [r.value for r in records if r.value is not None]
            start = records[-1].offset + 1
    return values


Forget = Callable[[Erased], Awaitable[Forgotten]]


async def heard(
    reader: Reader, notices_from: Mapping[Part, int] | None = None, forget: Forget | None = None
) -> AsyncIterator[Heard]:
    """Alerts and days from the beginning; `CaughtUp` where the log ended when we began.

    And, from the places `notices_from` on, what is asked to be sent again; and, with `forget`, what was erased.
    """
    topics = ("erasures", "alerts", "ticks") if forget else ("alerts", "ticks")
    starts: dict[Part, int] = dict(notices_from or {})
    missing: set[Part] = set()
    ends: dict[Part, int] = {}
    for topic in topics:
        earliest = await reader.earliest(topic)
        for partition, end in (await reader.highwaters(topic)).items():
            part = (topic, partition)
            starts[part], ends[part] = earliest[partition], end
            if starts[part] < end:
                missing.add(part)
    if not missing:
        yield CaughtUp()
    caught = not missing
    async for records in reader.follow(starts):
        for record in records:
            if record.topic == "alerts":
                yield AlertRecord(key=record.key, value=record.value, position=(record.partition, record.offset))
            elif record.topic == "notices":
                if record.value is not None and (notice := decode_notice(record.value)).again:
                    yield AskedAgain(notice=notice)
            elif record.topic == "erasures":
                erased = erased_by(decode_fact(record.value)) if record.value is not None else None
                if erased is not None and forget is not None:
                    yield await forget(erased)
            elif record.value is not None and isinstance(tick := decode_fact(record.value), Tick):
                yield DayBegun(day=tick.day)
        part = (records[-1].topic, records[-1].partition)
        if part in ends and records[-1].offset + 1 >= ends[part]:
            missing.discard(part)
        if not missing and not caught:
            caught = True
            yield CaughtUp()


# -- filling ----------------------------------------------------------------------------------------------------------


async def settled(house: House, *, stored: bool = True, poll: float = 0.1) -> None:
    """Return when everything in the log has been placed and assessed, and, with `stored`, is in the warehouse."""
    while not await _caught_up(house, stored):  # noqa: ASYNC110  (many things have to come to rest)
        await asyncio.sleep(poll)


async def _caught_up(house: House, stored: bool) -> bool:
    if not house.stream.watch.idle or any((await house.reader.lag(GROUP, [*FACT_TOPICS, "dossiers"])).values()):
        return False
    return not stored or not any((await house.reader.lag(STORE_GROUP, STORED)).values())


async def _told(house: House, within: float = 2.0) -> None:
    """Return when every channel has been told what is news to it, or when it takes too long."""
    with suppress(TimeoutError):
        async with asyncio.timeout(within):
            await asyncio.sleep(0.1)
            while any(desk.waiting for d in house.desks for desk in d.status()):  # noqa: ASYNC110  (it tells in no other way)
                await asyncio.sleep(0.1)


async def fill(
    house: House, facts: Sequence[AnyFact], pause_after: Callable[[AnyFact], bool], told: Callable[[int], object]
) -> None:
    """Send facts in their order; let the stream settle after those that `pause_after` names; `told` counts."""
    waiting: list[Outgoing] = []
    for fact in facts:
        at = int(fact.recorded_at.timestamp() * 1000) if fact.recorded_at else None
        waiting.append(Outgoing(topic=topic_of(fact), key=log_key(fact), value=encode(fact), timestamp_ms=at))
        if pause_after(fact) or len(waiting) >= 1000:
            await house.producer.send(waiting)
            told(len(waiting))
            waiting.clear()
            if pause_after(fact):
                await settled(house, stored=False)
                await _told(house)
    if waiting:
        await house.producer.send(waiting)
        told(len(waiting))
    await settled(house)
