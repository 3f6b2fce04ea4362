"""Macros as a real data source 3.3.0 was heard to expand them (its `executedQueryString`), and as 4.x does."""

from __future__ import annotations

import datetime as dt

import pytest

from dashboards.expanded import Release, Window, expand

RECORDED = Window(
    dt.datetime.fromtimestamp(1795435573, dt.UTC), dt.datetime.fromtimestamp(1795439173, dt.UTC), interval=300
)


@pytest.mark.parametrize(
    ("asked", "heard"),
    [
        ("$__timeFilter(event_time)", "event_time >= '1795435573' AND event_time <= '1795439173'"),
        ("$__timeInterval(event_time)", "toStartOfInterval(toDateTime(event_time), INTERVAL 300 second)"),
        ("$__timeInterval_ms(t)", "toStartOfInterval(toDateTime64(t, 3), INTERVAL 300000 millisecond)"),
        ("$__timeFilter_ms(t)", "t >= '1795435573000' AND t <= '1795439173000'"),
        ("$__dateFilter(d)", "d >= '2026-11-23' AND d <= '2026-11-23'"),
        (
            "$__fromTime AS f, $__toTime AS t, $__interval_s AS i",
            "toDateTime(intDiv(1795435573000,1000)) AS f, toDateTime(intDiv(1795439173000,1000)) AS t, 300 AS i",
        ),
    ],
)
def test_macros_read_as_a_real_data_source_expanded_them(asked: str, heard: str) -> None:
    assert expand(asked, RECORDED) == heard


def test_a_later_release_says_the_same_in_other_words() -> None:
    assert (
        expand("$__timeFilter(t) AND t < $__toTime", RECORDED, release="4.20.0")
        == "t >= toDateTime(1795435573) AND t <= toDateTime(1795439173) AND t < toDateTime(1795439173)"
    )


@pytest.mark.parametrize("release", ["3.3.0", "4.20.0"])
@pytest.mark.parametrize(
    ("chosen", "heard"),
    [({}, "1=1"), ({"a": ()}, "1=1"), ({"a": ("x",)}, "b IN ('x')"), ({"a": ("x", "it's")}, "b IN ('x','it\\'s')")],
)
def test_a_filter_is_quoted_and_gone_where_all_are_chosen(
    chosen: dict[str, tuple[str, ...]], heard: str, release: Release
) -> None:
    assert expand("$__conditionalAll(b IN (${a:singlequote}), $a)", RECORDED, chosen, release) == heard


@pytest.mark.parametrize("sql", ["SELECT $__columns(a, b)", "SELECT ${a}", "SELECT $__timeFilter(coalesce(a, b))"])
def test_a_macro_that_is_not_known_is_refused_by_name(sql: str) -> None:
    with pytest.raises(ValueError, match=r"The query holds \$.+, expected one of conditionalAll"):
        expand(sql, RECORDED)
