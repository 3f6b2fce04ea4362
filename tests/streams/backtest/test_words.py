"""A back-test in words, and its diagram: what was counted, what came out, what it does not show."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import msgspec

from streams.backtest.diagram import COLORS, MARKS, reliability
from streams.backtest.judged import Backtest, Group, Judged, Paired, Trial
from streams.backtest.scores import calibration, disagreement, score
from streams.backtest.words import limits, told

PAIRS = [(True, True)] * 3 + [(True, False)] + [(False, True)] * 2 + [(False, False)] * 4
SAID = [(0.15, False)] * 6 + [(0.25, True)] * 2 + [(0.85, True)] * 2


def trial(name="start", pairs=PAIRS, said=SAID, **changed):
    overall = score(pairs)
    groups = (Group("targeted_barred_class", overall),)
    fields = {
        "policy": name, "version": "v1", "overall": overall, "by_band": (Group("alert", overall),), "by_rule": groups,
        "by_source": (Group("lab-a", overall),), "calibration": calibration(said), "open_undecided": 7,
        "judged": tuple[Judged, ...](),
    }  # fmt: skip
    return Trial(**fields | changed)


def backtested(*policies, **changed):
    fields = {
        "band": "alert", "facts": 100, "undated": 0, "decisions": 14, "undecided": {"acknowledge": 4}, "unknown_then": 0,
        "matters": 10, "upheld": 5, "licenses": 6, "trials": policies or (trial(),), "paired": tuple[Paired, ...](),
    }  # fmt: skip
    return Backtest(**fields | changed)


def words(said):
    return "\n".join(told(said))


def test_it_says_what_was_counted_and_what_was_left_out():
    text = words(backtested(unknown_then=3, undated=2))
    assert "10 matters decided on 6 licenses: 5 upheld, 5 not" in text
    assert "acknowledge 4" in text
    assert "did not have their evidence when they were decided: 3" in text
    assert "2 facts have no record time" in text
    assert "on the last day, from `alert` on: 7 alerts" in text


def test_every_share_stands_with_its_interval():
    line = next(line for line in words(backtested()).splitlines() if line.strip().startswith("all "))
    assert re.search(r"0\.75 \(0\.30 to 0\.95\)\s+0\.60 \(0\.23 to 0\.88\)\s+0\.67", line)


def test_few_matters_are_said_to_be_few_and_many_are_not():
    assert any("10 decided matters are few" in line for line in limits(backtested()))
    many = trial(pairs=PAIRS * 40, said=SAID * 40)
    found = list(limits(backtested(many, matters=400, upheld=200, licenses=400)))
    assert len(found) == 2, found
    assert any("recall is over that, not over what happened" in line for line in found)
    assert any("not the truth" in line for line in found)


def test_wide_intervals_thin_bins_and_small_groups_are_named():
    found = "\n".join(limits(backtested()))
    assert "precision (3 of 4), recall (3 of 5)" in found
    assert "3 of 3 bins hold fewer than 10 matters" in found
    many = trial(by_rule=(Group("few", score([(True, True)])),), pairs=PAIRS * 40)
    assert "1 of 2 rules and sources" in "\n".join(limits(backtested(many)))


def test_matters_of_one_license_are_said_to_hang_together():
    assert any("not independent" in line for line in limits(backtested()))
    assert not any("not independent" in line for line in limits(backtested(licenses=10)))


def test_without_any_decided_matter_nothing_is_said_of_any_policy():
    none = trial(pairs=[], said=[])
    assert list(limits(backtested(none, matters=0, upheld=0, licenses=0))) == [
        "No matter is decided that the log knew of in time: nothing can be said of any policy."
    ]
    assert "no decided matter was weighed" in words(backtested(none, matters=0, upheld=0, licenses=0))


def test_when_all_end_the_same_way_that_is_said():
    assert any("ended the same way" in line for line in limits(backtested(upheld=0)))


def test_two_policies_that_a_coin_could_divide_are_not_ranked():
    pair = Paired(first="start", second="us", disagreement=disagreement([True, True, False], [False, False, True]))
    text = words(backtested(trial(), trial("us"), paired=(pair,)))
    assert "judge 3 matters differently: start is with the officer on 2, us on 1" in text
    assert "Which of start and us is nearer to the officers is not shown" in text
    sure = msgspec.structs.replace(pair, disagreement=disagreement([True] * 20, [False] * 20))
    assert "Which of start and us" not in words(backtested(trial(), trial("us"), paired=(sure,)))


# -- the diagram -------------------------------------------------------------------------------------------------------

SVG = "{http://www.w3.org/2000/svg}"


def drawn(*policies):
    return ElementTree.fromstring(reliability(policies))


def test_each_bin_that_holds_something_has_a_mark_and_its_interval():
    (group,) = [g for g in drawn(trial()).iter(f"{SVG}g") if g.get("data-policy")]
    assert len(group.findall(f"{SVG}circle")) == len(group.findall(f"{SVG}line")) == 3


def test_a_mark_stands_where_the_probability_said_meets_the_share_found():
    (group,) = [g for g in drawn(trial(said=[(0.5, True), (0.5, False)])).iter(f"{SVG}g") if g.get("data-policy")]
    (mark,) = group.findall(f"{SVG}circle")
    assert (float(mark.get("cx")), float(mark.get("cy"))) == (72 + 180, 32 + 180)


def test_policies_are_told_apart_by_shape_and_color_and_named():
    picture = reliability([trial(name) for name in ("one", "two", "three", "four", "five")])
    assert all(color in picture for color in COLORS)
    assert "five" not in picture
    assert len(MARKS) == len(set(COLORS)) == 4


def test_the_diagram_says_in_words_what_it_shows_and_escapes_names():
    found = drawn(trial("a<b"))
    assert "a<b: said 0.15, so in 0 of 6; said 0.25, so in 2 of 2" in found.find(f"{SVG}desc").text


def test_nothing_weighed_is_an_empty_frame():
    assert "no probability was said" in drawn(trial(said=[])).find(f"{SVG}desc").text
