"""What the typing rules of operators, built-in functions and control share.

Every method either makes its demand true or reports one fault; an operand whose type is open (a hole, or an
expression that has its fault already) fits every demand.
"""

from __future__ import annotations

from collections.abc import Sequence

from ssair.diagnostics import Span
from ssair.frontends.fun.ast import Expression, Name, OperandDim, SizeCheck
from ssair.frontends.fun.report import Report, shortened
from ssair.frontends.fun.sizes import FAULTY_SIZE, Size, subtract
from ssair.frontends.fun.types import BOOL, F64, FLOATS, I64, INTEGERS, MAXIMUM_RANK, ArrayType, Scalar, TupleType, Type
from ssair.frontends.fun.unify import (
    ALL_SCALARS,
    NUMBERS,
    DimPair,
    Variable,
    dims_of,
    element_of,
    error_type,
    is_open,
    is_scalar,
    prune,
    restrict,
    unify,
)

CHOICE_NAMES: dict[tuple[Scalar, ...], str] = {
    NUMBERS: "numbers",
    INTEGERS: "integers",
    FLOATS: "floats",
    ALL_SCALARS: "scalars",
    (BOOL,): "truth values",
}


def shown(type: Type) -> str:
    """A type as it stands in a message."""
    return shortened(str(prune(type)))


def named(size: Size) -> str:
    """A size as it stands in a message: an expression of the program, a number, or one that has no text."""
    if "?" in str(size):
        return "a size of its own"
    return str(size) if size.constant is not None else f"`{shortened(str(size))}`"


def _likely(type: Type) -> Type:
    return type.default() if isinstance(type, Variable) else type


def common_difference(left: Size, right: Size) -> int | None:
    """`left - right` where that is one number whatever the names stand for, else None.  A faulty size fits any."""
    if left == right or left.is_faulty or right.is_faulty:
        return 0
    return subtract(left, right).constant


_TAKE_APART = "take it apart with `let (a, b) = …`"


