"""How license, clauses, items and consents stood on a day: closed intervals, as wide as the precision."""

from __future__ import annotations

import pytest

from builders import a_clause, a_delivery, a_license, a_policy, day, period
from schemas.delivery import DeliveredItem
from schemas.license import Consent, StatusChange
from streams.rules.policy import weights_of
from streams.rules.standing import (
    END,
    UseWindow,
    clause_end,
    clauses_in_force,
    consent_on,
    disposal_day,
    license_end,
    outlives,
    overlap,
    status_on,
    terms_of,
    use_window,
)

WEIGHTS = weights_of(a_policy())


def steps(*pairs):
    return tuple(StatusChange(status=s, at=day(d)) for s, d in pairs)


# --- the license -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "status"),
    [
        ("2022-12-31", "applied"),
        ("2023-01-01", "granted"),
        ("2025-12-31", "granted"),
        ("2026-01-01", "lapsed"),
    ],
)
def test_a_license_without_a_history_stands_by_its_dates(on, status):
    assert status_on(a_license(), day(on)) == status


def test_the_latest_step_up_to_the_day_counts_whatever_order_the_history_has():
    license = a_license(
        status_history=steps(("granted", "2024-03-01"), ("suspended", "2023-05-01"), ("granted", "2023-01-01"))
    )
    assert status_on(license, day("2023-04-30")) == "granted"
    assert status_on(license, day("2023-05-01")) == "suspended"
    assert status_on(license, day("2024-03-01")) == "granted"


def test_of_two_words_of_one_day_the_later_one_counts():
    license = a_license(status_history=steps(("suspended", "2023-05-01"), ("revoked", "2023-05-01")))
    assert status_on(license, day("2023-05-01")) == "revoked"


def test_a_revoked_license_does_not_lapse_as_well():
    license = a_license(status_history=steps(("revoked", "2024-01-01")))
    assert status_on(license, day("2027-01-01")) == "revoked"


def test_an_amended_license_lapses_after_its_last_day():
    license = a_license(status_history=steps(("amended", "2024-01-01")))
    assert status_on(license, day("2026-01-01")) == "lapsed"


def test_a_license_ends_by_its_date_or_the_day_before_it_was_revoked():
    assert license_end(a_license()) == day("2025-12-31")
    assert license_end(a_license(status_history=steps(("revoked", "2024-01-01")))) == day("2023-12-31")
    assert license_end(a_license(valid_to=None)) == END
    late = a_license(status_history=steps(("revoked", "2026-06-01")))
    assert license_end(late) == day("2025-12-31")


# --- clauses ---------------------------------------------------------------------------------------------------------


def test_a_duty_outlives_the_license_as_it_says_else_as_is_usual_for_its_kind():
    assert outlives(a_clause("permitted_purpose"), WEIGHTS)
    assert not outlives(a_clause("validity"), WEIGHTS)
    assert outlives(a_clause("validity", outlives_license=True), WEIGHTS)
    assert not outlives(a_clause("permitted_purpose", outlives_license=False), WEIGHTS)


def test_a_duty_ends_by_its_own_day_or_with_the_license():
    license = a_license()
    assert clause_end(a_clause("permitted_purpose"), license, WEIGHTS) == END
    assert clause_end(a_clause("validity"), license, WEIGHTS) == day("2025-12-31")
    assert clause_end(a_clause("validity", valid_to=day("2024-01-01")), license, WEIGHTS) == day("2024-01-01")
    assert clause_end(a_clause("permitted_purpose", valid_to=day("2027-01-01")), license, WEIGHTS) == day("2027-01-01")


V1 = a_clause("permitted_purpose", text="First words.", valid_to=day("2024-05-31"))
V2 = a_clause("permitted_purpose", text="Later words.", version=2, valid_from=day("2024-06-01"))


