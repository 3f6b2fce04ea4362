"""A table without victims for those who draft export law: technology × harm × class of state × control code, by year.

What is counted is events (clusters of accounts), never persons and never articles. Each event stands in exactly one
row, so that the numbers add up:

    year        in which it began; years and not quarters, for there are tens of events a year
    technology  as told
    harm        the gravest that is told
    class       of the suspected operator's state, as the authority classed it when it began; `several`, `not_known`
    codes       of the licenses there that cover a product named, else of the table of technologies

Only accounts count that may be shown to the reader's circle: by TLP, embargo and `may_use_for`; so too licenses. A
number below the policy's smallest group is withheld, and so is any other from which it could be worked back: another
row, the total of its technology or of its year, chosen smallest first. Periods are whole years whatever is asked for,
so that two askings cannot be held against each other.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta

from schemas import Fact, Incident, License
from schemas.vocabulary import DestinationGrade, Harm, Technology, Tlp
from streams.rules.clusters import Cluster
from streams.rules.ladders import kind_of
from streams.rules.remarks import credible
from streams.rules.survey import Survey

Audience = Literal["publication", "partners", "officer"]
AUDIENCES: tuple[Audience, ...] = get_args(Audience)
READABLE: Mapping[Audience, tuple[Tlp, ...]] = {
    "publication": ("CLEAR",),
    "partners": ("CLEAR", "GREEN"),
    "officer": ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"),
}
"""Who may read what, by the traffic light protocol (`domain.md` 3.2, S65)."""
GRAVEST: tuple[Harm, ...] = (
    "violence", "detention", "prosecution", "silencing", "censorship", "publication_of_private_material",
    "surveillance_only",
)  # fmt: skip
"""Harms from the gravest; a proposal of the project, for an event stands in one row."""
HarmTold = Harm | Literal["not_told"]
ClassTold = DestinationGrade | Literal["several", "not_classed", "not_known"]
CodesFrom = Literal["licenses", "table", "neither"]
ALL = "all"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One number, or that it is withheld. With `all` in a column the row is a total over it."""

    year: Annotated[int, Meta(description="In which the events began [year].")]
    technology: Annotated[str, Meta(description="Kind of technology, or `all` [vocabulary].")]
    harm: Annotated[str, Meta(description="Gravest harm told, `not_told`, or `all` [vocabulary].")]
    destination_class: Annotated[
        str,
        Meta(
            description="Class of the operator's state, `several`, `not_classed`, `not_known`, or `all` [vocabulary]."
        ),
    ]
    codes: Annotated[tuple[str, ...], Meta(description="Control-list entries; `all` in a total [control codes].")]
    codes_from: Annotated[
        str, Meta(description="Where the entries are from: `licenses`, `table`, `neither`, or `all` [vocabulary].")
    ]
    events: Annotated[int | None, Meta(description="Events; absent: withheld [count].")] = None


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """The table, and what has to be known to read it."""

    audience: Annotated[Audience, Meta(description="For whom it may be [vocabulary].")]
    first_year: Annotated[int | None, Meta(description="[year].")] = None
    last_year: Annotated[int | None, Meta(description="[year].")] = None
    smallest: Annotated[int, Meta(description="Smaller numbers are withheld [count].")]
    policy: Annotated[str, Meta(description="Version of the policy [name].")]
    rows: Annotated[tuple[Row, ...], Meta(description="Totals of a year and of a technology come first.")]
    unverified_codes: Annotated[
        tuple[str, ...], Meta(description="Entries of the table that nobody has held against the list [control codes].")
    ] = ()
    notes: Annotated[tuple[str, ...], Meta(description="How to read it [text].")] = ()


class Cell(msgspec.Struct, frozen=True, order=True):
    """The row that an event stands in."""

    year: int
    technology: Technology
    harm: str
    destination_class: str
    codes: tuple[str, ...]
    codes_from: CodesFrom


NOTES = (
    "Counted are events, once each, whose accounts are credible and may be shown; never persons.",
    "A number that is withheld is small, or would give away one that is.",
    "What is not reported is not counted: the table says nothing of what happened unseen.",
    "Which entry covers a product is for the authority; entries from the table follow the kind of technology alone.",
)


