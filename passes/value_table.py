"""Availability in global value numbering: three interchangeable tables of leaders, chosen by name.

A table is asked for the instruction that computes a key and *dominates* the block entered last. The walk enters
blocks in a preorder of the dominator tree with children in reverse postorder (`DominatorTree.preorder`), changes no
edge on the way, and a key is added only where it has no leader: so a dominating entry is never overwritten, and all
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

    def leader(self, key: Key, instr: Instr) -> Instr:
        """The instruction that computes `key` and dominates the current block; `instr`, from now on, if none did."""


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

    def leader(self, key: Key, instr: Instr) -> Instr:
        """The leader of `key`, which is `instr` if there was none here."""
        return self._map.setdefault(key, instr)


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

    def leader(self, key: Key, instr: Instr) -> Instr:
        """The leader of `key`, which is `instr` if there was none here."""
        leader = self._map.setdefault(key, instr)
        if leader is instr:
            self._scopes[-1][1].append(key)
        return leader


class TaggedTable:
    """One map; whether an entry's block dominates is seen by whether its subtree is still being walked."""

    def __init__(self, tree: DominatorTree) -> None:
        self._tree = tree
        self._end = tree.end
        self._map: dict[Key, Instr] = {}
        self._number = 0

    def enter(self, block: Block) -> None:
        """Take the place of `block` in the walk for the current one."""
        self._number, _ = self._tree.interval(block)

    def leader(self, key: Key, instr: Instr) -> Instr:
        """The leader of `key`, which is `instr` if there was none here."""
        leader = self._map.setdefault(key, instr)
        if leader is not instr and self._number >= self._end[leader.block]:
            self._map[key] = leader = instr
        return leader


class LocalTable:
    """For numbering within one block: forgets everything when a block is entered."""

    def __init__(self) -> None:
        self._map: dict[Key, Instr] = {}

    def enter(self, block: Block) -> None:
        """Forget all."""
        self._map = {}

    def leader(self, key: Key, instr: Instr) -> Instr:
        """The leader of `key`, which is `instr` if there was none here."""
        return self._map.setdefault(key, instr)


TABLES: Final[dict[str, Callable[[DominatorTree], ValueTable]]] = {
    "tagged": TaggedTable,
    "scoped": ScopedTable,
    "clone": CloneTable,
}
