"""Board *Triage*: what next, whose is it, how old, what is stuck? Each row leads to the page where one can act."""
# ruff: noqa: S608  (no text from outside gets into these queries; filters are filled in and quoted by Grafana)

from __future__ import annotations

from dashboards.looks import (
    CLOSE_REASONS,
    ORANGE,
    VERMILION,
    hidden,
    number,
    series_of_bands,
    text,
)
from dashboards.model import Board, Grid, Link, Mapping, Panel
from dashboards.questions import (
    DESTINATION,
    FILTER,
    ISSUING_STATE,
    LIVE,
    NO_ALERTS,
    NOTHING_HEARD,
    PAGE,
    POLICIES,
    TO_THE_PAGE,
    board_link,
    shown,
    spaced,
)
from dashboards.shapes import (
    BY_BAND,
    LISTED,
    OFFICE,
    WORKED,
    alerts_where,
    band,
    destination,
    flow,
    flow_columns,
    stat,
    state,
    whose,
)

STUCK = 14
"""Days without a decision after which a live alert is called stuck; a display choice."""

_QUIET = (
    "SELECT alerts.*, dateDiff('day', coalesce(toDate32(last_word), first_known, toDate32(opened_at)), today) AS "
    "quiet\n"
    "  FROM alerts\n"
    "  LEFT JOIN (SELECT alert, max(at) AS last_word FROM decisions GROUP BY alert) AS d ON d.alert = alerts.id\n"
    f"  WHERE {WORKED}"
)
"""Live alerts at review or above, with the days since anyone decided anything of them (or since it was known)."""
_FIRST_ANSWERS = (
    "SELECT dateDiff('day', first_known, toDate32(first_word)) AS days\n"
    "  FROM alerts\n"
    "  INNER JOIN (SELECT alert, min(at) AS first_word FROM decisions GROUP BY alert) AS d ON d.alert = alerts.id\n"
    "  WHERE isNotNull(first_known) AND $__timeFilter(first_word)\n"
    f"  AND {FILTER}"
)


