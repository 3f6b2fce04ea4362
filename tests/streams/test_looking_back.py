"""A running house asked over HTTP what was true and what was known, and to compute an alert again from its facts."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import httpx
import msgspec

from builders import a_delivery, a_license, a_policy, a_retraction, a_tick, an_incident, at, period
from schemas import Alert
from schemas.codec import decode_fact, encode
from streams.agents.naming import RegisterNamer
from streams.agents.store import store_all
from streams.house import fill, open_house, settled
from streams.intake.views import alert_path
from streams.rules.assess import assess_facts
from streams.settings import Settings
from streams.topology import STORED
from streams.transport.app import running
from streams.warehouse.store import WarehouseStore

LICENSE = a_license()
FACTS = (
    msgspec.structs.replace(a_policy(), recorded_at=at("2022-01-01")),
    LICENSE,
    a_delivery(LICENSE),
    an_incident(),
    an_incident(revision=2, occurred=period("2024-06-10", "2024-06-20"), recorded_at=at("2025-08-01")),
    a_retraction(an_incident(), revision=2, recorded_at=at("2025-12-01")),
    *(a_tick(day) for day in ("2025-05-31", "2025-08-31", "2026-06-01")),
)
ALERT = "XA~authority:L1~permitted-purpose"


@asynccontextmanager
async def asked(home):
    """Answers of a house whose log holds the facts, to an officer."""
    chosen = Settings(home=home, partitions=2, tick_every=0)
    async with open_house(chosen, clock=lambda: at("2026-06-01")) as house, running(house.stream.app):
        parts = [
            asyncio.ensure_future(store_all(house.reader, WarehouseStore(house.warehouse, read=decode_fact), STORED)),
            asyncio.ensure_future(house.stream.watch.end_bursts()),
        ]
        headers = {"Authorization": f"Bearer {house.keys.add('officers', ['officer'])}"}
        through = httpx.ASGITransport(house.http)
        try:
            for known in (FACTS[:4], FACTS[4:]):
                await fill(house, known, lambda fact: False, lambda count: None)
                await settled(house)
            async with httpx.AsyncClient(
                transport=through, base_url="http://127.0.0.1:8460", headers=headers, timeout=30
            ) as client:
                yield client
        finally:
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)


async def test_a_running_house_looks_back_by_its_stored_facts(tmp_path):
    async with asked(tmp_path) as client:

        async def alert(query: str) -> Alert | None:
            answer = await client.get(f"/api/v1/alerts/{alert_path(ALERT)}?{query}")
            return msgspec.json.decode(answer.content, type=Alert) if answer.status_code == 200 else None

        for day in ("2025-05-31", "2025-08-31"):
            log = [f for f in FACTS if f.recorded_at.date().isoformat() <= day]
            cut = next(a for each in assess_facts(log, namer_of=RegisterNamer) for a in each.alerts if a.id == ALERT)
            assert encode(await alert(f"as_known_at={day}")) == encode(cut), day
        assert (await alert("as_known_at=2025-05-31")).cases[0].occurred == an_incident().occurred
        assert await alert("as_known_at=2025-12-01") is None
        assert await alert("as_of=2024-06-30") is None, "as known now the account was taken back"
        assert await alert("as_of=2024-06-09&as_known_at=2025-08-31") is None
        assert await alert("as_of=2024-06-09&as_known_at=2025-07-31") is not None
        page = await client.get(f"/alerts/{ALERT}?as_known_at=2025-05-31")
        assert "What was known on 31 May 2025." in page.text
        (license,) = (await client.get("/api/v1/register/licenses?as_known_at=2025-05-31")).json()
        assert (license["ref"], license["known_from"]) == ("authority:L1", "2023-01-10T12:00:00Z")


async def test_a_running_house_computes_an_old_record_again(tmp_path):
    async with asked(tmp_path) as client:
        done = (await client.get(f"/api/v1/alerts/{alert_path(ALERT)}/recomputed")).json()
        assert done["same"], done["differences"]
        assert done["found"] == done["facts"] >= 3
