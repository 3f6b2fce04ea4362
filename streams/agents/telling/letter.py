"""What a notice says, part by part: which pledge, what is reported, how sure, what else it could be, where to answer.

A `Letter` holds words only, no numbers of the score; templates and webhook bodies are made of it and nothing else.
Other issuing states' licenses are counted, never named.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence, Set

import msgspec

from schemas import Notice
from schemas.alert import Alert, Case, LicenseSummary, QuotedClause
from schemas.erasure import ERASED_SUBJECT
from schemas.vocabulary import Band, Tlp, Transition
from streams.agents.telling import wording
from streams.agents.telling.message import Message
from streams.agents.telling.notices import Draft, Step, clause_of, destination_of
from streams.agents.telling.render import html_of, payload_of, text_of
from streams.agents.telling.routes import TLPS, AnyChannel, House, RoutedUse, Routes
from streams.agents.telling.told import rank
from streams.agents.telling.transitions import further_grounds, grounds_taken_back
from streams.rules.wording import day_words, period_words

LISTED_IN_DIGEST = 200
"""More alerts than this are counted, not listed, in one digest."""


class ClausePart(msgspec.Struct, frozen=True, kw_only=True):
    """One clause of one pledge, in its own words."""

    pledge: str
    heading: bool
    """Whether the pledge is to be introduced here: the first of its clauses."""
    duty: str
    text: str
    language: str
    in_force: str
    license_then: str
    findings: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    """Words and address of the page of each alert."""


class GroundPart(msgspec.Struct, frozen=True, kw_only=True):
    """One incident, report or silence that the notice rests on."""

    what: str
    when: str
    how_sure: str
    evidence: tuple[str, ...]
    claims: tuple[str, ...]
    people: tuple[str, ...]
    replies: tuple[str, ...]
    still_open: tuple[str, ...]
    ruled_out: tuple[str, ...]
    unknown: tuple[str, ...]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a digest, or of a notice that says only that something no longer stands."""

    band: str
    words: str
    link: str


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A notice in words."""

    notice: str
    transition: Transition
    news: str
    band: Band
    subject: str
    happened: tuple[str, ...]
    """What this notice tells, in a few sentences."""
    clauses: tuple[ClausePart, ...] = ()
    grounds: tuple[GroundPart, ...] = ()
    also_fit: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()
    unlisted: int = 0
    waiting: str = ""
    bare: bool = False
    """Nothing of what holds now may be described: neither content nor band."""
    house: str
    pages: str
    tlp: Tlp
    tlp_words: str
    at: dt.datetime

    @property
    def band_words(self) -> str:
        """How pressing it is, where that is still so."""
        return "" if self.bare or self.transition in ("withdrawn", "closed") else wording.BAND[self.band]

    @property
    def band_mark(self) -> str:
        """A shape for the band, so that it does not rest on a color."""
        return wording.MARK[self.band]


def compose(draft: Draft, routes: Routes, channel: AnyChannel, at: dt.datetime) -> Message:
    """The message of a notice: in full, as a list for a digest, or bare where nothing may be described."""
    if draft.bare or draft.transition == "withdrawn":
        return _message(draft, _letter_taken_back(draft, routes.house, channel, at), routes, channel.use, at)
    if draft.digest:
        return _message(draft, _letter_digest(draft, routes.house, channel.use, at), routes, channel.use, at)
    return _message(draft, _letter_full(draft, routes.house, channel.use, at), routes, channel.use, at)


def compose_short(draft: Draft, routes: Routes, channel: AnyChannel, at: dt.datetime) -> Message:
    """The shortest message: that there is news, and where. For a channel that refused the long one."""
    news = wording.NEWS[draft.transition]
    letter = _letter(
        draft,
        routes.house,
        at,
        tlp=channel.tlp,
        subject=f"{news}: {len(draft.steps)} alert{'' if len(draft.steps) == 1 else 's'} about export pledges",
        happened=("There is news about an export pledge. The message in full could not be delivered on this channel.",),
        entries=_entries(draft.steps, routes.house, described=False),
        unlisted=max(0, len(draft.steps) - LISTED_IN_DIGEST),
    )
    return _message(draft, letter, routes, channel.use, at)


def compose_bare(message: Message, routes: Routes, channel: AnyChannel) -> Message:
    """The same notice under the same id, without content: what it described may not be described there any more.

    It counts as telling nothing of the alerts' grounds and versions, so that what may be described is told next.
    """
    notice = msgspec.structs.replace(
        message.notice,
        versions=("",) * len(message.notice.alerts),
        grounds=((),) * len(message.notice.alerts),
        words=(),
        subject="Changed: an alert about an export pledge",
    )
    letter = Letter(
        notice=notice.id,
        transition=notice.transition,
        news="Changed",
        band=notice.band,
        bare=True,
        subject=notice.subject,
        happened=(
            "What we told you is withdrawn."
            if notice.transition == "withdrawn"
            else "There is news about an export pledge. It cannot be described on this channel.",
            "The page says what holds now.",
        ),
        entries=tuple(
            Entry(band="", words=_by_id(alert), link=wording.page_of(routes.house.pages, alert))
            for alert in notice.alerts[:LISTED_IN_DIGEST]
        ),
        unlisted=max(0, len(notice.alerts) - LISTED_IN_DIGEST),
        house=wording.clean(routes.house.name),
        pages=routes.house.pages,
        tlp=channel.tlp,
        tlp_words=wording.TLP[channel.tlp],
        at=notice.at,
    )
    return msgspec.structs.replace(
        message,
        notice=notice,
        text=text_of(letter),
        html=html_of(letter),
        payload=payload_of(letter, notice),
        bare=True,
    )


def _called(step: Step, use: RoutedUse) -> str:
    """What an alert is called: as it was told before, where it cannot or may not be described now."""
    if step.bare or step.alert.license is None:
        return step.told.words if step.told else ""
    return wording.capital(wording.short_subject(step.alert, [step.alert.destination], use))


def _message(draft: Draft, letter: Letter, routes: Routes, use: RoutedUse, at: dt.datetime) -> Message:
    notice = draft.notice(at=at, subject=letter.subject, words=[_called(step, use) for step in draft.steps])
    domain = routes.house.mail_domain
    before = f"<{notice.before}@{domain}>" if notice.before else None
    threads = tuple(dict.fromkeys(f"<{_thread(step)}@{domain}>" for step in draft.steps))[:10]
    return Message(
        notice=notice,
        to=_officers(draft.steps),
        message_id=f"<{notice.id}@{domain}>",
        in_reply_to=before,
        references=threads + ((before,) if before else ()),
        text=text_of(letter),
        html=html_of(letter),
        payload=payload_of(letter, notice),
        bare=letter.bare,
    )


def _thread(step: Step) -> str:
    """Left half of the id of the thread that all mails about one clause of one license share."""
    return "clause." + "".join(c if c.isascii() and c.isalnum() else f"-{ord(c):x}-" for c in step.clause)[:200]


def _officers(steps: Iterable[Step]) -> tuple[str, ...]:
    roles = {step.alert.license.responsible_officer for step in steps if step.alert.license}
    return tuple(sorted(wording.clean(role) for role in roles if role))


def _letter(
    draft: Draft,
    house: House,
    at: dt.datetime,
    *,
    subject: str,
    happened: tuple[str, ...],
    tlp: Tlp | None = None,
    **parts: object,
) -> Letter:
    label = tlp or _strictest(step.alert.tlp for step in draft.steps)
    return Letter(
        notice=draft.id,
        transition=draft.transition,
        news="Changed" if draft.bare else wording.NEWS[draft.transition],
        band=draft.band,
        bare=draft.bare,
        subject=wording.clean(subject)[:180],
        happened=happened,
        house=wording.clean(house.name),
        pages=house.pages,
        tlp=label,
        tlp_words=wording.TLP[label],
        at=at,
        **parts,  # type: ignore[arg-type]
    )


def _strictest(labels: Iterable[Tlp]) -> Tlp:
    return max(labels, key=TLPS.index)


def _letter_full(draft: Draft, house: House, use: RoutedUse, at: dt.datetime) -> Letter:
    alerts = [step.alert for step in draft.steps]
    subject = f"{wording.NEWS[draft.transition]}: {_subject(alerts, use)}"
    return _letter(
        draft,
        house,
        at,
        subject=subject,
        happened=tuple(_happened(draft, use)),
        clauses=tuple(_clauses(alerts, house, use)),
        grounds=tuple(_grounds(alerts, use)),
        also_fit=tuple(_also_fit(alerts, use)),
        waiting=wording.outward(next((a.waiting_for for a in alerts if a.waiting_for), "")) if use == "officer" else "",
    )


def _subject(alerts: Sequence[Alert], use: RoutedUse) -> str:
    """The clause of which most is said, with its destinations, and how many clauses beside it."""
    lead = max(alerts, key=_strength)
    alike = [alert.destination for alert in alerts if clause_of(alert.id) == clause_of(lead.id)]
    others = len({clause_of(alert.id) for alert in alerts}) - 1
    beside = f" and {others} more clause{'' if others == 1 else 's'}" if others else ""
    return wording.short_subject(lead, sorted(alike), use) + beside


def _strength(alert: Alert) -> tuple[int, bool]:
    """How much an alert says: its band, then whether it appears inconsistent or only touches its clause."""
    return rank(alert.band), any(case.open and case.verdict == "appears_inconsistent" for case in alert.cases)


def _happened(draft: Draft, use: RoutedUse) -> list[str]:
    """What this notice tells, relative to what was told before."""
    pledge = _which(draft.steps)
    told = [step.told for step in draft.steps if step.told is not None]
    before = f" (told on {day_words(min(t.notice_record.at for t in told).date())})" if told else ""
    said = {
        "opened": _opening(draft.steps, pledge),
        "reopened": f"New evidence has come up on {pledge} on which our last word{before} was that nothing is open.",
        "raised": f"There is more to say about {pledge} than what you were told{before}: it is now more serious.",
        "lowered": f"What you were told about {pledge}{before} is now less serious.",
        "closed": f"An officer has closed what you were told about {pledge}{before}.",
        "withdrawn": f"What you were told about {pledge}{before} is withdrawn.",
    }[draft.transition]
    return [said, *_what_changed(draft), *_closing(draft, use)]


def _opening(steps: Sequence[Step], pledge: str) -> str:
    """`appears inconsistent with` only where a rule says so; what is a matter of judgment is left to the officer."""
    clauses = {step.clause for step in steps}
    inconsistent = {step.clause for step in steps for case in step.alert.cases if case.open and _inconsistent(case)}
    if inconsistent == clauses:
        return f"What has been recorded appears inconsistent with {pledge}."
    if inconsistent:
        return f"What has been recorded touches {pledge} and appears inconsistent with {len(inconsistent)} of them."
    return f"What has been recorded touches {pledge}. An officer has to judge whether it is consistent with it."


def _inconsistent(case: Case) -> bool:
    return case.verdict == "appears_inconsistent"


def _which(steps: Sequence[Step]) -> str:
    """`a pledge given for an export to XM`: what the notice is about, by clauses and destinations."""
    clauses = len({step.clause for step in steps})
    licenses = len({step.alert.license.ref for step in steps if step.alert.license})
    pledges = "a pledge" if licenses <= 1 else f"{licenses} pledges"
    places = wording.listing(wording.country(code) for code in sorted({step.alert.destination for step in steps}))
    return f"{pledges if clauses <= licenses else f'{clauses} clauses of {pledges}'} given for exports to {places}"


def _what_changed(draft: Draft) -> list[str]:
    lines = []
    for step in draft.steps:
        if step.told is None:
            continue
        if draft.transition in ("raised", "lowered") and step.told.band != step.alert.band:
            lines.append(
                f"It stood at “{wording.BAND[step.told.band]}” and now stands at “{wording.BAND[step.alert.band]}”."
            )
        if draft.transition == "lowered" and grounds_taken_back(step.told, step.alert):
            how = "was erased on request" if _was_erased(step) else "has been taken back"
            lines.append(f"Something that it rested on {how} and counts no longer.")
        if draft.transition == "raised" and further_grounds(step.told, step.alert):
            lines.append("A further event or report has come to it.")
    return list(dict.fromkeys(lines))


def _closing(draft: Draft, use: RoutedUse) -> list[str]:
    """The decision that closed it: day and ground; the officer's reasoning stays with officers."""
    if draft.transition != "closed":
        return []
    lines = []
    for step in draft.steps:
        decision = max((d for d in step.alert.decisions if d.kind == "close"), key=lambda d: d.at, default=None)
        if decision is None:
            continue
        ground = f": {decision.close_reason.replace('_', ' ')}" if decision.close_reason else ""
        lines.append(f"Decided on {day_words(decision.at.date())}{ground}.")
        if use == "officer" and decision.reason:
            lines.append(f"Reason given: {wording.outward(decision.reason)}")
    return list(dict.fromkeys(lines))


