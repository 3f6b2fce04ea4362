"""The door: bytes from outside become facts in the log, or are refused with every reason, and nothing between.

    read      one record at a time, into a fact, with every fault found (`schemas.reading`)
    permit    what the key may send: its kinds, its one source, the licenses of its party
    compare   with the log: the same body is the same receipt, another body under one id and revision a conflict
    send      all that is left in one call; when it returns, the log has it
    enter     into the index, which makes the next comparison

A record of many is judged by itself. What passes is sent together, what does not is answered with its reasons; the
answer comes only when the log has every record that it calls accepted. With `whole`, one that fails keeps out all.

*The register cannot be probed.* A feeder may report on the licenses that its key names (`Access.licenses`), and that is
decided by the key alone: a license that does not exist and one that belongs to somebody else are refused alike, after
the same work, because the register is never asked. What a report then touched, only officers can see.

*A kill loses and doubles nothing.* The index follows the log and never runs ahead of it (`streams.intake.index`). A
kill before the append: the sender has no receipt and sends again. A kill between the append and the index: the next
question first reads the log's end, finds the record, and the sender's repeat gets the receipt of the first. The same
holds after a send that failed half way.

*What was erased does not come in again.* Its id is refused, in any revision, for good. The door also lays the stubs:
for every record of it in the topics of facts a record without a value, under the same key.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from schemas import AnyFact, Decision, Delivery, Erasure, Hold, License, PostShipmentReport, Problem, Refused, Tick
from schemas.codec import TOPIC_OF, encode, fact_key, kind_of, log_key, topic_of
from schemas.reading import LineRefused, Read, read_fact, read_many
from schemas.screen import DenyList
from schemas.vocabulary import FactKind
from streams.access import Access, Scope
from streams.intake.index import FIRST, Abreast, Index, Told, outgoing, receipt_of, told
from streams.names.states import resolve_state
from streams.transport.partitioning import partition_of
from streams.transport.ports import Outgoing, Producer, Reader

_FEEDS: frozenset[FactKind] = frozenset({"delivery", "report", "incident"})
SENDS: Mapping[Scope, frozenset[FactKind]] = {
    "feed": _FEEDS,
    "officer": _FEEDS | {"license", "decision", "judgment", "name", "hold"},
    "staff": frozenset(),
    "admin": _FEEDS | {"license", "decision", "judgment", "name", "policy", "hold"},
}
"""Which kinds a scope may send, and take back. Ticks come from our clock alone, erasures from two officers together."""

_UNSURE = frozenset({"ambiguous", "spelling", "sub-national", "supranational", "historical", "unattributed"})
"""A state decides where a fact goes: what is only probably meant is refused, and its sender asked."""

Outcome = Literal["accepted", "known", "conflict", "forbidden", "refused", "held_back"]


class Result(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one record of a request."""

    index: Annotated[int, Meta(ge=0, description="Place in the request, from 0 [count].")]
    outcome: Annotated[
        Outcome,
        Meta(
            description="accepted: the log has it; known: it had it already; conflict: another body has this id and "
            "revision; forbidden: not for this key; refused: see errors; held_back: good, but the whole was refused."
        ),
    ]
    fact: Annotated[str | None, Meta(description="`kind:source:id`, where it could be read.")] = None
    revision: Annotated[int | None, Meta(description="Revision [count].")] = None
    receipt: Annotated[str | None, Meta(description="Receipt of what the log has [32 hexadecimal digits].")] = None
    errors: Annotated[tuple[Problem, ...], Meta(description="Every fault; a path is a JSON pointer.")] = ()


Owns = Callable[[str, Access], bool]
"""Whether a license (`source:id`) is the business of a key's holder. May block: it is asked in a thread."""


def owned_by_key(license_ref: str, access: Access) -> bool:
    """By the key alone: a feeder's licenses are named in its key, those inside the authority may speak of all."""
    if not access.licenses:
        return access.may("officer", "admin")
    register = license_ref.partition(":")[0]
    return not {"*", f"{register}:*", license_ref}.isdisjoint(access.licenses)


