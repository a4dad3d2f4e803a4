"""THE table of operations, from which printer, parser, verifier, interpreter, value keys, folding and backend derive.

A row gives the name, the operand count, the effects, whether the first two operands commute, a cost (in units of an
integer addition, for motion and if-conversion), what the immediate (`aux`) is, the type rule (`ssair.type_rules`) and
the fact rule (`ssair.transfer`). The run-time meaning stands beside it in `ssair.semantics` (it needs NumPy), keyed by
the same names; a test holds the two together. Adding an operation is a row here, its meaning there, its emission in the
backend's table, and its test.

Arithmetic, comparisons, conversions and checks are elementwise: they take scalars, arrays of one rank, and arrays with
scalars; an operand of another shape than the first array's is fitted to it (`semantics.fit`; where one has no elements,
the result has none), which never happens behind the `check_equal` that a front end emits.

Pure operations are total, so that moving one never traps: integer `x // 0` is x, `x % 0` is 0, `index` and `update`
clamp (on an empty array they give zero and the array itself), conversions saturate and take NaN to 0, a negative
integer exponent counts as 0, shifts by the width or more (or by a negative amount) give what is left when every bit has
gone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, Flag
from typing import Final

from ssair import transfer, type_rules
from ssair import transfer_arrays as arrays
from ssair import transfer_refinements as refinements
from ssair.facts import Fact
from ssair.type_rules import TypeFault, TypeRule
from ssair.types import BOOL, I64, Type, is_float, is_numeric


class Effects(Flag):
    """What an operation does besides giving its result."""

    PURE = 0
    TRAPS = 1
    READS = 2
    WRITES = 4
    IO = 8
    CALL = 16
    #: Gives its first operand, with more known of it; pinned to the place where that knowledge holds.
    REFINES = 32


class Aux(Enum):
    """What an operation's immediate is."""

    NONE = "none"
    CONSTANT = "constant"  # a bool, int, float or ArrayConstant
    PREDICATE = "predicate"  # one of PREDICATES
    NUMBER = "number"  # a dimension, or the place in a tuple
    SITE = "site"  # an index into the module's trap table
    PIECES = "pieces"  # the text around the printed values, one piece more than operands
    FUNCTION = "function"  # the name of the function called


FactRule = Callable[[Type, Sequence[Fact], object], Fact]


@dataclass(frozen=True, slots=True, eq=False)
class Op:
    """One row of the table. `arity` counts operands; a negative one, -n, means n - 1 or more."""

    name: str
    arity: int
    type_rule: TypeRule
    fact_rule: FactRule
    effects: Effects = Effects.PURE
    commutative: bool = False
    cost: int = 1
    aux: Aux = Aux.NONE
    #: Whether the result's type does not follow from the operands' and must be given.
    typed: bool = False
    pure: bool = False
    refines: bool = False
    traps: bool = False

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<op {self.name}>"

    def __deepcopy__(self, memo: object) -> Op:
        return self

    def __reduce__(self) -> tuple[object, ...]:
        return (_op_named, (self.name,))

    def takes(self, count: int) -> bool:
        """Whether the operation takes `count` operands."""
        return count == self.arity if self.arity >= 0 else count >= -self.arity - 1

    def result_type(self, types: Sequence[Type], given: Type | None = None) -> Type:
        """The type of the result on operands of `types`; TypeFault if it takes no such operands."""
        if not self.takes(len(types)):
            raise TypeFault(f"{self.name} takes {self._arity_text()} operands, not {len(types)}")
        if self.typed and given is None:
            raise TypeFault(f"{self.name} needs its type given")
        return self.type_rule(types, given)

    def _arity_text(self) -> str:
        return str(self.arity) if self.arity >= 0 else f"{-self.arity - 1} or more"


def _op_named(name: str) -> Op:
    return OPS[name]


# ---- predicates of `refine` ---------------------------------------------------------------------------------------

