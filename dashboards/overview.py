"""Board *Overview*: is anything new or overdue, and where? What changed since the shift began?"""

# ruff: noqa: S608  (no text from outside gets into these queries; filters are filled in and quoted by Grafana)
from __future__ import annotations

from dashboards.looks import (
    BANDS,
    ORANGE,
    SMALL_GROUP,
    TRANSITIONS,
    UNATTRIBUTED,
    VERMILION,
    hidden,
    number,
    series_of_bands,
    text,
)
from dashboards.model import Board, Grid, Link, Panel
from dashboards.questions import (
    DESTINATION,
    FILTER,
    ISSUING_STATE,
    LIVE,
    NO_ALERTS,
    NOTHING_HEARD,
    PAGE,
    POLICIES,
    RETRACTIONS,
    TO_THE_PAGE,
    board_link,
    shown,
    spaced,
)
from dashboards.shapes import BY_BAND, LISTED, alerts_where, band, destination, flow, flow_columns, moment, stat

DAY = 86_400

_TO_TRIAGE = Link(
    title="Show this destination's queue",
    url="/d/pledgewatch-triage?var-destination=${__value.raw}&${__url_time_range}",
)


PANELS = (
    stat(
        0,
        "Urgent, unanswered",
        "How many urgent alerts has nobody acknowledged? Urgent: an officer should decide now, something can still be "
        "stopped. From `alerts`. 'no data': no day has begun in the log yet.",
        alerts_where("status = 'open' AND band = 'urgent'"),
        "alerts",
        (1, VERMILION),
    ),
    stat(
        1,
        "Unanswered",
        "How many alerts of the bands alert and urgent has nobody acknowledged? From `alerts`.",
        alerts_where("status = 'open' AND band IN ('alert', 'urgent')"),
        "alerts",
        (1, ORANGE),
    ),
    stat(
        2,
        "New in this window",
        "How many alerts were opened, or opened again, at review or above, since the window above the board began? Set "
        "the window to your shift. From `alert_transitions`, by the time of the log.",
        f"SELECT if({NOTHING_HEARD}, NULL, uniqExact(id)) AS alerts\n"
        "FROM alert_transitions\n"
        "WHERE transition IN ('opened', 'reopened') AND band IN ('review', 'alert', 'urgent') AND $__timeFilter(time)\n"
        f"  AND {FILTER}",
        "alerts",
        (1, ORANGE),
    ),
    stat(
        3,
        "Overdue",
        "In how many live alerts is something past the day it was due (a report, an answer)? Against the greatest day "
        "of the log, never the wall clock. From `alerts`.",
        alerts_where(f"{LIVE} AND due < today"),
        "alerts",
        (1, ORANGE),
    ),
    stat(
        4,
        "Oldest unanswered",
        "For how many days has the longest unanswered alert (bands alert and urgent) been known? 'no data' also stands "
        "here when none is unanswered. From `alerts`. The colors change at 14 and 30 days, a display choice.",
        "SELECT max(known_days) AS days\n"
        f"FROM alerts\nWHERE status = 'open' AND band IN ('alert', 'urgent')\n  AND {FILTER}",
        "days",
        (14, ORANGE),
        (30, VERMILION),
        unit="d",
    ),
    stat(
        5,
        "Last heard",
        "How long before the end of the window did any source last say anything? While this is short, an empty board "
        "means that nothing happened; while it is long, that nothing was heard. The clock does not count. From "
        "`freshness`. The colors change after one and three days, a display choice.",
        "SELECT if(count() = 0, NULL, greatest(0, dateDiff('second', max(last_heard), $__toTime))) AS silence\n"
        "FROM freshness\nWHERE source != 'clock'",
        "silence",
        (DAY, ORANGE),
        (3 * DAY, VERMILION),
        unit="s",
    ),
    Panel(
        id=7,
        title="What changed in this window",
        question="Which alerts were opened, raised, lowered, closed, withdrawn or opened again since the window began, "
        "newest first? From `alert_transitions`, by the time of the log; changes of wording are left out. Where the "
        "alert's handling or an embargo forbids more, then or now, only band and destination are shown.",
        kind="table",
        sql=(
            "SELECT t.time AS time, t.transition AS transition, t.band AS band, t.destination AS destination,\n"
            f"  {shown(spaced('t.clause_kind'))} AS clause_kind,\n"
            f"  if(shared, {PAGE.replace('(id)', '(t.id)')}, '/alerts') AS page\n"
            "FROM alert_transitions AS t\n"
            "WHERE $__timeFilter(t.time)\n"
            "  AND $__conditionalAll(t.destination IN (${destination:singlequote}), $destination)\n"
            "  AND $__conditionalAll(t.issuing_state IN (${issuing_state:singlequote}), $issuing_state)\n"
            "ORDER BY t.time DESC, t.id LIMIT 200"
        ),
        columns=(
            moment("time", "When [UTC]"),
            text("transition", "Change", *TRANSITIONS, width=120, link=TO_THE_PAGE),
            band(110, leads=False),
            destination(120),
            text("clause_kind", "Clause"),
            hidden("page"),
        ),
        grid=Grid(0, 4, 13, 10),
        no_value="No alert changed in this window. Whether anything was heard: see 'Last heard' above.",
    ),
    Panel(
        id=8,
        title="Where",
        question="In which destinations are live alerts, by band? From `alerts`; the table below has the numbers.",
        kind="barchart",
        sql=(
            f"SELECT destination, {BY_BAND}\n"
            f"FROM alerts\nWHERE {LISTED}\n  AND {FILTER}\n"
            "GROUP BY destination ORDER BY urgent DESC, alert DESC, review DESC, destination LIMIT 15"
        ),
        columns=(text("destination", "destination"), *series_of_bands()),
        grid=Grid(13, 4, 11, 10),
        no_value=NO_ALERTS,
        stacked=True,
        horizontal=True,
    ),
    Panel(
        id=9,
        title="Where, in numbers",
        question="How many live alerts has each destination, how many unanswered (bands alert and urgent), how many "
        "overdue, and for how long has its oldest been known? From `alerts`.",
        kind="table",
        sql=(
            f"SELECT destination, {BY_BAND},\n"
            "  countIf(status = 'open' AND band_rank >= 3) AS unanswered, countIf(due < today) AS overdue,\n"
            "  max(known_days) AS oldest\n"
            f"FROM alerts\nWHERE {LISTED}\n  AND {FILTER}\n"
            "GROUP BY destination ORDER BY urgent DESC, alert DESC, review DESC, destination LIMIT 100"
        ),
        columns=(
            text("destination", "Destination", UNATTRIBUTED, link=_TO_TRIAGE),
            *(number(each.value, each.text, width=95) for each in BANDS if each.value != "context"),
            number("unanswered", "Unanswered"),
            number("overdue", "Overdue"),
            number("oldest", "Oldest", "d"),
        ),
        grid=Grid(0, 14, 13, 9),
        no_value=NO_ALERTS,
    ),
    Panel(
        id=10,
        title="Opened and settled, 28 days",
        question="Does the number of alerts grow? Opened or opened again, against closed or withdrawn, by day of the "
        "log, for 28 days whatever the window. From `alert_transitions`.",
        kind="timeseries",
        sql=flow("opened", "settled"),
        columns=flow_columns("opened", "settled"),
        grid=Grid(13, 14, 11, 9),
        no_value="No alert was opened or settled in 28 days. Whether anything was heard: see 'Last heard' above.",
        interval="1d",
        time_from="28d",
        bars=True,
    ),
    Panel(
        id=11,
        title="Accounts of incidents in this window",
        question="Of which destinations were incidents reported since the window began? From `incidents`, by the time "
        f"of the record. Numbers below {SMALL_GROUP} are hidden, because few accounts point at few people; an account "
        "that names several destinations counts in each, so that no number can be worked back.",
        kind="table",
        sql=(
            f"SELECT destination, if(accounts < {SMALL_GROUP}, 'fewer than {SMALL_GROUP}', toString(accounts)) AS "
            f"accounts\n"
            "FROM (\n"
            "  SELECT arrayJoin(destinations) AS destination, count() AS accounts\n"
            "  FROM incidents\n"
            "  WHERE $__timeFilter(recorded_at)\n"
            "  GROUP BY destination\n"
            ")\n"
            "WHERE $__conditionalAll(destination IN (${destination:singlequote}), $destination)\n"
            "ORDER BY destination LIMIT 100"
        ),
        columns=(destination(), text("accounts", "Accounts [count]")),
        grid=Grid(0, 23, 13, 7),
        no_value="No incident was reported in this window. Whether anything was heard: see 'Last heard' above.",
    ),
    Panel(
        id=12,
        title="What stands beside the alerts",
        question="What could not be matched, is flooded or contradicts itself, by destination? From `remarks`; the "
        "sentences are on the destination's page.",
        kind="table",
        sql=(
            "SELECT destination, replaceAll(kind, '_', ' ') AS remark, count() AS remarks,\n"
            "  concat('/destinations/', encodeURLComponent(destination)) AS page\n"
            "FROM remarks\n"
            "WHERE $__conditionalAll(destination IN (${destination:singlequote}), $destination)\n"
            "GROUP BY destination, remark ORDER BY destination, remark LIMIT 200"
        ),
        columns=(
            text(
                "destination",
                "Destination",
                UNATTRIBUTED,
                link=Link(title="Open the destination's page", url="${pages}${__data.fields.page}"),
            ),
            text("remark", "Remark"),
            number("remarks", "Number"),
            hidden("page"),
        ),
        grid=Grid(13, 23, 11, 7),
        no_value="No remarks. Whether anything was heard: see 'Last heard' above.",
    ),
)

OVERVIEW = Board(
    uid="pledgewatch-overview",
    title="Pledgewatch · Overview",
    question="Is anything new or overdue, and where? What changed since the shift began? The window is the shift.",
    panels=PANELS,
    variables=(DESTINATION, ISSUING_STATE),
    annotations=(POLICIES, RETRACTIONS),
    links=(
        board_link("Triage", "pledgewatch-triage"),
        board_link("Pipeline", "pledgewatch-pipeline"),
        Link(title="Pages", url="${pages}/alerts"),
    ),
    time_from="now-8h",
)
