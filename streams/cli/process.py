"""The process that holds everything, and what can be done with its log while nothing runs."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import os
import sys
import webbrowser
from pathlib import Path
from typing import Any

import click

from schemas.codec import encode
from streams.cli.common import WAREHOUSE_HELP, address_in, progress, settings, written
from streams.cli.stored import facts_in_log
from streams.settings import Settings


@click.command()
@click.option(
    "--demo", "with_demo", is_flag=True, help="Load the demo world into an empty log; the clock stands at its last day."
)
@click.option("--open", "open_page", is_flag=True, help="Open the pages in a browser.")
def run(with_demo: bool, open_page: bool) -> None:
    """Run everything in one process: log, stream, warehouse, deliverer, clock, HTTP."""
    from streams.transport.app import run as run_loop

    os.umask(0o077)  # the log and the warehouse hold what only this user may read
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("mode.timers").setLevel(logging.ERROR)  # says only that the machine is busy
    run_loop(_run(settings(), with_demo, open_page))


async def _run(chosen: Settings, with_demo: bool, open_page: bool) -> None:
    from streams.agents.telling.routes import Pace
    from streams.house import live, open_house, state_name, wall_clock
    from streams.intake.door import state_code

    clock, tour, keep_clock, country_name, resolve_country = wall_clock, None, True, state_name, state_code
    if with_demo:
        from streams.demo.actors import STATES
        from streams.demo.telling import LAST_DAY
        from streams.demo.tour import TOUR
        from streams.pages.ports import Tour, TourStep

        def clock() -> dt.datetime:
            return dt.datetime.combine(LAST_DAY, wall_clock().timetz())

        def country_name(code: str) -> str | None:
            return STATES.get(code) or state_name(code)

        invented = {name.casefold(): code for code, name in STATES.items()}

        def resolve_country(text: str) -> str | None:
            return invented.get(text.strip().casefold()) or state_code(text)

        keep_clock = False
        tour = Tour(tuple(TourStep(s.title, s.text, s.path, s.date) for s in TOUR))
    keys = demo_keys(chosen) if with_demo else {}
    async with open_house(
        chosen,
        clock=clock,
        tour=tour,
        demo_key=keys.get("officer", ""),
        country_name=country_name,
        resolve_country=resolve_country,
        pace=Pace(settle_seconds=0.2, settle_at_most_seconds=2) if with_demo else None,
    ) as house:
        page = f"{house.address}/tour" if with_demo else house.address

        async def filled() -> None:
            if with_demo:
                await _load_demo(house)
            click.echo(f"Pledgewatch runs at {page} (stop it with Ctrl-C)")
            if open_page and sys.stdout.isatty():
                webbrowser.open(page)

        def ready() -> None:
            house_tasks.append(asyncio.ensure_future(filled()))

        house_tasks: list[asyncio.Future[None]] = []
        await live(house, keep_clock=keep_clock, ready=ready)
        for task in house_tasks:
            if task.done() and not task.cancelled() and (error := task.exception()):
                raise error
    click.echo("Pledgewatch has stopped; all that was acknowledged is in the log")


async def _load_demo(house: Any) -> None:
    from schemas import Tick
    from streams.demo.world import SETTLE_AFTER, world
    from streams.house import fill

    if house.log.kept("demo"):
        return
    facts = world()
    with progress("Loading the demo world", len(facts)) as told:
        await fill(house, facts, lambda f: isinstance(f, Tick) and f.day in SETTLE_AFTER, told)
    house.log.keep("demo", "loaded")


def demo_keys(chosen: Settings) -> dict[str, str]:
    """Keys of the demo, kept in the home folder so that a visitor can use them with curl."""
    from streams.access import Keys, Scope

    made: dict[str, tuple[Scope, ...]] = {
        "officer": ("officer", "staff", "feed"),
        "second-officer": ("officer",),
        "feeder": ("feed",),
    }
    chosen.home.mkdir(parents=True, exist_ok=True)
    keys = Keys(chosen.home / "keys.json")
    tokens: dict[str, str] = {}
    for name, scopes in made.items():
        file = chosen.home / f"{name}.key"
        if not file.exists() or keys.check(file.read_text().strip()) is None:
            keys.remove(f"demo-{name}")
            source = "demo-embassy" if name == "feeder" else None
            token = keys.add(f"demo-{name}", scopes, source=source, licenses=("*",) if name == "feeder" else ())
            file.touch(mode=0o600)
            file.write_text(token + "\n")
        tokens[name] = file.read_text().strip()
    return tokens


@click.command()
@click.option("--plan", is_flag=True, help="Print what would be done.")
@click.option(
    "--warehouse-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=f"{WAREHOUSE_HELP} Without: the folder in the home folder.",
)
def migrate(plan: bool, warehouse_file: Path | None) -> None:
    """Bring the warehouse's tables up to date (while nothing runs; `run` does it by itself)."""
    from streams.warehouse import migrations
    from streams.warehouse.open import open_warehouse

    warehouse = open_warehouse(address_in(warehouse_file) if warehouse_file else settings().warehouse_path)
    try:
        if plan:
            click.echo(migrations.render(migrations.plan(warehouse)), nl=False)
        else:
            done = migrations.migrate(warehouse)
            click.echo(f"{len(done)} migrations applied" if done else "nothing to do")
    finally:
        warehouse.close()


@click.command()
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True)
def replay(out: Path) -> None:
    """Assess the facts of the stored log anew, while nothing runs: alerts.ndjson must equal what the app ended in."""
    from streams.agents.naming import RegisterNamer
    from streams.rules.assess import assess_facts

    known = facts_in_log(settings().log_path)
    out.mkdir(parents=True, exist_ok=True)
    count = 0
    with written(out / "alerts.ndjson") as lines:
        for assessment in assess_facts(known, namer_of=RegisterNamer):
            for alert in assessment.alerts:
                lines.write(encode(alert) + b"\n")
                count += 1
    click.echo(f"{len(known)} facts: {count} alerts in {out}")
