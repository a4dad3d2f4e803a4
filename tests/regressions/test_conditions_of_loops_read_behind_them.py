"""What a loop has tested is read behind it: its variable holds no other test then.

Behind the loop `false` is its condition (`use_conditions`), which is one more use of it than the branch, so that the
test of several turns may not take its place.
"""

from bril_runs import seen_of_program

from ssair.frontends.bril.lower import lower
from ssair.frontends.bril.pipeline import bril_passes
from ssair.frontends.bril.read import read_program
from ssair.frontends.bril.write import write_program
from ssair.pipeline import optimize

LOOPS = """
@main(a: int, b: int, n: int) {
  s: int = const 0;
  i: int = const -2;
.outer:
  c: bool = lt i b;
  br c .body .done;
.body:
  j: int = const 8;
  to: int = const 2;
.inner:
  d: bool = lt j to;
  br d .next .turn;
.turn:
  q: int = div j b;
  s: int = add s q;
  down: int = const -1;
  j: int = add j down;
  jmp .inner;
.next:
  print j d;
  u: bool = lt i a;
  br u .then .else;
.then:
  print u i;
  jmp .done;
.else:
  s: int = mul s i;
  up: int = const 1;
  i: int = add i up;
  jmp .outer;
.done:
  print a b n s;
}
"""


def test_the_condition_of_a_loop_is_what_it_was() -> None:
    program = read_program(LOOPS)
    for level in (0, 1, 2, 3):
        passes = bril_passes(None, level)
        written = write_program(optimize(lower(program), passes) if passes else lower(program))
        for values in ([0, 1, 7], [-9, 3, 0], [-9, -9, 1]):
            assert seen_of_program(written, values) == seen_of_program(program, values)
