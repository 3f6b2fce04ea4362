"""The pages' addresses: who may open what, what is asked of the warehouse, which template shows it.

    /                   alerts by band                      officer
    /alerts/{id}        one alert, explained; decide        officer
    /destinations/{cc}  dossier of a destination            officer
    /facts/{key}        a fact in every revision            officer
    /board              counts and freshness                officer, staff
    /parked             what was set aside                  officer, staff; a feeder: its own
    /about /tour        how it works; the guided tour       anybody with a key
    /enter /leave       session                             anybody

Everything is readable without a script. A post answers with a redirect, so that reloading repeats nothing.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import MediaType, Request, Response, Router, get, post
from litestar.datastructures import Cookie
from litestar.di import Provide
from litestar.exceptions import HTTPException, NotFoundException
from litestar.params import Dependency
from litestar.response import Redirect
from litestar.types import ControllerRouterHandler

from schemas.alert import Alert
from schemas.codec import AnyFact, body_hash
from schemas.license import License
from schemas.problems import Problem, Refused
from streams.access import COOKIE, Access, Scope
from streams.errors import Wait
from streams.pages import board, forms, ledger, views, words
from streams.pages.ports import PagePorts, TourStep
from streams.pages.render import HEADERS, HERE, alert_path, fact_path, page

FORM_COOKIE = "pledgewatch-form"
"""Holds the word that each of our forms repeats: another site can make a browser post, but not read this."""
REMEMBERED = 1000
"""Forms answered that are remembered, so that a second click on one is not a second decision [count]."""

T = TypeVar("T")
Ports = Annotated[PagePorts, Dependency(skip_validation=True)]
Http = Request[Any, Any, Any]
Html = Response[str]


class _Unknown(Exception):  # noqa: N818
    """Nobody is known: ask for a key, then come back."""


class _Told(Exception):  # noqa: N818
    """The request ends in a page that says why."""

    def __init__(self, status: int, title: str, text: str) -> None:
        super().__init__(title)
        self.status, self.title, self.text = status, title, text


class _Answered:
    """Which forms were answered, and where their reader was sent; forgets the oldest."""

    def __init__(self) -> None:
        self._sent: OrderedDict[str, str] = OrderedDict()

    def sent_to(self, form: str) -> str | None:
        return self._sent.get(form)

    def remember(self, form: str, address: str) -> None:
        self._sent[form] = address
        while len(self._sent) > REMEMBERED:
            self._sent.popitem(last=False)


def page_routes(ports: PagePorts) -> Sequence[ControllerRouterHandler]:
    """The pages over `ports`, for the one HTTP app."""
    answered = _Answered()
    return [
        Router(
            path="/",
            route_handlers=[
                index, alerts_index, alert, decide, destination, facts, board_page, parked, about, tour,
                enter, entered, leave, stylesheet, mark,
            ],
            dependencies={
                "ports": Provide(lambda: ports, sync_to_thread=False),
                "answered": Provide(lambda: answered, sync_to_thread=False),
            },
            exception_handlers={
                _Unknown: _ask_for_key, _Told: partial(_tell, ports), Wait: partial(_away, ports),
                HTTPException: partial(_http_error, ports),
            },
            include_in_schema=False,
        )
    ]  # fmt: skip


# -- who reads ------------------------------------------------------------------------------------------------------


def _reader(request: Http, ports: PagePorts, *scopes: Scope) -> Access:
    """Who reads; raises `_Unknown` without a key, `_Told` (403) for one that may not."""
    access = ports.access_of(request)
    if access is None:
        raise _Unknown
    if scopes and not access.may(*scopes):
        held = words.list_of(sorted(access.scopes))
        raise _Told(403, "Not with this key", f"This key is for {held}; the page is for {words.list_of(scopes, 'or')}.")
    return access


def _ask_for_key(request: Http, _: Exception) -> Response[Any]:
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return Redirect(
        "/enter", query_params={"next": wanted} if wanted != "/" else None, status_code=303, headers=HEADERS
    )


def _tell(ports: PagePorts, request: Http, told: _Told) -> Html:
    context = _frame(request, ports, ports.access_of(request), None)
    return page("told.html", {**context, "title": told.title, "text": told.text}, status=told.status)


def _away(ports: PagePorts, request: Http, wait: Wait) -> Html:
    text = f"{wait} Nothing is lost; try again in {round(wait.retry_after)} seconds."
    return _tell(ports, request, _Told(503, "Not available at the moment", text))


def _http_error(ports: PagePorts, request: Http, error: HTTPException) -> Html:
    title = {404: "There is no such page", 405: "Not possible here"}.get(error.status_code, "This did not work")
    return _tell(
        ports, request, _Told(error.status_code, title, "Check the address, or start from the list of alerts.")
    )


def _frame(request: Http, ports: PagePorts, access: Access | None, today: dt.date | None) -> dict[str, object]:
    """What every page shows around its matter."""
    return {
        "authority": ports.authority,
        "access": access,
        "today": today,
        "path": request.url.path,
        "country": partial(_country, ports.country_name),
        "has_tour": ports.tour is not None,
        "stop": _stop(request, ports),
        "form_token": request.cookies.get(FORM_COOKIE, ""),
    }


def _country(name: Callable[[str], str | None], code: str) -> str:
    """`Name (XA)`, or the code alone."""
    if code == "ZZ":
        return "No operator state known (ZZ)"
    found = name(code)
    return f"{found} ({code})" if found else code


class Stop(msgspec.Struct, frozen=True):
    """Where the reader is on the guided tour."""

    number: int
    of: int
    step: TourStep
    before: str
    """Address of the stop before; empty at the first."""
    after: str
    """Address of the next stop; empty at the last."""


def _stop(request: Http, ports: PagePorts) -> Stop | None:
    text = request.query_params.get("tour", "")
    steps = ports.tour.steps if ports.tour else ()
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= len(steps)):
        return None
    number = int(text)
    return Stop(
        number, len(steps), steps[number - 1],
        tour_address(steps, number - 1), tour_address(steps, number + 1),
    )  # fmt: skip


def tour_address(steps: Sequence[TourStep], number: int) -> str:
    """Address of the stop `number` (from 1), with the tour's place kept in it; empty beyond the ends."""
    if not 1 <= number <= len(steps):
        return ""
    address, mark, fragment = steps[number - 1].href.partition("#")
    joined = f"{address}{'&' if '?' in address else '?'}tour={number}"
    return f"{joined}{mark}{fragment}"


