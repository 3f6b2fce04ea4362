"""What of an alert leaves by the API, and to whom.

Officers see their issuing states' alerts in full, but of a group the other issuing states' candidates without names.
Staff see words: no probability, prior, weight or grade, no small group of victims, nothing embargoed, nothing RED.

An alert's id holds `/`, `:` and `#`; in an address `/` is written `,` and `#` is written `;`, which no id holds.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from msgspec.structs import replace

from schemas import Alert, Case
from schemas.alert import Candidate
from streams.access import Access

SMALL_GROUP = 5
"""Fewer persons than these are not shown on shared boards (domain, 3.4)."""
_OTHER = "a license of another issuing state"


def alert_path(alert_id: str) -> str:
    """An alert's id as one segment of an address."""
    return alert_id.replace("/", ",").replace("#", ";")


def alert_id(segment: str) -> str:
    """The alert's id that a segment of an address stands for."""
    return segment.replace(",", "/").replace(";", "#")


def license_of(alert_id: str) -> str:
    """The license that an alert's id names, as `source:id`."""
    return alert_id.split("~")[1] if alert_id.count("~") >= 2 else ""


def alert_for(access: Access, alert: Alert, issuing_state: str | None, today: dt.date) -> Alert | None:
    """What `access` may see of an alert on a license of `issuing_state`; `None`: nothing, as if it did not exist."""
    if access.states and (issuing_state is None or not access.sees_state(issuing_state)):
        return None
    if access.may("officer"):
        return _among_states(alert, access) if access.states else alert
    embargoed = alert.embargo_until is not None and today < alert.embargo_until
    return None if embargoed or alert.tlp == "RED" else _in_words(alert)


def _among_states(alert: Alert, access: Access) -> Alert:
    cases = tuple(replace(case, candidates=tuple(_told_apart(case.candidates, access))) for case in alert.cases)
    return replace(alert, cases=cases)


def _told_apart(candidates: Iterable[Candidate], access: Access) -> Iterable[Candidate]:
    for candidate in candidates:
        ours = access.sees_state(candidate.issuing_state)
        yield candidate if ours else replace(candidate, license=_OTHER, reasons=())


def _in_words(alert: Alert) -> Alert:
    return replace(alert, cases=tuple(_case_in_words(case) for case in alert.cases), decisions=(), assigned_to=None)


def _case_in_words(case: Case) -> Case:
    """The finding, how sure in words, the alternatives and the replies; every number of the weighing left out."""
    return replace(
        case,
        evidence_level=None,
        attribution_level=None,
        assertions=tuple(replace(each, confidence=None, fit=None) for each in case.assertions),
        candidates=(),
        m=None,
        ledger=(),
        total=None,
        probability=None,
        victims=tuple(group for group in case.victims if group.count >= SMALL_GROUP),
        replies=tuple(replace(each, weight=0) for each in case.replies),
        evidence=(),
        members=(),
    )
