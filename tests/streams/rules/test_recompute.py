"""An alert computed again from what it names: the same bytes, or an explanation."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from builders import (
    a_clause,
    a_decision,
    a_delivery,
    a_judgment,
    a_license,
    a_name,
    a_policy,
    a_publication,
    a_report,
    a_retraction,
    a_tick,
    alert_on,
    an_incident,
    at,
    day,
)
from schemas import Alert, Erasure
from schemas.alert import Case, Evidence, Versions
from schemas.codec import body_hash, decode_fact, fact_key
from schemas.erasure import key_digest
from schemas.reading import read_ndjson
from streams.agents.naming import RegisterNamer
from streams.rules.alerts import CODE_VERSION
from streams.rules.assess import assess_facts
from streams.rules.docket import BASIS
from streams.rules.packs import pack, with_register
from streams.rules.recompute import basis_of, explain_difference, recompute

SCENARIOS = Path(__file__).parents[2] / "scenarios"
HARD_CASES = sorted(folder.parent.name for folder in SCENARIOS.glob("*/facts.ndjson"))
LICENSE = a_license(clauses=(*a_license().clauses, a_clause("reporting_cadence", first_due_days=90, cadence_days=365)))
OTHER = an_incident("I2", publications=(a_publication("lab-b", origin="origin-2"),))
WORLD = (
    LICENSE,
    a_delivery(LICENSE),
    an_incident(),
    OTHER,
    a_judgment("same_event", (an_incident().ref, OTHER.ref)),
    a_report(LICENSE),
    a_policy(),
    a_tick(),
)
ABOUT_ANOTHER = (a_license("L9", "XB"), an_incident("I9", "XB"), a_tick("2026-05-01"))


def stored(facts=WORLD, clause="permitted-purpose", **more):
    assessed = {a.destination: a for a in assess_facts(facts, **more)}
    return alert_on(assessed["XA"], clause)


def shorn(*words):
    """A hand-made alert: what explaining needs of it."""
    piece = Evidence(fact="incident:desk:I1", revision=2, hash="ab" * 16)
    case = Case(
        key="incident:desk:I1", kind="incident", band="alert", band_reason="r", verdict="engaged", rule="r",
        sentence="s", evidence=(piece,),
    )  # fmt: skip
    made = Alert(
        id="XA~authority:L1~c", destination="XA", band="alert", cases=(case,), basis=("ab" * 8, "cd" * 8),
        versions=Versions(policy="p-1", names="seed", code=CODE_VERSION, since=day("2026-01-01")),
    )  # fmt: skip
    return msgspec.structs.replace(made, **dict(words))


# --- computed again --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", HARD_CASES)
def test_every_alert_of_a_hard_case_is_the_same_computed_again(folder):
    policy = decode_fact((SCENARIOS / "policy.json").read_bytes())
    facts = [policy, *read_ndjson((SCENARIOS / folder / "facts.ndjson").read_bytes().splitlines())]
    for alert in (a for each in assess_facts(facts) for a in each.alerts):
        again = recompute(alert, facts)
        assert again.same, (alert.id, again.differences)
        assert again.found == again.facts > 0


@pytest.mark.parametrize("clause", ["permitted-purpose", "prohibited-target-class", "reporting-cadence"])
def test_what_came_since_and_is_about_something_else_changes_nothing(clause):
    alert = stored(clause=clause)
    newer = an_incident(revision=2, victims=(), recorded_at=at("2026-06-02"))
    assert recompute(alert, [*WORLD, *ABOUT_ANOTHER]).same
    assert recompute(alert, [newer, a_retraction(newer), *reversed(WORLD)]).same, "the old body is still at hand"


def test_an_alert_that_was_decided_on_is_the_same_computed_again():
    first = stored()
    closed = stored((*WORLD, a_decision(first)))
    assert closed.status == "closed"
    assert recompute(closed, [*WORLD, a_decision(first)]).same
    assert recompute(first, [*WORLD, a_decision(first)]).same, "the decision came after the first record"


def test_an_old_register_of_names_is_found_by_its_version():
    product = LICENSE.items[0].product
    names = [
        a_name("thing", product, id="n1", recorded_at=at("2023-01-01")),
        a_name("thing", "Another Word", id="n2", recorded_at=at("2026-01-01")),
    ]
    alert = stored((*WORLD, names[0]), namer_of=RegisterNamer)
    now = stored((*WORLD, *names), namer_of=RegisterNamer)
    assert now.versions.names != alert.versions.names
    assert recompute(alert, [*WORLD, *names], namer_of=RegisterNamer).same
    assert recompute(now, [*WORLD, *names], namer_of=RegisterNamer).same


def test_a_report_that_is_not_at_hand_is_named_as_the_cause():
    alert = stored(clause="reporting-cadence")
    again = recompute(alert, [f for f in WORLD if f != a_report(LICENSE)])
    assert not again.same
    assert again.found == again.facts - 1
    assert "report:embassy-qm:R1, revision 1" in again.differences[0]
    assert again.differences[0].endswith("is not found among the facts at hand.")


def test_a_policy_that_is_not_at_hand_is_said_and_the_shipped_one_taken():
    again = recompute(stored(), [f for f in WORLD if f != a_policy()])
    assert again.differences[0] == "Policy test-1 is not at hand; the one that ships with the code was used."
    assert any("The policy is another: test-1 made it" in said for said in again.differences)


def test_of_two_bodies_under_one_version_of_the_policy_the_one_that_made_it_is_found():
    strict = a_policy(sources=[msgspec.structs.replace(s, quarantined=True) for s in a_policy().sources])
    rival = msgspec.structs.replace(strict, id="rival")
    assert rival.version == a_policy().version
    assert recompute(stored(), [*WORLD, rival]).same


def test_a_policy_that_ships_is_found_with_the_register_of_sources_that_was_among_the_facts():
    shipped = with_register(pack("start"), [a_policy()])
    alert = stored(policy=shipped)
    assert alert.band == "alert"
    assert alert.versions.policy == shipped.version != "test-1"
    assert recompute(alert, WORLD).same


# --- what is at hand -------------------------------------------------------------------------------------------------


def test_of_equal_bodies_the_one_recorded_first_is_taken():
    twice = msgspec.structs.replace(an_incident(), recorded_at=at("2026-05-30"))
    for facts in ([twice, *WORLD], [*WORLD, twice]):
        basis = basis_of(stored(), facts)
        assert an_incident() in basis.facts
        assert twice not in basis.facts


def test_what_was_erased_is_told_from_what_is_not_found():
    gone, lost = an_incident(), OTHER
    erasure = Erasure(
        id="e1", source="erasures", of="incident", of_source="desk", digest=key_digest(fact_key(gone)), why="asked for",
        asked_by="desk", asked_at=at("2026-06-01"), confirmed_by="head", confirmed_at=at("2026-06-02"),
        bodies=(body_hash(gone),),
    )  # fmt: skip
    alert = stored()
    at_hand = [f for f in WORLD if f != lost]
    missing = basis_of(alert, [*at_hand, erasure]).missing
    assert missing == {body_hash(gone)[:BASIS]: "erased", body_hash(lost)[:BASIS]: "not_found"}
    asked = msgspec.structs.replace(erasure, confirmed_by=None, confirmed_at=None)
    assert set(basis_of(alert, [*at_hand, asked]).missing.values()) == {"not_found"}, "one person erases nothing"
    assert len(basis_of(alert, [*at_hand, asked]).missing) == 1
    neither = [f for f in at_hand if f != gone]
    assert set(basis_of(alert, [*neither, asked]).missing.values()) == {"not_found"}
    said = recompute(alert, [*at_hand, erasure]).differences
    assert any("was erased since" in sentence for sentence in said)


# --- explained -------------------------------------------------------------------------------------------------------


def test_equal_bytes_need_no_word():
    assert explain_difference(shorn(), shorn(), {}) == ()


def test_equal_bytes_from_less_than_what_it_names_are_no_proof():
    (said,) = explain_difference(shorn(), shorn(), {"cd" * 8: "not_found"})
    assert "the fact with the digest cdcdcdcdcdcdcdcd is not found" in said


@pytest.mark.parametrize(
    ("then", "now", "said"),
    [
        ({"policy": "p-1"}, {"policy": "p-2"}, "The policy is another: p-1 made it, p-2 computed it again."),
        ({"names": "seed"}, {"names": "seed+1"}, "The register of names says something else of the names compared"),
        ({"code": "0.0.9"}, {}, f"The code is another: version 0.0.9 made it, version {CODE_VERSION} computed it"),
    ],
)  # fmt: skip
def test_another_version_is_named_as_the_cause(then, now, said):
    versions = shorn().versions
    before = shorn(("versions", msgspec.structs.replace(versions, **then)))
    after = shorn(("versions", msgspec.structs.replace(versions, **now)), ("band", "review"))
    found = explain_difference(before, after, {})
    assert found[0].startswith(said)
    assert "It differs in band: alert then, review now." in found


def test_an_erased_fact_is_named_by_its_key_and_what_it_changed_is_told():
    case = msgspec.structs.replace(shorn().cases[0], key="incident:desk:I7")
    found = explain_difference(shorn(), shorn(("cases", (case,))), {"ab" * 8: "erased"})
    assert "incident:desk:I1, revision 2 (digest abababababababab) was erased since." in found[0]
    assert found[1:] == ("The case incident:desk:I1 is gone.", "The case incident:desk:I7 is new.")


def test_a_difference_without_a_cause_is_called_one():
    found = explain_difference(shorn(), shorn(("band", "watch")), {})
    assert found[0].endswith("This should not be.")
    assert explain_difference(shorn(), None, {})[1] == "Computed again, there is no such alert."


def test_a_record_without_versions_says_nothing_of_how_it_was_made():
    found = explain_difference(shorn(("versions", None)), None, {})
    assert found[0] == "The record says neither from which facts nor by which versions it was made."
    assert not recompute(shorn(("versions", None)), WORLD).same
