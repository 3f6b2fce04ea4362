"""One broker or three, each a process of its own, in one folder:

    libs/                 the jars, fetched once with Maven
    cluster.json          how many nodes, their ports and ids
    node-1/server.properties, node-1/data/, node-1/kafka.log, node-1/pid

    with Cluster.at(tmp_path, nodes=3, port=free) as cluster:
        ... cluster.bootstrap ...
        cluster.nodes[0].kill()

Everything listens on 127.0.0.1 only, without authentication. What this does not claim: to be how Kafka runs in
production. A process is known by its id *and* its words, so an id that was given to somebody else is never signalled.
"""

from __future__ import annotations

import base64
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Annotated

import msgspec
from msgspec import Meta

from streams.errors import Stop

_POM = Path(__file__).with_name("pom.xml")
_LOGGING = Path(__file__).with_name("log4j2.properties")
_FETCHED_WITHIN, _READY_WITHIN, _STOPPED_WITHIN = 600.0, 90.0, 20.0
"""Patience with Maven, with a start and with SIGTERM [seconds]."""
_LEAST_JAVA = 17
_STARTED = "Kafka Server started"


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a folder holds; written once, because formatted data cannot change its shape."""

    cluster_id: str
    directory_ids: Annotated[tuple[str, ...], Meta(min_length=1)]
    """One a node; each is in every node's format."""
    port: int
    """Of the first broker; its controller is one above, the next node ten above."""


