from __future__ import annotations

import datetime as dt

import msgspec
import pytest

from builders import an_incident
from schemas.alert import Alert, Case, Evidence, Versions
from schemas.codec import AnyFact, fact_key
from schemas.incident import Incident
from schemas.retraction import Retraction
from streams.access import Access
from streams.pages import views

D = dt.date
DESK = Access(name="desk", scopes=frozenset({"officer"}), states=frozenset({"XA"}))
ANY = Access(name="desk", scopes=frozenset({"officer"}))


@pytest.fixture
def group(world):
    return world.newest["QM~xa-register:LIC-2023-0117~c2"]


def test_the_most_pressing_alert_comes_first(world) -> None:
    found = views.chosen(world.alerts(), views.Filters(), ANY)
    assert [alert.band for alert in found] == ["urgent", "alert", "review", "review", "context"]


def test_closed_alerts_are_shown_only_when_asked_for(world) -> None:
    assert not [a for a in views.chosen(world.alerts(), views.Filters(), ANY) if a.status == "closed"]
    assert [a.status for a in views.chosen(world.alerts(), views.Filters(status="closed"), ANY)] == ["closed"]


def test_an_officer_sees_only_licenses_of_their_own_state(world) -> None:
    found = views.chosen(world.alerts(), views.Filters(), DESK)
    assert {views.issuing_state([alert]) for alert in found} == {"XA"}


def test_an_alert_of_no_known_state_is_hidden_from_a_bound_officer(group) -> None:
    assert not views.visible(DESK, [msgspec.structs.replace(group, license=None)])
    assert views.visible(DESK, [msgspec.structs.replace(group, license=None), group])


def test_candidates_of_other_states_are_counted_and_not_named(group) -> None:
    seen = views.candidates(group.cases[0], "XA")
    assert [c.issuing_state for c in seen.own] == ["XA"]
    assert (seen.others, seen.others_share) == (2, 620_000)


def test_an_address_that_is_not_understood_is_said_and_left_out() -> None:
    filters = views.read_filters({"band": "loud", "destination": "QMX", "since": "yesterday", "status": "open"})
    assert len(filters.problems) == 3
    assert (filters.band, filters.destination, filters.since, filters.status) == (None, "", None, "open")


def test_the_address_of_a_view_shows_the_same_view() -> None:
    filters = views.Filters(band="alert", destination="QM", state="XA", status="open", group="g&1", since=D(2026, 1, 1))
    from urllib.parse import parse_qsl, urlsplit

    assert views.read_filters(dict(parse_qsl(urlsplit(filters.address()).query))) == filters


def test_judged_evidence_is_that_of_open_cases_each_once(world) -> None:
    both = world.newest["QM~xa-register:LIC-2023-0117~c9"]
    assert [piece.fact for piece in views.judged_evidence(both)] == [
        "incident:northlight:2025-02",
        "incident:rpu:77",
        "license:xa-register:LIC-2023-0117",
    ]
    only = views.judged_evidence(both, frozenset({"silence:c9:2025-10-01"}))
    assert [piece.fact for piece in only] == ["license:xa-register:LIC-2023-0117"]
    closed = msgspec.structs.replace(both, cases=tuple(msgspec.structs.replace(c, open=False) for c in both.cases))
    assert views.judged_evidence(closed) == ()


def test_history_tells_what_changed(world, group) -> None:
    told = [step.changes for step in views.steps(views.dated(world.history(group.id), D(2026, 3, 14)))]
    assert told == [
        ("Opened at Watch",),
        ("Raised from Watch to Alert", "1 fact added"),
        ("Now acknowledged", "Decision: Ask the exporter"),
    ]


def test_a_record_that_changed_nothing_is_no_step(world, group) -> None:
    history = views.dated(world.history(group.id), D(2026, 3, 14))
    assert len(views.steps([*history, (history[-1][0], history[-1][1])])) == len(views.steps(history))


def test_a_withdrawn_alert_says_so_once_and_can_open_again(world) -> None:
    live, gone = (record for _, record in world.past["QP~xa-register:LIC-2020-0002~c1"])
    assert views.changes(live, gone) == ("Withdrawn: nothing is left of it",)
    assert views.changes(gone, gone) == ()
    assert views.changes(gone, live) == ("Opened again after it was withdrawn at Alert",)


def test_an_alert_is_shown_as_it_stood_on_a_day(world, group) -> None:
    history = views.dated(world.history(group.id), D(2026, 3, 14))
    assert views.as_of(history, D(2025, 4, 1)) is None
    assert views.as_of(history, D(2025, 4, 2)).band == "watch"
    assert views.as_of(history, D(2026, 1, 22)).band == "alert"


