"""What a loop, a scan or a comprehension runs over: how many steps there are, and the element at each of them.

`plan_steps` plans the evaluation of a range or array; it leaves its operands as one fragment.  `count_steps` makes of
that the number of steps, which is a size, behind the checks: first that the range is not negative, then that its step
is at least 1.  (A loop over a range does not need their number: anf_loops.)
"""

from __future__ import annotations

from typing import NamedTuple

from ssair.diagnostics import Span
from ssair.frontends.fun import ast
from ssair.frontends.fun.anf_conversion import Conversion
from ssair.frontends.fun.anf_fragment import Fragment, integer, is_known_at_least
from ssair.frontends.fun.anf_nodes import Atom, Constant
from ssair.frontends.fun.anf_operators import as_i64
from ssair.frontends.fun.anf_sizes import checked_length, dimension
from ssair.frontends.fun.size_messages import STEP_MESSAGE
from ssair.frontends.fun.sizes import subtract
from ssair.types import Type


class Steps(NamedTuple):
    """`length` steps over the elements of `array`, or over `low`, `low + step`, …"""

    length: Atom
    array: Atom | None
    low: Atom
    step: Atom

    def element(self, fragment: Fragment, position: Atom, span: Span) -> Atom:
        """The element of a step; `position` is known to be less than the length."""
        if self.array is not None:
            return fragment.let("index", (self.array, position), span)
        if not _is_number(self.step, 1):
            position = fragment.let("mul", (position, self.step), span)
        return position if _is_number(self.low, 0) else fragment.let("add", (self.low, position), span)


def _is_number(atom: Atom, value: int) -> bool:
    return isinstance(atom, Constant) and atom.value == value


def plan_steps(conversion: Conversion, iterable: ast.Range | ast.Expression) -> None:
    """Plan the evaluation of a range, whose atoms are low, high and step, or of an array."""
    if isinstance(iterable, ast.Expression):
        conversion.plan_value(iterable)
        return
    conversion.plan_value(iterable.low)
    conversion.plan_value(iterable.high)
    if iterable.step is not None:
        conversion.plan_value(iterable.step)
    conversion.plan(_finish_range, iterable)


def _finish_range(conversion: Conversion, node: ast.Range) -> None:
    fragment, values = conversion.take_operands(2 if node.step is None else 3)
    (low,), (high,), *steps = values
    step = steps[0][0] if steps else integer(1, low.type)
    conversion.give(fragment, low, high, step)


def checked_step(fragment: Fragment, step: Atom, span: Span) -> Atom:
    """The step of a range, behind the check that it is at least 1."""
    if is_known_at_least(step, 1):
        return step
    type: Type = step.type
    checked = fragment.check("check_at_least", (as_i64(fragment, step, span), integer(1)), span, "size", STEP_MESSAGE)
    return checked if checked.type is type else fragment.let("convert", (checked,), span, type=type)


def count_steps(conversion: Conversion, fragment: Fragment, iterable: ast.Range | ast.Expression) -> Steps:
    """The steps over an iterable that `fragment` has the operands of; adds the checks and the count to it."""
    if isinstance(iterable, ast.Expression):
        array = fragment.atom
        length = dimension(conversion, fragment, array, iterable.type, 0, iterable.span)
        return Steps(length, array, integer(0), integer(1))
    span = iterable.span
    low, high, step = fragment.atoms
    low_size, high_size = iterable.low.size, iterable.high.size
    length = high if _is_number(low, 0) else fragment.let("sub", (high, low), span)
    assert low_size is not None and high_size is not None
    length = checked_length(fragment, length, subtract(high_size, low_size), iterable.known_nonnegative, span)
    step = checked_step(fragment, step, span)
    if not _is_number(step, 1):
        # (length - 1) // step + 1 rounds up, and unlike (length + step - 1) // step never wraps
        last = fragment.let("sub", (length, integer(1)), span)
        length = fragment.let("add", (fragment.let("floordiv", (last, step), span), integer(1)), span)
    return Steps(length, None, low, step)
