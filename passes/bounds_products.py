"""Products of two values that are no constants, as inequalities between sums: what flattened indices need.

    rows * cols <= k,  i < rows,  j < cols          i * cols + j <= (rows - 1) * cols + j < rows * cols <= k
    q = n // width,  i < q,  j < width              i * width + j <= q * width - width + j < n
    k < rows * cols                                 k // cols < rows
    p * p < n                                       p <= p * p < n, and p is at most the root of what n is at most

What a product is said to be at most is another value, which bounds what shares its factor (a `Ceiling`: `u * factor` is
at most this): another product, or the dividend of a quotient. Integers wrap: a product is a number like others only if
intervals prove that it does not, if it is one of the dimensions of one array (of which none has more elements than
`MAX_LENGTH`), if it is between zero and a ceiling, or if it is the square of a number of half as many bits.

Every rule asks questions that the prover answers; the search is bounded by its steps and by `MOST_CEILINGS`.
Complexity: built in one sweep, as far as somebody asks; an atom has at most a constant number of rules.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final, NamedTuple

from ssair.dominators import DominatorTree
from ssair.ir import Block, Instr, Value
from ssair.ops import OPS
from ssair.passes.bounds_forms import Atom, Dim, Form, Forms, added, difference, interval, scaled, stays_within
from ssair.passes.bounds_relations import MOST_SCANNED, Inequality, Place
from ssair.types import I64, integer_range, is_integer, rank

#: How many products or quotients that share a factor are looked at for one atom, the nearest first.
MOST_CEILINGS: Final = 3
_MOST_FACTORS: Final = 8
_MUL: Final = OPS["mul"]
_QUOTIENTS: Final = frozenset({OPS["floordiv"], OPS["div_trunc"]})

#: Whether a form is at most zero at the place that a question is about.
Holds = Callable[[Form], bool]
#: The most that an atom is, by what is said of it there.
Most = Callable[[Atom], int]


class _Ceiling(NamedTuple):
    """`times * factor` is at most `bound`, where `maker` has been computed and `factor` is positive."""

    times: Form
    bound: Form
    maker: Instr
    block: Block
    position: int


class Products:
    """The products and quotients of one function."""

    def __init__(self, tree: DominatorTree, forms: Forms) -> None:
        self.tree = tree
        self.forms = forms
        #: By the form of the factor or divisor.
        self._ceilings: dict[Form, list[_Ceiling]] = {}
        #: The ceilings that are squares, by the form of the factor.
        self._squares: dict[Form, list[_Ceiling]] = {}
        #: How many blocks of the tree's preorder have been swept.
        self._swept = 0

    def _sweep_to(self, number: int) -> None:
        """Find what there is in the block of this preorder number and in those before it."""
        while self._swept <= number:
            block = self.tree.preorder[self._swept]
            self._swept += 1
            for position, instr in enumerate(block.instrs):
                if instr.op is _MUL or instr.op in _QUOTIENTS:
                    self._learn(instr, block, position)

    def _learn(self, instr: Instr, block: Block, position: int) -> None:
        if not is_integer(instr.type) or any(value.fact.constant is not None for value in instr.args):
            return
        forms = self.forms
        left, right = instr.args
        if instr.op is _MUL:
            for times, factor in ((left, right), (right, left)):
                ceiling = _Ceiling(forms.of(times), forms.of(instr), instr, block, position)
                self._ceilings.setdefault(forms.of(factor), []).append(ceiling)
            if ceiling.times == forms.of(left):
                self._squares.setdefault(ceiling.times, []).append(ceiling)
        elif interval(left).lo >= 0:
            ceiling = _Ceiling(forms.of(instr), forms.of(left), instr, block, position)
            self._ceilings.setdefault(forms.of(right), []).append(ceiling)

    def have_factor(self, factor: Form) -> bool:
        """Whether something as far as the sweep has come is a product with this factor."""
        return factor in self._ceilings

    def have_square(self, factor: Form) -> bool:
        """Whether something as far as the sweep has come is the square of this."""
        return factor in self._squares

    def said(self, place: Place, atom: Atom, is_upper: bool, holds: Holds, most: Most) -> Iterator[Inequality]:
        """Inequalities in which `atom` has a positive factor (`is_upper`) or a negative one, as they are proved."""
        number = self.tree.interval(place.block)[0]
        if number >= self._swept:
            self._sweep_to(number)
        if not self._ceilings:
            return
        form = Form(((atom, 1),), 0)
        if form in self._squares:
            yield from self._of_root(place, form, is_upper, holds, most)
        if not is_upper:
            yield from self._at_least_one(place, form, holds)
        if isinstance(atom, Instr) and atom.op is _MUL:
            yield from self._of_product(place, atom, is_upper, holds)
        elif is_upper and isinstance(atom, Instr) and atom.op in _QUOTIENTS:
            yield from self._of_quotient(place, atom, holds)

    # ---- the rules --------------------------------------------------------------------------------------------------

    def _of_product(self, place: Place, product: Instr, is_upper: bool, holds: Holds) -> Iterator[Inequality]:
        """A product with one factor that is not negative, by what the other factor is at most or at least."""
        for times, factor in (product.args, product.args[::-1]):
            if factor.fact.constant is not None or times.fact.constant is not None:
                continue
            if not holds(scaled(self.forms.of(factor), -1)):
                continue
            if is_upper:
                yield from self._below_ceilings(place, product, times, factor, holds)
            elif self._is_exact(product, holds) or self._is_below_ceiling(place, product, times, factor, holds):
                yield from self._above_floors(product, times, factor, holds)

    def _below_ceilings(
        self, place: Place, product: Instr, times: Value, factor: Value, holds: Holds
    ) -> Iterator[Inequality]:
        """`product <= bound - short * factor`, where `times` is `short` less than what the bound is made of."""
        form, own = self.forms.of(times), self.forms.of(product)
        for ceiling in self._ceilings_at(place, product, factor, holds):
            if not self._is_exact(product, holds) and not holds(scaled(form, -1)):
                continue
            for short in (1, 0):
                if holds(_plus(difference(form, ceiling.times), short)):
                    below = difference(own, ceiling.bound)
                    yield _inequality(added(below, scaled(self.forms.of(factor), short)) if short else below)
                    break

    def _above_floors(self, product: Instr, times: Value, factor: Value, holds: Holds) -> Iterator[Inequality]:
        """A product that does not wrap is at least its factor, or zero; of factors that are not negative."""
        own = self.forms.of(product)
        if holds(_plus(scaled(self.forms.of(times), -1), 1)):
            yield _inequality(difference(self.forms.of(factor), own))
        elif holds(scaled(self.forms.of(times), -1)):
            yield _inequality(scaled(own, -1))

    def _of_quotient(self, place: Place, quotient: Instr, holds: Holds) -> Iterator[Inequality]:
        """A quotient is less than what its dividend is less than the product of with the divisor."""
        dividend, divisor = quotient.args
        if interval(dividend).lo < 0 or not holds(_plus(scaled(self.forms.of(divisor), -1), 1)):
            return
        for ceiling in self._ceilings_at(place, quotient, divisor, holds):
            if ceiling.maker.op is not _MUL:
                continue
            for short in (1, 0):
                if holds(_plus(difference(self.forms.of(dividend), ceiling.bound), short)):
                    yield _inequality(_plus(difference(self.forms.of(quotient), ceiling.times), short))
                    break

    def _at_least_one(self, place: Place, factor: Form, holds: Holds) -> Iterator[Inequality]:
        """A factor that is not negative is at least one where a product of it is, whether that wraps or not."""
        for ceiling in self._nearest(place, factor, None):
            is_product = ceiling.maker.op is _MUL
            if is_product and holds(scaled(factor, -1)) and holds(_plus(scaled(ceiling.bound, -1), 1)):
                yield _inequality(_plus(scaled(factor, -1), 1))
                return

    def _of_root(self, place: Place, root: Form, is_upper: bool, holds: Holds, most: Most) -> Iterator[Inequality]:
        """No number is further from zero than its square, nor than the root of what that is at most."""
        distance = root if is_upper else scaled(root, -1)
        for square in self._nearest(place, root, None, self._squares):
            if not self._is_exact(square.maker, holds):
                continue
            yield _inequality(difference(distance, square.bound))
            atom = square.maker
            if square.bound == Form(((atom, 1),), 0):
                yield _inequality(_plus(distance, -math.isqrt(max(most(atom), 0))))

    # ---- what does not wrap -----------------------------------------------------------------------------------------

    def _is_exact(self, product: Instr, holds: Holds) -> bool:
        """Whether a product does not wrap: by intervals, as the size of an array, as the square of a small number."""
        left, right = map(interval, product.args)
        ends = [x * y for x in (left.lo, left.hi) for y in (right.lo, right.hi)]
        if stays_within(product.type, min(ends), max(ends)) or self._is_of_dimensions(product, holds):
            return True
        root, other = map(self.forms.of, product.args)
        if root != other:
            return False
        farthest = math.isqrt(integer_range(product.type)[1])
        return holds(_plus(root, -farthest)) and holds(_plus(scaled(root, -1), -farthest))

    def _is_of_dimensions(self, product: Instr, holds: Holds) -> bool:
        """Whether all factors are lengths of different dimensions of one array whose other dimensions are not empty."""
        if product.type is not I64:
            return False
        found: dict[Atom, Dim] = {}
        work: list[Value] = [product]
        for _ in range(_MOST_FACTORS):
            if not work:
                return self._are_of_one_array(list(found.values()), holds)
            form = self.forms.of(work.pop())
            if len(form.terms) != 1 or form.constant or form.terms[0][1] != 1:
                return False
            atom = form.terms[0][0]
            if isinstance(atom, Instr) and atom.op is _MUL:
                work += atom.args
            elif isinstance(atom, Dim) and atom not in found:
                found[atom] = atom
            else:
                return False
        return False

    def _are_of_one_array(self, dims: list[Dim], holds: Holds) -> bool:
        source = dims[0].source
        numbers = {dim.number for dim in dims if dim.source is source}
        if len(numbers) < len(dims):
            return False
        others = [number for number in range(rank(source.type)) if number not in numbers]
        return all(holds(_plus(scaled(self.forms.length(source, number), -1), 1)) for number in others)

    def _is_below_ceiling(self, place: Place, product: Instr, times: Value, factor: Value, holds: Holds) -> bool:
        """Whether a product is between zero and a ceiling, so that it does not wrap; `factor` is not negative."""
        form = self.forms.of(times)
        return holds(scaled(form, -1)) and any(
            holds(difference(form, ceiling.times)) for ceiling in self._ceilings_at(place, product, factor, holds)
        )

    # ---- ceilings ---------------------------------------------------------------------------------------------------

    def _ceilings_at(self, place: Place, asking: Instr, factor: Value, holds: Holds) -> Iterator[_Ceiling]:
        """The ceilings over multiples of `factor` at a place: where it is zero, so are products."""
        for ceiling in self._nearest(place, self.forms.of(factor), asking):
            if ceiling.maker.op is _MUL:
                if self._is_exact(ceiling.maker, holds):
                    yield ceiling
            elif holds(_plus(scaled(self.forms.of(factor), -1), 1)):  # a quotient by zero is the dividend
                yield ceiling

    def _nearest(
        self, place: Place, factor: Form, asking: Instr | None, ceilings: dict[Form, list[_Ceiling]] | None = None
    ) -> Iterator[_Ceiling]:
        left = MOST_CEILINGS
        found = (self._ceilings if ceilings is None else ceilings).get(factor, ())
        for ceiling in islice(reversed(found), MOST_SCANNED):
            if ceiling.maker is not asking and self._is_at(ceiling, place):
                yield ceiling
                left -= 1
                if not left:
                    return

    def _is_at(self, ceiling: _Ceiling, place: Place) -> bool:
        if ceiling.block is place.block:
            return ceiling.position < place.position
        return self.tree.dominates(ceiling.block, place.block)


def _plus(form: Form, constant: int) -> Form:
    return Form(form.terms, form.constant + constant)


def _inequality(form: Form) -> Inequality:
    """`form <= 0`, which follows from what operations compute."""
    return Inequality(form.terms, -form.constant, None)
