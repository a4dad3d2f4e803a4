"""Integers as sums: what a value is in terms of values that are not sums themselves.

A `Form` is `coefficient * atom + … + constant`, in mathematical integers. An atom is an integer value (its origin:
all versions of it are equal at run time), the length of a dimension (`Dim`: of all arrays that share a shape), or any
element of an array (`Element`). All atoms of a form are of one time: each stands for what it was computed to be last.

`x + y`, `x - y`, `-x`, `x * c`, `x << c` and exact conversions are sums only where the intervals of their operands
prove that they do not wrap; else they are atoms. So are sums of more than `MOST_TERMS` atoms, and of large factors.

Complexity: one step an instruction, in a sweep down the dominator tree that goes as far as somebody asks; each answer
takes constant time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from ssair.dominators import dominator_tree
from ssair.facts import IntFact, int_fact, top
from ssair.ir import Block, Function, Instr, Value
from ssair.ops import CONVERT, DIM, INDEX, OPS, Op
from ssair.passes.bounds_shapes import CarriedLengths
from ssair.passes.known_relations import KnownRelations
from ssair.passes.origins import Origins
from ssair.types import Type, is_integer

MOST_TERMS: Final = 4
_LARGEST_COEFFICIENT: Final = 1 << 32
_LARGEST_SHIFT: Final = 31
_ADD: Final = OPS["add"]
_SUB: Final = OPS["sub"]
_MUL: Final = OPS["mul"]
_TRANSPOSE: Final = OPS["transpose"]
#: The operations whose operands are lengths, and where these begin.
_MADE_OF_LENGTHS: Final[dict[Op, int]] = {OPS["full"]: 1, OPS["iota"]: 0}


class Dim(NamedTuple):
    """The length of a dimension of `source`, and of every array that has its shape."""

    source: Value
    number: int


class Element(NamedTuple):
    """Any element of an array: what holds of it holds of each."""

    array: Value


Atom = Value | Dim | Element
Terms = tuple[tuple[Atom, int], ...]


class Form(NamedTuple):
    """A sum: its terms in the order of `_place_of`, none with coefficient zero, and a constant."""

    terms: Terms
    constant: int

    def places(self) -> list[Block]:
        """The blocks where its atoms are defined."""
        return [defining_value(atom).block for atom, _ in self.terms]


def defining_value(atom: Atom) -> Value:
    """The value where an atom is defined."""
    if isinstance(atom, Dim):
        return atom.source
    return atom.array if isinstance(atom, Element) else atom


def _place_of(term: tuple[Atom, int]) -> tuple[int, int]:
    atom = term[0]
    if isinstance(atom, Value):
        return atom.id, 0
    return (atom.source.id, 1 + atom.number) if isinstance(atom, Dim) else (atom.array.id, -1)


def _order(form: Form) -> tuple[tuple[int, ...], int]:
    """An order of forms for keys that do not tell operands apart."""
    return tuple([number for term in form.terms for number in (*_place_of(term), term[1])]), form.constant


def scaled(form: Form, factor: int) -> Form:
    """`factor * form`, for a factor that is not zero."""
    if factor == 1:
        return form
    return Form(tuple([(atom, coefficient * factor) for atom, coefficient in form.terms]), form.constant * factor)


def added(left: Form, right: Form) -> Form:
    """The sum of two forms."""
    if not right.terms:
        return Form(left.terms, left.constant + right.constant)
    if not left.terms:
        return Form(right.terms, left.constant + right.constant)
    coefficients = dict(left.terms)
    for atom, coefficient in right.terms:
        coefficients[atom] = coefficients.get(atom, 0) + coefficient
    terms = sorted([(atom, coefficient) for atom, coefficient in coefficients.items() if coefficient], key=_place_of)
    return Form(tuple(terms), left.constant + right.constant)


def difference(left: Form, right: Form) -> Form:
    """`left - right`."""
    return added(left, scaled(right, -1))


def fits(form: Form) -> bool:
    """Whether a form is small enough to work with."""
    if len(form.terms) > MOST_TERMS:
        return False
    for _, factor in form.terms:  # noqa: SIM110 - a third of the time of `all`, and every sum comes here
        if not -_LARGEST_COEFFICIENT <= factor <= _LARGEST_COEFFICIENT:
            return False
    return True


class Forms:
    """The forms of the integer values of a function."""

    def __init__(self, function: Function, origins: Origins) -> None:
        self.origins = origins
        self.shapes = KnownRelations(function, origins.__getitem__)
        self._forms: dict[Value, Form] = {}
        self._carried = CarriedLengths(function)
        self._tree = dominator_tree(function)
        #: How many blocks of the tree's preorder have been swept, and whether one is being swept.
        self._swept = 0
        self._is_sweeping = False

    def _sweep_to(self, block: Block) -> None:
        """Sweep a block and all that come before it, definitions before uses."""
        if self._is_sweeping:
            return  # a length that a loop carries, defined further down: an atom
        last = self._tree.interval(block)[0]
        self._is_sweeping = True
        while self._swept <= last:
            self._swept += 1
            self._sweep(self._tree.preorder[self._swept - 1])
        self._is_sweeping = False

    def _sweep(self, block: Block) -> None:
        products: dict[tuple[Form, ...], Instr] = {}
        for instr in block.instrs:
            if instr.op in _SUMS and is_integer(instr.type):
                form = _SUMS[instr.op](instr, self)
                if form is not None and fits(form):
                    self._forms[instr] = form
                elif instr.op is _MUL:  # what shares a form is told apart nowhere
                    same = products.setdefault(tuple(sorted(map(self.of, instr.args), key=_order)), instr)
                    self._forms[instr] = Form(((same, 1),), 0)

    def of(self, value: Value) -> Form:
        """The form of an integer scalar, by any of its versions."""
        origin = self.origins[value]
        known = self._forms.get(origin)
        if known is not None:
            return known
        if self._swept < len(self._tree.preorder) and isinstance(origin, Instr) and origin.op in _SUMS:
            self._sweep_to(origin.block)
            known = self._forms.get(origin)
            if known is not None:
                return known
        constant = origin.fact.constant
        if constant is not None:
            return Form((), int(constant))
        return Form(((origin, 1),), 0)

    def length(self, array: Value, number: int) -> Form:
        """The form of the length of a dimension."""
        source, number = self.source(array, number)
        carried = self._carried.of(source, number, self) if self._carried.is_carried(source) else None
        return carried if carried is not None else self.own_length(source, number)

    def source(self, array: Value, number: int) -> tuple[Value, int]:
        """The array that has the shape of `array`, or contains it, and the number of the dimension there."""
        source = self.shapes.shape_source(array)
        while isinstance(source, Instr) and source.op in (INDEX, _TRANSPOSE):
            number = number + len(source.args) - 1 if source.op is INDEX else 1 - number
            source = self.shapes.shape_source(source.args[0])
        return source, number

    def own_length(self, source: Value, number: int) -> Form:
        """The form of the length of a dimension of what has its own shape."""
        if isinstance(source, Instr) and source.op in _MADE_OF_LENGTHS:
            extent: Value | None = source.args[number + _MADE_OF_LENGTHS[source.op]]
        else:
            extent = self.shapes.length_of_result(source, number)
        if extent is not None and isinstance(extent.fact, IntFact) and extent.fact.lo >= 0:
            return self.of(extent)
        return Form(((Dim(source, number), 1),), 0)

    def sum_within(self, value: Value, interval_of: Callable[[Value], IntFact]) -> Form | None:
        """The form of an atom that is a sum, by what is known of its operands at some place; None if it may wrap.

        What a sum was computed from is current wherever the sum is: a check that comes after it tells that it did not
        wrap.
        """
        if not isinstance(value, Instr) or value.op not in (_ADD, _SUB) or not is_integer(value.type):
            return None
        left, right = map(interval_of, value.args)
        if value.op is _SUB:
            right = int_fact(-right.hi, -right.lo)
        if not stays_within(value.type, left.lo + right.lo, left.hi + right.hi):
            return None
        combine = added if value.op is _ADD else difference
        form = combine(*map(self.of, value.args))
        return form if fits(form) else None

    def unwrapped(self, value: Value) -> Form | None:
        """What an atom would be as a sum if it does not wrap; None of what is no such operation, or of a sum."""
        rule = _UNWRAPPED.get(value.op) if isinstance(value, Instr) else None
        if rule is None or not is_integer(value.type):
            return None
        form = rule(*map(self.of, value.args)) if isinstance(value, Instr) else None
        return form if form is not None and fits(form) else None  # what is a sum is no atom, so nobody asks


# ---- the operations that are sums -----------------------------------------------------------------------------------


def interval(value: Value) -> IntFact:
    """What is known of an integer value."""
    assert isinstance(value.fact, IntFact)
    return value.fact


def stays_within(type: Type, lo: int, hi: int) -> bool:
    """Whether all from `lo` to `hi` are integers of `type`, so that what computes them does not wrap."""
    most = top(type)
    assert isinstance(most, IntFact)
    return most.lo <= lo and hi <= most.hi


def _add(instr: Instr, forms: Forms) -> Form | None:
    left, right = map(interval, instr.args)
    if not stays_within(instr.type, left.lo + right.lo, left.hi + right.hi):
        return None
    return added(*map(forms.of, instr.args))


def _sub(instr: Instr, forms: Forms) -> Form | None:
    left, right = map(interval, instr.args)
    if not stays_within(instr.type, left.lo - right.hi, left.hi - right.lo):
        return None
    return difference(*map(forms.of, instr.args))


def _neg(instr: Instr, forms: Forms) -> Form | None:
    fact = interval(instr.args[0])
    return scaled(forms.of(instr.args[0]), -1) if stays_within(instr.type, -fact.hi, -fact.lo) else None


def _times(instr: Instr, value: Value, factor: int, forms: Forms) -> Form | None:
    fact = interval(value)
    ends = (fact.lo * factor, fact.hi * factor)
    if factor == 0 or not stays_within(instr.type, min(ends), max(ends)):
        return None
    return scaled(forms.of(value), factor)


def _mul(instr: Instr, forms: Forms) -> Form | None:
    for value, other in (instr.args, instr.args[::-1]):
        factor = other.fact.constant
        if factor is not None:
            return _times(instr, value, int(factor), forms)
    return None


def _shl(instr: Instr, forms: Forms) -> Form | None:
    amount = instr.args[1].fact.constant
    if amount is None or not 0 <= amount <= _LARGEST_SHIFT:
        return None
    return _times(instr, instr.args[0], 1 << int(amount), forms)


def _convert(instr: Instr, forms: Forms) -> Form | None:
    value = instr.args[0]
    if not isinstance(value.fact, IntFact) or not stays_within(instr.type, value.fact.lo, value.fact.hi):
        return None
    return forms.of(value)


def _dim(instr: Instr, forms: Forms) -> Form | None:
    assert isinstance(instr.aux, int)
    return forms.length(instr.args[0], instr.aux)


_SUMS: Final[dict[Op, Callable[[Instr, Forms], Form | None]]] = {
    OPS["add"]: _add,
    OPS["sub"]: _sub,
    OPS["neg"]: _neg,
    _MUL: _mul,
    OPS["shl"]: _shl,
    CONVERT: _convert,
    DIM: _dim,
}


def _multiple(left: Form, right: Form) -> Form | None:
    """The product, if a factor is a constant other than zero."""
    if not left.terms and left.constant:
        return scaled(right, left.constant)
    return scaled(left, right.constant) if not right.terms and right.constant else None


def _shifted(left: Form, right: Form) -> Form | None:
    return scaled(left, 1 << right.constant) if not right.terms and 0 <= right.constant <= _LARGEST_SHIFT else None


_UNWRAPPED: Final[dict[Op, Callable[..., Form | None]]] = {
    _ADD: added,
    _SUB: difference,
    OPS["neg"]: lambda form: scaled(form, -1),
    _MUL: _multiple,
    OPS["shl"]: _shifted,
}
