"""Kills an installation at random moments while facts flow, and holds what is left against runs without a kill.

    python tests/bench/chaos.py [--facts 20000] [--kills 20] [--seed N] [--limit SECONDS] [--core-only] [--json]

`pledgewatch run` is a process of its own. A feeder sends the facts over HTTP in batches of random size and repeats what
was not acknowledged. A quarter of the kills hit while the process is still starting; of the others a fifth come when
all is acknowledged and not yet done, and of the rest one half while a request is under way. Ticks come from a file:
they stand in the log from the beginning. In the end the newest record of each alert must be byte-equal to that of a run
without kills and to the pure core over the same facts; every acknowledged fact must be in the log, once; the warehouse
must count every record once and show the same alerts. Ends with 1 where anything differs.
`--core-only` leaves the run without kills out.
"""

from __future__ import annotations

import argparse
import datetime as dt
import logging
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from random import Random
from types import FrameType

import httpx
import msgspec
from installation import Deadline, Fault, Installation
from leftovers import Left, Told, look, told

from schemas import AnyFact, Retraction, Tick
from schemas.codec import encode, fact_key, kind_of
from streams.agents.naming import RegisterNamer
from streams.demo.load import load_world
from streams.rules.assess import assess_facts

LARGEST_BATCH = 300
STARTING_SHARE = 0.25
"""Share of the kills that hit while the process starts and recovers."""
AFTER_SHARE = 0.2
"""Share of the kills that come when every fact has been acknowledged, while the rest is placed, watched and stored."""
LONGEST_AFTER = 10.0
"""Up to how long such a kill waits [s]."""
REQUEST_SHARE = 0.5
"""Share of the other kills that hit while a request is under way."""
LONGEST_REQUEST = 0.1
"""Up to how long such a kill waits after the request was sent [s]."""
LONGEST_WAIT = 1.5
"""Up to how long a kill waits after the fact that sets it off: bursts, commits and inserts last about as long [s]."""


class Feeder:
    """Sends facts in order, at most as far as it is allowed, and repeats what was not acknowledged."""

    def __init__(self, installation: Installation, facts: Sequence[AnyFact], draw: Random) -> None:
        self.acknowledged: list[Told] = []
        self.repeated = 0
        self.asking = False
        self.fault: Fault | None = None
        self.facts, self._draw, self._to = facts, draw, installation
        self._allowed = 0
        self._ended = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def allow(self, count: int) -> None:
        """Let it send up to fact number `count`."""
        self._allowed = min(count, len(self.facts))

    @property
    def done(self) -> bool:
        """Whether every fact is acknowledged."""
        return len(self.acknowledged) == len(self.facts)

    def end(self) -> None:
        """Send nothing more."""
        self._ended = True
        self._thread.join(60)

    def _run(self) -> None:
        headers = {"Authorization": f"Bearer {self._to.token}", "Content-Type": "application/x-ndjson"}
        with httpx.Client(base_url=self._to.address, headers=headers, timeout=60, trust_env=False) as client:
            while not self._ended and not self.done and self.fault is None:
                start = len(self.acknowledged)
                upto = min(start + self._draw.randint(1, LARGEST_BATCH), self._allowed)
                if upto <= start or not self._sent(client, self.facts[start:upto]):
                    time.sleep(0.02)

    def _sent(self, client: httpx.Client, batch: Sequence[AnyFact]) -> bool:
        self.asking = True
        try:
            answer = client.post("/api/v1/facts", content=b"\n".join(encode(fact) for fact in batch))
        except httpx.HTTPError:
            self.repeated += 1
            return False
        finally:
            self.asking = False
        if answer.status_code in (429, 503):
            self.repeated += 1
            return False
        if answer.status_code != 202:
            self.fault = Fault(f"a batch of good facts was answered {answer.status_code}: {answer.text[:400]}")
            return False
        self.acknowledged += [told(fact) for fact in batch]
        return True


class Run(msgspec.Struct, kw_only=True):
    """How one run went."""

    kills: int
    killed_starting: int
    killed_in_request: int
    starts: list[float]
    """How long each start took that was let finish [s]."""
    repeated: int
    acknowledged: list[Told]
    complaints: list[str]
    seconds: float
    left: Left


