"""The order in which new facts are written: values whose new facts need each other as one group, after what they need.

Each prefix of the groups leaves facts that follow from their operands' (the verifier's rule `facts`): what is written
is justified by what has been written before, and what has not been written yet by facts that only became better.

Complexity: linear in the values and what they are made of.
Source: Tarjan, "Depth-First Search and Linear Graph Algorithms" (1972).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ssair.ir import Value


def groups(needs: Mapping[Value, Sequence[Value]]) -> Iterator[list[Value]]:
    """The strongly connected components of the values that are keys, each after those that it needs."""
    index: dict[Value, int] = {}
    low: dict[Value, int] = {}
    grouped: set[Value] = set()
    open_values: list[Value] = []
    for root in needs:
        if root in index:
            continue
        work = [(root, iter(needs[root]))]
        index[root] = low[root] = len(index)
        open_values.append(root)
        while work:
            value, remaining = work[-1]
            for needed in remaining:
                if needed not in needs or needed in grouped:
                    continue
                if needed not in index:
                    index[needed] = low[needed] = len(index)
                    open_values.append(needed)
                    work.append((needed, iter(needs[needed])))
                    break
                low[value] = min(low[value], index[needed])
            else:
                work.pop()
                if work:
                    above = work[-1][0]
                    low[above] = min(low[above], low[value])
                if low[value] == index[value]:
                    group = [open_values.pop()]
                    while group[-1] is not value:
                        group.append(open_values.pop())
                    grouped.update(group)
                    yield group
