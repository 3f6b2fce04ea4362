import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from litestar import Litestar
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.testing import TestClient

from schemas import Alert, AnyFact, Notice, Parked
from schemas.codec import TOPIC_OF, decode_fact
from schemas.vocabulary import AlertStatus, Band
from streams.access import Access, Keys
from streams.errors import Wait
from streams.intake.answers import problem_of
from streams.intake.door import Door, owned_by_register
from streams.intake.index import Index
from streams.intake.limits import Limits
from streams.intake.ports import IntakePorts, Stage
from streams.intake.routes import intake_routes
from streams.intake.searching import Search
from streams.rules.known import Standpoint
from streams.rules.recompute import Recomputed
from streams.rules.survey import Survey
from streams.transport.embedded import EmbeddedProducer, EmbeddedReader
from streams.transport.log import Log
from streams.transport.ports import Outgoing, Position

PARTITIONS = 2
Json = dict[str, Any]


class StillClock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = dt.datetime(2026, 3, 1, 9, 30, tzinfo=dt.UTC)

    def __call__(self) -> dt.datetime:
        return self.now

    def seconds(self) -> float:
        return self.now.timestamp()


class ListedReads:
    """A warehouse of plain lists."""

    def __init__(self) -> None:
        self.known_alerts: list[Alert] = []
        self.earlier: list[Alert] = []
        """Older records of alerts."""
        self.known_facts: dict[str, list[AnyFact]] = {}
        self.set_aside: list[Parked] = []
        self.told: dict[str, Notice] = {}

    def alerts(
        self,
        *,
        status: AlertStatus | None = None,
        band: Band | None = None,
        destination: str | None = None,
        issuing_state: str | None = None,
        limit: int = 500,
    ) -> list[Alert]:
        def wanted(alert: Alert) -> bool:
            state = alert.license.issuing_state if alert.license else None
            return (
                (alert.status == status if status else alert.status != "withdrawn")
                and band in (None, alert.band)
                and destination in (None, alert.destination)
                and issuing_state in (None, state)
            )

        return [alert for alert in self.known_alerts if wanted(alert)][:limit]

    def alert(self, alert_id: str, /) -> Alert | None:
        return next((alert for alert in self.known_alerts if alert.id == alert_id), None)

    def fact(self, key: str, /) -> Sequence[AnyFact]:
        return self.known_facts.get(key, [])

    def facts(self) -> Sequence[AnyFact]:
        return [fact for revisions in self.known_facts.values() for fact in revisions]

    def history(self, id: str, /) -> list[tuple[dt.datetime, Alert]]:
        records = (*self.earlier, *self.known_alerts)
        return [(dt.datetime(2026, 1, 1, tzinfo=dt.UTC), alert) for alert in records if alert.id == id]

    def told_of(self, key: str, /) -> Sequence[Notice]:
        return [
            notice for notice in self.told.values() if any(key.endswith(g) for each in notice.grounds for g in each)
        ]

    def notices(
        self, alert_id: str | None = None, *, channel: str | None = None, day: dt.date | None = None
    ) -> list[Notice]:
        return [
            notice
            for notice in self.told.values()
            if channel in (None, notice.channel)
            and day in (None, notice.at.date())
            and (alert_id is None or alert_id in notice.alerts)
        ]

    def notice(self, id: str, /) -> Notice | None:
        return self.told.get(id)

    def parked(self, source: str | None = None, limit: int = 100) -> list[Parked]:
        return [record for record in self.set_aside if source in (None, record.source)][:limit]


class FailingProducer:
    """The real producer, which can be told to be away before or after the log has taken the records."""

    def __init__(self, producer: EmbeddedProducer) -> None:
        self._producer = producer
        self.away = ""

    async def send(self, records: Sequence[Outgoing]) -> list[Position]:
        if self.away == "before":
            raise Wait("The log is away", retry_after=7)
        positions = await self._producer.send(records)
        if self.away == "after":
            raise Wait("The log did not answer", retry_after=7)
        return positions

    async def close(self) -> None:
        await self._producer.close()


