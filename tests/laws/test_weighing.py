"""The properties of weighing (design, section 3), on the ledger itself."""

from __future__ import annotations

import random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

import laws
from builders import a_delivery, a_license, a_policy, a_publication, alert_on, an_incident, assessed
from laws import HOUSE
from schemas import Incident
from schemas.incident import Denial, Publication
from streams.rules.clusters import Cluster
from streams.rules.policy import Weights, probability_of, tempered
from streams.rules.weighing import Sources, origin_cap, weigh
from worlds import GRADED

SMALL = settings(settings.get_profile("laws"), max_examples=60)
WEIGHTS = Weights(a_policy())
GRADES = "ABCDEF"
# Origins of reliability D share a cap, which has its own cases below.
SOURCES = [s for s in GRADED if s != "paper-d"]

shares = st.integers(0, 1_000_000)
publications = st.builds(
    a_publication, st.sampled_from(SOURCES), st.integers(1, 6), st.sampled_from(("o1", "o2", "o3", None)),
)  # fmt: skip
levels = st.sampled_from([(e, a) for e in ("E0", "E1", "E2", "E3", "E4", "E5") for a in ("A0", "A1", "A2", "A3", "A4")])


@st.composite
def accounts(draw, most: int = 5):
    """Accounts of one event, each with its publications and its fit."""
    made = []
    for n in range(draw(st.integers(1, most))):
        evidence, attribution = draw(levels)
        said = tuple(draw(st.lists(publications, min_size=1, max_size=3)))
        account = an_incident(f"I{n}", publications=said, evidence_level=evidence, attribution_level=attribution)
        made.append((account, draw(shares)))
    return made


def _weigh(made, weights=WEIGHTS):
    held = HOUSE.partition()
    held.add_all(i for i, _ in made)
    cluster = Cluster(held.dossier("XA").incidents)
    return weigh(cluster, {i.ref: m for i, m in made}, (), frozenset(), Sources(weights, ()), weights)


@SMALL
@given(accounts(), st.randoms())
def test_the_order_of_publications_changes_no_bit_of_the_sum(made, dice):
    turned = [
        (msgspec.structs.replace(i, publications=tuple(dice.sample(i.publications, len(i.publications)))), m)
        for i, m in made
    ]
    dice.shuffle(turned)
    assert _weigh(turned).total == _weigh(made).total


@SMALL
@given(accounts())
def test_the_terms_sum_to_the_score(made):
    ledger = _weigh(made)
    assert sum(t.weight for t in ledger.terms) == ledger.total
    assert isinstance(ledger.total, int)


@SMALL
@given(accounts())
def test_one_origin_moves_the_score_by_at_most_its_cap(made):
    for origin in _weigh(made).origins:
        best = origin.best
        assert 0 <= best.weight <= origin_cap(best.evidence, best.attribution, WEIGHTS)
        assert best.evidence <= best.source.max_evidence
        assert best.attribution <= best.source.max_attribution


@SMALL
@given(accounts(), st.integers(0, 4), shares)
def test_a_better_fit_never_weakens(made, at, more):
    at %= len(made)
    better = [(i, max(m, more)) if n == at else (i, m) for n, (i, m) in enumerate(made)]
    assert _weigh(better).total >= _weigh(made).total


@SMALL
@given(accounts(), st.integers(0, 4), st.sampled_from((2, 3, 4, 5)))
def test_a_more_credible_word_never_weakens(made, at, grade):
    order = {1: 4, 2: 4, 3: 3, 6: 2, 4: 1, 5: 0}
    at %= len(made)
    account, m = made[at]
    graded = tuple(
        msgspec.structs.replace(p, credibility=grade) if order[grade] > order[p.credibility] else p
        for p in account.publications
    )
    better = [*made[:at], (msgspec.structs.replace(account, publications=graded), m), *made[at + 1 :]]
    assert _weigh(better).total >= _weigh(made).total


@SMALL
@given(accounts(), st.sampled_from(SOURCES), st.sampled_from("ABCEF"), st.sampled_from("ABCEF"))
def test_a_more_reliable_source_never_weakens(made, source, one, other):
    better, worse = sorted((one, other))

    def graded(grade):
        sources = tuple(
            msgspec.structs.replace(s, reliability=grade) if s.source == source else s for s in a_policy().sources
        )
        return Weights(a_policy(sources=sources))

    assert _weigh(made, graded(better)).total >= _weigh(made, graded(worse)).total


