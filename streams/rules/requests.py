"""What the authority asked for, and which report was the first to answer it. Each request is looked up, none searched.

A report answers the request that it names; one that names none answers what was put to whom it comes from.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from schemas import Decision, PostShipmentReport
from schemas.vocabulary import DecisionKind, Party, ReportKind

VISITS: tuple[ReportKind, ...] = (
    "compliance_visit", "post_shipment", "delivery_verification", "inventory_annual", "inventory_initial",
)  # fmt: skip
REPLIES: tuple[ReportKind, ...] = ("end_user_reply", "exporter_report", "voluntary_disclosure")
ASKED: dict[DecisionKind, tuple[Party, str, str]] = {
    "ask_exporter": ("exporter", "an answer", "the exporter"),
    "ask_end_user": ("end_user", "an answer", "the end user"),
    "order_check": ("host", "an inspection", "the host of the inspection"),
    "vendor_restrict": ("vendor", "word that the system was restricted", "the vendor"),
}
"""Decisions that ask for something: of whom, for what, and who that is in words."""


class Request(msgspec.Struct, frozen=True, order=True):
    """Something that the authority asked for."""

    asked: dt.date
    kind: DecisionKind
    ref: str
    """The decision."""
    until: dt.date | None
    """The day by which an answer was asked for."""
    points: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    pieces: int | None = None


class Answered(msgspec.Struct, frozen=True):
    """A request that a report was the first to answer, and what all answers to it cover together."""

    request: Request
    points: frozenset[str]
    sites: frozenset[str]
    pieces: int
    """Most pieces presented in one answer [count]."""
    refused: bool
    """Whether no answer has met it yet: every one was a refusal."""


class Asked:
    """Requests and the reports that answer them."""

    def __init__(self, requests: Iterable[Request], reports: Sequence[PostShipmentReport]) -> None:
        requests = sorted(requests)
        if not requests:
            reports = ()  # nobody waits for any of them
        self._named: dict[str, list[PostShipmentReport]] = defaultdict(list)
        self._channel: dict[DecisionKind, list[PostShipmentReport]] = defaultdict(list)
        for report in sorted(reports, key=_when):
            if report.answers_request is not None:
                self._named[report.answers_request].append(report)
            else:
                for kind in _answerable(report):
                    self._channel[kind].append(report)
        self._met: dict[DecisionKind, list[dt.date]] = {
            kind: [r.performed.last for r in came if not refuses(r)] for kind, came in self._channel.items()
        }
        self._days = {kind: [r.performed.last for r in came] for kind, came in self._channel.items()}
        self._first: dict[str, list[Answered]] = defaultdict(list)
        self.open: list[Request] = []
        for request in requests:
            self._hear(request)

    def answers_of(self, report: PostShipmentReport) -> tuple[Answered, ...]:
        """The requests that this report was the first to answer."""
        return tuple(self._first.get(report.ref, ()))

    def _hear(self, request: Request) -> None:
        came = [r for r in self._named.get(request.ref, ()) if r.performed.last >= request.asked]
        days = self._days.get(request.kind, [])
        at = bisect_left(days, request.asked)
        loose = self._channel[request.kind][at] if at < len(days) else None
        first = min((r for r in (*came[:1], *((loose,) if loose else ()))), key=_when, default=None)
        if first is None:
            self.open.append(request)
            return
        heard = [*came, *((loose,) if loose else ())]
        met = any(not refuses(r) for r in came)
        later = self._met.get(request.kind, [])
        met = met or bisect_left(later, request.asked) < len(later)
        self._first[first.ref].append(
            Answered(
                request=request,
                points=frozenset(p for r in heard for p in r.points),
                sites=frozenset(s for r in heard for s in sites_of(r)),
                pieces=max((presented(r) for r in heard), default=0),
                refused=not met,
            )
        )


def request_of(decision: Decision) -> Request | None:
    """What a decision asks for; nothing of most."""
    if decision.kind not in ASKED or (decision.kind == "vendor_restrict" and decision.until is None):
        return None
    return Request(
        decision.at.date(), decision.kind, decision.ref, decision.until, decision.points, decision.sites,
        decision.pieces,
    )  # fmt: skip


def refuses(report: PostShipmentReport) -> bool:
    """Whether what came is a refusal."""
    return report.outcome == "access_refused" or report.cooperation == "refused"


def sites_of(report: PostShipmentReport) -> frozenset[str]:
    """The sites that a report covers."""
    return frozenset((*report.sites, *((report.site_code,) if report.site_code else ())))


def presented(report: PostShipmentReport) -> int:
    """Pieces presented: as counted, else as many as serials were read [count]."""
    return sum(i.presented if i.presented is not None else len(i.serials) for i in report.items)


def _answerable(report: PostShipmentReport) -> Iterable[DecisionKind]:
    if report.kind in VISITS:
        yield "order_check"
    if report.kind in REPLIES and report.reporter_role == "exporter":
        yield "ask_exporter"
    if report.kind in REPLIES and report.reporter_role == "end_user":
        yield "ask_end_user"
    if report.kind == "vendor_action" and report.vendor_action in ("restricted", "disconnected", "contract_ended"):
        yield "vendor_restrict"


def _when(report: PostShipmentReport) -> tuple[dt.date, str]:
    return report.performed.last, report.ref
