"""Two web forms for those who will not write JSON. They work without a script, and send through the same door.

    GET  /send             which form
    GET  /send/incident    ten fields, the rest folded away        (likewise /send/report)
    POST /send/incident    step=look: what will be sent, or the form again with each fault beside its field
                           step=mend: the form again
                           step=send: into the log, then on to the receipt
    GET  /send/receipt/…   how far it has come

The number of a fact is made when the form is first shown and travels with it: a second click sends nothing twice.
What was typed is never kept: it goes back to the browser that sent it, or into the log.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
import msgspec
from litestar import MediaType, Response, Router, get, post
from litestar.exceptions import HTTPException
from litestar.params import FromPath
from litestar.response import Redirect
from litestar.types import ControllerRouterHandler, ExceptionHandlersMap

from schemas import AnyFact, Problem
from streams.access import Access, access_of
from streams.errors import Wait
from streams.intake import fields
from streams.intake.answers import Asking, details_of, sender_of
from streams.intake.fields import Form, beside, filled_in
from streams.intake.ports import IntakePorts
from streams.intake.receipts import may_see, receipt_for

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # not `no-referrer`: the browser would then hide the origin of our own form
    "Cache-Control": "no-store",
}
_LETTERS = "abcdefghjkmnpqrstuvwxyz"
_LONGEST = 5_000
"""Longest text of one field [characters]; the door says more exactly what is too long."""
_MOST = 200
"""Most values in one form [count]."""

_NOBODY = Access(name="")

Typed = Mapping[str, Sequence[str]]
Page = Response[str]


def _environment() -> jinja2.Environment:
    loader = jinja2.FileSystemLoader(Path(__file__).parent / "templates")
    return jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


_TEMPLATES = _environment()


def _page(name: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **context: object) -> Page:
    text = _TEMPLATES.get_template(name).render(**context)
    return Response(text, status_code=status, media_type=MediaType.HTML, headers={**HEADERS, **(headers or {})})


def form_routes(ports: IntakePorts) -> Sequence[ControllerRouterHandler]:
    """The forms and the receipt's page; what goes wrong there is told as a page, too."""
    handlers = [_choice(), *_form(ports, fields.INCIDENT), *_form(ports, fields.REPORT), _receipt(ports)]
    told: ExceptionHandlersMap = {HTTPException: page_of, Wait: page_of, Exception: page_of}
    return [Router(path="/", route_handlers=handlers, exception_handlers=told)]


def page_of(request: Asking, error: Exception) -> Page:
    """The page for an exception."""
    details, headers = details_of(request, error)
    return _message(access_of(request), details.status, details.title, details.detail, headers)


# -- routes ---------------------------------------------------------------------------------------------------------


def _choice() -> ControllerRouterHandler:
    @get("/send")
    async def choose(request: Asking) -> Page | Redirect:
        access = access_of(request)
        if access is None:
            return _to_the_entrance(request)
        return _page("choose.html", title="Send", access=access, forms=(fields.INCIDENT, fields.REPORT))

    return choose


def _form(ports: IntakePorts, form: Form) -> Sequence[ControllerRouterHandler]:
    address = f"/send/{form.kind}"

    @get(address, name=f"form_{form.kind}")
    async def show(request: Asking) -> Page | Redirect:
        access = access_of(request)
        if access is None:
            return _to_the_entrance(request)
        return Filling(ports, form, access, {"id": [_new_id()]}).form() if _may_send(access) else _not_for(access)

    @post(address, name=f"form_{form.kind}_sent")
    async def send(request: Asking) -> Page | Redirect:
        access = access_of(request)
        if access is None:
            return _to_the_entrance(request)
        if not _may_send(access):
            return _not_for(access)
        typed = await _typed(request)
        step = "".join(typed.get("step", ()))
        return await Filling(ports, form, access, typed).take(step)

    return [show, send]


def _receipt(ports: IntakePorts) -> ControllerRouterHandler:
    @get("/send/receipt/{receipt:str}")
    async def show(request: Asking, receipt: FromPath[str]) -> Page | Redirect:
        access = access_of(request)
        if access is None:
            return _to_the_entrance(request)
        told = await asyncio.to_thread(ports.door.index.by_receipt, receipt)
        if told is None or not may_see(told, access):
            return _message(access, 404, "No such receipt", "There is no receipt of this number that this key may see.")
        return _page("receipt.html", title="Receipt", access=access, receipt=await receipt_for(ports, told, access))

    return show


def _may_send(access: Access) -> bool:
    return access.may("feed", "officer", "admin")


def _not_for(access: Access) -> Page:
    said = "This key reads; it does not send. Ask the authority for a key of a feeder."
    return _message(access, 403, "Not for this key", said)


