"""The boards of `dashboards` as pages: the same questions, units, words and links, drawn as tables and SVG. Pure.

looking = look(board, asked, offered, access, now)      # what the address asks for, as far as it is offered
for panel in board.panels:
    drawn(panel, looking, columns, rows)                # columns and rows: what the warehouse answered
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Literal
from urllib.parse import quote, urlencode

import msgspec

from dashboards import looks
from dashboards.expanded import Window, expand
from dashboards.model import Board, Column, Link, Panel
from streams.access import Access

SPANS: Mapping[str, dt.timedelta] = {
    "6h": dt.timedelta(hours=6), "8h": dt.timedelta(hours=8), "24h": dt.timedelta(hours=24),
    "7d": dt.timedelta(days=7), "28d": dt.timedelta(days=28), "30d": dt.timedelta(days=30),
    "90d": dt.timedelta(days=90), "365d": dt.timedelta(days=365),
}  # fmt: skip
"""Windows that can be chosen; they end now."""
POINTS = 120
"""Most points of a chart over time [count]; a display choice."""
STEPS = (60, 300, 900, 3600, 6 * 3600, 86_400, 7 * 86_400)
"""Widths of a bar or point [seconds]."""
TONES: Mapping[str, str] = {
    looks.VERMILION: "urgent", looks.ORANGE: "alert", looks.BLUE: "review", looks.SKY: "watch", looks.GRAY: "context",
    looks.GREEN: "green", looks.PURPLE: "purple", looks.YELLOW: "yellow",
}  # fmt: skip
"""The stylesheet's name of a color, so that it can be another in the dark."""
STATES = "issuing_state"
"""The filter to which a key can be bound."""
_TELLS_OF_ALERTS = re.compile(r"\b(alerts|alert_transitions|alert_history|decisions)\b")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
WIDTH, HEIGHT = 640, 160
"""Of a chart, in its own units."""

Kind = Literal["stat", "chart", "bars", "table"]


class Looking(msgspec.Struct, frozen=True, kw_only=True):
    """What of a board is looked at, by whom."""

    span: str
    chosen: Mapping[str, tuple[str, ...]]
    """Values of the filters; without an entry, all."""
    now: dt.datetime
    bound: bool
    """The key is bound to issuing states, so what cannot be told apart by them is not shown."""
    officer: bool
    """Alerts' pages may be opened."""
    country: Callable[[str], str | None] = lambda _: None
    """The name of a state by its code."""

    def query(self) -> dict[str, str | list[str]]:
        """What stands behind the question mark of an address that shows the same."""
        own = {name: list(values) for name, values in self.chosen.items() if not (self.bound and name == STATES)}
        return {"window": self.span, **own}


class Cell(msgspec.Struct, frozen=True):
    """One value as it is shown."""

    text: str
    number: bool = False
    href: str = ""
    tone: str = ""
    whole: bool = False
    """It stands in one line."""
    grows: bool = False
    """Its column takes the room that others leave."""


class Bar(msgspec.Struct, frozen=True):
    """A part of a bar or a column of a chart, in the chart's own units."""

    x: float
    y: float
    width: float
    height: float
    tone: str


class Line(msgspec.Struct, frozen=True):
    """A line of a chart; gaps break it."""

    path: str
    tone: str
    dash: str
    """A pattern of its own, so that the color is not all that tells it apart."""


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """A chart over time."""

    bars: tuple[Bar, ...] = ()
    lines: tuple[Line, ...] = ()
    legend: tuple[tuple[str, str, str], ...] = ()
    """Name, tone and dash of each series."""
    marks: tuple[float, ...] = ()
    """Where a mark stands across the chart, in its own units."""
    top: str = ""
    """Value at the upper edge, in words."""
    starts: str = ""
    ends: str = ""


class Mark(msgspec.Struct, frozen=True):
    """Something that explains a step in a chart: a new policy, a fact taken back."""

    at: dt.datetime
    title: str
    text: str


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """A panel as the page shows it."""

    id: int
    title: str
    question: str
    kind: Kind
    wide: bool
    head: tuple[tuple[str, bool], ...] = ()
    """Title of each column, and whether it is of numbers."""
    rows: tuple[tuple[Cell, ...], ...] = ()
    figure: Cell | None = None
    turns: str = ""
    """From where on the number of a stat bears which shape."""
    chart: Chart | None = None
    stacks: tuple[tuple[Bar, ...], ...] = ()
    """Of a bar chart, the parts of each row's bar, on a scale of `WIDTH`."""
    legend: tuple[tuple[str, str], ...] = ()
    nothing: str = ""
    """What stands there where the answer is empty, or why it is not shown."""


