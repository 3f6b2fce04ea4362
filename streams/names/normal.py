"""Normal forms: a name taken apart into words that can be compared, whatever the script.

Each word knows what it is: a distinctive name, a number, a place, what the organization does, what kind of
organization it is, a common adjective, a legal form (compared, never scored) or a link. Words of other languages
that are in the vocabulary share one concept with their English equivalent; the rest is transliterated and compared
by sound.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from importlib import resources

import msgspec
from anyascii import anyascii

from streams.names.scripts import UNSPACED, plain, runs, script, script_of
from streams.names.states import common_forms

WEIGHTS = {
    "name": 1.0,
    "number": 0.9,
    "brand": 0.6,
    "field": 0.5,
    "place": 0.4,
    "common": 0.3,
    "form": 0.22,
    "link": 0.0,
    "legal": 0.0,
}
"""How much a word of each class says about who is meant [relative]; chosen by hand, before any fit."""


class Word(msgspec.Struct, frozen=True):
    """One word of a name.

    `text`: lower-case ASCII; `cls`: see `WEIGHTS`; `concept`: shared by the words of all languages that mean it,
    else ""; `group`: concepts of one group are near; `sound`: what is heard, spelling habits removed; `bones`: its
    consonants.
    """

    text: str
    cls: str
    concept: str = ""
    group: str = ""
    sound: str = ""
    bones: str = ""
    script: str = "Latin"
    surface: str = ""

    @property
    def weight(self) -> float:
        """How much the word says, 0..1."""
        return WEIGHTS[self.cls] * (0.4 if self.cls == "name" and len(self.text) == 1 else 1.0)


class Name(msgspec.Struct, frozen=True):
    """A name taken apart: `words` without links and legal forms; its `legal` forms, `numbers` and `states`."""

    text: str
    words: tuple[Word, ...]
    legal: tuple[str, ...]
    numbers: frozenset[str]
    states: frozenset[str]
    script: str
    joined: str  # the sound of all words together
    initials: frozenset[str]

    @property
    def distinctive(self) -> tuple[Word, ...]:
        """The words that name rather than describe."""
        return tuple(word for word in self.words if word.cls in ("name", "number"))


class _Entry(msgspec.Struct, frozen=True):
    concept: str
    cls: str
    group: str


class _Lexicon(msgspec.Struct, frozen=True):
    exact: dict[str, _Entry]
    stems: dict[str, _Entry]
    longest: int  # letters of the longest unspaced form


_ORDINALS = {
    word: str(number)
    for number, words in enumerate(
        (
            "first 1st первый pervyi pervyy premier primera primero",
            "second 2nd второй vtoroi deuxieme segundo segunda",
            "third 3rd третий troisieme tercero",
            "fourth 4th четвертый",
            "fifth 5th пятый",
            "sixth 6th шестой",
            "seventh 7th седьмой",
            "eighth 8th восьмой",
            "ninth 9th девятый",
            "tenth 10th десятый",
            "eleventh 11th",
            "twelfth 12th",
            "thirteenth 13th",
            "fourteenth 14th",
        ),
        start=1,
    )
    for word in words.split()
}

_DOTTED = re.compile(r"\b(?:\w\.\s?){2,}\w?\b|\b(?:\w\.){2,}")
_BRACKETS = re.compile(r"[(\[（【«“\"]([^()\[\]（）【】«»“”\"]*)[)\]）】»”\"]")
_ROUND = re.compile(r"[(\[（【]([^()\[\]（）【】]*)[)\]）】]")
_ALSO = re.compile(
    r"\s+(?:a\.?k\.?a\.?|f\.?k\.?a\.?|formerly(?: known as)?|also known as|now known as|alias)\s+|\s+[/|]\s+|\s[–—-]\s",
    re.I,
)
_FOOTNOTE = re.compile(r"\[\d+\]|\(page does not exist\)", re.I)
_HAN_NUMBER = re.compile(
    r"第?([〇一二三四五六七八九十百]+)(?=研究|院|所|局|部|厂|总队|支队|设计|号|机|师|旅)|第([〇一二三四五六七八九十百]+)"
)
_HAN_DIGITS = {character: value for value, character in enumerate("〇一二三四五六七八九")}
_DIGITS = re.compile(r"\d+")
_ARABIC_PREFIXES = ("وال", "بال", "لل", "ال", "ل", "و", "ب")
_HEBREW_PREFIXES = ("ה", "ו", "ל", "ב", "מ", "ש")


@cache
def _lexicon() -> _Lexicon:
    exact: dict[str, _Entry] = {}
    stems: dict[str, _Entry] = {}
    text = (resources.files("streams.names.seed") / "words.tsv").read_text("utf-8")
    for line in text.splitlines():
        if line.startswith("#") or not line.strip():
            continue
        concept, cls, group, forms = line.split("\t")
        entry = _Entry(concept, cls, group)
        for form in (*([] if ":" in concept else [concept.replace("-", " ")]), *forms.split("|")):
            known = stems if form.endswith("*") else exact
            known.setdefault(simplified(plain(form.rstrip("*"))), entry)
    exact.pop("", None)
    return _Lexicon(exact, stems, max(len(form) for form in exact if script_of(form[0]) in UNSPACED))


def concept_of(words: str) -> str:
    """The concept of one word or group of words in plain form, if the vocabulary has it; else ""."""
    found = _listed(words) if " " not in words else _lexicon().exact.get(words)
    return found.concept if found and found.cls not in ("link", "legal") else ""


@cache
def legal_words() -> frozenset[str]:
    """Single Latin words that are legal forms or links; shared."""
    return frozenset(
        form for form, entry in _lexicon().exact.items() if form.isascii() and entry.cls in ("legal", "link")
    )


def simplified(text: str) -> str:
    """Traditional and Japanese characters as their simplified forms; one character stays one character."""
    return text if text.isascii() else text.translate(_han())


@cache
def _han() -> dict[int, str]:
    text = (resources.files("streams.names.seed") / "han.txt").read_text("utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return str.maketrans({pair[0]: pair[1] for line in lines for pair in line.split()})


def _find(word: str) -> _Entry | None:
    """The vocabulary's entry of a spaced word, its article or particle taken off where the writing joins them."""
    found = _listed(word)
    if found:
        return found
    wrote = script_of(word[0])
    prefixes = _ARABIC_PREFIXES if wrote == "Arabic" else _HEBREW_PREFIXES if wrote == "Hebrew" else ()
    for prefix in prefixes:
        rest = word.removeprefix(prefix)
        if rest != word and len(rest) >= 3 and (found := _listed(rest)):
            return found
    return None


