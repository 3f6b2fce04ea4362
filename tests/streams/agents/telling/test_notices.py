"""What is told together, what goes as a digest, and under which id."""

from __future__ import annotations

import pytest

from schemas.codec import decode_notice, encode
from streams.agents.telling.notices import drafts_for, steps_for
from streams.agents.telling.routes import Pace
from streams.agents.telling.told import last_told, told_by

PACE = Pace(settle_seconds=0, history_days=60, burst=3)


@pytest.fixture
def drafts(telling):
    """The drafts for the officers' channel over these alerts."""

    def make(*alerts, told=None, pace=None, replayed=frozenset()):
        routes = telling.routes(**({"pace": pace} if pace else {}))
        channel = routes.channels["officers"]
        steps = steps_for(channel, told or {}, {a.id: a for a in alerts}, routes, telling.DAY)
        return drafts_for(channel, steps, routes, telling.DAY, replayed)

    return make


def ids(draft):
    return [step.alert.id for step in draft.steps]


def test_one_clause_in_several_destinations_is_one_notice(telling, drafts):
    [draft] = drafts(telling.alert("XM"), telling.alert("XN", band="review"))
    assert ids(draft) == ["XM~exports.xa:L-17~c4", "XN~exports.xa:L-17~c4"]
    notice = draft.notice(at=telling.NOON, subject="s")
    assert (notice.band, notice.bands, notice.destinations) == ("alert", ("alert", "review"), ("XM", "XN"))


def test_two_clauses_of_one_license_are_two_notices(telling, drafts):
    assert len(drafts(telling.alert(), telling.alert(clause_id="c5"))) == 2


def test_a_group_of_candidates_is_one_notice_for_each_issuing_state(telling, drafts):
    grouped = telling.case(group="g1")
    of_xb = telling.license("exports.xb:M-1", issuing_state="XB", exporter="Other Ltd")
    found = drafts(
        telling.alert(license_="exports.xa:L-17", cases=(grouped,)),
        telling.alert(license_="exports.xa:L-20", cases=(grouped,)),
        telling.alert(license_="exports.xb:M-1", cases=(grouped,), license=of_xb),
    )
    assert sorted(ids(draft) for draft in found) == [
        ["XM~exports.xa:L-17~c4", "XM~exports.xa:L-20~c4"], ["XM~exports.xb:M-1~c4"],
    ]  # fmt: skip


def test_clauses_that_one_event_touches_are_one_notice(telling, drafts):
    event = telling.case("lab:i1")
    [draft] = drafts(*(telling.alert(clause_id=c, cases=(event,)) for c in ("c4", "c5", "c6")))
    assert len(draft.steps) == 3


def test_different_steps_of_one_clause_are_different_notices(telling, drafts):
    [first] = drafts(telling.alert("XM"), telling.alert("XN"))
    told = {t.alert: t for t in told_by(first.notice(at=telling.NOON, subject="s"))}
    found = drafts(telling.alert("XM", band="review", version="v2"), telling.gone(telling.alert("XN")), told=told)
    assert [(d.transition, ids(d)) for d in found] == [
        ("withdrawn", ["XN~exports.xa:L-17~c4"]), ("lowered", ["XM~exports.xa:L-17~c4"]),
    ]  # fmt: skip


def test_what_was_told_together_is_withdrawn_together(telling, drafts):
    grouped = telling.case(group="g1")
    alerts = [telling.alert(license_=f"exports.xa:L-{n}", cases=(grouped,)) for n in (1, 2)]
    [first] = drafts(*alerts)
    told = {t.alert: t for t in told_by(first.notice(at=telling.NOON, subject="s"))}
    assert len(drafts(*map(telling.gone, alerts), told=told)) == 1


def test_old_history_opens_as_one_digest_and_fresh_news_by_itself(telling, drafts):
    past = telling.DAY.replace(year=2028)
    old = [telling.alert(clause_id=f"c{n}", cases=(telling.case(f"lab:{n}", known_since=past),)) for n in range(5)]
    both = telling.alert(
        clause_id="new", first_known=past, cases=(telling.case(known_since=past), telling.case("lab:i9"))
    )
    found = drafts(*old, both, pace=PACE)
    assert sorted((d.digest, len(d.steps)) for d in found) == [(False, 1), (True, 5)]


