"""An installation over real Kafka: three brokers, workers, intake, store and deliver, each a process of its own.

As users run it: the topics are made by `pledgewatch topics`, every part is a `pledgewatch` command, the warehouse is
behind ClickHouse's wire protocol. A supervisor starts again what ended by itself, and counts it.
"""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import kafka
from chaos_feeder import Broken
from chaos_striking import Deadline
from leftovers import Left, Records, Stored, gathered, look_into_warehouse

sys.path.append(str(Path(__file__).parents[1] / "support"))

from cluster import Process, WorkerProcess, outgoing, pledgewatch, settled
from infra.kafka.broker import Cluster, Node, free_ports
from schemas import AnyFact
from streams.access import Keys
from streams.agents.store import GROUP as STORE_GROUP
from streams.topology import STORED
from streams.transport.kafka import KafkaProducer, KafkaReader

PARTITIONS = 6
SESSION = 10.0
"""Seconds after which a silent worker's share goes to the others; Kafka gives a silent broker 9."""
LIBS = Path(__file__).parents[2] / "var" / "kafka" / "libs"
_READ_AT_ONCE = 2_000
"""Records [count]."""
_TENDED_EVERY = 0.5
"""Seconds between looks at the processes."""
_RESTARTED_AFTER = 1.0
"""Seconds after which a supervisor starts what ended by itself."""
_ORDINARY = (": ready", ": stopped; what was not committed is read again")
"""Ends of the lines that every part says."""


