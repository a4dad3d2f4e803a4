"""What is known of two values together: relations that refinements and checks state, and shapes that arrays share.

A version of a value carries the relations of the refinements that it went through; the index of a comprehension is
below its extent. Facts (intervals) are the caller's to ask first. Looks `FAR` refinements up, so that a question
takes constant time; what lies further, and what follows only by way of a third value, is for the `bounds` pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from ssair.cfg import has_comprehensions
from ssair.ir import Function, Instr, Value
from ssair.ops import FORALL, OPS, PROVED, REFINE, SWAPPED, Op
from ssair.types import ArrayType

FAR: Final = 32

#: Operations whose result has the shape of their first array operand.
KEEPS_SHAPE: Final = frozenset(
    OPS[name]
    for name in (
        *("add", "sub", "mul", "div", "floordiv", "mod", "div_trunc", "rem_trunc", "pow", "neg", "abs", "sign"),
        *("min", "max", "and", "or", "xor", "not", "shl", "shr", "eq", "ne", "lt", "le", "gt", "ge", "select"),
        *("convert", "isnan", "isinf", "floor", "ceil", "round", "sqrt", "exp", "log", "sin", "cos", "tan", "tanh"),
        *("update", "reverse"),
    )
)
#: What a check says of its first operand and its second.
_STATED: Final[dict[Op, str]] = {
    OPS["check_index"]: "lt",
    OPS["check_equal"]: "eq",
    OPS["check_at_least"]: "ge",
}
#: The comparisons that are true where a relation holds, and those that are false; also of floats.
_IMPLIES: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "eq": (("eq", "le", "ge"), ("ne", "lt", "gt")),
    "ne": (("ne",), ("eq",)),
    "lt": (("lt", "le", "ne"), ("gt", "ge", "eq")),
    "le": (("le",), ("gt",)),
    "gt": (("gt", "ge", "ne"), ("lt", "le", "eq")),
    "ge": (("ge",), ("lt",)),
    "nlt": ((), ("lt",)),
    "nle": ((), ("le", "lt", "eq")),
    "ngt": ((), ("gt",)),
    "nge": ((), ("ge", "gt", "eq")),
}


class KnownRelations:
    """Answers questions about values of one function."""

    def __init__(self, function: Function, origin: Callable[[Value], Value]) -> None:
        """`origin` strips refinements, in constant time."""
        self.origin = origin
        #: Of which origins something is stated together; for membership only.
        self._related: set[tuple[Value, Value]] = set()
        self._extents: dict[Value, Value] = {}
        self._lengths: dict[Value, tuple[Value, ...]] = {}
        self._shaped_like: dict[Value, Value] = {}
        for block in function.blocks if has_comprehensions(function) else ():
            if block.end.op is FORALL:
                body, exit = block.successors()
                self._extents.update(zip(body.params, block.end.extents, strict=True))
                self._lengths.update(dict.fromkeys(exit.params, block.end.extents))

    def learn(self, refinement: Instr) -> None:
        """Take note of what an instruction that refines states; who asks for the truth has let all such be noted."""
        if len(refinement.args) == 2:
            value, other = refinement.args
            origin, other_origin = self.origin(value), self.origin(other)
            self._related.add((origin, other_origin))
            self._related.add((other_origin, origin))

    def length_of_result(self, array: Value, dimension: int) -> Value | None:
        """The extent that a comprehension gave to a dimension of its result `array`; None of other arrays."""
        extents = self._lengths.get(array, ())
        return extents[dimension].find() if dimension < len(extents) else None

    def shape_source(self, array: Value) -> Value:
        """The array whose shape `array` has, as far up as operations keep the shape; found once a value."""
        path: list[Value] = []
        step = self.origin(array)
        while step not in self._shaped_like and isinstance(step, Instr) and step.op in KEEPS_SHAPE:
            path.append(step)
            step = self.origin(next(arg for arg in step.args if isinstance(arg.type, ArrayType)))
        source = self._shaped_like.get(step, step)
        for value in path:
            self._shaped_like[value] = source
        return source

    def same(self, left: Value, right: Value) -> bool:
        """Whether two values are versions of one."""
        return self.origin(left) is self.origin(right)

    def truth(self, left: Value, comparison: str, right: Value, *, promises: bool = True) -> bool | None:
        """Whether `left COMPARISON right` holds, as far as relations say.

        Without `promises`, only relations that an edge or a check states are used: what folds a comparison that may
        itself justify refinements needs them justified by something else.
        """
        origin, other_origin = self.origin(left), self.origin(right)
        if not self.speak_of(origin, other_origin):
            return None
        for value, wanted, swapped in ((left, other_origin, False), (right, origin, True)):
            for predicate, stated in self.stated(value, promises):
                if self.origin(stated) is wanted:
                    true, false = _IMPLIES[SWAPPED[predicate] if swapped else predicate]
                    if comparison in true:
                        return True
                    if comparison in false:
                        return False
        return None

    def speak_of(self, left: Value, right: Value) -> bool:
        """Whether a relation of two origins may be known, which is seen without a walk over their versions."""
        if (left, right) in self._related:
            return True
        return bool(self._extents) and (left in self._extents or right in self._extents)

    def stated(self, value: Value, promises: bool = True) -> Iterator[tuple[str, Value]]:
        """What the refinements of a version say of it: predicates, each with its other side."""
        value = value.find()
        for _ in range(FAR):
            if not isinstance(value, Instr) or not value.op.refines:
                extent = self._extents.get(value)
                if extent is not None:
                    yield "lt", extent
                return
            if value.op is REFINE or (value.op is PROVED and promises):
                assert isinstance(value.aux, str)
                yield value.aux, value.args[1]
            elif value.op in _STATED:
                yield _STATED[value.op], value.args[1]
            value = value.args[0].find()
