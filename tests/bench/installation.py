"""`pledgewatch run` as a process of its own: everything in one, over the embedded log. It is killed as a whole."""

from __future__ import annotations

import asyncio
import ctypes
import datetime as dt
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import httpx
from chaos_feeder import Broken
from chaos_striking import Deadline
from leftovers import Left, look

from infra.kafka.broker import free_ports
from schemas import AnyFact
from schemas.codec import TOPIC_OF, encode, log_key, topic_of
from schemas.topics import TOPICS
from streams.access import Keys
from streams.agents.store import GROUP as STORE_GROUP
from streams.topology import GROUP, STORED
from streams.transport.embedded import EmbeddedProducer
from streams.transport.log import acquire, release
from streams.transport.ports import Outgoing

PARTITIONS = 8
_LAG = """
SELECT coalesce(sum(max(0, ends.next - coalesce(offsets.next, 0))), 0) FROM (
    SELECT parts.topic, parts.partition, (SELECT coalesce(max(records.id) - (parts.id << 40) + 1, 0) FROM records
        WHERE records.id >= parts.id << 40 AND records.id < (parts.id + 1) << 40) AS next FROM parts
) AS ends LEFT JOIN offsets
ON offsets.topic = ends.topic AND offsets.partition = ends.partition AND offsets.group_name = ?
WHERE ends.topic IN ({marks})
"""


class OneProcess:
    """`pledgewatch run` on the folder `home`."""

    def __init__(self, home: Path, deadline: Deadline) -> None:
        self.home, self.deadline = home, deadline
        self.port = free_ports(1)
        self.address = f"http://127.0.0.1:{self.port}"
        self.words = home / "said.txt"
        home.mkdir(parents=True)
        self.token = Keys(home / "keys.json").add("bench", ("admin", "officer"))
        self.ended: list[str] = []
        self._process: subprocess.Popen[bytes] | None = None

    def parts(self) -> list[str]:
        """All in one."""
        return ["the process"]

    def meant(self, part: str) -> str:
        """Itself."""
        return part

    def fit(self, part: str, unwell: set[str]) -> bool:
        """Always."""
        return True

    def _load(self, facts: Sequence[AnyFact]) -> None:
        log = acquire(self.home / "log.sqlite")
        try:
            log.keep("partitions", str(PARTITIONS))
            for topic in TOPICS.values():
                log.create_topic(topic.name, PARTITIONS, compacted=topic.cleanup == "compact")
            asyncio.run(EmbeddedProducer(log).send([_outgoing(fact) for fact in facts]))
        finally:
            release(log)

    def start(self, ticks: Sequence[AnyFact]) -> None:
        """Put the ticks into the log, start the process, return when it answers."""
        self._load(ticks)
        self.start_again(self.parts()[0])
        while not self.well(self.parts()[0]):
            self.check_alive()
            self.deadline.pause(0.1, "the first start")

    def start_again(self, part: str) -> None:
        """Start the process; it is not ready yet."""
        environ = {name: value for name, value in os.environ.items() if not name.startswith("PLEDGEWATCH_")}
        environ |= {
            "PLEDGEWATCH_HOME": str(self.home),
            "PLEDGEWATCH_PORT": str(self.port),
            "PLEDGEWATCH_PARTITIONS": str(PARTITIONS),
            "PLEDGEWATCH_TICK_EVERY": "0",
        }
        with self.words.open("ab") as words:
            self._process = subprocess.Popen(
                [sys.executable, "-c", "from streams.cli import main; main()", "run"],
                env=environ, stdin=subprocess.DEVNULL, stdout=words, stderr=words, preexec_fn=die_with_parent,  # noqa: PLW1509  (one system call)
            )  # fmt: skip

    def well(self, part: str) -> bool:
        """Whether it answers."""
        try:
            return httpx.get(f"{self.address}/healthz", timeout=5, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    def tend(self, struck: set[str]) -> None:
        """Raise `Broken` when it has ended by itself."""
        if not struck:
            self.check_alive()

    def check_alive(self) -> None:
        """Raise `Broken` when the process has ended by itself."""
        assert self._process is not None
        if (code := self._process.poll()) is not None:
            self._process = None
            raise Broken(f"the process ended by itself with code {code}:\n{self.last_words()}")

    def kill(self, part: str) -> str:
        """SIGKILL, whatever it is doing."""
        assert self._process is not None
        self.check_alive()
        self._process.kill()
        self._process.wait(30)
        self._process = None
        return "everything in one process"

    def hold(self, part: str) -> str:
        """SIGSTOP: nobody would notice but the feeder."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        return "everything in one process"

    def go_on(self, part: str) -> None:
        """SIGCONT."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """SIGTERM, and wait for an end in order."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        try:
            code = self._process.wait(60)
        except subprocess.TimeoutExpired:
            raise Broken(f"the process did not end within 60 s of SIGTERM:\n{self.last_words()}") from None
        self._process = None
        if code != 0:
            raise Broken(f"the process ended with code {code} after SIGTERM:\n{self.last_words()}")

    def clear_away(self) -> None:
        """Whatever happened: no process stays."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait(30)

    def last_words(self) -> str:
        """The end of what it said."""
        return "\n".join(self.words.read_text(errors="replace").splitlines()[-25:])

    def complaints(self) -> list[str]:
        """What it said beside its two ordinary sentences."""
        lines = self.words.read_text(errors="replace").splitlines()
        return [line for line in lines if line.strip() and not line.startswith("Pledgewatch ")]

    def settle(self, quiet: float = 8.0) -> None:
        """Return when nothing was left to do or to tell for `quiet` seconds: an alert is told 5 s after its last word."""
        since, before = time.monotonic(), -1
        while time.monotonic() - since < quiet:
            self.check_alive()
            lag, said = self._lag_and_said()
            if lag or said != before:
                since, before = time.monotonic(), said
            self.deadline.pause(0.2, f"{lag} records not yet placed, watched or stored")

    def look(self) -> Left:
        """What is left of it."""
        return look(self.home)

    def _lag_and_said(self) -> tuple[int, int]:
        """Records not yet placed, watched or stored; records of alerts and notices; as the log's file shows them."""
        with closing(sqlite3.connect(f"file:{self.home / 'log.sqlite'}?mode=ro", uri=True, timeout=10)) as log:
            lag = _lag(log, GROUP, (*TOPIC_OF.values(), "dossiers")) + _lag(log, STORE_GROUP, STORED)
            return lag, _lag(log, "nobody", ("alerts", "notices"))


def _outgoing(fact: AnyFact) -> Outgoing:
    at = int((fact.recorded_at or dt.datetime.now(dt.UTC)).timestamp() * 1000)
    return Outgoing(topic=topic_of(fact), key=log_key(fact), value=encode(fact), timestamp_ms=at)


def _lag(log: sqlite3.Connection, group: str, topics: Sequence[str]) -> int:
    marks = ",".join("?" * len(topics))
    return int(log.execute(_LAG.format(marks=marks), (group, *topics)).fetchone()[0])


def die_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: also when we are killed, nothing stays
