"""The names that a fact speaks: products, makers and agencies, each as what it is taken for."""

from __future__ import annotations

from schemas import AnyFact, Incident, Judgment, License, PostShipmentReport
from schemas.vocabulary import EntityKind
from streams.rules.naming import Spoken


def spoken_in(fact: AnyFact) -> Spoken:
    """The names in a license, an account, a report or a judgment."""
    spoken: set[tuple[str, EntityKind]] = set()
    if isinstance(fact, License):
        spoken |= {(item.product, "product") for item in fact.items}
        spoken |= {(maker, "vendor") for maker in (fact.exporter, fact.manufacturer) if maker}
        listed = [user for clause in fact.clauses for user in clause.parameters.end_users]
        spoken |= {(user, "agency") for user in (fact.end_user, fact.unit, *listed) if user}
    elif isinstance(fact, Incident):
        spoken |= {(product.name, "product") for product in fact.products}
        spoken |= {(vendor.name, "vendor") for vendor in fact.vendors}
        spoken |= {(fact.operator_agency.name, "agency")} if fact.operator_agency else set()
    elif isinstance(fact, PostShipmentReport):
        spoken |= {(user, "agency") for user in (fact.end_user, fact.holder) if user}
    elif isinstance(fact, Judgment):
        spoken |= {(fact.product, "product")} if fact.product else set()
        spoken |= {(fact.agency, "agency")} if fact.agency else set()
    return frozenset(spoken)
