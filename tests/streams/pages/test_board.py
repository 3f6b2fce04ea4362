from __future__ import annotations

import datetime as dt

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from schemas.alert import Alert, Case, VictimCount
from streams.pages import board

TODAY = dt.date(2026, 3, 14)


def alert(*counts: tuple[str, int], key: str = "incident:a", id: str = "QM~xa:l~c", band: str = "review") -> Alert:
    victims = tuple(VictimCount(klass=klass, count=number, qualifier="exact") for klass, number in counts)
    case = Case(
        key=key,
        kind="incident",
        band=band,
        band_reason="",
        verdict="engaged",
        rule="r",
        sentence="s",
        victims=victims,
    )
    return Alert(id=id, destination="QM", band="watch", cases=(case,))


def test_a_small_group_is_never_shown_in_number() -> None:
    rows = board.persons([alert(("journalist", 4), ("lawyer", 5))])
    assert [(row.label, row.text, row.number) for row in rows] == [
        ("lawyers", "at least 5", 5),
        ("journalists", "fewer than 5", 0),
    ]


@given(st.integers(1, 4), st.integers(1, 4))
def test_hidden_groups_look_alike_whatever_their_size(one: int, other: int) -> None:
    assert board.persons([alert(("lawyer", one), ("minor", 9))]) == board.persons(
        [alert(("lawyer", other), ("minor", 9))]
    )


@given(st.permutations(["journalist", "lawyer", "minor", "clergy"]))
def test_the_order_of_hidden_groups_tells_nothing(classes: list[str]) -> None:
    rows = board.persons([alert(*((klass, number) for number, klass in enumerate(classes, 1)))])
    assert [row.label for row in rows] == sorted(row.label for row in rows)


def test_an_incident_in_several_alerts_is_counted_once() -> None:
    group = [alert(("lawyer", 6), id="QM~xa:l~c"), alert(("lawyer", 6), id="QM~xb:l~c")]
    assert [row.number for row in board.persons(group)] == [6]


def test_the_board_counts_what_is_open(world) -> None:
    alerts = world.alerts()
    built = board.build(alerts, world.parked(), {"incident": 2}, world.heard, 7, TODAY)
    assert {row.key: row.number for row in built.bands} == {
        "urgent": 1,
        "alert": 1,
        "review": 2,
        "watch": 0,
        "context": 1,
    }
    assert (built.unanswered, built.overdue, built.parked_total) == (1, 2, 7)
    assert [row.label for row in built.parked] == ["failed a check", "could not be read"]


def test_what_is_not_yet_due_is_not_overdue(world) -> None:
    later = [
        msgspec.structs.replace(a, cases=tuple(msgspec.structs.replace(c, due=TODAY) for c in a.cases))
        for a in world.alerts()
    ]
    assert board.build(later, [], {}, {}, 0, TODAY).overdue == 0


def test_the_longest_silent_source_comes_first(world) -> None:
    rows = board.heard(world.heard, TODAY)
    assert [(row.source, row.state) for row in rows] == [
        ("xa-embassy", "longer ago"),
        ("northlight", "longer ago"),
        ("xa-register", "this week"),
    ]


def test_a_flood_of_unproven_accounts_moves_no_count_of_persons() -> None:
    flood = [alert(("journalist", 9), key=f"incident:tip:{number}", band="watch") for number in range(500)]
    assert board.persons([*flood, alert(("lawyer", 6))]) == board.persons([alert(("lawyer", 6))])
