"""Constants as arguments: what a function that runs often would make in each call is made by who calls it first.

    if may_pass_constants(module):
        pass_constants(module, places, uses)

A call counts the same with any number of arguments, and a constant counts each time that it is made. So a recursive
function, or one that is called in loops, takes the constants that it uses as more parameters, where its callers make
them less often than it would: they hand on what they have been given themselves, or make them outside of their loops.

Requires: operations of Bril (`legalize`), and that `main` is where a program begins, so that every call is known.
Ensures: the same meaning; the parameters that were there stay, and those of `main` are the same. Linear.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Final

from ssair.call_graph import CallGraph, callee_of
from ssair.facts import top
from ssair.frontends.bril.write_constant_uses import ConstantUses
from ssair.frontends.bril.write_constants import Places
from ssair.frontends.bril.write_frequencies import TRIPS
from ssair.ir import Function, Instr, Module, Param
from ssair.ops import CONST

#: How many constants a function may be given, and of how many it is asked whether that pays.
_MOST: Final = 16
_CONSIDERED: Final = 64

Key = object


def may_pass_constants(module: Module) -> bool:
    """Whether there may be a function all calls of which are known."""
    return "main" in module.functions and len(module.functions) > 1


def pass_constants(module: Module, places: dict[Function, Places], uses: dict[Function, ConstantUses]) -> None:
    """Let functions take the constants that it pays to give them."""
    _Passing(module, places, uses).run()


class _Passing:
    """What is known of a module."""

    def __init__(self, module: Module, places: dict[Function, Places], uses: dict[Function, ConstantUses]) -> None:
        self.places = places
        self.graph = CallGraph(module)
        self.main = module.functions["main"]
        self.callers: dict[Function, list[Instr]] = {function: [] for function in module.functions.values()}
        for calls in self.graph.calls.values():
            for call in calls:
                self.callers[callee_of(call)].append(call)
        self.uses = uses
        self.runs = self._runs()

    def _runs(self) -> dict[Function, float]:
        """How often each function is called in a run of the program, by guess."""
        runs = dict.fromkeys(self.callers, 0.0)
        for group in reversed(self.graph.groups):
            total = sum(
                runs[caller] * self._runs_of(caller, call)
                for call in self._calls_from_outside(group)
                for caller in (call.block.function,)
            )
            if self.graph.is_recursive(group[0]):
                total *= TRIPS
            runs.update(dict.fromkeys(group, 1.0 if self.main in group else min(total, 1e30)))
        return runs

    def _runs_of(self, caller: Function, call: Instr) -> float:
        places = self.places[caller]
        return places.frequencies.of_vertex[places.flow.vertex[call.block.id]]

    def _calls_from_outside(self, group: list[Function]) -> list[Instr]:
        inside = set(group)
        return [call for function in group for call in self.callers[function] if call.block.function not in inside]

    def run(self) -> None:
        """Decide for each group of functions that call each other, callees first, so that what they want is known."""
        for group in self.graph.groups:
            if self.main in group or not self.runs[group[0]]:
                continue
            outside = self._calls_from_outside(group)
            used = dict.fromkeys(key for function in group for key in self.uses[function].all_keys())
            wanted = islice(used, _CONSIDERED)
            passed = [key for key in wanted if self._gain(key, group) > self._price(key, outside)][:_MOST]
            if passed:
                self._pass(passed, group, outside)

    def _gain(self, key: Key, group: list[Function]) -> float:
        """How often a constant is made in some functions."""
        return sum(self.runs[f] * self.places[f].cost(self._users(f, key)) for f in group)

    def _price(self, key: Key, calls: list[Instr]) -> float:
        """How much more often a constant is made in callers if they have to give it."""
        callers: dict[Function, dict[int, None]] = {}
        for call in calls:
            caller = call.block.function
            callers.setdefault(caller, {})[self.places[caller].flow.vertex[call.block.id]] = None
        price = 0.0
        for caller, more in callers.items():
            known, places = self._users(caller, key), self.places[caller]
            price += self.runs[caller] * (places.cost({**known, **more}) - places.cost(known))
        return price

    def _users(self, function: Function, key: Key) -> Mapping[int, object]:
        """The blocks of a function that use a constant."""
        constant = self.uses[function].get(key)
        return constant.users if constant is not None else {}

    # ---- rewriting ------------------------------------------------------------------------------------------------

    def _pass(self, keys: list[Key], group: list[Function], outside: list[Instr]) -> None:
        """Give the functions of a group the constants, and let all who call them do so."""
        constants = [self._constant(key, group) for key in keys]
        given: dict[Function, tuple[Param, ...]] = {}
        for function in group:
            given[function] = tuple([function.entry.add_param(made.type, top(made.type)) for made in constants])
        for function in group:
            for key, param in zip(keys, given[function], strict=True):
                self.uses[function].drop(key, param)
            for call in self.graph.calls[function]:
                if callee_of(call) in given:
                    call.args += given[function]
        for call in outside:
            before = len(call.args)
            caller = call.block.function
            call.args += tuple([caller.new_instr(CONST, type=made.type, aux=made.aux) for made in constants])
            self.uses[caller].add_user(call, self.places[caller].flow.vertex[call.block.id], before)

    def _constant(self, key: Key, group: list[Function]) -> Instr:
        found = (self.uses[function].get(key) for function in group)
        return next(constant.instr for constant in found if constant is not None)
