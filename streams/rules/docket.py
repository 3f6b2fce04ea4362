"""What holds in one destination, kept up as facts come: looked at again is only what a fact touches.

A fact touches its event or its license. An event touches the licenses that it may be about; a license the events that
may be about it. What was drawn up before is kept as long as nothing that it was drawn from has changed: its facts, or
the days that it asked about. Kept up or drawn up afresh, the same set of facts says the same.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from heapq import heappop, heappush

import msgspec

from schemas import (
    Alert,
    AnyFact,
    Decision,
    Delivery,
    Incident,
    License,
    Match,
    PostShipmentReport,
    Remark,
)
from schemas.alert import Evidence, Versions
from schemas.vocabulary import Band
from streams.rules import remarks
from streams.rules.alerts import CODE_VERSION, Drawn, OnFile, alerts_of, requests_of
from streams.rules.cases import (
    Drafted,
    Handling,
    banded,
    delivery_cases,
    fold_unproven,
    incident_cases,
    report_cases,
    silence_cases,
)
from streams.rules.clusters import Cluster, Clustering
from streams.rules.counted import Counted
from streams.rules.dossier import Partition, facts_of, of_kind, of_ref
from streams.rules.findings import Ground
from streams.rules.fitting import Fit, Profile, about_items, fit, profile_of
from streams.rules.history import Heard
from streams.rules.naming import Namer, Spoken
from streams.rules.placing import UNATTRIBUTED, serials_of
from streams.rules.policy import MILLION, Weights
from streams.rules.requests import Answered, Asked
from streams.rules.spoken import spoken_in
from streams.rules.standing import UseWindow, arrival
from streams.rules.today import FIRST, LAST, Today
from streams.rules.told import sources_of
from streams.rules.unsaid import completed
from streams.rules.weighed import Weighed, evidence_of, weighed
from streams.rules.weighing import Sources

GONE = ("retracted", "withdrawn_for_safety")
"""Standings of an account that take it out of every assessment."""
BASIS = 16
"""Digits of a digest that an alert names [count]."""
Subject = tuple[str, str]
"""Kind and subject of a remark."""
Fitted = tuple[UseWindow, tuple[str, ...]]
Change = Callable[[set[str], str], None]
"""Puts a key into an index, or takes it out."""


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """What was looked at again: what it says now, and what is no longer said."""

    alerts: tuple[Alert, ...]
    gone: frozenset[str]
    """Alerts that are no more."""
    notes: tuple[Remark, ...]
    unsaid: frozenset[str]
    """Keys of the remarks that no longer hold."""
    touched: int
    """Facts behind what was looked at again [count]."""


class Drafts(msgspec.Struct, frozen=True):
    """What was drawn up from a ground, and how long it holds."""

    drafted: tuple[Drafted, ...]
    since: dt.date
    until: dt.date
    heard: Heard
    """What it asked of the history of the license."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A cluster as it was weighed."""

    weighed: Weighed
    evidence: tuple[Evidence, ...]
    summary: Mapping[str, tuple[str, int]]
    """By candidate license its issuing state and its fit [millionths]."""
    graded: Sources
    conflicts: tuple[str, ...]
    """Keys of judgments behind it of which two bodies came."""
    basis: frozenset[str]
    spoken: Spoken
    fitted: Mapping[str, Fitted]
    """By license, what decided how the accounts fit it."""

    @property
    def as_drafted(self) -> tuple[object, ...]:
        """What its cases are drawn up from, beside the grounds of the licenses."""
        return self.weighed, self.evidence, self.summary


