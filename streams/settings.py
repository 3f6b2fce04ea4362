"""Settings: one frozen object, read once from the environment, passed on.

Every setting is an environment variable `PLEDGEWATCH_<NAME>`. An unknown or unreadable one stops the start.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from streams.errors import Stop

PREFIX = "PLEDGEWATCH_"
NOT_SETTINGS = frozenset({"PLEDGEWATCH_KEY"})
"""What commands that speak HTTP read by themselves: a key belongs to a person, not to a process."""
NEW_LOG = 4
"""Partitions of a new log [count]."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How this process runs."""

    home: Path = Path("var")
    """Folder of the log, the warehouse, keys and the mailbox; made if absent."""
    host: str = "127.0.0.1"
    """Address the HTTP server binds to."""
    port: Annotated[int, Meta(ge=1, le=65535)] = 8460
    """Port of the HTTP server."""
    known_as: str = ""
    """Further names under which browsers reach the pages, as they send them: `watch.example.org,10.0.0.7:8443`."""
    partitions: Annotated[int, Meta(ge=0, le=256)] = 0
    """Partitions of every topic, fixed once a log exists; 0: as the log has it, and 4 in a new one."""
    synchronous: str = "normal"
    """SQLite's `synchronous` for the embedded log: `normal` survives kill -9, `full` also a power cut."""
    tick_every: Annotated[float, Meta(ge=0)] = 60.0
    """Seconds between looks at the clock (a tick is sent when the day has changed); 0: ticks come from elsewhere."""
    max_body: Annotated[int, Meta(ge=1024)] = 8_000_000
    """Largest request body [bytes]."""
    authority: str = "Licensing authority"
    """Name of the authority that runs this installation, as shown on pages."""
    test_clickhouse: str = ""
    """Address of a ClickHouse server for the contract tests (`clickhouse://…`); empty: those are skipped."""

    @property
    def log_path(self) -> Path:
        """The embedded log's file."""
        return self.home / "log.sqlite"

    @property
    def other_names(self) -> tuple[str, ...]:
        """The names of `known_as`."""
        return tuple(name.strip() for name in self.known_as.split(",") if name.strip())

    def partitions_of(self, kept: str | None) -> int:
        """The number of partitions, given what an existing log has kept of it."""
        return self.partitions or int(kept or NEW_LOG)

    @property
    def warehouse_path(self) -> Path:
        """The embedded warehouse's folder."""
        return self.home / "warehouse"


def read_settings(environ: Mapping[str, str]) -> Settings:
    """The settings in `environ`; raises `Stop` that names the variable, the value and what was expected."""
    known = {field.name: field for field in msgspec.structs.fields(Settings)}
    values: dict[str, object] = {}
    for variable, text in environ.items():
        if not variable.startswith(PREFIX):
            continue
        if variable in NOT_SETTINGS:
            continue
        name = variable.removeprefix(PREFIX).lower()
        if name not in known:
            listed = ", ".join(PREFIX + n.upper() for n in sorted(known))
            raise Stop(f"{variable} is not a setting; expected one of {listed}")
        try:
            values[name] = (
                Path(text) if known[name].type is Path else msgspec.convert(text, known[name].type, strict=False)
            )
        except msgspec.ValidationError as error:
            raise Stop(f"{variable} is {text!r}: {error}") from error
    return Settings(**values)  # type: ignore[arg-type]
