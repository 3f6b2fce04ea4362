"""Strikes an installation at random moments while facts flow, and holds what is left against what it must equal.

    python tests/bench/chaos.py [--form auto|kafka|embedded] [--facts 20000] [--faults 30] [--workers 2] [--seed N]
                                [--limit SECONDS] [--core-only] [--json]

*kafka*: three brokers, workers, intake, store and deliver, each a process of its own; every one of them is hit, by
`kill -9` or by SIGSTOP for longer than the session timeout, brokers that lead partitions among them, never two brokers
at once. *embedded*: `pledgewatch run`, everything in one process, killed as a whole. *auto* takes Kafka where Java and
Maven are, and says what is missing where they are not.

A feeder sends the facts over HTTP in batches of random size and repeats what was not acknowledged; ticks, which no door
lets in, stand in the log from the beginning. The faults are drawn from the seed before anything runs: in the load, while
a request is under way, while a part starts, after the load. In the end: the newest record of each alert is byte-equal
to the pure core's over the same facts (and, embedded, to a run without a fault, unless `--core-only`); every
acknowledged fact is in the log, once; the warehouse has every record once and shows the same alerts; every channel was
told what holds, and no word stands under two ids.
Ends with 1 where anything differs, and by itself after `--limit` seconds; nothing that it started stays.
"""

from __future__ import annotations

import argparse
import datetime as dt
import logging
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random
from types import FrameType

import msgspec
from chaos_feeder import Broken, Feeder
from chaos_judging import Run, judge, table
from chaos_plan import Fault, plan
from chaos_striking import Deadline, Installation, Striker
from installation import OneProcess

from infra.kafka.broker import missing
from schemas import AnyFact, Tick
from streams.demo.load import load_world

LIMIT = 3_600.0
"""Seconds after which a run is given up."""


def run(struck: Installation, facts: Sequence[AnyFact], faults: Sequence[Fault], draw: Random, told_at: Path) -> Run:
    """Feed `facts` to an installation, strike it, let it settle and look at what is left."""
    begun = time.monotonic()
    feeder: Feeder | None = None
    try:
        struck.start([fact for fact in facts if isinstance(fact, Tick)])
        told = [fact for fact in facts if not isinstance(fact, Tick)]
        feeder = Feeder(struck.address, struck.token, told, draw)
        striker = Striker(struck, feeder, faults, _say)
        striker.work()
        struck.settle()
        struck.stop()
        return Run(
            blows=striker.blows, repeated=feeder.repeated, acknowledged=feeder.acknowledged,
            complaints=struck.complaints(), ended=struck.ended, seconds=time.monotonic() - begun, told_at=told_at,
            left=struck.look(),
        )  # fmt: skip
    finally:
        if feeder is not None:
            feeder.ask_to_end()
        struck.clear_away()


def past(facts: Iterable[AnyFact]) -> list[AnyFact]:
    """The facts, recorded before now whatever the clock says: the door would stamp those that are yet to come."""
    found = list(facts)
    latest = max(fact.recorded_at for fact in found if fact.recorded_at)
    ahead = max(0, (latest - dt.datetime.now(dt.UTC)).days + 2)
    shift = dt.timedelta(days=ahead)
    return [msgspec.structs.replace(f, recorded_at=f.recorded_at - shift) if f.recorded_at else f for f in found]


def main() -> int:
    """All runs and the verdict."""
    asked = _arguments()
    signal.signal(signal.SIGTERM, _end)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    form = _form(asked.form)
    facts = past(load_world(asked.facts, asked.seed))
    folder = Path(tempfile.mkdtemp(prefix="pledgewatch-chaos-"))
    try:
        failed = (_over_kafka if form == "kafka" else _embedded)(asked, facts, folder)
    except Broken as broken:
        print(f"chaos: {broken}\n(what is left: {folder})", file=sys.stderr)
        return 1
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    if failed:
        print(f"chaos: not all is as it must be (what is left: {folder})", file=sys.stderr)
    else:
        shutil.rmtree(folder, ignore_errors=True)
    return int(failed)


def _form(asked: str) -> str:
    lacking = missing()
    if asked == "auto" and lacking is not None:
        _say(f"{lacking}; so this is the embedded form: one process, killed as a whole, no brokers")
        return "embedded"
    if asked == "kafka" and lacking is not None:
        raise SystemExit(f"chaos: {lacking}")
    return "embedded" if asked == "embedded" else "kafka"


def _over_kafka(asked: argparse.Namespace, facts: Sequence[AnyFact], folder: Path) -> bool:
    from chaos_kafka import SESSION, Apart

    deadline = Deadline(asked.limit)
    struck = Apart(folder / "kafka", deadline, asked.workers)
    faults = plan(asked.seed, asked.faults, struck.parts(), stopped_for=SESSION)
    _announce(asked, f"three brokers, {asked.workers} workers, intake, store, deliver")
    disturbed = run(struck, facts, faults, Random(asked.seed), folder / "kafka" / "deliver")
    return _told(asked, "kafka", facts, disturbed, None)


def _embedded(asked: argparse.Namespace, facts: Sequence[AnyFact], folder: Path) -> bool:
    deadline = Deadline(asked.limit)
    undisturbed = None
    if not asked.core_only:
        _say(f"{asked.facts:,} facts without a fault")
        calm = folder / "undisturbed"
        undisturbed = run(OneProcess(calm, deadline), facts, [], Random(asked.seed), calm)
        _say(f"done in {undisturbed.seconds:.1f} s")
    struck = OneProcess(folder / "disturbed", deadline)
    faults = plan(asked.seed, asked.faults, struck.parts())
    _announce(asked, "everything in one process")
    disturbed = run(struck, facts, faults, Random(asked.seed), struck.home)
    return _told(asked, "embedded", facts, disturbed, undisturbed)


def _announce(asked: argparse.Namespace, what: str) -> None:
    _say(f"{asked.facts:,} facts, {asked.faults} faults of seed {asked.seed} over {what}; at most {asked.limit:.0f} s")


def _told(
    asked: argparse.Namespace, form: str, facts: Sequence[AnyFact], disturbed: Run, undisturbed: Run | None
) -> bool:
    verdict = judge(form, asked.seed, facts, disturbed, undisturbed)
    print(msgspec.json.encode(verdict).decode() if asked.json else table(disturbed.blows, verdict))
    for words in disturbed.ended:
        _say(f"ended by itself: {words}")
    for line in disturbed.complaints[:20]:
        _say(f"said: {line}")
    return any(verdict.must_be_zero().values())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--form", choices=["auto", "kafka", "embedded"], default="auto")
    parser.add_argument("--facts", type=int, default=20_000)
    parser.add_argument("--faults", type=int, default=30)
    parser.add_argument("--workers", type=int, choices=[2, 3], default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=float, default=LIMIT, help="Seconds after which the run is given up.")
    parser.add_argument("--core-only", action="store_true", help="Embedded: leave out the run without a fault.")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _end(number: int, _: FrameType | None) -> None:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
