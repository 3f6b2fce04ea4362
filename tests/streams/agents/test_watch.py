"""Agent `watch` on plain tables: what it writes, what it does not write again, when it looks."""

from __future__ import annotations

import pytest

from builders import a_delivery, a_license, a_name, a_policy, a_publication, a_retraction, a_tick, an_incident
from schemas import Alert, Recheck
from schemas.codec import decode_alert, decode_remark, decode_row, encode
from schemas.incident import ClaimedProduct, Operator
from streams.agents.arrival import Arrival
from streams.agents.naming import RegisterNamer
from streams.agents.watch import BURST_LASTS, FEW, LONGEST_BURST, QUIET, Watch, WatchPorts, withdrawn
from streams.rules.assess import Assessor, assess_facts
from streams.rules.naming import PlainNamer
from streams.rules.placing import partition_of, place

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


class Looked(BaseException):
    """One look at the bursts is over."""


class Installation:
    """A watch with its tables, a clock by hand, and what it asked for."""

    def __init__(self, namer_of=PlainNamer):
        self.namer_of = namer_of
        self.rows, self.alerts, self.remarks = Table(), Table(), Table()
        self.asked, self.parked = [], []
        self.now, self.pace, self.waiting = 100.0, 0.0, 0
        self.start()

    def start(self):
        async def ask(copy):
            self.asked.append(copy)

        async def park(parked):
            self.parked.append(parked)

        self.watch = Watch(
            WatchPorts(
                rows=self.rows, alerts=self.alerts, remarks=self.remarks, ask=ask, park=park, partitions=PARTITIONS,
                seconds=self._seconds, sleep=self._sleep, waiting=lambda: self.waiting,
            ),
            Assessor(self.namer_of),
        )  # fmt: skip

    def _seconds(self):
        self.now += self.pace
        return self.now

    async def _sleep(self, _):
        self.looks -= 1
        if self.looks < 0:
            raise Looked

    async def look(self):
        """One look at the bursts; what was asked for by it."""
        self.looks = 1
        before = len(self.asked)
        with pytest.raises(Looked):
            await self.watch.end_bursts()
        return [(c.partition, decode_row(c.value)) for c in self.asked[before:]]

    async def hears(self, *facts, partition=XA):
        for fact in facts:
            for copy in place(fact, PARTITIONS):
                if copy.partition == partition:
                    await self.watch.hear(Arrival("dossiers", partition, 0, 0, copy.key, copy.value))

    async def rechecks(self, *destinations, partition=XA):
        value = encode(Recheck(reason="burst" if destinations else "recovery", destinations=destinations))
        await self.watch.hear(Arrival("dossiers", partition, 0, 0, b"recheck|burst", value))

    async def hears_burst(self):
        copy = self.asked[-1]
        await self.watch.hear(Arrival("dossiers", copy.partition, 0, 0, copy.key, copy.value))

    @property
    def bands(self):
        return {k.decode().split("~")[2]: decode_alert(v).band for k, v in self.alerts.items() if not is_withdrawn(v)}


async def a_house(*facts):
    house = Installation()
    await house.hears(*facts)
    await house.rechecks()
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


async def test_a_duplicate_writes_nothing_and_is_not_looked_at():
    house = await a_house(*WORLD)
    rows, alerts = len(house.rows.written), len(house.alerts.written)
    await house.hears(*WORLD)
    house.now += 10
    assert await house.look() == []
    await house.rechecks()
    assert (len(house.rows.written), len(house.alerts.written)) == (rows, alerts)


async def test_a_row_alone_says_nothing_until_somebody_asks():
    house = Installation()
    await house.hears(*WORLD)
    assert house.alerts == {}
    await house.rechecks("XA")
    assert house.bands


async def test_what_is_left_of_an_alert_that_is_gone_is_its_withdrawal():
    house = await a_house(*WORLD)
    await house.hears(a_retraction(an_incident()))
    await house.rechecks()
    assert dict(house.alerts) == {key: encode(withdrawn(key.decode(), "XA")) for key in house.alerts}
    assert len(house.alerts) == 2
    written = len(house.alerts.written)
    await house.rechecks()
    assert len(house.alerts.written) == written, "a withdrawal is said once"


async def test_an_alert_that_comes_back_is_said_again():
    house = await a_house(*WORLD)
    await house.hears(a_retraction(an_incident()))
    await house.rechecks()
    await house.hears(an_incident(revision=2))
    await house.rechecks()
    assert house.bands == {"permitted-purpose": "alert", "prohibited-target-class": "alert"}


async def test_a_remark_is_written_when_it_comes_and_when_it_goes():
    house = await a_house(*WORLD)
    assert house.remarks == {}
    heron = an_incident("I2", products=(ClaimedProduct(name="Grey Heron"),), publications=(a_publication(origin="o2"),))
    key = b"XA|unmatched_incident|desk:I2"
    await house.hears(heron)
    await house.rechecks()
    assert list(house.remarks) == [key]
    assert not decode_remark(house.remarks[key]).gone
    await house.hears(a_retraction(heron))
    await house.rechecks()
    assert decode_remark(house.remarks[key]).gone
    assert len(house.remarks.written) == 2


async def test_a_partition_says_nothing_of_what_it_does_not_own():
    other = (XA + 1) % PARTITIONS
    house = Installation()
    await house.hears(*WORLD, partition=other)
    assert len(house.rows) == 3, "the policy, the tick and the delivery with its serials"
    await house.rechecks(partition=other)
    await house.rechecks("XA", partition=other)
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
    assert await house.look() == [(XA, Recheck(reason="burst", destinations=("XA",)))]
    assert await house.look() == [], "its end is told once"


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


