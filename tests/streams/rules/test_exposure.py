"""What to check next: who was never checked, by exposure, with the reason; more of any reason never ranks lower."""

from __future__ import annotations

import datetime as dt
import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import (
    a_clause,
    a_delivery,
    a_license,
    a_paper,
    a_policy,
    a_publication,
    a_report,
    a_tick,
    an_incident,
    assessed,
    day,
    period,
)  # fmt: skip
from schemas.common import Claimed
from schemas.delivery import DeliveredItem
from schemas.incident import ClaimedProduct
from schemas.license import Destination, LicensedItem, Pending
from schemas.policy import DestinationClass
from schemas.report import ReportedItem
from streams.rules.exposure import last_check, next_checks, numbers_of, pieces_left
from streams.rules.policy import shipped_policy, weights_of
from streams.rules.survey import Survey

LICENSE = a_license()
DELIVERY = a_delivery(LICENSE)
VISIT = a_report(kind="post_shipment", reporter_role="embassy", outcome="favourable", method="on_site")
NUMBERS = shipped_policy().exposure


def ranking(*facts, policy=None, today="2026-06-01", alerts=()):
    return next_checks(Survey([policy or a_policy(), a_tick(today), *facts]), alerts)


def only(*facts, **asked):
    (found,) = ranking(*facts, **asked).licenses
    return found


def event(n, destination="XA", **changed):
    """An event of its own: no two of them share an origin."""
    return an_incident(
        f"{destination}{n}", destination, publications=(a_publication(origin=f"{destination}{n}"),), **changed
    )


def term(exposed, kind):
    return next((t for t in exposed.terms if t.kind == kind), None)


def points(exposed, kind):
    found = term(exposed, kind)
    return found.points if found else 0


# --- the ledger ------------------------------------------------------------------------------------------------------


def test_the_terms_sum_to_the_points_and_each_says_why():
    found = only(LICENSE, DELIVERY, an_incident())
    assert found.points == sum(t.points for t in found.terms) > 0
    assert all(t.sentence for t in found.terms)


def test_every_number_has_a_source_and_says_that_it_is_not_calibrated():
    held = msgspec.structs.asdict(NUMBERS)
    numbers = [n for v in held.values() for n in (v.values() if isinstance(v, dict) else (v,))]
    assert len(numbers) > 25
    assert all(n.origin and not n.calibrated and "not calibrated" in n.origin for n in numbers)


def test_a_policy_without_these_numbers_takes_those_that_ship():
    assert numbers_of(weights_of(a_policy(exposure=None))) == NUMBERS


def test_what_was_delivered_counts_by_kind_and_by_pieces():
    camera = a_license(items=(LicensedItem(item_ref="i1", product="Lantern", technology="video_surveillance"),))
    assert points(only(LICENSE, DELIVERY), "delivered") > points(only(camera, DELIVERY), "delivered")
    many = a_delivery(LICENSE, items=(DeliveredItem(item_ref="i1", quantity=64),))
    assert points(only(LICENSE, many), "delivered") > points(only(LICENSE, DELIVERY), "delivered")


def test_without_a_recorded_delivery_it_counts_in_part_and_says_so():
    bare = only(LICENSE)
    assert 0 < points(bare, "delivered") < points(only(LICENSE, DELIVERY), "delivered") + 99
    assert "no delivery is on record" in term(bare, "delivered").sentence


def test_pieces_that_came_back_are_not_still_in_use():
    back = a_delivery(
        LICENSE, id="D2", kind="return", delivered=period("2024-01-01"), items=(DeliveredItem(serials=("SN-1",)),)
    )
    assert pieces_left([DELIVERY]) == 2
    assert pieces_left([DELIVERY, back]) == 1


def test_where_all_pieces_are_proven_gone_there_is_nothing_to_check():
    gone = a_delivery(LICENSE, id="D2", kind="disposal", delivered=period("2024-01-01"), items=DELIVERY.items)
    found = ranking(LICENSE, DELIVERY, gone)
    assert (found.licenses, found.gone) == ((), 1)


def test_a_license_that_was_never_granted_is_left_out_and_counted():
    from schemas.license import StatusChange

    asked = a_license(status_history=(StatusChange(status="applied", at=day("2023-01-01")),))
    assert ranking(asked).not_granted == 1


