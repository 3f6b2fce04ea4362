"""What the authority asked for, and which report was the first to answer it."""

from __future__ import annotations

import pytest

from builders import a_decision, a_license, a_report, at, day, period
from schemas import Alert
from schemas.report import ReportedItem
from streams.rules.requests import Asked, Request, presented, request_of, sites_of

REQUEST = Request(day("2024-02-01"), "ask_end_user", "authority:A1", None, points=("a", "b"))


def reply(id="R1", on="2024-02-10", **said):
    defaults = {"kind": "end_user_reply", "reporter_role": "end_user", "performed": period(on)}
    return a_report(a_license(), id, **defaults | said)


def test_a_request_is_open_until_somebody_it_was_put_to_answers():
    assert Asked([REQUEST], []).open == [REQUEST]
    assert Asked([REQUEST], [reply()]).open == []
    assert Asked([REQUEST], [reply(reporter_role="exporter")]).open == [REQUEST]
    assert Asked([REQUEST], [reply(on="2024-01-31")]).open == [REQUEST]


def test_a_reply_that_names_another_request_does_not_answer_this_one():
    assert Asked([REQUEST], [reply(answers_request="authority:A9")]).open == [REQUEST]
    assert Asked([REQUEST], [reply(reporter_role="other", answers_request="authority:A1")]).open == []


def test_the_first_reply_answers_and_all_that_name_it_are_heard_together():
    first = reply("R1", "2024-02-10", answers_request="authority:A1", points=("a",))
    second = reply("R2", "2024-02-20", answers_request="authority:A1", points=("b",))
    for order in ([first, second], [second, first]):
        asked = Asked([REQUEST], order)
        (answered,) = asked.answers_of(first)
        assert answered.points == {"a", "b"}
        assert asked.answers_of(second) == ()


def test_one_reply_can_answer_several_requests():
    later = Request(day("2024-02-05"), "ask_end_user", "authority:A2", None)
    assert [a.request for a in Asked([later, REQUEST], [reply()]).answers_of(reply())] == [REQUEST, later]


@pytest.mark.parametrize(("then", "refused"), [((), True), ((reply("R2", "2024-03-01"),), False)])
def test_a_refusal_stands_until_an_answer_came(then, refused):
    refusal = reply(cooperation="refused")
    (answered,) = Asked([REQUEST], [refusal, *then]).answers_of(refusal)
    assert answered.refused == refused


@pytest.mark.parametrize(
    ("kind", "until", "asks"),
    [("ask_exporter", None, True), ("watch", "2024-03-01", False), ("vendor_restrict", None, False),
     ("vendor_restrict", "2024-03-01", True)],
)  # fmt: skip
def test_only_some_decisions_ask_for_something(kind, until, asks):
    alert = Alert(id="XA~authority:L1~x", destination="XA")
    decision = a_decision(alert, kind, at=at("2024-02-01"), until=day(until) if until else None, points=("a",))
    request = request_of(decision)
    assert (request is not None) == asks
    assert request is None or (request.asked, request.points) == (day("2024-02-01"), ("a",))


def test_pieces_and_sites_of_a_visit_are_those_presented_and_those_seen():
    visit = a_report(a_license(), site_code="north", sites=("south",), items=(
        ReportedItem(presented=3, serials=("SN-1",)), ReportedItem(serials=("SN-2", "SN-3")),
    ))  # fmt: skip
    assert presented(visit) == 5
    assert sites_of(visit) == {"north", "south"}
