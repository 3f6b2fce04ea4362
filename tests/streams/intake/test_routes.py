import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from schemas import Alert, Parked, Problem
from schemas.codec import decode_fact
from streams.access import Access
from streams.intake.limits import Allowance, Limits
from streams.intake.views import alert_path
from streams.rules.known import read_standpoint

Json = dict[str, Any]
Build = Callable[..., Json]
Client = TestClient[Litestar]
Headers = Callable[[Access], dict[str, str]]


@pytest.fixture(name="lab_headers")
def lab_headers_fixture(told_to: Headers, lab: Access) -> dict[str, str]:
    return told_to(lab)


def paths(answer: Any) -> list[str]:
    return [error["path"] for error in answer.json()["errors"]]


# -- sending --------------------------------------------------------------------------------------------------------


def test_one_fact_is_answered_with_its_receipt(
    intake_client: Client, lab_headers: dict[str, str], an_incident: Build, intake: Any
) -> None:
    answer = intake_client.post("/api/v1/incidents", json=an_incident(), headers=lab_headers)
    assert answer.status_code == 202
    told = answer.json()
    assert answer.headers["location"] == f"/api/v1/receipts/{told['receipt']}"
    assert len(intake.in_log("incidents")) == 1
    receipt = intake_client.get(answer.headers["location"], headers=lab_headers).json()
    assert receipt == {
        "receipt": told["receipt"], "fact": "incident:lab-one:case-1", "revision": 1, "status": "accepted",
        "accepted_at": "2026-03-01T09:30:00Z",
    }  # fmt: skip


def test_kind_may_be_left_to_the_address(
    intake_client: Client, lab_headers: dict[str, str], an_incident: Build
) -> None:
    bare = {name: value for name, value in an_incident().items() if name != "fact"}
    assert intake_client.post("/api/v1/incidents", json=bare, headers=lab_headers).status_code == 202
    assert intake_client.post("/api/v1/facts", json=bare, headers=lab_headers).status_code == 422


def test_fact_of_another_kind_is_refused_at_the_address(
    intake_client: Client, lab_headers: dict[str, str], an_incident: Build
) -> None:
    answer = intake_client.post("/api/v1/reports", json=an_incident(), headers=lab_headers)
    assert answer.status_code == 422
    assert paths(answer) == ["/fact"]


def test_refusal_lists_every_error_with_its_path_and_repeats_no_text(
    intake_client: Client, lab_headers: dict[str, str], an_incident: Build, intake: Any
) -> None:
    wrong = an_incident(
        technology="sorcery of Alma Quist", occurred={"start": "0000-01-01"},
        victims=[{"klass": "journalist", "count": -1}],
        operators=[{"country": "Narnia"}], victim_name="Alma Quist",
    )  # fmt: skip
    answer = intake_client.post("/api/v1/incidents", json=wrong, headers=lab_headers)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:pledgewatch:problem:refused"
    assert {"/technology", "/occurred/start", "/victims/0/count", "/operators/0/country"} <= set(paths(answer))
    assert len(paths(answer)) == 5
    assert "Quist" not in answer.text
    assert intake.everything() == []


def test_many_are_answered_one_by_one(
    intake_client: Client, lab_headers: dict[str, str], an_incident: Build, intake: Any
) -> None:
    records = [an_incident(id="a"), an_incident(id="b", technology="magic")]
    answer = intake_client.post("/api/v1/facts", json=records, headers=lab_headers)
    assert answer.status_code == 207
    told = answer.json()
    assert (told["accepted"], told["known"], told["failed"]) == (1, 0, 1)
    assert [each["outcome"] for each in told["results"]] == ["accepted", "refused"]
    assert len(intake.in_log("incidents")) == 1


def test_many_of_which_none_is_stored_are_a_problem(
    intake_client: Client, lab_headers: dict[str, str], an_incident: Build, intake: Any
) -> None:
    records = [an_incident(technology="magic"), an_incident(id="b", source="lab-two")]
    answer = intake_client.post("/api/v1/facts", json=records, headers=lab_headers)
    assert answer.status_code == 422
    assert paths(answer) == ["/0/technology", "/1/source"]
    whole = intake_client.post("/api/v1/facts?whole=true", json=[an_incident(), records[0]], headers=lab_headers)
    assert whole.status_code == 422
    assert [each["outcome"] for each in whole.json()["results"]] == ["held_back", "refused"]
    assert intake.everything() == []


