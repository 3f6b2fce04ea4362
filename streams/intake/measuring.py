"""Counts every request by the pattern of its route: addresses hold ids, patterns do not."""

from __future__ import annotations

import time

from litestar.types import ASGIApp, Message, Middleware, Receive, Scope, Send

from streams.intake.answers import status_of
from streams.intake.metrics import Metrics


def measured(metrics: Metrics) -> Middleware:
    """Middleware that counts into `metrics`."""

    def around(app: ASGIApp) -> ASGIApp:
        async def counting(scope: Scope, receive: Receive, send: Send) -> None:
            status, began = [500], time.perf_counter()

            async def noting(message: Message) -> None:
                if message["type"] == "http.response.start":
                    status[0] = message["status"]
                await send(message)

            try:
                await app(scope, receive, noting)
            except Exception as error:
                status[0] = status_of(error)
                raise
            finally:
                pattern = str(scope.get("path_template", "")) or "other"
                metrics.answered(pattern, str(scope.get("method", "")), status[0], time.perf_counter() - began)

        return counting

    return around
