"""Hard cases."""

from collections.abc import Iterator

from streams.demo.telling import Known


def cases() -> Iterator[Known]:
    """All."""
    yield from ()
