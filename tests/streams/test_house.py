"""One process with everything: what comes in through the door stands in the warehouse as an alert, moments later."""

from __future__ import annotations

import asyncio
import mailbox
import os
import subprocess
import sys
import time
from contextlib import asynccontextmanager

import httpx
import pytest

from builders import a_delivery, a_license, a_policy, a_retraction, a_tick, an_incident, at
from schemas.codec import decode_fact
from streams.agents.store import store_all
from streams.errors import Stop
from streams.house import deliver, everything, fill, heard, open_house, settled
from streams.settings import Settings
from streams.topology import STORED
from streams.transport.app import running
from streams.warehouse.store import WarehouseStore

LICENSE = a_license()
GROUND = (a_policy(), LICENSE, a_delivery(LICENSE))
ALERT = "XA~authority:L1~permitted-purpose"


def noon():
    return at("2026-06-01")


@asynccontextmanager
async def a_house(home, **settings):
    """An open house with its parts at work, without HTTP."""
    chosen = Settings(home=home, partitions=2, tick_every=0, **settings)
    async with open_house(chosen, clock=noon) as house, running(house.stream.app):
        parts = [
            asyncio.ensure_future(part)
            for part in (
                store_all(house.reader, WarehouseStore(house.warehouse, read=decode_fact), STORED),
                house.stream.watch.end_bursts(),
            )
        ]
        try:
            yield house
        finally:
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)


def a_second_process(home):
    """What another command says that wants the same log: its exit code and its words."""
    program = [sys.executable, "-c", "from streams.cli import main; main()", "replay", "--out", str(home / "out")]
    environ = {**os.environ, "PLEDGEWATCH_HOME": str(home)}
    done = subprocess.run(program, env=environ, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stderr


async def until(ask, wanted, within=15.0):
    """What `ask` answers once it is as `wanted`; how long it took is left to the machine."""
    end = time.monotonic() + within
    while not wanted(found := await asyncio.to_thread(ask)):
        assert time.monotonic() < end, f"after {within} s still {found!r}"
        await asyncio.sleep(0.02)
    return found


async def test_an_incident_through_the_door_becomes_an_alert_in_the_warehouse_and_stays(tmp_path):
    async with a_house(tmp_path) as house:
        await fill(house, [*GROUND, a_tick()], lambda fact: False, lambda count: None)
        assert await asyncio.to_thread(house.reads.alerts) == []

        (receipt,) = await house.door.submit([an_incident()])
        assert receipt.outcome == "accepted"
        alert = await until(lambda: house.reads.alert(ALERT), lambda a: a is not None)
        assert (alert.band, alert.status, alert.destination) == ("alert", "open", "XA")
        assert (await asyncio.to_thread(house.reads.fact, "incident:desk:I1"))[0].evidence_level == "E3"

        await house.door.submit([a_retraction(an_incident())])
        gone = await until(lambda: house.reads.alert(ALERT), lambda a: a.status == "withdrawn")
        assert gone.cases == ()
        await house.door.submit([an_incident(revision=2)])
        await until(lambda: house.reads.alert(ALERT), lambda a: a.status == "open")
        await settled(house)
        history = await asyncio.to_thread(house.reads.history, ALERT)
        assert [a.status for _, a in history] == ["open", "withdrawn", "open"]

        with pytest.raises(Stop, match="is held by"):
            async with open_house(house.settings, clock=noon):
                pass
        code, words = await asyncio.to_thread(a_second_process, tmp_path)
        assert code == 3
        assert f"is in use by process {os.getpid()}; one process holds it" in words
        assert len(words.splitlines()) == 1

        caught = [h async for h in first_of(heard(house.reader), 3)]
        assert len(caught) == 3

    async with a_house(tmp_path) as again:
        await settled(again)
        assert (await asyncio.to_thread(again.reads.alert, ALERT)).version == history[-1][1].version
        assert len(await asyncio.to_thread(again.reads.history, ALERT)) == 3, "a restart says nothing again"
        assert len(await everything(again.reader, "incidents")) == 3


async def first_of(stream, count):
    """The first few of an endless stream."""
    async for each in stream:
        yield each
        count -= 1
        if count == 0:
            return


@pytest.mark.parametrize(("name", "status"), [
    ("127.0.0.1:8460", 200), ("localhost", 200), ("watch.example.org", 200), ("elsewhere.example.org", 400),
])  # fmt: skip
async def test_a_page_elsewhere_that_points_its_name_at_us_is_not_answered(tmp_path, name, status):
    async with a_house(tmp_path, known_as="watch.example.org, 10.0.0.7:8443") as house:
        through = httpx.ASGITransport(house.http)
        async with httpx.AsyncClient(transport=through, base_url="http://127.0.0.1:8460") as client:
            assert (await client.get("/healthz", headers={"Host": name})).status_code == status


async def test_a_notice_is_sent_again_on_an_officers_word_over_http(tmp_path):
    async with a_house(tmp_path) as house:
        token = house.keys.add("desk", ("officer",))
        telling = asyncio.ensure_future(deliver(house))
        box = tmp_path / "mailbox" / "officers.mbox"
        try:
            await fill(house, [*GROUND, a_tick("2026-06-01")], lambda _: False, lambda _: None)
            await house.door.submit([an_incident()])
            through = httpx.ASGITransport(house.http)
            headers = {"Authorization": f"Bearer {token}"}
            async with httpx.AsyncClient(
                transport=through, base_url="http://127.0.0.1:8460", headers=headers
            ) as client:
                (told,) = await asked_until(client, f"/api/v1/notices?alert={ALERT}", bool)
                address = f"/api/v1/notices/{told['id']}"
                letter = (await client.get(address)).json()["body"]
                assert mails(box) == [letter["message_id"]]
                assert (await client.post(f"{address}/resend")).status_code == 202
                again = (await asked_until(client, address, lambda n: "sent_at" in n.get("again", [{}])[0]))["again"]
                assert [each["asked_by"] for each in again] == ["desk"]
                assert mails(box) == [letter["message_id"]] * 2
        finally:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)
    async with a_house(tmp_path) as later:
        telling = asyncio.ensure_future(deliver(later))
        await asyncio.sleep(1)
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
        assert len(mails(box)) == 2, "a restart sends nothing again"


async def asked_until(client, address, wanted, within=20.0):
    """What the API answers once it is as `wanted`."""
    async with asyncio.timeout(within):
        while True:
            answer = await client.get(address)
            if answer.status_code == 200 and wanted(answer.json()):
                return answer.json()
            await asyncio.sleep(0.05)


def mails(file):
    """Message-IDs in a mailbox file."""
    return [message["Message-ID"] for message in mailbox.mbox(file)] if file.exists() else []