# -- what is asked ----------------------------------------------------------------------------------------------------


def slug(board: Board) -> str:
    """The board's word in the address."""
    return board.uid.removeprefix("pledgewatch-")


Words = Mapping[str, Sequence[str]]
"""Values by the name of a filter."""


def look(board: Board, asked: Words, offered: Words, access: Access, now: dt.datetime) -> Looking:
    """What the address asks for, as far as it is offered; of a key that is bound to states, never more than those."""
    chosen = {name: tuple(v for v in values if v in offered[name]) for name, values in asked.items() if name in offered}
    if access.states:
        own = tuple(sorted(access.states))
        chosen[STATES] = tuple(state for state in chosen.get(STATES, ()) if state in own) or own
    usual = board.time_from.removeprefix("now-")
    span = next((word for word in asked.get("window", ()) if word in SPANS), usual)
    return Looking(
        span=span, chosen={name: values for name, values in chosen.items() if values}, now=now,
        bound=bool(access.states), officer=access.may("officer"),
    )  # fmt: skip


def question(panel: Panel, looking: Looking) -> str:
    """The SQL of a panel; empty where what it tells cannot be kept to the states that the key is bound to."""
    if looking.bound and _TELLS_OF_ALERTS.search(panel.sql) and f"${STATES})" not in panel.sql:
        return ""
    return expand(panel.sql, window(panel, looking), looking.chosen)


def window(panel: Panel, looking: Looking) -> Window:
    """The time that a panel is about; some have a window of their own."""
    span = SPANS[panel.time_from or looking.span]
    least = _seconds(panel.interval)
    step = next((s for s in STEPS if s >= max(least, span.total_seconds() / POINTS)), STEPS[-1])
    return Window(looking.now - span, looking.now, step)


def _seconds(interval: str | None) -> int:
    if interval is None:
        return STEPS[0]
    return int(interval[:-1]) * {"s": 1, "m": 60, "h": 3600, "d": 86_400}[interval[-1]]


# -- what is shown ----------------------------------------------------------------------------------------------------


def drawn(
    panel: Panel, looking: Looking, columns: Sequence[str], rows: Sequence[Sequence[object]], marks: Sequence[Mark] = ()
) -> Drawn:
    """The panel with its answer; the order of `columns` is the answer's. Marks stand on charts over time."""
    by_name = [dict(zip(columns, row, strict=True)) for row in rows]
    shown = [column for column in panel.columns if not column.hidden]
    blank = Drawn(
        id=panel.id, title=panel.title, question=panel.question, kind=_kind(panel), wide=_wide(panel),
        head=tuple((column.title, _of_numbers(column)) for column in shown),
    )  # fmt: skip
    if panel.kind == "stat":
        return _stat(blank, panel, by_name)
    if not by_name:
        return msgspec.structs.replace(blank, nothing=panel.no_value)
    made = msgspec.structs.replace(
        blank, rows=tuple(tuple(cell(column, row, looking) for column in shown) for row in by_name)
    )
    if panel.kind == "timeseries":
        return msgspec.structs.replace(made, chart=_chart(panel, by_name, window(panel, looking), marks))
    if panel.kind == "barchart":
        series = shown[1:]
        legend = tuple((column.title, _tone(column.color)) for column in series)
        return msgspec.structs.replace(made, stacks=_stacks(series, by_name), legend=legend)
    return made


