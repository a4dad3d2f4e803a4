"""Writes one well-typed expression after another: what all productions of the generator share.

A production is a function of the writer, the type that is wanted and the depth that is left; it
gives Fun text, or nothing if it has no way to make that type here. Every text is closed: a name, a
literal, a call, an index or something in brackets, so that texts compose without precedence.
The depth bounds the recursion, the budget the length of the program.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from ssair.testing.choices import Choices
from ssair.testing.literals import Constant, constant_text, draw_constant
from ssair.testing.scope import Remembered, Scope
from ssair.testing.shapes import ArrayShape, Dimension, Shape

Production = Callable[["Writer", Shape, int], str | None]
Item = TypeVar("Item")

_LONGEST_REMEMBERED = 70
_DEEPEST_LOOP = 2  # five steps in each of three loops are as many as an oracle can afford


class Signature:
    """A function that can be called: its name, parameters and results (more than one is a tuple)."""

    __slots__ = ("bounded", "grouped", "name", "parameters", "results")

    def __init__(
        self, name: str, parameters: Sequence[Shape], results: Sequence[Shape], *, bounded: bool, grouped: bool = False
    ) -> None:
        self.name = name
        self.parameters = tuple(parameters)
        self.results = tuple(results)
        self.bounded = bounded  # the first parameter is the number of steps it takes
        self.grouped = grouped  # all parameters but the first are one tuple

    def call(self, arguments: Sequence[str]) -> str:
        """A call with these arguments."""
        first, *others = arguments
        others = [f"({', '.join(others)})"] if self.grouped else others
        return f"{self.name}({', '.join([first, *others])})"


class Writer:
    """The state of writing one function; `productions` maps a kind of type to weighted productions."""

    def __init__(self, choices: Choices, productions: Mapping[str, Sequence[Production]], *, exact: bool) -> None:
        self.below = choices.below
        self.choices = choices
        self.exact = exact
        self.scope = Scope()
        self.budget = 0
        self.loop_depth = 0
        self.drill = False  # whether the function is one planted rule after another
        self.commuted = ""  # what the production just run offers as its text with operands exchanged
        self.dimensions: list[Dimension] = []  # those that array parameters of this function have
        self.signatures: list[Signature] = []
        self.constants: dict[str, dict[str, Constant]] = {}
        self._productions = productions
        self._named = 0

    # Decisions

    def chance(self, percent: int) -> bool:
        """True in `percent` of 100 cases."""
        return self.below(100) >= 100 - percent

    def pick(self, items: Sequence[Item]) -> Item:
        """One of the items."""
        return items[self.below(len(items))]

    def fresh(self) -> str:
        """A name that the program has not used yet."""
        self._named += 1
        return f"v{self._named}"

    # Expressions

    def expression(self, shape: Shape, depth: int) -> str:
        """An expression of the type, of any kind the budget allows."""
        self.budget -= 1
        if depth <= 0 or self.budget <= 0:
            return self.leaf(shape)
        scope, outer = self.scope, self.scope.high
        scope.high, self.commuted = 0, ""
        table = self._productions[_kind(shape)]
        text = table[self.below(len(table))](self, shape, depth - 1)
        if text is None:
            text = self.leaf(shape)
        elif len(text) <= _LONGEST_REMEMBERED:
            scope.remember(Remembered(shape, text, self.commuted or text, scope.high))
        self.commuted = ""
        scope.high = max(scope.high, outer)
        return text

    def template(self, kind: str, depth: int) -> str:
        """A planted rewrite rule of a scalar type, or a leaf where there is none."""
        return self._productions["template"][kind == "bool"](self, kind, depth) or self.leaf(kind)

    def leaf(self, shape: Shape) -> str:
        """A variable or a constant of the type; for an array without a variable, a filled one."""
        found = self.scope.variables(shape)
        if isinstance(shape, ArrayShape):
            if found and self.below(8) < 7:
                return self.scope.use(found[-1 - self.below(len(found))])
            return self._filled(shape)
        if found and self.below(20) < 17:
            return self.scope.use(found[-1 - self.below(len(found))])
        return self.constant(shape)

    def atom(self, kind: str) -> str:
        """A variable of a scalar type if there is one, else a constant."""
        found = self.scope.variables(kind)
        if found:
            return self.scope.use(found[-1 - self.below(len(found))])
        return self.constant(kind)

    def kind(self, kinds: Sequence[str]) -> str:
        """One of the scalar types, mostly one that a variable has."""
        found = [kind for kind in kinds if self.scope.variables(kind)]
        return self.pick(found if found and self.below(10) < 9 else kinds)

    def constant(self, kind: str) -> str:
        """A constant of a scalar type, special ones among them; the program notes it."""
        value = draw_constant(self.choices, kind, self.exact)
        text = constant_text(kind, value)
        if value == value:
            self.constants.setdefault(kind, {})[text] = value
        return text

    def small(self, limit: int = 6) -> str:
        """An i64 literal of 0 .. limit - 1."""
        return str(self.below(limit))

    def length(self, dimension: Dimension) -> str:
        """A dimension as an expression: as it is, or by a name that a `let` gave to it."""
        found = [alias for alias in self.scope.aliases if alias.dimension == dimension]
        if not found or self.below(2):
            return dimension.text()
        self.scope.use_all(found[-1].needs)
        return found[-1].name

    def index(self, dimension: Dimension) -> str:
        """An index of a dimension: mostly in range, sometimes off by one, rarely anything."""
        known = [
            entry
            for entry in self.scope.ranges
            if entry.bound.name == dimension.name and entry.bound.offset <= dimension.offset
        ]
        way = self.below(16)
        if known and way < 12:
            entry = self.pick(known)
            self.scope.use_all(entry.needs)
            return self._near(entry.name, dimension)
        if way < 13 and not dimension.name:
            return str(self.below(max(dimension.offset, 1)))
        if way < 13:
            return self._reduced(dimension)
        if way == 13:
            return "0"
        return self.atom("i64") if way == 14 else self.small(4)

    def _reduced(self, dimension: Dimension) -> str:
        """A value taken modulo the length; of either integer type where the length is a number."""
        if not dimension.name and dimension.offset > 0 and self.scope.variables("i32") and self.below(2):
            return f"(abs({self.atom('i32')}) % {dimension.text()})"
        return f"(abs({self.atom('i64')}) % {_bracketed(dimension.text())})"

    def _near(self, name: str, dimension: Dimension) -> str:
        """A known index of the dimension, its mirror image, or one beside it, mostly clamped."""
        last, way = dimension.plus(-1).text(), self.below(32)
        if way < 18:
            return name
        if way < 22:
            return f"({last} - {name})"
        if way < 26:
            return f"max({name} - 1, 0)"
        if way < 30:
            return f"min({name} + 1, {last})"
        return f"({name} - 1)" if way == 30 else f"({name} + 1)"

    def _filled(self, shape: ArrayShape) -> str:
        lengths = ", ".join(self.length(dimension) for dimension in shape.dimensions)
        if shape.element == "i64" and len(shape.dimensions) == 1 and self.chance(40):
            return f"iota({lengths})"
        if shape.element == "f64" and self.chance(30):
            return f"zeros({lengths})"
        return f"full({self.leaf(shape.element)}, {lengths})"

    # Scopes

    def may_loop(self) -> bool:
        """Whether a loop may be written here: not too deep, and not at the end of the budget."""
        return self.loop_depth < _DEEPEST_LOOP and self.budget > 0


def _kind(shape: Shape) -> str:
    """The key of the table of productions for a type."""
    if isinstance(shape, ArrayShape):
        return "vector" if len(shape.dimensions) == 1 else "matrix"
    return {"i64": "integer", "i32": "integer", "bool": "bool"}.get(shape, "float")


def _bracketed(text: str) -> str:
    return f"({text})" if " " in text else text
