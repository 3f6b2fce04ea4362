"""What must come out of the invented world, each with the number of its hard case (`domain.md` 5) and a sentence why.

The table is the author's judgment, not a recording of what the core says: tests hold the core against it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from schemas import Alert, Case, Remark
from schemas.common import Struct
from schemas.vocabulary import BANDS, AlertStatus, Band, Verdict
from streams.demo import background as b
from streams.demo import cases as c
from streams.demo import story as s
from streams.demo.telling import day

RAISED: tuple[Band, ...] = ("alert", "urgent")
ANY: tuple[Band, ...] = BANDS


class Expectation(Struct, frozen=True, kw_only=True):
    """One thing that must hold. Without `bands` there must be nothing above context."""

    case: int
    """Number of the hard case; 0: none of them."""
    why: str
    alert: str | None = None
    """Id of the alert spoken of."""
    destination: str | None = None
    """Where no alert is named: all alerts of this destination, and its remarks."""
    incident: str | None = None
    """Only grounds that rest on this account or report, `source:id`."""
    bands: tuple[Band, ...] = ()
    """Bands that are right; empty: there is no alert, or none above context."""
    status: AlertStatus | None = None
    verdict: Verdict | None = None
    version: int | None = None
    """Version of the clause that is quoted."""
    other_versions: tuple[int, ...] = ()
    candidates: int | None = None
    """Licenses in the group [count]; their shares are equal."""
    origins: int | None = None
    """Independent origins in the ledger [count]."""
    members: int | None = None
    """Accounts in the case [count]."""
    victims_at_most: int | None = None
    replies_at_least: int = 0
    remark: str | None = None
    """A note of this kind stands in the destination's remarks."""
    as_of: dt.date | None = None
    """The world as it was known on this day; absent: its last."""


def faults(expectation: Expectation, alerts: Sequence[Alert], remarks: Sequence[Remark]) -> list[str]:
    """Everything in which `alerts` and `remarks` differ from the expectation."""
    if expectation.remark:
        return list(_remark_faults(expectation, remarks))
    spoken = [alert for alert in alerts if _concerns(expectation, alert)]
    if not expectation.bands:
        return [f"{alert.id} is at {_band(expectation, alert)}" for alert in spoken if _loud(expectation, alert)]
    if not spoken:
        return [f"there is no alert {expectation.alert or expectation.destination}"]
    return [fault for alert in spoken for fault in _alert_faults(expectation, alert)]


def _concerns(expectation: Expectation, alert: Alert) -> bool:
    if alert.status == "withdrawn":
        return False
    if expectation.alert is not None:
        return alert.id == expectation.alert
    return alert.destination == expectation.destination and bool(_grounds(expectation, alert))


def _grounds(expectation: Expectation, alert: Alert) -> list[Case]:
    if expectation.incident is None:
        return list(alert.cases)
    return [case for case in alert.cases if expectation.incident in case.members]


def _band(expectation: Expectation, alert: Alert) -> str:
    if expectation.incident is None:
        return alert.band
    return ", ".join(sorted({case.band for case in _grounds(expectation, alert)}))


def _loud(expectation: Expectation, alert: Alert) -> bool:
    if expectation.incident is None:
        return alert.band != "context"
    return any(case.band != "context" for case in _grounds(expectation, alert))


def _alert_faults(expectation: Expectation, alert: Alert) -> Iterator[str]:
    bands = [case.band for case in _grounds(expectation, alert)] if expectation.incident else [alert.band]
    if not set(bands) & set(expectation.bands):
        yield f"{alert.id} is at {', '.join(bands) or 'nothing'}, expected {' or '.join(expectation.bands)}"
    if expectation.status and alert.status != expectation.status:
        yield f"{alert.id} is {alert.status}, expected {expectation.status}"
    quoted = alert.clause
    if expectation.version and (quoted is None or quoted.version != expectation.version):
        yield f"{alert.id} quotes version {quoted.version if quoted else 'none'}, expected {expectation.version}"
    if expectation.other_versions and (quoted is None or quoted.other_versions != expectation.other_versions):
        yield f"{alert.id} names other versions {quoted.other_versions if quoted else ()}"
    grounds = [case for case in _grounds(expectation, alert) if case.kind == "incident"]
    if grounds:
        for fault in _case_faults(expectation, grounds):
            yield f"{alert.id}: {fault}"
    elif expectation.origins or expectation.candidates:
        yield f"{alert.id} rests on no account"


