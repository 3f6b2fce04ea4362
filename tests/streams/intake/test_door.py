import asyncio
import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from schemas import Refused, Tick
from schemas.codec import decode_fact
from streams.access import Access
from streams.errors import Wait
from streams.intake.door import Asked, Door, owned_by_key, state_code

Json = dict[str, Any]
Build = Callable[..., Json]
AsJson = Callable[[object], bytes]


async def test_fact_is_in_the_log_when_its_receipt_is_given(
    intake: Any, lab: Access, an_incident: Build, as_json: AsJson
) -> None:
    (result,) = await intake.door.take(as_json(an_incident()), lab)
    assert result.outcome == "accepted"
    assert result.fact == "incident:lab-one:case-1"
    (fact,) = intake.in_log("incidents")
    assert fact.recorded_at == intake.clock.now
    assert len(result.receipt) == 32


async def test_same_body_again_gets_the_same_receipt_and_is_not_doubled(
    intake: Any, lab: Access, an_incident: Build, as_json: AsJson
) -> None:
    (first,) = await intake.door.take(as_json(an_incident()), lab)
    intake.clock.now += dt.timedelta(days=1)
    (again,) = await intake.door.take(as_json(an_incident(tlp="AMBER")), lab)
    assert (again.outcome, again.receipt) == ("known", first.receipt)
    assert len(intake.in_log("incidents")) == 1


async def test_another_body_under_one_revision_is_a_conflict_and_a_higher_revision_is_not(
    intake: Any, lab: Access, an_incident: Build, as_json: AsJson
) -> None:
    await intake.door.take(as_json(an_incident()), lab)
    (conflict,) = await intake.door.take(as_json(an_incident(technology="other")), lab)
    assert conflict.outcome == "conflict"
    assert conflict.errors[0].path == "/revision"
    (mended,) = await intake.door.take(as_json(an_incident(technology="other", revision=2)), lab)
    assert mended.outcome == "accepted"
    assert len(intake.in_log("incidents")) == 2


async def test_retraction_does_not_conflict_with_what_it_takes_back(
    intake: Any, lab: Access, an_incident: Build, as_json: AsJson
) -> None:
    await intake.door.take(as_json(an_incident()), lab)
    back = {"fact": "retraction", "of": "incident", "id": "case-1", "source": "lab-one"}
    (result,) = await intake.door.take(as_json(back), lab, Asked(expect="incident"))
    assert result.outcome == "accepted"
    assert len(intake.in_log("incidents")) == 2


async def test_index_is_made_anew_from_the_log(intake: Any, lab: Access, an_incident: Build, as_json: AsJson) -> None:
    (first,) = await intake.door.take(as_json(an_incident()), lab)
    intake.door.index.close()
    for path in intake.home.glob("intake.sqlite*"):
        path.unlink()
    intake.door = intake.open_door()
    assert await intake.door.start() == 1
    (again,) = await intake.door.take(as_json(an_incident()), lab)
    assert (again.outcome, again.receipt) == ("known", first.receipt)
    assert intake.door.index.by_receipt(first.receipt).fact == "incident:lab-one:case-1"


async def test_kill_between_log_and_index_loses_nothing_and_doubles_nothing(
    intake: Any, lab: Access, an_incident: Build, as_json: AsJson
) -> None:
    body = as_json([an_incident(id=f"case-{n}") for n in range(40)])
    index = intake.door.index
    index.enter_sent = _killed
    with pytest.raises(KeyboardInterrupt):
        await intake.door.take(body, lab)
    door: Door = intake.reopen()
    results = await door.take(body, lab)
    assert {result.outcome for result in results} == {"known"}
    assert len(intake.in_log("incidents")) == 40


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


async def test_send_that_failed_half_way_is_not_doubled_by_its_repeat(
    intake: Any, lab: Access, an_incident: Build, as_json: AsJson
) -> None:
    intake.producer.away = "after"
    with pytest.raises(Wait):
        await intake.door.take(as_json(an_incident()), lab)
    intake.producer.away = ""
    (again,) = await intake.door.take(as_json(an_incident()), lab)
    (other,) = await intake.door.take(as_json(an_incident(technology="other")), lab)
    assert (again.outcome, other.outcome) == ("known", "conflict")
    assert len(intake.in_log("incidents")) == 1


