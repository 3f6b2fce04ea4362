"""Measures the candidate stage beside rapidfuzz brute force: names per second, recall of the right name in twenty.

The registers are invented but look like real ones: a made-up root, words of what a company or office does, a legal
form. The queries are names of the register as a careless writer gives them. Everything is made from a fixed seed.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial

import msgspec
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA, DamerauLevenshtein, Indel, Jaro, JaroWinkler, LCSseq, Levenshtein, Postfix, Prefix
from rapidfuzz.utils import default_process

from streams.names.candidates import Index

BRUTE: dict[str, Callable[..., float]] = {
    "ratio": fuzz.ratio,
    "partial_ratio": fuzz.partial_ratio,
    "token_sort_ratio": fuzz.token_sort_ratio,
    "token_set_ratio": fuzz.token_set_ratio,
    "token_ratio": fuzz.token_ratio,
    "partial_token_sort_ratio": fuzz.partial_token_sort_ratio,
    "partial_token_set_ratio": fuzz.partial_token_set_ratio,
    "partial_token_ratio": fuzz.partial_token_ratio,
    "WRatio": fuzz.WRatio,
    "QRatio": fuzz.QRatio,
    "Levenshtein": Levenshtein.normalized_similarity,
    "DamerauLevenshtein": DamerauLevenshtein.normalized_similarity,
    "OSA": OSA.normalized_similarity,
    "Indel": Indel.normalized_similarity,
    "LCSseq": LCSseq.normalized_similarity,
    "Jaro": Jaro.normalized_similarity,
    "JaroWinkler": JaroWinkler.normalized_similarity,
    "Prefix": Prefix.normalized_similarity,
    "Postfix": Postfix.normalized_similarity,
}
"""All similarity scorers of rapidfuzz that take two strings."""

SIZES = (1_000, 10_000, 100_000)
TOP = 20

_ONSETS = [
    "b",
    "br",
    "d",
    "dr",
    "f",
    "g",
    "gr",
    "h",
    "j",
    "k",
    "kh",
    "kl",
    "l",
    "m",
    "n",
    "p",
    "pr",
    "r",
    "s",
    "sh",
    "st",
    "t",
    "tr",
    "v",
    "w",
    "y",
    "z",
    "zh",
]
_NUCLEI = ["a", "a", "a", "e", "e", "i", "i", "o", "o", "u", "ai", "ei", "ou"]
_CODAS = ("", "", "", "n", "r", "l", "m", "s", "t", "k", "nd", "sh", "v", "x")
_DOES = [
    "Technologies",
    "Systems",
    "Electronics",
    "Trading",
    "Security",
    "Communications",
    "Engineering",
    "Aviation",
    "Telecom",
    "Software",
    "Networks",
    "Solutions",
    "Shipping",
    "Machinery",
    "Research",
    "Information",
    "Optics",
    "Intelligence",
    "Defense",
    "Industries",
    "Logistics",
    "Energy",
    "Chemical",
    "Steel",
    "Analytics",
    "Imaging",
    "Surveillance",
    "Monitoring",
    "Interception",
    "Forensics",
    "Biometrics",
    "Consulting",
    "Construction",
    "Investment",
    "Transport",
]
_IS = [
    "Group",
    "Company",
    "Institute",
    "Center",
    "Agency",
    "Directorate",
    "Bureau",
    "Service",
    "Laboratory",
    "Corporation",
    "Holdings",
    "Works",
    "Department",
]
_LEGAL = [
    "Ltd",
    "Co., Ltd.",
    "GmbH",
    "S.A.",
    "LLC",
    "JSC",
    "Inc.",
    "S.r.l.",
    "Pvt. Ltd.",
    "FZE",
    "B.V.",
    "AG",
    "PLC",
    "",
    "",
    "",
]
_WHERE = [
    "",
    "",
    "",
    "",
    "North",
    "South",
    "National",
    "International",
    "General",
    "Central",
    "Federal",
    "Royal",
    "East",
    "West",
    "First",
    "New",
]


class Measured(msgspec.Struct, frozen=True):
    """One way of searching against one register: names per second on one core, recall@20 of careless queries [0..1]."""

    way: str
    size: int
    per_second: float
    recall: float


def invented(count: int, seed: int = 6) -> list[str]:
    """So many different invented names."""
    chance = random.Random(seed)  # noqa: S311 - a benchmark, nothing secret
    names: dict[str, None] = {}
    while len(names) < count:
        names[_invent(chance)] = None
    return list(names)


def _root(chance: random.Random) -> str:
    syllables = chance.choice((1, 2, 2, 2, 3, 3))
    letters = "".join(
        chance.choice(_ONSETS) + chance.choice(_NUCLEI) + (chance.choice(_CODAS) if chance.random() < 0.6 else "")
        for _ in range(syllables)
    )
    return letters.capitalize() if len(letters) > 2 else letters.capitalize() + "an"


def _invent(chance: random.Random) -> str:
    parts = [chance.choice(_WHERE), _root(chance)]
    if chance.random() < 0.35:
        parts.append(_root(chance))
    parts += chance.sample(_DOES, chance.choice((0, 1, 1, 2)))
    if chance.random() < 0.4:
        parts.append(chance.choice(_IS))
    if chance.random() < 0.06:
        parts.append(str(chance.randrange(2, 99)))
    parts.append(chance.choice(_LEGAL))
    return " ".join(part for part in parts if part)


def careless(name: str, chance: random.Random) -> str:
    """The name as a careless writer gives it: slips, other romanization, dropped or moved words, other legal form."""
    words = name.split()
    for change in chance.sample(
        (_slip, _slip, _romanize, _drop, _move, _glue, _relegalize), chance.choice((1, 2, 2, 3))
    ):
        words = change(words, chance)
    return " ".join(words) or name


def _longest(words: Sequence[str]) -> int:
    return max(range(len(words)), key=lambda at: len(words[at]))


def _slip(words: list[str], chance: random.Random) -> list[str]:
    at = chance.randrange(len(words)) if chance.random() < 0.5 else _longest(words)
    word = words[at]
    if len(word) < 4:
        return words
    place = chance.randrange(1, len(word) - 1)
    letter = chance.choice("abdeghiklmnoprstuvyz")
    slipped = chance.choice(
        (
            word[:place] + word[place + 1 :],
            word[:place] + letter + word[place:],
            word[:place] + letter + word[place + 1 :],
            word[:place] + word[place + 1] + word[place] + word[place + 2 :],
        )
    )
    return [*words[:at], slipped, *words[at + 1 :]]


_SPELLINGS = (
    ("kh", "h"),
    ("sh", "ch"),
    ("zh", "j"),
    ("ou", "u"),
    ("k", "q"),
    ("i", "y"),
    ("v", "w"),
    ("y", "i"),
    ("ei", "ey"),
    ("s", "ss"),
)


def _romanize(words: list[str], chance: random.Random) -> list[str]:
    usual, other = chance.choice(_SPELLINGS)
    return [word.replace(usual, other) for word in words]


def _drop(words: list[str], chance: random.Random) -> list[str]:
    droppable = [at for at, word in enumerate(words) if word in _DOES or word in _IS or word in _WHERE]
    if not droppable or len(words) < 3:
        return words
    gone = chance.choice(droppable)
    return [word for at, word in enumerate(words) if at != gone]


def _move(words: list[str], chance: random.Random) -> list[str]:
    if len(words) < 2:
        return words
    at = chance.randrange(1, len(words))
    return [*words[at:], *words[:at]]


def _glue(words: list[str], chance: random.Random) -> list[str]:
    if len(words) < 3:
        return words
    at = chance.randrange(len(words) - 1)
    return [*words[:at], words[at] + words[at + 1].lower(), *words[at + 2 :]]


def _relegalize(words: list[str], chance: random.Random) -> list[str]:
    forms = {part for form in _LEGAL for part in form.split()}
    kept = [word for word in words if word not in forms]
    return [*kept, chance.choice(("Limited", "Joint Stock Company", "Co", "")).strip()] if kept else words


def queries(names: Sequence[str], count: int, seed: int = 66) -> list[tuple[str, int]]:
    """Careless forms of names of the register, each with the place of the name that is meant."""
    chance = random.Random(seed)  # noqa: S311 - a benchmark, nothing secret
    return [(careless(names[at], chance), at) for at in chance.sample(range(len(names)), min(count, len(names)))]


def brute(names: Sequence[str], asked: Sequence[tuple[str, int]], way: str, scorer: Callable[..., float]) -> Measured:
    """rapidfuzz's own search over all names, already in the plain form that rapidfuzz advises."""
    plain = [default_process(name) for name in names]
    prepared = [(default_process(query), meant) for query, meant in asked]
    began = time.process_time()
    found = [process.extract(query, plain, scorer=scorer, limit=TOP, processor=None) for query, _ in prepared]
    spent = time.process_time() - began
    hits = sum(any(at == meant for _, _, at in best) for best, (_, meant) in zip(found, prepared, strict=True))
    return Measured(f"rapidfuzz {way}", len(names), len(asked) / spent, hits / len(asked))


