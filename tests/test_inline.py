"""Inlining: which calls give way to bodies, how much a program may grow, and that traps are reported as before."""

import pytest
from growth import assert_linear

from ssair.call_graph import CallGraph, reachable
from ssair.context import Context, Fuel
from ssair.interp import execute
from ssair.ir import Module
from ssair.ops import CALL_OP
from ssair.passes import inline
from ssair.passes.inline import size_of
from ssair.pipeline import optimize
from ssair.sources import UsageError, load
from ssair.traps import Trap
from ssair.verifier import verify


def inlined(text: str, entry: str | None = "main", passes: str = "inline") -> Module:
    module = load(text)
    module.entry_name = entry
    result = optimize(module, passes, context=Context(verify_each=True))
    verify(result)
    return result


def calls(module: Module) -> list[tuple[str, object]]:
    """Who calls whom."""
    return [(f.name, i.aux) for f in module.functions.values() for i in f.instructions() if i.op is CALL_OP]


def trap_of(module: Module, *args) -> Trap:
    trap = execute(module, list(args), "main").trap
    assert trap is not None
    return trap


# ---- what is inlined ----------------------------------------------------------------------------------------------


def test_small_functions_are_inlined_wherever_they_are_called():
    module = inlined(
        """fn square(x: i64) -> i64 = x * x
        fn main(x: i64) -> i64 = square(x) + square(x + 1)
        """
    )
    assert list(module.functions) == ["main"] and not calls(module)
    assert execute(module, [3]).results == (25,)


LARGE = " + ".join(f"x * {i + 3}" for i in range(60))


def test_a_large_function_is_inlined_if_one_call_is_all_that_needs_it():
    once = inlined(f"fn large(x: i64) -> i64 = {LARGE}\nfn main(x: i64) -> i64 = large(x)\n")
    twice = inlined(f"fn large(x: i64) -> i64 = {LARGE}\nfn main(x: i64) -> i64 = large(x) - large(-x)\n")
    assert not calls(once)
    assert calls(twice) == [("main", "large")] * 2


def test_level_3_inlines_larger_ones():
    text = (
        f"fn large(x: i64) -> i64 = {LARGE[:400].rsplit(' +', 1)[0]}\nfn main(x: i64) -> i64 = large(x) - large(-x)\n"
    )
    module = load(text)
    assert len(calls(optimize(module, level=2))) == 2
    assert len(calls(optimize(module, level=3))) == 0


def test_functions_in_a_cycle_of_calls_are_not_inlined():
    module = inlined(
        """fn even(n: i64) -> i64 = if n == 0 then 1 else 1 + odd(n - 1)
        fn odd(n: i64) -> i64 = if n == 0 then 0 else 2 * even(n - 1)
        fn main(n: i64) -> i64 = even(n)
        """
    )
    assert sorted(calls(module)) == [("even", "odd"), ("main", "even"), ("odd", "even")]


def test_the_code_that_a_call_stands_in_may_be_a_comprehension_in_a_comprehension():
    module = inlined(
        """fn at(a: [n]f64, i: i64) -> f64 = if i % 2 == 0 then a[i] else -a[i]
        fn main(a: [n]f64) -> [n, n]f64 = [at(a, i) * sum([at(a, k) for k in 0..n]) for i in 0..n, j in 0..n]
        """
    )
    assert not calls(module)
    (result,) = execute(module, [[1.0, 2.0, 4.0]]).results
    assert result.tolist() == [[3.0] * 3, [-6.0] * 3, [12.0] * 3]


def test_results_of_several_returns_meet_and_loops_stay_loops():
    text = """fn collatz(n: i64) -> (i64, bool) =
          if n < 1 then (0, false)
          else (loop (x = n, steps = 0) while x != 1 do (if x % 2 == 0 then x // 2 else 3 * x + 1, steps + 1)).1
        fn main(n: i64) -> (i64, bool) = collatz(n)
        """
    text = text.replace("(loop (x", "let (last, steps) = (loop (x").replace(").1", ") in (steps, last == 1)")
    module = inlined(text)
    assert not calls(module)
    assert execute(module, [27]).results == (111, True)
    assert execute(module, [-3]).results == (0, False)


# ---- what stays ---------------------------------------------------------------------------------------------------

LIBRARY = """fn one(x: i64) -> i64 = x + 1
fn two(x: i64) -> i64 = one(one(x))
fn unused(x: i64) -> i64 = two(x) * 2
"""


def test_of_a_library_every_function_can_be_asked_for():
    module = inlined(LIBRARY, entry=None)
    assert list(module.functions) == ["one", "two", "unused"] and not calls(module)
    assert execute(module, [1], "unused").results == (6,)


def test_where_the_entry_is_named_what_it_does_not_come_to_goes():
    assert list(inlined(LIBRARY, entry="two").functions) == ["two"]
    assert list(inlined(LIBRARY, entry="one").functions) == ["one"]


def test_every_prefix_of_the_rewrites_is_valid_and_correct():
    module = load(LIBRARY)
    module.entry_name = "unused"
    whole = Context()
    optimize(module, "inline", context=whole)
    assert whole.fuel.spent == 4  # three calls, and the functions that nobody needs then
    for limit in range(whole.fuel.spent + 1):
        result = optimize(module, "inline", context=Context(fuel=Fuel(limit), verify_each=True))
        verify(result)
        assert execute(result, [5]).results == (14,)


