"""Conversion of conditions to ANF: `&&`, `||`, `!`, and comparisons with their chains.

A condition in test position never becomes a value: its parts fill the arms of one test with the next, so that each arm
knows all that was tested on the way to it.  Where the value of a condition is wanted, all of it but its last operand is
a test still.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from ssair.diagnostics import Span
from ssair.frontends.fun import ast
from ssair.frontends.fun.anf_arms import Test, branch_on, concatenate, fill_arms, follow, leave
from ssair.frontends.fun.anf_conversion import Conversion
from ssair.frontends.fun.anf_fragment import Fragment
from ssair.frontends.fun.anf_nodes import Arm, Constant, Join, Name, Node, fill
from ssair.frontends.fun.anf_operators import COMPARISON, finish_comparison, plan_operation
from ssair.types import BOOL

_TRUE: Final = Constant(BOOL, True)
_FALSE: Final = Constant(BOOL, False)


def finish_test(conversion: Conversion, node: ast.Expression) -> None:
    """The test of a value."""
    (fragment,) = conversion.take(1)
    conversion.tests.append(branch_on(fragment, fragment.atom, node.span))


def swap_arms(conversion: Conversion, node: ast.Unary) -> None:
    """The test of `!x` is that of x with its arms exchanged."""
    test = conversion.tests[-1]
    test.positive, test.negative = test.negative, test.positive


def plan_logical_test(conversion: Conversion, node: ast.Logical) -> None:
    """`&&` and `||` as tests."""
    conversion.plan_test(node.left)
    conversion.plan_test(node.right)
    conversion.plan(_finish_logical_test, node)


def _finish_logical_test(conversion: Conversion, node: ast.Logical) -> None:
    right, left = conversion.tests.pop(), conversion.tests.pop()
    if node.operator == "&&":
        first = follow(left.first, left.positive, right.first, node.span)
        test = Test(first, right.positive, concatenate(left.negative, right.negative))
    else:
        first = follow(left.first, left.negative, right.first, node.span)
        test = Test(first, concatenate(left.positive, right.positive), right.negative)
    conversion.tests.append(test)


def plan_logical(conversion: Conversion, node: ast.Logical) -> None:
    """`&&` and `||` for their value; an operation of both where the right side needs no evaluation."""
    if isinstance(node.right, ast.Name | ast.Literal):
        plan_operation(conversion, node, (node.left, node.right), _finish_strict)
        return
    conversion.plan_test(node.left)
    conversion.plan_value(node.right)
    conversion.plan(_finish_logical, node)


def _finish_strict(conversion: Conversion, node: ast.Logical) -> None:
    fragment, ((left,), (right,)) = conversion.take_operands(2)
    conversion.give(fragment, fragment.let("and" if node.operator == "&&" else "or", (left, right), node.span))


def _finish_logical(conversion: Conversion, node: ast.Logical) -> None:
    (right,) = conversion.take(1)
    test = conversion.tests.pop()
    if node.operator == "&&":
        _give_decided(conversion, test.first, test.positive, right, test.negative, _FALSE, node.span)
    else:
        _give_decided(conversion, test.first, test.negative, right, test.positive, _TRUE, node.span)


def _give_decided(
    conversion: Conversion,
    first: Node,
    undecided: deque[Arm],
    last: Fragment,
    decided: deque[Arm],
    value: Constant,
    span: Span,
) -> None:
    """Leave the value of a condition: that of its `last` operand in the arms that are undecided, else `value`."""
    result = Name(BOOL)
    join = Join(span, (result,))
    join.term = fill_arms(first, undecided, last, join, span)
    for arm in decided:
        leave(arm, join, (value,), span)
    fragment = Fragment()
    fragment.add(join)
    conversion.give(fragment, result)


# ---- comparisons --------------------------------------------------------------------------------------------------


def plan_compare(conversion: Conversion, node: ast.Compare) -> None:
    """A comparison for its value; all links of a chain but the last one are tests."""
    if len(node.operators) == 1:
        plan_operation(conversion, node, node.operands, finish_comparison)
        return
    _plan_links(conversion, node, len(node.operators) - 1)
    conversion.plan_value(node.operands[-1])
    conversion.plan(_finish_chain, node)


def plan_compare_test(conversion: Conversion, node: ast.Compare) -> None:
    """A comparison of scalars as a test."""
    _plan_links(conversion, node, len(node.operators))
    conversion.plan(_drop_operand, node)


def _plan_links(conversion: Conversion, node: ast.Compare, count: int) -> None:
    """Plan the test of the first links; it leaves the operand after the last of them as a fragment without code."""
    conversion.plan_value(node.operands[0])
    for link in range(count):
        conversion.plan_value(node.operands[link + 1])
        conversion.plan(_add_first_link if link == 0 else _add_link, (node, link))


def _compare_link(conversion: Conversion, node: ast.Compare, link: int) -> Test:
    """The test of one link; its right operand is left for the next."""
    fragment, ((left,), (right,)) = conversion.take_operands(2)
    holds = fragment.let(COMPARISON[node.operators[link]], (left, right), node.span)
    conversion.give(Fragment(), right)
    return branch_on(fragment, holds, node.span)


def _add_first_link(conversion: Conversion, place: tuple[ast.Compare, int]) -> None:
    conversion.tests.append(_compare_link(conversion, *place))


def _add_link(conversion: Conversion, place: tuple[ast.Compare, int]) -> None:
    test = _compare_link(conversion, *place)
    so_far = conversion.tests[-1]
    (arm,) = so_far.positive
    fill(arm, test.first)
    so_far.positive = test.positive
    so_far.negative = concatenate(so_far.negative, test.negative)


def _drop_operand(conversion: Conversion, node: ast.Compare) -> None:
    conversion.take(1)


def _finish_chain(conversion: Conversion, node: ast.Compare) -> None:
    last, ((left,), (right,)) = conversion.take_operands(2)
    test = conversion.tests.pop()
    holds = last.let(COMPARISON[node.operators[-1]], (left, right), node.span)
    last.atoms = (holds,)
    _give_decided(conversion, test.first, test.positive, last, test.negative, _FALSE, node.span)