def in_force(when, *clauses, destination="XA", disposed=END):
    found = clauses_in_force(terms_of(a_license(clauses=clauses), destination, WEIGHTS), when, disposed)
    return [(s.clause.text, s.others) for s in found]


def test_the_version_in_force_then_is_quoted():
    assert in_force(period("2024-05-31"), V1, V2) == [("First words.", ())]
    assert in_force(period("2024-06-01"), V2, V1) == [("Later words.", ())]


def test_a_period_that_straddles_an_amendment_quotes_the_first_and_names_the_other():
    assert in_force(period("2024-05-01", "2024-07-01"), V2, V1) == [("First words.", (2,))]


def test_a_coarse_date_straddles_an_amendment_of_its_year():
    assert in_force(period("2024-08-01", precision="year"), V1, V2) == [("First words.", (2,))]
    assert in_force(period("2024-08-01", precision="month"), V1, V2) == [("Later words.", ())]


def test_a_waiver_takes_the_duty_away_for_its_time():
    waived = a_clause("permitted_purpose", version=2, valid_from=day("2024-06-01"), waived=True)
    assert in_force(period("2024-07-01"), V1, waived) == []
    assert in_force(period("2024-05-01"), V1, waived) == [("First words.", ())]


def test_a_clause_holds_in_the_destinations_that_it_names():
    there = a_clause("permitted_purpose", text="There.", destinations=("XB",))
    assert in_force(period("2024-05-01"), there) == []
    assert in_force(period("2024-05-01"), there, destination="XB") == [("There.", ())]


def test_before_the_license_no_duty_holds():
    assert in_force(period("2022-12-31"), a_clause("permitted_purpose")) == []
    assert in_force(period("2023-01-01"), a_clause("permitted_purpose", text="Now.")) == [("Now.", ())]


def test_after_disposal_no_duty_holds():
    clause = a_clause("permitted_purpose", text="Still.")
    assert in_force(period("2024-02-01"), clause, disposed=day("2024-01-31")) == []
    assert in_force(period("2024-01-31"), clause, disposed=day("2024-01-31")) == [("Still.", ())]


def test_a_duty_that_outlives_its_license_holds_years_later():
    clause = a_clause("permitted_purpose", text="Still.")
    assert in_force(period("2031-01-01"), clause) == [("Still.", ())]
    assert in_force(period("2031-01-01"), a_clause("validity")) == []


# --- intervals -------------------------------------------------------------------------------------------------------

FIRST, LAST = day("2024-03-01"), day("2024-03-31")


@pytest.mark.parametrize(
    ("when", "how"),
    [
        (period("2024-03-01", "2024-03-31"), "certain"),
        (period("2024-03-10", precision="month"), "certain"),
        (period("2024-02-29", "2024-03-01"), "possible"),
        (period("2024-03-31", "2024-04-01"), "possible"),
        (period("2024-03-10", precision="quarter"), "possible"),
        (period("2024-02-29"), "none"),
        (period("2024-04-01"), "none"),
    ],
)
def test_overlap_is_certain_possible_or_none_to_the_day(when, how):
    assert overlap(when, FIRST, LAST) == how


# --- items -----------------------------------------------------------------------------------------------------------


def delivered(id, on, *serials, kind="shipment", **changed):
    items = (DeliveredItem(serials=serials),) if serials else ()
    return a_delivery(a_license(), id, delivered=period(on), items=items, kind=kind, **changed)


def test_use_begins_with_the_first_arrival():
    window = use_window(a_license(), [delivered("D2", "2024-01-01"), delivered("D1", "2023-05-01")], "XA")
    assert window == UseWindow(day("2023-05-01"), END, True)


def test_use_begins_with_activation_where_one_is_told():
    later = delivered("D1", "2023-05-01", activated=period("2023-06-01", precision="quarter"))
    assert use_window(a_license(), [later], "XA").first == day("2023-04-01")


