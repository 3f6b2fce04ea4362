"""JSON Schemas of all that travels, made from the types: `python -m schemas.export` writes `json/<name>.v1.json`.

The committed files are what a feeder reads; a test fails when they and the types differ. `python -m schemas.export
0.1.0` freezes them as those of a release, in `json/released/0.1.0`; from then on they change only by what
`schemas.compatibility` admits, and anything else is a new version beside the old one. What two fields must say together
is in `schemas.meaning`; a schema cannot say it.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, TypeAlias, get_args, get_type_hints

import msgspec
import msgspec.inspect as inspect

from schemas.alert import Alert, Remark
from schemas.codec import FACT_TYPES
from schemas.common import Fact
from schemas.notice import Notice
from schemas.parked import Parked
from schemas.row import Header, Recheck

JsonSchema: TypeAlias = dict[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"
DERIVED: tuple[type[msgspec.Struct], ...] = (Alert, Remark, Notice, Parked, Header, Recheck)
VERSIONS: dict[str, int] = {str(kind.__struct_config__.tag): 1 for kind in (*FACT_TYPES, *DERIVED)}
"""The version under which each record is written today."""
_UNIT = re.compile(r"\[[^\]]+\]")
_YEARS = "^(19[5-9][0-9]|2[01][0-9]{2})-"
"""Years from `EARLIEST` to `LATEST`, as a date begins."""


def schema_of(kind: type[msgspec.Struct]) -> JsonSchema:
    """The JSON Schema of one record, whole in itself; a fact has no further fields, a derived record may grow."""
    tag = str(kind.__struct_config__.tag)
    _, parts = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    for struct in structs_of(kind):
        _describe(parts, struct)
    whole, strict = parts.pop(kind.__name__), issubclass(kind, Fact)
    return {
        "$schema": DRAFT,
        "$id": f"urn:pledgewatch:schema:{tag}:v{VERSIONS[tag]}",
        **_mended(whole, strict),
        **({"$defs": {name: _mended(part, strict) for name, part in sorted(parts.items())}} if parts else {}),
    }


def structs_of(kind: type[msgspec.Struct]) -> list[type[msgspec.Struct]]:
    """A struct and every struct that it is made of, each once."""
    found: dict[type[msgspec.Struct], None] = {}
    _gather(inspect.type_info(kind), found)
    return list(found)


def _gather(info: inspect.Type, found: dict[type[msgspec.Struct], None]) -> None:
    match info:
        case inspect.StructType() if info.cls not in found:
            found[info.cls] = None
            for field in info.fields:
                _gather(field.type, found)
        case inspect.Metadata(type=inner) | inspect.VarTupleType(item_type=inner) | inspect.DictType(value_type=inner):
            _gather(inner, found)
        case inspect.UnionType(types=types):
            for each in types:
                _gather(each, found)


def _describe(parts: dict[str, JsonSchema], kind: type[msgspec.Struct]) -> None:
    """Where a field has words of its own and its type has the unit, both; where it has none, those of its type."""
    properties = parts[kind.__name__]["properties"]
    for name, hint in get_type_hints(kind, include_extras=True).items():
        said = [
            str(meta.description) for meta in get_args(hint)[1:] if isinstance(meta, msgspec.Meta) and meta.description
        ]
        if len(said) > 1 and not _UNIT.search(said[-1]):
            properties[name]["description"] = f"{said[-1]} {said[0]}"
    for each in properties.values():
        if "description" not in each:
            _lift(each, parts)


def _lift(field: JsonSchema, parts: Mapping[str, JsonSchema]) -> None:
    """A field without words of its own is described by what it holds."""
    inner = field.get("items") or next(iter(field.get("anyOf", ())), field)
    named = str(inner.get("$ref", "")).rpartition("/")[2]
    words = inner.get("description") or parts.get(named, {}).get("description")
    if words:
        field["description"] = words.split("\n\n")[0]


def _mended(part: Any, strict: bool) -> Any:
    """What msgspec does not say: closed objects, the years of a date, docstrings in one line."""
    if isinstance(part, list):
        return [_mended(each, strict) for each in part]
    if not isinstance(part, dict):
        return part
    mended = {name: _mended(each, strict) for name, each in part.items()}
    if strict and mended.get("type") == "object" and "properties" in mended:
        mended["additionalProperties"] = False
    if mended.get("format") in ("date", "date-time") and mended.get("type") == "string":
        mended["pattern"] = _YEARS
    if isinstance(mended.get("description"), str):
        mended["description"] = " ".join(mended["description"].split())
    return mended


def file_name(tag: str, version: int) -> str:
    """`license.v1.json`."""
    return f"{tag}.v{version}.json"


def schemas_now() -> dict[str, JsonSchema]:
    """Every schema as the types have it now, by file name."""
    kinds = {str(kind.__struct_config__.tag): kind for kind in (*FACT_TYPES, *DERIVED)}
    return {file_name(tag, VERSIONS[tag]): schema_of(kind) for tag, kind in kinds.items()}


def written(schema: Mapping[str, Any]) -> str:
    """The text of a schema file."""
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def committed() -> dict[str, JsonSchema]:
    """Every schema as it is in the files, by file name; older versions too."""
    files = resources.files("schemas").joinpath("json").iterdir()
    texts = {each.name: each.read_text(encoding="utf-8") for each in files if each.name.endswith(".json")}
    return {name: json.loads(texts[name]) for name in sorted(texts)}


def write(folder: Path) -> list[str]:
    """Writes every schema of today into a folder; returns the names of the files that changed."""
    folder.mkdir(parents=True, exist_ok=True)
    changed = []
    for name, schema in schemas_now().items():
        text, file = written(schema), folder / name
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
            changed.append(name)
    return changed


def release(folder: Path, version: str) -> None:
    """Freezes the schemas of today as those of a release; what is frozen is what later changes are held against."""
    if not re.fullmatch(r"\d+(\.\d+){2}", version):
        raise ValueError(f"release is {version!r}: expected three numbers such as 0.1.0")
    write(folder / "released" / version)


def main(arguments: Sequence[str]) -> None:
    """Writes the schemas beside this module, and freezes them under the release that is named."""
    folder = Path(__file__).parent / "json"
    changed = write(folder)
    for version in arguments:
        release(folder, version)
    sys.stdout.write(f"{len(VERSIONS)} schemas, {len(changed)} changed: {', '.join(changed) or 'none'}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
