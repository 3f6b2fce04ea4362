"""What a page shows of alerts: choosing, ordering, grouping, what changed, what may be seen. Pure."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from typing import get_args
from urllib.parse import urlencode

import msgspec

from schemas.alert import Alert, Candidate, Case, Evidence
from schemas.codec import AnyFact, fact_key
from schemas.retraction import Retraction
from schemas.vocabulary import AlertStatus, Band
from streams.access import Access
from streams.pages import words
from streams.rules.known import NOW, Standpoint

STALE_AFTER = 30
"""Days without any word after which an empty page speaks of silence rather than of peace [days]; a display choice."""


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """What the address of the list asks for; empty: no restriction."""

    band: Band | None = None
    destination: str = ""
    state: str = ""
    status: AlertStatus | None = None
    group: str = ""
    since: dt.date | None = None
    at: Standpoint = NOW
    """From where one looks."""
    problems: tuple[str, ...] = ()
    """What in the address could not be understood, in words."""

    def address(self, **changes: object) -> str:
        """Address of the list with these filters, some of them changed."""
        asked = {name: getattr(self, name) for name in ("band", "destination", "state", "status", "group", "since")}
        return "/?" + urlencode({k: str(v) for k, v in (asked | self.at.query() | changes).items() if v})

    @property
    def any(self) -> bool:
        """Whether anything is asked for."""
        return bool(self.band or self.destination or self.state or self.status or self.group or self.since)


def read_filters(query: Mapping[str, str], at: Standpoint = NOW) -> Filters:
    """The filters in an address; a word that is not known is named and left out, never guessed."""
    problems: list[str] = []
    band = _one_of(query.get("band", ""), get_args(Band), "band", problems)
    status = _one_of(query.get("status", ""), get_args(AlertStatus), "status", problems)
    return Filters(
        band=band,  # type: ignore[arg-type]
        status=status,  # type: ignore[arg-type]
        destination=_state(query.get("destination", ""), "destination", problems),
        state=_state(query.get("state", ""), "issuing state", problems),
        group=query.get("group", "")[:400],
        since=read_day(query.get("since", ""), problems),
        at=at,
        problems=tuple(problems),
    )


def _one_of(text: str, known: Sequence[str], name: str, problems: list[str]) -> str | None:
    if not text:
        return None
    if text in known:
        return text
    problems.append(f"The {name} in the address is not one of {words.list_of(known, 'or')}; it was left out.")
    return None


def _state(text: str, name: str, problems: list[str]) -> str:
    text = text.strip().upper()
    if not text or (len(text) == 2 and text.isascii() and text.isalpha()):
        return text
    problems.append(f"The {name} in the address is not a code of two letters; it was left out.")
    return ""


def read_day(text: str, problems: list[str] | None = None) -> dt.date | None:
    """A day in an address or form, `2025-03-09`; what is none is noted in `problems`."""
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        if problems is not None:
            problems.append("The day in the address is not a date as in 2025-03-09; it was left out.")
        return None


def issuing_state(records: Iterable[Alert]) -> str | None:
    """Issuing state of the license, from the newest record that names it (a withdrawn one may not)."""
    return next((record.license.issuing_state for record in records if record.license), None)


def visible(access: Access, records: Iterable[Alert]) -> bool:
    """Whether an officer may open an alert: licenses of other issuing states are not their business."""
    if not access.states:
        return True
    state = issuing_state(records)
    return state is not None and state in access.states


def chosen(alerts: Iterable[Alert], filters: Filters, access: Access) -> list[Alert]:
    """The alerts that the officer may see and asked for, the most pressing first.

    Without a status asked for, closed and withdrawn ones are left out: they ask for nothing.
    """
    return sorted((a for a in alerts if visible(access, [a]) and _asked(a, filters)), key=_urgency)


def _asked(alert: Alert, filters: Filters) -> bool:
    state = issuing_state([alert])
    return (
        (filters.band is None or alert.band == filters.band)
        and (not filters.destination or alert.destination == filters.destination)
        and (not filters.state or state == filters.state)
        and (alert.status == filters.status if filters.status else alert.status in ("open", "acknowledged"))
        and (not filters.group or filters.group in groups(alert))
    )


def _urgency(alert: Alert) -> tuple[int, bool, int, str]:
    known = alert.first_known.toordinal() if alert.first_known else 0
    return -words.band_rank(alert.band), alert.status != "open", -known, alert.id


def by_band(alerts: Sequence[Alert]) -> list[tuple[Band, list[Alert]]]:
    """The alerts by band, the most pressing band first; bands without alerts are left out."""
    bands = reversed(get_args(Band))
    return [(band, found) for band in bands if (found := [a for a in alerts if a.band == band])]


def by_license(alerts: Sequence[Alert]) -> list[list[Alert]]:
    """The alerts put together that concern one license in one destination: an officer reads them as one matter."""
    together: dict[tuple[str, str], list[Alert]] = {}
    for alert in alerts:
        ref = alert.license.ref if alert.license else alert.id
        together.setdefault((alert.destination, ref), []).append(alert)
    return list(together.values())


def groups(alert: Alert) -> frozenset[str]:
    """Keys of the groups of candidates that the alert's cases belong to."""
    return frozenset(case.group for case in alert.cases if case.group)


