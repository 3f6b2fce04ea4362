"""Which accounts tell of the same event: by judgment, by what they say themselves, as near copies."""

from __future__ import annotations

from builders import a_judgment, a_publication, an_incident, at, period
from schemas.codec import body_hash, fact_key
from streams.rules.clusters import clusters, effective, near, similarity
from streams.rules.dossier import Counted


def grouped(incidents, *judgments):
    """The clusters of accounts, as lists of ids."""
    counted = [Counted(i, body_hash(i), fact_key(i)) for i in incidents]
    return [[i.id for i in c.incidents()] for c in clusters(counted, effective(judgments), 0.8)]


def account(id, origin=None, sketch=(), **changed):
    return an_incident(id, publications=(a_publication(origin=origin, sketch=sketch),), **changed)


A, B, C = (account(f"I{n}") for n in (1, 2, 3))


def same(*ids, id="J1", on="2025-06-01", kind="same_event", **changed):
    return a_judgment(kind, [f"desk:{i}" for i in ids], id, at=at(on), **changed)


def test_accounts_stand_apart_until_something_joins_them():
    assert grouped([A, B, C]) == [["I1"], ["I2"], ["I3"]]


def test_a_judgment_joins_accounts():
    assert grouped([C, B, A], same("I1", "I3")) == [["I1", "I3"], ["I2"]]


def test_judgments_join_through_an_account_that_is_not_here():
    assert grouped([A, B], same("I1", "I9"), same("I9", "I2", id="J2")) == [["I1", "I2"]]


def test_a_newer_word_on_the_same_pair_counts():
    joined, parted = same("I1", "I2"), same("I1", "I2", id="J2", on="2025-07-01", kind="different_event")
    assert grouped([A, B], parted, joined) == [["I1"], ["I2"]]
    again = same("I1", "I2", id="J3", on="2025-08-01")
    assert grouped([A, B], again, parted, joined) == [["I1", "I2"]]


def test_a_reverted_judgment_says_nothing():
    revert = a_judgment("revert", id="J2", reverts="analysts:J1", at=at("2025-07-01"))
    assert grouped([A, B], same("I1", "I2"), revert) == [["I1"], ["I2"]]


def test_a_revert_can_be_reverted():
    revert = a_judgment("revert", id="J2", reverts="analysts:J1", at=at("2025-07-01"))
    back = a_judgment("revert", id="J3", reverts="analysts:J2", at=at("2025-08-01"))
    assert grouped([A, B], same("I1", "I2"), revert, back) == [["I1", "I2"]]


def test_a_revert_says_nothing_of_what_comes_after_it():
    early = a_judgment("revert", id="J2", reverts="analysts:J1", at=at("2025-05-01"))
    assert grouped([A, B], early, same("I1", "I2")) == [["I1", "I2"]]


def test_what_an_account_says_of_itself_joins_it():
    copy = account("I2", duplicate_of="desk:I1")
    part = account("I3", part_of="desk:I1")
    drawn = account("I4", derived_from=("desk:I3",))
    assert grouped([A, copy, part, drawn]) == [["I1", "I2", "I3", "I4"]]


def test_a_judgment_outranks_what_an_account_says_of_itself():
    copy = account("I2", duplicate_of="desk:I1")
    assert grouped([A, copy], same("I1", "I2", kind="different_event")) == [["I1"], ["I2"]]


def test_one_origin_about_one_time_and_technology_is_one_event():
    one, two = account("I1", "report-7"), account("I2", "report-7", occurred=period("2024-06-20", "2024-06-30"))
    assert grouped([one, two]) == [["I1", "I2"]]


def test_one_origin_about_another_time_or_technology_is_another_event():
    one = account("I1", "report-7")
    later = account("I2", "report-7", occurred=period("2024-06-21"))
    other = account("I3", "report-7", technology="face_recognition")
    assert grouped([one, later, other]) == [["I1"], ["I2"], ["I3"]]


def test_different_origins_stay_apart():
    assert grouped([account("I1", "report-7"), account("I2", "report-8")]) == [["I1"], ["I2"]]


SKETCH = tuple(range(64))
NEAR = (*range(52), *range(1000, 1012))
FAR = (*range(48), *range(1000, 1016))


def test_near_copies_of_a_text_are_one_event():
    assert similarity(SKETCH, NEAR) == 52 / 64
    assert grouped([account("I1", sketch=SKETCH), account("I2", sketch=NEAR)]) == [["I1", "I2"]]


def test_texts_that_share_too_little_stay_apart():
    assert similarity(SKETCH, FAR) == 0.75
    assert grouped([account("I1", sketch=SKETCH), account("I2", sketch=FAR)]) == [["I1"], ["I2"]]


def test_a_text_without_a_sketch_is_near_to_nothing():
    assert similarity((), ()) == 0.0
    assert similarity(SKETCH, SKETCH[:32]) == 0.0
    assert not near(A, B, 0.0)


def test_a_cluster_is_named_for_its_first_member_whatever_the_order():
    for order in ([A, B, C], [C, B, A]):
        counted = [Counted(i, body_hash(i), fact_key(i)) for i in order]
        assert [c.key for c in clusters(counted, effective([same("I2", "I3")]), 0.8)] == ["desk:I1", "desk:I2"]
