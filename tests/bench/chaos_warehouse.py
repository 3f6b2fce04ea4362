"""ClickHouse's wire protocol in front of an engine in this process: `python chaos_warehouse.py FOLDER` prints its address.

Ends when its standard input does.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

_SHIM = Path(__file__).parents[1] / "streams" / "warehouse" / "native_shim.py"


def main() -> None:
    """Serve until nobody holds the other end."""
    spec = importlib.util.spec_from_file_location("native_shim", _SHIM)
    assert spec is not None
    assert spec.loader is not None
    shim: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(shim)
    peer = shim.NativeShim(sys.argv[1])
    print(peer.url, flush=True)
    sys.stdin.read()
    peer.close()


if __name__ == "__main__":
    main()
