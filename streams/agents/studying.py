"""Where the dossiers of a worker are kept and assessed: here, or beside it in processes of their own.

A worker spends more of the processor on assessing than on the log. In one process the two would take turns at one
core; `beside` lets them run side by side, and what is assessed keeps nobody from reading. All that the other processes
know, they were told; they end with this one, and when one ends before, this one cannot go on: a worker that comes back
tells them everything again, from the rows.
"""

from __future__ import annotations

import asyncio
import os
import signal
import struct
import sys
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import BinaryIO, Protocol

import msgspec

from streams.agents.naming import RegisterNamer
from streams.errors import Stop
from streams.rules.assess import Assessor
from streams.rules.study import Saying, Study
from streams.transport.cycles import look_seldom_for_cycles

_LENGTH = struct.Struct(">I")
_UNDER_WAY = 4_000_000
"""Bytes on the way to the other process before a row waits."""
_HEARD = 16_000_000
"""Bytes of answers that wait until they are read, before the other process does."""
MOST_PROCESSES = 4
"""Processes that assess for one worker: what cannot be shared, reading, keeps no more of them busy [count]."""
_END_WITHIN = 10.0
"""Seconds that the other process has to end by itself."""


class Studying(Protocol):
    """What is asked is done in the order of asking."""

    async def take_in(self, partition: int, raw: bytes) -> None:
        """Take in a row that can be read."""

    async def forget(self, partition: int, destinations: Sequence[str]) -> None:
        """Have these destinations of a partition assessed from the beginning at the next look; none named: all."""

    async def clear(self) -> None:
        """Forget everything."""

    def look(self, partitions: Sequence[int]) -> AsyncIterator[tuple[Saying, ...]]:
        """What these partitions say that something has touched since, one after the other."""


class Here:
    """In this process; rows wait while something is assessed."""

    def __init__(self, study: Study) -> None:
        self._study = study
        self._free = asyncio.Lock()

    async def take_in(self, partition: int, raw: bytes) -> None:
        """Take in a row."""
        async with self._free:
            self._study.take_in(partition, raw)

    async def forget(self, partition: int, destinations: Sequence[str]) -> None:
        """Have these assessed from the beginning."""
        async with self._free:
            self._study.forget(partition, destinations)

    async def clear(self) -> None:
        """Forget everything."""
        async with self._free:
            self._study.clear()

    async def look(self, partitions: Sequence[int]) -> AsyncIterator[tuple[Saying, ...]]:
        """What these partitions say, each assessed in a thread."""
        for partition in partitions:
            async with self._free:
                said = await asyncio.to_thread(tuple, self._study.look(partition))
            yield said


# -- in processes of their own ----------------------------------------------------------------------------------------


class Row(msgspec.Struct, frozen=True, tag="row", array_like=True):
    """Take in a row."""

    partition: int
    raw: bytes


class Forget(msgspec.Struct, frozen=True, tag="forget", array_like=True):
    """Assess these from the beginning."""

    partition: int
    destinations: tuple[str, ...]


class Clear(msgspec.Struct, frozen=True, tag="clear", array_like=True):
    """Forget everything."""


class Look(msgspec.Struct, frozen=True, tag="look", array_like=True):
    """Say what these partitions say: one answer each."""

    partitions: tuple[int, ...]


class Said(msgspec.Struct, frozen=True, array_like=True):
    """The answer for one partition."""

    sayings: tuple[Saying, ...]
    processor: float
    """What the process has taken of the processor since it began [s]."""


_ASKED = msgspec.msgpack.Decoder(Row | Forget | Clear | Look)
_SAID = msgspec.msgpack.Decoder(Said)
_encode = msgspec.msgpack.Encoder().encode


