"""How well an account fits a license: one assertion at a time, each with its reason.

m is the product of the shares: product or vendor, operator state, agency, time. Country alone never selects a license:
without a product, a vendor or at least the technology there is no fit.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Literal

import msgspec

from schemas import Incident, License
from schemas.alert import Assertion
from schemas.common import Claimed
from schemas.incident import ClaimedProduct
from schemas.vocabulary import EntityKind, ProductRole
from streams.rules.naming import Likeness, Namer
from streams.rules.policy import MILLION, Weights
from streams.rules.standing import UseWindow, overlap
from streams.rules.wording import attribution_words, day_words, period_words

AgencyIs = Literal["same", "other", "unknown"]

_PART: dict[ProductRole, str] = {
    "enabler": ", and it made the use possible",
    "component": ", and it was used as a component of another system",
    "co_located": ", and it was found beside what was used",
}
"""What a licensed product did, where it did not do it itself."""
FLAT = 85
"""A confidence from which a claim counts as made flatly [STIX: High]."""


class Fit(msgspec.Struct, frozen=True):
    """How an account fits a license."""

    m: int
    """The fit [millionths]; 0: does not fit."""
    assertions: tuple[Assertion, ...]
    agency: AgencyIs
    """Whether the agency named is one that the license allows."""
    product: bool
    """Whether a licensed product itself is named."""
    item: int
    """The fit, not asking which agency [millionths]."""
    relevant: bool
    """Whether item and state fit, whatever the time and the agency."""
    context: str = ""
    """Why the account is not about this pledge, although it may be about its product."""

    @property
    def reasons(self) -> tuple[str, ...]:
        """The reasons, in words."""
        return tuple(a.reason for a in self.assertions)


def fit(
    incident: Incident, license: License, destination: str, window: UseWindow, names: Namer, weights: Weights
) -> Fit:
    """How `incident` fits `license` in `destination`, each assertion by itself."""
    item = _item(incident, license, names, weights)
    state = _state(incident, destination, weights)
    agency, agency_is = _agency(incident, license, names, weights)
    when, context = _time(incident, license, window, weights)
    assertions = (item, state, agency, when)
    m = _product_of(a.fit for a in assertions)
    anyone = max(agency.fit or 0, weights.fit["agency_unknown"])
    by_item = _product_of((item.fit, state.fit, when.fit, anyone))
    relevant = bool(item.fit and state.fit)
    if incident.vendor_is_victim:
        m, by_item, context = 0, 0, "the vendor itself was the target"
    named = item.matter == "product" and bool(item.fit)
    return Fit(m, assertions, agency_is, named, by_item, relevant, context if relevant else "")


def _product_of(shares: Iterable[int | None]) -> int:
    m = MILLION
    for share in shares:
        m = m * (share or 0) // MILLION
    return m


def _flat(share: int, confidence: int, unsaid: int = 0) -> int:
    """A share by how sure the source is: from what holds where nothing is said to the share itself."""
    return unsaid + (share - unsaid) * min(confidence, FLAT) // FLAT


def _unsaid(incident: Incident, license: License, weights: Weights) -> int:
    """What fits where no product or vendor is named: the kind of technology alone."""
    return weights.fit["technology_only"] if any(i.technology == incident.technology for i in license.items) else 0


def _item(incident: Incident, license: License, names: Namer, weights: Weights) -> Assertion:
    """The product first, then the vendor, then the kind of technology; the best of what is named counts."""
    products = [p for p in incident.products if not (incident.domestic_tool and p.role == "primary")]
    if incident.domestic_tool and not products:
        return _nothing("the tool is of the operator's own make")
    found = [_product(p, incident, license, names, weights) for p in products]
    if any(f.fit for f in found):
        return max(found, key=_by_fit)
    if any(names.known(p.name, "product", incident.occurred.last) for p in products):
        return min(found, key=lambda a: a.reason)
    makers = [_vendor(v, bool(products), incident, license, names, weights) for v in incident.vendors]
    if found or makers:
        return max([*makers, *found], key=_by_fit)
    return _technology(incident, license, weights)


def _by_fit(assertion: Assertion) -> tuple[int, str]:
    return assertion.fit or 0, assertion.reason


def _nothing(reason: str) -> Assertion:
    return Assertion(matter="vendor", claimed="not known", fit=0, reason=reason)


def _product(
    claimed: ClaimedProduct, incident: Incident, license: License, names: Namer, weights: Weights
) -> Assertion:
    """What a named product says: it is licensed, its maker is, or it is another."""
    on, name = incident.occurred.last, claimed.name

    def says(matter: Literal["product", "vendor"], share: int, reason: str) -> Assertion:
        fit = _flat(share, claimed.confidence, _unsaid(incident, license, weights))
        part = f"{reason}{_PART.get(claimed.role, '')}" if share else reason
        return Assertion(matter=matter, claimed=name, confidence=claimed.confidence, fit=fit, reason=part)

    for item in license.items:
        like = names.compare(name, "product", item.product, "product", on)
        if like is not None and like.relation in ("same", "renamed"):
            return says("product", weights.fit["product"], like.reason)
    covered = _list(i.product for i in license.items)
    if not names.known(name, "product", on):
        return says("product", 0, f"“{name}” is not in the register of names; the license covers {covered}")
    unnamed = any(not names.known(i.product, "product", on) for i in license.items)
    for party in _makers(license) if unnamed else ():
        like = names.compare(name, "product", party, "vendor", on)
        if like is not None:
            return says("vendor", weights.fit["product_of_vendor"], f"{like.reason}; the license covers {covered}")
    return says("product", 0, f"“{name}” is named; the license covers {covered}")


def _vendor(
    claimed: Claimed, beside_product: bool, incident: Incident, license: License, names: Namer, weights: Weights
) -> Assertion:
    """What a named vendor says; beside a product that nobody knows it says less."""
    on, name = incident.occurred.last, claimed.name

    def says(share: int, reason: str) -> Assertion:
        fit = _flat(share, claimed.confidence, _unsaid(incident, license, weights))
        return Assertion(matter="vendor", claimed=name, confidence=claimed.confidence, fit=fit, reason=reason)

    if not any(i.technology in (None, incident.technology) for i in license.items):
        return says(0, f"the license does not cover {_spoken(incident.technology)}")
    likes = [like for party in _makers(license) if (like := names.compare(name, "vendor", party, "vendor", on))]
    for like in likes:
        if like.relation in ("same", "renamed"):
            if beside_product:
                return says(weights.fit["group_member"], f"{like.reason}; the product named is not known")
            return says(weights.fit["product_of_vendor"], f"{like.reason}; no product is named")
    for like in likes:
        return says(weights.fit["group_member"], f"{like.reason}; only the group fits")
    known = "" if names.known(name, "vendor", on) else " and is not in the register of names"
    return says(0, f"“{name}” is named{known}; the license is {_list(_makers(license))}'s")


def _technology(incident: Incident, license: License, weights: Weights) -> Assertion:
    """Where nothing is named: the kind of technology alone."""
    spoken, share = _spoken(incident.technology), _unsaid(incident, license, weights)
    covers = f"the license {'covers' if share else 'does not cover'} {spoken}"
    return Assertion(matter="vendor", claimed="not known", fit=share, reason=f"no product or vendor is named; {covers}")


def _makers(license: License) -> tuple[str, ...]:
    """The exporter of record and the maker: a brand is often neither."""
    return tuple(dict.fromkeys(p for p in (license.exporter, license.manufacturer) if p))


def _list(names: Iterable[str]) -> str:
    return ", ".join(f"“{n}”" for n in sorted(set(names)))


def _spoken(word: str) -> str:
    return word.replace("_", " ")


def _state(incident: Incident, destination: str, weights: Weights) -> Assertion:
    """The operator state; never inferred from where the victims were."""
    for operator in incident.operators:
        if operator.country == destination:
            sure = operator.confidence
            return Assertion(
                matter="operator_state",
                claimed=destination,
                confidence=sure,
                fit=_flat(weights.fit["operator_state"], sure),
                reason=f"{destination} is named as the operator's state "
                f"({attribution_words(incident.attribution_level, incident.technology)})",
            )
    named = ", ".join(o.country for o in incident.operators)
    return Assertion(
        matter="operator_state",
        claimed=named or "not known",
        fit=weights.fit["operator_unknown"] if not named else 0,
        reason=f"{named} is named as the operator's state" if named else "no operator state is named",
    )


def _agency(incident: Incident, license: License, names: Namer, weights: Weights) -> tuple[Assertion, AgencyIs]:
    """The agency; unknown stays unknown."""
    claimed = incident.operator_agency
    if claimed is None:
        reason = f"no agency is named; the license names “{license.end_user}”"
        return Assertion(
            matter="agency", claimed="not known", fit=weights.fit["agency_unknown"], reason=reason
        ), "unknown"
    like = authorised(claimed.name, license, names, incident.occurred.last)
    sure = claimed.confidence
    if like is not None:
        share, word, reason = weights.fit["agency_same"], "same", like.reason
    else:
        share, word = weights.fit["agency_other"], "other"
        reason = f"“{claimed.name}” is named; the license names “{license.end_user}”"
    doubt = weights.fit["agency_unknown"] * (FLAT - min(sure, FLAT)) // FLAT
    assertion = Assertion(
        matter="agency", claimed=claimed.name, confidence=sure, fit=_flat(share, sure) + doubt, reason=reason
    )
    return assertion, "same" if word == "same" else "other"


def authorised(agency: str, license: License, names: Namer, on: dt.date) -> Likeness | None:
    """Whether `agency` is an end user that the license allows: by name, unit, successor, or a clause's list."""
    listed = [u for c in license.clauses if c.kind == "authorised_end_user" for u in c.parameters.end_users]
    kinds: tuple[tuple[str, EntityKind], ...] = (
        (license.end_user, "agency"),
        *(((license.unit, "unit"),) if license.unit else ()),
        *((u, "agency") for u in listed),
    )  # fmt: skip
    for name, kind in kinds:
        like = names.compare(agency, kind, name, kind, on)
        if like is not None and like.relation in ("same", "renamed", "part"):
            return like
    return None


