"""The shape of each type, made once from msgspec's own account of it, and held against decoded JSON.

msgspec stops at the first fault; a feeder is to hear all of them. So each type becomes a tree of shapes that goes
through the whole input, notes every fault with its path, and hands on what `msgspec.convert` then turns into the type.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Literal, Protocol, TypeAlias, get_args, get_origin

import msgspec
import msgspec.inspect as inspect

from schemas import vocabulary
from schemas.common import EARLIEST, LATEST, AlertId, Hash, Id, Label, Language, Ref, Serial, SourceId
from schemas.problems import Problem
from schemas.screen import DenyList, in_id, in_role, in_text
from schemas.wording import LONGEST_QUOTED, character, count, nearest, pointer, seen, words

MAX_PROBLEMS = 200
"""More faults than these are counted, not told."""
MAX_LIST = 10_000
"""Longest list where the type names no bound [count]."""
MAX_TEXT = 4_000
"""Longest text where the type names no bound [characters]."""
MAX_COUNTRY = 120
"""Longest name of a state that is looked up [characters]."""


def pattern_of(alias: object) -> str:
    """The pattern of one of the annotated text types of `schemas.common`."""
    return next(str(meta.pattern) for meta in get_args(alias)[1:] if isinstance(meta, msgspec.Meta) and meta.pattern)


KNOWN_WORDS = frozenset(
    str(word) for name in vars(vocabulary).values() if get_origin(name) is Literal for word in get_args(name)
)
"""Every word of every vocabulary: the keys of a table that may stand in a path."""
ResolveCountry: TypeAlias = Callable[[str], str | None]

_PATTERN_WORDS = {
    pattern_of(Id): "an id of at most 120 letters, digits and . _ / # @ + -, beginning with a letter or digit",
    pattern_of(SourceId): "the key of a source: at most 60 small letters, digits, dots and dashes",
    pattern_of(Ref): "a reference to a fact as source:id",
    pattern_of(AlertId): "an alert's id as destination~license~clause",
    pattern_of(Hash): "a digest of 8 to 128 hexadecimal digits in small letters",
    pattern_of(Serial): "a serial number of 2 to 100 letters, digits and . _ / # : + -, without blanks",
    pattern_of(Language): "a language as BCP 47 has it, such as en or pt-BR",
    pattern_of(Label): "a name of 1 to 200 characters",
}
_CODE = re.compile(r"[A-Z]{2}", re.ASCII)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202d\u202e]")
"""Control characters other than tab and line ends, and the two that turn the reading direction over."""


class Doubled(dict[str, object]):
    """A decoded object in which a field came more than once; `again` names those fields."""

    again: tuple[str, ...] = ()


class Faults:
    """What is found wrong on the way through one input, and what it is judged with."""

    def __init__(self, resolve_country: ResolveCountry | None = None, deny: DenyList | None = None) -> None:
        self.problems: list[Problem] = []
        self.untold = 0
        self.resolve_country = resolve_country
        self.deny = deny

    def add(self, path: str, found: str, expected: str) -> None:
        """Notes one fault; beyond the bound it is only counted."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(path=path, found=found, expected=expected))
        else:
            self.untold += 1

    @property
    def full(self) -> bool:
        """Whether further faults are only counted, so that wording them is wasted."""
        return len(self.problems) >= MAX_PROBLEMS

    def all(self) -> list[Problem]:
        """Every fault, with a last line for those that were only counted."""
        rest = Problem(path="", found=f"{self.untold:,} further faults", expected="none")
        return [*self.problems, rest] if self.untold else list(self.problems)


class Shape(Protocol):
    """What a value must look like."""

    expected: str

    def read(self, value: object, path: str, faults: Faults) -> object:
        """The value, cleaned; what does not fit is noted and handed on as it is."""


class Whole:
    """A whole number within bounds; `1.0` is whole, `true` is no number."""

    def __init__(self, least: int | None, most: int | None) -> None:
        self.least, self.most = least, most
        self.expected = "a whole number" + (f" from {least} to {most}" if None not in (least, most) else "")

    def read(self, value: object, path: str, faults: Faults) -> object:
        """A whole number as `int`."""
        if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
            value = int(value)
        if type(value) is not int or not self._within(value):
            faults.add(path, seen(value), self.expected)
        return value

    def fits_all(self, values: Sequence[object]) -> bool:
        """Whether all are whole numbers within bounds; quick, for sketches."""
        numbers = [value for value in values if type(value) is int]
        return (
            bool(numbers) and len(numbers) == len(values) and self._within(min(numbers)) and self._within(max(numbers))
        )

    def _within(self, value: int) -> bool:
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)