def shown_cases(alert: Alert) -> list[Case]:
    """The alert's cases: open before judged, the most pressing first."""
    return sorted(alert.cases, key=lambda case: (not case.open, -words.band_rank(case.band), case.key))


def leading(alert: Alert) -> Case | None:
    """The case that gives the alert its band."""
    return next(iter(shown_cases(alert)), None)


class CandidateView(msgspec.Struct, frozen=True, kw_only=True):
    """The candidates of a case as one officer may see them: others are counted, their exporters not named."""

    own: tuple[Candidate, ...]
    others: int
    """Candidates of other issuing states [count]."""
    others_share: int
    """Their share together [millionths]."""


def candidates(case: Case, state: str | None) -> CandidateView:
    """The candidates of the alert's own issuing state by rank; those of other states only in number."""
    own = tuple(c for c in case.candidates if c.issuing_state == state)
    others = [c for c in case.candidates if c.issuing_state != state]
    return CandidateView(own=own, others=len(others), others_share=sum(c.share for c in others))


def judged_evidence(alert: Alert, keys: frozenset[str] | None = None) -> tuple[Evidence, ...]:
    """The evidence of the alert's open cases (of those in `keys`, if given), each piece once, in a fixed order."""
    cases = [case for case in alert.cases if case.open and (keys is None or case.key in keys)]
    found = {(piece.fact, piece.revision): piece for case in cases for piece in case.evidence}
    return tuple(found[key] for key in sorted(found))


def all_evidence(alert: Alert) -> tuple[Evidence, ...]:
    """Every fact that the alert rests on, each once, in a fixed order."""
    found = {(piece.fact, piece.revision): piece for case in alert.cases for piece in case.evidence}
    return tuple(found[key] for key in sorted(found))


History = Sequence[tuple[dt.date, Alert]]
"""Every record of one alert with the day that it belongs to, oldest first."""


def dated(
    records: Sequence[tuple[dt.datetime, Alert]],
    today: dt.date,
    facts: Callable[[], Iterable[AnyFact]] = lambda: (),
) -> list[tuple[dt.date, Alert]]:
    """The history of an alert from its records and the time the log had them.

    A log that was written by a replay is younger than the days that it tells of: there a record belongs to the newest
    day that it speaks of, from which it holds, or on which a fact that it rests on was recorded. One that speaks of
    none (nothing is left of it) belongs to the day on which the last of them was taken back. Only then are the stored
    `facts` asked for.
    """
    replayed = any(at.date() > today + dt.timedelta(days=1) for at, _ in records)
    recorded = _recorded(facts(), {piece.fact for _, a in records for piece in all_evidence(a)}) if replayed else {}
    found: list[tuple[dt.date, Alert]] = []
    for at, alert in records:
        before = found[-1] if found else None
        day = alert.assessed_on or (_day_of(before[1] if before else None, alert, recorded) if replayed else at.date())
        day = day or today
        found.append((max(day, before[0]) if before else day, alert))
    return found


Recorded = Mapping[str, Sequence[tuple[int, bool, dt.date]]]
"""By fact: revision, whether it was taken back in it, and the day on which that was recorded."""


def _recorded(facts: Iterable[AnyFact], keys: Set[str]) -> Recorded:
    words: dict[str, list[tuple[int, bool, dt.date]]] = {}
    for fact in facts:
        if fact.recorded_at is not None and (key := fact_key(fact)) in keys:
            on = fact.recorded_at.astimezone(dt.UTC).date()
            words.setdefault(key, []).append((fact.revision, isinstance(fact, Retraction), on))
    return words


def _day_of(before: Alert | None, alert: Alert, recorded: Recorded) -> dt.date | None:
    """The newest day that a record speaks of, or on which what it rests on was recorded; of none, what ended it."""
    came = [
        min(on for revision, _, on in recorded[piece.fact] if revision == piece.revision)
        for piece in all_evidence(alert)
        if any(revision == piece.revision for revision, _, _ in recorded.get(piece.fact, ()))
    ]
    spoken = (newest_day(alert), alert.versions.since if alert.versions else None)
    if days := [*came, *(day for day in spoken if day)]:
        return max(days)
    ended = [
        on
        for piece in (all_evidence(before) if before else ())
        for revision, taken, on in recorded.get(piece.fact, ())
        if revision > piece.revision or (taken and revision >= piece.revision)
    ]
    return max(ended, default=None)


