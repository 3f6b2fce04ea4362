"""Commands over all destinations: what to check next, events for drafters of law, what was known, who promised what.

The first three ask the running process, or take facts from files (`--facts`), from any standpoint. The frameworks ship
with the code; a policy may add more.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from streams.cli.common import from_a_standpoint
from streams.cli.local import read_facts
from streams.cli.policies import policy_named
from streams.cli.remote import KeyFile, speaking
from streams.rules.aggregate import ALL, AUDIENCES, Row, Table, aggregate, as_csv
from streams.rules.exposure import Exposed, Ranking, narrowed, next_checks
from streams.rules.foreknown import ForeknownLicense, foreknown
from streams.rules.known import Standpoint
from streams.rules.participants import Taking, frameworks, on_day
from streams.rules.survey import Survey

if TYPE_CHECKING:
    from schemas import Alert

FACTS = click.option(
    "--facts",
    multiple=True,
    type=click.Path(allow_dash=True, path_type=Path),
    help="Facts as NDJSON (- for standard input), instead of those of the running process.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="Whole, as JSON.")
DAY = click.DateTime(["%Y-%m-%d"])


@click.command("next")
@click.option("--state", "destination", help="Only this destination [ISO 3166-1 alpha-2].")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000), help="How many of each [count].")
@from_a_standpoint
@FACTS
@KeyFile
@JSON
def next_command(
    destination: str | None,
    limit: int,
    at: Standpoint,
    facts: tuple[Path, ...],
    key_file: Path | None,
    as_json: bool,
) -> None:
    """What to check next: licenses and end users whose use was never checked, by exposure, with the reason.

    The points come from the policy and are not calibrated; they say where a look is worth most, never that something
    happened.
    """
    if facts:
        survey, alerts = _assessed(facts, at)
        ranking = narrowed(next_checks(survey, alerts), destination, limit)
    else:
        with speaking(key_file, "officer") as client:
            ranking = client.next_checks(destination=destination, limit=limit, **at.query())
    click.echo(_json(ranking) if as_json else "\n".join(_ranked(ranking)))


@click.command("aggregate")
@click.option("--since", type=DAY, help="From the year of this day on.")
@click.option("--until", type=DAY, help="To the year of this day.")
@click.option(
    "--audience", type=click.Choice(AUDIENCES), default="publication", show_default=True, help="Who reads it."
)
@from_a_standpoint
@FACTS
@KeyFile
@JSON
@click.option("--csv", "csv_out", is_flag=True, help="As CSV with a head.")
def aggregate_command(
    since: dt.datetime | None,
    until: dt.datetime | None,
    audience: str,
    at: Standpoint,
    facts: tuple[Path, ...],
    key_file: Path | None,
    as_json: bool,
    csv_out: bool,
) -> None:
    """Events by year, technology, gravest harm, class of state and control code; no persons, no small numbers.

    Whole years; only what the audience may read; a number that is small or would give one away is withheld.
    """
    first, last = since.date() if since else None, until.date() if until else None
    if facts:
        table = aggregate(_survey(facts, at), audience, first, last)  # type: ignore[arg-type]
    else:
        asked = {"since": first.isoformat() if first else None, "until": last.isoformat() if last else None}
        with speaking(key_file, "officer") as client:
            table = client.aggregate(audience=audience, **asked, **at.query())
    click.echo(as_csv(table) if csv_out else _json(table) if as_json else "\n".join(_tabled(table)), nl=not csv_out)


@click.command("foreknown")
@click.argument("license_ref", metavar="[LICENSE]", required=False)
@click.option("--state", "destination", help="Only this destination [ISO 3166-1 alpha-2].")
@from_a_standpoint
@FACTS
@KeyFile
@JSON
def foreknown_command(
    license_ref: str | None,
    destination: str | None,
    at: Standpoint,
    facts: tuple[Path, ...],
    key_file: Path | None,
    as_json: bool,
) -> None:
    """What was publicly known before a license was granted or delivered, of the same end user, maker, product or state.

    No breach of the pledge; due diligence for whoever decides on the next license.
    """
    if facts:
        every = foreknown(_survey(facts, at), license_ref)
        found: Iterable[ForeknownLicense] = [f for f in every if destination in (None, f.destination)]
    else:
        with speaking(key_file, "officer") as client:
            found = client.foreknown(license=license_ref, destination=destination, **at.query())
    for each in found:
        if as_json:
            click.echo(_json(each))
        elif each.known or license_ref:
            click.echo("\n".join(_foreknown(each)))


@click.command()
@click.option("--on", "on", type=DAY, help="As it stood on this day; default: today.")
@click.option("--state", help="Only where this state takes part [ISO 3166-1 alpha-2].")
@click.option("--policy", help="A policy (a file, or one that ships) whose frameworks stand beside those that ship.")
@JSON
def participants(on: dt.datetime | None, state: str | None, policy: str | None, as_json: bool) -> None:
    """The frameworks among licensing states: commitments, whether they bind, who takes part; dated, with sources."""
    day = on.date() if on else dt.datetime.now(dt.UTC).date()
    held = on_day(frameworks(policy_named(policy) if policy else None), day)
    for taking in held:
        if state in (None, *(p.country for p in taking.participants)):
            click.echo(_json(taking) if as_json else "\n".join(_took_part(taking)))


# -- as lines ---------------------------------------------------------------------------------------------------------


def _json(record: object) -> str:
    return msgspec.json.encode(record).decode()


def _survey(files: tuple[Path, ...], at: Standpoint) -> Survey:
    from streams.agents.naming import RegisterNamer

    facts, _ = read_facts(files)
    return Survey(facts, at, namer_of=RegisterNamer)


def _assessed(files: tuple[Path, ...], at: Standpoint) -> tuple[Survey, list[Alert]]:
    from streams.agents.naming import RegisterNamer
    from streams.rules.known import assess_at

    facts, _ = read_facts(files)
    found = [a for each in assess_at(facts, at, namer_of=RegisterNamer) for a in each.alerts]
    return Survey(facts, at, namer_of=RegisterNamer), found


def _ranked(ranking: Ranking) -> Iterator[str]:
    yield f"As of {ranking.today}, by policy {ranking.policy}. Points are not calibrated."
    for title, found in (("Licenses", ranking.licenses), ("End users", ranking.end_users)):
        yield f"\n{title}, the most exposed first" if found else f"\n{title}: none that was never checked"
        for place, each in enumerate(found, start=1):
            yield from _exposed(place, each)
    yield (
        f"\nLeft out: {ranking.use_checked} whose use was checked, {ranking.gone} of which all pieces are proven gone, "
        f"{ranking.not_granted} not granted."
    )


def _exposed(place: int, each: Exposed) -> Iterator[str]:
    looked = {"never": "never checked", "boxes_only": "only pieces were counted", "use": "use checked"}[each.checked]
    named = each.number or ", ".join(each.licenses)
    yield f"{place:4}. {each.points:4}  {each.destination}  {each.end_user}; {named}; {looked}"
    yield from (f"      {term.points:+5}  {term.sentence}" for term in each.terms)


def _tabled(table: Table) -> Iterator[str]:
    years = f"{table.first_year or 'the first year'} to {table.last_year or 'the last'}"
    yield f"For {table.audience}; {years}; numbers below {table.smallest} are withheld; policy {table.policy}."
    yield f"{'year':6}{'technology':28}{'harm':32}{'class':16}{'codes':34}{'events':>9}"
    yield from (_line(row) for row in table.rows)
    if not table.rows:
        yield "Nothing that this audience may read was told."
    if table.unverified_codes:
        yield f"Not verified: {', '.join(table.unverified_codes)}"
    yield from table.notes


def _line(row: Row) -> str:
    events = "withheld" if row.events is None else str(row.events)
    codes = " ".join(row.codes) + ("" if row.codes_from in (ALL, "neither") else f" ({row.codes_from})")
    return f"{row.year:<6}{row.technology:28}{row.harm:32}{row.destination_class:16}{codes or '-':34}{events:>9}"


def _foreknown(each: ForeknownLicense) -> Iterator[str]:
    yield f"{each.number or each.license} in {each.destination}, {each.end_user}, granted {each.granted_at}"
    yield from (f"  {known.sentence}  [{', '.join(known.incidents)}]" for known in each.known)
    if not each.known:
        yield "  Nothing on record was known before the grant or the first delivery."


def _took_part(taking: Taking) -> Iterator[str]:
    yield f"{taking.framework}{f', {taking.adopted}' if taking.adopted else ''}"
    yield f"  {taking.words}"
    for promise in taking.commitments:
        doubt = "; UNVERIFIED" if promise.unverified else ""
        yield f"  {promise.kind}: {promise.words} (binds: {promise.binding}; {promise.source}{doubt})"
    for unverified, words in ((False, "take part"), (True, "take part, UNVERIFIED")):
        states = sorted(p.country for p in taking.participants if p.unverified == unverified)
        if states:
            yield f"  {words}: {' '.join(states)}"
    if not taking.participants:
        yield "  Who takes part is not on file."