async def test_rows_that_wait_are_no_quiet():
    house = Installation()
    house.waiting = 1
    await house.hears(*WORLD)
    house.now += QUIET * 5
    assert await house.look() == []
    house.waiting = 0
    assert len(await house.look()) == 1


async def test_a_worker_that_does_not_keep_up_assesses_the_less_often_the_longer_it_takes():
    house = Installation()
    house.pace = 0.1
    await house.hears(*WORLD)
    await house.rechecks()
    house.pace = 0.0
    house.waiting = FEW + 1
    await house.hears(an_incident("I2"))
    house.now += BURST_LASTS * 1.1
    assert await house.look() == []
    house.now += LONGEST_BURST
    assert len(await house.look()) == 1


async def test_after_a_burst_was_assessed_the_next_one_is_told_too():
    house = await a_house(*WORLD)
    house.now += 10
    assert await house.look() == []
    await house.hears(an_incident("I2"))
    house.now += 10
    assert await house.look() == [(XA, Recheck(reason="burst", destinations=("XA",)))]


async def test_only_what_changed_is_asked_about():
    other = next(f"X{c}" for c in "BCDEFGHIJKLMNOPQRSTUVWXYZ" if partition_of(f"X{c}", PARTITIONS) == XA)
    house = await a_house(*WORLD, an_incident("I2", other))
    await house.hears(an_incident("I3", other))
    house.now += 10
    assert await house.look() == [(XA, Recheck(reason="burst", destinations=(other,)))]


async def test_a_burst_of_names_alone_asks_for_a_look_at_those_whose_dossiers_hold_them():
    house = Installation(RegisterNamer)
    heron = an_incident(products=(ClaimedProduct(name="Quillwort"),))
    await house.hears(*WORLD[:-1], heron, a_name("p/lantern", "Lantern", id="n1"))
    await house.rechecks()
    assert house.bands == {}
    await house.hears(a_name("p/other", "Sedge Interceptor", id="n2"))
    house.now += 10
    assert await house.look() == [(XA, Recheck(reason="burst"))]
    await house.hears_burst()
    assert house.bands == {}
    await house.hears(a_name("p/lantern", "Quillwort", id="n3"))
    house.now += 10
    assert await house.look() == [(XA, Recheck(reason="burst"))]
    await house.hears_burst()
    assert house.bands == {"permitted-purpose": "alert", "prohibited-target-class": "alert"}
    assert house.watch.idle


# --- recovery and strangers ------------------------------------------------------------------------------------------


async def test_after_a_recovery_the_rows_say_the_same_and_nothing_is_written_again():
    house = await a_house(*WORLD)
    written = len(house.alerts.written)
    house.start()
    await house.watch.recovered(list(house.rows.items()), list(house.alerts))
    assert [(c.partition, decode_row(c.value)) for c in house.asked] == [(XA, Recheck(reason="recovery"))]
    await house.rechecks()
    assert len(house.alerts.written) == written


async def test_what_was_said_before_a_crash_and_holds_no_more_is_withdrawn_after_it():
    house = await a_house(*WORLD)
    lost = b"XA~authority:L9~permitted-purpose"
    house.alerts[lost] = encode(Alert(id=lost.decode(), destination="XA", band="urgent"))
    house.start()
    await house.watch.recovered(list(house.rows.items()), list(house.alerts))
    await house.rechecks()
    assert is_withdrawn(house.alerts[lost])
    assert house.bands["permitted-purpose"] == "alert"


async def test_rows_of_several_partitions_come_back_each_to_its_own():
    house = await a_house(*WORLD)
    there = partition_of("XB", PARTITIONS)
    assert there != XA
    await house.hears(an_incident("I2", operators=(Operator(country="XB"),)), partition=there)
    house.start()
    await house.watch.recovered(list(house.rows.items()), list(house.alerts))
    assert sorted(c.partition for c in house.asked) == sorted([XA, there])


async def test_a_stranger_that_wrote_over_an_alert_is_contradicted():
    house = await a_house(*WORLD)
    ours = house.alerts[OURS]
    dict.__setitem__(house.alerts, OURS, encode(withdrawn(OURS.decode(), "XA")))  # the table reads its topic back
    await house.watch.contradicted(OURS, XA)
    (asked,) = house.asked
    assert decode_row(asked.value) == Recheck(reason="stranger", destinations=("XA",))
    await house.rechecks("XA")
    assert house.alerts[OURS] == ours


async def test_an_alert_that_a_stranger_invented_is_withdrawn():
    house = await a_house(*WORLD)
    invented = b"XA~authority:L7~permitted-purpose"
    dict.__setitem__(house.alerts, invented, encode(Alert(id=invented.decode(), destination="XA", band="urgent")))
    await house.watch.contradicted(invented, XA)
    await house.rechecks("XA")
    assert is_withdrawn(house.alerts[invented])


async def test_arrivals_are_heard_one_after_the_other():
    house = Installation()

    async def arrivals():
        for fact in WORLD:
            for copy in place(fact, PARTITIONS):
                if copy.partition == XA:
                    yield Arrival("dossiers", XA, 0, 0, copy.key, copy.value)
        yield Arrival("dossiers", XA, 0, 0, b"recheck|burst", encode(Recheck(reason="burst")))

    await house.watch.run(arrivals())
    assert house.bands == {"permitted-purpose": "alert", "prohibited-target-class": "alert"}
