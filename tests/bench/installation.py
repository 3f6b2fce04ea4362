"""One installation as a process of its own: started, fed, killed, settled, stopped."""

from __future__ import annotations

import asyncio
import ctypes
import datetime as dt
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import httpx

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


class Fault(Exception):  # noqa: N818  (what the run is there to find)
    """The installation did something that it must never do; the words say what."""


class Deadline:
    """The moment at which the whole run is given up."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds
        self._seconds = seconds

    def check(self, doing: str) -> None:
        """Raise `Fault` when the time is over."""
        if time.monotonic() > self._end:
            raise Fault(f"not done within {self._seconds:.0f} s; at the end: {doing}")

    def pause(self, seconds: float, doing: str) -> None:
        """Sleep, and check."""
        time.sleep(seconds)
        self.check(doing)


class Installation:
    """`pledgewatch run` on the folder `home`, with the ticks of `facts` in its log from the beginning."""

    def __init__(self, home: Path, deadline: Deadline) -> None:
        self.home, self.deadline = home, deadline
        self.port = _free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.words = home / "said.txt"
        home.mkdir(parents=True)
        self.token = Keys(home / "keys.json").add("bench", ("admin", "officer"))
        self._process: subprocess.Popen[bytes] | None = None

    def load(self, facts: Sequence[AnyFact]) -> None:
        """Put facts into the log while nothing runs: ticks, which no door lets in."""
        log = acquire(self.home / "log.sqlite")
        try:
            log.keep("partitions", str(PARTITIONS))
            for topic in TOPICS.values():
                log.create_topic(topic.name, PARTITIONS, compacted=topic.cleanup == "compact")
            asyncio.run(EmbeddedProducer(log).send([_outgoing(fact) for fact in facts]))
        finally:
            release(log)

    def start(self) -> None:
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
                env=environ, stdin=subprocess.DEVNULL, stdout=words, stderr=words, preexec_fn=_die_with_parent,  # noqa: PLW1509  (one system call)
            )  # fmt: skip

    def wait_ready(self) -> float:
        """Return when the page answers; how long that took [s]."""
        begun = time.monotonic()
        with httpx.Client(trust_env=False, timeout=5) as client:
            while True:
                self.check_alive()
                try:
                    if client.get(f"{self.address}/healthz").status_code == 200:
                        return time.monotonic() - begun
                except httpx.HTTPError:
                    pass
                self.deadline.pause(0.05, "waiting for the start")

    def check_alive(self) -> None:
        """Raise `Fault` when the process has ended by itself."""
        assert self._process is not None
        if (code := self._process.poll()) is not None:
            self._process = None
            raise Fault(f"the process ended by itself with code {code}:\n{self.last_words()}")

    def kill(self) -> None:
        """SIGKILL, whatever it is doing."""
        assert self._process is not None
        self.check_alive()
        self._process.kill()
        self._process.wait(30)
        self._process = None

    def stop(self) -> None:
        """SIGTERM, and wait for an end in order."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        try:
            code = self._process.wait(60)
        except subprocess.TimeoutExpired:
            raise Fault(f"the process did not end within 60 s of SIGTERM:\n{self.last_words()}") from None
        self._process = None
        if code != 0:
            raise Fault(f"the process ended with code {code} after SIGTERM:\n{self.last_words()}")

    def leave_nothing(self) -> None:
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

    def lag(self) -> int:
        """Records that are not yet placed, watched or stored, as another process sees them in the log's file."""
        with closing(sqlite3.connect(f"file:{self.home / 'log.sqlite'}?mode=ro", uri=True, timeout=10)) as log:
            return _lag(log, GROUP, (*TOPIC_OF.values(), "dossiers")) + _lag(log, STORE_GROUP, STORED)

    def wait_settled(self, quiet: float = 2.0) -> None:
        """Return when nothing has been left to do for `quiet` seconds: a burst ends 0.03 s after its last row."""
        since = time.monotonic()
        while time.monotonic() - since < quiet:
            self.check_alive()
            lag = self.lag()
            if lag:
                since = time.monotonic()
            self.deadline.pause(0.2, f"{lag} records not yet placed, watched or stored")


def _outgoing(fact: AnyFact) -> Outgoing:
    at = int((fact.recorded_at or dt.datetime.now(dt.UTC)).timestamp() * 1000)
    return Outgoing(topic=topic_of(fact), key=log_key(fact), value=encode(fact), timestamp_ms=at)


def _lag(log: sqlite3.Connection, group: str, topics: Sequence[str]) -> int:
    marks = ",".join("?" * len(topics))
    return int(log.execute(_LAG.format(marks=marks), (group, *topics)).fetchone()[0])


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: also when we are killed, nothing stays
