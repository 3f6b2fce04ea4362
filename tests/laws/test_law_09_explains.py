"""Law 9: every alert explains itself."""

from __future__ import annotations

from hypothesis import given, settings

import laws
from builders import a_delivery, a_license, alert_on, an_incident, assessed
from laws import HOUSE
from schemas.incident import Denial
from worlds import crowds, worlds

SMALL = settings(settings.get_profile("laws"), max_examples=40)
LARGE = settings(settings.get_profile("laws"), max_examples=4)


@SMALL
@given(worlds)
def test_every_alert_explains_itself(world):
    for alert in laws.alerts_of(HOUSE, world).values():
        laws.explains_itself(alert)


@LARGE
@given(crowds)
def test_every_alert_of_a_large_world_explains_itself(world):
    for alert in laws.alerts_of(HOUSE, world).values():
        laws.explains_itself(alert)


@SMALL
@given(worlds)
def test_clauses_are_quoted_letter_by_letter(world):
    laws.quotes_verbatim(HOUSE, world)


@LARGE
@given(crowds)
def test_in_a_large_world_clauses_are_quoted_letter_by_letter(world):
    laws.quotes_verbatim(HOUSE, world)


def test_twenty_fitting_licenses_show_some_and_hide_no_share():
    licenses = [a_license(f"L{n:02}") for n in range(20)]
    case = alert_on(assessed(*licenses, an_incident(operator_agency=None)), "permitted-purpose", "authority:L19").cases[
        0
    ]
    assert any(c.license == "authority:L19" for c in case.candidates)
    assert 0 < sum(c.share for c in case.candidates) < 1_000_000


def test_each_license_of_a_group_bears_its_share_and_all_sum_to_the_whole():
    licenses = [a_license(f"L{n}") for n in range(7)]
    found = assessed(*licenses, an_incident(operator_agency=None))
    cases = [alert_on(found, "permitted-purpose", x.ref).cases[0] for x in licenses]
    own = [
        next(c.share for c in case.candidates if c.license == x.ref) for case, x in zip(cases, licenses, strict=True)
    ]
    assert sum(own) == 1_000_000
    assert max(own) - min(own) <= 1


def test_a_denial_stands_beside_the_claim_in_full():
    denials = tuple(Denial(by=by, kind="bare_denial") for by in ("end_user", "vendor", "operator_state"))
    world = (a_license(), a_delivery())
    quiet = alert_on(assessed(*world, an_incident()), "permitted-purpose").cases[0]
    denied = alert_on(assessed(*world, an_incident(denials=denials)), "permitted-purpose").cases[0]
    assert len(denied.replies) == 3
    assert (denied.total, denied.band) == (quiet.total, quiet.band)
