"""Small, repeatable profiles: the suite is shared, and a law that fails must fail for everybody."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile(
    "laws", max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)
