"""Parts as processes of their own: what a deliverer says of itself; whole processes run in `tests/kafka`."""

from streams.agents.deliver import CaughtUp, Deliverer, DeliverPorts
from streams.agents.telling.channels.ports import Undelivered
from streams.agents.telling.message import Message
from streams.agents.telling.routes import default_routes
from streams.apart import Ends, at_the_desks
from streams.house import wall_clock
from streams.settings import Settings


class Full:
    """A channel whose other side has no room."""

    async def carry(self, message: Message, *, again: bool) -> None:
        raise Undelivered("mailbox: no space left")


class NoOutbox:
    async def put(self, channel: str, intent: bytes) -> None: ...

    async def clear(self, channel: str) -> None: ...

    async def load(self, channel: str) -> bytes | None: ...


async def nothing(_: object) -> None: ...


async def unreadable(_: object, __: str) -> None: ...


def a_desk(tmp_path) -> Deliverer:
    ports = DeliverPorts(
        carriers={"officers": Full()}, outbox=NoOutbox(), tell=nothing, unreadable=unreadable, moved=nothing,
        clock=wall_clock,
    )  # fmt: skip
    return Deliverer(default_routes(tmp_path), ports)


async def test_a_deliverer_is_ready_once_it_knows_what_was_told(tmp_path) -> None:
    assert at_the_desks([]).why == "it reads what was told before"
    desk = a_desk(tmp_path)
    assert not at_the_desks([desk]).ready
    await desk.hear(CaughtUp())
    assert at_the_desks([desk]).ready


async def test_a_deliverer_whose_channel_is_down_says_which_and_why(tmp_path) -> None:
    desk = a_desk(tmp_path)
    await desk.hear(CaughtUp())
    desk._note_failure(desk._desks["officers"], Undelivered("mailbox: no space left"))
    health = at_the_desks([desk])
    assert (health.ready, health.why) == (False, "officers: mailbox: no space left")


def test_the_ends_of_a_log_have_all_that_telling_reads(tmp_path) -> None:
    ends = Ends(settings=Settings(), producer=None, reader=None, clock=wall_clock, address="http://x")  # type: ignore[arg-type]
    assert (ends.pace, ends.desks) == (None, [])
