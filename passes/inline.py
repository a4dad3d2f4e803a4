"""Inlining: the bodies of small functions, and of those called once, in the place of their calls.

Callees first, so that what is inlined has its own calls inlined already. What is inlined is small, or called from one
place; never a function in a cycle of calls. A module that names its entry loses the functions that the entry does not
come to any more; of another one any function may be asked for, and stays.

Requires: valid IR without crumbs. Ensures: the same meaning; a trap is reported as before, with the calls around it.
A program grows by no more than `growth` times its size (plus `ALWAYS`), so that calls of calls do not multiply; what is
no larger than a call, or is called once and goes away, does not count.
Complexity: linear in the program and in what is added.
Source: call-graph order after K. Cooper, M. Hall & L. Torczon, "An Experiment with Inline Substitution" (1991).
"""

from __future__ import annotations

from typing import Final

from ssair.call_graph import CallGraph, callee_of, reachable
from ssair.context import Context
from ssair.ir import Function, Instr, Module
from ssair.ops import CONST, GET
from ssair.passes.inline_splice import Sites, splice_calls
from ssair.sources import UsageError

NAME: Final = "inline"
#: A program may grow by so many instructions, however small it is.
ALWAYS: Final = 2000
#: What is no larger than this is about as large as a call.
_TINY: Final = 4


def run(module: Module, context: Context, small: str = "40", once: str = "400", growth: str = "1") -> int:
    """Inline calls; gives how many, and how many functions went.

    Functions of up to `small` instructions are inlined, and up to `once` if they are called from one place only.
    """
    limits = [_number(option, text) for option, text in (("small", small), ("once", once), ("growth", growth))]
    inlined = _Inlining(module, context, *limits).run()
    removed = _remove_unreachable(module, context)
    context.count(f"{NAME}.inlined", inlined)
    context.count(f"{NAME}.removed", removed)
    return inlined + removed


def _number(option: str, text: str) -> int:
    if not text.isdecimal():
        raise UsageError(f"inline: {option} is a number, not {text!r}")
    return int(text)


def size_of(function: Function) -> int:
    """How many instructions a function has that compute something: constants and refinements do not count."""
    size = 0
    for block in function.blocks:
        for instr in block.instrs:
            op = instr.op
            if op is not CONST and (op.traps or not op.refines):
                size += 1
    return size


class _Inlining:
    """What is known of a module's functions, and what may still be added."""

    def __init__(self, module: Module, context: Context, small: int, once: int, growth: int) -> None:
        self.module = module
        self.context = context
        self.small = small
        self.once = once
        self.graph = CallGraph(module)
        self.sites = Sites(module)
        self.sizes = {function: size_of(function) for function in module.functions.values()}
        self.left = ALWAYS + growth * sum(self.sizes.values())
        self.kept = set(module.functions.values()) if module.entry_name is None else {module.entry()}
        self.needed = self.kept if module.entry_name is None else reachable(module, module.entry())
        self.callers: dict[Function, int] = dict.fromkeys(self.sizes, 0)
        for function, calls in self.graph.calls.items():
            for call in calls if function in self.needed else ():
                self.callers[callee_of(call)] += 1
        calling = [function for function, calls in self.graph.calls.items() if calls]
        self.unfit = {f for f in calling if f in self.needed and _uses_tuples_otherwise(f, self.graph)}

    def run(self) -> int:
        """Inline calls in all functions, callees first; in those that go away only where they go to."""
        inlined = 0
        for group in self.graph.groups:
            for caller in group:
                if caller in self.needed and self.graph.calls[caller] and not self.goes(caller):
                    made = splice_calls(caller, self.graph.calls[caller], self.takes, self.sites)
                    self.sizes[caller] = size_of(caller) if made else self.sizes[caller]
                    inlined += made
        return inlined

    def goes(self, function: Function) -> bool:
        """Whether nobody needs a function any more when its one call is inlined."""
        return (
            self.callers[function] == 1
            and function not in self.kept
            and function not in self.unfit
            and not self.graph.is_recursive(function)
        )

    def takes(self, call: Instr) -> bool:
        """Whether a call is to be inlined; counts what that adds."""
        callee = self.module.functions[str(call.aux)]
        if callee in self.unfit or self.graph.is_recursive(callee):
            return False
        size, goes = self.sizes[callee], self.goes(callee)
        cost = 0 if goes or size <= _TINY else size
        fits = goes or size <= (self.once if self.callers[callee] == 1 else self.small)
        if not fits or cost > self.left or not self.context.fuel.take(NAME, call):
            return False
        self.left -= cost
        return True


def _uses_tuples_otherwise(function: Function, graph: CallGraph) -> bool:
    """Whether a call of several results is used by something else than a `get`: such functions stay as they are."""
    calls = {call for call in graph.calls[function] if len(callee_of(call).results) > 1}
    if not calls:
        return False
    others = [i for block in function.blocks for i in block.instrs if i.op is not GET]
    used = any(not calls.isdisjoint(instr.args) for instr in others)
    return used or any(not calls.isdisjoint(block.end.operands()) for block in function.blocks)


def _remove_unreachable(module: Module, context: Context) -> int:
    """Drop the functions that the entry does not come to, all at once, if the module names its entry."""
    if module.entry_name is None:
        return 0
    needed = reachable(module, module.entry())
    dropped = [function for function in module.functions.values() if function not in needed]
    if not dropped or not context.fuel.take(NAME, f"@{dropped[0].name}"):
        return 0
    for function in dropped:
        del module.functions[function.name]
    return len(dropped)
