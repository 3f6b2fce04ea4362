"""The examples beside the schemas: `examples/<topic>/<case>.json` must be taken, `<case>.invalid.json` must be refused.

A valid file is the fact itself. An invalid one holds the `fact` and what is `refused`: every path that is told, and
part of what is expected there. The same files feed the tests of the door, the rules, the warehouse and the API. Every
name, state and number in them is made up.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any

import msgspec

from schemas.codec import AnyFact
from schemas.reading import read_fact


class Expected(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One fault that a refusal must tell."""

    path: str
    """JSON pointer."""
    expected: str
    """Part of what is said to be expected there."""


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """One example."""

    topic: str
    case: str
    """What it is an example of, in words joined by dashes."""
    fact: dict[str, Any]
    """The decoded JSON."""
    refused: tuple[Expected, ...] = ()
    """Empty: it must be taken."""

    @property
    def kind(self) -> str:
        """The kind of fact that it is, or would be."""
        return str(self.fact["fact"])

    @property
    def raw(self) -> bytes:
        """The example as a feeder would send it."""
        return json.dumps(self.fact, ensure_ascii=False).encode()


class _Invalid(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    refused: tuple[Expected, ...]
    fact: dict[str, Any]


@cache
def examples() -> tuple[Example, ...]:
    """Every example, by topic and case; raises `ValueError` naming a file that is neither kind."""
    return tuple(sorted(_read(), key=lambda each: (each.topic, each.case)))


def valid() -> tuple[Example, ...]:
    """The examples that must be taken."""
    return tuple(each for each in examples() if not each.refused)


def invalid() -> tuple[Example, ...]:
    """The examples that must be refused."""
    return tuple(each for each in examples() if each.refused)


def facts() -> tuple[AnyFact, ...]:
    """The valid examples as facts."""
    return tuple(read_fact(each.raw) for each in valid())


def _read() -> Iterator[Example]:
    for folder in resources.files("schemas").joinpath("examples").iterdir():
        for file in folder.iterdir():
            try:
                yield _example(folder.name, file.name, file.read_bytes())
            except msgspec.MsgspecError as error:
                raise ValueError(f"examples/{folder.name}/{file.name}: {error}") from error


def _example(topic: str, name: str, raw: bytes) -> Example:
    if name.endswith(".invalid.json"):
        held = msgspec.json.decode(raw, type=_Invalid)
        return Example(topic=topic, case=name.removesuffix(".invalid.json"), fact=held.fact, refused=held.refused)
    return Example(topic=topic, case=name.removesuffix(".json"), fact=msgspec.json.decode(raw, type=dict[str, Any]))