async def test_what_another_writer_put_into_the_log_is_known_to_the_door(
    intake: Any, lab: Access, an_incident: Build, as_json: AsJson
) -> None:
    await intake.door.take(as_json(an_incident()), lab)
    other = intake.open_door()
    (again,) = await other.take(as_json(an_incident()), lab)
    (news,) = await other.take(as_json(an_incident(id="case-2")), lab)
    (known,) = await intake.door.take(as_json(an_incident(id="case-2")), lab)
    other.index.close()
    assert [again.outcome, news.outcome, known.outcome] == ["known", "accepted", "known"]


async def test_two_bodies_at_one_moment_do_not_both_get_in(
    intake: Any, lab: Access, an_incident: Build, as_json: AsJson
) -> None:
    bodies = [as_json(an_incident(ongoing=bool(n % 2))) for n in range(10)]
    taken = await asyncio.gather(*(intake.door.take(body, lab) for body in bodies))
    outcomes = [result.outcome for (result,) in taken]
    assert outcomes.count("accepted") == 1
    assert outcomes.count("known") == 4
    assert outcomes.count("conflict") == 5
    assert len(intake.in_log("incidents")) == 1


async def test_of_many_each_is_judged_by_itself(intake: Any, lab: Access, an_incident: Build, as_json: AsJson) -> None:
    records = [
        an_incident(id="a"), an_incident(id="b", technology="magic"), an_incident(id="a"),
        an_incident(id="a", ongoing=True), an_incident(id="c", source="lab-two"), an_incident(id="d"),
    ]  # fmt: skip
    results = await intake.door.take(as_json(records), lab)
    assert [result.outcome for result in results] == [
        "accepted", "refused", "known", "conflict", "forbidden", "accepted",
    ]  # fmt: skip
    assert [result.index for result in results] == [0, 1, 2, 3, 4, 5]
    assert results[1].errors[0].path == "/technology"
    assert sorted(fact.id for fact in intake.in_log("incidents")) == ["a", "d"]


async def test_of_a_whole_one_that_fails_keeps_out_all(
    intake: Any, lab: Access, an_incident: Build, as_json: AsJson
) -> None:
    records = [an_incident(id="a"), an_incident(id="a"), an_incident(id="b", technology="magic")]
    results = await intake.door.take(as_json(records), lab, Asked(whole=True))
    assert [result.outcome for result in results] == ["held_back", "held_back", "refused"]
    assert all(result.receipt is None for result in results)
    assert intake.everything() == []
    results = await intake.door.take(as_json(records[:2]), lab, Asked(whole=True))
    assert [result.outcome for result in results] == ["accepted", "known"]


async def test_lines_are_facts_and_blank_lines_are_passed_over(
    intake: Any, lab: Access, an_incident: Build, as_json: AsJson
) -> None:
    lines = b"\n".join([as_json(an_incident(id="a")), b"", b"  ", b"{oops", as_json(an_incident(id="b"))]) + b"\n"
    results = await intake.door.take(lines, lab, Asked(content_type="application/x-ndjson"))
    assert [result.outcome for result in results] == ["accepted", "refused", "accepted"]


@pytest.mark.parametrize("body", [b"[]", b"", b"[" * 100_000, b'[{"a":' * 50_000, b"\xff\xfe", b"{", b"nonsense"])
async def test_body_that_cannot_be_taken_apart_is_refused_whole(intake: Any, lab: Access, body: bytes) -> None:
    try:
        outcomes = [result.outcome for result in await intake.door.take(body, lab)]
    except Refused as refused:
        outcomes = ["refused" for problem in refused.problems if problem.expected]
    assert outcomes == ["refused"]
    assert intake.everything() == []


async def test_more_records_than_one_request_may_hold_are_refused(
    intake: Any, lab: Access, an_incident: Build, as_json: AsJson
) -> None:
    with pytest.raises(Refused, match="from 1 to 2 facts"):
        await intake.door.take(as_json([an_incident(id=str(n)) for n in range(3)]), lab, Asked(most=2))
    assert intake.everything() == []


async def test_feeder_sends_the_facts_of_its_own_source_only(
    intake: Any, lab: Access, an_incident: Build, as_json: AsJson
) -> None:
    (result,) = await intake.door.take(as_json(an_incident(source="lab-two")), lab)
    assert result.outcome == "forbidden"
    assert [error.path for error in result.errors] == ["/source"]


async def test_feeder_takes_back_its_own_facts_only(intake: Any, lab: Access, as_json: AsJson) -> None:
    back = {"fact": "retraction", "of": "incident", "id": "case-1", "source": "lab-two"}
    (result,) = await intake.door.take(as_json(back), lab)
    assert result.outcome == "forbidden"


