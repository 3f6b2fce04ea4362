"""Brings a Grafana to what the code says: folder, data source, boards; writes only what differs.

    wanted = Wanted(source=data_source(Warehouse()), boards=tuple(map(compile_board, BOARDS)))
    changes = differences(grafana, wanted)     # reads only
    push(grafana, wanted, changes)             # writes these, in order; none of them: not a byte

What Grafana fills in itself does not count as a difference: of a board `id` and `version`; of a data source its
numbers, logo, empty fields and the values of its secrets; of a folder all but uid and title. Whether the data source
is the default one is left to the administrator. A write names the version that was read, so that nobody's change made
meanwhile is lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import msgspec

from dashboards.grafana import Grafana, Json
from dashboards.source import FOLDER_TITLE, FOLDER_UID
from streams.errors import Stop

_OWN = ("uid", "name", "type", "access", "jsonData")
"""What the code says of a data source."""
_LONGEST = 60
"""Characters of a value that a difference shows."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be there."""

    source: Json
    boards: tuple[Json, ...]
    folder_uid: str = FOLDER_UID
    folder_title: str = FOLDER_TITLE
    password: str | None = None
    """The data source's password; absent: the one that is there stays."""
    new_password: bool = False
    """Write the password even where one is there; which one it is cannot be read."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is not as wanted."""

    what: Literal["folder", "data source", "board"]
    uid: str
    lines: tuple[str, ...]
    """Where it differs; empty: it is not there."""
    version: int = 0
    """The version that was read; 0: it is not there."""
    kept: Json = {}
    """What stays as it is there."""
    provisioned: bool = False
    """It comes from a file of Grafana's machine, and cannot be written."""

    @property
    def title(self) -> str:
        """`board pledgewatch-triage: new`."""
        return f"{self.what} {self.uid}: {'differs' if self.version else 'new'}"


def differences(grafana: Grafana, wanted: Wanted) -> tuple[Change, ...]:
    """What a push would write, in order; asks only. Raises `Stop` or `Wait` as `Grafana` does."""
    found = [_folder(grafana, wanted), _source(grafana, wanted)]
    found += [_board(grafana, wanted, board) for board in wanted.boards]
    return tuple(change for change in found if change is not None)


def push(grafana: Grafana, wanted: Wanted, changes: Sequence[Change]) -> None:
    """Write `changes`; raises `Stop` before the first write where one of them cannot be written."""
    for change in changes:
        if change.provisioned:
            raise Stop(
                f"Grafana's {change.what} {change.uid} comes from a provisioning file and differs: "
                f"{'; '.join(change.lines)[:300]}. "
                "Change the file, or take it out of there first"
            )
    boards = {board["uid"]: board for board in wanted.boards}
    for change in changes:
        if change.what == "folder":
            _write_folder(grafana, wanted, change)
        elif change.what == "data source":
            _write_source(grafana, wanted, change)
        else:
            grafana.save_board(boards[change.uid], wanted.folder_uid, change.version, "pledgewatch boards push")


def pull(grafana: Grafana, uids: Sequence[str]) -> dict[str, Json | None]:
    """The boards as they are in Grafana, without its own numbers; None for one that is not there."""
    found = {uid: grafana.board(uid) for uid in uids}
    return {
        uid: _told(there["dashboard"]) | {"id": None, "version": 0} if there else None for uid, there in found.items()
    }


def compare(there: object, here: object, path: str = "") -> Iterator[str]:
    """Where two values differ: `/panels/2/title: 'A' there, 'B' here`."""
    if isinstance(there, dict) and isinstance(here, dict):
        for key in [*here, *(key for key in there if key not in here)]:
            yield from compare(there.get(key, _Absent), here.get(key, _Absent), f"{path}/{key}")
    elif isinstance(there, list) and isinstance(here, list) and len(there) == len(here):
        for place, (one, other) in enumerate(zip(there, here, strict=True)):
            yield from compare(one, other, f"{path}/{place}")
    elif there != here or isinstance(there, bool) != isinstance(here, bool):
        yield f"{path or '/'}: {_short(there)} there, {_short(here)} here"


class _Absent:
    """No value."""


def _short(value: object) -> str:
    if value is _Absent:
        return "nothing"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    text = repr(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _folder(grafana: Grafana, wanted: Wanted) -> Change | None:
    there = grafana.folder(wanted.folder_uid)
    if there is None:
        return Change(what="folder", uid=wanted.folder_uid, lines=())
    lines = tuple(compare({"title": there.get("title")}, {"title": wanted.folder_title}))
    return Change(what="folder", uid=wanted.folder_uid, lines=lines, version=there["version"]) if lines else None


def _source(grafana: Grafana, wanted: Wanted) -> Change | None:
    uid = wanted.source["uid"]
    there = grafana.data_source(uid)
    if there is None:
        return Change(what="data source", uid=uid, lines=())
    lines = list(compare({key: there.get(key, _Absent) for key in _OWN}, wanted.source))
    if there.get("url"):
        lines.append(f"/url: {_short(there['url'])} there, nothing here")
    if wanted.password is not None and not there.get("secureJsonFields", {}).get("password"):
        lines.append("/secureJsonData/password: nothing there, one here")
    elif wanted.password is not None and wanted.new_password:
        lines.append("/secureJsonData/password: to be written anew")
    if not lines:
        return None
    return Change(
        what="data source",
        uid=uid,
        lines=tuple(lines),
        version=there["version"],
        kept={"isDefault": there.get("isDefault", False)},
        provisioned=bool(there.get("readOnly")),
    )


def _board(grafana: Grafana, wanted: Wanted, board: Json) -> Change | None:
    there = grafana.board(board["uid"])
    if there is None:
        return Change(what="board", uid=board["uid"], lines=())
    lines = list(compare(_told(there["dashboard"]), _told(board)))
    meta = there["meta"]
    provisioned = bool(meta.get("provisionedExternalId"))
    if not provisioned and meta.get("folderUid") != wanted.folder_uid:
        lines.append(f"folder: {meta.get('folderUid') or 'General'} there, {wanted.folder_uid} here")
    if not lines:
        return None
    version = there["dashboard"]["version"]
    return Change(what="board", uid=board["uid"], lines=tuple(lines), version=version, provisioned=provisioned)


def _told(board: Json) -> dict[str, Any]:
    return {key: value for key, value in board.items() if key not in ("id", "version")}


def _write_folder(grafana: Grafana, wanted: Wanted, change: Change) -> None:
    if change.version:
        grafana.rename_folder(wanted.folder_uid, wanted.folder_title, change.version)
    else:
        grafana.make_folder(wanted.folder_uid, wanted.folder_title)


def _write_source(grafana: Grafana, wanted: Wanted, change: Change) -> None:
    secret = {} if wanted.password is None else {"secureJsonData": {"password": wanted.password}}
    if change.version:
        grafana.change_data_source(wanted.source | change.kept | {"version": change.version} | secret)
    else:
        grafana.make_data_source(wanted.source | {"isDefault": False} | secret)