class YesNo:
    """`true` or `false`."""

    expected = "true or false"

    def read(self, value: object, path: str, faults: Faults) -> object:
        """A truth value."""
        if not isinstance(value, bool):
            faults.add(path, seen(value), self.expected)
        return value


class Word:
    """A word (or grade) of a closed vocabulary."""

    def __init__(self, known: tuple[object, ...]) -> None:
        self._known = {(type(word), word) for word in known}
        self._words = frozenset(str(word) for word in known)
        self.expected = words(known)

    def read(self, value: object, path: str, faults: Faults) -> object:
        """A word of the vocabulary, exactly as written there."""
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, str | int) and (type(value), value) in self._known:
            return value
        self._refuse(value, path, faults)
        return value

    def _refuse(self, value: object, path: str, faults: Faults) -> None:
        near = nearest(value, self._words) if isinstance(value, str) and not faults.full else None
        meant = "without the quotation marks" if near == value else f"'{near}'"
        found, hint = (f"'{value}'", f"; did you mean {meant}?") if near else (seen(value), "")
        faults.add(path, found, self.expected + hint)


class Day:
    """A calendar day within the years that are taken for right."""

    expected = f"a day as YYYY-MM-DD from {EARLIEST} to {LATEST}"

    def read(self, value: object, path: str, faults: Faults) -> object:
        """A date."""
        try:
            day = msgspec.convert(value, dt.date)
        except msgspec.ValidationError:
            faults.add(path, seen(value), self.expected)
            return value
        if isinstance(value, dt.datetime) or not EARLIEST <= day <= LATEST:
            faults.add(path, f"'{day}'", self.expected)
        return day


class Moment:
    """A point in time with its zone, kept in UTC so that equal times have equal bytes."""

    expected = f"a time as YYYY-MM-DDThh:mm:ssZ, with its zone, from {EARLIEST} to {LATEST}"

    def read(self, value: object, path: str, faults: Faults) -> object:
        """A point in time in UTC."""
        try:
            moment = msgspec.convert(value, dt.datetime)
        except msgspec.ValidationError:
            faults.add(path, seen(value), self.expected)
            return value
        if moment.tzinfo is None:
            faults.add(path, f"'{moment.isoformat()}' without a zone", self.expected)
        elif not EARLIEST <= moment.date() <= LATEST:
            faults.add(path, f"'{moment.isoformat()}'", self.expected)
        else:
            return moment.astimezone(dt.UTC)
        return value


class Text:
    """Text of a bounded length, without control characters; subclasses say what it may hold."""

    def __init__(self, least: int, most: int, pattern: str | None) -> None:
        self.least, self.most = least, most
        # msgspec lets `$` stand before a last line end; here the end is the end
        self._pattern = (
            re.compile(pattern.removesuffix("$") + r"\Z" if pattern.endswith("$") else pattern) if pattern else None
        )
        length = f"text of {least} to {most} characters" if least else f"text of at most {most} characters"
        self.expected = _PATTERN_WORDS.get(pattern, f"text like {pattern}") if pattern else length

    def read(self, value: object, path: str, faults: Faults) -> object:
        """Text that fits and passes the screen."""
        if not isinstance(value, str):
            faults.add(path, seen(value), self.expected)
        elif self._well_formed(value, path, faults):
            for kind in self.holds(value, faults):
                faults.add(path, kind.found, kind.expected)
        return value

    def holds(self, value: str, faults: Faults) -> list[Problem]:
        """What the text holds that must not be there."""
        return in_text(value, faults.deny)

    def _well_formed(self, value: str, path: str, faults: Faults) -> bool:
        fault = self._fault(value)
        if fault:
            faults.add(path, *fault)
        return fault is None

    def _fault(self, value: str) -> tuple[str, str] | None:
        if not self.least <= len(value) <= self.most:
            return seen(value), f"text of {self.least} to {self.most} characters"
        if _CONTROL.search(value) or not _encodable(value):
            return "text with control characters or half a character", "text in Unicode that can be read"
        if self.least and not value.strip():
            return seen(value), self.expected
        if self._pattern and not self._pattern.search(value):
            return self._off_pattern(value), self.expected
        return None

    def _off_pattern(self, value: str) -> str:
        odd = next(
            (at for at, sign in enumerate(value) if not (sign.isascii() and (sign.isalnum() or sign in "._-"))), None
        )
        return seen(value) + (f" with {character(value, odd)}" if odd is not None else "")


