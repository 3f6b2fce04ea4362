"""What is wrong with an input: one `Problem` a fault, every fault at once.

Text that may hold a person's name is never quoted; numbers, dates, codes and vocabulary words are.
"""

from __future__ import annotations

import msgspec


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing wrong with an input."""

    path: str
    """Where, as a JSON pointer: `/victims/0/count`. Empty for the whole."""
    found: str
    """What was found, in words that quote numbers, dates and vocabulary but never free text."""
    expected: str
    """What was expected."""


class Refused(ValueError):  # noqa: N818  (named for what happened to the input)
    """An input that cannot be used; `problems` lists every fault."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{p.path or '(whole)'}: found {p.found}, expected {p.expected}" for p in problems))
        self.problems = problems
