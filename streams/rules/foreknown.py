"""What was publicly known before a license was granted, or before it was delivered: due diligence for the next one.

Such an account is no breach of a pledge that did not exist. It is what an officer would have wanted to read before
signing, and what the officer of the next license for the same end user, maker or state should read now.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta

from schemas import Incident, License, Period
from schemas.vocabulary import EvidenceLevel, Technology
from streams.rules.account import known_since, told
from streams.rules.clusters import Cluster
from streams.rules.fitting import authorised
from streams.rules.ladders import kind_of
from streams.rules.naming import Namer
from streams.rules.remarks import shown
from streams.rules.standing import granted_at
from streams.rules.survey import Licensed, Survey
from streams.rules.wording import day_words, evidence_words, listed, period_words

Concern = Literal["end_user", "product", "maker", "technology", "destination"]
"""What an account shares with a license, from the nearest to the farthest."""
CONCERNS: tuple[Concern, ...] = get_args(Concern)
Stage = Literal["before_grant", "before_delivery"]
_WORDS: dict[Concern, str] = {
    "end_user": "the same end user",
    "product": "the same product",
    "maker": "the same maker or its group",
    "technology": "the same kind of technology in the same state",
    "destination": "the same state",
}
_STAGES: dict[Stage, str] = {
    "before_grant": "before the grant",
    "before_delivery": "after the grant and before the first delivery",
}


class Foreknown(msgspec.Struct, frozen=True, kw_only=True):
    """An event that was known in time; class and count of persons are left out, for they decide nothing here."""

    incidents: Annotated[tuple[str, ...], Meta(description="Accounts known by then [source:id].")]
    stage: Annotated[Stage, Meta(description="In time for what [vocabulary].")]
    concerns: Annotated[tuple[Concern, ...], Meta(description="What it shares with the license [vocabulary].")]
    known_since: Annotated[dt.date, Meta(description="[ISO 8601 date].")]
    occurred: Annotated[Period, Meta(description="When it happened.")]
    technology: Annotated[Technology, Meta(description="[vocabulary].")]
    evidence_level: Annotated[EvidenceLevel, Meta(description="As far as its sources may claim it [E0..E5].")]
    sentence: Annotated[str, Meta(description="In plain words [text].")]


class ForeknownLicense(msgspec.Struct, frozen=True, kw_only=True):
    """A license in a destination, and what was known in time."""

    license: Annotated[str, Meta(description="[source:id].")]
    number: Annotated[str | None, Meta(description="As printed [name].")] = None
    destination: Annotated[str, Meta(description="[ISO 3166-1 alpha-2].")]
    issuing_state: Annotated[str, Meta(description="[ISO 3166-1 alpha-2].")]
    end_user: Annotated[str, Meta(description="[name].")]
    granted_at: Annotated[dt.date, Meta(description="[ISO 8601 date].")]
    known: Annotated[tuple[Foreknown, ...], Meta(description="The nearest first.")]


def foreknown(survey: Survey, license: str | None = None) -> tuple[ForeknownLicense, ...]:
    """For each license (or one of them) in each of its destinations what credible sources had told in time.

    Events in other states are looked at only where they name the same maker or product.
    """
    worth = {e.key: survey.credible(e) for e in survey.events}
    events = [e for e in survey.events if worth[e.key]]
    chosen = [each for each in survey.licensed if license in (None, each.license.ref)]
    index = _Index(events)
    return tuple(
        ForeknownLicense(
            license=each.license.ref,
            number=each.license.number,
            destination=each.destination,
            issuing_state=each.license.issuing_state,
            end_user=each.license.end_user,
            granted_at=granted_at(each.license),
            known=known_before(each, index.near(each, survey.names), survey),
        )
        for each in chosen
    )


def known_before(licensed: Licensed, events: Iterable[Cluster], survey: Survey) -> tuple[Foreknown, ...]:
    """What of `events` was known before the grant or the first delivery of a license, the nearest and latest first."""
    found = [f for event in events if (f := _known(licensed, event, survey)) is not None]
    return tuple(
        sorted(
            found,
            key=lambda f: (
                f.stage, CONCERNS.index(f.concerns[0]), -f.known_since.toordinal(), f.incidents,
            ),
        )
    )  # fmt: skip


class _Index:
    """Events by state, and by each product or vendor named: a license meets only what it may share."""

    def __init__(self, events: Sequence[Cluster]) -> None:
        self._by_state: dict[str, dict[str, Cluster]] = {}
        self._by_name: dict[tuple[str, str], dict[str, Cluster]] = {}
        for event in events:
            for incident in event.incidents():
                for operator in incident.operators:
                    self._by_state.setdefault(operator.country, {})[event.key] = event
                for product in incident.products:
                    self._by_name.setdefault((product.name, "product"), {})[event.key] = event
                for vendor in incident.vendors:
                    self._by_name.setdefault((vendor.name, "vendor"), {})[event.key] = event

    def near(self, licensed: Licensed, names: Namer) -> list[Cluster]:
        """The events of the state, and those elsewhere that name a product or maker of the license."""
        found = dict(self._by_state.get(licensed.destination, {}))
        on = granted_at(licensed.license)
        for (name, kind), events in self._by_name.items():
            if _shares(name, kind, licensed.license, names, on):
                found |= events
        return [found[key] for key in sorted(found)]


def _known(licensed: Licensed, event: Cluster, survey: Survey) -> Foreknown | None:
    license, first = licensed.license, licensed.window.first if licensed.window.recorded else None
    granted = granted_at(license)
    dated = [(i, day) for i in event.incidents() if (day := known_since(i)) is not None]
    stage: Stage = "before_grant"
    early = [(i, day) for i, day in dated if day < granted]
    if not early and first is not None:
        stage, early = "before_delivery", [(i, day) for i, day in dated if granted <= day < first]
    accounts = [i for i, _ in early]
    concerns = _concerns(accounts, licensed, survey.names)
    if not concerns:
        return None
    together, since = told(accounts), min(day for _, day in early)
    level = max(shown(i, survey.sources) for i in accounts)
    sentence = (
        f"Known since {day_words(since)}, {_STAGES[stage]}: {kind_of(together.technology).words} "
        f"{period_words(together.period)}, {evidence_words(level, together.technology)}. "
        f"It shares {listed(_WORDS[c] for c in concerns)}."
    )
    return Foreknown(
        incidents=tuple(i.ref for i in accounts), stage=stage, concerns=concerns, known_since=since,
        occurred=together.period, technology=together.technology, evidence_level=level, sentence=sentence,
    )  # fmt: skip


def _concerns(accounts: Iterable[Incident], licensed: Licensed, names: Namer) -> tuple[Concern, ...]:
    shared = {concern for incident in accounts for concern in _shared(incident, licensed, names)}
    if "technology" in shared:
        shared.discard("destination")
    return tuple(c for c in CONCERNS if c in shared)


def _shared(incident: Incident, licensed: Licensed, names: Namer) -> Iterator[Concern]:
    license, on = licensed.license, incident.occurred.last
    here = any(o.country == licensed.destination for o in incident.operators)
    agency = incident.operator_agency
    if here and agency is not None and authorised(agency.name, license, names, on) is not None:
        yield "end_user"
    if any(_shares(p.name, "product", license, names, on) for p in incident.products):
        yield "product"
    if any(_shares(v.name, "vendor", license, names, on) for v in incident.vendors):
        yield "maker"
    if here:
        yield "destination"
        if any(item.technology == incident.technology for item in license.items):
            yield "technology"


def _shares(name: str, kind: str, license: License, names: Namer, on: dt.date) -> bool:
    """Whether a product named is a licensed one, or a vendor named is the exporter, the maker or of their group."""
    if kind == "product":
        likes = (names.compare(name, "product", i.product, "product", on) for i in license.items)
        return any(like is not None and like.relation in ("same", "renamed") for like in likes)
    makers = (party for party in (license.exporter, license.manufacturer) if party)
    return any(names.compare(name, "vendor", party, "vendor", on) is not None for party in makers)
