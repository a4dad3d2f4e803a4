"""The lowering of Fun to the IR: valid SSA with refinements, as it is written; its faults, and programs of any size."""

from __future__ import annotations

import math
import sys

import pytest
from test_anf import FORMS
from test_anf_nodes import LARGE

from ssair.diagnostics import SourceError
from ssair.frontends.fun import compile_source
from ssair.frontends.fun.anf import convert
from ssair.frontends.fun.check import check_program
from ssair.frontends.fun.lower import lower
from ssair.frontends.fun.parse import parse_program
from ssair.interp import Outcome, execute
from ssair.ir import Module
from ssair.ops import OPS
from ssair.printer import format_function
from ssair.testing.generator import generate_program
from ssair.verifier import verify

GREATEST = 2**63 - 1
LEAST = -(2**63)
NAN = math.nan


def module_of(source: str) -> Module:
    module = compile_source(source)
    verify(module)
    return module


def run(source: str, *args: object) -> Outcome:
    return execute(module_of(source), args)


def value_of(source: str, *args: object) -> object:
    """The result as plain Python: a number, a list, or a tuple of these."""
    outcome = run(source, *args)
    assert outcome.trap is None, outcome.trap
    assert outcome.results is not None
    values = tuple(value.tolist() for value in outcome.results)
    return values[0] if len(values) == 1 else values


# ---- the IR ---------------------------------------------------------------------------------------------------------

