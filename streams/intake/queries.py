"""What may stand behind the question mark of an address; anything else, or anything twice, is refused."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta

from schemas import Problem, Refused
from schemas.common import SourceId
from schemas.vocabulary import AlertStatus, Band, Transition
from streams.rules.aggregate import Audience
from streams.rules.known import DAY_FORM, MOMENT_FORM, Standpoint, read_standpoint

Code = Annotated[str, Meta(pattern="^[A-Z]{2}$", description="ISO 3166-1 alpha-2")]
DayAsked = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", description=f"what was true then: {DAY_FORM}")]
MomentAsked = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]{5,15}(Z|[+-][0-9]{2}:[0-9]{2}))?$",
        description=f"what was known then: {MOMENT_FORM}",
    ),
]
YearDay = Annotated[dt.date, Meta(description="a day, YYYY-MM-DD")]
Limit = Annotated[int, Meta(ge=1, le=1000, description="how many at most, from 1 to 1000 [count]")]


class AtQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From where an officer looks (`streams.rules.known`)."""

    as_of: DayAsked | None = None
    as_known_at: MomentAsked | None = None

    @property
    def at(self) -> Standpoint:
        """The standpoint; raises `Refused` where it is no day or instant that there is."""
        try:
            return read_standpoint(self.as_of, self.as_known_at)
        except ValueError as error:
            name, _, expected = str(error).partition(": expected ")
            raise Refused([Problem(path=f"/{name}", found="another value", expected=expected)]) from None


class TellQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many records are to be taken in."""

    whole: Annotated[
        Literal["true", "false"], Meta(description="true: one record that fails keeps out all; false: each by itself")
    ] = "false"


class AlertQuery(AtQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which alerts."""

    status: Annotated[AlertStatus | None, Meta(description="open, acknowledged, closed or withdrawn")] = None
    band: Annotated[Band | None, Meta(description="context, watch, review, alert or urgent")] = None
    destination: Code | None = None
    issuing_state: Code | None = None
    limit: Limit = 200


class ParkedQuery(AtQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which records that were set aside."""

    source: SourceId | None = None
    limit: Limit = 100


class RecordQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which record of an alert."""

    version: Annotated[
        str | None, Meta(description="digest of the claim, as an alert of then has it; else the newest")
    ] = None


class RegisterQuery(AtQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which entries of the register."""

    destination: Code | None = None


class NextQuery(AtQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to check next."""

    destination: Code | None = None
    issuing_state: Code | None = None
    limit: Limit = 50


class AggregateQuery(AtQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which years, for whom."""

    since: YearDay | None = None
    until: YearDay | None = None
    audience: Annotated[Audience, Meta(description="publication, partners or officer")] = "publication"


class ForeknownQuery(AtQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of which license."""

    license: Annotated[str, Meta(max_length=200, description="a license, source:id")] | None = None
    destination: Code | None = None


class NoticeQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which notices."""

    channel: Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9-]{0,40}$", description="name of a channel")] | None = None
    alert: Annotated[str, Meta(max_length=500, description="id of an alert that it tells of")] | None = None
    issuing_state: Code | None = None
    transition: Annotated[
        Transition | None, Meta(description="opened, raised, lowered, closed, withdrawn or reopened")
    ] = None
    day: Annotated[dt.date | None, Meta(description="day on which it was told, YYYY-MM-DD [UTC]")] = None
    limit: Limit = 100


Q = TypeVar("Q", bound=msgspec.Struct)


def read_query(given: Iterable[tuple[str, str]], of: type[Q]) -> Q:
    """The query; raises `Refused` with every fault. Values are not repeated."""
    pairs = list(given)
    known = _fields(of)
    times = Counter(name for name, _ in pairs)
    problems = [
        Problem(path="", found="a parameter that is not known here", expected=f"one of {', '.join(sorted(known))}")
        for name in times
        if name not in known
    ]
    problems += [
        Problem(path=f"/{name}", found=f"{count} values", expected="one")
        for name, count in times.items()
        if name in known and count > 1
    ]
    values = dict(pairs)
    problems += [
        Problem(path=f"/{name}", found="another value", expected=_expected(known[name].type))
        for name, value in values.items()
        if name in known and not _fits(value, known[name].type)
    ]
    if problems:
        raise Refused(problems)
    return msgspec.convert(values, of, strict=False)


@cache
def _fields(of: type[msgspec.Struct]) -> dict[str, msgspec.structs.FieldInfo]:
    """By its name in a query, each field."""
    return {field.encode_name: field for field in msgspec.structs.fields(of)}


def _fits(value: str, of: object) -> bool:
    if value == "null" or not value.isascii():
        return False
    try:
        msgspec.convert(value, of, strict=False)
    except msgspec.ValidationError:
        return False
    return True


def _expected(of: object) -> str:
    schema = msgspec.json.schema(of)
    kinds = [schema, *schema.get("anyOf", ())]
    return next((str(each["description"]) for each in kinds if "description" in each), "another")
