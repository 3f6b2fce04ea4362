"""Officers read what channels were told, and ask for it to be sent again."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from builders import a_license
from schemas import Notice
from schemas.notice import NoticeBody
from streams.access import Access

OFFICE = Access(name="office", scopes=frozenset({"officer"}))
AT_XA = Access(name="xa", scopes=frozenset({"officer"}), states=frozenset({"XA"}))
AT_XC = Access(name="xc", scopes=frozenset({"officer"}), states=frozenset({"XC"}))
STAFF = Access(name="staff", scopes=frozenset({"staff"}))
ALERT = "XM~xa-reg:L-1~c4"


def a_notice(**changes: Any) -> Notice:
    told = {
        "id": "n1", "channel": "officers", "alerts": (ALERT,), "versions": ("v1",), "transition": "opened",
        "band": "alert", "destinations": ("XM",), "at": dt.datetime(2026, 2, 28, 12, tzinfo=dt.UTC),
        "subject": "Alert: a pledge",
        "body": NoticeBody(
            message_id="<n1@office.example>", dated=dt.datetime(2026, 2, 28, 12, tzinfo=dt.UTC), text="Dear officer",
            html="<p>Dear officer", payload="{}",
        ),
    }  # fmt: skip
    return Notice(**(told | changes))


@pytest.fixture(name="told")
def told_fixture(intake: Any) -> dict[str, Notice]:
    license_ = a_license("L-1", source="xa-reg", issuing_state="XA")
    intake.reads.known_facts["license:xa-reg:L-1"] = [license_]
    other = "XN~xc-reg:L-2~c1"
    intake.reads.known_facts["license:xc-reg:L-2"] = [a_license("L-2", source="xc-reg", issuing_state="XC")]
    notices = (
        a_notice(),
        a_notice(id="n2", transition="withdrawn", at=dt.datetime(2026, 3, 1, 8, tzinfo=dt.UTC)),
        a_notice(id="n3", alerts=(other,), channel="partners"),
    )
    intake.reads.told.update({notice.id: notice for notice in notices})
    return intake.reads.told  # type: ignore[no-any-return]


@pytest.mark.parametrize(("query", "expected"), [
    ("", {"n1", "n2", "n3"}), ("?channel=partners", {"n3"}), (f"?alert={ALERT}", {"n1", "n2"}),
    ("?issuing_state=XC", {"n3"}), ("?transition=withdrawn", {"n2"}), ("?day=2026-03-01", {"n2"}),
    ("?channel=officers&day=2026-02-28", {"n1"}), ("?issuing_state=XZ", set()),
])  # fmt: skip
def test_notices_are_listed_by_channel_alert_state_step_and_day(intake_client, told_to, told, query, expected):
    found = intake_client.get(f"/api/v1/notices{query}", headers=told_to(OFFICE)).json()
    assert {notice["id"] for notice in found} == expected
    assert not any("body" in notice for notice in found), "words are for whoever opens one"


def test_a_list_is_as_long_as_was_asked(intake_client, told_to, told):
    office = told_to(OFFICE)
    assert len(intake_client.get("/api/v1/notices?limit=1", headers=office).json()) == 1
    assert intake_client.get("/api/v1/notices?day=today", headers=office).status_code == 422


def test_one_notice_comes_with_its_words(intake_client, told_to, told):
    found = intake_client.get("/api/v1/notices/n1", headers=told_to(OFFICE)).json()
    assert found["body"]["text"] == "Dear officer"


def test_officers_of_another_issuing_state_see_no_notice_of_it(intake_client, told_to, told):
    abroad = told_to(AT_XC)
    assert {n["id"] for n in intake_client.get("/api/v1/notices", headers=abroad).json()} == {"n3"}
    assert intake_client.get("/api/v1/notices/n1", headers=abroad).status_code == 404
    assert intake_client.post("/api/v1/notices/n1/resend", headers=abroad).status_code == 404
    assert told["n1"].again == ()
    assert intake_client.get("/api/v1/notices/n1", headers=told_to(AT_XA)).status_code == 200


def test_who_only_reads_boards_reads_no_letters(intake_client, told_to, told):
    staff = told_to(STAFF)
    for address in ("/api/v1/notices", "/api/v1/notices/n1"):
        assert intake_client.get(address, headers=staff).status_code == 403
    assert intake_client.post("/api/v1/notices/n1/resend", headers=staff).status_code == 403
    assert intake_client.get("/api/v1/notices").status_code == 401


def test_a_request_to_send_it_again_is_in_the_log_before_the_answer_and_names_the_office(
    intake_client, told_to, told, intake
):
    office = told_to(OFFICE)
    answer = intake_client.post("/api/v1/notices/n1/resend", headers=office)
    assert answer.status_code == 202
    (asked,) = told["n1"].again
    assert (asked.asked_by, asked.asked_at, asked.pending) == ("office", intake.clock(), True)
    assert told["n1"].body == a_notice().body
    assert answer.json()["again"] == [{"asked_by": "office", "asked_at": "2026-03-01T09:30:00Z"}]
    intake_client.post("/api/v1/notices/n1/resend", headers=office)
    assert len(told["n1"].again) == 1, "one that waits is not asked for twice"


def test_what_nobody_was_told_cannot_be_sent_again(intake_client, told_to, told):
    assert intake_client.post("/api/v1/notices/n9/resend", headers=told_to(OFFICE)).status_code == 404
