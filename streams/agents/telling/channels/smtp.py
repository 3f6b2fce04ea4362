"""A mail server: STARTTLS or TLS, login, one transaction for all recipients of a channel or none."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from email.message import EmailMessage

from streams.agents.telling.channels.ports import Undelivered
from streams.agents.telling.mail import POLICY, mail_of
from streams.agents.telling.message import Message
from streams.agents.telling.routes import House, Smtp


class SmtpCarrier:
    """Sends mails in a thread of their own; a connection for each, since there are few."""

    def __init__(self, channel: Smtp, house: House, password: str = "") -> None:
        self._channel = channel
        self._house = house
        self._password = password
        self._tls = ssl.create_default_context(cafile=str(channel.authorities) if channel.authorities else None)

    async def carry(self, message: Message, *, again: bool) -> None:
        """Send the mail; raises `Undelivered` that says whether it may have arrived and whether to try again soon."""
        mail = mail_of(message, self._house, to=self._channel.to, sender=self._channel.sender)
        await asyncio.to_thread(self._send, mail)

    def _send(self, mail: EmailMessage) -> None:
        where = f"mail server {self._channel.host}:{self._channel.port}"
        try:
            server = self._connect()
        except (OSError, smtplib.SMTPException) as error:
            raise _refusal(where, error) from error
        try:
            self._greet(server)
            self._address(server)
        except (OSError, smtplib.SMTPException) as error:
            _leave(server)
            raise _refusal(where, error) from error
        try:
            _hand_over(server, mail.as_bytes(policy=POLICY), where)
        finally:
            _leave(server)

    def _connect(self) -> smtplib.SMTP:
        host, port, timeout = self._channel.host, self._channel.port, self._channel.timeout_seconds
        name = self._channel.sender.rpartition("@")[2]  # not this machine's name
        if self._channel.security == "tls":
            return smtplib.SMTP_SSL(host, port, name, timeout=timeout, context=self._tls)
        return smtplib.SMTP(host, port, name, timeout=timeout)

    def _greet(self, server: smtplib.SMTP) -> None:
        server.ehlo_or_helo_if_needed()
        if self._channel.security == "starttls":
            server.starttls(context=self._tls)
            server.ehlo()
        if self._channel.user:
            server.login(self._channel.user, self._password)

    def _address(self, server: smtplib.SMTP) -> None:
        """All recipients or none, so that nobody gets the same mail twice because another was refused."""
        code, said = server.mail(self._channel.sender)
        if code != 250:
            raise smtplib.SMTPSenderRefused(code, said, self._channel.sender)
        refused = {}
        for recipient in self._channel.to:
            code, said = server.rcpt(recipient)
            if code not in (250, 251):
                refused[recipient] = (code, said)
        if refused:
            server.rset()
            raise smtplib.SMTPRecipientsRefused(refused)


def _hand_over(server: smtplib.SMTP, mail: bytes, where: str) -> None:
    """DATA and its answer; only a silence between the two leaves it open whether the mail arrived."""
    try:
        code, said = server.data(mail)
    except smtplib.SMTPDataError as error:  # not even the start was accepted
        raise _refusal(where, error) from error
    except (OSError, smtplib.SMTPException) as error:
        raise Undelivered(f"{where}: no answer after the mail was sent: {_words(error)}", certain=False) from error
    if code != 250:
        raise _refusal(where, smtplib.SMTPDataError(code, said))


def _leave(server: smtplib.SMTP) -> None:
    try:
        server.quit()
    except (OSError, smtplib.SMTPException):
        server.close()


def _refusal(where: str, error: Exception) -> Undelivered:
    """Nothing arrived: 4xx and network faults pass, 5xx and a missing STARTTLS need a person."""
    codes = []
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _ in error.recipients.values()]
    elif isinstance(error, smtplib.SMTPResponseException):
        codes = [error.smtp_code]
    untrusted = isinstance(error, ssl.SSLCertVerificationError | smtplib.SMTPNotSupportedError)
    permanent = untrusted or any(500 <= code < 600 for code in codes)
    return Undelivered(f"{where}: {_words(error)}", permanent=permanent)


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "; ".join(f"{who} refused: {code} {_text(said)}" for who, (code, said) in error.recipients.items())
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    return f"{type(error).__name__}: {error}"


def _text(said: bytes | str) -> str:
    return said.decode(errors="replace") if isinstance(said, bytes) else said
