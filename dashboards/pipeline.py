"""Board *Pipeline*: does what is said arrive, how fast, what was set aside and why, and which source is silent?"""

# ruff: noqa: S608  (no text from outside gets into these queries; filters are filled in and quoted by Grafana)
from __future__ import annotations

from dashboards.looks import BLUE, ORANGE, SKY, VERMILION, number, text
from dashboards.model import Board, Column, Grid, Link, Mapping, Panel, Variable
from dashboards.questions import POLICIES, RETRACTIONS, board_link
from dashboards.shapes import moment, over_time, stat

FACTS = "('licenses', 'deliveries', 'reports', 'incidents', 'decisions', 'judgments', 'names', 'policies', 'ticks')"
RECENT, LATE = 7, 30
"""A source is heard lately within the first, silent after the second [days]; display choices, as on the pages."""

SOURCE = Variable(name="source", title="Source", sql="SELECT DISTINCT source FROM freshness ORDER BY source")
_BY_SOURCE = "$__conditionalAll(source IN (${source:singlequote}), $source)"

_WAITS = (
    "SELECT w.id AS id, w.time AS told, min(dateDiff('millisecond', i.time, w.time)) / 1000 AS wait\n"
    "  FROM (\n"
    "    SELECT h.id AS id, h.time AS time, arrayJoin([toString(h.destination), '*']) AS place\n"
    "    FROM alert_history AS h WHERE $__timeFilter(h.time)\n"
    "  ) AS w\n"
    "  ASOF INNER JOIN (\n"
    "    SELECT r.time AS time, arrayJoin(if(empty(r.destinations), ['*'], r.destinations)) AS place\n"
    f"    FROM records AS r WHERE r.topic IN {FACTS} AND r.time >= $__fromTime - INTERVAL 1 DAY AND r.time <= "
    f"$__toTime\n"
    "  ) AS i ON i.place = w.place AND i.time <= w.time\n"
    "  GROUP BY w.id, w.time"
)
"""For each word of an alert, the time since the last fact that could have moved it: of its destination, or of all.

Facts of the day before the window count, too; older ones could not have moved it so late."""

HEARD = (
    Mapping(value="lately", text="● lately"),
    Mapping(value="late", text="◐ late"),
    Mapping(value="silent", text="○ silent"),
)