def _time(incident: Incident, license: License, window: UseWindow, weights: Weights) -> tuple[Assertion, str]:
    """When: against the time in which the items could be used, as wide as the precision allows."""
    period = incident.occurred
    said = period_words(period)
    how = overlap(period, window.first, window.last)
    context = ""
    if how == "none" and period.last < window.first:
        share = 0
        if window.recorded:
            context = f"it happened {said}, before the first recorded delivery on {day_words(window.first)}"
        else:
            context = f"it happened {said}, before the license covered the state on {day_words(window.first)}"
        reason = context
    elif how == "none":
        share, context = 0, f"it happened {said}, after all pieces were proven gone on {day_words(window.last)}"
        reason = context
    elif how == "possible":
        share = weights.fit["time_possible"]
        reason = (
            f"it happened {said}; the items could be used from {day_words(window.first)}, so only a part of it fits"
        )
    else:
        share, reason = weights.fit["time_certain"], f"it happened {said}, when the items could be used"
    if not window.recorded and share:
        share = share * weights.fit["delivery_unrecorded"] // MILLION
        reason += "; no delivery is on record, which leaves the start of use open"
    return Assertion(matter="time", claimed=said, fit=share, reason=reason), context


Profile = tuple[tuple[tuple[str, str | None], ...], tuple[str, ...]]
"""What a license covers and from whom: products with their technology, and the makers."""


def profile_of(license: License) -> Profile:
    """All of a license that decides whether an account may be about its items."""
    return tuple((i.product, i.technology) for i in license.items), _makers(license)


def about_items(
    incident: Incident, license: License, destination: str, names: Namer, weights: Weights
) -> Assertion | None:
    """What ties an account to the items of a license in a destination, whatever the time and the agency; or nothing.

    Licenses of one profile have one answer.
    """
    item = _item(incident, license, names, weights)
    return item if item.fit and _state(incident, destination, weights).fit else None