async def test_feeder_grants_no_licenses_and_makes_no_judgments(intake: Any, a_license: Build, as_json: AsJson) -> None:
    register = Access(name="r", source="xa-reg", scopes=frozenset({"feed"}), licenses=("*",))
    judgment = {
        "fact": "judgment", "id": "j", "source": "xa-reg", "kind": "regrade_source", "by_role": "Analysis desk",
        "at": "2026-01-01T00:00:00Z", "judged_source": "lab-one", "reliability": "E",
    }  # fmt: skip
    back = {"fact": "retraction", "of": "license", "id": "L-1", "source": "xa-reg"}
    for fact in (a_license(), judgment, back):
        (result,) = await intake.door.take(as_json(fact), register)
        assert result.outcome == "forbidden", result
    assert intake.everything() == []


async def test_nobody_sends_ticks(intake: Any, as_json: AsJson) -> None:
    everybody = Access(name="x", scopes=frozenset({"feed", "officer", "staff", "admin"}))
    tick = {"fact": "tick", "id": "2026-01-01", "source": "clock", "day": "2026-01-01"}
    back = {"fact": "retraction", "of": "tick", "id": "2026-01-01", "source": "clock"}
    for fact in (tick, back):
        (result,) = await intake.door.take(as_json(fact), everybody)
        assert result.outcome in ("refused", "forbidden")
    with pytest.raises(Refused):
        await intake.door.submit([Tick(id="a", source="clock", day=dt.date(2026, 1, 1))], everybody)


async def test_report_on_a_license_that_is_not_ours_is_answered_alike_whether_it_exists_or_not(
    intake: Any, embassy: Access, a_report: Build, a_license: Build, as_json: AsJson
) -> None:
    intake.reads.known_facts["license:xa-reg:L-2"] = [decode_fact(as_json(a_license(id="L-2")))]
    (existing,) = await intake.door.take(as_json(a_report(license="xa-reg:L-2")), embassy)
    (made_up,) = await intake.door.take(as_json(a_report(license="xa-reg:L-3")), embassy)
    assert existing == made_up
    assert existing.outcome == "forbidden"
    (ours,) = await intake.door.take(as_json(a_report()), embassy)
    assert ours.outcome == "accepted"


async def test_feeder_whose_key_names_no_license_reports_on_none(
    intake: Any, a_report: Build, a_license: Build, as_json: AsJson
) -> None:
    bare = Access(name="e", source="embassy-xb", scopes=frozenset({"feed"}))
    intake.reads.known_facts["license:xa-reg:L-1"] = [decode_fact(as_json(a_license()))]
    delivery = {
        "fact": "delivery", "id": "d", "source": "embassy-xb", "license": "xa-reg:L-1", "destination": "XB",
        "delivered_to": "XB", "delivered": {"start": "2025-01-01"},
    }  # fmt: skip
    results = await intake.door.take(as_json([a_report(), delivery]), bare)
    assert [result.outcome for result in results] == ["forbidden", "forbidden"]


@pytest.mark.parametrize(
    ("named", "owned"), [("xa-reg:L-1", True), ("xa-reg:*", True), ("*", True), ("xa-reg:L-", False)]
)
def test_key_names_licenses_one_by_one_by_register_or_all(named: str, owned: bool) -> None:
    feeder = Access(name="e", source="e", scopes=frozenset({"feed"}), licenses=(named,))
    assert owned_by_key("xa-reg:L-1", feeder) is owned


async def test_feeder_never_reaches_the_register(
    intake: Any, embassy: Access, a_report: Build, as_json: AsJson
) -> None:
    asked: list[str] = []
    intake.reads.fact = lambda key: [*map(asked.append, [key])]
    door = intake.reopen()
    await door.take(as_json([a_report(), a_report(id="visit-2", license="xa-reg:L-2")]), embassy)
    assert asked == []


async def test_officer_of_one_state_speaks_of_its_licenses_only(
    intake: Any, a_report: Build, a_license: Build, as_json: AsJson
) -> None:
    office = Access(name="xa", source="xa-reg", scopes=frozenset({"officer"}), states=frozenset({"XA"}))
    foreign = a_license(id="L-7", source="xc-reg", issuing_state="XC")
    intake.reads.known_facts["license:xc-reg:L-7"] = [decode_fact(as_json(foreign))]
    ours, theirs, made_up = (
        a_report(id=id, source="xa-reg", license=license)
        for id, license in [("v1", "xa-reg:L-1"), ("v2", "xc-reg:L-7"), ("v3", "xa-reg:no")]
    )
    records = [a_license(), ours, a_license(id="L-8", issuing_state="XC"), theirs, made_up]
    results = await intake.door.take(as_json(records), office)
    assert [result.outcome for result in results] == ["accepted", "accepted", "forbidden", "forbidden", "forbidden"]
    assert results[3].errors == results[4].errors