def test_lines_are_taken_in(
    intake_client: Client, lab_headers: dict[str, str], an_incident: Build, intake: Any
) -> None:
    lines = "\n".join(json.dumps(an_incident(id=f"c{n}")) for n in range(3))
    answer = intake_client.post(
        "/api/v1/incidents", content=lines, headers=lab_headers | {"Content-Type": "application/x-ndjson"}
    )
    assert answer.status_code == 202
    assert answer.json()["accepted"] == 3
    assert len(intake.in_log("incidents")) == 3


def test_conflict_is_told_as_such(intake_client: Client, lab_headers: dict[str, str], an_incident: Build) -> None:
    intake_client.post("/api/v1/incidents", json=an_incident(), headers=lab_headers)
    answer = intake_client.post("/api/v1/incidents", json=an_incident(ongoing=True), headers=lab_headers)
    assert answer.status_code == 409
    assert paths(answer) == ["/revision"]


def test_without_a_key_nothing_is_read(intake_client: Client, an_incident: Build, intake: Any) -> None:
    answer = intake_client.post("/api/v1/incidents", json=an_incident())
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["content-type"] == "application/problem+json"
    assert intake.everything() == []


def test_staff_send_nothing(intake_client: Client, told_to: Headers, an_incident: Build) -> None:
    headers = told_to(Access(name="board", scopes=frozenset({"staff"})))
    assert intake_client.post("/api/v1/incidents", json=an_incident(), headers=headers).status_code == 403


def test_body_of_another_type_is_not_understood(intake_client: Client, lab_headers: dict[str, str]) -> None:
    answer = intake_client.post("/api/v1/incidents", content="<a/>", headers=lab_headers | {"Content-Type": "text/xml"})
    assert answer.status_code == 415


def test_body_that_is_too_large_is_not_read(intake: Any, told_to: Headers, lab: Access, an_incident: Build) -> None:
    headers = told_to(lab)
    with TestClient(intake.app(max_body=1024)) as client:
        answer = client.post("/api/v1/incidents", json=[an_incident(id=str(n)) for n in range(50)], headers=headers)
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert intake.everything() == []


def test_log_that_is_away_is_said_with_when_to_come_back(
    intake_client: Client, lab_headers: dict[str, str], an_incident: Build, intake: Any
) -> None:
    intake.producer.away = "before"
    answer = intake_client.post("/api/v1/incidents", json=an_incident(), headers=lab_headers)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")
    intake.producer.away = ""
    assert intake_client.post("/api/v1/incidents", json=an_incident(), headers=lab_headers).status_code == 202


def test_flood_costs_the_flooder_only(intake: Any, told_to: Headers, lab: Access, an_incident: Build) -> None:
    intake.limits = Limits(intake.clock.seconds, feeder=Allowance(per_second=0.5, burst=3))
    flooder, other = told_to(lab), told_to(Access(name="lab-two", source="lab-two", scopes=frozenset({"feed"})))
    with TestClient(intake.app()) as client:
        many = [an_incident(id=str(n)) for n in range(5)]
        assert client.post("/api/v1/incidents", json=many, headers=flooder).status_code == 202
        late = client.post("/api/v1/incidents", json=an_incident(id="late"), headers=flooder)
        assert (late.status_code, late.headers["retry-after"]) == (429, "6")
        mine = client.post("/api/v1/incidents", json=an_incident(source="lab-two"), headers=other)
        assert mine.status_code == 202
        intake.clock.now += dt.timedelta(seconds=6)
        assert client.post("/api/v1/incidents", json=an_incident(id="late"), headers=flooder).status_code == 202


# -- Idempotency-Key ------------------------------------------------------------------------------------------------


def test_same_request_under_one_key_gets_the_same_answer(
    intake_client: Client, lab_headers: dict[str, str], an_incident: Build, intake: Any
) -> None:
    headers = lab_headers | {"Idempotency-Key": "k-1"}
    first = intake_client.post(
        "/api/v1/incidents", json=[an_incident(), an_incident(id="b", technology="x")], headers=headers
    )
    again = intake_client.post(
        "/api/v1/incidents", json=[an_incident(), an_incident(id="b", technology="x")], headers=headers
    )
    assert first.status_code == again.status_code == 207
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"