def _message(
    access: Access | None, status: int, title: str, said: str, headers: Mapping[str, str] | None = None
) -> Page:
    return _page("message.html", status=status, headers=headers, title=title, access=access or _NOBODY, said=said)


def _to_the_entrance(request: Asking) -> Redirect:
    return Redirect("/enter", query_params={"next": request.scope["path"]}, status_code=303, headers=HEADERS)


async def _typed(request: Asking) -> Typed:
    """What was typed, as text; files and what is too long or too many are left out."""
    form = await request.form()
    pairs = [(name, value) for name, value in form.multi_items() if isinstance(value, str)][:_MOST]
    typed: dict[str, list[str]] = {}
    for name, value in pairs:
        typed.setdefault(name, []).append(value[:_LONGEST].replace("\r\n", "\n"))
    return typed


def _new_id() -> str:
    """A number for a fact: letters only, so that it cannot look like a telephone's."""
    return "form-" + "".join(secrets.choice(_LETTERS) for _ in range(12))


# -- one form, as it was filled in ----------------------------------------------------------------------------------


class Filling:
    """A form with what was typed into it."""

    def __init__(self, ports: IntakePorts, form: Form, access: Access, typed: Typed) -> None:
        self._ports, self._form, self._access = ports, form, access
        self._typed = {**typed} if any(typed.get("id", ())) else {**typed, "id": [_new_id()]}
        self._source = access.source or "".join(typed.get("source", ())).strip()

    async def take(self, step: str) -> Page | Redirect:
        """The next page: the form again, what will be sent, or, once the log has it, the receipt."""
        if step == "mend":
            return self.form()
        if wait := self._ports.limits.take(sender_of(self._access), office=self._access.may("officer", "admin")):
            return self._later(f"You have sent more than your share. Wait {wait} seconds and send it again.", wait)
        fact, problems = await self._ports.door.look(self._tree(), self._access, self._form.kind)
        if fact is None or problems:
            self._ports.metrics.turned_away("form")
            return self.form(problems)
        return await self._send(fact) if step == "send" else self._preview(fact)

    def form(self, problems: Sequence[Problem] = (), *, status: int | None = None, said: str = "") -> Page:
        """The form, with each fault beside its field."""
        faults = beside(self._form, problems)
        open_fold = any(faults.get(field.name) for field in self._form.folded)
        return _page(
            "form.html", status=status or (422 if problems else 200), title=self._form.title, access=self._access,
            form=self._form, typed=self._typed, faults=faults, open_fold=open_fold, said=said,
            bound=self._access.source,
        )  # fmt: skip

    def _preview(self, fact: AnyFact) -> Page:
        sent = msgspec.json.format(msgspec.json.encode(fact), indent=2).decode()
        return _page(
            "preview.html", title="What will be sent", access=self._access, form=self._form, typed=self._typed,
            lines=self._lines(fact), sent=sent, bound=self._access.source,
        )  # fmt: skip

    async def _send(self, fact: AnyFact) -> Page | Redirect:
        try:
            (result,) = await self._ports.door.take_facts([fact], self._access)
        except Wait as wait:
            return self._later(f"{wait}. Nothing was sent; nothing of it is lost while this page is open.", 5)
        self._ports.metrics.told([result])
        if result.receipt is None:
            return self.form(result.errors, status=409 if result.outcome == "conflict" else 422)
        return Redirect(f"/send/receipt/{result.receipt}", status_code=303, headers=HEADERS)

    def _later(self, said: str, wait: int) -> Page:
        page = self.form(status=503, said=said)
        page.headers["Retry-After"] = str(wait)
        return page

    def _tree(self) -> dict[str, Any]:
        return filled_in(self._form, self._typed, self._source)

    def _lines(self, fact: AnyFact) -> list[tuple[str, str]]:
        """What will be sent, field by field, as the door understood it."""
        tree = msgspec.to_builtins(fact)
        lines = [(field.label, _said(field, _at(tree, field.path))) for field in self._form.fields]
        return [("Source", fact.source), *((label, said) for label, said in lines if said)]


def _at(tree: Any, path: str) -> object:
    for step in path.split("/")[1:]:
        if isinstance(tree, list | tuple):
            tree = tree[0] if tree else None
        if isinstance(tree, dict) and step != "0":
            tree = tree.get(step)
    return tree[0] if isinstance(tree, list | tuple) and path.endswith("/0") else tree


def _said(field: fields.Field, value: object) -> str:
    if value is None or value == () or value == []:
        return ""
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, list | tuple):
        return ", ".join(field.said(str(each)) if field.choices else str(each) for each in value)
    return field.said(str(value)) if field.choices else str(value)
