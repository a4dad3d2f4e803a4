"""Which functions of a module call which, in groups that call each other, callees first.

    graph = CallGraph(module)
    graph.groups                   # lists of functions: strongly connected components
    graph.is_recursive(function)   # whether a call of it may lead to another
    reachable(module, function)    # what a run of a function may come to

The graph is that of the moment when it was made. Linear in the instructions, without recursion.
Source: R. Tarjan, "Depth-First Search and Linear Graph Algorithms" (1972), with an explicit stack.
"""

from __future__ import annotations

from collections.abc import Iterator

from ssair.ir import Function, Instr, Module
from ssair.ops import CALL_OP


def calls_of(function: Function) -> list[Instr]:
    """The calls that stand in a function, in the order of its blocks."""
    return [instr for block in function.blocks for instr in block.instrs if instr.op is CALL_OP]


def callee_of(call: Instr) -> Function:
    """The function that a call names."""
    assert isinstance(call.aux, str)
    return call.block.function.module.functions[call.aux]


def reachable(module: Module, start: Function) -> set[Function]:
    """`start` and what it calls, directly or not. For membership only: a set has no order."""
    found = {start}
    waiting = [start]
    while waiting:
        for call in calls_of(waiting.pop()):
            callee = callee_of(call)
            if callee not in found:
                found.add(callee)
                waiting.append(callee)
    return found


class CallGraph:
    """The calls of a module and its groups of functions that call each other."""

    def __init__(self, module: Module) -> None:
        self.calls: dict[Function, list[Instr]] = {f: calls_of(f) for f in module.functions.values()}
        #: Each group behind those that it calls; its functions in the order of the module.
        self.groups: list[list[Function]] = []
        self._group_of: dict[Function, int] = {}
        self._found: dict[Function, int] = {}
        self._lowest: dict[Function, int] = {}
        self._open: list[Function] = []
        for function, calls in self.calls.items():
            if function not in self._found:
                if calls:
                    self._search(function)
                else:
                    self._enter_alone(function)
        several = [group for group in self.groups if len(group) > 1]
        place = {function: number for number, function in enumerate(self.calls)} if several else {}
        for group in several:
            group.sort(key=place.__getitem__)

    def same_group(self, one: Function, other: Function) -> bool:
        """Whether the functions are one, or each may call the other, directly or not."""
        return self._group_of[one] == self._group_of[other]

    def is_recursive(self, function: Function) -> bool:
        """Whether a call of the function may lead to another call of it."""
        if len(self.groups[self._group_of[function]]) > 1:
            return True
        return any(callee_of(call) is function for call in self.calls[function])

    def _enter_alone(self, function: Function) -> None:
        """Let a function that calls nothing be a group."""
        self._found[function] = len(self._found)
        self._group_of[function] = len(self.groups)
        self.groups.append([function])

    def _search(self, root: Function) -> None:
        """Find the groups of all that `root` calls, by one depth-first search."""
        path = [self._enter(root)]
        while path:
            function, callees = path[-1]
            for callee in callees:
                if callee not in self._found:
                    if not self.calls[callee]:
                        self._enter_alone(callee)
                        continue
                    path.append(self._enter(callee))
                    break
                if callee not in self._group_of:
                    self._lowest[function] = min(self._lowest[function], self._found[callee])
            else:
                path.pop()
                self._leave(function, path[-1][0] if path else None)

    def _enter(self, function: Function) -> tuple[Function, Iterator[Function]]:
        self._found[function] = self._lowest[function] = len(self._found)
        self._open.append(function)
        return function, iter([callee_of(call) for call in self.calls[function]])

    def _leave(self, function: Function, caller: Function | None) -> None:
        lowest = self._lowest
        if caller is not None:
            lowest[caller] = min(lowest[caller], lowest[function])
        if lowest[function] != self._found[function]:
            return
        group: list[Function] = []
        while not group or group[-1] is not function:
            group.append(self._open.pop())
            self._group_of[group[-1]] = len(self.groups)
        self.groups.append(group)