def owned_by_register(facts: Callable[[str], Sequence[AnyFact]]) -> Owns:
    """As `owned_by_key`, and an officer bound to issuing states speaks of those states' licenses only.

    `facts` gives the stored revisions of `license:source:id`, the newest first. Feeders never reach the register.
    """

    def owns(license_ref: str, access: Access) -> bool:
        if not access.states or not access.may("officer", "admin"):
            return owned_by_key(license_ref, access)
        newest = next((fact for fact in facts(f"license:{license_ref}") if isinstance(fact, License)), None)
        return newest is not None and access.sees_state(newest.issuing_state) and owned_by_key(license_ref, access)

    return owns


def state_code(text: str) -> str | None:
    """The code of the one state that `text` surely names; `None` for what is only probable, a part, or past."""
    state = resolve_state(text)
    return None if state is None or _UNSURE & set(state.flags) else state.code


class _Entry(msgspec.Struct, frozen=True):
    """A record after reading and permission: a fact, or the result that it already has."""

    index: int
    fact: AnyFact | None
    result: Result | None = None


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """How a body is to be taken in."""

    content_type: str = "application/json"
    expect: FactKind | None = None
    """The kind that all must be, or take back."""
    whole: bool = False
    """Whether one that fails keeps out all."""
    most: int = 20_000
    """Most records in one request [count]."""


DEFAULT = Asked()
HOUSE = Access(name="pages", scopes=frozenset({"officer"}))
"""Our own pages, which have looked at the officer's key themselves."""


