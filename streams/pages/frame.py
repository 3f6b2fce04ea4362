"""What stands around every page: who reads, refusals in words, the tour, forms that cannot be forged."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import msgspec
from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.exceptions import HTTPException
from litestar.response import Redirect

from streams.access import Access, Scope
from streams.errors import Wait
from streams.pages import words
from streams.pages.ports import PagePorts, TourStep
from streams.pages.render import HEADERS, page
from streams.rules.known import NOW, Standpoint, read_standpoint

FORM_COOKIE = "pledgewatch-form"
"""Holds the word that each of our forms repeats: another site can make a browser post, but not read this."""

T = TypeVar("T")
Http = Request[Any, Any, Any]
Html = Response[str]


class Unknown(Exception):  # noqa: N818
    """Nobody is known: ask for a key, then come back."""


class Told(Exception):  # noqa: N818
    """The request ends in a page that says why."""

    def __init__(self, status: int, title: str, text: str) -> None:
        super().__init__(title)
        self.status, self.title, self.text = status, title, text


# -- who reads ------------------------------------------------------------------------------------------------------


def reader(request: Http, ports: PagePorts, *scopes: Scope) -> Access:
    """Who reads; raises `Unknown` without a key, `Told` (403) for one that may not."""
    access = ports.access_of(request)
    if access is None:
        raise Unknown
    if scopes and not access.may(*scopes):
        held = words.list_of(sorted(access.scopes))
        raise Told(403, "Not with this key", f"This key is for {held}; the page is for {words.list_of(scopes, 'or')}.")
    return access


def standpoint(request: Http, access: Access) -> Standpoint:
    """From where the address looks; raises `Told`: 400 where that is no day, 403 for who may not look back."""
    asked = request.query_params
    try:
        at = read_standpoint(asked.get("as_of"), asked.get("as_known_at"))
    except ValueError as error:
        raise Told(400, "No such day", f"The address asks for a day that cannot be read. {error}.") from None
    if not at.now and not access.may("officer"):
        # What has been embargoed, marked or taken back since would else be open to those who may not see it now.
        raise Told(403, "Not with this key", "Only officers look back.")
    return at


def _asked(request: Http) -> Standpoint:
    """The same for what stands around a page, also around one that says what is wrong with it."""
    try:
        return read_standpoint(request.query_params.get("as_of"), request.query_params.get("as_known_at"))
    except ValueError:
        return NOW


def ask_for_key(request: Http, _: Exception) -> Response[Any]:
    """To the entrance, and from there back to what was asked for."""
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return Redirect(
        "/enter", query_params={"next": wanted} if wanted != "/" else None, status_code=303, headers=HEADERS
    )


def tell(ports: PagePorts, request: Http, told: Told) -> Html:
    """The page that says why."""
    context = frame(request, ports, ports.access_of(request), None)
    return page("told.html", {**context, "title": told.title, "text": told.text}, status=told.status)


def away(ports: PagePorts, request: Http, wait: Wait) -> Html:
    """The warehouse or the log is away."""
    text = f"{wait} Nothing is lost; try again in {round(wait.retry_after)} seconds."
    return tell(ports, request, Told(503, "Not available at the moment", text))


def http_error(ports: PagePorts, request: Http, error: HTTPException) -> Html:
    """No such page, or not in this way."""
    title = {404: "There is no such page", 405: "Not possible here"}.get(error.status_code, "This did not work")
    return tell(ports, request, Told(error.status_code, title, "Check the address, or start from the list of alerts."))


def fault(ports: PagePorts, request: Http, cause: Exception) -> Html:
    """A fault of ours: logged, and said so."""
    logging.getLogger(__name__).error("The page %s failed", request.url.path, exc_info=cause)
    text = (
        "The fault lies with the program, not with you. It is in its log, with the time. "
        "If you sent a form, look whether it was recorded before you send it again."
    )
    return tell(ports, request, Told(500, "This page could not be made", text))


def frame(request: Http, ports: PagePorts, access: Access | None, today: dt.date | None) -> dict[str, object]:
    """What every page shows around its matter."""
    return {
        "authority": ports.authority,
        "access": access,
        "today": today,
        "path": request.url.path,
        "at": _asked(request),
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


class TourStop(msgspec.Struct, frozen=True):
    """Where the reader is on the guided tour."""

    number: int
    of: int
    step: TourStep
    before: str
    """Address of the stop before; empty at the first."""
    after: str
    """Address of the next stop; empty at the last."""


def _stop(request: Http, ports: PagePorts) -> TourStop | None:
    text = request.query_params.get("tour", "")
    steps = ports.tour.steps if ports.tour else ()
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= len(steps)):
        return None
    number = int(text)
    return TourStop(
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


async def show(
    request: Http, ports: PagePorts, access: Access, template: str, context: Mapping[str, object], status: int = 200
) -> Html:
    """The page, with what stands around every page; makes sure that its forms can be told from forged ones."""
    day = context.get("today") or await asyncio.to_thread(today, ports)
    token = form_token(request)
    around = {**frame(request, ports, access, day), "form_token": token}  # type: ignore[arg-type]
    return with_form_cookie(page(template, {**around, **context, "today": day}, status=status), request, token)


def today(ports: PagePorts) -> dt.date:
    """The day it is in the log; before the first tick, by the clock."""
    return ports.reads.today() or ports.clock().date()


def with_form_cookie(response: Response[T], request: Http, token: str) -> Response[T]:
    """The response, with the word that the page's forms repeat."""
    if request.cookies.get(FORM_COOKIE) != token:
        secure = request.url.scheme == "https"
        response.set_cookie(
            Cookie(key=FORM_COOKIE, value=token, path="/", httponly=True, samesite="strict", secure=secure)
        )
    return response


def form_token(request: Http) -> str:
    """The word that forms repeat: the browser's, or a new one."""
    return request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(24)


def ours(request: Http, token: str) -> None:
    """Raises `Told` (403) unless the form came from a page of ours."""
    cookie = request.cookies.get(FORM_COOKIE, "")
    if cookie and secrets.compare_digest(cookie.encode(), token.encode()):
        return
    text = "It was not sent from a page of this site, or the page was too old. Nothing was recorded. Open it again."
    raise Told(403, "The form was not accepted", text)