FUNCTIONS = {
    "each arm knows what the branch teaches": (
        "fn f(x: i64, y: i64) -> i64 = if 0 < x && x < y then abs(x) + y else x",
        """\
func @f -> i64 {
bb0(v0: i64, v1: i64):
  v2: i64{0} = const 0
  v3: bool = lt v2, v0
  branch v3, bb1, bb4
bb1:                                  ; idom bb0
  v4: i64{1..} = refine v0 gt v2
  v5: bool = lt v4, v1
  branch v5, bb2, bb3
bb2:                                  ; idom bb1
  v6: i64{1..2^63-2} = refine v4 lt v1
  v8: i64{2..} = refine v1 gt v4
  v7: i64{1..2^63-2} = abs v6
  v9: i64{nonzero} = add v7, v8
  jump bb5(v9)
bb3:                                  ; idom bb1
  v10: i64{1..} = refine v4 ge v1
  jump bb5(v10)
bb4:                                  ; idom bb0
  v11: i64{..0} = refine v0 le v2
  jump bb5(v11)
bb5(v12: i64):                        ; preds bb2 bb3 bb4
  return v12
}""",
    ),
    "behind a loop its test is known not to hold; elements need no check": (
        "fn f(xs: [n]f64) -> f64 = let (i, _) = loop (i = 0, s = 0.0) while i < n && s < 9.0 do (i + 1, s + xs[i])\n"
        "in loop s = f64(i) for x in xs do s + x",
        """\
func @f -> f64 {
bb0(v0: f64[:]):
  v1: i64{0..2^47} = dim v0, 0
  v2: i64{0} = const 0
  v3: f64{0.0} = const 0.0
  jump bb1(v2, v3)
bb1(v4: i64, v5: f64):                ; preds bb0 bb3
  v6: bool = lt v4, v1
  branch v6, bb2, bb5
bb2:                                  ; idom bb1
  v9: i64{..2^47-1} = refine v4 lt v1
  v12: i64{0..2^47} = refine v1 gt v4
  v7: f64{9.0} = const 9.0
  v8: bool = lt v5, v7
  branch v8, bb3, bb4
bb3:                                  ; idom bb2
  v15: f64{..8.999999999999998 -0.0} = refine v5 lt v7
  v10: i64{1} = const 1
  v11: i64{-2^63+1..2^47} = add v9, v10
  v13: i64{0..2^47-1} = check_index v9, v12 @0
  v14: f64 = index v0, v13
  v16: f64 = add v15, v14
  jump bb1(v11, v16)
bb4:                                  ; idom bb2
  jump bb6
bb5:                                  ; idom bb1
  jump bb6
bb6:                                  ; preds bb4 bb5
  v17: f64{-9.223374235878031e+18..9.223374235878031e+18} = convert v4
  v18: i64{0} = const 0
  jump bb7(v18, v17)
bb7(v19: i64{0..}, v20: f64):         ; preds bb6 bb8
  v21: bool = lt v19, v1
  branch v21, bb8, bb9
bb8:                                  ; idom bb7
  v22: i64{0..2^47-1} = refine v19 lt v1
  v23: f64 = index v0, v22
  v24: f64 = add v20, v23
  v25: i64{1} = const 1
  v26: i64{1..2^47} = add v22, v25
  jump bb7(v26, v24)
bb9:                                  ; idom bb7
  return v20
}""",
    ),
    "a check's result is what later code uses": (
        "fn f(xs: [n]i64, i: i64) -> i64 = xs[i] + i",
        """\
func @f -> i64 {
bb0(v0: i64[:], v1: i64):
  v2: i64{0..2^47} = dim v0, 0
  v3: i64{0..2^47-1} = check_index v1, v2 @0
  v4: i64 = index v0, v3
  v5: i64 = add v4, v3
  return v5
}""",
    ),
    "an assertion teaches what follows it": (
        "fn f(x: i64) -> i64 = assert 0 <= x < 10 in x + 1",
        """\
func @f -> i64 {
bb0(v0: i64):
  v1: i64{0} = const 0
  v2: bool = le v1, v0
  v3: bool{true} = check v2 @0
  v4: i64{0..} = refine v0 ge v1
  v5: i64{10} = const 10
  v6: bool = lt v4, v5
  v7: bool{true} = check v6 @0
  v8: i64{0..9} = refine v4 lt v5
  v9: i64{1} = const 1
  v10: i64{1..10} = add v8, v9
  return v10
}""",
    ),
    "a comprehension is a forall, whose indices are in range": (
        "fn f(n: size, x: f64) -> [n, 3]f64 = [x for _ in 0..n, _ in 0..3]",
        """\
func @f -> f64[:,:] {
bb0(v0: i64 static, v1: f64):
  v2: i64{-2^52..2^52} = narrow v0
  v3: i64{0} = const 0
  v4: i64{0..2^52} = check_at_least v2, v3 @0
  v5: i64{3} = const 3
  forall (v4, v5), bb1, bb2
bb1(v6: i64{0..2^52-1}, v7: i64{0..2}):  ; idom bb0
  yield v1
bb2(v8: f64[:,:]):                    ; idom bb0
  return v8
}""",
    ),
    "a tail call goes back to a header behind the entry": (
        "fn f(a: i64, b: i64) -> i64 = if b == 0 then a else f(b, a % b)",
        """\
func @f -> i64 {
bb0(v0: i64, v1: i64):
  jump bb1(v0, v1)
bb1(v2: i64, v3: i64):                ; preds bb0 bb3
  v4: i64{0} = const 0
  v5: bool = eq v3, v4
  branch v5, bb2, bb3
bb2:                                  ; idom bb1
  return v2
bb3:                                  ; idom bb1
  v6: i64{nonzero} = refine v3 ne v4
  v7: i64{nonzero} = check_nonzero v6, v2 @0
  v8: i64{-2^63+1..2^63-2} = mod v2, v7
  jump bb1(v7, v8)
}""",
    ),
    "a call with several results": (
        "fn f(x: i64) -> (i64, f64) = let (a, b) = g(x) in (a + 1, b)\nfn g(x: i64) -> (i64, f64) = (x, 0.5)",
        """\
func @f -> (i64, f64) {
bb0(v0: i64):
  v1: (i64, f64) = call @g(v0)
  v2: i64 = get v1, 0
  v3: f64 = get v1, 1
  v4: i64{1} = const 1
  v5: i64 = add v2, v4
  return v5, v3
}""",
    ),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function(name: str) -> None:
    source, expected = FUNCTIONS[name]
    module = module_of(source)
    assert format_function(module.functions["f"]) == expected


def test_all_that_is_lowered_is_valid() -> None:
    for source, _ in FORMS.values():
        module_of(source)
    for seed in range(100):
        module_of(generate_program(seed).source)


@pytest.mark.parametrize(
    ("range", "fact"),
    [("0..n", "{0..}"), ("-5..n", "{-5..}"), ("n..9", ""), ("1..n by 3", "{1..}"), ("1..n by n", ""), ("xs", "{0..}")],
)
def test_the_index_of_a_loop_is_known_not_to_fall(range: str, fact: str) -> None:
    text = str(module_of(f"fn f(n: i64, xs: [m]i64) -> i64 = loop s = 0 for i in {range} do s + i").functions["f"])
    header = next(line for line in text.splitlines() if line.startswith("bb1("))
    assert header.split(", ")[0].split(": ")[1] == f"i64{fact}"


def test_parameters_have_names_and_sizes_are_static() -> None:
    function = module_of("fn f(n: size, p: (i64, [n]f64), x: i64) -> i64 = x").functions["f"]
    assert [(param.name, str(param.type), param.static) for param in function.params] == [
        ("n", "i64", True),
        ("p#0", "i64", False),
        ("p#1", "f64[:]", False),
        ("x", "i64", False),
    ]
    assert str(function.signature) == "(n: size, p: (i64, [n]f64), x: i64) -> i64"


def test_sites_say_kind_place_and_detail() -> None:
    module = module_of('fn f(a: [n, m]f64, i: i64) -> f64 =\n  assert i > 1, "small" in\n  a[i, 2 // i]')
    sites = [(site.kind, str(module.span(site.span)), site.detail) for site in module.sites]
    assert sites == [
        ("assert", "2:3-2:24", "small"),
        ("divide", "3:8-3:14", None),
        ("index", "3:3-3:15", 0),
        ("index", "3:3-3:15", 1),
    ]


def test_every_check_of_the_table_is_made() -> None:
    text = str(module_of(
        "fn f(xs: [n]i64, ys: [m]i64, i: i64, x: f64) -> i64 = assert i < 9 in\n"
        "i64(x) + i64(i32(x)) + sum(xs + ys) + xs[i] // i ** i + minimum(xs) + len(zeros(n - 3)) + i64(xs[0])"
    ))  # fmt: skip
    for op in OPS.values():
        assert not (op.traps and op.refines) or f" {op} " in text, op


# ---- faults and size -------------------------------------------------------------------------------------------------


def test_a_faulty_program_is_reported_with_every_fault() -> None:
    with pytest.raises(SourceError) as caught:
        compile_source("fn f(x: i64) -> i64 = y\nfn g(x: i64) -> i64 = x + 1.5", "a.fun")
    assert [(fault.source_name, fault.line) for fault in caught.value.diagnostics] == [("a.fun", 1), ("a.fun", 2)]


@pytest.mark.parametrize("name", LARGE)
def test_large_programs_need_no_recursion_and_code_linear_in_their_size(name: str) -> None:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(300)
    try:
        module = compile_source(LARGE[name])
        verify(module)
    finally:
        sys.setrecursionlimit(limit)
    instructions = sum(len(block.instrs) + 1 for function in module.functions.values() for block in function.blocks)
    assert instructions < 2 * len(LARGE[name])


def test_two_runs_build_the_same_module_from_the_tree_or_from_its_anf() -> None:
    for source, _ in FORMS.values():
        text = str(compile_source(source))
        assert text == str(compile_source(source))
        assert text == str(lower(convert(check_program(parse_program(source)))))
