"""Law 6: a report that is due and has not come is a finding; time is an event in the log."""

from __future__ import annotations

import datetime as dt

from hypothesis import given, settings
from hypothesis import strategies as st

import laws
from builders import a_clause, a_delivery, a_license, a_report, assessed
from laws import HOUSE
from schemas import Period, Tick
from schemas.vocabulary import BANDS
from worlds import assessments_of, worlds

SMALL = settings(settings.get_profile("laws"), max_examples=30)
DAY = dt.timedelta(days=1)


@SMALL
@given(worlds, st.dates(dt.date(2023, 1, 1), dt.date(2026, 1, 1)), st.integers(0, 500))
def test_a_silence_never_grows_quieter_by_the_passing_of_days(world, day, later):
    before = laws.silent_bands(HOUSE, world, day)
    after = laws.silent_bands(HOUSE, world, day + later * DAY)
    for key in before.keys() & after.keys():
        assert BANDS.index(after[key]) >= BANDS.index(before[key])


@SMALL
@given(worlds)
def test_without_a_tick_there_is_no_silence(world):
    held = HOUSE.partition()
    held.add_all(f for f in world if not isinstance(f, Tick))
    assessor = HOUSE.assessor()
    for destination in held.destinations():
        for alert in assessor.assess(held, destination).alerts:
            assert all(c.kind != "silence" for c in alert.cases)


@SMALL
@given(worlds, st.integers(0, 800))
def test_an_older_tick_that_comes_later_is_not_heard(world, days):
    old = Tick(id="old", source="clock", day=dt.date(2020, 1, 1) + days * DAY)
    laws.same(HOUSE.told(world), HOUSE.told([*world, old]))


@SMALL
@given(st.integers(-5, 400), st.integers(30, 400))
def test_a_silence_climbs_on_the_days_that_the_policy_names(overdue, cadence):
    laws.silence_climbs(HOUSE, overdue, cadence)


@SMALL
@given(st.integers(1, 300))
def test_a_report_ends_the_silence_and_starts_the_next(days):
    license = a_license(clauses=(a_clause("reporting_cadence", cadence_days=180, first_due_days=180),))
    told = dt.date(2023, 9, 1) + days * DAY
    report = a_report(license, performed=Period(start=told))
    assert silences(assessed(license, a_delivery(license), report, today=told + 180 * DAY)) == []
    again = silences(assessed(license, a_delivery(license), report, today=told + 181 * DAY))
    assert [(case.band, case.due) for case in again] == [("watch", told + 180 * DAY)]


@SMALL
@given(st.integers(-30, 300))
def test_a_report_that_came_after_its_day_is_late_and_never_silent(days):
    license = a_license(clauses=(a_clause("reporting_cadence", first_due_days=180),))
    due = dt.date(2023, 3, 1) + 180 * DAY
    report = a_report(license, performed=Period(start=due + days * DAY))
    alerts = assessed(license, a_delivery(license), report, today=due + 400 * DAY).alerts
    assert [c.rule for a in alerts for c in a.cases] == (["came_late"] if days > 0 else [])


def silences(assessment):
    """The silent cases of all alerts."""
    return [case for alert in assessment.alerts for case in alert.cases if case.kind == "silence"]


def test_the_wall_clock_is_not_read():
    """Guards the harness: two assessments of one world on different days of ours are the same by construction."""
    license = a_license(clauses=(a_clause("reporting_cadence", cadence_days=180, first_due_days=180),))
    world = [license, a_delivery(license), Tick(id="t", source="clock", day=dt.date(2023, 4, 1))]
    assert not assessments_of(world)["XA"].alerts
