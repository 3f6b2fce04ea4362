"""What each page asks of the warehouse. Blocking: the routes call it in a thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import msgspec

from dashboards.expanded import Window, expand
from dashboards.model import Board, Panel
from schemas.alert import Alert, Remark
from schemas.codec import AnyFact, body_hash, fact_key, kind_of
from schemas.erasure import Hold
from schemas.license import License
from schemas.report import PostShipmentReport
from schemas.retraction import Retraction
from streams.access import Access
from streams.pages import boards, forms, ledger, surveys, views, words
from streams.pages.frame import Told, today
from streams.pages.ports import PagePorts
from streams.rules.known import NOW, Standpoint
from streams.rules.placing import destinations_of

MOST = 2000
"""Alerts read for one page [count]; where there are more, the page says that it shows the most pressing."""
ASKED_AT_ONCE = 4
"""Questions of a board that the warehouse answers side by side [count]."""
A_BAND, ALONE = 25, 500
"""Rows of a band beside others, and of a band that was asked for alone [count]."""


def of_index(now: PagePorts, access: Access, filters: views.Filters) -> dict[str, object]:
    """Alerts by band, what changed since a day, and why nothing is there."""
    ports = now.back(filters.at)
    reads = ports.reads
    every = reads.alerts(limit=MOST)
    withdrawn = reads.alerts(status="withdrawn", limit=MOST) if filters.status == "withdrawn" or filters.since else []
    pool = [*every, *withdrawn] if filters.status == "withdrawn" else every
    chosen = views.chosen(pool, filters, access)
    destinations, states = views.options_of(a for a in every if views.visible(access, [a]))
    mine = [alert for alert in every if views.visible(access, [alert])]
    return {
        "today": today(ports),
        "filters": filters,
        "bands": views.by_band(chosen),
        "most": ALONE if filters.band else A_BAND,
        "cut": MOST if len(every) == MOST else 0,
        "tally": views.tally(mine),
        "closed": sum(1 for alert in mine if alert.status == "closed"),
        "changed": _changed(now, access, filters, [*every, *withdrawn]) if filters.since else [],
        "nothing": "" if chosen else views.nothing_here(reads.counts().freshness, reads.today(), len(mine)),
        "destinations": destinations,
        "states": states,
        "view": views,
    }


def _changed(
    now: PagePorts, access: Access, filters: views.Filters, alerts: Sequence[Alert]
) -> list[tuple[Alert, tuple[str, ...]]]:
    """What changed from a day on, by alert, the most pressing first."""
    found, day, facts = [], today(now), cache(now.reads.facts)
    for alert in alerts:
        history = views.until(views.dated(now.reads.history(alert.id), day, facts), filters.at.day)
        if filters.since and views.visible(access, [record for _, record in reversed(history)]):
            changes = views.changed_since(history, filters.since)
            if changes:
                found.append((_titled(alert, history), changes))
    return sorted(found, key=lambda pair: (-words.band_rank(pair[0].band), pair[0].id))


def _titled(alert: Alert, history: views.History) -> Alert:
    """The alert, or for a withdrawn one without a title its last record that had one."""
    last = views.last_live(history)
    return msgspec.structs.replace(alert, title=last.title) if last and not alert.title else alert


def of_alert(now: PagePorts, access: Access, alert_id: str, at: Standpoint = NOW) -> dict[str, object]:
    """One alert, as it is or as it stood, with all that stood around it; raises `Told` (404)."""
    newest = now.reads.alert(alert_id)
    whole = views.dated(now.reads.history(alert_id), today(now), now.reads.facts)
    records = [record for _, record in reversed(whole)]
    if newest is None or not views.visible(access, [newest, *records]):
        raise Told(404, "There is no such alert", "Nothing is or was on record under this id that you may open.")
    ports = now.back(at)
    history = views.until(whole, at.day)
    shown = newest if at.now else ports.reads.alert(alert_id) or _withdrawn(history, at)
    if shown is None:
        raise Told(404, "There was no such alert", "Nothing that was there then gives rise to an alert under this id.")
    withdrawn = shown.status == "withdrawn"
    last = views.last_live(history) if withdrawn else shown
    return {
        "today": today(ports),
        "alert": shown,
        "told": last or shown,
        "withdrawn": withdrawn,
        "steps": views.steps(history),
        "notices": ports.reads.notices(alert_id),
        "linked": _linked(ports, access, shown),
        "holds": _holds(now, {alert_id, *(e.fact for r in (*records, newest) for c in r.cases for e in c.evidence)}),
        "state": views.issuing_state([shown, *records]),
        **surveys.beside(now, last or shown, at),
        "ledgers": {case.key: ledger.draw(case.ledger, case.total) for case in (last or shown).cases if case.ledger},
        "view": views,
        "form": forms,
    }


def _holds(ports: PagePorts, things: Set[str]) -> list[Hold]:
    """The litigation holds on an alert, or on what it rests on or ever did."""
    return [hold for hold in ports.rulings.holds() if hold.on in things]


def _withdrawn(history: views.History, at: Standpoint) -> Alert | None:
    """That an alert had been withdrawn by then; what was true then knows of no withdrawal."""
    return history[-1][1] if history and at.as_of is None and history[-1][1].status == "withdrawn" else None


def _linked(ports: PagePorts, access: Access, alert: Alert) -> list[tuple[str, list[Alert]]]:
    """Other alerts of the same group of candidates that this officer may open, by license."""
    keys = views.groups(alert)
    if not keys:
        return []
    same = ports.reads.alerts(destination=alert.destination)
    found = [a for a in same if a.id != alert.id and keys & views.groups(a) and views.visible(access, [a])]
    return [
        (together[0].license.number or together[0].license.ref if together[0].license else "", together)
        for together in views.by_license(found)
    ]


def of_destination(now: PagePorts, access: Access, code: str, at: Standpoint = NOW) -> dict[str, object]:
    """The dossier of a destination."""
    ports = now.back(at)
    every = ports.reads.alerts(destination=code)
    alerts = sorted((a for a in every if views.visible(access, [a])), key=lambda a: (-words.band_rank(a.band), a.id))
    noted = [note for note in ports.reads.remarks(code) if _may_note(now, access, note)]
    notes = surveys.with_needs(now, noted, at)
    licenses = {a.license.ref: a.license for a in alerts if a.license}
    reports = {report.ref: report for a in alerts for report in a.reports}
    quiet = _beside_no_alert(ports, access, code, {*licenses, *reports})
    if not (alerts or notes) and len(code) != 2:
        raise Told(404, "There is no such destination", "Expected a state's code of two letters.")
    return {
        "today": today(ports),
        "code": code,
        "alerts": alerts,
        "licenses": [licenses[ref] for ref in sorted(licenses)],
        "notes": notes,
        "reports": sorted(reports.values(), key=lambda r: (r.performed.first, r.ref), reverse=True),
        "quiet_licenses": sorted((f for f in quiet if isinstance(f, License)), key=lambda f: (f.source, f.id)),
        "quiet_reports": sorted(
            (f for f in quiet if isinstance(f, PostShipmentReport)),
            key=lambda f: (f.performed.first, f.id),
            reverse=True,
        ),
        "nothing": views.last_heard(ports.reads.counts().freshness, ports.reads.today()),
        "view": views,
    }


def _beside_no_alert(
    ports: PagePorts, access: Access, code: str, shown: Set[str]
) -> list[License | PostShipmentReport]:
    """Live licenses of a destination, and reports on it, that stand beside none of its alerts."""
    live = _live(ports.reads.facts())
    state_of = {f"{f.source}:{f.id}": f.issuing_state for f in live if isinstance(f, License)}
    return [
        fact
        for fact in live
        if f"{fact.source}:{fact.id}" not in shown
        and code in destinations_of(fact)
        and (not access.states or access.sees_state(state_of.get(_register_entry(fact), "")))
    ]


def _register_entry(fact: License | PostShipmentReport) -> str:
    return f"{fact.source}:{fact.id}" if isinstance(fact, License) else fact.license


def _live(facts: Sequence[AnyFact]) -> list[License | PostShipmentReport]:
    """The body of each license and report that counts; none of what is taken back."""
    newest: dict[str, AnyFact] = {}
    for fact in facts:
        if kind_of(fact) in ("license", "report"):
            newest[fact_key(fact)] = max(newest.get(fact_key(fact), fact), fact, key=_standing)
    return [fact for fact in newest.values() if isinstance(fact, License | PostShipmentReport)]


def _standing(fact: AnyFact) -> tuple[int, bool, str]:
    return fact.revision, isinstance(fact, Retraction), body_hash(fact)


def _may_note(ports: PagePorts, access: Access, note: Remark) -> bool:
    """Whether the fact that a remark is about may be read."""
    named = ports.reads.fact(note.subject) if note.subject.count(":") > 1 else []
    return _may_read(ports, access, named)


def of_fact(now: PagePorts, access: Access, key: str, at: Standpoint = NOW) -> dict[str, object]:
    """A fact in every revision that was known; raises `Told` (404)."""
    ports = now.back(at)
    revisions = ports.reads.fact(key)
    if not revisions and now.rulings.is_erased(key):
        raise Told(404, "Erased on request", "What stood under this key was erased; that it was, and why, is kept.")
    if not revisions or not _may_read(now, access, revisions):
        raise Told(404, "There is no such fact", "Nothing is on record under this key that you may open.")
    return {
        "today": today(ports),
        "key": key,
        "kind": key.partition(":")[0],
        "holds": _holds(now, {key}),
        "foreknown": surveys.known_of(now, key, at),
        "revisions": [(fact, body_hash(fact), _fields(fact)) for fact in revisions],
    }


def _may_read(ports: PagePorts, access: Access, revisions: Sequence[AnyFact]) -> bool:
    """Whether the fact is about no license, or about one of the officer's issuing states."""
    if not access.states:
        return True
    refs = {ref for fact in revisions if (ref := _license_of(fact))}
    licenses = [f for f in revisions if isinstance(f, License)]
    licenses += [f for ref in refs for f in ports.reads.fact(f"license:{ref}") if isinstance(f, License)]
    if not refs and not licenses:
        return True
    return bool(licenses) and all(license.issuing_state in access.states for license in licenses)