def _encodable(value: str) -> bool:
    if value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


class Exact(Text):
    """An id, reference, digest or serial: screened only for addresses and numbers that belong to people."""

    def holds(self, value: str, faults: Faults) -> list[Problem]:
        """What an id holds that must not be there."""
        return in_id(value, faults.deny)


class Role(Text):
    """An office or its address: an e-mail address may stand here, a person may not."""

    def holds(self, value: str, faults: Faults) -> list[Problem]:
        """What a role holds that must not be there."""
        return in_role(value, faults.deny)


class State:
    """A state or territory: a code, or any name that can be resolved to one; never dropped when it cannot."""

    expected = "a state as its ISO 3166-1 alpha-2 code"

    def read(self, value: object, path: str, faults: Faults) -> object:
        """The code of a state."""
        code = self._code(value, faults.resolve_country) if isinstance(value, str) else None
        if code is None:
            quoted = isinstance(value, str) and len(value) <= 3 and value.isascii() and value.isalpha()
            known = "" if faults.resolve_country is None else ", or a name of it that can be resolved"
            faults.add(path, f"'{value}'" if quoted else seen(value), self.expected + known)
        return code or value

    def _code(self, text: str, resolve: ResolveCountry | None) -> str | None:
        if resolve is not None:
            resolved = resolve(text) if text.strip() and len(text) <= MAX_COUNTRY and _encodable(text) else None
            return resolved if resolved and _CODE.fullmatch(resolved) else None
        return text if _CODE.fullmatch(text) else None


class Maybe:
    """A value or `null`."""

    def __init__(self, inner: Shape) -> None:
        self._inner = inner
        self.expected = f"{inner.expected}, or nothing"

    def read(self, value: object, path: str, faults: Faults) -> object:
        """The value, or None."""
        return None if value is None else self._inner.read(value, path, faults)


class Several:
    """A list of one kind of thing."""

    def __init__(self, inner: Shape, least: int, most: int) -> None:
        self._inner, self.least, self.most = inner, least, most
        self.expected = f"a list of {least} to {most}" if least else f"a list of at most {most}"

    def read(self, value: object, path: str, faults: Faults) -> object:
        """The list, each element cleaned; a list that is too long is not gone into."""
        if not isinstance(value, list | tuple) or not self.least <= len(value) <= self.most:
            faults.add(path, seen(value), self.expected)
            return value
        if isinstance(self._inner, Whole) and self._inner.fits_all(value):
            return list(value)
        return [self._inner.read(each, f"{path}/{at}", faults) for at, each in enumerate(value)]


class Table:
    """An object that maps keys to one kind of thing."""

    def __init__(self, key: Shape, inner: Shape) -> None:
        self._key, self._inner = key, inner
        self.expected = "an object"

    def read(self, value: object, path: str, faults: Faults) -> object:
        """The mapping, each key and value cleaned. A key that does not fit is not repeated in the path."""
        if not isinstance(value, dict) or len(value) > MAX_LIST:
            faults.add(path, seen(value), self.expected)
            return value
        _tell_doubled(value, path, faults, frozenset())
        return {key: self._one(key, each, path, faults) for key, each in value.items()}

    def _one(self, key: object, value: object, path: str, faults: Faults) -> object:
        before = len(faults.problems)
        self._key.read(key, path, faults)
        if len(faults.problems) > before or not isinstance(key, str):
            return value
        return self._inner.read(value, pointer(path, key) if key in KNOWN_WORDS else path, faults)


class Record:
    """A struct: fields that must be there, fields that may, and nothing else."""

    def __init__(self, name: str, fields: Mapping[str, Shape], required: tuple[str, ...]) -> None:
        self._fields, self._required = fields, required
        self._names = frozenset(fields)
        self.expected = f"an object ({name})"

    def read(self, value: object, path: str, faults: Faults) -> object:
        """The object, each field cleaned."""
        if not isinstance(value, dict):
            faults.add(path, seen(value), self.expected)
            return value
        _tell_doubled(value, path, faults, self._names)
        clean = {}
        for name, each in value.items():
            shape = self._fields.get(name) if isinstance(name, str) else None
            if shape is None:
                self._unknown(name, path, faults)
            else:
                clean[name] = shape.read(each, f"{path}/{name}", faults)
        for name in self._required:
            if name not in value:
                faults.add(f"{path}/{name}", "nothing", self._fields[name].expected)
        return clean

    def _unknown(self, name: object, path: str, faults: Faults) -> None:
        """A name that is not ours may be anything, a person's too: only near misses and common words are repeated."""
        if faults.full:
            return faults.add(path, "", "")
        near = nearest(name, self._names) if isinstance(name, str) else None
        if isinstance(name, str) and (near or _common(name)):
            hint = f"; did you mean '{near}'?" if near else f"; known here are {', '.join(sorted(self._names))}"
            return faults.add(pointer(path, name), "a field that is not known here", "no such field" + hint)
        size = count(len(name), "character") if isinstance(name, str) else "no text"
        known = ", ".join(sorted(self._names))
        return faults.add(
            path, f"a field that is not known here (its name, of {size}, is not repeated)", f"only {known}"
        )


