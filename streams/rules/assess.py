"""The assessment of a destination: from the facts that count to alerts, remarks and matches.

A pure function of the set of facts, the policy in force, the register of names and the greatest tick. Assessing again
what has not changed gives the same bytes.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from schemas import (
    Alert,
    AnyFact,
    Decision,
    Delivery,
    DestinationNote,
    Incident,
    Judgment,
    License,
    Match,
    Name,
    Policy,
    PostShipmentReport,
    Remarks,
)
from schemas.alert import (
    DecisionNote,
    DeliveryNote,
    Evidence,
    LicenseSummary,
    Option,
    QuotedClause,
    RelatedReport,
    Versions,
)
from schemas.common import Claimed
from schemas.incident import ClaimedProduct
from schemas.vocabulary import BANDS, Band, DecisionKind, Tlp, Use
from streams.rules.account import known_since
from streams.rules.cases import (
    Drafted,
    Weighed,
    banded,
    duty_words,
    fold_unproven,
    incident_cases,
    raised,
    report_cases,
    silence_cases,
    stoppable,
)
from streams.rules.clusters import Cluster, clusters, effective
from streams.rules.dossier import Counted, Dossier, Partition, facts_of
from streams.rules.findings import Ground
from streams.rules.fitting import Fit, fit
from streams.rules.naming import Namer, NamerOf, PlainNamer
from streams.rules.placing import UNATTRIBUTED, serials_of
from streams.rules.policy import MILLION, Weights, policy_in_force, weights_of
from streams.rules.standing import UseWindow, disposal_day, granted_at, outlives, status_on, use_window
from streams.rules.weighing import Ledger, Sources, weigh
from streams.rules.wording import day_words

TLPS: tuple[Tlp, ...] = ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")
USES: tuple[Use, ...] = ("officer", "exporter", "end_user", "partners", "publication")
GONE = ("retracted", "withdrawn_for_safety")
CODE_VERSION = "0.1.0"


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """What holds in one destination."""

    destination: str
    alerts: tuple[Alert, ...]
    remarks: Remarks
    matches: tuple[Match, ...]


class Assessor:
    """Assesses dossiers; keeps what it has compared, which changes nothing but the time it takes."""

    def __init__(self, namer_of: NamerOf = PlainNamer, policy: Policy | None = None) -> None:
        self._namer_of = namer_of
        self._policy = policy
        self._namers: dict[tuple[str, ...], Namer] = {}
        self._fits: dict[tuple[str, str, str, UseWindow, str, str], Fit] = {}

    def assess(self, dossier: Dossier, *, matching: bool = True) -> Assessment:
        """The assessment of one destination. `matching` off: leaves the matches out, which only `assess` prints."""
        return _Assessing(self, dossier).result(matching)

    def weights(self, dossier: Dossier) -> Weights:
        """The policy in force, compiled."""
        policy = self._policy or policy_in_force(facts_of(dossier.policies, Policy), dossier.today)
        return weights_of(policy)

    def namer(self, dossier: Dossier) -> Namer:
        """The register of names over the live name facts."""
        key = tuple(c.hash for c in dossier.names)
        if key not in self._namers:
            self._namers.clear()
            self._fits.clear()
            self._namers[key] = self._namer_of(list(facts_of(dossier.names, Name)))
        return self._namers[key]

    def fit(
        self, incident: Counted, license: Counted, destination: str, window: UseWindow, names: Namer, weights: Weights
    ) -> Fit:
        """How an incident fits a license; compared once."""
        key = (incident.hash, license.hash, destination, window, names.version, weights.version)
        found = self._fits.get(key)
        if found is None:
            assert isinstance(incident.fact, Incident)
            assert isinstance(license.fact, License)
            found = fit(incident.fact, license.fact, destination, window, names, weights)
            self._fits[key] = found
        return found


class _Assessing:
    """One assessment under way."""

    def __init__(self, assessor: Assessor, dossier: Dossier) -> None:
        self.dossier = dossier
        self.destination = dossier.destination
        self.assessor = assessor
        self.weights = assessor.weights(dossier)
        self.names = assessor.namer(dossier)
        self.judgments = effective(j for j in facts_of(dossier.judgments, Judgment) if j.tense == "actual")
        self.sources = Sources(self.weights, self.judgments)
        self.accepted = frozenset(i for j in self.judgments if j.kind == "accept_draft" for i in j.incidents)
        self.deliveries = _real(dossier.deliveries)
        self.reports = _real(dossier.reports)
        self.licenses = [c for c in _real(dossier.licenses) if self._licensed(c)]
        self.incidents = [self._attributed(c) for c in _real(dossier.incidents) if _stands(c)]
        self.grounds = {c.fact.ref: self._ground(c) for c in self.licenses}
        self.windows = {ref: use_window(g.license, g.deliveries, self.destination) for ref, g in self.grounds.items()}
        self.decisions: dict[str, list[Decision]] = defaultdict(list)
        for decision in facts_of(_real(dossier.decisions), Decision):
            self.decisions[decision.alert].append(decision)

    def _licensed(self, counted: Counted) -> bool:
        return isinstance(counted.fact, License) and any(
            d.country == self.destination for d in counted.fact.destinations
        )

    def _attributed(self, counted: Counted) -> Counted:
        """The account with what analysts attributed to it: a product or an agency, where it names none."""
        incident = counted.fact
        assert isinstance(incident, Incident)
        for judgment in self.judgments:
            if judgment.kind != "attribute" or incident.ref not in judgment.incidents:
                continue
            if judgment.product:
                added = ClaimedProduct(name=judgment.product, confidence=judgment.confidence)
                incident = msgspec.structs.replace(incident, products=(*incident.products, added))
            if judgment.agency:
                agency = Claimed(name=judgment.agency, confidence=judgment.confidence)
                incident = msgspec.structs.replace(incident, operator_agency=agency)
        if incident is counted.fact:
            return counted
        return Counted(incident, f"{counted.hash}+{_digest(incident)}", counted.conflicting)

    def _ground(self, counted: Counted) -> Ground:
        license = counted.fact
        assert isinstance(license, License)
        ref = license.ref
        own = [d for d in facts_of(self.deliveries, Delivery) if d.license == ref]
        reports = [
            r for r in facts_of(self.reports, PostShipmentReport)
            if r.license == ref and self.destination in (r.destination, *r.covers)
        ]  # fmt: skip
        here = tuple(
            sorted((d for d in own if d.destination == self.destination), key=lambda d: (d.delivered.first, d.ref))
        )
        serials = {s for d in here for s in serials_of(d)}
        seen = [
            f for c in (*self.deliveries, *self.reports)
            if isinstance(f := c.fact, Delivery | PostShipmentReport) and serials & serials_of(f)
        ]  # fmt: skip
        return Ground(
            license=license, destination=self.destination, deliveries=here,
            reports=tuple(sorted(reports, key=lambda r: (r.performed.last, r.ref))),
            sightings=tuple(sorted(seen, key=lambda f: f.ref)), names=self.names, today=self.dossier.today,
            disposed=disposal_day(here),
        )  # fmt: skip

    # -- weighing -----------------------------------------------------------------------------------------------------

    def _weighed(self, cluster: Cluster) -> Weighed:
        fits = {
            c.fact.ref: {
                m.fact.ref: self.assessor.fit(
                    m, c, self.destination, self.windows[c.fact.ref], self.names, self.weights
                )
                for m in cluster.members
            }
            for c in self.licenses
        }
        best = {ref: max(f.m for f in by.values()) for ref, by in fits.items()}
        agency_known = any(f.agency == "same" and f.m for by in fits.values() for f in by.values())
        candidates = {
            ref: m for ref, m in best.items()
            if m and not (agency_known and all(f.agency == "other" for f in fits[ref].values() if f.m))
        }  # fmt: skip
        reports = [r for r in facts_of(self.reports, PostShipmentReport) if r.examined]
        members = {m.fact.ref for m in cluster.members}
        admitted = frozenset(
            r.license for r in facts_of(self.reports, PostShipmentReport)
            if set(r.admits) & members and r.reporter_role in ("exporter", "end_user", "vendor")
        )  # fmt: skip

        def ledger(of: str) -> Ledger:
            m_of = {ref: max((getattr(fits[license][ref], of) for license in candidates), default=0) for ref in members}
            return weigh(cluster, m_of, reports, self.accepted, self.sources, self.weights)

        by_m = ledger("m")
        other = any(f.agency == "other" for by in fits.values() for f in by.values())
        return Weighed(
            cluster=cluster, fits=fits, shares=shares(candidates), ledger=by_m,
            item_ledger=ledger("item") if other and not agency_known else by_m, admitted=admitted,
        )  # fmt: skip

    def _evidence(self, cluster: Cluster) -> tuple[Evidence, ...]:
        members = {m.fact.ref for m in cluster.members}
        about: list[tuple[str, int, str]] = [(m.key, m.fact.revision, m.hash.split("+")[0]) for m in cluster.members]
        for counted in self.dossier.judgments:
            if isinstance(counted.fact, Judgment) and set(counted.fact.incidents) & members:
                about.append((counted.key, counted.fact.revision, counted.hash))
        for counted in self.reports:
            report = counted.fact
            if (
                isinstance(report, PostShipmentReport)
                and ({e.incident for e in report.examined} | set(report.admits)) & members
            ):
                about.append((counted.key, report.revision, counted.hash))
        return tuple(Evidence(fact=f, revision=r, hash=h) for f, r, h in sorted(set(about)))

    # -- the whole ----------------------------------------------------------------------------------------------------

    def result(self, matching: bool) -> Assessment:
        """Alerts, remarks and matches."""
        drafted: dict[str, list[Drafted]] = defaultdict(list)
        matches: list[Match] = []
        unmatched: list[Cluster] = []
        if self.destination != UNATTRIBUTED:
            groups = clusters(self.incidents, self.judgments, self.weights.near_copy)
        else:
            groups = tuple(Cluster((c,)) for c in self.incidents)
        for cluster in groups:
            weighed = self._weighed(cluster)
            summary = {ref: (self.grounds[ref].license.issuing_state, weighed.best(ref).m) for ref in weighed.shares}
            evidence = self._evidence(cluster)
            for ref, ground in self.grounds.items():
                drafted[ref] += incident_cases(ground, self.windows[ref], weighed, summary, evidence, self.weights)
            if not weighed.shares:
                unmatched.append(cluster)
            if matching:
                matches += self._matches(weighed)
        alerts = [a for c in self.licenses for a in self._alerts(c, drafted[c.fact.ref])]
        return Assessment(
            destination=self.destination,
            alerts=tuple(sorted(alerts, key=lambda a: a.id)),
            remarks=Remarks(destination=self.destination, notes=tuple(self._notes(unmatched))),
            matches=tuple(
                sorted(matches, key=lambda m: (m.incident_source, m.incident_id, m.license_source, m.license_id))
            ),
        )

    def _matches(self, weighed: Weighed) -> Iterator[Match]:
        band, why = banded(weighed.ledger, False, self.weights)
        for counted in self.licenses:
            license = counted.fact
            share = weighed.shares.get(license.ref, 0)
            for member in weighed.cluster.members:
                fitted = weighed.fits[license.ref][member.fact.ref]
                holds = share > 0 and fitted.m > 0
                admitted = holds and license.ref in weighed.admitted
                reasons = (*fitted.reasons, *((fitted.context,) if fitted.context else ()))
                yield Match(
                    incident_id=member.fact.id,
                    incident_source=member.fact.source,
                    license_id=license.id,
                    license_source=license.source,
                    destination=self.destination,
                    band=("alert" if admitted else band) if holds else "context",
                    m=fitted.m / MILLION,
                    share=share / MILLION if holds else 0.0,
                    reasons=(*reasons, why) if holds else reasons,
                )

    # -- alerts -------------------------------------------------------------------------------------------------------

    def _alerts(self, counted: Counted, from_incidents: Sequence[Drafted]) -> Iterator[Alert]:
        ground = self.grounds[counted.fact.ref]
        own = {r.ref for r in ground.reports} | {d.ref for d in ground.deliveries} | {s.ref for s in ground.sightings}
        reports = sorted((c for c in self.reports if c.fact.ref in own), key=lambda c: c.key)
        deliveries = [c for c in self.deliveries if c.fact.ref in own or _of(c, counted.fact.ref)]
        deliveries.sort(key=lambda c: (c.fact.delivered.first if isinstance(c.fact, Delivery) else dt.date.min, c.key))
        drafted = [
            *fold_unproven(from_incidents),
            *report_cases(ground, reports, deliveries, self.weights),
            *silence_cases(ground, counted, [c for c in reports if c.fact.ref in {r.ref for r in ground.reports}],
                           self._requests(counted.fact.ref), self.weights),
        ]  # fmt: skip
        by_clause: dict[str, list[Drafted]] = defaultdict(list)
        for each in drafted:
            by_clause[each.clause.id].append(self._closed(each, counted.fact.ref))
        by_clause = _raise_each_other(by_clause)
        for clause_id in sorted(by_clause):
            yield self._alert(
                f"{self.destination}~{counted.fact.ref}~{clause_id}", counted, ground, by_clause[clause_id]
            )

    def _requests(self, license: str) -> dict[str, list[tuple[str, dt.date, dt.date | None]]]:
        """What the authority asked for, by the clause whose alert it asked under."""
        prefix = f"{self.destination}~{license}~"
        asked: dict[str, list[tuple[str, dt.date, dt.date | None]]] = defaultdict(list)
        for alert, decisions in self.decisions.items():
            if alert.startswith(prefix):
                for d in decisions:
                    if d.kind in ("ask_exporter", "ask_end_user", "order_check"):
                        asked[alert.removeprefix(prefix)].append((d.kind, d.at.date(), d.until))
        return asked

    def _closed(self, drafted: Drafted, license: str) -> Drafted:
        """Closed, if decisions have judged all of its evidence in the revisions that count."""
        judged = {
            (j.fact, j.revision)
            for d in self.decisions.get(f"{self.destination}~{license}~{drafted.clause.id}", ())
            if d.kind == "close"
            for j in d.judged
        }
        if {(e.fact, e.revision) for e in drafted.case.evidence} <= judged:
            return msgspec.structs.replace(drafted, case=msgspec.structs.replace(drafted.case, open=False))
        return drafted

    def _alert(self, key: str, counted: Counted, ground: Ground, drafted: Sequence[Drafted]) -> Alert:
        ordered = sorted(drafted, key=lambda d: (not d.case.open, -BANDS.index(d.case.band), d.case.key))
        top = ordered[0]
        cases = tuple(d.case for d in ordered)
        decisions = sorted(self.decisions.get(key, ()), key=lambda d: (d.at, d.ref))
        is_open = any(c.open for c in cases)
        assigned = [d for d in decisions if d.kind in ("assign", "acknowledge") and (d.assigned_to or d.by_role)]
        status = ("acknowledged" if _acknowledged(decisions, cases) else "open") if is_open else "closed"
        band: Band = top.case.band if is_open else "context"
        quoted = _quoted(top, self.weights)
        shown = [counted.fact, *self._behind(cases)]
        return Alert(
            id=key,
            version=_claim_digest(quoted, band, status, cases),
            status=status,  # type: ignore[arg-type]
            band=band,
            destination=self.destination,
            title=_title(top, ground, self.weights),
            clause=quoted,
            license=_summary(ground, top.at or self.dossier.today),
            cases=cases,
            decisions=tuple(_note(d) for d in decisions),
            reports=tuple(_related(r) for r in sorted(ground.reports, key=lambda r: (r.performed.last, r.ref))[-12:]),
            options=_options(band),
            assigned_to=(assigned[-1].assigned_to or assigned[-1].by_role) if assigned else None,
            waiting_for=_waiting(decisions, ground),
            tlp=max((f.tlp for f in shown), key=TLPS.index),
            may_use_for=tuple(u for u in USES if all(u in f.may_use_for for f in shown)),
            embargo_until=max((f.embargo_until for f in shown if f.embargo_until), default=None),
            first_known=min((c.known_since for c in cases if c.known_since and c.open), default=None),
            versions=Versions(policy=self.weights.version, names=self.names.version, code=CODE_VERSION),
        )

    def _behind(self, cases: Iterable[object]) -> list[AnyFact]:
        """The facts behind the cases, for how far the alert may travel."""
        wanted = {e.fact for c in cases for e in c.evidence}  # type: ignore[attr-defined]
        return [
            c.fact
            for c in (*self.dossier.incidents, *self.dossier.reports, *self.dossier.deliveries)
            if c.key in wanted
        ]

    # -- remarks ------------------------------------------------------------------------------------------------------

    def _notes(self, unmatched: Sequence[Cluster]) -> list[DestinationNote]:
        notes = [
            *self._unmatched(unmatched),
            *self._unresolved(),
            *self._unknown_licenses(),
            *self._without_pledge(),
            *self._floods(),
        ]
        notes += [
            _remark(self.destination, "conflict", c.key, "Two different bodies came under one revision; the one with the greater digest counts until a higher revision settles it.", "a higher revision from its source")
            for c in self.dossier.conflicts()
        ]  # fmt: skip
        return sorted(notes, key=lambda n: (n.kind, n.subject))

    def _unmatched(self, unmatched: Sequence[Cluster]) -> Iterator[DestinationNote]:
        """Credible incidents that fit no license: kept, shown, with what would be needed to match them."""
        for cluster in unmatched:
            account = next(cluster.incidents())
            credible = any(
                i.evidence_level >= "E2" or any(p.credibility <= 3 for p in i.publications) for i in cluster.incidents()
            )
            if not credible:
                continue
            named = sorted(
                {p.name for i in cluster.incidents() for p in i.products}
                | {v.name for i in cluster.incidents() for v in i.vendors}
            )
            what = f"names {', '.join(f'“{n}”' for n in named)}" if named else "names no product or vendor"
            where = "no suspected operator state" if self.destination == UNATTRIBUTED else f"{self.destination}"
            yield _remark(
                self.destination, "unmatched_incident", cluster.key,
                f"A credible account of {account.technology.replace('_', ' ')} ({where}) {what} and fits no license on file.",
                "a suspected operator state" if self.destination == UNATTRIBUTED else "a license or delivery on file, an alias for the name, or another state's register",
            )  # fmt: skip

    def _unresolved(self) -> Iterator[DestinationNote]:
        """Names of products and vendors that the register does not know: a missing alias must not become a miss."""
        unknown: dict[str, str] = {}
        for counted in self.incidents:
            incident = counted.fact
            assert isinstance(incident, Incident)
            on = incident.occurred.last
            for product in incident.products:
                if not self.names.known(product.name, "product", on) and not self._fits_any(counted):
                    unknown[product.name] = incident.ref
            for vendor in incident.vendors:
                if not self.names.known(vendor.name, "vendor", on):
                    unknown[vendor.name] = incident.ref
        for name, ref in sorted(unknown.items()):
            yield _remark(
                self.destination, "unresolved_name", name,
                f"“{name}”, named in incident {ref}, is not in the register of names.",
                "a judgment on whose name it is",
            )  # fmt: skip

    def _fits_any(self, incident: Counted) -> bool:
        """Whether a licensed product of the same spelling is what is named."""
        return any(
            self.assessor.fit(incident, c, self.destination, self.windows[c.fact.ref], self.names, self.weights).product
            for c in self.licenses
        )

    def _unknown_licenses(self) -> Iterator[DestinationNote]:
        known = {c.fact.ref for c in self.dossier.licenses}
        for report in facts_of(self.reports, PostShipmentReport):
            if report.license not in known and report.destination == self.destination:
                yield _remark(
                    self.destination, "unknown_license", f"report:{report.ref}",
                    "A report names a license that is not on file for this destination as licensed.",
                    "the license, or a corrected reference in a higher revision of the report",
                )  # fmt: skip

    def _without_pledge(self) -> Iterator[DestinationNote]:
        for counted in self.licenses:
            if isinstance(counted.fact, License) and counted.fact.pledge is None:
                yield _remark(
                    self.destination,
                    "no_pledge",
                    counted.key,
                    "No pledge is on file for this license.",
                    "the signed pledge",
                )

    def _floods(self) -> Iterator[DestinationNote]:
        """Many unproven accounts in one month: an integrity note, never a higher band."""
        months: dict[str, int] = defaultdict(int)
        for counted in self.incidents:
            incident = counted.fact
            assert isinstance(incident, Incident)
            trusted = any(self.sources.get(p.source).reliability <= "C" for p in incident.publications)
            if incident.evidence_level <= "E1" and not trusted:
                day = known_since(incident) or incident.occurred.last
                months[day.strftime("%Y-%m")] += 1
        for month, count in sorted(months.items()):
            if count >= self.weights.flood:
                yield _remark(
                    self.destination, "flood", month,
                    f"{count} unproven accounts became known in {month}. They raise nothing; such a number may be an attempt to mislead.",
                    "a look at where they come from",
                )  # fmt: skip


def shares(candidates: Mapping[str, int]) -> dict[str, int]:
    """Shares of the group by fit [millionths]; they sum to a million, what is left over goes to the first by reference."""
    total = sum(candidates.values())
    if not total:
        return {}
    shared = {ref: m * MILLION // total for ref, m in candidates.items()}
    for ref in sorted(candidates, key=lambda r: (-(candidates[r] * MILLION % total), r))[
        : MILLION - sum(shared.values())
    ]:
        shared[ref] += 1
    return shared


def _real(counted: Iterable[Counted]) -> list[Counted]:
    """Tests and exercises raise nothing."""
    return [c for c in counted if c.fact.tense == "actual"]


def _stands(counted: Counted) -> bool:
    return isinstance(counted.fact, Incident) and counted.fact.status not in GONE


def _of(counted: Counted, license: str) -> bool:
    return isinstance(counted.fact, Delivery) and counted.fact.license == license


def _digest(record: msgspec.Struct) -> str:
    return hashlib.blake2b(msgspec.json.encode(record), digest_size=8).hexdigest()


def _raise_each_other(by_clause: Mapping[str, Sequence[Drafted]]) -> dict[str, list[Drafted]]:
    """An incident and a silence or refusal that are open on one license raise each other one step, never past alert."""
    everything = [d for ds in by_clause.values() for d in ds if d.case.open]
    incident = any(d.raises for d in everything)
    silent = any(d.refused for d in everything)
    if not (incident and silent):
        return {k: list(v) for k, v in by_clause.items()}
    return {key: [_raised(d) for d in ds] for key, ds in by_clause.items()}


def _raised(drafted: Drafted) -> Drafted:
    case = drafted.case
    if not case.open or not (drafted.raises or drafted.refused) or raised(case.band) == case.band:
        return drafted
    other = "a silence or refusal" if drafted.raises else "an incident"
    why = f"{case.band_reason}; {other} open on the same license raises it one step"
    lifted = msgspec.structs.replace(case, band=raised(case.band), band_reason=why)
    return msgspec.structs.replace(drafted, case=lifted)


def _quoted(top: Drafted, weights: Weights) -> QuotedClause:
    clause = top.clause
    usual = weights.clauses.get(clause.kind)
    return QuotedClause(
        id=clause.id, kind=clause.kind, text=clause.text, language=clause.language, version=clause.version,
        valid_from=clause.valid_from, valid_to=clause.valid_to,
        checkability=clause.checkability or (usual.checkability if usual else "C"),
        outlives_license=outlives(clause, weights), other_versions=top.others,
    )  # fmt: skip


def _claim_digest(clause: QuotedClause, band: Band, status: str, cases: Sequence[object]) -> str:
    """Digest of the claim: clause, cases, evidence, bands; no versions of policy or code, no ages."""
    claim = [
        (c.key, c.band, c.verdict, c.rule, c.open, c.members, c.evidence, c.group, c.candidates, c.total, c.replies)  # type: ignore[attr-defined]
        for c in cases
    ]
    said = "open" if status == "acknowledged" else status
    return hashlib.blake2b(msgspec.json.encode((clause, band, said, claim)), digest_size=12).hexdigest()


def _acknowledged(decisions: Sequence[Decision], cases: Sequence[object]) -> bool:
    """Whether somebody took it on, having seen all that is open now."""
    seen = {(j.fact, j.revision) for d in decisions for j in d.judged}
    now = {(e.fact, e.revision) for c in cases if c.open for e in c.evidence}  # type: ignore[attr-defined]
    return any(d.kind != "close" for d in decisions) and now <= seen


def _title(top: Drafted, ground: Ground, weights: Weights) -> str:
    license = ground.license
    named = license.number or license.ref
    duty = duty_words(top.clause, weights)
    where = ground.destination
    if top.case.verdict == "consistent":
        return f"{where}, license {named}: the duty to {duty} is, on its face, answered"
    word = "appears inconsistent with" if top.case.verdict == "appears_inconsistent" else "touches"
    what = (
        "Silence"
        if top.case.kind == "silence"
        else "What is recorded"
        if top.case.kind == "report"
        else "What is reported"
    )
    return f"{what} in {where} {word} the duty to {duty} (license {named})"


def _summary(ground: Ground, at: dt.date) -> LicenseSummary:
    license = ground.license
    return LicenseSummary(
        ref=license.ref,
        number=license.number,
        issuing_state=license.issuing_state,
        exporter=license.exporter,
        end_user=license.end_user,
        destinations=tuple(sorted({d.country for d in license.destinations})),
        products=tuple(sorted({i.product for i in license.items})),
        granted_at=granted_at(license),
        valid_from=license.valid_from,
        valid_to=license.valid_to,
        status_then=status_on(license, at),
        status_today=status_on(license, ground.today),
        pledge_signed_at=license.pledge.signed_at if license.pledge else None,
        pledge_by=license.pledge.signatory_role if license.pledge else None,
        responsible_officer=license.responsible_officer,
        deliveries=tuple(
            DeliveryNote(
                delivered=d.delivered,
                delivered_to=d.delivered_to,
                kind=d.kind,
                pieces=sum(i.quantity if i.quantity is not None else len(i.serials) for i in d.items),
            )
            for d in ground.deliveries
        ),  # fmt: skip
        pending=stoppable(license, ground.today),
    )


def _note(d: Decision) -> DecisionNote:
    return DecisionNote(
        ref=d.ref, kind=d.kind, by_role=d.by_role, at=d.at, reason=d.reason, close_reason=d.close_reason,
        assigned_to=d.assigned_to, until=d.until,
    )  # fmt: skip


def _related(report: PostShipmentReport) -> RelatedReport:
    unchecked = sorted(f.clause for f in report.clause_findings if f.result == "not_checked")
    said = (report.outcome or "no outcome stated").replace("_", " ")
    left = f"; not checked: {', '.join(unchecked)}" if unchecked else ""
    return RelatedReport(
        ref=report.ref, kind=report.kind, performed=report.performed, outcome=report.outcome, sentence=f"{said}{left}"
    )


_OPTIONS: tuple[tuple[DecisionKind, str, bool, Band], ...] = (
    ("close", "Close it with a reason, if it is unfounded, not our license, explained or remedied.", False, "context"),
    ("watch", "Keep it on watch and look again on a day you set.", False, "context"),
    (
        "ask_exporter",
        "Ask the exporter for logs, telemetry, the contract and the customer's statement.",
        False,
        "watch",
    ),
    ("ask_end_user", "Ask the end user or its government: the right of reply.", False, "review"),
    ("order_check", "Order a post-shipment check, or bring one forward.", False, "watch"),
    (
        "hold_pending",
        "Hold pending applications, renewals, updates and support for the same end user.",
        False,
        "review",
    ),
    ("modify_conditions", "Modify the conditions of the license.", False, "alert"),
    ("suspend", "Suspend the license in whole or part, on the footing of your law.", True, "alert"),
    (
        "vendor_restrict",
        "Have the vendor restrict or disconnect the system, where the pledge foresees it.",
        True,
        "alert",
    ),
    ("revoke", "Revoke or annul the license, on the footing of your law.", True, "alert"),
    ("refer", "Refer it for enforcement or prosecution.", False, "alert"),
    ("notify_partners", "Tell partner states and bodies, where you must or may.", False, "alert"),
    ("list_party", "List the party.", False, "alert"),
)


def _options(band: Band) -> tuple[Option, ...]:
    """What the officer can do; the program never does any of it."""
    return tuple(
        Option(kind=kind, sentence=sentence, two_persons=two)
        for kind, sentence, two, least in _OPTIONS
        if BANDS.index(band) >= BANDS.index(least)
    )


def _waiting(decisions: Sequence[Decision], ground: Ground) -> str | None:
    """Who waits for whom, until when."""
    whom = {"ask_exporter": "the exporter", "ask_end_user": "the end user", "order_check": "the inspection"}
    for d in reversed(decisions):
        if d.kind in whom and d.until:
            answered = any(r.performed.last >= d.at.date() for r in ground.reports)
            return None if answered else f"The authority waits for {whom[d.kind]} until {day_words(d.until)}."
    return None


def _remark(destination: str, kind: str, subject: str, sentence: str, needed: str) -> DestinationNote:
    return DestinationNote(destination=destination, kind=kind, subject=subject, sentence=sentence, needed=needed)  # type: ignore[arg-type]


def assess_facts(
    facts: Iterable[AnyFact],
    *,
    policy: Policy | None = None,
    today: dt.date | None = None,
    namer_of: NamerOf = PlainNamer,
) -> Iterator[Assessment]:
    """The assessments of all destinations that `facts` name, in order of destination.

    `today` defaults to the greatest tick, else to the latest record time among the facts; never the wall clock.
    """
    world = Partition()
    latest = dt.date.min
    for fact in facts:
        world.add(fact)
        if fact.recorded_at is not None:
            latest = max(latest, fact.recorded_at.astimezone(dt.UTC).date())
    from schemas.common import EARLIEST

    day = today or (world.today if world.today > EARLIEST else max(latest, EARLIEST))
    assessor = Assessor(namer_of, policy)
    for destination in world.destinations():
        yield assessor.assess(world.dossier(destination, day))
