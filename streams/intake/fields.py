"""The fields of the two web forms, and what is made of what was typed. Pure.

A form shows ten fields; the rest is folded away. Each field names the place in the fact that it fills, so that a fault
found there can be set beside it. Nothing is checked here: the filled-in fact goes through the same door as any other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

import msgspec

from schemas import Problem
from schemas import vocabulary as words
from schemas.vocabulary import FactKind

FieldKind = Literal["text", "date", "number", "choice", "choices", "long", "yes", "list"]

_SAID: Mapping[str, str] = {
    "E0": "E0, a bare claim",
    "E1": "E1, a leak, a contract or a list of selectors",
    "E2": "E2, a platform's notice or a captured attempt",
    "E3": "E3, forensic, by one lab",
    "E4": "E4, forensic, confirmed by peers",
    "E5": "E5, a court's finding or an admission",
    "A0": "A0, none",
    "A1": "A1, inferred from interest",
    "A2": "A2, strong circumstantial",
    "A3": "A3, high confidence",
    "A4": "A4, a court's finding or an admission",
    "1": "1, confirmed",
    "2": "2, probably true",
    "3": "3, possibly true",
    "4": "4, doubtful",
    "5": "5, improbable",
    "6": "6, cannot be judged",
    "mobile_interception_imsi": "mobile interception (IMSI catcher)",
    "network_injection_dpi": "network injection, deep packet inspection",
    "cctv_match": "match by camera",
    "unknown": "not known",
}


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a form."""

    name: str
    label: str
    path: str
    """Where in the fact it goes, as a JSON pointer."""
    kind: FieldKind = "text"
    hint: str = ""
    choices: tuple[str, ...] = ()
    """Words of the vocabulary."""
    chosen: str = ""
    """What stands there at first."""
    required: bool = False
    folded: bool = False

    def said(self, word: str) -> str:
        """A word of the vocabulary as a person says it."""
        return _SAID.get(word, word.replace("_", " "))


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """A form: one kind of fact."""

    kind: FactKind
    title: str
    lead: str
    fields: tuple[Field, ...]

    @property
    def shown(self) -> tuple[Field, ...]:
        """The fields at first sight."""
        return tuple(field for field in self.fields if not field.folded)

    @property
    def folded(self) -> tuple[Field, ...]:
        """The fields behind the fold."""
        return tuple(field for field in self.fields if field.folded)


def _of(vocabulary: object) -> tuple[str, ...]:
    return tuple(str(word) for word in get_args(vocabulary))


def _common(what: str) -> tuple[Field, ...]:
    return (
        Field(
            name="id",
            label="Your own number for it",
            path="/id",
            folded=True,
            hint="Letters, digits, dots and dashes; never made from a person's name. To mend what you sent, use it "
            "again with a higher revision.",
        ),
        Field(
            name="revision",
            label="Revision",
            path="/revision",
            kind="number",
            folded=True,
            hint="1, or higher to mend what you sent before.",
        ),
        Field(
            name="tense",
            label="Real, test or exercise",
            path="/tense",
            kind="choice",
            choices=_of(words.Tense),
            chosen="actual",
            folded=True,
        ),
        Field(
            name="tlp",
            label="How far it may travel",
            path="/tlp",
            kind="choice",
            choices=_of(words.Tlp),
            chosen="AMBER",
            folded=True,
            hint="Traffic Light Protocol 2.0.",
        ),
        Field(
            name="embargo",
            label="Not to be shown beyond officers before",
            path="/embargo_until",
            kind="date",
            folded=True,
        ),
        Field(
            name="document",
            label="Reference of the document",
            path="/document_ref",
            folded=True,
            hint=f"An opaque reference to where the {what} is kept; never an address.",
        ),
    )


