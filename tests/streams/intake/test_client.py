import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from schemas import Alert
from streams.access import Access
from streams.errors import Stop
from streams.intake.client import TRIES, Client, lines_of
from streams.intake.limits import Allowance, Limits

Json = dict[str, Any]
Build = Callable[..., Json]


class Through(httpx.BaseTransport):
    """From the client to the app in this process; some requests can be kept from it."""

    def __init__(self, app: TestClient[Litestar]) -> None:
        self._app = app
        self.instead: list[httpx.Response | Exception] = []
        self.sizes: list[int] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.sizes.append(len(request.content))
        if self.instead:
            found = self.instead.pop(0)
            if isinstance(found, Exception):
                raise found
            return found
        target = request.url.raw_path.decode()
        answer = self._app.request(
            request.method, target, content=request.content, headers=dict(request.headers) | {"host": "testserver"}
        )
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


class Sleeps(list[float]):
    def __call__(self, seconds: float) -> None:
        self.append(seconds)


@pytest.fixture(name="through")
def through_fixture(intake_client: TestClient[Litestar]) -> Through:
    return Through(intake_client)


@pytest.fixture(name="sleeps")
def sleeps_fixture() -> Sleeps:
    return Sleeps()


@pytest.fixture(name="as_lab")
def as_lab_fixture(intake: Any, lab: Access, through: Through, sleeps: Sleeps) -> Iterator[Client]:
    token = intake.keys.add(lab.name, lab.scopes, source=lab.source)
    with Client("http://127.0.0.1:8460/", token, transport=through, sleep=sleeps) as client:
        yield client


def write_lines(path: Path, facts: list[Json]) -> str:
    path.write_text("\n".join(json.dumps(fact) for fact in facts) + "\n\n")
    return str(path)


def test_files_are_sent_and_sent_again_without_doubling(
    as_lab: Client, intake: Any, tmp_path: Path, an_incident: Build
) -> None:
    file = write_lines(tmp_path / "facts.ndjson", [an_incident(id=f"c{n}") for n in range(900)])
    heard: list[int] = []
    first = as_lab.submit(lines_of([file]), heard.append)
    again = as_lab.submit(lines_of([file]))
    assert (first.accepted, first.exit_code, heard) == (900, 0, [500, 400])
    assert (again.accepted, again.known) == (0, 900)
    assert len(intake.in_log("incidents")) == 900


def test_refused_record_is_told_with_its_file_and_line(
    as_lab: Client, intake: Any, tmp_path: Path, an_incident: Build
) -> None:
    path = tmp_path / "facts.ndjson"
    path.write_text(f"\n{json.dumps(an_incident())}\n\n{{broken\n{json.dumps(an_incident(source='lab-two'))}\n")
    summary = as_lab.submit(lines_of([str(path)]))
    assert (summary.accepted, summary.exit_code) == (1, 1)
    assert [(each.line, each.outcome) for each in summary.failures] == [(4, "refused"), (5, "forbidden")]
    assert summary.failures[1].fact == "incident:lab-two:case-1"
    assert summary.failures[1].errors[0].path == "/source"


def test_json_files_and_standard_input_are_read(as_lab: Client, tmp_path: Path, an_incident: Build) -> None:
    many, one = tmp_path / "many.json", tmp_path / "one.json"
    many.write_text(json.dumps([an_incident(id="a"), an_incident(id="b")], indent=2))
    one.write_text(json.dumps(an_incident(id="c"), indent=2))
    piped = io.BytesIO(json.dumps(an_incident(id="d")).encode())
    assert as_lab.submit(lines_of([str(many), str(one), "-"], piped)).accepted == 4


def test_busy_server_is_waited_for_as_long_as_it_says(
    as_lab: Client, through: Through, sleeps: Sleeps, tmp_path: Path, an_incident: Build
) -> None:
    through.instead = [
        httpx.Response(503, headers={"Retry-After": "7"}), httpx.Response(429, headers={"Retry-After": "3"}),
        httpx.ReadTimeout("slow"), httpx.Response(503),
    ]  # fmt: skip
    assert as_lab.submit(lines_of([write_lines(tmp_path / "f.ndjson", [an_incident()])])).accepted == 1
    assert sleeps == [7, 3, 4, 8]


