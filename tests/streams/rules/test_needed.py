"""What an event that fits nothing would need: each gap another question, in words that somebody can act on."""

from __future__ import annotations

import pytest

from builders import a_delivery, a_license, a_name, an_incident, day, period
from schemas.common import Claimed
from schemas.incident import ClaimedProduct
from schemas.license import LicensedItem
from streams.agents.naming import RegisterNamer
from streams.rules.needed import A_STATE, ANOTHER, Covered, needed_to_match
from streams.rules.standing import use_window

NAMES = RegisterNamer((
    a_name("p/lantern", "Lantern", id="n1"),
    a_name("p/heron", "Grey Heron", id="n2"),
    a_name("p/lens", "Osprey Lens", id="n3"),
    a_name("v/bright", "Brightwater Systems", "vendor", id="n4"),
    a_name("v/sister", "Tallgrass Signals", "vendor", id="n5"),
    a_name("g/group", "Meadow Group", "corporate_group", id="n6"),
    a_name("v/bright", None, "vendor", id="n7", relation="owned_by", target="g/group"),
    a_name("v/sister", None, "vendor", id="n8", relation="owned_by", target="g/group"),
    a_name("v/other", "Northgate Instruments", "vendor", id="n9"),
))  # fmt: skip
LICENSE = a_license()


def needed(*accounts, licenses=(LICENSE,), destination="XA", delivered=True):
    windows = {
        each.ref: use_window(each, (a_delivery(each),) if delivered else (), destination) for each in licenses
    }  # fmt: skip
    return needed_to_match(accounts, Covered(destination, licenses, windows), NAMES)


def naming(*products, vendors=(), role="primary", **changed):
    return an_incident(
        products=tuple(ClaimedProduct(name=p, role=role) for p in products),
        vendors=tuple(Claimed(name=v) for v in vendors),
        **changed,
    )


def test_without_a_state_only_the_state_is_missing():
    assert needed(naming("Lantern"), destination="ZZ") == (A_STATE,)


def test_a_state_without_any_license_says_so():
    assert needed(naming("Grey Heron"), licenses=())[0] == "a license for XA: there is none on file"


def test_a_technology_that_no_license_covers_is_named_beside_those_that_are():
    said = needed(naming(technology="video_surveillance"))
    assert "a license for XA that covers video surveillance: those on file cover intrusion spyware" in said
    assert "which product or vendor was used" in said


def test_a_known_product_that_nobody_licensed_is_named():
    assert needed(naming("Grey Heron")) == (
        "a license for the product “Grey Heron” in XA: none on file names it", ANOTHER,
    )  # fmt: skip


def test_a_component_without_a_license_is_called_a_component():
    assert "the component “Osprey Lens”" in needed(naming("Osprey Lens", role="component"))[0]


def test_a_name_that_nobody_knows_asks_whose_it_is():
    assert "does not know it" in needed(naming("Zzyqx"))[0]


def test_a_maker_without_a_license_is_named():
    said = needed(naming(vendors=("Northgate Instruments",)))
    assert "a license of “Northgate Instruments” or its group for XA: none on file is theirs" in said


def test_a_member_of_the_group_asks_whether_it_supplied_what_is_licensed():
    said = needed(naming(vendors=("Tallgrass Signals",)))
    assert any("only its group, through “Brightwater Systems”, has a license" in words for words in said)


def test_an_unknown_maker_asks_who_it_is():
    assert "who “Qvortexx Plc” is" in needed(naming(vendors=("Qvortexx Plc",)))[0]


@pytest.mark.parametrize(
    ("when", "words"),
    [
        (period("2019-05-01"), "an earlier delivery or license: those on file begin on 1 March 2023"),
        (period("2024-05-01"), None),
    ],
)
def test_a_licensed_product_outside_the_time_of_every_license_asks_for_a_delivery(when, words):
    said = needed(naming("Lantern", occurred=when))
    assert (words in said) if words else said == (ANOTHER,)


def test_an_event_between_two_licenses_asks_for_one_between():
    first = a_license("L1", valid_to=day("2023-12-31"))
    windows = {
        "authority:L1": use_window(first, (), "XA"),
        "authority:L2": use_window(a_license("L2", valid_from=day("2026-01-01")), (), "XA"),
    }
    gone = type(windows["authority:L1"])(day("2023-01-01"), day("2023-12-31"), True)
    covered = Covered("XA", (first, a_license("L2", valid_from=day("2026-01-01"))), windows | {"authority:L1": gone})
    said = needed_to_match([naming("Lantern", occurred=period("2024-06-01"))], covered, NAMES)
    assert said[0] == "a license for the time between those on file"


def test_a_tool_of_the_operators_own_make_asks_for_what_made_it_possible():
    assert "of the operator's own make" in needed(naming("Homebrew", domestic_tool=True))[0]


def test_two_accounts_of_one_event_say_each_thing_once():
    said = needed(naming("Grey Heron"), naming("Grey Heron", id="I2"))
    assert len(said) == len(set(said)) == 2


def test_many_licenses_of_one_product_are_compared_once():
    asked = []

    class Counting:
        def compare(self, *names):
            asked.append(names)

        def known(self, *name):
            return True

    many = tuple(a_license(f"L{n}") for n in range(200))
    needed_to_match(
        [naming("Grey Heron")], Covered("XA", many, {m.ref: use_window(m, (), "XA") for m in many}), Counting()
    )
    assert len(asked) == 1


def test_an_item_of_unstated_kind_is_no_technology_on_file():
    bare = a_license(items=(LicensedItem(item_ref="i1", product="Lantern"),))
    assert any("nothing that is told of" in words for words in needed(naming(), licenses=(bare,)))