async def _show(
    request: Http, ports: PagePorts, access: Access, template: str, context: Mapping[str, object], status: int = 200
) -> Html:
    today = context.get("today") or await asyncio.to_thread(_today, ports)
    token = _form_token(request)
    frame = {**_frame(request, ports, access, today), "form_token": token}  # type: ignore[arg-type]
    return _with_form_cookie(page(template, {**frame, **context, "today": today}, status=status), request, token)


def _today(ports: PagePorts) -> dt.date:
    return ports.reads.today() or ports.clock().date()


def _with_form_cookie(response: Response[T], request: Http, token: str) -> Response[T]:
    if request.cookies.get(FORM_COOKIE) != token:
        secure = request.url.scheme == "https"
        response.set_cookie(
            Cookie(key=FORM_COOKIE, value=token, path="/", httponly=True, samesite="strict", secure=secure)
        )
    return response


def _form_token(request: Http) -> str:
    return request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(24)


def _ours(request: Http, token: str) -> None:
    """Raises `_Told` (403) unless the form came from a page of ours."""
    cookie = request.cookies.get(FORM_COOKIE, "")
    if cookie and secrets.compare_digest(cookie.encode(), token.encode()):
        return
    text = "It was not sent from a page of this site, or the page was too old. Nothing was recorded. Open it again."
    raise _Told(403, "The form was not accepted", text)


