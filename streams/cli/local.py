"""Commands that need neither broker nor server."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path

import click
import msgspec

from schemas import AnyFact, Policy
from schemas.codec import encode
from schemas.reading import LineRefused, read_ndjson
from streams.cli.common import DONE, FOUND, complain, from_a_standpoint, opened, progress, written
from streams.cli.policies import compared_words, policy_named
from streams.rules.compare import compare, in_force, registered
from streams.rules.known import Standpoint, assess_at


@click.command()
@click.argument("facts", nargs=-1, required=True, type=click.Path(allow_dash=True, path_type=Path))
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder for the results.")
@click.option(
    "--policy",
    "policy_name",
    metavar="NAME|FILE",
    help="A policy to use instead of those among the facts: one that ships (`pledgewatch policies`), or a file.",
)
@click.option("--compare", "other_name", metavar="NAME|FILE", help="Say where another policy would say otherwise.")
@click.option(
    "--today",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Day of the assessment; default: the greatest tick or record time.",
)
@from_a_standpoint
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def assess(
    facts: tuple[Path, ...],
    out: Path | None,
    policy_name: str | None,
    other_name: str | None,
    today: dt.datetime | None,
    at: Standpoint,
    as_json: bool,
) -> None:
    """Assess FACTS (NDJSON; - for standard input) without broker or server.

    Writes alerts.ndjson (the newest record of each alert) and matches.ndjson (each incident with each license that
    shares a destination). The same facts in any order give the same bytes. With --compare, says which alerts differ
    between the two policies, by which clause, and which numbers and clauses of the two make it so.
    """
    from streams.agents.naming import RegisterNamer
    from streams.rules.assess import assess_facts

    if today and not at.now:
        raise click.UsageError("--today says which day it is; with --as-of or --as-known-at that follows from them")
    if out is None and other_name is None:
        raise click.UsageError("Missing option '--out', or '--compare'.")
    known, refused = read_facts(facts)
    day = today.date() if today else None
    policy = registered(policy_named(policy_name), known, at, day) if policy_name else None
    if other_name:
        other = registered(policy_named(other_name), known, at, day)
        _compare(known, policy or in_force(known, at, day), other, at, day, as_json)
    if out is None:
        sys.exit(_refused(refused, len(known)))
    out.mkdir(parents=True, exist_ok=True)
    counts = {"facts": len(known), "refused": refused, "alerts": 0, "matches": 0}
    with (
        ExitStack() as stack,
        written(out / "alerts.ndjson") as alerts,
        written(out / "matches.ndjson") as matches,
        written(out / "remarks.ndjson") as remarks,
    ):
        bars: list[Callable[[int], None]] = []

        def begun(destinations: int) -> None:
            bars.append(stack.enter_context(progress("Assessing", destinations)))

        found = (
            assess_facts(known, policy=policy, today=day, namer_of=RegisterNamer, begun=begun)
            if at.now
            else assess_at(known, at, policy=policy, namer_of=RegisterNamer, begun=begun)
        )
        for assessment in found:
            bars[0](1)
            for alert in assessment.alerts:
                alerts.write(encode(alert) + b"\n")
            for match in assessment.matches:
                matches.write(_whole(match) + b"\n")
            for note in assessment.notes:
                remarks.write(encode(note) + b"\n")
            counts["alerts"] += len(assessment.alerts)
            counts["matches"] += len(assessment.matches)
    if other_name is None:
        said = f"{counts['facts']} facts: {counts['alerts']} alerts, {counts['matches']} matches in {out}"
        click.echo(json.dumps(counts) if as_json else said)
    sys.exit(_refused(refused, len(known)))


def _compare(
    facts: list[AnyFact], left: Policy, right: Policy, at: Standpoint, today: dt.date | None, as_json: bool
) -> None:
    """Say which alerts differ between two policies, and why."""
    from streams.agents.naming import RegisterNamer

    with ExitStack() as stack:
        bars: list[Callable[[int], None]] = []
        labels = iter(("Assessing under both", "Finding what makes the difference"))

        def begun(steps: int) -> None:
            bars.append(stack.enter_context(progress(next(labels), steps)))

        def told(steps: int) -> None:
            bars[-1](steps)

        said = compare(facts, left, right, at=at, today=today, namer_of=RegisterNamer, begun=begun, told=told)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(said), indent=1).decode())
    else:
        click.echo("\n".join(compared_words(said)))


def _refused(refused: int, known: int) -> int:
    """Say what was refused; the exit code."""
    if refused:
        complain(f"refused: {refused} of {refused + known} lines (see above); the rest was assessed")
    return FOUND if refused else DONE


def read_facts(files: Iterable[Path]) -> tuple[list[AnyFact], int]:
    """The facts of NDJSON files through the door's own reading; refusals are told and counted."""
    from streams.intake.door import state_code

    known: list[AnyFact] = []
    refused = 0
    for file in files:
        with opened(file) as lines:
            for number, read in enumerate(read_ndjson(lines, resolve_country=state_code), start=1):
                if isinstance(read, LineRefused):
                    refused += 1
                    for problem in read.problems:
                        complain(
                            f"{file}:{number}: {problem.path or '(whole)'}: "
                            f"found {problem.found}, expected {problem.expected}"
                        )
                else:
                    known.append(read)
    return known, refused


