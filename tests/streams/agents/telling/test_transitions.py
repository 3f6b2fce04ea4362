"""From what a channel was last told to what holds now."""

from __future__ import annotations

import pytest

from streams.agents.telling.notices import drafts_for, steps_for
from streams.agents.telling.told import told_by
from streams.agents.telling.transitions import Hearing, transition

OPEN_EAR = Hearing(describable=True, floor="review")
DEAF = Hearing(describable=False, floor="review")


@pytest.fixture
def told_of(telling):
    """What a channel remembers after it was told of an alert."""

    def remember(alert, before=None):
        routes = telling.routes()
        channel = routes.channels["officers"]
        told = {alert.id: before} if before else {}
        steps = steps_for(channel, told, {alert.id: alert}, routes, telling.DAY)
        [draft] = drafts_for(channel, steps, routes, telling.DAY)
        return told_by(draft.notice(at=telling.NOON, subject="s"))[0]

    return remember


def test_an_alert_never_told_opens(telling):
    assert transition(None, telling.alert(), OPEN_EAR) == "opened"


@pytest.mark.parametrize("band", ["context", "watch"])
def test_context_and_watch_are_not_told(telling, band):
    assert transition(None, telling.alert(band=band), OPEN_EAR) is None


def test_watch_is_told_where_a_route_asks_for_it(telling):
    assert transition(None, telling.alert(band="watch"), Hearing(describable=True, floor="watch")) == "opened"


@pytest.mark.parametrize("status", ["closed", "withdrawn"])
def test_what_is_over_before_it_was_told_stays_untold(telling, status):
    assert transition(None, telling.alert(status=status), OPEN_EAR) is None


def test_a_higher_band_raises(telling, told_of):
    assert transition(told_of(telling.alert(band="review")), telling.alert(version="v2"), OPEN_EAR) == "raised"


def test_a_lower_band_lowers(telling, told_of):
    now = telling.alert(band="review", version="v2")
    assert transition(told_of(telling.alert()), now, OPEN_EAR) == "lowered"


def test_falling_to_watch_is_told_once(telling, told_of):
    watch = telling.alert(band="watch", version="v2")
    told = told_of(telling.alert())
    assert transition(told, watch, OPEN_EAR) == "lowered"
    after = told_of(watch, before=told)
    assert transition(after, telling.alert(band="context", version="v3"), OPEN_EAR) is None
    assert transition(after, telling.alert(band="review", version="v4"), OPEN_EAR) == "raised"


@pytest.mark.parametrize("change", [{"status": "acknowledged"}, {"assigned_to": "desk 4"}, {"waiting_for": "x"}])
def test_acknowledging_and_assigning_are_not_news(telling, told_of, change):
    assert transition(told_of(telling.alert()), telling.alert(**change), OPEN_EAR) is None


def test_another_version_at_the_same_band_on_the_same_grounds_is_not_news(telling, told_of):
    assert transition(told_of(telling.alert()), telling.alert(version="v2"), OPEN_EAR) is None


def test_a_further_event_at_the_same_band_raises(telling, told_of):
    now = telling.alert(version="v2", cases=(telling.case("lab:c4"), telling.case("ngo:i2")))
    assert transition(told_of(telling.alert()), now, OPEN_EAR) == "raised"


def test_a_told_event_taken_back_lowers_though_the_band_stays(telling, told_of):
    told = told_of(telling.alert(cases=(telling.case(), telling.case("ngo:i2"))))
    assert transition(told, telling.alert(version="v2", cases=(telling.case("ngo:i2"),)), OPEN_EAR) == "lowered"


def test_two_accounts_found_to_be_one_event_are_not_news(telling, told_of):
    told = told_of(telling.alert(cases=(telling.case(), telling.case("ngo:i2"))))
    merged = telling.case("lab:i1", members=("lab:i1", "ngo:i2"))
    assert transition(told, telling.alert(version="v2", cases=(merged,)), OPEN_EAR) is None


def test_weak_events_beside_a_strong_one_are_not_news(telling, told_of):
    now = telling.alert(version="v2", cases=(telling.case("lab:c4"), telling.case("tip:i3", band="watch")))
    assert transition(told_of(telling.alert()), now, OPEN_EAR) is None


def test_withdrawal_and_closing_are_told_whatever_the_route_says_now(telling, told_of):
    told = told_of(telling.alert())
    assert transition(told, telling.gone(telling.alert()), DEAF) == "withdrawn"
    assert transition(told, telling.alert(status="closed", version="v2"), DEAF) == "closed"


def test_a_closed_alert_that_loses_its_ground_is_withdrawn_from_those_who_were_told(telling, told_of):
    told = told_of(telling.alert())
    closed = told_of(telling.alert(status="closed", version="v2"), before=told)
    assert closed.standing == "closed"
    assert transition(closed, telling.gone(telling.alert()), OPEN_EAR) == "withdrawn"


def test_after_closing_or_withdrawal_new_evidence_reopens(telling, told_of):
    told = told_of(telling.alert())
    for over in (telling.alert(status="closed", version="v2"), telling.gone(telling.alert())):
        assert transition(told_of(over, before=told), telling.alert(version="v3"), OPEN_EAR) == "reopened"
        assert transition(told_of(over, before=told), telling.alert(version="v3"), DEAF) is None


def test_what_may_not_be_described_there_is_not_raised_but_lowered(telling, told_of):
    told = told_of(telling.alert())
    assert transition(told, telling.alert(band="urgent", version="v2"), DEAF) is None
    assert transition(told, telling.alert(band="review", version="v2"), DEAF) == "lowered"