def test_client_that_was_slowed_down_gets_everything_in(
    intake: Any, lab: Access, sleeps: Sleeps, tmp_path: Path, an_incident: Build
) -> None:
    intake.limits = Limits(intake.clock.seconds, feeder=Allowance(per_second=100, burst=600))

    def sleep(seconds: float) -> None:
        import datetime as dt

        sleeps.append(seconds)
        intake.clock.now += dt.timedelta(seconds=seconds)

    token = intake.keys.add(lab.name, lab.scopes, source=lab.source)
    file = write_lines(tmp_path / "f.ndjson", [an_incident(id=f"c{n}") for n in range(1_600)])
    with TestClient(intake.app()) as app, Client("http://x", token, transport=Through(app), sleep=sleep) as client:
        assert client.submit(lines_of([file])).accepted == 1_600
    assert sleeps
    assert len(intake.in_log("incidents")) == 1_600


def test_server_that_stays_busy_is_given_up_with_what_was_done(
    as_lab: Client, through: Through, tmp_path: Path, an_incident: Build
) -> None:
    through.instead = [httpx.Response(503, headers={"Retry-After": "1"})] * TRIES
    with pytest.raises(Stop, match="0 records are in the log; send the same files again"):
        as_lab.submit(lines_of([write_lines(tmp_path / "f.ndjson", [an_incident()])]))


def test_where_nothing_runs_it_is_said_in_words(an_incident: Build, tmp_path: Path) -> None:
    with (
        Client("http://127.0.0.1:9", "pw_x") as client,
        pytest.raises(Stop, match=r"Nothing runs at http://127.0.0.1:9"),
    ):
        client.alerts()


def test_key_that_is_not_known_is_said_in_words(through: Through, tmp_path: Path, an_incident: Build) -> None:
    with (
        Client("http://x", "pw_wrong", transport=through) as client,
        pytest.raises(Stop, match="No key, or an unknown"),
    ):
        client.submit(lines_of([write_lines(tmp_path / "f.ndjson", [an_incident()])]))


def test_batch_that_is_too_large_is_halved(
    intake: Any, lab: Access, tmp_path: Path, an_incident: Build, sleeps: Sleeps
) -> None:
    token = intake.keys.add(lab.name, lab.scopes, source=lab.source)
    huge = an_incident(id="huge", harms=["silencing"] * 400)
    file = write_lines(tmp_path / "f.ndjson", [*(an_incident(id=f"c{n}") for n in range(30)), huge])
    with TestClient(intake.app(max_body=2_000)) as app:
        through = Through(app)
        with Client("http://x", token, transport=through, sleep=sleeps) as client:
            summary = client.submit(lines_of([file]))
    assert summary.accepted == 30
    assert [each.line for each in summary.failures] == [31]
    assert max(through.sizes) > 4_000


def test_officer_reads_by_the_client(
    intake: Any, through: Through, an_alert: Callable[..., Alert], an_incident: Build, tmp_path: Path
) -> None:
    odd = "XB~xa-reg:L/7#2@+~c1"
    intake.reads.known_alerts = [an_alert(id=odd)]
    token = intake.keys.add("office", ["officer"])
    with Client("http://x", token, transport=through) as client:
        assert [alert.id for alert in client.alerts(destination="XB", limit=5)] == [odd]
        assert client.alert(odd) == intake.reads.known_alerts[0]
        assert client.alert("nothing") is None
        assert client.parked() == []
        assert client.receipt("0" * 32) is None
        with pytest.raises(Stop, match="422"):
            client.alerts(band="red")


def test_file_that_is_not_there_or_no_json_stops_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("[{]")
    for name in ("none.ndjson", "bad.json"):
        with pytest.raises(Stop, match=name):
            list(lines_of([str(tmp_path / name)]))
