"""Erasure in one process: before, the log's own bytes hold it; after, no store does, and everybody who was told is told."""

from __future__ import annotations

import asyncio
import mailbox
from contextlib import asynccontextmanager

import pytest

from builders import a_decision, a_delivery, a_hold, a_license, a_policy, a_tick, an_incident, at
from schemas import Refused
from schemas.codec import decode_fact, fact_key
from schemas.common import Claimed
from schemas.erasure import key_digest
from streams.access import Access
from streams.agents.naming import RegisterNamer
from streams.agents.store import store_all
from streams.agents.telling.routes import Pace
from streams.house import deliver, everything, fill, intake_ports, keep_erased, open_house, settled
from streams.intake.erasing import Eraser
from streams.intake.searching import Sought
from streams.settings import Settings
from streams.topology import STORED
from streams.transport.app import running
from streams.warehouse.past import Archive
from streams.warehouse.store import WarehouseStore

WORD = "Bureau of Unheard-of Affairs"
LICENSE = a_license(end_user=WORD)
GROUND = (a_policy(), LICENSE, a_delivery(LICENSE), a_tick())
GONE = an_incident("I-gone", operator_agency=Claimed(name=WORD, confidence=77))
KEY = fact_key(GONE)
ALERT = "XA~authority:L1~permitted-purpose"
ASKS = Access(name="data protection desk", scopes=frozenset({"officer"}))
CONFIRMS = Access(name="head of licensing", scopes=frozenset({"officer"}))
WHY = "asked for by the person concerned"


def noon():
    return at("2026-06-01")


@asynccontextmanager
async def an_erasing_house(home):
    chosen = Settings(home=home, partitions=2, tick_every=0)
    pace = Pace(settle_seconds=0.05, settle_at_most_seconds=0.2)
    async with open_house(chosen, clock=noon, pace=pace) as house, running(house.stream.app):
        parts = [
            asyncio.ensure_future(part)
            for part in (
                store_all(house.reader, WarehouseStore(house.warehouse, read=decode_fact), STORED),
                deliver(house), keep_erased(house), house.stream.watch.end_bursts(),
            )
        ]  # fmt: skip
        try:
            yield house
        finally:
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)


async def until(ask, within=20.0):
    async with asyncio.timeout(within):
        while not (found := await ask()):  # noqa: ASYNC110  (it tells in no other way)
            await asyncio.sleep(0.05)
    return found


def ports_of(house):
    archive = Archive(house.reads, RegisterNamer)
    return intake_ports(house.settings, house.door, archive, (house.producer, house.reader), house.clock)


async def search(house):
    return await ports_of(house).search(Sought(key=KEY, digest=key_digest(KEY)))


def on_disk(home):
    return b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file() and "warehouse" not in path.parts)


def subjects(home):
    path = home / "mailbox" / "officers.mbox"
    return [mail["Subject"] for mail in mailbox.mbox(path)] if path.exists() else []


async def mailed(house, word):
    return any(word in subject for subject in await asyncio.to_thread(subjects, house.settings.home))


async def filled(house):
    """The world with its alert told, and a decision that refers to the incident."""
    await fill(house, [*GROUND], lambda fact: False, lambda count: None)
    await house.door.submit([GONE])
    await settled(house)
    alert = await asyncio.to_thread(house.reads.alert, ALERT)
    await until(lambda: mailed(house, "New"))
    await house.door.submit([a_decision(alert, kind="acknowledge", close_reason=None)])
    await settled(house)
    return alert


