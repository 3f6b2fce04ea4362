"""Speaks HTTP to the process that holds the log: what `pledgewatch submit`, `alerts`, `alert` and `parked` do.

Facts go in batches. A batch that meets a busy server (429, 503) or a broken line waits as long as it is told and goes
again: a fact carries its own id, so a repeat doubles nothing. What is refused is gathered with its file and line.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, TypeVar

import httpx
import msgspec

from schemas import Alert, Erasure, Hold, Notice, Parked, Problem
from streams.errors import Stop
from streams.intake.answers import JSON, ProblemDetails, Receipt, Results
from streams.intake.door import Result
from streams.intake.erasing import ErasureAsked, ErasureConfirmed, ErasureSought
from streams.intake.openapi import NDJSON
from streams.intake.views import alert_path
from streams.rules.aggregate import Table
from streams.rules.exposure import Ranking
from streams.rules.foreknown import ForeknownLicense
from streams.rules.recompute import Recomputed
from streams.rules.register import ENTRIES, Entry, Shelf
from streams.warehouse.erasing import Left

MOST_LINES, MOST_BYTES = 500, 1_000_000
"""Size of a batch: a fraction of a second's work for the server."""
TRIES = 8
"""How often a batch is sent before it is given up; the waits double from one second where the server names none."""
LONGEST_WAIT = 60.0
"""Longest wait before a further try [s]."""

T = TypeVar("T")