INCIDENT = Form(
    kind="incident",
    title="Report an incident",
    lead="People were targeted with surveillance technology. Say what is known, and leave empty what is not: "
    "unknown stays unknown.",
    fields=(
        Field(
            name="start",
            label="It happened on, or not before",
            path="/occurred/start",
            kind="date",
            required=True,
            hint="When it happened, not when it was told.",
        ),
        Field(name="end", label="and not after", path="/occurred/end", kind="date", hint="Empty: the same day."),
        Field(
            name="precision",
            label="How exactly the days are known",
            path="/occurred/precision",
            kind="choice",
            choices=_of(words.Precision),
            chosen="day",
            hint="“Year” with 2024-01-01 says: some time in 2024.",
        ),
        Field(
            name="technology",
            label="Kind of technology",
            path="/technology",
            kind="choice",
            choices=("", *_of(words.Technology)),
            required=True,
        ),
        Field(name="product", label="Product", path="/products/0/name", hint="As named by the source."),
        Field(
            name="operator",
            label="Suspected operator: state",
            path="/operators/0/country",
            hint="A name or a code. Empty when nobody says so; never guessed from where the victims were.",
        ),
        Field(
            name="victims",
            label="Who was targeted: class",
            path="/victims/0/klass",
            kind="choice",
            choices=("", *_of(words.VictimClass)),
        ),
        Field(name="count", label="How many", path="/victims/0/count", kind="number"),
        Field(
            name="evidence",
            label="Evidence of the attack",
            path="/evidence_level",
            kind="choice",
            choices=_of(words.EvidenceLevel),
            chosen="E0",
        ),
        Field(
            name="rests_on",
            label="What it rests on",
            path="/publications/0/kind",
            kind="choice",
            choices=("", *_of(words.PublicationKind)),
        ),
        Field(
            name="publisher",
            label="Who published it",
            path="/publications/0/source",
            folded=True,
            hint="The key of the publisher in the source register. Empty: you.",
        ),
        Field(name="published", label="Day it became known", path="/published_at", kind="date", folded=True),
        Field(
            name="origin",
            label="Ultimate origin",
            path="/publications/0/origin",
            folded=True,
            hint="The same for everything that goes back to one finding. Empty: not declared, so not independent.",
        ),
        Field(
            name="credibility",
            label="How credible the information is",
            path="/publications/0/credibility",
            kind="choice",
            choices=_of(words.Credibility),
            chosen="6",
            folded=True,
        ),
        Field(
            name="attribution",
            label="How the operator is known",
            path="/attribution_level",
            kind="choice",
            choices=_of(words.AttributionLevel),
            chosen="A0",
            folded=True,
        ),
        Field(
            name="sure",
            label="How sure the source is of the operator",
            path="/operators/0/confidence",
            kind="number",
            folded=True,
            hint="0 to 100.",
        ),
        Field(
            name="agency",
            label="Suspected agency",
            path="/operator_agency/name",
            folded=True,
            hint="An office; never a person.",
        ),
        Field(name="vendor", label="Vendor, as named at the time", path="/vendors/0/name", folded=True),
        Field(
            name="qualifier",
            label="What the count means",
            path="/victims/0/qualifier",
            kind="choice",
            choices=_of(words.CountQualifier),
            chosen="at_least",
            folded=True,
        ),
        Field(
            name="victim_state",
            label="Where they were: state",
            path="/victims/0/country",
            folded=True,
            hint="The state, nothing nearer.",
        ),
        Field(name="use_state", label="Where the system stood: state", path="/use_country", folded=True),
        Field(
            name="result",
            label="What came of the attack",
            path="/attack_result",
            kind="choice",
            choices=_of(words.AttackResult),
            chosen="unknown",
            folded=True,
        ),
        Field(
            name="vector",
            label="How it came in",
            path="/vector",
            kind="choice",
            choices=_of(words.Vector),
            chosen="unknown",
            folded=True,
        ),
        Field(
            name="purpose",
            label="Purpose, as reported",
            path="/alleged_purpose",
            kind="choice",
            choices=_of(words.Purpose),
            chosen="unknown",
            folded=True,
        ),
        Field(
            name="expression",
            label="About opinion, criticism or reporting",
            path="/expression_related",
            kind="choice",
            choices=_of(words.YesNo),
            chosen="unknown",
            folded=True,
        ),
        Field(
            name="basis",
            label="Legal basis claimed",
            path="/legal_basis",
            kind="choice",
            choices=_of(words.LegalBasis),
            chosen="unknown",
            folded=True,
        ),
        Field(name="harms", label="What followed", path="/harms", kind="choices", choices=_of(words.Harm), folded=True),
        Field(name="ongoing", label="The use was going on when it was told", path="/ongoing", kind="yes", folded=True),
        Field(
            name="consent",
            label="Why it may be held",
            path="/consent_basis",
            kind="choice",
            choices=_of(words.ConsentBasis),
            chosen="public_source",
            folded=True,
        ),
        *_common("publication"),
    ),
)

