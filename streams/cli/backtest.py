"""How policies would have judged what officers decided."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import click
import msgspec

from schemas import AnyFact
from schemas.vocabulary import Band
from streams.cli.common import DONE, FOUND, address_in, complain, progress, settings, written
from streams.cli.local import read_facts
from streams.cli.policies import policy_named
from streams.cli.stored import facts_in_log, facts_in_warehouse


@click.command()
@click.argument("facts", nargs=-1, type=click.Path(allow_dash=True, path_type=Path))
@click.option("--home", "from_log", is_flag=True, help="The stored log of PLEDGEWATCH_HOME, while nothing runs.")
@click.option(
    "--warehouse", "from_warehouse", is_flag=True, help="The warehouse of PLEDGEWATCH_HOME, while nothing runs."
)
@click.option(
    "--warehouse-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with the address of a warehouse's server.",
)
@click.option(
    "--policy",
    "names",
    multiple=True,
    metavar="NAME|FILE",
    help="A policy to test, one that ships or a file; again for more. Default: whichever was in force.",
)
@click.option(
    "--band",
    type=click.Choice(["watch", "review", "alert", "urgent"]),
    default="alert",
    show_default=True,
    help="From which band on a matter counts as raised.",
)
@click.option(
    "--diagram", type=click.Path(dir_okay=False, path_type=Path), help="SVG file for the reliability diagram."
)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON, each judged matter too.")
def backtest(
    facts: tuple[Path, ...],
    from_log: bool,
    from_warehouse: bool,
    warehouse_file: Path | None,
    names: tuple[str, ...],
    band: Band,
    diagram: Path | None,
    as_json: bool,
) -> None:
    """Hold policies against officers' decisions, over FACTS (NDJSON; - for standard input) or a stored history.

    Each matter that was decided is judged with what the log had when the officer decided. Reports precision, recall and
    F1, by band, rule and source, how well probabilities fit, and what so many decisions do not allow to conclude.
    """
    from streams.agents.naming import RegisterNamer
    from streams.backtest import judged
    from streams.backtest.diagram import reliability
    from streams.backtest.words import told as in_words

    if sum((bool(facts), from_log, from_warehouse, warehouse_file is not None)) != 1:
        raise click.UsageError("Say where the facts are: FACTS, --home, --warehouse or --warehouse-file, one of them")
    candidates = [judged.Candidate(name, policy_named(name)) for name in names]
    history, refused = _history(facts, from_log, warehouse_file)
    with ExitStack() as stack:
        bars: list[Callable[[int], None]] = []

        def begun(steps: int) -> None:
            bars.append(stack.enter_context(progress("Judging", steps)))

        def told(steps: int) -> None:
            bars[-1](steps)

        said = judged.backtest(
            history, candidates or [judged.Candidate("in force")], band=band, namer_of=RegisterNamer, begun=begun,
            told=told,
        )  # fmt: skip
    if diagram is not None:
        with written(diagram) as lines:
            lines.write(reliability(said.trials).encode())
    click.echo(
        msgspec.json.format(msgspec.json.encode(said), indent=1).decode() if as_json else "\n".join(in_words(said))
    )
    if refused:
        complain(f"refused: {refused} lines (see above); the rest was judged")
    sys.exit(FOUND if refused else DONE)


def _history(facts: tuple[Path, ...], from_log: bool, warehouse_file: Path | None) -> tuple[list[AnyFact], int]:
    if facts:
        return read_facts(facts)
    if warehouse_file is not None:
        return facts_in_warehouse(address_in(warehouse_file)), 0
    chosen = settings()
    return (facts_in_log(chosen.log_path) if from_log else facts_in_warehouse(chosen.warehouse_path)), 0
