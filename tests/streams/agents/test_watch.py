"""Agent `watch` on plain tables: what it writes, what it does not write again, when it looks."""

from __future__ import annotations

import asyncio

import pytest

from builders import a_delivery, a_license, a_name, a_policy, a_publication, a_retraction, a_tick, an_incident
from schemas import Alert, Recheck
from schemas.codec import decode_alert, decode_remark, encode
from schemas.incident import ClaimedProduct, Operator
from streams.agents.arrival import Arrival
from streams.agents.naming import RegisterNamer
from streams.agents.studying import Here
from streams.agents.watch import BURST_LASTS, LONGEST_BURST, QUIET, SHARE, Watch, WatchPorts, withdrawn
from streams.rules.assess import Assessor, assess_facts
from streams.rules.naming import PlainNamer
from streams.rules.placing import partition_of, place
from streams.rules.study import Study

PARTITIONS = 4
XA = partition_of("XA", PARTITIONS)
LICENSE = a_license()
WORLD = (a_policy(), a_tick(), LICENSE, a_delivery(LICENSE), an_incident())
OURS = b"XA~authority:L1~permitted-purpose"


def is_withdrawn(value):
    return decode_alert(value).status == "withdrawn"


class Table(dict):
    """A table that remembers every write."""

    def __init__(self):
        super().__init__()
        self.written: list[tuple[bytes, bytes]] = []

    def __setitem__(self, key, value):
        self.written.append((key, value))
        super().__setitem__(key, value)


class Over(BaseException):
    """One look at the bursts is over."""


class Looked(Here):
    """Remembers which partitions and destinations were looked at; a look takes `house.takes` seconds."""

    def __init__(self, study, house):
        super().__init__(study)
        self.house, self.house.takes = house, 0.0
        self.looked = []

    async def look(self, partitions):
        for partition in partitions:
            async for sayings in super().look([partition]):
                self.house.now += self.house.takes
                self.looked.append((partition, tuple(s.destination for s in sayings)))
                yield sayings


class Installation:
    """A watch with its tables, a clock by hand, and what was looked at."""

    def __init__(self, namer_of=PlainNamer):
        self.namer_of = namer_of
        self.rows, self.alerts, self.remarks = Table(), Table(), Table()
        self.stubs, self.parked, self.done = [], [], []
        self.now, self.waiting = 100.0, 0
        self.start()

    def start(self):
        async def stub(copy):
            self.stubs.append(copy)

        async def park(parked):
            self.parked.append(parked)

        def taken(partition):
            return lambda: self.done.append(partition)

        self.study = Looked(Study(Assessor(self.namer_of), PARTITIONS), self)
        self.watch = Watch(
            WatchPorts(
                rows=self.rows, alerts=self.alerts, remarks=self.remarks, stub=stub, park=park, partitions=PARTITIONS,
                seconds=lambda: self.now, sleep=self._sleep, waiting=lambda: self.waiting, taken=taken,
            ),
            self.study,
        )  # fmt: skip

    async def _sleep(self, _):
        self.looks -= 1
        if self.looks < 0:
            raise Over

    async def look(self):
        """One look at the bursts; the partitions and destinations that were looked at."""
        self.looks = 1
        before = len(self.study.looked)
        with pytest.raises(Over):
            await self.watch.end_bursts()
        return self.study.looked[before:]

    async def hears(self, *facts, partition=XA):
        for fact in facts:
            for copy in place(fact, PARTITIONS):
                if copy.partition == partition:
                    await self.watch.hear(Arrival("dossiers", partition, 0, 0, copy.key, copy.value))

    async def hear_recheck(self, *destinations):
        value = encode(Recheck(reason="policy", destinations=destinations))
        await self.watch.hear(Arrival("dossiers", XA, 0, 0, b"recheck|policy", value))

    @property
    def bands(self):
        return {k.decode().split("~")[2]: decode_alert(v).band for k, v in self.alerts.items() if not is_withdrawn(v)}


