"""The stored facts are those that were stored, whichever store they are read from."""

from __future__ import annotations

import pytest

from builders import a_delivery, a_license, a_policy, a_retraction, a_tick, an_incident, at
from schemas.codec import body_hash, encode, log_key, topic_of
from streams.cli.stored import facts_in_log, facts_in_warehouse
from streams.errors import Stop
from streams.topology import FACT_TOPICS
from streams.transport.log import acquire, release
from streams.transport.ports import Outgoing
from streams.warehouse.chdb import ChdbWarehouse
from streams.warehouse.migrations import migrate
from streams.warehouse.ports import StoredRecord
from streams.warehouse.store import WarehouseStore

FACTS = (a_policy(), a_license(), a_delivery(), an_incident(), a_retraction(an_incident()), a_tick("2026-06-01"))


def told(facts):
    return sorted((type(f).__name__, f.ref, str(f.recorded_at), body_hash(f)) for f in facts)


def test_the_log_gives_back_every_fact_with_its_record_time(tmp_path):
    log = acquire(tmp_path / "log.sqlite")
    for topic in FACT_TOPICS:
        log.create_topic(topic, 2)
    log.append([
        Outgoing(topic=topic_of(f), partition=n % 2, key=log_key(f), value=encode(f), timestamp_ms=n)
        for n, f in enumerate(FACTS)
    ])  # fmt: skip
    release(log)
    assert told(facts_in_log(tmp_path / "log.sqlite")) == told(FACTS)


def test_the_warehouse_gives_back_every_fact_with_its_record_time(tmp_path):
    warehouse = ChdbWarehouse(tmp_path / "warehouse")
    migrate(warehouse)
    ms = int(at("2026-06-01").timestamp() * 1000)
    WarehouseStore(warehouse).write([
        StoredRecord(topic=topic_of(f), partition=0, offset=n, timestamp_ms=ms + n, key=b"k", value=encode(f))
        for n, f in enumerate(FACTS)
    ])  # fmt: skip
    warehouse.close()
    assert told(facts_in_warehouse(tmp_path / "warehouse")) == told(FACTS)


@pytest.mark.parametrize("read", [facts_in_log, facts_in_warehouse])
def test_a_store_that_is_not_there_is_named_and_none_is_made(read, tmp_path):
    with pytest.raises(Stop, match="There is no"):
        read(tmp_path / "none")
    assert not (tmp_path / "none").exists()
