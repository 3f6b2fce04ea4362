"""Licenses and what follows from them when all goes well: grant, deliveries, the reports that were promised."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from schemas import Delivery, License, Period, Pledge, PostShipmentReport
from schemas.common import Struct
from schemas.delivery import DeliveredItem
from schemas.license import Destination, LicensedItem, StatusChange
from schemas.report import ClauseFinding, ReportedItem
from schemas.vocabulary import ClauseKind
from streams.demo.actors import AGENCIES, AUTHORITY, EMBASSY, MAKERS, OFFICE, OFFICER, PRODUCTS, STATES, agency
from streams.demo.telling import FIRST_DAY, LAST_DAY, Known, days
from streams.demo.wording import Terms, clauses_of


class Grant(Struct, frozen=True, kw_only=True):
    """What a license says, in the few words in which licenses of this world differ."""

    id: str
    issuing: str
    maker: str
    product: str
    end_user: str
    granted: dt.date
    years: int = 3
    quantity: int = 4
    limit: int = 40
    cadence_days: int = 180
    prefix: str = "SN"
    end_use: str = "criminal investigation"
    countries: tuple[str, ...] = ()
    leave_out: frozenset[ClauseKind] = frozenset()

    @property
    def country(self) -> str:
        """The one destination."""
        return AGENCIES[self.end_user][0]

    @property
    def source(self) -> str:
        """The authority that granted it."""
        return AUTHORITY[self.issuing]

    @property
    def ref(self) -> str:
        """`source:id`."""
        return f"{self.source}:{self.id}"

    @property
    def valid_from(self) -> dt.date:
        """The license begins three days after the grant."""
        return self.granted + days(3)

    @property
    def valid_to(self) -> dt.date:
        """Last day of the license."""
        return self.valid_from + days(365 * self.years)

    @property
    def serials(self) -> tuple[str, ...]:
        """Serial numbers of all pieces."""
        return tuple(f"{self.prefix}-{number:04d}" for number in range(1, self.quantity + 1))

    def alert(self, clause: str, destination: str | None = None) -> str:
        """Id of the alert on one clause."""
        return f"{destination or self.country}~{self.ref}~{clause}"


NO_TIMERS: frozenset[ClauseKind] = frozenset({"item_inventory", "reporting_cadence"})
"""Older forms asked for no reports: with these left out, silence says nothing."""


def license_of(grant: Grant) -> License:
    """The license as first registered."""
    product, maker = PRODUCTS[grant.product], MAKERS[grant.maker]
    terms = Terms(
        end_user=agency(grant.end_user), state=STATES[grant.country], country=grant.country, limit=grant.limit,
        cadence_days=grant.cadence_days, end_use=grant.end_use, countries=grant.countries, leave_out=grant.leave_out,
    )  # fmt: skip
    return License(
        id=grant.id, source=grant.source, issuing_state=grant.issuing, exporter=maker.name,
        end_user=agency(grant.end_user), destinations=(Destination(country=grant.country),),
        items=(
            LicensedItem(
                item_ref="item-1", product=product.name, technology=product.technology, control_codes=product.codes,
                modules=product.modules, quantity=grant.quantity, capacity=grant.limit,
            ),
        ),
        valid_from=grant.valid_from, valid_to=grant.valid_to, number=grant.id.replace("-", "/"),
        authority=OFFICE[grant.issuing], responsible_officer=OFFICER[grant.issuing], granted_at=grant.granted,
        status_history=(StatusChange(status="granted", at=grant.granted),),
        pledge=Pledge(
            signatory_role=f"Minister of the Interior, {STATES[grant.country]}", signed_at=grant.granted - days(14),
            document_ref=f"pledge-{grant.id}",
        ),
        clauses=clauses_of(grant.issuing, terms, grant.valid_from),
    )  # fmt: skip


def granted(grant: Grant) -> Known:
    """The license, known on the day of its grant or, if older, when the register was imported."""
    return Known(max(grant.granted, FIRST_DAY), license_of(grant))


def delivery_of(grant: Grant, when: dt.date, number: int = 1, serials: tuple[str, ...] | None = None) -> Delivery:
    """A shipment that arrived on `when`; all serials unless told which."""
    return Delivery(
        id=f"{grant.id}-D{number}", source=MAKERS[grant.maker].source, license=grant.ref, destination=grant.country,
        delivered_to=grant.country, delivered=Period(start=when),
        items=(
            DeliveredItem(
                item_ref="item-1", product=PRODUCTS[grant.product].name,
                serials=grant.serials if serials is None else serials,
            ),
        ),
    )  # fmt: skip


def delivered(grant: Grant, when: dt.date, parts: int = 1) -> Iterator[Known]:
    """All pieces, in one or more shipments within a few days, each known four days later."""
    size = -(-grant.quantity // parts)
    for part in range(parts):
        serials = grant.serials[part * size : (part + 1) * size]
        if serials:
            arrival = when + days(2 * part)
            yield Known(max(arrival + days(4), FIRST_DAY), delivery_of(grant, arrival, part + 1, serials))


def inventory(grant: Grant, when: dt.date, number: int) -> PostShipmentReport:
    """A serial inventory made on site by the issuing state's embassy; all pieces present."""
    clause = _clause_id(grant, "item_inventory")
    return PostShipmentReport(
        id=f"{grant.id}-I{number}", source=EMBASSY[grant.issuing], license=grant.ref, destination=grant.country,
        kind="inventory_initial" if number == 1 else "inventory_annual", performed=Period(start=when),
        reporter_role="embassy", trigger="license_condition", method="on_site", outcome="favourable",
        cooperation="full",
        items=(
            ReportedItem(
                item_ref="item-1", product=PRODUCTS[grant.product].name, serials=grant.serials,
                delivered=grant.quantity, presented=grant.quantity, verified=grant.quantity,
            ),
        ),
        clause_findings=(ClauseFinding(clause=clause, result="satisfied"),) if clause else (),
    )  # fmt: skip


