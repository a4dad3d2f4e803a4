"""Constants as arguments: what a function that runs often would make in each call is made by who calls it first.

    pass_constants(module, places)

A call counts the same with any number of arguments, and a constant counts each time that it is made. So a recursive
function, or one that is called in loops, takes the constants that it uses as more parameters, where its callers make
them less often than it would: they hand on what they have been given themselves, or make them outside of their loops.

Requires: operations of Bril (`legalize`), and that `main` is where a program begins, so that every call is known.
Ensures: the same meaning; the parameters that were there stay, and those of `main` are the same. Linear.
"""

from __future__ import annotations

from itertools import islice
from typing import Final

from ssair.call_graph import CallGraph, callee_of
from ssair.facts import top
from ssair.frontends.bril.write_constants import Places, constant_uses, key_of
from ssair.frontends.bril.write_frequencies import TRIPS
from ssair.ir import Block, Function, Instr, Module, Param, Value
from ssair.ops import CONST

#: How many constants a function may be given, and of how many it is asked whether that pays.
_MOST: Final = 16
_CONSIDERED: Final = 64

Key = object


def pass_constants(module: Module, places: dict[Function, Places]) -> None:
    """Let functions take the constants that it pays to give them."""
    if "main" in module.functions and len(module.functions) > 1:
        _Passing(module, places).run()


class _Passing:
    """What is known of a module."""

    def __init__(self, module: Module, places: dict[Function, Places]) -> None:
        self.places = places
        self.graph = CallGraph(module)
        self.main = module.functions["main"]
        self.callers: dict[Function, list[Instr]] = {function: [] for function in module.functions.values()}
        for calls in self.graph.calls.values():
            for call in calls:
                self.callers[callee_of(call)].append(call)
        self.constants: dict[Key, Instr] = {}
        self.uses: dict[Function, dict[Key, dict[Block, None]]] = {}
        for function in self.callers:
            found = constant_uses(function)
            self.uses[function] = {key: blocks for key, (_, blocks) in found.items()}
            self.constants.update((key, constant) for key, (constant, _) in found.items())
        self.runs = self._runs()

    def _runs(self) -> dict[Function, float]:
        """How often each function is called in a run of the program, by guess."""
        runs = dict.fromkeys(self.callers, 0.0)
        for group in reversed(self.graph.groups):
            total = sum(
                runs[caller] * self.places[caller].frequencies.of_block[call.block]
                for call in self._calls_from_outside(group)
                for caller in (call.block.function,)
            )
            if self.graph.is_recursive(group[0]):
                total *= TRIPS
            runs.update(dict.fromkeys(group, 1.0 if self.main in group else min(total, 1e30)))
        return runs

    def _calls_from_outside(self, group: list[Function]) -> list[Instr]:
        inside = set(group)
        return [call for function in group for call in self.callers[function] if call.block.function not in inside]

    def run(self) -> None:
        """Decide for each group of functions that call each other, callees first, so that what they want is known."""
        for group in self.graph.groups:
            if self.main in group or not self.runs[group[0]]:
                continue
            outside = self._calls_from_outside(group)
            wanted = islice(dict.fromkeys(key for function in group for key in self.uses[function]), _CONSIDERED)
            passed = [key for key in wanted if self._gain(key, group) > self._price(key, outside)][:_MOST]
            if passed:
                self._pass(passed, group, outside)

    def _gain(self, key: Key, group: list[Function]) -> float:
        """How often a constant is made in some functions."""
        return sum(self.runs[f] * self.places[f].cost(self.uses[f].get(key, {})) for f in group)

    def _price(self, key: Key, calls: list[Instr]) -> float:
        """How much more often a constant is made in callers if they have to give it."""
        blocks: dict[Function, dict[Block, None]] = {}
        for call in calls:
            blocks.setdefault(call.block.function, {})[call.block] = None
        price = 0.0
        for caller, more in blocks.items():
            known, places = self.uses[caller].get(key, {}), self.places[caller]
            price += self.runs[caller] * (places.cost({**known, **more}) - places.cost(known))
        return price

    # ---- rewriting ------------------------------------------------------------------------------------------------

    def _pass(self, keys: list[Key], group: list[Function], outside: list[Instr]) -> None:
        """Give the functions of a group the constants, and let all who call them do so."""
        given: dict[Function, dict[Key, Param]] = {}
        for function in group:
            types = [self.constants[key].type for key in keys]
            params = [function.entry.add_param(type, top(type)) for type in types]
            given[function] = dict(zip(keys, params, strict=True))
        for function in group:
            _use(function, given[function])
            for key in keys:
                self.uses[function].pop(key, None)
            for call in self.graph.calls[function]:
                if callee_of(call) in given:
                    call.args += tuple(given[function].values())
        for call in outside:
            caller = call.block.function
            for key in keys:
                call.args += (self.constants[key],)
                self.uses[caller].setdefault(key, {})[call.block] = None


def _use(function: Function, params: dict[Key, Param]) -> None:
    """Let instructions and ends of blocks use parameters for constants."""

    def used(value: Value) -> Value:
        if isinstance(value, Instr) and value.op is CONST:
            return params.get(key_of(value), value)
        return value

    for block in function.blocks:
        for instr in block.instrs:
            instr.args = tuple(map(used, instr.args))
        block.end.args = tuple(map(used, block.end.args))
