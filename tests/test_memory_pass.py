"""The pass `memory`: nothing that can be seen changes, errors and leaks included; what calls and loops kill."""

from random import Random

import pytest
from growth import assert_linear, lines_run
from observed import observed_memory

from ssair.context import Context, Fuel
from ssair.ir import Function, Module
from ssair.parser import parse_module
from ssair.passes import memory
from ssair.passes.memory_addresses import Address, Addresses
from ssair.pipeline import LEVELS, optimize
from ssair.testing.memory_modules import memory_module
from ssair.verifier import verify

ARGUMENTS = [[0, 0, True], [1, 2, False], [3, -1, True]]


def meaning(module: Module) -> list[tuple]:
    return [observed_memory(module, arguments) for arguments in ARGUMENTS]


def count(function: Function, op: str) -> int:
    return sum(instr.op.name == op for instr in function.instructions())


def body(text: str, helpers: str = "", passes: str = "gvn,copyprop,memory") -> Function:
    """`@main(i64, i64{0..1}) -> i64` with v9, v10 and v11 two regions of two cells and a version, after the pass."""
    head = """
func @main -> i64 {
bb0(v0: i64, v1: i64{0..1}):
  v2: i64{1} = const 1
  v3: i64{2} = const 2
  v9: ptr<i64> = alloc v3
  v10: ptr<i64> = alloc v3
  v11: mem = memory
"""
    module = parse_module(helpers + head + text + "}\n")
    verify(module)
    result = optimize(module, passes, context=Context(verify_each=True))
    for arguments in ([5, 0], [7, 1], [0, 0]):
        before, after = (observed_memory(m, arguments) for m in (module, result))
        assert before == after
    return result.functions["main"]


# ---- random programs ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("passes", ["memory", "gvn,copyprop,memory", "inline{small=2},purity,gvn,memory", LEVELS[2]])
def test_nothing_changes_that_can_be_seen(passes):
    done = 0
    for seed in range(60):
        module = memory_module(Random(seed))
        wanted = meaning(module)
        context = Context(verify_each=True)
        assert meaning(optimize(module, passes, context=context)) == wanted, seed
        done += sum(times for what, times in context.counters.items() if what.startswith("memory."))
    assert done > 100


def test_every_prefix_of_the_rewrites_is_valid_and_correct():
    for seed in range(12):
        module = memory_module(Random(seed), size=8)
        wanted = meaning(module)
        whole = Context()
        optimize(module, "gvn,copyprop,memory", context=whole)
        for limit in range(whole.fuel.spent):
            context = Context(fuel=Fuel(limit), verify_each=True)
            assert meaning(optimize(module, "gvn,copyprop,memory", context=context)) == wanted, (seed, limit)


@pytest.mark.parametrize(
    "mutant",
    [
        lambda self, one, other: one == other,  # distances that are only known to be other values
        lambda self, one, other: one.root is other.root and one.offset == other.offset,  # roots that are one region
    ],
)
def test_a_mutant_of_aliasing_would_be_found(monkeypatch, mutant):
    monkeypatch.setattr(Addresses, "may_alias", mutant)
    modules = (memory_module(Random(seed)) for seed in range(100, 250))
    assert any(meaning(optimize(module, "gvn,copyprop,memory")) != meaning(module) for module in modules)


# ---- what may be one cell -----------------------------------------------------------------------------------------


def test_addresses_are_a_root_and_an_exact_distance():
    module = parse_module("""
func @main -> i64 {
bb0(v0: ptr<i64>, v1: i64{0..9}, v2: i64):
  v3: i64{1} = const 1
  v4: i64{1..10} = add v1, v3
  v5: i64 = add v2, v3
  v6: ptr<i64> = ptradd v0, v4
  v7: ptr<i64> = ptradd v6, v1
  v8: ptr<i64> = ptradd v0, v5
  return v3
}
""")
    verify(module)
    function = module.functions["main"]
    pointer, small, _ = function.params
    values = {value.id: value for value in function.instructions()}
    addresses = Addresses(function)
    assert addresses.of(values[6]) == Address(pointer, (small,), 1)
    assert addresses.of(values[7]) == Address(pointer, (small, small), 1)
    assert addresses.of(values[8]) == Address(pointer, (values[5],), 0), "an addition that may wrap is a value"
    assert not addresses.may_alias(addresses.of(pointer), addresses.of(values[6]))
    assert addresses.may_alias(addresses.of(pointer), addresses.of(values[8]))


