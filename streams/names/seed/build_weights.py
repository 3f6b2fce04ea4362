"""Fits `weights.json`: the coefficients of the matcher, on labelled pairs that are not part of the repository.

Run from the root of the repository: `python -m streams.names.seed.build_weights ../shared/data`.
"""

from __future__ import annotations

import csv
import json
import random
import sys
from pathlib import Path

import msgspec

from streams.names.calibration import fit
from streams.names.evaluation import Pair, training

HERE = Path(__file__).parent
_ORGANIZATIONS = ("Organization", "Company", "LegalEntity")
_TRUSTED = ("nk_checks", "nk_unit_tests", "cust_cases", "cluster_align")


def dev_pairs(shared: Path) -> list[Pair]:
    """The labelled pairs of `names_eval`."""
    lines = (shared / "names_eval" / "entity_pairs.dev.jsonl").read_bytes().splitlines()
    return [msgspec.json.decode(line, type=Pair, strict=False) for line in lines if line]


def further_pairs(shared: Path, held_out: set[str]) -> list[Pair]:
    """Pairs from other sets, so that the fit does not know one file only; none holds a name of `held_out`."""
    found = [*_upstream(shared), *_typos(shared), *_digits()]
    return [pair for pair in found if pair.left not in held_out and pair.right not in held_out]


def _upstream(shared: Path) -> list[Pair]:
    """Organizations of nomenklatura's bench, without the screening-style ones."""
    text = (shared / "names_benchmarks" / "nomenklatura__cases.csv").read_text("utf-8")
    return [
        Pair(f"nk-{at}", row["name1"], row["name2"], int(row["is_match"] == "true"), source="nomenklatura")
        for at, row in enumerate(csv.DictReader(text.splitlines()))
        if row["schema"] in _ORGANIZATIONS and row["case_group"] in _TRUSTED
    ]


def _typos(shared: Path) -> list[Pair]:
    """Every second company of DNB's set with its typo, and with the typo of another."""
    clean, slipped = (
        [row[1] for row in csv.reader((shared / "names_benchmarks" / name).read_text("utf-8").splitlines())][1:]
        for name in ("dnb__test_names.csv", "dnb__adjusted_test_names.csv")
    )
    chance = random.Random(5)  # noqa: S311 - which rows are drawn, nothing secret
    found: list[Pair] = []
    for at in range(0, len(clean), 2):
        other = chance.randrange(len(slipped))
        found.append(Pair(f"dnb-{at}", clean[at], slipped[at], 1, source="dnb"))
        if other != at:
            found.append(Pair(f"dnb-{at}-{other}", clean[at], slipped[other], 0, source="dnb"))
    return found


def _digits() -> list[Pair]:
    """Names of the seed with numbers put to them: another number is another entity, the same number is the same."""
    lines = (HERE / "names.ndjson").read_text("utf-8").splitlines()
    names = sorted(
        row["name"]
        for row in map(json.loads, lines)
        if row.get("name") and row["name"].isascii() and not any(map(str.isdigit, row["name"]))
    )
    chance = random.Random(7)  # noqa: S311
    found: list[Pair] = []
    for at, name in enumerate(chance.sample([name for name in names if len(name.split()) <= 5], 80)):
        one, two = chance.sample(range(2, 99), 2)
        found.append(Pair(f"digits-{at}-0", f"{name} {one}", f"{name} {two}", 0, source="digits"))
        found.append(Pair(f"digits-{at}-1", f"{name} No. {one}", f"{name} {one}", 1, source="digits"))
    return found


def main(shared: Path) -> None:
    """Writes weights.json beside this file."""
    pairs = dev_pairs(shared)
    held = {name for pair in pairs for name in (pair.left, pair.right)}
    prepared = training(pairs, further_pairs(shared, held))
    weights = fit(
        [example for _, example in prepared],
        {
            "method": "logistic regression, ridge 1, signs constrained, best reading chosen anew in three rounds",
            "sets": "names_eval dev pairs without opaque aliases, groups and doubtful labels; mismatched cross-script "
            "pairs (count .5); mismatched pairs (.3); nomenklatura organizations, DNB typos, numbered seed names (.4)",
            "examples": str(len(prepared)),
            "prior": "about half of the pairs match",
        },
    )
    (HERE / "weights.json").write_bytes(msgspec.json.format(msgspec.json.encode(weights), indent=1) + b"\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
