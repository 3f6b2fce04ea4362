"""What officers were told: listed, shown word for word, sent again. Speaks HTTP to the running process."""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import click

from schemas import Notice
from schemas.codec import encode
from schemas.notice import SentAgain
from schemas.vocabulary import Transition
from streams.cli.common import DONE, FOUND, complain
from streams.cli.remote import KeyFile, speaking
from streams.intake.client import Client

_LOOKS_EVERY = 0.5
"""Seconds between looks at what became of a request."""


@click.group()
def notices() -> None:
    """What channels were told: list it, show it, have it sent again."""


@notices.command("list")
@click.option("--channel", help="Only on this channel.")
@click.option("--alert", help="Only of this alert.")
@click.option("--state", "issuing_state", help="Only of licenses of this issuing state [ISO 3166-1 alpha-2].")
@click.option("--step", "transition", type=click.Choice(get_args(Transition)), help="Only such steps.")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="Only of this day [UTC].")
@click.option("--limit", default=100, show_default=True)
@KeyFile
@click.option("--json", "as_json", is_flag=True, help="One notice a line, without its words.")
def list_notices(
    channel: str | None,
    alert: str | None,
    issuing_state: str | None,
    transition: str | None,
    day: dt.datetime | None,
    limit: int,
    key_file: Path | None,
    as_json: bool,
) -> None:
    """List notices, the newest first."""
    with speaking(key_file, "officer") as client:
        found = client.notices(
            channel=channel, alert=alert, issuing_state=issuing_state, transition=transition,
            day=day.date().isoformat() if day else None, limit=limit,
        )  # fmt: skip
    for each in found:
        again = f"  (sent again {len(each.again)}×)" if each.again else ""
        line = f"{each.at:%Y-%m-%d %H:%M} {each.channel:12} {each.transition:10} {each.id}  {each.subject}{again}"
        click.echo(encode(each).decode() if as_json else line)


@notices.command()
@click.argument("notice_id", metavar="NOTICE")
@KeyFile
@click.option("--html", "as_html", is_flag=True, help="Print the letter as HTML, and nothing else.")
@click.option("--json", "as_json", is_flag=True)
def show(notice_id: str, key_file: Path | None, as_html: bool, as_json: bool) -> None:
    """Show what was sent to whom, when, on which step of which alert, and the letter itself."""
    with speaking(key_file, "officer") as client:
        found = _found(client.notice(notice_id), notice_id)
    if as_html:
        click.echo(found.body.html if found.body else "", nl=False)
    else:
        click.echo(encode(found).decode() if as_json else "\n".join(_told(found)))


@notices.command()
@click.argument("notice_id", metavar="NOTICE")
@click.option("--wait", default=20.0, show_default=True, help="Seconds to wait for what becomes of it.")
@KeyFile
def resend(notice_id: str, wait: float, key_file: Path | None) -> None:
    """Have a notice sent again: the same message under its old id, to the same channel.

    Only if it may still be said there (TLP, embargo, use, route), and if the channel has not been told something newer
    of the same alert. Exit code 1 where it is refused, or nothing has become of it yet.
    """
    with speaking(key_file, "officer") as client:
        asked = _found(client.resend(notice_id), notice_id).again[-1]
        became = _awaited(client, notice_id, asked, wait)
    if became.pending:
        complain(f"Asked for; nothing has become of it within {wait:g} s: `pledgewatch notices show {notice_id}` says")
    elif became.refused:
        complain(f"Not sent: {became.refused}")
    else:
        click.echo(f"sent again at {became.sent_at:%Y-%m-%d %H:%M:%S} UTC under the id that it had")
    sys.exit(DONE if became.sent_at else FOUND)


def _awaited(client: Client, notice_id: str, asked: SentAgain, within: float) -> SentAgain:
    end = time.monotonic() + within
    while True:
        notice = client.notice(notice_id)
        ours = (
            [e for e in notice.again if (e.asked_at, e.asked_by) == (asked.asked_at, asked.asked_by)] if notice else []
        )
        if (ours and not ours[0].pending) or time.monotonic() > end:
            return ours[0] if ours else asked
        time.sleep(_LOOKS_EVERY)


def _found(notice: Notice | None, notice_id: str) -> Notice:
    if notice is None:
        complain(f"There is no notice {notice_id}, or not for this key")
        sys.exit(FOUND)
    return notice


def _told(notice: Notice) -> Iterator[str]:
    yield notice.subject
    yield f"{notice.transition}, {notice.band}; {notice.id}"
    yield f"told {notice.channel} at {notice.at:%Y-%m-%d %H:%M} UTC{', in a digest' if notice.digest else ''}"
    yield from (f"  of {alert}" for alert in notice.alerts)
    if notice.before:
        yield f"after {notice.before}"
    for each in notice.again:
        became = "waits" if each.pending else each.refused or f"sent at {each.sent_at:%Y-%m-%d %H:%M} UTC"
        yield f"asked for again by {each.asked_by} at {each.asked_at:%Y-%m-%d %H:%M} UTC: {became}"
    yield f"\n{notice.body.text}" if notice.body else "\nThe words of this notice are not kept."
