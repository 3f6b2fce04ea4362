"""On this machine: the mailbox file and the outbox folder."""

from __future__ import annotations

import asyncio
import fcntl
import mailbox
import os
import re
from collections.abc import Collection, Iterator
from email.message import EmailMessage
from pathlib import Path

from schemas.erasure import ERASED_SUBJECT
from streams.agents.telling.channels.ports import Undelivered
from streams.agents.telling.mail import POLICY, boundary_of, mail_of
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
        self._channel.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        mail = mail_of(message, self._house, to=self._channel.to)
        if self._channel.form == "mbox":
            _append(self._channel.path, mail, message, again=again)
        elif not (again and _holds(mailbox.Maildir(self._channel.path), message)):
            mailbox.Maildir(self._channel.path).add(mail)


def _append(path: Path, mail: EmailMessage, message: Message, *, again: bool) -> None:
    """One write at the end of the file, under a lock that dies with the process: a dot-lock outlives `kill -9`."""
    body = mail.as_bytes(policy=POLICY.clone(linesep="\n", mangle_from_=True))
    head = f"From pledgewatch {message.notice.at:%a %b %d %H:%M:%S %Y}\n".encode()
    with os.fdopen(os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "r+b", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if again and _holds(mailbox.mbox(path, create=False), message):
            return
        torn = file.seek(0, os.SEEK_END) > 0 and os.pread(file.fileno(), 2, file.tell() - 2) != b"\n\n"
        file.write((b"\n\n" if torn else b"") + head + body + b"\n")
        os.fsync(file.fileno())


def _holds(box: mailbox.mbox | mailbox.Maildir, message: Message) -> bool:
    """Whether the mail is there to its last line, which bears the notice's id."""
    end = f"--{boundary_of(message)}--".encode()
    try:
        return any(end in box.get_bytes(key) for key in box.keys())  # noqa: SIM118  (a mailbox iterates over mails)
    finally:
        box.close()


def erase_mails(channel: Mailbox, ids: Collection[str]) -> int:
    """Leave of the mails of these notices their head: when, to whom, in which thread; how many were changed.

    In an mbox a stub takes the place of the mail, of the same length: whoever reads or writes the file keeps their
    place, and doing it again after a crash completes it.
    """
    if not ids or not channel.path.exists():
        return 0
    if channel.form == "maildir":
        return sum(_stub_file(file, ids) for file in sorted(channel.path.glob("*/*")) if file.is_file())
    with channel.path.open("r+b", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        whole = file.readall() or b""
        changed = 0
        for start, end in _mails_in(whole):
            mail = whole[start:end]
            stub = _stub_of(mail, ids)
            if stub not in (b"", mail):
                os.pwrite(file.fileno(), stub, start)
                changed += 1
        os.fsync(file.fileno())
    return changed


def _mails_in(whole: bytes) -> Iterator[tuple[int, int]]:
    starts = [m.start() for m in re.finditer(rb"(?m)^From pledgewatch ", whole)]
    return zip(starts, [*starts[1:], len(whole)], strict=True)


def _stub_of(mail: bytes, ids: Collection[str]) -> bytes:
    """The mail's stub, as long as the mail itself; empty where it is of none of these notices."""
    head, _, _ = mail.partition(b"\n\n")
    found = re.search(rb"(?mi)^Message-ID: <([0-9a-f]+)@", head)
    if found is None or found[1].decode() not in ids:
        return b""
    lines = re.sub(rb"\n[ \t]+", b" ", head).split(b"\n")
    kept = [line for line in lines if line.startswith((b"From ", b"From:", b"To:", b"Date:", b"Message-ID:"))]
    stub = b"\n".join([*kept, b"Subject: " + ERASED_SUBJECT.encode(), b"", ERASED_SUBJECT.encode() + b".", b""])
    return stub + b"\n" * (len(mail) - len(stub))


def _stub_file(path: Path, ids: Collection[str]) -> int:
    mail = path.read_bytes()
    stub = _stub_of(mail, ids)
    if stub in (b"", mail):
        return 0
    with path.open("r+b", buffering=0) as file:
        file.write(stub)
        os.fsync(file.fileno())
    return 1


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
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._path(channel)
        fresh = path.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(intent)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
