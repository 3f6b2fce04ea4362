"""A loopback peer that speaks ClickHouse's native protocol in front of chDB.

It is a test double, not a server: it lets clickhouse-driver's real client, with its real bytes on a real socket, run
against a current engine. It speaks revision 54453, the last before columns carried a serialization of their own. Not
there: users, TLS, compression, progress, totals, settings of queries other than INSERT.
"""

from __future__ import annotations

import re
import socket
import socketserver
import threading
from typing import Any

from chdb.state.sqlitelike import Connection
from clickhouse_driver.block import RowOrientedBlock
from clickhouse_driver.bufferedreader import BufferedSocketReader
from clickhouse_driver.bufferedwriter import BufferedSocketWriter
from clickhouse_driver.context import Context
from clickhouse_driver.reader import read_binary_str, read_binary_uint8, read_binary_uint64
from clickhouse_driver.streams.native import BlockInputStream, BlockOutputStream
from clickhouse_driver.varint import read_varint, write_varint
from clickhouse_driver.writer import write_binary_int32, write_binary_str, write_binary_uint8

from streams.warehouse.native import bind, decode_rows, encode_rows

REVISION = 54453
HELLO, QUERY, DATA, PING = 0, 1, 2, 4
S_HELLO, S_DATA, S_EXCEPTION, S_PONG, S_END = 0, 1, 2, 4, 5
INSERT = re.compile(r"^\s*INSERT\s+INTO\s+(\S+)\s*\(([^)]*)\)\s*VALUES\s*$", re.IGNORECASE)
READS = re.compile(r"^\s*(SELECT|WITH|DESCRIBE|SHOW|EXPLAIN)\b", re.IGNORECASE)


class Info:
    used_revision = REVISION

    def get_timezone(self) -> str:
        return "UTC"


def wire_context() -> Context:
    context = Context()
    context.server_info = Info()
    context.settings = {}
    context.client_settings = {
        "use_numpy": False,
        "strings_as_bytes": False,
        "strings_encoding": "utf-8",
        "input_format_null_as_default": False,
        "namedtuple_as_json": True,
        "server_side_params": False,
    }
    return context


