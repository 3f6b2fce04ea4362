"""Erasure on request, and litigation holds: who may ask, who confirms, what stands in the way.

    ask        an officer's key: the fact, and why             → a word in `erasures` that erases nothing yet
    confirm    another officer's key                           → a word that erases; the stubs are laid
    confirm    again, by whom ever                             → what a crash left undone is done

Both steps are refused while a litigation hold stands on the fact, or on an alert that rests on it or ever did. There is
no way back: the id is refused at the door for good.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Protocol, get_args

import msgspec
from msgspec import Meta

from schemas import Alert, Erasure, Hold, Notice, Problem, Refused
from schemas.codec import TOPIC_OF
from schemas.erasure import ERASURES, ToldOf, erasure_id, key_digest
from schemas.reading import read_fact
from schemas.vocabulary import ErasableKind
from streams.access import Access
from streams.intake.door import Door
from streams.intake.searching import Sought

MOST_BODIES, MOST_TOLD = 1000, 10_000
"""As many as an erasure may list; beyond, the newest [count]."""


Key = Annotated[str, Meta(max_length=200, description="The fact [kind:source:id].")]


class ErasureAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an officer asks for."""

    key: Key
    why: Annotated[str, Meta(max_length=4000, description="Why, in words that repeat nothing of it [text].")]


class ErasureConfirmed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a second officer confirms."""

    key: Key


class ErasureSought(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What should be gone."""

    key: Key
    words: Annotated[
        tuple[Annotated[str, Meta(min_length=3, max_length=400)], ...],
        Meta(max_length=100, description="Words that must no longer appear; they are not kept [text]."),
    ] = ()


class ErasureReads(Protocol):
    """The part of the warehouse that an erasure asks. Blocking; asked in a thread."""

    def history(self, id: str, /) -> list[tuple[dt.datetime, Alert]]:
        """Every record of one alert, oldest first."""

    def told_of(self, key: str, /) -> Sequence[Notice]:
        """The notices that told of the fact `kind:source:id`, oldest first."""