def _tell_doubled(value: Mapping[str, object], path: str, faults: Faults, names: frozenset[str]) -> None:
    if isinstance(value, Doubled):
        for name in value.again:
            where = pointer(path, name) if name in names else path
            faults.add(where, "the same field more than once", "each field once")


_COMMON = frozenset({
    "name", "names", "victim", "victims", "person", "persons", "people", "who", "full", "first", "last", "given",
    "family", "email", "mail", "phone", "tel", "number", "url", "link", "uri", "address", "text", "title", "summary",
    "description", "note", "notes", "comment", "type", "version", "schema", "date", "time", "timestamp", "day",
    "created", "updated", "modified", "author", "reporter", "contact", "city", "region", "lat", "lon", "latitude",
    "longitude", "location", "event", "uuid", "key", "value", "values", "data", "meta", "metadata", "extra", "tags",
    "labels", "status", "state", "country", "code", "lang", "language", "payload", "body", "hash", "customer", "client",
    "agency", "operator", "vendor", "product", "license", "licence", "licensee", "sources", "reference", "references",
})  # fmt: skip


def _common(name: str) -> bool:
    """Whether a field's name is made of nothing but words that anyone would use for a field."""
    parts = re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower().split("_") if len(name) <= LONGEST_QUOTED else [""]
    return all(part in _COMMON for part in parts)


@cache
def shape_of(kind: type[msgspec.Struct]) -> Record:
    """The shape of a struct, made once. Raises `TypeError` for a type that this module does not understand."""
    info = inspect.type_info(kind)
    if not isinstance(info, inspect.StructType):
        raise TypeError(f"{kind} is no struct")
    fields: dict[str, Shape] = {field.encode_name: _shape(field.type, {}) for field in info.fields}
    required = tuple(field.encode_name for field in info.fields if field.required)
    if info.tag_field is not None:
        fields = {info.tag_field: Word((info.tag,)), **fields}
        required = (info.tag_field, *required)
    return Record(kind.__name__, fields, required)


def _shape(info: inspect.Type, extra: Mapping[str, object]) -> Shape:
    match info:
        case inspect.Metadata():
            return _shape(info.type, {**(info.extra or {}), **extra})
        case inspect.UnionType():
            return _maybe(info, extra)
        case inspect.StrType():
            return _text(info, extra)
        case inspect.IntType():
            return Whole(info.ge, info.le)
        case inspect.BoolType():
            return YesNo()
        case inspect.LiteralType():
            return Word(tuple(info.values))
        case inspect.DateType():
            return Day()
        case inspect.DateTimeType():
            return Moment()
        case inspect.VarTupleType():
            most = MAX_LIST if info.max_length is None else info.max_length
            return Several(_shape(info.item_type, {}), info.min_length or 0, most)
        case inspect.DictType():
            return Table(_shape(info.key_type, {"exact": True}), _shape(info.value_type, {}))
        case inspect.StructType():
            return shape_of(info.cls)
        case _:
            raise TypeError(
                f"no shape for {info}: facts are made of text, whole numbers, days, words, lists and structs"
            )


def _maybe(info: inspect.UnionType, extra: Mapping[str, object]) -> Shape:
    inner = [each for each in info.types if not isinstance(each, inspect.NoneType)]
    if len(inner) != 1:
        raise TypeError(f"no shape for {info}: only `type | None` is understood")
    shape = _shape(inner[0], extra)
    return Maybe(shape) if len(inner) < len(info.types) else shape


def _text(info: inspect.StrType, extra: Mapping[str, object]) -> Shape:
    if extra.get("country"):
        return State()
    of = Text if not extra.get("exact") else Exact if info.pattern else Role
    return of(info.min_length or 0, MAX_TEXT if info.max_length is None else info.max_length, info.pattern)