class Apart:
    """Every part a process, in folders below `home`."""

    def __init__(self, home: Path, deadline: Deadline, workers: int) -> None:
        self.home, self.deadline = home, deadline
        home.mkdir(parents=True)
        self._cluster = Cluster.at(home / "kafka", nodes=3, port=free_ports(3), heap_mib=384, libs=LIBS)
        self._eye = ClusterEye(self._cluster.bootstrap)
        self._warehouse = Peer(home)
        port = free_ports(1)
        self.address = f"http://127.0.0.1:{port}"
        self.token = Keys(home / "intake" / "keys.json").add("bench", ("admin", "officer"))
        self._processes = self._made(workers, port)
        self.ended: list[str] = []
        self._due: dict[str, float] = {}
        self._tended = 0.0

    def parts(self) -> list[str]:
        """Every process of ours, each broker, and the broker that leads most."""
        return [*self._processes, *self._nodes(), "leader"]

    def start(self, ticks: Sequence[AnyFact]) -> None:
        """The brokers, the topics, the ticks; then the parts, `store` first: it makes the tables."""
        self._cluster.start()
        self._eye.open()
        settings = {"partitions": str(PARTITIONS)}
        where = ",".join(self._cluster.bootstrap)
        made = pledgewatch("topics", "--bootstrap", where, "--create", home=self.home, **settings)
        if made.returncode:
            raise Broken(f"the topics cannot be made: {made.stdout}{made.stderr}")
        asyncio.run(self._load(ticks))
        for name, process in self._processes.items():
            process.start()
            if name == "store":
                self._await(lambda: self.well("store"), "the first start of store")
        for name in self._processes:
            self._await(lambda: self.well(name), f"the first start of {name}")  # noqa: B023  (called here)

    def meant(self, part: str) -> str:
        """`leader` is the broker that leads most partitions now."""
        return self._eye.leader() if part == "leader" else part

    def fit(self, part: str, unwell: set[str]) -> bool:
        """Two of three brokers must stay whole: a record counts when two have it."""
        return part not in self._nodes() or (self._eye.whole and not unwell & self._nodes().keys())

    def kill(self, part: str) -> str:
        """SIGKILL."""
        if part in self._nodes():
            what = self._eye.role(part)
            self._nodes()[part].kill()
            return what
        process = self._processes[part]
        if process.process is not None:
            process.end(signal.SIGKILL)
        self._due.pop(part, None)
        return ""

    def start_again(self, part: str) -> None:
        """Start it."""
        if part in self._nodes():
            self._nodes()[part].launch()
        else:
            self._processes[part].start()

    def hold(self, part: str) -> str:
        """SIGSTOP."""
        what = self._eye.role(part) if part in self._nodes() else ""
        self._signal(part, signal.SIGSTOP)
        return what

    def go_on(self, part: str) -> None:
        """SIGCONT."""
        self._signal(part, signal.SIGCONT)

    def well(self, part: str) -> bool:
        """A broker: it has started and every partition has all of its copies. A part: it says that it is ready."""
        if part in self._nodes():
            return self._nodes()[part].started and self._eye.is_whole()
        process = self._processes[part]
        if process.process is None or process.process.poll() is not None:
            return False
        return _ready(self._ports[part])

    def tend(self, struck: set[str]) -> None:
        """Start again what ended by itself."""
        if time.monotonic() - self._tended < _TENDED_EVERY:
            return
        self._tended = time.monotonic()
        for name, process in self._processes.items():
            if name in struck:
                continue
            if process.process is not None and (code := process.process.poll()) is not None:
                process.process = None
                said = (process.last_words().strip().splitlines() or ["nothing"])[-1]
                self.ended.append(f"{name} with code {code}: {said[:300]}")
                self._due[name] = time.monotonic() + _RESTARTED_AFTER
            if process.process is None and time.monotonic() >= self._due.get(name, 0.0):
                process.start()
        for name, node in self._nodes().items():
            if name not in struck and node.pid() is None:
                raise Broken(f"{name} ended by itself: {node.last_words()}")

    def settle(self) -> None:
        """Return when all is placed, watched and stored, and every officer told."""
        asyncio.run(self._settled())
        quiet = time.monotonic()
        while time.monotonic() - quiet < 3:
            self.tend(set())
            if _asked(self._ports["deliver"]).get("lag") != 0:
                quiet = time.monotonic()
            self.deadline.pause(0.5, "officers are not yet told of everything")
        asyncio.run(self._settled())

    def stop(self) -> None:
        """SIGTERM to every part of ours; each must end in order."""
        for name, process in self._processes.items():
            try:
                code = process.end(signal.SIGTERM)
            except subprocess.TimeoutExpired:
                raise Broken(f"{name} did not end within 60 s of SIGTERM: {process.last_words()}") from None
            if code:
                raise Broken(f"{name} ended with code {code} after SIGTERM: {process.last_words()}")

    def clear_away(self) -> None:
        """Whatever happened: no process stays."""
        self._eye.close()
        for process in self._processes.values():
            process.clear_away()
        self._cluster.stop()
        self._warehouse.close()

    def look(self) -> Left:
        """Read the brokers and the warehouse."""
        records = asyncio.run(self._records())
        return gathered(records, self._stored(), self.home / "deliver")

    def complaints(self) -> list[str]:
        """What ended by itself, and what the parts logged."""
        lines: list[str] = []
        for process in self._processes.values():
            said = process.log.read_text(errors="replace").splitlines()
            lines += [
                line for line in said if line.strip() and not line.endswith(_ORDINARY) and ": ready at" not in line
            ]
        return lines

    # -- within ----------------------------------------------------------------------------------------------------

    def _made(self, workers: int, port: int) -> dict[str, Process]:
        address = self.home / "warehouse.address"
        address.write_text(self._warehouse.url + "\n")
        broker = ("--broker", f"kafka://{','.join(self._cluster.bootstrap)}")
        held = ("--warehouse-file", str(address))
        self._ports = {"intake": port, "store": free_ports(1), "deliver": free_ports(1)}
        ready = {name: ("--ready-port", str(port)) for name, port in self._ports.items()}
        settings = {"partitions": str(PARTITIONS), "tick_every": "0"}
        made: dict[str, Process] = {
            "store": Process("store", ["store", *broker, *held, *ready["store"]], self.home / "store", **settings),
            "intake": Process("intake", ["intake", *broker, *held], self.home / "intake", port=str(port), **settings),
            "deliver": Process(
                "deliver", ["deliver", *broker, "--pages", self.address, *ready["deliver"]], self.home / "deliver",
                **settings,
            ),
        }  # fmt: skip
        for number in range(1, workers + 1):
            worker = WorkerProcess(number, self._cluster.bootstrap, self.home, SESSION, **settings)
            self._ports[worker.name], made[worker.name] = worker.port, worker
        return made

    def _nodes(self) -> dict[str, Node]:
        return {f"broker {node.id}": node for node in self._cluster.nodes}

    def _signal(self, part: str, number: signal.Signals) -> None:
        if part in self._nodes():
            self._nodes()[part].signal(number)
        elif (process := self._processes[part].process) is not None and process.poll() is None:
            process.send_signal(number)

    def _await(self, true: Callable[[], bool], doing: str) -> None:
        while not true():
            for process in self._processes.values():
                if process.process is not None and process.process.poll() is not None:
                    raise Broken(f"{process.name} ended at {doing}: {process.last_words()}")
            self.deadline.pause(0.2, doing)

    async def _load(self, facts: Sequence[AnyFact]) -> None:
        producer = KafkaProducer(self._cluster.bootstrap)
        try:
            await producer.send([outgoing(fact) for fact in facts])
        finally:
            await producer.close()

    async def _settled(self) -> None:
        reader = KafkaReader(self._cluster.bootstrap)
        try:
            await settled(reader, within=max(1.0, self.deadline.left))
            while any((await reader.lag(STORE_GROUP, STORED)).values()):
                self.deadline.check("the warehouse has not every record")
                await asyncio.sleep(0.5)
        except AssertionError as error:
            raise Broken(str(error)) from error
        finally:
            await reader.close()

    async def _records(self) -> Records:
        reader = KafkaReader(self._cluster.bootstrap)
        try:
            return {topic: await _every(reader, topic) for topic in STORED}
        finally:
            await reader.close()

    def _stored(self) -> Stored:
        return look_into_warehouse(self._warehouse.url)


