"""Brings a warehouse to the newest shape: numbered SQL files, forward only, applied once and remembered by checksum.

    pending = plan(warehouse)            # what is missing; raises Stop when a file that was applied has changed
    print(render(pending))               # what `--plan` shows
    migrate(warehouse, told=print)       # apply what is missing

A file is `NNN_name.sql` in `infra.clickhouse.migrations`. It opens with three comment lines (`What`, `Read by`, `Undo`)
and every statement ends in `;` at the end of a line. Each is safe to run twice: a crash between the last statement and
the note that it was applied costs nothing. Statements are not a transaction.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Callable, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable

import msgspec

from streams.errors import Stop
from streams.warehouse.ports import Warehouse

_NAME = re.compile(r"^(\d{3})_[a-z0-9_]+\.sql$")
_HEADINGS = ("-- What: ", "-- Read by: ", "-- Undo: ")
# A migration that could make chDB's folder unopenable (an engine of Kafka's) must never reach it.
_FORBIDDEN = re.compile(r"\bENGINE\s*=\s*(Kafka|URL|File|S3|MySQL|PostgreSQL|RabbitMQ|NATS)\b", re.IGNORECASE)
# clickhouse-driver waits for rows that never come (its issue 83), until the socket times out.
_HANGING = re.compile(r"^INSERT\b(?!.*\bSELECT\b)", re.IGNORECASE | re.DOTALL)
_STATE = """
CREATE TABLE IF NOT EXISTS migrations (
    number UInt16,
    name String,
    checksum String,
    applied_at DateTime64(3, 'UTC')
) ENGINE = ReplacingMergeTree(applied_at) ORDER BY number
SETTINGS non_replicated_deduplication_window = 100
"""


class Migration(msgspec.Struct, frozen=True):
    """One numbered file."""

    number: int
    name: str
    """File name: `001_rows.sql`."""
    text: str

    @property
    def checksum(self) -> str:
        """Digest of the file [64 hexadecimal digits]."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def statements(self) -> tuple[str, ...]:
        """Its statements in order, without comments."""
        code = "\n".join(line for line in self.text.splitlines() if not line.lstrip().startswith("--"))
        return tuple(part.strip() for part in re.split(r";[ \t]*(?:\n|$)", code) if part.strip())


def read_migrations(folder: Traversable | None = None) -> tuple[Migration, ...]:
    """The migrations in `folder` (those of this program, if none is named), in order.

    Raises `Stop` for a file name, a heading or a number that is not as the module says.
    """
    folder = files("infra.clickhouse.migrations") if folder is None else folder
    named = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".sql")), key=lambda entry: entry.name)
    migrations = tuple(_read(entry) for entry in named)
    for expected, migration in enumerate(migrations, start=1):
        if migration.number != expected:
            raise Stop(
                f"Migration {migration.name} has number {migration.number}, expected {expected}: no gap, no twin"
            )
    return migrations


def plan(warehouse: Warehouse, migrations: Sequence[Migration] | None = None) -> tuple[Migration, ...]:
    """The migrations that `warehouse` still lacks, in order; makes the state table if there is none.

    Raises `Stop` when an applied file was edited since, or when the warehouse knows a migration that we do not.
    """
    known = {m.number: m for m in (read_migrations() if migrations is None else migrations)}
    warehouse.command(_STATE)
    applied = warehouse.query("SELECT number, name, checksum FROM migrations FINAL ORDER BY number").rows
    for number, name, checksum in applied:
        migration = known.pop(_whole(number), None)
        if migration is None:
            raise Stop(
                f"The warehouse has migration {name}, which this program does not know: "
                "it was made by a newer version. Start that version instead."
            )
        if migration.checksum != checksum:
            raise Stop(
                f"Migration {migration.name} was changed after it was applied: its checksum is "
                f"{migration.checksum[:12]}, expected {str(checksum)[:12]}. Restore the file and add a new one instead."
            )
    return tuple(known[number] for number in sorted(known))


def migrate(
    warehouse: Warehouse,
    migrations: Sequence[Migration] | None = None,
    *,
    told: Callable[[str], None] = lambda _: None,
) -> tuple[Migration, ...]:
    """Apply what `warehouse` lacks and return it; `told` hears the name of each file before it runs."""
    pending = plan(warehouse, migrations)
    for migration in pending:
        told(migration.name)
        for statement in migration.statements:
            warehouse.command(statement)
        _note(warehouse, migration)
    return pending


def render(pending: Sequence[Migration]) -> str:
    """What `--plan` prints: every statement that would run, under the name of its file."""
    if not pending:
        return "The warehouse is up to date.\n"
    return "\n".join(f"-- {m.name}\n" + "".join(f"{statement};\n" for statement in m.statements) for m in pending)


def _read(entry: Traversable) -> Migration:
    name = _NAME.match(entry.name)
    if name is None:
        raise Stop(f"Migration {entry.name} is not named NNN_name.sql")
    text = entry.read_text(encoding="utf-8")
    for line, heading in zip([*text.splitlines(), "", "", ""], _HEADINGS, strict=False):
        if not line.startswith(heading):
            raise Stop(f"Migration {entry.name} has the line {line[:40]!r} where {heading.strip()!r} was expected")
    if found := _FORBIDDEN.search(text):
        raise Stop(f"Migration {entry.name} has {found.group()!r}: an engine that reaches outside the warehouse")
    migration = Migration(int(name.group(1)), entry.name, text)
    if any(_HANGING.match(statement) for statement in migration.statements):
        raise Stop(f"Migration {entry.name} has an INSERT with VALUES, expected INSERT … SELECT: the driver would hang")
    return migration


def _note(warehouse: Warehouse, migration: Migration) -> None:
    now = dt.datetime.now(dt.UTC)
    warehouse.insert(
        "migrations",
        ("number", "name", "checksum", "applied_at"),
        [(migration.number, migration.name, migration.checksum, now)],
        token=f"migration:{migration.number}:{migration.checksum}",
    )


def _whole(number: object) -> int:
    return int(number)  # type: ignore[call-overload, no-any-return]
