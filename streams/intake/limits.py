"""How much one sender may send: a token bucket a sender, so that a flood costs the flooder and nobody else."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable

import msgspec

_SENDERS = 4096
"""Buckets kept; the one idle for longest goes first, full again by then in any sane setting."""


class Allowance(msgspec.Struct, frozen=True, kw_only=True):
    """How much a sender may send."""

    per_second: float
    """Records that may be sent for ever [1/s]."""
    burst: float
    """Records that may be sent at once after a rest [count]."""


FEEDER = Allowance(per_second=20, burst=2_000)
"""Programmes know hundreds of checks and tens of incidents a year; this is a year's work at once, twenty times over."""
OFFICE = Allowance(per_second=2_000, burst=100_000)
"""A register of the authority's own is loaded in one go."""


class Limits:
    """Buckets by sender, on a monotonic `clock` [s]. A bucket may go into debt for one request, never for the next."""

    def __init__(self, clock: Callable[[], float], *, feeder: Allowance = FEEDER, office: Allowance = OFFICE) -> None:
        self._clock = clock
        self._feeder, self._office = feeder, office
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, sender: str, *, office: bool) -> int:
        """Take one record out of the bucket: 0, or the seconds to wait where it is empty (then nothing is taken)."""
        level = self._level(sender, office)
        wait = 0 if level > 0 else max(1, math.ceil((1 - level) / self._allowance(office).per_second))
        self._set(sender, level if wait else level - 1)
        return wait

    def charge(self, sender: str, count: int, *, office: bool) -> None:
        """Take `count` more, for what turned out to be in the request."""
        self._set(sender, self._level(sender, office) - count)

    def _allowance(self, office: bool) -> Allowance:
        return self._office if office else self._feeder

    def _level(self, sender: str, office: bool) -> float:
        allowance = self._allowance(office)
        level, before = self._levels.pop(sender, (allowance.burst, self._clock()))
        return min(allowance.burst, level + max(0.0, self._clock() - before) * allowance.per_second)

    def _set(self, sender: str, level: float) -> None:
        self._levels[sender] = (level, self._clock())
        if len(self._levels) > _SENDERS:
            self._levels.popitem(last=False)