class Other:
    """One process beside this one, spoken to over its input and output."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.process, self._input, self._output = process, process.stdin, process.stdout
        self._waiting: list[bytes] = []

    async def ask(self, asked: Row | Forget | Clear | Look) -> None:
        """Say this after what was said before; raises `Stop` when the process has ended."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._send)
        frame = _encode(asked)
        self._waiting += _LENGTH.pack(len(frame)), frame
        if self.process.returncode is not None or self._input.is_closing():
            raise await self._ended()
        if self._input.transport.get_write_buffer_size() > _UNDER_WAY:
            try:
                await self._input.drain()
            except ConnectionError:
                raise await self._ended() from None

    async def answer(self) -> Said:
        """The next answer; raises `Stop` when the process has ended."""
        try:
            (length,) = _LENGTH.unpack(await self._output.readexactly(_LENGTH.size))
            return _SAID.decode(await self._output.readexactly(length))
        except asyncio.IncompleteReadError:
            raise await self._ended() from None

    def _send(self) -> None:
        """Send what was asked in this turn of the loop, at once."""
        waiting, self._waiting = self._waiting, []
        self._input.write(b"".join(waiting))

    async def _ended(self) -> Stop:
        code = await self.process.wait()
        return Stop(f"A process that assesses for this worker has ended (exit {code}); the worker cannot go on")

    async def end(self) -> None:
        """Have it end."""
        self._input.close()
        try:
            await asyncio.wait_for(self.process.wait(), _END_WITHIN)
        except TimeoutError:
            with suppress(ProcessLookupError):
                self.process.kill()
            await self.process.wait()


class Beside:
    """In processes of their own, each with its share of the partitions; made by `beside`."""

    def __init__(self, others: Sequence[Other]) -> None:
        self.others = others
        self._spent = [0.0] * len(others)

    @property
    def processor(self) -> float:
        """What the other processes had taken of the processor at their last answers [s]."""
        return sum(self._spent)

    async def take_in(self, partition: int, raw: bytes) -> None:
        """Take in a row; raises `Stop` when the other process has ended."""
        await self._other(partition).ask(Row(partition, raw))

    async def forget(self, partition: int, destinations: Sequence[str]) -> None:
        """Have these assessed from the beginning."""
        await self._other(partition).ask(Forget(partition, tuple(destinations)))

    async def clear(self) -> None:
        """Forget everything."""
        for other in self.others:
            await other.ask(Clear())

    async def look(self, partitions: Sequence[int]) -> AsyncIterator[tuple[Saying, ...]]:
        """What these partitions say, assessed side by side; one caller at a time."""
        for number, other in enumerate(self.others):
            await other.ask(Look(tuple(p for p in partitions if p % len(self.others) == number)))
        for partition in partitions:
            said = await self._other(partition).answer()
            self._spent[partition % len(self.others)] = said.processor
            yield said.sayings

    def _other(self, partition: int) -> Other:
        return self.others[partition % len(self.others)]


@asynccontextmanager
async def beside(partitions: int, processes: int | None = None) -> AsyncIterator[Beside]:
    """A study in processes of their own, which end with this block, and with this process.

    `processes`: as many as this machine has cores, but not more than `MOST_PROCESSES`.
    """
    count = processes or min(os.cpu_count() or 1, MOST_PROCESSES)
    others: list[Other] = []
    try:
        for _ in range(count):
            others.append(Other(await _begun(partitions)))
        yield Beside(others)
    finally:
        await asyncio.gather(*(other.end() for other in others))


async def _begun(partitions: int) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "streams.agents.studying", str(partitions),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=_HEARD,
        start_new_session=True,  # Ctrl-C is for the worker, which ends this in order
    )  # fmt: skip


def answer(study: Study, asked: BinaryIO, said: BinaryIO) -> None:
    """Do what is asked, in its order, until there is nothing more to read."""
    while True:
        head = asked.read(_LENGTH.size)
        length = _LENGTH.unpack(head)[0] if len(head) == _LENGTH.size else 0
        frame = asked.read(length)
        if not length or len(frame) < length:
            return  # the worker has ended, perhaps in the middle of a word
        for answered in _done(study, _ASKED.decode(frame)):
            said.write(_LENGTH.pack(len(answered)) + answered)
            said.flush()


def _done(study: Study, asked: Row | Forget | Clear | Look) -> Iterable[bytes]:
    match asked:
        case Row(partition, raw):
            study.take_in(partition, raw)
        case Forget(partition, destinations):
            study.forget(partition, destinations)
        case Clear():
            study.clear()
        case Look(partitions):
            for partition in partitions:
                sayings = tuple(study.look(partition))
                yield _encode(Said(sayings, time.process_time()))


def main() -> None:
    """The other process."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it ends with the worker, not before
    look_seldom_for_cycles()
    asked, said = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr
    with suppress(BrokenPipeError):
        answer(Study(Assessor(RegisterNamer), int(sys.argv[1])), asked, said)


if __name__ == "__main__":
    main()
