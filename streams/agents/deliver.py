"""Agent `deliver`: tells each channel what is news to it, once.

    alerts, ticks ──▶ hear ──▶ settle ──▶ steps since last told ──▶ notices ──▶ outbox ──▶ channel ──▶ `notices`

A message is written to the outbox before it leaves and to `notices` after it arrived; a crash in between sends the same
bytes under the same id again. Each channel has its own desk: one that is down delays nobody else.
What an officer asks to be sent again stands in `notices`, too, and is answered there.
What was told is rebuilt from `notices`, what holds from the newest record of each alert; the offset is only a comfort.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from typing import TypeAlias

import msgspec

from schemas import Notice
from schemas.alert import Alert
from schemas.codec import decode_alert, encode
from schemas.erasure import Erased, cleaned, told_of_it
from schemas.notice import SentAgain
from streams.agents.telling.channels.ports import Carrier, Outbox, Undelivered
from streams.agents.telling.letter import compose, compose_bare, compose_short
from streams.agents.telling.message import Intent, Message, body_of, message_again, read_intent, write_intent
from streams.agents.telling.notices import Draft, destination_of, drafts_for, steps_for
from streams.agents.telling.resend import answered, together_again, why_not_again
from streams.agents.telling.routes import AnyChannel, Routes
from streams.agents.telling.told import Told, last_told, told_by
from streams.errors import Wait
from streams.warehouse.erasing import ErasedOnes

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE, PAUSE_AFTER_REFUSAL = 2.0, 300.0, 3600.0
"""Back-off of a channel that is down [s]: doubled from first to longest; a refusal for good waits for a person."""


class AlertRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record of `alerts`."""

    key: bytes | None
    value: bytes | None
    position: object = None
    """Where it stands, for whoever moves the offset."""


class DayBegun(msgspec.Struct, frozen=True, kw_only=True):
    """A tick: the day that has begun."""

    day: dt.date


class AskedAgain(msgspec.Struct, frozen=True, kw_only=True):
    """A record of `notices` in which somebody asks for the notice to be sent again, or reads what became of it."""

    notice: Notice


class Forgotten(msgspec.Struct, frozen=True, kw_only=True):
    """A fact was erased on request: notices that told of it, without their words."""

    erased: Erased
    notices: tuple[Notice, ...]


class CaughtUp(msgspec.Struct, frozen=True):
    """The log has been read to where it ended when we started; from here on news is news."""


Heard: TypeAlias = AlertRecord | DayBegun | AskedAgain | Forgotten | CaughtUp


class DeliverPorts(msgspec.Struct, frozen=True, kw_only=True):
    """What the deliverer needs of the world."""

    carriers: Mapping[str, Carrier]
    """By name of the channel."""
    outbox: Outbox
    tell: Callable[[Notice], Awaitable[object]]
    """Write the notice to `notices`; durable on return; raises `Wait`."""
    unreadable: Callable[[AlertRecord, str], Awaitable[object]]
    """Park a record that cannot be read, with the reason."""
    moved: Callable[[object], Awaitable[object]]
    """All that was read up to this position has been told."""
    clock: Callable[[], dt.datetime]
    """The time [UTC]: for settling, quiet hours and the date of a mail, never for a judgment."""
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    unsay: Callable[[Notice], Awaitable[object]] | None = None
    """Take the words of a notice out of our own mailboxes."""


class ChannelStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How a channel is doing; numbers for metrics, words for people."""

    channel: str
    up: bool
    refused: bool
    """It refuses for good: a person must look."""
    failures: int
    """Attempts that failed since the last that went well."""
    error: str
    told: int
    """Notices told since the start."""
    waiting: int
    """Alerts that wait to be told, and notices that wait to be sent again."""
    told_at: dt.datetime | None
    down_since: dt.datetime | None


class _Desk:
    """One channel's memory and correspondence."""

    def __init__(self, channel: AnyChannel, carrier: Carrier, told: dict[str, Told]) -> None:
        self.channel = channel
        self.carrier = carrier
        self.told = told
        self.open: set[str] = set()
        self.asked: dict[str, Notice] = {}
        self.intent: Message | None = None
        self.uncertain = False
        self.arrived = False
        self.postponed: dict[str, dt.datetime] = {}
        self.refusals: dict[str, int] = {}
        self.failures = 0
        self.error = ""
        self.refused = False
        self.count = 0
        self.told_at: dt.datetime | None = None
        self.down_since: dt.datetime | None = None
        self.woken = asyncio.Event()


