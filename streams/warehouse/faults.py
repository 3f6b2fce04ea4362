"""What an engine complains of, as what the caller must do: wait or stop."""

from __future__ import annotations

import re

from streams.errors import Stop, Wait

_CODE = re.compile(r"Code: (\d+)")
# ClickHouse's error codes (src/Common/ErrorCodes.cpp) that pass by themselves: 159 timeout, 160 estimated too slow,
# 164 read-only for now, 202 too many queries at once, 209 and 210 socket and network, 241 memory, 242 no writes,
# 252 too many parts, 319 unknown whether inserted, 425 system error, 439 no thread to be had, 999 keeper.
_PASSING = frozenset({159, 160, 164, 202, 209, 210, 241, 242, 252, 319, 425, 439, 999})
_MEANINGS = {
    36: "it refuses a setting or the path",
    60: "a table is missing; run the migrations",
    81: "the database is missing; run the migrations",
    76: "a file of it cannot be opened",
    243: "the disk is full; make room and start again",
    271: "its files are damaged",
    497: "the user lacks a grant",
    516: "the user or the password is wrong",
}


def in_words(error: BaseException, *, doing: str, with_text: bool = True) -> Stop | Wait:
    """The error to raise for `error`, met while `doing`.

    `with_text=False` leaves the engine's own words out, where they may quote a value of ours.
    """
    text = str(error)
    found = _CODE.search(text)
    code = int(found.group(1)) if found else 0
    told = _CODE.sub("", text.split("Stack trace", maxsplit=1)[0]).lstrip(". ")
    said = " ".join(told.split())[:300] if with_text else type(error).__name__
    if code in _PASSING:
        return Wait(f"The warehouse is busy while {doing}: code {code}. {said}")
    meaning = f" ({_MEANINGS[code]})" if code in _MEANINGS else ""
    return Stop(f"The warehouse failed while {doing}: code {code}{meaning}. {said}")
