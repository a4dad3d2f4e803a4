"""Availability in global value numbering: three interchangeable tables of leaders, chosen by name.

A table is asked for the instruction that computes a key and *dominates* the block entered last. The walk enters
blocks in a preorder of the dominator tree with children in reverse postorder (`DominatorTree.preorder`), changes no
edge on the way, and adds a key only where `leader` finds none: so a dominating entry is never overwritten, and all
three answer alike.

    clone    each block starts from a copy of its dominator's map (Maxine C1X). Easy to see right, quadratic in space
    scoped   one map with an undo log; leaving a subtree removes what it added (Cranelift)
    tagged   one map whose entries know their block; an entry of a finished subtree no longer dominates anything that
             comes, which one comparison of preorder numbers tells, and is overwritten
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from ssair.dominators import DominatorTree
from ssair.ir import Block, Instr

Key = tuple[object, ...]


class ValueTable(Protocol):
    """Leaders by key, as far as they dominate the current block."""

    def enter(self, block: Block) -> None:
        """Go to the next block of the walk."""

    def leader(self, key: Key) -> Instr | None:
        """The instruction that computes `key` and dominates the current block."""

    def add(self, key: Key, instr: Instr) -> None:
        """Let `instr`, of the current block, be the leader of `key`, which has none here."""


class CloneTable:
    """Each block's map is a copy of its immediate dominator's."""

    def __init__(self, tree: DominatorTree) -> None:
        self._tree = tree
        self._maps: dict[Block, dict[Key, Instr]] = {}
        self._map: dict[Key, Instr] = {}

    def enter(self, block: Block) -> None:
        """Start from what is available in the dominator."""
        above = self._tree.idom.get(block)
        self._map = self._maps[block] = dict(self._maps[above]) if above is not None else {}

    def leader(self, key: Key) -> Instr | None:
        """The leader of `key`, if there is one here."""
        return self._map.get(key)

    def add(self, key: Key, instr: Instr) -> None:
        """Make `instr` the leader of `key`."""
        self._map[key] = instr


class ScopedTable:
    """One map and, for each block on the way down, the keys that it added."""

    def __init__(self, tree: DominatorTree) -> None:
        self._tree = tree
        self._map: dict[Key, Instr] = {}
        self._scopes: list[tuple[Block, list[Key]]] = []

    def enter(self, block: Block) -> None:
        """Undo the blocks that do not dominate `block`, and open its scope."""
        while self._scopes and not self._tree.dominates(self._scopes[-1][0], block):
            for key in self._scopes.pop()[1]:
                del self._map[key]
        self._scopes.append((block, []))

    def leader(self, key: Key) -> Instr | None:
        """The leader of `key`, if there is one here."""
        return self._map.get(key)

    def add(self, key: Key, instr: Instr) -> None:
        """Make `instr` the leader of `key`."""
        self._map[key] = instr
        self._scopes[-1][1].append(key)


class TaggedTable:
    """One map; whether an entry's block dominates is seen by whether its subtree is still being walked."""

    def __init__(self, tree: DominatorTree) -> None:
        self._tree = tree
        self._map: dict[Key, Instr] = {}
        self._number = 0

    def enter(self, block: Block) -> None:
        """Take the place of `block` in the walk for the current one."""
        self._number, _ = self._tree.interval(block)

    def leader(self, key: Key) -> Instr | None:
        """The leader of `key`, if there is one here."""
        instr = self._map.get(key)
        return instr if instr is not None and self._number < self._tree.interval(instr.block)[1] else None

    def add(self, key: Key, instr: Instr) -> None:
        """Make `instr` the leader of `key`."""
        self._map[key] = instr


class LocalTable:
    """For numbering within one block: forgets everything when a block is entered."""

    def __init__(self) -> None:
        self._map: dict[Key, Instr] = {}

    def enter(self, block: Block) -> None:
        """Forget all."""
        self._map = {}

    def leader(self, key: Key) -> Instr | None:
        """The leader of `key`, if there is one here."""
        return self._map.get(key)

    def add(self, key: Key, instr: Instr) -> None:
        """Make `instr` the leader of `key`."""
        self._map[key] = instr


TABLES: Final[dict[str, Callable[[DominatorTree], ValueTable]]] = {
    "tagged": TaggedTable,
    "scoped": ScopedTable,
    "clone": CloneTable,
}
