"""Errors, named for what the caller must do.

    Stop      the program cannot go on: a setting, a lock, a failed send, a full disk
    Wait      the other side is away: try again later, nothing is lost
    Refused   this input cannot be used (`schemas.problems`): `problems` say where, what was found, what was expected

A message names the thing, the value found and what was expected. Text that may hold a person's name is never quoted.
"""

from __future__ import annotations

from schemas.problems import Problem, Refused

__all__ = ["PledgewatchError", "Problem", "Refused", "Stop", "Wait"]


class PledgewatchError(Exception):
    """The root of what the moving parts raise."""


class Stop(PledgewatchError):  # noqa: N818  (named for what the caller does)
    """The program cannot go on; the message says what to mend before it is started again."""


class Wait(PledgewatchError):  # noqa: N818
    """The other side is away; the same call may succeed after `retry_after` seconds."""

    def __init__(self, message: str, *, retry_after: float = 5.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after
