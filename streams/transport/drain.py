"""From the driver to the agents: our own loop in place of Faust's, for any Faust consumer.

Faust wraps every message in two tasks, so that a rebalance can interrupt a full buffer. Here a message goes straight
to the agents' buffers when nothing can block, and only else the long way (about two and a half times as many events
a second for an agent that does nothing). When no partition may be read, Faust sleeps a second; here the loop is woken.

The place of a part moves over what was *delivered and is done*, in order of delivery. So holes that compaction left
need no bookkeeping, and no offset can pass a message that is still in work (Faust issue 606, and the gap that
includes its own message). What is done after the flow was stopped does not count: an agent may have skipped it.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from typing import Any

from faust.transport.consumer import ensure_TP
from faust.types import TP, Message

_BREATH = 64
"""Messages delivered before the agents get their turn."""
_PATIENCE = 1.0
"""Seconds after which the loop looks again though nothing woke it."""


class DrainLoop:
    """A Faust consumer with our loop; goes before the driver's consumer class."""

    app: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._delivered: defaultdict[TP, deque[Message]] = defaultdict(deque)
        self._done: dict[TP, int] = {}
        self._woken = asyncio.Event()
        super().__init__(*args, **kwargs)

    # -- which offsets are done -------------------------------------------------------------------------------------

    def _new_offset(self, tp: TP) -> int | None:
        """The offset after the last message of `tp` that is done together with everything delivered before it."""
        delivered = self._delivered[tp]
        while delivered and delivered[0].acked:
            self._done[tp] = delivered.popleft().offset + 1
        return self._done.get(tp)

    @property
    def at_rest(self) -> bool:
        """Whether all that was delivered is done."""
        return all(message.acked for delivered in self._delivered.values() for message in delivered)

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> list[TP]:
        # Faust's own lists of acknowledged offsets are not used here, only emptied.
        for offsets in (*self._acked.values(), *self._acked_index.values()):  # type: ignore[attr-defined]
            offsets.clear()
        return [tp for tp in self._delivered if topics is None or tp in topics or tp.topic in topics]

    def _forget_deliveries(self, tps: Iterable[TP]) -> None:
        for tp in tps:
            self._delivered.pop(tp, None)
            self._done.pop(tp, None)

    async def perform_seek(self) -> None:
        """Go back to the committed offsets; what was delivered since then will be delivered again."""
        self._forget_deliveries(list(self._delivered))
        await super().perform_seek()  # type: ignore[misc]

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Give up `revoked`: its agents end first, and what they had not done is someone else's."""
        await super().on_partitions_revoked(revoked)  # type: ignore[misc]
        self._forget_deliveries(revoked)

    # -- the flow ---------------------------------------------------------------------------------------------------

    def stop_flow(self) -> None:
        """Deliver nothing more; what is done by now can be committed, what is done later will be read again."""
        for tp in list(self._delivered):
            self._new_offset(tp)
            self._delivered[tp].clear()
        super().stop_flow()  # type: ignore[misc]
        self._woken.set()

    def resume_flow(self) -> None:
        """Deliver again."""
        super().resume_flow()  # type: ignore[misc]
        self._woken.set()

    def resume_partitions(self, tps: Iterable[TP]) -> None:
        """Read these parts again."""
        super().resume_partitions(tps)  # type: ignore[misc]
        self._woken.set()

    def on_buffer_drop(self, tp: TP) -> None:
        """Read `tp` again: an agent has made room."""
        super().on_buffer_drop(tp)  # type: ignore[misc]
        self._woken.set()

    # -- the loop ---------------------------------------------------------------------------------------------------

    async def _drain_messages(self, fetcher: Any) -> None:
        try:
            while not (self._stopped.is_set() or self._crashed.is_set() or fetcher._stopped.is_set()):  # type: ignore[attr-defined]
                records = await self._next_records()
                if records:
                    await self._deliver_all(records)
                await asyncio.sleep(0)
        except self.consumer_stopped_errors:  # type: ignore[attr-defined]
            if not self.app.should_stop:
                raise
        except asyncio.CancelledError:
            if not self.app.should_stop:
                raise

    async def _next_records(self) -> Mapping[TP, list[Any]]:
        self._woken.clear()
        active = set(self._active_partitions)  # type: ignore[attr-defined]
        if not self.flow_active or not (active or self.app.client_only):  # type: ignore[attr-defined]
            await self._flow_change()
            return {}
        self.not_waiting_next_records.clear()  # type: ignore[attr-defined]
        try:
            records: Mapping[TP, list[Any]] = await self._getmany(  # type: ignore[attr-defined]
                None if self.app.client_only else active, _PATIENCE
            )
            return records
        finally:
            self.not_waiting_next_records.set()  # type: ignore[attr-defined]

    async def _flow_change(self) -> None:
        try:
            await asyncio.wait_for(self._woken.wait(), _PATIENCE)
        except TimeoutError:
            pass

    async def _deliver_all(self, records: Mapping[TP, list[Any]]) -> None:
        generation = self.app.consumer_generation_id
        for tp, found in records.items():
            tp = ensure_TP(tp)
            self.app.monitor.track_tp_end_offset(tp, self.highwater(tp))  # type: ignore[attr-defined]
            for start in range(0, len(found), _BREATH):
                if not self._may_deliver(tp, generation):
                    break
                await self._deliver(tp, found[start : start + _BREATH])
                await asyncio.sleep(0)
            if not self.flow_active or self.app.consumer_generation_id != generation:  # type: ignore[attr-defined]
                return

    def _may_deliver(self, tp: TP, generation: int) -> bool:
        return bool(
            self.flow_active  # type: ignore[attr-defined]
            and self.app.consumer_generation_id == generation
            and (
                self.app.client_only
                or tp in self._active_partitions  # type: ignore[attr-defined]
                or tp in self._buffered_partitions  # type: ignore[attr-defined]
            )
        )

    async def _deliver(self, tp: TP, records: list[Any]) -> None:
        conductor = self.app.topics
        channels = conductor._tp_index.get(tp, ())
        counted = bool(channels) and conductor.acks_enabled_for(tp.topic)
        delivered, read = self._delivered[tp], self._read_offset  # type: ignore[attr-defined]
        to_message = self._to_message  # type: ignore[attr-defined]
        for record in records:
            message = to_message(tp, record)
            if (last := read[tp]) is not None and message.offset < last:
                continue
            if counted:
                delivered.append(message)
            if not await self._hand_over(tp, message, channels):
                return
            read[tp] = message.offset

    async def _hand_over(self, tp: TP, message: Message, channels: Iterable[Any]) -> bool:
        """Give `message` to its channels; False when the flow was stopped before they had it."""
        conductor = self.app.topics
        handler = conductor._tp_to_callback.get(tp)
        if handler is not None and not self._can_block(channels):
            await handler(message)
            return True
        delivery = asyncio.ensure_future(self.callback(message))  # type: ignore[attr-defined]
        await self.wait_first(delivery, self.suspend_flow.wait())  # type: ignore[attr-defined]
        return delivery.done() and not delivery.cancelled()

    def _can_block(self, channels: Iterable[Any]) -> bool:
        return (
            not self.app.flow_control.is_active()
            or self.app.producer.room.full
            or any(channel.queue.full() for channel in channels)
        )
