"""Alignment: which words of one name answer to which of another, and what is left over on each side."""

from __future__ import annotations

import msgspec
from rapidfuzz.distance import Indel, JaroWinkler

from streams.names.normal import Name, Word

NEAR = 0.72
"""Likeness of two sounds below which they are different words; chosen by hand from transliterations of one word."""

_GROUPED = 0.5  # two concepts of one group, as "company" and "enterprise"


class Part(msgspec.Struct, frozen=True):
    """Words of the left name that answer to words of the right; `likeness` in 0..1; `how`: a word for the reason."""

    left: tuple[Word, ...]
    right: tuple[Word, ...]
    likeness: float
    how: str


class Alignment(msgspec.Struct, frozen=True):
    """The parts that agree and the words left over on each side."""

    parts: tuple[Part, ...]
    left_over: tuple[Word, ...]
    right_over: tuple[Word, ...]


def likeness(a: Word, b: Word) -> tuple[float, str]:
    """How alike two words are, 0..1, and in what way."""
    if a.concept and b.concept:
        return _by_meaning(a, b)
    if a.cls == "number" or b.cls == "number" or a.cls == "place" or b.cls == "place":
        return 0.0, ""
    if a.concept or b.concept:
        return _misspelt(a, b)
    if a.surface == b.surface or (a.text == b.text and not a.script == b.script == "Han"):
        return 1.0, "same"
    return _by_sound(a, b)


def _by_meaning(a: Word, b: Word) -> tuple[float, str]:
    if a.concept == b.concept:
        return 1.0, "same" if a.surface == b.surface else "same meaning"
    if a.group and a.group == b.group:
        return _GROUPED, "near in meaning"
    return 0.0, ""


def _misspelt(a: Word, b: Word) -> tuple[float, str]:
    """A known word against an unknown one: the same only if one is the other misspelt."""
    one, two = a.surface.lower(), b.surface.lower()
    if min(len(one), len(two)) < 5 or a.script != b.script:
        return 0.0, ""
    alike = Indel.normalized_similarity(one, two)
    return (alike, "misspelt") if alike >= 0.85 else (0.0, "")


def _by_sound(a: Word, b: Word) -> tuple[float, str]:
    if a.sound == b.sound and not a.script == b.script == "Han":
        return 0.98, "same sound"
    if min(len(a.sound), len(b.sound)) <= 2:
        return 0.0, ""
    if a.script == b.script == "Han":
        return _by_characters(a, b)
    if (a.script != "Latin") != (b.script != "Latin"):
        return _across(a, b)
    alike = Indel.normalized_similarity(a.sound, b.sound)
    start = JaroWinkler.similarity(a.sound, b.sound)
    mixed = 0.75 * alike + 0.25 * start
    if _numbered(a, b):
        return 0.0, ""
    return (mixed, "near in sound") if mixed >= NEAR else (0.0, "")


def _by_characters(a: Word, b: Word) -> tuple[float, str]:
    """Chinese and Japanese words by their characters: those that sound alike in Chinese are still different."""
    alike = Indel.normalized_similarity(a.surface, b.surface)
    return (alike, "the same characters") if alike > 0.7 else (0.0, "")


def _numbered(a: Word, b: Word) -> bool:
    """Words that differ in their digits are different words."""
    return [c for c in a.text if c.isdigit()] != [c for c in b.text if c.isdigit()]


def _across(a: Word, b: Word) -> tuple[float, str]:
    """Words of two scripts, by their consonants, since vowels are lost or guessed in romanization."""
    one, two = _across_bones(a), _across_bones(b)
    whole = Indel.normalized_similarity(a.sound, b.sound)
    if min(len(one), len(two)) < 2:
        return (whole, "near in sound") if whole >= 0.8 else (0.0, "")
    alike = Indel.normalized_similarity(one, two)
    mixed = max(whole, 0.8 * alike + 0.2 * whole)
    return (mixed, "near in sound, across scripts") if mixed >= NEAR else (0.0, "")


_LOOSE = str.maketrans(
    {"r": "l", "v": "b", "p": "b", "g": "k", "d": "t", "j": "s", "z": "s", "c": "s", "f": "b", "q": "k"}
)


def _across_bones(word: Word) -> str:
    return word.bones.translate(_LOOSE)


