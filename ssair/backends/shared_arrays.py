"""The arrays that arms give to what follows them and have in common, but for elements that they stored.

Of such an array only the stores differ between the arms: they happen under the condition where all arms are evaluated
(`ssair.backends.stores`), and leave a `cond` as scalars (`ssair.backends.scalar_stores`). Nothing is copied.

Linear in the arms.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

from ssair.backends.outcome import Ending, Given, Layout, Target
from ssair.backends.scope import Scope, is_exit, is_store, region_blocks
from ssair.backends.state import Traced
from ssair.backends.stores import parts_of
from ssair.cfg import Incoming, incoming_edges
from ssair.ir import Block, Value
from ssair.ops import FORALL, RETURN
from ssair.types import ArrayType

if TYPE_CHECKING:
    from ssair.backends.choices import Arm
    from ssair.backends.regions import Emitter


class Shared(NamedTuple):
    """An array, and how many of its elements are stored at most; `whole` where one arm gives another array instead."""

    array: Traced
    stores: int
    whole: bool = False


def shared_arrays(emitter: Emitter, arms: Sequence[Arm], layout: Layout, scope: Scope) -> dict[int, Shared | None]:
    """For the places of a layout that hold arrays, the array that all arms have in common; None if there is none."""
    given: dict[int, list[_Given]] = {place: [] for place, (_, shape) in enumerate(layout.slots) if shape}
    for number, arm in enumerate(arms):
        found = _given_by_start(arm) if arm.scope is None else _given_by_blocks(emitter, arm, arm.scope, scope)
        for target, index, array in found:
            places = layout.places[target]
            if index < len(places) and places[index] in given:
                given[places[index]].append((number, array))
    return {place: _common(emitter, arrays) for place, arrays in given.items()}


#: The number of an arm, and an array that it gives; None if that is not known.
_Given = tuple[int, Shared | None]
#: A target, the place of a value among those for it, and the array that the value is; None if that is not known.
_Found = tuple[Target, int, Shared | None]


def _given_by_start(arm: Arm) -> Iterator[_Found]:
    """What an arm without blocks of its own gives its targets."""
    for target in arm.start.targets:
        for index, value in enumerate(arm.start.args[target]):
            if value is not None:
                yield target, index, Shared(value, 0)


def _given_by_blocks(emitter: Emitter, arm: Arm, own: Scope, scope: Scope) -> Iterator[_Found]:
    """What an arm gives where its blocks leave it."""
    sources = _Sources(emitter, arm, own)
    for block in sources.blocks:
        end = block.end
        if is_exit(emitter.structure, own, block):
            target: Target = Ending.RETURN if end.op is RETURN else Ending.YIELD
            for index, value in enumerate(end.args):
                yield target, index, sources.of(value)
        for place in own.edges(emitter.instance, block):
            edge = end.edges[place]
            if own.inside(edge.target):
                continue
            count = len(edge.target.params)
            for index in range(count):
                yield edge.target, index, None if end.op is FORALL else sources.of(edge.args[index])
            for index, value in enumerate(emitter.kept_for(edge.target, scope), count):
                if emitter.structure.available(value, block):
                    yield edge.target, index, sources.of(value)


def _common(emitter: Emitter, given: Sequence[_Given]) -> Shared | None:
    """What all arms, or all but one, have in common, if that is an array that stores are kept of."""
    others = {number for number, array in given if array is None}
    known = [array for number, array in given if array is not None and number not in others]
    if not known or len(others) > 1:
        return None
    bases, chains = zip(*[parts_of(each.array) for each in known], strict=True)
    if any(base is not bases[0] for base in bases) or 0 in bases[0].shape:
        return None
    equal = takewhile(lambda nodes: all(node is nodes[0] for node in nodes), zip(*chains, strict=False))
    prefix = [nodes[0] for nodes in equal]
    stores = max(len(chain) - len(prefix) + each.stores for chain, each in zip(chains, known, strict=True))
    if stores and not prefix and id(bases[0]) not in emitter.trace.stores.mutable:
        return None
    return Shared(prefix[-1] if prefix else bases[0], stores, bool(others))


class _Sources:
    """From which arrays before an arm those of its blocks are made, by stores of elements alone."""

    def __init__(self, emitter: Emitter, arm: Arm, own: Scope) -> None:
        self._emitter = emitter
        self._instance = emitter.instance
        order = emitter.structure.order
        self.blocks = sorted(region_blocks(emitter.instance, own), key=lambda block: order[block])
        self._inside = set(self.blocks)
        self._known: dict[Value, Shared | None] = {}
        for block in self.blocks:
            self._visit_params(block, arm.start.args.get(block, ()) if block is own.root else None)
            for instr in block.instrs:
                if instr.op.refines:
                    self._known[instr] = self.of(instr.args[0])
                elif is_store(instr):
                    before = self.of(instr.args[0])
                    self._known[instr] = None if before is None else Shared(before.array, before.stores + 1)

    def of(self, value: Value) -> Shared | None:
        """What `value` is made from, and by how many stores at most; None if it is made otherwise."""
        if value.block in self._inside:
            return self._known.get(value)
        return Shared(self._emitter.kept_operand(value), 0) if isinstance(value.type, ArrayType) else None

    def _visit_params(self, block: Block, given: Sequence[Given] | None) -> None:
        """The array parameters of a block: of what they are `given`, or what the edges bring."""
        edges = [
            edge
            for edge in incoming_edges(self._instance.function)[block]
            if edge.source in self._instance.live and edge.index in self._instance.live[edge.source]
        ]
        for index, param in enumerate(block.params):
            if isinstance(param.type, ArrayType) and not self._changes(block, edges, index):
                if given is None:
                    self._known[param] = self._joined(edges, index)
                elif index < len(given) and given[index] is not None:
                    self._known[param] = Shared(given[index], 0)

    def _changes(self, block: Block, edges: Sequence[Incoming], index: int) -> bool:
        """Whether a loop that `block` is the header of changes its parameter."""
        loop = self._emitter.structure.loops.get(block)
        param = block.params[index]
        return loop is not None and any(
            edge.source in loop.latches and edge.edge.args[index].origin() is not param for edge in edges
        )

    def _joined(self, edges: Sequence[Incoming], index: int) -> Shared | None:
        """What the edges into a block bring, those back to it aside."""
        found: Shared | None = None
        for edge in edges:
            if edge.source.end.op is FORALL:
                return None
            value = edge.edge.args[index]
            if value.origin() is edge.edge.target.params[index]:
                continue
            array = self.of(value)
            if array is None or (found is not None and found.array is not array.array):
                return None
            found = array if found is None else Shared(array.array, max(found.stores, array.stores))
        return found