@SMALL
@given(accounts(), publications, levels, shares, st.booleans())
def test_support_from_a_known_or_a_new_origin_never_lowers(made, publication, level, m, new):
    declared = [p.origin for i, _ in made for p in i.publications if p.origin]
    origin = "o-new" if new or not declared else declared[0]
    evidence, attribution = level
    more = an_incident(
        "Z1", publications=(msgspec.structs.replace(publication, origin=origin),), evidence_level=evidence,
        attribution_level=attribution,
    )  # fmt: skip
    if any(p.origin is None for i, _ in made for p in i.publications) and new:
        return  # an origin that is not declared may now join another one
    assert _weigh([*made, (more, m)]).total >= _weigh(made).total


@SMALL
@given(
    accounts(),
    st.sampled_from(("use", "logs", "custody")),
    st.sampled_from((2, 3, 4, 6)),
    st.sampled_from((*SOURCES, None)),
)
def test_contradiction_never_raises(made, examined, credibility, source):
    denial = Denial(
        by="independent_expert",
        kind="examined_and_disputed",
        examined=(examined,),
        source=source,
        credibility=credibility,
    )
    account, m = made[0]
    denied = [(msgspec.structs.replace(account, denials=(denial,)), m), *made[1:]]
    ledger = _weigh(denied)
    assert ledger.total <= _weigh(made).total
    assert len(ledger.replies) == 1


@SMALL
@given(st.integers(0, 6_000_000), st.integers(0, 6_000_000), shares, shares)
def test_a_fit_thins_a_weight_evenly(low, high, less, more):
    low, high = sorted((low, high))
    less, more = sorted((less, more))
    assert 0 <= tempered(low, less) <= tempered(low, more) <= tempered(high, more) <= high
    assert tempered(high, 1_000_000) == high
    assert tempered(high, 0) == 0


@SMALL
@given(st.integers(-20_000_000, 20_000_000), st.integers(-20_000_000, 20_000_000))
def test_more_log_odds_are_no_less_likely(left, right):
    low, high = sorted((left, right))
    assert 0 <= probability_of(low) <= probability_of(high) <= 1_000_000


def _with_doubtful(*more: Publication) -> int:
    doubtful = tuple(a_publication("paper-d", 1, f"d{n}") for n in range(4))
    low = an_incident(evidence_level="E1", attribution_level="A1", publications=(*doubtful, *more))
    return alert_on(assessed(a_license(), a_delivery(), low), "permitted-purpose").cases[0].total


def test_all_doubtful_origins_together_move_the_score_by_at_most_their_cap():
    assert _with_doubtful() == WEIGHTS.prior + WEIGHTS.cap_doubtful


def test_a_doubtful_voice_of_a_known_origin_does_not_lower_the_score():
    fair = a_publication("exporter-a", 4, "x1", reliability="C")
    low = {"evidence_level": "E1", "attribution_level": "A1"}
    doubtful = tuple(a_publication("paper-d", 1, f"d{n}") for n in range(4))
    before = [
        (an_incident("I1", publications=doubtful, **low), 1_000_000),
        (an_incident("I2", publications=(fair,), **low), 500_000),
    ]
    repeats = an_incident("I3", publications=(a_publication("paper-d", 1, "x1"),), **low)
    assert _weigh([*before, (repeats, 1_000_000)]).total >= _weigh(before).total


@SMALL
@given(st.integers(1, 60))
def test_any_number_of_words_of_one_origin_weigh_as_its_best(many):
    dice = random.Random(many)
    said = [a_publication(dice.choice(SOURCES), dice.randint(1, 6), "o1") for _ in range(many)]
    low = {"evidence_level": "E1", "attribution_level": "A1"}
    alone = [_weigh([(an_incident(publications=(p,), **low), 1_000_000)]).total for p in said]
    assert _weigh([(an_incident(publications=tuple(said), **low), 1_000_000)]).total == max(alone)


def test_incident_is_what_is_weighed():
    """Guards the builders: what they make is an account, and its ledger begins with the prior."""
    assert isinstance(an_incident(), Incident)
    assert _weigh([(an_incident(), 1_000_000)]).terms[0].kind == "prior"
    assert laws.totals(HOUSE, [a_license(), a_delivery(), an_incident(), a_policy()])