def test_key_of_another_request_is_refused_but_another_sender_may_use_it(
    intake_client: Client, lab_headers: dict[str, str], told_to: Headers, an_incident: Build, intake: Any
) -> None:
    headers = lab_headers | {"Idempotency-Key": "k-1"}
    intake_client.post("/api/v1/incidents", json=an_incident(), headers=headers)
    answer = intake_client.post("/api/v1/incidents", json=an_incident(id="b"), headers=headers)
    assert answer.status_code == 422
    other = told_to(Access(name="lab-two", source="lab-two", scopes=frozenset({"feed"}))) | {"Idempotency-Key": "k-1"}
    assert intake_client.post("/api/v1/incidents", json=an_incident(source="lab-two"), headers=other).status_code == 202
    assert len(intake.everything()) == 2


def test_refused_request_can_be_mended_under_its_key(
    intake_client: Client, lab_headers: dict[str, str], an_incident: Build
) -> None:
    headers = lab_headers | {"Idempotency-Key": "k-1"}
    assert intake_client.post("/api/v1/incidents", json=an_incident(technology="x"), headers=headers).status_code == 422
    assert intake_client.post("/api/v1/incidents", json=an_incident(), headers=headers).status_code == 202


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "ä"])
def test_key_that_is_none_is_refused(
    intake_client: Client, lab_headers: dict[str, str], an_incident: Build, key: str
) -> None:
    raw = {name.encode(): value.encode() for name, value in lab_headers.items()}
    headers = raw | {b"Idempotency-Key": key.encode("latin-1")}
    assert intake_client.post("/api/v1/incidents", json=an_incident(), headers=headers).status_code == 422


# -- receipts -------------------------------------------------------------------------------------------------------


@pytest.fixture(name="receipt")
def receipt_fixture(intake_client: Client, lab_headers: dict[str, str], an_incident: Build) -> str:
    return str(intake_client.post("/api/v1/incidents", json=an_incident(), headers=lab_headers).json()["receipt"])


def test_receipt_says_when_the_fact_was_applied(
    intake_client: Client, lab_headers: dict[str, str], receipt: str, intake: Any
) -> None:
    intake.stages[intake.door.index.by_receipt(receipt).position] = "applied"
    assert intake_client.get(f"/api/v1/receipts/{receipt}", headers=lab_headers).json()["status"] == "applied"


def test_receipt_says_why_the_fact_was_set_aside(
    intake_client: Client, lab_headers: dict[str, str], receipt: str, intake: Any
) -> None:
    place = intake.door.index.by_receipt(receipt).position
    intake.reads.set_aside = [
        Parked(
            topic=place.topic, partition=place.partition, offset=place.offset, stage="place", source="lab-one",
            problems=(Problem(path="/occurred", found="nothing", expected="a period"),), at=intake.clock.now,
        )
    ]  # fmt: skip
    told = intake_client.get(f"/api/v1/receipts/{receipt}", headers=lab_headers).json()
    assert told["status"] == "parked"
    assert told["errors"] == [{"path": "/occurred", "found": "nothing", "expected": "a period"}]


def test_foreign_receipt_and_unknown_receipt_are_answered_alike(
    intake_client: Client, told_to: Headers, receipt: str
) -> None:
    other = told_to(Access(name="lab-two", source="lab-two", scopes=frozenset({"feed"})))
    foreign = intake_client.get(f"/api/v1/receipts/{receipt}", headers=other)
    unknown = intake_client.get(f"/api/v1/receipts/{'0' * 32}", headers=other)
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.content == unknown.content


def test_what_a_fact_touched_is_for_officers_only(
    intake_client: Client, lab_headers: dict[str, str], told_to: Headers, receipt: str, intake: Any,
    an_alert: Callable[..., Alert],
) -> None:  # fmt: skip
    intake.reads.known_alerts = [an_alert(), an_alert(id="XB~xa-reg:L-2~c1", cases=[])]
    address = f"/api/v1/receipts/{receipt}"
    office = told_to(Access(name="office", scopes=frozenset({"officer"})))
    elsewhere = told_to(Access(name="xc", scopes=frozenset({"officer"}), states=frozenset({"XC"})))
    assert intake_client.get(address, headers=office).json()["touched"] == ["XB~xa-reg:L-1~c1"]
    assert intake_client.get(address, headers=elsewhere).json()["touched"] == []
    assert "touched" not in intake_client.get(address, headers=lab_headers).json()


# -- officers' reads ------------------------------------------------------------------------------------------------


