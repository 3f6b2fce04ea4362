"""Candidates: the few names of a register that a text could mean, found without looking at all of them.

Each name is filed under pieces of how it sounds. A search takes the rarest pieces of the text first and stops when
it has looked at a fixed number of entries, so that its cost grows far slower than the register; what it then holds
is put in order by rapidfuzz and by the weight of the words it shares. Names in other scripts than Latin are filed
again by meaning and by consonants. It proposes, the matcher judges.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Final

import msgspec
from rapidfuzz.distance import Indel

from streams.names.normal import bones, concept_of, legal_words, parse, readings, sound
from streams.names.scripts import plain

_BUDGET: Final = 700  # entries looked at for one search in 10,000 names, twice that in 100,000; measured
_LEAST: Final = 4  # pieces looked at however common they are
_KEPT: Final = 40  # candidates put in order by rapidfuzz
_SIZES: Final = (3, 4)  # letters of a piece
_SHARED: Final = 0.85  # likeness of names of which one has all words of the other, by weight
_ABROAD: Final = 4  # one place in so many is kept for names in another script that share a meaning
_INITIALS: Final = 0.8  # likeness of an acronym and a name with these initials

_SPACE = str.maketrans(dict.fromkeys('!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n\r', " ") | {"'": None})
_LONG_LEGAL: Final = frozenset(
    {"open", "closed", "public", "private", "joint", "stock", "limited", "liability", "company"}
)


class _Text(msgspec.Struct):
    """A text made ready: sounds of its words, sorted and joined; its initials; what it means and its consonants."""

    tokens: list[str]
    ordered: str
    joined: str
    initials: str
    alone: str  # the word itself where it is the only one and could be an acronym
    foreign: bool
    meant: frozenset[str]


def _ready(text: str, *, meaning: bool) -> _Text:
    foreign = not text.isascii() and not plain(text).isascii()
    if foreign:
        words = parse(text).words
        tokens = [word.sound for word in words]
        meant = frozenset(
            chain(("=" + w.concept for w in words if w.concept), ("#" + bones(token) for token in tokens))
        )
        return _Text(tokens, " ".join(sorted(tokens)), "".join(tokens), "", "", True, meant)
    written = text if text.isascii() else plain(text)
    all_words = written.lower().translate(_SPACE).split()
    legal = legal_words()
    if "stock" in all_words or "liability" in all_words:
        legal |= _LONG_LEGAL
    words_kept = [word for word in all_words if word not in legal] or all_words
    tokens = [sound(word) for word in words_kept]
    known = _meanings(tuple(words_kept)) if meaning else frozenset()
    initials = "".join(word[0] for word in words_kept)
    alone = words_kept[0] if len(words_kept) == 1 and len(words_kept[0]) <= 8 else ""
    return _Text(tokens, " ".join(sorted(tokens)), "".join(tokens), initials, alone, False, known)


def _meanings(words: tuple[str, ...]) -> frozenset[str]:
    """Concepts and consonants of Latin words, groups of up to three words among them."""
    groups = (" ".join(words[at : at + size]) for size in (1, 2, 3) for at in range(len(words) - size + 1))
    found = {f"={concept}" for group in groups if (concept := concept_of(group))}
    return frozenset(found | {"#" + bones(sound(word)) for word in words})


@lru_cache(maxsize=65536)
def _pieces(token: str) -> tuple[str, ...]:
    """What a word is filed under: itself, and each run of three or four letters with its borders."""
    bordered = f"^{token}$"
    return (bordered, *(bordered[at : at + size] for size in _SIZES for at in range(len(bordered) - size + 1)))


class Index:
    """Names filed by the pieces of their sound; not changed once built."""

    def __init__(self, names: Sequence[str]) -> None:
        self._size: Final = len(names)
        self._place: Final[list[int]] = []  # entry → place of its name; a name with brackets has several entries
        self._texts: Final[list[_Text]] = []
        self._filed: Final[dict[str, list[int]]] = {}
        self._foreign: Final[dict[str, list[int]]] = {}
        self._whole: Final[dict[str, list[int]]] = {}
        for place, name in enumerate(names):
            for part in _parts(name):
                self._file(place, part)
        self._rarity: Final = {
            piece[1:-1]: math.log(1 + len(self._texts) / len(entries))
            for piece, entries in self._filed.items()
            if piece[0] == "^" and piece[-1] == "$"
        }
        reach = 1 + max(0.0, math.log10(max(1, len(self._texts)) / 10_000))
        self._budget: Final = int(_BUDGET * reach)
        self._kept: Final = int(_KEPT * reach)
        self._unknown: Final = math.log(1 + len(self._texts))
        self._weights: Final = [self._weight(text.tokens) for text in self._texts]
        self._spelled: Final = [text.ordered for text in self._texts]
        self._joined: Final = [text.joined for text in self._texts]
        self._sets: Final = [frozenset(text.tokens) for text in self._texts]

    def _file(self, place: int, part: str) -> None:
        text = _ready(part, meaning=True)
        if not text.tokens:
            return
        entry = len(self._texts)
        self._place.append(place)
        self._texts.append(text)
        self._whole.setdefault(text.ordered, []).append(entry)
        for piece in set(chain.from_iterable(map(_pieces, text.tokens))):
            self._filed.setdefault(piece, []).append(entry)
        if len(text.initials) >= 3:
            self._filed.setdefault("@" + text.initials, []).append(entry)
        if text.foreign:
            for key in text.meant:
                self._foreign.setdefault(key, []).append(entry)
        else:
            for key in text.meant:
                self._filed.setdefault(key, []).append(entry)

    @classmethod
    def of(cls, names: Iterable[str]) -> Index:
        """An index of the names; a search answers with places in this order."""
        return cls(list(names))

    def __len__(self) -> int:
        return self._size

    def search(self, text: str, top: int = 20) -> list[tuple[int, float]]:
        """Places of the names nearest to the text, with a likeness in 0..1, best first; at most `top`."""
        best: dict[int, float] = {}
        for part in _parts(text):
            asked = _ready(part, meaning=bool(self._foreign))
            for entry, likeness in self._ordered(asked, self._near(asked), top):
                place = self._place[entry]
                if likeness > best.get(place, -1.0):
                    best[place] = likeness
        return sorted(best.items(), key=lambda one: (-one[1], one[0]))[:top]

    def _near(self, asked: _Text) -> list[int]:
        """The entries that share most of the rarest pieces; those written the same; those in another script."""
        shared = self._count(self._filed, set(_asked_under(asked)), self._budget)
        near = dict.fromkeys(shared if len(shared) <= self._kept else _most(shared, self._kept))
        near.update(dict.fromkeys(self._whole.get(asked.ordered, ())[:_KEPT]))
        near.update(dict.fromkeys(sorted(self._abbreviated(asked))[:_KEPT]))
        if self._foreign:
            abroad = self._count(self._foreign, asked.meant, self._budget // 2)
            near.update(dict.fromkeys(abroad if len(abroad) <= _KEPT else _most(abroad, _KEPT)))
        return list(near)

    def _abbreviated(self, asked: _Text) -> set[int]:
        """Entries of which the text is the acronym, or that are the text's."""
        return {*self._filed.get("@" + asked.alone, ()), *self._filed.get(_as_word(asked.initials), ())}

    def _count(self, filed: dict[str, list[int]], keys: Iterable[str], budget: int) -> Counter[int]:
        """How many of the rarest keys each entry is filed under, until so many entries were looked at."""
        pieces = sorted((len(filed[key]), key) for key in keys if key in filed)
        looked, taken = 0, 0
        for size, _ in pieces:
            if looked + size > budget and taken >= _LEAST:
                break
            looked += size
            taken += 1
        return Counter(chain.from_iterable(filed[key] for _, key in pieces[:taken]))

    def _weight(self, tokens: Iterable[str]) -> float:
        return math.fsum(self._rarity.get(token, self._unknown) for token in tokens) or 1.0  # in any order, to the bit

    def _ordered(self, asked: _Text, near: list[int], top: int) -> list[tuple[int, float]]:
        """The candidates by how alike they are: sorted, written together, or by the weight of the words they share."""
        weight, held, alike, found = self._weight(asked.tokens), set(asked.tokens), Indel.normalized_similarity, []
        spelled, joined, sets, weights = self._spelled, self._joined, self._sets, self._weights
        by_sorted, by_joined = asked.ordered, asked.joined
        for entry in near:
            likeness = alike(by_sorted, spelled[entry])
            if likeness < _SHARED:
                likeness = max(likeness, alike(by_joined, joined[entry]))
                if common := held & sets[entry]:
                    likeness = max(likeness, _SHARED * min(1.0, self._weight(common) / min(weight, weights[entry])))
            found.append((likeness, -entry))
        found = self._beyond(asked, found)
        found.sort(reverse=True)
        best = found[:top]
        if self._foreign and len(found) > top:
            abroad = [one for one in found[top:] if self._meaning(asked, -one[1])][: top // _ABROAD]
            best = [*best[: top - len(abroad)], *abroad]
        return [(-entry, likeness) for likeness, entry in best]

    def _beyond(self, asked: _Text, found: list[tuple[float, int]]) -> list[tuple[float, int]]:
        """What spelling does not show: initials, and meaning across scripts."""
        initials = self._abbreviated(asked)
        if initials:
            found = [(max(likeness, _INITIALS) if -at in initials else likeness, at) for likeness, at in found]
        if self._foreign:
            found = [(max(likeness, self._meaning(asked, -at)), at) for likeness, at in found]
        return found

    def _meaning(self, asked: _Text, entry: int) -> float:
        text = self._texts[entry]
        if text.foreign == asked.foreign:
            return 0.0
        return _SHARED * min(1.0, len(text.meant & asked.meant) / min(len(text.tokens), len(asked.tokens)))


def _parts(text: str) -> list[str]:
    """The text, or the names it holds if it has brackets or two scripts."""
    if text.isascii() and "(" not in text:
        return [text]
    return [reading.text for reading in readings(text)][:3]


def _most(shared: Counter[int], about: int) -> list[int]:
    """The entries with the most shared pieces, about as many as said, at most twice as many."""
    counted = Counter(shared.values())
    kept = least = 0
    for least in sorted(counted, reverse=True):
        kept += counted[least]
        if kept >= about:
            break
    chosen = [entry for entry, count in shared.items() if count >= least]
    if len(chosen) <= 2 * about:
        return chosen
    return sorted(chosen, key=lambda entry: (-shared[entry], entry))[: 2 * about]


def _as_word(initials: str) -> str:
    """The piece that a name is filed under which consists of these initials."""
    return f"^{sound(initials)}$" if len(initials) >= 3 else ""


def _asked_under(asked: _Text) -> Iterator[str]:
    for token in asked.tokens:
        yield from _pieces(token)
    if asked.foreign:
        yield from asked.meant
