"""Ancestors in a forest that lie far above: the highest for which something holds, in logarithmic time.

Requires: a forest as the parent of each node that has one. Each node keeps its parent and one jump pointer to an
ancestor; the jumps of a path have lengths like the digits of skew binary numbers. Linear time and space to build.
Source: E. W. Myers, "An applicative random-access stack" (1983).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Generic, TypeVar

Node = TypeVar("Node")


class Ancestors(Generic[Node]):
    """The ancestors of the nodes of a forest."""

    __slots__ = ("_jump", "_parent")

    def __init__(self, nodes: Iterable[Node], parent: Mapping[Node, Node]) -> None:
        """`nodes` has every node behind its parent; `parent` has the parent of each but the roots."""
        self._parent = parent
        self._jump: dict[Node, Node] = {}
        depth: dict[Node, int] = {}
        for node in nodes:
            above = parent.get(node)
            if above is None:
                depth[node], self._jump[node] = 0, node
                continue
            depth[node] = depth[above] + 1
            jump = self._jump[above]
            far = self._jump[jump]
            as_long = depth[above] - depth[jump] == depth[jump] - depth[far]
            self._jump[node] = far if as_long else above

    def highest(self, node: Node, holds: Callable[[Node], bool]) -> Node:
        """The highest of `node` and its ancestors for which `holds`, which holds of `node` and of all up to there."""
        while (above := self._parent.get(node)) is not None and holds(above):
            jump = self._jump[node]
            node = jump if holds(jump) else above
        return node
