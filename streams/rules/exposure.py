"""What to check next: licenses and end users whose use was never checked, by exposure, with the reason.

Nobody can check one by one. The points say where a check would be worth most, never that anything happened: they add up
from what was delivered and may still be used, what is reported nearby whether or not it fits a license, how long nobody
looked, what is owed, how the authority classes the state, and what can still be stopped. All numbers are whole, from
the policy, each with its source, and none is calibrated.

*Looked at* is not *checked*: a visit that counted pieces says nothing of use (`domain.md` 0, finding 1), and a word of
the end user or the exporter itself is no visit.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from schemas import Alert, Delivery, Incident, License, PostShipmentReport
from schemas.policy import Exposure, Number
from schemas.vocabulary import Technology
from streams.rules.clusters import Cluster
from streams.rules.fitting import authorised
from streams.rules.ladders import kind_of
from streams.rules.policy import Weights, shipped_policy
from streams.rules.standing import status_at
from streams.rules.survey import Licensed, Survey
from streams.rules.today import Today
from streams.rules.wording import day_words, listed

QUARTER = 91
"""A quarter of a year [days]."""
VISITORS = ("embassy", "inspectorate", "auditor")
"""Who checks for the granting side; exporter, vendor and end user report on themselves."""
CHECKS = (
    "delivery_verification", "post_shipment", "inventory_initial", "inventory_annual", "compliance_visit",
)  # fmt: skip
NOTHING_SEEN = ("access_refused", "unable_to_verify", "no_action", "inconclusive")

Checked = Literal["never", "boxes_only", "use"]
"""Whether anybody looked: never, at the pieces alone, or at the use."""
Kind = Literal["delivered", "reported", "unchecked", "overdue", "refused", "destination", "pending"]
Near = Literal["end_user", "product", "technology", "destination"]


class Term(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the ledger."""

    kind: Annotated[Kind, Meta(description="What it counts [vocabulary].")]
    points: Annotated[int, Meta(description="Whole points; uncalibrated [points].")]
    sentence: Annotated[str, Meta(description="In plain words [text].")]


class Exposed(msgspec.Struct, frozen=True, kw_only=True):
    """A license in a destination, or an end user there, with what makes it worth a check."""

    subject: Annotated[Literal["license", "end_user"], Meta(description="What is ranked [vocabulary].")]
    key: Annotated[str, Meta(description="`destination~license`, or `destination~name` of the end user [key].")]
    destination: Annotated[str, Meta(description="[ISO 3166-1 alpha-2].")]
    issuing_states: Annotated[tuple[str, ...], Meta(description="Of its licenses [ISO 3166-1 alpha-2].")]
    licenses: Annotated[tuple[str, ...], Meta(description="[source:id].")]
    number: Annotated[str | None, Meta(description="As printed; of one license [name].")] = None
    end_user: Annotated[str, Meta(description="[name].")]
    products: Annotated[tuple[str, ...], Meta(description="[names].")]
    checked: Annotated[Checked, Meta(description="How far anybody looked [vocabulary].")]
    since: Annotated[dt.date, Meta(description="Unchecked since [ISO 8601 date].")]
    points: Annotated[int, Meta(description="Sum of the terms; uncalibrated [points].")]
    terms: Annotated[tuple[Term, ...], Meta(description="The ledger; sums exactly to the points.")]


class Ranking(msgspec.Struct, frozen=True, kw_only=True):
    """What to check next, on a day, by a policy."""

    today: Annotated[dt.date, Meta(description="[ISO 8601 date].")]
    policy: Annotated[str, Meta(description="Version of the policy [name].")]
    licenses: Annotated[tuple[Exposed, ...], Meta(description="The most exposed first.")]
    end_users: Annotated[tuple[Exposed, ...], Meta(description="The most exposed first.")]
    use_checked: Annotated[int, Meta(description="Left out: their use was checked once [count].")]
    gone: Annotated[int, Meta(description="Left out: all pieces are proven gone [count].")]
    not_granted: Annotated[int, Meta(description="Left out: applied for and not granted [count].")]