OURS, OURS_MORE = "pledgewatch", "pledgewatch, more queries"


def indexed(index: Index, asked: Sequence[tuple[str, int]], way: str = OURS) -> Measured:
    """Our candidate stage, raw text in, twenty places out; the time to take the query apart is in it."""
    index.search("warm up", TOP)
    began = time.process_time()
    found = [index.search(query, TOP) for query, _ in asked]
    spent = time.process_time() - began
    hits = sum(any(at == meant for at, _ in best) for best, (_, meant) in zip(found, asked, strict=True))
    return Measured(way, len(index), len(asked) / spent, hits / len(asked))


def run(
    sizes: Iterable[int] = SIZES,
    *,
    brute_queries: int = 200,
    our_queries: int = 2_000,
    told: Callable[[Measured], object] = lambda _: None,
) -> list[Measured]:
    """All measurements; `told` hears each as it is made.

    Brute force and we are asked the same queries, fewer against the largest register; we are asked more beside, since
    so few take us no measurable time.
    """
    measured: list[Measured] = []
    for size in sizes:
        names = invented(size)
        asked = queries(names, our_queries)
        same = asked[: max(40, brute_queries * 10_000 // max(size, 10_000))]
        index = Index.of(names)
        steps = [partial(brute, names, same, way, scorer) for way, scorer in BRUTE.items()]
        for step in (*steps, partial(indexed, index, same), partial(indexed, index, asked, OURS_MORE)):
            measured.append(step())
            told(measured[-1])
    return measured


def best_brute(measured: Iterable[Measured], size: int) -> Measured:
    """The brute force with the best recall against that register; of equal ones the fastest."""
    theirs = [one for one in measured if one.size == size and one.way not in (OURS, OURS_MORE)]
    return max(theirs, key=lambda one: (one.recall, one.per_second))


def ours(measured: Iterable[Measured], size: int, way: str = OURS) -> Measured:
    """Our own measurement against that register."""
    return next(one for one in measured if one.size == size and one.way == way)
