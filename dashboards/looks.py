"""Colors, words and shapes of the boards: Okabe and Ito's colors, and never a color without its word and shape.

A band or a state is a word behind a shape, the same shapes as on the pages. Okabe, Ito: Color Universal Design (2008).
"""

from __future__ import annotations

from dashboards.model import Column, Link, Mapping, Step, Unit

BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILION = "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00"
YELLOW, GRAY = "#F0E442", "#8C8C8C"
PALETTE = frozenset({BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILION, YELLOW, GRAY})
"""Okabe and Ito's seven and a gray; red against green cannot come of it."""

SMALL_GROUP = 5
"""Groups below this size are hidden on shared boards [count]; the policy's `small_group` at its start."""
LEFT_TO_OFFICERS = "left to officers"
"""Stands where a board may not go as far as the alert's page."""

BANDS = (
    Mapping(value="urgent", text="▲ Urgent", color=VERMILION),
    Mapping(value="alert", text="◆ Alert", color=ORANGE),
    Mapping(value="review", text="■ Review", color=BLUE),
    Mapping(value="watch", text="● Watch", color=SKY),
    Mapping(value="context", text="○ Context", color=GRAY),
)
STATUSES = (
    Mapping(value="open", text="◇ open"),
    Mapping(value="acknowledged", text="◐ acknowledged"),
    Mapping(value="closed", text="● closed"),
    Mapping(value="withdrawn", text="✕ withdrawn"),
)
TRANSITIONS = (
    Mapping(value="opened", text="+ opened"),
    Mapping(value="raised", text="↑ raised"),
    Mapping(value="lowered", text="↓ lowered"),
    Mapping(value="reopened", text="↻ reopened"),
    Mapping(value="closed", text="● closed"),
    Mapping(value="withdrawn", text="✕ withdrawn"),
)
CLOSE_REASONS = (
    Mapping(value="not_our_license", text="not our license"),
    Mapping(value="unfounded", text="unfounded"),
    Mapping(value="explained_lawful", text="explained, lawful"),
    Mapping(value="remedied", text="remedied"),
    Mapping(value="duplicate", text="duplicate"),
    Mapping(value="acted_upon", text="acted upon"),
    Mapping(value="other", text="other"),
)
UNATTRIBUTED = Mapping(value="ZZ", text="ZZ (not attributed)")
NONE = Mapping(value="0", text="0 · none")


def series_of_bands() -> tuple[Column, ...]:
    """A series a band, in the band's color, the most pressing first."""
    return tuple(
        Column(name=band.value, title=band.text, unit="short", color=band.color)
        for band in BANDS
        if band.value != "context"
    )


def text(name: str, title: str, *mappings: Mapping, width: int | None = None, link: Link | None = None) -> Column:
    """A column of words."""
    return Column(name=name, title=title, mappings=mappings, width=width, link=link)


def number(name: str, title: str, unit: Unit = "short", *, width: int | None = 110) -> Column:
    """A column of numbers, to the right."""
    return Column(name=name, title=title, unit=unit, width=width)


def hidden(name: str) -> Column:
    """A column that only links need."""
    return Column(name=name, title=name, hidden=True)


def steps(*rising: tuple[float, str]) -> tuple[Step, ...]:
    """Blue, then from each value on its color: more pressing is warmer, never red against green."""
    return (Step(value=None, color=BLUE), *(Step(value=value, color=color) for value, color in rising))