class Line(msgspec.Struct, frozen=True):
    """One record of a file, as it stands there."""

    file: str
    number: int
    """Line of an NDJSON file, or place in a JSON array, from 1 [count]."""
    raw: bytes


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A record that is not in the log, and why."""

    file: str
    line: int
    outcome: str
    fact: str = ""
    """`kind:source:id`, where it could be read."""
    errors: tuple[Problem, ...] = ()


class Summary(msgspec.Struct, kw_only=True):
    """What became of the files."""

    accepted: int = 0
    known: int = 0
    failures: list[Failure] = msgspec.field(default_factory=list)

    @property
    def sent(self) -> int:
        """Records that were sent."""
        return self.accepted + self.known + len(self.failures)

    @property
    def exit_code(self) -> int:
        """0: the log has every record; 1: some were refused. (2, by `Stop`: it could not be done at all.)"""
        return 1 if self.failures else 0


class Client:
    """A client of the API at `address`, for the bearer of `token`."""

    def __init__(
        self,
        address: str,
        token: str,
        *,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.address, self._sleep = address.rstrip("/"), sleep
        self._http = httpx.Client(
            base_url=self.address, transport=transport, timeout=httpx.Timeout(60, connect=3), trust_env=False,
            headers={"Authorization": f"Bearer {token}"} if token else {},
        )  # fmt: skip

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- sending --------------------------------------------------------------------------------------------------

    def submit(self, lines: Iterable[Line], told: Callable[[int], object] = lambda _: None) -> Summary:
        """Send records in batches; `told` hears how many after each. Raises `Stop` when nothing runs there, or ends."""
        summary = Summary()
        for batch in _batches(lines):
            self._send(batch, summary)
            told(len(batch))
        return summary

    def _send(self, batch: list[Line], summary: Summary) -> None:
        body = b"\n".join(line.raw for line in batch)
        headers = {"Content-Type": NDJSON}
        response = self._again("POST", "/api/v1/facts", summary, content=body, headers=headers)
        if response.status_code == 413 and len(batch) > 1:
            half = len(batch) // 2
            self._send(batch[:half], summary)
            self._send(batch[half:], summary)
        else:
            _enter(batch, response, summary)

    # -- reading --------------------------------------------------------------------------------------------------

    def alerts(self, **query: str | int | None) -> list[Alert]:
        """Alerts, as the key may see them; see `AlertQuery` for what may be asked."""
        return self._read("/api/v1/alerts", list[Alert], query) or []

    def alert(self, alert_id: str, **query: str | int | None) -> Alert | None:
        """One alert with its explanation, or `None`."""
        return self._read(f"/api/v1/alerts/{_quoted(alert_path(alert_id))}", Alert, query)

    def next_checks(self, **query: str | int | None) -> Ranking:
        """What to check next, as far as the key may see licenses; see `NextQuery`."""
        return self._whole("/api/v1/next", Ranking, query)

    def aggregate(self, **query: str | int | None) -> Table:
        """The table without victims; see `AggregateQuery`."""
        return self._whole("/api/v1/aggregate", Table, query)

    def foreknown(self, **query: str | int | None) -> list[ForeknownLicense]:
        """What was known before grants and deliveries; see `ForeknownQuery`."""
        return self._whole("/api/v1/foreknown", list[ForeknownLicense], query)

    def _whole(self, path: str, of: type[T], query: Mapping[str, str | int | None]) -> T:
        found = self._read(path, of, query)
        if found is None:
            raise Stop(f"{self.address} has nothing at {path}: expected a process of this release")
        return found

    def recomputed(self, alert_id: str, version: str | None = None) -> Recomputed | None:
        """A record of an alert computed again from what it names, or `None`."""
        path = f"/api/v1/alerts/{_quoted(alert_path(alert_id))}/recomputed"
        return self._read(path, Recomputed, {"version": version})

    def parked(self, source: str | None = None, limit: int = 100, **query: str | int | None) -> list[Parked]:
        """Records set aside, and why."""
        return self._read("/api/v1/parked", list[Parked], {"source": source, "limit": limit, **query}) or []

    def register(self, shelf: Shelf, **query: str | int | None) -> list[Entry]:
        """What stood on a shelf of the register."""
        return self._read(f"/api/v1/register/{shelf}", list[ENTRIES[shelf]], query) or []  # type: ignore[valid-type]

    def notices(self, **query: str | int | None) -> list[Notice]:
        """What channels were told, without the words; see `NoticeQuery` for what may be asked."""
        return self._read("/api/v1/notices", list[Notice], query) or []

    def notice(self, notice_id: str) -> Notice | None:
        """One notice with its words, or `None`."""
        return self._read(f"/api/v1/notices/{_quoted(notice_id)}", Notice, {})

    def resend(self, notice_id: str) -> Notice | None:
        """Ask for a notice to be sent again; it comes back with the request in it. `None`: there is none."""
        response = self._again("POST", f"/api/v1/notices/{_quoted(notice_id)}/resend", Summary())
        if response.status_code == 404:
            return None
        if response.status_code != 202:
            raise Stop(f"{self.address} answered {response.status_code}: {_said(response)}")
        return msgspec.json.decode(response.content, type=Notice)

    def ask_erasure(self, key: str, why: str) -> Erasure:
        """Ask for the erasure of a fact; raises `Stop` with what stands in the way."""
        return self._post("/api/v1/erasures", ErasureAsked(key=key, why=why), Erasure)

    def confirm_erasure(self, key: str) -> Erasure:
        """Confirm an erasure, as the second officer; raises `Stop` with what stands in the way."""
        return self._post("/api/v1/erasures/confirm", ErasureConfirmed(key=key), Erasure)

    def search_erased(self, key: str, words: tuple[str, ...]) -> list[Left]:
        """Where an erased fact still is, in the stores that the running process reaches."""
        return self._post("/api/v1/erasures/search", ErasureSought(key=key, words=words), list[Left])

    def erasures(self) -> list[Erasure]:
        """Every erasure, asked for or done, the newest request first."""
        return self._read("/api/v1/erasures", list[Erasure], {}) or []

    def holds(self) -> list[Hold]:
        """Every litigation hold, set or lifted."""
        return self._read("/api/v1/erasures/holds", list[Hold], {}) or []

    def _post(self, path: str, body: msgspec.Struct, of: type[T]) -> T:
        content, headers = msgspec.json.encode(body), {"Content-Type": JSON}
        response = self._again("POST", path, Summary(), content=content, headers=headers)
        if response.status_code not in (200, 202):
            problem = _problem(response)
            faults = [f"found {each.found}; expected {each.expected}" for each in problem.errors] if problem else []
            raise Stop(f"Not done: {'; '.join(faults) or _said(response)}")
        return msgspec.json.decode(response.content, type=of)

    def receipt(self, receipt: str) -> Receipt | None:
        """How far a fact has come, or `None`."""
        return self._read(f"/api/v1/receipts/{_quoted(receipt)}", Receipt, {})

    def _read(self, path: str, of: type[T], query: Mapping[str, str | int | None]) -> T | None:
        asked = {name: value for name, value in query.items() if value is not None}
        response = self._again("GET", path, Summary(), params=asked)
        if response.status_code == 404:
            return None
        if response.status_code != 200:
            raise Stop(f"{self.address} answered {response.status_code}: {_said(response)}")
        return msgspec.json.decode(response.content, type=of)

    # -- inside ---------------------------------------------------------------------------------------------------

    def _again(self, method: str, path: str, summary: Summary, **more: Any) -> httpx.Response:
        """Ask, and ask again while the other side is busy or the line breaks."""
        for tried in range(TRIES):
            try:
                response = self._http.request(method, path, **more)
            except httpx.ConnectError as error:
                if not summary.sent:
                    raise Stop(_nothing_runs(self.address)) from error
                self._sleep(_doubled(tried))
                continue
            except httpx.TransportError:
                self._sleep(_doubled(tried))
                continue
            if response.status_code in (401, 403) and not _results(response):
                raise Stop(f"{self.address} does not let this key do that: {_said(response)}")
            if response.status_code not in (429, 503):
                return response
            self._sleep(_told_to_wait(response, tried))
        raise Stop(
            f"{self.address} did not take more after {TRIES} tries. {summary.accepted + summary.known:,} records are "
            "in the log; send the same files again later: nothing is doubled."
        )


def _nothing_runs(address: str) -> str:
    return (
        f"Nothing runs at {address}. Start it with `pledgewatch run`, or say where it runs (PLEDGEWATCH_HOST, _PORT)."
    )


def _doubled(tried: int) -> float:
    return min(LONGEST_WAIT, 2.0**tried)


def _told_to_wait(response: httpx.Response, tried: int) -> float:
    said = response.headers.get("retry-after", "")
    return min(LONGEST_WAIT, float(said)) if said.isdecimal() else _doubled(tried)


def _quoted(segment: str) -> str:
    return str(httpx.URL(path=f"/{segment}").raw_path.decode())[1:].replace("?", "%3F")


def _problem(response: httpx.Response) -> ProblemDetails | None:
    try:
        return msgspec.json.decode(response.content, type=ProblemDetails)
    except msgspec.DecodeError:
        return None


def _said(response: httpx.Response) -> str:
    problem = _problem(response)
    if problem is None:
        return response.reason_phrase
    faults = "; ".join(f"{each.path}: found {each.found}, expected {each.expected}" for each in problem.errors)
    return " ".join(part for part in (problem.title + ".", problem.detail, faults) if part)


def _results(response: httpx.Response) -> tuple[Result, ...]:
    if response.headers.get("content-type", "").startswith(JSON):
        try:
            return msgspec.json.decode(response.content, type=Results).results
        except msgspec.DecodeError:
            return ()
    problem = _problem(response)
    return problem.results if problem else ()


def _enter(batch: list[Line], response: httpx.Response, summary: Summary) -> None:
    """Into the summary: what became of each line of a batch."""
    results = _results(response)
    if len(results) != len(batch):
        problem = _problem(response)
        errors = problem.errors if problem and problem.errors else (_whole(response),)
        summary.failures += [
            Failure(file=line.file, line=line.number, outcome="refused", errors=errors) for line in batch
        ]
        return
    for line, result in zip(batch, results, strict=True):
        if result.outcome == "accepted":
            summary.accepted += 1
        elif result.outcome == "known":
            summary.known += 1
        else:
            summary.failures.append(_failure(line, result))


def _whole(response: httpx.Response) -> Problem:
    return Problem(path="", found=f"answer {response.status_code}: {_said(response)}", expected="202 or 207")


def _failure(line: Line, result: Result) -> Failure:
    return Failure(
        file=line.file, line=line.number, outcome=result.outcome, fact=result.fact or "", errors=result.errors
    )


# -- files ----------------------------------------------------------------------------------------------------------


def lines_of(paths: Iterable[str], standard_input: IO[bytes] | None = None) -> Iterator[Line]:
    """The records of files: NDJSON, a JSON array or one JSON object; `-` is standard input, as NDJSON.

    Raises `Stop` for a file that cannot be opened, or that is neither.
    """
    for path in paths:
        if path == "-" and standard_input is not None:
            yield from _ndjson("standard input", standard_input)
            continue
        try:
            with Path(path).open("rb") as file:
                yield from _json(path, file) if _is_json(path, file) else _ndjson(path, file)
        except OSError as error:
            raise Stop(f"{path} cannot be read: {error.strerror or error}") from error


def _is_json(path: str, file: IO[bytes]) -> bool:
    """By its name, else by its first sign: lines begin with `{`, an array with `[`."""
    first = file.read(1024).removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    file.seek(0)
    return first == b"[" or (path.endswith(".json") and first == b"{")


def _json(path: str, file: IO[bytes]) -> Iterator[Line]:
    try:
        text = msgspec.json.format(file.read().removeprefix(b"\xef\xbb\xbf"), indent=-1)
        found = msgspec.json.decode(text, type=list[msgspec.Raw]) if text.startswith(b"[") else [text]
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Stop(f"{path} is not JSON; expected one fact, an array of facts, or NDJSON") from error
    for number, each in enumerate(found, start=1):
        yield Line(path, number, bytes(each))


def _ndjson(name: str, file: IO[bytes]) -> Iterator[Line]:
    for number, raw in enumerate(file, start=1):
        if stripped := raw.strip():
            yield Line(name, number, stripped)


def _batches(lines: Iterable[Line]) -> Iterator[list[Line]]:
    batch: list[Line] = []
    size = 0
    for line in lines:
        if batch and (len(batch) >= MOST_LINES or size + len(line.raw) > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(line)
        size += len(line.raw)
    if batch:
        yield batch