class Eraser:
    """Takes the two steps of an erasure, each in the name of a key."""

    def __init__(self, door: Door, reads: ErasureReads, clock: Callable[[], dt.datetime]) -> None:
        self._door, self._reads, self._clock = door, reads, clock

    async def ask(self, key: str, why: str, access: Access) -> Erasure:
        """Ask for the erasure of the fact `kind:source:id`; raises `Refused` where it cannot be asked for."""
        kind, source, id = _parts(key)
        await self._door.hear(TOPIC_OF[kind])
        await self._may(key, source, access)
        if id in why or source + ":" + id in why:
            raise _refused("/why", "words that repeat the id", "why it is erased, without anything of what is erased")
        if not await asyncio.to_thread(self._door.index.of_fact, key):
            raise _refused("/key", "a fact that the log does not have", "kind:source:id of a fact that it has")
        digest = key_digest(key)
        before = self._door.index.erasure(digest)
        asked = Erasure(
            id=erasure_id(digest), source=ERASURES, revision=before.revision + 1 if before else 1, of=kind,
            of_source=source, digest=digest, why=why, asked_by=access.name, asked_at=self._clock(),
        )  # fmt: skip
        if before is not None and (before.asked_by, before.why) == (access.name, why):
            return before
        return await self._said(asked, access)

    async def confirm(self, key: str, access: Access) -> Erasure:
        """Confirm, as the second person, what another has asked for; again: finish what a crash left undone."""
        kind, source, _ = _parts(key)
        await self._door.hear(TOPIC_OF[kind])
        asked = self._door.index.erasure(key_digest(key))
        if asked is not None and asked.erases:
            return await self._said(asked, access)
        await self._may(key, source, access)
        if asked is None:
            raise _refused("/key", "a fact whose erasure nobody has asked for", "one that another officer asked for")
        if asked.asked_by == access.name:
            raise _refused("/key", "the key of the one who asked", "the key of a second officer")
        records = await asyncio.to_thread(self._door.index.of_fact, key)
        notices = await asyncio.to_thread(self._reads.told_of, key)
        confirmed = msgspec.structs.replace(
            asked, revision=asked.revision + 1, recorded_at=None, confirmed_by=access.name,
            confirmed_at=max(self._clock(), asked.asked_at),
            bodies=tuple(sorted({r.hash for r in records}))[:MOST_BODIES],
            told=tuple(ToldOf(notice=n.id, channel=n.channel, at=n.at) for n in notices[-MOST_TOLD:]),
        )  # fmt: skip
        return await self._said(confirmed, access)

    async def sought(self, key: str, words: Sequence[str]) -> Sought:
        """What should be gone of the fact `kind:source:id`; raises `Refused` where it was not erased."""
        _parts(key)
        await self._door.hear()
        erasure = self._door.index.erasure(key_digest(key))
        if erasure is None or not erasure.erases:
            raise _refused("/key", "a fact that was not erased", "one whose erasure two officers have signed")
        return Sought(key=key, digest=erasure.digest, bodies=erasure.bodies, words=tuple(words))

    async def all(self) -> list[Erasure]:
        """The newest word on every erasure, the newest request first."""
        await self._door.hear()
        return await asyncio.to_thread(self._door.index.erasures)

    async def holds(self) -> list[Hold]:
        """The newest word on every litigation hold, set or lifted."""
        await self._door.hear()
        return await asyncio.to_thread(self._door.index.holds)

    async def held_by(self, key: str) -> Hold | None:
        """A hold that stands on the fact, or on an alert that rests on it or ever did."""
        standing = [hold for hold in await self.holds() if hold.state == "set"]
        return await asyncio.to_thread(lambda: next((h for h in standing if self._holds(h, key)), None))

    def _holds(self, hold: Hold, key: str) -> bool:
        return hold.on == key or ("~" in hold.on and key in _ever_rested_on(self._reads.history(hold.on)))

    async def _may(self, key: str, source: str, access: Access) -> None:
        if access.source not in (None, source) or (access.states and access.source is None):
            raise _refused("/key", "a fact of a source that is not this key's", "one of this key's source")
        await self._door.hear()
        if self._door.index.is_erased(key):
            raise _refused("/key", "a fact that was erased", "one that the log has")
        hold = await self.held_by(key)
        if hold is not None:
            found = f"a fact that the litigation hold {hold.ref} keeps, set by {hold.by_role} on {hold.at:%Y-%m-%d}"
            raise _refused("/key", found, "one without a hold: it can be erased once the hold is lifted")

    async def _said(self, erasure: Erasure, access: Access) -> Erasure:
        checked = read_fact(erasure)
        assert isinstance(checked, Erasure)  # it was one before it was read
        await self._door.erase(checked, access)
        return self._door.index.erasure(checked.digest) or checked


def _parts(key: str) -> tuple[ErasableKind, str, str]:
    kind, _, ref = key.partition(":")
    source, _, id = ref.partition(":")
    if kind not in get_args(ErasableKind) or not source or not id or kind not in TOPIC_OF:
        raise _refused("/key", "something else", f"kind:source:id, of kind {', '.join(sorted(get_args(ErasableKind)))}")
    return kind, source, id  # type: ignore[return-value]  # held against the words of the type above


def _ever_rested_on(history: Sequence[tuple[dt.datetime, Alert]]) -> frozenset[str]:
    def every() -> Iterator[str]:
        for _, alert in history:
            yield from (evidence.fact for case in alert.cases for evidence in case.evidence)
            yield from (f"decision:{note.ref}" for note in alert.decisions)
            yield from (f"report:{note.ref}" for note in alert.reports)
            if alert.license is not None:
                yield f"license:{alert.license.ref}"

    return frozenset(every())


def _refused(path: str, found: str, expected: str) -> Refused:
    return Refused([Problem(path=path, found=found, expected=expected)])
