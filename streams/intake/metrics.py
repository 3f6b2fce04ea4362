"""What monitoring may know of the intake: counts by kind and class of reason. No source, no id, no text is a label."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from schemas import Problem
from streams.intake.door import Result

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_REASONS = {
    "forbidden": "not_for_this_key",
    "conflict": "two_bodies_under_one_revision",
    "held_back": "another_of_the_request_failed",
}
_BY_WORDS = {
    "a field that is not known": "unknown_field",
    "text that holds": "unsafe_text",
    "nothing": "missing_field",
    "no JSON": "not_json",
    "bytes that are not": "not_json",
    "text": "wrong_text",
}
"""How `schemas.reading` begins to say what it found, and the class of it; the first that fits counts."""


class Metrics:
    """The counters of one app, in a registry of their own, so that two apps in one process do not meet."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "pledgewatch_http_requests", "Requests answered.", ["route", "method", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "pledgewatch_http_request_seconds", "Time to answer [s].", ["route"], registry=self._registry
        )
        self._facts = Counter(
            "pledgewatch_intake_facts", "Facts by kind and outcome.", ["kind", "outcome"], registry=self._registry
        )
        self._refused = Counter(
            "pledgewatch_intake_refused", "Records not let in, by class of reason.", ["reason"], registry=self._registry
        )
        self._parked = Gauge("pledgewatch_parked", "Records set aside, newest hundred.", registry=self._registry)
        self._lag = Gauge("pledgewatch_lag", "Records not yet read, by group.", ["group"], registry=self._registry)

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one request; `route` is its pattern, never its address."""
        self._requests.labels(route, method, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def told(self, results: Iterable[Result]) -> None:
        """Count what became of the records of a request."""
        for result in results:
            kind = result.fact.partition(":")[0] if result.fact else "unread"
            self._facts.labels(kind, result.outcome).inc()
            if result.outcome not in ("accepted", "known"):
                self._refused.labels(reason_of(result)).inc()

    def turned_away(self, reason: str) -> None:
        """Count a request that was turned away before its records were read."""
        self._refused.labels(reason).inc()

    def page(self, *, parked: int, lag: Mapping[str, int]) -> bytes:
        """The metrics as Prometheus reads them."""
        self._parked.set(parked)
        for group, records in lag.items():
            self._lag.labels(group).set(records)
        return generate_latest(self._registry)


def reason_of(result: Result) -> str:
    """The class of the first reason why a record was not let in: a word of a short list."""
    return _REASONS.get(result.outcome) or _class_of(result.errors[0] if result.errors else None)


def _class_of(problem: Problem | None) -> str:
    found = problem.found if problem else ""
    return next((reason for words, reason in _BY_WORDS.items() if found.startswith(words)), "wrong_value")
