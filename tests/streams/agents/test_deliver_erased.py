"""Between an erasure and the next assessment nothing is told of what is being erased; afterwards everybody is told."""

from __future__ import annotations

import msgspec

from schemas.alert import Evidence
from schemas.erasure import ERASED_SUBJECT, Erased, cleaned, key_digest
from streams.agents.deliver import Forgotten

ERASED = Erased("incident", key_digest("incident:lab:i1"))


def resting_on(telling, *members: str, band: str = "alert"):
    cases = tuple(
        telling.case(m, band=band, evidence=(Evidence(fact=f"incident:{m}", revision=1, hash="ab" * 16),))
        for m in members
    )
    return telling.but(telling.alert(), cases=cases, band=band, version="".join(members).encode().hex()[:24])


def forgotten(house):
    """What the house hands on once `notices` were cleaned."""
    told = [n for n in house.notices if any(ERASED.quoted_in(g) for each in n.grounds for g in each)]
    return Forgotten(erased=ERASED, notices=tuple(cleaned(n, ERASED.quoted_in) for n in told))


async def test_what_still_rests_on_it_is_not_told_and_what_is_said_anew_is(telling):
    house = telling.House()
    await house.begins()
    await house.hears(resting_on(telling, "lab:i1", "lab:i2"))
    assert house.officers.said == ["opened"]
    await house.deliverer.hear(forgotten(house))
    await house.tells()
    assert house.officers.said == ["opened"], "the alert as it still stands tells of it"
    await house.hears(resting_on(telling, "lab:i1", "lab:i2", "lab:i3"))
    assert house.officers.said == ["opened"], "nor does another word that still does"

    await house.hears(resting_on(telling, "lab:i2", "lab:i3"))
    (_, told) = house.officers.taken
    assert told.notice.transition in ("raised", "lowered")
    assert "lab:i1" not in msgspec.json.encode(told).decode()


async def test_an_alert_that_only_names_what_was_erased_in_its_id_is_withdrawn(telling):
    house = telling.House()
    await house.begins()
    alert = telling.alert()
    await house.hears(alert)
    license = alert.id.split("~")[1]
    erased = Erased("license", key_digest(f"license:{license}"))
    clean = tuple(cleaned(notice, erased.quoted_in) for notice in house.notices)
    await house.deliverer.hear(Forgotten(erased=erased, notices=clean))
    await house.tells()
    assert house.officers.said == ["opened"]
    await house.hears(telling.gone(alert))
    assert house.officers.said == ["opened", "withdrawn"]
    assert "erased on request" in house.officers.taken[-1].text


async def test_a_message_that_arrives_while_its_ground_is_erased_is_remembered_without_its_words(telling):
    house = telling.House()
    unsaid = []

    async def unsay(notice):
        unsaid.append(notice.id)

    house.ports = msgspec.structs.replace(house.ports, unsay=unsay)
    house.deliverer._ports = house.ports
    carry = house.officers.carry

    async def erased_meanwhile(message, *, again):
        await carry(message, again=again)
        await house.deliverer.hear(Forgotten(erased=ERASED, notices=()))

    house.officers.carry = erased_meanwhile
    await house.begins()
    await house.hears(resting_on(telling, "lab:i1"))
    (notice,) = house.notices
    assert (notice.subject, notice.body, notice.words) == (ERASED_SUBJECT, None, ())
    assert unsaid == [notice.id]
