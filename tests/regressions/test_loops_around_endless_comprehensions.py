"""A comprehension none of whose elements comes to an end: the way into it leads out of the loop around it, it seemed.

A loop consists of what can come back to its header; a body that never yields cannot. Passes that put something on the
edges out of a loop put it between `forall` and its body, which has the indices as parameters.
"""

from __future__ import annotations

import pytest

from ssair.context import Context
from ssair.frontends.fun import compile_source
from ssair.interp import Endless, execute
from ssair.ir import Module
from ssair.parser import parse_module
from ssair.pipeline import optimize
from ssair.testing.outcomes import difference

#: `100 // c` would be proved by what can be asked in front of the loop.
VERSIONED = """
fn main(ys: [k]f64, c: i64) -> i64 =
  loop i = 0 while true do
    print(i) assert i < 3
    let z = 100 // c
    let a = [loop j = 0 while true do j + 1 for q in 0..k] in
    i + z - z + 1
"""
#: Only an arm of the body has no end.
VERSIONED_BY_ARM = """
fn main(ys: [k]i64, c: i64) -> i64 =
  loop i = 0 while true do
    print(i) assert i < 3
    let z = 100 // c
    let a = [if y == 7 then (loop j = 0 while true do j + 1) else y for y in ys] in
    i + z - z + 1
"""
PROMOTED = """
func @main -> i64 {
bb0(v0: i64, v1: i64{0..2^47} static):
  v2: i64{1} = const 1
  v3: ptr<i64> = alloc v2
  v4: mem = memory
  v5: i64{0} = const 0
  v6: mem = store v3, v5, v4
  jump bb1
bb1:                                  ; preds bb0 bb3
  v7: i64 = load v3, v6
  v8: i64 = add v7, v2
  v9: mem = store v3, v8, v6
  v20: () = print v8
  forall (v1), bb2, bb3
bb2(v10: i64{0..2^47-1}):
  jump bb4
bb4:
  jump bb4
bb3(v11: i64[:]):
  v12: bool = lt v8, v0
  branch v12, bb1, bb5
bb5:
  v13: i64 = load v3, v9
  v14: mem = free v3, v9
  return v13
}
"""
EQUAL = """
func @main -> i64 {
bb0(v0: i64, v1: i64{0..2^47} static):
  v2: i64{1} = const 1
  jump bb1(v2)
bb1(v3: i64):
  v4: i64 = add v3, v0
  forall (v1), bb2, bb3
bb2(v10: i64{0..2^47-1}):
  jump bb5(v2)
bb3(v11: i64[:]):
  jump bb1(v4)
bb5(v13: i64):
  v14: i64 = add v13, v0
  forall (v1), bb6, bb7
bb6(v20: i64{0..2^47-1}):
  jump bb8
bb8:
  jump bb8
bb7(v21: i64[:]):
  jump bb5(v14)
}
"""


def optimized(module: Module, passes: str) -> Module:
    module.entry_name = "main"
    return optimize(module, passes, context=Context(verify_each=True))


def test_versions() -> None:
    for source in (VERSIONED, VERSIONED_BY_ARM):
        module = compile_source(source)
        result = optimized(module, "clean_cfg,simplify,gvn,refine,simplify,bounds,clean_cfg,version_loops")
        for divisor in (0, 2):
            assert not difference(execute(module, [[], divisor]), execute(result, [[], divisor]))


def test_cells() -> None:
    module = parse_module(PROMOTED)
    result = optimized(module, "memory")
    assert not difference(execute(module, [3, 0]), execute(result, [3, 0]))


def test_equal_loops() -> None:
    """The loop in the comprehension does what the one around it does, but comes not behind it: both stay."""
    module = parse_module(EQUAL)
    module.entry_name = "main"
    assert str(optimized(module.clone(), "partition")) == str(module)


def test_what_arrives_where_no_element_is_ever_made() -> None:
    """Nothing is known of the elements of such an array, and nothing is asked of a `yield` that there is not."""
    for passes in ("simplify", "sccp", "bounds", "clean_cfg,simplify,gvn,refine,simplify,sccp,bounds,dce"):
        for source in (PROMOTED, EQUAL):
            module = parse_module(source)
            result = optimized(module.clone(), passes)
            for arguments in ([3, 1], [-2, 2]):
                with pytest.raises(Endless):
                    execute(module, arguments, watched=True)
                with pytest.raises(Endless):
                    execute(result, arguments, watched=True)
