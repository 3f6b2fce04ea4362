"""The strict door: bytes, or decoded JSON, to facts; or a refusal that lists every fault with its path.

Strict where the codec is tolerant: unknown and repeated fields are refused at every depth, states are resolved, texts
are screened (`schemas.screen`), and fields are held against each other (`schemas.meaning`). Nothing here repeats free
text. A file holds facts as NDJSON, a body may also be one fact or a JSON array.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TypeAlias

import msgspec

from schemas.codec import FACT_TYPES, AnyFact
from schemas.common import Fact
from schemas.meaning import faults_of
from schemas.problems import Problem, Refused
from schemas.screen import DenyList
from schemas.shapes import Doubled, Faults, ResolveCountry, shape_of
from schemas.vocabulary import FactKind
from schemas.wording import count, nearest, seen, words

MAX_FACT = 1 << 20
"""Largest single fact [bytes]."""
MAX_BODY = 64 << 20
"""Largest body of many facts [bytes]."""

_TYPES: dict[str, type[Fact]] = {str(each.__struct_config__.tag): each for each in FACT_TYPES}
_KINDS = frozenset(_TYPES)
_BOM = b"\xef\xbb\xbf"
_KEY_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/#+-]{0,119}", re.ASCII)


class LineRefused(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a file, or one element of a body, that cannot be used."""

    line: int
    """Which, from 1 [count]; blank lines count."""
    problems: tuple[Problem, ...]
    """Every fault; paths begin at the fact."""


Read: TypeAlias = AnyFact | LineRefused


class Door:
    """How facts are read here: who resolves states, which words are denied, which kind is expected."""

    def __init__(
        self,
        *,
        resolve_country: ResolveCountry | None = None,
        expect: FactKind | None = None,
        deny: DenyList | None = None,
    ) -> None:
        self._resolve_country, self._expect, self._deny = resolve_country, expect, deny

    def fact(self, raw: object) -> AnyFact:
        """One fact from bytes, decoded JSON, or a fact made in the house; raises `Refused` with every fault."""
        tree = _tree(bytes(raw), MAX_FACT) if isinstance(raw, bytes | bytearray | memoryview) else raw
        if isinstance(tree, msgspec.Struct):
            tree = msgspec.to_builtins(tree)
        return self._checked(tree)

    def lines(self, lines: Iterable[bytes]) -> Iterator[Read]:
        """One fact a line (NDJSON), or why it was refused; blank lines are passed over."""
        for number, line in enumerate(lines, start=1):
            if line.strip():
                yield self._or_refused(line, number)

    def many(self, body: bytes, content_type: str = "application/json") -> list[Read]:
        """A body of one fact, a JSON array of them, or NDJSON; raises `Refused` where it cannot be taken apart."""
        if len(body) > MAX_BODY:
            raise _too_large(len(body), MAX_BODY)
        if "ndjson" in content_type or "jsonl" in content_type or "json-seq" in content_type:
            return list(self.lines(body.split(b"\n")))
        tree = _tree(body, MAX_BODY)
        if not isinstance(tree, list):
            return [self._or_refused(tree, 1)]
        return [self._or_refused(each, number) for number, each in enumerate(tree, start=1)]

    def _or_refused(self, raw: object, number: int) -> Read:
        try:
            return self.fact(raw)
        except Refused as refused:
            return LineRefused(line=number, problems=tuple(refused.problems))

    def _checked(self, tree: object) -> AnyFact:
        kind = self._kind(tree)
        faults = Faults(self._resolve_country, self._deny)
        clean = shape_of(kind).read(_with_tag(tree, kind), "", faults)
        fact = _converted(clean, kind) if not faults.problems else None
        problems = faults.all() if fact is None else [*faults_of(fact), *self._unexpected(fact)]
        if fact is None or problems:
            raise Refused(problems)
        return fact

    def _kind(self, tree: object) -> type[Fact]:
        if not isinstance(tree, dict):
            raise Refused([Problem(path="", found=seen(tree), expected="a fact: a JSON object")])
        named = tree.get("fact", self._expect)
        kind = _TYPES.get(named) if isinstance(named, str) else None
        if kind is None:
            raise Refused([_unknown_kind(named, self._expect)])
        return kind

    def _unexpected(self, fact: AnyFact) -> list[Problem]:
        """A retraction may come wherever that which it takes back may come."""
        kind = str(fact.__struct_config__.tag)
        of = getattr(fact, "of", None)
        if self._expect is None or self._expect in (kind, of):
            return []
        return [Problem(path="/fact", found=f"'{kind}'", expected=f"'{self._expect}', or a retraction of one")]


