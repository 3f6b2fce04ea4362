"""Law 8 in the stream: an offset is committed only when every send that came before it has succeeded.

Faust itself does not promise that: it flushes its buffer before a commit, but gives up after 0.1 s without progress,
and a send that fails is only logged. So every send is entered in a `Ledger`, a commit waits until all that were under
way have succeeded, and one that fails ends the worker: no offset is committed after it, and the log is read again
from the last good place.

`CountedSends` goes before a Faust producer class, `CommitAfterSends` before a Faust consumer class; both serve any
driver. Records that a table sends to its changelog are sends like any other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from faust.transport.producer import ProducerBuffer
from faust.types import TP, RecordMetadata
from faust.types.tuples import FutureMessage

from streams.errors import Stop


class Ledger:
    """The sends that are under way, and the first thing that went wrong. Belongs to one event loop."""

    def __init__(self) -> None:
        self.failure: BaseException | None = None
        self._under_way: set[asyncio.Future[Any]] = set()
        self._watchers: list[Callable[[BaseException], None]] = []
        self._failed: asyncio.Event | None = None

    def enter(self, send: asyncio.Future[Any]) -> None:
        """Count `send` until it is done."""
        self._under_way.add(send)
        send.add_done_callback(self._settle)

    def fail(self, reason: BaseException) -> None:
        """Say that the worker must end for `reason`; only the first reason counts."""
        if self.failure is not None:
            return
        self.failure = reason
        if self._failed is not None:
            self._failed.set()
        for watcher in self._watchers:
            watcher(reason)

    def watch(self, watcher: Callable[[BaseException], None]) -> None:
        """Call `watcher` with the reason of the first failure."""
        self._watchers.append(watcher)

    async def settled(self) -> None:
        """Return when every send that was entered before this call has succeeded.

        Raises `Stop` as soon as anything has failed, whenever it was entered.
        """
        self._failed = self._failed or asyncio.Event()
        if self.failure is None and (before := set(self._under_way)):
            await _first_of(asyncio.wait(before), self._failed.wait())
        if self.failure is not None:
            raise Stop(f"Nothing is committed any more, because of a failure: {self.failure}") from self.failure

    def __len__(self) -> int:
        return len(self._under_way)

    def _settle(self, send: asyncio.Future[Any]) -> None:
        self._under_way.discard(send)
        if send.cancelled():
            self.fail(Stop("a send was cancelled before the log had it"))
        elif error := send.exception():
            self.fail(error)


async def _first_of(*waits: Coroutine[Any, Any, Any]) -> None:
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


class _CountedBuffer(ProducerBuffer):  # type: ignore[misc]
    """Faust's buffer of sends to come, in which one that cannot even be started fails its future."""

    async def _send_pending(self, fut: FutureMessage) -> None:
        try:
            await super()._send_pending(fut)
        except Exception as error:
            if not fut.done():
                fut.set_exception(error)


class CountedSends:
    """A Faust producer that enters every send in its `ledger`."""

    ledger: Ledger

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ledger = Ledger()
        self.buffer = _CountedBuffer(loop=self.loop, beacon=self.beacon)  # type: ignore[attr-defined]
        self.buffer.app = self.app  # type: ignore[attr-defined]

    async def send(self, *args: Any, **kwargs: Any) -> Awaitable[RecordMetadata]:
        """Hand a record to the driver; the awaitable is done when the log has it."""
        try:
            sent: asyncio.Future[RecordMetadata] = await super().send(*args, **kwargs)  # type: ignore[misc]
        except Exception as error:
            self.ledger.fail(error)
            raise
        self.ledger.enter(sent)
        return sent

    async def send_and_wait(self, *args: Any, **kwargs: Any) -> RecordMetadata:
        """Hand a record to the driver and return when the log has it."""
        return await (await self.send(*args, **kwargs))

    def send_soon(self, fut: FutureMessage) -> None:
        """Take a record that is sent a little later, as tables do with their changelogs."""
        self.ledger.enter(fut)
        super().send_soon(fut)  # type: ignore[misc]


class CommitAfterSends:
    """A Faust consumer whose commits wait for the sends that came before them, and that ends when one failed.

    Its app's producer has a `ledger` (`CountedSends`, or its own).
    """

    app: Any

    async def on_start(self) -> None:
        """Start, and from now on crash the app when the ledger fails."""
        await super().on_start()  # type: ignore[misc]
        self._ledger.watch(self._end)

    def _end(self, reason: BaseException) -> None:
        self._ending = asyncio.ensure_future(self.app.crash(reason))

    @property
    def _ledger(self) -> Ledger:
        ledger: Ledger = self.app.producer.ledger
        return ledger

    async def on_task_error(self, exc: BaseException) -> None:
        """Fail instead of committing: an agent that raised has not done what its event asked for."""
        self._ledger.fail(exc)

    async def _commit_offsets(self, offsets: Mapping[TP, int], start_new_transaction: bool = True) -> bool:
        try:
            await self._ledger.settled()
        except Stop:
            return False
        committed: bool = await super()._commit_offsets(offsets, start_new_transaction)  # type: ignore[misc]
        return committed