def test_a_store_to_an_unknown_place_of_another_region_kills_nothing():
    function = body("""
  v12: mem = store v9, v0, v11
  v13: ptr<i64> = ptradd v10, v1
  v14: mem = store v13, v2, v12
  v15: i64 = load v9, v14
  v16: mem = free v9, v14
  v17: mem = free v10, v16
  return v15
""")
    assert count(function, "load") == 0 and count(function, "alloc") == 0


def test_a_store_to_an_unknown_place_of_the_region_kills_its_cells():
    function = body("""
  v12: mem = store v9, v0, v11
  v13: ptr<i64> = ptradd v9, v1
  v14: mem = store v13, v2, v12
  v15: i64 = load v9, v14
  v16: mem = free v9, v14
  v17: mem = free v10, v16
  return v15
""")
    assert count(function, "load") == 1 and count(function, "store") == 2


POKE = """
func @poke -> () {
bb0(v0: ptr<i64>):
  v1: i64{3} = const 3
  v2: mem = memory
  v3: mem = store v0, v1, v2
  return
}
"""
PEEK = """
func @peek -> i64 {
bb0(v0: ptr<i64>):
  v1: mem = memory
  v2: i64 = load v0, v1
  return v2
}
"""
STORES = """
  v12: mem = store v9, v0, v11
  v13: mem = store v10, v0, v12
"""
ENDS = """
  v20: i64 = load v9, v11
  v21: i64 = load v10, v11
  v22: i64 = sub v20, v21
  v23: mem = free v9, v11
  v24: mem = free v10, v23
  return v22
"""


def test_a_call_kills_what_it_can_reach_and_nothing_else():
    function = body(f"{STORES}  v14: () = call @poke(v9)\n{ENDS}", POKE)
    assert count(function, "load") == 1 and count(function, "alloc") == 1


def test_a_call_that_only_reads_kills_nothing_and_needs_what_is_stored():
    text = f"{STORES}  v14: i64 = call @peek(v9)\n{ENDS}"
    function = body(text, PEEK, "purity,memory")
    assert (count(function, "load"), count(function, "store")) == (0, 1)
    assert count(body(text, PEEK, "memory"), "load") == 1, "nobody has looked what the call does"


def test_a_loop_kills_what_it_writes():
    function = body(f"""{STORES}  v14: i64{{0}} = const 0
  jump bb1(v14)
bb1(v15: i64):                        ; preds bb0 bb2
  v16: bool = lt v15, v1
  branch v16, bb2, bb3
bb2:                                  ; idom bb1
  v30: ptr<i64> = ptradd v9, v15
  v17: mem = store v30, v15, v11
  v18: i64 = add v15, v2
  jump bb1(v18)
bb3:                                  ; idom bb1{ENDS}""")
    assert count(function, "load") == 1 and count(function, "store") == 2


# ---- what loops carry ---------------------------------------------------------------------------------------------


def loop(inside: str, before: str = STORES, helpers: str = "", arm: str = "") -> Function:
    """What is left of a loop that runs v1 times, with v15 the counter; `arm` stands in one arm of its body."""
    return body(
        f"""{before}  v14: i64{{0}} = const 0
  v40: bool = lt v0, v3
  jump bb1(v14)
bb1(v15: i64):                        ; preds bb0 bb5
  v16: bool = lt v15, v1
  branch v16, bb2, bb6
bb2:                                  ; idom bb1
{inside}  branch v40, bb3, bb4
bb3:                                  ; idom bb2
{arm}  jump bb5
bb4:                                  ; idom bb2
  jump bb5
bb5:                                  ; preds bb3 bb4
  v18: i64 = add v15, v2
  jump bb1(v18)
bb6:                                  ; idom bb1{ENDS}""",
        helpers,
        "gvn,copyprop,purity,memory",
    )


READ = "  v50: i64 = load v9, v11\n"
WRITE = "  v51: i64 = add v15, v3\n  v52: mem = store v9, v51, v11\n"
ADD = f"{READ}  v51: i64 = add v50, v3\n  v52: mem = store v9, v51, v11\n"


@pytest.mark.parametrize(
    ("inside", "arm"),
    [
        (ADD, ""),
        (READ, WRITE),
        ("", ADD),
        (WRITE, READ),
        (ADD, ADD.replace("v5", "v6")),
        (ADD + "  v70: mem = store v10, v0, v11\n", ADD.replace("v5", "v6")),
        (ADD + "  v70: ptr<i64> = ptradd v9, v2\n  v71: mem = store v70, v0, v11\n", ""),
        (ADD + "  v70: () = print v15\n", ""),
        (f"  v48: i64{{0}} = const 0\n  v49: ptr<i64> = ptradd v9, v48\n{ADD}".replace("load v9", "load v49"), ""),
    ],
)
def test_a_cell_that_only_one_address_touches_is_carried(inside, arm):
    function = loop(inside, arm=arm)
    assert (count(function, "load"), count(function, "store"), count(function, "alloc")) == (0, 0, 0)


