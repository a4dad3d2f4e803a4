"""Sizes: polynomials with integer coefficients over size names, in a normal form.

Ensures: two sizes are equal (`==`, `hash`) if and only if their normal forms are; `a - b` is a constant exactly when
the two differ by that constant for all values of the names.  Sizes stay small: what would grow past `MAXIMUM_WEIGHT`
becomes an opaque size, which is equal to itself only, so that every operation takes bounded time.

A program computes sizes in 64 bits.  Sums and products that wrap still agree with their normal form modulo 2^64; a
quotient would not, so one is only simplified where its numerator cannot wrap (`greatest`).  That rests on the limits
of what names stand for: `facts.MAX_LENGTH` for a dimension, `facts.MAX_SIZE` for a parameter of type `size`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from math import prod

from ssair.facts import MAX_LENGTH, MAX_SIZE

MAXIMUM_WEIGHT = 96
"""The most names (each as often as it is written) that the text of a size may hold."""

_COEFFICIENT_LIMIT = 1 << 62
_WORD_LIMIT = 1 << 63


@dataclass(frozen=True, slots=True)
class Atom:
    """What a polynomial is made over; `text` tells it from all other atoms.  `is_faulty`: it stands for an error."""

    text: str
    weight: int = 1
    is_faulty: bool = False


@dataclass(frozen=True, slots=True)
class SizeName(Atom):
    """A size name of the function that is checked: of a dimension or of a parameter of type `size`.

    A dimension is never negative, so `nonnegative` holds for a name that a dimension has.
    """

    nonnegative: bool = True


@dataclass(frozen=True, slots=True)
class Quotient(Atom):
    """`numerator // denominator`, where that is not a polynomial."""

    numerator: Size | None = None
    denominator: Size | None = None


@dataclass(frozen=True, slots=True)
class Opaque(Atom):
    """A size of which no more is known than that it is one; equal to itself only."""


Monomial = tuple[Atom, ...]


def _monomial_key(monomial: Monomial) -> tuple[int, list[str]]:
    return (-len(monomial), [atom.text for atom in monomial])


class Size:
    """A size in normal form: terms of a monomial and a coefficient that is not zero, the highest degree first."""

    __slots__ = ("_text", "is_faulty", "terms", "weight")

    def __init__(self, terms: tuple[tuple[Monomial, int], ...]) -> None:
        self.terms = terms
        self.weight = sum(atom.weight for monomial, _ in terms for atom in monomial) + len(terms)
        self.is_faulty = any(atom.is_faulty for monomial, _ in terms for atom in monomial)
        self._text = ""

    @property
    def constant(self) -> int | None:
        """The value of a size that is the same for all names, else None."""
        if not self.terms:
            return 0
        monomial, coefficient = self.terms[0]
        return coefficient if not monomial else None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Size) and self.terms == other.terms

    def __hash__(self) -> int:
        return hash(self.terms)

    def __str__(self) -> str:
        if not self._text:
            self._text = _render(self)
        return self._text

    def __repr__(self) -> str:
        return f"Size({self})"


def _render(size: Size) -> str:
    """A size as an expression of Fun: it starts with a term that is not negative."""
    head = next((term for term in size.terms if term[1] > 0), None)
    terms = size.terms if head is None else (head, *(term for term in size.terms if term is not head))
    text = "" if head is not None else "0"
    for monomial, coefficient in terms:
        factors = [atom.text for atom in monomial]
        if abs(coefficient) != 1 or not factors:
            factors.insert(0, str(abs(coefficient)))
        if len(factors) > 1:
            factors = [f"({factor})" if " " in factor else factor for factor in factors]
        product = " * ".join(factors)
        if text:
            text += f" - {product}" if coefficient < 0 else f" + {product}"
        else:
            text = product
    return text


def constant_size(value: int) -> Size:
    """The size that is `value`."""
    return Size((((), value),) if value else ())


def named_size(name: str, nonnegative: bool = True) -> Size:
    """The size that a size name stands for."""
    return Size((((SizeName(name, nonnegative=nonnegative),), 1),))


_opaque_serials = count(1)


def opaque_size() -> Size:
    """A size that is equal to no other one."""
    return Size((((Opaque(f"?{next(_opaque_serials)}"),), 1),))


FAULTY_SIZE = Size((((Opaque("?", is_faulty=True),), 1),))
"""What stands for a size that could not be found: a fault is reported, and no other one should come of it."""


def _from_terms(terms: Mapping[Monomial, int]) -> Size:
    kept = [(monomial, coefficient) for monomial, coefficient in terms.items() if coefficient]
    if any(abs(coefficient) >= _COEFFICIENT_LIMIT for _, coefficient in kept):
        return opaque_size()
    kept.sort(key=lambda term: _monomial_key(term[0]))
    size = Size(tuple(kept))
    return size if size.weight <= MAXIMUM_WEIGHT else opaque_size()


def add(left: Size, right: Size, scale: int = 1) -> Size:
    """`left + scale * right`."""
    terms = dict(left.terms)
    for monomial, coefficient in right.terms:
        terms[monomial] = terms.get(monomial, 0) + scale * coefficient
    return _from_terms(terms)


def subtract(left: Size, right: Size) -> Size:
    """`left - right`."""
    return add(left, right, -1)


def multiply(left: Size, right: Size) -> Size:
    """`left * right`."""
    terms: dict[Monomial, int] = {}
    for left_monomial, left_coefficient in left.terms:
        for right_monomial, right_coefficient in right.terms:
            monomial = tuple(sorted(left_monomial + right_monomial, key=lambda atom: atom.text))
            terms[monomial] = terms.get(monomial, 0) + left_coefficient * right_coefficient
    return _from_terms(terms)


def floor_divide(left: Size, right: Size) -> Size:
    """`left // right`, rounded down; what a constant divides evenly leaves the quotient."""
    divisor = right.constant
    whole = constant_size(0)
    if divisor and greatest(left) < _WORD_LIMIT:
        if divisor < 0:
            divisor, left, right = -divisor, multiply(left, constant_size(-1)), multiply(right, constant_size(-1))
        whole = Size(tuple((monomial, c // divisor) for monomial, c in left.terms if c // divisor))
        left = Size(tuple((monomial, c % divisor) for monomial, c in left.terms if c % divisor))
        if left.constant is not None:  # what is left of a constant is between 0 and the divisor
            return whole
    return add(whole, _quotient(left, right))


def _quotient(numerator: Size, denominator: Size) -> Size:
    weight = numerator.weight + denominator.weight
    if weight > MAXIMUM_WEIGHT:
        return opaque_size()
    left, right = (f"({size})" if len(size.terms) > 1 else str(size) for size in (numerator, denominator))
    is_faulty = numerator.is_faulty or denominator.is_faulty
    return Size((((Quotient(f"{left} // {right}", weight, is_faulty, numerator, denominator),), 1),))


def substitute(size: Size, values: Mapping[str, Size]) -> Size:
    """`size` with each size name replaced by its value.  Opaque sizes become new ones."""
    result = constant_size(0)
    for monomial, coefficient in size.terms:
        product = constant_size(coefficient)
        for atom in monomial:
            product = multiply(product, _substitute_atom(atom, values))
        result = add(result, product)
    return result


def _substitute_atom(atom: Atom, values: Mapping[str, Size]) -> Size:
    # Quotients nest at most MAXIMUM_WEIGHT deep, so this recursion is bounded.
    if isinstance(atom, SizeName):
        return values.get(atom.text, FAULTY_SIZE)
    if isinstance(atom, Quotient):
        assert atom.numerator is not None and atom.denominator is not None
        return floor_divide(substitute(atom.numerator, values), substitute(atom.denominator, values))
    return FAULTY_SIZE if atom.is_faulty else opaque_size()


def is_nonnegative(size: Size) -> bool:
    """Whether a size is known to be 0 or more whatever its names stand for.  May be False for one that is."""
    return greatest(size) < _WORD_LIMIT and all(
        coefficient >= 0 and all(isinstance(atom, SizeName) and atom.nonnegative for atom in monomial)
        for monomial, coefficient in size.terms
    )


def greatest(size: Size) -> int:
    """A bound on the magnitude of a size whatever its names stand for; 2^63 or more if it may wrap."""
    return sum(
        abs(coefficient) * prod(_greatest_atom(atom) for atom in monomial) for monomial, coefficient in size.terms
    )


def _greatest_atom(atom: Atom) -> int:
    # Quotients nest at most MAXIMUM_WEIGHT deep, so this recursion is bounded.
    if isinstance(atom, SizeName):
        return MAX_LENGTH if atom.nonnegative else MAX_SIZE
    if isinstance(atom, Quotient) and atom.numerator is not None:
        return min(greatest(atom.numerator), _WORD_LIMIT)
    return 0 if atom.is_faulty else _WORD_LIMIT
