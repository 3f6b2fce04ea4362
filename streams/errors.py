"""Errors, named for what the caller must do.

    PledgewatchError
    ├── Stop      the program cannot go on: a setting, a lock, a failed send, a full disk
    ├── Wait      the other side is away: try again later, nothing is lost
    └── Refused   this input cannot be used: `problems` say where, what was found, what was expected

A message names the thing, the value found and what was expected. Text that may hold a person's name is never quoted.
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


class PledgewatchError(Exception):
    """The root: nothing raises it itself."""


class Stop(PledgewatchError):  # noqa: N818  (named for what the caller does)
    """The program cannot go on; the message says what to mend before it is started again."""


class Wait(PledgewatchError):  # noqa: N818
    """The other side is away; the same call may succeed later."""

    def __init__(self, message: str, *, retry_after: float = 5.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Refused(PledgewatchError):  # noqa: N818
    """An input that cannot be used, with every problem found in it."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{p.path or '(whole)'}: found {p.found}, expected {p.expected}" for p in problems))
        self.problems = problems
