"""The pages' addresses: who may open what, what is asked of the warehouse, which template shows it.

    /                   alerts by band                      officer
    /alerts/{id}        one alert, explained; decide        officer
    /destinations/{cc}  dossier of a destination            officer
    /facts/{key}        a fact in every revision            officer
    /next               what to check next                  officer
    /aggregate          events for those who draft law      officer, staff
    /board[/{name}]     the boards of `dashboards`          officer, staff
    /parked             what was set aside                  officer, staff; a feeder: its own
    /about /tour        how it works; the guided tour       anybody with a key
    /enter /leave       session                             anybody

What officers read takes `?as_of=` and `?as_known_at=`: what was true then, what was known then. Links keep them, so
that the address of a view shows the same to a colleague. Everything is readable without a script. A post answers with a
redirect, so that reloading repeats nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

from litestar import MediaType, Response, Router, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency, Provide
from litestar.exceptions import HTTPException
from litestar.params import FromPath, SkipValidation
from litestar.response import Redirect
from litestar.types import ControllerRouterHandler

from dashboards.boards import BOARDS
from schemas.alert import Alert
from schemas.problems import Problem, Refused
from streams.access import COOKIE, Access
from streams.errors import Wait
from streams.pages import boards, forms, gather, views
from streams.pages.frame import (
    Html,
    Http,
    Told,
    Unknown,
    ask_for_key,
    away,
    fault,
    form_token,
    frame,
    http_error,
    ours,
    reader,
    show,
    standpoint,
    tell,
    today,
    tour_address,
    with_form_cookie,
)
from streams.pages.ports import PagePorts
from streams.pages.render import HEADERS, HERE, alert_path, fact_path, page
from streams.pages.surveys import survey_pages

REMEMBERED = 1000
"""Forms answered that are remembered, so that a second click on one is not a second decision [count]."""

Ports: TypeAlias = NamedDependency[SkipValidation[PagePorts]]


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

    def forget(self, form: str) -> None:
        self._sent.pop(form, None)


Forms: TypeAlias = NamedDependency[SkipValidation[_Answered]]


def page_routes(ports: PagePorts) -> Sequence[ControllerRouterHandler]:
    """The pages over `ports`, for the one HTTP app."""
    answered = _Answered()
    return [
        Router(
            path="/",
            route_handlers=[
                *survey_pages(), index, alerts_index, alert, decide, destination, facts, board_page, parked, about,
                tour, enter, entered, leave, stylesheet, mark,
            ],
            dependencies={
                "ports": Provide(lambda: ports, sync_to_thread=False),
                "answered": Provide(lambda: answered, sync_to_thread=False),
            },
            exception_handlers={
                Unknown: ask_for_key, Told: partial(tell, ports), Wait: partial(away, ports),
                HTTPException: partial(http_error, ports), Exception: partial(fault, ports),
            },
            include_in_schema=False,
        )
    ]  # fmt: skip


# -- alerts ---------------------------------------------------------------------------------------------------------


@get("/", name="pages:alerts")
async def index(request: Http, ports: Ports) -> Response[Any]:
    """Alerts by band, chosen by the address; who may not see them is led to what their key is for."""
    access = reader(request, ports)
    if not access.may("officer"):
        elsewhere = "/board" if access.may("staff") else "/send" if access.may("feed") else "/about"
        return Redirect(elsewhere, status_code=303, headers=HEADERS)
    filters = views.read_filters(request.query_params, standpoint(request, access))
    context = await asyncio.to_thread(gather.of_index, ports, access, filters)
    return await show(request, ports, access, "alerts.html", context)


@get("/alerts")
async def alerts_index() -> Redirect:
    """The list stands at the root."""
    return Redirect("/", status_code=303)


@get("/alerts/{alert_id:path}", name="pages:alert")
async def alert(request: Http, ports: Ports, alert_id: FromPath[str]) -> Html:
    """One alert, explained."""
    access = reader(request, ports, "officer")
    at = standpoint(request, access)
    context = await asyncio.to_thread(gather.of_alert, ports, access, alert_id.lstrip("/"), at)
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
    return await show(request, ports, access, "alert.html", {**context, **extra}, status)


@post("/alerts/{alert_id:path}", status_code=303)
async def decide(request: Http, ports: Ports, answered: Forms, alert_id: FromPath[str]) -> Response[Any]:
    """An officer decides: the decision goes into the log as a fact."""
    access = reader(request, ports, "officer")
    form = await request.form()
    ours(request, str(form.get("token", "")))
    alert_id = alert_id.lstrip("/")
    form_id = _digest(alert_id, form)
    if repeated := answered.sent_to(form_id):
        return Redirect(repeated, status_code=303, headers=HEADERS)
    context = await asyncio.to_thread(gather.of_alert, ports, access, alert_id)
    filled = _filled(form)
    show_again = partial(_alert_page, request, ports, access, context, filled=filled)
    shown: Alert = context["alert"]  # type: ignore[assignment]
    if shown.status == "withdrawn" or shown.version != form.get("version"):
        return await show_again(errors={"form": [CHANGED]}, status=409)
    try:
        decision = forms.read_decision(filled, _signing(request, ports, access, shown, filled, form))
        ports.door(decision)
    except Refused as refused:
        return await show_again(errors=forms.by_field(refused.problems), status=422)
    address = alert_path(alert_id, recorded=decision.ref)
    answered.remember(form_id, address)
    try:
        await ports.submit([decision])
    except Refused as refused:
        answered.forget(form_id)
        return await show_again(errors=forms.by_field(refused.problems), status=422)
    except Wait as wait:
        answered.forget(form_id)
        return await show_again(errors={"form": [f"{wait} Nothing was recorded; your text is kept below."]}, status=503)
    return Redirect(address, status_code=303, headers=HEADERS)


CHANGED = (
    "The alert changed while you were deciding. Nothing was recorded. Read what is new, then send the form again: "
    "it will then judge the evidence as it stands now."
)


def _digest(alert_id: str, form: Any) -> str:
    """The form with what was filled in: a second click is the same, a form that was changed after going back is not."""
    said = [alert_id, *(f"{name}={form.getall(name, [])}" for name in sorted(form)), str(form.get("form", ""))]
    return hashlib.blake2b("\n".join(said).encode(), digest_size=12).hexdigest()


def _filled(form: Any) -> forms.Filled:
    names = ("kind", "reason", "close_reason", "assigned_to", "until", "party")
    # Browsers send lines of a text with a carriage return, which is no part of what was written.
    text = {name: str(form.get(name, "")).replace("\r\n", "\n") for name in names}
    return forms.Filled(**text, cases=tuple(str(key) for key in form.getall("case", [])))


def _signing(
    request: Http, ports: PagePorts, access: Access, alert: Alert, filled: forms.Filled, form: Any
) -> forms.Signing:
    token = str(form.get("second", "")).strip()
    second = ports.check_key(request, token) if token else None
    if token and (second is None or not second.may("officer") or not views.visible(second, [alert])):
        found = "a key that is not known" if second is None else "a key that may not decide this"
        raise Refused([Problem(path="/second", found=found, expected=forms.ASKED["second"])])
    return forms.Signing(
        id=f"page.{_digest(alert.id, form)}",
        source=access.source or ports.source, alert=alert.id, by_role=access.name, at=ports.clock(), today=today(ports),
        evidence=views.judged_evidence(alert, frozenset(filled.cases)),
        second_by_role=second.name if second else None,
    )  # fmt: skip


# -- dossiers, facts ------------------------------------------------------------------------------------------------


@get("/destinations/{code:str}", name="pages:destination")
async def destination(request: Http, ports: Ports, code: FromPath[str]) -> Html:
    """The dossier of a destination."""
    access = reader(request, ports, "officer")
    at = standpoint(request, access)
    context = await asyncio.to_thread(gather.of_destination, ports, access, code.upper(), at)
    return await show(request, ports, access, "destination.html", context)


@get("/facts/{key:path}", name="pages:fact")
async def facts(request: Http, ports: Ports, key: FromPath[str]) -> Html:
    """A fact in every revision that the log holds."""
    access = reader(request, ports, "officer")
    at = standpoint(request, access)
    context = await asyncio.to_thread(gather.of_fact, ports, access, key.lstrip("/"), at)
    return await show(request, ports, access, "fact.html", context)


# -- staff ----------------------------------------------------------------------------------------------------------


@get(["/board", "/board/{name:str}"], name="pages:board")
async def board_page(request: Http, ports: Ports, name: FromPath[str] = "") -> Html:
    """One of the boards of `dashboards`, for the monitoring staff."""
    access = reader(request, ports, "officer", "staff")
    board = next((each for each in BOARDS if boards.slug(each) == (name or boards.slug(BOARDS[0]))), None)
    if board is None:
        raise Told(404, "There is no such board", f"There are {', '.join(boards.slug(each) for each in BOARDS)}.")
    asked = {key: [v for k, v in request.query_params.multi_items() if k == key] for key in request.query_params}
    at = standpoint(request, access)
    context = await asyncio.to_thread(gather.of_board, ports, access, board, asked, at)
    return await show(request, ports, access, "board.html", context)


@get("/parked", name="pages:parked")
async def parked(request: Http, ports: Ports) -> Html:
    """What was set aside: path and reason, never the text."""
    access = reader(request, ports, "officer", "staff", "feed")
    source = None if access.may("officer", "staff") else access.source or "-"
    context = await asyncio.to_thread(gather.of_parked, ports, source, standpoint(request, access))
    return await show(request, ports, access, "parked.html", context)


# -- words, tour, entrance ------------------------------------------------------------------------------------------


@get("/about", name="pages:about")
async def about(request: Http, ports: Ports) -> Html:
    """How an alert is made, the ten laws, what the program does not claim."""
    return await show(request, ports, reader(request, ports), "about.html", {})


@get("/tour", name="pages:tour")
async def tour(request: Http, ports: Ports) -> Html:
    """The stops of the guided tour."""
    access = reader(request, ports)
    steps = ports.tour.steps if ports.tour else ()
    addresses = [(step, tour_address(steps, number)) for number, step in enumerate(steps, 1)]
    return await show(request, ports, access, "tour.html", {"stops": addresses})


@get("/enter", name="pages:enter")
async def enter(request: Http, ports: Ports) -> Html:
    """Asks for a key."""
    return _entrance(request, ports, request.query_params.get("next", "/"), wrong=False)


def _entrance(request: Http, ports: PagePorts, wanted: str, *, wrong: bool) -> Html:
    token = form_token(request)
    context = {
        **frame(request, ports, None, None), "form_token": token, "next": _within(wanted), "wrong": wrong,
        "demo_key": ports.demo_key,
    }  # fmt: skip
    return with_form_cookie(page("enter.html", context, status=403 if wrong else 200), request, token)


@post("/enter", status_code=303)
async def entered(request: Http, ports: Ports) -> Response[Any]:
    """Opens a session for the bearer of a key."""
    form = await request.form()
    ours(request, str(form.get("token", "")))
    wanted = _within(str(form.get("next", "/")))
    cookie = ports.session(request, str(form.get("key", "")).strip())
    if cookie is None:
        return _entrance(request, ports, wanted, wrong=True)
    return Redirect(wanted, status_code=303, cookies=[cookie], headers=HEADERS)


@post("/leave", status_code=303)
async def leave(request: Http, ports: Ports) -> Response[Any]:
    """Ends the session in this browser."""
    form = await request.form()
    ours(request, str(form.get("token", "")))
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
