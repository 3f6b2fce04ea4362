"""Strikes an installation as planned while facts flow, has it go on after each blow, and notes when it was well again."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

import msgspec
from chaos_feeder import Broken, Feeder
from chaos_plan import Fault
from leftovers import Left

from schemas import AnyFact

_EVERY = 0.01
"""Seconds between looks at what is due."""
_WELL_EVERY = 0.3
"""Seconds between questions whether a part is well again."""


class Deadline:
    """The moment at which the whole run is given up."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds
        self._seconds = seconds

    @property
    def left(self) -> float:
        """Seconds until then."""
        return self._end - time.monotonic()

    def check(self, doing: str) -> None:
        """Raise `Broken` when the time is over."""
        if self.left < 0:
            raise Broken(f"not done within {self._seconds:.0f} s; at the end: {doing}")

    def pause(self, seconds: float, doing: str) -> None:
        """Sleep, and check."""
        time.sleep(seconds)
        self.check(doing)


class Installation(Protocol):
    """What can be struck. Only `well` may be asked from another thread."""

    deadline: Deadline
    address: str
    """Where the door is."""
    token: str
    """Key that the door takes everything from."""
    ended: list[str]
    """What ended by itself and was started again, in words."""

    def parts(self) -> list[str]:
        """What may be hit; `leader` among them stands for the broker that leads most."""

    def start(self, ticks: Sequence[AnyFact]) -> None:
        """Start every part, with `ticks`, which no door lets in, in the log; return when all are well."""

    def meant(self, part: str) -> str:
        """The part that is meant by `part` now."""

    def fit(self, part: str, unwell: set[str]) -> bool:
        """Whether a blow at it leaves enough to go on with, while these are not well."""

    def kill(self, part: str) -> str:
        """SIGKILL; what it was at that moment, in words."""

    def start_again(self, part: str) -> None:
        """Start a part that was killed."""

    def hold(self, part: str) -> str:
        """SIGSTOP; what it was at that moment, in words."""

    def go_on(self, part: str) -> None:
        """SIGCONT."""

    def well(self, part: str) -> bool:
        """Whether a part does its work."""

    def tend(self, struck: set[str]) -> None:
        """Look after the parts that were not struck: what ended by itself is started again, or is a `Broken`."""

    def settle(self) -> None:
        """Return when nothing is left to do."""

    def stop(self) -> None:
        """End every part in order."""

    def clear_away(self) -> None:
        """Whatever happened: no process stays."""

    def look(self) -> Left:
        """What is left, after `stop`."""

    def complaints(self) -> list[str]:
        """What the parts said beside their ordinary sentences."""


class Blow(msgspec.Struct, kw_only=True):
    """A fault as it came."""

    fault: Fault
    part: str
    what: str
    """What the part was at that moment, in words."""
    at: float
    """When it came [s since the facts began to flow]."""
    facts: int
    """Facts acknowledged by then [count]."""
    back: float | None = None
    """When the part was started again, or went on [s, as `at`]."""
    well: float | None = None
    """When it was well again [s, as `at`]; absent where the next blow hit it before."""

    @property
    def lasted(self) -> float | None:
        """From the blow until the part was well again [s]."""
        return None if self.well is None else self.well - self.at


class Striker:
    """Works off a plan."""

    def __init__(
        self, struck: Installation, feeder: Feeder, faults: Sequence[Fault], say: Callable[[str], object]
    ) -> None:
        self.blows: list[Blow] = []
        self._say = say
        self._house, self._feeder, self._faults = struck, feeder, faults
        self._begun = time.monotonic()
        self._asked: dict[int, tuple[float, Future[bool]]] = {}
        """When it was asked last whether what a blow hit is well again, and the answer to come."""
        self._pool = ThreadPoolExecutor(8, "well")

    def work(self) -> None:
        """All faults; in the end every part is well and every fact acknowledged."""
        try:
            for fault in self._faults:
                self._await(fault)
                self._strike(fault)
            self._feeder.allow(len(self._feeder.facts))
            self._until(lambda: self._feeder.done, "every fact acknowledged")
            self._until(lambda: not self._unwell(), "every part well again")
        finally:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _await(self, fault: Fault) -> None:
        facts = len(self._feeder.facts)
        self._feeder.allow(round(fault.upto * facts))
        doing = f"before fault {fault.number}"
        if fault.moment == "while it starts":
            before = self.blows[-1]
            self._until(lambda: before.back is not None, f"{doing}: {before.part} started again")
        else:
            least = round(fault.least * facts)
            self._until(lambda: len(self._feeder.acknowledged) >= least, f"{doing}: {least} facts acknowledged")
            self._until(lambda: self._may(fault), f"{doing}: {fault.part} and what it needs well")
        if fault.moment == "in a request":
            self._feeder.allow(self._next_share(fault))
            reached = self._next_share(fault)
            self._until(lambda: self._feeder.asking or len(self._feeder.acknowledged) >= reached, f"{doing}: a request")
        self._wait(fault.wait, doing)

    def _next_share(self, fault: Fault) -> int:
        following = self._faults[fault.number : fault.number + 1]
        return round((following[0].upto if following else 1.0) * len(self._feeder.facts))

    def _may(self, fault: Fault) -> bool:
        part = self._house.meant(fault.part)
        unwell = self._unwell()
        if not fault.beside and unwell:
            return False
        return part not in unwell and self._house.fit(part, unwell)

    def _unwell(self) -> set[str]:
        return {blow.part for blow in self.blows if blow.well is None and not self._hit_again(blow)}

    def _hit_again(self, blow: Blow) -> bool:
        return any(later.part == blow.part for later in self.blows[blow.fault.number :])

    def _strike(self, fault: Fault) -> None:
        part = self.blows[-1].part if fault.moment == "while it starts" else self._house.meant(fault.part)
        what = self._house.kill(part) if fault.how == "kill -9" else self._house.hold(part)
        self.blows.append(Blow(fault=fault, part=part, what=what, at=self._now(), facts=len(self._feeder.acknowledged)))
        self._say(f"{self._now():7.1f} s  {fault.number}: {fault.how} {part} {what}".rstrip())

    def _now(self) -> float:
        return time.monotonic() - self._begun

    def _wait(self, seconds: float, doing: str) -> None:
        end = time.monotonic() + seconds
        self._until(lambda: time.monotonic() >= end, doing)

    def _until(self, true: Callable[[], bool], doing: str) -> None:
        """Tend what was struck until `true`."""
        while not true():
            self._feeder.check()
            self._bring_back()
            self._house.tend({blow.part for blow in self.blows if blow.back is None})
            acknowledged = f"{len(self._feeder.acknowledged)} facts acknowledged, {self._feeder.answered}"
            self._house.deadline.pause(_EVERY, f"{doing} ({acknowledged})")

    def _bring_back(self) -> None:
        for blow in self.blows:
            if blow.back is None and self._now() >= blow.at + blow.fault.away:
                again = self._house.start_again if blow.fault.how == "kill -9" else self._house.go_on
                again(blow.part)
                blow.back = self._now()
            elif blow.back is not None and blow.well is None and not self._hit_again(blow):
                self._look_after(blow)

    def _look_after(self, blow: Blow) -> None:
        asked, answer = self._asked.get(blow.fault.number, (-_WELL_EVERY, None))
        if answer is not None and answer.done() and answer.result():
            blow.well = asked
            self._say(f"{asked:7.1f} s  {blow.fault.number}: {blow.part} is well again")
        elif (answer is None or answer.done()) and self._now() - asked >= _WELL_EVERY:
            self._asked[blow.fault.number] = (self._now(), self._pool.submit(self._house.well, blow.part))