class Intake:
    """A whole intake over a real embedded log; the warehouse is a list."""

    def __init__(self, home: Path) -> None:
        self.home, self.clock, self.reads = home, StillClock(), ListedReads()
        self.log = Log(home / "log.sqlite")
        for topic in TOPIC_OF.values():
            self.log.create_topic(topic, PARTITIONS)
        self.producer, self.reader = FailingProducer(EmbeddedProducer(self.log)), EmbeddedReader(self.log)
        self.keys = Keys(home / "keys.json", clock=self.clock)
        self.limits = Limits(self.clock.seconds)
        self.door = self.open_door()
        self.pasts: dict[Standpoint, ListedReads] = {}
        self.stages: dict[Position, Stage] = {}
        self.up: dict[str, bool] = {"log": True, "warehouse": True}

    def open_door(self) -> Door:
        index = Index(self.home / "intake.sqlite")
        return Door(
            self.producer, self.reader, index, partitions=PARTITIONS, clock=self.clock,
            owns=owned_by_register(self.reads.fact),
        )  # fmt: skip

    def reopen(self) -> Door:
        """As after a restart of the process."""
        self.door.index.close()
        self.door = self.open_door()
        return self.door

    def ports(self, **more: Any) -> IntakePorts:
        async def stage(position: Position) -> Stage:
            return self.stages.get(position, "accepted")

        async def ready() -> Mapping[str, bool]:
            return self.up

        async def lag() -> Mapping[str, int]:
            return {"place": 3}

        async def tell(notice: Notice) -> None:
            self.reads.told[notice.id] = notice

        return IntakePorts(
            door=self.door, reads=self.reads, past=self.past, recomputed=self.recomputed, survey=self.survey,
            told=self.reads, tell=tell, limits=self.limits,
            told_of=self.reads, search=Search(self.reader, self.door.index, tuple(TOPIC_OF.values()), lambda sought: []),
            clock=self.clock, stage=stage, ready=ready, lag=lag, **more,
        )  # fmt: skip

    def survey(self, at: Standpoint) -> Survey:
        return Survey(self.reads.facts() if at.now else self.past(at).facts(), at)

    def past(self, at: Standpoint) -> ListedReads:
        """What a test put there for a standpoint; else nothing was known."""
        return self.pasts.get(at, ListedReads())

    def recomputed(self, alert: Alert) -> Recomputed:
        """Tells which record it was asked about."""
        return Recomputed(alert=alert.id, version=alert.version, same=True, facts=3, found=3)

    def app(self, **more: Any) -> Litestar:
        return Litestar(
            list(intake_routes(self.ports(**more))),
            state=State({"keys": self.keys}),
            exception_handlers={HTTPException: problem_of, Exception: problem_of},
            openapi_config=None,
        )

    def in_log(self, topic: str) -> list[AnyFact]:
        """What the log has, in the order of parts and offsets."""
        records = [record for partition in range(PARTITIONS) for record in self.log.read(topic, partition, 0, 100_000)]
        return [decode_fact(record.value) for record in records if record.value is not None]

    def everything(self) -> list[AnyFact]:
        return [fact for topic in TOPIC_OF.values() for fact in self.in_log(topic)]

    def close(self) -> None:
        self.door.index.close()
        self.log.close()


@pytest.fixture(name="intake")
def intake_fixture(tmp_path: Path) -> Iterator[Intake]:
    intake = Intake(tmp_path)
    yield intake
    intake.close()


@pytest.fixture(name="intake_client")
def intake_client_fixture(intake: Intake) -> Iterator[TestClient[Litestar]]:
    with TestClient(intake.app()) as client:
        yield client


@pytest.fixture(name="an_incident")
def an_incident_fixture() -> Callable[..., Json]:
    def build(**more: Any) -> Json:
        minimal = {
            "fact": "incident", "id": "case-1", "source": "lab-one", "occurred": {"start": "2025-03-03"},
            "technology": "intrusion_spyware",
        }  # fmt: skip
        return minimal | more

    return build