#: What a `refine` may state; `n` before a name is its negation, which on floats is true of NaN.
PREDICATES: Final = ("eq", "ne", "lt", "le", "gt", "ge", "nlt", "nle", "ngt", "nge")
_INTEGER_NEGATION: Final = {"eq": "ne", "ne": "eq", "lt": "ge", "le": "gt", "gt": "le", "ge": "lt"}
_FLOAT_NEGATION: Final = {"eq": "ne", "ne": "eq", "lt": "nlt", "le": "nle", "gt": "ngt", "ge": "nge"}
_SWAPS: Final = (("eq", "eq"), ("ne", "ne"), ("lt", "gt"), ("le", "ge"), ("nlt", "ngt"), ("nle", "nge"))
#: The predicate that holds of two values the other way round.
SWAPPED: Final = {**dict(_SWAPS), **{after: before for before, after in _SWAPS}}


def negated(predicate: str, type: Type) -> str:
    """The predicate that holds of two values of `type` just where `predicate` (a comparison's name) does not."""
    return (_FLOAT_NEGATION if is_float(type) else _INTEGER_NEGATION)[predicate]


# ---- the table ----------------------------------------------------------------------------------------------------

TRAPS, READS, WRITES, IO, CALL = Effects.TRAPS, Effects.READS, Effects.WRITES, Effects.IO, Effects.CALL
REFINES: Final = Effects.REFINES
OPS: Final[dict[str, Op]] = {}


def _row(
    name: str,
    arity: int,
    type_rule: TypeRule,
    fact_rule: FactRule,
    effects: Effects = Effects.PURE,
    *,
    commutative: bool = False,
    cost: int = 1,
    aux: Aux = Aux.NONE,
    typed: bool = False,
) -> Op:
    pure, refines, traps = effects is Effects.PURE, REFINES in effects, TRAPS in effects
    op = Op(name, arity, type_rule, fact_rule, effects, commutative, cost, aux, typed, pure, refines, traps)
    OPS[name] = op
    return op


# constants and what is known of values
CONST: Final = _row("const", 0, type_rules.as_given, transfer.const, aux=Aux.CONSTANT, typed=True, cost=0)
REFINE: Final = _row("refine", 2, type_rules.refine, refinements.refine, REFINES, aux=Aux.PREDICATE, cost=0)
NARROW: Final = _row("narrow", 1, type_rules.first, transfer.first, REFINES, cost=0)
#: What a check asked, or a branch taught, after it was proved: a relation that nothing states any more but this.
PROVED: Final = _row("proved", 2, type_rules.refine, refinements.refine, REFINES, aux=Aux.PREDICATE, cost=0)

# arithmetic
_row("add", 2, type_rules.numeric, transfer.add, commutative=True)
_row("sub", 2, type_rules.numeric, transfer.sub)
_row("mul", 2, type_rules.numeric, transfer.mul, commutative=True, cost=2)
_row("div", 2, type_rules.floating, transfer.div, cost=8)
_row("floordiv", 2, type_rules.numeric, transfer.floordiv, cost=16)
_row("mod", 2, type_rules.numeric, transfer.mod, cost=16)
_row("div_trunc", 2, type_rules.integer, transfer.div_trunc, cost=10)
_row("rem_trunc", 2, type_rules.integer, transfer.rem_trunc, cost=10)
_row("pow", 2, type_rules.numeric, transfer.power, cost=30)
_row("neg", 1, type_rules.numeric, transfer.neg)
_row("abs", 1, type_rules.numeric, transfer.absolute)
_row("sign", 1, type_rules.numeric, transfer.sign, cost=2)
_row("min", 2, type_rules.numeric, transfer.minimum, commutative=True)
_row("max", 2, type_rules.numeric, transfer.maximum, commutative=True)
_row("and", 2, type_rules.bits, transfer.bit_and, commutative=True)
_row("or", 2, type_rules.bits, transfer.bit_or, commutative=True)
_row("xor", 2, type_rules.bits, transfer.bit_xor, commutative=True)
_row("not", 1, type_rules.boolean, transfer.logical_not)
_row("shl", 2, type_rules.integer, transfer.shift_left)
_row("shr", 2, type_rules.integer, transfer.shift_right)
COMPARISONS: Final = {
    name: _row(name, 2, type_rules.comparison, transfer.comparison(name), commutative=name in ("eq", "ne"))
    for name in ("eq", "ne", "lt", "le", "gt", "ge")
}
_row("select", 3, type_rules.select, transfer.select)
CONVERT: Final = _row("convert", 1, type_rules.convert, transfer.convert, typed=True)
_row("isnan", 1, type_rules.float_test, transfer.isnan)
_row("isinf", 1, type_rules.float_test, transfer.isinf)
_row("floor", 1, type_rules.floating, transfer.rounding, cost=2)
_row("ceil", 1, type_rules.floating, transfer.rounding, cost=2)
_row("round", 1, type_rules.floating, transfer.rounding, cost=2)
_row("sqrt", 1, type_rules.floating, transfer.sqrt, cost=10)
_row("exp", 1, type_rules.floating, transfer.exp, cost=30)
for _name in ("log", "sin", "cos", "tan", "tanh"):
    _row(_name, 1, type_rules.floating, transfer.unknown, cost=30)

