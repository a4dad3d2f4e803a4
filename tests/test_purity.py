"""Purity: what calls may do, which loops surely end, and what `dce` and numbering make of that."""

import pytest

from ssair.call_effects import ANYTHING, CallEffects
from ssair.context import Context
from ssair.ir import Function, Module
from ssair.ops import CALL_OP
from ssair.parser import parse_module
from ssair.passes.finite_loops import always_ends
from ssair.pipeline import optimize, run_pipeline
from ssair.sources import load


def effects(module: Module, passes: str = "clean_cfg,refine,simplify,purity") -> dict[str, CallEffects]:
    context = Context()
    run_pipeline(module, passes, context=context)
    return {function.name: found for function, found in context.call_effects.items()}


def calls(function: Function) -> list[object]:
    return [instr.aux for instr in function.instructions() if instr.op is CALL_OP]


# ---- what calls may do --------------------------------------------------------------------------------------------


def test_effects_are_those_of_the_code_and_of_what_it_calls():
    module = load(
        """fn pure(x: i64) -> i64 = x * x
        fn says(x: i64) -> i64 =
          print(x)
          in x
        fn divides(x: i64, y: i64) -> i64 = pure(x) // y
        fn both(x: i64) -> i64 = says(x) + divides(x, x)
        fn recursive(n: i64) -> i64 = if n < 1 then 0 else n * recursive(n - 1)
        fn either(x: i64) -> i64 = both(x) + recursive(x)
        fn main(x: i64) -> i64 = either(x)
        """
    )
    found = effects(module)
    assert found["pure"] == CallEffects()
    assert found["says"] == CallEffects(prints=True)
    assert found["divides"] == CallEffects(traps=True)
    assert found["both"] == CallEffects(traps=True, prints=True)
    assert found["recursive"] == CallEffects(lasts=True)
    assert found["either"] == CallEffects(traps=True, prints=True, lasts=True)
    assert "main" not in found, "nobody calls it"


MEMORY = """
func @makes -> ptr<i64> {
bb0(v0: i64):
  v1: ptr<i64> = alloc v0
  return v1
}

func @reads -> i64 {
bb0(v0: ptr<i64>):
  v1: mem = memory
  v2: i64 = load v0, v1
  return v2
}

func @moves -> ptr<i64> {
bb0(v0: ptr<i64>, v1: i64):
  v2: mem = memory
  v3: ptr<i64> = ptradd v0, v1
  return v3
}

func @main -> i64 {
bb0(v0: i64):
  v1: ptr<i64> = call @makes(v0)
  v2: ptr<i64> = call @moves(v1, v0)
  v3: i64 = call @reads(v2)
  v4: ptr<i64> = call @moves(v1, v0)
  v5: i64 = call @reads(v4)
  v6: i64 = add v3, v5
  return v6
}
"""


def test_memory_is_an_effect_and_a_version_of_it_is_none():
    found = effects(parse_module(MEMORY))
    assert found["makes"] == CallEffects(traps=True, writes=True)
    assert found["reads"] == CallEffects(traps=True, reads=True)
    assert found["moves"] == CallEffects()


def test_reads_of_memory_are_not_shared_and_do_not_go():
    result = optimize(parse_module(MEMORY), "purity,gvn,copyprop,dce").functions["main"]
    assert calls(result) == ["makes", "moves", "reads", "reads"]


# ---- which loops end ----------------------------------------------------------------------------------------------


def loop(state: str, condition: str, step: str, before: str = "") -> str:
    return f"fn main(n: i64, m: i64) -> i64 =\n  {before}loop {state} while {condition} do {step}\n"


@pytest.mark.parametrize(
    ("state", "condition", "step"),
    [
        ("i = 0", "i < n", "i + 1"),
        ("i = n", "i > 0", "i - 1"),
        ("i = n", "i > 0", "i // 10"),
        ("i = n", "i > 0", "i >> 1"),
        ("i = 0", "i < 1000", "i + 7"),
        ("i = n", "i >= 3", "if m > i then i - 1 else i - 1"),
    ],
)
def test_a_loop_whose_counter_only_goes_one_way_ends(state, condition, step):
    module = load(loop(state, condition, step))
    run_pipeline(module, "clean_cfg,lvn,simplify,refine,sccp,gvn,copyprop,clean_cfg")
    assert always_ends(module.entry())


