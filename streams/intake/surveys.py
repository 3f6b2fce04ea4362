"""The reads that concern all destinations at once, below `/api/v1`, for officers.

    GET  /api/v1/next          what to check next: licenses and end users by exposure, with the reason
    GET  /api/v1/aggregate     events by year, technology, harm, class of state and control code; small numbers withheld
    GET  /api/v1/foreknown     what was known before a license was granted or delivered

Licenses of other issuing states are not an officer's business; what is reported is everybody's, as far as it is shown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from litestar import Response, get
from litestar.types import ControllerRouterHandler

from streams.access import Access, needs, required_access
from streams.intake.answers import Asking, reply
from streams.intake.ports import IntakePorts
from streams.intake.queries import AggregateQuery, ForeknownQuery, NextQuery, read_query
from streams.rules.aggregate import Table, aggregate
from streams.rules.exposure import Ranking, narrowed, next_checks
from streams.rules.foreknown import ForeknownLicense, foreknown

MOST_ALERTS = 10_000
"""Alerts looked through for what is overdue [count]."""


def survey_routes(ports: IntakePorts) -> Sequence[ControllerRouterHandler]:
    """The reads over all facts, wired to `ports`."""

    @get("/api/v1/next", guards=[needs("officer")])
    async def read_next(request: Asking) -> Response[bytes]:
        query = read_query(request.query_params.multi_items(), NextQuery)
        return reply(await asyncio.to_thread(_next, ports, required_access(request), query))

    @get("/api/v1/aggregate", guards=[needs("officer")])
    async def read_aggregate(request: Asking) -> Response[bytes]:
        query = read_query(request.query_params.multi_items(), AggregateQuery)
        return reply(await asyncio.to_thread(_aggregate, ports, query))

    @get("/api/v1/foreknown", guards=[needs("officer")])
    async def read_foreknown(request: Asking) -> Response[bytes]:
        query = read_query(request.query_params.multi_items(), ForeknownQuery)
        return reply(await asyncio.to_thread(_foreknown, ports, required_access(request), query))

    return [read_next, read_aggregate, read_foreknown]


def _next(ports: IntakePorts, access: Access, query: NextQuery) -> Ranking:
    reads = ports.reads if query.at.now else ports.past(query.at)
    states = frozenset((query.issuing_state,)) if query.issuing_state else access.states
    if access.states and not states <= access.states:
        states = frozenset(("--",))
    found = next_checks(ports.survey(query.at), reads.alerts(limit=MOST_ALERTS), issuing_states=states)
    return narrowed(found, query.destination, query.limit)


def _aggregate(ports: IntakePorts, query: AggregateQuery) -> Table:
    return aggregate(ports.survey(query.at), query.audience, query.since, query.until)


def _foreknown(ports: IntakePorts, access: Access, query: ForeknownQuery) -> list[ForeknownLicense]:
    found = foreknown(ports.survey(query.at), query.license)
    return [
        f for f in found if access.sees_state(f.issuing_state) and query.destination in (None, f.destination)
    ]  # fmt: skip