def test_officer_reads_the_alerts_of_the_own_issuing_states(
    intake_client: Client, told_to: Headers, intake: Any, an_alert: Callable[..., Alert]
) -> None:
    intake.reads.known_alerts = [an_alert()]
    home = told_to(Access(name="xa", scopes=frozenset({"officer"}), states=frozenset({"XA", "XD"})))
    abroad = told_to(Access(name="xc", scopes=frozenset({"officer"}), states=frozenset({"XC"})))
    address = "/api/v1/alerts/" + alert_path("XB~xa-reg:L-1~c1")
    assert [each["id"] for each in intake_client.get("/api/v1/alerts", headers=home).json()] == ["XB~xa-reg:L-1~c1"]
    assert intake_client.get("/api/v1/alerts", headers=abroad).json() == []
    assert intake_client.get("/api/v1/alerts?issuing_state=XA", headers=abroad).json() == []
    assert intake_client.get(address, headers=home).json()["cases"][0]["probability"] == 200_000
    foreign, unknown = (intake_client.get(each, headers=abroad) for each in (address, "/api/v1/alerts/nothing"))
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.content == unknown.content


def test_alerts_of_several_states_come_with_the_most_pressing_first(
    intake_client: Client, told_to: Headers, intake: Any, an_alert: Callable[..., Alert]
) -> None:
    calm = an_alert(band="watch")
    assert calm.license is not None
    license = msgspec.structs.replace(calm.license, ref="xd-reg:L-1", issuing_state="XD")
    intake.reads.known_alerts = [calm, an_alert(id="XB~xd-reg:L-1~c1", license=license, band="urgent")]
    both = told_to(Access(name="xa", scopes=frozenset({"officer"}), states=frozenset({"XA", "XD"})))
    answer = intake_client.get("/api/v1/alerts", headers=both).json()
    assert [alert["band"] for alert in answer] == ["urgent", "watch"]


def test_candidates_of_other_issuing_states_are_told_without_their_names(
    intake_client: Client, told_to: Headers, intake: Any, an_alert: Callable[..., Alert]
) -> None:
    intake.reads.known_alerts = [an_alert()]
    home = told_to(Access(name="xa", scopes=frozenset({"officer"}), states=frozenset({"XA"})))
    (alert,) = intake_client.get("/api/v1/alerts", headers=home).json()
    assert [each["license"] for each in alert["cases"][0]["candidates"]] == [
        "xa-reg:L-1", "a license of another issuing state",
    ]  # fmt: skip


def test_staff_see_words_and_no_numbers_of_the_weighing(
    intake_client: Client, told_to: Headers, intake: Any, an_alert: Callable[..., Alert]
) -> None:
    red, held = an_alert(id="XB~xa-reg:L-2~c1", tlp="RED"), an_alert(id="XB~xa-reg:L-3~c1", embargo_until="2026-03-02")
    intake.reads.known_alerts = [an_alert(), red, held]
    staff = told_to(Access(name="board", scopes=frozenset({"staff"})))
    answer = intake_client.get("/api/v1/alerts", headers=staff)
    (alert,) = answer.json()
    assert alert["cases"][0]["how_sure"] == "moderately sure"
    assert [each["klass"] for each in alert["cases"][0]["victims"]] == ["protester"]
    for word in ("probability", "total", "ledger", '"m"', "share", "evidence"):
        assert word not in answer.text, word


def test_withdrawn_alert_still_belongs_to_its_issuing_state(
    intake_client: Client, told_to: Headers, intake: Any, an_alert: Callable[..., Alert], a_license: Build
) -> None:
    intake.reads.known_alerts = [an_alert(status="withdrawn", license=None, cases=[])]
    intake.reads.known_facts["license:xa-reg:L-1"] = [decode_fact(json.dumps(a_license()).encode())]
    home = told_to(Access(name="xa", scopes=frozenset({"officer"}), states=frozenset({"XA"})))
    abroad = told_to(Access(name="xc", scopes=frozenset({"officer"}), states=frozenset({"XC"})))
    address = "/api/v1/alerts/" + alert_path("XB~xa-reg:L-1~c1")
    assert intake_client.get(address, headers=home).status_code == 200
    assert intake_client.get(address, headers=abroad).status_code == 404


def test_id_with_slashes_fits_into_an_address(
    intake_client: Client, told_to: Headers, intake: Any, an_alert: Callable[..., Alert]
) -> None:
    odd = "XB~xa-reg:L//7/#2@+~c/1/"
    intake.reads.known_alerts = [an_alert(id=odd)]
    office = told_to(Access(name="office", scopes=frozenset({"officer"})))
    assert intake_client.get("/api/v1/alerts/" + alert_path(odd), headers=office).json()["id"] == odd