async def test_what_two_officers_erase_is_nowhere_and_everybody_is_told(tmp_path):
    async with an_erasing_house(tmp_path) as house:
        await filled(house)
        eraser = Eraser(house.door, house.reads, noon)
        before = {each.place.split("/")[0].split()[0] for each in await search(house) if not each.reference}
        assert before >= {"incidents", "dossiers", "pledgewatch-rows-changelog", "alerts", "record_rows", "fact_rows"}
        assert b"desk:I-gone" in on_disk(tmp_path), "the search of bytes can fail"
        assert b'"confidence":77' in on_disk(tmp_path)

        with pytest.raises(Refused, match="nobody has asked"):
            await eraser.confirm(KEY, CONFIRMS)
        asked = await eraser.ask(KEY, WHY, ASKS)
        assert not asked.erases
        with pytest.raises(Refused, match="second officer"):
            await eraser.confirm(KEY, ASKS)
        await settled(house)
        assert (await asyncio.to_thread(house.reads.alert, ALERT)).status != "withdrawn", "asking erases nothing"

        done = await eraser.confirm(KEY, CONFIRMS)
        assert done.erases
        assert [told.channel for told in done.told] == ["officers"]
        (refused,) = await house.door.take_facts([an_incident("I-gone", revision=7)], ASKS)
        assert refused.outcome == "refused"
        assert "erased" in refused.errors[0].found

        async def nothing_left():
            return not [each for each in await search(house) if not each.reference]

        await until(lambda: mailed(house, "Withdrawn"))
        await until(nothing_left)
        assert {each.place.split("/")[0] for each in await search(house) if each.store == "log"} <= {
            "decisions", "dossiers", "pledgewatch-rows-changelog",
        }, "a decision refers to it, and stays"  # fmt: skip
        assert (await asyncio.to_thread(house.reads.alert, ALERT)).status == "withdrawn"
        assert await asyncio.to_thread(house.reads.is_erased, KEY)
        assert await asyncio.to_thread(house.reads.fact, KEY) == []
        await settled(house)
        assert await eraser.all() == [done]

    assert b'"confidence":77' not in on_disk(tmp_path)
    assert b"incident|desk|I-gone" not in on_disk(tmp_path)
    assert b"incident:desk:I-gone@" not in on_disk(tmp_path)
    mails = mailbox.mbox(tmp_path / "mailbox" / "officers.mbox")
    text = "\n".join(
        part.get_payload(decode=True).decode() for mail in mails for part in mail.walk() if not part.is_multipart()
    )
    assert "erased on request" in text
    assert WORD not in text, "the withdrawal repeats nothing, and the mail before keeps its head alone"
    async with an_erasing_house(tmp_path) as again:
        await settled(again)
        assert not [each for each in await search(again) if not each.reference]
        assert (await asyncio.to_thread(again.reads.alert, ALERT)).status == "withdrawn"
        kept = [decode_fact(raw) for raw in await everything(again.reader, "incidents")]
        assert kept == []


async def test_what_is_held_for_a_court_is_not_erased_until_the_hold_is_lifted(tmp_path):
    async with an_erasing_house(tmp_path) as house:
        await filled(house)
        eraser = Eraser(house.door, house.reads, noon)
        await eraser.ask(KEY, WHY, ASKS)
        for on in (KEY, ALERT):
            await house.door.submit([a_hold(on, id=f"H-{on[:2]}")])
            with pytest.raises(Refused, match="litigation hold"):
                await eraser.confirm(KEY, CONFIRMS)
            with pytest.raises(Refused, match="litigation hold"):
                await eraser.ask(KEY, "another reason", ASKS)
            await house.door.submit([a_hold(on, id=f"H-{on[:2]}", revision=2, state="lifted", why="ended")])
        assert [hold.state for hold in await eraser.holds()] == ["lifted", "lifted"]
        assert (await eraser.confirm(KEY, CONFIRMS)).erases


async def test_words_that_repeat_the_id_and_facts_that_nobody_knows_are_refused(tmp_path):
    async with an_erasing_house(tmp_path) as house:
        await house.door.submit([GONE])
        eraser = Eraser(house.door, house.reads, noon)
        for key, why, match in (
            ("incident:desk:other", WHY, "does not have"),
            ("tick:clock:2026-06-01", WHY, "kind:source:id"),
            (KEY, "the incident I-gone", "repeat the id"),
            (KEY, " ", "why it is erased"),
        ):
            with pytest.raises(Refused, match=match):
                await eraser.ask(key, why, ASKS)
        foreign = Access(name="embassy", source="embassy-qm", scopes=frozenset({"officer"}))
        with pytest.raises(Refused, match="not this key's"):
            await eraser.ask(KEY, WHY, foreign)