def newest_day(alert: Alert) -> dt.date | None:
    """The newest day of which an alert speaks: when things became known, were published, answered, due or decided."""
    days = [alert.first_known, *(note.at.date() for note in alert.decisions)]
    for case in alert.cases:
        days += [case.known_since, case.due, *(reply.at for reply in case.replies)]
        days += [published.published_at for term in case.ledger for published in term.publications]
    return max((day for day in days if day), default=None)


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One record in the history of an alert, and what it changed."""

    on: dt.date
    alert: Alert
    changes: tuple[str, ...]


def steps(history: History) -> list[Step]:
    """The history of an alert, oldest first; records that changed nothing told here are left out."""
    told: list[Step] = []
    before: Alert | None = None
    for on, alert in history:
        found = changes(before, alert)
        if found:
            told.append(Step(on=on, alert=alert, changes=found))
        before = alert
    return told


def changes(before: Alert | None, after: Alert) -> tuple[str, ...]:
    """What differs between two records of one alert, in words; `before` is `None` for the first."""
    if after.status == "withdrawn":
        return () if before is not None and before.status == "withdrawn" else ("Withdrawn: nothing is left of it",)
    if before is None or before.status == "withdrawn":
        opened = "Opened" if before is None else "Opened again after it was withdrawn"
        return (f"{opened} at {words.say('Band', after.band)}",)
    found = []
    if before.band != after.band:
        way = "Raised" if words.band_rank(after.band) > words.band_rank(before.band) else "Lowered"
        found.append(f"{way} from {words.say('Band', before.band)} to {words.say('Band', after.band)}")
    if before.status != after.status:
        found.append(f"Now {words.say('AlertStatus', after.status)}")
    return (
        *found,
        *_evidence_changes(before, after),
        *_decision_changes(before, after),
        *_clause_change(before, after),
    )


def _evidence_changes(before: Alert, after: Alert) -> list[str]:
    old = {piece.fact: piece.revision for piece in all_evidence(before)}
    new = {piece.fact: piece.revision for piece in all_evidence(after)}
    revised = sum(1 for fact in old.keys() & new.keys() if old[fact] != new[fact])
    said = [
        (len(new.keys() - old.keys()), "fact added"),
        (len(old.keys() - new.keys()), "fact taken back"),
        (revised, "fact revised"),
    ]
    return [words.count(number, what, what.replace("fact", "facts", 1)) for number, what in said if number]


def _decision_changes(before: Alert, after: Alert) -> list[str]:
    known = {note.ref for note in before.decisions}
    return [f"Decision: {words.say('DecisionKind', n.kind)}" for n in after.decisions if n.ref not in known]


def _clause_change(before: Alert, after: Alert) -> list[str]:
    if before.clause and after.clause and before.clause.version != after.clause.version:
        return [f"Clause quoted in version {after.clause.version}, before in version {before.clause.version}"]
    return []


def until(history: History, day: dt.date | None) -> History:
    """The history up to a day, without one the whole."""
    return [(on, alert) for on, alert in history if day is None or on <= day]


def as_of(history: History, on: dt.date) -> Alert | None:
    """The record that stood at the end of the day `on`, or `None` if the alert did not exist yet."""
    return next((alert for day, alert in reversed(history) if day <= on), None)


def changed_since(history: History, since: dt.date) -> tuple[str, ...]:
    """What changed in an alert from the day `since` on (that day's own changes count), in words."""
    if not history or history[-1][0] < since:
        return ()
    return changes(as_of(history, since - dt.timedelta(days=1)), history[-1][1])


def last_live(history: History) -> Alert | None:
    """The last record before the alert was withdrawn."""
    return next((alert for _, alert in reversed(history) if alert.status != "withdrawn"), None)


def nothing_here(freshness: Mapping[str, dt.datetime], today: dt.date | None, hidden: int) -> str:
    """Why a list is empty: filters, nothing heard at all, nothing heard for long, or nothing that concerns a pledge."""
    if hidden:
        return f"Nothing matches these filters. {words.count(hidden, 'alert is', 'alerts are')} outside them."
    silence = last_heard(freshness, today)
    if silence.startswith("Nothing"):
        return silence
    return f"{silence} Of what you may see, nothing on record appears inconsistent with a pledge."


def last_heard(freshness: Mapping[str, dt.datetime], today: dt.date | None) -> str:
    """Whether and when anything was heard at all, so that an empty page is not read as peace."""
    if not freshness:
        return "Nothing was heard yet: no source has sent anything. An empty page says nothing about what happened."
    last = max(freshness.values()).date()
    if today is not None and (today - last).days > STALE_AFTER:
        silent = words.span((today - last).days)
        return (
            f"Nothing was heard since {words.day(last)} ({silent}). "
            "The silence of the sources says nothing about what happened."
        )
    return f"Sources were heard, last on {words.day(last)}; what nobody reported is not known."


def options_of(alerts: Iterable[Alert]) -> tuple[list[str], list[str]]:
    """Destinations and issuing states that occur, for the filter's lists."""
    seen = list(alerts)
    states = {state for alert in seen if (state := issuing_state([alert]))}
    return sorted({alert.destination for alert in seen}), sorted(states)


def tally(alerts: Sequence[Alert]) -> Counter[Band]:
    """Alerts that ask for something (open or acknowledged), by band."""
    return Counter(alert.band for alert in alerts if alert.status in ("open", "acknowledged"))