class File:
    """A license in this destination, its records, and what was drawn up on it."""

    def __init__(
        self,
        counted: Counted,
        ground: Ground,
        deciding: tuple[str, ...],
        deliveries: list[Counted],
        reports: list[Counted],
    ) -> None:
        self.counted = counted
        self.ground = ground
        self.deciding = deciding
        """Digests of the deliveries that decide the window."""
        self.deliveries = deliveries
        self.reports = reports
        about = {r.ref for r in ground.reports}
        self.own_reports = [c for c in reports if c.fact.ref in about]
        """Those on the license itself, in this destination; the others saw a piece of it."""
        self.profile = profile_of(ground.license)
        self.spoken = spoken_in(ground.license)
        self.events: set[str] = set()
        """Keys of the events that may be about its items."""
        self.of_events: dict[str, Drafts] = {}
        self.of_reports: dict[str, tuple[tuple[Answered, ...], Drafts]] = {}
        self.of_deliveries: Drafts | None = None
        self.alerts: dict[str, Drawn] = {}
        self.until = LAST

    @property
    def fitted(self) -> Fitted:
        """What decides how an account fits it: the license, and when its items could be used."""
        return self.ground.window, (self.counted.hash, *self.deciding)

    def follow(self, before: File) -> None:
        """Keep of what was drawn up before what would be drawn up again as it was."""
        self.events, self.alerts = before.events, before.alerts
        if before.counted.hash != self.counted.hash:
            return
        known, history = {c.key: c.same for c in before.reports}, self.ground.history
        self.of_events = {k: d for k, d in before.of_events.items() if d.heard.unchanged(history)}
        self.of_reports = {
            c.key: d
            for c in self.reports
            if known.get(c.key) == c.same and (d := before.of_reports.get(c.key)) and d[1].heard.unchanged(history)
        }
        delivered = [c.same for c in before.deliveries] == [c.same for c in self.deliveries]
        if delivered and before.of_deliveries and before.of_deliveries.heard.unchanged(history):
            self.of_deliveries = before.of_deliveries


class Work:
    """What has to be looked at again."""

    def __init__(self) -> None:
        self.licenses: set[str] = set()
        self.incidents: set[str] = set()
        self.accounts: dict[str, Counted | None] = {}
        self.reports: set[str] = set()
        self.events: set[str] = set()
        self.gone: set[str] = set()
        self.facts: set[str] = set()


