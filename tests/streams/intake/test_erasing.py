"""Erasure over HTTP: two officers' keys, nothing erased by one alone, and a door that stays shut afterwards."""

from __future__ import annotations

from typing import Any

import msgspec

from schemas import Erasure
from streams.access import Access
from streams.intake.index import Index
from streams.warehouse.erasing import Left

KEY = "incident:lab-one:case-1"
ASKED = {"key": KEY, "why": "asked for by the person concerned"}


def officer(intake: Any, name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {intake.keys.add(name, ['officer'])}"}


def test_one_officer_asks_and_another_confirms(intake: Any, intake_client: Any, an_incident: Any) -> None:
    intake_client.post("/api/v1/incidents", json=msgspec.to_builtins(an_incident()), headers=officer(intake, "desk"))
    first, second = officer(intake, "first"), officer(intake, "second")
    asked = intake_client.post("/api/v1/erasures", json=ASKED, headers=first)
    assert asked.status_code == 202, asked.text
    assert not msgspec.json.decode(asked.content, type=Erasure).erases
    assert intake_client.post("/api/v1/erasures", json=ASKED, headers=first).json() == asked.json(), (
        "asked again, the same"
    )
    assert "case-1" not in asked.text

    alone = intake_client.post("/api/v1/erasures/confirm", json={"key": KEY}, headers=first)
    assert alone.status_code == 422
    assert "second officer" in alone.text
    assert intake_client.post("/api/v1/erasures/search", json={"key": KEY}, headers=first).status_code == 422

    done = intake_client.post("/api/v1/erasures/confirm", json={"key": KEY}, headers=second)
    erasure = msgspec.json.decode(done.content, type=Erasure)
    assert (erasure.asked_by, erasure.confirmed_by, len(erasure.bodies)) == ("first", "second", 1)
    again = intake_client.post("/api/v1/erasures/confirm", json={"key": KEY}, headers=second)
    assert again.json() == done.json(), "confirmed again, what a crash left undone is done"
    listed = intake_client.get("/api/v1/erasures", headers=first).json()
    assert [each["id"] for each in listed] == [erasure.id]

    shut = intake_client.post("/api/v1/incidents", json=msgspec.to_builtins(an_incident(revision=3)), headers=first)
    assert shut.status_code == 422
    assert "another id" in shut.text
    found = msgspec.json.decode(
        intake_client.post("/api/v1/erasures/search", json={"key": KEY}, headers=second).content, type=list[Left]
    )
    assert {each.store for each in found} == {"log"}, "here nobody compacts the log, so the body is found, and its stub"


def test_a_feeder_erases_nothing_and_sends_no_erasure(intake: Any, intake_client: Any) -> None:
    feeder = {"Authorization": f"Bearer {intake.keys.add('lab', ['feed'], source='lab-one')}"}
    assert intake_client.post("/api/v1/erasures", json=ASKED, headers=feeder).status_code == 403
    made = msgspec.to_builtins(
        Erasure(
            id="e-" + "0" * 32, source="erasures", of="incident", of_source="lab-one", digest="0" * 64, why="x",
            asked_by="desk one", asked_at=intake.clock(), confirmed_by="desk two", confirmed_at=intake.clock(),
        )
    )  # fmt: skip
    sent = intake_client.post("/api/v1/facts", json=made, headers=officer(intake, "desk"))
    assert sent.status_code == 403
    assert "asked for, not sent" in sent.text


def test_a_request_that_cannot_be_read_is_refused_without_repeating_it(intake: Any, intake_client: Any) -> None:
    for body in (b"{", b'{"key": 7}', b'{"key": "incident:a:b", "who": "a name"}'):
        answer = intake_client.post("/api/v1/erasures", content=body, headers=officer(intake, f"desk {body!r}"))
        assert answer.status_code == 422
        assert "a name" not in answer.text


async def test_stubs_that_a_crash_left_due_are_laid_at_the_next_start(
    intake: Any, an_incident: Any, tmp_path: Any
) -> None:
    """The kill falls between the word that erases and the stubs."""
    from streams.intake.door import Door
    from streams.intake.erasing import Eraser

    first, second = (Access(name=n, scopes=frozenset({"officer"})) for n in ("first", "second"))
    await intake.door.submit([an_incident(), an_incident(revision=2)], first)
    eraser = Eraser(intake.door, intake.reads, intake.clock)
    await eraser.ask(KEY, ASKED["why"], first)

    async def killed() -> int:
        raise KeyboardInterrupt

    intake.door.lay_stubs = killed
    try:
        await eraser.confirm(KEY, second)
    except KeyboardInterrupt:
        pass
    values = [r.value for p in (0, 1) for r in intake.log.read("incidents", p, 0, 100)]
    assert None not in values, "no stub yet"
    for index in (intake.door.index, Index(tmp_path / "another" / "intake.sqlite")):
        again = Door(intake.producer, intake.reader, index, partitions=2, clock=intake.clock)
        await again.start()
        newest = {r.key: r.value for p in (0, 1) for r in intake.log.read("incidents", p, 0, 100)}
        assert newest == {f"{KEY}@{n}".encode(): None for n in (1, 2)}
        assert index.stubs() == []
        assert index.of_fact(KEY) == []


async def test_on_a_cluster_stubs_are_laid_again_until_the_segments_have_ended(
    intake: Any, an_incident: Any, tmp_path: Any
) -> None:
    import datetime as dt

    from streams.intake.door import Door
    from streams.intake.erasing import Eraser

    index = Index(tmp_path / "other" / "intake.sqlite")
    door = Door(intake.producer, intake.reader, index, partitions=2, clock=intake.clock, stubs_again_days=9)
    first, second = (Access(name=n, scopes=frozenset({"officer"})) for n in ("first", "second"))
    await door.submit([an_incident()], first)
    eraser = Eraser(door, intake.reads, intake.clock)
    await eraser.ask(KEY, ASKED["why"], first)
    await eraser.confirm(KEY, second)
    assert await door.lay_stubs() == 1, "the next day"
    intake.clock.now += dt.timedelta(days=10)
    assert await door.lay_stubs() == 1, "for the last time"
    assert await door.lay_stubs() == 0
    stubs = [r for p in (0, 1) for r in intake.log.read("incidents", p, 0, 100) if r.value is None]
    assert len(stubs) == 3
