"""Readiness by progress, rounds of recovery; the worker itself runs in `tests/kafka`."""

import asyncio
import socket

import httpx
import pytest

from infra.kafka.broker import free_ports
from streams.errors import Stop
from streams.topology import build
from streams.transport.app import log_address
from streams.worker import CHANGELOGS, READ, Health, Progress, Rounds, answer


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def looking(clock: Clock) -> Progress:
    return Progress(None, None, stuck_after=60, seconds=clock)  # type: ignore[arg-type]


def after(looking: Progress, clock: Clock, seconds: float, *lags: int, recovering: bool = False) -> Health:
    clock.now += seconds
    return looking.judge({("dossiers", n): lag for n, lag in enumerate(lags)}, recovering=recovering)


def test_a_worker_for_which_nothing_waits_is_ready_for_ever(looking: Progress, clock: Clock) -> None:
    assert after(looking, clock, 0, 0, 0).ready
    assert after(looking, clock, 10_000, 0, 0).ready


def test_a_worker_that_reads_nothing_while_records_wait_is_not_ready(looking: Progress, clock: Clock) -> None:
    assert after(looking, clock, 0, 5, 0).ready
    assert after(looking, clock, 50, 9, 0).ready
    stuck = after(looking, clock, 11, 30, 0)
    assert not stuck.ready
    assert (stuck.why, stuck.lag) == ("no progress for 61 s", 30)


def test_a_worker_whose_lag_shrinks_anywhere_is_ready(looking: Progress, clock: Clock) -> None:
    after(looking, clock, 0, 500, 900)
    for lag in (499, 498, 497):
        assert after(looking, clock, 59, lag, 5000).ready


def test_a_worker_in_recovery_is_not_ready_and_has_its_time_afterwards(looking: Progress, clock: Clock) -> None:
    after(looking, clock, 0, 5)
    assert after(looking, clock, 100, 5, recovering=True).why == "its tables are being recovered"
    assert after(looking, clock, 50, 5).ready


def test_a_new_share_has_its_time(looking: Progress, clock: Clock) -> None:
    after(looking, clock, 0, 5)
    assert after(looking, clock, 100, 5, 5).ready


async def test_readyz_says_in_its_status_whether_the_worker_moves() -> None:
    port, health = free_ports(1), Health(ready=False, why="starting")
    close = await answer(port, lambda: health)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        refused = await client.get("/readyz")
        assert (refused.status_code, refused.json()["why"]) == (503, "starting")
        health = Health(ready=True, why="moving", parts=8, lag=3)
        assert (await client.get("/readyz")).status_code == 200
        assert (await client.get("/tables")).status_code == 404
    close()


async def test_a_taken_port_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Stop, match=f"Port {port} of 127.0.0.1 is taken"):
            await answer(port, lambda: Health(ready=True, why=""))


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