def test_officer_reads_alerts_as_they_stood_then(
    intake_client: Client, told_to: Headers, intake: Any, an_alert: Callable[..., Alert]
) -> None:
    intake.reads.known_alerts = [an_alert(band="urgent")]
    for words in (("2024-06-30", None), (None, "2025-01-31T10:00:00Z"), ("2024-06-30", "2025-01-31")):
        intake.pasts[read_standpoint(*words)] = past = type(intake.reads)()
        past.known_alerts = [an_alert(band="watch")]
    office = told_to(Access(name="office", scopes=frozenset({"officer"})))
    address = "/api/v1/alerts/" + alert_path("XB~xa-reg:L-1~c1")

    def bands(query: str) -> tuple[str, str]:
        (listed,) = intake_client.get(f"/api/v1/alerts?{query}", headers=office).json()
        return listed["band"], intake_client.get(f"{address}?{query}", headers=office).json()["band"]

    assert bands("") == ("urgent", "urgent")
    assert bands("as_of=2024-06-30") == ("watch", "watch")
    assert bands("as_known_at=2025-01-31T11:00:00%2B01:00") == ("watch", "watch")
    assert bands("as_of=2024-06-30&as_known_at=2025-01-31") == ("watch", "watch")
    assert intake_client.get("/api/v1/alerts?as_of=2020-01-01", headers=office).json() == []
    assert intake_client.get(f"{address}?as_of=2020-01-01", headers=office).status_code == 404


def test_officer_has_a_record_computed_again(
    intake_client: Client, told_to: Headers, intake: Any, an_alert: Callable[..., Alert]
) -> None:
    intake.reads.earlier = [an_alert(version="aa"), an_alert(version="bb")]
    intake.reads.known_alerts = [an_alert(status="withdrawn", version="")]
    home = told_to(Access(name="all", scopes=frozenset({"officer"})))
    abroad = told_to(Access(name="xc", scopes=frozenset({"officer"}), states=frozenset({"XC"})))
    staff = told_to(Access(name="board", scopes=frozenset({"staff"})))
    address = "/api/v1/alerts/" + alert_path("XB~xa-reg:L-1~c1") + "/recomputed"
    assert intake_client.get(address, headers=home).json()["version"] == "bb", "the newest that says anything"
    assert intake_client.get(f"{address}?version=aa", headers=home).json()["version"] == "aa"
    assert intake_client.get(f"{address}?version=cc", headers=home).status_code == 404
    assert intake_client.get(address, headers=abroad).status_code == 404
    assert intake_client.get(address, headers=staff).status_code == 403
    assert intake_client.get("/api/v1/alerts/nothing/recomputed", headers=home).status_code == 404


def test_only_officers_look_back_for_what_was_open_then_may_be_closed_now(
    intake_client: Client, told_to: Headers, lab_headers: dict[str, str]
) -> None:
    staff = told_to(Access(name="board", scopes=frozenset({"staff"})))
    assert intake_client.get("/api/v1/alerts", headers=staff).status_code == 200
    assert intake_client.get("/api/v1/alerts?as_known_at=2025-01-31", headers=staff).status_code == 403
    assert intake_client.get("/api/v1/parked?as_of=2025-01-31", headers=lab_headers).status_code == 403
    assert intake_client.get("/api/v1/register/licenses", headers=staff).status_code == 403


