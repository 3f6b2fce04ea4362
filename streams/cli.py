"""The command line: one program of several commands.

One process holds the log and the warehouse (`run`); `assess`, `topics` and `rules` need neither; every other command
speaks HTTP to the running process, or says in words that nothing runs.

Exit codes: 0 done; 1 something was refused or found; 2 the command's words are off; 3 the program cannot go on;
4 the other side is away.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import logging
import os
import sys
import webbrowser
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import click
import msgspec

from schemas import Alert, AnyFact, Policy, Refused
from schemas.codec import encode
from schemas.reading import LineRefused, read_fact, read_ndjson
from streams.errors import Stop, Wait
from streams.settings import Settings, read_settings

DONE, FOUND, OFF, STOPPED, AWAY = 0, 1, 2, 3, 4
T = TypeVar("T")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pledgewatch")
def program() -> None:
    """Watches what happens to exported surveillance technology after it has left."""


def main() -> None:
    """Run the program; every error is one line that says what to mend."""
    try:
        program.main(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(OFF)
    except Refused as error:
        for problem in error.problems:
            complain(f"{problem.path or '(whole)'}: found {problem.found}, expected {problem.expected}")
        sys.exit(FOUND)
    except Stop as error:
        complain(str(error))
        sys.exit(STOPPED)
    except Wait as error:
        complain(str(error))
        sys.exit(AWAY)


def complain(words: str) -> None:
    """One line on standard error."""
    click.echo(f"pledgewatch: {words}", err=True)


def settings() -> Settings:
    """The settings of the environment."""
    return read_settings(os.environ)


@contextmanager
def progress(label: str, length: int) -> Iterator[Callable[[int], None]]:
    """A progress bar on standard error; silent where that is no terminal."""
    with click.progressbar(length=length, label=label, file=sys.stderr, width=30) as bar:
        yield bar.update


# -- without a server -------------------------------------------------------------------------------------------------


@program.command()
@click.argument("facts", nargs=-1, required=True, type=click.Path(allow_dash=True, path_type=Path))
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder for the results.")
@click.option("--policy", "policy_file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A policy to use instead of those among the facts.")  # fmt: skip
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="Day of the assessment; default: the greatest tick or record time.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def assess(
    facts: tuple[Path, ...], out: Path, policy_file: Path | None, today: dt.datetime | None, as_json: bool
) -> None:
    """Assess FACTS (NDJSON; - for standard input) without broker or server.

    Writes alerts.ndjson (the newest record of each alert) and matches.ndjson (each incident with each license that
    shares a destination). The same facts in any order give the same bytes.
    """
    from streams.agents.naming import RegisterNamer
    from streams.rules.assess import assess_facts

    known, refused = read_facts(facts)
    policy = _policy(policy_file) if policy_file else None
    out.mkdir(parents=True, exist_ok=True)
    counts = {"facts": len(known), "refused": refused, "alerts": 0, "matches": 0}
    day = today.date() if today else None
    with (
        _written(out / "alerts.ndjson") as alerts,
        _written(out / "matches.ndjson") as matches,
        _written(out / "remarks.ndjson") as remarks,
    ):
        for assessment in assess_facts(known, policy=policy, today=day, namer_of=RegisterNamer):
            for alert in assessment.alerts:
                alerts.write(encode(alert) + b"\n")
            for match in assessment.matches:
                matches.write(_whole(match) + b"\n")
            if assessment.remarks.notes:
                remarks.write(encode(assessment.remarks) + b"\n")
            counts["alerts"] += len(assessment.alerts)
            counts["matches"] += len(assessment.matches)
    if as_json:
        click.echo(json.dumps(counts))
    else:
        click.echo(f"{counts['facts']} facts: {counts['alerts']} alerts, {counts['matches']} matches in {out}")
    if refused:
        complain(f"{refused} lines were refused (see above); the rest was assessed")
        sys.exit(FOUND)


def read_facts(files: Iterable[Path]) -> tuple[list[AnyFact], int]:
    """The facts of NDJSON files through the door's own reading; refusals are told and counted."""
    from streams.intake.door import state_code

    known: list[AnyFact] = []
    refused = 0
    for file in files:
        with _opened(file) as lines:
            for number, read in enumerate(read_ndjson(lines, resolve_country=state_code), start=1):
                if isinstance(read, LineRefused):
                    refused += 1
                    for problem in read.problems:
                        complain(
                            f"{file}:{number}: {problem.path or '(whole)'}: found {problem.found}, expected {problem.expected}"
                        )
                else:
                    known.append(read)
    return known, refused


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    if str(file) == "-":
        yield sys.stdin.buffer
        return
    try:
        with file.open("rb") as lines:
            yield lines
    except OSError as error:
        raise Stop(f"{file} cannot be read: {error.strerror}") from error