@pytest.mark.parametrize("option", ["small=few", "once=-1", "growth="])
def test_options_are_numbers(option):
    with pytest.raises(UsageError, match=r"inline: \w+ is a number"):
        inlined(LIBRARY, passes=f"inline{{{option}}}")


# ---- how much a program grows -------------------------------------------------------------------------------------


def doubling(count: int) -> str:
    """Each function calls the one before it twice: in line, 2 ** count additions."""
    lines = ["fn step0(x: i64) -> i64 = x + 1"]
    lines += [f"fn step{i}(x: i64) -> i64 = step{i - 1}(x) + step{i - 1}(x * {i})" for i in range(1, count)]
    return "\n".join([*lines, f"fn main(x: i64) -> i64 = step{count - 1}(x)\n"])


@pytest.mark.parametrize("entry", [None, "main"])
def test_calls_of_calls_do_not_multiply(entry):
    module = load(doubling(200))
    before = sum(map(size_of, module.functions.values()))
    module.entry_name = entry
    after = optimize(module, "inline{small=1000000,once=1000000}")
    verify(after)
    assert sum(map(size_of, after.functions.values())) < 6 * before + inline.ALWAYS


def chain(count: int) -> Module:
    lines = [f"fn step{i}(x: i64) -> i64 = step{i - 1}(x + {i}) * 3 - x * 5" for i in range(1, count)]
    return load("\n".join(["fn step0(x: i64) -> i64 = x", *lines, f"fn main(x: i64) -> i64 = step{count - 1}(x)\n"]))


def test_a_long_chain_of_calls_becomes_one_function_in_linear_time():
    def run(count: int) -> None:
        module = modules[count]
        module.entry_name = "main"
        inline.run(module, Context())
        assert list(module.functions) == ["main"]

    modules = {count: chain(count) for count in (150, 300)}
    assert_linear(run, 150)


def test_a_chain_that_nothing_may_leave_is_inlined_in_linear_time():
    modules = {count: chain(count) for count in (700, 1400)}
    assert_linear(lambda count: inline.run(modules[count], Context()), 700)


def test_the_call_graph_of_a_long_cycle_is_found_without_recursion():
    count = 5000
    lines = [f"fn step{i}(x: i64) -> i64 = if x < 1 then x else step{(i + 1) % count}(x - 1) + 1" for i in range(count)]
    module = load("\n".join(lines) + "\n")
    graph = CallGraph(module)
    assert [len(group) for group in graph.groups] == [count]
    assert graph.groups[0] == list(module.functions.values())
    assert len(reachable(module, module.functions["step7"])) == count


# ---- traps --------------------------------------------------------------------------------------------------------

TRAPPING = """fn get(a: [n]f64, i: i64) -> f64 = a[i]
fn twice(a: [n]f64, i: i64) -> f64 = get(a, i) + get(a, i + 1)
fn main(a: [n]f64, i: i64) -> f64 =
  twice(a, i)
"""


def test_a_trap_in_an_inlined_function_is_the_one_that_it_was_and_tells_the_calls():
    before = load(TRAPPING)
    for level in (0, 2, 3):
        trap = trap_of(optimize(before, level=level), [1.0, 2.0], 1)
        assert trap.same_as(trap_of(before, [1.0, 2.0], 1))
        assert trap.span is not None and trap.span.line == 1
    assert [span.line for span in trap_of(inlined(TRAPPING), [1.0, 2.0], 1).calls] == [2, 4]  # the innermost first


def test_sizes_that_callers_have_proved_are_not_checked_again():
    module = load(
        """fn dot_of(a: [n]f64, b: [n]f64) -> f64 = loop s = 0.0 for i in 0..n do s + a[i] * b[i]
        fn main(a: [n]f64) -> f64 = dot_of(a, [2.0 * x for x in a])
        """
    )
    module.entry_name = "main"
    module = optimize(module)
    assert not any(instr.op.traps for f in module.functions.values() for instr in f.instructions())


def test_a_kernel_may_have_calls_nested_deeper_than_what_is_emitted_in_line():
    from ssair.kernel import compile_module

    kernel = compile_module(chain(150), entry="main")
    assert int(kernel(2)) == int(execute(kernel.source, [2]).results[0])


def test_the_calls_around_a_check_of_a_body_that_was_inlined_into_are_told_innermost_first():
    module = load(
        """fn g(x: i64) -> i64 = 10 // x
        fn f(x: i64) -> i64 = g(x) + 1
        fn main(x: i64) -> i64 = f(x) * f(x + 1)
        """
    )
    module.entry_name = "main"
    result = optimize(module, "inline")
    sites = [result.sites[check.aux] for check in result.entry().instructions() if check.op.traps]
    assert [[result.span(call).line for call in site.calls] for site in sites] == [[2, 3], [2, 3]]


def test_a_kernel_has_nothing_but_what_its_entry_comes_to():
    """Of a program that names no entry `main` is compiled: nobody can ask a kernel for another function."""
    from ssair.kernel import compile_module

    source = "fn unused(x: i64) -> i64 = x * x\nfn used(x: i64) -> i64 = x + 1\nfn main(x: i64) -> i64 = used(x)\n"
    module = load(source)
    assert list(compile_module(module).module.functions) == ["main"]
    assert list(compile_module(module, entry="unused").module.functions) == ["unused"]
    assert module.entry_name is None and len(module.functions) == 3