TO_ANY = "  v70: ptr<i64> = ptradd v9, v15\n  v71: mem = store v70, v0, v11\n"


@pytest.mark.parametrize(
    ("inside", "helpers"),
    [
        (ADD + TO_ANY, ""),  # it may be the same cell
        (ADD + TO_ANY.replace("store v70, v0,", "load v70,").replace("v71: mem", "v71: i64"), ""),
        (ADD + "  v70: () = call @poke(v9)\n", POKE),
        (ADD + "  v70: i64 = call @peek(v9)\n  v71: () = print v70\n", PEEK),
    ],
)
def test_a_cell_that_something_else_may_touch_is_not_carried(inside, helpers):
    function = loop(inside, helpers=helpers)
    inner = [instr.op.name for instr in function.instructions() if instr.block is not function.entry]
    assert "store" in inner
    assert count(function, "store") >= 2


def test_a_cell_that_may_hold_nothing_is_not_read_in_front_of_the_loop():
    """Nothing was stored: the loop's own store is the first, if there is an iteration; else the load behind fails."""
    function = loop(WRITE + READ, before="\n  v13: mem = store v10, v0, v11\n")
    assert count(function, "load") == 1 and count(function, "store") == 1


def test_what_the_header_reads_first_may_be_read_in_front_of_the_loop():
    text = """
  v14: i64{{0}} = const 0
  jump bb1(v14)
bb1(v15: i64):                        ; preds bb0 bb2
  v16: i64 = load v9, v11
  v17: bool = lt v16, v15
  branch v17, bb2, bb3
bb2:                                  ; idom bb1
{inside}  v18: i64 = add v15, v2
  v19: mem = store v9, v18, v11
  jump bb1(v18)
bb3:                                  ; idom bb1
  v20: mem = free v10, v11
  v21: mem = free v9, v20
  return v16
"""
    header = body(text.format(inside=""), passes="memory").blocks[1]
    assert [instr.op.name for instr in header.instrs] == ["lt"]
    printing = text.format(inside="").replace("  v16: i64 = load", "  v30: () = print v15\n  v16: i64 = load")
    assert "load" in [instr.op.name for instr in body(printing, passes="memory").blocks[1].instrs]


def test_a_cell_is_carried_through_the_loops_in_a_loop():
    function = body(f"""{STORES}  v14: i64{{0}} = const 0
  jump bb1(v14)
bb1(v15: i64):                        ; preds bb0 bb5
  v16: bool = lt v15, v1
  branch v16, bb2, bb6
bb2:                                  ; idom bb1
  jump bb3(v14)
bb3(v30: i64):                        ; preds bb2 bb4
  v31: bool = lt v30, v3
  branch v31, bb4, bb5
bb4:                                  ; idom bb3
{ADD}  v32: i64 = add v30, v2
  jump bb3(v32)
bb5:                                  ; idom bb3
  v18: i64 = add v15, v2
  jump bb1(v18)
bb6:                                  ; idom bb1{ENDS}""")
    assert (count(function, "load"), count(function, "store"), count(function, "alloc")) == (0, 0, 0)


TWO_NAMES = """entry @main

func @main -> i64 {
bb0(v0: i64):
  v1: i64{2} = const 2
  v2: ptr<i64> = alloc v1
  v6: i64 = call @work(v2, v2, v0)
  v7: mem = memory
  v8: mem = free v2, v7
  return v6
}

func @work -> i64 {
bb0(v0: ptr<i64>, v1: ptr<i64>, v2: i64):
  v3: i64{0} = const 0
  v4: i64{1} = const 1
  v5: i64{2} = const 2
  v21: mem = memory
  v22: mem = store v0, v3, v21
  jump bb1(v3, v3)
bb1(v6: i64, v7: i64):
  v8: bool = lt v6, v2
  branch v8, bb2, bb5
bb2:
  v9: mem = memory
  v10: i64 = load v0, v9
  v11: i64 = add v10, v4
  v12: mem = store v0, v11, v9
  jump bb3(v3, v7)
bb3(v13: i64, v14: i64):
  v15: bool = lt v13, v5
  branch v15, bb4, bb6
bb4:
  v16: mem = memory
  v17: i64 = load v1, v16
  v18: i64 = add v14, v17
  v19: i64 = add v13, v4
  jump bb3(v19, v18)
bb6:
  v20: i64 = add v6, v4
  jump bb1(v20, v14)
bb5:
  return v7
}
"""


