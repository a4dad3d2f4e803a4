"""Conversion of `if` to ANF: a test whose arms meet in a join, the parameters of which are the value.

In test position it is one test: the arms of its condition go on to the tests of its sides.
"""

from __future__ import annotations

from ssair.frontends.fun import ast
from ssair.frontends.fun.anf_arms import Test, concatenate, fill_arms, follow
from ssair.frontends.fun.anf_conversion import Conversion
from ssair.frontends.fun.anf_fragment import Fragment
from ssair.frontends.fun.anf_nodes import Join, Name
from ssair.frontends.fun.anf_types import flat_types


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
    first = fill_arms(test.first, test.positive, positive, join, node.positive.span)
    join.term = fill_arms(first, test.negative, negative, join, node.negative.span)
    fragment.add(join)
    conversion.give(fragment, *results)


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
    both = concatenate(positive.positive, negative.positive), concatenate(positive.negative, negative.negative)
    conversion.tests.append(Test(first, *both))