# -- alerts ---------------------------------------------------------------------------------------------------------


@get("/", name="pages:alerts")
async def index(request: Http, ports: Ports) -> Html:
    """Alerts by band, chosen by the address."""
    access = _reader(request, ports, "officer")
    filters = views.read_filters(request.query_params)
    context = await asyncio.to_thread(_index, ports, access, filters)
    return await _show(request, ports, access, "alerts.html", context)


@get("/alerts")
async def alerts_index() -> Redirect:
    """The list stands at the root."""
    return Redirect("/", status_code=303)


def _index(ports: PagePorts, access: Access, filters: views.Filters) -> dict[str, object]:
    reads = ports.reads
    every = reads.alerts()
    withdrawn = reads.alerts(status="withdrawn") if filters.status == "withdrawn" or filters.since else []
    pool = [*every, *withdrawn] if filters.status == "withdrawn" else every
    chosen = views.chosen(pool, filters, access)
    destinations, states = views.options_of(a for a in every if views.visible(access, [a]))
    mine = [alert for alert in every if views.visible(access, [alert])]
    return {
        "today": _today(ports),
        "filters": filters,
        "bands": views.by_band(chosen),
        "shown": len(chosen),
        "tally": views.tally(mine),
        "closed": sum(1 for alert in mine if alert.status == "closed"),
        "changed": _changed(ports, access, filters.since, [*every, *withdrawn]) if filters.since else [],
        "nothing": "" if chosen else views.nothing_here(reads.counts().freshness, reads.today(), len(mine)),
        "destinations": destinations,
        "states": states,
        "view": views,
    }


def _changed(
    ports: PagePorts, access: Access, since: dt.date | None, alerts: Sequence[Alert]
) -> list[tuple[Alert, tuple[str, ...]]]:
    """What changed from a day on, by alert, the most pressing first."""
    found = []
    for alert in alerts:
        if since is None or (alert.assessed_on and alert.assessed_on < since):
            continue
        history = ports.reads.history(alert.id)
        if views.visible(access, [record for _, record in reversed(history)]):
            changes = views.changed_since(history, since)
            if changes:
                found.append((_titled(alert, history), changes))
    return sorted(found, key=lambda pair: (-words.band_rank(pair[0].band), pair[0].id))


def _titled(alert: Alert, history: Sequence[tuple[dt.datetime, Alert]]) -> Alert:
    """The alert, or for a withdrawn one without a title its last record that had one."""
    last = views.last_live(history)
    return msgspec.structs.replace(alert, title=last.title) if last and not alert.title else alert


@get("/alerts/{alert_id:path}", name="pages:alert")
async def alert(request: Http, ports: Ports, alert_id: str) -> Html:
    """One alert, explained; with `?on=` as it stood on that day."""
    access = _reader(request, ports, "officer")
    on = views.read_day(request.query_params.get("on", ""))
    context = await asyncio.to_thread(_alert, ports, access, alert_id.lstrip("/"), on)
    return await _alert_page(request, ports, access, context)


async def _alert_page(
    request: Http,
    ports: PagePorts,
    access: Access,
    context: Mapping[str, object],
    *,
    filled: forms.Filled | None = None,
    errors: Mapping[str, Sequence[str]] | None = None,
    status: int = 200,
) -> Html:
    extra = {
        "filled": filled,
        "errors": errors or {},
        "form_id": secrets.token_hex(12),
        "recorded": request.query_params.get("recorded", ""),
    }
    return await _show(request, ports, access, "alert.html", {**context, **extra}, status)


