"""Commands of an installation over a cluster: topics made and checked, workers."""

from __future__ import annotations

import logging
import os
import sys
import threading

import click

from streams.cli.common import FOUND, STOPPED, complain, settings

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
    from streams.transport.address import SCHEME, read_address
    from streams.transport.topics import Topics, wanted
    from streams.worker import CHANGELOGS

    address = read_address(bootstrap if "://" in bootstrap else f"{SCHEME}://{bootstrap}")
    partitions = settings().partitions
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


@click.command()
@click.option("--broker", required=True, help="kafka://host:port,host:port")
@click.option("--instance", help="This worker's name among the workers: it keeps its share over a restart.")
@click.option("--session-timeout", default=30.0, show_default=True, help="Seconds until a silent worker is given up.")
@click.option("--ready-port", type=click.IntRange(1, 65535), help="Answer /readyz on this port of 127.0.0.1.")
def worker(broker: str, instance: str | None, session_timeout: float, ready_port: int | None) -> None:
    """Place facts and keep watch over this worker's share of the destinations, until a signal comes."""
    from streams.transport.address import read_address
    from streams.transport.app import run as run_loop
    from streams.worker import Work, work

    chosen = settings()
    how = Work(
        address=read_address(broker), url=broker, partitions=chosen.partitions, home=chosen.home, instance=instance,
        session_timeout=session_timeout, ready_port=ready_port,
    )  # fmt: skip
    name = f"worker {instance}" if instance else "worker"
    logging.basicConfig(level=logging.WARNING, format=f"%(asctime)s {name} %(levelname)s %(name)s: %(message)s")
    logging.getLogger("kafka").setLevel(logging.CRITICAL)  # tells of every attempt; we say it once
    end = threading.Timer(_ENDS_WITHIN, os._exit, (STOPPED,))
    end.daemon = True
    try:
        run_loop(work(how, lambda word: click.echo(f"{name}: {word}"), end.start))
    finally:
        if not end.is_alive():
            end.start()
    click.echo(f"{name}: stopped; what was not committed is read again")