def _listed(word: str) -> _Entry | None:
    lexicon = _lexicon()
    found = lexicon.exact.get(word)
    if found:
        return found
    for length in range(min(len(word), 14), 2, -1):
        found = lexicon.stems.get(word[:length])
        if found and (length >= 4 or not word.isascii()):
            return found
    return None


# Spelling habits of romanization, the longer first; what remains is near to what is heard.
_HABITS = (
    ("shch", "s"),
    ("sch", "s"),
    ("tsch", "c"),
    ("tch", "c"),
    ("dzh", "j"),
    ("zh", "j"),
    ("kh", "k"),
    ("gh", "g"),
    ("ph", "f"),
    ("th", "t"),
    ("sh", "s"),
    ("ch", "c"),
    ("dj", "j"),
    ("ck", "k"),
    ("cq", "k"),
    ("q", "k"),
    ("x", "ks"),
    ("ts", "s"),
    ("tz", "s"),
    ("cz", "c"),
    ("sz", "s"),
    ("w", "v"),
    ("oo", "u"),
    ("ou", "u"),
    ("ee", "i"),
    ("ea", "i"),
    ("ie", "i"),
    ("y", "i"),
    ("j", "j"),
    ("z", "s"),
)
_TWICE = re.compile(r"(.)\1+")
_VOWELS = str.maketrans("", "", "aeiouh")


@lru_cache(maxsize=65536)
def sound(text: str) -> str:
    """What is heard of a lower-case ASCII word, spelling habits of romanization removed: "pooya" and "pouya" agree."""
    for habit, heard in _HABITS:
        if habit in text:
            text = text.replace(habit, heard)
    text = _hard_c(text)
    return _TWICE.sub(r"\1", text)


def _hard_c(text: str) -> str:
    return re.sub(r"c(?=[aoukltrn]|$)", "k", text) if "c" in text else text


def bones(heard: str) -> str:
    """The consonants of a sound, without h: what Arabic and Hebrew write."""
    return _TWICE.sub(r"\1", heard.translate(_VOWELS)) or heard


def _name_word(surface: str, wrote: str) -> Word:
    romanized = plain(anyascii(surface)).replace(" ", "")
    if wrote == "Arabic":
        romanized = plain(anyascii(surface.removeprefix("ال"))).replace(" ", "")
    romanized = romanized or surface
    digits = romanized.isdigit()
    heard = romanized if digits else sound(romanized)
    if wrote in ("Han", "Kana", "Hangul"):
        heard = heard.replace("r", "l")
    return Word(romanized, "number" if digits else "name", "", "", heard, bones(heard), wrote, surface)


