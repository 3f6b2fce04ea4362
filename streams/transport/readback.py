"""A worker reads back the topic that remembers its table, and sees what others wrote there.

An agent cannot do it: Faust pauses the partitions of a changelog once its table is recovered, so the agent would be
given the whole topic during each recovery and nothing afterwards; and where it does not pause them
(`recovery_buffer_size=1`) Faust applies to the table what comes back, a worker's own older writes over its newer ones.
Both are shown by tests. So the topic is followed through the `Reader` port, from where the recovery ended.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from streams.transport.app import App, RawTable
from streams.transport.ports import Part, Reader, Record


async def strangers(app: App, table: RawTable, reader: Reader) -> AsyncIterator[Record]:
    """Every record in the changelog of `table`, since it was recovered, that this worker did not write.

    `table` was made with `read_back=True`. Follows the parts that the worker has now; start it anew after a
    rebalance. What the table remembers under such a record's key is in doubt from then on, so that whatever the worker
    says next under that key is written, even where it is what it said before. Raises `Stop` when the worker's own sends
    have failed.
    """
    async for records in reader.follow(recovered_to(app, table)):
        for record in records:
            if not await _is_own(app, table, record):
                if record.key is not None:
                    table.doubt(record.key, record.partition)
                yield record


def recovered_to(app: App, table: RawTable) -> dict[Part, int]:
    """The offset after the last record that the recovery of `table` read, by part of its changelog."""
    recovery = app.tables.recovery
    parts = recovery.actives_for_table[table]
    return {(tp.topic, tp.partition): max(recovery.active_highwaters[tp], -1) + 1 for tp in parts}


async def _is_own(app: App, table: RawTable, record: Record) -> bool:
    if _take(table, record):
        return True
    # A record can be read before its writer has heard that it is written.
    await app.producer.ledger.settled()
    return _take(table, record)


def _take(table: RawTable, record: Record) -> bool:
    own: set[Any] = table.own_writes
    position = (record.topic, record.partition, record.offset)
    if position in own:
        own.remove(position)
        return True
    return False