# --- who looked ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("report", "word"),
    [
        (VISIT, "boxes_only"),
        (msgspec.structs.replace(VISIT, log_status="complete"), "use"),
        (msgspec.structs.replace(VISIT, end_use_observed="counter-terrorism"), "use"),
        (msgspec.structs.replace(VISIT, capacity_observed=3), "use"),
        (msgspec.structs.replace(VISIT, items=(ReportedItem(modules=("messages",)),)), "use"),
        (msgspec.structs.replace(VISIT, outcome="access_refused", log_status="complete"), "never"),
        (msgspec.structs.replace(VISIT, reporter_role="end_user", log_status="complete"), "never"),
        (a_report(kind="periodic_self_report", reporter_role="end_user"), "never"),
        (a_report(kind="exporter_report", reporter_role="exporter", log_status="complete"), "never"),
    ],
)
def test_only_a_visit_that_looked_at_use_is_a_check_of_use(report, word):
    assert last_check([report])[0] == word


def test_use_that_was_checked_leaves_the_list_and_is_counted():
    seen = msgspec.structs.replace(VISIT, log_status="complete")
    found = ranking(LICENSE, DELIVERY, seen)
    assert (found.licenses, found.use_checked) == ((), 1)


def test_a_visit_that_counted_boxes_leaves_most_of_the_exposure():
    never, boxes = only(LICENSE, DELIVERY), only(LICENSE, DELIVERY, VISIT)
    assert 0 < points(boxes, "unchecked") < points(never, "unchecked")
    assert boxes.checked == "boxes_only"
    assert "nobody looked at their use since 1 March 2023" in term(boxes, "unchecked").sentence


def test_a_refused_visit_exposes_and_is_told():
    refused = msgspec.structs.replace(VISIT, outcome="access_refused", cooperation="refused")
    found = only(LICENSE, DELIVERY, refused)
    assert points(found, "refused") == NUMBERS.refused.value
    assert found.checked == "never"


def test_what_the_assessment_says_is_overdue_counts():
    owed = a_license(clauses=(a_clause("reporting_cadence", cadence_days=180),))
    came = a_delivery(owed)
    alerts = assessed(owed, came).alerts
    assert any(c.kind == "silence" for a in alerts for c in a.cases)
    found = only(owed, came, alerts=alerts)
    assert points(found, "overdue") == NUMBERS.overdue.value
    assert "reporting cadence: due on" in term(found, "overdue").sentence


# --- what is reported nearby -----------------------------------------------------------------------------------------

HERE = {"operator_agency": None, "products": ()}


@pytest.mark.parametrize(
    ("changed", "number"),
    [
        ({}, "reported_end_user"),
        ({"operator_agency": None}, "reported_product"),
        (HERE, "reported_technology"),
        (HERE | {"technology": "face_recognition"}, "reported_destination"),
    ],
)
def test_an_event_counts_by_what_it_shares_whether_or_not_it_fits_the_license(changed, number):
    early = an_incident(occurred=period("2019-01-01"), published_at=day("2020-01-01"), **changed)
    assert points(only(LICENSE, DELIVERY, early), "reported") == getattr(NUMBERS, number).value


def test_an_event_in_another_state_counts_nothing():
    assert term(only(LICENSE, DELIVERY, an_incident(destination="XB")), "reported") is None


def test_volume_does_not_rank():
    tips = [a_paper(f"T{n}", "tips", None, 6, evidence_level="E0") for n in range(60)]
    copies = [an_incident(f"C{n}", duplicate_of="desk:I1") for n in range(30)]
    assert (
        only(LICENSE, DELIVERY, an_incident(), *tips, *copies).points == only(LICENSE, DELIVERY, an_incident()).points
    )


def test_events_beyond_the_most_that_count_add_nothing():
    many = [event(n) for n in range(20)]
    assert points(only(LICENSE, DELIVERY, *many), "reported") == (
        NUMBERS.most_reported.value * NUMBERS.reported_end_user.value
    )


# --- state, what can be stopped --------------------------------------------------------------------------------------


def test_the_class_of_the_state_counts_as_it_is_today():
    classed = a_policy(destination_classes=(
        DestinationClass(country="XA", grade="partner", valid_to=day("2024-12-31")),
        DestinationClass(country="XA", grade="restricted", valid_from=day("2025-01-01")),
    ))  # fmt: skip
    found = only(LICENSE, DELIVERY, policy=classed)
    assert points(found, "destination") == NUMBERS.destination_class["restricted"].value
    assert "restricted" in term(found, "destination").sentence
    assert term(only(LICENSE, DELIVERY, policy=classed, today="2024-06-01"), "destination") is None