def self_report(grant: Grant, when: dt.date, number: int) -> PostShipmentReport:
    """A periodic report of the end user, within the limit."""
    clause = _clause_id(grant, "reporting_cadence")
    return PostShipmentReport(
        id=f"{grant.id}-P{number}", source=EMBASSY[grant.issuing], license=grant.ref, destination=grant.country,
        kind="periodic_self_report", performed=Period(start=when), reporter_role="end_user", trigger="scheduled",
        method="documentary", outcome="favourable", cooperation="full",
        capacity_observed=max(1, grant.limit * (40 + 7 * (number % 5)) // 100),
        log_status="not_checked", end_use_observed=grant.end_use,
        clause_findings=(ClauseFinding(clause=clause, result="satisfied"),) if clause else (),
    )  # fmt: skip


def kept_promises(grant: Grant, arrived: dt.date, until: dt.date = LAST_DAY) -> Iterator[Known]:
    """Every report that the clauses ask for, some days before it is due, up to `until`."""
    if "item_inventory" not in grant.leave_out:
        yield from _inventories(grant, arrived, until)
    if "reporting_cadence" not in grant.leave_out:
        yield from _self_reports(grant, arrived, until)


def _inventories(grant: Grant, arrived: dt.date, until: dt.date) -> Iterator[Known]:
    first = arrived + days(62)
    for number in range(1, 40):
        when = first + days(358 * (number - 1))
        if when > until:
            return
        yield Known(max(when + days(6), FIRST_DAY), inventory(grant, when, number))


def _self_reports(grant: Grant, arrived: dt.date, until: dt.date) -> Iterator[Known]:
    for number in range(1, 80):
        when = arrived + days((grant.cadence_days - 4) * number)
        if when > until:
            return
        yield Known(max(when + days(3), FIRST_DAY), self_report(grant, when, number))


def _clause_id(grant: Grant, kind: ClauseKind) -> str | None:
    return next((clause.id for clause in license_of(grant).clauses if clause.kind == kind), None)


def course(grant: Grant, arrived: dt.date, parts: int = 1, until: dt.date = LAST_DAY) -> Iterator[Known]:
    """A license whose promises are kept: grant, deliveries, reports."""
    yield granted(grant)
    yield from delivered(grant, arrived, parts)
    yield from kept_promises(grant, arrived, until)
