"""Policies that ship, one a legal system, and policies that state only what differs from one of them.

A document with `base` is laid over the policy of that name as RFC 7386 has it: objects are merged, `null` takes out,
lists and plain values replace. What comes of it is read by the same strict door as any policy. The log holds whole
documents only, so that what an old alert was judged by does not change with a later base.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from schemas import Policy
from schemas.problems import Problem, Refused
from schemas.reading import read_fact

START = "start"
"""The policy that every other is laid over in the end; of no legal system."""


@cache
def pack_names() -> tuple[str, ...]:
    """The names of the policies that ship; the start policy first."""
    folder = files("streams.rules") / "policies"
    names = sorted(each.name.removesuffix(".json") for each in folder.iterdir() if each.name.endswith(".json"))
    return (START, *(name for name in names if name != START))


@cache
def pack(name: str) -> Policy:
    """The shipped policy of this name, whole. Raises `Refused` where none ships."""
    return _policy(_whole(_shipped(name)))


def own_words(name: str) -> dict[str, Any]:
    """What the shipped policy of this name states itself; without `base` it is the whole of it."""
    return _shipped(name)


def resolved(raw: bytes) -> Policy:
    """A policy document, whole or laid over a shipped one (`base`). Raises `Refused` with every fault."""
    try:
        stated = json.loads(raw)
    except ValueError:
        stated = None
    if not isinstance(stated, dict) or "base" not in stated:
        return _policy(raw)
    return _policy(_whole(stated))


AUTHORITYS_OWN = ("sources", "calendars", "destination_classes", "frameworks")
"""What belongs to an authority, not to a legal system: packs say nothing of it beyond the start policy."""


def with_register(policy: Policy, others: Iterable[Policy]) -> Policy:
    """`policy` with the source register, and what else is an authority's own, of the first of `others` that has it.

    What the policy itself states stays.
    """
    there, start = tuple(others), pack(START)
    taken = {
        field: next((held for other in there if (held := getattr(other, field))), getattr(policy, field))
        for field in AUTHORITYS_OWN
        if getattr(policy, field) == getattr(start, field)
    }
    return msgspec.structs.replace(policy, **taken)


def overlaid(base: Any, stated: Any) -> Any:
    """JSON merge patch (RFC 7386): `stated` laid over `base`; neither is changed."""
    if not isinstance(stated, dict):
        return stated
    whole = dict(base) if isinstance(base, dict) else {}
    for name, value in stated.items():
        if value is None:
            whole.pop(name, None)
        else:
            whole[name] = overlaid(whole.get(name), value)
    return whole


def _shipped(name: str) -> dict[str, Any]:
    if name not in pack_names():
        expected = f"the name of a shipped policy: {', '.join(pack_names())}"
        raise Refused([Problem(path="/base", found="another name", expected=expected)])
    stated = json.loads((files("streams.rules") / "policies" / f"{name}.json").read_bytes())
    assert isinstance(stated, dict)
    return stated


def _whole(stated: dict[str, Any]) -> dict[str, Any]:
    """The document with its base, and the base of that, under it."""
    if "base" not in stated:
        return stated
    rest = {name: value for name, value in stated.items() if name != "base"}
    base = _whole(_shipped(stated["base"]))
    whole = overlaid({name: value for name, value in base.items() if name != "revision"}, rest)
    assert isinstance(whole, dict)
    return whole


def _policy(document: bytes | dict[str, Any]) -> Policy:
    raw = document if isinstance(document, bytes) else json.dumps(document).encode()
    policy = read_fact(raw, expect="policy")
    if not isinstance(policy, Policy):
        raise Refused([Problem(path="/fact", found="a retraction", expected="a policy")])
    return policy