def _unknown_kind(named: object, expect: str | None) -> Problem:
    if named is None:
        return Problem(path="/fact", found="nothing", expected=words(sorted(_KINDS)))
    near = nearest(named, _KINDS) if isinstance(named, str) else None
    found, hint = (f"'{named}'", f"; did you mean '{near}'?") if near else (seen(named), "")
    return Problem(path="/fact", found=found, expected=(f"'{expect}'" if expect else words(sorted(_KINDS))) + hint)


def _with_tag(tree: object, kind: type[Fact]) -> object:
    if isinstance(tree, dict) and "fact" not in tree:
        return type(tree)(tree, fact=kind.__struct_config__.tag)
    return tree


def _converted(clean: object, kind: type[Fact]) -> AnyFact:
    try:
        return msgspec.convert(clean, kind)  # type: ignore[return-value]
    except (msgspec.ValidationError, RecursionError) as error:
        # The shapes are made from the same types, so this is a fault of ours; msgspec's words may quote the text.
        expected = f"what schemas/json/{kind.__struct_config__.tag}.v1.json says"
        raise Refused([Problem(path="", found="a value that its type does not admit", expected=expected)]) from error


def _too_large(size: int, most: int) -> Refused:
    return Refused([Problem(path="", found=count(size, "byte"), expected=f"at most {count(most, 'byte')}")])


def _tree(raw: bytes, most: int) -> object:
    """Decoded JSON in which a repeated field can still be seen; raises `Refused` for what is not JSON."""
    if len(raw) > most:
        raise _too_large(len(raw), most)
    try:
        return json.loads(raw.removeprefix(_BOM).decode(), object_pairs_hook=_object, parse_constant=_no_number)
    except UnicodeDecodeError as error:
        found, expected = f"bytes that are not UTF-8, from byte {error.start}", "JSON in UTF-8"
    except json.JSONDecodeError as error:
        found, expected = f"no JSON, from line {error.lineno}, column {error.colno}", f"JSON ({error.msg})"
    except RecursionError:
        found, expected = "lists or objects too deep within each other", "a fact, which is at most six deep"
    except ValueError as error:
        found, expected = str(error) if isinstance(error, _NoNumber) else "a number too long to read", "a finite number"
    raise Refused([Problem(path="", found=found, expected=expected)])


class _NoNumber(ValueError):  # noqa: N818  (named for what was found)
    """NaN or Infinity, which JSON does not know."""


def _no_number(name: str) -> object:
    raise _NoNumber(name)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    doubled = Doubled(found)
    times = Counter(name for name, _ in pairs)
    doubled.again = tuple(name for name in found if times[name] > 1)
    return doubled


def read_fact(
    raw: object,
    *,
    resolve_country: ResolveCountry | None = None,
    expect: FactKind | None = None,
    deny: DenyList | None = None,
) -> AnyFact:
    """One fact from bytes or decoded JSON; raises `Refused` with every fault.

    The field `fact` may be left out where `expect` says it.
    """
    return Door(resolve_country=resolve_country, expect=expect, deny=deny).fact(raw)


def read_ndjson(
    lines: Iterable[bytes],
    *,
    resolve_country: ResolveCountry | None = None,
    expect: FactKind | None = None,
    deny: DenyList | None = None,
) -> Iterator[Read]:
    """Facts, one a line, each read or refused with its line number; never raises for what a line holds."""
    return Door(resolve_country=resolve_country, expect=expect, deny=deny).lines(lines)


def read_many(
    body: bytes,
    content_type: str = "application/json",
    *,
    resolve_country: ResolveCountry | None = None,
    expect: FactKind | None = None,
    deny: DenyList | None = None,
) -> list[Read]:
    """The facts of a body: one, a JSON array, or NDJSON by its content type.

    Raises `Refused` only where the body as a whole cannot be taken apart.
    """
    return Door(resolve_country=resolve_country, expect=expect, deny=deny).many(body, content_type)
