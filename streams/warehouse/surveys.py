"""Surveys of all stored facts, kept ready until another fact is stored.

    surveys = Surveys(reads, RegisterNamer)
    next_checks(surveys.at(NOW), …)

Blocking and thread-safe; raises what `Reads` does.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

from streams.rules.known import Standpoint
from streams.rules.naming import NamerOf
from streams.rules.survey import Survey
from streams.warehouse.reads import Reads

MOST_SURVEYS = 3
"""Surveys kept ready; each holds every fact in memory [count]."""


class Surveys:
    """Makes and keeps the surveys from one or another standpoint."""

    def __init__(self, reads: Reads, namer_of: NamerOf) -> None:
        self._reads, self._namer_of = reads, namer_of
        self._kept: OrderedDict[tuple[object, ...], Survey] = OrderedDict()
        self._lock = threading.Lock()

    def at(self, standpoint: Standpoint) -> Survey:
        """All that counts from a standpoint."""
        with self._lock:
            key = (standpoint.as_of, standpoint.as_known_at, self._reads.facts_end())
            if key not in self._kept:
                facts = self._reads.facts(standpoint.as_known_at)
                self._kept[key] = Survey(facts, standpoint, namer_of=self._namer_of)
            self._kept.move_to_end(key)
            while len(self._kept) > MOST_SURVEYS:
                self._kept.popitem(last=False)
            return self._kept[key]
