"""Which faults are to come, drawn from a seed before anything runs.

`parts` are hit in turns of random order, so that none is left out; `leader` stands for the broker that leads most
partitions when it is hit. A fault is `kill -9` (the part is started again after a moment, as by its supervisor), or
SIGSTOP for longer than the session timeout, then SIGCONT: the part believes that no time has passed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Literal

import msgspec

How = Literal["kill -9", "SIGSTOP"]
Moment = Literal["in the load", "in a request", "while it starts", "after the load"]

STARTING_SHARE = 0.2
"""Share of the faults that hit a part which has just been killed, while it starts and recovers."""
AFTER_SHARE = 0.2
"""Share of the faults that come when every fact has been acknowledged, while the rest is placed, watched and stored."""
REQUEST_SHARE = 0.4
"""Share of the others that come while a request is under way."""
STOPPED_SHARE = 0.4
"""Share of the faults that stop a part instead of killing it, where that is asked for."""
LONGEST_AFTER, LONGEST_REQUEST, LONGEST_WAIT = 8.0, 0.1, 1.5
"""Up to how long a fault waits after the load, in a request, in the load: bursts, commits, inserts last about so [s]."""
LONGEST_START = 4.0
"""Up to how long after a start the next kill of the same part comes [s]."""
LONGEST_AWAY = 3.0
"""Up to how long a killed part stays away before its supervisor starts it [s]."""
LONGEST_BEYOND = 5.0
"""Up to how long a part stays stopped beyond its session timeout [s]."""
BESIDE_SHARE = 0.35
"""Share of the faults that do not wait until what was hit before is well again."""


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One fault to come."""

    number: int
    """From 1."""
    part: str
    how: How
    moment: Moment
    least: float
    """Share of the facts that are acknowledged before [0..1]."""
    upto: float
    """Share of the facts that may be sent before [0..1]."""
    wait: float
    """How long it waits further [s]."""
    away: float
    """From the blow to the start, or to SIGCONT [s]."""
    beside: bool
    """Whether it comes though what was hit before is not well again."""


def plan(seed: int, count: int, parts: Sequence[str], *, stopped_for: float | None = None) -> list[Fault]:
    """`count` faults over `parts`; with `stopped_for` [s] some parts are stopped for longer than that."""
    draw = Random(seed)
    turns = _turns(draw, parts)
    in_load = max(1, count - round(count * AFTER_SHARE))
    faults: list[Fault] = []
    for number in range(1, count + 1):
        before = faults[-1] if faults else None
        starting = before is not None and before.how == "kill -9" and draw.random() < STARTING_SHARE
        stopped = not starting and stopped_for is not None and draw.random() < STOPPED_SHARE
        after = number > in_load
        requested = not after and draw.random() < REQUEST_SHARE
        moment = _moment(starting=starting, after=after, requested=requested)
        upto = 1.0 if after else number / (in_load + 1)
        faults.append(Fault(
            number=number, part=before.part if before is not None and starting else next(turns),
            how="SIGSTOP" if stopped else "kill -9", moment=moment,
            least=upto if after or requested else (number - draw.random()) / (in_load + 1), upto=upto,
            wait=draw.uniform(0, _longest(moment)),
            away=(stopped_for or 0.0) + draw.uniform(1, LONGEST_BEYOND) if stopped else draw.uniform(0, LONGEST_AWAY),
            beside=starting or draw.random() < BESIDE_SHARE,
        ))  # fmt: skip
    return faults


def _moment(*, starting: bool, after: bool, requested: bool) -> Moment:
    if starting:
        return "while it starts"
    if after:
        return "after the load"
    return "in a request" if requested else "in the load"


def _turns(draw: Random, parts: Sequence[str]) -> Iterator[str]:
    while True:
        yield from draw.sample(list(parts), len(parts))


def _longest(moment: Moment) -> float:
    return {
        "while it starts": LONGEST_START, "after the load": LONGEST_AFTER,
        "in a request": LONGEST_REQUEST, "in the load": LONGEST_WAIT,
    }[moment]  # fmt: skip