class Deliverer:
    """Keeps what holds and what was told, and closes the gap channel by channel."""

    def __init__(self, routes: Routes, ports: DeliverPorts, notices: Iterable[Notice] = ()) -> None:
        self._routes = routes
        self._ports = ports
        notices = list(notices)
        told = last_told(notices)
        self._asked_before = [notice for notice in notices if notice.again]
        self._again: dict[str, tuple[SentAgain, ...]] = {}
        self._desks = {
            name: _Desk(channel, ports.carriers[name], told.get(name, {})) for name, channel in routes.channels.items()
        }
        self._newest: dict[str, Alert] = {}
        self._replayed: set[str] = set()
        self._erased = ErasedOnes()
        self._stale: set[str] = set()
        self._since: dict[str, tuple[dt.datetime, dt.datetime]] = {}
        self._today: dt.date | None = None
        self._caught_up = asyncio.Event()
        self._ended = False
        self._position: object = None
        self._moved: object = None

    async def run(self, heard: AsyncIterator[Heard]) -> None:
        """Listen and tell until the stream ends and all is told; a channel that is down keeps it waiting."""
        await self.recall()
        async with asyncio.TaskGroup() as tasks:
            for desk in self._desks.values():
                tasks.create_task(self._serve(desk), name=f"deliver {desk.channel.name}")
            async for event in heard:
                await self.hear(event)
            self._ended = True
            await self.hear(CaughtUp())

    async def recall(self) -> None:
        """Take up what was on its way when the last deliverer stopped."""
        for name, desk in self._desks.items():
            raw = await self._ports.outbox.load(name)
            if raw is None:
                continue
            message = read_intent(raw).message
            if any(told.notice == message.notice.id for told in desk.told.values()):
                await self._ports.outbox.clear(name)  # marked, but not yet cleared
            else:
                desk.intent, desk.uncertain = message, True
        for notice in self._asked_before:  # what became of each is in one of them, so all are read before any is sent
            self._again[notice.id] = together_again(self._again.get(notice.id, ()), notice.again)
        for notice in self._asked_before:
            await self._hear_asked(notice)
        self._asked_before = []

    async def hear(self, event: Heard) -> None:
        """Take in one record, day or end of replay."""
        match event:
            case AlertRecord():
                await self._hear_alert(event)
            case DayBegun(day=day):
                if self._today is None or day > self._today:
                    self._today = day
                    if self._caught_up.is_set():
                        self._replayed.clear()  # what opens on a later day is no history of the replay
                    self._reconsider(self._newest)
            case AskedAgain(notice=notice):
                await self._hear_asked(notice)
            case Forgotten():
                await self._forget(event)
            case CaughtUp():
                self._caught_up.set()
                self._reconsider(self._newest)

    async def _forget(self, forgotten: Forgotten) -> None:
        """Remember of these notices only that they went out; what is on its way and tells of it does not leave."""
        clean = {notice.id: notice for notice in forgotten.notices}
        self._erased.add(forgotten.erased)
        self._stale = {alert.id for alert in self._newest.values() if self._rests_on_erased(alert)}
        for desk in self._desks.values():
            for told in [told for told in desk.told.values() if told.notice in clean]:
                desk.told[told.alert] = next(each for each in told_by(clean[told.notice]) if each.alert == told.alert)
                desk.open.add(told.alert)
            if desk.intent is not None and told_of_it(desk.intent.notice, forgotten.erased) and not desk.arrived:
                if desk.uncertain:
                    await self._say_less(desk, desk.intent)
                else:
                    await self._ports.outbox.clear(desk.channel.name)
                    desk.intent = None
            desk.woken.set()

    def _rests_on_erased(self, alert: Alert) -> bool:
        """Whether it still says something of what was erased: it is about to be said anew, and is not told before."""
        return alert.status != "withdrawn" and bool(self._erased) and self._erased.quoted_in(encode(alert).decode())

    async def _hear_alert(self, record: AlertRecord) -> None:
        self._position = record.position
        try:
            alert = _read(record)
        except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
            await self._ports.unreadable(record, f"not an alert: {type(error).__name__}")
            return
        before = self._newest.get(alert.id)
        self._newest[alert.id] = alert
        (self._stale.add if self._rests_on_erased(alert) else self._stale.discard)(alert.id)
        if self._caught_up.is_set():
            self._replayed.discard(alert.id)
        else:
            self._replayed.add(alert.id)
        if before is None or _claim(before) != _claim(alert):
            self._since[alert.id] = self._unrest(alert.id)
        self._reconsider([alert.id])

    async def _hear_asked(self, notice: Notice) -> None:
        again = together_again(self._again.get(notice.id, ()), notice.again)
        self._again[notice.id] = again
        if not any(each.pending for each in again):
            return
        notice, desk = msgspec.structs.replace(notice, again=again), self._desks.get(notice.channel)
        if desk is None:
            await self._answer(notice, f"there is no channel {notice.channel} any more")
        else:
            desk.asked[notice.id] = notice
            desk.woken.set()

    async def _answer(self, notice: Notice, refused: str = "") -> None:
        """Write down what became of a request to send a notice again."""
        said = answered(notice, self._ports.clock(), refused)
        await self._ports.tell(said)
        self._again[notice.id] = said.again

    def _unrest(self, alert_id: str) -> tuple[dt.datetime, dt.datetime]:
        """The first and the last word of the present unrest about an alert."""
        now = self._ports.clock()
        first, last = self._since.get(alert_id, (now, now))
        calm = now - last >= dt.timedelta(seconds=self._routes.pace.settle_seconds)
        return (now if calm else first, now)

    def _reconsider(self, alerts: Iterable[str]) -> None:
        ids = list(alerts)
        for desk in self._desks.values():
            desk.open.update(ids)
            desk.woken.set()

    async def _serve(self, desk: _Desk) -> None:
        await self._caught_up.wait()
        while True:
            desk.woken.clear()
            pause = await self.attend(desk.channel.name)
            if pause is None and self._ended:
                return
            await self._pause(desk, pause)

    async def _pause(self, desk: _Desk, seconds: float | None) -> None:
        """Until something is heard or the time is over; a channel that is down waits its time out."""
        if desk.failures and seconds is not None:
            await self._ports.sleep(seconds)
            return
        waits: list[asyncio.Future[object]] = [asyncio.ensure_future(desk.woken.wait())]
        if seconds is not None:
            waits.append(asyncio.ensure_future(self._ports.sleep(seconds)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def attend(self, name: str) -> float | None:
        """One look at a channel: tell what is ready. Seconds until the next look; `None`: all is told."""
        desk = self._desks[name]
        try:
            pause = await self._attend(desk)
        except Undelivered as error:
            return self._note_failure(desk, error)
        except Wait as error:
            return self._note_failure(desk, Undelivered(str(error), certain=False, retry_after=error.retry_after))
        await self._move()
        return pause

    async def _attend(self, desk: _Desk) -> float | None:
        if desk.intent is not None:
            await self._carry(desk, desk.intent)
        await self._send_again(desk)
        drafts = self._drafts(desk)
        pauses = []
        for draft in drafts:
            pause = self._wait_for(desk, draft)
            if pause > 0:
                pauses.append(pause)
            elif any(self._newest[step.alert.id] is not step.alert for step in draft.steps):
                return 0.0  # a newer word came while another notice was on its way
            else:
                pauses += await self._tell(desk, draft) or [0.0]  # what was told is looked at again: nothing is left
        return min(pauses, default=None)

    async def _send_again(self, desk: _Desk) -> None:
        """What an officer asked to be sent again, in quiet hours, too: the same message, unless it may not be."""
        for notice in list(desk.asked.values()):
            refused = why_not_again(notice, desk.channel, desk.told, self._newest, self._routes, self._today)
            if not refused and notice.body is not None:
                try:
                    await desk.carrier.carry(message_again(notice, notice.body), again=False)
                except Undelivered as error:
                    if not error.permanent:
                        raise
                    refused = f"the channel refused it: {error}"
            await self._answer(notice, refused)
            del desk.asked[notice.id]

    def _drafts(self, desk: _Desk) -> list[Draft]:
        known = {alert_id: self._newest[alert_id] for alert_id in desk.open - self._stale}
        steps = steps_for(desk.channel, desk.told, known, self._routes, self._today)
        desk.open = {step.alert.id for step in steps}
        return drafts_for(desk.channel, steps, self._routes, self._today, self._replayed)

    def _wait_for(self, desk: _Desk, draft: Draft) -> float:
        """Seconds until this notice may go: alerts settled, channel not quiet, not just refused."""
        now = self._ports.clock()
        if desk.channel.quiet is not None and desk.channel.quiet.holds(now, draft.band):
            return 60.0
        postponed = desk.postponed.get(draft.id)
        if postponed is not None and postponed > now:
            return (postponed - now).total_seconds()
        pace = self._routes.pace
        times = [self._since[step.alert.id] for step in draft.steps if step.alert.id in self._since]
        if not times:
            return 0.0
        settled = max(last for _, last in times) + dt.timedelta(seconds=pace.settle_seconds)
        at_most = min(first for first, _ in times) + dt.timedelta(seconds=pace.settle_at_most_seconds)
        return max(0.0, (min(settled, at_most) - now).total_seconds())

    async def _tell(self, desk: _Desk, draft: Draft) -> list[float]:
        """Write it down, carry it, mark it. A refusal for good postpones this notice, not those behind it."""
        message = self._compose(desk, draft)
        await self._ports.outbox.put(desk.channel.name, write_intent(Intent(message=message)))
        desk.intent, desk.uncertain, desk.arrived = message, False, False
        try:
            await self._carry(desk, message)
        except Undelivered as error:
            if not error.permanent:
                raise
            return [self._note_failure(desk, error)]
        return []

    def _compose(self, desk: _Desk, draft: Draft) -> Message:
        """The message; in short where the long one was refused, or cannot be written."""
        now = self._ports.clock()
        if desk.refusals.get(draft.id, 0) == 0:
            try:
                return compose(draft, self._routes, desk.channel, now)
            except Exception as error:  # a fault of ours in one letter must not silence the channel
                log.error("notice %s cannot be written (%s); it goes in short", draft.id, type(error).__name__)
        return compose_short(draft, self._routes, desk.channel, now)

    async def _carry(self, desk: _Desk, message: Message) -> None:
        """Bring what is on its way to its end: carried, marked, forgotten."""
        if not desk.arrived:
            message = self._as_allowed(desk, message)
            try:
                await desk.carrier.carry(message, again=desk.uncertain)
            except Undelivered as error:
                await self._hold_or_forget(desk, message, error)
                raise
            desk.arrived = True
        await self._mark(desk, message)

    def _as_allowed(self, desk: _Desk, message: Message) -> Message:
        """The message as it is, or bare where what it describes may meanwhile not be described there any more."""
        alerts = [self._newest.get(alert_id) for alert_id in message.notice.alerts]
        hearings = [self._routes.hearing(desk.channel, alert, self._today) for alert in alerts if alert is not None]
        gone = message.notice.transition == "withdrawn"
        if gone or not desk.uncertain or all(hearing.describable for hearing in hearings):
            return message
        return compose_bare(message, self._routes, desk.channel)

    async def _hold_or_forget(self, desk: _Desk, message: Message, error: Undelivered) -> None:
        """What surely did not arrive is written anew; after what may have arrived only the same may follow."""
        if error.permanent:
            desk.refusals[message.notice.id] = desk.refusals.get(message.notice.id, 0) + 1
            desk.postponed[message.notice.id] = self._ports.clock() + dt.timedelta(
                seconds=FIRST_PAUSE if desk.refusals[message.notice.id] == 1 else PAUSE_AFTER_REFUSAL
            )
        if error.permanent and desk.uncertain:
            await self._say_less(desk, message)
        elif error.permanent or (error.certain and not desk.uncertain):
            await self._ports.outbox.clear(desk.channel.name)
            desk.intent = None
        else:
            desk.uncertain = True

    async def _say_less(self, desk: _Desk, message: Message) -> None:
        """A repeat is refused for good, though the first may have arrived: from now on it is tried bare, under its id.

        Nothing else may go before it has arrived, so that a withdrawal follows what it withdraws; the status shows it.
        """
        bare = compose_bare(message, self._routes, desk.channel)
        await self._ports.outbox.put(desk.channel.name, write_intent(Intent(message=bare)))
        desk.intent = bare

    async def _mark(self, desk: _Desk, message: Message) -> None:
        now = self._ports.clock()
        notice = msgspec.structs.replace(message.notice, at=now, body=body_of(message))
        late = any(self._erased.quoted_in(ground) for each in notice.grounds for ground in each)
        if late or self._stale.intersection(notice.alerts):  # it arrived while what it tells was being erased
            notice = cleaned(notice, self._erased.quoted_in)
            if self._ports.unsay is not None:
                await self._ports.unsay(notice)
        await self._ports.tell(notice)
        for told in told_by(notice):
            desk.told[told.alert] = told
            desk.open.add(told.alert)
        await self._ports.outbox.clear(desk.channel.name)
        desk.intent, desk.arrived, desk.uncertain = None, False, False
        desk.failures, desk.error, desk.refused, desk.down_since = 0, "", False, None
        desk.refusals.pop(notice.id, None)
        desk.postponed.pop(notice.id, None)
        desk.count, desk.told_at = desk.count + 1, now

    def _note_failure(self, desk: _Desk, error: Undelivered) -> float:
        """Write down that the channel is down; seconds until it is tried again."""
        desk.failures += 1
        desk.error, desk.refused = str(error), error.permanent
        desk.down_since = desk.down_since or self._ports.clock()
        log.warning("channel %s: %s (attempt %d)", desk.channel.name, error, desk.failures)
        pause: float = min(FIRST_PAUSE * 2 ** min(desk.failures - 1, 16), LONGEST_PAUSE)
        return max(pause, error.retry_after)

    async def _move(self) -> None:
        """Let the offset move once nobody has anything left to hear."""
        if self._position is self._moved or any(desk.open or desk.intent for desk in self._desks.values()):
            return
        self._moved = self._position
        await self._ports.moved(self._position)

    @property
    def caught_up(self) -> bool:
        """Whether the log has been read to where it ended when this began."""
        return self._caught_up.is_set()

    def status(self) -> tuple[ChannelStatus, ...]:
        """How each channel is doing."""
        return tuple(
            ChannelStatus(
                channel=name,
                up=desk.failures == 0,
                refused=desk.refused,
                failures=desk.failures,
                error=desk.error,
                told=desk.count,
                waiting=len(desk.open) + len(desk.asked),
                told_at=desk.told_at,
                down_since=desk.down_since,
            )
            for name, desk in self._desks.items()
        )


def _claim(alert: Alert) -> tuple[object, ...]:
    return (alert.version, alert.status, alert.band, alert.tlp, alert.may_use_for, alert.embargo_until)


def _read(record: AlertRecord) -> Alert:
    """The alert of a record; a record without value says that nothing is left of it."""
    if record.value is None:
        alert_id = (record.key or b"").decode()
        if "~" not in alert_id:
            raise ValueError("neither value nor alert id")
        return Alert(id=alert_id, status="withdrawn", destination=destination_of(alert_id))
    return decode_alert(record.value)
