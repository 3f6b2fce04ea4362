"""Names of agencies, vendors and companies from public lists: none may be taken for a person or a number."""

import csv
import json
from pathlib import Path

import pytest

from schemas.screen import in_text

PUBLIC = Path(__file__).parents[2].parent / "shared" / "data"


def galaxy(entries):
    for entry in entries:
        yield entry.get("value") or entry["name"]
        yield from entry.get("meta", entry).get("synonyms") or []


def agencies(folder):
    return galaxy(json.loads((folder / "misp_galaxy/intelligence-agencies.json").read_text("utf-8"))["values"])


def vendors(folder):
    return galaxy(
        map(json.loads, (folder / "misp_galaxy/surveillance-vendor.min.jsonl").read_text("utf-8").splitlines())
    )


def companies(folder):
    for name in ("dnb__legal_names.csv", "dnb__test_names.csv"):
        with (folder / "names_benchmarks" / name).open(encoding="utf-8") as file:
            yield from (cell for row in csv.reader(file) for cell in row if cell)


@pytest.mark.parametrize(("names", "most"), [(agencies, 0), (vendors, 0), (companies, 2)])
def test_public_names_of_organizations_pass(names, most):
    if not PUBLIC.exists():
        pytest.skip("the public data beside the repository is not there")
    known = {name for name in names(PUBLIC) if len(name) <= 200}
    assert len(known) > 40
    assert len([name for name in known if in_text(name)]) <= most
