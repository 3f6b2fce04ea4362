"""What a compiled board must hold to; each rule is a claim, and says which panel breaks it.

The first six bear the names of the rules of grafana/dashboard-linter that apply to us. Of its seventh,
`template-on-time-change-reload`, we do the opposite on purpose: our filters do not depend on the window, so reloading
them with it would only cost queries. Its other rules are about Prometheus and Loki.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any

from dashboards.compiled import PLUGIN
from dashboards.expanded import SAFE_MACROS
from dashboards.looks import PALETTE, SMALL_GROUP
from dashboards.model import GRID

Json = dict[str, Any]
KINDS = frozenset({"stat", "timeseries", "barchart", "table"})
"""Panels that Grafana has had since 9.4 at the latest."""
UNITS = frozenset({"none", "short", "d", "s", "ops", "dateTimeAsIso"})
FIRST_SCREEN = 24
"""Rows that a screen of 1080 lines shows."""

_HEX = re.compile(r"#[0-9A-Fa-f]{6}")
_MACRO = re.compile(r"\$__(\w+)")
_CLOCK = re.compile(r"\b(now|now64|today|yesterday)\s*\(", re.IGNORECASE)
_FIELD = re.compile(r"\$\{__data\.fields\.(\w+)\}")
_VARIABLE = re.compile(r"\$\{(\w+)[:}]|, \$(?!__)(\w+)\)")


def template_datasource(board: Json) -> Iterator[str]:
    """There is one variable for the data source, labeled as one."""
    sources = [v for v in board["templating"]["list"] if v["type"] == "datasource"]
    if [(v["name"], v["label"], v["query"]) for v in sources] != [("datasource", "Data source", PLUGIN)]:
        yield f"the data source's variables are {sources}"


def panel_datasource(board: Json) -> Iterator[str]:
    """Every panel, target, filter and mark asks the chosen data source."""
    chosen = {"type": PLUGIN, "uid": "${datasource}"}
    asking: list[Json] = [*board["panels"], *(t for p in board["panels"] for t in p["targets"])]
    asking += [v for v in board["templating"]["list"] if v["type"] == "query"]
    for mark in board["annotations"]["list"]:
        asking += [mark, mark["target"]]
    for each in asking:
        if each["datasource"] != chosen:
            yield f"{each.get('title') or each.get('name')} asks {each['datasource']}"


def panel_title_description(board: Json) -> Iterator[str]:
    """Every panel has a title and says what it answers, with the views it reads."""
    for panel in board["panels"]:
        views = set(re.findall(r"\bFROM (\w+)", panel["targets"][0]["rawSql"]))
        if not panel["title"] or not re.search(r"[?]", panel["description"]):
            yield f"{panel['id']} asks no question"
        if not any(f"`{view}`" in panel["description"] for view in views):
            yield f"{panel['title']} does not say that it reads {sorted(views)}"


def panel_units(board: Json) -> Iterator[str]:
    """Every panel has a unit that Grafana knows, or words for its values."""
    for panel in board["panels"]:
        told = [panel["fieldConfig"]["defaults"]["unit"]]
        told += [p["value"] for o in panel["fieldConfig"]["overrides"] for p in o["properties"] if p["id"] == "unit"]
        if set(told) - UNITS or (set(told) <= {"none"} and not list(_mappings({"panels": [panel]}))):
            yield f"{panel['title']} has the units {told}"


def panel_no_targets(board: Json) -> Iterator[str]:
    """Every panel asks one query."""
    yield from (p["title"] for p in board["panels"] if len(p["targets"]) != 1 or not p["targets"][0]["rawSql"].strip())


def uneditable_dashboard(board: Json) -> Iterator[str]:
    """The board cannot be edited by hand: the code is the source."""
    if board["editable"] is not False:
        yield "editable is not false"


def classic_and_unnumbered(board: Json) -> Iterator[str]:
    """It is classic JSON without an id of somebody's database, and its uid is one that Grafana takes."""
    if board["id"] is not None or not 36 <= board["schemaVersion"] <= 39 or "__inputs" in board:
        yield f"id {board['id']}, schemaVersion {board['schemaVersion']}"
    if not re.fullmatch(r"[a-z0-9-]{1,40}", board["uid"]):
        yield f"uid {board['uid']}"
    yield from (f"{p['title']} is a {p['type']}" for p in board["panels"] if p["type"] not in KINDS)


def layout(board: Json) -> Iterator[str]:
    """Panels stand on the grid of 24 columns, none over another, with ids of their own; at most twelve."""
    panels = board["panels"]
    if len({p["id"] for p in panels}) != len(panels) or len({p["title"] for p in panels}) != len(panels):
        yield "two panels share an id or a title"
    if len(panels) > 12:
        yield f"{len(panels)} panels"
    for panel in panels:
        at = panel["gridPos"]
        if at["x"] < 0 or at["y"] < 0 or at["w"] < 1 or at["h"] < 1 or at["x"] + at["w"] > GRID:
            yield f"{panel['title']} stands at {at}"
    for one, other in itertools.combinations(panels, 2):
        if _overlap(one["gridPos"], other["gridPos"]):
            yield f"{one['title']} and {other['title']} overlap"
    if not any(p["gridPos"]["y"] + p["gridPos"]["h"] <= FIRST_SCREEN and p["type"] == "table" for p in panels):
        yield "the first screen has no table"