def _clauses(alerts: Sequence[Alert], house: House, use: RoutedUse) -> list[ClausePart]:
    """Each clause once, with its finding for each destination."""
    parts: dict[tuple[str, str, str], ClausePart] = {}
    for alert in sorted(alerts, key=lambda alert: (clause_of(alert.id), alert.destination)):
        if alert.clause is None or alert.license is None:
            continue
        key = (alert.license.ref, alert.clause.id, alert.clause.text)
        part = parts.get(key) or ClausePart(
            pledge=_pledge(alert.license, use),
            heading=alert.license.ref not in {license_ for license_, _, _ in parts},
            duty=wording.DUTY[alert.clause.kind],
            text=alert.clause.text,
            language=alert.clause.language,
            in_force=_in_force(alert.clause),
            license_then=_license_then(alert.license),
            findings=(),
            links=(),
        )
        link = (_link_words(alert), wording.page_of(house.pages, alert.id))
        parts[key] = msgspec.structs.replace(
            part, findings=(*part.findings, _finding(alert, use)), links=(*part.links, link)
        )
    return list(parts.values())


def _link_words(alert: Alert) -> str:
    clause = f", clause {wording.clean(alert.clause.id)}" if alert.clause else ""
    return f"Read all of it and answer ({wording.country(alert.destination)}{clause})"