@pytest.fixture(name="a_report")
def a_report_fixture() -> Callable[..., Json]:
    def build(**more: Any) -> Json:
        minimal = {
            "fact": "report", "id": "visit-1", "source": "embassy-xb", "license": "xa-reg:L-1", "destination": "XB",
            "kind": "post_shipment", "performed": {"start": "2025-06-01"},
        }  # fmt: skip
        return minimal | more

    return build


@pytest.fixture(name="a_license")
def a_license_fixture() -> Callable[..., Json]:
    def build(**more: Any) -> Json:
        minimal = {
            "fact": "license", "id": "L-1", "source": "xa-reg", "issuing_state": "XA", "exporter": "Veritone Systems",
            "end_user": "Interior Ministry of XB", "destinations": [{"country": "XB"}],
            "items": [{"item_ref": "i1", "product": "Lantern"}], "valid_from": "2024-01-01",
        }  # fmt: skip
        return minimal | more

    return build


@pytest.fixture(name="lab")
def lab_fixture() -> Access:
    return Access(name="lab-one", source="lab-one", scopes=frozenset({"feed"}))


@pytest.fixture(name="embassy")
def embassy_fixture() -> Access:
    return Access(name="embassy", source="embassy-xb", scopes=frozenset({"feed"}), licenses=("xa-reg:L-1",))


@pytest.fixture(name="office")
def office_fixture() -> Access:
    return Access(name="office", scopes=frozenset({"officer"}))


@pytest.fixture(name="told_to")
def told_to_fixture(intake: Intake) -> Callable[[Access], dict[str, str]]:
    """Headers of a key that may do what `access` may."""

    def headers(access: Access) -> dict[str, str]:
        token = intake.keys.add(
            access.name, access.scopes, source=access.source, states=access.states, licenses=access.licenses
        )
        return {"Authorization": f"Bearer {token}"}

    return headers


@pytest.fixture(name="as_json")
def as_json_fixture() -> Callable[[object], bytes]:
    return lambda value: json.dumps(value).encode()


@pytest.fixture(name="an_alert")
def an_alert_fixture() -> Callable[..., Alert]:
    def build(**more: Any) -> Alert:
        license = {
            "ref": "xa-reg:L-1", "issuing_state": "XA", "exporter": "Veritone Systems", "end_user": "Interior Ministry",
            "destinations": ["XB"], "products": ["Lantern"], "granted_at": "2024-01-01", "valid_from": "2024-01-01",
            "status_then": "granted", "status_today": "granted",
        }  # fmt: skip
        case = {
            "key": "incident lab-one:case-1", "kind": "incident", "band": "alert", "band_reason": "Grade.",
            "verdict": "appears_inconsistent", "rule": "r", "sentence": "Appears inconsistent with the clause.",
            "m": 800_000, "total": -1_000_000, "probability": 200_000, "how_sure": "moderately sure",
            "candidates": [
                {"license": "xa-reg:L-1", "issuing_state": "XA", "m": 800_000, "share": 500_000, "reasons": ["a"]},
                {"license": "xc-reg:L-9", "issuing_state": "XC", "m": 800_000, "share": 500_000, "reasons": ["b"]},
            ],
            "victims": [
                {"klass": "journalist", "count": 2, "qualifier": "exact"},
                {"klass": "protester", "count": 40, "qualifier": "at_least"},
            ],
            "evidence": [{"fact": "incident:lab-one:case-1", "revision": 1, "hash": "ab12ab12"}],
            "ledger": [{"label": "prior", "kind": "prior", "weight": -1_000_000, "sentence": "Prior."}],
        }  # fmt: skip
        alert = {
            "fact": "alert", "id": "XB~xa-reg:L-1~c1", "destination": "XB", "band": "alert", "license": license,
            "cases": [case],
        }  # fmt: skip
        return msgspec.convert(alert | more, Alert)

    return build
