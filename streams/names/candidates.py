"""Candidates: the few names of a register that a text could mean, found without looking at all of them.

Each name is filed under pieces of how it sounds. A search takes the rarest pieces of the text first and stops when
it has looked at a fixed number of entries, so that its cost grows far slower than the register; what it then holds
is put in order by rapidfuzz. It proposes, the matcher judges.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Final

from rapidfuzz.distance import Indel

from streams.names.normal import bones, legal_words, parse, simplified, sound
from streams.names.scripts import plain

_BUDGET: Final = 1_000  # entries looked at for one search; measured: more of them only adds common pieces
_LEAST: Final = 4  # pieces looked at however common they are
_KEPT: Final = 60  # candidates put in order by rapidfuzz
_SIZES: Final = (3, 4)  # letters of a piece

_SPACE = str.maketrans(dict.fromkeys('!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n\r', " ") | {"'": None})


def _tokens(text: str) -> list[str]:
    """Sounds of the words of a text, without legal forms; of another script than Latin by its words taken apart."""
    if not text.isascii():
        return [word.sound for word in parse(text).words] if _foreign(text) else _tokens(plain(text))
    words = text.lower().translate(_SPACE).split()
    legal = legal_words()
    if "stock" in words or "liability" in words:
        legal |= _LONG_LEGAL
    return [sound(word) for word in words if word not in legal] or [sound(word) for word in words]


_LONG_LEGAL: Final = frozenset("open closed public private joint stock limited liability company".split())  # noqa: SIM905


def _foreign(text: str) -> bool:
    return not plain(text).isascii()


@lru_cache(maxsize=65536)
def _pieces(token: str) -> tuple[str, ...]:
    """What a word is filed under: itself, and each run of three letters with its borders."""
    bordered = f"^{token}$"
    return (bordered, *(bordered[at : at + size] for size in _SIZES for at in range(len(bordered) - size + 1)))


@lru_cache(maxsize=65536)
def _bones(token: str) -> str:
    return "#" + bones(token)


class Index:
    """Names filed by the pieces of their sound; not changed once built."""

    def __init__(self, names: Sequence[str]) -> None:
        self._sorted: Final[list[str]] = []
        self._joined: Final[list[str]] = []
        self._whole: Final[dict[str, list[int]]] = {}
        filed: dict[str, list[int]] = {}
        for place, name in enumerate(names):
            tokens = _tokens(name)
            self._sorted.append(whole := " ".join(sorted(tokens)))
            self._whole.setdefault(whole, []).append(place)
            self._joined.append("".join(tokens))
            for piece in set(_filed_under(name, tokens)):
                filed.setdefault(piece, []).append(place)
        self._filed: Final = filed

    @classmethod
    def of(cls, names: Iterable[str]) -> Index:
        """An index of the names; a search answers with places in this order."""
        return cls(list(names))

    def __len__(self) -> int:
        return len(self._sorted)

    def search(self, text: str, top: int = 20) -> list[tuple[int, float]]:
        """Places of the names nearest to the text, with a likeness in 0..1, best first; at most `top`."""
        tokens = _tokens(text)
        near = self._near(text, tokens)
        if not near:
            return []
        return self._ordered(tokens, near, top)

    def _near(self, text: str, tokens: list[str]) -> list[int]:
        """The names that share most of the rarest pieces."""
        filed = self._filed
        pieces = sorted((len(filed[piece]), piece) for piece in set(_asked_under(text, tokens)) if piece in filed)
        looked, taken = 0, 0
        for size, _ in pieces:
            if looked + size > _BUDGET and taken >= _LEAST:
                break
            looked += size
            taken += 1
        shared = Counter(chain.from_iterable(filed[piece] for _, piece in pieces[:taken]))
        near = list(shared) if len(shared) <= _KEPT else _most(shared)
        same = self._whole.get(" ".join(sorted(tokens)), ())
        return [*near, *(place for place in same[:_KEPT] if place not in near)]

    def _ordered(self, tokens: list[str], near: list[int], top: int) -> list[tuple[int, float]]:
        """The candidates by how alike they are, words sorted or written together, whichever is nearer."""
        by_sorted, by_joined = " ".join(sorted(tokens)), "".join(tokens)
        sorted_names, joined_names, alike = self._sorted, self._joined, Indel.normalized_similarity
        found = [(max(alike(by_sorted, sorted_names[at]), alike(by_joined, joined_names[at])), -at) for at in near]
        found.sort(reverse=True)
        return [(-at, likeness) for likeness, at in found[:top]]


def _most(shared: Counter[int]) -> list[int]:
    """The places with the most shared pieces, about as many as are kept."""
    counted = Counter(shared.values())
    kept = least = 0
    for least in sorted(counted, reverse=True):
        kept += counted[least]
        if kept >= _KEPT:
            break
    chosen = [place for place, count in shared.items() if count >= least]
    if len(chosen) <= 2 * _KEPT:
        return chosen
    return sorted(chosen, key=lambda place: (-shared[place], place))[: 2 * _KEPT]


def _filed_under(name: str, tokens: list[str]) -> Iterator[str]:
    for token in tokens:
        yield from _pieces(token)
        yield _bones(token)
    for word in parse(name).words:
        if word.concept:
            yield "=" + word.concept


def _asked_under(text: str, tokens: list[str]) -> Iterator[str]:
    for token in tokens:
        yield from _pieces(token)
    if not text.isascii():
        for token in tokens:
            yield _bones(token)
        for word in parse(simplified(text)).words:
            if word.concept:
                yield "=" + word.concept
