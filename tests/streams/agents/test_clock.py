"""Agent `clock`: one tick a day, made from the day alone."""

from __future__ import annotations

import datetime as dt

import pytest

from schemas import Tick
from schemas.codec import decode_fact
from streams.agents.clock import keep_time, tick_of
from streams.errors import Wait


class Stopped(BaseException):
    """Enough has been seen."""


class Days:
    """A clock that stands at one moment after another, one for each look; ends after the last."""

    def __init__(self, *moments):
        self.moments = list(moments)
        self.slept: list[float] = []

    def __call__(self):
        if not self.moments:
            raise Stopped
        return self.moments.pop(0)

    async def sleep(self, seconds):
        self.slept.append(seconds)


class Producer:
    """Takes records; is away as often as it was told."""

    def __init__(self, away=0):
        self.away = away
        self.sent = []

    async def send(self, records):
        if self.away:
            self.away -= 1
            raise Wait("the log is away", retry_after=7)
        self.sent += records

    async def close(self):
        pass

    @property
    def days(self):
        ticks = [decode_fact(r.value) for r in self.sent]
        assert all(isinstance(t, Tick) for t in ticks)
        return [t.day.isoformat() for t in ticks]


def moment(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


async def kept(producer, *moments, every=60):
    days = Days(*moments)
    with pytest.raises(Stopped):
        await keep_time(producer, days, every, days.sleep)
    return days


async def test_a_day_is_told_once_however_often_the_clock_is_looked_at():
    producer = Producer()
    days = await kept(producer, *(moment(f"2026-06-01T{h:02d}:00") for h in range(24)), moment("2026-06-02T00:00"))
    assert producer.days == ["2026-06-01", "2026-06-02"]
    assert set(days.slept) == {60}


async def test_days_that_were_slept_through_are_not_told_one_by_one():
    producer = Producer()
    await kept(producer, moment("2026-06-01T12:00"), moment("2026-06-20T12:00"))
    assert producer.days == ["2026-06-01", "2026-06-20"]


async def test_a_clock_that_is_set_back_tells_nothing():
    producer = Producer()
    await kept(producer, moment("2026-06-02T12:00"), moment("2026-06-01T12:00"), moment("2026-06-02T13:00"))
    assert producer.days == ["2026-06-02"]


async def test_a_log_that_is_away_is_tried_again_after_as_long_as_it_says():
    producer = Producer(away=2)
    days = await kept(producer, *[moment("2026-06-01T12:00")] * 4)
    assert producer.days == ["2026-06-01"]
    assert days.slept == [7, 7, 60, 60]


def test_every_moment_of_a_day_makes_the_same_tick():
    assert tick_of(moment("2026-06-01T00:00")) == tick_of(moment("2026-06-01T23:59:59"))
    west = dt.datetime(2026, 6, 1, 23, tzinfo=dt.timezone(dt.timedelta(hours=-5)))
    assert tick_of(west).day == dt.date(2026, 6, 2), "days are those of UTC"
    assert tick_of(west).recorded_at == moment("2026-06-02T00:00")


async def test_a_tick_is_keyed_by_its_day_so_that_a_repeat_is_the_same_record():
    one, two = Producer(), Producer()
    await kept(one, moment("2026-06-01T01:00"))
    await kept(two, moment("2026-06-01T22:00"))
    assert [(r.topic, r.key, r.value) for r in one.sent] == [(r.topic, r.key, r.value) for r in two.sent]
    assert one.sent[0].topic == "ticks"
