"""On this machine: the mailbox file and the outbox folder."""

from __future__ import annotations

import asyncio
import mailbox
import os
from pathlib import Path

from streams.agents.telling.channels.ports import Undelivered
from streams.agents.telling.mail import mail_of
from streams.agents.telling.message import Message
from streams.agents.telling.routes import House, Mailbox


class MailboxCarrier:
    """Appends mails to an mbox file or a Maildir; a message that is there already is not added again."""

    def __init__(self, channel: Mailbox, house: House) -> None:
        self._channel = channel
        self._house = house

    async def carry(self, message: Message, *, again: bool) -> None:
        """Add the mail and force it to disk; raises `Undelivered` that names the file."""
        try:
            await asyncio.to_thread(self._add, message, again)
        except (OSError, mailbox.Error) as error:
            raise Undelivered(f"mailbox {self._channel.path}: {error}", certain=False, retry_after=5) from error

    def _add(self, message: Message, again: bool) -> None:
        self._channel.path.parent.mkdir(parents=True, exist_ok=True)
        box: mailbox.mbox | mailbox.Maildir
        box = mailbox.mbox(self._channel.path) if self._channel.form == "mbox" else mailbox.Maildir(self._channel.path)
        box.lock()
        try:
            if again and any(mail.get("Message-ID") == message.message_id for mail in box):
                return
            box.add(mail_of(message, self._house, to=self._channel.to))
            box.flush()
        finally:
            box.unlock()
            box.close()


class FolderOutbox:
    """One file a channel in a folder, replaced whole and forced to disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, channel: str, intent: bytes) -> None:
        """Remember it; durable on return."""
        await asyncio.to_thread(self._put, channel, intent)

    async def clear(self, channel: str) -> None:
        """Forget it."""
        await asyncio.to_thread(self._path(channel).unlink, missing_ok=True)

    async def load(self, channel: str) -> bytes | None:
        """What was on its way."""
        try:
            return await asyncio.to_thread(self._path(channel).read_bytes)
        except FileNotFoundError:
            return None

    def _path(self, channel: str) -> Path:
        return self._folder / f"{channel}.json"

    def _put(self, channel: str, intent: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._path(channel)
        fresh = path.with_suffix(".new")
        with fresh.open("wb") as file:
            file.write(intent)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
