"""Writes batches of alerts until it is killed; says the last offset of each batch once it is acknowledged."""

from __future__ import annotations

import sys
from pathlib import Path

from schemas import Alert
from schemas.codec import encode
from streams.warehouse.chdb import ChdbWarehouse
from streams.warehouse.ports import StoredRecord
from streams.warehouse.store import WarehouseStore


def alert(offset: int) -> Alert:
    return Alert(id=f"XA~auth:L{offset % 10}~c1", destination="XA", version=f"{offset:08x}", title="word " * 200)


def record(offset: int) -> StoredRecord:
    word = alert(offset)
    time = 1_700_000_000_000 + offset
    return StoredRecord(
        topic="alerts", partition=2, offset=offset, timestamp_ms=time, key=word.id.encode(), value=encode(word)
    )


def say(word: str) -> None:
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


def main(folder: str, start: int, batch: int) -> None:
    warehouse = ChdbWarehouse(Path(folder))
    warehouse.query("SELECT 1")
    store = WarehouseStore(warehouse)
    say("open")
    while True:
        store.write([record(offset) for offset in range(start, start + batch)])
        start += batch
        say(str(start - 1))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
