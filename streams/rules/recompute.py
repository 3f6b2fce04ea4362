"""An alert of the log, computed again from the facts, the policy and the names that made it, and held against itself.

An alert names every fact that it was computed from by the digest of its body (`Alert.basis`), the versions that made
it, and a day on which the same facts give the same alert (`Versions.since`). From these it is computed again; equal
bytes prove that nothing else went into it. Any difference is explained in words: by a fact that was erased since or is
not at hand, by another version of policy, names or code; what is left unexplained is said to be so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from schemas import Alert, AnyFact, Erasure, Name, Policy, Retraction
from schemas.alert import Case
from schemas.codec import body_hash, encode, kind_of
from schemas.common import EARLIEST
from streams.rules.alerts import CODE_VERSION
from streams.rules.assess import assess_facts
from streams.rules.docket import BASIS
from streams.rules.known import Standpoint, known, unerased
from streams.rules.naming import NamerOf, PlainNamer
from streams.rules.packs import pack, pack_names, with_register
from streams.rules.policy import shipped_policy

Missing = Literal["erased", "not_found"]
MOST_REGISTERS = 12
"""Earlier states of the register of names that are tried, the newest first [count]."""


class Recomputed(msgspec.Struct, frozen=True, kw_only=True):
    """What came of computing an alert again."""

    alert: Annotated[str, Meta(description="[alert id].")]
    version: Annotated[str, Meta(description="Digest of the claim that was computed again [hexadecimal].")]
    same: Annotated[bool, Meta(description="Whether every byte is the same [yes or no].")]
    facts: Annotated[int, Meta(ge=0, description="Facts that it names [count].")]
    found: Annotated[int, Meta(ge=0, description="Facts of them that are at hand [count].")]
    differences: Annotated[tuple[str, ...], Meta(description="What differs and why, in words; empty: nothing.")] = ()


class Basis(msgspec.Struct, frozen=True, kw_only=True):
    """What is at hand of what an alert was computed from."""

    facts: tuple[AnyFact, ...]
    policies: tuple[Policy, ...]
    """Those of the version named; several bodies may bear one version."""
    missing: Mapping[str, Missing]
    """By digest of the body, as far as the alert names it."""


def basis_of(stored: Alert, facts: Sequence[AnyFact]) -> Basis:
    """The facts and the policy that an alert names, from all facts at hand and the policies that ship with the code."""
    wanted = frozenset(digest[:BASIS] for digest in stored.basis)
    found: dict[str, AnyFact] = {}
    erased: set[str] = set()
    for fact in unerased(facts):
        if isinstance(fact, Erasure):
            erased |= {digest[:BASIS] for digest in fact.bodies} if fact.erases else set()
        elif not isinstance(fact, Retraction) and (digest := body_hash(fact)[:BASIS]) in wanted:
            before = found.get(digest)
            if before is None or _recorded(fact) < _recorded(before):
                found[digest] = fact
    version = stored.versions.policy if stored.versions else ""
    stated = [fact for fact in facts if isinstance(fact, Policy)]
    shipped = [pack(name) for name in pack_names()]
    every = (*stated, *shipped, *(with_register(policy, [other]) for policy in shipped for other in stated))
    named = {body_hash(policy): policy for policy in every if policy.version == version}
    return Basis(
        facts=tuple(found[digest] for digest in sorted(found)),
        policies=tuple(named[digest] for digest in sorted(named)),
        missing={d: "erased" if d in erased else "not_found" for d in sorted(wanted - found.keys())},
    )


def _recorded(fact: AnyFact) -> dt.datetime:
    return fact.recorded_at or dt.datetime.max.replace(tzinfo=dt.UTC)


def recompute(stored: Alert, facts: Iterable[AnyFact], *, namer_of: NamerOf = PlainNamer) -> Recomputed:
    """An alert computed again from `facts`, all that are at hand, and held against what was stored."""
    everything = tuple(facts)
    basis = basis_of(stored, everything)
    again = _nearest(stored, _tries(stored, basis, everything, namer_of))
    said = explain_difference(stored, again, basis.missing)
    if said and stored.versions and not basis.policies:
        said = (f"Policy {stored.versions.policy} is not at hand; the one that ships with the code was used.", *said)
    return Recomputed(
        alert=stored.id, version=stored.version, same=not said, facts=len(stored.basis),
        found=len(stored.basis) - len(basis.missing), differences=said,
    )  # fmt: skip


def _tries(
    stored: Alert, basis: Basis, everything: Sequence[AnyFact], namer_of: NamerOf
) -> Iterator[list[Alert | None]]:
    """The alert by each policy of its version, for each state of the register of names, the newest first."""
    if stored.versions is None:
        return
    today = stored.versions.since or EARLIEST
    for names in _registers(everything):
        facts = [*basis.facts, *names]
        policies = basis.policies or (shipped_policy(),)
        yield [_computed(stored.id, facts, policy, today, namer_of) for policy in policies]


def _computed(alert: str, facts: Iterable[AnyFact], policy: Policy, today: dt.date, namer_of: NamerOf) -> Alert | None:
    found = assess_facts(facts, policy=policy, today=today, namer_of=namer_of)
    return next((a for each in found for a in each.alerts if a.id == alert), None)


def _registers(everything: Sequence[AnyFact]) -> Iterator[tuple[AnyFact, ...]]:
    """The rows of the register of names and what was taken back of them: as known now, then as known before each."""
    rows = tuple(fact for fact in everything if kind_of(fact) == "name" and isinstance(fact, Name | Retraction))
    yield rows
    moments = sorted({row.recorded_at for row in rows if row.recorded_at}, reverse=True)[:MOST_REGISTERS]
    for moment in moments:
        yield tuple(known(rows, Standpoint(as_known_at=moment - dt.timedelta(microseconds=1))))


def _nearest(stored: Alert, tries: Iterable[Sequence[Alert | None]]) -> Alert | None:
    """The first try with the same bytes; of none the first with the same register of names, else the first of all."""
    first: Alert | None = None
    for number, tried in enumerate(tries):
        for again in tried:
            if again is not None and encode(again) == encode(stored):
                return again
        first = tried[0] if number == 0 else first
        for again in tried:
            if again and again.versions and stored.versions and again.versions.names == stored.versions.names:
                return again
    return first


def explain_difference(stored: Alert, again: Alert | None, missing: Mapping[str, Missing]) -> tuple[str, ...]:
    """Why an alert that was computed again is not the one stored, in sentences; none where every byte is the same."""
    if again is not None and encode(again) == encode(stored) and not missing:
        return ()
    causes = (*_missing(stored, missing), *_versions(stored, again))
    effects = tuple(_effects(stored, again))
    if not causes:
        causes = (
            "Facts and versions are the same and the alert is not: either the code changed under one version, or "
            "something went into the alert that it does not name. This should not be.",
        )
    return (*causes, *effects)


def _missing(stored: Alert, missing: Mapping[str, Missing]) -> Iterator[str]:
    named = {p.hash[:BASIS]: f"{p.fact}, revision {p.revision}" for c in stored.cases for p in c.evidence}
    why = {"erased": "was erased since", "not_found": "is not found among the facts at hand"}
    for digest in sorted(missing):
        known_as = named.get(digest)
        what = f"{known_as} (digest {digest})" if known_as else f"the fact with the digest {digest}"
        yield f"What it was computed from is not whole: {what} {why[missing[digest]]}."


def _versions(stored: Alert, again: Alert | None) -> Iterator[str]:
    then, now = stored.versions, again.versions if again else None
    if then is None:
        yield "The record says neither from which facts nor by which versions it was made."
        return
    if not stored.basis:
        yield "The record does not name the facts that it was computed from."
    if then.code != CODE_VERSION:
        yield f"The code is another: version {then.code} made it, version {CODE_VERSION} computed it again."
    if now and then.policy != now.policy:
        yield f"The policy is another: {then.policy} made it, {now.policy} computed it again."
    if now and then.names != now.names:
        yield (
            f"The register of names says something else of the names compared: {then.names} made it, "
            f"{now.names} computed it again."
        )


def _effects(stored: Alert, again: Alert | None) -> Iterator[str]:
    if again is None:
        yield "Computed again, there is no such alert."
        return
    simple = [name for name in stored.__struct_fields__ if name not in ("cases", "versions", "version")]
    for name in simple:
        before, after = getattr(stored, name), getattr(again, name)
        if before != after:
            yield f"It differs in {name.replace('_', ' ')}{_values(before, after)}."
    cases = {case.key: case for case in stored.cases}
    computed = {case.key: case for case in again.cases}
    for key in sorted(cases.keys() | computed.keys()):
        yield from _case(key, cases.get(key), computed.get(key))


def _case(key: str, before: Case | None, after: Case | None) -> Iterator[str]:
    if before is None or after is None:
        yield f"The case {key} {'is new' if before is None else 'is gone'}."
        return
    for name in before.__struct_fields__:
        one, other = getattr(before, name), getattr(after, name)
        if one != other:
            yield f"The case {key} differs in {name.replace('_', ' ')}{_values(one, other)}."


def _values(before: object, after: object) -> str:
    """Both values, where they are short: words, numbers and days."""
    short = (str, int, dt.date, type(None))
    if not (isinstance(before, short) and isinstance(after, short)) or max(len(str(before)), len(str(after))) > 60:
        return ""
    return f": {before if before is not None else 'none'} then, {after if after is not None else 'none'} now"