@contextmanager
def _written(file: Path) -> Iterator[BinaryIO]:
    """A file that is there whole or not at all."""
    part = file.with_suffix(file.suffix + ".part")
    with part.open("wb") as lines:
        yield lines
    part.replace(file)


def _whole(record: msgspec.Struct) -> bytes:
    """All fields, defaults too: for programs that look for them."""
    return msgspec.json.encode({f: getattr(record, f) for f in record.__struct_fields__})


def _policy(file: Path) -> Policy:
    policy = read_fact(file.read_bytes(), expect="policy")
    if not isinstance(policy, Policy):
        raise Stop(f"{file} is a retraction, expected a policy")
    return policy


@program.command()
@click.option("--json", "as_json", is_flag=True)
def rules(as_json: bool) -> None:
    """Print the table of clause rules."""
    from streams.rules.clauses import rule_table

    for kind, source, rule, claim in rule_table():
        if as_json:
            click.echo(json.dumps({"kind": kind, "from": source, "rule": rule, "claim": claim}))
        else:
            click.echo(f"{kind:26} {source:9} {rule:38} {claim}")


@program.command()
@click.option("--json", "as_json", is_flag=True)
def topics(as_json: bool) -> None:
    """Print the topics: what a record means, who writes it, who reads it, and how long it is kept."""
    from schemas.topics import TOPICS

    for topic in TOPICS.values():
        if as_json:
            click.echo(msgspec.json.encode(topic).decode())
        else:
            click.secho(topic.name, bold=True)
            click.echo(f"  {topic.meaning}")
            click.echo(f"  written by {', '.join(topic.written_by)}; read by {', '.join(topic.read_by)}")
            click.echo(f"  key {topic.key}; partition by {topic.partition_by}; {topic.cleanup}: {topic.why}")


@program.command()
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="NDJSON file to write.")
def demo(out: Path) -> None:
    """Write the facts of the demo world as NDJSON."""
    from streams.demo.world import world

    facts = world()
    with _written(out) as lines:
        for fact in facts:
            lines.write(encode(fact) + b"\n")
    click.echo(f"{len(facts)} facts in {out}")


# -- the process that holds everything --------------------------------------------------------------------------------


@program.command()
@click.option("--demo", "with_demo", is_flag=True, help="Load the demo world into an empty log; the clock stands at its last day.")  # fmt: skip
@click.option("--open", "open_page", is_flag=True, help="Open the pages in a browser.")
def run(with_demo: bool, open_page: bool) -> None:
    """Run everything in one process: log, stream, warehouse, deliverer, clock, HTTP."""
    from streams.transport.app import run as run_loop

    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    run_loop(_run(settings(), with_demo, open_page))


