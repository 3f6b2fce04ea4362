"""The register as it stood: which version was in force, by when it held and by when the log had it."""

from __future__ import annotations

import msgspec

from builders import a_clause, a_delivery, a_license, a_name, a_policy, a_report, a_retraction, a_tick, at, day, period
from schemas import Erasure
from schemas.codec import fact_key
from schemas.erasure import key_digest
from schemas.license import Destination, StatusChange
from streams.rules.known import NOW, Standpoint, end_of, known
from streams.rules.register import entries

FIRST = a_license(
    destinations=(Destination(country="XA"), Destination(country="XB", valid_to=day("2024-01-31"))),
    clauses=(
        a_clause("territory_of_use", id="where", valid_to=day("2024-05-31")),
        a_clause("territory_of_use", id="where", version=2, valid_from=day("2024-06-01"), text="As amended."),
        a_clause("disposal", outlives_license=False),
    ),
)
SECOND = msgspec.structs.replace(
    FIRST, revision=2, end_user="Bureau of Records", recorded_at=at("2025-02-01"),
    status_history=(StatusChange(status="suspended", at=day("2024-09-01")),),
)  # fmt: skip
TICK = a_tick("2026-06-01")


def stood(shelf, facts, standpoint=NOW, destination=None):
    return entries(shelf, known(facts, standpoint), standpoint, destination=destination, everything=facts)


def as_of(text):
    return Standpoint(as_of=day(text))


def known_at(text):
    return Standpoint(as_known_at=end_of(day(text)))


def test_each_version_of_a_license_says_from_when_until_when_the_log_had_it():
    (now,) = stood("licenses", [FIRST, SECOND, TICK])
    assert (now.revision, now.end_user, now.known_from, now.known_until) == (
        2, "Bureau of Records", at("2025-02-01"), None,
    )  # fmt: skip
    (before,) = stood("licenses", [FIRST, SECOND, TICK], known_at("2025-01-31"))
    assert (before.revision, before.end_user, before.known_from, before.known_until) == (
        1, "Bureau of Inquiry", at("2023-01-10"), at("2025-02-01"),
    )  # fmt: skip
    assert (before.valid_from, before.valid_to) == (day("2023-01-01"), day("2025-12-31"))


def test_the_order_in_which_the_facts_came_changes_nothing():
    facts = [FIRST, SECOND, TICK, a_delivery(FIRST), a_policy()]
    for shelf in ("licenses", "clauses", "deliveries"):
        assert stood(shelf, facts) == stood(shelf, facts[::-1])


def test_what_a_license_was_and_whom_it_covered_is_told_of_the_day():
    facts = [FIRST, SECOND, TICK]
    (early,) = stood("licenses", facts, as_of("2024-01-31"))
    assert (early.status, early.destinations, early.end_user) == ("granted", ("XA", "XB"), "Bureau of Records")
    (later,) = stood("licenses", facts, as_of("2024-09-01"))
    assert (later.status, later.destinations) == ("suspended", ("XA",))
    assert stood("licenses", facts, as_of("2022-12-31")) == []
    assert stood("licenses", facts, as_of("2024-09-01"), "XB") == []
    assert len(stood("licenses", facts, as_of("2024-01-31"), "XB")) == 1


def test_a_license_taken_back_is_not_there_from_then_on_and_was_until_then():
    facts = [FIRST, a_retraction(FIRST, recorded_at=at("2025-12-01")), TICK]
    assert stood("licenses", facts) == []
    (before,) = stood("licenses", facts, known_at("2025-11-30"))
    assert before.known_until == at("2025-12-01")


def test_a_license_that_was_erased_stands_nowhere():
    erasure = Erasure(
        id="e1", source="erasures", of="license", of_source="authority", digest=key_digest(fact_key(FIRST)),
        why="asked for", asked_by="desk", asked_at=at("2026-01-01"), recorded_at=at("2026-01-02"),
        confirmed_by="head", confirmed_at=at("2026-01-02"),
    )  # fmt: skip
    facts = [FIRST, SECOND, erasure, TICK]
    assert stood("licenses", facts) == []
    assert stood("clauses", facts, known_at("2025-01-31")) == []


def test_the_version_of_a_clause_is_that_in_force_on_the_day():
    facts = [FIRST, TICK]

    def versions(standpoint):
        return {(c.clause, c.version) for c in stood("clauses", facts, standpoint)}

    assert versions(as_of("2024-05-31")) == {("where", 1), ("disposal", 1)}
    assert versions(as_of("2024-06-01")) == {("where", 2), ("disposal", 1)}
    assert versions(as_of("2026-01-01")) == {("where", 2)}, "one duty outlives the license, the other does not"
    (where,) = (c for c in stood("clauses", facts, as_of("2024-06-01")) if c.clause == "where")
    assert (where.ref, where.text, where.valid_from, where.valid_to) == (
        "authority:L1", "As amended.", day("2024-06-01"), None,
    )  # fmt: skip


def test_a_delivery_is_there_from_the_day_on_which_it_can_have_happened():
    delivery = a_delivery(FIRST, delivered=period("2023-03-01", precision="month"), delivered_to="XB")
    facts = [FIRST, delivery, TICK]
    (entry,) = stood("deliveries", facts, as_of("2023-03-01"))
    assert (entry.license, entry.issuing_state, entry.pieces) == ("authority:L1", "QM", 2)
    assert (entry.valid_from, entry.valid_to) == (day("2023-03-01"), day("2023-03-31"))
    assert stood("deliveries", facts, as_of("2023-02-28")) == []
    assert stood("deliveries", facts, NOW, "XB") == [stood("deliveries", facts)[0]]
    assert stood("deliveries", facts, NOW, "XC") == []
    (orphan,) = stood("deliveries", [delivery, TICK])
    assert orphan.issuing_state is None


def test_a_name_is_there_while_it_held():
    facts = [
        a_name("wren", "Wren Works", "vendor", id="n1", valid_to=day("2024-12-31")),
        a_name("wren", "Wren Group", "vendor", id="n2", valid_from=day("2025-01-01")),
        TICK,
    ]
    assert [n.said for n in stood("names", facts)] == ["Wren Group"]
    assert [n.said for n in stood("names", facts, as_of("2024-12-31"))] == ["Wren Works"]


def test_exercises_are_left_out_and_other_facts_are_no_entries():
    facts = [msgspec.structs.replace(FIRST, tense="exercise"), a_report(FIRST), TICK]
    assert all(stood(shelf, facts) == [] for shelf in ("licenses", "clauses", "deliveries", "names"))
