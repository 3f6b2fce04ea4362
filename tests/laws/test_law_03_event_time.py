"""Law 3: a fact is judged by what held when it happened, however late it arrives."""

from __future__ import annotations

import datetime as dt

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

import laws
from builders import a_license, alert_on, an_incident, assessed
from laws import HOUSE
from schemas import Incident
from schemas.alert import Alert
from schemas.license import Destination
from worlds import crowds, worlds

SMALL = settings(settings.get_profile("laws"), max_examples=25)
TURN = dt.date(2024, 6, 10)


def _dated(world):
    """The world with a day of publication on every account, so that nothing has to be guessed from the record time."""
    return [
        msgspec.structs.replace(f, published_at=f.occurred.last)
        if isinstance(f, Incident) and not f.published_at
        else f
        for f in world
    ]


def _undated(alerts: dict[str, Alert]) -> dict[str, bytes]:
    """The alerts without the fields that say since when something was known."""
    return {
        id: msgspec.json.encode(
            msgspec.structs.replace(
                alert, first_known=None, cases=tuple(msgspec.structs.replace(c, known_since=None) for c in alert.cases)
            )
        )
        for id, alert in alerts.items()
    }


@SMALL
@given(worlds, st.integers(1, 30), st.integers(0, 100))
def test_a_fact_that_comes_years_later_changes_nothing_but_since_when_it_is_known(world, years, at):
    world = _dated(world)
    n = at % len(world)
    if world[n].recorded_at is None:
        return
    late = msgspec.structs.replace(world[n], recorded_at=world[n].recorded_at + dt.timedelta(days=365 * years))
    before, after = laws.alerts_of(HOUSE, world), laws.alerts_of(HOUSE, [*world[:n], late, *world[n + 1 :]])
    laws.same(_undated(before), _undated(after))


@SMALL
@given(worlds)
def test_the_words_quoted_were_in_force_when_it_happened(world):
    laws.the_clause_is_quoted_as_it_stood(HOUSE, world)


@settings(settings.get_profile("laws"), max_examples=4)
@given(crowds)
def test_in_a_large_world_the_words_quoted_were_in_force_when_it_happened(world):
    laws.the_clause_is_quoted_as_it_stood(HOUSE, world)


@SMALL
@given(st.dates(dt.date(2024, 5, 20), dt.date(2024, 7, 1)), st.integers(0, 30))
def test_an_amendment_divides_time_at_its_day(first, length):
    laws.an_amendment_divides_time(HOUSE, first, first + dt.timedelta(days=length), TURN)


def test_a_destination_that_had_not_begun_is_not_held_against_the_license():
    license = a_license(destinations=(Destination(country="XA", valid_from=dt.date(2025, 1, 1)),))
    alert = alert_on(assessed(license, an_incident()), "permitted-purpose")
    assert alert is None or alert.band == "context"