def _finding(alert: Alert, use: RoutedUse) -> str:
    """The neutral sentence; for others than officers it is put together here, so that it names nobody."""
    own = wording.outward(alert.title, wording.names_in(alert))
    band = wording.BAND[alert.band].lower()
    if use == "officer" and own and own != wording.ON_THE_PAGE:
        where = "" if alert.destination in own.split() else f"{wording.country(alert.destination)}: "
        return f"{where}{own.rstrip('.')}. Our reading: {band}."
    return (
        f"What is reported from {wording.country(alert.destination)} appears inconsistent with this clause. "
        f"Our reading: {band}."
    )


def _pledge(license_: LicenseSummary, use: RoutedUse) -> str:
    """Who pledged what to whom, when, for which export."""
    products = wording.listing(wording.clean(p) for p in license_.products) or "surveillance technology"
    places = wording.listing(wording.country(c) for c in license_.destinations)
    granted = f"{wording.country(license_.issuing_state)} licensed the export of {products} to {places}"
    if use == "partners":
        granted += f" (granted on {day_words(license_.granted_at)})"
    else:
        number = wording.clean(license_.number or license_.ref)
        granted += (
            f" by {wording.clean(license_.exporter)} (license {number}, granted on {day_words(license_.granted_at)})"
        )
    granted += f", for use by {wording.clean(license_.end_user)}."
    if license_.pledge_by is None:
        return f"{granted} No signed pledge is on file; the clause stands in the license."
    signed = f" on {day_words(license_.pledge_signed_at)}" if license_.pledge_signed_at else ""
    return f"{granted} {wording.capital(wording.clean(license_.pledge_by))} signed the pledge{signed}."


