"""A notice that an officer asks to be sent again: the same message, if it may still be said there."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest

from schemas.codec import decode_notice, encode
from streams.agents.deliver import AskedAgain, DayBegun
from streams.agents.telling.channels.ports import Undelivered
from streams.agents.telling.resend import together_again
from streams.agents.telling.routes import Route

LATER = dt.datetime(2030, 6, 3, 9, tzinfo=dt.UTC)


async def a_told_house(telling, *alerts):
    """A house whose officers were told of these."""
    house = telling.House()
    await house.begins()
    await house.hears(*(alerts or (telling.alert(),)))
    return house


async def asks(house, notice):
    """An officer asks for it; what the log has afterwards."""
    await house.deliverer.hear(AskedAgain(notice=decode_notice(encode(notice.asked_again(LATER, "desk")))))
    await house.tells()
    return house.notices[-1]


async def test_the_words_of_a_notice_are_kept_with_it(telling):
    house = await a_told_house(telling)
    (notice,), (message,) = house.notices, house.officers.taken
    assert (notice.body.text, notice.body.html, notice.body.payload) == (message.text, message.html, message.payload)
    assert not notice.body.bare
    assert telling.CLAUSE_TEXT.split()[0] in notice.body.text


async def test_the_same_message_goes_out_again_under_its_id_and_that_is_written_down(telling):
    house = await a_told_house(telling)
    house.clock.passes(3600)
    said = await asks(house, house.notices[0])
    first, again = house.officers.taken
    assert msgspec.structs.replace(again, notice=first.notice) == first
    assert (again.message_id, again.notice.id, again.notice.at) == (first.message_id, first.notice.id, first.notice.at)
    (became,) = said.again
    assert (became.asked_by, became.refused, became.sent_at) == ("desk", "", house.clock())
    assert (said.id, said.at, said.body) == (house.notices[0].id, house.notices[0].at, house.notices[0].body)


async def test_a_request_is_met_once_over_repeats_and_restarts(telling):
    house = await a_told_house(telling)
    asked = house.notices[0].asked_again(LATER, "desk")
    for _ in range(2):
        await house.deliverer.hear(AskedAgain(notice=asked))
        await house.tells()
    house.notices.insert(1, asked)
    house.start()
    await house.begins(telling.alert())
    assert len(house.officers.taken) == 2


async def test_a_request_that_came_while_nobody_listened_is_met_at_the_next_start(telling):
    house = await a_told_house(telling)
    house.notices.append(house.notices[0].asked_again(LATER, "desk"))
    house.start()
    await house.begins(telling.alert())
    assert house.officers.ids == [house.notices[0].id] * 2
    assert not house.notices[-1].again[0].pending


@pytest.mark.parametrize(("change", "why"), [
    ({"tlp": "RED"}, "it is TLP:RED, and the channel may hear up to TLP:AMBER"),
    ({"may_use_for": ("partners",)}, "what it rests on may not be used for officer"),
    ({"embargo_until": dt.date(2031, 1, 1)}, "it is under an embargo until 2031-01-01"),
])  # fmt: skip
async def test_what_may_not_be_said_there_any_more_is_not_said_again(telling, change, why):
    house = await a_told_house(telling)
    await house.hears(telling.alert(**change))
    said = await asks(house, house.notices[0])
    assert len(house.officers.taken) == 1
    assert said.again[0].refused == f"alert {telling.alert().id} may not be described there: {why}"
    assert said.again[0].sent_at is None


async def test_where_no_route_leads_there_any_more_it_is_not_said_again(telling):
    house = await a_told_house(telling)
    house.routes = telling.routes(routes=(Route(channels=("officers",), destinations=("XN",)),))
    house.start()
    await house.begins(telling.alert())
    assert (await asks(house, house.notices[0])).again[0].refused.endswith("no route leads from it to this channel")


async def test_what_a_newer_notice_has_overtaken_is_not_said_again(telling):
    house = await a_told_house(telling)
    await house.hears(telling.gone(telling.alert()))
    said = await asks(house, house.notices[0])
    assert said.again[0].refused == (
        f"the channel has been told something newer of the same alert: notice {house.notices[1].id}"
    )
    assert house.officers.said == ["opened", "withdrawn"]


async def test_a_withdrawal_may_always_be_said_again(telling):
    house = await a_told_house(telling)
    await house.hears(telling.gone(telling.alert()))
    await asks(house, house.notices[1])
    assert house.officers.said == ["opened", "withdrawn", "withdrawn"]


async def test_a_notice_whose_words_are_not_kept_is_not_written_anew(telling):
    house = await a_told_house(telling)
    said = await asks(house, msgspec.structs.replace(house.notices[0], body=None))
    assert said.again[0].refused == "the words of this notice are not kept"


async def test_a_channel_that_is_gone_gets_nothing_and_the_asker_reads_why(telling):
    house = await a_told_house(telling)
    said = await asks(house, msgspec.structs.replace(house.notices[0], channel="partners"))
    assert said.again[0].refused == "there is no channel partners any more"


async def test_a_channel_that_is_down_gets_it_when_it_is_back(telling):
    house = await a_told_house(telling)
    house.officers.failures = [Undelivered("mail server is down")]
    said = await asks(house, house.notices[0])
    assert not said.again
    assert house.deliverer.status()[0].error == "mail server is down"
    await house.tells()
    assert house.notices[-1].again[0].sent_at == house.clock()
    assert len(house.officers.taken) == 2


async def test_a_channel_that_refuses_it_for_good_is_not_asked_again(telling):
    house = await a_told_house(telling)
    house.officers.failures = [Undelivered("550 no such mailbox", permanent=True)]
    assert (await asks(house, house.notices[0])).again[0].refused == "the channel refused it: 550 no such mailbox"
    await house.tells()
    assert len(house.officers.taken) == 1


async def test_sending_again_is_no_news_and_makes_none(telling):
    house = await a_told_house(telling)
    await asks(house, house.notices[0])
    await house.deliverer.hear(DayBegun(day=telling.DAY + dt.timedelta(days=1)))
    await house.tells()
    house.start()
    await house.begins(telling.alert())
    assert len(house.officers.taken) == 2


async def test_a_request_that_waits_is_not_asked_for_twice(telling):
    house = await a_told_house(telling)
    once = house.notices[0].asked_again(LATER, "desk")
    assert once.asked_again(LATER + dt.timedelta(hours=1), "other desk") == once


async def test_what_became_of_a_request_counts_in_whichever_record_it_stands(telling):
    house = await a_told_house(telling)
    waiting = house.notices[0].asked_again(LATER, "desk").again
    met = (await asks(house, house.notices[0])).again
    assert together_again(waiting, met) == together_again(met, waiting) == together_again(met, met) == met
