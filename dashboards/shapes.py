"""What the boards' panels are made of: the stat, the columns and the questions that more than one of them has."""

from __future__ import annotations

from dashboards.looks import BANDS, BLUE, NONE, ORANGE, STATUSES, UNATTRIBUTED, steps, text
from dashboards.model import Column, Grid, Mapping, Panel, Unit
from dashboards.questions import FILTER, LIVE, NO_DATA, NOTHING_HEARD, TO_THE_PAGE

LISTED = f"{LIVE} AND band != 'context'"
"""What is about a pledge and not yet closed."""
WORKED = f"{LIVE} AND band_rank >= 2"
"""What somebody has to look at: live, at review or above."""
BY_BAND = (
    "countIf(band = 'urgent') AS urgent, countIf(band = 'alert') AS alert,\n"
    "  countIf(band = 'review') AS review, countIf(band = 'watch') AS watch"
)
OFFICE = "if(assigned_to = '', 'nobody', assigned_to) AS office"


def stat(
    place: int,
    title: str,
    question: str,
    sql: str,
    column: str,
    *rising: tuple[float, str],
    unit: Unit = "short",
) -> Panel:
    """One number in the first row, six of which stand beside each other; it changes color at each of `rising`."""
    return Panel(
        id=place + 1,
        title=title,
        question=question,
        kind="stat",
        sql=sql,
        columns=(Column(name=column, title=title, unit=unit, mappings=(NONE,) if unit == "short" else ()),),
        grid=Grid(place * 4, 0, 4, 4),
        no_value=NO_DATA,
        steps=steps(*rising),
    )


def alerts_where(condition: str) -> str:
    """How many alerts are so; unknown before the first day of the log."""
    return f"SELECT if({NOTHING_HEARD}, NULL, count()) AS alerts\nFROM alerts\nWHERE {condition}\n  AND {FILTER}"


def flow(came: str, went: str) -> str:
    """Alerts opened or opened again, against closed or withdrawn, over time."""
    return (
        f"SELECT $__timeInterval(t.time) AS time, countIf(transition IN ('opened', 'reopened')) AS {came},\n"
        f"  countIf(transition IN ('closed', 'withdrawn')) AS {went}\n"
        f"FROM alert_transitions AS t\nWHERE $__timeFilter(t.time)\n  AND {FILTER}\n"
        "GROUP BY time ORDER BY time"
    )


def flow_columns(came: str, went: str) -> tuple[Column, ...]:
    """The columns of a `flow`."""
    return (
        over_time("Day [UTC]"),
        Column(name=came, title=f"+ {came}", unit="short", color=ORANGE),
        Column(name=went, title=f"● {went}", unit="short", color=BLUE),
    )


def over_time(title: str) -> Column:
    """The axis of a chart over time."""
    return Column(name="time", title=title, unit="dateTimeAsIso")


def moment(name: str, title: str) -> Column:
    """A column of moments."""
    return Column(name=name, title=title, unit="dateTimeAsIso", width=170)


def band(width: int, *, leads: bool = True) -> Column:
    """The band, leading to the alert's page."""
    return text("band", "Band", *BANDS, width=width, link=TO_THE_PAGE if leads else None)


def destination(width: int | None = None) -> Column:
    """The destination's code."""
    return text("destination", "Destination", UNATTRIBUTED, width=width)


def state() -> Column:
    """Open, acknowledged, closed."""
    return text("status", "State", *STATUSES, width=130)


def whose(width: int | None = None) -> Column:
    """The office that an alert is assigned to."""
    return text("office", "Whose", Mapping(value="nobody", text="○ nobody"), width=width)