def aggregate(
    survey: Survey, audience: Audience = "publication", since: dt.date | None = None, until: dt.date | None = None
) -> Table:
    """The table for an audience, over the whole years that `since` and `until` lie in."""
    first, last = since.year if since else None, until.year if until else None
    counts: dict[Cell, int] = defaultdict(int)
    licensed = _LicensedCodes(survey, audience)
    for event in survey.events:
        accounts = [i for i in event.incidents() if may_show(i, audience, survey.today) and not i.vendor_is_victim]
        if not any(credible(i, survey.sources) for i in accounts):
            continue
        year = min(i.occurred.first for i in accounts).year
        if (first is None or year >= first) and (last is None or year <= last):
            counts[_cell(year, accounts, survey, licensed)] += 1
    smallest = survey.weights.policy.banding.small_group.value
    used = {code for cell in counts if cell.codes_from == "table" for code in cell.codes}
    return Table(
        audience=audience, first_year=first, last_year=last, smallest=smallest, policy=survey.weights.version,
        rows=tuple(shown(counts, smallest)),
        unverified_codes=tuple(sorted(used & _unverified({c.technology for c in counts}))), notes=NOTES,
    )  # fmt: skip


def may_show(fact: Fact, audience: Audience, today: dt.date) -> bool:
    """Whether a fact may be counted in what this audience reads: an embargo binds all but officers."""
    if audience == "officer":
        return True
    free = fact.embargo_until is None or fact.embargo_until <= today
    return fact.tlp in READABLE[audience] and audience in fact.may_use_for and free


# -- where an event stands --------------------------------------------------------------------------------------------


def _cell(year: int, accounts: Sequence[Incident], survey: Survey, licensed: _LicensedCodes) -> Cell:
    technology = min(accounts, key=lambda i: i.ref).technology
    codes, origin = licensed.codes(accounts, technology)
    harms = {harm for i in accounts for harm in i.harms}
    return Cell(
        year, technology, next((h for h in GRAVEST if h in harms), "not_told"), _class(accounts, survey), codes, origin
    )


def _class(accounts: Iterable[Incident], survey: Survey) -> str:
    known = list(accounts)
    states = {o.country for i in known for o in i.operators}
    if not states:
        return "not_known"
    day = min(i.occurred.first for i in known)
    classes = {held.grade if (held := survey.class_on(s, day)) else "not_classed" for s in states}
    return classes.pop() if len(classes) == 1 else "several"


class _LicensedCodes:
    """Control codes of licensed products, by state: only of licenses that may be shown."""

    def __init__(self, survey: Survey, audience: Audience) -> None:
        self._names = survey.names
        self._by_state: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for each in survey.licensed:
            if may_show(each.license, audience, survey.today):
                self._add(each.destination, each.license)

    def _add(self, destination: str, license: License) -> None:
        for item in license.items:
            self._by_state[destination][item.product] |= set(item.control_codes)

    def codes(self, accounts: Sequence[Incident], technology: Technology) -> tuple[tuple[str, ...], CodesFrom]:
        """The entries that cover the event, and where they are from."""
        found = {code for i in accounts for o in i.operators for code in self._covering(i, o.country)}
        if found:
            return tuple(sorted(found)), "licenses"
        table = tuple(sorted(code.code for code in kind_of(technology).codes))
        return table, "table" if table else "neither"

    def _covering(self, incident: Incident, state: str) -> set[str]:
        held = self._by_state.get(state, {})
        on = incident.occurred.last
        return {
            code
            for product in incident.products
            for licensed, codes in held.items()
            if (like := self._names.compare(product.name, "product", licensed, "product", on)) is not None
            and like.relation in ("same", "renamed")
            for code in codes
        }


def _unverified(technologies: Iterable[Technology]) -> set[str]:
    return {code.code for t in technologies for code in kind_of(t).codes if code.unverified}


# -- what may be shown ------------------------------------------------------------------------------------------------


