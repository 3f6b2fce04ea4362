"""From the routes file to open channels."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

from streams.agents.telling.channels.files import MailboxCarrier
from streams.agents.telling.channels.ports import Carrier
from streams.agents.telling.channels.smtp import SmtpCarrier
from streams.agents.telling.channels.webhook import WebhookCarrier
from streams.agents.telling.routes import AnyChannel, House, Mailbox, Routes, Smtp
from streams.agents.telling.signing import read_secrets
from streams.errors import Stop


def open_channels(routes: Routes, clock: Callable[[], dt.datetime]) -> dict[str, Carrier]:
    """A carrier for each channel; reads passwords and secrets, opens no connection. Raises `Stop`."""
    return {name: _open(channel, routes.house, clock) for name, channel in routes.channels.items()}


def _open(channel: AnyChannel, house: House, clock: Callable[[], dt.datetime]) -> Carrier:
    if isinstance(channel, Mailbox):
        return MailboxCarrier(channel, house)
    if isinstance(channel, Smtp):
        password = _read(channel.password_file, channel.name) if channel.password_file else ""
        if channel.authorities is not None:
            _read(channel.authorities, channel.name)
        return SmtpCarrier(channel, house, password.strip())
    secrets = read_secrets(_read(channel.secret_file, channel.name), name=str(channel.secret_file))
    return WebhookCarrier(channel, secrets, seconds=lambda: clock().timestamp())


def _read(path: Path, channel: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise Stop(f"channel {channel}: {path} cannot be read: {reason}") from error
