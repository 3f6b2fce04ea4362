"""What a pledge leaves unsaid: clauses that the law implies, and what is usual where a clause states none of its own.

Both are the policy's. What is marked unverified is shown by `pledgewatch policies` and holds nobody to anything here.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from schemas import Clause, License
from schemas.legal import ImpliedClause
from schemas.license import ClauseParameters
from schemas.vocabulary import ClauseKind
from streams.rules.policy import Weights
from streams.rules.standing import START, granted_at
from streams.rules.wording import listed

NONE = ClauseParameters()


class Completed(Clause, frozen=True, kw_only=True):
    """A clause with what the policy supplies to it."""

    implied_by: str = ""
    """Where the law says it; empty: it stands in the pledge."""
    supplied: tuple[str, ...] = ()
    """What the clause does not say itself and the policy does, each with its source, in words."""


def completed(license: License, destination: str, weights: Weights) -> License:
    """The license with what is implied and usual in `destination`; the very same where nothing is."""
    own = tuple(_with_usual(clause, weights) for clause in license.clauses)
    clauses = (*own, *_implied(license, destination, weights))
    if len(clauses) == len(own) and all(new is old for new, old in zip(own, license.clauses, strict=True)):
        return license
    return msgspec.structs.replace(license, clauses=clauses)


def stated(license: License) -> bool:
    """Whether the pledge on file states any clause itself."""
    return any(not isinstance(clause, Completed) or not clause.implied_by for clause in license.clauses)


def implied_by(clause: Clause) -> str:
    """Where the law says the clause; empty: it stands in the pledge."""
    return clause.implied_by if isinstance(clause, Completed) else ""


def supplied_to(clause: Clause) -> tuple[str, ...]:
    """What the policy supplies to the clause, in words."""
    return clause.supplied if isinstance(clause, Completed) else ()


def _with_usual(clause: Clause, weights: Weights, implied_by: str = "") -> Clause:
    parameters, supplied = clause.parameters, []
    for usual in weights.usual.get(clause.kind, ()):
        for field in usual.parameters.__struct_fields__:
            value = getattr(usual.parameters, field)
            if value != getattr(NONE, field) and getattr(parameters, field) == getattr(NONE, field):
                parameters = msgspec.structs.replace(parameters, **{field: value})
                supplied.append(f"{parameter_words(field, value)}, by {usual.origin}")
    if not supplied and not implied_by:
        return clause
    held = {name: getattr(clause, name) for name in Clause.__struct_fields__} | {"parameters": parameters}
    return Completed(**held, implied_by=implied_by, supplied=tuple(supplied))


def _implied(license: License, destination: str, weights: Weights) -> Iterator[Clause]:
    """A pledge that speaks of a kind of duty is taken at its word; of what it is silent about the law speaks."""
    here = {c.kind for c in license.clauses if not c.destinations or destination in c.destinations}
    technologies = {item.technology for item in license.items}
    taken = {clause.id for clause in license.clauses}
    for kind, said in weights.implied.items():
        old = granted_at(license) < (said.granted_from or START)
        if kind in here or old or (said.technologies and not technologies & set(said.technologies)):
            continue
        clause = Clause(id=_free(implied_id(kind), taken), kind=kind, text=said.text, language=said.language)
        yield _with_usual(clause, weights, implied_by=_spoken(said))


def implied_id(kind: ClauseKind) -> str:
    """The id of the clause of this kind that the law implies."""
    return f"implied.{kind.replace('_', '-')}"


def _free(id: str, taken: set[str]) -> str:
    return id if id not in taken else _free(f"{id}+", taken)


def _spoken(said: ImpliedClause) -> str:
    return said.origin if said.verbatim else f"{said.origin}; the words render it"


def parameter_words(field: str, value: object) -> str:
    """`permitted purposes: serious crime and terrorism`: a parameter in words."""
    named = field.replace("_", " ")
    if isinstance(value, tuple):
        return f"{named}: {listed(str(each).replace('_', ' ') for each in value)}"
    return f"{named}: {value}"