REPORT = Form(
    kind="report",
    title="Send a report on a license",
    lead="What you saw, checked, were told or admit about a license after shipment. Not checked is never satisfied: "
    "leave empty what you did not check.",
    fields=(
        Field(
            name="license",
            label="License",
            path="/license",
            required=True,
            hint="Its reference, as in xa-reg:L-2024-7.",
        ),
        Field(
            name="destination",
            label="Destination as licensed",
            path="/destination",
            required=True,
            hint="The state, by name or code.",
        ),
        Field(
            name="kind",
            label="Kind of report",
            path="/kind",
            kind="choice",
            choices=("", *_of(words.ReportKind)),
            required=True,
        ),
        Field(name="start", label="Done on", path="/performed/start", kind="date", required=True),
        Field(
            name="method", label="How it was checked", path="/method", kind="choice", choices=("", *_of(words.Method))
        ),
        Field(name="outcome", label="Result", path="/outcome", kind="choice", choices=("", *_of(words.Outcome))),
        Field(
            name="cooperation",
            label="How the host cooperated",
            path="/cooperation",
            kind="choice",
            choices=_of(words.Cooperation),
            chosen="unknown",
        ),
        Field(name="delivered", label="Pieces delivered, as you have it", path="/items/0/delivered", kind="number"),
        Field(name="verified", label="Pieces that you verified", path="/items/0/verified", kind="number"),
        Field(
            name="serials",
            label="Serial numbers seen",
            path="/items/0/serials",
            kind="list",
            hint="Separated by blanks or commas.",
        ),
        Field(
            name="missing",
            label="Serial numbers looked for and not presented",
            path="/items/0/missing_serials",
            kind="list",
            folded=True,
        ),
        Field(name="presented", label="Pieces presented", path="/items/0/presented", kind="number", folded=True),
        Field(name="end", label="Done until", path="/performed/end", kind="date", folded=True),
        Field(
            name="precision",
            label="How exactly the days are known",
            path="/performed/precision",
            kind="choice",
            choices=_of(words.Precision),
            chosen="day",
            folded=True,
        ),
        Field(
            name="site",
            label="Where the thing was seen: state",
            path="/site_country",
            folded=True,
            hint="If not the destination.",
        ),
        Field(
            name="role",
            label="You report as",
            path="/reporter_role",
            kind="choice",
            choices=_of(words.ReporterRole),
            chosen="other",
            folded=True,
        ),
        Field(
            name="trigger",
            label="Why now",
            path="/trigger",
            kind="choice",
            choices=("", *_of(words.ReportTrigger)),
            folded=True,
        ),
        Field(name="requested", label="Asked for on", path="/requested_at", kind="date", folded=True),
        Field(name="due", label="Due on", path="/due_at", kind="date", folded=True),
        Field(
            name="end_user",
            label="Agency found using it",
            path="/end_user",
            folded=True,
            hint="An office; never a person.",
        ),
        Field(
            name="holder",
            label="Who holds the pieces, if not the end user",
            path="/holder",
            folded=True,
            hint="An organization; never a person.",
        ),
        Field(
            name="capacity",
            label="Simultaneous use found",
            path="/capacity_observed",
            kind="number",
            folded=True,
            hint="Targets, channels or cameras.",
        ),
        Field(
            name="log",
            label="State of the audit log",
            path="/log_status",
            kind="choice",
            choices=_of(words.LogStatus),
            chosen="not_checked",
            folded=True,
        ),
        Field(
            name="use",
            label="What it is used for",
            path="/end_use_observed",
            folded=True,
            hint="In the words of the license.",
        ),
        Field(
            name="deficiencies",
            label="Security deficiencies still open",
            path="/open_deficiencies",
            kind="number",
            folded=True,
        ),
        Field(
            name="reasons",
            label="Why this result",
            path="/reason_codes",
            kind="choices",
            choices=_of(words.ReasonCode),
            folded=True,
        ),
        Field(
            name="admits",
            label="Incidents that you admit",
            path="/admits",
            kind="list",
            folded=True,
            hint="For exporters and end users: references, as in lab-one:case-1.",
        ),
        Field(
            name="answers",
            label="Answers the request",
            path="/answers_request",
            folded=True,
            hint="The reference of the request that asked for it.",
        ),
        Field(
            name="note",
            label="Note for officers",
            path="/note",
            kind="long",
            folded=True,
            hint="Name no victim and no source.",
        ),
        *_common("report"),
    ),
)

