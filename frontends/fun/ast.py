"""The syntax tree of Fun, and what the checker guarantees of it.

The parser makes the tree; the checker completes it in place (the slots marked *checker*).  Nodes are compared by
identity.  A tree can be deep without limit (100,000 nested `let`s): walk it with an explicit stack, in the order of
evaluation, which is the order of the fields unless said otherwise.  `children` gives a node's direct expressions.

After `check_program`, for every node:

* `type` is a scalar (`BOOL I32 I64 F32 F64`), an `ArrayType` or a `TupleType` of types.py, without variables.  It is
  never `SIZE`: a value of that type has type `I64`.  Dimensions of array types are sizes over the size names of the
  function that the node is in.
* `size` is not None exactly for an expression of type `I64` that is a *size*, that is, static: a literal, a size name,
  a parameter of type `size`, `len`, `dim`, `+ - * //` of sizes, a name bound by `let` to a size, and a block whose last
  expression is one.  Lengths (`zeros full iota`, the bounds and step of a range in a comprehension or `scan`) and the
  arguments of `size` parameters always are sizes.
* `Name.binding` is the binding that the name means; nobody else needs to think of scopes or shadowing.  Bindings are
  one object a declaration; `Binding.unique` is a name that no other binding of the function has (`x`, `x.1`, …).
* There are no implicit conversions: both operands of an operator have one scalar type (or element type).  Where an
  array meets a scalar the types show it, and no node says so.
* `Literal.value` has its final type: a `bool` for BOOL, an `int` in range for I32 and I64, a `float` for F32 (already
  rounded to a float32) and F64.  The parser has made `-` before a number part of the literal.

Size checks.  `checks` lists the size equalities that are neither proved nor refuted: a `size` trap (values: left,
right) if the two differ when the operation is evaluated, after its operands and before any other check of its own, in
this order.  Each side is a `SizeSource`, and says where the number is found among the operands of the node:
`OperandDim(operand, path, axis)` is a dimension of an operand (`path` leads through nested tuples, mostly empty),
`OperandValue(operand, path)` is an operand that is itself a size, `LiteralSize(value)` a number.  `operand` counts the
node's operands in the order of evaluation: Binary left 0, right 1; Compare by position; BuiltinCall and Call by
argument; ArrayLiteral by element; in `Function.checks` by parameter.  (`Function.checks` is what the entry must test
of its arguments.  A call has tested or proved its own, in `Call.checks`.)

Lengths.  `zeros full iota` trap `size` (values: the length, 0) if a length is negative, `Range` in a comprehension or
`scan` if `high - low` is; but not those where `known_nonnegative` holds (`BuiltinCall`, `Range`).

Forms:

* `Function`: `parameters` have a `binding` each; then `size_names`, the bindings of dimension names that no `size`
  parameter declares, each with the `OperandDim` in `Binding.source` that gives its value.  The value of such a binding
  is used like any other name.  `result` is the type of the body.  `calls` are the `Call` nodes of the body in
  source order.  `component` numbers the strongly connected components of the call graph, callees first: two functions
  call each other exactly if their components are equal and `recursive` holds.
* `Block`: statements, then `body`.  `Let(pattern, value)`; `Assert(condition, message)`; `Print(parts)`.
* A pattern is `NamePattern(binding)`, `Wildcard`, or `TuplePattern(elements)`; the value's type has the same form.
* `If`: `condition` is a scalar BOOL; types of both arms are equal, dimensions included.
* `Loop`: `states` each have a binding and an `initial`; the initials are evaluated in order and do not see them.
  The source is a `While(condition)`, evaluated with the states in scope before each step, or a `For`.  `body` has the
  type of the state: that of the one state, or the tuple of all where there are more; this is also the type of the loop.
  For a `scan` (`is_scan`) the type is that of the arrays of states: a dimension, the number of steps, before the dims
  of each component.  The initials are evaluated before the range or array of `For`, which sees the states neither.
* `For(pattern, iterable)` (loops) and `Clause(pattern, iterable)` (comprehensions): `pattern` is a `NamePattern` or a
  `Wildcard`; `iterable` is a `Range(low, high, step)` (`step` None means 1; all of one integer type, that of the
  index) or an expression of array type, whose elements (rank 1) or rows it gives, in order.
* `Comprehension(body, clauses)`: the iterables are evaluated once, left to right, before the body, and none sees the
  names of another clause.  `lengths` has the size of each dimension.  A body of array type adds its dimensions; one of
  tuple type gives a tuple of arrays.
* `Index(array, indices)`: as many indices as dimensions, or fewer: then a row.  Each index is an I32 or I64 scalar.
* `With(array, indices, value)`: all indices; evaluated in the order array, indices, value.
* `Unary(operator, operand)`: `-` (scalar or array of numbers) and `!` (scalar BOOL).
* `Binary`: `+ - * / // % @ ** & | ^ << >>`.  `Logical`: `&&`, `||` on scalars, short-circuit.
* `Compare(operands, operators)`: one operator between each two operands.  With one operator the operands may be
  arrays (the result is an array of BOOL); more only on scalars, evaluated as in Python: each operand at most once, and
  not past the first link that is false.
* `Call(name, arguments)`: `function` is the `Function` called; `is_tail` holds in tail position.  `unlimited` lists the
  arguments of `size` parameters that may be greater than `facts.MAX_SIZE`: a `size` trap, before `checks`.
* `BuiltinCall(name, arguments)`: `name` is a key of `builtins.BUILTINS`.  `len(xs)`; `dim(a, k)` has a `Literal` k in
  range; `zeros(n, …)`, `full(v, n, …)`, `iota(n)`.
* `Hole`: a typed hole is always an error, and in no checked program.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ssair.diagnostics import Source, Span
from ssair.frontends.fun.sizes import Size
from ssair.frontends.fun.types import UNTYPED, Scalar, Type

NOWHERE = Span(0, 0)


@dataclass(frozen=True, slots=True)
class OperandDim:
    """The length of dimension `axis` of an operand; `path` leads through nested tuples to the array."""

    operand: int
    path: tuple[int, ...]
    axis: int


@dataclass(frozen=True, slots=True)
class OperandValue:
    """The value of an operand (found by `path` in nested tuples) that is a size."""

    operand: int
    path: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class LiteralSize:
    """A size that is written as a number."""

    value: int


SizeSource = OperandDim | OperandValue | LiteralSize


@dataclass(frozen=True, slots=True)
class SizeCheck:
    """Two sizes that must be equal when the operation is evaluated, else it traps `size`."""

    left: SizeSource
    right: SizeSource


@dataclass(slots=True, eq=False)
class Binding:
    """A declared variable.  `kind` is one of `parameter size let state index element`.

    `index` is the name of a range, `element` that of an array's elements, `size` a size name of a dimension.
    """

    name: str
    span: Span
    kind: str
    unique: str = field(init=False, default="")  # checker
    type: Type = field(init=False, default=UNTYPED)  # checker
    size: Size | None = field(init=False, default=None)  # checker
    source: OperandDim | None = field(init=False, default=None)  # checker; of kind `size` only


@dataclass(slots=True, eq=False)
class Node:
    """Anything with a place in the source."""

    span: Span


@dataclass(slots=True, eq=False)
class Expression(Node):
    """An expression; its span leaves out parentheses around it."""

    type: Type = field(init=False, default=UNTYPED)  # checker
    size: Size | None = field(init=False, default=None)  # checker


@dataclass(slots=True, eq=False)
class Literal(Expression):
    """A number or truth value.  `value` is None until the checker has found the type of the number.

    `text` is the number as it is written, without its suffix; a `-` before it is part of it.
    """

    text: str
    suffix: str = ""
    value: bool | int | float | None = field(init=False, default=None)  # checker


@dataclass(slots=True, eq=False)
class StringLiteral(Node):
    """A string with its escapes replaced; only in `print` and `assert`."""

    value: str


@dataclass(slots=True, eq=False)
class Name(Expression):
    """The use of a variable."""

    name: str
    binding: Binding | None = field(init=False, default=None)  # checker


@dataclass(slots=True, eq=False)
class Hole(Expression):
    """A typed hole, `?name`."""

    name: str


@dataclass(slots=True, eq=False)
class Unary(Expression):
    """A prefix operator: `-` or `!`."""

    operator: str
    operand: Expression


@dataclass(slots=True, eq=False)
class Binary(Expression):
    """An arithmetic or bit operator."""

    operator: str
    left: Expression
    right: Expression
    checks: tuple[SizeCheck, ...] = field(init=False, default=())  # checker


@dataclass(slots=True, eq=False)
class Logical(Expression):
    """`&&` or `||`: the right side is evaluated only where the left one does not decide."""

    operator: str
    left: Expression
    right: Expression


@dataclass(slots=True, eq=False)
class Compare(Expression):
    """A comparison or a chain of them; one operator fewer than operands."""

    operands: list[Expression]
    operators: list[str]
    checks: tuple[SizeCheck, ...] = field(init=False, default=())  # checker


@dataclass(slots=True, eq=False)
class If(Expression):
    """`if condition then positive else negative`."""

    condition: Expression
    positive: Expression
    negative: Expression


@dataclass(slots=True, eq=False)
class Pattern(Node):
    """The left side of a `let`."""


@dataclass(slots=True, eq=False)
class NamePattern(Pattern):
    """A name that is bound."""

    binding: Binding


@dataclass(slots=True, eq=False)
class Wildcard(Pattern):
    """`_`: a value that is not used."""


@dataclass(slots=True, eq=False)
class TuplePattern(Pattern):
    """A tuple taken apart; at least two elements."""

    elements: list[Pattern]


@dataclass(slots=True, eq=False)
class Statement(Node):
    """What stands before the `in` of a block."""


@dataclass(slots=True, eq=False)
class Let(Statement):
    """`let pattern = value`."""

    pattern: Pattern
    value: Expression


@dataclass(slots=True, eq=False)
class Assert(Statement):
    """`assert condition` or `assert condition, "message"`."""

    condition: Expression
    message: StringLiteral | None


@dataclass(slots=True, eq=False)
class Print(Statement):
    """`print(part, …)`: one line, parts separated by a space."""

    parts: list[Expression | StringLiteral]


@dataclass(slots=True, eq=False)
class Block(Expression):
    """Statements, then the expression after `in`, which sees what they bind."""

    statements: list[Statement]
    body: Expression


@dataclass(slots=True, eq=False)
class Range(Node):
    """`low..high` or `low..high by step`."""

    low: Expression
    high: Expression
    step: Expression | None
    known_nonnegative: bool = field(init=False, default=False)  # checker; in comprehensions and scans

    @property
    def index_type(self) -> Type:
        """The type of the index: that of both bounds."""
        return self.low.type


@dataclass(slots=True, eq=False)
class State(Node):
    """`name = initial` of a loop."""

    binding: Binding
    initial: Expression


@dataclass(slots=True, eq=False)
class While(Node):
    """`while condition`."""

    condition: Expression


@dataclass(slots=True, eq=False)
class For(Node):
    """`for pattern in iterable` of a loop."""

    pattern: Pattern
    iterable: Range | Expression
    length: Size | None = field(init=False, default=None)  # checker; the number of steps, where it is a size


@dataclass(slots=True, eq=False)
class Loop(Expression):
    """`loop` or, with `is_scan`, `scan`."""

    is_scan: bool
    states: list[State]
    source: While | For
    body: Expression


@dataclass(slots=True, eq=False)
class With(Expression):
    """`array with [indices] = value`."""

    array: Expression
    indices: list[Expression]
    value: Expression


@dataclass(slots=True, eq=False)
class Index(Expression):
    """`array[indices]`."""

    array: Expression
    indices: list[Expression]


@dataclass(slots=True, eq=False)
class Call(Expression):
    """A call of a function of the program."""

    name: str
    name_span: Span
    arguments: list[Expression]
    function: Function | None = field(init=False, default=None)  # checker
    is_tail: bool = field(init=False, default=False)  # checker
    unlimited: tuple[int, ...] = field(init=False, default=())  # checker
    checks: tuple[SizeCheck, ...] = field(init=False, default=())  # checker


@dataclass(slots=True, eq=False)
class BuiltinCall(Expression):
    """A call of a built-in function."""

    name: str
    name_span: Span
    arguments: list[Expression]
    checks: tuple[SizeCheck, ...] = field(init=False, default=())  # checker
    known_nonnegative: bool = field(init=False, default=False)  # checker; of zeros, full and iota


@dataclass(slots=True, eq=False)
class Clause(Node):
    """`pattern in iterable` of a comprehension."""

    pattern: Pattern
    iterable: Range | Expression


@dataclass(slots=True, eq=False)
class Comprehension(Expression):
    """`[body for clause, …]`."""

    body: Expression
    clauses: list[Clause]
    lengths: tuple[Size, ...] = field(init=False, default=())  # checker


@dataclass(slots=True, eq=False)
class ArrayLiteral(Expression):
    """`[a, b, c]`: at least one element, all of one type, scalars or arrays."""

    elements: list[Expression]
    checks: tuple[SizeCheck, ...] = field(init=False, default=())  # checker


@dataclass(slots=True, eq=False)
class Tuple(Expression):
    """`(a, b)`: two elements or more."""

    elements: list[Expression]


@dataclass(slots=True, eq=False)
class TypeNode(Node):
    """A type as it is written."""


@dataclass(slots=True, eq=False)
class ScalarNode(TypeNode):
    """`bool i32 i64 f32 f64 size`."""

    scalar: Scalar


@dataclass(slots=True, eq=False)
class FaultyTypeNode(TypeNode):
    """A type that could not be read; never in a checked program."""


@dataclass(slots=True, eq=False)
class ArrayNode(TypeNode):
    """`[dim, …]element`; each dimension is a size expression."""

    dims: list[Expression]
    element: TypeNode


@dataclass(slots=True, eq=False)
class TupleNode(TypeNode):
    """`(type, …)`."""

    elements: list[TypeNode]


@dataclass(slots=True, eq=False)
class Parameter(Node):
    """`name: annotation`."""

    binding: Binding
    annotation: TypeNode
    type: Type = field(init=False, default=UNTYPED)  # checker; SIZE for a size parameter, whose binding is an I64


@dataclass(slots=True, eq=False)
class Function(Node):
    """`fn name(parameters) -> declared_result = body`."""

    name: str
    name_span: Span
    parameters: list[Parameter]
    declared_result: TypeNode | None
    body: Expression
    size_names: tuple[Binding, ...] = field(init=False, default=())  # checker
    result: Type = field(init=False, default=UNTYPED)  # checker
    checks: tuple[SizeCheck, ...] = field(init=False, default=())  # checker
    calls: list[Call] = field(init=False, default_factory=list)  # parser; in source order
    component: int = field(init=False, default=0)  # checker
    recursive: bool = field(init=False, default=False)  # checker


@dataclass(slots=True, eq=False)
class Program(Node):
    """All functions of a source text, in its order."""

    functions: list[Function]
    source: Source

    def function(self, name: str) -> Function | None:
        """The function of that name, if there is one."""
        return next((function for function in self.functions if function.name == name), None)


def children(node: Node) -> Iterator[Node]:
    """The direct parts of a node in the order of evaluation: expressions, statements, states, clauses, ranges.

    Bindings, patterns, types and strings are not among them.
    """
    match node:
        case Unary():
            yield node.operand
        case Binary() | Logical():
            yield node.left
            yield node.right
        case Compare():
            yield from node.operands
        case If():
            yield node.condition
            yield node.positive
            yield node.negative
        case Let() | State():
            yield node.value if isinstance(node, Let) else node.initial
        case Assert() | While():
            yield node.condition
        case Print():
            yield from (part for part in node.parts if isinstance(part, Expression))
        case Block():
            yield from node.statements
            yield node.body
        case Range():
            yield node.low
            yield node.high
            if node.step is not None:
                yield node.step
        case For() | Clause():
            yield node.iterable
        case Loop():
            yield from node.states
            yield node.source
            yield node.body
        case With():
            yield node.array
            yield from node.indices
            yield node.value
        case Index():
            yield node.array
            yield from node.indices
        case Call() | BuiltinCall():
            yield from node.arguments
        case Comprehension():
            yield from node.clauses
            yield node.body
        case ArrayLiteral() | Tuple():
            yield from node.elements
        case Function():
            yield node.body
        case Program():
            yield from node.functions
        case _:
            return
