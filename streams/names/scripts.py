"""Scripts: which writing system a text is in, and its plain form for exact comparison.

Two texts with the same plain form differ in nothing but case, accents, spacing and punctuation. Digits and the vowel
signs of Indic and other Brahmic scripts are kept: there they tell words apart.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections import Counter
from functools import lru_cache

# First code point of each run and its script, from Unicode's Scripts.txt, coarsened to what the names need.
_RUNS: tuple[tuple[int, str], ...] = (
    (0x0000, ""),
    (0x0041, "Latin"),
    (0x005B, ""),
    (0x0061, "Latin"),
    (0x007B, ""),
    (0x00C0, "Latin"),
    (0x0250, "Latin"),
    (0x02B0, ""),
    (0x0370, "Greek"),
    (0x0400, "Cyrillic"),
    (0x0530, "Armenian"),
    (0x0590, "Hebrew"),
    (0x0600, "Arabic"),
    (0x0700, "Syriac"),
    (0x0750, "Arabic"),
    (0x0780, "Thaana"),
    (0x07C0, "Nko"),
    (0x0800, ""),
    (0x08A0, "Arabic"),
    (0x0900, "Devanagari"),
    (0x0980, "Bengali"),
    (0x0A00, "Gurmukhi"),
    (0x0A80, "Gujarati"),
    (0x0B00, "Oriya"),
    (0x0B80, "Tamil"),
    (0x0C00, "Telugu"),
    (0x0C80, "Kannada"),
    (0x0D00, "Malayalam"),
    (0x0D80, "Sinhala"),
    (0x0E00, "Thai"),
    (0x0E80, "Lao"),
    (0x0F00, "Tibetan"),
    (0x1000, "Myanmar"),
    (0x10A0, "Georgian"),
    (0x1100, "Hangul"),
    (0x1200, "Ethiopic"),
    (0x13A0, "Cherokee"),
    (0x1400, ""),
    (0x1780, "Khmer"),
    (0x1800, "Mongolian"),
    (0x18B0, ""),
    (0x1C90, "Georgian"),
    (0x1CC0, ""),
    (0x1E00, "Latin"),
    (0x1F00, "Greek"),
    (0x2000, ""),
    (0x2C60, "Latin"),
    (0x2C80, ""),
    (0x2D00, "Georgian"),
    (0x2D30, "Tifinagh"),
    (0x2D80, "Ethiopic"),
    (0x2DE0, "Cyrillic"),
    (0x2E00, ""),
    (0x2E80, "Han"),
    (0x3040, "Kana"),
    (0x3100, "Han"),
    (0x3130, "Hangul"),
    (0x3190, "Han"),
    (0x31F0, "Kana"),
    (0x3200, ""),
    (0x3400, "Han"),
    (0xA000, ""),
    (0xA500, "Vai"),
    (0xA640, "Cyrillic"),
    (0xA6A0, ""),
    (0xA720, "Latin"),
    (0xA800, ""),
    (0xAC00, "Hangul"),
    (0xD7B0, ""),
    (0xF900, "Han"),
    (0xFB00, "Latin"),
    (0xFB13, "Armenian"),
    (0xFB1D, "Hebrew"),
    (0xFB50, "Arabic"),
    (0xFE00, ""),
    (0xFE70, "Arabic"),
    (0xFEFF, ""),
    (0xFF21, "Latin"),
    (0xFF3B, ""),
    (0xFF41, "Latin"),
    (0xFF5B, ""),
    (0xFF66, "Kana"),
    (0xFFA0, ""),
    (0x20000, "Han"),
    (0x32000, ""),
)
_STARTS = [start for start, _ in _RUNS]

UNSPACED = frozenset({"Han", "Kana", "Thai", "Lao", "Khmer", "Myanmar", "Tibetan", "Hangul"})
"""Scripts in which words are not, or not reliably, parted by spaces."""

CONSONANTAL = frozenset({"Arabic", "Hebrew"})
"""Scripts that leave most vowels out."""


@lru_cache(maxsize=65536)
def script_of(character: str) -> str:
    """The script of one character, as "Latin" or "Han"; empty for digits, marks and punctuation."""
    return _RUNS[bisect_right(_STARTS, ord(character)) - 1][1]


def script(text: str) -> str:
    """The script most of the letters are in; "Latin" if there are no letters. Kana makes Han Japanese: "Kana"."""
    counted = Counter(script_of(character) for character in text)
    counted.pop("", None)
    if not counted:
        return "Latin"
    if "Kana" in counted and "Han" in counted:
        return "Kana"
    return min(counted, key=lambda name: (-counted[name], name))


def runs(text: str) -> list[tuple[str, str]]:
    """The text cut where its script changes: (script, piece) in order; digits and punctuation stay with what they
    follow.

    Han and kana are one run, as Japanese mixes them inside a word.
    """
    pieces: list[tuple[str, list[str]]] = []
    for character in text:
        found = script_of(character)
        found = "Han" if found == "Kana" else found
        if not found and pieces:
            pieces[-1][1].append(character)
        elif not pieces or (pieces[-1][0] not in (found, "")):
            pieces.append((found, [character]))
        else:
            pieces[-1] = (found, [*pieces[-1][1], character])
    return [(name, "".join(characters)) for name, characters in pieces]


def _is_accent(character: str) -> bool:
    """Marks that may go: those of Latin, Greek, Cyrillic, Hebrew, Arabic. The vowel signs of Brahmic scripts stay."""
    if unicodedata.category(character) != "Mn":
        return False
    return not 0x0900 <= ord(character) < 0x1AB0


_LETTERS = str.maketrans(
    {
        "ı": "i",
        "ø": "o",
        "đ": "d",
        "ł": "l",
        "æ": "ae",
        "œ": "oe",
        "ð": "d",
        "þ": "th",
        "ʼ": "",
        "ʻ": "",
        "ʹ": "",
        "ʿ": "",
        "ʾ": "",
        "ـ": "",
        # Arabic and Persian letters that writers and keyboards exchange.
        "أ": "ا",
        "إ": "ا",
        "آ": "ا",
        "ٱ": "ا",
        "ى": "ي",
        "ی": "ي",
        "ئ": "ي",
        "ؤ": "و",
        "ک": "ك",
        "ة": "ه",
        "ۀ": "ه",
        "ہ": "ه",
        "ھ": "ه",
        "ے": "ي",
    }
)


def _without_marks(text: str) -> str:
    if text.isascii():
        return text.lower()
    split = unicodedata.normalize("NFKD", text).casefold().translate(_LETTERS)
    kept = "".join(character for character in split if not _is_accent(character))
    return unicodedata.normalize("NFKC", kept)  # Hangul is put together again


@lru_cache(maxsize=65536)
def plain(text: str) -> str:
    """The text without case, accents and punctuation, its words parted by single spaces; digits stay."""
    lowered = _without_marks(text).replace("&", " and ")
    return " ".join(
        "".join(
            character
            if character.isalnum() or unicodedata.category(character)[0] == "M"
            else ("" if character in "'’`´‘ʹ\u200b\u200c\u200d\u2060\ufeff\u00ad" else " ")
            for character in lowered
        ).split()
    )


def squashed(text: str) -> str:
    """The plain form without spaces: equal for "Sub-Saharan" and "subsaharan"."""
    return plain(text).replace(" ", "")