def _license_of(fact: AnyFact) -> str | None:
    """The license that a fact speaks of: its reference, or the middle of an alert's id."""
    license = getattr(fact, "license", None)
    if isinstance(license, str):
        return license
    alert = getattr(fact, "alert", None)
    return alert.split("~")[1] if isinstance(alert, str) else None


def _fields(fact: AnyFact) -> list[tuple[str, object]]:
    """What a fact says, field by field, in its declared order; what it leaves out is left out."""
    return [(name, value) for name, value in msgspec.to_builtins(fact).items() if name != "fact"]


def of_parked(now: PagePorts, source: str | None, at: Standpoint = NOW) -> dict[str, object]:
    """What was set aside, of one source or all."""
    ports = now.back(at)
    return {"today": today(ports), "rows": ports.reads.parked(source, 200), "source": source}


def of_board(ports: PagePorts, access: Access, board: Board, asked: boards.Words, at: Standpoint) -> dict[str, object]:
    """A board: each question answered by the warehouse as it is now. From a past standpoint there is none."""
    if not at.now:
        return {"board": board, "past": True, "board_links": ()}
    offered = _offered({v.name: [str(row[0]) for row in ports.ask(v.sql).rows] for v in board.variables}, access)
    looking = msgspec.structs.replace(
        boards.look(board, asked, offered, access, ports.clock()), country=ports.country_name
    )
    over = Window(looking.now - boards.SPANS[looking.span], looking.now)
    marks = [m for each in board.annotations for m in boards.marks_in(*_answered(ports, expand(each.sql, over)))]
    return {
        "board": board,
        "past": False,
        "looking": looking,
        "offered": offered,
        "spans": tuple(boards.SPANS),
        "board_links": boards.links(board, looking),
        "marks": sorted(marks, key=lambda mark: mark.at),
        "panels": _panels(ports, board, looking, marks),
    }


