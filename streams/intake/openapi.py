"""The API's description [OpenAPI 3.1], made from the types that it speaks: nothing in it is written twice.

What a schema can say is said here; what it cannot (a license that ends before it begins, a text that names a person, a
year out of bounds) is refused with 422 all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

import msgspec

from schemas import Alert, Notice, Parked
from schemas.codec import FACT_TYPES, TOPIC_OF
from schemas.vocabulary import FactKind
from streams.intake.answers import JSON, PROBLEM_JSON, ProblemDetails, Receipt, Results
from streams.intake.door import Result
from streams.intake.erasing import ErasureAsked, ErasureConfirmed, ErasureSought
from streams.intake.queries import (
    AggregateQuery,
    AlertQuery,
    AtQuery,
    ForeknownQuery,
    NextQuery,
    NoticeQuery,
    ParkedQuery,
    RecordQuery,
    RegisterQuery,
    TellQuery,
)
from streams.rules.aggregate import Table
from streams.rules.exposure import Ranking
from streams.rules.foreknown import ForeknownLicense
from streams.rules.recompute import Recomputed
from streams.rules.register import ENTRIES
from streams.warehouse.erasing import Left

NDJSON: Final = "application/x-ndjson"
SENT: Final[Mapping[str, FactKind]] = {
    **{topic: kind for kind, topic in TOPIC_OF.items() if kind not in ("tick", "erasure")},
    "retractions": "retraction",
}
"""Addresses that take one kind of fact, and the kind."""

Schema = dict[str, Any]

_COUNTRY = "^[A-Z]{2}$"
_REF = "#/components/schemas/"


@cache
def document(title: str = "Pledgewatch") -> bytes:
    """The description as JSON."""
    return msgspec.json.encode(described(title))


def described(title: str) -> Schema:
    """The description."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": "1",
            "summary": "Send facts on exported surveillance technology; read what they led to.",
            "description": "Facts are never changed: send a higher revision, or a retraction. No identity of a victim "
            "or a source may come in. One record, a JSON array, or NDJSON; of many, each is judged by itself, and the "
            "answer comes when the log has every one that it calls accepted.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "security": [{"key": []}],
        "paths": _sending() | _reading() | _open(),
        "components": {
            "schemas": _components(),
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


# -- schemas --------------------------------------------------------------------------------------------------------


SURVEYS = (Ranking, Table, ForeknownLicense)
"""What the reads over all destinations answer."""
ERASING = (ErasureAsked, ErasureConfirmed, ErasureSought, Left)
"""What is asked and answered about erasures."""


def _components() -> dict[str, Schema]:
    _, found = msgspec.json.schema_components(
        [
            *FACT_TYPES, Alert, Notice, Parked, Result, Results, Receipt, ProblemDetails, Recomputed, *ENTRIES.values(),
            *SURVEYS, *ERASING,
        ],
        ref_template=_REF + "{name}",
    )  # fmt: skip
    for each in FACT_TYPES:
        # An address that takes one kind knows it; elsewhere the tag is asked for where the schema is used.
        found[each.__name__]["required"] = [name for name in found[each.__name__]["required"] if name != "fact"]
    return {name: _strict(schema) for name, schema in found.items()}


def _strict(schema: Any) -> Any:
    """Unknown fields are refused; a state may be given by any name that can be resolved, so its pattern is no rule."""
    if isinstance(schema, list):
        return [_strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: _strict(each) for key, each in schema.items()}
    if kept.get("type") == "object" and "properties" in kept:
        kept["additionalProperties"] = False
    if kept.get("pattern") == _COUNTRY:
        del kept["pattern"]
        kept |= {"minLength": 1, "maxLength": 120}
    return kept


def _fact(kind: FactKind, *, tagged: bool) -> Schema:
    name = next(each.__name__ for each in FACT_TYPES if each.__struct_config__.tag == kind)
    return {"$ref": _REF + name} | ({"required": ["fact"]} if tagged else {})


def _taken(kind: FactKind | None) -> Schema:
    """What an address takes: its kind, or the retraction of one."""
    if kind is None:
        return {"anyOf": [_fact(each, tagged=True) for each in (*SENT.values(),)]}
    if kind == "retraction":
        return _fact(kind, tagged=False)
    of_kind = {"properties": {"of": {"const": kind}}}
    return {"anyOf": [_fact(kind, tagged=False), _fact("retraction", tagged=True) | of_kind]}


# -- paths ----------------------------------------------------------------------------------------------------------


def _answer(description: str, schema: Schema | str, media_type: str = JSON) -> Schema:
    known = {"$ref": _REF + schema} if isinstance(schema, str) else schema
    return {"description": description, "content": {media_type: {"schema": known}}}


_PROBLEMS: Final[Mapping[int, str]] = {
    400: "The request cannot be read.",
    401: "No key, or an unknown one.",
    403: "Not for this key: nothing was stored.",
    404: "Nothing here that this key may see.",
    409: "Another body has this id and revision: nothing was stored.",
    413: "The body is too large: nothing was stored.",
    415: "This content type is not understood.",
    422: "Refused, with every fault and its path: nothing was stored.",
    429: "Too many records from this sender.",
    500: "A fault of ours.",
    503: "The log or the warehouse is away: nothing was lost.",
}


def _problems(*statuses: int) -> Schema:
    answers = {str(status): _answer(_PROBLEMS[status], "ProblemDetails", PROBLEM_JSON) for status in statuses}
    for status in {"429", "503"} & set(answers):
        answers[status]["headers"] = {
            "Retry-After": {"description": "Wait so long [s].", "schema": {"type": "integer", "minimum": 1}}
        }
    return answers


def _query(of: type[msgspec.Struct]) -> list[Schema]:
    schema = msgspec.json.schema_components([of])[1][of.__name__]
    return [
        {"name": name, "in": "query", "required": False, "schema": _plain(each)}
        for name, each in schema["properties"].items()
    ]


def _plain(schema: Schema) -> Schema:
    """A parameter is absent, never null."""
    kinds = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    rest = {key: each for key, each in schema.items() if key not in ("anyOf", "default")}
    if "enum" in rest:
        rest["enum"] = [word for word in rest["enum"] if word is not None]
    return {**kinds[0], **rest} if len(kinds) == 1 else rest


_IDEMPOTENCY: Final[Schema] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key and body again, within a week, get the same answer.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9._:/+=-]{1,255}$"},
}


