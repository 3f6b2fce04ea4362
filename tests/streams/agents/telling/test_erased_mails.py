"""What was mailed cannot be called back, but our own mailbox keeps nothing of it, and the reader is told why."""

from __future__ import annotations

import mailbox

import pytest

from builders import a_delivery, a_license, an_incident, assessed, at
from schemas.alert import Alert
from schemas.erasure import ERASED_SUBJECT, Erased, cleaned
from streams.agents.telling.channels.files import MailboxCarrier, erase_mails
from streams.agents.telling.letter import compose
from streams.agents.telling.mail import boundary_of
from streams.agents.telling.notices import drafts_for, steps_for
from streams.agents.telling.routes import House, Mailbox, default_routes
from streams.agents.telling.told import last_told

HOUSE = House()


def messages(tmp_path, told=()):
    """A message of each alert of a little world, as the default routes tell it."""
    routes = default_routes(tmp_path / "mailbox")
    channel = routes.channels["officers"]
    license = a_license()
    alerts = {a.id: a for a in assessed(license, a_delivery(license), an_incident()).alerts}
    steps = steps_for(channel, {}, alerts, routes, None)
    return (
        routes,
        channel,
        [compose(d, routes, channel, at("2026-06-01")) for d in drafts_for(channel, steps, routes, None)],
    )


@pytest.mark.parametrize("form", ["mbox", "maildir"])
async def test_a_mail_that_told_of_it_keeps_its_head_alone_and_others_stay(tmp_path, form):
    _, _, (message, *_) = messages(tmp_path)
    other = message.__class__(
        **{f: getattr(message, f) for f in message.__struct_fields__}
        | {
            "notice": message.notice.__class__(
                **{f: getattr(message.notice, f) for f in message.notice.__struct_fields__} | {"id": "f" * 32}
            ),
            "message_id": f"<{'f' * 32}@pledgewatch.invalid>",
        }
    )
    channel = Mailbox(name="officers", path=tmp_path / "box", form=form)
    carrier = MailboxCarrier(channel, HOUSE)
    for each in (message, other, message):
        await carrier.carry(each, again=False)
    size = channel.path.stat().st_size

    assert erase_mails(channel, [message.notice.id]) == 2
    assert erase_mails(channel, [message.notice.id]) == 0, "doing it again changes nothing"
    box = mailbox.mbox(channel.path) if form == "mbox" else mailbox.Maildir(channel.path)
    mails = sorted(box, key=lambda mail: mail["Message-ID"])
    assert [mail["Subject"] == ERASED_SUBJECT for mail in mails].count(True) == 2
    assert {mail["Message-ID"] for mail in mails} == {message.message_id, other.message_id}
    kept = next(mail for mail in mails if mail["Subject"] != ERASED_SUBJECT)
    assert boundary_of(other) in kept.as_string()
    stub = next(mail for mail in mails if mail["Subject"] == ERASED_SUBJECT)
    assert stub.get_payload().strip() == ERASED_SUBJECT + "."
    assert stub["To"]
    assert form == "maildir" or channel.path.stat().st_size == size, "whoever appends keeps their place"


def test_a_withdrawal_after_an_erasure_says_so_and_repeats_nothing(tmp_path):
    routes, channel, (message, *_) = messages(tmp_path)
    notice = cleaned(message.notice, Erased("incident", "0" * 64).quoted_in)
    told = last_told([notice])["officers"]
    gone = {a: Alert(id=a, status="withdrawn", destination=a[:2]) for a in told}
    (draft,) = drafts_for(channel, steps_for(channel, told, gone, routes, None), routes, None)
    withdrawal = compose(draft, routes, channel, at("2026-06-02"))
    assert "erased on request" in withdrawal.text
    assert withdrawal.in_reply_to == message.message_id
    assert message.notice.subject.partition(": ")[2] not in withdrawal.text + withdrawal.notice.subject
    plain = last_told([message.notice])["officers"]
    (draft,) = drafts_for(channel, steps_for(channel, plain, gone, routes, None), routes, None)
    assert "erased" not in compose(draft, routes, channel, at("2026-06-02")).text
