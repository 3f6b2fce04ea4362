"""Every part a process of its own: intake, worker, store and deliver over a broker and ClickHouse's wire protocol."""

import asyncio
import importlib.util
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cluster import Process, WorkerProcess, differing, everything, newest, outgoing, pledgewatch, settled, standing
from infra.kafka.broker import Cluster, free_ports
from schemas import Tick
from schemas.codec import decode_fact, decode_notice, encode
from streams.agents.naming import RegisterNamer
from streams.agents.store import GROUP as STORE_GROUP
from streams.demo.world import world
from streams.rules.assess import assess_facts
from streams.topology import FACT_TOPICS, STORED
from streams.transport.kafka import KafkaProducer, KafkaReader
from streams.warehouse.driver import DriverWarehouse

SHIM = Path(__file__).parents[1] / "streams" / "warehouse" / "native_shim.py"
BATCH = 100


@pytest.fixture
def clickhouse(one_broker: Cluster, tmp_path: Path) -> Iterator[str]:
    """The address of an engine behind the wire protocol. After the broker, so that a skip comes first."""
    spec = importlib.util.spec_from_file_location("native_shim", SHIM)
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    peer = module.NativeShim(str(tmp_path / "chdb"))
    yield peer.url
    peer.close()


@pytest.fixture
async def clients(one_broker: Cluster) -> AsyncIterator[tuple[KafkaProducer, KafkaReader]]:
    producer, reader = KafkaProducer(one_broker.bootstrap), KafkaReader(one_broker.bootstrap)
    yield producer, reader
    await producer.close()
    await reader.close()


@pytest.fixture
def parts(one_broker: Cluster, clickhouse: str, tmp_path: Path) -> Iterator[dict[str, Process]]:
    address = tmp_path / "warehouse.address"
    address.write_text(clickhouse + "\n")
    broker = ("--broker", f"kafka://{one_broker.bootstrap[0]}")
    port = str(free_ports(1))
    made: dict[str, Process] = {
        "store": Process("store", ["store", *broker, "--warehouse-file", str(address)], tmp_path / "store"),
        "intake": Process(
            "intake", ["intake", *broker, "--warehouse-file", str(address)], tmp_path / "intake", port=port
        ),
        "deliver": Process(
            "deliver", ["deliver", *broker, "--pages", f"http://127.0.0.1:{port}"], tmp_path / "deliver"
        ),
        "worker": WorkerProcess(1, one_broker.bootstrap, tmp_path),
    }
    yield made
    for each in made.values():
        each.clear_away()


async def post(address: str, token: str, lines: list[bytes]) -> httpx.Response:
    """Send until it is acknowledged, as a feeder does."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/x-ndjson"}
    async with httpx.AsyncClient(base_url=address, headers=headers, timeout=60, trust_env=False) as client:
        for _ in range(120):
            try:
                answer = await client.post("/api/v1/facts", content=b"\n".join(lines))
            except httpx.HTTPError:
                await asyncio.sleep(0.5)
                continue
            if answer.status_code not in (429, 503):
                return answer
            await asyncio.sleep(0.5)
    raise AssertionError("the intake did not come back")


async def test_facts_through_the_door_are_alerts_in_the_warehouse_and_told_once_over_kills_of_every_part(
    one_broker: Cluster,
    parts: dict[str, Process],
    clients: tuple[KafkaProducer, KafkaReader],
    clickhouse: str,
    tmp_path: Path,
) -> None:
    producer, reader = clients
    made = pledgewatch(
        "topics", "--bootstrap", one_broker.bootstrap[0], "--create", "--replication", "1", home=tmp_path
    )
    assert made.returncode == 0, made.stdout + made.stderr
    key = pledgewatch(
        "keys", "add", "desk", "--scope", "admin", "--scope", "officer", "--license", "*", home=tmp_path / "intake"
    )
    token = key.stdout.strip()
    for name in ("store", "intake", "deliver", "worker"):  # one after the other: they migrate the same warehouse
        parts[name].start()
        await asyncio.to_thread(parts[name].await_word)
    address = parts["intake"].last_words().rpartition("ready at ")[2].split()[0]

    await producer.send([outgoing(fact) for fact in world() if isinstance(fact, Tick)])
    facts = [encode(fact) for fact in world() if not isinstance(fact, Tick)]
    kills = {2: "store", 4: "intake", 6: "deliver", 8: "worker"}
    for number, start in enumerate(range(0, len(facts), BATCH)):
        if killed := parts.get(kills.get(number, "")):
            killed.end(signal.SIGKILL)
            killed.start()
        answer = await post(address, token, facts[start : start + BATCH])
        assert answer.status_code < 300, answer.text[:2000]
    await settled(reader, within=240)
    async with asyncio.timeout(120):
        while any((await reader.lag(STORE_GROUP, STORED)).values()):  # noqa: ASYNC110  (a broker tells nobody)
            await asyncio.sleep(0.5)

    logged = [decode_fact(r.value) for topic in FACT_TOPICS for r in await everything(reader, topic) if r.value]
    found = assess_facts(logged, namer_of=RegisterNamer)
    expected = {alert.id.encode(): encode(alert) for assessment in found for alert in assessment.alerts}
    assert len(expected) > 50
    assert differing(standing(await newest(reader, "alerts")), expected) == []

    warehouse = DriverWarehouse(clickhouse)
    rows = warehouse.query("SELECT topic, partition, offset FROM record_rows FINAL").rows
    stored = Counter((str(t), int(str(p)), int(str(o))) for t, p, o in rows)
    warehouse.close()
    there = {(t, r.partition, r.offset) for t in STORED if t != "notices" for r in await everything(reader, t)}
    assert {place for place in stored if place[0] != "notices"} == there
    assert set(stored.values()) == {1}

    async with httpx.AsyncClient(base_url=address, timeout=30, trust_env=False) as client:
        shown = (await client.get("/api/v1/alerts", headers={"Authorization": f"Bearer {token}"})).json()
    assert {alert["id"] for alert in shown} == {each.decode() for each in expected}

    notices = [decode_notice(r.value) for r in await everything(reader, "notices") if r.value]
    after = Counter(
        (notice.channel, alert, before)
        for notice in {notice.id: notice for notice in notices}.values()
        for alert, before in zip(notice.alerts, notice.befores, strict=True)
    )
    assert after
    assert set(after.values()) == {1}  # one word follows another: nobody was told two things after the same word
    for name in ("intake", "deliver", "worker", "store"):
        assert await asyncio.to_thread(parts[name].end, signal.SIGTERM) == 0, parts[name].last_words()
