"""The pledge forms of the three issuing states, in their languages; the wording (`forms/`) was made up for the demo.

Each form is a table of clauses; what differs from license to license (limits, cadences, the end user) is in `Terms`.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import msgspec

from schemas.license import Clause, ClauseParameters
from schemas.vocabulary import ClauseKind, VictimClass


class Terms(NamedTuple):
    """What one license agrees within its form."""

    end_user: str
    state: str
    country: str
    limit: int = 40
    cadence_days: int = 180
    first_days: int = 90
    answer_days: int = 30
    end_use: str = "criminal investigation"
    countries: tuple[str, ...] = ()
    leave_out: frozenset[ClauseKind] = frozenset()


class Wording(msgspec.Struct, frozen=True):
    """One clause of a form: its id, kind and text."""

    id: str
    kind: ClauseKind
    text: str


class Form(msgspec.Struct, frozen=True):
    """A pledge form: its language, the classes it bars as targets, its clauses."""

    language: str
    barred: tuple[VictimClass, ...]
    clauses: tuple[Wording, ...]


@cache
def form_of(issuing: str) -> Form:
    """The form of an issuing state, from `forms/`."""
    return msgspec.json.decode((files("streams.demo") / "forms" / f"{issuing.lower()}.json").read_bytes(), type=Form)


SPANISH_ANNEX = Wording(
    id="anexo-1",
    kind="prohibited_target_class",
    text="Los equipos no se emplearán contra periodistas, abogados ni defensores de derechos humanos, "
    "cualquiera que sea el delito que se investigue.",
)
"""A clause that a Spanish-speaking end user signed in its own language."""

SOFTENED_ARTICLE_3 = (
    "The Items shall not be directed against persons who hold accreditation as foreign correspondents, "
    "unless a judge has approved the measure."
)
"""Article 3 of the story in its second version, in force after the targeting and before it was known."""


def parameters_of(kind: ClauseKind, issuing: str, terms: Terms) -> ClauseParameters:
    """The numbers and lists that a machine can check, by kind of clause."""
    by_kind: dict[ClauseKind, ClauseParameters] = {
        "permitted_purpose": ClauseParameters(purposes=("terrorism", "serious_crime"), threshold_years=6),
        "prohibited_target_class": ClauseParameters(classes=form_of(issuing).barred),
        "territory_of_use": ClauseParameters(countries=terms.countries or (terms.country,)),
        "no_change_of_end_use": ClauseParameters(end_uses=(terms.end_use,)),
        "capacity_limit": ClauseParameters(limit=terms.limit),
        "item_inventory": ClauseParameters(first_due_days=terms.first_days, cadence_days=365),
        "reporting_cadence": ClauseParameters(cadence_days=terms.cadence_days),
        "inspection_access": ClauseParameters(answer_days=terms.answer_days),
        "sanction_ladder": ClauseParameters(steps=("vendor_restrict", "suspend", "revoke")),
    }
    return by_kind.get(kind, ClauseParameters())


def clauses_of(issuing: str, terms: Terms, since: dt.date) -> tuple[Clause, ...]:
    """The clauses of one license, all in their first version."""
    form = form_of(issuing)
    return tuple(
        Clause(
            id=wording.id, kind=wording.kind, language=form.language, valid_from=since,
            text=wording.text.format(
                end_user=terms.end_user, state=terms.state, limit=terms.limit, first=terms.first_days,
                cadence=terms.cadence_days, answer=terms.answer_days, end_use=terms.end_use,
            ),
            parameters=parameters_of(wording.kind, issuing, terms),
        )
        for wording in form.clauses
        if wording.kind not in terms.leave_out
    )  # fmt: skip
