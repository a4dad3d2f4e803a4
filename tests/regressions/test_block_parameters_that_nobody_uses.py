"""A block parameter that nobody uses is written all the same: it shares no variable with another one of its block.

The dividend of a division whose result is not used is such a one, where the division stays for its divisor.
"""

from bril_runs import seen_of_program

from ssair.frontends.bril.coalesce import coalesce
from ssair.frontends.bril.lower import lower
from ssair.frontends.bril.pipeline import bril_passes
from ssair.frontends.bril.read import read_program
from ssair.frontends.bril.write import write_program
from ssair.frontends.bril.write_flow import ControlFlow
from ssair.frontends.bril.write_frequencies import Frequencies
from ssair.parser import parse_module
from ssair.pipeline import optimize

DIVIDEND = """
@main(a: int, b: int) {
  one: int = const 1;
  n: int = const 100;
  x: int = const 5;
  y: int = id a;
.loop:
  unused: int = div x b;
  print y;
  next: int = mul y y;
  x: int = id next;
  y: int = id next;
  n: int = sub n one;
  c: bool = lt y n;
  br c .loop .end;
.end:
  print y;
}
"""
UNUSED = """
func @main {
bb0(v0: i64, v1: i64):
  jump bb1(v0, v1)
bb1(v2: i64, v3: i64):
  v4: () = print v3
  v5: i64 = add v3, v3
  v6: bool = lt v5, v0
  branch v6, bb2, bb3
bb2:
  jump bb1(v5, v5)
bb3:
  return
}
"""


def test_the_dividend_of_a_check_is_not_written_over_what_is_printed() -> None:
    program = read_program(DIVIDEND)
    for passes in ("", bril_passes()):
        written = write_program(optimize(lower(program), passes))
        for values in ([3, 2], [-1, 7], [3, 0]):
            assert seen_of_program(written, values) == seen_of_program(program, values)


def test_a_parameter_that_is_not_used_shares_no_variable_with_one_that_is() -> None:
    function = parse_module(UNUSED).functions["main"]
    flow = ControlFlow(function)
    classes = coalesce(flow, Frequencies(flow))
    unused, used = function.blocks[1].params
    assert classes.leader(unused) is not classes.leader(used)
