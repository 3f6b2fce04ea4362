"""What must hold between the fields of a fact, each check with its sentence."""

from __future__ import annotations

from schemas.common import Fact
from schemas.problems import Problem


def faults_of(fact: Fact) -> list[Problem]:
    """Everything about a fact that contradicts itself."""
    return []