async def _run(chosen: Settings, with_demo: bool, open_page: bool) -> None:
    from streams.house import live, open_house, wall_clock

    clock, tour, keep_clock = wall_clock, None, True
    if with_demo:
        from streams.demo.tour import TOUR
        from streams.demo.telling import LAST_DAY
        from streams.pages.ports import Tour, TourStep

        def clock() -> dt.datetime:
            return dt.datetime.combine(LAST_DAY, wall_clock().timetz())

        keep_clock = False
        tour = Tour(tuple(TourStep(s.title, s.text, s.path, s.date) for s in TOUR))
    keys = demo_keys(chosen) if with_demo else {}
    async with open_house(chosen, clock=clock, tour=tour, demo_key=keys.get("officer", "")) as house:
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

    made: dict[str, tuple[Scope, ...]] = {"officer": ("officer", "staff", "feed"), "feeder": ("feed",)}
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


@program.command()
@click.option("--plan", is_flag=True, help="Print what would be done.")
def migrate(plan: bool) -> None:
    """Bring the warehouse's tables up to date (while nothing runs; `run` does it by itself)."""
    from streams.warehouse import migrations
    from streams.warehouse.open import open_warehouse

    warehouse = open_warehouse(settings().warehouse_path)
    try:
        if plan:
            for step in migrations.plan(warehouse):
                click.echo(step)
        else:
            done = migrations.migrate(warehouse)
            click.echo(f"{len(done)} migrations applied" if done else "nothing to do")
    finally:
        warehouse.close()


@program.command()
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True)
def replay(out: Path) -> None:
    """Assess the facts of the stored log anew, while nothing runs: alerts.ndjson must equal what the app ended in."""
    from schemas.codec import decode_fact
    from streams.agents.naming import RegisterNamer
    from streams.house import everything
    from streams.rules.assess import assess_facts
    from streams.topology import FACT_TOPICS
    from streams.transport.embedded import EmbeddedReader
    from streams.transport.log import acquire, release

    chosen = settings()
    if not chosen.log_path.exists():
        raise Stop(f"There is no log at {chosen.log_path}; `pledgewatch run` makes one")
    log = acquire(chosen.log_path)

    async def facts() -> list[AnyFact]:
        reader = EmbeddedReader(log)
        return [decode_fact(raw) for topic in FACT_TOPICS for raw in await everything(reader, topic)]

    try:
        known = asyncio.run(facts())
    finally:
        release(log)
    out.mkdir(parents=True, exist_ok=True)
    count = 0
    with _written(out / "alerts.ndjson") as lines:
        for assessment in assess_facts(known, namer_of=RegisterNamer):
            for alert in assessment.alerts:
                lines.write(encode(alert) + b"\n")
                count += 1
    click.echo(f"{len(known)} facts: {count} alerts in {out}")


# -- keys -------------------------------------------------------------------------------------------------------------


@program.group()
def keys() -> None:
    """Make, list and take away keys of feeders and officers."""


@keys.command("add")
@click.argument("name")
@click.option(
    "--scope", "scopes", multiple=True, required=True, type=click.Choice(["feed", "officer", "staff", "admin"])
)
@click.option("--source", help="The one source whose facts it sends and sees.")
@click.option("--state", "states", multiple=True, help="Issuing state whose licenses it sees; none: all.")
@click.option(
    "--license", "licenses", multiple=True, help="License that the party may report on: source:id, source:* or *."
)
def add_key(
    name: str, scopes: Sequence[Any], source: str | None, states: Sequence[str], licenses: Sequence[str]
) -> None:
    """Make a key and print its token, once."""
    from streams.access import Keys

    token = Keys(settings().home / "keys.json").add(name, scopes, source=source, states=states, licenses=licenses)
    click.echo(token)


@keys.command("list")
def list_keys() -> None:
    """List the keys: what each may do, never its token."""
    from streams.access import Keys

    for access in Keys(settings().home / "keys.json").all():
        click.echo(f"{access.name:30} {','.join(sorted(access.scopes)):24} {access.source or 'any source'}")


@keys.command("remove")
@click.argument("name")
def remove_key(name: str) -> None:
    """Take a key away, and its sessions."""
    from streams.access import Keys

    if not Keys(settings().home / "keys.json").remove(name):
        raise Stop(f"There is no key named {name!r}")
    click.echo(f"{name} is gone")


__all__ = ["Alert", "main"]
