"""A world that one can count by hand, and a warehouse with nothing in it: what the boards' queries are run on.

It is 8 April 2025, noon. In the world are a correction, a duplicate, a retraction, a withdrawn alert and one that is
for officers only. chDB holds one folder per process: each module opens its own and closes it.
"""

from __future__ import annotations

import datetime as dt
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest

from dashboards.expanded import Window
from schemas import (
    Alert,
    Decision,
    Incident,
    License,
    Parked,
    Period,
    Policy,
    Problem,
    Remark,
    Retraction,
    Tick,
)
from schemas.alert import Case, LicenseSummary, QuotedClause
from schemas.codec import TOPIC_OF, encode
from schemas.incident import Operator
from schemas.license import Destination, LicensedItem
from streams.rules.policy import shipped_policy
from streams.warehouse.chdb import ChdbWarehouse
from streams.warehouse.migrations import migrate
from streams.warehouse.ports import StoredRecord, Waiting
from streams.warehouse.store import WarehouseStore


def _load(name: str) -> ModuleType:
    """Tests are no packages, so a module beside them is loaded by its file, once, under its name."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


recorded_grafana = _load("recorded_grafana")

UTC = dt.UTC
NOON = dt.datetime(2025, 4, 8, 12, tzinfo=UTC)
SHIFT = Window(NOON - dt.timedelta(hours=8), NOON, 3600)
MONTH = Window(NOON - dt.timedelta(days=30), NOON, 86_400)

Said = tuple[str, Any, dt.datetime]


def at(month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> dt.datetime:
    return dt.datetime(2025, month, day, hour, minute, second, tzinfo=UTC)


def date(month: int, day: int) -> dt.date:
    return dt.date(2025, month, day)


def alert(id: str, band: Any, status: Any, known: dt.date, *, state: str = "QM", **said: Any) -> Alert:
    destination, license, clause = id.split("~")
    due, actionable = said.pop("due", None), said.pop("actionable", False)
    summary = LicenseSummary(
        ref=license,
        issuing_state=state,
        exporter="Exporter One",
        end_user="Agency One",
        destinations=(destination,),
        products=("P",),
        granted_at=date(1, 1),
        valid_from=date(1, 1),
        status_then="granted",
        status_today="granted",
    )
    case = Case(
        key=f"incident:lab:{id}",
        kind="incident",
        band=band,
        band_reason="one lab",
        verdict="appears_inconsistent",
        rule="permitted_purpose",
        sentence="appears inconsistent with the clause",
        due=due,
        actionable=actionable,
    )
    quoted = QuotedClause(
        id=clause,
        kind="permitted_purpose",
        text="For terrorism and serious crime only.",
        language="en",
        version=1,
        checkability="B",
        outlives_license=False,
    )
    return Alert(
        id=id,
        destination=destination,
        band=band,
        status=status,
        license=summary,
        clause=quoted,
        cases=(case,) if status != "withdrawn" else (),
        title=said.pop("title", f"Use of P in {destination}"),
        first_known=known,
        **said,
    )


def decision(id: str, of: str, kind: Any, when: dt.datetime, **said: Any) -> Decision:
    return Decision(id=id, source="auth", alert=of, kind=kind, by_role="desk", at=when, **said)


def incident(id: str, *states: str, **said: Any) -> Incident:
    return Incident(
        id=id,
        source=said.pop("source", "lab"),
        occurred=Period(start=date(3, 1)),
        technology="intrusion_spyware",
        operators=tuple(Operator(country=state) for state in states),
        **said,
    )


def license_(id: str, state: str = "QM") -> License:
    return License(
        id=id,
        source="auth",
        issuing_state=state,
        exporter="Exporter One",
        end_user="Agency One",
        destinations=(Destination(country="XA"),),
        items=(LicensedItem(item_ref="1", product="P"),),
        valid_from=date(1, 1),
    )


def policy() -> Policy:

    return msgspec.structs.replace(shipped_policy(), id="p", source="auth", version="2025-1")


def parked(source: str, path: str, when: dt.datetime, offset: int) -> Parked:
    problem = Problem(path=path, found="nothing", expected="a period")
    return Parked(
        topic="incidents", partition=0, offset=offset, stage="check", source=source, problems=(problem,), at=when
    )


A1, A2, B1, B2, B3, C1, D1 = (
    "XA~auth:L1~c1", "XA~auth:L1~c2", "XB~auth:L2~c1", "XB~auth:L2~c2", "XB~auth:L3~c1", "XC~auth:L4~c1", "XD~auth:L5~c1",
)  # fmt: skip

ALERTS: tuple[Said, ...] = (
    # A1: opened, raised, raised again in the shift; a decision on it was retracted. Known for 30 days.
    ("alerts", alert(A1, "watch", "open", date(3, 9)), at(4, 1, 9)),
    ("alerts", alert(A1, "watch", "open", date(3, 9)), at(4, 1, 9)),
    ("alerts", alert(A1, "alert", "open", date(3, 9)), at(4, 3, 10)),
    ("alerts", alert(A1, "urgent", "open", date(3, 9), due=date(4, 5), actionable=True), at(4, 8, 9)),
    # A2: acknowledged by desk 3, four days ago. Known for 10 days.
    ("alerts", alert(A2, "review", "open", date(3, 29)), at(4, 2)),
    ("alerts", alert(A2, "review", "acknowledged", date(3, 29), assigned_to="desk 3"), at(4, 4)),
    # B1: closed in the shift. B2: withdrawn in the shift.
    ("alerts", alert(B1, "alert", "open", date(4, 2)), at(4, 2)),
    ("alerts", alert(B1, "alert", "closed", date(4, 2)), at(4, 8, 8)),
    ("alerts", alert(B2, "alert", "open", date(4, 5)), at(4, 5)),
    ("alerts", alert(B2, "alert", "withdrawn", date(4, 5)), at(4, 8, 7)),
    # B3: for officers only, from another issuing state. Known for 38 days.
    ("alerts", alert(B3, "alert", "open", date(3, 1), state="QN", tlp="RED", title="Hush"), at(4, 6)),
    # C1: opened in the shift; under an embargo that has ended.
    ("alerts", alert(C1, "review", "open", date(4, 8), embargo_until=date(4, 8)), at(4, 8, 6)),
    # D1: acknowledged; the time of its decision was corrected to 24 days ago. Known for 34 days.
    ("alerts", alert(D1, "review", "acknowledged", date(3, 5), assigned_to="desk 4", waiting_for="Desk 4"), at(4, 7)),
)
DECISIONS: tuple[Said, ...] = tuple(
    (TOPIC_OF["decision"], said, when)
    for said, when in (
        (decision("d1", A1, "acknowledge", at(4, 6)), at(4, 6)),
        (Retraction(id="d1", source="auth", of="decision"), at(4, 7)),
        (decision("d2", A2, "acknowledge", at(4, 4)), at(4, 4)),
        (decision("d3", B1, "close", at(4, 8, 8), close_reason="unfounded"), at(4, 8, 8)),
        (decision("d4", D1, "acknowledge", at(3, 10)), at(4, 7)),
        (decision("d4", D1, "acknowledge", at(3, 15), revision=2), at(4, 7, 1)),
    )
)
INCIDENTS: tuple[Said, ...] = tuple(
    (TOPIC_OF["incident"], said, at(4, 8, 5, minute))
    for minute, said in enumerate(
        (
            *(incident(f"i{number}", "XA") for number in range(1, 7)),
            incident("i1", "XA", revision=2),
            incident("i2", "XA"),
            Retraction(id="i6", source="lab", of="incident"),
            incident("i7", "XB"),
        )
    )
)
OTHERS: tuple[Said, ...] = (
    ("ticks", Tick(id="2025-04-08", source="clock", day=date(4, 8), recorded_at=at(4, 8)), at(4, 8)),
    ("policies", policy(), at(4, 8, 4)),
    ("licenses", license_("L1"), at(2, 1)),
    ("incidents", incident("o1", "XA", source="paper"), at(2, 1)),
    ("reports", b"not a report", at(4, 8, 4)),
    (
        "remarks",
        Remark(destination="XA", kind="unmatched_incident", subject="i7", sentence="Not matched."),
        at(4, 8, 5),
    ),
    ("parked", parked("lab", "/occurred", at(4, 8, 5), 20), at(4, 8, 5)),
    ("parked", parked("lab", "/occurred", at(4, 8, 5), 20), at(4, 8, 5)),
    ("parked", parked("lab", "/occurred", at(4, 8, 6), 21), at(4, 8, 6)),
    ("parked", parked("", "", at(4, 8, 6), 22), at(4, 8, 6)),
    ("parked", parked("old", "/id", at(4, 1), 1), at(4, 1)),
)
WORLD: tuple[Said, ...] = (*OTHERS, *INCIDENTS, *DECISIONS, *ALERTS)


def records(said: tuple[Said, ...]) -> list[StoredRecord]:
    """In one partition per topic, at the offsets 0, 1, 2, …"""
    places: dict[str, int] = {}
    made = []
    for topic, value, time in said:
        places[topic] = places.get(topic, -1) + 1
        raw = value if isinstance(value, bytes) else encode(value)
        stamp = int(time.timestamp() * 1000)
        made.append(
            StoredRecord(topic=topic, partition=0, offset=places[topic], timestamp_ms=stamp, key=b"k", value=raw)
        )
    return made


@pytest.fixture(scope="module")
def bare_boards_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChdbWarehouse]:
    """All migrations, no record."""
    warehouse = ChdbWarehouse(tmp_path_factory.mktemp("boards") / "chdb")
    migrate(warehouse)
    yield warehouse
    warehouse.command("SYSTEM START MERGES")
    warehouse.close()


def waiting(hour: int, minute: int, reader: str, count: int) -> Waiting:
    topics = ("incidents",) if count else ()
    return Waiting(time=at(4, 8, hour, minute), reader=reader, waiting=count, topics=topics)


@pytest.fixture(scope="module")
def counted_warehouse(bare_boards_warehouse: ChdbWarehouse) -> ChdbWarehouse:
    """The world above, half of it written twice in other cuts, as after a crash."""
    bare_boards_warehouse.command("SYSTEM STOP MERGES")  # so that a forgotten FINAL shows
    store, made = WarehouseStore(bare_boards_warehouse), records(WORLD)
    store.write(made)
    store.write(made[: len(made) // 2])
    store.write(made[len(made) // 3 :])
    store.note_lag([waiting(8, 5, "pledgewatch", 120), waiting(8, 5, "store", 5), waiting(8, 6, "pledgewatch", 40)])
    store.note_lag([waiting(9, 0, "pledgewatch", 0), waiting(9, 0, "store", 0)])
    return bare_boards_warehouse


@pytest.fixture
def peer() -> Any:
    """A Grafana with nothing in it, as recorded."""
    return recorded_grafana.RecordedGrafana()


@pytest.fixture
def peer_address(peer: Any) -> Iterator[str]:
    """Where that one answers, on loopback."""
    with recorded_grafana.serving(peer) as address:
        yield address