def numbers_of(weights: Weights) -> Exposure:
    """The policy's numbers, or those that ship."""
    held = weights.policy.exposure or shipped_policy().exposure
    assert held is not None, "the shipped policy says what to check next"
    return held


def next_checks(
    survey: Survey, alerts: Iterable[Alert] = (), *, issuing_states: frozenset[str] = frozenset()
) -> Ranking:
    """The ranking over all destinations; `alerts`: what the assessment says is overdue.

    `issuing_states` not empty: only their licenses are ranked; what is reported counts whoever licensed it.
    """
    overdue = _overdue(alerts)
    left: dict[str, int] = defaultdict(int)
    found: list[Exposed] = []
    near = _Reported(survey)
    for licensed in survey.licensed:
        if issuing_states and licensed.license.issuing_state not in issuing_states:
            continue
        why = _left_out(licensed, survey)
        if why:
            left[why] += 1
        else:
            found.append(_exposed(licensed, survey, near, overdue.get(licensed.key, ())))
    return Ranking(
        today=survey.today, policy=survey.weights.version,
        licenses=tuple(sorted(found, key=_rank)), end_users=tuple(sorted(_end_users(found, survey), key=_rank)),
        use_checked=left["use_checked"], gone=left["gone"], not_granted=left["not_granted"],
    )  # fmt: skip


def narrowed(ranking: Ranking, destination: str | None = None, limit: int | None = None) -> Ranking:
    """The ranking in one destination, or the first of it; the counts of what is left out stay as they are."""
    return msgspec.structs.replace(
        ranking,
        licenses=tuple(e for e in ranking.licenses if destination in (None, e.destination))[:limit],
        end_users=tuple(e for e in ranking.end_users if destination in (None, e.destination))[:limit],
    )


def _rank(exposed: Exposed) -> tuple[int, str]:
    return -exposed.points, exposed.key


def _left_out(licensed: Licensed, survey: Survey) -> str:
    """Why there is nothing to check; empty: there is."""
    if licensed.gone:
        return "gone"
    if not licensed.window.recorded and status_at(licensed.license, Today(survey.today)) == "applied":
        return "not_granted"
    return "use_checked" if last_check(licensed.reports)[0] == "use" else ""


# -- what was checked -------------------------------------------------------------------------------------------------


def last_check(reports: Sequence[PostShipmentReport]) -> tuple[Checked, dt.date | None]:
    """How far anybody looked on behalf of the granting side, and when last so."""
    uses = [r.performed.last for r in reports if is_visit(r) and saw_use(r)]
    boxes = [r.performed.last for r in reports if is_visit(r)]
    return ("use", max(uses)) if uses else ("boxes_only", max(boxes)) if boxes else ("never", None)


def is_visit(report: PostShipmentReport) -> bool:
    """Whether somebody of the granting side looked, and saw something."""
    return report.kind in CHECKS and report.reporter_role in VISITORS and report.outcome not in NOTHING_SEEN


def saw_use(report: PostShipmentReport) -> bool:
    """Whether it looked at use, logs or configuration, and not at the pieces alone."""
    return (
        report.log_status not in ("not_checked", "refused", "missing")
        or report.end_use_observed is not None
        or report.capacity_observed is not None
        or any(item.modules for item in report.items)
    )


# -- one license ------------------------------------------------------------------------------------------------------


