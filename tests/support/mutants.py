"""Copies of the house with one thing broken: loaded from changed source text under a name of their own, nothing patched."""

from __future__ import annotations

import importlib
import re
import shutil
import sys
from pathlib import Path
from types import ModuleType

import msgspec

from laws import Core

HOUSE = Path(__file__).parents[2] / "streams"
COPIED = (
    "rules",
    "agents/watch.py",
    "agents/studying.py",
    "agents/naming.py",
    "agents/place.py",
    "agents/arrival.py",
    "agents/__init__.py",
)


class Broken(msgspec.Struct, frozen=True):
    """What a broken copy of the house offers."""

    core: Core
    watch: type
    weighing: ModuleType


def break_house(folder: Path, name: str, file: str, old: str, new: str) -> Broken:
    """A copy of rules and agents below `folder`, as package `name`, in which `old` in `file` is `new`.

    Raises `LookupError` where the text to break is not there exactly once: then the check must be told what to break.
    """
    package = folder / name
    package.mkdir()
    (package / "__init__.py").touch()
    for part in COPIED:
        _copy(HOUSE / part, package / part)
    broken = package / file
    text = broken.read_text(encoding="utf-8")
    if text.count(old) != 1:
        raise LookupError(f"{file} holds {old!r} {text.count(old)} times; expected: once")
    broken.write_text(text.replace(old, new), encoding="utf-8")
    for each in package.rglob("*.py"):
        code = each.read_text(encoding="utf-8")
        each.write_text(
            re.sub(r"(?m)^(\s*)from streams\.(rules|agents)\b", rf"\1from {name}.\2", code), encoding="utf-8"
        )
    return _load(folder, name)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.json"))
    else:
        shutil.copy(source, target)


def _load(folder: Path, name: str) -> Broken:
    sys.path.insert(0, str(folder))
    try:
        importlib.invalidate_caches()
        found = {
            part: importlib.import_module(f"{name}.{part}")
            for part in (
                "rules.assess",
                "rules.dossier",
                "rules.placing",
                "rules.study",
                "rules.weighing",
                "agents.watch",
                "agents.place",
            )
        }
    finally:
        sys.path.remove(str(folder))
    core = Core(
        assess_facts=found["rules.assess"].assess_facts,
        place=found["rules.placing"].place,
        partition_of=found["rules.placing"].partition_of,
        partition=found["rules.dossier"].Partition,
        assessor=found["rules.assess"].Assessor,
        study=found["rules.study"].Study,
        place_facts=found["agents.place"].place_facts,
    )
    return Broken(core, found["agents.watch"].Watch, found["rules.weighing"])
