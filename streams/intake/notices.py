"""What channels were told, for officers: listed, shown word for word, and sent again.

    GET  /api/v1/notices                    by channel, alert, issuing state, step and day; without their words
    GET  /api/v1/notices/{notice}           one, with what was sent
    POST /api/v1/notices/{notice}/resend    ask for it to be sent again under its old id → 202 once that is in the log

`deliver` answers a request in the notice itself: sent, or not, and why. An officer sees the notices on licenses of the
key's issuing states.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import cache

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from schemas import License, Notice
from streams.access import Access, needs, required_access
from streams.intake.answers import Asking, problem, reply
from streams.intake.ports import IntakePorts
from streams.intake.queries import NoticeQuery, read_query
from streams.intake.views import license_of


def notice_routes(ports: IntakePorts) -> Sequence[ControllerRouterHandler]:
    """The three, wired to `ports`."""

    @get("/api/v1/notices", guards=[needs("officer")])
    async def read_notices(request: Asking) -> Response[bytes]:
        query = read_query(request.query_params.multi_items(), NoticeQuery)
        return reply(await asyncio.to_thread(_listed, ports, required_access(request), query))

    @get("/api/v1/notices/{notice:str}", guards=[needs("officer")])
    async def read_notice(request: Asking, notice: FromPath[str]) -> Response[bytes]:
        found = await asyncio.to_thread(_shown, ports, required_access(request), notice)
        return _nothing() if found is None else reply(found)

    @post("/api/v1/notices/{notice:str}/resend", guards=[needs("officer")])
    async def resend_notice(request: Asking, notice: FromPath[str]) -> Response[bytes]:
        access = required_access(request)
        found = await asyncio.to_thread(_shown, ports, access, notice)
        if found is None:
            return _nothing()
        asked = found.asked_again(ports.clock(), access.name)
        if asked is not found:
            await ports.tell(asked)
        return reply(asked, status=202)

    return [read_notices, read_notice, resend_notice]


def _nothing() -> Response[bytes]:
    return problem(404, "There is no such notice, or none that this key may see.")


def _shown(ports: IntakePorts, access: Access, notice_id: str) -> Notice | None:
    notice = ports.told.notice(notice_id)
    return notice if notice is not None and _Register(ports).lets(access, notice) else None


def _listed(ports: IntakePorts, access: Access, query: NoticeQuery) -> list[Notice]:
    register = _Register(ports)
    found = ports.told.notices(query.alert, channel=query.channel, day=query.day)
    wanted = [
        notice
        for notice in found
        if query.transition in (None, notice.transition)
        and (query.issuing_state is None or query.issuing_state in register.states(notice))
        and register.lets(access, notice)
    ]
    return [msgspec.structs.replace(notice, body=None) for notice in wanted[: query.limit]]


class _Register:
    """Which states granted the licenses that a notice tells of."""

    def __init__(self, ports: IntakePorts) -> None:
        self._reads = ports.reads
        self._state_of = cache(self._granted_by)

    def states(self, notice: Notice) -> set[str | None]:
        """The issuing states of its licenses; `None` for one that is not in the register."""
        return {self._state_of(license_of(alert)) for alert in notice.alerts}

    def lets(self, access: Access, notice: Notice) -> bool:
        """Whether the key's states are all that it tells of."""
        return not access.states or self.states(notice) <= access.states

    def _granted_by(self, license_ref: str) -> str | None:
        revisions = self._reads.fact(f"license:{license_ref}")
        return next((fact.issuing_state for fact in revisions if isinstance(fact, License)), None)
