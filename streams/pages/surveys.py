"""Pages over all destinations: what to check next, the table for drafters of law; what stands beside an alert.

    /next        licenses and end users that nobody checked, by exposure       officer
    /aggregate   events by year, technology, harm, class of state, code        officer, staff (what may be published)

Staff read the table for the public alone; officers may ask for that of partners or of their own house.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from litestar.types import ControllerRouterHandler

from schemas.alert import Alert, Remark
from streams.access import Access
from streams.pages import views
from streams.pages.frame import Html, Http, reader, show, standpoint, today
from streams.pages.ports import PagePorts
from streams.pages.render import HEADERS
from streams.rules.aggregate import ALL, AUDIENCES, Audience, Row, aggregate, as_csv
from streams.rules.exposure import narrowed, next_checks
from streams.rules.foreknown import ForeknownLicense, foreknown
from streams.rules.known import NOW, Standpoint
from streams.rules.participants import Promise, between, frameworks, tellings

MOST_ALERTS = 10_000
"""Alerts looked through for what is overdue [count]."""
SHOWN = 40
"""Rows of each list of the page [count]; the address may ask for more."""
BESIDE = 6
"""Events known before a grant that stand beside an alert [count]; the rest is counted."""

Ports: TypeAlias = NamedDependency[SkipValidation[PagePorts]]


@get("/next", name="pages:next")
async def next_page(request: Http, ports: Ports) -> Html:
    """What to check next."""
    access = reader(request, ports, "officer")
    at, code = standpoint(request, access), request.query_params.get("destination", "")
    most = SHOWN if request.query_params.get("all", "") != "yes" else MOST_ALERTS
    context = await asyncio.to_thread(of_next, ports, access, _state(code), most, at)
    return await show(request, ports, access, "next.html", context)


def _state(text: str) -> str:
    """The state's code in an address; empty where there is none that could be one."""
    code = text.strip().upper()
    return code if len(code) == 2 and code.isascii() and code.isalpha() else ""


def of_next(now: PagePorts, access: Access, code: str, most: int = SHOWN, at: Standpoint = NOW) -> dict[str, object]:
    """The ranking, as far as the officer may see licenses."""
    ports = now.back(at)
    ranking = next_checks(now.survey(at), ports.reads.alerts(limit=MOST_ALERTS), issuing_states=access.states)
    return {
        "today": today(ports),
        "whole": ranking,
        "ranking": narrowed(ranking, code or None, most),
        "code": code,
        "destinations": sorted({e.destination for e in ranking.licenses}),
        "most": most,
    }


@get("/aggregate", name="pages:aggregate")
async def aggregate_page(request: Http, ports: Ports) -> Response[Any]:
    """Events for those who draft law; `?format=csv` gives the file."""
    access = reader(request, ports, "officer", "staff")
    asked = request.query_params
    audience: Audience = "publication"
    if access.may("officer"):
        audience = next((a for a in AUDIENCES if a == asked.get("audience")), audience)
    at = standpoint(request, access)
    since, until = (views.read_day(asked.get(name, "")) for name in ("since", "until"))
    table = await asyncio.to_thread(lambda: aggregate(ports.survey(at), audience, since, until))
    if asked.get("format") == "csv":
        name = f"events-{audience}.csv"
        headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
        return Response(content=as_csv(table), media_type="text/csv", headers=headers)
    context: Mapping[str, object] = {
        "table": table, "years": _by_year(table.rows), "ALL": ALL,
        "audiences": AUDIENCES if access.may("officer") else ("publication",),
        "since": asked.get("since", ""), "until": asked.get("until", ""),
    }  # fmt: skip
    return await show(request, ports, access, "aggregate.html", context)


def _by_year(rows: Sequence[Row]) -> list[tuple[int, list[Row], Counter[str]]]:
    """By year, the latest first: totals and the rows that are shown, and how many are withheld of each technology."""
    found = []
    for year in sorted({row.year for row in rows}, reverse=True):
        here = [row for row in rows if row.year == year]
        hidden = Counter(row.technology for row in here if row.harm != ALL and row.events is None)
        found.append((year, [row for row in here if row.harm == ALL or row.events is not None], hidden))
    return found


# -- beside an alert --------------------------------------------------------------------------------------------------


def beside(ports: PagePorts, alert: Alert, at: Standpoint = NOW) -> dict[str, object]:
    """What was known before the grant, and what the issuing state has promised partners; nothing without a license."""
    if alert.license is None:
        return {"foreknown": None, "foreknown_more": 0, "promises": (), "common": {}}
    survey = ports.survey(at)
    state = alert.license.issuing_state
    known = frameworks(survey.weights.policy)
    others = {c.issuing_state for case in alert.cases for c in case.candidates} - {state}
    found = _of(foreknown(survey, alert.license.ref), alert.destination)
    return {
        "foreknown": found.known[:BESIDE] if found else (),
        "foreknown_more": max(len(found.known) - BESIDE, 0) if found else 0,
        "promises": _together(tellings(state, known, survey.today)),
        "common": {other: between(state, other, known, survey.today) for other in sorted(others)},
    }


def known_of(ports: PagePorts, key: str, at: Standpoint = NOW) -> tuple[ForeknownLicense, ...]:
    """What was known before the license `license:source:id` was granted or delivered, by destination; else nothing."""
    kind, _, ref = key.partition(":")
    return tuple(f for f in foreknown(ports.survey(at), ref) if f.known) if kind == "license" else ()


def _of(found: Sequence[ForeknownLicense], destination: str) -> ForeknownLicense | None:
    return next((each for each in found if each.destination == destination), None)


def _together(promises: Sequence[Promise]) -> list[tuple[str, list[Promise]]]:
    """Promises by framework, what binds in law first."""
    names = dict.fromkeys(p.framework for p in promises)
    return [(name, [p for p in promises if p.framework == name]) for name in names]


def with_needs(ports: PagePorts, notes: Sequence[Remark], at: Standpoint = NOW) -> list[Remark]:
    """The remarks, those on events that fit nothing with what exactly would tie them to a license."""
    told: list[Remark] = []
    for note in notes:
        needed = ports.survey(at).needed(note.destination, note.subject) if note.kind == "unmatched_incident" else ()
        told.append(msgspec.structs.replace(note, needed="; ".join(needed)) if needed else note)
    return told


def survey_pages() -> list[ControllerRouterHandler]:
    """The pages of this module."""
    return [next_page, aggregate_page]
