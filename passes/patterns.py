"""Patterns of rewrite rules: their text, and how they are matched.

    x y z         any value; a letter that stands twice stands for values of one origin
    c d           a known scalar
    0 -1 1.0 true a known scalar of that value (`0` in a float rule is 0.0, which -0.0 is not)
    add(x, c)     that operation; inside a pattern it is looked for behind refinements
    neg(c)        in a replacement: computed at once where all its operands are known

A rule holds for arrays too if one variable is all that its pattern and its replacement are made of: of several arrays
the first gives the result its shape.

Matching takes constant time: patterns are at most two operations deep.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ssair.ops import OPS, Op

Scalar = bool | int | float


@dataclass(frozen=True, slots=True)
class Variable:
    """Any value; a known scalar if `known`."""

    name: str
    known: bool


@dataclass(frozen=True, slots=True)
class Literal:
    """One scalar."""

    value: Scalar


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation on patterns."""

    op: Op
    args: tuple[Pattern, ...]


Pattern = Variable | Literal | Operation

_TOKEN: Final = re.compile(r"\s*(?:([a-z_0-9]+)\(|([a-z])(?![a-z0-9])|(true|false)|(-?[0-9][0-9.e]*)|([,)]))")


def parse_pattern(text: str) -> Pattern:
    """The pattern that `text` writes; ValueError if it is none."""
    stack: list[tuple[str, list[Pattern]]] = [("", [])]
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ValueError(f"no pattern: {text!r} at {position}")
        position = match.end()
        opened, variable, truth, number, mark = match.groups()
        if opened:
            stack.append((opened, []))
        elif mark == ")":
            name, args = stack.pop()
            stack[-1][1].append(Operation(OPS[name], tuple(args)))
        elif variable:
            stack[-1][1].append(Variable(variable, variable in "cd"))
        elif truth:
            stack[-1][1].append(Literal(truth == "true"))
        elif number:
            stack[-1][1].append(Literal(float(number) if "." in number else int(number)))
    if len(stack) != 1 or len(stack[0][1]) != 1:
        raise ValueError(f"no pattern: {text!r}")
    return stack[0][1][0]


def parse_rule_pattern(text: str) -> Operation:
    """The pattern of a rule: an operation."""
    pattern = parse_pattern(text)
    assert isinstance(pattern, Operation)
    return pattern


def variables(pattern: Pattern) -> Iterator[Variable]:
    """The variables of a pattern, one for each place."""
    if isinstance(pattern, Variable):
        yield pattern
    elif isinstance(pattern, Operation):
        for arg in pattern.args:
            yield from variables(arg)


def commuted(pattern: Operation) -> list[Operation]:
    """The pattern in every order of the operands of its commutative operations; known scalars stay behind."""
    orders: list[tuple[Pattern, ...]] = [()]
    for arg in pattern.args:
        ways: list[Pattern] = [*commuted(arg)] if isinstance(arg, Operation) else [arg]
        orders = [(*order, way) for order in orders for way in ways]
    found = [Operation(pattern.op, order) for order in orders]
    if pattern.op.commutative and not _is_known(pattern.args[1]):
        found += [Operation(pattern.op, (order[1], order[0], *order[2:])) for order in orders if order[0] != order[1]]
    return list(dict.fromkeys(found))


def _is_known(pattern: Pattern) -> bool:
    return isinstance(pattern, Literal) or (isinstance(pattern, Variable) and pattern.known)
