"""No index is in range of a negative length, which only a program in the text form of the IR can ask about."""

from __future__ import annotations

import pytest

import ssair
from ssair.kernel import Kernel
from ssair.parser import parse_module
from ssair.pipeline import optimize

TEXT = """
site 0: index dimension 0
func @main -> i64 {
bb0(v0: i64, v1: i64):
  v2: i64{0..2^63-2} = check_index v0, v1 @0
  return v2
}
"""


@pytest.mark.parametrize("level", [0, 2])
def test_a_length_below_zero(level: int) -> None:
    module = parse_module(TEXT)
    kernel = Kernel(optimize(module, level=level), module)
    assert int(kernel(2, 3)) == 2
    for index, length in ((0, -5), (-7, -5), (0, 0), (3, 3), (-1, 3), (-(2**63), -1)):
        with pytest.raises(ssair.Trap):
            kernel(index, length)
        with pytest.raises(ssair.Trap):
            kernel.interpret(index, length)