def test_without_a_recorded_delivery_use_may_begin_with_the_license():
    license = a_license(granted_at=day("2022-12-15"))
    assert use_window(license, [], "XA") == UseWindow(day("2022-12-15"), END, False)
    assert not use_window(license, [delivered("D1", "2023-05-01", kind="maintenance")], "XA").recorded
    elsewhere = delivered("D1", "2023-05-01", destination="XB", delivered_to="XB")
    assert not use_window(license, [elsewhere], "XA").recorded


def test_pieces_are_gone_on_the_day_the_last_of_them_went():
    came = delivered("D1", "2023-05-01", "SN-1", "SN-2")
    first = delivered("D2", "2024-01-01", "SN-1", kind="return")
    second = delivered("D3", "2024-03-01", "SN-2", kind="disposal")
    assert disposal_day([came, first, second]) == day("2024-03-01")
    assert disposal_day([second, first, came]) == day("2024-03-01")


def test_while_one_piece_is_left_nothing_is_proven():
    came = delivered("D1", "2023-05-01", "SN-1", "SN-2")
    assert disposal_day([came, delivered("D2", "2024-01-01", "SN-1", kind="return")]) == END
    assert disposal_day([came]) == END


def test_a_disposal_without_serials_proves_nothing():
    came = delivered("D1", "2023-05-01", "SN-1")
    assert disposal_day([came, delivered("D2", "2024-01-01", kind="disposal")]) == END
    assert disposal_day([]) == END


def test_pieces_delivered_without_serials_are_not_gone_with_the_others():
    came = delivered("D1", "2023-05-01", "SN-1")
    more = a_delivery(a_license(), "D2", items=(DeliveredItem(quantity=5),))
    assert disposal_day([came, more, delivered("D3", "2024-01-01", "SN-1", kind="return")]) == END


def test_a_piece_that_came_again_after_its_return_is_here():
    came, again = delivered("D1", "2023-05-01", "SN-1"), delivered("D3", "2025-01-01", "SN-1")
    assert disposal_day([came, delivered("D2", "2024-01-01", "SN-1", kind="return"), again]) == END


def test_pieces_without_serials_are_gone_when_as_many_were_destroyed():
    came = a_delivery(a_license(), "D1", items=(DeliveredItem(quantity=5),))
    gone = a_delivery(
        a_license(), "D2", kind="disposal", delivered=period("2024-01-01"), items=(DeliveredItem(quantity=5),)
    )
    assert disposal_day([came, gone]) == day("2024-01-01")


# --- consents --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "covered"),
    [
        (period("2024-03-01", "2024-03-31"), True),
        (period("2024-02-28"), False),
        (period("2024-04-01"), False),
        (period("2024-03-31", "2024-04-01"), False),
        (period("2024-03-10", precision="year"), False),
    ],
)
def test_a_consent_must_cover_the_whole_time(when, covered):
    license = a_license(consents=(Consent(kind="retransfer", destination="XB", valid_from=FIRST, valid_to=LAST),))
    assert consent_on(license, "retransfer", "XB", when) is covered


def test_two_consents_do_not_add_up_to_one():
    halves = (
        Consent(kind="retransfer", valid_from=day("2024-03-01"), valid_to=day("2024-03-15")),
        Consent(kind="retransfer", valid_from=day("2024-03-16"), valid_to=day("2024-03-31")),
    )
    license = a_license(consents=halves)
    assert not consent_on(license, "retransfer", "XB", period("2024-03-10", "2024-03-20"))
    assert consent_on(license, "retransfer", "XB", period("2024-03-10", "2024-03-12"))


def test_a_consent_for_one_holder_is_not_for_another():
    license = a_license(consents=(Consent(kind="retransfer", valid_from=FIRST, to="Border Office"),))
    when = period("2024-03-10")
    assert consent_on(license, "retransfer", "XB", when, "BORDER office")
    assert not consent_on(license, "retransfer", "XB", when, "River Patrol")
    assert consent_on(license, "retransfer", "XB", when)
