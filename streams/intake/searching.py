"""Whether something that was erased is still anywhere: a search of the log, the door's index and the warehouse.

Given the fact's key, the digests of its bodies, and words that must no longer appear. What other facts say of it (a
decision that lists it among its evidence) is their own word and stays: it is told apart as a reference.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence

import msgspec

from schemas.codec import TOPIC_OF, decode_fact, decode_row, fact_key
from schemas.common import Fact
from schemas.erasure import ERASED_SUBJECT, Erasure, quotes, says_nothing
from streams.intake.index import Index
from streams.transport.ports import Reader, Record
from streams.warehouse.erasing import Left
from streams.warehouse.reads import Reads

_AT_ONCE = 500


class Sought(msgspec.Struct, frozen=True, kw_only=True):
    """What should be gone."""

    key: str
    """`kind:source:id`."""
    digest: str
    """Of the key."""
    bodies: tuple[str, ...] = ()
    """Digests of its bodies [hexadecimal]."""
    words: tuple[str, ...] = ()

    @property
    def needles(self) -> tuple[tuple[str, str], ...]:
        """What is looked for in texts: what it is, and the text."""
        return (
            ("id", self.key.partition(":")[2]),
            ("id", self.key.replace(":", "|", 2) + "|"),
            *(("body", body) for body in self.bodies),
            *(("words", word) for word in self.words),
        )

    def found_in(self, text: str) -> Iterator[str]:
        """What of it a text holds: id, body, words."""
        kind, _, ref = self.key.partition(":")
        named = ref in text and quotes(text, kind, self.digest)
        if named or self.key.replace(":", "|", 2) + "|" in text:
            yield "id"
        yield from ("body" for body in self.bodies if body in text)
        yield from ("words" for word in self.words if word in text)


TablesLeft = Callable[[Sought], Sequence[Left]]
"""Searches the warehouse; blocking."""
Raw = Callable[[bytes], int]
"""How often some bytes stand in the log's file and journal; blocking."""


class Search:
    """Searches every store that a process of the intake can reach. `topics`: all, with those of tables."""

    def __init__(
        self, reader: Reader, index: Index, topics: Sequence[str], tables: TablesLeft, raw: Raw | None = None
    ) -> None:
        self._reader, self._index, self._topics = reader, index, topics
        self._tables, self._raw = tables, raw

    async def __call__(self, sought: Sought) -> list[Left]:
        """Where it still is, or is referred to. Raises `Wait` while the log or the warehouse is away."""
        in_records: Counter[str] = Counter()
        left = await self._in_log(sought, in_records)
        left += await asyncio.to_thread(lambda: list(self._outside_records(sought, in_records)))
        left += await asyncio.to_thread(lambda: list(self._in_index(sought)))
        left += await asyncio.to_thread(self._tables, sought)
        return left

    async def _in_log(self, sought: Sought, in_records: Counter[str]) -> list[Left]:
        left: list[Left] = []
        for topic in self._topics:
            earliest = await self._reader.earliest(topic)
            for partition, end in (await self._reader.highwaters(topic)).items():
                start = earliest[partition]
                while start < end and (records := await self._reader.read(topic, partition, start, _AT_ONCE)):
                    left += [each for record in records for each in _in_record(record, sought, in_records)]
                    start = records[-1].offset + 1
        return left

    def _outside_records(self, sought: Sought, in_records: Counter[str]) -> Iterator[Left]:
        """In bytes of the file where no record is: what a deleted record left."""
        if self._raw is None:
            return
        for what, text in sought.needles:
            beyond = self._raw(text.encode()) - in_records[text]
            if beyond > 0:
                yield Left(store="log", place=f"{beyond} times in the file, outside of records", what=what)

    def _in_index(self, sought: Sought) -> Iterator[Left]:
        for told in self._index.of_fact(sought.key):
            yield Left(store="index", place=told.log_key.partition("@")[2] or "entry", what="id")
        for stub in self._index.stubs():
            if sought.key in stub.key.decode("utf-8", "replace"):
                yield Left(store="index", place=f"a stub due on {stub.topic}", what="id")
        for what, text in sought.needles:
            if (times := self._index.beyond_rulings(text.encode())) > 0:
                yield Left(store="index", place=f"{times} times in its file", what=what)


def _in_record(record: Record, sought: Sought, in_records: Counter[str]) -> Iterator[Left]:
    text = " ".join(part.decode("utf-8", "replace") for part in (record.key, record.value) if part)
    text += " ".join(value.decode("utf-8", "replace") for _, value in record.headers)
    for _, needle in sought.needles:
        in_records[needle] += text.count(needle)
    if not any(needle in text for _, needle in sought.needles):
        return
    fact = _fact_in(record)
    if isinstance(fact, Erasure):
        return  # it lists the digests of what it erased, and nothing else of it
    for what in dict.fromkeys(sought.found_in(text)):
        place = f"{record.topic}/{record.partition}/{record.offset}"
        named = _other(fact, sought) or _only_named(record.topic, text)
        yield Left(store="log", place=place, what=what, reference=what == "id" and named)


def _fact_in(record: Record) -> Fact | None:
    """The fact that a record of facts, of dossiers or of a table of rows holds."""
    if not record.value:
        return None
    try:
        held = decode_fact(record.value) if record.topic in TOPIC_OF.values() else decode_row(record.value)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None
    return held if isinstance(held, Fact) else None


def _other(fact: Fact | None, sought: Sought) -> bool:
    return fact is not None and fact_key(fact) != sought.key


def _only_named(topic: str, text: str) -> bool:
    """Whether a derived record says nothing but that an alert was, or was told of; the alert's id names a license."""
    return (topic == "alerts" and (not text or says_nothing(text))) or (topic == "notices" and ERASED_SUBJECT in text)


def tables_left(reads: Reads, sought: Sought) -> list[Left]:
    """Where it still is in the warehouse's tables."""
    return reads.left([text for _, text in sought.needles], sought.found_in, refers(sought))


def refers(sought: Sought) -> Callable[[str, str], bool]:
    """Tells of a stored value whether it is another fact that refers to what is sought."""

    def told(topic: str, value: str) -> bool:
        if topic not in TOPIC_OF.values():
            return _only_named(topic, value)
        try:
            return _other(decode_fact(value.encode()), sought)
        except (msgspec.DecodeError, UnicodeEncodeError):
            return False

    return told


SearchEverywhere = Callable[[Sought], Awaitable[list[Left]]]
