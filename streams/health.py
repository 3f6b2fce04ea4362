"""Whether a process without pages does its work: what `GET /readyz` answers on a port of 127.0.0.1.

Ready means *moving*: its place in the log moves while there is something to read. A process that answers and reads
nothing is not ready (it has been seen). What this does not claim: that what it wrote has been read by anybody.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping

import msgspec

from streams.errors import Stop, Wait
from streams.transport.ports import Part

LOOK_EVERY = 2.0
"""Seconds between looks at the progress."""
STUCK_AFTER = 60.0
"""Seconds without progress, with records waiting, after which a process is not ready."""
OLD_AFTER = 10.0
"""Seconds after which a look says nothing any more: the process slept, or the log does not answer."""


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """What `/readyz` answers."""

    ready: bool
    why: str
    parts: int = 0
    """Partitions that it reads [count]."""
    lag: int = 0
    """Records that wait for it [count]."""


class Seen:
    """The health at the last look; where that is long ago, a process that has just been woken is not ready yet."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._at = seconds, seconds()
        self._health = Health(ready=False, why="starting")

    def note(self, health: Health) -> None:
        """This was found just now."""
        self._health, self._at = health, self._seconds()

    def now(self) -> Health:
        """What can be said now."""
        age = self._seconds() - self._at
        if age <= OLD_AFTER or not self._health.ready:
            return self._health
        return msgspec.structs.replace(self._health, ready=False, why=f"nobody has looked for {age:.0f} s")


class Movement:
    """Whether a reader of the log moves; what was seen before counts, too."""

    def __init__(self, stuck_after: float = STUCK_AFTER, seconds: Callable[[], float] = time.monotonic) -> None:
        self._stuck_after, self._seconds = stuck_after, seconds
        self._places: Mapping[Part, int] = {}
        self._moved = seconds()

    def judge(self, lag: Mapping[Part, int], *, recovering: bool = False) -> Health:
        """The health of a reader whose parts have this `lag` [records]."""
        waiting, now = sum(lag.values()), self._seconds()
        if not waiting or recovering or lag.keys() != self._places.keys() or _moves(self._places, lag):
            self._moved = now
        self._places = dict(lag)
        if recovering:
            return Health(ready=False, why="its tables are being recovered", parts=len(lag), lag=waiting)
        still = now - self._moved
        if still > self._stuck_after:
            return Health(ready=False, why=f"no progress for {still:.0f} s", parts=len(lag), lag=waiting)
        return Health(ready=True, why="moving" if waiting else "nothing waits", parts=len(lag), lag=waiting)


def _moves(before: Mapping[Part, int], now: Mapping[Part, int]) -> bool:
    return any(now[part] < lag for part, lag in before.items())


def ask(port: int, within: float = 5.0) -> Health:
    """What the process answers whose port of 127.0.0.1 this is. Raises `Wait` where none does.

    A house that serves pages answers on their port, with its parts by name; any that is not up makes it not ready.
    """
    import httpx

    try:
        answer = httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=within, trust_env=False)
        said = msgspec.json.decode(answer.content, type=dict[str, object])
    except (httpx.HTTPError, msgspec.DecodeError) as error:
        raise Wait(f"Nothing on port {port} of 127.0.0.1 says whether it is ready: {type(error).__name__}") from error
    ready = answer.status_code == 200
    why = said.get("why") or ", ".join(f"{part}: {'up' if up else 'not up'}" for part, up in said.items())
    return Health(ready=ready, why=str(why))


async def answer(port: int | None, health: Callable[[], Health]) -> Callable[[], object]:
    """Answer `GET /readyz` on 127.0.0.1 with 200 or 503; returns what ends it. Raises `Stop` where `port` is taken."""
    if port is None:
        return lambda: None

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked = (await asyncio.wait_for(reader.readline(), 5)).split()
            found = health()
            status = "404 Not Found" if asked[1:2] != [b"/readyz"] else "200 OK" if found.ready else "503 Not Ready"
            body = b"" if status.startswith("404") else msgspec.json.encode(found)
            head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            writer.write(f"{head}Connection: close\r\n\r\n".encode() + body)
            await writer.drain()
        except (TimeoutError, ConnectionError, ValueError):
            pass
        finally:
            writer.close()

    try:
        server = await asyncio.start_server(one, "127.0.0.1", port)
    except OSError as error:
        raise Stop(f"Port {port} of 127.0.0.1 is taken; --ready-port names another") from error
    return server.close