def _case_faults(expectation: Expectation, grounds: Sequence[Case]) -> Iterator[str]:
    case = grounds[0]
    if expectation.verdict and case.verdict != expectation.verdict:
        yield f"the clause is said to be {case.verdict}, expected {expectation.verdict}"
    origins = sum(term.kind == "support" and not term.label.startswith("report:") for term in case.ledger)
    if expectation.origins is not None and origins != expectation.origins:
        yield f"{origins} origins are weighed, expected {expectation.origins}"
    if expectation.members is not None and len(case.members) != expectation.members:
        yield f"{len(case.members)} accounts in the case, expected {expectation.members}"
    if expectation.candidates is not None:
        shares = [candidate.share for candidate in case.candidates]
        if len(shares) != expectation.candidates or max(shares) - min(shares) > 1:
            yield f"shares are {shares}, expected {expectation.candidates} equal ones"
    told = sum(victims.count for victims in case.victims)
    if expectation.victims_at_most is not None and told > expectation.victims_at_most:
        yield f"{told} victims are counted, expected at most {expectation.victims_at_most}"
    if len(case.replies) < expectation.replies_at_least:
        yield f"{len(case.replies)} replies are shown, expected at least {expectation.replies_at_least}"


def _remark_faults(expectation: Expectation, remarks: Sequence[Remark]) -> Iterator[str]:
    here = [remark for remark in remarks if remark.destination == expectation.destination]
    of_kind = [remark for remark in here if remark.kind == expectation.remark]
    about = [remark for remark in of_kind if expectation.incident is None or expectation.incident in remark.subject]
    if not about:
        yield f"{expectation.destination} has no note {expectation.remark} on {expectation.incident or 'anything'}"


