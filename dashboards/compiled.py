"""Classic Grafana JSON of a board: read by Grafana 9.4 to 13, by the ClickHouse data source 3.3.0 to 4.20.0.

    as_json(OVERVIEW)        # what stands in dashboards/json
    compile_board(OVERVIEW)  # the same as a dictionary, as the API takes it

Only what both ends of those versions know is used: panels stat, timeseries, barchart and table; targets in the form
of data source 3.3.0, which 4.x reads too; no macro that came later. Pure: the same board gives the same bytes.
"""

from __future__ import annotations

import json
from typing import Any

from dashboards.model import Annotation, Board, Column, Link, Mapping, Panel, Step, Variable

SCHEMA_VERSION = 37
"""Classic; Grafana 9.4 writes 37, newer versions migrate it when they load it."""
PLUGIN = "grafana-clickhouse-datasource"
PAGES = "http://127.0.0.1:8460"
"""Where the program's pages are, unless `boards push --pages` says otherwise."""
EMPTY_CELL = "–"
"""In an empty cell; without it, Grafana would put the words for the empty panel there."""
_SOURCE = {"type": PLUGIN, "uid": "${datasource}"}
_FORMATS = {"timeseries": 0}
_TABLE = 1


def as_json(board: Board, *, pages: str = PAGES) -> str:
    """The board as text, as it is committed."""
    return json.dumps(compile_board(board, pages=pages), indent=2, ensure_ascii=False) + "\n"


def compile_board(board: Board, *, pages: str = PAGES) -> dict[str, Any]:
    """The board as classic JSON; `pages` is the address under which a reader's browser finds the pages."""
    return {
        "id": None,
        "uid": board.uid,
        "title": board.title,
        "description": board.question,
        "tags": ["pledgewatch"],
        "schemaVersion": SCHEMA_VERSION,
        "version": 0,
        "editable": False,
        "graphTooltip": 1,
        "timezone": "utc",
        "weekStart": "monday",
        "refresh": board.refresh,
        "time": {"from": board.time_from, "to": "now"},
        "timepicker": {"refresh_intervals": ["1m", "5m", "15m", "1h"], "hidden": False},
        "templating": {"list": [_datasource(), _pages(pages), *map(_variable, board.variables)]},
        "annotations": {"list": [*map(_annotation, board.annotations)]},
        "links": [*map(_board_link, board.links)],
        "panels": [*map(_panel, board.panels)],
    }


def _datasource() -> dict[str, Any]:
    return {
        "name": "datasource",
        "label": "Data source",
        "type": "datasource",
        "query": PLUGIN,
        "current": {},
        "hide": 0,
        "includeAll": False,
        "multi": False,
        "options": [],
        "refresh": 1,
        "regex": "",
        "skipUrlSync": False,
    }


def _pages(pages: str) -> dict[str, Any]:
    """A constant that no address can change, so that a sent link cannot lead an officer elsewhere."""
    return {
        "name": "pages",
        "label": "Pages",
        "type": "constant",
        "query": pages.rstrip("/"),
        "current": {"selected": True, "text": pages.rstrip("/"), "value": pages.rstrip("/")},
        "options": [],
        "hide": 2,
        "skipUrlSync": True,
    }


def _variable(variable: Variable) -> dict[str, Any]:
    return {
        "name": variable.name,
        "label": variable.title,
        "type": "query",
        "datasource": _SOURCE,
        "query": variable.sql,
        "definition": variable.sql,
        "refresh": 1,
        "multi": True,
        "includeAll": True,
        "allValue": None,
        "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
        "hide": 0,
        "options": [],
        "regex": "",
        "skipUrlSync": False,
        "sort": 0,
    }


def _annotation(annotation: Annotation) -> dict[str, Any]:
    return {
        "name": annotation.name,
        "enable": True,
        "hide": False,
        "iconColor": annotation.color,
        "datasource": _SOURCE,
        "target": _target(annotation.sql, _TABLE),
    }


def _board_link(link: Link) -> dict[str, Any]:
    leads_out = link.url.startswith("${pages}")
    return {
        "title": link.title,
        "type": "link",
        "url": link.url,
        "icon": "external link" if leads_out else "dashboard",
        "tooltip": link.title,
        "tags": [],
        "asDropdown": False,
        "includeVars": not leads_out,
        "keepTime": not leads_out,
        "targetBlank": leads_out,
    }


def _panel(panel: Panel) -> dict[str, Any]:
    made: dict[str, Any] = {
        "id": panel.id,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.question,
        "gridPos": {"h": panel.grid.h, "w": panel.grid.w, "x": panel.grid.x, "y": panel.grid.y},
        "datasource": _SOURCE,
        "targets": [_target(panel.sql, _FORMATS.get(panel.kind, _TABLE))],
        "fieldConfig": {
            "defaults": _defaults(panel),
            "overrides": [_override(panel, column) for column in panel.columns],
        },
        "options": _OPTIONS[panel.kind](panel),
        "links": [_data_link(link) for link in panel.links],
    }
    if panel.interval:
        made["interval"] = panel.interval
    if panel.time_from:
        made["timeFrom"] = panel.time_from
    return made


