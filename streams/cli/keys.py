"""Keys of feeders and officers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from streams.cli.common import settings
from streams.errors import Stop


@click.group()
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