def _exposed(licensed: Licensed, survey: Survey, near: _Reported, silences: Sequence[str]) -> Exposed:
    numbers, license = numbers_of(survey.weights), licensed.license
    checked, _ = last_check(licensed.reports)
    since = licensed.window.first
    terms = [
        _delivered(licensed, numbers),
        near.term(licensed, numbers),
        _unchecked(checked, since, survey.today, numbers),
        _of("overdue", numbers.overdue.value * len(silences), "; ".join(silences)),
        _refused(licensed.reports, numbers),
        _class(licensed.destination, survey, numbers),
        _pending(license, survey.today, numbers),
    ]
    kept = tuple(t for t in terms if t is not None and (t.points or t.kind in ("delivered", "unchecked")))
    return Exposed(
        subject="license", key=licensed.key, destination=licensed.destination, issuing_states=(license.issuing_state,),
        licenses=(license.ref,), number=license.number, end_user=license.end_user,
        products=tuple(sorted({i.product for i in license.items})), checked=checked, since=since,
        points=sum(t.points for t in kept), terms=kept,
    )  # fmt: skip


def _of(kind: Kind, points: int, sentence: str) -> Term | None:
    return Term(kind=kind, points=points, sentence=sentence) if points else None


def _delivered(licensed: Licensed, numbers: Exposure) -> Term:
    """What came and may still be used: its kind, and how many pieces."""
    technology = _heaviest(licensed.license, numbers)
    pieces = pieces_left(licensed.deliveries) if licensed.window.recorded else licensed_pieces(licensed.license)
    doublings = min(max(pieces, 1).bit_length() - 1, numbers.most_doublings.value)
    points = _technology(numbers, technology).value + numbers.doubling.value * doublings
    words = kind_of(technology).words
    if not licensed.window.recorded:
        points = points * numbers.undelivered.value // 1000
        said = f"{words} was licensed ({_pieces(pieces)}); no delivery is on record, which does not say that none came"
    else:
        said = f"{words} was delivered; {_pieces(pieces)} may still be in use"
    return Term(kind="delivered", points=points, sentence=said)


def _pieces(count: int) -> str:
    return "an unknown number of pieces" if count < 1 else "one piece" if count == 1 else f"{count} pieces"


def _heaviest(license: License, numbers: Exposure) -> Technology:
    kinds: list[Technology] = sorted({i.technology or "other" for i in license.items})
    return max(kinds, key=lambda t: _technology(numbers, t).value)


def _technology(numbers: Exposure, technology: Technology) -> Number:
    return numbers.technology.get(technology) or numbers.technology.get("other") or _NONE


_NONE = Number(value=0, unit="points", origin="the policy says nothing of this kind")


def pieces_left(deliveries: Iterable[Delivery]) -> int:
    """Pieces that came and did not verifiably go: by serial, those without one by quantity [count]."""
    here: set[str] = set()
    left: set[str] = set()
    loose = 0
    for delivery in deliveries:
        leaving = delivery.kind in ("return", "disposal")
        for item in delivery.items:
            (left if leaving else here).update(item.serials)
            if not item.serials and delivery.kind in ("shipment", "activation", "return", "disposal"):
                loose += (item.quantity or 0) * (-1 if leaving else 1)
    return len(here - left) + max(loose, 0)


def licensed_pieces(license: License) -> int:
    """Pieces licensed [count]."""
    return sum(item.quantity or 0 for item in license.items)


