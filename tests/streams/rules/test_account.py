"""What the accounts of one event say together: counts are replaced by the higher, periods are hulls."""

from __future__ import annotations

from itertools import permutations

from builders import a_publication, an_incident, at, day, period
from schemas.common import Claimed
from schemas.incident import Operator, Victims
from streams.rules.account import known_since, told


def victims(*counts, qualifier="at_least", klass="journalist", country=None):
    return tuple(Victims(klass=klass, count=n, qualifier=qualifier, country=country) for n in counts)


def counted(*accounts):
    return {(v.klass, v.country): (v.count, v.qualifier) for v in told(accounts).victims}


def test_the_higher_count_replaces_the_lower_whichever_comes_first():
    accounts = [
        an_incident("I1", victims=victims(30, qualifier="exact")),
        an_incident("I2", victims=victims(35)),
        an_incident("I3", victims=victims(22)),
    ]
    for order in permutations(accounts):
        assert counted(*order) == {("journalist", None): (35, "at_least")}
        assert told(order).persons == 35


def test_counts_of_one_account_add_up_and_are_approximate_where_their_kinds_differ():
    mixed = (*victims(3, qualifier="exact"), *victims(4, qualifier="approx"))
    assert counted(an_incident(victims=mixed)) == {("journalist", None): (7, "approx")}
    assert counted(an_incident(victims=victims(3, 4, qualifier="exact"))) == {("journalist", None): (7, "exact")}


def test_classes_and_places_are_counted_apart():
    both = (*victims(3, country="XA"), *victims(2, country="XB"), *victims(1, klass="lawyer"))
    account = told([an_incident(victims=both)])
    assert {(v.klass, v.country): v.count for v in account.victims} == {
        ("journalist", "XA"): 3, ("journalist", "XB"): 2, ("lawyer", None): 1,
    }  # fmt: skip
    assert account.persons == 6


def test_a_part_of_a_larger_account_adds_nobody():
    whole = an_incident("I1", victims=victims(65))
    part = an_incident("I2", part_of="desk:I1", victims=victims(22, klass="lawyer"))
    assert counted(whole, part) == {("journalist", None): (65, "at_least")}


def test_a_part_whose_whole_is_not_here_is_counted():
    part = an_incident("I2", part_of="desk:I1", victims=victims(22))
    assert told([part]).persons == 22


def test_a_part_that_tells_of_more_than_its_whole_is_counted():
    whole = an_incident("I1", victims=victims(2))
    part = an_incident("I2", part_of="desk:I1", victims=victims(22))
    assert told([whole, part]).persons == 22


def test_unknown_persons_are_of_no_class():
    account = told([an_incident(victims=(*victims(9, klass="unknown"), *victims(1)))])
    assert account.classes == {"journalist"}


def test_the_period_is_the_hull_of_what_the_accounts_say():
    account = told([
        an_incident("I1", occurred=period("2024-03-01", "2024-03-05")),
        an_incident("I2", occurred=period("2024-06-01", precision="month")),
    ])  # fmt: skip
    assert (account.period.first, account.period.last) == (day("2024-03-01"), day("2024-06-30"))


def test_accounts_that_agree_keep_their_precision():
    same = [an_incident(f"I{n}", occurred=period("2024-06-01", precision="quarter")) for n in (1, 2)]
    assert told(same).period == period("2024-06-01", precision="quarter")


def test_one_account_of_an_unknown_time_makes_the_hull_unknown():
    account = told([
        an_incident("I1", occurred=period("2024-03-01")),
        an_incident("I2", occurred=period("2020-01-01", "2024-12-31", "unknown")),
    ])  # fmt: skip
    assert account.period.precision == "unknown"


def test_it_is_known_since_the_first_publication_and_else_since_it_was_recorded():
    published = an_incident(
        published_at=day("2025-05-01"), publications=(a_publication(published_at=day("2025-04-20")), a_publication())
    )
    assert known_since(published) == day("2025-04-20")
    bare = an_incident(published_at=None, publications=(), recorded_at=at("2025-06-07"))
    assert known_since(bare) == day("2025-06-07")
    assert told([published, bare]).known_since == day("2025-04-20")


def test_expression_counts_when_any_account_says_so():
    yes, no, silent = (an_incident(f"I{n}", expression_related=e) for n, e in enumerate(("yes", "no", "unknown")))
    assert told([no, yes]).expression is True
    assert told([no, silent]).expression is False
    assert told([silent]).expression is None


def test_the_lowest_penalty_and_the_highest_number_at_once_are_told():
    account = told([
        an_incident("I1", offence_max_years=10, simultaneous=3),
        an_incident("I2", offence_max_years=4, simultaneous=8),
        an_incident("I3"),
    ])  # fmt: skip
    assert (account.offence_years, account.simultaneous) == (4, 8)


def test_states_agencies_and_standing_are_gathered():
    account = told([
        an_incident("I1", operators=(Operator(country="XB"), Operator(country="XA")), status="contested"),
        an_incident("I2", operator_agency=Claimed(name="Border Office"), ongoing=True, use_country="XC"),
    ])  # fmt: skip
    assert account.operators == ("XA", "XB")
    assert account.agencies == ("Border Office", "Bureau of Inquiry")
    assert account.use_countries == {"XC"}
    assert account.ongoing
    assert account.contested
