"""What a credible account that fits no license would need in order to fit one: specific words, for a person to act on.

A maker without a license, a component that nobody licensed, a name that nobody knows, a time that no license covers:
each is another question to another office. None is discarded; they are what a catch-all or a partner can use.

    covered = Covered("XA", licenses, windows)            # once for a state
    needed_to_match(cluster.incidents(), covered, names)  # for each event that fits nothing
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from schemas import Incident, License
from schemas.common import Claimed
from schemas.incident import ClaimedProduct
from schemas.vocabulary import Technology
from streams.rules.ladders import kind_of
from streams.rules.naming import Namer
from streams.rules.placing import UNATTRIBUTED
from streams.rules.standing import UseWindow, overlap
from streams.rules.wording import day_words, listed

ANOTHER = "or another state's register: it may have licensed the export"
A_STATE = "a suspected operator state"
SAME = ("same", "renamed")


class Covered:
    """What the licenses of one state cover: each name once, however many licenses bear it."""

    def __init__(self, destination: str, licenses: Iterable[License], windows: Mapping[str, UseWindow]) -> None:
        self.destination = destination
        self.technologies: set[Technology] = set()
        self.products: dict[str, list[UseWindow]] = defaultdict(list)
        self.makers: dict[str, set[str]] = defaultdict(set)
        self.windows: dict[Technology, list[UseWindow]] = defaultdict(list)
        self.count = 0
        for license in licenses:
            self.count += 1
            for item in license.items:
                self.products[item.product].append(windows[license.ref])
                if item.technology:
                    self.technologies.add(item.technology)
                    self.windows[item.technology].append(windows[license.ref])
            for maker in (license.exporter, license.manufacturer):
                if maker:
                    self.makers[maker] |= {item.product for item in license.items}

    def product(self, name: str, names: Namer, on: dt.date) -> str | None:
        """The licensed product that a name stands for."""
        for product in self.products:
            like = names.compare(name, "product", product, "product", on)
            if like is not None and like.relation in SAME:
                return product
        return None

    def maker(self, name: str, names: Namer, on: dt.date) -> tuple[str, str] | None:
        """The licensee that a name stands for, or one of its group, and how."""
        found = [(maker, like) for maker in self.makers if (like := names.compare(name, "vendor", maker, "vendor", on))]
        for maker, like in found:
            if like.relation in SAME:
                return maker, "same"
        return (found[0][0], "group") if found else None


def needed_to_match(incidents: Iterable[Incident], covered: Covered, names: Namer) -> tuple[str, ...]:
    """What would tie an event to a license, in the order in which to ask; ends with where else to look."""
    accounts = sorted(incidents, key=lambda i: i.ref)
    if covered.destination == UNATTRIBUTED:
        return (A_STATE,)
    said = dict.fromkeys(words for incident in accounts for words in _needed(incident, covered, names))
    return (*said, ANOTHER) if said else (ANOTHER,)


def _needed(incident: Incident, covered: Covered, names: Namer) -> Iterator[str]:
    if incident.vendor_is_victim:
        yield "nothing: the vendor itself was the target"
        return
    foreign = [p for p in incident.products if not (incident.domestic_tool and p.role == "primary")]
    if incident.domestic_tool and not foreign:
        yield "an exported product that made it possible: the tool itself is of the operator's own make"
        return
    if not covered.count:
        yield f"a license for {covered.destination}: there is none on file"
    elif incident.technology not in covered.technologies:
        on_file = listed(sorted(kind_of(t).words for t in covered.technologies)) or "nothing that is told of"
        yield (
            f"a license for {covered.destination} that covers {kind_of(incident.technology).words}: "
            f"those on file cover {on_file}"
        )
    for product in foreign:
        yield from _product(product, incident, covered, names)
    for vendor in incident.vendors:
        yield from _vendor(vendor, incident, covered, names)
    if not foreign and not incident.vendors:
        yield "which product or vendor was used"
        yield from _time(covered.windows.get(incident.technology, []), incident)


def _product(product: ClaimedProduct, incident: Incident, covered: Covered, names: Namer) -> Iterator[str]:
    on, what = incident.occurred.last, "the component" if product.role == "component" else "the product"
    licensed = covered.product(product.name, names, on)
    if licensed is not None:
        yield from _time(covered.products[licensed], incident)
    elif not names.known(product.name, "product", on):
        yield f"whose product “{product.name}” is: the register of names does not know it"
    else:
        yield f"a license for {what} “{product.name}” in {covered.destination}: none on file names it"


def _vendor(vendor: Claimed, incident: Incident, covered: Covered, names: Namer) -> Iterator[str]:
    on = incident.occurred.last
    found = covered.maker(vendor.name, names, on)
    if found is None and not names.known(vendor.name, "vendor", on):
        yield f"who “{vendor.name}” is: the register of names does not know it"
    elif found is None:
        yield f"a license of “{vendor.name}” or its group for {covered.destination}: none on file is theirs"
    elif found[1] == "group":
        products = listed(f"“{p}”" for p in sorted(covered.makers[found[0]]))
        yield f"that “{vendor.name}” supplied {products}: only its group, through “{found[0]}”, has a license"


def _time(windows: Iterable[UseWindow], incident: Incident) -> Iterator[str]:
    """What is missing where the item fits and the time does not."""
    known = list(windows)
    if not known or any(overlap(incident.occurred, w.first, w.last) != "none" for w in known):
        return
    first, last = min(w.first for w in known), max(w.last for w in known)
    if incident.occurred.last < first:
        yield f"an earlier delivery or license: those on file begin on {day_words(first)}"
    elif incident.occurred.first > last:
        yield f"a delivery after {day_words(last)}, when all pieces were proven gone"
    else:
        yield "a license for the time between those on file"
