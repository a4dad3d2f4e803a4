"""Of an argument more may be known than of the parameter that it stands for: so do narrowings of it then."""

from ssair.context import Context
from ssair.parser import parse_module
from ssair.pipeline import optimize

CALLED = """
func @f -> i64 {
bb0(v0: i64):
  v1: i64{-9..9} = narrow v0
  v2: i64 = mul v1, v1
  return v2
}

func @main -> i64 {
bb0(v0: i64[:]):
  v1: i64{0..2^47} = dim v0, 0
  v2: i64 = call @f(v1)
  return v2
}
"""


def test_a_body_that_narrows_its_parameter_is_inlined_where_more_is_known_of_the_argument() -> None:
    module = optimize(parse_module(CALLED), "inline", context=Context(verify_each=True))
    assert [str(instr.fact) for instr in module.functions["main"].instructions() if instr.op.name == "narrow"] == [
        "{0..9}"
    ]
