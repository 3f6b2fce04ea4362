"""What a dossier shows beside its alerts."""

from __future__ import annotations

from builders import (
    a_delivery,
    a_judgment,
    a_license,
    a_name,
    a_paper,
    a_policy,
    a_publication,
    a_report,
    a_tick,
    an_incident,
    assessed,
    day,
)  # fmt: skip
from schemas.common import Claimed
from schemas.incident import ClaimedProduct
from streams.agents.naming import RegisterNamer
from streams.rules.assess import assess_facts

LICENSE = a_license()
FITTING = (LICENSE, a_delivery(LICENSE))


def notes(*facts, destination="XA"):
    """(kind, subject) of every note."""
    return [(n.kind, n.subject) for n in assessed(*facts, destination=destination).notes]


def named_by_register(*facts):
    world = [a_policy(), a_tick(), *facts]
    found = {a.destination: a for a in assess_facts(world, namer_of=RegisterNamer)}
    return [(n.kind, n.subject) for n in found["XA"].notes]


def test_what_fits_leaves_nothing_to_remark():
    assert notes(*FITTING, an_incident()) == []


def test_a_credible_account_that_fits_no_license_is_kept_and_shown():
    other = an_incident(products=(ClaimedProduct(name="Grey Heron"),))
    (note,) = assessed(*FITTING, other).notes
    assert (note.kind, note.subject) == ("unmatched_incident", "desk:I1")
    assert "“Grey Heron”" in note.sentence
    assert "another state's register" in note.needed


def test_an_unproven_account_that_fits_no_license_is_not_shown():
    tip = a_paper("T1", "tips", None, 6, evidence_level="E0", products=(ClaimedProduct(name="Grey Heron"),))
    assert notes(*FITTING, tip) == []


def test_an_account_that_claims_more_than_its_source_may_is_not_credible_for_it():
    boast = a_paper("T1", "tips", None, 6, evidence_level="E4", products=(ClaimedProduct(name="Grey Heron"),))
    assert notes(*FITTING, boast) == []


def test_accounts_of_one_event_are_remarked_once():
    two = [
        an_incident(
            f"I{n}", products=(ClaimedProduct(name="Grey Heron"),), publications=(a_publication(origin=f"o{n}"),)
        )
        for n in (1, 2)
    ]
    assert len(notes(*FITTING, *two)) == 2
    assert notes(*FITTING, *two, a_judgment("same_event", ["desk:I1", "desk:I2"])) == [
        ("unmatched_incident", "desk:I1")
    ]


def test_an_account_without_an_operator_is_shown_among_the_unattributed():
    (note,) = assessed(*FITTING, an_incident(destination=None), destination="ZZ").notes
    assert note.kind == "unmatched_incident"
    assert note.needed == "a suspected operator state"


def test_a_name_that_the_register_does_not_know_is_put_before_a_person():
    odd = an_incident(products=(ClaimedProduct(name="Zzyqx"),), vendors=(Claimed(name="Qwvyx Plc"),))
    found = named_by_register(*FITTING, odd)
    assert ("unresolved_name", "Zzyqx") in found
    assert ("unresolved_name", "Qwvyx Plc") in found


def test_a_name_that_an_analyst_entered_is_unknown_no_more():
    odd = an_incident(products=(ClaimedProduct(name="Zzyqx"),))
    alias = a_name("p/lantern", "Zzyqx", id="n1")
    assert named_by_register(*FITTING, odd, alias, a_name("p/lantern", "Lantern", id="n2")) == []


def test_a_licensed_product_is_known_by_its_own_spelling():
    license = a_license(product="Zzyqx")
    assert named_by_register(license, a_delivery(license), an_incident(products=(ClaimedProduct(name="Zzyqx"),))) == []


def test_a_report_on_a_license_that_is_not_on_file_is_shown():
    (note,) = assessed(*FITTING, a_report(a_license("L9"))).notes
    assert (note.kind, note.subject) == ("unknown_license", "report:embassy-qm:R1")
    assert notes(*FITTING, a_report(a_license("L9")), a_license("L9")) == []


def test_a_report_on_a_license_elsewhere_is_remarked_there_alone():
    seen_here = a_report(a_license("L9", "XB"), site_country="XA")
    assert notes(*FITTING, seen_here) == []
    assert notes(*FITTING, seen_here, destination="XB") == [("unknown_license", "report:embassy-qm:R1")]


def test_a_license_without_a_pledge_is_shown():
    assert notes(a_license(pledge=None)) == [("no_pledge", "license:authority:L1")]
    assert notes(a_license()) == []


def flood(count, month=5):
    return [
        a_paper(f"T{n}", "tips", None, 6, evidence_level="E0", attribution_level="A0", published_at=day(f"2025-{month:02d}-02"))
        for n in range(count)
    ]  # fmt: skip


def test_many_unproven_accounts_in_one_month_call_for_a_look():
    (note,) = assessed(*FITTING, *flood(50)).notes
    assert (note.kind, note.subject) == ("flood", "2025-05")
    assert note.sentence.startswith("50 unproven accounts became known in 2025-05. They raise nothing")


def test_fewer_or_those_of_several_months_do_not():
    assert notes(*FITTING, *flood(49)) == []
    two_months = [*flood(25), *(i for i in flood(50, 6) if int(i.id[1:]) >= 25)]
    assert len(two_months) == 50
    assert notes(*FITTING, *two_months) == []


def test_accounts_of_a_source_that_is_fairly_reliable_are_no_flood():
    papers = [a_paper(f"P{n}", "paper-a", f"o{n}") for n in range(60)]
    assert "flood" not in {kind for kind, _ in notes(*FITTING, *papers)}


def test_two_bodies_under_one_revision_are_shown_until_a_higher_one_settles_it():
    other = an_incident(attack_result="attempted")
    assert notes(*FITTING, an_incident(), other) == [("conflict", "incident:desk:I1")]
    assert notes(*FITTING, an_incident(), other, an_incident(revision=2)) == []


def test_an_account_in_which_the_vendor_was_the_target_asks_for_no_license():
    assert notes(*FITTING, an_incident(vendor_is_victim=True)) == []
