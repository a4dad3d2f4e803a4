"""Which values are static: known when a kernel is specialised, and so fit to be the length of an array.

Static are constants, dimensions of arrays, `static` parameters of the function, and what `+ - * //` make of these;
refinements, narrowings and checks of a static value are static too. Conversions and block parameters are not, even if
they would be the same every time: every stage must be able to tell by this rule alone.
"""

from __future__ import annotations

from typing import Final

from ssair.cfg import reverse_postorder
from ssair.ir import Function, Instr, Value
from ssair.ops import DIM
from ssair.types import is_integer

#: What makes a static value of static operands (`div_trunc` is the `floordiv` of operands that are not negative).
ARITHMETIC: Final = frozenset({"add", "sub", "mul", "neg", "floordiv", "div_trunc"})


def static_values(function: Function) -> set[Value]:
    """The static values of the blocks that the entry reaches; linear. For membership only: a set has no order."""
    static: set[Value] = {param for param in function.params if param.static}
    for block in reverse_postorder(function):
        static.update(instr for instr in block.instrs if is_integer(instr.type) and _is_static(instr, static))
    return static


def _is_static(instr: Instr, static: set[Value]) -> bool:
    if instr.op is DIM or instr.is_constant:
        return True
    if instr.op.refines:
        return instr.args[0] in static
    return instr.op.name in ARITHMETIC and all(value in static for value in instr.args)