async def a_house(*facts):
    house = Installation()
    await house.hears(*facts)
    await house.watch.look([XA])
    return house


# --- what is written -------------------------------------------------------------------------------------------------


async def test_alerts_are_written_as_the_core_has_them():
    house = await a_house(*WORLD)
    (core,) = assess_facts(WORLD)
    assert dict(house.alerts) == {a.id.encode(): encode(a) for a in core.alerts}
    assert house.bands == {"permitted-purpose": "alert", "prohibited-target-class": "alert"}


async def test_a_row_is_remembered_once_under_its_partition():
    house = await a_house(*WORLD)
    assert len(house.rows) == len(WORLD)
    assert all(key.startswith(b"%d|" % XA) for key in house.rows)


async def test_a_duplicate_writes_nothing_and_has_nothing_assessed():
    house = await a_house(*WORLD)
    rows, alerts = len(house.rows.written), len(house.alerts.written)
    await house.hears(*WORLD)
    house.now += 10
    assert await house.look() == [(XA, ())]
    assert (len(house.rows.written), len(house.alerts.written)) == (rows, alerts)


async def test_a_row_alone_says_nothing_until_somebody_looks():
    house = Installation()
    await house.hears(*WORLD)
    assert house.alerts == {}
    await house.watch.look([XA])
    assert house.bands


async def test_what_is_left_of_an_alert_that_is_gone_is_its_withdrawal():
    house = await a_house(*WORLD)
    await house.hears(a_retraction(an_incident()))
    await house.watch.look([XA])
    assert dict(house.alerts) == {key: encode(withdrawn(key.decode(), "XA")) for key in house.alerts}
    assert len(house.alerts) == 2
    written = len(house.alerts.written)
    await house.watch.look([XA])
    assert len(house.alerts.written) == written, "a withdrawal is said once"


async def test_an_alert_that_comes_back_is_said_again():
    house = await a_house(*WORLD)
    await house.hears(a_retraction(an_incident()))
    await house.watch.look([XA])
    await house.hears(an_incident(revision=2))
    await house.watch.look([XA])
    assert house.bands == {"permitted-purpose": "alert", "prohibited-target-class": "alert"}


async def test_a_remark_is_written_when_it_comes_and_when_it_goes():
    house = await a_house(*WORLD)
    assert house.remarks == {}
    heron = an_incident("I2", products=(ClaimedProduct(name="Grey Heron"),), publications=(a_publication(origin="o2"),))
    key = b"XA|unmatched_incident|desk:I2"
    await house.hears(heron)
    await house.watch.look([XA])
    assert list(house.remarks) == [key]
    assert not decode_remark(house.remarks[key]).gone
    await house.hears(a_retraction(heron))
    await house.watch.look([XA])
    assert decode_remark(house.remarks[key]).gone
    assert len(house.remarks.written) == 2


async def test_a_partition_says_nothing_of_what_it_does_not_own():
    other = (XA + 1) % PARTITIONS
    house = Installation()
    await house.hears(*WORLD, partition=other)
    assert len(house.rows) == 3, "the policy, the tick and the delivery with its serials"
    await house.watch.look([other])
    assert house.alerts == {}
    assert house.remarks == {}


async def test_what_cannot_be_read_is_parked_and_nothing_else_happens():
    house = Installation()
    await house.watch.hear(Arrival("dossiers", XA, 7, 0, b"incident|desk|I1|1|x|", b"not a row"))
    assert [(p.topic, p.partition, p.offset) for p in house.parked] == [("dossiers", XA, 7)]
    assert house.rows == {}


# --- bursts ----------------------------------------------------------------------------------------------------------


async def test_a_burst_ends_when_nothing_has_come_for_a_moment():
    house = Installation()
    await house.hears(*WORLD)
    assert await house.look() == []
    house.now += QUIET * 1.1
    assert await house.look() == [(XA, ("XA",))]
    assert await house.look() == [], "it is looked at once"