_PARTS = re.compile(r"[\s,;]+")


def filled_in(form: Form, typed: Mapping[str, Sequence[str]], source: str) -> dict[str, Any]:
    """The fact as JSON: what was typed, where it goes. Empty fields leave nothing; nothing is checked."""
    tree: dict[str, Any] = {"fact": form.kind, "source": source}
    for field in form.fields:
        value = _value(field, [text.strip() for text in typed.get(field.name, ()) if text.strip()])
        if value is not None and not _as_it_stood(field, value):
            _put(tree, field.path.split("/")[1:], value)
    for publication in tree.get("publications", ()):
        publication.setdefault("source", source)
    return tree


def _as_it_stood(field: Field, value: object) -> bool:
    """A choice that was left as it first stood is no statement: the type's own default says the same."""
    return field.kind == "choice" and field.chosen != "" and value == _number(field.chosen)


def _value(field: Field, typed: list[str]) -> object:
    if not typed:
        return None
    if field.kind == "yes":
        return True
    if field.kind == "choices":
        return typed
    if field.kind == "list":
        return [part for part in _PARTS.split(typed[0]) if part]
    return _number(typed[0]) if field.kind == "number" or field.choices else typed[0]


def _number(text: str) -> int | str:
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text, re.ASCII) else text


def _put(tree: dict[str, Any], steps: Sequence[str], value: object) -> None:
    """`/victims/0/count`: a list of one object on the way."""
    step, *rest = steps
    if not rest:
        tree[step] = value
    elif rest[0] == "0":
        _put(tree.setdefault(step, [{}])[0], rest[1:], value)
    else:
        _put(tree.setdefault(step, {}), rest, value)


def beside(form: Form, problems: Sequence[Problem]) -> dict[str, list[Problem]]:
    """Faults by the name of the field that they belong to; under the empty name, those of none."""
    found: dict[str, list[Problem]] = {}
    for problem in problems:
        found.setdefault(_field_of(form, problem.path), []).append(problem)
    return found


def _field_of(form: Form, path: str) -> str:
    if path == "/source":
        return "source"
    inside = [field for field in form.fields if path == field.path or path.startswith(field.path + "/")]
    around = [field for field in form.fields if field.path.startswith(path + "/")] if path else []
    return next((field.name for field in (*inside, *around)), "")
