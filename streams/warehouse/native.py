"""Rows to ClickHouse's `Native` bytes and back, with clickhouse-driver's own codec.

Both engines thus take and give exactly the same Python types. Nothing here opens a connection.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

from clickhouse_driver.block import RowOrientedBlock
from clickhouse_driver.bufferedreader import CompressedBufferedReader
from clickhouse_driver.bufferedwriter import CompressedBufferedWriter
from clickhouse_driver.context import Context
from clickhouse_driver.streams.native import BlockInputStream, BlockOutputStream
from clickhouse_driver.util.escape import escape_params

from streams.warehouse.ports import Answer

_BUFFER = 1 << 20


class _Engine:
    """What the codec asks of a server: revision 0 is the bare format, without the extras of the wire protocol."""

    used_revision = 0

    def get_timezone(self) -> str:
        return "UTC"


class _Whole(io.BytesIO):
    """A sink of bytes in the shape that the codec's compressing writer expects."""


def _context() -> Context:
    context = Context()
    context.server_info = _Engine()
    context.settings = {}
    context.client_settings = {
        "use_numpy": False,
        "strings_as_bytes": False,
        "strings_encoding": "utf-8",
        "input_format_null_as_default": False,
        "opentelemetry_traceparent": None,
        "namedtuple_as_json": True,
        "server_side_params": False,
    }
    return context


def encode_rows(columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[object]]) -> bytes:
    """One block of `rows`; `columns` are names and ClickHouse types. Raises the driver's errors for a wrong type."""
    raw = _Whole()
    writer = CompressedBufferedWriter(raw, _BUFFER)
    block = RowOrientedBlock(columns_with_types=list(columns), data=list(rows), types_check=True)
    BlockOutputStream(writer, _context()).write(block)
    return raw.getvalue()


def decode_rows(raw: bytes) -> Answer:
    """The blocks in `raw`, as one answer; an answer without rows has no columns either (the format leaves them out)."""
    if not raw:
        return Answer((), [])
    chunks = iter([raw])
    source = BlockInputStream(CompressedBufferedReader(lambda: next(chunks), _BUFFER), _context())
    columns: tuple[str, ...] = ()
    rows: list[tuple[object, ...]] = []
    while True:
        try:
            block = source.read()
        except (EOFError, StopIteration):
            return Answer(columns, rows)
        columns = tuple(name for name, _ in block.columns_with_types)
        rows.extend(block.get_rows())


def bind(sql: str, parameters: Mapping[str, object] | None) -> str:
    """`sql` with its parameters as escaped literals, as clickhouse-driver writes them."""
    if parameters is None:
        return sql
    bound: str = sql % escape_params(dict(parameters), _context())
    return bound
