"""Templates to HTML responses: one environment, escaping always on, one strict policy for what a page may load."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote, urlencode

import jinja2
from jinja2.runtime import Context
from litestar import MediaType, Response

from streams.pages import words

HERE = Path(__file__).parent
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not `no-referrer`: browsers would then hide the origin of our own forms, by which forged ones are told apart.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}


def _environment() -> jinja2.Environment:
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    env.filters.update(
        say=lambda word, vocabulary: words.say(vocabulary, word), day=words.day, moment=words.moment,
        period=words.period,
        age=words.age, persons=words.persons, nats=words.nats, percent=words.percent, odds=words.odds,
        sentence=words.sentence, ended=words.ended, zip=zip, language=words.language, direction=words.direction,
        list_of=words.list_of,
        alert_path=_kept_alert, fact_path=_kept_fact, kept=_kept, alert_path_at=alert_path,
        iso=lambda when: when.isoformat() if when else "",
    )  # fmt: skip
    env.globals.update(words=words)
    return env


def alert_path(id: str, **query: object) -> str:
    """Address of an alert's page."""
    return f"/alerts/{quote(id, safe='~:@+')}" + (f"?{urlencode(query)}" if query else "")


@jinja2.pass_context
def _kept(context: Context, address: str) -> str:
    """An address within this site that looks from where the page looks."""
    asked = context["at"].query() if context.get("at") else {}
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}" if asked else address


@jinja2.pass_context
def _kept_alert(context: Context, id: str) -> str:
    return _kept(context, alert_path(id))


@jinja2.pass_context
def _kept_fact(context: Context, key: str) -> str:
    return _kept(context, fact_path(key))


def fact_path(key: str) -> str:
    """Address of a fact's page, from `kind:source:id`."""
    return f"/facts/{quote(key, safe='~:@+')}"


ENVIRONMENT = _environment()


def page(template: str, context: dict[str, object], *, status: int = 200) -> Response[str]:
    """The page that `template` makes of `context`, with the headers that every page bears."""
    html = ENVIRONMENT.get_template(template).render(context)
    return Response(content=html, status_code=status, media_type=MediaType.HTML, headers=HEADERS)