def align(left: Name, right: Name) -> Alignment:
    """The best one-to-one answer of words, taken greedily; then what is left over, compared as if written together."""
    pairs = []
    for i, a in enumerate(left.words):
        for j, b in enumerate(right.words):
            alike, how = likeness(a, b)
            if alike:
                pairs.append((alike * (a.weight + b.weight + 0.01), -abs(i - j), -i, -j, alike, how))
    pairs.sort(reverse=True)
    free_left, free_right = set(range(len(left.words))), set(range(len(right.words)))
    parts: list[Part] = []
    for _, _, i, j, alike, how in pairs:
        if -i in free_left and -j in free_right:
            free_left.discard(-i)
            free_right.discard(-j)
            parts.append(Part((left.words[-i],), (right.words[-j],), alike, how))
    _complete(left, right, parts, free_left, free_right)
    joined = _together(left, right, free_left, free_right)
    if joined:
        parts.append(joined)
        free_left -= {i for i, word in enumerate(left.words) if word in joined.left}
        free_right -= {j for j, word in enumerate(right.words) if word in joined.right}
    return Alignment(
        tuple(parts),
        tuple(left.words[i] for i in sorted(free_left)),
        tuple(right.words[j] for j in sorted(free_right)),
    )


_WHOLE = 0.85  # likeness from which a word and two words written together are the same


def _complete(left: Name, right: Name, parts: list[Part], free_left: set[int], free_right: set[int]) -> None:
    """Where one word answers half to another and the rest of it stands beside: "Sepa Nirou" and "Sepanirou"."""
    for at, part in enumerate(parts):
        if part.how != "near in sound":
            continue
        if pair := _with_neighbor(left, part.left[0], part.right[0], part.likeness, free_left):
            parts[at] = Part(pair, part.right, _alike_joined(pair, part.right[0]), "same when written together")
        elif pair := _with_neighbor(right, part.right[0], part.left[0], part.likeness, free_right):
            parts[at] = Part(part.left, pair, _alike_joined(pair, part.left[0]), "same when written together")


def _with_neighbor(name: Name, word: Word, other: Word, least: float, free: set[int]) -> tuple[Word, ...] | None:
    """The word and a free neighbor, if together they are nearer to the other word; the neighbor is then taken."""
    for beside in sorted(free):
        pair = _side_by_side(name, word, beside)
        if pair and _alike_joined(pair, other) >= max(_WHOLE, least):
            free.discard(beside)
            return pair
    return None


def _alike_joined(pair: tuple[Word, ...], other: Word) -> float:
    return Indel.normalized_similarity("".join(word.sound for word in pair), other.sound)


def _side_by_side(name: Name, word: Word, other: int) -> tuple[Word, ...] | None:
    """The word and the one at `other`, in their order, if they are neighbors and both are names."""
    beside = name.words[other]
    if beside.cls != "name" or beside.script != "Latin":
        return None
    if other and name.words[other - 1] == word:
        return (word, beside)
    if other + 1 < len(name.words) and name.words[other + 1] == word:
        return (beside, word)
    return None


def _together(left: Name, right: Name, free_left: set[int], free_right: set[int]) -> Part | None:
    """What is left over of the names, written together: "Al Mo'menin" and "Almomenin", or a run of unspaced script."""
    one = tuple(left.words[i] for i in sorted(free_left) if left.words[i].cls == "name")
    two = tuple(right.words[j] for j in sorted(free_right) if right.words[j].cls == "name")
    if not one or not two or (len(one) == 1 and len(two) == 1):
        return None
    a, b = _run(one), _run(two)
    if a.script == b.script:
        alike = Indel.normalized_similarity(a.sound, b.sound)
        how = "same when written together"
        return Part(one, two, alike, how) if alike >= 0.8 and not _numbered(a, b) else None
    alike, _ = _across(a, b)
    return Part(one, two, alike, "near in sound when written together") if alike else None


def _run(words: tuple[Word, ...]) -> Word:
    foreign = next((word.script for word in words if word.script != "Latin"), "Latin")
    return Word(
        "".join(word.text for word in words),
        "name",
        sound="".join(word.sound for word in words),
        bones="".join(word.bones for word in words),
        script=foreign,
    )