class Peer:
    """The warehouse's process."""

    def __init__(self, home: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("chaos_warehouse.py")), str(home / "warehouse")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2],
        )  # fmt: skip
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().decode().strip()
        if not self.url:
            raise Broken("the warehouse did not start")

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(20)


class ClusterEye:
    """Looks at the brokers every second, in a thread of its own: who leads, and whether every copy is there."""

    def __init__(self, bootstrap: Sequence[str]) -> None:
        self.whole = False
        self._bootstrap = list(bootstrap)
        self._leads: Counter[int] = Counter()
        self._seen = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep_looking, daemon=True)

    def open(self) -> None:
        """Begin to look."""
        self._look()
        self._thread.start()

    def close(self) -> None:
        """Look no more."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(30)

    def is_whole(self) -> bool:
        """Whether a look that began after this call found every copy of every partition in place."""
        asked = time.monotonic()
        while self._seen < asked and not self._ended.wait(0.1):
            pass
        return self.whole

    def leader(self) -> str:
        """The broker that leads most partitions."""
        return f"broker {max(self._leads, key=lambda node: (self._leads[node], -node), default=1)}"

    def role(self, part: str) -> str:
        """What a broker is now, in words."""
        return f"leads {self._leads[int(part.split()[1])]} of {sum(self._leads.values())} partitions"

    def _keep_looking(self) -> None:
        while not self._ended.wait(0.7):
            self._look()

    def _look(self) -> None:
        begun, whole, leads = time.monotonic(), False, self._leads
        try:
            admin = kafka.KafkaAdminClient(
                bootstrap_servers=self._bootstrap, bootstrap_timeout_ms=3000, request_timeout_ms=3000
            )
            try:
                parts = [part for topic in admin.describe_topics() for part in topic["partitions"]]
            finally:
                admin.close()
        except Exception:
            pass
        else:
            leads = Counter(part["leader_id"] for part in parts if part["leader_id"] > 0)
            whole = all(len(part["isr_nodes"]) == len(part["replica_nodes"]) for part in parts)
        self._leads, self.whole, self._seen = leads, whole, begun


def _asked(port: int) -> Mapping[str, Any]:
    """What a part answers at `/readyz`; empty where it does not, or not well."""
    try:
        answer = httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5, trust_env=False)
        return answer.json() if answer.status_code == 200 else {}
    except (httpx.HTTPError, ValueError):
        return {}


def _ready(port: int) -> bool:
    return bool(_asked(port))


async def _every(reader: KafkaReader, topic: str) -> list[tuple[tuple[str, int, int], bytes | None, bytes | None]]:
    """Every record of a topic; of `alerts`, which are large, only the newest under each key keeps its value."""
    found: list[tuple[tuple[str, int, int], bytes | None, bytes | None]] = []
    newest: dict[bytes | None, int] = {}
    for partition, end in (await reader.highwaters(topic)).items():
        start = 0
        while start < end and (records := await reader.read(topic, partition, start, _READ_AT_ONCE)):
            for record in records:
                if topic == "alerts" and (before := newest.get(record.key)) is not None:
                    found[before] = (*found[before][:2], None)
                newest[record.key] = len(found)
                found.append(((topic, partition, record.offset), record.key, record.value))
            start = records[-1].offset + 1
    return found