class NativeShim:
    """Serves the chDB folder at `address` on a free port of 127.0.0.1 until `close`."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.settings: list[dict[str, str]] = []
        """Settings that came with each insert."""
        self.break_after_insert = 0
        """Connections to cut after the engine has taken an insert and before the client hears of it [count]."""
        self._sockets: set[socket.socket] = set()
        self._guard = threading.Lock()
        shim = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                shim.serve(self.request)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"clickhouse://default:not-shown@127.0.0.1:{self.port}/pledgewatch"

    def cut(self) -> None:
        """Drop every connection, as a restart of the server would."""
        with self._guard:
            for each in self._sockets:
                each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.cut()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def serve(self, connection: socket.socket) -> None:
        with self._guard:
            self._sockets.add(connection)
        engine = Connection(self.address)
        try:
            Conversation(self, connection, engine).run()
        except (EOFError, OSError):
            pass
        finally:
            engine.close()
            with self._guard:
                self._sockets.discard(connection)


class Conversation:
    """One client, from its hello to its end."""

    def __init__(self, shim: NativeShim, connection: socket.socket, engine: Connection) -> None:
        self.shim, self.socket, self.engine = shim, connection, engine
        self.fin = BufferedSocketReader(connection, 1 << 20)
        self.fout = BufferedSocketWriter(connection, 1 << 20)
        self.blocks_in = BlockInputStream(self.fin, wire_context())
        self.blocks_out = BlockOutputStream(self.fout, wire_context())

    def run(self) -> None:
        if not self.hello():
            return
        while True:
            packet = read_varint(self.fin)
            if packet == PING:
                write_varint(S_PONG, self.fout)
                self.fout.flush()
            elif packet == QUERY:
                self.query()
            else:
                raise OSError(f"packet {packet} is not known to the shim")

    def hello(self) -> bool:
        assert read_varint(self.fin) == HELLO
        read_binary_str(self.fin)
        for _ in range(3):
            read_varint(self.fin)
        database, _user, _password = (read_binary_str(self.fin) for _ in range(3))
        try:
            self.engine.query(f"USE {database or 'default'}")
        except RuntimeError as error:
            self.exception(error)
            return False
        write_varint(S_HELLO, self.fout)
        write_binary_str("shim", self.fout)
        for number in (26, 9, REVISION):
            write_varint(number, self.fout)
        write_binary_str("UTC", self.fout)
        write_binary_str("shim", self.fout)
        write_varint(0, self.fout)
        self.fout.flush()
        return True

    def query(self) -> None:
        read_binary_str(self.fin)
        self.client_info()
        settings = self.settings()
        read_binary_str(self.fin)
        read_varint(self.fin)
        assert read_varint(self.fin) == 0, "the shim does not speak compression"
        sql = read_binary_str(self.fin)
        assert self.block() is None, "external tables are not known to the shim"
        try:
            if insert := INSERT.match(sql):
                self.insert(insert.group(1), insert.group(2), settings)
            else:
                self.answer(sql)
        except RuntimeError as error:
            self.exception(error)
            return
        write_varint(S_END, self.fout)
        self.fout.flush()

    def client_info(self) -> None:
        read_binary_uint8(self.fin)
        for _ in range(3):
            read_binary_str(self.fin)
        read_binary_uint64(self.fin)
        read_binary_uint8(self.fin)
        for _ in range(3):
            read_binary_str(self.fin)
        for _ in range(3):
            read_varint(self.fin)
        read_binary_str(self.fin)
        read_varint(self.fin)
        read_varint(self.fin)
        assert read_binary_uint8(self.fin) == 0, "traces are not known to the shim"
        for _ in range(3):
            read_varint(self.fin)

    def settings(self) -> dict[str, str]:
        found: dict[str, str] = {}
        while name := read_binary_str(self.fin):
            read_binary_uint8(self.fin)
            found[name] = read_binary_str(self.fin)
        return found

    def block(self) -> Any:
        """The next block of data, or `None` for the empty one that ends them."""
        packet = read_varint(self.fin)
        if packet != DATA:
            raise OSError(f"packet {packet} where data were due")
        read_binary_str(self.fin)
        block = self.blocks_in.read()
        return block if block.num_columns else None

    def answer(self, sql: str) -> None:
        raw = self.engine.query(sql, "Native").bytes()
        if not READS.match(sql):
            return
        described = self.engine.query(f"DESCRIBE TABLE ({sql})", "Native") if sql.lstrip()[:1] in "SsWw" else None
        columns = self.described(described) if described else []
        if columns:
            self.header(columns)
        if raw:
            answer = decode_rows(raw)
            types = columns or [(name, "String") for name in answer.columns]
            self.data(RowOrientedBlock(types, list(answer.rows)))

    def insert(self, table: str, names: str, settings: dict[str, str]) -> None:
        self.shim.settings.append(settings)
        wanted = [name.strip() for name in names.split(",")]
        types = dict(self.described(self.engine.query(f"DESCRIBE TABLE {table}", "Native")))
        columns = [(name, types[name]) for name in wanted]
        self.header(columns)
        said = ", ".join(bind(f"{name} = %(value)s", {"value": value}) for name, value in settings.items())
        inserter = self.engine.send_insert(
            f"INSERT INTO {table} ({names})" + (f" SETTINGS {said}" if said else ""), "Native"
        )
        with inserter:
            while (block := self.block()) is not None:
                inserter.append(encode_rows(columns, block.get_rows()))
            inserter.finish()
        if self.shim.break_after_insert:
            self.shim.break_after_insert -= 1
            self.socket.shutdown(socket.SHUT_RDWR)
            raise OSError("cut on purpose")

    @staticmethod
    def described(answer: Any) -> list[tuple[str, str]]:
        return [(str(row[0]), str(row[1])) for row in decode_rows(answer.bytes()).rows]

    def header(self, columns: list[tuple[str, str]]) -> None:
        """Names and types without rows: what a client learns a shape from."""
        block = RowOrientedBlock(columns, [])
        write_varint(S_DATA, self.fout)
        write_binary_str("", self.fout)
        block.info.write(self.fout)
        write_varint(len(columns), self.fout)
        write_varint(0, self.fout)
        for name, kind in columns:
            write_binary_str(name, self.fout)
            write_binary_str(kind, self.fout)
        self.fout.flush()

    def data(self, block: Any) -> None:
        write_varint(S_DATA, self.fout)
        write_binary_str("", self.fout)
        self.blocks_out.write(block)

    def exception(self, error: RuntimeError) -> None:
        text = str(error)
        found = re.search(r"Code: (\d+)", text)
        write_varint(S_EXCEPTION, self.fout)
        write_binary_int32(int(found.group(1)) if found else 1000, self.fout)
        for part in ("DB::Exception", text, ""):
            write_binary_str(part, self.fout)
        write_binary_uint8(0, self.fout)
        self.fout.flush()
