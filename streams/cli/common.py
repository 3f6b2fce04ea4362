"""What the commands share: settings, words on standard error, files that are there whole or not at all."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import click

from streams.errors import Stop
from streams.rules.known import DAY_FORM, MOMENT_FORM, read_standpoint
from streams.settings import Settings, read_settings

WAREHOUSE_HELP = (
    "File that holds the warehouse's address, clickhouse://user:password@host:9000/database: it has a password."
)
DONE, FOUND, OFF, STOPPED, AWAY = 0, 1, 2, 3, 4


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


@contextmanager
def opened(file: Path) -> Iterator[BinaryIO]:
    """A file of bytes; `-` is standard input. Raises `Stop` where it cannot be read."""
    if str(file) == "-":
        yield sys.stdin.buffer
        return
    try:
        with file.open("rb") as lines:
            yield lines
    except OSError as error:
        raise Stop(f"{file} cannot be read: {error.strerror}") from error


@contextmanager
def written(file: Path) -> Iterator[BinaryIO]:
    """A file that is there whole or not at all."""
    part = file.with_suffix(file.suffix + ".part")
    try:
        lines = part.open("wb")
    except OSError as error:
        raise Stop(f"{file} cannot be written: {error.strerror}") from error
    with lines:
        yield lines
    part.replace(file)


def address_in(file: Path) -> str:
    """The address that a file holds. Raises `Stop` where it cannot be read."""
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Stop(f"{file} cannot be read: {error.strerror}") from error


def from_a_standpoint(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds --as-of and --as-known-at; the command gets both as one argument, `at`."""

    @functools.wraps(command)
    def asked(*args: Any, as_of: str | None, as_known_at: str | None, **rest: Any) -> Any:
        try:
            at = read_standpoint(as_of, as_known_at)
        except ValueError as error:
            raise click.UsageError(f"--{str(error).replace('_', '-')}") from None
        return command(*args, at=at, **rest)

    then = click.option("--as-of", metavar="DAY", help=f"What was true then, as known now: {DAY_FORM}.")
    told = click.option("--as-known-at", metavar="DAY|TIME", help=f"What was known then: {MOMENT_FORM} [UTC].")
    return then(told(asked))
