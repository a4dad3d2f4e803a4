"""A loop-free function of integers as terms of z3: what it gives for all arguments at once.

    summary = encode(function, arguments)    raises Unsupported, with the reason

Blocks are visited in reverse postorder, each with the condition under which it is reached; a block parameter is the
choice among the arguments of the edges taken. A check ends the way that fails it: of all traps and returns just one is
reached, and the summary chooses among them. Lines printed are kept as the history of what was printed, applications of
uninterpreted functions: equal histories are equal applications. Calls are encoded as the bodies of their functions.

Promises (`narrow`, `proved`, facts of parameters) are collected: what the function does where one is broken is
nobody's business. Refinements and checks are their first operands.

Complexity: linear in the function and in the bodies of what it calls, up to `MOST_INSTRUCTIONS`.
Source: Pnueli, Siegel & Singerman, "Translation Validation" (1998); Lopes et al., "Alive2" (2021).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import z3

from ssair.call_graph import callee_of
from ssair.cfg import reverse_postorder
from ssair.facts import BoolFact, Fact, IntFact, top
from ssair.ir import Block, Function, Instr, Terminator, Value
from ssair.ops import BRANCH, CALL_OP, CONST, CONVERT, GET, JUMP, NARROW, PRINTS, PROVED, RETURN, SWITCH
from ssair.traps import MOST_CALLS
from ssair.types import BOOL, ArrayType, ScalarType, Type, element_type, is_float, is_integer
from ssair.validation_terms import BITS, Term, width

#: Beyond this many instructions, bodies of calls included, the solver is not asked.
MOST_INSTRUCTIONS: Final = 400
_MOST_FACTORS: Final = 16
_MOST_DEPTH: Final = 16
#: Reported values are compared in this many bits.
_WIDEST: Final = 64

#: For each check: when it fails, and which of its operands it reports (as `ssair.semantics.CHECKS` has it).
CHECKS: Final[dict[str, tuple[Callable[..., Term], tuple[int, ...]]]] = {
    "check_index": (lambda index, length: z3.Or(index < 0, index >= length), (0, 1)),
    "check_nonzero": (lambda divisor, dividend: divisor == 0, (1,)),
    "check_exponent": (lambda exponent, base: exponent < 0, (0,)),
    "check": (z3.Not, ()),
    "check_nonempty": (lambda count: count < 1, ()),
    "check_equal": (lambda left, right: left != right, (0, 1)),
    "check_at_least": (lambda size, least: size < least, (0, 1)),
}
#: The comparison that each predicate of a refinement is, of integers: the negated ones too.
_COMPARISON: Final = {"nlt": "ge", "nle": "gt", "ngt": "le", "nge": "lt"}


class Unsupported(Exception):
    """A function that is not encoded; the message says why."""


#: Where a trap is reported: the kind, the span, the detail, and the spans of the calls around.
Place = tuple[str, int, int | str | None, tuple[int, ...]]


@dataclass(slots=True)
class Summary:
    """What a function does, by condition: results, traps, what is printed, and the promises that it relies on."""

    #: Under which condition it returns, and the results.
    returns: list[tuple[Term, list[Term]]] = field(default_factory=list)
    #: Under which condition it traps, where, and the values reported.
    traps: list[tuple[Term, Place, list[Term]]] = field(default_factory=list)
    #: The history of what is printed, as it stands at each end.
    printed: list[tuple[Term, Term]] = field(default_factory=list)
    promises: list[Term] = field(default_factory=list)


HISTORY: Final = z3.DeclareSort("History")
_NOTHING_PRINTED: Final = z3.Const("nothing printed", HISTORY)


def variable(name: str, type: Type) -> Term:
    """A value of a type of which nothing is known."""
    _need_integer(type)
    return z3.Bool(name) if type is BOOL else z3.BitVec(name, _bits(type))


def encode(function: Function, arguments: Sequence[Term]) -> Summary:
    """What a function makes of its arguments.

    Raises: Unsupported for loops, calls in a cycle, what is not an integer or a truth value, and too much of it.
    """
    encoding = _Encoding()
    summary = encoding.summary
    for param, argument in zip(function.params, arguments, strict=True):
        encoding.promise(z3.BoolVal(True), param.fact, argument, param.type)
    for reached, results, printed in encoding.run(
        function, arguments, _Way(z3.BoolVal(True), (), _NOTHING_PRINTED), ()
    ):
        summary.returns.append((reached, list(results)))
        summary.printed.append((reached, printed))
    return summary


class _Way(NamedTuple):
    """A way to a place: under which condition it is taken, the values that it brings, and what was printed on it."""

    reached: Term
    values: Sequence[Term]
    printed: Term


def _joined(ways: Sequence[_Way]) -> _Way:
    """All ways to a place as one, which chooses among what they bring; the conditions exclude each other."""
    _, values, printed = ways[-1]
    for way in reversed(ways[:-1]):
        values = [z3.If(way.reached, one, other) for one, other in zip(way.values, values, strict=True)]
        printed = z3.If(way.reached, way.printed, printed)
    return _Way(z3.simplify(z3.Or([way.reached for way in ways])), list(values), printed)


class _Encoding:
    """One summary under way; `run` is called again for the body of each call, as deep as calls nest."""

    def __init__(self) -> None:
        self.summary = Summary()
        self.left = MOST_INSTRUCTIONS
        self.open: list[Function] = []

    def run(self, function: Function, arguments: Sequence[Term], way: _Way, calls: tuple[int, ...]) -> list[_Way]:
        """The ways to return from a function that is entered on a way, called from the spans `calls`."""
        if function in self.open or len(self.open) == _MOST_DEPTH:
            raise Unsupported("its calls nest deep, or without end")
        self.open.append(function)
        ends = _Body(self, function, calls).ends(way._replace(values=arguments))
        self.open.pop()
        return ends

    def count(self) -> None:
        """Count an instruction."""
        self.left -= 1
        if self.left < 0:
            raise Unsupported(f"it has more than {MOST_INSTRUCTIONS} instructions")

    def promise(self, reached: Term, fact: Fact, value: Term, type: Type) -> None:
        """Note that a fact is promised where a condition holds."""
        if fact != top(type):
            self.summary.promises.append(z3.Implies(reached, _admits(fact, value)))


class _Body:
    """The body of one function, block by block."""

    def __init__(self, encoding: _Encoding, function: Function, calls: tuple[int, ...]) -> None:
        self.encoding = encoding
        self.function = function
        self.calls = calls
        self.values: dict[Value, Term] = {}
        #: The results of calls of several.
        self.tuples: dict[Value, Sequence[Term]] = {}
        self.arriving: dict[Block, list[_Way]] = {}

    def ends(self, way: _Way) -> list[_Way]:
        """The ways to return."""
        order = reverse_postorder(self.function)
        numbers = {block: number for number, block in enumerate(order)}
        self.arriving[self.function.entry] = [way]
        found: list[_Way] = []
        for number, block in enumerate(order):
            if any(numbers[target] <= number for target in block.successors()):
                raise Unsupported("it loops")
            reached, values, printed = _joined(self.arriving.pop(block))
            for param, value in zip(block.params, values, strict=True):
                _need_integer(param.type)
                self.values[param] = value
            for instr in block.instrs:
                self.encoding.count()
                reached, printed = self._step(instr, reached, printed)
            found += self._leave(block.end, reached, printed)
        return found

    def _of(self, values: Sequence[Value]) -> list[Term]:
        return [self.values[value] for value in values]

    def _leave(self, end: Terminator, reached: Term, printed: Term) -> list[_Way]:
        """Follow the edges; gives the way to return, if it does."""
        if end.op is RETURN:
            return [_Way(reached, self._of(end.args), printed)]
        for condition, edge in zip(self._choices(end), end.edges, strict=True):
            way = _Way(z3.simplify(z3.And(reached, condition)), self._of(edge.args), printed)
            self.arriving.setdefault(edge.target, []).append(way)
        return []

    def _choices(self, end: Terminator) -> list[Term]:
        """For each edge, when it is taken."""
        if end.op is JUMP:
            return [z3.BoolVal(True)]
        if end.op is BRANCH:
            (condition,) = self._of(end.args)
            return [condition, z3.Not(condition)]
        if end.op is SWITCH:
            (value,) = self._of(end.args)
            cases = [value == case for case in end.aux]
            return [*cases, z3.Not(z3.Or(cases))]
        raise Unsupported("it has comprehensions")

    def _step(self, instr: Instr, reached: Term, printed: Term) -> tuple[Term, Term]:
        """Evaluate an instruction; gives when control comes behind it, and what is printed by then."""
        op = instr.op
        if op is CALL_OP:
            return self._call(instr, reached, printed)
        if op is GET:
            assert isinstance(instr.aux, int)
            self.values[instr] = self.tuples[instr.args[0]][instr.aux]
            return reached, printed
        args = self._of(instr.args)
        if op in PRINTS:
            return reached, _print(instr, args)(printed, *args)
        _need_integer(instr.type)
        if op.refines:
            self.values[instr] = args[0]
            if op.traps:
                reached = self._check(instr, args, reached, printed)
            elif op is NARROW:
                self.encoding.promise(reached, instr.fact, args[0], instr.type)
            elif op is PROVED:
                holds = BITS[_COMPARISON.get(str(instr.aux), str(instr.aux))](*args)
                self.encoding.summary.promises.append(z3.Implies(reached, holds))
        else:
            self.values[instr] = _computed(instr, args)
        return reached, printed

    def _check(self, instr: Instr, args: list[Term], reached: Term, printed: Term) -> Term:
        """Note the trap; gives when there is none."""
        fails, reported = CHECKS[instr.op.name]
        assert isinstance(instr.aux, int)
        site = self.function.module.sites[instr.aux]
        place = (site.kind, site.span, site.detail, (*site.calls, *self.calls)[:MOST_CALLS])
        failed = fails(*args)
        values = [z3.SignExt(_WIDEST - width(args[index]), args[index]) for index in reported]
        trapped = z3.simplify(z3.And(reached, failed))
        self.encoding.summary.traps.append((trapped, place, values))
        self.encoding.summary.printed.append((trapped, printed))
        return z3.simplify(z3.And(reached, z3.Not(failed)))

    def _call(self, call: Instr, reached: Term, printed: Term) -> tuple[Term, Term]:
        callee = callee_of(call)
        way = _Way(reached, (), printed)
        calls = (call.span, *self.calls)[:MOST_CALLS]
        ends = self.encoding.run(callee, self._of(call.args), way, calls)
        if not ends:
            raise Unsupported("it calls what never returns")
        reached, results, printed = _joined(ends)
        self.tuples[call] = results
        if len(callee.results) == 1:
            self.values[call] = results[0]
        return reached, printed


# ---- values -------------------------------------------------------------------------------------------------------


def _need_integer(type: Type) -> None:
    if type is BOOL or is_integer(type):
        return
    element = element_type(type)
    what = "arrays" if isinstance(type, ArrayType) else "floats" if is_float(element) else "memory"
    raise Unsupported(f"it has {what}")


def _bits(type: Type) -> int:
    assert isinstance(type, ScalarType)
    return type.bits


def _computed(instr: Instr, args: list[Term]) -> Term:
    """The value of a pure operation."""
    if instr.op is CONST:
        assert isinstance(instr.aux, int)
        return z3.BoolVal(instr.aux) if instr.type is BOOL else z3.BitVecVal(instr.aux, _bits(instr.type))
    if instr.op is CONVERT:
        return _converted(args[0], instr.type)
    if instr.op.name == "pow":
        return _power(instr, args[0])
    meaning = BITS.get(instr.op.name)
    if meaning is None:
        raise Unsupported(f"it has the operation `{instr.op}`")
    return meaning(*args)


def _converted(value: Term, type: Type) -> Term:
    if z3.is_bool(value):
        if type is BOOL:
            return value
        return z3.If(value, z3.BitVecVal(1, _bits(type)), z3.BitVecVal(0, _bits(type)))
    if type is BOOL:
        return value != 0
    more = _bits(type) - width(value)
    return z3.SignExt(more, value) if more >= 0 else z3.Extract(_bits(type) - 1, 0, value)


def _power(instr: Instr, base: Term) -> Term:
    exponent = instr.args[1].fact.constant
    if not isinstance(exponent, int) or exponent > _MOST_FACTORS:
        raise Unsupported("it has powers of unknown or large exponents")
    result: Term = z3.BitVecVal(1, width(base))
    for _ in range(exponent):
        result = result * base
    return result


def _print(instr: Instr, args: list[Term]) -> Term:
    """What a line adds to the history: a function of what was printed before and of the values, one for each text."""
    return z3.Function(f"{instr.op} {instr.aux!r}", HISTORY, *[value.sort() for value in args], HISTORY)


def _admits(fact: Fact, value: Term) -> Term:
    """That a fact admits a value."""
    if isinstance(fact, BoolFact):
        return z3.Or(z3.And(value, fact.may_be_true), z3.And(z3.Not(value), fact.may_be_false))
    assert isinstance(fact, IntFact)
    if fact.is_bottom:
        return z3.BoolVal(False)
    nonzero = value != 0 if fact.nonzero else z3.BoolVal(True)
    return z3.And(fact.lo <= value, value <= fact.hi, nonzero)
