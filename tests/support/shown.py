"""Which tests show a rule: those of `tests/streams/rules` that name it. Run by itself it writes the shipped list."""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import TypeVar

import msgspec

ROOT = Path(__file__).parents[2]
LIST = ROOT / "streams/rules/tables/shown_by.json"


Test = TypeVar("Test", bound=Callable[..., object])


def shows(*rules: str) -> Callable[[Test], Test]:
    """Mark a test as one that shows `rules`, where it does not name them itself; the file sees to it that they spoke."""

    def marked(test: Test) -> Test:
        test.shows = rules  # type: ignore[attr-defined]
        return test

    return marked


def tests_by_rule(rules: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """By rule the tests that name it, as `file::test`, sorted."""
    named = _named()
    return {rule: named[rule] for rule in sorted(rules) if rule in named}


@cache
def _named() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for file in sorted((ROOT / "tests/streams/rules").glob("test_*.py")):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for word in _words(node):
                    found[word].append(f"{file.stem}::{node.name}")
    return {word: tuple(sorted(set(tests))) for word, tests in found.items()}


def _words(test: ast.FunctionDef) -> set[str]:
    """Every plain string in a test and in what is laid over it."""
    return {n.value for n in ast.walk(test) if isinstance(n, ast.Constant) and isinstance(n.value, str)}


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    from streams.rules.clauses import KINDS, SOURCES, rules_of

    names = {rule.__name__ for kind in KINDS for source in SOURCES for rule in rules_of(kind, source)}
    LIST.write_bytes(msgspec.json.format(msgspec.json.encode(tests_by_rule(names)), indent=1) + b"\n")
