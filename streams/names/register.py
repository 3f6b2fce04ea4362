"""The register of names: who is meant by a name, as of a date, and how two entities stand to each other.

Built from a *set* of rows: their order and their repetition change nothing. A row that is known to be wrong stays
and is judged `different`; whoever builds a register of the same rows gets the same answers.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from functools import cache, cached_property
from importlib import resources
from typing import Final, Literal

import msgspec

from schemas.name import Name
from streams.names.candidates import Index
from streams.names.matcher import Score, score
from streams.names.normal import keyed, readings
from streams.names.states import resolve_state

RelationKind = Literal["same", "renamed", "parent", "group", "product_of"]

KINDS_ALIKE: Final = {
    "vendor": frozenset({"vendor", "corporate_group"}),
    "corporate_group": frozenset({"vendor", "corporate_group"}),
    "agency": frozenset({"agency", "unit"}),
    "unit": frozenset({"agency", "unit"}),
    "product": frozenset({"product", "technology"}),
    "technology": frozenset({"product", "technology"}),
    "state": frozenset({"state"}),
}
"""Kinds that writers do not keep apart: asked for one, the register answers with the others too."""

_UP: Final = ("owned_by", "acquired_by", "part_of")
_WORDS: Final = {
    "owned_by": "is owned by",
    "acquired_by": "was acquired by",
    "part_of": "is part of",
    "markets": "markets",
    "renamed_to": "was renamed to",
}
_GROUP_P: Final = 0.55  # one group, two companies: the pair is worth an officer's look, not a match. Uncalibrated.
_NEAR_P: Final = 0.7  # p below which a name that is only near resolves to nobody: of many candidates few are meant
_HOPS: Final = 4


class Resolution(msgspec.Struct, frozen=True):
    """An entity that a text may mean.

    `name`: the name it was found under; `score`: how likely it is meant [0..1]; `reason`: a sentence; `via`: `id`,
    `name` (exactly as known), `state`, `spelling` (near to a known name).
    """

    entity: str
    kind: str
    name: str
    score: float
    reason: str
    via: str


class Relation(msgspec.Struct, frozen=True):
    """How one entity stands to another as of a date; `reason` is the sentence, with dates and what is not dated."""

    kind: RelationKind
    reason: str
    confidence: float = 1.0


class _Held(msgspec.Struct, frozen=True, order=True):
    """A name as the register holds it, after all judgments on it."""

    entity: str
    kind: str
    name: str
    country: str
    valid_from: dt.date
    valid_to: dt.date
    confidence: int
    judgment: str
    sources: tuple[str, ...]


class _Tie(msgspec.Struct, frozen=True, order=True):
    """A relation of one entity to another, after all judgments on it."""

    relation: str
    entity: str
    target: str
    valid_from: dt.date
    valid_to: dt.date
    confidence: int
    judgment: str
    sources: tuple[str, ...]

    def holds(self, as_of: dt.date | None) -> bool:
        return as_of is None or self.valid_from <= as_of <= self.valid_to

    @property
    def dated(self) -> str:
        """When it began and ended, in words."""
        since = f" since {self.valid_from}" if self.valid_from > dt.date.min else ""
        until = f" until {self.valid_to}" if self.valid_to < dt.date.max else ""
        return since + until or " (not dated)"


def _judged(rows: list[Name]) -> str:
    """One judgment from all rows that say the same: reviewers outrank importers; where they differ it is `unsure`."""
    reviewed = [row for row in rows if row.judged_by]
    said = {row.judgment for row in reviewed or rows}
    return said.pop() if len(said) == 1 else "unsure"


def _bounds(rows: list[Name]) -> tuple[dt.date, dt.date]:
    """The reviewers' dates if any gave some, else the importers'; of several the widest."""
    reviewed = [row for row in rows if row.judged_by and (row.valid_from or row.valid_to)]
    chosen = reviewed or rows
    return (
        min(row.valid_from or dt.date.min for row in chosen),
        max(row.valid_to or dt.date.max for row in chosen),
    )


def _assertions(rows: Iterable[Name]) -> list[list[Name]]:
    """Rows that say the same thing, together; sorted, so that only the set counts."""
    together: dict[tuple[str, str, str, str], dict[bytes, Name]] = {}
    for row in rows:
        matter = (row.relation, row.entity, row.target or "", keyed(row.name or ""))
        together.setdefault(matter, {})[msgspec.json.encode(row)] = row
    return [[same[body] for body in sorted(same)] for _, same in sorted(together.items())]


class Register:
    """An index over rows of the register, not changed once built: `Register.of(rows)`; `seed()` is what ships."""

    def __init__(self, names: tuple[_Held, ...], ties: tuple[_Tie, ...]) -> None:
        self.names: Final = names
        self.ties: Final = ties
        self._by_key: dict[str, list[_Held]] = {}
        self._by_entity: dict[str, list[_Held]] = {}
        for held in names:
            self._by_entity.setdefault(held.entity, []).append(held)
            if held.judgment != "different":
                for key in {keyed(held.name)} - {""}:
                    self._by_key.setdefault(key, []).append(held)
        self._from: dict[str, list[_Tie]] = {}
        self._to: dict[str, list[_Tie]] = {}
        for tie in ties:
            if tie.judgment != "different":
                self._from.setdefault(tie.entity, []).append(tie)
                self._to.setdefault(tie.target, []).append(tie)
        self._resolved: dict[tuple[str, str | None, dt.date | None, str | None], tuple[Resolution, ...]] = {}
        self._nearest: dict[tuple[str, str | None, str | None], list[Resolution]] = {}
        self._related: dict[tuple[str, str, dt.date | None], Relation | None] = {}

    @classmethod
    def of(cls, rows: Iterable[Name]) -> Register:
        """A register of these rows; tests and exercises among them are left out, order and repetition do not matter."""
        names: list[_Held] = []
        ties: list[_Tie] = []
        for same in _assertions(row for row in rows if row.tense == "actual"):
            first, last = _bounds(same)
            confidence = max(row.confidence for row in same)
            judgment = _judged(same)
            sources = tuple(sorted({row.source for row in same}))
            kind = min(row.kind for row in same)
            country = min((row.country for row in same if row.country), default="")
            one = same[0]
            if one.relation == "alias" and one.name:
                name = min(row.name for row in same if row.name)
                names.append(_Held(one.entity, kind, name, country, first, last, confidence, judgment, sources))
            elif one.relation != "alias" and one.target:
                ties.append(_Tie(one.relation, one.entity, one.target, first, last, confidence, judgment, sources))
        return cls(tuple(sorted(names)), tuple(sorted(ties)))

    def entities(self) -> list[str]:
        """All entities that have a name, sorted."""
        return sorted(self._by_entity)

    def name_of(self, entity: str) -> str:
        """The entity's surest name, the shortest of several; the entity's id if it has none."""
        held = [name for name in self._by_entity.get(entity, ()) if name.judgment == "same"]
        return min(held, key=lambda name: (-name.confidence, len(name.name), name.name)).name if held else entity

    def kind_of(self, entity: str) -> str | None:
        """What the entity is, or None if it is unknown."""
        held = self._by_entity.get(entity)
        return held[0].kind if held else None

    def resolve(
        self, text: str, *, kind: str | None = None, as_of: dt.date | None = None, country: str | None = None
    ) -> tuple[Resolution, ...]:
        """Whom the text may mean as of the date, best first; empty if nobody known.

        `kind` keeps to that kind and those that writers do not keep apart from it; `country` prefers entities seated
        there. Asked again, the answer is remembered.
        """
        asked = (text, kind, as_of, country)
        known = self._resolved.get(asked)
        if known is None:
            if len(self._resolved) > 200_000:
                self._resolved.clear()
            known = self._resolved[asked] = self._find(text, kind, as_of, country)
        return known

    def named(self, text: str) -> tuple[Resolution, ...]:
        """Entities whose name the text is, exactly; nothing near, no state."""
        found = self._exact(text, None, None, None) if keyed(text) in self._by_key else []
        return tuple(sorted(found, key=lambda one: (-one.score, one.entity, one.name)))

    def unknown(self, text: str, *, kind: str | None = None) -> bool:
        """Whether nobody surely bears the name, so that somebody should look at it."""
        found = self.resolve(text, kind=kind)
        return not found or found[0].via == "spelling"

    def _find(self, text: str, kind: str | None, as_of: dt.date | None, country: str | None) -> tuple[Resolution, ...]:
        if kind == "state":
            return self._states(text)
        found = self._exact(text, kind, as_of, country)
        if not found and kind is None:
            found = list(self._states(text))
        if not found:
            found = self._near_once(text, kind, country)
        return tuple(sorted(found, key=lambda one: (-one.score, one.entity, one.name)))

    def _states(self, text: str) -> tuple[Resolution, ...]:
        state = resolve_state(text)
        if state is None:
            return ()
        sure = 0.6 if "ambiguous" in state.flags else 0.9 if "spelling" in state.flags else 1.0
        return (Resolution(state.code, "state", state.name, sure, state.reason, "state"),)

    def _exact(self, text: str, kind: str | None, as_of: dt.date | None, country: str | None) -> list[Resolution]:
        best: dict[str, Resolution] = {}
        if text in self._by_entity and _alike(self.kind_of(text), kind):
            name = self.name_of(text)
            best[text] = Resolution(text, self.kind_of(text) or "", name, 1.0, "the register's own id", "id")
        known = [
            (name, whole)
            for whole, key in self._keys(text)
            for name in self._by_key.get(key, ())
            if _alike(name.kind, kind)
        ]
        held = self._seated(known, country)
        sharing = len({name.entity for name, _ in held}) or 1
        for one, whole in held:
            found = self._as_named(one, as_of, sharing, whole)
            if one.entity not in best or found.score > best[one.entity].score:
                best[one.entity] = found
        return list(best.values())

    def _keys(self, text: str) -> list[tuple[bool, str]]:
        """Keys of the whole text and, after it, of the names it holds in brackets or beside each other."""
        whole = keyed(text)
        parts = {keyed(reading.text) for reading in readings(text)} - {whole, ""}
        return [(True, whole), *((False, part) for part in sorted(parts))]

    def _seated(self, held: list[tuple[_Held, bool]], country: str | None) -> list[tuple[_Held, bool]]:
        there = [(name, whole) for name, whole in held if country and name.country in (country, "")]
        return there or ([] if country and held and all(name.country for name, _ in held) else held)

    def _as_named(self, name: _Held, as_of: dt.date | None, sharing: int, whole: bool) -> Resolution:
        sure = name.confidence / 100 * (0.5 if name.judgment == "unsure" else 1.0) / sharing * (1.0 if whole else 0.9)
        said = f"“{name.name}” is a name of {self.name_of(name.entity)} according to {', '.join(name.sources)}"
        if name.judgment == "unsure":
            said += "; reviewers are not sure of it"
        if sharing > 1:
            said += f"; {sharing} entities share the name"
        if as_of and as_of < name.valid_from:
            sure, said = sure * 0.8, f"{said}; in use since {name.valid_from}, after the date asked for"
        if as_of and as_of > name.valid_to:
            sure, said = sure * 0.8, f"{said}; in use until {name.valid_to}, before the date asked for"
        return Resolution(name.entity, name.kind, name.name, round(sure, 4), said, "name")

    def _near_once(self, text: str, kind: str | None, country: str | None) -> list[Resolution]:
        """What is near does not depend on the date: looked for once."""
        asked = (text, kind, country)
        if asked not in self._nearest:
            self._nearest[asked] = self._near(text, kind, country)
        return self._nearest[asked]

    def _near(self, text: str, kind: str | None, country: str | None) -> list[Resolution]:
        best: dict[str, Resolution] = {}
        for held in self._candidates(text):
            if not _alike(held.kind, kind):
                continue
            matched = score(text, held.name, kind=held.kind, countries=(country, held.country or None))
            if matched.score < _NEAR_P or (held.entity in best and best[held.entity].score >= matched.score):
                continue
            reason = f"near to “{held.name}”: {'; '.join(matched.reasons)}"
            best[held.entity] = Resolution(held.entity, held.kind, held.name, matched.score, reason, "spelling")
        return _exclusive(list(best.values()))

    def _candidates(self, text: str) -> Iterable[_Held]:
        return [self._named[place] for place, _ in self._index.search(text)]

    @cached_property
    def _named(self) -> list[_Held]:
        return [held for held in self.names if held.judgment != "different"]

    @cached_property
    def _index(self) -> Index:
        return Index.of(held.name for held in self._named)

    def score(
        self,
        left: str,
        right: str,
        *,
        kind: str | None = None,
        countries: tuple[str | None, str | None] = (None, None),
        as_of: dt.date | None = None,
    ) -> Score:
        """p(the two names mean one entity), with what the register knows laid over what the names themselves say."""
        spelled = score(left, right, kind=kind, countries=countries)
        one = self._exact(left, kind, as_of, countries[0])
        two = self._exact(right, kind, as_of, countries[1])
        if not one or not two:
            return spelled
        return self._known(spelled, one, two, as_of)

    def _known(self, spelled: Score, one: list[Resolution], two: list[Resolution], as_of: dt.date | None) -> Score:
        ties = [(self.related(a.entity, b.entity, as_of), a, b) for a in one for b in two]
        for kind, least in (("same", 0.97), ("renamed", 0.95)):
            for tie, a, b in ties:
                if tie and tie.kind == kind:
                    sure = max(spelled.score, least * min(a.score, b.score) * tie.confidence)
                    return Score(round(sure, 4), (tie.reason, *spelled.reasons), spelled.parts)
        for tie, _, _ in ties:
            if tie and tie.kind in ("parent", "group"):
                said = f"two of one group, not one entity: {tie.reason}"
                return Score(max(round(min(spelled.score, 0.7), 4), _GROUP_P), (said, *spelled.reasons), spelled.parts)
        apart = f"the register holds them as two: {one[0].entity} and {two[0].entity}"
        return Score(round(min(spelled.score, 0.25), 4), (apart, *spelled.reasons), spelled.parts)

    def related(self, a: str, b: str, as_of: dt.date | None = None) -> Relation | None:
        """How entity `a` stands to entity `b` as of the date (None: at any time); None if no relation is known.

        Renaming does not make another entity, whenever it happened. Ownership, membership and marketing count only
        while they lasted; one that is not dated counts, and the sentence says so.
        """
        asked = (a, b, as_of)
        if asked not in self._related:
            if len(self._related) > 200_000:
                self._related.clear()
            self._related[asked] = self._relate(a, b, as_of)
        return self._related[asked]

    def _relate(self, a: str, b: str, as_of: dt.date | None) -> Relation | None:
        if a == b:
            return Relation("same", f"one entity: {self.name_of(a)}")
        renamed = self._renamed(a, b)
        if renamed:
            return renamed
        return self._over_or_under(a, b, as_of) or self._marketed(a, b, as_of) or self._grouped(a, b, as_of)

    def _names_of_one(self, entity: str) -> dict[str, _Tie | None]:
        """The entity and all that it was renamed from or to, each with the tie that led there."""
        reached: dict[str, _Tie | None] = {entity: None}
        waiting = [entity]
        while waiting:
            current = waiting.pop()
            for tie in (*self._from.get(current, ()), *self._to.get(current, ())):
                other = tie.target if tie.entity == current else tie.entity
                if tie.relation == "renamed_to" and other not in reached:
                    reached[other] = tie
                    waiting.append(other)
        return reached

    def _renamed(self, a: str, b: str) -> Relation | None:
        tie = self._names_of_one(a).get(b)
        return Relation("renamed", self._say([tie]), tie.confidence / 100) if tie else None

    def _above(self, entity: str, as_of: dt.date | None) -> dict[str, list[_Tie]]:
        """All that stand above the entity as of the date, nearest first, each with the ties that lead there."""
        reached: dict[str, list[_Tie]] = {one: [] for one in self._names_of_one(entity)}
        level = sorted(reached)
        for _ in range(_HOPS):
            following: list[str] = []
            for current in level:
                for tie in self._from.get(current, ()):
                    if tie.relation in _UP and tie.holds(as_of) and tie.target not in reached:
                        for alias in self._names_of_one(tie.target):
                            if alias not in reached:
                                reached[alias] = [*reached[current], tie]
                                following.append(alias)
            level = sorted(following)
        return reached

    def is_part(self, a: str, b: str, as_of: dt.date | None = None) -> bool:
        """Whether entity `a` stands below entity `b` as of the date: a unit of it, owned by it, part of it."""
        return bool(self._above(a, as_of).get(b))

    def _over_or_under(self, a: str, b: str, as_of: dt.date | None) -> Relation | None:
        for low, high in ((a, b), (b, a)):
            path = self._above(low, as_of).get(high)
            if path:
                return Relation("parent", self._say(path), min(tie.confidence for tie in path) / 100)
        return None

    def _grouped(self, a: str, b: str, as_of: dt.date | None) -> Relation | None:
        one, two = self._above(a, as_of), self._above(b, as_of)
        common = sorted(
            (len(one[top]) + len(two[top]), top) for top in one.keys() & two.keys() if one[top] and two[top]
        )
        if not common:
            return None
        top = common[0][1]
        path = [*one[top], *two[top]]
        return Relation(
            "group", f"one group under {self.name_of(top)}: {self._say(path)}", min(t.confidence for t in path) / 100
        )

    def _marketed(self, a: str, b: str, as_of: dt.date | None) -> Relation | None:
        for product, vendor in ((a, b), (b, a)):
            for one in self._names_of_one(product):
                for tie in self._to.get(one, ()):
                    if tie.relation == "markets" and tie.holds(as_of):
                        found = self._by_vendor(tie, vendor, as_of)
                        if found:
                            return found
        return None

    def _by_vendor(self, tie: _Tie, vendor: str, as_of: dt.date | None) -> Relation | None:
        if tie.entity == vendor:
            return Relation("product_of", self._say([tie]), tie.confidence / 100)
        if self.kind_of(vendor) in ("product", "technology"):
            return None
        between = self.related(tie.entity, vendor, as_of)
        if between is None or between.kind == "product_of":
            return None
        return Relation(
            "product_of", f"{self._say([tie])}; {between.reason}", between.confidence * tie.confidence / 100
        )

    def neighbors(self, entity: str) -> frozenset[str]:
        """The entity and all that any relation, at any time, leads to: whom a change of one of them can concern."""
        reached = {entity}
        waiting = [entity]
        while waiting:
            current = waiting.pop()
            for tie in (*self._from.get(current, ()), *self._to.get(current, ())):
                for other in (tie.entity, tie.target):
                    if other not in reached:
                        reached.add(other)
                        waiting.append(other)
        return frozenset(reached)

    def _say(self, path: Iterable[_Tie | None]) -> str:
        return "; ".join(
            f"{self.name_of(tie.entity)} {_WORDS[tie.relation]} {self.name_of(tie.target)}{tie.dated}"
            + (", of which reviewers are not sure" if tie.judgment == "unsure" else "")
            for tie in path
            if tie
        )


class Change:
    """What differs between two registers, so that only what holds a changed name is looked at again."""

    def __init__(self, before: Register, after: Register) -> None:
        self._before: Final = before
        self._after: Final = after
        names = {*before.names} ^ {*after.names}
        ties = {*before.ties} ^ {*after.ties}
        changed = {held.entity for held in names} | {end for tie in ties for end in (tie.entity, tie.target)}
        self.entities: Final = frozenset(
            other for entity in changed for register in (before, after) for other in register.neighbors(entity)
        )

    def concerns(self, text: str, *, kind: str | None = None) -> bool:
        """Whether the text may mean another entity than before, or one whose relations changed."""
        was, now = self._before.resolve(text, kind=kind), self._after.resolve(text, kind=kind)
        return was != now or any(found.entity in self.entities for found in (*was, *now))


def _exclusive(found: list[Resolution]) -> list[Resolution]:
    """Only one of several near names can be meant: their p together is at most 1."""
    total = sum(one.score for one in found)
    if total <= 1:
        return found
    said = f"; {len(found)} entities are as near"
    return [msgspec.structs.replace(one, score=round(one.score / total, 4), reason=one.reason + said) for one in found]


def _alike(kind: str | None, asked: str | None) -> bool:
    return asked is None or kind in KINDS_ALIKE.get(asked, frozenset({asked}))


@cache
def seed_rows() -> tuple[Name, ...]:
    """The rows of the seed that ships with the code, as facts with their source."""
    lines = (resources.files("streams.names.seed") / "names.ndjson").read_bytes().splitlines()
    decoder = msgspec.json.Decoder(Name)
    return tuple(decoder.decode(line) for line in lines if line.strip())


@cache
def seed() -> Register:
    """The register of the seed alone."""
    return Register.of(seed_rows())
