"""The policies that ship, and what two of them say differently of the same facts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from schemas import Policy, Refused
from schemas.codec import encode
from schemas.legal import LegalSystem
from schemas.policy import ClauseDefaults
from streams.errors import Stop
from streams.rules.compare import AlertDifference, CaseDifference, Cause, Comparison, Part
from streams.rules.packs import own_words, pack, pack_names, resolved
from streams.rules.policy import shipped_policy
from streams.rules.unsaid import NONE, parameter_words


def policy_named(named: str) -> Policy:
    """The shipped policy of this name, or the one in a file, whole or laid over a shipped one.

    Raises `Stop`, which names every fault.
    """
    if named in pack_names():
        return pack(named)
    file = Path(named)
    if not file.is_file():
        raise Stop(f"'{named}' is neither a file nor a shipped policy: {', '.join(pack_names())}")
    try:
        return resolved(file.read_bytes())
    except Refused as error:
        raise Stop(f"{file} is not one policy: {error}") from error


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="One policy a line.")
@click.pass_context
def policies(context: click.Context, as_json: bool) -> None:
    """List the policies that ship: which law each stands for, what it states, what of it is unverified."""
    if context.invoked_subcommand is None:
        for name in pack_names():
            click.echo(json.dumps(_summary(name)) if as_json else "\n".join(_listed(name)))


@policies.command()
@click.argument("policy")
@click.option("--json", "as_json", is_flag=True, help="The whole document, indented.")
def show(policy: str, as_json: bool) -> None:
    """Show POLICY, a name or a file: what it says, what it does not say, each with its source."""
    whole = policy_named(policy)
    if as_json:
        click.echo(msgspec.json.format(encode(whole), indent=1).decode())
    else:
        click.echo("\n".join(_told(whole)))


@policies.command()
@click.argument("policy")
def resolve(policy: str) -> None:
    """Print POLICY, a name or a file, whole on one line, as `submit` takes it: the log holds whole policies only."""
    click.echo(encode(policy_named(policy)).decode())


def _summary(name: str) -> dict[str, object]:
    policy = pack(name)
    law = policy.legal_system
    return {
        "name": name,
        "version": policy.version,
        "base": own_words(name).get("base"),
        "legal_system": law.name if law else None,
        "binding": law.binding if law else None,
        "implied": sorted(k for k, c in policy.clauses.items() if c.implied and not c.implied.unverified),
        "usual": sorted(k for k, c in policy.clauses.items() if any(not u.unverified for u in c.usual.values())),
        "silent_on": sorted({p.topic for p in law.provisions if p.silent}) if law else [],
        "unverified": len(list(unverified(policy))),
    }


def _listed(name: str) -> Iterator[str]:
    said = _summary(name)
    law = said["legal_system"] or "the project's start values, of no legal system"
    over = f", laid over {said['base']}" if said["base"] else ""
    yield f"{name:16} {law}"
    yield f"{'':16} version {said['version']}{over}; unverified statements: {said['unverified']}"
    for what in ("implied", "usual", "silent_on"):
        if said[what]:
            words = ", ".join(_spoken(each) for each in said[what])  # type: ignore[attr-defined]
            yield f"{'':16} {_spoken(what)}: {words}"


def unverified(policy: Policy) -> Iterator[str]:
    """What the policy states and nobody has held against its source; nothing is judged by it."""
    law = policy.legal_system
    yield from (f"{p.topic}: {p.words}" for p in (law.provisions if law else ()) if p.unverified)
    for kind, usual in sorted(policy.clauses.items()):
        yield from (f"clauses.{kind}.usual.{n}" for n, u in sorted(usual.usual.items()) if u.unverified)
        if usual.implied and usual.implied.unverified:
            yield f"clauses.{kind}.implied"
    yield from (f"deadlines.{name}" for name, d in sorted(policy.deadlines.items()) if d.unverified)
    yield from (f"footing.{kind}" for kind, f in sorted(policy.footing.items()) if f.unverified)


def _told(policy: Policy) -> Iterator[str]:
    yield f"{policy.id}, version {policy.version}"
    if policy.legal_system:
        yield from _law(policy.legal_system)
    yield "\nClauses: what is implied, and what is usual where a clause states none of its own"
    for kind, held in sorted(policy.clauses.items()):
        yield from _clause(kind, held)
    yield "\nDecisions: who takes them, on what footing"
    for decision, footing in sorted(policy.footing.items()):
        yield f"  {_spoken(decision)}: {footing.decider}. {footing.words}{_source(footing.origin, footing.unverified)}"
    yield "\nDeadlines: shown to people; no alert is made of them"
    for name, deadline in sorted(policy.deadlines.items()):
        days = f"{deadline.days} {_spoken(deadline.counted)}"
        yield f"  {_spoken(name)}: {days}. {deadline.words}{_source(deadline.origin, deadline.unverified)}"
    yield from _numbers(policy)
    yield f"\nSource register: {len(policy.sources) or 'none; it is taken from the policy among the facts'}"


def _law(law: LegalSystem) -> Iterator[str]:
    since = f", since {law.since}" if law.since else ""
    yield f"{law.name}; binding: {law.binding}{since}"
    topic = ""
    for said in law.provisions:
        if said.topic != topic:
            topic = said.topic
            yield f"\n{_spoken(topic).capitalize()}"
        mark = "Says nothing: " if said.silent else ""
        yield f"  {mark}{said.words}{_source(said.origin, said.unverified)}"


def _clause(kind: str, held: ClauseDefaults) -> Iterator[str]:
    if held.implied:
        since = f" for licenses granted from {held.implied.granted_from}" if held.implied.granted_from else ""
        said = f"implied{since}: {held.implied.text}"
        yield f"  {_spoken(kind)}, {said}{_source(held.implied.origin, held.implied.unverified)}"
    for each in held.usual.values():
        fields = each.parameters.__struct_fields__
        words = [
            parameter_words(f, value)
            for f in fields
            if (value := getattr(each.parameters, f)) != getattr(NONE, f)
        ]  # fmt: skip
        yield f"  {_spoken(kind)}, usual: {'; '.join(words)}{_source(each.origin, each.unverified)}"


def _numbers(policy: Policy) -> Iterator[str]:
    """The numbers of the weighing that are not those of the start policy; all of them, for that one."""
    from streams.rules.compare import differing

    start = shipped_policy()
    if policy.id == start.id:
        yield "\nNumbers: see `pledgewatch policies show start --json`; each has its source"
        return
    numbers = [p for p in differing(start, policy) if p.path.split(".")[0] in ("weighing", "fitting", "banding")]
    yield "\nNumbers: those of the start policy" + (", but" if numbers else "")
    for part in numbers:
        yield f"  {part.path}: {part.right.words} instead of {part.left.words}{_source(part.right.origin, False)}"


def _source(origin: str, unverified: bool) -> str:
    mark = " [UNVERIFIED: nothing is judged by it]" if unverified else ""
    return f" ({origin}){mark}"


def _spoken(word: str) -> str:
    return word.replace("_", " ")


# -- two policies on the same facts ------------------------------------------------------------------------------------


def compared_words(said: Comparison) -> Iterator[str]:
    """A comparison, line by line."""
    names = said.left.name, said.right.name
    for side in (said.left, said.right):
        yield f"{side.name} ({side.version}; {side.legal_system}): {side.alerts} alerts above context"
    alike = f"on {said.same} they say the same" if said.same else "on none they say the same"
    yield f"As of {said.today}: {len(said.differences)} alerts differ; {alike}."
    by_path = {part.path: part for part in said.parts}
    for difference in said.differences:
        yield ""
        yield from _difference(difference, names, by_path)


def _difference(said: AlertDifference, names: tuple[str, str], parts: dict[str, Part]) -> Iterator[str]:
    left, right = names
    if said.how == "differs":
        assert said.left is not None
        assert said.right is not None
        one, other = said.left, said.right
        bands = f"{one.band} under {left}, {other.band} under {right}"
        how = bands if one.band != other.band else f"{one.band} under both, on other grounds"
    else:
        side, name = (said.left, left) if said.how == "only_left" else (said.right, right)
        assert side is not None
        how = f"{side.band} under {name} only"
    yield f"{said.alert}: {how}"
    side = said.left or said.right
    assert side is not None
    where = "the pledge does not have it; the law implies it" if side.implied else "in the pledge"
    yield f"  Clause {said.clause} ({_spoken(said.clause_kind or '')}; {where}): {side.clause_text}"
    for case in said.cases:
        yield from _case(case, names)
    for cause in said.causes:
        yield from _cause(cause, names, parts[cause.path])
    if not said.causes:
        yield "  No part makes this difference by itself; it takes several together."


def _case(case: CaseDifference, names: tuple[str, str]) -> Iterator[str]:
    for name, side in zip(names, (case.left, case.right), strict=True):
        if side is not None:
            chance = "" if side.probability is None else f", P {side.probability / 1_000_000:.3f}"
            yield f"  {name}: [{side.band}{chance}] {side.sentence} Put there because {side.why}."
    for term in case.terms:
        one, other = (f"{w / 1_000_000:+.3f}" if w is not None else "absent" for w in (term.left, term.right))
        yield f"  Ledger, {term.label}: {one} under {names[0]}, {other} under {names[1]}"


def _cause(cause: Cause, names: tuple[str, str], part: Part) -> Iterator[str]:
    effect = "by itself" if cause.effect == "alone" else "together with others"
    yield f"  Because of {part.path}, {effect}:"
    for name, stated in zip(names, (part.left, part.right), strict=True):
        yield f"    {name}: {stated.words}" + (f" ({stated.origin})" if stated.origin else "")
