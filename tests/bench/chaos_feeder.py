"""A feeder that sends facts over HTTP, in order and in batches of random size, and repeats what was not acknowledged."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from random import Random

import httpx
from leftovers import Told, told

from schemas import AnyFact
from schemas.codec import encode

LARGEST_BATCH = 300


class Broken(Exception):  # noqa: N818  (what the run is there to find)
    """Something happened that must never happen; the words say what."""


class Feeder:
    """Sends facts, at most as far as it is allowed."""

    def __init__(self, address: str, token: str, facts: Sequence[AnyFact], draw: Random) -> None:
        self.acknowledged: list[Told] = []
        self.repeated = 0
        self.answered = "nothing asked yet"
        """What became of the last request, in words."""
        self.asking = False
        self.broken: Broken | None = None
        self.facts, self._draw = facts, draw
        self._address, self._token = address, token
        self._allowed = 0
        self._ended = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def allow(self, count: int) -> None:
        """Let it send up to fact number `count`; never less than before."""
        self._allowed = max(self._allowed, min(count, len(self.facts)))

    @property
    def done(self) -> bool:
        """Whether every fact is acknowledged."""
        return len(self.acknowledged) == len(self.facts)

    def check(self) -> None:
        """Raise what went wrong."""
        if self.broken is not None:
            raise self.broken

    def ask_to_end(self) -> None:
        """Send nothing more after the request that is under way."""
        self._ended = True

    def _run(self) -> None:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/x-ndjson"}
        with httpx.Client(base_url=self._address, headers=headers, timeout=60, trust_env=False) as client:
            while not self._ended and not self.done and self.broken is None:
                start = len(self.acknowledged)
                upto = min(start + self._draw.randint(1, LARGEST_BATCH), self._allowed)
                if upto <= start or not self._sent(client, self.facts[start:upto]):
                    time.sleep(0.02)

    def _sent(self, client: httpx.Client, batch: Sequence[AnyFact]) -> bool:
        self.asking = True
        try:
            answer = client.post("/api/v1/facts", content=b"\n".join(encode(fact) for fact in batch))
        except httpx.HTTPError as error:
            self.repeated += 1
            self.answered = f"the last request ended in {type(error).__name__}"
            return False
        finally:
            self.asking = False
        self.answered = f"the last request was answered {answer.status_code}: {answer.text[:200]}"
        if answer.status_code in (429, 503):
            self.repeated += 1
            return False
        if answer.status_code != 202:
            self.broken = Broken(f"a batch of good facts was answered {answer.status_code}: {answer.text[:400]}")
            return False
        self.answered = "the last request was acknowledged"
        self.acknowledged += [told(fact) for fact in batch]
        return True