# arrays
_row("array", -2, type_rules.literal, transfer.join, cost=20)
_row("full", -3, type_rules.full, transfer.first, cost=50)
_row("iota", 1, type_rules.iota, arrays.iota, cost=50)
DIM: Final = _row("dim", 1, type_rules.dim, arrays.length, aux=Aux.NUMBER, cost=0)
INDEX: Final = _row("index", -3, type_rules.index, arrays.element, cost=4)
UPDATE: Final = _row("update", -4, type_rules.update, arrays.update, cost=50)
_row("sum", 1, type_rules.reduction(is_numeric, "numeric"), arrays.total, cost=50)
_row("prod", 1, type_rules.reduction(is_numeric, "numeric"), transfer.unknown, cost=50)
_row("minimum", 1, type_rules.reduction(is_numeric, "numeric"), arrays.element, cost=50)
_row("maximum", 1, type_rules.reduction(is_numeric, "numeric"), arrays.element, cost=50)
_row("any", 1, type_rules.reduction(lambda type: type is BOOL, "bool"), transfer.unknown, cost=50)
_row("all", 1, type_rules.reduction(lambda type: type is BOOL, "bool"), transfer.unknown, cost=50)
_row("argmin", 1, type_rules.reduction(is_numeric, "numeric", I64, 1), arrays.position, cost=50)
_row("argmax", 1, type_rules.reduction(is_numeric, "numeric", I64, 1), arrays.position, cost=50)
_row("dot", 2, type_rules.dot, transfer.unknown, cost=100)
_row("matmul", 2, type_rules.matmul, transfer.unknown, cost=500)
_row("transpose", 1, type_rules.transpose, transfer.first, cost=50)
_row("reverse", 1, type_rules.reverse, transfer.first, cost=50)

# checks: each gives its first operand, refined; `aux` is the site
_CHECK: Final = TRAPS | REFINES
#: Of an index and a length.
CHECK_INDEX: Final = _row("check_index", 2, type_rules.two_i64, refinements.check_index, _CHECK, aux=Aux.SITE)
# of a divisor and a dividend
_row("check_nonzero", 2, type_rules.check_integers, refinements.check_nonzero, _CHECK, aux=Aux.SITE)
_row("check_exponent", 2, type_rules.check_integers, refinements.check_exponent, _CHECK, aux=Aux.SITE)  # exponent, base
_row("check_convert_i32", 1, type_rules.check_float, refinements.check_convert_i32, _CHECK, aux=Aux.SITE)
_row("check_convert_i64", 1, type_rules.check_float, refinements.check_convert_i64, _CHECK, aux=Aux.SITE)
_row("check", 1, type_rules.check_bool, refinements.check, _CHECK, aux=Aux.SITE)
_row("check_nonempty", 1, type_rules.two_i64, refinements.check_nonempty, _CHECK, aux=Aux.SITE)  # number of elements
_row("check_equal", 2, type_rules.two_i64, refinements.check_equal, _CHECK, aux=Aux.SITE)  # two sizes
_row("check_at_least", 2, type_rules.two_i64, refinements.check_at_least, _CHECK, aux=Aux.SITE)  # size, least size

