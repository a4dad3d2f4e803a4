"""Sizes as operations of the ANF: the checks that the checker asks for, dimensions, and the value of a size.

A type says what the dimensions of a value are, and every check that this rests on has been made when the value is
there.  So where the size is simple, it is computed from the size names instead of being asked of the array: the sizes
of different arrays become comparable, those of the states of a loop too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from ssair.diagnostics import Span
from ssair.frontends.fun import ast
from ssair.frontends.fun.anf_conversion import Conversion
from ssair.frontends.fun.anf_fragment import Fragment, integer, is_known_at_least
from ssair.frontends.fun.anf_nodes import Atom
from ssair.frontends.fun.anf_types import component_at, components
from ssair.frontends.fun.size_messages import differing_sizes, negative_length, size_of_source
from ssair.frontends.fun.sizes import Atom as SizeAtom
from ssair.frontends.fun.sizes import Opaque, Quotient, Size, SizeName
from ssair.frontends.fun.types import ArrayType, Type

#: A size of more names and numbers, or of greater numbers, is asked of the array.
_SIMPLE_WEIGHT: Final = 8
_SIMPLE_NUMBER: Final = 1 << 31


class Operand(NamedTuple):
    """The type of an operand and the components of its value."""

    type: Type
    atoms: tuple[Atom, ...]


def size_of(fragment: Fragment, source: ast.SizeSource, operands: Sequence[Operand], span: Span) -> Atom:
    """The number that a size source means."""
    if isinstance(source, ast.LiteralSize):
        return integer(source.value)
    type, atoms = operands[source.operand]
    atom = atoms[component_at(type, source.path)]
    return fragment.dimension(atom, source.axis, span) if isinstance(source, ast.OperandDim) else atom


def check_sizes(
    conversion: Conversion,
    fragment: Fragment,
    checks: Sequence[ast.SizeCheck],
    expressions: Sequence[ast.Expression],
    values: Sequence[tuple[Atom, ...]],
    span: Span,
) -> None:
    """Make the size checks of an operation on `expressions`, which have the given values, in their order."""
    for check in checks:
        left, right = [
            _stated_size(conversion, fragment, side, expressions, values, span) for side in (check.left, check.right)
        ]
        message = differing_sizes(*(size_of_source(side, expressions) for side in (check.left, check.right)))
        fragment.check("check_equal", (left, right), span, "size", message)


def _stated_size(
    conversion: Conversion,
    fragment: Fragment,
    source: ast.SizeSource,
    expressions: Sequence[ast.Expression],
    values: Sequence[tuple[Atom, ...]],
    span: Span,
) -> Atom:
    """The number that a size source means, a dimension as the type of the operand states it."""
    if not isinstance(source, ast.OperandDim):
        operands = [Operand(expression.type, atoms) for expression, atoms in zip(expressions, values, strict=True)]
        return size_of(fragment, source, operands, span)
    type = expressions[source.operand].type
    component = component_at(type, source.path)
    array = values[source.operand][component]
    return dimension(conversion, fragment, array, components(type)[component], source.axis, span)


def dimension(conversion: Conversion, fragment: Fragment, array: Atom, type: Type, axis: int, span: Span) -> Atom:
    """The length of a dimension of an array of `type`."""
    assert isinstance(type, ArrayType)
    size = type.dims[axis]
    if _is_simple(size):
        return size_atom(fragment, size, conversion.sizes, span)
    return fragment.dimension(array, axis, span)


def _is_simple(size: Size) -> bool:
    """Whether the operations that compute a size do not wrap, if it is the length of an array that there is.

    A quotient may have a numerator that wraps, as that of a range with a great step.
    """
    if size.weight > _SIMPLE_WEIGHT or any(abs(coefficient) >= _SIMPLE_NUMBER for _, coefficient in size.terms):
        return False
    for monomial, _ in size.terms:
        for factor in monomial:
            if isinstance(factor, Opaque):
                return False
            if isinstance(factor, Quotient):
                assert factor.numerator is not None and factor.denominator is not None
                # quotients nest at most as deep as the weight allows
                if factor.denominator.constant is None or not _is_simple(factor.numerator):
                    return False
    return True


def checked_length(fragment: Fragment, length: Atom, size: Size | None, is_known: bool, span: Span) -> Atom:
    """A length, the value of `size`, behind the check that it is not negative (if that is not known)."""
    if is_known or is_known_at_least(length, 0):
        return length
    return fragment.check("check_at_least", (length, integer(0)), span, "size", negative_length(size))


def size_atom(fragment: Fragment, size: Size, names: Mapping[str, Atom], span: Span) -> Atom:
    """The value of a size, given those of the size names.

    A size grown past what the checker follows (`sizes.Opaque`) counts as 0: only an empty comprehension asks for it.
    """
    total: Atom | None = None
    for monomial, coefficient in size.terms:
        is_less = total is not None and coefficient < 0
        term = _term(fragment, monomial, -coefficient if is_less else coefficient, names, span)
        total = term if total is None else fragment.let("sub" if is_less else "add", (total, term), span)
    return total if total is not None else integer(0)


def _term(
    fragment: Fragment, monomial: Sequence[SizeAtom], coefficient: int, names: Mapping[str, Atom], span: Span
) -> Atom:
    term: Atom | None = integer(coefficient) if coefficient != 1 or not monomial else None
    for factor in monomial:
        value = _factor(fragment, factor, names, span)
        term = value if term is None else fragment.let("mul", (term, value), span)
    assert term is not None
    return term


def _factor(fragment: Fragment, factor: SizeAtom, names: Mapping[str, Atom], span: Span) -> Atom:
    # quotients nest at most sizes.MAXIMUM_WEIGHT deep, so this recursion is bounded
    if isinstance(factor, SizeName):
        return names[factor.text]
    if isinstance(factor, Quotient):
        assert factor.numerator is not None and factor.denominator is not None
        parts = [size_atom(fragment, part, names, span) for part in (factor.numerator, factor.denominator)]
        return fragment.let("floordiv", parts, span)
    return integer(0)
