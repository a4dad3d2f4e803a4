"""Where values are live: by the forest of loops as by the definition, in any control flow."""

from __future__ import annotations

import pytest
from bril_modules import scalar_module, tangled_module
from bril_random import random_bril
from growth import assert_linear

from ssair.cfg import reverse_postorder
from ssair.context import Context
from ssair.frontends.bril import compile_source
from ssair.frontends.bril.out_of_ssa_liveness import Liveness
from ssair.frontends.bril.write_flow import ControlFlow
from ssair.ir import Block, Function, Module, Value
from ssair.passes.clean_cfg import run as clean_cfg


def live_out_by_definition(function: Function, value: Value) -> set[Block]:
    """The blocks from whose end a use can be reached without another run of the definition."""
    using = [
        block
        for block in function.blocks
        if value in block.end.operands() or any(value in instr.args for instr in block.instrs)
    ]
    found: set[Block] = set()
    heads = [block for block in using if block is not value.block]
    seen = set(heads)
    while heads:
        head = heads.pop()
        for block in function.blocks:
            if head in block.successors():
                found.add(block)
                if block is not value.block and block not in seen:
                    seen.add(block)
                    heads.append(block)
    return found


def check(module: Module) -> int:
    """Compare for every value of a module; gives how many places a value is live at."""
    places = 0
    for function in module.functions.values():
        clean_cfg(function, Context())
        assert set(function.blocks) == set(reverse_postorder(function))
        values = [value for block in function.blocks for value in (*block.params, *block.instrs)]
        live = Liveness(ControlFlow(function), values)
        for value in values:
            wanted = live_out_by_definition(function, value)
            assert {block for block in function.blocks if live.is_live_out(value, block)} == wanted
            places += len(wanted)
    return places


@pytest.mark.parametrize("start", range(0, 40, 10))
def test_values_are_live_where_uses_follow(start: int) -> None:
    places = 0
    for seed in range(start, start + 10):
        places += check(compile_source(random_bril(seed)))
        places += check(scalar_module(seed)) + check(tangled_module(seed))
    assert places > 1000


def test_more_values_than_are_followed_at_once() -> None:
    lines = ["@main(n: int, c: bool) {", *(f"  x{place}: int = add n n;" for place in range(1100)), ".head:"]
    lines += ["  br c .head .end;", ".end:", *(f"  print x{place};" for place in range(1100)), "}"]
    module = compile_source("\n".join(lines))
    function = module.functions["main"]
    live = Liveness(ControlFlow(function), list(function.instructions()))
    entry, head, end = reverse_postorder(function)
    for value in entry.instrs:
        assert [live.is_live_out(value, block) for block in (entry, head, end)] == [True, True, False]


def test_time_grows_with_the_depth_of_a_nest() -> None:
    functions = {count: compile_source(nest(count)).functions["main"] for count in (30, 60)}

    def find(count: int) -> Liveness:
        function = functions[count]
        return Liveness(ControlFlow(function), [param for block in function.blocks for param in block.params])

    assert_linear(find, 30)


def nest(depth: int) -> str:
    """Loops within loops, each with a counter of its own."""
    lines = ["@main(n: int) {", "  one: int = const 1;"]
    for level in range(depth):
        lines += [f"  i{level}: int = const 0;", f".head{level}:", f"  c: bool = lt i{level} n;"]
        lines += [f"  br c .body{level} .end{level};", f".body{level}:"]
    lines.append("  print n;")
    for level in reversed(range(depth)):
        lines += [f"  i{level}: int = add i{level} one;", f"  jmp .head{level};", f".end{level}:"]
    return "\n".join([*lines, "}"])