class Verdict(msgspec.Struct, kw_only=True):
    """What must all be 0, and what was counted on the way."""

    facts: int
    kills: int
    killed_starting: int
    killed_in_request: int
    restarts: int
    repeated_batches: int
    acknowledged: int
    alerts: int
    lost: int
    """Acknowledged facts that the log does not have."""
    doubled: int
    """Facts that the log has more than once."""
    parked: int
    differ_from_undisturbed: int
    """Alerts whose bytes differ from the run without kills, or that only one of both has."""
    differ_from_core: int
    """The same against the pure core over the facts of the load."""
    undisturbed_differ_from_core: int
    unstored: int
    stored_twice: int
    stored_alerts_differ: int
    stored_facts_differ: int
    complaints: int
    """Warnings and errors that the process printed."""
    slowest_start: float
    seconds: float
    seconds_undisturbed: float

    def must_be_zero(self) -> dict[str, int]:
        """The counts of which any makes the run fail."""
        names = (
            "lost", "doubled", "parked", "differ_from_undisturbed", "differ_from_core", "undisturbed_differ_from_core",
            "unstored", "stored_twice", "stored_alerts_differ", "stored_facts_differ",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}


def run(home: Path, facts: Sequence[AnyFact], kills: int, draw: Random, deadline: Deadline) -> Run:
    """Feed `facts` to an installation in `home`, kill it `kills` times, let it settle and look at what is left."""
    begun = time.monotonic()
    installation = Installation(home, deadline)
    installation.load([fact for fact in facts if isinstance(fact, Tick)])
    feeder = Feeder(installation, [fact for fact in facts if not isinstance(fact, Tick)], draw)
    try:
        killer = _Killer(installation, feeder, draw, kills)
        killer.work()
        feeder.allow(len(facts))
        _wait_until_told(installation, feeder, len(feeder.facts))
        installation.wait_settled()
        installation.stop()
    finally:
        feeder.end()
        installation.leave_nothing()
    return Run(
        kills=kills, killed_starting=killer.starting, killed_in_request=killer.in_request,
        starts=killer.starts, repeated=feeder.repeated,
        acknowledged=feeder.acknowledged, complaints=installation.complaints(), seconds=time.monotonic() - begun,
        left=look(home),
    )  # fmt: skip


class _Killer:
    """Kills an installation again and again, and starts it after each."""

    def __init__(self, installation: Installation, feeder: Feeder, draw: Random, kills: int) -> None:
        self._installation, self._feeder, self._draw, self._kills = installation, feeder, draw, kills
        self._in_load = kills - round(kills * AFTER_SHARE)
        self.starting = self.in_request = 0
        self.starts: list[float] = []

    def work(self) -> None:
        """All kills; in the end the process runs."""
        self._installation.start()
        for number in range(1, self._kills + 1):
            if number > 1 and self._draw.random() < STARTING_SHARE:
                self.starting += 1
                self._installation.deadline.pause(self._draw.uniform(0, max(self.starts)), "starting")
            else:
                self._ready()
                self._wait_in_load(number)
                self._wait_further(number)
            self._installation.kill()
            self._installation.start()
        self._ready()

    def _ready(self) -> None:
        self.starts.append(self._installation.wait_ready())

    def _wait_in_load(self, number: int) -> None:
        """Until a place in this kill's share of the facts; none are sent beyond that share."""
        self._feeder.allow(self._upto(number))
        least = self._upto(number - self._draw.random())
        _wait_until_told(self._installation, self._feeder, least)

    def _wait_further(self, number: int) -> None:
        """Until a request is under way that goes on in the next share, or just some time."""
        if self._upto(number) == len(self._feeder.facts):
            self._installation.deadline.pause(self._draw.uniform(0, LONGEST_AFTER), "after the load")
            return
        if self._draw.random() >= REQUEST_SHARE:
            self._installation.deadline.pause(self._draw.uniform(0, LONGEST_WAIT), "in the load")
            return
        _wait_until_told(self._installation, self._feeder, self._upto(number))
        self._feeder.allow(self._upto(number + 1))
        while (
            not self._feeder.asking
            and self._feeder.fault is None
            and len(self._feeder.acknowledged) < self._upto(number + 1)
        ):
            time.sleep(0.0005)
        self.in_request += 1
        self._installation.deadline.pause(self._draw.uniform(0, LONGEST_REQUEST), "in a request")

    def _upto(self, number: float) -> int:
        return min(len(self._feeder.facts), round(number * len(self._feeder.facts) / (self._in_load + 1)))


def _wait_until_told(installation: Installation, feeder: Feeder, count: int) -> None:
    while len(feeder.acknowledged) < count:
        if feeder.fault is not None:
            raise feeder.fault
        installation.check_alive()
        installation.deadline.pause(0.005, f"{len(feeder.acknowledged)} of {count} facts acknowledged")


