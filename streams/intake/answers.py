"""Answers of the API: results, receipts, and problems as RFC 9457 has them, with every error and its path.

A problem never quotes text that was sent: it names places, numbers and words of our own vocabularies.
"""

from __future__ import annotations

import datetime as dt
import http
import logging
import traceback
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from msgspec import Meta

from schemas import Problem, Refused
from streams.access import Access
from streams.errors import Wait
from streams.intake.door import Outcome, Result

_log = logging.getLogger(__name__)

JSON = "application/json"
PROBLEM_JSON = "application/problem+json"

Asking = Request[Any, Any, State]


class ProblemDetails(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a request was not done [RFC 9457]."""

    type: Annotated[str, Meta(description="What kind of problem: `urn:pledgewatch:problem:<word>`.")]
    title: Annotated[str, Meta(description="The same, in words.")]
    status: Annotated[int, Meta(ge=400, le=599, description="HTTP status.")]
    detail: Annotated[str, Meta(description="What happened here, and what to do.")] = ""
    errors: Annotated[
        tuple[Problem, ...],
        Meta(description="Every fault. A path is a JSON pointer; of many records, it begins with the record's index."),
    ] = ()
    results: Annotated[tuple[Result, ...], Meta(description="Of many records: what became of each.")] = ()


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """What became of each record of a request of many; the log has each that is accepted or known."""

    accepted: Annotated[int, Meta(ge=0, description="Records that the log has now [count].")]
    known: Annotated[int, Meta(ge=0, description="Records that the log had already [count].")]
    failed: Annotated[int, Meta(ge=0, description="Records of which nothing was stored [count].")]
    results: Annotated[tuple[Result, ...], Meta(description="In the order of the request.")]


class Receipt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far a fact has come."""

    receipt: Annotated[str, Meta(pattern="^[0-9a-f]{32}$", description="This receipt [hexadecimal].")]
    fact: Annotated[str, Meta(description="`kind:source:id`.")]
    revision: Annotated[int, Meta(ge=1, description="Revision [count].")]
    accepted_at: Annotated[dt.datetime, Meta(description="When the log first had it [UTC].")]
    status: Annotated[
        Literal["accepted", "applied", "parked"],
        Meta(description="accepted: the log has it; applied: it was assessed; parked: set aside, see errors."),
    ]
    errors: Annotated[tuple[Problem, ...], Meta(description="Why it was set aside.")] = ()
    touched: Annotated[
        tuple[str, ...] | None, Meta(description="Alerts that rest on it; shown to officers only, absent for others.")
    ] = None


_KINDS: Mapping[int, tuple[str, str]] = {
    400: ("request", "The request cannot be read"),
    401: ("no-key", "No key, or an unknown one"),
    403: ("forbidden", "Not for this key"),
    404: ("not-found", "Nothing here that this key may see"),
    405: ("method", "This address does not do that"),
    409: ("conflict", "Another body has this id and revision"),
    413: ("too-large", "The body is too large"),
    415: ("media-type", "This content type is not understood"),
    422: ("refused", "Refused: nothing was stored"),
    429: ("too-many", "Too many records from this sender"),
    503: ("wait", "Not now: nothing was lost, try again later"),
}
_STATUS_OF: Mapping[Outcome, int] = {"refused": 422, "forbidden": 403, "conflict": 409, "held_back": 422}


def reply(content: msgspec.Struct | Sequence[msgspec.Struct], status: int = 200, **headers: str) -> Response[bytes]:
    """A JSON answer."""
    return Response(msgspec.json.encode(content), status_code=status, media_type=JSON, headers=headers)


def problem(
    status: int,
    detail: str = "",
    *,
    errors: Sequence[Problem] = (),
    results: Sequence[Result] = (),
    headers: Mapping[str, str] | None = None,
) -> Response[bytes]:
    """A problem as RFC 9457 has it."""
    return _as_problem(_details(status, detail, errors, results), headers or {})


def _details(
    status: int, detail: str, errors: Sequence[Problem] = (), results: Sequence[Result] = ()
) -> ProblemDetails:
    word, title = _KINDS.get(status, ("other", http.HTTPStatus(status).phrase))
    return ProblemDetails(
        type=f"urn:pledgewatch:problem:{word}", title=title, status=status, detail=detail, errors=tuple(errors),
        results=tuple(results),
    )  # fmt: skip


def _as_problem(details: ProblemDetails, headers: Mapping[str, str]) -> Response[bytes]:
    return Response(
        msgspec.json.encode(details), status_code=details.status, media_type=PROBLEM_JSON, headers=dict(headers)
    )


def one_answer(result: Result) -> Response[bytes]:
    """The answer to a request of one record."""
    if result.receipt is not None:
        return reply(result, 202, Location=f"/api/v1/receipts/{result.receipt}")
    return problem(_STATUS_OF[result.outcome], _told(result.errors), errors=result.errors)


def many_answer(results: Sequence[Result]) -> Response[bytes]:
    """The answer to a request of many: 202 if all are in the log, 207 if some, else what they have in common or 422."""
    failed = [result for result in results if result.receipt is None]
    accepted = sum(result.outcome == "accepted" for result in results)
    if len(failed) < len(results):
        counts = Results(
            accepted=accepted, known=len(results) - accepted - len(failed), failed=len(failed), results=tuple(results)
        )
        return reply(counts, 207 if failed else 202)
    statuses = {_STATUS_OF[result.outcome] for result in failed}
    errors = [
        Problem(path=f"/{result.index}{error.path}", found=error.found, expected=error.expected)
        for result in failed
        for error in result.errors
    ]
    detail = f"None of {len(results):,} records was stored."
    return problem(statuses.pop() if len(statuses) == 1 else 422, detail, errors=errors, results=results)


def _told(errors: Sequence[Problem]) -> str:
    faults = "1 fault" if len(errors) == 1 else f"{len(errors)} faults"
    return f"{faults} found; nothing was stored. Mend them and send it again under the same id."


# -- exceptions -----------------------------------------------------------------------------------------------------


def status_of(error: Exception) -> int:
    """The HTTP status that an exception is answered with."""
    if isinstance(error, HTTPException):
        return error.status_code
    return 422 if isinstance(error, Refused) else 503 if isinstance(error, Wait) else 500


def problem_of(request: Asking, error: Exception) -> Response[bytes]:
    """The answer to an exception: never its text, unless it is ours. Also for the whole app, below `/api`."""
    details, headers = details_of(request, error)
    return _as_problem(details, headers)


def details_of(request: Asking, error: Exception) -> tuple[ProblemDetails, Mapping[str, str]]:
    """What an exception is told as, and the headers that go with it; a fault of ours is noted."""
    status = status_of(error)
    if isinstance(error, Refused):
        return _details(status, _told(error.problems), error.problems), {}
    if isinstance(error, Wait):
        return _details(status, str(error)), {"Retry-After": str(max(1, round(error.retry_after)))}
    if not isinstance(error, HTTPException):
        _note(request, error)
        return _details(500, "A fault of ours. Nothing is promised; the same request may be sent again."), {}
    return _details(status, _DETAILS.get(status, error.detail)), error.headers or {}


def _note(request: Asking, error: Exception) -> None:
    """A fault of ours, for whoever mends it: where it was, never the error's words, which may hold what was sent."""
    where = "".join(traceback.format_tb(error.__traceback__))
    route = request.scope.get("path_template")
    _log.error("%s %s failed: %s at\n%s", request.method, route, type(error).__name__, where)


_DETAILS: Mapping[int, str] = {
    404: "There is nothing under this address that this key may see.",
    405: "See the header Allow, or /api/v1/openapi.json.",
}


def sender_of(access: Access) -> str:
    """Who is counted as one sender."""
    return access.source or access.name