def _alert(ports: PagePorts, access: Access, alert_id: str, on: dt.date | None) -> dict[str, object]:
    newest = ports.reads.alert(alert_id)
    history = ports.reads.history(alert_id)
    records = [record for _, record in reversed(history)]
    if newest is None or not views.visible(access, [newest, *records]):
        raise _Told(404, "There is no such alert", "Nothing is or was on record under this id that you may open.")
    shown = views.as_of(history, on) if on else newest
    if shown is None:
        raise _Told(404, "Not yet an alert", f"On {words.day(on)} there was no such alert.")
    withdrawn = shown.status == "withdrawn"
    last = views.last_live(history) if withdrawn else shown
    return {
        "today": _today(ports),
        "alert": shown,
        "told": last or shown,
        "withdrawn": withdrawn,
        "past": on if on and shown is not newest else None,
        "steps": views.steps(history),
        "notices": ports.reads.notices(alert_id),
        "linked": _linked(ports, access, shown),
        "state": views.issuing_state([shown, *records]),
        "ledgers": {case.key: ledger.draw(case.ledger, case.total) for case in (last or shown).cases if case.ledger},
        "view": views,
        "form": forms,
    }


def _linked(ports: PagePorts, access: Access, alert: Alert) -> list[Alert]:
    """Other alerts of the same group of candidates that this officer may open."""
    keys = views.groups(alert)
    if not keys:
        return []
    same = ports.reads.alerts(destination=alert.destination)
    return [a for a in same if a.id != alert.id and keys & views.groups(a) and views.visible(access, [a])]


@post("/alerts/{alert_id:path}", status_code=303)
async def decide(request: Http, ports: Ports, answered: Annotated[_Answered, Dependency(skip_validation=True)], alert_id: str) -> Response[Any]:  # fmt: skip
    """An officer decides: the decision goes into the log as a fact."""
    access = _reader(request, ports, "officer")
    form = await request.form()
    _ours(request, str(form.get("token", "")))
    alert_id, form_id = alert_id.lstrip("/"), str(form.get("form", ""))
    if repeated := answered.sent_to(form_id):
        return Redirect(repeated, status_code=303, headers=HEADERS)
    context = await asyncio.to_thread(_alert, ports, access, alert_id, None)
    filled = _filled(form)
    show_again = partial(_alert_page, request, ports, access, context, filled=filled)
    shown: Alert = context["alert"]  # type: ignore[assignment]
    if shown.version != form.get("version"):
        return await show_again(errors={"form": [CHANGED]}, status=409)
    try:
        decision = forms.read_decision(filled, _signing(request, ports, access, shown, filled, form))
        await ports.submit([decision])
    except Refused as refused:
        return await show_again(errors=forms.by_field(refused.problems), status=422)
    except Wait as wait:
        return await show_again(errors={"form": [f"{wait} Nothing was recorded; your text is kept below."]}, status=503)
    address = alert_path(alert_id, recorded=decision.ref)
    answered.remember(form_id, address)
    return Redirect(address, status_code=303, headers=HEADERS)


CHANGED = (
    "The alert changed while you were deciding. Nothing was recorded. Read what is new, then send the form again: "
    "it will then judge the evidence as it stands now."
)


def _filled(form: Any) -> forms.Filled:
    text = {
        name: str(form.get(name, "")) for name in ("kind", "reason", "close_reason", "assigned_to", "until", "party")
    }
    return forms.Filled(**text, cases=tuple(str(key) for key in form.getall("case", [])))


def _signing(
    request: Http, ports: PagePorts, access: Access, alert: Alert, filled: forms.Filled, form: Any
) -> forms.Signing:
    token = str(form.get("second", "")).strip()
    second = ports.check_key(request, token) if token else None
    if token and (second is None or not second.may("officer") or not views.visible(second, [alert])):
        found = "a key that is not known" if second is None else "a key that may not decide this"
        raise Refused([Problem(path="/second", found=found, expected=forms.ASKED["second"])])
    today = _today(ports)
    return forms.Signing(
        id=f"page.{str(form.get('form', ''))[:40] or secrets.token_hex(12)}",
        source=access.source or ports.source, alert=alert.id, by_role=access.name, at=ports.clock(), today=today,
        evidence=views.judged_evidence(alert, frozenset(filled.cases)),
        second_by_role=second.name if second else None,
    )  # fmt: skip