def _entry_word(surface: str, entry: _Entry, wrote: str) -> Word:
    if entry.concept.startswith("state:"):
        return _place_word(surface, entry.concept[6:], wrote)
    heard = sound(entry.concept)
    return Word(entry.concept, entry.cls, entry.concept, entry.group, heard, bones(heard), wrote, surface)


def _place_word(surface: str, code: str, wrote: str) -> Word:
    return Word(code.lower(), "place", f"state:{code}", "", code.lower(), code.lower(), wrote, surface)


def _number_word(number: str, surface: str, wrote: str) -> Word:
    return Word(number, "number", f"number:{number}", "", number, number, wrote, surface)


def _han_number(text: str) -> str:
    """ "二十三" → "23"; up to 999."""
    total, digit = 0, 0
    for character in text:
        if character == "百":
            total, digit = total + max(digit, 1) * 100, 0
        elif character == "十":
            total, digit = total + max(digit, 1) * 10, 0
        else:
            digit = (
                digit * (10 if digit and "十" not in text else 1) * (1 if "十" not in text else 0)
                + _HAN_DIGITS[character]
            )
    return str(total + digit)


def _spaced(words: list[str], wrote: str) -> Iterator[Word]:
    """Words of a script with spaces; the longest known group of up to five words first."""
    lexicon, places = _lexicon().exact, common_forms()
    at = 0
    while at < len(words):
        for size in range(min(5, len(words) - at), 0, -1):
            group = words[at : at + size]
            found = _group(group, lexicon, places, wrote)
            if found:
                yield found
                break
        else:
            size = 1
            yield _single(words[at], wrote)
        at += size


def _group(group: list[str], lexicon: dict[str, _Entry], places: dict[str, str], wrote: str) -> Word | None:
    text = " ".join(group)
    if text in lexicon and (len(group) > 1 or lexicon[text].cls == "place"):
        return _entry_word(text, lexicon[text], wrote)
    if len(group) <= 3 and (code := places.get("".join(group))):
        return _place_word(text, code, wrote)
    return None


def _single(word: str, wrote: str) -> Word:
    if word in _ORDINALS or (word[:-2].isdigit() and word[-2:] in ("th", "st", "nd", "rd")):
        number = _ORDINALS.get(word) or word[:-2]
        return _number_word(number, word, wrote)
    if word.isdigit():
        return _number_word(str(int(word)), word, wrote)
    found = _find(word)
    return _entry_word(word, found, wrote) if found else _name_word(word, wrote)


def _unspaced(text: str, wrote: str) -> Iterator[Word]:
    """Words of a script without spaces: the longest known form first; what is between two known forms is one name."""
    lexicon, places = _lexicon(), common_forms()
    text = _HAN_NUMBER.sub(lambda found: f" {_han_number(found[1] or found[2])} ", simplified(text))
    for chunk in re.findall(r"\d+|[^\d\s]+", text):
        if chunk.isdigit():
            yield _number_word(str(int(chunk)), chunk, wrote)
            continue
        yield from _segmented(chunk, lexicon, places, wrote)


def _segmented(chunk: str, lexicon: _Lexicon, places: dict[str, str], wrote: str) -> Iterator[Word]:
    at = start = 0
    while at < len(chunk):
        for size in range(min(lexicon.longest, len(chunk) - at), 0, -1):
            piece = chunk[at : at + size]
            word = None
            if (entry := lexicon.exact.get(piece)) and (size > 1 or _alone(chunk, at)):
                word = _entry_word(piece, entry, wrote)
            elif size > 1 and (code := places.get(piece)):
                word = _place_word(piece, code, wrote)
            if word:
                if start < at:
                    yield _name_word(chunk[start:at], wrote)
                yield word
                at += size
                start = at
                break
        else:
            at += 1
    if start < len(chunk):
        yield _name_word(chunk[start:], wrote)


def _alone(chunk: str, at: int) -> bool:
    """A single character counts as a word only at the end of the chunk, where the kind of organization stands."""
    return len(chunk) == 1 or (at == len(chunk) - 1 and len(chunk) > 2)


def _words(text: str) -> tuple[Word, ...]:
    found: list[Word] = []
    text = _DOTTED.sub(lambda dotted: dotted[0].replace(".", "").replace(" ", "") + " ", text)
    for wrote, piece in runs(unicodedata.normalize("NFKC", text)):
        cleaned = plain(piece)
        if not cleaned:
            continue
        if wrote in UNSPACED:
            for part in (
                cleaned.split()
                if wrote in ("Hangul", "Thai", "Lao", "Khmer", "Myanmar")
                else [cleaned.replace(" ", "")]
            ):
                found.extend(_unspaced(part, wrote))
        else:
            found.extend(_spaced(cleaned.split(), wrote or "Latin"))
    return tuple(found)