def test_what_opened_while_the_log_was_replayed_is_one_digest(telling, drafts):
    alerts = [telling.alert(clause_id=f"c{n}") for n in range(3)]
    [draft] = drafts(*alerts, pace=PACE, replayed={a.id for a in alerts})
    assert draft.digest


def test_a_burst_is_one_digest_and_below_it_each_stands_alone(telling, drafts):
    alerts = [telling.alert(clause_id=f"c{n}") for n in range(4)]
    assert [d.digest for d in drafts(*alerts[:3], pace=PACE)] == [False] * 3
    assert [d.digest for d in drafts(*alerts, pace=PACE)] == [True]


def test_a_digest_of_one_is_an_ordinary_notice(telling, drafts):
    [draft] = drafts(telling.alert(cases=(telling.case(known_since=telling.DAY.replace(year=2028)),)), pace=PACE)
    assert not draft.digest


def test_a_digest_holds_one_issuing_state(telling, drafts):
    of_xb = telling.license("exports.xb:M-1", issuing_state="XB")
    alerts = [telling.alert(clause_id=f"c{n}") for n in range(3)]
    alerts += [telling.alert(license_="exports.xb:M-1", clause_id=f"c{n}", license=of_xb) for n in range(3)]
    assert [len(d.steps) for d in drafts(*alerts, pace=PACE)] == [3, 3]


def test_the_id_follows_channel_alerts_step_versions_and_the_notice_before(telling, drafts):
    [draft] = drafts(telling.alert())
    assert draft.id == drafts(telling.alert())[0].id
    [of_version] = drafts(telling.alert(version="v2"))
    told = {t.alert: t for t in told_by(draft.notice(at=telling.NOON, subject="s"))}
    [withdrawn] = drafts(telling.gone(telling.alert()), told=told)
    told = {t.alert: t for t in told_by(withdrawn.notice(at=telling.NOON, subject="s"))}
    [again] = drafts(telling.alert(), told=told)
    others = [telling.but(draft, channel="other"), telling.but(draft, transition="raised")]
    assert len({d.id for d in (draft, of_version, withdrawn, again, *others)}) == 6


def test_what_was_told_last_does_not_depend_on_the_order_of_notices(telling, drafts):
    alert, notices, told = telling.alert(), [], {}
    for now in (alert, telling.gone(alert), telling.alert(version="v3"), telling.alert(version="v4", band="review")):
        [draft] = drafts(now, told=told)
        notices.append(draft.notice(at=telling.NOON, subject="s"))
        told = {t.alert: t for t in told_by(notices[-1])}
    for order in (notices, notices[::-1], notices[2:] + notices[:2] + notices[:1]):
        assert last_told(order)["officers"][alert.id].notice == notices[-1].id


def test_a_notice_is_read_back_with_all_that_is_remembered(telling, drafts):
    [draft] = drafts(telling.alert("XM"), telling.alert("XN", band="review"))
    notice = draft.notice(at=telling.NOON, subject="s")
    assert decode_notice(encode(notice)) == notice
    assert {t.band for t in told_by(decode_notice(encode(notice)))} == {"alert", "review"}


def test_the_chain_of_notices_decides_though_the_clock_was_set_back(telling, drafts):
    notices, told, hour = [], {}, 5
    for alerts in (
        [telling.alert("XM")],
        [telling.alert("XN")],
        [telling.alert(p, version="v2", band="review") for p in ("XM", "XN")],
    ):
        [draft] = drafts(*alerts, told=told)
        hour -= 1
        notices.append(draft.notice(at=telling.NOON.replace(hour=hour), subject="s"))
        told |= {t.alert: t for t in told_by(notices[-1])}
    last = last_told(notices)["officers"]
    assert {told.notice for told in last.values()} == {notices[-1].id}
