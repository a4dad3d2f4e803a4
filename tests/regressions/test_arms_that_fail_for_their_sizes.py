"""An arm whose size check surely fails said of what shape the arrays are where it meets the other arm.

A kernel's shapes are known when it is traced, and so is that such a check fails. The arm without it was made to fit the
length of the arm with it: `f([1.0, 2.0, 3.0], [4.0, 5.0], False)` gave `[1.0, 2.0]`. Arrays that do differ in shape
where they meet, which only IR of one's own can have, were made to fit as well; these are refused.
"""

import numpy as np
import pytest

import ssair
from ssair.diagnostics import SourceError
from ssair.kernel import compile_module
from ssair.parser import parse_module

SAME = "fn same(xs: [n]f64, ys: [n]f64) -> [n]f64 = ys\n"
ARM = SAME + "fn f(xs: [n]f64, ys: [m]f64, c: bool) -> [n]f64 = if c then same(xs, ys) else xs"
OTHER_ARM = SAME + "fn f(xs: [n]f64, ys: [m]f64, c: bool) -> [n]f64 = if !c then xs else same(xs, ys)"
LOOP = (
    SAME
    + """
fn f(xs: [n]f64, ys: [m]f64, c: bool) -> [n]f64 =
  loop zs = xs for i in 0..2 do if c && i == 1 then same(zs, ys) else zs
"""
)
CALL = (
    SAME
    + """
fn again(xs: [n]f64, ys: [m]f64, k: i64) -> [n]f64 =
  if k <= 0 then same(xs, ys) else loop zs = xs for _ in 0..k do [z + 1.0 for z in same(zs, zs)]
fn f(xs: [n]f64, ys: [m]f64, c: bool) -> [n]f64 = if c then again(xs, ys, 0) else xs
"""
)
SIZES = (
    SAME
    + """
fn f(xs: [n]f64, ys: [m]f64, c: bool) -> [n]f64 = if c && n == m then same(xs, ys) else xs
"""
)


@pytest.mark.parametrize("source", [ARM, OTHER_ARM, LOOP, CALL, SIZES], ids=["arm", "other", "loop", "call", "sizes"])
@pytest.mark.parametrize("checks", ["raise", "off"])
@pytest.mark.parametrize("level", [0, 2])
def test_the_arm_that_does_not_fail_has_its_own_shape(source: str, checks: str, level: int) -> None:
    kernel = ssair.compile(source, checks=checks, level=level)
    for n, m in [(3, 2), (2, 3), (2, 2), (0, 1)]:
        xs, ys = np.arange(n) + 0.5, np.arange(m) + 10.0
        assert np.array_equal(kernel(xs, ys, False), xs)
        if checks == "raise" and n != m and source is not SIZES:
            with pytest.raises(ssair.Trap) as expected:
                kernel.interpret(xs, ys, True)
            with pytest.raises(ssair.Trap) as found:
                kernel(xs, ys, True)
            assert found.value.same_as(expected.value)
        if n == m:
            assert np.array_equal(kernel(xs, ys, True), kernel.interpret(xs, ys, True))


JOIN = """func @main -> f64[:] {
bb0(v0: f64[:], v1: f64[:], v2: bool):
  branch v2, bb1(v0), bb1(v1)
bb1(v3: f64[:]):
  return v3
}
"""
LOOP_OF_OTHER_LENGTHS = """func @main -> f64[:] {
bb0(v0: i64{0..9}):
  v1: i64{1} = const 1
  v2: i64{2} = const 2
  v3: f64{1.0} = const 1.0
  v4: f64[:]{1.0} = full v3, v1
  v5: f64[:]{1.0} = full v3, v2
  jump bb1(v0, v4)
bb1(v6: i64{0..9}, v7: f64[:]{1.0}):
  v8: bool = gt v6, v1
  branch v8, bb2, bb3
bb2:
  v9: i64{2..9} = refine v6 gt v1
  v10: i64{1..8} = sub v9, v1
  jump bb1(v10, v5)
bb3:
  return v7
}
"""


@pytest.mark.parametrize("text", [JOIN, LOOP_OF_OTHER_LENGTHS], ids=["join", "loop"])
def test_arrays_of_different_shapes_that_meet_are_refused(text: str) -> None:
    kernel = compile_module(parse_module(text), level=0)
    arguments = ([1.0], [2.0, 3.0], False) if text is JOIN else (3,)
    assert len(kernel.interpret(*arguments)) == 2
    with pytest.raises(SourceError, match="arrays of different shapes meet in a kernel: 1 and 2") as caught:
        kernel(*arguments)
    assert caught.value.diagnostics[0].code == "E0607"
    if text is JOIN:
        assert np.array_equal(np.asarray(kernel([1.0, 4.0], [2.0, 3.0], False)), [2.0, 3.0])
