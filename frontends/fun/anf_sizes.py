"""Sizes as operations of the ANF: the checks that the checker asks for, and the value of a size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ssair.diagnostics import Span
from ssair.frontends.fun import ast
from ssair.frontends.fun.anf_conversion import Fragment, integer, is_known_at_least
from ssair.frontends.fun.anf_nodes import Atom
from ssair.frontends.fun.anf_types import component_at
from ssair.frontends.fun.sizes import Atom as SizeAtom
from ssair.frontends.fun.sizes import Quotient, Size, SizeName
from ssair.frontends.fun.types import Type


class Operand(NamedTuple):
    """The type of an operand and the components of its value."""

    type: Type
    atoms: tuple[Atom, ...]


def operands_of(expressions: Sequence[ast.Expression], values: Sequence[tuple[Atom, ...]]) -> list[Operand]:
    """Expressions with their values as operands of a size check."""
    return [Operand(expression.type, atoms) for expression, atoms in zip(expressions, values, strict=True)]


def size_of(fragment: Fragment, source: ast.SizeSource, operands: Sequence[Operand], span: Span) -> Atom:
    """The number that a size source means."""
    if isinstance(source, ast.LiteralSize):
        return integer(source.value)
    type, atoms = operands[source.operand]
    atom = atoms[component_at(type, source.path)]
    return fragment.dimension(atom, source.axis, span) if isinstance(source, ast.OperandDim) else atom


def check_size(fragment: Fragment, check: ast.SizeCheck, operands: Sequence[Operand], span: Span) -> None:
    """Trap `size` if the two sizes of a check differ."""
    left = size_of(fragment, check.left, operands, span)
    right = size_of(fragment, check.right, operands, span)
    fragment.check("check_equal", (left, right), span, "size")


def check_sizes(
    fragment: Fragment,
    checks: Sequence[ast.SizeCheck],
    expressions: Sequence[ast.Expression],
    values: Sequence[tuple[Atom, ...]],
    span: Span,
) -> None:
    """Make the size checks of an operation on `expressions`, which have the given values, in their order."""
    if checks:
        operands = operands_of(expressions, values)
        for check in checks:
            check_size(fragment, check, operands, span)


def checked_length(fragment: Fragment, length: Atom, is_known: bool, span: Span) -> Atom:
    """A length, behind the check that it is not negative (if that is not known)."""
    if is_known or is_known_at_least(length, 0):
        return length
    return fragment.check("check_at_least", (length, integer(0)), span, "size")


def size_atom(fragment: Fragment, size: Size, names: Mapping[str, Atom], span: Span) -> Atom:
    """The value of a size, given those of the size names.

    A size grown past what the checker follows (`sizes.Opaque`) counts as 0: only an empty comprehension asks for it.
    """
    total: Atom | None = None
    for monomial, coefficient in size.terms:
        term: Atom | None = integer(coefficient) if coefficient != 1 or not monomial else None
        for factor in monomial:
            value = _factor(fragment, factor, names, span)
            term = value if term is None else fragment.let("mul", (term, value), span)
        assert term is not None
        total = term if total is None else fragment.let("add", (total, term), span)
    return total if total is not None else integer(0)


def _factor(fragment: Fragment, factor: SizeAtom, names: Mapping[str, Atom], span: Span) -> Atom:
    # quotients nest at most sizes.MAXIMUM_WEIGHT deep, so this recursion is bounded
    if isinstance(factor, SizeName):
        return names[factor.text]
    if isinstance(factor, Quotient):
        assert factor.numerator is not None and factor.denominator is not None
        parts = [size_atom(fragment, part, names, span) for part in (factor.numerator, factor.denominator)]
        return fragment.let("floordiv", parts, span)
    return integer(0)
