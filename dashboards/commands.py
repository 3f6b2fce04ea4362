"""`pledgewatch boards`: write the boards as JSON, bring a Grafana to them, show what differs, fetch what is there.

Exit codes: 0 done or nothing to do; 1 `diff` or `build --check` found a difference, or the data source does not work;
3 and 4 as elsewhere.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from dashboards.boards import BOARDS, FOLDER, write_all
from dashboards.compiled import PAGES, as_json, compile_board
from dashboards.grafana import TIMEOUT, Grafana, read_token
from dashboards.push import Change, Wanted, differences
from dashboards.push import compare as compared
from dashboards.push import pull as fetched
from dashboards.push import push as write
from dashboards.source import READER, UID, Warehouse, data_source
from streams.errors import Stop

FOUND = 1
SHOWN = 20
"""Lines of one difference that are shown without `--all`."""

Command = TypeVar("Command", bound=Callable[..., Any])


class Place(msgspec.Struct, frozen=True):
    """Which Grafana, and with which token."""

    url: str
    token_file: Path
    timeout: float

    def open(self) -> Grafana:
        """The Grafana there."""
        return Grafana(self.url, read_token(self.token_file), timeout=self.timeout)


def _together(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    def apply(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return apply


_PLACE = _together(
    click.option("--url", default="http://127.0.0.1:3000", show_default=True, help="Address of Grafana."),
    click.option(
        "--token-file",
        required=True,
        type=click.Path(path_type=Path),
        help="File with a service account's token (Editor for boards, Admin for the data source).",
    ),
    click.option(
        "--timeout", default=TIMEOUT, show_default=True, type=click.FloatRange(0.1), help="Seconds an answer may take."
    ),
)
_CONTENT = _together(
    click.option(
        "--pages", default=PAGES, show_default=True, help="Address of the program's pages, as readers reach it."
    ),
    click.option(
        "--clickhouse",
        default="clickhouse:9000",
        show_default=True,
        help="host:port of ClickHouse, as Grafana reaches it.",
    ),
    click.option("--database", default="pledgewatch", show_default=True, help="Its database."),
    click.option("--user", default=READER, show_default=True, help="Its read-only user."),
    click.option("--secure", is_flag=True, help="Speak TLS to it."),
    click.option(
        "--password-file",
        type=click.Path(path_type=Path),
        help="File with that user's password; without: the one in Grafana stays.",
    ),
)


@click.group()
def boards() -> None:
    """The boards as code: build, push, diff, pull."""


@boards.command()
@click.option("--to", type=click.Path(file_okay=False, path_type=Path), default=FOLDER, help="Folder for the JSON.")
@click.option("--check", is_flag=True, help="Write nothing; say whether what is there is what the code says.")
def build(to: Path, check: bool) -> None:
    """Write every board as classic Grafana JSON."""
    if not check:
        for file in write_all(to):
            click.echo(str(file))
        return
    stale = [board.uid for board in BOARDS if _text(to / f"{board.uid}.json") != as_json(board)]
    for uid in stale:
        click.echo(f"{uid}.json is not what the code says; write it anew: pledgewatch boards build")
    sys.exit(FOUND if stale else 0)


@boards.command()
@_PLACE
@_CONTENT
@click.option("--new-password", is_flag=True, help="Write the password even if Grafana has one.")
def push(url: str, token_file: Path, timeout: float, new_password: bool, **content: Any) -> None:
    """Bring folder, data source and boards to what the code says; write only what differs."""
    grafana = Place(url, token_file, timeout).open()
    wanted = _wanted(new_password=new_password, **content)
    if new_password and wanted.password is None:
        raise Stop("--new-password is given without --password-file, expected both")
    changes = differences(grafana, wanted)
    if not changes:
        click.echo(f"Nothing to do: folder, data source and {len(wanted.boards)} boards are as the code says.")
        return
    write(grafana, wanted, changes)
    for change in changes:
        click.echo(f"{change.what} {change.uid}: {'changed' if change.version else 'made'}")
    _say_whether_it_works(grafana)


@boards.command()
@_PLACE
@_CONTENT
@click.option("--all", "every", is_flag=True, help="Show every line of a difference.")
def diff(url: str, token_file: Path, timeout: float, every: bool, **content: Any) -> None:
    """Show what a push would write; exit 1 where there is something."""
    wanted = _wanted(new_password=False, **content)
    changes = differences(Place(url, token_file, timeout).open(), wanted)
    for change in changes:
        _show(change, every)
    if not changes:
        click.echo("No difference.")
    sys.exit(FOUND if changes else 0)


@boards.command()
@_PLACE
@click.option(
    "--to",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder for the JSON; not the code's own.",
)
def pull(url: str, token_file: Path, timeout: float, to: Path) -> None:
    """Fetch the boards as they are in Grafana, to read what was changed there; the code stays the source."""
    if to.resolve() == FOLDER.resolve():
        raise Stop(f"{to} holds what the code says, expected another folder: a pulled board is for reading")
    for uid, board in fetched(Place(url, token_file, timeout).open(), [board.uid for board in BOARDS]).items():
        if board is None:
            click.echo(f"{uid}: not in Grafana")
            continue
        to.mkdir(parents=True, exist_ok=True)
        (to / f"{uid}.json").write_text(json.dumps(board, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        (mine,) = [compile_board(each) for each in BOARDS if each.uid == uid]
        lines = list(compared(board, mine))
        click.echo(f"{to / f'{uid}.json'}: {f'{len(lines)} differences' if lines else 'as the code says'}")


def _wanted(
    *,
    pages: str,
    clickhouse: str,
    database: str,
    user: str,
    secure: bool,
    password_file: Path | None,
    new_password: bool,
) -> Wanted:
    host, colon, port = clickhouse.rpartition(":")
    if not colon or not host or not port.isdigit() or not 1 <= int(port) <= 65535:
        raise Stop(f"--clickhouse is {clickhouse!r}, expected host:port")
    if not pages.startswith(("http://", "https://")):
        raise Stop(f"--pages is {pages!r}, expected an address that begins with http:// or https://")
    warehouse = Warehouse(host=host, port=int(port), database=database, user=user, secure=secure)
    return Wanted(
        source=data_source(warehouse),
        boards=tuple(compile_board(board, pages=pages) for board in BOARDS),
        password=None if password_file is None else _password(password_file),
        new_password=new_password,
    )


def _password(file: Path) -> str:
    text = _text(file)
    if text is None or not text.strip("\r\n"):
        raise Stop(f"The password file {file} is missing or empty")
    return text.strip("\r\n")


def _text(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _show(change: Change, every: bool) -> None:
    click.echo(change.title)
    lines: Sequence[str] = change.lines if every else change.lines[:SHOWN]
    for line in lines:
        click.echo(f"    {line}")
    if len(lines) < len(change.lines):
        click.echo(f"    and {len(change.lines) - len(lines)} more: --all")


def _say_whether_it_works(grafana: Grafana) -> None:
    """Grafana's word on the data source; all is written by now, so a data source that is down is told, not raised."""
    try:
        click.echo(f"data source {UID}: {grafana.data_source_works(UID)}")
    except Stop as error:
        click.echo(f"All is written, but the data source does not work: {error}", err=True)
        sys.exit(FOUND)
