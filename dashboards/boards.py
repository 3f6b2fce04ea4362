"""All boards, and the files they are written to.

python -m dashboards.boards     # write dashboards/json anew
"""

from __future__ import annotations

from pathlib import Path

from dashboards.compiled import as_json
from dashboards.model import Board
from dashboards.overview import OVERVIEW
from dashboards.pipeline import PIPELINE
from dashboards.triage import TRIAGE

BOARDS: tuple[Board, ...] = (OVERVIEW, TRIAGE, PIPELINE)
FOLDER = Path(__file__).with_name("json")
"""Where the compiled boards are committed."""


def write_all(folder: Path = FOLDER) -> list[Path]:
    """Write each board as `<uid>.json` into `folder`; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for board in BOARDS:
        file = folder / f"{board.uid}.json"
        file.write_text(as_json(board), encoding="utf-8")
        written.append(file)
    return written


if __name__ == "__main__":
    write_all()
