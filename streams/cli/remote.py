"""Commands that speak HTTP to the running process."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import msgspec

from schemas import Alert
from schemas.codec import encode
from streams.cli.common import FOUND, complain, from_a_standpoint, progress, settings
from streams.errors import Stop
from streams.intake.client import Client, lines_of
from streams.rules.known import Standpoint

KEY = "PLEDGEWATCH_KEY"


@contextmanager
def speaking(key_file: Path | None, usual: str) -> Iterator[Client]:
    """A client of the running process, with the key of `PLEDGEWATCH_KEY`, of a file, or of the demo."""
    chosen = settings()
    file = key_file or chosen.home / f"{usual}.key"
    token = os.environ.get(KEY, "") if key_file is None else ""
    if not token and file.exists():
        token = file.read_text(encoding="utf-8").strip()
    if not token:
        raise Stop(f"No key is given: set {KEY}, or --key FILE; `pledgewatch keys add` makes one")
    with Client(f"http://{chosen.host}:{chosen.port}", token) as client:
        yield client


KeyFile = click.option(
    "--key", "key_file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="File that holds a key."
)


@click.command()
@click.argument("files", nargs=-1, required=True)
@KeyFile
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def submit(files: tuple[str, ...], key_file: Path | None, as_json: bool) -> None:
    """Send FILES of facts (NDJSON or JSON; - for standard input) to the running process."""
    lines = list(lines_of(files, sys.stdin.buffer))
    with speaking(key_file, "feeder") as client, progress("Sending", len(lines)) as told:
        summary = client.submit(lines, told)
    for failure in summary.failures:
        said = "; ".join(f"{p.path or '(whole)'}: found {p.found}, expected {p.expected}" for p in failure.errors)
        complain(f"{failure.file}:{failure.line}: {said or failure.outcome}")
    if as_json:
        click.echo(msgspec.json.encode(summary).decode())
    else:
        click.echo(f"{summary.sent} sent, {len(summary.failures)} refused")
    sys.exit(summary.exit_code)


def code_of(destination: str | None) -> str | None:
    """The code of a state that is given by code or name; raises `Stop` for what is neither."""
    if destination is None or (len(destination) == 2 and destination.isascii() and destination.isalpha()):
        return destination and destination.upper()
    from streams.intake.door import state_code

    code = state_code(destination)
    if code is None:
        raise Stop(
            f"--destination is {destination!r}: no state or territory is known by this name; "
            "expected its two letters [ISO 3166-1 alpha-2], such as XM"
        )
    return code


@click.command()
@click.option("--band", type=click.Choice(["context", "watch", "review", "alert", "urgent"]))
@click.option(
    "--destination",
    callback=lambda _, __, said: code_of(said),
    help="State or territory: its code [ISO 3166-1 alpha-2] or its name.",
)
@click.option("--status", type=click.Choice(["open", "acknowledged", "closed", "withdrawn"]))
@click.option("--limit", default=500, show_default=True)
@from_a_standpoint
@KeyFile
@click.option("--json", "as_json", is_flag=True, help="One alert a line, whole.")
def alerts(at: Standpoint, key_file: Path | None, as_json: bool, **asked: str | int | None) -> None:
    """List the alerts, the most pressing first."""
    with speaking(key_file, "officer") as client:
        found = client.alerts(**asked, **at.query())
    for each in found:
        click.echo(encode(each).decode() if as_json else f"{each.band:8} {each.status:12} {each.id}  {each.title}")


@click.command()
@click.argument("alert_id")
@from_a_standpoint
@KeyFile
@click.option("--json", "as_json", is_flag=True)
def alert(alert_id: str, at: Standpoint, key_file: Path | None, as_json: bool) -> None:
    """Show one alert: what is claimed, why, what speaks against it."""
    with speaking(key_file, "officer") as client:
        found = client.alert(alert_id, **at.query())
    if found is None:
        complain(f"There {'is' if at.now else 'was'} no alert {alert_id}, or not for this key")
        sys.exit(FOUND)
    click.echo(encode(found).decode() if as_json else "\n".join(_explained(found)))


def _explained(alert: Alert) -> Iterator[str]:
    yield f"{alert.title}"
    yield f"{alert.band}, {alert.status}; {alert.id}"
    if alert.clause:
        yield f"\nClause {alert.clause.id}, version {alert.clause.version}: “{alert.clause.text}”"
        if alert.clause.implied_by:
            yield f"  The pledge on file does not have it; the law implies it, by {alert.clause.implied_by}."
        yield from (f"  The clause does not say so itself: {words}." for words in alert.clause.supplied)
    for case in alert.cases:
        yield f"\n[{case.band}] {case.sentence}"
        yield f"  Put there because {case.band_reason}."
        yield from (f"  {term.weight / 1_000_000:+.2f}  {term.sentence}" for term in case.ledger)
        if case.total is not None:
            yield f"  {case.total / 1_000_000:+.2f}  sum"
        yield from (f"  Against: {reply.sentence}" for reply in case.replies)
        yield from (f"  {a.state.replace('_', ' ')}: {a.kind.replace('_', ' ')}: {a.reason}" for a in case.alternatives)
        yield from (f"  Not known: {gap}" for gap in case.unknown)


@click.command()
@click.option("--source", help="Only of this source.")
@click.option("--limit", default=100, show_default=True)
@from_a_standpoint
@KeyFile
@click.option("--json", "as_json", is_flag=True)
def parked(source: str | None, limit: int, at: Standpoint, key_file: Path | None, as_json: bool) -> None:
    """List what was set aside, with path and reason; exit code 1 if there is any."""
    with speaking(key_file, "officer") as client:
        found = client.parked(source, limit, **at.query())
    for each in found:
        said = "; ".join(f"{p.path or '(whole)'}: expected {p.expected}" for p in each.problems)
        click.echo(encode(each).decode() if as_json else f"{each.at:%Y-%m-%d %H:%M} {each.key or each.topic}: {said}")
    sys.exit(FOUND if found else 0)
