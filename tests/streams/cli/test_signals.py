import asyncio
import os
import signal
import subprocess
import sys

import pytest

from streams.cli.production import from_the_first_moment
from streams.errors import Stop


async def test_a_signal_before_a_process_takes_signals_itself_ends_it_in_order() -> None:
    endings: list[str] = []
    cleaned: list[str] = []

    async def main() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            cleaned.append("closed")

    for delay in (0.05, 0.06):
        asyncio.get_running_loop().call_later(delay, os.kill, os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(from_the_first_moment(main(), lambda: endings.append("ending")), 5)
    assert (endings, cleaned) == (["ending"], ["closed"])


async def test_what_ends_a_process_without_a_signal_is_told() -> None:
    async def main() -> None:
        raise Stop("the disk is full")

    with pytest.raises(Stop, match="the disk is full"):
        await from_the_first_moment(main(), lambda: None)


IN_A_CALLBACK = """
import os, signal, sys, time, weakref
from streams.cli.production import heed_signals

class Thing: ...

heed_signals("worker")
thing = Thing()
seen = weakref.ref(thing, lambda _: os.kill(os.getpid(), signal.SIGTERM))
del thing
time.sleep(0.2)
sys.exit(9)
"""


def test_a_signal_that_meets_a_callback_of_an_import_still_ends_the_process() -> None:
    ended = subprocess.run([sys.executable, "-c", IN_A_CALLBACK], capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout) == (0, "worker: stopped before it began\n"), ended.stderr