class Node(msgspec.Struct, frozen=True):
    """One broker and controller."""

    id: int
    home: Path
    port: int
    heap_mib: int
    libs: Path

    @property
    def address(self) -> str:
        """Where clients reach it."""
        return f"127.0.0.1:{self.port}"

    @property
    def properties(self) -> Path:
        """Its settings."""
        return self.home / "server.properties"

    @property
    def log(self) -> Path:
        """What it says."""
        return self.home / "kafka.log"

    def pid(self) -> int | None:
        """Its process id while it runs."""
        try:
            pid = int((self.home / "pid").read_text())
        except (OSError, ValueError):
            return None
        return pid if str(self.properties) in _words_of(pid) else None

    def launch(self) -> None:
        """Start its process, unless it runs."""
        if self.pid() is not None:
            return
        with self.log.open("wb") as log:
            process = subprocess.Popen(  # noqa: S603  (our own words)
                [
                    *("java", "-Xms128m", f"-Xmx{self.heap_mib}m", "-XX:+UseG1GC", "-XX:TieredStopAtLevel=1"),
                    f"-Dlog4j2.configurationFile={_LOGGING}",
                    *("-cp", f"{self.libs}/*", "kafka.Kafka", str(self.properties)),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.home,
                start_new_session=True,
            )
        (self.home / "pid").write_text(str(process.pid))
        _children.append(process)

    def signal(self, number: signal.Signals) -> None:
        """Send its process a signal; nothing happens where it does not run."""
        pid = self.pid()
        if pid is not None:
            os.kill(pid, number)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.signal(signal.SIGKILL)
        self.gone(_STOPPED_WITHIN)

    def gone(self, within: float) -> bool:
        """Whether its process ends within so many seconds."""
        gone = _until(lambda: self.pid() is None, within)
        for child in _children:
            child.poll()
        return gone

    @property
    def started(self) -> bool:
        """Whether it has said so since it was launched; the others may not have noticed yet that it was away."""
        return self.said(_STARTED)

    def said(self, words: str) -> bool:
        """Whether its log holds `words`."""
        return self.log.exists() and words in self.log.read_text(errors="replace")

    def last_words(self) -> str:
        """The end of its log, in one line."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        telling = [line for line in lines if "ERROR" in line or "FATAL" in line or "Exception" in line] or lines
        return " / ".join(telling[-2:])[:400] or "nothing"


_children: list[subprocess.Popen[bytes]] = []
"""Processes that this one started: they must be waited for, else they stay as zombies."""


class Cluster:
    """The nodes of one folder."""

    def __init__(self, home: Path, plan: Plan, heap_mib: int = 512, libs: Path | None = None) -> None:
        self.home = home.resolve()
        self.libs = (libs or self.home / "libs").resolve()
        self._plan = plan
        self.nodes = tuple(
            Node(number, self.home / f"node-{number}", plan.port + 10 * (number - 1), heap_mib, self.libs)
            for number in range(1, len(plan.directory_ids) + 1)
        )

    @classmethod
    def at(
        cls, home: Path, *, nodes: int | None = None, port: int = 9092, heap_mib: int = 512, libs: Path | None = None
    ) -> Cluster:
        """The cluster of `home`: the one that is there, or a new one. Raises `Stop` where it has another shape."""
        there = cls.found(home, heap_mib, libs)
        if there is None:
            plan = Plan(cluster_id=_new_id(), directory_ids=tuple(_new_id() for _ in range(nodes or 1)), port=port)
            return cls(home, plan, heap_mib, libs)
        if nodes is not None and nodes != len(there.nodes):
            raise Stop(
                f"{home} holds a Kafka of {len(there.nodes)} nodes, asked for {nodes}; remove it, or name --home"
            )
        return there

    @classmethod
    def found(cls, home: Path, heap_mib: int = 512, libs: Path | None = None) -> Cluster | None:
        """The cluster that `home` holds, if it holds one."""
        file = home / "cluster.json"
        return cls(home, msgspec.json.decode(file.read_bytes(), type=Plan), heap_mib, libs) if file.exists() else None

    @property
    def bootstrap(self) -> tuple[str, ...]:
        """Addresses of all nodes."""
        return tuple(node.address for node in self.nodes)

    def start(self) -> None:
        """Fetch, format and start what is not yet; return when every node is ready.

        Raises `Stop` that says what is missing or what a node said; then nothing is left running.
        """
        if reason := missing():
            raise Stop(reason)
        fetch(self.libs)
        for node in self.nodes:
            if node.pid() is None:
                _refuse_taken(node)
        self._format()
        try:
            for node in self.nodes:
                node.launch()
            self.await_ready()
        except BaseException:
            self.stop()
            raise

    def await_ready(self, within: float = _READY_WITHIN) -> None:
        """Return when every node has said so and the cluster knows all of them."""
        end = time.monotonic() + within
        for node in self.nodes:
            while not node.started:
                if node.pid() is None:
                    raise Stop(f"Node {node.id} of Kafka has ended: {node.last_words()}")
                if time.monotonic() > end:
                    raise Stop(f"Node {node.id} of Kafka is not ready after {within:.0f} s: {node.last_words()}")
                time.sleep(0.1)
        if not _until(lambda: _known(self.bootstrap) == len(self.nodes), max(5.0, end - time.monotonic()), 0.3):
            raise Stop(f"Kafka runs, but not all of {', '.join(self.bootstrap)} know each other after {within:.0f} s")

    def stop(self) -> list[int]:
        """End every node; return the ids of those that had to be killed."""
        for node in self.nodes:
            node.signal(signal.SIGCONT)
            node.signal(signal.SIGTERM)
        killed = []
        for node in self.nodes:
            if not node.gone(_STOPPED_WITHIN):
                node.kill()
                killed.append(node.id)
            (node.home / "pid").unlink(missing_ok=True)
        return killed

    def __enter__(self) -> Cluster:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.stop()

    def _format(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        (self.home / "cluster.json").write_bytes(msgspec.json.encode(self._plan))
        formats = []
        for node in self.nodes:
            node.home.mkdir(parents=True, exist_ok=True)
            node.properties.write_text(self._properties(node))
            if not (node.home / "data" / "meta.properties").exists():
                formats.append((node, self._formatting(node)))
        for node, process in formats:
            said = process.communicate(timeout=_READY_WITHIN)[0]
            if process.returncode:
                raise Stop(f"Node {node.id} of Kafka cannot be formatted: {said.decode(errors='replace')[-400:]}")

    def _formatting(self, node: Node) -> subprocess.Popen[bytes]:
        voters = [
            f"{each.id}@127.0.0.1:{each.port + 1}:{directory}"
            for each, directory in zip(self.nodes, self._plan.directory_ids, strict=True)
        ]
        return subprocess.Popen(  # noqa: S603  (our own words)
            [
                *("java", "-Xmx128m", "-XX:TieredStopAtLevel=1", f"-Dlog4j2.configurationFile={_LOGGING}"),
                *("-cp", f"{self.libs}/*", "kafka.tools.StorageTool", "format"),
                *("-t", self._plan.cluster_id, "-c", str(node.properties), "--initial-controllers", ",".join(voters)),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def _properties(self, node: Node) -> str:
        copies = min(3, len(self.nodes))
        listeners = f"PLAINTEXT://{node.address},CONTROLLER://127.0.0.1:{node.port + 1}"
        settings: dict[str, object] = {
            "process.roles": "broker,controller",
            "node.id": node.id,
            "controller.quorum.bootstrap.servers": ",".join(f"127.0.0.1:{each.port + 1}" for each in self.nodes),
            "listeners": listeners,
            "advertised.listeners": listeners,
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "PLAINTEXT",
            "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
            "log.dirs": node.home / "data",
            "default.replication.factor": copies,
            "min.insync.replicas": max(1, copies - 1),
            "auto.create.topics.enable": "false",
            "unclean.leader.election.enable": "false",
            "offsets.topic.replication.factor": copies,
            "offsets.topic.num.partitions": 8,
            "offsets.retention.minutes": 525_600,  # `store` has a group without members: a week's pause is no new start
            "transaction.state.log.replication.factor": copies,
            "transaction.state.log.min.isr": max(1, copies - 1),
            "group.initial.rebalance.delay.ms": 0,
            "log.cleaner.dedupe.buffer.size": 64 * 1024 * 1024,  # by default half of a small heap
            "log.cleaner.backoff.ms": 60_000,  # four times as seldom as by default: it took a sixth of a core
        }
        return "".join(f"{name}={value}\n" for name, value in settings.items())


def missing(path: str | None = None) -> str | None:
    """What this machine lacks on its `path` to run Kafka, in words; `None` where it has all."""
    if not shutil.which("java", path=path):
        return f"java is missing; Kafka needs Java {_LEAST_JAVA} or newer (Debian: apt install openjdk-17-jre-headless)"
    if (found := _java_version()) < _LEAST_JAVA:
        return f"java is version {found}; Kafka needs Java {_LEAST_JAVA} or newer"
    if not shutil.which("mvn", path=path):
        return "mvn is missing; Kafka's jars are fetched with Maven (Debian: apt install maven)"
    return None


def lacking(libs: Path, maven: Sequence[str] = ()) -> str | None:
    """As `missing`, after the jars were fetched into `libs`: Maven may reach no repository, which is said, too."""
    if reason := missing():
        return reason
    try:
        fetch(libs, maven)
    except Stop as stop:
        return str(stop)
    return None


def fetch(libs: Path, maven: Sequence[str] = ()) -> None:
    """Fetch the jars that `pom.xml` names into `libs`, once, with more words for Maven; raises `Stop` with its own."""
    libs = libs.resolve()  # Maven takes a relative folder for one beside its pom.xml
    done = libs / ".fetched"
    pom = _POM.read_text()
    if done.exists() and done.read_text() == pom:
        return
    libs.mkdir(parents=True, exist_ok=True)
    words = ["mvn", *maven, "-q", "-B", "-f", str(_POM), "dependency:copy-dependencies", "-DincludeScope=runtime"]
    try:
        said = subprocess.run(  # noqa: S603  (our own words)
            [*words, f"-DoutputDirectory={libs}"], capture_output=True, timeout=_FETCHED_WITHIN, check=False
        )
    except subprocess.TimeoutExpired:
        raise Stop(f"Maven did not fetch Kafka within {_FETCHED_WITHIN:.0f} s") from None
    if said.returncode:
        raise Stop(f"Maven cannot fetch Kafka: {_first_error(said.stdout.decode(errors='replace'))}")
    done.write_text(pom)


def _first_error(said: str) -> str:
    """What Maven complains of first, in one line; its last lines only name its own switches."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", said).strip()
    errors = [line.removeprefix("[ERROR] ").strip() for line in plain.splitlines() if line.startswith("[ERROR]")]
    return (errors or plain.splitlines() or ["it said nothing"])[0][:400]


