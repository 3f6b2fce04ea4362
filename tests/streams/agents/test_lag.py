"""How many records wait for each reader: looked at, noted, and not noted while nobody answers."""

from __future__ import annotations

import datetime as dt

import pytest

from streams.agents.lag import EVERY, keep_lag
from streams.errors import Wait
from streams.transport.ports import Committed
from streams.warehouse.ports import Waiting

NOW = dt.datetime(2025, 4, 8, 12, tzinfo=dt.UTC)
READERS = {"pledgewatch": ("incidents", "dossiers"), "store": ("incidents",)}


class Ended(BaseException):
    """Enough was looked at."""


class Log:
    """Two topics of two parts, and how far each group has come."""

    def __init__(self):
        self.ends = {"incidents": {0: 10, 1: 4}, "dossiers": {0: 0, 1: 7}}
        self.places = {
            "pledgewatch": {("incidents", 0): 10, ("incidents", 1): 4, ("dossiers", 1): 2},
            "store": {("incidents", 0): 10, ("incidents", 1): 4},
        }
        self.asked_for_earliest = []
        self.away = False

    async def offsets(self, group, topics):
        if self.away:
            raise Wait("the log is away")
        return {part: Committed(at) for part, at in self.places[group].items() if part[0] in topics}

    async def highwaters(self, topic):
        return self.ends[topic]

    async def earliest(self, topic):
        self.asked_for_earliest.append(topic)
        return {0: 0, 1: 5} if topic == "dossiers" else {0: 0, 1: 0}


async def looked(log, times=1):
    noted, slept = [], []

    async def sleep(seconds):
        slept.append(seconds)
        log.away = False
        if len(slept) == times:
            raise Ended

    with pytest.raises(Ended):
        await keep_lag(log, noted.append, READERS, lambda: NOW, sleep=sleep)
    assert set(slept) == {EVERY}
    return noted


async def test_each_look_says_how_much_waits_for_whom_and_where():
    (found,) = await looked(Log())
    assert found == [
        Waiting(
            time=NOW, reader="pledgewatch", waiting=2, topics=("dossiers",)
        ),  # offsets 2 to 4 are not there any more
        Waiting(time=NOW, reader="store", waiting=0, topics=()),
    ]


async def test_where_records_begin_is_asked_only_where_something_waits():
    log = Log()
    await looked(log)
    assert log.asked_for_earliest == ["dossiers"]


async def test_a_log_that_is_away_is_not_noted_and_looked_at_again():
    log = Log()
    log.away = True
    assert len(await looked(log, times=2)) == 1