@pytest.mark.parametrize(
    ("state", "condition", "step"),
    [
        ("i = 0", "i != n", "i + 2"),  # it may step over n, and wrap
        ("i = 0", "i <= n", "i + 1"),  # n may be the greatest of all
        ("i = n", "i > m", "i // 2"),
        ("i = n", "i != 1", "if i % 2 == 0 then i // 2 else 3 * i + 1"),
        ("i = 0", "i < n", "i + (n - m)"),
        ("i = n", "i > 0", "i // (m % 3 + 1)"),  # a divisor of 1
        ("i = n", "i > 0", "if m > 0 then i - 1 else i"),
    ],
)
def test_a_loop_that_may_go_on_is_not_said_to_end(state, condition, step):
    module = load(loop(state, condition, step))
    run_pipeline(module, "clean_cfg,lvn,simplify,refine,sccp,gvn,copyprop,clean_cfg")
    assert not always_ends(module.entry())


def test_the_remainders_of_euclid_end():
    module = load(
        "fn main(a: i64, b: i64) -> i64 =\n  let (x, y) = loop (x = a, y = b) while y > 0 do (y, x % y) in x\n"
    )
    run_pipeline(module, "clean_cfg,lvn,simplify,refine,sccp,gvn,copyprop,clean_cfg")
    assert always_ends(module.entry())


# ---- what is made of it -------------------------------------------------------------------------------------------

CALLS = """fn triangle(n: i64) -> i64 = loop s = 0 for i in 0..n do s + i * i
fn endless(n: i64) -> i64 = loop i = n while i != 0 do i + 2
fn divide(n: i64) -> i64 = 10 // n
fn say(n: i64) -> i64 =
  print(n)
  in n
fn main(n: i64) -> i64 =
  let a = triangle(n)
  let b = endless(n)
  let c = divide(n)
  let d = say(n)
  in triangle(n) + triangle(n) * divide(n)
"""


def test_dead_calls_go_if_nobody_can_tell():
    text = CALLS.replace("triangle(n) + triangle(n) * divide(n)", "n")
    assert calls(optimize(load(text), "clean_cfg,refine,simplify,purity,dce").entry()) == ["endless", "divide", "say"]
    assert len(calls(optimize(load(text), "clean_cfg,refine,simplify,dce").entry())) == 4


def test_equal_calls_are_one_call_even_if_they_may_trap_or_not_end():
    result = optimize(load(CALLS), "clean_cfg,refine,simplify,purity,gvn,copyprop,dce")
    assert calls(result.entry()) == ["triangle", "endless", "divide", "say"]


def test_a_comprehension_goes_whose_elements_are_calls_that_end():
    text = """fn triangle(n: i64) -> i64 = loop s = 0 for i in 0..n do s + i * i
    fn main(a: [n]i64) -> i64 =
      let b = [triangle(x) for x in a]
      in len(a)
    """
    result = optimize(load(text), "clean_cfg,refine,simplify,purity,dce").entry()
    assert len(result.blocks) == 2 and not calls(result)


# ---- what is known grows no older than it may ---------------------------------------------------------------------


def test_nothing_is_known_of_calls_where_nobody_has_looked():
    module = load(CALLS)
    call = next(instr for instr in module.entry().instructions() if instr.op is CALL_OP)
    context = Context()
    assert context.effects_of(call) is ANYTHING
    run_pipeline(module, "purity", context=context)
    assert context.effects_of(call) is not ANYTHING
    twin = next(instr for instr in module.clone().entry().instructions() if instr.op is CALL_OP)
    assert context.effects_of(twin) is ANYTHING, "a function of another module is another function"
    run_pipeline(module, "gvn", context=context)
    assert context.effects_of(call) is ANYTHING, "the caller may have changed the module between two runs"


def test_a_pass_of_the_callers_own_may_change_what_calls_do():
    def let_triangle_print(function: Function, context: Context) -> int:
        if function.name == "triangle":
            line = function.new_instr("print", function.params, aux=("", ""))
            function.entry.insert(0, line)
        return 1

    text = CALLS.replace("triangle(n) + triangle(n) * divide(n)", "n")
    result = optimize(load(text), ["purity", let_triangle_print, "dce"])
    assert "triangle" in calls(result.entry())