def test_a_cell_that_a_loop_in_the_loop_reads_by_another_pointer_stays_in_memory():
    module = parse_module(TWO_NAMES)
    verify(module)
    result = optimize(module, "memory")
    assert observed_memory(module, [3]) == ((12,), 0, [])
    assert observed_memory(result, [3]) == ((12,), 0, [])
    apart = parse_module(TWO_NAMES.replace("load v1, v16", "load v0, v16"))
    assert "load" not in str(optimize(apart, "memory").functions["work"])


def test_what_a_comprehension_in_a_loop_writes_stays():
    """Its elements carry nothing from one to the next; what it only reads is there."""
    text = """  forall (v3), bb7, bb8
bb7(v41: i64{{0..}}):                 ; idom bb2
{inside}  yield v41
bb8(v42: i64[:]):                     ; idom bb2
"""
    assert count(loop(text.format(inside=ADD)), "store") > 0
    reading = loop(text.format(inside=READ.replace("v50", "v60")) + ADD)
    assert (count(reading, "load"), count(reading, "store")) == (0, 0)


def test_many_loops_in_loops_take_linear_time():
    def tower(depth: int) -> Module:
        lines = ["func @main -> i64 {", "bb0(v0: i64):", "  v1: i64{9} = const 9", "  v2: ptr<i64> = alloc v1"]
        lines += ["  v3: mem = memory", "  v4: mem = store v2, v0, v3", "  jump bb1"]
        for level in range(depth):
            header, body = 3 * level + 1, 3 * level + 2
            lines += [f"bb{header}:", f"  v{10 * level + 10}: i64 = load v2, v3"]
            lines += [
                f"  v{10 * level + 11}: bool = lt v{10 * level + 10}, v0",
                f"  branch v{10 * level + 11}, bb{body}, bb{header + 2}",
            ]
            lines += [
                f"bb{body}:",
                f"  v{10 * level + 12}: ptr<i64> = alloc v1",
                f"  v{10 * level + 13}: mem = store v{10 * level + 12}, v0, v3",
            ]
            lines += [f"  jump bb{header + 3}" if level + 1 < depth else f"  jump bb{header}"]
        for level in reversed(range(depth)):
            after = f"  jump bb{3 * level - 2}" if level else "  return v0"
            lines += [f"bb{3 * level + 3}:", after]
        return parse_module("\n".join([*lines, "}\n"]))

    modules = {size: tower(size) for size in (60, 120)}
    assert_linear(lambda size: memory.run(modules[size].functions["main"], Context()), 60)
    for module in modules.values():
        verify(module)


def test_what_may_fail_stays():
    function = body("""
  v12: ptr<i64> = ptradd v9, v0
  v13: mem = store v12, v0, v11
  v14: () = print v1
  v15: mem = store v12, v1, v13
  v16: i64 = load v10, v15
  v17: mem = free v9, v15
  v18: mem = free v10, v17
  return v0
""")
    assert count(function, "store") == 1, "the second one surely succeeds, and nobody reads it"
    assert count(function, "load") == 1, "the cell may never have been written"


def test_what_one_arm_has_accessed_may_fail_behind_both():
    function = body("""
  v12: ptr<i64> = ptradd v9, v0
  v13: bool = lt v1, v2
  branch v13, bb1, bb2
bb1:
  v14: mem = store v12, v0, v11
  jump bb3
bb2:
  jump bb3
bb3:
  v15: mem = store v12, v1, v11
  v16: () = print v1
  v17: mem = store v12, v2, v11
  v18: mem = free v9, v11
  v19: mem = free v10, v11
  return v0
""")
    stores = [instr.op.name for instr in function.blocks[-1].instrs if instr.op.name in ("store", "print")]
    assert stores == ["store", "print"], "the store behind the join fails before the line is printed"


def test_a_store_before_what_may_fail_otherwise_stays():
    """The first store may fail, and before the load does, in another way."""
    function = body(
        """
  v12: ptr<i64> = ptradd v9, v0
  v13: mem = store v12, v0, v11
  v14: i64 = load v10, v13
  v15: mem = store v12, v1, v13
  v16: i64 = call @peek(v12)
  v17: mem = free v9, v15
  v18: mem = free v10, v17
  return v14
""",
        PEEK,
    )
    accesses = [instr.op.name for instr in function.entry.instrs if instr.op.name in ("store", "load")]
    assert accesses == ["store", "load", "store"]


