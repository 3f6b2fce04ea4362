"""Rounds of recovery, and the topics of a worker; the worker itself runs in `tests/kafka`."""

import asyncio

from streams.topology import CHANGELOGS, build
from streams.transport.app import log_address
from streams.worker import READ, Rounds


async def test_whoever_waits_for_the_next_round_hears_of_it() -> None:
    rounds = Rounds()
    await rounds.one_more()
    await asyncio.wait_for(rounds.after(0), 1)
    waiting = asyncio.ensure_future(rounds.after(1))
    await asyncio.sleep(0)
    assert not waiting.done()
    await rounds.one_more()
    await asyncio.wait_for(waiting, 1)


def test_a_worker_reads_and_remembers_in_the_topics_that_are_made_for_it(tmp_path) -> None:
    app = build(log_address(tmp_path / "log.sqlite"), partitions=2, home=tmp_path).app
    remembered = {table.changelog_topic.get_topic_name() for table in app.tables.values()}
    assert remembered == {*CHANGELOGS, "alerts", "remarks"}
    read = {topic for agent in app.agents.values() for topic in agent.channel.topics}
    assert read == set(READ)