class Door:
    """The one way in. Holds the index; `partitions` is the number that every topic has.

    Stubs are laid anew at each start and by `keep_stubs`, for `stubs_again_days`: on a cluster a record that comes
    later ends the segment that holds the first ones, so that it is compacted.
    """

    def __init__(
        self,
        producer: Producer,
        reader: Reader,
        index: Index,
        *,
        partitions: int,
        clock: Callable[[], dt.datetime],
        owns: Owns = owned_by_key,
        resolve_country: Callable[[str], str | None] = state_code,
        deny: DenyList | None = None,
        stubs_again_days: int = 0,
    ) -> None:
        self._stubs_again_ms = stubs_again_days * 86_400_000
        self._producer, self._reader = producer, reader
        self.index = index
        self._abreast = Abreast(index, reader)
        self._partitions, self._clock = partitions, clock
        self._owns, self._resolve, self._deny = owns, resolve_country, deny
        self._held: dict[str, asyncio.Event] = {}
        self._granted: dict[str, str] = {}

    async def start(self) -> int:
        """Read what the log has and the index has not; return how many records that were."""
        read = await self._abreast(TOPIC_OF.values())
        await self.lay_stubs()
        return read

    async def take(self, body: bytes, access: Access, asked: Asked = DEFAULT) -> list[Result]:
        """Take a body in, in the name of `access`: one fact, a JSON array, or NDJSON (blank lines are passed over).

        Returns a result for each record, in order, once the log has what it calls accepted. Raises `Refused` for a
        body that cannot be taken apart, `Wait` when the log is away; in both cases nothing is promised.
        """
        read = await asyncio.to_thread(self._read_body, body, asked)
        return await self._take(read, access, whole=asked.whole)

    async def look(self, tree: object, access: Access, expect: FactKind) -> tuple[AnyFact | None, tuple[Problem, ...]]:
        """What decoded JSON would be as a fact, and why it could not be sent in the name of `access`; sends nothing."""
        return await asyncio.to_thread(self._look, tree, access, expect)

    async def take_facts(self, facts: Sequence[AnyFact], access: Access, *, whole: bool = True) -> list[Result]:
        """Take facts that were made in the house; they go through the same door and the same checks."""
        read = await asyncio.to_thread(lambda: [self._reread(fact) for fact in facts])
        return await self._take(read, access, whole=whole)

    async def submit(self, facts: Sequence[AnyFact], access: Access = HOUSE) -> list[Result]:
        """As `take_facts`, for callers who cannot go on without: raises `Refused` if one is then not in the log."""
        results = await self.take_facts(facts, access)
        if failed := [result for result in results if result.receipt is None]:
            raise Refused([error for result in failed for error in result.errors])
        return results

    @asynccontextmanager
    async def once(self, *names: str) -> AsyncIterator[None]:
        """Nobody else holds any of these names meanwhile: two requests with one `Idempotency-Key` follow each other."""
        async with self._holding({f"name {name}" for name in names}):
            yield

    # -- read and permit ------------------------------------------------------------------------------------------

    def _read_body(self, body: bytes, asked: Asked) -> list[Read]:
        try:
            read = read_many(
                body, asked.content_type, resolve_country=self._resolve, expect=asked.expect, deny=self._deny
            )
        except RecursionError as error:
            raise Refused([_BOMB]) from error
        if not read or len(read) > asked.most:
            expected = f"from 1 to {asked.most:,} facts in one request"
            raise Refused([Problem(path="", found=f"{len(read):,} facts", expected=expected)])
        return read

    def _look(self, tree: object, access: Access, expect: FactKind) -> tuple[AnyFact | None, tuple[Problem, ...]]:
        try:
            fact = read_fact(tree, resolve_country=self._resolve, expect=expect, deny=self._deny)
        except Refused as refused:
            return None, tuple(refused.problems)
        return fact, tuple(self._forbidden(fact, access, self._granted))

    def _reread(self, fact: AnyFact) -> Read:
        try:
            return read_fact(fact, resolve_country=self._resolve, deny=self._deny)
        except Refused as refused:
            return LineRefused(line=1, problems=tuple(refused.problems))

    async def _take(self, read: Sequence[Read], access: Access, *, whole: bool) -> list[Result]:
        entries = await asyncio.to_thread(self._permit_all, read, access, self._clock())
        return await self._admit(entries, access, whole)

    def _permit_all(self, read: Sequence[Read], access: Access, now: dt.datetime) -> list[_Entry]:
        granted = {**self._granted, **_granted_by(one for one in read if not isinstance(one, LineRefused))}
        return [
            _Entry(index, None, Result(index=index, outcome="refused", errors=one.problems))
            if isinstance(one, LineRefused)
            else self._permit(index, one, access, granted, now)
            for index, one in enumerate(read)
        ]

    def _permit(
        self, index: int, fact: AnyFact, access: Access, granted: Mapping[str, str], now: dt.datetime
    ) -> _Entry:
        if problems := list(self._forbidden(fact, access, granted)):
            return _Entry(index, None, _result(index, "forbidden", fact, errors=tuple(problems)))
        return _Entry(index, _stamped(fact, access, now))

    def _forbidden(self, fact: AnyFact, access: Access, granted: Mapping[str, str]) -> Iterable[Problem]:
        kind, allowed = kind_of(fact), frozenset().union(*(SENDS[scope] for scope in access.scopes))
        if isinstance(fact, Tick) or kind == "tick":
            yield Problem(path="/fact", found="tick", expected="any other kind: only the authority's clock makes ticks")
            return
        if isinstance(fact, Erasure):
            yield Problem(path="/fact", found="erasure", expected="any other kind: erasures are asked for, not sent")
            return
        if kind not in allowed:
            yield Problem(path="/fact", found=kind, expected=f"a kind that this key may send: {_listed(allowed)}")
        if access.source is not None and fact.source != access.source:
            yield Problem(path="/source", found=fact.source, expected=f"{access.source}, the source of this key")
        if access.states and access.source is None:
            yield _UNBOUND
        if isinstance(fact, License) and not access.sees_state(fact.issuing_state):
            yield Problem(path="/issuing_state", found=fact.issuing_state, expected=_listed(access.states))
        if isinstance(fact, PostShipmentReport | Delivery) and not self._speaks_of(fact.license, access, granted):
            yield _FOREIGN
        if isinstance(fact, Decision) and not self._speaks_of(fact.alert.split("~")[1], access, granted):
            yield _FOREIGN_ALERT

    def _speaks_of(self, license_ref: str, access: Access, granted: Mapping[str, str]) -> bool:
        """For those who see the register, licenses that just came in count before the warehouse has them."""
        state = granted.get(license_ref) if access.may("officer", "admin") and not access.licenses else None
        return access.sees_state(state) if state else self._owns(license_ref, access)

    async def follow(self) -> None:
        """Take in what others write into the log as it comes, for ever: questions are answered sooner."""
        await self._abreast.follow(TOPIC_OF.values())

    # -- compare, send, enter -------------------------------------------------------------------------------------

    async def _admit(self, read: Sequence[_Entry], access: Access, whole: bool) -> list[Result]:
        results = {entry.index: entry.result for entry in read if entry.result is not None}
        facts = {entry.index: entry.fact for entry in read if entry.fact is not None}
        async with self._holding({log_key(fact).decode() for fact in facts.values()}):
            compared, twins = await self._compare(facts)
            results |= compared
            new = {index: fact for index, fact in facts.items() if index not in compared and index not in twins}
            keep_out = whole and any(result.outcome in _FAILURES for result in results.values())
            if not keep_out:
                await self._send(list(new.values()), access)
            for index, fact in new.items():
                results[index] = (
                    _result(index, "held_back", fact)
                    if keep_out
                    else _result(index, "accepted", fact, receipt=receipt_of(fact))
                )
        for index, first in twins.items():
            outcome: Outcome = "known" if results[first].receipt else results[first].outcome
            results[index] = msgspec.structs.replace(results[first], index=index, outcome=outcome)
        return [results[index] for index in sorted(results)]

    async def _compare(self, facts: Mapping[int, AnyFact]) -> tuple[dict[int, Result], dict[int, int]]:
        """What the log has already, or has otherwise; and which records repeat an earlier one of this request."""
        await self._abreast({topic_of(fact) for fact in facts.values()} | set(FIRST))
        known = await asyncio.to_thread(self.index.by_keys, [log_key(fact).decode() for fact in facts.values()])
        there = {key: {entry.receipt for entry in entries} for key, entries in known.items()}
        results: dict[int, Result] = {}
        firsts: dict[str, tuple[int, str]] = {}
        twins: dict[int, int] = {}
        for index, fact in facts.items():
            key, receipt = log_key(fact).decode(), receipt_of(fact)
            if self.index.is_erased(fact_key(fact)):
                results[index] = Result(index=index, outcome="refused", errors=(_ERASED,))
            elif receipt in there.get(key, ()):
                results[index] = _result(index, "known", fact, receipt=receipt)
            elif key in there or firsts.get(key, (0, receipt))[1] != receipt:
                results[index] = _result(index, "conflict", fact, errors=(_conflict(fact),))
            elif key in firsts:
                twins[index] = firsts[key][0]
            else:
                firsts[key] = (index, receipt)
        return results, twins

    async def _send(self, facts: Sequence[AnyFact], access: Access) -> None:
        if not facts:
            return
        positions = await self._producer.send([self._record(fact, access) for fact in facts])
        entries: list[Told] = [told(fact, position, _ms(fact)) for fact, position in zip(facts, positions, strict=True)]
        spoken = [fact for fact in facts if isinstance(fact, Erasure | Hold)]
        await asyncio.to_thread(self.index.enter_sent, entries, spoken)
        self._granted |= _granted_by(facts)

    # -- erasure --------------------------------------------------------------------------------------------------

    async def hear(self, *topics: str) -> None:
        """Read what others have written about erasures and holds, and into `topics`."""
        await self._abreast({*FIRST, *topics})

    async def erase(self, erasure: Erasure, access: Access) -> None:
        """Have the log take a word on an erasure that was made in the house, and lay the stubs where it erases."""
        async with self._holding({f"erasure {erasure.digest}"}):
            known = self.index.erasure(erasure.digest)
            if known is None or _undated(known) != _undated(erasure):
                await self._send([_stamped(erasure, access, self._clock())], access)
            elif known.erases:  # said again as it is, so that whoever missed it, or died over it, does it again
                await self._send([known], access)
            await self.hear()
            await self.hear(TOPIC_OF[erasure.of])
            await self.lay_stubs()

    async def keep_stubs(self, every: float = 86_400.0) -> None:
        """Lay the stubs again every day [s], for ever."""
        while True:
            await asyncio.sleep(every)
            await self.lay_stubs()

    async def lay_stubs(self) -> int:
        """Lay the stubs that are due over what was erased; return how many. Doing it again is harmless."""
        due = await asyncio.to_thread(self.index.stubs)
        for start in range(0, len(due), _STUBS_AT_ONCE):
            some = due[start : start + _STUBS_AT_ONCE]
            await self._producer.send([Outgoing(stub.topic, None, stub.key, stub.partition) for stub in some])
            now_ms = int(self._clock().timestamp() * 1000)
            await asyncio.to_thread(self.index.stubs_laid, some, now_ms, self._stubs_again_ms)
        return len(due)

    def _record(self, fact: AnyFact, access: Access) -> Outgoing:
        partition = partition_of(fact_key(fact).encode(), self._partitions)
        return outgoing(fact, topic_of(fact), partition, encode(fact), _ms(fact), access.name)

    @asynccontextmanager
    async def _holding(self, keys: set[str]) -> AsyncIterator[None]:
        """Nobody else compares or sends these keys meanwhile; all are taken at once, so nobody waits in a ring."""
        while busy := next((self._held[key] for key in keys if key in self._held), None):
            await busy.wait()
        mine = asyncio.Event()
        self._held |= dict.fromkeys(keys, mine)
        try:
            yield
        finally:
            for key in keys:
                del self._held[key]
            mine.set()