def _in_force(clause: QuotedClause) -> str:
    since = f" since {day_words(clause.valid_from)}" if clause.valid_from else ""
    until = f" until {day_words(clause.valid_to)}" if clause.valid_to else ""
    span = f", in force{since}{until}" if since or until else ""
    others = ""
    if clause.other_versions:
        listed = wording.listing(str(v) for v in clause.other_versions)
        others = f" In another part of the period version {listed} was in force."
    after = " The duty goes on after the license has ended." if clause.outlives_license else ""
    if clause.implied_by:
        return f"The pledge on file does not have this clause; the law implies it, as the alert's page shows.{after}"
    return f"Clause {wording.clean(clause.id)}, version {clause.version}{span}.{others}{after}"


_STATUS = {
    "applied": "applied for", "granted": "in force", "amended": "in force, as amended", "suspended": "suspended",
    "revoked": "revoked", "lapsed": "lapsed", "transferred": "transferred",
}  # fmt: skip


def _license_then(license_: LicenseSummary) -> str:
    then, today = _STATUS[license_.status_then], _STATUS[license_.status_today]
    if then == today:
        return f"The license was {then} at the time and still is."
    return f"The license was {then} at the time and is {today} today."


def _grounds(alerts: Sequence[Alert], use: RoutedUse) -> list[GroundPart]:
    """Each open case once, the most pressing first, though several clauses or licenses rest on it."""
    cases: dict[str, Case] = {}
    names = {name for alert in alerts for name in wording.names_in(alert)}
    for alert in alerts:
        for case in alert.cases:
            known = cases.get(case.key)
            if case.open and rank(case.band) >= rank("watch") and (known is None or rank(case.band) > rank(known.band)):
                cases[case.key] = case
    ordered = sorted(cases.values(), key=lambda case: (-rank(case.band), case.key))
    strongest = [case for case in ordered if rank(case.band) >= rank("review")] or ordered
    return [_ground(case, use, names) for case in strongest]


