"""What is wrong with an input: one `Problem` a fault, every fault at once.

Text that may hold a person's name is never quoted; numbers, dates, codes and vocabulary words are.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing wrong with an input."""

    path: Annotated[str, Meta(description="Where: `/victims/0/count`; empty: the whole [JSON pointer, RFC 6901].")]
    found: Annotated[
        str, Meta(description="What was found: quotes numbers, dates and vocabulary, never free text [text].")
    ]
    expected: Annotated[str, Meta(description="What was expected [text].")]


class Refused(ValueError):  # noqa: N818  (named for what happened to the input)
    """An input that cannot be used; `problems` lists every fault."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{p.path or '(whole)'}: found {p.found}, expected {p.expected}" for p in problems))
        self.problems = problems
