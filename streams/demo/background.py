"""Background."""

from collections.abc import Iterator

from streams.demo.telling import Known


def background() -> Iterator[Known]:
    """All."""
    yield from ()