def _ground(case: Case, use: RoutedUse, names: Set[str]) -> GroundPart:
    kept = ("victims",) if use == "officer" else ("victims", "agency", "ground")
    claims = [a for a in case.assertions if a.matter not in kept]
    officer = use == "officer"
    return GroundPart(
        what=wording.outward(case.sentence, names) if officer else _what(case),
        when=_when(case),
        how_sure=wording.how_sure(case.band, case.how_sure),
        evidence=_evidence(case),
        claims=tuple(wording.assertion_sentence(a) for a in claims),
        people=tuple(wording.people_words(case.victims)) if officer else (),
        replies=tuple(wording.reply_sentence(reply) for reply in case.replies),
        still_open=tuple(_alternative(case, "open")),
        ruled_out=tuple(_alternative(case, "ruled_out")),
        unknown=tuple(dict.fromkeys(wording.sentence(wording.outward(words)) for words in case.unknown)),
    )


def _what(case: Case) -> str:
    return {
        "incident": "An event was reported that appears inconsistent with the clause.",
        "report": "A post-shipment report holds something that appears inconsistent with the clause.",
        "silence": "A report that is due has not come.",
    }[case.kind]


def _when(case: Case) -> str:
    if case.kind == "silence" and case.due:
        return f"Due on {day_words(case.due)}."
    words = []
    if case.occurred:
        words.append(f"Said to have happened {period_words(case.occurred)}.")
    if case.known_since:
        words.append(f"Known since {day_words(case.known_since)}.")
    return " ".join(words)


def _evidence(case: Case) -> tuple[str, ...]:
    """What the origins say, each in the words of the technology."""
    said = (wording.evidence_sentence(term, case.technology) for term in case.ledger)
    return tuple(s for s in said if s) or _no_evidence(case)


def _no_evidence(case: Case) -> tuple[str, ...]:
    return {
        "incident": ("The sources are listed on the page of the alert.",),
        "report": ("The report itself; it is listed on the page of the alert.",),
        "silence": ("Nothing was received. Silence is a finding, not a proof.",),
    }[case.kind]


def _alternative(case: Case, state: str) -> list[str]:
    sentences = []
    for other in case.alternatives:
        if other.state == state:
            why = wording.outward(other.reason)
            why = f" {wording.sentence(why)}" if why and why != wording.ON_THE_PAGE else ""
            sentences.append(wording.ALTERNATIVE[other.kind] + why)
    return list(dict.fromkeys(sentences))


def _also_fit(alerts: Sequence[Alert], use: RoutedUse) -> list[str]:
    """Other licenses that fit as well: of the same issuing state by name for its officers, of others by number only."""
    own_states = {alert.license.issuing_state for alert in alerts if alert.license}
    told = {alert.license.ref for alert in alerts if alert.license}
    candidates = {
        (candidate.issuing_state, candidate.license)
        for alert in alerts
        for case in alert.cases
        if case.open
        for candidate in case.candidates
        if candidate.license not in told
    }
    own = sorted(license_ for state, license_ in candidates if state in own_states)
    others = len(candidates) - len(own)
    fitting = len(candidates) + len(told)
    lines = []
    if fitting > 1:
        lines.append(
            f"{fitting} licenses fit what is reported; which of them is concerned, if any, is not known. "
            "None of them is named to another exporter."
        )
    if own and use == "officer":
        lines.append(f"Also granted by your state: {wording.listing(wording.clean(license_) for license_ in own)}.")
    if others:
        lines.append(
            "1 of them was granted by another state; its own authority is told of it."
            if others == 1
            else f"{others} of them were granted by other states; their own authorities are told of them."
        )
    return lines