def _target(sql: str, form: int) -> dict[str, Any]:
    return {
        "refId": "A",
        "datasource": _SOURCE,
        "queryType": "sql",
        "format": form,
        "selectedFormat": form,
        "rawSql": sql,
        "meta": {"timezone": "UTC"},
    }


def _defaults(panel: Panel) -> dict[str, Any]:
    defaults: dict[str, Any] = {"noValue": panel.no_value, "mappings": [], "unit": _unit(panel)}
    if panel.kind == "stat":
        defaults |= {"color": {"mode": "thresholds"}, "thresholds": _thresholds(panel.steps)}
        defaults["mappings"] = [m for column in panel.columns for m in _mappings(column.mappings)]
    elif panel.kind == "table":
        defaults |= {"color": {"mode": "fixed", "fixedColor": "text"}, "custom": {"align": "auto", "filterable": False}}
    else:
        defaults |= {"color": {"mode": "fixed"}, "min": 0, "custom": _CUSTOM[panel.kind](panel)}
    return defaults


def _unit(panel: Panel) -> str:
    units = {column.unit for column in panel.columns} - {"none", "dateTimeAsIso"}
    return units.pop() if len(units) == 1 else "none"


def _thresholds(steps: tuple[Step, ...]) -> dict[str, Any]:
    return {"mode": "absolute", "steps": [{"color": step.color, "value": step.value} for step in steps]}


def _mappings(mappings: tuple[Mapping, ...]) -> list[dict[str, Any]]:
    if not mappings:
        return []
    options = {
        mapping.value: {"text": mapping.text, "index": place} | ({"color": mapping.color} if mapping.color else {})
        for place, mapping in enumerate(mappings)
    }
    return [{"type": "value", "options": options}]


def _override(panel: Panel, column: Column) -> dict[str, Any]:
    properties: dict[str, object] = {}
    if not column.hidden and column is not _category(panel):
        properties["displayName"] = column.title
    if panel.kind == "table" and not column.hidden:
        properties["noValue"] = EMPTY_CELL
    if column.unit != "none":
        properties["unit"] = column.unit
    if column.color:
        properties["color"] = {"mode": "fixed", "fixedColor": column.color}
    if column.mappings and panel.kind != "stat":
        properties["mappings"] = _mappings(column.mappings)
    if column.width:
        properties["custom.width"] = column.width
    if column.hidden:
        properties["custom.hidden"] = True
    if column.link:
        properties["links"] = [_data_link(column.link)]
    matched = {"id": "byName", "options": column.name}
    return {"matcher": matched, "properties": [{"id": name, "value": value} for name, value in properties.items()]}


def _category(panel: Panel) -> Column | None:
    """The column along a bar chart's axis. It keeps its name, because the chart finds it by the name shown."""
    return panel.columns[0] if panel.kind == "barchart" else None


def _data_link(link: Link) -> dict[str, Any]:
    return {"title": link.title, "url": link.url, "targetBlank": link.url.startswith("${pages}")}


def _stat(panel: Panel) -> dict[str, Any]:
    return {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "colorMode": "background" if len(panel.steps) > 1 else "none",
        "graphMode": "none",
        "justifyMode": "auto",
        "orientation": "auto",
        "textMode": "value",
    }


def _table(panel: Panel) -> dict[str, Any]:
    return {"showHeader": True, "footer": {"show": False, "reducer": ["sum"], "fields": ""}}


def _timeseries(panel: Panel) -> dict[str, Any]:
    return {
        "legend": {"displayMode": "table", "placement": "bottom", "showLegend": True, "calcs": ["lastNotNull", "max"]},
        "tooltip": {"mode": "multi", "sort": "none"},
    }


def _barchart(panel: Panel) -> dict[str, Any]:
    return {
        "orientation": "horizontal" if panel.horizontal else "vertical",
        "xField": panel.columns[0].name,
        "stacking": "normal" if panel.stacked else "none",
        "showValue": "auto",
        "groupWidth": 0.7,
        "barWidth": 0.9,
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": len(panel.columns) > 2, "calcs": []},
        "tooltip": {"mode": "multi", "sort": "none"},
    }


def _drawn(panel: Panel) -> dict[str, Any]:
    return {
        "drawStyle": "bars" if panel.bars else "line",
        "fillOpacity": 80 if panel.bars else 0,
        "lineWidth": 1 if panel.bars else 2,
        "showPoints": "never" if panel.bars else "auto",
        "spanNulls": False,
        "stacking": {"mode": "normal" if panel.stacked else "none", "group": "A"},
    }


def _filled(panel: Panel) -> dict[str, Any]:
    return {"fillOpacity": 80, "lineWidth": 1}


_OPTIONS = {"stat": _stat, "table": _table, "timeseries": _timeseries, "barchart": _barchart}
_CUSTOM = {"timeseries": _drawn, "barchart": _filled}
