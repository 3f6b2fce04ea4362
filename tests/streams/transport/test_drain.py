from collections.abc import Iterable
from typing import Any

from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st

from streams.transport.drain import DrainLoop

PART = TP("facts", 0)


class Message:
    """A message that an agent has done, or not yet."""

    def __init__(self, offset: int) -> None:
        self.offset = offset
        self.acked = False


class Flow:
    """As much of a Faust consumer as stops and starts."""

    def __init__(self) -> None:
        self.flow_active = True

    def stop_flow(self) -> None:
        self.flow_active = False

    async def perform_seek(self) -> None:
        """Nothing to seek in."""


class Drain(DrainLoop, Flow):
    def deliver(self, offsets: Iterable[int]) -> list[Message]:
        messages = [Message(offset) for offset in offsets]
        self._delivered[PART].extend(messages)  # type: ignore[arg-type]
        return messages


@st.composite
def deliveries(draw: Any) -> tuple[list[int], list[int]]:
    """Offsets as compaction left them, and an order in which their messages are done."""
    offsets = sorted(draw(st.sets(st.integers(0, 200), min_size=1, max_size=25)))
    return offsets, draw(st.permutations(range(len(offsets))))


@given(deliveries())
def test_a_place_never_passes_a_message_in_work(delivery: tuple[list[int], list[int]]) -> None:
    offsets, order = delivery
    drain = Drain()
    messages = drain.deliver(offsets)
    for index in order:
        messages[index].acked = True
        in_work = [message.offset for message in messages if not message.acked]
        done_before = [offset for offset in offsets if not in_work or offset < in_work[0]]
        assert drain._new_offset(PART) == (done_before[-1] + 1 if done_before else None)


def test_a_place_stays_until_something_more_is_done() -> None:
    drain = Drain()
    first, second = drain.deliver([5, 9])
    first.acked = True
    assert [drain._new_offset(PART), drain._new_offset(PART)] == [6, 6]
    second.acked = True
    assert drain._new_offset(PART) == 10


def test_what_is_done_after_the_flow_stopped_does_not_count() -> None:
    drain = Drain()
    first, second = drain.deliver([0, 1])
    first.acked = True
    drain.stop_flow()
    second.acked = True
    assert drain._new_offset(PART) == 1


async def test_going_back_forgets_what_was_delivered() -> None:
    drain = Drain()
    (before,) = drain.deliver([3])
    await drain.perform_seek()
    before.acked = True
    assert drain._new_offset(PART) is None