async def test_each_row_puts_off_the_end_but_not_for_ever():
    house = Installation()
    began = house.now
    for n in range(1000):
        if house.now - began > BURST_LASTS:
            break
        await house.hears(an_incident(f"I{n}"))
        assert await house.look() == []
        house.now += QUIET * 0.9
    assert len(await house.look()) == 1
    assert len(house.rows) > 5


async def test_what_comes_alone_is_assessed_at_once_and_what_trickles_in_together():
    house = await a_house(*WORLD)
    house.now += 10
    for n, at_once in enumerate((True, False, False)):
        await house.hears(an_incident(f"I{n}"))
        house.now += QUIET * 1.1
        assert bool(await house.look()) == at_once
    house.now += BURST_LASTS
    assert await house.look() == [(XA, ("XA",))]


async def test_a_look_at_some_partitions_leaves_the_others_to_the_next():
    house = Installation()
    await house.hears(*WORLD)
    await house.hears(a_policy(), partition=(XA + 1) % PARTITIONS)
    await house.watch.look([XA])
    house.now += 10
    assert [partition for partition, _ in await house.look()] == [(XA + 1) % PARTITIONS]


async def test_rows_that_wait_are_no_quiet():
    house = Installation()
    house.waiting = 1
    await house.hears(*WORLD)
    house.now += QUIET * 5
    assert await house.look() == []
    house.waiting = 0
    assert len(await house.look()) == 1


async def test_what_takes_long_is_assessed_less_often_but_not_for_ever_later():
    for takes, lasts in ((0.4, SHARE * 0.4), (60.0, LONGEST_BURST)):
        house = Installation()
        house.takes = takes
        await house.hears(*WORLD)
        await house.watch.look([XA])
        house.waiting = 1
        await house.hears(an_incident("I2"))
        house.now += lasts * 0.9
        assert await house.look() == []
        house.now += lasts * 0.2
        assert len(await house.look()) == 1


async def test_after_a_burst_was_assessed_the_next_one_is_too():
    house = await a_house(*WORLD)
    house.now += 10
    assert await house.look() == []
    await house.hears(an_incident("I2"))
    house.now += 10
    assert await house.look() == [(XA, ("XA",))]


async def test_only_what_changed_is_assessed():
    other = next(f"X{c}" for c in "BCDEFGHIJKLMNOPQRSTUVWXYZ" if partition_of(f"X{c}", PARTITIONS) == XA)
    house = await a_house(*WORLD, an_incident("I2", other))
    await house.hears(an_incident("I3", other))
    house.now += 10
    assert await house.look() == [(XA, (other,))]


async def test_a_burst_of_names_alone_has_those_assessed_whose_dossiers_hold_them():
    house = Installation(RegisterNamer)
    heron = an_incident(products=(ClaimedProduct(name="Quillwort"),))
    await house.hears(*WORLD[:-1], heron, a_name("p/lantern", "Lantern", id="n1"))
    await house.watch.look([XA])
    assert house.bands == {}
    await house.hears(a_name("p/other", "Sedge Interceptor", id="n2"))
    house.now += 10
    assert await house.look() == [(XA, ())]
    assert house.bands == {}
    await house.hears(a_name("p/lantern", "Quillwort", id="n3"))
    house.now += 10
    assert await house.look() == [(XA, ("XA",))]
    assert house.bands == {"permitted-purpose": "alert", "prohibited-target-class": "alert"}
    assert house.watch.idle


# --- recovery and strangers ------------------------------------------------------------------------------------------


async def test_after_a_recovery_the_rows_say_the_same_and_nothing_is_written_again():
    house = await a_house(*WORLD)
    written = len(house.alerts.written)
    house.start()
    await house.watch.recovered(list(house.rows.items()), list(house.alerts))
    assert not house.watch.idle
    house.now += 10
    assert await house.look() == [(XA, ("XA",))]
    assert len(house.alerts.written) == written


