"""What was true on a day, and what we knew on a day: the two times of the register, and an assessment from there.

Two times are told apart, and both may be asked for at once.

**Record time** (`as_known_at`: what we knew then) cuts the set of facts. A fact, a revision or a retraction that the
log had later does not exist. A day stands for its end [UTC], an instant for itself; both count what was recorded at
that very moment. A fact without a record time counts as known from the latest day that it tells of itself (`told_on`; a
tick: its day); names, policies and retractions without one have always been known. Policies and names are thus those
recorded by then, and today is the greatest tick recorded by then. An assessment as known at a day equals one of the log
cut there; what was erased since is gone from every standpoint.

**Valid time** (`as_of`: what was true then, as known now) sets today to that day and leaves out what happened later. It
never changes which revision of a fact counts: that is knowledge. Left out are

- an account of something that can only have begun later, a delivery and a report of later, a decision of later;
- a license that was not even applied for yet; of a license the steps, consents, destinations, pledge and versions of
  clauses that begin later. What ends, ended or will end keeps its end.

Names are compared on the day of the event, and never on a later day than the one asked for. The policy is the one in
force on the day. What people hold or say *of* something that had happened by then is knowledge, not an event: it counts
whenever it was said (publications and denials of an account, its standing, judgments of analysts, retractions).
Something that straddles the day counts whole, for nobody knows which part of it came before.

Both together: what was true on a day, as known at another. Neither: what is true today as known now, as `assess_facts`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Set
from typing import TypeVar

import msgspec

from schemas import (
    AnyFact,
    Decision,
    Delivery,
    Erasure,
    Incident,
    License,
    Policy,
    PostShipmentReport,
    Tick,
)
from schemas.codec import fact_key
from schemas.common import EARLIEST, LATEST
from schemas.erasure import key_digest
from schemas.vocabulary import EntityKind
from streams.rules.assess import Assessment, Assessor, assess_facts
from streams.rules.counted import Counted
from streams.rules.dossier import Dossier, Partition
from streams.rules.naming import Likeness, Namer, NamerOf, PlainNamer, Spoken
from streams.rules.standing import granted_at
from streams.rules.today import today_of, told_on

T = TypeVar("T")
_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
DAY_FORM = "a day as in 2025-03-09"
MOMENT_FORM = "a day as in 2025-03-09, or an instant with its zone as in 2025-03-09T12:00:00Z"


class Standpoint(msgspec.Struct, frozen=True, kw_only=True):
    """From where one looks: the day of which, and the moment at which; neither: today, as known now."""

    as_of: dt.date | None = None
    """Valid time: what was true on this day."""
    as_known_at: dt.datetime | None = None
    """Record time: the last moment at which something recorded counts [UTC]."""

    @property
    def now(self) -> bool:
        """Whether nothing is asked for but how things stand."""
        return self.as_of is None and self.as_known_at is None

    @property
    def known_on(self) -> dt.date | None:
        """The day of `as_known_at` [UTC]."""
        return self.as_known_at.date() if self.as_known_at else None

    @property
    def day(self) -> dt.date | None:
        """The earlier of the two days: nothing that was said or done after it is shown."""
        return min((d for d in (self.as_of, self.known_on) if d), default=None)

    def query(self) -> dict[str, str]:
        """As the parameters of an address, which `read_standpoint` reads back; those not asked for are left out."""
        asked = {"as_of": self.as_of.isoformat() if self.as_of else "", "as_known_at": _moment_text(self.as_known_at)}
        return {name: text for name, text in asked.items() if text}

    def knows(self, fact: AnyFact) -> bool:
        """Whether the log had this fact by then."""
        if self.as_known_at is None:
            return True
        if fact.recorded_at is not None:
            return fact.recorded_at <= self.as_known_at
        return (fact.day if isinstance(fact, Tick) else told_on(fact)) <= self.as_known_at.date()


NOW = Standpoint()


def read_standpoint(as_of: str | None = None, as_known_at: str | None = None) -> Standpoint:
    """From the words of a command or an address; raises `ValueError`, which says what was expected of which."""
    return Standpoint(
        as_of=_read(as_of, _day, f"as_of: expected {DAY_FORM}") if as_of else None,
        as_known_at=_read(as_known_at, _moment, f"as_known_at: expected {MOMENT_FORM}") if as_known_at else None,
    )


def _read(text: str, reading: Callable[[str], T], expected: str) -> T:
    try:
        return reading(text)
    except ValueError:
        raise ValueError(expected) from None


def end_of(day: dt.date) -> dt.datetime:
    """The last moment of a day [UTC]."""
    return dt.datetime.combine(day, dt.time.max, tzinfo=dt.UTC)


def _day(text: str) -> dt.date:
    if not _ISO_DAY.fullmatch(text):
        raise ValueError
    day = dt.date.fromisoformat(text)
    if not EARLIEST <= day <= LATEST:
        raise ValueError
    return day


def _moment(text: str) -> dt.datetime:
    if _ISO_DAY.fullmatch(text):
        return end_of(_day(text))
    _day(text[: len("2025-03-09")])
    at = dt.datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError
    return at.astimezone(dt.UTC)


def _moment_text(at: dt.datetime | None) -> str:
    if at is None:
        return ""
    return at.date().isoformat() if at == end_of(at.date()) else at.isoformat().replace("+00:00", "Z")


# -- record time ------------------------------------------------------------------------------------------------------


def known(facts: Iterable[AnyFact], at: Standpoint) -> Iterator[AnyFact]:
    """The facts that the log had by then; without those that were erased, whenever that was."""
    return (fact for fact in unerased(facts) if at.knows(fact))


def unerased(facts: Iterable[AnyFact]) -> Iterator[AnyFact]:
    """The facts without bodies and retractions of those that an erasure among them erased."""
    everything = tuple(facts)
    erased = {fact.digest for fact in everything if isinstance(fact, Erasure) and fact.erases}
    for fact in everything:
        if not erased or isinstance(fact, Erasure) or key_digest(fact_key(fact)) not in erased:
            yield fact


# -- valid time -------------------------------------------------------------------------------------------------------


def happened(fact: AnyFact, by: dt.date) -> bool:
    """Whether what the fact tells of has begun, or may have, by the end of the day."""
    if isinstance(fact, Incident):
        return fact.occurred.first <= by
    if isinstance(fact, Delivery):
        return fact.delivered.first <= by
    if isinstance(fact, PostShipmentReport):
        return fact.performed.first <= by
    if isinstance(fact, Decision):
        return fact.at.astimezone(dt.UTC).date() <= by
    return license_on(fact, by) is not None if isinstance(fact, License) else True


def license_on(license: License, day: dt.date) -> License | None:
    """The license as it stood on the day, itself where nothing of it began later; `None`: it was not there yet."""
    if min(license.valid_from, granted_at(license), *(step.at for step in license.status_history)) > day:
        return None
    pledge = license.pledge if license.pledge and license.pledge.signed_at <= day else None
    stood = msgspec.structs.replace(
        license,
        destinations=tuple(d for d in license.destinations if _begun(d.valid_from, day)),
        status_history=tuple(step for step in license.status_history if step.at <= day),
        consents=tuple(c for c in license.consents if c.valid_from <= day),
        clauses=tuple(c for c in license.clauses if _begun(c.valid_from, day)),
        pledge=pledge,
    )
    return license if stood == license else stood


def _begun(first: dt.date | None, day: dt.date) -> bool:
    return first is None or first <= day


class PartitionOn(Partition):
    """A partition in which nothing counts that happened after a day, which is today."""

    def __init__(self, day: dt.date) -> None:
        super().__init__()
        self._on = day

    @property
    def today(self) -> dt.date:
        """The day."""
        return self._on

    def counting(self, key: str, destination: str, serials: Set[str] = frozenset()) -> Counted | None:
        """The fact that counts, as it stood on the day."""
        return counted_on(super().counting(key, destination, serials), self._on)

    def dossier(self, destination: str, today: dt.date | None = None) -> Dossier:
        """The dossier as it stood on the day."""
        dossier = super().dossier(destination, today or self._on)

        def stood(counted: Iterable[Counted]) -> tuple[Counted, ...]:
            return tuple(on for c in counted if (on := counted_on(c, self._on)))

        return msgspec.structs.replace(
            dossier, licenses=stood(dossier.licenses), deliveries=stood(dossier.deliveries),
            reports=stood(dossier.reports), incidents=stood(dossier.incidents), decisions=stood(dossier.decisions),
        )  # fmt: skip


def counted_on(counted: Counted | None, day: dt.date) -> Counted | None:
    """What counts, as it stood on the day; `None`: it had not happened.

    A license that lost something keeps the digest of its whole body: the fact in the log is the one that is meant.
    """
    if counted is None or not happened(counted.fact, day):
        return None
    if not isinstance(counted.fact, License):
        return counted
    stood = license_on(counted.fact, day)
    return msgspec.structs.replace(counted, fact=stood) if stood else None


class NamerOn:
    """A register of names that is never asked about a later day than one: what came after is not yet so."""

    def __init__(self, names: Namer, day: dt.date) -> None:
        self._names, self._day = names, day

    @property
    def version(self) -> str:
        """That of the register."""
        return self._names.version

    def version_for(self, spoken: Spoken) -> str:
        """That of the register."""
        return self._names.version_for(spoken)

    def concerned(self, before: Namer, spoken: Spoken) -> bool:
        """As the register says."""
        return self._names.concerned(before._names if isinstance(before, NamerOn) else before, spoken)

    def compare(
        self, left: str, left_kind: EntityKind, right: str, right_kind: EntityKind, on: dt.date
    ) -> Likeness | None:
        """How `left` stands to `right` on the day of the event, or on the day asked for where that is earlier."""
        return self._names.compare(left, left_kind, right, right_kind, min(on, self._day))

    def known(self, name: str, kind: EntityKind, on: dt.date) -> bool:
        """Whether the register knows the name."""
        return self._names.known(name, kind, min(on, self._day))


def namer_on(namer_of: NamerOf, day: dt.date) -> NamerOf:
    """Builds registers that are never asked about a later day than `day`."""

    def build(names: Iterable[object]) -> Namer:
        return NamerOn(namer_of(names), day)  # type: ignore[arg-type]

    return build


# -- the assessment from a standpoint ---------------------------------------------------------------------------------


class World:
    """The facts that are known from a standpoint, ready to be assessed destination by destination, each once."""

    def __init__(
        self, facts: Iterable[AnyFact], at: Standpoint, *, policy: Policy | None = None, namer_of: NamerOf = PlainNamer
    ) -> None:
        self.at = at
        self.facts = tuple(facts)
        self.today = at.as_of or today_of(self.facts)
        self._partition = PartitionOn(at.as_of) if at.as_of else Partition()
        self._partition.add_all(self.facts)
        self._assessor = Assessor(namer_on(namer_of, at.as_of) if at.as_of else namer_of, policy)
        self._assessed: dict[str, Assessment] = {}

    def destinations(self) -> tuple[str, ...]:
        """Every destination that something known names, sorted."""
        return self._partition.destinations()

    def dossier(self, destination: str) -> Dossier:
        """The dossier of a destination, as it stood."""
        return self._partition.dossier(destination, self.today)

    def assessment(self, destination: str) -> Assessment:
        """What held in a destination."""
        if destination not in self._assessed:
            self._assessed[destination] = self._assessor.assess(self._partition, destination, self.today)
        return self._assessed[destination]


def assess_at(
    facts: Iterable[AnyFact],
    at: Standpoint,
    *,
    policy: Policy | None = None,
    namer_of: NamerOf = PlainNamer,
    begun: Callable[[int], object] = lambda destinations: None,
) -> Iterator[Assessment]:
    """The assessments of all destinations from a standpoint, in order of destination; `begun` hears how many."""
    if at.as_of is None:
        yield from assess_facts(known(facts, at), policy=policy, namer_of=namer_of, begun=begun)
        return
    world = World(known(facts, at), at, policy=policy, namer_of=namer_of)
    begun(len(world.destinations()))
    for destination in world.destinations():
        yield world.assessment(destination)
