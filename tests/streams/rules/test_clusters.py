"""Which accounts tell of the same event: by judgment, by what they say themselves, as near copies."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from builders import a_judgment, a_publication, an_incident, at, period
from schemas.codec import body_hash, fact_key
from streams.rules.clusters import Clustering, near, similarity
from streams.rules.clusters import clusters as joined
from streams.rules.dossier import Counted
from streams.rules.judged import Judgments


def counted(fact):
    return Counted(fact, body_hash(fact), fact_key(fact))


def clusters(incidents, *judgments):
    held = Judgments()
    for judgment in judgments:
        held.change(judgment.ref, counted(judgment))
    return joined((counted(i) for i in incidents), held, 0.8)


def grouped(incidents, *judgments):
    """The clusters of accounts, as lists of ids."""
    return [[i.id for i in c.incidents()] for c in clusters(incidents, *judgments)]


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
        assert [c.key for c in clusters(order, same("I2", "I3"))] == ["desk:I1", "desk:I2"]


# --- kept up ---------------------------------------------------------------------------------------------------------


@given(seed=st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_clusters_that_are_kept_up_are_those_of_a_fresh_look(seed):
    dice = random.Random(seed)
    held, here, judged = Judgments(), {}, {}
    kept, standing = Clustering(held, 0.8), {}
    for _ in range(30):
        name = f"I{dice.randrange(7)}"
        if dice.random() < 0.4:
            kind = dice.choice(("same_event", "different_event", "revert"))
            word = same(*dice.sample([f"I{n}" for n in range(9)], 2), id=f"J{dice.randrange(5)}", kind=kind,
                        on=f"2025-06-{dice.randrange(1, 28):02d}", reverts=f"analysts:J{dice.randrange(5)}")  # fmt: skip
            judged = (
                judged | {word.ref: word} if dice.random() < 0.8 else {k: v for k, v in judged.items() if k != word.ref}
            )
            about, _ = held.change(word.ref, counted(word) if word.ref in judged else None)
            for ref in about:
                kept.change(ref, here.get(ref))
        else:
            told = account(name, dice.choice((None, "lab-1", "lab-2")), sketch=dice.choice(((), SKETCH, NEAR, FAR)),
                           occurred=period("2021-01-01", "2025-12-31") if dice.random() < 0.2 else period("2024-06-20"),
                           derived_from=(f"desk:I{dice.randrange(9)}",) if dice.random() < 0.2 else ())  # fmt: skip
            here = (
                here | {told.ref: counted(told)}
                if dice.random() < 0.8
                else {k: v for k, v in here.items() if k != told.ref}
            )
            kept.change(told.ref, here.get(told.ref))
        gone, made = kept.settle()
        standing = {k: v for k, v in standing.items() if k not in gone} | {c.key: c for c in made}
        fresh = clusters([c.fact for c in here.values()], *judged.values())
        assert standing == {c.key: c for c in fresh}
