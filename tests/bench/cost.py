"""What one more fact costs: the time that it takes to assess, beside the facts that it touches.

    python tests/bench/cost.py [--sizes 100,1000,10000,100000] [--more 40] [--json]

A world of each size is taken in and assessed. Then more facts of the same load come one by one, each assessed at once,
as `watch` would. For each kind of fact stand the median number of facts behind what was looked at again, the median
time with the encoding of what is said, and their ratio; in the end a tick of the next day. If the cost of a fact
followed the size of the dossier, the ratio would grow with the world as the world does.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gc
import json
import statistics
import sys
import time
from collections import defaultdict
from itertools import islice

import msgspec

from schemas import AnyFact, Tick
from schemas.codec import encode, kind_of
from streams.agents.naming import RegisterNamer
from streams.demo.load import load_world
from streams.rules.assess import Assessor
from streams.rules.docket import Docket
from streams.rules.dossier import Partition

SIZES = (100, 1_000, 10_000, 100_000)


class Kept:
    """A partition with its dockets, kept up."""

    def __init__(self) -> None:
        self.held, self.assessor = Partition(), Assessor(RegisterNamer)
        self.dockets: dict[str, Docket] = {}

    def take(self, fact: AnyFact) -> int:
        """Take in a fact and assess what it touches; the facts behind that [count]."""
        touched = 0
        for destination, keys in self.held.add(fact).items():
            docket = self.dockets.get(destination)
            if docket is None or not self.assessor.keeps(docket, self.held):
                docket = self.dockets[destination] = self.assessor.docket(self.held, destination)
            docket.touch(keys)
            settled = docket.settle()
            touched += settled.touched
            for said in (*settled.alerts, *settled.notes):
                encode(said)
        return touched

    def take_all(self, facts: list[AnyFact]) -> None:
        """Take in a world and assess it once."""
        self.held.add_all(facts)
        for destination in self.held.destinations():
            docket = self.dockets[destination] = self.assessor.docket(self.held, destination)
            docket.settle()


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What one more fact of a kind costs in a world."""

    facts: int
    """In the world [count]."""
    kind: str
    count: int
    touched: float
    """Median facts behind what was looked at again [count]."""
    milliseconds: float
    """Median."""
    microseconds_each: float
    """Time over facts touched, summed over all of the kind."""


def costs(size: int, more: int) -> list[Cost]:
    """The costs in a world of `size` facts."""
    stream = load_world(size + more, seed=7)
    kept = Kept()
    kept.take_all(list(islice(stream, size)))
    taken: dict[str, list[tuple[int, float]]] = defaultdict(list)
    gc.collect()
    gc.freeze()
    for fact in (*(f for f in stream if not isinstance(f, Tick)), tomorrow(kept.held.today)):
        begun = time.process_time()
        touched = kept.take(fact)
        taken[kind_of(fact)].append((touched, time.process_time() - begun))
    gc.unfreeze()
    return [
        Cost(
            facts=size, kind=kind, count=len(each), touched=statistics.median(t for t, _ in each),
            milliseconds=round(statistics.median(s for _, s in each) * 1000, 3),
            microseconds_each=round(sum(s for _, s in each) / max(1, sum(t for t, _ in each)) * 1e6, 1),
        )
        for kind, each in sorted(taken.items())
    ]  # fmt: skip


def tomorrow(day: dt.date) -> Tick:
    """The tick of the next day."""
    after = day + dt.timedelta(days=1)
    return Tick(id=after.isoformat(), source="clock", day=after)


def main() -> int:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sizes", default=",".join(map(str, SIZES)))
    options.add_argument("--more", type=int, default=200)
    options.add_argument("--json", action="store_true")
    asked = options.parse_args()
    found: list[Cost] = []
    if not asked.json:
        print(f"{'facts':>8}  {'one more':<10} {'count':>5} {'touched':>8} {'ms':>9} {'us/touched':>11}")
    for size in (int(s) for s in asked.sizes.split(",")):
        for cost in costs(size, asked.more):
            found.append(cost)
            if not asked.json:
                print(
                    f"{cost.facts:>8}  {cost.kind:<10} {cost.count:>5} {cost.touched:>8.0f} "
                    f"{cost.milliseconds:>9.2f} {cost.microseconds_each:>11.1f}",
                    flush=True,
                )
    if asked.json:
        print(json.dumps([msgspec.to_builtins(c) for c in found]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
