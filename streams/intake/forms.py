"""Web forms."""

from __future__ import annotations

from collections.abc import Sequence

from litestar.types import ControllerRouterHandler

from streams.intake.ports import IntakePorts


def form_routes(ports: IntakePorts) -> Sequence[ControllerRouterHandler]:
    """None yet."""
    return []
