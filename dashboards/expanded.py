"""A panel's SQL as it reaches ClickHouse: what Grafana and its ClickHouse data source put in the place of macros.

    expand(panel.sql, Window(start, end), {"destination": ("XA", "XB")})     # no entry, or none in it: all

Front-end: variables (`${x:singlequote}`) and `$__conditionalAll`; back-end: time and interval. `release` picks the
wording of data source 3.3.0 (as recorded from a real one) or of 4.x; both must give the same answer. Pure.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

Release = Literal["3.3.0", "4.20.0"]

SAFE_MACROS = frozenset(
    {
        "fromTime", "toTime", "timeFilter", "timeFilter_ms", "dateFilter", "timeInterval", "timeInterval_ms",
        "interval_s", "conditionalAll",
    }
)  # fmt: skip
"""Known to every release of the data source from 3.3.0 to 4.20.0."""

_CONDITION = re.compile(r"\$__conditionalAll\((?P<phrase>.*?), \$(?P<name>\w+)\)")
_QUOTED = re.compile(r"\$\{(\w+):singlequote\}")
_CALL = re.compile(r"\$__(timeFilter|timeFilter_ms|dateFilter|timeInterval|timeInterval_ms)\(([^(),]*)\)")
_LEFT = re.compile(r"\$__\w+|\$\{[^}]*\}")


class Window(msgspec.Struct, frozen=True):
    """What the time picker says, and the width of a bar or point."""

    start: dt.datetime
    end: dt.datetime
    interval: int = 3600
    """[seconds]"""


def expand(
    sql: str, window: Window, chosen: Mapping[str, Sequence[str]] | None = None, release: Release = "3.3.0"
) -> str:
    """`sql` without a macro or a variable in it; raises `ValueError` where one is left that is not known."""
    chosen = chosen or {}

    def condition(found: re.Match[str]) -> str:
        return found["phrase"] if chosen.get(found["name"]) else "1=1"

    def quoted(found: re.Match[str]) -> str:
        return ",".join("'" + value.replace("'", "\\'") + "'" for value in chosen.get(found[1], ()))

    text = _QUOTED.sub(quoted, _CONDITION.sub(condition, sql))
    text = _CALL.sub(lambda found: _call(found[1], found[2].strip(), window, release), text)
    for name, value in _words(window, release).items():
        text = re.sub(rf"\$__{name}\b", value, text)
    if left := _LEFT.search(text):
        raise ValueError(f"The query holds {left[0]}, expected one of {', '.join(sorted(SAFE_MACROS))}")
    return text


def _words(window: Window, release: Release) -> dict[str, str]:
    form = "toDateTime(intDiv({},1000))" if release == "3.3.0" else "toDateTime({})"
    scale = 1000 if release == "3.3.0" else 1
    return {
        "fromTime": form.format(_seconds(window.start) * scale),
        "toTime": form.format(_seconds(window.end) * scale),
        "interval_s": str(window.interval),
    }


def _call(macro: str, column: str, window: Window, release: Release) -> str:
    start, end = _seconds(window.start), _seconds(window.end)
    if macro == "timeInterval":
        return f"toStartOfInterval(toDateTime({column}), INTERVAL {window.interval} second)"
    if macro == "timeInterval_ms":
        return f"toStartOfInterval(toDateTime64({column}, 3), INTERVAL {window.interval * 1000} millisecond)"
    if macro == "dateFilter":
        return f"{column} >= '{window.start:%Y-%m-%d}' AND {column} <= '{window.end:%Y-%m-%d}'"
    if macro == "timeFilter_ms" and release != "3.3.0":
        first, last = (f"fromUnixTimestamp64Milli({at * 1000})" for at in (start, end))
        return f"{column} >= {first} AND {column} <= {last}"
    if macro == "timeFilter_ms":
        return f"{column} >= '{start * 1000}' AND {column} <= '{end * 1000}'"
    if release == "3.3.0":
        return f"{column} >= '{start}' AND {column} <= '{end}'"
    return f"{column} >= toDateTime({start}) AND {column} <= toDateTime({end})"


def _seconds(at: dt.datetime) -> int:
    return int(at.timestamp())
