"""Facts across calls: what every caller gives, and what every return gives back."""

from __future__ import annotations

import pytest
from growth import assert_linear

from ssair.context import Context, Fuel
from ssair.facts import int_fact, top
from ssair.frontends.fun import compile_source
from ssair.interp import execute
from ssair.ir import Module
from ssair.parser import parse_module
from ssair.passes import call_facts
from ssair.pipeline import optimize
from ssair.testing.outcomes import difference
from ssair.types import I64
from ssair.verifier import verify

#: Programs whose checks go, but for those of the entry's own parameters.
PROVED = {
    "what all calls give": """
        fn pick(k: i64, more: i64) -> i64 = if more < 1 then 0 else more // k + pick(k, more - 1)
        fn main(i: i64) -> i64 = pick(3, i) + pick(5, i)""",
    "what a call gives": """
        fn digit(x: i64) -> i64 = if x < 8 then max(x, 0) else digit(x // 2) & 7
        fn main(x: i64) -> i64 = full(1, 8)[digit(x)]""",
    "what a call gives, given on": """
        fn digit(x: i64) -> i64 = if x < 8 then max(x, 0) else digit(x // 2) & 7
        fn deep(k: i64, x: i64) -> i64 = if x < 1 then 0 else full(1, 8)[k] + deep(k, x - 1)
        fn main(x: i64) -> i64 = deep(digit(x), x)""",
    "a call in a call": """
        fn walk(k: i64, x: i64) -> i64 = if x < 1 then 0 else 9 // k + walk(min(k + 1, 5), x - 1)
        fn main(x: i64) -> i64 = walk(1, x)""",
    "functions that call each other": """
        fn even(k: i64, x: i64) -> i64 = if x < 1 then 0 else 9 // k + odd(k + 1, x - 1)
        fn odd(k: i64, x: i64) -> i64 = if x < 1 then 0 else 9 // k + even(k - 1, x - 1)
        fn main(x: i64) -> i64 = if x < 9 then even(1, x) else 0""",
    "one of two results": """
        fn both(x: i64) -> (i64, i64) = if x < 1 then (0, 7) else (let (a, b) = both(x - 1) in (a + x & 3, b))
        fn main(x: i64) -> i64 = let (a, b) = both(x) in full(1, 4)[a]""",
}
#: Programs of which one check may fail, and an argument with which it does.
KEPT = {
    "one call gives zero": (
        """fn pick(k: i64, more: i64) -> i64 = if more < 1 then 0 else 9 // k + pick(k, more - 1)
        fn main(x: i64) -> i64 = pick(3, x) + pick(0, x)""",
        1,
    ),
    "a call in a call comes to zero": (
        """fn walk(k: i64, x: i64) -> i64 = if x < 1 then 0 else 9 // k + walk(k - 1, x - 1)
        fn main(x: i64) -> i64 = walk(20, x)""",
        30,
    ),
    "a function that others call comes to zero": (
        """fn even(k: i64, x: i64) -> i64 = if x < 1 then 0 else 9 // k + odd(k, x - 1)
        fn odd(k: i64, x: i64) -> i64 = if x < 1 then 0 else 9 // k + even(k - 1, x - 1)
        fn main(x: i64) -> i64 = even(12, x)""",
        40,
    ),
    "the entry is called from outside": (
        """fn main(x: i64) -> i64 = if x == 5 then 2 + main(4) else (if x == 4 then 1 else 9 // x)""",
        0,
    ),
}  # fmt: skip


def module_of(source: str) -> Module:
    module = compile_source(source)
    module.entry_name = "main"
    return module


def checks(module: Module) -> int:
    return sum(instr.op.traps for function in module.functions.values() for instr in function.instructions())


@pytest.mark.parametrize("name", PROVED)
def test_checks_go(name: str) -> None:
    module = module_of(PROVED[name])
    result = optimize(module, context=Context(verify_each=True))
    assert checks(module) and not checks(result)