async def test_what_was_said_before_a_crash_and_holds_no_more_is_withdrawn_after_it():
    house = await a_house(*WORLD)
    lost = b"XA~authority:L9~permitted-purpose"
    house.alerts[lost] = encode(Alert(id=lost.decode(), destination="XA", band="urgent"))
    house.start()
    await house.watch.recovered(list(house.rows.items()), list(house.alerts))
    await house.watch.look([XA])
    assert is_withdrawn(house.alerts[lost])
    assert house.bands["permitted-purpose"] == "alert"


async def test_rows_of_several_partitions_come_back_each_to_its_own():
    house = await a_house(*WORLD)
    there = partition_of("XB", PARTITIONS)
    assert there != XA
    await house.hears(an_incident("I2", operators=(Operator(country="XB"),)), partition=there)
    house.start()
    await house.watch.recovered(list(house.rows.items()), list(house.alerts))
    house.now += 10
    assert [partition for partition, _ in await house.look()] == sorted([XA, there])


async def test_a_stranger_that_wrote_over_an_alert_is_contradicted():
    house = await a_house(*WORLD)
    ours = house.alerts[OURS]
    dict.__setitem__(house.alerts, OURS, encode(withdrawn(OURS.decode(), "XA")))  # the table reads its topic back
    await house.watch.contradicted(OURS, XA)
    house.now += 10
    assert await house.look() == [(XA, ("XA",))]
    assert house.alerts[OURS] == ours


async def test_an_alert_that_a_stranger_invented_is_withdrawn():
    house = await a_house(*WORLD)
    invented = b"XA~authority:L7~permitted-purpose"
    dict.__setitem__(house.alerts, invented, encode(Alert(id=invented.decode(), destination="XA", band="urgent")))
    await house.watch.contradicted(invented, XA)
    await house.watch.look([XA])
    assert is_withdrawn(house.alerts[invented])


async def test_arrivals_are_heard_one_after_the_other():
    house = Installation()

    async def arrivals():
        for fact in WORLD:
            for copy in place(fact, PARTITIONS):
                if copy.partition == XA:
                    yield Arrival("dossiers", XA, 0, 0, copy.key, copy.value)

    await house.watch.run(arrivals())
    await house.watch.look([XA])
    assert house.bands == {"permitted-purpose": "alert", "prohibited-target-class": "alert"}


# --- when a row is done ----------------------------------------------------------------------------------------------


async def test_a_row_is_done_when_it_was_assessed_even_if_it_changes_nothing():
    house = await a_house(*WORLD)
    assert house.done == [XA]
    await house.hears(WORLD[-1])
    assert house.done == [XA]
    assert not house.watch.idle
    house.now += 10
    await house.look()
    assert house.done == [XA, XA]
    assert house.watch.idle


async def test_a_look_that_a_new_share_of_partitions_overtakes_says_nothing():
    house = Installation()
    await house.hears(*WORLD)
    begun, go_on = asyncio.Event(), asyncio.Event()
    look = house.study.look

    async def held_up(partitions):
        async for sayings in look(partitions):
            begun.set()
            await go_on.wait()
            yield sayings

    house.study.look = held_up
    looking = asyncio.ensure_future(house.watch.look([XA]))
    await begun.wait()
    await house.watch.recovered([], [])
    go_on.set()
    await looking
    assert (house.alerts, house.done) == ({}, [])


async def test_whoever_writes_a_recheck_has_its_destinations_assessed_from_the_beginning():
    house = await a_house(*WORLD)
    for named in ((), ("XA",)):
        await house.hear_recheck(*named)
        house.now += 10
        assert await house.look() == [(XA, ("XA",))]
    await house.hear_recheck(next(d for d in ("XB", "XC", "XD", "XE") if partition_of(d, PARTITIONS) != XA))
    house.now += 10
    assert await house.look() == [(XA, ())]
