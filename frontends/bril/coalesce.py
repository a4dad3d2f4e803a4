"""Coalescing: which values of SSA form share a variable, so that few block arguments have to be copied.

    classes = coalesce(flow, frequencies)
    classes.leader(v) is classes.leader(w)      v and w share a variable

Two values interfere if one is defined while the other is still live. A class is a set of values no two of which
interfere. Each block argument asks to be in the class of its parameter, those on the edges that run most often first;
the two classes become one if no value of the one interferes with any of the other. This is decided by the dominator
tree: a value can only interfere with what dominates it, and if it does with anything of a class, then with the nearest
of those. So each class keeps for every value the nearest one of the class that dominates it, and to unite two classes
only the values of the smaller one are looked at, with the nearest of the larger one above and below them.

Requires: copies on an edge are made at once (`out_of_ssa_copies`), on the edge alone, which is
split if it is critical. Ensures: no two live values share a variable, lost copies and swaps included; constants share
none, for they are made where they are needed. Complexity: near-linear.
Source: Z. Budimlić, K. Cooper, T. Harvey, K. Kennedy, T. Oberg, S. Reeves, "Fast copy coalescing and live-range
identification" (2002); B. Boissinot, A. Darte, F. Rastello, B. Dupont de Dinechin, C. Guillon, "Revisiting out-of-SSA
translation for correctness, code quality and efficiency" (2009).
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from operator import itemgetter
from typing import Final, TypeGuard

from ssair.frontends.bril.out_of_ssa_liveness import Liveness
from ssair.frontends.bril.write_flow import ControlFlow
from ssair.frontends.bril.write_frequencies import Frequencies
from ssair.ir import Block, Instr, Param, Value
from ssair.ops import CONST
from ssair.types import MEM

#: Up to how many values are put into a class one by one.
_FEW: Final = 16


#: A block argument that would cost a copy: how often it is passed, the parameter, the argument.
Affinity = tuple[float, Param, Value]
_runs: Final = itemgetter(0)


class Class:
    """Values that share a variable, by the places of their definitions."""

    __slots__ = ("above", "places", "values")

    def __init__(self, place: int, value: Value) -> None:
        self.places = [place]
        self.values = {place: value}
        #: By the place of each value, that of the nearest other one that dominates it.
        self.above: dict[int, int | None] = {place: None}


class Classes:
    """The classes of the values that have affinities; every other value is alone."""

    def __init__(self, live: Liveness | None) -> None:
        #: There is none where no value has an affinity.
        self._of_values = live
        #: The classes of several values; a value that is in none is alone.
        self._class_of: dict[Value, Class] = {}

    def __iter__(self) -> Iterator[list[Value]]:
        """The classes of several values, each in the order of their definitions."""
        for found in dict.fromkeys(self._class_of.values()):
            yield [found.values[place] for place in found.places]

    @property
    def _live(self) -> Liveness:
        assert self._of_values is not None
        return self._of_values

    def _class(self, value: Value) -> Class:
        found = self._class_of.get(value)
        return found if found is not None else Class(self._live.at[value.id], value)

    def leader(self, value: Value) -> Value:
        """The value that stands for the class of `value`: the one that is defined first."""
        found = self._class_of.get(value)
        return found.values[found.places[0]] if found is not None else value

    def unite(self, one: Value, other: Value) -> bool:
        """Let two values share a variable, with all that they share one with; False if they cannot."""
        large, small = self._class_of.get(one), self._class_of.get(other)
        if large is None and small is None:
            return self._unite_two(one, other)
        if large is small:
            return True
        large, small = large or self._class(one), small or self._class(other)
        if len(large.places) < len(small.places):
            large, small = small, large
        above = self._united(large, small)
        if above is None:
            return False
        large.above.update(above)
        for place, value in small.values.items():
            self._class_of[value] = large
            large.values[place] = value
        if len(small.places) <= _FEW:
            for place in small.places:
                insort(large.places, place)
        else:
            large.places = sorted(large.places + small.places)  # two runs, which `sort` merges
        return True

    def _unite_two(self, one: Value, other: Value) -> bool:
        """Let two values that are alone share a variable."""
        live = self._live
        first, second = live.at[one.id], live.at[other.id]
        if first > second:
            one, other, first, second = other, one, second, first
        dominates = live.dominates(one, other)
        if dominates and live.is_live_behind(one, other):
            return False
        made = self._class_of[one] = self._class_of[other] = Class(first, one)
        made.places.append(second)
        made.values[second] = other
        made.above[second] = first if dominates else None
        return True

    def are_known(self, one: Value, other: Value) -> bool:
        """Whether both values have affinities."""
        live = self._of_values
        return live is not None and live.is_known(one) and live.is_known(other)

    def may_unite(self, one: Value, other: Value) -> bool:
        """Whether two values could share a variable, with all that they share one with."""
        large, small = self._class(one), self._class(other)
        return large is small or self._united(large, small) is not None

    def is_live_in(self, value: Value, block: Block) -> bool:
        """Whether anything that shares a variable with `value` is live at the head of a block, its parameters aside."""
        return any(self._live.is_live_in(member, block) for member in self._class(value).values.values())

    def _united(self, large: Class, small: Class) -> dict[int, int | None] | None:
        """What stands nearest above the values for which that changes when two classes unite; None if they cannot."""
        live = self._live
        changed: dict[int, int | None] = {}
        for place in small.places:
            value = small.values[place]
            nearest, own = self._nearest_above(large, value, place), small.above[place]
            if nearest is not None and live.is_live_behind(large.values[nearest], value):
                return None
            changed[place] = max((found for found in (nearest, own) if found is not None), default=None)
            for below in self._nearest_below(large, value, place):
                if live.is_live_behind(value, large.values[below]):
                    return None
                known = changed.get(below, large.above[below])
                changed[below] = place if known is None or known < place else known
        return changed

    def _nearest_above(self, within: Class, value: Value, place: int) -> int | None:
        """Where the nearest value of a class that dominates `value` is defined."""
        index = bisect_left(within.places, place)
        found = within.places[index - 1] if index else None
        while found is not None and not self._live.dominates(within.values[found], value):
            found = within.above[found]
        return found

    def _nearest_below(self, within: Class, value: Value, place: int) -> Iterator[int]:
        """Where the values of a class are defined that `value` dominates, but for those with another one between."""
        places, until = within.places, self._live.end_of(value)
        index = bisect_left(places, place)
        while index < len(places) and places[index] < until:
            yield places[index]
            index = bisect_left(places, self._live.end_of(within.values[places[index]]), index)


def coalesce(flow: ControlFlow, frequencies: Frequencies) -> Classes:
    """Classes of values, so that the copies that are left run seldom."""
    affinities = _affinities(flow, frequencies)
    if not affinities:
        return Classes(None)
    live = Liveness(flow, [value for _, param, arg in affinities for value in (param, arg)])
    classes = Classes(live)
    affinities.sort(key=_runs, reverse=True)
    for _, param, arg in affinities:
        classes.unite(param, arg)
    return classes


def _affinities(flow: ControlFlow, frequencies: Frequencies) -> list[Affinity]:
    """The block arguments that are variables, in the order of the blocks."""
    found: list[Affinity] = []
    for block in flow.blocks[0].function.blocks:
        edges = block.end.edges
        for edge in edges:
            if not edge.args:
                continue
            cost = frequencies.of_edge[edge]
            if len(edges) > 1 and len(flow.sources[flow.vertex[edge.target.id]]) > 1:
                cost *= 2  # it takes a jump too
            for param, arg in zip(edge.target.params, edge.args, strict=True):
                if param is not arg and param.type is not MEM and not (isinstance(arg, Instr) and arg.op is CONST):
                    found.append((cost, param, arg))
    return found


def is_constant(value: Value) -> TypeGuard[Instr]:
    """Whether a value is made where it is needed."""
    return isinstance(value, Instr) and value.op is CONST
