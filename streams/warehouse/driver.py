"""A ClickHouse server, through clickhouse-driver's native protocol.

    warehouse = DriverWarehouse("clickhouse://writer:…@host:9000/pledgewatch")

The address is clickhouse-driver's: `clickhouse://user:password@host:port/database?option=value`, with TLS
`clickhouses://`. The database is made if it is absent and the user may. A password is never shown in an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit

from streams.errors import PledgewatchError, Stop, Wait
from streams.warehouse.faults import in_words
from streams.warehouse.pool import Pool
from streams.warehouse.ports import Answer

if TYPE_CHECKING:
    from clickhouse_driver import Client

DATABASE = "pledgewatch"
_TIMEOUTS = {"connect_timeout": "10", "send_receive_timeout": "120"}
"""How long a connection and an answer may take [seconds], where the address says nothing else."""
_DATABASE_ABSENT = 81


class DriverWarehouse:
    """A `Warehouse` on the server at `url`. Connects on first use; a lost connection is made anew by the next call."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("clickhouse", "clickhouses") or not parts.hostname:
            raise Stop(
                f"The warehouse's address has the scheme {parts.scheme!r}, expected clickhouse://user:password@host/…"
            )
        port = parts.netloc.rpartition("@")[2].partition(":")[2]
        if port and not port.isdigit():
            raise Stop(f"The warehouse's address has the port {port!r}, expected a number")
        self.database = parts.path.strip("/") or DATABASE
        if not self.database.replace("_", "a").isalnum():
            raise Stop(f"The warehouse's database is {self.database!r}, expected letters, digits and _")
        self.server = f"{parts.hostname}:{port or ('9440' if parts.scheme == 'clickhouses' else '9000')}"
        options = urlencode(_TIMEOUTS | dict(parse_qsl(parts.query)))
        self._url = parts._replace(path=f"/{self.database}", query=options).geturl()
        self._bare_url = parts._replace(path="", query=options).geturl()
        self._pool: Pool[Client] = Pool(self._connect, lambda client: client.disconnect())

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]], *, token: str) -> None:
        """Write one batch; return when the server has it on disk. The same `token` again changes nothing."""
        if not rows:
            return
        # Since ClickHouse 26.2 async_insert is on by default: the acknowledgment would come before the part is written.
        settings = {"async_insert": 0, "insert_deduplication_token": token}
        sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES"
        with self._lend(f"writing to {table}", with_text=False) as client:
            client.execute(sql, list(rows), types_check=True, settings=settings)

    def query(self, sql: str, parameters: Mapping[str, object] | None = None) -> Answer:
        """Rows for `sql`, in which `%(name)s` stands for a parameter."""
        values = None if parameters is None else dict(parameters)
        with self._lend("reading") as client:
            rows, columns = client.execute(sql, values, with_column_types=True)
        return Answer(tuple(name for name, _ in columns), rows)

    def command(self, sql: str) -> None:
        """Run a statement that returns nothing."""
        with self._lend("running a statement") as client:
            client.execute(sql)

    def close(self) -> None:
        """Let go of every connection; a second call does nothing."""
        self._pool.close()

    @contextmanager
    def _lend(self, doing: str, *, with_text: bool = True) -> Iterator[Client]:
        from clickhouse_driver.errors import NetworkError, SocketTimeoutError

        try:
            with self._pool.lend() as client:
                yield client
        except PledgewatchError:
            raise
        except (NetworkError, SocketTimeoutError, OSError, EOFError) as error:
            raise Wait(f"ClickHouse at {self.server} is away while {doing}: {type(error).__name__}") from error
        except Exception as error:
            raise in_words(error, doing=f"{doing} ({self.server})", with_text=with_text) from (
                error if with_text else None
            )

    def _connect(self) -> Client:
        from clickhouse_driver.errors import ServerException

        client = _client(self._url)
        try:
            client.execute("SELECT 1")
        except ServerException as error:
            client.disconnect()
            if error.code != _DATABASE_ABSENT:
                raise
            self._make_database()
        return client

    def _make_database(self) -> None:
        client = _client(self._bare_url)
        try:
            client.execute(f"CREATE DATABASE IF NOT EXISTS {self.database}")
        finally:
            client.disconnect()


def _client(url: str) -> Client:
    from clickhouse_driver import Client

    return Client.from_url(url)