@pytest.mark.parametrize("name", KEPT)
def test_a_check_that_may_fail_stays(name: str) -> None:
    source, argument = KEPT[name]
    module = module_of(source)
    wanted = execute(module, [argument])
    assert wanted.trap is not None
    result = optimize(module, context=Context(verify_each=True))
    assert not difference(wanted, execute(result, [argument]))


def test_without_an_entry_any_function_may_be_asked_for() -> None:
    module = compile_source(PROVED["a call in a call"])
    assert module.entry_name is None
    call_facts.run(module, Context())
    assert module.functions["walk"].params[0].fact == top(I64)


def test_calls_that_are_never_made_do_not_count() -> None:
    module = module_of(
        """fn deep(k: i64, x: i64) -> i64 = if x < 1 then k else deep(k, x - 1)
        fn main(x: i64) -> i64 = deep(3, x) + (if 1 > 2 then deep(9, x) else 0)"""
    )
    assert call_facts.run(module, Context()) == 1
    assert module.functions["deep"].params[0].fact == int_fact(3, 3)
    verify(module)


def test_narrowings_that_are_there_know_what_is_found() -> None:
    module = parse_module("""
func @step -> i64 {
bb0(v0: i64):
  v1: i64{0..9} = narrow v0
  v2: i64{0..9} = narrow v1
  return v2
}
func @main -> i64 {
bb0(v0: i64):
  v1: i64{3} = const 3
  v2: i64 = call @step(v1)
  v3: i64{0..20} = narrow v2
  return v3
}
""")
    module.entry_name = "main"
    assert call_facts.run(module, Context()) == 2
    verify(module)
    assert execute(module, [0]).results == (3,)


def test_a_chain_of_growing_facts_is_cut_short() -> None:
    functions = "\n".join(
        f"fn f{k}(a: i64, x: i64) -> i64 = if x < 1 then a else 1 + f{(k + 1) % 12}(a + 1, x - 1)" for k in range(12)
    )
    module = module_of(f"{functions}\nfn main(x: i64) -> i64 = f0(1, x)")
    call_facts.run(module, Context(verify_each=True))
    verify(module)
    assert execute(module, [30]).trap is None


def test_every_prefix_is_valid_and_correct() -> None:
    for name in ("what a call gives, given on", "functions that call each other", "one of two results"):
        module = module_of(PROVED[name])
        spent = Context()
        optimize(module, "call_facts", context=spent)
        assert spent.fuel.spent > 0
        for limit in range(spent.fuel.spent + 1):
            result = optimize(module, "call_facts", context=Context(fuel=Fuel(limit), verify_each=True))
            assert not difference(execute(module, [7]), execute(result, [7]))


def test_a_static_parameter_stays_static() -> None:
    module = parse_module("""
func @make -> f64[:] {
bb0(v0: i64 static, v1: f64):
  v2: f64[:] = full v1, v0
  return v2
}
func @main -> f64[:] {
bb0(v0: f64):
  v1: i64{3} = const 3
  v2: f64[:] = call @make(v1, v0)
  return v2
}
""")
    module.entry_name = "main"
    assert call_facts.run(module, Context()) == 1
    verify(module)


def chain(count: int) -> Module:
    """Functions each of which calls itself and the next one."""
    functions = "\n".join(
        f"fn step{k}(a: i64, x: i64) -> i64 = if x < 1 then step{k + 1}(a + 1, x) else step{k}(a, x - 1) + 1"
        for k in range(count)
    )
    last = f"fn step{count}(a: i64, x: i64) -> i64 = a\nfn main(x: i64) -> i64 = step0(1, x)"
    return module_of(f"{functions}\n{last}")


def test_work_grows_with_the_functions() -> None:
    modules = {count: chain(count) for count in (20, 40)}
    assert_linear(lambda count: call_facts.run(modules[count], Context()), 20)
