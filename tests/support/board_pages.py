"""The pages of the boards over a warehouse, as a reader with some key gets them."""

from __future__ import annotations

import datetime as dt
import re
from html import unescape

from litestar import Litestar
from litestar.testing import TestClient

from streams.access import Access
from streams.pages.ports import PagePorts
from streams.pages.routes import page_routes
from streams.warehouse.ports import Warehouse
from streams.warehouse.reads import Reads

NOON = dt.datetime(2025, 4, 8, 12, tzinfo=dt.UTC)
STAFF = Access(name="staff", scopes=frozenset({"staff"}))
OFFICER = Access(name="desk", scopes=frozenset({"officer"}))
AT_QN = Access(name="desk", scopes=frozenset({"officer"}), states=frozenset({"QN"}))


def page(warehouse: Warehouse, address: str, access: Access = STAFF) -> str:
    reads = Reads(warehouse)
    ports = PagePorts(
        reads=reads, past=lambda _: reads, survey=lambda _: None, ask=reads.ask, rulings=reads, submit=None,  # type: ignore[arg-type]
        clock=lambda: NOON, authority="Office of QM", access_of=lambda _: access,
    )  # fmt: skip
    with TestClient(Litestar(page_routes(ports))) as client:
        answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return answer.text


def words(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))
