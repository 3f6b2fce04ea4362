"""What a board is: questions, each with the SQL that answers it and the way the answer is drawn. No Grafana in here.

`dashboards.compiled` makes classic Grafana JSON of it; a page of our own can draw the same panels from the same SQL.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Kind = Literal["stat", "timeseries", "barchart", "table"]
Unit = Literal["none", "short", "d", "s", "ops", "dateTimeAsIso"]
"""`none`: text; `short`: count; `d`: days; `s`: seconds; `ops`: records a second; `dateTimeAsIso`: a moment [UTC]."""

GRID = 24
"""Columns of a board."""


class Grid(msgspec.Struct, frozen=True):
    """Where a panel stands, in columns and rows of the board."""

    x: int
    y: int
    w: int
    h: int


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """From `value` on (the first: from below) the number has this color."""

    value: float | None
    color: str


class Mapping(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown for a value: a word, with a shape before it where it is a state. A color only repeats it."""

    value: str
    text: str
    color: str | None = None


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column of the answer; in a chart, a series."""

    name: str
    """As in the SQL."""
    title: str
    """As in the head of the table or in the legend."""
    unit: Unit = "none"
    color: str | None = None
    """Fixed color of the series; none in tables."""
    mappings: tuple[Mapping, ...] = ()
    width: int | None = None
    """Width [px]; absent: what is left."""
    hidden: bool = False
    """Not shown, but there for a link."""
    link: Link | None = None


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """Where a row, a panel or a board leads."""

    title: str
    url: str
    """`${pages}…` leads to the program's pages, `/d/<uid>` to a board."""


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """One question and its answer."""

    id: int
    title: str
    question: str
    """What it answers, from which view, and what it does not say: the panel's description."""
    kind: Kind
    sql: str
    columns: tuple[Column, ...]
    """Every column of the answer, in order."""
    grid: Grid
    no_value: str
    """What stands there if the answer is empty: says whether nothing happened or nothing was heard."""
    steps: tuple[Step, ...] = ()
    links: tuple[Link, ...] = ()
    interval: str | None = None
    """Shortest interval of a chart over time."""
    time_from: str | None = None
    """A window of its own, whatever the time picker says: `28d`."""
    stacked: bool = False
    horizontal: bool = False
    bars: bool = False


class Variable(msgspec.Struct, frozen=True, kw_only=True):
    """A filter above the board."""

    name: str
    title: str
    sql: str
    """One column: the value; or two: the value and its words."""


class Annotation(msgspec.Struct, frozen=True, kw_only=True):
    """Marks on the charts over time."""

    name: str
    sql: str
    """Columns `time`, `title`, `text`, `tags`."""
    color: str


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """One board: few questions, the first screen answers the first."""

    uid: str
    title: str
    question: str
    panels: tuple[Panel, ...]
    variables: tuple[Variable, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    links: tuple[Link, ...] = ()
    time_from: str
    """Start of the window that is shown first: `now-8h`."""
    refresh: str = "5m"