class _Branch:
    """The rows of one technology in one year, and which of their numbers are withheld."""

    def __init__(self, rows: Mapping[Cell, int], smallest: int) -> None:
        self.rows = dict(sorted(rows.items()))
        self.total = sum(rows.values())
        self.withheld = {cell for cell, count in rows.items() if count < smallest}
        self.total_withheld = self.total < smallest
        self._smallest = smallest
        while not self.total_withheld and self.withheld and self.slack < smallest - 1:
            self.withhold_more()

    @property
    def slack(self) -> int:
        """How far the withheld rows could differ from one each, as far as their sum tells [count]."""
        return sum(self.rows[cell] for cell in self.withheld) - len(self.withheld)

    def withhold_more(self) -> bool:
        """Withhold the smallest row that is shown, else the total; whether there was anything left."""
        shown = [cell for cell in self.rows if cell not in self.withheld]
        if shown:
            self.withheld.add(min(shown, key=lambda c: (self.rows[c], c)))
            return True
        before, self.total_withheld = self.total_withheld, True
        return not before


def shown(counts: Mapping[Cell, int], smallest: int) -> list[Row]:
    """The rows with their totals; a number that is small, or would give one away, is withheld.

    A reader who adds up what is shown cannot tell that any withheld row is below `smallest`: its greatest possible
    value stays at or above it.
    """
    by_year: dict[int, dict[Technology, dict[Cell, int]]] = defaultdict(lambda: defaultdict(dict))
    for cell, count in counts.items():
        by_year[cell.year][cell.technology][cell] = count
    return [row for year in sorted(by_year) for row in _year(year, by_year[year], smallest)]


def _year(year: int, technologies: Mapping[Technology, Mapping[Cell, int]], smallest: int) -> list[Row]:
    branches = {t: _Branch(technologies[t], smallest) for t in sorted(technologies)}
    total = sum(b.total for b in branches.values())
    withheld = total < smallest
    while not withheld and not _covered(branches, smallest):
        withheld = not _cover(branches)
    rows = [_total(year, ALL, None if withheld else total)]
    for technology, branch in branches.items():
        rows.append(_total(year, technology, None if branch.total_withheld or total < smallest else branch.total))
        rows += [
            _row(cell, None if cell in branch.withheld or total < smallest else count)
            for cell, count in branch.rows.items()
        ]
    return rows


def _covered(branches: Mapping[Technology, _Branch], smallest: int) -> bool:
    """Whether the year's total leaves the withheld technologies enough room."""
    hidden = [b for b in branches.values() if b.total_withheld]
    return not hidden or sum(b.slack for b in hidden) >= smallest - 1


def _cover(branches: Mapping[Technology, _Branch]) -> bool:
    """Withhold one number more: where some are already, else of the smallest technology; whether there was any."""
    for branch in sorted((b for b in branches.values()), key=lambda b: (not b.total_withheld, b.total, min(b.rows))):
        if not branch.total_withheld:
            branch.total_withheld = True
            if not branch.withheld:
                branch.withhold_more()
            return True
        if branch.withhold_more():
            return True
    return False


def _row(cell: Cell, events: int | None) -> Row:
    return Row(
        year=cell.year, technology=cell.technology, harm=cell.harm, destination_class=cell.destination_class,
        codes=cell.codes, codes_from=cell.codes_from, events=events,
    )  # fmt: skip


def _total(year: int, technology: str, events: int | None) -> Row:
    return Row(
        year=year, technology=technology, harm=ALL, destination_class=ALL, codes=(ALL,), codes_from=ALL, events=events
    )


# -- as a file --------------------------------------------------------------------------------------------------------

COLUMNS = ("year", "technology", "harm", "destination_class", "codes", "codes_from", "events")


def as_csv(table: Table) -> str:
    """The rows as CSV (RFC 4180) with a head; a withheld number is the word `withheld`, never empty and never 0."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in table.rows:
        number = "withheld" if row.events is None else row.events
        writer.writerow(
            (row.year, row.technology, row.harm, row.destination_class, " ".join(row.codes), row.codes_from, number)
        )
    return text.getvalue()


def events_of(table: Table) -> int:
    """Events in the rows that are shown [count]; the withheld are not in it."""
    return sum(row.events or 0 for row in table.rows if row.harm != ALL)


__all__ = ["AUDIENCES", "Audience", "Cell", "Cluster", "Row", "Table", "aggregate", "as_csv", "may_show", "shown"]
