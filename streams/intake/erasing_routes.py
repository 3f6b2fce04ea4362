"""The officers' addresses of erasure, below `/api/v1/erasures`: ask, confirm, list, search; and litigation holds.

What stands in a request is neither kept nor logged, but for the words why.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import msgspec
from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from schemas import Problem, Refused
from streams.access import needs, required_access
from streams.intake.answers import Asking, problem, reply, sender_of
from streams.intake.erasing import Eraser, ErasureAsked, ErasureConfirmed, ErasureSought
from streams.intake.ports import IntakePorts

Body = TypeVar("Body", ErasureAsked, ErasureConfirmed, ErasureSought)


def erasing_routes(ports: IntakePorts) -> Sequence[ControllerRouterHandler]:
    """Everything that is answered below `/api/v1/erasures`."""
    eraser, officers = Eraser(ports.door, ports.told_of, ports.clock), [needs("officer", "admin")]

    @get("/api/v1/erasures", guards=officers)
    async def read_erasures() -> Response[bytes]:
        return reply(await eraser.all())

    @get("/api/v1/erasures/holds", guards=officers)
    async def read_holds() -> Response[bytes]:
        return reply(await eraser.holds())

    @post("/api/v1/erasures", guards=officers)
    async def ask_erasure(request: Asking) -> Response[bytes]:
        if wait := _too_many(ports, request):
            return wait
        asked = await _read(request, ErasureAsked)
        return reply(await eraser.ask(asked.key, asked.why, required_access(request)), 202)

    @post("/api/v1/erasures/confirm", guards=officers)
    async def confirm_erasure(request: Asking) -> Response[bytes]:
        if wait := _too_many(ports, request):
            return wait
        asked = await _read(request, ErasureConfirmed)
        return reply(await eraser.confirm(asked.key, required_access(request)), 202)

    @post("/api/v1/erasures/search", guards=officers)
    async def search_erased(request: Asking) -> Response[bytes]:
        if wait := _too_many(ports, request):
            return wait
        asked = await _read(request, ErasureSought)
        return reply(await ports.search(await eraser.sought(asked.key, asked.words)), 200)

    return [read_erasures, read_holds, ask_erasure, confirm_erasure, search_erased]


def _too_many(ports: IntakePorts, request: Asking) -> Response[bytes] | None:
    wait = ports.limits.take(sender_of(required_access(request)), office=True)
    return problem(429, f"Wait {wait} s.", headers={"Retry-After": str(wait)}) if wait else None


async def _read(request: Asking, kind: type[Body]) -> Body:
    """The body; its text is not repeated where it cannot be read."""
    try:
        return msgspec.json.decode(await request.body(), type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        expected = f"a JSON object with {', '.join(kind.__struct_fields__)}"
        raise Refused([Problem(path="", found="something else", expected=expected)]) from error
