"""What the emission of an operation may know besides its operands."""

from __future__ import annotations

from dataclasses import dataclass

from ssair.facts import Fact, IntFact
from ssair.types import Type


@dataclass(frozen=True, slots=True)
class Operation:
    """The result's type and shape, the immediate, the operands' facts, and whether floats are strict."""

    type: Type
    shape: tuple[int, ...]
    aux: object
    facts: tuple[Fact, ...]
    strict: bool

    @property
    def intervals(self) -> list[tuple[int, int]]:
        """The operands' integer intervals."""
        return [(fact.lo, fact.hi) if isinstance(fact, IntFact) else (-(1 << 63), 1 << 63) for fact in self.facts]
