"""Where dossiers are kept and assessed: the same is said here and in a process beside, which ends with the worker."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import msgspec
import pytest

from builders import a_delivery, a_license, a_policy, a_retraction, a_tick, an_incident
from schemas.codec import encode
from streams.agents import studying
from streams.agents.naming import RegisterNamer
from streams.agents.studying import Beside, Here, Studying, beside
from streams.errors import Stop
from streams.rules.assess import Assessor, assess_facts
from streams.rules.placing import partition_of, place
from streams.rules.study import Saying, Study

PARTITIONS = 3
LICENSE = a_license()
WORLD = (a_policy(), a_tick(), LICENSE, a_delivery(LICENSE), an_incident())
XA = partition_of("XA", PARTITIONS)
EVERYWHERE = range(PARTITIONS)


@asynccontextmanager
async def here(partitions: int) -> AsyncIterator[Here]:
    yield Here(Study(Assessor(RegisterNamer), partitions))


@pytest.fixture(
    params=[here, beside, partial(beside, processes=1), partial(beside, processes=PARTITIONS + 1)],
    ids=["here", "beside", "in one process beside", "in more than there are partitions"],
)
def kind(request):
    return request.param


async def tell(study: Studying, *facts) -> None:
    for fact in facts:
        for copy in place(fact, PARTITIONS):
            await study.take_in(copy.partition, copy.value)


async def look(study: Studying) -> list[list[Saying]]:
    return [list(sayings) async for sayings in study.look(EVERYWHERE)]


def alerts_in(said: list[list[Saying]]) -> dict[bytes, bytes]:
    return {key: value for sayings in said for saying in sayings for key, value in saying.alerts.items()}


def expected(*facts) -> dict[bytes, bytes]:
    return {a.id.encode(): encode(a) for each in assess_facts(facts, namer_of=RegisterNamer) for a in each.alerts}


async def test_what_is_said_is_what_the_core_says(kind):
    async with kind(PARTITIONS) as study:
        await tell(study, *WORLD)
        said = await look(study)
    assert alerts_in(said) == expected(*WORLD)
    assert len(said) == PARTITIONS
    assert [(s.destination, s.whole) for s in said[XA]] == [("XA", True)]


async def test_only_what_changed_is_said_again_and_what_is_gone_is_named(kind):
    async with kind(PARTITIONS) as study:
        await tell(study, *WORLD)
        await look(study)
        assert await look(study) == [[], [], []]
        await tell(study, a_retraction(an_incident()))
        (saying,) = (await look(study))[XA]
    assert (saying.whole, saying.alerts) == (False, {})
    assert saying.gone == expected(*WORLD).keys()


async def test_what_is_forgotten_is_assessed_from_the_beginning(kind):
    async with kind(PARTITIONS) as study:
        await tell(study, *WORLD)
        first = await look(study)
        for named in ((), ("XA",)):
            await study.forget(XA, named)
            assert await look(study) == first
        await study.clear()
        assert await look(study) == [[], [], []]


async def test_much_is_told_while_it_assesses_and_nothing_is_lost(monkeypatch):
    monkeypatch.setattr(studying, "_UNDER_WAY", 10_000)
    facts = [*WORLD, *(an_incident(f"I{n}") for n in range(2, 202))]
    async with beside(PARTITIONS) as study:
        await tell(study, *WORLD)
        looking = asyncio.ensure_future(look(study))
        await tell(study, *facts)
        said = alerts_in(await looking) | alerts_in(await look(study))
    assert said == expected(*facts)


# --- the process beside ----------------------------------------------------------------------------------------------


def one_of(study: Beside) -> asyncio.subprocess.Process:
    return study.others[0].process


async def test_when_it_ends_before_the_worker_the_worker_is_told_why():
    async with beside(PARTITIONS) as study:
        await tell(study, *WORLD)
        await look(study)
        os.kill(one_of(study).pid, signal.SIGKILL)
        with pytest.raises(Stop, match=r"ended \(exit -9\)"):
            await look(study)
        with pytest.raises(Stop, match=r"ended \(exit -9\)"):
            await study.take_in(0, encode(a_tick()))


async def test_a_row_that_it_cannot_read_ends_it():
    async with beside(PARTITIONS) as study:
        await study.take_in(0, b"{")
        with pytest.raises(Stop, match=r"ended \(exit 1\)"):
            await look(study)


async def test_a_signal_to_the_worker_and_all_that_belongs_to_it_leaves_it_to_the_worker_to_end_it():
    async with beside(PARTITIONS, 2) as study:
        await look(study)
        os.kill(one_of(study).pid, signal.SIGTERM)
        await tell(study, *WORLD)
        assert alerts_in(await look(study)) == expected(*WORLD)
    assert [other.process.returncode for other in study.others] == [0, 0]


@pytest.mark.parametrize(
    "last", [b"", b"\0\0", b"\0\0\0\x09\x92"], ids=["a whole word", "half a length", "half a word"]
)
def test_it_ends_with_the_worker_even_in_the_middle_of_a_word(last):
    clear = msgspec.msgpack.encode(["clear"])
    words = len(clear).to_bytes(4, "big") + clear + last
    done = subprocess.run(
        [sys.executable, "-m", "streams.agents.studying", "3"],
        input=words,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
