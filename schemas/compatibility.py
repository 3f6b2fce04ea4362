"""What a change of a schema means for those who wrote and read by the old one. What is not understood breaks.

A feeder's old fact must still be taken, and an older worker must still read a newer record. So a field may be added
when it can be left out, and words may be mended. What lets more in (a further word of a vocabulary, a wider bound)
`widens`: readers are brought up to date before writers. Anything else `breaks`, and takes a new version of the schema
beside the old one. Defaults are part of what is said, because records leave them out.

Not judged: what fields mean. A check never seen to fail is none: see `tests/schemas/test_compatibility.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import resources
from typing import Any, Literal, NamedTuple, TypeAlias

from schemas.wording import pointer

Effect: TypeAlias = Literal["none", "widens", "breaks"]
JsonSchema: TypeAlias = Mapping[str, Any]
_ABSENT: Any = object()


class Change(NamedTuple):
    """One difference between two versions of a schema."""

    path: str
    """JSON pointer into the schema."""
    what: str
    effect: Effect


class Pair(NamedTuple):
    """The old and the new schema as wholes, in which references are looked up."""

    old: JsonSchema
    new: JsonSchema


def changes(old: JsonSchema, new: JsonSchema) -> list[Change]:
    """Every difference between two schemas of one record, breaking ones first."""
    found = dict.fromkeys(_compared(Pair(old, new), old, new, "", frozenset()))
    order: tuple[Effect, ...] = ("breaks", "widens", "none")
    return sorted(found, key=lambda change: (order.index(change.effect), change.path))


def changes_of_all(old: Mapping[str, JsonSchema], new: Mapping[str, JsonSchema]) -> list[Change]:
    """Every difference between two folders of schemas; a schema that is gone breaks, a further one does not."""
    gone = [Change(f"/{name}", "the schema is gone", "breaks") for name in sorted(old.keys() - new.keys())]
    added = [Change(f"/{name}", "a further schema", "none") for name in sorted(new.keys() - old.keys())]
    both = [
        change._replace(path=f"/{name}#{change.path}")
        for name in sorted(old.keys() & new.keys())
        for change in changes(old[name], new[name])
    ]
    return [*gone, *both, *added]


def released() -> tuple[str, dict[str, JsonSchema]]:
    """The newest release and its schemas by file name; raises `LookupError` where nothing was released."""
    folders = resources.files("schemas").joinpath("json", "released").iterdir()
    newest = max(folders, key=lambda each: tuple(int(part) for part in each.name.split(".")), default=None)
    if newest is None:
        raise LookupError("schemas/json/released is empty, expected a folder a release")
    files = sorted(newest.iterdir(), key=lambda each: each.name)
    return newest.name, {each.name: json.loads(each.read_text(encoding="utf-8")) for each in files}


Compare: TypeAlias = Callable[[Pair, Any, Any, str, frozenset[str]], Iterator[Change]]


def _compared(pair: Pair, old: Any, new: Any, path: str, on_way: frozenset[str]) -> Iterator[Change]:
    """Keyword by keyword, references followed once."""
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        if old != new:
            yield Change(path, "something other than a schema", "breaks")
        return
    references = f"{old.get('$ref')} {new.get('$ref')}"
    if "$ref" in old or "$ref" in new:
        if references in on_way:
            return
        on_way |= {references}
    old, new = _followed(pair.old, old), _followed(pair.new, new)
    for keyword in sorted(old.keys() | new.keys()):
        compare = KEYWORDS.get(keyword, _not_understood)
        yield from compare(pair, old.get(keyword, _ABSENT), new.get(keyword, _ABSENT), pointer(path, keyword), on_way)


def _followed(whole: JsonSchema, part: JsonSchema) -> JsonSchema:
    """The schema with its reference replaced by what it refers to; words beside the reference win."""
    reference = part.get("$ref")
    if not isinstance(reference, str):
        return part
    target = whole.get("$defs", {}).get(reference.removeprefix("#/$defs/"))
    if target is None:
        return {**part, "$ref": ["refers to nothing"]}
    return {**target, **{keyword: value for keyword, value in part.items() if keyword != "$ref"}}


def _not_understood(_: Pair, old: Any, new: Any, path: str, __: frozenset[str]) -> Iterator[Change]:
    yield Change(path, "a keyword that is not understood", "breaks")


def _words(_: Pair, old: Any, new: Any, path: str, __: frozenset[str]) -> Iterator[Change]:
    if old != new:
        yield Change(path, "other words", "none")


def _must_stay(_: Pair, old: Any, new: Any, path: str, __: frozenset[str]) -> Iterator[Change]:
    if old != new:
        yield Change(path, f"{_shown(old)} became {_shown(new)}", "breaks")


def _may_go(_: Pair, old: Any, new: Any, path: str, __: frozenset[str]) -> Iterator[Change]:
    if old != new:
        yield Change(path, f"{_shown(old)} became {_shown(new)}", "widens" if new is _ABSENT else "breaks")


def _least(_: Pair, old: Any, new: Any, path: str, __: frozenset[str]) -> Iterator[Change]:
    if old != new:
        wider = new is _ABSENT or (old is not _ABSENT and new < old)
        yield Change(path, f"{_shown(old)} became {_shown(new)}", "widens" if wider else "breaks")


def _most(_: Pair, old: Any, new: Any, path: str, __: frozenset[str]) -> Iterator[Change]:
    if old != new:
        wider = new is _ABSENT or (old is not _ABSENT and new > old)
        yield Change(path, f"{_shown(old)} became {_shown(new)}", "widens" if wider else "breaks")


def _enum(_: Pair, old: Any, new: Any, path: str, __: frozenset[str]) -> Iterator[Change]:
    if old is _ABSENT or new is _ABSENT:
        yield Change(path, f"{_shown(old)} became {_shown(new)}", "widens" if new is _ABSENT else "breaks")
        return
    yield from (Change(path, f"{_shown(word)} is gone", "breaks") for word in old if word not in new)
    yield from (Change(path, f"{_shown(word)} is new", "widens") for word in new if word not in old)


def _required(_: Pair, old: Any, new: Any, path: str, __: frozenset[str]) -> Iterator[Change]:
    before, after = _list(old), _list(new)
    yield from (Change(path, f"{name} must be there now", "breaks") for name in after if name not in before)
    yield from (Change(path, f"{name} may be left out now", "widens") for name in before if name not in after)


def _properties(pair: Pair, old: Any, new: Any, path: str, on_way: frozenset[str]) -> Iterator[Change]:
    before, after = ({} if each is _ABSENT else each for each in (old, new))
    for name in before:
        if name in after:
            yield from _compared(pair, before[name], after[name], pointer(path, name), on_way)
        else:
            yield Change(pointer(path, name), "the field is gone", "breaks")
    for name in (name for name in after if name not in before):
        effect: Effect = "none" if "default" in after[name] else "breaks"
        yield Change(pointer(path, name), "a further field" + ("" if effect == "none" else " without default"), effect)
        yield from _misspelt(pair, after[name], pointer(path, name), on_way)


def _misspelt(pair: Pair, new: Any, path: str, on_way: frozenset[str]) -> Iterator[Change]:
    """What is new has nothing to be compared with, but is to be understood."""
    alone = Pair(pair.new, pair.new)
    yield from _compared(alone, new, new, path, on_way)


def _one_schema(pair: Pair, old: Any, new: Any, path: str, on_way: frozenset[str]) -> Iterator[Change]:
    if old is _ABSENT or new is _ABSENT:
        yield Change(path, f"{_shown(old)} became {_shown(new)}", "breaks")
    else:
        yield from _compared(pair, old, new, path, on_way)


def _schemas(pair: Pair, old: Any, new: Any, path: str, on_way: frozenset[str]) -> Iterator[Change]:
    before, after = _list(old), _list(new)
    if len(before) != len(after):
        yield Change(path, f"{len(before)} alternatives became {len(after)}", "breaks")
    for at, (one, other) in enumerate(zip(before, after, strict=False)):
        yield from _compared(pair, one, other, pointer(path, at), on_way)


def _closed(pair: Pair, old: Any, new: Any, path: str, on_way: frozenset[str]) -> Iterator[Change]:
    """`additionalProperties`: a bound on names, or the schema of a table's values."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _compared(pair, old, new, path, on_way)
    elif old != new:
        yield Change(path, f"{_shown(old)} became {_shown(new)}", "widens" if old is False else "breaks")


def _seen_by_reference(_: Pair, __: Any, ___: Any, ____: str, _____: frozenset[str]) -> Iterator[Change]:
    """`$defs` are compared where they are used; one that is not used says nothing."""
    return iter(())


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, Iterable) and value is not _ABSENT else []


def _shown(value: Any) -> str:
    if value is _ABSENT:
        return "nothing"
    return "a schema" if isinstance(value, Mapping) else json.dumps(value)


KEYWORDS: dict[str, Compare] = {
    "$schema": _must_stay,
    "$id": _must_stay,
    "$defs": _seen_by_reference,
    "title": _words,
    "description": _words,
    "type": _must_stay,
    "format": _must_stay,
    "const": _must_stay,
    "default": _must_stay,
    "pattern": _may_go,
    "enum": _enum,
    "minimum": _least,
    "maximum": _most,
    "minLength": _least,
    "maxLength": _most,
    "minItems": _least,
    "maxItems": _most,
    "required": _required,
    "properties": _properties,
    "propertyNames": _one_schema,
    "additionalProperties": _closed,
    "items": _one_schema,
    "anyOf": _schemas,
}
"""How each keyword is compared. `$ref` is followed before; a keyword that is not here breaks."""
