"""`pledgewatch names`: who is meant, how alike two names are, which nobody knows yet, and what was judged of them.

All of it works on files: facts as NDJSON, pairs as JSON lines. Where a server runs, the facts that `judge` writes
are sent with `pledgewatch submit`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

import click
import msgspec

from schemas import AnyFact, Incident, License, Name, Retraction
from schemas.codec import encode
from schemas.reading import LineRefused, read_ndjson
from schemas.vocabulary import EntityKind, NameJudgment
from streams.names import bench as benchmark
from streams.names import evaluation
from streams.names.matcher import Score
from streams.names.matcher import score as compared
from streams.names.mentions import mentions as mentioned
from streams.names.register import Register, seed_rows
from streams.names.states import resolve_state
from streams.rules.known import DAY_FORM, MOMENT_FORM, NOW, Standpoint, happened, known, read_standpoint

KINDS = ("state", "agency", "unit", "vendor", "corporate_group", "product", "technology")
_LIST_KINDS = {
    "end_user": "agency",
    "organisation": None,
    "organization": None,
    "company": "vendor",
    "country": "state",
}
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def names() -> None:
    """The register of names: resolve, score, review, judge, measure."""


def _facts(files: Iterable[Path]) -> Iterator[AnyFact]:
    """The facts of the files; a line that is refused stops with its file, line, path and reason."""
    for file in files:
        with file.open("rb") as lines:
            for read in read_ndjson(lines, resolve_country=_code):
                if isinstance(read, LineRefused):
                    why = "; ".join(
                        f"{problem.path} is {problem.found}: expected {problem.expected}" for problem in read.problems
                    )
                    raise click.ClickException(f"{file}, line {read.line}: {why}")
                yield read


def _code(text: str) -> str | None:
    state = resolve_state(text)
    return state.code if state else None


def _at(as_of: str | None, as_known_at: str | None) -> Standpoint:
    """The standpoint of --as-of and --as-known-at."""
    try:
        return read_standpoint(as_of, as_known_at)
    except ValueError as error:
        raise click.UsageError(f"--{str(error).replace('_', '-')}") from None


KnownAt = click.option("--as-known-at", metavar="DAY|TIME", help=f"What was known then: {MOMENT_FORM} [UTC].")


def _register(files: Iterable[Path], at: Standpoint = NOW) -> Register:
    """The shipped seed and the live name facts of the files: of each its newest revision that was not retracted."""
    newest: dict[str, Name] = {}
    gone: dict[str, int] = {}
    for fact in known(_facts(files), at):
        if isinstance(fact, Name) and (fact.ref not in newest or newest[fact.ref].revision < fact.revision):
            newest[fact.ref] = fact
        if isinstance(fact, Retraction) and fact.of == "name":
            gone[fact.ref] = max(fact.revision, gone.get(fact.ref, 0))
    return Register.of((*seed_rows(), *(row for row in newest.values() if row.revision > gone.get(row.ref, 0))))


@names.command()
@click.argument("text")
@click.option("--kind", type=click.Choice(KINDS), help="What it must be.")
@click.option("--as-of", metavar="DAY", help=f"The day of the event: {DAY_FORM}.")
@KnownAt
@click.option("--country", help="Where it is seated, any form of a state.")
@click.option("--facts", multiple=True, type=_FILE, help="Facts as NDJSON; their names are added to the seed.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def resolve(
    text: str, kind: str | None, as_of: str | None, as_known_at: str | None, country: str | None,
    facts: tuple[Path, ...], as_json: bool,
) -> None:  # fmt: skip
    """Say whom TEXT may mean, best first; exit code 1 if nobody known."""
    at = _at(as_of, as_known_at)
    found = _register(facts, at).resolve(text, kind=kind, as_of=at.as_of, country=_code(country) if country else None)
    for one in found:
        if as_json:
            click.echo(msgspec.json.encode(one))
        else:
            click.echo(f"{one.score:.2f}  {one.kind:16s} {one.entity}\n      {one.reason}")
    if not found:
        click.echo(f"“{text}”: nobody known{f' of kind {kind}' if kind else ''}", err=True)
        sys.exit(1)


@names.command()
@click.argument("sentence")
def mentions(sentence: str) -> None:
    """Show the known names in SENTENCE and why each counts as one."""
    for one in mentioned(sentence):
        meant = ", ".join(found.entity for found in one.resolutions)
        click.echo(f"{one.start}-{one.end}  “{one.text}”  {meant}\n      {one.reason}")


@names.command()
@click.argument("pairs", type=click.File("r", encoding="utf-8"))
@click.option("--out", type=click.File("w", encoding="utf-8"), default="-", help="Where the scores go.")
@click.option("--facts", multiple=True, type=_FILE, help="Facts as NDJSON; their names are added to the seed.")
@click.option("--spelling-only", is_flag=True, help="Leave out what the register knows.")
def score(pairs: TextIO, out: TextIO, facts: tuple[Path, ...], spelling_only: bool) -> None:
    """Score PAIRS (JSON lines of id, left, right; optional kind and countries): id, score in 0..1, reasons."""
    register = None if spelling_only else _register(facts)
    for number, line in enumerate(pairs, start=1):
        if line.strip():
            asked = _pair(line, number)
            found = _scored(register, asked)
            told = {"id": asked["id"], "score": found.score, "reasons": found.reasons, "parts": found.parts}
            out.write(json.dumps(told, ensure_ascii=False) + "\n")


def _pair(line: str, number: int) -> dict[str, Any]:
    """One line of PAIRS, checked: id, left and right are there and are text."""
    try:
        asked = json.loads(line)
    except ValueError as error:
        raise click.ClickException(f"line {number} is no JSON: {error}") from None
    if not isinstance(asked, dict):
        raise click.ClickException(f"line {number} is {type(asked).__name__}: expected an object with id, left, right")
    for key in ("left", "right"):
        if not isinstance(asked.get(key), str):
            raise click.ClickException(f"line {number}: {key} is {asked.get(key)!r}: expected text")
    asked.setdefault("id", str(number))
    return asked


def _scored(register: Register | None, asked: dict[str, Any]) -> Score:
    kind = asked.get("kind")
    kind = kind if kind in KINDS else _LIST_KINDS.get(str(kind))
    seats = _seats(asked)
    if register is None or kind == "state":
        return compared(asked["left"], asked["right"], kind=kind, countries=seats)
    return register.score(asked["left"], asked["right"], kind=kind, countries=seats)


def _seats(asked: dict[str, Any]) -> tuple[str | None, str | None]:
    """Where each is seated: `countries`, or `left_country` and `right_country`; what is no state counts as unsaid."""
    told = asked.get("countries") or (asked.get("left_country"), asked.get("right_country"))
    if not isinstance(told, (list, tuple)):
        return None, None
    one, two = (*told, None, None)[:2]
    return (_code(one) if isinstance(one, str) else None), (_code(two) if isinstance(two, str) else None)


@names.command()
@click.argument("facts", nargs=-1, required=True, type=_FILE)
@click.option("--as-of", metavar="DAY", help=f"Leave out what happened later: {DAY_FORM}.")
@KnownAt
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def queue(facts: tuple[Path, ...], as_of: str | None, as_known_at: str | None, as_json: bool) -> None:
    """List the names in FACTS that the register does not surely know, the most frequent first, with who is near."""
    at = _at(as_of, as_known_at)
    register = _register(facts, at)
    counted: dict[tuple[str, EntityKind], set[str]] = {}
    for fact in known(_facts(facts), at):
        if at.as_of and not happened(fact, at.as_of):
            continue
        for text, kind in named_in(fact):
            counted.setdefault((text, kind), set()).add(fact.ref)
    unknown = [(asked, refs) for asked, refs in counted.items() if register.unknown(asked[0], kind=asked[1])]
    for (text, kind), refs in sorted(unknown, key=lambda one: (-len(one[1]), one[0])):
        near = register.resolve(text, kind=kind)[:3]
        if as_json:
            told = {
                "name": text,
                "kind": kind,
                "facts": sorted(refs),
                "near": [msgspec.to_builtins(one) for one in near],
            }
            click.echo(json.dumps(told, ensure_ascii=False))
        else:
            click.echo(
                f"{len(refs):5d}  {kind:8s} {text}" + "".join(f"\n{'':15s}{n.score:.2f} {n.entity}" for n in near)
            )


def named_in(fact: AnyFact) -> Iterator[tuple[str, EntityKind]]:
    """The names that a fact holds, each with what it names."""
    if isinstance(fact, Incident):
        yield from ((vendor.name, "vendor") for vendor in fact.vendors)
        yield from ((product.name, "product") for product in fact.products)
        if fact.operator_agency:
            yield fact.operator_agency.name, "agency"
    if isinstance(fact, License):
        yield from ((maker, "vendor") for maker in (fact.exporter, fact.manufacturer) if maker)
        yield fact.end_user, "agency"
        yield from ((item.product, "product") for item in fact.items)


@names.command()
@click.argument("text")
@click.argument("judgment", type=click.Choice(("same", "different", "unsure")))
@click.argument("entity")
@click.option("--kind", required=True, type=click.Choice(KINDS), help="What the entity is.")
@click.option(
    "--relation", default="alias", show_default=True, help="alias, or what TEXT (then an entity) is to ENTITY."
)
@click.option("--by", "judged_by", required=True, help="The office or role that judges; never a person.")
@click.option("--source", required=True, help="Key of your office in the source register.")
@click.option("--from", "valid_from", type=click.DateTime(["%Y-%m-%d"]), help="First day.")
@click.option("--to", "valid_to", type=click.DateTime(["%Y-%m-%d"]), help="Last day.")
@click.option("--facts", type=click.Path(dir_okay=False, path_type=Path), help="File that the judgment is added to.")
def judge(
    text: str, judgment: NameJudgment, entity: str, kind: EntityKind, relation: str, judged_by: str, source: str,
    valid_from: dt.datetime | None, valid_to: dt.datetime | None, facts: Path | None,
) -> None:  # fmt: skip
    """Judge that TEXT is (same), is not (different) or may be (unsure) a name of ENTITY, as a fact.

    Judging again writes a higher revision: nothing is deleted, everything can be reversed.
    """
    matter = f"{kind}/{entity}/{relation}/{text}"
    identity = f"judgment/{hashlib.sha256(matter.encode()).hexdigest()[:24]}"
    earlier = [fact.revision for fact in _facts([facts] if facts and facts.exists() else []) if fact.id == identity]
    said: dict[str, Any] = {
        "fact": "name", "id": identity, "source": source, "revision": max(earlier, default=0) + 1, "entity": entity,
        "kind": kind, "relation": relation, "judgment": judgment, "judged_by": judged_by,
        ("name" if relation == "alias" else "target"): text,
    }  # fmt: skip
    said |= {key: day.date().isoformat() for key, day in (("valid_from", valid_from), ("valid_to", valid_to)) if day}
    try:
        line = encode(msgspec.convert(said, Name))
    except msgspec.ValidationError as error:
        raise click.ClickException(f"the judgment cannot be written: {error}") from None
    if facts is None:
        click.echo(line)
        return
    with facts.open("ab") as lines:
        lines.write(line + b"\n")
    click.echo(f"written to {facts}: {identity}, revision {said['revision']}")


@names.command(name="eval")
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="Folder of labelled sets.",
)
def measure(data: Path) -> None:
    """Measure the matcher by five folds and the states on labelled sets; grades and scripts apart."""
    pairs = _labelled(data / "entity_pairs.dev.jsonl")
    click.echo("Spelling alone, coefficients of each fold fitted on the others:")
    click.echo("\n".join(evaluation.lines(evaluation.report(pairs, evaluation.folds(pairs)))))
    register = _register(())
    scored = {
        pair.id: register.score(
            pair.left, pair.right, kind=_LIST_KINDS.get(pair.kind or ""), countries=pair.seats
        ).score
        for pair in (*pairs, *evaluation.mismatched(pairs))
    }
    click.echo("\nAs shipped, with the register (fitted on these pairs too: no measure of new ones):")
    click.echo("\n".join(evaluation.lines(evaluation.report(pairs, scored))))
    right, merged, missed = evaluation.countries(
        _lines(data / "country_forms.dev.jsonl"), _lines(data / "country_confusables.jsonl")
    )
    click.echo(f"\ncountry forms: {right:.4f} right; confusable pairs merged: {merged}")
    click.echo("\n".join(missed))


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines() if line.strip()]


def _labelled(file: Path) -> list[evaluation.Pair]:
    return [msgspec.convert(line, evaluation.Pair) for line in _lines(file)]


@names.command()
@click.option(
    "--size",
    "sizes",
    multiple=True,
    type=int,
    default=benchmark.SIZES,
    show_default=True,
    help="Names in the register.",
)
@click.option(
    "--queries", default=2_000, show_default=True, help="Careless names asked of our index; of brute force fewer."
)
def bench(sizes: tuple[int, ...], queries: int) -> None:
    """Measure the candidate stage beside rapidfuzz brute force, every scorer, in one run; print the ratios."""
    click.echo(f"{'way':38s} {'register':>9s} {'names/s·core':>13s} {'recall@20':>10s}")
    told = lambda one: click.echo(f"{one.way:38s} {one.size:9d} {one.per_second:13.1f} {one.recall:10.4f}")  # noqa: E731
    measured = benchmark.run(sizes, our_queries=queries, told=told)
    click.echo()
    for size in sizes:
        best, ours = benchmark.best_brute(measured, size), benchmark.ours(measured, size)
        speed = benchmark.ours(measured, size, benchmark.OURS_MORE).per_second
        click.echo(
            f"{size:>7d} names: {speed / best.per_second:.1f} times the names per second of {best.way}, "
            f"the brute force with the best recall; recall@{benchmark.TOP} {ours.recall:.4f} against {best.recall:.4f}"
        )
    if len(sizes) > 1:
        few, many = (benchmark.ours(measured, size, benchmark.OURS_MORE) for size in (min(sizes), max(sizes)))
        click.echo(
            f"a register {many.size / few.size:.0f} times as large costs "
            f"{few.per_second / many.per_second:.1f} times as much a name"
        )