# calls and output
PRINT: Final = _row("print", -1, type_rules.printed, transfer.nothing, IO, aux=Aux.PIECES, cost=1000)
#: A `print` that shows the digits of floats as `ssair.exact_decimals` gives them.
PRINT_EXACT: Final = _row("print_exact", -1, type_rules.printed, transfer.nothing, IO, aux=Aux.PIECES, cost=1000)
PRINTS: Final = (PRINT, PRINT_EXACT)
CALL_OP: Final = _row("call", -1, type_rules.as_given, transfer.unknown, CALL, aux=Aux.FUNCTION, typed=True, cost=1000)
GET: Final = _row("get", 1, type_rules.get, transfer.unknown, aux=Aux.NUMBER, typed=True, cost=0)

# memory: `memory` is the version at its place; what writes gives the version after it; a load is keyed on one
_row("memory", 0, type_rules.memory, transfer.nothing, READS | WRITES, cost=0)
_row("alloc", 1, type_rules.alloc, transfer.nothing, TRAPS | WRITES, typed=True, cost=100)
_row("load", 2, type_rules.load, transfer.unknown, TRAPS | READS, cost=4)
_row("store", 3, type_rules.store, transfer.nothing, TRAPS | WRITES, cost=4)
_row("free", 2, type_rules.free, transfer.nothing, TRAPS | WRITES, cost=100)
_row("ptradd", 2, type_rules.ptradd, transfer.nothing)


# ---- terminators --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class TerminatorOp:
    """How a block may end: operand count and successor count (negative n: -n - 1 or more)."""

    name: str
    arity: int
    edges: int
    #: Whether the parameters of the targets are bound by the terminator and not by block arguments.
    binds: bool = False

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<terminator {self.name}>"

    def __deepcopy__(self, memo: object) -> TerminatorOp:
        return self

    def __reduce__(self) -> tuple[object, ...]:
        return (_terminator_named, (self.name,))


def _terminator_named(name: str) -> TerminatorOp:
    return TERMINATORS[name]


TERMINATORS: Final = {
    row.name: row
    for row in (
        TerminatorOp("jump", 0, 1),
        TerminatorOp("branch", 1, 2),
        TerminatorOp("switch", 1, -2),  # aux: the case of each edge but the last, which is the default
        TerminatorOp("return", -1, 0),
        # extents, then the lengths of the yielded arrays, value by value (aux: the number of extents, if there are
        # such lengths: an empty comprehension still has the shape of its elements); body, exit
        TerminatorOp("forall", -2, 2, binds=True),
        TerminatorOp("yield", -2, 0),
    )
}
JUMP: Final = TERMINATORS["jump"]
BRANCH: Final = TERMINATORS["branch"]
SWITCH: Final = TERMINATORS["switch"]
RETURN: Final = TERMINATORS["return"]
FORALL: Final = TERMINATORS["forall"]
YIELD: Final = TERMINATORS["yield"]

# ---- kinds of traps -----------------------------------------------------------------------------------------------

#: The kinds of traps, each with the built-in exception that it also is and the values that it carries.
TRAP_KINDS: Final[dict[str, tuple[type[Exception], tuple[str, ...]]]] = {
    "index": (IndexError, ("index", "length", "dimension")),
    "divide": (ZeroDivisionError, ("dividend",)),
    "exponent": (ValueError, ("exponent",)),
    "convert": (OverflowError, ("value",)),
    "assert": (AssertionError, ("message",)),
    "empty": (ValueError, ()),
    "size": (ValueError, ("size", "wanted")),
}
#: The kind of trap that each check reports.
CHECK_KINDS: Final = {
    "check_index": "index",
    "check_nonzero": "divide",
    "check_exponent": "exponent",
    "check_convert_i32": "convert",
    "check_convert_i64": "convert",
    "check": "assert",
    "check_nonempty": "empty",
    "check_equal": "size",
    "check_at_least": "size",
}