def test_a_pointer_from_elsewhere_may_be_one_that_was_given_away():
    function = body(
        """
  v12: ptr<i64> = call @same(v9)
  v13: mem = store v9, v0, v11
  v14: mem = store v12, v1, v13
  v15: i64 = load v9, v14
  v16: mem = free v9, v14
  v17: mem = free v10, v16
  return v15
""",
        "\nfunc @same -> ptr<i64> {\nbb0(v0: ptr<i64>):\n  return v0\n}\n",
    )
    assert count(function, "load") == 1


def test_a_region_that_may_be_freed_twice_stays():
    function = body("""
  v12: i64{0} = const 0
  jump bb1(v12)
bb1(v13: i64):
  v14: mem = free v9, v11
  v15: bool = lt v13, v1
  branch v15, bb2, bb3
bb2:
  v16: i64 = add v13, v2
  jump bb1(v16)
bb3:
  v17: mem = free v10, v11
  return v0
""")
    assert count(function, "free") == 1 and count(function, "alloc") == 1, "that of the loop"


# ---- work ---------------------------------------------------------------------------------------------------------


def long_program(blocks: int) -> Module:
    """Blocks one after the other, each with two arms, a store and two loads."""
    lines = [
        "func @main -> i64 {",
        "bb0(v0: bool, v1: i64):",
        "  v2: i64{100} = const 100",
        "  v3: ptr<i64> = alloc v2",
    ]
    lines += ["  v4: mem = memory", "  v5: mem = store v3, v1, v4"]
    number = 10
    for block in range(1, 3 * blocks, 3):
        place, cell, value = number, number + 1, number + 2
        number += 5
        lines += [
            f"  branch v0, bb{block}, bb{block + 1}",
            f"bb{block}:",
            f"  v{place}: i64{{{block % 97}}} = const {block % 97}",
        ]
        lines += [f"  v{cell}: ptr<i64> = ptradd v3, v{place}", f"  v{value}: mem = store v{cell}, v1, v4"]
        lines += [
            f"  jump bb{block + 2}",
            f"bb{block + 1}:",
            f"  v{number - 2}: mem = store v3, v1, v4",
            f"  jump bb{block + 2}",
        ]
        lines += [f"bb{block + 2}:", f"  v{number - 1}: i64 = load v3, v4"]
    return parse_module("\n".join([*lines, "  return v1", "}\n"]))


def test_the_work_is_linear():
    modules = {size: long_program(size) for size in (200, 400)}
    assert_linear(lambda size: memory.run(modules[size].functions["main"], Context()), 200)


def loops_in_a_row(count: int) -> Module:
    """Loops one behind the other, each of which reads and writes one cell."""
    lines = ["func @main -> i64 {", "bb0(v0: i64):", "  v1: i64{1} = const 1", "  v2: ptr<i64> = alloc v1"]
    lines += ["  v3: mem = memory", "  v4: mem = store v2, v0, v3", "  jump bb1"]
    for number in range(count):
        head, value = 3 * number + 1, 10 * number + 10
        lines += [f"bb{head}:", f"  v{value}: mem = memory", f"  v{value + 1}: i64 = load v2, v{value}"]
        lines += [f"  v{value + 2}: bool = lt v{value + 1}, v0", f"  branch v{value + 2}, bb{head + 1}, bb{head + 2}"]
        lines += [f"bb{head + 1}:", f"  v{value + 3}: i64 = add v{value + 1}, v1", f"  v{value + 4}: mem = memory"]
        lines += [f"  v{value + 5}: mem = store v2, v{value + 3}, v{value + 4}", f"  jump bb{head}"]
        lines += [f"bb{head + 2}:", f"  jump bb{head + 3}" if number + 1 < count else "  return v0"]
    return parse_module("\n".join([*lines, "}\n"]))


def test_cells_of_many_loops_in_a_row_are_carried_in_linear_time():
    """Exactly twice the work, but for what is done once: a table of all blocks for each loop would be a tenth more."""
    modules = {size: loops_in_a_row(size) for size in (100, 200)}
    small, large = (lines_run(lambda size: memory.run(modules[size].functions["main"], Context()), n) for n in modules)
    assert large <= 2 * small
    for module in modules.values():
        verify(module)
        assert count(module.functions["main"], "load") <= 1
