"""A call left a loop with an argument that no call in the program gives: by then the callee relied on what they give.

Facts of parameters stood in the callee only, so that nothing told at a call what its arguments promise.
"""

from __future__ import annotations

import pytest

from ssair.context import Context
from ssair.frontends.fun import compile_source
from ssair.interp import execute
from ssair.pipeline import optimize
from ssair.testing.outcomes import difference

#: The call has no effect once its divisions are proved, runs in every iteration, and is given a positive `k` only.
PROGRAM = """
fn other(k: i64) -> i64 = 1000000 // k + 3000 // k
fn main(k: i64, m: i64) -> i64 =
  if k < 100
  then let (i, s) = loop (i = 0, s = 0) while i < m && k > 0 do (i + 1, s + other(k)) in s
  else other(50)
"""
#: All of `-O2` but `inline`, which would leave no call.
PASSES = (
    "purity,call_facts,clean_cfg,simplify,partition,reassociate,gvn,refine,sccp,simplify,bounds,clean_cfg,"
    "purity,dce,motion,gvn,clean_cfg"
)


@pytest.mark.parametrize("k", [-5, 0, 5, 100])
def test_a_call_stays_where_its_arguments_are_known(k: int) -> None:
    module = compile_source(PROGRAM)
    module.entry_name = "main"
    result = optimize(module, PASSES, context=Context(verify_each=True))
    assert not difference(execute(module, [k, 3]), execute(result, [k, 3]))
