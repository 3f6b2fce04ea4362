"""The guided tour: what a visitor sees in two minutes, step by step."""

from __future__ import annotations

import datetime as dt

from schemas.common import Struct
from streams.demo.story import ARVESSA, KARSOVIA, LUMERRA, SANKORRA, TAMIRAND, USTREYA, ZEFIRAT
from streams.demo.telling import day


class Step(Struct, frozen=True, kw_only=True):
    """One step of the tour: `path` is the page to show, `date` the day in the world that the text speaks of."""

    title: str
    text: str
    path: str
    date: dt.date


def _alert(alert_id: str) -> str:
    return f"/alerts/{alert_id}"


TOUR: tuple[Step, ...] = (
    Step(
        title="A government signs",
        text="Karsovia receives four consoles of the spyware Sablefinch. Before the grant its minister signed a "
        "pledge: only against terrorism and serious crime, by this directorate, never against journalists. The "
        "serial numbers were delivered and seen on site. What they are used for, nobody checked.",
        path=f"/facts/license:{KARSOVIA.ref}",
        date=day("2024-11-19"),
    ),
    Step(
        title="Ten articles, one origin",
        text="In May 2025 ten newspapers in five languages report three journalists targeted in Karsovia. All "
        "repeat one statement, so they weigh as one voice: the case stays at watch. Volume never raises a score.",
        path=_alert(KARSOVIA.alert("art-3")) + "?as_known_at=2025-06-02",
        date=day("2025-05-27"),
    ),
    Step(
        title="A laboratory, eleven months late",
        text="In February 2026 a laboratory shows what happened in March 2025. It raises the alert. Article 3 is "
        "quoted as it stood then; the softer wording of October 2025 does not count for March.",
        path=_alert(KARSOVIA.alert("art-3")) + "?as_known_at=2026-02-13",
        date=day("2026-02-11"),
    ),
    Step(
        title="A denial and a warrant",
        text="The maker denies, and weighs nothing. The government shows a judge's approval: Article 4, which asks "
        "for one, is answered on its face. Article 3 bars journalists all the same and stays open. Clauses are "
        "judged one by one.",
        path=_alert(KARSOVIA.alert("art-4")),
        date=day("2026-03-18"),
    ),
    Step(
        title="Three licenses fit",
        text="Eight journalists in Tamirand, the product certain, the agency unknown. Three states licensed "
        "Sablefinch there. The case is scored once; each license bears a third, and no state learns another's "
        "exporter.",
        path=_alert(TAMIRAND[0].alert("art-3")),
        date=day("2026-01-22"),
    ),
    Step(
        title="A serial number travels",
        text="A catcher delivered to Sankorra is read in Belogara, in other hands: an alert. Its twin stands in "
        "Ostrevia, and stays quiet, because consent to that transfer was on file before.",
        path=_alert(SANKORRA.alert("art-6")),
        date=day("2025-11-24"),
    ),
    Step(
        title="Silence climbs",
        text="Ustreya turned the inspectors away. Then the yearly inventory did not come, nor the half-yearly "
        "report. Nobody reported anything; the days did. What is due and missing climbs from watch to review to "
        "alert.",
        path=_alert(USTREYA.alert("nr-8")),
        date=day("2026-08-31"),
    ),
    Step(
        title="Cameras at a march",
        text="Face recognition bought for stadiums and the border looked at a protest in Lumerra. A second delivery "
        "is pending and can still be stopped, so this is urgent. On shared boards groups below five stay hidden.",
        path=_alert(LUMERRA.alert("art-2")),
        date=day("2026-04-24"),
    ),
    Step(
        title="Five hundred tips",
        text="In three days a web form accuses the government of Arvessa five hundred times. No alert is raised. What "
        "is shown is a note on integrity: somebody may want this to look like evidence.",
        path=f"/destinations/{ARVESSA.country}",
        date=day("2026-05-06"),
    ),
    Step(
        title="The source takes it back",
        text="A report raised an alert in Zefirat; in June 2026 its authors found two samples mixed up. The alert "
        "is withdrawn as if the report had never come, and everybody who was told is told again. The history stays.",
        path=_alert(ZEFIRAT.alert("art-3")),
        date=day("2026-06-15"),
    ),
)  # fmt: skip
"""The steps, in the order of the story."""