async def test_officer_of_one_state_decides_its_alerts_only(intake: Any, a_license: Build, as_json: AsJson) -> None:
    office = Access(name="xa", source="xa-office", scopes=frozenset({"officer"}), states=frozenset({"XA"}))
    intake.reads.known_facts["license:xa-reg:L-1"] = [decode_fact(as_json(a_license()))]

    def decision(number: str, alert: str) -> Json:
        return {
            "fact": "decision", "id": number, "source": "xa-office", "alert": alert, "kind": "acknowledge",
            "by_role": "Licensing desk", "at": "2026-01-01T00:00:00Z",
        }  # fmt: skip

    records = [decision("d1", "XB~xa-reg:L-1~c1"), decision("d2", "XB~xc-reg:L-7~c1")]
    results = await intake.door.take(as_json(records), office)
    assert [result.outcome for result in results] == ["accepted", "forbidden"]


async def test_officer_of_one_state_cannot_take_back_or_revise_what_another_state_sent(
    intake: Any, a_license: Build, as_json: AsJson
) -> None:
    bound = Access(name="xa", source="xa-reg", scopes=frozenset({"officer"}), states=frozenset({"XA"}))
    unbound = Access(name="xa", scopes=frozenset({"officer"}), states=frozenset({"XA"}))
    back = {"fact": "retraction", "of": "license", "id": "L-7", "source": "xc-reg"}
    revised = a_license(id="L-7", source="xc-reg", issuing_state="XA", revision=2)
    for access in (bound, unbound):
        results = await intake.door.take(as_json([back, revised]), access)
        assert [result.outcome for result in results] == ["forbidden", "forbidden"]
        assert all(result.errors[0].path == "/source" for result in results)


async def test_only_an_administrator_loads_an_archive_with_its_own_record_times(
    intake: Any, lab: Access, an_incident: Build, as_json: AsJson
) -> None:
    admin = Access(name="admin", scopes=frozenset({"admin"}))
    past, future = "2025-05-01T00:00:00Z", "2030-01-01T00:00:00Z"
    await intake.door.take(as_json(an_incident(id="a", recorded_at=past)), lab)
    await intake.door.take(as_json(an_incident(id="b", recorded_at=past)), admin)
    await intake.door.take(as_json(an_incident(id="c", recorded_at=future)), admin)
    kept = {fact.id: fact.recorded_at for fact in intake.in_log("incidents")}
    assert kept == {"a": intake.clock.now, "b": dt.datetime(2025, 5, 1, tzinfo=dt.UTC), "c": intake.clock.now}


async def test_state_is_resolved_from_its_name_or_refused(
    intake: Any, lab: Access, an_incident: Build, as_json: AsJson
) -> None:
    (named,) = await intake.door.take(as_json(an_incident(operators=[{"country": "Egypt"}])), lab)
    (unsure,) = await intake.door.take(as_json(an_incident(id="b", operators=[{"country": "Congo"}])), lab)
    (unknown,) = await intake.door.take(as_json(an_incident(id="c", operators=[{"country": "Narnia"}])), lab)
    assert [named.outcome, unsure.outcome, unknown.outcome] == ["accepted", "refused", "refused"]
    assert unknown.errors[0].path == "/operators/0/country"
    (fact,) = intake.in_log("incidents")
    assert fact.operators[0].country == "EG"


@pytest.mark.parametrize(
    ("text", "code"), [("XA", "XA"), ("UK", "GB"), ("Congo", None), ("Crimea", None), ("ZZ", None)]
)
def test_only_a_state_that_is_surely_meant_has_a_code(text: str, code: str | None) -> None:
    assert state_code(text) == code


async def test_each_record_bears_the_name_of_the_key_that_sent_it(
    intake: Any, lab: Access, an_incident: Build, as_json: AsJson
) -> None:
    await intake.door.take(as_json(an_incident()), lab)
    records = [*intake.log.read("incidents", 0, 0, 10), *intake.log.read("incidents", 1, 0, 10)]
    assert [record.headers for record in records] == [(("by", b"lab-one"),)]


async def test_revisions_of_one_fact_share_a_partition(
    intake: Any, lab: Access, an_incident: Build, as_json: AsJson
) -> None:
    await intake.door.take(as_json([an_incident(revision=n) for n in range(1, 20)]), lab)
    assert sorted(intake.log.highwater("incidents", partition) for partition in range(2)) == [0, 19]