def marks_in(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> list[Mark]:
    """The marks of an answer; its times are in UTC."""
    by_name = [dict(zip(columns, row, strict=True)) for row in rows]
    return [
        Mark(dt.datetime.fromtimestamp(_moment(row["time"]), dt.UTC), str(row["title"]), str(row["text"]))
        for row in by_name
    ]


def kept_back(panel: Panel) -> Drawn:
    """The place of a panel that is not shown to a key bound to issuing states."""
    why = "Not shown for a key that is bound to issuing states: this cannot be told apart by them."
    return Drawn(
        id=panel.id, title=panel.title, question=panel.question, kind=_kind(panel), wide=_wide(panel), nothing=why
    )


def _kind(panel: Panel) -> Kind:
    kinds: dict[str, Kind] = {"stat": "stat", "timeseries": "chart", "barchart": "bars", "table": "table"}
    return kinds[panel.kind]


def _wide(panel: Panel) -> bool:
    """Whether it takes the whole width: what it needs beside the half of the page [px, as the model says]."""
    needed = sum(column.width or 120 for column in panel.columns if not column.hidden)
    return panel.grid.w > 16 or (panel.kind == "table" and needed > 600)


def _stat(blank: Drawn, panel: Panel, rows: Sequence[Mapping[str, object]]) -> Drawn:
    (column,) = panel.columns
    value = rows[0][column.name] if rows else None
    if value is None:
        return msgspec.structs.replace(blank, nothing=panel.no_value)
    reached = [step for step in panel.steps if step.value is not None and _float(value) >= step.value]
    rising = [step.value for step in panel.steps if step.value is not None]
    mark = ("", "◆ ", "▲ ")[min(len(reached), 2)]
    words = ", ".join(f"{shape} from {shown_as(column, step)}" for shape, step in zip("◆▲", rising, strict=False))
    figure = Cell(mark + _words(column, value), number=True, tone=_tone(reached[-1].color) if reached else "")
    return msgspec.structs.replace(blank, figure=figure, turns=words)


def cell(column: Column, row: Mapping[str, object], looking: Looking) -> Cell:
    """One value: its words, whether it is a number, where it leads."""
    value = row[column.name]
    mapping = next((m for m in column.mappings if m.value == str(value)), None)
    href = address(column.link, column, row, looking) if column.link and value is not None else ""
    tone = _tone(mapping.color) if mapping and mapping.color else ""
    words = _words(column, value)
    if column.name == "destination" and mapping is None and (name := looking.country(str(value))):
        words = f"{name} ({value})"
    whole = bool(mapping) or isinstance(value, dt.datetime) or bool(_DAY.fullmatch(words))
    return Cell(words, _of_numbers(column), href, tone, whole, grows=not (whole or column.width or _of_numbers(column)))


def _words(column: Column, value: object) -> str:
    mapping = next((m for m in column.mappings if m.value == str(value)), None)
    return mapping.text if mapping else shown_as(column, value)


def shown_as(column: Column, value: object) -> str:
    """A value with its unit."""
    if value is None or value == "":
        return "–"
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if column.unit == "s":
        return _duration(_float(value))
    if column.unit == "ops":
        return f"{_number(_float(value))}/s"
    if column.unit == "d":
        return f"{_number(_float(value))} d"
    return _number(_float(value)) if column.unit == "short" else str(value)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) or abs(value) >= 100 else f"{value:.3g}"


def _duration(seconds: float) -> str:
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{_number(round(seconds / size, 1))} {unit}"
    return f"{_number(round(seconds, 3))} s"


def _float(value: object) -> float:
    return float(value)  # type: ignore[arg-type]


def _of_numbers(column: Column) -> bool:
    return column.unit in ("short", "d", "s", "ops")


def _tone(color: str | None) -> str:
    return TONES.get(color or "", "")


def address(link: Link, column: Column, row: Mapping[str, object], looking: Looking) -> str:
    """Where a link of the model leads among the pages; empty for a page that the key may not open."""
    there = _within_pages(link.url, looking)
    there = re.sub(r"\$\{__data\.fields\.(\w+)\}", lambda field: str(row[field[1]]), there)
    if "${__value.raw}" in there:
        there = there.replace("${__value.raw}", quote(str(row[column.name]), safe=""))
    return there if looking.officer or there.startswith("/board") else ""


def _within_pages(url: str, looking: Looking) -> str:
    """An address of the model as one of ours: boards have pages of their own here."""
    there = url.removeprefix("${pages}")
    there = re.sub(r"^/d/pledgewatch-(\w+)", lambda board: f"/board/{board[1]}", there)
    return there.replace("?var-", "?").replace("${__url_time_range}", urlencode({"window": looking.span}))


