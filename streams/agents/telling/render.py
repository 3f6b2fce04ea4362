"""A letter as text, as HTML and as JSON."""

from __future__ import annotations

import textwrap
from functools import cache
from typing import TYPE_CHECKING

import jinja2
import msgspec

from schemas import Notice

if TYPE_CHECKING:
    from streams.agents.telling.letter import Letter


@cache
def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("streams.agents.telling", "templates"),
        autoescape=jinja2.select_autoescape(["html"]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def html_of(letter: Letter) -> str:
    """For a mail program: one column, nothing remote, light and dark."""
    return _templates().get_template("mail.html").render(letter=letter)


def text_of(letter: Letter) -> str:
    """For a mail program without HTML, a terminal, a printer."""
    return _templates().get_template("mail.txt").render(letter=letter, fold=_fold)


def _fold(text: str, indent: int = 0, first: str = "") -> str:
    """Lines of at most 76 characters, the first with a mark before it; addresses are never broken."""
    lines = []
    for place, paragraph in enumerate(text.splitlines() or [""]):
        lines += textwrap.wrap(
            paragraph,
            width=76,
            initial_indent=" " * indent + (first if place == 0 else ""),
            subsequent_indent=" " * (indent + len(first)),
            break_long_words=False,
            break_on_hyphens=False,
        ) or [""]
    return "\n".join(lines)


def payload_of(letter: Letter, notice: Notice) -> str:
    """The body of a webhook: words, ids and bands; nobody affected, no number of the score."""
    told = {
        "notice": notice.id,
        "before": notice.before,
        "transition": notice.transition,
        "band": None if letter.bare else notice.band,
        "digest": notice.digest,
        "destinations": notice.destinations,
        "alerts": [
            {"id": alert, "version": version} for alert, version in zip(notice.alerts, notice.versions, strict=True)
        ],
        "tlp": letter.tlp,
        "subject": letter.subject,
        "happened": letter.happened,
        "clauses": letter.clauses,
        "grounds": [_without_people(msgspec.to_builtins(ground)) for ground in letter.grounds],
        "also_fit": letter.also_fit,
        "entries": letter.entries,
        "unlisted": letter.unlisted,
    }
    body = {"type": f"alert.{notice.transition}", "timestamp": letter.at, "data": told}
    return msgspec.json.encode(body).decode()


def _without_people(ground: dict[str, object]) -> dict[str, object]:
    return {name: words for name, words in ground.items() if name != "people"}
