"""A changed name has only those dossiers looked at again that hold it, and ends where the whole set ends."""

from __future__ import annotations

import asyncio
import random

import pytest

from builders import a_delivery, a_license, a_name, a_policy, a_retraction, a_tick, an_incident
from schemas.codec import encode
from schemas.incident import ClaimedProduct
from streams.agents.arrival import Arrival
from streams.agents.naming import RegisterNamer
from streams.agents.studying import Here
from streams.agents.watch import Watch, WatchPorts
from streams.rules.assess import Assessor, assess_facts
from streams.rules.placing import Copy, place
from streams.rules.study import Study

PARTITIONS = 3


class Looking(Assessor):
    """Remembers which destinations it has looked at."""

    def __init__(self) -> None:
        super().__init__(RegisterNamer)
        self.looked: list[str] = []

    def docket(self, held, destination, today=None):
        self.looked.append(destination)
        return super().docket(held, destination, today)


class House:
    """A watch on plain tables; `end_burst` has what changed assessed."""

    def __init__(self) -> None:
        self.assessor, self.alerts, self.offset = Looking(), {}, 0
        self.now, self.awake = 0.0, True
        self.watch = Watch(
            WatchPorts(
                rows={}, alerts=self.alerts, remarks={}, stub=self._stub, park=self._park, partitions=PARTITIONS,
                seconds=lambda: self.now, sleep=self._once,
            ),
            Here(Study(self.assessor, PARTITIONS)),
        )  # fmt: skip

    async def _stub(self, copy: Copy) -> None:
        raise AssertionError(copy)

    async def _park(self, parked) -> None:
        raise AssertionError(parked)

    async def _once(self, _: float) -> None:
        if not self.awake:
            raise asyncio.CancelledError
        self.awake, self.now = False, self.now + 1000

    async def hear(self, copy: Copy) -> None:
        self.offset += 1
        await self.watch.hear(Arrival("dossiers", copy.partition, self.offset, 0, copy.key, copy.value))

    async def take(self, *facts) -> None:
        for fact in facts:
            for copy in place(fact, PARTITIONS):
                await self.hear(copy)

    async def end_burst(self) -> list[str]:
        """What was looked at."""
        self.assessor.looked.clear()
        self.awake = True
        with pytest.raises(asyncio.CancelledError):
            await self.watch.end_bursts()
        return sorted(self.assessor.looked)

    def standing(self) -> dict[bytes, bytes]:
        return {k: v for k, v in self.alerts.items() if b'"status":"withdrawn"' not in v}


def world():
    here, there = a_license("L1", "XA"), a_license("L2", "XB", product="Harbor")
    told = an_incident("I1", "XA", products=(ClaimedProduct(name="Nightjar"),), vendors=())
    names = [a_name("p/lantern", "Lantern", id="n1"), a_name("p/harbor", "Harbor", id="n2")]
    elsewhere = an_incident("I2", "XB", products=(ClaimedProduct(name="Harbor"),))
    return [a_policy(), a_tick(), here, there, a_delivery(here), a_delivery(there, "D2"), told, elsewhere, *names]


def expected(facts) -> dict[bytes, bytes]:
    return {a.id.encode(): encode(a) for each in assess_facts(facts, namer_of=RegisterNamer) for a in each.alerts}


ALIAS = a_name("p/lantern", "Nightjar", id="n3")


async def test_an_alias_that_comes_later_has_only_its_own_dossier_looked_at():
    house, facts = House(), world()
    await house.take(*facts)
    assert await house.end_burst() == ["XA", "XB"]
    assert house.standing() == expected(facts)
    assert not [k for k in house.standing() if k.startswith(b"XA")]
    await house.take(ALIAS)
    assert await house.end_burst() == ["XA"]
    assert [k for k in house.standing() if k.startswith(b"XA")]
    assert house.standing() == expected([*facts, ALIAS])


async def test_an_alias_taken_back_leads_to_the_world_without_it():
    house, facts = House(), world()
    await house.take(*facts, ALIAS)
    await house.end_burst()
    await house.take(a_retraction(ALIAS))
    assert await house.end_burst() == ["XA"]
    assert house.standing() == expected(facts)


async def test_a_name_that_nobody_speaks_has_nothing_looked_at():
    house, facts = House(), world()
    await house.take(*facts)
    await house.end_burst()
    stranger = a_name("p/other", "Quillfeather", id="n9")
    await house.take(stranger)
    assert await house.end_burst() == []
    assert house.standing() == expected([*facts, stranger])


@pytest.mark.parametrize("seed", range(6))
async def test_names_in_any_order_and_bursts_end_in_the_same_alerts(seed):
    dice, facts = random.Random(seed), [*world(), ALIAS, a_name("p/other", "Quillfeather", id="n9")]
    dice.shuffle(facts)
    house = House()
    for fact in facts:
        await house.take(fact)
        if dice.random() < 0.4:
            await house.end_burst()
    await house.end_burst()
    assert house.standing() == expected(facts)