class TypingRules:
    """The demands of typing rules, and the report that their faults go to."""

    def __init__(self, report: Report) -> None:
        self.report = report

    def conversion_help(self, wanted: Type, given: Type, expression: Expression | None = None) -> str:
        """How a number or truth value becomes a wanted one, or nothing where a conversion would not help.

        `expression` is what has the type `given`, if one does.
        """
        wanted, given = _likely(element_of(wanted)), _likely(element_of(given))
        if isinstance(given, TupleType) and wanted in ALL_SCALARS and wanted in given.elements:
            return _TAKE_APART
        if wanted is given or wanted not in ALL_SCALARS or given not in ALL_SCALARS:
            return ""
        operand = self.report.text_of(expression.span) if expression is not None else ""
        return f"convert with `{wanted}({operand or '...'})`"

    def common_type_help(self, left: Expression, right: Expression) -> str:
        """How two operands become one type: the narrower one is converted."""
        types = [_likely(element_of(operand.type)) for operand in (left, right)]
        if any(type not in ALL_SCALARS for type in types):
            return ""
        wider = max(types, key=ALL_SCALARS.index)
        narrower, expression = (types[1], right) if types[0] is wider else (types[0], left)
        return self.conversion_help(wider, narrower, expression)

    def require(self, expression: Expression, wanted: Type, role: str, help: str = "") -> None:
        """`expression` must have the type `wanted`, a scalar; `role` says what it is: "a condition"."""
        if not unify(expression.type, wanted, []):
            help = help or self.conversion_help(wanted, expression.type, expression)
            self.report.add(
                "E0301", f"{role} is {shown(wanted)}, but this is {shown(expression.type)}", expression.span, help=help
            )

    def require_integer(self, expression: Expression, role: str) -> bool:
        """`expression` must be an integer scalar of either type."""
        if is_scalar(expression.type) and restrict(expression.type, INTEGERS):
            return True
        help = self.conversion_help(I64, expression.type, expression) if prune(expression.type) in FLOATS else ""
        message = f"{role} is an integer, but this is {shown(expression.type)}"
        self.report.add("E0301", message, expression.span, help=help)
        return False

    def require_size(self, expression: Expression, role: str) -> Size:
        """`expression` must be a size; gives it, or a faulty one after a fault."""
        if is_open(expression.type):
            unify(expression.type, I64, [])
            return FAULTY_SIZE
        if not unify(expression.type, I64, []):
            message = f"{role} is a size, an i64, but this is {shown(expression.type)}"
            self.report.add(
                "E0301", message, expression.span, help=self.conversion_help(I64, expression.type, expression)
            )
        elif expression.size is None:
            self._not_a_size(expression, role)
        else:
            return expression.size
        return FAULTY_SIZE

    def _not_a_size(self, expression: Expression, role: str) -> None:
        message = f"{role} has to be known when the kernel is specialised, but this is found out when it runs"
        help = "sizes are made of numbers, size names, `size` parameters, `len` and `dim` by `+ - * //`"
        notes: list[tuple[str, Span]] = []
        binding = expression.binding if isinstance(expression, Name) else None
        if binding is not None and binding.kind == "parameter":
            notes = [(f"`{shortened(binding.name)}` is an i64 here", binding.span)]
            help = f"declare the parameter as `{shortened(binding.name)}: size`"
        self.report.add("E0403", message, expression.span, notes, help)

    def require_array(
        self, expression: Expression, role: str, rank: int | None = None, help: str = ""
    ) -> ArrayType | None:
        """`expression` must be an array, of that rank if one is given; None after a fault."""
        type = prune(expression.type)
        if isinstance(type, ArrayType) and rank in (None, type.rank):
            return type
        if not is_open(type):
            kind = "an array" if rank is None else f"an array of {rank} dimension{'s' if rank > 1 else ''}"
            self.report.add("E0302", f"{role} is {kind}, but this is {shown(type)}", expression.span, help=help)
        return None

    def require_elements(self, expression: Expression, choices: tuple[Scalar, ...], what: str) -> bool:
        """`expression` must be a scalar of `choices`, or an array of them."""
        element = element_of(expression.type)
        if restrict(element, choices):
            return True
        help = self._help_for(element, choices, what, expression)
        message = f"{what} is for {CHOICE_NAMES[choices]}, but this is {shown(expression.type)}"
        self.report.add("E0302", message, expression.span, help=help)
        return False

    def _help_for(self, element: Type, choices: tuple[Scalar, ...], what: str, expression: Expression) -> str:
        if isinstance(element, TupleType):
            return _TAKE_APART
        if choices == FLOATS and element in INTEGERS:
            advice = "use `//` for integers, or " if what == "`/`" else ""
            return f"{advice}{self.conversion_help(F64, element, expression)}"
        if choices == INTEGERS and element is BOOL:
            logical = {"`&`": "use `&&`", "`|`": "use `||`", "`^`": "use `!=`"}.get(what)
            return logical or self.conversion_help(I64, element, expression)
        if choices == (BOOL,) and element in NUMBERS:
            return f"compare with 0: `{self.report.text_of(expression.span) or '...'} != 0`"
        if what == "`^`" and element in FLOATS:
            return "`^` is exclusive or; a power is written `**`"
        if (choices == INTEGERS and element in FLOATS) or (choices == NUMBERS and element is BOOL):
            return self.conversion_help(I64, element, expression)
        return ""

    def same_elements(self, first: Expression, second: Expression, what: str, span: Span) -> bool:
        """Both must have one element type."""
        if unify(element_of(first.type), element_of(second.type), []):
            return True
        message = f"{what} has {shown(first.type)} on one side and {shown(second.type)} on the other"
        notes = [(f"this is {shown(expression.type)}", expression.span) for expression in (first, second)]
        self.report.add("E0301", message, span, notes, self.common_type_help(first, second))
        return False

    def elementwise(
        self, operands: Sequence[Expression], what: str, span: Span
    ) -> tuple[tuple[Size, ...], tuple[SizeCheck, ...]]:
        """Arrays among the operands must have one shape; gives it, and the checks that are left to run time."""
        arrays = [(place, operand) for place, operand in enumerate(operands) if dims_of(operand.type)]
        if not arrays:
            return (), ()
        first_place, first = arrays[0]
        dims = dims_of(first.type)
        checks: list[SizeCheck] = []
        for place, operand in arrays[1:]:
            if len(dims_of(operand.type)) != len(dims):
                message = f"{what} is for arrays of one shape, or an array and a scalar"
                notes = [(f"this is {shown(each.type)}", each.span) for each in (first, operand)]
                self.report.add("E0301", message, span, notes)
                continue
            for axis, (left, right) in enumerate(zip(dims, dims_of(operand.type), strict=True)):
                places = OperandDim(first_place, (), axis), OperandDim(place, (), axis)
                if self.sizes_may_agree(left, right, what, span, (first, operand)):
                    checks.append(SizeCheck(*places))
        return dims, tuple(checks)

    def sizes_may_agree(
        self, left: Size, right: Size, what: str, span: Span, operands: Sequence[Expression] = ()
    ) -> bool:
        """Two sizes must be equal: False if they are, or if a fault is reported; True if run time has to see."""
        difference = common_difference(left, right)
        if difference == 0:
            return False
        if difference is None:
            return True
        message = f"{what} needs equal lengths, but {named(left)} and {named(right)} always differ by {abs(difference)}"
        notes = [(f"this is {shown(operand.type)}", operand.span) for operand in operands]
        self.report.add("E0401", message, span, notes)
        return False

    def same_shape(self, dims: list[DimPair], message: str, span: Span, notes: list[tuple[str, Span]]) -> None:
        """Dimensions must be the same by their names, as at the sides of an `if`."""
        for pair in dims:
            if common_difference(pair.left, pair.right) != 0:
                text = f"{message}: dimension {pair.axis} is {named(pair.left)} and {named(pair.right)}"
                self.report.add("E0402", text, span, notes)
                return

    def shaped(self, element: Type, dims: tuple[Size, ...], span: Span) -> Type:
        """The array type, or the scalar where there are no dimensions; an open type if it has too many of them."""
        element = prune(element)
        if not dims:
            return element
        if len(dims) > MAXIMUM_RANK:
            self.report.add_first("E0309", f"an array has at most {MAXIMUM_RANK} dimensions, not {len(dims)}", span)
            return error_type()
        if not isinstance(element, Scalar | Variable) or is_open(element):
            return error_type()
        return ArrayType(element, dims)
