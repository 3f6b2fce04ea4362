"""Workers as processes of their own over a cluster, and what the log holds when they are done."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx

from infra.kafka.broker import free_ports
from schemas import AnyFact
from schemas.codec import decode_alert, encode, log_key, topic_of
from streams.topology import GROUP
from streams.transport.kafka import KafkaReader
from streams.transport.ports import Outgoing, Record
from streams.worker import READ

PROGRAM = [sys.executable, "-c", "from streams.cli import main; main()"]
ROOT = Path(__file__).parents[2]
QUIET = 6.0
"""Seconds without lag and without a new alert after which the stream has settled: longer than the longest burst."""


def pledgewatch(*words: str, home: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    environ = environment(home, **settings)
    return subprocess.run([*PROGRAM, *words], capture_output=True, text=True, timeout=120, cwd=ROOT, env=environ)


def environment(home: Path, **settings: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PLEDGEWATCH_")}
    return kept | {"PLEDGEWATCH_HOME": str(home)} | {f"PLEDGEWATCH_{k.upper()}": v for k, v in settings.items()}


class Process:
    """A command of ours as a process of its own; may be killed and started again."""

    def __init__(self, name: str, words: Sequence[str], home: Path, **settings: str) -> None:
        self.name, self.home, self._words = name, home, list(words)
        self._environ = environment(home, **settings)
        self.home.mkdir(parents=True, exist_ok=True)
        self.log = self.home / f"{name.replace(' ', '-')}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._starts = 0

    def start(self) -> None:
        assert self.process is None
        self._starts += 1
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*PROGRAM, *self._words], stdout=log, stderr=subprocess.STDOUT, cwd=ROOT, env=self._environ
            )

    def await_word(self, within: float = 90.0) -> None:
        """Return when it has said that it is ready, once for each of its starts."""
        end = time.monotonic() + within
        while self.log.read_text(errors="replace").count(f"{self.name}: ready") < self._starts:
            self._check_lives(time.monotonic() < end)
            time.sleep(0.1)

    def end(self, how: signal.Signals, within: float = 60.0) -> int:
        """Send the signal; return the exit code."""
        process, self.process = self.process, None
        assert process is not None
        process.send_signal(how)
        try:
            return process.wait(within)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def clear_away(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def last_words(self) -> str:
        return self.log.read_text(errors="replace")[-1500:]

    def _check_lives(self, in_time: bool) -> None:
        assert self.process is not None
        assert self.process.poll() is None, f"{self.name} has ended: {self.last_words()}"
        assert in_time, f"{self.name} is not ready: {self.last_words()}"


class WorkerProcess(Process):
    """`pledgewatch worker` under one instance number."""

    def __init__(
        self, number: int, bootstrap: Sequence[str], home: Path, session_timeout: float = 12.0, **settings: str
    ) -> None:
        self.port = free_ports(1)
        words = [
            *("worker", "--broker", f"kafka://{','.join(bootstrap)}", "--instance", str(number)),
            *("--session-timeout", str(session_timeout), "--ready-port", str(self.port)),
        ]
        super().__init__(f"worker {number}", words, home / f"worker-{number}", **settings)

    def health(self) -> dict[str, object]:
        """What `/readyz` says, and its status; empty where nothing answers."""
        try:
            answer = httpx.get(f"http://127.0.0.1:{self.port}/readyz", timeout=5, trust_env=False)
        except httpx.HTTPError:
            return {}
        return {**answer.json(), "status": answer.status_code}

    def await_ready(self, within: float = 90.0) -> dict[str, object]:
        end = time.monotonic() + within
        while (found := self.health()).get("status") != 200:
            self._check_lives(time.monotonic() < end)
            time.sleep(0.2)
        return found


def outgoing(fact: AnyFact) -> Outgoing:
    at = int(fact.recorded_at.timestamp() * 1000) if fact.recorded_at else None
    return Outgoing(topic=topic_of(fact), key=log_key(fact), value=encode(fact), timestamp_ms=at)


async def settled(reader: KafkaReader, within: float) -> float:
    """Return when nothing waits and nothing new was said for a while; since when, by the monotonic clock [s]."""
    end, quiet_since, before = time.monotonic() + within, time.monotonic(), {}
    while time.monotonic() - quiet_since < QUIET:
        lag = {part: count for part, count in (await reader.lag(GROUP, READ)).items() if count}
        now = {
            **await reader.highwaters("alerts"),
            **{100 + p: n for p, n in (await reader.highwaters("dossiers")).items()},
        }
        if lag or now != before:
            quiet_since, before = time.monotonic(), now
        assert time.monotonic() < end, f"not settled after {within:.0f} s; waiting: {lag}"
        await asyncio.sleep(0.5)
    return quiet_since


async def everything(reader: KafkaReader, topic: str) -> list[Record]:
    """Every record, partition by partition, each in order."""
    ends = await reader.highwaters(topic)
    return [record for partition, end in ends.items() for record in await reader.read(topic, partition, 0, end)]


async def newest(reader: KafkaReader, topic: str) -> dict[bytes, bytes]:
    """Key to the last record, over all partitions."""
    return {r.key: r.value for r in await everything(reader, topic) if r.key is not None and r.value is not None}


def standing(alerts: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
    """Without those that are withdrawn."""
    return {key: value for key, value in alerts.items() if decode_alert(value).status != "withdrawn"}


def differing(found: Mapping[bytes, bytes], expected: Mapping[bytes, bytes]) -> list[str]:
    """The alerts that differ, and in which fields; empty where all are byte-equal."""
    lines = [f"{key.decode()}: missing" for key in sorted(expected.keys() - found.keys())]
    lines += [f"{key.decode()}: not expected" for key in sorted(found.keys() - expected.keys())]
    for key in sorted(found.keys() & expected.keys()):
        if found[key] != expected[key]:
            here, there = json.loads(found[key]), json.loads(expected[key])
            fields = [name for name in here | there if here.get(name) != there.get(name)]
            lines.append(f"{key.decode()}: {', '.join(fields)}")
    return lines