def test_register_shows_the_entries_of_the_own_issuing_states(
    intake_client: Client, told_to: Headers, intake: Any, a_license: Build
) -> None:
    first, second = a_license(), a_license(revision=2, end_user="Another Bureau", recorded_at="2025-02-01T00:00:00Z")
    facts = [decode_fact(json.dumps(each | {"fact": "license"}).encode()) for each in (first, second)]
    intake.reads.known_facts["license:xa-reg:L-1"] = facts
    intake.pasts[read_standpoint(None, "2025-01-31")] = past = type(intake.reads)()
    past.known_facts["license:xa-reg:L-1"] = facts[:1]
    home = told_to(Access(name="xa", scopes=frozenset({"officer"}), states=frozenset({"XA"})))
    abroad = told_to(Access(name="xc", scopes=frozenset({"officer"}), states=frozenset({"XC"})))

    def entries(query: str, headers: dict[str, str] = home, shelf: str = "licenses") -> list[dict[str, Any]]:
        return intake_client.get(f"/api/v1/register/{shelf}?{query}", headers=headers).json()  # type: ignore[no-any-return]

    (now,) = entries("as_of=2025-06-01") or entries("")
    assert (now["revision"], now["end_user"], now["known_until"]) == (2, "Another Bureau", None)
    (then,) = entries("as_known_at=2025-01-31")
    assert (then["revision"], then["known_until"]) == (1, "2025-02-01T00:00:00Z")
    assert entries("", abroad) == []
    assert entries("destination=XQ") == []
    assert entries("", shelf="deliveries") == []
    assert intake_client.get("/api/v1/register/everything", headers=home).status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=x", "limit=1&limit=2", "band=red", "colour=red", "destination=null",
        "as_of=2025-02-30", "as_of=then", "as_known_at=2025-02-01T10:00:00", "as_known_at=2025-02-01T99:00:00Z",
    ],
)  # fmt: skip
def test_question_that_is_not_known_is_refused(intake_client: Client, told_to: Headers, query: str) -> None:
    office = told_to(Access(name="office", scopes=frozenset({"officer"})))
    answer = intake_client.get(f"/api/v1/alerts?{query}", headers=office)
    assert answer.status_code == 422
    assert len(answer.json()["errors"]) == 1


def test_feeder_sees_its_own_parked_records_only(
    intake_client: Client, told_to: Headers, lab_headers: dict[str, str], intake: Any
) -> None:
    intake.reads.set_aside = [
        Parked(
            topic="incidents", partition=0, offset=n, stage="decode", problems=(), source=source, at=intake.clock.now
        )
        for n, source in enumerate(["lab-one", "lab-two"])
    ]
    office = told_to(Access(name="office", scopes=frozenset({"officer"})))

    def sources(address: str, headers: dict[str, str]) -> list[str]:
        return [each["source"] for each in intake_client.get(address, headers=headers).json()]

    assert sources("/api/v1/parked", lab_headers) == ["lab-one"]
    assert sources("/api/v1/parked?source=lab-two", lab_headers) == []
    assert sources("/api/v1/parked", office) == ["lab-one", "lab-two"]
    assert sources("/api/v1/parked?source=lab-two", office) == ["lab-two"]


# -- without a key --------------------------------------------------------------------------------------------------


def test_readiness_follows_the_parts(intake_client: Client, intake: Any) -> None:
    assert intake_client.get("/healthz").status_code == 200
    assert intake_client.get("/readyz").status_code == 200
    intake.up["warehouse"] = False
    answer = intake_client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"log": True, "warehouse": False})


def test_metrics_count_by_kind_and_reason_and_name_nobody(
    intake_client: Client, lab_headers: dict[str, str], an_incident: Build
) -> None:
    intake_client.post("/api/v1/incidents", json=an_incident(), headers=lab_headers)
    intake_client.post("/api/v1/incidents", json=an_incident(victim="Alma Quist"), headers=lab_headers)
    intake_client.get("/api/v1/receipts/" + "0" * 32, headers=lab_headers)
    text = intake_client.get("/metrics").text
    assert 'pledgewatch_intake_facts_total{kind="incident",outcome="accepted"} 1.0' in text
    assert 'pledgewatch_intake_facts_total{kind="unread",outcome="refused"} 1.0' in text
    assert 'pledgewatch_intake_refused_total{reason="unknown_field"} 1.0' in text
    assert 'route="/api/v1/receipts/{receipt}",status="404"' in text
    assert 'pledgewatch_lag{group="place"} 3.0' in text
    for name in ("lab-one", "case-1", "Quist"):
        assert name not in text


def test_address_that_does_not_do_that_says_what_it_does(intake_client: Client) -> None:
    answer = intake_client.put("/api/v1/incidents")
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"OPTIONS", "POST"}
    assert answer.headers["content-type"] == "application/problem+json"
    assert intake_client.get("/api/v1/nothing").headers["content-type"] == "application/problem+json"


def test_openapi_is_of_version_3_1_and_has_every_address(intake_client: Client) -> None:
    document = msgspec.json.decode(intake_client.get("/api/v1/openapi.json").content)
    assert document["openapi"].startswith("3.1")
    known = {route.path_format for route in intake_client.app.routes}
    missing = set(document["paths"]) - known
    assert missing == set()
    undescribed = {path for path in known if path.startswith("/api/")} - set(document["paths"])
    assert undescribed == {"/api/v1/openapi.json"}
