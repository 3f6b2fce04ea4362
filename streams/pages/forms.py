"""A decision as an officer fills it in: which fields it needs, what is missing, and the fact made of it. Pure.

Every fault is found at once and bears the path of its field, so that the page can set it beside it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Literal, get_args

import msgspec

from schemas.alert import Evidence
from schemas.common import AlertId, Label, Prose, RoleAddress
from schemas.decision import Decision, Judged
from schemas.problems import Problem, Refused
from schemas.vocabulary import CloseReason, DecisionKind
from streams.pages import words

Field = Literal["reason", "close_reason", "assigned_to", "until", "party", "second"]

NEEDED: Mapping[DecisionKind, tuple[Field, ...]] = {
    "acknowledge": (),
    "assign": ("assigned_to",),
    "watch": (),
    "close": ("close_reason", "reason"),
    "ask_exporter": ("until", "reason"),
    "ask_end_user": ("until", "reason"),
    "order_check": ("until", "reason"),
    "hold_pending": ("reason",),
    "modify_conditions": ("reason",),
    "suspend": ("reason", "second"),
    "vendor_restrict": ("reason", "second"),
    "revoke": ("reason", "second"),
    "refer": ("reason",),
    "notify_partners": ("reason",),
    "list_party": ("party", "reason"),
}
"""What each decision cannot do without. Due process: reasoned in text, two persons for the gravest (`domain.md` 4)."""
TWO_PERSONS: frozenset[DecisionKind] = frozenset(kind for kind, fields in NEEDED.items() if "second" in fields)
GROUPS: tuple[tuple[str, tuple[DecisionKind, ...]], ...] = (
    ("Handle the alert", ("acknowledge", "assign", "watch", "close")),
    ("Ask and check", ("ask_exporter", "ask_end_user", "order_check")),
    ("Act on the license", ("hold_pending", "modify_conditions", "suspend", "vendor_restrict", "revoke")),
    ("Tell others", ("refer", "notify_partners", "list_party")),
)
ASKED: Mapping[Field, str] = {
    "reason": "a reason in words",
    "close_reason": "one of the reasons for closing",
    "assigned_to": "the office or role that takes it on",
    "until": "a day after today, as in 2025-03-09",
    "party": "the organization to be listed",
    "second": "the key of a second person",
}


class Filled(msgspec.Struct, frozen=True, kw_only=True):
    """The form as it came in; text only."""

    kind: str = ""
    reason: str = ""
    close_reason: str = ""
    assigned_to: str = ""
    until: str = ""
    party: str = ""
    cases: tuple[str, ...] = ()
    """Keys of the cases that the decision covers."""


class Signing(msgspec.Struct, frozen=True, kw_only=True):
    """Who decides, when, under which id, on which alert and evidence."""

    id: str
    source: str
    alert: str
    by_role: str
    at: dt.datetime
    today: dt.date
    evidence: tuple[Evidence, ...]
    second_by_role: str | None = None
    """The second person, if one has signed."""


def read_decision(filled: Filled, signing: Signing) -> Decision:
    """The decision that the form says; raises `Refused` with every fault, each at `/field`."""
    problems = _faults(filled, signing)
    if problems:
        raise Refused(problems)
    kind: DecisionKind = filled.kind  # type: ignore[assignment]  # checked by _faults
    return Decision(
        id=signing.id,
        source=signing.source,
        alert=signing.alert,
        kind=kind,
        by_role=signing.by_role,
        at=signing.at,
        reason=filled.reason.strip(),
        close_reason=filled.close_reason if kind == "close" else None,  # type: ignore[arg-type]
        judged=tuple(Judged(fact=piece.fact, revision=piece.revision) for piece in signing.evidence),
        assigned_to=filled.assigned_to.strip() if kind == "assign" else None,
        until=dt.date.fromisoformat(filled.until) if filled.until else None,
        second_by_role=signing.second_by_role if kind in TWO_PERSONS else None,
        party=filled.party.strip() or None,
    )


def _faults(filled: Filled, signing: Signing) -> list[Problem]:
    if filled.kind not in NEEDED:
        return [Problem(path="/kind", found="no decision chosen", expected="one of the decisions listed")]
    kind: DecisionKind = filled.kind  # type: ignore[assignment]
    missing = [
        Problem(path=f"/{field}", found="nothing", expected=ASKED[field])
        for field in NEEDED[kind]
        if not _given(field, filled, signing)
    ]
    return [*missing, *_wrong(filled, signing), *_second(kind, signing), *_unsupported(kind, signing)]


def _given(field: Field, filled: Filled, signing: Signing) -> bool:
    if field == "second":
        return signing.second_by_role is not None
    return bool(str(getattr(filled, field)).strip())


def _wrong(filled: Filled, signing: Signing) -> list[Problem]:
    """Fields that are filled, but with what cannot be."""
    found = [
        *_of_type("reason", filled.reason, Prose),
        *_of_type("assigned_to", filled.assigned_to, RoleAddress),
        *_of_type("party", filled.party, Label),
        *_of_type("alert", signing.alert, AlertId),
    ]
    if filled.close_reason and filled.close_reason not in get_args(CloseReason):
        found.append(Problem(path="/close_reason", found="another word", expected=ASKED["close_reason"]))
    if filled.until and not _later(filled.until, signing.today):
        found.append(Problem(path="/until", found=_shown_day(filled.until), expected=ASKED["until"]))
    return found


def _of_type(field: str, text: str, expected: object) -> list[Problem]:
    """Fault of a filled text field against the type of the fact; the text itself is never quoted."""
    text = text.strip()
    if not text:
        return []
    try:
        msgspec.convert(text, expected)
    except msgspec.ValidationError as error:
        return [Problem(path=f"/{field}", found=words.count(len(text), "character"), expected=_rule(str(error)))]
    return []


def _rule(message: str) -> str:
    return message.removeprefix("Expected ").replace("`str` of length", "text of length (characters)").replace("`", "")


def _later(text: str, today: dt.date) -> bool:
    try:
        return today < dt.date.fromisoformat(text) <= today + dt.timedelta(days=3653)
    except ValueError:
        return False


def _shown_day(text: str) -> str:
    try:
        return words.day(dt.date.fromisoformat(text))
    except ValueError:
        return "no date"


def _second(kind: DecisionKind, signing: Signing) -> list[Problem]:
    if kind in TWO_PERSONS and signing.second_by_role == signing.by_role:
        return [Problem(path="/second", found="the same office twice", expected="a second, different person")]
    return []


def _unsupported(kind: DecisionKind, signing: Signing) -> list[Problem]:
    """To close is to judge evidence; without any it would close nothing and explain nothing."""
    if signing.evidence or kind != "close":
        return []
    return [Problem(path="/cases", found="no open case", expected="at least one open case that the decision covers")]


def by_field(problems: Sequence[Problem]) -> dict[str, list[str]]:
    """Faults as sentences, by the field that they stand beside."""
    said: dict[str, list[str]] = {}
    for problem in problems:
        field = problem.path.strip("/").partition("/")[0] or "kind"
        field = "second" if field.startswith("second") else field
        said.setdefault(field, []).append(f"Found {problem.found}; expected {problem.expected}.")
    return said
