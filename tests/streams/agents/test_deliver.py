"""The agent that tells each channel what is news to it, once."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest

from streams.agents.deliver import PAUSE_AFTER_REFUSAL, AlertRecord, CaughtUp, DayBegun, Deliverer
from streams.agents.telling.channels.ports import Undelivered
from streams.agents.telling.routes import Pace, Quiet, Route
from streams.errors import Wait

DOWN = Undelivered("mail server is down")
UNSURE = Undelivered("no answer", certain=False)
REFUSED = Undelivered("550 no such mailbox", permanent=True)


async def test_an_alert_is_told_and_remembered(telling):
    house = telling.House()
    await house.begins()
    await house.hears(telling.alert())
    assert house.officers.said == ["opened"]
    assert [notice.id for notice in house.notices] == house.officers.ids
    assert house.outbox.held == {}


async def test_the_same_news_is_told_once_across_repeats_and_restarts(telling):
    house = telling.House()
    await house.begins()
    await house.hears(telling.alert(), telling.alert())
    house.start()
    await house.begins(telling.alert())
    assert house.officers.said == ["opened"]


async def test_nothing_is_told_before_the_log_has_been_read_to_its_end(telling):
    house = telling.House()
    await house.deliverer.hear(telling.record(telling.alert()))
    run = asyncio.create_task(house.deliverer.run(never()))
    await asyncio.sleep(0.05)
    assert house.officers.said == []
    run.cancel()


async def never():
    await asyncio.Event().wait()
    yield CaughtUp()


async def test_what_was_told_waits_no_more_though_nothing_new_is_heard(telling):
    house = telling.House()

    async def one_alert():
        yield CaughtUp()
        yield telling.record(telling.alert())
        await asyncio.Event().wait()

    run = asyncio.create_task(house.deliverer.run(one_alert()))
    async with asyncio.timeout(10):
        while not house.notices or house.deliverer.status()[0].waiting:  # noqa: ASYNC110  (the house tells nobody)
            await asyncio.sleep(0.01)
    run.cancel()


async def test_history_comes_as_one_digest_and_later_news_by_itself(telling):
    house = telling.House()
    await house.begins(*(telling.alert(clause_id=f"c{n}") for n in range(5)))
    assert [m.notice.digest for m in house.officers.taken] == [True]
    await house.hears(telling.alert(clause_id="c9"), telling.gone(telling.alert(clause_id="c1")))
    assert house.officers.said == ["opened", "withdrawn", "opened"]
    assert not any(m.notice.digest for m in house.officers.taken[1:])


async def test_a_whole_story_is_told_step_by_step(telling):
    house = telling.House()
    await house.begins()
    alert = telling.alert
    for now in (
        alert(band="watch", version="v0"), alert(band="review"), alert(version="v2"),
        alert(version="v2", status="acknowledged"), alert(band="review", version="v3"), telling.gone(alert()),
        alert(version="v4"), alert(version="v5", status="closed"), alert(version="v6"),
    ):  # fmt: skip
        await house.hears(now)
    assert house.officers.said == ["opened", "raised", "lowered", "withdrawn", "reopened", "closed", "reopened"]
    befores = [m.notice.before for m in house.officers.taken]
    assert befores == [None, *house.officers.ids[:-1]]


async def test_a_record_without_value_withdraws(telling):
    house = telling.House()
    await house.begins(telling.alert())
    await house.deliverer.hear(AlertRecord(key=telling.alert().id.encode(), value=None))
    await house.tells()
    assert house.officers.said == ["opened", "withdrawn"]


async def test_a_missing_alert_is_not_a_withdrawn_one(telling):
    house = telling.House()
    await house.begins(telling.alert())
    house.start()
    await house.begins()
    assert house.officers.said == ["opened"]


async def test_an_embargoed_alert_is_news_on_the_day_the_embargo_ends(telling):
    house = telling.House()
    await house.begins()
    await house.hears(telling.alert(embargo_until=dt.date(2030, 6, 3)))
    await house.deliverer.hear(DayBegun(day=dt.date(2030, 6, 2)))
    await house.tells()
    assert house.officers.said == []
    await house.deliverer.hear(DayBegun(day=dt.date(2030, 6, 3)))
    await house.tells()
    assert house.officers.said == ["opened"]


@pytest.mark.parametrize("change", [{"tlp": "RED"}, {"may_use_for": ("publication",)}])
async def test_what_a_channel_may_not_hear_is_not_told(telling, change):
    house = telling.House()
    await house.begins(telling.alert(**change))
    assert house.officers.said == []


async def test_a_withdrawal_goes_to_everyone_who_got_the_original(telling):
    channels = {name: telling.mailbox(name) for name in ("officers", "former")}
    house = telling.House(telling.routes(channels=channels, routes=(Route(channels=("officers", "former")),)))
    await house.begins(telling.alert())
    house.routes = telling.routes(channels=channels)  # the second has lost its route
    house.start()
    await house.begins(telling.alert())
    await house.hears(telling.alert(band="urgent", version="v2"))
    await house.hears(telling.gone(telling.alert()))
    assert house.officers.said == ["opened", "raised", "withdrawn"]
    assert house.channels["former"].said == ["opened", "withdrawn"]


async def test_it_waits_for_a_newer_word_before_it_speaks(telling):
    house = telling.House(telling.routes(pace=Pace(settle_seconds=10, settle_at_most_seconds=60, history_days=36_000)))
    await house.begins()
    await house.hears(telling.alert("XM", band="review"))
    house.clock.passes(8)
    await house.hears(telling.alert("XM", version="v2"), telling.alert("XN"))
    house.clock.passes(8)
    await house.tells()
    assert house.officers.said == []
    house.clock.passes(3)
    await house.tells()
    [message] = house.officers.taken
    assert message.notice.versions == ("v2", "v1")
    assert message.notice.destinations == ("XM", "XN")


async def test_it_does_not_wait_for_ever_for_a_newer_word(telling):
    house = telling.House(telling.routes(pace=Pace(settle_seconds=10, settle_at_most_seconds=30, history_days=36_000)))
    await house.begins()
    for version in range(8):
        await house.hears(telling.alert(version=f"v{version}"))
        house.clock.passes(5)
    assert house.officers.said == ["opened"]


async def test_what_comes_and_goes_within_the_moment_is_not_told(telling):
    house = telling.House(telling.routes(pace=Pace(settle_seconds=10, settle_at_most_seconds=60, history_days=36_000)))
    await house.begins()
    await house.hears(telling.alert(), telling.gone(telling.alert()))
    house.clock.passes(20)
    await house.tells()
    assert house.officers.said == []


async def test_quiet_hours_wait_and_urgent_news_does_not(telling):
    quiet = Quiet(start=dt.time(11), end=dt.time(13))
    house = telling.House(telling.routes(channels={"officers": telling.mailbox(quiet=quiet)}))
    await house.begins()
    await house.hears(telling.alert(), telling.alert(clause_id="c5", band="urgent"))
    assert [m.notice.band for m in house.officers.taken] == ["urgent"]
    house.clock.passes(3600)
    await house.tells()
    assert [m.notice.band for m in house.officers.taken] == ["urgent", "alert"]


async def test_a_channel_that_is_down_delays_only_itself_and_is_retried(telling):
    channels = {name: telling.mailbox(name) for name in ("officers", "other")}
    house = telling.House(telling.routes(channels=channels, routes=(Route(channels=("officers", "other")),)))
    house.officers.failures = [DOWN, DOWN]
    await house.begins(telling.alert())
    assert (house.officers.said, house.channels["other"].said) == ([], ["opened"])
    down, up = house.deliverer.status()
    assert (down.up, down.failures, down.waiting, up.up, up.told) == (False, 1, 1, True, 1)
    assert "mail server is down" in down.error
    pauses = [await house.deliverer.attend("officers") for _ in range(2)]
    assert pauses[0] > 2
    assert house.officers.said == ["opened"]
    assert house.deliverer.status()[0].up


async def test_while_a_channel_is_surely_down_only_what_holds_in_the_end_is_told(telling):
    house = telling.House()
    house.officers.failures = [DOWN, DOWN]
    await house.begins(telling.alert())
    await house.hears(telling.alert(band="review", version="v2"))
    await house.tells()
    assert [m.notice.band for m in house.officers.taken] == ["review"]


async def test_what_may_have_arrived_is_repeated_under_its_id_before_anything_else(telling):
    house = telling.House()
    house.officers.failures, house.officers.takes_before_failing = [UNSURE], True
    await house.begins(telling.alert())
    await house.hears(telling.alert(band="review", version="v2"))
    first, repeat, lowered = house.officers.taken
    assert first.notice.id == repeat.notice.id
    assert lowered.notice.transition == "lowered"
    assert len({notice.id for notice in house.notices}) == 2


async def test_a_crash_between_sending_and_marking_repeats_the_same_id(telling):
    house = telling.House()
    house.deliverer = Deliverer(house.routes, dying(telling, house, "tell"), [])
    with pytest.raises(KeyboardInterrupt):
        await house.begins(telling.alert())
    house.start()
    await house.begins(telling.alert())
    assert len(house.officers.ids) == 2
    assert len(set(house.officers.ids)) == 1
    assert [n.id for n in house.notices] == house.officers.ids[:1]


async def test_a_crash_after_sending_what_is_then_withdrawn_still_withdraws_it(telling):
    house = telling.House()
    house.deliverer = Deliverer(house.routes, dying(telling, house, "tell"), [])
    with pytest.raises(KeyboardInterrupt):
        await house.begins(telling.alert())
    house.start()
    await house.begins(telling.gone(telling.alert()))
    first, repeat, withdrawn = house.officers.taken
    assert first.notice.id == repeat.notice.id
    assert withdrawn.notice.transition == "withdrawn"
    assert telling.CLAUSE_TEXT not in repeat.payload  # taken back for safety, perhaps: not said again
    assert telling.CLAUSE_TEXT in first.payload


async def test_a_crash_between_marking_and_forgetting_repeats_nothing(telling):
    house = telling.House()
    house.deliverer = Deliverer(house.routes, dying(telling, house, "clear"), [])
    with pytest.raises(KeyboardInterrupt):
        await house.begins(telling.alert())
    house.start()
    await house.begins(telling.alert())
    assert house.officers.said == ["opened"]
    assert house.outbox.held == {}


def dying(telling, house, where):
    """Ports of a process that is killed at one place."""

    async def die(*_):
        raise KeyboardInterrupt

    if where == "tell":
        return telling.but(house.ports, tell=die)

    class Grave(telling.Outbox):
        clear = die

    grave = Grave()
    grave.held = house.outbox.held
    return telling.but(house.ports, outbox=grave)


async def test_a_repeat_whose_content_is_no_longer_allowed_is_bare_and_the_rest_is_told_anew(telling):
    house = telling.House()
    house.officers.failures = [UNSURE]
    alerts = [telling.alert("XM"), telling.alert("XN")]
    await house.begins(*alerts)
    await house.hears(telling.alert("XM", version="v2", tlp="RED"))
    bare, anew = house.officers.taken
    assert telling.CLAUSE_TEXT not in bare.payload
    assert anew.notice.alerts == ("XN~exports.xa:L-17~c4",)
    assert telling.CLAUSE_TEXT in anew.payload


async def test_a_message_refused_for_good_goes_in_short_and_does_not_hold_up_others(telling):
    house = telling.House()
    house.officers.failures = [REFUSED]
    await house.begins()
    await house.hears(telling.alert(clause_id="c1", band="urgent"), telling.alert(clause_id="c2"))
    assert [m.notice.band for m in house.officers.taken] == ["alert"]
    house.clock.passes(3)
    await house.tells()
    assert telling.CLAUSE_TEXT not in house.officers.taken[1].payload
    assert house.officers.taken[1].notice.band == "urgent"


async def test_a_channel_that_refuses_for_good_is_shown_and_tried_at_long_intervals(telling):
    house = telling.House()
    house.officers.failures = [REFUSED] * 3
    await house.begins(telling.alert())
    for _ in range(3):
        house.clock.passes(60)
        await house.tells()
    [status] = house.deliverer.status()
    assert (status.up, status.refused, status.failures) == (False, True, 2)
    house.clock.passes(PAUSE_AFTER_REFUSAL)
    await house.tells()
    house.clock.passes(PAUSE_AFTER_REFUSAL)
    await house.tells()
    assert house.officers.said == ["opened"]


async def test_an_absent_log_is_waited_for_without_sending_twice(telling):
    house = telling.House()
    fails = [Wait("the log is away"), Wait("the log is away")]

    async def tell(notice):
        if fails:
            raise fails.pop()
        house.notices.append(notice)

    house.deliverer = Deliverer(house.routes, telling.but(house.ports, tell=tell), [])
    await house.begins(telling.alert())
    await house.tells()
    await house.tells()
    assert house.officers.said == ["opened"]
    assert len(house.notices) == 1


async def test_what_cannot_be_read_is_parked_and_stops_nothing(telling):
    house = telling.House()
    await house.begins()
    for raw in (b"{", b'{"fact":"alert","id":7}', b"\xff", None):
        await house.deliverer.hear(AlertRecord(key=b"\xff", value=raw))
    await house.hears(telling.alert())
    assert house.officers.said == ["opened"]
    assert house.parked == [
        "not an alert: " + w for w in ("DecodeError", "ValidationError", "DecodeError", "UnicodeDecodeError")
    ]


async def test_the_offset_moves_only_when_every_channel_has_been_told(telling):
    house = telling.House()
    house.officers.failures = [DOWN]
    await house.begins()
    await house.deliverer.hear(telling.record(telling.alert(), position=7))
    await house.tells()
    assert house.moved == []
    await house.tells()
    await house.tells()
    assert house.moved == [7]


async def test_it_runs_on_a_plain_stream_and_ends_with_it(telling):
    house = telling.House()

    async def stream():
        yield DayBegun(day=telling.DAY)
        yield CaughtUp()
        for version in range(3):
            yield telling.record(telling.alert(version=f"v{version}", band=("review", "alert", "urgent")[version]))
            await asyncio.sleep(0.01)

    await asyncio.wait_for(house.deliverer.run(stream()), 5)
    assert house.officers.said[0] == "opened"
    assert house.officers.taken[-1].notice.band == "urgent"
    assert len(set(house.officers.ids)) == len(house.officers.ids)


async def test_run_tries_a_channel_again_after_a_pause(telling):
    house = telling.House()
    house.officers.failures = [DOWN, UNSURE]
    pauses = []

    async def sleep(seconds):
        pauses.append(seconds)
        house.clock.passes(seconds)
        await asyncio.sleep(0)

    house.deliverer = Deliverer(house.routes, telling.but(house.ports, sleep=sleep), [])

    async def stream():
        yield DayBegun(day=telling.DAY)
        yield telling.record(telling.alert())

    await asyncio.wait_for(house.deliverer.run(stream()), 5)
    assert house.officers.said == ["opened"]
    assert pauses[:2] == [2.0, 4.0]


async def test_a_repeat_that_is_refused_for_good_is_said_barely_before_anything_else(telling):
    house = telling.House()
    house.officers.failures, house.officers.takes_before_failing = [UNSURE, REFUSED, REFUSED], True
    await house.begins(telling.alert())
    await house.hears(telling.gone(telling.alert()))
    await house.tells()
    assert house.deliverer.status()[0].refused
    await house.tells()
    first, bare, withdrawn = house.officers.taken
    assert first.notice.id == bare.notice.id
    assert telling.CLAUSE_TEXT not in bare.payload
    assert withdrawn.notice.transition == "withdrawn"
