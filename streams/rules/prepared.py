"""A dossier made ready for assessment: what is real, what analysts hold of it, and each license with its ground."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Iterable
from typing import Protocol

import msgspec

from schemas import Decision, Delivery, Incident, Judgment, License, PostShipmentReport
from schemas.common import Claimed
from schemas.incident import ClaimedProduct
from schemas.vocabulary import EntityKind
from streams.rules.clusters import effective
from streams.rules.dossier import Counted, Dossier, facts_of
from streams.rules.findings import Ground
from streams.rules.fitting import Fit
from streams.rules.naming import Namer, Spoken
from streams.rules.placing import serials_of
from streams.rules.policy import Weights
from streams.rules.standing import UseWindow, disposal_day, use_window
from streams.rules.today import Today
from streams.rules.unsaid import completed
from streams.rules.weighing import Sources

GONE = ("retracted", "withdrawn_for_safety")
"""Standings of an account that take it out of every assessment."""


class Fitter(Protocol):
    """Compares an account with a license."""

    def __call__(
        self, incident: Counted, license: Counted, destination: str, window: UseWindow, names: Namer, weights: Weights
    ) -> Fit:
        """How it fits."""


def spoken_in(dossier: Dossier) -> Spoken:
    """The names that a dossier compares: products, makers and agencies, in licenses, accounts, reports, judgments."""
    spoken: set[tuple[str, EntityKind]] = set()
    for license in facts_of(dossier.licenses, License):
        spoken |= {(item.product, "product") for item in license.items}
        spoken |= {(maker, "vendor") for maker in (license.exporter, license.manufacturer) if maker}
        listed = [user for clause in license.clauses for user in clause.parameters.end_users]
        spoken |= {(user, "agency") for user in (license.end_user, license.unit, *listed) if user}
    for incident in facts_of(dossier.incidents, Incident):
        spoken |= {(product.name, "product") for product in incident.products}
        spoken |= {(vendor.name, "vendor") for vendor in incident.vendors}
        spoken |= {(incident.operator_agency.name, "agency")} if incident.operator_agency else set()
    for report in facts_of(dossier.reports, PostShipmentReport):
        spoken |= {(user, "agency") for user in (report.end_user, report.holder) if user}
    for judgment in facts_of(dossier.judgments, Judgment):
        spoken |= {(judgment.product, "product")} if judgment.product else set()
        spoken |= {(judgment.agency, "agency")} if judgment.agency else set()
    return frozenset(spoken)


class Prepared:
    """One destination, ready to be assessed."""

    def __init__(self, dossier: Dossier, weights: Weights, names: Namer, fitter: Fitter) -> None:
        self.dossier = dossier
        self.destination = dossier.destination
        self.weights = weights
        self.names = names
        self._fitter = fitter
        self.names_version = names.version_for(spoken_in(dossier))
        self.judgments = effective(j for j in facts_of(dossier.judgments, Judgment) if j.tense == "actual")
        self.sources = Sources(self.weights, self.judgments)
        self.accepted = frozenset(i for j in self.judgments if j.kind == "accept_draft" for i in j.incidents)
        self.deliveries = real(dossier.deliveries)
        self.reports = real(dossier.reports)
        self.licenses = [self._completed(c) for c in real(dossier.licenses) if self._licensed(c)]
        self.incidents = [self._attributed(c) for c in real(dossier.incidents) if stands(c)]
        self._by_license, self._by_serial = _indexed([*self.deliveries, *self.reports])
        self.grounds = {c.fact.ref: self._ground(c) for c in self.licenses}
        self.windows = {ref: use_window(g.license, g.deliveries, self.destination) for ref, g in self.grounds.items()}
        self.by_key = {
            c.key: c.fact for c in (*dossier.incidents, *self.deliveries, *self.reports, *real(dossier.judgments))
        }
        self.decisions: dict[str, list[Decision]] = defaultdict(list)
        for decision in facts_of(real(dossier.decisions), Decision):
            self.decisions[decision.alert].append(decision)

    def _licensed(self, counted: Counted) -> bool:
        return isinstance(counted.fact, License) and any(
            d.country == self.destination for d in counted.fact.destinations
        )

    def _completed(self, counted: Counted) -> Counted:
        """The license with what its pledge leaves unsaid and the policy supplies."""
        assert isinstance(counted.fact, License)
        whole = completed(counted.fact, self.destination, self.weights)
        return counted if whole is counted.fact else Counted(whole, counted.hash, counted.key, counted.conflicting)

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
        return Counted(incident, f"{counted.hash}+{_digest(incident)}", counted.key, counted.conflicting)

    def records(self, license: str) -> tuple[list[Counted], list[Counted]]:
        """Deliveries and reports of a license, and what carries a serial that was delivered here under it."""
        own = {c.key: c for c in self._by_license.get(license, ())}
        here = (c.fact for c in own.values() if isinstance(c.fact, Delivery) and c.fact.destination == self.destination)
        serials = {s for delivery in here for s in serials_of(delivery)}
        own |= {c.key: c for serial in serials for c in self._by_serial[serial]}
        deliveries = [c for c in own.values() if isinstance(c.fact, Delivery)]
        reports = [c for c in own.values() if isinstance(c.fact, PostShipmentReport)]
        return sorted(deliveries, key=_when), sorted(reports, key=_when)

    def covering(self, license: str, report: PostShipmentReport) -> bool:
        """Whether a report is about this license here, not only about a serial of it."""
        return report.license == license and self.destination in (report.destination, *report.covers)

    def _ground(self, counted: Counted) -> Ground:
        license = counted.fact
        assert isinstance(license, License)
        deliveries, reports = self.records(license.ref)
        here = tuple(
            d for d in facts_of(deliveries, Delivery)
            if d.license == license.ref and d.destination == self.destination
        )  # fmt: skip
        about = tuple(r for r in facts_of(reports, PostShipmentReport) if self.covering(license.ref, r))
        return Ground(
            license=license, destination=self.destination, deliveries=here, reports=about, names=self.names,
            today=Today(self.dossier.today), disposed=disposal_day(here), weights=self.weights,
        )  # fmt: skip

    def fit(self, incident: Counted, license: Counted) -> Fit:
        """How an account fits a license here."""
        window = self.windows[license.fact.ref]
        return self._fitter(incident, license, self.destination, window, self.names, self.weights)


def _indexed(counted: Iterable[Counted]) -> tuple[dict[str, list[Counted]], dict[str, list[Counted]]]:
    """Deliveries and reports by license, and by the serials that they carry."""
    by_license: dict[str, list[Counted]] = defaultdict(list)
    by_serial: dict[str, list[Counted]] = defaultdict(list)
    for each in counted:
        assert isinstance(each.fact, Delivery | PostShipmentReport)
        by_license[each.fact.license].append(each)
        for serial in serials_of(each.fact):
            by_serial[serial].append(each)
    return by_license, by_serial


def _when(counted: Counted) -> tuple[dt.date, str]:
    fact = counted.fact
    return (fact.delivered.first if isinstance(fact, Delivery) else fact.performed.last), counted.key  # type: ignore[union-attr]


def real(counted: Iterable[Counted]) -> list[Counted]:
    """Tests and exercises raise nothing."""
    return [c for c in counted if c.fact.tense == "actual"]


def stands(counted: Counted) -> bool:
    """Whether an account still stands: its source has not taken it back."""
    return isinstance(counted.fact, Incident) and counted.fact.status not in GONE


def _digest(record: msgspec.Struct) -> str:
    return hashlib.blake2b(msgspec.json.encode(record), digest_size=8).hexdigest()