def _whole(record: msgspec.Struct) -> bytes:
    """All fields, defaults too: for programs that look for them."""
    return msgspec.json.encode({f: getattr(record, f) for f in record.__struct_fields__})


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One line of JSON for each rule, with its tests.")
@click.option("--kind", help="Only this kind of clause.")
@click.option("--policy", default="start", help="A shipped policy by name, or a file: what is usual for each kind.")
def rules(as_json: bool, kind: str | None, policy: str) -> None:
    """Print the table of clause rules: kind, checkability, source, rule, claim, inputs, tests.

    A is deterministic; B is a rule that an officer confirms; C is judgment, where the machine only assembles. Where
    nothing can speak from a source, the reason stands in place of a rule.
    """
    from streams.cli.policies import policy_named
    from streams.rules.clauses import KINDS, rule_table
    from streams.rules.policy import weights_of

    if kind is not None and kind not in KINDS:
        raise click.BadParameter(f"'{kind}' is no kind of clause: {', '.join(KINDS)}", param_hint="--kind")
    for line in rule_table(weights_of(policy_named(policy))):
        if kind not in (None, line.kind):
            continue
        if as_json:
            click.echo(msgspec.json.encode(line).decode())
            continue
        click.echo(f"{line.kind:26} {line.checkability}  {line.source:9} {line.rule or '-':34} {line.claim}")
        if line.rule:
            click.echo(f"{'':41}reads {', '.join(line.inputs)}; shown by {len(line.tests)} tests")


@click.command()
@click.option("--json", "as_json", is_flag=True)
def topics(as_json: bool) -> None:
    """Print the topics: what a record means, who writes it, who reads it, and how long it is kept."""
    from schemas.topics import TOPICS

    for topic in TOPICS.values():
        if as_json:
            click.echo(msgspec.json.encode(topic).decode())
        else:
            click.secho(topic.name, bold=True)
            click.echo(f"  {topic.meaning}")
            click.echo(f"  written by {', '.join(topic.written_by)}; read by {', '.join(topic.read_by)}")
            click.echo(f"  key {topic.key}; partition by {topic.partition_by}; {topic.cleanup}: {topic.why}")


@click.command()
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="NDJSON file to write.")
def demo(out: Path) -> None:
    """Write the facts of the demo world as NDJSON."""
    from streams.demo.world import world

    facts = world()
    with written(out) as lines:
        for fact in facts:
            lines.write(encode(fact) + b"\n")
    click.echo(f"{len(facts)} facts in {out}")


@click.command()
@click.argument("kind", type=click.Choice(["reports", "stix"]))
@click.argument("where", type=click.Path(exists=True, path_type=Path))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="NDJSON file to write.")
@click.option("--publisher", default="unknown", help="Source of a STIX bundle, as in the source register.")
def draft(kind: str, where: Path, out: Path, publisher: str) -> None:
    """Draft incidents from a public list: a folder of dated reports, or a STIX 2.1 bundle. A person confirms them."""
    from streams.intake.recipes import draft_reports, draft_stix

    drafts = draft_reports(where) if kind == "reports" else draft_stix(where, publisher=publisher)
    with written(out) as lines:
        for line in drafts.ndjson():
            lines.write(line)
    for skipped in drafts.skipped:
        complain(f"{skipped}")
    click.echo(f"{len(drafts.drafted)} drafts in {out}; {len(drafts.skipped)} left out")
