"""What the deliverer asks of a channel and of an outbox."""

from __future__ import annotations

from typing import Protocol

from streams.agents.telling.message import Message
from streams.errors import Wait


class Undelivered(Wait):
    """A channel did not take a message; it is tried again for as long as it takes."""

    def __init__(
        self, message: str, *, certain: bool = True, permanent: bool = False, retry_after: float = 0.0
    ) -> None:
        super().__init__(message, retry_after=retry_after)
        self.certain = certain
        """Whether it is sure that nothing arrived; if not, only the very same message may be sent next."""
        self.permanent = permanent
        """Whether the other side refused for good, so that a person must look."""


class Carrier(Protocol):
    """Carries messages to one channel."""

    async def carry(self, message: Message, *, again: bool) -> None:
        """Hand the message over; return when the other side has it. `again`: it may have it already.

        Raises `Undelivered`.
        """


class Outbox(Protocol):
    """Durable memory of the one message that each channel has on its way."""

    async def put(self, channel: str, intent: bytes) -> None:
        """Remember it; durable on return. Replaces what was there."""

    async def clear(self, channel: str) -> None:
        """Forget it: it has arrived and was marked, or surely did not leave."""

    async def load(self, channel: str) -> bytes | None:
        """What was on its way when the last deliverer stopped."""
