"""Erasure in the embedded log: the records of what was erased are overwritten in place, and leave the file's bytes.

A cluster does the same by itself: the stubs that `intake` and `watch` lay take the place of the bodies when the topic
is compacted (`topics.py` says within how many days). Here it is done at once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from schemas.codec import TOPIC_OF
from schemas.erasure import Erased, key_digest
from streams.rules.placing import fact_of_row
from streams.transport.log import Log
from streams.transport.ports import Record

DERIVED = ("alerts", "remarks", "notices")
"""Topics in which a newer record of the same key says what now holds; the older ones go."""


def sweep(log: Log, erased: Collection[Erased], changelogs: Sequence[str]) -> bool:
    """Overwrite what the log holds of the erased facts; whether nothing of them stays in the file. Again is harmless.

    `changelogs` are the tables' own topics, with `partition|row key` as keys. Blocking.
    """
    digests = {each.digest for each in erased}
    seen: dict[str, bool] = {}

    def is_erased(fact: str) -> bool:
        if fact not in seen:
            seen[fact] = key_digest(fact) in digests
        return seen[fact]

    def stub_if(fact_of: Callable[[bytes], str]) -> Callable[[Record], bytes | None]:
        return lambda record: stub_key(fact_of(record.key or b"")) if is_erased(fact_of(record.key or b"")) else None

    for topic in TOPIC_OF.values():
        log.overwrite(topic, stub_if(fact_of_log_key))
    log.overwrite("dossiers", stub_if(fact_of_row))
    for topic in changelogs:
        log.overwrite(topic, stub_if(lambda key: fact_of_row(key.partition(b"|")[2])))
    for topic in ("parked", "remarks"):
        log.overwrite(topic, lambda record: b"erased" if _quotes(record, erased) else None)
    for topic in DERIVED:
        log.compact(topic)
    return log.scrub([fact.encode() for fact, gone in seen.items() if gone])


def stub_key(fact: str) -> bytes:
    """The key of a stub that lies over what was erased: it no longer names it."""
    return b"erased:" + key_digest(fact)[:16].encode()


def fact_of_log_key(key: bytes) -> str:
    """`kind:source:id` of a record of a topic of facts; an id may hold an @ itself."""
    return key.decode("utf-8", "replace").rpartition("@")[0]


def _quotes(record: Record, erased: Collection[Erased]) -> bool:
    text = ((record.key or b"") + b" " + (record.value or b"")).decode("utf-8", "replace")
    return any(each.quoted_in(text) for each in erased)
