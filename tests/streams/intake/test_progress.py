from typing import Any

from streams.intake.progress import Progress
from streams.transport.ports import Committed, Outgoing, Position


async def test_fact_is_applied_when_its_copies_have_been_watched(intake: Any) -> None:
    intake.log.create_topic("dossiers", 2)
    progress = Progress(intake.reader, place="place", watch="watch")
    (fact,) = intake.log.append([Outgoing("incidents", b"{}", b"k", 0)])
    assert await progress(fact) == "accepted"

    (copy,) = intake.log.append([Outgoing("dossiers", b"{}", b"k", 1)])
    intake.log.commit("watch", {("dossiers", 0): Committed(0), ("dossiers", 1): Committed(0)})
    assert await progress(fact) == "accepted"

    intake.log.commit("place", {("incidents", 0): Committed(fact.offset + 1)})
    assert await progress(fact) == "accepted"

    intake.log.append([Outgoing("dossiers", b"{}", b"later", 1)])
    intake.log.commit("watch", {("dossiers", 1): Committed(copy.offset + 1)})
    assert await progress(fact) == "applied"


async def test_fact_that_nobody_placed_stays_accepted(intake: Any) -> None:
    intake.log.create_topic("dossiers", 2)
    progress = Progress(intake.reader, place="place", watch="watch")
    assert await progress(Position("incidents", 1, 4)) == "accepted"
