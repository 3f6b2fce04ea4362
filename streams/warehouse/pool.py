"""Handles of an engine, each used by one thread at a time; as many as were ever needed at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from streams.errors import Stop

H = TypeVar("H")


class Pool(Generic[H]):
    """Lends handles made by `make`; `discard` closes one. A handle that met an error is not lent again."""

    def __init__(self, make: Callable[[], H], discard: Callable[[H], None]) -> None:
        self._make = make
        self._discard = discard
        self._idle: list[H] = []
        self._lent = 0
        self._changed = threading.Condition()
        self._open = True

    @contextmanager
    def lend(self) -> Iterator[H]:
        """A handle for the length of the block. Raises `Stop` after `close`."""
        handle = self._take()
        try:
            yield handle
        except BaseException:
            self._give_back(handle, sound=False)
            raise
        self._give_back(handle, sound=True)

    def close(self, *, patience: float = 30.0) -> None:
        """Lend no more, wait up to `patience` seconds for what is lent, and let go of all."""
        with self._changed:
            self._open = False
            self._changed.wait_for(lambda: self._lent == 0, timeout=patience)
            idle, self._idle = self._idle, []
        for handle in idle:
            self._discard(handle)

    def _take(self) -> H:
        with self._changed:
            if not self._open:
                raise Stop("The warehouse is closed")
            self._lent += 1
            if self._idle:
                return self._idle.pop()
        try:
            return self._make()
        except BaseException:
            self._returned()
            raise

    def _give_back(self, handle: H, *, sound: bool) -> None:
        with self._changed:
            keep = sound and self._open
            if keep:
                self._idle.append(handle)
        if not keep:
            self._discard(handle)
        self._returned()

    def _returned(self) -> None:
        with self._changed:
            self._lent -= 1
            self._changed.notify_all()
