"""The dossiers of all partitions of a worker, kept up as rows come and assessed when asked.

It takes in rows and says, when asked to look at a partition, what its destinations say now. It knows no log: which of
that was said before, and what is to be written, is the business of who asks (`agents/watch.py`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

import msgspec

from schemas import Erasure, Header, Name, Retraction
from schemas.codec import encode
from streams.rules.assess import Assessor
from streams.rules.docket import Docket
from streams.rules.dossier import NOTHING, Partition, Touched
from streams.rules.placing import partition_of
from streams.rules.told import Row, Told, read_row


class Saying(msgspec.Struct, frozen=True, array_like=True):
    """What one destination says now, as far as it was looked at."""

    destination: str
    whole: bool
    """Whether it was looked at as a whole: whatever it said before and says no more is gone."""
    alerts: dict[bytes, bytes]
    """Id → record."""
    remarks: dict[bytes, bytes]
    """`destination|kind|subject` → record."""
    gone: frozenset[bytes]
    """Ids and keys of what it says no more."""


class Shelf:
    """The dossiers of one partition, and what has to be looked at again."""

    def __init__(self) -> None:
        self.dossiers = Partition()
        self.dockets: dict[str, Docket] = {}
        """Destinations that were assessed, kept up since."""
        self.renamed = False
        """Whether a row of the register of names has come since the last look."""
        self.changed: dict[str, frozenset[str]] = {}
        """By destination what touched it since."""

    def mark(self, touched: Touched) -> None:
        """Have this looked at."""
        for destination, keys in touched.items():
            self.changed[destination] = self.changed.get(destination, NOTHING) | keys


class Study:
    """Everything that one worker knows, and what it thinks of it."""

    def __init__(self, assessor: Assessor, partitions: int) -> None:
        """`partitions`: of the topic `dossiers`, those of other workers among them."""
        self._assessor = assessor
        self._partitions = partitions
        self._shelves: dict[int, Shelf] = defaultdict(Shelf)

    def clear(self) -> None:
        """Forget everything."""
        self._shelves.clear()

    def take_in(self, partition: int, raw: bytes) -> None:
        """Take in one row of a partition; raises `msgspec.DecodeError`."""
        row = read_row(raw)
        shelf = self._shelves[partition]
        shelf.renamed |= _renames(row)
        touched = shelf.dossiers.add(row)
        shelf.mark({d: touched[d] for d in self._owned(touched, partition)})

    def forget(self, partition: int, destinations: Iterable[str] = ()) -> None:
        """Have these destinations of a partition assessed from the beginning at the next look; none named: all."""
        shelf = self._shelves[partition]
        afresh = self._owned(destinations or shelf.dossiers.destinations(), partition)
        for destination in afresh:
            shelf.dockets.pop(destination, None)
        shelf.mark(dict.fromkeys(afresh, NOTHING))

    def look(self, partition: int) -> Iterator[Saying]:
        """What the destinations of a partition say that something has touched since the last look, in their order."""
        shelf = self._shelves[partition]
        if shelf.renamed:
            self._close_renamed(shelf)
        changed, shelf.changed, shelf.renamed = shelf.changed, {}, False
        for destination in sorted(changed):
            yield self._assess(shelf, destination, changed[destination])

    def _owned(self, destinations: Iterable[str], partition: int) -> list[str]:
        """Those whose dossier is kept here: a broadcast row names others too, of which this partition knows little."""
        return [d for d in destinations if partition_of(d, self._partitions) == partition]

    def _close_renamed(self, shelf: Shelf) -> None:
        """Close the dockets that hold a name which may mean somebody else now."""
        for destination, docket in list(shelf.dockets.items()):
            if not self._assessor.keeps(docket, shelf.dossiers):
                del shelf.dockets[destination]
                shelf.mark({destination: NOTHING})

    def _assess(self, shelf: Shelf, destination: str, touched: frozenset[str]) -> Saying:
        docket = shelf.dockets.get(destination)
        opened = docket is None or not self._assessor.keeps(docket, shelf.dossiers)
        if docket is None or opened:
            docket = shelf.dockets[destination] = self._assessor.docket(shelf.dossiers, destination)
        docket.touch(touched)
        settled = docket.settle()
        return Saying(
            destination=destination,
            whole=opened,
            alerts={a.id.encode(): encode(a) for a in settled.alerts},
            remarks={r.key.encode(): encode(r) for r in settled.notes},
            gone=frozenset(key.encode() for key in settled.gone | settled.unsaid),
        )


def _renames(row: Row) -> bool:
    """Whether a row is one of the register of names, or silences or erases one."""
    said = row.fact if isinstance(row, Told) else row
    return isinstance(said, Name) or (isinstance(said, Retraction | Header | Erasure) and said.of == "name")