# -- dossiers, facts ------------------------------------------------------------------------------------------------


@get("/destinations/{code:str}", name="pages:destination")
async def destination(request: Http, ports: Ports, code: str) -> Html:
    """The dossier of a destination."""
    access = _reader(request, ports, "officer")
    context = await asyncio.to_thread(_destination, ports, access, code.upper())
    return await _show(request, ports, access, "destination.html", context)


def _destination(ports: PagePorts, access: Access, code: str) -> dict[str, object]:
    every = ports.reads.alerts(destination=code)
    alerts = sorted((a for a in every if views.visible(access, [a])), key=lambda a: (-words.band_rank(a.band), a.id))
    notes = [note for remarks in ports.reads.remarks(code) for note in remarks.notes]
    licenses = {a.license.ref: a.license for a in alerts if a.license}
    reports = {report.ref: report for a in alerts for report in a.reports}
    if not (alerts or notes) and len(code) != 2:
        raise NotFoundException
    return {
        "today": _today(ports),
        "code": code,
        "alerts": alerts,
        "licenses": [licenses[ref] for ref in sorted(licenses)],
        "notes": notes,
        "reports": sorted(reports.values(), key=lambda r: (r.performed.first, r.ref), reverse=True),
        "nothing": views.nothing_here(ports.reads.counts().freshness, ports.reads.today(), 0),
        "view": views,
    }


@get("/facts/{key:path}", name="pages:fact")
async def facts(request: Http, ports: Ports, key: str) -> Html:
    """A fact in every revision that the log holds."""
    access = _reader(request, ports, "officer")
    context = await asyncio.to_thread(_fact, ports, access, key.lstrip("/"))
    return await _show(request, ports, access, "fact.html", context)


def _fact(ports: PagePorts, access: Access, key: str) -> dict[str, object]:
    revisions = ports.reads.fact(key)
    if not revisions or not _may_read(ports, access, revisions):
        raise _Told(404, "There is no such fact", "Nothing is on record under this key that you may open.")
    return {
        "key": key,
        "kind": key.partition(":")[0],
        "revisions": [(fact, body_hash(fact), _fields(fact)) for fact in revisions],
    }


def _may_read(ports: PagePorts, access: Access, revisions: Sequence[AnyFact]) -> bool:
    """Whether the fact is about no license, or about one of the officer's issuing states."""
    if not access.states:
        return True
    refs = {ref for fact in revisions if (ref := _license_of(fact))}
    licenses = [f for f in revisions if isinstance(f, License)]
    licenses += [f for ref in refs for f in ports.reads.fact(f"license:{ref}") if isinstance(f, License)]
    if not refs and not licenses:
        return True
    return bool(licenses) and all(license.issuing_state in access.states for license in licenses)


def _license_of(fact: AnyFact) -> str | None:
    """The license that a fact speaks of: its reference, or the middle of an alert's id."""
    license = getattr(fact, "license", None)
    if isinstance(license, str):
        return license
    alert = getattr(fact, "alert", None)
    return alert.split("~")[1] if isinstance(alert, str) else None


def _fields(fact: AnyFact) -> list[tuple[str, object]]:
    """What a fact says, field by field, in its declared order; what it leaves out is left out."""
    return [(name, value) for name, value in msgspec.to_builtins(fact).items() if name != "fact"]


# -- staff ----------------------------------------------------------------------------------------------------------


@get("/board", name="pages:board")
async def board_page(request: Http, ports: Ports) -> Html:
    """Counts and freshness for the monitoring staff."""
    access = _reader(request, ports, "officer", "staff")
    context = await asyncio.to_thread(_board, ports, access)
    return await _show(request, ports, access, "board.html", context)


