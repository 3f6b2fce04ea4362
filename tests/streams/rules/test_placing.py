"""Where each kind of fact goes: placed, broadcast, or a header that silences."""

from __future__ import annotations

import msgspec
import pytest

from builders import (
    a_decision,
    a_delivery,
    a_judgment,
    a_license,
    a_name,
    a_policy,
    a_report,
    a_retraction,
    a_tick,
    an_incident,
    at,
    day,
)  # fmt: skip
from schemas import Alert, Header
from schemas.codec import decode_row
from schemas.incident import Operator
from schemas.license import Consent, Destination
from schemas.report import ReportedItem
from streams.rules.placing import destinations_of, is_broadcast, partition_of, place, row_key

PARTITIONS = 8
XA, XB = partition_of("XA", PARTITIONS), partition_of("XB", PARTITIONS)
ALL = set(range(PARTITIONS))
ALERT = Alert(id="XA~authority:L1~permitted-purpose", destination="XA")


def whole_and_headers(fact):
    """Partitions that get the fact whole, and those that get its header."""
    rows = [(c.partition, decode_row(c.value)) for c in place(fact, PARTITIONS)]
    headers = {p for p, row in rows if isinstance(row, Header)}
    return {p for p, row in rows if not isinstance(row, Header)}, headers


def test_the_two_states_of_these_tests_live_apart():
    assert XA != XB


@pytest.mark.parametrize(
    ("fact", "named"),
    [
        (a_license(destinations=(Destination(country="XA"), Destination(country="XB"))), {"XA", "XB"}),
        (
            a_license(consents=(Consent(kind="retransfer", valid_from=day("2024-01-01"), destination="XB"),)),
            {"XA", "XB"},
        ),
        (a_delivery(items=()), {"XA"}),
        (a_delivery(items=(), delivered_to="XB"), {"XA", "XB"}),
        (a_report(), {"XA"}),
        (a_report(site_country="XB"), {"XA", "XB"}),
        (a_report(covers=("XA", "XB")), {"XA", "XB"}),
        (an_incident(), {"XA"}),
        (an_incident(operators=(Operator(country="XA"), Operator(country="XB"))), {"XA", "XB"}),
        (an_incident(destination=None), {"ZZ"}),
        (a_decision(ALERT), {"XA"}),
    ],
    ids=lambda x: type(x).__name__ if isinstance(x, msgspec.Struct) else "+".join(sorted(x)),
)
def test_a_placed_fact_goes_whole_to_each_destination_that_it_names_and_nowhere_else(fact, named):
    assert destinations_of(fact) == named
    assert whole_and_headers(fact) == ({partition_of(d, PARTITIONS) for d in named}, set())


@pytest.mark.parametrize(
    "fact",
    [
        a_judgment("same_event", ["desk:I1", "desk:I2"]), a_name("p/lantern", "Lantern", id="n1"), a_policy(), a_tick(),
        a_retraction(an_incident()), a_delivery(), a_report(items=(ReportedItem(serials=("SN-1",)),)),
    ],
    ids=lambda f: type(f).__name__,
)  # fmt: skip
def test_what_may_concern_anybody_goes_whole_to_all(fact):
    assert is_broadcast(fact)
    assert whole_and_headers(fact) == (ALL, set())


def test_missing_serials_are_no_sighting():
    report = a_report(items=(ReportedItem(missing_serials=("SN-1",)),))
    assert whole_and_headers(report) == ({XA}, set())


def test_a_later_revision_leaves_a_header_everywhere_else():
    moved = an_incident(destination="XB", revision=2)
    assert whole_and_headers(moved) == ({XB}, ALL - {XB})
    header = next(r for c in place(moved, PARTITIONS) if isinstance(r := decode_row(c.value), Header))
    assert header == Header(of="incident", source="desk", id="I1", revision=2, destinations=("XB",))


def test_the_same_fact_always_gives_the_same_copies():
    assert place(an_incident(revision=2), PARTITIONS) == place(an_incident(revision=2), PARTITIONS)


def test_a_destination_that_is_named_twice_in_one_partition_gets_one_copy():
    license = a_license(destinations=(Destination(country="XA"), Destination(country="XB")))
    assert [c.partition for c in place(license, 1)] == [0]


def test_the_key_of_a_row_tells_apart_all_that_is_chosen_between():
    keys = {
        row_key(f)
        for f in (
            an_incident(), an_incident(id="I2"), an_incident(source="desk2"), an_incident(revision=2),
            an_incident(status="contested"), an_incident(recorded_at=at("2026-01-01")), a_retraction(an_incident()),
            a_report(a_license(), "I1", source="desk"),
        )
    }  # fmt: skip
    assert len(keys) == 8
    assert row_key(an_incident()) == row_key(an_incident())
    copies = place(an_incident(revision=2), PARTITIONS)
    assert len({c.key for c in copies}) == 2, "a header never replaces a whole row"
