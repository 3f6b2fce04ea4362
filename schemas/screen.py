"""Law 7 at the door: text that may hold who a victim or a source is goes no further."""

from __future__ import annotations

from schemas.problems import Problem


class DenyList:
    """Words that may not come in, kept as salted digests."""


def in_text(text: str, deny: DenyList | None = None) -> list[Problem]:
    """What free text holds that must not be there."""
    return []


def in_id(text: str, deny: DenyList | None = None) -> list[Problem]:
    """What an id holds that must not be there."""
    return []


def in_role(text: str, deny: DenyList | None = None) -> list[Problem]:
    """What a role holds that must not be there."""
    return []
