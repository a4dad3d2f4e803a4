"""Conversion of blocks to ANF: `let`, `assert` and `print` statements, then the value or test of the block.

A `let` makes no node: its pattern's names stand for the atoms of the value.  Each operand of `&&` and each link of a
chain that is asserted is a check of its own, evaluated where the ones before it hold, so that all of them teach.
"""

from __future__ import annotations

from ssair.frontends.fun import ast
from ssair.frontends.fun.anf_conversion import Conversion
from ssair.frontends.fun.anf_fragment import Fragment
from ssair.frontends.fun.anf_nodes import Atom
from ssair.frontends.fun.anf_operators import COMPARISON, plan_operation
from ssair.frontends.fun.anf_output import finish_print


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
