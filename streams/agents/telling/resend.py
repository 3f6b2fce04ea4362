"""Sending a notice again on an officer's word: the same message, to the same channel, if it may still be said there.

Asked for and answered in the newest record of the notice itself, so that the log says who asked and what became of it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import msgspec

from schemas import Notice
from schemas.alert import Alert
from schemas.notice import SentAgain
from streams.agents.telling.routes import AnyChannel, Routes
from streams.agents.telling.told import Told


def why_not_again(
    notice: Notice,
    channel: AnyChannel,
    told: Mapping[str, Told],
    newest: Mapping[str, Alert],
    routes: Routes,
    today: dt.date | None,
) -> str:
    """Why this notice may not go to this channel again today; empty where it may.

    What a newer notice has overtaken is not said again: a reader would take for news what no longer holds.
    """
    if notice.body is None:
        return "the words of this notice are not kept"
    newer = sorted({told[alert].notice for alert in notice.alerts if alert in told} - {notice.id})
    if newer:
        return f"the channel has been told something newer of the same alert: notice {newer[0]}"
    if notice.body.bare or notice.transition == "withdrawn":
        return ""
    for alert_id in notice.alerts:
        alert = newest.get(alert_id)
        reason = "nothing is on record of it" if alert is None else routes.why_not(channel, alert, today)
        if reason:
            return f"alert {alert_id} may not be described there: {reason}"
    return ""


def answered(notice: Notice, at: dt.datetime, refused: str = "") -> Notice:
    """The notice with what became of the requests that waited: sent `at`, or refused with a reason."""
    became = {"refused": refused} if refused else {"sent_at": at}
    again = tuple(msgspec.structs.replace(each, **became) if each.pending else each for each in notice.again)
    return msgspec.structs.replace(notice, again=again)


def together_again(known: Sequence[SentAgain], said: Sequence[SentAgain]) -> tuple[SentAgain, ...]:
    """All requests of two records of a notice, each once, with what became of it where one of them knows."""
    requests: dict[tuple[dt.datetime, str], SentAgain] = {}
    for each in (*known, *said):
        key = (each.asked_at, each.asked_by)
        if key not in requests or requests[key].pending:
            requests[key] = each
    return tuple(requests[key] for key in sorted(requests))
