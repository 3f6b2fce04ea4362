"""A message as a mail: text and HTML, one thread for each clause of a license."""

from __future__ import annotations

import email.policy
from collections.abc import Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from streams.agents.telling.message import Message
from streams.agents.telling.routes import House

POLICY = email.policy.SMTP


def mail_of(message: Message, house: House, *, to: Sequence[str] = (), sender: str = "") -> EmailMessage:
    """The mail; the same message gives the same bytes. `to` empty: whoever the message itself names."""
    mail = EmailMessage(policy=POLICY)
    notice = message.notice
    mail["From"] = _sender(house, sender)
    mail["To"] = _recipients(tuple(to) or message.to, house)
    mail["Subject"] = notice.subject
    mail["Date"] = format_datetime(notice.at)
    mail["Message-ID"] = message.message_id
    if message.in_reply_to:
        mail["In-Reply-To"] = message.in_reply_to
    if message.references:
        mail["References"] = " ".join(message.references)
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    if notice.band == "urgent" and notice.transition in ("opened", "raised", "reopened"):
        mail["Importance"] = "high"
    mail.set_content(message.text, cte="quoted-printable")
    mail.add_alternative(message.html, subtype="html", cte="quoted-printable")
    mail.set_boundary(boundary_of(message))
    return mail


def boundary_of(message: Message) -> str:
    """What parts the mail; its last line closes it."""
    return f"=_{message.notice.id}"


def _sender(house: House, sender: str) -> Address:
    local, _, domain = (sender or f"pledgewatch@{house.mail_domain}").rpartition("@")
    return Address(display_name=house.name, username=local, domain=domain)


def _recipients(to: Sequence[str], house: House) -> str | tuple[Address, ...]:
    """Addresses as they are; a role without one gets an address that leads nowhere."""
    roles = [role for role in to if role] or ["responsible officer"]
    return tuple(_address(role, house) for role in roles)


def _address(role: str, house: House) -> Address:
    local, at, domain = role.rpartition("@")
    if at and local and domain and not any(c.isspace() for c in role):
        return Address(username=local, domain=domain)
    slug = "-".join("".join(c.lower() if c.isascii() and c.isalnum() else " " for c in role).split()) or "officer"
    return Address(display_name=role, username=slug, domain=house.mail_domain)
