"""A branch on `not x` says `x == false`; a refinement that says `x != true`, from before, must stay justified."""

import pytest

from ssair.context import Context, Fuel
from ssair.parser import parse_module
from ssair.pipeline import optimize
from ssair.testing import check_program
from ssair.verifier import VerifierError, verify

PROGRAM = """func @main -> bool {
bb0(v0: bool):
  v1: bool{CONSTANT} = const CONSTANT
  v2: bool = OPERATION v0, v1
  branch v2, bb1, bb2
bb1:
  v3: bool = refine v0 OPERATION v1
  return v3
bb2:
  return v2
}
"""


@pytest.mark.parametrize("operation", ["eq", "ne"])
@pytest.mark.parametrize("constant", ["true", "false"])
def test_a_comparison_of_truth_values_may_become_a_negation(operation: str, constant: str) -> None:
    module = parse_module(PROGRAM.replace("OPERATION", operation).replace("CONSTANT", constant))
    verify(optimize(module, "simplify"))
    assert check_program(module, against=("passes",), arguments=[(False,), (True,)]) is None


def test_what_the_branch_denies_stays_unjustified() -> None:
    text = PROGRAM.replace("refine v0 OPERATION", "refine v0 eq").replace("OPERATION", "ne").replace("CONSTANT", "true")
    with pytest.raises(VerifierError, match="nothing says that v0 eq v1"):
        verify(parse_module(text, verified=False))


#: What inlining leaves: `v5` was found of a call's result, which turned out to be `true`.
STALE = """func @main -> bool {
bb0(v0: i64):
  v1: i64{1} = const 1
  v2: bool{true} = const true
  v3: bool = eq v0, v1
  v4: bool = not v3
  branch v4, bb1, bb2
bb1:
  v5: bool = refine v3 ne v2
  return v5
bb2:
  return v4
}
"""


def test_a_refinement_whose_fact_is_behind_its_operands_survives_the_rewriting_of_the_branch() -> None:
    module = parse_module(STALE)
    for limit in range(4):
        verify(optimize(module, "simplify", context=Context(fuel=Fuel(limit))))
    assert check_program(module, against=("passes", "fuel"), arguments=[(1,), (2,)]) is None