def _panels(
    ports: PagePorts, board: Board, looking: boards.Looking, marks: Sequence[boards.Mark]
) -> list[boards.Drawn]:
    """Every panel with its answer; several questions are asked at once, for each takes a while to be planned."""
    with ThreadPoolExecutor(ASKED_AT_ONCE) as several:
        return list(several.map(lambda panel: _panel(ports, panel, looking, marks), board.panels))


def _panel(ports: PagePorts, panel: Panel, looking: boards.Looking, marks: Sequence[boards.Mark]) -> boards.Drawn:
    sql = boards.question(panel, looking)
    return boards.drawn(panel, looking, *_answered(ports, sql), marks) if sql else boards.kept_back(panel)


def _answered(ports: PagePorts, sql: str) -> tuple[Sequence[str], Sequence[Sequence[object]]]:
    answer = ports.ask(sql)
    return answer.columns, answer.rows


def _offered(offered: Mapping[str, Sequence[str]], access: Access) -> Mapping[str, Sequence[str]]:
    """What the form offers; to a key that is bound to states only those, for the rest would tell of other states."""
    own = [state for state in offered.get(boards.STATES, ()) if access.sees_state(state)]
    return {boards.STATES: own, **dict.fromkeys(offered.keys() - {boards.STATES}, ())} if access.states else offered
