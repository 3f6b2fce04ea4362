"""What the records of a license in a destination come to over time: made once, so that each rule looks up.

A rule that went through all reports for each report would cost the square of them.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property

from schemas import Delivery, License, Period, PostShipmentReport
from schemas.vocabulary import ReportKind
from streams.rules.requests import refuses
from streams.rules.standing import use_window

LEAVING = ("return", "disposal")
THOSE_CONCERNED = ("exporter", "end_user", "vendor")
LOSSES: tuple[ReportKind, ...] = ("loss_theft_notice", "voluntary_disclosure")
"""Reports by which those concerned tell of a loss or breach themselves."""


class History:
    """Deliveries and reports of one license in one destination."""

    def __init__(
        self, license: License, destination: str, deliveries: Sequence[Delivery], reports: Sequence[PostShipmentReport]
    ) -> None:
        self._destination = destination
        self.window = use_window(license, deliveries, destination)
        """From when until when the items could be used here."""
        self.arrived: dict[str, dt.date] = {}
        """By serial the first possible day of its arrival."""
        self.destroyed: dict[str, dt.date] = {}
        """By serial the last day of its disposal."""
        self.shipments: list[Delivery] = []
        """By the first day on which each may have arrived."""
        self.disposals: list[dt.date] = []
        self._pieces: list[tuple[dt.date, int, int]] = []
        for delivery in sorted(deliveries, key=lambda d: (d.delivered.first, d.ref)):
            self._take_in(delivery)
        self.seen: dict[str, dt.date] = {}
        """By serial the latest day on which it was seen for certain."""
        self._in_custody: dict[str, dt.date] = {}
        """By serial the latest day on which it was seen with the end user."""
        self.granted = self.complete = self.mended = dt.date.min
        """The latest visit that was granted; complete presentation; visit that found no deficiency open."""
        self.notices: list[dt.date] = []
        """Days on which those concerned told of a loss or breach."""
        self._lost: dict[str, dt.date] = {}
        self._told_lost: set[str] = set()
        self._told_of_all = False
        self.proofs: list[dt.date] = []
        """Days of proof of a destruction."""
        self.logs: list[tuple[dt.date, str, str]] = []
        """Chains of logs seen: day, report, root."""
        self.extracts: list[dt.date] = []
        """Days on which a log was presented."""
        self._came: dict[ReportKind, list[dt.date]] = defaultdict(list)
        self._together: dict[tuple[ReportKind, ...], list[dt.date]] = {}
        self._spoken: dict[str, list[dt.date]] = defaultdict(list)
        for report in reports:
            self._hear(report)

    def _take_in(self, delivery: Delivery) -> None:
        leaving = delivery.kind in LEAVING
        if delivery.kind == "shipment":
            self.shipments.append(delivery)
        if delivery.kind == "disposal":
            self.disposals.append(delivery.delivered.first)
        for item in delivery.items:
            for serial in item.serials:
                if delivery.kind == "disposal":
                    self.destroyed[serial] = delivery.delivered.last
                elif not leaving:
                    self.arrived[serial] = min(delivery.delivered.first, self.arrived.get(serial, dt.date.max))
        if leaving or delivery.kind == "shipment":
            count = sum(i.quantity if i.quantity is not None else len(i.serials) for i in delivery.items)
            came, gone = self._pieces[-1][1:] if self._pieces else (0, 0)
            self._pieces.append(
                (delivery.delivered.first, came + (0 if leaving else count), gone + (count if leaving else 0))
            )

    def _hear(self, report: PostShipmentReport) -> None:
        first, last = report.performed.first, report.performed.last
        refused = refuses(report)
        if not refused and report.outcome != "no_action":
            insort(self._came[report.kind], last)
        visited = (report.method == "on_site" or report.kind == "compliance_visit") and report.outcome is not None
        if visited and not refused and report.outcome != "no_action":
            self.granted = max(self.granted, first)
            if report.open_deficiencies == 0:
                self.mended = max(self.mended, first)
        for item in report.items:
            for serial in item.serials:
                self.seen[serial] = max(first, self.seen.get(serial, dt.date.min))
                if report.site_country in (None, self._destination) and not report.holder:
                    self._in_custody[serial] = max(first, self._in_custody.get(serial, dt.date.min))
            if item.presented is not None and item.delivered is not None and item.presented >= item.delivered:
                self.complete = max(self.complete, first)
        self._hear_of_losses(report)
        if report.kind == "disposal_notice" and report.proof_hash is not None:
            insort(self.proofs, last)
        if report.log_root_hash is not None:
            insort(self.logs, (last, report.ref, report.log_root_hash))
        if report.log_status not in ("not_checked", "missing", "refused"):
            insort(self.extracts, last)
        for found in report.clause_findings:
            if found.result != "not_checked":
                insort(self._spoken[found.clause], last)

    def _hear_of_losses(self, report: PostShipmentReport) -> None:
        missing = {s for item in report.items for s in item.missing_serials}
        told = "lost_stolen_destroyed" in report.reason_codes and report.reporter_role in THOSE_CONCERNED
        if report.kind in LOSSES or told:
            insort(self.notices, report.performed.last)
            self._told_lost |= missing
            self._told_of_all = self._told_of_all or not missing
        elif report.reporter_role not in THOSE_CONCERNED:
            for serial in missing:
                self._lost[serial] = min(report.performed.last, self._lost.get(serial, dt.date.max))

    @cached_property
    def untold(self) -> tuple[dt.date, str] | None:
        """The first loss that others found and nobody concerned has told of: its day and a serial.

        A notice that names no serial may tell of any of them.
        """
        if self._told_of_all:
            return None
        still = ((day, s) for s, day in self._lost.items() if s not in self._told_lost and not self._found(s, day))
        return min(still, default=None)

    def _found(self, serial: str, day: dt.date) -> bool:
        return self.seen.get(serial, dt.date.min) > day

    def delivered(self, serials: frozenset[str]) -> frozenset[str]:
        """Those of `serials` that were delivered here, gone or not; all of them where no serial is on record."""
        return serials.intersection(self.arrived) if self.arrived else serials

    def stood_here(self, day: dt.date) -> frozenset[str]:
        """The serials that had come before `day` and had not been disposed of before it."""
        return frozenset(s for s, came in self.arrived.items() if came < day and self.destroyed.get(s, day) >= day)

    def destroyed_before(self, serials: frozenset[str], day: dt.date) -> tuple[tuple[str, dt.date], ...]:
        """Those of `serials` that were disposed of before `day`, each with its last day; sorted."""
        return tuple(sorted((s, gone) for s in serials if (gone := self.destroyed.get(s, day)) < day))

    def seen_after(self, serials: frozenset[str], day: dt.date) -> frozenset[str]:
        """Those of `serials` that were seen for certain after `day`."""
        return frozenset(s for s in serials if self.seen.get(s, dt.date.min) > day)

    def in_custody_after(self, day: dt.date) -> bool:
        """Whether every delivered piece was seen with the end user after `day`; never where no serial is on record."""
        return bool(self.arrived) and all(self._in_custody.get(s, dt.date.min) > day for s in self.arrived)

    def shipment_after(self, day: dt.date | None) -> tuple[dt.date, dt.date] | None:
        """The first shipment that can only have come after `day`, or at all: the days between which it came."""
        at = bisect_right(self.shipments, day, key=lambda d: d.delivered.first) if day else 0
        return None if at >= len(self.shipments) else _between(self.shipments[at].delivered)

    def here_by(self, serial: str, day: dt.date) -> bool:
        """Whether a serial may have been delivered here by `day`."""
        return self.arrived.get(serial, dt.date.max) <= day

    def pieces_by(self, day: dt.date) -> tuple[int, int]:
        """Pieces that may have come here by `day`, and those returned or disposed of [count]."""
        at = bisect_right(self._pieces, day, key=lambda entry: entry[0])
        return self._pieces[at - 1][1:] if at else (0, 0)

    def came(self, kinds: tuple[ReportKind, ...]) -> list[dt.date]:
        """Days on which reports of these kinds came, sorted; refusals are none."""
        if kinds not in self._together:
            self._together[kinds] = sorted(day for kind in kinds for day in self._came.get(kind, ()))
        return self._together[kinds]

    def last_came(self, kinds: tuple[ReportKind, ...], before: dt.date) -> dt.date | None:
        """The last day before `before` on which a report of these kinds came."""
        days = self.came(kinds)
        at = bisect_left(days, before)
        return days[at - 1] if at else None

    def log_before(self, day: dt.date, ref: str) -> tuple[dt.date, str] | None:
        """The last log seen before the report `ref` of `day`: its day and the root of its chain."""
        at = bisect_left(self.logs, (day, ref, ""))
        return (self.logs[at - 1][0], self.logs[at - 1][2]) if at else None

    def proven_since(self, day: dt.date) -> bool:
        """Whether a destruction was proven on `day` or later."""
        return bool(self.proofs) and self.proofs[-1] >= day

    def spoken(self, clause: str) -> list[dt.date]:
        """Days on which a report had a word on this clause, sorted."""
        return self._spoken.get(clause, [])


def _between(period: Period) -> tuple[dt.date, dt.date]:
    return period.first, period.last


class Heard:
    """A history that notes what it was asked and what it answered."""

    def __init__(self, history: History) -> None:
        self._history = history
        self.answers: dict[tuple[str, tuple[object, ...]], object] = {}

    def __getattr__(self, name: str) -> object:
        found = getattr(self._history, name)
        if not callable(found):
            self.answers[name, ()] = found
            return found

        def asked(*arguments: object) -> object:
            answer = self.answers[name, arguments] = found(*arguments)
            return answer

        return asked

    def unchanged(self, history: History) -> bool:
        """Whether another history answers all of it in the same way."""
        return all(_answer(history, *asked) == answer for asked, answer in self.answers.items())


def _answer(history: History, name: str, arguments: tuple[object, ...]) -> object:
    found = getattr(history, name)
    return found(*arguments) if callable(found) else found