EXPECTED: tuple[Expectation, ...] = (
    # The story
    Expectation(
        case=17, alert=s.KARSOVIA.alert("art-3"), bands=("watch",), origins=1, as_of=day("2025-06-30"),
        why="Ten articles, told by three feeders, render one statement: one origin, so the case stays at watch.",
    ),
    Expectation(
        case=8, alert=s.KARSOVIA.alert("art-3"), bands=RAISED, version=1, as_of=day("2026-02-12"), origins=2,
        why="The laboratory tells in 2026 of 2025: judged against Article 3 as it stood then.",
    ),
    Expectation(
        case=22, alert=s.KARSOVIA.alert("art-3"), bands=RAISED, version=1, verdict="appears_inconsistent",
        why="A warrant answers Article 4, not Article 3, which bars journalists whatever is investigated.",
    ),
    Expectation(
        case=22, alert=s.KARSOVIA.alert("art-4"), bands=(),
        why="The warrant that was shown answers the clause on approvals, on its face.",
    ),
    Expectation(
        case=0, alert=s.KARSOVIA.alert("art-3"), bands=RAISED, status="acknowledged",
        why="The officer has taken on all that is known today.",
    ),
    Expectation(
        case=0, alert=s.KARSOVIA.alert("art-3"), bands=RAISED, status="open", as_of=day("2026-03-18"),
        why="It was taken on in February; the reply of March opened it again.",
    ),
    Expectation(
        case=13, alert=s.KARSOVIA.alert("art-3"), bands=RAISED, replies_at_least=2,
        why="The maker's bare denial and the government's claim of a warrant stand beside the claim and weigh nothing.",
    ),
    Expectation(
        case=1, alert=s.KARSOVIA.alert("art-5"), bands=(),
        why="The agency named is the end user itself.",
    ),
    *(
        Expectation(
            case=4, alert=grant.alert(clause), bands=RAISED, candidates=3,
            why="Product certain, agency unknown, three licenses: scored once, a third each.",
        )
        for grant, clause in zip(s.TAMIRAND, ("art-3", "art-2", "nr-2"), strict=True)
    ),
    Expectation(
        case=3, alert=s.TAMIRAND[2].alert("nr-2"), bands=RAISED,
        why="The exporter of record is a dealer; its license fits by product, not by brand.",
    ),
    Expectation(
        case=0, alert=s.SANKORRA.alert("art-6"), bands=RAISED,
        why="A piece delivered to Sankorra was read on site in Belogara, without consent.",
    ),
    Expectation(
        case=0, destination="QO", incident="xb-inspectorate:SIGHT-2025-05", bands=(),
        why="Its twin stands in Ostrevia with consent given before.",
    ),
    Expectation(
        case=31, alert=s.USTREYA.alert("nr-10"), bands=RAISED,
        why="Inspectors of the granting state were refused access.",
    ),
    Expectation(
        case=31, alert=s.USTREYA.alert("nr-8"), bands=("alert",),
        why="The annual inventory is overdue by more than 120 days.",
    ),
    Expectation(
        case=31, alert=s.USTREYA.alert("nr-8"), bands=("watch", "review"), as_of=day("2026-04-13"),
        why="In April the same inventory was due and not yet long overdue: silence climbs.",
    ),
    Expectation(
        case=31, alert=s.USTREYA.alert("nr-9"), bands=("watch", "review", "alert"),
        why="The half-yearly report of June 2026 has not come.",
    ),
    Expectation(
        case=0, alert=s.LUMERRA.alert("art-2"), bands=("urgent",),
        why="An E3 investigation of a march, with a second delivery that can still be stopped.",
    ),
    Expectation(
        case=27, destination="QT", bands=(), why="Five hundred tips of a quarantined web form raise nothing.",
    ),
    Expectation(
        case=27, destination="QT", remark="flood", why="The flood itself is an integrity note.",
    ),
    Expectation(
        case=15, alert=s.ZEFIRAT.alert("art-3"), bands=RAISED, as_of=day("2025-12-29"),
        why="Before the retraction the report raised an alert.",
    ),
    Expectation(
        case=15, destination="QV", bands=(), why="The source took it back: as if it had never come.",
    ),
    # The hard cases
    Expectation(
        case=1, alert=c.OSTREVIA.alert("art-3"), incident=c.OLD_NAME.ref, bands=("watch", "review"),
        why="The maker bore another name until 2023; an account that uses it still fits, by vendor only.",
    ),
    Expectation(
        case=1, destination="QR", remark="unresolved_name",
        why="A vendor that the register does not know goes to review, not to oblivion.",
    ),
    Expectation(
        case=2, destination="QR", incident=c.WRONG_ALIAS.ref, bands=(),
        why="A public list ascribed Duskmantle to Halcyrne; the names desk found that to be wrong.",
    ),
    Expectation(
        case=5, alert=c.DORANGAL.alert("nr-2"), incident=c.ENABLER.ref, bands=RAISED,
        why="The licensed unlocker enabled it, whoever made the implant.",
    ),
    Expectation(
        case=5, destination="XD", incident=c.DOMESTIC.ref, bands=(),
        why="A domestic tool alone is nobody's export.",
    ),
    *(
        Expectation(
            case=6, alert=grant.alert(clause), bands=RAISED, members=1,
            why="Two products on one device are two claims, each on its own license.",
        )
        for grant, clause in ((c.CALDONNE[0], "art-3"), (c.CALDONNE[1], "nr-2"))
    ),
    Expectation(
        case=3, alert=c.CALDONNE[2].alert("art-2"), incident=c.GROUP_ONLY.ref, bands=("watch",),
        why="Only the corporate group fits: a weak reason, and said to be one.",
    ),
    Expectation(
        case=7, alert=c.PALVIRRA.alert("art-6"), incident=c.CROSS_BORDER.ref, bands=RAISED,
        why="The operator's state is the destination; its targets were abroad, outside the territory of use.",
    ),
    Expectation(
        case=7, destination="QY", bands=(), why="Where the targets were says nothing about who operated.",
    ),
    Expectation(
        case=9, alert=c.ISHKARA.alert("art-3"), incident=c.SOME_TIME_IN_2025.ref, bands=(*RAISED, "review"),
        version=1, other_versions=(2,),
        why="A year straddles the amendment: the version of its beginning is quoted, the other named.",
    ),
    Expectation(
        case=10, alert=c.LAPSED.alert("art-3"), incident=c.AFTER_EXPIRY.ref, bands=RAISED,
        why="The license lapsed in 2024; the pledge did not.",
    ),
    Expectation(
        case=10, alert=c.LATE_SHIPMENT.alert("art-12"), bands=("watch", "review", *RAISED),
        why="A shipment arrived after the license had ended.",
    ),
    Expectation(
        case=11, destination="XP", incident=c.BEFORE_DELIVERY.ref, bands=(),
        why="It happened four months before anything was delivered: context.",
    ),
    Expectation(
        case=12, destination="XP", incident=c.AFTER_DISPOSAL.ref, bands=(),
        why="All pieces were proven destroyed seven months earlier.",
    ),
    Expectation(
        case=0, alert=c.RUVENIA.alert("art-2"), bands=ANY, status="closed", incident=c.JUDGED_LAWFUL.ref,
        why="An officer judged the account and closed it as lawful; nothing else has come.",
    ),
    Expectation(
        case=14, alert=c.SERRALTA.alert("anexo-1"), bands=("review", "alert", "urgent"), replies_at_least=1,
        why="An oversight body examined the logs and disputes the laboratory: contested, both shown.",
    ),
    Expectation(
        case=16, alert=c.ORLESQUE.alert("art-3"), incident=c.METHOD_DISPUTED.ref, bands=RAISED, replies_at_least=1,
        why="A method that is criticized without any examination takes nothing away.",
    ),
    Expectation(
        case=18, alert=c.ORLESQUE.alert("art-3"), incident=c.FOLLOW_UPS[-1].ref, bands=RAISED, victims_at_most=30,
        why="Follow-ups replace the count, they do not add to it.",
    ),
    Expectation(
        case=21, alert=c.ORLESQUE.alert("art-3"), incident=c.OTHER_COUNT.ref, bands=RAISED, members=2,
        victims_at_most=30, why="“At least 22” and “about 30” are two words on one event.",
    ),
    Expectation(
        case=19, alert=c.ISHKARA.alert("art-8"), incident=c.THIRTY_SEVEN.ref, bands=RAISED, members=1,
        why="One report, thirty-seven targets at one time: one case, and more than the twenty-five allowed.",
    ),
    Expectation(
        case=20, destination="QX", incident=c.PART.ref, bands=("watch", "review"), members=2, victims_at_most=90,
        why="Six of the ninety are part of the ninety.",
    ),
    Expectation(
        case=23, destination="QP", incident=c.AGGREGATE.ref, bands=(),
        why="Five hundred and seventy-eight lawful measures, counted by an audit, are no violation.",
    ),
    Expectation(
        case=24, alert=c.THESSMAR.alert("art-3"), incident=c.ATTEMPTS.ref, bands=("watch",),
        why="Notices of attempts show use by somebody; alone they stay at watch.",
    ),
    Expectation(
        case=25, alert=c.THESSMAR.alert("art-3"), incident=c.SELECTED.ref, bands=("watch",),
        why="A list of numbers selected shows no attack.",
    ),
    Expectation(
        case=26, alert=c.THESSMAR.alert("art-3"), incident=c.SINGLE_SOURCE.ref, bands=("watch",),
        why="One paper alone, however sure of itself, stays at watch.",
    ),
    Expectation(
        case=27, alert=c.HJELVIK.alert("art-3"), incident=c.letter(1).ref, bands=("watch",),
        why="Sixty letters of a source that cannot be judged weigh nothing, however much they name.",
    ),
    Expectation(
        case=27, destination="XT", remark="flood", why="Sixty letters in a month are an integrity note.",
    ),
    Expectation(
        case=29, destination="XQ", incident=c.TAKEN_DOWN.ref, bands=(),
        why="The source asked for its removal, for safety.",
    ),
    Expectation(
        case=30, destination="QP", remark="unmatched_incident", incident=c.NO_LICENSE.ref,
        why="A credible account that fits no license is kept and shown.",
    ),
    Expectation(
        case=31, alert=c.NEMORRA.alert("art-10"), bands=("alert",), why="The end user never filed a report.",
    ),
    Expectation(
        case=0, destination="XQ", remark="no_pledge", why="A license was granted with no pledge on file.",
    ),
    Expectation(
        case=0, alert=b.GRANTS["N-2025-0103"].alert("art-3"), bands=("urgent",),
        why="The laboratory says that the use was going on when it wrote: it can still be stopped.",
    ),
    Expectation(
        case=0, alert=b.GRANTS["V-2024-0139"].alert("art-9"), bands=RAISED,
        why="Inspectors of the granting state found three of thirty cameras missing.",
    ),
    Expectation(
        case=0, alert=b.GRANTS["V-2024-0134"].alert("art-8"), bands=RAISED,
        why="Inspectors found thirteen hundred channels in use where nine hundred are allowed.",
    ),
    Expectation(
        case=0, alert=b.GRANTS["N-2025-0098"].alert("art-11"), bands=(),
        why="A question to the exporter that stays unanswered is no refusal of an inspection by the end user.",
    ),
    Expectation(
        case=0, destination="QW", bands=(), why="An exercise raises no alert, however grave it sounds.",
    ),
    *(
        Expectation(case=0, destination=code, bands=(), why="What was promised was done, and nobody said a word.")
        for code in ("QY", "QZ", "XM")
    ),
)  # fmt: skip
"""All that must hold."""