def judge(facts: Sequence[AnyFact], disturbed: Run, undisturbed: Run | None) -> Verdict:
    """Hold what the disturbed run has left against everything that it must equal."""
    core = {alert.id: encode(alert) for found in assess_facts(facts, namer_of=RegisterNamer) for alert in found.alerts}
    left, there = disturbed.left, disturbed.left.told()
    beside = undisturbed.left.alerts if undisturbed else None
    counting = _counting(facts)
    return Verdict(
        facts=len(facts), kills=disturbed.kills, killed_starting=disturbed.killed_starting,
        killed_in_request=disturbed.killed_in_request,
        restarts=len(disturbed.starts) + disturbed.killed_starting - 1, repeated_batches=disturbed.repeated,
        acknowledged=len(disturbed.acknowledged), alerts=len(left.alerts),
        lost=sum(1 for fact in disturbed.acknowledged if fact not in there),
        doubled=sum(1 for count in there.values() if count > 1), parked=left.parked,
        differ_from_undisturbed=0 if beside is None else len(different(left.alerts, beside)),
        differ_from_core=len(different(left.alerts, core)),
        undisturbed_differ_from_core=0 if beside is None else len(different(beside, core)),
        unstored=left.unstored, stored_twice=left.stored_twice,
        stored_alerts_differ=len(different(left.stored_alerts, left.alerts)),
        stored_facts_differ=len(different(left.stored_facts, counting)),
        complaints=len(disturbed.complaints), slowest_start=round(max(disturbed.starts), 2),
        seconds=round(disturbed.seconds, 1), seconds_undisturbed=round(undisturbed.seconds, 1) if undisturbed else 0.0,
    )  # fmt: skip


def different(left: Mapping[str, object], right: Mapping[str, object]) -> list[str]:
    """The names under which two mappings do not say the same."""
    return sorted(name for name in left.keys() | right.keys() if left.get(name) != right.get(name))


def _counting(facts: Iterable[AnyFact]) -> dict[str, int]:
    """How many facts of each kind stand: the newest revision is above every retraction."""
    newest: dict[str, int] = {}
    gone: dict[str, int] = {}
    for fact in facts:
        known = gone if isinstance(fact, Retraction) else newest
        known[fact_key(fact)] = max(fact.revision, known.get(fact_key(fact), 0))
    kinds = {fact_key(fact): kind_of(fact) for fact in facts}
    return dict(Counter(kinds[key] for key, revision in newest.items() if revision > gone.get(key, 0)))


def past(facts: Iterable[AnyFact]) -> list[AnyFact]:
    """The facts, recorded before now whatever the clock says: the door would stamp those that are yet to come."""
    found = list(facts)
    latest = max(fact.recorded_at for fact in found if fact.recorded_at)
    ahead = max(0, (latest - dt.datetime.now(dt.UTC)).days + 2)
    shift = dt.timedelta(days=ahead)
    return [msgspec.structs.replace(f, recorded_at=f.recorded_at - shift) if f.recorded_at else f for f in found]


def main() -> int:
    """Both runs and the verdict."""
    asked = _arguments()
    signal.signal(signal.SIGTERM, _end)
    deadline = Deadline(asked.limit)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    facts = past(load_world(asked.facts, asked.seed))
    folder = Path(tempfile.mkdtemp(prefix="pledgewatch-chaos-"))
    try:
        undisturbed = None
        if not asked.core_only:
            _say(asked, f"{asked.facts:,} facts without a kill")
            undisturbed = run(folder / "undisturbed", facts, 0, Random(asked.seed), deadline)
            _say(asked, f"done in {undisturbed.seconds:.1f} s")
        _say(asked, f"{asked.facts:,} facts with {asked.kills} kills")
        disturbed = run(folder / "disturbed", facts, asked.kills, Random(asked.seed), deadline)
        verdict = judge(facts, disturbed, undisturbed)
    except Fault as fault:
        print(f"chaos: {fault}\n(what is left: {folder})", file=sys.stderr)
        return 1
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    failed = any(verdict.must_be_zero().values())
    print(msgspec.json.encode(verdict).decode() if asked.json else table(verdict))
    for line in disturbed.complaints[:20]:
        _say(asked, f"said: {line}")
    if failed:
        print(f"chaos: not all is as it must be (what is left: {folder})", file=sys.stderr)
    else:
        shutil.rmtree(folder, ignore_errors=True)
    return int(failed)


def table(verdict: Verdict) -> str:
    """One line a count; what must be 0 is marked where it is not."""
    zero = verdict.must_be_zero()
    return "\n".join(
        f"{name.replace('_', ' '):32} {value:>10,}" + ("   must be 0" if zero.get(name) else "")
        for name, value in msgspec.structs.asdict(verdict).items()
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--facts", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=float, default=3_600, help="Seconds after which the run is given up.")
    parser.add_argument("--core-only", action="store_true", help="Leave out the run without kills.")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _say(asked: argparse.Namespace, words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _end(number: int, _: FrameType | None) -> None:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