def _heard(word: Word) -> str:
    """The sound of a word as it was written, not as its concept is called."""
    if not word.concept:
        return word.sound
    return sound(plain(word.surface if word.surface.isascii() else anyascii(word.surface)).replace(" ", ""))


def _first_letters(words: Iterable[Word]) -> str:
    first = (word.surface[0] if word.surface.isascii() else anyascii(word.surface[:1])[:1] for word in words)
    return "".join(first).lower()


def _initials(words: tuple[Word, ...]) -> frozenset[str]:
    """First letters of the words, with and without links and legal forms, as an acronym would have them."""
    described = [word for word in words if word.cls not in ("link", "legal")]
    unlinked = [word for word in words if word.cls != "link"]
    found = {_first_letters(described), _first_letters(unlinked), _first_letters(words)}
    return frozenset(letters for letters in found if len(letters) >= 2)


@lru_cache(maxsize=65536)
def parse(text: str) -> Name:
    """The text taken apart as one name, brackets read as part of it."""
    words = _words(text)
    kept = tuple(word for word in words if word.cls not in ("link", "legal"))
    if not any(word.cls in ("name", "number", "brand", "field", "place", "common") for word in kept):
        kept = kept or tuple(word for word in words if word.cls != "link") or words
    return Name(
        text=text,
        words=kept,
        legal=tuple(sorted({word.concept for word in words if word.cls == "legal"})),
        numbers=frozenset(
            str(int(number)) for number in _DIGITS.findall(unicodedata.normalize("NFKC", text)) if number.isascii()
        )
        | frozenset(word.text for word in kept if word.cls == "number" and word.concept),
        states=frozenset(word.concept[6:] for word in kept if word.concept.startswith("state:")),
        script=script(text),
        joined="".join(_heard(word) for word in words if word.cls != "legal") or "".join(word.sound for word in kept),
        initials=_initials(words),
    )


@lru_cache(maxsize=65536)
def readings(text: str) -> tuple[Name, ...]:
    """The names that a text holds: itself, what is in brackets or after "also known as", itself in another script."""
    text = " ".join(_FOOTNOTE.sub(" ", text).split())
    found = [_without_brackets(text), *(part for part in _bracketed(text)), *_beside(text)]
    parsed: dict[str, Name] = {}
    for part in found:
        name = parse(part.strip(" -–—,;:/"))
        if name.words and name.text not in parsed:
            parsed[name.text] = name
    return tuple(parsed.values()) or (parse(text),)


def _without_brackets(text: str) -> str:
    """The text without bracketed asides, unless they are legal forms or all there is."""
    bare = _ROUND.sub(lambda found: f" {found[1]} " if _is_legal(found[1]) else " ", text)
    bare = _two_scripts(bare)[0]
    return bare if plain(bare) else text


def _is_legal(text: str) -> bool:
    words = _words(text)
    return bool(words) and all(word.cls in ("legal", "place") for word in words)


def _bracketed(text: str) -> Iterator[str]:
    for aside in _ROUND.findall(text):
        cleaned = plain(aside)
        if cleaned and not _is_legal(aside) and len(cleaned) >= 2:
            yield aside


def _beside(text: str) -> Iterator[str]:
    bare = _ROUND.sub(" ", text)
    parts = [part for part in _ALSO.split(bare) if part and len(plain(part)) >= 3]
    if len(parts) > 1:
        yield from parts
    yield from _two_scripts(bare)[1:]


def _two_scripts(text: str) -> list[str]:
    """A name written twice in two scripts, cut where the script changes; one with a foreign word stays whole."""
    pieces = [(wrote, piece) for wrote, piece in runs(text) if wrote]
    if len(pieces) != 2:
        return [text]
    sizes = [sum(1 for character in piece if script_of(character)) for _, piece in pieces]
    spaced = [piece for wrote, piece in pieces if wrote not in UNSPACED]
    whole = all(len(piece.split()) >= 2 for piece in spaced) and min(sizes) >= 4
    return [piece for _, piece in pieces] if whole else [text]


def keyed(text: str) -> str:
    """The key under which a name is found again: plain, without spaces and legal forms; digits and order stay."""
    return _keyed(text)


@lru_cache(maxsize=65536)
def _keyed(text: str) -> str:
    lowered = simplified(plain(text))
    words = [word for word in _words(text) if word.cls != "legal"]
    kept = "".join(word.surface.replace(" ", "") for word in words)
    return kept or lowered.replace(" ", "")
