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
from schemas.codec import decode_alert, encode
from streams.cli.common import FOUND, complain, from_a_standpoint, opened, progress, settings
from streams.errors import Stop
from streams.intake.client import Client, lines_of
from streams.rules.known import Standpoint
from streams.rules.recompute import Recomputed, recompute

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
@click.option(
    "--recompute",
    "again",
    is_flag=True,
    help="Compute it again from the facts and versions that it names, and compare byte by byte; exit code 1: differs.",
)
@click.option("--version", help="With --recompute: the record with this digest of the claim; else the newest.")
@click.option(
    "--facts",
    multiple=True,
    type=click.Path(allow_dash=True, path_type=Path),
    help="With --recompute: facts as NDJSON, instead of those of the running process.",
)
@click.option(
    "--stored",
    type=click.Path(allow_dash=True, path_type=Path),
    help="With --facts: the alert as it was stored, alone or one a line, as in alerts.ndjson.",
)
@KeyFile
@click.option("--json", "as_json", is_flag=True)
def alert(
    alert_id: str, at: Standpoint, again: bool, version: str | None, facts: tuple[Path, ...], stored: Path | None,
    key_file: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Show one alert: what is claimed, why, what speaks against it."""
    if again:
        if not at.now:
            raise click.UsageError("--recompute goes by what the alert names; --version chooses an older record")
        if bool(facts) != bool(stored):
            raise click.UsageError("--facts and --stored go together")
        done = in_files(alert_id, version, facts, stored) if stored else in_house(alert_id, version, key_file)
        tell(done, alert_id, as_json)
        return
    if version or facts or stored:
        raise click.UsageError("--version, --facts and --stored go with --recompute")
    with speaking(key_file, "officer") as client:
        found = client.alert(alert_id, **at.query())
    if found is None:
        complain(f"There {'is' if at.now else 'was'} no alert {alert_id}, or not for this key")
        sys.exit(FOUND)
    click.echo(encode(found).decode() if as_json else "\n".join(_explained(found)))


def in_house(alert_id: str, version: str | None, key_file: Path | None) -> Recomputed | None:
    """Computed again by the running process, from the stored facts."""
    with speaking(key_file, "officer") as client:
        return client.recomputed(alert_id, version)


def in_files(alert_id: str, version: str | None, facts: tuple[Path, ...], stored: Path) -> Recomputed | None:
    """Computed again here, from files."""
    from streams.agents.naming import RegisterNamer
    from streams.cli.local import read_facts

    with opened(stored) as lines:
        try:
            records = [decode_alert(line) for line in lines if line.strip()]
        except msgspec.DecodeError as error:
            raise Stop(f"{stored} is not one alert a line: {error}") from error
    wanted = [record for record in records if record.id == alert_id and version in (None, record.version)]
    return recompute(wanted[-1], read_facts(facts)[0], namer_of=RegisterNamer) if wanted else None


def tell(done: Recomputed | None, alert_id: str, as_json: bool) -> None:
    """Say what came of it; exit code 1 where it differs, or where there is nothing to compute."""
    if done is None:
        complain(f"There is no record of {alert_id} that says anything, or not for this key")
        sys.exit(FOUND)
    if as_json:
        click.echo(msgspec.json.encode(done).decode())
    elif done.same:
        click.echo(f"The same, byte for byte, from the {done.facts} facts that it names (claim {done.version})")
    else:
        click.echo(f"Not the same; {done.found} of the {done.facts} facts that it names are at hand:")
        for said in done.differences:
            click.echo(f"  {said}")
    sys.exit(0 if done.same else FOUND)


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
