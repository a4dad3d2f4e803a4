"""Reads of a comprehension that go along its indices: `xs[i]` for `i in 0..len(xs)`, `a[i, p]` for every row `i`.

Under a `vmap` over the indices such a read would become a gather. Instead the array is one of the arguments that the
`vmap` maps, along the dimensions that the indices go through: an element sees the slice that is its own, and reads it
at the indices that are left. Only whole dimensions are mapped, where the comprehension is as long as the array.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ssair.backends.scope import Scope, region_blocks
from ssair.backends.state import Traced
from ssair.ir import Block, Instr, Value
from ssair.ops import INDEX

if TYPE_CHECKING:
    from ssair.backends.regions import Emitter


@dataclass(slots=True)
class Slice:
    """An array to be mapped: `dimensions[k]` goes along index k (None: none does); `left` are the other indices."""

    array: Traced
    dimensions: tuple[int | None, ...]
    left: tuple[Value, ...]
    reads: list[Instr] = field(default_factory=list)

    def axis_at(self, level: int) -> int | None:
        """The axis to map at a level, where those of the levels before are gone."""
        dimension = self.dimensions[level]
        if dimension is None:
            return None
        gone = [other for other in self.dimensions[:level] if other is not None]
        return dimension - sum(other < dimension for other in gone)


def slices_of(emitter: Emitter, body: Block, extents: tuple[int, ...], scope: Scope) -> list[Slice]:
    """The slices that the reads of a comprehension's body can be served from."""
    found: dict[object, Slice] = {}
    tree = emitter.structure.tree
    for block in region_blocks(emitter.instance, scope):
        for instr in block.instrs:
            if instr.op is not INDEX or tree.dominates(body, instr.args[0].block):
                continue
            view = emitter.views.get(instr)
            array, indices = view if view is not None else (emitter.operand(instr.args[0]), instr.args[1:])
            dimensions = _dimensions(array, indices, body, extents)
            if any(dimension is not None for dimension in dimensions):
                left = tuple([index for place, index in enumerate(indices) if place not in dimensions])
                part = found.setdefault((id(array), dimensions, left), Slice(array, dimensions, left))
                part.reads.append(instr)
    return list(found.values())


def _dimensions(
    array: Traced, indices: tuple[Value, ...], body: Block, extents: tuple[int, ...]
) -> tuple[int | None, ...]:
    """For each index of the comprehension the dimension of the array that it goes along, if there is one."""
    found: list[int | None] = []
    for param, extent in zip(body.params, extents, strict=True):
        places = [place for place, index in enumerate(indices) if index.origin() is param]
        fits = [place for place in places if array.shape[place] == extent]
        found.append(fits[0] if fits else None)
    return tuple(found)