class Docket:
    """One destination under one policy and one register of names."""

    def __init__(
        self, held: Partition, destination: str, weights: Weights, names: Namer, today: dt.date | None = None
    ) -> None:
        """`today`: the day of assessment, where it is not the greatest tick."""
        self.destination = destination
        self.weights = weights
        self._names = names
        self._held = held
        self._day = today
        self._touched: set[str] = set(held.keys(destination))
        self._counted: dict[str, Counted] = {}
        self._brought: dict[str, frozenset[str]] = {}
        """By delivery, the serials that it brought here."""
        self._serials: dict[str, set[str]] = defaultdict(set)
        """By serial delivered here, the deliveries."""
        self._of_license: dict[str, set[str]] = defaultdict(set)
        self._of_serial: dict[str, set[str]] = defaultdict(set)
        self._looking: dict[str, set[str]] = defaultdict(set)
        """By account, the reports that looked into it or admit it."""
        self._decided: dict[str, set[str]] = defaultdict(set)
        """By license, the decisions on its alerts."""
        self._clustering = Clustering(held.judgments, weights.near_copy, apart=destination == UNATTRIBUTED)
        self._files: dict[str, File] = {}
        self._events: dict[str, Event] = {}
        self._profiles: dict[Profile, set[str]] = {}
        """By what is covered, the licenses."""
        self._about: dict[Profile, set[str]] = {}
        """By what is covered, the accounts that may be about it."""
        self._may_be: dict[str, dict[Profile, bool]] = {}
        """By account what it may be about, and whether a licensed product itself is named."""
        self._voices: dict[str, Spoken] = {}
        self._notes: dict[Subject, dict[str, Remark]] = defaultdict(dict)
        """By subject, what is noted by whom; of several the last."""
        self._noted: dict[str, set[Subject]] = {}
        self._changed: set[Subject] = set()
        self._said: dict[Subject, Remark] = {}
        self._unproven: dict[str, set[str]] = defaultdict(set)
        """By month, the accounts that show nothing and that nobody trusted tells."""
        self._month: dict[str, str] = {}
        self._due: list[tuple[dt.date, str]] = []

    def touch(self, keys: Iterable[str]) -> None:
        """Have these facts looked at when next settled."""
        self._touched.update(keys)

    def still_holds(self, weights: Weights, names: Namer) -> bool:
        """Whether what was drawn up stands under this policy and this register: then it is kept up with them."""
        if weights.digest != self.weights.digest:
            return False
        if names is not self._names:
            if names.concerned(self._names, frozenset().union(*self._voices.values())):
                return False
            self._names = names
            for file in self._files.values():
                file.ground.names = names
        return True

    def settle(self) -> Settled:
        """Look again at what was touched since, and at what falls due today."""
        work = Work()
        self._take_in(work)
        while self._due and self._due[0][0] <= self._today:
            _, ref = heappop(self._due)
            if ref in self._files and self._files[ref].until <= self._today:
                work.licenses.add(ref)
        self._file_again(work)
        self._weigh_again(work)
        alerts = [alert for ref in sorted(work.licenses) if ref in self._files for alert in self._draw_up(ref, work)]
        for key in work.events:
            self._note_event(key)
        for key in work.reports:
            self._note_report(key)
        notes, unsaid = self._news()
        return Settled(
            alerts=tuple(alerts), gone=frozenset(work.gone), notes=notes, unsaid=unsaid, touched=len(work.facts)
        )

    @property
    def _today(self) -> dt.date:
        return self._day or self._held.today

    # -- taking in ----------------------------------------------------------------------------------------------------

    def _take_in(self, work: Work) -> None:
        touched, self._touched = self._touched, set()
        for key in sorted(touched):
            if of_kind(key) == "delivery":
                touched |= self._delivered(key)
        for key in sorted(touched):
            self._replace(key, self._held.counting(key, self.destination, self._serials.keys()), work)

    def _delivered(self, key: str) -> set[str]:
        """Note the serials that a delivery brought here; the keys of what carries those that came or went."""
        counted = self._held.counting(key, self.destination)
        fact = counted.fact if counted else None
        old = self._brought.pop(key, frozenset())
        new = serials_of(fact) if isinstance(fact, Delivery) and fact.destination == self.destination else frozenset()
        if new:
            self._brought[key] = new
        for serial in old - new:
            self._serials[serial].discard(key)
            if not self._serials[serial]:
                del self._serials[serial]
        for serial in new - old:
            self._serials[serial].add(key)
        return {seen for serial in old ^ new for seen in self._held.sightings(serial)}

    def _replace(self, key: str, counted: Counted | None, work: Work) -> None:
        before = self._counted.pop(key, None)
        self._voices.pop(key, None)
        if counted:
            self._counted[key] = counted
            self._voices[key] = self._names_in(counted.fact)
        conflicting = counted is not None and counted.conflicting
        self._note(f"conflict:{key}", [remarks.conflicting(self.destination, key)] if conflicting else [])
        for each, how in ((before, set.discard), (counted, set.add)):
            if each is not None:
                self._index(key, each.fact, how, work)
        if of_kind(key) == "incident":
            self._account(key, counted, work)

    def _names_in(self, fact: AnyFact) -> Spoken:
        if not isinstance(fact, Incident):
            return spoken_in(fact)
        return spoken_in(fact).union(*(spoken_in(j) for j in self._held.judgments.about(fact.ref)))

    def _index(self, key: str, fact: AnyFact, how: Change, work: Work) -> None:
        if isinstance(fact, License):
            work.licenses.add(fact.ref)
            work.reports |= {k for k in self._of_license.get(fact.ref, ()) if of_kind(k) == "report"}
        elif fact.tense != "actual":
            return
        elif isinstance(fact, Delivery | PostShipmentReport):
            self._index_record(key, fact, how, work)
        elif isinstance(fact, Decision):
            for license in _licenses_named(fact.alert):
                how(self._decided[license], key)
                work.licenses.add(license)

    def _index_record(self, key: str, fact: Delivery | PostShipmentReport, how: Change, work: Work) -> None:
        how(self._of_license[fact.license], key)
        work.licenses.add(fact.license)
        for serial in serials_of(fact):
            how(self._of_serial[serial], key)
            owners = (self._counted[d].fact for d in self._serials.get(serial, ()) if d in self._counted)
            work.licenses |= {owner.license for owner in owners if isinstance(owner, Delivery)}
        if isinstance(fact, PostShipmentReport):
            work.reports.add(key)
            for ref in {e.incident for e in fact.examined} | set(fact.admits):
                how(self._looking[ref], key)
                work.incidents.add(ref)

    def _account(self, key: str, counted: Counted | None, work: Work) -> None:
        """An account came, changed or went, or analysts hold something else of it."""
        ref = of_ref(key)
        stands = counted and counted.fact.tense == "actual" and _stands(counted.fact)
        attributed = self._held.judgments.attributed(counted) if counted and stands else None
        work.accounts[ref] = attributed
        self._clustering.change(ref, attributed)

    # -- licenses and accounts ----------------------------------------------------------------------------------------

    def _file_again(self, work: Work) -> None:
        """The licenses on file with their records, the accounts, and which may be about which."""
        for ref in sorted(work.licenses):
            before = self._files.pop(ref, None)
            counted = self._counted.get(f"license:{ref}")
            after = self._file(counted) if counted and self._licensed(counted.fact) else None
            if before and after:
                after.follow(before)
            if after:
                self._files[ref] = after
            elif before:
                work.gone |= before.alerts.keys()
            self._covers(ref, before, after, work)
        for ref, counted in work.accounts.items():
            for profile in self._may_be.pop(ref, ()):
                self._about[profile].discard(ref)
            if counted is not None:
                self._may_be[ref] = {}
                for profile in self._profiles:
                    self._compare_items(ref, profile)
            else:
                self._note(f"names:{ref}", [])
                self._show_unproven(ref, None)

    def _covers(self, ref: str, before: File | None, after: File | None, work: Work) -> None:
        """What the license covers, and the accounts that may fit it otherwise now."""
        if before:
            self._profiles[before.profile].discard(ref)
        if after:
            self._profiles.setdefault(after.profile, set()).add(ref)
            if after.profile not in self._about:
                self._about[after.profile] = set()
                for account in self._may_be:
                    self._compare_items(account, after.profile)
        if before is None or after is None or before.fitted != after.fitted:
            work.incidents |= {r for f in (before, after) if f for r in self._about[f.profile]}
        if before and not self._profiles[before.profile]:
            del self._profiles[before.profile]
            for account in self._about.pop(before.profile):
                self._may_be[account].pop(before.profile, None)
        missing = after is not None and after.ground.license.pledge is None
        self._note(f"pledge:{ref}", [remarks.pledge_missing(self.destination, f"license:{ref}")] if missing else [])

    def _compare_items(self, ref: str, profile: Profile) -> None:
        counted = self._clustering.counted(ref)
        if counted is None:
            return
        assert isinstance(counted.fact, Incident)
        license = self._files[next(iter(self._profiles[profile]))].ground.license
        item = about_items(counted.fact, license, self.destination, self._names, self.weights)
        if item is not None:
            self._may_be[ref][profile] = item.matter == "product"
            self._about[profile].add(ref)

    def _licensed(self, license: AnyFact) -> bool:
        return (
            isinstance(license, License)
            and license.tense == "actual"
            and any(d.country == self.destination for d in license.destinations)
        )

    def _file(self, counted: Counted) -> File:
        assert isinstance(counted.fact, License)
        license = completed(counted.fact, self.destination, self.weights)
        deliveries, reports = self._records(license.ref)
        arrived = [
            c for c in deliveries
            if isinstance(c.fact, Delivery) and c.fact.license == license.ref and c.fact.destination == self.destination
        ]  # fmt: skip
        here = tuple(facts_of(arrived, Delivery))
        about = tuple(
            c.fact for c in reports
            if isinstance(c.fact, PostShipmentReport) and c.fact.license == license.ref
            and self.destination in (c.fact.destination, *c.fact.covers)
        )  # fmt: skip
        ground = Ground(
            license=license, destination=self.destination, deliveries=here, reports=about, names=self._names,
            today=Today(self._today), weights=self.weights,
        )  # fmt: skip
        return File(counted, ground, _deciding(ground.window, arrived), deliveries, reports)

    def _records(self, license: str) -> tuple[list[Counted], list[Counted]]:
        """Deliveries and reports of a license, and what carries a serial that was delivered here under it."""
        keys = set(self._of_license.get(license, ()))
        keys |= {key for own in keys for serial in self._brought.get(own, ()) for key in self._of_serial[serial]}
        found = [self._counted[key] for key in keys]
        deliveries = sorted((c for c in found if isinstance(c.fact, Delivery)), key=_when)
        return deliveries, sorted((c for c in found if isinstance(c.fact, PostShipmentReport)), key=_when)

    # -- events -------------------------------------------------------------------------------------------------------

    def _weigh_again(self, work: Work) -> None:
        """The events that the accounts tell of, each held against the licenses that it may be about."""
        for ref in work.incidents - work.accounts.keys():
            self._clustering.change(ref, self._clustering.counted(ref))
        gone, made = self._clustering.settle()
        before = {key: event for key in gone if (event := self._events.pop(key, None))}
        after = {cluster.key: self._weigh(cluster, before.get(cluster.key)) for cluster in made}
        for key, event in before.items():
            self._note(f"event:{key}", [])
            same = key in after and after[key].as_drafted == event.as_drafted
            for ref in event.weighed.fits.keys() & self._files.keys():
                self._files[ref].events.discard(key)
                if not same:
                    self._files[ref].of_events.pop(key, None)
                work.licenses.add(ref)
        for key, event in after.items():
            self._events[key] = event
            work.events.add(key)
            work.facts |= event.basis
            for ref in event.weighed.fits:
                self._files[ref].events.add(key)
                work.licenses.add(ref)

    def _weigh(self, cluster: Cluster, before: Event | None) -> Event:
        refs = [m.fact.ref for m in cluster.members]
        files = {
            r: self._files[r] for r in sorted({r for a in refs for p in self._may_be[a] for r in self._profiles[p]})
        }
        reports = [self._counted[key] for key in sorted({key for ref in refs for key in self._looking.get(ref, ())})]
        sources = sorted({s for c in (*cluster.members, *reports) for s in sources_of(c.fact)})
        judgments = self._held.judgments
        graded = Sources(self.weights, (j for source in sources for j in judgments.on_source(source)))
        accepted = frozenset(ref for ref in refs if any(j.kind == "accept_draft" for j in judgments.about(ref)))
        looked = [c.fact for c in reports if isinstance(c.fact, PostShipmentReport)]
        result = weighed(cluster, self._fits(cluster, files, before), looked, accepted, graded, self.weights)
        behind = list(judgments.behind(self._clustering.members(cluster.key), sources))
        counted = [c.hash for c in (*cluster.members, *reports, *behind)]
        for member in cluster.members:
            self._note_account(member, graded)
        return Event(
            weighed=result,
            evidence=evidence_of(cluster, judgments.mentioning(refs), reports),
            summary={r: (files[r].ground.license.issuing_state, result.best(r).m) for r in result.shares},
            graded=graded,
            conflicts=tuple(c.key for c in behind if c.conflicting),
            basis=frozenset(h[:BASIS] for h in (*counted, *(h for f in files.values() for h in f.fitted[1]))),
            spoken=frozenset().union(
                *(self._voices[m.key] for m in cluster.members), *(f.spoken for f in files.values())
            ),
            fitted={r: f.fitted for r, f in files.items()},
        )

    def _fits(self, cluster: Cluster, files: Mapping[str, File], before: Event | None) -> dict[str, dict[str, Fit]]:
        """How each account fits each license; compared anew where either has changed."""
        old = {m.fact.ref: m.hash for m in before.weighed.cluster.members} if before else {}
        fits: dict[str, dict[str, Fit]] = {}
        for ref, file in files.items():
            same = before is not None and before.fitted.get(ref) == file.fitted
            known = before.weighed.fits[ref] if before and same else {}
            fits[ref] = {
                m.fact.ref: known[m.fact.ref]
                if m.fact.ref in known and old[m.fact.ref] == m.hash
                else self.fit(m, file)
                for m in cluster.members
            }
        return fits

    def fit(self, member: Counted, file: File) -> Fit:
        """How an account fits a license here."""
        assert isinstance(member.fact, Incident)
        return fit(member.fact, file.ground.license, self.destination, file.ground.window, self._names, self.weights)

    # -- alerts -------------------------------------------------------------------------------------------------------

    def _draw_up(self, ref: str, work: Work) -> list[Alert]:
        """The alerts on a license, with what is kept of what was drawn up before."""
        file, day = self._files[ref], self._today
        decisions = self._decisions(ref)
        asked = Asked(requests_of(decisions), file.ground.reports)
        for key in file.events:
            if not _holds(file.of_events.get(key), day):
                file.of_events[key] = self._drafts(file, partial(self._of_event, key, file))
                work.events.add(key)
        for counted in file.reports:
            self._draw_up_report(counted, file, asked)
        if not _holds(file.of_deliveries, day):
            file.of_deliveries = self._drafts(file, partial(delivery_cases, file.deliveries, weights=self.weights))
        silence = self._drafts(file, partial(self._of_silence, file, asked))
        events = [file.of_events[key] for key in sorted(file.events)]
        rest = [
            *(file.of_reports[c.key][1] for c in file.reports),
            *([file.of_deliveries] if file.of_deliveries else []),
        ]
        drafted = [
            *fold_unproven([d for e in events for d in e.drafted]),
            *(d for r in (*rest, silence) for d in r.drafted),
        ]
        return self._alerts(file, decisions, asked, drafted, [*events, *rest, silence], work)

    def _draw_up_report(self, counted: Counted, file: File, asked: Asked) -> None:
        assert isinstance(counted.fact, PostShipmentReport)
        answered = asked.answers_of(counted.fact)
        before = file.of_reports.get(counted.key)
        if before is None or before[0] != answered or not _holds(before[1], self._today):
            drafts = self._drafts(file, partial(report_cases, counted, answered, weights=self.weights))
            file.of_reports[counted.key] = answered, drafts

    def _drafts(self, file: File, draw: Callable[[Ground], Iterable[Drafted]]) -> Drafts:
        ground = file.ground.asked(Today(self._today))
        drafted = tuple(self._handled(draw(ground)))
        assert ground.heard
        return Drafts(drafted, ground.today.since, ground.today.until, ground.heard)

    def _handled(self, drafted: Iterable[Drafted]) -> Iterator[Drafted]:
        """Each with how far it may travel; cases of one event rest on the same evidence."""
        evidence, handling = None, Handling()
        for each in drafted:
            if each.case.evidence is not evidence:
                evidence = each.case.evidence
                behind = (self._behind(e.fact) for e in evidence)
                handling = Handling.of_all(Handling.of(fact) for fact in behind if fact)
            yield msgspec.structs.replace(each, handling=handling)

    def _of_event(self, key: str, file: File, ground: Ground) -> Iterator[Drafted]:
        event = self._events[key]
        return incident_cases(ground, ground.window, event.weighed, event.summary, event.evidence, self.weights)

    def _of_silence(self, file: File, asked: Asked, ground: Ground) -> Iterator[Drafted]:
        return silence_cases(ground, file.counted, file.own_reports, asked, self.weights)

    def _alerts(
        self,
        file: File,
        decisions: Mapping[str, list[Decision]],
        asked: Asked,
        drafted: list[Drafted],
        kept: list[Drafts],
        work: Work,
    ) -> list[Alert]:
        events = [self._events[key] for key in sorted(file.events)]
        decided = (self._counted[key] for key in self._decided.get(file.ground.license.ref, ()))
        basis = frozenset(c.hash[:BASIS] for c in (file.counted, *file.deliveries, *file.reports, *decided))
        basis = basis.union(*(e.basis for e in events))
        spoken = file.spoken.union(*(e.spoken for e in events), *(self._voices[c.key] for c in file.reports))
        work.facts |= basis
        ground = file.ground.asked(Today(self._today))

        names = self._names.version_for(spoken)
        on_file = OnFile(
            counted=file.counted, ground=ground, decisions=decisions, asked=asked, drafted=drafted,
            weights=self.weights, versions=Versions(policy=self.weights.version, names=names, code=CODE_VERSION),
            since=max((d.since for d in kept), default=FIRST), basis=tuple(sorted(basis)),
        )  # fmt: skip
        before, file.alerts = file.alerts, {drawn.alert.id: drawn for drawn in alerts_of(on_file, file.alerts)}
        work.gone |= before.keys() - file.alerts.keys()
        file.until = min([ground.today.until, *(d.until for d in kept)])
        if file.until < LAST:
            heappush(self._due, (file.until, file.ground.license.ref))
        return [drawn.alert for drawn in file.alerts.values()]

    def _decisions(self, license: str) -> dict[str, list[Decision]]:
        """By alert, the earliest first."""
        by_alert: dict[str, list[Decision]] = defaultdict(list)
        for key in self._decided.get(license, ()):
            decision = self._counted[key].fact
            assert isinstance(decision, Decision)
            by_alert[decision.alert].append(decision)
        return {alert: sorted(taken, key=lambda d: (d.at, d.ref)) for alert, taken in by_alert.items()}

    def _behind(self, key: str) -> AnyFact | None:
        if of_kind(key) == "judgment":
            return self._held.judgments.fact(of_ref(key))
        counted = self._counted.get(key)
        return counted.fact if counted else None

    # -- remarks ------------------------------------------------------------------------------------------------------

    def _note(self, owner: str, notes: Iterable[Remark]) -> None:
        """Have `owner` note this and nothing else."""
        for subject in self._noted.pop(owner, ()):
            del self._notes[subject][owner]
            self._changed.add(subject)
        for note in notes:
            subject = (note.kind, note.subject)
            self._notes[subject][owner] = note
            self._noted.setdefault(owner, set()).add(subject)
            self._changed.add(subject)

    def _note_event(self, key: str) -> None:
        event = self._events[key]
        notes = [remarks.conflicting(self.destination, judgment) for judgment in event.conflicts]
        cluster = event.weighed.cluster
        shown = any(d.drafted for r in event.weighed.fits if (d := self._files[r].of_events.get(key)))
        if not shown and not any(i.vendor_is_victim for i in cluster.incidents()):
            note = remarks.touches_no_clause if event.weighed.shares else remarks.fits_nothing
            notes += note(self.destination, cluster, event.graded)
        self._note(f"event:{key}", notes)

    def _note_account(self, counted: Counted, graded: Sources) -> None:
        incident = counted.fact
        assert isinstance(incident, Incident)
        licensed = any(self._may_be[incident.ref].values())
        self._note(f"names:{incident.ref}", remarks.unresolved(self.destination, incident, licensed, self._names))
        self._show_unproven(incident.ref, remarks.unproven_since(incident, graded))

    def _show_unproven(self, ref: str, month: str | None) -> None:
        before = self._month.pop(ref, None)
        if before:
            self._unproven[before].discard(ref)
        if month:
            self._month[ref] = month
            self._unproven[month].add(ref)
        for each in {before, month} - {None}:
            assert each
            count = len(self._unproven[each])
            much = count >= self.weights.flood
            self._note(f"flood:{each}", [remarks.flood(self.destination, each, count)] if much else [])

    def _note_report(self, key: str) -> None:
        counted = self._counted.get(key)
        report = counted.fact if counted and counted.fact.tense == "actual" else None
        unknown = (
            isinstance(report, PostShipmentReport)
            and report.destination == self.destination
            and f"license:{report.license}" not in self._counted
        )
        self._note(key, [remarks.license_unknown(self.destination, report)] if unknown else [])  # type: ignore[arg-type]

    def _news(self) -> tuple[tuple[Remark, ...], frozenset[str]]:
        """What is noted otherwise than before, and what is no longer noted."""
        notes, unsaid = [], set()
        for subject in sorted(self._changed):
            noted = self._notes.get(subject)
            if noted:
                note = noted[max(noted)]
                if self._said.get(subject) != note:
                    self._said[subject] = note
                    notes.append(note)
            else:
                self._notes.pop(subject, None)
                if gone := self._said.pop(subject, None):
                    unsaid.add(gone.key)
        self._changed.clear()
        return tuple(notes), frozenset(unsaid)

    # -- matches ------------------------------------------------------------------------------------------------------

    def matches(self) -> Iterator[Match]:
        """Every account and every license here, also those that do not fit, ordered by account and license."""
        for ref in sorted(self._events):
            event = self._events[ref]
            band, why = banded(event.weighed.ledger, False, self.weights)
            for license in sorted(self._files):
                file = self._files[license]
                for member in event.weighed.cluster.members:
                    fits = event.weighed.fits.get(license)
                    fitted = fits[member.fact.ref] if fits else self.fit(member, file)
                    yield _match(self.destination, file, member, fitted, event.weighed, band, why)


