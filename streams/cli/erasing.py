"""Erasure on request and litigation holds: ask, confirm, verify; set, lift, list."""

from __future__ import annotations

import datetime as dt
import quopri
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from schemas import Erasure, Hold
from schemas.codec import encode
from schemas.erasure import key_digest
from streams.cli.common import FOUND, complain, settings
from streams.cli.remote import KeyFile, speaking
from streams.errors import Stop
from streams.intake.client import Line
from streams.settings import Settings
from streams.warehouse.erasing import Left

_NOT_TEXT = ("warehouse", "keys.json")
"""What is not searched as bytes here: the warehouse is compressed, and is searched by questions."""
_HELD = ("log.sqlite", "intake.sqlite")
"""Files that the running process searches, with their journals."""


@click.command()
@click.argument("fact", required=False)
@click.option("--why", help="Ask for it: why, in words that repeat nothing of what is erased.")
@click.option("--confirm", is_flag=True, help="Confirm what another officer has asked for; again: finish it.")
@click.option("--verify", is_flag=True, help="Search every store for what should be gone; exit code 1 where it is.")
@click.option(
    "--words",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="With --verify: a file of words, one a line, that must no longer appear.",
)
@click.option(
    "--also",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="With --verify: a further file or folder (a dump, a mailbox elsewhere).",
)
@click.option("--list", "listed", is_flag=True, help="List what was asked to be erased, and what was erased.")
@click.option(
    "--list-mailed", is_flag=True, help="List to whom it had been told, and when: a mail cannot be called back."
)
@KeyFile
@click.option("--json", "as_json", is_flag=True)
def erase(
    fact: str | None, why: str | None, confirm: bool, verify: bool, words: Path | None, also: tuple[Path, ...],
    listed: bool, list_mailed: bool, key_file: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Erase FACT (kind:source:id) on request: one officer asks (--why), another confirms (--confirm)."""
    if not listed and (fact is None or [why is not None, confirm, verify, list_mailed].count(True) != 1):
        raise click.UsageError("expected FACT with one of --why, --confirm, --verify, --list-mailed; or --list")
    if listed or fact is None:
        _list(key_file, as_json)
    elif verify:
        _verify(fact, _words_in(words), also, key_file, as_json)
    elif list_mailed:
        _list_mailed(fact, key_file)
    else:
        _step(fact, why, key_file, as_json)


def _step(fact: str, why: str | None, key_file: Path | None, as_json: bool) -> None:
    """Ask for it, with `why`; without, confirm it."""
    with speaking(key_file, "officer" if why is not None else "second-officer") as client:
        said = client.ask_erasure(fact, why) if why is not None else client.confirm_erasure(fact)
    if as_json:
        click.echo(encode(said).decode())
    elif not said.erases:
        click.echo(f"Asked for as {said.id}. Nothing is erased before a second officer confirms:")
        click.echo(f"  pledgewatch erase {fact} --confirm --key FILE")
    else:
        click.echo(f"Erased as {said.id}: asked for by {said.asked_by}, confirmed by {said.confirmed_by}.")
        click.echo(f"It had been told of in {len(said.told)} notices (--list-mailed). Its id is refused from now on.")
        click.echo(f"  pledgewatch erase {fact} --verify")


def _list(key_file: Path | None, as_json: bool) -> None:
    with speaking(key_file, "officer") as client:
        found = client.erasures()
    for each in found:
        click.echo(encode(each).decode() if as_json else _line(each))


def _line(erasure: Erasure) -> str:
    state = f"erased, confirmed by {erasure.confirmed_by}" if erasure.erases else "asked for, not confirmed"
    day = (erasure.confirmed_at or erasure.asked_at).date()
    what = f"{erasure.of:9} of {erasure.of_source}  {erasure.id}"
    return f"{day}  {what}  asked for by {erasure.asked_by}; {state}: {erasure.why}"


def _list_mailed(fact: str, key_file: Path | None) -> None:
    from streams.agents.telling.routes import House, routes_at

    with speaking(key_file, "officer") as client:
        found = [each for each in client.erasures() if each.digest == key_digest(fact) and each.erases]
    if not found:
        complain(f"{fact} was not erased")
        sys.exit(FOUND)
    chosen = settings()
    channels = routes_at(chosen.home, House(name=chosen.authority)).channels
    for told in found[0].told:
        channel = channels.get(told.channel)
        to = ", ".join(getattr(channel, "to", ())) or getattr(channel, "url", "") or "the responsible officers"
        click.echo(f"{told.at:%Y-%m-%d %H:%M}  {told.channel}  to {to}  notice {told.notice}")


def _verify(fact: str, words: tuple[str, ...], also: tuple[Path, ...], key_file: Path | None, as_json: bool) -> None:
    with speaking(key_file, "officer") as client:
        left = client.search_erased(fact, words)
    left += list(_in_files(fact, words, settings(), also))
    gone = [each for each in left if not each.reference]
    for each in left:
        if as_json:
            click.echo(encode(each).decode())
        elif each.reference:
            click.echo(f"refers to it: {each.store}, {each.place} (a fact of its own, not erased with it)")
        else:
            click.echo(f"still there: {each.what}, in {each.store}, {each.place}")
    if gone:
        sys.exit(FOUND)
    click.echo(f"Nowhere: log, warehouse, index, mailbox, outbox and files hold nothing of {fact}", err=as_json)


def _words_in(file: Path | None) -> tuple[str, ...]:
    lines = [] if file is None else file.read_text(encoding="utf-8").splitlines()
    if short := [line for line in lines if line.strip() and len(line.strip()) < 3]:
        raise Stop(f"{file} has {len(short)} lines of fewer than 3 letters, which would be found everywhere")
    return tuple(line.strip() for line in lines if line.strip())


def _in_files(fact: str, words: tuple[str, ...], chosen: Settings, also: tuple[Path, ...]) -> Iterator[Left]:
    """In the bytes of files: the mailbox, the outbox, dumps in the home folder, and what else is named.

    The bytes of the log and of the index are compared with what is in them by the process that holds them.
    """
    _, _, ref = fact.partition(":")
    behind = re.escape(ref.encode()) + rb"(?![A-Za-z0-9_/#+-])"
    exact = re.compile(rb"(?:(?<![A-Za-z0-9._/#@+-])|(?<=:))" + behind)
    own = [path for path in chosen.home.rglob("*") if path.is_file() and not _apart(path, chosen)]
    others = [path for each in also for path in ([each] if each.is_file() else each.rglob("*")) if path.is_file()]
    for path in sorted({*own, *others}):
        held = path.read_bytes()
        held += b"\n" + quopri.decodestring(held) if b"quoted-printable" in held else b""
        # In a database's file nothing need stand between two columns.
        named = re.search(behind, held) if ".sqlite" in path.name else exact.search(held)
        for what in ["id"] * bool(named) + ["words"] * any(word.encode() in held for word in words):
            yield Left(store="file", place=str(path), what=what)


def _apart(path: Path, chosen: Settings) -> bool:
    inside = path.relative_to(chosen.home).parts[0]
    return inside in _NOT_TEXT or inside.startswith(_HELD) or inside.endswith(".key")


# -- holds ----------------------------------------------------------------------------------------------------------


@click.group()
def hold() -> None:
    """Set, lift and list litigation holds: what is held cannot be erased."""


@hold.command("set")
@click.argument("on")
@click.option("--id", "id", required=True, help="Id of the hold, such as the docket number.")
@click.option("--source", required=True, help="Source of the hold: the authority's own key in the register.")
@click.option("--role", required=True, help="Office or role that sets it.")
@click.option("--why", required=True, help="Which matter it is kept for.")
@KeyFile
def set_hold(on: str, id: str, source: str, role: str, why: str, key_file: Path | None) -> None:
    """Keep ON (kind:source:id of a fact, or an alert's id) from erasure."""
    _say(Hold(id=id, source=source, on=on, by_role=role, at=dt.datetime.now(dt.UTC), why=why), key_file)
    click.echo(f"{on} is held")


@hold.command("lift")
@click.argument("ref")
@click.option("--role", required=True, help="Office or role that lifts it.")
@click.option("--why", required=True, help="Why it is lifted.")
@KeyFile
def lift_hold(ref: str, role: str, why: str, key_file: Path | None) -> None:
    """Lift the hold REF (source:id)."""
    with speaking(key_file, "officer") as client:
        found = next((each for each in client.holds() if each.ref == ref), None)
    if found is None or found.state == "lifted":
        raise Stop(f"There is no hold {ref} that is set; `pledgewatch hold list` shows them")
    _say(
        Hold(
            id=found.id, source=found.source, revision=found.revision + 1, on=found.on, state="lifted", by_role=role,
            at=dt.datetime.now(dt.UTC), why=why,
        ),
        key_file,
    )  # fmt: skip
    click.echo(f"{found.on} is no longer held by {ref}")


@hold.command("list")
@KeyFile
@click.option("--json", "as_json", is_flag=True)
def list_holds(key_file: Path | None, as_json: bool) -> None:
    """List the litigation holds, set and lifted."""
    with speaking(key_file, "officer") as client:
        found = client.holds()
    for each in found:
        words = f"{each.at:%Y-%m-%d}  {each.state:7} {each.ref}  on {each.on}  by {each.by_role}: {each.why}"
        click.echo(encode(each).decode() if as_json else words)


def _say(said: Hold, key_file: Path | None) -> None:
    with speaking(key_file, "officer") as client:
        summary = client.submit([Line("hold", 1, encode(said))])
    for failure in summary.failures:
        raise Stop("; ".join(f"{p.path}: found {p.found}, expected {p.expected}" for p in failure.errors))
