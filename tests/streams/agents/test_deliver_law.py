"""Law 8 over made-up histories: whatever happens, wherever it dies, each channel knows what holds and is told once."""

from __future__ import annotations

import asyncio
from collections import defaultdict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.vocabulary import BANDS
from streams.agents.deliver import CaughtUp, DayBegun, Deliverer
from streams.agents.telling.channels.ports import Undelivered
from streams.agents.telling.notices import steps_for
from streams.agents.telling.routes import Pace, Route
from streams.agents.telling.told import last_told

PLACES, CLAUSES = ("XM", "XN"), ("c1", "c2")
FAILURES = {
    "down": Undelivered("down"),
    "unsure": Undelivered("unsure", certain=False),
    "refused": Undelivered("refused", permanent=True),
}
GROUNDS = ("lab:i1", "ngo:i2", "court:i3")

words = st.fixed_dictionaries(
    {
        "place": st.sampled_from(PLACES),
        "clause": st.sampled_from(CLAUSES),
        "band": st.sampled_from(("watch", "review", "alert", "alert", "urgent")),
        "status": st.sampled_from(("open", "open", "open", "acknowledged", "closed", "withdrawn")),
        "grounds": st.sets(st.sampled_from(GROUNDS), min_size=1),
        "grouped": st.booleans(),
        "tlp": st.sampled_from(("GREEN", "GREEN", "GREEN", "RED")),
    }
)
fates = st.one_of(
    st.just(("well",)),
    st.tuples(st.just("fails"), st.sampled_from(("a", "b")), st.sampled_from(sorted(FAILURES)), st.booleans()),
    st.tuples(st.just("dies"), st.sampled_from(("put", "carry", "taken", "tell", "told", "clear"))),
)
histories = st.lists(st.tuples(st.lists(words, max_size=3), fates, st.sampled_from((0, 1, 1, 1, 2))), max_size=14)
"""What is heard at once, what befalls the next delivery, and how often the channels are looked at then."""


class Died(BaseException):
    """The process was killed."""


class World:
    """Two channels, a log of notices, an outbox; a process in it that is killed and started again."""

    def __init__(self, telling):
        self.telling = telling
        channels = {name: telling.mailbox(name) for name in ("a", "b")}
        self.routes = telling.routes(
            channels=channels,
            routes=(Route(channels=("a", "b"), from_band="review"),),
            pace=Pace(settle_seconds=0, settle_at_most_seconds=0, history_days=36_000, burst=2),
        )
        self.house = telling.House(self.routes)
        self.newest = {}
        self.count = 0
        self.dies_at = None
        self.start()

    def start(self):
        world, house = self, self.house

        class MortalOutbox(self.telling.Outbox):
            async def put(self, channel, intent):
                await super().put(channel, intent)
                world.may_die("put")

            async def clear(self, channel):
                world.may_die("clear")
                await super().clear(channel)

        outbox = MortalOutbox()
        outbox.held = house.outbox.held

        async def tell(notice):
            world.may_die("tell")
            house.notices.append(notice)
            world.may_die("told")

        carriers = {name: MortalChannel(self, channel) for name, channel in house.channels.items()}
        ports = self.telling.but(house.ports, outbox=outbox, tell=tell, carriers=carriers)
        self.deliverer = Deliverer(self.routes, ports, house.notices)

    def may_die(self, where):
        if self.dies_at == where:
            self.dies_at = None
            raise Died

    async def restart(self):
        self.start()
        await self.deliverer.recall()
        await self.deliverer.hear(DayBegun(day=self.telling.DAY))
        for alert in self.newest.values():
            await self.deliverer.hear(self.telling.record(alert))
        await self.deliverer.hear(CaughtUp())

    async def look(self):
        self.house.clock.passes(5000)
        for name in self.routes.channels:
            try:
                await self.deliverer.attend(name)
            except Died:
                await self.restart()

    async def live(self, history):
        await self.restart()
        for event in history:
            await self.happen(event)
        self.dies_at = None
        for channel in self.house.channels.values():
            channel.failures = []
        for _ in range(8):
            await self.look()

    async def happen(self, event):
        heard, fate, looks = event
        for word in heard:
            await self.hear(**word)
        if fate[0] == "fails":
            _, name, how, taken = fate
            self.house.channels[name].failures.append(FAILURES[how])
            self.house.channels[name].takes_before_failing = taken
        elif fate[0] == "dies":
            self.dies_at = fate[1]
        for _ in range(looks):
            await self.look()

    async def hear(self, place, clause, band, status, grounds, grouped, tlp):
        t = self.telling
        self.count += 1
        alert = t.alert(
            place, clause_id=clause, band=band, status=status, version=f"v{self.count}", tlp=tlp,
            cases=tuple(t.case(g, band=band, group="g" if grouped else None) for g in sorted(grounds)),
        )  # fmt: skip
        if status == "withdrawn":
            alert = t.gone(alert)
        self.newest[alert.id] = alert
        await self.deliverer.hear(t.record(alert))


class MortalChannel:
    """A channel of a process that may be killed just before or just after it was handed something."""

    def __init__(self, world, channel):
        self.world, self.channel = world, channel

    async def carry(self, message, *, again):
        self.world.may_die("carry")
        await self.channel.carry(message, again=again)
        self.world.may_die("taken")


@pytest.mark.slow
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories)
def test_each_channel_knows_what_holds_and_is_told_once(telling, history):
    world = World(telling)
    asyncio.run(world.live(history))
    for name, channel in world.house.channels.items():
        check_ids(channel.taken, [n for n in world.house.notices if n.channel == name])
        check_knowledge(world, name, channel.taken)


def check_ids(taken, notices):
    """What was received and what was marked are the same ids; no news stands under two of them."""
    received = {message.notice.id for message in taken}
    assert received == {notice.id for notice in notices}
    assert len(notices) == len({notice.id for notice in notices})
    said = defaultdict(set)
    for message in taken:
        for alert, before in zip(message.notice.alerts, message.notice.befores, strict=True):
            said[alert, before].add(message.notice.id)
    assert all(len(ids) == 1 for ids in said.values()), "one step was told under two ids"


def check_knowledge(world, name, taken):
    """Who only reads what arrived knows what holds, as far as this channel may know."""
    heard, seen = {}, set()
    for message in taken:
        if message.notice.id in seen:
            continue  # a repeat, recognized by its id
        seen.add(message.notice.id)
        notice = message.notice
        for alert, band in zip(notice.alerts, notice.bands, strict=True):
            heard[alert] = (notice.transition, band)
    channel = world.routes.channels[name]
    for alert_id, alert in world.newest.items():
        transition, band = heard.get(alert_id, (None, None))
        allowed = world.routes.hearing(channel, alert, world.telling.DAY).describable
        if alert.status == "withdrawn":
            assert transition in (None, "withdrawn")
        elif alert.status == "closed":
            assert transition in (None, "withdrawn", "closed")
        elif BANDS.index(alert.band) < BANDS.index("review"):
            over = transition in (None, "withdrawn", "closed")
            assert over or BANDS.index(band) < BANDS.index("review")
        elif allowed:
            assert transition in ("opened", "raised", "lowered", "reopened")
            assert band == alert.band
    told = last_told(world.house.notices).get(name, {})
    assert steps_for(channel, told, world.newest, world.routes, world.telling.DAY) == []