def free_ports(nodes: int) -> int:
    """A port from which on every port that `nodes` nodes need is free at this moment.

    Below the range from which the system takes ports for connections: else, while a part is down, a connection of
    somebody else (or, on loopback, of its own client to itself) could have its port when it comes back.
    """
    lowest, width = 12_000, 10 * nodes
    for _ in range(200):
        first = random.randrange(lowest, _first_of_connections() - width)  # noqa: S311  (chance, not a secret)
        if all(_is_free(first + 10 * node + role) for node in range(nodes) for role in (0, 1)):
            return first
    raise Stop(f"No free ports for {nodes} nodes were found on 127.0.0.1")


def _first_of_connections() -> int:
    """The lowest port that the system takes for connections."""
    try:
        return int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except (OSError, ValueError):
        return 32_768


def _refuse_taken(node: Node) -> None:
    for port in (node.port, node.port + 1):
        if not _is_free(port):
            raise Stop(f"Port {port} of 127.0.0.1 is taken; node {node.id} of Kafka needs it (--port names another)")


def _is_free(port: int) -> bool:
    try:
        with _bound(port):
            return True
    except OSError:
        return False


@contextmanager
def _bound(port: int) -> Iterator[int]:
    with socket.socket() as each:
        each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        each.bind(("127.0.0.1", port))
        yield each.getsockname()[1]


def _java_version() -> int:
    words = ["java", "-XshowSettings:properties", "-version"]
    said = subprocess.run(words, capture_output=True, check=False).stderr  # noqa: S603  (our own words)
    for line in said.decode(errors="replace").splitlines():
        if "java.specification.version" in line:
            return int(float(line.split("=")[1]))
    return 0


def _words_of(pid: int) -> str:
    """The command line of a process; empty where it has ended."""
    words = ["ps", "-ww", "-o", "args=", "-p", str(pid)]
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout  # noqa: S603  (our own words)


def _known(bootstrap: Sequence[str]) -> int:
    """How many brokers the cluster names."""
    import kafka
    from kafka.errors import KafkaError

    try:
        admin = kafka.KafkaAdminClient(bootstrap_servers=list(bootstrap), bootstrap_timeout_ms=3000)
    except (KafkaError, OSError):
        return 0
    try:
        return len(admin.describe_cluster()["brokers"])
    except (KafkaError, OSError):
        return 0
    finally:
        admin.close()


def _until(true: Callable[[], bool], within: float, every: float = 0.05) -> bool:
    end = time.monotonic() + within
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(every)
    return True


def _new_id() -> str:
    """An id as Kafka's StorageTool makes them: 16 random bytes in URL-safe base64."""
    while True:
        made = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not made.startswith("-"):
            return made
