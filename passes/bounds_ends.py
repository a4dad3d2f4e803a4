"""Where a search ends at once: sums of values that nothing but their intervals tells of.

Most questions that fail come to sums like `i - j`, where nobody has compared `i` or `j` with anything: no inequality
speaks of them, and no rule of the operations that made them. That is seen by a look into the tables, where trying all
that could be done takes twenty times as long.

Requires: that the intervals have been asked. Complexity: constant.
"""

from __future__ import annotations

from ssair.ir import Block, Instr, Param, Value
from ssair.ops import OPS
from ssair.passes.bounds_elements import is_element
from ssair.passes.bounds_forms import Atom, Element, Form, Forms, Terms, defining_value
from ssair.passes.bounds_joins import Joins
from ssair.passes.bounds_products import Products
from ssair.passes.bounds_relations import Inequality, Place, Relations, speaks_of
from ssair.passes.bounds_rules import CHOICES, statements

#: The operations that are looked into by what is known at a place.
_LOOKED_INTO = frozenset(OPS[name] for name in ("add", "sub", "neg", "mul", "shl", "floordiv", "div_trunc"))


class Ends:
    """The dead ends of one function."""

    def __init__(self, entry: Block, forms: Forms, relations: Relations, products: Products, joins: Joins) -> None:
        self.forms = forms
        self.relations = relations
        self.products = products
        self.joins = joins
        self._entry = entry
        #: By atom and sign, whether its making may tell something.
        self._telling: dict[tuple[Atom, bool], bool] = {}
        self._statements: dict[Value, list[Inequality]] = {}

    def is_one(self, terms: Terms, bound: int, place: Place) -> bool:
        """Whether nothing can be done about a sum that intervals do not show to be within its bound."""
        for atom, factor in terms:
            if self._may_tell(atom, factor > 0) or self.relations.speak_of(place, atom, factor > 0):
                return False
        return not self.relations.may_be_apart(terms, bound + 1) and not any(
            self.joins.tells(join, entry, terms)
            for join in self.joins.above(terms, place.block)
            for entry in self.joins.edges(join)
        )

    def is_silent(self, atom: Atom, sign: bool, place: Place) -> bool:
        """Whether nothing but its interval tells of an atom with this sign at a place, edges into joins aside."""
        if self._may_tell(atom, sign) or self.relations.may_be_apart_from(atom):
            return False
        return not self.relations.speak_of(place, atom, sign)

    def said_by_operation(self, value: Value) -> list[Inequality]:
        """What the operation of a value says of it that its fact does not."""
        known = self._statements.get(value)
        if known is None:
            known = [
                Inequality(form.terms, -form.constant, None)
                for form in statements(value, self.forms)
                if self.relations.is_news(form)
            ]
            self._statements[value] = known
        return known

    def _may_tell(self, atom: Atom, sign: bool) -> bool:
        """Whether what an atom is made of may tell something: asked once, and again of the factors of products."""
        known = self._telling.get((atom, sign))
        if known is None:
            known = self._telling[atom, sign] = self._is_telling(atom, sign)
        form = Form(((atom, 1),), 0)
        return known or self.products.have_square(form) or (not sign and self.products.have_factor(form))

    def _is_telling(self, atom: Atom, sign: bool) -> bool:
        value = defining_value(atom)
        if isinstance(atom, Element) or (isinstance(value, Param) and value.block is not self._entry):
            return True
        if not isinstance(atom, Instr):
            return False
        if atom.op in _LOOKED_INTO or atom.op in CHOICES or is_element(atom):
            return True
        return any(speaks_of(said, atom, sign) for said in self.said_by_operation(atom))
