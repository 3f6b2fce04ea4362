"""The stored facts: of the embedded log while nothing runs, or of a warehouse."""

from __future__ import annotations

import asyncio
from pathlib import Path

from schemas import AnyFact
from streams.errors import Stop


def facts_in_log(path: Path) -> list[AnyFact]:
    """The facts of the embedded log, as they came. Raises `Stop` where there is none, or a process holds it."""
    from schemas.codec import decode_fact
    from streams.house import everything
    from streams.topology import FACT_TOPICS
    from streams.transport.embedded import EmbeddedReader
    from streams.transport.log import acquire, release

    if not path.exists():
        raise Stop(f"There is no log at {path}; `pledgewatch run` makes one")
    log = acquire(path)

    async def facts() -> list[AnyFact]:
        reader = EmbeddedReader(log)
        return [decode_fact(raw) for topic in FACT_TOPICS for raw in await everything(reader, topic)]

    try:
        return asyncio.run(facts())
    finally:
        release(log)


def facts_in_warehouse(address: str | Path) -> list[AnyFact]:
    """The facts that the warehouse at `address` holds, with their record times. Raises `Stop` where it cannot open."""
    from streams.warehouse.open import open_warehouse
    from streams.warehouse.reads import Reads

    if isinstance(address, Path) and not address.exists():
        raise Stop(f"There is no warehouse at {address}; `pledgewatch run` makes one")
    warehouse = open_warehouse(address)
    try:
        return Reads(warehouse).facts()
    finally:
        warehouse.close()