def test_a_log_that_is_younger_than_its_days_is_told_by_what_its_records_speak_of(group) -> None:
    replayed = dt.datetime(2026, 11, 23, 15, tzinfo=dt.UTC)
    early, late = (
        msgspec.structs.replace(group, assessed_on=None, decisions=(), first_known=day, cases=())
        for day in (D(2025, 5, 13), D(2026, 2, 10))
    )
    gone = msgspec.structs.replace(early, status="withdrawn", first_known=None)
    records = [(replayed, record) for record in (early, late, gone)]
    assert [day for day, _ in views.dated(records, D(2026, 8, 31))] == [
        D(2025, 5, 13), D(2026, 2, 10), D(2026, 8, 31),
    ]  # fmt: skip
    assert [day for day, _ in views.dated(records, D(2026, 11, 23))] == [D(2026, 11, 23)] * 3


def test_what_changed_since_a_day_counts_that_day(world, group) -> None:
    history = views.dated(world.history(group.id), D(2026, 3, 14))
    assert "Raised from Watch to Alert" in views.changed_since(history, D(2026, 1, 22))
    assert views.changed_since(history, D(2026, 2, 11)) == ("Now acknowledged", "Decision: Ask the exporter")
    assert views.changed_since(history, D(2026, 2, 12)) == ()


def test_nothing_here_tells_silence_from_peace() -> None:
    heard = {"lab": dt.datetime(2026, 3, 12, tzinfo=dt.UTC)}
    assert "Nothing was heard yet" in views.nothing_here({}, D(2026, 3, 14), 0)
    assert "last on 12 March 2026" in views.nothing_here(heard, D(2026, 3, 14), 0)
    assert "Nothing was heard since 12 March 2026" in views.nothing_here(heard, D(2026, 8, 1), 0)
    assert "5 alerts are outside" in views.nothing_here(heard, D(2026, 3, 14), 5)


def test_a_replayed_record_belongs_to_the_day_on_which_its_last_fact_was_recorded() -> None:
    """The log was written in November; the facts in it say when they were recorded."""
    account = an_incident()

    def fact(revision: int, on: dt.date) -> Incident:
        recorded = dt.datetime.combine(on, dt.time(9), tzinfo=dt.UTC)
        return msgspec.structs.replace(account, revision=revision, recorded_at=recorded)

    def resting_on(revision: int) -> Alert:
        piece = Evidence(fact=fact_key(account), revision=revision, hash="ab")
        case = Case(
            key="k", kind="incident", band="watch", band_reason="r", verdict="engaged", rule="r", sentence="s",
            evidence=(piece,),
        )  # fmt: skip
        return Alert(id="QM~a:b~c", destination="QM", cases=(case,))

    records = [resting_on(1), resting_on(2), Alert(id="QM~a:b~c", destination="QM", status="withdrawn")]
    written = [(dt.datetime(2026, 11, 23, 9, minute, tzinfo=dt.UTC), record) for minute, record in enumerate(records)]
    taken = Retraction(
        id=account.id, source=account.source, of="incident", revision=2,
        recorded_at=dt.datetime(2025, 9, 5, 9, tzinfo=dt.UTC),
    )  # fmt: skip
    facts = [fact(2, D(2025, 6, 3)), fact(1, D(2025, 5, 27)), taken, fact(1, D(2025, 8, 1))]
    history = views.dated(written, D(2026, 5, 31), lambda: facts)
    assert [on for on, _ in history] == [D(2025, 5, 27), D(2025, 6, 3), D(2025, 9, 5)]
    assert [on for on, _ in views.until(history, D(2025, 6, 3))] == [D(2025, 5, 27), D(2025, 6, 3)]


def test_a_replayed_record_that_came_of_a_passing_day_belongs_to_that_day(group) -> None:
    replayed = dt.datetime(2026, 11, 23, 15, tzinfo=dt.UTC)
    overdue = Alert(
        id=group.id, destination="QM", first_known=D(2025, 5, 13),
        versions=Versions(policy="p", names="seed", code="0.1.0", since=D(2025, 7, 12)),
    )  # fmt: skip
    assert [on for on, _ in views.dated([(replayed, overdue)], D(2026, 5, 31))] == [D(2025, 7, 12)]


def test_the_facts_are_asked_for_only_where_a_log_was_replayed(world, group) -> None:
    def never() -> list[AnyFact]:
        raise AssertionError("asked for")

    assert views.dated(world.history(group.id), D(2026, 3, 14), never)