def _match(destination: str, file: File, member: Counted, fitted: Fit, weighed: Weighed, band: Band, why: str) -> Match:
    license = file.ground.license
    share = weighed.shares.get(license.ref, 0)
    holds = share > 0 and fitted.m > 0
    reasons = (*fitted.reasons, *((fitted.context,) if fitted.context else ()))
    return Match(
        incident_id=member.fact.id,
        incident_source=member.fact.source,
        license_id=license.id,
        license_source=license.source,
        destination=destination,
        band=("alert" if license.ref in weighed.admitted else band) if holds else "context",
        m=fitted.m / MILLION,
        share=share / MILLION if holds else 0.0,
        reasons=(*reasons, why) if holds else reasons,
    )


def _deciding(window: UseWindow, arrived: list[Counted]) -> tuple[str, ...]:
    """Digests of the deliveries without which the window would be another: the first arrival, or all."""
    if window.recorded and window.last == LAST:
        first = (c for c in arrived if isinstance(c.fact, Delivery) and arrival(c.fact) == window.first)
        return (min(first, key=lambda c: c.key).hash,)
    return tuple(c.hash for c in arrived)


def _holds(drafts: Drafts | None, day: dt.date) -> bool:
    return drafts is not None and drafts.since <= day < drafts.until


def _stands(fact: AnyFact) -> bool:
    """Whether an account still stands: its source has not taken it back."""
    return isinstance(fact, Incident) and fact.status not in GONE


def _licenses_named(alert: str) -> Iterator[str]:
    """The licenses that the id of an alert may name: `destination~license~clause`."""
    rest = alert.partition("~")[2]
    return (rest[:n] for n, letter in enumerate(rest) if letter == "~")


def _when(counted: Counted) -> tuple[dt.date, str]:
    fact = counted.fact
    assert isinstance(fact, Delivery | PostShipmentReport)
    return (fact.delivered.first if isinstance(fact, Delivery) else fact.performed.last), counted.key