def _unchecked(checked: Checked, since: dt.date, today: dt.date, numbers: Exposure) -> Term:
    """How long nobody looked at the use; a visit that counted boxes leaves most of it."""
    quarters = min(max((today - since).days, 0) // QUARTER, numbers.most_quarters.value)
    points = numbers.unchecked.value * quarters
    if checked == "boxes_only":
        points = points * numbers.boxes_only.value // 1000
        said = f"pieces were counted, and nobody looked at their use since {day_words(since)}"
    else:
        said = f"nobody checked it since {day_words(since)}"
    return Term(kind="unchecked", points=points, sentence=said)


def _refused(reports: Iterable[PostShipmentReport], numbers: Exposure) -> Term | None:
    """A visit that was refused, or could verify nothing."""
    turned = [r for r in reports if r.cooperation == "refused" or r.outcome in ("access_refused", "unable_to_verify")]
    if not turned:
        return None
    last = max(r.performed.last for r in turned)
    return _of("refused", numbers.refused.value, f"a visit was refused or could verify nothing, last {day_words(last)}")


def _class(destination: str, survey: Survey, numbers: Exposure) -> Term | None:
    held = survey.class_on(destination, survey.today)
    if held is None or held.grade not in numbers.destination_class:
        return None
    words = held.grade.replace("_", " ")
    points = numbers.destination_class[held.grade].value
    return _of("destination", points, f"the authority classes {destination} as “{words}”")


def _pending(license: License, today: dt.date, numbers: Exposure) -> Term | None:
    kinds = sorted({p.kind for p in license.pending if p.until is None or p.until >= today})
    if license.support_until is not None and license.support_until >= today and "support" not in kinds:
        kinds.append("support")
    said = f"can still be stopped: {listed(sorted(kinds))}"
    return _of("pending", numbers.pending.value * len(kinds), said)


# -- what is reported nearby ------------------------------------------------------------------------------------------


class _Reported:
    """Events by state, each held once against what the licenses there have in common with it."""

    def __init__(self, survey: Survey) -> None:
        self._survey = survey
        self._facets: dict[str, Mapping[_Facets, int]] = {}
        self._near_of: dict[tuple[object, ...], Mapping[Near, int]] = {}

    def term(self, licensed: Licensed, numbers: Exposure) -> Term | None:
        """The nearest events, each counted by what it shares with the license."""
        near = self._nearness(licensed)
        points: Mapping[Near, int] = {
            "end_user": numbers.reported_end_user.value, "product": numbers.reported_product.value,
            "technology": numbers.reported_technology.value, "destination": numbers.reported_destination.value,
        }  # fmt: skip
        ranked = sorted(near, key=lambda n: (-points[n], n))
        left, total, said = numbers.most_reported.value, 0, []
        for each in ranked:
            counted = min(near[each], left)
            left -= counted
            total += points[each] * counted
            said.append(f"{near[each]} event{'s' if near[each] > 1 else ''} {_NEAR[each]}")
        return _of("reported", total, f"reported in the state: {listed(said)}")

    def _nearness(self, licensed: Licensed) -> Mapping[Near, int]:
        """How many events are how near; licenses alike in all that can be shared are answered once."""
        key = (licensed.destination, *_shareable(licensed.license))
        if key not in self._near_of:
            near: dict[Near, int] = defaultdict(int)
            for facets, count in self._counted(licensed.destination).items():
                near[self._near(facets, licensed)] += count
            self._near_of[key] = near
        return self._near_of[key]

    def _counted(self, destination: str) -> Mapping[_Facets, int]:
        """How many events share the same facets: a license meets each kind of event once, however many there are."""
        if destination not in self._facets:
            events = (e for e in self._survey.events_in.get(destination, ()) if self._survey.credible(e))
            self._facets[destination] = Counter(_facets(e) for e in events)
        return self._facets[destination]

    def _near(self, facets: _Facets, licensed: Licensed) -> Near:
        names, license = self._survey.names, licensed.license
        if any(authorised(agency, license, names, facets.on) is not None for agency in facets.agencies):
            return "end_user"
        for product in facets.products:
            for item in license.items:
                like = names.compare(product, "product", item.product, "product", facets.on)
                if like is not None and like.relation in ("same", "renamed"):
                    return "product"
        return "technology" if any(i.technology in facets.technologies for i in license.items) else "destination"


def _shareable(license: License) -> tuple[object, ...]:
    """All of a license that an event can share: its end users, products and kinds of technology."""
    listed_users = {u for c in license.clauses if c.kind == "authorised_end_user" for u in c.parameters.end_users}
    items = sorted({(i.product, i.technology or "") for i in license.items})
    return license.end_user, license.unit, tuple(sorted(listed_users)), tuple(items)


_NEAR: dict[Near, str] = {
    "end_user": "naming this end user",
    "product": "with this product",
    "technology": "with this kind of technology",
    "destination": "with another kind",
}


class _Facets(msgspec.Struct, frozen=True):
    """What of an event can be shared with a license; events alike in all of it are counted together."""

    agencies: tuple[str, ...]
    products: tuple[str, ...]
    technologies: tuple[str, ...]
    on: dt.date


def _facets(event: Cluster) -> _Facets:
    accounts: list[Incident] = list(event.incidents())
    return _Facets(
        tuple(sorted({i.operator_agency.name for i in accounts if i.operator_agency})),
        tuple(sorted({p.name for i in accounts for p in i.products})),
        tuple(sorted({i.technology for i in accounts})),
        dt.date(max(i.occurred.last.year for i in accounts), 12, 31),
    )


# -- what is owed -----------------------------------------------------------------------------------------------------


def _overdue(alerts: Iterable[Alert]) -> Mapping[str, Sequence[str]]:
    """Open silences by `destination~license`, as the assessment tells them."""
    found: dict[str, list[str]] = defaultdict(list)
    for alert in sorted(alerts, key=lambda a: a.id):
        for case in alert.cases:
            if case.kind == "silence" and case.open and case.due is not None and alert.status != "withdrawn":
                duty = alert.clause.kind.replace("_", " ") if alert.clause else "a duty"
                found[alert.id.rpartition("~")[0]].append(f"{duty}: due on {day_words(case.due)} and not come")
    return found


# -- end users --------------------------------------------------------------------------------------------------------


def _end_users(found: Sequence[Exposed], survey: Survey) -> Iterator[Exposed]:
    """End users with more than one license, or one: of each kind of term the heaviest counts, deliveries add up."""
    meant = _Meant(survey)
    together: dict[str, list[Exposed]] = defaultdict(list)
    for each in found:
        together[f"{each.destination}~{meant.key(each.end_user, each.destination)}"].append(each)
    for key in sorted(together):
        yield _end_user(sorted(together[key], key=_rank))


def _end_user(of: Sequence[Exposed]) -> Exposed:
    first = of[0]
    terms: list[Term] = []
    for kind in ("delivered", "reported", "unchecked", "overdue", "refused", "destination", "pending"):
        said = [t for each in of for t in each.terms if t.kind == kind]
        if said and kind in ("delivered", "overdue", "pending"):
            words = "; ".join(dict.fromkeys(t.sentence for t in said))
            terms.append(Term(kind=kind, points=sum(t.points for t in said), sentence=words))
        elif said:
            terms.append(max(said, key=lambda t: (t.points, t.sentence)))
    order: tuple[Checked, ...] = ("never", "boxes_only", "use")
    return Exposed(
        subject="end_user", key=f"{first.destination}~{first.end_user}", destination=first.destination,
        issuing_states=tuple(sorted({s for each in of for s in each.issuing_states})),
        licenses=tuple(sorted(ref for each in of for ref in each.licenses)), end_user=first.end_user,
        products=tuple(sorted({p for each in of for p in each.products})),
        checked=min((each.checked for each in of), key=order.index), since=min(each.since for each in of),
        points=sum(t.points for t in terms), terms=tuple(terms),
    )  # fmt: skip


class _Meant:
    """Which names of a destination's end users mean the same agency."""

    def __init__(self, survey: Survey) -> None:
        self._survey = survey
        self._known: dict[str, dict[str, str]] = defaultdict(dict)

    def key(self, name: str, destination: str) -> str:
        """The first name under which the agency was met."""
        known = self._known[destination]
        folded = " ".join(name.casefold().split())
        if folded not in known:
            known[folded] = next((k for k in dict.fromkeys(known.values()) if self._same(name, k)), name)
        return known[folded]

    def _same(self, left: str, right: str) -> bool:
        like = self._survey.names.compare(left, "agency", right, "agency", self._survey.today)
        return like is not None and like.relation in ("same", "renamed")