def links(board: Board, looking: Looking) -> tuple[tuple[str, str], ...]:
    """Where the board leads: title and address; the filters go along to the other boards."""
    found = []
    for link in board.links:
        there = _within_pages(link.url, looking)
        on = there.startswith("/board") and looking.chosen and not looking.bound
        asked = {name: list(values) for name, values in looking.chosen.items()}
        if on or there.startswith("/board") or looking.officer:
            found.append((link.title, f"{there}?{urlencode(asked, doseq=True)}" if on else there))
    return tuple(found)


# -- charts -----------------------------------------------------------------------------------------------------------

DASHES = ("", "6 3", "2 3", "8 3 2 3", "1 2")
"""A pattern for each line of a chart."""


def _stacks(series: Sequence[Column], rows: Iterable[Mapping[str, object]]) -> tuple[tuple[Bar, ...], ...]:
    counted = [[_float(row[column.name] or 0) for column in series] for row in rows]
    top = max((sum(values) for values in counted), default=0) or 1
    return tuple(tuple(_laid_out(values, series, WIDTH / top)) for values in counted)


def _laid_out(values: Sequence[float], series: Sequence[Column], scale: float) -> Iterable[Bar]:
    x = 0.0
    for value, column in zip(values, series, strict=True):
        if value:
            yield Bar(round(x, 2), 2, round(value * scale, 2), 12, _tone(column.color))
        x += value * scale


def _chart(panel: Panel, rows: Sequence[Mapping[str, object]], over: Window, marks: Sequence[Mark]) -> Chart:
    when, *series = panel.columns
    start, span = over.start.timestamp(), (over.end - over.start).total_seconds()
    points = [((_moment(row[when.name]) - start) / span * WIDTH, row) for row in rows]
    values = [_float(row[column.name]) for row in rows for column in series if row[column.name] is not None]
    top = max((v for v in values if math.isfinite(v)), default=0) or 1
    step = over.interval / span * WIDTH
    bars = _columns(points, series, step, top) if panel.bars else ()
    lines = () if panel.bars else tuple(
        Line(_path(points, column.name, top, step), _tone(column.color), DASHES[place % len(DASHES)])
        for place, column in enumerate(series)
    )  # fmt: skip
    dashes = ("",) * len(series) if panel.bars else DASHES
    at = [(mark.at.timestamp() - start) / span * WIDTH for mark in marks if over.start <= mark.at <= over.end]
    return Chart(
        marks=tuple(round(x, 2) for x in at),
        bars=tuple(bars), lines=lines, top=shown_as(series[0], top), starts=f"{over.start:%Y-%m-%d %H:%M}",
        ends=f"{over.end:%Y-%m-%d %H:%M}",
        legend=tuple((c.title, _tone(c.color), dash) for c, dash in zip(series, dashes, strict=False)),
    )  # fmt: skip


def _moment(value: object) -> float:
    """Seconds since 1970; the engine's times without a zone are in UTC."""
    assert isinstance(value, dt.datetime)
    return (value if value.tzinfo else value.replace(tzinfo=dt.UTC)).timestamp()


def _columns(
    points: Sequence[tuple[float, Mapping[str, object]]], series: Sequence[Column], step: float, top: float
) -> tuple[Bar, ...]:
    """Columns side by side, one a series, within each step of time."""
    each = max(1.0, step * 0.8 / len(series))
    made = []
    for x, row in points:
        for place, column in enumerate(series):
            height = _float(row[column.name] or 0) / top * HEIGHT
            if height:
                made.append(
                    Bar(round(max(0.0, x) + place * each, 2), round(HEIGHT - height, 2), round(each, 2),
                        round(height, 2), _tone(column.color))
                )  # fmt: skip
    return tuple(made)


def _path(points: Sequence[tuple[float, Mapping[str, object]]], name: str, top: float, step: float) -> str:
    """The line of a series, broken where nothing was counted for more than two steps."""
    known = [(x, _float(row[name])) for x, row in points if row[name] is not None]
    if not known:
        return ""
    words = [f"M{_at(*known[0], top)} h.01"]  # a round end makes a dot of it, so that one alone is seen
    for (before, _), (x, value) in pairwise(known):
        words.append(f"L{_at(x, value, top)}" if x - before <= 2 * step else f"M{_at(x, value, top)} h.01")
    return " ".join(words)


def _at(x: float, value: float, top: float) -> str:
    return f"{max(0.0, x):.2f} {HEIGHT - value / top * HEIGHT:.2f}"