_RECEIPT_LINK: Final = "$response.body#/receipt"


def _examples(address: str) -> Schema:
    """The good examples that stand beside the schemas; for an address that takes any kind, the smallest of each."""
    every = {
        f"{topic}/{file.name.removesuffix('.json')}": msgspec.json.decode(file.read_bytes())
        for topic in SENT
        if (folder := files("schemas") / "examples" / topic).is_dir()
        for file in sorted(folder.iterdir(), key=lambda each: each.name)
        if file.name.endswith(".json") and not file.name.endswith(".invalid.json")
    }
    return {name: {"value": fact} for name, fact in every.items() if _shown_at(address, name, fact["fact"])}


def _shown_at(address: str, name: str, kind: str) -> bool:
    if address == "facts":
        return name.endswith("/minimal")
    return kind == "retraction" if address == "retractions" else name.startswith(f"{address}/")


def _sending() -> Schema:
    kinds: dict[str, FactKind | None] = {**SENT, "facts": None}
    return {f"/api/v1/{address}": {"post": _send(address, kind)} for address, kind in kinds.items()}


def _send(address: str, kind: FactKind | None) -> Schema:
    one, body = _taken(kind), _examples(address)
    many = {"type": "array", "items": one, "minItems": 1}
    lines = {"type": "string", "description": "One fact a line; blank lines are passed over."}
    return {
        "operationId": f"send_{address}",
        "summary": f"Send {address}: one, an array, or NDJSON." if kind else "Send facts of any kind.",
        "parameters": [_IDEMPOTENCY, *_query(TellQuery)],
        "requestBody": {
            "required": True,
            "content": {JSON: {"schema": {"anyOf": [one, many]}, "examples": body}, NDJSON: {"schema": lines}},
        },
        "responses": {
            "202": _answer(
                "The log has it (or had it already), with a receipt.",
                {"anyOf": [{"$ref": _REF + "Result"}, {"$ref": _REF + "Results"}]},
            )
            | {"links": {"receipt": {"operationId": "read_receipt", "parameters": {"receipt": _RECEIPT_LINK}}}},
            "207": _answer("The log has some of them; each says what became of it.", "Results"),
            **_problems(400, 401, 403, 409, 413, 415, 422, 429, 500, 503),
        },
    }


def _reading() -> Schema:
    receipt = {
        "name": "receipt",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
    }
    alert = {
        "name": "alert", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1},
        "description": "The alert's id, in which `/` is written `,` and `#` is written `;`.",
    }  # fmt: skip
    alerts = {"type": "array", "items": {"$ref": _REF + "Alert"}}
    parked = {"type": "array", "items": {"$ref": _REF + "Parked"}}
    return {
        "/api/v1/receipts/{receipt}": {
            "get": _read("read_receipt", "How far a fact has come.", [receipt], "Receipt", 404)
        },
        "/api/v1/alerts": {
            "get": _read("read_alerts", "Alerts, as this key may see them.", _query(AlertQuery), alerts)
        },
        "/api/v1/alerts/{alert}": {
            "get": _read("read_alert", "One alert with its explanation.", [alert, *_query(AtQuery)], "Alert", 404)
        },
        "/api/v1/alerts/{alert}/recomputed": {
            "get": _read(
                "read_recomputed",
                "A record of an alert, computed again from the facts and versions that it names.",
                [alert, *_query(RecordQuery)],
                "Recomputed",
                404,
            )
        },
        **{
            f"/api/v1/register/{shelf}": {
                "get": _read(
                    f"read_{shelf}",
                    f"The {shelf} that stood, each version with both of its times.",
                    _query(RegisterQuery),
                    {"type": "array", "items": {"$ref": _REF + entry.__name__}},
                )
            }
            for shelf, entry in ENTRIES.items()
        },
        **_surveys(),
        **_notices(),
        **_erasures(),
        "/api/v1/parked": {
            "get": _read("read_parked", "Records set aside, and why; a feeder's own only.", _query(ParkedQuery), parked)
        },
    }