def _board(ports: PagePorts, access: Access) -> dict[str, object]:
    counts, today = ports.reads.counts(), ports.reads.today()
    alerts = [alert for alert in ports.reads.alerts() if views.visible(access, [alert])]
    built = board.build(alerts, ports.reads.parked(limit=1000), counts.facts, counts.freshness, today)
    return {
        "today": today or ports.clock().date(),
        "board": built,
        "small": board.SMALL_GROUP,
        "new_days": board.NEW_DAYS,
    }


@get("/parked", name="pages:parked")
async def parked(request: Http, ports: Ports) -> Html:
    """What was set aside: path and reason, never the text."""
    access = _reader(request, ports, "officer", "staff", "feed")
    source = None if access.may("officer", "staff") else access.source or "-"
    rows = await asyncio.to_thread(ports.reads.parked, source, 200)
    return await _show(request, ports, access, "parked.html", {"rows": rows, "source": source})


# -- words, tour, entrance ------------------------------------------------------------------------------------------


@get("/about", name="pages:about")
async def about(request: Http, ports: Ports) -> Html:
    """How an alert is made, the ten laws, what the program does not claim."""
    return await _show(request, ports, _reader(request, ports), "about.html", {})


@get("/tour", name="pages:tour")
async def tour(request: Http, ports: Ports) -> Html:
    """The stops of the guided tour."""
    access = _reader(request, ports)
    steps = ports.tour.steps if ports.tour else ()
    addresses = [(step, tour_address(steps, number)) for number, step in enumerate(steps, 1)]
    return await _show(request, ports, access, "tour.html", {"stops": addresses})


@get("/enter", name="pages:enter")
async def enter(request: Http, ports: Ports) -> Html:
    """Asks for a key."""
    return _entrance(request, ports, request.query_params.get("next", "/"), wrong=False)


def _entrance(request: Http, ports: PagePorts, wanted: str, *, wrong: bool) -> Html:
    token = _form_token(request)
    context = {
        **_frame(request, ports, None, None), "form_token": token, "next": _within(wanted), "wrong": wrong,
        "demo_key": ports.demo_key,
    }  # fmt: skip
    return _with_form_cookie(page("enter.html", context, status=403 if wrong else 200), request, token)


@post("/enter", status_code=303)
async def entered(request: Http, ports: Ports) -> Response[Any]:
    """Opens a session for the bearer of a key."""
    form = await request.form()
    _ours(request, str(form.get("token", "")))
    wanted = _within(str(form.get("next", "/")))
    cookie = ports.session(request, str(form.get("key", "")).strip())
    if cookie is None:
        return _entrance(request, ports, wanted, wrong=True)
    return Redirect(wanted, status_code=303, cookies=[cookie], headers=HEADERS)


@post("/leave", status_code=303)
async def leave(request: Http, ports: Ports) -> Response[Any]:
    """Ends the session in this browser."""
    form = await request.form()
    _ours(request, str(form.get("token", "")))
    return Redirect(
        "/enter", status_code=303, cookies=[Cookie(key=COOKIE, value="", max_age=0, path="/")], headers=HEADERS
    )


def _within(address: str) -> str:
    """The address if it lies within this site, else the root: nobody is led elsewhere."""
    inside = address.startswith("/") and not address.startswith(("//", "/\\")) and not set(address) & set("\\\r\n\t")
    return address if inside else "/"


def _static(name: str, media_type: str) -> Response[bytes]:
    headers = {**HEADERS, "Cache-Control": "public, max-age=300"}
    return Response(content=(HERE / "static" / name).read_bytes(), media_type=media_type, headers=headers)


@get("/static/pledgewatch.css", sync_to_thread=True)
def stylesheet() -> Response[bytes]:
    """The one stylesheet."""
    return _static("pledgewatch.css", MediaType.CSS)


@get("/static/mark.svg", sync_to_thread=True)
def mark() -> Response[bytes]:
    """The mark in the browser's tab."""
    return _static("mark.svg", "image/svg+xml")


__all__ = ["alert_path", "fact_path", "page_routes", "tour_address"]
