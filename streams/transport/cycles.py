"""How a process that holds many records looks for cycles."""

from __future__ import annotations

import gc

_LOOKS = (50_000, 20, 50)
"""New objects, and looks at younger ones, after which Python looks for cycles (its own: 700, 10, 10) [count]."""


def look_seldom_for_cycles() -> None:
    """Have Python look less often, and not at what is there by now.

    Records and dossiers come by the hundred thousand and hold no cycles; looking through them took a third of a
    worker's time.
    """
    gc.freeze()
    gc.set_threshold(*_LOOKS)
