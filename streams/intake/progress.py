"""How far a fact has come: *accepted* (the log has it) or *applied* (the dossiers that it concerns were assessed)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

from streams.intake.ports import Stage
from streams.transport.ports import Part, Position, Reader

_REMEMBERED = 10_000


class Progress:
    """Asks the groups that place and watch where they are.

    `place` commits only after the last copy is acknowledged, so once it has passed a position, every copy stands below
    the ends that `dossiers` then has; when `watch` has passed those, the fact is applied. The ends are remembered from
    the first question on; after a restart the first question takes later ends, which is right too, only later.
    """

    def __init__(self, reader: Reader, *, place: str, watch: str, dossiers: str = "dossiers") -> None:
        self._reader, self._place, self._watch, self._dossiers = reader, place, watch, dossiers
        self._ends: OrderedDict[Position, dict[int, int]] = OrderedDict()

    async def __call__(self, position: Position) -> Stage:
        """The stage of what stands at `position`. Raises `Wait` while the log is away."""
        ends = self._ends.get(position)
        if ends is None:
            placed = await self._reader.offsets(self._place, [position.topic])
            if _offset(placed, (position.topic, position.partition)) <= position.offset:
                return "accepted"
            ends = self._remember(position, await self._reader.highwaters(self._dossiers))
        watched = await self._reader.offsets(self._watch, [self._dossiers])
        done = all(_offset(watched, (self._dossiers, partition)) >= end for partition, end in ends.items())
        return "applied" if done else "accepted"

    def _remember(self, position: Position, ends: dict[int, int]) -> dict[int, int]:
        self._ends[position] = ends
        if len(self._ends) > _REMEMBERED:
            self._ends.popitem(last=False)
        return ends


def _offset(committed: Mapping[Part, object], part: Part) -> int:
    return getattr(committed.get(part), "offset", 0)