def _undated(erasure: Erasure) -> Erasure:
    return msgspec.structs.replace(erasure, recorded_at=None)


_STUBS_AT_ONCE = 500
_ERASED = Problem(
    path="/id",
    found="the id of a fact that was erased on request",
    expected="another id, and only what is not what was erased",
)
_FAILURES: frozenset[Outcome] = frozenset({"refused", "forbidden", "conflict"})
_BOMB = Problem(path="", found="JSON nested too deeply", expected="a fact: no more than a few levels")
_UNBOUND = Problem(
    path="/source",
    found="a key that is bound to issuing states and to no source",
    expected="a key that is bound to a source too: else it could revise and take back what other states have sent",
)
_FOREIGN = Problem(
    path="/license",
    found="a license that this key may not speak of",
    expected="a license of this key's party; whether another exists is not told",
)
_FOREIGN_ALERT = Problem(
    path="/alert",
    found="an alert that this key may not decide",
    expected="an alert on a license of this key's issuing states; whether another exists is not told",
)


def _conflict(fact: AnyFact) -> Problem:
    return Problem(
        path="/revision",
        found=f"revision {fact.revision} of {fact_key(fact)}, which the log has with another body",
        expected=f"the same body, or revision {fact.revision + 1} or higher for a new word on the matter",
    )


def _result(
    index: int, outcome: Outcome, fact: AnyFact, *, receipt: str | None = None, errors: tuple[Problem, ...] = ()
) -> Result:
    return Result(
        index=index, outcome=outcome, fact=fact_key(fact), revision=fact.revision, receipt=receipt, errors=errors
    )


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(words)) or "none"


def _stamped(fact: AnyFact, access: Access, now: dt.datetime) -> AnyFact:
    """With its record time. An archive that an administrator loads keeps its own, if that is not yet to come."""
    kept = fact.recorded_at if access.may("admin") else None
    return msgspec.structs.replace(fact, recorded_at=min(kept, now) if kept else now)


def _granted_by(facts: Iterable[AnyFact]) -> dict[str, str]:
    return {fact.ref: fact.issuing_state for fact in facts if isinstance(fact, License)}


def _ms(fact: AnyFact) -> int:
    return int(fact.recorded_at.timestamp() * 1000) if fact.recorded_at else 0
