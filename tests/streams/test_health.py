"""Readiness by progress, and how a process is asked for it."""

import asyncio
import socket

import httpx
import pytest

from infra.kafka.broker import free_ports
from streams.errors import Stop, Wait
from streams.health import Health, Movement, Seen, answer, ask


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def looking(clock: Clock) -> Movement:
    return Movement(stuck_after=60, seconds=clock)


def after(looking: Movement, clock: Clock, seconds: float, *lags: int, recovering: bool = False) -> Health:
    clock.now += seconds
    return looking.judge({("dossiers", n): lag for n, lag in enumerate(lags)}, recovering=recovering)


def test_a_worker_for_which_nothing_waits_is_ready_for_ever(looking: Movement, clock: Clock) -> None:
    assert after(looking, clock, 0, 0, 0).ready
    assert after(looking, clock, 10_000, 0, 0).ready


def test_a_worker_that_reads_nothing_while_records_wait_is_not_ready(looking: Movement, clock: Clock) -> None:
    assert after(looking, clock, 0, 5, 0).ready
    assert after(looking, clock, 50, 9, 0).ready
    stuck = after(looking, clock, 11, 30, 0)
    assert not stuck.ready
    assert (stuck.why, stuck.lag) == ("no progress for 61 s", 30)


def test_a_worker_whose_lag_shrinks_anywhere_is_ready(looking: Movement, clock: Clock) -> None:
    after(looking, clock, 0, 500, 900)
    for lag in (499, 498, 497):
        assert after(looking, clock, 59, lag, 5000).ready


def test_a_worker_in_recovery_is_not_ready_and_has_its_time_afterwards(looking: Movement, clock: Clock) -> None:
    after(looking, clock, 0, 5)
    assert after(looking, clock, 100, 5, recovering=True).why == "its tables are being recovered"
    assert after(looking, clock, 50, 5).ready


def test_a_new_share_has_its_time(looking: Movement, clock: Clock) -> None:
    after(looking, clock, 0, 5)
    assert after(looking, clock, 100, 5, 5).ready


def test_a_process_that_has_just_been_woken_is_not_ready_before_it_has_looked(clock: Clock) -> None:
    seen = Seen(clock)
    assert seen.now().why == "starting"
    seen.note(Health(ready=True, why="moving"))
    clock.now += 9
    assert seen.now().ready
    clock.now += 6
    assert not seen.now().ready
    assert seen.now().why == "nobody has looked for 15 s"
    seen.note(Health(ready=True, why="moving"))
    assert seen.now().ready


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


async def test_a_process_that_is_asked_says_why_it_is_not_ready() -> None:
    port = free_ports(1)
    close = await answer(port, lambda: Health(ready=False, why="no progress for 61 s"))
    assert await asyncio.to_thread(ask, port) == Health(ready=False, why="no progress for 61 s")
    close()


def test_where_no_process_answers_it_is_away() -> None:
    port = free_ports(1)
    with pytest.raises(Wait, match=f"Nothing on port {port} of 127.0.0.1 says whether it is ready"):
        ask(port)