PANELS = (
    stat(
        0,
        "Newest record",
        "How old was the newest record of the warehouse at the end of the window? A tick comes each day, so more than "
        "a day means that the log or its way into the warehouse stands. From `positions`.",
        "SELECT if(count() = 0, NULL, greatest(0, dateDiff('second', max(last_time), $__toTime))) AS age\nFROM "
        "positions",
        "age",
        (90_000, ORANGE),
        (180_000, VERMILION),
        unit="s",
    ),
    stat(
        1,
        "Not yet stored",
        "How many records that the log has numbered are missing between those that the warehouse holds? From "
        "`positions`. More than 0 for longer than a minute means that the writer left a hole; after the broker has "
        "compacted a topic, a warehouse filled anew misses what was compacted. What follows the newest stored record "
        "is not seen here: see 'Waiting, by reader'.",
        "SELECT if(count() = 0, NULL, sum(toInt64(p.last_offset) + 1 - toInt64(p.stored))) AS missing\nFROM positions "
        "AS p",
        "missing",
        (1, ORANGE),
    ),
    stat(
        2,
        "Unreadable",
        "How many records in the window could the warehouse not read? It keeps their place and the reason, never the "
        "text. From `records`.",
        "SELECT if((SELECT count() FROM positions) = 0, NULL, count()) AS records\n"
        "FROM records\nWHERE state = 'unreadable' AND $__timeFilter(time)",
        "records",
        (1, ORANGE),
    ),
    stat(
        3,
        "Parked",
        "How many records were set aside in the window? Their feeders can read why, mend them and send them again. "
        "From `parked`.",
        "SELECT if((SELECT count() FROM positions) = 0, NULL, count()) AS records\n"
        f"FROM parked\nWHERE $__timeFilter(at)\n  AND {_BY_SOURCE}",
        "records",
        (1, ORANGE),
        (100, VERMILION),
    ),
    stat(
        4,
        "Fact to alert, 19 in 20",
        "Within how many seconds of the newest fact that could have moved them did 19 in 20 words of alerts come in "
        "the window? From `records` and `alert_history`, by the time of the log. A lower bound while many facts flow. "
        "'no data': no alert changed.",
        f"SELECT if(count() = 0, NULL, quantileExact(0.95)(wait)) AS wait\nFROM (\n  {_WAITS}\n)",
        "wait",
        (1, ORANGE),
        (60, VERMILION),
        unit="s",
    ),
    stat(
        5,
        "Silent sources",
        f"How many sources have said nothing for more than {LATE} days before the end of the window? From `freshness`; "
        "a display choice, as on the pages.",
        f"SELECT if(count() = 0, NULL, countIf(dateDiff('day', last_heard, $__toTime) > {LATE})) AS sources\n"
        f"FROM freshness\nWHERE {_BY_SOURCE}",
        "sources",
        (1, ORANGE),
    ),
    Panel(
        id=7,
        title="Records a second",
        question="How much is said, and how much follows from it? Facts (all kinds, with repeats), what the program "
        "says of them (alerts and remarks), notices, and what was set aside. From `records`, by the time of the log.",
        kind="timeseries",
        sql=(
            f"SELECT $__timeInterval(r.time) AS time, countIf(topic IN {FACTS}) / $__interval_s AS facts,\n"
            "  countIf(topic IN ('alerts', 'remarks')) / $__interval_s AS derived,\n"
            "  countIf(topic = 'notices') / $__interval_s AS notices, countIf(topic = 'parked') / $__interval_s AS "
            "parked\n"
            "FROM records AS r\nWHERE $__timeFilter(r.time)\nGROUP BY time ORDER BY time"
        ),
        columns=(
            over_time("Time [UTC]"),
            Column(name="facts", title="facts", unit="ops", color=BLUE),
            Column(name="derived", title="alerts and remarks", unit="ops", color=ORANGE),
            Column(name="notices", title="notices", unit="ops", color=SKY),
            Column(name="parked", title="parked", unit="ops", color=VERMILION),
        ),
        grid=Grid(0, 4, 12, 9),
        no_value="No record in this window: nothing was said, or nothing arrived; see 'Newest record'.",
        interval="1m",
        bars=True,
    ),
    Panel(
        id=8,
        title="Fact to alert",
        question="How long after the newest fact that could have moved it does an alert change: half, 19 in 20, 99 in "
        "100? From `records` and `alert_history`, by the time of the log. A lower bound while many facts flow.",
        kind="timeseries",
        sql=(
            "SELECT $__timeInterval(told) AS time, quantileExact(0.5)(wait) AS half, quantileExact(0.95)(wait) AS "
            "most,\n"
            f"  quantileExact(0.99)(wait) AS nearly_all\nFROM (\n  {_WAITS}\n)\nGROUP BY time ORDER BY time"
        ),
        columns=(
            over_time("Time [UTC]"),
            Column(name="half", title="half", unit="s", color=SKY),
            Column(name="most", title="19 in 20", unit="s", color=BLUE),
            Column(name="nearly_all", title="99 in 100", unit="s", color=VERMILION),
        ),
        grid=Grid(12, 4, 12, 9),
        no_value="No alert changed in this window, so nothing was measured.",
        interval="1m",
    ),
    Panel(
        id=9,
        title="Parked, by reason",
        question="Why were records set aside in the window: at which stage, at which path? From `parked`; the first "
        "fault of each record counts. The refused text is nowhere.",
        kind="table",
        sql=(
            "SELECT reason, if(p.source = '', 'not readable', p.source) AS feeder, count() AS records, max(p.at) AS "
            "last\n"
            f"FROM parked AS p\nWHERE $__timeFilter(p.at)\n  AND {_BY_SOURCE}\n"
            "GROUP BY reason, feeder ORDER BY records DESC, reason, feeder LIMIT 100"
        ),
        columns=(
            text(
                "reason",
                "Stage: path",
                link=Link(title="Open the list of what was set aside", url="${pages}/parked"),
            ),
            text("feeder", "Source", width=160),
            number("records", "Records", width=90),
            moment("last", "Last [UTC]"),
        ),
        grid=Grid(0, 13, 12, 9),
        no_value="Nothing was set aside in this window. Whether anything came: see 'Newest record'.",
    ),
    Panel(
        id=10,
        title="Freshness by source",
        question=f"When was each source last heard, also with nothing new? Lately: within {RECENT} days before the "
        f"end of the window; silent: for more than {LATE}. From `freshness`. A quiet source may have nothing to say.",
        kind="table",
        sql=(
            f"SELECT source, multiIf(days <= {RECENT}, 'lately', days <= {LATE}, 'late', 'silent') AS heard, "
            f"last_heard,\n"
            "  greatest(0, dateDiff('second', last_heard, $__toTime)) AS silence, subjects\n"
            "FROM (SELECT *, dateDiff('day', last_heard, $__toTime) AS days FROM freshness)\n"
            f"WHERE {_BY_SOURCE}\nORDER BY last_heard, source LIMIT 200"
        ),
        columns=(
            text("source", "Source"),
            text("heard", "Heard", *HEARD, width=100),
            moment("last_heard", "Last [UTC]"),
            number("silence", "Ago", "s"),
            number("subjects", "Facts", width=80),
        ),
        grid=Grid(12, 13, 12, 9),
        no_value="No source was ever heard.",
    ),
    Panel(
        id=11,
        title="What the warehouse holds",
        question="How far is each topic stored, and are there holes? From `positions`.",
        kind="table",
        sql=(
            "SELECT p.topic AS topic, count() AS partitions, sum(p.stored) AS records,\n"
            "  sum(toInt64(p.last_offset) + 1 - toInt64(p.stored)) AS missing, max(p.last_time) AS last\n"
            "FROM positions AS p GROUP BY topic ORDER BY topic LIMIT 50"
        ),
        columns=(
            text("topic", "Topic"),
            number("partitions", "Partitions", width=95),
            number("records", "Stored"),
            number("missing", "Missing", width=90),
            moment("last", "Newest [UTC]"),
        ),
        grid=Grid(0, 22, 12, 9),
        no_value="The warehouse holds no record.",
    ),
    Panel(
        id=12,
        title="Waiting, by reader",
        question="How many records of the log waited for those who place facts and keep watch, and for the warehouse? "
        "The most of each interval, as looked at every ten seconds. From `lag`.",
        kind="timeseries",
        sql=(
            "SELECT $__timeInterval(l.time) AS time, maxIf(l.waiting, l.reader = 'pledgewatch') AS watched,\n"
            "  maxIf(l.waiting, l.reader = 'store') AS stored\n"
            "FROM lag AS l\nWHERE $__timeFilter(l.time)\nGROUP BY time ORDER BY time"
        ),
        columns=(
            over_time("Time [UTC]"),
            Column(name="watched", title="for place and watch", unit="short", color=BLUE),
            Column(name="stored", title="for the warehouse", unit="short", color=ORANGE),
        ),
        grid=Grid(12, 22, 12, 9),
        no_value="Nobody looked in this window: the process that keeps the warehouse did not run.",
        interval="1m",
    ),
)

PIPELINE = Board(
    uid="pledgewatch-pipeline",
    title="Pledgewatch · Pipeline",
    question="Does what is said arrive, how fast, what was set aside and why, and which source is silent?",
    panels=PANELS,
    variables=(SOURCE,),
    annotations=(POLICIES, RETRACTIONS),
    links=(
        board_link("Overview", "pledgewatch-overview"),
        board_link("Triage", "pledgewatch-triage"),
        Link(title="Pages", url="${pages}/parked"),
    ),
    time_from="now-6h",
    refresh="1m",
)