PANELS = (
    stat(
        0,
        "Live",
        "How many alerts at review or above are open or acknowledged? From `alerts`. 'no data': no day has begun in "
        "the log yet.",
        alerts_where(WORKED),
        "alerts",
    ),
    stat(
        1,
        "Nobody's",
        "How many live alerts at review or above are assigned to nobody? From `alerts`.",
        alerts_where(f"{WORKED} AND assigned_to = ''"),
        "alerts",
        (1, ORANGE),
    ),
    stat(
        2,
        "Stuck",
        f"For how many live alerts at review or above has nobody decided anything for {STUCK} days? From `alerts` and "
        "`decisions`.",
        f"SELECT if({NOTHING_HEARD}, NULL, count()) AS alerts\nFROM (\n  {_QUIET}\n)\n"
        f"WHERE quiet >= {STUCK}\n  AND {FILTER}",
        "alerts",
        (1, ORANGE),
    ),
    stat(
        3,
        "Can still be stopped",
        "In how many live alerts can something still be stopped: a use that goes on, support, a delivery or a renewal "
        "that is pending? From `alerts`.",
        alerts_where(f"{LIVE} AND actionable = 1"),
        "alerts",
        (1, VERMILION),
    ),
    stat(
        4,
        "First answer, half of them",
        "Within how many days of becoming known did half of the alerts get their first decision, among those first "
        "answered in the window? From `alerts` and `decisions`. 'no data': none was. Says nothing of alerts that still "
        "wait: for those see 'How old'.",
        f"SELECT if(count() = 0, NULL, quantileExact(0.5)(days)) AS days\nFROM (\n  {_FIRST_ANSWERS}\n)",
        "days",
        unit="d",
    ),
    stat(
        5,
        "First answer, nine in ten",
        "Within how many days of becoming known did nine in ten alerts get their first decision, among those first "
        "answered in the window? From `alerts` and `decisions`. 'no data': none was.",
        f"SELECT if(count() = 0, NULL, quantileExact(0.9)(days)) AS days\nFROM (\n  {_FIRST_ANSWERS}\n)",
        "days",
        unit="d",
    ),
    Panel(
        id=7,
        title="What next",
        question="Which live alert comes next? First those where something can still be stopped, then by band, then by "
        "what is due first, then the oldest. From `alerts`; at most 200. Each row leads to the alert's page. Where the "
        "alert's handling (TLP) or an embargo forbids more, the row says only that it is there.",
        kind="table",
        sql=(
            "SELECT band, if(actionable = 1, 'yes', 'no') AS stoppable, destination, "
            f"{shown('title')} AS title,\n"
            f"  {shown(spaced('clause_kind'))} AS clause_kind, status,\n"
            f"  {OFFICE},\n"
            f"  known_days, toString(due) AS due_on, {shown('waiting_for')} AS waiting_for, if(shared, {PAGE}, "
            f"'/alerts') AS page\n"
            "FROM alerts\n"
            f"WHERE {LISTED}\n  AND {FILTER}\n"
            "ORDER BY actionable DESC, band_rank DESC, isNull(due), due, known_days DESC, id LIMIT 200"
        ),
        columns=(
            band(105),
            text(
                "stoppable",
                "Can be stopped",
                Mapping(value="yes", text="▶ yes"),
                Mapping(value="no", text="no"),
                width=120,
            ),
            destination(100),
            text("title", "What", link=TO_THE_PAGE),
            text("clause_kind", "Clause", width=180),
            state(),
            whose(140),
            number("known_days", "Known for", "d", width=100),
            text("due_on", "Due", width=100),
            text("waiting_for", "Waits for"),
            hidden("page"),
        ),
        grid=Grid(0, 4, 24, 11),
        no_value=NO_ALERTS,
    ),
    Panel(
        id=8,
        title="Stuck, listed",
        question=f"Of which live alerts at review or above has nobody decided anything for {STUCK} days, the quietest "
        "first? From `alerts` and `decisions`; an alert without a decision counts from the day it became known.",
        kind="table",
        sql=(
            f"SELECT quiet, band, destination, {shown('title')} AS title, status,\n"
            f"  {OFFICE}, if(shared, {PAGE}, '/alerts') AS page\n"
            f"FROM (\n  {_QUIET}\n)\n"
            f"WHERE quiet >= {STUCK}\n  AND {FILTER}\n"
            "ORDER BY quiet DESC, band_rank DESC, id LIMIT 100"
        ),
        columns=(
            number("quiet", "Quiet for", "d", width=100),
            band(105),
            destination(100),
            text("title", "What", link=TO_THE_PAGE),
            state(),
            whose(140),
            hidden("page"),
        ),
        grid=Grid(0, 15, 14, 9),
        no_value="Nothing is stuck. Whether anything was heard at all: see 'Last heard' on the overview.",
    ),
    Panel(
        id=9,
        title="Whose",
        question="Who has how many live alerts at review or above, how many overdue, and how old is the oldest? "
        "Offices, not persons. From `alerts`.",
        kind="table",
        sql=(
            f"SELECT {OFFICE}, count() AS alerts,\n"
            "  countIf(band_rank >= 3) AS pressing, countIf(due < today) AS overdue, max(known_days) AS oldest\n"
            f"FROM alerts\nWHERE {WORKED}\n  AND {FILTER}\n"
            "GROUP BY office ORDER BY alerts DESC, office LIMIT 100"
        ),
        columns=(
            whose(),
            number("alerts", "Live", width=80),
            number("pressing", "Alert or urgent", width=130),
            number("overdue", "Overdue", width=90),
            number("oldest", "Oldest", "d", width=90),
        ),
        grid=Grid(14, 15, 10, 9),
        no_value=NO_ALERTS,
    ),
    Panel(
        id=10,
        title="How old",
        question="For how long have the live alerts been known, by band? From `alerts`, against the greatest day of "
        "the log.",
        kind="barchart",
        sql=(
            "SELECT multiIf(isNull(known_days), 'not known', known_days <= 7, '7 days or less',\n"
            "    known_days <= 30, '8 to 30 days', known_days <= 90, '31 to 90 days', 'over 90 days') AS age,\n"
            f"  {BY_BAND}\n"
            f"FROM alerts\nWHERE {LISTED}\n  AND {FILTER}\n"
            "GROUP BY age ORDER BY min(known_days)"
        ),
        columns=(text("age", "age"), *series_of_bands()),
        grid=Grid(0, 24, 8, 8),
        no_value=NO_ALERTS,
        stacked=True,
    ),
    Panel(
        id=11,
        title="In and out",
        question="Does the queue grow? Alerts opened or opened again, against closed or withdrawn, by day of the log. "
        "From `alert_transitions`.",
        kind="timeseries",
        sql=flow("came", "went"),
        columns=flow_columns("came", "went"),
        grid=Grid(8, 24, 8, 8),
        no_value="No alert came or went in this window. Whether anything was heard: see the overview.",
        interval="1d",
        bars=True,
    ),
    Panel(
        id=12,
        title="Closed, and why",
        question="With which reasons were alerts closed in the window? From `decisions`, by the time of the decision; "
        "an alert closed twice counts twice.",
        kind="table",
        sql=(
            "SELECT if(close_reason = '', 'other', close_reason) AS reason, count() AS closings\n"
            "FROM decisions\nWHERE kind = 'close' AND $__timeFilter(at)\n"
            "  AND $__conditionalAll(destination IN (${destination:singlequote}), $destination)\n"
            "GROUP BY reason ORDER BY closings DESC, reason LIMIT 20"
        ),
        columns=(text("reason", "Reason", *CLOSE_REASONS), number("closings", "Closed")),
        grid=Grid(16, 24, 8, 8),
        no_value="No alert was closed in this window. Whether anything was heard: see the overview.",
    ),
)

TRIAGE = Board(
    uid="pledgewatch-triage",
    title="Pledgewatch · Triage",
    question="What next, whose is it, how old is it, what is stuck?",
    panels=PANELS,
    variables=(DESTINATION, ISSUING_STATE),
    annotations=(POLICIES,),
    links=(
        board_link("Overview", "pledgewatch-overview"),
        board_link("Pipeline", "pledgewatch-pipeline"),
        Link(title="Pages", url="${pages}/alerts"),
    ),
    time_from="now-30d",
)
