"""A switch whose ways do the same goes away while the writer drops what nothing uses; it was cut into cases then."""

from ssair.frontends.bril.printing import format_program
from ssair.frontends.bril.write import write_program
from ssair.parser import parse_module

SWITCH = """
func @main {
bb0(v0: i64):
  v1: i64 = mul v0, v0
  switch v0, [0: bb1, 3: bb2], bb3
bb1:                                  ; idom bb0
  jump bb4
bb2:                                  ; idom bb0
  jump bb4
bb3:                                  ; idom bb0
  jump bb4
bb4:                                  ; preds bb1 bb2 bb3
  v2: () = print v0
  return
}
"""


def test_a_switch_that_nothing_needs() -> None:
    text = format_program(write_program(parse_module(SWITCH)))
    assert "print" in text and "br" not in text