def _entries(steps: Iterable[Step], house: House, *, described: bool, use: RoutedUse = "officer") -> tuple[Entry, ...]:
    ordered = sorted(steps, key=lambda step: (-rank(step.band), step.alert.id))
    return tuple(
        Entry(
            band=wording.BAND[step.band].partition(":")[0] if described else "",
            words=(_called(step, use) if described else step.told.words if step.told else "") or _by_id(step.alert.id),
            link=wording.page_of(house.pages, step.alert.id),
        )
        for step in ordered[:LISTED_IN_DIGEST]
    )


def _by_id(alert_id: str) -> str:
    """Names nothing that the channel cannot know: the destination, which stands in the id that it was told."""
    return f"A pledge given for an export to {wording.country(destination_of(alert_id))}"


def _letter_digest(draft: Draft, house: House, use: RoutedUse, at: dt.datetime) -> Letter:
    count = len(draft.steps)
    state = next((s.alert.license.issuing_state for s in draft.steps if s.alert.license), None)
    of_state = f" of {wording.country(state)}" if state else ""
    first = {
        "opened": f"{count} alerts about pledges{of_state} have opened at once, out of records taken in together.",
        "reopened": f"{count} alerts about pledges{of_state} are open again.",
        "raised": f"{count} alerts about pledges{of_state} now stand more serious than you were told.",
        "lowered": f"{count} alerts about pledges{of_state} now stand less serious than you were told.",
        "closed": f"{count} alerts about pledges{of_state} have been closed by officers.",
        "withdrawn": f"{count} alerts that you were told of are withdrawn.",
    }[draft.transition]
    return _letter(
        draft,
        house,
        at,
        subject=f"{wording.NEWS[draft.transition]}: {count} alerts about pledges{of_state}, in one list",
        happened=(
            first,
            "They come as one list instead of a mail each. What appears inconsistent may have other explanations.",
        ),
        entries=_entries(draft.steps, house, described=True, use=use),
        unlisted=max(0, count - LISTED_IN_DIGEST),
    )


def _letter_taken_back(draft: Draft, house: House, channel: AnyChannel, at: dt.datetime) -> Letter:
    """A withdrawal, or news that may not be described here: names only what was told before."""
    told = [step.told.notice_record for step in draft.steps if step.told is not None]
    subjects = list(dict.fromkeys(_told_as(notice) for notice in told if notice.subject != ERASED_SUBJECT))
    taken = {step.alert.id for step in draft.steps}
    part = " in part" if any(not taken.issuperset(notice.alerts) for notice in told) else ""
    withdrawn = draft.transition == "withdrawn"
    erased = any(_was_erased(step) for step in draft.steps)
    count = "an alert" if len(draft.steps) == 1 else f"{len(draft.steps)} alerts"
    head = _bare_subject(told[0].subject) if len(subjects) == 1 and not erased else count
    return _letter(
        draft,
        house,
        at,
        tlp=channel.tlp,
        subject=f"{wording.NEWS[draft.transition] if withdrawn else 'Changed'}{part}: {head}",
        happened=(
            _taken_back(withdrawn, bool(part), erased),
            *subjects,
            _please(withdrawn),
        ),
        entries=_entries(draft.steps, house, described=False),
        unlisted=max(0, len(draft.steps) - LISTED_IN_DIGEST),
    )


def _was_erased(step: Step) -> bool:
    """Whether something that was told of it was erased on request."""
    return step.told is not None and step.told.notice_record.subject == ERASED_SUBJECT


def _taken_back(withdrawn: bool, part: bool, erased: bool) -> str:
    what = "A part of what we told you" if part else "What we told you"
    if withdrawn and erased:
        return f"{what} no longer stands. It is withdrawn: what it rested on was erased on request."
    if withdrawn:
        return f"{what} no longer stands. It is withdrawn: nothing is left that it rested on."
    return f"{what} no longer stands as told. What has changed may not be described on this channel."


def _please(withdrawn: bool) -> str:
    if withdrawn:
        return "If you have passed it on or acted on it, please correct that."
    return "The page says what holds now."


def _told_as(notice: Notice) -> str:
    return f"Told on {day_words(notice.at.date())}: “{wording.clean(notice.subject)}”"


def _bare_subject(subject: str) -> str:
    """The subject without the word of news it began with."""
    head, _, rest = subject.partition(": ")
    return rest if rest and head.removesuffix(" in part") in {*wording.NEWS.values(), "Changed"} else subject