def test_what_can_still_be_stopped_counts_until_its_day():
    renewing = a_license(pending=(Pending(kind="renewal", until=day("2026-06-01")),), support_until=day("2027-01-01"))
    assert points(only(renewing, DELIVERY), "pending") == 2 * NUMBERS.pending.value
    assert points(only(renewing, DELIVERY, today="2026-06-02"), "pending") == NUMBERS.pending.value


# --- ranking ---------------------------------------------------------------------------------------------------------


def test_ties_are_ordered_by_destination_and_license():
    twins = [a_license(id, to) for to in ("XB", "XA") for id in ("L2", "L1")]
    renamed = [msgspec.structs.replace(each, id=f"{each.id}{each.destinations[0].country}") for each in twins]
    assert [e.key for e in ranking(*renamed).licenses] == [
        "XA~authority:L1XA", "XA~authority:L2XA", "XB~authority:L1XB", "XB~authority:L2XB",
    ]  # fmt: skip


def test_a_license_for_several_states_is_ranked_in_each():
    both = a_license(destinations=(Destination(country="XA"), Destination(country="XB")))
    assert sorted(e.destination for e in ranking(both).licenses) == ["XA", "XB"]


def test_an_officer_of_one_state_gets_their_licenses_alone():
    theirs = a_license("L2", issuing_state="QN")
    found = next_checks(Survey([a_policy(), a_tick(), LICENSE, theirs]), issuing_states=frozenset(("QN",)))
    assert [e.licenses for e in (*found.licenses, *found.end_users)] == [("authority:L2",), ("authority:L2",)]


def test_an_end_user_stands_once_with_all_its_licenses_and_nothing_counted_twice():
    second = a_license("L2", product="Heron")
    found = ranking(LICENSE, DELIVERY, second, a_delivery(second, "D2"), an_incident())
    (end_user,) = found.end_users
    assert end_user.licenses == ("authority:L1", "authority:L2")
    assert points(end_user, "reported") == max(points(e, "reported") for e in found.licenses)
    assert points(end_user, "delivered") == sum(points(e, "delivered") for e in found.licenses)
    assert end_user.points == sum(t.points for t in end_user.terms)


@settings(max_examples=40, deadline=None)
@given(
    pieces=st.integers(0, 500), more=st.integers(0, 500), days=st.integers(0, 2500), longer=st.integers(0, 2500),
    events=st.integers(0, 6), further=st.integers(0, 6),
)  # fmt: skip
def test_more_of_any_reason_never_ranks_lower(pieces, more, days, longer, events, further):
    def license_of(id, pieces, days, events):
        start = dt.date(2026, 6, 1) - dt.timedelta(days=days)
        destination = {"L1": "XA", "L2": "XB"}[id]
        license = a_license(id, destination, valid_from=dt.date(2010, 1, 1), valid_to=None)
        came = a_delivery(
            license, f"D{id}", delivered=period(start.isoformat()), items=(DeliveredItem(quantity=pieces),)
        )
        told = [event(n, destination) for n in range(events)]
        return [license, came, *told]

    facts = [*license_of("L1", pieces, days, events), *license_of("L2", pieces + more, days + longer, events + further)]
    ranked = {e.licenses[0]: e for e in ranking(*facts).licenses}
    assert ranked["authority:L2"].points >= ranked["authority:L1"].points
    for kind in ("delivered", "unchecked", "reported"):
        assert points(ranked["authority:L2"], kind) >= points(ranked["authority:L1"], kind)


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_the_facts_changes_nothing(seed):
    facts = [
        LICENSE,
        DELIVERY,
        VISIT,
        a_license("L2", "XB"),
        an_incident(),
        an_incident("I2", "XB"),
        a_policy(),
        a_tick(),
    ]
    mixed = list(facts)
    random.Random(seed).shuffle(mixed)
    assert next_checks(Survey(mixed)) == next_checks(Survey(facts))


def test_accounts_of_a_thousand_alike_are_held_against_a_license_once():
    asked = []

    class Counting:
        version = "counting"

        def __init__(self, names=()):
            pass

        def compare(self, *names):
            asked.append(names)

        def known(self, *name):
            return True

    facts = [a_policy(), a_tick(), LICENSE, DELIVERY]
    facts += [
        event(n, operator_agency=Claimed(name="Other"), products=(ClaimedProduct(name="Heron"),)) for n in range(1000)
    ]
    next_checks(Survey(facts, namer_of=Counting))
    assert len(asked) < 10
