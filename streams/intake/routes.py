"""The producer API and the officers' reads, as Litestar routes below `/api/v1`; health and metrics beside it.

    POST /api/v1/{licenses … retractions}   one fact, a JSON array, or NDJSON → 202 with receipts once the log has them
    POST /api/v1/facts                      the same, of any kind
    GET  /api/v1/receipts/{receipt}         accepted, applied, or parked with why
    GET  /api/v1/alerts[/{alert}]           as the key may see them
    GET  /api/v1/alerts/{alert}/recomputed  from the facts and versions that it names: the same, or why not
    GET  /api/v1/register/{shelf}           licenses, clauses, deliveries, names; each version with both of its times
    GET  /api/v1/notices[/{notice}]         what channels were told (`notices`)
    GET  /api/v1/next /aggregate /foreknown over all destinations; see `streams.intake.surveys`
    GET  /api/v1/erasures …                 ask for, confirm, list and verify erasures (`erasing_routes`)
    GET  /api/v1/parked                     records set aside; a feeder's own only
    GET  /api/v1/openapi.json  /healthz  /readyz  /metrics          without a key

What officers read takes `?as_of=` and `?as_known_at=`: what was true then, what was known then.
Of many records each is judged by itself: what passes is in the log when the answer comes, what fails is told with its
faults and leaves nothing behind (`?whole=true`: one that fails keeps out all). One record is all or nothing.
The app that these are put into carries the `Keys` in its state as `keys`, and gives what no route answers to
`streams.intake.answers.problem_of`.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Mapping, Sequence

import msgspec
from litestar import Response, Router, get, post
from litestar.exceptions import HTTPException, PermissionDeniedException
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from schemas import Alert, Parked, Problem, Refused
from schemas.vocabulary import BANDS, FactKind
from streams.access import Access, needs, required_access
from streams.errors import Wait
from streams.intake import forms
from streams.intake.answers import (
    JSON,
    Asking,
    many_answer,
    one_answer,
    problem,
    problem_of,
    reply,
    sender_of,
)
from streams.intake.door import Asked
from streams.intake.erasing_routes import erasing_routes
from streams.intake.index import Answered
from streams.intake.measuring import measured
from streams.intake.metrics import CONTENT_TYPE
from streams.intake.notices import notice_routes
from streams.intake.openapi import NDJSON, SENT, document
from streams.intake.ports import IntakePorts, Past
from streams.intake.queries import AlertQuery, AtQuery, ParkedQuery, RecordQuery, RegisterQuery, TellQuery, read_query
from streams.intake.receipts import may_see, receipt_for, seen
from streams.intake.surveys import survey_routes
from streams.intake.views import alert_id
from streams.rules.recompute import Recomputed
from streams.rules.register import SHELVES, AnyEntry, NameEntry, Shelf, entries

_IDEMPOTENCY = re.compile(r"[A-Za-z0-9._:/+=-]{1,255}", re.ASCII)
_JSON_TYPES = frozenset({"", JSON})
_LINE_TYPES = frozenset({NDJSON, "application/ndjson", "application/jsonl", "application/x-jsonlines"})
_PARKED_LOOKED_AT = 1_000


def intake_routes(ports: IntakePorts) -> Sequence[ControllerRouterHandler]:
    """Everything that the intake answers, wired to `ports`."""
    told = [_sending(ports, address, kind) for address, kind in SENT.items()]
    reading = [*_reading(ports), *notice_routes(ports), *erasing_routes(ports), *_open(ports)]
    handlers = [*told, *survey_routes(ports), _sending(ports, "facts", None), *reading, *forms.form_routes(ports)]
    return [
        Router(
            path="/",
            route_handlers=handlers,
            middleware=[measured(ports.metrics)],
            exception_handlers={
                HTTPException: problem_of,
                Refused: problem_of,
                Wait: problem_of,
                Exception: problem_of,
            },
            request_max_body_size=ports.max_body,
            include_in_schema=False,
        )
    ]


# -- sending --------------------------------------------------------------------------------------------------------


def _sending(ports: IntakePorts, address: str, kind: FactKind | None) -> ControllerRouterHandler:
    @post(f"/api/v1/{address}", name=f"send_{address}", guards=[needs("feed", "officer", "admin")])
    async def send(request: Asking) -> Response[bytes]:
        return await Sending(ports, request, required_access(request), kind).answer()

    return send


class Sending:
    """One request that sends facts."""

    def __init__(self, ports: IntakePorts, request: Asking, access: Access, kind: FactKind | None) -> None:
        self._ports, self._request, self._access, self._kind = ports, request, access, kind
        self._office = access.may("officer", "admin")

    async def answer(self) -> Response[bytes]:
        """Take the facts in and say what became of each."""
        if wait := self._ports.limits.take(sender_of(self._access), office=self._office):
            self._ports.metrics.turned_away("rate")
            return _too_many(wait)
        media_type = self._media_type()
        if media_type is None:
            self._ports.metrics.turned_away("media_type")
            return problem(415, f"Expected {JSON} or {NDJSON}.")
        asked = Asked(
            content_type=media_type,
            expect=self._kind,
            whole=self._query().whole == "true",
            most=self._ports.max_records,
        )
        request_key, body = self._idempotency_key(), await self._request.body()
        if request_key is None:
            return await self._told(body, asked)
        return await self._once(request_key, body, asked)

    async def _told(self, body: bytes, asked: Asked) -> Response[bytes]:
        try:
            results = await self._ports.door.take(body, self._access, asked)
        except Refused:
            self._ports.metrics.turned_away("unreadable_body")
            raise
        except Wait:
            self._ports.metrics.turned_away("log_away")
            raise
        self._ports.limits.charge(sender_of(self._access), len(results) - 1, office=self._office)
        self._ports.metrics.told(results)
        return one_answer(results[0]) if _is_one(body, asked) else many_answer(results)

    async def _once(self, request_key: str, body: bytes, asked: Asked) -> Response[bytes]:
        """Answer as the first time; an answer in which nothing was stored is not kept, so that it can be mended."""
        index, who, digest = self._ports.door.index, self._access.key_id, _digest(self._request, body)
        async with self._ports.door.once(f"{who} {request_key}"):
            before = await asyncio.to_thread(index.answered, who, request_key)
            if before is not None:
                return _again(before, digest)
            response = await self._told(body, asked)
            if response.status_code in (202, 207):
                kept = Answered(digest=digest, status=response.status_code, body=response.content)
                now_ms = int(self._ports.clock().timestamp() * 1000)
                await asyncio.to_thread(index.keep_answer, who, request_key, kept, now_ms)
            return response

    def _media_type(self) -> str | None:
        media_type = self._request.headers.get("content-type", "").partition(";")[0].strip().lower()
        return JSON if media_type in _JSON_TYPES else NDJSON if media_type in _LINE_TYPES else None

    def _query(self) -> TellQuery:
        return read_query(self._request.query_params.multi_items(), TellQuery)

    def _idempotency_key(self) -> str | None:
        found = self._request.headers.getall("idempotency-key", [])
        if not found:
            return None
        if len(found) > 1 or not _IDEMPOTENCY.fullmatch(found[0]):
            expected = "one of 1 to 255 letters, digits and . _ : / + = -"
            raise Refused([Problem(path="", found="another header Idempotency-Key", expected=expected)])
        return found[0]


def _is_one(body: bytes, asked: Asked) -> bool:
    return asked.content_type == JSON and not body.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"[")


def _digest(request: Asking, body: bytes) -> str:
    told = [request.url.path, request.url.query or "", request.headers.get("content-type", "")]
    return hashlib.blake2b("\n".join(told).encode() + b"\n" + body, digest_size=16).hexdigest()


def _again(before: Answered, digest: str) -> Response[bytes]:
    if before.digest != digest:
        expected = "another key, or the request that it was first used for"
        errors = [Problem(path="", found="an Idempotency-Key that was used for another request", expected=expected)]
        return problem(422, "Nothing was stored.", errors=errors)
    headers = {"Idempotency-Replayed": "true"}
    return Response(before.body, status_code=before.status, media_type=JSON, headers=headers)


def _too_many(wait: int) -> Response[bytes]:
    detail = f"This sender has sent more records than its share. Wait {wait} s; nothing of this request was read."
    return problem(429, detail, headers={"Retry-After": str(wait)})


# -- reading --------------------------------------------------------------------------------------------------------


def _reading(ports: IntakePorts) -> Sequence[ControllerRouterHandler]:
    @get("/api/v1/receipts/{receipt:str}", guards=[needs("feed", "officer", "admin")])
    async def read_receipt(request: Asking, receipt: FromPath[str]) -> Response[bytes]:
        told = await asyncio.to_thread(ports.door.index.by_receipt, receipt)
        access = required_access(request)
        if told is None or not may_see(told, access):
            return _nothing()
        return reply(await receipt_for(ports, told, access))

    @get("/api/v1/alerts", guards=[needs("officer", "staff")])
    async def read_alerts(request: Asking) -> Response[bytes]:
        query = read_query(request.query_params.multi_items(), AlertQuery)
        return reply(await asyncio.to_thread(_alerts, ports, required_access(request), query))

    @get("/api/v1/alerts/{alert:str}", guards=[needs("officer", "staff")])
    async def read_alert(request: Asking, alert: FromPath[str]) -> Response[bytes]:
        query = read_query(request.query_params.multi_items(), AtQuery)
        shown = await asyncio.to_thread(_alert, ports, required_access(request), alert_id(alert), query)
        return _nothing() if shown is None else reply(shown)

    @get("/api/v1/parked", guards=[needs("feed", "officer", "admin")])
    async def read_parked(request: Asking) -> Response[bytes]:
        query = read_query(request.query_params.multi_items(), ParkedQuery)
        return reply(await asyncio.to_thread(_parked, ports, required_access(request), query))

    @get("/api/v1/alerts/{alert:str}/recomputed", guards=[needs("officer")])
    async def read_recomputed(request: Asking, alert: FromPath[str]) -> Response[bytes]:
        query = read_query(request.query_params.multi_items(), RecordQuery)
        done = await asyncio.to_thread(_recomputed, ports, required_access(request), alert_id(alert), query)
        return _nothing() if done is None else reply(done)

    return [
        read_receipt,
        read_alerts,
        read_alert,
        read_recomputed,
        *(_shelf(ports, shelf) for shelf in SHELVES),
        read_parked,
    ]


def _shelf(ports: IntakePorts, shelf: Shelf) -> ControllerRouterHandler:
    @get(f"/api/v1/register/{shelf}", name=f"read_{shelf}", guards=[needs("officer")])
    async def read_shelf(request: Asking) -> Response[bytes]:
        query = read_query(request.query_params.multi_items(), RegisterQuery)
        return reply(await asyncio.to_thread(_register, ports, required_access(request), shelf, query))

    return read_shelf


def _nothing() -> Response[bytes]:
    return problem(404, "There is nothing under this address that this key may see.")


def _reads(ports: IntakePorts, access: Access, query: AtQuery) -> Past:
    """The reads from the standpoint of the query. Raises `PermissionDeniedException`: only officers look back.

    What has been embargoed, marked or taken back since would else be open to those who may not see it now.
    """
    at = query.at
    if at.now:
        return ports.reads
    if not access.may("officer"):
        raise PermissionDeniedException("Only an officer's key looks back.")
    return ports.past(at)


def _alerts(ports: IntakePorts, access: Access, query: AlertQuery) -> list[Alert]:
    reads = _reads(ports, access, query)
    states = [query.issuing_state] if query.issuing_state or not access.states else sorted(access.states)
    found = [
        alert
        for state in states
        for alert in reads.alerts(
            status=query.status, band=query.band, destination=query.destination, issuing_state=state, limit=query.limit
        )
    ]
    visible = (seen(ports, access, alert) for alert in found)
    pressing = sorted((alert for alert in visible if alert is not None), key=lambda alert: -BANDS.index(alert.band))
    return pressing[: query.limit]


def _alert(ports: IntakePorts, access: Access, asked: str, query: AtQuery) -> Alert | None:
    alert = _reads(ports, access, query).alert(asked)
    return None if alert is None else seen(ports, access, alert)


def _recomputed(ports: IntakePorts, access: Access, asked: str, query: RecordQuery) -> Recomputed | None:
    """A record of an alert computed again: the newest that says anything, or the newest of a version."""
    newest = ports.reads.alert(asked)
    if newest is None or seen(ports, access, newest) is None:
        return None
    records = [alert for _, alert in ports.reads.history(asked) if alert.status != "withdrawn"]
    wanted = [alert for alert in records if query.version in (None, alert.version)]
    return ports.recomputed(wanted[-1]) if wanted else None


def _register(ports: IntakePorts, access: Access, shelf: Shelf, query: RegisterQuery) -> list[AnyEntry]:
    """The entries that stood; those of other issuing states' licenses are not this officer's business."""
    everything = ports.reads.facts()
    known = everything if query.at.now else ports.past(query.at).facts()
    found = entries(shelf, known, query.at, destination=query.destination, everything=everything)
    return [e for e in found if isinstance(e, NameEntry) or not access.states or e.issuing_state in access.states]


def _parked(ports: IntakePorts, access: Access, query: ParkedQuery) -> list[Parked]:
    source = query.source if access.source is None or access.may("officer") else access.source
    if query.source not in (None, source):
        return []
    return _reads(ports, access, query).parked(source=source, limit=query.limit)


# -- without a key --------------------------------------------------------------------------------------------------


def _open(ports: IntakePorts) -> Sequence[ControllerRouterHandler]:
    @get("/api/v1/openapi.json")
    async def openapi() -> Response[bytes]:
        return Response(document(ports.title), media_type=JSON)

    @get("/healthz")
    async def healthz() -> Response[bytes]:
        return _parts({"process": True})

    @get("/readyz")
    async def readyz() -> Response[bytes]:
        return _parts(await ports.ready())

    @get("/metrics")
    async def metrics() -> Response[bytes]:
        try:
            parked = len(await asyncio.to_thread(ports.reads.parked, limit=_PARKED_LOOKED_AT))
            lag = await ports.lag()
        except Wait:
            parked, lag = 0, {}
        return Response(ports.metrics.page(parked=parked, lag=lag), headers={"Content-Type": CONTENT_TYPE})

    return [openapi, healthz, readyz, metrics]


def _parts(parts: Mapping[str, bool]) -> Response[bytes]:
    return Response(msgspec.json.encode(parts), status_code=200 if all(parts.values()) else 503, media_type=JSON)
