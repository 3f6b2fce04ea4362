"""The boards' data source: ClickHouse, as a user who may read views and nothing else.

Both spellings of the plugin's settings are given, because 3.x wants `server` and `timeout`, 4.x `host` and
`dialTimeout`. `timeout` is text: as a number it crashes plugin 3.3.0 for every data source.
"""

from __future__ import annotations

from typing import Any

import msgspec

from dashboards.compiled import PLUGIN

UID = "pledgewatch-clickhouse"
NAME = "Pledgewatch"
FOLDER_UID = "pledgewatch"
FOLDER_TITLE = "Pledgewatch"
READER = "pledgewatch_boards"
"""The read-only user of `infra/clickhouse/users.sql`."""


class Warehouse(msgspec.Struct, frozen=True, kw_only=True):
    """Where Grafana finds the ClickHouse server."""

    host: str = "clickhouse"
    port: int = 9000
    database: str = "pledgewatch"
    user: str = READER
    secure: bool = False


def data_source(warehouse: Warehouse) -> dict[str, Any]:
    """The data source as Grafana's API takes it, without its password."""
    return {
        "uid": UID,
        "name": NAME,
        "type": PLUGIN,
        "access": "proxy",
        "jsonData": {
            "host": warehouse.host,
            "server": warehouse.host,
            "port": warehouse.port,
            "protocol": "native",
            "secure": warehouse.secure,
            "username": warehouse.user,
            "defaultDatabase": warehouse.database,
            "dialTimeout": "10",
            "timeout": "10",
            "queryTimeout": "30",
            "validateSql": True,
        },
    }