def _surveys() -> Schema:
    known = {"type": "array", "items": {"$ref": _REF + "ForeknownLicense"}}
    return {
        "/api/v1/next": {
            "get": _read("read_next", "What to check next, by exposure.", _query(NextQuery), "Ranking")
        },
        "/api/v1/aggregate": {
            "get": _read(
                "read_aggregate", "Events by year, technology, harm, class of state and control code.",
                _query(AggregateQuery), "Table",
            )
        },
        "/api/v1/foreknown": {
            "get": _read("read_foreknown", "What was known before a grant or delivery.", _query(ForeknownQuery), known)
        },
    }  # fmt: skip


def _notices() -> Schema:
    notice = {
        "name": "notice", "in": "path", "required": True,
        "schema": {"type": "string", "minLength": 1, "maxLength": 100}, "description": "The notice's id.",
    }  # fmt: skip
    listed = {"type": "array", "items": {"$ref": _REF + "Notice"}}
    summary = "Ask for a notice to be sent again under its old id; the answer has the request in it."
    return {
        "/api/v1/notices": {
            "get": _read("read_notices", "What channels were told, without the words.", _query(NoticeQuery), listed)
        },
        "/api/v1/notices/{notice}": {
            "get": _read("read_notice", "One notice, with the words that were sent.", [notice], "Notice", 404)
        },
        "/api/v1/notices/{notice}/resend": {
            "post": {
                "operationId": "resend_notice",
                "summary": summary,
                "parameters": [notice],
                "responses": {"202": _answer("Asked for.", "Notice")} | _problems(400, 401, 403, 404, 500, 503),
            }
        },
    }


def _erasures() -> Schema:
    def post(operation: str, summary: str, body: str, answer: Schema | str, status: int = 202) -> Schema:
        return {
            "operationId": operation,
            "summary": summary,
            "requestBody": {"required": True, "content": {JSON: {"schema": {"$ref": _REF + body}}}},
            "responses": {str(status): _answer(summary, answer)} | _problems(400, 401, 403, 413, 422, 429, 500, 503),
        }

    def listed(name: str) -> Schema:
        return {"type": "array", "items": {"$ref": _REF + name}}

    ask = "Ask for the erasure of a fact; nothing is erased before a second officer confirms."
    return {
        "/api/v1/erasures": {
            "get": _read("read_erasures", "What was asked to be erased, and what was erased.", [], listed("Erasure")),
            "post": post("ask_erasure", ask, "ErasureAsked", "Erasure"),
        },
        "/api/v1/erasures/confirm": {
            "post": post("confirm_erasure", "Confirm it, as the second officer.", "ErasureConfirmed", "Erasure")
        },
        "/api/v1/erasures/search": {
            "post": post("search_erased", "Where it still is.", "ErasureSought", listed("Left"), 200)
        },
        "/api/v1/erasures/holds": {"get": _read("read_holds", "Litigation holds, set and lifted.", [], listed("Hold"))},
    }


def _read(operation: str, summary: str, parameters: list[Schema], answer: Schema | str, *more: int) -> Schema:
    return {
        "operationId": operation,
        "summary": summary,
        "parameters": parameters,
        "responses": {"200": _answer(summary, answer), **_problems(400, 401, 403, *more, 422, 429, 500, 503)},
    }


def _open() -> Schema:
    parts = {"type": "object", "additionalProperties": {"type": "boolean"}}
    text = {"type": "string"}
    return {
        "/healthz": {"get": _plainly("healthz", "The process answers.", {"200": _answer("Yes.", parts)})},
        "/readyz": {
            "get": _plainly(
                "readyz",
                "Every part is up.",
                {"200": _answer("All of them.", parts), "503": _answer("Not all of them.", parts)},
            )
        },
        "/metrics": {"get": _plainly("metrics", "For Prometheus.", {"200": _answer("Metrics.", text, "text/plain")})},
    }


def _plainly(operation: str, summary: str, responses: Schema) -> Schema:
    return {
        "operationId": operation, "summary": summary, "security": [], "parameters": [],
        "responses": responses | _problems(400, 500),
    }  # fmt: skip
