"""What the boards' questions have in common: filters, how far a board may go, links, marks on the charts."""

from __future__ import annotations

from dashboards.looks import BLUE, LEFT_TO_OFFICERS, PURPLE
from dashboards.model import Annotation, Link, Variable

NOTHING_HEARD = "isNull((SELECT today FROM today))"
"""True until the first day has begun in the log: then a count is not 0, it is unknown."""
LIVE = "status IN ('open', 'acknowledged')"
FILTER = (
    "$__conditionalAll(destination IN (${destination:singlequote}), $destination)\n"
    "  AND $__conditionalAll(issuing_state IN (${issuing_state:singlequote}), $issuing_state)"
)
PAGE = "concat('/alerts/', encodeURLComponent(id))"
"""Path of an alert's page; encoded here, so that it does not hang on how a link is filled in."""

NO_DATA = "no data"
"""In a number's place: the log has not begun a day. An empty count is 0."""
NO_ALERTS = "No alerts here. Whether anything was heard at all: see 'Last heard' on the overview."

DESTINATION = Variable(
    name="destination", title="Destination", sql="SELECT DISTINCT destination FROM alerts ORDER BY destination"
)
ISSUING_STATE = Variable(
    name="issuing_state",
    title="Issuing state",
    sql="SELECT DISTINCT issuing_state FROM alerts WHERE issuing_state != '' ORDER BY issuing_state",
)

POLICIES = Annotation(
    name="New policy",
    color=PURPLE,
    sql=(
        "SELECT recorded_at AS time, concat('Policy ', version) AS title,\n"
        "  concat('in force from ', toString(in_force_from)) AS text, 'policy' AS tags\n"
        "FROM policies WHERE $__timeFilter(recorded_at) ORDER BY time"
    ),
)
RETRACTIONS = Annotation(
    name="Taken back",
    color=BLUE,
    sql=(
        "SELECT recorded_at AS time, concat('Taken back: ', kind) AS title, source AS text, 'retraction' AS tags\n"
        "FROM retracted WHERE $__timeFilter(recorded_at) ORDER BY time"
    ),
)

TO_THE_PAGE = Link(title="Open the alert's page, to read it and to act", url="${pages}${__data.fields.page}")


def board_link(title: str, uid: str) -> Link:
    """To another board."""
    return Link(title=title, url=f"/d/{uid}")


def shown(column: str, instead: str = LEFT_TO_OFFICERS) -> str:
    """SQL of `column` where the board may go as far (`shared`, which the views say), else words."""
    return f"if(shared, toString({column}), '{instead}')"


def spaced(column: str) -> str:
    """SQL of a word of a vocabulary, as one reads it."""
    return f"replaceAll({column}, '_', ' ')"
