"""Conversion to ANF of what decides where control goes: `if`, conditions, chains, `assert`, blocks.

A condition in test position never becomes a value: `&&`, `||`, `!`, chains of comparisons, `if` and blocks fill the
arms of one test with the next, so that each arm knows all that was tested on the way to it.  An arm of an `if` that
several ways lead to stands behind a join without parameters.  Where the value of such a condition is wanted, all of it
but its last operand is a test still.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from ssair.diagnostics import Span
from ssair.frontends.fun import ast
from ssair.frontends.fun.anf_conversion import Conversion, Fragment, Test, branch_on, follow, leave
from ssair.frontends.fun.anf_nodes import Arm, Atom, Constant, Join, Name, Node, fill
from ssair.frontends.fun.anf_operators import COMPARISON, finish_comparison, plan_operation
from ssair.frontends.fun.anf_output import finish_print
from ssair.frontends.fun.anf_types import flat_types
from ssair.types import BOOL

_TRUE: Final = Constant(BOOL, True)
_FALSE: Final = Constant(BOOL, False)


def _concatenate(left: deque[Arm], right: deque[Arm]) -> deque[Arm]:
    """Both lists as one, which takes the place of the longer: n log n in all, however conditions nest."""
    if len(left) >= len(right):
        left.extend(right)
        return left
    right.extendleft(reversed(left))
    return right


# ---- if -----------------------------------------------------------------------------------------------------------


def plan_if(conversion: Conversion, node: ast.If) -> None:
    """`if` for its value."""
    conversion.plan_test(node.condition)
    conversion.plan_value(node.positive)
    conversion.plan_value(node.negative)
    conversion.plan(_finish_if, node)


def _finish_if(conversion: Conversion, node: ast.If) -> None:
    positive, negative = conversion.take(2)
    test = conversion.tests.pop()
    fragment = Fragment()
    if positive.is_closed and negative.is_closed:
        assert positive.first is not None and negative.first is not None
        first = follow(test.first, test.positive, positive.first, node.positive.span)
        fragment.first = follow(first, test.negative, negative.first, node.negative.span)
        conversion.give(fragment)
        return
    results = tuple([Name(type) for type in flat_types(node.type)])
    join = Join(node.span, results)
    first = _fill_arms(test.first, test.positive, positive, join, node.positive.span)
    join.term = _fill_arms(first, test.negative, negative, join, node.negative.span)
    fragment.add(join)
    conversion.give(fragment, *results)


def _fill_arms(first: Node, arms: deque[Arm], value: Fragment, join: Join, span: Span) -> Node:
    """Let `arms` compute a value and go to the join with it; gives where the whole begins."""
    if value.first is None:
        for arm in arms:
            leave(arm, join, value.atoms, span)
        return first
    if value.hole is not None:
        leave(value.hole, join, value.atoms, span)
    return follow(first, arms, value.first, span)


# ---- conditions ---------------------------------------------------------------------------------------------------


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
        test = Test(first, right.positive, _concatenate(left.negative, right.negative))
    else:
        first = follow(left.first, left.negative, right.first, node.span)
        test = Test(first, _concatenate(left.positive, right.positive), right.negative)
    conversion.tests.append(test)


def plan_if_test(conversion: Conversion, node: ast.If) -> None:
    """`if` as a test."""
    conversion.plan_test(node.condition)
    conversion.plan_test(node.positive)
    conversion.plan_test(node.negative)
    conversion.plan(_finish_if_test, node)


def _finish_if_test(conversion: Conversion, node: ast.If) -> None:
    negative, positive, condition = [conversion.tests.pop() for _ in range(3)]
    first = follow(condition.first, condition.positive, positive.first, node.span)
    first = follow(first, condition.negative, negative.first, node.span)
    both = _concatenate(positive.positive, negative.positive), _concatenate(positive.negative, negative.negative)
    conversion.tests.append(Test(first, *both))


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
    join.term = _fill_arms(first, undecided, last, join, span)
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
    so_far.negative = _concatenate(so_far.negative, test.negative)


def _drop_operand(conversion: Conversion, node: ast.Compare) -> None:
    conversion.take(1)


def _finish_chain(conversion: Conversion, node: ast.Compare) -> None:
    last, ((left,), (right,)) = conversion.take_operands(2)
    test = conversion.tests.pop()
    holds = last.let(COMPARISON[node.operators[-1]], (left, right), node.span)
    last.atoms = (holds,)
    _give_decided(conversion, test.first, test.positive, last, test.negative, _FALSE, node.span)


# ---- blocks -------------------------------------------------------------------------------------------------------


def plan_block(conversion: Conversion, node: ast.Block) -> None:
    """Statements, then the value."""
    _plan_statements(conversion, node)
    conversion.plan_value(node.body)
    conversion.plan(_finish_block, node)


def plan_block_test(conversion: Conversion, node: ast.Block) -> None:
    """Statements, then the test."""
    _plan_statements(conversion, node)
    conversion.plan_test(node.body)
    conversion.plan(_finish_block_test, node)


def _plan_statements(conversion: Conversion, node: ast.Block) -> None:
    for statement in node.statements:
        if isinstance(statement, ast.Let):
            conversion.plan_value(statement.value)
            conversion.plan(_finish_let, statement)
        elif isinstance(statement, ast.Assert):
            conversion.plan(_claim, (statement, statement.condition))
        else:
            assert isinstance(statement, ast.Print)
            operands = [part for part in statement.parts if isinstance(part, ast.Expression)]
            plan_operation(conversion, statement, operands, finish_print)


def _finish_let(conversion: Conversion, node: ast.Let) -> None:
    conversion.bind(node.pattern, node.value.type, conversion.fragments[-1].atoms)


def _finish_block(conversion: Conversion, node: ast.Block) -> None:
    fragment, values = conversion.take_operands(len(node.statements) + 1)
    conversion.give(fragment, *values[-1])


def _finish_block_test(conversion: Conversion, node: ast.Block) -> None:
    statements, _ = conversion.take_operands(len(node.statements))
    test = conversion.tests[-1]
    statements.add(test.first)
    assert statements.first is not None
    test.first = statements.first


# ---- assert -------------------------------------------------------------------------------------------------------

#: A condition that the statement asserts.
_Claim = tuple[ast.Assert, ast.Expression]


def _claim(conversion: Conversion, claim: _Claim) -> None:
    """Check a condition.  Each operand of `&&` and each link of a chain is a check, so that all of them teach."""
    statement, condition = claim
    if isinstance(condition, ast.Logical) and condition.operator == "&&":
        conversion.plan(_claim, (statement, condition.left))
        conversion.plan(_claim, (statement, condition.right))
        conversion.plan(_link_claims, claim)
    elif isinstance(condition, ast.Compare):
        conversion.plan_value(condition.operands[0])
        for link in range(len(condition.operators)):
            conversion.plan_value(condition.operands[link + 1])
            conversion.plan(_claim_link, (statement, condition, link))
    else:
        conversion.plan_value(condition)
        conversion.plan(_finish_claim, statement)


def _link_claims(conversion: Conversion, claim: _Claim) -> None:
    fragment, _ = conversion.take_operands(2)
    conversion.give(fragment)


def _claim_link(conversion: Conversion, place: tuple[ast.Assert, ast.Compare, int]) -> None:
    statement, node, link = place
    fragment, ((left,), (right,)) = conversion.take_operands(2)
    holds = fragment.let(COMPARISON[node.operators[link]], (left, right), node.span)
    _assert_holds(fragment, holds, statement)
    conversion.give(fragment, right)


def _finish_claim(conversion: Conversion, statement: ast.Assert) -> None:
    (fragment,) = conversion.take(1)
    _assert_holds(fragment, fragment.atom, statement)
    conversion.give(fragment)


def _assert_holds(fragment: Fragment, holds: Atom, statement: ast.Assert) -> None:
    message = statement.message.value if statement.message is not None else None
    fragment.check("check", (holds,), statement.span, "assert", message)
