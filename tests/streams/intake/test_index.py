import asyncio
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import pytest

from schemas import AnyFact
from schemas.codec import decode_fact, encode, log_key
from streams.errors import Stop
from streams.intake.index import ANSWERS_KEPT_MS, Abreast, Answered, Index, receipt_of, told
from streams.transport.embedded import EmbeddedReader
from streams.transport.log import acquire, release
from streams.transport.ports import Outgoing, Part, Position


@pytest.fixture(name="index")
def index_fixture(tmp_path: Path) -> Iterator[Index]:
    index = Index(tmp_path / "intake.sqlite")
    yield index
    index.close()


@pytest.fixture(name="a_fact")
def a_fact_fixture(
    an_incident: Callable[..., dict[str, Any]], as_json: Callable[[object], bytes]
) -> Callable[..., AnyFact]:
    return lambda **more: decode_fact(as_json(an_incident(**more)))


def at(offset: int) -> Position:
    return Position("incidents", 0, offset)


def test_place_moves_only_over_what_was_entered(index: Index, a_fact: Callable[..., AnyFact]) -> None:
    index.enter_sent([told(a_fact(id="c"), at(2), 0)])
    assert index.place("incidents", 0) == 0
    index.enter_sent([told(a_fact(id="a"), at(0), 0)])
    assert index.place("incidents", 0) == 1, "of what lies between nothing is known yet"
    index.enter_sent([told(a_fact(id="b"), at(1), 0)])
    assert index.place("incidents", 0) == 3, "what was sent at once is entered in any order"
    index.enter([], {("incidents", 0): 1})
    assert index.place("incidents", 0) == 3


async def test_those_who_ask_while_the_index_reads_share_the_next_reading(index: Index) -> None:
    class Slow:
        """A log that takes a moment to say how far it reaches."""

        def __init__(self) -> None:
            self.asked: list[str] = []

        async def ends(self, topics: Collection[str]) -> dict[Part, int]:
            self.asked += topics
            await asyncio.sleep(0.01)
            return {}

    log = Slow()
    abreast = Abreast(index, log)  # type: ignore[arg-type]
    first = asyncio.create_task(abreast(["incidents"]))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await asyncio.gather(first, *(abreast(["incidents"]) for _ in range(9)), abreast(["reports"]))
    assert sorted(log.asked) == ["incidents", "incidents", "reports"]


def test_place_outlives_the_process(index: Index, tmp_path: Path, a_fact: Callable[..., AnyFact]) -> None:
    index.enter_sent([told(a_fact(), at(0), 0)])
    index.close()
    again = Index(tmp_path / "intake.sqlite")
    assert again.place("incidents", 0) == 1
    assert again.by_receipt(receipt_of(a_fact())) == told(a_fact(), at(0), 0)
    again.close()


def test_first_entry_of_a_body_stays(index: Index, a_fact: Callable[..., AnyFact]) -> None:
    index.enter_sent([told(a_fact(), at(0), 1)])
    index.enter_sent([told(a_fact(), at(1), 2)])
    found = index.by_receipt(receipt_of(a_fact()))
    assert found is not None
    assert (found.position.offset, found.at_ms) == (0, 1)


def test_receipt_is_of_key_revision_and_body_and_not_of_the_record_time(a_fact: Callable[..., AnyFact]) -> None:
    receipts = {
        receipt_of(fact) for fact in (a_fact(), a_fact(recorded_at="2026-01-01T00:00:00Z"), a_fact(tense="actual"))
    }
    assert len(receipts) == 1
    assert (
        len({*receipts, receipt_of(a_fact(revision=2)), receipt_of(a_fact(id="b")), receipt_of(a_fact(tense="test"))})
        == 4
    )


def test_answers_are_let_go_after_a_week(index: Index) -> None:
    index.keep_answer("lab", "k", Answered(digest="d", status=202, body=b"{}"), 0)
    index.keep_answer("lab", "l", Answered(digest="d", status=202, body=b"{}"), ANSWERS_KEPT_MS)
    assert index.answered("lab", "k") is not None
    index.keep_answer("lab", "m", Answered(digest="d", status=202, body=b"{}"), ANSWERS_KEPT_MS + 1)
    assert index.answered("lab", "k") is None
    assert index.answered("lab", "l") is not None


def test_file_holds_no_body_of_a_fact(index: Index, tmp_path: Path, a_fact: Callable[..., AnyFact]) -> None:
    index.enter_sent([told(a_fact(operator_label="LAGOON"), at(0), 0)])
    index.close()
    assert all(b"LAGOON" not in path.read_bytes() for path in tmp_path.iterdir())


def test_file_that_is_no_index_stops_the_start_and_says_how_to_mend_it(tmp_path: Path) -> None:
    (tmp_path / "intake.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(Stop, match="delete it, it is made anew"):
        Index(tmp_path / "intake.sqlite")


async def test_what_others_write_is_entered_as_it_comes(tmp_path: Path, a_fact: Callable[..., AnyFact]) -> None:
    log = acquire(tmp_path / "log.sqlite")
    log.create_topic("incidents", 1, compacted=True)
    index = Index(tmp_path / "intake.sqlite")
    abreast = Abreast(index, EmbeddedReader(log))
    following = asyncio.create_task(abreast.follow(["incidents"]))
    try:
        fact = a_fact()
        log.append([Outgoing("incidents", encode(fact), log_key(fact))])
        async with asyncio.timeout(5):
            while index.place("incidents", 0) < 1:  # noqa: ASYNC110  (the index tells nobody)
                await asyncio.sleep(0.01)
        assert index.by_receipt(receipt_of(fact))
        assert await abreast(["incidents"]) == 0, "nothing is left to read"
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        index.close()
        release(log)