def _overlap(one: Json, other: Json) -> bool:
    across = one["x"] < other["x"] + other["w"] and other["x"] < one["x"] + one["w"]
    down = one["y"] < other["y"] + other["h"] and other["y"] < one["y"] + one["h"]
    return bool(across and down)


def safe_macros(board: Json) -> Iterator[str]:
    """Queries use no macro that a release from 3.3.0 to 4.20.0 lacks, none with a comma, and never the wall clock."""
    for name, sql in queries(board):
        if unsafe := set(_MACRO.findall(sql)) - SAFE_MACROS:
            yield f"{name} uses {sorted(unsafe)}"
        if re.search(r"\$__(?!conditionalAll)\w+\([^()]*[,(]", sql):
            yield f"{name} has a comma or a bracket inside a macro"
        if _CLOCK.search(sql):
            yield f"{name} asks the wall clock"


def quoted_variables(board: Json) -> Iterator[str]:
    """Filters reach a query quoted, and only those that the board has."""
    known = {v["name"] for v in board["templating"]["list"]}
    for name, sql in queries(board):
        used = {one or other for one, other in _VARIABLE.findall(sql)}
        if used - known:
            yield f"{name} uses {sorted(used - known)}"
        if re.search(r"\$\{(?!\w+:singlequote\})", sql):
            yield f"{name} has a variable that is not quoted"


def okabe_ito(board: Json) -> Iterator[str]:
    """Colors are Okabe and Ito's, and a series has its color by override."""
    yield from sorted(set(_HEX.findall(str(board))) - PALETTE)
    for panel in board["panels"]:
        series = panel["fieldConfig"]["overrides"][1:]
        chance = [o["matcher"]["options"] for o in series if not any(p["id"] == "color" for p in o["properties"])]
        if panel["type"] in ("timeseries", "barchart") and chance:
            yield f"{panel['title']} leaves the color of {chance} to chance"


def word_and_shape(board: Json) -> Iterator[str]:
    """A mapped state with a color is a word behind a shape, so that the color only repeats it."""
    for mapping in _mappings(board):
        for value, shown in mapping["options"].items():
            if "color" in shown and not re.fullmatch(r"[▲◆■●○] \w.*", shown["text"]):
                yield f"{value} is shown as {shown['text']!r}"


def _mappings(board: Json) -> Iterator[Json]:
    for panel in board["panels"]:
        yield from panel["fieldConfig"]["defaults"]["mappings"]
        for override in panel["fieldConfig"]["overrides"]:
            yield from (m for p in override["properties"] if p["id"] == "mappings" for m in p["value"])


def no_value(board: Json) -> Iterator[str]:
    """An empty panel says that nothing happened and where one sees whether anything was heard; a number: no data."""
    for panel in board["panels"]:
        text = panel["fieldConfig"]["defaults"].get("noValue", "")
        if (panel["type"] == "stat") != (text == "no data") or (panel["type"] != "stat" and len(text) < 20):
            yield f"{panel['title']} says {text!r} where it is empty"


def small_groups(board: Json) -> Iterator[str]:
    """A panel that counts accounts of incidents hides small numbers: few accounts point at few people."""
    for panel in board["panels"]:
        sql = panel["targets"][0]["rawSql"]
        if re.search(r"\bFROM incidents\b", sql) and not re.search(
            rf"\w+ < {SMALL_GROUP}, 'fewer than {SMALL_GROUP}'", sql
        ):
            yield panel["title"]


def fields_of_links(board: Json) -> Iterator[str]:
    """A link in a row is filled from a column that the panel has."""
    for panel in board["panels"]:
        columns = {o["matcher"]["options"] for o in panel["fieldConfig"]["overrides"]}
        for url in urls(panel):
            yield from (f"{panel['title']} lacks {field}" for field in set(_FIELD.findall(url)) - columns)


def calm(board: Json) -> Iterator[str]:
    """It is in UTC, and asks again at most twice a minute."""
    if board["timezone"] != "utc" or not re.fullmatch(r"[1-9]\d*[mh]", board["refresh"]):
        yield f"timezone {board['timezone']}, refresh {board['refresh']}"


def queries(board: Json) -> Iterator[tuple[str, str]]:
    """Every query of the board, with the name of what asks it."""
    for panel in board["panels"]:
        yield from ((panel["title"], target["rawSql"]) for target in panel["targets"])
    yield from ((v["name"], v["query"]) for v in board["templating"]["list"] if v["type"] == "query")
    yield from ((mark["name"], mark["target"]["rawSql"]) for mark in board["annotations"]["list"])


def urls(part: object) -> Iterator[str]:
    """Every address in a board or in a part of it."""
    if isinstance(part, dict):
        if isinstance(part.get("url"), str):
            yield part["url"]
        for each in part.values():
            yield from urls(each)
    elif isinstance(part, list):
        for each in part:
            yield from urls(each)


RULES: tuple[Callable[[Json], Iterator[str]], ...] = (
    template_datasource, panel_datasource, panel_title_description, panel_units, panel_no_targets,
    uneditable_dashboard, classic_and_unnumbered, layout, safe_macros, quoted_variables, okabe_ito, word_and_shape,
    no_value, small_groups, fields_of_links, calm,
)  # fmt: skip
