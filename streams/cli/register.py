"""`pledgewatch register`: what stood in the register on a day, as known at a moment, from the house or from files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import cast

import click
import msgspec

from streams.cli.common import from_a_standpoint
from streams.cli.local import read_facts
from streams.cli.remote import KeyFile, speaking
from streams.rules.known import Standpoint, known
from streams.rules.register import SHELVES, Entry, Shelf, entries

WIDEST = 44
"""Longest cell of the table [characters]; --json has everything whole."""
TIMES = ("valid_from", "valid_to", "known_from", "known_until")


@click.command()
@click.argument("shelf", type=click.Choice(SHELVES))
@click.option("--destination", help="State or territory [ISO 3166-1 alpha-2].")
@from_a_standpoint
@click.option(
    "--facts",
    multiple=True,
    type=click.Path(allow_dash=True, path_type=Path),
    help="Facts as NDJSON (- for standard input), instead of those of the running process.",
)
@KeyFile
@click.option("--json", "as_json", is_flag=True, help="One entry a line, whole.")
def register(
    shelf: str, destination: str | None, at: Standpoint, facts: tuple[Path, ...], key_file: Path | None, as_json: bool
) -> None:
    """List the versions that stood: licenses, clauses in force, deliveries, or names.

    Each with its valid time (when it held) and its record time (since when the log has it, and until when).
    """
    if destination and shelf == "names":
        raise click.UsageError("names have no destination")
    asked = cast("Shelf", shelf)
    if facts:
        everything, _ = read_facts(facts)
        found: Sequence[Entry] = entries(
            asked, known(everything, at), at, destination=destination, everything=everything
        )
    else:
        with speaking(key_file, "officer") as client:
            found = client.register(asked, destination=destination, **at.query())
    for line in (msgspec.json.encode(e).decode() for e in found) if as_json else table(found):
        click.echo(line)


def table(found: Sequence[Entry]) -> Iterable[str]:
    """The entries as lines of columns, the times last; nothing where there is none."""
    if not found:
        return []
    names = [name for name in found[0].__struct_fields__ if name not in (*TIMES, "text")] + list(TIMES)
    rows = [names] + [[_cell(getattr(entry, name)) for name in names] for entry in found]
    widths = [max(len(row[column]) for row in rows) for column in range(len(names))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _cell(value: object) -> str:
    if isinstance(value, tuple):
        value = ",".join(str(part) for part in value)
    if isinstance(value, dt.datetime):
        value = f"{value.astimezone(dt.UTC):%Y-%m-%d %H:%M}"
    if isinstance(value, bool):
        value = "yes" if value else "no"
    text = "-" if value in (None, "") else str(value)
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"
