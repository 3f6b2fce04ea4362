"""The agent that tells each channel what is news to it, once."""

from __future__ import annotations

from streams.agents.telling.channels.files import MailboxCarrier


async def test_an_alert_is_told_and_remembered(telling):
    house = telling.House()
    await house.begins()
    await house.hears(telling.alert())
    assert house.officers.said == ["opened"]
    assert [notice.id for notice in house.notices] == house.officers.ids


async def test_the_same_news_is_told_once_across_restarts(telling):
    house = telling.House()
    await house.begins()
    await house.hears(telling.alert(), telling.alert())
    house.start()
    await house.begins(telling.alert())
    assert house.officers.said == ["opened"]


async def test_a_mailbox_file_holds_the_mail_once(telling, tmp_path):
    import mailbox

    path = tmp_path / "box" / "officers.mbox"
    house = telling.House()
    await house.begins()
    await house.hears(telling.alert(cases=(telling.full_case(),)))
    carrier = MailboxCarrier(telling.but(telling.mailbox(), path=path), house.routes.house)
    [message] = house.officers.taken
    await carrier.carry(message, again=False)
    await carrier.carry(message, again=True)
    [mail] = mailbox.mbox(path)
    assert mail["Message-ID"] == message.message_id
    assert "appears inconsistent with" in mail.as_string()
