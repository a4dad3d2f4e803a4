"""Which functions call which, and the order in which to check them.

Ensures: a component number for every function, callees before callers, equal exactly for functions that call each other
(strongly connected components: Tarjan 1972, with an explicit stack).  Linear in functions and calls.
"""

from __future__ import annotations

from collections.abc import Iterator

from ssair.frontends.fun.ast import Function, Program


def link_calls(program: Program) -> dict[str, Function]:
    """Give every call its function, where there is one.  Returns the functions by name; the first of a name counts."""
    by_name: dict[str, Function] = {}
    for function in program.functions:
        by_name.setdefault(function.name, function)
    for function in program.functions:
        for call in function.calls:
            call.function = by_name.get(call.name)
    return by_name


def order_by_calls(program: Program) -> list[list[Function]]:
    """The components of the call graph, callees first; numbers them and marks recursive functions.

    Requires: calls are linked.
    """
    components: list[list[Function]] = []
    found: dict[Function, int] = {}
    lowest: dict[Function, int] = {}
    open_functions: list[Function] = []
    done: set[Function] = set()

    def enter(function: Function) -> tuple[Function, Iterator[Function]]:
        found[function] = lowest[function] = len(found)
        open_functions.append(function)
        return function, (call.function for call in function.calls if call.function is not None)

    for root in program.functions:
        path = [enter(root)] if root not in found else []
        while path:
            function, callees = path[-1]
            for callee in callees:
                if callee not in found:
                    path.append(enter(callee))
                    break
                if callee not in done:
                    lowest[function] = min(lowest[function], found[callee])
            else:
                path.pop()
                if path:
                    caller = path[-1][0]
                    lowest[caller] = min(lowest[caller], lowest[function])
                if lowest[function] == found[function]:
                    component = _taken_off(open_functions, function)
                    done.update(component)
                    components.append(component)
    for number, component in enumerate(components):
        _mark(component, number)
    return components


def _taken_off(stack: list[Function], last: Function) -> list[Function]:
    """The functions on top of the stack down to `last`, in source order."""
    component = []
    while True:
        component.append(stack.pop())
        if component[-1] is last:
            return sorted(component, key=lambda function: function.span)


def _mark(component: list[Function], number: int) -> None:
    for function in component:
        function.component = number
    for function in component:
        calls_itself = any(call.function is not None and call.function.component == number for call in function.calls)
        function.recursive = len(component) > 1 or calls_itself
