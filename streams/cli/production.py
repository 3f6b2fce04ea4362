"""Commands of an installation over a cluster: worker, intake, store, deliver, each a process; its topics and health."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import click

from streams.cli.common import DONE, FOUND, STOPPED, WAREHOUSE_HELP, address_in, complain, settings

_ENDS_WITHIN = 40.0
"""Seconds after a signal in which a process ends by itself; then it is ended, whatever it waits for."""


@click.command()
@click.option("--json", "as_json", is_flag=True)
@click.option("--bootstrap", help="Hold the topics of this cluster against the files: kafka://host:port,host:port")
@click.option("--create", is_flag=True, help="Make those that are missing.")
@click.option("--replication", default=3, show_default=True, type=click.IntRange(1), help="Copies of every partition.")
@click.pass_context
def topics(ctx: click.Context, as_json: bool, bootstrap: str | None, create: bool, replication: int) -> None:
    """Print the topics; with --bootstrap hold those of a cluster against them: exit code 1 where they differ."""
    if bootstrap is None:
        from streams.cli import local

        if create:
            raise click.UsageError("--create needs --bootstrap")
        ctx.invoke(local.topics, as_json=as_json)
        return
    from schemas.topics import TOPICS
    from streams.topology import CHANGELOGS
    from streams.transport.address import SCHEME, read_address
    from streams.transport.topics import Topics, wanted

    address = read_address(bootstrap if "://" in bootstrap else f"{SCHEME}://{bootstrap}")
    partitions = settings().partitions_of(None)
    asked = wanted(TOPICS.values(), partitions=partitions, replication=replication, changelogs=CHANGELOGS)
    there = Topics(address.brokers, **address.for_kafka_python())
    try:
        for name in there.create(asked) if create else ():
            click.echo(f"made {name}")
        differences = there.differences(asked)
    finally:
        there.close()
    for each in differences:
        click.echo(str(each))
    if differences:
        complain(f"{len({d.topic for d in differences})} of {len(asked)} topics are not as their files ask")
        sys.exit(FOUND)
    click.echo(f"{len(asked)} topics are as their files ask")


Broker = click.option("--broker", required=True, help="kafka://host:port,host:port")
WarehouseAt = click.option(
    "--warehouse-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help=WAREHOUSE_HELP,
)


ReadyPort = click.option(
    "--ready-port", type=click.IntRange(1, 65535), help="Answer /readyz on this port of 127.0.0.1."
)


@click.command()
@Broker
@click.option("--instance", help="This worker's name among the workers: it keeps its share over a restart.")
@click.option("--session-timeout", default=30.0, show_default=True, help="Seconds until a silent worker is given up.")
@ReadyPort
def worker(broker: str, instance: str | None, session_timeout: float, ready_port: int | None) -> None:
    """Place facts and keep watch over this worker's share of the destinations, until a signal comes."""
    heed_signals("worker")
    from streams.transport.address import read_address
    from streams.worker import Work, work

    chosen = settings()
    how = Work(
        address=read_address(broker), url=broker, partitions=chosen.partitions_of(None), home=chosen.home,
        instance=instance,
        session_timeout=session_timeout, ready_port=ready_port,
    )  # fmt: skip
    _run(f"worker {instance}" if instance else "worker", lambda said, ending: work(how, said, ending))


@click.command()
@Broker
@WarehouseAt
def intake(broker: str, warehouse_file: Path) -> None:
    """Take in facts over HTTP and show the pages; the log is a cluster, the warehouse a server."""
    heed_signals("intake")
    from streams import apart
    from streams.transport.address import read_address

    log, chosen, warehouse = read_address(broker), settings(), address_in(warehouse_file)
    _run("intake", lambda said, ending: apart.intake(log, chosen, warehouse, apart.Process(said=said, ending=ending)))


@click.command()
@Broker
@WarehouseAt
@ReadyPort
def store(broker: str, warehouse_file: Path, ready_port: int | None) -> None:
    """Write every topic of a cluster into the warehouse, each record once; one such process."""
    heed_signals("store")
    from streams import apart
    from streams.transport.address import read_address

    log, chosen, warehouse = read_address(broker), settings(), address_in(warehouse_file)

    def main(said: Callable[[str], object], ending: Callable[[], object]) -> Coroutine[Any, Any, None]:
        return apart.store(log, chosen, warehouse, apart.Process(said=said, ending=ending, ready_port=ready_port))

    _run("store", main)


@click.command()
@Broker
@click.option("--pages", required=True, help="Address of the pages, http(s)://host:port: messages point there.")
@ReadyPort
def deliver(broker: str, pages: str, ready_port: int | None) -> None:
    """Tell officers what is news to them, by the routes of routes.toml; one such process."""
    heed_signals("deliver")
    from streams import apart
    from streams.transport.address import read_address

    log, chosen = read_address(broker), settings()

    def main(said: Callable[[str], object], ending: Callable[[], object]) -> Coroutine[Any, Any, None]:
        return apart.deliver(log, chosen, pages, apart.Process(said=said, ending=ending, ready_port=ready_port))

    _run("deliver", main)


@click.command()
@click.option(
    "--port", required=True, type=click.IntRange(1, 65535), help="Its --ready-port, or the port of its pages."
)
def ready(port: int) -> None:
    """Say whether a process on this machine is ready, and why; exit code 1 where it is not."""
    from streams.health import ask

    found = ask(port)
    click.echo(f"{'ready' if found.ready else 'not ready'}: {found.why}")
    sys.exit(DONE if found.ready else FOUND)


def heed_signals(name: str) -> None:
    """From here on a signal ends the process, though it has not begun: loading the parts takes a second.

    It ends there and then: an exception raised here is lost where the signal meets a weak reference's callback, of
    which every import has one. Nothing is open yet that would want closing.
    """

    def end(*_: object) -> None:
        os.write(sys.stdout.fileno(), f"{name}: stopped before it began\n".encode())
        os._exit(DONE)

    signal.signal(signal.SIGTERM, end)


async def from_the_first_moment(main: Coroutine[Any, Any, None], ending: Callable[[], object]) -> None:
    """Run `main`, which takes signals itself once it has begun; one that comes before ends it in order."""
    running = asyncio.ensure_future(main)
    told = asyncio.Event()

    def end() -> None:
        if not told.is_set():
            told.set()
            ending()
            running.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, end)
    await asyncio.wait([running])
    if not told.is_set() or not running.cancelled():
        running.result()


def _run(name: str, main: Callable[[Callable[[str], object], Callable[[], object]], Coroutine[Any, Any, None]]) -> None:
    """Run a process until it ends; some seconds after a signal it ends whatever a thread of it waits for."""
    from streams.transport.app import run as run_loop

    logging.basicConfig(level=logging.WARNING, format=f"%(asctime)s {name} %(levelname)s %(name)s: %(message)s")
    logging.getLogger("kafka").setLevel(logging.CRITICAL)  # tells of every attempt; we say it once
    logging.getLogger("mode.timers").setLevel(logging.ERROR)  # says only that the machine is busy
    end = threading.Timer(_ENDS_WITHIN, os._exit, (STOPPED,))
    end.daemon = True
    try:
        run_loop(from_the_first_moment(main(lambda word: click.echo(f"{name}: {word}"), end.start), end.start))
    finally:
        if not end.is_alive():
            end.start()
    click.echo(f"{name}: stopped; what was not committed is read again")
